# SPDX-License-Identifier: Apache-2.0
"""
The token of a service account, requested from a real API server: it needs a right to that account only, is added to
requests of its binding, and what happens while there is none.
"""

import base64
import json

import pytest
from rig.app import Server
from rig.flow import log_in
from rig.kube import Refused
from rig.kubeconfig import write_kubeconfig
from rig.process import wait_for
from rig.raw import NAVIGATION, Asker
from test_reload import look_now, rewrite

# All tests of this group share one API server.
pytestmark = pytest.mark.xdist_group("cluster")

KEY = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
HOST = "app.test"
RBAC = "rbac.authorization.k8s.io"


def binding(account, **more):
    return {
        "set": "kubernetes",
        "host": HOST,
        "service_account": account,
        "proxy_key_file": "../proxy-key",
        "sessions": True,
        **more,
    }


def settings_of(folder, kubeconfig, *bindings):
    (folder / "proxy-key").touch(mode=0o600)
    (folder / "proxy-key").write_text(KEY)
    return {
        "kubernetes_kubeconfig": str(kubeconfig),
        "credentials": list(bindings),
        "strip_session_cookie": True,
        "policies": {"default": "authenticated"},
    }


class Person:
    """A user with a session, whose requests come through the operator's chain."""

    def __init__(self, asker, issuer):
        self._asker, self._session = asker, log_in(asker, issuer).session

    def ask(self, uri="/", key=KEY):
        """The answer to a request."""
        more = (*NAVIGATION, *([("X-Sallyport-Proxy-Key", key)] if key else []))
        return self._asker.ask(
            uri, host=HOST, cookie=self._session, more=more, target="/auth/traefik?headers=kubernetes"
        )

    def token(self, uri="/"):
        """The token that a request gets; empty if it is refused because there is none."""
        answer = self.ask(uri)
        if answer.status != 200:
            assert (answer.status, answer.reason) == (503, "credential_unavailable"), answer
            return ""
        (value,) = answer.values("Authorization")
        return value.removeprefix("Bearer ")

    def wait_for_token(self, uri="/", other_than=""):
        return wait_for(lambda: {self.token(uri), other_than} - {"", other_than}, "a token").pop()


@pytest.fixture
def account(cluster):
    """A namespace with the account `caller`, which may do nothing yet, and `impersonator`; and the caller's token."""
    namespace, token = cluster.account("caller")
    for name in ("impersonator", "other"):
        metadata = {"name": name, "namespace": namespace}
        cluster.api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    return namespace, token


def let_ask(cluster, namespace, *names):
    """Gives `caller` the right that doc/configuration.md names, to these accounts."""
    metadata = {"name": "tokens", "namespace": namespace}
    rule = {
        "apiGroups": [""],
        "resources": ["serviceaccounts/token"],
        "resourceNames": list(names),
        "verbs": ["create"],
    }
    cluster.api.create(
        {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]},
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "tokens"},
            "subjects": [{"kind": "ServiceAccount", "name": "caller", "namespace": namespace}],
        },
    )


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def who(api):
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = api.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    return answer["status"]["userInfo"]["username"]


def is_known(cluster, token):
    try:
        return bool(who(cluster.as_account(token)))
    except Refused as refused:
        assert refused.status == 401, refused
        return False


def test_the_token_of_an_account_goes_to_requests_under_its_binding(
    cluster, account, make_issuer, make_sallyport, tmp_path
):
    namespace, caller = account
    let_ask(cluster, namespace, "impersonator")
    kubeconfig = write_kubeconfig(tmp_path, cluster.api.url, cluster.api.ca_file, token=caller)
    name = f"{namespace}/impersonator"
    issuer = make_issuer()
    settings = settings_of(tmp_path, kubeconfig, binding(name), binding(name, path_prefix="/grafana"))
    sallyport = make_sallyport(settings, issuer=issuer)
    with Asker(sallyport.listen) as asker:
        person = Person(asker, issuer)
        token = person.wait_for_token()
        assert who(cluster.as_account(token)) == f"system:serviceaccount:{namespace}:impersonator"
        assert person.token("/grafana/x") == token  # one token for all bindings that name the account
        for key in ("", "b" * 43):
            withheld = person.ask(key=key)
            assert withheld.status == 200 and not withheld.values("Authorization"), withheld
    claims = claims_of(token)
    assert claims["exp"] - claims["iat"] == 3600 and "secret" not in claims["kubernetes.io"]
    expires_s = sallyport.metric("sallyport_credential_expires_seconds", set="kubernetes")
    assert abs(expires_s - claims["exp"]) <= 5
    calls = {"target": "account_token", "result": "ok"}
    assert sallyport.metric("sallyport_outbound_requests_total", **calls) == 1
    assert not sallyport.events("credential_failed") and token not in sallyport.text()


def test_ac_58_a_missing_right_is_named_and_that_of_one_account_gives_no_other(
    cluster, account, make_issuer, make_sallyport, tmp_path
):
    namespace, caller = account
    kubeconfig = write_kubeconfig(tmp_path, cluster.api.url, cluster.api.ca_file, token=caller)
    issuer = make_issuer()
    sallyport = make_sallyport(
        settings_of(
            tmp_path,
            kubeconfig,
            binding(f"{namespace}/impersonator"),
            binding(f"{namespace}/other", path_prefix="/other"),
        ),
        issuer=issuer,
    )
    one, other = f"{namespace}/impersonator", f"{namespace}/other"
    failed = sallyport.wait_for_event("credential_failed", cause="forbidden", service_account=one)
    assert failed["level"] == "warn" and failed["server"] == cluster.api.url
    for text in (
        f"the service account impersonator in the namespace {namespace}",
        "create on serviceaccounts/token, resourceNames [impersonator]",
        f'User "system:serviceaccount:{namespace}:caller" cannot create',
    ):
        assert text in failed["detail"], failed
    status, text = sallyport.admin("/readyz")
    assert status == 200, text
    with Asker(sallyport.listen) as asker:
        person = Person(asker, issuer)
        assert person.token() == ""
        unbound = person.ask(key="")
        assert unbound.status == 200, unbound  # all other requests are answered as usual
        let_ask(cluster, namespace, "impersonator")
        person.wait_for_token()
        assert person.token("/other/x") == ""
    sallyport.wait_for_event("credential_failed", cause="forbidden", service_account=other)
    api = cluster.as_account(caller)
    for path in (f"/api/v1/namespaces/{namespace}/secrets", f"/apis/{RBAC}/v1/clusterroles"):
        with pytest.raises(Refused, match="403"):
            api.call("GET", path)


def test_ac_58_a_token_that_is_bound_to_a_secret_ends_with_it(
    cluster, account, make_issuer, make_sallyport, tmp_path
):
    namespace, caller = account
    let_ask(cluster, namespace, "impersonator")
    kubeconfig = write_kubeconfig(tmp_path, cluster.api.url, cluster.api.ca_file, token=caller)
    issuer = make_issuer()
    settings = settings_of(
        tmp_path, kubeconfig, binding(f"{namespace}/impersonator", bound_secret="leash")
    )
    sallyport = make_sallyport(settings, issuer=issuer)
    failed = sallyport.wait_for_event("credential_failed", cause="not_found", bound_secret="leash")
    assert "the Secret leash" in failed["detail"], failed
    leash = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "leash", "namespace": namespace}}
    cluster.api.create(leash)
    with Asker(sallyport.listen) as asker:
        token = Person(asker, issuer).wait_for_token()
    assert claims_of(token)["kubernetes.io"]["secret"]["name"] == "leash"
    cluster.api.delete(leash)
    # The token was never used before: the API server caches users for 10 s, and has not cached this one.
    wait_for(lambda: not is_known(cluster, token), "the end of the token")


def test_a_server_that_is_away_is_asked_again_until_it_is_back(
    cluster, account, make_issuer, make_sallyport, tmp_path
):
    namespace, caller = account
    let_ask(cluster, namespace, "impersonator")
    issuer = make_issuer()
    (tmp_path / "beside").mkdir()
    beside = cluster.beside(tmp_path / "beside")
    try:
        kubeconfig = write_kubeconfig(tmp_path, beside.api.url, beside.api.ca_file, token=caller)
        beside.kill()
        settings = settings_of(tmp_path, kubeconfig, binding(f"{namespace}/impersonator"))
        sallyport = make_sallyport(settings, issuer=issuer)
        sallyport.wait_for_event("credential_failed", cause="unreachable")
        with Asker(sallyport.listen) as asker:
            person = Person(asker, issuer)
            assert person.token() == ""
            beside.start_again()
            token = person.wait_for_token()
            beside.kill()
            assert person.token() == token
    finally:
        beside.stop()


class ShortLived(Server):
    """An API server whose tokens live for two seconds, and which records requests."""

    def __init__(self):
        self.asked = []
        super().__init__()

    async def respond(self, request, _reader, writer):
        self.asked.append(request)
        token = {"token": f"token-{len(self.asked)}", "expirationTimestamp": "2026-11-24T12:00:00Z"}
        body = json.dumps({"spec": {"expirationSeconds": 2}, "status": token}).encode()
        head = f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        return True


def test_a_token_is_renewed_before_it_ends(make_issuer, make_sallyport, tmp_path):
    issuer = make_issuer()
    server = ShortLived()
    try:
        kubeconfig = write_kubeconfig(tmp_path, server.url)
        sallyport = make_sallyport(settings_of(tmp_path, kubeconfig, binding("infra/a")), issuer=issuer)
        with Asker(sallyport.listen) as asker:
            person = Person(asker, issuer)
            first = person.wait_for_token()
            assert person.wait_for_token(other_than=first) != first
        asked = server.asked[0]
        assert (asked.method, asked.target) == ("POST", "/api/v1/namespaces/infra/serviceaccounts/a/token")
        assert asked.value("Content-Type") == "application/json"
        assert json.loads(asked.body)["spec"] == {"expirationSeconds": 3600}
    finally:
        server.stop()


def test_the_kubeconfig_that_a_reload_first_needed_is_read_after_the_next_ones(make_issuer, make_sallyport, tmp_path):
    issuer = make_issuer()
    server, later = ShortLived(), ShortLived()
    try:
        kubeconfig = write_kubeconfig(tmp_path, server.url)
        settings = settings_of(tmp_path, kubeconfig, binding("infra/a"))
        bindings = settings.pop("credentials")
        sallyport = make_sallyport(settings, issuer=issuer)
        for changed in ({"credentials": bindings}, {"log_access": True}, {"log_access": False}):
            rewrite(sallyport, **changed)
            look_now(sallyport, "ok")
        wait_for(lambda: server.asked, "the API server to be asked")
        kubeconfig.write_text(write_kubeconfig(tmp_path, later.url).read_text())
        wait_for(lambda: later.asked, "the API server of the new kubeconfig to be asked")
    finally:
        server.stop()
        later.stop()


def test_without_a_pod_and_a_kubeconfig_it_says_what_to_set(make_issuer, make_sallyport, tmp_path):
    settings = settings_of(tmp_path, "", binding("infra/a"))
    del settings["kubernetes_kubeconfig"]
    sallyport = make_sallyport(settings, issuer=make_issuer())
    failed = sallyport.wait_for_event("credential_failed", cause="access")
    assert "KUBERNETES_SERVICE_HOST is not set" in failed["detail"]
    (warning,) = [line for line in sallyport.events("warning") if line["setting"] == "credentials"]
    assert "set kubernetes_kubeconfig" in warning["detail"]

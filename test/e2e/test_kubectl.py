# SPDX-License-Identifier: Apache-2.0
"""
kubectl with an ID token of Dex, through real Traefik and with the header set `kubernetes`, to a real API server that
knows only the account: RBAC there decides about the user whom sallyport names.
"""

import json
import uuid

import pytest
from rig.bound import lead_to
from rig.dex import ADA
from rig.kubectl import Kubectl
from rig.process import wait_for
from test_bearer import tokens_of

# The API server of the tests about RBAC.
pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.edges("3.7.15-https")]

HOST = "localhost"  # which kubectl can resolve
KEYS = ("first-key-" + 40 * "a", "second-key-" + 40 * "b")
WITHHELD = "sallyport_credentials_withheld_total"
HEADERS = ("Impersonate-User", "Impersonate-Group", "Authorization", "X-Sallyport-Proxy-Key")
# Middlewares that list Authorization, and the headers that they lack.
FORGETS = {
    "user": ("Impersonate-User",),
    "groups": ("Impersonate-Group",),
    "both": ("Impersonate-User", "Impersonate-Group"),
}


@pytest.fixture
def kube(make_site, cluster, account, rig, tmp_path):
    """A site whose application is the API server, behind a chain with the proxy key; and one without."""
    (tmp_path / "token").write_text(account)
    (tmp_path / "proxy-key").write_text(KEYS[0] + "\n")

    def layout(routes):
        lead_to(routes, cluster.api)
        key = routes.middleware("key", "headers", customRequestHeaders={"X-Sallyport-Proxy-Key": KEYS[0]})
        ask = routes.ask(target="/auth/traefik?headers=kubernetes", headers=HEADERS)
        routes.route("api", f"Host(`{HOST}`)", [routes.clean(), key, ask], service="api-server")
        routes.route("tenant", "Host(`app.test`)", [ask])
        for name in FORGETS:
            listed = [header for header in HEADERS if header not in FORGETS[name]]
            chain = [key, routes.ask(name, target="/auth/traefik?headers=kubernetes", headers=listed)]
            rule = f"Host(`{HOST}`) && HeaderRegexp(`X-Chain`, `^{name}$`)"
            routes.route(name, rule, chain, service="api-server", priority=1000)

    binding = {
        "set": "kubernetes",
        "host": HOST,
        "token_file": str(tmp_path / "token"),
        "proxy_key_file": str(tmp_path / "proxy-key"),
    }
    return make_site(
        layout=layout,
        settings={"bearer_audiences": [rig.dex.public.id], "credentials": [binding], "log_access": True},
    )


def kubectl_of(site, token, folder, home=None, path=""):
    """kubectl with this token, and without any cache except the one in `home`."""
    server, named = f"https://{HOST}:{site.ports.https}{path}", {"tls-server-name": "app.test"}
    return Kubectl(home or folder / uuid.uuid4().hex, server, site.authority.ca_file, cluster=named, token=token)


def test_kubectl_is_its_user_to_the_api_server_and_nobody_else(kube, rig, account, tmp_path):
    token = tokens_of(kube, rig.dex.public)["id_token"]
    kubectl = kubectl_of(kube, token, tmp_path)

    who = kubectl("auth", "whoami", "-o", "json")
    assert who.returncode == 0, who.stderr
    user = json.loads(who.stdout)["status"]["userInfo"]
    assert user["username"] == ADA.email
    assert set(user["groups"]) == {*ADA.groups, "system:authenticated"}

    name = f"of-kubectl-{uuid.uuid4().hex[:8]}"
    created = kubectl("create", "configmap", name, "--from-literal=a=b")
    assert created.returncode == 0, created.stderr
    found = kubectl("get", "configmap", name, "-o", "json")
    assert json.loads(found.stdout)["data"] == {"a": "b"}, found.stderr

    denied = kubectl("get", "secrets")
    assert denied.returncode == 1 and f'User "{ADA.email}" cannot list resource "secrets"' in denied.stderr

    other = kubectl("get", "configmap", name, "--as", "system:admin")
    assert other.returncode == 1
    kube.sallyport.wait_for_event("decision", reason="impersonation_header")

    # Another tenant's route through the same Traefik, without the key: the user's identity, but no token.
    answer = kube.browser().send("api", kube.url("/x"), headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 200
    seen = kube.app.last
    assert seen.value("Impersonate-User") == ADA.email and not seen.value("Authorization")
    assert not seen.value("X-Sallyport-Proxy-Key")
    assert kube.sallyport.metric(WITHHELD, reason="unbound") == 1

    text = kube.sallyport.text()
    assert not [secret for secret in (token, account, *KEYS) if secret in text]


def test_ac_59_a_middleware_that_forgets_who_it_is_for_reads_nothing_as_the_account(kube, rig):
    token = tokens_of(kube, rig.dex.public)["id_token"]
    browser = kube.browser()

    def ask(forgets, path, **options):
        headers = {"Authorization": f"Bearer {token}", "X-Chain": forgets, "Content-Type": "application/json"}
        return browser.send("api", kube.url(path, HOST), headers=headers, **options)

    answer = ask("user", "/api/v1/configmaps")
    assert answer.status == 400 and "without impersonating a user" in answer.json()["message"], answer.text
    answer = ask("groups", "/api/v1/secrets")
    assert answer.status == 403 and f'User "{ADA.email}" cannot list' in answer.json()["message"], answer.text
    for resource in ("configmaps", "secrets", "pods", "namespaces", "serviceaccounts"):
        answer = ask("both", f"/api/v1/{resource}")
        assert answer.status == 403 and ":door\" cannot list" in answer.json()["message"], answer.text
    # What remains is what every account may do: read the kinds of the cluster, and its own access.
    assert ask("both", "/api").status == ask("both", "/apis").status == 200
    kind = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": "default"}}
    body = json.dumps(kind).encode()
    answer = ask("both", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", method="POST", body=body)
    assert answer.status == 201, answer.text
    rules = answer.json()["status"]["resourceRules"]
    given = [rule for rule in rules if not all(verb.startswith("impersonate") for verb in rule["verbs"])]
    assert {resource for rule in given for resource in rule["resources"]} == {
        "selfsubjectreviews",
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
        "clustertrustbundles",  # public certificates
    }


def test_a_token_and_a_key_that_are_replaced_count_within_seconds(kube, rig, account, tmp_path):
    token = tokens_of(kube, rig.dex.public)["id_token"]
    kubectl = kubectl_of(kube, token, tmp_path)
    assert kubectl("auth", "whoami").returncode == 0

    (tmp_path / "token").write_text("of-another-cluster")
    wait_for(lambda: kubectl("auth", "whoami").returncode == 1, "the other token")
    (tmp_path / "new").write_text(account)
    (tmp_path / "new").rename(tmp_path / "token")
    wait_for(lambda: kubectl("auth", "whoami").returncode == 0, "the account's token")

    (tmp_path / "proxy-key").write_text(f"{KEYS[1]}\n{KEYS[0]}\n")
    (tmp_path / "token").unlink()
    failed = kube.sallyport.wait_for_event("credential_failed")
    assert failed["file"] == str(tmp_path / "token")
    assert kubectl("auth", "whoami").returncode == 0
    (tmp_path / "proxy-key").write_text(f"{KEYS[1]}\n")
    wait_for(lambda: kubectl("auth", "whoami").returncode == 1, "the other key")
    assert kube.sallyport.metric(WITHHELD, reason="proxy_key_wrong") > 0


def test_a_binding_without_a_key_is_told_at_the_start_and_by_the_check(make_sallyport, tmp_path):
    (tmp_path / "token").write_text("t0ken")
    binding = {"set": "kubernetes", "host": "kube.test", "token_file": str(tmp_path / "token")}
    settings = {"bearer_audiences": ["kube"], "credentials": [{**binding, "unsafe_without_proxy_key": True}]}
    sallyport = make_sallyport(settings)
    assert sallyport.wait_for_event("start")["unsafe_without_proxy_key"] == ["kube.test"]
    warnings = [line["detail"] for line in sallyport.events("warning")]
    assert [text for text in warnings if "anyone who may create a Middleware on this Traefik can get the token" in text]

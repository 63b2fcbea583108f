# SPDX-License-Identifier: Apache-2.0
"""
Three clusters of one platform, built as in doc/clusters.md (rig/fleet.py): which users are known where, what they may
do, and what has an effect in another cluster. The last test stops the central issuer.
"""

import base64
import http.client
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from rig import expect
from rig.app import App
from rig.browser import Browser
from rig.dex import HASH_OF_PASSWORD
from rig.fleet import ADMIN, CHARLES, LISE, MARY, RESCUE, Fleet
from rig.process import wait_for

# The API server of the tests about RBAC.
pytestmark = pytest.mark.xdist_group("cluster")

HOSTS = {"central": "portal", "west": "grafana", "east": "grafana"}
PROVISIONED = ("west", "east")


class Witness(Browser):
    """A browser that remembers each answer, by the host that gave it."""

    answers = []

    def send(self, kind, url, **options):
        answer = super().send(kind, url, **options)
        self.answers.append((urlsplit(url).hostname, repr(answer.headers) + answer.body.decode("latin-1")))
        return answer


class Stand:
    """The fleet, and the users who are signed in to it."""

    def __init__(self, fleet):
        self.fleet = fleet
        self.browsers = {
            (user, cluster): self._signed_in(user, cluster)
            for user in (MARY, CHARLES, LISE, ADMIN)
            for cluster in HOSTS
        }

    def url(self, cluster, path="/dashboard/x"):
        return self.fleet.sites[cluster].origin(HOSTS[cluster]) + path

    def browser(self):
        return Witness(self.fleet.authority)

    def _signed_in(self, user, cluster):
        browser = self.browser()
        visit = self.fleet.log_in(self.url(cluster), user, browser)
        assert visit.final.url == self.url(cluster), str(visit)
        return browser

    def ask(self, user, cluster, path="/dashboard/x", method="GET", kind="api"):
        return self.browsers[user, cluster].send(kind, self.url(cluster, path), method=method)

    def cookie(self, user, cluster):
        """The session cookie of a user at a cluster."""
        line = self.browsers[user, cluster].jar.header(self.url(cluster), same_site=True, lax=True)
        return next(pair for pair in line.split("; ") if pair.startswith("__Host-sallyport="))

    def tokens(self, user, client):
        """The token that kubectl's login plugin would get, for the code that Dex sends to a port of localhost."""
        loopback = App()
        try:
            back = f"http://localhost:{loopback.port}"
            issuer = self.fleet.dex.issuer
            question = {"client_id": client, "redirect_uri": back, "response_type": "code", "state": "s", "nonce": "n"}
            question["scope"] = "openid email groups profile"
            visit = self.fleet.log_in(f"{issuer}/auth?{urlencode(question)}", user, self.browser())
            assert visit.final.url.startswith(back), str(visit)
            code = parse_qs(urlsplit(loopback.last.target).query)["code"][0]
            form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "client_id": client}
            answer = self.browser().send(
                "command-line",
                f"{issuer}/token",
                method="POST",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body=urlencode(form).encode(),
            )
            assert answer.status == 200, answer.text
            return answer.json()["id_token"]
        finally:
            loopback.stop()

    def bearer(self, token, cluster, path="/dashboard/x"):
        return self.browser().send("api", self.url(cluster, path), headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def stand(cluster, tmp_path_factory):
    access_log = {"defaultMode": "keep", "names": {"Authorization": "redact", "X-Sallyport-Proxy-Key": "redact"}}
    fleet = Fleet(tmp_path_factory.mktemp("fleet"), cluster.api, access_log=access_log)
    try:
        yield Stand(fleet)
    finally:
        fleet.stop()


# ---- who is known, and who may do what -----------------------------------------------------------------


def test_a_person_signs_in_at_the_central_issuer_alone_and_is_the_same_to_all(stand):
    known = set()
    for cluster in HOSTS:
        visit = stand.fleet.log_in(stand.url(cluster), MARY, stand.browser())
        assert visit.final.status == 200, str(visit)
        forms = [hop.url for hop in visit if hop.page.forms]
        assert forms and all("127.0.0.1" in url for url in forms), str(visit)  # once for each cluster
        origins = {urlsplit(hop.url).netloc for hop in visit}
        own = {urlsplit(stand.url(cluster)).netloc, f"auth.{cluster}.localhost:{urlsplit(stand.url(cluster)).port}"}
        issuers = {urlsplit(stand.fleet.dex.issuer).netloc, urlsplit(forms[0]).netloc}
        assert issuers < origins <= own | issuers, str(visit)
        seen = stand.fleet.sites[cluster].app.last
        names = ("User", "Email", "Groups", "Preferred-Username")
        known.add(tuple(seen.value(f"X-Forwarded-{name}") for name in names))
    assert known == {(MARY.email, MARY.email, "observers", "mary")}


# Who, at which path, by which method: the answer in all clusters.
ALIKE = (
    (MARY, "/dashboard/x", "GET", 200),
    (MARY, "/dashboard", "HEAD", 200),
    (MARY, "/dashboard/x", "POST", 403),
    (MARY, "/dashboards", "GET", 403),
    (MARY, "/other", "GET", 403),
    (CHARLES, "/dashboard/x", "GET", 200),
    (CHARLES, "/dashboard/x", "DELETE", 200),
    (CHARLES, "/other", "GET", 403),
    (LISE, "/dashboard/x", "GET", 403),
)
LOCAL = (
    (LISE, "/lab/x", "GET", {"central": 403, "west": 200, "east": 403}),
    (LISE, "/lab/x", "DELETE", {"central": 403, "west": 403, "east": 403}),
    (ADMIN, "/operations/x", "GET", {"central": 200, "west": 403, "east": 403}),
    (ADMIN, "/", "GET", {"central": 200, "west": 403, "east": 403}),
)


def may(api, user, path, verb):
    """The decision of the API server."""
    spec = {"user": user.email, "groups": [*user.groups, "system:authenticated"]}
    spec["nonResourceAttributes"] = {"path": path, "verb": verb.lower()}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    return api.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]["allowed"]


def test_roles_for_all_clusters_decide_the_same_in_all_and_those_of_one_in_it_alone(stand):
    cases = [(user, path, method, dict.fromkeys(HOSTS, status)) for user, path, method, status in ALIKE]
    for user, path, method, expected in (*cases, *LOCAL):
        found = {cluster: stand.ask(user, cluster, path, method) for cluster in HOSTS}
        assert {cluster: one.status for cluster, one in found.items()} == expected, (user.name, path, method)
        assert all(one.reason == "rbac_denied" for one in found.values() if one.status == 403)
        assert may(stand.fleet.api, user, path, method) is (expected["west"] == 200), (user.name, path)


def test_the_static_account_of_the_shared_dex_is_one_more_identity_to_which_nothing_is_bound(stand):
    for cluster in PROVISIONED:
        for path, method in (("/", "GET"), ("/dashboard/x", "GET"), ("/lab", "GET"), ("/dashboard/x", "POST")):
            expect.problem(stand.ask(ADMIN, cluster, path, method), 403, "rbac_denied")
    assert stand.ask(ADMIN, "central", "/operations/x").status == 200
    assert stand.ask(ADMIN, "central", "/dashboard/x").status == 403


# ---- what counts where ---------------------------------------------------------------------------------


def test_a_cookie_of_one_cluster_is_worth_nothing_in_another(stand):
    for there in HOSTS:
        for here in HOSTS:
            headers = {"Cookie": stand.cookie(CHARLES, there)}
            answer = stand.browser().send("api", stand.url(here), headers=headers)
            assert answer.status == (200 if here == there else 401), (there, here, answer)


def test_ac_56_a_bearer_token_of_one_cluster_is_worth_nothing_in_another(stand):
    tokens = {cluster: stand.tokens(CHARLES, f"{cluster}-kubectl") for cluster in PROVISIONED}
    for there, token in tokens.items():
        for here in HOSTS:
            answer = stand.bearer(token, here)
            if here == there:
                assert answer.status == 200, answer
            elif here in PROVISIONED:
                expect.problem(answer, 401, "bearer_invalid")
            else:
                expect.problem(answer, 401, "no_session")
    refused = stand.fleet.kubectl(tokens["east"], "auth", "whoami")
    assert refused.returncode == 1 and "has none of the accepted audiences" in refused.stderr, refused


def test_kubectl_is_its_user_at_the_api_server_of_its_cluster(stand):
    token = stand.tokens(MARY, "west-kubectl")
    who = stand.fleet.kubectl(token, "auth", "whoami", "-o", "json")
    assert who.returncode == 0, who.stderr
    user = json.loads(who.stdout)["status"]["userInfo"]
    assert (user["username"], set(user["groups"])) == (MARY.email, {"observers", "system:authenticated"})
    for arguments, expected in (
        (("get", "pods", "--all-namespaces"), 0),
        (("get", "secrets"), 1),
        (("create", "configmap", "x"), 1),
        (("get", "--raw", "/dashboard/x"), 1),  # allowed, but it does not exist
        (("get", "--raw", "/lab"), 1),
    ):
        done = stand.fleet.kubectl(token, *arguments)
        assert done.returncode == expected, (arguments, done)
        assert ("cannot" in done.stderr) is (arguments[-1] in ("secrets", "x", "/lab")), (arguments, done.stderr)
    nobody = stand.fleet.kubectl(stand.tokens(LISE, "west-kubectl"), "get", "pods")
    assert nobody.returncode == 1 and f'User "{LISE.email}" cannot list resource "pods"' in nobody.stderr


def test_ac_56_the_portal_gives_each_person_a_kubeconfig_with_a_client_for_each_cluster(stand):
    for user, clusters in ((MARY, ["west", "east"]), (LISE, ["west"])):
        answer = stand.ask(user, "central", "/_sallyport/kubeconfig/all.yaml", kind="navigation")
        assert answer.status == 200, answer
        config = yaml.safe_load(answer.text)
        servers = {one["name"]: one["cluster"]["server"] for one in config["clusters"]}
        assert servers == {name: stand.fleet.names.origin(name, "kube") for name in clusters}
        arguments = [one["user"]["exec"]["args"] for one in config["users"]]
        clients = [arg for args in arguments for arg in args if arg.startswith("--oidc-client-id=")]
        assert clients == [f"--oidc-client-id={name}-kubectl" for name in clusters]


def test_an_identity_of_another_issuer_is_refused_whatever_is_bound_to_it(stand):
    """The account of the backup entry has the same address as the one in the portal's bindings."""
    site = stand.fleet.central
    browser = stand.browser()
    visit = stand.fleet.log_in(site.origin("rescue") + "/operations", RESCUE, browser)
    assert visit.final.status == 200 and site.app.last.value("X-Forwarded-User") == RESCUE.email, str(visit)
    line = browser.jar.header(site.origin("rescue") + "/", same_site=True, lax=True)
    for cluster in HOSTS:
        answer = stand.browser().send("api", stand.url(cluster, "/"), headers={"Cookie": line})
        expect.problem(answer, 401, "session_invalid")
    form = {"grant_type": "password", "username": RESCUE.email, "password": RESCUE.password, "scope": "openid email"}
    client = stand.fleet.clients["backup"]
    answer = browser.send(
        "command-line",
        f"{stand.fleet.backup.issuer}/token",
        method="POST",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode({**form, "client_id": client.id, "client_secret": client.secret}).encode(),
    )
    token = answer.json()["id_token"]
    for cluster in HOSTS:  # not a token of the issuer: no identity, and no error either
        expect.problem(stand.bearer(token, cluster, "/"), 401, "no_session")
    # Conversely, the backup entry knows no user of the issuer that all clusters trust.
    answer = stand.browser().send(
        "api", site.origin("rescue") + "/", headers={"Cookie": stand.cookie(ADMIN, "central")}
    )
    expect.problem(answer, 401, "session_invalid")


# ---- secrets that must not be found --------------------------------------------------------------------


def signing_keys(fleet):
    """The private keys of the central Dex, from its storage: their secret members, as in JSON."""
    connection = http.client.HTTPConnection(fleet.etcd.url.removeprefix("http://"), timeout=10)
    span = {"key": base64.b64encode(b"dex/").decode(), "range_end": base64.b64encode(b"dex0").decode()}
    connection.request("POST", "/v3/kv/range", json.dumps(span))
    found = json.loads(connection.getresponse().read())["kvs"]
    connection.close()
    stored = b"\n".join(base64.b64decode(one["value"]) for one in found).decode()
    return re.findall(r'"(?:d|p|q|dp|dq|qi)":"([\w-]{40,})"', stored)


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def all_of(fleet, cluster):
    """Everything that is stored in a provisioned cluster, and its responses: text by location."""
    site = fleet.sites[cluster]
    found = {str(path): path.read_bytes().decode("latin-1") for path in files_of(site.folder)}
    for process in site.processes:
        for name in ("environ", "cmdline"):
            found[f"{process.name}: {name}"] = Path(f"/proc/{process.pid}/{name}").read_bytes().decode("latin-1")
    for number, (host, text) in enumerate(Witness.answers):
        if host.endswith(f".{cluster}.localhost"):
            found[f"answer {number} of {host}"] = text
    return found


def published_keys(fleet):
    """Modulus and exponent of the central Dex's keys, which are public."""

    def number(text):
        return int.from_bytes(base64.urlsafe_b64decode(text + "=="), "big")

    found = fleet.browser().send("api", f"{fleet.dex.issuer}/keys").json()["keys"]
    return {(number(key["n"]), number(key["e"])) for key in found}


PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.S)


def test_nothing_secret_of_the_central_cluster_is_in_a_provisioned_one(stand):
    fleet = stand.fleet
    keys, published = signing_keys(fleet), published_keys(fleet)
    assert len(keys) >= 6 and published
    for cluster in PROVISIONED:
        found = all_of(fleet, cluster)
        own = fleet.clients[cluster].secret
        assert [place for place, text in found.items() if own in text]  # the search covers the place where it would be
        others = {client.secret for client in fleet.clients.values()} - {own, ""}
        assert len(others) == 4
        secret = {HASH_OF_PASSWORD, *keys, *others}
        assert [(place, one[:8]) for place, text in found.items() for one in secret if one in text] == []
        for place, text in found.items():
            for pem in PRIVATE_KEY.findall(text):
                numbers = load_pem_private_key(pem.encode(), None).public_key().public_numbers()
                assert (getattr(numbers, "n", 0), getattr(numbers, "e", 0)) not in published, place


JWT = re.compile(r"eyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]+")


def test_ac_58_the_token_of_the_account_is_in_no_log_and_reaches_no_user(stand):
    token = stand.tokens(MARY, "west-kubectl")
    assert stand.fleet.kubectl(token, "auth", "whoami").returncode == 0
    log = stand.fleet.west.traefik.access_log
    wait_for(lambda: "kube.west.localhost" in log.read_text(), "the access log")
    assert '"request_Authorization":"REDACTED"' in log.read_text()
    subjects = {}
    for place, text in all_of(stand.fleet, "west").items():
        assert token not in text, place
        for payload in JWT.findall(text):
            claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
            subjects.setdefault(claims["sub"], []).append(place)
    assert "system:serviceaccount:sallyport:sallyport" in subjects  # it is found where the kubelet writes it
    assert "system:serviceaccount:infra:impersonator" not in subjects, subjects


# ---- the central issuer is unreachable -----------------------------------------------------------------


def known(answer):
    """The answer, once the program has read the roles."""
    return answer if answer.reason != "rbac_unavailable" else None


def refused(answer):
    """The answer, once no user is redirected to the issuer."""
    return answer if answer.status == 503 else None


def up_to_the_callback(stand, cluster, browser):
    """A login of MARY that the issuer has completed, but the cluster has not: the address of its callback."""
    visit = browser.click(browser.start_login(stand.url(cluster)).final, "/auth/company")
    answer = browser.submit(visit.final, {"login": MARY.email, "password": MARY.password}, follow=False).final
    while urlsplit(answer.location).port != urlsplit(stand.url(cluster)).port:
        answer = browser.send("navigation", answer.location)
    return answer.location


def test_while_the_central_issuer_is_away_those_who_are_there_go_on(stand):
    fleet = stand.fleet
    tokens = {cluster: stand.tokens(CHARLES, f"{cluster}-kubectl") for cluster in PROVISIONED}
    late = {cluster: stand.browser() for cluster in HOSTS}
    callbacks = {cluster: up_to_the_callback(stand, cluster, browser) for cluster, browser in late.items()}
    fleet.dex.stop()
    for cluster in HOSTS:
        assert stand.ask(MARY, cluster).status == 200
        assert stand.ask(MARY, cluster, "/other").status == 403
        expect.page(late[cluster].navigate(callbacks[cluster]).final, 503, "issuer_unavailable")
    for cluster in PROVISIONED:
        assert stand.bearer(tokens[cluster], cluster).status == 200
    assert fleet.kubectl(tokens["west"], "auth", "whoami").returncode == 0
    for cluster in HOSTS:  # a new sign-in detects that it is unreachable
        page = wait_for(lambda: refused(stand.browser().send("navigation", stand.url(cluster))), "the page")
        expect.page(page, 503, "issuer_unavailable")
        assert page.value("Retry-After")
        assert fleet.sites[cluster].sallyport.metric("sallyport_issuer_up") == 0
        assert stand.ask(MARY, cluster).status == 200

    for cluster in HOSTS:  # also clusters whose sallyport starts now
        program = fleet.sites[cluster].sallyport
        program.stop()
        program.start()
        answer = wait_for(lambda: known(stand.ask(MARY, cluster)), "the roles")
        assert answer.status == 200, answer
        page = stand.browser().send("navigation", stand.url(cluster))
        expect.page(page, 503, "issuer_unavailable")
        assert page.value("Retry-After")

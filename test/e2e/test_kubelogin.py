# SPDX-License-Identifier: Apache-2.0
"""
A kubeconfig from the page, unchanged: real kubectl and real kubelogin, a login at real Dex, and through real Traefik
to a real API server. Two of its three clusters share a client.
"""

import base64
import html
import json
import re
from dataclasses import dataclass

import pytest
import yaml
from rig.bound import KEY, LISTED, binding
from rig.dex import ADA
from rig.site import API_HOSTS
from rig.workstation import Workstation

# The API server of the tests about RBAC.
pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.edges("3.7.15-https")]

WEST, EAST, NORTH = API_HOSTS
PAGE = "/_sallyport/kubeconfig"
NAMES = {name: name.partition(".")[0] for name in API_HOSTS}


def door_of(client, folder, account, *hosts):
    """The settings of hosts that lead to API servers."""
    bindings = [binding(folder, host, account) for host in hosts]
    for bound in bindings:
        bound.update({name: str(folder / bound[name]) for name in ("token_file", "proxy_key_file")})
    return {"bearer_audiences": [client.id], "credentials": bindings}


@pytest.fixture
def north(make_sallyport, account, rig, tmp_path):
    door = door_of(rig.dex.plugins[1], tmp_path, account, NORTH)
    return make_sallyport({"policies": {"default": "authenticated"}, **door})


@pytest.fixture
def doors(make_site, north, cluster, account, rig, tmp_path):
    """A site in front of two clusters, and one in front of the third."""

    def layout(routes):
        routes.transport("api-server", rootCAs=[str(cluster.api.ca_file)], serverName="kubernetes")
        routes.service("api-server", cluster.api.url, transport="api-server")
        key = routes.middleware("key", "headers", customRequestHeaders={"X-Sallyport-Proxy-Key": KEY})
        asks = {url: f"{url}/auth/traefik?headers=kubernetes" for url in (routes.auth, north.auth_url)}
        for host in API_HOSTS:
            address = asks[north.auth_url if host == NORTH else routes.auth]
            options = {"address": address, "trustForwardHeader": True, "authResponseHeaders": list(LISTED)}
            ask = routes.middleware(f"ask-{NAMES[host]}", "forwardAuth", **options)
            routes.route(NAMES[host], f"Host(`{host}`)", [routes.clean(), key, ask], service="api-server")
        routes.route("pages", "Host(`app.test`) && PathPrefix(`/_sallyport`)", service="pages")

    def settings(site):
        trusted = str(rig.authority.ca_file)
        clusters = [
            {"name": NAMES[host], "server": site.url("", host), "ca_file": trusted, "client_id": client.id}
            for host, client in zip(API_HOSTS, (rig.dex.plugins[0], *rig.dex.plugins), strict=True)
        ]
        return {**door_of(rig.dex.plugins[0], tmp_path, account, WEST, EAST), "kubeconfig": {"clusters": clusters}}

    return make_site(layout=layout, settings=settings)


@dataclass(frozen=True)
class Given:
    """The content of her page: the file of all clusters, and the commands that save and merge it."""

    file: str
    save: str
    merge: str


@pytest.fixture
def given(doors):
    browser = doors.browser()
    page = browser.log_in(doors.url(PAGE)).final
    (link,) = [link.href for link in page.page.links if link.href.endswith("/all.yaml")]
    commands = [html.unescape(text) for text in re.findall(r"<pre[^>]*>(.*?)</pre>", page.text, re.S)]
    save, merge = (
        command for command in commands if "sallyport/all.yaml" in command and command.startswith(("mkdir", "("))
    )
    return Given(browser.send("navigation", link, initiator=page.url).text, save, merge)


@pytest.fixture
def ada(doors, given, rig, tmp_path):
    """Her machine, with the file as her only kubeconfig."""
    ports = (doors.ports.https, rig.dex.central.port)
    station = Workstation(tmp_path / "ada", rig.authority, hosts=(*API_HOSTS, "dex.localhost"), ports=ports)
    (station.home / ".kube").mkdir()
    (station.home / ".kube" / "config").write_text(given.file)
    yield station
    station.stop()


def assert_known(station, context):
    """Asserts that the API server of a context identifies her by the login."""
    who = station.run("kubectl", "--context", context, "auth", "whoami", "-o", "json")
    assert who.returncode == 0, who.stderr
    user = json.loads(who.stdout)["status"]["userInfo"]
    assert user["username"] == ADA.email
    assert set(user["groups"]) == {*ADA.groups, "system:authenticated"}


def cached(station):
    """The data that kubelogin stores for each login, by file."""
    files = (station.home / ".kube" / "cache" / "oidc-login").iterdir()
    return {path: json.loads(path.read_text()) for path in files if path.suffix != ".lock"}


def claims_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def ended(token):
    """The token with a past expiry, for a program that checks nothing else."""
    head, _, signature = token.split(".")
    body = json.dumps({**claims_of(token), "exp": 1}).encode()
    return ".".join((head, base64.urlsafe_b64encode(body).decode().rstrip("="), signature))


def test_one_file_opens_three_clusters_by_two_logins_and_renews_without_a_browser(ada, doors):
    assert_known(ada, "west")
    assert len(ada.opened) == 1
    assert_known(ada, "east")
    assert len(ada.opened) == 1, "clusters that share a client share the login"
    assert_known(ada, "north")
    assert len(ada.opened) == 2, "a client of its own is a login of its own"
    got = ada.run("kubectl", "get", "configmaps")
    assert got.returncode == 0, got.stderr

    before = cached(ada)
    assert sorted(claims_of(kept["id_token"])["aud"] for kept in before.values()) == ["kubectl", "kubectl-north"]
    for path, kept in before.items():
        path.write_text(json.dumps({**kept, "id_token": ended(kept["id_token"])}))
    assert_known(ada, "north")
    assert_known(ada, "east")
    assert len(ada.opened) == 2, "the refresh token needs no browser"
    for path, kept in cached(ada).items():
        assert claims_of(kept["id_token"])["exp"] > 1 and kept["id_token"] != before[path]["id_token"]


def test_ac_56_the_token_that_one_clusters_door_has_seen_opens_no_other(ada, doors, north):
    assert_known(ada, "west")
    ((_, kept),) = cached(ada).items()
    token = kept["id_token"]
    assert ada.run("kubectl", "--context", "east", "--token", token, "auth", "whoami").returncode == 0
    refused = ada.run("kubectl", "--context", "north", "--token", token, "auth", "whoami")
    assert refused.returncode == 1
    assert "error: You must be logged in to the server" in refused.stderr
    assert '"aud" has none of the accepted audiences' in refused.stderr
    assert north.wait_for_event("decision", reason="bearer_invalid")["status"] == 401


def arguments_of(station):
    """The arguments of the plugin in the file."""
    config = yaml.safe_load((station.home / ".kube" / "config").read_text())
    return config["users"][0]["user"]["exec"]["args"]


@pytest.mark.parametrize("way", ["--grant-type=device-code", "--browser-command=her-browser"])
def test_a_login_that_is_made_otherwise_is_there_for_kubectl(ada, rig, way):
    if "browser" in way:
        ada.uninstall("xdg-open")
    done = ada.run("kubectl", "oidc-login", *arguments_of(ada), way)
    assert done.returncode == 0, done.stderr
    (opened,) = ada.opened
    assert opened.startswith(("http://localhost:", f"{rig.dex.central.issuer}/device?user_code=")["device" in way])
    assert_known(ada, "west")
    assert ada.opened == [opened]

    assert ada.run("kubectl", "oidc-login", "clean").returncode == 0
    assert not (ada.home / ".kube" / "cache" / "oidc-login").exists()


def test_kubectl_says_what_is_missing_for_a_login(ada):
    strange = ada.run("kubectl", "oidc-login", *(one for one in arguments_of(ada) if "certificate" not in one))
    assert "oidc discovery error" in strange.stderr
    assert "x509: certificate signed by unknown authority" in strange.stderr

    ada.uninstall("kubectl-oidc_login")
    done = ada.run("kubectl", "get", "pods")
    assert done.returncode == 1
    assert "exec: executable kubectl-oidc_login not found" in done.stderr
    assert "install kubelogin, 1.31 or newer, by one of: brew install kubelogin" in done.stderr


OLD = """\
apiVersion: v1
kind: Config
current-context: old
clusters:
- {name: old, cluster: {server: "https://old.example.com", certificate-authority: ca.pem}}
- {name: west, cluster: {server: "https://another-west.example.com"}}
contexts:
- {name: old, context: {cluster: old, user: old, namespace: mine}}
users:
- {name: old, user: {token: of-old}}
"""


def test_the_copied_commands_leave_what_was_there_in_place(ada, given, rig):
    kube = ada.home / ".kube"
    (kube / "config").write_text(OLD)
    (kube / "ca.pem").write_bytes(rig.authority.ca_file.read_bytes())

    def entries():
        shown = ada.run("kubectl", "config", "view", "--raw", "--flatten", "-o", "json")
        assert shown.returncode == 0, shown.stderr
        config = json.loads(shown.stdout)
        lists = {key: {one["name"]: one for one in config[key]} for key in ("clusters", "contexts", "users")}
        return {**lists, "current-context": config["current-context"]}

    before = entries()
    for command in (given.save, given.merge, given.merge):
        done = ada.run("sh", "-ec", command)
        assert done.returncode == 0, done.stderr
    after = entries()
    assert (kube / "sallyport" / "all.yaml").read_text() == given.file
    assert (kube / "config").stat().st_mode & 0o777 == 0o600
    assert after["current-context"] == "old"
    for key in ("clusters", "contexts", "users"):
        assert {name: after[key][name] for name in before[key]} == before[key]
    assert set(after["contexts"]) == {"old", *NAMES.values()}
    assert_known(ada, "east")

# SPDX-License-Identifier: Apache-2.0
"""The applications of doc/recipes.md: all configurations and routes together in real programs, as described."""

import socket

import pytest
from rig import expect
from rig.browser import Browser
from rig.dex import ADA, GRACE, LONER
from rig.documents import completed, of_kind, under
from rig.raw import request
from test_bearer import bearer, echoed, tokens_of
from test_documented_traefik import Stand

# One process runs all of them.
pytestmark = pytest.mark.xdist_group("recipes")

PAGE = "doc/recipes.md"
API_CLIENTS = "api-clients"
IDENTITY = "X-Forwarded-User"


def merged():
    """The configurations of all applications, without those of issuers, which follow."""
    issuers = under(PAGE, "Dex with connectors", "yaml").line
    together = {}
    for block in (block for block in of_kind("yaml", PAGE) if block.line < issuers):
        for name, value in block.documents()[0].items():
            together[name] = {**together.get(name, {}), **value} if isinstance(value, dict) else value
    return together


class Kitchen(Stand):
    """All recipes, running."""

    @staticmethod
    def shown():
        """In addition to the middlewares on the page."""
        return [of_kind("yaml traefik", "doc/traefik.md")[0], *of_kind("yaml traefik", PAGE)]

    @property
    def issuer(self):
        return self.rig.dex.central.issuer

    def browser(self):
        return Browser(self.rig.authority)

    def _settings(self, config):
        clients = [self.rig.dex.public.id if one == API_CLIENTS else one for one in config["bearer_audiences"]]
        return super()._settings({**config, "bearer_audiences": clients})


@pytest.fixture(scope="module")
def kitchen(rig, tmp_path_factory):
    kitchen = Kitchen(rig, tmp_path_factory.mktemp("recipes"), config=completed(merged()))
    yield kitchen
    kitchen.stop()


@pytest.fixture
def site(kitchen):
    kitchen.app.seen.clear()
    return kitchen


def test_paths_of_one_host_have_rules_of_their_own(site, browser):
    def tools(target):
        return site.url(target, host="tools.example.com")

    visit = browser.log_in(tools("/wiki/x"), GRACE)
    assert visit.final.status == 200 and visit.final.url == tools("/wiki/x"), str(visit)
    expect.page(browser.send("navigation", tools("/metrics")), 403, "policy_denied")
    assert site.browser().log_in(tools("/metrics"), ADA).final.status == 200


def test_a_public_path_is_open_and_carries_no_identity(site, browser):
    def page(target):
        return site.url(target, host="site.example.com")

    for target in ("/healthz", "/assets/a.css"):
        assert browser.send("api", page(target), headers={IDENTITY: "mallory"}).status == 200
        assert site.app.last.values(IDENTITY) == []
    for target in ("/", "/healthz/x", "/assets/a:b"):
        assert browser.send("api", page(target)).status == 401, target
    expect.problem(browser.send("fetch-post", page("/assets/a.css"), initiator=page("/")), 401, "no_session")
    browser.log_in(page("/"))
    assert site.app.last.value(IDENTITY) == ADA.email
    assert browser.send("navigation", page("/healthz")).status == 200
    assert site.app.last.values(IDENTITY) == []


def test_a_websocket_is_opened_with_a_session_only(site, browser):
    address = site.url("/socket")
    expect.problem(browser.send("websocket", address, initiator=site.url("/")), 401, "no_session")
    site.app.assert_untouched()
    browser.log_in(site.url("/"))
    assert browser.send("websocket", address, initiator=site.url("/")).status == 101
    fields = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")]
    fields += [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Cookie", browser.jar.header(address))]
    host, context = address.split("/")[2], site.rig.authority.client_context()
    with socket.create_connection(("127.0.0.1", site.rig.ports.https), 10) as plain:
        connection = context.wrap_socket(plain, server_hostname=host.partition(":")[0])
        connection.sendall(request("GET", "/socket", [("Host", host), *fields]))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        assert head.startswith(b"HTTP/1.1 101") and echoed(connection, b"hello") == b"hello"
        connection.close()


def test_a_program_with_a_token_is_told_of_as_a_browser_is(site, browser):
    token, other = (tokens_of(site, of)["id_token"] for of in (site.rig.dex.public, site.rig.dex.confidential))
    assert browser.send("api", site.url("/api/items"), headers=bearer(token)).status == 200
    assert site.app.last.value(IDENTITY) == ADA.email
    expect.problem(browser.send("api", site.url("/api/items"), headers=bearer(other)), 401, "bearer_invalid")


def test_grafana_gets_the_headers_that_it_reads_and_no_client_writes_them(site, browser):
    names = under(PAGE, "Grafana", "yaml").documents()[0]["headers"]["grafana"]
    address = site.url("/d/1", host="grafana.example.com")
    lies = dict.fromkeys(names, "mallory")

    expect.problem(browser.send("api", address, headers=lies), 401, "no_session")
    browser.log_in(address, GRACE)
    assert browser.send("navigation", address, headers=lies).status == 200
    assert {name: site.app.last.value(name) for name in names} == {
        "X-WEBAUTH-USER": GRACE.email,
        "X-WEBAUTH-NAME": GRACE.name,
        "X-WEBAUTH-EMAIL": GRACE.email,
        "X-WEBAUTH-GROUPS": "dev",
    }
    (ini,) = (block.text for block in of_kind("", PAGE) if "[auth.proxy]" in block.text)
    assert all(name in ini for name in names)


def test_argo_cd_is_behind_the_sign_in_but_for_its_webhook(site, browser):
    def argocd(target):
        return site.url(target, host="argocd.example.com")

    assert browser.send("api", argocd("/api/webhook"), method="POST", body=b"{}").status == 200
    assert site.app.last.values(IDENTITY) == []
    for method, target in (("GET", "/api/webhook"), ("POST", "/api/v1/session"), ("GET", "/")):
        assert browser.send("api", argocd(target), method=method).status == 401, target
    expect.page(browser.log_in(argocd("/applications"), LONER).final, 403, "policy_denied")
    assert site.browser().log_in(argocd("/applications"), ADA).final.status == 200


def test_the_sign_out_link_ends_the_session_and_leads_to_the_page_that_says_so(site, browser):
    (link,) = (block.text for block in of_kind("", PAGE) if "<a " in block.text)
    target = link.partition('href="')[2].partition('"')[0]
    browser.log_in(site.url("/page"))
    visit = browser.navigate(site.url(target), initiator=site.url("/page"))
    assert visit.final.url == site.url("/_sallyport/signed-out"), str(visit)
    expect.page(visit.final, 401, "signed_out")
    expect.problem(browser.send("fetch", site.url("/x"), initiator=site.url("/")), 401, "no_session")
    assert browser.send("navigation", site.url("/x")).status == 302

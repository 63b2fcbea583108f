# SPDX-License-Identifier: Apache-2.0
"""The examples in the documents: real Traefiks load them, and users sign in through them."""

import http.client
import ssl
from collections import Counter
from contextlib import closing

import pytest
import yaml
from rig import expect
from rig.app import App
from rig.dex import ADA, GRACE
from rig.documents import completed, of_kind, shown
from rig.sallyport import Sallyport
from rig.together import Together
from rig.traefik import Traefik

# The documents' hosts, as the certificate and Dex of the rig know them.
HOSTS = {
    "app.example.com": "app.example.test",
    "grafana.example.com": "grafana.example.test",
    "auth.example.com": "auth.example.test",
    "tools.example.com": "other.test",
    "site.example.com": "wiki.test",
    "argocd.example.com": "kube.example.test",
}
NEWEST = "3.7.15"


def renamed(text):
    for name, real in HOSTS.items():
        text = text.replace(name, real)
    return text


def https_connection(port):
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=ssl._create_unverified_context())


def status_of(connection, target, host):
    connection.request("GET", target, headers={"Host": host})
    answer = connection.getresponse()
    answer.read()
    return answer.status


class Documented(Traefik):
    """A Traefik with the entry points and routes of a document."""

    def __init__(self, version, folder, *, static, dynamic, authority, ports):
        self._entry_points = static["entryPoints"]
        self.dynamic = dynamic
        super().__init__(version, folder, routes=self, authority=authority, ports=ports)

    def as_dict(self, authority):
        certificate = {"certFile": str(authority.cert_file), "keyFile": str(authority.key_file)}
        return {**self.dynamic, "tls": {"stores": {"default": {"defaultCertificate": certificate}}}}

    def _static(self, dynamic, trusts_client, everywhere):
        static = super()._static(dynamic, trusts_client, everywhere)
        ports = {":80": self.ports.http, ":443": self.ports.https}
        static["entryPoints"] = {
            name: {**point, "address": f"127.0.0.1:{ports[point['address']]}"}
            for name, point in self._entry_points.items()
        }
        return static

    def _ready(self):
        """The routes are loaded once the host of the ping is no longer unknown."""
        with closing(https_connection(self.ports.https)) as connection:
            try:
                return status_of(connection, "/", "ready.test") != 404
            except OSError:
                return False


class Stand(Together):
    """All examples of doc/traefik.md, running: application, sallyport, Traefik."""

    def __init__(self, rig, folder, *, config, version=NEWEST, static=0, edit=lambda static, dynamic: None):
        self.rig = rig
        super().__init__(folder, config, version, static, edit)

    def _start(self, folder, config, version, static, edit):
        self.app = self._kept(App())
        self.sallyport = self._kept(
            Sallyport(folder, self._settings(config), secret=self.rig.dex.confidential.secret)
        )
        entry_points, routes = self._static(static), self._dynamic()
        edit(entry_points, routes)
        self._kept(
            Documented(
                version,
                folder,
                static=entry_points,
                dynamic=routes,
                authority=self.rig.authority,
                ports=self.rig.ports,
            )
        )

    def _settings(self, config):
        """The configuration from the document, with the issuer and the ports of the rig."""
        settings = yaml.safe_load(renamed(yaml.safe_dump(config)))
        at = f":{self.rig.ports.https}"
        if "hosts" in settings:
            settings["hosts"] = [origin + at for origin in settings["hosts"]]
        if "callback_host" in settings:
            settings["callback_host"] += at
        client = self.rig.dex.confidential
        return {
            **settings,
            "issuer": self.rig.dex.central.issuer,
            "issuer_ca_file": str(self.rig.authority.ca_file),
            "client_id": client.id,
            "trusted_proxies": ["127.0.0.0/8"],
        }

    @staticmethod
    def _static(index):
        block = of_kind("yaml traefik-static", "doc/traefik.md")[index]
        return yaml.safe_load(block.text.replace("192.0.2.0/24", "127.0.0.1/32"))

    @staticmethod
    def shown():
        return of_kind("yaml traefik", "doc/traefik.md")

    def _dynamic(self):
        """All examples of the page together, as it states that they are read."""
        served = {"routers": {}, "middlewares": {}, "services": {}}
        for block in self.shown():
            text = (
                renamed(block.text)
                .replace("http://sallyport:4181", self.sallyport.auth_url)
                .replace("http://sallyport:4182", self.sallyport.pages_url)
                .replace("http://app:8080", self.app.url)
            )
            for part, entries in yaml.safe_load(text)["http"].items():
                assert not served[part].keys() & entries.keys(), f"{block}: a name that is there already"
                served[part].update(entries)
        served["routers"]["ready"] = {
            "rule": "Host(`ready.test`)",
            "entryPoints": ["websecure"],
            "service": "ping@internal",
            "priority": 9999,
        }
        return {"http": served}

    def url(self, target="/", host="app.example.com"):
        return f"https://{HOSTS[host]}:{self.rig.ports.https}{target}"


@pytest.fixture
def stand(rig, tmp_path):
    running = []

    def make(config=(), **options):
        running.append(Stand(rig, tmp_path, config=completed(dict(config)), **options))
        return running[-1]

    yield make
    for one in running:
        one.stop()


def test_the_chain_as_shown_protects_both_routes(stand, browser):
    site = stand(shown("doc/traefik.md", "forwarded_prefixes"))

    visit = browser.log_in(site.url("/x?y=1"))
    assert visit.final.status == 200 and visit.final.url == site.url("/x?y=1"), str(visit)
    assert site.app.last.value("X-Forwarded-User") == ADA.email
    assert browser.send("navigation", site.url("/wiki/Home?z=2")).status == 200
    assert site.app.last.target == "/Home?z=2"


def test_a_sign_in_below_a_stripped_prefix_comes_back_to_it(stand, browser):
    site = stand(shown("doc/traefik.md", "forwarded_prefixes"))

    visit = browser.log_in(site.url("/wiki/Home?z=2"))
    assert visit.final.status == 200 and visit.final.url == site.url("/wiki/Home?z=2"), str(visit)


def test_the_chain_as_shown_leaves_a_client_no_say(stand, browser):
    site = stand({"policies": {"default": [{"action": "public", "path": "/open"}, {"action": "allow"}]}})

    assert browser.send("api", site.url("/open")).status == 200
    lies = {"X-Forwarded-Uri": "/open", "X-Forwarded-Method": "OPTIONS", "X-Forwarded-Prefix": "/wiki"}
    expect.problem(browser.send("api", site.url("/secret"), headers=lies), 401, "no_session")
    seen = len(site.app.seen)
    assert browser.send("api", site.url("/open"), headers={"X.Forwarded.User": "mallory"}).status == 400
    assert len(site.app.seen) == seen


def test_the_chain_as_shown_goes_by_the_host_that_was_routed(stand, browser):
    rules = [{"action": "public", "host": HOSTS["tools.example.com"]}, {"action": "allow"}]
    lie = {"X-Forwarded-Host": HOSTS["tools.example.com"], "X-Original-URL": "/y"}
    site = stand({"policies": {"default": rules}})

    assert browser.send("api", site.url("/x"), headers=lie).status == 401
    browser.log_in(site.url("/x"))
    assert browser.send("api", site.url("/x"), headers=lie).status == 200
    assert not any(site.app.last.values(name) for name in lie)


def test_the_set_of_ones_own_as_shown_reaches_the_application(stand, browser):
    site = stand(shown("doc/traefik.md", "headers"))

    browser.log_in(site.url("/d/1", host="grafana.example.com"), ADA)
    request = site.app.last
    assert request.value("X-WEBAUTH-USER") == ADA.email and request.value("X-WEBAUTH-NAME")
    assert request.value("X-WEBAUTH-GROUPS") == "ops"


def test_the_policy_as_shown_keeps_others_out(stand, browser):
    site = stand(shown("doc/traefik.md", "headers"))

    visit = browser.log_in(site.url("/d/1", host="grafana.example.com"), GRACE)
    expect.page(visit.final, 403, "policy_denied")


def test_a_host_routed_by_path_signs_in_by_the_router_shown(stand, browser):
    site = stand()

    visit = browser.log_in(site.url("/metrics/x", host="tools.example.com"))
    assert visit.final.status == 200 and site.app.last.target == "/metrics/x", str(visit)
    expect.page(
        browser.send("navigation", site.url("/_sallyport/nothing", host="tools.example.com")),
        404,
        "no_such_page",
    )


def test_the_limit_as_shown_answers_before_sallyport_is_asked(stand):
    def edit(_static, dynamic):
        dynamic["http"]["middlewares"]["slow-down"]["rateLimit"]["average"] = 1  # even a slow machine exceeds this rate

    site = stand({"policies": {"default": [{"action": "public"}]}}, edit=edit)
    with closing(https_connection(site.rig.ports.https)) as connection:
        answers = Counter(status_of(connection, "/limited", HOSTS["app.example.com"]) for _ in range(120))
    assert answers.keys() == {200, 429}, answers
    assert site.sallyport.metric("sallyport_decisions_total", dialect="traefik") == answers[200]


def test_who_am_i_works_by_the_router_shown(stand, browser):
    site = stand()
    browser.log_in(site.url("/x"))

    assert browser.send("api", site.url("/_sallyport/me")).json()["email"] == ADA.email


def test_the_callback_host_as_shown_serves_the_others(stand, browser):
    site = stand(shown("doc/traefik.md", "callback_host"))

    visit = browser.log_in(site.url("/x"))
    assert visit.final.status == 200 and visit.final.url == site.url("/x"), str(visit)
    assert visit.hop(f"{HOSTS['auth.example.com']}:").reason == "relayed"


def on_entry_point_only(_static, dynamic):
    """The routers of the page, without a middleware of their own."""
    for router in dynamic["http"]["routers"].values():
        router.pop("middlewares", None)


def test_the_middleware_of_an_entry_point_as_shown_protects_every_router(stand, browser):
    site = stand({"direct_pages": True}, static=1, edit=on_entry_point_only)

    assert browser.send("api", site.url("/x")).status == 401
    assert browser.send("api", site.url("/wiki/x")).status == 401
    visit = browser.log_in(site.url("/x"))
    assert visit.final.status == 200, str(visit)
    assert browser.send("api", site.url("/_sallyport/me")).json()["email"] == ADA.email


def test_clean_on_an_entry_point_as_shown_comes_before_middlewares_that_lack_it(stand, browser):
    def edit(_static, dynamic):
        for router in dynamic["http"]["routers"].values():
            router["middlewares"] = ["ask"]

    site = stand({"policies": {"default": [{"action": "public", "path": "/open"}, {"action": "allow"}]}}, static=2, edit=edit)

    assert browser.send("api", site.url("/open")).status == 200
    assert browser.send("api", site.url("/x"), headers={"X-Forwarded-Uri": "/open"}).status == 401


@pytest.mark.parametrize("strips", [True, False])
def test_a_listed_cookie_wants_its_setting(stand, browser, strips):
    def edit(static, dynamic):
        on_entry_point_only(static, dynamic)
        dynamic["http"]["middlewares"]["ask"]["forwardAuth"]["authResponseHeaders"].append("Cookie")

    site = stand({"direct_pages": True, "strip_session_cookie": strips}, static=1, edit=edit)
    browser.log_in(site.url("/x"))
    browser.send("navigation", site.url("/y"), headers={"Cookie": f"own=1; {browser.jar.header(site.url())}"})

    assert site.app.last.value("Cookie") == ("own=1" if strips else None)
    assert browser.send("api", site.url("/_sallyport/me")).status == (200 if strips else 401)


def as_said_of(version):
    """The options that must be left out according to the table of versions."""

    def edit(static, dynamic):
        static["entryPoints"]["websecure"]["http"].pop("aliasHeadersStrategy")
        for middleware in dynamic["http"]["middlewares"].values():
            if version == "3.0.4" and "forwardAuth" in middleware:
                middleware["forwardAuth"].pop("maxResponseBodySize")

    return edit


@pytest.mark.parametrize("version", ["3.6.15", "3.0.4"])
def test_older_versions_work_without_what_they_do_not_know(stand, browser, version):
    site = stand(shown("doc/traefik.md", "forwarded_prefixes"), version=version, edit=as_said_of(version))

    visit = browser.log_in(site.url("/wiki/Home"))
    assert visit.final.status == 200 and site.app.last.target == "/Home", str(visit)


def test_the_example_of_the_readme_is_what_the_page_about_traefik_begins_with():
    (readme,) = of_kind("yaml traefik", "README.md")[0].documents()
    options = dict(readme["http"]["middlewares"]["sallyport"]["forwardAuth"])
    page = of_kind("yaml traefik", "doc/traefik.md")[0].documents()[0]
    ask = dict(page["http"]["middlewares"]["ask"]["forwardAuth"])
    assert ask.pop("maxResponseBodySize") and options == ask

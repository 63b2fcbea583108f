# SPDX-License-Identifier: Apache-2.0
"""
Attacks with headers that have a meaning for other programs: for other proxies, for the application, or for a Traefik
that trusts its client. doc/security.md has the table of all.
"""

import itertools

import pytest
from rig.attack import asked, assert_kept_out

pytestmark = pytest.mark.edges("3.7.15-https", "3.0.4-https")
RULES = [{"action": "public", "path": "/open"}, {"action": "allow"}]


@pytest.fixture
def trusting(make_site):
    """A site behind an entry point that trusts its client, as behind a load balancer."""
    return make_site(settings={"policies": {"default": RULES}}, trusts_client=True)


OTHERS = (
    ("X-Auth-Request-Redirect", "/open"),
    ("X-Original-Host", "evil.test"),
    ("Forwarded", "host=evil.test;proto=http;for=127.0.0.1"),
    ("X-Forwarded-Prefix", "/open"),
    ("X-Forwarded-Port", "1"),
    ("X-Forwarded-Server", "evil.test"),
    ("X-Real-Ip", "127.0.0.1"),
    ("X-Envoy-Original-Path", "/open"),
    ("X-Sent-From", "nginx-ingress-controller"),
    ("X-Forwarded-Scheme", "http"),
    ("X-Scheme", "http"),
)


def test_ac_05_headers_of_other_proxies_open_nothing_and_lead_nowhere(trusting):
    for fields in (*([pair] for pair in OTHERS), list(OTHERS)):
        answer = asked(trusting, headers=[*fields, ("Accept", "text/html")])
        assert_kept_out(trusting, answer, 302)
        assert answer.location.startswith(f"{trusting.issuer}/auth?"), answer
        assert b"evil.test" not in answer.bytes and answer.reason == "no_session"


OVERRIDES = {
    "path": ("X-Original-URL", "X-Original-URI", "X-Rewrite-URL"),
    "method": ("X-Original-Method", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"),
}


def spellings_of(name):
    return name, name.lower(), name.upper(), name.replace("-", "_"), name.replace("-", ".")


def test_ac_90_no_header_overrides_what_a_rule_decides_by(make_site):
    """By path or by method, on a public page and on one that needs a session."""
    policies = {
        "default": "authenticated",
        "path": RULES,
        "method": [{"action": "public", "method": "GET", "host": "app.test"}, {"action": "allow"}],
    }

    def layout(routes):
        for name in OVERRIDES:
            ask = routes.ask(name=name, target=f"/auth/traefik?policy={name}")
            routes.route(name, f"Header(`X-By`, `{name}`)", [ask], priority=100)
        routes.route("app", "PathPrefix(`/`)", [routes.ask()])

    site = make_site(layout=layout, settings={"policies": policies})
    browser = site.browser()
    browser.log_in(site.url("/x"))
    cookie = ("Cookie", browser.jar.header(site.url("/")))
    site.app.seen.clear()
    for by, other in (("path", "method"), ("method", "path")):
        for name, target in itertools.product(OVERRIDES[by], ("/open", "/secret")):
            for spelling in spellings_of(name):
                answer = asked(site, target, [("X-By", by), (spelling, "/secret"), cookie])
                assert_kept_out(site, answer, 400)
                assert answer.reason == "override_header", (spelling, answer)
            site.sallyport.wait_for_event("decision", reason="override_header", detail=f"The header is {name}.")
        for name in OVERRIDES[other]:
            assert asked(site, "/open", [("X-By", by), (name, "/secret"), cookie]).status == 200
            assert asked(site, "/open", [(name, "/secret"), cookie]).status == 200
            assert [seen.value(name) for seen in site.app.seen] == ["/secret", "/secret"]
            site.app.seen.clear()
    assert site.sallyport.metric("sallyport_decisions_total", reason="override_header") > 0


def test_ac_05_a_prefix_is_read_only_where_the_address_says_so(make_site):
    rules = [{"action": "public", "path_prefix": "/dkp"}, {"action": "allow"}]

    def layout(routes):
        with_prefix = routes.ask(name="with", target="/auth/traefik?prefix=1")
        routes.route("with", "PathPrefix(`/with`)", [with_prefix])
        routes.route("app", "PathPrefix(`/`)", [routes.ask()])

    site = make_site(
        layout=layout,
        settings={"forwarded_prefixes": ["/dkp"], "policies": {"default": rules}},
        trusts_client=True,
    )
    assert_kept_out(site, asked(site, "/secret", [("X-Forwarded-Prefix", "/dkp")]), 401)
    for prefix in ("/dkp/", "/DKP", "/dk", "/dkp/..", "//dkp", "/dkp,/dkp", "/open", "evil.test", "/dkp%2f"):
        answer = asked(site, "/with/x", [("X-Forwarded-Prefix", prefix)])
        assert_kept_out(site, answer, 400)
        assert answer.reason == "unknown_prefix", (prefix, answer)


# ---- what a trusting entry point lets a client claim ---------------------------------------------------


@pytest.mark.edges("3.7.15-https")
def test_ac_05_a_client_chooses_no_host_where_the_chain_takes_its_word_away(make_site):
    """Without the chain that prevents it: if the host is kept, a client names a public one."""

    def layout(routes):
        kept = [routes.clean(name="kept", keep=["X-Forwarded-Host"]), routes.ask()]
        routes.route("kept", "Header(`X-Way`, `kept`)", kept, priority=100)
        routes.route("app", "PathPrefix(`/`)", [routes.clean(), routes.ask()])

    rules = [{"action": "public", "host": "wiki.test"}, {"action": "allow"}]
    site = make_site(layout=layout, settings={"policies": {"default": rules}}, trusts_client=True)
    lie = ("X-Forwarded-Host", "wiki.test")
    assert_kept_out(site, asked(site, "/x", [lie]), 401)
    assert asked(site, "/x", [("X-Way", "kept"), lie]).status == 200
    assert site.app.seen.pop().value("Host").startswith("app.test")
    assert_kept_out(site, asked(site, "/x", [("X-Way", "kept")]), 401)


@pytest.mark.edges("3.7.15-https")
@pytest.mark.parametrize("cleans", [False, True], ids=["without the cure", "with it"])
def test_ac_54_a_prefix_of_the_clients_choice_ends_at_the_entry_point(make_site, cleans):
    """One address for routers that strip a prefix and routers that do not, in a middleware that cannot be edited."""
    prefix = "/dkp/alertmanager"

    def layout(routes):
        routes.clean()
        steps = [routes.strip(prefix), routes.ask(target="/")]
        routes.route("alertmanager", f"PathPrefix(`{prefix}`)", steps)
        routes.route("app", "PathPrefix(`/`)", ["ask"])

    site = make_site(
        layout=layout,
        settings={
            "root_query": "prefix=1",
            "forwarded_prefixes": [prefix],
            "policies": {"default": [{"action": "allow", "path_prefix": prefix}, {"action": "deny"}]},
        },
        trusts_client=True,
        everywhere=["clean"] if cleans else [],
    )
    browser = site.browser()
    browser.log_in(site.url(f"{prefix}/x"))
    assert [seen.target for seen in site.app.seen] == ["/x"]
    site.app.seen.clear()
    cookie = ("Cookie", browser.jar.header(site.url("/")))
    assert_kept_out(site, asked(site, "/x", [cookie]), 403)
    answer = asked(site, "/x", [cookie, ("X-Forwarded-Prefix", prefix)])
    assert answer.status == (403 if cleans else 200), answer
    assert len(site.app.seen) == (0 if cleans else 1)

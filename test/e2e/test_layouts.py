# SPDX-License-Identifier: Apache-2.0
"""The ways in which operators place sallyport in front of their applications."""

import itertools
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
from rig import expect
from rig.balancer import Balancer
from rig.dex import ADA

PREFIX = "/dkp/app"
APP, GRAFANA, AUTH = "app.example.test", "grafana.example.test", "auth.example.test"


# ---- the chain of middlewares where the entry point trusts its client ----------------------------------


def chain(routes):
    steps = [routes.clean(), routes.strip(PREFIX), routes.ask(target="/auth/traefik?prefix=1")]
    routes.route("app", f"PathPrefix(`{PREFIX}`)", steps)
    routes.route("pages", "PathPrefix(`/_sallyport`)", [routes.clean(), routes.ask(name="ask-plain")])


def chain_settings(_site):
    return {
        "forwarded_prefixes": [PREFIX],
        "policies": {
            "default": [
                {"action": "public", "path": f"{PREFIX}/public"},
                {"action": "deny", "path_prefix": f"{PREFIX}/forbidden"},
                {"action": "allow"},
            ]
        },
    }


@pytest.fixture
def chained(make_site):
    return make_site(layout=chain, settings=chain_settings, trusts_client=True)


def test_a_stripped_prefix_is_put_back_before_anything_reads_the_address(chained, browser):
    visit = browser.log_in(chained.url(f"{PREFIX}/reports?x=1"))

    assert visit.final.url == chained.url(f"{PREFIX}/reports?x=1") and visit.final.status == 200, str(visit)
    assert chained.app.last.target == "/reports?x=1"
    assert chained.app.last.value("X-Forwarded-User") == ADA.email


def test_rules_see_the_address_with_its_prefix(chained, browser):
    assert browser.send("navigation", chained.url(f"{PREFIX}/public")).status == 200
    browser.log_in(chained.url(f"{PREFIX}/x"))
    expect.page(browser.send("navigation", chained.url(f"{PREFIX}/forbidden/x")), 403, "policy_denied")
    assert browser.send("navigation", chained.url(f"{PREFIX}/public/x")).status == 200


def test_ac_08_a_stripped_path_that_climbs_leads_past_no_rule(chained, browser):
    """Its application is at its own root; the whole path would lead above the prefix."""
    browser.log_in(chained.url(f"{PREFIX}/x"))
    chained.app.seen.clear()
    for way in ("/../forbidden", "/x/../../forbidden", "/..%2fforbidden", "/%2e%2e/forbidden", "/../../forbidden/x"):
        answer = browser.send("navigation", chained.url(PREFIX + way))
        assert answer.status in (302, 400, 403, 404), str(answer)
    chained.app.assert_untouched()


def test_ac_08_a_stripped_path_never_begins_with_what_may_be_a_host(chained, browser):
    """Newer proxies merge two slashes; what an older one forwards is refused."""
    browser.log_in(chained.url(f"{PREFIX}/x"))
    chained.app.seen.clear()
    for way in ("//x/forbidden", "///x/forbidden"):
        answer = browser.send("navigation", chained.url(PREFIX + way))
        assert answer.status in (200, 400), str(answer)
    assert not [seen.target for seen in chained.app.seen if seen.target.startswith("//")]


def test_ac_05_the_chain_takes_away_what_a_client_says_of_its_own_request(chained, browser):
    claims = {"X-Forwarded-Uri": "/public", "X-Forwarded-Method": "OPTIONS", "X-Forwarded-Prefix": PREFIX}
    response = browser.send("api", chained.url(f"{PREFIX}/secret"), headers=claims)

    expect.problem(response, 401, "no_session")
    chained.app.assert_untouched()


def test_without_the_chain_a_client_chooses_the_address_that_is_judged(make_site, browser):
    """The purpose of the chain: here the middleware is alone behind an entry point that trusts all clients."""
    site = make_site(
        layout=lambda routes: routes.route("app", "PathPrefix(`/`)", [routes.ask()]),
        trusts_client=True,
        settings={"policies": {"default": [{"action": "public", "path": "/public"}, {"action": "allow"}]}},
    )

    assert browser.send("api", site.url("/secret")).status == 401
    assert browser.send("api", site.url("/secret"), headers={"X-Forwarded-Uri": "/public"}).status == 200
    assert site.app.last.target == "/secret"


def test_ac_05_a_prefix_that_is_not_configured_is_refused(make_site, browser):
    def layout(routes):
        steps = [routes.clean(), routes.strip("/elsewhere"), routes.ask(target="/auth/traefik?prefix=1")]
        routes.route("app", "PathPrefix(`/`)", steps)

    site = make_site(layout=layout, settings={"forwarded_prefixes": [PREFIX]}, trusts_client=True)

    expect.problem(browser.send("api", site.url("/elsewhere/x")), 400, "unknown_prefix")
    site.app.assert_untouched()


def test_a_load_balancer_that_ends_tls_is_believed_where_the_entry_point_trusts_it(make_site, browser):
    site = make_site(trusts_client=True)
    if site.edge.scheme == "http":
        return  # there is no TLS that a load balancer could terminate
    response = browser.send(
        "navigation",
        site.url("/x", scheme="http"),
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": urlsplit(site.url()).netloc},
    )

    parameters = expect.login_redirect(response, site.issuer)
    assert unquote(parameters["redirect_uri"]) == site.url("/_sallyport/callback")


@pytest.mark.edges("3.7.15-https")
def test_a_login_behind_chained_balancers_comes_back_to_the_public_port(make_site, browser, rig):
    """They terminate TLS, send each value twice, and remove the port from Host."""
    public = f"https://app.test:{rig.ports.balancer}"
    site = make_site(
        trusts_client=True,
        settings={"hosts": [public], "public_ports": {"https://app.test": rig.ports.balancer}},
    )
    balancer = Balancer(rig.authority, rig.ports.balancer, site.ports.http)
    try:
        visit = browser.log_in(f"{public}/x?y=1")
        assert visit.final.status == 200 and visit.final.url == f"{public}/x?y=1", str(visit)
        assert site.app.last.value("X-Forwarded-User") == ADA.email
        assert browser.send("navigation", f"{public}/_sallyport/login?rd=/z").location == f"{public}/z"
    finally:
        balancer.stop()


# ---- one middleware for the whole entry point ----------------------------------------------------------


def test_a_middleware_on_the_entry_point_protects_every_router(make_site, browser):
    def layout(routes):
        routes.ask()
        routes.route("app", f"Host(`{APP}`)")
        routes.route("other", "Host(`other.test`)")

    site = make_site(layout=layout, everywhere=["ask"])

    visit = browser.log_in(site.url("/x?y", host=APP))
    assert visit.final.status == 200 and visit.final.url == site.url("/x?y", host=APP), str(visit)
    seen = len(site.app.seen)
    expect.login_redirect(browser.send("navigation", site.url("/", host="other.test")), site.issuer)
    assert len(site.app.seen) == seen


# ---- one host, several applications by path ------------------------------------------------------------


def by_path(routes):
    ask = routes.ask()
    routes.route("grafana", "PathPrefix(`/grafana`)", [ask])
    routes.route("wiki", "PathPrefix(`/wiki`)", [ask])
    routes.route("overlay", "PathPrefix(`/_sallyport/`)", [ask])


def test_applications_routed_by_path_share_a_session(make_site, browser):
    site = make_site(layout=by_path)
    visit = browser.log_in(site.url("/grafana/d/1?orgId=1"))

    assert visit.final.status == 200 and visit.final.url == site.url("/grafana/d/1?orgId=1"), str(visit)
    assert browser.send("navigation", site.url("/wiki/Home")).status == 200
    assert [request.target for request in site.app.seen] == ["/grafana/d/1?orgId=1", "/wiki/Home"]


# ---- the pages listener --------------------------------------------------------------------------------


def pages_beside(routes):
    """A separate router leads the prefix to the pages listener, without a middleware."""
    routes.route("app", "PathPrefix(`/`)", [routes.ask()])
    routes.route("pages", "PathPrefix(`/_sallyport/`)", service="pages")


def pages_behind(routes):
    """The same, with the middleware on that router too."""
    ask = routes.ask()
    routes.route("app", "PathPrefix(`/`)", [ask])
    routes.route("pages", "PathPrefix(`/_sallyport/`)", [ask], service="pages")


DIRECT = {"beside": (pages_beside, {}), "behind": (pages_behind, {"direct_pages": True})}


@pytest.fixture(params=DIRECT, ids=str)
def direct(request, make_site):
    layout, settings = DIRECT[request.param]
    return make_site(layout=layout, settings=settings)


def test_who_am_i_is_a_document_for_programs(direct, browser):
    expect.problem(browser.send("api", direct.url("/_sallyport/me")), 401, "no_session")
    browser.log_in(direct.url("/x"))
    response = browser.send("fetch", direct.url("/_sallyport/me"), initiator=direct.url("/x"))

    assert response.status == 200 and response.value("Cache-Control") == "no-store"
    me = response.json()
    assert me["user"] == ADA.email and me["email"] == ADA.email and me["email_verified"] is True
    assert me["groups"] == ["ops"] and me["name"] == ADA.name and me["preferred_username"] == "ada"
    assert me["issuer"] == direct.issuer and me["subject"]
    assert set(me["session"]) == {"id", "login_at", "expires_at", "renew_after"}
    assert len(me["session"]["id"]) == 8


def test_who_am_i_is_a_page_for_people(direct, browser):
    browser.log_in(direct.url("/x"))
    response = browser.send("navigation", direct.url("/_sallyport/me"))

    assert response.status == 200 and response.value("Content-Type").startswith("text/html")
    assert ADA.email in response.text and "ops" in response.text


def test_logging_in_and_out_works_by_the_direct_pages_too(direct, browser):
    visit = browser.log_in(direct.url("/x?y=1"))
    assert visit.final.url == direct.url("/x?y=1") and visit.final.status == 200, str(visit)

    visit = browser.log_out(direct.url("/_sallyport/logout"))
    expect.page(visit.final, 401, "signed_out")
    assert browser.send("navigation", direct.url("/x")).status == 302


def test_ac_52_the_pages_listener_knows_no_dialect(direct, browser):
    for target in (
        "/_sallyport/auth/traefik",
        "/_sallyport/..%2fauth/traefik",
        "/_sallyport/../auth/traefik",
    ):
        response = browser.send("api", direct.url(target), headers={"X-Forwarded-Uri": "/"})
        assert response.status in (400, 401, 404), str(response)
    direct.app.assert_untouched()


# ---- one redirect URI for all hosts --------------------------------------------------------------------


def central_callback(site):
    return {"callback_host": site.origin(AUTH), "hosts": [site.origin(host) for host in (APP, GRAFANA, AUTH)]}


@pytest.fixture
def relayed(make_site):
    return make_site(settings=central_callback)


def test_ac_53_the_callback_host_relays_to_the_host_where_the_login_began(relayed, browser):
    visit = browser.log_in(relayed.url("/x?y=1", host=APP))

    parameters = expect.login_redirect(visit[0], relayed.issuer)
    assert unquote(parameters["redirect_uri"]) == relayed.url("/_sallyport/callback", host=AUTH)
    relay = visit.hop(f"{AUTH}:{getattr(relayed.ports, relayed.edge.scheme)}/_sallyport/callback")
    expect.refusal(relay, 302, "relayed")
    assert relay.set_cookies == [] and urlsplit(relay.location).query == urlsplit(relay.url).query
    assert visit.final.url == relayed.url("/x?y=1", host=APP) and visit.final.status == 200, str(visit)
    assert {cookie.domain for cookie in browser.jar.named(relayed.cookie_name)} == {APP}


def test_the_callback_host_can_be_logged_in_to_itself(relayed, browser):
    visit = browser.log_in(relayed.url("/x", host=AUTH))

    assert visit.final.url == relayed.url("/x", host=AUTH) and visit.final.status == 200, str(visit)


def test_ac_53_a_host_that_is_not_listed_gets_no_login(relayed, browser):
    response = browser.send("navigation", relayed.url("/x", host="other.test"))

    expect.page(response, 421, "host_not_listed")
    assert response.set_cookies == []


def test_ac_53_a_login_of_one_host_is_not_completed_at_another(relayed, browser):
    visit = browser.start_login(relayed.url("/x", host=APP))
    visit = browser.pass_issuer(visit.final)
    callback = visit.hop(f"{APP}:{getattr(relayed.ports, relayed.edge.scheme)}/_sallyport/callback").url
    response = browser.send("navigation", callback.replace(APP, GRAFANA))

    expect.page(response, 400, "bad_callback")
    assert response.set_cookies == []


# ---- a login that the issuer initiates -----------------------------------------------------------------


def initiated(site, **more):
    return urlencode({"iss": site.issuer, "login_hint": ADA.email, **more})


def pages_of_one_host(routes):
    """At app.test the pages have their own router; at other.test the middleware serves them."""
    routes.route("app", "PathPrefix(`/`)", [routes.ask()])
    routes.route("pages", "Host(`app.test`) && PathPrefix(`/_sallyport/`)", service="pages")


@pytest.mark.edges("3.7.15-https")
def test_a_third_party_initiates_a_login_at_both_listeners_by_both_methods(make_site):
    site = make_site(layout=pages_of_one_host)
    for host, method in itertools.product(("app.test", "other.test"), ("GET", "POST")):
        browser = site.browser()
        address, target = site.url("/_sallyport/login", host=host), site.url("/x?y=1", host=host)
        query = initiated(site, target_link_uri=target)
        is_known = (host, method) != ("other.test", "POST")  # the middleware does not get the body
        for signed_in in (False, True):
            if method == "GET":
                visit = browser.navigate(f"{address}?{query}", initiator=site.issuer)
            else:
                visit = browser.navigate(address, initiator=site.issuer, kind="form", body=query.encode())
                assert visit[0].status == 303 and visit[1].url.startswith(address + "?"), str(visit)
            if not signed_in:
                asked = parse_qs(urlsplit(visit.hop("/dex/auth?").url).query)
                assert asked.get("login_hint") == ([ADA.email] if is_known else None), str(visit)
                visit = browser.pass_issuer(visit.final)
            assert visit.final.url == (target if is_known else site.url("/", host=host)), str(visit)
            assert not signed_in or not [hop for hop in visit if "/dex/" in hop.url], str(visit)


@pytest.mark.edges("3.7.15-https")
def test_a_third_party_that_is_not_the_issuer_is_refused(make_site):
    site = make_site(layout=pages_beside)
    for query, reason in (
        (urlencode({"iss": "https://evil.test/dex"}), "bad_login_request"),
        (initiated(site) + "&iss=x", "bad_login_request"),
        (initiated(site, login_hint="x" * 513), "bad_login_request"),
        (initiated(site, rd="/x", target_link_uri="/x"), "bad_login_request"),
        (initiated(site, target_link_uri="https://evil.test/"), "bad_return_url"),
    ):
        address = site.url("/_sallyport/login")
        expect.page(site.browser().send("navigation", f"{address}?{query}"), 400, reason)
        expect.page(site.browser().send("form", address, body=query.encode()), 400, reason)
    site.app.assert_untouched()


# ---- a callback path of an older set-up ----------------------------------------------------------------


@pytest.mark.edges("3.7.15-https")
def test_the_callback_may_stand_at_an_older_path(make_site, browser):
    site = make_site(settings={"callback_path": "/_oauth"})
    visit = browser.log_in(site.url("/x"))

    assert visit.hop("/_oauth").status == 302 and visit.final.status == 200, str(visit)


@pytest.mark.edges("3.7.15-https")
def test_a_middleware_that_cannot_be_edited_asks_at_the_root(make_site, browser):
    site = make_site(
        layout=lambda routes: routes.route("app", "PathPrefix(`/`)", [routes.ask(target="/")]),
        settings={
            "root_query": "policy=ops",
            "policies": {"default": "authenticated", "ops": [{"action": "allow", "group": "admins"}]},
        },
    )
    visit = browser.log_in(site.url("/x"))

    expect.page(visit.final, 403, "policy_denied")

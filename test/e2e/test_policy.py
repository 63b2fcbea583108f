# SPDX-License-Identifier: Apache-2.0
"""The rules for access, as they apply to requests through Traefik."""

import pytest
from rig import expect
from rig.dex import ADA, ADMIN, GRACE, LONER, UNVERIFIED

pytestmark = pytest.mark.edges("3.7.15-https")


def ruled(make_site, *rules, **settings):
    return make_site(settings={"policies": {"default": list(rules)}, **settings})


def logged_in(site, user, target="/"):
    """A browser with a session, begun at a page that some user may see."""
    browser = site.browser()
    browser.log_in(site.url(target), user)
    return browser


def status(browser, site, target, kind="navigation", **options):
    return browser.send(kind, site.url(target, **options)).status


def test_a_group_decides(make_site):
    site = ruled(make_site, {"action": "allow", "group": ["admins", "sre"]})

    assert status(logged_in(site, ADMIN), site, "/x") == 200
    denied = logged_in(site, ADA).send("navigation", site.url("/x"))
    expect.page(denied, 403, "policy_denied")
    assert ADA.email in denied.text


def test_an_address_or_its_domain_decides(make_site):
    site = ruled(
        make_site,
        {"action": "allow", "path_prefix": "/one", "email": "ADA@example.com"},
        {"action": "allow", "path_prefix": "/many", "email_domain": "example.com"},
    )

    assert status(logged_in(site, ADA, "/one"), site, "/one") == 200
    assert status(logged_in(site, LONER, "/one"), site, "/one") == 403
    assert status(logged_in(site, LONER, "/one"), site, "/many") == 200
    assert status(logged_in(site, GRACE, "/one"), site, "/many") == 403


def test_ac_25_a_domain_counts_only_for_verified_addresses(make_site):
    site = ruled(make_site, {"action": "allow", "email_domain": "example.com"}, username_claim="sub")

    assert status(logged_in(site, UNVERIFIED), site, "/x") == 403
    assert status(logged_in(site, ADA), site, "/x") == 200


def test_a_public_page_needs_nobody(make_site, browser):
    site = ruled(
        make_site,
        {"action": "public", "path": "/healthz"},
        {"action": "public", "path_prefix": "/assets", "method": ["GET", "HEAD"]},
        {"action": "allow"},
    )

    for target in ("/healthz", "/healthz?x", "/assets", "/assets/app.css"):
        assert status(browser, site, target, "api") == 200, target
    for target in ("/healthz/", "/healthzz", "/assetsx", "/x?/healthz", "/x/healthz"):
        assert status(browser, site, target, "api") == 401, target
    assert status(browser, site, "/assets/x", "fetch-post") == 401


@pytest.mark.edges("3.7.15-https", "3.7.15-http", "3.6.15-https", "3.0.4-https")
def test_ac_08_no_spelling_of_a_path_makes_it_public(make_site, browser):
    site = ruled(make_site, {"action": "public", "path_prefix": "/public"}, {"action": "allow"})
    for target in (
        "/public/../admin",
        "/public/%2e%2e/admin",
        "/public%2f..%2fadmin",
        "/public/..%2fadmin",
        "/public/%252e%252e/admin",
        "/public/..;/admin",
        "/public\\..\\admin",
        "/public/%5c..%5cadmin",
        "/public//../admin",
        "/./public/../admin",
        "/public/x/..%00/admin",
        "/%70ublic/../admin",
    ):
        response = browser.send("api", site.url(target))
        assert response.status in (400, 401), str(response)
    site.app.assert_untouched()


def test_the_first_rule_that_holds_decides_and_the_end_denies(make_site):
    site = ruled(
        make_site,
        {"action": "deny", "path_prefix": "/admin"},
        {"action": "allow", "path_glob": "/reports/*/summary"},
        {"action": "allow", "path_prefix": "/admin"},
    )
    browser = logged_in(site, ADMIN, "/reports/x/summary")

    assert status(browser, site, "/admin/x") == 403
    assert status(browser, site, "/reports/2026/summary") == 200
    assert status(browser, site, "/reports/2026/07/summary") == 403
    assert status(browser, site, "/else") == 403


def test_ac_13_a_host_is_compared_whatever_its_case_and_port(make_site):
    site = ruled(make_site, {"action": "allow", "host": "app.test"})
    browser = logged_in(site, ADA)

    assert status(browser, site, "/x") == 200
    assert (
        browser.send("navigation", site.url("/x"), headers={"Host": f"APP.test.:{site.ports.https}"}).status
        == 200
    )
    assert status(logged_in(site, ADA), site, "/x", host="other.test") in (302, 403)


def test_a_method_decides(make_site):
    site = ruled(make_site, {"action": "allow", "method": "GET"})
    browser = logged_in(site, ADA)

    assert status(browser, site, "/x") == 200
    expect.problem(browser.send("fetch-post", site.url("/x"), initiator=site.url("/")), 403, "policy_denied")


def test_ac_11_a_preflight_is_let_through_only_where_a_rule_says_so(make_site, browser):
    site = ruled(make_site, {"action": "public", "cors_preflight": True}, {"action": "allow"})

    assert browser.send("preflight", site.url("/x"), initiator="https://other.test/").status == 200
    assert site.app.last.value("X-Forwarded-User") is None
    seen = len(site.app.seen)
    assert browser.send("fetch", site.url("/x"), method="OPTIONS").status == 401
    assert len(site.app.seen) == seen


def test_a_rule_closes_websockets(make_site):
    site = ruled(make_site, {"action": "deny", "websocket": True}, {"action": "allow"})
    browser = logged_in(site, ADA)

    assert status(browser, site, "/ws") == 200
    answer = browser.send("websocket", site.url("/ws"), initiator=site.url("/"))
    expect.problem(answer, 403, "policy_denied")


def test_a_middleware_chooses_its_policy_by_its_address(make_site):
    def layout(routes):
        routes.route("ops", "PathPrefix(`/ops`)", [routes.ask(name="ops", target="/auth/traefik?policy=ops")])
        routes.route("app", "PathPrefix(`/`)", [routes.ask()])

    site = make_site(
        layout=layout,
        settings={"policies": {"default": "authenticated", "ops": [{"action": "allow", "group": "admins"}]}},
    )
    browser = logged_in(site, ADA)

    assert status(browser, site, "/x") == 200
    assert status(browser, site, "/ops/x") == 403
    assert status(browser, site, "/x?policy=ops") == 200
    assert status(logged_in(site, ADMIN), site, "/ops/x?policy=default") == 200


def test_a_decision_is_logged_with_its_rule_and_without_the_query(make_site):
    site = ruled(make_site, {"action": "allow", "path": "/"}, {"action": "deny", "path": "/no"})
    browser = logged_in(site, ADA)
    denied = browser.send("navigation", site.url("/no?token=secret"))
    entry = site.sallyport.wait_for_event("decision", request_id=denied.value("X-Request-Id"))

    assert (entry["verdict"], entry["status"], entry["reason"]) == ("deny", 403, "policy_denied")
    assert (entry["policy"], entry["rule"], entry["dialect"]) == ("default", 2, "traefik")
    assert (entry["host"], entry["method"], entry["path"], entry["user"]) == (
        "app.test",
        "GET",
        "/no",
        ADA.email,
    )
    assert entry["client"] == "127.0.0.1" and len(entry["session"]) == 8
    assert "token=secret" not in site.sallyport.text()
    assert (
        site.sallyport.metric(
            "sallyport_decisions_total", dialect="traefik", verdict="deny", reason="policy_denied"
        )
        == 1
    )

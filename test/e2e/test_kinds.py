# SPDX-License-Identifier: Apache-2.0
"""Each kind of request gets its own kind of answer."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from rig import expect

PROGRAMS = (
    "fetch",
    "fetch-post",
    "xhr",
    "image",
    "events",
    "websocket",
    "api",
    "command-line",
    "grpc",
    "preflight",
)
CONDITIONS = (
    {"Range": "bytes=0-1"},
    {"If-None-Match": '"x"'},
    {"If-Modified-Since": "Tue, 24 Nov 2026 00:00:00 GMT"},
    {"If-Match": '"x"', "If-Range": '"x"'},
    {"Expect": "100-continue"},
)
FOREIGN = (
    "https://evil.test/",
    "//evil.test/",
    "/\\evil.test/",
    "\\\\evil.test",
    "https:evil.test",
    "https://app.test@evil.test/",
    "javascript:alert(1)",
    "/\t/evil.test",
    "https://app.test.evil.test/",
    "https://app.test:1/",
    "http://app.test/",
)


def assert_leads_to_login(address, site, target):
    """An absolute sign-in address that returns to `target`."""
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == site.url("/_sallyport/login")
    assert parse_qs(parts.query)["rd"][0] in (target, site.url(target))


def test_a_program_is_told_where_to_log_in(site, browser):
    for kind in PROGRAMS:
        response = browser.send(kind, site.url("/x?y=1"), initiator=site.url("/"))

        document = expect.problem(response, 401, "no_session")
        assert response.value("WWW-Authenticate"), str(response)
        assert response.location is None and response.set_cookies == [], str(response)
        assert_leads_to_login(document["login"], site, "/x?y=1")
    site.app.assert_untouched()


def test_a_browser_without_fetch_metadata_is_sent_to_the_issuer(site, browser):
    for kind in ("old-browser", "webview"):
        expect.login_redirect(browser.send(kind, site.url("/x")), site.issuer)


def test_a_head_request_is_answered_as_a_get_without_the_body(site, browser):
    response = browser.send("navigation", site.url("/x"), method="HEAD")

    expect.login_redirect(response, site.issuer)
    assert response.body == b""


def test_a_prefetch_starts_no_login(site, browser):
    response = browser.send("prefetch", site.url("/x"), initiator=site.url("/"))

    expect.refusal(response, 401, "no_session")
    assert response.set_cookies == [] and response.location is None


@pytest.mark.edges("3.7.15-https", "3.6.15-https", "3.0.4-https")
def test_a_frame_gets_a_page_whose_link_opens_at_the_top(site, browser):
    for kind in ("frame", "embed", "object"):
        response = browser.send(kind, site.url("/panel?id=7"), initiator=site.url("/"))

        page = expect.page(response, 401, "no_session")
        assert response.set_cookies == [], str(response)
        (link,) = [link for link in page.links if urlsplit(link.href).path == "/_sallyport/login"]
        assert link.target in ("_top", "_blank")
        assert_leads_to_login(link.href, site, "/panel?id=7")


@pytest.mark.edges("3.7.15-https", "3.6.15-https", "3.0.4-https")
def test_a_form_is_not_sent_and_the_page_says_so(site, browser):
    response = browser.send("form", site.url("/save?id=7"), initiator=site.url("/"), body=b"text=hello")

    page = expect.page(response, 401, "no_session")
    assert "not sent" in page.text
    assert response.set_cookies == [] and "hello" not in response.text
    assert [link for link in page.links if urlsplit(link.href).path == "/_sallyport/login"]
    site.app.assert_untouched()


@pytest.mark.edges("3.7.15-http")
def test_a_form_is_not_redirected_over_plain_http_either(site, browser):
    response = browser.send("form", site.url("/save"), initiator=site.url("/"), body=b"text=hello")

    expect.refusal(response, 401, "no_session")
    assert response.location is None


def test_ac_45_conditions_and_ranges_change_nothing(site, browser):
    for headers in CONDITIONS:
        expect.login_redirect(browser.send("navigation", site.url("/x"), headers=headers), site.issuer)
    browser.log_in(site.url("/x"))
    for headers in CONDITIONS:
        assert browser.send("navigation", site.url("/y"), headers=headers).status == 200
        assert site.app.last.target == "/y"


def test_every_method_of_somebody_who_is_logged_in_reaches_the_application(site, browser):
    browser.log_in(site.url("/"))
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"):
        response = browser.send("fetch", site.url("/x"), method=method, initiator=site.url("/"), body=b"")
        assert response.status == 200 and site.app.last.method == method


def test_a_body_arrives_untouched(site, browser):
    browser.log_in(site.url("/"))
    response = browser.send(
        "form", site.url("/save"), initiator=site.url("/"), body=b"a=1&b=" + b"x" * 100000
    )

    assert response.status == 200 and len(site.app.last.body) == 100006


@pytest.mark.parametrize("trust", [True, None], ids=["trusting", "unset"])
def test_ac_12_a_websocket_handshake_is_decided_by_the_cookie(make_site, browser, trust):
    site = make_site(layout=lambda routes: routes.route("app", "PathPrefix(`/`)", [routes.ask(trust=trust)]))

    expect.problem(browser.send("websocket", site.url("/ws"), initiator=site.url("/")), 401, "no_session")
    site.app.assert_untouched()
    browser.log_in(site.url("/"))
    assert browser.send("websocket", site.url("/ws"), initiator=site.url("/")).status == 101
    assert site.app.last.value("X-Forwarded-User") == "ada@example.com"


@pytest.mark.edges("3.7.15-https", "3.0.4-https")
def test_http_where_https_is_expected_names_the_cause_and_starts_no_login(site, browser):
    response = browser.send("navigation", site.url("/x", scheme="http"))

    page = expect.page(response, 403, "insecure_proto")
    assert "trustedIPs" in page.text
    assert response.set_cookies == []
    expect.problem(browser.send("api", site.url("/x", scheme="http")), 403, "insecure_proto")
    site.app.assert_untouched()


def test_the_sign_in_address_leads_through_the_issuer_to_the_page(site, browser):
    address = browser.send("api", site.url("/x?y=1")).json()["login"]
    visit = browser.log_in(address)

    assert visit.final.url == site.url("/x?y=1") and visit.final.status == 200, str(visit)


@pytest.mark.edges("3.7.15-https")
def test_ac_15_the_sign_in_address_never_leads_elsewhere(site):
    for return_to in FOREIGN:
        browser = site.browser()
        response = browser.send("navigation", site.url("/_sallyport/login?" + urlencode({"rd": return_to})))

        if response.status == 302:  # if it is read as a path of this host, it must end there
            visit = browser.pass_issuer(browser.navigate(response.location).final)
            assert visit.final.url.startswith(site.url("/")), f"{return_to}:\n{visit}"
        else:
            expect.page(response, 400, "bad_return_url")

# SPDX-License-Identifier: Apache-2.0
"""From an anonymous visitor to the requested page."""

from urllib.parse import unquote, urlsplit

import pytest
from rig import expect
from rig.dex import ADA, ADMIN, EXTERNAL, GRACE

ASKED = "/reports/2026?sort=name&q=a%20b%2Fc&empty=&euro=%E2%82%AC"
ADDRESSES = (
    "/?",
    "/?a",
    "/?a=b?c=d",
    "/?next=https%3A%2F%2Fexample.com%2F%3Fx%3D1%26y%3D2",
    "/?q=%C3%A9+%2B",
    "/a%20b/c%2Bd?e",
    "/?%00=%0d%0a",
    "/path/with/trailing/",
    "/?x=1&x=2&x=",
    "/~user/(a)/'b'/!?*",
)
STRAY_CALLBACKS = (
    "",
    "code=x",
    "state=x",
    "code=x&state=x",
    "code=x&state=x&state=y",
    "code=a&code=b&state=x",
    "code=x&error=access_denied&state=x",
    "error=%3Cscript%3E&state=x",
    "state=" + "A" * 3000,
)


def test_an_anonymous_visitor_logs_in_and_arrives_at_exactly_the_page_asked_for(site, browser):
    visit = browser.log_in(site.url(ASKED))

    asked = expect.login_redirect(visit[0], site.issuer)
    assert asked["client_id"] == "sallyport"
    assert unquote(asked["redirect_uri"]) == site.url("/_sallyport/callback")
    assert set(unquote(asked["scope"]).replace("+", " ").split()) == {"openid", "email", "profile", "groups"}
    callback = visit.hop("/_sallyport/callback")
    expect.refusal(callback, 302, "signed_in")
    assert callback.location == site.url(ASKED)
    assert visit.final.url == site.url(ASKED) and visit.final.status == 200


def test_the_application_sees_only_the_page_and_who_asks_for_it(site, browser):
    browser.log_in(site.url(ASKED), ADMIN)

    assert [request.target for request in site.app.seen] == [ASKED]
    request = site.app.last
    assert request.value("X-Forwarded-User") == "admin@example.com"
    assert request.value("X-Forwarded-Email") == "admin@example.com"
    assert request.value("X-Forwarded-Groups") == "admins,ops"
    assert request.value("X-Forwarded-Preferred-Username") == "admin"


def test_the_next_request_is_answered_from_the_cookie_alone(make_site, browser):
    site = make_site()
    browser.log_in(site.url("/"))
    asked_before = site.sallyport.metric("sallyport_outbound_requests_total", target="token")
    response = browser.send("navigation", site.url("/next"))

    assert response.status == 200 and site.app.last.target == "/next"
    assert response.set_cookies == []
    assert site.app.last.value("X-Forwarded-User") == ADA.email
    assert site.sallyport.metric("sallyport_outbound_requests_total", target="token") == asked_before


def test_the_session_cookie_is_one_that_scripts_and_other_sites_cannot_use(site, browser):
    visit = browser.log_in(site.url("/"))
    lines = [expect.attributes(line) for line in visit.hop("/callback").set_cookies]
    sessions = [(value, found) for name, value, found in lines if name == site.cookie_name]

    assert len(sessions) == 1
    value, found = sessions[0]
    assert len(site.cookie_name) + 1 + len(value) < 4096
    assert found["path"] == "/" and found["samesite"] == "Lax" and "httponly" in found
    assert "domain" not in found and ("secure" in found) == (site.edge.scheme == "https")
    assert 0 < int(found["max-age"]) <= 12 * 3600
    assert browser.jar.refused == []


def test_a_login_in_progress_costs_one_small_cookie_that_ends_by_itself(site, browser):
    response = browser.send("navigation", site.url("/"))

    ((name, value, found),) = [expect.attributes(line) for line in response.set_cookies]
    assert name.startswith(site.cookie_name + "-")
    assert len(name) + 1 + len(value) <= 600
    assert found["max-age"] == "600" and "httponly" in found and found["samesite"] == "Lax"
    assert "domain" not in found and found["path"] == "/"


def test_nothing_of_an_anonymous_request_reaches_the_application(site, browser):
    for kind in ("navigation", "fetch", "form", "websocket", "api"):
        browser.send(kind, site.url("/secret"))
    site.app.assert_untouched()


def test_the_address_comes_back_to_the_byte(site):
    for target in ADDRESSES:
        visit = site.browser().log_in(site.url(target))

        assert visit.final.status == 200 and visit.final.url == site.url(target), str(visit)
        assert site.app.last.target == target


@pytest.mark.edges("3.7.15-https")
def test_an_address_that_is_too_long_comes_back_without_its_query(site, browser):
    visit = browser.log_in(site.url("/long?" + "x" * 3000))

    assert visit.final.url == site.url("/long"), str(visit)


@pytest.mark.edges("3.7.15-https")
def test_the_external_identity_provider_behind_dex_logs_in_as_well(site, browser):
    visit = browser.log_in(site.url("/x"), EXTERNAL, connector="company")

    assert visit.final.url == site.url("/x") and visit.final.status == 200, str(visit)
    assert site.app.last.value("X-Forwarded-User") == EXTERNAL.email
    assert site.app.last.value("X-Forwarded-Groups") == "science"


@pytest.mark.edges("3.7.15-https")
def test_authorization_parameters_lead_straight_to_the_connector_that_they_name(make_site, browser):
    site = make_site(settings={"authorization_parameters": {"connector_id": "company"}})
    visit = browser.log_in(site.url("/x"), EXTERNAL, connector="nobody is asked to choose")

    assert visit.final.url == site.url("/x") and visit.final.status == 200, str(visit)
    assert site.app.last.value("X-Forwarded-User") == EXTERNAL.email


@pytest.mark.edges("3.7.15-https")
def test_a_public_client_logs_in_without_a_secret(make_site, browser, rig):
    site = make_site(client=rig.dex.public)

    assert browser.log_in(site.url("/x")).final.status == 200


@pytest.mark.edges("3.7.15-https")
def test_a_secret_sent_as_a_form_field_logs_in_too(make_site, browser):
    site = make_site(settings={"client_auth": "post"})

    assert browser.log_in(site.url("/x")).final.status == 200


@pytest.mark.edges("3.7.15-https")
def test_an_issuer_on_loopback_may_speak_plain_http(make_site, browser, rig):
    site = make_site(issuer=rig.dex.upstream.issuer)
    visit = browser.log_in(site.url("/x"), EXTERNAL)

    assert visit.final.status == 200, str(visit)


@pytest.mark.edges("3.7.15-https")
def test_userinfo_is_asked_for_where_it_is_configured(make_site, browser):
    site = make_site(settings={"userinfo": True})

    assert browser.log_in(site.url("/x")).final.status == 200
    assert site.sallyport.metric("sallyport_outbound_requests_total", target="userinfo", result="ok") == 1


def test_a_wrong_password_is_between_the_user_and_the_issuer(site, browser):
    visit = browser.start_login(site.url("/x"))
    form = browser.click(visit.final, "/auth/local").final
    refused = browser.submit(form, {"login": ADA.email, "password": "wrong"}).final
    assert "/dex/" in refused.url
    visit = browser.submit(refused, {"login": ADA.email, "password": ADA.password})

    assert visit.final.url == site.url("/x") and visit.final.status == 200


# ---- several tabs, repeated and late callbacks ---------------------------------------------------------


def test_two_tabs_on_one_address_both_arrive(site, browser):
    first, second = (browser.start_login(site.url("/same?x=1")) for _ in range(2))

    for tab in (first, second):
        visit = browser.pass_issuer(tab.final)
        assert visit.final.status == 200 and visit.final.url == site.url("/same?x=1"), str(visit)


def test_ac_37_two_tabs_on_two_addresses_arrive_each_at_its_own_in_any_order(site, browser):
    first, second = browser.start_login(site.url("/one")), browser.start_login(site.url("/two"))

    assert browser.pass_issuer(second.final).final.url == site.url("/two")
    assert browser.pass_issuer(first.final).final.url == site.url("/one")


@pytest.mark.edges("3.7.15-https", "3.7.15-http")
def test_two_people_on_one_browser_leave_the_first_one_logged_in(site, browser):
    first, second = browser.start_login(site.url("/one")), browser.start_login(site.url("/two"))
    browser.pass_issuer(first.final, ADA)
    assert browser.pass_issuer(second.final, GRACE).final.url == site.url("/two")

    assert site.app.last.value("X-Forwarded-User") == ADA.email
    assert len(browser.jar.named(site.cookie_name)) == 1


def test_ac_19_the_callback_again_leads_to_the_page_and_redeems_nothing(make_site, browser):
    site = make_site()
    visit = browser.log_in(site.url(ASKED))
    redeemed = site.sallyport.metric("sallyport_outbound_requests_total", target="token")
    again = browser.send("navigation", visit.hop("/callback").url)

    assert again.status == 302 and again.location == site.url(ASKED)
    assert site.sallyport.metric("sallyport_outbound_requests_total", target="token") == redeemed


def test_ac_18_a_late_callback_with_a_session_leads_to_the_page(site, browser):
    late = browser.start_login(site.url("/late"))
    browser.log_in(site.url("/other"))
    for cookie in browser.jar.starting(site.cookie_name + "-"):
        browser.jar.remove(cookie)

    assert browser.pass_issuer(late.final).final.url == site.url("/late")


def test_a_late_callback_without_a_session_begins_again_and_arrives(site, browser):
    visit = browser.start_login(site.url("/late"))
    browser.jar.ahead_s = 601
    visit = browser.pass_issuer(visit.final)

    assert visit.hop("/_sallyport/callback").reason == "no_session" and "/dex/" in visit.final.url, str(visit)
    site.app.assert_untouched()
    assert browser.pass_issuer(visit.final).final.url == site.url("/late")


@pytest.mark.edges("3.7.15-https")
def test_a_login_that_another_program_began_arrives_in_the_browser(site, browser):
    """An office program opens a link itself, follows it to the issuer, and passes that address on."""
    page_of_issuer = site.browser().start_login(site.url("/report?q=1")).final.url
    visit = browser.pass_issuer(browser.navigate(page_of_issuer).final)

    assert browser.pass_issuer(visit.final).final.url == site.url("/report?q=1")


@pytest.mark.edges("3.7.15-https")
def test_eight_restored_tabs_need_one_sign_in(make_site, browser):
    site = make_site()
    tabs = [browser.start_login(site.url(f"/{number}")) for number in range(8)]
    browser.pass_issuer(tabs[3].final)
    redeemed = site.sallyport.metric("sallyport_outbound_requests_total", target="token")
    for number, tab in enumerate(tabs):
        assert browser.pass_issuer(tab.final).final.url == site.url(f"/{number}")

    assert site.sallyport.metric("sallyport_outbound_requests_total", target="token") == redeemed
    left = browser.jar.starting(site.cookie_name + "-")
    assert len(left) == 1, "the marker alone: a login that nobody needs any more is forgotten"


@pytest.mark.edges("3.7.15-https")
def test_ac_21_with_a_session_no_callback_is_a_dead_end(site, browser):
    """One of two tabs signs in; the other returns with an error, or with a query that no issuer sends."""
    state = expect.login_redirect(browser.start_login(site.url("/late?x=1"))[0], site.issuer)["state"]
    browser.log_in(site.url("/other"))
    for query in (
        "error=temporarily_unavailable",
        "error=access_denied&code=x",
        "code=x&code=y",
        "code=x&iss=https%3A%2F%2Fevil.test",
        "",
    ):
        visit = browser.navigate(site.url(f"/_sallyport/callback?{query}&state={state}"))

        assert visit[0].reason == "signed_in" and visit.final.url == site.url("/late?x=1"), str(visit)
    response = browser.send("navigation", site.url(f"/_sallyport/callback?code=x&state={state}&state={state}"))
    expect.page(response, 400, "bad_callback")


def test_ac_50_a_browser_that_refuses_cookies_gets_a_page_and_no_loop(site):
    browser = site.browser(refuses_cookies=True)
    visit = browser.log_in(site.url("/x"))
    visit = browser.pass_issuer(visit.final)

    page = expect.page(visit.final, 401, "cookies_refused")
    assert "cookie" in page.text.lower()
    assert [link for link in page.links if urlsplit(link.href).path == "/_sallyport/login"]


def test_ac_50_a_session_cookie_that_was_dropped_is_explained_instead_of_another_login(site, browser):
    browser.log_in(site.url("/x"))
    for cookie in browser.jar.named(site.cookie_name):
        browser.jar.remove(cookie)

    expect.page(browser.send("navigation", site.url("/x")), 401, "cookies_refused")
    browser.jar.ahead_s = 61
    expect.login_redirect(browser.send("navigation", site.url("/x")), site.issuer)


@pytest.mark.edges("3.7.15-https", "3.7.15-http")
def test_at_most_twelve_logins_are_in_progress_and_the_oldest_goes(site, browser):
    tabs = [browser.start_login(site.url(f"/{number}")) for number in range(14)]

    assert len(browser.jar.starting(site.cookie_name + "-")) == 12
    assert browser.pass_issuer(tabs[-1].final).final.url == site.url("/13")


@pytest.mark.edges("3.7.15-https")
def test_ac_92_planted_login_cookies_displace_no_login_and_are_cleaned_up(site, browser):
    first = browser.start_login(site.url("/first"))
    newest = f"{site.cookie_name}-ffffffff"
    browser.jar.take(site.url("/"), [f"{newest}{n:016x}=x; Path=/; Secure" for n in range(20)])
    browser.start_login(site.url("/second"))

    assert browser.jar.starting(newest) == []
    assert len(browser.jar.starting(site.cookie_name + "-")) == 2
    assert browser.pass_issuer(first.final).final.url == site.url("/first")


# ---- callbacks that no login expects -------------------------------------------------------------------


@pytest.mark.edges("3.7.15-https")
def test_ac_18_ac_21_a_callback_that_belongs_to_no_login_is_refused(site, browser):
    for query in STRAY_CALLBACKS:
        response = browser.send("navigation", site.url("/_sallyport/callback?" + query))

        expect.page(response, 400, "bad_callback")
        assert response.set_cookies == [], str(response)
    site.app.assert_untouched()


@pytest.mark.edges("3.7.15-https")
def test_ac_18_a_login_that_another_browser_began_is_not_completed(site, browser):
    visit = site.browser().start_login(site.url("/x"))
    visit = browser.pass_issuer(visit.final, ADMIN)

    expect.login_redirect(visit.hop("/_sallyport/callback"), site.issuer)
    assert browser.jar.named(site.cookie_name) == []


@pytest.mark.edges("3.7.15-https")
def test_ac_44_a_login_is_logged_without_anything_secret(make_site, browser):
    site = make_site()
    visit = browser.log_in(site.url("/x?private=query"))
    completed = site.sallyport.wait_for_event("login_completed")
    text = site.sallyport.text()

    assert site.sallyport.events("login_started")
    assert completed["user"] == ADA.email and completed["session"]
    code = visit.hop("/callback").url.partition("code=")[2].partition("&")[0]
    secrets = [code, "private=query", site.client.secret, *(c.value for c in browser.jar.all())]
    assert [secret for secret in secrets if secret in text] == []


@pytest.mark.edges("3.7.15-https")
def test_ac_40_the_callback_is_for_get_alone(site, browser):
    for method in ("HEAD", "POST", "PUT"):
        response = browser.send("navigation", site.url("/_sallyport/callback?code=c&state=s"), method=method)

        assert response.status == 405 and response.reason == "method_not_allowed", str(response)
        assert response.value("Allow") == "GET" and response.set_cookies == [], str(response)
    site.app.assert_untouched()

# SPDX-License-Identifier: Apache-2.0
"""Real Chromium: what a person and the scripts of a page see."""

import pytest
from rig.chromium import give_password, log_in, pass_issuer
from rig.dex import ADA, SCRIPTS
from test_layouts import pages_beside

WEBSOCKET = """address => new Promise((resolve) => {
    const socket = new WebSocket(address);
    socket.onopen = () => socket.send('hello');
    socket.onmessage = message => resolve(message.data);
    socket.onerror = () => resolve('refused');
})"""
FETCH = """address => fetch(address).then(async answer =>
    ({status: answer.status, type: answer.headers.get('content-type'), body: await answer.json()}))"""


def socket_address(site, target="/socket"):
    return site.url(target).replace("http", "ws", 1)


def test_a_person_logs_in_and_sees_the_page(site, page):
    log_in(page, site.url("/page?x=1&y=%2F"))

    assert page.url == site.url("/page?x=1&y=%2F")
    assert page.title() == "page"
    assert site.app.seen[0].value("X-Forwarded-User") == ADA.email


def test_a_fetch_a_stream_and_a_websocket_of_the_page_go_through(site, page):
    log_in(page, site.url("/page"))

    answer = page.evaluate(FETCH, site.url("/data?q=1"))
    assert answer["status"] == 200 and answer["body"]["target"] == "/data?q=1"
    assert page.evaluate("fetch('/events').then(answer => answer.text())").count("data:") == 3
    assert page.evaluate(WEBSOCKET, socket_address(site)) == "hello"
    assert site.app.last.value("X-Forwarded-User") == ADA.email


def test_a_page_whose_session_is_gone_learns_it_from_its_fetch(site, page):
    log_in(page, site.url("/page"))
    page.context.clear_cookies()

    answer = page.evaluate(FETCH, site.url("/data"))
    assert answer["status"] == 401 and answer["type"] == "application/problem+json"
    assert answer["body"]["reason"] == "no_session"
    assert page.evaluate(WEBSOCKET, socket_address(site)) == "refused"
    page.goto(answer["body"]["login"].split("?")[0] + "?rd=/page")
    pass_issuer(page)
    assert page.url == site.url("/page")


@pytest.mark.edges("3.7.15-https", "3.7.15-http")
def test_two_tabs_log_in_side_by_side(site, page):
    other = page.context.new_page()
    page.goto(site.url("/page?1"))
    other.goto(site.url("/page?2"))
    pass_issuer(other)
    pass_issuer(page)

    assert page.url == site.url("/page?1") and other.url == site.url("/page?2")
    page.reload()
    assert page.url == site.url("/page?1") and page.title() == "page"


@pytest.mark.edges("3.7.15-https", "3.7.15-http")
def test_going_back_into_the_login_does_no_harm(site, page):
    log_in(page, site.url("/page"))
    page.go_back()
    page.goto(site.url("/page?again"))

    assert page.url == site.url("/page?again") and page.title() == "page"


@pytest.mark.edges("3.7.15-https", "3.7.15-http", "3.0.4-https")
def test_a_person_signs_out_and_in_again(make_site, page):
    site = make_site(layout=pages_beside)
    log_in(page, site.url("/page"))
    page.goto(site.url("/_sallyport/logout"))
    if page.locator("form").count():
        page.locator("form button").click()
    page.wait_for_url("**/_sallyport/signed-out")
    page.goto(site.url("/page"))
    pass_issuer(page)

    assert page.url == site.url("/page")


@pytest.mark.edges("3.7.15-https", "3.7.15-http", "3.6.15-https")
def test_a_script_reads_the_name_of_who_signed_in_and_never_the_session(make_site, page):
    read = """name => Object.fromEntries(document.cookie.split('; ').map(pair => pair.split('='))
        .filter(pair => pair[0]).map(([name, value]) => [name, decodeURIComponent(value)]))"""
    site = make_site(settings={"name_cookie": "kommander_profile_name", "username_claim": "sub"})
    log_in(page, site.url("/page"), SCRIPTS)

    assert page.evaluate(read) == {"kommander_profile_name": SCRIPTS.name}
    (cookie,) = (cookie for cookie in page.context.cookies() if cookie["name"] == "kommander_profile_name")
    (session,) = (cookie for cookie in page.context.cookies() if cookie["name"] == site.cookie_name)
    assert (cookie["sameSite"], cookie["secure"]) == ("Lax", site.edge.scheme == "https")
    assert cookie["domain"] == session["domain"] and abs(cookie["expires"] - session["expires"]) < 2
    page.evaluate("document.cookie = 'kommander_profile_name=Somebody%20else; path=/'")
    page.goto(site.url("/page?again"))
    assert "Somebody" not in str([value for name, value in site.app.last.headers if name != "Cookie"])
    page.goto(site.url("/_sallyport/logout"))
    if page.locator("form").count():
        page.locator("form button").first.click()
    page.wait_for_url("**/_sallyport/signed-out*")
    assert page.evaluate(read) == {}


@pytest.mark.edges("3.7.15-https")
def test_a_panel_in_a_frame_offers_to_sign_in_at_the_top(site, page):
    log_in(page, site.url("/page"))
    page.context.clear_cookies()
    page.set_content(f"<iframe src='{site.url('/panel')}'></iframe>")
    link = page.frame_locator("iframe").locator("a[href*='/_sallyport/login']")
    link.click()
    pass_issuer(page)

    assert page.url == site.url("/panel")


@pytest.mark.edges("3.7.15-https", "3.7.15-http")
def test_a_form_of_another_site_leads_who_is_signed_in_to_the_target(make_site, page):
    """Its POST carries no Lax cookie; the GET to which it is redirected does."""
    site = make_site()
    log_in(page, site.url("/page"))
    address = site.url("/_sallyport/login?target_link_uri=/other")
    page.goto(f"data:text/html,<form method=post action='{address}'><button>open</button></form>")
    page.locator("button").click()
    page.wait_for_url(site.url("/other"))
    assert len(site.sallyport.events("login_started")) == 1


@pytest.mark.edges("3.7.15-https", "3.7.15-http")
def test_a_profile_that_loses_its_cookies_gets_a_page_that_explains(site, page):
    page.goto(site.url("/page"))
    for _ in range(2):
        page.context.clear_cookies()
        give_password(page)

    assert page.url.startswith(site.url("/_sallyport/callback"))
    assert "cookie" in page.locator("body").inner_text().lower()

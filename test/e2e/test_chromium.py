# SPDX-License-Identifier: Apache-2.0
"""Real Chromium: what a person and the scripts of a page see."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from rig.chromium import WIDTHS, log_in, pass_issuer
from rig.dex import ADA, CROWD, UNVERIFIED
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
def test_a_profile_that_loses_its_cookies_gets_a_page_that_explains(site, page):
    page.goto(site.url("/page"))
    page.context.clear_cookies()
    pass_issuer(page)

    assert page.url.startswith(site.url("/_sallyport/callback"))
    assert "cookie" in page.locator("body").inner_text().lower()


# ---- how the pages look --------------------------------------------------------------------------------


def _frame_page(site, page):
    page.goto(site.url("/page"))
    pass_issuer(page)
    page.context.clear_cookies()
    page.set_content(f"<iframe src='{site.url('/panel')}' style='width:100%;height:500px'></iframe>")
    page.frame_locator("iframe").locator("a").first.wait_for()


def _signed_out(site, page):
    page.goto(site.url("/_sallyport/signed-out"))


def _confirm_logout(site, page):
    log_in(page, site.url("/page"))
    page.goto("data:text/html,<a href='" + site.url("/_sallyport/logout") + "'>leave</a>")
    page.locator("a").click()
    page.wait_for_url("**/_sallyport/logout")


def _cookies_refused(site, page):
    page.goto(site.url("/page"))
    page.context.clear_cookies()
    pass_issuer(page)


def _denied(site, page):
    log_in(page, site.url("/page"))
    page.goto(site.url("/denied"))


def _no_such_page(site, page):
    page.goto(site.url("/_sallyport/nothing"))


def _bad_callback(site, page):
    page.goto(site.url("/_sallyport/callback?code=x&state=y"))


def _unverified(site, page):
    log_in(page, site.url("/page"), UNVERIFIED)


def _too_large(site, page):
    log_in(page, site.url("/page"), CROWD)


def _form_not_sent(site, page):
    page.goto(site.url("/page"))
    pass_issuer(page)
    page.evaluate("document.body.innerHTML = '<form method=post action=/save><button>save</button></form>'")
    page.context.clear_cookies()
    page.locator("button").click()
    page.wait_for_url("**/save")


def _insecure(site, page):
    page.goto(site.url("/page", scheme="http"))


def _me(site, page):
    log_in(page, site.url("/page"))
    page.goto(site.url("/_sallyport/me"))


PAGES = {
    "frame": _frame_page,
    "signed-out": _signed_out,
    "confirm-logout": _confirm_logout,
    "cookies-refused": _cookies_refused,
    "denied": _denied,
    "no-such-page": _no_such_page,
    "bad-callback": _bad_callback,
    "email-unverified": _unverified,
    "session-too-large": _too_large,
    "form-not-sent": _form_not_sent,
    "insecure-proto": _insecure,
}
NO_SIDEWAYS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def _look(chromium, site, name, show):
    """The page in both widths and colour schemes; nothing is refused by its own policy, nothing sticks out."""
    folder = Path(os.environ.get("SCREENSHOTS", site.folder))
    complaints = []
    profile = chromium.profile()
    page = profile.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    show(site, page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width_name, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=folder / f"{name}-{width_name}-{scheme}.png", full_page=True)
            assert page.evaluate(NO_SIDEWAYS), f"{name} at {width} px needs sideways scrolling"
    assert not [text for text in complaints if re.search("Content.Security.Policy", text)], complaints
    profile.close()


@pytest.mark.edges("3.7.15-https")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_every_width_and_obeys_its_own_policy(make_site, chromium, name):
    site = make_site(
        settings={"policies": {"default": [{"action": "deny", "path": "/denied"}, {"action": "allow"}]}}
    )
    _look(chromium, site, name, PAGES[name])


@pytest.mark.edges("3.7.15-https")
def test_the_page_about_oneself_fits_every_width_and_obeys_its_own_policy(make_site, chromium):
    _look(chromium, make_site(layout=pages_beside), "me", _me)


@pytest.mark.edges("3.7.15-https")
def test_a_page_can_be_used_by_keyboard_alone(site, page):
    _signed_out(site, page)
    page.keyboard.press("Tab")
    assert urlsplit(page.evaluate("document.activeElement.href")).netloc == urlsplit(site.url()).netloc
    page.keyboard.press("Enter")
    pass_issuer(page)

    assert page.url.startswith(site.url("/"))

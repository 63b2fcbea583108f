# SPDX-License-Identifier: Apache-2.0
"""
The pages in real Chromium, on the narrowest screens and on wide ones, light and dark. If SCREENSHOTS is set in the
environment, that folder gets a picture of each. Sites with their own options also have a name and a link for help.
"""

import os
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from rig.chromium import WIDTHS, give_password, log_in, pass_issuer
from rig.cookies import Jar
from rig.dex import ADA, CROWD, LONG, SCRIPTS, UNVERIFIED
from rig.ports import free_port
from rig.process import wait_for
from rig.sallyport import run
from test_layouts import pages_beside
from test_reload import look_now, rewrite

pytestmark = pytest.mark.edges("3.7.15-https")
NO_SIDEWAYS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
ME = "/_sallyport/me"
NAMED = {"site_name": "Ada & Co <Platform>", "support_url": "https://help.example.com/sign-in?a=b&c"}
POST = """address => {
    const form = document.createElement('form');
    Object.assign(form, {method: 'post', action: address});
    document.body.replaceChildren(form);
    form.submit();
}"""


# ---- ways to each page ---------------------------------------------------------------------------------


def _own(target):
    return lambda site, page: page.goto(site.url("/_sallyport" + target))


def _with_header(name):
    def show(site, page):
        page.set_extra_http_headers({name: "x"})
        page.goto(site.url("/page"))

    return show


def _form(target, lands):
    """Submits the form of a page whose session has ended meanwhile."""

    def show(site, page):
        log_in(page, site.url("/page"))
        page.context.clear_cookies()
        page.evaluate(POST, site.url(target))
        page.wait_for_url(lands)

    return show


def _as(user, target=None):
    """The page at the end of this user's login, or the one at `target` afterwards."""

    def show(site, page):
        log_in(page, site.url("/page"), user)
        if target:
            page.goto(site.url(target))
            assert page.locator("dd").count(), "nobody is signed in"

    return show


def _frame_page(site, page):
    log_in(page, site.url("/page"))
    page.context.clear_cookies()
    page.set_content(f"<iframe src='{site.url('/panel')}' style='width:100%;height:500px'></iframe>")
    page.frame_locator("iframe").locator("a").first.wait_for()


def leave(page, address):
    """Through a link of another site's page, which must not end the session."""
    page.goto(f"data:text/html,<a href='{address}'>leave</a>")
    page.locator("a").click()
    page.wait_for_url(lambda url: url == address)


def _confirm_logout(target):
    def show(site, page):
        log_in(page, site.url("/page"))
        leave(page, site.url("/_sallyport" + target))

    return show


def _signed_out_everywhere(site, page):
    _confirm_logout("/logout?everywhere=1")(site, page)
    page.locator("button").click()
    page.wait_for_url("**/signed-out**")


def _ended_by_an_operator(site, page):
    log_in(page, site.url("/page"))
    label = site.sallyport.wait_for_event("login_completed")["session"]
    run("revoke", "--config", site.sallyport.folder / "sallyport.yaml", "--session", label)
    page.goto(site.url("/page"))


def _cookies_refused(site, page):
    page.goto(site.url("/page"))
    for _ in range(2):
        page.context.clear_cookies()
        give_password(page)


def _many_attempts(site, page):
    for _ in range(21):
        page.goto(site.url("/page"))
    assert page.url == site.url("/page")


def _issuer_refused(site, page):
    page.goto(site.url("/page"))
    state = parse_qs(urlsplit(page.url).query).get("state")
    page.goto(site.url(f"/_sallyport/callback?error=access_denied&state={state[0]}"))


def _insecure(site, page):
    page.goto(site.url("/page", scheme="http"))


def _unlisted(site, page):
    page.goto(site.url("/page", host="other.test"))


def _misconfigured(routes):
    routes.route("app", "PathPrefix(`/`)", [routes.ask(target="/auth/traefik?policy=nothing")])


def _own_rules(_site):
    return {"policies": {"default": [{"action": "deny", "path": "/denied"}, {"action": "allow"}]}}


def _listed(site):
    return {"hosts": [site.origin()]}


def _by_name(site):
    """The user has the issuer's `name`, which may be any string."""
    return {**_own_rules(site), "username_claim": "name"}


def _rules_of_many_groups(_site):
    """More groups than a session holds."""
    names = [f"team-{number:04}" for number in range(320)]
    rules = [{"action": "allow", "group": names[at : at + 64]} for at in range(0, 320, 64)]
    return {"policies": {"default": rules}}


def _no_issuer(_site):
    return {"issuer": f"https://127.0.0.1:{free_port()}/dex"}


# By name: how to reach the page, the reason that it shows, and additional settings of its site.
PAGES = {
    "frame": (_frame_page, "", {}),
    "signed-out": (_own("/signed-out"), "signed_out", {}),
    "signed-out-everywhere": (_signed_out_everywhere, "signed_out", {"layout": pages_beside}),
    "confirm-logout": (_confirm_logout("/logout"), "cross_site", {}),
    "confirm-everywhere": (_confirm_logout("/logout?everywhere=1"), "cross_site", {}),
    "ended-by-an-operator": (_ended_by_an_operator, "session_revoked", {"layout": pages_beside}),
    "cookies-refused": (_cookies_refused, "cookies_refused", {}),
    "many-attempts": (_many_attempts, "cookies_refused", {}),
    "denied": (_as(ADA, "/denied"), "policy_denied", {"settings": _own_rules}),
    "denied-long-name": (_as(LONG, "/denied"), "policy_denied", {"settings": _by_name}),
    "denied-scripts": (_as(SCRIPTS, "/denied"), "policy_denied", {"settings": _by_name}),
    "me": (_as(ADA, ME), "", {"layout": pages_beside}),
    "me-long-name": (_as(LONG, ME), "", {"layout": pages_beside, "settings": _by_name}),
    "me-scripts": (_as(SCRIPTS, ME), "", {"layout": pages_beside, "settings": _by_name}),
    "no-such-page": (_own("/nothing"), "no_such_page", {}),
    "method-not-allowed": (_form("/_sallyport/signed-out", "**/signed-out"), "method_not_allowed", {}),
    "bad-callback": (_own("/callback?code=x&state=y"), "bad_callback", {}),
    "bad-return-url": (_own("/login?rd=https://elsewhere.test/"), "bad_return_url", {}),
    "bad-login-request": (_own("/login?iss=https://elsewhere.test/dex"), "bad_login_request", {}),
    "alias-header": (_with_header("X_Forwarded_User"), "alias_header", {}),
    "override-header": (_with_header("X-Original-URL"), "override_header", {"settings": _own_rules}),
    "email-unverified": (_as(UNVERIFIED), "email_unverified", {}),
    "session-too-large": (_as(CROWD), "session_too_large", {"settings": _rules_of_many_groups}),
    "issuer-refused": (_issuer_refused, "issuer_refused", {}),
    "form-not-sent": (_form("/save", "**/save"), "no_session", {}),
    "insecure-proto": (_insecure, "insecure_proto", {}),
    "host-not-listed": (_unlisted, "host_not_listed", {"settings": _listed}),
    "misconfigured": (_own(""), "unknown_policy", {"layout": _misconfigured}),
    "issuer-unavailable": (_own("/login"), "issuer_unavailable", {"settings": _no_issuer}),
}


def _named(settings):
    return lambda site: {**(settings(site) if settings else {}), **NAMED}


def look(page, site, name):
    """Asserts that it fits each width, light and dark; with SCREENSHOTS, takes pictures of it."""
    folder = Path(os.environ.get("SCREENSHOTS", site.folder))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
            assert page.evaluate(NO_SIDEWAYS), f"{name} at {width} px needs sideways scrolling"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_every_width_and_obeys_its_own_policy(make_site, site, page, name):
    show, reason, options = PAGES[name]
    site = make_site(**{**options, "settings": _named(options.get("settings"))}) if options else site
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    show(site, page)

    assert not reason or page.locator("footer code").all_inner_texts()[1:] == [reason]
    assert page.locator("header").all_inner_texts() == ([NAMED["site_name"]] if options else [])
    if options:
        assert page.title().endswith(f" – {NAMED['site_name']}")
        assert page.locator("footer a").get_attribute("href") == NAMED["support_url"]
    look(page, site, name)
    assert not [text for text in complaints if re.search("Content.Security.Policy", text)], complaints


def test_every_page_has_the_name_and_the_link_as_soon_as_they_are_set(make_site, browser):
    """Both settings take effect without a restart."""
    site = make_site(layout=pages_beside, settings=_own_rules)
    paths = [
        *("/denied", ME, "/_sallyport/signed-out", "/_sallyport/nothing", "/_sallyport/callback?code=x&state=y"),
        *("/_sallyport/login?rd=https://elsewhere.test/", "/_sallyport/login?iss=https://elsewhere.test/dex"),
    ]

    def shown(kind, path):
        page = browser.send(kind, site.url(path))
        assert "</footer>" in page.text, page
        return ("Ada &amp; Co &lt;Platform&gt;</bdi></header>" in page.text, "c\" target=" in page.text)

    browser.log_in(site.url("/page"))
    assert {shown("navigation", path) for path in paths} == {(False, False)}
    rewrite(site.sallyport, **NAMED)
    look_now(site.sallyport, "ok")
    wait_for(lambda: {shown("navigation", path) for path in paths} == {(True, True)}, "both on every page")
    browser.jar = Jar()
    assert shown("form", "/save") == shown("frame", "/page") == (True, True)


def test_a_page_can_be_used_by_keyboard_alone(site, page):
    page.goto(site.url("/_sallyport/signed-out"))
    page.keyboard.press("Tab")
    assert urlsplit(page.evaluate("document.activeElement.href")).netloc == urlsplit(site.url()).netloc
    page.keyboard.press("Enter")
    pass_issuer(page)

    assert page.url.startswith(site.url("/"))

# SPDX-License-Identifier: Apache-2.0
"""Pages behind a service worker, in real Chromium: users whose session has ended can sign in again, and sign out."""

import pytest
from rig.chromium import log_in, pass_issuer
from test_layouts import pages_beside

pytestmark = pytest.mark.edges("3.7.15-https")

PASSES = "e => e.respondWith(fetch(e.request))"
COPIES = "e => e.respondWith(fetch(e.request.url, {headers: e.request.headers}))"
CHANGES = """e => e.respondWith(fetch(new Request(e.request, {headers:
    {...Object.fromEntries(e.request.headers), 'X-Changed': '1'}})))"""
WORKER = """
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', e => e.waitUntil(self.clients.claim()));
self.addEventListener('fetch', %s);
"""
REGISTER = """() => navigator.serviceWorker.register('/worker.js').then(() => new Promise(resolve =>
    navigator.serviceWorker.controller ? resolve() : navigator.serviceWorker.oncontrollerchange = resolve))"""
FETCH = """(accept) => fetch('/data', accept ? {headers: {Accept: accept}} : {}).then(async answer =>
    ({status: answer.status, type: answer.headers.get('content-type'), body: await answer.text()}))"""
FORM = "<form method=post action=/save><button>save</button></form>"
LINK = "<a href=/report download>report</a>"


@pytest.fixture
def behind(make_site, page):
    """A page of a signed-in user, behind a worker with this handler; and the site."""

    def register(handler):
        site = make_site(layout=pages_beside)
        site.app.files["/worker.js"] = ("text/javascript", (WORKER % handler).encode())
        site.app.files["/start"] = ("text/html", f"<!doctype html>{FORM}{LINK}".encode())
        log_in(page, site.url("/start"))
        page.evaluate(REGISTER)
        page.reload()
        return site

    return register


def sign_in(page):
    page.get_by_role("link", name="Sign in").click()


def test_behind_a_worker_that_passes_requests_on_every_way_leads_to_the_issuer(behind, page):
    site = behind(PASSES)
    assert site.app.last.value("Sec-Fetch-Dest") == "empty"  # the worker changed it
    page.context.clear_cookies()

    assert page.evaluate(FETCH, "")["type"] == "application/problem+json"
    for target in ("/page", "/_sallyport/login?rd=/page"):
        tab = page.context.new_page()
        tab.goto(site.url(target))
        assert "/dex/" in tab.url, target
    page.get_by_role("button", name="save").click()
    assert "not sent" in page.locator("h1").inner_text() and page.url == site.url("/save")
    page.goto(site.url("/start"))
    pass_issuer(page)
    page.context.clear_cookies()
    page.reload()
    pass_issuer(page)
    assert page.url == site.url("/start")

    page.goto(site.url("/_sallyport/logout"))
    assert page.url == site.url("/_sallyport/signed-out")
    assert not [cookie for cookie in page.context.cookies() if cookie["name"] == site.cookie_name]


@pytest.mark.parametrize("handler", [COPIES, CHANGES], ids=["copies", "changes"])
def test_behind_a_worker_that_makes_requests_anew_links_lead_through_the_issuer(behind, page, handler):
    """A redirect would fail there, and a link to the sign-in page alone would not get past the worker."""
    site = behind(handler)
    page.context.clear_cookies()
    for accept in ("", "application/json"):
        assert page.evaluate(FETCH, accept)["type"] == "application/problem+json"

    answer = page.goto(site.url("/page?x=1"))
    assert answer.status == 401 and answer.header_value("X-Sallyport-Reason") == "no_session"
    sign_in(page)
    assert page.url.startswith(site.url("/_sallyport/login?rd="))
    sign_in(page)
    pass_issuer(page)
    page.get_by_role("link", name="Continue").click()
    page.wait_for_url(site.url("/page?x=1"))
    assert page.title() == "page"


def test_behind_a_worker_that_makes_requests_anew_the_logout_page_asks(behind, page):
    site = behind(CHANGES)

    page.goto(site.url("/_sallyport/logout"))
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="You are signed out").wait_for()
    assert page.goto(site.url("/page")).status == 401


def test_a_download_without_a_session_leads_to_the_issuer(behind, page):
    """It sends the same metadata as a navigation behind a worker, but no Accept."""
    site = behind("e => {}")
    page.context.clear_cookies()

    page.get_by_role("link", name="report").click()
    pass_issuer(page)
    assert page.url == site.url("/report")

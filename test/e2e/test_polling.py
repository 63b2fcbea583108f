# SPDX-License-Identifier: Apache-2.0
"""
Dashboards in Chromium that are open for days, with each way of getting updates, while their sessions are renewed by
real oidc-provider, which ends a session if a refresh token is used twice. The page is never reloaded, so a response
that is not the application's own would mean that the user has lost the page.
"""

import pytest
from rig.oidc_provider import OidcProvider
from test_renewal import DUE_S, OVERDUE_S, RENEWED, results

TABS = 5
ASLEEP_S = 600  # as long as a lunch break, beside what the session holds
GET = "() => fetch('/poll').then(answer => answer.status)"
WAYS = {
    "GET": GET,
    "POST": "() => fetch('/poll', {method: 'POST', body: 'news?'}).then(answer => answer.status)",
    "EventSource": """() => new Promise((resolve) => {
        const stream = new EventSource('/poll/events');
        const end = (said) => () => { stream.close(); resolve(said); };
        stream.onmessage = end(200);
        stream.onerror = end('no stream');
    })""",
    # A handshake follows no redirect: past renew_by the page has to ask for something else first.
    "WebSocket": """async () => {
        const open = () => new Promise((resolve) => {
            const socket = new WebSocket(`wss://${location.host}/poll`);
            socket.onopen = () => socket.send('news?');
            socket.onmessage = () => { socket.close(); resolve(200); };
            socket.onerror = () => resolve('no handshake');
        });
        const said = await open();
        return said == 200 || await fetch('/poll').then(answer => answer.status) != 200 ? said : await open();
    }""",
    "tabs": GET,
}


class Dashboard:
    """The pages of one kind, in their own profile of Chromium."""

    def __init__(self, site, issuer, profile, way, number):
        browser = site.browser()  # signs in faster than Chromium
        assert issuer.log_in(browser, site.url("/page"), f"ada~{number}").final.status == 200
        (cookie,) = browser.jar.named(site.cookie_name)
        profile.add_cookies([{"name": cookie.name, "value": cookie.value, "url": site.url("/")}])
        self.way = way
        self._pages = [profile.new_page() for _ in range(TABS if way == "tabs" else 1)]
        for page in self._pages:
            page.goto(site.url("/page"))
            page.evaluate(f"() => {{ window.poll = {WAYS[way]}; }}")

    def poll(self):
        """Starts all pages without waiting for them."""
        for page in self._pages:
            page.evaluate("() => { window.said = poll(); }")

    def said(self):
        return {page.evaluate("() => said") for page in self._pages}


@pytest.fixture
def issuer(rig, clock, tmp_path):
    """An issuer with the same clock, because tokens that are too old are refused."""
    provider = OidcProvider(tmp_path, rig.authority, rig.ports, clock.env)
    yield provider
    provider.stop()


@pytest.fixture
def dashboards(make_site, issuer, chromium, clock):
    """This many dashboards of each kind, and their site."""
    profiles = []

    def made(number):
        settings = {**RENEWED, "scopes": ["openid", "email", "groups"]}
        client = issuer.rotating
        site = make_site(issuer=issuer.issuer, client=client, settings=settings, env=clock.env)
        ways = [way for way in WAYS for _ in range(number)]
        profiles.extend(chromium.profile() for _ in ways)
        pairs = enumerate(zip(profiles, ways, strict=True))
        return site, [Dashboard(site, issuer, profile, way, at) for at, (profile, way) in pairs]

    yield made
    for profile in profiles:
        profile.close()


def assert_all_are_served(all_of_them, when):
    for dashboard in all_of_them:
        dashboard.poll()
    thrown_out = {one.way: said for one in all_of_them if (said := one.said()) != {200}}
    assert thrown_out == {}, when


def assert_polls_through(site, all_of_them, clock, issuer, renewals):
    """Waits until this many sessions were renewed, and once more after a sleep."""
    turn = now_s = 0
    while (renewed := len(site.sallyport.events("session_renewed"))) < renewals:
        turn += 1
        now_s += DUE_S if turn % 2 else OVERDUE_S
        clock.set_apart(now_s)
        assert_all_are_served(all_of_them, f"turn {turn}, {renewed} renewals")
    clock.set_apart(now_s + ASLEEP_S)
    assert_all_are_served(all_of_them, f"after sleep, {renewed} renewals")
    assert issuer.revoked() == []
    assert results(site.sallyport).keys() == {"renewed"}
    signed_in = len(site.sallyport.events("login_completed"))
    assert signed_in == len(site.sallyport.events("login_started")) == len(all_of_them)


@pytest.mark.edges("3.7.15-https")
def test_dashboards_that_poll_in_any_way_are_open_for_days(dashboards, clock, issuer):
    assert_polls_through(*dashboards(1), clock, issuer, 10)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.edges("3.7.15-https")
def test_twenty_dashboards_are_renewed_a_thousand_times_and_nobody_is_thrown_out(dashboards, clock, issuer):
    assert_polls_through(*dashboards(4), clock, issuer, 1000)

# SPDX-License-Identifier: Apache-2.0
"""Sessions that are renewed from real Dex, which keeps one refresh token a user and client."""

import pytest
from rig.clock import Clock

pytestmark = pytest.mark.edges("3.7.15-https")
RENEWED = {
    "renew": True,
    "renew_after": "10s",
    "renew_grace": "20s",
    "scopes": ["openid", "email", "profile", "groups", "offline_access"],
}
DUE_S, OVERDUE_S = 15, 45


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def renewing(make_site, clock):
    return make_site(settings=RENEWED, env=clock.env)


def cookie(site, browser, host="app.test"):
    (it,) = [it for it in browser.jar.named(site.cookie_name) if it.domain == host]
    return it.value


def test_a_session_that_is_due_is_renewed_and_stays_the_same_session(renewing, clock):
    browser = renewing.browser()
    browser.log_in(renewing.url("/x"))
    before = cookie(renewing, browser)
    assert browser.navigate(renewing.url("/y")).statuses == [200]
    clock.set_apart(DUE_S)
    posted = browser.send("fetch-post", renewing.url("/y"), initiator=renewing.url("/y"))
    assert posted.status == 200, str(posted)
    visit = browser.navigate(renewing.url("/y?q=1"))
    assert visit.statuses == [307, 200] and visit.final.url == renewing.url("/y?q=1"), str(visit)
    assert visit[0].reason == "renewed" and cookie(renewing, browser) != before
    assert visit.final.set_cookies == [] and browser.navigate(renewing.url("/y")).statuses == [200]
    session = renewing.sallyport.wait_for_event("login_completed")["session"]
    assert renewing.sallyport.wait_for_event("session_renewed")["session"] == session


def test_ac_38_one_host_after_the_other_at_dex_and_nobody_is_thrown_out(renewing, clock):
    browsers = [renewing.browser(), renewing.browser()]
    hosts = ("app.test", "other.test", "wiki.test")
    for browser in browsers:
        for host in hosts:
            browser.log_in(renewing.url("/x", host=host))
    for turn in range(1, 3):
        clock.set_apart(turn * OVERDUE_S)  # past renew_by: who is refused has to sign in
        for browser in browsers:
            for host in hosts:
                visit = browser.navigate(renewing.url("/y", host=host))
                assert visit.statuses == [307, 200], f"{host}: {visit}"


def test_past_renew_by_a_form_is_sent_again_and_a_program_is_told_what_to_do(renewing, clock):
    browser = renewing.browser()
    browser.log_in(renewing.url("/x"))
    clock.set_apart(OVERDUE_S)
    program = browser.send("api", renewing.url("/y"))
    assert program.status == 401 and program.reason == "session_unconfirmed", str(program)
    posted = browser.send("fetch-post", renewing.url("/y"), initiator=renewing.url("/y"), body=b"a=b")
    assert posted.status == 307 and posted.location == renewing.url("/y"), str(posted)
    posted = browser.send("fetch-post", renewing.url("/y"), initiator=renewing.url("/y"), body=b"a=b")
    assert posted.status == 200, str(posted)

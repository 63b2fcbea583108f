# SPDX-License-Identifier: Apache-2.0
"""The wall clock of the machine is set, far ahead or back, while the program runs."""

import os
import resource
import socket
from contextlib import ExitStack

import pytest
from rig.dex import Client
from rig.flow import attempt, begun, log_in
from rig.keys import Key
from rig.process import wait_for
from rig.raw import Asker, exchange, subrequest

HOUR_S = 3600
DAY_S = 24 * HOUR_S


@pytest.fixture
def issuer(make_issuer):
    return make_issuer(keys=[Key("ES256")])


@pytest.fixture
def alone(make_sallyport, issuer, clock):
    """A sallyport without Traefik, whose issuer is the scripted one, with sessions of an hour."""
    settings = {"session_lifetime": "1h", "policies": {"default": "authenticated"}}
    return make_sallyport(settings, issuer=issuer, env=clock.env)


def set_both(clock, issuer, step_s):
    """The clocks of the program and of its issuer; both had been right."""
    clock.set_apart(step_s)
    issuer.claims = {"iat": clock.now_s(), "exp": clock.now_s() + 600}


def said(asker, flow):
    """The status and reason of a request of a program with the session of `flow`."""
    answer = asker.ask("/x", cookie=flow.session)
    return answer.status, answer.reason


def assert_ready(sallyport):
    assert sallyport.admin("/readyz")[0] == 200


def test_a_step_ahead_closes_no_connection_that_a_proxy_keeps(make_sallyport, clock):
    """With one thread: after it has answered on a new connection, it has noticed the new time."""
    sallyport = make_sallyport({"threads": 1}, env=clock.env)
    with Asker(sallyport.listen) as kept, Asker(sallyport.listen) as other:
        assert kept.ask("/open").status == 200
        for step_s in HOUR_S, -HOUR_S, 400 * DAY_S:
            clock.set_apart(step_s)
            assert other.ask("/open").status == 200
            other.hang_up()
            assert kept.ask("/open").status == 200


def test_a_connection_without_a_request_is_closed_after_two_minutes_whatever_the_wall_clock_says(
    make_sallyport, clock
):
    sallyport = make_sallyport({"threads": 1}, env=clock.env)
    with Asker(sallyport.listen) as early, Asker(sallyport.listen) as late, Asker(sallyport.listen) as other:
        assert early.ask("/open").status == 200
        clock.set_apart(-HOUR_S)
        clock.pass_time(60)
        assert other.ask("/open").status == 200
        other.hang_up()
        assert late.ask("/open").status == 200
        clock.pass_time(50)
        assert other.ask("/open").status == 200
        assert early.ask("/open").status == 200
        clock.pass_time(70)
        wait_for(late.is_closed, "the connection to be closed after 120 s")
        assert early.ask("/open").status == 200
        clock.pass_time(122)
        wait_for(early.is_closed, "the connection to be closed after 120 s")


@pytest.mark.edges("3.7.15-https")
def test_a_step_past_the_end_of_a_session_asks_people_to_sign_in_again_and_they_can(make_site, issuer, clock):
    client = Client(issuer.client_id, issuer.client_secret)
    site = make_site(issuer=issuer.url, client=client, env=clock.env)
    browser = site.browser()
    assert browser.navigate(site.url("/x")).final.status == 200
    set_both(clock, issuer, 2 * DAY_S)

    refused = browser.send("fetch", site.url("/x"))
    assert refused.status == 401 and refused.reason == "session_expired", str(refused)
    assert len(site.app.seen) == 1
    assert_ready(site.sallyport)
    visit = browser.navigate(site.url("/x"))
    assert visit.final.url == site.url("/x") and visit.final.status == 200, str(visit)
    assert visit.hop("/_sallyport/callback").reason == "signed_in" and len(issuer.questions("token")) == 2
    assert browser.navigate(site.url("/y")).statuses == [200]


def test_a_login_that_was_begun_before_a_step_past_its_time_redeems_nothing(alone, issuer, clock):
    with Asker(alone.listen) as asker:
        late, very_late = begun(asker, issuer), begun(asker, issuer)
        set_both(clock, issuer, 10 * 60)
        answer = late.complete()
        assert (answer.status, answer.reason) == (302, "no_session") and not late.session
        set_both(clock, issuer, 2 * DAY_S)
        answer = very_late.complete()
        assert (answer.status, answer.reason) == (400, "bad_callback") and not very_late.session
        assert issuer.questions("token") == []
        assert said(asker, log_in(asker, issuer))[0] == 200
    assert_ready(alone)


def test_ac_42_a_step_back_moves_the_end_of_no_session_and_of_no_login(alone, issuer, clock):
    """Both expire at their time according to the clock: for a waiting user that is later, but never at another time."""
    with Asker(alone.listen) as asker:
        flow, login, late = log_in(asker, issuer), begun(asker, issuer), begun(asker, issuer)
        assert said(asker, flow)[0] == 200
        set_both(clock, issuer, -HOUR_S)
        assert said(asker, flow)[0] == 200
        assert_ready(alone)
        assert login.complete().reason == "signed_in" and said(asker, login)[0] == 200
        new = log_in(asker, issuer)
        assert said(asker, new)[0] == 200

        set_both(clock, issuer, 0)
        assert said(asker, new) == (401, "session_expired")
        set_both(clock, issuer, 10 * 60)
        assert late.complete().reason == "no_session"
        assert said(asker, flow)[0] == 200
        set_both(clock, issuer, HOUR_S)
        assert said(asker, flow) == (401, "session_expired")


def test_ac_42_after_a_step_back_no_token_of_the_time_to_come_logs_anybody_in(alone, issuer, clock):
    with Asker(alone.listen) as asker:
        clock.set_apart(-HOUR_S)
        flow, answer = attempt(asker, issuer)
        assert (answer.status, answer.reason) == (500, "token_invalid") and not flow.session
        failed = alone.wait_for_event("login_failed", reason="token_invalid")
        assert "in the future" in failed["detail"]
        clock.set_apart(0)
        assert said(asker, log_in(asker, issuer))[0] == 200


def test_ac_42_a_step_back_does_not_keep_it_from_accepting_again(make_sallyport, clock):
    """The work of every second continues: here, another attempt after all descriptors were in use."""
    sallyport = make_sallyport({"threads": 1}, env=clock.env)
    used = f"/proc/{sallyport.pid}/fd"
    limit = len(os.listdir(used)) + 4
    resource.prlimit(sallyport.pid, resource.RLIMIT_NOFILE, (limit, limit))
    host, _, port = sallyport.listen.partition(":")
    with ExitStack() as stack:
        for _ in range(16):
            stack.enter_context(socket.create_connection((host, int(port))))
        wait_for(lambda: len(os.listdir(used)) == limit, "all descriptors in use")
        clock.set_apart(-HOUR_S)
    bytes = subrequest("/open", more=[("Connection", "close")])
    wait_for(lambda: exchange(sallyport.listen, bytes).status == 200, "being served again")

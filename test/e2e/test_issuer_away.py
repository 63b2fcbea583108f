# SPDX-License-Identifier: Apache-2.0
"""
New sign-ins while the issuer cannot be reached, or does not respond. If its state was not updated for five seconds, a
sign-in waits for an update, at most a second; no other request waits.
"""

import os
import signal
import socket
import time
from contextlib import contextmanager

import pytest
from rig import expect
from rig.dex import Dex
from rig.flow import begun, log_in
from rig.issuer import Hold
from rig.ports import free_port
from rig.process import wait_for
from rig.raw import NAVIGATION, Asker, subrequest
from test_readiness import readiness
from test_waiting import Crowd

NEWS_S, WAIT_S = 5, 1
CROWD = 300  # more requests than may wait


def timed(ask):
    """The time of the request, its duration, and the answer."""
    began_s = time.monotonic()
    answer = ask()
    return began_s, time.monotonic() - began_s, answer


def told_away(site, page, gone_s):
    """The first answer to a new sign-in that does not redirect to the issuer; earlier ones used the last known state."""
    while True:
        asked_s, _, answer = timed(lambda: site.browser().send("navigation", page))
        if answer.status != 302:
            return answer
        assert asked_s - gone_s < NEWS_S, answer


@pytest.mark.edges("3.7.15-https")
def test_ac_42_new_sign_ins_are_told_while_dex_is_down_and_go_on_when_it_is_back(
    make_site, rig, browser, tmp_path
):
    options = {"clients": (rig.dex.confidential,), "authority": rig.authority, "port": free_port()}
    dex = Dex("away", tmp_path, **options)
    try:
        site = make_site(issuer=dex.issuer)
        page = site.url("/x")
        assert browser.log_in(page).final.status == 200
        dex.stop()
        told = told_away(site, page, time.monotonic())
        expect.page(told, 503, "issuer_unavailable")
        assert int(told.value("Retry-After")) > 0
        assert site.sallyport.metric("sallyport_issuer_up") == 0
        assert readiness(site.sallyport)[1]["issuer"] == "down"
        assert browser.send("navigation", page).status == 200

        dex = Dex("back", tmp_path, **options)
        wait_for(lambda: site.browser().send("navigation", page).status == 302, "the way there", 30)
        assert site.browser().log_in(page).final.status == 200
        wait_for(lambda: site.sallyport.metric("sallyport_issuer_up") == 1, "the keys", 30)
    finally:
        dex.stop()


@contextmanager
def stopped_in_its_tracks(dex):
    """It accepts connections, but sends nothing."""
    os.kill(dex.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(dex.pid, signal.SIGCONT)


@contextmanager
def dropping_packets(dex):
    """New connections get no response at all, because the listener's queue is full."""
    dex.stop()
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", dex.port))
        listener.listen(0)
        for connection in (first, second):
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", dex.port))
        yield


@pytest.mark.parametrize("silence", [stopped_in_its_tracks, dropping_packets])
def test_ac_42_a_dex_that_is_silent_delays_a_sign_in_by_a_second(make_sallyport, rig, tmp_path, silence):
    options = {"clients": (rig.dex.confidential,), "authority": rig.authority}
    dex = Dex("silent", tmp_path, **options)
    try:
        sallyport = make_sallyport({"issuer": dex.issuer})
        with silence(dex), Asker(sallyport.listen) as asker:
            while True:
                _, span_s, answer = timed(lambda: asker.ask("/x", more=NAVIGATION))
                assert answer.status == 302, answer
                if span_s > 0.9 * WAIT_S:
                    break
            assert span_s < 5 * WAIT_S
            assert asker.ask("/x", more=[("Sec-Fetch-Mode", "cors")]).status == 401
    finally:
        if dex.running():
            dex.stop()


def test_ac_76_a_crowd_that_waits_for_news_keeps_nobody_out(make_sallyport, make_issuer):
    issuer = make_issuer()
    sallyport = make_sallyport({"threads": 1}, issuer=issuer)
    with Asker(sallyport.listen) as asker, Crowd(sallyport.listen) as crowd:
        session = log_in(asker, issuer).session
        flow = begun(asker, issuer)
        held = issuer.on["discovery"] = Hold(issuer.honest)
        stranger = subrequest("/x", more=[*NAVIGATION, ("Connection", "close")])
        wait_for(lambda: crowd.wait(stranger) or held.reached.is_set(), "a sign-in that asks")
        crowd.wait(*[stranger] * CROWD)
        assert asker.ask("/x", cookie=session).status == 200
        assert flow.complete().status == 302 and flow.session
        assert asker.ask("/x", cookie=flow.session).status == 200
        assert set(crowd.answers()) == {302}
        held.release()
    assert len(issuer.questions("discovery")) == 2

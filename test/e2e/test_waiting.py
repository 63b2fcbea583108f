# SPDX-License-Identifier: Apache-2.0
"""Attack 88: an endless series of callbacks while the issuer is slow."""

import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from rig.dex import Client
from rig.flow import begun, log_in
from rig.issuer import Hold, json_answer
from rig.process import wait_for
from rig.raw import NAVIGATION, Asker, exchange, request, subrequest
from test_layouts import pages_beside

USERS = 20
ONE = {"threads": 1}  # so that requests are counted in order
CODES, LOGINS, WAITING = 2, 4, 128  # requests that may wait for one code, for one login, and in all


@pytest.fixture
def issuer(make_issuer):
    return make_issuer()


def callback(flow, number=None):
    """The bytes of a callback of this login; if `number` is given, with an invented code."""
    uri = flow.callback if number is None else re.sub(r"code=[^&]*", f"code=invented-{number}", flow.callback)
    line = "; ".join(f"{name}={value}" for name, value in flow.cookies.items())
    return subrequest(uri, more=[*NAVIGATION, ("Cookie", line), ("Connection", "close")])


def directly(flow):
    """The same at the pages listener."""
    line = "; ".join(f"{name}={value}" for name, value in flow.cookies.items())
    fields = [("Host", "app.test"), ("X-Forwarded-Proto", "https"), *NAVIGATION]
    return request("GET", flow.callback, [*fields, ("Cookie", line), ("Connection", "close")])


class Crowd:
    """Clients whose callbacks wait: each holds its connection until the end of the test."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self._address = host, int(port)
        self._held = ExitStack()
        self.waiting = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._held.close()

    def wait(self, *callbacks):
        for bytes in callbacks:
            connection = self._held.enter_context(socket.create_connection(self._address, 10))
            connection.sendall(bytes)
            self.waiting.append(connection)

    def answers(self):
        """The statuses of the clients that waited."""
        return [int(connection.makefile("rb").readline().split()[1]) for connection in self.waiting]

    def assert_all_wait(self):
        """Asserts that none of them has an answer."""
        for connection in self.waiting:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1, socket.MSG_PEEK)
            connection.settimeout(20)


def assert_refused(address, bytes):
    began_s = time.monotonic()
    answer = exchange(address, bytes)
    assert answer.status == 503 and answer.reason == "overloaded", answer
    assert int(answer.values("Retry-After")[0]) > 0 and b"<!doctype html>" in answer.body
    assert time.monotonic() - began_s < 4


def assert_served(sallyport, sessions):
    """Users, each on a separate connection, as Traefik makes them."""
    for session in sessions:
        with Asker(sallyport.listen) as asker:
            assert asker.ask("/x", cookie=session).status == 200


def assert_at_me(sallyport, sessions):
    """The same at the pages listener."""
    for session in sessions:
        fields = [("Host", "app.test"), ("X-Forwarded-Proto", "https"), ("Cookie", session)]
        me = request("GET", "/_sallyport/me", [*fields, ("Connection", "close")])
        assert exchange(sallyport.pages_listen, me).status == 200


def users(sallyport, issuer):
    with Asker(sallyport.listen) as asker:
        return [log_in(asker, issuer).session for _ in range(USERS)]


def logins(sallyport, issuer, count):
    with Asker(sallyport.listen) as asker:
        return [begun(asker, issuer) for _ in range(count)]


def test_ac_88_one_code_that_comes_again_and_again_keeps_nobody_out(make_sallyport, issuer):
    """
    Opens more connections than may wait at once; the token endpoint is slow. All come before the deadline of a call to
    the issuer, eight seconds.
    """
    times = 300
    sallyport = make_sallyport({**ONE, "max_connections": 256}, issuer=issuer)
    sessions = users(sallyport, issuer)
    held = issuer.on["token"] = Hold(issuer.honest)
    (flow,) = logins(sallyport, issuer, 1)
    with Crowd(sallyport.listen) as crowd:
        crowd.wait(*[callback(flow)] * CODES)
        assert held.reached.wait(10)
        assert_served(sallyport, sessions)
        for number in range(times - CODES):
            assert_refused(sallyport.listen, callback(flow))
            if number % 100 == 0:
                assert_served(sallyport, sessions)
        crowd.assert_all_wait()
        held.release()
        assert crowd.answers() == [302] * CODES
    assert len(issuer.questions("token")) == USERS + 1
    assert sallyport.metric("sallyport_decisions_total", reason="overloaded") == times - CODES
    line = sallyport.wait_for_event("login_failed", reason="overloaded")
    assert line["detail"] == "too many requests already wait for this code"


def test_ac_88_one_login_with_many_codes_keeps_nobody_out(make_sallyport, issuer):
    """Each code gets a token with an unknown key; the key set is slow."""
    sallyport = make_sallyport(ONE, issuer=issuer)
    sessions = users(sallyport, issuer)
    (flow, other) = logins(sallyport, issuer, 2)
    issuer.header["kid"] = "another"
    issuer.on["token"] = lambda question: json_answer(issuer.token_response({}))
    held = issuer.on["keys"] = Hold(issuer.honest)
    with Crowd(sallyport.listen) as crowd:
        crowd.wait(*(callback(flow, number) for number in range(LOGINS)))
        issuer.wait_for("token", USERS + LOGINS)
        for number in range(LOGINS, 200):
            assert_refused(sallyport.listen, callback(flow, number))
        crowd.wait(callback(other))
        assert held.reached.wait(10)
        assert_served(sallyport, sessions)
        held.release()
        assert len(crowd.answers()) == LOGINS + 1
    line = sallyport.wait_for_event("login_failed", reason="overloaded")
    assert line["detail"] == "too many requests of this sign-in or user already wait"


@pytest.mark.parametrize("connections, waiting", [(4096, WAITING), (512, WAITING), (100, 25)])
def test_ac_88_many_logins_are_so_many_or_a_quarter_of_the_connections(
    make_sallyport, issuer, connections, waiting
):
    """UserInfo is slow."""
    sallyport = make_sallyport({**ONE, "max_connections": connections, "userinfo": True}, issuer=issuer)
    sessions = users(sallyport, issuer)
    flows = logins(sallyport, issuer, waiting + 10)
    held = issuer.on["userinfo"] = Hold(issuer.honest)
    with Crowd(sallyport.listen) as crowd:
        crowd.wait(*map(callback, flows[:waiting]))
        assert_served(sallyport, sessions)
        for flow in flows[waiting:]:
            assert_refused(sallyport.listen, callback(flow))
        crowd.assert_all_wait()
        assert_served(sallyport, sessions)
        assert held.reached.wait(10)
        held.release()
        assert set(crowd.answers()) <= {302, 503}  # some had to wait longer than the deadline of a call
        wait_for(lambda: exchange(sallyport.listen, callback(flows[-1])).status == 302, "a place")


def test_ac_88_callbacks_at_the_pages_listener_leave_its_other_users_in(make_sallyport, issuer):
    """It has 64 connections: a quarter of them may wait, and those of the other listener are not counted."""
    sallyport = make_sallyport({**ONE, "max_connections": 512}, issuer=issuer)
    sessions = users(sallyport, issuer)
    flows = logins(sallyport, issuer, 18)
    held = issuer.on["token"] = Hold(issuer.honest)
    with Crowd(sallyport.pages_listen) as crowd, Crowd(sallyport.listen) as other:
        crowd.wait(*map(directly, flows[:16]))
        assert_at_me(sallyport, sessions)
        crowd.assert_all_wait()
        assert_refused(sallyport.pages_listen, directly(flows[16]))
        other.wait(callback(flows[17]))
        assert_at_me(sallyport, sessions)
        assert_served(sallyport, sessions)
        held.release()
        assert crowd.answers() + other.answers() == [302] * 17


@pytest.mark.edges("3.7.15-https", "3.0.4-https")
def test_ac_88_who_closes_the_tab_holds_no_place(make_site, issuer):
    """The proxy disconnects when the browser does; the code is redeemed for a user who returns."""
    client = Client(issuer.client_id, issuer.client_secret)
    site = make_site(issuer=issuer.url, client=client, layout=pages_beside)
    browser = site.browser()
    held = issuer.on["token"] = Hold(issuer.honest)
    visit = browser.navigate(site.url("/x"), follow=False)
    address = browser.navigate(visit.final.location, follow=False).final.location
    cookies = browser.jar.header(address, same_site=True, lax=True)
    target = address.removeprefix(site.url(""))
    fields = [("Host", site.url("").split("//")[1]), *NAVIGATION, ("Cookie", cookies)]
    for _ in range(CODES):
        answer = site.exchange(request("GET", target, fields), quiet_s=0.2)
        assert answer.bytes == b"", answer
    events = site.sallyport.events
    wait_for(lambda: len(events("login_failed", reason="issuer_unavailable")) == CODES, "those who are gone")
    with ThreadPoolExecutor(CODES) as pool:
        fields.append(("Connection", "close"))
        back = [pool.submit(site.exchange, request("GET", target, fields)) for _ in range(CODES)]
        held.release()
        assert [one.result().reason for one in back] == ["signed_in"] * CODES
    assert len(issuer.questions("token")) == 1

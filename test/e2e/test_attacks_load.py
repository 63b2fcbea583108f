# SPDX-License-Identifier: Apache-2.0
"""Attacks that hold connections and memory; doc/security.md has the table of all."""

import itertools
import socket
import time

import pytest
from rig.crowd import Crowd, Http2Crowd
from rig.process import wait_for
from rig.raw import Asker, exchange, request, subrequest
from test_layouts import pages_beside

HOST = [("Host", "app.test"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "app.test")]
PAGES_MAX = 512  # an eighth of max_connections
BODY_MAX = 16384


def post(target, *lines, body=b"", host=HOST):
    return request("POST", target, [*host, *lines], body=body)


# ---- AC 86: bodies that nobody reads -------------------------------------------------------------------

NO_BODIES = {
    "a length": post("/auth/traefik", ("Content-Length", "1")),
    "a length and a part": post("/auth/traefik", ("Content-Length", "60000"), body=b"x"),
    "a whole body": post("/auth/traefik", ("Content-Length", "5"), body=b"a=b&c"),
    "a vast length": post("/auth/traefik", ("Content-Length", str(1 << 40))),
    "chunks to come": post("/auth/traefik", ("Transfer-Encoding", "chunked")),
    "a part of a chunk": post("/auth/traefik", ("Transfer-Encoding", "chunked"), body=b"5\r\nab"),
    "whole chunks": post("/auth/traefik", ("Transfer-Encoding", "chunked"), body=b"1\r\na\r\n0\r\n\r\n"),
    "no chunk at all": post("/auth/traefik", ("Transfer-Encoding", "chunked"), body=b"0\r\n\r\n"),
    "a promise": post("/auth/traefik", ("Content-Length", "5"), ("Expect", "100-continue")),
    "a promise of chunks": post("/auth/traefik", ("Transfer-Encoding", "chunked"), ("Expect", "100-continue")),
    "a GET": request("GET", "/open", [*HOST, ("Content-Length", "7")]),
    "another page": request("PUT", "/_sallyport/me", [*HOST, ("Content-Length", "7")]),
}


# Programs could disagree about where these requests end, whatever part of their bodies has arrived.
AMBIGUOUS = {
    "chunks and a length": [("Transfer-Encoding", "chunked"), ("Content-Length", "5")],
    "two lengths": [("Content-Length", "5"), ("Content-Length", "6")],
}


def last_answer(answer):
    """Without the interim response to `Expect: 100-continue`."""
    return type(answer)(answer.bytes.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n"), answer.closed)


def test_ac_86_the_auth_listener_answers_a_body_from_the_head(sallyport):
    kept = subrequest("/open")
    for title, bytes in NO_BODIES.items():
        for before in (b"", kept):
            begin = time.monotonic()
            answer = last_answer(exchange(sallyport.listen, before + bytes, quiet_s=3))
            if before:
                assert answer.statuses[0] == 200, title
                _, _, rest = answer.bytes.partition(b"\r\n\r\n")
                answer = last_answer(type(answer)(rest, answer.closed))
            assert answer.closed and answer.status == 413, (title, answer)
            assert answer.reason == "malformed_request", (title, answer)
            assert time.monotonic() - begin < 2.9, title
    assert exchange(sallyport.listen, subrequest("/open", more=[("Content-Length", "0"), ("Connection", "close")])).status == 200


@pytest.mark.parametrize("title", ["a length", "chunks to come"])
def test_ac_86_the_log_names_forward_body_as_the_cause(sallyport, title):
    answer = exchange(sallyport.listen, NO_BODIES[title])
    line = sallyport.wait_for_event("decision", request_id=answer.values("X-Request-Id")[0])
    assert "forwardBody" in line["detail"]


@pytest.mark.parametrize("lines", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_ac_86_an_ambiguous_length_is_400_whatever_of_the_body_has_come(sallyport, lines):
    for listener in (sallyport.listen, sallyport.pages_listen):
        for body in (b"", b"0\r\n\r\n"):
            answer = exchange(listener, post("/auth/traefik", *lines, body=body))
            assert answer.closed and answer.status == 400, (listener, body, answer)
            line = sallyport.wait_for_event("decision", request_id=answer.values("X-Request-Id")[0])
            assert lines[-1][0].lower() in line["detail"] or lines[0][0].lower() in line["detail"], line


def test_ac_86_the_pages_listener_takes_sixteen_kib_and_no_byte_more(sallyport):
    def asked(length, body=b"", *lines):
        bytes = post("/_sallyport/nowhere", ("Content-Length", str(length)), *lines, body=body)
        return last_answer(exchange(sallyport.pages_listen, bytes))

    close = ("Connection", "close")
    assert asked(BODY_MAX, b"x" * BODY_MAX, close).status == 404
    assert asked(BODY_MAX, b"x" * BODY_MAX, close, ("Expect", "100-continue")).status == 404
    for body in (b"", b"x", b"x" * (BODY_MAX + 1)):
        answer = asked(BODY_MAX + 1, body)
        assert answer.status == 413 and answer.reason == "malformed_request" and answer.closed, answer
    for body in (b"", b"5\r\nab", b"5\r\nabcde\r\n0\r\n\r\n"):
        bytes = post("/_sallyport/nowhere", ("Transfer-Encoding", "chunked"), body=body)
        answer = exchange(sallyport.pages_listen, bytes)
        assert answer.status == 400 and answer.reason == "malformed_request" and answer.closed, answer


def do_what_is_due(sallyport):
    """Its only thread has ended what was due before it answers the second of two new connections."""
    for _ in range(2):
        assert exchange(sallyport.listen, subrequest("/open", more=[("Connection", "close")])).status == 200


def test_ac_86_a_body_is_there_within_two_seconds_of_its_head(make_sallyport, clock):
    sallyport = make_sallyport({"threads": 1}, env=clock.env)
    host, _, port = sallyport.pages_listen.rpartition(":")
    head = post("/_sallyport/nowhere", ("Content-Length", "10"))
    promised = post("/_sallyport/nowhere", ("Content-Length", "10"), ("Expect", "100-continue"))
    with (
        socket.create_connection((host, int(port)), 20) as slow,
        socket.create_connection((host, int(port)), 20) as dripping,
        socket.create_connection((host, int(port)), 20) as promising,
    ):
        slow.sendall(head + b"x")
        for one in (promising, dripping):
            one.sendall(promised)
            assert one.recv(65536).startswith(b"HTTP/1.1 100")  # its head has been read
        clock.pass_time(1)
        for _ in range(10):
            dripping.sendall(b"x")
        assert dripping.recv(65536).startswith(b"HTTP/1.1 404")
        clock.pass_time(1)
        do_what_is_due(sallyport)
        for late in (slow, promising):
            late.setblocking(False)
            answer = late.recv(65536)
            late.settimeout(20)
            assert answer.startswith(b"HTTP/1.1 408") and b"malformed_request" in answer, answer
            assert late.recv(1) == b""


def test_ac_86_an_answer_from_the_head_outlives_the_body_that_comes_after_it(make_sallyport, clock):
    """Without lingering, the first byte after the close would be answered with a reset."""
    sallyport = make_sallyport({"threads": 1}, env=clock.env)
    host, _, port = sallyport.listen.rpartition(":")
    with socket.create_connection((host, int(port)), 20) as client:
        client.sendall(post("/auth/traefik", ("Content-Length", "60000")))
        client.recv(1, socket.MSG_PEEK)  # the answer is there, and is not taken yet
        for _ in range(10):
            client.sendall(b"x" * 6000)
        answer = client.recv(65536)
        assert answer.startswith(b"HTTP/1.1 413") and client.recv(1) == b""
        assert sallyport.metric("sallyport_connections", listener="auth") == 1  # it lingers
        clock.pass_time(1)
        do_what_is_due(sallyport)
        assert sallyport.metric("sallyport_connections", listener="auth") == 0
        with pytest.raises(ConnectionError):
            wait_for(lambda: client.sendall(b"x" * 1000), "the end, whatever comes")


def forwarding(routes):
    """A configuration that is not recommended: Traefik forwards bodies to the auth listener."""
    pages_beside(routes)
    routes.route("body", "PathPrefix(`/body`)", [routes.ask(name="ask-body", forwardBody=True)])


@pytest.mark.edges("3.7.15-https", "3.0.4-https")
def test_ac_86_the_answer_from_the_head_arrives_through_the_proxy(make_site, edge):
    site = make_site(layout=pages_beside if edge.version == "3.0.4" else forwarding)
    targets = ["/_sallyport/logout"] if edge.version == "3.0.4" else ["/_sallyport/logout", "/body"]
    with site.asker() as asker:
        for target, length in itertools.product(targets, [BODY_MAX + 1, 60000] * 10):
            bytes = request("POST", target, [("Host", "app.test"), ("Content-Length", str(length))])
            answer = asker.send(bytes + b"x" * length)
            assert answer.status == 413, (target, length, answer)


# ---- AC 86: connections --------------------------------------------------------------------------------


def assert_all_pass(site, session, n=160):
    head = [("Host", f"app.test:{site.ports.https}"), ("Cookie", session)]
    with site.asker() as asker:
        statuses = [asker.send(request("GET", "/x", head)).status for _ in range(n)]
    assert statuses == [200] * n


def pages_full(site):
    return site.sallyport.metric("sallyport_connections", listener="pages") >= PAGES_MAX


@pytest.mark.edges("3.7.15-https")
def test_ac_86_a_crowd_at_the_pages_takes_no_connection_that_a_decision_needs(make_site, browser):
    site = make_site(layout=pages_beside)
    browser.log_in(site.url("/"))
    session = browser.jar.header(site.url("/x"))
    start = site.sallyport.events("start")[0]
    assert (start["max_connections"], start["max_connections_pages"]) == (4096, PAGES_MAX)

    beginnings = {
        "a length": request("POST", "/_sallyport/logout", [("Host", "app.test"), ("Content-Length", "60000")]),
        "chunks": request("PATCH", "/_sallyport/any", [("Host", "app.test"), ("Transfer-Encoding", "chunked")]),
    }
    small = request("POST", "/_sallyport/logout", [("Host", "app.test"), ("Content-Length", "6000")])
    for beginning in (*(bytes for bytes in beginnings.values()), small):
        with Crowd(f"127.0.0.1:{site.ports.http}", 4300, beginning + b"x"):
            if beginning is small:
                wait_for(lambda: pages_full(site), "a full pages listener")
            assert_all_pass(site, session)

    fields = [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", f"app.test:{site.ports.https}"),
        (":path", "/_sallyport/logout"),
        ("content-length", "6000"),
    ]
    with Http2Crowd(f"127.0.0.1:{site.ports.https}", site.authority.client_context(), 18, 240, fields):
        wait_for(lambda: pages_full(site), "a full pages listener")
        assert_all_pass(site, session)
    assert site.sallyport.metric("sallyport_connections_refused_total", reason="limit") > 0

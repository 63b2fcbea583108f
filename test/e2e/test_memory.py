# SPDX-License-Identifier: Apache-2.0
"""
The memory that many clients make the program use, in a memory cgroup with the limit of the chart; and the memory for
the bindings of a cluster.
"""

import socket
import threading
from contextlib import ExitStack

import pytest
from rig.cgroup import MemoryGroup, private_kib
from rig.crowd import Crowd
from rig.flow import begun, log_in
from rig.issuer import Hold
from rig.kubeconfig import write_kubeconfig
from rig.listener import Listener
from rig.process import wait_for
from rig.raw import NAVIGATION, Asker, subrequest
from rig.relay import MANY, ROLE, binding, line
from test_attacks_tls import BEGINNINGS

LIMIT = 128 << 20  # bytes; the limit in the chart
PEAK_MAX = 64 << 20
REST_KIB_MAX = 6 << 10
AUTH_N, PAGES_N = 4095, 512  # with the connection of the test, as many as the listeners accept
LINES = b"".join(b"X-%d: %s\r\n" % (number, b"v" * 1000) for number in range(59))


def post(fields, body=b"", target=b"/_sallyport/logout", lines=LINES):
    return b"POST %s HTTP/1.1\r\nHost: app.test\r\n%s%s\r\n\r\n%s" % (target, lines, fields, body)


# By kind, the bytes that each connection to the auth and to the pages listener sends.
CROWDS = {
    "nothing": (b"", b""),
    "a few bytes": (b"GET", b"POST /"),
    "small heads": (b"GET / HTTP/1.1\r\n" + LINES[:3000],) * 2,
    "large heads": (b"GET / HTTP/1.1\r\n" + LINES,) * 2,
    "bodies": (post(b"Content-Length: 60000", b"x" * 59999), post(b"Content-Length: 16384", b"x" * 16383)),
    "small bodies": (post(b"Content-Length: 9", lines=b""), post(b"Content-Length: 9", b"x", lines=b"")),
    "chunks": (post(b"Transfer-Encoding: chunked", b"ffff\r\n" + b"x" * 60000),) * 2,
}


@pytest.fixture
def group():
    group = MemoryGroup("sallyport", LIMIT)
    yield group
    group.remove()


@pytest.fixture
def confined(group, make_issuer, make_sallyport):
    """A sallyport in the group, and its issuer. It always ends before the group."""
    issuer = make_issuer()
    sallyport = make_sallyport({"policies": {"default": "authenticated"}}, issuer=issuer, start=group.command)
    yield sallyport, issuer
    sallyport.stop()


def assert_served(asker, session):
    for _ in range(10):
        assert asker.ask("/x", cookie=session).status == 200


def fill(crowds, askers, n):
    """Opens all connections in turn, and sends requests of users in between."""
    for number in range(n):
        for crowd, beginning, size in crowds:
            if number < size:
                crowd.join(beginning)
        if number % 500 == 0:
            assert_served(*askers)


def test_ac_87_no_crowd_makes_it_hold_what_its_container_has_not(group, confined):
    sallyport, issuer = confined
    with Asker(sallyport.listen) as asker:
        session = log_in(asker, issuer).session
        for kind, (auth, pages) in CROWDS.items():
            with Crowd(sallyport.listen) as users, Crowd(sallyport.pages_listen) as others:
                fill([(others, pages, PAGES_N), (users, auth, AUTH_N)], (asker, session), AUTH_N)
                assert_served(asker, session)
            assert group.peak < PEAK_MAX and group.kills == 0, (kind, group.peak >> 10)
        wait_for(lambda: private_kib(sallyport.pid) < REST_KIB_MAX, "memory being given back", 10)
    assert sallyport.metric("sallyport_connections_refused_total", reason="memory") > 1000


def test_ac_75_ac_87_handshakes_of_strangers_hold_no_more_than_others(group, make_sallyport, rig, tmp_path):
    listener = Listener(rig.authority, tmp_path)
    sallyport = make_sallyport(listener.settings(clients=True), start=group.command)
    with Asker(sallyport.listen, context=listener.context(listener.client())) as asker:
        assert asker.ask("/open").status == 200
        for beginning in BEGINNINGS.values():
            with Crowd(sallyport.listen, 1000, beginning, source="127.0.0.2"):
                assert asker.ask("/open").status == 200
            assert group.peak < PEAK_MAX and group.kills == 0, (beginning[:9], group.peak >> 10)
    sallyport.stop()


def test_ac_87_callbacks_that_wait_hold_no_more_than_others(group, confined):
    sallyport, issuer = confined
    with Asker(sallyport.listen) as asker:
        session = log_in(asker, issuer).session
        flows = [begun(asker, issuer) for _ in range(160)]
        held = issuer.on["token"] = Hold(issuer.honest)
        more = [("X-%d" % number, "v" * 1000) for number in range(55)]
        with Crowd(sallyport.listen) as waiting, Crowd(sallyport.listen) as users:
            for flow in flows:
                line = "; ".join(f"{name}={value}" for name, value in flow.cookies.items())
                waiting.join(subrequest(flow.callback, more=[*NAVIGATION, *more, ("Cookie", line)]))
            assert held.reached.wait(10)
            fill([(users, CROWDS["large heads"][0], AUTH_N - len(flows))], (asker, session), AUTH_N)
        held.release()
        assert group.peak < PEAK_MAX and group.kills == 0, group.peak >> 10
        wait_for(lambda: private_kib(sallyport.pid) < REST_KIB_MAX, "memory being given back", 10)


def test_ac_87_at_the_ceiling_who_has_waited_longest_makes_room(make_sallyport):
    """One loop holds 16 MiB for a listener, where whole buffers count: 64 KiB for a head of 60,000 bytes."""
    sallyport = make_sallyport({"threads": 1})

    def closed():
        return sallyport.metric("sallyport_connections_refused_total", reason="memory")

    head = b"GET / HTTP/1.1\r\n" + LINES
    with Crowd(sallyport.pages_listen, 1, head) as oldest, Crowd(sallyport.listen, 250, head) as users:
        with Asker(sallyport.listen) as asker:
            assert asker.ask("/open").status == 200 and closed() == 0
            for _ in range(20):
                users.join(head)
            wait_for(lambda: len(users.ended()) == closed() > 0, "the first being closed")
            assert max(users.ended()) < 100 and oldest.ended() == []  # in any order within a millisecond
            assert asker.ask("/open", more=[("X-More", "v" * 7000)] * 8).status == 200


def test_ac_75_ac_87_heads_over_tls_count_as_others_do(make_sallyport, rig, tmp_path):
    """One loop holds 16 MiB: 80 KiB for such a head and the record for the rest of it."""
    listener = Listener(rig.authority, tmp_path)
    sallyport = make_sallyport({**listener.settings(), "threads": 1})
    context, crowd = listener.context(), []
    with ExitStack() as stack, Asker(sallyport.listen, context=context) as asker:
        for _ in range(260):
            plain = socket.create_connection(sallyport.listen.split(":"), 10)
            crowd.append(stack.enter_context(context.wrap_socket(plain, server_hostname="app.test")))
            crowd[-1].sendall(b"GET / HTTP/1.1\r\n" + LINES)
        assert asker.ask("/open").status == 200
        wait_for(
            lambda: 40 < sallyport.metric("sallyport_connections_refused_total", reason="memory") < 80,
            "the first being closed",
        )
        assert sallyport.metric("sallyport_connections", listener="auth") > 180


# ---- bindings of a cluster ------------------------------------------------------------------------------

SLACK_KIB = 2 << 10


class Sampled:
    """The peak memory of a process meanwhile."""

    def __init__(self, pid):
        self._pid, self.most_kib = pid, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._over.wait(0.002):
            self.most_kib = max(self.most_kib, private_kib(self._pid))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


def watching(make_sallyport, tmp_path, lines):
    rules = {"policies": {"default": [{"action": "rbac"}]}}
    sallyport = make_sallyport({**rules, "kubernetes_kubeconfig": str(write_kubeconfig(tmp_path, lines.url))})
    sallyport.wait_for_event("rbac_synced")
    return sallyport


def test_ten_thousand_bindings_arrive_in_the_memory_that_their_index_takes(
    make_lines, make_sallyport, tmp_path, record_property
):
    lines = make_lines(roles=ROLE)
    sallyport = watching(make_sallyport, tmp_path, lines)
    began_kib = private_kib(sallyport.pid)
    with Sampled(sallyport.pid) as sampled:
        lines.tell(MANY)
        wait_for(lambda: sallyport.metric("sallyport_rbac_bindings") == 10000, "the index", 10)
    rest_kib = private_kib(sallyport.pid)
    record_property("kib", (began_kib, sampled.most_kib, rest_kib))
    print(f"RssAnon: {began_kib} KiB before, {sampled.most_kib} KiB at most, {rest_kib} KiB after")
    assert sampled.most_kib - rest_kib <= SLACK_KIB


def test_ac_61_a_line_of_four_mebibytes_gives_its_memory_back_and_a_longer_one_is_refused(
    make_lines, make_sallyport, tmp_path, record_property
):
    lines = make_lines(roles=ROLE)
    sallyport = watching(make_sallyport, tmp_path, lines)
    before_kib = private_kib(sallyport.pid)
    largest = (4 << 20) - len(line("ADDED", binding(1, pad=1))) + 2
    with Sampled(sallyport.pid) as sampled:
        lines.tell(line("ADDED", binding(1, pad=largest)))
        wait_for(lambda: sallyport.metric("sallyport_rbac_bindings") == 1, "the binding", 10)
        wait_for(lambda: private_kib(sallyport.pid) < before_kib + 1024, "memory being given back", 10)
    rest_kib = private_kib(sallyport.pid)
    print(f"RssAnon: {before_kib} KiB before, {sampled.most_kib} KiB at most, {rest_kib} KiB after")
    record_property("kib", (before_kib, sampled.most_kib, rest_kib))
    lines.tell(line("ADDED", binding(2, pad=largest + 1)))
    failed = sallyport.wait_for_event("rbac_failed", cause="too_large")
    assert "4194304 bytes" in failed["detail"] and "binding-00002" in failed["detail"]

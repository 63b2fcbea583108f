# SPDX-License-Identifier: Apache-2.0
"""Attacks on the auth listener over TLS; doc/security.md has the table of all."""

import os
import socket
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from rig.ca import Authority
from rig.crowd import Crowd
from rig.listener import NAME, SERVER_AUTH, VERSIONS, Listener
from rig.process import wait_for
from rig.raw import Asker, exchange, subrequest

CLOSES = [("Connection", "close")]
QUESTION = subrequest("/open", more=CLOSES)


@pytest.fixture
def listener(rig, tmp_path):
    return Listener(rig.authority, tmp_path)


@pytest.fixture
def closed(make_sallyport, listener):
    """A listener where clients have certificates; with two threads, so that each gets many connections."""
    return make_sallyport({**listener.settings(clients=True), "threads": 2})


def alert_to(sallyport, context):
    """
    The alert that the client gets instead of a response, empty if this Python has no name for it; with TLS 1.3 it has
    already sent its request by then.
    """
    try:
        answer = exchange(sallyport.listen, QUESTION, context=context)
    except ssl.SSLEOFError as error:
        raise AssertionError("no alert") from error
    except ssl.SSLError as error:
        return error.reason or ""
    raise AssertionError(answer)


def decided(sallyport):
    return sallyport.metric("sallyport_decisions_total") or 0


def refused(sallyport, reason):
    return sallyport.metric("sallyport_connections_refused_total", reason=reason)


def strangers(listener, folder):
    folder.mkdir()
    other = Authority(folder, ["other.test"])
    return {
        "no certificate": (None, "tls_client_ca_file"),
        "another name": (listener.client(names=["other.test"]), "tls_client_names"),
        "a name that only begins so": (listener.client(names=[f"{NAME}.test"]), "tls_client_names"),
        "a wildcard": (listener.client(names=["*.ingress.svc"]), "tls_client_names"),
        "the common name alone": (listener.client(names=[]), "tls_client_names"),
        "another authority": (listener.client(other), "tls_client_ca_file"),
        "the authority of the server": (listener.client(listener.authority), "tls_client_ca_file"),
        "itself as authority": (listener.client(self_signed=True), "tls_client_ca_file"),
        "another use": (listener.client(usage=SERVER_AUTH), "tls_client_ca_file"),
        "an end that has passed": (listener.client(begins_h=-2, ends_h=-1), "tls_client_ca_file"),
        "a beginning to come": (listener.client(begins_h=1), "tls_client_ca_file"),
    }


def test_ac_75_only_a_certificate_with_a_listed_name_asks(closed, listener, tmp_path):
    with Asker(closed.listen, context=listener.context(listener.client())) as kept:
        assert kept.ask("/open").status == 200
        before, refused_n = decided(closed), 0
        for title, (files, _) in strangers(listener, tmp_path / "others").items():
            for version in VERSIONS:
                assert "ALERT" in alert_to(closed, listener.context(files, version=version)), title
                refused_n += 1
        assert decided(closed) == before
        # An alert is sent before it is counted.
        wait_for(lambda: refused(closed, "certificate") == refused_n, "all of them in the metric")
        assert kept.ask("/open").status == 200


@pytest.mark.parametrize("title", ["no certificate", "another name", "another use", "an end that has passed"])
def test_ac_75_the_log_names_the_client_its_certificate_and_the_setting(closed, listener, tmp_path, title):
    files, setting = strangers(listener, tmp_path / "others")[title]
    alert_to(closed, listener.context(files))
    line = closed.wait_for_event("peer_refused")
    assert (line["setting"], line["client"], line["listener"]) == (setting, "127.0.0.1", "auth")
    assert line.get("certificate", "no") == {"no certificate": "no", "another name": "DNS:other.test"}.get(
        title, f"DNS:{NAME}"
    )


def hello_of_tls_1_1():
    """RFC 4346, section 7.4.1.2, with one cipher suite of that time."""
    body = b"\x03\x02" + bytes(32) + b"\x00" + b"\x00\x02\xc0\x13" + b"\x01\x00"
    handshake = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(handshake).to_bytes(2, "big") + handshake


def test_ac_75_nothing_but_http_1_1_is_spoken(closed, listener):
    files = listener.client()
    for protocols in (["h2"], ["h2c", "http/1.0"], ["http/1.1x"]):
        context = listener.context(files, protocols=protocols)
        assert alert_to(closed, context) in ("", "TLSV1_ALERT_NO_APPLICATION_PROTOCOL"), protocols
    for protocols in (None, ["h2", "http/1.1"], ["http/1.1"]):
        assert exchange(closed.listen, QUESTION, context=listener.context(files, protocols=protocols)).status == 200
    preface = exchange(closed.listen, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", context=listener.context(files))
    assert preface.closed and preface.status == 400
    assert exchange(closed.listen, QUESTION).bytes == b""  # plain
    assert exchange(closed.listen, hello_of_tls_1_1()).bytes == b"\x15\x03\x02\x00\x02\x02\x46"  # protocol_version
    wait_for(lambda: refused(closed, "handshake") == 5, "all of them in the metric")
    assert "ALPN" in closed.wait_for_event("peer_refused")["detail"]


BEGINNINGS = {
    "nothing": b"",
    "a byte": b"\x16",
    "a part of a hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "plain HTTP": b"GET / HTTP/1.1\r\nHost: app.test\r\n\r\n",
    "a hello in nine records": b"\x16\x03\x01\x40\x00\x01\x02\x01\x44\x03\x03" + b"x" * 16378,
    "the longest hello": b"\x16\x03\x01\x40\x00\x01\x01\xff\xf0\x03\x03" + b"x" * 16000,
}


def test_ac_75_handshakes_that_stall_take_no_place_of_others(make_sallyport, listener):
    sallyport = make_sallyport({**listener.settings(clients=True), "threads": 2, "max_connections": 64})
    context = listener.context(listener.client())
    with Crowd(sallyport.listen, 100, BEGINNINGS["a part of a hello"], source="127.0.0.2"):
        assert exchange(sallyport.listen, QUESTION, context=context).status == 200  # the first of all
    with Asker(sallyport.listen, context=context) as kept:
        assert kept.ask("/open").status == 200
        for beginning in BEGINNINGS.values():
            with Crowd(sallyport.listen, 100, beginning, source="127.0.0.2"):
                for _ in range(5):
                    assert exchange(sallyport.listen, QUESTION, context=context).status == 200
                assert sallyport.metric("sallyport_connections", listener="auth") <= 1 + 32 + 16
            assert kept.ask("/open").status == 200
    assert refused(sallyport, "handshake") >= 5 * (100 - 32) and refused(sallyport, "limit") == 0
    wait_for(lambda: sallyport.metric("sallyport_connections", listener="auth") == 0, "the end of all")


@pytest.mark.parametrize("before", [b"", QUESTION[:9], subrequest("/open")], ids=["nothing", "a part", "a question"])
def test_ac_87_nothing_is_kept_of_what_comes_behind_close_notify(closed, listener, before):
    context = listener.context(listener.client())
    with socket.create_connection(closed.listen.split(":"), 10) as plain:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        secure = context.wrap_bio(incoming, outgoing, server_hostname="app.test")

        def step(what):
            try:
                what()
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                return False
            return True

        while not step(secure.do_handshake):
            incoming.write(plain.recv(65536))
        secure.write(before)
        assert not step(secure.unwrap)
        with pytest.raises(ConnectionError):
            for _ in range(64):
                plain.sendall(bytes(1 << 20))


def test_ac_75_a_second_handshake_ends_the_connection(closed, listener):
    certificate, key = listener.client()
    client = subprocess.run(
        ["openssl", "s_client", "-connect", closed.listen, "-tls1_2", "-cert", certificate, "-key", key, "-msg"],
        input=b"R\n", capture_output=True, timeout=30, check=False,
    )
    assert b"RENEGOTIATING" in client.stderr and b"no_renegotiation" not in client.stdout  # the connection stays open


def test_ac_75_as_many_handshakes_at_once_as_come_are_completed(make_sallyport, listener):
    """Those of a proxy: 10 at once may be under way, and 14 come. Each has a second; the very first has 50 ms."""
    settings = {**listener.settings(clients=True), "threads": 1, "max_connections": 20}
    sallyport, context = make_sallyport(settings), listener.context(listener.client())
    assert exchange(sallyport.listen, QUESTION, context=context).status == 200
    with ThreadPoolExecutor(14) as pool:
        answers = pool.map(lambda _: exchange(sallyport.listen, QUESTION, context=context, timeout_s=30), range(140))
    assert {answer.status for answer in answers} == {200}
    assert refused(sallyport, "handshake") == 0


def unfinished(sallyport, listener):
    """Connections whose first request never arrives, each stalled at a different point."""
    host, _, port = sallyport.listen.rpartition(":")
    context = listener.context(listener.client())
    for beginning in (b"", BEGINNINGS["a part of a hello"]):
        connection = socket.create_connection((host, int(port)), 30)
        connection.sendall(beginning)
        yield connection
    for decrypted, record in ((b"", b""), (b"GET /auth/traefik HTTP/1.1\r\n", b""), (b"", b"\x17\x03\x03\x40\x00x")):
        connection = context.wrap_socket(socket.create_connection((host, int(port)), 30), server_hostname="app.test")
        connection.sendall(decrypted)
        os.write(connection.fileno(), record)
        yield connection


@pytest.mark.long
def test_ac_75_a_handshake_and_the_first_head_have_ten_seconds_together(closed, listener):
    begun = time.monotonic()
    connections = list(unfinished(closed, listener))
    for connection in connections:
        raw = socket.socket(fileno=connection.detach())  # received bytes are not checked
        raw.settimeout(30)
        while raw.recv(65536):
            pass
        assert 9 < time.monotonic() - begun < 20
        raw.close()
    wait_for(lambda: closed.metric("sallyport_connections", listener="auth") == 0, "the end of all")

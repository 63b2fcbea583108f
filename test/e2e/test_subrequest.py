# SPDX-License-Identifier: Apache-2.0
"""The auth listener, byte by byte: a request that two programs could read differently is never allowed."""

import html
import re
import socket

from rig.raw import NAVIGATION, exchange, request, subrequest

FORWARDED = ("X-Forwarded-Method", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Uri")
HEAD_MAX, HEADERS_MAX, TARGET_MAX = 65536, 96, 49152


def ask(sallyport, bytes, **options):
    return exchange(sallyport.listen, bytes, **options)


def closing(bytes):
    """The same request, after which the connection closes."""
    return bytes.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)


def refused(answer, *reasons):
    """Asserts that it is refused with one of the codes, and the connection is closed."""
    assert answer.status == 400 and answer.closed, answer
    assert not reasons or answer.values("X-Sallyport-Reason")[0] in reasons, answer


def test_the_plain_question_is_answered(sallyport):
    assert ask(sallyport, closing(subrequest("/open"))).status == 200
    assert ask(sallyport, closing(subrequest("/closed"))).status == 401


def test_ac_01_a_forwarded_header_that_is_missing_is_never_guessed(sallyport):
    for name in FORWARDED:
        lines = [line for line in subrequest("/open").split(b"\r\n") if not line.startswith(name.encode())]
        refused(ask(sallyport, b"\r\n".join(lines)), "missing_header")


def test_ac_02_a_forwarded_header_that_comes_twice_is_refused(sallyport):
    for name in FORWARDED:
        value = {"X-Forwarded-Uri": "/open", "X-Forwarded-Method": "GET"}.get(name, "https")
        refused(ask(sallyport, subrequest("/open", more=[(name, value)])), "duplicate_header")


def test_ac_03_a_spelling_that_some_program_would_fold_is_refused(sallyport):
    for name in (
        "X_Forwarded_Uri",
        "X-Forwarded_Host",
        "X.Forwarded.Proto",
        "X_FORWARDED_METHOD",
        "X_Forwarded_User",
        "x-forwarded_groups",
    ):
        refused(ask(sallyport, subrequest("/open", more=[(name, "x")])), "alias_header")


def test_ac_05_headers_of_other_proxies_are_not_read(sallyport):
    others = [
        ("X-Original-Method", "OPTIONS"),
        ("X-Auth-Request-Redirect", "/open"),
        ("Forwarded", "host=evil.test;proto=http"),
        ("X-Forwarded-Prefix", "/open"),
        ("X-Forwarded-Port", "1"),
        ("X-Original-Host", "evil.test"),
    ]
    assert ask(sallyport, closing(subrequest("/closed", more=others))).status == 401
    assert ask(sallyport, closing(subrequest("/open", more=others))).status == 200


def test_ac_41_a_request_that_is_not_strictly_formed_is_refused(sallyport):
    good = subrequest("/open")
    host = b"Host: sallyport:4181\r\n"
    for bad in (
        good.replace(host, b""),
        good.replace(host, host + host),
        good.replace(host, host + b"Transfer-Encoding: gzip\r\n") + b"0\r\n\r\n",
        good.replace(host, host + b"Content-Length: 0\r\nContent-Length: 0\r\n"),
        good.replace(host, host + b"Content-Length: +1\r\n") + b"x",
        good.replace(host, host + b"X-Folded: a\r\n b\r\n"),
        good.replace(host, host + b"X-Space : a\r\n"),
        good.replace(host, host + b": a\r\n"),
        good.replace(host, host + b"X-Nul: a\x00b\r\n"),
        good.replace(host, host + b"X-Bare: a\rb\r\n"),
        good.replace(b"GET /auth/traefik", b"GET http://sallyport/auth/traefik"),
        good.replace(b"GET /auth/traefik", b"get /auth/traefik"),
        good.replace(b"HTTP/1.1", b"HTTP/1.2"),
        good.replace(b"HTTP/1.1", b"HTTP/3.0"),
    ):
        answer = ask(sallyport, bad)
        assert answer.status in (400, None) and answer.closed, (bad, answer)
    assert ask(sallyport, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status in (400, None)


def test_ac_52_only_the_exact_target_is_the_dialect(sallyport):
    for target in (
        "/auth/traefik/",
        "/auth//traefik",
        "/AUTH/traefik",
        "/auth%2ftraefik",
        "/auth/traefik%00",
        "/x/../auth/traefik",
        "/auth/traefik;x",
        "/auth",
        "/auth/",
        "/auth/nginx",
        "/healthz",
        "/metrics",
        "/_sallyport/me",
        "//",
    ):
        answer = ask(sallyport, closing(subrequest("/open", target=target)))
        assert answer.status in (400, 404), (target, answer)


def test_the_root_is_the_dialect_only_where_it_is_configured(make_sallyport):
    assert ask(make_sallyport(), closing(subrequest("/open", target="/"))).status == 200
    without = make_sallyport({"dialect_at_root": "none"})
    assert ask(without, closing(subrequest("/open", target="/"))).status == 404


def padded(total):
    """A head of exactly `total` bytes."""
    head = closing(subrequest("/open", more=[("X-Pad", "")]))
    return head.replace(b"X-Pad: ", b"X-Pad: " + b"x" * (total - len(head)))


def crowded(lines):
    """A head of exactly `lines` field lines."""
    head = closing(subrequest("/open"))
    more = lines - (head.count(b"\r\n") - 2)
    return head[:-2] + b"".join(b"X-%d: y\r\n" % number for number in range(more)) + b"\r\n"


def test_ac_41_a_head_at_the_limit_is_read_and_one_past_it_is_not(sallyport):
    assert len(padded(HEAD_MAX)) == HEAD_MAX
    assert ask(sallyport, padded(HEAD_MAX)).status == 200
    assert ask(sallyport, padded(HEAD_MAX + 1)).status in (400, 413, 431, None)


def test_a_head_as_large_as_traefik_passes_on_gets_its_answer(sallyport):
    """Its bytes are read to the end: a reset would destroy the earlier answer."""
    host, _, port = sallyport.listen.rpartition(":")
    head = subrequest("/open?" + "x" * 1_000_000)
    for _ in range(10):
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 15)  # so that it is still sending at that time
            client.connect((host, int(port)))
            client.sendall(head)
            assert client.recv(1 << 16).startswith(b"HTTP/1.1 400 ")


def test_as_many_headers_as_the_limit_are_read_and_one_more_is_not(sallyport):
    assert ask(sallyport, crowded(HEADERS_MAX)).status == 200
    assert ask(sallyport, crowded(HEADERS_MAX + 1)).status in (400, 431, None)


def test_a_target_at_the_limit_is_read_and_one_past_it_is_not(sallyport):
    for length, allowed in ((TARGET_MAX, True), (TARGET_MAX + 1, False)):
        uri = "/open?" + "x" * (length - len("/open?"))
        assert (ask(sallyport, closing(subrequest(uri))).status == 200) == allowed


def test_ac_40_a_body_is_never_part_of_the_question(sallyport):
    small = subrequest("/open", more=[("Content-Length", "5"), ("Connection", "close")]) + b"hello"
    assert ask(sallyport, small).status == 413
    large = subrequest("/open", more=[("Content-Length", "10000000")]) + b"x" * 200000
    assert ask(sallyport, large).status == 413


def test_questions_in_a_row_get_answers_in_a_row(sallyport):
    answer = ask(sallyport, subrequest("/open") + subrequest("/closed") + closing(subrequest("/open")))
    assert answer.statuses == [200, 401, 200] and answer.closed


def test_a_connection_is_kept_after_an_ordinary_answer(sallyport):
    for uri in ("/open", "/closed"):
        assert not ask(sallyport, subrequest(uri)).closed


def test_ac_13_hosts_are_canonical_or_refused(sallyport):
    for host in (
        "APP.test",
        "app.test.",
        "app.test:443",
        "[::1]",
        "[::1]:8443",
        "127.0.0.1:80",
        "xn--bcher-kva.test",
    ):
        assert ask(sallyport, closing(subrequest("/open", host=host))).status == 200, host
    for host in (
        "",
        "a@b",
        "user:pw@app.test",
        "app.test:99999",
        "app.test:",
        "app..test",
        "app.test,evil.test",
        "app.test/x",
        "app test",
        "[::1",
        "bücher.test".encode().decode("latin-1"),
        ".test",
    ):
        answer = ask(sallyport, subrequest("/open", host=host))
        assert answer.status == 400 and answer.closed, (host, answer)


def test_addresses_that_are_no_paths_are_refused(sallyport):
    for uri in ("open", "*", "https://app.test/open", "/a#b", "/a\x7fb", "/a%zz", "/a%"):
        answer = ask(sallyport, subrequest(uri))
        assert answer.status in (400, 401), (uri, answer)
    for uri in ("open", "*", "https://app.test/open", "/a#b"):
        refused(ask(sallyport, subrequest(uri)), "malformed_uri", "malformed_request")


def test_schemes_and_methods_are_from_a_short_list(sallyport):
    for proto in ("ftp", "HTTPS,http", "javascript", ""):
        refused(
            ask(sallyport, subrequest("/open", proto=proto)),
            "malformed_request",
            "missing_header",
            "malformed_uri",
        )
    for method in ("GE T", "get", "", "G" * 33):
        refused(ask(sallyport, subrequest("/open", method=method)), "malformed_request", "missing_header")


def test_ac_04_a_peer_that_is_not_trusted_is_closed_at_accept(make_sallyport):
    sallyport = make_sallyport({"trusted_proxies": ["192.0.2.0/24"]})
    answer = ask(sallyport, subrequest("/open"))

    assert answer.bytes == b"" and answer.closed
    assert sallyport.metric("sallyport_connections_refused_total", reason="untrusted") == 1


def test_a_refusal_names_its_cause_on_the_page_and_in_the_log(make_sallyport):
    sallyport = make_sallyport({"hosts": ["https://app.test"]})
    good = subrequest("/open", more=NAVIGATION)
    for question, reason, level, cause in (
        (good.replace(b"/auth/traefik", b"/auth/nginx?s3cret"), "no_such_page", "warn", 'asked for GET "/auth/nginx"'),
        (good.replace(b"/auth/traefik", b"/auth/traefik?policy=opss"), "unknown_policy", "warn", "policy=opss"),
        (good.replace(b"app.test", b"app.test:8443"), "host_not_listed", "info", "https://app.test:8443"),
        (good.replace(b"Host: s", b"Host: a\r\nHost: s"), "duplicate_header", "info", "The header host appears twice"),
        (good.replace(b"X-Forwarded-Uri: /open\r\n", b""), "missing_header", "info", "X-Forwarded-Uri is missing"),
    ):
        answer = ask(sallyport, closing(question))
        assert answer.reason == reason, answer
        assert cause in html.unescape(answer.body.decode())
        entry = sallyport.wait_for_event("decision", request_id=answer.values("X-Request-Id")[0])
        assert entry["level"] == level and cause in entry["detail"], entry
        assert "s3cret" not in answer.body.decode() + sallyport.text()
        if level == "warn":
            assert "This site is misconfigured" in answer.body.decode()


def test_the_start_names_all_that_a_first_day_turns_on(make_sallyport):
    sallyport = make_sallyport({"trusted_proxies": ["127.0.0.0/8", "10.42.0.0/16"]})
    (start,) = sallyport.events("start")
    (key,) = (line.split()[0] for line in (sallyport.folder / "keys").read_text().split("\n") if line[:1] == "k")
    assert start["listen"] == sallyport.listen and start["pages_listen"] == sallyport.pages_listen
    assert start["admin_listen"] == sallyport.admin_listen
    assert start["trusted_proxies"] == "127.0.0.0/8, 10.42.0.0/16"
    assert re.fullmatch(rf"{key}\([0-9a-f]{{8}}\)", start["key_ids"])


def test_a_proxy_outside_trusted_proxies_is_named_in_the_log_once_a_minute(make_sallyport):
    sallyport = make_sallyport({"trusted_proxies": ["127.0.0.1/32"]})
    question = closing(subrequest("/open"))
    assert ask(sallyport, question).status == 200
    for listener in (sallyport.listen, sallyport.listen, sallyport.pages_listen):
        assert exchange(listener, question, source="127.0.0.2").bytes == b""
    assert ask(sallyport, question).status == 200

    line = sallyport.wait_for_event("peer_refused")
    assert sallyport.events("peer_refused") == [line]
    assert line["level"] == "warn" and line["client"] == "127.0.0.2"
    assert line["setting"] == "trusted_proxies" and line["listener"] == "auth"
    assert sallyport.metric("sallyport_connections_refused_total", reason="untrusted") == 3


def test_ac_47_the_admin_listener_answers_nothing_else(sallyport):
    for path, status in (
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/", 404),
        ("/auth/traefik", 404),
        ("/healthz/", 404),
        ("/_sallyport/me", 404),
    ):
        assert sallyport.admin(path)[0] == status, path


def test_every_refusal_carries_a_request_id_that_is_in_the_log(sallyport):
    answer = ask(sallyport, closing(subrequest("/closed")))
    entry = sallyport.wait_for_event("decision", request_id=answer.values("X-Request-Id")[0])

    assert entry["status"] == 401 and entry["reason"] == "no_session"


def test_ac_11_an_odd_method_on_the_wire_is_no_allow(sallyport):
    for method in ("CONNECT", "TRACE", "DELETE", "BREW"):
        wire = request(
            method, "/auth/traefik", [line.decode() for line in subrequest("/closed").split(b"\r\n")[1:-2]]
        )
        assert ask(sallyport, closing(wire)).status != 200, method

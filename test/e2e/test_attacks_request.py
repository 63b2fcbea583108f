# SPDX-License-Identifier: Apache-2.0
"""
Attacks with the content of a request; doc/security.md has the table of all.

Traefik 3.0.4 lets more through than later versions: where the later one blocks something itself, the older one
shows how sallyport answers.
"""

import itertools
import json
import posixpath
import random
import re
from ipaddress import ip_address
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import pytest
from rig import expect, spellings, whatwg
from rig.attack import asked, assert_kept_out
from rig.browser import KINDS
from rig.dex import ADA
from rig.raw import Asker, exchange, request, subrequest
from rig.traefik import IDENTITY_HEADERS

pytestmark = pytest.mark.edges("3.7.15-https", "3.0.4-https")
RULES = [
    {"action": "public", "path": "/open"},
    {"action": "public", "path_prefix": "/public"},
    {"action": "public", "path_glob": "/docs/*/index"},
    {"action": "allow"},
]
FORWARDED = ("X-Forwarded-Method", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Uri")


@pytest.fixture
def guarded(make_site):
    """A site with a few public paths."""
    return make_site(settings={"policies": {"default": RULES}})


@pytest.fixture
def trusting(make_site):
    """The same behind an entry point that trusts its client, as behind a load balancer."""
    return make_site(settings={"policies": {"default": RULES}}, trusts_client=True)


@pytest.fixture
def alone(make_sallyport):
    return make_sallyport({"policies": {"default": RULES}})


# ---- AC 01 to 04: the headers of the subrequest --------------------------------------------------------


def test_ac_01_a_client_that_has_headers_removed_gains_nothing(trusting):
    options = [*FORWARDED, *map(str.lower, FORWARDED), ", ".join(FORWARDED), "X-Forwarded-For, Cookie, Host"]
    for names in options:
        host = ("Host", f"app.test:{trusting.ports.https}")
        bytes = request("GET", "/secret", [host, ("Connection", f"close, {names}")])
        assert_kept_out(trusting, trusting.exchange(bytes), 400, 401)


@pytest.mark.edges("3.7.15-https")  # 3.0.4 forwards the first of them
def test_ac_02_what_a_trusted_client_says_twice_is_refused(trusting):
    for name, value in zip(FORWARDED, ("OPTIONS", "http", "evil.test", "/open")):
        answer = asked(trusting, headers=[(name, value), (name, value)])
        assert_kept_out(trusting, answer, 400)
        assert answer.reason == "duplicate_header", answer


def test_ac_02_a_list_of_hosts_or_schemes_is_one_that_all_hops_agree_on(trusting):
    for name, values, reason in (
        ("Host", ("app.test, evil.test", "app.test,", "app.test,evil.test", "a.test a.test"), "malformed_host"),
        ("Proto", ("https,http", "http, https", "https,", "https,wss", "https https"), "malformed_request"),
    ):
        for value in values:
            answer = asked(trusting, headers=[(f"X-Forwarded-{name}", value)])
            assert_kept_out(trusting, answer, 400)
            assert answer.reason == reason and b"X-Forwarded-" + name.encode() in answer.body, answer
    alike = [("X-Forwarded-Proto", "https, HTTPS"), ("X-Forwarded-Host", "app.test ,app.test")]
    assert asked(trusting, "/open", alike).status == 200
    trusting.app.seen.clear()
    assert_kept_out(trusting, asked(trusting, headers=alike), 401)


ALIASES = (
    "X_Forwarded_Uri",
    "X_FORWARDED_HOST",
    "x_forwarded-proto",
    "X.Forwarded.Uri",
    "X-Forwarded.Method",
    "X_Forwarded_User",
    "X-Forwarded_Groups",
    "X.Forwarded.Email",
    "x_forwarded_preferred_username",
    "Content_Type",
    "Access_Control_Request_Method",
    "Sec_WebSocket_Key",
    "Sec-Fetch.Mode",
    "sec_purpose",
    "X_MOZ",
)


def test_ac_03_a_spelling_that_some_program_would_fold_gets_nowhere(guarded):
    for name in ALIASES:
        answer = asked(guarded, "/open", [(name, "/open")])
        if answer.status == 200:  # Traefik removed the header
            assert "/open" not in [value for _, value in guarded.app.seen.pop().headers], name
        else:
            assert_kept_out(guarded, answer, 400)
            assert answer.reason == "alias_header", answer


@pytest.mark.edges("3.7.15-https")
def test_ac_03_the_case_of_a_name_makes_no_difference(trusting):
    answer = asked(trusting, headers=[("x-FORWARDED-uri", "/open"), ("X-Forwarded-Uri", "/secret")])
    assert_kept_out(trusting, answer, 400)


@pytest.mark.edges("3.7.15-https")
def test_ac_04_a_peer_that_is_not_trusted_is_answered_nothing(make_site):
    site = make_site(settings={"trusted_proxies": ["192.0.2.0/24"], "policies": {"default": RULES}})
    for target in ("/open", "/secret"):
        assert_kept_out(site, asked(site, target), 500)
    bytes = [subrequest("/open"), request("GET", "/auth/traefik"), request("GET", "/"), b"\r\n"]
    for question in bytes:
        assert exchange(site.sallyport.listen, question).bytes == b""
    assert site.sallyport.metric("sallyport_connections_refused_total", reason="untrusted") >= len(bytes)


# ---- AC 06 to 09: what a rule matches ------------------------------------------------------------------


def test_ac_06_a_query_decides_nothing(guarded):
    for target in (
        "/secret?/open",
        "/secret?/public/x",
        "/secret?x=/open",
        "/secret?../open",
        "/secret??/open",
        "/?/public/",
        "/secret?policy=public&action=public",
        "/secret;/open?/public",
        "/secret%3f/open",
        "/secret%3F/public",
    ):
        assert_kept_out(guarded, asked(guarded, target), 400, 401)


def test_ac_07_a_fragment_opens_nothing(guarded):
    for target in ("/secret#/open", "/open#/../secret", "#/open", "/open#", "/secret?x#/open"):
        assert_kept_out(guarded, asked(guarded, target), 400)
    for target in ("/secret%23/open", "/open%23", "/open%23/../secret", "/%23/open", "/open%2523"):
        assert_kept_out(guarded, asked(guarded, target), 400, 401)


@pytest.mark.edges("3.7.15-https")
def test_ac_09_neighbours_of_a_public_path_are_not_public(guarded):
    for target in (
        "/opener",
        "/open/",
        "/open/x",
        "/open.",
        "/open.json",
        "/OPEN",
        "/x/open",
        "/publicx",
        "/public.bak/x",
        "/public-x",
        "/x/public/y",
        "/docs/index",
        "/docs/a/b/index",
        "/docs/a/index/b",
        "/docs/a/indexx",
    ):
        assert_kept_out(guarded, asked(guarded, target), 401)
    for target in ("/open", "/public", "/public/", "/public/x", "/docs/a/index"):
        assert asked(guarded, target).status == 200, target


# ---- AC 08, generated: whatever two readings differ ----------------------------------------------------


def is_public(path):
    segments = path.split(b"/")
    glob = len(segments) == 4 and segments[1] == b"docs" and segments[3] == b"index" and segments[2] != b""
    return path in (b"/open", b"/public") or path.startswith(b"/public/") or glob


def is_the_same(one, other):
    """Paths that differ only by a slash at the end are the same."""
    return one.rstrip(b"/") == other.rstrip(b"/")


def can_be_a_field(path):
    """A line break ends it, non-ASCII letters have no byte, and trailing white space is not part of it."""
    return not set(path) & set("\r\n\0\u3002\uff0f") and path == path.rstrip(" \t")


def test_ac_08_a_path_of_which_two_readings_differ_is_never_public(alone):
    paths = [path for path in dict.fromkeys(spellings.paths(8, 3000)) if can_be_a_field(path)]
    normalised = whatwg.read_all([f"https://app.test{path}" for path in paths])
    opened = 0
    with Asker(alone.listen) as asker:
        for path, reading in zip(paths, normalised):
            answer = asker.ask(path)
            assert answer.status in (200, 400, 401), (path, answer)
            if answer.status != 200:
                continue
            opened += 1
            path = path.partition("?")[0]
            found = list(spellings.readings(path, reading.pathname.encode()))
            assert all(is_the_same(other, found[0]) for other in found), (path, found)
            assert all(map(is_public, found)), (path, found)
    assert len(paths) > 5000 and opened > 50


def test_ac_08_no_odd_path_reaches_the_application_as_public(guarded):
    """The same through Traefik, which may normalize: the path that it forwards must itself be public."""
    sendable = re.compile("[!-~]+")
    chosen = list(filter(sendable.fullmatch, spellings.paths(9, 500)))
    host = f"app.test:{guarded.ports.https}"
    with guarded.asker() as asker:
        for path in random.Random(88).sample(chosen, 250):
            answer = asker.send(request("GET", path, [("Host", host)]))
            assert answer.status in (200, 400, 401, 404), (path, answer)
            for seen in guarded.app.seen:
                once = unquote_to_bytes(seen.target.partition("?")[0])
                assert is_public(once), (path, seen.target)
                assert is_public(spellings.cleaned(unquote_to_bytes(once))), (path, seen.target)
            guarded.app.seen.clear()


def test_ac_08_no_odd_path_leads_past_a_rule_that_closes(make_site):
    """All readings of the forwarded path with the habits of file servers."""
    rules = [{"action": "deny", "path_prefix": "/secret"}, {"action": "allow"}]
    site = make_site(settings={"policies": {"default": rules}})
    browser = site.browser()
    browser.log_in(site.url("/there"))
    site.app.seen.clear()
    chosen = [path for path in spellings.paths(10, 500) if re.fullmatch("[!-~]+", path) and "secret" in path]
    cookie = ("Cookie", browser.jar.header(site.url(), same_site=True, lax=True))
    host = ("Host", f"app.test:{site.ports.https}")
    with site.asker() as asker:
        for path in (*spellings.WAYS_TO_SECRET, *random.Random(89).sample(chosen, 250)):
            answer = asker.send(request("GET", path, [host, cookie]))
            assert answer.status in (200, 400, 403, 404), (path, answer)
    targets = [seen.target.partition("?")[0] for seen in site.app.seen]
    absolute = whatwg.read_all([f"https://app.test{it}" for it in targets])
    relative = whatwg.read_all(targets, "https://app.test/")
    for target in (*targets, *(reading.pathname for reading in (*absolute, *relative) if reading)):
        once = unquote(target)
        assert not is_below_secret(posixpath.normpath(once)), target
        assert not is_below_secret(posixpath.normpath(once.replace("\\", "/"))), target
    assert len(targets) > 20


def is_below_secret(path):
    return path == "/secret" or path.startswith("/secret/")


# ---- AC 13 and 14: hosts -------------------------------------------------------------------------------


HOST_RULES = [{"action": "public", "host": ["open.test", "127.0.0.1", "[::1]"]}, {"action": "allow"}]
def without_dot(hostname):
    return hostname.removesuffix(".")


def is_same_host(one, other):
    """An IPv6 address has several spellings; browsers and RFC 5952 choose different ones."""
    other = without_dot(other).strip("[]")
    return ip_address(one) == ip_address(other) if ":" in one else one == other


def test_ac_13_ac_14_a_host_is_what_a_browser_reads_in_it_or_nothing(make_sallyport):
    """A rule must not miss a host that a browser considers the same, nor match another one."""
    sallyport = make_sallyport({"policies": {"default": HOST_RULES}})
    texts = [text for text in dict.fromkeys(spellings.hosts(13, 3000)) if not set(text) & set("\r\n\0")]
    statuses = dict.fromkeys((200, 400, 401), 0)
    with Asker(sallyport.listen) as asker:
        for text, reading in zip(texts, whatwg.read_all([f"https://{text.strip()}/" for text in texts])):
            answer = asker.send(subrequest("/x", host=text.encode().decode("latin-1")))
            assert answer.status in statuses, (text, answer)
            statuses[answer.status] += 1
            is_open = reading and without_dot(reading.hostname) in ("open.test", "127.0.0.1", "[::1]")
            if answer.status == 200:
                assert is_open, (text, reading)
            elif answer.status == 401:
                assert not is_open, (text, reading)
                login = urlsplit(json.loads(answer.body)["login"])
                assert reading is None or is_same_host(login.hostname, reading.hostname), (text, login)
            else:
                refused = ("malformed_host", "missing_header", "malformed_request")
                assert answer.reason in refused, (text, answer)
    assert all(count > 15 for count in statuses.values()), statuses


def test_ac_13_a_host_in_other_letters_meets_the_same_rule(make_site):
    rules = [{"action": "deny", "host": "app.test"}, {"action": "public"}]
    site = make_site(settings={"policies": {"default": rules}})
    for host in ("app.test", "APP.test", "App.Test.", "app.test:443", "aPP.TEST.:99", "app.test:1"):
        assert_kept_out(site, asked(site, "/x", host=host), 403)
    for host in ("a@app.test", "app.test@evil.test", "", "app..test", "app.test,x", "app.test:x", "[x]"):
        assert_kept_out(site, asked(site, "/x", host=host), 400, 403, 404)


@pytest.mark.edges("3.7.15-https")
def test_ac_14_a_domain_ends_at_its_dot(make_site):
    site = make_site(
        settings=lambda site: {
            "cookie_domain": "example.test",
            "hosts": [site.origin("app.example.test"), f"https://*.example.test:{site.ports.https}"],
        }
    )
    port = site.ports.https
    for host in (
        "evil-example.test",
        "evilexample.test",
        "app.example.test.evil.test",
        "example.test.evil.test",
        "a.b.example.test",
    ):
        answer = asked(site, "/x", [("Accept", "text/html")], host=f"{host}:{port}")
        assert_kept_out(site, answer, 421)
        assert answer.reason == "host_not_listed" and answer.values("Set-Cookie") == [], answer
    assert asked(site, "/x", [("Accept", "text/html")], host=f"grafana.example.test:{port}").status == 302


# ---- AC 10 to 12: probes, methods, handshakes ----------------------------------------------------------


PROBES = (
    ("User-Agent", "kube-probe/1.30"),
    ("User-Agent", "GoogleHC/1.0"),
    ("User-Agent", "ELB-HealthChecker/2.0"),
    ("X-Health-Check", "1"),
    ("X-Kubernetes-Probe", "true"),
    ("X-Sallyport-Probe", "1"),
)


@pytest.mark.edges("3.7.15-https")
def test_ac_10_a_probe_is_nobody(guarded):
    host = ("Host", f"app.test:{guarded.ports.https}")
    targets = ("/secret", "/healthz", "/ping", "/ready", "/readyz", "/metrics", "/_sallyport/healthz")
    with guarded.asker() as asker:
        for field, target in itertools.product(PROBES, targets):
            assert_kept_out(guarded, asker.send(request("GET", target, [host, field])), 401, 404)


def test_ac_11_no_method_passes_by_itself(guarded):
    cors = [("Origin", "https://evil.test"), ("Access-Control-Request-Method", "GET")]
    methods = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PROPFIND", "BREW", "get", "Options")
    asked_for = [(method, cors) for method in methods]
    asked_for += [("OPTIONS", cors[:1]), ("OPTIONS", cors[1:]), ("OPTIONS", []), ("TRACE", []), ("BREW", [])]
    for method, headers in asked_for:
        assert_kept_out(guarded, asked(guarded, headers=headers, method=method), 400, 401, 405, 501)
    tunnel = request("CONNECT", "app.test:443", [("Host", "app.test:443"), ("Connection", "close")])
    answer = guarded.exchange(tunnel, quiet_s=1)
    assert answer.status not in (200, 101), answer
    guarded.app.assert_untouched()


def test_ac_11_an_open_preflight_names_nobody_and_opens_nothing_else(make_site, browser):
    rules = [{"action": "public", "cors_preflight": True}, {"action": "allow"}]
    site = make_site(settings={"policies": {"default": rules}})
    browser.log_in(site.url("/x"))
    cookie = ("Cookie", browser.jar.header(site.url("/")))
    real = [("Origin", "https://evil.test"), ("Access-Control-Request-Method", "PUT")]
    assert asked(site, headers=[*real, cookie], method="OPTIONS").status == 200
    assert not any(site.app.last.value(name) for name in IDENTITY_HEADERS)
    site.app.seen.clear()
    for method, headers in (
        ("OPTIONS", real[:1]),
        ("OPTIONS", real[1:]),
        ("OPTIONS", [("Origin", ""), real[1]]),
        ("OPTIONS", [real[0], ("Access-Control-Request-Method", "")]),
        ("GET", real),
        ("PUT", real),
        ("GET", [*real, ("X-Forwarded-Method", "OPTIONS")]),
    ):
        assert_kept_out(site, asked(site, headers=headers, method=method), 401)
    override = [*real, ("X-HTTP-Method-Override", "OPTIONS")]
    assert_kept_out(site, asked(site, headers=override), 400)


def test_ac_12_an_anonymous_handshake_is_401_whatever_else_it_says(guarded):
    upgrade = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIA==")]
    page = [("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
    for more in ([], page, [("Origin", "https://evil.test")], [("Accept", "text/html")]):
        host = ("Host", f"app.test:{guarded.ports.https}")
        bytes = request("GET", "/ws", [host, ("Connection", "Upgrade"), *upgrade, *more])
        with guarded.asker() as asker:
            answer = asker.send(bytes)
        assert_kept_out(guarded, answer, 401)
        assert answer.reason == "no_session" and answer.location is None and answer.values("Set-Cookie") == []


# ---- AC 28, 49, 52: the middleware's address, identity, listeners --------------------------------------


@pytest.mark.edges("3.7.15-https")
def test_ac_28_a_client_chooses_neither_policy_nor_headers(make_site, browser):
    policies = {"default": [{"action": "allow", "group": "admins"}], "open": [{"action": "public"}]}
    site = make_site(settings={"policies": policies}, trusts_client=True)
    browser.log_in(site.url("/x"))
    cookie = ("Cookie", browser.jar.header(site.url("/")))
    for target, headers in (
        ("/secret?policy=open", []),
        ("/secret?policy=open&headers=remote&prefix=1", []),
        ("/auth/traefik?policy=open", []),
        ("/secret", [("X-Sallyport-Policy", "open")]),
        ("/secret", [("X-Policy", "open"), ("Policy", "open")]),
        ("/secret", [("X-Forwarded-Uri", "/auth/traefik?policy=open")]),
        ("/secret", [("Cookie", "policy=open")]),
    ):
        assert_kept_out(site, asked(site, target, headers), 401)
        assert_kept_out(site, asked(site, target, [cookie, *headers]), 403)


def test_ac_28_an_address_that_cannot_be_understood_serves_nobody(alone):
    for query in (
        *("policy=", "policy=nope", "policy=default&policy=default", "headers=", "headers=nope", "prefix=0"),
        *("prefix=1&prefix=1", "Policy=default", "policy%3Ddefault", "policy=default%00", "x", "&x=1"),
        *("policy=DEFAULT", "headers=identity&headers=remote", "policy=default;headers=remote", "policy=%zz"),
    ):
        answer = exchange(
            alone.listen, subrequest("/open", target=f"/auth/traefik?{query}", more=[("Connection", "close")])
        )
        assert answer.status in (400, 500), (query, answer)
        assert answer.reason.startswith("unknown_") or answer.reason == "malformed_request", (query, answer)


def test_ac_49_no_identity_of_the_client_reaches_the_application(guarded, browser):
    names = (*IDENTITY_HEADERS, *map(str.upper, IDENTITY_HEADERS), *map(str.lower, IDENTITY_HEADERS))
    spoofed = [(name, "mallory") for name in names]
    browser.log_in(guarded.url("/x"), ADA)
    cookie = ("Cookie", browser.jar.header(guarded.url("/")))
    for target, headers in (("/open", []), ("/public/x", [cookie]), ("/secret", [cookie])):
        assert asked(guarded, target, [*spoofed, *headers]).status == 200
        assert "mallory" not in str(guarded.app.last.headers), guarded.app.last
        expected = ADA.email if target == "/secret" else None
        assert guarded.app.last.value("X-Forwarded-User") == expected


def test_ac_52_no_router_of_users_reaches_a_dialect(make_site):
    def layout(routes):
        routes.route("pages", "PathPrefix(`/_sallyport`)", service="pages")
        routes.route("app", "PathPrefix(`/`)", [routes.ask()])

    site = make_site(layout=layout, settings={"policies": {"default": [{"action": "public"}]}})
    fields = [("X-Forwarded-Uri", "/"), ("X-Forwarded-Method", "GET"), ("X-Forwarded-Proto", "https")]
    for target in (
        *("/_sallyport/..%2fauth/traefik", "/_sallyport/%2e%2e/auth/traefik", "/_sallyport/auth/traefik"),
        *("/_sallyport//auth/traefik", "/_sallyport/..;/auth/traefik", "/_sallyport%2f..%2fauth%2ftraefik"),
        *("/_sallyport/..%5cauth%5ctraefik", "/_sallyport/%252e%252e/auth/traefik", "/_sallyport/healthz"),
        *("/_sallyport/metrics", "/_sallyport/..%2fmetrics", "/_sallyport/..%2f"),
    ):
        answer = asked(site, target, fields)
        reached_app = bool(site.app.seen)
        assert answer.status in (400, 401, 404) or reached_app, (target, answer)
        assert answer.values("X-Forwarded-User") == [] and b"build_info" not in answer.bytes, target
        site.app.seen.clear()


# ---- AC 41, 45, 48: HTTP itself ------------------------------------------------------------------------


SMUGGLED = b"GET /auth/traefik HTTP/1.1\r\nHost: x\r\n\r\n"


def smuggling(good):
    """Messages about whose end programs may disagree."""
    host = b"Host: sallyport:4181\r\n"
    for lines in (
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 4\r\nContent-Length: 5\r\n",
        b"Content-Length: 4, 4\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 0x4\r\n",
        b"Content-Length: 4 4\r\n",
        b"Content-Length: 18446744073709551616\r\n",
        b" Content-Length: 4\r\n",
        b"X: y\nTransfer-Encoding: chunked\r\n",
    ):
        yield good.replace(host, host + lines) + b"0\r\n\r\n" + SMUGGLED


def test_ac_41_a_message_that_could_end_at_two_places_is_one_refusal(alone):
    for bytes in smuggling(subrequest("/open")):
        answer = exchange(alone.listen, bytes)
        assert answer.statuses in ([400], []) and answer.closed, (bytes, answer)


def test_ac_41_nothing_is_smuggled_through_traefik(guarded):
    for bytes in smuggling(request("POST", "/secret", [("Host", "sallyport:4181")])):
        bytes = bytes.replace(b"sallyport:4181", f"app.test:{guarded.ports.https}".encode())
        answer = guarded.exchange(bytes, quiet_s=0.3)
        assert 200 not in answer.statuses, (bytes, answer)
        guarded.app.assert_untouched()


def test_ac_41_floods_of_another_protocol_are_hung_up_on(alone):
    settings = b"\0\0\0\x04\0\0\0\0\0"
    for bytes in (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08" * 1000,
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\0" * 500,
        b"\0" * 100000,
        b"GET /auth/traefik HTTP/1.1\r\n" + b"X: y\r\n" * 10000 + b"\r\n",
        b"GET /auth/traefik HTTP/1.1\r\nX: " + b"y" * (1 << 20) + b"\r\n\r\n",
        b"GET /" + b"x" * (1 << 20) + b" HTTP/1.1\r\n\r\n",
        b"G" * (1 << 20),
    ):
        answer = exchange(alone.listen, bytes)
        assert answer.closed and answer.status in (None, 400, 413, 414, 431), (bytes[:40], answer)
    assert exchange(alone.listen, subrequest("/open", more=[("Connection", "close")])).status == 200


def test_ac_45_conditions_and_ranges_get_whole_small_answers(alone):
    future = "Tue, 24 Nov 2037 00:00:00 GMT"
    conditions = [("Range", "bytes=0-1"), ("If-None-Match", "*"), ("If-Modified-Since", future)]
    long = "/" + "x" * 8000 + "?" + "y" * 7000
    for uri, (kind, shape) in itertools.product(("/secret", long, "/_sallyport/x", "/open"), KINDS.items()):
        own = [pair for pair in shape.headers if pair[0] not in ("Connection", "Upgrade")]
        fields = [("Accept", shape.accept), *conditions, ("Connection", "close"), *own]
        if shape.mode:
            fields += [("Sec-Fetch-Mode", shape.mode), ("Sec-Fetch-Dest", shape.destination)]
        answer = exchange(alone.listen, subrequest(uri, method=shape.method, more=fields))
        assert answer.status in (200, 302, 401, 404, 405), (kind, answer)
        assert len(answer.body) < expect.BODY_MAX, (kind, uri)
        assert answer.values("Content-Range") == answer.values("ETag") == [], (kind, uri)


def test_ac_48_trailers_expect_te_and_upgrade_change_nothing(guarded):
    trailers = b"0\r\nX-Forwarded-Uri: /open\r\nX-Forwarded-User: m\r\nX_Forwarded_User: m\r\n\r\n"
    chunked = [("Transfer-Encoding", "chunked"), ("Trailer", "X-Forwarded-Uri, X-Forwarded-User")]
    assert_kept_out(guarded, asked(guarded, headers=chunked, method="POST", body=trailers), 400, 401)
    for headers in (
        [("TE", "trailers, chunked")],
        [("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA")],
        [("Upgrade", "TLS/1.0")],
        [("Expect", "100-continue")],
        [("Expect", "200-ok")],
        [("Trailer", "Cookie")],
    ):
        assert_kept_out(guarded, asked(guarded, headers=headers), 400, 401, 417)

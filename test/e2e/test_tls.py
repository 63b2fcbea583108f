# SPDX-License-Identifier: Apache-2.0
"""TLS on the auth listener: between Traefik and sallyport, with certificates that are renewed meanwhile."""

import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from rig import sallyport as program
from rig.ca import Authority
from rig.dex import ADA
from rig.documents import text_of
from rig.listener import NAME, VERSIONS, Listener
from rig.process import wait_for
from rig.raw import Asker, exchange, request, subrequest
from test_attacks_load import AMBIGUOUS, NO_BODIES, last_answer, post
from test_reload import RELOAD_S, look_now

CLOSES = [("Connection", "close")]


@pytest.fixture
def listener(rig, tmp_path):
    return Listener(rig.authority, tmp_path)


def connect(sallyport, context):
    plain = socket.create_connection(sallyport.listen.split(":"), 10)
    return context.wrap_socket(plain, server_hostname="app.test")


def serial_of(sallyport, context):
    """The serial number of the certificate that a new connection gets."""
    with connect(sallyport, context) as connection:
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True)).serial_number


# ---- through Traefik -----------------------------------------------------------------------------------


class Askers:
    """Requests to Traefik on several connections until the end; each that is not an allow is an exception."""

    def __init__(self, site, n):
        self._site, self._over, self.asked_n = site, threading.Event(), 0
        self._pool = ThreadPoolExecutor(n)
        self._clients = [self._pool.submit(self._ask) for _ in range(n)]

    def _ask(self):
        with self._site.asker() as asker:
            while not self._over.is_set():
                answer = asker.send(request("GET", "/open", [("Host", f"app.test:{self._site.ports.https}")]))
                assert answer.status == 200, answer
                self.asked_n += 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over.set()
        self._pool.shutdown()
        for client in self._clients:
            client.result()


@pytest.mark.edges("3.7.15-https", "3.0.4-https")
@pytest.mark.parametrize("clients", [False, True], ids=["tls", "with client certificates"])
def test_people_sign_in_through_traefik_over_tls(make_site, listener, clients):
    def layout(routes):
        tls = listener.forward_auth(clients=clients, inline=clients)
        routes.route("app", "PathPrefix(`/`)", [routes.ask(tls=tls)])

    policies = {"default": [{"action": "public", "path": "/open"}, {"action": "allow"}]}
    site = make_site(settings={**listener.settings(clients=clients), "policies": policies}, layout=layout)
    browser = site.browser()
    visit = browser.log_in(site.url("/x"), ADA)
    assert visit.final.status == 200, visit
    ends = {use: site.sallyport.metric("sallyport_certificate_expires_seconds", use=use) for use in ("server", "client_ca")}
    assert ends["server"] > 1.7e9 and bool(ends["client_ca"]) == clients

    with Askers(site, 6) as askers:
        listener.renew()
        line = site.sallyport.wait_for_event("certificate_reloaded", RELOAD_S)
        assert line["file"] == str(listener.cert_file) and "DNS:app.test" in line["certificate"] and line["expires_at"]
        asked_n = askers.asked_n
        wait_for(lambda: askers.asked_n > asked_n + 50, "requests")
    assert browser.navigate(site.url("/y")).final.status == 200


@pytest.mark.edges("3.7.15-https")
def test_what_traefik_says_of_a_handshake_that_fails_is_in_the_documents(make_site, listener):
    stranger = listener.client(names=["other.test"])
    middlewares = {
        "bare": listener.forward_auth(),
        "stranger": {**listener.forward_auth(), "cert": str(stranger[0]), "key": str(stranger[1])},
        "distrustful": {"insecureSkipVerify": False},
    }

    def layout(routes):
        for name, tls in middlewares.items():
            routes.route(name, f"PathPrefix(`/{name}`)", [routes.ask(name, tls=tls)])

    site = make_site(settings=listener.settings(clients=True), layout=layout)
    browser = site.browser()
    for name, setting, told in (
        ("bare", "tls_client_ca_file", "showed no certificate"),
        ("distrustful", "tls_cert_file", "forwardAuth.tls.ca"),
        ("stranger", None, None),
    ):
        assert browser.navigate(site.url(f"/{name}")).final.status == 500
        if setting:
            line = site.sallyport.wait_for_event("peer_refused", setting=setting)
            assert line["client"] == "127.0.0.1" and told in line["detail"]
    page = text_of("doc/operating.md")
    for text in ("remote error: tls: certificate required", "bad certificate", "certificate signed by unknown authority"):
        assert text in site.traefik.text() and text in page, text


ELSEWHERE = "198.51.100.7"


def in_a_network(words):
    """The command in a network that has that address, from which clients are not on loopback."""
    command = f'ip link set lo up && ip addr add {ELSEWHERE}/32 dev lo && exec "$@"'
    own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", "--net", *own, "sh", "-c", command, "sh", *words]


def asked_there(sallyport, listener, files):
    """The status that a client in that network gets, or None if it is refused."""
    own = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    code = (
        "import ssl, sys; from rig.raw import exchange\n"
        "address, ca, certificate, key, question = sys.argv[1:]\n"
        "context = ssl.create_default_context(cafile=ca)\n"
        "context.load_cert_chain(certificate, key)\n"
        f"print(exchange(address, question.encode(), context=context, source='{ELSEWHERE}').status)"
    )
    arguments = [sallyport.config["listen"], listener.authority.ca_file, *files, subrequest("/open", more=CLOSES).decode()]
    done = subprocess.run(
        ["nsenter", "--target", str(sallyport.pid), "--net", *own, sys.executable, "-c", code, *map(str, arguments)],
        cwd=Path(__file__).parent, capture_output=True, text=True, timeout=30, check=False,
    )
    return int(done.stdout) if done.returncode == 0 else None


def test_trusted_proxies_count_beside_client_certificates_only_where_they_are_set(make_sallyport, listener):
    files = listener.client()
    settings = {**listener.settings(clients=True), "listen": f"{ELSEWHERE}:4181"}
    anywhere = make_sallyport(settings, start=in_a_network)
    assert asked_there(anywhere, listener, files) == 200
    set_too = make_sallyport({**settings, "trusted_proxies": ["127.0.0.0/8"]}, start=in_a_network)
    assert asked_there(set_too, listener, files) is None
    assert set_too.wait_for_event("peer_refused", setting="trusted_proxies")["client"] == ELSEWHERE


def test_a_name_may_be_a_uri(make_sallyport, listener):
    uri = "spiffe://cluster.local/ns/ingress/sa/traefik"
    sallyport = make_sallyport({**listener.settings(clients=True), "tls_client_names": ["other.test", uri]})
    context = listener.context(listener.client(names=["app.test", uri]))
    assert exchange(sallyport.listen, subrequest("/open", more=CLOSES), context=context).status == 200


# ---- the same as without -------------------------------------------------------------------------------

HOST = [("Host", "app.test"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "app.test")]
QUESTIONS = {
    **NO_BODIES,
    **{f"{title}, behind another request": subrequest("/open") + bytes for title, bytes in NO_BODIES.items()},
    **{title: post("/auth/traefik", *lines) for title, lines in AMBIGUOUS.items()},
    "an allow": subrequest("/open", more=CLOSES),
    "an anonymous user": subrequest("/", more=CLOSES),
    "two together": subrequest("/open") + subrequest("/open", more=CLOSES),
    "a head that is too large": subrequest("/open", more=[("X-Padding", "x" * 70000)]),
    "two hosts": request("GET", "/auth/traefik", [*HOST, ("Host", "app.test")]),
    "bare line feeds": subrequest("/open").replace(b"\r\n", b"\n"),
    "a folded line": subrequest("/open", more=["X-A: b", " c"]),
    "no HTTP": b"nothing of the kind\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}


@pytest.fixture
def both(make_sallyport, listener):
    """The same without TLS and over it."""
    return make_sallyport(), make_sallyport(listener.settings())


def essence(answer):
    bytes = last_answer(answer)
    return bytes.statuses, bytes.reason, answer.closed


def test_answers_over_tls_are_those_without(both, listener):
    plain, secure = both
    with ThreadPoolExecutor(8) as pool:
        context = listener.context()
        expected = [pool.submit(exchange, plain.listen, bytes, quiet_s=3) for bytes in QUESTIONS.values()]
        got = [pool.submit(exchange, secure.listen, bytes, quiet_s=3, context=context) for bytes in QUESTIONS.values()]
    for title, one, other in zip(QUESTIONS, expected, got):
        assert essence(one.result()) == essence(other.result()), title


def test_a_request_may_come_byte_by_byte_and_others_behind_it(both, listener):
    _, secure = both
    for version in VERSIONS:
        with connect(secure, listener.context(version=version)) as connection:
            connection.settimeout(10)
            for byte in subrequest("/open"):
                connection.sendall(bytes((byte,)))
            connection.sendall(subrequest("/open") + subrequest("/open", more=CLOSES))
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            assert answer.count(b"HTTP/1.1 200 OK\r\n") == 3 and connection.version() in ("TLSv1.2", "TLSv1.3")


def test_nothing_is_resumed(both, listener):
    _, secure = both
    for version in VERSIONS:
        context = listener.context(version=version)
        with connect(secure, context) as first:
            first.sendall(subrequest("/open"))
            assert first.recv(65536).startswith(b"HTTP/1.1 200")
            session = first.session
        assert session is None or not session.has_ticket
        with connect(secure, context) as second:
            assert not second.session_reused


# ---- files that change ---------------------------------------------------------------------------------


class Load:
    """Clients that send requests over new and persistent connections until the end; each failure is an exception."""

    def __init__(self, sallyport, context):
        self._over, self.asked_n = threading.Event(), 0
        self._sallyport, self._context = sallyport, context
        self._pool = ThreadPoolExecutor(2)
        self._clients = [self._pool.submit(self._ask_anew), self._pool.submit(self._ask_again)]

    def _ask_anew(self):
        while not self._over.is_set():
            answer = exchange(self._sallyport.listen, subrequest("/open", more=CLOSES), context=self._context)
            assert answer.status == 200, answer
            self.asked_n += 1

    def _ask_again(self):
        with Asker(self._sallyport.listen, context=self._context) as asker:
            while not self._over.is_set():
                assert asker.ask("/open").status == 200

    def __enter__(self):
        return self

    def goes_on(self):
        asked_n = self.asked_n
        wait_for(lambda: self.asked_n > asked_n + 5 or any(client.done() for client in self._clients), "requests")
        assert not any(client.done() for client in self._clients)

    def __exit__(self, *_):
        self._over.set()
        self._pool.shutdown()
        for client in self._clients:
            client.result()


def test_ac_74_a_certificate_is_renewed_under_load_and_bad_files_change_nothing(make_sallyport, listener):
    sallyport = make_sallyport({**listener.settings(clients=True), "threads": 2})
    context = listener.context(listener.client())
    with Load(sallyport, context) as load:
        for _ in range(3):
            listener.renew()
            look_now(sallyport, "ok")
            wait_for(lambda: serial_of(sallyport, context) == listener.serial_shown(), "the new certificate")
            load.goes_on()
        shown, certificate = listener.serial_shown(), listener.cert_file.read_text()
        ca = listener.client_ca_file.read_text()
        for file, make, told in (
            (listener.cert_file, lambda path: path.write_text("garbage"), "it contains no PEM certificate"),
            (listener.cert_file, lambda path: path.write_text(certificate[:200]), "truncated or damaged"),
            (listener.cert_file, os.mkfifo, "not a regular file"),
            (listener.key_file, lambda path: path.write_text(""), "it contains no PEM private key"),
            (listener.client_ca_file, lambda path: path.write_text(certificate), "not a CA certificate"),
        ):
            file.unlink()
            make(file)
            file.chmod(0o600)
            line = look_now(sallyport, "failed")
            assert line["file"] == str(file) and told in line["detail"]
            load.goes_on()
            file.unlink()
            listener.client_ca_file.write_text(ca)
            listener.link()
        listener.renew(begins_h=-2, ends_h=-1)
        assert "expired at" in look_now(sallyport, "failed")["detail"]
        assert serial_of(sallyport, context) == shown
        load.goes_on()
    assert len(sallyport.events("certificate_reloaded")) == 3


def test_names_that_are_taken_out_count_for_new_connections(make_sallyport, listener):
    sallyport = make_sallyport(listener.settings(clients=True))
    context = listener.context(listener.client())
    with Asker(sallyport.listen, context=context) as kept:
        assert kept.ask("/open").status == 200
        path = sallyport.folder / "sallyport.yaml"
        path.write_text(path.read_text().replace(NAME, "other.test"))
        look_now(sallyport, "ok")
        wait_for(lambda: is_refused(sallyport, context), "the new names")
        assert kept.ask("/open").status == 200


def is_refused(sallyport, context):
    try:
        return exchange(sallyport.listen, subrequest("/open", more=CLOSES), context=context).bytes == b""
    except OSError:
        return True


def test_a_connection_without_a_request_ends_with_close_notify(make_sallyport, listener, clock):
    sallyport = make_sallyport(listener.settings(), env=clock.env)
    with connect(sallyport, listener.context()) as connection:
        connection.suppress_ragged_eofs = False
        connection.sendall(subrequest("/open"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        clock.pass_time(121)
        assert connection.recv(1) == b""


def test_tls_begins_and_ends_with_a_start_only(make_sallyport, listener):
    sallyport = make_sallyport(listener.settings())
    path = sallyport.folder / "sallyport.yaml"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("tls_")))
    look_now(sallyport, "ok")
    for setting in ("tls_cert_file", "tls_key_file"):
        assert "restart sallyport" in sallyport.wait_for_event("warning", setting=setting)["detail"]
    assert exchange(sallyport.listen, subrequest("/open", more=CLOSES), context=listener.context()).status == 200


# ---- check ---------------------------------------------------------------------------------------------


def test_check_tells_what_is_in_the_files(make_sallyport, listener, tmp_path):
    sallyport = make_sallyport(listener.settings(clients=True))
    config = sallyport.folder / "sallyport.yaml"
    told = program.run("check", "--config", config).stderr
    assert f"{listener.cert_file}: the certificate is for DNS:app.test, IP, IP, and expires at 20" in told
    assert f"{listener.client_ca_file}: the first CA certificate expires at 20" in told
    listener.key_file.chmod(0o644)
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other", ["x.test"])
    listener.cert_file.write_bytes(other.cert_file.read_bytes())
    done = program.run("check", "--config", config, check=False)
    assert done.returncode == 1
    assert f"{listener.key_file}: error: everybody can read it; run chmod 600 on the file" in done.stderr
    assert f"{listener.key_file}: error: it is not the key of the first certificate in {listener.cert_file}" in done.stderr

# SPDX-License-Identifier: Apache-2.0
"""Attacks on configuration, secrets, listeners and failures; doc/security.md has the table of all."""

import re
import signal
import socket
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from rig import expect
from rig import sallyport as program
from rig.dex import Client
from rig.flow import attempt, begun, log_in
from rig.issuer import Answer, json_answer
from rig.keys import Key
from rig.raw import NAVIGATION, Asker, exchange, request, subrequest

pytestmark = pytest.mark.edges("3.7.15-https")
POLICIES = {"default": [{"action": "public", "path": "/open"}, {"action": "allow"}]}


@pytest.fixture
def issuer(make_issuer):
    return make_issuer(keys=[Key("ES256")])


@pytest.fixture
def scripted(make_site, issuer):
    client = Client(issuer.client_id, issuer.client_secret)
    return make_site(issuer=issuer.url, client=client, settings={"policies": POLICIES})


# ---- AC 24, 42: when something fails -------------------------------------------------------------------


def dripping(_question):
    """A document that is sent continuously and never ends."""

    def spaces():
        for _ in range(600):
            yield b" "
            time.sleep(0.1)

    return Answer(200, spaces(), {"Content-Type": "application/json"})


def test_ac_24_a_document_that_drips_holds_up_nothing(make_sallyport, issuer):
    issuer.on["discovery"] = dripping
    sallyport = make_sallyport({"policies": POLICIES}, issuer=issuer, waits=False)
    with Asker(sallyport.listen) as asker:
        assert asker.ask("/open").status == 200
        answer = asker.ask("/secret", more=NAVIGATION)
        assert answer.status == 503 and answer.reason == "issuer_unavailable", answer
    assert issuer.wait_for("discovery") and sallyport.admin("/readyz")[0] == 200


@pytest.mark.long
@pytest.mark.parametrize("document", ["discovery", "keys", "token"])
def test_ac_24_a_document_that_drips_is_given_up(make_sallyport, issuer, document):
    issuer.on[document] = dripping
    sallyport = make_sallyport({"policies": POLICIES}, issuer=issuer, waits=document == "token")
    if document != "token":
        assert sallyport.wait_for_event("issuer_failed", deadline_s=12)
        return
    with Asker(sallyport.listen) as asker:
        flow, begin = begun(asker, issuer), time.monotonic()
        answer = flow.complete()
    assert answer.status == 503 and answer.reason == "issuer_unavailable" and not flow.session, answer
    assert time.monotonic() - begin < 10


def test_ac_42_without_sallyport_nobody_gets_in(scripted, browser):
    assert browser.navigate(scripted.url("/x")).final.status == 200
    scripted.app.seen.clear()
    scripted.sallyport.stop()
    for kind, target in (("navigation", "/x"), ("fetch", "/x"), ("api", "/open"), ("websocket", "/ws")):
        assert browser.send(kind, scripted.url(target), initiator=scripted.url("/")).status >= 500, kind
    scripted.app.assert_untouched()


def test_ac_42_a_request_that_nobody_answers_lets_nobody_in(scripted, browser):
    """The process hangs, like one without memory; waiting requests are answered once it continues."""
    browser.navigate(scripted.url("/x"))
    scripted.app.seen.clear()
    scripted.sallyport.child.send_signal(signal.SIGSTOP)
    try:
        host = ("Host", f"app.test:{scripted.ports.https}")
        answer = scripted.exchange(request("GET", "/secret", [host]), quiet_s=1)
        assert answer.bytes == b"", answer
    finally:
        scripted.sallyport.child.send_signal(signal.SIGCONT)
    scripted.app.assert_untouched()
    assert browser.send("navigation", scripted.url("/y")).status == 200


def test_ac_42_an_issuer_that_fails_in_the_middle_of_a_login_gives_no_session(make_sallyport, issuer):
    sallyport = make_sallyport({"policies": POLICIES}, issuer=issuer)
    with Asker(sallyport.listen) as asker:
        session = log_in(asker, issuer).session
        for status in (404, 429, 500, 502, 503):
            issuer.on["token"] = lambda question, status=status: Answer(status)
            flow, answer = attempt(asker, issuer)
            assert answer.status >= 400 and not flow.session, (status, answer)
            assert asker.ask("/secret", cookie=session).status == 200
        issuer.on.clear()
        assert attempt(asker, issuer)[0].session


# ---- AC 27, 43: configuration and secrets --------------------------------------------------------------


def refuses_to_start(sallyport):
    """`serve` exits with 1 at once, states why, and never listens."""
    done = program.run("serve", "--config", sallyport.folder / "sallyport.yaml", check=False)
    assert done.returncode == 1 and "error" in done.stderr and '"event":"start"' not in done.stdout, done
    return done.stderr


@pytest.fixture
def stopped(make_sallyport, issuer):
    """A sallyport that has run, whose files a test can damage."""
    sallyport = make_sallyport({"policies": POLICIES}, issuer=issuer)
    sallyport.stop()
    return sallyport


MISSPELT = (
    [{"acton": "allow"}],
    [{"action": "alow"}],
    [{"action": "Allow"}],
    [{"action": "allow", "grup": "ops"}],
    [{"action": "allow", "groups": ["ops"]}],
    [{"action": "allow", "group": []}],
    [{"action": "allow", "email": []}],
    [{"action": "allow", "group": ""}],
    [{"action": "allow", "group": None}],
    [{"action": "allow", "email_domain": "@ok.com"}],
    [{"action": "public", "path_prefix": "assets"}],
    [{"action": "public", "path": "/a/*"}],
    [{"action": "public", "path_prefix": "/a/../b"}],
    [{"action": "public", "cors_preflight": "maybe"}],
    [{"action": "allow", "host": "https://app.test"}],
    [{"action": "allow", "host": "*"}],
    [{"action": "deny", "method": "get /"}],
    [{"group": "ops"}],
    [[]],
    [],
    "authenticate",
    "allow",
    None,
)


def test_ac_27_a_policy_that_does_not_mean_what_it_says_refuses_the_start(stopped):
    path = stopped.folder / "sallyport.yaml"
    config = program.yaml.safe_load(path.read_text())
    for policy in MISSPELT:
        path.write_text(program.yaml.safe_dump({**config, "policies": {"default": policy}}))
        assert re.search(r"sallyport\.yaml:\d+:\d+: error", refuses_to_start(stopped)), policy
    for change in ({"polices": {"default": "authenticated"}}, {"policies": {"Default": "authenticated"}}):
        path.write_text(program.yaml.safe_dump({**config, **change}))
        refuses_to_start(stopped)


def test_ac_27_a_claim_that_is_missing_holds_no_rule(make_sallyport, issuer):
    rules = [
        {"action": "allow", "path": "/group", "group": "ops"},
        {"action": "allow", "path": "/email", "email": "ada@example.com"},
        {"action": "allow", "path": "/domain", "email_domain": "example.com"},
    ]
    settings = {"policies": {"default": rules}, "username_claim": "sub"}
    sallyport = make_sallyport(settings, issuer=issuer)
    issuer.people["bare"] = {"sub": "user-1"}
    with Asker(sallyport.listen) as asker:
        full, bare = (log_in(asker, issuer, who, uri="/group").session for who in ("", "bare"))
        for path in ("/group", "/email", "/domain"):
            assert asker.ask(path, cookie=full).status == 200, path
            answer = asker.ask(path, cookie=bare)
            assert answer.status == 403 and answer.reason == "policy_denied", (path, answer)
        assert asker.ask("/else", cookie=full).status == 403


WEAK_KEYS = (
    "",
    "\n",
    "# nothing\n",
    "k1\n",
    "k1 changeme\n",
    "k1 replace-this-with-the-key-from-sallyport-keygen\n",
    "k1 " + "A" * 43 + "\n",
    "k1 " + "AAEC" * 10 + "AAE\n",
    "k1 " + "x" * 42 + "\n",
    "k1 " + "x" * 64 + "\n",
    "changeme",
    "\0" * 43,
)


def test_ac_43_keys_that_are_no_secret_refuse_the_start(stopped):
    keys = stopped.folder / "keys"
    good = keys.read_text()
    for text in WEAK_KEYS:
        keys.write_text(text)
        refuses_to_start(stopped)
    for text in (good.rstrip("\n"), good + "\n\n", good.replace("\n", "\r\n")):
        keys.write_text(text)
        done = program.run("check", "--config", stopped.folder / "sallyport.yaml", check=False)
        assert done.returncode in (0, 1) and good.split()[-1] not in done.stdout + done.stderr
    keys.write_text(good)
    keys.chmod(0o644)
    refuses_to_start(stopped)
    keys.unlink()
    refuses_to_start(stopped)


def test_ac_43_a_client_secret_that_is_none_refuses_the_start(stopped):
    secret = stopped.folder / "client-secret"
    for text in ("", "\n", "changeme", "change-me\n", "Password", " with-a-space-before-it", "a\0b", "a\nb"):
        secret.write_text(text)
        told = refuses_to_start(stopped)
        assert "client-secret" in told and "with-a-space" not in told, told
    secret.unlink()
    refuses_to_start(stopped)


def test_ac_43_a_line_end_is_no_part_of_a_secret(make_sallyport, issuer):
    sallyport = make_sallyport({"policies": POLICIES}, issuer=issuer)
    sallyport.stop()
    for end in ("", "\n", "\r\n"):
        (sallyport.folder / "client-secret").write_text(issuer.client_secret + end)
        settings = {"policies": POLICIES, "client_secret_file": str(sallyport.folder / "client-secret")}
        again = make_sallyport(settings, issuer=issuer)
        with Asker(again.listen) as asker:
            assert log_in(asker, issuer).session
        again.stop()


# ---- AC 44, 46: what is disclosed ----------------------------------------------------------------------


def test_ac_44_nothing_secret_is_in_log_metrics_or_pages(make_sallyport, issuer):
    """All secrets of a login and of failed logins, at the most verbose log level."""
    tokens = []

    def keep(question):
        answer = issuer.honest(question)
        tokens.append(answer.body.decode())
        return answer

    issuer.on["token"] = keep
    settings = {"policies": POLICIES, "log_level": "debug", "log_access": True, "userinfo": True}
    sallyport = make_sallyport(settings, issuer=issuer)
    pages, secrets = [], {issuer.client_secret, (sallyport.folder / "keys").read_text().split()[-1]}
    with Asker(sallyport.listen) as asker, Asker(sallyport.pages_listen) as direct:
        flow, answer = attempt(asker, issuer, uri="/x?private=parameter")
        pages.append(answer)
        secrets |= set(flow.cookies.values()) | {"private=parameter"}
        for broken in (lambda text: text[:-9] + "AAAAAAAAA", lambda text: "secret-that-is-no-token"):
            issuer.on["token"] = lambda question, broken=broken: json_answer(
                {"access_token": "at-secret", "token_type": "Bearer", "id_token": broken("x" * 200)}
            )
            failed = begun(asker, issuer)
            secrets |= set(failed.cookies.values()) | {"secret-that-is-no-token", "at-secret"}
            pages.append(failed.complete())
            secrets |= {value for value in parse_qs(urlsplit(failed.callback).query)["code"]} | {failed.state}
        issuer.on["userinfo"] = lambda question: json_answer({"sub": "secret-other"})
        issuer.on["token"] = keep
        pages.append(attempt(asker, issuer)[1])
        host = [("Host", "app.test"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "app.test")]
        for target in ("/_sallyport/me", "/_sallyport/logout", "/_sallyport/x"):
            pages.append(direct.send(request("GET", target, [*host, ("Cookie", flow.session)])))
        for uri in ("/x", "/_sallyport/logout"):
            pages.append(asker.ask(uri, cookie=flow.session, more=NAVIGATION))
        pages.append(asker.ask("/x?private=parameter", cookie=flow.session[:-3]))
    for body in tokens:
        secrets |= {value for value in re.findall(r'"((?:[\w-]+\.){2}[\w-]+|[0-9a-f]{32})"', body)}
    secrets |= {value for page in pages for value in re.findall(r"nonce=([\w-]{43})", str(page.location))}
    sallyport.wait_for_event("login_failed")
    told = [sallyport.text(), sallyport.error_text(), sallyport.admin("/metrics")[1]]
    shown = [page.body.decode() for page in pages]
    assert len(secrets) >= 12 and len(pages) >= 8
    assert {secret for secret in secrets for text in told if secret in text} == set()
    secrets.remove("private=parameter")  # part of the user's own address, to which a page may link
    assert {secret for secret in secrets for text in shown if secret in text} == set()


def test_ac_91_the_log_shows_a_terminal_nothing_that_it_would_obey_or_hide(sallyport):
    """C1 controls, line separators, bidirectional marks, and characters without width."""
    odd = "\x9b31m\x85\u2028\u202e\u2066\u061c\u200b\ufeff\U000e0041"
    line = odd.encode().decode("latin-1")
    with Asker(sallyport.listen) as asker:
        assert asker.ask(f"/{line}").status == 401
    entry = sallyport.wait_for_event("decision", path=f"/{odd}")
    assert entry["reason"] == "no_session"
    assert sallyport.text().isascii()


@pytest.mark.edges("3.7.15-https", "3.0.4-https")
def test_ac_44_ac_46_every_refusal_is_kept_by_nobody_and_tells_no_referrer(scripted, browser):
    stranger = scripted.browser()
    callback = "/_sallyport/callback"
    targets = ("/x", "/_sallyport/login", "/_sallyport/login?rd=//x", "/_sallyport/logout", "/_sallyport/x")
    seen = []
    for kind in ("navigation", "form", "frame", "prefetch", "fetch", "websocket"):
        seen += [stranger.send(kind, scripted.url(target), initiator=scripted.url("/")) for target in targets]
    visit = browser.navigate(scripted.url("/x"))
    seen += [visit[0], visit.hop(callback), browser.send("navigation", visit.hop(callback).url)]
    seen.append(browser.send("navigation", scripted.url("/_sallyport/signed-out")))
    seen.append(browser.send("navigation", scripted.url(callback)))
    seen += browser.navigate(scripted.url("/_sallyport/logout"))
    seen.append(browser.send("api", scripted.url("/x"), headers={"X.Forwarded.User": "x"}))
    for response in seen:
        assert response.status != 200, str(response)
        expect.refusal(response, response.status, response.reason)
        assert response.value("ETag") is response.value("Last-Modified") is response.value("Expires") is None
        if response.value("Content-Type") and response.value("Content-Type").startswith("text/html"):
            expect.page(response, response.status, response.reason)
    assert {response.status for response in seen} >= {302, 303, 400, 401, 403, 404}


# ---- AC 10, 47: the admin listener ---------------------------------------------------------------------


def test_ac_10_ac_47_probes_and_metrics_are_on_their_own_listener_alone(scripted):
    host = ("Host", f"app.test:{scripted.ports.https}")
    sallyport = scripted.sallyport
    addresses = (sallyport.listen, sallyport.pages_listen)
    for path in ("/healthz", "/readyz", "/metrics", "/debug/pprof/", "/debug/vars", "/admin", "/config"):
        answer = scripted.exchange(request("GET", path, [host, ("Connection", "close")]))
        assert answer.status == 401 and answer.reason == "no_session", (path, answer)
        for address in addresses:
            answer = exchange(address, request("GET", path, [("Host", "x"), ("Connection", "close")]))
            assert answer.status in (400, 404) and b"sallyport_" not in answer.bytes, (address, path, answer)
    scripted.app.assert_untouched()


def test_ac_47_the_admin_listener_is_on_loopback_and_takes_no_question(make_sallyport, issuer):
    sallyport = make_sallyport({"policies": POLICIES}, issuer=issuer)
    port = int(sallyport.admin_listen.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), 2)
    for bytes in (
        subrequest("/open", more=[("Connection", "close")]),
        request("GET", "/auth/traefik", [("Host", "x"), ("Connection", "close")]),
        request("POST", "/metrics", [("Host", "x"), ("Connection", "close"), ("Content-Length", "0")]),
        request("GET", "/metrics/..;/healthz", [("Host", "x"), ("Connection", "close")]),
        request("GET", "//metrics", [("Host", "x"), ("Connection", "close")]),
    ):
        answer = exchange(sallyport.admin_listen, bytes)
        assert answer.status in (400, 404, 405), (bytes, answer)
        assert answer.values("X-Forwarded-User") == []

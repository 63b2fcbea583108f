# SPDX-License-Identifier: Apache-2.0
"""Programs that send an ID token of the issuer with each request: `bearer_audiences`."""

import base64
import json
import socket
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest
from rig import expect
from rig.bound import KEY, chain
from rig.dex import ADA, GRACE, Client
from rig.issuer import Answer, Hold, Issuer
from rig.keys import Key, b64_json
from rig.process import wait_for
from rig.raw import Asker, request
from rig.sallyport import run
from rig.traefik import IDENTITY_HEADERS
from test_backchannel_logout import logout_token, told
from test_layouts import pages_beside

pytestmark = pytest.mark.edges("3.7.15-https")
CLIENT = Client("sallyport", "secret-of-the-scripted-issuer")
SCOPES = "openid email profile groups"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def asked(site, token, kind="api", target="/x", **options):
    return site.browser().send(kind, site.url(target), headers=bearer(token), **options)


def assert_refused(answer, why):
    document = expect.problem(answer, 401, "bearer_invalid")
    assert why in document["detail"] and "kubectl oidc-login clean" in document["detail"], document
    challenge = answer.value("WWW-Authenticate")
    assert challenge.startswith('Bearer realm="sallyport", error="invalid_token", error_description="'), challenge


# ---- real Dex ---------------------------------------------------------------------------------------------


def tokens_of(site, client, user=ADA):
    """The token that Dex issues to a program of this client for a name and a password."""
    form = {
        "grant_type": "password",
        "client_id": client.id,
        "client_secret": client.secret,
        "scope": SCOPES,
        "username": user.email,
        "password": user.password,
    }
    answer = site.browser().send(
        "command-line",
        f"{site.issuer}/token",
        method="POST",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urllib.parse.urlencode(form).encode(),
    )
    assert answer.status == 200, answer.text
    return answer.json()


def taking(client):
    return {"bearer_audiences": [client.id], "log_access": True}


def test_tokens_of_dex_are_their_user_access_tokens_too(make_site, rig):
    site = make_site(
        settings={**taking(rig.dex.public), "policies": {"default": [{"action": "allow", "group": "ops"}]}},
        layout=pages_beside,
    )
    tokens = tokens_of(site, rig.dex.public)
    for name in ("id_token", "access_token"):
        for kind in ("api", "navigation", "websocket"):
            answer = asked(site, tokens[name], kind)
            assert answer.status in (200, 101), (name, kind, answer)
            seen = site.app.last
            assert seen.value("X-Forwarded-User") == ADA.email and seen.value("X-Forwarded-Groups") == "ops"
    me = asked(site, tokens["id_token"], target="/_sallyport/me").json()
    assert (me["user"], me["session"]) == (ADA.email, None) and me["bearer"]["expires_at"] > me["bearer"]["issued_at"]
    line = site.sallyport.wait_for_event("decision", user=ADA.email)
    assert line["bearer"] and "session" not in line
    assert tokens["id_token"] not in site.sallyport.text()

    grace = tokens_of(site, rig.dex.public, GRACE)["id_token"]
    expect.problem(asked(site, grace), 403, "policy_denied")


def test_ac_56_a_token_for_another_cluster_is_worth_nothing_here(make_site, rig):
    site = make_site(settings=taking(rig.dex.public))
    elsewhere = tokens_of(site, rig.dex.confidential)
    for name in ("id_token", "access_token"):
        assert_refused(asked(site, elsewhere[name]), '"aud" has none of the accepted audiences')
        page = expect.page(asked(site, elsewhere[name], "navigation"), 401, "bearer_invalid")
        assert "Sign in" in page.text
    site.app.assert_untouched()


def test_a_user_whose_sessions_are_ended_needs_a_new_token(make_site, rig):
    site = make_site(settings=taking(rig.dex.public), layout=pages_beside)
    token = tokens_of(site, rig.dex.public)["id_token"]
    subject = asked(site, token, target="/_sallyport/me").json()["subject"]
    done = run("revoke", "--config", site.sallyport.folder / "sallyport.yaml", "--sub", subject)
    assert done.returncode == 0
    assert_refused(asked(site, token), "issued before the sessions of its user were ended")

    def is_taken():
        return asked(site, tokens_of(site, rig.dex.public)["id_token"]).status == 200

    wait_for(is_taken, "a token of the next second")


# ---- a scripted issuer ------------------------------------------------------------------------------------


@pytest.fixture
def issuer(make_issuer):
    return make_issuer(keys=[Key("ES256")])


@pytest.fixture
def site(make_site, issuer):
    return make_site(issuer=issuer.url, client=CLIENT, layout=pages_beside, settings={"bearer_audiences": "kubectl"})


token_of = Issuer.bearer


def test_a_valid_cookie_wins_and_one_that_does_not_open_is_passed_over(site, issuer):
    token = token_of(issuer, sub="user-2", email="ben@example.com")
    browser = site.browser()
    assert browser.navigate(site.url("/x")).final.status == 200
    assert browser.send("fetch", site.url("/x"), initiator=site.url("/"), headers=bearer(token)).status == 200
    assert site.app.last.value("X-Forwarded-User") == "ada@example.com"
    assert browser.send("fetch", site.url("/x"), initiator=site.url("/"), headers=bearer("x.y.z")).status == 200

    cookie = {"Cookie": "__Host-sallyport=AAAA"}
    assert site.browser().send("api", site.url("/x"), headers={**cookie, **bearer(token)}).status == 200
    assert site.app.last.value("X-Forwarded-User") == "ben@example.com"


def test_a_foreign_token_is_nobodys_and_no_error(site, issuer):
    foreign = token_of(issuer, iss="https://another.example")
    for token in (foreign, "glsa_of-grafana", "a.b.c"):
        answer = asked(site, token)
        expect.problem(answer, 401, "no_session")
        assert answer.value("WWW-Authenticate") == 'Cookie realm="sallyport", Bearer realm="sallyport"'
        assert asked(site, token, "navigation").status == 302
    assert site.sallyport.metric("sallyport_bearer_tokens_total", result="foreign") == 6


def test_two_authorization_lines_are_refused(site, issuer):
    line = ("Authorization", f"Bearer {token_of(issuer)}")
    with Asker(site.sallyport.listen) as asker:
        assert asker.ask("/x", more=[line]).status == 200
        answer = asker.ask("/x", more=[line, ("authorization", "Basic YTpi")])
        assert (answer.status, answer.reason) == (400, "duplicate_header")


def test_ac_35_a_logout_token_is_no_identity(site, issuer):
    for header in ({"typ": "logout+jwt"}, {"typ": None}):
        assert_refused(asked(site, logout_token(issuer, header=header, aud="kubectl")), "")
    assert_refused(asked(site, token_of(issuer, header={"typ": "at+jwt"})), "it is a token of another kind")
    assert asked(site, token_of(issuer, header={"typ": "application/jwt"})).status == 200


KUBERNETES = "https://kubernetes.default.svc.cluster.local"


def test_ac_63_tokens_of_listed_issuers_pass_unread_and_no_others(make_site, issuer):
    rules = [{"action": "passthrough", "path_prefix": "/api"}, {"action": "allow"}]
    site = make_site(
        issuer=issuer.url,
        client=CLIENT,
        layout=tokens_listed,
        settings={
            "bearer_audiences": "kubectl",
            "passthrough_issuers": KUBERNETES,
            "policies": {"default": rules},
        },
    )
    of_account = Key("RS256", "of-the-cluster").sign({"iss": KUBERNETES, "sub": "system:serviceaccount:a:b"})
    for kind in ("api", "websocket"):
        assert asked(site, of_account, kind, "/api/v1/pods").status in (200, 101)
        seen = site.app.last
        assert seen.value("Authorization") == f"Bearer {of_account}" and not seen.values("X-Forwarded-User")
    browser = site.browser()
    assert browser.navigate(site.url("/x")).final.status == 200
    assert not site.app.last.values("Authorization")

    api = site.url("/api/v1/pods")
    for answer, reason in (
        (browser.send("fetch", api, initiator=site.url("/")), "no_session"),
        (asked(site, token_of(issuer), target="/api/v1/pods"), "bearer_invalid"),
        (asked(site, token_of(issuer, iss="https://another.example"), target="/api/v1/pods"), "no_session"),
    ):
        expect.problem(answer, 401, reason)
        assert answer.value("WWW-Authenticate").startswith("Bearer ") and "login" not in answer.json()
    expect.page(browser.send("navigation", api), 401, "no_session")
    impersonating = {**bearer(of_account), "Impersonate-User": "admin"}
    expect.problem(site.browser().send("api", api, headers=impersonating), 403, "impersonation_header")


def tokens_listed(routes):
    """Authorization is deleted if an allow has none."""
    routes.route("app", "PathPrefix(`/`)", [routes.ask(headers=(*IDENTITY_HEADERS, "Authorization"))])


def test_ac_11_ac_49_what_is_open_to_all_tells_of_no_user_whatever_the_token(make_site, issuer):
    rules = [{"action": "public", "cors_preflight": True}, {"action": "public", "path": "/open"}, {"action": "allow"}]
    settings = {"bearer_audiences": "kubectl", "policies": {"default": rules}}
    site = make_site(issuer=issuer.url, client=CLIENT, settings=settings)
    token = token_of(issuer)
    for kind, target in (("preflight", "/x"), ("api", "/open")):
        assert asked(site, token, kind, target).status == 200
        assert not site.app.last.values("X-Forwarded-User")
    assert asked(site, token).status == 200 and site.app.last.values("X-Forwarded-User")


def test_ac_65_no_token_like_a_good_one_passes(site, issuer):
    token = token_of(issuer)
    assert asked(site, token).status == 200
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    now = int(time.time())
    like = {
        "another signature": f"{header}.{payload}.{signature[:-8]}AAAAAAAA",
        "cut": token[:-1],
        "longer": token + "A",
        "no signature": f"{header}.{payload}.",
        "no third part": f"{header}.{payload}",
        "alg none": f"{b64_json({'alg': 'none'})}.{payload}.",
        "alg none, signed": f"{b64_json({'alg': 'none'})}.{payload}.{signature}",
        "alg HS256": f"{b64_json({'alg': 'HS256', 'kid': issuer.keys[0].kid})}.{payload}.{signature}",
        "another kid": f"{b64_json({'alg': 'ES256', 'kid': 'other'})}.{payload}.{signature}",
        "another user": f"{header}.{b64_json({**claims, 'sub': 'admin'})}.{signature}",
        "expired": token_of(issuer, iat=now - 700, exp=now - 100),
        "not yet": token_of(issuer, nbf=now + 100),
        "of a stranger": token_of(issuer, key=Key("ES256", issuer.keys[0].kid)),
    }
    for what, altered in like.items():
        answer = asked(site, altered)
        assert (answer.status, answer.reason) == (401, "bearer_invalid"), (what, answer.text)
    assert asked(site, token).status == 200


def test_ac_65_a_token_ends_with_its_key_and_with_the_sessions_of_its_user(site, issuer):
    token = token_of(issuer, sid="s1")
    other = token_of(issuer, sid="s2")
    assert asked(site, token).status == asked(site, other).status == 200
    assert told(site, logout_token(issuer, sid="s1")).status == 200
    assert_refused(asked(site, token), "issued before the sessions of its user were ended")
    assert asked(site, other).status == 200

    issuer.keys[:] = [Key("ES256", "new")]
    assert asked(site, token_of(issuer, sid="s2")).status == 200  # the key is fetched, and the old one is removed
    assert_refused(asked(site, other), "no key")


def test_ac_65_forged_tokens_fetch_the_keys_a_few_times_and_keep_nobody_out(site, issuer):
    stranger = Key("ES256", "unknown")
    tokens = [token_of(issuer, key=stranger, jti=str(number)) for number in range(200)]
    with ThreadPoolExecutor(4) as pool, Asker(site.sallyport.listen) as asker:
        answers = list(pool.map(lambda token: ask_alone(site, token), tokens))
        assert set(answers) <= {(401, "bearer_invalid"), (503, "overloaded")}, set(answers)
        assert asker.ask("/x", more=[("Authorization", f"Bearer {token_of(issuer)}")]).status == 200
    assert len(issuer.questions("keys")) <= 4
    issuer.keys[:] = [Key("ES256", "new")]
    assert site.browser().navigate(site.url("/x")).final.status == 200  # a sign-in fetches the key that it needs


def ask_alone(site, token):
    with Asker(site.sallyport.listen) as asker:
        answer = asker.ask("/x", more=[("Authorization", f"Bearer {token}"), ("Accept", "application/json")])
        return answer.status, answer.reason


def test_while_keys_cannot_be_fetched_a_token_of_a_known_key_passes_and_others_are_503(site, issuer):
    good = token_of(issuer)
    held = issuer.on["keys"] = Hold(issuer.honest)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(ask_alone, site, token_of(issuer, key=Key("ES256", "unknown")))
        assert held.reached.wait(20)
        assert asked(site, good).status == 200
        held.release()
        assert late.result(20) == (401, "bearer_invalid")
    issuer.on["keys"] = lambda _question: Answer(503)
    answer = ask_alone(site, token_of(issuer, key=Key("ES256", "unknown too")))
    assert answer == (503, "issuer_unavailable")
    assert asked(site, good).status == 200


# ---- many groups, streams, and sessions that keep their token -----------------------------------------------


def impersonating(routes):
    headers = ("Impersonate-User", "Impersonate-Group")
    routes.route("app", "PathPrefix(`/`)", [routes.ask(target="/auth/traefik?headers=impersonate", headers=headers)])


def test_ac_59_every_group_of_a_long_token_arrives_in_a_line_of_its_own(make_site, issuer):
    site = make_site(
        issuer=issuer.url, client=CLIENT, layout=impersonating, settings={"bearer_audiences": "kubectl"}
    )
    for count in (600, 1000):
        groups = [f"team {number:04}, of the company" for number in range(count)]
        token = token_of(issuer, groups=groups)
        assert asked(site, token).status == 200
        assert site.app.last.values("Impersonate-Group") == [*groups, "system:authenticated"]
        assert site.app.last.value("Authorization") == f"Bearer {token}"
    site.app.seen.clear()
    too_many = token_of(issuer, groups=[f"team-{number}" for number in range(1001)])
    expect.problem(asked(site, too_many), 403, "user_not_representable")
    site.app.assert_untouched()


def echoed(connection, text):
    """The response of an echoing WebSocket to one short text frame."""
    connection.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)  # masked by zeros
    answer = b""
    while len(answer) < 2 + len(text):
        chunk = connection.recv(1024)
        assert chunk, "the stream has ended"
        answer += chunk
    return answer[2:]


def test_a_stream_outlives_the_sessions_of_its_user_and_no_other_begins(site, issuer):
    token = token_of(issuer)
    lines = [
        ("Host", site.origin().removeprefix("https://")),
        ("Authorization", f"Bearer {token}"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    handshake = request("GET", "/watch", lines)
    context = site.authority.client_context()
    plain = socket.create_connection(("127.0.0.1", site.ports.https), 10)
    with context.wrap_socket(plain, server_hostname="app.test") as stream:
        stream.sendall(handshake)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = stream.recv(1)
            assert byte, head
            head += byte
        assert head.startswith(b"HTTP/1.1 101 ")
        assert echoed(stream, b"before") == b"before"
        done = run("revoke", "--config", site.sallyport.folder / "sallyport.yaml", "--sub", issuer.user["sub"])
        assert done.returncode == 0, done.stderr
        assert_refused(asked(site, token, "websocket"), "issued before the sessions of its user were ended")
        assert echoed(stream, b"after") == b"after"


def bound_to_sessions(routes):
    routes.route("app", "PathPrefix(`/`)", chain(routes, "headers=identity,bearer"))


def test_a_session_brings_its_token_where_it_is_bound_and_none_that_has_ended(make_site, issuer):
    def settings(site):
        (site.folder / "proxy-key").write_text(KEY)
        (site.folder / "proxy-key").chmod(0o600)
        binding = {"set": "bearer", "host": "app.test", "sessions": True, "proxy_key_file": "proxy-key"}
        return {"strip_session_cookie": True, "credentials": [binding]}

    tokens, honest = [], issuer.id_token
    issuer.id_token = lambda *given: tokens.append(honest(*given)) or tokens[-1]
    site = make_site(issuer=issuer.url, client=CLIENT, layout=bound_to_sessions, settings=settings)
    browser = site.browser()
    assert browser.navigate(site.url("/x")).final.status == 200
    assert site.app.last.value("Authorization") == f"Bearer {tokens[0]}"
    assert site.sallyport.wait_for_event("login_completed")["id_token"] == "kept"

    issuer.claims["exp"] = int(time.time()) - 1  # within clock_skew
    late = site.browser()
    assert late.navigate(site.url("/x")).final.status == 200
    assert site.app.last.value("Authorization") is None and len(tokens) == 2
    assert site.sallyport.metric("sallyport_credentials_withheld_total", reason="expired") == 1
    site.sallyport.wait_for_event("credential_withheld", reason="expired")
    text = site.sallyport.text()
    assert "the ID token of a session is left out once it has expired" in text
    assert not any(part in text for part in tokens[0].split("."))
    checked = run("check", "--config", site.sallyport.folder / "sallyport.yaml")
    assert "the ID token of a session is left out once it has expired" in checked.stdout + checked.stderr

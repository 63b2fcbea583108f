# SPDX-License-Identifier: Apache-2.0
"""
A scripted issuer, for everything that real Dex refuses to do.

By default it is a correct OpenID Connect provider that signs everybody in without a page. A test replaces
a response with a function:

    issuer.on["token"] = lambda question: Answer(500)

The names are discovery, keys, authorize, token, userinfo, end_session and revocation, of which the last two are in
the discovery document only if `issuer.metadata` adds them. The function gets the Question and returns an
Answer, often a modified correct one (`issuer.honest(question)`); `issuer.claims` and `issuer.header` are merged into
those of the ID token. `issuer.people` has the claims of other users by the login_hint that selects them.
"""

import base64
import hashlib
import json
import threading
import time
import urllib.parse
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .keys import Key, b64, half_hash
from .ports import free_port
from .process import wait_for

PATHS = {
    "/.well-known/openid-configuration": "discovery",
    "/keys": "keys",
    "/authorize": "authorize",
    "/token": "token",
    "/userinfo": "userinfo",
    "/end": "end_session",
    "/revoke": "revocation",
}


@dataclass
class Question:
    """One request that reached the issuer."""

    name: str
    method: str
    target: str
    headers: dict
    body: bytes

    @property
    def query(self):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def basic(self):
        """User and password of HTTP Basic authentication, decoded as RFC 6749 specifies, or None."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        user, _, password = base64.b64decode(value).decode().partition(":")
        return urllib.parse.unquote_plus(user), urllib.parse.unquote_plus(password)


@dataclass
class Answer:
    """
    `body` is bytes, or an iterable of bytes that are sent one after the other, without a length. With status
    0 only the body is sent: it contains its own head, or none.
    """

    status: int = 200
    body: object = b""
    headers: dict = field(default_factory=dict)


def json_answer(value, status=200):
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


class Hold:
    """A response that starts only when the test calls `release()`. `reached` is set when it was requested."""

    def __init__(self, then):
        self._then = then
        self._released = threading.Event()
        self.reached = threading.Event()

    def __call__(self, question):
        self.reached.set()
        self._released.wait(60)
        return self._then(question)

    def release(self):
        self._released.set()


def endless(chunk=b"x" * 65536):
    """A body that continues for as long as the client reads it."""
    while True:
        yield chunk


def dripping(body, released):
    """Sends the first byte at once, and the rest when the event `released` is set."""
    yield body[:1]
    released.wait(60)
    yield body[1:]


class Issuer:
    """A server on loopback; with an authority it speaks https as issuer.localhost."""

    def __init__(
        self,
        *,
        authority=None,
        client_id="sallyport",
        client_secret="secret-of-the-scripted-issuer",
        keys=None,
    ):
        self.port = free_port()
        self.url = (
            f"https://issuer.localhost:{self.port}" if authority else f"http://127.0.0.1:{self.port}"
        ) + "/issuer"
        self.client_id, self.client_secret = client_id, client_secret
        self.keys = keys or [Key()]
        self.on, self.claims, self.header, self.metadata = {}, {}, {}, {}
        self.user = {
            "sub": "user-1",
            "email": "ada@example.com",
            "email_verified": True,
            "name": "Ada Lovelace",
            "preferred_username": "ada",
            "groups": ["ops"],
        }
        self.people = {}
        self.asked = []
        self._codes, self._families = {}, {}
        self._server = _Server(self, authority)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(20)

    # -- what programs send -----------------------------------------------------------------------------

    def bearer(self, key=None, header=(), **changes):
        """An ID token for kubectl; claims that are None in `changes` are left out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": "kubectl", "iat": now, "exp": now + 600, **self.user, **changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        return (key or self.keys[0]).sign(claims, header)

    def families(self):
        """The state of each login with a refresh token; `newest` is None if it was ended."""
        return list(self._families.values())

    # -- what a test checks -- ---------------------------------------------------------------------------

    def questions(self, name):
        return [question for question in list(self.asked) if question.name == name]

    def wait_for(self, name, count=1):
        return wait_for(
            lambda: len(self.questions(name)) >= count and self.questions(name), f"{count} {name}"
        )

    # -- answers ----------------------------------------------------------------------------------------

    def answer(self, question):
        self.asked.append(question)
        return self.on.get(question.name, self.honest)(question)

    def honest(self, question):
        return getattr(self, f"_{question.name}")(question)

    def _discovery(self, _question):
        return json_answer(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": sorted({key.alg for key in self.keys}),
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                    "none",
                ],
                **self.metadata,
            }
        )

    def _keys(self, _question):
        return json_answer({"keys": [key.jwk() for key in self.keys]})

    def _authorize(self, question):
        code = uuid.uuid4().hex
        self._codes[code] = question.query
        return self.redirect(question, code=code, state=question.query["state"])

    def redirect(self, question, **parameters):
        """The redirect back to the client, with these parameters."""
        separator = "&" if "?" in question.query["redirect_uri"] else "?"
        return Answer(
            302,
            headers={
                "Location": question.query["redirect_uri"] + separator + urllib.parse.urlencode(parameters)
            },
        )

    def _token(self, question):
        if question.form.get("grant_type") == "refresh_token":
            return self._refresh(question)
        request = self._codes.pop(question.form.get("code"), None)
        problem = self._problem(question, request)
        if problem:
            return json_answer({"error": problem}, 401 if problem == "invalid_client" else 400)
        return json_answer(self.token_response(request))

    def _refresh(self, question):
        """A token is valid once; if it is used again, everything from the same login ends."""
        family = self._families.get(question.form["refresh_token"])
        if family is None or family["newest"] != question.form["refresh_token"]:
            if family:
                family["newest"] = None
            return json_answer({"error": "invalid_grant"}, 400)
        return json_answer(self.token_response(family["request"], family))

    def _problem(self, question, request):
        user = question.basic or (question.form.get("client_id"), question.form.get("client_secret", ""))
        if user != (self.client_id, self.client_secret):
            return "invalid_client"
        if request is None or question.form.get("redirect_uri") != request["redirect_uri"]:
            return "invalid_grant"
        verifier = question.form.get("code_verifier", "").encode()
        if b64(hashlib.sha256(verifier).digest()) != request["code_challenge"]:
            return "invalid_grant"
        return None

    def token_response(self, request, family=None):
        """
        The response of the token endpoint to the code that was issued for `request`; `family` is that
        of the refresh token if one is redeemed instead.
        """
        access_token = uuid.uuid4().hex
        response = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 600,
            "id_token": self.id_token(request, access_token),
        }
        if "offline_access" in request.get("scope", ""):
            family = family or {"request": request}
            family["newest"] = response["refresh_token"] = uuid.uuid4().hex
            self._families[family["newest"]] = family
        return response

    def id_token(self, request, access_token):
        key = self.keys[0]
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": self.client_id,
            "iat": now,
            "exp": now + 600,
            "nonce": request.get("nonce"),
            "at_hash": half_hash(key.alg, access_token),
            **self.people.get(request.get("login_hint"), self.user),
            **self.claims,
        }
        return key.sign({name: value for name, value in claims.items() if value is not None}, self.header)

    def _userinfo(self, _question):
        return json_answer(self.user)

    def _revocation(self, question):
        """Ends everything that came from the login (RFC 7009)."""
        if family := self._families.get(question.form["token"]):
            family["newest"] = None
        return Answer(200)

    def _end_session(self, question):
        back = urllib.parse.urlencode({"state": question.query["state"]})
        return Answer(302, headers={"Location": f"{question.query['post_logout_redirect_uri']}?{back}"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, issuer, authority):
        self.issuer = issuer
        super().__init__(("127.0.0.1", issuer.port), _Handler)
        if authority:
            self.socket = authority.server_context().wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def handle_error(self, request, client_address):
        """Ignores clients that disconnect, which many tests do on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment, so that the other side need not wait for a second one

    def log_message(self, *_):
        """Logs nothing: the tests check the recorded requests."""

    def _question(self):
        prefix = urllib.parse.urlsplit(self.server.issuer.url).path
        name = PATHS.get(urllib.parse.urlsplit(self.path).path.removeprefix(prefix), "other")
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {key.lower(): value for key, value in self.headers.items()}
        return Question(name, self.command, self.path, headers, body)

    def _respond(self):
        question = self._question()
        self._send(self.server.issuer.answer(question) if question.name != "other" else Answer(404))

    def _send(self, answer):
        if answer.status == 0:
            self._send_chunks(answer.body)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if isinstance(answer.body, bytes):
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()
            return
        self.send_header("Connection", "close")
        self.end_headers()
        self._send_chunks(answer.body)

    def _send_chunks(self, chunks):
        self.close_connection = True
        self.wfile.flush()
        for chunk in chunks:
            self.wfile.write(chunk)
            self.wfile.flush()

    do_GET = do_POST = do_HEAD = _respond

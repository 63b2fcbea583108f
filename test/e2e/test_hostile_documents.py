# SPDX-License-Identifier: Apache-2.0
"""
An issuer whose documents are wrong, one member and one fault at a time.

Each table names the members of a document, and the faults of rig/faults.py that are allowed because the member
is optional, or not read. With all others nobody can sign in. Requests are sent to sallyport without Traefik, which
is not involved here.
"""

import base64
import json
import time

import pytest
from rig.faults import BREAKS, DOCUMENTS, SHAPES, UNHELD, raw, with_fault
from rig.flow import Flow
from rig.issuer import Answer, Question
from rig.keys import Key, b64
from rig.raw import Asker

JSON = {"Content-Type": "application/json"}
NEVER = frozenset()
MISSING = frozenset(("missing", "U+0000 in the name"))
ABSENT = MISSING | {"null"}
ANY = frozenset(SHAPES | UNHELD)
KEPT = ANY - {"a long text"}  # it is stored in the session, which has a size limit
TOLD = {"User": "sub", "Email": "email", "Preferred-Username": "preferred_username", "Groups": "groups"}
SETTINGS = {"policies": {"default": "authenticated"}, "username_claim": "sub", "threads": 1}


@pytest.fixture
def issuer(make_issuer):
    return make_issuer(keys=[Key("ES256")])


def faults_of(table):
    """Every member with every fault: name, title of the fault, fault, and whether a login may succeed."""
    for name, passes in table.items():
        for title, fault in (SHAPES | UNHELD | BREAKS).items():
            yield name, title, fault, title in passes


class Victim:
    """A running sallyport, and the result of one login."""

    def __init__(self, sallyport, issuer):
        self.sallyport, self.issuer = sallyport, issuer
        self.asker = Asker(sallyport.listen)
        self.wrong = []
        self.cases_n = 0

    def log_in(self):
        """The last answer of one login, and the session cookie."""
        flow = Flow(self.asker, self.issuer, uri="/x")
        flow.begin()
        flow.authorize()
        return flow.complete(), flow.session

    def try_case(self, case, passes, reasons=("token_invalid",)):
        """Logs in with the issuer's current responses; unexpected results are collected for `assert_well`."""
        self.cases_n += 1
        answer, session = self.log_in()
        if passes:
            good = session and self._is_honest(case, self.asker.ask("/x", cookie=session))
        else:
            named = any("sallyport=" in line for line in answer.values("Set-Cookie"))
            good = answer.reason in reasons and answer.status >= 400 and not session and not named
        if not good:
            self.wrong.append((case, f"should {'' if passes else 'not '}pass", answer.status, answer.reason))

    def _is_honest(self, case, answer):
        """The application gets the issuer's statement about its user, or nothing, or the inserted string."""
        user = {**self.issuer.user, "groups": ",".join(self.issuer.user["groups"])}
        put_there = (("groups", "an object of it"), *((claim, "a text") for claim in TOLD.values()))
        return answer.status == 200 and all(
            found == user[claim] or (case in put_there and case[0] == claim and found == "x")
            for header, claim in TOLD.items()
            for found in answer.values(f"X-Forwarded-{header}")
        )

    def assert_well(self, cases_n):
        """Asserts that all results were expected, that it is running, and that the next correct login succeeds."""
        self.issuer.on.clear()
        self.try_case("an honest one", True)
        assert not self.wrong, "\n".join(map(str, self.wrong))
        assert self.cases_n > cases_n
        assert self.sallyport.running() and self.sallyport.admin("/healthz")[0] == 200


@pytest.fixture
def victim(make_sallyport, issuer):
    return Victim(make_sallyport(SETTINGS, issuer=issuer), issuer)


@pytest.fixture
def victim_of_userinfo(make_sallyport, issuer):
    return Victim(make_sallyport({**SETTINGS, "userinfo": True}, issuer=issuer), issuer)


# ---- the ID token -------------------------------------------------------------------------------------


def signed(key, header, payload):
    """A compact JWS of exactly these bytes."""
    message = f"{b64(header)}.{b64(payload)}"
    return f"{message}.{b64(key.signature(message.encode()))}"


def unpacked(token):
    """Header and claims of a token, as dictionaries."""
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


def with_token(issuer, change):
    """Redeems codes correctly, except for the ID token: `change(header, claims)` returns the bytes of both."""

    def answer(question):
        document = json.loads(issuer.honest(question).body)
        document["id_token"] = signed(issuer.keys[0], *change(*unpacked(document["id_token"])))
        return Answer(200, raw(document), JSON)

    return answer


CLAIMS = {
    "iss": NEVER,
    "sub": {"a text"},
    "aud": {"a list of it"},
    "exp": NEVER,
    "iat": NEVER,
    "nonce": NEVER,
    "at_hash": ABSENT,
    "nbf": ABSENT | {"a number", "a fraction"},
    "azp": ABSENT,
    "auth_time": ANY,
    "sid": KEPT,
    "email": KEPT,
    "email_verified": ANY,
    "name": KEPT,
    "preferred_username": KEPT,
    "groups": ANY,
    "jti": ANY,
}


def test_ac_22_no_claim_with_a_fault_logs_anybody_in(victim, issuer):
    now = int(time.time())
    further = {"nbf": now - 5, "azp": issuer.client_id, "auth_time": now - 60, "sid": "s", "jti": "j"}
    for name, title, fault, passes in faults_of(CLAIMS):
        issuer.on["token"] = with_token(
            issuer,
            lambda header, claims, name=name, fault=fault: (
                raw(header),
                with_fault({**claims, **further}, name, fault),
            ),
        )
        victim.try_case((name, title), passes, reasons_of(title))
    victim.assert_well(600)


def test_a_token_as_large_issuers_write_it_logs_its_user_in(victim, issuer):
    now = time.time()
    variants = {
        "dates with a fraction": {"iat": now, "exp": now + 600.25, "nbf": now - 0.5, "auth_time": now - 60.75},
        "a number of 64 bits": {"odd": 2**64 - 1},
        "a number of 400 digits": {"odd": 10**400},
        "a claim of 20 levels": {"odd": json.loads("[" * 20 + "]" * 20)},
        "texts for booleans": {"email_verified": "true"},
        "a list of one": {"email": ["ada@example.com"], "name": ["Ada Lovelace"]},
        "nothing said of the address": {"email_verified": None},
    }
    for name, changes in variants.items():
        issuer.on["token"] = with_token(
            issuer, lambda header, claims, changes=changes: (raw(header), raw({**claims, **changes}))
        )
        victim.try_case(name, True)
    for typ in ("JWT", "jwt", "application/jwt", "application/JWT"):
        issuer.on["token"] = with_token(
            issuer, lambda header, claims, typ=typ: (raw({**header, "typ": typ}), raw(claims))
        )
        victim.try_case(typ, True)
    victim.assert_well(len(variants) + 4)


def reasons_of(title):
    """A response beyond the limits counts as no response."""
    further = {"huge": ["issuer_unavailable"], "a long text": ["session_too_large"]}
    return ["token_invalid", *further.get(title, [])]


HEADER = {
    "alg": NEVER,
    "kid": ABSENT,
    "typ": ABSENT,
    "cty": ANY - {"a long text"},
    "x5c": ANY - {"a long text"},
    "crit": MISSING,
    "b64": MISSING,
    "zip": MISSING,
    "jwk": MISSING,
    "jku": MISSING,
    "x5u": MISSING,
}


def test_ac_22_no_header_with_a_fault_logs_anybody_in(victim, issuer):
    for name, title, fault, passes in faults_of(HEADER):
        issuer.on["token"] = with_token(
            issuer,
            lambda header, claims, name=name, fault=fault: (
                with_fault({"typ": "JWT", name: "x", **header}, name, fault),
                raw(claims),
            ),
        )
        victim.try_case((name, title), passes, ("token_invalid", "issuer_unavailable"))
    victim.assert_well(300)


def test_ac_22_neither_header_nor_claims_in_another_shape_log_anybody_in(victim, issuer):
    for title, change in DOCUMENTS.items():
        issuer.on["token"] = with_token(
            issuer, lambda header, claims, change=change: (change(raw(header)), raw(claims))
        )
        victim.try_case(("header", title), False, ("token_invalid", "issuer_unavailable"))
        issuer.on["token"] = with_token(
            issuer, lambda header, claims, change=change: (raw(header), change(raw(claims)))
        )
        victim.try_case(("claims", title), False, ("token_invalid", "issuer_unavailable"))
    victim.assert_well(30)


# ---- the answers of the token endpoint and of UserInfo ------------------------------------------------


TOKEN_ANSWER = {
    "token_type": ANY,
    "id_token": NEVER,
    "access_token": ANY - {"a text", "a long text"},  # the ID token has the hash of another one
    "refresh_token": ANY,
    "expires_in": ANY,
    "scope": ANY,
}


def token_answer(issuer, make):
    """Redeems codes correctly, but responds with the bytes that `make` makes from the document."""

    def answer(question):
        document = {**json.loads(issuer.honest(question).body), "refresh_token": "r", "scope": "openid"}
        return Answer(200, make(document), JSON)

    return answer


def try_token_answers(victim, issuer, table):
    for name, title, fault, passes in faults_of(table):
        issuer.on["token"] = token_answer(
            issuer, lambda document, name=name, fault=fault: with_fault(document, name, fault)
        )
        victim.try_case((name, title), passes, reasons_of(title))


def test_ac_24_no_token_answer_with_a_fault_logs_anybody_in(victim, issuer):
    try_token_answers(victim, issuer, TOKEN_ANSWER)
    for title, change in DOCUMENTS.items():
        issuer.on["token"] = token_answer(issuer, lambda document, change=change: change(raw(document)))
        victim.try_case(("document", title), False, ("token_invalid", "issuer_unavailable"))
    victim.assert_well(220)


def test_ac_24_an_access_token_that_is_used_may_have_no_fault_either(victim_of_userinfo, issuer):
    try_token_answers(victim_of_userinfo, issuer, {"token_type": NEVER, "access_token": NEVER})
    victim_of_userinfo.assert_well(60)


USERINFO = {
    "sub": NEVER,
    "email": KEPT,
    "email_verified": ANY,
    "name": KEPT,
    "preferred_username": KEPT,
    "groups": ANY,
    "iss": ANY,
    "x": ANY,
}


def test_ac_24_no_userinfo_with_a_fault_logs_anybody_in(victim_of_userinfo, issuer):
    full = {**issuer.user, "iss": issuer.url, "x": 1}
    for name, title, fault, passes in faults_of(USERINFO):
        bytes = with_fault(full, name, fault)
        issuer.on["userinfo"] = lambda _, bytes=bytes: Answer(200, bytes, JSON)
        victim_of_userinfo.try_case((name, title), passes, reasons_of(title))
    for title, change in DOCUMENTS.items():
        issuer.on["userinfo"] = lambda _, change=change: Answer(200, change(raw(full)), JSON)
        victim_of_userinfo.try_case(("document", title), False, ("token_invalid", "issuer_unavailable"))
    victim_of_userinfo.assert_well(290)


# ---- discovery and keys ---------------------------------------------------------------------------------

# Each needs a separate start; the unit tests of both have every member with every fault.


DISCOVERY = {
    "issuer": NEVER,
    "authorization_endpoint": NEVER,
    "token_endpoint": NEVER,
    "jwks_uri": NEVER,
    "userinfo_endpoint": ANY,
    "end_session_endpoint": ANY,
    "response_types_supported": ABSENT,
    "code_challenge_methods_supported": ABSENT,
    "authorization_response_iss_parameter_supported": ABSENT | {"true"},
    "scopes_supported": ANY,
}
KEY = {
    "kty": NEVER,
    "crv": NEVER,
    "x": NEVER,
    "y": NEVER,
    "use": ABSENT,
    "alg": ABSENT,
    "key_ops": ABSENT,
    "kid": ABSENT | {"a text", "an empty text"},
    "d": MISSING,
    "x5t": ANY,
}


def one_member_a_fault(table):
    """Every fault once, at one member after the other."""
    names = list(table)
    for number, (title, fault) in enumerate((SHAPES | UNHELD | BREAKS).items()):
        name = names[number % len(names)]
        yield name, title, fault, title in table[name]


class Starts:
    """Starts sallyport many times, each time with other documents of the issuer."""

    def __init__(self, make_sallyport, issuer):
        self._make_sallyport, self._issuer = make_sallyport, issuer
        self.n = 0

    def try_case(self, case, passes, document):
        self.n += 1
        sallyport = self._make_sallyport(SETTINGS, issuer=self._issuer)
        with Asker(sallyport.listen) as asker:
            answer = Flow(asker, self._issuer).begin()
        if passes:
            assert answer.status == 302 and answer.location.startswith(self._issuer.url), (case, answer)
        else:
            assert answer.status == 503, (case, answer)
            assert answer.reason in ("issuer_unavailable", "issuer_unusable"), (case, answer)
            event = sallyport.events("issuer_failed")[0]  # it is tried again every second
            assert event["document"] == document and event["detail"], (case, event)
            contradicts = "issuer_contradicts" in sallyport.admin("/readyz")[1]
            assert not contradicts or answer.reason == "issuer_unusable", (case, answer)
            assert sallyport.admin("/readyz")[0] == (503 if contradicts else 200), (case, event)
        sallyport.stop()


@pytest.fixture
def starts(make_sallyport, issuer):
    return Starts(make_sallyport, issuer)


def test_ac_24_no_discovery_document_with_a_fault_begins_a_login(starts, issuer):
    further = {
        "end_session_endpoint": f"{issuer.url}/end",
        "authorization_response_iss_parameter_supported": False,
        "scopes_supported": ["openid"],
    }
    full = {**json.loads(issuer.honest(Question("discovery", "GET", "/", {}, b"")).body), **further}
    for name, title, fault, passes in one_member_a_fault(DISCOVERY):
        bytes = with_fault(full, name, fault)
        issuer.on["discovery"] = lambda _, bytes=bytes: Answer(200, bytes, JSON)
        starts.try_case((name, title), passes, "discovery")
    for title, change in DOCUMENTS.items():
        bytes = change(raw(full))
        issuer.on["discovery"] = lambda _, bytes=bytes: Answer(200, bytes, JSON)
        starts.try_case(title, False, "discovery")
    assert starts.n > 50


def test_ac_24_no_key_set_with_a_fault_begins_a_login(starts, issuer):
    key = issuer.keys[0].jwk(key_ops=["verify"], d="", x5t="x")
    for name, title, fault, passes in one_member_a_fault(KEY):
        one = {member: value for member, value in key.items() if member != "d" or name == "d"}
        bytes = b'{"keys":[' + with_fault(one, name, fault) + b"]}"
        issuer.on["keys"] = lambda _, bytes=bytes: Answer(200, bytes, JSON)
        starts.try_case((name, title), passes, "keys")
    assert starts.n > 30

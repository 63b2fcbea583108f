# SPDX-License-Identifier: Apache-2.0
"""An issuer that is down, slow, huge, redirecting, lying or answering nonsense."""

import base64
import gzip
import hashlib
import hmac
import json
import threading
import time

import pytest
from cryptography.hazmat.primitives import serialization
from rig import expect
from rig.dex import Client
from rig.issuer import Answer, Hold, endless, json_answer
from rig.keys import Key, b64, b64_json
from rig.process import wait_for

pytestmark = pytest.mark.edges("3.7.15-https")
CLIENT = Client("sallyport", "secret-of-the-scripted-issuer")
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


@pytest.fixture
def issuer(make_issuer):
    return make_issuer()


@pytest.fixture
def scripted(make_site, issuer):
    """A site whose issuer is the scripted one."""
    return make_site(issuer=issuer.url, client=CLIENT)


def log_in(site, target="/x"):
    """One login with a new browser: its cookies, and the last hop."""
    browser = site.browser()
    return browser, browser.navigate(site.url(target))


def assert_not_logged_in(site, *reasons):
    browser, visit = log_in(site)
    assert visit.final.reason in reasons, f"{visit}\n{visit.final.text}"
    expect.page(visit.final, visit.final.status, visit.final.reason)
    assert browser.jar.named(site.cookie_name) == [] and visit.final.status >= 400
    site.app.assert_untouched()
    return visit.final


# ---- a correct issuer ---------------------------------------------------------------------------------


def test_the_scripted_issuer_left_alone_logs_everybody_in(scripted, issuer):
    _, visit = log_in(scripted, "/x?y=1")

    assert visit.final.url == scripted.url("/x?y=1") and visit.final.status == 200, str(visit)
    (token,) = issuer.questions("token")
    assert token.basic == (CLIENT.id, CLIENT.secret) and token.form["grant_type"] == "authorization_code"
    assert len(token.form["code_verifier"]) == 43 and "client_secret" not in token.form


def test_https_with_a_private_authority_is_checked(make_site, make_issuer, rig):
    issuer = make_issuer(authority=rig.authority)
    good = make_site(issuer=issuer.url, client=CLIENT)
    assert log_in(good)[1].final.status == 200
    good.stop()

    bad = make_site(
        issuer=issuer.url, client=CLIENT, settings={"issuer_ca_file": "/etc/ssl/certs/ca-certificates.crt"}
    )
    assert_not_logged_in(bad, "issuer_unavailable")


def test_every_algorithm_of_the_table_is_accepted(make_site, make_issuer):
    issuer = make_issuer(keys=[Key(alg, f"key-{alg}") for alg in ALGORITHMS])
    site = make_site(issuer=issuer.url, client=CLIENT)
    for alg in ALGORITHMS:
        issuer.keys.sort(key=lambda key, first=alg: key.alg != first)
        assert log_in(site)[1].final.status == 200, alg


def test_keys_may_change_between_two_logins(scripted, issuer):
    assert log_in(scripted)[1].final.status == 200
    issuer.keys[:] = [Key("ES256", "new")]
    wait_for(lambda: log_in(scripted)[1].final.status == 200, "a login under the new key", 20)


def test_a_key_may_be_replaced_under_the_same_name_or_without_one(scripted, issuer):
    """A new key works at once: no user waits for the next refresh."""
    assert log_in(scripted)[1].final.status == 200
    for alg, kid in (("RS256", "key-1"), ("ES256", None)):  # as often as the throttle allows
        issuer.keys[:] = [Key(alg, kid)]
        assert log_in(scripted)[1].final.status == 200, kid
    assert len(issuer.questions("keys")) == 3


def test_key_sets_as_issuers_write_them_are_read(make_site, issuer):
    """Padded base64, leading zero bytes, keys that are repeated, unnamed or unusable here."""
    key, other, nameless = issuer.keys[0], Key("RS256", "key-1"), Key("RS256", None)

    def standard(text):
        return base64.b64encode(b"\0" + base64.urlsafe_b64decode(text + "==")).decode()

    odd = {**key.jwk(), "n": standard(key.jwk()["n"]), "e": standard(key.jwk()["e"])}
    sets = {
        "base64": [odd],
        "twice": [key.jwk(), key.jwk()],
        "another of the same name": [other.jwk(), key.jwk()],
        "several without a name": [nameless.jwk(), other.jwk(kid=None), key.jwk(kid=None)],
        "of no use": [{"kty": "oct", "kid": "hmac", "k": "AAAA"}, {**other.jwk(), "use": "enc"}, key.jwk()],
    }
    for name, keys in sets.items():
        issuer.on["keys"] = lambda question, keys=keys: json_answer({"keys": keys})
        site = make_site(issuer=issuer.url, client=CLIENT)
        assert log_in(site)[1].final.status == 200, name
        (line,) = site.sallyport.events("issuer_updated")
        site.stop()
    assert line["keys_skipped"] == 2 and '"use" is not sig' in line["detail"], line
    assert 'key 1 "hmac": "k" belongs to a private key' in line["detail"], line


# ---- tokens -------------------------------------------------------------------------------------------


def wrong_claims(issuer):
    now = int(time.time())
    return {
        "another issuer": {"iss": "https://evil.test"},
        "issuer with a slash": {"iss": issuer.url + "/"},
        "no issuer": {"iss": None},
        "another audience": {"aud": "other"},
        "no audience": {"aud": None},
        "an unknown second audience": {"aud": ["sallyport", "other"], "azp": "sallyport"},
        "another azp": {"azp": "other"},
        "audience is an object": {"aud": {"sallyport": True}},
        "expired": {"exp": now - 300},
        "no expiry": {"exp": None},
        "expiry is a text": {"exp": str(now + 600)},
        "expiry without end": {"exp": 1e300},
        "negative expiry": {"exp": -1},
        "issued tomorrow": {"iat": now + 86400},
        "no time of issue": {"iat": None},
        "not yet valid": {"nbf": now + 3600},
        "another nonce": {"nonce": "x"},
        "no nonce": {"nonce": None},
        "no subject": {"sub": None},
        "empty subject": {"sub": ""},
        "subject is a number": {"sub": 1},
        "long subject": {"sub": "s" * 256},
        "another access token": {"at_hash": b64(b"0" * 16)},
    }


def test_ac_22_an_id_token_that_breaks_one_rule_logs_nobody_in(scripted, issuer):
    for name, claims in wrong_claims(issuer).items():
        issuer.claims = claims
        failed = assert_not_logged_in(scripted, "token_invalid")
        assert failed.status == 500, name
    wait_for(
        lambda: len(scripted.sallyport.events("login_failed", reason="token_invalid")) == len(wrong_claims(issuer)),
        "a line of the log for each",
    )
    issuer.claims = {}
    assert log_in(scripted)[1].final.status == 200


def test_ac_22_any_audience_beside_ours_needs_our_name_as_the_authorized_party(make_site, issuer):
    site = make_site(issuer=issuer.url, client=CLIENT, settings={"audiences": "any"})
    project = [f"application-{number}" for number in range(99)] + ["sallyport"]
    for claims in ({"aud": project}, {"aud": project, "azp": "application-7"}, {"aud": project[:9], "azp": "sallyport"}):
        issuer.claims = claims
        assert_not_logged_in(site, "token_invalid")
    issuer.claims = {"aud": project, "azp": "sallyport"}
    assert log_in(site)[1].final.status == 200


def test_several_audiences_that_are_all_listed_need_no_authorized_party(make_site, issuer):
    site = make_site(issuer=issuer.url, client=CLIENT, settings={"audiences": ["grafana"]})
    issuer.claims = {"aud": ["grafana", "sallyport"]}
    assert log_in(site)[1].final.status == 200


def replaced_token(issuer, change):
    """Redeems the code correctly, except for the ID token, which `change` makes from the real one."""

    def answer(question):
        response = issuer.honest(question)
        document = json.loads(response.body)
        return json_answer({**document, "id_token": change(document["id_token"])})

    return answer


def signed_by_public_key(issuer):
    """HS256 with the issuer's public key as the secret."""
    secret = (
        issuer.keys[0]
        .private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )

    def change(token):
        message = f"{b64_json({'alg': 'HS256', 'kid': 'key-1'})}.{token.split('.')[1]}"
        return f"{message}.{b64(hmac.new(secret, message.encode(), hashlib.sha256).digest())}"

    return change


def forgeries(issuer):
    other = Key("RS256", "key-1")

    def resigned(token):
        head, payload, _ = token.split(".")
        return f"{head}.{payload}.{b64(other.signature(f'{head}.{payload}'.encode()))}"

    def with_header(**header):
        def change(token):
            payload = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
            return issuer.keys[0].sign(payload, header)

        return change

    return {
        "unsigned": lambda token: f"{b64_json({'alg': 'none'})}.{token.split('.')[1]}.",
        "no signature": lambda token: token.rpartition(".")[0] + ".",
        "HMAC with the public key": signed_by_public_key(issuer),
        "another key of the same name": resigned,
        "an unknown key": with_header(kid="nobody"),
        "critical extension": with_header(crit=["exp"], exp=1),
        "unencoded payload": with_header(b64=False, crit=["b64"]),
        "another algorithm than the key's": with_header(alg="PS256"),
        "a key of its own": with_header(kid="own", jwk=other.jwk(kid="own")),
        "a key at an address": with_header(jku=f"{issuer.url}/own-keys"),
        "a certificate at an address": with_header(x5u=f"{issuer.url}/own-keys"),
        "five parts": lambda token: token + ".x.y",
        "two parts": lambda token: token.rpartition(".")[0],
        "no token": lambda token: "",
        "a number": lambda token: 7,
        "padding": lambda token: token + "=",
        "white space": lambda token: " " + token,
        "much": lambda token: token + "A" * 200000,
    }


def test_ac_22_a_forged_id_token_logs_nobody_in(scripted, issuer):
    for change in forgeries(issuer).values():
        issuer.on["token"] = replaced_token(issuer, change)
        assert_not_logged_in(scripted, "token_invalid", "issuer_unavailable")


def test_ac_23_unknown_keys_do_not_make_us_ask_for_keys_without_end(scripted, issuer):
    assert log_in(scripted)[1].final.status == 200
    issuer.header = {"kid": "nobody"}
    for _ in range(10):
        log_in(scripted)
    assert len(issuer.questions("keys")) <= 3


def test_ac_23_old_keys_stay_when_new_ones_cannot_be_had(scripted, issuer):
    assert log_in(scripted)[1].final.status == 200
    issuer.on["keys"] = lambda question: Answer(500)
    issuer.header = {"kid": "nobody"}
    assert log_in(scripted)[1].final.status >= 400
    issuer.header = {}
    assert log_in(scripted)[1].final.status == 200


# ---- the token endpoint -------------------------------------------------------------------------------


def redirect_elsewhere(_question):
    return Answer(302, headers={"Location": "http://169.254.169.254/latest"})


def token_answers(issuer):
    return {
        "an error of its own": lambda question: Answer(500),
        "nothing": lambda question: Answer(200),
        "a page": lambda question: Answer(200, b"<html>", {"Content-Type": "text/html"}),
        "an array": lambda question: json_answer([]),
        "not JSON": lambda question: Answer(200, b"{", {"Content-Type": "application/json"}),
        "no ID token": lambda question: json_answer({"access_token": "x", "token_type": "Bearer"}),
        "another type of token": lambda question: json_answer({"token_type": "mac", "id_token": "x"}),
        "deep": lambda question: Answer(200, b"[" * 100000, {"Content-Type": "application/json"}),
        "a redirect": redirect_elsewhere,
        "without end": lambda question: Answer(200, endless(), {"Content-Type": "application/json"}),
        "wrong secret": lambda question: json_answer({"error": "invalid_client"}, 401),
        "wrong code": lambda question: json_answer(
            {"error": "invalid_grant", "error_description": "<b>no</b>"}, 400
        ),
    }


def test_ac_24_a_token_endpoint_that_answers_nonsense_logs_nobody_in(scripted, issuer):
    for answer in token_answers(issuer).values():
        issuer.on["token"] = answer
        failed = assert_not_logged_in(scripted, "token_invalid", "issuer_unavailable", "issuer_refused")
        assert "<b>" not in failed.text
    issuer.on.clear()
    assert log_in(scripted)[1].final.status == 200


def test_others_are_served_while_the_token_endpoint_takes_its_time(make_site, issuer):
    site = make_site(issuer=issuer.url, client=CLIENT, settings={"threads": 1})
    browser, _ = log_in(site)
    held = issuer.on["token"] = Hold(issuer.honest)
    slow = site.browser()
    visit = slow.navigate(site.url("/slow"), follow=False)
    callback = slow.navigate(visit.final.location, follow=False).final.location
    waiting = threading.Thread(target=lambda: visit.extend(slow.navigate(callback)))
    waiting.start()
    assert held.reached.wait(10)

    assert browser.send("navigation", site.url("/y")).status == 200
    held.release()
    waiting.join(20)
    assert visit.final.status == 200 and visit.final.url == site.url("/slow"), str(visit)


# ---- discovery and keys -------------------------------------------------------------------------------


def test_ac_42_a_site_whose_issuer_is_down_says_when_to_come_back(make_site, issuer):
    issuer.on["discovery"] = lambda question: Answer(500)
    site = make_site(issuer=issuer.url, client=CLIENT)
    browser = site.browser()
    response = browser.send("navigation", site.url("/x"))

    expect.page(response, 503, "issuer_unavailable")
    assert int(response.value("Retry-After")) > 0
    assert site.sallyport.admin("/readyz")[0] == 200
    issuer.on.clear()
    wait_for(lambda: log_in(site)[1].final.status == 200, "a login once the issuer is back", 30)
    assert site.sallyport.metric("sallyport_issuer_up") == 1


def test_ac_42_sessions_go_on_while_the_issuer_is_down(scripted, issuer):
    browser, _ = log_in(scripted)
    for name in ("discovery", "keys", "token", "authorize"):
        issuer.on[name] = lambda question: Answer(500)

    assert browser.send("navigation", scripted.url("/y")).status == 200


def bomb(_question):
    """64 MiB in 64 KiB."""
    packed = gzip.compress(b" " * (64 << 20))
    return Answer(200, packed, {"Content-Type": "application/json", "Content-Encoding": "gzip"})


def discovery_answers(issuer):
    def changed(**changes):
        return lambda question: json_answer({**json.loads(issuer.honest(question).body), **changes})

    return {
        "another issuer": changed(issuer="https://evil.test"),
        "with a slash": changed(issuer=issuer.url + "/"),
        "an endpoint without TLS": changed(token_endpoint="http://token.test/token"),
        "an endpoint that is no address": changed(authorization_endpoint="javascript:alert(1)"),
        "keys elsewhere without TLS": changed(jwks_uri="http://169.254.169.254/keys"),
        "no S256": changed(code_challenge_methods_supported=["plain"]),
        "no code flow": changed(response_types_supported=["token"]),
        "a page": lambda question: Answer(200, b"<html>", {"Content-Type": "text/html"}),
        "not found": lambda question: Answer(404),
        "a redirect": redirect_elsewhere,
        "without end": lambda question: Answer(200, endless(), {"Content-Type": "application/json"}),
        "an array": lambda question: json_answer([]),
        "packed small": bomb,
    }


@pytest.mark.parametrize(
    "name",
    [
        "another issuer",
        "with a slash",
        "an endpoint without TLS",
        "an endpoint that is no address",
        "keys elsewhere without TLS",
        "no S256",
        "no code flow",
        "a page",
        "not found",
        "a redirect",
        "without end",
        "an array",
        "packed small",
    ],
)
def test_ac_24_a_discovery_document_that_is_wrong_begins_no_login(make_site, issuer, name):
    issuer.on["discovery"] = discovery_answers(issuer)[name]
    site = make_site(issuer=issuer.url, client=CLIENT)

    was_read = name not in ("not found", "a redirect", "without end", "packed small")
    failed = assert_not_logged_in(site, "issuer_unusable" if was_read else "issuer_unavailable")
    assert ("This site is misconfigured" in failed.text) == was_read
    assert site.sallyport.wait_for_event("issuer_failed")
    assert issuer.questions("authorize") == []


# ---- the callback -------------------------------------------------------------------------------------


def test_ac_17_a_refusal_of_the_issuer_is_told_in_our_own_words(scripted, issuer):
    for code in ("access_denied", "login_required", "server_error", "x-unknown", "<script>alert(1)</script>"):
        issuer.on["authorize"] = lambda question, code=code: issuer.redirect(
            question, error=code, error_description="<b>bold</b> words", state=question.query["state"]
        )
        failed = assert_not_logged_in(scripted, "issuer_refused")
        assert failed.status == 403 and "bold" not in failed.text and "<script" not in failed.text
    assert issuer.questions("token") == []


def test_ac_20_an_issuer_that_promises_its_name_in_the_answer_must_give_it(make_site, issuer):
    issuer.metadata = {"authorization_response_iss_parameter_supported": True}
    site = make_site(issuer=issuer.url, client=CLIENT)
    assert_not_logged_in(site, "bad_callback")
    for name in ("https://evil.test", issuer.url + "/", ""):
        issuer.on["authorize"] = lambda question, name=name: issuer.redirect(
            question, code="x", state=question.query["state"], iss=name
        )
        assert_not_logged_in(site, "bad_callback")
    assert issuer.questions("token") == []

    issuer.on["authorize"] = lambda question: Answer(
        302, headers={"Location": issuer.honest(question).headers["Location"] + "&iss=" + issuer.url}
    )
    assert log_in(site)[1].final.status == 200


def test_ac_20_a_wrong_name_in_the_answer_is_refused_though_none_was_promised(scripted, issuer):
    issuer.on["authorize"] = lambda question: issuer.redirect(
        question, code="x", state=question.query["state"], iss="https://evil.test"
    )
    assert_not_logged_in(scripted, "bad_callback")
    assert issuer.questions("token") == []


# ---- userinfo -----------------------------------------------------------------------------------------


def test_userinfo_completes_the_identity(make_site, issuer):
    site = make_site(issuer=issuer.url, client=CLIENT, settings={"userinfo": True})
    full = dict(issuer.user)
    issuer.claims = {"email": None, "email_verified": None, "groups": None}
    issuer.on["userinfo"] = lambda question: json_answer(full)
    _, visit = log_in(site)

    assert visit.final.status == 200, str(visit)
    assert site.app.last.value("X-Forwarded-User") == full["email"]
    assert site.app.last.value("X-Forwarded-Groups") == "ops"


BY_POINTER = {
    "groups_claim": "/realm_access/roles",
    "username_claim": "/account/login",
    "headers": {"own": {"X-User": "user", "X-Groups": "groups", "X-Country": "/address/country"}},
    "policies": {"default": [{"action": "allow", "group": "ops"}]},
}
INSIDE = {"realm_access": {"roles": ["ops", "sre"]}, "account": {"login": ["ada"]}, "address": {"country": "uk"}}
OWN = ("X-User", "X-Groups", "X-Country")


def asking_for_own_set(routes):
    routes.route("app", "PathPrefix(`/`)", [routes.ask(target="/auth/traefik?headers=own", headers=OWN)])


def test_claims_are_found_inside_others_by_json_pointer(make_site, issuer):
    site = make_site(issuer=issuer.url, client=CLIENT, settings=BY_POINTER, layout=asking_for_own_set)
    issuer.claims = INSIDE
    _, visit = log_in(site)

    assert visit.final.status == 200, str(visit)
    assert [site.app.last.value(name) for name in OWN] == ["ada", "ops,sre", "uk"]
    completed = site.sallyport.wait_for_event("login_completed")
    assert completed["level"] == "info" and not [name for name in completed if name.startswith("claims_")], completed


def test_claims_are_found_in_userinfo_by_json_pointer(make_site, issuer):
    site = make_site(
        issuer=issuer.url,
        client=CLIENT,
        settings={**BY_POINTER, "userinfo": True},
        layout=asking_for_own_set,
    )
    issuer.claims = {"account": {"login": "ada"}, "realm_access": {"roles": ["old"]}}
    issuer.on["userinfo"] = lambda question: json_answer(
        {**issuer.user, "realm_access": {"roles": {"ops": {}, "sre": {}}}, "address": {"country": 7}}
    )
    _, visit = log_in(site)

    assert visit.final.status == 200, str(visit)
    assert [site.app.last.value(name) for name in OWN] == ["ada", "ops,sre", None]
    completed = site.sallyport.wait_for_event("login_completed")
    assert completed["level"] == "info" and completed["claims_malformed"] == ["/address/country"], completed


def test_rules_go_by_claims_of_any_shape(make_site, issuer):
    rules = [
        {"action": "deny", "claim": {"contractor": True}},
        {"action": "allow", "claim": {"/realm_access/roles": ["ops", "dba"], "level": [3, 4]}},
    ]
    site = make_site(issuer=issuer.url, client=CLIENT, settings={"policies": {"default": rules}})
    let_in = {**INSIDE, "level": 3}
    for change, status in (
        ({}, 200),
        ({"realm_access": {"roles": {"ops": {}}}, "contractor": False}, 200),
        ({"realm_access": {"roles": "dba"}, "level": ["4", 9]}, 200),
        ({"contractor": "true"}, 403),
        ({"level": 33}, 403),
        ({"realm_access": {"roles": ["OPS"]}}, 403),
        ({"realm_access": None, "realm_access.roles": ["ops"]}, 403),
    ):
        issuer.claims = {**let_in, **change}
        _, visit = log_in(site)
        assert visit.final.status == status, (change, str(visit))


def test_a_login_names_the_claims_that_it_did_not_bring(make_site, issuer):
    site = make_site(issuer=issuer.url, client=CLIENT, settings={**BY_POINTER, "username_claim": "sub"})
    lost = (
        ({"realm_access": {}}, 403, {"claims_missing": ["/realm_access/roles"]}),
        ({"realm_access": {"roles": 7}}, 403, {"claims_malformed": ["/realm_access/roles"]}),
        ({"realm_access": {"roles": ["ops", 12]}}, 200, {"claims_malformed": ["/realm_access/roles"]}),
        (
            {"realm_access": None, "_claim_names": {"realm_access": "src1"}},
            403,
            {"claims_elsewhere": ["/realm_access/roles"]},
        ),
    )
    for number, (claims, status, members) in enumerate(lost):
        issuer.claims = {**INSIDE, **claims}
        _, visit = log_in(site)
        assert visit.final.status == status, (claims, str(visit))
        wait_for(lambda: len(site.sallyport.events("login_completed")) > number, "the line of the login")
        line = site.sallyport.events("login_completed")[-1]
        assert line["level"] == "warn", line
        assert {name: value for name, value in line.items() if name.startswith("claims_")} == members, claims


def test_userinfo_about_somebody_else_logs_nobody_in(make_site, issuer):
    site = make_site(issuer=issuer.url, client=CLIENT, settings={"userinfo": True})
    issuer.on["userinfo"] = lambda question: json_answer({**issuer.user, "sub": "user-2"})

    assert_not_logged_in(site, "token_invalid")


def test_ac_26_groups_of_another_shape_are_no_groups(scripted, issuer):
    for groups in ("ops", {"ops": True}, {"ops": False}, 7, None, [["ops"]], [7]):
        issuer.user["groups"] = groups
        _, visit = log_in(scripted)
        if visit.final.status == 200:
            named = groups in ("ops", {"ops": True})
            assert not scripted.app.last.value("X-Forwarded-Groups") or named, groups
        else:
            assert visit.final.reason == "token_invalid", str(visit)

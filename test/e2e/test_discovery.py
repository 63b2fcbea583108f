# SPDX-License-Identifier: Apache-2.0
"""The issuer's own description: what is used of it, and what `serve` and `check` report about it, and when."""

import pytest
from rig.flow import Flow, log_in
from rig.issuer import Answer, json_answer
from rig.keys import Key
from rig.raw import NAVIGATION, Asker
from rig.sallyport import run, write_files

ALL_WRONG = {
    "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    "code_challenge_methods_supported": ["plain"],
    "id_token_signing_alg_values_supported": ["HS256"],
    "scopes_supported": ["openid"],
    "end_session_endpoint": "http://issuer.example.com/end",
    "userinfo_endpoint": "/userinfo",
}


@pytest.fixture
def issuer(make_issuer):
    return make_issuer(keys=[Key("ES256")])


@pytest.fixture
def check_issuer(tmp_path):
    """Runs `sallyport check --issuer`; returns its status and output."""

    def checked(issuer, /, **settings):
        config = {
            "issuer": issuer.url,
            "client_id": issuer.client_id,
            "client_secret_file": "client-secret",
            "keys_file": "keys",
            "hosts": ["https://app.example.com"],
            "email_verified": "required",
            "policies": {"default": "authenticated"},
            **settings,
        }
        path = write_files(tmp_path, config, issuer.client_secret)
        done = run("check", "--issuer", "--config", path, check=False)
        return done.returncode, done.stdout + done.stderr

    return checked


def scope_asked(sallyport, issuer):
    with Asker(sallyport.listen) as asker:
        flow = Flow(asker, issuer)
        flow.begin()
        flow.authorize()
    return issuer.questions("authorize")[-1].query["scope"]


def test_an_endpoint_that_nobody_uses_keeps_nobody_out(make_sallyport, issuer):
    issuer.metadata = {
        "end_session_endpoint": "http://issuer.example.com/end",
        "userinfo_endpoint": "/userinfo",
        "introspection_endpoint": 7,
        "registration_endpoint": "javascript:alert(1)",
    }
    sallyport = make_sallyport(issuer=issuer)
    with Asker(sallyport.listen) as asker:
        log_in(asker, issuer)
    (said,) = [line for line in sallyport.events("warning") if "the discovery document" in line["detail"]]
    assert '"end_session_endpoint" is not https' in said["detail"]


def test_the_default_scopes_are_those_that_the_issuer_lists(make_sallyport, make_issuer):
    for listed, asked in (
        (None, "openid email profile groups"),
        (["openid", "email", "profile", "offline_access"], "openid email profile"),
        (["groups", "openid"], "openid groups"),
    ):
        issuer = make_issuer(keys=[Key("ES256")])
        issuer.metadata = {"scopes_supported": listed} if listed else {}
        sallyport = make_sallyport({"renew": True}, issuer=issuer)
        assert scope_asked(sallyport, issuer) == asked
        (line,) = sallyport.events("issuer_updated")
        assert line["scopes"] == asked
        assert sallyport.events("warning", setting="scopes") == []


def test_scopes_that_are_configured_are_sent_as_they_are_and_those_not_listed_are_told_once(
    make_sallyport, issuer
):
    issuer.metadata = {"scopes_supported": ["openid", "email", "profile"]}
    sallyport = make_sallyport({"scopes": "openid email groups"}, issuer=issuer)
    assert scope_asked(sallyport, issuer) == "openid email groups"
    (said,) = sallyport.events("warning", setting="scopes")
    assert '"scopes_supported" lacks "groups"' in said["detail"]


@pytest.mark.parametrize("name", ["discovery", "keys"])
def test_a_document_that_was_read_and_refused_is_for_the_operator(make_sallyport, issuer, name):
    answers = {
        "discovery": lambda question: json_answer({"issuer": issuer.url}),
        "keys": lambda question: json_answer({"keys": [{"kty": "oct", "kid": "hmac", "k": "AAAA"}]}),
    }
    issuer.on[name] = answers[name]
    sallyport = make_sallyport(issuer=issuer)
    with Asker(sallyport.listen) as asker:
        refused = asker.ask("/x", more=NAVIGATION)
        assert asker.ask("/open").status == 200
    assert refused.status == 503 and refused.reason == "issuer_unusable"
    page = refused.body.decode()
    assert "This site is misconfigured" in page and "again in a" not in page
    failed = sallyport.events("issuer_failed")[0]
    wanted = {"discovery": '"authorization_endpoint" is missing', "keys": 'key 1 "hmac": "k" belongs to a private key'}
    assert failed["document"] == name and wanted[name] in failed["detail"]
    assert sallyport.admin("/readyz")[0] == 200


def test_check_says_all_that_contradicts_before_the_first_user_comes(check_issuer, issuer):
    issuer.metadata = ALL_WRONG
    status, said = check_issuer(issuer, scopes="openid groups", userinfo=True)
    assert status == 1
    for words in (
        'error: client_auth: the discovery document: "token_endpoint_auth_methods_supported" lacks "client_secret_basic"',
        'error: pkce: the discovery document: "code_challenge_methods_supported" lacks "S256"',
        'error: userinfo: the discovery document: "userinfo_endpoint" is not an absolute URL',
        'warning: scopes: the discovery document: "scopes_supported" lacks "groups"',
        '"id_token_signing_alg_values_supported" has no accepted algorithm',
        '"end_session_endpoint" is not https',
    ):
        assert words in said, (words, said)
    assert issuer.questions("keys") == []


def test_check_is_content_with_an_issuer_that_suits_and_tells_the_scopes(check_issuer, issuer):
    issuer.metadata = {"scopes_supported": ["openid", "email"]}
    status, said = check_issuer(issuer)
    assert status == 0 and "discovery document" not in said, said
    assert "1 key; sign-ins request the scopes openid email\n" in said


def test_check_says_what_dex_needs_to_renew_sessions(check_issuer, issuer, rig):
    dex = {"issuer": rig.dex.central.issuer, "issuer_ca_file": str(rig.authority.ca_file)}
    status, said = check_issuer(issuer, **dex, renew=True)
    assert status == 0, said
    assert 'warning: scopes: the discovery document: "scopes_supported" lists "offline_access"' in said
    status, said = check_issuer(issuer, **dex, renew=True, scopes="openid email profile groups offline_access")
    assert status == 0 and "the discovery document" not in said, said


def test_check_goes_the_way_to_the_issuer_that_the_settings_name(check_issuer, issuer, make_issuer, rig):
    secure = make_issuer(keys=[Key("ES256")], authority=rig.authority)
    secure.url = "https://auth.example.test/dex"
    settings = {"issuer_ca_file": str(rig.authority.ca_file), "issuer_address": f"127.0.0.1:{secure.port}"}
    status, said = check_issuer(secure, **settings)
    assert status == 0 and "https://auth.example.test/dex: 1 key;" in said, said

    public = "https://sso.example.test"
    issuer.metadata = {"issuer": public, "authorization_endpoint": f"{public}/authorize"}
    document = f"{issuer.url}/.well-known/openid-configuration"
    status, said = check_issuer(issuer, issuer=public, discovery_url=document)
    assert status == 0 and f"{public}: 1 key;" in said, said
    issuer.metadata = {"issuer": public}
    status, said = check_issuer(issuer, issuer=public, discovery_url=document)
    assert status == 1 and said.count("error: ") == 1, said
    assert f'{document}: error: the discovery document: "authorization_endpoint" is not https: browsers use' in said


def test_check_tells_of_an_issuer_that_cannot_be_read_and_of_keys_of_no_use(check_issuer, issuer):
    issuer.on["keys"] = lambda question: json_answer(
        {"keys": [issuer.keys[0].jwk(), {"kty": "oct", "kid": "hmac", "k": "AAAA"}]}
    )
    status, said = check_issuer(issuer)
    assert status == 0 and 'warning: skipped: key 2 "hmac": "k" belongs to a private key' in said, said
    issuer.on["keys"] = lambda question: json_answer({"keys": []})
    status, said = check_issuer(issuer)
    assert status == 1 and "error: the key set: none of its 0 keys" in said, said
    issuer.on["discovery"] = lambda question: Answer(404)
    status, said = check_issuer(issuer)
    assert status == 1 and "/.well-known/openid-configuration: error: status 404" in said, said

# SPDX-License-Identifier: Apache-2.0
"""An issuer that sallyport reaches at another address than browsers do."""

import pytest
from rig.dex import ADA, Dex
from rig.flow import log_in
from rig.issuer import Answer
from rig.keys import Key
from rig.raw import Asker

PUBLIC = "https://sso.example.test/realms/x"
DEAD_PROXIES = {"HTTPS_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
REALM = "auth.example.test"  # the certificate of the rig names it; nothing resolves it


@pytest.mark.edges("3.7.15-https")
@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]"])
def test_dex_keeps_its_public_name_at_an_address_inside(rig, make_site, browser, tmp_path, host):
    """Dex serves TLS for its own name only. The proxy in the environment is not used: nothing listens there."""
    dex = Dex("inside", tmp_path, clients=(rig.dex.confidential,), authority=rig.authority, host=REALM)
    try:
        settings = {"issuer_address": f"{host}:{dex.port}"}
        site = make_site(issuer=dex.issuer, settings=settings, env=DEAD_PROXIES)
        visit = browser.log_in(site.url("/x"))
        assert visit.hop(f"{REALM}:{dex.port}/dex/auth?"), str(visit)
        assert visit.final.status == 200 and site.app.last.value("X-Forwarded-User") == ADA.email, str(visit)
    finally:
        dex.stop()


def test_an_address_must_prove_to_be_the_issuer(rig, make_issuer, make_sallyport, tmp_path):
    """The certificate must have the issuer's name, not that of the other address."""
    issuer = make_issuer(keys=[Key("ES256")], authority=rig.authority.server(tmp_path, ["other.localhost"]))
    issuer.url = PUBLIC
    sallyport = make_sallyport({"issuer_address": f"localhost:{issuer.port}"}, issuer=issuer)
    failed = sallyport.events("issuer_failed")[0]
    assert "sso.example.test" in failed["detail"] and issuer.asked == [], failed
    assert failed["url"] == f"{PUBLIC}/.well-known/openid-configuration"


@pytest.fixture
def split(make_issuer):
    """
    An issuer with two names: its document has the public one for itself and for what browsers get, and the internal
    one for what clients call. The latter is http to an address that is not written as a loopback address.
    """
    issuer = make_issuer(keys=[Key("ES256")])
    issuer.url = issuer.url.replace("127.0.0.1", "0.0.0.0")
    issuer.claims = {"iss": PUBLIC}
    issuer.metadata = {
        "issuer": PUBLIC,
        "authorization_endpoint": f"{PUBLIC}/authorize",
        "end_session_endpoint": f"{PUBLIC}/logout",
    }
    return issuer


def inside(issuer, **settings):
    document = f"{issuer.url}/.well-known/openid-configuration"
    return {"issuer": PUBLIC, "discovery_url": document, "insecure_issuer_http": True, **settings}


def test_a_document_read_inside_names_the_public_issuer(split, make_sallyport):
    sallyport = make_sallyport(inside(split, userinfo=True), issuer=split, env=DEAD_PROXIES)
    with Asker(sallyport.listen) as asker:
        flow = log_in(asker, split, uri="/x")
        assert flow.asked.startswith(f"{PUBLIC}/authorize?")
        assert asker.ask("/x", cookie=flow.session).status == 200
    assert [len(split.questions(name)) for name in ("keys", "token", "userinfo")] == [1, 1, 1]
    assert split.questions("discovery")
    assert split.questions("token")[0].headers["host"] == f"0.0.0.0:{split.port}"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": "http://0.0.0.0/realms/x"}, '"issuer" is "http://0.0.0.0/realms/x", not the configured one'),
        (
            {"authorization_endpoint": "http://0.0.0.0/authorize"},
            '"authorization_endpoint" is not https: browsers use it',
        ),
        (
            {"token_endpoint": "http://0.0.0.0:1/token"},
            '"token_endpoint" is not https: http is only allowed for the origin of discovery_url, with insecure_issuer_http',
        ),
    ],
)
def test_http_inside_is_for_what_sallyport_calls_and_for_one_origin(split, make_sallyport, changed, said):
    split.metadata |= changed
    sallyport = make_sallyport(inside(split), issuer=split)
    assert said in sallyport.events("issuer_failed")[0]["detail"]
    with Asker(sallyport.listen) as asker:
        assert asker.ask("/x").reason == "issuer_unusable"


def test_what_browsers_need_for_signing_out_is_https_or_left_out(split, make_sallyport):
    split.metadata["end_session_endpoint"] = f"{split.url}/logout"
    sallyport = make_sallyport(inside(split), issuer=split)
    (said,) = [line for line in sallyport.events("warning") if "end_session_endpoint" in line["detail"]]
    assert '"end_session_endpoint" is not https: browsers use it' in said["detail"]
    with Asker(sallyport.listen) as asker:
        log_in(asker, split)


def test_a_failure_names_the_address_that_was_asked_without_its_query(split, make_sallyport):
    split.on["discovery"] = lambda question: Answer(404)
    settings = inside(split)
    settings["discovery_url"] += "?p=hush"
    failed = make_sallyport(settings, issuer=split).events("issuer_failed")[0]
    assert failed["detail"] == "status 404"
    assert failed["url"] == f"{split.url}/.well-known/openid-configuration"
    split.on = {"keys": lambda question: Answer(503)}
    failed = make_sallyport(inside(split), issuer=split).events("issuer_failed")[0]
    assert failed["document"] == "keys" and failed["url"] == f"{split.url}/keys"


def test_the_variable_of_other_programs_names_the_authority(rig, make_issuer, make_sallyport):
    issuer = make_issuer(keys=[Key("ES256")], authority=rig.authority)
    sallyport = make_sallyport(
        {"issuer_ca_file": ""}, issuer=issuer, env={"SSL_CERT_FILE": str(rig.authority.ca_file)}
    )
    assert sallyport.events("issuer_updated"), sallyport.events("issuer_failed")

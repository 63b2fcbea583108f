# SPDX-License-Identifier: Apache-2.0
"""The identity that the application gets: exact, or none."""

import base64
import json
from urllib.parse import unquote

import pytest
from rig import expect
from rig.dex import ADA, ADMIN, COMMA, CROWD, LONER, SCRIPTS, UNVERIFIED, Client
from rig.keys import Key
from rig.traefik import IDENTITY_HEADERS
from test_layouts import pages_beside

pytestmark = pytest.mark.edges("3.7.15-https")
REMOTE_HEADERS = ("Remote-User", "Remote-Email", "Remote-Groups", "Remote-Name")


def with_headers(target, headers, **options):
    """One forwardAuth middleware with the address `target`, which passes on `headers`."""
    return lambda routes: routes.route(
        "app", "PathPrefix(`/`)", [routes.ask(target=target, headers=headers, **options)]
    )


def spoofed(headers):
    return {name: "mallory" for name in headers}


@pytest.mark.edges("3.7.15-https", "3.7.15-http", "3.6.15-https", "3.0.4-https")
def test_what_a_client_says_of_its_own_identity_is_replaced(site, browser):
    browser.log_in(site.url("/x"), LONER)
    browser.send("navigation", site.url("/y"), headers=spoofed(IDENTITY_HEADERS))

    request = site.app.last
    assert request.value("X-Forwarded-User") == request.value("X-Forwarded-Email") == LONER.email
    assert "mallory" not in str(request.headers)
    assert not request.value("X-Forwarded-Groups") and not request.value("X-Forwarded-Preferred-Username")


@pytest.mark.edges("3.7.15-https", "3.7.15-http", "3.6.15-https", "3.0.4-https")
def test_ac_49_a_public_page_takes_no_identity_from_the_client(make_site, browser):
    site = make_site(
        settings={"policies": {"default": [{"action": "public", "path": "/open"}, {"action": "allow"}]}}
    )
    assert browser.send("api", site.url("/open"), headers=spoofed(IDENTITY_HEADERS)).status == 200
    assert "mallory" not in str(site.app.last.headers)

    browser.log_in(site.url("/x"))
    browser.send("navigation", site.url("/open"), headers=spoofed(IDENTITY_HEADERS))
    assert "mallory" not in str(site.app.last.headers)
    assert site.app.last.value("X-Forwarded-User") is None


@pytest.mark.parametrize(
    "alias", ["X_Forwarded_User", "X-Forwarded_User", "X.Forwarded.User", "x_forwarded_groups"]
)
def test_ac_03_a_header_that_an_application_would_fold_into_an_identity_is_refused(site, browser, alias):
    browser.log_in(site.url("/x"))
    seen = len(site.app.seen)

    expect.page(browser.send("navigation", site.url("/y"), headers={alias: "mallory"}), 400, "alias_header")
    assert len(site.app.seen) == seen


def test_the_remote_set_has_its_own_names(make_site, browser):
    site = make_site(layout=with_headers("/auth/traefik?headers=remote", REMOTE_HEADERS))
    browser.log_in(site.url("/x"), ADMIN)

    request = site.app.last
    assert request.value("Remote-User") == ADMIN.email and request.value("Remote-Email") == ADMIN.email
    assert request.value("Remote-Groups") == "admins,ops" and request.value("Remote-Name") == ADMIN.name

    site.browser().log_in(site.url("/x"), SCRIPTS)
    shown = {name: site.app.last.value(name).encode("latin-1").decode() for name in REMOTE_HEADERS}
    assert shown["Remote-Name"] == SCRIPTS.name and shown["Remote-Groups"].split(",") == list(SCRIPTS.groups)


def test_a_set_of_ones_own_maps_claims_to_headers(make_site, browser):
    names = ("X-WEBAUTH-USER", "X-Webauth-Groups", "X-Webauth-Json")
    site = make_site(
        layout=with_headers("/auth/traefik?headers=grafana", names),
        settings={
            "headers": {
                "grafana": {
                    "X-WEBAUTH-USER": "preferred_username",
                    "X-WEBAUTH-GROUPS": {"claim": "groups", "list": "comma"},
                    "X-WEBAUTH-JSON": {"claim": "groups", "list": "json"},
                }
            }
        },
    )
    browser.log_in(site.url("/x"), ADMIN)

    request = site.app.last
    assert request.value("X-Webauth-User") == "admin"
    assert request.value("X-Webauth-Groups") == "admins,ops"
    assert request.value("X-Webauth-Json") == '["admins","ops"]'


PERSON = {"name": "Jörg \u4e2d, 100%", "preferred_username": "jörn", "groups": ["CN=ä,OU=b", "ops"]}


@pytest.mark.parametrize("encode", ["none", "percent", "base64"])
def test_one_application_decodes_every_header_of_a_set_in_one_way(make_site, make_issuer, encode):
    issuer = make_issuer(keys=[Key("ES256")])

    def decode(text):
        if encode == "base64":
            return base64.b64decode(text, validate=True).decode()
        return unquote(text, errors="strict") if encode == "percent" else text.encode("latin-1").decode()

    names = ("X-User", "X-Name", "X-Comma", "X-Json", "X-Repeat")
    claims = ("user", "name", *({"claim": "groups", "list": way} for way in ("comma", "json", "repeat")))
    site = make_site(
        issuer=issuer.url,
        client=Client(issuer.client_id, issuer.client_secret),
        layout=with_headers("/auth/traefik?headers=own", names),
        settings={
            "username_claim": "preferred_username",
            "headers": {"own": {"encode": encode, **dict(zip(names, claims, strict=True))}},
        },
    )
    issuer.user.update(PERSON)
    site.browser().navigate(site.url("/x"))

    request = site.app.last
    assert decode(request.value("X-User")) == PERSON["preferred_username"]
    assert decode(request.value("X-Name")) == PERSON["name"]
    assert [decode(name) for name in request.values("X-Repeat")] == PERSON["groups"]
    in_json = request.value("X-Json")
    if encode == "none":
        assert json.loads(decode(in_json)) == PERSON["groups"]
        assert decode(request.value("X-Comma")) == "ops"
    else:
        assert [decode(name) for name in json.loads(in_json)] == PERSON["groups"]
        assert [decode(name) for name in request.value("X-Comma").split(",")] == PERSON["groups"]


def test_a_repeated_header_carries_one_group_each(make_site, browser):
    site = make_site(
        layout=with_headers("/auth/traefik?headers=many", ["X-Group"]),
        settings={"headers": {"many": {"X-Group": {"claim": "groups", "list": "repeat"}}}},
    )
    browser.log_in(site.url("/x"), ADMIN)

    assert site.app.last.values("X-Group") == ["admins", "ops"]


def test_ac_28_an_address_that_names_an_unknown_set_policy_or_parameter_serves_nobody(make_site, browser):
    for query, reason in (
        ("headers=nope", "unknown_headers"),
        ("policy=nope", "unknown_policy"),
        ("colour=red", "unknown_parameter"),
        ("policy=default&policy=default", "unknown_parameter"),
    ):
        site = make_site(layout=with_headers(f"/auth/traefik?{query}", IDENTITY_HEADERS))
        expect.problem(browser.send("api", site.url("/x")), 500, reason)
        site.app.assert_untouched()
        site.stop()


def test_ac_26_groups_that_a_list_cannot_carry_are_dropped_and_logged(site, browser):
    browser.log_in(site.url("/x"), COMMA)

    assert site.app.last.value("X-Forwarded-Groups") == "ops,dev"
    assert "one,two" not in str(site.app.last.headers) and "system:masters" not in str(site.app.last.headers)
    assert site.sallyport.wait_for_event("login_completed", user=COMMA.email)["groups_with_comma"] == 1


def test_distinguished_names_work_in_rules_and_in_every_list_but_that_with_commas(make_site, browser):
    names = ("X-Json", "X-Repeat", "X-Comma")
    site = make_site(
        layout=with_headers("/auth/traefik?headers=all", names),
        settings={
            "policies": {"default": [{"action": "allow", "group": "one,two"}]},
            "headers": {
                "all": {name: {"claim": "groups", "list": name[2:].lower()} for name in names},
            },
        },
    )
    browser.log_in(site.url("/x"), COMMA)

    request = site.app.last
    assert request.value("X-Json") == '["ops","one,two","dev"]'
    assert request.values("X-Repeat") == ["ops", "one,two", "dev"]
    assert request.value("X-Comma") == "ops,dev"


def test_an_address_that_the_issuer_does_not_vouch_for_is_no_identity(site, browser):
    visit = browser.log_in(site.url("/x"), UNVERIFIED)

    expect.page(visit.final, 403, "email_unverified")
    site.app.assert_untouched()


def test_another_claim_can_be_the_user_name(make_site, browser):
    site = make_site(
        settings={"username_claim": "preferred_username", "username_prefix": "dex:", "groups_prefix": "dex:"}
    )
    browser.log_in(site.url("/x"), ADA)

    assert site.app.last.value("X-Forwarded-User") == "dex:ada"
    assert site.app.last.value("X-Forwarded-Groups") == "dex:ops"


def test_ac_26_of_groups_that_no_cookie_can_hold_those_stay_that_rules_name(make_site, browser):
    rules = [
        {"action": "deny", "path_prefix": "/closed", "group": ["team-0599", "nobody"]},
        {"action": "allow", "group": "team-0300"},
    ]
    site = make_site(settings={"policies": {"default": rules}}, layout=pages_beside)
    browser.log_in(site.url("/x"), CROWD)

    request = site.app.last
    assert request.value("X-Forwarded-User") == CROWD.email and not request.value("X-Forwarded-Groups")
    completed = site.sallyport.wait_for_event("login_completed")
    assert completed["level"] == "warn" and (completed["groups"], completed["groups_of_token"]) == (2, 600)
    assert "2 of 600 groups" in completed["detail"] and "groups_keep" in completed["detail"]
    denied = expect.page(browser.send("navigation", site.url("/closed/x")), 403, "policy_denied")
    assert "no group" not in denied.text
    me = browser.send("api", site.url("/_sallyport/me")).json()
    assert me["groups"] == ["team-0300", "team-0599"] and me["groups_complete"] is False
    assert "too many to list" in browser.send("navigation", site.url("/_sallyport/me")).text


def test_ac_26_a_session_that_no_cookie_can_hold_is_a_page_that_names_the_cure(make_site, browser):
    named = [f"team-{number:04}" for number in range(320)]
    rules = [{"action": "allow", "group": named[at : at + 64]} for at in range(0, 320, 64)]
    site = make_site(settings={"policies": {"default": rules}})
    visit = browser.log_in(site.url("/x"), CROWD)

    page = expect.page(visit.final, 500, "session_too_large")
    assert "groups_keep" in page.text + site.sallyport.text()
    assert browser.jar.named(site.cookie_name) == [] and browser.jar.refused == []
    failed = site.sallyport.wait_for_event("login_failed")
    assert failed["reason"] == "session_too_large" and "600" in str(failed)


def test_groups_keep_none_tells_no_group_and_fits_everybody(make_site, browser):
    site = make_site(settings={"groups_keep": "none"})
    browser.log_in(site.url("/x"), CROWD)

    assert site.app.last.value("X-Forwarded-User") == CROWD.email
    assert not site.app.last.value("X-Forwarded-Groups")
    completed = site.sallyport.wait_for_event("login_completed")
    assert completed["level"] == "info" and completed["groups_not_kept"] == 600


def test_groups_keep_makes_room(make_site, browser):
    site = make_site(settings={"groups_keep": ["team-000*", "team-0599"]})
    browser.log_in(site.url("/x"), CROWD)

    expected = [f"team-{number:04}" for number in (*range(10), 599)]
    assert site.app.last.value("X-Forwarded-Groups").split(",") == expected


def test_the_session_cookie_can_be_kept_from_the_application(make_site, browser):
    site = make_site(
        layout=with_headers("/auth/traefik", (*IDENTITY_HEADERS, "Cookie")),
        settings={"strip_session_cookie": True},
    )
    browser.log_in(site.url("/x"))
    browser.jar.take(site.url("/"), ["theme=dark; Path=/", "lang=en; Path=/"])
    browser.send("navigation", site.url("/y"))

    assert site.app.last.value("Cookie") == "theme=dark; lang=en"

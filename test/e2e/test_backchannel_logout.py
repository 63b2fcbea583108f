# SPDX-License-Identifier: Apache-2.0
"""The issuer reports that sessions have ended (OpenID Connect Back-Channel Logout 1.0)."""

import threading
import time
import urllib.parse
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from rig import expect
from rig.dex import Client
from rig.issuer import Hold
from rig.keys import Key
from rig.process import wait_for
from rig.sallyport import run, write_files
from test_layouts import pages_beside

pytestmark = pytest.mark.edges("3.7.15-https")
CLIENT = Client("sallyport", "secret-of-the-scripted-issuer")
EVENTS = {"http://schemas.openid.net/event/backchannel-logout": {}}


@pytest.fixture
def issuer(make_issuer):
    return make_issuer()


@pytest.fixture
def site(make_site, issuer):
    return make_site(issuer=issuer.url, client=CLIENT, layout=pages_beside)


def logout_token(issuer, key=None, header=(), **changes):
    """A logout token as issuers send it; a claim that is None in `changes` is left out."""
    now = int(time.time())
    claims = {
        "iss": issuer.url,
        "aud": issuer.client_id,
        "iat": now,
        "exp": now + 120,
        "jti": uuid.uuid4().hex,
        "sub": issuer.user["sub"],
        "events": EVENTS,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return (key or issuer.keys[0]).sign(claims, {"typ": "logout+jwt", **dict(header)})


def told(site, token):
    """The response to the issuer that sends this token, with the headers of oidc-provider."""
    return site.browser().send(
        "fetch-post",
        site.url("/_sallyport/backchannel-logout"),
        headers={"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "", "Accept-Language": "*"},
        body=urllib.parse.urlencode({"logout_token": token}).encode(),
    )


def logged_in(site):
    browser = site.browser()
    assert browser.navigate(site.url("/x")).final.status == 200
    return browser


def is_over(site, browser):
    answer = browser.send("fetch", site.url("/x"), initiator=site.url("/"))
    if answer.status == 200:
        return False
    expect.problem(answer, 401, "session_revoked")
    return True


def assert_refused(answer):
    assert (answer.status, answer.reason) == (400, "bad_logout_token"), answer.text
    assert answer.json()["error"] == "invalid_request"


def test_ac_68_a_token_with_sid_and_sub_ends_one_session_and_one_with_sub_the_users(site, issuer):
    issuer.claims["sid"] = "s1"
    first = logged_in(site)
    issuer.claims["sid"] = "s2"
    second = logged_in(site)

    answer = told(site, logout_token(issuer, sid="s1"))
    assert (answer.status, answer.body) == (200, b"") and answer.value("Cache-Control") == "no-store"
    assert is_over(site, first) and not is_over(site, second)
    again = first.send("navigation", site.url("/x"))  # a moment after the sign-in, whose session must not be lost
    assert (again.status, again.reason) == (401, "session_revoked")
    line = site.sallyport.wait_for_event("revoked")
    assert (line["by"], line["subject"], line["sid"], line["result"]) == ("issuer", "user-1", "s1", "added")

    assert told(site, logout_token(issuer, sub="somebody-else")).status == 200
    assert not is_over(site, second)
    assert told(site, logout_token(issuer, header={"typ": None})).status == 200
    assert is_over(site, second)
    assert site.sallyport.metric("sallyport_logout_tokens_total", result="accepted") == 3


def test_ac_35_a_token_that_breaks_a_rule_is_refused_and_nothing_changes(site, issuer):
    browser = logged_in(site)
    now = int(time.time())
    refused = {
        "a nonce": logout_token(issuer, nonce="n"),
        "of another client": logout_token(issuer, aud="sibling"),
        "of another kind": logout_token(issuer, header={"typ": "JWT"}),
        "another event": logout_token(issuer, events={"urn:other": {}}),
        "no event": logout_token(issuer, events=None),
        "nobody named": logout_token(issuer, sub=None),
        "no id": logout_token(issuer, jti=None),
        "no end": logout_token(issuer, exp=None),
        "over": logout_token(issuer, iat=now - 200, exp=now - 100),
        "old": logout_token(issuer, iat=now - 700),
        "an ID token": issuer.id_token({"nonce": "n"}, "a"),
        "nonsense": "x.y.z",
        "nothing": "",
        "forged": logout_token(issuer, key=Key(kid=issuer.keys[0].kid)),
        "of an unknown key": logout_token(issuer, key=Key(kid="unknown")),
    }
    for token in refused.values():
        assert_refused(told(site, token))
    assert not is_over(site, browser) and site.sallyport.metric("sallyport_revocations") == 0

    good = logout_token(issuer)
    assert told(site, good).status == 200 and is_over(site, browser)
    assert_refused(told(site, good))


def test_ac_36_a_flood_of_forged_logout_tokens_fetches_the_keys_a_few_times_and_loses_no_genuine_one(site, issuer):
    browser, stranger = logged_in(site), Key(kid="unknown")
    with ThreadPoolExecutor(8) as crowd:
        forged = [logout_token(issuer, key=stranger) for _ in range(24)]
        answers = list(crowd.map(lambda token: told(site, token), forged))
    assert {answer.status for answer in answers} <= {400, 503}
    assert len(issuer.questions("keys")) <= 4 and site.sallyport.metric("sallyport_revocations") == 0

    issuer.keys[:] = [Key("ES256", "new")]  # it is unknown, and keys must not be fetched again yet
    assert told(site, logout_token(issuer)).status in (200, 503)
    wait_for(lambda: is_over(site, browser), "the genuine token counts when the keys are fetched")


def test_a_key_that_is_new_is_fetched_and_who_waits_is_answered_within_two_seconds(site, issuer):
    browser = logged_in(site)
    issuer.keys[:] = [Key("ES256", "new")]
    assert told(site, logout_token(issuer)).status == 200 and is_over(site, browser)

    issuer.user["sub"] = "user-2"
    browser = logged_in(site)
    issuer.keys[:] = [Key("ES256", "newer")]
    held = issuer.on["keys"] = Hold(issuer.honest)
    began = time.monotonic()
    answer = told(site, logout_token(issuer))
    assert answer.status == 503 and answer.json()["error"] == "temporarily_unavailable"
    assert 1.5 < time.monotonic() - began < 4
    assert not is_over(site, browser)
    held.release()
    wait_for(lambda: is_over(site, browser), "what was verified later counts")


def test_ac_70_a_login_under_way_makes_no_session(site, issuer):
    held = issuer.on["token"] = Hold(issuer.honest)
    browser, visits = site.browser(), []
    thread = threading.Thread(target=lambda: visits.append(browser.navigate(site.url("/x"))))
    thread.start()
    assert held.reached.wait(20)
    assert told(site, logout_token(issuer)).status == 200
    held.release()
    thread.join(20)

    expect.page(visits[0].final, 401, "session_revoked")
    assert browser.jar.named(site.cookie_name) == []
    assert site.sallyport.wait_for_event("login_failed")["reason"] == "session_revoked"


def test_check_names_the_address_to_register(site, tmp_path):
    def said(*options, **settings):
        path = write_files(tmp_path, {**site.sallyport.config, **settings}, CLIENT.secret)
        lines = run("check", "--config", path, *options).stderr.split("\n")
        return [line.partition("backchannel_logout_uri ")[2].partition(",")[0] for line in lines if "_uri" in line]

    page = "/_sallyport/backchannel-logout"
    hosts = ["https://*.example.test", "https://app.example.test", "https://auth.test"]
    assert said() == []
    assert said("--issuer") == [f"https://HOST{page}"]
    assert said(hosts=hosts) == [f"https://app.example.test{page}"]
    assert said(hosts=hosts, callback_host="https://auth.test") == [f"https://auth.test{page}"]
    assert said(hosts=hosts[:1]) == []

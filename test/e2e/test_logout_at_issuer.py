# SPDX-License-Identifier: Apache-2.0
"""A sign-out that continues at the issuer (OpenID Connect RP-Initiated Logout 1.0)."""

from urllib.parse import parse_qs, urlsplit

import pytest
from rig import expect
from rig.dex import Client
from rig.issuer import Answer
from rig.sallyport import run
from test_layouts import pages_beside

pytestmark = pytest.mark.edges("3.7.15-https")
CLIENT = Client("sallyport", "secret-of-the-scripted-issuer")
SIGNED_OUT = "/_sallyport/signed-out"


@pytest.fixture
def issuer(make_issuer, rig):
    issuer = make_issuer(authority=rig.authority)
    issuer.metadata["end_session_endpoint"] = f"{issuer.url}/end"
    return issuer


@pytest.fixture
def site(make_site, issuer):
    return make_site(issuer=issuer.url, client=CLIENT, layout=pages_beside)


def logged_in(site):
    browser = site.browser()
    assert browser.navigate(site.url("/x")).final.status == 200
    return browser


def test_signing_out_leads_through_the_issuer_and_back(site, issuer):
    visit = logged_in(site).navigate(site.url("/_sallyport/logout"))

    assert visit.statuses == [303, 302, 401], str(visit)
    asked = issuer.questions("end_session")[0].query
    assert set(asked) == {"client_id", "post_logout_redirect_uri", "state"}
    assert asked["client_id"] == CLIENT.id and asked["post_logout_redirect_uri"] == site.url(SIGNED_OUT)
    assert "was asked to end its own" in expect.page(visit.final, 401, "signed_out").text


def test_with_a_callback_host_one_address_is_registered_and_the_return_is_passed_on(make_site, issuer):
    hosts = ("app.example.test", "auth.example.test")
    site = make_site(issuer=issuer.url, client=CLIENT)
    origins = [site.origin(host) for host in hosts]
    site.stop()
    site = make_site(
        issuer=issuer.url, client=CLIENT, settings={"hosts": origins, "callback_host": origins[1]}
    )
    browser = site.browser()
    assert browser.navigate(site.url("/x", host=hosts[0])).final.status == 200
    visit = browser.navigate(site.url("/_sallyport/logout", host=hosts[0]))

    assert visit.statuses == [303, 302, 302, 401], str(visit)
    asked = issuer.questions("end_session")[-1].query
    assert asked["post_logout_redirect_uri"] == site.url(SIGNED_OUT, host=hosts[1])
    assert visit.final.url.startswith(site.url(SIGNED_OUT, host=hosts[0]))


def test_ac_73_a_return_that_is_not_ours_is_the_page_and_leads_nowhere(site, issuer):
    browser = logged_in(site)
    began = browser.send("navigation", site.url("/_sallyport/logout"))
    state = parse_qs(urlsplit(began.location).query)["state"][0]
    for query in ("", "?state=", "?state=x", f"?state={state[:-1]}", f"?state={state}&state={state}"):
        answer = browser.send("navigation", site.url(SIGNED_OUT + query), initiator=issuer.url)
        assert "was asked" not in expect.page(answer, 401, "signed_out").text
    for _ in range(2):
        answer = browser.send("navigation", site.url(f"{SIGNED_OUT}?state={state}"), initiator=issuer.url)
        assert "was asked" in expect.page(answer, 401, "signed_out").text


def test_signing_out_everywhere_ends_the_sessions_of_all_browsers(site):
    browser, other = logged_in(site), logged_in(site)
    page = browser.send("navigation", site.url("/_sallyport/me"))
    visit = browser.click(page, "everywhere=1")

    assert "signed out everywhere" in expect.page(visit.final, 401, "signed_out").text
    expect.problem(other.send("fetch", site.url("/x"), initiator=site.url("/")), 401, "session_revoked")


def test_a_person_confirms_and_comes_back_from_the_issuer_in_chromium(site, issuer, page):
    """The answer to the form redirects to the issuer and further: Chromium checks each hop against form-action."""
    issuer.on["end_session"] = lambda question: (
        issuer.honest(question)
        if "hop" in question.query
        else Answer(302, headers={"Location": f"https://127.0.0.1:{issuer.port}{question.target}&hop=1"})
    )
    page.goto(site.url("/page"))
    page.goto("about:blank")
    page.set_content(f'<a id="away" href="{site.url("/_sallyport/logout")}">away</a>')
    page.click("#away")
    assert page.title() == "Sign out?"
    page.click("button")
    page.wait_for_url(site.url(SIGNED_OUT) + "**")
    assert page.title() == "You are signed out"
    assert len(issuer.questions("end_session")) == 2


def test_the_issuer_is_given_the_id_token_of_the_session_that_ends_and_nobody_else(make_site, issuer):
    tokens, honest = [], issuer.id_token
    issuer.id_token = lambda *given: tokens.append(honest(*given)) or tokens[-1]
    issuer.claims["sid"] = "s1"
    site = make_site(
        issuer=issuer.url, client=CLIENT, layout=pages_beside, settings={"id_token_hint": True, "log_access": True}
    )
    browser = logged_in(site)
    me = browser.send("fetch", site.url("/_sallyport/me"), initiator=site.url("/"))
    visit = browser.navigate(site.url("/_sallyport/logout"))

    assert visit.statuses == [303, 302, 401], str(visit)
    assert issuer.questions("end_session")[0].query["id_token_hint"] == tokens[0]
    assert site.sallyport.wait_for_event("login_completed")["id_token"] == "kept"
    for part in tokens[0].split("."):
        assert part not in me.text + site.sallyport.text() and part not in str(site.app.seen)


def test_check_issuer_warns_of_a_hint_that_nobody_takes(make_site, issuer):
    del issuer.metadata["end_session_endpoint"]
    site = make_site(issuer=issuer.url, client=CLIENT, settings={"id_token_hint": True})
    done = run("check", "--issuer", "--config", site.sallyport.folder / "sallyport.yaml")
    assert done.returncode == 0 and "warning: id_token_hint: " in done.stderr, done.stderr

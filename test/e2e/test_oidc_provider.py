# SPDX-License-Identifier: Apache-2.0
"""Real oidc-provider as the issuer: claims in other forms, and sessions that end from either side."""

from urllib.parse import urlencode

import pytest
from rig import expect
from rig.oidc_provider import PEOPLE
from rig.process import wait_for
from test_layouts import pages_beside
from test_pages import leave, look

SIGNED_OUT = "/_sallyport/signed-out"


@pytest.fixture
def site(make_site, oidc_provider):
    return make_site(issuer=oidc_provider.issuer, client=oidc_provider.client, layout=pages_beside)


@pytest.fixture
def logged_in(site, oidc_provider):
    """Signs a new browser in."""

    def made():
        browser = site.browser()
        visit = oidc_provider.log_in(browser, site.url("/x"))
        assert visit.final.status == 200, str(visit)
        return browser

    return made


@pytest.mark.edges("3.7.15-https", "3.0.4-https")
def test_signing_out_passes_the_question_of_the_issuer_and_its_logout_token_ends_the_session(
    site, oidc_provider, logged_in
):
    browser, told = logged_in(), len(oidc_provider.sent())
    elsewhere = site.url("/x", host="other.test")
    assert browser.navigate(elsewhere).final.status == 200  # a second session from the same session of the issuer
    asked = browser.navigate(site.url("/_sallyport/logout"))
    assert asked.final.status == 200 and "sign-out" in asked.final.text, str(asked)
    back = browser.submit(asked.final)

    assert back.final.url.startswith(site.url(SIGNED_OUT + "?state=")), str(back)
    assert "was asked to end its own" in expect.page(back.final, 401, "signed_out").text
    (token,) = oidc_provider.sent()[told:]
    assert token["taken"] and token["sub"] == "ada", token
    line = site.sallyport.wait_for_event("revoked")
    assert (line["by"], line["subject"], line["sid"]) == ("issuer", "ada", token["sid"])
    expect.problem(browser.send("fetch", elsewhere, initiator=elsewhere), 401, "session_revoked")


@pytest.mark.edges("3.7.15-https")
def test_signing_out_of_an_offline_session_ends_its_grant_at_the_issuer(make_site, oidc_provider):
    settings = {"renew": True, "scopes": ["openid", "email", "groups", "offline_access"]}
    site = make_site(issuer=oidc_provider.issuer, client=oidc_provider.client, settings=settings)
    browser = site.browser()
    assert oidc_provider.log_in(browser, site.url("/x")).final.status == 200
    told = oidc_provider.revoked()
    browser.navigate(site.url("/_sallyport/logout"))
    wait_for(lambda: oidc_provider.revoked()[len(told) :], "the end of the grant")
    calls = {"target": "revocation", "result": "ok"}
    wait_for(lambda: site.sallyport.metric("sallyport_outbound_requests_total", **calls) == 1, "its answer")


@pytest.mark.edges("3.7.15-https", "3.0.4-https")
def test_a_sign_out_that_begins_at_the_issuer_ends_the_session_on_the_next_request(
    site, oidc_provider, logged_in
):
    browser, other = logged_in(), logged_in()
    asked = browser.navigate(f"{oidc_provider.issuer}/session/end")
    done = browser.submit(asked.final)

    assert done.final.status == 200 and "Sign-out Success" in done.final.text, str(done)
    expect.problem(browser.send("fetch", site.url("/x"), initiator=site.url("/")), 401, "session_revoked")
    assert other.send("navigation", site.url("/x")).status == 200  # another session of the same user
    assert oidc_provider.sent()[-1]["taken"]
    assert site.sallyport.metric("sallyport_logout_tokens_total", result="accepted") == 1


@pytest.mark.edges("3.7.15-https")
def test_who_says_no_at_the_issuer_is_signed_out_here_all_the_same(site, oidc_provider, logged_in):
    browser = logged_in()
    asked = browser.navigate(site.url("/_sallyport/logout")).final
    form = asked.page.forms[0]
    body = urlencode({"xsrf": form.fields["xsrf"]}).encode()  # the button "No, stay signed in" sends no value
    back = browser.navigate(form.action, initiator=asked.url, kind="form", body=body)

    expect.page(back.final, 401, "signed_out")
    assert browser.jar.named(site.cookie_name) == []


@pytest.mark.edges("3.7.15-https")
def test_the_largest_id_token_that_fits_is_taken_as_a_hint_and_one_byte_more_is_left_out(
    make_site, oidc_provider
):
    site = make_site(
        issuer=oidc_provider.issuer,
        client=oidc_provider.client,
        layout=pages_beside,
        settings={"id_token_hint": True},
    )

    def signed_out(padding):
        """The size of the session cookie, whether the ID token was stored, and whether the issuer got a hint."""
        browser, login = site.browser(), f"ada~{padding}"
        assert oidc_provider.log_in(browser, site.url("/x"), login).final.status == 200
        (cookie,) = browser.jar.named(site.cookie_name)
        asked = browser.navigate(site.url("/_sallyport/logout"))
        back = browser.submit(asked.final)
        assert "was asked to end its own" in expect.page(back.final, 401, "signed_out").text
        fate = site.sallyport.wait_for_event("login_completed", subject=login)["id_token"]
        return len(f"{cookie.name}={cookie.value}"), fate, "id_token_hint=" in asked.final.url

    largest, name = 4095, len(f"{site.cookie_name}=")
    used, *kept = signed_out(1000)
    room = (largest - name) * 3 // 4 - (used - name) * 3 // 4
    assert kept == ["kept", True]
    assert signed_out(1000 + room) == (largest, "kept", True)
    used, *kept = signed_out(1001 + room)
    assert used < 1000 and kept == ["too_large", False]


def give_name(site, page):
    """Opens a page, and fills in the form of the issuer."""
    page.goto(site.url("/page"))
    page.fill("input[name=login]", "ada")
    page.fill("input[name=password]", "any")
    page.click("button")
    page.wait_for_url(site.url("/page"))


@pytest.mark.edges("3.7.15-https")
@pytest.mark.parametrize("where", ["here", "everywhere"])
def test_both_questions_are_answered_in_chromium(site, page, where):
    """The form of the page leads to the issuer, whose own form leads back; Chromium checks each hop."""
    give_name(site, page)
    leave(page, site.url("/_sallyport/logout" + ("?everywhere=1" if where == "everywhere" else "")))
    assert page.title() == {"here": "Sign out?", "everywhere": "Sign out everywhere?"}[where]
    look(page, site, f"{where}-before-the-issuer")
    page.click("button")
    page.wait_for_url("**/session/end**")
    page.click("button[name=logout]")
    page.wait_for_url(site.url(SIGNED_OUT) + "**")
    assert page.title().startswith("You are signed out")
    look(page, site, f"{where}-after-the-issuer")


@pytest.mark.edges("3.7.15-https")
def test_whom_the_issuer_signed_out_reads_why_in_chromium(site, oidc_provider, page):
    give_name(site, page)
    page.goto(f"{oidc_provider.issuer}/session/end")
    page.click("button[name=logout]")
    page.wait_for_url("**/session/end/success")
    page.goto(site.url("/page"))
    assert page.locator("footer code").all_inner_texts()[1:] == ["session_revoked"]
    look(page, site, "ended-by-the-issuer")


@pytest.mark.edges("3.7.15-https")
@pytest.mark.parametrize("claim", ["groups", "/realm_access/roles"])
def test_groups_are_the_members_of_an_object_or_a_list_by_json_pointer(make_site, oidc_provider, claim):
    site = make_site(
        issuer=oidc_provider.issuer,
        client=oidc_provider.client,
        settings={
            "groups_claim": claim,
            "policies": {"default": [{"action": "allow", "group": "ops"}]},
        },
    )
    visit = oidc_provider.log_in(site.browser(), site.url("/x"), "roles")
    assert visit.final.status == 200, str(visit)
    assert site.app.last.value("X-Forwarded-User") == PEOPLE["roles"]["email"]

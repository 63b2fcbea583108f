# SPDX-License-Identifier: Apache-2.0
"""The end of a session."""

import copy
from urllib.parse import urlsplit

import pytest
from rig import expect

LOGOUT = "/_sallyport/logout"


def sessions(browser, site):
    return browser.jar.named(site.cookie_name)


def test_logging_out_ends_the_session_and_says_so(make_site, browser):
    site = make_site()
    browser.log_in(site.url("/x"))
    visit = browser.log_out(site.url(LOGOUT))

    assert visit.final.target == "/_sallyport/signed-out"
    page = expect.page(visit.final, 401, "signed_out")
    assert sessions(browser, site) == []
    assert [link for link in page.links if urlsplit(link.href).netloc == urlsplit(site.url()).netloc]
    assert site.sallyport.wait_for_event("logout")["user"] == "ada@example.com"


def test_after_logging_out_the_application_is_out_of_reach(site, browser):
    browser.log_in(site.url("/x"))
    browser.log_out(site.url(LOGOUT))
    seen = len(site.app.seen)

    expect.problem(browser.send("fetch", site.url("/x"), initiator=site.url("/")), 401, "no_session")
    assert browser.send("navigation", site.url("/x")).status == 302
    assert len(site.app.seen) == seen


@pytest.mark.edges("3.7.15-https")
def test_ac_32_a_copy_of_the_cookie_opens_nothing_on_the_very_next_request(make_site, browser):
    site = make_site()
    browser.log_in(site.url("/x"))
    thief = site.browser()
    thief.jar = copy.deepcopy(browser.jar)
    assert thief.send("navigation", site.url("/x")).status == 200
    browser.log_out(site.url(LOGOUT))

    seen = len(site.app.seen)
    expect.problem(thief.send("fetch", site.url("/x"), initiator=site.url("/")), 401, "session_revoked")
    assert len(site.app.seen) == seen
    assert site.sallyport.metric("sallyport_revocations") == 1
    browser.log_in(site.url("/x"))  # another session of the same user
    assert browser.send("navigation", site.url("/x")).status == 200


def test_one_can_sign_in_again_from_the_page_that_says_signed_out(site, browser):
    browser.log_in(site.url("/x"))
    page = browser.log_out(site.url(LOGOUT)).final
    visit = browser.click(page, "/_sallyport/login")
    visit.extend(browser.pass_issuer(visit.final))

    assert visit.final.status == 200 and sessions(browser, site), str(visit)


@pytest.mark.edges("3.7.15-https", "3.0.4-https")
@pytest.mark.parametrize("initiator", [None, "own"], ids=["typed", "own-page"])
def test_a_typed_address_or_a_link_of_the_same_host_logs_out_at_once(site, browser, initiator):
    browser.log_in(site.url("/x"))
    visit = browser.navigate(site.url(LOGOUT), initiator=initiator and site.url("/x"))

    assert visit.statuses == [303, 401], str(visit)
    assert sessions(browser, site) == []


@pytest.mark.parametrize("host", ["wiki.example.test", "other.test"], ids=["sibling", "other-site"])
def test_ac_34_somebody_elses_page_cannot_log_anybody_out(site, browser, host):
    browser.log_in(site.url("/x", host="app.example.test"))
    target = site.url(LOGOUT, host="app.example.test")
    for kind in ("navigation", "image", "frame", "fetch", "form"):
        response = browser.send(kind, target, initiator=f"https://{host}/page")
        assert response.set_cookies == [], str(response)

    assert browser.send("navigation", site.url("/y", host="app.example.test")).status == 200


@pytest.mark.edges("3.7.15-https")
def test_ac_34_the_form_that_signs_out_is_never_shown_in_a_frame(site, browser):
    """A frame on a sibling's page gets the cookie, and could make the user click."""
    browser.log_in(site.url("/x", host="app.example.test"))
    target = site.url(LOGOUT, host="app.example.test")
    for initiator in ("https://grafana.example.test/page", site.url("/x", host="app.example.test")):
        response = browser.send("frame", target, initiator=initiator)
        assert expect.page(response, 403, "cross_site").forms
        assert "frame-ancestors 'none'" in response.value("Content-Security-Policy")


def test_ac_34_a_link_from_elsewhere_asks_before_it_logs_out(site, browser):
    browser.log_in(site.url("/x"))
    response = browser.send("navigation", site.url(LOGOUT), initiator="https://other.test/")

    page = expect.page(response, 403, "cross_site")
    assert page.forms[0].method == "POST" and sessions(browser, site)
    visit = browser.submit(response)
    assert visit.final.target == "/_sallyport/signed-out" and sessions(browser, site) == [], str(visit)


@pytest.mark.edges("3.7.15-https")
def test_ac_34_the_form_of_one_session_does_not_end_another(site):
    first, second = site.browser(), site.browser()
    first.log_in(site.url("/x"))
    second.log_in(site.url("/x"))
    form = first.send("navigation", site.url(LOGOUT), initiator="https://other.test/").page.forms[0]
    response = second.send("form", form.action, initiator="https://other.test/")

    assert response.set_cookies == [] and sessions(second, site), str(response)


@pytest.mark.edges("3.7.15-https")
def test_logging_out_without_a_session_is_no_error(site, browser):
    visit = browser.navigate(site.url(LOGOUT))

    assert visit.final.target == "/_sallyport/signed-out", str(visit)
    expect.page(visit.final, 401, "signed_out")


@pytest.mark.edges("3.7.15-https")
def test_the_page_that_says_signed_out_ends_nothing_itself(site, browser):
    browser.log_in(site.url("/x"))
    response = browser.send("navigation", site.url("/_sallyport/signed-out"))

    assert response.set_cookies == [] and browser.send("navigation", site.url("/x")).status == 200


@pytest.mark.edges("3.7.15-https")
def test_another_address_under_the_prefix_is_a_page_that_does_not_exist(site, browser):
    browser.log_in(site.url("/x"))
    seen = len(site.app.seen)
    for target in (
        "/_sallyport",
        "/_sallyport/",
        "/_sallyport/x",
        "/_sallyport/callback/",
        "/_sallyport/me",
        "/_sallyport/logout/x",
        "/_sallyport/Login",
    ):
        expect.page(browser.send("navigation", site.url(target)), 404, "no_such_page")
    assert len(site.app.seen) == seen

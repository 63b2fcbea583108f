# SPDX-License-Identifier: Apache-2.0
"""What a session may not do where it gets a credential, through real Traefik: `sessions: true`."""

import pytest
from rig import expect
from rig.bound import binding, chain

pytestmark = pytest.mark.edges("3.7.15-https")

HOST, SIBLING = "app.example.test", "grafana.example.test"
TOKEN = "token-of-the-account"
PODS = "/api/v1/namespaces/default/pods"


def bound_to_sessions(site):
    return {
        "strip_session_cookie": True,
        "policies": {"default": [{"action": "public", "path": "/open"}, {"action": "allow"}]},
        "credentials": [binding(site.folder, HOST, TOKEN, sessions=True)],
    }


def bound(routes):
    routes.route("bound", "PathPrefix(`/`)", chain(routes))


@pytest.fixture
def site(make_site):
    return make_site(layout=bound, settings=bound_to_sessions, trusts_client=True)


@pytest.fixture
def browser(site):
    browser = site.browser()
    assert browser.log_in(site.url("/ui", HOST)).final.status == 200
    site.app.seen.clear()
    return browser


def assert_carries_token(site):
    seen = site.app.last
    assert seen.value("Authorization") == f"Bearer {TOKEN}" and seen.value("Impersonate-User")
    assert "sallyport" not in (seen.value("Cookie") or "") and seen.value("X-Sallyport-Proxy-Key") is None


def assert_refused(site, answer, reason):
    """A refusal in the API server's own form, as programs get it there."""
    expect.refusal(answer, 403, reason)
    assert answer.value("Content-Type") == "application/json"
    status = answer.json()
    assert (status["kind"], status["status"], status["reason"], status["code"]) == ("Status", "Failure", "Forbidden", 403)
    assert status["message"] == status["detail"] and status["request_id"] == answer.value("X-Request-Id")
    site.app.assert_untouched()
    return status["message"]


def test_ac_51_no_sibling_host_changes_anything_by_the_session(site, browser):
    own, sibling = site.url("/ui", HOST), site.url("/", SIBLING)
    url = site.url(PODS, HOST)
    message = assert_refused(site, browser.send("fetch-post", url, initiator=sibling), "cross_site")
    assert 'Sec-Fetch-Site is "same-site"' in message and SIBLING in message
    for method in ("PUT", "PATCH", "DELETE"):
        assert_refused(site, browser.send("fetch", url, method=method, initiator=sibling), "cross_site")
    # A browser that does not state the origin of its requests.
    assert_refused(site, browser.send("api", url, method="POST"), "cross_site")
    page = expect.page(browser.send("form", site.url("/ui", HOST), initiator=sibling), 403, "cross_site")
    assert "Request from another site" in page.text
    site.app.assert_untouched()

    for kind in ("fetch-post", "fetch"):
        assert browser.send(kind, url, initiator=own).status == 200
        assert_carries_token(site)
    assert browser.send("api", url, method="POST", headers={"Origin": site.origin(HOST)}).status == 200
    assert browser.send("fetch", url, initiator=sibling).status == 200  # which it cannot read
    assert site.sallyport.metric("sallyport_decisions_total", verdict="deny", reason="cross_site") == 6


def test_ac_60_no_handshake_of_another_origin_opens_a_stream(site, browser):
    own, sibling = site.url("/ui", HOST), site.url("/", SIBLING)
    url = site.url(f"{PODS}/box/exec?command=sh", HOST)
    announced = {"X-Forwarded-Proto": "https"}  # sent by a trusted balancer
    for headers in ({}, announced):
        message = assert_refused(
            site, browser.send("websocket", url, initiator=sibling, headers=headers), "cross_site"
        )
        assert "a WebSocket handshake" in message
        assert browser.send("websocket", url, initiator=own, headers=headers).status == 101
        assert_carries_token(site)
        site.app.seen.clear()


def test_ac_55_no_pod_gets_the_session_or_answers_as_this_site(site, browser):
    own = site.url("/ui", HOST)
    for path in ("pods/box/proxy/", "pods/box%2Fproxy/", "pods%2Fbox/%70roxy/", "services/https:web:443/proxy/x"):
        url = site.url(f"/api/v1/namespaces/default/{path}", HOST)
        assert_refused(site, browser.send("fetch", url, initiator=own), "subresource_denied")
        expect.page(browser.send("navigation", url), 403, "subresource_denied")
    assert_refused(
        site, browser.send("fetch", site.url("/api/v1/nodes/n/proxy", HOST), initiator=own), "subresource_denied"
    )

    for kind in ("navigation", "frame", "form", "prefetch", "old-browser"):
        for target in (f"{PODS}/box/log", "/apis", "/%61pi/v1"):
            expect.page(browser.send(kind, site.url(target, HOST), initiator=own), 403, "cross_site")
    anonymous = site.browser()
    assert not expect.page(anonymous.send("navigation", site.url("/api", HOST)), 403, "cross_site").forms
    assert not anonymous.jar.all()
    site.app.assert_untouched()

    assert browser.send("fetch", site.url(f"{PODS}/box/log", HOST), initiator=own).status == 200
    assert_carries_token(site)
    assert browser.send("navigation", site.url("/open", HOST)).status == 200
    assert "sallyport" not in (site.app.last.value("Cookie") or "")

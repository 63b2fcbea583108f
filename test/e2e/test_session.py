# SPDX-License-Identifier: Apache-2.0
"""The session cookie: its user, its scope, and what happens to an altered one."""

import time

import pytest
from rig import expect
from rig import sallyport as program
from rig.dex import ADA, GRACE
from rig.raw import exchange, subrequest

pytestmark = pytest.mark.edges("3.7.15-https")
APP, GRAFANA = "app.example.test", "grafana.example.test"


def session(browser, site):
    (cookie,) = browser.jar.named(site.cookie_name)
    return cookie.value


def ask(site, *cookie_lines, host="app.test", uri="/x"):
    """The answer of sallyport to a navigation with these Cookie lines."""
    lines = [("Cookie", line) for line in cookie_lines]
    host = f"{host}:{site.ports.https}"
    return exchange(site.sallyport.listen, subrequest(uri, host=host, more=[*lines, ("Connection", "close")]))


def test_the_cookie_alone_is_the_session(site, browser):
    browser.log_in(site.url("/x"))
    answer = ask(site, f"theme=dark; {site.cookie_name}={session(browser, site)}; x=y")

    assert answer.status == 200 and answer.values("X-Forwarded-User") == [ADA.email]
    assert answer.values("Set-Cookie") == [] and answer.body == b""


def test_ac_29_an_altered_cookie_is_nobodys(site, browser):
    browser.log_in(site.url("/x"))
    value = session(browser, site)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    altered = [
        value[:at] + alphabet[alphabet.index(value[at]) ^ 1] + value[at + 1 :]
        for at in range(0, len(value), 7)
    ]
    altered += [value[:length] for length in range(0, len(value), 11)]
    altered += [
        value + "A",
        value + "=",
        "A" + value,
        value.swapcase(),
        value + "." + value,
        "A" * 4000,
        "A" * 60000,
    ]
    for text in altered:
        assert ask(site, f"{site.cookie_name}={text}").status == 401, text[:80]


def test_ac_30_a_cookie_under_another_name_is_nobodys(site, browser):
    browser.log_in(site.url("/x"))
    value = session(browser, site)
    for name in (
        "sallyport",
        "__Secure-sallyport",
        "__host-sallyport",
        "__Host-sallyport-0",
        "__Host-sallyport2",
    ):
        assert ask(site, f"{name}={value}").status == 401, name
    (login,) = browser.jar.starting(site.cookie_name + "-")
    assert ask(site, f"{site.cookie_name}={login.value}").status == 401


def test_ac_31_a_cookie_of_one_host_is_worth_nothing_at_another(site, browser):
    browser.log_in(site.url("/x"))
    pair = f"{site.cookie_name}={session(browser, site)}"

    assert ask(site, pair).status == 200
    assert ask(site, pair, host="other.test").status == 401
    assert ask(site, pair, host="app.test.evil.test").status == 401


def test_of_several_cookies_the_one_authentic_counts(site, browser):
    browser.log_in(site.url("/x"))
    name, value = site.cookie_name, session(browser, site)

    assert ask(site, f"{name}=planted; {name}={value}").status == 200
    assert ask(site, f"{name}={value}; {name}={value[:-4]}AAAA; {name}=").status == 200
    assert ask(site, f"{name}=planted", f"{name}={value}").status == 200
    assert ask(site, "; ".join([f"{name}=planted"] * 10)).status == 401


def test_ac_33_two_authentic_cookies_that_differ_are_nobodys(site):
    first, second = site.browser(), site.browser()
    first.log_in(site.url("/x"), ADA)
    second.log_in(site.url("/x"), GRACE)
    answer = ask(
        site, f"{site.cookie_name}={session(first, site)}; {site.cookie_name}={session(second, site)}"
    )

    assert answer.status == 401 and answer.values("X-Sallyport-Reason") == ["session_ambiguous"]


def test_ac_31_a_cookie_of_another_key_ring_client_or_issuer_is_nobodys(make_site, rig):
    first = make_site()
    browser = first.browser()
    browser.log_in(first.url("/x"))
    pair = f"{first.cookie_name}={session(browser, first)}"
    keys = (first.folder / "keys").read_text()
    first.stop()

    def again(write_keys=True, **options):
        folder_keys = {} if not write_keys else {"keys_file": str(first.folder / "keys")}
        site = make_site(settings=folder_keys, **options)
        answer = ask(site, pair)
        site.stop()
        return answer.status

    assert keys and again() == 200
    assert again(write_keys=False) == 401
    assert again(client=rig.dex.public) == 401
    assert again(issuer=rig.dex.upstream.issuer) == 401


@pytest.mark.long
def test_a_session_ends_when_its_time_is_over(make_site, browser):
    site = make_site(settings={"session_lifetime": "1m"})
    browser.log_in(site.url("/x"))
    pair = f"{site.cookie_name}={session(browser, site)}"
    end = time.monotonic() + 90
    answer = ask(site, pair)
    while answer.status == 200 and time.monotonic() < end:
        answer = ask(site, pair)

    assert answer.status == 401 and answer.values("X-Sallyport-Reason") == ["session_expired"]


def test_two_instances_share_a_host_by_the_names_of_their_cookies(make_site, make_sallyport, rig, browser):
    """The second instance protects another path, with its own client and callback."""
    second = make_sallyport(
        {
            "cookie_name": "ops",
            "callback_path": "/_oauth",
            "prefix": "/_ops",
            "policies": {"default": "authenticated"},
        }
    )

    def layout(routes):
        ask_second = routes.middleware(
            "second",
            "forwardAuth",
            address=f"{second.auth_url}/auth/traefik",
            trustForwardHeader=True,
            authResponseHeaders=["X-Forwarded-User"],
        )
        routes.route("app", "PathPrefix(`/`)", [routes.ask()])
        routes.route(
            "ops", "PathPrefix(`/ops`) || PathPrefix(`/_oauth`) || PathPrefix(`/_ops`)", [ask_second]
        )

    site = make_site(layout=layout)
    browser.log_in(site.url("/x"), ADA)
    visit = browser.log_in(site.url("/ops/x"), GRACE)

    assert visit.final.status == 200 and site.app.last.value("X-Forwarded-User") == GRACE.email, str(visit)
    assert browser.send("navigation", site.url("/y")).status == 200
    assert site.app.last.value("X-Forwarded-User") == ADA.email
    assert {"__Host-sallyport", "__Host-ops"} <= {cookie.name for cookie in browser.jar.all()}


def test_a_cookie_domain_makes_one_session_for_many_hosts(make_site, browser):
    site = make_site(
        settings=lambda site: {
            "cookie_domain": "example.test",
            "hosts": [site.origin(APP), site.origin(GRAFANA)],
        }
    )
    visit = browser.log_in(site.url("/x", host=APP))
    assert visit.final.status == 200, str(visit)

    (cookie,) = browser.jar.named("__Secure-sallyport")
    assert cookie.domain == "example.test" and not cookie.host_only
    assert browser.send("navigation", site.url("/y", host=GRAFANA)).status == 200
    expect.page(browser.send("navigation", site.url("/y", host="auth.example.test")), 421, "host_not_listed")


def test_a_newer_key_seals_when_its_time_has_come_and_the_older_still_opens(make_site):
    site = make_site()
    browser = site.browser()
    browser.log_in(site.url("/x"))
    pair = f"{site.cookie_name}={session(browser, site)}"
    site.stop()
    program.run("keygen", "--add", site.folder / "keys")
    lines = (site.folder / "keys").read_text().split("\n")
    (site.folder / "keys").write_text(
        "\n".join(" ".join(line.split()[:2]) if line and not line.startswith("#") else line for line in lines)
    )
    again = make_site(settings={"keys_file": str(site.folder / "keys")})

    assert ask(again, pair).status == 200
    assert again.browser().log_in(again.url("/x")).final.status == 200

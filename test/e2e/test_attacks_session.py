# SPDX-License-Identifier: Apache-2.0
"""Attacks on sessions, their cookies and their expiry; doc/security.md has the table of all."""

import itertools
from urllib.parse import parse_qs, urlsplit

import pytest
from rig import expect
from rig.dex import ADA, GRACE
from rig.flow import SESSION, Flow, attempt, begun, log_in
from rig.keys import Key
from rig.process import wait_for
from rig.raw import NAVIGATION, Asker, request

pytestmark = pytest.mark.edges("3.7.15-https")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
POLICIES = {"default": "authenticated"}


@pytest.fixture
def issuer(make_issuer):
    return make_issuer(keys=[Key("ES256")])


@pytest.fixture
def alone(make_sallyport, issuer):
    return make_sallyport({"policies": POLICIES}, issuer=issuer)


def asked(site, cookie, *, target="/secret", host="app.test", headers=()):
    """Traefik's response to one request with that Cookie line, if any."""
    cookies = [("Cookie", cookie)] if cookie else []
    fields = [("Host", f"{host}:{site.ports.https}"), ("Connection", "close"), *headers, *cookies]
    return site.exchange(request("GET", target, fields))


# ---- AC 29, 30: what is no session cookie --------------------------------------------------------------


def altered(value):
    """Every kind of damaged cookie: a flipped bit at every position, every length, and more."""
    for at, character in enumerate(value):
        for bit in (1, 2, 4, 8, 16, 32):
            yield value[:at] + ALPHABET[ALPHABET.index(character) ^ bit] + value[at + 1 :]
    yield from (value[:length] for length in range(len(value)))
    yield from (value[length:] for length in range(1, len(value)))
    yield from (value + end for end in (*ALPHABET, "=", "==", ".", "%00", "%3D", "AAAA", value))
    yield from (value.swapcase(), value.replace("-", "+").replace("_", "/"), f"%{ord(value[0]):x}{value[1:]}")
    yield from ("A" * length for length in (1, 40, 4000, 60000))


def test_ac_29_a_cookie_with_any_byte_altered_is_nobodys(alone, issuer):
    with Asker(alone.listen) as asker:
        session = log_in(asker, issuer).session
        name, _, value = session.partition("=")
        asked_n = 0
        for text in dict.fromkeys(altered(value)):
            if text != value:
                answer = asker.ask("/x", cookie=f"{name}={text}")
                assert answer.status == 401, (text, answer)
                assert answer.reason in ("no_session", "session_invalid"), (text, answer)
                assert answer.values("Set-Cookie") == [] and answer.values("X-Forwarded-User") == []
                asked_n += 1
        assert asker.ask("/x", cookie=session).status == 200 and asked_n > 1000


@pytest.mark.edges("3.7.15-https", "3.0.4-https")
def test_ac_29_ac_30_no_altered_cookie_gets_past_traefik(site, browser):
    browser.log_in(site.url("/x"))
    (cookie,) = browser.jar.named(site.cookie_name)
    site.app.seen.clear()
    name, value = cookie.name, cookie.value
    (login,) = browser.jar.starting(name + "-")
    for line in (
        *(f"{name}={text}" for text in (value[:-1], value[1:], value + "A", "", '"', "A" * 4000)),
        f"{name}={login.value}",
        f"{name}",
        f"={value}",
        f"{name} ={value[:-1]}",
        f'{name}="{value[:-1]}"',
        f"{name.lower()}={value}",
        f"{name.upper()}={value}",
        f"x{name}={value}",
        *(f"{name}{separator}0={value[:99]}; {name}{separator}1={value[99:]}" for separator in "-_."),
        f"{name}-0={value}; {name}-count=1; {name}-99999999=x",
        "; ".join(f"{name}={value[:-1]}{letter}" for letter in ALPHABET if letter != value[-1]),
    ):
        answer = asked(site, line)
        assert answer.status == 401, (line[:200], answer)
    for length in (64 << 10, 200 << 10):
        answer = asked(site, f"{name}=" + "A" * length)
        assert answer.status in (400, 401, 413, 431, 500, 502), (length, answer.bytes[:100])
    site.app.assert_untouched()
    assert asked(site, f"{name}={value}").status == 200


def test_ac_30_there_are_no_chunks(alone, issuer):
    with Asker(alone.listen) as asker:
        _, _, value = log_in(asker, issuer).session.partition("=")
        half = len(value) // 2
        for stem, separator in itertools.product((SESSION, "sallyport", "__Secure-sallyport"), "-_."):
            for line in (
                f"{stem}{separator}0={value[:half]}; {stem}{separator}1={value[half:]}",
                f"{stem}{separator}1={value[:half]}; {stem}{separator}2={value[half:]}",
                f"{stem}={value[:half]}; {stem}{separator}1={value[half:]}",
                f"{stem}{separator}chunks=2; {stem}{separator}0={value}",
                f"{stem}=99999999; {stem}{separator}0={value}",
                f"{stem}{separator}count=99999999; {stem}{separator}99999999={value}",
                "; ".join(f"{stem}{separator}{number}={value[number]}" for number in range(100)),
            ):
                answer = asker.ask("/x", cookie=line)
                assert answer.status == 401, (line[:100], answer)


# ---- AC 31, 33: whose session it is --------------------------------------------------------------------


def test_ac_31_a_cookie_of_one_host_opens_no_other(site, browser):
    browser.log_in(site.url("/x", host="app.test"))
    cookie = browser.jar.header(site.url("/"))
    site.app.seen.clear()
    for host in ("other.test", "wiki.test", "app.example.test", "x.app.test", "app.test.example.test"):
        answer = asked(site, cookie, host=host)
        assert answer.status == 401 and answer.reason in ("no_session", "session_invalid"), (host, answer)
    site.app.assert_untouched()
    assert asked(site, cookie, host="APP.test.").status == 200


def test_ac_31_a_cookie_opens_no_other_instance_with_the_same_keys(make_sallyport, make_issuer, issuer):
    """Production and staging that share a key file, by mistake."""
    production = make_sallyport({"policies": POLICIES}, issuer=issuer)
    with Asker(production.listen) as asker:
        _, _, value = log_in(asker, issuer).session.partition("=")
    keys = {"policies": POLICIES, "keys_file": str(production.folder / "keys")}
    other_issuer, other_client = make_issuer(), make_issuer(client_id="staging")
    other_client.url = issuer.url
    domain = {**keys, "cookie_domain": "app.test", "hosts": ["https://app.test"]}
    for name, settings, of in (
        (SESSION, keys, other_issuer),
        (SESSION, keys, other_client),
        ("__Host-other", {**keys, "cookie_name": "other"}, issuer),
        ("__Secure-sallyport", domain, issuer),
        ("sallyport", {**keys, "insecure_http": True}, issuer),
    ):
        sallyport = make_sallyport(settings, issuer=of)
        with Asker(sallyport.listen) as asker:
            answer = asker.ask("/x", cookie=f"{name}={value}; {SESSION}={value}")
            assert answer.status == 401, (name, answer)
        sallyport.stop()
    same = make_sallyport(keys, issuer=issuer)
    with Asker(same.listen) as asker:
        assert asker.ask("/x", cookie=f"{SESSION}={value}").status == 200


def test_ac_33_every_login_is_a_new_session(alone, issuer):
    """An earlier cookie, planted or old, is neither kept nor reused."""
    issuer.people["mallory"] = {**issuer.user, "sub": "mallory", "email": "mallory@evil.test"}
    with Asker(alone.listen) as asker:
        planted = log_in(asker, issuer, "mallory")
        flow = begun(asker, issuer)
        flow.cookies[SESSION] = planted.cookies[SESSION][:-1]
        assert flow.complete().reason == "signed_in"
        assert flow.cookies[SESSION] != planted.cookies[SESSION]
        assert asker.ask("/x", cookie=flow.session).values("X-Forwarded-User") == ["ada@example.com"]
        both = asker.ask("/x", cookie=f"{planted.session}; {flow.session}")
        assert both.status == 401 and both.reason == "session_ambiguous", both
        again = log_in(asker, issuer)
    assert again.session != flow.session
    wait_for(lambda: len(alone.events("login_completed")) == 3, "the lines of three logins")
    assert len({entry["session"] for entry in alone.events("login_completed")}) == 3


def test_ac_33_a_sibling_cannot_plant_a_session(site, browser):
    """A jar refuses __Host- cookies with a Domain; other names that it accepts are not read."""
    attacker = site.browser()
    attacker.log_in(site.url("/x", host="app.example.test"), GRACE)
    (theirs,) = attacker.jar.named(site.cookie_name)
    for name in (site.cookie_name, "__Secure-sallyport", "sallyport", ""):
        browser.jar.take(
            site.url("/", host="grafana.example.test"),
            [f"{name}={theirs.value}; Domain=example.test; Path=/; Secure"],
        )
    assert len(browser.jar.refused) == 1
    site.app.seen.clear()
    response = browser.send("fetch", site.url("/x", host="app.example.test"))
    expect.problem(response, 401, "no_session")
    site.app.assert_untouched()


# ---- AC 34: signing somebody out -----------------------------------------------------------------------


LOGOUT = "/_sallyport/logout"
OWN = set(itertools.product(["navigate"], ["document", "empty"], ["same-origin", "none"]))


def test_ac_34_only_an_own_navigation_signs_out_at_once(site, browser):
    browser.log_in(site.url("/x"))
    modes, destinations = ("navigate", "no-cors", "cors", ""), ("document", "iframe", "image", "empty", "")
    kinds = itertools.product(modes, destinations, ("same-origin", "none", "same-site", "cross-site", ""))
    with site.asker() as asker:
        for kind in sorted(kinds, key=OWN.__contains__):
            names = ("Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-Site")
            headers = [(name, value) for name, value in zip(names, kind) if value]
            host = ("Host", f"app.test:{site.ports.https}")
            cookie = ("Cookie", browser.jar.header(site.url("/")))
            answer = asker.send(request("GET", LOGOUT, [host, cookie, *headers]))
            assert answer.status == (303 if kind in OWN else 403), (kind, answer)
            assert bool(answer.values("Set-Cookie")) == (kind in OWN), (kind, answer)
            if kind in OWN:  # that session has ended
                browser = site.browser()
                browser.log_in(site.url("/x"))


def test_ac_34_no_query_and_no_token_of_others_signs_out(site, browser):
    browser.log_in(site.url("/x"))
    stranger = site.browser()
    stranger.log_in(site.url("/x"), GRACE)
    form = stranger.send("navigation", site.url(LOGOUT), initiator="https://evil.test/").page.forms[0]
    mine = browser.send("navigation", site.url(LOGOUT), initiator="https://evil.test/").page.forms[0]
    token = parse_qs(urlsplit(mine.action).query)
    assert token, mine
    (cookie,) = browser.jar.named(site.cookie_name)
    for kind, target in (
        ("frame", f"{LOGOUT}?iss={site.issuer}&sid=x"),
        ("image", f"{LOGOUT}?sid=x"),
        ("form", f"{LOGOUT}"),
        ("form", f"{LOGOUT}?token="),
        ("form", urlsplit(form.action).path + "?" + urlsplit(form.action).query),
        ("form", mine.action.removeprefix(site.origin())[:-1]),
        ("form", f"{LOGOUT}?" + "&".join([urlsplit(mine.action).query] * 2)),
        ("form", f"{LOGOUT}?{next(iter(token))}={cookie.value}"),
    ):
        response = browser.send(kind, site.url(target), initiator="https://evil.test/")
        assert response.set_cookies == [], (kind, target, str(response))
    assert browser.send("navigation", site.url("/y")).status == 200
    assert site.app.last.value("X-Forwarded-User") == ADA.email


# ---- AC 50, 53: loops and relays -----------------------------------------------------------------------


class Forgetful(dict):
    """The cookies of a browser that drops the session."""

    def __setitem__(self, name, value):
        if name != SESSION:
            super().__setitem__(name, value)


def test_ac_50_a_browser_that_drops_the_session_goes_round_once(alone, issuer):
    cookies, asked_for = Forgetful(), []
    with Asker(alone.listen) as asker:
        for _ in range(5):
            line = "; ".join(f"{name}={value}" for name, value in cookies.items())
            answer = asker.ask("/x", cookie=line, more=NAVIGATION)
            asked_for.append(answer.reason)
            if answer.status != 302:
                break
            flow = Flow(asker, issuer)
            flow.cookies, flow.asked = cookies, answer.location
            for name, value, _ in map(expect.attributes, answer.values("Set-Cookie")):
                cookies[name] = value
            flow.authorize()
            assert flow.complete().reason == "signed_in"
    assert asked_for == ["no_session", "cookies_refused"] and len(issuer.questions("token")) == 1


def test_ac_50_a_browser_that_refuses_all_cookies_goes_round_twice(alone, issuer):
    with Asker(alone.listen) as asker:
        flow = begun(asker, issuer)
        flow.cookies = {}
        flow.asked = flow.complete().location
        flow.authorize()
        flow.cookies = {}
        answer = flow.complete()
    assert answer.status == 401 and answer.reason == "cookies_refused" and answer.location is None
    assert issuer.questions("token") == []


@pytest.fixture
def relayed(make_sallyport, issuer):
    """One callback for several hosts."""
    hosts = ["https://app.test", "https://grafana.test", "https://auth.test"]
    settings = {"callback_host": "https://auth.test", "hosts": hosts, "policies": POLICIES}
    return make_sallyport(settings, issuer=issuer)


def at(flow, host):
    """The callback of the login, requested at another host by the same browser."""
    flow.host = host
    return flow.complete()


def test_ac_53_a_code_goes_only_to_the_host_where_its_login_began(relayed, issuer):
    with Asker(relayed.listen) as asker:
        flow = begun(asker, issuer)
        assert flow.callback.startswith("/_sallyport/callback?") and "auth.test" in flow.asked
        for host in ("grafana.test", "evil.test", "auth.test.evil.test"):
            assert at(flow, host).status in (400, 421), host
        relay = at(flow, "auth.test")
        assert relay.reason == "relayed" and relay.values("Set-Cookie") == [], relay
        parts = urlsplit(relay.location)
        assert (parts.scheme, parts.netloc, parts.path) == ("https", "app.test", "/_sallyport/callback")
        assert f"{parts.path}?{parts.query}" == flow.callback and issuer.questions("token") == []
        for once in (at(flow, "app.test"), at(flow, "app.test")):
            assert once.reason == "signed_in" and once.location == "https://app.test/", once
        assert at(flow, "auth.test").reason == "relayed" and len(issuer.questions("token")) == 1


def test_ac_53_nothing_is_relayed_for_a_state_that_is_not_ours(relayed, issuer):
    with Asker(relayed.listen) as asker:
        flow = begun(asker, issuer)
        callback, state = flow.callback, flow.state
        for text in ("", "x", state[:-1], state + "A", state.swapcase(), "https://evil.test/", "A" * 2000):
            flow.callback = callback.replace(state, text)
            answer = at(flow, "auth.test")
            assert answer.status == 400 and answer.location is None, (text, answer)


def test_ac_53_no_code_goes_to_an_origin_that_was_taken_off_the_list(relayed, make_sallyport, issuer):
    with Asker(relayed.listen) as asker:
        flow = begun(asker, issuer)
    hosts = ["https://grafana.test", "https://auth.test"]
    settings = {"callback_host": "https://auth.test", "hosts": hosts, "policies": POLICIES}
    later = make_sallyport({**settings, "keys_file": str(relayed.folder / "keys")}, issuer=issuer)
    with Asker(later.listen) as flow.asker:
        for host, status in (("auth.test", 400), ("app.test", 421), ("grafana.test", 400)):
            answer = at(flow, host)
            assert answer.status == status and answer.location is None, (host, answer)


def test_ac_53_a_host_that_is_not_listed_begins_nothing(relayed, issuer):
    with Asker(relayed.listen) as asker:
        for host in ("evil.test", "app.test.evil.test", "evilapp.test", "app.test:444", "grafana.test.:8443"):
            for uri in ("/x", "/_sallyport/login?rd=/x", "/_sallyport/callback?code=x&state=x"):
                answer = asker.ask(uri, host=host, more=NAVIGATION)
                assert answer.status == 421 and answer.reason == "host_not_listed", (host, answer)
                assert answer.location is None and answer.values("Set-Cookie") == []
        flow, answer = attempt(asker, issuer, host="auth.test")
    assert answer.reason == "signed_in" and flow.session

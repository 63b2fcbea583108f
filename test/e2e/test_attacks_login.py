# SPDX-License-Identifier: Apache-2.0
"""Attacks on the way through a login; doc/security.md has the table of all."""

from urllib.parse import quote, unquote_plus, urlsplit

import pytest
from rig import return_urls, whatwg
from rig.flow import Flow, log_in
from rig.keys import Key
from rig.raw import NAVIGATION, Asker

ORIGIN = f"https://{return_urls.GOOD}"
LOGIN = "/_sallyport/login"
LISTED = [ORIGIN, "https://*.example.test"]


@pytest.fixture
def issuer(make_issuer):
    return make_issuer(keys=[Key("ES256")])


@pytest.fixture
def alone(make_sallyport, issuer):
    """A sallyport without Traefik, whose issuer is the scripted one."""
    return make_sallyport({"hosts": LISTED, "policies": {"default": "authenticated"}}, issuer=issuer)


# ---- AC 15: return addresses ----------------------------------------------------------------------------


def is_listed(reading):
    """By hand: https, the usual port, the good host or one label before example.test."""
    host = reading.hostname.removesuffix(".").split(".")
    return reading.origin.startswith("https://") and reading.origin.endswith(":443") and (
        host == return_urls.GOOD.split(".") or (len(host) == 3 and host[1:] == ["example", "test"])
    )


class Visitor:
    """Somebody with a session at every host, who opens the sign-in address of one and follows it."""

    def __init__(self, asker, issuer):
        self._asker, self._issuer = asker, issuer
        self._sessions = {}

    def _session(self, host):
        if host not in self._sessions:
            self._sessions[host] = log_in(self._asker, self._issuer, host=host).session
        return self._sessions[host]

    def follow(self, query, host=return_urls.GOOD):
        """Every Location up to the last; none where the address is refused."""
        answer = self._asker.ask(
            f"{LOGIN}?{query}", host=host, cookie=self._session(host), more=NAVIGATION
        )
        if answer.status == 400:
            assert answer.reason == "bad_return_url" and answer.location is None, answer
            return []
        assert answer.status == 302 and not set(answer.location) & set(" \t\\"), answer
        if answer.reason == "signed_in":
            return [answer.location]
        parts = urlsplit(answer.location)
        assert answer.reason == "relayed" and parts.path == LOGIN and host == return_urls.GOOD, answer
        return [answer.location, *self.follow(parts.query, parts.netloc)]


def assert_none_leads_away(texts, found):
    """Each is refused, or leads to a listed origin, which is the one that a browser reads in it; how many do."""
    pairs = [(text, location) for text, locations in zip(texts, found) for location in locations]
    wanted = whatwg.read_all([text for text, _ in pairs], ORIGIN + LOGIN)
    led = whatwg.read_all([location for _, location in pairs])
    for pair, *readings in zip(pairs, wanted, led):
        assert all(reading and is_listed(reading) for reading in readings), (pair, readings)
        assert len({reading.origin.replace(".:", ":") for reading in readings}) == 1, (pair, readings)
    return len(pairs)


def as_form(text):
    return quote(text, safe="")


def as_typed(text):
    """As somebody types it into an address: only what a target cannot hold is encoded."""
    return quote(text, safe="/\\:@?=;%,.[]{}'()*!$|^<>\"")


def test_ac_15_the_corpus_is_one():
    assert len(return_urls.FAMILIES) >= 40 and len(return_urls.ALL) >= 1000
    assert all(0 < len(lines) <= return_urls.FAMILY_MAX for lines in return_urls.FAMILIES.values())
    readings = whatwg.read_all(return_urls.ALL, ORIGIN + LOGIN)
    kept = [reading for reading in readings if reading and is_listed(reading)]
    assert 200 < len(kept) < 800, "neither all nor none of it leads away"


@pytest.mark.parametrize("encode", [as_form, as_typed])
def test_ac_15_no_return_address_leads_where_a_browser_would_leave_the_listed_origins(alone, issuer, encode):
    queries = [encode(text) for text in (*return_urls.ALL, *return_urls.mutations(15, 4000))]
    with Asker(alone.listen) as asker:
        visitor = Visitor(asker, issuer)
        found = [visitor.follow(f"rd={query}") for query in queries]
    assert assert_none_leads_away([unquote_plus(query) for query in queries], found) > 100


def test_ac_15_a_login_ends_at_the_origin_where_it_began_whatever_was_asked_for(alone, issuer):
    """The same without a session: the address goes through the sealed state, and so does one asked for."""
    asked = [f"{LOGIN}?rd={as_form(text)}" for text in return_urls.ALL]
    asked += [as_typed(text) for text in return_urls.ALL if text.startswith("/")]
    ended = []
    with Asker(alone.listen) as asker:
        for uri in asked:
            flow = Flow(asker, issuer, uri=uri)
            if flow.begin() and flow.asked.startswith(issuer.url + "/authorize?"):
                flow.authorize()
                ended.append(flow.complete())
    assert len(ended) > 100 and {answer.reason for answer in ended} == {"signed_in"}
    readings = whatwg.read_all([answer.location for answer in ended])
    assert {reading.origin for reading in readings} == {ORIGIN + ":443"}

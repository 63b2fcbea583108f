# SPDX-License-Identifier: Apache-2.0
"""
A login by hand: the subrequests that Traefik would send, one at a time and in any order.

The issuer is a scripted one, called without a connection.
"""

from urllib.parse import parse_qs, quote, urlsplit

from .expect import attributes
from .issuer import Question
from .raw import NAVIGATION

SESSION = "__Host-sallyport"


class Flow:
    """One login of `person` (a key of `issuer.people`) on one Asker."""

    def __init__(self, asker, issuer, person="", *, uri="/", host="app.test"):
        self.asker, self.issuer, self.person = asker, issuer, person
        self.uri, self.host = uri, host
        self.cookies = {}
        self.asked = self.callback = None

    def _ask(self, uri, cookies):
        """Navigates once, and stores the cookies of the answer."""
        line = "; ".join(f"{name}={value}" for name, value in cookies.items())
        answer = self.asker.ask(uri, host=self.host, cookie=line, more=NAVIGATION)
        for name, value, found in map(attributes, answer.values("Set-Cookie")):
            if found.get("max-age") == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    def begin(self):
        """Up to the redirect to the issuer, which is stored in `asked`; empty if it was refused."""
        answer = self._ask(self.uri, {})
        self.asked = answer.location or ""
        return answer

    @property
    def state(self):
        return parse_qs(urlsplit(self.asked).query)["state"][0]

    def authorize(self):
        """The step at the issuer; the address of its redirect is stored in `callback`."""
        hint = f"&login_hint={quote(self.person)}" if self.person else ""
        answer = self.issuer.answer(Question("authorize", "GET", self.asked + hint, {}, b""))
        back = urlsplit(answer.headers["Location"])
        self.callback = f"{back.path}?{back.query}"

    def complete(self):
        return self._ask(self.callback, self.cookies)

    @property
    def session(self):
        """The pair for a Cookie line; empty if there is no session."""
        return f"{SESSION}={self.cookies[SESSION]}" if SESSION in self.cookies else ""


def begun(asker, issuer, person="", **options):
    """A login up to the callback, which is not requested yet."""
    flow = Flow(asker, issuer, person, **options)
    flow.begin()
    flow.authorize()
    return flow


def attempt(asker, issuer, person="", **options):
    """Completes a login; returns the answer to its callback, whatever it is."""
    flow = begun(asker, issuer, person, **options)
    return flow, flow.complete()


def log_in(asker, issuer, person="", **options):
    """Completes a login; returns the Flow, whose `session` is the cookie."""
    flow, answer = attempt(asker, issuer, person, **options)
    assert answer.status == 302 and flow.session, answer
    return flow

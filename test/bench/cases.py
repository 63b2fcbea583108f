# SPDX-License-Identifier: Apache-2.0
"""
The cases, and the rounds in which they are measured.

In each round every contender of a case is measured once, in an order that changes from round to round, so
that what is compared was measured within seconds: the ratio is that of one round, and its median, smallest
and largest over the rounds is what is told. Absolute figures are of the machine; ratios are of the programs.
"""

import dataclasses
import statistics
from dataclasses import dataclass

import load

ALL = ("bare", "sallyport", "nginx", "oauth2-proxy")
BOTH = ("sallyport", "oauth2-proxy")


@dataclass(frozen=True)
class Case:
    """One line of the tables. `kind` is what is asked: allow, login, api, or through for allow at Traefik."""

    name: str
    title: str
    kind: str
    connections: int
    contenders: tuple = ALL
    session: str = "600"
    closing: bool = False
    changing: bool = False  # another session with each request, of more than are remembered
    target: float = 0  # how many times the bare handler's processor time; 0: none was set

    @property
    def base(self):
        """Whom the others are compared with."""
        return self.contenders[0]


CASES = (
    Case("kept-32", "allow, kept connections, c=32, session of 600 bytes", "allow", 32, target=1.15),
    Case(
        "kept-32-large",
        "allow, kept connections, c=32, session of 2,000 bytes",
        "allow",
        32,
        session="2,000",
        target=1.5,
    ),
    Case("kept-2", "allow, kept connections, c=2, session of 600 bytes", "allow", 2, target=1.15),
    Case(
        "new-8",
        "allow, a new connection each, c=8, session of 600 bytes",
        "allow",
        8,
        closing=True,
        target=1.10,
    ),
    Case(
        "kept-32-changing",
        "allow, kept connections, c=32, session of 600 bytes, another one each time",
        "allow",
        32,
        ("bare", "sallyport"),
        changing=True,
    ),
    Case("login-32", "login redirect (302), kept connections, c=32", "login", 32, BOTH),
    Case("api-32", "anonymous API request (401), kept connections, c=32", "api", 32, BOTH),
    Case("traefik-1", "allow through Traefik, c=1", "through", 1),
    Case("traefik-8", "allow through Traefik, c=8", "through", 8),
)


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest."""

    median: float
    low: float
    high: float


def spread(values):
    return Spread(statistics.median(values), min(values), max(values))


class Result:
    """The samples of one case, by contender, in the order of the rounds."""

    def __init__(self, case):
        self.case = case
        self.samples = {contender: [] for contender in case.contenders}

    def figure(self, contender, name):
        return spread([getattr(sample, name) for sample in self.samples[contender]])

    def _pairs(self, contender, name):
        base = [getattr(sample, name) for sample in self.samples[self.case.base]]
        return zip(base, (getattr(sample, name) for sample in self.samples[contender]), strict=True)

    def ratio(self, contender, name):
        return spread([own / base for base, own in self._pairs(contender, name)])

    def difference(self, contender, name):
        return spread([own - base for base, own in self._pairs(contender, name)])


def _question(scene, case, contender):
    """What is asked, and the status that is expected."""
    proxied = contender == "oauth2-proxy"
    if case.kind == "login":
        return scene.anonymous(contender, scene.navigation), 302
    if case.kind == "api":
        return scene.anonymous(contender, scene.api), 401
    if case.kind == "through":
        return scene.request_through(contender), 200
    request = dataclasses.replace(scene.allowed(contender, case.session), closing=case.closing)
    if case.changing:
        request = dataclasses.replace(request, cookies=scene.cookies)
    return request, 202 if proxied else 200


def _sample(scene, case, contender, seconds):
    request, status = _question(scene, case, contender)
    pid = scene.process(contender, case.session).pid
    return load.run(pid, request, status, connections=case.connections, seconds=seconds)


def measure(scene, cases, *, rounds, seconds, tell):
    """One Result a case; `tell(line)` hears of each round."""
    results = [Result(case) for case in cases]
    for number in range(rounds):
        for result in results:
            contenders = result.case.contenders
            turn = number % len(contenders)
            for contender in contenders[turn:] + contenders[:turn]:
                sample = _sample(scene, result.case, contender, seconds)
                result.samples[contender].append(sample)
                tell(
                    f"round {number + 1} {result.case.name:<14} {contender:<13}"
                    f"{sample.cpu_us:9.2f} us cpu {sample.wall_us:9.2f} us {sample.p50_us:8.0f} us p50"
                )
    return results

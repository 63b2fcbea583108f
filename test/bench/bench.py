# SPDX-License-Identifier: Apache-2.0
"""
The benchmark (./dev bench): compares sallyport with nginx, a bare handler of the same HTTP library and oauth2-proxy.

A whole run rewrites doc/performance.md. `--quick` measures everything once, to check that it still works, and
writes nothing. `instructions` counts instructions instead; see instructions.py. `rbac` measures RBAC only, see
rbac.c, and rewrites that section. `revocations` does the same for allows with 65,536 ended sessions, and with none,
and `tls` for checks through Traefik over plain HTTP, over TLS and with client certificates.

In each round every program is measured once in every case, one after the other and in an order that changes
from round to round. So compared figures were measured within seconds of each other: a ratio is that of one round.
"""

import argparse
import dataclasses
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import footprint
import instructions
import load
import report
from contenders import built
from rig import tools
from scene import Scene

PAGE = tools.TREE / "doc" / "performance.md"
PROGRAMS = ("sallyport", "nginx", "bare", "oauth2-proxy")
BEARER = "bearer"  # sallyport with a bearer token in place of the cookie
SECONDS = 1  # of one measurement; the minimum of wrk
REVOCATIONS_N = 65536  # as many as the table holds
TRANSPORT_CONNECTIONS = 8


@dataclass(frozen=True)
class Case:
    """
    One kind of request for an allow. Directly, processor time must be at most `limit` times that of `base`, and that
    of oauth2-proxy at least `proxy_min` times as much; through Traefik, waiting is compared.
    """

    title: str
    connections: int
    session: str = "600"
    closing: bool = False
    through: bool = False
    base: str = "nginx"
    limit: float = 0
    proxy_min: int = 10

    @property
    def programs(self):
        return PROGRAMS if self.through or self.closing else (*PROGRAMS, BEARER)


CASES = (
    Case("persistent connections, c=2, 600 bytes", 2, limit=0.9),
    Case("persistent connections, c=32, 600 bytes", 32, limit=0.9),
    Case("persistent connections, c=2, 2,000 bytes", 2, session="2,000", limit=0.95),
    Case("persistent connections, c=32, 2,000 bytes", 32, session="2,000", limit=0.95),
    Case("a new connection for each request, c=8, 600 bytes", 8, closing=True, base="bare", limit=1.05, proxy_min=5),
    Case("through Traefik, c=1", 1, through=True),
    Case("through Traefik, c=8", 8, through=True),
)


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest."""

    median: float
    low: float
    high: float


def _spread(values):
    values = list(values)
    return Spread(statistics.median(values), min(values), max(values))


class Result:
    """The samples of one case, by program, in the order of the rounds."""

    def __init__(self, case):
        self.case = case
        self.samples = {program: [] for program in case.programs}

    def figure(self, program, name):
        return _spread(getattr(sample, name) for sample in self.samples[program])

    def ratio(self, program, base):
        """Of processor time."""
        pairs = zip(self.samples[program], self.samples[base], strict=True)
        return _spread(own.cpu_us / other.cpu_us for own, other in pairs)

    def beyond(self, program, base):
        """Microseconds of waiting, in the middle of a run."""
        pairs = zip(self.samples[program], self.samples[base], strict=True)
        return _spread(own.p50_us - other.p50_us for own, other in pairs)


@dataclass(frozen=True)
class Revocations:
    """An allow, by connections: processor time with no ended sessions and with the maximum, and the ratio of both."""

    entries_n: int
    rounds: int
    load_before: float
    figures: dict  # of three spreads


@dataclass(frozen=True)
class Transports:
    """A check through Traefik, by transport: its spreads, and the ratios to plain HTTP."""

    connections: int
    rounds: int
    load_before: float
    figures: dict  # processor time and its ratio, requests a second and their ratio, p50


@dataclass(frozen=True)
class Findings:
    """All results of a run."""

    rounds: int
    starts_n: int
    cookies: dict  # bytes, by program and session
    results: list
    memory: footprint.Memory
    start_ms: float
    allocations: dict
    rbac: tuple  # (bindings of other people, ns of an allow, ns of a refusal) each, and (work, what it takes) each
    revocations: Revocations
    transports: Transports
    took_s: float
    load_before: float  # of the machine, over the minute before


def _rbac():
    lines = subprocess.run([built("rbac")], check=True, capture_output=True, text=True).stdout.splitlines()
    decisions = [tuple(map(int, line.split())) for line in lines if "\t" not in line]
    return decisions, [tuple(line.split("\t")) for line in lines if "\t" in line]


def _revocations(scene, rounds):
    """Two instances of sallyport that differ only in their tables alternate; the first changes from round to round."""
    load_before = os.getloadavg()[0]
    programs = {"none": scene.sallyport, "most": scene.start_sallyport_with_revocations(REVOCATIONS_N)}
    figures = {}
    for program in programs.values():
        load.pin(program.pid, load.SERVER_CORE)
    for connections in (2, 32):
        samples = {name: [] for name in programs}
        for number in range(rounds):
            for name in sorted(programs, reverse=number % 2 == 1):
                request = scene.allowed_by(programs[name])
                run = load.run(programs[name].pid, request, 200, connections=connections, seconds=SECONDS)
                samples[name].append(run.cpu_us)
        ratios = (most / none for most, none in zip(samples["most"], samples["none"], strict=True))
        figures[connections] = _spread(samples["none"]), _spread(samples["most"]), _spread(ratios)
    return Revocations(REVOCATIONS_N, rounds, load_before, figures)


def _transports(scene, rounds):
    load_before = os.getloadavg()[0]
    programs = scene.start_transports()
    for program in programs.values():
        load.pin(program.pid, load.SERVER_CORE)
    samples = {name: [] for name in programs}
    for number in range(rounds):
        names = list(programs)
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            request = scene.request_through(name)
            run = load.run(
                programs[name].pid, request, 200, connections=TRANSPORT_CONNECTIONS, seconds=SECONDS
            )
            samples[name].append(run)
        print(f"round {number + 1} of {rounds}", flush=True)
    figures = {}
    for name, runs in samples.items():
        pairs = list(zip(runs, samples["plain"], strict=True))
        figures[name] = (
            _spread(run.cpu_us for run in runs),
            _spread(run.cpu_us / other.cpu_us for run, other in pairs),
            _spread(1e6 / run.wall_us for run in runs),
            _spread(other.wall_us / run.wall_us for run, other in pairs),
            _spread(run.p50_us for run in runs),
        )
    return Transports(TRANSPORT_CONNECTIONS, rounds, load_before, figures)


def _sample(scene, case, program):
    if case.through:
        request, status = scene.request_through(program), 200
    else:
        request = dataclasses.replace(scene.allowed(program, case.session), closing=case.closing)
        status = 202 if program == "oauth2-proxy" else 200
    pid = scene.process(program, case.session).pid
    return load.run(pid, request, status, connections=case.connections, seconds=SECONDS)


def _measure(scene, rounds):
    scene.start_contenders_traefik()
    scene.pin_servers()
    results = [Result(case) for case in CASES]
    for number in range(rounds):
        for result in results:
            programs = result.case.programs
            turn = number % len(programs)
            for program in programs[turn:] + programs[:turn]:
                result.samples[program].append(_sample(scene, result.case, program))
        print(f"round {number + 1} of {rounds}", flush=True)
    return results


def _run(scene, *, rounds, starts_n, requests_n, load_before):
    begun = time.monotonic()
    memory = footprint.memory(scene)
    start_ms = footprint.start_ms(scene, starts_n)
    allocations = footprint.allocations(scene, requests_n)
    cookies = {("sallyport", name): session.cookie_len for name, session in scene.sessions.items()}
    cookies |= {("oauth2-proxy", name): session.cookie_len for name, session in scene.proxied.items()}
    rbac = _rbac()
    revocations = _revocations(scene, rounds)
    results = _measure(scene, rounds)
    scene.stop_last()  # the Traefik of the contenders uses the ports
    transports = _transports(scene, rounds)
    took_s = time.monotonic() - begun
    return Findings(
        rounds, starts_n, cookies, results, memory, start_ms, allocations, rbac, revocations, transports, took_s, load_before
    )


def _say(title, section, quick):
    """Prints a section of the page, and unless it was measured quickly, puts it there."""
    if not quick:
        PAGE.write_text(report.with_section(PAGE.read_text(), title, section))
    print(section)


def main():
    arguments = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n\n", maxsplit=1)[0])
    arguments.add_argument("what", nargs="?", choices=["instructions", "rbac", "revocations", "tls"], help="only that")
    arguments.add_argument("--quick", action="store_true", help="everything once; writes nothing")
    given = arguments.parse_args()
    if given.what == "rbac":
        _say("Decisions by RBAC", report.rbac(_rbac()), given.quick)
        return
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="sallyport-bench-") as folder:
        scene = Scene(Path(folder))
        try:
            if given.what == "revocations":
                found = _revocations(scene, 1 if given.quick else 15)
                _say("With ended sessions", report.revocations(found), given.quick)
            elif given.what == "tls":
                found = _transports(scene, 1 if given.quick else 15)
                _say("TLS between Traefik and sallyport", report.transports(found), given.quick)
            elif given.what:
                print(instructions.count(scene, 100 if given.quick else 10000))
            elif given.quick:
                print(report.page(_run(scene, rounds=1, starts_n=1, requests_n=100, load_before=load_before)))
            else:
                PAGE.write_text(
                    report.page(_run(scene, rounds=15, starts_n=20, requests_n=5000, load_before=load_before))
                )
                print(PAGE.read_text())
        finally:
            scene.stop()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

# SPDX-License-Identifier: Apache-2.0
"""
The benchmark (./dev bench): sallyport beside a bare handler of the same HTTP library, nginx and oauth2-proxy.

A whole run writes doc/performance.md anew. `--quick` measures everything once and shortly, to see that it
still can, and `--case` only some of it; both print and write nothing.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import footprint
from cases import CASES, measure
from report import page, summary
from rig import tools
from scene import Scene

PAGE = tools.TREE / "doc" / "performance.md"


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int
    seconds: int
    starts_n: int
    requests_n: int


WHOLE = Effort(rounds=9, seconds=2, starts_n=20, requests_n=5000)
QUICK = Effort(rounds=1, seconds=1, starts_n=1, requests_n=100)


@dataclass(frozen=True)
class Findings:
    """All that a run found out."""

    effort: Effort
    cookies: dict
    results: list
    memory: footprint.Memory
    start_ms: float
    allocations: dict
    took_s: float
    load_before: float  # of the machine, over the minute before


def tell(line):
    print(line, flush=True)


def _measure_cases(scene, cases, effort):
    scene.start_contenders_traefik()
    scene.pin_servers()
    return measure(scene, cases, rounds=effort.rounds, seconds=effort.seconds, tell=tell)


def _cookies(scene):
    """Bytes of the cookies, by program and session."""
    found = {("sallyport", name): session.cookie_len for name, session in scene.sessions.items()}
    found.update({("oauth2-proxy", name): session.cookie_len for name, session in scene.proxied.items()})
    return found


def run(scene, effort, load_before):
    begun = time.monotonic()
    memory = footprint.memory(scene, seconds=effort.seconds)
    start_ms = footprint.start_ms(scene, effort.starts_n)
    allocations = footprint.allocations(scene, effort.requests_n)
    results = _measure_cases(scene, CASES, effort)
    took_s = time.monotonic() - begun
    return Findings(
        effort, _cookies(scene), results, memory, start_ms, allocations, took_s, load_before
    )


def main():
    arguments = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n\n", maxsplit=1)[0])
    arguments.add_argument("--quick", action="store_true", help="everything once and shortly; writes nothing")
    arguments.add_argument("--case", action="append", choices=[case.name for case in CASES])
    given = arguments.parse_args()
    effort = QUICK if given.quick else WHOLE
    load_before = os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="sallyport-bench-"))
    scene = Scene(folder)
    try:
        if given.case:
            chosen = [case for case in CASES if case.name in given.case]
            tell(summary(_measure_cases(scene, chosen, effort)))
        else:
            findings = run(scene, effort, load_before)
            tell(page(findings))
            if not given.quick:
                PAGE.write_text(page(findings))
    finally:
        scene.stop()
    shutil.rmtree(folder)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

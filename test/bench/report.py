# SPDX-License-Identifier: Apache-2.0
"""Makes doc/performance.md of what a run found out."""

import os
import platform
import re
from pathlib import Path

from rig import tools
from scene import TRAEFIK

_MIB = 1024 * 1024
MEMORY_MAX_MIB, CONNECTION_MAX_KIB, START_MAX_MS = 6, 2, 50

_INTRODUCTION = """\
# Performance

What sallyport costs, beside a bare handler of the same HTTP library that sends the same answer and looks at
nothing, nginx that returns the same answer from its configuration, and oauth2-proxy with a session of the
same person from the same Dex. `./dev bench` measures it and writes this page; nothing here is written by
hand.

Ratios are told with their median and, in brackets, the smallest and the largest of all rounds. They are of
the programs; the absolute figures are of this machine. **Processor time** is the server's own account of
all its threads, divided by the requests; **time** is the reciprocal of the throughput. On a machine of two
cores, which the load shares with the server, processor time is the more robust of the two, and the one that
the targets are compared with.
"""

_NOTE = """\
A ratio holds when its median does. Through Traefik, a difference is within the noise when it is no more than
half of what the bare handler's own median moved by from round to round.
"""

_METHOD = """\
## How it is measured

- A session is that of a real login over https through Traefik {traefik} at Dex. What Traefik asks about a
  request of Chrome was recorded once and is asked of every program, byte for byte.
- One session is asked about all the time, so sallyport remembers it. Where it is another one each time, 1,000
  are asked about in turn, more than it remembers, and each is opened anew.
- Each server has one thread (oauth2-proxy: `GOMAXPROCS=1`) and core 0; wrk, with one thread, has core 1.
  Traefik may use both.
- {rounds} rounds; in each, every program is measured for {seconds} s, in an order that changes from round to
  round, and a ratio compares what was measured in the same round.
- A run counts only without any error of a socket and without any other answer than the one expected, to the
  byte; otherwise the whole benchmark fails.
- Nobody logs a request that is allowed: sallyport's and nginx's access logs are off, as are all of
  oauth2-proxy's.
- oauth2-proxy is asked at `/oauth2/auth`, its cheapest endpoint, except for the login redirect and the 401
  of an API, which its documentation has Traefik ask for at `/`.
"""


# ---- words --------------------------------------------------------------------------------------------


def _times(spread):
    return f"{spread.median:.2f} ({spread.low:.2f}–{spread.high:.2f})"


def _microseconds(spread):
    digits = 1 if abs(spread.median) < 100 else 0
    return f"{spread.median:.{digits}f} ({spread.low:.{digits}f}–{spread.high:.{digits}f})"


def _verdict(value, limit):
    return "held" if value <= limit else "**missed**"


def _table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


# ---- tables -------------------------------------------------------------------------------------------


def _rows(result):
    for contender in result.case.contenders:
        yield (
            contender,
            _times(result.ratio(contender, "cpu_us")),
            _times(result.ratio(contender, "wall_us")),
            _microseconds(result.figure(contender, "cpu_us")),
            f"{1e6 / result.figure(contender, 'wall_us').median:,.0f}",
        )


def _case_table(result):
    base = result.case.base
    head = (
        "program",
        f"processor time, {base} = 1",
        f"time, {base} = 1",
        "processor time a request, µs",
        "requests a second",
    )
    return f"### {result.case.title[0].upper()}{result.case.title[1:]}\n\n" + _table(head, _rows(result))


def _through_table(result):
    head = ("program", "p50, µs", "p99, µs", "p50 beyond bare, µs", "p99 beyond bare, µs")
    rows = (
        (
            contender,
            _microseconds(result.figure(contender, "p50_us")),
            _microseconds(result.figure(contender, "p99_us")),
            _microseconds(result.difference(contender, "p50_us")),
            _microseconds(result.difference(contender, "p99_us")),
        )
        for contender in result.case.contenders
    )
    return f"### {result.case.title[0].upper()}{result.case.title[1:]}\n\n" + _table(head, rows)


def _table_of(result):
    return _through_table(result) if result.case.kind == "through" else _case_table(result)


def _ratio_targets(results):
    for result in results:
        if result.case.target:
            found = result.ratio("sallyport", "cpu_us")
            proxy = result.ratio("oauth2-proxy", "cpu_us")
            yield (
                result.case.title,
                f"≤ {result.case.target:.2f}",
                _times(found),
                _verdict(found.median, result.case.target),
                _times(proxy),
            )


def _through_targets(results):
    """Beyond the noise is what exceeds half of what the bare handler's own median moved by."""
    for result in results:
        if result.case.kind == "through":
            base = result.figure(result.case.base, "p50_us")
            noise = (base.high - base.low) / 2
            found = result.difference("sallyport", "p50_us")
            yield (
                f"{result.case.title}: p50 beyond the bare handler's, µs",
                f"within the noise, ± {noise:.0f}",
                _microseconds(found),
                _verdict(found.median, noise),
                _microseconds(result.difference("oauth2-proxy", "p50_us")),
            )


def _size_targets(findings):
    memory = findings.memory
    idle, a_connection = memory.idle / _MIB, memory.a_connection / 1024
    outside = max(
        found.elsewhere for (program, _), found in findings.allocations.items() if program == "sallyport"
    )
    yield (
        "private memory, idle, two threads, after the first login over https",
        f"< {MEMORY_MAX_MIB} MiB",
        f"{idle:.2f} MiB",
        _verdict(idle, MEMORY_MAX_MIB),
        "",
    )
    yield "private memory under load, c=32", "", f"{memory.loaded / _MIB:.2f} MiB", "", ""
    yield (
        "an idle connection more, of 1,000",
        f"≤ {CONNECTION_MAX_KIB} KiB",
        f"{a_connection:.2f} KiB",
        _verdict(a_connection, CONNECTION_MAX_KIB),
        "",
    )
    yield (
        f"start to ready, median of {findings.effort.starts_n}",
        f"≤ {START_MAX_MS} ms",
        f"{findings.start_ms:.1f} ms",
        _verdict(findings.start_ms, START_MAX_MS),
        "",
    )
    yield (
        "heap allocations an allowed request outside the library's request pool",
        "0",
        f"{outside:.3f}",
        _verdict(round(outside, 2), 0),
        "",
    )


def _allocation_table(allocations):
    head = ("heap allocations a kept request", "in the request pool", "elsewhere")
    rows = (
        (f"{contender}, session of {session} bytes", f"{found.pool:.3f}", f"{found.elsewhere:.3f}")
        for (contender, session), found in allocations.items()
    )
    return _table(head, rows)


def _cookie_table(cookies):
    sessions = [session for contender, session in cookies if contender == "sallyport"]
    head = ("cookie, bytes of its value", *(f"session of {session}" for session in sessions))
    rows = (
        (contender, *(f"{cookies[contender, session]:,}" for session in sessions))
        for contender in ("sallyport", "oauth2-proxy")
    )
    return _table(head, rows)


# ---- where it was measured ----------------------------------------------------------------------------


def _processor():
    found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    return found[1] if found else platform.machine()


def _release():
    found = re.search(r'^PRETTY_NAME="(.*)"$', Path("/etc/os-release").read_text(), re.M)
    return found[1] if found else "Linux"


def _machine():
    kernel = ".".join(platform.release().split(".")[:2])
    return f"{os.cpu_count()} cores of {_processor()}, {_release()}, Linux {kernel}; all of it on loopback"


def _versions():
    yield from ((name, version) for name, _, version in (p.partition(" ") for p in _packages()))
    yield "sallyport", tools.first_line(tools.sallyport(), "version").removeprefix("sallyport ")
    yield "oauth2-proxy", tools.first_line(tools.oauth2_proxy(), "--version").removeprefix("oauth2-proxy ")
    yield "Traefik", tools.first_line(tools.traefik(TRAEFIK), "version").removeprefix("Version: ")
    yield "Dex", tools.first_line(tools.dex(), "version").removeprefix("Dex Version: ")


def _packages():
    return tools.packages("libh2o-evloop-dev", "libsodium23", "libssl3", tools.nginx().name, "wrk")


# ---- the page -----------------------------------------------------------------------------------------


def summary(results):
    return "\n".join(_table_of(result) for result in results)


def page(findings):
    """The whole of doc/performance.md."""
    effort, results = findings.effort, findings.results
    targets = [*_ratio_targets(results), *_through_targets(results), *_size_targets(findings)]
    parts = [
        _INTRODUCTION,
        f"Measured on {_machine()}. The run took {findings.took_s / 60:.0f} minutes; the load of the\n"
        f"machine before it was {findings.load_before:.1f}, where 0 is quiet.\n",
        "## Targets\n",
        _table(("what", "target", "sallyport", "", "oauth2-proxy"), targets),
        _NOTE,
        "## Figures\n",
        summary(results),
        "### Allocations and cookies\n",
        _allocation_table(findings.allocations),
        _cookie_table(findings.cookies),
        _METHOD.format(traefik=TRAEFIK, rounds=effort.rounds, seconds=effort.seconds),
        "## Versions\n",
        _table(("program", "version"), _versions()),
        "## Again\n",
        "```sh norun\n./dev bench            # all of it, and this page anew\n"
        "./dev bench --quick    # each measurement once and shortly; writes nothing\n```\n",
    ]
    return "\n".join(parts)

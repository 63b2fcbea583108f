# SPDX-License-Identifier: Apache-2.0
"""Writes doc/performance.md from the results of a run."""

import os
import platform
import re
from pathlib import Path

from rig import tools
from scene import TRAEFIK

_MIB, _KIB = 1024 * 1024, 1024
_BEARER_LIMIT = 1.2  # times the processor time of sallyport with the cookie
_NAMES = {"bearer": "sallyport, a bearer token"}

_PAGE = """\
# Performance

This page shows the cost of an allow in sallyport. It is compared with nginx, which returns the same response from its
configuration; with a bare handler of the same HTTP library, which sends the same response without any checks; and with
oauth2-proxy, with a session of the same user from the same Dex. `./dev bench` takes the measurements and writes this
page; nothing here is written by hand.

Ratios are given as the median and, in parentheses, the minimum and maximum of all rounds. Ratios characterize the
programs; absolute figures depend on this machine. **Processor time** is the time that the kernel reports for all
threads of the server, divided by the number of requests.

Measured on {machine}; all traffic on loopback.
The run took {took:.0f} minutes; the load average before it was {load:.1f}, where 0 is quiet.

## Targets

{targets}
A target is met if the median meets it. Through Traefik, a difference counts as noise if it is at most half of the
variation of the bare handler's own median between rounds.

## Figures

{directly}
{through}
| heap allocations for each request on a kept connection | in the request pool | elsewhere |
|---|---|---|
{allocations}
| cookie value, bytes | session of 600 | session of 2,000 |
|---|---|---|
{cookies}
## Decisions by RBAC

{rbac}
## With ended sessions

{revocations}
## TLS between Traefik and sallyport

{transports}
## How it is measured

- The session comes from a real login over https through Traefik {traefik} at Dex. The request that
  Traefik sends for a request of Chrome was recorded once and is sent to every program, byte for byte. The session is the
  same each time, so sallyport caches it; the same holds for the ID token that replaces the cookie.
- Each server runs with one thread (oauth2-proxy: `GOMAXPROCS=1`) on core 0, and wrk with one thread on core 1. Traefik
  may use both.
- {rounds} rounds. In each round, every program is measured for one second in every case. The programs take turns, in an
  order that changes from round to round. A ratio compares measurements of the same round.
- If a socket error or an unexpected response occurs, the whole benchmark fails. Responses are compared byte for byte.
- No program logs an allowed request: the access logs of sallyport and nginx are off, as are all logs of oauth2-proxy.
- Requests to oauth2-proxy go to `/oauth2/auth`, its cheapest endpoint.
- Memory is RssAnon, the resident private pages.
- An RBAC decision is for a user of 20 groups, three of which are named by bindings: an allow by the last of these, and
  a refusal. The three sizes take turns in one process, and each figure is the median of 201 rounds of 500. Work on
  many objects is the median of 7 rounds, in steps of 500 items as in the program. Both are processor times.
  `./dev bench rbac` measures only these.
- With ended sessions, two instances of sallyport are measured. They differ only in their tables, which are empty or
  contain the maximum number of entries, of all kinds. The instances take turns, and the first one changes from round to
  round.
- With TLS, three instances of sallyport differ only in how Traefik connects: over plain HTTP, over TLS, or over TLS with
  a client certificate, with keys on the curve P-256. wrk has {transport_connections} connections to Traefik, which keeps
  two idle connections to each instance and opens new ones for the rest. `./dev bench tls` measures only these.

## Versions

| program | version |
|---|---|
{versions}
## Repeating the measurements

```sh norun
./dev bench                 # all measurements, and rewrites this page; ten minutes
./dev bench --quick         # each measurement once; writes nothing
./dev bench rbac            # only RBAC, and rewrites its section
./dev bench revocations     # only allows with ended sessions, and rewrites that section
./dev bench tls             # only checks over TLS, and rewrites that section
./dev bench instructions    # the instructions of an allow beyond the bare handler's, by room and function
```
"""


# ---- words --------------------------------------------------------------------------------------------


def _spread(spread, digits=2):
    return f"{spread.median:.{digits}f} ({spread.low:.{digits}f}–{spread.high:.{digits}f})"


def _rows(rows):
    return "".join("| " + " | ".join(map(str, row)) + " |\n" for row in rows)


def _table(head, rows):
    return _rows([head]) + "|" + "---|" * len(head) + "\n" + _rows(rows)


def _held(value):
    return "met" if value else "**missed**"


# ---- tables -------------------------------------------------------------------------------------------


def _ratio_targets(results):
    for result in results:
        case, name = result.case, f"processor time, {result.case.title}"
        own = result.ratio("sallyport", case.base)
        base = "the bare handler" if case.base == "bare" else "nginx"
        yield name, f"≤ {case.limit:.2f} × {base}", _spread(own), _held(own.median <= case.limit)
        proxy = result.ratio("oauth2-proxy", "sallyport")
        target = f"oauth2-proxy ≥ {case.proxy_min} × sallyport"
        yield name, target, _spread(proxy, 1), _held(proxy.median >= case.proxy_min)
        if "bearer" in result.samples:
            bearer = result.ratio("bearer", "sallyport")
            target = f"a bearer token seen before ≤ {_BEARER_LIMIT:.2f} × the cookie"
            yield name, target, _spread(bearer), _held(bearer.median <= _BEARER_LIMIT)


def _through_targets(results):
    for result in results:
        bare = result.figure("bare", "p50_us")
        noise = (bare.high - bare.low) / 2
        own = result.beyond("sallyport", "bare")
        name = f"p50 {result.case.title}, more than the bare handler"
        yield name, f"noise: ≤ {noise:.0f} µs", _spread(own, 0) + " µs", _held(own.median <= noise)


def _size_targets(findings):
    idle, connection = findings.memory.idle / _MIB, findings.memory.a_connection / _KIB
    elsewhere = max(
        found.elsewhere for (program, _), found in findings.allocations.items() if program != "bare"
    )
    name = "private memory, idle, two threads, after the first login over https"
    yield name, "< 6 MiB", f"{idle:.2f} MiB", _held(idle < 6)
    yield "memory of an idle connection, with 1,000", "≤ 2 KiB", f"{connection:.2f} KiB", _held(connection <= 2)
    name = f"start to ready, median of {findings.starts_n}"
    yield name, "≤ 50 ms", f"{findings.start_ms:.1f} ms", _held(findings.start_ms <= 50)
    name = "heap allocations for each allowed request outside the library's request pool"
    yield name, "0", f"{elsewhere:.3f}", _held(round(elsewhere, 2) == 0)


def _directly(results):
    for result in results:
        for program in result.samples:
            yield (
                result.case.title,
                _NAMES.get(program, program),
                _spread(result.figure(program, "cpu_us"), 1),
                *(_spread(result.ratio(program, base)) for base in ("nginx", "bare")),
                f"{1e6 / result.figure(program, 'wall_us').median:,.0f}",
            )


def _through(results):
    for result in results:
        for program in result.samples:
            own, beyond = result.figure(program, "p50_us"), result.beyond(program, "bare")
            yield result.case.title, program, _spread(own, 0), _spread(beyond, 0)


def _allocations(allocations):
    for (program, session), found in allocations.items():
        yield f"{_NAMES.get(program, program)}, session of {session} bytes", f"{found.pool:.3f}", f"{found.elsewhere:.3f}"


def _cookies(cookies):
    for program in ("sallyport", "oauth2-proxy"):
        yield program, *(f"{cookies[program, session]:,}" for session in ("600", "2,000"))


# ---- where it was measured ----------------------------------------------------------------------------


def _machine():
    processor = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    release = re.search(r'^PRETTY_NAME="(.*)"$', Path("/etc/os-release").read_text(), re.M)
    kernel = ".".join(platform.release().split(".")[:2])
    name = processor[1] if processor else platform.machine()
    return f"{os.cpu_count()} cores of {name}, {release[1] if release else 'Linux'}, Linux {kernel}"


def _versions():
    for line in tools.packages("libh2o-evloop-dev", "libsodium23", "libssl3", tools.nginx().name, "wrk"):
        yield line.split(" ", 1)
    yield "sallyport", tools.first_line(tools.sallyport(), "version").removeprefix("sallyport ")
    yield "oauth2-proxy", tools.first_line(tools.oauth2_proxy(), "--version").removeprefix("oauth2-proxy ")
    yield "Traefik", tools.first_line(tools.traefik(TRAEFIK), "version").removeprefix("Version: ")
    yield "Dex", tools.first_line(tools.dex(), "version").removeprefix("Dex Version: ")


def rbac(figures):
    """Decisions beside the bindings of other people, and work on many objects."""
    decisions, work = figures
    rows = [(f"{n:,}", allow, refusal) for n, allow, refusal in decisions]
    beside = _table(("bindings of other users", "an allow, ns", "a refusal, ns"), rows)
    return beside + "\n" + _table(("work", "cost"), work)


def with_section(page, title, section):
    """The page with a new section under this title."""
    before, head, rest = page.partition(f"## {title}\n\n")
    return before + head + section + rest[rest.index("\n## ") :]


def revocations(found):
    """An allow with ended sessions in the table."""
    rows = [
        (f"persistent connections, c={connections}, 600 bytes", _spread(none, 1), _spread(most, 1), _spread(ratio))
        for connections, (none, most, ratio) in found.figures.items()
    ]
    head = ("allow", "none ended, processor time, µs", f"{found.entries_n:,} ended, µs", "ratio")
    rounds = "one round" if found.rounds == 1 else f"{found.rounds} rounds"
    return _table(head, rows) + (
        f"\nMedian, minimum and maximum of {rounds}; the load average before it was {found.load_before:.1f}.\n"
    )


_TRANSPORTS = {"plain": "plain HTTP", "tls": "TLS", "clients": "TLS with client certificates"}


def transports(found):
    """Checks through Traefik, by transport."""
    rows = [
        (_TRANSPORTS[name], _spread(cpu, 0), _spread(cpu_ratio, 1), _spread(rate, 0), _spread(rate_ratio), _spread(p50, 0))
        for name, (cpu, cpu_ratio, rate, rate_ratio, p50) in found.figures.items()
    ]
    head = (
        f"check through Traefik, c={found.connections}",
        "processor time of sallyport, µs",
        "× plain",
        "checks a second",
        "× plain",
        "p50, µs",
    )
    rounds = "one round" if found.rounds == 1 else f"{found.rounds} rounds"
    return _table(head, rows) + (
        f"\nMedian, minimum and maximum of {rounds}; the load average before it was {found.load_before:.1f}.\n"
    )


def page(findings):
    """The whole of doc/performance.md."""
    directly = [result for result in findings.results if not result.case.through]
    through = [result for result in findings.results if result.case.through]
    targets = [*_ratio_targets(directly), *_through_targets(through), *_size_targets(findings)]
    heads = (
        ("allow", "program", "processor time, µs", "× nginx", "× bare handler", "requests a second"),
        ("allow", "program", "p50, µs", "more than the bare handler, µs"),
    )
    return _PAGE.format(
        machine=_machine(),
        took=findings.took_s / 60,
        load=findings.load_before,
        targets=_table(("what", "target", "measured", ""), targets),
        directly=_table(heads[0], _directly(directly)),
        through=_table(heads[1], _through(through)),
        allocations=_rows(_allocations(findings.allocations)),
        cookies=_rows(_cookies(findings.cookies)),
        rbac=rbac(findings.rbac),
        revocations=revocations(findings.revocations),
        transports=transports(findings.transports),
        transport_connections=findings.transports.connections,
        traefik=TRAEFIK,
        rounds=findings.rounds,
        versions=_rows(_versions()),
    )

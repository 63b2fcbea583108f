# SPDX-License-Identifier: Apache-2.0
"""
The way of a request (./dev trace): the functions that it enters, in their order, each with where it begins.

  allow          the second request of a session on a kept connection, asked as Traefik does
  login          a navigation of somebody who is not logged in
  callback       the return from the issuer, with the exchange of the code, up to the session
  configuration  all of `sallyport check`

The program is compiled without optimization, and each function tells uftrace when it is entered. A function
that is called several times by the same one stands there once, with the number of calls; the room `base` is
left out. The figures come last: how many functions are entered, in how many files, and how often a function is
entered that is in another file than the one entered before it; then those of the whole tree.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from rig import sallyport, tools
from rig.flow import Flow
from rig.issuer import Issuer
from rig.raw import Asker
from structure import percentile_95, read_tree

WAYS = ("allow", "login", "callback", "configuration")
_RECORD = ("uftrace", "record", "--no-libcall", "--no-event", "--srcline", "-d")
_REPLAY = ("uftrace", "replay", "--no-pager", "--no-merge", "--srcline", "-f", "time,tid", "-d")
_ENTERED = re.compile(r" \[ *(\d+)\] +(\d+)\.(\d{9}) \| ( *)(\w+)[\w.]*\(\) \{ /\* (?:\.\./)*(.+?:\d+) \*/")
_AFTERWARDS_S = 0.05  # in which a loop puts away what it needed for the answer


@dataclass(frozen=True)
class Entry:
    """That a function was entered."""

    at_ns: int
    thread: str
    depth: int
    name: str
    place: str  # file:line

    @property
    def file(self):
        return self.place.partition(":")[0]

    @property
    def is_base(self):
        return "base" in Path(self.file).parts


@dataclass
class Call:
    """All entries of a function from the same place of the list."""

    entry: Entry | None = None
    count: int = 0
    calls: dict = field(default_factory=dict)

    def print(self, depth):
        times = f" ×{self.count}" if self.count > 1 else ""
        print(f"{'  ' * depth + self.entry.name + times:<72} {self.entry.place}")
        for call in self.calls.values():
            call.print(depth + 1)


# ---- recording ----------------------------------------------------------------------------------------


def _read(folder):
    done = subprocess.run([*_REPLAY, folder], check=True, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        found = _ENTERED.match(line)
        if found:
            thread, seconds, ns, indent, name, place = found.groups()
            yield Entry(int(seconds + ns), thread, len(indent) // 2, name, place)


class _Watch:
    """Which span of time each way took; uftrace reads the same clock."""

    def __init__(self):
        self.spans = {}

    def way(self, name, status, ask):
        begun = time.monotonic_ns()
        answer = ask()
        assert answer.status == status, answer
        time.sleep(_AFTERWARDS_S)
        self.spans[name] = begun, time.monotonic_ns()


def _serve(folder, trace):
    """Goes all ways of requests; their spans."""
    issuer, watch = Issuer(), _Watch()
    config = {
        "issuer": issuer.url,
        "client_id": issuer.client_id,
        "client_secret_file": "client-secret",
        "keys_file": "keys",
        "threads": 1,
        "policies": {"default": "authenticated"},
    }
    process = sallyport.Sallyport(
        folder, config, secret=issuer.client_secret, start=lambda command: [*_RECORD, trace, *command]
    )
    with Asker(process.listen) as asker:
        flow = Flow(asker, issuer)
        watch.way("login", 302, flow.begin)
        flow.authorize()
        watch.way("callback", 302, flow.complete)
        for _ in range(2):  # the first opens the session's cookie, the second remembers it
            watch.way("allow", 200, lambda: asker.ask("/", cookie=flow.session))
    process.stop()
    issuer.stop()
    return watch.spans


def _record(way, folder):
    trace = folder / "trace"
    spans = _serve(folder, trace)
    if way == "configuration":
        command = [*_RECORD, trace, tools.sallyport(), "check", "--config", folder / "sallyport.yaml"]
        subprocess.run(command, check=True, capture_output=True)
        return list(_read(trace))
    begun, ended = spans[way]
    return [entry for entry in _read(trace) if begun <= entry.at_ns < ended]


# ---- what is told -------------------------------------------------------------------------------------


def _merge(entries):
    """The calls by thread. What the room base calls counts as its caller's."""
    threads, above = {}, {}
    for entry in entries:
        stack = above.setdefault(entry.thread, [(-1, threads.setdefault(entry.thread, Call()))])
        while stack[-1][0] >= entry.depth:
            stack.pop()
        call = stack[-1][1]
        if not entry.is_base:
            call = call.calls.setdefault((entry.name, entry.file), Call(entry))
            call.count += 1
        stack.append((entry.depth, call))
    return list(threads.values())


def _print_way(entries):
    threads = _merge(entries)
    for number, thread in enumerate(threads, 1):
        if len(threads) > 1:
            print(f"-- thread {number}")
        for call in thread.calls.values():
            call.print(0)


def _print_figures(way, entries):
    functions = {(entry.name, entry.file) for entry in entries}
    own = sorted((entry for entry in entries if not entry.is_base), key=lambda entry: entry.thread)
    own_functions = {(entry.name, entry.file) for entry in own}
    changes_n = sum(before.file != after.file for before, after in zip(own, own[1:], strict=False))
    print(
        f"\n{way}: {len(own_functions)} functions ({len(functions)} with the room base)"
        f" in {len({entry.file for entry in own})} files, {changes_n} changes of file"
    )


def _print_tree():
    """A static function is used once when its file names it once apart from where it stands."""
    files = [file for file in read_tree(tools.TREE) if file.is_product]
    lengths = [function.lines_n for file in files for function in file.functions]
    uses = []
    for file in files:
        for function in file.functions if file.path.suffix == ".c" else []:
            if "static" in function.head.split():
                heads_n = sum(other.name == function.name for other in file.declarations)
                uses.append(len(re.findall(rf"\b{function.name}\b", file.code)) - heads_n)
    print(
        f"tree: {len(lengths)} functions, of {len(uses)} static ones {uses.count(1) / len(uses):.0%} used once;"
        f" lines of a function: median {statistics.median(lengths):g}, p95 {percentile_95(lengths)},"
        f" max {max(lengths)}"
    )


def main():
    arguments = argparse.ArgumentParser(prog="./dev trace")
    arguments.add_argument("way", nargs="?", choices=WAYS, default="allow")
    way = arguments.parse_args().way
    with tempfile.TemporaryDirectory(prefix="sallyport-trace-") as folder:
        entries = _record(way, Path(folder))
    assert entries, "uftrace tells of no function"
    _print_way(entries)
    _print_figures(way, entries)
    _print_tree()


if __name__ == "__main__":
    sys.exit(main())

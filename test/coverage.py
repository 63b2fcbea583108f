# SPDX-License-Identifier: Apache-2.0
"""
How much of each room the tests reach (./dev coverage).

The unit tests and the end-to-end tests of one edge run on a build that counts; gcov tells the counts of each
line and branch. The pure rooms have floors. With the name of a room, its lines and branches that nothing
reached are listed too.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from everything import TREE, Build, compile_tree, end_to_end, unit_tests

EDGE = "3.7.15-https"
COUNTING = Build("build-coverage", "gcc", ("-Db_coverage=true", "-Dbuildtype=debug"))
ROOMS = ("base", "http", "jose", "oidc", "session", "kube", "policy", "config", "io", "gate", "server", "cli")
PURE = ("http", "jose", "oidc", "session", "kube", "policy")
LINES_MIN, BRANCHES_MIN = 90, 80  # percent, in the pure rooms


@dataclass
class Share:
    """How many there are, and how many were reached."""

    found: int = 0
    reached: int = 0

    @property
    def percent(self):
        return 100 * self.reached / self.found if self.found else 100.0

    def __str__(self):
        return f"{self.reached:6} of {self.found:6} {self.percent:6.1f} %"


@dataclass
class Room:
    """The counts of all lines, and of all branches, that come from the files of one room."""

    lines: Counter = field(default_factory=Counter)
    branches: Counter = field(default_factory=Counter)

    def share(self, name):
        counts = getattr(self, name)
        return Share(len(counts), sum(1 for count in counts.values() if count > 0))

    def add(self, path, line):
        place = (path, line["line_number"])
        self.lines[place] += line["count"]
        for number, branch in enumerate(line["branches"]):
            self.branches[(*place, number)] += branch["count"]

    def unreached(self):
        """Each place that nothing reached, or left on one side only, as `file:line what`."""
        lines = {place for place, count in self.lines.items() if count == 0}
        branches = Counter(place[:2] for place, count in self.branches.items() if count == 0)
        for path, number in sorted(lines | set(branches)):
            what = "line" if (path, number) in lines else f"{branches[path, number]} branches"
            yield f"{path}:{number}: {what}"


def room_of(path):
    """The room of a file of the tree, by its folder; None for tests and for what others wrote."""
    parts = Path(path).parts
    for top in (("src",), ("include", "sallyport")):
        if parts[: len(top)] == top and len(parts) > len(top) + 1:
            return parts[len(top)]
    return None


def relative(path):
    full = (COUNTING.path / path).resolve()
    return str(full.relative_to(TREE)) if full.is_relative_to(TREE) else ""


def read_counts():
    """The rooms by name. An object file whose module nothing ran has notes, but no counts: gcov knows that."""
    notes = sorted(str(path) for path in (COUNTING.path / "src").rglob("*.gcno"))
    done = subprocess.run(
        ["gcov", "--json-format", "--stdout", "--branch-probabilities", *notes],
        cwd=COUNTING.path,
        capture_output=True,
        check=True,
    )
    rooms = {name: Room() for name in ROOMS}
    for document in done.stdout.splitlines():
        for file in json.loads(document)["files"]:
            path = relative(file["file"])
            for line in file["lines"] if room_of(path) else []:
                rooms[room_of(path)].add(path, line)
    return rooms


def measure():
    """Runs the tests on a build whose counts are those of this run; false when one of them fails."""
    count, output = compile_tree(COUNTING)
    if count.failed:
        print(output)
        return False
    for path in COUNTING.path.rglob("*.gcda"):
        path.unlink()
    count, output = unit_tests(COUNTING)
    print(output, end="")
    count += end_to_end(COUNTING, "--edge", EDGE)[0]
    return count.failed == 0


def print_table(rooms):
    """The table; true when every pure room is above its floors."""
    good = True
    print(f"{'room':10} {'lines':>25} {'branches':>26}")
    for name, room in rooms.items():
        lines, branches = room.share("lines"), room.share("branches")
        low = name in PURE and (lines.percent < LINES_MIN or branches.percent < BRANCHES_MIN)
        print(f"{name:10} {lines} {branches}{'   TOO LOW' if low else ''}")
        good = good and not low
    print(f"in {', '.join(PURE)}: at least {LINES_MIN} % of the lines and {BRANCHES_MIN} % of the branches")
    return good


def main():
    arguments = argparse.ArgumentParser(prog="./dev coverage")
    arguments.add_argument("room", nargs="?", choices=ROOMS, help="also list what nothing reached in it")
    arguments.add_argument("--last", action="store_true", help="the counts of the last run, without a new one")
    given = arguments.parse_args()
    passed = given.last or measure()
    rooms = read_counts()
    if given.room:
        print("\n".join(rooms[given.room].unreached()))
    good = print_table(rooms)
    return 0 if passed and good else 1


if __name__ == "__main__":
    sys.exit(main())

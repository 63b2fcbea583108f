# SPDX-License-Identifier: Apache-2.0
"""
Mutation tests (./dev mutate [ROOM] [N]): one small fault at a time is written into a copy of the tree, the
tests nearest to it are built and run, and a fault that no test notices is reported with its place and its
diff.

The faults: a comparison is flipped or moved by one, a condition negated, a check dropped, an operand of && or
|| taken for granted, a constant or a maximum moved by one, an error returned as success. Which of them are
tried when N is below their number is decided by a digest of each, so that a run can be repeated and an edit
elsewhere changes nothing.

A fault that changes nothing anybody can see is named in equivalent.txt, with the reason; it is not counted.
"""

import argparse
import dataclasses
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
AT_LEAST_PERCENT = 95
SLOWEST_S = 20  # a test that takes longer with a fault than this and ten times its usual time hangs

# What is mutated. The tests that have to notice are the module's own, those of its room, and then these.
ROOMS = {
    "session": (["src/session/*.c"], []),
    "oidc": (["src/oidc/*.c"], []),
    "kube": (["src/kube/*.c"], []),
    "policy": (["src/policy/*.c"], ["gate/gate"]),
    "http": (
        ["src/http/head.c", "src/http/forwarded.c", "src/http/host.c", "src/http/path_glob.c"],
        ["policy/request", "gate/gate"],
    ),
    "gate": (
        [
            "src/gate/sign_in.c",
            "src/gate/login_cookies.c",
            "src/gate/login_page.c",
            "src/gate/callback.c",
            "src/gate/logout.c",
            "src/gate/session_from_claims.c",
        ],
        [],
    ),
}
DEFAULT_ROOMS = ["session", "oidc", "kube", "policy", "http"]


# ---- reading C ------------------------------------------------------------------------------------------


def mask(text):
    """The same length, with comments, texts, characters and preprocessor lines blanked."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*'
    text = re.sub(pattern, blank, text, flags=re.S | re.M)
    return re.sub(r"_Static_assert\(.*?\);|\bassert\(.*?\);", blank, text, flags=re.S)


def find_close(text, opening):
    """Where the bracket at `opening` is closed."""
    depth = 0
    for at in range(opening, len(text)):
        depth += text[at] in "([{"
        depth -= text[at] in ")]}"
        if depth == 0:
            return at
    return len(text)


def function_at(masked, at):
    """The name of the function that `at` stands in."""
    name = "-"
    for match in re.finditer(r"^[a-z][\w *]*?(\w+)\(", masked, flags=re.M):
        if match.start() > at:
            break
        name = match.group(1)
    return name


def operand_before(masked, at):
    """Where the operand that ends at `at` begins."""
    depth = 0
    for i in range(at - 1, -1, -1):
        if masked[i] in ")]}":
            depth += 1
        elif masked[i] in "([{":
            if depth == 0:
                return i + 1
            depth -= 1
        elif depth == 0 and (masked[i] in ";,?:" or masked[i - 1 : i + 1] in ("&&", "||")):
            return i + 1
        elif depth == 0 and masked[i] == "=" and masked[i - 1] not in "=!<>" and masked[i + 1] != "=":
            return i + 1
        elif depth == 0 and masked[: i + 1].endswith("return"):
            return i + 1
    return 0


def operand_after(masked, at):
    """Where the operand that begins at `at` ends."""
    depth = 0
    for i in range(at, len(masked)):
        if masked[i] in "([{":
            depth += 1
        elif masked[i] in ")]}":
            if depth == 0:
                return i
            depth -= 1
        elif depth == 0 and (masked[i] in ";,?:" or masked[i : i + 2] in ("&&", "||")):
            return at + len(masked[at:i].rstrip())
    return len(masked)


# ---- faults ---------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Fault:
    """What stands from `begin` to `end` of a file, replaced."""

    path: str
    kind: str
    function: str
    begin: int
    end: int
    new: str
    text: str = dataclasses.field(repr=False, compare=False)  # of the whole file

    def apply(self):
        return self.text[: self.begin] + self.new + self.text[self.end :]

    @property
    def line(self):
        return self.text.count("\n", 0, self.begin) + 1

    @property
    def diff(self):
        """The lines that change, as they were and as they are."""
        first = self.text.rfind("\n", 0, self.begin) + 1
        last = self.text.find("\n", self.end)
        old = self.text[first:last]
        new = self.text[first : self.begin] + self.new + self.text[self.end : last]
        return [f"- {line.strip()}" for line in old.split("\n") if line.strip()] + [
            f"+ {line.strip()}" for line in new.split("\n") if line.strip()
        ]

    @property
    def key(self):
        """Stands for it in equivalent.txt; no line number, so that edits elsewhere do not matter."""
        return (f"{self.path}:{self.function}", *self.diff)

    @property
    def digest(self):
        return hashlib.sha256("\n".join(self.key).encode()).digest()


FLIPS = {"<": ["<=", ">="], "<=": ["<"], ">": [">=", "<="], ">=": [">"], "==": ["!="], "!=": ["=="]}


def comparisons(masked):
    for match in re.finditer(r"(?<![<>=!\-+*/&|^])(<=|>=|==|!=|<|>)(?![<>=])", masked):
        for new in FLIPS[match.group()]:
            yield "comparison", match.start(), match.end(), new


def conditions(masked):
    for match in re.finditer(r"\bif \(", masked):
        close = find_close(masked, match.end() - 1)
        yield "negation", match.end(), close, "!(" + masked_source(match.end(), close) + ")"


def masked_source(begin, end):
    """A mark for the source itself, put in by find_faults: texts in it are blanked in the masked form."""
    return f"\0{begin}:{end}\0"


def dropped_checks(masked):
    """`if (…) { return …; }` without an else, and every loop's or branch's body that only leaves."""
    for match in re.finditer(r"\bif \(", masked):
        close = find_close(masked, match.end() - 1)
        body = re.match(r"\) \{\s*(return\b[^;]*|continue|break);\s*\}(?!\s*else)", masked[close:])
        if body and not masked[: match.start()].rstrip().endswith("else"):
            yield "dropped check", match.start(), close + body.end(), ""


def operands(masked):
    for match in re.finditer(r"&&|\|\|", masked):
        neutral = "true" if match.group() == "&&" else "false"
        begin = operand_before(masked, match.start())
        space = "" if masked[begin - 1] == "(" else " "
        yield "operand", begin, match.start(), f"{space}{neutral} "
        yield "operand", match.end(), operand_after(masked, match.end()), f" {neutral}"
        yield "operand", match.start(), match.end(), "||" if match.group() == "&&" else "&&"


def is_dimension(masked, at):
    """Whether `at` stands in the size of an array: seldom seen when declared, and nothing in a sizeof."""
    line = masked[masked.rfind("\n", 0, at) + 1 : masked.find("\n", at)]
    return (
        re.match(r"\s*(static |const |struct )*\w+ \*?\w+\[[^\]]*\]+( =|;)", line) is not None
        or re.search(r"sizeof [\w.>-]+\[$", masked[max(0, at - 60) : at]) is not None
        or (  # of a parameter
            re.search(r"\w[ *]\w+\[$", masked[max(0, at - 60) : at]) is not None
            and re.match(r"\w+\][,)]", masked[at:]) is not None
        )
    )


def constants(masked):
    for match in re.finditer(r"(?<![\w.])(0x[0-9a-fA-F]+|\d+)[uUlL]*(?![\w.])", masked):
        if not is_dimension(masked, match.start()) and not re.match(r"\s*\}", masked[match.end() :]):
            value = int(match.group(1), 0)
            yield "constant", match.start(), match.end(), str(value + 1)
            if value > 1:
                yield "constant", match.start(), match.end(), str(value - 1)
    for match in re.finditer(r"\b[A-Z][A-Z0-9_]*_(MAX|MIN|MAX_N|LEN|LIFETIME_S|MAX_S)\b", masked):
        if not is_dimension(masked, match.start()):
            yield "constant", match.start(), match.end(), f"({match.group()} + 1)"
            yield "constant", match.start(), match.end(), f"({match.group()} - 1)"


def returns(masked):
    for match in re.finditer(r"\breturn (SP_ERR_\w+|true|false);", masked):
        new = {"true": "false", "false": "true"}.get(match.group(1), "SP_OK")
        yield "return", match.start(1), match.end(1), new


def is_about_memory(fault):
    """Whether it matters only where memory runs out, which no unit test brings about: left out."""
    if fault.kind == "operand":
        after = fault.text[fault.begin : fault.begin + 200]
        return re.search(r"== NULL[^{;]*\{\s*return SP_ERR_MEMORY;", after) is not None
    return fault.kind in ("dropped check", "return") and "return SP_ERR_MEMORY;" in "".join(fault.diff)


def find_faults(path):
    """All faults of a file, in its order."""
    text = (TREE / path).read_text()
    masked = mask(text)
    found = {}
    for find in (comparisons, conditions, dropped_checks, operands, constants, returns):
        for kind, begin, end, new in find(masked):
            new = re.sub(
                r"\0(\d+):(\d+)\0", lambda part: text[int(part.group(1)) : int(part.group(2))], new
            )
            fault = Fault(path, kind, function_at(masked, begin), begin, end, new, text)
            if not is_about_memory(fault):
                found.setdefault(fault.apply(), fault)
    return sorted(found.values(), key=lambda fault: (fault.begin, fault.end, fault.new))


def choose(faults, count):
    """`count` of them, always the same ones."""
    chosen = sorted(faults, key=lambda fault: fault.digest)[:count]
    return sorted(chosen, key=lambda fault: (fault.path, fault.begin, fault.end, fault.new))


# ---- what is known to change nothing --------------------------------------------------------------------


def read_equivalent():
    """Keys and reasons; each entry is `file:function`, the diff, and `why: …`, then an empty line."""
    known = {}
    if not EQUIVALENT.exists():
        return known
    for block in re.split(r"\n\s*\n", EQUIVALENT.read_text()):
        lines = [line for line in block.splitlines() if line.strip() and not line.startswith("#")]
        if not lines:
            continue
        diff = [line.strip() for line in lines[1:] if line[0] in "+-"]
        why = " ".join(line.strip() for line in lines[1:] if line[0] not in "+-")
        if not why.startswith("why: "):
            sys.exit(f"equivalent.txt: no reason given for {lines[0]}")
        known[(lines[0].strip(), *diff)] = why
    return known


# ---- the copy of the tree -------------------------------------------------------------------------------


class Copy:
    """A copy with a build folder of its own, with sanitizers: a bound that is off by one is noticed."""

    def __init__(self, folder):
        self.tree = Path(folder) / "tree"
        self.build = Path(folder) / "build"
        names = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=TREE,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout.decode()
        for name in filter(None, names.split("\0")):
            source = TREE / name
            if source.is_file():
                (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, self.tree / name)
        self._quietly(
            "meson", "setup", self.build, self.tree, "-Dunit_tests=enabled", "-Dbuildtype=debug",
            "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dwerror=false",
        )  # fmt: skip
        self.tests = sorted(path for path in self._targets() if path.startswith("test/unit/test_"))
        self.usual_s = {}

    def _quietly(self, *command):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")

    def _targets(self):
        done = subprocess.run(
            ["ninja", "-C", self.build, "-t", "targets", "all"], capture_output=True, text=True, check=True
        )
        return re.findall(r"^(\S+): c_LINKER", done.stdout, flags=re.M)

    def compile(self, target):
        """True when it compiles."""
        command = ["ninja", "-C", self.build, "--quiet", target]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def passes(self, target):
        """Runs a test; one process, so that one that hangs can be ended."""
        limit_s = max(SLOWEST_S, 10 * self.usual_s.get(target, SLOWEST_S))
        environment = {
            **os.environ,
            "CK_FORK": "no",
            "SALLYPORT_FLOW_STEPS": "4000",
            "ASAN_OPTIONS": "hard_rss_limit_mb=2000:allocator_may_return_null=1",
            "UBSAN_OPTIONS": "halt_on_error=1",
        }
        begun = time.monotonic()
        try:
            done = subprocess.run(
                [self.build / target], cwd=self.build, env=environment, stdin=subprocess.DEVNULL,
                capture_output=True, timeout=limit_s, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
        self.usual_s.setdefault(target, time.monotonic() - begun)
        return done.returncode == 0

    def write(self, path, text):
        (self.tree / path).write_text(text)


# ---- trying ---------------------------------------------------------------------------------------------


def tests_for(copy, path, room):
    """Targets, nearest first."""
    module = Path(path).stem
    own = f"test/unit/test_{room}_{module}"
    further = [f"test/unit/test_{name.replace('/', '_', 1)}" for name in ROOMS[room][1]]
    of_room = [name for name in copy.tests if name.startswith(f"test/unit/test_{room}_")]
    ordered = [name for name in [own, *of_room, *further] if name in copy.tests]
    return list(dict.fromkeys(ordered))


def try_fault(copy, fault, targets):
    """`killed by …`, `survived` or `does not compile`."""
    copy.write(fault.path, fault.apply())
    try:
        for target in targets:
            if not copy.compile(target):
                return "does not compile"
            if not copy.passes(target):
                return "killed"
        return "survived"
    finally:
        copy.write(fault.path, fault.text)


def check_sound(copy, targets):
    """Without a fault every test passes."""
    for target in targets:
        if not copy.compile(target) or not copy.passes(target):
            sys.exit(f"{target} fails without any fault")


def report(fault, verdict):
    print(f"{verdict}: {fault.path}:{fault.line} {fault.function}, {fault.kind}", flush=True)
    for line in fault.diff:
        print(f"    {line}", flush=True)


def try_room(copy, room, count, known):
    paths = sorted(str(path.relative_to(TREE)) for glob in ROOMS[room][0] for path in TREE.glob(glob))
    faults = [fault for path in paths for fault in find_faults(path)]
    chosen = choose([fault for fault in faults if fault.key not in known], count)
    sound = {target for path in paths for target in tests_for(copy, path, room)}
    check_sound(copy, sorted(sound))
    verdicts = Counter()
    begun = time.monotonic()
    for fault in chosen:
        verdict = try_fault(copy, fault, tests_for(copy, fault.path, room))
        verdicts[verdict] += 1
        if sum(verdicts.values()) % 20 == 0:
            print(f"   {room}: {sum(verdicts.values())} of {len(chosen)}", flush=True)
        if verdict == "survived":
            report(fault, verdict)
    explained = len(faults) - len([fault for fault in faults if fault.key not in known])
    tried = verdicts["killed"] + verdicts["survived"]
    percent = 100 * verdicts["killed"] / tried if tried else 100
    print(
        f"== {room}: {percent:.1f} % killed ({verdicts['killed']} of {tried};"
        f" {verdicts['does not compile']} did not compile;"
        f" {len(faults)} possible, {explained} of them explained; {time.monotonic() - begun:.0f} s)",
        flush=True,
    )
    return verdicts


def main():
    parser = argparse.ArgumentParser(prog="./dev mutate", description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("room", nargs="?", choices=[*ROOMS, "all"], default="all")
    parser.add_argument("count", nargs="?", type=int, default=100, help="faults in each room (100)")
    parser.add_argument("--list", action="store_true", help="print the faults and try none")
    options = parser.parse_args()
    rooms = DEFAULT_ROOMS if options.room == "all" else [options.room]
    known = read_equivalent()
    if options.list:
        for room in rooms:
            for path in sorted(str(p.relative_to(TREE)) for glob in ROOMS[room][0] for p in TREE.glob(glob)):
                for fault in find_faults(path):
                    report(fault, "explained" if fault.key in known else "possible")
        return 0
    total = Counter()
    with tempfile.TemporaryDirectory(prefix="sallyport-mutate-") as folder:
        copy = Copy(folder)
        for room in rooms:
            total += try_room(copy, room, options.count, known)
    tried = total["killed"] + total["survived"]
    percent = 100 * total["killed"] / tried if tried else 100
    print(f"== mutation: {percent:.1f} % of {tried} killed; at least {AT_LEAST_PERCENT} % is asked for")
    return 0 if percent >= AT_LEAST_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())

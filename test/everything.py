# SPDX-License-Identifier: Apache-2.0
"""
Everything that continuous integration runs (./dev test).

Three lanes, so that a small machine with two cores never only waits for the network. One installs what the
end-to-end tests need. One builds the plain program, tests it alone and, once that is installed, with the real
parts. One builds with sanitizers, tests and fuzzes, and gives way to the others; the program with sanitizers
meets the real parts in the end. A step that fails does not stop those that can still tell something. In the end
stands when each step ran, and the last line adds up every single test and check.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
PROGRAM = Path("src/cli/sallyport")
# What runs again on the program with sanitizers: one edge. Left out are tests of something else (chart, documents,
# alerts, compose file, demonstration, image, Chromium, rights in Kubernetes, tenants of Traefik), of what sanitizers
# change (memory), and of what only takes time (silence).
ELSEWHERE = (
    *("alerts", "ch", "clusters", "compose", "demo", "document", "image", "kubernetes_rights", "memory", "prometheus"),
    *("recipes", "searched_texts", "silence", "tenants"),
)
ONE_COMBINATION = (
    *("--edge", "3.7.15-https"),
    *(f"--ignore-glob=*/test_{subject}*" for subject in ELSEWHERE),
)
WORKERS = 4  # of the end-to-end tests, which wait for each other's programs half of the time
GIVES_WAY = 10  # the nice value of the lane with sanitizers
FUZZ_S = 2  # each target, from its seeds
PLANTED_S = 120  # at most, for each to find the fault planted in it
SANITIZERS = {
    "ASAN_OPTIONS": "exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1",
    "TSAN_OPTIONS": "exitcode=99:second_deadlock_stack=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99:print_stacktrace=1",
}


@dataclass
class Count:
    """What one step found."""

    passed: int = 0
    failed: int = 0

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed)


@dataclass(frozen=True)
class Build:
    """One way to compile the tree."""

    folder: str
    compiler: str
    options: tuple = ()

    @property
    def path(self):
        return TREE / self.folder

    @property
    def program(self):
        return self.path / PROGRAM


PLAIN = Build("build", "gcc")
SANITIZED = Build(
    "build-fuzz",
    "clang-14",
    (
        "-Db_sanitize=address,undefined",
        "-Db_lundef=false",
        "-Dbuildtype=debugoptimized",
        "-Dfuzz=enabled",
    ),
)
THREADS = Build("build-threads", "clang-14", ("-Db_sanitize=thread", "-Db_lundef=false"))


class Report:
    """The counts of all steps, and the one place that prints."""

    def __init__(self):
        self.total = Count()
        self._begun_s = time.monotonic()
        self._steps = []
        self._lock = threading.Lock()

    def add(self, title, count, begun_s, output=""):
        with self._lock:
            self.total += count
            if output:
                print(output, flush=True)
            verdict = "ok" if count.failed == 0 else "FAILED"
            line = f"{title}: {verdict}, {count.passed} passed, {count.failed} failed"
            begun, ended = begun_s - self._begun_s, time.monotonic() - self._begun_s
            self._steps.append((begun, f"{begun:6.0f} – {ended:4.0f} s {ended - begun:5.0f} s  {line}"))
            print(f"== {line} ({ended - begun:.0f} s)", flush=True)

    def print(self):
        print("from – to, and how long:", *(line for _, line in sorted(self._steps)), sep="\n")
        print(f"{self.total.passed} passed, {self.total.failed} failed", flush=True)


def run(*command, env=None, live=False):
    """Exit status and output of a command; `live` lets it print itself."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=TREE,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=None if live else subprocess.PIPE,
        stderr=None if live else subprocess.STDOUT,
        check=False,
    )
    return done.returncode, "" if live else done.stdout.decode(errors="replace")


def step(report, title, action):
    """Runs `action()`, which returns a Count and what to print, and reports it; true when nothing failed."""
    begun_s = time.monotonic()
    try:
        count, output = action()
    except Exception as error:  # the other steps are to be heard all the same
        count, output = Count(0, 1), f"{title}: {error!r}"
    report.add(title, count, begun_s, output)
    return count.failed == 0


def one_check(status, output):
    """The result of a command that is one check by itself: silent unless it fails."""
    return (Count(1, 0), "") if status == 0 else (Count(0, 1), output)


# ---- builds and unit tests ----------------------------------------------------------------------------


def compile_tree(build):
    """Configures once with warnings as errors, then compiles."""
    configure = ["meson", "setup", build.path, "-Dwerror=true", "-Dunit_tests=enabled", *build.options]
    if (build.path / "build.ninja").exists():
        configure.append("--reconfigure")
    status, output = run(*configure, env={"CC": build.compiler})
    if status == 0:
        status, output = run("ninja", "-C", build.path, "--quiet")
    return one_check(status, output)


def unit_tests(build):
    status, output = run(
        "meson", "test", "-C", build.path, "--no-rebuild", "--print-errorlogs", "--quiet", env=SANITIZERS
    )
    count = count_of_log(build.path / "meson-logs" / "testlog.json")
    if status != 0 and count.failed == 0:
        count += Count(0, 1)
    return count, "" if status == 0 else output


def count_of_log(path):
    """Adds up the tests of all executables: the lines of TAP, or one where a test speaks no TAP."""
    total = Count()
    for line in path.read_text().splitlines():
        test = json.loads(line)
        lines = re.findall(r"^(ok|not ok) \d+", test.get("stdout") or "", re.M)
        passed, failed = lines.count("ok"), lines.count("not ok")
        succeeded = test["result"] in ("OK", "EXPECTEDFAIL")
        if not lines:
            passed, failed = (1, 0) if succeeded else (0, 1)
        elif not succeeded and failed == 0:
            failed = 1  # it died after the tests that it reported
        total += Count(passed, failed)
    return total


def emulated_unit_tests():
    """Those of the program for arm64, which is built for it."""
    log = TREE / "build-arm64" / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    status, output = run("./dev", "arm64", "--quiet")
    count = count_of_log(log) if log.exists() else Count()
    if status != 0 and count.failed == 0:
        count += Count(0, 1)
    return count, "" if status == 0 else output


def build_and_unit(report, build, *, name):
    """True when the tree compiled, whatever its unit tests say."""
    built = step(report, f"{name}: build", lambda: compile_tree(build))
    if built:
        step(report, f"{name}: unit tests", lambda: unit_tests(build))
    return built


def fuzzing(*arguments):
    """Counts targets."""
    status, output = run(sys.executable, "test/fuzz/run.py", *arguments)
    passed, failed = map(int, (re.findall(r"^(\d+) passed, (\d+) failed$", output, re.M) or [(0, 1)])[-1])
    return Count(passed, failed), output.rstrip()


# ---- end-to-end ---------------------------------------------------------------------------------------


def python():
    _, output = run("test/setup/install", "--where", "python")
    return Path(output.strip()) / "bin" / "python"


def pytests(*command, env=None):
    """What the tests of a command found that hands its last argument on to pytest."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.xml"
        status, _ = run(*command, f"--junitxml={results}", env=env, live=True)
        count = count_of_junit(results) if results.exists() else Count()
    if (status != 0 and count.failed == 0) or count.passed == 0:
        count += Count(0, 1)
    return count, ""


def end_to_end(build, *options):
    command = (python(), "-m", "pytest", "test/e2e", "-n", WORKERS, "--dist=loadgroup", *options)
    return pytests(*command, env={"SALLYPORT_BIN": str(build.program)})


def count_of_junit(path):
    """A skipped test counts as failed: a program that is missing is no reason to pass."""
    suites = list(xml.etree.ElementTree.parse(path).getroot().iter("testsuite"))
    failed = sum(int(suite.get(name, "0")) for suite in suites for name in ("failures", "errors", "skipped"))
    return Count(sum(int(suite.get("tests", "0")) for suite in suites) - failed, failed)


def demo(*options):
    command = (python(), "test/e2e/demo.py", "--check", *options)
    return one_check(*run(*command, env={"SALLYPORT_BIN": str(PLAIN.program)}))


# ---- all of it ----------------------------------------------------------------------------------------


def versions():
    for name, *command in (
        ("gcc", "gcc", "--version"),
        ("clang", "clang-14", "--version"),
        ("meson", "meson", "--version"),
        ("libh2o", "pkg-config", "--modversion", "libh2o-evloop"),
        ("openssl", "pkg-config", "--modversion", "openssl"),
    ):
        print(f"{name}: {run(*command)[1].splitlines()[0]}", flush=True)


def install(report):
    parts = ("e2e", "image")
    title = "installation of " + ", ".join(parts)
    step(report, title, lambda: one_check(*run("test/setup/install", *parts, live=True)))


def build_sanitized_and_fuzz(report):
    """The lane that gives way; true when the tree compiled."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), GIVES_WAY)
    built = build_and_unit(report, SANITIZED, name="clang, sanitizers")
    if built:
        step(report, "fuzzing", lambda: fuzzing("all", str(FUZZ_S)))
    return built


def test_plain(report, built, long):
    if built:
        step(report, "end to end", lambda: end_to_end(PLAIN, *long))
        step(report, "image", lambda: pytests("./dev", "image", *(["--twice"] if long else [])))
        step(report, "demo", demo)
        step(report, "demo, three clusters", lambda: demo("--clusters", "3"))


def main():
    arguments = argparse.ArgumentParser(prog="./dev test")
    arguments.add_argument("--long", action="store_true", help="also what takes too long for every run")
    long = ["--long"] if arguments.parse_args().long else []
    report = Report()
    versions()
    step(report, "format", lambda: one_check(*run("./dev", "format", "--check")))
    with ThreadPoolExecutor(2) as lanes:
        installed = lanes.submit(install, report)
        sanitizing = lanes.submit(build_sanitized_and_fuzz, report)
        built = build_and_unit(report, PLAIN, name="gcc")
        installed.result()
        test_plain(report, built, long)
        sanitized = sanitizing.result()
    if sanitized:
        step(report, "end to end, sanitizers", lambda: end_to_end(SANITIZED, *ONE_COMBINATION))
    if long and sanitized:
        step(report, "fuzzing, planted faults", lambda: fuzzing("--planted", "all", str(PLANTED_S)))
    if long and build_and_unit(report, THREADS, name="threads"):
        step(report, "end to end, threads", lambda: end_to_end(THREADS, *long, "-k", "test_threads"))
    if long:
        step(report, "arm64, emulated: unit tests", emulated_unit_tests)
        arm64 = ("./dev", "image", "--platform", "linux/arm64", "--twice")
        step(report, "arm64, emulated: image", lambda: pytests(*arm64))
        for tool in ("trace allow", "trace configuration", "bench --quick", "bench instructions --quick"):
            step(report, tool, lambda tool=tool: one_check(*run("./dev", *tool.split())))
    report.print()
    return 0 if report.total.failed == 0 and report.total.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())

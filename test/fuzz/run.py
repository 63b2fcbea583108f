# SPDX-License-Identifier: Apache-2.0
"""
Runs the fuzz targets with libFuzzer (./dev fuzz).

    run.py [TARGET] [SECONDS]             each target, or the given one, for that time
    run.py --planted [TARGET] [SECONDS]   each must find the fault that is planted in it within that time

As many run at once as there are processors. A target begins with its seeds and continues with the inputs that earlier
runs found, which are kept in the build folder. libFuzzer writes into the first corpus that it is given, hence the
order. An input that breaks a property is added to the seeds, which every test run replays, and makes the exit status 1.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
HERE = TREE / "test" / "fuzz"
BUILD = TREE / "build-fuzz"
SEED = 1
INPUT_TIMEOUT_S = 10
MEMORY_MB = 2048
SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def target_names():
    return sorted(path.name for path in (HERE / "seeds").iterdir() if path.is_dir())


def build(programs):
    if not (BUILD / "build.ninja").exists():
        subprocess.run(
            [
                *("meson", "setup", str(BUILD), "-Dfuzz=enabled", "-Dunit_tests=disabled"),
                *("-Dbuildtype=debugoptimized", "-Db_lundef=false", "-Db_sanitize=address,undefined"),
            ],
            cwd=TREE,
            env={**os.environ, "CC": "clang-14"},
            stdout=subprocess.DEVNULL,
            check=True,
        )
    subprocess.run(["ninja", "-C", str(BUILD), "--quiet", *programs], check=True)


def run(kind, name, corpora, findings, *options):
    """The status and output of one run."""
    dictionary = HERE / f"{name}.dict"
    done = subprocess.run(
        [
            str(BUILD / "test" / "fuzz" / f"{kind}_{name}"),
            *([f"-dict={dictionary}"] if dictionary.exists() else []),
            *(f"-timeout={INPUT_TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MB}", "-print_final_stats=1"),
            *(f"-artifact_prefix={findings}/", f"-seed={SEED}", *options),
            *(str(corpus) for corpus in corpora),
        ],
        env={**os.environ, **SANITIZERS},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    return done.returncode, done.stderr.decode(errors="replace")


def without_progress(output):
    """The end of libFuzzer's output, without the lines about new inputs."""
    return "\n".join(line for line in output.splitlines() if not line.startswith("#"))[-4000:]


def last_number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def numbers(output):
    executions = last_number(r"stat::number_of_executed_units:\s+(\d+)", output) or last_number(
        r"#(\d+)\s", output
    )
    edges = last_number(r"cov: (\d+)", output)
    return f"{executions} executions, {edges} edges"


def keep(name, findings):
    """Adds a found input to the seeds; returns its path."""
    kept = []
    for path in sorted(findings.iterdir()):
        bytes = path.read_bytes()
        seed = HERE / "seeds" / name / f"found-{hashlib.sha256(bytes).hexdigest()[:8]}"
        seed.write_bytes(bytes)
        kept.append(str(seed.relative_to(TREE)))
    return kept


def fuzz(name, seconds):
    """True if nothing was found."""
    corpus = BUILD / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        findings = Path(folder)
        corpora = [corpus, HERE / "seeds" / name]
        status, output = run("fuzz", name, corpora, findings, f"-max_total_time={seconds}")
        kept = keep(name, findings)
    if status == 0 and not kept:
        print(f"{name}: {numbers(output)}", flush=True)
        return True
    print(
        f"{without_progress(output)}\n"
        f"{name}: FAILED after {numbers(output)}; kept as {', '.join(kept) or 'nothing'}",
        flush=True,
    )
    return False


def find_planted(name, seconds):
    """True if the seeds alone do not reveal the planted fault, and fuzzing does."""
    with tempfile.TemporaryDirectory() as folder:
        findings = Path(folder) / "findings"
        scratch = Path(folder) / "corpus"
        findings.mkdir()
        scratch.mkdir()
        seeds = HERE / "seeds" / name
        status, output = run("planted", name, [scratch, seeds], findings, "-runs=0")
        if status != 0:
            print(f"{name}: FAILED, the seeds alone show the planted fault:\n{without_progress(output)}", flush=True)
            return False
        status, output = run("planted", name, [scratch, seeds], findings, f"-max_total_time={seconds}")
        if status == 0:
            print(f"{name}: FAILED, did not find its planted fault in {numbers(output)}", flush=True)
            return False
    print(f"{name}: found its planted fault, {numbers(output)}", flush=True)
    return True


def main():
    arguments = argparse.ArgumentParser(prog="./dev fuzz")
    arguments.add_argument("target", nargs="?", default="all", help="one of them; all by default")
    arguments.add_argument("seconds", nargs="?", type=int, default=60, help="for each; 60 by default")
    arguments.add_argument("--planted", action="store_true", help="look for the planted faults instead")
    chosen = arguments.parse_args()
    if chosen.target.isdigit():
        chosen.target, chosen.seconds = "all", int(chosen.target)
    names = target_names()
    if chosen.target != "all" and chosen.target not in names:
        sys.exit(f"no such target; there are {', '.join(names)}")
    names = names if chosen.target == "all" else [chosen.target]
    kind, action = ("planted", find_planted) if chosen.planted else ("fuzz", fuzz)
    build([f"test/fuzz/{kind}_{name}" for name in names])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        well = list(pool.map(lambda name: action(name, chosen.seconds), names))
    print(f"{sum(well)} passed, {len(names) - sum(well)} failed", flush=True)
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())

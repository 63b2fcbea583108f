#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what doc/security.md says of the binary.

    hardening.py PROGRAM [COMPILE_COMMANDS]    TAP; exit code 1 when something is missing

What a compiler and a linker leave in the file is read from it, by readelf and objdump. Two things leave no certain
trace, the level of FORTIFY and that no file was left out; for these the compiler's command lines are read, where they
are given.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

COMMON = {"-fstack-protector-strong", "-fstack-clash-protection", "-D_FORTIFY_SOURCE=3"}
OF_MACHINE = {"X86-64": "-fcf-protection=full", "AArch64": "-mbranch-protection=standard"}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def commands_of_sources(path):
    """The compiler's arguments for each file of the program itself."""
    entries = json.loads(Path(path).read_text())
    return {entry["file"]: set(entry["command"].split()) for entry in entries if "/src/" in entry["file"]}


def segments(headers):
    """Type and flags of each segment."""
    return re.findall(r"^ +([A-Z_]+) +(?:0x\w+ +){5}([RWE ]{3}) ", headers, re.M)


def findings(program, commands):
    """What must hold, each with whether it does."""
    headers = output("readelf", "--wide", "--file-header", "--program-headers", program)
    dynamic = output("readelf", "--wide", "--dynamic", program)
    symbols = output("readelf", "--wide", "--dyn-syms", program)
    parts = segments(headers)
    machine = next(name for name in OF_MACHINE if name in headers)
    assert ("GNU_STACK", "RW ") in parts or ("GNU_STACK", "RWE") in parts, headers

    yield "position-independent", "Type:                              DYN" in headers and " PIE" in dynamic
    yield "full RELRO", "GNU_RELRO" in dict(parts) and "BIND_NOW" in dynamic
    yield "no segment is writable and executable, and neither is the stack", not any(
        "W" in flags and "E" in flags for _, flags in parts
    )
    yield "libraries come from the system's folders only", not re.search("RPATH|RUNPATH", dynamic)
    yield "code is not relocated", "TEXTREL" not in dynamic
    yield "stack protector", " __stack_chk_fail@" in symbols
    yield "FORTIFY", bool(re.search(r" __(?!stack)\w+_chk@", symbols))
    if machine == "X86-64":
        code = output("objdump", "--disassemble", "--no-show-raw-insn", program)
        yield "large frames are touched page by page", bool(re.search(r"\torq? +\$0x0,\(%rsp\)", code))
        yield "targets of indirect calls are marked", code.count("\tendbr64") > 300
    if commands:
        wanted = COMMON | {OF_MACHINE[machine]}
        sources = commands_of_sources(commands)
        lacking = [f"; {file} lacks {wanted - given}" for file, given in sources.items() if wanted - given]
        yield f"options of {len(sources)} sources{''.join(lacking[:1])}", bool(sources) and not lacking


def main(program, commands=None):
    failed = 0
    found = list(findings(program, commands))
    for number, (name, holds) in enumerate(found, 1):
        print(f"{'ok' if holds else 'not ok'} {number} - {name}")
        failed += not holds
    print(f"1..{len(found)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

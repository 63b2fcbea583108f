# SPDX-License-Identifier: Apache-2.0
"""
The cost of an allow in instructions (./dev bench instructions).

Processor time depends on what else the machine does; the number of instructions does not, so it is used to
evaluate changes. callgrind counts those of one loop for the same requests to sallyport and to the bare handler of
the same library, without the kernel's. The difference is sallyport's own cost.
"""

import re
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

from contenders import Bare
from footprint import on_port
from load import InvalidRun

_TOP = 25
_WAYS = {"on a kept connection": False, "on a new connection each": True}  # whether it is closing
# A line of callgrind_annotate: instructions, share, file:function, object.
_LINE = re.compile(r"^ *([\d,]+) \( *[\d.]+%\)  (.*):(.*?)(?: \[(.*)\])?$", re.M)
_ROOM = re.compile(r"(?:src|include/sallyport)/(\w+)/")
_SUFFIX = re.compile(r"(\.(constprop|isra|part|lto_priv|cold)(\.\d+)?)+$|'\d+$")


def _control(*arguments):
    subprocess.run(["callgrind_control", *map(str, arguments)], check=True, capture_output=True)


def _ask(request, requests_n):
    with request.asker() as asker:
        for _ in range(requests_n):
            if asker.send(request.bytes()).status != 200:
                raise InvalidRun("a question was refused")


def _parse(text, requests_n):
    """Instructions per request by room and function; functions outside our rooms are listed by library."""
    costs = Counter()
    for number, file, function, library in _LINE.findall(text):
        room = _ROOM.search(file)
        place = room[1] if room else Path(library).name.partition(".")[0] or "elsewhere"
        name = "(no name)" if function.startswith("0x") else _SUFFIX.sub("", function)
        costs[place, name] += int(number.replace(",", "")) / requests_n
    return costs


def _counted(start, closing, requests_n, out):
    """
    The costs of as many requests to the process that `start(prefix)` returns with the request. A few before them
    open the session and warm up what is kept.
    """
    valgrind = ("valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}")
    process, request = start(valgrind)
    request = replace(request, closing=closing)
    try:
        _ask(request, 20)
        _control("--instr=on", process.pid)
        _ask(request, requests_n)
        _control("--dump", process.pid)
    finally:
        process.stop()
    command = ["callgrind_annotate", "--auto=no", "--threshold=100", f"{out}.1"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return _parse(done.stdout, requests_n)


def _sallyport(scene, number, contender="sallyport"):
    def start(prefix):
        process = scene.start_sallyport(
            f"counted-{number}", threads=1, start=lambda command: [*prefix, *command]
        )
        return process, on_port(scene.allowed(contender), process)

    return start


def _bare(scene):
    def start(prefix):
        bare = Bare(scene.folder, scene.identity("600"), name="bare-counted", prefix=prefix)
        return bare, replace(scene.allowed("bare"), port=bare.port)

    return start


def _table(own, bare):
    """Rooms and libraries, then functions, by what sallyport takes beyond the bare handler."""
    beyond = own.copy()
    beyond.subtract(bare)
    rooms = Counter()
    for (room, _), cost in beyond.items():
        rooms[room] += cost
    yield from (f"  {cost:9,.0f}  {room}" for room, cost in rooms.most_common() if round(cost))
    yield f"  the {_TOP} functions with most of it:"
    for (room, function), cost in beyond.most_common(_TOP):
        yield f"  {cost:9,.0f}  {room}/{function}"


def count(scene, requests_n):
    """The results as text."""
    lines = []
    for number, (way, closing) in enumerate(_WAYS.items()):
        out = scene.folder / f"callgrind-{number}"
        own = _counted(_sallyport(scene, number), closing, requests_n, f"{out}-sallyport")
        bare = _counted(_bare(scene), closing, requests_n, f"{out}-bare")
        lines.append(
            f"{way}, {requests_n:,} requests: {own.total():,.0f} instructions an allow, the bare handler"
            f" {bare.total():,.0f}: {own.total() - bare.total():,.0f} beyond it"
        )
        lines += _table(own, bare)
    out = scene.folder / "callgrind-bearer"
    own = _counted(_sallyport(scene, len(_WAYS), "bearer"), False, requests_n, f"{out}-sallyport")
    lines.append(f"with a bearer token, on a kept connection: {own.total():,.0f} instructions an allow")
    return "\n".join(lines)

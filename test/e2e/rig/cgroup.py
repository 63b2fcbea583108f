# SPDX-License-Identifier: Apache-2.0
"""
A memory cgroup, like a container's limit: the kernel counts the memory of a program in it, including sockets.
Version 1 counts TCP socket memory separately, and only once that has a limit. Needs root.
"""

import os
import re
from pathlib import Path

from .process import wait_for


def _mounts():
    """(type, options, folder) of every cgroup hierarchy that is mounted."""
    for line in Path("/proc/mounts").read_text(encoding="ascii").splitlines():
        _, folder, kind, options, *_ = line.split(" ")
        if kind in ("cgroup", "cgroup2"):
            yield kind, options.split(","), Path(folder)


def _roots():
    """The folder where a memory group can be made, and whether it is version 2."""
    for kind, options, folder in _mounts():
        if kind == "cgroup" and "memory" in options:
            yield folder, False
        elif kind == "cgroup2" and "memory" in (folder / "cgroup.controllers").read_text().split():
            (folder / "cgroup.subtree_control").write_text("+memory")
            yield folder, True


class MemoryGroup:
    """One group with a limit; `command` starts a program in it."""

    def __init__(self, name, limit):
        root = next(_roots(), None)
        assert root, "no hierarchy of cgroups counts memory: mount one (version 1 or 2), as root"
        self._folder, self._is_v2 = root[0] / f"{name}-{os.getpid()}", root[1]
        self._folder.mkdir()
        for limited in ("memory.max",) if self._is_v2 else (
            "memory.limit_in_bytes",
            "memory.kmem.tcp.limit_in_bytes",
        ):
            (self._folder / limited).write_text(str(limit))

    def command(self, command):
        return ["sh", "-c", 'echo $$ >"$0" && exec "$@"', self._folder / "cgroup.procs", *command]

    def _number(self, name):
        return int((self._folder / name).read_text())

    @property
    def peak(self):
        """The most bytes that it held. Version 1 has two counters, whose peaks may be at different times."""
        if self._is_v2:
            return self._number("memory.peak")
        return self._number("memory.max_usage_in_bytes") + self._number("memory.kmem.tcp.max_usage_in_bytes")

    @property
    def kills(self):
        """How often the kernel killed a process in it because memory ran out."""
        events = "memory.events" if self._is_v2 else "memory.oom_control"
        return int(re.search(r"\boom_kill (\d+)", (self._folder / events).read_text())[1])

    def remove(self):
        wait_for(lambda: not (self._folder / "cgroup.procs").read_text(), "the end of the group's programs")
        self._folder.rmdir()


def private_kib(pid):
    """The private memory of a process (RssAnon)."""
    return int(re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1])

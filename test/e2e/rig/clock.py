# SPDX-License-Identifier: Apache-2.0
"""
A clock that a test sets while a program uses it: a small preloaded library that adds offsets from a file.
`set_apart` is what an administrator can do: the monotonic clock does not change. `pass_time` moves only that, for
time limits that no test can wait for.
"""

import struct
import subprocess
import time
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock_step.c")


class Clock:
    """The clock of the programs that are started with `env`, and of no others."""

    def __init__(self, folder):
        library = folder / "clock_step.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, _SOURCE], check=True)
        self._file = folder / "clock_step"
        self._file.touch()
        self._step_s = self._passed_s = 0
        self._write()
        self.env = {"LD_PRELOAD": str(library), "CLOCK_STEP_FILE": str(self._file)}

    def set_apart(self, step_s):
        """Sets the clock this many seconds ahead of the machine's own, or behind it if negative."""
        self._step_s = step_s
        self._write()

    def pass_time(self, span_s):
        """Lets the programs measure this many more seconds, while the wall clock does not change."""
        self._passed_s += span_s
        self._write()

    def _write(self):
        with open(self._file, "r+b") as file:
            file.write(struct.pack("=qq", self._step_s, self._passed_s))

    def now_s(self):
        return int(time.time()) + self._step_s

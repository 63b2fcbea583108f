# SPDX-License-Identifier: Apache-2.0
"""
A wall clock that a test sets while a program uses it: a small preloaded library that adds an offset from a
file. The monotonic clock does not change, as when the clock of a machine is set.
"""

import struct
import subprocess
import time
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock_step.c")


class Clock:
    """For the programs that are started with `env`, and nobody else."""

    def __init__(self, folder):
        library = folder / "clock_step.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, _SOURCE], check=True)
        self._file = folder / "clock_step"
        self._step_s = 0
        self.set_apart(0)
        self.env = {"LD_PRELOAD": str(library), "CLOCK_STEP_FILE": str(self._file)}

    def set_apart(self, step_s):
        """From now on the clock is so many seconds ahead of the machine's own; behind it when negative."""
        self._file.touch()
        with open(self._file, "r+b") as file:
            file.write(struct.pack("=q", step_s))
        self._step_s = step_s

    def now_s(self):
        return int(time.time()) + self._step_s

# SPDX-License-Identifier: Apache-2.0
"""Programs that run together for a test."""

from contextlib import ExitStack


class Together:
    """
    Whatever `_start()` starts and keeps is stopped in reverse order: by `stop()`, which continues to the end and then
    raises what failed, or if the start itself fails.
    """

    def __init__(self, *arguments):
        with ExitStack() as self._running:
            self._start(*arguments)
            self._running = self._running.pop_all()

    def _kept(self, part):
        self._running.callback(part.stop)
        return part

    def stop(self):
        self._running.close()

# SPDX-License-Identifier: Apache-2.0
"""A program that a test starts and stops, and a function that waits for a condition."""

import os
import signal
import subprocess
import time

DEADLINE_S = 20


def wait_for(condition, what, deadline_s=DEADLINE_S):
    """Waits for the first true value of `condition()`; raises AssertionError with `what` at the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s} s for {what}")
        time.sleep(0.005)


def environment(extra):
    """This process's environment, without variables that would change the behaviour of a program under test."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy")
        and not name.startswith(("SALLYPORT_", "SSL_CERT_", "CURL_CA_"))
    }
    return {**kept, **extra}


class Process:
    """
    A child process whose standard output and error go to files of `folder`.

    It leads a session of its own, so that a Ctrl-C reaches only the test, which then ends its children
    in order; and it dies with the test even if that is killed.
    """

    def __init__(self, name, command, folder, env=None):
        self.name = name
        self.folder = folder
        self.log = folder / f"{name}.log"
        self.error_log = folder / f"{name}.err"
        with open(self.log, "wb") as out, open(self.error_log, "wb") as err:
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=folder,
                env=environment(env or {}),
                start_new_session=True,
            )

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def wait_until(self, condition, what, deadline_s=DEADLINE_S):
        """Waits for `condition()`, and fails at once if the process exits."""

        def checked():
            if not self.running():
                raise AssertionError(f"{self.name} ended with {self.child.returncode}\n{self.tail()}")
            return condition()

        return wait_for(checked, f"{self.name}: {what}", deadline_s)

    def stop(self, deadline_s=DEADLINE_S):
        """Terminates the process, and returns its exit status."""
        if self.running():
            self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"{self.name} did not end within {deadline_s} s of SIGTERM") from None

    def kill(self, deadline_s=DEADLINE_S):
        """Kills the process, for programs whose own shutdown is slow and does not matter."""
        self.child.kill()
        self.child.wait(deadline_s)

    def text(self):
        return self.log.read_text(errors="replace")

    def error_text(self):
        return self.error_log.read_text(errors="replace")

    def tail(self, lines=30):
        both = self.text().split("\n")[-lines:] + self.error_text().split("\n")[-lines:]
        return "\n".join(line for line in both if line)

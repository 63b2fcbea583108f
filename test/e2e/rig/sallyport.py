# SPDX-License-Identifier: Apache-2.0
"""The program under test: configuration from a dictionary, its JSON log, its orderly shutdown."""

import http.client
import json
import os
import re
import subprocess
from pathlib import Path

import yaml

from . import tools
from .ports import free_port
from .process import DEADLINE_S, Process, wait_for

_REPORT = re.compile(r"ERROR: \w*Sanitizer|runtime error:|SUMMARY: \w*Sanitizer")
_SAMPLE = re.compile(r"([a-z_]+)(?:\{(.*)\})? ([0-9.eE+-]+|NaN)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
SANITIZERS = {
    "ASAN_OPTIONS": "exitcode=99:abort_on_error=0:detect_stack_use_after_return=1:strict_string_checks=1"
    ":verify_asan_link_order=0",  # needed for the library that clock.py preloads
    "TSAN_OPTIONS": "exitcode=99:halt_on_error=0:second_deadlock_stack=1",
    "UBSAN_OPTIONS": "halt_on_error=1:exitcode=99:print_stacktrace=1",
    "LSAN_OPTIONS": f"suppressions={Path(__file__).with_name('leaks.txt')}:print_suppressions=0",
}


def run(*arguments, cwd=None, env=None, check=True, start=list):
    """
    Runs one command to its end; returns the finished process with its output as text. `start` makes another
    command from that of the program.
    """
    done = subprocess.run(
        start([tools.sallyport(), *map(str, arguments)]),
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, **SANITIZERS, **(env or {})},
        timeout=60,
        check=False,
    )
    assert not _REPORT.search(done.stderr), done.stderr
    if check:
        assert done.returncode == 0, f"sallyport {' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}"
    return done


def write_files(folder, config, secret=""):
    """Writes the configuration, its key file and the client secret into `folder`; returns the configuration's path."""
    if "keys_file" in config and not (folder / config["keys_file"]).exists():
        run("keygen", folder / config["keys_file"])
    if secret:
        path = folder / config["client_secret_file"]
        path.touch(mode=0o600)
        path.write_text(secret)
    path = folder / "sallyport.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


class Sallyport(Process):
    """
    A running sallyport. `config` has the settings of doc/configuration.md; the listeners get free ports
    of the loopback address unless it names them. It is ready once the issuer's documents were read, or could
    not be; with a slow issuer, `waits` is false. `start` makes another command from that of the program.
    """

    _start = staticmethod(list)
    config = {}  # stays empty if the files were made elsewhere

    def __init__(self, folder, config, *, secret="", env=None, waits=True, start=list):
        self._start = start
        self._choose_ports()
        self.config = {
            "listen": self.listen,
            "pages_listen": self.pages_listen,
            "admin_listen": self.admin_listen,
            "drain_delay": "0s",
            "log_level": "info",
            **config,
        }
        path = write_files(folder, self.config, secret)
        self._serve(folder, ["serve", "--config", path], env, waits)

    def _choose_ports(self):
        self.listen, self.pages_listen, self.admin_listen = (f"127.0.0.1:{free_port()}" for _ in range(3))

    def _own_environment(self):
        """For a configuration that was not made here: sets its listeners, and a shutdown without delay."""
        return {
            "SALLYPORT_LISTEN": self.listen,
            "SALLYPORT_PAGES_LISTEN": self.pages_listen,
            "SALLYPORT_ADMIN_LISTEN": self.admin_listen,
            "SALLYPORT_DRAIN_DELAY": "0s",
        }

    def _serve(self, folder, arguments, env, waits=True):
        self._served = folder, arguments, env, waits
        super().__init__(
            "sallyport", self._command(folder, arguments), folder, env={**SANITIZERS, **(env or {})}
        )
        self.wait_until(lambda: self.events("start"), "event start")
        if waits:
            self.wait_until(
                lambda: self.events("issuer_updated") or self.events("issuer_failed"), "news of the issuer"
            )

    def restart(self):
        """Stops it, and starts it with the same files and listeners."""
        self.stop()
        self._serve(*self._served)

    def _command(self, folder, arguments):
        return self._start([tools.sallyport(), *arguments])

    @property
    def auth_url(self):
        return f"{'https' if 'tls_cert_file' in self.config else 'http'}://{self.listen}"

    @property
    def pages_url(self):
        return f"http://{self.pages_listen}"

    def log_objects(self):
        """Every complete line of the log; a line that is not JSON fails the test."""
        complete = self.text().rpartition("\n")[0]
        return [json.loads(line) for line in complete.split("\n") if line]

    def events(self, name, **fields):
        """The log's objects of one event whose members have the given values."""
        return [
            entry
            for entry in self.log_objects()
            if entry.get("event") == name and all(entry.get(key) == fields[key] for key in fields)
        ]

    def wait_for_event(self, name, deadline_s=DEADLINE_S, **fields):
        return wait_for(lambda: self.events(name, **fields), f"event {name} with {fields}", deadline_s)[-1]

    def admin(self, path):
        """Status and text of one page of the admin listener."""
        connection = http.client.HTTPConnection(self.admin_listen, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def metric(self, name, **labels):
        """The sum of the samples in /metrics with these labels; None if there are none."""
        values = []
        for line in self.admin("/metrics")[1].split("\n"):
            match = _SAMPLE.fullmatch(line)
            if match and match[1] == name and labels.items() <= dict(_LABEL.findall(match[2] or "")).items():
                values.append(float(match[3]))
        return sum(values) if values else None

    def stop(self, deadline_s=DEADLINE_S):
        status = super().stop(deadline_s)
        report = self.error_text()
        assert not _REPORT.search(report), report
        assert status == 0, f"sallyport ended with {status}\n{self.tail()}"

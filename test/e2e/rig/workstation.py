# SPDX-License-Identifier: Apache-2.0
"""
A user's machine: a home that is empty at first, kubectl, kubelogin, and a browser whose user completes the
form of Dex (rig/person.py). It has its own loopback, because kubelogin waits for the browser at fixed ports; `ports`
are forwarded to the machine of the tests. Every name of `hosts` is loopback. Needs root.
"""

import ctypes
import fcntl
import os
import shlex
import signal
import socket
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import tools
from .pod import resolved
from .process import environment
from .relay import Relay
from .together import Together

_E2E = Path(__file__).resolve().parents[1]
_CLONE_NEWNET, _SIOCSIFFLAGS, _IFF_UP = 0x40000000, 0x8914, 1


def _new_network(ports):
    """A network with loopback only: its file, and a socket that listens on each port there."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
    listeners = [socket.create_server(("127.0.0.1", port)) for port in ports]
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY), listeners


class Workstation(Together):
    """The output of its commands is text."""

    def __init__(self, folder, authority, *, hosts, ports):
        self.home = folder / "home"
        self._opened = folder / "opened"
        self._hosts = folder / "hosts"
        self._programs = folder / "bin"
        for made in (self.home, self._programs):
            made.mkdir(parents=True)
        self._hosts.write_text("".join(f"127.0.0.1 {name}\n" for name in ("localhost", *hosts)))
        self._install(authority)
        super().__init__(ports)

    def _start(self, ports):
        with ThreadPoolExecutor(1) as thread:  # a thread can be in its own network
            self._network, listeners = thread.submit(_new_network, ports).result()
        self._running.callback(os.close, self._network)
        for port, listener in zip(ports, listeners, strict=True):
            self._kept(Relay(port, listener=listener))

    def _install(self, authority):
        (self._programs / "kubectl").symlink_to(tools.kubectl())
        (self._programs / "kubectl-oidc_login").symlink_to(tools.kubelogin())
        browser = self._programs / "her-browser"
        command = sys.executable, "-m", "rig.person", authority.ca_file, self._opened
        browser.write_text(f'#!/bin/sh\ncd {_E2E} && exec {shlex.join(map(str, command))} "$1"\n')
        browser.chmod(0o755)
        (self._programs / "xdg-open").symlink_to(browser)

    def uninstall(self, program):
        (self._programs / program).unlink()

    @property
    def opened(self):
        """The addresses with which the browser was opened."""
        return self._opened.read_text().splitlines() if self._opened.exists() else []

    def run(self, *command):
        """Runs a command to its end, with any status; after a failed login it would wait three minutes for another."""
        begun = subprocess.Popen(
            [
                *("nsenter", f"--net=/proc/{os.getpid()}/fd/{self._network}"),
                *resolved(self._hosts, map(str, command)),
            ],
            env=environment({"HOME": str(self.home), "PATH": f"{self._programs}:/usr/bin:/bin"}),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = begun.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(begun.pid, signal.SIGKILL)
            raise AssertionError(f"{command} went on for a minute:\n{begun.communicate()}") from None
        return subprocess.CompletedProcess(command, begun.returncode, out, err)

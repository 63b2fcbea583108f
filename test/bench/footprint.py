# SPDX-License-Identifier: Apache-2.0
"""
Memory, startup time and allocations, which do not need a quiet machine.

Memory is RssAnon of /proc/PID/status, the resident private pages. The sallyport that is measured has two
threads, and one login over https has been completed before the first measurement.
"""

import itertools
import re
import socket
import statistics
import struct
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from contenders import Bare, built
from load import InvalidRun
from rig import tools
from rig.browser import Browser
from rig.ports import free_port
from rig.process import wait_for
from scene import FIRST, PAGE, SMALL

_CONNECTIONS_N = 1000
_POLL_S = 0.0005  # between two polls, so as not to use the core that is measured


@dataclass(frozen=True)
class Memory:
    """Bytes."""

    idle: int
    a_connection: float


def rss_anon(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^RssAnon:\s+(\d+) kB", status, re.M)[1]) * 1024


def on_port(request, process):
    """The same request to another sallyport; all share their keys."""
    return replace(request, port=int(process.listen.rpartition(":")[2]))


def _first_login(scene, process):
    """Through a Traefik in front of this one."""
    traefik = scene.start_traefik("first", scene.routes(process))
    try:
        visit = Browser(scene.authority).log_in(f"https://{FIRST}:{traefik.ports.https}{PAGE}", SMALL)
        assert visit.final.status == 200, str(visit)
    finally:
        traefik.stop()


def _a_connection(process, request):
    """Bytes for each connection that was used once and is idle now."""
    askers = [request.asker() for _ in range(_CONNECTIONS_N)]
    before = rss_anon(process.pid)
    try:
        for asker in askers:
            if asker.send(request.bytes()).status != 200:
                raise InvalidRun("a connection was refused")
        return (rss_anon(process.pid) - before) / _CONNECTIONS_N
    finally:
        for asker in askers:
            asker.hang_up()


def memory(scene):
    process = scene.start_sallyport("two", threads=2)
    try:
        _first_login(scene, process)
        idle = rss_anon(process.pid)
        request = on_port(scene.allowed("sallyport"), process)
        return Memory(idle, _a_connection(process, request))
    finally:
        process.stop()


# ---- start --------------------------------------------------------------------------------------------


def _is_ready(address):
    try:
        with socket.create_connection(address, 1) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200 ")
    except ConnectionError:
        return False


def _start_once(config, address):
    """Milliseconds from the start of the process to the first successful /readyz."""
    begun = time.perf_counter()
    child = subprocess.Popen([tools.sallyport(), "serve", "--config", config], stdout=subprocess.DEVNULL)
    try:
        while not _is_ready(address):
            if child.poll() is not None or time.perf_counter() - begun > 10:
                raise InvalidRun("sallyport did not start")
            time.sleep(_POLL_S)
        return (time.perf_counter() - begun) * 1000
    finally:
        child.kill()
        child.wait()


def start_ms(scene, starts_n):
    """The median of this many starts; the issuer's documents may arrive later."""
    folder = scene.folder / "sallyport-one"
    config = yaml.safe_load((folder / "sallyport.yaml").read_text())
    ports = {name: free_port() for name in ("listen", "pages_listen", "admin_listen")}
    config.update({name: f"127.0.0.1:{port}" for name, port in ports.items()}, threads=2)
    path = folder / "start.yaml"
    path.write_text(yaml.safe_dump(config))
    return statistics.median(
        _start_once(path, ("127.0.0.1", ports["admin_listen"])) for _ in range(starts_n)
    )


# ---- allocations --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Allocations:
    """A request: those of the library's pool, which end with the request, and all others."""

    elsewhere: float
    pool: float


class _Counter:
    """The counters of allocations.c."""

    def __init__(self, path):
        self._path = path
        path.write_bytes(bytes(16))
        self.env = {"LD_PRELOAD": str(built("liballocations.so")), "ALLOCATIONS_FILE": str(path)}

    def read(self):
        return struct.unpack("=QQ", self._path.read_bytes())


def _allocations(counter, request, requests_n):
    """The fewest of ten windows: once a second, the program also reads files or calls the issuer."""
    with request.asker() as asker:
        counts = []
        for _ in range(11):
            for _ in range(requests_n // 10):
                if asker.send(request.bytes()).status != 200:
                    raise InvalidRun("a question was refused")
            counts.append(counter.read())
    made = [[after - before for before, after in zip(*pair, strict=True)] for pair in itertools.pairwise(counts)]
    return Allocations(*(min(window) / (requests_n // 10) for window in zip(*made, strict=True)))


def allocations(scene, requests_n):
    """Allocations per request on a persistent connection, of sallyport and of the bare handler, by session."""
    counter = _Counter(scene.folder / "allocations-sallyport")
    process = scene.start_sallyport("counted", threads=1, env=counter.env)
    found = {}
    try:
        for program, session in itertools.product(("sallyport", "bearer"), scene.sessions):
            request = on_port(scene.allowed(program, session), process)
            found[program, session] = _allocations(counter, request, requests_n)
    finally:
        process.stop()
    for session in scene.sessions:
        found["bare", session] = _bare_allocations(scene, session, requests_n)
    return found


def _bare_allocations(scene, session, requests_n):
    counter = _Counter(scene.folder / "allocations-bare")
    bare = Bare(scene.folder, scene.identity(session), env=counter.env, name="bare-counted")
    try:
        wait_for(lambda: any(counter.read()), "the first allocation")
        request = replace(scene.allowed("bare", session), port=bare.port)
        return _allocations(counter, request, requests_n)
    finally:
        bare.stop()

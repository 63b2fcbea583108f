# SPDX-License-Identifier: Apache-2.0
"""
Load on one server, and its cost.

wrk and the server under test have a core each, so that neither takes time from the other. The processor time is
that of the server (schedstat of all its threads, in nanoseconds). A run counts only if it had no errors: no socket
error, no status of 400 or more, and exactly as many bytes as that number of the expected response has. This
distinguishes a redirect from an allow without slowing wrk down with a check of each.
"""

import json
import os
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rig import raw

SERVER_CORE, LOAD_CORE = 0, 1
_DONE = Path(__file__).with_name("done.lua")
_CONTEXT = ssl.create_default_context()
_CONTEXT.check_hostname = False
_CONTEXT.verify_mode = ssl.CERT_NONE


class InvalidRun(RuntimeError):
    """A run failed, so its figures are not valid."""


@dataclass(frozen=True)
class Request:
    """The request that is repeated; with `closing`, each closes its connection."""

    port: int
    path: str
    headers: tuple
    scheme: str = "http"
    closing: bool = False

    @property
    def fields(self):
        return (*self.headers, ("Connection", "close")) if self.closing else self.headers

    def bytes(self):
        named = any(name == "Host" for name, _ in self.fields)
        host = () if named else (("Host", f"127.0.0.1:{self.port}"),)
        return raw.request("GET", self.path, (*host, *self.fields))

    def asker(self):
        """A persistent connection. Certificates are not checked, as by wrk, because the server is known here."""
        return raw.Asker(f"127.0.0.1:{self.port}", context=_CONTEXT if self.scheme == "https" else None)


@dataclass(frozen=True)
class Sample:
    """The results of one run."""

    requests_n: int
    span_us: float
    cpu_ns: int
    p50_us: float

    @property
    def wall_us(self):
        """Time per request: the reciprocal of the throughput."""
        return self.span_us / self.requests_n

    @property
    def cpu_us(self):
        return self.cpu_ns / 1000 / self.requests_n


def pin(pid, core):
    """All threads of a process; those it starts later inherit it."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {core})


def cpu_ns(pid):
    """Processor time of all threads so far."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


def ask(request, status):
    """The answer to one request, which has the status that is expected."""
    with request.asker() as asker:
        answer = asker.send(request.bytes())
    if answer.status != status:
        raise InvalidRun(f"expected {status}, not:\n{answer.bytes.decode()}")
    return answer


def _wrk(request, connections, seconds):
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    command += ["--timeout", "10s", "-s", _DONE]
    for name, value in request.fields:
        command += ["-H", f"{name}: {value}"]
    command.append(f"{request.scheme}://127.0.0.1:{request.port}{request.path}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InvalidRun(f"wrk failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.rstrip().rpartition("\n")[2])


def _check(found, answer, connections):
    """At the end of a run a connection may have read a part of one more answer, and no more."""
    answer_len = len(answer.bytes)
    extra = found["bytes"] - found["requests"] * answer_len
    if found["requests"] == 0 or found["errors"] or found["refused"]:
        raise InvalidRun(f"errors or other statuses than {answer.status}: {found}")
    if not 0 <= extra <= connections * answer_len:
        raise InvalidRun(f"other answers than that of {answer_len} bytes with {answer.status}: {found}")


def run(pid, request, status, *, connections, seconds):
    """One run against the server `pid`, all of whose answers are the one with `status`."""
    answer = ask(request, status)
    before_ns = cpu_ns(pid)
    found = _wrk(request, connections, seconds)
    spent_ns = cpu_ns(pid) - before_ns
    _check(found, answer, connections)
    return Sample(found["requests"], found["duration_us"], spent_ns, found["p50_us"])

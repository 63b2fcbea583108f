# SPDX-License-Identifier: Apache-2.0
"""The process: start, shutdown, limits, and failures of the machine."""

import itertools
import json
import os
import re
import resource
import signal
import socket
import stat
import subprocess
import threading
from contextlib import ExitStack

import pytest
from rig import sallyport as program
from rig.ports import free_port
from rig.process import wait_for
from rig.raw import exchange, subrequest


def ask(sallyport, uri="/open"):
    return exchange(sallyport.listen, subrequest(uri, more=[("Connection", "close")]))


def open_file_limit(sallyport, limit):
    resource.prlimit(sallyport.pid, resource.RLIMIT_NOFILE, (limit, limit))


def open_files(sallyport):
    return subprocess.run(
        ["ls", f"/proc/{sallyport.pid}/fd"], capture_output=True, text=True, check=True
    ).stdout.split()


def test_it_tells_when_it_is_ready_and_when_it_ends(make_sallyport):
    sallyport = make_sallyport()
    assert sallyport.admin("/healthz")[0] == 200 and sallyport.admin("/readyz")[0] == 200
    sallyport.stop()

    assert len(sallyport.events("start")) == 1 and sallyport.log_objects()[-1]["event"] == "stop"
    assert {"time", "level", "event"} <= set(sallyport.events("start")[0])


REPORT = re.compile(r"(?P<file>\S+?)(:(?P<line>\d+))?(:\d+)?: warning: (?P<text>.*)")
START = re.compile('event"?[:=]"start"')
UNWISE = {"clock_skew": "5m", "policies": {"default": [{"action": "allow"}, {"action": "deny"}]}}


def test_the_warnings_of_check_are_lines_of_the_log(make_sallyport):
    sallyport = make_sallyport(UNWISE)
    secret = sallyport.folder / "client-secret"
    sallyport.stop()
    secret.chmod(0o644)
    path = str(sallyport.folder / "sallyport.yaml")
    check = program.run("check", "--config", path).stderr.split("\n")
    told = [match for match in map(REPORT.fullmatch, check) if match]
    logged = [json.loads(line) for line in lines_before_start(path)]

    assert {one["file"] for one in logged} == {path, str(secret)} and len(logged) == len(told)
    for line, match in zip(logged, told, strict=True):
        assert (line["event"], line["level"], line["file"]) == ("warning", "warn", match["file"])
        assert line.get("line", 0) == int(match["line"] or 0)
        named = f"{line['setting']}: " if line["file"] == path else ""
        assert named + line["detail"] == match["text"]
    assert {"clock_skew", "client_secret_file", "policy default, rule 2"} <= {one["setting"] for one in logged}
    lines = lines_before_start(path, SALLYPORT_LOG_FORMAT="text")
    assert len(lines) == len(told) and all('event="warning" file="' in line for line in lines)


def lines_before_start(path, **env):
    """The log lines before `start` of a sallyport that is started and stopped; standard error stays empty."""
    child = subprocess.Popen(
        [program.tools.sallyport(), "serve", "--config", path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **program.SANITIZERS, **env},
    )
    lines = list(itertools.takewhile(lambda line: not START.search(line), child.stdout))
    child.terminate()
    _, errors = child.communicate(timeout=20)
    assert (child.returncode, errors) == (0, "")
    return lines


def test_a_limit_of_descriptors_that_lowers_the_connections_is_told_with_both_numbers(make_sallyport):
    def limited(command):
        return ["prlimit", "--nofile=700:700", "--", *command]

    sallyport = make_sallyport({"max_connections": 1000, "threads": 1}, start=limited)
    (start,) = sallyport.events("start")
    (warning,) = sallyport.events("warning", setting="max_connections")
    assert 0 < start["max_connections"] < 700 and warning["level"] == "warn"
    for number in ("1000 are configured", f"{start['max_connections']} fit", "the limit of 700 open files"):
        assert number in warning["detail"], warning

    enough = make_sallyport({"max_connections": 100, "threads": 1}, start=limited)
    assert enough.events("warning", setting="max_connections") == []


def test_the_healthcheck_command_asks_the_running_one(make_sallyport):
    sallyport = make_sallyport()
    config = sallyport.folder / "sallyport.yaml"
    program.run("healthcheck", "--config", config)
    sallyport.stop()

    assert program.run("healthcheck", "--config", config, check=False).returncode == 1


def test_old_probes_of_the_admin_listener_need_no_host(make_sallyport):
    sallyport = make_sallyport({"drain_delay": "1m"})  # which another signal ends

    def status(line, host="", *, listener=sallyport.admin_listen):
        return exchange(listener, f"{line}\r\n{host}\r\n".encode()).status

    haproxy = "OPTIONS / HTTP/1.0"
    for probe in (haproxy, "OPTIONS /readyz HTTP/1.0", "GET /healthz HTTP/1.0", "HEAD /readyz HTTP/1.0"):
        assert status(probe) == 200 and status(probe, "Host: x\r\n") == 200, probe
    for refused in ("GET /healthz HTTP/1.1", "OPTIONS / HTTP/1.1", "GET /healthz HTTP/1.2"):
        assert status(refused) == 400, refused
    assert status("GET /healthz HTTP/1.0", "Transfer-Encoding: chunked\r\n") == 400
    assert status("GET /healthz HTTP/1.0", "Host: x\r\nHost: x\r\n") == 400
    for listener in (sallyport.listen, sallyport.pages_listen):
        assert status("GET / HTTP/1.0", listener=listener) == 400
    sallyport.child.send_signal(signal.SIGTERM)
    wait_for(lambda: status(haproxy) == 503, "being unready")
    assert status("GET /healthz HTTP/1.0") == 200


def test_it_finishes_what_is_in_flight_and_refuses_nothing_before_the_drain_ends(make_sallyport):
    sallyport = make_sallyport({"drain_delay": "1m"})  # which another signal ends
    sallyport.child.send_signal(signal.SIGTERM)
    wait_for(lambda: sallyport.admin("/readyz")[0] == 503, "being unready")
    answer = exchange(sallyport.listen, subrequest("/open"))

    assert answer.status == 200 and answer.closed
    assert [value.lower() for value in answer.values("Connection")] == ["close"]
    sallyport.stop()


def test_more_connections_than_allowed_are_closed_and_never_served_wrongly(make_sallyport):
    sallyport = make_sallyport({"max_connections": 16, "threads": 1})
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(("127.0.0.1", sallyport.listen.split(":")[1])))
            for _ in range(48)
        ]
        wait_for(lambda: sallyport.metric("sallyport_connections_refused_total", reason="limit"), "refusals")
        assert connections
    wait_for(lambda: ask(sallyport).status == 200, "being served again")


def test_ac_42_a_crowd_at_the_admin_listener_locks_nobody_out(make_sallyport):
    sallyport = make_sallyport({"max_connections": 32, "threads": 1})
    host, port = sallyport.admin_listen.split(":")
    with ExitStack() as stack:
        for n in range(300):
            connection = stack.enter_context(socket.create_connection((host, int(port))))
            if n % 2:
                connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        assert ask(sallyport).status == 200 and ask(sallyport, "/closed").status == 401
        assert sallyport.admin("/healthz")[0] == 200
        wait_for(lambda: sallyport.metric("sallyport_connections") <= 64, "the crowd being sent away")


def test_ac_42_without_descriptors_it_denies_and_recovers(make_sallyport):
    sallyport = make_sallyport({"threads": 1})
    open_file_limit(sallyport, len(open_files(sallyport)) + 4)
    with ExitStack() as stack:
        for _ in range(16):
            connection = stack.enter_context(
                socket.create_connection(("127.0.0.1", sallyport.listen.split(":")[1]))
            )
            connection.settimeout(0.2)
    wait_for(lambda: ask(sallyport).status == 200, "being served again")
    assert ask(sallyport, "/closed").status == 401


@pytest.fixture
def piped(make_sallyport):
    """A sallyport whose log is a pipe that nobody reads: its settings, and the process."""
    sallyport = make_sallyport({"log_access": True})
    sallyport.stop()
    child = subprocess.Popen(
        [program.tools.sallyport(), "serve", "--config", sallyport.folder / "sallyport.yaml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **program.SANITIZERS},
    )
    wait_for(lambda: _answers(sallyport), "listening")
    yield sallyport, child
    child.terminate()
    _, report = child.communicate(timeout=20)
    assert child.returncode == 0, report.decode()


def _answers(sallyport):
    """Waits until it listens and has the issuer's documents."""
    try:
        return ask(sallyport, "/closed").status == 401
    except OSError:
        return False


def test_a_log_that_nobody_reads_holds_up_no_request(piped):
    sallyport, _ = piped
    for _ in range(3000):
        assert ask(sallyport).status == 200
    assert ask(sallyport, "/closed").status == 401


def test_a_closed_log_is_no_reason_to_die(piped):
    sallyport, child = piped
    child.stdout.close()
    child.stdout = None
    for _ in range(50):
        assert ask(sallyport).status == 200 and ask(sallyport, "/closed").status == 401


def test_ac_44_no_socket_and_no_key_file_takes_the_place_of_a_closed_output(make_sallyport, tmp_path):
    sallyport = make_sallyport()
    sallyport.stop()
    start = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', program.tools.sallyport()]
    config = sallyport.folder / "sallyport.yaml"
    child = subprocess.Popen([*start, "serve", "--config", config], env={**os.environ, **program.SANITIZERS})
    wait_for(lambda: _answers(sallyport), "listening")
    outputs = {os.readlink(f"/proc/{child.pid}/fd/{fd}") for fd in range(3)}
    child.terminate()
    assert child.wait(20) == 0 and outputs == {"/dev/null"}

    for command in ("keygen", "keygen --add"):
        subprocess.run([*start, *command.split(), tmp_path / "keys"], check=True)
    lines = (tmp_path / "keys").read_text().split("\n")
    assert all(line == "" or line[0] in "#k" for line in lines), lines


def test_ac_44_its_memory_is_not_for_others_to_dump(sallyport):
    assert stat.S_ISREG((program.tools.Path("/proc") / str(sallyport.pid) / "maps").stat().st_mode)
    limits = (program.tools.Path("/proc") / str(sallyport.pid) / "limits").read_text()
    core = next(line for line in limits.split("\n") if line.startswith("Max core file size"))
    assert core.split()[4] == "0"


def test_many_at_once_are_each_answered_for_themselves(sallyport):
    wrong = []

    def many(uri, status):
        for _ in range(200):
            if ask(sallyport, uri).status != status:
                wrong.append(uri)

    threads = [threading.Thread(target=many, args=pair) for pair in (("/open", 200), ("/closed", 401)) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []


def test_a_port_that_is_taken_ends_the_start_with_one(make_sallyport, tmp_path):
    sallyport = make_sallyport()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = program.yaml.safe_load((sallyport.folder / "sallyport.yaml").read_text())
        config["listen"] = f"127.0.0.1:{taken.getsockname()[1]}"
        config["pages_listen"], config["admin_listen"] = (f"127.0.0.1:{free_port()}" for _ in range(2))
        path = sallyport.folder / "second.yaml"
        path.write_text(program.yaml.safe_dump(config))
        done = program.run("serve", "--config", path, check=False)
    assert done.returncode == 1


@pytest.mark.long
def test_ac_41_a_head_that_comes_slowly_is_cut_off(sallyport):
    answer = exchange(sallyport.listen, b"GET /auth/traefik HTTP/1.1\r\nHost: x\r\n", timeout_s=20)
    assert answer.closed and answer.status in (None, 400, 408)


@pytest.mark.long
def test_a_connection_at_rest_outlives_the_proxys_own_patience(sallyport):
    """Traefik keeps a connection for 90 s; if we closed first, a request could arrive at a closed connection."""
    with socket.create_connection(("127.0.0.1", int(sallyport.listen.split(":")[1]))) as connection:
        connection.sendall(subrequest("/open"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.settimeout(100)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.sendall(subrequest("/open"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")

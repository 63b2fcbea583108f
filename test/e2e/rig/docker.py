# SPDX-License-Identifier: Apache-2.0
"""
Docker where there is none: the command `docker` of a page runs here (`Host`).

  docker compose up                starts what compose.yaml says, as Docker Compose's own parser understands it, until
                                   Ctrl-C. The programs of this machine take the place of those in the images
  docker compose down [--volumes]  forgets it
  docker build, docker push        remember an image by its tag

A host has namespaces of its own, of network and mounts. Each service has a root file system: the system's programs,
that of its image, its configs as files, its volumes. A service with a network of its own has an address there, and
its published ports lead from the host's addresses to that one; nothing else does.
"""

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from . import tools
from .enter import mount, mount_read_only, prctl
from .process import Process, wait_for
from .together import Together

CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
ADDRESS = "172.30.0.2"
NGINX = """daemon off; pid /run/nginx.pid; error_log stderr; events {}
http { access_log off; include /etc/nginx/conf.d/*.conf; }
"""


@dataclass(frozen=True)
class Image:
    """What runs in place of an image, and what the image says of its start; `version` is what its tag must be."""

    program: Path
    version: str
    command: tuple
    entrypoint: tuple = ()
    user: str = "0:0"
    files: dict = field(default_factory=dict)


def images():
    """By repository."""
    dockerfile = (tools.TREE / "Dockerfile").read_text()
    said = {word: re.search(rf"^{word} (.*)$", dockerfile, re.M)[1] for word in ("ENTRYPOINT", "CMD", "USER")}
    (entrypoint,) = json.loads(said["ENTRYPOINT"])
    # nginx is the system's: the example uses nothing that a version could differ in.
    nginx = Image(tools.nginx(), "1.28.0", ("nginx",), files={"etc/nginx/nginx.conf": NGINX})
    return {
        "traefik": Image(tools.traefik("3.7.15"), "v3.7.15", (), ("traefik",)),
        "dexidp/dex": Image(tools.dex(), tools.first_line(tools.dex(), "version").split()[-1], ("dex", "serve")),
        "nginx": nginx,
        "sallyport": Image(
            tools.sallyport(),
            tools.first_line(tools.sallyport(), "version").split()[-1],
            tuple(json.loads(said["CMD"])),
            (Path(entrypoint).name,),
            said["USER"],
        ),
    }


def understood(path):
    """A compose file as Docker Compose understands it, which has nothing to say about it."""
    done = subprocess.run([tools.compose_reader(), path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


# ---- one service --------------------------------------------------------------------------------------


class Network:
    """A network of its own: loopback and, but for the network `none`, an address."""

    def __init__(self, folder, name, address=None):
        adds = f" && ip address add {address}/32 dev lo" if address else ""
        self._holder = Process(
            f"network-{name}", ["unshare", "--net", "sh", "-c", f"ip link set lo up{adds} && exec sleep 1d"], folder
        )
        place = Path(f"/proc/{self._holder.pid}")
        self.path = f"{place}/ns/net"
        wait_for(lambda: (place / "comm").read_text() == "sleep\n", f"the network of {name}")
        self.stop = self._holder.kill


def publish(network, address, port, target):
    """Leads connections to a port of this host to the address in a network, as long as this program runs."""
    listener = socket.create_server((address, port))

    def serve():
        # Of this thread alone; the listener stays in the network that it was made in.
        with open(network.path) as namespace:
            assert ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) == 0
        while True:
            client, _ = listener.accept()
            try:
                server = socket.create_connection((ADDRESS, target))
            except OSError:
                client.close()
                continue
            for way in ((client, server), (server, client)):
                threading.Thread(target=_copy, args=way, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()


def _copy(source, target):
    """One way of a connection. Nothing is closed here, since the other way may be reading from it."""
    try:
        while received := source.recv(1 << 16):
            target.sendall(received)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def start(name, service, image, project, folder, network):
    """The process of one service."""
    place = folder / name
    place.mkdir()
    told = {
        "root": str(place),
        "program": str(image.program),
        "files": {
            **image.files,
            **{one["target"].lstrip("/"): project["configs"][one["source"]]["content"] for one in service.get("configs", ())},
        },
        "volumes": [
            (str(folder / "volumes" / one["source"]), one["target"].lstrip("/"), one.get("read_only", False))
            for one in service.get("volumes", ())
        ],
        "user": service.get("user") or image.user,
        "command": [
            *(service.get("entrypoint") or image.entrypoint),
            *(service.get("command") or image.command),
        ],
    }
    for path, _, _ in told["volumes"]:
        if not Path(path).exists():  # a new volume is as the folder of the image that is mounted first
            Path(path).mkdir(parents=True, mode=0o700)
            os.chown(path, *map(int, image.user.split(":")))
    into = ["nsenter", f"--net={network.path}", "unshare", "--mount", "--propagation", "private"]
    return Process(name, [*into, sys.executable, "-m", __spec__.name, "run", json.dumps(told)], folder, _python())


def _python():
    return {"PYTHONPATH": str(Path(__file__).parents[1])}


def run(told):
    """In namespaces of its own: lays the root file system of a service, and becomes its program."""
    root = Path(told["root"])
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", str(root))
    for name in ("usr", "proc", "dev", "etc", "image", "run", "tmp", "var/log/nginx", "var/lib/nginx"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    for name in ("usr", "proc", "dev"):
        mount("--rbind", f"/{name}", str(root / name))
    for name in ("etc/passwd", "etc/group"):
        shutil.copy(f"/{name}", root / name)
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    program = root / "image" / Path(told["program"]).name
    program.touch()
    mount_read_only(told["program"], str(program))
    for path, text in told["files"].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for source, target, read_only in told["volumes"]:
        (root / target).mkdir(parents=True)
        (mount_read_only if read_only else lambda *places: mount("--bind", *places))(source, str(root / target))
    os.chroot(root)
    os.chdir("/")
    user, group = map(int, told["user"].split(":"))
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    path = "/image:/usr/bin:/bin"
    os.execvpe(told["command"][0], told["command"], {"PATH": path})


# ---- all of them --------------------------------------------------------------------------------------


class Composition(Together):
    """Every service of a compose file, each after those that it depends on."""

    def _start(self, project, folder):
        self._networks, self._images = {}, images()
        self._project, self._folder = project, folder
        waiting = dict(project["services"])
        while waiting:
            ready = [name for name, one in waiting.items() if not one.get("depends_on", {}).keys() & waiting.keys()]
            for name in ready:
                self._start_service(name, waiting.pop(name))

    def _start_service(self, name, service):
        image = self._images[service["image"].rpartition(":")[0]]
        process = start(name, service, image, self._project, self._folder, self._network(name, service))
        self._running.callback(process.kill)
        users = [one.get("depends_on", {}).get(name, {}) for one in self._project["services"].values()]
        if "service_completed_successfully" in [one.get("condition") for one in users]:
            assert process.child.wait(20) == 0, process.tail()

    def _network(self, name, service):
        mode = service.get("network_mode", "")
        if mode.startswith("service:"):
            return self._networks[mode.removeprefix("service:")]
        network = self._kept(Network(self._folder, name, None if mode == "none" else ADDRESS))
        self._networks[name] = network
        for port in service.get("ports", ()):
            publish(network, port["host_ip"], int(port["published"]), port["target"])
        return network


def compose(arguments, folder):
    verb, *options = arguments
    if verb == "up":
        ended = threading.Event()
        signal.signal(signal.SIGINT, lambda *_: ended.set())
        composition = Composition(understood("compose.yaml"), folder)
        ended.wait()
        composition.stop()
    else:
        assert verb == "down" and options in ([], ["--volumes"]), arguments
        if options:
            shutil.rmtree(folder / "volumes")


def build_or_push(verb, arguments, folder):
    built = folder / "built.json"
    tags = json.loads(built.read_text()) if built.exists() else {}
    if verb == "build":
        option, tag, context = arguments
        assert option == "--tag" and (Path(context) / "Dockerfile").exists(), arguments
        tags[tag] = "built"
    else:
        (tag,) = arguments
        assert tags[tag] == "built", f"there is no image {tag}"
        tags[tag] = "pushed"
    built.write_text(json.dumps(tags))


# ---- for tests ----------------------------------------------------------------------------------------


class Host:
    """A machine with a Docker, where the commands of a page run in `directory`."""

    def __init__(self, folder, directory=tools.TREE):
        self.folder, self._directory = folder, directory
        programs = folder / "programs"
        programs.mkdir()
        docker = programs / "docker"
        docker.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {__name__} "$@"\n')
        docker.chmod(0o755)
        self.env = {**_python(), "DOCKER_STATE": str(folder), "PATH": f"{programs}:{os.environ['PATH']}"}

    def start(self, commands):
        """Begins what a person types, in namespaces of its own."""
        script = f'ip link set lo up && cd "$0" && {{ {commands.strip()}\n}}'
        apart = ["unshare", "--net", "--mount", "--propagation", "private"]
        return Process("host", [*apart, "bash", "-euo", "pipefail", "-c", script, self._directory], self.folder, self.env)

    def run(self, commands):
        """What a person types, to its end."""
        process = self.start(commands)
        assert process.child.wait(60) == 0, process.tail()

    def pushed(self):
        tags = json.loads((self.folder / "built.json").read_text())
        return {tag for tag, state in tags.items() if state == "pushed"}

    def chromium(self, process):
        """A command that is Chromium on the host where `process` runs."""
        command = self.folder / "chromium"
        command.write_text(f'#!/bin/sh\nexec nsenter --net=/proc/{process.pid}/ns/net {tools.CHROMIUM} "$@"\n')
        command.chmod(0o755)
        return command


def main(verb, *arguments):
    state = Path(os.environ.get("DOCKER_STATE", "/"))
    if verb == "run":
        run(json.loads(arguments[0]))
    elif verb == "compose":
        compose(arguments, state)
    else:
        build_or_push(verb, arguments, state)


if __name__ == "__main__":
    main(*sys.argv[1:])

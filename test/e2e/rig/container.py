# SPDX-License-Identifier: Apache-2.0
"""
Containers without a container runtime: the programs of this machine replace those in images.

  Network    its own network: loopback, and an address unless it is the network `none`
  publish    forwards a port of the host to a port of that address, as a runtime does; nothing else is forwarded
  Image      what runs in place of an image
  Container  a program with a root file system: the system's programs, its image's, files and volumes

A host starts them: it has its own network and mount namespaces, and is root in them.
"""

import ctypes
import json
import os
import shutil
import socket
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .enter import become, mount, mount_read_only
from .process import Process, wait_for

RIG = Path(__file__).parents[1]
CLONE_NEWNET = 0x40000000
ADDRESS = "172.30.0.2"


class Network:
    """`path` is the path of the namespace."""

    def __init__(self, folder, name, has_address):
        address = f"ip address add {ADDRESS}/32 dev lo && " if has_address else ""
        script = f"ip link set lo up && {address}exec sleep 1d"
        holder = Process(f"network-{name}", ["unshare", "--net", "sh", "-c", script], folder)
        place = Path(f"/proc/{holder.pid}")
        self.path = f"{place}/ns/net"
        self.stop = holder.kill
        wait_for(lambda: (place / "comm").read_text() == "sleep\n", f"the network of {name}")


def publish(network, address, port, target):
    """Forwards the port for as long as this program runs."""
    listener = socket.create_server((address, port))

    def serve():
        # For this thread only; the listener stays in the network where it was made.
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
    """One direction of a connection. Nothing is closed here, because the other direction may still read from it."""
    try:
        while received := source.recv(1 << 16):
            target.sendall(received)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Image:
    """The program, and how the image starts it; `version` is the required tag."""

    program: Path
    version: str
    command: tuple
    entrypoint: tuple = ()
    user: str = "0:0"
    files: dict = field(default_factory=dict)


class Container(Process):
    """`files` are texts by path, and `volumes` folders in `folder` by path, each with a flag for read-only."""

    def __init__(self, name, image, folder, network, *, files, volumes, user=None, entrypoint=None, command=None):
        root = folder / name
        root.mkdir()
        mounts = [
            (str(self._volume(folder / "volumes" / volume, image)), path, is_read_only)
            for path, (volume, is_read_only) in volumes.items()
        ]
        told = {
            "root": str(root),
            "program": str(image.program),
            "files": {**image.files, **files},
            "mounts": mounts,
            "uid": int((user or image.user).partition(":")[0]),
            "command": [*(entrypoint or image.entrypoint), *(command or image.command)],
        }
        apart = ["nsenter", f"--net={network.path}", "unshare", "--mount", "--propagation", "private"]
        begin = [sys.executable, "-m", __spec__.name, json.dumps(told)]
        super().__init__(name, [*apart, *begin], folder, {"PYTHONPATH": str(RIG)})

    @staticmethod
    def _volume(path, image):
        """A new volume gets the content of the image's folder where it is first mounted."""
        if not path.exists():
            path.mkdir(parents=True, mode=0o700)
            os.chown(path, *map(int, image.user.split(":")))
        return path


def _lay(root, told):
    """The root file system, in its own mount namespace."""
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
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    for source, path, is_read_only in told["mounts"]:
        place = root / path.lstrip("/")
        place.mkdir(parents=True)
        if is_read_only:
            mount_read_only(source, str(place))
        else:
            mount("--bind", source, str(place))


def main(text):
    told = json.loads(text)
    _lay(Path(told["root"]), told)
    os.chroot(told["root"])
    os.chdir("/")
    become(told["uid"])
    os.environ["PATH"] = "/image:/usr/bin:/bin"  # execvpe searches it, too
    os.execvpe(told["command"][0], told["command"], {"PATH": os.environ["PATH"]})


if __name__ == "__main__":
    main(sys.argv[1])

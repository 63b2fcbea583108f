# SPDX-License-Identifier: Apache-2.0
"""
Docker on a machine without it: on a `Host`, the commands of a page that begin with `docker` run here.

  docker compose up                starts what compose.yaml specifies, as parsed by Docker Compose's own parser, until
                                   Ctrl-C: rig/container.py has the containers
  docker compose down [--volumes]  removes it
  docker build, docker push        remember an image by its tag
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from . import tools
from .container import RIG, Container, Image, Network, publish
from .process import Process
from .together import Together

NGINX = """daemon off; master_process off; pid /run/nginx.pid; error_log stderr; events {}
http { access_log off; include /etc/nginx/conf.d/*.conf; }
"""


def _version(*command):
    """The last word of the first line that a program prints about its version."""
    return tools.first_line(*command).split()[-1]


def images():
    """The images by repository."""
    dockerfile = (tools.TREE / "Dockerfile").read_text()
    said = {word: re.search(rf"^{word} (.*)$", dockerfile, re.M)[1] for word in ("ENTRYPOINT", "CMD", "USER")}
    (entrypoint,) = json.loads(said["ENTRYPOINT"])
    return {
        "traefik": Image(tools.traefik("3.7.15"), "v3.7.15", (), ("traefik",)),
        "dexidp/dex": Image(tools.dex(), _version(tools.dex(), "version"), ("dex", "serve")),
        # The system's: the page uses no feature in which versions differ.
        "nginx": Image(tools.nginx(), "1.28.0", ("nginx",), files={"/etc/nginx/nginx.conf": NGINX}),
        "sallyport": Image(
            tools.sallyport(),
            _version(tools.sallyport(), "version"),
            tuple(json.loads(said["CMD"])),
            (Path(entrypoint).name,),
            said["USER"],
        ),
    }


def understood(path):
    """A compose file as parsed by Docker Compose, which must not print a warning about it."""
    done = subprocess.run([tools.compose_reader(), path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


# ---- what the command does ----------------------------------------------------------------------------


class Composition(Together):
    """Every service of a compose file, after those on which it depends."""

    def _start(self, project, folder):
        self._networks, self._images = {}, images()
        self._project, self._folder = project, folder
        waiting = dict(project["services"])
        while waiting:
            ready = [name for name, one in waiting.items() if not one.get("depends_on", {}).keys() & waiting.keys()]
            for name in ready:
                self._start_service(name, waiting.pop(name))

    def _start_service(self, name, service):
        container = Container(
            name,
            self._images[service["image"].rpartition(":")[0]],
            self._folder,
            self._network(name, service),
            files={one["target"]: self._content(one["source"]) for one in service.get("configs", ())},
            volumes={
                one["target"]: (one["source"], one.get("read_only", False)) for one in service.get("volumes", ())
            },
            **{key: service.get(key) for key in ("user", "entrypoint", "command")},
        )
        self._running.callback(container.kill)
        if "service_completed_successfully" in self._conditions(name):
            assert container.child.wait(20) == 0, container.tail()

    def _content(self, config):
        return self._project["configs"][config]["content"]

    def _conditions(self, name):
        """The conditions of the services that depend on this one."""
        return [
            one["depends_on"][name]["condition"]
            for one in self._project["services"].values()
            if name in one.get("depends_on", {})
        ]

    def _network(self, name, service):
        mode = service.get("network_mode", "")
        if mode.startswith("service:"):
            return self._networks[mode.removeprefix("service:")]
        network = self._kept(Network(self._folder, name, has_address=mode != "none"))
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
    known = folder / "images.json"
    tags = json.loads(known.read_text()) if known.exists() else {}
    if verb == "build":
        option, tag, context = arguments
        assert option == "--tag" and (Path(context) / "Dockerfile").exists(), arguments
        tags[tag] = "built"
    else:
        assert verb == "push", verb
        (tag,) = arguments
        assert tags.get(tag) == "built", f"there is no image {tag}"
        tags[tag] = "pushed"
    known.write_text(json.dumps(tags))


def main(verb, *arguments):
    folder = Path(os.environ["DOCKER_STATE"])
    if verb == "compose":
        compose(arguments, folder)
    else:
        build_or_push(verb, arguments, folder)


# ---- for tests ----------------------------------------------------------------------------------------


class Host:
    """A machine with Docker, whose state is in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.programs = folder / "programs"
        self.programs.mkdir()
        self._write("docker", f'"{sys.executable}" -m {__name__}')
        path = f"{self.programs}:{os.environ['PATH']}"
        self.env = {"PYTHONPATH": str(RIG), "DOCKER_STATE": str(folder), "PATH": path}

    def _write(self, name, command):
        path = self.programs / name
        path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        path.chmod(0o755)
        return path

    def start(self, commands):
        """Starts a command in the folder of the tree, in its own namespaces."""
        script = f'ip link set lo up && cd "$0" && {{ {commands.strip()}\n}}'
        apart = ["unshare", "--net", "--mount", "--propagation", "private"]
        typed = ["bash", "-euo", "pipefail", "-c", script, tools.TREE]
        return Process("host", [*apart, *typed], self.folder, self.env)

    def run(self, commands):
        """Runs a command to its end."""
        process = self.start(commands)
        assert process.child.wait(60) == 0, process.tail()

    def pushed(self):
        tags = json.loads((self.folder / "images.json").read_text())
        return {tag for tag, state in tags.items() if state == "pushed"}

    def chromium(self, process):
        """A command that starts Chromium on the host where `process` runs."""
        return self._write("chromium", f"nsenter --net=/proc/{process.pid}/ns/net {tools.CHROMIUM}")


if __name__ == "__main__":
    main(*sys.argv[1:])

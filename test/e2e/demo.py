# SPDX-License-Identifier: Apache-2.0
"""
The demonstration (./dev demo): real Traefik, real Dex and a small application behind sallyport.

Plain http on *.localhost, which browsers resolve to the loopback address themselves and consider secure: no
certificate to accept, and no name to configure. `--check` signs in once without a person, and exits.
`--clusters 3` starts a platform of three clusters instead (demo_clusters.py).
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import textwrap
import threading
from dataclasses import dataclass
from pathlib import Path

from demo_clusters import Clusters, check_mounts
from demo_page import Application
from rig import tools
from rig.browser import Browser
from rig.ca import Authority
from rig.dex import ADMIN, Client, Dex
from rig.ports import free_port, port_from
from rig.sallyport import Sallyport
from rig.site import Ports
from rig.together import Together
from rig.traefik import Routes, Traefik

HOST = "app.localhost"
TRAEFIK = "3.7.15"
PREFIX = "/_sallyport"
CLIENT_SECRET = "the-secret-of-the-demonstration"
LINKS = {"/reports/2026?sort=name": "Another page", f"{PREFIX}/me": "Who am I", f"{PREFIX}/logout": "Sign out"}


TEXT = """
  Open       {url}
  Account    {account}
  Password   {password}

  The whole configuration of sallyport, in {file}:

{yaml}
  What to do next

    See which rule lets a user in, and which refuses:
      {program} explain --config {file} --url {url} --user {account}
    See a refusal: in {file}, replace "default: authenticated" with
      {policy}
    Reload the page after three seconds: sallyport applies a changed file while it runs.
    Read what sallyport logs:
      tail -f {sallyport_log}
    Protect an application of your own: README.md, "Protect an application"
    Look up a setting: doc/configuration.md

  Running programs and their logs

{runs}

  Ctrl-C stops everything and deletes these files.
"""


POLICY = "default: [{action: allow, group: nobody}]"


@dataclass(frozen=True)
class Part:
    """A running program, and how it is described to the user."""

    name: str
    process: object


class Demonstration(Together):
    """All running programs; `stop()` stops them in reverse order."""

    def __init__(self, folder, ports, issuer_port=None):
        self.folder = folder
        self.ports = ports
        self._issuer_port = issuer_port or port_from(5556)
        self.url = f"http://{HOST}:{ports.http}/"
        self._parts = []
        self.authority = Authority(folder, [HOST])
        super().__init__()

    def _start(self):
        client = Client("sallyport", CLIENT_SECRET, (f"http://{HOST}:{self.ports.http}{PREFIX}/callback",))
        dex = self._keep(
            "Dex", Dex("dex", self.folder, clients=[client], users=[ADMIN], port=self._issuer_port)
        )
        self.sallyport = sallyport = self._keep(
            "sallyport",
            Sallyport(
                self.folder,
                {
                    "issuer": dex.issuer,
                    "client_id": client.id,
                    "client_secret_file": "client-secret",
                    "keys_file": "keys",
                    "email_verified": "required",
                    "insecure_http": True,
                    "policies": {"default": "authenticated"},
                    "log_level": "info",
                    "log_access": True,
                },
                secret=client.secret,
            ),
        )
        app = self._keep("application", Application(LINKS))
        routes = Routes(app=app.url, auth=sallyport.auth_url, pages=sallyport.pages_url)
        routes.route("app", f"Host(`{HOST}`)", [routes.ask()])
        routes.route("pages", f"Host(`{HOST}`) && PathPrefix(`{PREFIX}/`)", service="pages")
        self._keep(
            "Traefik",
            Traefik(TRAEFIK, self.folder, routes=routes, authority=self.authority, ports=self.ports),
        )

    def _keep(self, name, process):
        self._parts.append(Part(name, process))
        return self._kept(process)

    def describe(self):
        configuration = self.folder / "sallyport.yaml"
        logs = [(part.name, getattr(part.process, "log", "")) for part in self._parts]
        return TEXT.format(
            url=self.url,
            account=ADMIN.email,
            password=ADMIN.password,
            file=configuration,
            yaml=textwrap.indent(configuration.read_text(), "    "),
            policy=POLICY,
            program=os.path.relpath(tools.sallyport()),
            sallyport_log=next(log for name, log in logs if name == "sallyport"),
            runs="\n".join(f"    {name:<12} {log}".rstrip() for name, log in logs),
        )

    def check(self):
        """Logs in as a user would, and checks that the application greets that user."""
        browser = Browser(self.authority)
        visit = browser.log_in(self.url + "reports/2026?sort=name", ADMIN)
        assert visit.final.status == 200 and visit.final.url.endswith("/reports/2026?sort=name"), str(visit)
        assert ADMIN.email in visit.final.text, visit.final.text
        who = browser.send("api", self.url + "_sallyport/me")
        assert who.status == 200 and who.json()["email"] == ADMIN.email, str(who)
        return "logged in, greeted by name"


def wait_for_a_signal():
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()


def main():
    arguments = argparse.ArgumentParser(prog="./dev demo", description=__doc__.split("\n\n", maxsplit=1)[0])
    arguments.add_argument("--check", action="store_true", help="log in once without a person, and end")
    arguments.add_argument("--clusters", type=int, choices=(1, 3), default=1, help="3: a platform of three")
    given = arguments.parse_args()
    if given.clusters == 3:
        check_mounts()
    folder = Path(tempfile.mkdtemp(prefix="sallyport-demo-"))
    if given.clusters == 3:
        demonstration = Clusters(folder, given.check)
    else:
        demonstration = Demonstration(folder, Ports(free_port() if given.check else port_from(8080), free_port()))
    try:
        if given.check:
            print(f"demo: {demonstration.check()}, and all of it ends")
        else:
            print(demonstration.describe(), flush=True)
            wait_for_a_signal()
    finally:
        demonstration.stop()
    shutil.rmtree(folder)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

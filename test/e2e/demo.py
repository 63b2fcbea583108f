# SPDX-License-Identifier: Apache-2.0
"""
The demonstration (./dev demo): real Traefik, real Dex and a small application behind sallyport.

Plain http on *.localhost, which browsers resolve to the loopback address by themselves and take for secure:
no certificate to accept, no name to enter anywhere. `--check` logs in once without a person and ends.
"""

import argparse
import html
import shutil
import signal
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from rig.app import Server, answer
from rig.browser import Browser
from rig.ca import Authority
from rig.dex import ADMIN, Client, Dex
from rig.ports import free_port, port_from
from rig.sallyport import Sallyport
from rig.site import Ports
from rig.together import Together
from rig.traefik import IDENTITY_HEADERS, Routes, Traefik

HOST = "app.localhost"
TRAEFIK = "3.7.15"
PREFIX = "/_sallyport"
CLIENT_SECRET = "the-secret-of-the-demonstration"

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A protected application</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --quiet: #767676 }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 12vh auto 0; padding: 0 1.25rem }}
h1 {{ font-size: 1.5rem; margin: 0 0 .25rem }}
p {{ margin: .25rem 0 }}
.quiet {{ color: var(--quiet) }}
table {{ border-collapse: collapse; width: 100%; margin: 1.75rem 0; table-layout: fixed }}
th, td {{ text-align: left; padding: .5rem .75rem .5rem 0; border-top: 1px solid var(--line); vertical-align: top }}
tr:last-child > * {{ border-bottom: 1px solid var(--line) }}
th {{ font-weight: 400; color: var(--quiet); width: 45% }}
td {{ font-family: ui-monospace, monospace; overflow-wrap: anywhere }}
nav a {{ margin-right: 1.25rem }}
</style>
<h1>Hello, {user}</h1>
<p class="quiet">You asked for <code>{target}</code>. This application knows you by these headers alone:</p>
<table>{rows}</table>
<nav><a href="/reports/2026?sort=name">Another page</a><a href="{prefix}/me">Who am I</a>
<a href="{prefix}/logout">Sign out</a></nav>
</html>
"""


class Application(Server):
    """Shows whoever comes the identity headers that it was given."""

    async def respond(self, request, reader, writer):
        if request.target == "/favicon.ico":
            answer(writer, b"", "image/x-icon")
        else:
            answer(writer, self._page(request).encode(), "text/html; charset=utf-8")
        return True

    @staticmethod
    def _page(request):
        rows = "".join(
            f"<tr><th scope=row>{name}<td>{html.escape(request.value(name) or '')}"
            for name in IDENTITY_HEADERS
        )
        user = (
            request.value("X-Forwarded-Preferred-Username") or request.value("X-Forwarded-User") or "nobody"
        )
        return PAGE.format(
            user=html.escape(user), target=html.escape(request.target), rows=rows, prefix=PREFIX
        )


@dataclass(frozen=True)
class Part:
    """Something that runs, and how it is told to the person."""

    name: str
    process: object


class Demonstration(Together):
    """Everything that runs; `stop()` ends it in the opposite order."""

    def __init__(self, folder, ports):
        self.folder = folder
        self.ports = ports
        self.url = f"http://{HOST}:{ports.http}/"
        self._parts = []
        self.authority = Authority(folder, [HOST])
        super().__init__()

    def _start(self):
        client = Client("sallyport", CLIENT_SECRET, (f"http://{HOST}:{self.ports.http}{PREFIX}/callback",))
        dex = self._keep(
            "Dex", Dex("dex", self.folder, clients=[client], users=[ADMIN], port=port_from(5556))
        )
        sallyport = self._keep(
            "sallyport",
            Sallyport(
                self.folder,
                {
                    "issuer": dex.issuer,
                    "client_id": client.id,
                    "client_secret_file": "client-secret",
                    "keys_file": "keys",
                    "insecure_http": True,
                    "policies": {"default": "authenticated"},
                    "log_level": "info",
                    "log_access": True,
                },
                secret=client.secret,
            ),
        )
        app = self._keep("application", Application())
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
        lines = [
            "",
            f"  Open       {self.url}",
            f"  Account    {ADMIN.email}",
            f"  Password   {ADMIN.password}",
            "",
            "  It runs:",
        ]
        for part in self._parts:
            log = getattr(part.process, "log", None)
            lines.append(f"    {part.name:<12} {log if log else ''}".rstrip())
        lines += ["", f"  Configuration and logs: {self.folder}", "  Ctrl-C ends all of it.", ""]
        return "\n".join(lines)

    def check(self):
        """Logs in as a person would, and makes sure that the application greets that person."""
        browser = Browser(self.authority)
        visit = browser.log_in(self.url + "reports/2026?sort=name", ADMIN)
        assert visit.final.status == 200 and visit.final.url.endswith("/reports/2026?sort=name"), str(visit)
        assert ADMIN.email in visit.final.text, visit.final.text
        who = browser.send("api", self.url + "_sallyport/me")
        assert who.status == 200 and who.json()["email"] == ADMIN.email, str(who)


def wait_for_a_signal():
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()


def main():
    arguments = argparse.ArgumentParser(prog="./dev demo", description=__doc__.split("\n\n", maxsplit=1)[0])
    arguments.add_argument("--check", action="store_true", help="log in once without a person, and end")
    check = arguments.parse_args().check
    folder = Path(tempfile.mkdtemp(prefix="sallyport-demo-"))
    ports = Ports(free_port() if check else port_from(8080), free_port())
    demonstration = Demonstration(folder, ports)
    try:
        if check:
            demonstration.check()
            print("demo: logged in, greeted by name, and all of it ends")
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

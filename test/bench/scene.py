# SPDX-License-Identifier: Apache-2.0
"""
The programs that are measured: real Dex, real Traefik, sallyport, the bare handler, nginx and oauth2-proxy.

Sessions come from real logins over https, through Traefik, of two users whose groups make the cookie about 600
and about 2,000 bytes long; as programs they send an ID token of Dex in place of the cookie. Traefik's subrequest
for a browser's request is recorded once, from a forwardAuth middleware that leads to a recorder, and is then sent
to every contender, byte for byte.
"""

import hashlib
import os
import shutil
import time
import urllib.parse
from dataclasses import dataclass

from contenders import PROXY_HEADERS, Bare, Nginx, OAuth2Proxy
from load import LOAD_CORE, SERVER_CORE, Request, ask, pin
from rig.app import App
from rig.browser import Browser
from rig.ca import Authority
from rig.cookies import Jar
from rig.dex import Client, Dex, User
from rig.listener import Listener
from rig.ports import free_port
from rig.sallyport import Sallyport
from rig.site import Ports
from rig.traefik import IDENTITY_HEADERS, Routes, Traefik

TRAEFIK = "3.7.15"
PROTECTED, FIRST, PROXIED = "app.test", "first.test", "proxied.test"
PAGE = "/dashboards/cluster-health?refresh=30s&from=now-6h"

# Groups as platforms name them. Their numbers were chosen for the length of the cookie.
_GROUPS = tuple(f"team-{n:02}-cluster-admins" for n in range(80))
SMALL = User("Ada Lovelace", "ada@example.com", _GROUPS[:10], "ada")
LARGE = User("Grace Hopper", "grace@example.com", _GROUPS[:55], "grace")
PEOPLE = {"600": SMALL, "2,000": LARGE}

# What Chrome adds to the headers that tell the kind of a request.
_CHROME = (
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/140.0.0.0 Safari/537.36",
    ),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "en-GB,en-US;q=0.9,en;q=0.8"),
    ("Sec-Ch-Ua", '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"'),
    ("Sec-Ch-Ua-Mobile", "?0"),
    ("Sec-Ch-Ua-Platform", '"Linux"'),
)
_FROM_TRAEFIK = ("x-forwarded-", "x-real-ip")
_OF_THE_LIBRARY = ("date", "connection", "content-length")


class DatelessJar(Jar):
    """oauth2-proxy states the lifetime of a cookie only as a date; here all live as long as the run."""

    def _expiry(self, attributes):
        return None

    def at(self, host):
        return [cookie for cookie in self.all() if cookie.domain == host]


@dataclass(frozen=True)
class Session:
    """A user who has logged in, and Traefik's subrequests for that user."""

    cookie_len: int  # bytes of the values of all cookies
    asked: tuple  # the headers of the subrequest
    sent: tuple  # those of the browser's request to Traefik


def _record(browser, recorder, url, more=()):
    """The headers of Traefik's subrequest for one navigation."""
    answer = browser.send("navigation", url, headers=(*_CHROME, *more))
    assert answer.status == 200, str(answer)
    return tuple((name, value) for name, value in recorder.last.headers if name != "Host")


class Scene:
    """All running programs, with one thread per server; `stop()` stops them in reverse order."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = Authority(folder, [PROTECTED, FIRST, PROXIED])
        self.ports = Ports(free_port(), free_port())
        self._running = []
        try:
            self._start()
            self._log_everybody_in()
            self._start_same_answers()
        except BaseException:
            self.stop()
            raise

    # -- starting ----------------------------------------------------------------------------------------

    def _start(self):
        self._secret = "the-secret-of-the-benchmark"
        self.client = Client("sallyport", self._secret, tuple(map(self._callback, (PROTECTED, FIRST))))
        proxy_client = Client("oauth2-proxy", self._secret, (self._url(PROXIED, "/oauth2/callback"),))
        self.dex = self._keep(
            Dex(
                "dex",
                self.folder,
                clients=[self.client, proxy_client],
                users=[SMALL, LARGE],
                authority=self.authority,
                host="127.0.0.1",
            )
        )
        self.app = self._keep(Nginx("app", self.folder, ()))
        self.recorder = self._keep(App())
        self.sallyport = self._keep(self.start_sallyport("one", threads=1))
        self.proxy = self._keep(
            OAuth2Proxy(
                self.folder,
                issuer=self.dex.issuer,
                client=proxy_client,
                authority=self.authority,
                redirect_uri=proxy_client.redirect_uris[0],
            )
        )

    def _keep(self, process):
        self._running.append(process)
        return process

    def _url(self, host, target):
        return f"https://{host}:{self.ports.https}{target}"

    def _callback(self, host):
        return self._url(host, "/_sallyport/callback")

    def start_sallyport_with_revocations(self, count):
        """One with so many entries of sessions that were ended, none of which is of anybody here."""
        kinds, now = ("session", "label", "user", "sid", "user-sid"), int(time.time())
        lines = [f"sallyport-revocations 1 {os.urandom(80).hex()}", "not-before 0"]
        for number in range(count):
            key, user = os.urandom(8).hex(), os.urandom(8).hex()
            lines.append(f"{kinds[number % len(kinds)]} {key} {now - 60} {now + 36000} {user}")
        path = self.folder / "revocations"
        path.touch(mode=0o600)
        text = "".join(f"{line}\n" for line in lines)
        checksum = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        path.write_text(f"{text}end {count} {checksum}\n")
        program = self.start_sallyport("revocations", threads=1, settings={"revocations_file": str(path)})
        assert program.metric("sallyport_revocations") == count
        return self._keep(program)

    def start_transports(self):
        """Three instances of sallyport with different transports, and one Traefik in front of all, by name."""
        folder = self.folder / "listener"
        folder.mkdir()
        listener = Listener(self.authority, folder)
        settings = {
            "plain": {},
            "tls": listener.settings(),
            "clients": listener.settings(clients=True),
        }
        programs = {
            name: self._keep(self.start_sallyport(name, threads=1, settings=more)) for name, more in settings.items()
        }
        routes = self.routes(self.sallyport)
        for name, program in programs.items():
            options = {"tls": listener.forward_auth(clients=name == "clients")} if settings[name] else {}
            asks = routes.middleware(
                name,
                "forwardAuth",
                address=f"{program.auth_url}/auth/traefik",
                trustForwardHeader=True,
                authResponseHeaders=list(IDENTITY_HEADERS),
                **options,
            )
            routes.route(name, f"Host(`{PROTECTED}`) && PathPrefix(`/{name}/`)", [asks], priority=7000)
        self._keep(self.start_traefik("transports", routes))
        return programs

    def start_sallyport(self, name, *, threads, settings=None, **options):
        """One with the keys that all share, so that a session of one is a session of all."""
        folder = self.folder / f"sallyport-{name}"
        folder.mkdir()
        keys = self.folder / "sallyport-one" / "keys"
        if keys.exists():
            shutil.copy(keys, folder / "keys")
        settings = {
            "issuer": self.dex.issuer,
            "issuer_ca_file": str(self.authority.ca_file),
            "client_id": self.client.id,
            "client_secret_file": "client-secret",
            "keys_file": "keys",
            "policies": {"default": "authenticated"},
            "bearer_audiences": self.client.id,
            "threads": threads,
            **(settings or {}),
        }
        return Sallyport(folder, settings, secret=self._secret, **options)

    # -- logins ------------------------------------------------------------------------------------------

    def start_traefik(self, name, routes):
        """Only one at a time uses the entry points, because their port is in the redirect URIs that Dex knows."""
        folder = self.folder / f"traefik-{name}"
        folder.mkdir()
        return Traefik(TRAEFIK, folder, routes=routes, authority=self.authority, ports=self.ports)

    def routes(self, sallyport):
        routes = Routes(app=self.app.url, auth=sallyport.auth_url, pages=sallyport.pages_url)
        routes.route("app", f"Host(`{PROTECTED}`) || Host(`{FIRST}`)", [routes.ask()])
        return routes

    def _login_routes(self):
        """Whoever is protected, the recorder stands under /recorded."""
        routes = self.routes(self.sallyport)
        self._add_proxied(routes)
        recorder = routes.middleware(
            "record", "forwardAuth", address=self.recorder.url, trustForwardHeader=True
        )
        routes.route("recorded", "PathPrefix(`/recorded`)", [recorder], priority=9000)
        return routes

    def _add_proxied(self, routes):
        ask_proxy = routes.middleware(
            "proxy",
            "forwardAuth",
            address=f"{self.proxy.url}/",
            trustForwardHeader=True,
            authResponseHeaders=list(PROXY_HEADERS),
        )
        routes.services["proxy"] = {"loadBalancer": {"servers": [{"url": self.proxy.url}]}}
        routes.route("proxied", f"Host(`{PROXIED}`)", [ask_proxy])
        routes.route("oauth2", f"Host(`{PROXIED}`) && PathPrefix(`/oauth2/`)", service="proxy", priority=8000)

    def _log_everybody_in(self):
        traefik = self.start_traefik("logins", self._login_routes())
        try:
            self._log_in_and_record()
        finally:
            traefik.stop()

    def _log_in_and_record(self):
        self.sessions = {name: self._log_in(PROTECTED, user) for name, user in PEOPLE.items()}
        self.proxied = {name: self._log_in(PROXIED, user) for name, user in PEOPLE.items()}
        self.bearers = {name: self._send_token(user) for name, user in PEOPLE.items()}

    def _log_in(self, host, user):
        browser = Browser(self.authority)
        browser.jar = DatelessJar(refuses_all=False)
        visit = browser.log_in(self._url(host, PAGE), user)
        assert visit.final.status == 200 and visit.final.url.endswith(PAGE), str(visit)
        for marker in browser.jar.starting("__Host-sallyport-"):
            browser.jar.remove(marker)  # it lives for a minute, the session for hours
        recorded = _record(browser, self.recorder, self._url(host, f"/recorded{PAGE}"))
        sent = tuple(pair for pair in recorded if not pair[0].lower().startswith(_FROM_TRAEFIK))
        return Session(sum(len(cookie.value) for cookie in browser.jar.at(host)), recorded, sent)

    def _send_token(self, user):
        """Traefik's subrequest for the same request of a program with an ID token and no cookie."""
        form = {"grant_type": "password", "username": user.email, "password": user.password}
        form |= {"client_id": self.client.id, "client_secret": self.client.secret}
        browser = Browser(self.authority)
        answer = browser.send(
            "command-line",
            f"{self.dex.issuer}/token",
            method="POST",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urllib.parse.urlencode({**form, "scope": "openid email profile groups"}).encode(),
        )
        line = ("Authorization", f"Bearer {answer.json()['id_token']}")
        return _record(browser, self.recorder, self._url(PROTECTED, f"/recorded{PAGE}"), [line])

    # -- the same answers --------------------------------------------------------------------------------

    def identity(self, session):
        """The fields of sallyport's allow, without those that every server adds."""
        answer = ask(self.allowed("sallyport", session), 200)
        return [pair for pair in fields_of(answer) if pair[0].lower() not in _OF_THE_LIBRARY]

    def _start_same_answers(self):
        self.same = {}
        for session in PEOPLE:
            fields = self.identity(session)
            folder = self.folder / f"same-{session.replace(',', '')}"
            folder.mkdir()
            self.same["bare", session] = self._keep(Bare(folder, fields))
            self.same["nginx", session] = self._keep(Nginx("nginx", folder, fields))

    def process(self, contender, session="600"):
        if contender in ("sallyport", "bearer"):
            return self.sallyport
        return self.proxy if contender == "oauth2-proxy" else self.same[contender, session]

    def port(self, contender, session="600"):
        process = self.process(contender, session)
        return int(process.listen.rpartition(":")[2]) if process is self.sallyport else process.port

    def allowed(self, contender, session="600"):
        """Traefik's subrequest to a contender for a logged-in user."""
        people = self.proxied if contender == "oauth2-proxy" else self.sessions
        asks_sallyport = {"sallyport": "/auth/traefik", "bearer": "/auth/traefik"}
        path = {**asks_sallyport, "oauth2-proxy": "/oauth2/auth"}.get(contender, "/")
        if contender == "bearer":
            return Request(self.port(contender), path, self.bearers[session])
        return Request(self.port(contender, session), path, people[session].asked)

    def allowed_by(self, sallyport):
        """The same of one that has the keys of the first."""
        port = int(sallyport.listen.rpartition(":")[2])
        return Request(port, "/auth/traefik", self.sessions["600"].asked)

    # -- through Traefik ---------------------------------------------------------------------------------

    def start_contenders_traefik(self):
        """Each contender behind its own path, so that nothing else differs."""
        routes = self.routes(self.sallyport)
        self._add_proxied(routes)
        for name in ("bare", "nginx"):
            asks = routes.middleware(
                name,
                "forwardAuth",
                address=f"{self.same[name, '600'].url}/",
                trustForwardHeader=True,
                authResponseHeaders=list(IDENTITY_HEADERS),
            )
            routes.route(name, f"Host(`{PROTECTED}`) && PathPrefix(`/{name}/`)", [asks], priority=7000)
        self._keep(self.start_traefik("contenders", routes))

    def request_through(self, contender):
        """The request of a browser for which Traefik asks this contender."""
        host = PROXIED if contender == "oauth2-proxy" else PROTECTED
        session = (self.proxied if contender == "oauth2-proxy" else self.sessions)["600"]
        headers = (("Host", f"{host}:{self.ports.https}"), *session.sent)
        prefix = "" if contender in ("sallyport", "oauth2-proxy") else f"/{contender}"
        return Request(self.ports.https, prefix + PAGE, headers, scheme="https")

    def pin_servers(self):
        for contender in ("sallyport", "oauth2-proxy"):
            pin(self.process(contender).pid, SERVER_CORE)
        for process in self.same.values():
            pin(process.pid, SERVER_CORE)
        pin(self.app.pid, LOAD_CORE)

    def stop_last(self):
        self._running.pop().stop()

    def stop(self):
        while self._running:
            self._running.pop().stop()


def fields_of(answer):
    lines = answer.bytes.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]

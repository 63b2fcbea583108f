# SPDX-License-Identifier: Apache-2.0
"""Real Traefik with the file provider: entry points for http and https, and routes from a builder."""

import http.client
import socket

import yaml

from . import tools
from .process import Process

VERSIONS = ("3.7.15", "3.6.15", "3.0.4")
IDENTITY_HEADERS = (
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username",
)
# Headers that a client of a trusting entry point could choose.
CLAIMS = (
    "X-Forwarded-Uri",
    "X-Forwarded-Method",
    "X-Forwarded-Prefix",
    "X-Forwarded-Host",
    "X-Original-URL",
    "X-Original-URI",
    "X-Rewrite-URL",
    "X-Original-Method",
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
)
_READY = "ready.test"


class Routes:
    """The dynamic configuration, in the order in which a person would write it."""

    def __init__(self, *, app, auth, pages):
        self.auth = auth
        self.middlewares = {}
        self.routers = {"ready": {"rule": f"Host(`{_READY}`)", "service": "ping@internal", "priority": 9999}}
        self.services = {"app": self._service(app), "pages": self._service(pages)}
        self.transports = {}

    @staticmethod
    def _service(url):
        return {"loadBalancer": {"servers": [{"url": url}]}}

    def service(self, name, url, transport=None):
        more = {"serversTransport": transport} if transport else {}
        self.services[name] = {"loadBalancer": {**self._service(url)["loadBalancer"], **more}}

    def transport(self, name, **options):
        """How Traefik connects to servers over TLS."""
        self.transports[name] = options

    def middleware(self, name, kind, **options):
        self.middlewares[name] = {kind: options}
        return name

    def ask(self, name="ask", target="/auth/traefik", headers=IDENTITY_HEADERS, trust=True, **options):
        """The forwardAuth middleware; `trust` None leaves trustForwardHeader unset."""
        if trust is not None:
            options["trustForwardHeader"] = trust
        return self.middleware(
            name, "forwardAuth", address=self.auth + target, authResponseHeaders=list(headers), **options
        )

    def clean(self, name="clean", keep=()):
        """Deletes headers that a client must not set itself."""
        gone = {header: "" for header in CLAIMS if header not in keep}
        return self.middleware(name, "headers", customRequestHeaders=gone)

    def strip(self, *prefixes, name="strip"):
        return self.middleware(name, "stripPrefix", prefixes=list(prefixes))

    def route(self, name, rule, middlewares=(), service="app", priority=None):
        router = {"rule": rule, "service": service, "middlewares": list(middlewares)}
        if priority:
            router["priority"] = priority
        self.routers[name] = router

    def as_dict(self, authority):
        secure = {
            f"{name}-tls": {**router, "entryPoints": ["secure"], "tls": {}}
            for name, router in self.routers.items()
        }
        plain = {name: {**router, "entryPoints": ["plain"]} for name, router in self.routers.items()}
        certificate = {"certFile": str(authority.cert_file), "keyFile": str(authority.key_file)}
        served = {"routers": {**plain, **secure}, "services": self.services}
        if self.middlewares:
            served["middlewares"] = self.middlewares
        if self.transports:
            served["serversTransports"] = self.transports
        return {
            "http": served,
            "tls": {
                "certificates": [certificate],
                "stores": {"default": {"defaultCertificate": certificate}},
            },
        }


class Traefik(Process):
    """
    One Traefik. With `trusts_client` its entry points trust X-Forwarded-* of clients at 127.0.0.1, or
    at the address that it names. With `access_log`, the headers to keep, it writes an access log in JSON.
    """

    def __init__(
        self,
        version,
        folder,
        *,
        routes,
        authority,
        ports,
        trusts_client=False,
        everywhere=(),
        access_log=None,
        env=None,
    ):
        self.version = version
        self.ports = ports
        dynamic = folder / "routes.yaml"
        dynamic.write_text(yaml.safe_dump(routes.as_dict(authority), sort_keys=False))
        static = folder / "traefik.yaml"
        self.access_log = folder / "access.log"
        told = self._static(dynamic, trusts_client, everywhere)
        if access_log:
            fields = {"headers": access_log}
            told["accessLog"] = {"filePath": str(self.access_log), "format": "json", "fields": fields}
        static.write_text(yaml.safe_dump(told, sort_keys=False))
        super().__init__("traefik", [tools.traefik(version), f"--configFile={static}"], folder, env)
        self.wait_until(lambda: self._ready() and self._certified(authority), "routes and certificate loaded")

    def _static(self, dynamic, trusts_client, everywhere):
        return {
            "entryPoints": {
                name: self._entry_point(port, trusts_client, everywhere)
                for name, port in (("plain", self.ports.http), ("secure", self.ports.https))
            },
            "providers": {"file": {"filename": str(dynamic), "watch": False}},
            "ping": {"manualRouting": True},
            "log": {"level": "INFO", "noColor": True},
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        }

    @staticmethod
    def _entry_point(port, trusts_client, everywhere):
        point = {"address": f"127.0.0.1:{port}"}
        if trusts_client:
            trusted = "127.0.0.1" if trusts_client is True else trusts_client
            point["forwardedHeaders"] = {"trustedIPs": [f"{trusted}/32"]}
        if everywhere:
            point["http"] = {"middlewares": [f"{name}@file" for name in everywhere]}
        return point

    def _ready(self):
        """The routes are loaded once the host of the ping is no longer unknown."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports.http, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": _READY})
            return connection.getresponse().status != 404
        except OSError:
            return False
        finally:
            connection.close()

    def _certified(self, authority):
        """Routes may be loaded before the certificate; until then Traefik uses one of its own."""
        context = authority.client_context()
        context.check_hostname = False
        try:
            with socket.create_connection(("127.0.0.1", self.ports.https), timeout=5) as plain:
                context.wrap_socket(plain, server_hostname=_READY).close()
            return True
        except OSError:
            return False

    def stop(self, deadline_s=20):
        """Kills it, because its own drain takes two seconds, and nothing here depends on it."""
        assert self.running(), f"traefik ended with {self.child.returncode}\n{self.tail()}"
        self.kill(deadline_s)

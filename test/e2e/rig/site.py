# SPDX-License-Identifier: Apache-2.0
"""One protected site: application, sallyport and Traefik, set up as an operator would."""

from dataclasses import dataclass

from .app import App
from .browser import Browser
from .raw import Asker, exchange
from .sallyport import Sallyport
from .together import Together
from .traefik import Routes, Traefik

# Every host that a test may use: the certificate names them, and Dex knows their callbacks.
HOSTS = (
    "app.test",
    "other.test",
    "wiki.test",
    "app.example.test",
    "grafana.example.test",
    "auth.example.test",
    "kube.example.test",
)
# The hosts of API servers.
API_HOSTS = ("west.test", "east.test", "north.test")
CALLBACKS = ("/_sallyport/callback", "/_oauth", "/_oauth_kommander")


@dataclass(frozen=True)
class Ports:
    """
    The two entry points, the same for every Traefik of a run, because Dex compares redirect URIs exactly; and the
    port of a load balancer in front.
    """

    http: int
    https: int
    balancer: int = 0


@dataclass(frozen=True)
class Edge:
    """The Traefik of a test, and how browsers reach it."""

    version: str
    scheme: str

    def __str__(self):
        return f"{self.version}-{self.scheme}"


EDGES = (Edge("3.7.15", "https"), Edge("3.7.15", "http"), Edge("3.6.15", "https"), Edge("3.0.4", "https"))


def redirect_uris(ports):
    return tuple(
        f"{scheme}://{host}:{port}{path}"
        for host in HOSTS
        for path in CALLBACKS
        for scheme, port in (("http", ports.http), ("https", ports.https), ("https", ports.balancer))
    )


def one_middleware(routes):
    """The usual set-up: one middleware in front of the application on every host, and nothing else."""
    routes.route("app", "PathPrefix(`/`)", [routes.ask()])


class Site(Together):
    """
    `layout(routes)` defines the routes; `settings`, a dictionary or a function of the site that returns one,
    is added to the configuration that fits the rig; `program` starts sallyport. The other arguments
    are those of Traefik.
    """

    def __init__(
        self,
        rig,
        edge,
        folder,
        *,
        layout=one_middleware,
        settings=(),
        client=None,
        issuer=None,
        env=None,
        program=Sallyport,
        **traefik,
    ):
        self.rig, self.edge, self.folder = rig, edge, folder
        self.authority, self.ports = rig.authority, rig.ports
        self._program = program
        self.client = client or rig.dex.confidential
        self.issuer = issuer or rig.dex.central.issuer
        super().__init__(layout, dict(settings(self) if callable(settings) else settings), env, traefik)

    def _start(self, layout, settings, env, traefik):
        self.app = self._kept(App())
        self.sallyport = self._kept(
            self._program(self.folder, {**self._settings(), **settings}, secret=self.client.secret, env=env)
        )
        self.routes = Routes(app=self.app.url, auth=self.sallyport.auth_url, pages=self.sallyport.pages_url)
        layout(self.routes)
        self.traefik = self._kept(
            Traefik(
                self.edge.version,
                self.folder,
                routes=self.routes,
                authority=self.authority,
                ports=self.ports,
                **traefik,
            )
        )

    def _settings(self):
        settings = {
            "issuer": self.issuer,
            "issuer_ca_file": str(self.authority.ca_file),
            "client_id": self.client.id,
            "keys_file": "keys",
            "policies": {"default": "authenticated"},
        }
        if self.client.secret:
            settings["client_secret_file"] = "client-secret"
        if self.edge.scheme == "http":
            settings["insecure_http"] = True
        return settings

    @property
    def cookie_name(self):
        return "sallyport" if self.edge.scheme == "http" else "__Host-sallyport"

    def origin(self, host="app.test", scheme=None):
        scheme = scheme or self.edge.scheme
        return f"{scheme}://{host}:{getattr(self.ports, scheme)}"

    def url(self, target="/", host="app.test", scheme=None):
        return self.origin(host, scheme) + target

    def _entry_point(self):
        """The address of Traefik, and the context for a connection to it."""
        context = self.authority.client_context() if self.edge.scheme == "https" else None
        return f"127.0.0.1:{getattr(self.ports, self.edge.scheme)}", context

    def exchange(self, bytes, **options):
        """Sends bytes to Traefik unchanged; returns the response."""
        address, context = self._entry_point()
        return exchange(address, bytes, context=context, **options)

    def asker(self):
        """A persistent connection to Traefik."""
        address, context = self._entry_point()
        return Asker(address, context=context)

    def browser(self, **options):
        return Browser(self.authority, **options)

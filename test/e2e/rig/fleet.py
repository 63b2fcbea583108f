# SPDX-License-Identifier: Apache-2.0
"""
A platform of three clusters on one machine, built from the examples in doc/clusters.md: its values files, its
roles, its routes.

  central  the Dex that all trust, a second one in the role of the company's identity provider, a third one for the
           backup entry; the portal, and the backup entry to it
  west     a provisioned cluster with a real API server
  east     another one, whose roles and bindings are files

Each has its own Traefik and, from a rendered chart, its own sallyport. Names of the page end in `localhost` here, with
the port of the Traefik of their cluster, so that a browser finds them without further configuration.

  Names        of the page, and their equivalents on this machine
  Release      what helm renders from a values file, in the folder where it runs
  ClusterSite  Traefik, sallyport and application of one cluster
  Fleet        all of them
"""

import re
import secrets
import subprocess

import yaml

from . import tools
from .app import App
from .browser import Browser
from .ca import Authority
from .dex import Client, Dex, User, oidc_connector
from .documents import of_kind
from .kube import Etcd, namespace
from .kubeconfig import write_kubeconfig
from .pod import as_a_pod, resolved
from .ports import free_port
from .render import Rendered, lay_files
from .sallyport import Sallyport, run
from .site import Ports
from .together import Together
from .traefik import Routes, Traefik

CLUSTERS = ("central", "west", "east")
PAGE = "doc/clusters.md"
FEDERATION = tools.TREE / "helm" / "federation"
TRAEFIK = "3.7.15"

# At the company: who may see the dashboards of all clusters, who may change them, and who may see only west's lab.
MARY = User("Mary Somerville", "mary@example.com", ("observers",), "mary")
CHARLES = User("Charles Babbage", "charles@example.com", ("platform",), "charles")
LISE = User("Lise Meitner", "lise@example.com", ("west:dev",), "lise")
# At the central Dex, and at the Dex of the backup entry: two identities with the same address.
ADMIN = User("Admin", "admin@example.com", (), "admin")
RESCUE = User("Rescue", "admin@example.com", (), "rescue")


def _shown(kind, word, page=PAGE):
    """The first block of a kind that contains a word."""
    return next(block.text for block in of_kind(kind, page) if word in block.text)


class Names:
    """The names of the page, and their equivalents on this machine."""

    def __init__(self, scheme, ports):
        self.scheme, self.ports = scheme, ports
        self.issuers = {}

    def origin(self, cluster, host):
        scheme = "https" if host == "kube" else self.scheme  # kubectl sends no token over http
        return f"{scheme}://{host}.{cluster}.localhost:{getattr(self.ports[cluster], scheme)}"

    def translated(self, text):
        """Replaces the names in a text of the page with those of this machine."""
        for name, issuer in self.issuers.items():
            text = text.replace(f"https://{name}.central.example.com/dex", issuer)
        text = re.sub(r"https://([*\w-]+)\.(\w+)\.example\.com", lambda one: self.origin(one[2], one[1]), text)
        return re.sub(r"\b(central|west|east)\.example\.com", r"\1.localhost", text)


class Program(Sallyport):
    """Runs the program as the pod of a release would."""

    def __init__(self, folder, env, start=list):
        self._start, self._env = start, env
        self.folder = folder
        self._choose_ports()
        self.start()

    def start(self):
        """Starts it, also again at the same addresses."""
        arguments = ["serve", "--config", self.folder / "sallyport.yaml"]
        self._serve(self.folder, arguments, {**self._env, **self._own_environment()})


class Release:
    """What helm renders from a values file, in its folder; `secret` is the secret of its client at Dex."""

    def __init__(self, folder, name, values, authority, env):
        self.folder, self.env = folder, env
        self.secret = secrets.token_hex(16)
        folder.mkdir()
        (folder / "values.yaml").write_text(values)
        changes = {"trustedProxies": ["127.0.0.0/8"], "issuerCA.pem": authority.ca_file.read_text()}
        self.rendered = Rendered(folder, folder / "values.yaml", changes=changes, name=(name, "sallyport"))
        (volume,) = (one for one in self.rendered.pod["spec"]["volumes"] if one["name"] == "etc")
        lay_files(self.rendered, volume, folder, authority)
        (folder / "client-secret").write_text(self.secret)

    def clients(self):
        """The entries for Dex that the program prints."""
        options = ("--config", self.folder / "sallyport.yaml", "--dex-client", "--with-secret")
        env = {**self.env, "SALLYPORT_ADMIN_LISTEN": "127.0.0.1:9181"}
        found = yaml.safe_load(run("check", *options, env=env).stdout)
        return [Client(one["id"], one.get("secret", ""), tuple(one.get("redirectURIs", ()))) for one in found]

    def lay_routes(self, routes, program):
        """Its middlewares and the routes to its own pages, in the form that Traefik reads from a file."""
        for name, one in self.rendered.of_kind("Middleware").items():
            ((kind, options),) = one["spec"].items()
            if kind == "chain":
                options = {"middlewares": [part["name"] for part in options["middlewares"]]}
            elif kind == "forwardAuth":
                target = options["address"].partition(".svc:4181")[2]
                options = {**options, "address": program.auth_url + target}
            routes.middleware(name, kind, **options)
        pages = f"pages-{program.pages_listen}"
        routes.service(pages, program.pages_url)
        for one in self.rendered.of_kind("IngressRoute").values():
            lay_route(routes, one, pages)


def lay_route(routes, one, service):
    """An IngressRoute that leads to one of the services of the routes, whatever name its own service has."""
    for number, route in enumerate(one["spec"]["routes"]):
        middlewares = [middleware["name"] for middleware in route.get("middlewares", ())]
        name = f"{one['metadata']['name']}-{number}-of-{service}"
        routes.route(name, route["match"], middlewares, service, route.get("priority"))


class ClusterSite(Together):
    """
    Traefik, application and one or more sallyports of a cluster. `shown` are its routes as the page shows them, `lay`
    adds to those of Traefik, and `start` starts a pod, with the variables in `env`.
    """

    def __init__(self, name, folder, names, releases, shown, authority, app, **options):
        self.name, self.folder, self.app = name, folder, app
        self.origin = lambda host: names.origin(name, host)
        self._names, self._authority = names, authority
        super().__init__(releases, shown, options)

    def _start(self, releases, shown, options):
        self._kept(self.app)
        start, env = options.get("start", list), options.get("env", {})
        self.programs = [self._kept(Program(one.folder, {**one.env, **env}, start)) for one in releases]
        self.sallyport = self.programs[0]
        routes = Routes(app=self.app.url, auth=self.sallyport.auth_url, pages=self.sallyport.pages_url)
        for release, program in zip(releases, self.programs, strict=True):
            release.lay_routes(routes, program)
        for text in shown:
            lay_route(routes, yaml.safe_load(self._names.translated(text)), "app")
        options.get("lay", lambda _: None)(routes)
        (self.folder / "traefik").mkdir()
        self.traefik = self._kept(
            Traefik(
                TRAEFIK,
                self.folder / "traefik",
                routes=routes,
                authority=self._authority,
                ports=self._names.ports[self.name],
                access_log=options.get("access_log"),
            )
        )

    @property
    def processes(self):
        return [*self.programs, self.traefik]


class Fleet(Together):
    """
    All three clusters. `api` is that of west's API server. With the scheme `http` for its pages no browser has
    anything to accept. `make_app` makes the application of a cluster.
    """

    def __init__(
        self, folder, api, *, scheme="https", ports=None, make_app=lambda _name, _names: App(), access_log=None
    ):
        self.folder, self.api = folder, api
        self._make_app, self._access_log = make_app, access_log
        ports = ports or {name: Ports(free_port(), free_port()) for name in CLUSTERS}
        self.names = Names(scheme, ports)
        self._env = {"SALLYPORT_INSECURE_HTTP": "true"} if scheme == "http" else {}
        self._env["SALLYPORT_LOG_ACCESS"] = "true"
        names = [f"*.{name}.localhost" for name in CLUSTERS]
        self.authority = Authority(folder, [*names, "localhost"])
        for name in CLUSTERS:
            (folder / name).mkdir()
        super().__init__()

    # -- the parts -------------------------------------------------------------------------------------------

    def _start(self):
        ports = {name: free_port() for name in ("dex", "backup")}
        secure = self.authority if self.names.scheme == "https" else None
        self.names.issuers = {name: self._issuer(name, port, secure) for name, port in ports.items()}
        self._releases = {
            "central": self._release("central", "sallyport", self._values_of_central()),
            "backup": self._release("central", "backup", self._values("backup")),
            "west": self._release("west", "sallyport", self._values("west")),
            "east": self._release("east", "sallyport", self._values_of_east()),
        }
        self._start_issuers(ports, secure)
        self.central = self._site("central", ["central", "backup"], ["portal", "rescue"])
        self._install_west()
        self.west = self._site("west", ["west"], ["grafana"], lay=self._lay_api_server, **self._pod())
        self.east = self._site("east", ["east"], ["grafana"])
        self.sites = {"central": self.central, "west": self.west, "east": self.east}

    @staticmethod
    def _issuer(name, port, secure):
        return f"https://{name}.central.localhost:{port}/dex" if secure else f"http://127.0.0.1:{port}/dex"

    def _release(self, cluster, name, values):
        values = yaml.safe_load(self.names.translated(values))
        if self.names.scheme == "http":
            values["config"]["hosts"].append(self.names.origin(cluster, "kube"))
        folder = self.folder / cluster / name
        return Release(folder, name, yaml.safe_dump(values), self.authority, self._env)

    @staticmethod
    def _values(client):
        return _shown("yaml values", f"client_id: {client}\n")

    def _values_of_central(self):
        return self._with_rules("central", self._values("central"), _shown("yaml rbac", "central-portal"))

    def _values_of_east(self):
        """The values of west, with its own names and without an API server."""
        values = yaml.safe_load(self._values("west").replace("west", "east"))
        for one in (values["config"], values["config"]["policies"], values["traefik"]):
            for name in ("credentials", "kube", "middlewares"):
                one.pop(name, None)
        return self._with_rules("east", yaml.safe_dump(values))

    def _with_rules(self, cluster, values, *more):
        """Values whose roles and bindings are files: those of all clusters, and additional ones of this cluster."""
        folder = self.folder / cluster / "rules"
        folder.mkdir()
        for number, text in enumerate((self._federation(cluster).text, *more)):
            (folder / f"{number}.yaml").write_text(text)
        parsed = yaml.safe_load(values)
        parsed["config"]["rbac_source"] = str(folder)
        return yaml.safe_dump(parsed)

    def _federation(self, cluster):
        """What the chart `federation` renders from the roles of the page."""
        path = self.folder / cluster / "roles.yaml"
        path.write_text(_shown("yaml federation", "account"))
        return Rendered(self.folder / cluster, path, FEDERATION, name=("federation", "infra"))

    def _start_issuers(self, ports, secure):
        """Three Dex servers: the company's, the one that all clusters trust, and that of the backup entry."""
        self.etcd = self._kept_until_killed(Etcd(self.folder / "central"))
        central, backup = self.names.issuers["dex"], self.names.issuers["backup"]
        connection = Client("company-connection", secrets.token_hex(16), (f"{central}/callback",))
        web = [client for name in CLUSTERS for client in self._releases[name].clients()]
        (rescue,) = self._releases["backup"].clients()
        self.clients = {client.id: client for client in (*web, rescue, connection)}
        company = self._kept(
            Dex("company", self.folder / "central", clients=[connection], users=[MARY, CHARLES, LISE])
        )
        self.dex = self._kept(
            Dex(
                "dex",
                self.folder / "central",
                clients=web,
                users=[ADMIN],
                connectors=[oidc_connector(company, connection, f"{central}/callback")],
                authority=secure,
                port=ports["dex"],
                host="dex.central.localhost",
                storage={"type": "etcd", "config": {"endpoints": [self.etcd.url], "namespace": "dex/"}},
            )
        )
        self.backup = self._kept(
            Dex(
                "backup",
                self.folder / "central",
                clients=[rescue],
                users=[RESCUE],
                authority=secure,
                port=ports["backup"],
                host="backup.central.localhost",
            )
        )
        assert (self.dex.issuer, self.backup.issuer) == (central, backup)

    def _kept_until_killed(self, process):
        self._running.callback(process.kill)
        return process

    def _site(self, name, releases, routes, **options):
        texts = [_shown("yaml kubernetes", f"name: {route},") for route in routes]
        if name == "east":
            texts = [text.replace("west", "east") for text in texts]
        return self._kept(
            ClusterSite(
                name,
                self.folder / name,
                self.names,
                [self._releases[one] for one in releases],
                texts,
                self.authority,
                self._make_app(name, self.names),
                access_log=self._access_log,
                **options,
            )
        )

    # -- the API server of west ------------------------------------------------------------------------------

    def _install_west(self):
        """Applies the objects of both charts for the API server; they are deleted when the fleet ends."""
        api = self.api
        rights = {"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}
        made = [*self._federation("west").objects, *self._releases["west"].rendered.objects]
        made += yaml.safe_load_all(_shown("yaml rbac", "west-lab"))
        for one in [*map(namespace, ("infra", "sallyport")), *(one for one in made if one["kind"] in rights)]:
            api.apply(one)
            self._running.callback(api.delete, one)

    def _pod(self):
        """Starts a pod of west, with the token of its account."""
        account = self.folder / "west" / "account"
        account.mkdir()
        name = self._releases["west"].rendered.pod["spec"]["serviceAccountName"]
        (account / "token").write_text(self.api.token_of(name, "sallyport"))
        (account / "ca.crt").write_bytes(self.api.ca_file.read_bytes())
        host, _, port = self.api.url.removeprefix("https://").rpartition(":")
        env = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
        return {"start": as_a_pod(account), "env": env}

    def _lay_api_server(self, routes):
        """The route to the API server from doc/kubernetes.md, which Traefik reads from a file."""
        shown = _shown("yaml kubernetes", "kind: ServersTransport", "doc/kubernetes.md")
        _, transport, route = yaml.safe_load_all(shown)
        assert transport["spec"]["serverName"] == "kubernetes.default.svc"
        routes.transport("kube", serverName="kubernetes", rootCAs=[str(self.api.ca_file)])
        routes.service("kube", self.api.url, transport="kube")
        text = yaml.safe_dump(route).replace("kube.example.com", "kube.west.example.com")
        lay_route(routes, yaml.safe_load(self.names.translated(text)), "kube")

    # -- people ----------------------------------------------------------------------------------------------

    def browser(self):
        return Browser(self.authority)

    def log_in(self, url, user, browser=None):
        """Opens `url` in a browser and signs in at the company or, for accounts of Dex itself, with Dex's form."""
        connector = "local" if user in (ADMIN, RESCUE) else "company"
        return (browser or self.browser()).log_in(url, user, connector=connector)

    def kubectl_command(self, folder, kubeconfig):
        """kubectl for the API server of west, whose name is in its own /etc/hosts."""
        hosts = folder / "hosts"
        hosts.write_text("127.0.0.1 localhost kube.west.localhost\n")
        return resolved(hosts, [tools.kubectl(), f"--kubeconfig={kubeconfig}"])

    def kubectl(self, token, *arguments):
        """Runs kubectl with this token to its end."""
        home = self.folder / f"home-{secrets.token_hex(4)}"
        home.mkdir()
        config = write_kubeconfig(home, self.names.origin("west", "kube"), self.authority.ca_file, token=token)
        return subprocess.run(
            [*self.kubectl_command(home, config), *arguments],
            env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

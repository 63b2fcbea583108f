# SPDX-License-Identifier: Apache-2.0
"""
The API server behind a sallyport and real Traefik, with the routes in doc/kubernetes.md: Traefik's own kinds of
object at one host, the file provider at another, and at a third a prefix that is stripped. There is also a node with a
pod, and the user of the scripted issuer has rights in one namespace.

  KubeSite  all of it
  Streams   connections that last longer than Traefik's limit of 60 s, and an upload that does not
"""

import http.client
import json
import socket
import threading
import time
import uuid

import yaml

from .app import App
from .bound import LISTED
from .documents import of_kind
from .issuer import Issuer
from .keys import Key
from .kubectl import Kubectl
from .node import Node
from .pod import Network
from .ports import free_port
from .provided import Provided
from .sallyport import Sallyport
from .site import Ports
from .together import Together
from .traefik import CLAIMS

CRD, FILE, STRIPPED = "app.example.test", "wiki.test", "other.test"
PREFIX = "/clusters/west"
POD = "web"
KEYS = {  # the proxy keys of the chains; those of the file provider are as in the document
    CRD: 43 * "k",
    FILE: "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
    STRIPPED: "ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkji",
}
_PAGE = "doc/kubernetes.md"
_RBAC = "rbac.authorization.k8s.io"
_RULES = (
    {"resources": ["configmaps"], "verbs": ["*"]},
    {"resources": ["pods", "pods/log"], "verbs": ["get", "list", "watch"]},
    {"resources": ["pods/exec", "pods/attach", "pods/portforward"], "verbs": ["get", "create"]},
)


class _Routed(Provided):
    """Traefik with the routes of an API server, and those of a file."""

    def __init__(self, *arguments, served, **options):
        self._served = served
        super().__init__(*arguments, **options)

    def as_dict(self, authority):
        own = super().as_dict(authority)
        routers = {**own["http"]["routers"], **self._served["routers"]}
        return {**own, "http": {**self._served, "routers": routers}}


class KubeSite(Together):
    """`account` is the token of an account with the right to impersonate."""

    def __init__(self, cluster, account, authority, folder):
        self.cluster, self.authority, self.folder = cluster, authority, folder
        self.namespace = cluster.namespace("kube")
        self.ports = Ports(free_port(), free_port())
        super().__init__(account)

    def _start(self, account):
        api = self.cluster.api
        self.app = self._kept(App())
        self.issuer = self._kept(Issuer(keys=[Key("ES256")]))
        self.sallyport = self._kept(
            Sallyport(self.folder, self._settings(account), secret=self.issuer.client_secret)
        )
        self._kept(Node(api, self.folder, self.authority)).run(self.namespace, POD)
        network = self._kept(Network(api))
        network.lead("kubernetes.default.svc", 443, int(api.url.rpartition(":")[2]))
        self.give_rights(self.namespace)
        api.create(self._root(api), *self._chain(), *self._documented())
        self.traefik = self._kept(
            _Routed(
                "3.7.15",
                self.folder,
                served=self._file(api),
                cluster=self.cluster,
                namespaces=[self.namespace],
                network=network,
                authority=self.authority,
                ports=self.ports,
                secure={"http": {"tls": {}}},
                crd={"allowExternalNameServices": True, "allowCrossNamespace": False},
                access_log={"defaultMode": "drop"},
            )
        )
        self.traefik.wait_for_routes(1)

    def _settings(self, account):
        return {
            "issuer": self.issuer.url,
            "client_id": self.issuer.client_id,
            "client_secret_file": "client-secret",
            "keys_file": "keys",
            "policies": {"default": "authenticated"},
            "bearer_audiences": "kubectl",
            "forwarded_prefixes": [PREFIX],
            "credentials": [self._binding(host, account) for host in KEYS],
            "log_access": True,
        }

    def _binding(self, host, account):
        files = {"token_file": self.folder / "account-token", "proxy_key_file": self.folder / f"key-{host}"}
        for file, text in zip(files.values(), (account, KEYS[host]), strict=True):
            file.touch(mode=0o600)
            file.write_text(text)
        binding = {"set": "kubernetes", "host": host, **{name: str(file) for name, file in files.items()}}
        return {**binding, "path_prefix": PREFIX} if host == STRIPPED else binding

    # -- the routes -------------------------------------------------------------------------------------

    def _root(self, api):
        """Creates what the controllers of a cluster put into each namespace."""
        metadata = {"name": "kube-root-ca.crt", "namespace": self.namespace}
        data = {"ca.crt": api.ca_file.read_text()}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}

    def _chain(self):
        key = {**dict.fromkeys(CLAIMS, ""), "X-Sallyport-Proxy-Key": KEYS[CRD]}
        ask = {
            "address": f"{self.sallyport.auth_url}/auth/traefik?headers=kubernetes",
            "trustForwardHeader": True,
            "maxResponseBodySize": 65536,
            "authResponseHeaders": list(LISTED),
        }
        yield self._middleware("kube-key", headers={"customRequestHeaders": key})
        yield self._middleware("kube-ask", forwardAuth=ask)
        yield self._middleware("sallyport-kube", chain={"middlewares": [{"name": "kube-key"}, {"name": "kube-ask"}]})

    def _middleware(self, name, **spec):
        metadata = {"name": name, "namespace": self.namespace}
        return {"apiVersion": "traefik.io/v1alpha1", "kind": "Middleware", "metadata": metadata, "spec": spec}

    def _documented(self):
        (shown,) = [block for block in of_kind("yaml kubernetes", _PAGE) if "kind: ServersTransport" in block.text]
        at_home = shown.text.replace("namespace: sallyport", f"namespace: {self.namespace}")
        return yaml.safe_load_all(at_home.replace("kube.example.com", CRD))

    def _file(self, api):
        """The routes of the file provider as in the document, with the middlewares of the page about Traefik."""
        served = {}
        for block in [*of_kind("yaml traefik", "doc/traefik.md"), *of_kind("yaml traefik", _PAGE)]:
            text = (
                block.text.replace("kube.example.com", FILE)
                .replace("clusters.example.com", STRIPPED)
                .replace("http://sallyport:4181", self.sallyport.auth_url)
                .replace("https://kube-apiserver:6443", api.url)
                .replace("/etc/traefik/kube-ca.crt", str(api.ca_file))
            )
            for part, entries in yaml.safe_load(text)["http"].items():
                taken = part == "middlewares" or block.page == _PAGE
                served.setdefault(part, {}).update(entries if taken else {})
        return served

    # -- who uses it --------------------------------------------------------------------------------------

    def give_rights(self, namespace):
        """Grants it to the user of the issuer."""
        metadata = {"name": "user", "namespace": namespace}
        self.cluster.api.create(
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "Role",
                "metadata": metadata,
                "rules": [{"apiGroups": [""], **rule} for rule in _RULES],
            },
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "RoleBinding",
                "metadata": metadata,
                "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": "user"},
                "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": self.issuer.user["email"]}],
            },
        )

    def kubectl(self, host=CRD, **claims):
        """As the user, or as a user with other claims."""
        server = f"https://{host}:{self.ports.https}" + (PREFIX if host == STRIPPED else "")
        home = self.folder / f"home-{uuid.uuid4().hex[:8]}"
        token = self.issuer.bearer(**claims)
        authority = self.authority.ca_file
        return Kubectl(home, server, authority, hosts=[host], namespace=self.namespace, token=token)

    def ask(self, method, target, host=CRD, headers=(), **options):
        """Sends one request of the user over HTTP/1.1; returns the response and its bytes."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.ports.https, timeout=60, context=self.authority.client_context()
        )
        own = {"Host": f"{host}:{self.ports.https}", "Authorization": f"Bearer {self.issuer.bearer()}"}
        try:
            connection.request(method, target, headers={**own, **dict(headers)}, **options)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def seen(self, ending):
        """The entries in Traefik's access log of requests whose path, without the query, ends with this."""
        lines = [json.loads(line) for line in self.traefik.access_log.read_text().split("\n")[:-1]]
        return [line for line in lines if line["RequestPath"].partition("?")[0].endswith(ending)]


class Streams:
    """Streams that begin at once, and last until the test that checks their end."""

    def __init__(self, site):
        self.began_s = time.monotonic()
        kubectl = site.kubectl()
        self.watch = kubectl.begin("get", "configmaps", "--watch", "--output=name")
        self.logs = kubectl.begin("logs", "--follow", POD)
        self.command = kubectl.begin("exec", "--stdin", POD, "--", "sh", "-c", "cat; exit 5")
        self.upload_s = None
        self._upload = threading.Thread(target=self._send_slowly, args=(site,), daemon=True)
        self._upload.start()

    def _send_slowly(self, site):
        """Sends one byte of the body a second, until there is a response or the connection ends."""
        context = site.authority.client_context()
        plain = socket.create_connection(("127.0.0.1", site.ports.https))
        with plain, context.wrap_socket(plain, server_hostname=CRD) as connection:
            connection.settimeout(1)
            connection.sendall(
                f"POST /api/v1/namespaces/{site.namespace}/configmaps HTTP/1.1\r\n"
                f"Host: {CRD}:{site.ports.https}\r\nAuthorization: Bearer {site.issuer.bearer()}\r\n"
                "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n".encode()
            )
            while self.upload_s is None:
                try:
                    connection.sendall(b" ")
                    self.upload_answer = connection.recv(1 << 16)
                except TimeoutError:
                    continue
                except OSError as error:
                    self.upload_answer = repr(error)
                self.upload_s = time.monotonic() - self.began_s

    def stop(self):
        for process in (self.watch, self.logs, self.command):
            process.kill()
            process.communicate()

# SPDX-License-Identifier: Apache-2.0
"""
A real Kubernetes API server with etcd, but no other components of a cluster.

Objects are real: validation, RBAC, watches, what helm installs and what Traefik reads. There are no
controllers and no nodes: nothing runs, and a deletion is not propagated. rig/pod.py and rig/jobs.py replace
them.

  Api        the API server as one user
  ApiServer  one program; a second one may be of another kind, and may be stopped for a while
  Cluster    both programs, and the network through which the API server reaches pods. The kinds of Traefik, of
             cert-manager, of the Gateway API and of the Prometheus operator exist, and the user who installs a chart
             has rights in one namespace only
"""

import base64
import http.client
import json
import ssl
import urllib.request
import uuid
from contextlib import contextmanager
from urllib.parse import urlencode

import yaml

from . import tools
from .ca import Authority
from .jobs import Jobs
from .pod import Network
from .ports import free_port
from .process import Process, wait_for
from .together import Together

_RBAC = "rbac.authorization.k8s.io"
_RIGHTS = ["clusterroles", "clusterrolebindings", "roles", "rolebindings"]
_TRAEFIK = "traefik-ingress-controller"  # the name in the role of Traefik's documentation
_TRAEFIK_3_0 = "traefik-3.0"
_GATEWAYS = "gateway-role"  # the same for the Gateway API
_STARTS_S = 90
_OPERATIONS = 100  # operations of etcd at once
_INSTALLS = {
    "": ["configmaps", "pods", "secrets", "serviceaccounts", "services"],
    "apps": ["deployments"],
    "autoscaling": ["horizontalpodautoscalers"],
    "batch": ["jobs"],
    "cert-manager.io": ["certificates"],
    "gateway.networking.k8s.io": ["httproutes"],
    "monitoring.coreos.com": ["prometheusrules", "servicemonitors"],
    "networking.k8s.io": ["ingresses", "networkpolicies"],
    "policy": ["poddisruptionbudgets"],
    "traefik.io": ["ingressroutes", "middlewares"],
}


def _base64(text):
    return base64.b64encode(text.encode()).decode()


def load_all(text):
    """The objects of a file, read with the C loader because Traefik's kinds are long."""
    return [document for document in yaml.load_all(text, yaml.CSafeLoader) if document]


class Refused(AssertionError):
    """A response of the API server that is not a success; `status` and `message` state which."""

    def __init__(self, request, status, answer):
        self.status = status
        self.message = answer.get("message", "")
        super().__init__(f"{request}: {status} {self.message}")


class Api:
    """The API server, used with one token. Objects and responses are dictionaries."""

    def __init__(self, port, ca_file, token):
        self.url = f"https://127.0.0.1:{port}"
        self.ca_file, self.token = ca_file, token
        self._port = port
        self._context = ssl.create_default_context(cafile=ca_file)
        self._kinds = {}

    def connection(self):
        """A new connection, for requests that contain their own credentials."""
        return http.client.HTTPSConnection("127.0.0.1", self._port, timeout=30, context=self._context)

    def call(self, method, path, body=None, content_type="application/json", headers=()):
        connection = self.connection()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type, **dict(headers)}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            status, bytes = answer.status, answer.read()
        finally:
            connection.close()
        parsed = json.loads(bytes) if bytes[:1] == b"{" else {"message": bytes.decode()}
        if not 200 <= status < 300:
            raise Refused(f"{method} {path}", status, parsed)
        return parsed

    def path(self, api_version, kind, namespace=None, name=None):
        """The path of objects of a kind, according to the API server's discovery."""
        key = (api_version, kind)
        if key not in self._kinds:
            root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            for found in self.call("GET", root)["resources"]:
                if "/" not in found["name"]:
                    self._kinds[api_version, found["kind"]] = (root, found["name"], found["namespaced"])
        root, plural, namespaced = self._kinds[key]
        parts = [root, *(["namespaces", namespace] if namespaced and namespace else []), plural]
        return "/".join(parts + ([name] if name else []))

    def get(self, api_version, kind, namespace=None, name=None):
        return self.call("GET", self.path(api_version, kind, namespace, name))

    def items(self, api_version, kind, namespace=None):
        return self.get(api_version, kind, namespace)["items"]

    def create(self, *objects):
        for one in objects:
            path = self.path(one["apiVersion"], one["kind"], one["metadata"].get("namespace"))
            self.call("POST", path, one)

    def apply(self, one, **query):
        """Creates or changes an object; an unknown field is refused."""
        metadata = one["metadata"]
        path = self.path(one["apiVersion"], one["kind"], metadata.get("namespace"), metadata["name"])
        query = {"fieldManager": "rig", "force": "true", "fieldValidation": "Strict", **query}
        return self.call("PATCH", f"{path}?{urlencode(query)}", one, "application/apply-patch+yaml")

    def _path_of(self, one):
        metadata = one["metadata"]
        return self.path(one["apiVersion"], one["kind"], metadata.get("namespace"), metadata["name"])

    def delete(self, one):
        self.call("DELETE", self._path_of(one))
        if one["kind"] == "Namespace":  # no controller would delete it when it is empty
            self.call("PUT", f"{self._path_of(one)}/finalize", {**one, "spec": {"finalizers": []}})

    def has(self, one):
        try:
            self.call("GET", self._path_of(one))
            return True
        except Refused as refused:
            if refused.status != 404:
                raise
            return False

    def token_of(self, name, namespace):
        """A new token of a service account."""
        path = self.path("v1", "ServiceAccount", namespace, name)
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        return self.call("POST", f"{path}/token", request)["status"]["token"]

    def ready(self):
        try:
            self.call("GET", "/readyz")
            return True
        except (OSError, Refused):
            return False


def namespace(name):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _account(name, namespace):
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}


def _role(name, resources, verbs):
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [
            {"apiGroups": [group], "resources": names, "verbs": verbs} for group, names in resources.items()
        ],
    }


def _binding(kind, role, account, namespace):
    """Grants a service account the rights of a role: everywhere (ClusterRoleBinding) or in one namespace (RoleBinding)."""
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": kind,
        "metadata": {"name": f"{role}-of-{account}", "namespace": namespace},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }


def web_role(name, paths, verbs=("get",)):
    """A role that grants paths of applications."""
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [{"nonResourceURLs": list(paths), "verbs": list(verbs)}],
    }


def web_binding(name, role, user):
    """Binds a role to a user."""
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": user}],
    }


def object_role(name, resources, verbs):
    """A role that grants objects of the core group."""
    return _role(name, {"": resources}, verbs)


def _named(name, one):
    return {**one, "metadata": {**one["metadata"], "name": name}}


class ApiServer(Together):
    """One kube-apiserver on loopback; `api` has all rights."""

    def __init__(self, folder, authority, etcd, *flags):
        self.folder, self._authority = folder, authority
        self._port = free_port()
        self.audit_log = folder / "audit.log"
        token = uuid.uuid4().hex
        (folder / "tokens.csv").write_text(f"{token},operator,operator,system:masters\n")
        self.api = Api(self._port, authority.ca_file, token)
        self._command = self._command_of(etcd, flags)
        super().__init__()

    def _start(self):
        self._process = Process("kube-apiserver", self._command, self.folder)
        self._running.callback(self.kill)
        self._process.wait_until(self.api.ready, "ready", _STARTS_S)

    def kill(self):
        self._process.kill()

    def start_again(self):
        self._start()

    def as_account(self, token):
        return Api(self._port, self._authority.ca_file, token)

    def _audited(self):
        """What is recorded: requests in which users ask who they are."""
        asked = {"level": "Metadata", "resources": [{"group": "authentication.k8s.io"}]}
        policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [asked, {"level": "None"}]}
        path = self.folder / "audited.yaml"
        path.write_text(yaml.safe_dump(policy))
        return path

    def _command_of(self, etcd, flags):
        authority = self._authority
        return [
            tools.kube_apiserver(),
            f"--etcd-servers={etcd}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self._port}",
            f"--tls-cert-file={authority.cert_file}",
            f"--tls-private-key-file={authority.key_file}",
            f"--cert-dir={self.folder}",
            "--authorization-mode=RBAC",
            f"--client-ca-file={authority.ca_file}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={authority.cert_file}",
            f"--service-account-signing-key-file={authority.key_file}",
            "--service-cluster-ip-range=10.43.0.0/16,fd43::/112",
            "--endpoint-reconciler-type=none",
            f"--audit-policy-file={self._audited()}",
            f"--audit-log-path={self.audit_log}",
            *flags,
        ]


class Etcd(Process):
    """One etcd on loopback, without access control."""

    def __init__(self, folder):
        self.url = f"http://127.0.0.1:{free_port()}"
        peers = f"http://127.0.0.1:{free_port()}"
        command = [
            tools.etcd(),
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]
        super().__init__("etcd", command, folder)

    @contextmanager
    def filled(self, namespace, number):
        """Fills a namespace with this many config maps, directly in etcd, which takes a second."""
        began = f"/registry/configmaps/{namespace}/"
        metadata = {"namespace": namespace, "creationTimestamp": "2026-01-01T00:00:00Z"}
        for first in range(0, number, _OPERATIONS):
            puts = []
            for name in (f"map-{at:06}" for at in range(first, min(first + _OPERATIONS, number))):
                told = {**metadata, "name": name, "uid": str(uuid.uuid4())}
                value = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": told})
                puts.append({"requestPut": {"key": _base64(began + name), "value": _base64(value)}})
            self._ask("txn", {"success": puts})
        yield
        self._ask("deleterange", {"key": _base64(began), "range_end": _base64(began[:-1] + "0")})

    def _ask(self, what, question):
        request = urllib.request.Request(f"{self.url}/v3/kv/{what}", json.dumps(question).encode())
        urllib.request.urlopen(request, timeout=20).close()


class Cluster(Together):
    """etcd and kube-apiserver on loopback; `api` has all rights."""

    def __init__(self, folder):
        self.folder = folder
        self._authority = Authority(folder, ["kubernetes", "kubernetes.default.svc"])
        super().__init__()

    def _start(self):
        self.etcd = Etcd(self.folder)
        self._running.callback(self.etcd.kill)
        self.network = self._kept(Network())
        flag = self.network.egress(self.folder)
        self._server = self._kept(ApiServer(self.folder, self._authority, self.etcd.url, flag))
        self.api, self.audit_log = self._server.api, self._server.audit_log
        self._populate()
        self.jobs = self._kept(Jobs(self.api, self.folder))

    def beside(self, folder, *flags):
        """Another API server on the same objects, with additional flags; the caller stops it."""
        return ApiServer(folder, self._authority, self.etcd.url, *flags)

    def _populate(self):
        files = tools.crds("*definition*", "cert-manager*", "monitoring*", "gateway*")
        kinds = [kind for path in files for kind in load_all(path.read_text())]
        self.api.create(*kinds)
        wait_for(lambda: all(map(self.is_established, kinds)), "the kinds of others", _STARTS_S)
        rights = [one for path in tools.crds("*rbac*") for one in load_all(path.read_text())]
        self.api.create(*rights, _account(_TRAEFIK, "default"))
        self.api.create(
            _binding("ClusterRoleBinding", _GATEWAYS, _TRAEFIK, "default"),
            _account(_TRAEFIK_3_0, "default"),
            _binding("ClusterRoleBinding", _TRAEFIK, _TRAEFIK_3_0, "default"),
            _role("endpoints", {"": ["endpoints"]}, ["get", "list", "watch"]),
            _binding("ClusterRoleBinding", "endpoints", _TRAEFIK_3_0, "default"),
            _role("installer", _INSTALLS, ["*"]),
            _role("rights-of-installer", {_RBAC: _RIGHTS}, ["*"]),
        )

    def replace_kind(self, kind):
        """Replaces the definition of a kind; afterwards there are no objects of it."""
        self.api.delete(kind)
        wait_for(lambda: not self.api.has(kind), "the end of the old kind")
        self.api.create(kind)
        wait_for(lambda: self.is_established(kind), "the new kind")

    def is_established(self, kind):
        found = self.api.get(kind["apiVersion"], kind["kind"], name=kind["metadata"]["name"])
        conditions = found.get("status", {}).get("conditions") or []
        return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)

    def as_account(self, token):
        """The API server, used with a token."""
        return self._server.as_account(token)

    def traefik(self, version):
        """The API server with the rights that Traefik documents; 3.0 read Endpoints, later versions EndpointSlices."""
        account = _TRAEFIK_3_0 if version.startswith("3.0.") else _TRAEFIK
        return self.as_account(self.api.token_of(account, "default"))

    def namespace(self, name):
        """A new namespace, named after `name`, with an account that may install a chart there."""
        made = f"{name}-{uuid.uuid4().hex[:8]}"
        self.api.create(
            namespace(made),
            _account("installer", made),
            _binding("RoleBinding", "installer", "installer", made),
            _named(
                f"installer-of-{made}",
                _binding("ClusterRoleBinding", "rights-of-installer", "installer", made),
            ),
        )
        return made

    def let_install(self, installer, namespace):
        """Lets the installer of the namespace `installer` install charts in this one, too."""
        binding = _binding("RoleBinding", "installer", "installer", installer)
        named = {"name": f"installer-of-{installer}", "namespace": namespace}
        self.api.create({**binding, "metadata": named})

    def account(self, name, *verbs):
        """An account that has these verbs on RBAC objects; returns its namespace and token."""
        namespace = self.namespace(name)
        self.api.create(_account(name, namespace))
        if verbs:
            self.let(name, namespace, *verbs)
        return namespace, self.api.token_of(name, namespace)

    def account_of(self, namespace, name, rules):
        """An account in a namespace, with these rules in all namespaces; returns its token."""
        role = {**_role(f"{name}-{namespace}", {}, []), "rules": rules}
        binding = _binding("ClusterRoleBinding", role["metadata"]["name"], name, namespace)
        self.api.create(_account(name, namespace), role, binding)
        return self.api.token_of(name, namespace)

    def let(self, name, namespace, *verbs):
        role = self._role_of_reader(f"{name}-{namespace}", verbs)
        self.api.create(role, _binding("ClusterRoleBinding", f"{name}-{namespace}", name, namespace))

    def client(self, folder, name, *verbs):
        """The files of the certificate and key of a user who has these verbs."""
        self.api.create(self._role_of_reader(name, verbs), web_binding(name, name, name))
        return self._authority.client(folder, name)

    @staticmethod
    def _role_of_reader(name, verbs):
        return _role(name, {_RBAC: ["clusterroles", "clusterrolebindings"]}, list(verbs))

    def installer(self, namespace):
        """The API server, used as the account that installs charts in a namespace."""
        return self.as_account(self.api.token_of("installer", namespace))

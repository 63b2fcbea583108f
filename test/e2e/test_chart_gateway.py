# SPDX-License-Identifier: Apache-2.0
"""
Routes of every kind on a real API server: those of the chart for its own pages, and those in doc/traefik.md for
applications. Traefik reads HTTPRoutes, Ingresses and IngressRoutes, and no other namespace can use its middlewares.
"""

import base64

import pytest
import yaml
from rig import expect
from rig.app import App
from rig.dex import ADA
from rig.documents import of_kind
from rig.helm import Release
from rig.pod import Installed, Network
from rig.provided import Provided
from rig.together import Together

pytestmark = pytest.mark.xdist_group("cluster")

(SHOWN,) = (
    block for block in of_kind("yaml kubernetes", "doc/traefik.md") if block.documents()[0]["kind"] == "HTTPRoute"
)


class Stand(Together):
    """
    Two releases, whose pages are routed by HTTPRoutes and by Ingresses; an application behind both, in its own
    namespace, which has their middlewares.
    """

    def __init__(self, rig, cluster, folder):
        self.rig, self.cluster, self.folder = rig, cluster, folder
        super().__init__()

    def _start(self):
        self.network = self._kept(Network(self.cluster.api))
        self.app = self._kept(App())
        self.apps = self.cluster.namespace("apps")
        self._open_gateway()
        gateway = {"parentRefs": [{"name": "traefik-gateway", "namespace": self.apps}]}
        by_gateway = self._installed("sallyport", ["app.test", "wiki.test"], kind="httproute", httproute=gateway)
        by_ingress = self._installed("door", ["other.test"], kind="ingress")
        self._publish_app(by_gateway)
        self.traefik = self._kept(
            Provided(
                "3.7.15",
                self.folder,
                cluster=self.cluster,
                namespaces=[self.apps, by_gateway.namespace, by_ingress.namespace],
                network=self.network,
                authority=self.rig.authority,
                ports=self.rig.ports,
                crd={"allowCrossNamespace": False},
                ingress={},
                gateway={},
            )
        )
        self.traefik.wait_for_routes(5)  # of two releases' pages and three applications, none with a middleware elsewhere

    def _open_gateway(self):
        authority = self.rig.authority
        pem = {"tls.crt": authority.cert_file, "tls.key": authority.key_file}
        data = {name: base64.b64encode(file.read_bytes()).decode() for name, file in pem.items()}
        secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": data}
        of_class = {"controllerName": "traefik.io/gateway-controller"}
        listener = {
            "name": "websecure",
            "port": self.rig.ports.https,
            "protocol": "HTTPS",
            "tls": {"certificateRefs": [{"name": "certificate"}]},
            "allowedRoutes": {"namespaces": {"from": "All"}},
        }
        version = {"apiVersion": "gateway.networking.k8s.io/v1"}
        self.cluster.api.create(
            {**secret, "metadata": {"name": "certificate", "namespace": self.apps}},
            {**version, "kind": "GatewayClass", "metadata": {"name": self.apps}, "spec": of_class},
            {
                **version,
                "kind": "Gateway",
                "metadata": {"name": "traefik-gateway", "namespace": self.apps},
                "spec": {"gatewayClassName": self.apps, "listeners": [listener]},
            },
        )

    def _installed(self, name, hosts, **pages):
        """A release with its program running."""
        folder = self.folder / name
        folder.mkdir()
        release = Release(self.cluster, folder, name)
        self.cluster.let_install(release.namespace, self.apps)
        client = self.rig.dex.confidential
        config = {"issuer": self.rig.dex.central.issuer, "client_id": client.id}
        config["hosts"] = [f"https://{host}:{self.rig.ports.https}" for host in hosts]
        config["policies"] = {"default": [{"action": "public", "path_prefix": "/open"}, {"action": "allow"}]}
        release.install(
            {
                "trustedProxies": ["127.0.0.0/8"],
                "platform": "k3s",
                "config": config,
                "clientSecret": {"value": client.secret},
                "issuerCA": {"pem": self.rig.authority.ca_file.read_text()},
                "pages": pages,
                "traefik": {"namespaces": [self.apps]},
            }
        )
        self._kept(Installed(release, self.network, folder))
        return release

    def _publish_app(self, release):
        """Through the HTTPRoute and the Ingress in the document, and IngressRoutes with and without a namespace."""
        shown = SHOWN.text.replace("namespace: apps", f"namespace: {self.apps}")
        shown = shown.replace("namespace: traefik", f"namespace: {self.apps}")
        shown = shown.replace("apps-sallyport@", f"{self.apps}-door-sallyport@").replace(".example.com", ".test")
        port = {"name": "http", "port": 8080, "targetPort": 8080}
        metadata = {"name": "app", "namespace": self.apps}
        service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata}
        self.cluster.api.create({**service, "spec": {"selector": {"app": "app"}, "ports": [port]}})
        for one in yaml.safe_load_all(shown):
            self.cluster.api.apply(one)
        self._route("wiki", "Host(`wiki.test`)", {"name": "sallyport"})
        elsewhere = {"name": "sallyport", "namespace": release.namespace}
        self._route("elsewhere", "Host(`grafana.example.test`)", elsewhere)
        self.network.attach(self.apps, {"app": "app"}, {8080: self.app.port})

    def _route(self, name, rule, middleware):
        services = [{"name": "app", "port": 8080}]
        route = {"kind": "Rule", "match": rule, "middlewares": [middleware], "services": services}
        spec = {"entryPoints": ["websecure"], "routes": [route], "tls": {}}
        metadata = {"name": name, "namespace": self.apps}
        one = {"apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute", "metadata": metadata, "spec": spec}
        self.cluster.api.create(one)

    def url(self, host, target):
        return f"https://{host}:{self.rig.ports.https}{target}"


@pytest.fixture(scope="module")
def stand(rig, cluster, tmp_path_factory):
    stand = Stand(rig, cluster, tmp_path_factory.mktemp("gateway"))
    yield stand
    stand.stop()


@pytest.mark.parametrize("host", ["app.test", "other.test", "wiki.test"])
def test_a_route_of_any_kind_is_protected_by_the_middleware_of_its_own_namespace(host, stand, browser):
    visit = browser.log_in(stand.url(host, "/x?y=1"), ADA)
    assert visit.final.status == 200 and visit.final.url == stand.url(host, "/x?y=1"), str(visit)
    assert stand.app.last.value("X-Forwarded-User") == ADA.email
    assert browser.send("api", stand.url(host, "/_sallyport/me")).json()["email"] == ADA.email


@pytest.mark.parametrize("host", ["app.test", "other.test"])
def test_the_middleware_cleans_before_it_asks_whatever_the_kind_of_route(host, stand, browser):
    lies = {"X-Forwarded-User": "mallory", "X-Original-URL": "/secret"}
    assert browser.send("api", stand.url(host, "/open"), headers=lies).status == 200
    assert not any(stand.app.last.values(name) for name in lies)
    seen = len(stand.app.seen)
    lie = {"X-Forwarded-Uri": "/open"}
    expect.problem(browser.send("api", stand.url(host, "/secret"), headers=lie), 401, "no_session")
    assert len(stand.app.seen) == seen


def test_a_middleware_of_another_namespace_is_lent_to_nobody(stand, browser):
    """According to doc/clusters.md, traefik.namespaces creates the chain where it is needed."""
    assert browser.send("api", stand.url("grafana.example.test", "/x")).status == 404
    assert "allowCrossNamespace is disabled, cross-namespace are disallowed" in stand.traefik.text()

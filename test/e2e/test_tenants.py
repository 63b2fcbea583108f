# SPDX-License-Identifier: Apache-2.0
"""
Tenants of a cluster who put the operator's chain, which has a proxy key, before a program of their own: the settings of
Traefik that doc/security.md leads with, on real Traefik with its own kinds of object and Ingresses.
"""

from types import SimpleNamespace

import pytest
from rig.app import App
from rig.bound import KEY, LISTED, binding
from rig.browser import Browser
from rig.pod import Network
from rig.process import wait_for
from rig.provided import Provided
from test_bearer import bearer, tokens_of

# One API server for all of them, whichever process runs them.
pytestmark = pytest.mark.xdist_group("cluster")

HOST, TOKEN = "app.example.test", "token-of-the-account"
CRD = "traefik.io/v1alpha1"


class Between(Provided):
    """Traefik of a cluster that Ingresses are read of, too; `closed`: as doc/security.md wants it for credentials."""

    def __init__(self, *arguments, closed, operator, **options):
        self._closed, self._operator = closed, operator
        super().__init__(*arguments, **options)

    def _static(self, *arguments):
        static = super()._static(*arguments)
        providers = static["providers"]
        access = {name: providers["kubernetesCRD"][name] for name in ("endpoint", "token", "certAuthFilePath")}
        providers["kubernetesCRD"]["allowCrossNamespace"] = not self._closed
        providers["kubernetesIngress"] = {**access, "namespaces": self._namespaces}
        if self._closed:
            providers["kubernetesIngress"]["crossProviderNamespaces"] = [self._operator]
        return static


def published(namespace, name, path, *middlewares):
    """An IngressRoute of the host to the Service `app` of a namespace."""
    rule = f"Host(`{HOST}`) && PathPrefix(`{path}`)"
    route = {"kind": "Rule", "match": rule, "services": [{"name": "app", "port": 8080}]}
    return {
        "apiVersion": CRD,
        "kind": "IngressRoute",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"entryPoints": ["websecure"], "routes": [{**route, "middlewares": list(middlewares)}], "tls": {}},
    }


def ingress(namespace, name, path, chain=""):
    """An Ingress for the same, with the annotation that names a middleware of another kind of object."""
    annotations = {"traefik.ingress.kubernetes.io/router.entrypoints": "websecure"}
    annotations["traefik.ingress.kubernetes.io/router.tls"] = "true"
    if chain:
        annotations["traefik.ingress.kubernetes.io/router.middlewares"] = f"{chain}@kubernetescrd"
    backend = {"service": {"name": "app", "port": {"number": 8080}}}
    paths = [{"path": path, "pathType": "Prefix", "backend": backend}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "spec": {"rules": [{"host": HOST, "http": {"paths": paths}}]},
    }


def service(namespace):
    port = {"name": "http", "port": 8080, "targetPort": 8080}
    metadata = {"name": "app", "namespace": namespace}
    spec = {"selector": {"app": "app"}, "ports": [port]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def middleware(namespace, name, **spec):
    return {"apiVersion": CRD, "kind": "Middleware", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


@pytest.fixture
def apps():
    made = [App(), App()]
    yield made
    for app in made:
        app.stop()


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
def test_ac_84_a_tenant_gets_the_token_by_the_operators_chain_only_where_traefik_lends_it(
    closed, cluster, rig, apps, make_sallyport, tmp_path
):
    operator, tenant = cluster.namespace("operator"), cluster.namespace("tenant")
    files = {"token_file": str(tmp_path / "account-token"), "proxy_key_file": str(tmp_path / "proxy-key")}
    bound = binding(tmp_path, HOST, TOKEN, **files)
    sallyport = make_sallyport({"bearer_audiences": [rig.dex.public.id], "credentials": [bound]})
    ask = {"address": f"{sallyport.auth_url}/auth/traefik?headers=kubernetes", "authResponseHeaders": list(LISTED)}
    ask["trustForwardHeader"] = True
    names = [{"name": name} for name in ("key", "ask")]
    lent = {"name": "chain", "namespace": operator}
    cluster.api.create(
        service(operator),
        service(tenant),
        middleware(operator, "key", headers={"customRequestHeaders": {"X-Sallyport-Proxy-Key": KEY}}),
        middleware(operator, "ask", forwardAuth=ask),
        middleware(operator, "chain", chain={"middlewares": names}),
        published(operator, "own", "/", {"name": "chain"}),
        published(tenant, "lent", "/lent", lent),
        published(tenant, "unprotected", "/unprotected"),
        ingress(tenant, "named", "/named", f"{operator}-chain"),
        ingress(tenant, "open", "/open"),
    )
    network = Network(cluster.api)
    operators, tenants = apps
    network.attach(operator, {"app": "app"}, {8080: operators.port})
    network.attach(tenant, {"app": "app"}, {8080: tenants.port})
    traefik = Between(
        "3.7.15",
        tmp_path,
        cluster=cluster,
        namespaces=[operator, tenant],
        network=network,
        authority=rig.authority,
        ports=rig.ports,
        closed=closed,
        operator=operator,
    )
    try:
        browser = Browser(rig.authority)
        site = SimpleNamespace(issuer=rig.dex.central.issuer, browser=lambda: browser)
        token = tokens_of(site, rig.dex.public)["id_token"]

        def given(app, path):
            """What Authorization an application gets by a request for the path; none where it gets no request."""
            app.seen.clear()
            browser.send("api", f"https://{HOST}:{rig.ports.https}{path}", headers=bearer(token))
            return [request.value("Authorization") for request in app.seen]

        wait_for(lambda: given(operators, "/own") == [f"Bearer {TOKEN}"], "the operator's own route")
        # Where these lead to the tenant, Traefik has read both kinds of object, and taken or refused what else there is.
        for path in ("/unprotected", "/open"):
            wait_for(lambda path=path: given(tenants, path) == [f"Bearer {token}"], f"the route to {path}")
        for path in ("/lent", "/named"):
            assert given(tenants, path) == ([] if closed else [f"Bearer {TOKEN}"]), path
    finally:
        traefik.stop()
        network.stop()

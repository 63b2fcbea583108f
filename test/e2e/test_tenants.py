# SPDX-License-Identifier: Apache-2.0
"""
Tenants of a cluster who use the operator's chain, which has a proxy key, in front of their own program: the settings of
Traefik that doc/security.md begins with, on real Traefik with its own kinds of object and Ingresses. Also tenants who
publish other tenants' hosts: the policy of that page, on a real API server.
"""

import re
from contextlib import ExitStack, suppress
from types import SimpleNamespace

import pytest
from playwright.sync_api import Error
from rig import tools
from rig.app import App
from rig.bound import KEY, LISTED, binding
from rig.browser import Browser
from rig.documents import of_kind
from rig.kube import Refused, load_all
from rig.pod import Network
from rig.ports import free_port
from rig.process import Process, wait_for
from rig.provided import Provided
from rig.sallyport import Sallyport
from rig.site import Ports
from rig.together import Together
from rig.traefik import Routes, Traefik
from test_bearer import bearer, tokens_of

# All tests of this group share one API server.
pytestmark = pytest.mark.xdist_group("cluster")

HOST, TOKEN = "app.example.test", "token-of-the-account"
LIE = "somebody@example.com"
CRD = "traefik.io/v1alpha1"


class Between(Provided):
    """The Traefik of a cluster, with a chain in a file, too; `in_file` has its middlewares."""

    def __init__(self, *arguments, in_file, **options):
        self._in_file = in_file
        super().__init__(*arguments, **options)

    def as_dict(self, authority):
        told = super().as_dict(authority)
        if self._in_file:
            told["http"]["middlewares"] = self._in_file
        return told


def published(namespace, name, path, *middlewares, to="app"):
    """An IngressRoute of the host to a Service of a namespace."""
    rule = f"Host(`{HOST}`) && PathPrefix(`{path}`)"
    route = {"kind": "Rule", "match": rule, "services": [{"name": to, "port": 8080}]}
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
        annotations["traefik.ingress.kubernetes.io/router.middlewares"] = chain
    backend = {"service": {"name": "app", "port": {"number": 8080}}}
    paths = [{"path": path, "pathType": "Prefix", "backend": backend}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "spec": {"rules": [{"host": HOST, "http": {"paths": paths}}]},
    }


def named(namespace, name):
    return {"name": name, "namespace": namespace}


def service(namespace):
    port = {"name": "http", "port": 8080, "targetPort": 8080}
    spec = {"selector": {"app": "app"}, "ports": [port]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": named(namespace, "app"), "spec": spec}


def leads_to(name):
    """A Service of the type ExternalName."""
    return {"apiVersion": "v1", "kind": "Service", "spec": {"type": "ExternalName", "externalName": name}}


def middleware(namespace, name, **spec):
    return {"apiVersion": CRD, "kind": "Middleware", "metadata": named(namespace, name), "spec": spec}


def chain_of(sallyport):
    """The operator's middlewares: the key, forwardAuth, and the chain of both."""
    ask = {"address": f"{sallyport.auth_url}/auth/traefik?headers=kubernetes", "authResponseHeaders": list(LISTED)}
    return {
        "key": {"headers": {"customRequestHeaders": {"X-Sallyport-Proxy-Key": KEY}}},
        "ask": {"forwardAuth": {**ask, "trustForwardHeader": True}},
        "chain": {"chain": {"middlewares": [{"name": "key"}, {"name": "ask"}]}},
    }


class Tenancy(Together):
    """An operator and a tenant of one Traefik, each with an application: how they are told apart depends on Traefik."""

    def __init__(self, rig, cluster, folder):
        self.rig, self.cluster, self.folder = rig, cluster, folder
        super().__init__()

    def _start(self):
        api, dex = self.cluster.api, self.rig.dex
        self.operators, self.tenants = self._kept(App()), self._kept(App())
        files = {"token_file": str(self.folder / "account-token"), "proxy_key_file": str(self.folder / "proxy-key")}
        bound = binding(self.folder, HOST, TOKEN, **files)
        settings = {
            "issuer": dex.central.issuer,
            "issuer_ca_file": str(self.rig.authority.ca_file),
            "client_id": dex.confidential.id,
            "client_secret_file": "client-secret",
            "keys_file": "keys",
            "policies": {"default": "authenticated"},
            "bearer_audiences": [dex.public.id],
            "credentials": [bound],
        }
        self.sallyport = self._kept(Sallyport(self.folder, settings, secret=dex.confidential.secret))
        self.operator, self.tenant = self.cluster.namespace("operator"), self.cluster.namespace("tenant")
        self.begins_alike = f"{self.tenant}-tools"  # another one of the operator
        chain = chain_of(self.sallyport)
        lent = {"name": "chain", "namespace": self.operator}
        elsewhere = leads_to(f"app.{self.operator}.svc")
        api.create(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.begins_alike}},
            *(middleware(self.begins_alike, name, **spec) for name, spec in chain.items()),
            published(self.tenant, "hyphen", "/hyphen", {"name": "tools-chain"}),
            middleware(self.tenant, "lie", headers={"customRequestHeaders": {"X-Forwarded-User": LIE}}),
            {**elsewhere, "metadata": named(self.tenant, "elsewhere")},
            published(self.tenant, "elsewhere", "/elsewhere", {"name": "lie"}, to="elsewhere"),
            service(self.operator),
            service(self.tenant),
            *(middleware(self.operator, name, **spec) for name, spec in chain.items()),
            published(self.operator, "own", "/", {"name": "chain"}),
            published(self.tenant, "lent", "/lent", lent),
            published(self.tenant, "file", "/file", {"name": "chain@file"}),
            published(self.tenant, "unprotected", "/unprotected"),
            ingress(self.tenant, "named", "/named", f"{self.operator}-chain@kubernetescrd"),
            ingress(self.tenant, "named-file", "/ingress-file", "chain@file"),
            ingress(self.tenant, "open", "/open"),
        )
        self.in_file = {**chain, "chain": {"chain": {"middlewares": ["key", "ask"]}}}
        self.network = self._kept(Network(api))
        self.network.attach(self.operator, {"app": "app"}, {8080: self.operators.port})
        self.network.attach(self.tenant, {"app": "app"}, {8080: self.tenants.port})
        self.browser = Browser(self.rig.authority)
        site = SimpleNamespace(issuer=dex.central.issuer, browser=lambda: self.browser)
        self.token = tokens_of(site, dex.public)["id_token"]

    def traefik(self, folder, in_file=False, namespaces=(), **providers):
        return Between(
            "3.7.15",
            folder,
            cluster=self.cluster,
            namespaces=[self.operator, self.tenant, *namespaces],
            network=self.network,
            authority=self.rig.authority,
            ports=self.rig.ports,
            in_file=self.in_file if in_file else None,
            **providers,
        )

    def given(self, app, path):
        """The Authorization that an application gets for the path, or None if it gets no request."""
        app.seen.clear()
        self.browser.send("api", f"https://{HOST}:{self.rig.ports.https}{path}", headers=bearer(self.token))
        return [request.value("Authorization") for request in app.seen]


@pytest.fixture(scope="module")
def tenancy(rig, cluster, tmp_path_factory):
    tenancy = Tenancy(rig, cluster, tmp_path_factory.mktemp("tenancy"))
    yield tenancy
    tenancy.stop()


OWN = "crossProviderNamespaces"
# By each setting that doc/security.md names: what the tenant gets the account's token by. `OWN`: the operator alone.
SETTINGS = {
    "as documented": ({"allowCrossNamespace": False}, {OWN: True}, False, ()),
    "the provider of Ingresses off": ({"allowCrossNamespace": False}, None, False, ()),
    "allowCrossNamespace": ({"allowCrossNamespace": True}, {OWN: True}, False, ("/lent",)),
    "an annotation ignores allowCrossNamespace": ({"allowCrossNamespace": False}, {}, False, ("/named",)),
    "a chain in the file": ({"allowCrossNamespace": False}, {OWN: True}, True, ("/file",)),
    "and by annotation": ({"allowCrossNamespace": False}, {}, True, ("/named", "/file", "/ingress-file")),
    "a chain in the file that nobody may name": (
        {"allowCrossNamespace": False, OWN: True},
        {OWN: True},
        True,
        (),
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_ac_84_a_tenant_gets_the_token_by_the_operators_chain_only_where_traefik_lends_it(name, tenancy, tmp_path):
    of_routes, of_ingresses, in_file, lends = SETTINGS[name]
    own = {OWN: [tenancy.operator]}
    crd = {**of_routes, **(own if OWN in of_routes else {})}
    ingress = {**of_ingresses, **own} if of_ingresses else of_ingresses
    traefik = tenancy.traefik(tmp_path, in_file, crd=crd, ingress=ingress)
    try:
        own_route = [f"Bearer {TOKEN}"]
        wait_for(lambda: tenancy.given(tenancy.operators, "/own") == own_route, "the operator's own route")
        # Where these lead to the tenant, Traefik has read both kinds of object, and taken or refused what else there is.
        # They show what no setting prevents, either: of a host that it may route, a tenant gets the clients' own tokens.
        unprotected = ("/unprotected", *(["/open"] if of_ingresses is not None else []))
        for path in unprotected:
            wait_for(lambda path=path: tenancy.given(tenancy.tenants, path) == [f"Bearer {tenancy.token}"], path)
        for path in ("/lent", "/named", "/file", "/ingress-file", "/hyphen"):
            found = tenancy.given(tenancy.tenants, path)
            assert found == ([f"Bearer {TOKEN}"] if path in lends else []), path
        assert tenancy.given(tenancy.operators, "/elsewhere") == own_route  # through the chain
    finally:
        traefik.stop()


@pytest.mark.parametrize("is_safe", [False, True], ids=["as it is", "as documented"])
def test_ac_84_names_that_begin_alike_lend_the_chain_and_other_names_lead_past_it(is_safe, tenancy, tmp_path):
    """Of a namespace, and of a Service; Traefik has a setting against each."""
    crd = {"allowCrossNamespace": False, "safeNaming": is_safe, "allowExternalNameServices": not is_safe}
    traefik = tenancy.traefik(tmp_path, namespaces=[tenancy.begins_alike], crd=crd)
    try:
        read = [f"Bearer {tenancy.token}"]
        wait_for(lambda: tenancy.given(tenancy.tenants, "/unprotected") == read, "the routes")
        assert tenancy.given(tenancy.tenants, "/hyphen") == ([] if is_safe else [f"Bearer {TOKEN}"])
        tenancy.given(tenancy.operators, "/elsewhere")
        assert tenancy.operators.last.value("X-Forwarded-User") == (None if is_safe else LIE)
    finally:
        traefik.stop()


# A program that speaks HTTP/2 without TLS, and writes down what it is asked.
SPEAKS_HTTP2 = """
const server = require("http2").createServer();
server.on("stream", (stream, headers) => {
  console.log(headers[":authority"], headers[":path"], headers.cookie);
  stream.respond({":status": 200, "content-type": "text/html"});
  stream.end("");
});
server.listen(Number(process.argv[1]), "127.0.0.1", () => console.log("ready"));
"""


class WithTcp(Routes):
    """Routes that have one for TCP besides: of `app.example.test`'s neighbour, to a port of loopback."""

    def as_dict(self, authority):
        told = super().as_dict(authority)
        tls = {"passthrough": self.passes_through}
        router = {"rule": f"HostSNI(`{NEIGHBOUR}`)", "entryPoints": ["secure"], "service": "tenant", "tls": tls}
        server = {"loadBalancer": {"servers": [{"address": f"127.0.0.1:{self.port_of_tenant}"}]}}
        told["tcp"] = {"routers": {"tenant": router}, "services": {"tenant": server}}
        return told


NEIGHBOUR = "grafana.example.test"


@pytest.mark.parametrize("passes_through", [False, True], ids=["TLS ends at Traefik", "TLS passes through"])
def test_ac_84_a_tcp_route_where_tls_ends_gets_the_cookies_of_other_hosts(passes_through, rig, page, tmp_path):
    """One certificate for both hosts: a browser sends requests for either over the connection that it has."""
    with ExitStack() as running:
        app, port = App(), free_port()
        running.callback(app.stop)
        tenant = Process("tenant", [tools.node(), "-e", SPEAKS_HTTP2, port], tmp_path)
        running.callback(tenant.stop)
        tenant.wait_until(lambda: "ready" in tenant.text(), "ready")
        routes = WithTcp(app=app.url, auth="http://127.0.0.1:1", pages=app.url)
        routes.passes_through, routes.port_of_tenant = passes_through, port
        routes.route("app", f"Host(`{HOST}`)")
        ports = Ports(free_port(), free_port())
        traefik = Traefik("3.7.15", tmp_path, routes=routes, authority=rig.authority, ports=ports)
        running.callback(traefik.stop)
        url = f"https://{HOST}:{ports.https}/"
        session = {"name": "__Host-sallyport", "value": "secret", "url": url, "secure": True, "httpOnly": True}
        page.context.add_cookies([session])
        with suppress(Error):  # the program has no certificate of its own
            page.goto(f"https://{NEIGHBOUR}:{ports.https}/")
        page.context.new_page().goto(url)  # nothing of the failure is left there
        assert ("sallyport=secret" in tenant.text()) is not passes_through
        assert bool(app.seen) is passes_through


# ---- hosts by namespace --------------------------------------------------------------------------------

OWN_HOSTS = "a.example.test *.team.example.test"
GATEWAY = "gateway.networking.k8s.io/v1"
OLD_GATEWAY = "gateway.networking.k8s.io/v1alpha2"  # all that there was of a TLSRoute before Gateway API 1.5


def ingress_route(match, kind="IngressRoute"):
    route = {"match": match, "services": [{"name": "app", "port": 8080}]}
    routes = [{**route, "kind": "Rule"} if kind == "IngressRoute" else route]
    return {"apiVersion": CRD, "kind": kind, "spec": {"routes": routes, "tls": {}}}


def tcp_route(match, **tls):
    one = ingress_route(match, "IngressRouteTCP")
    return {**one, "spec": {**one["spec"], "tls": tls}}


def gateway_route(kind, *hosts):
    backends = [{"backendRefs": [{"name": "app", "port": 8080}]}]
    spec = {"parentRefs": [{"name": "gateway", "namespace": "traefik"}], "rules": backends}
    version = OLD_GATEWAY if kind == "TLSRoute" else GATEWAY
    return {"apiVersion": version, "kind": kind, "spec": {**spec, **({"hostnames": list(hosts)} if hosts else {})}}


def ingress_of(*hosts, path="/", annotations=(), **spec):
    backend = {"service": {"name": "app", "port": {"number": 8080}}}
    paths = [{"path": path, "pathType": "ImplementationSpecific", "backend": backend}]
    rules = [{**({"host": host} if host else {}), "http": {"paths": paths}} for host in hosts]
    made = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {**({"rules": rules} if rules else {}), **spec}}
    return {**made, "metadata": {"annotations": dict(annotations)}}


MATCHER = "traefik.ingress.kubernetes.io/router.pathmatcher"
BACKEND = {"service": {"name": "app", "port": {"number": 8080}}}
TAKEN = {
    "ingress": ingress_of("a.example.test", "b.team.example.test"),
    "ingress, wildcard": ingress_of("*.team.example.test"),
    "ingress, matcher": ingress_of("a.example.test", annotations={MATCHER: "Path"}),
    "route": ingress_route("Host(`a.example.test`)"),
    "route, path": ingress_route("Host(`b.c.team.example.test`) && (PathPrefix(`/x`) && !Method(`PUT`))"),
    "route, tcp": tcp_route("HostSNI(`a.example.test`)", passthrough=True),
    "service, other name": leads_to("b.team.example.test"),
    "tls route": gateway_route("TLSRoute", "a.example.test"),
    "http route": gateway_route("HTTPRoute", "a.example.test", "*.team.example.test"),
}
REFUSED = {
    "ingress": ingress_of(HOST),
    "ingress, second rule": ingress_of("a.example.test", HOST),
    "ingress, any host": ingress_of(""),
    "ingress, wildcard": ingress_of("*.example.test"),
    "ingress, default backend": ingress_of("a.example.test", defaultBackend=BACKEND),
    "ingress, nothing but a default backend": ingress_of(defaultBackend=BACKEND),
    "ingress, domain of a suffix": ingress_of("steam.example.test"),
    "ingress, matcher": ingress_of("a.example.test", annotations={MATCHER: f"Path(`/`) || Host(`{HOST}`) && Path"}),
    "ingress, matcher in capitals": ingress_of(
        "a.example.test", annotations={MATCHER.replace("pathm", "PathM"): f"Path(`/`) || Host(`{HOST}`) && Path"}
    ),
    "ingress, other host": ingress_of(
        "www.team.example.test", annotations={"nginx.ingress.kubernetes.io/from-to-www-redirect": "true"}
    ),
    "ingress, alias": ingress_of("a.example.test", annotations={"nginx.ingress.kubernetes.io/server-alias": HOST}),
    "ingress, path": ingress_of("a.example.test", path=f"/`) || Host(`{HOST}"),
    "route": ingress_route(f"Host(`{HOST}`)"),
    "route, path": ingress_route(f"Host(`{HOST}`) && PathPrefix(`/x`)"),
    "route, or": ingress_route(f"Host(`a.example.test`) || Host(`{HOST}`)"),
    "route, or in brackets": ingress_route(f"Host(`a.example.test`) && PathPrefix(`/`) || (Host(`{HOST}`))"),
    "route, no host": ingress_route("PathPrefix(`/`)"),
    "route, not a host": ingress_route("!Host(`a.example.test`)"),
    "route, pattern": ingress_route("HostRegexp(`.*`)"),
    "route, two hosts": ingress_route(f"Host(`a.example.test`, `{HOST}`)"),
    "route, other quotes": ingress_route(f'Host("{HOST}")'),
    "route, capitals": ingress_route(f"Host(`{HOST.upper()}`)"),
    "route, dot": ingress_route("Host(`a.example.test.`)"),
    "route, line": ingress_route(f"Host(`a.example.test`)\n|| Host(`{HOST}`)"),
    "route, tcp": tcp_route(f"HostSNI(`{HOST}`)", passthrough=True),
    "route, tcp, any": tcp_route("HostSNI(`*`)", passthrough=True),
    "route, tcp, TLS ends here": tcp_route("HostSNI(`a.example.test`)"),
    "route, tcp, TLS is said to end here": tcp_route("HostSNI(`a.example.test`)", passthrough=False),
    "route, tcp, no TLS": ingress_route("HostSNI(`a.example.test`)", "IngressRouteTCP"),
    "service, other name": leads_to("app.operator.svc"),
    "service, address": leads_to("10.42.0.1"),
    "http route": gateway_route("HTTPRoute", HOST),
    "http route, second": gateway_route("HTTPRoute", "a.example.test", HOST),
    "http route, any host": gateway_route("HTTPRoute"),
    "http route, wildcard": gateway_route("HTTPRoute", "*.example.test"),
    "grpc route": gateway_route("GRPCRoute", HOST),
    "tls route": gateway_route("TLSRoute", HOST),
}


def placed(one, namespace):
    """A route in a namespace."""
    return {**one, "metadata": {**one.get("metadata", {}), **named(namespace, "tried")}}


def is_refused(api, one):
    """Whether the API server would refuse it for its hosts."""
    try:
        api.apply(one, dryRun="All")
        return False
    except Refused as refused:
        assert "hosts-by-namespace" in refused.message, refused
        return True


def annotated(namespace, hosts):
    metadata = {"name": namespace, "annotations": {"platform.example.com/hosts": hosts}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


@pytest.fixture(scope="module")
def limited(tenancy):
    """The policy of doc/security.md, and the tenant's namespace with hosts of its own."""
    api = tenancy.cluster.api
    (path,) = tools.crds("*tlsroutes*")
    (kind,) = load_all(path.read_text())
    old = next(one for one in kind["spec"]["versions"] if one["name"] == OLD_GATEWAY.partition("/")[2])
    versions = [{**old, "served": True, "storage": True}]
    tenancy.cluster.replace_kind({**kind, "spec": {**kind["spec"], "versions": versions}})
    (policy,) = (block.documents() for block in of_kind("yaml kubernetes", "doc/security.md"))
    refused = placed(REFUSED["route"], tenancy.tenant)
    assert not is_refused(api, refused)
    for one in (
        *policy,
        annotated(tenancy.tenant, OWN_HOSTS),
        annotated(tenancy.begins_alike, "*"),
    ):
        api.apply(one)
    wait_for(lambda: is_refused(api, refused) and not is_refused(api, placed(TAKEN["route"], tenancy.tenant)), "both")
    yield
    tenancy.cluster.replace_kind(kind)
    for one in reversed(policy):
        api.delete(one)
    wait_for(lambda: not is_refused(api, refused), "the end of the policy")


@pytest.mark.parametrize("name", TAKEN)
def test_a_route_for_the_hosts_of_its_namespace_is_taken(name, tenancy, limited):
    assert not is_refused(tenancy.cluster.api, placed(TAKEN[name], tenancy.tenant))
    assert is_refused(tenancy.cluster.api, placed(TAKEN[name], tenancy.operator))  # which has none


@pytest.mark.parametrize("name", REFUSED)
def test_ac_84_a_route_for_the_hosts_of_others_is_refused(name, tenancy, limited):
    assert is_refused(tenancy.cluster.api, placed(REFUSED[name], tenancy.tenant))
    assert not is_refused(tenancy.cluster.api, placed(REFUSED[name], tenancy.begins_alike))  # which may have any


def test_ac_84_a_route_that_was_taken_does_not_become_one_that_is_not(tenancy, limited):
    api = tenancy.cluster.api
    one = placed(TAKEN["route"], tenancy.tenant)
    api.create(one)
    try:
        assert is_refused(api, placed(REFUSED["route"], tenancy.tenant))
    finally:
        api.delete(one)


def test_a_service_with_pods_needs_no_host(tenancy, limited):
    for namespace in (tenancy.tenant, tenancy.operator):
        assert not is_refused(tenancy.cluster.api, placed(service(namespace), namespace))


def test_the_refusal_says_whose_hosts_the_namespace_has_and_which_the_route_names(tenancy, limited):
    one = placed(gateway_route("HTTPRoute", "b.team.example.test", HOST), tenancy.tenant)
    with pytest.raises(Refused, match=rf"may publish these hosts: \[{re.escape(OWN_HOSTS)}\]; this one names") as told:
        tenancy.cluster.api.apply(one, dryRun="All")
    assert told.value.message.endswith(f"[b.team.example.test {HOST}]")

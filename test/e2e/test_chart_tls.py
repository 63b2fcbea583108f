# SPDX-License-Identifier: Apache-2.0
"""
TLS between Traefik and the pods, as set up by the chart: what is rendered, without a cluster; and a sign-in through the
objects installed on a real API server, with Traefik's own provider.
"""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from rig import cert_manager
from rig.app import App
from rig.dex import ADA
from rig.documents import of_kind
from rig.helm import Release
from rig.pod import Installed, Network
from rig.process import wait_for
from rig.provided import Provided
from rig.raw import Asker, request
from rig.render import NAMESPACE, HelmFailed, Rendered, asks, values_of
from rig.together import Together

SERVICE = f"door-sallyport.{NAMESPACE}.svc"
OWN = {"tls.enabled": True, "tls.secretName": "certificate"}


def certificates(rendered):
    """The Certificates by name, all in the namespace of the release."""
    return {name: item["spec"] for name, item in rendered.of_kind("Certificate").items()}


def files(rendered):
    """The sources of the files of the pods: (kind, object, key) by path."""
    (volume,) = (one for one in rendered.pod["spec"]["volumes"] if one["name"] == "etc")
    found = {}
    for source in volume["projected"]["sources"]:
        ((kind, taken),) = source.items()
        found.update({item["path"]: (kind, taken["name"], item["key"]) for item in taken.get("items", [])})
    return found


def test_cert_manager_makes_the_certificate_of_the_service_and_that_of_traefik(render):
    made = certificates(render("tls"))
    pods, traefik = made["door-sallyport-tls"], made["door-sallyport-traefik"]
    assert pods["secretName"] == "door-sallyport-tls" and traefik["secretName"] == "door-sallyport-traefik"
    assert pods["dnsNames"][0] == SERVICE and traefik["dnsNames"] == ["traefik.edge.example.com"]
    assert (pods["usages"][1], traefik["usages"][1]) == ("server auth", "client auth")
    for one in (pods, traefik):
        assert one["issuerRef"] == {"name": "sallyport", "kind": "ClusterIssuer", "group": "cert-manager.io"}
        assert one["privateKey"] == {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"}
        assert (one["duration"], one["renewBefore"]) == ("720h", "240h")
    for one in render("tls").of_kind("Certificate").values():
        assert one["metadata"]["annotations"] == {"example.com/owner": "access"}


def test_the_pods_have_all_files_of_tls_in_the_one_folder_that_kubernetes_keeps_up_to_date(render):
    rendered = render("tls")
    assert [mount["mountPath"] for mount in rendered.container["volumeMounts"]] == ["/etc/sallyport"]
    assert not any("subPath" in mount for mount in rendered.container["volumeMounts"])
    found = files(rendered)
    config = yaml.safe_load(rendered.config_text)
    assert found[config["tls_cert_file"]] == ("secret", "door-sallyport-tls", "tls.crt")
    assert found[config["tls_key_file"]] == ("secret", "door-sallyport-tls", "tls.key")
    assert found[config["tls_client_ca_file"]] == ("secret", "door-sallyport-tls", "ca.crt")
    assert config["tls_client_names"] == ["traefik.edge.example.com"]


def test_the_connections_over_tls_fit_into_the_memory_of_the_pod(render):
    config = yaml.safe_load(render("tls").config_text)
    assert config["max_connections"] == 2048
    assert yaml.safe_load(render("tls", **{"config.max_connections": 512}).config_text)["max_connections"] == 512
    assert "max_connections" not in yaml.safe_load(render("minimal").config_text)


def test_traefik_asks_by_https_and_shows_its_certificate(render):
    asked = asks(render("tls"))
    assert asked.keys() == {"door-sallyport-ask", "door-sallyport-ops-ask"}
    for ask in asked.values():
        assert ask["address"].startswith(f"https://{SERVICE}:4181/auth/traefik")
        assert ask["tls"] == {"caSecret": "door-sallyport-traefik", "certSecret": "door-sallyport-traefik"}


def test_secrets_of_ones_own_are_taken_as_they_are(render):
    rendered = render("tls-secrets")
    assert certificates(rendered) == {}
    found = files(rendered)
    assert found["tls.crt"] == ("secret", "sallyport-certificate", "tls.crt")
    assert found["tls.key"] == ("secret", "sallyport-certificate", "tls.key")
    assert found["client-ca.crt"] == ("configMap", "trust-bundle", "bundle.pem")
    (ask,) = asks(rendered).values()
    assert ask["address"] == "https://sallyport.internal.example.com:4181/auth/traefik"
    assert ask["tls"] == {"caSecret": "sallyport-authority", "certSecret": "traefik-certificate"}


def test_a_certificate_is_for_every_name_by_which_traefik_asks(render):
    usual = [SERVICE, f"door-sallyport.{NAMESPACE}", f"{SERVICE}.cluster.local", "door-sallyport"]
    for address, names, addresses in (
        ("", usual, None),
        ("https://ask.example.com:4181", [*usual, "ask.example.com"], None),
        (f"https://{SERVICE}:4181", usual, None),
        ("https://192.0.2.9:4181/", usual, ["192.0.2.9"]),
        ("https://[2001:db8::9]:4181", usual, ["2001:db8::9"]),
    ):
        spec = certificates(render("tls", **{"traefik.address": address}))["door-sallyport-tls"]
        assert spec["dnsNames"] == names and spec.get("ipAddresses") == addresses


def test_each_namespace_with_chains_gets_what_traefik_reads_there(render):
    rendered = render("tls", **{"traefik.namespaces": ["apps", "wiki"]})
    made = [one for one in rendered.objects if one["kind"] == "Certificate"]
    of_traefik = [one for one in made if one["spec"]["secretName"] == "door-sallyport-traefik"]
    assert [one["metadata"]["namespace"] for one in of_traefik] == [NAMESPACE, "apps", "wiki"]
    assert len({str(one["spec"]) for one in of_traefik}) == 1
    assert len(made) == 4


def test_a_name_that_is_a_uri_is_one_in_the_certificate(render):
    name = "spiffe://example.com/ns/traefik/sa/traefik"
    spec = certificates(render("tls", **{"tls.clientNames": [name]}))["door-sallyport-traefik"]
    assert spec["uris"] == [name] and "dnsNames" not in spec


def test_without_names_traefik_checks_the_pods_and_shows_nothing(render):
    """The Secret in its namespace then only has the authority."""
    changes = {"tls.clientNames": [], "trustedProxies": ["10.42.0.0/16"]}
    rendered = render("tls", **changes)
    config = yaml.safe_load(rendered.config_text)
    assert "tls_client_ca_file" not in config and "tls_client_names" not in config
    assert "client-ca.crt" not in files(rendered)
    for ask in asks(rendered).values():
        assert ask["tls"] == {"caSecret": "door-sallyport-traefik"}
    for ask in asks(render("minimal", **OWN)).values():
        assert "tls" not in ask and ask["address"].startswith("https://")
    for ask in asks(render("minimal", **OWN, **{"tls.caSecret": "authority"})).values():
        assert ask["tls"] == {"caSecret": "authority"}


def test_addresses_are_trusted_only_where_they_are_given(render):
    assert "trusted_proxies" not in yaml.safe_load(render("tls").config_text)
    both = yaml.safe_load(render("tls-secrets").config_text)
    assert both["trusted_proxies"] == ["192.0.2.0/28"]


def test_tls_changes_neither_the_probes_nor_who_may_reach_the_pods(render):
    plain, rendered = render("minimal"), render("minimal", **OWN)
    for probe in ("livenessProbe", "readinessProbe"):
        assert rendered.container[probe] == plain.container[probe]
    assert rendered.one("NetworkPolicy") == plain.one("NetworkPolicy")
    ports = {port["name"]: port["appProtocol"] for port in rendered.of_kind("Service")["door-sallyport"]["spec"]["ports"]}
    assert ports == {"auth": "https", "pages": "http"}


REFUSED = {
    "names without tls": ({"tls.enabled": False}, "tls.clientNames: without tls.enabled no certificate is requested"),
    "no certificate": ({"tls.certManager.enabled": False}, "tls.secretName: name a Secret of the type kubernetes.io/tls"),
    "nobody who signs": ({"tls.certManager.issuerRef.name": ""}, "kubectl get issuers,clusterissuers --all-namespaces"),
    "an authority that signs everybody": (
        {"tls.clientNames": [], "tls.clientCA.existingSecret": "ca"},
        "tls.clientCA: needs tls.clientNames",
    ),
    "names of no authority": (
        {"tls.certManager.enabled": False, "tls.secretName": "x"},
        "tls.clientNames: needs tls.clientCA",
    ),
    "two authorities": (
        {"tls.clientCA": {"existingSecret": "a", "existingConfigMap": "b"}},
        "tls.clientCA: existingConfigMap and existingSecret exclude each other",
    ),
    "a Traefik without a certificate": ({"tls.caSecret": "x"}, "tls.certSecret: name the Secret"),
    "a certificate that nobody asks for": (
        {"tls.clientNames": [], "tls.caSecret": "x", "tls.certSecret": "y"},
        "tls.certSecret: needs tls.clientNames",
    ),
    "a Traefik that trusts public authorities": ({"tls.certSecret": "x"}, "tls.caSecret: also name the Secret"),
    "an Issuer of one namespace": (
        {"tls.certManager.issuerRef.kind": "Issuer", "traefik.namespaces": ["apps"]},
        "tls.certManager.issuerRef: an Issuer signs only in its own namespace",
    ),
    "an address without tls": ({"traefik.address": "http://x:4181"}, "traefik.address: with tls.enabled it must begin with"),
    "a sidecar": (
        {"sidecar.enabled": True, "trustedProxies": ["127.0.0.1/32"]},
        "tls.enabled: Traefik calls a sidecar over loopback",
    ),
    "pages that nobody may ask": ({"pages.kind": "ingressroute"}, "trustedProxies: name the networks"),
    "a wildcard": ({"tls.clientNames": ["*.example.com"]}, "at '/tls/clientNames/0': '*.example.com'"),
    "a misspelt value": ({"tls.clientName": "x"}, "at '/tls': additional properties 'clientName' not allowed"),
    "a duration without a unit": ({"tls.certManager.duration": "90"}, "at '/tls/certManager/duration'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_values_of_tls_that_would_not_do_are_refused_in_words(case, tmp_path):
    changes, words = REFUSED[case]
    with pytest.raises(HelmFailed) as caught:
        Rendered(tmp_path, values_of("tls"), changes=changes)
    assert words in str(caught.value)


# ---- on a real API server ------------------------------------------------------------------------------


class Stand(Together):
    """
    A release, an application in another namespace that gets its chains, and a Traefik that lends no middleware to
    another namespace. Certificates come after the installation, as they do from cert-manager.
    """

    def __init__(self, rig, cluster, folder):
        self.rig, self.api, self.folder = rig, cluster.api, folder
        super().__init__(cluster)

    def _start(self, cluster):
        self.network = self._kept(Network(self.api))
        self.app = self._kept(App())
        self.apps = cluster.namespace("apps")
        self.release = Release(cluster, self.folder)
        cluster.let_install(self.release.namespace, self.apps)
        self.release.install(self._values())
        self._publish_app()
        self.traefik = self._kept(
            Provided(
                "3.7.15",
                self.folder,
                cluster=cluster,
                namespaces=[self.apps, self.release.namespace],
                network=self.network,
                authority=self.rig.authority,
                ports=self.rig.ports,
                crd={"allowCrossNamespace": False},
            )
        )
        self.before = wait_for(lambda: len(self.traefik.routers()) == 2 and self.ask("app.test"), "the routes")
        self.issue(self.release.namespace, "sallyport-tls")
        self.issue(self.apps, "sallyport-traefik")
        self.issue(self.release.namespace, "sallyport-traefik")
        self.sallyport = self._kept(Installed(self.release, self.network, self.folder))
        self.traefik.wait_for_routes(3)

    def _values(self):
        client = self.rig.dex.confidential
        return {
            "trustedProxies": ["127.0.0.0/8"],
            "platform": "k3s",
            "config": {
                "issuer": self.rig.dex.central.issuer,
                "client_id": client.id,
                "hosts": [f"https://app.test:{self.rig.ports.https}"],
                "policies": {"default": "authenticated"},
            },
            "clientSecret": {"value": client.secret},
            "issuerCA": {"pem": self.rig.authority.ca_file.read_text()},
            "tls": {
                "enabled": True,
                "clientNames": ["traefik.test"],
                "certManager": {"enabled": True, "issuerRef": {"name": "any", "kind": "ClusterIssuer"}},
            },
            "traefik": {"namespaces": [self.apps]},
        }

    def _publish_app(self):
        """Behind the chain of its namespace and, as other.test, behind one without a client certificate."""
        ask = self.api.get("traefik.io/v1alpha1", "Middleware", self.apps, "sallyport-ask")
        del ask["spec"]["forwardAuth"]["tls"]["certSecret"]
        port = {"name": "http", "port": 8080, "targetPort": 8080}
        of_traefik = {"apiVersion": "traefik.io/v1alpha1"}
        routes = {"app.test": "sallyport", "other.test": "nameless"}
        service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "app", "namespace": self.apps}}
        self.api.create(
            {**service, "spec": {"selector": {"app": "app"}, "ports": [port]}},
            {**of_traefik, "kind": "Middleware", "metadata": {"name": "nameless", "namespace": self.apps}, "spec": ask["spec"]},
            {
                **of_traefik,
                "kind": "IngressRoute",
                "metadata": {"name": "app", "namespace": self.apps},
                "spec": {
                    "entryPoints": ["websecure"],
                    "routes": [
                        {
                            "kind": "Rule",
                            "match": f"Host(`{host}`)",
                            "middlewares": [{"name": middleware}],
                            "services": [{"name": "app", "port": 8080}],
                        }
                        for host, middleware in routes.items()
                    ],
                    "tls": {},
                },
            },
        )
        self.network.attach(self.apps, {"app": "app"}, {8080: self.app.port})

    def issue(self, namespace, name):
        return cert_manager.issue(self.api, self.rig.authority, self.folder, namespace, name)

    def url(self, target):
        return f"https://app.test:{self.rig.ports.https}{target}"

    def asker(self):
        return Asker(f"127.0.0.1:{self.rig.ports.https}", context=self.rig.authority.client_context())

    def request(self, host, cookie=""):
        headers = [("Host", f"{host}:{self.rig.ports.https}"), ("Cookie", cookie)]
        return request(target="/x", headers=headers)

    def ask(self, host):
        """The status of a request to an application."""
        with self.asker() as asker:
            return asker.send(self.request(host)).status

    def shown(self):
        """The certificate that the pod presents to any client; without a client certificate the handshake fails."""
        context = self.rig.authority.client_context()
        context.check_hostname = False
        host, _, port = self.sallyport.listen.rpartition(":")
        with socket.create_connection((host, int(port)), 5) as plain, context.wrap_socket(plain) as secure:
            return secure.getpeercert()["serialNumber"]

    def middlewares(self):
        """The state of the routes in Traefik."""
        return self.traefik.api("/api/http/middlewares?per_page=1000")


@pytest.fixture(scope="module")
def stand(rig, cluster, tmp_path_factory):
    stand = Stand(rig, cluster, tmp_path_factory.mktemp("tls"))
    yield stand
    stand.stop()


@pytest.mark.xdist_group("cluster")
def test_a_sign_in_goes_by_the_certificates_and_is_404_until_they_are_there(stand, browser):
    assert stand.before == 404
    visit = browser.log_in(stand.url("/x?y=1"), ADA)
    assert visit.final.status == 200 and visit.final.url == stand.url("/x?y=1"), str(visit)
    assert stand.app.last.value("X-Forwarded-User") == ADA.email
    assert browser.send("api", stand.url("/_sallyport/me")).json()["email"] == ADA.email


@pytest.mark.xdist_group("cluster")
def test_the_ca_that_the_page_shows_is_one_that_the_api_server_takes(stand):
    (shown,) = (block for block in of_kind("yaml kubernetes", "doc/tls.md") if "cert-manager" in block.text)
    (ca,) = (one for one in shown.documents() if one["kind"] == "Certificate")
    stand.api.apply({**ca, "metadata": {**ca["metadata"], "namespace": stand.apps}}, dryRun="All")


@pytest.mark.xdist_group("cluster")
def test_a_traefik_that_shows_no_certificate_is_answered_nothing(stand):
    assert stand.ask("other.test") == 500
    assert stand.sallyport.wait_for_event("peer_refused")["setting"].startswith("tls_client")


class Load:
    """Users with a session who send requests continuously; each response that is not a success is an exception."""

    def __init__(self, stand, cookie):
        self._stand, self._request = stand, stand.request("app.test", cookie)
        self._over = threading.Event()
        self.asked_n = 0
        self._pool = ThreadPoolExecutor(4)
        self._people = [self._pool.submit(self._ask) for _ in range(4)]

    def _ask(self):
        with self._stand.asker() as asker:
            while not self._over.is_set():
                answer = asker.send(self._request)
                assert answer.status == 200, answer
                self.asked_n += 1

    def goes_on(self):
        asked_n = self.asked_n
        wait_for(lambda: any(one.done() for one in self._people) or self.asked_n > asked_n + 40, "requests")

    def stop(self):
        self._over.set()
        self._pool.shutdown()
        for one in self._people:
            one.result()


@pytest.mark.xdist_group("cluster")
def test_certificates_are_renewed_and_no_request_fails(stand, browser):
    browser.log_in(stand.url("/x"), ADA)
    load = Load(stand, browser.jar.header(stand.url("/x")))
    try:
        load.goes_on()
        of_pods = stand.issue(stand.release.namespace, "sallyport-tls")
        stand.sallyport.bring_files()
        stand.sallyport.wait_for_event("certificate_reloaded")
        wait_for(lambda: int(stand.shown(), 16) == of_pods.serial_number, "the new certificate of the pods")
        load.goes_on()
        before = stand.middlewares()
        stand.issue(stand.apps, "sallyport-traefik")
        wait_for(lambda: stand.middlewares() != before, "the new certificate of Traefik")
        load.goes_on()
    finally:
        load.stop()
    assert stand.sallyport.metric("sallyport_config_reloads_total", result="failed") == 0

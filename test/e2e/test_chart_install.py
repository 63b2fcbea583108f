# SPDX-License-Identifier: Apache-2.0
"""
The chart on a real API server: what helm does with it, and a login through the installed objects.

Traefik reads the installed objects with its own provider, and with the rights that its documentation requires. There
are no nodes: rig/pod.py starts the program as the installed Deployment specifies, and forwards the installed Services
to it.
"""

import base64

import pytest
import yaml
from rig import expect
from rig.app import App
from rig.browser import Browser
from rig.dex import ADA, GRACE
from rig.documents import of_kind
from rig.helm import Release
from rig.kube import Refused
from rig.kubectl import Kubectl
from rig.pod import Installed, Network
from rig.process import wait_for
from rig.provided import Provided
from rig.render import FILES, HelmFailed, values_of
from rig.together import Together

# All tests of this group share one API server.
# They start the streams for which test_silence.py waits.
pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.usefixtures("fallen_silent", "streams")]

SMALLEST = {
    "trustedProxies": ["10.42.0.0/16"],
    "networkPolicy": {"traefik": {"namespaceLabels": {"kubernetes.io/metadata.name": "traefik"}}},
    "config": {
        "issuer": "https://dex.central.example.com/dex",
        "client_id": "sallyport",
        "policies": {"default": "authenticated"},
    },
    "clientSecret": {"value": "b3af1d0e4bb1c2d7a0f5"},
}
OPS = {"config": {"policies": {"ops": [{"action": "allow", "group": "ops"}]}}}


# ---- what helm does -----------------------------------------------------------------------------------


@pytest.fixture
def release(cluster, tmp_path):
    return Release(cluster, tmp_path)


def keys_of(release):
    return base64.b64decode(release.get("v1", "Secret", "sallyport-keys")["data"]["keys"])


def config_of(release):
    return yaml.safe_load(release.get("v1", "ConfigMap", "sallyport")["data"]["sallyport.yaml"])


def checksum_of(release):
    """The part of a Deployment that makes its pods restart when it changes."""
    template = release.get("apps/v1", "Deployment", "sallyport")["spec"]["template"]
    return template["metadata"]["annotations"]["checksum/fixed-settings"]


def middlewares_of(release):
    found = release.api.items("traefik.io/v1alpha1", "Middleware", release.namespace)
    return {one["metadata"]["name"] for one in found}


@pytest.mark.parametrize("name", FILES)
def test_every_object_is_one_that_the_api_server_takes(release, name):
    release.install(values_of(name))
    objects = release.manifest()
    assert objects
    for one in objects:
        release.api.apply(one, dryRun="All")  # an unknown field is an error here


def test_an_upgrade_changes_what_its_values_say_and_keeps_the_keys(release):
    release.install(SMALLEST)
    keys, checksum = keys_of(release), checksum_of(release)
    release.upgrade(SMALLEST, {"replicas": 3, "config": {"threads": 2}})
    assert release.get("apps/v1", "Deployment", "sallyport")["spec"]["replicas"] == 3
    assert config_of(release)["threads"] == 2
    assert checksum_of(release) != checksum
    assert keys_of(release) == keys


def test_an_upgrade_whose_changes_the_pods_take_over_starts_no_new_ones(release):
    release.install(SMALLEST)
    generation = release.get("apps/v1", "Deployment", "sallyport")["metadata"]["generation"]
    release.upgrade(SMALLEST, OPS, {"config": {"log_level": "debug"}})
    assert config_of(release)["log_level"] == "debug"
    assert release.get("apps/v1", "Deployment", "sallyport")["metadata"]["generation"] == generation


def test_a_policy_comes_and_goes_with_its_middleware(release):
    release.install(SMALLEST)
    before = middlewares_of(release)
    release.upgrade(SMALLEST, OPS)
    assert middlewares_of(release) - before == {"sallyport-ops", "sallyport-ops-ask"}
    release.upgrade(SMALLEST)
    assert middlewares_of(release) == before


def add_key_by_hand(release):
    """Edits an object like `kubectl edit`; returns the resulting file."""
    secret = release.get("v1", "Secret", "sallyport-keys")
    keys = keys_of(release) + b"another-one " + keys_of(release).split()[1] + b"\n"
    secret["data"]["keys"] = base64.b64encode(keys).decode()
    path = release.api.path("v1", "Secret", release.namespace, "sallyport-keys")
    release.api.call("PUT", path, secret)
    return keys


def test_keys_that_were_added_by_hand_stay(release):
    release.install(SMALLEST)
    keys = add_key_by_hand(release)
    release.upgrade(SMALLEST, OPS)
    assert keys_of(release) == keys


def test_a_rollback_keeps_keys_that_were_added_since(release):
    release.install(SMALLEST)
    keys = add_key_by_hand(release)
    release.upgrade(SMALLEST, OPS)
    release.rollback(1)
    assert keys_of(release) == keys
    later = add_key_by_hand(release)
    release.rollback(2)
    assert keys_of(release) == later


def test_a_rollback_brings_the_old_settings_and_keeps_the_keys(release):
    release.install(SMALLEST)
    keys, checksum, middlewares = keys_of(release), checksum_of(release), middlewares_of(release)
    release.upgrade(SMALLEST, OPS)
    release.rollback(1)
    assert config_of(release)["policies"] == {"default": "authenticated"}
    assert checksum_of(release) == checksum and middlewares_of(release) == middlewares
    assert keys_of(release) == keys
    assert release.revisions() == [(1, "superseded"), (2, "superseded"), (3, "deployed")]


def test_an_uninstall_leaves_the_keys_and_nothing_else(release):
    release.install(SMALLEST)
    keys, objects = keys_of(release), release.manifest()
    release.uninstall()
    assert [one["metadata"]["name"] for one in objects if release.has(one)] == []
    assert keys_of(release) == keys


def test_a_new_installation_goes_on_with_the_keys_that_were_left(release):
    release.install(SMALLEST)
    keys = keys_of(release)
    release.uninstall()
    release.install(SMALLEST)
    assert keys_of(release) == keys


def proxy_keys_of(release):
    """The content of the Secret of the chain `kube`, and the value that the chain sets."""
    lines = base64.b64decode(release.get("v1", "Secret", "sallyport-kube-key")["data"]["proxy-key"]).decode()
    chain = release.get("traefik.io/v1alpha1", "Middleware", "sallyport-kube-key")
    return lines, chain["spec"]["headers"]["customRequestHeaders"]["X-Sallyport-Proxy-Key"]


def test_a_proxy_key_is_made_once_and_changed_without_a_gap(release):
    kube = {"traefik": {"middlewares": {"kube": {"headers": "kubernetes"}}}}
    release.install(SMALLEST, kube)
    old, of_chain = proxy_keys_of(release)
    assert len(old) >= 43 and of_chain == old
    release.upgrade(SMALLEST, kube, OPS)
    assert proxy_keys_of(release) == (old, old)

    secret, new = release.get("v1", "Secret", "sallyport-kube-key"), "n" * 43
    secret["data"]["proxy-key"] = base64.b64encode(f"{new}\n{old}\n".encode()).decode()
    release.api.call("PUT", release.api.path("v1", "Secret", release.namespace, "sallyport-kube-key"), secret)
    assert proxy_keys_of(release)[1] == old
    release.upgrade(SMALLEST, kube)
    assert proxy_keys_of(release) == (f"{new}\n{old}\n", new)

    mine = {"traefik": {"middlewares": {"kube": {"headers": "kubernetes", "proxyKeySecret": "mine"}}}}
    with pytest.raises(HelmFailed, match="there is no Secret mine with a key proxy-key"):
        release.upgrade(SMALLEST, mine)
    data = {"proxy-key": base64.b64encode(b"m" * 43).decode()}
    metadata = {"name": "mine", "namespace": release.namespace}
    release.api.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    release.upgrade(SMALLEST, mine)
    chain = release.get("traefik.io/v1alpha1", "Middleware", "sallyport-kube-key")
    assert set(chain["spec"]["headers"]["customRequestHeaders"].values()) == {"m" * 43}
    names = {one["metadata"]["name"] for one in release.api.items("v1", "Secret", release.namespace)}
    assert "mine" in names and "sallyport-kube-key" not in names


def test_the_account_that_is_named_impersonates_and_the_pods_get_its_token_alone(release, cluster):
    account = {"name": "impersonator", "namespace": release.namespace}
    release.api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    bound = {"set": "kubernetes", "host": "kube.example.com", "proxy_key_file": "proxy-key-kube"}
    named = {**bound, "service_account": f"{release.namespace}/impersonator"}
    config = {"bearer_audiences": "kubectl", "credentials": [named]}
    chain = {"middlewares": {"kube": {"headers": "kubernetes", "readOnly": True}}}
    release.install(SMALLEST, {"config": config, "traefik": chain})

    pods = cluster.as_account(release.api.token_of("sallyport", release.namespace))
    token = wait_for(lambda: given(lambda: pods.token_of("impersonator", release.namespace)), "the pods' right")
    with pytest.raises(Refused, match="403"):
        pods.token_of("installer", release.namespace)
    headers = {"Impersonate-User": "ada@example.com", "Impersonate-Group": "ops"}

    def who(api):
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        answer = api.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review, headers=headers)
        return answer["status"]["userInfo"]["username"]

    account = cluster.as_account(token)
    assert wait_for(lambda: given(lambda: who(account)), "the account's right") == "ada@example.com"
    with pytest.raises(Refused, match="cannot impersonate"):
        who(pods)


def given(ask):
    """The response; None while it is refused, because new rights take effect some milliseconds later."""
    try:
        return ask()
    except Refused:
        return None


def test_values_that_are_refused_install_nothing(release):
    with pytest.raises(HelmFailed, match="trustedProxies"):
        release.install(SMALLEST, {"trustedProxies": ["0.0.0.0/0"]})
    assert release.api.items("apps/v1", "Deployment", release.namespace) == []
    assert release.api.items("v1", "Secret", release.namespace) == []


def command_of(words):
    """The command of the chart's page that begins like this, without the name of the program."""
    lines = [line for block in of_kind("sh norun", "helm/sallyport/README.md") for line in block.text.split("\n")]
    (line,) = (line for line in lines if line.startswith(f"kubectl {words} "))
    return line.split()[1:]


def test_the_commands_of_the_page_find_what_has_no_default(cluster, tmp_path):
    api, namespace = cluster.api, cluster.namespace("edge")
    kubectl = Kubectl(tmp_path / "home", api.url, api.ca_file, hosts=["127.0.0.1"], token=api.token)
    named = {"name": "traefik", "namespace": namespace}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": namespace}}
    labels = {"app.kubernetes.io/name": "traefik", "kubernetes.io/service-name": "dex"}
    spec = {"containers": [{"name": "traefik", "image": "traefik"}], "serviceAccountName": "installer"}
    ready = {"addressType": "IPv4", "ports": [{"port": 8443}], "endpoints": [{"addresses": ["10.42.7.9"]}]}
    api.create(
        {**node, "spec": {"podCIDR": "10.42.7.0/24", "podCIDRs": ["10.42.7.0/24"]}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**named, "labels": labels},
            "spec": {**spec, "automountServiceAccountToken": False},
        },
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {**named, "labels": labels}, **ready},
    )
    pod = api.path("v1", "Pod", namespace, "traefik")
    ip = {"status": {"podIP": "10.42.7.8", "podIPs": [{"ip": "10.42.7.8"}]}}
    api.call("PATCH", f"{pod}/status", ip, "application/merge-patch+json")
    try:
        lines = kubectl.told(*command_of("get pods")).splitlines()
        assert [line.split()[0] for line in lines if "10.42.7.8" in line] == [namespace]
        assert f"{namespace}   [10.42.7.0/24]" in kubectl.told(*command_of("get nodes"))
        found = [namespace if word == "dex" else word for word in command_of("--namespace dex")]
        assert "8443" in kubectl.told(*found)
        kubectl.told("get", "gateways", "--all-namespaces")
    finally:
        api.delete(node)


# ---- a login through what was installed ---------------------------------------------------------------


class Stand(Together):
    """
    Two releases that one Traefik reads: `sallyport` in front of app.test, where paths have their own policies and
    prefixes, and `relay` in front of hosts that share one callback host.
    """

    def __init__(self, rig, cluster, folder, version):
        self.rig, self.cluster, self.folder = rig, cluster, folder
        self.version = version
        super().__init__()

    def _start(self):
        self.network = self._kept(Network(self.cluster.api))
        self.app = self._kept(App())
        releases = [self._installed("sallyport", **PATHS), self._installed("relay", **RELAY)]
        namespaces = [one.namespace for one in releases] + [self._publish_app(*releases)]
        traefik = self._kept(
            Provided(
                self.version,
                self.folder,
                cluster=self.cluster,
                namespaces=namespaces,
                network=self.network,
                authority=self.rig.authority,
                ports=self.rig.ports,
            )
        )
        traefik.wait_for_routes(sum(map(self._routes_n, namespaces)))

    def _routes_n(self, namespace):
        found = self.cluster.api.items("traefik.io/v1alpha1", "IngressRoute", namespace)
        return sum(len(one["spec"]["routes"]) for one in found)

    def _installed(self, name, config, traefik):
        """A release with its program running."""
        folder = self.folder / name
        folder.mkdir()
        release = Release(self.cluster, folder, name)
        release.install(self._values(config, traefik))
        self._kept(Installed(release, self.network, folder))
        return release

    def _values(self, config, traefik):
        """Values for the rig: its issuer, and the ports of its entry points in every origin."""
        client = self.rig.dex.confidential
        return {
            "trustedProxies": ["127.0.0.0/8"],
            "platform": "k3s",
            "config": {
                **yaml.safe_load(yaml.safe_dump(config).replace(".test", f".test:{self.rig.ports.https}")),
                "issuer": self.rig.dex.central.issuer,
                "client_id": client.id,
            },
            "clientSecret": {"value": client.secret},
            "issuerCA": {"pem": self.rig.authority.ca_file.read_text()},
            "traefik": {"maxResponseBodySize": 0 if self.version == "3.0.4" else 65536, **traefik},
        }

    def _publish_app(self, paths, relay):
        """The application in its own namespace, behind the middlewares of both releases."""
        namespace = self.cluster.namespace("apps")
        metadata = {"name": "app", "namespace": namespace}
        port = {"name": "http", "port": 8080, "targetPort": 8080}
        self.cluster.api.create(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": metadata,
                "spec": {"selector": {"app": "app"}, "ports": [port]},
            },
            {
                "apiVersion": "traefik.io/v1alpha1",
                "kind": "IngressRoute",
                "metadata": metadata,
                "spec": {
                    "entryPoints": ["websecure"],
                    "routes": [
                        _route("Host(`app.test`)", paths, "sallyport"),
                        _route("Host(`app.test`) && PathPrefix(`/ops`)", paths, "sallyport-ops"),
                        _route("Host(`app.test`) && PathPrefix(`/wiki`)", paths, "sallyport-wiki"),
                        _route("Host(`app.example.test`)", relay, "relay-sallyport"),
                        _route("Host(`grafana.example.test`)", relay, "relay-sallyport"),
                    ],
                    "tls": {},
                },
            },
        )
        self.network.attach(namespace, {"app": "app"}, {8080: self.app.port})
        return namespace

    def url(self, target, host="app.test"):
        return f"https://{host}:{self.rig.ports.https}{target}"


PATHS = {
    "config": {
        "hosts": ["https://app.test"],
        "forwarded_prefixes": ["/wiki"],
        "policies": {
            "default": [{"action": "public", "path_prefix": "/open"}, {"action": "allow"}],
            "ops": [{"action": "allow", "group": "ops"}],
        },
    },
    "traefik": {"middlewares": {"wiki": {"stripPrefixes": ["/wiki"]}}},
}
RELAY = {
    "config": {
        "callback_host": "https://auth.example.test",
        "hosts": [
            "https://auth.example.test",
            "https://app.example.test",
            "https://grafana.example.test",
        ],
        "policies": {"default": "authenticated"},
    },
    "traefik": {},
}


def _route(rule, release, middleware):
    return {
        "kind": "Rule",
        "match": rule,
        "middlewares": [{"name": middleware, "namespace": release.namespace}],
        "services": [{"name": "app", "port": 8080}],
    }


@pytest.fixture(scope="module", params=["3.7.15", "3.0.4"])
def stand(rig, cluster, tmp_path_factory, request):
    stand = Stand(rig, cluster, tmp_path_factory.mktemp("stand"), request.param)
    yield stand
    stand.stop()


def test_the_installed_chain_tells_the_application_who_signs_in(stand, browser):
    visit = browser.log_in(stand.url("/x?y=1"), ADA)
    assert visit.final.status == 200 and visit.final.url == stand.url("/x?y=1"), str(visit)
    request = stand.app.last
    assert request.value("X-Forwarded-User") == ADA.email
    assert request.value("X-Forwarded-Email") == ADA.email
    assert request.value("X-Forwarded-Groups") == "ops"
    assert request.value("X-Forwarded-Preferred-Username") == "ada"


LIES = {
    "X-Forwarded-User": "mallory",
    "X-Forwarded-Email": "mallory@example.com",
    "X-Forwarded-Groups": "admins",
    "X-Forwarded-Preferred-Username": "mallory",
    "Remote-User": "mallory",
    "Remote-Groups": "admins",
}


def test_what_a_client_says_of_itself_does_not_reach_the_application(stand, browser):
    assert browser.send("api", stand.url("/open"), headers=LIES).status == 200
    assert not any(stand.app.last.values(name) for name in LIES)
    browser.log_in(stand.url("/x"), GRACE)
    assert browser.send("api", stand.url("/x"), headers=LIES).status == 200
    assert stand.app.last.value("X-Forwarded-User") == GRACE.email
    assert stand.app.last.value("X-Forwarded-Groups") == "dev"
    assert not stand.app.last.values("Remote-User")


def test_what_a_client_says_of_its_request_opens_nothing(stand, browser):
    lies = {"X-Forwarded-Uri": "/open", "X-Forwarded-Method": "OPTIONS", "X-Forwarded-Prefix": "/wiki"}
    overrides = {"X-Forwarded-Host": "evil.test", "X-Original-URL": "/secret", "X-HTTP-Method-Override": "PUT"}
    assert browser.send("api", stand.url("/open"), headers=overrides).status == 200
    assert not any(stand.app.last.values(name) for name in overrides)
    seen = len(stand.app.seen)
    expect.problem(browser.send("api", stand.url("/secret"), headers=lies), 401, "no_session")
    assert len(stand.app.seen) == seen


def test_the_chain_of_a_policy_keeps_others_out(stand, browser):
    visit = browser.log_in(stand.url("/ops/x"), GRACE)
    expect.page(visit.final, 403, "policy_denied")
    assert Browser(stand.rig.authority).log_in(stand.url("/ops/x"), ADA).final.status == 200


def test_a_sign_in_below_a_stripped_prefix_comes_back_to_it(stand, browser):
    visit = browser.log_in(stand.url("/wiki/Home?z=2"))
    assert visit.final.status == 200 and visit.final.url == stand.url("/wiki/Home?z=2"), str(visit)
    assert stand.app.last.target == "/Home?z=2"


def test_who_am_i_is_answered_by_the_installed_route(stand, browser):
    browser.log_in(stand.url("/x"), ADA)
    assert browser.send("api", stand.url("/_sallyport/me")).json()["email"] == ADA.email


def test_the_installed_callback_host_serves_the_others(stand, browser):
    visit = browser.log_in(stand.url("/x", host="grafana.example.test"), ADA)
    assert visit.final.url == stand.url("/x", host="grafana.example.test"), str(visit)
    assert visit.hop("//auth.example.test").reason == "relayed"
    assert stand.app.last.value("X-Forwarded-User") == ADA.email

# SPDX-License-Identifier: Apache-2.0
"""
Fixtures.

  rig         shared by a run: authority, ports of the entry points, both Dexes
  edge        which Traefik, and http or https; a test that uses it, or a site, runs on all of EDGES,
              or on those that `@pytest.mark.edges("3.7.15-https")` names
  make_site   starts a Site with a layout and settings of the test's own
  site        the usual one: one middleware before the application. Each process of a run starts one for each edge,
              which its tests share; a test of the whole log or of metrics makes its own site
  browser     a fresh profile of the browser-like client
  clock       a wall clock for the programs that a test starts with its `env`
  make_issuer starts a scripted issuer
  oidc_provider real oidc-provider, one for each process of a run
  make_lines  starts an API server of lines
  cluster     a Kubernetes API server; tests that use it are in the xdist group of that name
  older       another one, of a version before Kubernetes 1.34
  reader      a token with the right to read RBAC objects there
  account     a token with the right to impersonate there
  kube_site   the API server behind a sallyport and Traefik, with a node, one for each process of a run
  streams     connections through it since the first test of the group
  fallen_silent   a sallyport that has received nothing from such a server since the first test of the group
  sallyport   a sallyport alone, for requests that Traefik would not send; /open is public
  make_sallyport the same with settings of the test's own
  image       the container image given by --image; without one, its tests are not collected
  page        a page of a fresh profile of real Chromium
"""

import time
from dataclasses import dataclass, replace

import pytest
from rig import tools
from rig.browser import Browser
from rig.ca import Authority
from rig.chromium import Chromium
from rig.clock import Clock
from rig.dex import ADA, Client, Federation
from rig.image import Image
from rig.issuer import Issuer
from rig.kube import Cluster, object_role, web_binding
from rig.kube_site import KubeSite, Streams
from rig.kubeconfig import write_kubeconfig
from rig.oidc_provider import OidcProvider
from rig.ports import free_port
from rig.relay import Lines, Relay
from rig.render import Rendered, impersonation, values_of
from rig.sallyport import Sallyport
from rig.site import API_HOSTS, EDGES, HOSTS, Ports, Site, redirect_uris
from rig.traefik import VERSIONS


@dataclass
class Rig:
    """The objects that all tests of a run share."""

    authority: Authority
    ports: Ports
    usual_ports: dict  # ports of the usual site, by edge
    dex: Federation


def pytest_addoption(parser):
    parser.addoption(
        "--edge",
        action="append",
        choices=[str(edge) for edge in EDGES],
        help="run on this edge only (again for more)",
    )
    parser.addoption("--long", action="store_true", help="also run the tests marked long")
    parser.addoption("--image", help="also run the tests of the image that this file describes")


def pytest_configure(config):
    config.addinivalue_line("markers", "edges(*names): the edges that a test runs on, instead of all")
    config.addinivalue_line("markers", "long: takes too long for every run")


def pytest_collection_modifyitems(config, items):
    dropped = [item for item in items if not _is_wanted(item, config)]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if item not in dropped]


def _is_wanted(item, config):
    edges = config.getoption("--edge")
    edge = item.callspec.params.get("edge") if hasattr(item, "callspec") else None
    if edge and edges and str(edge) not in edges:
        return False
    if "image" in item.fixturenames and not config.getoption("--image"):
        return False
    return config.getoption("--long") or not item.get_closest_marker("long")


def pytest_collection_finish(session):
    """If the group is not determined by the tests' names, every process starts its own API server."""
    if getattr(session.config.option, "loadgroup", False):
        grouped = [item for item in session.items if item.get_closest_marker("xdist_group")]
        assert all("@" in item.nodeid for item in grouped), "this pytest-xdist groups no tests of this pytest"


def pytest_report_header():
    return tools.versions(VERSIONS)


def pytest_generate_tests(metafunc):
    if "edge" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("edges")
        edges = [edge for edge in EDGES if not mark or str(edge) in mark.args]
        assert edges, f"no edge is named {mark.args}"
        metafunc.parametrize("edge", edges, ids=str)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    folders = [item.funcargs.get("tmp_path"), getattr(item.funcargs.get("site"), "folder", None)]
    for folder in filter(None, folders) if report.failed else ():
        report.sections.append(("logs", _logs(folder)))
    return report


def _logs(folder):
    """The last lines of every log of a test, and the paths of the whole logs."""
    parts = [str(folder)]
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".log", ".err") and path.stat().st_size:
            lines = path.read_text(errors="replace").split("\n")[-25:]
            parts.append(f"==> {path}\n" + "\n".join(lines))
    return "\n".join(parts)


@pytest.fixture(scope="session")
def rig(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rig")
    authority = Authority(folder, [*HOSTS, *API_HOSTS, "localhost", "dex.localhost", "issuer.localhost"])
    ports, *usual = (Ports(free_port(), free_port(), free_port()) for _ in (None, *EDGES))
    dex = Federation(folder, authority, sum(map(redirect_uris, (ports, *usual)), ()))
    yield Rig(authority, ports, dict(zip(EDGES, usual, strict=True)), dex)
    dex.stop()


@pytest.fixture(scope="session")
def image(pytestconfig):
    return Image(pytestconfig.getoption("--image"))


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"), ["dex.central.example.com"])


@pytest.fixture(scope="session")
def render(tmp_path_factory):
    """Renders a values file; a file without changes is rendered only once in a run."""
    folder = tmp_path_factory.mktemp("render")
    kept = {}

    def rendered(name, **changes):
        if changes:
            return Rendered(folder, values_of(name), changes=changes)
        if name not in kept:
            kept[name] = Rendered(folder, values_of(name))
        return kept[name]

    return rendered


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def reader(cluster):
    """The token of an account that may read the bindings of the cluster."""
    return cluster.account("reader", "list", "watch")[1]


@pytest.fixture(scope="session")
def older(cluster, tmp_path_factory):
    """An API server on the same objects without the features of the latest versions."""
    gates = "--feature-gates=WatchList=false,ConstrainedImpersonation=false"
    server = cluster.beside(tmp_path_factory.mktemp("older"), gates)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def account(cluster, render):
    """The token of an account with only the chart's right to impersonate; ADA has rights on config maps."""
    token = cluster.account_of(cluster.namespace("door"), "door", impersonation(render))
    cluster.api.create(
        object_role("config-maps", ["configmaps"], ["get", "list", "create"]),
        web_binding("config-maps", "config-maps", ADA.email),
    )
    return token


@pytest.fixture(scope="session")
def fallen_silent(cluster, reader, tmp_path_factory):
    """
    A sallyport that has read the bindings through a relay, which has been silent since. The first tests of the
    group use it, so that the last ones need not wait for a minute and a half.
    """
    folder = tmp_path_factory.mktemp("silent")
    relay = Relay(int(cluster.api.url.rpartition(":")[2]))
    issuer = Issuer()
    kubeconfig = write_kubeconfig(folder, relay.https_url, cluster.api.ca_file, token=reader)
    settings = {
        "issuer": issuer.url,
        "client_id": issuer.client_id,
        "client_secret_file": "client-secret",
        "keys_file": "keys",
        "policies": {"default": [{"action": "rbac"}]},
        "kubernetes_kubeconfig": str(kubeconfig),
    }
    sallyport = Sallyport(folder, settings, secret=issuer.client_secret)
    sallyport.wait_for_event("rbac_synced")
    relay.fall_silent()
    yield sallyport, relay, time.monotonic(), relay.connections_n
    sallyport.stop()
    issuer.stop()
    relay.stop()


@pytest.fixture(scope="session")
def kube_site(cluster, account, rig, tmp_path_factory):
    site = KubeSite(cluster, account, rig.authority, tmp_path_factory.mktemp("kube"))
    yield site
    site.stop()


@pytest.fixture(scope="session")
def streams(kube_site):
    """The object that the last tests of the group check, a minute after the first ones have requested it."""
    streams = Streams(kube_site)
    yield streams
    streams.stop()


@pytest.fixture
def make_lines():
    made = []

    def make(**lists):
        made.append(Lines(**lists))
        return made[-1]

    yield make
    for lines in made:
        lines.stop()


@pytest.fixture
def make_site(rig, edge, tmp_path):
    sites = []

    def make(**options):
        folder = tmp_path / f"site-{len(sites)}"
        folder.mkdir()
        sites.append(Site(rig, edge, folder, **options))
        return sites[-1]

    yield make
    for site in sites:
        site.stop()


@pytest.fixture(scope="session")
def usual_site(rig, tmp_path_factory):
    """The usual site of an edge, which runs until it fails."""
    sites = {}

    def of(edge):
        if edge in sites and not (sites[edge].sallyport.running() and sites[edge].traefik.running()):
            sites.pop(edge).stop()  # fails, and states why
        if edge not in sites:
            ports = rig.usual_ports[edge]
            sites[edge] = Site(replace(rig, ports=ports), edge, tmp_path_factory.mktemp("usual"))
        return sites[edge]

    yield of
    for site in sites.values():
        site.stop()


@pytest.fixture
def site(usual_site, edge):
    site = usual_site(edge)
    site.app.seen.clear()
    return site


@pytest.fixture
def browser(rig):
    return Browser(rig.authority)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def make_sallyport(rig, tmp_path):
    running = []

    def make(settings=(), *, issuer=None, **options):
        """With `issuer`, a scripted one, its client and address are set in the configuration."""
        folder = tmp_path / f"sallyport-{len(running)}"
        folder.mkdir()
        client = Client(issuer.client_id, issuer.client_secret) if issuer else rig.dex.confidential
        running.append(
            Sallyport(
                folder,
                {
                    "issuer": issuer.url if issuer else rig.dex.central.issuer,
                    "issuer_ca_file": str(rig.authority.ca_file),
                    "client_id": client.id,
                    "client_secret_file": "client-secret",
                    "keys_file": "keys",
                    "policies": {
                        "default": [{"action": "public", "path_prefix": "/open"}, {"action": "allow"}]
                    },
                    **dict(settings),
                },
                secret=client.secret,
                **options,
            )
        )
        return running[-1]

    yield make
    for sallyport in running:
        if sallyport.running():
            sallyport.stop()


@pytest.fixture
def sallyport(make_sallyport):
    return make_sallyport()


@pytest.fixture
def make_issuer():
    issuers = []

    def make(**options):
        issuers.append(Issuer(**options))
        return issuers[-1]

    yield make
    for issuer in issuers:
        issuer.stop()


@pytest.fixture(scope="session")
def oidc_provider(rig, tmp_path_factory):
    provider = OidcProvider(tmp_path_factory.mktemp("oidc-provider"), rig.authority, rig.ports)
    yield provider
    provider.stop()


@pytest.fixture(scope="session")
def chromium(rig):
    browser = Chromium(rig.authority)
    yield browser
    browser.stop()


@pytest.fixture
def page(chromium):
    profile = chromium.profile()
    yield profile.new_page()
    profile.close()

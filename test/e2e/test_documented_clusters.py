# SPDX-License-Identifier: Apache-2.0
"""
The commands and routes of doc/clusters.md, and of the cut-over in doc/migration.md, exactly as written: helm and
kubectl with a real API server, and real Traefik, which reads the routes from it with the settings that the pages
require. There are no nodes: small servers replace the programs, and record the requests.
"""

import os
import re
import subprocess

import pytest
import yaml
from rig import tools
from rig.app import App, Server, answer
from rig.browser import Browser
from rig.ca import Authority
from rig.documents import of_kind, text_of
from rig.kube import namespace
from rig.kubeconfig import kubeconfig
from rig.pod import Network
from rig.ports import free_port
from rig.process import wait_for
from rig.provided import Provided
from rig.site import Ports
from rig.together import Together

# All tests of this group share one API server.
pytestmark = pytest.mark.xdist_group("cluster")

LEFT = (("v1", "Secret"), ("v1", "Service"), ("networking.k8s.io/v1", "Ingress"))
LEFT += tuple(("traefik.io/v1alpha1", kind) for kind in ("IngressRoute", "Middleware", "ServersTransport"))


class Asked(Server):
    """Replaces a forward-auth program: it allows all requests, with its own name as the user."""

    def __init__(self, name):
        self.name, self.questions = name, []
        super().__init__()

    async def respond(self, request, _reader, writer):
        self.questions.append(request)
        answer(writer, b"", extra=f"X-Forwarded-User: {self.name}\r\n")
        return True

    def hang_up(self):
        """Closes its connections like the end of its pod, because Traefik keeps a connection for as long as it can."""
        for task in list(self._tasks):
            self.loop.call_soon_threadsafe(task.cancel)


class Place(Together):
    """
    A cluster, and the workplace of its operator: a folder with the charts, helm, kubectl, and a context for each of
    `contexts`. At the end all `namespaces` are deleted; the commands create those in `made`.
    """

    def __init__(self, cluster, folder, *, names, namespaces, made=(), contexts=()):
        self.cluster, self.api, self.folder = cluster, cluster.api, folder
        self.authority, self.ports = Authority(folder, names), Ports(free_port(), free_port())
        self.browser = Browser(self.authority)
        super().__init__(namespaces, made, contexts)

    def _start(self, namespaces, made, contexts):
        (self.folder / "helm").symlink_to(tools.TREE / "helm")
        programs = self.folder / "bin"
        programs.mkdir()
        for program in (tools.helm(), tools.kubectl()):
            (programs / program.name).symlink_to(program)
        config = yaml.safe_load(kubeconfig(self.api.url, self.api.ca_file, token=self.api.token))
        (context,) = config["contexts"]
        config["contexts"] += [{**context, "name": name} for name in contexts]
        self.write("kubeconfig", yaml.safe_dump(config))
        self._env = {"HOME": str(self.folder), "KUBECONFIG": str(self.folder / "kubeconfig")}
        self._env["PATH"] = f"{programs}:{os.environ['PATH']}"
        self.api.create(*map(namespace, namespaces))
        for name in (*namespaces, *made):
            self._running.callback(self._forget, name)
        self.network = self._kept(Network(self.api))

    def _forget(self, name):
        for kind in LEFT:
            self.api.call("DELETE", self.api.path(*kind, name))
        self.api.delete(namespace(name))

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def run(self, script):
        """Runs commands of a page, except those that wait for pods; what they install is removed at the end."""
        for release, where in re.findall(r"^helm (?:--\S+ \S+ )?install (\S+) .*--namespace (\S+)", script, re.M):
            self._running.callback(self.run, f"helm uninstall {release} --namespace {where} --ignore-not-found")
        lines = [line for line in script.split("\n") if " rollout status " not in line]
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
            cwd=self.folder,
            env={**os.environ, **self._env},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def apply(self, *texts):
        self.write("applied.yaml", "---\n".join(texts))
        self.run("kubectl apply --filename applied.yaml")

    def create(self, one):
        """Creates an object of the cluster, which is deleted at the end."""
        self.api.create(one)
        self._running.callback(self.api.delete, one)

    def serve(self, name, where, port, real):
        """A Service that is forwarded to a port of loopback."""
        spec = {"selector": {"app": name}, "ports": [{"name": "web", "port": port, "targetPort": 8080}]}
        metadata = {"name": name, "namespace": where}
        self.api.create({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
        self.network.attach(where, {"app": name}, {8080: real})

    def publish(self, name, where, port=80, **options):
        """An application and its Service."""
        app = self._kept(App(**options))
        self.serve(name, where, port, app.port)
        return app

    def asked(self, deployment, where, name=None):
        """A program that replaces the pods of a Deployment."""
        program = self._kept(Asked(name or deployment))
        self.attach(program, deployment, where)
        return program

    def attach(self, program, deployment, where):
        """Forwards the Services that select the pods of a Deployment to the program that replaces them."""
        found = self.api.get("apps/v1", "Deployment", where, deployment)
        labels = found["spec"]["template"]["metadata"]["labels"]
        self.network.attach(where, labels, dict.fromkeys((4181, 4182, 9181), program.port))

    def traefik(self, namespaces, crd=(), **options):
        return self._kept(
            Provided(
                "3.7.15",
                self.folder,
                cluster=self.cluster,
                namespaces=namespaces,
                network=self.network,
                authority=self.authority,
                ports=self.ports,
                crd={"allowCrossNamespace": False, **dict(crd)},
                **options,
            )
        )

    def get(self, host, path):
        return self.browser.send("navigation", f"https://{host}:{self.ports.https}{path}")


@pytest.fixture
def make_place(cluster, tmp_path):
    made = []

    def make(**options):
        made.append(Place(cluster, tmp_path, **options))
        return made[-1]

    yield make
    for place in made:
        place.stop()


def shown(page, kind):
    return [block.text for block in of_kind(kind, page)]


# ---- doc/clusters.md -----------------------------------------------------------------------------------

CLUSTERS = "doc/clusters.md"


def install(make_place, name, *namespaces):
    """A cluster made with the commands that the page shows for west."""
    place = make_place(
        names=[f"*.{name}.example.com"],
        namespaces=["dex", *namespaces],
        made=["sallyport", "infra"],
        contexts=["west", "central"],
    )
    values = dict(zip(("west", "central", "backup"), shown(CLUSTERS, "yaml values"), strict=False))
    for file in (name, "backup"):
        place.write(f"{file}.yaml", values[file])
    place.write("roles.yaml", shown(CLUSTERS, "yaml federation")[0])
    secrets, charts, _ = shown(CLUSTERS, "sh norun")
    place.run(secrets.replace("west", name))
    assert "Check that it works:" in place.run(charts.replace("west", name))
    return place


def assert_asks(place, host, app, program):
    """Waits until a request for the host reaches the application."""
    wait_for(lambda: place.get(host, "/x").status == 200, f"the route of {host}")
    question = program.questions[-1]
    assert question.target == "/auth/traefik" and question.value("X-Forwarded-Host").startswith(host)
    assert app.last.values("X-Forwarded-User") == [program.name]


def test_a_cluster_is_set_up_by_the_commands_of_the_page_and_its_dashboard_by_the_route(make_place):
    place = install(make_place, "west", "monitoring")
    grafana, sallyport = place.publish("grafana", "monitoring"), place.asked("sallyport", "sallyport")
    place.apply(shown(CLUSTERS, "yaml kubernetes")[0])
    place.traefik(["monitoring", "sallyport"], secure={"http": {"tls": {}}})
    assert_asks(place, "grafana.west.example.com", grafana, sallyport)
    pages = len(sallyport.questions)
    assert place.get("auth.west.example.com", "/_sallyport/callback?code=c").status == 200
    assert sallyport.questions[pages].target == "/_sallyport/callback?code=c"

    # When session keys leak.
    def keys():
        return place.api.get("v1", "Secret", "sallyport", "sallyport-keys")["data"]

    old = keys()
    (delete,) = re.findall("`(kubectl --namespace sallyport delete secret [^`]*)`, then `helm upgrade`", text_of(CLUSTERS))
    place.run(f"{delete}\nhelm upgrade sallyport helm/sallyport --namespace sallyport --values west.yaml")
    assert keys() != old


def test_the_central_cluster_is_set_up_likewise_with_a_backup_entry_beside_it(make_place):
    place = install(make_place, "central", "portal")
    place.run(shown(CLUSTERS, "sh norun")[2])
    portal, sallyport = place.publish("portal", "portal"), place.asked("sallyport", "sallyport")
    backup = place.asked("backup-sallyport", "sallyport")
    place.apply(*shown(CLUSTERS, "yaml kubernetes")[1:])
    place.traefik(["portal", "sallyport"], secure={"http": {"tls": {}}})
    assert_asks(place, "portal.central.example.com", portal, sallyport)
    assert_asks(place, "rescue.central.example.com", portal, backup)


# ---- the cut-over of doc/migration.md ------------------------------------------------------------------

MIGRATION = "doc/migration.md"
KOMMANDER = "kommander.example.com"
INGRESS_CLASS = "kommander-traefik"
CHART = {"apiVersion": "v2", "name": "predecessor", "version": "1.0.0"}
# The parts of the predecessor's chart that matter here.
PREDECESSOR = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: traefik-forward-auth}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik-forward-auth}
spec:
  selector:
    matchLabels: &labels
      app.kubernetes.io/name: traefik-forward-auth
      app.kubernetes.io/instance: traefik-forward-auth
  template:
    metadata: {labels: *labels}
    spec:
      containers: [{name: traefik-forward-auth, image: traefik-forward-auth}]
---
apiVersion: v1
kind: Service
metadata: {name: traefik-forward-auth}
spec:
  selector: {app.kubernetes.io/name: traefik-forward-auth, app.kubernetes.io/instance: traefik-forward-auth}
  ports: [{name: http, port: 4181, targetPort: 4181}]
"""
# A router of the operator's own, to see what sallyport answers before the platform asks it.
TRIAL = """
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: trial, namespace: kommander}
spec:
  forwardAuth:
    address: http://sallyport.kommander.svc.cluster.local:4181/
    trustForwardHeader: true
    authResponseHeaders: [X-Forwarded-User]
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: trial, namespace: kommander}
spec:
  routes:
    - {kind: Rule, match: PathPrefix(`/trial`), middlewares: [{name: trial}], services: [{name: app, port: 80}]}
"""


def ingress(name, path, *middlewares, to, port=80):
    """An Ingress of the platform, which has no host."""
    annotation = ",".join(f"kommander-{one}@kubernetescrd" for one in middlewares)
    backend = {"service": {"name": to, "port": {"number": port}}}
    paths = [{"path": path, "pathType": "Prefix", "backend": backend}]
    annotations = {"traefik.ingress.kubernetes.io/router.middlewares": annotation}
    return yaml.safe_dump(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": name, "namespace": "kommander", "annotations": annotations},
            "spec": {"ingressClassName": INGRESS_CLASS, "rules": [{"http": {"paths": paths}}]},
        }
    )


APPLICATION, CALLBACK, DASHBOARD = "/dkp/alertmanager/x", "/_oauth_kommander?code=c", "/dkp/kubernetes/x"


class Platform:
    """The platform before the cut-over, with one application and the dashboard."""

    def __init__(self, place):
        self.place = place
        place.run("mkdir -p predecessor/templates")
        place.write("predecessor/Chart.yaml", yaml.safe_dump(CHART))
        own = ingress("traefik-forward-auth", "/_oauth_kommander", "forwardauth", to="traefik-forward-auth", port=4181)
        place.write("predecessor/templates/all.yaml", f"{PREDECESSOR}---\n{own}")
        place.run("helm install traefik-forward-auth predecessor --namespace kommander")
        for name in ("secret", "session-key"):
            place.run(f"kubectl --namespace kommander create secret generic traefik-forward-auth-{name}")
        place.publish("app", "kommander")
        place.serve("kubernetes-dashboard-kong-proxy", "kommander", 443, free_port())  # where nothing listens
        self.programs = {"predecessor": place.asked("traefik-forward-auth", "kommander")}
        objects = shown(MIGRATION, "yaml kubernetes")
        self.clean, self.service, self.edited = (
            next(text for text in objects if f"kind: {kind}" in text) for kind in ("Middleware", "Service", "Ingress")
        )
        place.apply(
            *(text for text in shown(MIGRATION, "yaml before") if "kind: Middleware" in text),
            self.clean,
            ingress("alertmanager", "/dkp/alertmanager", "stripprefixes", "forwardauth", to="app"),
            ingress(
                "kubernetes-dashboard",
                "/dkp/kubernetes",
                *("stripprefixes", "forwardauth-full"),
                to="kubernetes-dashboard-kong-proxy",
                port=443,
            ),
        )

    def asked(self, path):
        """The programs that receive a request."""
        for program in self.programs.values():
            program.questions.clear()
        self.place.get(KOMMANDER, path)
        return [name for name, program in self.programs.items() if program.questions]

    def all_ask(self, name):
        """Waits until only this program gets subrequests and callbacks."""
        for path in (APPLICATION, CALLBACK, DASHBOARD):
            wait_for(lambda path=path: self.asked(path) == [name], f"{name} to be asked about {path}")


def test_the_cut_over_leads_the_platform_to_sallyport_and_back_and_ends_without_the_predecessor(make_place):
    place = make_place(names=[KOMMANDER], namespaces=["kommander"])
    *_, account, install, _explain, lead, uninstall, roll_back = shown(MIGRATION, "sh norun")
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": INGRESS_CLASS}}
    place.create({**kind, "spec": {"controller": "traefik.io/ingress-controller"}})
    platform = Platform(place)
    predecessor = platform.programs["predecessor"]
    (static,) = of_kind("yaml traefik-static", MIGRATION)
    (point,) = static.documents()[0]["entryPoints"].values()
    place.traefik(["kommander"], ingress={"ingressClass": INGRESS_CLASS}, secure={"http": point["http"]})
    platform.all_ask("predecessor")

    # Next to the predecessor, which still gets subrequests and callbacks.
    place.write("kommander.yaml", shown(MIGRATION, "yaml values")[0])
    place.write("service.yaml", platform.service)
    for one in (
        {"kind": "Secret", "metadata": {"name": "traefik-forward-auth-client"}, "stringData": {"client-secret": "s" * 32}},
        {"kind": "ConfigMap", "metadata": {"name": "kommander-ca"}, "data": {"ca.crt": place.authority.ca_file.read_text()}},
    ):
        metadata = {**one["metadata"], "namespace": "kommander"}
        place.create({"apiVersion": "v1", **one, "metadata": metadata})  # objects that the platform already has
    place.run(account)
    place.run(install)
    sallyport = platform.programs["sallyport"] = place.asked("sallyport", "kommander")
    place.apply(TRIAL)
    wait_for(lambda: platform.asked("/trial") == ["sallyport"], "the router for a trial")
    platform.all_ask("predecessor")

    place.run(lead)
    predecessor.hang_up()
    place.attach(sallyport, "sallyport", "kommander")
    platform.all_ask("sallyport")
    assert sallyport.questions[0].target == "/" and not sallyport.questions[0].value("X-Sallyport-Proxy-Key")
    place.apply(platform.edited)
    wait_for(lambda: platform.asked(DASHBOARD) and sallyport.questions[0].value("X-Sallyport-Proxy-Key"), "the chain")
    assert sallyport.questions[0].target == "/auth/traefik?headers=identity,kubernetes&prefix=1"

    place.run(roll_back)
    sallyport.hang_up()
    place.attach(predecessor, "traefik-forward-auth", "kommander")
    for path in (APPLICATION, CALLBACK):
        wait_for(lambda path=path: platform.asked(path) == ["predecessor"], f"the predecessor to be asked about {path}")

    place.run(lead)
    predecessor.hang_up()
    place.run(uninstall)
    place.attach(sallyport, "sallyport", "kommander")
    platform.all_ask("sallyport")
    left = {one["metadata"]["name"] for one in place.api.items("apps/v1", "Deployment", "kommander")}
    assert left == {"sallyport"}

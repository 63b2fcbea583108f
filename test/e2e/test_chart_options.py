# SPDX-License-Identifier: Apache-2.0
"""The values of the chart for all objects, for the pods, and for access and monitoring."""

import re

import pytest
import yaml
from rig.render import CHART, FILES, NAMESPACE, HelmFailed, Rendered, notes, values_of


def ours(rendered):
    """All objects except the one of templates-values.yaml that defines its whole metadata."""
    return [item for item in rendered.objects if not item["metadata"]["name"].endswith("-extra")]


# ---- every object --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_every_object_is_marked_and_placed_as_the_values_say(name, render):
    rendered = render(name, annotations={"example.com/owner": "access"}, namespaceOverride="elsewhere")
    for item in ours(rendered):
        assert item["metadata"]["annotations"]["example.com/owner"] == "access", item["metadata"]["name"]
        assert item["metadata"].get("namespace", "elsewhere") == "elsewhere"
    for deployment in rendered.of_kind("Deployment").values():
        assert "example.com/owner" not in deployment["spec"]["template"]["metadata"]["annotations"]
    for left in (f".{NAMESPACE}.", f"{NAMESPACE}-door", f'namespace: "{NAMESPACE}"', f'namespace=\\"{NAMESPACE}'):
        assert left not in rendered.text


# The object that gets the annotations of a value, by kind and end of the name.
ANNOTATED = {
    "deploymentAnnotations": ("Deployment", "door-sallyport"),
    "configMapAnnotations": ("ConfigMap", "door-sallyport"),
    "clientSecret.annotations": ("Secret", "door-sallyport-client"),
    "keys.annotations": ("Secret", "door-sallyport-keys"),
    "serviceAccount.annotations": ("ServiceAccount", "door-sallyport"),
    "service.annotations": ("Service", "door-sallyport"),
    "networkPolicy.annotations": ("NetworkPolicy", "door-sallyport"),
    "podDisruptionBudget.annotations": ("PodDisruptionBudget", "door-sallyport"),
    "autoscaling.annotations": ("HorizontalPodAutoscaler", "door-sallyport"),
    "traefik.annotations": ("Middleware", "door-sallyport-clean"),
    "monitoring.serviceMonitor.annotations": ("ServiceMonitor", "door-sallyport"),
    "monitoring.prometheusRule.annotations": ("PrometheusRule", "door-sallyport"),
    "monitoring.dashboard.annotations": ("ConfigMap", "door-sallyport-dashboard"),
}


def test_annotations_of_one_object_win_over_those_of_all(render):
    monitored = {f"monitoring.{one}.enabled": True for one in ("serviceMonitor", "prometheusRule", "dashboard")}
    own = {path: {"who": path} for path in ANNOTATED}
    rendered = render("minimal", annotations={"who": "all"}, **own, **monitored, **{"autoscaling.enabled": True})
    for path, (kind, name) in ANNOTATED.items():
        assert rendered.of_kind(kind)[name]["metadata"]["annotations"]["who"] == path
    assert rendered.of_kind("Service")["door-sallyport-admin"]["metadata"]["annotations"]["who"] == "all"


def test_labels_of_the_chart_win_on_objects_and_on_pods(render):
    plain = render("monitoring")
    taken = {name: "x" for one in plain.objects for name in one["metadata"]["labels"] if "/" in name}
    rendered = render("monitoring", labels=taken | {"team": "a", "tier": "a"}, podLabels=taken | {"team": "b"})
    for before, after in zip(plain.objects, rendered.objects, strict=True):
        own = before["metadata"]["labels"]
        assert after["metadata"]["labels"] == {"team": "a", "tier": "a"} | own | {
            name: "x" for name in taken if name not in own
        }
    assert rendered.pod["metadata"]["labels"] == plain.pod["metadata"]["labels"] | {"team": "b", "tier": "a"}


def test_the_notes_name_the_namespace_of_the_objects(tmp_path):
    path = tmp_path / "values.yaml"
    path.write_text(values_of("minimal").read_text() + "namespaceOverride: elsewhere\n")
    said = notes(tmp_path, path)
    assert "elsewhere-door-sallyport@kubernetescrd" in said and f"namespace {NAMESPACE}" not in said


def test_the_monitor_can_be_where_prometheus_looks(tmp_path):
    changes = {"monitoring.serviceMonitor.namespace": "monitoring"}
    monitor = Rendered(tmp_path, values_of("monitoring"), changes=changes).one("ServiceMonitor")
    assert monitor["metadata"]["namespace"] == "monitoring"
    assert monitor["spec"]["namespaceSelector"] == {"matchNames": [NAMESPACE]}


def test_prometheus_labels_targets_and_drops_metrics_as_the_values_say(render):
    where = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "node"}
    drop = {"sourceLabels": ["__name__"], "regex": "sallyport_connections", "action": "drop"}
    of = "monitoring.serviceMonitor"
    rendered = render("monitoring", **{f"{of}.relabelings": [where], f"{of}.metricRelabelings": [drop]})
    (endpoint,) = rendered.one("ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["relabelings"] == [where] and endpoint["metricRelabelings"] == [drop]


# ---- pods ----------------------------------------------------------------------------------------------


def test_all_that_can_be_said_of_the_pods_is_said(render):
    rendered = render("pods")
    given = yaml.safe_load(values_of("pods").read_text())
    deployment, spec, container = rendered.one("Deployment")["spec"], rendered.pod["spec"], rendered.container
    assert deployment["strategy"] == {"type": "Recreate"} and deployment["minReadySeconds"] == 5
    taken = ("runtimeClassName", "schedulerName", "hostUsers", "shareProcessNamespace", "initContainers")
    for key in (*taken, "hostAliases", "dnsPolicy", "dnsConfig"):
        assert spec[key] == given[key], key
    assert container["lifecycle"] == given["lifecycle"] and container["envFrom"] == given["envFrom"]
    assert container["resizePolicy"] == given["resizePolicy"]
    assert rendered.one("Deployment")["metadata"]["labels"]["tier"] == "edge"
    assert given["extraVolumes"][0] in spec["volumes"]
    assert given["extraVolumeMounts"][0] in container["volumeMounts"]
    assert given["extraContainers"][0] in spec["containers"]


def test_the_image_comes_from_the_registry_of_the_values(render):
    pods = render("pods")
    assert pods.container["image"] == "mirror.example.com/proxied/edge/sallyport:0.1.0"
    assert pods.pod["spec"]["imagePullSecrets"] == [{"name": "registry"}, {"name": "mirror"}]
    for registry, repository, image in (
        ("", "sallyport", "sallyport:0.1.0"),
        ("ghcr.io", "edge/sallyport", "ghcr.io/edge/sallyport:0.1.0"),
        ("ghcr.io/", "localhost/sallyport", "ghcr.io/sallyport:0.1.0"),
        ("", "registry.example.com/edge/sallyport", "registry.example.com/edge/sallyport:0.1.0"),
    ):
        changes = {"image.registry": registry, "image.repository": repository}
        assert render("minimal", **changes).container["image"] == image


def test_probes_take_their_timings_and_keep_their_questions(render):
    container = render("pods").container
    live, ready, start = (container[f"{name}Probe"] for name in ("liveness", "readiness", "startup"))
    assert (live["periodSeconds"], live["failureThreshold"], live["httpGet"]["path"]) == (20, 3, "/healthz")
    assert (ready["successThreshold"], ready["periodSeconds"], ready["httpGet"]["path"]) == (2, 2, "/readyz")
    assert start == {"httpGet": {"path": "/healthz", "port": "admin"}, "periodSeconds": 1, "failureThreshold": 30}
    assert "startupProbe" not in render("minimal").container


def test_a_null_leaves_kubernetes_its_own_defaults(render):
    rendered = render("minimal", strategy=None, livenessProbe=None, readinessProbe=None, resources=None)
    assert "strategy" not in rendered.one("Deployment")["spec"] and "resources" not in rendered.container
    for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        assert rendered.container[probe] == {"httpGet": {"path": path, "port": "admin"}}


def test_security_contexts_can_be_changed_within_the_restricted_level(render):
    rendered = render("pods")
    assert rendered.pod["spec"]["securityContext"] == {
        "runAsNonRoot": True,
        "fsGroup": 20001,
        "supplementalGroups": [20002],
        "seccompProfile": {"type": "Localhost", "localhostProfile": "profiles/sallyport.json"},
    }
    assert rendered.container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_a_constraint_without_a_selector_is_about_the_pods_of_the_release(render):
    rendered = render("pods")
    ours, theirs = rendered.pod["spec"]["topologySpreadConstraints"]
    assert ours["labelSelector"] == rendered.one("Deployment")["spec"]["selector"]
    assert ours["topologyKey"] == "kubernetes.io/hostname"
    assert theirs["labelSelector"] == {"matchLabels": {"team": "access"}}


def test_pods_are_scaled_and_evicted_as_the_values_say(render):
    rendered = render("pods")
    memory, own = rendered.one("HorizontalPodAutoscaler")["spec"]["metrics"]
    assert memory["resource"]["name"] == "memory" and memory["resource"]["target"]["averageUtilization"] == 80
    assert own == yaml.safe_load(values_of("pods").read_text())["autoscaling"]["metrics"][0]
    budget = rendered.one("PodDisruptionBudget")["spec"]
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert budget["minAvailable"] == "50%" and "maxUnavailable" not in budget


# ---- the Service ---------------------------------------------------------------------------------------


def test_a_service_outside_the_cluster_keeps_the_addresses_of_those_who_ask(render):
    services = render("outside").of_kind("Service")
    service, given = services["door-sallyport"], yaml.safe_load(values_of("outside").read_text())["service"]
    assert service["metadata"]["annotations"] == given["annotations"]
    assert service["metadata"]["labels"]["reach"] == "outside"
    assert service["spec"]["externalTrafficPolicy"] == "Local"
    for key in ("type", "loadBalancerClass", "loadBalancerSourceRanges", "trafficDistribution", "internalTrafficPolicy"):
        assert service["spec"][key] == given[key]
    assert [port.get("nodePort") for port in service["spec"]["ports"]] == [30181, None]
    assert services["door-sallyport-admin"]["spec"]["type"] == "ClusterIP"
    assert "externalTrafficPolicy" not in render("minimal").of_kind("Service")["door-sallyport"]["spec"]
    assert render("minimal", **{"service.type": "NodePort"}).of_kind("Service")["door-sallyport"]["spec"]["type"] == "NodePort"


# ---- values of one field -------------------------------------------------------------------------------


def test_a_value_of_one_field_is_in_that_field(tmp_path):
    changes = {
        "image.pullPolicy": "Always",
        "topologySpread.topologyKey": "rack",
        "issuerCA.existingSecret": "authority",
        "service": {"type": "NodePort", "clusterIP": "10.96.0.9", "nodePorts": {"pages": 30182}},
        "networkPolicy.monitoring.podLabels": {"app": "prometheus"},
        "networkPolicy.extraIngress": [{"ports": [{"port": 4182}]}],
        "networkPolicy.egress.enabled": False,
        "traefik.labels": {"routes": "edge"},
        "monitoring.serviceMonitor.scrapeTimeout": "7s",
        "check.deadlineSeconds": 77,
    }
    rendered = Rendered(tmp_path, values_of("monitoring"), changes=changes, checked=True)
    assert rendered.container["imagePullPolicy"] == "Always"
    pod, service = rendered.pod["spec"], rendered.of_kind("Service")["door-sallyport"]["spec"]
    assert [one["topologyKey"] for one in pod["topologySpreadConstraints"]] == ["rack"]
    authority = {"name": "authority", "items": [{"key": "ca.crt", "path": "issuer-ca.crt"}]}
    assert {"secret": authority} in pod["volumes"][0]["projected"]["sources"]
    assert service["clusterIP"] == "10.96.0.9"
    assert {port["name"]: port.get("nodePort") for port in service["ports"]} == {"auth": None, "pages": 30182}
    policy = rendered.one("NetworkPolicy")["spec"]
    assert policy["ingress"][1]["from"][0]["podSelector"] == {"matchLabels": {"app": "prometheus"}}
    assert policy["ingress"][-1] == {"ports": [{"port": 4182}]}
    assert policy["policyTypes"] == ["Ingress"] and "egress" not in policy
    assert {one["metadata"]["labels"]["routes"] for one in rendered.of_kind("Middleware").values()} == {"edge"}
    assert rendered.one("ServiceMonitor")["spec"]["endpoints"][0]["scrapeTimeout"] == "7s"
    assert rendered.of_kind("Job")["door-sallyport-check"]["spec"]["activeDeadlineSeconds"] == 77


# ---- a chart above -------------------------------------------------------------------------------------


def test_a_chart_above_hands_its_global_values_down(tmp_path):
    above = tmp_path / "platform"
    (above / "charts").mkdir(parents=True)
    (above / "charts" / "sallyport").symlink_to(CHART)
    (above / "Chart.yaml").write_text("{apiVersion: v2, name: platform, version: 1.0.0}\n")
    minimal = yaml.safe_load(values_of("minimal").read_text())
    minimal["config"]["issuer"] = "https://dex.{{ .Values.global.domain }}/dex"
    minimal["check"] = {"enabled": False}
    shared = {"domain": "example.com", "imageRegistry": "mirror.example.com", "imagePullSecrets": [{"name": "mirror"}]}
    (above / "values.yaml").write_text(yaml.safe_dump({"global": shared, "sallyport": minimal}))
    rendered = Rendered(tmp_path, above / "values.yaml", chart=above)
    assert rendered.container["image"] == "mirror.example.com/sallyport:0.1.0"
    assert rendered.pod["spec"]["imagePullSecrets"] == [{"name": "mirror"}]
    assert yaml.safe_load(rendered.config_text)["issuer"] == "https://dex.example.com/dex"


# ---- templates -----------------------------------------------------------------------------------------


def test_every_text_may_be_a_template(render):
    rendered = render("templates")
    config = yaml.safe_load(rendered.config_text)
    assert config["trusted_proxies"] == ["10.42.0.0/16"]
    assert config["issuer"] == "https://dex.central.example.com/dex"
    assert config["policies"]["ops"][0]["host"] == "ops.example.com"
    assert "max_connections: 1000000\n" in rendered.config_text
    assert {"name": "HTTPS_PROXY", "value": "http://proxy.example.com:3128"} in rendered.container["env"]
    assert rendered.pod["metadata"]["labels"]["release"] == "door-r"
    mounted = rendered.pod["spec"]["volumes"][0]["projected"]["sources"]
    assert [one["secret"]["name"] for one in mounted if "secret" in one] == ["door-sallyport-keys", "dex-client"]
    assert "Host(`app.example.com`)" in rendered.one("IngressRoute")["spec"]["routes"][0]["match"]


def test_what_a_template_gives_is_not_taken_for_a_template(render):
    rendered = render("templates")
    for item in ours(rendered):
        assert item["metadata"]["annotations"]["example.com/chart"] == "sallyport of {{ somebody }}"
    data = rendered.of_kind("ConfigMap")["door-sallyport-extra"]["data"]
    assert data == {"release": "door", "kept": "{{ .Release.Name }}"}


def test_objects_of_ones_own_are_a_mapping_or_a_text(render):
    extra = render("templates").of_kind("Secret")["extra"]
    assert extra["metadata"]["labels"]["release"] == "door-r"
    assert extra["stringData"] == {"key": "value"}


def test_every_file_of_templates_resolves_those_in_values_first():
    for path in (CHART / "templates").glob("[!_]*"):
        text = re.sub(r"^{{- /\*.*?\*/ -}}\n", "", path.read_text(), flags=re.S)
        assert text.startswith('{{- include "sallyport.begin" . -}}\n'), path.name


def test_a_template_that_fails_says_where(tmp_path):
    with pytest.raises(HelmFailed, match="global.nowhere"):
        Rendered(tmp_path, values_of("minimal"), changes={"config.issuer": "{{ .Values.global.nowhere.domain }}"})

# SPDX-License-Identifier: Apache-2.0
"""What the values of the chart can say of all objects, of the pods, and of how they are reached and counted."""

import re

import pytest
import yaml
from rig.render import CHART, FILES, NAMESPACE, HelmFailed, Rendered, notes, values_of

CLUSTER_WIDE = ("ClusterRole", "ClusterRoleBinding")


def ours(rendered):
    """The objects but that of templates-values.yaml whose metadata is all its own."""
    return [item for item in rendered.objects if not item["metadata"]["name"].endswith("-extra")]


# ---- every object --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_annotations_are_on_every_object_and_not_on_the_pods(name, render):
    rendered = render(name, **{"annotations": {"example.com/owner": "access"}})
    for item in ours(rendered):
        assert item["metadata"]["annotations"]["example.com/owner"] == "access", item["metadata"]["name"]
    for deployment in rendered.of_kind("Deployment").values():
        assert "example.com/owner" not in deployment["spec"]["template"]["metadata"]["annotations"]


# Whose annotations a value is, by the kind and the end of the name.
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


@pytest.mark.parametrize("name", FILES)
def test_all_objects_can_be_in_another_namespace(name, render):
    rendered = render(name, namespaceOverride="elsewhere")
    for item in rendered.objects:
        if item["kind"] not in CLUSTER_WIDE:
            assert item["metadata"]["namespace"] == "elsewhere"
    for left in (f".{NAMESPACE}.", f"{NAMESPACE}-door", f'namespace: "{NAMESPACE}"', f'namespace=\\"{NAMESPACE}'):
        assert left not in rendered.text


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

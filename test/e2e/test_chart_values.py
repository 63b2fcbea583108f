# SPDX-License-Identifier: Apache-2.0
"""The values of the chart: the schema agrees with the program, and refusals have the expected messages."""

import json
import re

import pytest
import yaml
from rig import schema, tools
from rig.render import CHART, MADE, HelmFailed, Rendered, helm, values_of
from rig.sallyport import run

SCHEMA = json.loads(schema.SCHEMA.read_text())
OURS = schema.without_hints(SCHEMA)


def refusal(folder, changes, options=()):
    with pytest.raises(HelmFailed) as caught:
        Rendered(folder, values_of("minimal"), changes=changes, options=options)
    return str(caught.value)


# ---- known values --------------------------------------------------------------------------------------


def test_the_reference_page_and_the_schema_are_written_from_the_tables_of_settings():
    written = schema.page()
    assert schema.PAGE.read_text() == written, "./dev schema writes it anew"
    assert schema.SCHEMA.read_text() == schema.schema(written), "./dev schema writes it anew"
    assert schema.FIXED.read_text() == schema.fixed_settings(written), "./dev schema writes it anew"


def test_the_table_of_values_is_written_from_the_values_and_their_schema():
    assert schema.CHART_PAGE.read_text() == schema.chart_page(), "./dev schema writes it anew"
    shown = {row[0].strip("`") for row in schema.tables(schema.CHART_PAGE.read_text())["values"][1:]}
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert {name.split(".")[0] for name in shown} == set(values)


def test_the_schema_has_the_settings_of_the_program_and_no_others():
    known = schema.tables(run("check", "--document").stdout)
    named = {name: {row[0].strip("`") for row in table[1:]} for name, table in known.items()}
    settings = set().union(*(named[name] for name, table in known.items() if table[0][0] == "setting"))
    offered = set(OURS["properties"]["config"]["properties"])
    assert offered == settings - MADE - schema.WITHHELD
    assert MADE | schema.WITHHELD <= settings
    rule = SCHEMA["definitions"]["rule"]["properties"]
    assert set(rule["action"]["enum"]) == named["actions"]
    assert set(rule) - {"action"} == named["conditions"]


def test_the_schema_allows_exactly_what_the_values_show():
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    def compare(shown, schema, at):
        known = schema.get("properties")
        if known is None or not shown or at == "/config":
            return
        assert at == "/global" or schema["additionalProperties"] is False, at
        assert set(shown) == set(known), at
        for key, value in shown.items():
            assert known[key].get("description"), f"{at}/{key}"
            if isinstance(value, dict):
                compare(value, known[key], f"{at}/{key}")

    compare(values, OURS, "")


def test_what_a_peer_has_and_this_chart_has_not_has_a_reason():
    for name, ours, *theirs, reason in schema.tables(schema.CHART_PAGE.read_text())["peers"][1:]:
        if ours.startswith("no") and any(not one.startswith("no") for one in theirs):
            assert reason.strip(), name


def test_helm_lint_passes_without_values(tmp_path):
    for chart in (CHART, CHART.parent / "federation"):
        assert "1 chart(s) linted, 0 chart(s) failed" in helm(tmp_path, "lint", "--strict", chart)


def has_value(values, path):
    for name in path.split("."):
        if name not in values:
            return False
        values = values[name]
    return True


def test_values_of_other_charts_are_answered_by_what_this_one_has():
    hints = yaml.safe_load((CHART / "hints.yaml").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    values["config"] = OURS["properties"]["config"]["properties"]
    for path, name in hints["renamed"].items():
        assert has_value(values, name), f"{path}: {name}"
    for path in [*hints["renamed"], *hints["otherwise"]]:
        assert not has_value(values, path), path
    for path, text in hints["otherwise"].items():
        for name in re.findall(r"[a-z]\w+(?:\.\w+)+", text.replace("accounts.google.com", "")):
            assert has_value(values, name), f"{path}: {name}"


# Values of Traefik's chart that concern only Traefik, and values that Helm itself reads.
OF_TRAEFIK = {"api", "core", "enabled", "experimental", "gatewayClass", "hub", "ocsp", "oci_meta", "offering_version"}
OF_TRAEFIK |= {"providers", "tlsOptions", "tlsStore", "tracing"}
OF_OAUTH2_PROXY = """
    affinity alphaConfig authenticatedEmailsFile autoscaling checkDeprecation config containerPort customLabels
    deploymentAnnotations deploymentLabels enableServiceLinks envFrom extraArgs extraContainers extraEnv
    extraInitContainers extraObjects extraVolumeMounts extraVolumes gatewayApi global hostAliases htpasswdFile httpScheme
    image imagePullSecrets ingress initContainers kubeVersion lifecycle livenessProbe metrics namespaceOverride
    networkPolicy nodeSelector podAnnotations podDisruptionBudget podLabels podSecurityContext priorityClassName
    proxyVarsAsSecrets readinessProbe redis-ha replicaCount resizePolicy resources revisionHistoryLimit securityContext
    service serviceAccount sessionStorage strategy terminationGracePeriodSeconds tolerations topologySpreadConstraints
"""


def test_the_values_of_peers_are_known():
    known = set(SCHEMA["properties"])
    of_traefik = yaml.safe_load((tools.traefik_chart() / "values.yaml").read_text())
    assert set(of_traefik) - OF_TRAEFIK - known == set()
    assert set(OF_OAUTH2_PROXY.split()) - known == set()
    for name in ("image", "podDisruptionBudget", "readinessProbe", "livenessProbe", "service", "autoscaling"):
        assert set(of_traefik[name]) - set(SCHEMA["properties"][name]["properties"]) <= {"single", "annotationsUDP"}, name


def test_every_value_of_other_charts_is_refused_in_its_own_words(tmp_path):
    hints = yaml.safe_load((CHART / "hints.yaml").read_text())
    values = yaml.safe_load(values_of("minimal").read_text())
    for path in sorted(schema.hints(), key=lambda one: -one.count(".")):
        *parents, name = path.split(".")
        at = values
        for parent in parents:
            at = at.setdefault(parent, {})
        at.setdefault(name, {"enabled": True})
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    with pytest.raises(HelmFailed) as caught:
        Rendered(tmp_path, file)
    said = str(caught.value)
    for path, name in hints["renamed"].items():
        assert f"  - {path}: in this chart, use {name}\n" in said
    for path, text in hints["otherwise"].items():
        assert f"  - {path}: this chart has no such value: {text}\n" in said


def test_versions_agree():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = (tools.TREE / "meson.build").read_text()
    assert chart["appVersion"] == re.search(r"version: '([0-9.]+)'", project)[1]
    assert chart["kubeVersion"] == ">=1.25.0-0"


# ---- refused values ------------------------------------------------------------------------------------


REFUSED = {
    "everybody of IPv4 may ask": ({"trustedProxies": ["0.0.0.0/0"]}, "at '/trustedProxies/0': '0.0.0.0/0'"),
    "everybody of IPv6 may ask": ({"trustedProxies": ["10.0.0.1", "::/0"]}, "at '/trustedProxies/1': '::/0'"),
    "a misspelt value": ({"replica": 3}, "additional properties 'replica' not allowed"),
    "a misspelt setting": ({"config.isuer": "x"}, "at '/config': additional properties 'isuer' not allowed"),
    "a setting of the chart's": ({"config.keys_file": "/k"}, "additional properties 'keys_file' not allowed"),
    "renewal with several pods": ({"config.renew": True}, "config.renew: pods do not know"),
    "renewal with an autoscaler": (
        {"config.renew": True, "replicas": 1, "autoscaling": {"enabled": True}},
        "set autoscaling.enabled: false and replicas: 1, or allowRenewWithoutStore: true",
    ),
    "renewal with as many pods as Traefik has": (
        {"config.renew": True, "replicas": 1, "sidecar.enabled": True, "trustedProxies": ["127.0.0.1/32"]},
        "config.renew: pods do not know",
    ),
    "everybody by setting": ({"config.unsafe_trust_everybody": True}, "'unsafe_trust_everybody' not allowed"),
    "no default policy": ({"config.policies": {"ops": "authenticated"}}, "config.policies: default is missing"),
    "an unknown platform": ({"platform": "gke"}, "value must be one of '', 'k3s', 'rke2', 'eks', 'openshift'"),
    "an empty policy": ({"config.policies.default": []}, "at '/config/policies/default': minItems"),
    "a claim without a value": (
        {"config.policies.default": [{"action": "allow", "claim": {"department": []}}]},
        "at '/config/policies/default/0/claim/department': minItems",
    ),
    "a misspelt word": ({"config.policies.default": "all"}, "at '/config/policies/default': 'all'"),
    "a misspelt condition": (
        {"config.policies.default": [{"action": "allow", "groups": "x"}]},
        "at '/config/policies/default/0': additional properties 'groups' not allowed",
    ),
    "a misspelt action": (
        {"config.policies.default": [{"action": "rbca"}]},
        "value must be one of 'allow', 'deny', 'public', 'rbac', 'passthrough'",
    ),
    "an unknown way to write values": (
        {"config.headers": {"own": {"X-A": "user", "encode": "url"}}},
        "value must be one of 'none', 'percent', 'base64'",
    ),
    "a duration without unit": ({"config.session_lifetime": 12}, "got number, want string"),
    "root": ({"runAsUser": 0}, "at '/runAsUser': minimum: got 0, want 1"),
    "half a digest": ({"image.digest": "sha256:abc"}, "at '/image/digest': 'sha256:abc'"),
    "an open Service": (
        {"service.type": "LoadBalancer"},
        "service.loadBalancerSourceRanges: name the networks that Traefik's connections come from",
    ),
    "root in the pod": ({"podSecurityContext": {"runAsUser": 0}}, "at '/podSecurityContext/runAsUser': minimum"),
    "root allowed": ({"securityContext": {"runAsNonRoot": False}}, "at '/securityContext/runAsNonRoot': value must be"),
    "a privileged container": ({"securityContext": {"privileged": True}}, "at '/securityContext/privileged'"),
    "a capability": (
        {"securityContext": {"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}}},
        "at '/securityContext/capabilities/add/0'",
    ),
    "all capabilities": ({"securityContext": {"capabilities": {"drop": []}}}, "at '/securityContext/capabilities/drop'"),
    "no filter of system calls": (
        {"podSecurityContext": {"seccompProfile": {"type": "Unconfined"}}},
        "at '/podSecurityContext/seccompProfile/type': value must be one of",
    ),
    "a misspelt member of a context": (
        {"securityContext": {"readOnlyRootFileSystem": True}},
        "at '/securityContext': additional properties 'readOnlyRootFileSystem' not allowed",
    ),
    "a scaler by nothing": (
        {"autoscaling": {"enabled": True, "targetCPUUtilizationPercentage": 0}},
        "autoscaling: nothing to scale by",
    ),
    "settings of a Secret": (
        {"envFrom": [{"prefix": "SALLYPORT_", "secretRef": {"name": "x"}}]},
        "envFrom: variables that begin with SALLYPORT_ are settings",
    ),
    "no secret": ({"clientSecret.value": ""}, "clientSecret: give existingSecret, or value, or set"),
    "a placeholder": ({"clientSecret.value": "changeme"}, "clientSecret: value is a placeholder"),
    "another placeholder": ({"clientSecret.value": "<your-client-secret>"}, "value is a placeholder"),
    "Dex's example": ({"clientSecret.value": "ZXhhbXBsZS1hcHAtc2VjcmV0"}, "value is a placeholder"),
    "a short secret": ({"clientSecret.value": "s3cr3t-abc"}, "value has less than 16 characters"),
    "two secrets": ({"clientSecret.existingSecret": "x"}, "existingSecret and value are both given"),
    "a public client's secret": ({"config.client_auth": "none"}, "a public client, and has no secret"),
    "two authorities": (
        {"issuerCA": {"existingSecret": "a", "existingConfigMap": "b"}},
        "issuerCA: existingConfigMap, existingSecret and pem exclude each other",
    ),
    "no certificate": ({"issuerCA.pem": "/etc/ssl/ca.crt"}, "issuerCA: pem is no certificate"),
    "a private key": (
        {"issuerCA.pem": "-----BEGIN PRIVATE KEY-----\n"},
        "issuerCA: pem holds a private key",
    ),
    "a callback host alone": (
        {"config.callback_host": "https://auth.example.com"},
        "config.callback_host: needs config.hosts",
    ),
    "a callback host that is not listed": (
        {"config.callback_host": "https://auth.example.com", "config.hosts": ["https://app.example.com"]},
        "config.callback_host: https://auth.example.com is not among config.hosts",
    ),
    "pages of no Gateway": ({"pages.kind": "httproute"}, "pages.httproute.parentRefs: name the Gateway"),
    "pages of an unknown kind": (
        {"pages.kind": "route"},
        "value must be one of 'ingressroute', 'ingress', 'httproute', 'none'",
    ),
    "a middleware of no policy": (
        {"traefik.middlewares": {"x": {"policy": "nope"}}},
        "traefik.middlewares.x: config.policies has no nope",
    ),
    "a middleware of no set": (
        {"traefik.middlewares": {"x": {"headers": "nope"}}},
        "traefik.middlewares.x: config.headers has no nope",
    ),
    "a prefix that is not expected": (
        {"traefik.middlewares": {"x": {"stripPrefixes": ["/x"]}}},
        "traefik.middlewares.x: strips /x, which config.forwarded_prefixes must list",
    ),
    "two middlewares of one name": (
        {"config.policies": {"default": "authenticated", "a_b": "authenticated", "a-b": "authenticated"}},
        "the middleware a_b would have the name door-sallyport-a-b, like that of a-b",
    ),
    "a setting as a variable": (
        {"extraEnv": [{"name": "SALLYPORT_UNSAFE_TRUST_EVERYBODY", "value": "true"}]},
        "extraEnv: SALLYPORT_UNSAFE_TRUST_EVERYBODY is a setting",
    ),
    "no time to drain": (
        {"terminationGracePeriodSeconds": 5},
        "terminationGracePeriodSeconds: 5 is not longer than config.drain_delay, 5s",
    ),
    "a scaler upside down": (
        {"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 2}},
        "autoscaling: minReplicas is more than maxReplicas",
    ),
    "a sidecar that nobody may ask": (
        {"sidecar.enabled": True},
        "trustedProxies: Traefik calls a sidecar over loopback, so add 127.0.0.1/32",
    ),
    "a cookie that is deleted": (
        {"traefik.deleteHeaders": ["Cookie"]},
        "traefik.deleteHeaders: Cookie is needed",
    ),
    "an address of the client's choice": (
        {"traefik.keepHeaders": ["X-Forwarded-Uri"]},
        "traefik.keepHeaders: X-Forwarded-Uri is not among the headers that can be kept: X-Forwarded-Host, X-Original-URL,",
    ),
    "a header that is kept and deleted": (
        {"traefik.keepHeaders": ["x-forwarded-host"], "traefik.deleteHeaders": ["X-Forwarded-Host"]},
        "traefik.keepHeaders: x-forwarded-host is in traefik.deleteHeaders too",
    ),
    "a proxy key that the application would see": (
        {"traefik.middlewares": {"x": {"proxyKeySecret": "x"}}},
        "traefik.middlewares.x: a proxy key is only for the header sets kubernetes and bearer",
    ),
    "a proxy key that no cluster has": (
        {"traefik.middlewares": {"x": {"headers": "bearer", "proxyKeySecret": "x"}}},
        "traefik.middlewares.x: there is no Secret x with a key proxy-key, or helm has no access to a cluster",
    ),
    "two proxy keys": (
        {"traefik.middlewares": {"x": {"headers": "bearer", "proxyKeySecret": "x", "proxyKey": "k" * 43}}},
        "traefik.middlewares.x: proxyKey and proxyKeySecret are both given",
    ),
    "a proxy key of no chain": (
        {"config.credentials": [{"set": "bearer", "host": "a.test", "proxy_key_file": "proxy-key-x"}]},
        "no chain of traefik.middlewares that carries a credential has the key proxy-key-x",
    ),
    "a right to a group of the system": (
        {"rbac.impersonateGroups": ["ops", "system:masters"]},
        "rbac.impersonateGroups: system:masters is a system group",
    ),
    "a right to all groups among those with a name": (
        {"rbac.impersonateGroups": ["ops", "*"]},
        "rbac.impersonateGroups: * is not a group",
    ),
    "a right to a group that no user is in": (
        {"rbac.impersonateGroups": ["ops"], "config.groups_prefix": "oidc:"},
        "rbac.impersonateGroups: ops does not begin with config.groups_prefix, oidc:",
    ),
    "an unknown way to impersonate": (
        {"rbac.impersonation": "all"},
        "value must be one of 'constrained', 'legacy', 'none'",
    ),
    "a chain that reads only what nothing binds": (
        {"traefik.middlewares": {"x": {"headers": "kubernetes", "readOnly": True}}},
        "readOnly needs a binding of config.credentials, and none has proxy_key_file: proxy-key-x",
    ),
    "a chain of two policies": (
        {"traefik.middlewares": {"x": {"headers": "kubernetes", "readOnly": True, "policy": "default"}}},
        "traefik.middlewares.x: readOnly has its own policy",
    ),
    "a chain of a policy that reads only": (
        {"traefik.middlewares": {"default": {"headers": "kubernetes", "readOnly": True}}},
        "traefik.middlewares.default: readOnly has its own policy",
    ),
    "a policy in the place of the chart's": (
        {
            "traefik.middlewares": {"x": {"headers": "kubernetes", "readOnly": True}},
            "config.policies": {"default": "authenticated", "kubernetes-read-only": "authenticated"},
        },
        "config.policies: kubernetes-read-only is the policy that the chart creates for readOnly of traefik.middlewares.x",
    ),
    "the own namespace among the others": (
        {"traefik.namespaces": ["access"]},
        "traefik.namespaces: access is the namespace of the release",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_values_that_would_not_do_are_refused_in_words(case, tmp_path):
    changes, words = REFUSED[case]
    said = refusal(tmp_path, changes)
    assert words in said, said


@pytest.mark.parametrize(
    "pods",
    [
        {"replicas": 1},
        {"replicas": 2, "autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 1}},
        {"autoscaling": {"enabled": True}, "allowRenewWithoutStore": True},
    ],
    ids=str,
)
def test_renewal_is_for_one_pod_or_for_whoever_says_so(pods, render):
    assert "renew: true" in render("minimal", **{"config.renew": True}, **pods).config_text


def test_without_the_schema_everybody_is_still_refused(tmp_path):
    said = refusal(tmp_path, {"trustedProxies": ["0.0.0.0/0"]}, ["--skip-schema-validation"])
    assert "trustedProxies: 0.0.0.0/0 is everybody" in said


# Values without a default, and a command or an example that shows how to find them.
REQUIRED = {
    "trustedProxies": "kubectl get pods --all-namespaces --output wide --selector app.kubernetes.io/name=traefik",
    "config.issuer": "curl https://ISSUER/.well-known/openid-configuration",
    "config.client_id": "the id of an entry in staticClients",
    "config.policies": "{default: authenticated}",
    "networkPolicy.traefik.namespaceLabels": "This prints it (column NAMESPACE)",
    "clientSecret": "config.client_auth: none",
}


def test_without_any_value_each_that_is_required_is_asked_for_with_a_way_to_find_it(tmp_path):
    with pytest.raises(HelmFailed) as caught:
        helm(tmp_path, "template", CHART)
    said = dict(one.split(": ", 1) for one in str(caught.value).split("\n  - ")[1:])
    assert list(said) == list(REQUIRED)
    for path, way in REQUIRED.items():
        assert way in said[path], said[path]


def test_what_a_platform_has_is_not_asked_for(tmp_path):
    said = refusal(tmp_path, {"networkPolicy.traefik": {}, "platform": "eks", "trustedProxies": []})
    assert "pods have addresses of the VPC" in said and "networkPolicy.traefik.namespaceLabels" in said
    said = refusal(tmp_path, {"networkPolicy.traefik": {}, "platform": "rke2", "trustedProxies": []})
    assert "--selector app.kubernetes.io/name=rke2-traefik" in said and "networkPolicy" not in said


def test_a_cluster_that_is_too_old_is_refused(tmp_path):
    said = refusal(tmp_path, {}, ["--kube-version", "1.24.17"])
    assert "chart requires kubeVersion: >=1.25.0-0" in said


def test_all_faults_are_told_at_once(tmp_path):
    said = refusal(
        tmp_path,
        {"clientSecret.value": "changeme", "traefik.middlewares": {"x": {"policy": "nope"}}},
    )
    assert "clientSecret: value is a placeholder" in said
    assert "traefik.middlewares.x" in said
    assert "changeme" not in said

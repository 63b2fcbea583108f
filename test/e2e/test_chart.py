# SPDX-License-Identifier: Apache-2.0
"""
The chart without a cluster: what it renders from each values file in the chart's ci/.

The program's own `check` reads the files of a pod. test_chart_traefik.py tests what is rendered for Traefik.
"""

import base64
import json
import re
from itertools import product

import pytest
import yaml
from rig import tools
from rig.render import (
    ADMIN,
    CHART,
    FILES,
    MADE,
    NAMESPACE,
    RELEASE,
    Rendered,
    chains,
    helm,
    holds,
    lay_files,
    notes,
    values_of,
)
from rig.sallyport import run

CLUSTER_WIDE = ("ClusterRole", "ClusterRoleBinding")
WITH_PODS = [name for name in FILES if name != "sidecar"]


# ---- properties of every rendering ---------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_helm_finds_nothing_to_complain_of(name, tmp_path):
    said = helm(tmp_path, "lint", "--strict", CHART, "--values", values_of(name))
    assert "1 chart(s) linted, 0 chart(s) failed" in said
    assert "[WARNING]" not in said


def leaves(value, at=""):
    """Every scalar in a value, with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{at}/{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, f"{at}/{number}")
    else:
        yield at, value


@pytest.mark.parametrize("name", FILES)
def test_no_value_is_left_unresolved(name, render):
    rendered = render(name)
    assert "<no value>" not in rendered.text
    assert "%!" not in rendered.text
    for item in rendered.objects:
        where = f"{item['kind']} {item['metadata']['name']}"
        assert [path for path, value in leaves(item) if value is None] == [], where


@pytest.mark.parametrize("name", FILES)
def test_every_object_has_a_name_of_its_own_and_says_whose_it_is(name, render):
    objects = render(name).objects
    names = [(item["kind"], item["metadata"]["name"]) for item in objects]
    assert len(set(names)) == len(names)
    for item in objects:
        assert item["metadata"].get("namespace", NAMESPACE) == NAMESPACE
        assert ("namespace" in item["metadata"]) == (item["kind"] not in CLUSTER_WIDE)
        labels = item["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == RELEASE
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert all(len(value) <= 63 for value in labels.values())
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", item["metadata"]["name"])


def test_a_namespace_may_look_like_a_number(tmp_path):
    options = ["--namespace", "123"]  # of two options, the last one counts
    for item in Rendered(tmp_path, values_of("callback-host"), options=options).objects:
        assert item["metadata"]["namespace"] == "123"


def test_names_stay_short_however_long_those_are_that_were_asked_for(render):
    rendered = render("many-policies", fullnameOverride="a" * 120)
    for kind in ("Service", "Deployment", "Secret", "ConfigMap"):
        for name in rendered.of_kind(kind):
            assert len(name) <= 63, name


# ---- pods ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WITH_PODS)
def test_pods_keep_to_the_restricted_level_of_kubernetes(name, render):
    rendered = render(name)
    spec = rendered.pod["spec"]
    pod, container = spec["securityContext"], rendered.container["securityContext"]
    assert pod["runAsNonRoot"] is True and pod["seccompProfile"]["type"] in ("RuntimeDefault", "Localhost")
    assert all(pod.get(key, 1) > 0 for key in ("runAsUser", "runAsGroup", "fsGroup"))
    assert container["allowPrivilegeEscalation"] is False and container["capabilities"]["drop"] == ["ALL"]
    assert set(container["capabilities"].get("add", ())) <= {"NET_BIND_SERVICE"}
    if name != "pods":  # which has another value
        assert container == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    assert not any(key in spec for key in ("hostNetwork", "hostPID", "hostIPC"))
    assert all("hostPort" not in port for port in rendered.container["ports"])


@pytest.mark.parametrize("name", WITH_PODS)
def test_pods_have_a_token_only_for_rules_rbac_and_no_variables_of_services(name, render):
    rendered = render(name)
    assert rendered.pod["spec"]["automountServiceAccountToken"] is (name == "rbac")
    assert rendered.pod["spec"]["enableServiceLinks"] is False
    for account in rendered.of_kind("ServiceAccount").values():
        assert account["automountServiceAccountToken"] is False
        assert account["metadata"]["name"] == rendered.pod["spec"]["serviceAccountName"]


@pytest.mark.parametrize("name", WITH_PODS)
def test_probes_ask_the_admin_listener_at_the_address_of_the_pod(name, render):
    container = render(name).container
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"auth": 4181, "pages": 4182, "admin": 9181}
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "admin"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "admin"}
    env = {one["name"]: one for one in container["env"]}
    assert env["POD_IP"]["valueFrom"]["fieldRef"]["fieldPath"] == "status.podIP"
    wanted = "[$(POD_IP)]:9181" if name == "ipv6" else "$(POD_IP):9181"
    assert env["SALLYPORT_ADMIN_LISTEN"]["value"] == wanted


@pytest.mark.parametrize("address, family", [("10.42.0.7", "IPv4"), ("fd00:10:42::7", "IPv6")])
def test_the_program_understands_the_address_of_the_pod(address, family, render, tmp_path, authority):
    rendered = render("minimal", ipFamily=family)
    env = {one["name"]: one.get("value") for one in rendered.container["env"]}
    listen = env["SALLYPORT_ADMIN_LISTEN"].replace("$(POD_IP)", address)
    assert "0 errors" in checked(rendered, tmp_path, authority, {"SALLYPORT_ADMIN_LISTEN": listen})


@pytest.mark.parametrize("name", WITH_PODS)
def test_selectors_meet_the_pods(name, render):
    rendered = render(name)
    labels = rendered.pod["metadata"]["labels"]
    deployment = rendered.one("Deployment")
    assert holds(deployment["spec"]["selector"]["matchLabels"], labels)
    for service in rendered.of_kind("Service").values():
        assert holds(service["spec"]["selector"], labels)
        assert service["spec"]["type"] == "ClusterIP" or name == "outside"
    for kind, key in (("NetworkPolicy", "podSelector"), ("PodDisruptionBudget", "selector")):
        for item in rendered.of_kind(kind).values():
            assert holds(item["spec"][key]["matchLabels"], labels)
    for scaler in rendered.of_kind("HorizontalPodAutoscaler").values():
        assert scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    for constraint in rendered.pod["spec"].get("topologySpreadConstraints", []):
        assert holds(constraint["labelSelector"]["matchLabels"], labels)


def test_labels_of_ones_own_do_not_reach_the_selectors(render):
    rendered = render("autoscaling")
    assert rendered.pod["metadata"]["labels"]["team"] == "access"
    assert rendered.pod["metadata"]["labels"]["cost-centre"] == "1234"
    assert "team" not in rendered.one("Deployment")["spec"]["selector"]["matchLabels"]


def test_labels_that_we_need_cannot_be_taken_away(render):
    taken = {"app.kubernetes.io/name": "x", "app.kubernetes.io/component": "x", "team": "a"}
    rendered = render("monitoring", labels=taken, podLabels={**taken, "team": "b"})
    labels = rendered.pod["metadata"]["labels"]
    assert labels["team"] == "b"
    assert holds(rendered.one("Deployment")["spec"]["selector"]["matchLabels"], labels)
    selector = rendered.one("ServiceMonitor")["spec"]["selector"]["matchLabels"]
    services = rendered.of_kind("Service").values()
    found = [one for one in services if holds(selector, one["metadata"]["labels"])]
    assert [one["metadata"]["name"] for one in found] == ["door-sallyport-admin"]


def test_pods_go_where_they_are_wanted(render):
    rendered = render("autoscaling")
    spec = rendered.pod["spec"]
    assert rendered.container["image"].startswith("registry.example.com/edge/sallyport@sha256:9f86d0")
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["priorityClassName"] == "system-cluster-critical"
    assert spec["serviceAccountName"] == "edge"
    assert rendered.of_kind("ServiceAccount") == {}
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["nodeSelector"] == {"node-role": "edge"}
    assert spec["tolerations"][0]["key"] == "edge"
    assert "requiredDuringSchedulingIgnoredDuringExecution" in spec["affinity"]["podAntiAffinity"]
    assert spec["topologySpreadConstraints"][0]["whenUnsatisfiable"] == "DoNotSchedule"


def test_an_autoscaler_decides_how_many_pods_there_are(render):
    rendered = render("autoscaling")
    assert "replicas" not in rendered.one("Deployment")["spec"]
    scaler = rendered.one("HorizontalPodAutoscaler")["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 12)
    assert scaler["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300
    assert rendered.one("PodDisruptionBudget")["spec"]["maxUnavailable"] == "25%"


def test_pods_have_the_time_to_drain(render):
    assert render("minimal").pod["spec"]["terminationGracePeriodSeconds"] == 35
    assert render("autoscaling").pod["spec"]["terminationGracePeriodSeconds"] == 120


def test_what_can_be_left_out_is_left_out(render):
    rendered = render("old-paths")
    for kind in ("NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler", "ServiceMonitor"):
        assert rendered.of_kind(kind) == {}
    assert "affinity" not in rendered.pod["spec"]
    assert "topologySpreadConstraints" not in rendered.pod["spec"]


@pytest.mark.parametrize(
    "changes",
    [{"config.client_id": "other"}, {"config.threads": 3}, {"config.log_format": "text"}, {"config.cookie_name": "ops"}],
    ids=str,
)
def test_a_setting_that_only_a_start_can_change_makes_new_pods(changes, render):
    assert render("minimal", **changes).pod != render("minimal").pod


def test_what_the_pods_take_over_by_themselves_makes_no_new_ones(render):
    changed = {
        "config.log_level": "debug",
        "config.hosts": ["https://new.example.com"],
        "config.policies": {"default": [{"action": "allow", "group": "ops"}], "ops": "authenticated"},
        "trustedProxies": ["10.43.0.0/16"],
        "clientSecret.value": "c1d2e3f4a5b60718293a4b5c6d7e8f90",
        "replicas": 5,
        "traefik.entryPoints": ["edge"],
    }
    assert render("minimal", **changed).pod == render("minimal").pod


# ---- files ---------------------------------------------------------------------------------------------


def checked(rendered, folder, authority, env=ADMIN):
    """The output of the program's own check for the files that a pod would have."""
    (volume,) = (one for one in rendered.pod["spec"]["volumes"] if one["name"] == "etc")
    laid = lay_files(rendered, volume, folder, authority)
    assert "sallyport.yaml" in laid
    return run("check", "--config", folder / "sallyport.yaml", env=env).stderr


@pytest.mark.parametrize("name", WITH_PODS)
def test_the_program_takes_the_files_as_they_are_mounted(name, render, tmp_path, authority):
    changes = {"issuerCA.pem": authority.ca_file.read_text()} if name == "public-client" else {}
    rendered = render(name, **changes)
    assert " 0 errors" in checked(rendered, tmp_path, authority)
    (mount,) = (one for one in rendered.container["volumeMounts"] if one["name"] == "etc")
    assert (mount["mountPath"], mount["readOnly"]) == ("/etc/sallyport", True)
    assert rendered.container["args"] == ["serve", "--config", "/etc/sallyport/sallyport.yaml"]


@pytest.mark.parametrize("name", WITH_PODS)
def test_the_files_are_for_the_group_of_the_process_alone(name, render):
    (volume,) = (one for one in render(name).pod["spec"]["volumes"] if one["name"] == "etc")
    assert volume["projected"]["defaultMode"] == 0o440


def test_settings_arrive_as_they_were_given(render):
    given = yaml.safe_load((values_of("many-policies")).read_text())["config"]
    rendered = yaml.safe_load(render("many-policies").config_text)
    assert {key: rendered[key] for key in given} == given
    assert set(rendered) - set(given) <= MADE
    assert rendered["trusted_proxies"] == ["10.42.0.0/16"]


def test_a_large_number_stays_a_number(render):
    assert "max_connections: 1000000\n" in render("autoscaling").config_text


def sources(rendered):
    (volume,) = rendered.pod["spec"]["volumes"]
    found = {}
    for entry in volume["projected"]["sources"]:
        ((_, source),) = entry.items()
        for item in source.get("items", []):
            found[item["path"]] = (source["name"], item["key"])
    return found


def test_secrets_that_exist_are_mounted_and_not_made(render):
    rendered = render("existing-secrets")
    assert rendered.of_kind("Secret") == {}
    assert sources(rendered) == {
        "keys": ("sealing-keys", "ring"),
        "client-secret": ("dex-client", "clientSecret"),
        "issuer-ca.crt": ("trust-bundle", "bundle.pem"),
    }


def test_a_public_client_has_no_secret(render):
    rendered = render("public-client")
    assert set(sources(rendered)) == {"keys"}
    config = yaml.safe_load(rendered.config_text)
    assert "client_secret_file" not in config
    assert config["issuer_ca_file"] == "issuer-ca.crt"
    assert "BEGIN CERTIFICATE" in rendered.one("ConfigMap")["data"]["issuer-ca.crt"]


def key_line(rendered):
    secret = rendered.of_kind("Secret")[f"{RELEASE}-sallyport-keys"]
    return base64.b64decode(secret["data"]["keys"]).decode()


def test_a_key_is_generated_at_random_and_kept(render, tmp_path):
    first = render("minimal")
    second = Rendered(tmp_path, values_of("minimal"))
    assert key_line(first) != key_line(second)
    for line in (key_line(first), key_line(second)):
        identifier, key = line.split()
        assert re.fullmatch(r"[a-z0-9-]{1,16}", identifier)
        assert len(base64.urlsafe_b64decode(key + "=")) == 32
        assert not set(key) & set("+/=")
    secret = first.of_kind("Secret")[f"{RELEASE}-sallyport-keys"]
    assert secret["metadata"]["annotations"] == {
        "helm.sh/hook": "pre-install,pre-upgrade",
        "helm.sh/resource-policy": "keep",
    }


def test_no_secret_stands_in_the_configuration_or_the_pod(render):
    rendered = render("minimal")
    secret = yaml.safe_load((values_of("minimal")).read_text())["clientSecret"]["value"]
    assert secret not in rendered.text
    assert key_line(rendered).split()[1] not in rendered.text


# ---- network -------------------------------------------------------------------------------------------


def peers(rule):
    return rule.get("from", rule.get("to", []))


def ports(rule):
    return {port["port"] for port in rule["ports"]}


def test_only_traefik_may_ask_and_only_prometheus_read(render):
    policy = render("minimal").one("NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    traefik, prometheus, _pods = policy["ingress"]
    assert ports(traefik) == {4181, 4182}
    (peer,) = peers(traefik)
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "traefik"}
    assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "traefik"}
    assert ports(prometheus) == {9181}
    names, issuer, _pods = policy["egress"]
    assert ports(names) == {53}
    assert ports(issuer) == {443}
    assert "to" not in issuer


def test_traefik_can_have_other_labels_and_addresses(render):
    policy = render("network").one("NetworkPolicy")["spec"]
    traefik, _pods = policy["ingress"]
    pods, addresses = peers(traefik)
    assert pods["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "edge"}
    assert pods["podSelector"]["matchLabels"] == {"app": "traefik-edge"}
    assert addresses == {"ipBlock": {"cidr": "192.0.2.0/28"}}
    names, issuer, _pods, proxy = policy["egress"]
    assert ports(names) == {53, 8053}
    assert (ports(issuer), peers(issuer)) == ({32000}, [{"ipBlock": {"cidr": "198.51.100.0/24"}}])
    assert ports(proxy) == {3128}
    assert any(one["name"] == "HTTPS_PROXY" for one in render("network").container["env"])


def test_a_traefik_that_is_no_pod_opens_the_door_to_no_pod(render):
    traefik = {"namespaceLabels": {}, "cidrs": ["192.0.2.0/28"]}
    policy = render("minimal", **{"networkPolicy.traefik": traefik}).one("NetworkPolicy")["spec"]
    assert peers(policy["ingress"][0]) == [{"ipBlock": {"cidr": "192.0.2.0/28"}}]


NAMESPACED = "kubernetes.io/metadata.name"
RBAC_RULE = {"config.policies.default": [{"action": "rbac"}], "networkPolicy.traefik": {"namespaceLabels": {}}}


@pytest.mark.parametrize(
    "platform, traefik, dns, api",
    [
        ("k3s", ("kube-system", "traefik"), ("kube-system", {53}), {6443}),
        ("rke2", ("kube-system", "rke2-traefik"), ("kube-system", {53}), {6443}),
        ("eks", ("edge", "traefik"), ("kube-system", {53}), {443}),
        ("openshift", ("edge", "traefik"), ("openshift-dns", {53, 5353}), {6443}),
    ],
)
def test_a_platform_fills_in_what_its_clusters_have_in_common(platform, traefik, dns, api, render):
    changes = {**RBAC_RULE, "platform": platform}
    if traefik[0] == "edge":
        changes["networkPolicy.traefik"] = {"namespaceLabels": {NAMESPACED: "edge"}}
    rendered = render("minimal", **changes)
    policy = rendered.one("NetworkPolicy")["spec"]
    (peer,) = peers(policy["ingress"][0])
    assert peer["namespaceSelector"]["matchLabels"] == {NAMESPACED: traefik[0]}
    assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": traefik[1]}
    names, _issuer, _pods, server = policy["egress"]
    assert peers(names)[0]["namespaceSelector"]["matchLabels"] == {NAMESPACED: dns[0]}
    assert (ports(names), ports(server)) == (dns[1], api)
    security = rendered.pod["spec"]["securityContext"]
    assert ("runAsUser" in security) == ("fsGroup" in security) == (platform != "openshift")
    assert security["runAsNonRoot"] is True


def test_values_of_ones_own_win_over_those_of_the_platform(render):
    own = {
        "networkPolicy.traefik": {"namespaceLabels": {NAMESPACED: "edge"}, "podLabels": {"app": "edge"}},
        "networkPolicy.egress.dns": {"namespaceLabels": {NAMESPACED: "dns"}, "ports": [5300]},
    }
    policy = render("minimal", platform="rke2", **own).one("NetworkPolicy")["spec"]
    (peer,) = peers(policy["ingress"][0])
    assert peer["namespaceSelector"]["matchLabels"] == {NAMESPACED: "edge"}
    assert peer["podSelector"]["matchLabels"] == {"app": "edge"}
    assert ports(policy["egress"][0]) == {5300}
    assert peers(policy["egress"][0])[0]["namespaceSelector"]["matchLabels"] == {NAMESPACED: "dns"}


def test_pods_resolve_names_as_the_values_say(render):
    rendered = render("minimal")
    assert not {"hostAliases", "dnsConfig", "dnsPolicy"} & set(rendered.pod["spec"])
    names = {
        "hostAliases": [{"ip": "10.96.0.20", "hostnames": ["dex.central.example.com"]}],
        "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
        "dnsPolicy": "None",
    }
    spec = render("minimal", **names).pod["spec"]
    assert {key: spec[key] for key in names} == names


def test_the_way_to_the_issuer_inside_is_open(render):
    settings = {
        "config.issuer_address": "traefik.traefik.svc:8443",
        "config.discovery_url": "http://keycloak.auth.svc:8080/realms/x/.well-known/openid-configuration",
        "config.insecure_issuer_http": True,
    }
    rendered = render("minimal", **settings)
    _names, issuer, _pods = rendered.one("NetworkPolicy")["spec"]["egress"]
    assert ports(issuer) == {8443, 8080}
    assert yaml.safe_load(rendered.config_text)["issuer_address"] == "traefik.traefik.svc:8443"
    given = render("minimal", **settings, **{"networkPolicy.egress.issuer.ports": [6000]})
    assert ports(given.one("NetworkPolicy")["spec"]["egress"][1]) == {6000}


def test_services_can_be_of_both_families(render):
    services = render("ipv6").of_kind("Service")
    assert services["door-sallyport"]["spec"]["ipFamilyPolicy"] == "PreferDualStack"
    assert services["door-sallyport"]["spec"]["ipFamilies"] == ["IPv6", "IPv4"]


# ---- monitoring ----------------------------------------------------------------------------------------


def test_prometheus_reads_the_admin_service_and_no_other(render):
    rendered = render("monitoring")
    monitor = rendered.one("ServiceMonitor")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    selector = monitor["spec"]["selector"]["matchLabels"]
    (service,) = (
        item
        for item in rendered.of_kind("Service").values()
        if holds(selector, item["metadata"]["labels"])
    )
    (endpoint,) = monitor["spec"]["endpoints"]
    (port,) = service["spec"]["ports"]
    assert (endpoint["port"], port["port"], endpoint["path"]) == (port["name"], 9181, "/metrics")
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"] is True


def expressions(rendered):
    """Every query to Prometheus, by its location."""
    (group,) = rendered.one("PrometheusRule")["spec"]["groups"]
    found = {rule["alert"]: rule["expr"] for rule in group["rules"]}
    for panel in dashboard(rendered)["panels"]:
        for target in panel.get("targets", []):
            found[f"{panel['title']} {target['refId']}"] = target["expr"]
    return found


def dashboard(rendered):
    return json.loads(rendered.of_kind("ConfigMap")["door-sallyport-dashboard"]["data"]["sallyport.json"])


def test_alerts_and_dashboard_ask_for_metrics_that_there_are(render, sallyport):
    _, metrics = sallyport.admin("/metrics")
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", metrics, re.M))
    asked = set()
    for where, text in expressions(render("monitoring")).items():
        names = re.findall(r"(?:sallyport|process)_\w+(?=\{)", text)
        assert names, where
        for name in names:
            family = re.sub(r"_bucket$", "", name)
            assert family in kinds, f"{where}: {name}"
            assert (kinds[family] == "histogram") == name.endswith("_bucket"), f"{where}: {name}"
            counted = re.search(rf"(?:rate|increase)\({name}", text)
            assert bool(counted) == (kinds[family] != "gauge"), f"{where}: {name}"
            asked.add(family)
    assert asked == set(kinds), "a metric that nobody looks at"


def test_alerts_and_dashboard_ask_for_labels_that_there_are(render, sallyport):
    _, metrics = sallyport.admin("/metrics")
    labels = {"cluster", "namespace", "service", "pod"} | set(re.findall(r"[{,](\w+)=\"", metrics))
    labels |= {"dialect", "verdict", "reason", "use"}
    reasons = set(re.findall(r"^#### `(\w+)`$", (tools.TREE / "doc/operating.md").read_text(), re.M))
    values = reasons | set(re.findall(r"=\"(\w+)\"", metrics)) | {"allow"}
    for where, text in expressions(render("monitoring")).items():
        assert set(re.findall(r"[{,](\w+)[=!]", text)) <= labels, where
        aggregated = {label for by in re.findall(r"by \(([\w, ]+)\)", text) for label in by.split(", ")}
        assert aggregated <= labels, where
        for matched in re.findall(r"(?:reason|verdict|result|state)[=!]~?\"([^\"]*)\"", text):
            assert set(matched.split("|")) <= values, f"{where}: {matched}"


def test_alerts_are_of_this_release_and_of_the_severity_that_was_asked_for(render):
    rule = render("monitoring").one("PrometheusRule")
    (group,) = rule["spec"]["groups"]
    severities = {}
    for one in group["rules"]:
        scoped = one["expr"].count('{namespace="access",service="door-sallyport-admin"')
        assert scoped == len(re.findall(r"(?:sallyport|process)_\w+\{", one["expr"]))
        # These identify the owner; absent() gets them from its selector.
        assert re.match(r"absent\(", one["expr"]) or "by (cluster, namespace, service" in one["expr"]
        assert set(one["annotations"]) == {"summary", "description"}
        severities[one["alert"]] = one["labels"]["severity"]
    assert severities["SallyportIssuerDown"] == "critical"
    assert severities["SallyportUntrustedPeer"] == "warning"
    assert len(severities) == len(group["rules"])


def test_the_dashboard_is_one_that_grafana_can_lay_out(render):
    rendered = render("monitoring")
    metadata = rendered.of_kind("ConfigMap")["door-sallyport-dashboard"]["metadata"]
    assert metadata["labels"]["grafana_dashboard"] == "1"
    assert metadata["annotations"] == {"grafana_folder": "Access"}
    taken = {}
    panels = dashboard(rendered)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        columns, rows = range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])
        for cell in product(columns, rows):
            assert cell not in taken, f"{panel['title']} lies over {taken.get(cell)}"
            taken[cell] = panel["title"]


# ---- notes ---------------------------------------------------------------------------------------------


def clients(said):
    """The entries for Dex, which end before the first line that is neither part of an entry nor a comment."""
    entries = re.search(r"^- id: .*\n(?:(?:- |  ).*\n)*", said, re.M)
    return yaml.safe_load(entries[0])


@pytest.mark.parametrize("name", WITH_PODS)
def test_the_notes_have_the_entry_that_the_program_itself_gives_for_dex(name, render, tmp_path, authority):
    changes = {"issuerCA.pem": authority.ca_file.read_text()} if name == "public-client" else {}
    rendered = render(name, **changes)
    checked(rendered, tmp_path, authority)
    done = run("check", "--dex-client", "--config", tmp_path / "sallyport.yaml", env=ADMIN)
    said = notes(tmp_path, values_of(name))
    assert clients(said) == yaml.safe_load(done.stdout)


def test_the_notes_name_every_middleware_and_no_secret(render, tmp_path):
    said = notes(tmp_path, values_of("many-policies"))
    for name in chains(render("many-policies")):
        assert f"access-{name}@kubernetescrd" in said
    secret = yaml.safe_load((values_of("minimal")).read_text())["clientSecret"]["value"]
    assert secret not in notes(tmp_path, values_of("minimal"))

# SPDX-License-Identifier: Apache-2.0
"""
What the chart renders for Traefik, without a cluster: middlewares, routes, and the container in Traefik's pod.

The middlewares are compared with the program's own list of headers, real Traefik reads the rules of the
routes, and Traefik's own chart accepts the values for a sidecar.
"""

import base64
import http.client
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from rig import tools
from rig.ports import free_port
from rig.render import ADMIN, FILES, NAMESPACE, RELEASE, Rendered, asks, chains, holds, lay_files, values_of
from rig.sallyport import run
from rig.schema import tables
from rig.site import Ports
from rig.traefik import CLAIMS, VERSIONS, Routes, Traefik


# ---- Traefik -------------------------------------------------------------------------------------------


def emitted(config):
    """Every header that a set of this configuration can emit, by set, from the program's own list."""
    sets = {}
    for name, header, _ in tables(run("check", "--document").stdout)["sets"][1:]:
        sets.setdefault(name.strip("`"), set()).add(header.strip("`"))
    assert set(sets) == {"identity", "remote", "impersonate", "kubernetes", "bearer"}
    for name, headers in config.get("headers", {}).items():
        sets[name] = set(headers) - {"encode"}
    return sets


@pytest.mark.parametrize("name", FILES)
def test_each_policy_has_a_chain_that_cleans_before_it_asks(name, render):
    rendered = render(name)
    middlewares = rendered.of_kind("Middleware")
    asked = set()
    for chain in chains(rendered).values():
        kinds = [next(iter(middlewares[one]["spec"])) for one in chain]
        assert kinds in (["headers", "forwardAuth"], ["headers", "stripPrefix", "forwardAuth"])
        query = dict(parse_qsl(urlsplit(asks(rendered)[chain[-1]]["address"]).query))
        assert ("stripPrefix" in kinds) == (query.get("prefix") == "1")
        asked.add(query.get("policy", "default"))
    assert asked == set(yaml.safe_load(rendered.config_text)["policies"])


@pytest.mark.parametrize("name", FILES)
def test_each_middleware_lists_every_header_that_any_set_can_emit(name, render):
    rendered = render(name)
    config = yaml.safe_load(rendered.config_text)
    sets = emitted(config)
    credential = {"impersonate", "kubernetes", "bearer"}
    everything = {header.lower() for name in sets.keys() - credential for header in sets[name]}
    cookie = {"cookie"} if config.get("strip_session_cookie") else set()
    for ask in asks(rendered).values():
        listed = [header.lower() for header in ask["authResponseHeaders"]]
        assert len(listed) == len(set(listed))
        assert set(listed) == everything | cookie
        assert ask["trustForwardHeader"] is True
        assert not set(ask) - {
            "address",
            "trustForwardHeader",
            "authResponseHeaders",
            "maxResponseBodySize",
            "headerField",
            "tls",
        }
    deleted = deleted_by(rendered, name)
    kept = yaml.safe_load((values_of(name)).read_text()).get("traefik", {}).get("keepHeaders", [])
    assert everything | {header.lower() for header in CLAIMS if header not in kept} <= deleted
    assert not deleted & {"cookie", "authorization", "x-forwarded-proto", "x-forwarded-for"}


def deleted_by(rendered, name):
    """The headers that the chains of this values file delete, each of which occurs once."""
    cleaned = rendered.of_kind("Middleware")[f"{fullname(name)}-clean"]["spec"]["headers"]
    headers = cleaned["customRequestHeaders"]
    deleted = {header.lower() for header, value in headers.items() if value == ""}
    assert len(deleted) == len(headers)
    return deleted


def test_ac_90_what_overrides_a_request_is_deleted_unless_an_application_needs_it(render):
    kept = ["X-Forwarded-Host", "x-http-method-override"]
    rendered = render("minimal", **{"traefik.keepHeaders": kept, "traefik.deleteHeaders": ["X-More"]})
    usual = deleted_by(render("minimal"), "minimal")
    assert deleted_by(rendered, "minimal") == usual - {*map(str.lower, kept)} | {"x-more"}


def fullname(name):
    values = yaml.safe_load((values_of(name)).read_text())
    named = values.get("nameOverride", "sallyport")
    return values.get("fullnameOverride", RELEASE if named in RELEASE else f"{RELEASE}-{named}")


@pytest.mark.parametrize("name", FILES)
def test_each_address_names_what_the_configuration_has(name, render):
    rendered = render(name)
    config = yaml.safe_load(rendered.config_text)
    for ask in asks(rendered).values():
        address = urlsplit(ask["address"])
        assert (address.scheme, address.path) == ("https" if name.startswith("tls") else "http", "/auth/traefik")
        query = parse_qsl(address.query, strict_parsing=True) if address.query else []
        assert len(dict(query)) == len(query)
        for key, value in query:
            assert set(value.split(",")) <= {
                "policy": set(config["policies"]),
                "headers": set(emitted(config)),
                "prefix": {"1"},
            }[key]


def test_a_chain_that_carries_a_credential_sets_its_proxy_key_and_takes_it_away(render):
    key = "k" * 43
    kube = {"policy": "default", "headers": "identity,kubernetes", "proxyKey": key}
    rendered = render("minimal", **{"traefik.middlewares": {"kube": kube}})
    middlewares = rendered.of_kind("Middleware")
    assert chains(rendered)["door-sallyport-kube"] == [
        "door-sallyport-clean",
        "door-sallyport-kube-key",
        "door-sallyport-kube-ask",
    ]
    assert middlewares["door-sallyport-kube-key"]["spec"]["headers"]["customRequestHeaders"] == {
        "X-Sallyport-Proxy-Key": key
    }
    carried = {"Authorization", "X-Sallyport-Proxy-Key"}
    listed = {name: set(ask["authResponseHeaders"]) for name, ask in asks(rendered).items()}
    secret = rendered.of_kind("Secret")["door-sallyport-kube-key"]
    assert base64.b64decode(secret["data"]["proxy-key"]).decode() == key
    assert carried <= listed["door-sallyport-kube-ask"]
    assert not carried & listed["door-sallyport-ask"]


BOUND = {
    "traefik.middlewares": {"kube": {"headers": "kubernetes"}},
    "config.bearer_audiences": ["kubernetes"],
    "config.credentials": [
        {"set": "kubernetes", "host": "kube.test", "service_account": "a/b", "proxy_key_file": "proxy-key-kube"}
    ],
}


def test_a_chain_has_a_key_of_its_own_that_lies_beside_the_configuration(render, tmp_path, authority):
    rendered = render("minimal", **BOUND)
    (volume,) = (one for one in rendered.pod["spec"]["volumes"] if one["name"] == "etc")
    lay_files(rendered, volume, tmp_path, authority)
    set_by_chain = rendered.of_kind("Middleware")["door-sallyport-kube-key"]["spec"]["headers"]["customRequestHeaders"]
    assert (tmp_path / "proxy-key-kube").read_text() == set_by_chain["X-Sallyport-Proxy-Key"]
    done = run("check", "--config", "sallyport.yaml", cwd=tmp_path, env=ADMIN)
    assert "0 errors" in done.stderr, done.stderr
    assert "Not checked: the settings of Traefik that the proxy keys" in done.stderr, done.stderr


def test_other_namespaces_get_the_chains_without_a_credential(render):
    rendered = render("minimal", **BOUND, **{"traefik.namespaces": ["monitoring", "wiki"]})
    found = {}
    for one in rendered.objects:
        if one["kind"] == "Middleware":
            found.setdefault(one["metadata"]["namespace"], {})[one["metadata"]["name"]] = one["spec"]
    carried = {f"door-sallyport-kube{part}" for part in ("", "-key", "-ask")}
    assert found.keys() == {NAMESPACE, "monitoring", "wiki"}
    assert carried <= found[NAMESPACE].keys()
    assert found["monitoring"] == found["wiki"]
    assert found["wiki"] == {name: found[NAMESPACE][name] for name in found[NAMESPACE].keys() - carried}


def test_where_a_chain_impersonates_all_take_the_headers_from_a_client(render):
    usual = {name: set(ask["authResponseHeaders"]) for name, ask in asks(render("minimal")).items()}
    for changes in (
        {"traefik.middlewares": {"default": {"headers": "identity,impersonate"}}},
        {"config.root_query": "policy=default&headers=impersonate"},
    ):
        rendered = render("minimal", **changes)
        for name, ask in asks(rendered).items():
            assert set(ask["authResponseHeaders"]) == usual[name] | {"Impersonate-User", "Impersonate-Group"}
        assert not {name for name in deleted_by(rendered, "minimal") if name.startswith("impersonate")}


def test_middlewares_are_called_after_their_policies(render):
    assert set(chains(render("many-policies"))) == {
        "door-sallyport",
        "door-sallyport-ops",
        "door-sallyport-ops-docs",
        "door-sallyport-team-a-web",
        "door-sallyport-wiki",
    }
    addresses = {name: ask["address"] for name, ask in asks(render("many-policies")).items()}
    base = "http://door-sallyport.access.svc:4181/auth/traefik"
    assert addresses["door-sallyport-ask"] == base
    assert addresses["door-sallyport-ops-ask"] == f"{base}?policy=ops&headers=remote"
    assert addresses["door-sallyport-ops-docs-ask"] == f"{base}?policy=ops&prefix=1"
    assert addresses["door-sallyport-team-a-web-ask"] == f"{base}?policy=Team_A.web"


def test_fields_that_old_versions_of_traefik_lack_can_be_left_out(render):
    assert all(ask["maxResponseBodySize"] == 65536 for ask in asks(render("minimal")).values())
    assert all("headerField" not in ask for ask in asks(render("minimal")).values())
    for ask in asks(render("own-headers")).values():
        assert "maxResponseBodySize" not in ask
        assert ask["headerField"] == "X-Forwarded-User"


def test_a_header_that_is_called_like_a_word_of_yaml_is_that_header(render):
    changes = {"config.headers": {"words": {"No": "user"}}, "traefik.deleteHeaders": ["On", "0x10"]}
    rendered = render("minimal", **changes, **{"traefik.headerField": "No"})
    cleaned = rendered.of_kind("Middleware")["door-sallyport-clean"]["spec"]["headers"]
    assert {"No", "On", "0x10"} <= set(cleaned["customRequestHeaders"])
    assert {ask["headerField"] for ask in asks(rendered).values()} == {"No"}


def routes(rendered, name):
    route = rendered.of_kind("IngressRoute")[name]
    return route["spec"], [one["match"] for one in route["spec"]["routes"]]


def test_the_prefix_of_each_host_leads_to_the_pages_listener(render):
    rendered = render("callback-host")
    spec, rules = routes(rendered, "door-sallyport-pages")
    prefix = "PathPrefix(`/_sallyport/`)"
    assert rules == [
        f"Host(`app.example.com`) && {prefix}",
        f"Host(`tools.example.com`) && {prefix}",
        rf"HostRegexp(`^[^.]+\.apps\.example\.com$`) && {prefix}",
        f"Host(`wiki.example.com`) && {prefix}",
    ]
    assert spec["entryPoints"] == ["websecure"]
    assert spec["tls"] == {"certResolver": "letsencrypt"}
    for route in spec["routes"]:
        assert route["priority"] == 1000
        assert route["middlewares"] == [{"name": "door-sallyport-clean"}]
        assert route["services"] == [{"name": "door-sallyport", "port": 4182}]


def test_the_callback_host_leads_to_the_pages_listener_as_a_whole(render):
    rendered = render("callback-host")
    spec, rules = routes(rendered, "door-sallyport-callback")
    assert rules == ["Host(`auth.example.com`)"]
    assert spec["routes"][0]["services"] == [{"name": "door-sallyport", "port": 4182}]
    annotations = rendered.of_kind("IngressRoute")["door-sallyport-callback"]["metadata"]["annotations"]
    assert annotations == {"kubernetes.io/ingress.class": "traefik-public"}


def test_the_origin_of_kubeconfigs_leads_to_the_pages_listener_as_a_whole(render):
    """Whether `hosts` lists it or not; if it is the callback host, one route serves both purposes."""
    cluster = {"name": "prod", "client_id": "kube-prod", "server": "https://api.example.com"}
    changes = {
        "config.hosts": ["https://app.example.com", "https://kube.example.com"],
        "config.kubeconfig": {"origin": "https://kube.example.com", "clusters": [cluster]},
    }
    rendered = render("minimal", **changes)
    spec, rules = routes(rendered, "door-sallyport-kubeconfig")
    assert rules == ["Host(`kube.example.com`)"]
    assert spec["routes"][0]["services"] == [{"name": "door-sallyport", "port": 4182}]
    assert routes(rendered, "door-sallyport-pages")[1] == [
        "Host(`app.example.com`) && PathPrefix(`/_sallyport/`)"
    ]
    both = {**changes, "config.callback_host": "https://kube.example.com"}
    made = render("minimal", **both).of_kind("IngressRoute")
    assert "door-sallyport-callback" in made and "door-sallyport-kubeconfig" not in made


def test_a_callback_outside_the_prefix_is_routed_too(render):
    rendered = render("old-paths")
    spec, rules = routes(rendered, "door-pages")
    assert rules == ["Host(`app.example.com`) && (PathPrefix(`/_ops/`) || Path(`/_oauth`))"]
    assert spec["routes"][0]["services"][0]["name"] == "elsewhere"
    assert spec["tls"] == {}
    addresses = {ask["address"] for ask in asks(rendered).values()}
    assert addresses == {
        "http://127.0.0.1:14181/auth/traefik",
        "http://127.0.0.1:14181/auth/traefik?policy=ops",
    }


def test_without_hosts_there_are_no_routes_and_without_traefik_no_objects_of_its(render):
    assert render("minimal").of_kind("IngressRoute") == {}
    without = render("callback-host", **{"traefik.enabled": False})
    assert without.of_kind("IngressRoute") == {}
    assert without.of_kind("Middleware") == {}


def test_pages_by_ingress_have_the_same_hosts_and_paths_and_traefiks_annotations(render):
    rendered = render("ingress")
    assert rendered.of_kind("IngressRoute") == {}
    ingresses = rendered.of_kind("Ingress")
    assert ingresses.keys() == {"door-sallyport-pages", "door-sallyport-kubeconfig"}
    pages = ingresses["door-sallyport-pages"]
    prefix = "traefik.ingress.kubernetes.io/router"
    assert pages["metadata"]["annotations"] == {
        "example.com/owner": "access",
        f"{prefix}.entrypoints": "websecure",
        f"{prefix}.tls": "true",
        f"{prefix}.priority": "1000",
        f"{prefix}.middlewares": "access-door-sallyport-clean@kubernetescrd",
    }
    hosts = ["app.example.com", "*.apps.example.com"]
    assert [rule["host"] for rule in pages["spec"]["rules"]] == hosts
    for rule in pages["spec"]["rules"]:
        paths = [(one["path"], one["pathType"]) for one in rule["http"]["paths"]]
        assert paths == [("/_sallyport/", "Prefix"), ("/oauth2/callback", "Exact")]
    assert pages["spec"]["tls"] == [{"hosts": hosts, "secretName": "example-com"}]
    assert pages["spec"]["ingressClassName"] == "traefik"
    (rule,) = ingresses["door-sallyport-kubeconfig"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert (rule["host"], path["path"], path["pathType"]) == ("config.example.com", "/", "Prefix")
    assert path["backend"] == {"service": {"name": "door-sallyport", "port": {"number": 4182}}}


def test_pages_by_httproute_have_at_most_as_many_hosts_as_one_can_have(render):
    rendered = render("gateway")
    made = {name: one["spec"] for name, one in rendered.of_kind("HTTPRoute").items()}
    hosts = {name: spec["hostnames"] for name, spec in made.items()}
    config = yaml.safe_load(rendered.config_text)
    wanted = {urlsplit(origin).netloc for origin in config["hosts"]}
    assert sorted(sum(hosts.values(), [])) == sorted(wanted)
    assert {name: len(some) for name, some in hosts.items()} == {
        "door-sallyport-callback": 1,
        "door-sallyport-pages": 16,
        "door-sallyport-pages-2": 1,
    }
    clean = {"group": "traefik.io", "kind": "Middleware", "name": "door-sallyport-clean"}
    for name, spec in made.items():
        (rule,) = spec["rules"]
        assert spec["parentRefs"] == [{"name": "traefik-gateway", "namespace": "traefik", "sectionName": "websecure"}]
        assert rule["filters"] == [{"type": "ExtensionRef", "extensionRef": clean}]
        assert rule["backendRefs"] == [{"name": "door-sallyport", "port": 4182}]
        paths = [(one["path"]["type"], one["path"]["value"]) for one in rule["matches"]]
        whole = [("PathPrefix", "/")]
        assert paths == (whole if "callback" in name else [("PathPrefix", "/_sallyport/"), ("Exact", "/oauth2/callback")])


def test_pages_can_be_without_routes_and_without_traefiks_kinds(render):
    none = render("callback-host", **{"pages.kind": "none"})
    assert not {one["kind"] for one in none.objects} & {"IngressRoute", "Ingress", "HTTPRoute"}
    assert none.of_kind("Middleware")
    plain = render("ingress", **{"traefik.enabled": False})
    assert not plain.of_kind("Middleware") and "middlewares" not in str(plain.of_kind("Ingress"))


# Which hosts and paths the rules of callback-host.yaml and old-paths.yaml lead to the pages listener.
LED = {
    ("app.example.com", "/_sallyport/me"): True,
    ("app.example.com", "/_sallyport"): False,
    ("app.example.com", "/x/_sallyport/me"): False,
    ("tools.example.com", "/_sallyport/me"): True,
    ("one.apps.example.com", "/_sallyport/me"): True,
    ("one.two.apps.example.com", "/_sallyport/me"): False,
    ("apps.example.com", "/_sallyport/me"): False,
    ("oneXapps.example.com", "/_sallyport/me"): False,
    ("auth.example.com", "/"): True,
    ("app.example.com", "/_ops/me"): True,
    ("app.example.com", "/_oauth"): True,
    ("app.example.com", "/_oauth/x"): False,
}


def answered(port, host, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("version", VERSIONS)
def test_traefik_reads_the_rules_as_they_are_meant(version, render, tmp_path, authority):
    nobody = f"http://127.0.0.1:{free_port()}"
    table = Routes(app=nobody, auth=nobody, pages=nobody)
    for name in ("callback-host", "old-paths"):
        for route in render(name).of_kind("IngressRoute").values():
            for rule in route["spec"]["routes"]:
                table.route(f"r{len(table.routers)}", rule["match"], service="pages")
    ports = Ports(http=free_port(), https=free_port())
    traefik = Traefik(version, tmp_path, routes=table, authority=authority, ports=ports)
    try:
        found = {(host, path): answered(ports.http, host, path) for host, path in LED}
    finally:
        traefik.stop()
    # Routed to a port where nothing listens, or to no port.
    assert found == {where: 502 if led else 404 for where, led in LED.items()}


# ---- in Traefik's own pod ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def beside(tmp_path_factory):
    """Traefik's own chart with our values for it, and our chart's release that it refers to."""
    folder = tmp_path_factory.mktemp("beside")
    values = tools.TREE / "helm" / "traefik-sidecar-values.yaml"
    traefik = Rendered(folder, values, chart=tools.traefik_chart())
    ours = Rendered(folder, values_of("sidecar"), changes={"fullnameOverride": "sallyport"})
    return traefik, ours


def test_a_sidecar_has_all_but_pods(beside):
    _, ours = beside
    assert {item["kind"] for item in ours.objects} == {
        "ConfigMap",
        "IngressRoute",
        "Middleware",
        "Secret",
        "Service",
    }
    assert asks(ours)["sallyport-ask"]["address"] == "http://127.0.0.1:4181/auth/traefik"
    assert yaml.safe_load(ours.config_text)["listen"] == "127.0.0.1:4181"
    reachable = {port["port"] for item in ours.of_kind("Service").values() for port in item["spec"]["ports"]}
    assert reachable == {4182, 9181}


def test_traefiks_chart_takes_the_container_as_it_is_written(beside):
    traefik, _ = beside
    written = yaml.safe_load((tools.TREE / "helm" / "traefik-sidecar-values.yaml").read_text())
    assert [traefik.container] == written["deployment"]["additionalContainers"]
    spec = traefik.pod["spec"]
    assert written["deployment"]["additionalVolumes"][0] in spec["volumes"]
    assert {one["name"] for one in spec["containers"]} == {"door-traefik", "sallyport"}
    names = [port["name"] for one in spec["containers"] for port in one.get("ports", [])]
    assert len(names) == len(set(names))
    numbers = [port["containerPort"] for one in spec["containers"] for port in one.get("ports", [])]
    assert len(numbers) == len(set(numbers))


# The defaults of a probe.
USUAL = {"initialDelaySeconds": 0, "periodSeconds": 10, "timeoutSeconds": 1, "successThreshold": 1, "failureThreshold": 3}


def test_a_sidecar_is_as_the_deployment_of_this_chart(beside, render):
    traefik, _ = beside
    own = render("minimal", fullnameOverride="sallyport").container
    for key in ("args", "securityContext", "resources", "env", "image"):
        assert traefik.container[key] == own[key], key
    for probe in ("livenessProbe", "readinessProbe"):
        wanted = {**own[probe], "httpGet": {**own[probe]["httpGet"], "port": "sp-admin"}}
        assert {**USUAL, **traefik.container[probe]} == {**USUAL, **wanted}, probe
    spec = traefik.pod["spec"]
    assert spec["securityContext"]["fsGroup"] == 65532
    assert spec["securityContext"]["runAsNonRoot"] is True
    least = render("minimal").pod["spec"]["terminationGracePeriodSeconds"]
    assert spec["terminationGracePeriodSeconds"] >= least


def test_services_of_a_sidecar_lead_to_traefiks_pods(beside):
    traefik, ours = beside
    for service in ours.of_kind("Service").values():
        assert holds(service["spec"]["selector"], traefik.pod["metadata"]["labels"])
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in {one["containerPort"] for one in traefik.container["ports"]}


# The same release with its own pods.
WITH_PODS = {"sidecar.enabled": False, "platform": "k3s"}


def test_the_program_takes_the_files_of_a_sidecar(beside, tmp_path, authority):
    traefik, ours = beside
    (volume,) = (one for one in traefik.pod["spec"]["volumes"] if one["name"] == "sallyport")
    laid = lay_files(ours, volume, tmp_path, authority)
    assert set(laid) == {"sallyport.yaml", "keys", "client-secret"}
    of_pods = Rendered(tmp_path, values_of("sidecar"), changes={"fullnameOverride": "sallyport", **WITH_PODS})
    assert volume["projected"] == of_pods.pod["spec"]["volumes"][0]["projected"]
    assert " 0 errors" in run("check", "--config", tmp_path / "sallyport.yaml", env=ADMIN).stderr

# SPDX-License-Identifier: Apache-2.0
"""
Read-only access to the API server: why read-only rights are not enough, and the chart's policy for it, through real
Traefik, to a real API server and what runs on its node. It also works below a prefix.
"""

import pytest
import yaml
from rig import expect, tools
from rig.bound import KEY, LISTED, lead_to
from rig.keys import Key
from rig.kube import web_binding
from rig.node import Node
from rig.process import Process, wait_for
from rig.render import impersonation
from test_bearer import CLIENT, bearer, token_of
from test_kubectl import HOST, kubectl_of

# The API server of the tests about RBAC.
pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.edges("3.7.15-https")]

USER = "reads@example.com"
NARROWED = "/narrowed"  # here the account may only read, and all requests are allowed
POLICY = "kubernetes-read-only"
READ_ONLY = ("", "/k8s")  # here the account has all rights, and the policy is that of the chart
# Headers of a client that the entry point trusts.
LIES = (
    {},
    {"X-Forwarded-Prefix": NARROWED},
    {"X-Forwarded-Uri": "/version", "X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https"},
)
# With WebSocket and with SPDY, for commands and for ports.
PROTOCOLS = (("v5.channel.k8s.io", "v4.channel.k8s.io"), ("SPDY/3.1+portforward.k8s.io", "portforward.k8s.io"))


def narrowed(rules):
    """The remaining rights of an account that may only read."""
    kept = {f"impersonate-on:user-info:{verb}" for verb in ("get", "list", "watch")} | {"impersonate:user-info"}
    return [{**rule, "verbs": [verb for verb in rule["verbs"] if verb in kept]} for rule in rules]


def policy_of_the_chart(render):
    """For the bindings of both routes."""
    bound = {"set": "kubernetes", "host": HOST, "service_account": "infra/impersonator"}
    names = {f"door-{number}": prefix or "/" for number, prefix in enumerate(READ_ONLY)}
    bindings = [{**bound, "proxy_key_file": f"proxy-key-{name}", "path_prefix": names[name]} for name in names]
    chains = {name: {"headers": "kubernetes", "readOnly": True} for name in names}
    changes = {"config.bearer_audiences": "x", "config.credentials": bindings, "traefik.middlewares": chains}
    return yaml.safe_load(render("minimal", **changes).config_text)["policies"][POLICY]


@pytest.fixture
def pod(cluster, rig, tmp_path):
    """A pod that runs on a node, in its own namespace, where the user has all rights."""
    namespace = cluster.namespace("read-only")
    node = Node(cluster.api, tmp_path, rig.authority)
    node.run(namespace, "box")
    name = f"reads-{namespace}"
    rules = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}}
    cluster.api.create({**kind, "rules": rules}, web_binding(name, name, USER))
    yield namespace
    node.stop()


@pytest.fixture
def site(make_site, make_issuer, cluster, render, pod):
    issuer = make_issuer(keys=[Key("ES256")])
    rules = impersonation(render)
    accounts = {door: rules for door in READ_ONLY} | {NARROWED: narrowed(rules)}

    def layout(routes):
        lead_to(routes, cluster.api)
        key = routes.middleware("key", "headers", customRequestHeaders={"X-Sallyport-Proxy-Key": KEY})
        strip = routes.strip("/k8s", NARROWED)
        for door in accounts:
            query = "headers=kubernetes&prefix=1" + (f"&policy={POLICY}" if door in READ_ONLY else "")
            ask = routes.ask(f"ask{door[1:]}", f"/auth/traefik?{query}", LISTED)
            rule = f"Host(`{HOST}`) && PathPrefix(`{door}/`)"
            routes.route(f"door{door[1:]}", rule, [routes.clean(), strip, key, ask], service="api-server")

    def settings(site):
        (site.folder / "proxy-key").write_text(KEY)
        bindings = []
        for door, ruled in accounts.items():
            name = f"account{door[1:]}"
            (site.folder / name).write_text(cluster.account_of(pod, name, ruled))
            bound = {"set": "kubernetes", "host": HOST, "path_prefix": f"{door}/", "token_file": name}
            bindings.append({**bound, "proxy_key_file": "proxy-key"})
        return {
            "bearer_audiences": "kubectl",
            "forwarded_prefixes": ["/k8s", NARROWED],
            "credentials": bindings,
            "policies": {"default": "authenticated", POLICY: policy_of_the_chart(render)},
        }

    site = make_site(issuer=issuer.url, client=CLIENT, layout=layout, settings=settings, trusts_client=True)
    site.token = token_of(issuer, sub=USER, email=USER, groups=["readers"])
    wait_for(lambda: ask(site, NARROWED, f"/api/v1/namespaces/{pod}/pods").status == 200, "the rights")
    return site


def ask(site, door, path, kind="api", **options):
    headers = {**bearer(site.token), "Content-Type": "application/json", **options.pop("headers", {})}
    return site.browser().send(kind, site.url(door + path, HOST), headers=headers, **options)


def ways_in(pod):
    """Requests that run something in a pod or behind the API server: kind, method, path, headers."""
    box = f"/api/v1/namespaces/{pod}/pods/box"
    streams = (
        f"{box}/exec?command=id&stdout=true",
        f"{box}/attach?stdout=true",
        f"{box}/portforward?ports=80",
        f"{box}%2fexec?command=id&stdout=true",
        f"{box}/%65xec?command=id&stdout=true",
        f"{box}/exec/?command=id&stdout=true",
        f"{box}/%70ortforward/?ports=80",
        f"/api/v1/namespaces/{pod}/p%6fds/box%2Fattach?stdout=true",
    )
    for path in streams:
        of_websocket, of_spdy = PROTOCOLS["ortforward" in path]
        spdy = {"Connection": "Upgrade", "Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": of_spdy}
        yield "websocket", "GET", path, {"Sec-WebSocket-Protocol": of_websocket}
        yield "api", "GET", path, {}
        yield "api", "GET", path, spdy
        yield "api", "POST", path, spdy
    proxies = (
        f"{box}/proxy",
        f"{box}/proxy/",
        f"{box}:8080/proxy/a/b",
        f"{box}%2fproxy/a",
        f"{box}/pro%78y/a%2fb",
        f"/api/v1/namespaces/{pod}/services/https:web:443/proxy/a/b",
        f"/api/v1/namespaces/{pod}/services/web/proxy",
        "/api/v1/nodes/n/proxy/",
        f"/api/v1/nodes/n%2fproxy/exec/{pod}/box/main?command=id",
    )
    for path in proxies:
        for method in ("GET", "HEAD", "POST"):
            yield "api", method, path, {}
    yield "websocket", "GET", f"/api/v1/namespaces/{pod}/pods?watch=1", {}
    yield "websocket", "GET", f"{box}/log?follow=1", {}


def odd_ways_in(pod):
    """Spellings that this API server does not accept as exec, but others might."""
    box = f"/api/v1/namespaces/{pod}/pods/box"
    for path in (
        f"/{box}/exec",
        f"/api/v1//namespaces/{pod}/pods/box/exec",
        f"{box}//exec",
        f"{box}/./exec",
        f"{box}/log/../exec",
        f"{box}/log/%2e%2e/exec",
        f"{box}/log/..%2fexec",
        f"{box}%252fexec",
        f"{box}/%2565xec",
        f"{box}/exec;a=b",
        f"{box}/exec%00",
        f"{box}/exec%20",
        f"{box}/exec.",
        f"{box}%5cexec",
        f"{box}/exec%3fcommand=id",
        f"{box}/exec%23",
        f"{box}/ex%09ec",
        f"{box}/proxy%2f..%2f..%2fbox%2fexec",
    ):
        yield f"{path}?command=id&stdout=true"


def test_ac_82_rights_that_only_read_run_commands(site, pod, tmp_path):
    kubectl = kubectl_of(site, site.token, tmp_path, path=NARROWED)
    ran = kubectl("exec", "--namespace", pod, "box", "--", "echo", "it ran")
    assert ran.stdout == "it ran\n", ran.stderr
    denied = kubectl("create", "configmap", "x", "--namespace", pod)
    assert denied.returncode == 1 and "cannot impersonate-on:user-info:create" in denied.stderr, denied
    for kind, method, path, headers in ways_in(pod):
        answer = ask(site, NARROWED, path, kind, method=method, headers=headers)
        is_kept_out = method == "POST"
        assert (answer.status == 403) == is_kept_out and not answer.reason, (answer, answer.text)
        if headers and method == "GET":
            assert answer.status == 101, (answer, answer.text)


@pytest.mark.parametrize("door", READ_ONLY, ids=["whole", "below"])
def test_ac_54_ac_82_the_policy_that_only_reads_closes_every_way_in(site, pod, door, tmp_path):
    for kind, method, path, headers in ways_in(pod):
        for lies in LIES:
            answer = ask(site, door, path, kind, method=method, headers={**headers, **lies})
            expect.refusal(answer, 403, "policy_denied")
    for path in odd_ways_in(pod):
        for kind in ("api", "websocket"):
            answer = ask(site, door, path, kind)
            refused = (400, "malformed_uri") if answer.status == 400 else (403, "policy_denied")
            expect.refusal(answer, *refused)
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = ask(site, door, f"/api/v1/namespaces/{pod}/configmaps", method=method)
        expect.refusal(answer, 403, "policy_denied")

    here, home = ("--namespace", pod), tmp_path / "home"
    kubectl = kubectl_of(site, site.token, tmp_path, home, path=door)
    assert kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}").stdout == USER
    assert kubectl("auth", "can-i", "create", "pods", *here).stdout == "yes\n"
    assert "*.*" in kubectl("auth", "can-i", "--list", *here).stdout
    assert kubectl("get", "pods", "-o", "name", *here).stdout == "pod/box\n"
    watch = [tools.kubectl(), "get", "pods", "-o", "name", "--watch", *here]
    watching = Process("watch", watch, tmp_path, {"HOME": str(home), "KUBECONFIG": str(home / "config")})
    watching.wait_until(lambda: watching.text() == "pod/box\n", "the pod that is there")
    watching.kill()
    for command in (
        ("exec", "box", "--", "id"),
        ("attach", "box"),
        ("port-forward", "box", ":80"),
        ("get", "--raw", f"/api/v1/namespaces/{pod}/pods/box/proxy/"),
        ("create", "configmap", "x"),
        ("delete", "pod", "box"),
    ):
        denied = kubectl(*(() if "--raw" in command else here), *command)
        assert denied.returncode == 1 and "do not have access" in denied.stderr, denied

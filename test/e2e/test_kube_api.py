# SPDX-License-Identifier: Apache-2.0
"""
The Kubernetes API with the routes in doc/kubernetes.md: real kubectl, real Traefik with TLS and HTTP/2, and a real API
server with impersonation, with a node that answers like a kubelet. Tests that last longer than a minute are in
test_silence.py.
"""

import gzip
import json
import urllib.request
import uuid

import pytest
from rig.kube_site import CRD, FILE, POD, PREFIX, STRIPPED
from rig.process import wait_for

pytestmark = pytest.mark.xdist_group("cluster")

LARGE = 900_000  # bytes of an object; the API server takes a mebibyte and a half
TARGET_MAX, TOKEN_MAX = 49152, 49152
MANY = 10_000
BY_SPDY = {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false", "KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"}
UPGRADES = pytest.mark.parametrize("env, method", [({}, "GET"), (BY_SPDY, "POST")], ids=["websocket", "spdy"])


def config_map(name, size):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": size * "x"}}


def identity(kubectl):
    told = json.loads(kubectl.told("auth", "whoami", "--output=json"))["status"]["userInfo"]
    return told["username"], told["groups"]


def name_of(what):
    return f"{what}-{uuid.uuid4().hex[:8]}"


def size_of(kubectl, name):
    return len(json.loads(kubectl.told("get", "configmap", name, "--output=json"))["data"]["text"])


# ---- objects --------------------------------------------------------------------------------------------


def test_objects_are_written_and_read_as_their_user(kube_site, tmp_path):
    kubectl, name = kube_site.kubectl(), name_of("of-ada")
    assert identity(kubectl) == ("ada@example.com", ["ops", "system:authenticated"])

    kubectl.told("create", "configmap", name, "--from-literal=text=abc")
    assert size_of(kubectl, name) == 3
    kubectl.told("patch", "configmap", name, "--patch", '{"data": {"text": "abcd"}}')
    assert size_of(kubectl, name) == 4
    kubectl.told("delete", "configmap", name)
    assert "NotFound" in kubectl("get", "configmap", name).stderr
    own = {line["RequestProtocol"] for line in wait_for(lambda: kube_site.seen(f"configmaps/{name}"), "the log")}
    assert own == {"HTTP/2.0"}


def test_nine_hundred_kilobytes_are_applied_by_client_server_and_in_chunks(kube_site, tmp_path):
    kubectl, name = kube_site.kubectl(), name_of("large")
    file = tmp_path / "objects.json"

    parts = [f"{name}-{number}" for number in range(4)]  # an annotation of the client contains a quarter of it
    for size in (LARGE // 4 - 1, LARGE // 4):
        file.write_text("".join(json.dumps(config_map(part, size)) for part in parts))
        kubectl.told("apply", "--filename", file)
    assert size_of(kubectl, parts[-1]) == LARGE // 4

    file.write_text(json.dumps(config_map(name, LARGE - 1)))
    kubectl.told("apply", "--server-side", "--filename", file)
    assert size_of(kubectl, name) == LARGE - 1

    text = json.dumps(config_map(name, LARGE)).encode()
    chunks = (text[at : at + 60_000] for at in range(0, len(text), 60_000))
    answer, _ = kube_site.ask(
        "PATCH",
        f"/api/v1/namespaces/{kube_site.namespace}/configmaps/{name}?fieldManager=kubectl",
        headers={"Content-Type": "application/apply-patch+yaml"},
        body=chunks,
        encode_chunked=True,
    )
    assert answer.status == 200 and size_of(kubectl, name) == LARGE


def test_a_list_of_ten_thousand_arrives_whole_in_pages_and_compressed(kube_site):
    kubectl, namespace = kube_site.kubectl(), kube_site.cluster.namespace("many")
    kube_site.give_rights(namespace)
    with kube_site.cluster.etcd.filled(namespace, MANY):
        told = kubectl.told("get", "configmaps", "--namespace", namespace, "--output=name")
        assert len(told.split()) == MANY
        wait_for(lambda: len(kube_site.seen(f"{namespace}/configmaps")) == MANY // 500, "a line for each page")

        answer, text = kube_site.ask(
            "GET", f"/api/v1/namespaces/{namespace}/configmaps", headers={"Accept-Encoding": "gzip"}
        )
        assert answer.status == 200 and answer.getheader("Content-Encoding") == "gzip"
        assert len(json.loads(gzip.decompress(text))["items"]) == MANY


def test_rbac_of_the_api_server_denies_in_its_own_words(kube_site):
    kubectl, elsewhere = kube_site.kubectl(), kube_site.cluster.namespace("elsewhere")
    denied = {
        ("get", "secrets"): 'cannot list resource "secrets" in API group "" in the namespace "{own}"',
        ("delete", "pod", POD): 'cannot delete resource "pods" in API group "" in the namespace "{own}"',
        ("create", "namespace", "mine"): 'cannot create resource "namespaces" in API group "" at the cluster scope',
        ("get", "pods", "--namespace", elsewhere): 'cannot list resource "pods" in API group ""',
        ("get", "--raw", "/metrics"): 'cannot get path "/metrics"',
    }
    for command, sentence in denied.items():
        done = kubectl(*command)
        text = f'User "ada@example.com" {sentence.format(own=kube_site.namespace)}'
        assert done.returncode == 1 and text in done.stderr, (command, done.stderr)

    stranger = kube_site.kubectl(sub="user-2", email="ben@example.com")
    done = stranger("exec", POD, "--", "true")
    assert done.returncode == 1 and 'User "ben@example.com" cannot get resource "pods"' in done.stderr


# ---- what runs in pods ------------------------------------------------------------------------------------


def upgrades_of(kube_site, subresource):
    """Both methods: kubectl requests a WebSocket with GET, and SPDY with POST."""
    lines = kube_site.seen(f"/{POD}/{subresource}")
    return [line["RequestMethod"] for line in lines if line["RequestProtocol"] == "HTTP/1.1"]


@UPGRADES
def test_a_command_runs_to_its_end_with_data_both_ways(kube_site, env, method):
    kubectl = kube_site.kubectl()
    script = "cat; echo to the errors >&2; exit 7"
    done = kubectl("exec", "--stdin", POD, "--", "sh", "-c", script, input=3_000_000 * "x", **env)
    assert (done.returncode, len(done.stdout)) == (7, 3_000_000), done.stderr
    assert done.stderr == "to the errors\ncommand terminated with exit code 7\n"
    assert kubectl.told("exec", POD, "--", "echo", "a b", "%2F", "&", **env) == "a b %2F &\n"

    done = kubectl("attach", "--stdin", POD, input="one\ntwo\nend\nthree\n", **env)
    assert done.stdout == f"attached to main of {POD}\none\ntwo\n", done.stderr
    for subresource in ("exec", "attach"):
        wait_for(lambda of=subresource: method in upgrades_of(kube_site, of), f"{subresource} by {method}")


@UPGRADES
def test_a_port_is_forwarded(kube_site, env, method):
    kube_site.app.seen.clear()
    forward = kube_site.kubectl().begin("port-forward", POD, f":{kube_site.app.port}", **env)
    try:
        port = forward.stdout.readline().split(" -> ")[0].rpartition(":")[2]
        for target in ("/first", "/second"):
            request = urllib.request.Request(f"http://127.0.0.1:{port}{target}", 300_000 * b"x")
            assert json.loads(urllib.request.urlopen(request, timeout=20).read())["target"] == target
        assert [len(request.body) for request in kube_site.app.seen] == 2 * [300_000]
    finally:
        forward.terminate()
        forward.communicate()
    wait_for(lambda: method in upgrades_of(kube_site, "portforward"), f"a port by {method}")


def test_a_log_is_read(kube_site):
    assert kube_site.kubectl().told("logs", POD) == "".join(f"{POD} {number}\n" for number in (1, 2, 3))


# ---- the other routes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", [FILE, STRIPPED], ids=["file provider", "stripped prefix"])
def test_the_other_routes_serve_the_same(kube_site, host):
    kubectl, name = kube_site.kubectl(host), name_of("by-route")
    assert identity(kubectl) == ("ada@example.com", ["ops", "system:authenticated"])
    watch = kubectl.begin("get", "configmaps", "--watch", "--output=name")
    try:
        kubectl.told("create", "configmap", name, "--from-literal=text=abc")
        assert size_of(kubectl, name) == 3
        for env in ({}, BY_SPDY):
            done = kubectl("exec", "--stdin", POD, "--", "sh", "-c", "cat; exit 7", input="abc", **env)
            assert (done.returncode, done.stdout) == (7, "abc"), done.stderr
        assert f"configmap/{name}\n" in iter(watch.stdout.readline, "")
    finally:
        watch.kill()
        watch.communicate()


# ---- limits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", [CRD, STRIPPED])
def test_a_target_of_forty_eight_kibibytes_passes_and_a_longer_one_does_not(kube_site, host):
    """The path with the prefix, as the user sees it."""
    path = (PREFIX if host == STRIPPED else "") + f"/api/v1/namespaces/{kube_site.namespace}/configmaps?pretty="
    for size, status in ((TARGET_MAX, 200), (TARGET_MAX + 1, 400)):
        answer, text = kube_site.ask("GET", path + (size - len(path)) * "x", host)
        assert answer.status == status, text
    assert json.loads(text)["reason"] == "malformed_uri"


@UPGRADES
def test_a_command_of_forty_thousand_letters_runs_and_a_longer_one_is_refused(kube_site, env, method):
    kubectl = kube_site.kubectl()

    def run(*arguments):
        return kubectl("exec", POD, "--", "sh", "-c", "printf %s $* | wc -c", "sh", *arguments, **env)

    for argument in (40_000 * "x", 16_000 * "/"):
        done = run(argument)
        assert done.stdout == f"{len(argument)}\n", done.stderr
    for arguments in ([50_000 * "x"], [20_000 * "/"], 4 * [100_000 * "x"]):
        done = run(*arguments)
        assert done.returncode == 1 and '"status":400,"reason":"malformed_uri"' in done.stderr, done.stderr
        assert "The request target is longer than 49152 bytes." in done.stderr

    script = 20_000 * "true /\n" + "echo $1\n"
    assert kubectl.told("exec", "--stdin", POD, "--", "sh", "-s", "--", "ran", input=script, **env) == "ran\n"


def test_six_hundred_groups_in_the_largest_token_arrive(kube_site):
    def groups_of(size):
        return [f"group-{number:03}-{size * 'g'}" for number in range(600)]

    size = next(size for size in range(80, 0, -1) if len(kube_site.issuer.bearer(groups=groups_of(size))) <= TOKEN_MAX)
    groups = groups_of(size)
    assert len(kube_site.issuer.bearer(groups=groups)) > TOKEN_MAX - 900
    kubectl = kube_site.kubectl(groups=groups)
    assert identity(kubectl) == ("ada@example.com", [*groups, "system:authenticated"])
    assert kubectl.told("exec", POD, "--", "echo", "short") == "short\n"

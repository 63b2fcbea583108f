# SPDX-License-Identifier: Apache-2.0
"""
An application that sends requests to the API server for the signed-in user, with the headers that it gets, and the API
server itself for browsers: real Chromium, real Traefik, a real API server and a pod behind it. A page of a sibling
host, or the pod, cannot use the session of the user.
"""

import asyncio
import http.client
import json

import pytest
from rig.app import Server, answer
from rig.bound import binding, chain, lead_to
from rig.chromium import log_in
from rig.dex import ADA, GRACE
from rig.documents import of_kind
from rig.kube import web_binding
from test_bearer import bearer, tokens_of

# The API server of the tests about RBAC.
pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.edges("3.7.15-https")]

DASHBOARD, API, SIBLING = "app.example.test", "auth.example.test", "grafana.example.test"
PAGE = """<!doctype html><title>pods</title><ul></ul><script>
fetch('/api/v1/pod').then(answer => answer.json()).then(list => {
    document.querySelector('ul').innerHTML = (list.items || [list.message]).map(text => `<li>${text}</li>`).join('')
})</script>"""
# What a script of another page gets from an address: a status, a response that it cannot read, or nothing.
FETCH = """async ([address, options]) => {
    try {
        const answer = await fetch(address, {credentials: 'include', ...options})
        return answer.type == 'opaque' ? 'opaque' : answer.status
    } catch (error) { return 'refused' }
}"""
SOCKET = """address => new Promise(resolve => {
    const socket = new WebSocket(address)
    socket.onopen = () => resolve('open')
    socket.onerror = () => resolve('refused')
})"""
SUBMIT = """([method, action]) => {
    const form = Object.assign(document.createElement('form'), {method, action})
    document.body.append(form)
    form.submit()
}"""


class Dashboard(Server):
    """Lists the pods of a namespace, and creates config maps there, as the user in Authorization and Impersonate-*."""

    def __init__(self, api, namespace):
        self._api, self._namespace = api, namespace
        self.asked = []
        super().__init__()

    async def respond(self, request, _reader, writer):
        self.asked.append(f"{request.method} {request.target}")
        if request.target == "/":
            answer(writer, PAGE.encode(), "text/html")
        elif (request.method, request.target) == ("POST", "/make"):
            named = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}}
            answer(writer, await asyncio.to_thread(self._ask, request, "POST", "configmaps", json.dumps(named)))
        else:
            text = await asyncio.to_thread(self._ask, request, "GET", "pods")
            names = [one["metadata"]["name"] for one in json.loads(text).get("items", [])]
            answer(writer, json.dumps({"items": names}).encode() if names else text)
        return True

    def _ask(self, request, method, kind, body=""):
        """Sends requests to the API server as the user of the request: it forwards all identity headers unchanged."""
        connection = self._api.connection()
        connection.putrequest(method, f"/api/v1/namespaces/{self._namespace}/{kind}")
        for name, value in request.headers:
            if name.lower() == "authorization" or name.lower().startswith("impersonate-"):
                connection.putheader(name, value)
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode())
        try:
            return connection.getresponse().read()
        finally:
            connection.close()


class Pod(Server):
    """A program in a pod, whose page would run scripts in its visitors' browsers. It records requests."""

    def __init__(self):
        self.seen = []
        super().__init__()

    async def respond(self, request, _reader, writer):
        self.seen.append(request)
        page = "<!doctype html><title>of the pod</title><script>document.title = 'the pod runs'</script>"
        more = "Set-Cookie: __Host-sallyport=of-the-pod; Path=/; Secure\r\nService-Worker-Allowed: /\r\n"
        answer(writer, page.encode(), "text/html", more)
        return True


@pytest.fixture
def pod(cluster):
    """A pod with an address. A group of ADA may list pods, reach them by the proxy, and make config maps."""
    namespace = cluster.namespace("dashboard")
    name = f"of-{namespace}"
    rules = [
        {"apiGroups": [""], "resources": ["pods", "pods/proxy", "pods/exec"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "list", "watch"]},
    ]
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}}
    spec = {"automountServiceAccountToken": False, "containers": [{"name": "main", "image": "none"}]}
    box = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "box", "namespace": namespace}, "spec": spec}
    bound = web_binding(name, name, ADA.email)
    bound["subjects"] = [{**bound["subjects"][0], "kind": "Group", "name": ADA.groups[0]}]
    cluster.api.create({**kind, "rules": rules}, bound, account, box)
    pod = Pod()
    address = cluster.network.address({8080: pod.port})
    status = {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}
    path = f"/api/v1/namespaces/{namespace}/pods/box"
    cluster.api.call("PATCH", f"{path}/status", status, "application/merge-patch+json")
    pod.namespace, pod.path = namespace, path
    yield pod
    cluster.api.delete(bound)
    pod.stop()


@pytest.fixture
def dashboard(cluster, pod):
    dashboard = Dashboard(cluster.api, pod.namespace)
    yield dashboard
    dashboard.stop()


def documented(name):
    """The settings of a middleware on the page."""
    blocks = [one for block in of_kind("yaml kubernetes", "doc/kubernetes.md") for one in block.documents()]
    (found,) = [one["spec"] for one in blocks if one["metadata"]["name"] == name]
    return found


@pytest.fixture
def site(make_site, rig, cluster, account, dashboard):
    """The dashboard and the API server, each behind a chain with a key, and another tenant's page next to them."""

    def layout(routes):
        lead_to(routes, cluster.api)
        routes.service("dashboard", dashboard.url)
        no_frames = routes.middleware("no-frames", "headers", **documented("no-frames")["headers"])
        behind = [*chain(routes, name="dashboard"), no_frames]
        routes.route("dashboard", f"Host(`{DASHBOARD}`)", behind, service="dashboard")
        routes.route("api", f"Host(`{API}`)", chain(routes, name="api"), service="api-server")
        routes.route("sibling", f"Host(`{SIBLING}`)")

    def settings(site):
        bindings = [binding(site.folder, host, account, sessions=True) for host in (DASHBOARD, API)]
        return {"strip_session_cookie": True, "bearer_audiences": [rig.dex.public.id], "credentials": bindings}

    return make_site(layout=layout, settings=settings)


def config_maps(cluster, pod):
    return [one["metadata"]["name"] for one in cluster.api.items("v1", "ConfigMap", pod.namespace)]


def test_a_dashboard_lists_the_pods_of_whoever_is_signed_in(site, page, pod, cluster):
    log_in(page, site.url("/", DASHBOARD))
    page.get_by_text("box").wait_for()
    assert page.evaluate(FETCH, [site.url("/make", DASHBOARD), {"method": "POST"}]) == 200
    assert config_maps(cluster, pod) == ["made"]
    page.goto(site.url("/api/v1/pod", DASHBOARD))
    assert "<code>cross_site</code>" in page.content()

    other = page.context.browser.new_context()
    page = other.new_page()
    log_in(page, site.url("/", DASHBOARD), GRACE)
    page.get_by_text(f'User "{GRACE.email}" cannot list resource "pods"').wait_for()
    other.close()


def test_ac_51_ac_60_a_page_of_a_sibling_host_uses_neither_dashboard_nor_api(site, page, pod, cluster, dashboard):
    log_in(page, site.url("/", DASHBOARD))
    log_in(page, site.url("/", API))
    maps, exec = f"/api/v1/namespaces/{pod.namespace}/configmaps", f"{pod.path}/exec?command=id&stdout=true"
    assert page.evaluate(FETCH, [site.url(maps, API), {}]) == 200  # a page of the API's own host can read it
    watch = site.url(f"{maps}?watch=1", API).replace("https", "wss")
    assert page.evaluate(SOCKET, watch) == "open"
    asked = len(dashboard.asked)

    page.goto(site.url("/page", SIBLING))
    change = {"method": "POST", "mode": "no-cors", "body": '{"metadata": {"name": "forged"}}'}
    for address in (site.url("/make", DASHBOARD), site.url(maps, API)):
        assert page.evaluate(FETCH, [address, change]) == "opaque"
    for address in (site.url("/api/v1/pod", DASHBOARD), site.url(maps, API)):
        assert page.evaluate(FETCH, [address, {}]) == "refused"  # it is answered, but the browser hides the response
    for address in (watch, site.url(exec, API).replace("https", "wss")):
        assert page.evaluate(SOCKET, address) == "refused"
    forms = (("post", site.url("/make", DASHBOARD)), ("post", site.url(maps, API)), ("get", site.url(maps, API)))
    for method, address in forms:
        page.goto(site.url("/page", SIBLING))
        with page.expect_navigation():
            page.evaluate(SUBMIT, [method, address])
        assert page.url.startswith(address) and "<code>cross_site</code>" in page.content(), page.content()
    page.goto(site.url("/page", SIBLING))
    page.set_content(f"<iframe src='{site.url(maps, API)}'></iframe>")
    page.frame_locator("iframe").get_by_text("cross_site").wait_for()
    with page.expect_console_message(lambda message: "frame-ancestors 'none'" in message.text):
        page.set_content(f"<iframe src='{site.url('/', DASHBOARD)}'></iframe>")

    assert config_maps(cluster, pod) == []
    assert dashboard.asked[asked:] == ["GET /api/v1/pod", "GET /"]
    assert site.sallyport.metric("sallyport_decisions_total", verdict="deny", reason="cross_site") == 8


def test_ac_55_a_pod_behind_the_api_server_answers_programs_and_no_browser(site, page, pod, rig):
    proxied = [f"{pod.path}:8080/proxy/", f"{pod.path}:8080%2Fproxy/x", f"{pod.path}:8080/%70roxy/x"]
    token = tokens_of(site, rig.dex.public)["id_token"]
    for target in proxied:
        answered = site.browser().send("api", site.url(target, API), headers=bearer(token))
        assert answered.status == 200 and "the pod runs" in answered.text, answered.text
    told = {name.lower() for request in pod.seen for name, _ in request.headers}
    assert not {name for name in told if name.startswith(("authorization", "impersonate-", "x-sallyport", "cookie"))}

    log_in(page, site.url("/", API))
    for target in proxied:
        assert page.evaluate(FETCH, [site.url(target, API), {}]) == 403
    for target in proxied:
        page.goto(site.url(target, API))
        assert page.title() not in ("of the pod", "the pod runs"), page.content()
    assert [request.target for request in pod.seen] == ["/", "/x", "/x"]
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0

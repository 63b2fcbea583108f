# SPDX-License-Identifier: Apache-2.0
"""The pages from which users get a kubeconfig, in real Chromium and with other clients."""

import base64
import json
import os
import socket
import subprocess
from urllib.parse import urlsplit

import pytest
import yaml
from rig import expect
from rig.chromium import log_in
from rig.clock import Clock
from rig.dex import ADA, CROWD, Client
from rig.issuer import Answer
from rig.keys import Key
from rig.process import wait_for
from test_layouts import pages_beside
from test_pages import look

pytestmark = pytest.mark.edges("3.7.15-https")

APP, KUBE = "app.example.test", "kube.example.test"
PAGE = "/_sallyport/kubeconfig"
TOKEN_FILE = PAGE + "/prod.token.yaml"
PROD = {"name": "prod", "server": "https://api.prod.example.test", "client_id": "kube-prod"}
DEV = {**PROD, "name": "dev", "server": "https://api.dev.example.test", "namespace": "team"}
LAB = {**PROD, "name": "lab", "group": "nobody"}


def with_clusters(*clusters):
    """Settings of a site: these clusters, and the origin of the files with a token."""
    return lambda site: {"kubeconfig": {"origin": site.origin(KUBE), "clusters": list(clusters)}}


@pytest.fixture
def kube_site(make_site):
    return make_site(layout=pages_beside, settings=with_clusters(PROD, DEV, LAB))


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def download(page, name):
    """The file behind the link with this name, and its name in the browser."""
    with page.expect_download() as started:
        page.locator(f"a[href$='{name}']").click()
    return started.value.suggested_filename, started.value.path().read_text()


# ---- people --------------------------------------------------------------------------------------------


def test_people_download_their_files_and_paste_the_commands(kube_site, page, tmp_path):
    log_in(page, kube_site.url(PAGE, host=KUBE))
    assert page.locator("h2").all_inner_texts() == ["Without the plugin", "All 2 in one file", "prod", "dev"]

    name, text = download(page, "/prod.yaml")
    assert name == "prod.yaml" and "kubectl-oidc_login" in text
    name, all_text = download(page, "/all.yaml")
    assert name == "all.yaml"
    assert [context["name"] for context in yaml.safe_load(all_text)["contexts"]] == ["prod", "dev"]
    name, token_text = download(page, "/prod.token.yaml")
    assert name == "prod.token.yaml"
    token = yaml.safe_load(token_text)["users"][0]["user"]["token"]
    assert claims_of(token)["email"] == ADA.email and claims_of(token)["aud"] == kube_site.client.id

    # One click selects exactly one command; a shell runs it and writes the file.
    section = page.locator("h2", has_text="prod").locator("xpath=following-sibling::details[1]")
    section.locator("summary").click()
    section.locator("pre").first.click()
    command = page.evaluate("getSelection().toString()")
    subprocess.run(["sh", "-c", command], env={**os.environ, "HOME": str(tmp_path)}, check=True)
    assert (tmp_path / ".kube/sallyport/prod.yaml").read_text() == text

    assert kube_site.sallyport.wait_for_event("decision", path=TOKEN_FILE)["user"] == ADA.email
    assert token.split(".")[1] not in kube_site.sallyport.text()


def test_an_answer_is_whole_whatever_the_browser_has_or_asks_a_part_of(kube_site, browser):
    browser.log_in(kube_site.url(PAGE, host=KUBE))
    whole = browser.send("navigation", kube_site.url(TOKEN_FILE, host=KUBE))
    assert whole.status == 200 and whole.value("Content-Type") == "application/yaml"
    assert not whole.value("ETag") and not whole.value("Last-Modified") and not whole.value("Accept-Ranges")
    for headers in (
        {"Range": "bytes=0-9"},
        {"If-None-Match": "*"},
        {"If-Modified-Since": "Tue, 01 Jan 2030 00:00:00 GMT"},
        {"Range": "bytes=5-", "If-Range": '"x"'},
    ):
        again = browser.send("navigation", kube_site.url(TOKEN_FILE, host=KUBE), headers=headers)
        assert again.status == 200 and again.body == whole.body, headers
    head = browser.send("navigation", kube_site.url(TOKEN_FILE, host=KUBE), method="HEAD")
    assert head.status == 200 and not head.body
    assert head.value("Content-Length") == str(len(whole.body)) == whole.value("Content-Length")
    for method in ("POST", "PUT", "DELETE"):
        refused = browser.send("api", kube_site.url(TOKEN_FILE, host=KUBE), method=method)
        assert refused.status == 405 and refused.value("Allow") == "GET, HEAD"


def test_no_issuer_takes_the_page_down(make_site, make_issuer, browser):
    issuer = make_issuer()
    client = Client(issuer.client_id, issuer.client_secret)
    site = make_site(
        issuer=issuer.url, client=client, layout=pages_beside, settings=with_clusters(PROD)
    )
    assert browser.navigate(site.url(PAGE + "/prod.yaml", host=KUBE)).final.text.startswith("apiVersion")
    asked_n = len(issuer.asked)
    issuer.on.update({name: lambda _question: Answer(500) for name in ("discovery", "keys", "authorize")})

    for target in (PAGE, PAGE + "/prod.yaml", TOKEN_FILE):
        assert browser.send("navigation", site.url(target, host=KUBE)).status == 200, target
    assert len(issuer.asked) == asked_n


def test_a_token_that_ends_soon_is_exchanged_by_a_sign_in_and_one_that_always_does_is_not(
    make_site, make_issuer, browser, tmp_path
):
    issuer, clock = make_issuer(keys=[Key("ES256")]), Clock(tmp_path)
    client = Client(issuer.client_id, issuer.client_secret)
    site = make_site(
        issuer=issuer.url, client=client, layout=pages_beside, settings=with_clusters(PROD), env=clock.env
    )
    file = site.url(TOKEN_FILE, host=KUBE)
    page = site.url(PAGE, host=KUBE)
    issuer.claims = {"iat": clock.now_s(), "exp": clock.now_s() + 400}
    assert TOKEN_FILE in browser.navigate(file).final.text  # to the page, and from there to the file
    assert browser.send("navigation", file, initiator=page).status == 200

    clock.set_apart(110)
    issuer.claims = {"iat": clock.now_s(), "exp": clock.now_s() + 900}
    visit = browser.navigate(file)
    assert visit.final.url == page and len(issuer.questions("token")) == 2, str(visit)
    answer = browser.send("navigation", file, initiator=page)
    assert claims_of(yaml.safe_load(answer.text)["users"][0]["user"]["token"])["exp"] == issuer.claims["exp"]

    clock.set_apart(110 + 610)
    issuer.claims = {"iat": clock.now_s(), "exp": clock.now_s() + 200}
    assert "too soon for a file" in browser.navigate(file).final.text
    expect.page(browser.send("navigation", file, initiator=page), 404, "no_such_page")
    assert len(issuer.questions("token")) == 3


def held_answers(sallyport, head):
    """Connections that request the page and read only its first bytes; yields each with these bytes."""
    host, _, port = sallyport.pages_listen.rpartition(":")
    while True:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        connection.connect((host, int(port)))
        connection.sendall(head)
        yield connection, connection.recv(12)


def test_pages_that_nobody_takes_are_held_up_to_a_limit(make_site, browser, tmp_path):
    """Each page has some hundred kilobytes, of which the system buffers little if segments are small."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=x", "-keyout", "/dev/null"]
        + ["-out", tmp_path / "ca.crt"],
        check=True,
        capture_output=True,
    )
    certificate = base64.b64encode((tmp_path / "ca.crt").read_bytes() * 6).decode()
    clusters = [{**PROD, "name": f"c{number}", "ca_data": certificate} for number in range(60)]
    site = make_site(layout=pages_beside, settings=with_clusters(*clusters))
    browser.log_in(site.url(PAGE, host=KUBE))
    size = len(browser.send("navigation", site.url(PAGE, host=KUBE)).body)
    assert 400_000 < size < 2 * 1024 * 1024
    head = (
        f"GET {PAGE} HTTP/1.1\r\nHost: {urlsplit(site.url(host=KUBE)).netloc}\r\nX-Forwarded-Proto: https\r\n"
        f"Cookie: {browser.jar.header(site.url(host=KUBE))}\r\nAccept: text/html\r\n\r\n"
    ).encode()

    def connections():
        return site.sallyport.metric("sallyport_connections", listener="pages")

    before, held = connections(), []
    for connection, begin in held_answers(site.sallyport, head):
        held.append(connection)
        if begin != b"HTTP/1.1 200":
            break
    # Where that took long, the system has given up the first; and the last one holds nothing.
    assert begin == b"HTTP/1.1 503" and 16 * 1024 * 1024 / (2 * 1024 * 1024) <= connections() - before - 1 <= 40
    for connection in held:
        connection.close()
    wait_for(
        lambda: browser.send("navigation", site.url(PAGE, host=KUBE)).status == 200, "there is room again"
    )


# ---- applications --------------------------------------------------------------------------------------

WORKER = """
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', e => e.waitUntil(
    self.registration.navigationPreload.enable().then(() => self.clients.claim())));
const got = [];
self.addEventListener('fetch', e => {
    if (e.request.url.endsWith('/got')) { e.respondWith(new Response(JSON.stringify(got))); return; }
    if (!e.request.url.endsWith('/leads-there')) { return; }
    e.respondWith(Promise.resolve(e.preloadResponse).then(async answer => {
        got.push(answer ? `preload ${answer.type} ${await answer.text().catch(String)}` : 'no preload');
        return new Response('x');
    }));
});
self.addEventListener('message', async e => {
    for (const mode of ['cors', 'no-cors', 'same-origin']) {
        got.push(`worker ${mode} ` + await fetch(e.data, {mode, credentials: 'include'}).then(
            async answer => `${answer.type} ${await answer.text()}`, String));
    }
    e.source.postMessage('done');
});
"""
REGISTER = """() => navigator.serviceWorker.register('/worker.js').then(() => new Promise(resolve =>
    navigator.serviceWorker.controller ? resolve() : navigator.serviceWorker.oncontrollerchange = resolve))"""
ASK_WORKER = """address => new Promise(resolve => {
    navigator.serviceWorker.onmessage = resolve;
    navigator.serviceWorker.controller.postMessage(address);
}).then(() => null)"""
READ = """async address => {
    const got = [];
    for (const mode of ['cors', 'no-cors', 'same-origin']) {
        got.push(`fetch ${mode} ` + await fetch(address, {mode, credentials: 'include'}).then(
            async answer => `${answer.type} ${await answer.text()}`, String));
    }
    const put = (tag, changes) => new Promise(resolve => {
        const element = Object.assign(document.createElement(tag), changes);
        element.onload = () => resolve(element);
        element.onerror = event => resolve(`failed ${event.message || ''}`);
        document.body.append(element);
    });
    const look = read => { try { return `${read()}`; } catch (error) { return `${error}`; } };
    window.onerror = message => got.push(`script ${message}`);
    got.push(`script ${await put('script', {src: address})}`);
    got.push(`image ${await put('img', {src: address})}`);
    got.push(`style ${await put('link', {rel: 'stylesheet', href: address})}`);
    const frame = await put('iframe', {src: address});
    got.push('frame ' + look(() => frame.contentDocument && frame.contentDocument.body.innerText));
    got.push('frame ' + look(() => frame.contentWindow.document.body.innerText));
    return got;
}"""
OPEN = """address => { window.opened = window.open(address); }"""
PEEK = """() => { try { return window.opened.document.body.innerText; } catch (error) { return `${error}`; } }"""


def test_ac_57_no_application_reads_the_file_with_a_token(kube_site, page):
    """
    A sibling host of the same site, whose requests carry the cookie of the origin: with scripts, frames, windows,
    and a service worker that preloads navigations.
    """
    file = kube_site.url(TOKEN_FILE, host=KUBE)
    log_in(page, kube_site.url(PAGE, host=KUBE))
    token = yaml.safe_load(download(page, TOKEN_FILE)[1])["users"][0]["user"]["token"]
    kube_site.app.files["/worker.js"] = ("text/javascript", WORKER.encode())
    kube_site.app.files["/start"] = ("text/html", b"<!doctype html><title>start</title>")
    kube_site.app.redirects = {"/leads-there": file}
    page = page.context.new_page()
    log_in(page, kube_site.url("/start", host=APP))
    page.evaluate(REGISTER)
    page.reload()

    got = page.evaluate(READ, file)
    page.evaluate(ASK_WORKER, file)
    with page.context.expect_page() as opened:
        page.evaluate(OPEN, file)
    window = opened.value
    window.wait_for_load_state()
    got.append("window " + page.evaluate(PEEK))
    assert "cross_site" in window.content()
    page.goto(kube_site.url("/leads-there", host=APP))
    page.goto(kube_site.url("/start", host=APP))
    got += page.evaluate("fetch('/got').then(answer => answer.json())")

    everything = "\n".join(got)
    assert len(got) == 13 and "preload opaqueredirect" in everything, everything
    assert token.split(".")[1] not in everything and "apiVersion" not in everything, everything
    # An application may read pages of its own host, which has no token.
    own = page.evaluate("fetch('/_sallyport/kubeconfig/prod.yaml').then(answer => answer.text())")
    assert own.startswith("apiVersion")
    for name in ("prod.token.yaml", "all.token.yaml"):
        assert page.evaluate(f"fetch('{PAGE}/{name}').then(answer => answer.status)") == 404
    kube_cookie = next(
        cookie["value"] for cookie in page.context.cookies(kube_site.url(host=KUBE)) if "sallyport" in cookie["name"]
    )
    assert not [seen for seen in kube_site.app.seen if kube_cookie in str(seen.headers)]


def test_ac_57_no_application_stands_at_the_origin_behind_the_middleware(kube_site, page):
    """The router leads there, like an operator's wildcard; no script of ours can become its service worker."""
    kube_site.app.files["/worker.js"] = ("text/javascript", WORKER.encode())
    log_in(page, kube_site.url(PAGE, host=KUBE))
    kube_site.app.seen.clear()

    for target in ("/", "/worker.js", "/page", "/_sallyportx"):
        answer = page.goto(kube_site.url(target, host=KUBE))
        assert answer.status == 404 and answer.header_value("X-Sallyport-Reason") == "no_such_page", target
    page.get_by_role("link", name="Go to the clusters").click()
    assert page.title() == "Your clusters"
    failed = page.evaluate("navigator.serviceWorker.register('/worker.js').then(() => 'ok', String)")
    assert failed != "ok"
    assert page.evaluate("fetch(location.href).then(answer => answer.text(), String)").startswith("TypeError")
    kube_site.app.assert_untouched()


# ---- appearance ----------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script> \" ' & </pre> מבחן 张伟 👩 " + "w" * 120
LONG_SERVER = "https://" + "a" * 60 + ".example.test/" + "p" * 300

LOOKS = {
    "kubeconfig-one": ([PROD], ADA),
    "kubeconfig-hostile": ([{**PROD, "name": "x" * 63, "server": LONG_SERVER, "description": HOSTILE}, DEV], ADA),
    "kubeconfig-40": ([{**PROD, "name": f"cluster-{n:02}", "description": f"Site {n}"} for n in range(40)], ADA),
    "kubeconfig-no-room": ([PROD, DEV], CROWD),
    "kubeconfig-nothing": ([LAB], ADA),
}


@pytest.mark.parametrize("name", LOOKS)
def test_the_page_of_clusters_fits_every_width_and_obeys_its_own_policy(make_site, page, name):
    clusters, user = LOOKS[name]
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    site = make_site(layout=pages_beside, settings=with_clusters(*clusters))
    log_in(page, site.url(PAGE, host=KUBE), user)
    for number in range(min(4, page.locator("summary").count())):
        if page.locator("details").nth(number).get_attribute("open") is None:
            page.locator("summary").nth(number).click()

    assert page.title() == "Your clusters"
    assert ("no room for it" in page.content()) == (user is CROWD)
    look(page, site, name)
    assert not [text for text in complaints if "Content Security Policy" in text], complaints

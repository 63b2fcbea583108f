# SPDX-License-Identifier: Apache-2.0
"""
What the documents show works: configurations pass the check, commands run, and real Traefiks load the
examples and let people log in through them.

The first word after a fence says the language, the second what the block is:

  yaml                 a configuration of sallyport; what it does not say is as in the smallest one
  yaml traefik         dynamic configuration of Traefik's file provider; those of a page add up
  yaml traefik-static  Traefik's own configuration
  yaml kubernetes      objects of Kubernetes
  sh                   commands that run in a folder with the configuration that was shown last
  sh norun             commands that only have to be well-formed
  json                 one value a line
"""

import http.client
import json
import os
import re
import ssl
import subprocess
from dataclasses import dataclass

import pytest
import yaml
from rig import expect, tools
from rig.app import App
from rig.dex import ADA, GRACE
from rig.ports import free_port
from rig.process import Process
from rig.sallyport import SANITIZERS, Sallyport, run, write_files
from rig.traefik import Traefik

PAGES = (
    "README.md",
    "CHANGELOG.md",
    *sorted(f"doc/{path.name}" for path in (tools.TREE / "doc").glob("*.md")),
)
KINDS = {"", "json", "sh", "sh norun", "yaml", "yaml kubernetes", "yaml traefik", "yaml traefik-static"}
SECRET = "5f0c6a1d9b3e8247a6c1d0f9e8b7a695"
SMALLEST = {
    "issuer": "https://dex.central.example.com/dex",
    "client_id": "sallyport",
    "client_secret_file": "client-secret",
    "keys_file": "keys",
    "policies": {"default": "authenticated"},
}

# The documents' hosts, as the certificate and Dex of the rig know them.
HOSTS = {
    "app.example.com": "app.example.test",
    "grafana.example.com": "grafana.example.test",
    "auth.example.com": "auth.example.test",
    "tools.example.com": "other.test",
}
NEWEST = "3.7.15"


@dataclass(frozen=True)
class Block:
    """One fenced block; `kind` is what stands behind the fence."""

    page: str
    line: int
    kind: str
    text: str

    def __str__(self):
        return f"{self.page}:{self.line}"

    def documents(self):
        return [document for document in yaml.safe_load_all(self.text) if document]


def text_of(page):
    return (tools.TREE / page).read_text()


def blocks_of(page):
    found, fence, kind, lines = [], None, "", []
    for number, line in enumerate(text_of(page).split("\n"), 1):
        if not line.startswith("```"):
            lines.append(line)
        elif fence is None:
            fence, kind, lines = number, line.removeprefix("```").strip(), []
        else:
            found.append(Block(page, fence, kind, "\n".join(lines) + "\n"))
            fence = None
    assert fence is None, f"{page}:{fence}: a fence that does not end"
    return found


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def of_kind(kind, page=None):
    return [block for block in BLOCKS if block.kind == kind and page in (None, block.page)]


def blocks(kind):
    return pytest.mark.parametrize("block", of_kind(kind), ids=str)


def test_every_block_is_of_a_kind_that_is_checked():
    assert [f"{block}: {block.kind}" for block in BLOCKS if block.kind not in KINDS] == []


# ---- links --------------------------------------------------------------------------------------------


def anchors_of(page):
    """The anchors that headings get: lower case, spaces to hyphens, other punctuation gone."""
    prose = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", prose, re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", text_of(page)):
        name, _, anchor = target.partition("#")
        if "://" in name:
            continue
        path = (tools.TREE / page).parent / name if name else tools.TREE / page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors_of(str(path.resolve().relative_to(tools.TREE))), target


# ---- configurations and commands ----------------------------------------------------------------------


def completed(config):
    return {**SMALLEST, **config}


def assert_passes_check(config, folder):
    """No error, and nothing that the check would advise against."""
    path = write_files(folder, config, SECRET)
    done = run("check", "--config", path)
    assert "0 errors, 0 warnings" in done.stderr, done.stderr


@blocks("yaml")
def test_a_configuration_passes_the_check(block, tmp_path):
    (config,) = block.documents()
    assert_passes_check(completed(config), tmp_path)


def configuration_before(block):
    """The configuration that a page shows before a block of commands; it is what they work on."""
    shown = [other for other in of_kind("yaml", block.page) if other.line < block.line]
    return completed(shown[-1].documents()[0]) if shown else SMALLEST


def listeners():
    names = ("LISTEN", "PAGES_LISTEN", "ADMIN_LISTEN")
    return {f"SALLYPORT_{name}": f"127.0.0.1:{free_port()}" for name in names}


def serve(command, folder, env):
    """`sallyport serve …`: starts, says so, answers the probe and ends in order."""
    process = Process("serve", [tools.sallyport(), *command.split()[1:]], folder, env)
    process.wait_until(lambda: '"event":"start"' in process.text(), "event start")
    subprocess.run(
        [tools.sallyport(), "healthcheck", "--config", "sallyport.yaml"],
        cwd=folder,
        env={**os.environ, **env},
        check=True,
    )
    assert process.stop() == 0


@blocks("sh")
def test_commands_run(block, tmp_path):
    (tmp_path / "sallyport.yaml").write_text(yaml.safe_dump(configuration_before(block)))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sallyport").symlink_to(tools.sallyport())
    env = {**SANITIZERS, **listeners(), "SALLYPORT_DRAIN_DELAY": "0s"}
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    served = [line for line in block.text.split("\n") if line.startswith("sallyport serve")]
    script = "\n".join(line for line in block.text.split("\n") if line not in served)
    if "keygen keys" not in script:
        write_files(tmp_path, configuration_before(block), SECRET)
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, **SANITIZERS, "PATH": path},
        check=True,
    )
    for command in served:
        serve(command, tmp_path, env)


@blocks("sh norun")
def test_commands_are_well_formed(block):
    subprocess.run(["bash", "-n"], input=block.text, text=True, check=True)


def test_verbs_of_the_script_exist():
    usage = subprocess.run([tools.TREE / "dev", "help"], capture_output=True, text=True, check=True).stdout
    verbs = set(re.findall(r"^  ([a-z0-9]+)", usage, re.M))
    shown = {verb for page in PAGES for verb in re.findall(r"\./dev ([a-z0-9]+)", text_of(page))}
    assert shown and shown <= verbs, shown - verbs


@blocks("json")
def test_examples_of_json_are_json(block):
    for line in block.text.strip().split("\n"):
        json.loads(line)


def test_commands_of_the_program_exist():
    usage = run("--help").stdout
    commands = set(re.findall(r"^  ([a-z]+) ", usage, re.M))
    typed = [line for block in BLOCKS if block.kind.startswith("sh") for line in block.text.split("\n")]
    named = [name for page in PAGES for name in re.findall(r"`sallyport ([a-z]+)", text_of(page))]
    named += [line.split()[1] for line in typed if line.startswith("sallyport ")]
    later = {"explain"}
    assert set(named) - later <= commands and not commands & later


# ---- headers ------------------------------------------------------------------------------------------


def header_sets():
    """The sets of the program itself, as its reference page lists them: name to headers."""
    sets = {}
    for name, header in re.findall(r"^\| `(\w+)` \| `([\w-]+)` \|", run("check", "--document").stdout, re.M):
        sets.setdefault(name, set()).add(header)
    assert {"identity", "remote"} <= sets.keys(), sets
    return sets


def header_sets_of(page):
    """Those, and the ones of the configurations that a page shows."""
    sets = header_sets()
    for block in of_kind("yaml", page):
        for name, headers in block.documents()[0].get("headers", {}).items():
            sets[name] = set(headers)
    return sets


def forward_auths(block):
    for document in block.documents():
        specs = (
            [document.get("spec", {})]
            if "kind" in document
            else document.get("http", {}).get("middlewares", {}).values()
        )
        yield from (spec["forwardAuth"] for spec in specs if "forwardAuth" in spec)


@pytest.mark.parametrize("block", [*of_kind("yaml traefik"), *of_kind("yaml kubernetes")], ids=str)
def test_a_middleware_lists_every_header_of_its_set(block):
    sets = header_sets_of(block.page)
    for options in forward_auths(block):
        match = re.search(r"[?&]headers=(\w+)", options["address"])
        assert set(options["authResponseHeaders"]) == sets[match[1] if match else "identity"], options


def test_the_table_of_sets_is_the_programs():
    rows = re.findall(r"^\| `(identity|remote)`[^|]*\| (.*) \|$", text_of("doc/traefik.md"), re.M)
    sets = header_sets()
    assert {name: set(re.findall(r"`([\w-]+)`", cell)) for name, cell in rows} == {
        name: sets[name] for name in ("identity", "remote")
    }


def test_headers_that_must_be_passed_on_are_those_that_are_read():
    """authRequestHeaders: every name that the sources look a header up by, and no other."""
    (cell,) = re.findall(r"^\| `authRequestHeaders` \| (.*) \|$", text_of("doc/traefik.md"), re.M)
    sources = "".join(path.read_text() for path in (tools.TREE / "src").rglob("*.c"))
    looked_up = re.findall(
        r'(?:sp_head_(?:single|find|next)|\bhas|\bsays|\bmentions)\(\w[\w>-]*, SP_STR\("([a-z-]+)"\)', sources
    )
    listed = {name.lower() for name in re.findall(r"`([\w-]+)`", cell)}
    assert listed == set(looked_up) | {"cookie"}


# ---- reasons, metrics, events ---------------------------------------------------------------------------


def table_of_reasons():
    """Name to status, from the table that the program is made of."""
    table = (tools.TREE / "include/sallyport/base/reason.h").read_text()
    return {name: int(status) for name, status in re.findall(r'X\(SP_\w+, "(\w+)", (\d+), ', table)}


def test_every_reason_has_a_section_under_its_status():
    sections, statuses = {}, ()
    for line in text_of("doc/operating.md").split("\n"):
        if line.startswith("### "):
            statuses = {int(status) for status in re.findall(r"\b\d{3}\b", line)}
        elif line.startswith("#### "):
            sections[line.removeprefix("#### ").strip("`")] = statuses
    reasons = {name: status for name, status in table_of_reasons().items() if name != "none"}
    assert sections.keys() == reasons.keys()
    assert {name for name in reasons if reasons[name] not in sections[name]} == set()


def test_reasons_that_are_said_not_to_be_given_are_not():
    table = (tools.TREE / "include/sallyport/base/reason.h").read_text()
    codes = {name: code for code, name in re.findall(r'X\((SP_\w+), "(\w+)"', table)}
    sources = "".join(
        path.read_text()
        for path in (tools.TREE / "src").rglob("*.c")
        if path.name not in ("page.c", "respond.c", "reason.c")
    )
    unused = {name for name, code in codes.items() if not re.search(rf"\b{code}\b", sources)}
    said = re.findall(r"^#### `(\w+)`\n\nNot given by this version", text_of("doc/operating.md"), re.M)
    assert set(said) == unused


def test_every_metric_is_in_the_table(sallyport):
    exposed = re.findall(r"^# TYPE (\w+) ", sallyport.admin("/metrics")[1], re.M)
    listed = re.findall(r"^\| `(sallyport_\w+)` \|", text_of("doc/operating.md"), re.M)
    assert exposed and listed == sorted(listed, key=listed.index) and set(listed) == set(exposed)


def test_every_event_is_in_the_table():
    sources = "".join(
        path.read_text() for path in (tools.TREE / "src").rglob("*.c") if path.name != "log.c"
    )
    events = set(re.findall(r'sp_log_(?:begin|event)\([^"]*"(\w+)"', sources))
    rows = re.findall(r"^\| `(\w+)` \| (?:info|warn) \|", text_of("doc/operating.md"), re.M)
    assert set(rows) == events


# ---- what is defended -----------------------------------------------------------------------------------


def names_of_tests():
    folder = tools.TREE / "test"
    units = "".join(path.read_text() for path in folder.rglob("test_*.c"))
    python = "".join(path.read_text() for path in folder.rglob("test_*.py"))
    in_units = set(re.findall(r"^SP_TEST\((\w+)\)", units, re.M))
    return in_units | set(re.findall(r"^def (test_\w+)", python, re.M))


def test_the_tests_that_hold_an_attack_exist():
    rows = re.findall(r"^\| \d[^|]* \| [^|]* \| [^|]* \| ([^|]*) \|$", text_of("doc/security.md"), re.M)
    named = {name for cell in rows for name in re.findall(r"`([a-z0-9_]{12,})`", cell)}
    assert len(rows) > 40 and named - names_of_tests() == set()


def test_every_attack_has_a_row():
    cells = re.findall(r"^\| (\d\d(?:, \d\d)*) \|", text_of("doc/security.md"), re.M)
    numbers = sorted(int(number) for cell in cells for number in cell.split(", "))
    assert numbers == list(range(1, 54))


# ---- Kubernetes ---------------------------------------------------------------------------------------


def objects(kind):
    page = "doc/traefik.md"
    found = [item for block in of_kind("yaml kubernetes", page) for item in block.documents()]
    return {item["metadata"]["name"]: item for item in found if item["kind"] == kind}


def as_in_a_file(spec):
    """A Middleware's spec in the words of the file provider."""
    if "chain" in spec:
        return {"chain": {"middlewares": [item["name"] for item in spec["chain"]["middlewares"]]}}
    text = json.dumps(spec).replace("http://sallyport.sallyport.svc:", "http://sallyport:")
    return json.loads(text)


def test_the_objects_of_kubernetes_say_what_the_files_say():
    in_files = of_kind("yaml traefik", "doc/traefik.md")[0].documents()[0]["http"]["middlewares"]
    assert {name: as_in_a_file(item["spec"]) for name, item in objects("Middleware").items()} == in_files


def test_routes_of_kubernetes_name_middlewares_that_are_there():
    for route in objects("IngressRoute")["app"]["spec"]["routes"]:
        for item in route["middlewares"]:
            assert objects("Middleware")[item["name"]]["metadata"]["namespace"] == item["namespace"]


def test_the_deployment_fits_its_configuration(tmp_path):
    config = yaml.safe_load(objects("ConfigMap")["sallyport"]["data"]["sallyport.yaml"])
    pod = objects("Deployment")["sallyport"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    for name in ("keys_file", "client_secret_file"):
        assert config[name].startswith(mounts["secrets"] + "/")
        config[name] = config[name].removeprefix(mounts["secrets"] + "/")
    assert mounts["config"] == "/etc/sallyport"
    assert_passes_check(config, tmp_path)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert {(port["name"], port["port"]) for port in objects("Service")["sallyport"]["spec"]["ports"]} == {
        (name, ports[name]) for name in ("auth", "pages")
    }


# ---- a real Traefik -----------------------------------------------------------------------------------


def renamed(text):
    for shown, real in HOSTS.items():
        text = text.replace(shown, real)
    return text


class Documented(Traefik):
    """A Traefik with the entry points and routes of a document."""

    def __init__(self, version, folder, *, static, dynamic, authority, ports):
        self._entry_points = static["entryPoints"]
        self.dynamic = dynamic
        super().__init__(version, folder, routes=self, authority=authority, ports=ports)

    def as_dict(self, authority):
        certificate = {"certFile": str(authority.cert_file), "keyFile": str(authority.key_file)}
        return {**self.dynamic, "tls": {"stores": {"default": {"defaultCertificate": certificate}}}}

    def _static(self, dynamic, trusts_client, everywhere):
        static = super()._static(dynamic, trusts_client, everywhere)
        ports = {":80": self.ports.http, ":443": self.ports.https}
        static["entryPoints"] = {
            name: {**point, "address": f"127.0.0.1:{ports[point['address']]}"}
            for name, point in self._entry_points.items()
        }
        return static

    def _ready(self):
        """Routes are there once the host of the ping is no longer unknown."""
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.ports.https, timeout=5, context=context
        )
        try:
            connection.request("GET", "/", headers={"Host": "ready.test"})
            return connection.getresponse().status != 404
        except OSError:
            return False
        finally:
            connection.close()


class Stand:
    """The examples of doc/traefik.md, all running: application, sallyport, Traefik."""

    def __init__(self, rig, folder, *, config, version=NEWEST, static=0, edit=lambda static, dynamic: None):
        self.rig = rig
        self._running = []
        try:
            self._start(folder, config, version, static, edit)
        except BaseException:
            self.stop()
            raise

    def _start(self, folder, config, version, static, edit):
        self.app = self._kept(App())
        self.sallyport = self._kept(
            Sallyport(folder, self._settings(config), secret=self.rig.dex.confidential.secret)
        )
        entry_points, routes = self._static(static), self._dynamic()
        edit(entry_points, routes)
        self._kept(
            Documented(
                version,
                folder,
                static=entry_points,
                dynamic=routes,
                authority=self.rig.authority,
                ports=self.rig.ports,
            )
        )

    def _kept(self, part):
        self._running.append(part)
        return part

    def stop(self):
        while self._running:
            self._running.pop().stop()

    def _settings(self, config):
        """The configuration shown, at the issuer of the rig and with its ports."""
        settings = yaml.safe_load(renamed(yaml.safe_dump(config)))
        at = f":{self.rig.ports.https}"
        if "hosts" in settings:
            settings["hosts"] = [origin + at for origin in settings["hosts"]]
        if "callback_host" in settings:
            settings["callback_host"] += at
        client = self.rig.dex.confidential
        return {
            **settings,
            "issuer": self.rig.dex.central.issuer,
            "issuer_ca_file": str(self.rig.authority.ca_file),
            "client_id": client.id,
            "trusted_proxies": ["127.0.0.0/8"],
        }

    @staticmethod
    def _static(index):
        block = of_kind("yaml traefik-static", "doc/traefik.md")[index]
        return yaml.safe_load(block.text.replace("192.0.2.0/24", "127.0.0.1/32"))

    def _dynamic(self):
        """All examples of the page together, as it says that they are read."""
        served = {"routers": {}, "middlewares": {}, "services": {}}
        for block in of_kind("yaml traefik", "doc/traefik.md"):
            text = (
                renamed(block.text)
                .replace("http://sallyport:4181", self.sallyport.auth_url)
                .replace("http://sallyport:4182", self.sallyport.pages_url)
                .replace("http://app:8080", self.app.url)
            )
            for part, entries in yaml.safe_load(text)["http"].items():
                assert not served[part].keys() & entries.keys(), f"{block}: a name that is there already"
                served[part].update(entries)
        served["routers"]["ready"] = {
            "rule": "Host(`ready.test`)",
            "entryPoints": ["websecure"],
            "service": "ping@internal",
            "priority": 9999,
        }
        return {"http": served}

    def url(self, target="/", host="app.example.com"):
        return f"https://{HOSTS[host]}:{self.rig.ports.https}{target}"


@pytest.fixture
def stand(rig, tmp_path):
    running = []

    def make(config=(), **options):
        running.append(Stand(rig, tmp_path, config=completed(dict(config)), **options))
        return running[-1]

    yield make
    for one in running:
        one.stop()


def shown(page, key):
    """The first configuration of a page that has a setting."""
    return next(
        block.documents()[0] for block in of_kind("yaml", page) if key in block.documents()[0]
    )


def test_the_chain_as_shown_protects_both_routes(stand, browser):
    site = stand(shown("doc/traefik.md", "forwarded_prefixes"))

    visit = browser.log_in(site.url("/x?y=1"))
    assert visit.final.status == 200 and visit.final.url == site.url("/x?y=1"), str(visit)
    assert site.app.last.value("X-Forwarded-User") == ADA.email
    assert browser.send("navigation", site.url("/wiki/Home?z=2")).status == 200
    assert site.app.last.target == "/Home?z=2"


def test_a_sign_in_below_a_stripped_prefix_comes_back_to_it(stand, browser):
    site = stand(shown("doc/traefik.md", "forwarded_prefixes"))

    visit = browser.log_in(site.url("/wiki/Home?z=2"))
    assert visit.final.status == 200 and visit.final.url == site.url("/wiki/Home?z=2"), str(visit)


def test_the_chain_as_shown_leaves_a_client_no_say(stand, browser):
    site = stand({"policies": {"default": [{"action": "public", "path": "/open"}, {"action": "allow"}]}})

    assert browser.send("api", site.url("/open")).status == 200
    lies = {"X-Forwarded-Uri": "/open", "X-Forwarded-Method": "OPTIONS", "X-Forwarded-Prefix": "/wiki"}
    expect.problem(browser.send("api", site.url("/secret"), headers=lies), 401, "no_session")
    seen = len(site.app.seen)
    assert browser.send("api", site.url("/open"), headers={"X.Forwarded.User": "mallory"}).status == 400
    assert len(site.app.seen) == seen


def test_deleting_the_forwarded_host_makes_the_routed_one_count(stand, browser):
    def without_forwarded_host(_static, dynamic):
        clean = dynamic["http"]["middlewares"]["clean"]["headers"]["customRequestHeaders"]
        clean["X-Forwarded-Host"] = ""

    rules = [{"action": "public", "host": HOSTS["tools.example.com"]}, {"action": "allow"}]
    lie = {"X-Forwarded-Host": HOSTS["tools.example.com"]}
    site = stand({"policies": {"default": rules}}, edit=without_forwarded_host)

    assert browser.send("api", site.url("/x"), headers=lie).status == 401
    browser.log_in(site.url("/x"))
    assert site.app.last.value("X-Forwarded-Host") is None


def test_the_set_of_ones_own_as_shown_reaches_the_application(stand, browser):
    site = stand(shown("doc/traefik.md", "headers"))

    browser.log_in(site.url("/d/1", host="grafana.example.com"), ADA)
    request = site.app.last
    assert request.value("X-WEBAUTH-USER") == ADA.email and request.value("X-WEBAUTH-NAME")
    assert request.value("X-WEBAUTH-GROUPS") == "ops"


def test_the_policy_as_shown_keeps_others_out(stand, browser):
    site = stand(shown("doc/traefik.md", "headers"))

    visit = browser.log_in(site.url("/d/1", host="grafana.example.com"), GRACE)
    expect.page(visit.final, 403, "policy_denied")


def test_a_host_routed_by_path_signs_in_by_the_router_shown(stand, browser):
    site = stand()

    visit = browser.log_in(site.url("/metrics/x", host="tools.example.com"))
    assert visit.final.status == 200 and site.app.last.target == "/metrics/x", str(visit)
    expect.page(
        browser.send("navigation", site.url("/_sallyport/nothing", host="tools.example.com")),
        404,
        "no_such_page",
    )


def test_who_am_i_works_by_the_router_shown(stand, browser):
    site = stand()
    browser.log_in(site.url("/x"))

    assert browser.send("api", site.url("/_sallyport/me")).json()["email"] == ADA.email


def test_the_callback_host_as_shown_serves_the_others(stand, browser):
    site = stand(shown("doc/traefik.md", "callback_host"))

    visit = browser.log_in(site.url("/x"))
    assert visit.final.status == 200 and visit.final.url == site.url("/x"), str(visit)
    assert visit.hop(f"{HOSTS['auth.example.com']}:").reason == "relayed"


def on_entry_point_only(_static, dynamic):
    """The routers of the page, without a middleware of their own."""
    for router in dynamic["http"]["routers"].values():
        router.pop("middlewares", None)


def test_the_middleware_of_an_entry_point_as_shown_protects_every_router(stand, browser):
    site = stand({"direct_pages": True}, static=1, edit=on_entry_point_only)

    assert browser.send("api", site.url("/x")).status == 401
    assert browser.send("api", site.url("/wiki/x")).status == 401
    visit = browser.log_in(site.url("/x"))
    assert visit.final.status == 200, str(visit)
    assert browser.send("api", site.url("/_sallyport/me")).json()["email"] == ADA.email


@pytest.mark.parametrize("strips", [True, False])
def test_a_listed_cookie_wants_its_setting(stand, browser, strips):
    def edit(static, dynamic):
        on_entry_point_only(static, dynamic)
        dynamic["http"]["middlewares"]["ask"]["forwardAuth"]["authResponseHeaders"].append("Cookie")

    site = stand({"direct_pages": True, "strip_session_cookie": strips}, static=1, edit=edit)
    browser.log_in(site.url("/x"))
    browser.send("navigation", site.url("/y"), headers={"Cookie": f"own=1; {browser.jar.header(site.url())}"})

    assert site.app.last.value("Cookie") == ("own=1" if strips else None)
    assert browser.send("api", site.url("/_sallyport/me")).status == (200 if strips else 401)


def as_said_of(version):
    """What the table of versions says to leave out."""

    def edit(static, dynamic):
        static["entryPoints"]["websecure"]["http"].pop("aliasHeadersStrategy")
        for middleware in dynamic["http"]["middlewares"].values():
            if version == "3.0.4" and "forwardAuth" in middleware:
                middleware["forwardAuth"].pop("maxResponseBodySize")

    return edit


@pytest.mark.parametrize("version", ["3.6.15", "3.0.4"])
def test_older_versions_work_without_what_they_do_not_know(stand, browser, version):
    site = stand(shown("doc/traefik.md", "forwarded_prefixes"), version=version, edit=as_said_of(version))

    visit = browser.log_in(site.url("/wiki/Home"))
    assert visit.final.status == 200 and site.app.last.target == "/Home", str(visit)


def test_the_example_of_the_readme_is_what_the_page_about_traefik_begins_with():
    (readme,) = of_kind("yaml traefik", "README.md")[0].documents()
    options = dict(readme["http"]["middlewares"]["sallyport"]["forwardAuth"])
    page = of_kind("yaml traefik", "doc/traefik.md")[0].documents()[0]
    ask = dict(page["http"]["middlewares"]["ask"]["forwardAuth"])
    assert ask.pop("maxResponseBodySize") and options == ask

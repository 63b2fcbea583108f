# SPDX-License-Identifier: Apache-2.0
"""The examples in the documents work: configurations pass the check, commands run, tables agree with the program."""

import json
import os
import re
import subprocess

import pytest
import yaml
from rig import tools
from rig.ca import Authority
from rig.dex import Dex
from rig.docker import understood
from rig.documents import BLOCKS, KINDS, PAGES, SMALLEST, anchors_of, completed, of_kind, text_of
from rig.listener import Listener
from rig.ports import free_port
from rig.process import Process
from rig.sallyport import SANITIZERS, run, write_files
from rig.schema import tables

SECRET = "5f0c6a1d9b3e8247a6c1d0f9e8b7a695"


def blocks(kind):
    return pytest.mark.parametrize("block", of_kind(kind), ids=str)


def test_every_block_is_of_a_kind_that_is_checked():
    assert [f"{block}: {block.kind}" for block in BLOCKS if block.kind not in KINDS] == []


@blocks("")
def test_a_block_of_no_kind_is_neither_a_command_nor_a_configuration(block):
    assert not re.search(r"^\s*(?:\$|sallyport|kubectl|helm|docker|openssl|curl|\./dev) [\w.-]", block.text, re.M)
    try:
        assert not isinstance(yaml.safe_load(block.text), (dict, list))
    except yaml.YAMLError:
        pass


class Shown(Dex):
    """A Dex with a part of its configuration from a page."""

    def __init__(self, *arguments, shown, **options):
        self._shown = shown
        super().__init__(*arguments, **options)

    def _config(self, *others):
        return {**super()._config(*others), **self._shown}


@pytest.mark.parametrize("block", [*of_kind("yaml dex"), *of_kind("yaml clients")], ids=str)
def test_real_dex_takes_the_clients_that_are_shown(block, tmp_path):
    (config,) = block.documents()
    secrets = {one["secretEnv"]: SECRET for one in config["staticClients"] if "secretEnv" in one}
    dex = Shown("dex", tmp_path, clients=[], shown=config, env=secrets)
    assert dex.error_text().count("config static client") == len(config["staticClients"])
    assert dex.error_text().count("msg=\"config connector\"") == len(config.get("connectors", ()))
    dex.kill()


# ---- links --------------------------------------------------------------------------------------------


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


def test_the_index_has_every_page():
    linked = re.findall(r"\]\(([^)#]+)", text_of("doc/README.md"))
    found = {os.path.normpath(f"doc/{target}") for target in linked}
    assert set(PAGES) - found == {"doc/README.md"}


# ---- configurations and commands ----------------------------------------------------------------------


def assert_passes_check(config, folder):
    """Asserts that the check reports no error, and no warning that applies in a pod."""
    path = write_files(folder, config, SECRET)
    for number, binding in enumerate(config.get("credentials", [])):
        for key, text in (("token_file", "token"), ("proxy_key_file", f"{number:043}")):
            if key in binding:
                (folder / binding[key]).write_text(text)
                (folder / binding[key]).chmod(0o600)
    if "tls_cert_file" in config:
        authority = Authority(folder, ["issuer.test"])
        made = Listener(authority, folder).settings(clients="tls_client_ca_file" in config)
        files = {name: file for name, file in made.items() if name.endswith("_file")}
        path = write_files(folder, config | files, SECRET)
    done = run("check", "--config", path, env={"KUBERNETES_SERVICE_HOST": "10.43.0.1"})
    assert "0 errors, 0 warnings" in done.stderr, done.stderr


@blocks("yaml")
def test_a_configuration_passes_the_check(block, tmp_path):
    (config,) = block.documents()
    assert_passes_check(completed(config), tmp_path)


@blocks("yaml compose")
def test_the_configuration_of_a_compose_file_passes_the_check(block, tmp_path):
    compose = tmp_path / "compose.yaml"
    compose.write_text(block.text)
    understood(compose)
    (file,) = block.documents()
    services = file["services"].values()
    mounted = {one["source"]: one["target"] for service in services for one in service.get("configs", ())}
    assert mounted["sallyport"] == "/etc/sallyport/sallyport.yaml" and set(file["configs"]) == set(mounted)
    assert_passes_check(yaml.safe_load(file["configs"]["sallyport"]["content"]), tmp_path)
    for name in (name for name, target in mounted.items() if target.endswith(".json")):
        json.loads(file["configs"][name]["content"])


@blocks("yaml rbac")
def test_objects_of_rbac_are_read_without_a_warning(block, tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "objects.yaml").write_text(block.text)
    assert_passes_check(SMALLEST | {"policies": {"default": [{"action": "rbac"}]}, "rbac_source": "rules"}, tmp_path)


def configuration_before(block):
    """The last configuration on a page before a block of commands, which use it."""
    shown = [other for other in of_kind("yaml", block.page) if other.line < block.line]
    return completed(shown[-1].documents()[0]) if shown else SMALLEST


def listeners():
    names = ("LISTEN", "PAGES_LISTEN", "ADMIN_LISTEN")
    return {f"SALLYPORT_{name}": f"127.0.0.1:{free_port()}" for name in names}


def serve(command, folder, env):
    """`sallyport serve …`: starts, logs this, answers the probe and exits in order."""
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
    if not re.search(r"keygen (--client-secret \S+ )?keys", script):
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


@pytest.mark.parametrize("place", [*PAGES, "Dockerfile", "compose.yaml"])
def test_no_listener_is_published_on_every_address(place):
    assert re.findall(r"(?<![\d.]:)\b(?:418[12]|9181):(?:418[12]|9181)\b", text_of(place)) == []


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
    assert set(named) <= commands


# ---- headers ------------------------------------------------------------------------------------------


def header_sets():
    """The built-in header sets, as listed on the reference page: name to headers."""
    sets = {}
    for name, header, _ in tables(run("check", "--document").stdout)["sets"][1:]:
        sets.setdefault(name.strip("`"), set()).add(header.strip("`"))
    return sets


def header_sets_of(page):
    """Those, and the ones in the configurations of a page."""
    sets = header_sets()
    assert {"identity", "remote", "impersonate", "kubernetes", "bearer"} == sets.keys(), sets
    for block in of_kind("yaml", page):
        for name, headers in block.documents()[0].get("headers", {}).items():
            sets[name] = set(headers) - {"encode"}
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
        match = re.search(r"[?&]headers=([\w,]+)", options["address"])
        named = match[1].split(",") if match else ["identity"]
        key = {"X-Sallyport-Proxy-Key"} if {"kubernetes", "bearer"} & set(named) else set()
        assert set(options["authResponseHeaders"]) == key.union(*(sets[name] for name in named)), options


def test_the_table_of_sets_is_the_programs():
    rows = re.findall(r"^\| `(\w+)`(?:, the default)? \| (`.*`) \|$", text_of("doc/traefik.md"), re.M)
    sets = header_sets()
    assert {name: set(re.findall(r"`([\w-]+)`", cell)) for name, cell in rows if name in sets} == sets


def test_headers_that_must_be_passed_on_are_those_that_are_read():
    """authRequestHeaders: every name in the program's table that browsers send, and no other."""
    (cell,) = re.findall(r"^\| `authRequestHeaders` \| (.*) \|$", text_of("doc/traefik.md"), re.M)
    table = (tools.TREE / "include/sallyport/http/header_name.h").read_text()
    read = re.findall(r'X\(\w+, "([\w-]+)", [^)]*\bSP_HEADER_ROLE_BROWSER\)', table)
    assert len(read) > 10 and set(re.findall(r"`([\w-]+)`", cell)) == set(read)


# ---- the version --------------------------------------------------------------------------------------


def test_every_page_and_file_names_the_version_of_the_program():
    (version,) = re.findall(r"^  version: '([0-9.]+)'", (tools.TREE / "meson.build").read_text(), re.M)
    pages = ("README.md", "CHANGELOG.md", "doc/operating.md", "doc/traefik.md", "doc/upgrading.md")
    places = (*pages, "Dockerfile", "compose.yaml")
    charts = ("helm/sallyport/Chart.yaml", "helm/traefik-sidecar-values.yaml")
    named = {
        place: re.findall(
            r"(?:sallyport:|^Version |^## |image\.version=\"|[vV]ersion: \"?)(\d+\.\d+\.\d+)", text_of(place), re.M
        )
        for place in (*places, *charts)
    }
    assert [place for place, versions in named.items() if set(versions) != {version}] == [], named


def test_the_figure_to_plan_by_is_no_smaller_than_what_was_measured():
    planned = float(re.search(r"With (\d+) µs a check", text_of("doc/operating.md"))[1])
    measured = re.findall(r"^\|[^|]+\| sallyport \| ([0-9.]+) \([^|]*\) \|", text_of("doc/performance.md"), re.M)
    assert len(measured) >= 5 and planned >= max(map(float, measured[:5])), measured


# ---- reasons, metrics, events ---------------------------------------------------------------------------


def table_of_reasons():
    """Name to status, from the program's table."""
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
    cells = re.findall(r"^\| (`(?:sallyport|process)_[^|]*) \|", text_of("doc/operating.md"), re.M)
    listed = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert exposed and sorted(listed) == sorted(exposed)


def test_every_event_is_in_the_table():
    sources = "".join(
        path.read_text() for path in (tools.TREE / "src").rglob("*.c") if path.name != "log.c"
    )
    events = set(re.findall(r'sp_log_(?:begin|event)\([^"]*"(\w+)"', sources))
    rows = re.findall(r"^\| `(\w+)` \| (?:info|warn)(?:, error)? \|", text_of("doc/operating.md"), re.M)
    assert set(rows) == events


# ---- attacks --------------------------------------------------------------------------------------------


def names_of_tests():
    folder = tools.TREE / "test"
    units = "".join(path.read_text() for path in folder.rglob("test_*.c"))
    python = "".join(path.read_text() for path in folder.rglob("test_*.py"))
    in_units = set(re.findall(r"^SP_TEST\((\w+)\)", units, re.M))
    return in_units | set(re.findall(r"^def (test_\w+)", python, re.M))


# Attacks that concern this version; for the others the table states why they do not apply.
HELD = {*range(1, 69), *range(70, 77), *range(82, 93)}


def rows_of_attacks():
    """The number of an attack to the names of the tests in its row."""
    rows = re.findall(r"^\| (\d\d) \| [^|]* \| ([^|]*) \| [^|]* \|$", text_of("doc/security.md"), re.M)
    return {int(number): re.findall(r"`([a-z0-9_]{12,})`", cell) for number, cell in rows}


def test_the_tests_that_hold_an_attack_exist():
    named = {name for names in rows_of_attacks().values() for name in names}
    assert named - names_of_tests() == set()


def test_every_attack_that_can_be_tried_is_tried_on_the_running_program():
    rows = rows_of_attacks()
    assert rows.keys() == HELD
    for number, names in rows.items():
        assert [name for name in names if re.match(rf"test_(ac_\d\d_)*ac_{number:02}_", name)], number


def test_every_attack_has_a_row():
    cells = re.findall(r"^\| (\d\d(?:, \d\d)*) \|", text_of("doc/security.md"), re.M)
    numbers = sorted(int(number) for cell in cells for number in cell.split(", "))
    assert numbers == sorted({*range(1, 54), *HELD})


# ---- Kubernetes ---------------------------------------------------------------------------------------


def objects(kind):
    page = "doc/traefik.md"
    found = [item for block in of_kind("yaml kubernetes", page) for item in block.documents()]
    return {item["metadata"]["name"]: item for item in found if item["kind"] == kind}


def as_in_a_file(spec):
    """A Middleware's spec in the form of the file provider."""
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

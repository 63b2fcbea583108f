# SPDX-License-Identifier: Apache-2.0
"""
The kubeconfigs that users download, as real kubectl reads them, and the commands next to them in real shells: they
agree for any names of servers, issuers and clients. There is no PowerShell here, so its commands are compared with the
expected text in test/unit/kube/test_kubeconfig_text.c.
"""

import base64
import html
import json
import os
import re
import shutil
import stat
import subprocess

import pytest
import yaml
from rig import tools
from test_layouts import pages_beside

pytestmark = pytest.mark.edges("3.7.15-https")

KUBE = "kube.example.test"
PAGE = "/_sallyport/kubeconfig"
# Characters that a path may contain unencoded, and others that occur in issuers anyway.
PLAIN = "'$(pwned)&!!a!*~,=@+"
SPECIALS = PLAIN + "\"$(touch${IFS}pwned)`touch${IFS}pwned`|<>{}[]^;:"
CLIENTS = (
    f"kube: {SPECIALS} #\\n; - &a *b %PATH% \\",
    "'@ | Set-Content pwned",
    "END_OF_KUBECONFIG",
)
# A file that the user already has: of two entries with the same name, the user's own remains.
OWN = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "own",
    "clusters": [{"name": "own", "cluster": {"server": "https://own.example.test"}}],
    "users": [{"name": "own", "user": {"token": "of one's own, ü"}}],
    "contexts": [{"name": name, "context": {"cluster": "own", "user": "own"}} for name in ("own", "plain")],
}


def clusters_of(ca_file):
    """The last cluster shares the login of the first."""
    server = f"https://api.example.test:6443/{PLAIN}"
    odd = {"server": server, "issuer": f"https://dex.example.test/{SPECIALS}", "issuer_ca_file": str(ca_file)}
    return [
        {"name": "odd-1", "client_id": CLIENTS[0], "ca_file": str(ca_file), "namespace": "null", **odd},
        {"name": "plain", "client_id": CLIENTS[1], "server": "https://plain.example.test"},
        {"name": "0x1", "client_id": CLIENTS[2], "server": "https://plain.example.test", "namespace": "1e3"},
        {"name": "true", "client_id": CLIENTS[0], "description": SPECIALS, **odd},
    ]


def expected(clusters, site):
    """What kubectl must read, by name."""

    def pem(path):
        with open(path, "rb") as file:
            return base64.b64encode(file.read()).decode()

    def user(cluster):
        issuer = cluster.get("issuer", site.issuer)
        ca_file = cluster.get("issuer_ca_file", site.rig.authority.ca_file)
        name = cluster["client_id"].replace("%", "%25").replace("@", "%40")
        args = [
            "get-token",
            f"--oidc-issuer-url={issuer}",
            f"--oidc-client-id={cluster['client_id']}",
            "--oidc-extra-scope=email,groups,profile,offline_access",
            f"--certificate-authority-data={pem(ca_file)}",
        ]
        return f"{name}@{issuer.removeprefix('https://')}", args

    found = {}
    for cluster in clusters:
        name, args = user(cluster)
        trust = {"certificate-authority-data": pem(cluster["ca_file"])} if "ca_file" in cluster else {}
        place = {"namespace": cluster["namespace"]} if "namespace" in cluster else {}
        found[cluster["name"]] = {
            "cluster": {"server": cluster["server"], **trust},
            "context": {"cluster": cluster["name"], "user": name, **place},
            "user": args,
        }
    return found


def read_by_kubectl(path):
    """The current context, and every context with its cluster and the arguments or the token of its user."""
    command = [tools.kubectl(), "config", "view", "--raw", "--kubeconfig", path, "-o", "json"]
    read = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    of = {kind: {one["name"]: one[kind[:-1]] for one in read[kind]} for kind in ("clusters", "contexts", "users")}
    found = {
        name: {
            "cluster": of["clusters"][context["cluster"]],
            "context": context,
            "user": user["exec"]["args"] if "exec" in user else user["token"],
        }
        for name, context in of["contexts"].items()
        for user in [of["users"][context["user"]]]
    }
    return read["current-context"], found, of


@pytest.fixture
def odd(make_site, rig, browser, tmp_path):
    """A site with such clusters, its files by their names, and the commands of its page."""
    clusters = clusters_of(rig.authority.ca_file)
    site = make_site(
        layout=pages_beside,
        settings=lambda site: {"kubeconfig": {"origin": site.origin(KUBE), "clusters": clusters}},
    )
    page = browser.log_in(site.url(PAGE, host=KUBE)).final
    files = {}
    for link in page.page.links:
        if link.href.endswith(".yaml"):
            answer = browser.send("navigation", link.href, initiator=page.url)
            assert answer.status == 200, answer
            files[link.href.rpartition("/")[2]] = answer.body
    for name, body in files.items():
        (tmp_path / name).write_bytes(body)
    commands = [html.unescape(text) for text in re.findall(r"<pre[^>]*>(.*?)</pre>", page.text, re.S)]
    return site, clusters, files, commands


def test_ac_64_whatever_clusters_are_called_kubectl_reads_it_back(odd, tmp_path):
    site, clusters, files, _commands = odd
    all_of_them = expected(clusters, site)
    current, found, of = read_by_kubectl(tmp_path / "all.yaml")
    assert (current, found) == ("odd-1", all_of_them)
    assert len(of["users"]) == 3  # two of the four clusters share a login
    for cluster in clusters:
        name = cluster["name"]
        assert read_by_kubectl(tmp_path / f"{name}.yaml")[:2] == (name, {name: all_of_them[name]})
    assert yaml.safe_load(files["all.yaml"])["users"][0]["user"]["exec"]["command"] == "kubectl-oidc_login"

    # The file with a token has only the clusters that use the token's issuer.
    current, found, of = read_by_kubectl(tmp_path / "all.token.yaml")
    assert current == "plain@token" and set(found) == {"plain@token", "0x1@token"}
    assert found["0x1@token"]["cluster"] == all_of_them["0x1"]["cluster"]
    user = f"{site.client.id}@{site.issuer.removeprefix('https://')}#token"
    assert found["0x1@token"]["context"] == {"cluster": "0x1", "user": user, "namespace": "1e3"}
    assert set(of["users"]) == {user} and found["0x1@token"]["user"].count(".") == 2


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_ac_64_the_commands_beside_the_files_do_in_a_shell_what_they_say(odd, tmp_path, shell):
    site, clusters, files, commands = odd
    home = tmp_path / "a home; 'with' \"$(x)"
    config = home / ".kube" / "config"
    config.parent.mkdir(parents=True)
    config.write_text(yaml.safe_dump(OWN, allow_unicode=True))
    config.chmod(0o644)
    (home / "Downloads").mkdir()
    shutil.copy(tmp_path / "all.token.yaml", home / "Downloads" / "all.token.yaml")
    environment = {"HOME": str(home), "PATH": f"{tools.kubectl().parent}:{os.environ['PATH']}"}

    def run(*scripts, status=0):
        script = "\n".join(scripts)
        done = subprocess.run(
            [shell, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == status, done
        return done.stderr if status else done.stdout

    (merge,) = [text for text in commands if "config:sallyport/all.yaml" in text]
    too_early = run(merge, status=1)
    assert "sallyport/all.yaml" in too_early and yaml.safe_load(config.read_text()) == OWN
    for name in ("all", *(cluster["name"] for cluster in clusters)):
        (save,) = [text for text in commands if f"/sallyport/{name}.yaml" in text and "cat >" in text]
        assert run(save) == ""
        assert (home / ".kube" / "sallyport" / f"{name}.yaml").read_bytes() == files[f"{name}.yaml"]

    for _again in range(2):
        run(merge)
        current, found, of = read_by_kubectl(config)
        plain = found.pop("plain")
        assert current == "own" and plain["context"] == OWN["contexts"][1]["context"]
        assert found.pop("own")["user"] == OWN["users"][0]["user"]["token"]
        assert found == {name: one for name, one in expected(clusters, site).items() if name != "plain"}
        assert of["clusters"]["plain"] == {"server": "https://plain.example.test"}
        assert stat.S_IMODE(config.stat().st_mode) == 0o600
    config.unlink()
    run(merge)  # where no file exists
    assert read_by_kubectl(config)[:2] == ("odd-1", expected(clusters, site))

    assert [text for text in commands if text == "kubectl --context odd-1 auth whoami"]
    (use,) = [text for text in commands if "all.token.yaml" in text and "export" in text]
    assert run(use, "kubectl config current-context") == "plain@token\n"
    assert stat.S_IMODE((home / "Downloads" / "all.token.yaml").stat().st_mode) == 0o600
    assert not list(tmp_path.rglob("pwned"))

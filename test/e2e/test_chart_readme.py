# SPDX-License-Identifier: Apache-2.0
"""The README's steps with the chart, exactly as written, up to a program that runs as its Deployment specifies."""

import base64
import os
import subprocess
from dataclasses import dataclass

import pytest
from rig import tools
from rig.ca import Authority
from rig.dex import Client, Dex
from rig.docker import Host
from rig.documents import of_kind
from rig.kube import Api
from rig.kubeconfig import write_kubeconfig
from rig.pod import Installed, Network
from rig.together import Together

README = "README.md"
# The first tests of the group start the streams for which test_silence.py waits.
pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.usefixtures("fallen_silent", "streams")]


@dataclass
class Release:
    """The objects that the commands installed."""

    api: Api
    namespace: str

    def get(self, api_version, kind, name):
        return self.api.get(api_version, kind, self.namespace, name)


class Named(Dex):
    """A Dex whose issuer URL has no port."""

    def _config(self, *others):
        self.issuer = self.issuer.replace(f":{self.port}", "")
        return super()._config(*others)


class Follower(Together):
    """A user with an API server, the README and a folder with the tree, who types the commands of the page."""

    def _start(self, cluster, folder):
        self.folder, self.tree = folder, folder / "tree"
        self.tree.mkdir()
        for name in ("Dockerfile", "helm"):
            (self.tree / name).symlink_to(tools.TREE / name)
        self.host = Host(folder)
        for program in (tools.helm(), tools.kubectl()):
            (self.host.programs / program.name).symlink_to(program)
        homes = {f"HELM_{kind}_HOME": str(folder / "helm") for kind in ("CACHE", "CONFIG", "DATA")}
        config = write_kubeconfig(folder, cluster.api.url, cluster.api.ca_file, token=cluster.api.token)
        self._env = {**os.environ, **homes, **self.host.env, "KUBECONFIG": str(config)}
        self.release = Release(cluster.api, "sallyport")
        self._remove_namespace()
        self._running.callback(self._remove_namespace)

    def type(self, commands):
        command = ["bash", "-euo", "pipefail", "-c", commands]
        done = subprocess.run(command, cwd=self.tree, env=self._env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _remove_namespace(self):
        """The name is also used by other tests."""
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.release.namespace}}
        if self.release.api.has(namespace):
            self.type("helm uninstall sallyport --ignore-not-found --namespace sallyport")
            self.type("kubectl --namespace sallyport delete secret --all")
            self.release.api.delete(namespace)

    def started(self, issuer):
        """The program as the Deployment says, where the issuer's name leads to a Dex with the secret of the client."""
        secret = self.release.get("v1", "Secret", "sallyport-client")["data"]["client-secret"]
        callback = "https://app.example.com/_sallyport/callback"
        client = Client("sallyport", base64.b64decode(secret).decode(), (callback,))
        host = issuer.removeprefix("https://").partition("/")[0]
        authority = Authority(self.folder, [host])
        dex = self._kept(Named("dex", self.folder, clients=[client], authority=authority, host=host))
        network = self._kept(Network(self.release.api))
        network.lead(host, 443, dex.port)
        env = {"HTTPS_PROXY": network.url.replace("socks5", "http"), "SALLYPORT_ISSUER_CA_FILE": str(authority.ca_file)}
        return self._kept(Installed(self.release, network, self.folder, env))


@pytest.fixture
def follower(cluster, tmp_path):
    follower = Follower(cluster, tmp_path)
    yield follower
    follower.stop()


def test_the_way_of_the_readme_leads_to_a_program_that_serves(follower):
    (values,), (image, install) = of_kind("yaml values", README), of_kind("sh chart", README)
    follower.type(image.text)
    (follower.tree / "values.yaml").write_text(values.text)
    notes = follower.type(install.text)

    (config,) = values.documents()
    assert config["config"]["client_id"] in notes
    pods = follower.release.get("apps/v1", "Deployment", "sallyport")["spec"]["template"]["spec"]
    assert {one["image"] for one in pods["containers"]} == follower.host.pushed()
    sallyport = follower.started(config["config"]["issuer"])
    assert sallyport.wait_for_event("issuer_updated")["issuer"] == config["config"]["issuer"]
    assert sallyport.admin("/readyz")[0] == 200

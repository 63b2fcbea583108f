# SPDX-License-Identifier: Apache-2.0
"""helm, as whoever installs the chart in one namespace would run it."""

import os
import subprocess

import yaml

from . import tools
from .kube import Refused, load_all
from .render import CHART, homes


def kubeconfig(api, namespace):
    """What an Api knows, as a file for a client of Kubernetes."""
    context = {"cluster": "rig", "user": "rig", "namespace": namespace}
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "rig",
                    "cluster": {"server": api.url, "certificate-authority": str(api.ca_file)},
                }
            ],
            "users": [{"name": "rig", "user": {"token": api.token}}],
            "contexts": [{"name": "rig", "context": context}],
            "current-context": "rig",
        }
    )


class Release:
    """One release of the chart, in a namespace of its own; values are dictionaries or paths of files."""

    def __init__(self, cluster, folder, name="sallyport"):
        self.cluster, self.folder, self.name = cluster, folder, name
        self.namespace = cluster.namespace(name)
        self.api = cluster.api
        config = folder / "kubeconfig"
        config.touch(mode=0o600)
        config.write_text(kubeconfig(cluster.installer(self.namespace), self.namespace))
        self._env = {**os.environ, **homes(folder), "KUBECONFIG": str(config)}
        self._env["KUBECACHEDIR"] = str(cluster.folder / "kinds")

    def helm(self, *arguments, check=True):
        done = subprocess.run(
            [tools.helm(), *map(str, arguments)],
            cwd=self.folder,
            env=self._env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not check or done.returncode == 0, f"helm {' '.join(map(str, arguments))}\n{done.stderr}"
        return done

    def _files(self, values):
        arguments = []
        for number, one in enumerate(values):
            path = one
            if isinstance(one, dict):
                path = self.folder / f"values-{number}.yaml"
                path.write_text(yaml.safe_dump(one, sort_keys=False))
            arguments += ["--values", path]
        return arguments

    def install(self, *values, check=True):
        return self.helm("install", self.name, CHART, *self._files(values), check=check)

    def upgrade(self, *values, check=True):
        return self.helm("upgrade", self.name, CHART, *self._files(values), check=check)

    def rollback(self, revision):
        return self.helm("rollback", self.name, revision)

    def uninstall(self):
        return self.helm("uninstall", self.name)

    def revisions(self):
        """Number and state of each revision, oldest first."""
        listed = yaml.safe_load(self.helm("history", self.name, "--output", "json").stdout)
        return [(one["revision"], one["status"]) for one in listed]

    def manifest(self):
        """The objects that helm says it installed."""
        return load_all(self.helm("get", "manifest", self.name).stdout)

    def get(self, api_version, kind, name):
        return self.api.get(api_version, kind, self.namespace, name)

    def has(self, one):
        """Whether an object of this release is there."""
        try:
            self.get(one["apiVersion"], one["kind"], one["metadata"]["name"])
            return True
        except Refused as refused:
            assert refused.status == 404, refused
            return False

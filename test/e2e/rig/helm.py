# SPDX-License-Identifier: Apache-2.0
"""helm, as run by a user who installs the chart in one namespace."""

import yaml

from .kube import load_all
from .kubeconfig import kubeconfig
from .render import CHART, UNCHECKED, helm


class Release:
    """
    One release of the chart, in its own namespace; values are dictionaries or paths of files. Without `checked`
    helm runs no check before it installs.
    """

    def __init__(self, cluster, folder, name="sallyport", checked=False):
        self._options = () if checked else UNCHECKED
        self.cluster, self.folder, self.name = cluster, folder, name
        self.namespace = cluster.namespace(name)
        self.api = cluster.api
        config = folder / "kubeconfig"
        config.touch(mode=0o600)
        config.write_text(self._kubeconfig(cluster.installer(self.namespace)))
        self._env = {"KUBECONFIG": str(config), "KUBECACHEDIR": str(cluster.folder / "kinds")}

    def _kubeconfig(self, api):
        return kubeconfig(api.url, api.ca_file, self.namespace, token=api.token)

    def helm(self, *arguments):
        return helm(self.folder, *arguments, **self._env)

    def _files(self, values):
        arguments = []
        for number, one in enumerate(values):
            path = one
            if isinstance(one, dict):
                path = self.folder / f"values-{number}.yaml"
                path.write_text(yaml.safe_dump(one, sort_keys=False))
            arguments += ["--values", path]
        return arguments

    def install(self, *values):
        return self.helm("install", self.name, CHART, *self._files(values), *self._options)

    def upgrade(self, *values):
        return self.helm("upgrade", self.name, CHART, *self._files(values), *self._options)

    def rollback(self, revision):
        return self.helm("rollback", self.name, revision)

    def uninstall(self):
        return self.helm("uninstall", self.name)

    def revisions(self):
        """Number and state of each revision, oldest first."""
        listed = yaml.safe_load(self.helm("history", self.name, "--output", "json"))
        return [(one["revision"], one["status"]) for one in listed]

    def manifest(self):
        """The objects that helm reports as installed."""
        return load_all(self.helm("get", "manifest", self.name))

    def get(self, api_version, kind, name):
        return self.api.get(api_version, kind, self.namespace, name)

    def has(self, one):
        """Whether an object of this release exists."""
        return self.api.has({**one, "metadata": {**one["metadata"], "namespace": self.namespace}})

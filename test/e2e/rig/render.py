# SPDX-License-Identifier: Apache-2.0
"""
The chart without a cluster: what helm renders from a values file, and the files that a pod would have.

  Rendered     the objects of a release, by kind and name
  asks, chains the middlewares of Traefik that they define
  impersonation the rights of an account that impersonates
  lay_files    writes the files that a volume of a pod projects into a folder; Secrets and ConfigMaps that existed
               before have invented contents
"""

import base64
import json
import os
import subprocess

import yaml

from . import tools
from .sallyport import run

CHART = tools.TREE / "helm" / "sallyport"
# The values files in ci/, by the name of the example.
FILES = sorted(path.name.removesuffix("-values.yaml") for path in CHART.glob("ci/*-values.yaml"))
NAMESPACE = "access"
RELEASE = "door"
# How a pod passes its own address to the program.
ADMIN = {"SALLYPORT_ADMIN_LISTEN": "127.0.0.1:9181"}
# Settings that the chart derives from other values.
MADE = {
    "listen",
    "pages_listen",
    "admin_listen",
    "revoke_to",
    "trusted_proxies",
    "keys_file",
    "client_secret_file",
    "issuer_ca_file",
    "tls_cert_file",
    "tls_key_file",
    "tls_client_ca_file",
    "tls_client_names",
}


def values_of(name):
    """The path of one of them, such as `minimal`."""
    return CHART / "ci" / f"{name}-values.yaml"


# Without the Job that checks the configuration first.
UNCHECKED = ("--set", "check.enabled=false")


class HelmFailed(AssertionError):
    """helm refused something, such as the values; the text is its message."""


def helm(folder, *arguments, **env):
    """Runs helm with its own home and, without a KUBECONFIG, without a cluster; returns its output as text."""
    homes = {f"HELM_{kind}_HOME": str(folder / "helm") for kind in ("CACHE", "CONFIG", "DATA")}
    done = subprocess.run(
        [tools.helm(), *map(str, arguments)],
        env={**os.environ, **homes, "KUBECONFIG": os.devnull, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise HelmFailed(done.stdout + done.stderr)
    return done.stdout


def _sets(changes):
    """Changes of values, by dotted path, for the command line."""
    return [word for path, value in changes.items() for word in ("--set-json", f"{path}={json.dumps(value)}")]


class Rendered:
    """
    All objects that one release of a chart would have; `changes` are set on top of the values file, and `name` is
    the release's name and namespace. The pods that check it exist only with `checked`.
    """

    def __init__(self, folder, values, chart=CHART, changes=None, options=(), name=(RELEASE, NAMESPACE), checked=False):
        release, namespace = name
        options = [*options, *(() if checked or chart != CHART else (*UNCHECKED, "--skip-tests"))]
        text = helm(
            folder,
            "template",
            release,
            chart,
            "--namespace",
            namespace,
            "--values",
            values,
            *_sets(changes or {}),
            *options,
        )
        self.text = text
        self.objects = [item for item in yaml.load_all(text, yaml.CSafeLoader) if item]

    def of_kind(self, kind):
        return {item["metadata"]["name"]: item for item in self.objects if item["kind"] == kind}

    def one(self, kind):
        (item,) = self.of_kind(kind).values()
        return item

    @property
    def pod(self):
        return self.one("Deployment")["spec"]["template"]

    @property
    def container(self):
        return next(one for one in self.pod["spec"]["containers"] if one["name"] == "sallyport")

    @property
    def config_text(self):
        (text,) = (
            item["data"]["sallyport.yaml"]
            for item in self.of_kind("ConfigMap").values()
            if "sallyport.yaml" in item["data"]
        )
        return text


def impersonation(render, **changes):
    """The rules for the account of a binding."""
    bound = {"set": "kubernetes", "host": "kube.example.com", "service_account": "infra/impersonator"}
    bindings = {"config.bearer_audiences": ["kubectl"], "config.credentials": [{**bound, "proxy_key_file": "key"}]}
    return render("minimal", **bindings, **changes).one("ClusterRole")["rules"]


def asks(rendered):
    """The forwardAuth settings by the name of the middleware."""
    return {
        name: item["spec"]["forwardAuth"]
        for name, item in rendered.of_kind("Middleware").items()
        if "forwardAuth" in item["spec"]
    }


def chains(rendered):
    """The middlewares of each chain, by the name of the chain."""
    return {
        name: [one["name"] for one in item["spec"]["chain"]["middlewares"]]
        for name, item in rendered.of_kind("Middleware").items()
        if "chain" in item["spec"]
    }


def holds(selector, labels):
    """Whether an object with these labels is selected."""
    return selector.items() <= labels.items()


def notes(folder, values):
    """The notes that helm would print after an installation."""
    text = helm(
        folder, "install", RELEASE, CHART, "--namespace", NAMESPACE, "--values", values, "--dry-run=client"
    )
    return text.partition("NOTES:\n")[2]


def _made_up(folder, kind, path):
    """The contents of a file whose object is not from the chart."""
    if path in ("tls.key", "client-ca.crt"):
        return (folder / f"made-up-{path}").read_text()
    if kind == "configMap" or path.endswith(".crt"):
        return (folder / "authority.pem").read_text()
    if path == "keys":
        run("keygen", folder / "made-up-keys")
        return (folder / "made-up-keys").read_text()
    return "f2a90c5e61b84d3790ab15c8de7f4362"


def _contents(rendered, kind, source):
    """The files of one source of a projected volume, by path; None if the chart has no such object."""
    if kind == "configMap":
        item = rendered.of_kind("ConfigMap").get(source["name"])
        data = item and item["data"]
    else:
        item = rendered.of_kind("Secret").get(source["name"])
        data = item and {key: base64.b64decode(text).decode() for key, text in item["data"].items()}
    if data is None:
        return None
    wanted = source.get("items") or [{"key": key, "path": key} for key in data]
    return {one["path"]: data[one["key"]] for one in wanted}


def lay_files(rendered, volume, folder, authority):
    """Writes the files of a projected volume into `folder`; returns their paths."""
    (folder / "authority.pem").write_text(authority.cert_file.read_text())
    (folder / "made-up-tls.key").write_text(authority.key_file.read_text())
    (folder / "made-up-client-ca.crt").write_text(authority.ca_file.read_text())
    laid = []
    for entry in volume["projected"]["sources"]:
        ((kind, source),) = entry.items()
        files = _contents(rendered, kind, source)
        if files is None:
            files = {one["path"]: _made_up(folder, kind, one["path"]) for one in source["items"]}
        for path, text in files.items():
            (folder / path).touch(mode=0o600)
            (folder / path).write_text(text)
            laid.append(path)
    return laid

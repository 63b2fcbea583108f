# SPDX-License-Identifier: Apache-2.0
"""The paths of the programs. A missing program is an error: nothing is ever skipped."""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

TREE = Path(__file__).resolve().parents[3]
INSTALL = TREE / "test" / "setup" / "install"
CHROMIUM = Path("/usr/bin/chromium")


class MissingProgram(RuntimeError):
    """A program that the tests need is missing."""


def _present(path):
    if not path.exists():
        raise MissingProgram(f"{path} is not there: run ./dev e2e, which installs and builds it")
    return path


@cache
def _where(part):
    done = subprocess.run([INSTALL, "--where", part], check=True, capture_output=True, text=True)
    return Path(done.stdout.strip())


def traefik(version):
    return _present(_where("traefik") / version / "bin" / "traefik")


def dex():
    return _present(_where("dex") / "dex")


def etcd():
    return _present(_where("etcd") / "etcd")


def helm():
    return _present(_where("helm") / "helm")


def kubectl():
    return _present(_where("python") / "bin" / "kubectl")


def kubelogin():
    """The plugin of kubectl, under the name by which kubectl calls it."""
    return _present(_where("kubectl-oidc_login") / "kubectl-oidc_login")


def kube_apiserver():
    return _present(_where("kube-apiserver") / "kube-apiserver")


def prometheus():
    return _present(_where("prometheus") / "prometheus")


def promtool():
    return _present(_where("prometheus") / "promtool")


def stand_in_node():
    return _present(_where("stand-in-node") / "stand-in-node")


def crds(*patterns):
    """The files with third-party kinds of object whose names match."""
    folder = _present(_where("crds"))
    return [path for pattern in patterns for path in sorted(folder.glob(pattern))]


def traefik_chart():
    return _present(_where("traefik-chart") / "traefik")


def oauth2_proxy():
    return _present(_where("oauth2-proxy") / "oauth2-proxy")


def oidc_provider():
    """The folder of the package, next to the Node that runs it."""
    return _present(_where("oidc-provider") / "node").parent


def compose_reader():
    return _present(_where("compose-reader") / "compose-reader")


def path_reader():
    return _present(_where("path-reader") / "path-reader")


def nginx():
    return _present(Path(shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") or "/usr/sbin/nginx"))


def chromium():
    return _present(CHROMIUM)


def node():
    return _present(Path(shutil.which("node") or "/usr/bin/node"))


def sallyport():
    return _present(Path(os.environ.get("SALLYPORT_BIN", TREE / "build" / "src" / "cli" / "sallyport")))


def first_line(*command):
    """The first line that a command prints, with white space normalized."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return " ".join(done.stdout.split("\n")[0].split())


def _oidc_provider_version():
    package = oidc_provider() / "node_modules" / "oidc-provider" / "package.json"
    node = first_line(oidc_provider() / "node", "--version")
    return f"{json.loads(package.read_text())['version']} on Node {node}"


def versions(traefik_versions):
    """The version of each program as it prints it, one line for each."""
    lines = [f"traefik: {first_line(traefik(version), 'version')}" for version in traefik_versions]
    lines.append(f"dex: {first_line(dex(), 'version')}")
    lines.append(f"oidc-provider: {_oidc_provider_version()}")
    lines.append(f"etcd: {first_line(etcd(), '--version')}")
    lines.append(f"kube-apiserver: {first_line(kube_apiserver(), '--version')}")
    lines.append(f"kubectl: {first_line(kubectl(), 'version', '--client')}")
    lines.append(f"kubelogin: {first_line(kubelogin(), '--version')}")
    lines.append(f"stand-in-node: {first_line(stand_in_node(), 'version')}")
    lines.append(f"helm: {first_line(helm(), 'version', '--short')}")
    lines.append(f"chromium: {first_line(chromium(), '--version')}")
    lines.append(f"node: {first_line(node(), '--version')}")
    lines.append("nginx: " + ", ".join(packages("nginx-light")))
    lines.append(f"sallyport: {first_line(sallyport(), 'version')} ({sallyport()})")
    lines.append(
        "libraries: " + ", ".join(packages("libh2o-evloop-dev", "libssl-dev", "libcurl4-openssl-dev"))
    )
    return lines


def packages(*names):
    """`name version` of each Debian package."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", *names],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split("\n")[:-1]

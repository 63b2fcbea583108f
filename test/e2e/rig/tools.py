# SPDX-License-Identifier: Apache-2.0
"""Where the programs are. One that is missing is an error: nothing here is ever skipped."""

import os
import shutil
import subprocess
from pathlib import Path

TREE = Path(__file__).resolve().parents[3]
INSTALL = TREE / "test" / "setup" / "install"
CHROMIUM = Path("/usr/bin/chromium")


class MissingProgram(RuntimeError):
    """A program that the tests need is not there."""


def _present(path):
    if not path.exists():
        raise MissingProgram(f"{path} is not there: run ./dev e2e, which installs and builds it")
    return path


def _where(part):
    done = subprocess.run([INSTALL, "--where", part], check=True, capture_output=True, text=True)
    return Path(done.stdout.strip())


def traefik(version):
    return _present(_where("traefik") / version / "bin" / "traefik")


def dex():
    return _present(_where("dex") / "dex")


def chromium():
    return _present(CHROMIUM)


def node():
    return _present(Path(shutil.which("node") or "/usr/bin/node"))


def sallyport():
    return _present(Path(os.environ.get("SALLYPORT_BIN", TREE / "build" / "src" / "cli" / "sallyport")))


def _first_line(*command):
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return " ".join(done.stdout.split("\n")[0].split())


def versions(traefik_versions):
    """What each program says of itself, one line a program."""
    lines = [f"traefik: {_first_line(traefik(version), 'version')}" for version in traefik_versions]
    lines.append(f"dex: {_first_line(dex(), 'version')}")
    lines.append(f"chromium: {_first_line(chromium(), '--version')}")
    lines.append(f"node: {_first_line(node(), '--version')}")
    lines.append(f"sallyport: {_first_line(sallyport(), 'version')} ({sallyport()})")
    lines.append(
        "libraries: " + ", ".join(_packages("libh2o-evloop-dev", "libssl-dev", "libcurl4-openssl-dev"))
    )
    return lines


def _packages(*names):
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", *names],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split("\n")[:-1]

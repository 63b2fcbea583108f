# SPDX-License-Identifier: Apache-2.0
"""
The container image: its root file system, and a sallyport that runs in it.

No container runtime is needed: enter.py does its work.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from .sallyport import Sallyport

_ENTER = Path(__file__).with_name("enter.py")
_AUTHORITY = "authority.pem"


class Image:
    """`description` is the file that test/image.py writes: the path of the root, and the image's configuration."""

    def __init__(self, description):
        described = json.loads(Path(description).read_text())
        self.root = Path(described["root"])
        self.config = described["config"]
        self.architecture = described["architecture"]
        self.emulator = described["emulator"]

    @property
    def uid(self):
        return self.config["User"].partition(":")[0]

    def command(self, configuration, *arguments):
        """The command line that runs `arguments` in a container with `folder` as its /etc/sallyport."""
        environment = dict(entry.split("=", 1) for entry in self.config.get("Env") or [])
        return [
            *("unshare", "--mount", "--propagation", "private", sys.executable, _ENTER),
            *(self.root, configuration, self.uid, json.dumps(environment), self.emulator, *arguments),
        ]

    def run(self, configuration, *arguments):
        """Runs one command in the container to its end."""
        command = map(str, self.command(configuration, *arguments))
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def entries(self):
        """Every file and folder: its path in the image, and the result of lstat."""
        for path in sorted(self.root.rglob("*")):
            yield "/" + str(path.relative_to(self.root)), path.lstat()

    def files(self):
        return {path: found for path, found in self.entries() if stat.S_ISREG(found.st_mode)}


class Contained(Sallyport):
    """A sallyport that is started as the image specifies, with a folder that only its user can read."""

    def __init__(self, image, folder, config, **options):
        self.image = image
        if config["issuer_ca_file"]:
            shutil.copy(config["issuer_ca_file"], folder / _AUTHORITY)
            config = {**config, "issuer_ca_file": _AUTHORITY}
        super().__init__(folder, config, **options)

    def _command(self, folder, arguments):
        for path in folder.iterdir():
            os.chown(path, int(self.image.uid), -1)
        return self.image.command(folder, *self.image.config["Entrypoint"], *self.image.config["Cmd"])

    def healthcheck(self):
        """The exit status of the image's health check."""
        kind, *command = self.image.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        return self.image.run(self.folder, *command).returncode

# SPDX-License-Identifier: Apache-2.0
"""Real kubectl, as one user of one server."""

import subprocess

from . import tools
from .kubeconfig import kubeconfig
from .pod import resolved
from .process import environment


class Kubectl:
    """
    kubectl with its own home, in which it caches the kinds of the server. Every name in `hosts` resolves to this
    machine. `user` is the user in the kubeconfig.
    """

    def __init__(self, home, server, ca_file, *, hosts=("localhost",), namespace=None, cluster=(), **user):
        self.home = home
        home.mkdir(exist_ok=True)
        self._hosts = home / "hosts"
        self._hosts.write_text("".join(f"127.0.0.1 {name}\n" for name in hosts))
        (home / "config").write_text(kubeconfig(server, ca_file, namespace=namespace, cluster=cluster, **user))

    def begin(self, *arguments, **env):
        """Starts the command; its output is text."""
        return subprocess.Popen(
            resolved(self._hosts, [tools.kubectl(), *map(str, arguments)]),
            env=environment({"HOME": str(self.home), "KUBECONFIG": str(self.home / "config"), **env}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments, input="", **env):
        """Runs the command to its end; returns status, output and errors."""
        with self.begin(*arguments, **env) as running:
            try:
                out, err = running.communicate(input, timeout=60)
            except subprocess.TimeoutExpired:
                running.kill()
                raise
        return subprocess.CompletedProcess(running.args, running.returncode, out, err)

    def told(self, *arguments, **options):
        """The output of a command, which must succeed."""
        done = self(*arguments, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout

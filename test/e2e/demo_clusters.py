# SPDX-License-Identifier: Apache-2.0
"""
The demonstration of a platform (./dev demo --clusters 3): three clusters as described in doc/clusters.md, with real
Dex, Traefik, sallyport, and in the cluster west the Kubernetes API server, for kubectl and its login plugin.
"""

import shlex
import subprocess
import sys
from pathlib import Path

from demo_page import Application
from rig import tools
from rig.ca import Authority
from rig.dex import PASSWORD
from rig.fleet import ADMIN, CHARLES, CLUSTERS, LISE, MARY, Fleet
from rig.kube import ApiServer, Etcd
from rig.kubeconfig import write_kubeconfig
from rig.pod import apart
from rig.ports import free_port, port_from
from rig.site import Ports
from rig.together import Together

HOSTS = {"central": "portal", "west": "grafana", "east": "grafana"}
TITLES = {"central": "Operations portal", "west": "Dashboard of west", "east": "Dashboard of east"}
START = "/dashboard/pods"
PATHS = {
    START: "A dashboard",
    "/lab/experiments": "The lab",
    "/operations/backup": "Operations",
    "/_sallyport/me": "Who am I",
    "/_sallyport/logout": "Sign out",
}

TEXT = """
  Three clusters of one platform run on this machine. People are known at their company, the central cluster signs them
  in for all clusters, and each cluster decides for itself what they may do in it.

  central   {central:<52} the operations portal
            {rescue:<52} the same, by the backup entry
  west      {west:<52} a dashboard, and the API server for kubectl
  east      {east:<52} a dashboard, and no API server

  The password of all accounts is `{password}`. On the page that asks how to log in, these choose "Company":
    {mary:<22} sees the dashboards of all clusters
    {charles:<22} may change things there
    {lise:<22} has the lab of west, and nothing anywhere else
  and this one "Email":
    {admin:<22} the administrator of the central cluster: has /operations of the portal, and nothing else

  What to try:
    1. Open the portal as {mary}, then west and east by their links. Each cluster asks for the password
       once more: it has a session of its own, and Dex keeps none. The identity is the same.
    2. "The lab" in west is 403 for Mary, and open to Lise (in a private window). In east it is 403 for both: the
       binding is of west alone.
    3. Log in at west as {admin}: known, and let into nothing.
    4. Log in at the backup entry as {admin}: its issuer is another one, which only that entry trusts. The
       name is the same, and it opens nothing elsewhere.
    5. The portal's link "kubectl" leads to the files that people get. Here is one that runs as it is: kubectl at west
       as Mary (it opens the browser, or prints where to log in):
         {kubectl} auth whoami
         {kubectl} get pods --all-namespaces
         {kubectl} get secrets          (403: not among her rights)
    6. End the central issuer: kill {dex}
       Dashboards and kubectl go on for those who are signed in. Whoever signs in now (in a private window) gets a page
       that says so.

  The values, roles and routes are those of doc/clusters.md, in {folder},
  with the logs. Ctrl-C stops everything.
"""


class WestApiServer(Together):
    """An API server with an etcd, and nothing else."""

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir()
        super().__init__()

    def _start(self):
        etcd = Etcd(self._folder)
        self._running.callback(etcd.kill)
        self.api = self._kept(ApiServer(self._folder, Authority(self._folder, ["kubernetes"]), etcd.url)).api


class Clusters(Together):
    """All running programs. For a check they use ports other than the documented ones, and kubectl logs in by itself."""

    def __init__(self, folder, is_check):
        self.folder, self._is_check = folder, is_check
        super().__init__()

    def _start(self):
        print("Starting three clusters, one of them with the API server of Kubernetes: about ten seconds.", flush=True)
        kube = self._kept(WestApiServer(self.folder / "west-api-server"))
        self.fleet = self._kept(
            Fleet(self.folder, kube.api, scheme="http", ports=self._ports(), make_app=self._application)
        )
        self._kubectl = self._write_kubectl()

    def _ports(self):
        if self._is_check:
            return None
        return {name: Ports(port_from(8080 + 10 * number), free_port()) for number, name in enumerate(CLUSTERS)}

    @staticmethod
    def _application(name, names):
        others = {names.origin(other, HOSTS[other]) + START: other for other in CLUSTERS if other != name}
        more = {"/_sallyport/kubeconfig": "kubectl"} if name == "central" else {}
        return Application({**PATHS, **more, **others}, TITLES[name])

    def _write_kubectl(self):
        """A command that starts kubectl with a login plugin, and resolves the name of the API server's host."""
        server = self.fleet.names.origin("west", "kube")
        plugin = ["get-token", f"--oidc-issuer-url={self.fleet.dex.issuer}", "--oidc-client-id=west-kubectl"]
        plugin += ["--oidc-extra-scope=email,groups,profile", f"--token-cache-dir={self.folder / 'tokens'}"]
        if self._is_check:
            plugin.append(f"--browser-command={self._write_browser()}")
        run = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable"}
        run.update(command=str(tools.kubelogin()), args=plugin)
        config = write_kubeconfig(self.folder, server, self.fleet.authority.ca_file, exec=run)
        return _write_script(self.folder / "kubectl", *self.fleet.kubectl_command(self.folder, config))

    def _write_browser(self):
        return _write_script(self.folder / "browser", sys.executable, str(Path(__file__).with_name("demo_browser.py")))

    def describe(self):
        values = {user.preferred_username: user.email for user in (MARY, CHARLES, LISE, ADMIN)}
        for name, site in self.fleet.sites.items():
            values[name] = site.origin(HOSTS[name]) + START
        values["rescue"] = self.fleet.central.origin("rescue") + "/operations"
        return TEXT.format(
            **values,
            password=PASSWORD,
            kubectl=self._kubectl,
            dex=self.fleet.dex.pid,
            folder=self.folder,
        )

    def check(self):
        """Logs in to each cluster as a user would, and with kubectl."""
        for name, site in self.fleet.sites.items():
            url = site.origin(HOSTS[name]) + START
            visit = self.fleet.log_in(url, MARY)
            assert visit.final.status == 200 and visit.final.url == url and MARY.email in visit.final.text, str(visit)
        done = subprocess.run(
            [self._kubectl, "auth", "whoami"], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0 and MARY.email in done.stdout, done.stdout + done.stderr
        return "logged in to three clusters, and by kubectl"


def check_mounts():
    """The pod of west and kubectl have their own mounts: the files of an account, and /etc/hosts."""
    if subprocess.run([*apart(), "true"], capture_output=True, check=False).returncode != 0:
        sys.exit(
            "demo: three clusters need mounts of their own, and this machine allows none. Run the demo as root (in a\n"
            "container: with the capability SYS_ADMIN), or allow user namespaces: sysctl user.max_user_namespaces=15000"
        )


def _write_script(path, *command):
    path.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n')
    path.chmod(0o700)
    return path

# SPDX-License-Identifier: Apache-2.0
"""
A node of a cluster, and what runs on it: the stand-in of test/setup/stand-in-node answers the API server like a
kubelet, and pods are objects. Commands run on this machine.
"""

from . import tools
from .ports import free_port, listens
from .process import Process


class Node(Process):
    """One node, which the API server reaches at an address and a port."""

    def __init__(self, api, folder, authority):
        self._api = api
        port = free_port()
        command = [tools.stand_in_node(), port, authority.cert_file, authority.key_file]
        super().__init__("node", command, folder)
        self.wait_until(lambda: listens(port), "listens")
        addresses = [{"type": "InternalIP", "address": "127.0.0.1"}]
        status = {"addresses": addresses, "daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}
        self.object = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node-{port}"}, "status": status}
        api.create(self.object)

    def run(self, namespace, name):
        """A pod with one container on this node, which is running according to its object."""
        account = {"apiVersion": "v1", "kind": "ServiceAccount"}
        self._api.apply({**account, "metadata": {"name": "default", "namespace": namespace}})
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "nodeName": self.object["metadata"]["name"],
                "automountServiceAccountToken": False,
                "containers": [{"name": "main", "image": "none", "stdin": True}],
            },
        }
        self._api.create(pod)
        path = self._api.path("v1", "Pod", namespace, name)
        phase = {"status": {"phase": "Running"}}
        self._api.call("PATCH", f"{path}/status", phase, "application/merge-patch+json")

    def stop(self):
        self._api.delete(self.object)
        self.kill()

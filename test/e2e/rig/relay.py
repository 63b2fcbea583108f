# SPDX-License-Identifier: Apache-2.0
"""Programs between sallyport and an API server: a relay of bytes, and a server of lines."""

import asyncio
import json

from .app import Server
from .kube import web_role

_RBAC = "rbac.authorization.k8s.io/v1"


class Relay(Server):
    """Relays bytes to a port of loopback until it falls silent: then connections stay open, and nothing passes."""

    def __init__(self, behind, **listens):
        self._behind = behind
        self._is_silent = False
        self.connections_n = 0
        super().__init__(**listens)
        self.https_url = f"https://127.0.0.1:{self.port}"

    def fall_silent(self):
        self._is_silent = True

    async def _serve_one(self, reader, writer):
        self.connections_n += 1
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._behind)
        both = (reader, to_server), (from_server, writer)
        ways = [asyncio.create_task(self._copy(*way)) for way in both]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            to_server.close()
        return False

    async def _copy(self, reader, writer):
        while bytes := await reader.read(1 << 16):
            if not self._is_silent:
                writer.write(bytes)
                await writer.drain()


def binding(number, role="r", user="user-{}@example.com", pad=0):
    """A binding as the API server sends it, of the usual size: 745 bytes with its managedFields."""
    name = f"binding-{number:05}"
    metadata = {
        "name": name,
        "uid": f"4f0a3c1e-6c1d-4f0e-9d53-7a1b2c3{number:05}",
        "resourceVersion": str(1000 + number),
        "creationTimestamp": "2026-11-24T11:00:00Z",
        "labels": {"app.kubernetes.io/managed-by": "platform", "workspaces.example.com/name": "team-of-few"},
        "managedFields": [
            {
                "manager": "kubectl-create",
                "operation": "Update",
                "apiVersion": _RBAC,
                "time": "2026-11-24T11:00:00Z",
                "fieldsType": "FieldsV1",
                "fieldsV1": {"f:roleRef": {}, "f:subjects": {}},
            }
        ],
    }
    if pad:
        metadata["annotations"] = {"pad": "x" * pad}
    return {
        "kind": "ClusterRoleBinding",
        "apiVersion": _RBAC,
        "metadata": metadata,
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user.format(number)}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
    }


def line(kind, one):
    return json.dumps({"type": kind, "object": one}, separators=(",", ":")).encode() + b"\n"


END = line(
    "BOOKMARK",
    {"metadata": {"resourceVersion": "99999", "annotations": {"k8s.io/initial-events-end": "true"}}},
)


class Lines(Server):
    """
    An API server of lines: `roles` and `bindings` are the bytes of each list. What a test adds with `tell` is sent
    to the watches of bindings.
    """

    def __init__(self, roles=b"", bindings=b""):
        self.lists = {"clusterroles": roles + END, "clusterrolebindings": bindings + END}
        self._watchers = []
        super().__init__()

    async def respond(self, request, reader, writer):
        resource = request.target.partition("?")[0].rpartition("/")[2]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
        if "sendInitialEvents" in request.target:
            writer.write(self.lists[resource])
        await writer.drain()
        if resource == "clusterrolebindings":
            self._watchers.append(writer)
        await reader.read()  # until the watcher disconnects
        return False

    def tell(self, bytes):
        self._await(self._tell(bytes))

    async def _tell(self, bytes):
        for writer in self._watchers:
            writer.write(bytes)
            await writer.drain()


ROLE = line("ADDED", {**web_role("r", ["/*"]), "metadata": {"name": "r", "resourceVersion": "1"}})
MANY = b"".join(line("ADDED", binding(number)) for number in range(10000))

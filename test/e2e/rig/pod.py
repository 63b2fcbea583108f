# SPDX-License-Identifier: Apache-2.0
"""
What runs and how it is reached, in a cluster that consists of objects only (rig/kube.py).

  Network    replaces the network: a proxy that forwards the names of Services, and the addresses of
             pods, to loopback ports. A Service is reached by the name and the port of its object
  Installed  the program as a kubelet would start it, from the installed Deployment
  container_of  the command of a container, and its files
  as_a_pod   a command with the files of the pod's service account
"""

import asyncio
import base64
import ipaddress
import json
import os
import re

from .app import Server
from .sallyport import Sallyport


class Network(Server):
    """A program is in this network if `url` is its HTTP_PROXY, which does not apply to loopback."""

    def __init__(self, api=None):
        self._api = api  # which has the Services
        self._pods = {}
        super().__init__()
        self.url = f"socks5://127.0.0.1:{self.port}"

    def egress(self, folder):
        """The flag of an API server in this network, where nodes on loopback are reachable too."""
        socket, path = folder / "network", folder / "egress.json"
        self._await(asyncio.start_unix_server(self._serve, socket))
        by = {"proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": str(socket)}}}
        kind = {"apiVersion": "apiserver.k8s.io/v1beta1", "kind": "EgressSelectorConfiguration"}
        path.write_text(json.dumps({**kind, "egressSelections": [{"name": "cluster", "connection": by}]}))
        return f"--egress-selector-config-file={path}"

    def address(self, ports):
        """A new address of a pod; `ports` maps its ports to ports of loopback."""
        address = f"10.42.0.{len({address for address, _ in self._pods}) + 1}"
        self._pods.update({(address, port): real for port, real in ports.items()})
        return address

    def attach(self, namespace, labels, ports):
        """
        A pod with these labels; `ports` maps its ports to ports of loopback. It gets an address, and the objects that
        the controllers of a cluster would create for each Service that selects it.
        """
        address = self.address(ports)
        for service in self._api.items("v1", "Service", namespace):
            selector = service["spec"].get("selector")
            if selector and selector.items() <= labels.items():
                self._api.apply(_slice(service, address))
                self._api.apply(_endpoints(service, address))

    def lead(self, name, port, real):
        """Forwards a Service without pods, that of the API server itself, to a port of loopback."""
        self._pods[name, port] = real

    async def _serve_one(self, reader, writer):
        """One connection, by SOCKS 5 (RFC 1928) or CONNECT: to whom, then bytes both ways until one side is done."""
        first = await reader.readexactly(1)
        if first == b"\x05":
            await self._greeting(reader, writer)
            host, port = await self._destination(reader)
            connected = b"\x05\0\0\x01" + bytes(6)
        else:
            head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
            host, _, port = head.split(" ")[1].rpartition(":")
            connected = b"HTTP/1.1 200 OK\r\n\r\n"
        real = await asyncio.to_thread(self._port_of, host, int(port))
        from_pod, to_pod = await asyncio.open_connection("127.0.0.1", real)
        writer.write(connected)
        ways = [asyncio.create_task(_copy(reader, to_pod)), asyncio.create_task(_copy(from_pod, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            to_pod.close()
        return False

    @staticmethod
    async def _greeting(reader, writer):
        (methods_n,) = await reader.readexactly(1)
        await reader.readexactly(methods_n)
        writer.write(b"\x05\0")

    @staticmethod
    async def _destination(reader):
        kind = (await reader.readexactly(4))[3]
        if kind == 1:
            host = str(ipaddress.ip_address(await reader.readexactly(4)))
        else:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        return host, int.from_bytes(await reader.readexactly(2), "big")

    def _port_of(self, host, port):
        host = host.removesuffix(".cluster.local")
        if host.endswith(".svc") and (host, port) not in self._pods:
            host, port = self._endpoint(*host.removesuffix(".svc").split("."), port)
        return port if host == "127.0.0.1" else self._pods[host, port]

    def _endpoint(self, name, namespace, port):
        """The address and port of the pod behind a port of a Service."""
        service = self._api.get("v1", "Service", namespace, name)
        (wanted,) = [one["name"] for one in service["spec"]["ports"] if one["port"] == port]
        found = self._api.get("discovery.k8s.io/v1", "EndpointSlice", namespace, name)
        (real,) = [one["port"] for one in found["ports"] if one["name"] == wanted]
        return found["endpoints"][0]["addresses"][0], real


async def _copy(reader, writer):
    while bytes := await reader.read(1 << 16):
        writer.write(bytes)
        await writer.drain()


def _slice(service, address):
    metadata = service["metadata"]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": {"kubernetes.io/service-name": metadata["name"]},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [{"name": one["name"], "port": one["targetPort"]} for one in service["spec"]["ports"]],
    }


def _endpoints(service, address):
    """The same as the old kind, which Kubernetes still has."""
    metadata = service["metadata"]
    ports = [{"name": one["name"], "port": one["targetPort"]} for one in service["spec"]["ports"]]
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
        "subsets": [{"addresses": [{"ip": address}], "ports": ports}],
    }


class Installed(Sallyport):
    """
    Files, arguments and environment are those of the pod; paths and ports are this machine's. `env` has what the
    machine adds, such as where its authority is.
    """

    def __init__(self, release, network, folder, env=()):
        (deployment,) = release.api.items("apps/v1", "Deployment", release.namespace)
        template = deployment["spec"]["template"]
        (container,) = template["spec"]["containers"]
        self._mounted = release.api, release.namespace, template["spec"], folder
        arguments, environment = container_of(*self._mounted)
        self._choose_ports()
        self._serve(folder, arguments, {**environment, **self._own_environment(), **dict(env)})
        listens = {"auth": self.listen, "pages": self.pages_listen, "admin": self.admin_listen}
        ports = {
            one["containerPort"]: int(listens[one["name"]].rpartition(":")[2]) for one in container["ports"]
        }
        network.attach(release.namespace, template["metadata"]["labels"], ports)

    def bring_files(self):
        """Updates the files from changed Secrets and ConfigMaps, as a kubelet does within two minutes."""
        container_of(*self._mounted)


def container_of(api, namespace, spec, folder):
    """The arguments and environment of a pod's only container, whose files are written into `folder`."""
    (container,) = spec["containers"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    places = {}
    for one in container["volumeMounts"]:
        projected = volumes[one["name"]]["projected"]
        places[one["mountPath"]] = _mount(folder / one["name"], projected, _files(api, namespace, projected["sources"]))
    return [_moved(argument, places) for argument in container["args"]], _environment(container)


def _mount(place, projected, files):
    """
    A volume as a kubelet writes it: the files are links into a folder that is itself a link, and is switched to another one
    when they change.
    """
    place.mkdir(parents=True, exist_ok=True)
    real = place / f"..{len(list(place.glob('..*')))}"
    real.mkdir()
    for path, bytes in files.items():
        (real / path).write_bytes(bytes)
        (real / path).chmod(projected["defaultMode"])
        if not (place / path).is_symlink():
            (place / path).symlink_to(f"..data/{path}")
    (place / "..data_tmp").symlink_to(real.name)
    (place / "..data_tmp").rename(place / "..data")
    return place


def _files(api, namespace, sources):
    files = {}
    for source in sources:
        ((kind, wanted),) = source.items()
        kind = {"configMap": "ConfigMap", "secret": "Secret"}[kind]
        data = api.get("v1", kind, namespace, wanted["name"])["data"]
        read = base64.b64decode if kind == "Secret" else str.encode
        items = wanted.get("items") or [{"key": key, "path": key} for key in data]
        files.update({item["path"]: read(data[item["key"]]) for item in items})
    return files


def _moved(argument, places):
    for path, place in places.items():
        argument = argument.replace(path, str(place))
    return argument


def _environment(container):
    """The variables of a container; $(NAME) refers to an earlier one."""
    found = {}
    for one in container["env"]:
        if "valueFrom" in one:
            assert one["valueFrom"] == {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}, one
            found[one["name"]] = "127.0.0.1"
        else:
            found[one["name"]] = re.sub(r"\$\((\w+)\)", lambda match: found[match[1]], one["value"])
    return found


def as_a_pod(folder):
    """A command that finds the files of the pod's account where the kubelet writes them."""
    script = 'mount -t tmpfs none /run && mkdir -p "$0" && mount --bind "$1" "$0" && shift && exec "$@"'
    place = "/run/secrets/kubernetes.io/serviceaccount"
    return lambda command: [*apart(), "sh", "-c", script, place, folder, *command]


def apart():
    """The prefix that gives a command its own mounts."""
    return ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]


def resolved(hosts, command):
    """
    A command for which `hosts` replaces /etc/hosts. An ordinary user, who became root for the mount, is not
    root in it: browsers refuse to run as root.
    """
    back = [] if os.geteuid() == 0 else ["unshare", f"--map-user={os.geteuid()}", f"--map-group={os.getegid()}"]
    return [*apart(), "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts, *back, *command]

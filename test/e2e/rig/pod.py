# SPDX-License-Identifier: Apache-2.0
"""
What runs and how it is reached, in a cluster that has objects and nothing else (rig/kube.py).

  Network    stands for the network: a proxy that leads from the names of Services, and from addresses of
             pods, to ports of loopback. Only what an object of the cluster says is reached: a Service by its
             port, a pod because an EndpointSlice has it
  Installed  the program as a kubelet would start it, by the Deployment that was installed
"""

import asyncio
import base64
import re

from .app import Server
from .sallyport import Sallyport

_ALIKE = ("connection", "proxy-connection")


class Network(Server):
    """`url` is what a program has to take for its HTTP_PROXY to be in the cluster's network."""

    def __init__(self, api):
        self._api = api
        self._pods = {}
        super().__init__()

    def attach(self, namespace, labels, ports):
        """
        A pod with these labels and `ports`, those of loopback by those of the pod: gets an address, and what
        the controllers of a cluster would make, an EndpointSlice for each Service that selects it.
        """
        address = f"10.42.0.{len({address for address, _ in self._pods}) + 1}"
        self._pods.update({(address, port): real for port, real in ports.items()})
        for service in self._api.items("v1", "Service", namespace):
            selector = service["spec"].get("selector")
            if selector and selector.items() <= labels.items():
                self._api.apply(_slice(service, address))

    async def respond(self, request, reader, writer):
        host, port = request.target.split("/")[2].split(":")
        real = await asyncio.to_thread(self._port_of, host, int(port))
        from_pod, to_pod = await asyncio.open_connection("127.0.0.1", real)
        to_pod.write(_head(request) + request.body)
        while octets := await from_pod.read(1 << 16):
            writer.write(octets)
        to_pod.close()
        return False

    def _port_of(self, host, port):
        if host.endswith(".svc"):
            host, port = self._endpoint(*host.removesuffix(".svc").split("."), port)
        return self._pods[host, port]

    def _endpoint(self, name, namespace, port):
        """Address and port of the pod behind a port of a Service."""
        service = self._api.get("v1", "Service", namespace, name)
        (wanted,) = [one["name"] for one in service["spec"]["ports"] if one["port"] == port]
        found = self._api.get("discovery.k8s.io/v1", "EndpointSlice", namespace, name)
        (real,) = [one["port"] for one in found["ports"] if one["name"] == wanted]
        return found["endpoints"][0]["addresses"][0], real


def _head(request):
    """The head of a request to a proxy, as the server gets it; the connection ends with the answer."""
    target = "/" + request.target.split("/", 3)[3]
    fields = [f"{name}: {value}" for name, value in request.headers if name.lower() not in _ALIKE]
    lines = [f"{request.method} {target} HTTP/1.1", *fields, "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


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


class Installed(Sallyport):
    """Files, arguments and environment are those of the pod; places and ports are this machine's."""

    def __init__(self, release, network, folder):
        template = release.get("apps/v1", "Deployment", release.name)["spec"]["template"]
        (container,) = template["spec"]["containers"]
        self._release = release
        self._volumes = {volume["name"]: volume for volume in template["spec"]["volumes"]}
        places = {one["mountPath"]: self._mount(one["name"], folder) for one in container["volumeMounts"]}
        self._choose_ports()
        arguments = [_moved(argument, places) for argument in container["args"]]
        self._serve(folder, arguments, {**_environment(container), **self._own_environment()})
        listens = {"auth": self.listen, "pages": self.pages_listen, "admin": self.admin_listen}
        ports = {
            one["containerPort"]: int(listens[one["name"]].rpartition(":")[2]) for one in container["ports"]
        }
        network.attach(release.namespace, template["metadata"]["labels"], ports)

    def _own_environment(self):
        return {
            "SALLYPORT_LISTEN": self.listen,
            "SALLYPORT_PAGES_LISTEN": self.pages_listen,
            "SALLYPORT_ADMIN_LISTEN": self.admin_listen,
            "SALLYPORT_DRAIN_DELAY": "0s",
        }

    def _mount(self, name, folder):
        """A volume as a kubelet lays it: the files are links into a folder that is a link itself."""
        projected = self._volumes[name]["projected"]
        place = folder / name
        real = place / "..2026"
        real.mkdir(parents=True)
        (place / "..data").symlink_to(real.name)
        for path, octets in self._files(projected["sources"]).items():
            (real / path).write_bytes(octets)
            (real / path).chmod(projected["defaultMode"])
            (place / path).symlink_to(f"..data/{path}")
        return place

    def _files(self, sources):
        files = {}
        for source in sources:
            ((kind, wanted),) = source.items()
            kind = {"configMap": "ConfigMap", "secret": "Secret"}[kind]
            data = self._release.get("v1", kind, wanted["name"])["data"]
            read = base64.b64decode if kind == "Secret" else str.encode
            items = wanted.get("items") or [{"key": key, "path": key} for key in data]
            files.update({item["path"]: read(data[item["key"]]) for item in items})
        return files


def _moved(argument, places):
    for path, place in places.items():
        argument = argument.replace(path, str(place))
    return argument


def _environment(container):
    """The variables of a container; $(NAME) is one that came before."""
    found = {}
    for one in container["env"]:
        if "valueFrom" in one:
            assert one["valueFrom"] == {"fieldRef": {"apiVersion": "v1", "fieldPath": "status.podIP"}}, one
            found[one["name"]] = "127.0.0.1"
        else:
            found[one["name"]] = re.sub(r"\$\((\w+)\)", lambda match: found[match[1]], one["value"])
    return found



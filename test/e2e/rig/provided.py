# SPDX-License-Identifier: Apache-2.0
"""Real Traefik with the provider of its own kinds of object: its routes are those in the API server."""

import http.client
import json

from .traefik import Traefik

_READY = "ready.test"


class Provided(Traefik):
    """
    One Traefik in the `network` of a cluster. A file only has its certificate and the address of its API.
    Its entry points, `web` and `websecure`, trust the client, as they would a load balancer. `crd` has additional
    settings of the provider of Traefik's own kinds, `ingress` and `gateway` those of the ones of Ingresses and of the
    Gateway API (None: it is off), and `secure` those of the entry point `websecure`.
    """

    def __init__(
        self,
        version,
        folder,
        *,
        cluster,
        namespaces,
        network,
        authority,
        ports,
        crd=(),
        ingress=None,
        gateway=None,
        secure=(),
        **options,
    ):
        api = cluster.traefik(version)
        access = {
            "endpoint": api.url,
            "token": api.token,
            "certAuthFilePath": str(api.ca_file),
            "namespaces": namespaces,
        }
        self._providers = {"kubernetesCRD": {**access, "allowCrossNamespace": True, **dict(crd)}}
        for name, settings in (("kubernetesIngress", ingress), ("kubernetesGateway", gateway)):
            if settings is not None:
                self._providers[name] = {**access, **settings}
        self._secure = dict(secure)
        super().__init__(
            version,
            folder,
            routes=self,
            authority=authority,
            ports=ports,
            trusts_client=True,
            env={"HTTP_PROXY": network.url, "HTTPS_PROXY": network.url},
            **options,
        )

    @staticmethod
    def as_dict(authority):
        certificate = {"certFile": str(authority.cert_file), "keyFile": str(authority.key_file)}
        rules = {"ping": f"Host(`{_READY}`)", "api": f"Host(`{_READY}`) && PathPrefix(`/api`)"}
        routers = {
            name: {"rule": rule, "entryPoints": ["web"], "service": f"{name}@internal"}
            for name, rule in rules.items()
        }
        return {
            "http": {"routers": routers},
            "tls": {"stores": {"default": {"defaultCertificate": certificate}}},
        }

    def _static(self, dynamic, trusts_client, everywhere):
        static = super()._static(dynamic, trusts_client, everywhere)
        points = static["entryPoints"]
        static["entryPoints"] = {"web": points["plain"], "websecure": {**points["secure"], **self._secure}}
        static["api"] = {}
        static["providers"].update(self._providers)
        return static

    def api(self, path):
        """What Traefik's API returns; nothing before it is ready."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports.http, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": _READY})
            answer = connection.getresponse()
            return json.loads(answer.read()) if answer.status == 200 else []
        finally:
            connection.close()

    def routers(self):
        """The rule and state of each route that Traefik has read from the API server."""
        found = self.api("/api/http/routers?per_page=1000")
        return [router for router in found if router["provider"].startswith("kubernetes")]

    def wait_for_routes(self, count):
        """Waits until there are this many routes, all without an error."""
        self.wait_until(lambda: len(self.routers()) == count, f"{count} routes")
        faults = [router for router in self.routers() if router["status"] != "enabled"]
        assert not faults, f"{faults}\n{self.tail()}"

# SPDX-License-Identifier: Apache-2.0
"""What stands in front of Traefik: two load balancers in a row, the first of which ends TLS."""

import asyncio

from .app import Server


class Balancer(Server):
    """
    Each adds its word to X-Forwarded-Proto and -Host instead of replacing it, and Host loses its port: it is
    reached at `port`, which nothing behind it gets to know.
    """

    def __init__(self, authority, port, behind):
        self._behind = behind
        super().__init__(port, context=authority.server_context())

    async def respond(self, request, reader, writer):
        host = request.value("Host").partition(":")[0]
        fields = [pair for pair in request.headers if pair[0].lower() not in ("host", "connection")]
        said = {"Host": host, "Connection": "close", "X-Forwarded-Host": f"{host}, {host}"}
        fields += [*said.items(), ("X-Forwarded-Proto", "https,https")]
        lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)]
        from_traefik, to_traefik = await asyncio.open_connection("127.0.0.1", self._behind)
        to_traefik.write("\r\n".join([*lines, "", ""]).encode("latin-1") + request.body)
        writer.write(await from_traefik.read())
        to_traefik.close()
        return False

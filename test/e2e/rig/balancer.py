# SPDX-License-Identifier: Apache-2.0
"""The proxies in front of Traefik: two load balancers in a row, the first of which terminates TLS; or real nginx."""

import asyncio
import socket

from .app import Server
from .process import Process


class Balancer(Server):
    """
    Each appends to X-Forwarded-Proto and -Host instead of replacing them, and removes the port from Host. It is
    reached at `port`, which no program behind it learns.
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


class Nginx(Process):
    """
    A balancer for each of `ports`, by its own address toward Traefik. It appends the address of its client
    to X-Forwarded-For.
    """

    _SERVER = """
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://127.0.0.1:{behind};
      proxy_bind {source};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}"""

    def __init__(self, folder, program, ports, behind):
        servers = "".join(
            self._SERVER.format(port=port, behind=behind, source=source) for source, port in ports.items()
        )
        temporary = "".join(
            f"  {name}_temp_path {folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config = folder / "nginx.conf"
        config.write_text(
            f"daemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
            f"http {{\n  access_log off;\n{temporary}{servers}\n}}\n"
        )
        super().__init__("nginx", [program, "-p", folder, "-c", config, "-e", "stderr"], folder)
        self.wait_until(lambda: all(map(_answers, ports.values())), "listening")


def _answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

# SPDX-License-Identifier: Apache-2.0
"""The programs that sallyport is compared with, each with one thread."""

import base64
import os
import socket

from rig import tools
from rig.ports import free_port
from rig.process import Process

PROXY_HEADERS = (
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
    "X-Auth-Request-Preferred-Username",
)


def built(name):
    """A program or library of this folder, in the build that sallyport is from."""
    path = tools.sallyport().parents[2] / "test" / "bench" / name
    if not path.exists():
        raise tools.MissingProgram(f"{path} is not there: run ./dev bench, which builds it")
    return path


class _Server(Process):
    """A process that is ready once it accepts connections on `port`."""

    def __init__(self, name, command, folder, port, env=None):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        super().__init__(name, command, folder, env=env)
        self.wait_until(self._accepts, "accepting connections")

    def _accepts(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, deadline_s=20):
        """Kills it, because it has nothing to finish."""
        assert self.running(), f"{self.name} ended with {self.child.returncode}\n{self.tail()}"
        self.child.kill()
        self.child.wait(deadline_s)


class Bare(_Server):
    """The bare handler of bare.c."""

    def __init__(self, folder, fields, *, env=None, name="bare", prefix=()):
        port = free_port()
        words = [word for field in fields for word in field]
        super().__init__(name, [*prefix, built("bare"), port, 1, *words], folder, port, env=env)


class Nginx(_Server):
    """nginx that returns 200 with `fields`, from its configuration."""

    def __init__(self, name, folder, fields):
        port = free_port()
        config = folder / f"{name}.conf"
        config.write_text(self._config(folder, port, fields))
        super().__init__(name, [tools.nginx(), "-c", config, "-e", folder / f"{name}-error.log"], folder, port)

    @staticmethod
    def _config(folder, port, fields):
        added = "".join(f'add_header {name} "{value}";' for name, value in fields)
        return (
            f"daemon off; master_process off; worker_processes 1; pid {folder}/nginx-{port}.pid;\n"
            "events { worker_connections 4096; }\n"
            "http { access_log off; keepalive_requests 1000000000; large_client_header_buffers 4 32k;\n"
            f"client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
            f"fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;\n"
            f"scgi_temp_path {folder}/scgi;\n"
            f"server {{ listen 127.0.0.1:{port}; location / {{ {added} return 200 ''; }} }} }}\n"
        )


class OAuth2Proxy(_Server):
    """oauth2-proxy with the settings that its documentation gives for ForwardAuth, and without any log."""

    def __init__(self, folder, *, issuer, client, authority, redirect_uri):
        port = free_port()
        secret = base64.urlsafe_b64encode(os.urandom(32)).decode()
        options = {
            "http-address": f"127.0.0.1:{port}",
            "provider": "oidc",
            "oidc-issuer-url": issuer,
            "provider-ca-file": authority.ca_file,
            "client-id": client.id,
            "client-secret": client.secret,
            "redirect-url": redirect_uri,
            "scope": "openid profile email groups",
            "approval-prompt": "auto",
            "code-challenge-method": "S256",
            "cookie-secret": secret,
            "email-domain": "*",
            "upstream": "static://202",
            "reverse-proxy": "true",
            "trusted-proxy-ip": "127.0.0.1",
            "set-xauthrequest": "true",
            "skip-provider-button": "true",
            "request-logging": "false",
            "auth-logging": "false",
            "standard-logging": "false",
        }
        command = [tools.oauth2_proxy(), *(f"--{name}={value}" for name, value in options.items())]
        super().__init__("oauth2-proxy", command, folder, port, env={"GOMAXPROCS": "1"})

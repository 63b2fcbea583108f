# SPDX-License-Identifier: Apache-2.0
"""
What real programs take a path for: Node, Go and Python with the habits of applications written in them, each
by its own libraries, and nginx as it is. Each gets the bytes of the target that sallyport was asked about.
"""

import json
import sys
from contextlib import ExitStack
from pathlib import Path

from .. import tools
from ..ports import free_port, listens
from ..process import Process
from ..raw import Asker, request

_HERE = Path(__file__).parent
_NGINX = """daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 64; }}
http {{
    access_log off; default_type text/plain; keepalive_requests 1000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 $uri; }} }}
}}
"""


class Readers:
    """The programs, until `close`."""

    def __init__(self, folder):
        self._stack = ExitStack()
        ports = {name: free_port() for name in ("node", "go", "python", "nginx")}
        configuration = folder / "nginx.conf"
        configuration.write_text(_NGINX.format(folder=folder, port=ports["nginx"]))
        commands = {
            "node": [tools.node(), _HERE / "reader.cjs", ports["node"]],
            "go": [tools.path_reader(), ports["go"]],
            "python": [sys.executable, _HERE / "reader.py", ports["python"]],
            "nginx": [tools.nginx(), "-c", configuration],
        }
        self._askers = {}
        started = [Process(name, command, folder) for name, command in commands.items()]
        for process in started:
            self._stack.callback(process.kill)
        for process in started:
            port = ports[process.name]
            process.wait_until(lambda port=port: listens(port), "listens")
            self._askers[process.name] = self._stack.enter_context(Asker(f"127.0.0.1:{port}"))

    def close(self):
        self._stack.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def read(self, path):
        """Pairs of a program and what it serves for the path; nothing of those that refuse it."""
        for name, asker in self._askers.items():
            answer = asker.send(request("GET", path, [("Host", "app.test")]))
            if answer.status != 200:
                continue
            if name == "nginx":
                yield name, answer.body.decode("utf-8", "surrogateescape")
            else:
                for habit, reading in json.loads(answer.body).items():
                    yield f"{name}, {habit}", reading

# SPDX-License-Identifier: Apache-2.0
"""What programs in Python take the path of a request for: test/e2e/rig/readers/__init__.py asks."""

import json
import posixpath
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from unicodedata import normalize
from urllib.parse import unquote, urlsplit


def lenient(target):
    """Errors left out."""
    return unquote(target, errors="ignore")


HABITS = {
    "decoded": unquote,
    "decoded again": lambda target: unquote(unquote(target)),
    "errors left out": lenient,
    "normalised": lambda target: posixpath.normpath(unquote(target)),
    "decoded, then parsed": lambda target: urlsplit(unquote(target)).path,
    "decoded twice, then parsed": lambda target: urlsplit(unquote(unquote(target))).path,
    "in NFKC": lambda target: posixpath.normpath(normalize("NFKC", unquote(target))),
    "decoded again in NFKC": lambda target: posixpath.normpath(normalize("NFKC", unquote(unquote(target)))),
    "before the NUL": lambda target: posixpath.normpath(unquote(target).split("\0")[0]),
    "all of it": lambda target: posixpath.normpath(urlsplit(normalize("NFKC", lenient(lenient(target)))).path),
}


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment

    def do_GET(self):
        found = {name: read(habit, self.path) for name, habit in HABITS.items()}
        found["files"] = self.translate_path(self.path)
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


def read(habit, target):
    try:
        return habit(target)
    except ValueError:
        return ""


if __name__ == "__main__":
    ThreadingHTTPServer(
        ("127.0.0.1", int(sys.argv[1])), lambda *arguments: Handler(*arguments, directory="/")
    ).serve_forever()

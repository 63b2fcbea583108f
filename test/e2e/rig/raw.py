# SPDX-License-Identifier: Apache-2.0
"""Requests that no library would send, octet by octet."""

import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class RawAnswer:
    """What came back until the other side closed or fell silent; `closed` tells which."""

    octets: bytes
    closed: bool

    @property
    def status(self):
        """The status of the first response, None when nothing came."""
        return int(self.octets.split(b" ", 2)[1]) if self.octets.startswith(b"HTTP/") else None

    @property
    def statuses(self):
        """The statuses of all responses on the connection, for pipelined requests."""
        return [int(part[2:5]) for part in self.octets.split(b"HTTP/1.")[1:]]

    def values(self, name):
        head = self.octets.partition(b"\r\n\r\n")[0].decode("latin-1")
        fields = [line.partition(":") for line in head.split("\r\n")[1:]]
        return [value.strip() for key, _, value in fields if key.lower() == name.lower()]

    @property
    def body(self):
        return self.octets.partition(b"\r\n\r\n")[2]


def exchange(address, octets, *, context=None, server_name="app.test", timeout_s=5, quiet_s=None):
    """
    Sends `octets` to `address` ("127.0.0.1:port") and reads until the peer closes, or says nothing for
    `quiet_s` (default: the whole `timeout_s`). With `context` it speaks TLS.
    """
    host, _, port = address.rpartition(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout_s) as plain:
        connection = context.wrap_socket(plain, server_hostname=server_name) if context else plain
        try:
            connection.sendall(octets)
            connection.settimeout(quiet_s or timeout_s)
            while chunk := connection.recv(65536):
                answer += chunk
        except TimeoutError:
            return RawAnswer(answer, closed=False)
        except (ConnectionResetError, BrokenPipeError):
            pass
        return RawAnswer(answer, closed=True)


def request(method="GET", target="/auth/traefik", headers=(), version="HTTP/1.1", body=b""):
    """The octets of one request; `headers` are pairs or whole lines, in their order."""
    lines = [f"{method} {target} {version}"]
    lines += [line if isinstance(line, str) else f"{line[0]}: {line[1]}" for line in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def subrequest(uri="/", *, method="GET", proto="https", host="app.test", target="/auth/traefik", more=()):
    """What Traefik asks about one request of a user; `more` are further headers."""
    return request(
        "GET",
        target,
        [
            ("Host", "sallyport:4181"),
            ("X-Forwarded-Method", method),
            ("X-Forwarded-Proto", proto),
            ("X-Forwarded-Host", host),
            ("X-Forwarded-Uri", uri),
            ("X-Forwarded-For", "192.0.2.7"),
            *more,
        ],
    )

# SPDX-License-Identifier: Apache-2.0
"""Requests that no library would send, byte by byte; and a persistent connection for thousands of them."""

import re
import select
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class RawAnswer:
    """What was received until the other side closed or fell silent; `closed` states which."""

    bytes: bytes
    closed: bool

    @property
    def status(self):
        """The status of the first response, or None if there is none."""
        return int(self.bytes.split(b" ", 2)[1]) if self.bytes.startswith(b"HTTP/") else None

    @property
    def statuses(self):
        """The statuses of all responses on the connection, for pipelined requests."""
        return [int(part[2:5]) for part in self.bytes.split(b"HTTP/1.")[1:]]

    def values(self, name):
        head = self.bytes.partition(b"\r\n\r\n")[0].decode("latin-1")
        fields = [line.partition(":") for line in head.split("\r\n")[1:]]
        return [value.strip() for key, _, value in fields if key.lower() == name.lower()]

    @property
    def reason(self):
        return next(iter(self.values("X-Sallyport-Reason")), None)

    @property
    def location(self):
        return next(iter(self.values("Location")), None)

    @property
    def body(self):
        return self.bytes.partition(b"\r\n\r\n")[2]


def exchange(
    address, bytes, *, context=None, server_name="app.test", timeout_s=5, quiet_s=None, source="127.0.0.1"
):
    """
    Sends `bytes` to `address` ("127.0.0.1:port") and reads until the peer closes, or sends nothing for
    `quiet_s` (default: the whole `timeout_s`). With `context` it speaks TLS. `source` is the address that the
    peer sees.
    """
    host, _, port = address.rpartition(":")
    answer = b""
    with socket.create_connection((host, int(port)), timeout_s, (source, 0)) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # see rig/browser.py
        connection = context.wrap_socket(plain, server_hostname=server_name) if context else plain
        try:
            connection.sendall(bytes)
            connection.settimeout(quiet_s or timeout_s)
            while chunk := connection.recv(65536):
                answer += chunk
        except TimeoutError:
            return RawAnswer(answer, closed=False)
        except (ConnectionResetError, BrokenPipeError):
            pass
        return RawAnswer(answer, closed=True)


def request(method="GET", target="/auth/traefik", headers=(), version="HTTP/1.1", body=b""):
    """The bytes of one request; `headers` are pairs or whole lines, in their order."""
    lines = [f"{method} {target} {version}"]
    lines += [line if isinstance(line, str) else f"{line[0]}: {line[1]}" for line in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def subrequest(uri="/", *, method="GET", proto="https", host="app.test", target="/auth/traefik", more=()):
    """Traefik's subrequest for one request of a user; `more` are additional headers."""
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


NAVIGATION = (("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none"))
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.I)
_CLOSES = re.compile(rb"\r\nconnection: *close\r\n", re.I)


class Asker:
    """
    One persistent connection, to an auth listener as Traefik keeps them, or to Traefik: for corpora, where a new
    connection would take longer than the request. If the other side closes it, it is made again.
    """

    def __init__(self, address, *, context=None, server_name="app.test"):
        host, _, port = address.rpartition(":")
        self._address = host, int(port)
        self._context, self._server_name = context, server_name
        self._connection = None
        self._rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()

    def _connect(self):
        self._connection = socket.create_connection(self._address, 10)
        if self._context:
            self._connection = self._context.wrap_socket(self._connection, server_hostname=self._server_name)

    def hang_up(self):
        if self._connection:
            self._connection.close()
        self._connection, self._rest = None, b""

    def is_closed(self):
        """Whether the other side has closed the connection; everything that it sent must have been read."""
        ready, _, _ = select.select([self._connection], [], [], 0)
        return bool(ready) and self._connection.recv(1) == b""

    def ask(self, uri="/", *, cookie="", more=(), **options):
        """The response to `subrequest(uri, …)` with one Cookie line."""
        cookies = [("Cookie", cookie)] if cookie else []
        return self.send(subrequest(uri, more=[*more, *cookies], **options))

    def send(self, bytes):
        if not self._connection:
            self._connect()
        self._connection.sendall(bytes)
        head = self._read(lambda: self._rest.find(b"\r\n\r\n") + 4 if b"\r\n\r\n" in self._rest else 0)
        length = _LENGTH.search(head)
        body = self._read(lambda: int(length[1])) if length and int(length[1]) else b""
        closed = bool(_CLOSES.search(head))
        if closed:
            self.hang_up()
        return RawAnswer(head + body, closed)

    def _read(self, wanted):
        """Reads as many bytes as `wanted()` returns once it is not 0."""
        while not (n := wanted()) or len(self._rest) < n:
            chunk = self._connection.recv(65536)
            if not chunk and not self._rest:
                raise ConnectionResetError("the connection ended before an answer")
            assert chunk, f"the connection ended after {self._rest!r}"
            self._rest += chunk
        bytes, self._rest = self._rest[:n], self._rest[n:]
        return bytes

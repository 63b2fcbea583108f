# SPDX-License-Identifier: Apache-2.0
"""Clients that hold resources: many connections, or many requests on a few connections, none of which ends."""

import resource
import socket
import struct

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS = 0, 1, 4
_END_HEADERS = 4


def allow_descriptors():
    """Raises the limit of descriptors as far as the system allows, because each connection needs one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Crowd:
    """`n` connections to `address`, each of which sends the same beginning; responses are not read."""

    def __init__(self, address, n=0, beginning=b"", *, source="127.0.0.1"):
        allow_descriptors()
        host, _, port = address.rpartition(":")
        self._address, self._source = (host, int(port)), (source, 0)
        self._sockets = []
        for _ in range(n):
            self.join(beginning)

    def join(self, beginning):
        connection = socket.create_connection(self._address, 10, self._source)
        self._sockets.append(connection)
        try:
            connection.sendall(beginning)
        except ConnectionError:
            pass  # the listener has no room, and has closed it

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in self._sockets:
            connection.close()

    def ended(self):
        """The numbers of the connections that the other side has closed."""
        return [number for number, connection in enumerate(self._sockets) if self._has_ended(connection)]

    @staticmethod
    def _has_ended(connection):
        connection.setblocking(False)
        try:
            return connection.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True


def _frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def _field(name, value):
    """A literal header field without indexing, with a new name (RFC 7541, section 6.2.2)."""
    assert len(name) < 127 and len(value) < 127
    return b"\0" + bytes((len(name),)) + name.encode() + bytes((len(value),)) + value.encode()


class Http2Crowd:
    """`streams_n` requests on each of `n` connections over HTTP/2 (RFC 9113), each with one byte of its body."""

    def __init__(self, address, context, n, streams_n, fields):
        host, _, port = address.rpartition(":")
        context.set_alpn_protocols(["h2"])
        head = b"".join(_field(name, value) for name, value in fields)
        self._sockets = []
        for _ in range(n):
            plain = socket.create_connection((host, int(port)), 10)
            connection = context.wrap_socket(plain, server_hostname="app.test")
            self._sockets.append(connection)
            assert connection.selected_alpn_protocol() == "h2"
            connection.sendall(_PREFACE + _frame(_SETTINGS, 0, 0))
            for stream in range(1, 2 * streams_n, 2):
                connection.sendall(
                    _frame(_HEADERS, _END_HEADERS, stream, head) + _frame(_DATA, 0, stream, b"x")
                )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in self._sockets:
            connection.close()

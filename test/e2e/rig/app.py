# SPDX-License-Identifier: Apache-2.0
"""
The protected application: it reports each request that reached it, and remembers it.

Every response is a JSON object of the request (`method`, `target`, `headers` as a list in their order). A
target whose path ends in `/events` is a stream of three server-sent events, `/page` is an empty HTML page
for scripts to run in, a path in `files` is what the test put there (its type and its bytes), one in
`redirects` leads to an address, and a WebSocket handshake on any path gets an echo. It is written on sockets,
because a library would change the case of header names that tests compare.
"""

import asyncio
import base64
import hashlib
import json
import socket
import struct
import threading
from dataclasses import dataclass

from .headers import Headers
from .ports import free_port

_WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True)
class Seen(Headers):
    """One request as it arrived."""

    method: str
    target: str
    headers: tuple
    body: bytes

    def as_json(self):
        return json.dumps({"method": self.method, "target": self.target, "headers": self.headers}).encode()


async def _read_head(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    request_line, *lines = head[:-4].decode("latin-1").split("\r\n")
    method, target, _ = request_line.split(" ", 2)
    return (
        method,
        target,
        tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines)),
    )


async def _read_body(reader, headers):
    fields = {name.lower(): value for name, value in headers}
    if "chunked" in fields.get("transfer-encoding", "").lower():
        return await _read_chunks(reader)
    return await reader.readexactly(int(fields.get("content-length", "0")))


async def _read_chunks(reader):
    body = b""
    while True:
        size = int((await reader.readline()).split(b";")[0], 16)
        body += await reader.readexactly(size)
        await reader.readline()
        if size == 0:
            return body


def answer(writer, body, content_type="application/json", extra=""):
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        f"Cache-Control: no-store\r\n{extra}\r\n"
    )
    writer.write(head.encode() + body)


async def _answer_events(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    for number in range(3):
        event = f"data: event {number}\n\n".encode()
        writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
        await writer.drain()
    writer.write(b"0\r\n\r\n")


def _accept_websocket(writer, key):
    accept = base64.b64encode(hashlib.sha1(key.encode() + _WEBSOCKET_GUID).digest()).decode()
    writer.write(
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
        ).encode()
    )


async def _read_frame(reader):
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
    mask = await reader.readexactly(4)
    payload = await reader.readexactly(length)
    return first & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


async def _echo_frames(reader, writer):
    while True:
        opcode, payload = await _read_frame(reader)
        header = (
            bytes([0x80 | opcode, len(payload)])
            if len(payload) < 126
            else (bytes([0x80 | opcode, 126]) + struct.pack("!H", len(payload)))
        )
        writer.write(header + payload)
        await writer.drain()
        if opcode == 8:
            return


class Server:
    """
    An asyncio HTTP/1.1 server in its own thread; subclasses define the responses. With `context` it speaks https.
    `listener` is a socket that already listens.
    """

    def __init__(self, port=None, *, context=None, listener=None):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.loop = asyncio.new_event_loop()
        self._tasks = set()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        listener = listener or socket.create_server(("127.0.0.1", self.port))
        self._server = self._await(
            asyncio.start_server(self._serve, sock=listener, limit=1 << 20, ssl=context)
        )

    def _await(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._tasks.discard(asyncio.current_task())
            writer.close()

    async def _serve_one(self, reader, writer):
        method, target, headers = await _read_head(reader)
        request = Seen(method, target, headers, await _read_body(reader, headers))
        kept = await self.respond(request, reader, writer)
        await writer.drain()
        return kept

    async def respond(self, request, reader, writer):
        """Writes the answer; false when the connection is over."""
        raise NotImplementedError

    async def _shut_down(self):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stop(self):
        self._await(self._shut_down())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(20)
        self.loop.close()


class App(Server):
    """The application that the tests protect."""

    def __init__(self, port=None, **options):
        self.seen = []
        self.files, self.redirects = {}, {}
        super().__init__(port, **options)

    @property
    def last(self):
        assert self.seen, "the application saw no request"
        return self.seen[-1]

    def assert_untouched(self):
        assert not self.seen, f"the application saw {[request.target for request in self.seen]}"

    async def respond(self, request, reader, writer):
        self.seen.append(request)
        key = request.value("Sec-WebSocket-Key")
        path = request.target.partition("?")[0]
        if key:
            _accept_websocket(writer, key)
            await _echo_frames(reader, writer)
            return False
        if path in self.files:
            content_type, body = self.files[path]
            answer(writer, body, content_type)
        elif path in self.redirects:
            writer.write(
                f"HTTP/1.1 302 Found\r\nLocation: {self.redirects[path]}\r\nContent-Length: 0\r\n\r\n".encode()
            )
        elif path.endswith("/events"):
            await _answer_events(writer)
        elif path.endswith("/page"):
            answer(writer, b"<!doctype html><title>page</title><p>page", "text/html")
        else:
            answer(writer, b"" if request.method == "HEAD" else request.as_json())
        return True

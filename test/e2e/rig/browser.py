# SPDX-License-Identifier: Apache-2.0
"""
A client that behaves like a browser, as far as a protected application can see: its cookies, its Sec-Fetch
headers, its redirects. It shows every hop. It resolves all names to the loopback address.
"""

import http.client
import json
import socket
import urllib.parse
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from .cookies import Jar, site_of
from .dex import ADA
from .headers import Headers
from .html import Page

_HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
_REDIRECTS_MAX = 20


@dataclass(frozen=True)
class Kind:
    """The header fields of one kind of request, besides cookies."""

    method: str = "GET"
    mode: str = ""
    destination: str = ""
    accept: str = "*/*"
    top_level: bool = False
    has_origin: bool = False
    headers: tuple = ()


KINDS = {
    "navigation": Kind(
        mode="navigate",
        destination="document",
        accept=_HTML,
        top_level=True,
        headers=(("Upgrade-Insecure-Requests", "1"), ("Sec-Fetch-User", "?1")),
    ),
    "form": Kind(
        "POST",
        "navigate",
        "document",
        _HTML,
        top_level=True,
        has_origin=True,
        headers=(("Content-Type", "application/x-www-form-urlencoded"),),
    ),
    "frame": Kind(mode="navigate", destination="iframe", accept=_HTML),
    "embed": Kind(mode="navigate", destination="embed", accept=_HTML),
    "object": Kind(mode="navigate", destination="object", accept=_HTML),
    "prefetch": Kind(
        mode="navigate", destination="document", accept=_HTML, headers=(("Sec-Purpose", "prefetch"),)
    ),
    "fetch": Kind(mode="cors", destination="empty"),
    "fetch-post": Kind(
        "POST", "cors", "empty", has_origin=True, headers=(("Content-Type", "application/json"),)
    ),
    "xhr": Kind(
        mode="cors", destination="empty", accept=_HTML, headers=(("X-Requested-With", "XMLHttpRequest"),)
    ),
    "image": Kind(mode="no-cors", destination="image", accept="image/avif,image/*,*/*;q=0.8"),
    "events": Kind(mode="cors", destination="empty", accept="text/event-stream"),
    "websocket": Kind(
        mode="websocket",
        destination="websocket",
        has_origin=True,
        headers=(
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ),
    ),
    "preflight": Kind(
        "OPTIONS",
        "cors",
        "empty",
        has_origin=True,
        headers=(("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "x-custom")),
    ),
    # Clients that are no browsers send no Sec-Fetch headers at all.
    "api": Kind(accept="application/json"),
    "command-line": Kind(),
    "old-browser": Kind(accept=_HTML, top_level=True),
    "webview": Kind(accept=_HTML, top_level=True, headers=(("X-Requested-With", "org.example.browser"),)),
    "grpc": Kind("POST", headers=(("Content-Type", "application/grpc"), ("TE", "trailers"))),
}


@dataclass(frozen=True)
class Response(Headers):
    """One response, with its request."""

    kind: str
    method: str
    url: str
    status: int
    headers: tuple
    body: bytes

    @property
    def location(self):
        return self.value("Location")

    @property
    def set_cookies(self):
        return self.values("Set-Cookie")

    @property
    def reason(self):
        """The reason code, which every answer of sallyport has except a plain allow."""
        return self.value("X-Sallyport-Reason")

    @property
    def text(self):
        return self.body.decode()

    @property
    def page(self):
        return Page(self.url, self.text)

    def json(self):
        return json.loads(self.body)

    @property
    def target(self):
        parts = urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def __str__(self):
        return (
            f"{self.kind} {self.method} {self.url} -> {self.status} {self.reason or ''} {self.location or ''}"
        )


class Visit(list):
    """The hops of one navigation, first to last."""

    @property
    def final(self):
        return self[-1]

    @property
    def statuses(self):
        return [hop.status for hop in self]

    def hop(self, fragment):
        """The only hop whose address contains `fragment`."""
        found = [hop for hop in self if fragment in hop.url]
        assert len(found) == 1, f"{len(found)} hops have {fragment!r}:\n{self}"
        return found[0]

    def __str__(self):
        return "\n".join(str(hop) for hop in self)


class _PlainConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.create_connection(("127.0.0.1", self.port), self.timeout)


class _SecureConnection(http.client.HTTPSConnection):
    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        # Otherwise each request waits 40 ms for the acknowledgement of the handshake's last message.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


def origin_of(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _resolve(base, location):
    """An absolute location is kept byte for byte, which urljoin does not guarantee."""
    return location if location.startswith(("http://", "https://")) else urljoin(base, location)


def _is_trustworthy(url):
    """Whether Chrome sends Sec-Fetch headers to this URL."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname == "127.0.0.1" or parts.hostname.endswith("localhost")


def _fetch_site(initiator, urls):
    if initiator is None:
        return "none"
    if all(origin_of(url) == origin_of(initiator) for url in urls):
        return "same-origin"
    if all(site_of(url) == site_of(initiator) for url in urls):
        return "same-site"
    return "cross-site"


class Browser:
    """One profile: a cookie jar, and the authority that it trusts."""

    def __init__(self, authority, *, refuses_cookies=False):
        self.jar = Jar(refuses_cookies)
        self._context = authority.client_context()

    # -- one request ------------------------------------------------------------------------------------

    def send(self, kind, url, *, initiator=None, method=None, headers=(), body=b"", through=()):
        """
        One request and its answer; redirects are not followed.

        `initiator` is the address of the page that starts it (None: typed by a person), `through` the
        addresses that redirected to it. `headers` are added to those of the kind, or replace them.
        """
        shape = KINDS[kind]
        method = method or shape.method
        urls = (*through, url)
        fields = self._fields(shape, method, urls, initiator)
        fields = {**fields, **dict(headers)}
        response = self._exchange(kind, method, url, fields, body)
        self.jar.take(url, response.set_cookies)
        return response

    def _fields(self, shape, method, urls, initiator):
        url = urls[-1]
        fields = {"User-Agent": "Mozilla/5.0 (test)", "Accept": shape.accept, "Accept-Encoding": "identity"}
        fields.update(shape.headers)
        if shape.has_origin:
            fields["Origin"] = origin_of(initiator or url)
        if shape.mode and _is_trustworthy(url):
            fields.update(
                {
                    "Sec-Fetch-Mode": shape.mode,
                    "Sec-Fetch-Dest": shape.destination,
                    "Sec-Fetch-Site": _fetch_site(initiator, urls),
                }
            )
        else:
            fields.pop("Sec-Fetch-User", None)
        cookies = self._cookies(shape, method, urls, initiator)
        return {**fields, "Cookie": cookies} if cookies else fields

    def _cookies(self, shape, method, urls, initiator):
        if shape.method == "OPTIONS":
            return ""  # a preflight carries no cookies
        same_site = initiator is None or all(site_of(url) == site_of(initiator) for url in urls)
        lax = shape.top_level and method in ("GET", "HEAD", "OPTIONS", "TRACE")
        return self.jar.header(urls[-1], same_site=same_site, lax=lax)

    def _exchange(self, kind, method, url, fields, body):
        parts = urlsplit(url)
        target = parts.path or "/"
        if parts.query or url.endswith("?"):
            target += f"?{parts.query}"
        connection = self._connection(parts)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": parts.netloc, **fields}.items():
                connection.putheader(name, value)
            if body or method in ("POST", "PUT"):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return Response(kind, method, url, answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def _connection(self, parts):
        if parts.scheme == "https":
            return _SecureConnection(parts.hostname, parts.port or 443, timeout=30, context=self._context)
        return _PlainConnection(parts.hostname, parts.port or 80, timeout=30)

    # -- navigations ------------------------------------------------------------------------------------

    def navigate(self, url, *, initiator=None, kind="navigation", body=b"", follow=True):
        """Navigates at the top level and follows redirects; returns the Visit with every hop."""
        visit = Visit([self.send(kind, url, initiator=initiator, body=body)])
        while follow and visit.final.status in (301, 302, 303, 307, 308):
            self._follow(visit, initiator, body)
        return visit

    def _follow(self, visit, initiator, body):
        assert len(visit) <= _REDIRECTS_MAX, f"redirects without end:\n{visit}"
        last = visit.final
        keeps = last.method == "GET" or last.status in (307, 308)
        visit.append(
            self.send(
                last.kind if keeps else "navigation",
                _resolve(last.url, last.location),
                initiator=initiator,
                body=body if keeps else b"",
                through=tuple(hop.url for hop in visit),
            )
        )

    def submit(self, response, values=(), *, follow=True, form=0):
        """Submits the form of a page, filled in with `values`."""
        found = response.page.forms[form]
        encoded = urllib.parse.urlencode({**found.fields, **dict(values)})
        if found.method == "POST":
            return self.navigate(
                found.action, initiator=response.url, kind="form", body=encoded.encode(), follow=follow
            )
        address = found.action.partition("?")[0] + "?" + encoded
        return self.navigate(address, initiator=response.url, follow=follow)

    def click(self, response, fragment):
        """Follows the only link of a page whose address contains `fragment`."""
        found = {link.href for link in response.page.links if fragment in link.href}
        assert len(found) == 1, f"links with {fragment!r}: {sorted(found)}\n{response.text}"
        return self.navigate(found.pop(), initiator=response.url)

    # -- people -----------------------------------------------------------------------------------------

    def log_in(self, url, user=ADA, *, connector="local"):
        """Opens `url`, logs in with Dex's form, and returns all hops."""
        visit = self.navigate(url)
        visit.extend(self.pass_issuer(visit.final, user, connector=connector))
        return visit

    def pass_issuer(self, response, user=ADA, *, connector="local"):
        """Logs in, from Dex's first page to the end of the redirects."""
        visit = Visit()
        if not response.page.forms:
            visit.extend(self.click(response, f"/auth/{connector}"))
            response = visit.final
        if response.page.forms and "password" in response.page.forms[0].fields:
            visit.extend(self.submit(response, {"login": user.email, "password": user.password}))
        return visit

    def log_out(self, url, *, initiator=None):
        """Opens the logout page at `url`, confirms if asked, and follows all redirects."""
        visit = self.navigate(url, initiator=initiator)
        if visit.final.page.forms:
            visit.extend(self.submit(visit.final))
        return visit

    def start_login(self, url):
        """Opens `url` and stops at the issuer's first page: a login in progress."""
        visit = self.navigate(url)
        assert "/dex/" in visit.final.url, f"no login was begun:\n{visit}"
        return visit

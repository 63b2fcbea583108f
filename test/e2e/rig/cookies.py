# SPDX-License-Identifier: Apache-2.0
"""
A cookie jar that keeps what a browser would keep (RFC 6265bis), drops the rest, and states why.

The registrable domain is assumed to be the last two labels, which is true for all names of the tests.
"""

import re
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

_NAME_AND_VALUE_MAX = 4096
_ATTRIBUTE_VALUE_MAX = 1024
_MAX_AGE_LIMIT_S = 400 * 24 * 3600
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass
class Cookie:
    """One cookie with its attributes."""

    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool
    http_only: bool
    same_site: str
    expires: float | None
    made: int = field(default=0)

    def key(self):
        return self.name, self.domain, self.host_only, self.path


def site_of(url):
    """Scheme and registrable domain, which determine SameSite."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme, host if re.fullmatch(r"[0-9.]+", host) else ".".join(host.split(".")[-2:])


def _is_secure(url):
    """Chrome treats https and the loopback names as secure."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme in ("https", "wss") or host == "127.0.0.1" or host.split(".")[-1] == "localhost"


def _domain_match(host, domain):
    return host == domain or host.endswith("." + domain)


def _path_match(path, cookie_path):
    return path == cookie_path or (
        path.startswith(cookie_path) and (cookie_path.endswith("/") or path[len(cookie_path)] == "/")
    )


def _default_path(path):
    return path[: path.rfind("/")] or "/" if path.startswith("/") else "/"


def _attributes(text):
    """The attributes by lower-case name. The last one of a name counts; one that is too long is ignored."""
    found = {}
    for part in text:
        name, _, value = part.partition("=")
        if len(value.strip()) <= _ATTRIBUTE_VALUE_MAX:
            found[name.strip().lower()] = value.strip()
    return found


class Jar:
    """`refused` lists what was dropped: (Set-Cookie line, reason)."""

    def __init__(self, refuses_all=False):
        self.refuses_all = refuses_all
        self.refused = []
        self.ahead_s = 0
        self._cookies = {}
        self._made = 0

    def now(self):
        return time.time() + self.ahead_s

    def all(self):
        now = self.now()
        self._cookies = {
            key: cookie
            for key, cookie in self._cookies.items()
            if cookie.expires is None or cookie.expires > now
        }
        return sorted(self._cookies.values(), key=lambda cookie: (-len(cookie.path), cookie.made))

    def named(self, name):
        return [cookie for cookie in self.all() if cookie.name == name]

    def starting(self, prefix):
        return [cookie for cookie in self.all() if cookie.name.startswith(prefix)]

    def remove(self, cookie):
        del self._cookies[cookie.key()]

    def header(self, url, *, same_site=True, lax=True):
        """The value of Cookie for a request; `lax` is true for a top-level navigation with a safe method."""
        chosen = [cookie for cookie in self.all() if self._goes(cookie, url, same_site, lax)]
        return "; ".join(
            f"{cookie.name}={cookie.value}" if cookie.name else cookie.value for cookie in chosen
        )

    @staticmethod
    def _goes(cookie, url, same_site, lax):
        parts = urlsplit(url)
        host_fits = (
            parts.hostname == cookie.domain
            if cookie.host_only
            else _domain_match(parts.hostname, cookie.domain)
        )
        site_fits = same_site or cookie.same_site == "none" or (cookie.same_site == "lax" and lax)
        return (
            host_fits
            and site_fits
            and _path_match(parts.path or "/", cookie.path)
            and (not cookie.secure or _is_secure(url))
        )

    def take(self, url, lines):
        """Stores every Set-Cookie line of one response."""
        for line in lines:
            reason = self._take(url, line)
            if reason:
                self.refused.append((line, reason))

    def _take(self, url, line):
        if self.refuses_all:
            return "cookies are refused"
        if _CONTROL.search(line):
            return "control character"
        pair, *rest = line.split(";")
        name, equals, value = pair.partition("=")
        if not equals:
            name, value = "", pair
        name, value = name.strip(), value.strip()
        attributes = _attributes(rest)
        reason = self._refusal_of_pair(name, value) or self._refusal_of_attributes(url, name, attributes)
        return reason or self._store(self._cookie(url, name, value, attributes), url)

    @staticmethod
    def _refusal_of_pair(name, value):
        if not name and not value:
            return "empty"
        if len(name.encode()) + len(value.encode()) > _NAME_AND_VALUE_MAX:
            return "name and value over 4096 bytes"
        return None

    @staticmethod
    def _refusal_of_attributes(url, name, attributes):
        host = urlsplit(url).hostname
        domain = attributes.get("domain", "").lstrip(".").lower()
        if domain and not _domain_match(host, domain):
            return "Domain of another host"
        if domain and "." not in domain:
            return "Domain is a public suffix"
        secure = "secure" in attributes
        if secure and not _is_secure(url):
            return "Secure from an insecure origin"
        prefix = name.lower()
        if prefix.startswith("__secure-") and not secure:
            return "__Secure- without Secure"
        if prefix.startswith("__host-") and not (secure and not domain and attributes.get("path") == "/"):
            return "__Host- without Secure, with Domain or without Path=/"
        if attributes.get("samesite", "").lower() == "none" and not secure:
            return "SameSite=None without Secure"
        return None

    def _cookie(self, url, name, value, attributes):
        parts = urlsplit(url)
        domain = attributes.get("domain", "").lstrip(".").lower()
        path = attributes.get("path", "")
        same_site = attributes.get("samesite", "").lower()
        return Cookie(
            name=name,
            value=value,
            domain=domain or parts.hostname,
            host_only=not domain,
            path=path if path.startswith("/") else _default_path(parts.path),
            secure="secure" in attributes,
            http_only="httponly" in attributes,
            same_site=same_site if same_site in ("strict", "lax", "none") else "lax",
            expires=self._expiry(attributes),
        )

    def _expiry(self, attributes):
        text = attributes.get("max-age", "")
        if re.fullmatch(r"-?[0-9]+", text):
            return self.now() + min(int(text), _MAX_AGE_LIMIT_S) if int(text) > 0 else 0
        if "expires" in attributes:
            return parsedate_to_datetime(attributes["expires"]).timestamp()
        return None

    def _store(self, cookie, url):
        if not _is_secure(url) and self._would_cover_secure(cookie):
            return "an insecure origin may not cover a Secure cookie"
        previous = self._cookies.get(cookie.key())
        self._made += 1
        cookie.made = previous.made if previous else self._made
        self._cookies[cookie.key()] = cookie
        return None

    def _would_cover_secure(self, cookie):
        return any(
            other.secure
            and other.name == cookie.name
            and _path_match(cookie.path, other.path)
            and (_domain_match(other.domain, cookie.domain) or _domain_match(cookie.domain, other.domain))
            for other in self.all()
        )

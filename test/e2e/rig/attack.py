# SPDX-License-Identifier: Apache-2.0
"""One request of an attacker to a site, and its required result."""

from .raw import request


def asked(site, target="/secret", headers=(), *, method="GET", host=None, body=b""):
    """Traefik's response to one request, sent byte by byte."""
    host = f"app.test:{site.ports.https}" if host is None else host
    fields = [("Host", host), ("Connection", "close"), *headers]
    return site.exchange(request(method, target, fields, body=body))


def assert_kept_out(site, answer, *statuses):
    """Asserts that the request is refused with one of the statuses and does not reach the application."""
    assert answer.status in statuses, answer
    site.app.assert_untouched()

# SPDX-License-Identifier: Apache-2.0
"""Checks for every response of sallyport, in addition to those of each test."""

import re

BODY_MAX = 4096


def refusal(response, status, reason):
    """Checks any answer that is not a plain allow: status, code, and the headers that all of them have."""
    assert response.status == status, f"{response}\n{response.text}"
    assert response.reason == reason, str(response)
    assert response.value("X-Request-Id"), str(response)
    assert response.value("Cache-Control") == "no-store", str(response)
    assert "Cookie" in response.value("Vary"), str(response)
    assert response.value("Referrer-Policy") == "no-referrer", str(response)
    assert response.value("X-Content-Type-Options") == "nosniff", str(response)
    assert len(response.body) < BODY_MAX, f"{len(response.body)} bytes: {response}"


def page(response, status, reason):
    """Checks a page for people; returns the parsed page."""
    refusal(response, status, reason)
    assert response.value("Content-Type").lower().replace(" ", "") == "text/html;charset=utf-8"
    policy = response.value("Content-Security-Policy")
    assert "default-src 'none'" in policy and "unsafe" not in policy, policy
    found = response.page
    assert found.title and response.value("X-Request-Id") in found.text, response.text
    assert not any(tag == "script" for tag, _ in found.tags), response.text
    return found


def problem(response, status, reason):
    """Checks a problem document for programs (RFC 9457); returns the parsed document."""
    refusal(response, status, reason)
    assert response.value("Content-Type") == "application/problem+json", str(response)
    if response.method == "HEAD":
        return None
    document = response.json()
    assert document["status"] == status and document["reason"] == reason, document
    assert document["request_id"] == response.value("X-Request-Id"), document
    assert document["type"] == "about:blank" and document["title"], document
    return document


def login_redirect(response, issuer):
    """Checks the redirect that begins a login; returns the parameters of the authorization request."""
    refusal(response, 302, "no_session")
    address, _, query = response.location.partition("?")
    assert address == f"{issuer}/auth", str(response)
    pairs = [part.partition("=")[::2] for part in query.split("&")]
    parameters = dict(pairs)
    assert len(pairs) == len(parameters), f"a parameter comes twice: {query}"
    assert parameters["response_type"] == "code" and parameters["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", parameters["code_challenge"]), query
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", parameters["nonce"]), query
    assert parameters["state"], query
    return parameters


def attributes(line):
    """Name, value and lower-case attributes of a Set-Cookie line."""
    pair, *rest = [part.strip() for part in line.split(";")]
    name, _, value = pair.partition("=")
    return name, value, {part.partition("=")[0].lower(): part.partition("=")[2] for part in rest}

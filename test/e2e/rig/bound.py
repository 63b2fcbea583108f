# SPDX-License-Identifier: Apache-2.0
"""A chain of middlewares with a proxy key, the bindings that require it, and the route to an API server."""

KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
LISTED = ("Impersonate-User", "Impersonate-Group", "Authorization", "Cookie", "X-Sallyport-Proxy-Key")


def chain(routes, query="headers=kubernetes", name="bound", headers=LISTED):
    """The middlewares of an operator: the proxy key, and forwardAuth."""
    key = routes.middleware(f"{name}-key", "headers", customRequestHeaders={"X-Sallyport-Proxy-Key": KEY})
    return [key, routes.ask(f"{name}-ask", f"/auth/traefik?{query}", headers)]


def binding(folder, host, token, **more):
    """A binding of the set `kubernetes`, with its files."""
    (folder / "account-token").write_text(token)
    (folder / "proxy-key").write_text(KEY)
    for name in ("account-token", "proxy-key"):
        (folder / name).chmod(0o600)
    return {
        "set": "kubernetes",
        "host": host,
        "token_file": "account-token",
        "proxy_key_file": "proxy-key",
        **more,
    }


def lead_to(routes, api):
    """Traefik's service `api-server`."""
    routes.transport("api-server", rootCAs=[str(api.ca_file)], serverName="kubernetes")
    routes.service("api-server", api.url, transport="api-server")

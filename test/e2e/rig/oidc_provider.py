# SPDX-License-Identifier: Apache-2.0
"""
Real oidc-provider: an issuer with its own session, which asks before it signs out and sends logout tokens.

Users are identified by what they type into its form; any password is accepted. `ada~1000` has an ID token
that is a thousand bytes longer. Codes may go to every origin of the run, and users return there after a sign-out;
logout tokens go to `app.test`. Refresh tokens of the client `rotating` are replaced at each use, and one that is
used again ends its grant; those of `client` do not change.
"""

import json
from pathlib import Path
from urllib.parse import urlsplit

from . import tools
from .dex import ADA, Client
from .ports import free_port
from .process import Process
from .site import HOSTS, redirect_uris

PROGRAM = Path(__file__).with_suffix(".mjs")
PEOPLE = {
    "ada": {
        "email": ADA.email,
        "email_verified": True,
        "name": ADA.name,
        "groups": list(ADA.groups),
    },
    "roles": {
        "email": "roles@example.com",
        "email_verified": "true",
        "groups": {"ops": {}, "dev": {}},
        "realm_access": {"roles": ["offline_access", "ops"]},
    },
}
CLAIMS = {
    "openid": ["sub", "realm_access"],
    "email": ["email", "email_verified"],
    "profile": ["name", "preferred_username"],
    "groups": ["groups"],
}


class OidcProvider(Process):
    """It serves https as issuer.localhost."""

    def __init__(self, folder, authority, ports, env=()):
        port = free_port()
        self.issuer = f"https://issuer.localhost:{port}"
        self.client = Client("sallyport", "a+secret/of=odd&characters%3A", redirect_uris(ports))
        self.rotating = Client("sallyport-rotating", "another secret", redirect_uris(ports))
        settings = folder / "oidc-provider.json"
        settings.write_text(
            json.dumps(
                {
                    "issuer": self.issuer,
                    "port": port,
                    "cert_file": str(authority.cert_file),
                    "key_file": str(authority.key_file),
                    "people": PEOPLE,
                    "rotating": self.rotating.id,
                    "configuration": self._configuration(ports),
                }
            )
        )
        installed = tools.oidc_provider()
        super().__init__(
            "oidc-provider",
            [installed / "node", PROGRAM, installed, settings],
            folder,
            {"NODE_EXTRA_CA_CERTS": str(authority.ca_file), **dict(env)},
        )
        self.wait_until(lambda: self._said("ready"), "listening")

    def _configuration(self, ports):
        told = {
            "post_logout_redirect_uris": [
                f"https://{host}:{ports.https}/_sallyport/signed-out" for host in HOSTS
            ],
            "backchannel_logout_uri": f"https://app.test:{ports.https}/_sallyport/backchannel-logout",
            "backchannel_logout_session_required": True,
            "grant_types": ["authorization_code", "refresh_token"],
        }
        return {
            "clients": [
                {
                    "client_id": client.id,
                    "client_secret": client.secret,
                    "redirect_uris": client.redirect_uris,
                    **told,
                }
                for client in (self.client, self.rotating)
            ],
            "claims": CLAIMS,
            "conformIdTokenClaims": False,
            "cookies": {"keys": ["the key of its cookies"]},
            "features": {"backchannelLogout": {"enabled": True}, "revocation": {"enabled": True}},
        }

    def _said(self, member):
        """The program's log lines with this member; lines of the package itself are not JSON."""
        lines = [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]
        return [line for line in lines if member in line]

    def sent(self):
        """The result of each logout token, in order."""
        return self._said("taken")

    def revoked(self):
        """The grants that were ended by a refresh token."""
        return [line["revoked"] for line in self._said("revoked")]

    def log_in(self, browser, url, login="ada"):
        """Opens `url`, and signs in with the issuer's form; returns all hops."""
        visit = browser.navigate(url)
        if urlsplit(visit.final.url).netloc == urlsplit(self.issuer).netloc:
            visit.extend(browser.submit(visit.final, {"login": login, "password": "any"}))
        return visit

# SPDX-License-Identifier: Apache-2.0
"""Real Dex: the central issuer, and a second one behind it in the role of a company's identity provider."""

import socket
from dataclasses import dataclass, field

import yaml

from . import tools
from .ports import free_port
from .process import Process

PASSWORD = "password"
HASH_OF_PASSWORD = "$2a$10$2b2cU8CPhOTaGrs1HRQuAueS7JTT5ZHsHSzYiFPm1leZck7Mc8T4W"


@dataclass(frozen=True)
class User:
    """A user who can log in with PASSWORD."""

    name: str
    email: str
    groups: tuple = ()
    preferred_username: str = ""
    verified: bool = True
    password: str = field(default=PASSWORD, repr=False)

    def as_static_password(self):
        entry = {
            "email": self.email,
            "hash": HASH_OF_PASSWORD,
            "username": self.name,
            "userID": f"id-of-{self.email}",
            "groups": list(self.groups),
            "emailVerified": self.verified,
        }
        if self.preferred_username:
            entry["preferredUsername"] = self.preferred_username
        return entry


ADMIN = User("Admin", "admin@example.com", ("admins", "ops"), "admin")
ADA = User("Ada Lovelace", "ada@example.com", ("ops",), "ada")
GRACE = User("Grace Hopper", "grace@example.org", ("dev",))
LONER = User("No Groups", "loner@example.com")
UNVERIFIED = User("Not Verified", "unverified@example.com", ("ops",), verified=False)
CROWD = User("In Many Groups", "crowd@example.com", tuple(f"team-{n:04}" for n in range(600)))
COMMA = User("Odd Groups", "comma@example.com", ("ops", "one,two", "dev", "system:masters"), "comma")
LONG = User("W" * 240, "long@example.com", ("g" * 200, "ops"), "w" * 240)
# Both directions, letters without spaces, an emoji, and a character that reverses the following text.
SCRIPTS = User(
    "\u0645\u0631\u064a\u0645 (QA) \u5f20\u4f1f \u202e\U0001f469",
    "scripts@example.com",
    ("\u0641\u0631\u064a\u0642 1", "\u05e6\u05d5\u05d5\u05ea 2", "\u5f00\u53d1"),
)
USERS = (ADMIN, ADA, GRACE, LONER, UNVERIFIED, CROWD, COMMA, LONG, SCRIPTS)
EXTERNAL = User("Mary Somerville", "mary@company.example", ("science",), "mary")


@dataclass(frozen=True)
class Client:
    """A client of Dex; without a secret it is a public client."""

    id: str
    secret: str = ""
    redirect_uris: tuple = ()

    def as_static_client(self):
        entry = {"id": self.id, "name": self.id, "redirectURIs": list(self.redirect_uris)}
        return {**entry, "secret": self.secret} if self.secret else {**entry, "public": True}


class Dex(Process):
    """One Dex. With an authority it serves https as `host`, otherwise http on 127.0.0.1."""

    def __init__(
        self,
        name,
        folder,
        *,
        clients,
        users=USERS,
        connectors=(),
        authority=None,
        port=None,
        host="dex.localhost",
        storage=None,
        issuer=None,
        env=None,
    ):
        self.port = port or free_port()
        self._storage = storage or {"type": "memory"}
        self.authority = authority
        origin = f"https://{host}:{self.port}" if authority else f"http://127.0.0.1:{self.port}"
        self.issuer = issuer or f"{origin}/dex"
        config = folder / f"{name}.yaml"
        config.write_text(yaml.safe_dump(self._config(clients, users, connectors), sort_keys=False))
        super().__init__(name, [tools.dex(), "serve", config], folder, env)
        self.wait_until(self._answers, "listening")

    def _config(self, clients, users, connectors):
        return {
            "issuer": self.issuer,
            "storage": self._storage,
            "web": self._web(),
            "logger": {"level": "debug"},
            "oauth2": {"skipApprovalScreen": True, "passwordConnector": "local"},
            "expiry": {"idTokens": "10m"},
            "staticClients": [client.as_static_client() for client in clients],
            "enablePasswordDB": True,
            "staticPasswords": [user.as_static_password() for user in users],
            "connectors": list(connectors),
        }

    def _web(self):
        address = f"127.0.0.1:{self.port}"
        if not self.authority:
            return {"http": address}
        return {
            "https": address,
            "tlsCert": str(self.authority.cert_file),
            "tlsKey": str(self.authority.key_file),
        }

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, deadline_s=20):
        status = super().stop(deadline_s)
        assert status in (0, 2), f"{self.name} ended with {status}\n{self.tail()}"  # its normal exit status is 2


MOCK_CONNECTOR = {"type": "mockCallback", "id": "mock", "name": "Mock"}


def oidc_connector(upstream, client, callback):
    """The connector with which one Dex redirects users to another."""
    return {
        "type": "oidc",
        "id": "company",
        "name": "Company",
        "config": {
            "issuer": upstream.issuer,
            "clientID": client.id,
            "clientSecret": client.secret,
            "redirectURI": callback,
            "scopes": ["openid", "profile", "email", "groups"],
            "insecureEnableGroups": True,
            "getUserInfo": True,
        },
    }


class Federation:
    """
    The central Dex (`central`), and the external identity provider behind it (`upstream`). `plugins` are the
    clients of kubelogin for two kinds of cluster.
    """

    def __init__(self, folder, authority, redirect_uris):
        self.confidential = Client("sallyport", "a+secret/of=odd&characters%3A", redirect_uris)
        self.public = Client("sallyport-public", "", redirect_uris)
        self.plugins = Client("kubectl"), Client("kubectl-north")
        port = free_port()
        callback = f"https://dex.localhost:{port}/dex/callback"
        connection = Client("central", "the secret of the central one", (callback,))
        self.upstream = Dex(
            "upstream", folder, users=(EXTERNAL, ADA), clients=(connection, self.confidential)
        )
        self.central = Dex(
            "dex",
            folder,
            port=port,
            authority=authority,
            clients=(self.confidential, self.public, *self.plugins),
            connectors=(MOCK_CONNECTOR, oidc_connector(self.upstream, connection, callback)),
        )

    def stop(self):
        self.central.stop()
        self.upstream.stop()

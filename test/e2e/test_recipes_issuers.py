# SPDX-License-Identifier: Apache-2.0
"""
The issuers of doc/recipes.md that cannot run here: a scripted one responds as their documentation states, and the
configuration of the recipe signs in the users that it should, and nobody else.
"""

from dataclasses import dataclass

import pytest
from rig import expect
from rig.dex import Client
from rig.documents import under
from rig.issuer import json_answer

PAGE = "doc/recipes.md"

OPENID = ["openid", "profile", "email"]
MAIL = {"email": "ada@example.com", "email_verified": True}
NAMES = {"name": "Ada Lovelace", "preferred_username": "ada@example.com"}


@dataclass(frozen=True)
class Documented:
    """An issuer according to its documentation: scopes, and the place of each claim; and claims that keep a user out."""

    scopes: list
    id_token: dict
    userinfo: dict
    other: dict
    groups: str | None


ISSUERS = {
    "Entra ID": Documented(
        [*OPENID, "offline_access"],
        {**NAMES, "email": "ada@elsewhere.example", "upn": "ada@example.com", "oid": "o", "roles": ["operators"]},
        {},
        {"roles": ["readers"]},
        "operators",
    ),
    "Okta": Documented(
        [*OPENID, "groups"],
        NAMES,
        {**NAMES, **MAIL, "groups": ["Everyone", "ops"]},
        {"groups": ["Everyone"]},
        "Everyone,ops",
    ),
    "Google": Documented(OPENID, {**NAMES, **MAIL, "hd": "example.com"}, {}, {"hd": None}, None),
    "GitLab": Documented(
        [*OPENID, "read_user"],
        {**MAIL, "groups_direct": ["example"]},
        {**MAIL, "name": "Ada Lovelace", "groups": ["example", "example/platform"]},
        {"groups": ["example"]},
        "example,example/platform",
    ),
}


@pytest.mark.edges("3.7.15-https")
@pytest.mark.parametrize("name", ISSUERS)
def test_an_issuer_as_it_is_documented_signs_in_whom_the_rules_allow(name, make_issuer, make_site, rig):
    documented = ISSUERS[name]
    config = under(PAGE, name, "yaml").documents()[0]
    issuer = make_issuer(authority=rig.authority)
    issuer.metadata["scopes_supported"] = documented.scopes
    issuer.user = {"sub": "1", **documented.id_token}
    of_userinfo = {"sub": "1", **documented.userinfo}
    issuer.on["userinfo"] = lambda _question: json_answer(of_userinfo)
    own = ("issuer", "client_id", "client_secret_file", "keys_file")
    site = make_site(
        issuer=issuer.url,
        client=Client(issuer.client_id, issuer.client_secret),
        settings={setting: value for setting, value in config.items() if setting not in own},
    )
    assert site.browser().navigate(site.url("/x")).final.status == 200
    assert site.app.last.value("X-Forwarded-User") == "ada@example.com"
    assert site.app.last.value("X-Forwarded-Email") == (None if name == "Entra ID" else "ada@example.com")
    assert site.app.last.value("X-Forwarded-Groups") == documented.groups
    assert set(issuer.questions("authorize")[0].query["scope"].split()) <= set(documented.scopes)

    issuer.user.update(documented.other)
    of_userinfo.update(documented.other)
    expect.page(site.browser().navigate(site.url("/x")).final, 403, "policy_denied")

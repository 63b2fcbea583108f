# SPDX-License-Identifier: Apache-2.0
"""
The rights of the account that impersonates, as the chart grants them, on real API servers and through real Traefik:
they are sufficient, each of them is necessary, and requests that neither of the two modes blocks are refused earlier.
"""

import json

import pytest
from rig import expect
from rig.bound import KEY, LISTED, lead_to
from rig.issuer import Issuer
from rig.keys import Key
from rig.kube import Refused, web_binding
from rig.process import wait_for
from rig.render import impersonation
from rig.site import EDGES, Site
from test_bearer import CLIENT, bearer, token_of

# The API server of the tests about RBAC.
pytestmark = pytest.mark.xdist_group("cluster")

HOST, USER, GROUP = "app.example.test", "rights@example.com", "of-rights"
MODES = {"constrained": {}, "legacy": {"rbac.impersonation": "legacy"}}
MAPS = "/api/v1/namespaces/default/configmaps"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
# A request for each verb, by the kind of rule that grants it; they change nothing.
REQUESTS = {
    ("*", "get"): ("GET", f"{MAPS}/none"),
    ("*", "list"): ("GET", MAPS),
    ("*", "watch"): ("GET", f"{MAPS}?watch=1&labelSelector=!!"),
    ("*", "create"): ("POST", MAPS),
    ("*", "update"): ("PUT", f"{MAPS}/none"),
    ("*", "patch"): ("PATCH", f"{MAPS}/none"),
    ("*", "delete"): ("DELETE", f"{MAPS}/none"),
    ("*", "deletecollection"): ("DELETE", f"{MAPS}?labelSelector=!!"),
    **{
        ("paths", method.lower()): (method, "/version")
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    },
}
# Names of the system, and by which rights an API server lets the account take them: for all groups, or for named ones.
CONSTRAINED, LEGACY = ("constrained", "full"), ("legacy", "full")
NAMED = {("constrained", "named"), ("legacy", "named")}
USERS_OF_THE_SYSTEM = {
    "system:admin": {CONSTRAINED, LEGACY, *NAMED},
    "system:kube-controller-manager": {CONSTRAINED, LEGACY, *NAMED},
    "system:node:n": {LEGACY, ("legacy", "named")},
    "system:serviceaccount:kube-system:x": set(),
}
GROUPS_OF_THE_SYSTEM = {
    "system:nodes": {CONSTRAINED, LEGACY},
    "system:masters": {LEGACY},
}


def lessened(rules):
    """The rules with one word removed, each with the kind of its rule and the word."""
    for rule in rules:
        kind = "paths" if "nonResourceURLs" in rule else rule["resources"][0]
        for key in ("verbs", "resourceNames"):
            for word in rule.get(key, ()):
                rest = [one for one in rule[key] if one != word]
                less = [{**rule, key: rest}] if rest else []
                yield kind, word, [one for other in rules for one in (less if other is rule else [other])]


class Door(Site):
    """
    A site whose application is an API server, once for each set of rules, below its own prefix, for accounts
    with these rules.
    """

    def __init__(self, rig, folder, server, tokens):
        self._server, self._tokens = server, tokens
        self.users = Issuer(keys=[Key("ES256")])
        (folder / "proxy-key").write_text(KEY)
        for name, token in tokens.items():
            (folder / name).write_text(token)
        super().__init__(
            rig, EDGES[0], folder, layout=self._lay, issuer=self.users.url, client=CLIENT, settings=self._bound()
        )
        self._running.callback(self.users.stop)
        self._client = self.browser()

    def _bound(self):
        bound = {"set": "kubernetes", "host": HOST, "proxy_key_file": "proxy-key"}
        return {
            "bearer_audiences": "kubectl",
            "forwarded_prefixes": [f"/{name}" for name in self._tokens],
            "credentials": [{**bound, "path_prefix": f"/{name}", "token_file": name} for name in self._tokens],
        }

    def _lay(self, routes):
        lead_to(routes, self._server.api)
        key = routes.middleware("key", "headers", customRequestHeaders={"X-Sallyport-Proxy-Key": KEY})
        ask = routes.ask("bound", "/auth/traefik?headers=kubernetes&prefix=1", LISTED)
        strip = routes.strip(*(f"/{name}" for name in self._tokens))
        routes.route("bound", f"Host(`{HOST}`)", [routes.clean(), strip, key, ask], service="api-server")

    def token(self, user=USER, groups=(GROUP,)):
        return token_of(self.users, sub=user, email=user, groups=list(groups))

    def ask(self, name, token, method, path, body=b""):
        """The answer to a request with the token, through the account `name`."""
        headers = {**bearer(token), "Content-Type": "application/json"}
        return self._client.send("api", self.url(f"/{name}{path}", HOST), method=method, headers=headers, body=body)


@pytest.fixture(scope="module")
def user(cluster):
    """A user who has the rights for these requests."""
    metadata = {"name": "of-rights"}
    rules = [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]},
        {"nonResourceURLs": ["/version"], "verbs": ["*"]},
    ]
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    cluster.api.create({**kind, "metadata": metadata, "rules": rules}, web_binding("of-rights", "of-rights", USER))
    return USER


@pytest.fixture(scope="module", params=MODES)
def door(request, rig, cluster, older, user, render, tmp_path_factory):
    """A site in front of the API server of a mode, with accounts `less-NN` and, made last, `named` and `full`."""
    mode = request.param
    named = impersonation(render, **MODES[mode], **{"rbac.impersonateGroups": [GROUP]})
    less = {f"less-{number:02}": case for number, case in enumerate(lessened(named))}
    rules = {name: case[2] for name, case in less.items()}
    rules |= {"named": named, "full": impersonation(render, **MODES[mode])}
    namespace = cluster.namespace(mode)
    tokens = {name: cluster.account_of(namespace, name, ruled) for name, ruled in rules.items()}
    server = cluster if mode == "constrained" else older
    door = Door(rig, tmp_path_factory.mktemp(mode), server, tokens)
    door.mode, door.less, door.server, door.tokens = mode, less, server, tokens
    wait_for(lambda: door.ask("full", door.token(), "GET", MAPS).status == 200, "the rights")
    yield door
    door.stop()


def test_the_rights_of_the_chart_suffice_and_each_of_them_is_needed(door):
    assert len(door.less) == {"constrained": 19, "legacy": 4}[door.mode]
    cases = {"full": ("", ""), "named": ("", ""), **{name: case[:2] for name, case in door.less.items()}}
    token = door.token()
    for name, (kind, word) in cases.items():
        for (kind_of_request, verb), (method, path) in REQUESTS.items():
            answer = door.ask(name, token, method, path)
            is_needed = kind in ("users", "groups") or (kind, word.rpartition(":")[2]) == (kind_of_request, verb)
            assert (answer.status == 403) == is_needed, (name, kind, word, method, path, answer.text)
            if is_needed and method != "HEAD":
                text = answer.json()["message"]
                assert f'{word}" is forbidden' in text or f" cannot {word} " in text, (word, text)


def gets_from_the_server(door, rights, **headers):
    """Whether the API server accepts the account's impersonation without a proxy in between."""
    account = door.server.as_account(door.tokens[rights])
    try:
        return bool(account.call("POST", WHO, REVIEW, headers={"Impersonate-User": USER, **headers}))
    except Refused as refused:
        assert refused.status == 403 and " cannot impersonate" in refused.message, refused
        return False


def test_ac_62_names_that_an_api_server_would_take_are_refused_before_it(door):
    for header, names in {"Impersonate-User": USERS_OF_THE_SYSTEM, "Impersonate-Group": GROUPS_OF_THE_SYSTEM}.items():
        for name, rights in names.items():
            for one in ("full", "named"):
                assert gets_from_the_server(door, one, **{header: name}) == ((door.mode, one) in rights), (name, one)
    for name in USERS_OF_THE_SYSTEM:
        answer = door.ask("full", door.token(name), "POST", WHO, json.dumps(REVIEW).encode())
        expect.refusal(answer, 403, "reserved_name")
    groups = [GROUP, *GROUPS_OF_THE_SYSTEM]
    answer = door.ask("full", door.token(groups=groups), "POST", WHO, json.dumps(REVIEW).encode())
    assert answer.status == 201, answer.text
    assert set(answer.json()["status"]["userInfo"]["groups"]) == {GROUP, "system:authenticated"}


def test_the_audit_log_of_the_api_server_names_the_user_and_the_account(door):
    user = f"audited-{door.mode}@example.com"
    assert door.ask("full", door.token(user), "POST", WHO, json.dumps(REVIEW).encode()).status == 201

    def recorded():
        lines = [json.loads(line) for line in door.server.audit_log.read_text().splitlines() if user in line]
        return [line for line in lines if line["stage"] == "ResponseComplete"]

    (line,) = wait_for(recorded, "the record")
    assert line["user"]["username"].startswith("system:serviceaccount:") and line["user"]["username"].endswith(":full")
    assert line["impersonatedUser"] == {"username": user, "groups": [GROUP, "system:authenticated"]}
    constraint = line.get("authenticationMetadata", {}).get("impersonationConstraint")
    assert constraint == {"constrained": "impersonate:user-info", "legacy": None}[door.mode]

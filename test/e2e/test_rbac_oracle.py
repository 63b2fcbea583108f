# SPDX-License-Identifier: Apache-2.0
"""RBAC decisions, compared with those of the real API server on the same objects."""

import http.client
import json
import random
import ssl
from urllib.parse import unquote

import pytest
from rig.keys import Key
from rig.raw import Asker
from rig.sallyport import run
from test_bearer import bearer, token_of

# All tests of this group share one API server.
pytestmark = pytest.mark.xdist_group("cluster")

RBAC = "rbac.authorization.k8s.io"
HOST = "app.example.com"
CASES_N = 2000
EXPLAINED = 20  # one of this many cases is explained, each by a separate program
PATTERNS = (
    *("/a", "/a/", "/a/*", "/a/**", "/a*", "/a**", "/a/b", "/a/b/*", "/*/b", "/*/b*", "/a b", "/a b/*", "/z\u00fcrich/*"),
    *("/", "/c/**", "/x/*", "/a;b*", "/a%20b", f"https://{HOST}/*", "~/a", "/apis/*/x", "/c/*"),
)
VERBS = (["get"], ["get", "head"], ["*"], ["post"], ["GET"], ["get", "put", "delete"])
USERS = ("ada", "bob@example.com", "eve", " ada", "*")
GROUPS = ("ops", "oidc:sre", "dev", "system:authenticated")
PATHS = (
    *("/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/ab/c", "/x/b", "/*/b", "/*/bc", "/a%20b", "/a%20b/c", "/c/d"),
    *("/z%C3%BCrich/x", "/healthz", "/version", "/version/", "/api", "/api/v1", "/apis/x", "/openapi/v3", "/readyz"),
)
ODD = (
    *("/a/%2F", "/a/b%2Fc", "/a%2Fb", "/a//b", "/a/b;c", "/a;b", "/%61/b", "/a/..%2Fb", "/a/%2e%2e/b", "/a/%5Cb"),
    *("/a/./b", "/a/b.", "/a/%2561", "/a%2520b", "/x/%2E/b", "/*/b%2Fc", "/z%c3%bcrich/x", "/a%09", "//a", "/a%20b//c"),
)


def objects_of(dice, name):
    roles = [
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": f"{name}-{i}"},
            "rules": [
                {"nonResourceURLs": dice.sample(PATTERNS, dice.randint(1, 3)), "verbs": dice.choice(VERBS)}
                for _ in range(dice.randint(1, 2))
            ],
        }
        for i in range(20)
    ]
    roles[0]["rules"] = [{"nonResourceURLs": ["*"], "verbs": ["delete"]}]
    roles[1]["rules"] = [{"nonResourceURLs": ["/c/d", "**"], "verbs": ["post"]}]
    subjects = [{"apiGroup": RBAC, "kind": "User", "name": user} for user in USERS]
    subjects += [{"apiGroup": RBAC, "kind": "Group", "name": group} for group in GROUPS[:3]]
    subjects += [{"kind": "ServiceAccount", "name": "eve", "namespace": "default"}]
    bindings = [
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{name}-{i}"},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"{name}-{i}"},
            "subjects": dice.sample(subjects, dice.randint(1, 2)),
        }
        for i in range(22)
    ]
    return roles + bindings


def relevant(api):
    """The objects of the API server, except those without paths; items have no `kind`, as in its lists."""
    for kind in ("ClusterRole", "ClusterRoleBinding"):
        listed = api.get(f"{RBAC}/v1", kind)
        yield {
            **listed,
            "items": [
                {key: one[key] for key in ("metadata", "rules", "roleRef", "subjects") if key in one}
                for one in listed["items"]
                if kind == "ClusterRoleBinding" or any(rule.get("nonResourceURLs") for rule in one["rules"] or ())
            ],
        }


class Oracle:
    """SubjectAccessReviews over one connection."""

    def __init__(self, api):
        context = ssl.create_default_context(cafile=api.ca_file)
        self.connection = http.client.HTTPSConnection(api.url.removeprefix("https://"), context=context, timeout=30)
        self.headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}

    def allows(self, user, groups, verb, path):
        attributes = {"path": path, "verb": verb}
        spec = {"user": user, "groups": [*groups, "system:authenticated"], "nonResourceAttributes": attributes}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        self.connection.request("POST", path, json.dumps(review), self.headers)
        answer = self.connection.getresponse()
        body = json.loads(answer.read())
        assert answer.status == 201, body
        return body["status"]["allowed"]


def drawn(dice):
    """User, groups, method and target of each case, without duplicates."""
    return list(
        dict.fromkeys(
            (
                dice.choice(USERS[:3]),
                tuple(sorted(dice.sample(GROUPS[:3], dice.randint(0, 2)))),
                dice.choice(("GET", "GET", "HEAD", "POST", "DELETE")),
                dice.choice(PATHS if n % 4 else ODD),
            )
            for n in range(CASES_N)
        )
    )


class Ours:
    """The decisions of a running sallyport about users of an issuer, and the results of `explain`."""

    def __init__(self, sallyport, issuer):
        self._sallyport, self._issuer = sallyport, issuer
        self._asker = Asker(sallyport.listen)
        self._tokens = {}

    def _token(self, *person):
        if person not in self._tokens:
            user, groups = person
            self._tokens[person] = token_of(self._issuer, sub=user, groups=list(groups))
        return self._tokens[person]

    def allows(self, user, groups, method, target):
        more = bearer(self._token(user, groups)).items()
        answer = self._asker.ask(target, host=HOST, method=method, more=more)
        assert (answer.status, answer.reason) in ((200, None), (403, "rbac_denied")), (target, answer)
        return answer.status == 200

    def explained(self, user, groups, method, target):
        options = [option for group in groups for option in ("--group", group)]
        told = ("--url", f"https://{HOST}{target}", "--method", method, "--user", user, *options, "--json")
        done = run("explain", "--config", self._sallyport.folder / "sallyport.yaml", *told, check=False)
        answer = json.loads(done.stdout)
        assert answer["reason"] in (None, "rbac_denied"), answer
        return answer["verdict"] == "allow"


def test_decisions_are_those_of_the_api_server(cluster, make_issuer, make_sallyport, tmp_path):
    dice = random.Random(2026)
    objects = objects_of(dice, "oracle")
    cluster.api.create(*objects)
    folder = tmp_path / "rules"
    folder.mkdir()
    for n, listed in enumerate(relevant(cluster.api)):
        (folder / f"{n}.json").write_text(json.dumps(listed))
    config = {
        "username_claim": "sub",
        "bearer_audiences": "kubectl",
        "policies": {"default": [{"action": "rbac"}]},
        "rbac_source": str(folder),
        "rbac_bootstrap": True,
    }
    issuer = make_issuer(keys=[Key("ES256")])
    program = Ours(make_sallyport(config, issuer=issuer), issuer)
    oracle = Oracle(cluster.api)
    cases = drawn(dice)
    theirs = [oracle.allows(user, groups, method.lower(), unquote(target)) for user, groups, method, target in cases]
    ours = [program.allows(*case) for case in cases]
    assert [program.explained(*case) for case in cases[::EXPLAINED]] == ours[::EXPLAINED]

    decided = list(zip(cases, ours, theirs, strict=True))
    plain = [(own, their) for case, own, their in decided if case[3] in PATHS]
    odd = [(own, their) for case, own, their in decided if case[3] in ODD]
    assert [case for case, own, their in decided if own and not their] == []
    assert [case for case, own, their in decided if their and not own and case[3] in PATHS] == []
    assert 0.2 < sum(own for own, _ in plain) / len(plain) < 0.8
    assert {(True, True), (False, True), (False, False)} == set(odd)

# SPDX-License-Identifier: Apache-2.0
"""Decisions by RBAC beside those of the real API server, on the same objects."""

import http.client
import json
import random
import ssl
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import pytest
from rig.sallyport import run, write_files

# One API server for all of them, whichever process runs them.
pytestmark = pytest.mark.xdist_group("cluster")

RBAC = "rbac.authorization.k8s.io"
CASES_N = 2000
PATTERNS = (
    *("/a", "/a/", "/a/*", "/a/**", "/a*", "/a**", "/a/b", "/a/b/*", "/*/b", "/*/b*", "/a b", "/a b/*", "/z\u00fcrich/*"),
    *("/", "/c/**", "/x/*", "/a;b*", "/a%20b", "https://app.example.com/*", "~/a", "/apis/*/x", "/c/*"),
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
    """What the API server has, less what says nothing of paths; without a `kind` in the items, as it lists them."""
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


def test_decisions_are_those_of_the_api_server(cluster, tmp_path):
    dice = random.Random(2026)
    objects = objects_of(dice, "oracle")
    cluster.api.create(*objects)
    folder = tmp_path / "rules"
    folder.mkdir()
    for n, listed in enumerate(relevant(cluster.api)):
        (folder / f"{n}.json").write_text(json.dumps(listed))
    config = {
        "issuer": "https://dex.example.com/dex",
        "client_id": "sallyport",
        "keys_file": "keys",
        "username_claim": "sub",
        "policies": {"default": [{"action": "rbac"}]},
        "rbac_source": "rules",
        "rbac_bootstrap": True,
    }
    path = write_files(tmp_path, config)
    oracle = Oracle(cluster.api)
    cases = [
        (
            dice.choice(USERS[:3]),
            dice.sample(GROUPS[:3], dice.randint(0, 2)),
            dice.choice(("GET", "GET", "HEAD", "POST", "DELETE")),
            dice.choice(PATHS if n % 4 else ODD),
        )
        for n in range(CASES_N)
    ]

    def explain(case):
        user, groups, method, target = case
        options = [option for group in groups for option in ("--group", group)]
        url = f"https://app.example.com{target}"
        told = ("--url", url, "--method", method, "--user", user, *options, "--json")
        done = run("explain", "--config", path, *told, check=False)
        answer = json.loads(done.stdout)
        assert answer["reason"] in (None, "rbac_denied"), answer
        return answer["verdict"] == "allow"

    with ThreadPoolExecutor(2) as threads:
        asked = threads.map(explain, cases)
        theirs = [oracle.allows(user, groups, method.lower(), unquote(target)) for user, groups, method, target in cases]
        ours = list(asked)

    decided = list(zip(cases, ours, theirs, strict=True))
    plain = [(own, their) for case, own, their in decided if case[3] in PATHS]
    odd = [(own, their) for case, own, their in decided if case[3] in ODD]
    assert [case for case, own, their in decided if own and not their] == []
    assert [case for case, own, their in decided if their and not own and case[3] in PATHS] == []
    assert 0.2 < sum(own for own, _ in plain) / len(plain) < 0.8
    assert {(True, True), (False, True), (False, False)} == set(odd)

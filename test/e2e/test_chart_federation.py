# SPDX-License-Identifier: Apache-2.0
"""The chart `federation`, without a cluster; test_clusters.py applies its objects."""

import json

import pytest
import yaml
from rig.documents import of_kind
from rig.fleet import FEDERATION, PAGE
from rig.render import HelmFailed, Rendered, helm

RBAC = "rbac.authorization.k8s.io"
(SHOWN,) = of_kind("yaml federation", PAGE)


@pytest.fixture
def make(tmp_path):
    def make(**changes):
        path = tmp_path / "roles.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(SHOWN.text), **changes}))
        return Rendered(tmp_path, path, FEDERATION, name=("federation", "infra"))

    return make


def test_helm_finds_nothing_to_complain_of(tmp_path):
    (tmp_path / "roles.yaml").write_text(SHOWN.text)
    said = helm(tmp_path, "lint", "--strict", FEDERATION, "--values", tmp_path / "roles.yaml")
    assert "1 chart(s) linted, 0 chart(s) failed" in said and "[WARNING]" not in said, said


def test_roles_and_bindings_are_the_values_and_the_account_has_no_right(make):
    rendered, values = make(), yaml.safe_load(SHOWN.text)
    roles, bindings = rendered.of_kind("ClusterRole"), rendered.of_kind("ClusterRoleBinding")
    assert {name: role["rules"] for name, role in roles.items()} == values["clusterRoles"]
    assert bindings.keys() == values["clusterRoleBindings"].keys()
    for name, binding in values["clusterRoleBindings"].items():
        made = bindings[name]
        assert made["roleRef"] == {"apiGroup": RBAC, "kind": "ClusterRole", "name": binding["clusterRole"]}
        assert made["subjects"] == [{"apiGroup": RBAC, "kind": "Group", "name": group} for group in binding["groups"]]
    account = rendered.one("ServiceAccount")
    assert (account["metadata"]["name"], account["metadata"]["namespace"]) == ("impersonator", "infra")
    assert account["automountServiceAccountToken"] is False
    assert len(rendered.objects) == 1 + len(roles) + len(bindings)


def test_users_are_bound_beside_groups_and_every_object_has_the_labels(make):
    both = {"clusterRole": "view", "groups": ["a: b", "yes"], "users": ["ada@example.com", "0x10"]}
    rendered = make(account="", clusterRoles={}, clusterRoleBindings={"both": both}, labels={"team": "on"})
    (binding,) = rendered.objects
    found = [(one["kind"], one["name"]) for one in binding["subjects"]]
    assert found == [("Group", "a: b"), ("Group", "yes"), ("User", "ada@example.com"), ("User", "0x10")]
    assert binding["metadata"]["labels"]["team"] == "on"


@pytest.mark.parametrize(
    "changes",
    [
        {"clusterRole": {}},
        {"account": "not/a name"},
        {"clusterRoles": {"a": [{"nonResourceURL": ["/x"], "verbs": ["get"]}]}},
        {"clusterRoles": {"a": [{"nonResourceURLs": ["/x"]}]}},
        {"clusterRoles": {"a": []}},
        {"clusterRoleBindings": {"a": {"clusterRole": "b"}}},
        {"clusterRoleBindings": {"a": {"role": "b", "groups": ["c"]}}},
        {"clusterRoleBindings": {"a": {"clusterRole": "b", "groups": []}}},
    ],
    ids=json.dumps,
)
def test_values_that_would_mean_nothing_are_refused(changes, make):
    with pytest.raises(HelmFailed, match="values don't meet"):
        make(**changes)

# SPDX-License-Identifier: Apache-2.0
"""The chart: what the account of the pods may do at the API server, and the way to it, without a cluster."""

import pytest
from rig.render import NAMESPACE
from test_chart import peers, ports

READS = [
    {
        "apiGroups": ["rbac.authorization.k8s.io"],
        "resources": ["clusterroles", "clusterrolebindings"],
        "verbs": ["list", "watch"],
    }
]
ASKS_RBAC = {"config.policies": {"default": "authenticated", "ops": [{"action": "rbac"}]}}


def asks_for_tokens(*accounts):
    bound = {"set": "kubernetes", "proxy_key_file": "proxy-key"}
    bindings = [
        {**bound, "host": f"{number}.example.com", "service_account": account}
        for number, account in enumerate(accounts)
    ]
    user = {"set": "bearer", "host": "user.example.com", "proxy_key_file": "proxy-key"}
    return {"config.credentials": [*bindings, user], "config.bearer_audiences": ["kubernetes"]}


def test_rules_rbac_give_the_account_the_right_to_read_bindings_and_no_other(render):
    rendered = render("rbac.yaml")
    role, bound = rendered.one("ClusterRole"), rendered.one("ClusterRoleBinding")
    assert role["rules"] == READS
    assert bound["roleRef"]["name"] == role["metadata"]["name"]
    account = rendered.pod["spec"]["serviceAccountName"]
    assert bound["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}]
    *_, api_server = rendered.one("NetworkPolicy")["spec"]["egress"]
    assert (ports(api_server), peers(api_server)) == ({6443}, [{"ipBlock": {"cidr": "10.0.0.0/28"}}])


def all_of(kind, rendered):
    """The objects of a kind, of which two may have one name in different namespaces."""
    return [one for one in rendered.objects if one["kind"] == kind]


def test_a_service_account_gives_the_right_to_its_token_and_no_other(render):
    rendered = render("minimal.yaml", **asks_for_tokens("infra/one", "infra/two", "infra/one", "apps/one"))
    assert not rendered.of_kind("ClusterRole") and not rendered.of_kind("ClusterRoleBinding")
    rules = {role["metadata"]["namespace"]: role["rules"] for role in all_of("Role", rendered)}
    right = {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]}
    assert rules == {
        "infra": [{**right, "resourceNames": ["one", "two"]}],
        "apps": [{**right, "resourceNames": ["one"]}],
    }
    subject = {"kind": "ServiceAccount", "namespace": NAMESPACE}
    subject["name"] = rendered.pod["spec"]["serviceAccountName"]
    role = all_of("Role", rendered)[0]["metadata"]["name"]
    bound = {one["metadata"]["namespace"]: one for one in all_of("RoleBinding", rendered)}
    for namespace in rules:
        assert bound[namespace]["subjects"] == [subject]
        assert bound[namespace]["roleRef"]["kind"] == "Role" and bound[namespace]["roleRef"]["name"] == role


@pytest.mark.parametrize(
    "changes, has_rights, has_way",
    [
        (asks_for_tokens(), False, False),
        (asks_for_tokens("infra/one"), True, True),
        ({**asks_for_tokens("infra/one"), "config.kubernetes_kubeconfig": "/etc/kube/config"}, False, True),
    ],
    ids=["bearer", "pod", "kubeconfig"],
)
def test_only_service_accounts_have_rights_and_a_way_to_the_api_server(changes, has_rights, has_way, render):
    rendered = render("minimal.yaml", **changes)
    assert bool(all_of("Role", rendered)) is bool(all_of("RoleBinding", rendered)) is has_rights
    assert rendered.pod["spec"]["automountServiceAccountToken"] is has_rights
    ways = rendered.one("NetworkPolicy")["spec"]["egress"][3:]
    assert [ports(way) for way in ways] == ([{443, 6443}] if has_way else [])


@pytest.mark.parametrize(
    "changes, has_rights, has_way",
    [
        ({}, False, False),
        (ASKS_RBAC, True, True),
        ({**ASKS_RBAC, "config.rbac_source": "cluster"}, True, True),
        ({**ASKS_RBAC, "config.rbac_source": "/etc/rbac"}, False, False),
        ({**ASKS_RBAC, "config.kubernetes_kubeconfig": "/etc/kube/config"}, False, True),
        ({"config.rbac_source": "cluster"}, False, False),
    ],
    ids=str,
)
def test_only_rules_that_ask_the_cluster_have_rights_and_a_way_to_it(changes, has_rights, has_way, render):
    rendered = render("minimal.yaml", **changes)
    assert bool(rendered.of_kind("ClusterRole")) is has_rights
    assert bool(rendered.of_kind("ClusterRoleBinding")) is has_rights
    assert rendered.pod["spec"]["automountServiceAccountToken"] is has_rights
    ways = rendered.one("NetworkPolicy")["spec"]["egress"][3:]
    assert [ports(way) for way in ways] == ([{443, 6443}] if has_way else [])


def test_the_rights_can_be_given_by_somebody_else(render):
    rendered = render("rbac.yaml", **{"rbac.create": False})
    assert rendered.of_kind("ClusterRole") == rendered.of_kind("ClusterRoleBinding") == {}
    assert rendered.pod["spec"]["automountServiceAccountToken"] is True
    tokens = render("minimal.yaml", **asks_for_tokens("infra/one"), **{"rbac.create": False})
    assert not all_of("Role", tokens) and tokens.pod["spec"]["automountServiceAccountToken"] is True


def test_beside_traefik_its_account_gets_the_rights(render):
    rendered = render("sidecar.yaml", **ASKS_RBAC)
    (subject,) = rendered.one("ClusterRoleBinding")["subjects"]
    assert subject["name"] == "traefik"

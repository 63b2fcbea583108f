# SPDX-License-Identifier: Apache-2.0
"""The chart: the rights of the pods' account at the API server, and the network path to it, without a cluster."""

import pytest
import yaml
from rig.documents import of_kind, shown
from rig.render import NAMESPACE, Rendered, impersonation, notes
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
    rendered = render("rbac")
    role, bound = rendered.one("ClusterRole"), rendered.one("ClusterRoleBinding")
    assert role["rules"] == READS
    assert bound["roleRef"]["name"] == role["metadata"]["name"]
    account = rendered.pod["spec"]["serviceAccountName"]
    assert bound["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}]
    *_, api_server = rendered.one("NetworkPolicy")["spec"]["egress"]
    assert (ports(api_server), peers(api_server)) == ({6443}, [{"ipBlock": {"cidr": "10.0.0.0/28"}}])


def all_of(kind, rendered):
    """The objects of a kind; two may have the same name in different namespaces."""
    return [one for one in rendered.objects if one["kind"] == kind]


def test_a_service_account_gives_the_right_to_its_token_and_no_other(render):
    accounts = asks_for_tokens("infra/one", "infra/two", "infra/one", "apps/one")
    rendered = render("minimal", **accounts, **{"rbac.impersonation": "none"})
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


ON_OBJECTS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
ON_PATHS = ("get", "head", "post", "put", "patch", "delete", "options")


def of_mode(constrained, names=()):
    """The rules of an account that impersonates."""
    verb = "impersonate:user-info" if constrained else "impersonate"
    group = "authentication.k8s.io" if constrained else ""
    users, groups = ({"apiGroups": [group], "resources": [kind], "verbs": [verb]} for kind in ("users", "groups"))
    if names:
        groups["resourceNames"] = list(names)
    on_objects = {"verbs": [f"impersonate-on:user-info:{verb}" for verb in ON_OBJECTS]}
    on_paths = {"verbs": [f"impersonate-on:user-info:{verb}" for verb in ON_PATHS]}
    constrains = [{"apiGroups": ["*"], "resources": ["*"], **on_objects}, {"nonResourceURLs": ["*"], **on_paths}]
    return [users, groups, *(constrains if constrained else [])]


@pytest.mark.parametrize(
    "changes, rules",
    [
        ({}, of_mode(True)),
        ({"rbac.impersonation": "legacy"}, of_mode(False)),
        ({"rbac.impersonateGroups": ["ops", "dev"]}, of_mode(True, ["ops", "dev", "system:authenticated"])),
        (
            {"rbac.impersonation": "legacy", "rbac.impersonateGroups": ["ops"]},
            of_mode(False, ["ops", "system:authenticated"]),
        ),
    ],
    ids=str,
)
def test_the_accounts_that_are_named_may_impersonate_and_no_other(changes, rules, render):
    rendered = render("minimal", **asks_for_tokens("infra/one", "infra/two", "infra/one", "apps/one"), **changes)
    role, bound = rendered.one("ClusterRole"), rendered.one("ClusterRoleBinding")
    assert role["rules"] == rules
    assert (bound["roleRef"]["kind"], bound["roleRef"]["name"]) == ("ClusterRole", role["metadata"]["name"])
    named = sorted((one["kind"], one["namespace"], one["name"]) for one in bound["subjects"])
    assert named == [("ServiceAccount", *one.split("/")) for one in ("apps/one", "infra/one", "infra/two")]


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
    rendered = render("minimal", **changes)
    for kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"):
        assert bool(all_of(kind, rendered)) is has_rights
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
    rendered = render("minimal", **changes)
    assert bool(rendered.of_kind("ClusterRole")) is has_rights
    assert bool(rendered.of_kind("ClusterRoleBinding")) is has_rights
    assert rendered.pod["spec"]["automountServiceAccountToken"] is has_rights
    ways = rendered.one("NetworkPolicy")["spec"]["egress"][3:]
    assert [ports(way) for way in ways] == ([{443, 6443}] if has_way else [])


def test_the_rights_can_be_given_by_somebody_else(render):
    rendered = render("rbac", **{"rbac.create": False})
    assert rendered.of_kind("ClusterRole") == rendered.of_kind("ClusterRoleBinding") == {}
    assert rendered.pod["spec"]["automountServiceAccountToken"] is True
    tokens = render("minimal", **asks_for_tokens("infra/one"), **{"rbac.create": False})
    assert not all_of("Role", tokens) and tokens.pod["spec"]["automountServiceAccountToken"] is True


def test_beside_traefik_its_account_gets_the_rights(render):
    for changes, name in (({}, "traefik"), ({"sidecar.serviceAccount": "edge"}, "edge")):
        (subject,) = render("sidecar", **ASKS_RBAC, **changes).one("ClusterRoleBinding")["subjects"]
        assert subject["name"] == name


def test_the_rights_that_the_page_shows_are_those_of_the_chart(render):
    blocks = [block.documents()[0] for block in of_kind("yaml kubernetes", "doc/kubernetes.md")]
    constrained, legacy = [one["rules"] for one in blocks if one["kind"] == "ClusterRole"]
    assert constrained == impersonation(render)
    assert legacy == impersonation(render, **{"rbac.impersonation": "legacy", "rbac.impersonateGroups": ["ops", "dev"]})


def test_the_policy_that_only_reads_is_the_one_that_the_page_shows(tmp_path):
    (block,) = [block for block in of_kind("yaml values", "doc/kubernetes.md") if "readOnly" in block.text]
    (tmp_path / "values.yaml").write_text(block.text)
    rendered = Rendered(tmp_path, tmp_path / "values.yaml")
    policies = yaml.safe_load(rendered.config_text)["policies"]
    assert policies == {
        "default": "authenticated",
        "kubernetes-read-only": shown("doc/kubernetes.md", "policies")["policies"]["kube-read"],
    }
    asked = rendered.of_kind("Middleware")["door-sallyport-look-ask"]["spec"]["forwardAuth"]["address"]
    assert asked.endswith("/auth/traefik?policy=kubernetes-read-only&headers=kubernetes")


def test_every_path_of_the_policy_that_only_reads_is_below_the_prefix_of_its_binding(render):
    bound = {"set": "kubernetes", "host": "kube.example.com", "service_account": "infra/impersonator"}
    below = {"proxy_key_file": "proxy-key-all", "path_prefix": "/k8s/"}
    bindings = [{**bound, "proxy_key_file": "proxy-key-kube"}, {**bound, **below}]
    chains = {"all": {"headers": "kubernetes", "readOnly": True}, "kube": {"headers": "kubernetes"}}
    changes = {"config.bearer_audiences": "x", "config.credentials": bindings, "traefik.middlewares": chains}
    rules = yaml.safe_load(render("minimal", **changes).config_text)["policies"]["kubernetes-read-only"]
    shown_rules = shown("doc/kubernetes.md", "policies")["policies"]["kube-read"]
    for rule, root in zip(rules, shown_rules, strict=True):
        below = {"path_glob": [f"/k8s{path}" for path in root["path_glob"]]} if "path_glob" in root else {}
        assert rule == {**root, **below}


@pytest.mark.parametrize(
    "rbac, words",
    [
        ({}, "kubectl -n infra create serviceaccount impersonator"),
        ({"impersonation": "legacy"}, "Anyone who has a token of one can act in system:masters"),
        ({"impersonateGroups": ["ops", "dev"]}, "A user who is in another group than ops, dev is refused"),
        ({"impersonation": "none"}, "grants the accounts of config.credentials no rights"),
    ],
    ids=str,
)
def test_the_notes_say_what_the_account_is_and_what_its_token_is_worth(rbac, words, tmp_path):
    (block,) = [block for block in of_kind("yaml values", "doc/kubernetes.md") if "readOnly" in block.text]
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({**yaml.safe_load(block.text), "rbac": rbac}))
    said = notes(tmp_path, values)
    assert words in said and ("system:masters" in said) == ("system:masters" in words), said

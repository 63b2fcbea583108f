# SPDX-License-Identifier: Apache-2.0
"""Rules by the cluster's own objects, read from a folder of files, as they apply to requests through Traefik."""

import pytest
import yaml
from rig import expect
from rig.dex import ADA, ADMIN, LONER
from rig.flow import attempt
from rig.raw import Asker

pytestmark = pytest.mark.edges("3.7.15-https")

RBAC = "rbac.authorization.k8s.io"


def role(name, *paths, verbs=("get", "head"), **more):
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": more.pop("labels", {})},
        "rules": [{"nonResourceURLs": list(paths), "verbs": list(verbs)}] if paths else None,
        **more,
    }


def binding(name, role, kind, subject):
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": kind, "name": subject}],
    }


def site_of(make_site, folder, *objects, **settings):
    folder.mkdir(exist_ok=True)
    (folder / "objects.yaml").write_text(yaml.safe_dump_all(objects))
    policies = {"default": [{"action": "public", "path": "/healthz"}, {"action": "rbac"}]}
    return make_site(settings={"policies": policies, "rbac_source": str(folder), **settings})


def status(browser, site, target, kind="navigation"):
    return browser.send(kind, site.url(target)).status


def test_bindings_of_users_and_groups_decide(make_site, tmp_path):
    site = site_of(
        make_site,
        tmp_path / "rules",
        role("view", "/dkp/grafana", "/dkp/grafana/*"),
        role("edit", "/dkp/grafana/*", verbs=["post"]),
        role("everything", "*", verbs=["*"]),
        binding("ada-view", "view", "User", ADA.email),
        binding("ada-edit", "edit", "User", ADA.email),
        binding("admins", "everything", "Group", "dex:admins"),
        binding("not-there", "missing", "User", LONER.email),
        groups_prefix="dex:",
    )
    ada, admin, loner = site.browser(), site.browser(), site.browser()
    expect.page(loner.log_in(site.url("/dkp/grafana"), LONER).final, 403, "rbac_denied")
    ada.log_in(site.url("/dkp/grafana"), ADA)
    admin.log_in(site.url("/dkp/grafana"), ADMIN)

    assert status(site.browser(), site, "/healthz") == 200
    for target in ("/dkp/grafana", "/dkp/grafana/", "/dkp/grafana/a/b?x=/y", "/dkp/grafana/a%2Fb"):
        assert (status(ada, site, target), status(admin, site, target)) == (200, 200), target
    for target in ("/dkp/grafanax", "/dkp", "/", "/DKP/grafana"):
        assert (status(ada, site, target), status(admin, site, target)) == (403, 200), target
    assert status(ada, site, "/dkp/grafana/..%2Fadmin") == status(admin, site, "/x/..%2Fadmin") == 403
    assert status(ada, site, "/dkp/grafana/x", "fetch-post") == 200
    assert status(ada, site, "/dkp/grafana", "fetch-post") == 403
    assert status(admin, site, "/dkp/grafana", "fetch-post") == 200


def test_a_refusal_names_what_a_role_and_a_binding_would_have_to(make_site, tmp_path):
    site = site_of(make_site, tmp_path / "rules", role("view", "/x"), binding("b", "view", "Group", "sre"))
    browser = site.browser()
    denied = browser.log_in(site.url("/y/a%20b?s3cret"), ADA).final

    expect.page(denied, 403, "rbac_denied")
    assert "No ClusterRoleBinding grants you &quot;get&quot; on &quot;/y/a b&quot;." in denied.text
    line = site.sallyport.wait_for_event("decision", request_id=denied.value("X-Request-Id"))
    assert line["rule"] == 2 and line["user"] == ADA.email
    assert f'for the user "{ADA.email}", the groups' in line["detail"]
    assert "s3cret" not in str(line)


def test_an_aggregated_role_has_the_paths_of_those_that_it_selects(make_site, tmp_path):
    selector = {"clusterRoleSelectors": [{"matchLabels": {"to-view": "true"}}]}
    site = site_of(
        make_site,
        tmp_path / "rules",
        role("view", aggregationRule=selector),
        role("view-grafana", "/dkp/grafana/*", labels={"to-view": "true"}),
        role("edit-grafana", "/dkp/admin/*", labels={"to-edit": "true"}),
        binding("everybody", "view", "Group", "system:authenticated"),
    )
    browser = site.browser()
    browser.log_in(site.url("/dkp/grafana/"), ADA)

    assert status(browser, site, "/dkp/grafana/a") == 200
    assert status(browser, site, "/dkp/admin/a") == 403
    (warning,) = [line for line in site.sallyport.events("warning") if "system:authenticated" in line["detail"]]
    assert warning["setting"] == "rbac_source"
    assert '"everybody" grants system:authenticated the paths of the role "view"' in warning["detail"]


def test_ac_62_no_name_of_the_system_is_anybodys(make_sallyport, make_issuer, tmp_path):
    issuer = make_issuer()
    users = ("system:admin", "system:kube-controller-manager", "System:Admin")
    groups = ("system:nodes", "system:masters", "SYSTEM:nodes")
    objects = [
        role("everything", "*", verbs=["*"]),
        *(binding(f"user-{n}", "everything", "User", name) for n, name in enumerate(users)),
        *(binding(f"group-{n}", "everything", "Group", name) for n, name in enumerate((*groups, "ops"))),
    ]
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "objects.yaml").write_text(yaml.safe_dump_all(objects))
    settings = {
        "policies": {"default": [{"action": "rbac"}]},
        "rbac_source": str(folder),
        "username_claim": "preferred_username",
    }
    sallyport = make_sallyport(settings, issuer=issuer)
    with Asker(sallyport.listen) as asker:
        for name in users:
            issuer.people["x"] = {"sub": "1", "preferred_username": name}
            flow, answer = attempt(asker, issuer, "x")
            assert answer.status == 403 and answer.reason == "reserved_name" and not flow.session, name
        for group, status in (*((group, 403) for group in (*groups, "")), ("ops", 200)):
            issuer.people["x"] = {"sub": "1", "preferred_username": "ada", "groups": [group]}
            flow, _ = attempt(asker, issuer, "x")
            assert asker.ask("/x", cookie=flow.session).status == status, group

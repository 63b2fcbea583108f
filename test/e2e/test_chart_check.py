# SPDX-License-Identifier: Apache-2.0
"""
The checks of the chart before and after an installation. The schema, or `sallyport check` in the Job before it,
refuses configurations with which pods would not start; `helm test` sends requests to the issuer.
"""

import pytest
from rig.helm import Release
from rig.render import ADMIN, FILES, HelmFailed, Rendered, holds, lay_files, values_of
from rig.sallyport import run

CHECKED = [name for name in FILES if name != "sidecar"]
CLUSTER = {"name": "a", "server": "https://kube.example.com", "client_id": "kube"}


def rule(**conditions):
    return {"policies.default": [{"action": "allow", **conditions}]}


# Settings that the program refuses at startup, and the messages of the schema or of the Job about them.
REFUSED = {
    "no time": ({"session_lifetime": "0s"}, "session_lifetime"),
    "a time too long": ({"drain_delay": "90000s"}, "drain_delay"),
    "a clock of its own": ({"clock_skew": "2h"}, "clock_skew"),
    "an issuer by http": ({"issuer": "http://dex.example.com/dex"}, "issuer"),
    "an issuer with a query": ({"issuer": "https://dex.example.com/dex?x=1"}, "issuer"),
    "an issuer with a password": ({"issuer": "https://u:p@dex.example.com/dex"}, "issuer"),
    "an issuer without a host": ({"issuer": "https:///dex"}, "issuer"),
    "a client of two lines": ({"client_id": "a\nb"}, "client_id"),
    "a host with a path": ({"hosts": ["https://app.example.com/x"]}, "hosts"),
    "a host with a slash": ({"hosts": ["https://app.example.com/"]}, "hosts"),
    "a host by http": ({"hosts": ["http://app.example.com"]}, "hosts"),
    "two wildcards": ({"hosts": ["https://*.*.example.com"]}, "hosts"),
    "half a wildcard": ({"hosts": ["https://a*.example.com"]}, "hosts"),
    "a prefix with dots": ({"prefix": "/a/../b"}, "prefix"),
    "a callback at the prefix": ({"callback_path": "/_sallyport"}, "callback_path"),
    "a callback with a query": ({"callback_path": "/cb?x"}, "callback_path"),
    "a prefix with two slashes": ({"forwarded_prefixes": ["/a//b"]}, "forwarded_prefixes"),
    "a cookie with a semicolon": ({"cookie_name": "a;b"}, "cookie_name"),
    "a cookie with a prefix": ({"cookie_name": "__Host-x"}, "cookie_name"),
    "a second cookie of the same name": ({"name_cookie": "sallyport"}, "name_cookie"),
    "a domain with a dot first": ({"cookie_domain": ".a.test", "hosts": ["https://x.a.test"]}, "cookie_domain"),
    "a domain of one label": ({"cookie_domain": "test", "hosts": ["https://x.a.test"]}, "cookie_domain"),
    "a domain of others": ({"cookie_domain": "b.test", "hosts": ["https://x.a.test"]}, "cookie_domain"),
    "no ID token": ({"scopes": ["email"]}, "scopes"),
    "a dialect of later": ({"dialects": ["nginx"]}, "dialects"),
    "a policy that is not there": ({"root_query": "policy=nope"}, "root_query"),
    "a set that is not there": ({"root_query": "headers=nope"}, "root_query"),
    "a header of the message": ({"headers": {"x": {"Cookie": "user"}}}, "headers"),
    "a set that is built in": ({"headers": {"identity": {"X-A": "user"}}}, "headers"),
    "a rule that needs a session and opens none": (
        {"policies.default": [{"action": "public", "group": "x"}]},
        "policy default, rule 1",
    ),
    "a rule of two paths": (rule(path="/a", path_prefix="/b"), "policy default, rule 1"),
    "a method in small letters": (rule(method="get"), "method"),
    "a network that is too long": (rule(client_ip="10.0.0.0/33"), "client_ip"),
    "an address without @": (rule(email="ada"), "email"),
    "a domain with @": (rule(email_domain="@example.com"), "email_domain"),
    "a host with a port": (rule(host="app.example.com:443"), "host"),
    "a pointer with a tilde": ({"groups_claim": "/a~2b"}, "groups_claim"),
    "a pass to nobody": ({"policies.default": [{"action": "passthrough"}]}, "passthrough_issuers"),
    "kubeconfigs of a host that is not listed": (
        {"kubeconfig": {"origin": "https://k.a.test", "clusters": [CLUSTER]}, "hosts": ["https://x.a.test"]},
        "kubeconfig",
    ),
    "an API server by http": (
        {"kubeconfig": {"clusters": [{**CLUSTER, "server": "http://kube.example.com"}]}},
        "server",
    ),
    "two clusters of one name": ({"kubeconfig": {"clusters": [CLUSTER, CLUSTER]}}, "kubeconfig, cluster 2"),
    "a credential for everybody": ({"credentials": [{"set": "bearer", "host": "a.test"}]}, "proxy_key_file"),
    "a port that there is not": ({"issuer_address": "dex.svc:99999"}, "issuer_address"),
    "a document by http": ({"discovery_url": "http://k.example.com/x"}, "discovery_url"),
    "a network with bits of an address": ({"client_ip_hops": ["10.0.0.1/8"]}, "client_ip_hops"),
    "users of the system": ({"username_prefix": "system:"}, "username_prefix"),
    "a parameter of the protocol": ({"authorization_parameters": {"client_id": "x"}}, "authorization_parameters"),
    "bindings out of date at once": ({"rbac_max_age": "1m"}, "rbac_max_age"),
}


def checked(folder, name, authority, **changes):
    """The output of the Job for the files that it would have, and its exit status."""
    rendered = Rendered(folder, values_of(name), changes=changes, checked=True)
    (job,) = rendered.of_kind("Job").values()
    spec = job["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    (volume,) = (one for one in spec["volumes"] if one["name"] == "etc")
    lay_files(rendered, volume, folder, authority)
    assert container["args"] == ["check", "--config", "/etc/sallyport/sallyport.yaml"]
    return run("check", "--config", folder / "sallyport.yaml", env=ADMIN, check=False)


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_program_refuses_at_its_start_never_gets_to_a_pod(case, tmp_path, authority):
    settings, words = REFUSED[case]
    try:
        done = checked(tmp_path, "minimal", authority, **{f"config.{name}": value for name, value in settings.items()})
    except HelmFailed as failed:
        assert words in str(failed)
    else:
        assert done.returncode == 1 and words in done.stderr, done.stderr


@pytest.mark.parametrize("name", CHECKED)
def test_the_check_has_the_files_that_the_pods_will_have(name, tmp_path, authority):
    pem = {"issuerCA.pem": authority.ca_file.read_text()} if name == "public-client" else {}
    done = checked(tmp_path, name, authority, **pem)
    assert done.returncode == 0, done.stderr


def test_the_pod_of_a_test_reaches_what_the_pods_reach_and_serves_nobody(tmp_path):
    rendered = Rendered(tmp_path, values_of("minimal"), checked=True)
    labels = rendered.one("Pod")["metadata"]["labels"]
    for service in rendered.of_kind("Service").values():
        assert not holds(service["spec"]["selector"], labels)
    selector = rendered.one("NetworkPolicy")["spec"]["podSelector"]
    (expression,) = selector["matchExpressions"]
    assert holds(selector["matchLabels"], labels) and labels[expression["key"]] in expression["values"]
    assert not rendered.of_kind("Job")["door-sallyport-check"]["spec"]["template"]["spec"].get("serviceAccountName")


# ---- on a real API server ------------------------------------------------------------------------------


@pytest.mark.xdist_group("cluster")
def test_a_configuration_with_an_error_changes_nothing_that_is_installed(rig, cluster, tmp_path):
    release = Release(cluster, tmp_path, checked=True)
    client = rig.dex.confidential
    values = {
        "trustedProxies": ["10.42.0.0/16"],
        "platform": "k3s",
        "config": {
            "issuer": rig.dex.central.issuer,
            "client_id": client.id,
            "policies": {"default": "authenticated"},
        },
        "clientSecret": {"value": client.secret},
        "issuerCA": {"pem": rig.authority.ca_file.read_text()},
    }
    with pytest.raises(HelmFailed, match="sallyport-check"):
        release.install(values, {"config": {"root_query": "policy=nope"}})
    assert 'there is no policy "nope"' in cluster.jobs.said[release.namespace, "sallyport-check"]
    assert release.api.items("apps/v1", "Deployment", release.namespace) == []
    release.uninstall()

    release.install(values)
    before = release.get("apps/v1", "Deployment", "sallyport")
    assert release.api.items("batch/v1", "Job", release.namespace) == []
    with pytest.raises(HelmFailed, match="sallyport-check"):
        release.upgrade(values, {"config": {"root_query": "policy=nope"}})
    assert release.get("apps/v1", "Deployment", "sallyport") == before

    assert "Succeeded" in release.helm("test", "sallyport")
    assert rig.dex.central.issuer in cluster.jobs.said[release.namespace, "sallyport-test"]
    release.upgrade(values, {"config": {"issuer": f"{rig.dex.central.issuer}/of-others"}})
    with pytest.raises(HelmFailed, match="sallyport-test"):
        release.helm("test", "sallyport")

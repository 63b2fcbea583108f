# SPDX-License-Identifier: Apache-2.0
"""
The platform of doc/migration.md: its middlewares unchanged, its kinds of router, and the values, the chain and the
roles on the page, in front of one application.
"""

import re

import pytest
import yaml
from rig import expect
from rig.bound import KEY
from rig.dex import ADA, ADMIN, GRACE, LONG
from rig.documents import SMALLEST, of_kind, text_of
from rig.render import Rendered
from rig.sallyport import run, write_files

pytestmark = pytest.mark.edges("3.7.15-https", "3.6.15-https")

PAGE = "doc/migration.md"
HOST, TOKEN = "app.test", "token-of-the-account"
DASHBOARD = "/dkp/kubernetes"
# Path, middlewares, path at the application: strip then ask, ask then strip, and only ask.
ROUTERS = {
    "alertmanager": ("/dkp/alertmanager", ["stripprefixes", "forwardauth"], "/x"),
    "ceph": ("/dkp/kommander/ceph-dashboard", ["forwardauth", "stripprefixes"], "/x"),
    "opencost": ("/dkp/opencost", ["forwardauth"], "/dkp/opencost/x"),
    "traefik": ("/dkp/traefik", ["forwardauth"], "/dkp/traefik/x"),
    "grafana": ("/dkp/grafana", ["stripprefixes", "forwardauth-grafana"], "/dkp/grafana/x"),
    "kiali": ("/dkp/kiali", ["forwardauth-full"], "/dkp/kiali/x"),
    "dashboard": (DASHBOARD, ["stripprefixes", "forwardauth-full"], "/x"),
    "callback": ("/_oauth_kommander", ["forwardauth"], ""),
}


def middlewares(objects, auth):
    """Middlewares of Kubernetes as the file provider has them, asking at `auth`."""
    found = {}
    for item in objects:
        if item["kind"] == "Middleware":
            ((kind, options),) = item["spec"].items()
            if kind == "chain":
                options = {"middlewares": [one["name"] for one in options["middlewares"]]}
            if kind == "forwardAuth":
                options = {**options, "address": re.sub("^http://[^/]*", auth, options["address"])}
            found[item["metadata"]["name"]] = {kind: options}
    return found


@pytest.fixture(scope="module")
def chart(tmp_path_factory):
    """What the chart renders from the values on the page."""
    folder = tmp_path_factory.mktemp("values")
    (block,) = of_kind("yaml values", PAGE)
    (folder / "values.yaml").write_text(block.text)
    key = {"traefik.middlewares.dashboard.proxyKey": KEY}
    return Rendered(folder, folder / "values.yaml", changes=key, name=("sallyport", "kommander"))


def shown_middlewares(auth):
    blocks = [*of_kind("yaml before", PAGE), *of_kind("yaml kubernetes", PAGE)]
    return middlewares((item for block in blocks for item in block.documents() if "kind" in item), auth)


def settings_of(chart, rules=None, **changes):
    """The settings of the page, with the issuer and the files of the rig."""

    def of(site):
        config = yaml.safe_load(chart.config_text)
        folder = site.folder / "rules"
        folder.mkdir()
        (folder / "rules.yaml").write_text(rules or "---\n".join(block.text for block in of_kind("yaml rbac", PAGE)))
        (site.folder / "account-token").write_text(TOKEN)
        (site.folder / "proxy-key").write_text(KEY)
        (binding,) = config["credentials"]
        del binding["service_account"]
        binding.update(host=HOST, token_file="account-token", proxy_key_file="proxy-key")
        kept = ("callback_path", "prefix", "cookie_name", "name_cookie", "strip_session_cookie", "groups_prefix")
        kept += ("email_verified", "root_query", "forwarded_prefixes", "policies", "credentials")
        settings = {name: config[name] for name in kept}
        return {**settings, "rbac_source": str(folder), "hosts": [site.origin()], **changes}

    return of


def platform(chart, routers=()):
    """The platform's routers, some of which are replaced."""

    def lay(routes):
        routes.middlewares.update(shown_middlewares(routes.auth))
        routes.middlewares.update(
            {name: one for name, one in middlewares(chart.objects, routes.auth).items() if name not in routes.middlewares}
        )
        for name, (path, steps, _) in {**ROUTERS, **dict(routers)}.items():
            routes.route(name, f"PathPrefix(`{path}`)", steps)

    return lay


def seen_by(site, browser, path, **options):
    """The request that the application got; it must be allowed."""
    site.app.seen.clear()
    answer = browser.send("navigation", site.url(f"{path}/x"), **options)
    assert answer.status == 200, f"{path}: {answer} {answer.text}"
    return site.app.last


def assert_identity(seen, steps):
    """X-Forwarded-User for all users, and Impersonate-* if it is listed."""
    assert seen.values("X-Forwarded-User") == [ADMIN.email]
    groups = seen.values("Impersonate-Group")
    if "forwardauth-grafana" in steps:
        assert not groups and seen.value("Impersonate-User") is None
    else:
        assert seen.value("Impersonate-User") == ADMIN.email
        assert {"oidc:ops", "oidc:admins", "system:authenticated"} <= set(groups), groups


def credentials_of(site, browser):
    """Which applications get a credential."""
    found = {}
    for name, (path, steps, target) in ROUTERS.items():
        if target:
            seen = seen_by(site, browser, path)
            assert seen.target == target and seen.value("X-Sallyport-Proxy-Key") is None
            assert_identity(seen, steps)
            found[name] = seen.value("Authorization")
    return {name: value for name, value in found.items() if value}


def test_the_middlewares_as_they_are_tell_who_asks_and_carry_no_credential(make_site, chart):
    site = make_site(layout=platform(chart), settings=settings_of(chart))
    ada, admin = site.browser(), site.browser()
    visit = ada.log_in(site.url("/dkp/alertmanager/x?y=1"), ADA)
    assert visit.final.url == site.url("/dkp/alertmanager/x?y=1") and visit.final.status == 200, str(visit)
    assert visit.hop("/_oauth_kommander").status == 302 and site.app.last.target == "/x?y=1"
    assert [cookie.value for cookie in ada.jar.named("kommander_profile_name")] == ["Ada%20Lovelace"]
    admin.log_in(site.url("/dkp/grafana/x"), ADMIN)
    assert credentials_of(site, admin) == {}
    long = site.browser()
    long.log_in(site.url("/dkp/kiali/x"), LONG)
    assert [cookie.value for cookie in long.jar.named("kommander_profile_name")] == [LONG.name[:128]]

    # Roles of the catalogue: what they name, below it, and the methods that they have.
    for path in ("/dkp/opencost/x", "/dkp/grafana", "/dkp/opencosts"):
        assert ada.send("navigation", site.url(path)).status == 403, path
    assert seen_by(site, ada, "/dkp/kiali").value("Impersonate-User") == ADA.email  # an allow rule: signed in
    expect.problem(site.browser().send("fetch", site.url("/dkp/kiali/x")), 401, "no_session")
    own = {"initiator": site.url("/dkp/alertmanager/x")}
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        answer = ada.send("fetch", site.url("/dkp/alertmanager/api/v2"), method=method, **own)
        assert answer.status == 200, method
    for method in ("PATCH", "OPTIONS"):
        answer = ada.send("fetch", site.url("/dkp/alertmanager/api/v2"), method=method, **own)
        assert (answer.status, answer.reason) == (403, "rbac_denied"), method
    gone = ada.send("navigation", site.url("/_oauth_kommander/s/logout"), initiator=site.url("/dkp/kiali/x"))
    assert gone.status == 303 and not ada.jar.named("kommander_profile_name"), str(gone)


@pytest.mark.edges("3.7.15-https")
def test_subjects_in_another_case_count_where_the_settings_of_the_page_say_so(make_site, chart):
    """What `case-insensitive-subjects` becomes, with the pattern that it then needs."""
    (shown,) = of_kind("yaml rbac", PAGE)
    rules = shown.text.replace("alertmanager/*", "alertmanager/**").replace('"oidc:ops"', '"OIDC:Ops"')
    settings = {"rbac_matching": "globstar", "rbac_ignore_case": True}
    site = make_site(layout=platform(chart), settings=settings_of(chart, rules, **settings))
    browser = site.browser()
    assert browser.log_in(site.url("/dkp/alertmanager/a/b"), ADA).final.status == 200


def test_one_edited_ingress_gives_the_dashboard_its_credential_and_nobody_else(make_site, chart):
    (ingress,) = (
        item for block in of_kind("yaml kubernetes", PAGE) for item in block.documents() if item["kind"] == "Ingress"
    )
    (names,) = ingress["metadata"]["annotations"].values()
    chain = names.removeprefix("kommander-").removesuffix("@kubernetescrd")
    site = make_site(
        layout=platform(chart, {"dashboard": (DASHBOARD, [chain], "/x")}), settings=settings_of(chart)
    )
    browser = site.browser()
    browser.log_in(site.url("/dkp/kiali/x"), ADMIN)
    assert credentials_of(site, browser) == {"dashboard": f"Bearer {TOKEN}"}
    seen = seen_by(site, browser, DASHBOARD)
    assert "forward_auth" not in (seen.value("Cookie") or "")
    # Only the chain sets the key.
    lie = {"X-Sallyport-Proxy-Key": KEY, "Authorization": "Bearer of-the-client"}
    assert seen_by(site, browser, "/dkp/kiali", headers=lie).value("Authorization") is None
    assert seen_by(site, browser, DASHBOARD, headers=lie).values("Authorization") == [f"Bearer {TOKEN}"]
    other = site.browser()
    expect.page(other.log_in(site.url(f"{DASHBOARD}/x"), GRACE).final, 403, "rbac_denied")


def test_without_a_proxy_key_the_credential_is_for_the_prefix_of_the_dashboard_alone(make_site, chart):
    def settings(site):
        of_page = settings_of(chart)(site)
        (binding,) = of_page["credentials"]
        del binding["proxy_key_file"]
        binding["unsafe_without_proxy_key"] = True
        return of_page

    site = make_site(layout=platform(chart), settings=settings)
    browser = site.browser()
    browser.log_in(site.url("/dkp/grafana/x"), ADMIN)
    assert credentials_of(site, browser) == {"dashboard": f"Bearer {TOKEN}"}


@pytest.mark.parametrize("cleans", [False, True], ids=["without the cure", "with it"])
def test_ac_54_no_prefix_of_the_clients_choice_opens_a_router_of_the_platform(make_site, chart, cleans):
    """Only ADA's role for alertmanager; the entry point trusts its client, as behind a load balancer."""
    site = make_site(
        layout=platform(chart),
        settings=settings_of(chart),
        trusts_client=True,
        everywhere=["clean"] if cleans else [],
    )
    browser = site.browser()
    browser.log_in(site.url("/dkp/alertmanager/x"), ADA)
    named = seen_by(site, browser, "/dkp/alertmanager", headers={"X-Forwarded-Groups": "of-the-client"})
    assert (named.value("X-Forwarded-Groups") is None) == cleans
    lie = {"X-Forwarded-Prefix": "/dkp/alertmanager"}
    for path in ("/dkp/opencost/x", "/dkp/traefik/x"):
        assert browser.send("navigation", site.url(path)).status == 403
        assert browser.send("navigation", site.url(path), headers=lie).status == (403 if cleans else 200)
    # If a router strips a prefix, there are two headers, which is refused, or the client's is replaced.
    answer = browser.send("navigation", site.url("/dkp/alertmanager/x"), headers=lie)
    assert answer.status == (200 if cleans else 400), answer


def test_two_instances_share_a_host_with_a_prefix_beside_their_callback(make_site, make_sallyport, chart):
    """The platform has both; the second is that of the management cluster, with its own client."""
    second = make_sallyport(
        {
            "cookie_name": "forward_auth",
            "name_cookie": "kommander_mgmt_name",
            "callback_path": "/_oauth",
            "prefix": "/_oauth/s",
            "root_query": "prefix=1",
            "forwarded_prefixes": ["/dkp/kommander/dashboard"],
        }
    )
    path = "/dkp/kommander/dashboard"

    def layout(routes):
        platform(chart)(routes)
        ask = {**routes.middlewares["forwardauth"]["forwardAuth"], "address": f"{second.auth_url}/"}
        routes.middleware("forwardauth-mgmt", "forwardAuth", **ask)
        routes.route("mgmt", f"PathPrefix(`{path}`)", ["stripprefixes", "forwardauth-mgmt"])
        routes.route("mgmt-callback", "PathPrefix(`/_oauth`)", ["forwardauth-mgmt"])

    site = make_site(layout=layout, settings=settings_of(chart))
    browser = site.browser()
    first = browser.log_in(site.url("/dkp/alertmanager/x"), ADA)
    visit = browser.log_in(site.url(f"{path}/x"), GRACE)
    assert first.hop("/_oauth_kommander?").status == visit.hop("/_oauth?").status == 302
    assert visit.final.status == 200 and site.app.last.value("X-Forwarded-User") == GRACE.email, str(visit)
    assert seen_by(site, browser, "/dkp/alertmanager").value("X-Forwarded-User") == ADA.email

    # A sign-out at one does not affect the other.
    own = {"initiator": site.url(f"{path}/x")}
    assert browser.send("navigation", site.url("/_oauth/s/logout"), **own).status == 303
    assert not browser.jar.named("kommander_mgmt_name") and browser.jar.named("kommander_profile_name")
    assert browser.send("fetch", site.url(f"{path}/x"), **own).status == 401
    assert browser.send("navigation", site.url("/_oauth_kommander/s/logout"), **own).status == 303
    assert browser.send("fetch", site.url("/dkp/alertmanager/x"), **own).status == 401
    for prefix in ("/_oauth/s", "/_oauth_kommander/s"):
        expect.page(browser.send("navigation", site.url(f"{prefix}/nothing")), 404, "no_such_page")


# ---- what the page says of each setting ----------------------------------------------------------------

FLAGS = """auth-host authz-pass-through case-insensitive-subjects claims-session-name client-id client-secret
    cluster-store-cache-ttl cluster-store-namespace config cookie-domain cookie-name csrf-cookie-name default-action
    domain email-header-names enable-impersonation enable-in-cluster-storage enable-rbac
    enable-v3-url-pattern-matching encryption-key forward-token-header-name forward-token-prefix group-claim-prefix
    groups-attribute-name groups-session-name insecure-cookie KUBECONFIG lifetime log-format log-level provider-uri
    rule.NAME.action rule.NAME.rule scope secret service-account-token-path url-path user-cookie-name whitelist
    --oidc-issuer-url --oidc-client-id --oidc-ca-file --oidc-username-claim --oidc-username-prefix
    --oidc-groups-claim --oidc-groups-prefix --oidc-signing-algs --oidc-required-claim --disable-impersonation
    --token-passthrough --token-passthrough-audiences --extra-user-headers --extra-user-header-client-ip
    --readiness-probe-port --flush-interval --secure-port --kubeconfig Impersonate-Uid --kube-client-qps
    --kube-client-burst --version
    clusters[].name description namespace issuer client_id client_secret redirect_uri connector_id scopes
    k8s_master_uri k8s_ca_uri k8s_ca_pem k8s_ca_pem_file k8s_ca_pem_base64_encoded static_context_name listen web_path_prefix tls_cert
    providers.oidc.issuer-url providers.oidc.resource providers.google.prompt providers.generic-oauth default-provider
    rule.NAME.provider rule.NAME.whitelist rule.NAME.domains match-whitelist-or-domain logout-redirect port
    tls_key idp_ca_uri idp_ca_pem idp_ca_pem_file trusted_root_ca trusted_root_ca_file logo_uri kubectl_version --config --debug""".split()


def first_cells():
    return [line.split("|")[1] for line in text_of(PAGE).split("\n") if line.startswith("| ")]


@pytest.mark.edges("3.7.15-https")
def test_each_setting_of_the_predecessors_has_a_row():
    named = {name for cell in first_cells() for name in re.findall("`([^`]*)`", cell)}
    assert [flag for flag in FLAGS if flag not in named] == []


@pytest.mark.edges("3.7.15-https")
def test_the_check_says_what_becomes_of_the_flags_of_the_predecessor(tmp_path):
    """What it names stands in the row of the flag; of some there is no one setting to name."""
    section = text_of(PAGE).partition("## traefik-forward-auth: its settings")[2].partition("\n## ")[0]
    rows = [line.split(" | ", 1) for line in section.split("\n") if line.startswith("| `")]
    flags = {}
    for first, second in rows:
        for flag in re.findall("`([a-z0-9-]+)`", first):
            flags[flag] = flags.get(flag, "") + second
    path = write_files(tmp_path, {**SMALLEST, **dict.fromkeys(flags, "x")}, "s" * 32)
    done = run("check", "--config", path, check=False)
    meant = dict(re.findall(r'unknown setting "([^"]*)": did you mean "([^"]*)"', done.stderr))
    assert flags.keys() - meant.keys() == {"cluster-store-cache-ttl", "cluster-store-namespace", "config"}
    assert [(flag, meant[flag]) for flag in meant if meant[flag] not in flags[flag]] == []


@pytest.mark.edges("3.7.15-https")
def test_the_values_before_are_told_by_settings_that_have_a_row():
    (before,) = (
        item["traefikForwardAuth"]
        for block in of_kind("yaml before", PAGE)
        for item in block.documents()
        if "traefikForwardAuth" in item
    )
    rows = "".join(first_cells())
    for line in before["extraConfig"].strip().split("\n"):
        assert f"`{line.split(' =')[0]}`" in rows, line
    (after,) = of_kind("yaml values", PAGE)
    config = yaml.safe_load(after.text)["config"]
    assert config["issuer"] == before["oidcUri"] and config["client_id"] == before["clientId"]
    assert config["name_cookie"] == before["userCookieName"] and "url-path = " + config["callback_path"] in before["extraConfig"]

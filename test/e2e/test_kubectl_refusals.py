# SPDX-License-Identifier: Apache-2.0
"""
What kubectl prints when it is refused: real kubectl, through real Traefik, in front of a real API server.

kubectl first discovers the kinds of the cluster, and caches them in its home. During discovery it has its own texts
for a 401 and a 503.
"""

import time

import pytest
from rig.bound import binding, chain, lead_to
from rig.keys import Key
from rig.kubeconfig import write_kubeconfig
from rig.ports import free_port
from rig.process import wait_for
from test_bearer import CLIENT, token_of
from test_kubectl import HOST, kubectl_of

# The API server of the tests about RBAC.
pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.edges("3.7.15-https")]

RULES = [
    {"action": "deny", "email": "eve@example.com"},
    {"action": "rbac", "email": "noel@example.com"},  # with bindings that have not been read
    {"action": "allow"},
]
# The sentence, and whether kubectl also prints it during discovery.
CASES = {
    "as": ("The request has a header that asks the API server to treat you as another user", True),
    "denied": ("You do not have access to this page", True),
    "expired": ("kubectl oidc-login clean", False),
    "for another cluster": ('"aud" has none of the accepted audiences', False),
    "of nobody": ("This address is for programs", False),
    "unread": ("The access rules for this page are not available at the moment", False),
}


@pytest.fixture
def issuer(make_issuer):
    return make_issuer(keys=[Key("ES256")])


@pytest.fixture
def site(make_site, issuer, cluster, account):
    def layout(routes):
        lead_to(routes, cluster.api)
        routes.route("kube", f"Host(`{HOST}`)", chain(routes), service="api-server")

    def settings(site):
        nowhere = write_kubeconfig(site.folder, f"https://127.0.0.1:{free_port()}", token="none")
        return {
            "bearer_audiences": "kubectl",
            "policies": {"default": RULES},
            "kubernetes_kubeconfig": str(nowhere),
            "credentials": [binding(site.folder, HOST, account)],
        }

    return make_site(issuer=issuer.url, client=CLIENT, layout=layout, settings=settings)


def test_kubectl_prints_why_it_is_refused_and_does_not_wait(site, issuer, tmp_path):
    now = int(time.time())
    good = token_of(issuer)
    tokens = {
        "as": good,
        "denied": token_of(issuer, sub="eve", email="eve@example.com"),
        "expired": token_of(issuer, iat=now - 900, exp=now - 300),
        "for another cluster": token_of(issuer, aud="another-cluster"),
        "of nobody": "no-token-of-anybody",
        "unread": token_of(issuer, sub="noel", email="noel@example.com"),
    }
    warm = tmp_path / "warm"

    def told(case, home):
        """What kubectl prints, and how many requests it sent."""
        before = site.sallyport.metric("sallyport_decisions_total") or 0
        identity = ("--as=grace@example.com",) if case == "as" else ()
        done = kubectl_of(site, tokens[case], tmp_path, home)("get", "configmaps", *identity)
        assert done.returncode == 1, (case, done)
        return done.stderr, site.sallyport.metric("sallyport_decisions_total") - before

    def refused():
        return [line for line in site.sallyport.events("decision") if "detail" in line]

    done = kubectl_of(site, good, tmp_path, warm)("get", "configmaps")
    assert done.returncode == 0, done.stderr
    for case, (sentence, is_told_at_first) in CASES.items():
        text, asked_n = told(case, None)
        assert (sentence in text) == is_told_at_first and "unknown" not in text, (case, text)
        assert asked_n <= 6, (case, text)  # with Retry-After there would be fifty
        text, asked_n = told(case, warm)
        assert sentence in text and asked_n == 1, (case, text)
        if case in ("as", "expired", "for another cluster"):  # for the others the log states more
            wait_for(lambda text=text: any(line["detail"] in text for line in refused()), f"the line of {case}")
    assert site.sallyport.wait_for_event("decision", reason="rbac_unavailable")["status"] == 503

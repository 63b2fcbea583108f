# SPDX-License-Identifier: Apache-2.0
"""
The documents contain the texts that people paste into a search: what Traefik, Dex, Chromium, Helm, kubectl, libcurl and
sallyport print when something is misconfigured. Most are taken from the running programs here; the others are listed.
"""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from rig import tools
from rig.documents import PAGES, SMALLEST, text_of
from rig.ports import free_port
from rig.sallyport import run, write_files

SECRET = "5f0c6a1d9b3e8247a6c1d0f9e8b7a695"

# Messages that no test produces here, or that other tests produce, each with its source.
LISTED = {
    # Traefik: with its provider of Kubernetes (test_chart_gateway.py), after its 30 seconds, where packets are dropped
    "allowCrossNamespace is disabled, cross-namespace are disallowed",
    "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
    "i/o timeout",
    "TRAEFIK DEFAULT CERT",
    "Gateway Timeout",
    # Chromium, Firefox; servers with small limits
    "ERR_TOO_MANY_REDIRECTS",
    "redirected you too many times",
    "The page isn’t redirecting properly",
    "ERR_CERT_AUTHORITY_INVALID",
    "HTTP ERROR 500",
    "Request Header Fields Too Large",
    "Request Header Or Cookie Too Large",
    # other issuers than Dex
    "redirect_uri_mismatch",
    "AADSTS50011",
    "Invalid parameter: redirect_uri",
    "The redirect URI included is not valid.",
    # OpenSSL, by libcurl
    "self-signed certificate",
    "no alternative certificate subject name matches",
    # kubectl and kubelogin (test_kubelogin.py, test_kubectl.py)
    "error: You must be logged in to the server",
    "the server has asked for the client to provide credentials",
    "exec: executable kubectl-oidc_login not found",
    "oidc discovery error",
    "x509: certificate signed by unknown authority",
    "could not start a local server: no available port",
    "the server is currently unable to handle the request",
    "cannot impersonate resource",
    # Helm (test_chart_check.py) and Kubernetes
    "pre-install hooks failed",
    "CrashLoopBackOff",
    "exec format error",
    "MountVolume.SetUp failed",
    "Readiness probe failed: HTTP probe failed with statuscode: 503",
    'no matches for kind "Middleware" in version "traefik.io/v1alpha1"',
    # codes of the protocol
    "invalid_client",
    "unauthorized_client",
    "invalid_grant",
    "login_required",
    "access_denied",
}


def plain(text):
    return " ".join(text.split())


@pytest.fixture(scope="module")
def documents():
    """All pages as one text; a fold of lines is a space."""
    return plain("\n".join(map(text_of, PAGES)))


def assert_documented(texts, documents):
    """`…` in a message stands for a variable part, which the pages may write in any form."""
    missing = {text for text in texts if not all(plain(part) in documents for part in text.split("…"))}
    assert not missing


def test_texts_of_programs_that_are_not_here(documents):
    assert len(LISTED) >= 30
    assert_documented(LISTED, documents)


# ---- Traefik and Dex ------------------------------------------------------------------------------------


def middleware(routes, name, url):
    return routes.middleware(name, "forwardAuth", address=url)


@pytest.mark.edges("3.7.15-https")
def test_what_traefik_says_of_a_wrong_set_up(make_site, browser, rig, documents):
    nobody = free_port()
    dex, plain_dex = rig.dex.central.port, rig.dex.upstream.port

    def layout(routes):
        wrong = {
            "refused": middleware(routes, "refused", f"http://127.0.0.1:{nobody}/auth/traefik"),
            "unknown": middleware(routes, "unknown", "http://sallyport..svc:4181/auth/traefik"),
            "strange": middleware(routes, "strange", f"https://127.0.0.1:{dex}/"),
            "http": middleware(routes, "http", f"http://127.0.0.1:{dex}/"),
            "https": middleware(routes, "https", f"https://127.0.0.1:{plain_dex}/"),
            "untrusted": routes.ask(),
            "missing": "absent",
            "listed": routes.middleware("listed", "ipAllowList", sourceRange=["192.0.2.0/24"]),
        }
        for path, name in wrong.items():
            routes.route(path, f"PathPrefix(`/{path}`)", [name])
        routes.service("nobody", f"http://127.0.0.1:{nobody}")
        routes.route("serverless", "PathPrefix(`/serverless`)", service="absent")
        routes.route("dead", "PathPrefix(`/dead`)", service="nobody")

    site = make_site(layout=layout, settings={"trusted_proxies": ["10.0.0.0/8"]})
    answers = {
        path: browser.send("api", site.url(f"/{path}"))
        for path in ("refused", "unknown", "strange", "https", "untrusted", "http", "missing", "dead", "listed")
    }
    shown = {path: (answer.status, answer.body.decode().strip()) for path, answer in answers.items()}
    assert {shown.pop(path) for path in ("refused", "unknown", "strange", "https", "untrusted")} == {(500, "")}
    assert [status for status, _ in shown.values()] == [400, 404, 502, 403]
    assert_documented([text for _, text in shown.values()], documents)

    log = site.traefik.text()
    errors = {error.rpartition(": ")[2] for error in re.findall(r'Error calling \S+ error="(.*)" middlewareName', log)}
    errors |= set(re.findall(r'error="(.*) does not exist"', log.replace(r"\"absent@file\"", '"…"')))
    assert errors >= {
        'middleware "…"',
        'the service "…"',
        "connection refused",
        "no such host",
        "certificate signed by unknown authority",
        "server gave HTTP response to HTTPS client",
    }, errors
    assert errors & {"connection reset by peer", "EOF"}, errors
    assert_documented(errors, documents)
    assert site.sallyport.wait_for_event("peer_refused")["detail"]


def test_what_dex_says_of_a_wrong_client(rig, browser, documents):
    registered = rig.dex.confidential.redirect_uris[0]
    asked = {
        "Unregistered redirect_uri.": ("sallyport", "https://app.example.com/_sallyport/callback", "openid"),
        "Invalid client_id.": ("nobody", registered, "openid"),
        "invalid_scope": ("sallyport", registered, "openid+nonsense"),
    }
    for text, (client, redirect_uri, scope) in asked.items():
        target = f"client_id={client}&redirect_uri={redirect_uri}&response_type=code&scope={scope}&state=x"
        answer = browser.send("api", f"{rig.dex.central.issuer}/auth/local?{target}")
        assert text in answer.body.decode() + str(answer.headers), text
    assert_documented(asked, documents)


# ---- sallyport check, Helm and Chromium -------------------------------------------------------------------


def said_of(issuer, folder, **settings):
    """The output of `sallyport check --issuer` for an issuer, also without a resolver."""
    path = write_files(folder, {**SMALLEST, "issuer": issuer, **settings}, SECRET)
    done = run("check", "--issuer", "--config", path, check=False, env={"RES_OPTIONS": "timeout:1 attempts:1"})
    (error,) = re.findall(r" error: (.*)", done.stderr)
    return error


def test_what_a_check_says_of_an_issuer_that_it_cannot_read(rig, tmp_path, documents):
    dex, plain_dex = rig.dex.central, rig.dex.upstream
    trusted = {"issuer_ca_file": str(rig.authority.ca_file)}
    cases = {
        "Could not resolve host": ("https://sso.nowhere.invalid/dex", {}),
        "Couldn't connect to server": (f"https://127.0.0.1:{free_port()}/dex", {}),
        "unable to get local issuer certificate": (dex.issuer, {}),
        "status 404": (f"{dex.issuer}/other", trusted),
        "wrong version number": (f"https://127.0.0.1:{plain_dex.port}/dex", {}),
        "not the configured one, and must match it byte for byte": (f"{plain_dex.issuer}/", {}),
    }

    def said_in_case(number, issuer, settings):
        folder = tmp_path / str(number)
        folder.mkdir()
        return said_of(issuer, folder, **settings)

    with ThreadPoolExecutor() as side_by_side:  # each takes a second
        errors = dict(zip(cases, side_by_side.map(said_in_case, count(), *zip(*cases.values())), strict=True))
    assert {text: error for text, error in errors.items() if text not in error} == {}
    assert_documented(cases, documents)


def test_what_helm_says_of_values(documents):
    chart = [tools.helm(), "template", "x", tools.TREE / "helm" / "sallyport"]
    missing = subprocess.run(chart, capture_output=True, text=True)
    assert "These values cannot be installed" in missing.stderr
    wrong = subprocess.run([*chart, "--set", "replicas=many"], capture_output=True, text=True)
    assert "values don't meet the specifications of the schema(s)" in wrong.stderr
    assert_documented(
        {"These values cannot be installed", "values don't meet the specifications of the schema(s)"}, documents
    )


def test_what_chromium_says_of_an_address_where_nothing_or_another_protocol_is(page, rig, documents):
    for url, text in {
        f"http://127.0.0.1:{free_port()}/": "ERR_CONNECTION_REFUSED",
        f"https://127.0.0.1:{rig.dex.upstream.port}/": "ERR_SSL_PROTOCOL_ERROR",
    }.items():
        with pytest.raises(Exception, match=text):
            page.goto(url)
        assert_documented([text], documents)

# SPDX-License-Identifier: Apache-2.0
"""
Attempts to get the token of an account and its proxy key, on real Traefik: by a tenant of the same Traefik, a client
that Traefik trusts, a log that contains headers, and through everything that sallyport itself prints.
"""

import pytest
from rig import expect
from rig.app import App
from rig.bound import KEY, LISTED, binding, chain
from rig.dex import ADA
from rig.documents import of_kind
from rig.process import wait_for
from rig.sallyport import run
from test_bearer import bearer, tokens_of

pytestmark = pytest.mark.edges("3.7.15-https")

HOST, ELSEWHERE = "app.example.test", "app.test"
TOKEN = "token-of-the-account"
GUESSED = "guessed-" + 40 * "x"
WITHHELD = "sallyport_credentials_withheld_total"
ASKS = "/auth/traefik?headers=identity,kubernetes"
LISTS = ("X-Forwarded-User", *LISTED)


@pytest.fixture
def make_bound(make_site, rig):
    """A site with the operator's chain at `HOST`, where the account's token is bound to bearer callers."""

    def make(lay=lambda routes: None, *, settings=(), **options):
        def layout(routes):
            operators = chain(routes, "headers=identity,kubernetes", headers=LISTS)
            routes.route("bound", f"Host(`{HOST}`)", [routes.clean(), *operators])
            lay(routes)

        def settings_of(site):
            bound = binding(site.folder, HOST, TOKEN)
            return {"bearer_audiences": [rig.dex.public.id], "credentials": [bound], **dict(settings)}

        return make_site(layout=layout, settings=settings_of, **options)

    return make


@pytest.fixture
def tenant():
    """Another tenant's program behind the same Traefik."""
    app = App()
    yield app
    app.stop()


def given(app):
    """The user and the account in the last request that the application got."""
    seen = app.last
    names = ("X-Forwarded-User", "Impersonate-User", "Authorization", "X-Sallyport-Proxy-Key")
    return tuple(seen.value(name) for name in names)


def test_ac_52_ac_84_a_tenant_of_the_same_traefik_gets_the_user_and_no_token(make_bound, tenant, rig):
    def lay(routes):
        routes.service("tenant", tenant.url)
        guess = routes.middleware("guess", "headers", customRequestHeaders={"X-Sallyport-Proxy-Key": GUESSED})
        theirs = routes.ask("theirs", ASKS, LISTS)
        bearers = routes.ask("bearers", "/auth/traefik?headers=identity,bearer", LISTS)
        for path, middlewares in {
            "/without": [theirs],
            "/guessing": [guess, theirs],
            "/bearer": [bearers],
            "/unprotected": [],
        }.items():
            rule = f"Host(`{HOST}`) && PathPrefix(`{path}`)"
            routes.route(path[1:], rule, middlewares, service="tenant", priority=1000)

    site = make_bound(lay)
    token = tokens_of(site, rig.dex.public)["id_token"]
    browser = site.browser()

    def ask(path):
        assert browser.send("api", site.url(path, HOST), headers=bearer(token)).status == 200

    ask("/x")
    assert given(site.app)[1:] == (ADA.email, f"Bearer {TOKEN}", None)
    for path, reason in (("/without", "proxy_key_missing"), ("/guessing", "proxy_key_wrong")):
        ask(path)
        assert given(tenant) == (ADA.email, ADA.email, None, None), path
        assert tenant.last.values("Impersonate-Group")
        line = site.sallyport.wait_for_event("credential_withheld", reason=reason)
        assert (line["level"], line["host"]) == ("warn", HOST), line
        assert site.sallyport.metric(WITHHELD, reason=reason) == 1
    ask("/bearer")
    assert given(tenant) == (ADA.email, None, None, None)
    # No key prevents this: the owner of a path of the host gets what clients send there.
    ask("/unprotected")
    assert tenant.last.value("Authorization") == f"Bearer {token}"
    assert len(tenant.seen) == 4


def test_ac_85_a_client_that_is_believed_gets_the_token_to_no_other_program(make_bound, tenant, rig):
    def lay(routes):
        routes.service("tenant", tenant.url)
        routes.route("jaeger", f"Host(`{ELSEWHERE}`)", [routes.ask("jaeger", ASKS, LISTS)], service="tenant")

    site = make_bound(lay, trusts_client=True)
    token = tokens_of(site, rig.dex.public)["id_token"]
    claims = {**bearer(token), "X-Forwarded-Host": HOST, "X-Forwarded-Uri": "/api/v1/pods"}
    browser = site.browser()
    for key in (None, GUESSED):
        more = {"X-Sallyport-Proxy-Key": key} if key else {}
        assert browser.send("api", site.url("/x", ELSEWHERE), headers={**claims, **more}).status == 200
        assert given(tenant) == (ADA.email, ADA.email, None, None)
    for reason in ("proxy_key_missing", "proxy_key_wrong"):
        site.sallyport.wait_for_event("credential_withheld", reason=reason)

    # The operator's chain replaces a key sent by a client, and removes it before the application.
    mine = {**bearer(token), "X-Sallyport-Proxy-Key": GUESSED}
    assert browser.send("api", site.url("/x", HOST), headers=mine).status == 200
    assert given(site.app) == (ADA.email, ADA.email, f"Bearer {TOKEN}", None)
    alias = {**bearer(token), "X_Sallyport_Proxy_Key": KEY}
    expect.problem(browser.send("api", site.url("/x", ELSEWHERE), headers=alias), 400, "alias_header")
    assert len(tenant.seen) == 2


def documented():
    """The settings on the page for the headers in Traefik's access log."""
    (block,) = of_kind("yaml traefik-static", "doc/security.md")
    return block.documents()[0]["accessLog"]["fields"]["headers"]


@pytest.mark.parametrize("hidden", [False, True], ids=["kept", "redacted"])
def test_ac_58_traefiks_access_log_holds_the_token_unless_it_is_told_to_hide_it(make_bound, rig, hidden):
    site = make_bound(access_log=documented() if hidden else {"defaultMode": documented()["defaultMode"]})
    token = tokens_of(site, rig.dex.public)["id_token"]
    browser = site.browser()
    assert browser.send("api", site.url("/allowed", HOST), headers=bearer(token)).status == 200
    assert browser.send("api", site.url("/denied", HOST)).status == 401

    def lines():
        text = site.traefik.access_log.read_text()
        return text if "/allowed" in text and "/denied" in text else ""

    text = wait_for(lines, "both lines of the access log")
    assert [secret for secret in (TOKEN, KEY) if secret in text] == ([] if hidden else [TOKEN, KEY])


def test_ac_44_ac_52_nothing_that_sallyport_says_holds_a_token_or_a_key(make_bound, rig):
    """Produces every kind of answer, log line, metric and command output, at the most verbose log level."""

    def lay(routes):
        routes.route("pages", "PathPrefix(`/_sallyport`)", service="pages", priority=2000)
        routes.route("other", f"Host(`{ELSEWHERE}`)", [routes.ask("other", ASKS, LISTS)])

    policy = [{"action": "deny", "path": "/closed"}, {"action": "public", "path": "/open"}, {"action": "allow"}]
    settings = {"log_level": "debug", "log_access": True, "policies": {"default": policy}}
    site = make_bound(lay, settings=settings)
    token = tokens_of(site, rig.dex.public)["id_token"]
    altered = token[:-9] + "AAAAAAAAA"
    browser, statuses, told = site.browser(), set(), []

    def ask(kind, target, given, host=HOST, **headers):
        answer = browser.send(kind, site.url(target, host), headers={**bearer(given), **headers})
        statuses.add(answer.status)
        told.append(f"{answer.headers}\n{answer.text}" if answer.reason or "_sallyport" in target else "")

    for kind in ("api", "navigation"):
        for target in ("/closed", "/x", "/open", "/_sallyport/me", "/_sallyport/none"):
            ask(kind, target, token)
            ask(kind, target, altered)
    ask("api", "/x", token, **{"Impersonate-User": "system:admin"})
    ask("api", "/x", token, ELSEWHERE)
    assert statuses == {200, 401, 403, 404}

    for name, text in {"proxy-key": f"{KEY}\n{KEY} and more\n", "account-token": f"{TOKEN} two words"}.items():
        (site.folder / name).write_text(text)
        site.sallyport.wait_for_event("credential_failed", file=str(site.folder / name))
    (site.folder / "id-token").write_text(token)
    explain = ("explain", "--url", site.url("/x", HOST), "--headers", "identity,kubernetes")
    for arguments in (("check", "--print"), (*explain, "--token", "id-token"), (*explain, "--user", "ada", "--json")):
        done = run(*arguments, "--config", site.folder / "sallyport.yaml", cwd=site.folder, check=False)
        told.append(done.stdout + done.stderr)
        assert told[-1], arguments
    told += [site.sallyport.text(), site.sallyport.error_text()]
    told += [site.sallyport.admin(path)[1] for path in ("/metrics", "/readyz", "/healthz")]
    secrets = (TOKEN, KEY, token, token.rpartition(".")[2], altered)
    assert [(secret, text) for secret in secrets for text in told if secret in text] == []

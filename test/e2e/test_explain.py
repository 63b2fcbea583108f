# SPDX-License-Identifier: Apache-2.0
"""What `sallyport explain` says of a request, beside what the running program answers to it."""

import base64
import json

import pytest
import yaml
from rig.dex import ADA, ADMIN
from rig.raw import NAVIGATION, Asker
from rig.sallyport import run, write_files
from test_layouts import pages_beside

RULES = [
    {"action": "public", "path": "/healthz"},
    {"action": "deny", "path_prefix": "/closed"},
    {"action": "deny", "websocket": True},
    {"action": "allow", "path_prefix": "/admin", "group": ["admins", "sre"]},
    {"action": "allow", "path_glob": "/reports/**", "email_domain": "example.com", "method": ["GET"]},
]
TARGETS = ["/healthz", "/healthz/x", "/closed/x", "/admin", "/reports/a/b", "/x?y=1"]


def explain(config, url, *arguments, check=False):
    return run("explain", "--config", config, "--url", url, *arguments, check=check)


def told(config, url, *arguments):
    """The answer as JSON; its status is that of the verdict."""
    done = explain(config, url, *arguments, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == (0 if answer["verdict"] == "allow" else 1), done
    return answer


def token_of(claims):
    """A token that nobody has signed."""
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in ({"alg": "RS256"}, claims))
    return ".".join(part.rstrip(b"=").decode() for part in parts) + ".AAAA\n"


def options_of(user):
    groups = [option for group in user.groups for option in ("--group", group)]
    return ["--user", user.email, *groups, "--claim", f"name={user.name}"]


@pytest.fixture
def config(tmp_path):
    """A configuration that nobody runs: explain needs none of the files that it names."""
    settings = {
        "issuer": "https://dex.example.com/dex",
        "client_id": "sallyport",
        "client_secret_file": "nowhere",
        "groups_prefix": "dex:",
        "policies": {"default": "authenticated", "ops": [{"action": "allow", "group": ["dex:ops", "dex:sre"]}]},
    }
    return write_files(tmp_path, {**settings, "keys_file": "keys"})


@pytest.mark.edges("3.7.15-https")
def test_explain_says_what_the_program_answers(make_site):
    site = make_site(settings={"policies": {"default": RULES}}, layout=pages_beside)
    path = site.sallyport.folder / "sallyport.yaml"

    for user in (ADA, ADMIN, None):
        browser = site.browser()
        told_by = options_of(user) if user else []
        if user:
            browser.log_in(site.url("/admin"), user)
        for target in TARGETS:
            answer = browser.send("navigation", site.url(target))
            said = told(path, site.url(target), *told_by)
            assert (said["verdict"] == "allow") == (answer.status == 200), (user, target, said, answer)
            assert said["status"] == answer.status, (user, target, said, answer)
            if said["verdict"] == "allow":
                seen = {header["name"]: header["value"] for header in said["headers"]}
                for name in ("X-Forwarded-User", "X-Forwarded-Groups", "X-Forwarded-Email"):
                    assert site.app.last.value(name) == seen.get(name), (user, target, name)


def test_a_token_of_another_issuer_passes_where_a_rule_says_so(config, tmp_path):
    settings = json.loads(json.dumps(yaml.safe_load(config.read_text())))
    settings["passthrough_issuers"] = ["https://kubernetes.default.svc"]
    settings["policies"]["default"] = [
        {"action": "passthrough", "path_prefix": "/api"},
        {"action": "allow"},
    ]
    path = write_files(tmp_path, settings)
    token = tmp_path / "token"
    url = "https://app.example.com"

    token.write_text(token_of({"iss": "https://kubernetes.default.svc", "sub": "system:serviceaccount:a:b"}))
    said = told(path, f"{url}/api/v1", "--token", token)
    assert (said["verdict"], said["status"], said["rule"], said["user"], said["headers"]) == ("allow", 200, 1, None, [])
    assert (told(path, f"{url}/x", "--token", token)["verdict"], said["rules"][0]["action"]) == ("login", "passthrough")

    token.write_text(token_of({"iss": settings["issuer"], "sub": "ada", "email": "ada@example.com"}))
    for who, reason in (
        (["--token", token], "bearer_invalid"),
        (["--user", "ada@example.com"], "no_session"),
        ([], "no_session"),
    ):
        said = told(path, f"{url}/api/v1", *who)
        assert (said["verdict"], said["status"], said["reason"], said["rule"]) == ("deny", 401, reason, 1), said


@pytest.mark.edges("3.7.15-https")
def test_the_document_of_me_tells_who_it_is(make_site, tmp_path):
    site = make_site(settings={"policies": {"default": RULES}}, layout=pages_beside)
    browser = site.browser()
    browser.log_in(site.url("/admin"), ADMIN)
    me = tmp_path / "me.json"
    me.write_text(browser.send("fetch", site.url("/_sallyport/me")).text)

    path = site.sallyport.folder / "sallyport.yaml"
    said = told(path, site.url("/admin"), "--me", me)
    assert said["verdict"] == "allow" and said["rule"] == 4 and said["user"] == ADMIN.email
    assert told(path, site.url("/x"), "--me", me)["reason"] == "policy_denied"

    me.write_text(me.read_text().replace('"issuer"', '"groups_complete":false,"issuer"'))
    said = told(path, site.url("/admin"), "--me", me)
    assert said["verdict"] == "allow" and "X-Forwarded-Groups" not in str(said)
    assert any("not all groups fit" in note for note in said["notes"])


def test_every_rule_is_shown_with_what_keeps_it_from_holding(config):
    done = explain(config, "https://app.example.com/x", "--policy", "ops", "--user", "ada@example.com", "--group", "dex:dev")
    assert done.returncode == 1
    assert "rule 1, line " in done.stdout
    assert "allow: does not hold: group: dex:dev; the rule wants dex:ops or dex:sre" in done.stdout
    assert "deny, 403 policy_denied: no rule holds" in done.stdout

    done = explain(config, "https://app.example.com/x", "--policy", "ops", "--user", "ada@example.com", "--group", "dex:ops")
    assert done.returncode == 0
    assert "allow: rule 1 decides" in done.stdout
    assert "X-Forwarded-Groups: dex:ops" in done.stdout


RBAC = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: view}
rules:
- {verbs: [get], nonResourceURLs: [/a]}
- {verbs: ["*"], nonResourceURLs: [/x, /x/*]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ops}
roleRef: {kind: ClusterRole, name: view}
subjects: [{kind: Group, name: "oidc:ops"}, {kind: User, name: ada}]
"""


def test_a_decision_by_rbac_names_binding_role_and_pattern(tmp_path):
    config = write_files(
        tmp_path,
        {
            "issuer": "https://dex.example.com/dex",
            "client_id": "sallyport",
            "keys_file": "keys",
            "policies": {"default": [{"action": "public", "path": "/healthz"}, {"action": "rbac"}]},
        },
    )
    url = "https://app.example.com/x/y"
    done = explain(config, url, "--user", "ada")
    assert done.returncode == 2
    assert "unavailable, 503 rbac_unavailable: rule 2 decides" in done.stdout and "--rbac" in done.stdout

    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "objects.yaml").write_text(RBAC)
    given = ("--rbac", folder, "--user", "ada", "--group", "oidc:ops")
    done = explain(config, url, *given)
    assert done.returncode == 0
    for subject in ("User ada", "Group oidc:ops"):
        line = f"    ClusterRoleBinding ops of {subject}: ClusterRole view, pattern /x/* (rule 2)\n"
        assert line in done.stdout, done.stdout
    said = told(config, url, *given)
    assert [grant["subject"] for grant in said["rules"][1]["grants"]] == ["ada", "oidc:ops"]

    done = explain(config, "https://app.example.com/a", *given, "--method", "POST")
    assert done.returncode == 1
    assert "deny, 403 rbac_denied: rule 2 decides" in done.stdout
    assert "rbac: holds, and RBAC refuses\n    no ClusterRoleBinding gives post on /a to one of these subjects:" in done.stdout
    assert "    User ada\n    Group oidc:ops\n    Group system:authenticated\n" in done.stdout
    assert "    another verb is given on this path, get:\n    ClusterRoleBinding ops of " in done.stdout
    said = told(config, "https://app.example.com/a", *given, "--method", "POST")["rules"][1]
    assert said["grants"] == [] and list(said["other_verbs"]) == ["get"]
    assert said["looked_for"] == {
        "verb": "post",
        "path": "/a",
        "user": "ada",
        "groups": ["oidc:ops", "system:authenticated"],
        "more_groups": 0,
    }
    many = [option for i in range(65) for option in ("--group", f"g{i}")]
    said = told(config, "https://app.example.com/b", "--rbac", folder, "--user", "eve", *many)["rules"][1]
    assert (len(said["looked_for"]["groups"]), said["looked_for"]["more_groups"]) == (65, 1)
    assert said["other_verbs"] == {}

    (folder / "objects.yaml").write_text(RBAC.replace("[get]", "get"))
    done = explain(config, url, *given)
    assert done.returncode == 2 and "objects.yaml:5:11: " in done.stderr


CLAIMS = {
    "default": [
        {"action": "deny", "claim": {"/realm_access/roles": "contractor"}},
        {"action": "allow", "claim": {"department": ["sales", "hr"], "sub": "1"}},
    ],
    "open": [{"action": "allow", "claim": {"department": "hr"}}, {"action": "allow"}],
}


def test_conditions_on_claims_are_known_or_not(tmp_path):
    config = write_files(
        tmp_path,
        {
            "issuer": "https://dex.example.com/dex",
            "client_id": "sallyport",
            "keys_file": "keys",
            "username_claim": "sub",
            "policies": CLAIMS,
        },
    )

    def results(*arguments):
        said = told(config, "https://app.example.com/x", *arguments)
        return said["verdict"], [rule["result"] for rule in said["rules"]]

    role = "/realm_access/roles"
    by_options = ("--user", "1", "--claim", "department=hr", "--claim", f"{role}=x")
    assert results(*by_options) == ("allow", ["does not hold", "holds"])
    assert results(*by_options, "--claim", f"{role}=contractor") == ("deny", ["holds", "not reached"])

    me = tmp_path / "me.json"
    me.write_text(json.dumps({"user": "2", "subject": "2", "groups": []}))
    done = explain(config, "https://app.example.com/x", "--me", me)
    assert done.returncode == 1
    assert f"deny: not known: claim: {role} is not in the document; the rule wants {role}: contractor" in done.stdout

    done = explain(config, "https://app.example.com/x", "--me", me, "--policy", "open")
    assert done.returncode == 1 and "allow: rule 2 decides" in done.stdout

    token = tmp_path / "token"
    token.write_text(token_of({"sub": "1", "department": ["x", "sales"], "realm_access": {"roles": ["dev"]}}))
    assert results("--token", token) == ("allow", ["does not hold", "holds"])


def test_a_token_tells_who_it_is_and_nobody_checks_its_signature(tmp_path, config):
    claims = {"iss": "https://dex.example.com/dex", "sub": "1", "email": "ada@example.com", "groups": ["ops"]}
    token = tmp_path / "token"
    token.write_text(token_of(claims))
    said = told(config, "https://app.example.com/x", "--policy", "ops", "--token", token)
    assert said["verdict"] == "allow" and said["user"] == "ada@example.com"
    assert any("signature" in note for note in said["notes"])

    token.write_text(token_of({**claims, "iss": "https://other"}))
    said = told(config, "https://app.example.com/x", "--token", token)
    assert any("not one of the issuer https://dex.example.com/dex" in note for note in said["notes"])


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--policy", "op"], 'no policy "op": did you mean "ops"?'),
        (["--headers", "identiy"], 'no header set "identiy": did you mean "identity"?'),
        (["--user", "a", "--group", "ops"], 'does not begin with groups_prefix ("dex:")'),
        (["--group", "dex:ops"], "say who it is by --user"),
        (["--user", "a", "--me", "b"], "say who it is by --user"),
        (["--user", "a", "--claim", "name"], "--claim is NAME=VALUE"),
        (["--token", "nowhere"], "nowhere"),
        (["--user", "a", "--claim", "email_verified=yes"], "email_verified is true or false"),
    ],
)
def test_a_question_that_cannot_be_answered_is_an_error(config, arguments, message):
    done = explain(config, "https://app.example.com/x", *arguments)
    assert done.returncode == 2 and message in done.stderr and done.stdout == ""


def test_a_url_is_wanted_as_the_request_has_it(config):
    for url in ("app.example.com", "https://app.example.com/a b", "https://app.example.com/#x", "ftp://x/"):
        done = explain(config, url)
        assert done.returncode == 2 and "--url is an absolute URL" in done.stderr, url
    assert run("explain", "--config", config, check=False).returncode == 2


def test_a_page_of_the_product_asks_no_rule(config):
    done = explain(config, "https://app.example.com/_sallyport/logout")
    assert done.returncode == 1 and "page of sallyport's own" in done.stdout
    said = told(config, "https://app.example.com/_sallyport/logout")
    assert (said["verdict"], said["status"], said["rules"]) == ("page", None, [])
    for path, method, status in (("me", "GET", 404), ("nowhere", "GET", 404), ("signed-out", "POST", 405)):
        said = told(config, f"https://app.example.com/_sallyport/{path}", "--method", method)
        assert (said["verdict"], said["status"], said["rules"]) == ("deny", status, []), path

    config.write_text(config.read_text() + "direct_pages: true\n")
    said = told(config, "https://app.example.com/_sallyport/me")
    assert (said["verdict"], said["status"], said["rules"]) == ("allow", 200, [])


@pytest.mark.edges("3.7.15-https")
def test_the_method_is_read_as_serve_reads_it(make_issuer, make_sallyport):
    sallyport = make_sallyport({"policies": {"default": [{"action": "allow", "method": ["GET", "PURGE"]}]}}, issuer=make_issuer())
    path = sallyport.folder / "sallyport.yaml"
    with Asker(sallyport.listen) as asker:
        for method in ("get", "*", "GET x", "G\u00cbT", "A" * 33, "GET", "HEAD", "POST", "PURGE", "A" * 32, "X-Y_Z"):
            answer = asker.ask("/x", method=method, more=NAVIGATION)
            said = told(path, "https://app.example.com/x", "--method", method)
            assert (said["status"], said["reason"]) == (answer.status, answer.reason), (method, said)
    done = explain(path, "https://app.example.com/x", "--method", "get")
    assert "deny, 400 malformed_request" in done.stdout and 'note: "get" is no method' in done.stdout

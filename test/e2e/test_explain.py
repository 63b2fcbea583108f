# SPDX-License-Identifier: Apache-2.0
"""What `sallyport explain` prints about a request, compared with the answer of the running program."""

import base64
import json

import pytest
import yaml
from rig.dex import ADA, ADMIN
from rig.flow import attempt
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
    """A token without a valid signature."""
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in ({"alg": "RS256"}, claims))
    return ".".join(part.rstrip(b"=").decode() for part in parts) + ".AAAA\n"


def options_of(user):
    groups = [option for group in user.groups for option in ("--group", group)]
    return ["--user", user.email, *groups, "--claim", f"name={user.name}"]


@pytest.fixture
def config(tmp_path):
    """A configuration that is never run: explain needs none of the files that it names."""
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

    token.write_text(token_of({"iss": "https://kubernetes.default.svc", "sub": "x", "more": "x" * 49152}))
    said = told(path, f"{url}/api/v1", "--token", token)
    assert (said["verdict"], said["status"], said["reason"], said["rule"]) == ("deny", 401, "bearer_invalid", 1)
    assert told(path, f"{url}/x", "--token", token)["verdict"] == "login"

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
    assert "allow: does not hold: group: dex:dev; the rule requires dex:ops or dex:sre" in done.stdout
    assert "deny, 403 policy_denied: no rule matches" in done.stdout

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
    assert done.returncode == 2 and done.stdout == ""
    assert "KUBERNETES_SERVICE_HOST is not set" in done.stderr and "--rbac" in done.stderr
    assert explain(config, url).returncode == 1 and explain(config, "https://app.example.com/healthz").returncode == 0

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
    assert "rbac: holds, and RBAC refuses\n    no ClusterRoleBinding grants post on /a to one of these subjects:" in done.stdout
    assert "    User ada\n    Group oidc:ops\n    Group system:authenticated\n" in done.stdout
    assert "    another verb is granted on this path, get:\n    ClusterRoleBinding ops of " in done.stdout
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
    assert f"deny: not known: claim: {role} is not in the document; the rule requires {role}: contractor" in done.stdout

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


def test_a_token_is_judged_by_its_audience_as_a_bearer_token_or_as_that_of_a_sign_in(tmp_path):
    settings = {
        "issuer": "https://dex.example.com/dex",
        "client_id": "sallyport",
        "client_secret_file": "nowhere",
        "keys_file": "keys",
        "bearer_audiences": "kubectl",
        "policies": {"default": [{"action": "deny", "group": "closed"}, {"action": "allow"}]},
    }
    path, token = write_files(tmp_path, settings), tmp_path / "token"

    def asked(aud, groups=1):
        claims = {"iss": settings["issuer"], "sub": "1", "email": "ada@example.com", "aud": aud}
        token.write_text(token_of({**claims, "groups": crowd(groups)}))
        answer = told(path, "https://app.example.com/x", "--token", token, "--headers", "impersonate")
        return answer, "\n".join(answer["notes"])

    cases = {
        "kubectl": "it is treated as a bearer token",
        "sallyport": "it is only accepted at a sign-in; as a bearer token it is 401 bearer_invalid",
        "other": "the token is not accepted at all",
    }
    for aud, wanted in cases.items():
        for listed in (aud, ["x", aud]):
            answer, notes = asked(listed)
            assert answer["verdict"] == "allow" and wanted in notes, (listed, notes)
    assert "a sign-in accepts it as well" in asked(["kubectl", "sallyport"])[1]

    def lines(answer):
        return len([one for one in answer["headers"] if one["name"] == "Impersonate-Group"])

    answer, _ = asked("kubectl", 1000)
    assert (answer["status"], lines(answer)) == (200, 1001)
    answer, notes = asked("kubectl", 1001)
    assert (answer["status"], answer["reason"]) == (403, "user_not_representable")
    assert "not all groups fit into the room of a token" in notes
    assert asked("sallyport", 300)[0]["reason"] == "user_not_representable"
    answer, notes = asked("kubectl", 1300)
    assert (answer["status"], answer["reason"]) == (401, "bearer_invalid")
    assert "longer than 49152 bytes, and is not read" in notes


def crowd(n):
    return [f"team-{number:04}-of-the-whole-company" for number in range(n)]


PEOPLE = {
    "few": {"groups": ["ops", "dev", "team-1"]},
    "many": {"groups": crowd(300)},
    "most": {"groups": crowd(200)},
    "closed": {"groups": [*crowd(300), "team-closed"]},
    "long": {"name": "n" * 4000},
    "unverified": {"email_verified": False},
    "nobody": {"email": None},
    "odd": {"groups": ["system:x", " team", "team,1"], "department": ["hr", "x"]},
}


@pytest.mark.edges("3.7.15-https")
@pytest.mark.parametrize("last", ["allow", "rbac"])
def test_a_token_is_made_the_session_that_a_sign_in_makes(make_issuer, make_sallyport, tmp_path, last):
    issuer = make_issuer()
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/objects.yaml").write_text(RBAC.replace("oidc:ops", "ops"))
    rules = [
        {"action": "deny", "path": "/closed", "group": "team-closed"},
        {"action": "deny", "path": "/hr", "claim": {"department": "hr"}},
        {"action": last},
    ]
    settings = {"groups_keep": ["team*", "ops", "system:*"], "policies": {"default": rules}}
    sallyport = make_sallyport({**settings, "rbac_source": str(tmp_path / "rules")}, issuer=issuer)
    path = sallyport.folder / "sallyport.yaml"
    usual = {"iss": issuer.url, "sub": "1", "email": "ada@example.com", "email_verified": True}
    issuer.people.update({name: {**usual, "sub": name, **claims} for name, claims in PEOPLE.items()})
    token = tmp_path / "token"
    with Asker(sallyport.listen) as asker:
        for name, claims in issuer.people.items():
            token.write_text(token_of({key: value for key, value in claims.items() if value is not None}))
            flow, answer = attempt(asker, issuer, name)
            for target in ("/x", "/closed", "/hr"):
                if flow.session:
                    answer = asker.ask(target, cookie=flow.session, more=NAVIGATION)
                said = told(path, f"https://app.test{target}", "--token", token)
                assert (said["status"], said["reason"]) == (answer.status, answer.reason), (name, target, said)
                groups = [one["value"] for one in said["headers"] if one["name"] == "X-Forwarded-Groups"]
                assert groups == answer.values("X-Forwarded-Groups"), (name, target, said)
    token.write_text(token_of({**usual, "groups": crowd(300)}))
    done = explain(path, "https://app.test/x", "--token", token)
    wanted = "500 session_too_large: 300 groups" if last == "rbac" else "not all groups fit into the session"
    assert wanted in done.stdout, done.stdout


def test_options_are_made_the_session_that_a_sign_in_makes(tmp_path):
    config = write_files(
        tmp_path,
        {
            "issuer": "https://dex.example.com/dex",
            "client_id": "sallyport",
            "keys_file": "keys",
            "groups_prefix": "dex:",
            "groups_keep": ["ops", "sre*"],
            "headers": {"mine": {"X-Department": "department", "X-Role": "/a/b", "X-Sub": "subject"}},
            "policies": {
                "default": [
                    {"action": "deny", "claim": {"department": "hr"}},
                    {"action": "allow", "claim": {"/a/b": ["z", "y", "x"]}},
                ]
            },
        },
    )
    ada = ("--user", "ada@example.com", "--group", "dex:ops", "--group", "dex:dev", "--group", "dex:sre1")
    url = "https://app.example.com/x"

    done = explain(config, url, *ada, "--claim", "/a/b=x", "--claim", "/department=it")
    assert "X-Forwarded-Groups: dex:ops,dex:sre1\n" in done.stdout
    assert "note: groups_keep drops 1 of the groups: dev\n" in done.stdout
    assert told(config, url, *ada, "--claim", "/department=hr")["rule"] == 1
    done = explain(config, url, *ada, "--claim", "/a/b=q")
    assert "claim: /a/b has no such value; the rule requires /a/b: z, y or x" in done.stdout

    said = told(config, url, *ada, "--claim", "/a/b=x", "--claim", "/department=it", "--headers", "mine")
    assert {one["name"]: one["value"] for one in said["headers"]} == {"X-Department": "it", "X-Role": "x"}
    many = [option for group in crowd(250) for option in ("--group", f"dex:sre{group}")]
    said = told(config, url, "--user", "ada@example.com", *many, "--claim", "/a/b=x")
    assert said["status"] == 200 and "X-Forwarded-Groups" not in str(said["headers"])
    said = told(config, url, "--user", "ada@example.com", "--claim", "name=" + "n" * 4000, "--claim", "/a/b=x")
    assert (said["status"], said["reason"], said["user"]) == (500, "session_too_large", None)


ME = {"user": "ada", "email": "a@b", "email_verified": True, "name": None, "preferred_username": "ada"}


def test_what_the_document_of_me_does_not_tell_is_not_known(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/objects.yaml").write_text(RBAC)
    config = write_files(
        tmp_path,
        {
            "issuer": "https://dex.example.com/dex",
            "client_id": "sallyport",
            "keys_file": "keys",
            "username_claim": "preferred_username",
            "rbac_source": str(tmp_path / "rules"),
            "headers": {"mine": {"X-Sid": "sid", "X-Name": "name", "X-User": "user", "X-D": "department"}},
            "policies": {
                "default": "authenticated",
                "group": [{"action": "deny", "group": "banned"}, {"action": "allow"}],
                "both": [{"action": "deny", "group": "banned", "claim": {"name": "eve"}}, {"action": "allow"}],
                "sid": [{"action": "deny", "claim": {"sid": "1"}}, {"action": "allow"}],
                "name": [{"action": "deny", "claim": {"name": "eve"}}, {"action": "allow"}],
                "only": [{"action": "allow", "claim": {"name": "eve"}}],
                "email": [{"action": "deny", "email_domain": "c"}, {"action": "allow"}],
                "rbac": [{"action": "rbac"}],
            },
        },
    )
    me = tmp_path / "me.json"

    def results(policy, **document):
        member = {name: value for name, value in {**ME, **document}.items() if value != "gone"}
        me.write_text(json.dumps({"groups": ["ops"], "issuer": "https://dex.example.com/dex", "subject": "1", **member}))
        done = explain(config, "https://app.example.com/a", "--me", me, "--policy", policy, "--json")
        said = json.loads(done.stdout)
        assert said["certain"] == all(rule["result"] != "not known" for rule in said["rules"])
        assert done.returncode == (0 if said["verdict"] == "allow" and said["certain"] else 1)
        return [rule["result"] for rule in said["rules"]]

    reduced = {"groups_complete": False}
    assert results("group") == ["does not hold", "holds"]
    assert results("group", **reduced) == ["not known", "holds"]
    assert results("group", **reduced, groups=["banned"]) == ["holds", "not reached"]
    assert results("both", **reduced, name="bob") == ["does not hold", "holds"]
    assert results("both", **reduced, name="gone") == ["not known", "holds"]
    assert results("both", **reduced, name="eve") == ["not known", "holds"]
    assert results("sid") == ["not known", "not reached"]
    assert results("name") == ["not known", "not reached"]  # it may be hidden in another shape
    assert results("name", name="bob") == ["does not hold", "holds"]
    assert results("name", name="eve") == ["holds", "not reached"]
    assert (results("only"), results("only", name="gone")) == (["does not hold"], ["not known"])
    assert results("email") == ["does not hold", "holds"]
    assert results("email", email_verified="gone") == ["not known", "holds"]
    assert results("rbac", user="eve") == ["holds"]
    assert results("rbac", user="eve", **reduced) == ["not known"]
    assert results("rbac", **reduced) == ["holds"]
    said = told(config, "https://app.example.com/a", "--me", me, "--headers", "mine")
    lacked = [note for note in said["notes"] if note.startswith("the document lacks")]
    assert ["sid" in lacked[0], "department" in lacked[1], len(lacked)] == [True, True, 2]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--policy", "op"], 'no policy "op": did you mean "ops"?'),
        (["--headers", "identiy"], 'no header set "identiy": did you mean "identity"?'),
        (["--user", "a", "--group", "ops"], 'does not begin with groups_prefix ("dex:")'),
        (["--group", "dex:ops"], "give the user with --user"),
        (["--user", "a", "--me", "b"], "give the user with --user"),
        (["--user", "a", "--claim", "name"], "--claim must be NAME=VALUE"),
        (["--token", "nowhere"], "nowhere"),
        (["--user", "a", "--claim", "email_verified=yes"], "email_verified is true or false"),
        (["--user", "a", "--email", "b"], "--email differs from --user"),
        (["--user", "a", "--claim", "/a~=b"], "has a ~ that is neither"),
        (["--user", "a", "--claim", "/a/b=c", "--claim", "a=d"], '"d" cannot be a value of a'),
        (["--user", "a", "--claim", "a=d", "--claim", "/a/b=c"], "/a/b leads into what other options give a value"),
    ],
)
def test_a_question_that_cannot_be_answered_is_an_error(config, arguments, message):
    done = explain(config, "https://app.example.com/x", *arguments)
    assert done.returncode == 2 and message in done.stderr and done.stdout == ""


def test_an_answer_that_cannot_be_written_is_none(config):
    def to_full_disk(words):
        return ["sh", "-c", 'exec "$@" > /dev/full', "sh", *words]

    for arguments in ([], ["--json"], ["--user", "ada"]):
        words = ["--config", config, "--url", "https://app.example.com/x", *arguments]
        done = run("explain", *words, check=False, start=to_full_disk)
        assert done.returncode == 2 and "could not be written" in done.stderr, arguments
    assert run("check", "--document", check=False, start=to_full_disk).returncode == 1


def test_a_url_is_wanted_as_the_request_has_it(config):
    for url in ("app.example.com", "https://app.example.com/a b", "https://app.example.com/#x", "ftp://x/"):
        done = explain(config, url)
        assert done.returncode == 2 and "--url must be an absolute URL" in done.stderr, url
    assert run("explain", "--config", config, check=False).returncode == 2


def test_a_page_of_the_product_asks_no_rule(config):
    done = explain(config, "https://app.example.com/_sallyport/logout")
    assert done.returncode == 1 and "one of sallyport's own pages" in done.stdout
    said = told(config, "https://app.example.com/_sallyport/logout")
    assert (said["verdict"], said["status"], said["rules"]) == ("page", None, [])
    for path, method, status in (("me", "GET", 404), ("nowhere", "GET", 404), ("signed-out", "POST", 405)):
        said = told(config, f"https://app.example.com/_sallyport/{path}", "--method", method)
        assert (said["verdict"], said["status"], said["rules"]) == ("deny", status, []), path

    config.write_text(
        config.read_text()
        + "kubeconfig:\n  origin: https://kube.example.com\n  clusters:\n"
        + "  - {name: prod, server: https://api.example.com, client_id: kube-prod}\n"
    )
    for path, verdict, status in (("x", "deny", 404), ("_sallyport/logout", "page", None)):
        said = told(config, f"https://kube.example.com/{path}")
        assert (said["verdict"], said["status"], said["rules"]) == (verdict, status, []), path
    assert "kubeconfig.origin" in explain(config, "https://kube.example.com/x").stdout

    config.write_text(config.read_text() + "direct_pages: true\n")
    said = told(config, "https://app.example.com/_sallyport/me")
    assert (said["verdict"], said["status"], said["rules"]) == ("allow", 200, [])


@pytest.mark.edges("3.7.15-https")
def test_method_and_path_are_read_as_serve_reads_them(make_issuer, make_sallyport):
    rules = [
        {"action": "deny", "path": "/a/b"},
        {"action": "public", "path_prefix": "/p"},
        {"action": "deny", "websocket": True},
        {"action": "allow", "method": ["GET", "PURGE"]},
    ]
    sallyport = make_sallyport({"policies": {"default": rules}}, issuer=make_issuer())
    path = sallyport.folder / "sallyport.yaml"
    with Asker(sallyport.listen) as asker:
        for method in ("get", "*", "GET x", "G\u00cbT", "A" * 33, "GET", "HEAD", "POST", "PURGE", "A" * 32, "X-Y_Z"):
            answer = asker.ask("/x", method=method, more=NAVIGATION)
            said = told(path, "https://app.example.com/x", "--method", method)
            assert (said["status"], said["reason"]) == (answer.status, answer.reason), (method, said)
        for uri in ("/a/b", "/a\\b", "/a%5cb", "/a/./b", "/%61/b", "/p", "/p/ü", "/p;x", "/P", "/p%2f", "//p", "/p?a b".replace(" ", "<")):
            answer = asker.ask(uri.encode().decode("latin-1"), more=NAVIGATION)
            said = told(path, f"https://app.test{uri}")
            assert (said["status"], said["reason"]) == (answer.status, answer.reason), (uri, said)
        answer = asker.ask("/x", proto="wss")
        assert told(path, "wss://app.test/x")["reason"] == answer.reason == "policy_denied"
    done = explain(path, "https://app.example.com/x", "--method", "get")
    assert "deny, 400 malformed_request" in done.stdout and 'note: "get" is not a method' in done.stdout


def test_it_says_where_a_credential_is_bound_and_what_a_session_may_not_do_there(tmp_path):
    bound = {"set": "kubernetes", "token_file": "token", "proxy_key_file": "key"}
    settings = {
        "issuer": "https://dex.example.com/dex",
        "client_id": "sallyport",
        "client_secret_file": "nowhere",
        "keys_file": "keys",
        "bearer_audiences": "kubectl",
        "strip_session_cookie": True,
        "policies": {"default": "authenticated"},
        "credentials": [
            {**bound, "host": "kube.example.com"},
            {**bound, "host": "ui.example.com", "sessions": True},
            {"set": "kubernetes", "token_file": "token", "host": "open.example.com", "unsafe_without_proxy_key": True},
        ],
    }
    path = write_files(tmp_path, settings)

    def notes(url, headers="kubernetes"):
        answer = told(path, url, "--headers", headers, "--user", ADA.email)
        assert answer["verdict"] == "allow"
        return [note for note in answer["notes"] if "credentials" in note]

    (note,) = notes("https://kube.example.com/api/v1/pods")
    assert note.startswith("binding 1 of credentials applies") and note.endswith("sessions are ignored there")
    (note,) = notes("https://open.example.com/")
    assert "it needs no proxy key; sessions are ignored there" in note
    (note,) = notes("https://ui.example.com/")
    assert note.startswith("binding 2") and note.endswith("if the middleware chain sets its proxy key")
    (note,) = notes("https://ui.example.com/api/v1/pods")
    assert note.endswith("with a session it is 403 cross_site, unless a script fetches it")
    (note,) = notes("https://ui.example.com/api/v1/namespaces/a/pods%2Fbox/proxy")
    assert note.endswith("with a session it is 403 subresource_denied")
    assert notes("https://ui.example.com/%2e%2e/api") == [
        "no binding of credentials applies to this host and path: there is no Authorization"
    ]
    assert not notes("https://ui.example.com/api", "impersonate")

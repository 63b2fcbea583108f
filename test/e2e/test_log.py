# SPDX-License-Identifier: Apache-2.0
"""What log lines contain about people, and what else the documents promise about them: a trace, and an audit trail."""

import base64
import json
import os
import signal
import subprocess

import pytest
from rig import expect, tools
from rig.dex import ADA
from rig.documents import of_kind
from rig.process import wait_for
from rig.sallyport import run
from test_bearer import bearer, tokens_of

pytestmark = pytest.mark.edges("3.7.15-https")

CLIENT = "127.0.0.1"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ROLE = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: none}
rules: [{verbs: [get], nonResourceURLs: [/none]}]
"""
RULES = [{"action": "deny", "path_prefix": "/admin"}, {"action": "rbac", "path_prefix": "/asks"}, {"action": "allow"}]


@pytest.fixture
def make_busy(make_site, rig, tmp_path):
    """
    A site where a user signed in, was refused by a rule and by RBAC, sent a token, had sessions ended by an
    operator, and signed out; and the issuer's name for that user.
    """

    def make(**settings):
        folder = tmp_path / "rules"
        folder.mkdir()
        (folder / "role.yaml").write_text(ROLE)
        own = {"policies": {"default": RULES}, "rbac_source": str(folder), "bearer_audiences": [rig.dex.public.id]}
        site = make_site(settings={**own, **settings})
        browser = site.browser()
        traced = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        browser.log_in(site.url("/"))
        expect.page(browser.send("navigation", site.url("/admin"), headers=traced), 403, "policy_denied")
        expect.page(browser.send("navigation", site.url("/asks")), 403, "rbac_denied")
        token = tokens_of(site, rig.dex.public)["id_token"]
        assert site.browser().send("api", site.url("/asks"), headers=bearer(token)).reason == "rbac_denied"
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        browser.log_out(site.url("/_sallyport/logout"))
        run("revoke", "--config", site.sallyport.folder / "sallyport.yaml", "--sub", claims["sub"])
        site.sallyport.wait_for_event("revoked")
        return site, claims["sub"]

    return make


def about_people(site):
    """The lines after the start, without times, and all of them as one string."""
    lines = [line for line in site.sallyport.log_objects() if line["event"] not in ("start", "warning", "stop")]
    assert {"login_completed", "decision", "logout", "revoked"} <= {line["event"] for line in lines}
    return lines, json.dumps(lines)


def test_people_are_named_plainly_unless_it_is_set_otherwise(make_busy):
    site, subject = make_busy()
    lines, _ = about_people(site)
    named = {(line["event"], key) for line in lines for key in ("user", "subject", "client") if key in line}
    assert named == {
        *((event, "user") for event in ("login_completed", "decision", "logout")),
        *((event, "subject") for event in ("login_completed", "revoked")),
        *((event, "client") for event in ("login_started", "login_completed", "decision", "logout")),
    }
    assert site.sallyport.wait_for_event("revoked")["subject"] == subject
    assert f'for the user "{ADA.email}"' in site.sallyport.wait_for_event("decision", reason="rbac_denied")["detail"]


def test_a_hash_stands_for_users_and_clients_in_every_line(make_busy):
    site, subject = make_busy(log_user="hash")
    lines, text = about_people(site)
    assert not [name for name in (ADA.email, subject, CLIENT) if name in text], text

    def told(name):
        return run("pseudonym", "--config", site.sallyport.folder / "sallyport.yaml", name).stdout.strip()

    expected = {"user": told(ADA.email), "subject": told(subject), "client": told(CLIENT)}
    assert {len(one) for one in expected.values()} == {16}
    for key, pseudonym in expected.items():
        assert {line[key] for line in lines if key in line} == {pseudonym}
    detail = site.sallyport.wait_for_event("decision", reason="rbac_denied")["detail"]
    assert f'for the user "{expected["user"]}"' in detail

    # An additional key changes nothing; another key file does, also while it runs.
    keys = site.sallyport.folder / "keys"
    run("keygen", "--add", keys)
    assert told(ADA.email) == expected["user"]
    keys.unlink()
    run("keygen", keys)
    assert told(ADA.email) != expected["user"]
    os.kill(site.sallyport.pid, signal.SIGHUP)
    site.sallyport.wait_for_event("config_reloaded", result="ok")
    wait_for(lambda: site.browser().navigate(site.url("/")) and site.sallyport.events("decision", client=told(CLIENT)), "it")


def test_users_and_clients_can_be_left_out(make_busy):
    site, subject = make_busy(log_user="none")
    lines, text = about_people(site)
    assert not [name for name in (ADA.email, subject, CLIENT) if name in text], text
    assert not [line for line in lines if {"user", "subject", "client"} & line.keys()]
    detail = site.sallyport.wait_for_event("decision", reason="rbac_denied")["detail"]
    assert 'for the user "(not logged)"' in detail
    assert len(site.sallyport.wait_for_event("logout")["session"]) == 8


def test_a_line_has_the_trace_of_its_request_alone(make_busy):
    site, _ = make_busy()
    denied = site.sallyport.wait_for_event("decision", reason="policy_denied")
    traced = [line for line in site.sallyport.log_objects() if "trace_id" in line]
    assert traced == [denied] and denied["trace_id"] == TRACE

    parents = {f"00-{'0' * 32}-00f067aa0ba902b7-01": None, f"ff-{TRACE}-00f067aa0ba902b7-01": None}
    parents[f"01-{TRACE}-00f067aa0ba902b7-01-later"] = TRACE
    for parent, expected in parents.items():
        answer = site.browser().send("navigation", site.url("/"), headers={"traceparent": parent})
        (request_id,) = (value for name, value in answer.headers if name.lower() == "x-request-id")
        for event in ("login_started", "decision"):
            line = site.sallyport.wait_for_event(event, request_id=request_id)
            assert line.get("trace_id") == expected


def test_the_audit_trail_is_picked_out_of_the_log(make_busy):
    site, subject = make_busy(log_access=True)
    (block,) = of_kind("jq", "doc/operating.md")
    jq = ["jq", "-c", block.text]
    done = subprocess.run(jq, input=site.sallyport.text(), capture_output=True, text=True, check=True)
    trail = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["event"], line.get("verdict"), line.get("reason")) for line in trail] == [
        ("start", None, None),
        ("login_completed", None, None),
        ("decision", "allow", "none"),
        ("decision", "deny", "policy_denied"),
        ("decision", "deny", "rbac_denied"),
        ("decision", "deny", "rbac_denied"),
        ("logout", None, None),
        ("revoked", None, None),
    ]
    signed_in, allowed, denied, _, by_token, out, ended = trail[1:]
    assert signed_in["session"] == allowed["session"] == denied["session"] == out["session"] and "bearer" in by_token
    assert {line["user"] for line in trail if "user" in line} == {ADA.email}
    assert (signed_in["client"], denied["path"], denied["rule"], ended["by"]) == (CLIENT, "/admin", 1, "operator")
    assert signed_in["subject"] == ended["subject"] == subject
    members = set().union(*(line.keys() for line in site.sallyport.log_objects()))
    assert set().union(*(line.keys() for line in trail)) <= members


def test_nobody_is_named_past_the_setting():
    """Every line that names a user or a client uses the one function that follows the setting."""
    plain = {
        path.name
        for path in (tools.TREE / "src").rglob("*.c")
        for key in ("user", "subject", "client")
        if f'sp_log_text(&line, "{key}"' in path.read_text() or f'sp_log_text(line, "{key}"' in path.read_text()
    }
    assert plain == {"peer.c"}  # the peer of a connection, which operators need to fix trusted_proxies

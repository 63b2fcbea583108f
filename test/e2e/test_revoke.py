# SPDX-License-Identifier: Apache-2.0
"""An operator ends sessions with `sallyport revoke`."""

import http.client
import random
import re

import pytest
from rig import expect
from rig.app import App
from rig.dex import ADA, GRACE
from rig.flow import log_in
from rig.keys import Key
from rig.pod import resolved
from rig.process import wait_for
from rig.raw import Asker
from rig.render import holds
from rig.sallyport import run
from test_layouts import pages_beside

pytestmark = pytest.mark.edges("3.7.15-https")


@pytest.fixture
def issuer(make_issuer):
    return make_issuer(keys=[Key("ES256")])


def revoke(site, *arguments, check=False):
    path = site.sallyport.folder / "sallyport.yaml"
    return run("revoke", "--config", path, *arguments, check=check)


def logged_in(site, user):
    browser = site.browser()
    browser.log_in(site.url("/x"), user)
    assert browser.send("navigation", site.url("/x")).status == 200
    return browser


def is_over(browser, site):
    answer = browser.send("fetch", site.url("/x"), initiator=site.url("/"))
    if answer.status == 200:
        return False
    expect.problem(answer, 401, "session_revoked")
    return True


def posted(site, body):
    connection = http.client.HTTPConnection(site.sallyport.admin_listen, timeout=10)
    try:
        connection.request("POST", "/revoke", body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_all_sessions_of_a_user_end(make_site):
    site = make_site()
    ada, also_ada, grace = logged_in(site, ADA), logged_in(site, ADA), logged_in(site, GRACE)
    subject = site.sallyport.wait_for_event("login_completed", user=ADA.email)["subject"]

    done = revoke(site, "--sub", subject)
    assert done.returncode == 0 and f"http://{site.sallyport.admin_listen}/revoke: accepted: added" in done.stdout
    assert is_over(ada, site) and is_over(also_ada, site) and not is_over(grace, site)
    line = site.sallyport.wait_for_event("revoked")
    assert (line["by"], line["subject"], line["result"]) == ("operator", subject, "added")


def test_an_e_mail_address_is_taken_for_what_it_is_and_said(make_site):
    done = revoke(make_site(), "--sub", ADA.email)
    assert done.returncode == 0 and "seldom the e-mail address" in done.stderr


def test_one_session_ends_by_the_label_that_log_and_me_show(make_site):
    site = make_site(layout=pages_beside)
    ada, also_ada = logged_in(site, ADA), logged_in(site, ADA)
    label = ada.send("fetch", site.url("/_sallyport/me")).json()["session"]["id"]

    done = revoke(site, "--session", label)
    assert done.returncode == 0 and "several sessions have this label" in done.stderr
    assert is_over(ada, site) and not is_over(also_ada, site)


def test_the_command_says_that_an_issuer_may_have_no_sid(make_site):
    done = revoke(make_site(), "--sid", "s1")
    assert done.returncode == 0 and "Dex 2.45, no session matches" in done.stderr


def test_all_sessions_end_up_to_a_time(make_site):
    site = make_site()
    ada = logged_in(site, ADA)
    began = site.sallyport.wait_for_event("login_completed")["time"]

    assert revoke(site, "--all-before", "2026-01-01T00:00:00Z").returncode == 0
    assert not is_over(ada, site)
    assert ": accepted: added" in revoke(site, "--all-before", began).stdout
    assert is_over(ada, site)
    assert ": accepted: known" in revoke(site, "--all-before", "2026-01-01T00:00:00Z").stdout
    assert site.sallyport.metric("sallyport_sessions_not_before_seconds") > 0


def test_every_address_of_a_name_is_told_and_one_that_is_not_there_is_a_failure(make_site):
    site = make_site()
    port = site.sallyport.admin_listen.rpartition(":")[2]

    done = revoke(site, "--sub", "nobody", "--to", f"localhost:{port}")
    assert f"http://127.0.0.1:{port}/revoke: accepted" in done.stdout
    assert (done.returncode == 0) == ("not accepted" not in done.stdout)  # ::1 is an address of it on some machines
    done = revoke(site, "--sub", "nobody", "--to", "127.0.0.1:1")
    assert done.returncode == 1 and "127.0.0.1:1/revoke: not accepted" in done.stdout
    done = revoke(site, "--sub", "nobody", "--to", "nowhere.invalid:1")
    assert done.returncode == 1 and "has no address" in done.stderr


def test_replicas_that_a_setting_names_are_told_without_an_option(make_site):
    site = make_site()
    to = f"127.0.0.1:{site.sallyport.admin_listen.rpartition(':')[2]}"
    nowhere = {"SALLYPORT_REVOKE_TO": "127.0.0.1:1"}
    path = site.sallyport.folder / "sallyport.yaml"

    done = run("revoke", "--config", path, "--sub", "nobody", env=nowhere, check=False)
    assert done.returncode == 1 and "127.0.0.1:1/revoke: not accepted" in done.stdout
    assert run("revoke", "--config", path, "--sub", "nobody", "--to", to, env=nowhere).returncode == 0


def test_what_another_program_answers_is_no_yes(make_sallyport, issuer):
    one = make_sallyport(issuer=issuer)
    other = make_sallyport({"cookie_name": "other"}, issuer=issuer)
    path = one.folder / "sallyport.yaml"
    done = run("revoke", "--config", path, "--sub", "ada", "--to", other.admin_listen, check=False)
    refusal = "not sealed by a key of this key ring, or for another issuer, client or cookie"
    assert done.returncode == 1 and done.stdout.endswith(f": not accepted: {refusal}\n")

    app = App()
    done = run("revoke", "--config", path, "--sub", "ada", "--to", f"127.0.0.1:{app.port}", check=False)
    app.stop()
    assert done.returncode == 1 and done.stdout.endswith(": not accepted: another program responds there\n")


# ---- in the chart --------------------------------------------------------------------------------------


def test_the_name_that_the_chart_gives_the_command_is_that_of_all_pods_whether_ready_or_not(render):
    for values in ("minimal", "ipv6"):
        rendered = render(values)
        env = {one["name"]: one.get("value") for one in rendered.container["env"]}
        name, _, port = env["SALLYPORT_REVOKE_TO"].rpartition(":")
        service = rendered.of_kind("Service")[name]["spec"]
        assert service["clusterIP"] == "None" and service["publishNotReadyAddresses"]
        assert int(port) in [one["targetPort"] for one in service["ports"]]
        assert holds(service["selector"], rendered.pod["metadata"]["labels"])
        family = "IPv6" if values == "ipv6" else "IPv4"
        assert (service["ipFamilyPolicy"], service["ipFamilies"]) == ("SingleStack", [family])


def test_pods_may_ask_each_other_at_the_admin_listener_and_nowhere_else(render):
    rendered = render("minimal")
    policy = rendered.one("NetworkPolicy")["spec"]
    selector = rendered.one("Deployment")["spec"]["selector"]
    pods = {"podSelector": selector}  # without a namespaceSelector: pods of the same namespace
    rules = policy["ingress"] + policy["egress"]
    ways = [rule for rule in rules if pods in rule.get("from", rule.get("to", []))]
    assert [set(rule) - {"ports"} for rule in ways] == [{"from"}, {"to"}]
    for rule in ways:
        assert rule["ports"] == [{"protocol": "TCP", "port": 9181}]
        assert [pods] == rule.get("from", rule.get("to"))


def test_in_a_pod_the_command_needs_no_option_and_tells_every_pod(render, make_sallyport, issuer, tmp_path):
    env = {one["name"]: one.get("value") for one in render("minimal").container["env"]}
    dice = random.SystemRandom()
    addresses = [f"127.{dice.randrange(1, 255)}.{dice.randrange(256)}.{n}" for n in (1, 2)]
    shared = {"policies": {"default": "authenticated"}, "keys_file": str(tmp_path / "keys")}
    pods = [
        make_sallyport(
            shared,
            issuer=issuer,
            env={**env, "POD_IP": ip, "SALLYPORT_ADMIN_LISTEN": f"{ip}:9181"},
        )
        for ip in addresses
    ]
    hosts = tmp_path / "hosts"
    hosts.write_text("".join(f"{ip} {env['SALLYPORT_REVOKE_TO'].partition(':')[0]}\n" for ip in addresses))

    def told():
        return run(
            *("revoke", "--sub", issuer.user["sub"]),
            env={
                "SALLYPORT_CONFIG": str(pods[0].folder / "sallyport.yaml"),
                "SALLYPORT_ADMIN_LISTEN": f"{addresses[0]}:9181",
                "SALLYPORT_REVOKE_TO": env["SALLYPORT_REVOKE_TO"],
            },
            start=lambda command: resolved(hosts, command),
            check=False,
        )

    with Asker(pods[0].listen) as one, Asker(pods[1].listen) as other:
        cookie = log_in(one, issuer).session
        assert other.ask("/x", cookie=cookie).status == 200
        done = told()
        assert done.returncode == 0, done
        assert sorted(done.stdout.splitlines()) == [
            f"http://{ip}:9181/revoke: accepted: added" for ip in sorted(addresses)
        ]
        for asker in (one, other):
            assert asker.ask("/x", cookie=cookie).reason == "session_revoked"

    pods[1].stop()
    done = told()
    assert done.returncode == 1 and f"{addresses[1]}:9181/revoke: not accepted" in done.stdout, done
    assert f"{addresses[0]}:9181/revoke: accepted" in done.stdout


# ---- who is refused ------------------------------------------------------------------------------------


def test_nobody_but_who_has_the_keys_ends_anything(make_site):
    site = make_site()
    ada = logged_in(site, ADA)

    for body in ("", "x", "A" * 1024, "A" * 1025, "A" * 16000):
        status, text = posted(site, body)
        assert status == 403 and "not sealed by a key" in text, body[:10]
    assert not is_over(ada, site)
    line = site.sallyport.wait_for_event("revoked", result="refused")
    assert site.sallyport.events("revoked", result="refused") == [line]  # one line a minute
    assert site.sallyport.admin("/revoke")[0] == 405


def test_what_was_ended_is_over_after_a_restart_where_a_file_keeps_it(make_sallyport, issuer, tmp_path):
    kept = {"policies": {"default": "authenticated"}, "revocations_file": str(tmp_path / "revocations")}
    first = make_sallyport(kept, issuer=issuer)
    with Asker(first.listen) as asker:
        cookie = log_in(asker, issuer).session
        assert asker.ask("/x", cookie=cookie).status == 200
    began = first.wait_for_event("login_completed")["time"]
    run("revoke", "--config", first.folder / "sallyport.yaml", "--all-before", began)
    first.stop()

    again = make_sallyport({**kept, "keys_file": str(first.folder / "keys")}, issuer=issuer)
    with Asker(again.listen) as asker:
        answer = asker.ask("/x", cookie=cookie)
        assert (answer.status, answer.reason) == (401, "session_revoked")
    again.stop()
    forgets = {"policies": {"default": "authenticated"}, "keys_file": str(first.folder / "keys")}
    with Asker(make_sallyport(forgets, issuer=issuer).listen) as asker:
        assert asker.ask("/x", cookie=cookie).status == 200


def test_a_file_of_revocations_that_was_cut_ends_check_and_serve_but_no_revocation(make_sallyport, issuer, tmp_path):
    kept = tmp_path / "revocations"
    settings = {"policies": {"default": "authenticated"}, "revocations_file": str(kept)}
    running = make_sallyport(settings, issuer=issuer)
    path = running.folder / "sallyport.yaml"
    run("revoke", "--config", path, "--sub", "ada")
    wait_for(kept.exists, "the file")
    whole = kept.read_text()
    kept.write_text(whole[:-3])
    for command in ("check", "serve"):
        done = run(command, "--config", path, check=False)
        assert done.returncode == 1 and f"{kept}:4: error: this is not a file of revocations" in done.stderr, done
    assert run("revoke", "--config", path, "--sub", "grace").returncode == 0
    running.stop()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "give one of --sub, --sid, --session and --all-before"),
        (["--sub", "a", "--sid", "b"], "give one of --sub, --sid, --session and --all-before"),
        (["--session", "nonsense"], "the eight characters"),
        (["--all-before", "yesterday"], "2026-11-24T11:00:00Z"),
        (["--all-before", "2999-01-01T00:00:00Z"], "in the future"),
        (["--all-before", "1969-12-31T23:59:59Z"], "2026-11-24T11:00:00Z"),
        (["--sub", "a" * 513], "longer than 512 bytes"),
        (["--sub", "a", "--sub", "b"], "more than one of --sub"),
        (["--sub", "a", "--to", "a:1", "--to=b:1"], "more than one of --to=b:1"),
        (["--sub", "a", "--to", "a:0"], "NAME:PORT"),
    ],
)
def test_what_cannot_be_meant_is_a_matter_of_usage(make_site, arguments, message):
    done = revoke(make_site(), *arguments)
    assert done.returncode == 2 and re.search(re.escape(message), done.stderr), done

# SPDX-License-Identifier: Apache-2.0
"""Changes to files take effect while the program runs, without a restart, and no session is lost."""

import base64
import os
import secrets
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import yaml
from rig import sallyport as program
from rig.ca import Authority
from rig.flow import Flow, begun, log_in
from rig.process import wait_for
from rig.raw import NAVIGATION, Asker, exchange, subrequest

RELOAD_S = 20  # two checks agree after two seconds; the rest is for a busy machine
OPEN = {"default": [{"path": "/open", "action": "public"}, {"action": "allow"}]}
CLOSED = {"default": [{"path": "/open", "action": "deny"}, {"action": "allow"}]}


def ask(sallyport, uri):
    return exchange(sallyport.listen, subrequest(uri, more=[("Connection", "close")])).status


def text_with(sallyport, **settings):
    path = sallyport.folder / "sallyport.yaml"
    return yaml.safe_dump({**yaml.safe_load(path.read_text()), **settings}, sort_keys=False)


def rewrite(sallyport, **settings):
    """Replaces the configuration as an editor or a deployment tool does: by a rename."""
    new = sallyport.folder / "sallyport.new"
    new.write_text(text_with(sallyport, **settings))
    new.rename(sallyport.folder / "sallyport.yaml")


def look_now(sallyport, result):
    """Sends SIGHUP; returns the result."""
    before = len(sallyport.events("config_reloaded"))
    os.kill(sallyport.pid, signal.SIGHUP)
    lines = wait_for(lambda: sallyport.events("config_reloaded")[before:], "a reload", RELOAD_S)
    assert lines[0]["result"] == result, lines
    return lines[0]


def new_key(name):
    return f"{name} {base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip('=')}\n"


def test_a_changed_policy_counts_without_a_restart(make_sallyport):
    sallyport = make_sallyport({"policies": CLOSED})
    assert ask(sallyport, "/open") == 403
    rewrite(sallyport, policies=OPEN)

    wait_for(lambda: ask(sallyport, "/open") == 200, "the new policy", RELOAD_S)
    sallyport.wait_for_event("config_reloaded", result="ok")
    assert sallyport.metric("sallyport_config_reloads_total", result="ok") == 1


def test_a_bad_file_changes_nothing_and_is_told_until_it_is_good(make_sallyport):
    sallyport = make_sallyport({"policies": OPEN})
    rewrite(sallyport, polices={})

    line = sallyport.wait_for_event("config_reloaded", RELOAD_S, result="failed")
    assert line["file"] == str(sallyport.folder / "sallyport.yaml") and line["line"] > 0
    assert 'did you mean "policies"?' in line["detail"]
    assert ask(sallyport, "/open") == 200
    status, text = sallyport.admin("/readyz")
    assert status == 200 and '"config_reload":"failed"' in text
    assert sallyport.metric("sallyport_config_last_reload_successful") == 0

    path = sallyport.folder / "sallyport.yaml"
    path.write_text(path.read_text().replace("polices: {}", ""))
    sallyport.wait_for_event("config_reloaded", RELOAD_S, result="ok")
    assert '"config_reload"' not in sallyport.admin("/readyz")[1]
    assert sallyport.metric("sallyport_config_last_reload_successful") == 1


def test_a_signal_makes_it_look_at_once_and_what_only_a_start_can_change_is_named(make_sallyport):
    sallyport = make_sallyport()
    look_now(sallyport, "unchanged")
    rewrite(sallyport, threads=7)
    look_now(sallyport, "ok")
    assert sallyport.wait_for_event("warning", setting="threads")["detail"].endswith("restart sallyport to apply it")


# ---- under load ----------------------------------------------------------------------------------------


class Mounted:
    """The files of a sallyport as the kubelet mounts them: links through `..data`, which is switched in one step."""

    def __init__(self, folder):
        self.folder, self.turns_n = folder, 0
        self.names = [path.name for path in folder.iterdir() if path.name in ("sallyport.yaml", "keys", "client-secret")]
        self.turn({})
        for name in self.names:
            (folder / "new").symlink_to(f"..data/{name}")
            (folder / "new").rename(folder / name)

    def turn(self, files):
        """`files` replace the existing ones: texts, or functions that put something else at a path."""
        self.turns_n += 1
        data = self.folder / f"..{self.turns_n}"
        data.mkdir()
        for name in self.names:
            new = files[name] if name in files else (self.folder / name).read_text()
            if isinstance(new, str):
                (data / name).write_text(new)
            else:
                new(data / name)
            (data / name).chmod(0o600)
        (self.folder / "..data_tmp").symlink_to(data.name)
        (self.folder / "..data_tmp").rename(self.folder / "..data")


class Load:
    """Clients that send requests with one session, and users who sign in, until the end; failures are exceptions."""

    def __init__(self, sallyport, issuer, session):
        self.sallyport, self.issuer, self.session = sallyport, issuer, session
        self.over = threading.Event()
        self.asked_n = self.logins_n = 0
        self._pool = ThreadPoolExecutor(4)
        self._clients = [self._pool.submit(one) for one in (self._ask, self._ask, self._log_in, self._log_in)]

    def _ask(self):
        with Asker(self.sallyport.listen) as asker:
            while not self.over.is_set():
                answer = asker.ask("/x", cookie=self.session)
                assert answer.status == 200 and answer.values("X-Forwarded-User") == ["ada@example.com"], answer
                self.asked_n += 1

    def _log_in(self):
        with Asker(self.sallyport.listen) as asker:
            while not self.over.is_set():
                log_in(asker, self.issuer)
                self.logins_n += 1

    def goes_on(self):
        """Waits until more of both has happened."""
        asked_n, logins_n = self.asked_n, self.logins_n
        wait_for(lambda: any(client.done() for client in self._clients)
                 or (self.asked_n > asked_n + 20 and self.logins_n > logins_n + 4), "requests and logins")
        self.check()

    def check(self):
        for client in self._clients:
            if client.done():
                client.result()

    def stop(self):
        self.over.set()
        self._pool.shutdown()
        for client in self._clients:
            client.result()


@pytest.fixture
def loaded(make_sallyport, make_issuer):
    """A sallyport under constant requests and sign-ins."""
    issuer = make_issuer()
    sallyport = make_sallyport({"policies": OPEN, "threads": 2}, issuer=issuer)
    with Asker(sallyport.listen) as asker:
        load = Load(sallyport, issuer, log_in(asker, issuer).session)
    yield load
    load.stop()


def test_ac_74_files_change_under_load_and_nobody_notices(loaded):
    sallyport = loaded.sallyport
    mounted = Mounted(sallyport.folder)
    keys, config = (sallyport.folder / "keys").read_text(), (sallyport.folder / "sallyport.yaml").read_text()
    closed = text_with(sallyport, policies=CLOSED)
    changes = [
        ({}, "unchanged"),
        ({"sallyport.yaml": closed}, "ok"),
        ({"keys": keys + new_key("newer")}, "ok"),  # this key seals at once
        ({"keys": keys + new_key("newer")[:20]}, "failed"),
        ({"keys": os.mkfifo}, "failed"),
        ({"keys": os.mkdir}, "failed"),
        ({"sallyport.yaml": config[: len(config) // 2] + "\n["}, "failed"),
        ({"sallyport.yaml": os.mkfifo, "keys": "k1 short\n"}, "failed"),
        ({"client-secret": ""}, "failed"),
        ({"sallyport.yaml": config}, "ok"),
    ]
    held = {name: (sallyport.folder / name).read_text() for name in mounted.names}
    for files, result in changes:
        mounted.turn({**held, **files})
        look_now(sallyport, result)
        if result == "ok":
            held = {name: (sallyport.folder / name).read_text() for name in mounted.names}
        loaded.goes_on()
    assert sallyport.metric("sallyport_keys", state="opening") == 2


def test_a_new_secret_of_the_client_counts_for_the_next_code(make_sallyport, make_issuer):
    issuer = make_issuer()
    sallyport = make_sallyport({"policies": OPEN}, issuer=issuer)
    with Asker(sallyport.listen) as asker:
        first = log_in(asker, issuer)
        issuer.client_secret = "the-secret-that-comes-next"
        assert begun(asker, issuer).complete().reason == "issuer_refused"
        (sallyport.folder / "client-secret").write_text(issuer.client_secret)
        look_now(sallyport, "ok")
        wait_for(lambda: reason_of_sign_in(asker, issuer) == "signed_in", "the new secret")
        second = log_in(asker, issuer)
        for flow in (first, second):
            assert asker.ask("/x", cookie=flow.session).status == 200


def reason_of_sign_in(asker, issuer):
    """The status of the answer to its callback, or to its beginning if that is refused already."""
    flow = Flow(asker, issuer)
    answer = flow.begin()
    if flow.asked:
        flow.authorize()
        answer = flow.complete()
    return answer.reason


def test_the_authority_of_the_issuer_changes_with_its_file(make_sallyport, make_issuer, rig, tmp_path):
    issuer = make_issuer(authority=rig.authority)
    trusted, ca = rig.authority.ca_file.read_text(), tmp_path / "ca.pem"
    ca.write_text(trusted)
    sallyport = make_sallyport({"policies": OPEN, "issuer_ca_file": str(ca)}, issuer=issuer)
    with Asker(sallyport.listen) as asker:
        log_in(asker, issuer)
        for unusable in ("no certificate", trusted + trusted[:100]):
            ca.write_text(unusable)
            assert look_now(sallyport, "failed")["file"] == str(ca)
        log_in(asker, issuer)  # the previous authority is in memory
        other = tmp_path / "other"
        other.mkdir()
        ca.write_text(Authority(other, ["issuer.localhost"]).ca_file.read_text())
        look_now(sallyport, "ok")
        sallyport.wait_for_event("issuer_failed")  # the documents are read again, and no answer is on its way
        wait_for(lambda: reason_of_sign_in(asker, issuer) == "issuer_unavailable", "the other authority")
        ca.write_text(trusted)
        look_now(sallyport, "ok")
        wait_for(lambda: sallyport.metric("sallyport_issuer_up") == 1, "the issuer", RELOAD_S)
        log_in(asker, issuer)


def test_a_binding_that_comes_with_a_reload_gives_its_credential(make_sallyport, make_issuer):
    issuer = make_issuer()
    sallyport = make_sallyport({"policies": OPEN, "strip_session_cookie": True}, issuer=issuer)
    with Asker(sallyport.listen) as asker:
        session = log_in(asker, issuer).session

        def given():
            target = "/auth/traefik?headers=identity,kubernetes"
            answer = asker.ask("/x", cookie=session, target=target, more=NAVIGATION)
            return answer.status, answer.values("Authorization")

        assert given() == (200, [])
        (sallyport.folder / "token").write_text("of-the-account")
        (sallyport.folder / "token").chmod(0o600)
        bound = {"host": "app.test", "set": "kubernetes", "token_file": "token", "sessions": True}
        bound["unsafe_without_proxy_key"] = True
        rewrite(sallyport, credentials=[bound])
        look_now(sallyport, "ok")
        wait_for(lambda: given() == (200, ["Bearer of-the-account"]), "the credential")
        (sallyport.folder / "token").write_text("of-the-account, later")
        (sallyport.folder / "token").write_text("renewed")
        wait_for(lambda: given() == (200, ["Bearer renewed"]), "the new token", RELOAD_S)


def test_a_key_goes_round_three_replicas_and_no_session_or_login_ends(make_sallyport, make_issuer):
    issuer = make_issuer()
    first = make_sallyport({"policies": OPEN}, issuer=issuer)
    ring = (first.folder / "keys").read_text()
    replicas = [first]
    for _ in range(2):
        replica = make_sallyport({"policies": OPEN}, issuer=issuer)
        (replica.folder / "keys").write_text(ring)
        look_now(replica, "ok")
        replicas.append(replica)
    later = program.run("keygen", "--add", first.folder / "keys")
    assert later.returncode == 0
    grown = (first.folder / "keys").read_text()
    with ExitStack() as stack:
        askers = [stack.enter_context(Asker(replica.listen)) for replica in replicas]
        sessions = []
        for told_n in range(4):  # this many replicas know the new key
            if told_n > 0:
                (replicas[told_n - 1].folder / "keys").write_text(grown)
                look_now(replicas[told_n - 1], "ok")
            for at in range(3):  # each login goes from one replica to the next
                flow = begun(askers[at], issuer)
                flow.asker = askers[(at + 1) % 3]
                assert flow.complete().reason == "signed_in"
                sessions.append(flow.session)
            for session in sessions:
                assert [asker.ask("/x", cookie=session).status for asker in askers] == [200] * 3


def test_rules_by_files_of_rbac_change_with_the_files(make_sallyport, tmp_path):
    objects = tmp_path / "rbac"
    objects.mkdir()
    sallyport = make_sallyport(
        {"policies": {"default": [{"action": "rbac"}]}, "rbac_source": str(objects)},
    )
    (objects / "all.yaml").write_text(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n"
        "rules: [{nonResourceURLs: ['/x'], verbs: [get]}]\n"
    )
    line = sallyport.wait_for_event("config_reloaded", RELOAD_S)
    assert line["result"] == "ok", line
    (objects / "all.yaml").write_text("kind: [")
    assert sallyport.wait_for_event("config_reloaded", RELOAD_S, result="failed")["file"] == str(objects / "all.yaml")


def test_check_warns_in_a_pod_of_a_file_that_is_mounted_by_itself(make_sallyport):
    sallyport = make_sallyport()
    config, keys = sallyport.folder / "sallyport.yaml", sallyport.folder / "keys"

    def check(**env):
        command = f"mount --bind {keys} {keys} && exec \"$@\""
        apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
        return program.run(
            "check", "--config", config, env=env, start=lambda words: [*apart, "sh", "-c", command, "sh", *words]
        ).stderr

    warning = f"{keys}: warning: the file itself is a mount point (subPath)"
    assert warning in check(KUBERNETES_SERVICE_HOST="10.0.0.1", KUBERNETES_SERVICE_PORT="443")
    assert warning not in check()

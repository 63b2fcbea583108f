# SPDX-License-Identifier: Apache-2.0
"""The statements of doc/operating.md about several replicas, failures, and backups."""

import os
import shutil
import signal
import subprocess

import pytest
from rig import tools
from rig.dex import ADA
from rig.documents import of_kind
from rig.flow import begun, log_in
from rig.kubeconfig import write_kubeconfig
from rig.process import wait_for
from rig.raw import Asker
from rig.sallyport import run

AUTHENTICATED = {"policies": {"default": "authenticated"}}


@pytest.fixture
def issuer(make_issuer):
    return make_issuer()


@pytest.fixture
def replica(make_sallyport, issuer, tmp_path):
    """Starts one more process with the same files; `keys` is another key file."""
    common = tmp_path / "common-keys"

    def start(keys=common, **settings):
        its_keys = {"keys_file": str(keys)} if keys.exists() else {}
        made = make_sallyport({**AUTHENTICATED, **its_keys, **settings}, issuer=issuer)
        if not common.exists():
            shutil.copy(made.folder / "keys", common)
        return made

    return start


def status(sallyport, flow):
    with Asker(sallyport.listen) as asker:
        return asker.ask("/x", cookie=flow.session).status


def test_replicas_share_the_key_file_and_nothing_else(replica, issuer):
    first, second = replica(), replica()
    with Asker(first.listen) as one, Asker(second.listen) as other:
        flow = begun(one, issuer)
        flow.asker = other
        assert flow.complete().reason == "signed_in"
        os.kill(second.pid, signal.SIGKILL)
        assert status(first, flow) == 200


def test_an_issuer_that_is_away_ends_no_session_and_a_restart_neither(replica, issuer):
    sallyport = replica()
    with Asker(sallyport.listen) as asker:
        flow = log_in(asker, issuer)
    issuer.stop()
    assert status(sallyport, flow) == 200
    assert status(replica(), flow) == 200


def test_a_copy_of_the_key_file_is_the_whole_backup(replica, issuer, tmp_path):
    with Asker(replica().listen) as asker:
        flow = log_in(asker, issuer)
    backup = tmp_path / "backup"
    shutil.copy(tmp_path / "common-keys", backup)
    backup.chmod(0o600)
    assert status(replica(backup), flow) == 200


def test_without_its_key_file_a_process_goes_on_and_says_so_and_a_new_one_brings_new_sessions(replica, issuer):
    sallyport = replica()
    with Asker(sallyport.listen) as asker:
        flow, late = log_in(asker, issuer), begun(asker, issuer)
        (replica_keys := sallyport.folder / "keys").unlink()
        sallyport.wait_for_event("config_reloaded", result="failed")
        assert status(sallyport, flow) == 200
        run("keygen", replica_keys)
        sallyport.wait_for_event("config_reloaded", result="ok")
        wait_for(lambda: status(sallyport, flow) == 401, "the new keys")
        answer = late.complete()
        assert answer.status == 400 and answer.reason == "bad_callback" and b"href" in answer.body


def test_the_documented_backup_restores_the_secrets_of_the_chart(cluster, tmp_path):
    (block,) = [block for block in of_kind("sh norun", "doc/operating.md") if "backup.yaml" in block.text]
    save, restore = (line.partition("#")[0] for line in block.text.strip().split("\n"))
    namespace = cluster.namespace("sallyport")
    config = write_kubeconfig(tmp_path, cluster.api.url, cluster.api.ca_file, token=cluster.api.token)
    path = f"{tools.kubectl().parent}:{os.environ['PATH']}"
    env = {**os.environ, "KUBECONFIG": str(config), "PATH": path, "HOME": str(tmp_path)}

    def shell(line):
        line = line.replace("-n sallyport ", f"-n {namespace} ")
        return subprocess.run(["bash", "-ec", line], cwd=tmp_path, env=env, check=True, capture_output=True, text=True)

    for name in ("keys", "client"):
        shell(f"kubectl -n sallyport create secret generic sallyport-{name} --from-literal={name}=kept")
    shell(save)
    shell("kubectl -n sallyport delete secret sallyport-keys sallyport-client")
    shell(restore)
    kept = shell("kubectl -n sallyport get secret sallyport-keys -o 'jsonpath={.data.keys}' | base64 -d").stdout
    assert kept == "kept"


def test_with_a_new_key_file_everybody_signs_in_again_and_can(replica, make_sallyport, issuer):
    with Asker(replica().listen) as asker:
        flow = log_in(asker, issuer)
    new = make_sallyport(AUTHENTICATED, issuer=issuer)
    assert status(new, flow) == 401
    with Asker(new.listen) as asker:
        assert status(new, log_in(asker, issuer)) == 200


def test_a_file_of_revocations_that_cannot_be_written_ends_sessions_all_the_same(replica, issuer, tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    sallyport = replica(revocations_file=str(folder / "revocations"))
    with Asker(sallyport.listen) as asker:
        flow = log_in(asker, issuer)
    folder.rmdir()
    began = sallyport.wait_for_event("login_completed")["time"]
    run("revoke", "--config", sallyport.folder / "sallyport.yaml", "--all-before", began)
    assert status(sallyport, flow) == 401
    assert "revocations" in sallyport.wait_for_event("warning", setting="revocations_file")["detail"]


@pytest.mark.edges("3.7.15-https")
def test_without_any_replica_no_request_passes(make_site, browser):
    site = make_site()
    browser.log_in(site.url("/x"), ADA)
    before = len(site.app.seen)
    site.sallyport.stop()
    answer = browser.send("fetch", site.url("/x"))
    assert answer.status == 500 and answer.reason is None and len(site.app.seen) == before

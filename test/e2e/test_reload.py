# SPDX-License-Identifier: Apache-2.0
"""Files that change while the program runs count without a restart."""

import os
import signal

import yaml
from rig.process import wait_for
from rig.raw import exchange, subrequest

RELOAD_S = 20  # two looks agree after two seconds; the rest is for a busy machine


def ask(sallyport, uri):
    return exchange(sallyport.listen, subrequest(uri, more=[("Connection", "close")])).status


def rewrite(sallyport, **settings):
    """Replaces the configuration as an editor or a deployment tool does: by a rename."""
    path = sallyport.folder / "sallyport.yaml"
    new = path.with_suffix(".new")
    new.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **settings}, sort_keys=False))
    new.rename(path)


def test_a_changed_policy_counts_without_a_restart(make_sallyport):
    sallyport = make_sallyport()
    assert ask(sallyport, "/news") != 200
    rewrite(sallyport, policies={"default": [{"path": "/news", "action": "public"}, {"action": "deny"}]})

    wait_for(lambda: ask(sallyport, "/news") == 200, "the new policy", RELOAD_S)
    sallyport.wait_for_event("config_reloaded", result="ok")
    assert sallyport.metric("sallyport_config_reloads_total", result="ok") == 1
    sallyport.stop()


def test_a_bad_file_changes_nothing_and_is_told_until_it_is_good(make_sallyport):
    sallyport = make_sallyport()
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
    sallyport.stop()


def test_a_signal_makes_it_look_at_once_and_tells_what_came_of_it(make_sallyport):
    sallyport = make_sallyport()
    os.kill(sallyport.pid, signal.SIGHUP)
    sallyport.wait_for_event("config_reloaded", result="unchanged")
    rewrite(sallyport, threads=7)
    os.kill(sallyport.pid, signal.SIGHUP)
    sallyport.wait_for_event("config_reloaded", result="ok")
    warning = sallyport.wait_for_event("warning", setting="threads")
    assert warning["detail"].endswith("restart sallyport for it")
    sallyport.stop()

# SPDX-License-Identifier: Apache-2.0
"""Tests that take longer than a minute, in parallel with others (see conftest.py): an API server that falls silent,
and streams through Traefik."""

import time

import pytest
from rig.kube_site import POD
from rig.process import wait_for

pytestmark = pytest.mark.xdist_group("cluster")

SILENCE_S = 90
SLACK_S = 10
STREAMS_S = 70
UPLOAD_S = 60


def test_ac_61_ninety_seconds_of_silence_are_the_end_of_a_watch(fallen_silent):
    sallyport, relay, began, before_n = fallen_silent
    failed = sallyport.wait_for_event("rbac_failed", SILENCE_S + SLACK_S, cause="silent")
    assert SILENCE_S - 2 < time.monotonic() - began
    assert "no line has arrived for 90 s" in failed["detail"] and failed["age_s"] >= SILENCE_S - 1
    wait_for(lambda: relay.connections_n > before_n, "another attempt", SLACK_S)
    assert sallyport.admin("/readyz")[0] == 200 and sallyport.metric("sallyport_rbac_age_seconds") >= SILENCE_S - 1


def test_streams_outlive_the_minute_after_which_traefik_cuts_an_upload(kube_site, streams):
    wait_for(lambda: time.monotonic() - streams.began_s >= STREAMS_S, "the time of the streams", STREAMS_S)
    kube_site.kubectl().told("create", "configmap", "after-a-minute")
    assert "configmap/after-a-minute\n" in iter(streams.watch.stdout.readline, "")
    lines = [streams.logs.stdout.readline() for _ in range(STREAMS_S - 10)]
    assert lines[-1] == f"{POD} {len(lines)}\n"
    assert streams.logs.poll() is None
    out, err = streams.command.communicate("still here\n", 20)
    assert (out, streams.command.returncode) == ("still here\n", 5), err
    wait_for(lambda: streams.upload_s, "the end of the upload", SLACK_S)
    assert streams.upload_s > UPLOAD_S - 2 and b" 499 " in streams.upload_answer

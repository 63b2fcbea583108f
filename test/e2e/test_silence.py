# SPDX-License-Identifier: Apache-2.0
"""An API server that says nothing any more, for as long as that takes, beside other tests (see conftest.py)."""

import time

import pytest
from rig.process import wait_for

pytestmark = pytest.mark.xdist_group("cluster")

SILENCE_S = 90
SLACK_S = 10


def test_ac_61_ninety_seconds_of_silence_are_the_end_of_a_watch(fallen_silent):
    sallyport, relay, began, before_n = fallen_silent
    failed = sallyport.wait_for_event("rbac_failed", SILENCE_S + SLACK_S, cause="silent")
    assert SILENCE_S - 2 < time.monotonic() - began
    assert "no line has come for 90 s" in failed["detail"] and failed["age_s"] >= SILENCE_S - 1
    wait_for(lambda: relay.connections_n > before_n, "another attempt", SLACK_S)
    assert sallyport.admin("/readyz")[0] == 200 and sallyport.metric("sallyport_rbac_age_seconds") >= SILENCE_S - 1

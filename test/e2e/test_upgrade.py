# SPDX-License-Identifier: Apache-2.0
"""The statements of doc/upgrading.md about sessions across versions, on the running program."""

import shutil
import time

import pytest
from rig import tools
from rig.clock import Clock
from rig.flow import log_in
from rig.raw import NAVIGATION, Asker, exchange, subrequest

# Made by release 0.1.0 itself; test/unit/gate/test_older_values.c opens all of them.
SEALED = tools.TREE / "test/unit/gate/sealed-0.1.0"
HOST = "app.example.com"
AUTHENTICATED = {"policies": {"default": "authenticated"}}


def sealed(transport):
    return dict(line.split(" ", 1) for line in (SEALED / transport).read_text().splitlines() if " " in line)


@pytest.fixture
def then(make_sallyport, tmp_path):
    """This version, with the keys and the time of those values, and without a running issuer."""

    def start(**settings):
        keys = tmp_path / "keys-0.1.0"
        shutil.copy(SEALED / "keys", keys)
        keys.chmod(0o600)
        clock = Clock(tmp_path)
        clock.set_apart(int(sealed("host")["time"]) + 60 - int(time.time()))
        of_values = {"issuer": "https://issuer.example/dex", "client_id": "sallyport", "keys_file": str(keys)}
        return make_sallyport({**of_values, **settings}, env=clock.env, waits=False)

    return start


@pytest.mark.parametrize("settings", [{}, {"renew": True}], ids=["renew off", "renew on"])
def test_a_session_of_the_last_release_is_served(then, settings):
    sallyport = then(**settings)
    cookie = ("Cookie", f"__Host-sallyport={sealed('host')['session-full']}")
    asked = subrequest("/", host=HOST, more=(*NAVIGATION, cookie, ("Connection", "close")))
    answer = exchange(sallyport.listen, asked)
    assert answer.status == 200 and answer.values("X-Forwarded-User") == ["ada@example.com"], answer
    assert answer.values("X-Forwarded-Groups") == ["ops,sre"]


def test_a_session_that_could_be_renewed_holds_without_renew_until_it_would_be(make_sallyport, make_issuer, tmp_path):
    issuer, clock = make_issuer(), Clock(tmp_path)
    renewed = {"renew": True, "renew_after": "10s", "renew_grace": "20s", "scopes": ["openid", "offline_access"]}
    with Asker(make_sallyport({**AUTHENTICATED, **renewed}, issuer=issuer).listen) as asker:
        session = log_in(asker, issuer).session
    keys = {"keys_file": str(tmp_path / "sallyport-0" / "keys")}
    without = make_sallyport({**AUTHENTICATED, **keys}, issuer=issuer, env=clock.env)
    with Asker(without.listen) as asker:
        assert asker.ask("/x", cookie=session).status == 200
        clock.set_apart(45)
        answer = asker.ask("/x", cookie=session)
        assert (answer.status, answer.reason) == (401, "session_expired")

# SPDX-License-Identifier: Apache-2.0
"""
Rules by the client's address, behind two real load balancers in front of Traefik: one that Traefik trusts and
client_ip_hops contains, and one that neither knows. Every address is loopback; the last byte distinguishes them.
"""

import pytest
from rig import tools
from rig.balancer import Nginx
from rig.ports import free_port
from rig.raw import exchange, request
from rig.sallyport import run

TRUSTED, STRANGER, INSIDE, OUTSIDE = (f"127.0.0.{n}" for n in (2, 3, 9, 20))
RULES = [
    {"action": "public", "path_prefix": "/inside", "client_ip": "127.0.0.8/29"},
    {"action": "deny", "path_prefix": "/closed", "client_ip": [OUTSIDE, "2001:db8::/32"]},
    {"action": "public", "path_prefix": "/closed"},
    {"action": "allow"},
]


@pytest.fixture
def site(make_site):
    return make_site(
        trusts_client=TRUSTED, settings={"client_ip_hops": TRUSTED, "policies": {"default": RULES}}
    )


@pytest.fixture
def balancers(site, tmp_path):
    """The ports of both."""
    ports = {TRUSTED: free_port(), STRANGER: free_port()}
    nginx = Nginx(tmp_path, tools.nginx(), ports, site.ports.http)
    yield ports
    nginx.stop()


def ask(port, uri, source, said=None):
    """The status of one request from `source`, with `said` in X-Forwarded-For."""
    lines = [("Host", "app.test"), ("Connection", "close"), *([("X-Forwarded-For", said)] if said else [])]
    return exchange(f"127.0.0.1:{port}", request(target=uri, headers=lines), source=source).status


def line_of(site, uri):
    """The line in the log about the one request for `uri`; it may come after the answer."""
    return site.sallyport.wait_for_event("decision", path=uri)


@pytest.mark.edges("3.7.15-http")
def test_the_client_behind_a_trusted_balancer_decides_whatever_it_says_of_itself(site, balancers):
    sayings = (None, OUTSIDE, f"{INSIDE}, {OUTSIDE}", "unknown", f"{OUTSIDE}, {TRUSTED}", ",", "[::1]:443")
    for n, said in enumerate(sayings):
        assert ask(balancers[TRUSTED], "/inside", INSIDE, said) == 200, said
        assert ask(balancers[TRUSTED], "/closed", INSIDE, said) == 200, said
        assert ask(balancers[TRUSTED], f"/inside/{n}", OUTSIDE, said) == 401, said
        assert line_of(site, f"/inside/{n}")["client"] == OUTSIDE, said
        assert ask(balancers[TRUSTED], "/closed", OUTSIDE, said) == 403, said


@pytest.mark.edges("3.7.15-http")
def test_a_balancer_that_nobody_trusts_is_the_client_itself(site, balancers):
    for n, said in enumerate((None, INSIDE, f"{INSIDE}, {TRUSTED}")):
        assert ask(balancers[STRANGER], f"/inside/{n}", INSIDE, said) == 401, said
        assert line_of(site, f"/inside/{n}")["client"] == STRANGER, said
        assert ask(site.ports.http, "/inside", OUTSIDE, said) == 401, said
        assert ask(site.ports.http, "/inside", INSIDE, said) == 200, said


@pytest.mark.edges("3.7.15-http")
def test_where_a_balancer_does_not_say_whom_it_was_asked_by_rules_by_address_fail_closed(site):
    """Like a balancer that forwards connections, or one that forwards the header unchanged."""
    for said in (None, f"{INSIDE}, nonsense", f"{INSIDE},", TRUSTED, f"{INSIDE}, {INSIDE}/29"):
        assert ask(site.ports.http, "/inside", TRUSTED, said) == 401, said
        assert ask(site.ports.http, "/closed", TRUSTED, said) == 403, said
    assert "The client's address is unknown" in line_of(site, "/closed")["detail"]


@pytest.mark.edges("3.7.15-http")
def test_explain_decides_by_the_client_that_it_is_told(site):
    config = site.sallyport.folder / "sallyport.yaml"
    for client, status, words in (
        (INSIDE, 0, "allow: rule 1 decides"),
        (f"{INSIDE}, {TRUSTED}", 0, "allow: rule 1 decides"),
        (OUTSIDE, 1, "public: does not hold: client_ip: 127.0.0.20; the rule requires 127.0.0.8/29"),
        (TRUSTED, 1, "client_ip: no known address: 127.0.0.2 is not an address, or is one of client_ip_hops"),
        ("", 1, "note: the client's address is unknown"),
    ):
        options = ["--client", client] if client else []
        done = run(
            "explain", "--config", config, "--url", site.url("/inside"), *options, check=False
        )
        assert (done.returncode, words in done.stdout) == (status, True), done.stdout

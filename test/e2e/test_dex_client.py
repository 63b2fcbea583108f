# SPDX-License-Identifier: Apache-2.0
"""The entries that `sallyport check --dex-client` prints, in the configuration of a real Dex."""

import base64
import hashlib
import json
import threading
import urllib.parse
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml
from rig.dex import ADA, Dex
from rig.ports import free_port
from rig.sallyport import run, write_files

SECRET = "5f0c6a1d9b3e8247a6c1d0f9e8b7a695"
VERIFIER = "v" * 43


@dataclass
class Printed:
    entry: dict

    def as_static_client(self):
        return self.entry


@pytest.fixture
def dex(rig, tmp_path):
    """A Dex with the clients that were printed for a configuration."""
    port = free_port()
    server = {"server": "https://kube.example.com"}
    config = {
        "issuer": f"https://dex.localhost:{port}/dex",
        "client_id": "west",
        "client_secret_file": "client-secret",
        "keys_file": "keys",
        "policies": {"default": "authenticated"},
        "hosts": ["https://app.test"],
        "kubeconfig": {
            "clusters": [
                {"name": "prod", "client_id": "kube-prod", **server},
                {"name": "odd", "client_id": "kube: '\"#\\ $(x)", **server},
            ]
        },
    }
    printed = run("check", "--dex-client", "--config", write_files(tmp_path, config, SECRET)).stdout
    dex = Dex(
        "dex",
        tmp_path,
        clients=[Printed(entry) for entry in yaml.safe_load(printed)],
        authority=rig.authority,
        port=port,
        env={"WEST_CLIENT_SECRET": SECRET},
    )
    yield dex
    dex.stop()


@pytest.fixture
def loopback():
    """The redirect URI of a program such as kubectl: any port of localhost."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://localhost:{server.server_port}", seen
    server.shutdown()
    server.server_close()


def authorization_url(dex, client_id, redirect_uri):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid email groups profile offline_access",
        "state": "s",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{dex.issuer}/auth?{urllib.parse.urlencode(query)}"


def exchanged(dex, browser, client_id, **form):
    form = {"client_id": client_id, "grant_type": "authorization_code", "code_verifier": VERIFIER, **form}
    return browser.send(
        "command-line",
        f"{dex.issuer}/token",
        method="POST",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urllib.parse.urlencode(form).encode(),
    )


@pytest.mark.parametrize("client_id", ["kube-prod", "kube: '\"#\\ $(x)"])
def test_ac_64_dex_takes_the_client_of_a_cluster_at_any_port_of_localhost_without_a_secret(
    dex, browser, loopback, client_id
):
    origin, seen = loopback
    browser.log_in(authorization_url(dex, client_id, origin), ADA)
    answer = exchanged(dex, browser, client_id, code=seen[0]["code"][0], redirect_uri=origin)
    assert answer.status == 200, answer.text
    claims = json.loads(base64.urlsafe_b64decode(answer.json()["id_token"].split(".")[1] + "=="))
    assert claims["aud"] == client_id and claims["email"] == ADA.email
    elsewhere = authorization_url(dex, client_id, "https://app.test/_sallyport/callback")
    assert browser.navigate(elsewhere).final.status == 400


def test_dex_takes_the_web_client_by_the_variable_of_its_secret(dex, browser):
    redirect_uri = "https://app.test/_sallyport/callback"
    at_home = {"code": "none", "redirect_uri": redirect_uri}
    assert exchanged(dex, browser, "west", client_secret="another", **at_home).json()["error"] == "invalid_client"
    assert exchanged(dex, browser, "west", client_secret=SECRET, **at_home).json()["error"] == "invalid_grant"
    assert browser.navigate(authorization_url(dex, "west", redirect_uri)).final.status == 200
    assert browser.navigate(authorization_url(dex, "west", "http://localhost:8000")).final.status == 400

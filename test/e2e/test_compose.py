# SPDX-License-Identifier: Apache-2.0
"""The compose file for a first start: its content, and the README's steps with it up to a page of the user's own."""

import os
import re
import signal

import pytest
import yaml
from playwright.sync_api import Error
from rig import tools
from rig.chromium import Chromium, pass_issuer
from rig.dex import User
from rig.docker import Host, images, understood
from rig.documents import of_kind, text_of
from rig.process import wait_for

README = "README.md"


@pytest.fixture(scope="module")
def project():
    return understood(tools.TREE / "compose.yaml")


def test_only_traefik_and_dex_can_be_reached_and_only_from_this_machine(project):
    services = project["services"]
    ports = [port for one in services.values() for port in one.get("ports", ())]
    published = {(port["host_ip"], port["published"], port["target"]) for port in ports}
    assert published == {("127.0.0.1", "8080", 8080), ("127.0.0.1", "5556", 5556)}
    networks = {name: one.get("network_mode") for name, one in services.items()}
    shared = dict.fromkeys(("sallyport", "dex", "page"), "service:traefik")
    assert networks == {"traefik": None, "secrets": "none", **shared}


def test_images_are_those_of_the_programs_that_are_tested(project):
    tags = dict(one["image"].rsplit(":", 1) for one in project["services"].values())
    assert tags == {repository: image.version for repository, image in images().items()}


def test_the_middleware_is_the_one_that_the_readme_shows(project):
    (shown,) = of_kind("yaml traefik", README)[0].documents()
    routes = yaml.safe_load(project["configs"]["routes"]["content"])
    options = routes["http"]["middlewares"]["sallyport"]["forwardAuth"]
    expected = shown["http"]["middlewares"]["sallyport"]["forwardAuth"]
    assert {**options, "address": expected["address"]} == expected


def opened(page, url):
    """True once the address shows the issuer's page."""
    try:
        page.goto(url)
    except Error:
        return False
    return "/dex/" in page.url


def test_the_way_of_the_readme_leads_to_a_page_of_ones_own(rig, tmp_path):
    """Uses the commands, the address and the account exactly as on the page."""
    up, down = (block.text for block in of_kind("sh compose", README))
    url, email, password = re.search(
        r"<(http://\S+)> and\s+sign\s+in\s+as\s+`(\S+)`\s+with\s+the\s+password\s+`(\S+)`", text_of(README)
    ).groups()
    host = Host(tmp_path)
    typed = host.start(up)
    chromium = None
    try:
        chromium = Chromium(rig.authority, host.chromium(typed))
        page = chromium.profile().new_page()
        typed.wait_until(lambda: opened(page, url), f"the issuer's page at {url}", deadline_s=60)
        pass_issuer(page, User("", email, password=password))

        assert page.url == f"{url}/" and email in page.locator("body").inner_text()
        page.get_by_text("Who am I").click()
        assert email in page.locator("body").inner_text()
    finally:
        if chromium:
            chromium.stop()
        os.killpg(typed.pid, signal.SIGINT)  # Ctrl-C
        typed.child.wait(20)
    assert {path.name for path in (tmp_path / "volumes" / "secrets").iterdir()} == {"keys", "client-secret"}
    host.run(down)
    assert not (tmp_path / "volumes").exists()

# SPDX-License-Identifier: Apache-2.0
"""What ./dev demo prints for the person who starts it. A step of ./dev test signs in through it."""

import os
import re
import subprocess

import pytest
import yaml
from demo import Demonstration
from demo_picture import BYTES_MAX, PICTURE, digest_of_pages, digest_of_picture
from rig import expect, tools
from rig.browser import Browser
from rig.dex import ADMIN
from rig.documents import text_of
from rig.pod import apart
from rig.ports import free_port
from rig.process import wait_for
from rig.site import Ports


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory):
    demonstration = Demonstration(tmp_path_factory.mktemp("demo"), Ports(free_port(), free_port()), free_port())
    yield demonstration
    demonstration.stop()


def test_it_shows_the_configuration_and_what_to_do_next(demonstration):
    told = demonstration.describe()
    configuration = (demonstration.folder / "sallyport.yaml").read_text()
    shown = re.search(r"sallyport\.yaml:\n\n((?:    .*\n)+)", told)[1]
    assert yaml.safe_load(shown) == yaml.safe_load(configuration)
    (command,) = re.findall(r"^ +(\S+ explain .*)$", told, re.M)
    done = subprocess.run(command.split(), cwd=tools.TREE, capture_output=True, text=True, check=True)
    assert "allow" in done.stdout
    for page, section in re.findall(r'(\S+\.md), "(.*)"', told):
        assert f"\n## {section}\n" in text_of(page)


def test_the_change_that_it_proposes_keeps_everybody_out(demonstration):
    configuration = demonstration.folder / "sallyport.yaml"
    before = configuration.read_text()
    (policy,) = re.findall(r"^ +(default: \[.*\])$", demonstration.describe(), re.M)
    configuration.write_text(before.replace("default: authenticated", policy))

    def denied():
        answer = Browser(demonstration.authority).log_in(demonstration.url, ADMIN).final
        return answer if answer.status == 403 else None

    try:
        demonstration.sallyport.wait_for_event("config_reloaded", result="ok")
        expect.page(wait_for(denied, "the new policy"), 403, "policy_denied")
    finally:
        configuration.write_text(before)
    wait_for(lambda: len(demonstration.sallyport.events("config_reloaded", result="ok")) == 2, "the old policy")


def test_what_takes_long_says_what_it_is(tmp_path):
    kept = tools.compose_reader().parent
    for path in kept.parent.iterdir():
        if not path.name.startswith(kept.name):
            (tmp_path / path.name).symlink_to(path)
    command = [tools.INSTALL, "compose-reader"]
    env = {**os.environ, "SALLYPORT_CACHE": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    title = "setup: compiling compose-reader from its Go module"
    log = tmp_path / f"{kept.name}.log"
    assert re.fullmatch(rf"{title} \(log: {log}\)\n(?:{title}: \d+ s so far\n)*{title}: done in \d+ s\n", done.stderr)


@pytest.mark.parametrize("system", ["ID=fedora\nPRETTY_NAME='Fedora Linux 42'\n", "VERSION_CODENAME=trixie\n", ""])
def test_on_another_system_it_says_what_to_do_instead(system, tmp_path):
    other = tmp_path / "os-release"
    other.write_text(system)
    script = 'mount --bind "$0" /etc/os-release && exec ./dev demo'
    command = [*apart(), "sh", "-c", script, other]
    done = subprocess.run(command, cwd=tools.TREE, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "docker compose up" in done.stderr, done.stderr
    assert "this needs Debian 12 on amd64" in done.stderr and ("Fedora" in done.stderr) == ("Fedora" in system)


def test_the_picture_of_a_sign_in_shows_the_pages_as_they_are(demonstration):
    assert digest_of_pages(demonstration) == digest_of_picture(), "pages have changed: run ./dev picture"
    assert PICTURE.stat().st_size <= BYTES_MAX

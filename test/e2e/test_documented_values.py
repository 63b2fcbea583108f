# SPDX-License-Identifier: Apache-2.0
"""The values files in the documents can be installed, and need the Dex client that the same page shows."""

import pytest
import yaml
from rig.documents import of_kind
from rig.render import Rendered, notes
from rig.sallyport import run, write_files

SECRET = "5f0c6a1d9b3e8247a6c1d0f9e8b7a695"
VALUES = pytest.mark.parametrize("block", of_kind("yaml values"), ids=str)


def rendered(block, folder):
    path = folder / "values.yaml"
    path.write_text(block.text)
    return Rendered(folder, path)


def check(block, folder, *options):
    """Runs `sallyport check` on the configuration that a values file produces."""
    config = yaml.safe_load(rendered(block, folder).config_text)
    config.update(client_secret_file="client-secret", keys_file="keys")
    for name in [name for name in config if name == "issuer_ca_file" or name.startswith("tls_")]:
        config.pop(name)  # files that the chart mounts
    for binding in config.get("credentials", []):
        (folder / binding["proxy_key_file"]).write_text("k" * 43)
    return run("check", "--config", write_files(folder, config, SECRET), *options)


@VALUES
def test_values_that_are_shown_make_a_configuration_without_errors(block, tmp_path):
    done = check(block, tmp_path)
    assert done.returncode == 0 and "0 errors" in done.stderr, done.stderr


@VALUES
def test_the_notes_of_values_that_are_shown_name_their_client(block, tmp_path):
    path = tmp_path / "values.yaml"
    path.write_text(block.text)
    assert yaml.safe_load(block.text)["config"]["client_id"] in notes(tmp_path, path)


@pytest.mark.parametrize("block", of_kind("yaml dex"), ids=str)
def test_the_client_that_is_shown_is_the_one_that_the_values_need(block, tmp_path):
    values = [other for other in of_kind("yaml values", block.page) if other.line < block.line][-1]
    printed = yaml.safe_load(check(values, tmp_path, "--dex-client").stdout)
    shown = yaml.safe_load(block.text)["staticClients"]
    assert shown == printed

# SPDX-License-Identifier: Apache-2.0
"""The container image (./dev image): it contains only what is needed to run, and users sign in through it."""

import hashlib
import re
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from rig import tools
from rig.dex import ADMIN
from rig.image import Contained
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

FOR_KEYS = "/var/lib/sallyport"
SIZE_MAX = 25_000_000
LOADERS = {"amd64": "/lib64/ld-linux-x86-64.so.2", "arm64": "/lib/ld-linux-aarch64.so.1"}
PROGRAM = "/usr/bin/sallyport"
SHARED_OBJECT = re.compile(r"\.so(\.|$)")


# ---- what is in it ------------------------------------------------------------------------------------


def test_nothing_but_the_program_and_the_loader_can_be_run(image):
    programs = [
        path
        for path, found in image.files().items()
        if found.st_mode & 0o111 and not SHARED_OBJECT.search(path)
    ]
    assert programs == [PROGRAM]


def test_every_library_is_one_that_the_program_loads(image, tmp_path):
    loaded = image.run(tmp_path, LOADERS[image.architecture], "--list", PROGRAM)
    assert loaded.returncode == 0 and "not found" not in loaded.stdout, loaded.stdout + loaded.stderr

    listed = re.findall(r"(/\S+) \(0x", loaded.stdout)
    assert sorted(listed) == [path for path in image.files() if SHARED_OBJECT.search(path)]


def test_every_file_is_roots_and_no_one_else_writes_it_or_gains_by_it(image):
    gains = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX
    for path, found in image.entries():
        owner = int(image.uid) if path == FOR_KEYS else 0
        assert (found.st_uid, found.st_gid) == (owner, owner), path
        assert stat.S_IFMT(found.st_mode) in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK), path
        assert stat.S_ISLNK(found.st_mode) or not found.st_mode & (0o022 | gains), path


def test_a_named_volume_for_the_keys_would_be_the_users(image):
    """A new volume gets owner, mode and content of the image's folder at its path."""
    folder = image.root / FOR_KEYS.removeprefix("/")
    assert list(folder.iterdir()) == [] and stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_every_package_is_listed_for_scanners_and_has_its_licence(image):
    status = (image.root / "var/lib/dpkg/status").read_text()
    packages = re.findall(r"^Package: (.*)$", status, re.M)
    folders = [path.name for path in (image.root / "usr/share/doc").iterdir()]

    assert {"base-files", "libc6", "libcurl4", "libh2o-evloop0.13", "libssl3"} <= set(packages)
    assert sorted(folders) == sorted([*packages, "sallyport"])
    assert len(re.findall(r"^Version: ", status, re.M)) == len(packages)
    for name in folders:
        assert (image.root / "usr/share/doc" / name / "copyright").stat().st_size > 0, name


def test_the_bill_of_materials_is_spdx_and_says_what_is_there(image):
    path = image.root / "usr/share/doc/sallyport/sbom.spdx.json"
    document = parse_file(str(path))
    assert validate_full_spdx_document(document, "SPDX-2.3") == []

    status = (image.root / "var/lib/dpkg/status").read_text()
    listed = dict(re.findall(r"^Package: (.*)\n(?:.+\n)*?Version: (.*)$", status, re.M))
    debian = {package.name: package for package in document.packages if package.name in listed}
    (program,) = (package for package in document.packages if package.name == "sallyport")
    texts = {info.license_id: info.extracted_text for info in document.extracted_licensing_info}
    assert {name: package.version for name, package in debian.items()} == listed
    assert len(document.packages) == len(listed) + 2  # in addition, the program and the image itself
    for name, package in debian.items():
        licence = (image.root / "usr/share/doc" / name / "copyright").read_text(errors="replace")
        assert texts[str(package.license_declared)] == licence, name
        is_data = name in ("base-files", "ca-certificates")  # data from the building machine, or independent of it
        assert f"arch={image.architecture}" in str(package.external_references) or is_data, name
    assert str(program.license_declared) == "Apache-2.0" and "Apache License" in program.attribution_texts[0]
    digest = hashlib.sha256((image.root / PROGRAM.removeprefix("/")).read_bytes()).hexdigest()
    assert program.version == image.config["Labels"]["org.opencontainers.image.version"]
    assert [checksum.value for checksum in program.checksums] == [digest]


def test_the_program_is_hardened_as_the_document_says(image):
    check = tools.TREE / "test/check/hardening.py"
    done = subprocess.run(
        [sys.executable, check, image.root / PROGRAM.removeprefix("/")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_program_does_not_say_where_it_was_built(image):
    program = (image.root / PROGRAM.removeprefix("/")).read_bytes()
    assert b"src/gate/" in program and not re.search(rb"/source|/build|\.\./", program)


def test_it_is_no_larger_than_it_has_to_be(image):
    assert sum(found.st_size for found in image.files().values()) <= SIZE_MAX


def test_it_says_how_it_is_run(image):
    assert image.config["User"] == "65532:65532"
    assert image.config["Entrypoint"] == [PROGRAM]
    assert image.config["Cmd"] == ["serve"]
    assert image.config["Healthcheck"]["Test"] == ["CMD", PROGRAM, "healthcheck"]
    assert set(image.config["ExposedPorts"]) == {"4181/tcp", "4182/tcp"}


def test_its_label_has_the_version_of_the_program(image, tmp_path):
    version = image.config["Labels"]["org.opencontainers.image.version"]
    assert f"version: '{version}'" in (tools.TREE / "meson.build").read_text()
    assert image.run(tmp_path, PROGRAM, "version").stdout.startswith(f"sallyport {version}\n")


# ---- how it runs --------------------------------------------------------------------------------------


@pytest.fixture
def contained(make_site, image):
    return make_site(program=partial(Contained, image))


@pytest.mark.edges("3.7.15-https")
def test_people_log_in_through_the_image(contained, browser):
    visit = browser.log_in(contained.url("/reports?year=2026"), ADMIN)

    assert visit.final.status == 200 and visit.final.url == contained.url("/reports?year=2026"), str(visit)
    assert contained.app.last.value("X-Forwarded-User") == ADMIN.email


@pytest.mark.edges("3.7.15-https")
def test_the_health_check_knows_whether_it_runs(contained):
    assert contained.sallyport.healthcheck() == 0
    contained.sallyport.stop()
    assert contained.sallyport.healthcheck() == 1


@pytest.mark.edges("3.7.15-https")
def test_it_checks_the_configuration_at_its_usual_place(contained, image):
    done = image.run(contained.folder, PROGRAM, "check")
    assert done.returncode == 0 and "0 errors" in done.stderr, done.stderr


@pytest.mark.edges("3.7.15-https")
def test_it_runs_as_nobody_in_particular_on_a_root_that_it_cannot_change(contained):
    process = Path("/proc") / str(contained.sallyport.pid)
    status = (process / "status").read_text()
    said = dict(re.findall(r"^(\w+):[ \t]*(.*?)[ \t]*$", status, re.M))
    mounts = [line.split()[4:6] for line in (process / "mountinfo").read_text().splitlines()]

    assert said["Uid"].split() == said["Gid"].split() == ["65532"] * 4
    # Only root can inspect it: the files in /proc of a process that is not dumpable belong to root.
    assert (process / "environ").stat().st_uid == 0
    assert re.search(r"^Max core file size +0 +0 ", (process / "limits").read_text(), re.M)
    assert said["Groups"] == "" and int(said["CapEff"], 16) == 0 and said["NoNewPrivs"] == "1"
    assert {"/", "/etc/sallyport"} <= {target for target, _ in mounts}
    for target, options in mounts:
        assert target == "/proc" or "ro" in options.split(","), target


@pytest.mark.edges("3.7.15-https")
def test_an_issuer_is_held_against_the_public_authorities(make_site, image):
    """The rig's authority is none of them. If the file with them were missing, curl would report it."""
    site = make_site(program=partial(Contained, image), settings={"issuer_ca_file": ""})
    (failed, *_) = site.sallyport.events("issuer_failed")
    assert "unable to get local issuer certificate" in failed["detail"], failed

# SPDX-License-Identifier: Apache-2.0
"""
The container image (./dev image): built, looked into, and logged in through.

buildah makes it of the Dockerfile as it is, on the base image that test/setup/install made. Then
test/e2e/test_image.py runs on its root file system; that of another platform, too, whose processor QEMU emulates.
With --twice the image is first built once more, and must be the same to the byte. Other arguments go to pytest.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
INSTALL = TREE / "test" / "setup" / "install"
MACHINE = "linux/amd64"
PLATFORMS = (MACHINE, "linux/arm64")
BUILD = (
    *("bud", "--quiet", "--force-rm", "--format", "docker", "--isolation", "chroot", "--pull=never"),
    *("--timestamp", "0"),
)
# Stages that keep a name of their own, so that the next build goes on from there; the last is the image.
STAGES = ("packages", "build")


def where(part):
    return Path(subprocess.check_output([INSTALL, "--where", part], text=True).strip())


def buildah(*arguments):
    """What the command prints; its errors go to ours."""
    settings = {"CONTAINERS_STORAGE_CONF": str(where("image") / "storage.conf")}
    command = ["buildah", *map(str, arguments)]
    return subprocess.check_output(command, env={**os.environ, **settings}, cwd=TREE, text=True).strip()


def tag_of(platform):
    return "sallyport" if platform == MACHINE else f"sallyport-{platform.rpartition('/')[2]}"


def on(platform):
    """What Docker's own builder says by itself."""
    return ("--platform", platform, "--build-arg", f"BUILDPLATFORM={MACHINE}")


def build(platform):
    tag = tag_of(platform)
    for stage in STAGES:
        buildah(*BUILD, "--layers", *on(platform), "--target", stage, "--tag", f"{tag}-{stage}", TREE)
    buildah(*BUILD, "--layers", *on(platform), "--tag", tag, TREE)
    buildah("rmi", "--prune")  # what earlier builds left, and these do not go on from
    return tag


def build_in(folder, platform):
    """From the packages that are there and a copy of the tree, in another place and of another day each time."""
    shutil.copytree(TREE, folder, ignore=shutil.ignore_patterns("build*", ".git"), copy_function=shutil.copy)
    base, *stages = re.split(r"(?m)^(?=FROM )", (TREE / "Dockerfile").read_text())[1:]
    assert " AS packages\n" in base and stages[0].startswith("FROM packages AS "), stages
    stages[0] = stages[0].replace("packages", f"localhost/{tag_of(platform)}-packages", 1)
    (folder / "Dockerfile").write_text("".join(stages))
    buildah(*BUILD, "--no-cache", *on(platform), "--tag", folder.name, folder)


def is_the_same_twice(platform):
    """Compares the digests that a registry would know the two by, which cover every byte of the images."""
    with tempfile.TemporaryDirectory() as name:
        folder, digests = Path(name), []
        for tag in ("sallyport-once", "sallyport-twice"):
            build_in(folder / tag, platform)
            buildah("push", "--quiet", "--format", "oci", tag, f"oci:{folder / tag}.oci:sallyport")
            buildah("rmi", tag)
            (manifest,) = json.loads((folder / f"{tag}.oci" / "index.json").read_text())["manifests"]
            digests.append(manifest["digest"])
        print("built twice:", *digests, flush=True)
        return len(set(digests)) == 1


@contextlib.contextmanager
def root_of(tag):
    container = buildah("from", "--pull=never", tag)
    try:
        yield Path(buildah("mount", container))
    finally:
        buildah("rm", container)


def print_contents(root):
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    libraries = sorted((path for path in files if ".so." in path.name), key=lambda path: path.name)
    for path in libraries:
        print(f"{path.stat().st_size:9}  {path.name}")
    size = sum(path.stat().st_size for path in files)
    print(f"{len(libraries)} libraries, {len(files)} files, {size / 1e6:.1f} MB", flush=True)


def runnable(root, emulator, folder):
    """The program of the image as a command of this machine."""
    program = root / "usr/bin/sallyport"
    if not emulator:
        return program
    command = folder / "sallyport"
    command.write_text(f'#!/bin/sh\nexec {emulator} -L {root} {program} "$@"\n')
    command.chmod(0o755)
    return command


def test(tag, root, emulator, arguments):
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "image.json"
        inspected = json.loads(buildah("inspect", "--type", "image", tag))["Docker"]
        described = {"root": str(root), "config": inspected["config"], "architecture": inspected["architecture"]}
        description.write_text(json.dumps({**described, "emulator": str(emulator or "")}))
        return subprocess.run(
            [
                *(where("python") / "bin" / "python", "-m", "pytest", "test/e2e/test_image.py"),
                *("--image", description, *arguments),
            ],
            cwd=TREE,
            env={**os.environ, "SALLYPORT_BIN": str(runnable(root, emulator, Path(folder)))},
            check=False,
        ).returncode


def main():
    options = argparse.ArgumentParser(prog="./dev image")
    options.add_argument("--platform", choices=PLATFORMS, default=MACHINE)
    options.add_argument("--twice", action="store_true", help="built twice, and the same to the byte")
    wanted, arguments = options.parse_known_args()
    emulator = None
    if wanted.platform != MACHINE:
        subprocess.run([INSTALL, "arm64"], check=True)
        emulator = where("arm64") / "qemu-aarch64-static"
    tag = build(wanted.platform)
    if wanted.twice and not is_the_same_twice(wanted.platform):
        return 1
    with root_of(tag) as root:
        print_contents(root)
        return test(tag, root, emulator, arguments)


if __name__ == "__main__":
    sys.exit(main())

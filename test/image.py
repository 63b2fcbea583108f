# SPDX-License-Identifier: Apache-2.0
"""
The container image (./dev image): built, looked into, and logged in through.

buildah makes it of the Dockerfile as it is, on the base image that test/setup/install made. Then
test/e2e/test_image.py runs on its root file system. Arguments go to pytest.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
INSTALL = TREE / "test" / "setup" / "install"
BUILD = ("bud", "--quiet", "--format", "docker", "--isolation", "chroot", "--pull=never", "--layers")
# Stages that keep a name of their own, so that the next build goes on from there; the last is the image.
STAGES = ("packages", "build")


def where(part):
    return Path(subprocess.check_output([INSTALL, "--where", part], text=True).strip())


def buildah(*arguments):
    """What the command prints; its errors go to ours."""
    settings = {"CONTAINERS_STORAGE_CONF": str(where("image") / "storage.conf")}
    command = ["buildah", *map(str, arguments)]
    return subprocess.check_output(command, env={**os.environ, **settings}, cwd=TREE, text=True).strip()


def build():
    for stage in STAGES:
        buildah(*BUILD, "--target", stage, "--tag", f"sallyport-{stage}", TREE)
    buildah(*BUILD, "--tag", "sallyport", TREE)
    buildah("rmi", "--prune")  # what earlier builds left, and these do not go on from


@contextlib.contextmanager
def root_of_image():
    container = buildah("from", "--pull=never", "sallyport")
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


def test(root, arguments):
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "image.json"
        config = json.loads(buildah("inspect", "--type", "image", "sallyport"))["Docker"]["config"]
        description.write_text(json.dumps({"root": str(root), "config": config}))
        return subprocess.run(
            [
                *(where("python") / "bin" / "python", "-m", "pytest", "test/e2e/test_image.py"),
                *("--image", description, *arguments),
            ],
            cwd=TREE,
            env={**os.environ, "SALLYPORT_BIN": str(root / "usr/bin/sallyport")},
            check=False,
        ).returncode


def main():
    build()
    with root_of_image() as root:
        print_contents(root)
        return test(root, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

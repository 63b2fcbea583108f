# SPDX-License-Identifier: Apache-2.0
"""
The picture of a sign-in in README.md (./dev picture): the pages of the demonstration, scene by scene.

A comment in the file is the digest of the pages that it shows, so that a test detects when they have changed. It runs
in its own network, where the ports of the demonstration are free.
"""

import base64
import hashlib
import html
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from demo import PREFIX, Demonstration
from rig import tools
from rig.browser import Browser
from rig.chromium import Chromium
from rig.dex import ADMIN
from rig.site import Ports

PICTURE = tools.TREE / "doc" / "sign-in.gif"
WIDTH, HEIGHT = 800, 440  # size of a page, in pixels
BYTES_MAX = 300_000
COLOURS = 64
FRAME = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; width: {width}px; font: 15px/1.5 "DejaVu Sans", sans-serif; background: #e3e5e8; color: #1d2024 }}
p {{ margin: 0; padding: 9px 16px; font-weight: 600 }}
div {{ margin: 0 12px 10px; padding: 4px 14px; border-radius: 14px; background: #fff; font-size: 13px;
    white-space: nowrap; overflow: hidden; text-overflow: ellipsis }}
img {{ display: block }}
</style><p>{caption}</p><div>{address}</div><img src="data:image/png;base64,{page}">"""


def shown(text):
    """The visible text of a page, without addresses, ids and times, which differ each time."""
    return re.sub(r"https?://[^\"<]*|\b[0-9a-f]{16}\b|\d{4}-\d\d-\d\d \d\d:\d\d", "", text)


def digest_of_pages(demonstration):
    """The digest of the text and style of the pages in the picture."""
    browser = Browser(demonstration.authority)
    pages = [browser.log_in(demonstration.url, ADMIN).final.text]
    for name in ("me", "logout", "signed-out"):
        pages.append(browser.send("navigation", f"{demonstration.url[:-1]}{PREFIX}/{name}").text)
    pages.append(tools.first_line(tools.dex(), "version"))
    return hashlib.sha256("\n".join(map(shown, pages)).encode()).hexdigest()


def digest_of_picture():
    return re.search(rb"pages ([0-9a-f]{64})", PICTURE.read_bytes())[1].decode()


class Film:
    """Frames, each with its duration."""

    def __init__(self, chromium, folder):
        self.page = chromium.profile(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        self._screen = chromium.profile(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        self._folder = folder
        self.arguments = []

    def take(self, caption, stays_s, address=None):
        page = base64.b64encode(self.page.screenshot()).decode()
        address = html.escape(address or self.page.url)
        self._screen.set_content(FRAME.format(width=WIDTH, caption=caption, address=address, page=page))
        path = self._folder / f"{len(self.arguments):03}.png"
        self._screen.screenshot(path=path, full_page=True)
        self.arguments += ["-delay", str(round(stays_s * 100)), str(path)]


def play(film, url):
    """The scenes of a sign-in, and of the sign-out after it."""
    page = film.page
    page.goto("about:blank")
    film.take("1. Open a page of the application.", 1.6, url)
    page.goto(url)
    asked = "2. sallyport sends the browser to the issuer, here Dex."
    film.take(asked, 1.6)
    page.locator("input[name=login]").fill(ADMIN.email)
    film.take(asked, 0.8)
    page.locator("input[name=password]").fill(ADMIN.password)
    film.take(asked, 1)
    page.locator("button[type=submit]").click()
    page.wait_for_url(url)
    film.take("3. The page knows the user by headers alone.", 3.2)
    page.get_by_text("Who am I").click()
    film.take("4. Who am I: a page of sallyport.", 2.4)
    page.get_by_text("Sign out", exact=True).click()
    page.wait_for_url("**/signed-out")
    film.take("5. Signed out.", 2.4)


def write(film, digest):
    """Makes one palette for all frames, and stores only the part of each that has changed."""
    command = ["/usr/bin/convert", *film.arguments, "-loop", "0", "+dither", "-colors", str(COLOURS), "+map"]
    subprocess.run([*command, "-layers", "optimize", "-set", "comment", f"pages {digest}", PICTURE], check=True)
    size = PICTURE.stat().st_size
    assert size <= BYTES_MAX, f"{PICTURE} has {size} bytes, more than {BYTES_MAX}"
    print(f"{PICTURE}: {size} bytes")


def main():
    with tempfile.TemporaryDirectory() as folder:
        demonstration = Demonstration(Path(folder), Ports(8080, 8443))
        chromium = Chromium(demonstration.authority)
        try:
            film = Film(chromium, Path(folder))
            play(film, demonstration.url)
            write(film, digest_of_pages(demonstration))
        finally:
            chromium.stop()
            demonstration.stop()


if __name__ == "__main__":
    if sys.argv[1:] == ["apart"]:
        main()
    else:
        alone = 'ip link set lo up && exec "$0" "$@"'
        apart = ["unshare", "--map-root-user", "--net", "sh", "-c", alone]
        os.execvp("unshare", [*apart, sys.executable, __file__, "apart"])

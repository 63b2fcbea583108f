# SPDX-License-Identifier: Apache-2.0
"""The system's Chromium with Playwright: every *.test name is loopback, and the run's authority is trusted."""

from playwright.sync_api import sync_playwright

from . import tools
from .dex import ADA

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
)
WIDTHS = (320, 360, 1280)  # pixels: the narrowest that are in use, a usual telephone, a desk


class Chromium:
    """One browser process; `profile()` opens a new profile in it. `command` replaces the usual command of Chromium."""

    _playwright, _running_n = None, 0  # for all browsers: a second Playwright cannot start in the same thread

    def __init__(self, authority, command=None):
        if not Chromium._running_n:
            Chromium._playwright = sync_playwright().start()
        Chromium._running_n += 1
        self.process = Chromium._playwright.chromium.launch(
            executable_path=command or tools.chromium(),
            headless=True,
            args=[*_FLAGS, f"--ignore-certificate-errors-spki-list={authority.pin()}"],
        )

    def profile(self, **options):
        context = self.process.new_context(**options)
        context.set_default_timeout(15000)
        return context

    def stop(self):
        self.process.close()
        Chromium._running_n -= 1
        if not Chromium._running_n:
            Chromium._playwright.stop()


def log_in(page, url, user=ADA):
    """Opens `url`, logs in if Dex's form appears, and ends at the resulting page."""
    page.goto(url)
    pass_issuer(page, user)


def pass_issuer(page, user=ADA):
    """From Dex's first page to the end of the login."""
    give_password(page, user)
    page.wait_for_url(lambda address: "/dex/" not in address)


def give_password(page, user=ADA):
    """From Dex's first page to the one that its form leads to, which may be Dex's again."""
    choice = page.locator("a[href*='/auth/local']")
    form = page.locator("input[name=login]")
    choice.or_(form).first.wait_for()
    if choice.count():
        choice.first.click()
    form.fill(user.email)
    page.locator("input[name=password]").fill(user.password)
    with page.expect_navigation():
        page.locator("button[type=submit]").click()

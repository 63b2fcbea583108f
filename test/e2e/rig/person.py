# SPDX-License-Identifier: Apache-2.0
"""
A browser and its user, as a program: `python -m rig.person CA_FILE OPENED URL` writes the address into the file
OPENED, confirms the code of a device if Dex requests it, signs in, and follows all redirects.
"""

import ssl
import sys
from types import SimpleNamespace

from .browser import Browser


def main(ca_file, opened, url):
    with open(opened, "a", encoding="ascii") as file:
        print(url, file=file)
    browser = Browser(SimpleNamespace(client_context=lambda: ssl.create_default_context(cafile=ca_file)))
    visit = browser.navigate(url)
    if "user_code=" in url:
        visit.extend(browser.submit(visit.final))  # the code of a device
    visit.extend(browser.pass_issuer(visit.final))
    assert visit.final.status == 200, f"{visit}\n{visit.final.page.text}"


if __name__ == "__main__":
    main(*sys.argv[1:])

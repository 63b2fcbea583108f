# SPDX-License-Identifier: Apache-2.0
"""The application of the demonstrations: a page for people."""

import html

from rig.app import Server, answer
from rig.traefik import IDENTITY_HEADERS

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --quiet: #767676 }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 12vh auto 0; padding: 0 1.25rem }}
h1 {{ font-size: 1.5rem; margin: 0 0 .25rem }}
p {{ margin: .25rem 0 }}
.quiet {{ color: var(--quiet) }}
table {{ border-collapse: collapse; width: 100%; margin: 1.75rem 0; table-layout: fixed }}
th, td {{ text-align: left; padding: .5rem .75rem .5rem 0; border-top: 1px solid var(--line); vertical-align: top }}
tr:last-child > * {{ border-bottom: 1px solid var(--line) }}
th {{ font-weight: 400; color: var(--quiet); width: 45% }}
td {{ font-family: ui-monospace, monospace; overflow-wrap: anywhere }}
nav a {{ margin-right: 1.25rem }}
</style>
<h1>Hello, {user}</h1>
<p class="quiet">{title}. You requested <code>{target}</code>. The application identifies you by these headers:</p>
<table>{rows}</table>
<nav>{links}</nav>
</html>
"""


class Application(Server):
    """Shows users the identity headers of their request; `links` has the texts of its links by address."""

    def __init__(self, links, title="A protected application"):
        self._title = title
        self._links = " ".join(f'<a href="{html.escape(to)}">{html.escape(text)}</a>' for to, text in links.items())
        super().__init__()

    async def respond(self, request, reader, writer):
        if request.target == "/favicon.ico":
            answer(writer, b"", "image/x-icon")
        else:
            answer(writer, self._page(request).encode(), "text/html; charset=utf-8")
        return True

    def _page(self, request):
        rows = "".join(
            f"<tr><th scope=row>{name}<td>{html.escape(request.value(name) or '')}" for name in IDENTITY_HEADERS
        )
        user = request.value("X-Forwarded-Preferred-Username") or request.value("X-Forwarded-User") or "nobody"
        return PAGE.format(
            title=html.escape(self._title),
            user=html.escape(user),
            target=html.escape(request.target),
            rows=rows,
            links=self._links,
        )

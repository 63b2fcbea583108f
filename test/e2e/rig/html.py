# SPDX-License-Identifier: Apache-2.0
"""The parts of a page that a client without a screen needs: forms, links and text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin


@dataclass
class Form:
    """A form with the initial values of its fields."""

    action: str
    method: str
    fields: dict = field(default_factory=dict)


@dataclass
class Link:
    """An anchor; `target` is the window where it opens."""

    href: str
    target: str
    text: str = ""


class Page(HTMLParser):
    """Forms, links and text of the page at `url`."""

    def __init__(self, url, source):
        super().__init__()
        self.url = url
        self.forms, self.links, self.title, self.text, self.tags = [], [], "", "", []
        self._open_link = None
        self._in = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        self.tags.append((tag, values))
        self._in.append(tag)
        if tag == "form":
            self.forms.append(
                Form(urljoin(self.url, values.get("action", "")), values.get("method", "get").upper())
            )
        elif tag in ("input", "button") and self.forms and values.get("name"):
            self.forms[-1].fields[values["name"]] = values.get("value", "")
        elif tag == "a" and "href" in values:
            self._open_link = Link(urljoin(self.url, values["href"]), values.get("target", ""))
            self.links.append(self._open_link)

    def handle_endtag(self, tag):
        if tag in self._in:
            while self._in.pop() != tag:
                pass
        if tag == "a":
            self._open_link = None

    def handle_data(self, data):
        if "title" in self._in:
            self.title += data
        elif "style" not in self._in and "script" not in self._in:
            self.text += data
        if self._open_link:
            self._open_link.text += data

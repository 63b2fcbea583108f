# SPDX-License-Identifier: Apache-2.0
"""
The fenced blocks of the documents.

The first word after a fence says the language, the second what the block is:

  yaml                 a configuration of sallyport; what it does not say is as in the smallest one
  yaml traefik         dynamic configuration of Traefik's file provider; those of a page add up
  yaml traefik-static  Traefik's own configuration
  yaml kubernetes      objects of Kubernetes
  yaml rbac            objects of Kubernetes that rules `rbac` read
  yaml values          values of the chart
  yaml federation      values of the chart `federation`
  yaml compose         a compose file, whose `configs` hold a configuration of sallyport
  yaml before          what another program was configured by, for a page that says what becomes of it
  yaml clients         clients of Dex, in Dex's own configuration
  yaml gitops          objects of Argo CD or Flux, which hold values of the chart
  yaml dex             a part of Dex's own configuration, for the values that were shown last
  sh                   commands that run in a folder with the configuration that was shown last
  sh norun             commands that only have to be well-formed
  sh compose           commands of Docker Compose; those of a page are typed one after the other (test_compose.py)
  sh chart             commands that install the chart of the page's first values (test_chart_readme.py)
  json                 one value a line
  jq                   a program for jq, which reads lines of the log
  promql               a query for Prometheus, about the release of the page
"""

import re
from dataclasses import dataclass
from itertools import count
from textwrap import dedent

import yaml
from rig import tools

PAGES = (
    *sorted(path.name for path in tools.TREE.glob("*.md")),
    *sorted(f"doc/{path.name}" for path in (tools.TREE / "doc").glob("*.md")),
    "helm/sallyport/README.md",
)
KINDS = {
    *("", "jq", "json", "promql", "sh", "sh chart", "sh compose", "sh norun", "yaml", "yaml before", "yaml clients"),
    *("yaml compose", "yaml dex", "yaml gitops", "yaml kubernetes", "yaml rbac"),
    *("yaml federation", "yaml traefik", "yaml traefik-static", "yaml values"),
}
SMALLEST = {
    "issuer": "https://dex.central.example.com/dex",
    "client_id": "sallyport",
    "client_secret_file": "client-secret",
    "keys_file": "keys",
    "email_verified": "required",
    "policies": {"default": "authenticated"},
}


@dataclass(frozen=True)
class Block:
    """One fenced block; `kind` is the text after the fence, `heading` the last heading before it."""

    page: str
    line: int
    heading: str
    kind: str
    text: str

    def __str__(self):
        return f"{self.page}:{self.line}"

    def documents(self):
        return [document for document in yaml.safe_load_all(self.text) if document]


def text_of(page):
    return (tools.TREE / page).read_text()


def anchors_of(page):
    """
    The anchors that GitHub makes of headings: the text without markup, in lower case, with hyphens for spaces, other
    punctuation removed; the second of the same name gets -1, and so on.
    """
    prose = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.M | re.S)
    anchors = set()
    for heading in re.findall(r"^#{1,6} +(.*?)[ #]*$", prose, re.M):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w -]", "", shown.lower()).replace(" ", "-")
        number = next(n for n in count() if (f"{anchor}-{n}" if n else anchor) not in anchors)
        anchors.add(f"{anchor}-{number}" if number else anchor)
    return anchors


def blocks_of(page):
    found, fence, heading, kind, lines = [], None, "", "", []
    for number, line in enumerate(text_of(page).split("\n"), 1):
        marked = line.strip()  # in a list item, a block is indented
        if not marked.startswith("```"):
            lines.append(line)
            heading = line.lstrip("#").strip() if fence is None and line.startswith("#") else heading
        elif fence is None:
            fence, kind, lines = number, marked.removeprefix("```").strip(), []
        else:
            found.append(Block(page, fence, heading, kind, dedent("\n".join(lines) + "\n")))
            fence = None
    assert fence is None, f"{page}:{fence}: a fence that does not end"
    return found


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def of_kind(kind, page=None):
    return [block for block in BLOCKS if block.kind == kind and page in (None, block.page)]


def completed(config):
    """A configuration from a page, completed with the rest of the smallest one; a complete one is unchanged."""
    return config if "issuer" in config else {**SMALLEST, **config}


def shown(page, key):
    """The first configuration of a page that contains a setting."""
    return next(
        block.documents()[0] for block in of_kind("yaml", page) if key in block.documents()[0]
    )


def under(page, heading, kind):
    """The only block of a kind in a section."""
    (block,) = (block for block in of_kind(kind, page) if block.heading == heading)
    return block

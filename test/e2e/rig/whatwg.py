# SPDX-License-Identifier: Apache-2.0
"""How a browser interprets an address: Node's URL parser, which follows the WHATWG's URL standard."""

import json
import subprocess
from dataclasses import dataclass

from . import tools

_PROGRAM = """
const ask = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = ([url, base]) => {
  try {
    const it = new URL(url, base === null ? undefined : base);
    return [it.protocol, it.hostname, it.port, it.pathname, it.href];
  } catch {
    return null;
  }
};
process.stdout.write(JSON.stringify(ask.map(read)));
"""
_DEFAULT_PORTS = {"http:": "80", "https:": "443"}


@dataclass(frozen=True)
class Reading:
    """An address as a browser parses it."""

    protocol: str
    hostname: str
    port: str
    pathname: str
    href: str

    @property
    def origin(self):
        """Scheme, host and port; addresses with schemes other than http and https never share an origin."""
        if self.protocol not in _DEFAULT_PORTS:
            return self.href
        return f"{self.protocol}//{self.hostname}:{self.port or _DEFAULT_PORTS[self.protocol]}"


def read_all(urls, base=None):
    """
    The Reading of each address on the page `base`, or None if it is not an address. `base` is one
    page for all, or a list with one for each.
    """
    bases = base if isinstance(base, list) else [base] * len(urls)
    pairs = json.dumps(list(zip(urls, bases, strict=True)))
    done = subprocess.run(
        [tools.node(), "-e", _PROGRAM], input=pairs, capture_output=True, text=True, check=True
    )
    found = [reading and Reading(*reading) for reading in json.loads(done.stdout)]
    assert len(found) == len(urls)
    return found

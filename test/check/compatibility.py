#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the table of compatible forms in src/http/lenient.c with unicodedata of the Python that runs this.

    compatibility.py <source root>    says what is missing and what is too much; exit code 1 when there is any
    compatibility.py --print          the table, to be put there when Unicode has grown
"""

import re
import sys
import unicodedata
from pathlib import Path

ODD = set("./\\;")
ENTRY = re.compile(r'\{0x([0-9a-f]+), "((?:[^"\\]|\\\\)+)"\}')


def wanted():
    """Characters beyond ASCII whose NFKC form holds what paths are taken apart at."""
    forms = {}
    for code in range(0x80, sys.maxunicode + 1):
        form = unicodedata.normalize("NFKC", chr(code))
        if ODD & set(form):
            forms[code] = form
    return forms


def found(root):
    text = (root / "src/http/lenient.c").read_text()
    return {int(code, 16): form.replace("\\\\", "\\") for code, form in ENTRY.findall(text)}


def main():
    forms = wanted()
    if sys.argv[1] == "--print":
        print(", ".join('{{{:#x}, "{}"}}'.format(code, form.replace("\\", "\\\\")) for code, form in forms.items()))
        return 0
    table = found(Path(sys.argv[1]))
    version = f"Unicode {unicodedata.unidata_version}"
    for code in sorted(forms.keys() | table.keys()):
        if forms.get(code) != table.get(code):
            print(f"U+{code:04X}: {table.get(code)!r} in the table, {forms.get(code)!r} in {version}")
    if list(table) != sorted(table):
        print("the table is not in order, which the search needs")
        return 1
    print(f"{len(table)} in the table, {len(forms)} in {version}")
    return 0 if forms == table else 1


if __name__ == "__main__":
    sys.exit(main())

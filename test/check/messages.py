#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails where doc/messages.md and the messages of the program differ.

    messages.py <source root>      one `file:line: message` a finding; exit code 1 when there is one
    messages.py --self-test        plants every kind of finding in a small tree and looks for it

A message is a string of the sources with at least two words. Every message must be on the page in a code span, with `…`
for what is filled in. Every code span in the first column of a table of the page must be a message of the program. A
message that is put together from several strings may be one span, or several.

Strings that nobody reads in a log, on a page of refusal or from `sallyport check` are left out: see NO_MESSAGES.
"""

import difflib
import re
import sys
import tempfile
from pathlib import Path

PAGE = "doc/messages.md"
TITLES = "include/sallyport/base/reason.h"

# Folders and files whose strings are no messages, and why.
NO_MESSAGES = {
    "src/base": "words that other rooms put into messages",
    "src/cli": "what commands print: help, and the explanation of a decision",
    "src/gate/kubeconfig_page.c": "a page",
    "src/gate/me.c": "a page",
    "src/io/metrics.c": "the text format of Prometheus",
    "src/kube/kubeconfig_text.c": "a file for kubectl",
}

# Strings of other files that are no messages either. Each alternative stands for a whole string.
NO_MESSAGE = re.compile(
    r"""[^a-z]*                                             # not even one small letter
    | HTTP/1\.1\ .* | .*;\ charset=utf-8 | attachment;\ .*  # parts of HTTP
    | (Basic|Bearer|Cookie)\ realm=.* | .*(-src|-uri|-action|-ancestors)\ '.*
    | .*(Path=/|Max-Age=|SameSite=|Domain=).* | GET,\ HEAD.*
    | ([A-Z][a-z]+\ )+[A-Z][a-z]+ | Multiple\ Choices       # status phrases
    | <.*> | <.* | .*</[a-z]+>.* | .*<(button|code)\b.* | target=.*   # HTML, and Markdown of the reference page
    | .*\{[\w-]+:\S.* | .*var\(--.*                         # a style sheet
    | \|.* | ,\ (one\ header\ line|separated\ by\ commas).*    # a row of that page
    | Go\ to\ the\ (clusters|start\ page) | Try\ again | Sign\ in\ (again|as\ a\ different\ user)   # buttons
    | openid\ .* | sallyport\ log_user | sallyport-revocations\ 1 | not-before\ %                     # values
    """,
    re.X | re.S,
)

STRING = r'"(?:\\.|[^"\\\n])*"'
TOKEN = re.compile(rf"{STRING}|'(?:\\.|[^'\\])+'|/\*.*?\*/|//[^\n]*", re.S)
JOINED = re.compile(rf"{STRING}(?:\s*(?:PRI\w+\s*)?{STRING})*")
CONVERSION = re.compile(r"%(?:[-+#0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j|t)?[diouxXeEfgGcspn])?")
SPAN = re.compile(r"(`+)(.+?)\1")


def plain(text):
    return " ".join(text.split())


def without_comments(source):
    """The source without comments, characters, includes and errors of the preprocessor; every line is where it was."""

    def kept(match):
        return match[0] if match[0][0] == '"' else re.sub(r"[^\n]", " ", match[0])

    return re.sub(r"^[ \t]*#[ \t]*(include|error).*", "", TOKEN.sub(kept, source), flags=re.M)


def without_assertions(source):
    """The source without its static assertions, whose strings only the compiler prints."""
    parts, end = [], 0
    for match in re.finditer(r"\b_?[sS]tatic_assert\(", source):
        parts.append(source[end : match.start()])
        end = source.index(");", match.end())
        parts.append("\n" * source.count("\n", match.start(), end))
    return "".join(parts) + source[end:]


def strings_of(source):
    """Line and text of every string, those beside each other as one."""
    source = without_assertions(without_comments(source))
    for match in JOINED.finditer(source):
        text = "".join(one[1:-1] for one in re.findall(STRING, match[0]))
        for escaped, shown in (('\\"', '"'), ("\\n", " "), ("\\\\", "\\")):
            text = text.replace(escaped, shown)
        yield source.count("\n", 0, match.start()) + 1, text


def pieces_of(text):
    """What a message always says: its text between what is filled in."""
    return [piece for piece in map(plain, CONVERSION.split(text)) if re.search(r"[A-Za-z]", piece)]


def is_message(text):
    words = [word for piece in pieces_of(text) for word in re.findall(r"[A-Za-z]{2,}", piece)]
    return len(words) >= 2 and " " in text.strip() and not NO_MESSAGE.fullmatch(text.strip())


def messages_of(root):
    for path in [*sorted((root / "src").rglob("*.c")), *root.glob(TITLES)]:
        name = str(path.relative_to(root))
        if not any(name == left or name.startswith(left + "/") for left in NO_MESSAGES):
            for line, text in strings_of(path.read_text()):
                if is_message(text):
                    yield name, line, text


def spans_of(text):
    return [plain(span).replace("\\|", "|") for _, span in SPAN.findall(text)]


def first_cells(page):
    for number, line in enumerate(page.split("\n"), 1):
        if line.startswith("| ") and not line.startswith("| message "):
            yield number, re.split(r"(?<!\\)\|", line)[1]


def nearest(text, spans):
    """The message of the page that was probably this one, for a change of a few words."""
    found = difflib.get_close_matches(plain(CONVERSION.sub("…", text)), spans, n=1)
    return "".join(f"\n    was it this? {span}" for span in found)


def findings(root):
    page = (root / PAGE).read_text()
    spans, messages = spans_of(page), list(messages_of(root))
    for name, line, text in messages:
        pattern = re.compile(".*?".join(map(re.escape, pieces_of(text))))
        if not any(pattern.search(span) for span in spans):
            yield f"{name}:{line}: not in {PAGE}: {plain(text)}{nearest(text, spans)}"
    said = "\n".join(piece for _, _, text in messages for piece in pieces_of(text))
    for number, cell in first_cells(page):
        for span in spans_of(cell):
            for piece in (piece for part in span.split("…") for piece in pieces_of(part)):
                if " " in piece and piece not in said:
                    yield f"{PAGE}:{number}: no message of the program: {piece}"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "src/io").mkdir(parents=True)
        (root / "doc").mkdir()
        (root / "src/io/a.c").write_text(
            '#include "not a message.h"\n'
            'static_assert(sizeof(int) == 4,\n              "an int has 4 bytes");\n'
            '/* "a comment is none" */ say("the disk of %s is " "full, %" PRIu64 " bytes");\n'
            'say("a file is missing");\n'
        )
        (root / PAGE).write_text("| message | cure |\n|---|---|\n| `the disk of … is full, … bytes`, `a field is missing` | |\n")
        assert list(findings(root)) == [
            f"src/io/a.c:5: not in {PAGE}: a file is missing\n    was it this? a field is missing",
            f"{PAGE}:3: no message of the program: a field is missing",
        ], list(findings(root))


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = list(findings(Path(sys.argv[1])))
    print("\n".join(found) or "messages: none is missing")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

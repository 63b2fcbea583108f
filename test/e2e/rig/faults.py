# SPDX-License-Identifier: Apache-2.0
"""
Every way in which one member of a JSON document, or the whole document, can be wrong.

A document is a dictionary whose order is kept. Faults work on bytes, because no JSON library would write most
of them.
"""

import json

HUGE = 300 * 1024  # bytes; more than any document may have
LONG = 70 * 1000  # bytes; allowed for a document, but too long for any member


def raw(value):
    return json.dumps(value, separators=(",", ":")).encode()


def _member(name, value):
    return raw(name) + b":" + value


def _text(bytes):
    return b'"' + bytes + b'"'


# What may stand where another value is expected. A reader may take some of them for "not given", or not
# look at the member at all: each document says which.
SHAPES = {
    "missing": lambda name, value: b"",
    "null": lambda name, value: _member(name, b"null"),
    "true": lambda name, value: _member(name, b"true"),
    "a number": lambda name, value: _member(name, b"7"),
    "a negative number": lambda name, value: _member(name, b"-1"),
    "a fraction": lambda name, value: _member(name, b"0.5"),
    "a number beyond all time": lambda name, value: _member(name, b"1e300"),
    "an empty text": lambda name, value: _member(name, b'""'),
    "a text": lambda name, value: _member(name, b'"x"'),
    "a long text": lambda name, value: _member(name, _text(b"A" * LONG)),
    "an empty list": lambda name, value: _member(name, b"[]"),
    "a list of it": lambda name, value: _member(name, b"[" + value + b"]"),
    "a list of null": lambda name, value: _member(name, b"[null]"),
    "an empty object": lambda name, value: _member(name, b"{}"),
    "an object of it": lambda name, value: _member(name, b'{"x":' + value + b"}"),
}

# JSON that is more than most programs hold: a value of another type where it is read, and nothing elsewhere.
# A member whose name nobody can write is not there.
UNHELD = {
    "deep": lambda name, value: _member(name, b"[" * 17 + b"]" * 17),
    "half a surrogate": lambda name, value: _member(name, _text(b"\\ud800")),
    "U+0000": lambda name, value: _member(name, _text(b"a\\u0000")),
    "an integer beyond 64 bits": lambda name, value: _member(name, b"99999999999999999999"),
    "a real beyond all": lambda name, value: _member(name, b"1e999"),
    "U+0000 in the name": lambda name, value: _text(name.encode() + b"\\u0000") + b":" + value,
}

# The faults that make the whole document unreadable, whichever member has them.
BREAKS = {
    "twice": lambda name, value: _member(name, value) + b"," + _member(name, value),
    "twice, once null": lambda name, value: _member(name, value) + b"," + _member(name, b"null"),
    "twice, once escaped": lambda name, value: (
        _member(name, value) + b"," + _text(b"\\u%04x" % ord(name[0]) + name[1:].encode()) + b":" + value
    ),
    "twice inside": lambda name, value: _member(name, b'{"x":1,"x":1}'),
    "huge": lambda name, value: _member(name, _text(b"A" * HUGE)),
    "deep without end": lambda name, value: _member(name, b"[" * 50000),
    "a byte that is no UTF-8": lambda name, value: _member(name, _text(b"a\xff")),
    "UTF-8 that is too long": lambda name, value: _member(name, _text(b"\xc0\xaf")),
    "a surrogate in UTF-8": lambda name, value: _member(name, _text(b"\xed\xa0\x80")),
    "NUL": lambda name, value: _member(name, _text(b"a\0")),
    "a line break": lambda name, value: _member(name, _text(b"a\nb")),
    "not a number": lambda name, value: _member(name, b"NaN"),
    "no value": lambda name, value: _member(name, b""),
    "no name": lambda name, value: value,
    "a text without end": lambda name, value: _member(name, b'"a'),
}

# The same for a document as a whole.
DOCUMENTS = {
    "nothing": lambda bytes: b"",
    "cut off": lambda bytes: bytes[:-1],
    "more after it": lambda bytes: bytes + b"{}",
    "NUL after it": lambda bytes: bytes + b"\0",
    "a list of it": lambda bytes: b"[" + bytes + b"]",
    "a text of it": lambda bytes: raw(bytes.decode()),
    "null": lambda bytes: b"null",
    "a page": lambda bytes: b"<!DOCTYPE html><title>x</title>",
    "a byte order mark": lambda bytes: b"\xef\xbb\xbf" + bytes,
    "UTF-16": lambda bytes: bytes.decode().encode("utf-16"),
    "UTF-16 without a mark": lambda bytes: bytes.decode().encode("utf-16-be"),
    "UTF-32": lambda bytes: bytes.decode().encode("utf-32"),
    "a comment": lambda bytes: bytes[:1] + b"/**/" + bytes[1:],
    "a comma at the end": lambda bytes: bytes[:-1] + b",}",
    "single quotation marks": lambda bytes: bytes.replace(b'"', b"'"),
    "white space without end": lambda bytes: bytes + b" " * HUGE,
}


def with_fault(document, name, fault):
    """The bytes of `document` with the fault in its member `name`."""
    parts = []
    for key, value in document.items():
        parts.append((fault if key == name else _member)(key, raw(value)))
    return b"{" + b",".join(part for part in parts if part) + b"}"

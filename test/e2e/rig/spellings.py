# SPDX-License-Identifier: Apache-2.0
"""Paths and hosts in spellings that programs interpret differently: generated, the same every time."""

import itertools
import random
from urllib.parse import unquote_to_bytes

_ODD_BYTES = tuple("/.\\;%?#:@&=+, \0\t\n\r\x0b\x1f\x7f") + ("é", "。", "／")
_SPELLINGS = (
    *(form.format(ord(byte)) for byte in "/.\\;%?# \0\t\n\r\x7f:@az~-_" for form in ("%{:02x}", "%{:02X}")),
    *(form.format(ord(byte)) for byte in "/.\\;%?#\0a" for form in ("%25{:02x}", "%25{:02X}")),
    *("%C0%AE", "%C0%AF", "%E0%80%AF", "%F0%80%80%AF", "%C3%A9", "..%2F", "%2F..%2F", "%5C..%5C"),
    *("%c0%ae", "%c0%af", "%e0%80%af", "%f0%80%80%af", "%uff0e", "%252e%252e", "%2e%2E", "%2e."),
    ".%2e",
    *("/..", "/../", "/.", "/./", "//", "/..;/", "\\..\\", "%2f..%2f", "%5c..%5c", "..%2f"),
    "%00.html",
    *("..;", ";x=y", "/..;x=y/"),
)
# Bytes in overlong UTF-8, which some decoders have accepted.
_OVERLONG = {
    b"\xc0\xae": b".",
    b"\xc0\xaf": b"/",
    b"\xe0\x80\xaf": b"/",
    b"\xf0\x80\x80\xaf": b"/",
}
# Each is below /secret for some program.
WAYS_TO_SECRET = (
    *("/x/..%2fsecret", "/..%2fsecret", "/x%2f..%2fsecret", "/%73ecret", "/x/%2e%2e/secret", "/secret/x"),
    *("/;/..%2fsecret", "/x/;/..%2f../secret", "/a%5cb/..%2fsecret", "/x/a%5Cb/..%2F..%2Fsecret"),
    *("//x/secret", "///x:80/secret/y", "//x/y/%2e%2e/secret", "//x/%73ecret"),
    *("//../secret", "/x//../../secret", "/%2f../secret", "/x/..;/../secret", "/a%2fb/../..%2fsecret"),
)
_PUBLIC = ("/open", "/public", "/public/x", "/public/x/y", "/docs/a/index")


def paths(seed, count):
    """Public paths in which one to three unusual sequences are inserted or substituted, and ways to leave them."""
    for path, odd in itertools.product(_PUBLIC, (*_ODD_BYTES, *_SPELLINGS)):
        for at in range(1, len(path) + 1):
            yield path[:at] + odd + path[at:]
        yield f"{path}{odd}/secret"
        yield f"{path}/{odd}/secret"
    chance = random.Random(seed)
    for _ in range(count):
        path = chance.choice((*_PUBLIC, "/secret", "/public/../secret", "/open/../secret"))
        for _ in range(chance.randint(1, 3)):
            at = chance.randint(1, len(path))
            path = path[:at] + chance.choice((*_ODD_BYTES, *_SPELLINGS)) + path[at + chance.randint(0, 1) :]
        yield path


def cleaned(path):
    """The path without empty and dot segments and without parameters, as a file server would read it."""
    kept = []
    for segment in path.replace(b"\\", b"/").split(b"/"):
        segment = segment.partition(b";")[0]
        if segment == b"..":
            kept = kept[:-1]
        elif segment not in (b"", b"."):
            kept.append(segment)
    return b"/" + b"/".join(kept)


def readings(path, normalised):
    """How programs may read the path of an address, each decoded."""
    raw = path.encode("latin-1", "replace")
    once = unquote_to_bytes(raw)
    yield from (once, unquote_to_bytes(once), unquote_to_bytes(unquote_to_bytes(once)))
    yield unquote_to_bytes(normalised)
    yield from (cleaned(once), cleaned(unquote_to_bytes(once)), unquote_to_bytes(cleaned(raw)))
    # If an encoded slash is not a separator, the segments differ.
    yield b"/".join(unquote_to_bytes(segment).replace(b"/", b"%2F") for segment in raw.split(b"/"))
    yield from (once.replace(overlong, byte) for overlong, byte in _OVERLONG.items())
    for end in (b"\0", b"?", b"#", b";", b"\r", b"\n"):
        yield once.partition(end)[0]


_HOSTS = (
    *("open.test", "OPEN.test", "Open.Test", "open.test.", "open.test:443", "open.test.:443"),
    "open.test:0443",
    *("open.test..", ".open.test", "open..test", "open.test:", "open.test:80", "open.test:65536"),
    "open.test:0",
    *("evil-open.test", "open.test.evil.test", "evilopen.test", "x.open.test", "open.testx"),
    "open.tes",
    *("a@open.test", "open.test@evil.test", "evil.test@open.test", "u:p@open.test", "@open.test"),
    "open.test@",
    *("open.test/", "open.test/x", "open.test?", "open.test#", "open.test\\evil.test"),
    "evil.test\\open.test",
    *("open.test,evil.test", "open.test;evil.test", "open.test evil.test", " open.test"),
    "open.test ",
    *("open%2etest", "%6fpen.test", "open.test%00", "open.test%2eevil.test", "open.test%20"),
    "op%65n.test",
    *("xn--open-.test", "xn--bcher-kva.test", "XN--BCHER-KVA.test", "op_en.test", "-open.test"),
    "open-.test",
    *("127.0.0.1", "127.0.0.01", "127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "127.0.0.1."),
    "127.0.0.256",
    *("127.0.0.1:443", "0x7f000001", "1.2.3", "1.2.3.4.5", "127.0.0.0x1", "127.0.0.1x", "open.127"),
    "open.0x1",
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[::1]:443", "[::1%25lo]", "[::1", "::1", "[::]"),
    *("[::ffff:127.0.0.1]", "[::1].", "[::1]x", "[::FFFF:7F00:1]", "[1]", "[]", "", "*", "*.test"),
    *("localhost", "a" * 64 + ".test"),
    *("ｏpen.test", "open。test", "o\u00adpen.test", "ſopen.test", "OPEN.TE\u017fT"),
    "open.test\u200b",
    *("open.test\t", "\topen.test", "open\t.test", "open.test:443:443", "open.test:+443"),
    "open.test:４43",
)


def hosts(seed, count):
    yield from _HOSTS
    chance = random.Random(seed)
    odd = (*".:@/\\?#%,; \t[]-_*", "%2e", "%00", ":443", "open.test", "evil.test", "X", "xn--", "0x", "。")
    for _ in range(count):
        text = chance.choice(_HOSTS)
        for _ in range(chance.randint(1, 2)):
            at = chance.randint(0, len(text))
            text = text[:at] + chance.choice(odd) + text[at + chance.randint(0, 1) :]
        yield text

# SPDX-License-Identifier: Apache-2.0
"""
Return addresses that have sent users elsewhere, or look as if they could.

A family is a name, templates, and the values of their words; it consists of every combination, but at most 25, so
that none dominates: a larger one is thinned evenly. `mutations()` changes them further, randomly but the
same every time.
"""

import itertools
import random
import re

GOOD = "app.test"
LISTED = "wiki.example.test"
FAMILY_MAX = 25

_WORDS = {
    "EVIL": ("evil.test", "evil.test:443", "127.0.0.1", "[::1]", "xn--evl-zma.test", "3232235777"),
    "GOOD": (GOOD,),
    "LISTED": (LISTED,),
    "TAIL": ("", "/", "/x", "?x", "#x", "/%2e%2e/"),
    "SCHEME": ("https", "http", "HTTPS", "hTtP"),
    "OTHER": ("javascript", "data", "vbscript", "file", "ftp", "ws", "wss", "blob", "view-source", "about"),
    "SLASHES": ("//", "///", "////", "/\\", "\\/", "\\\\", "/\\/", "\\\\\\"),
    "WHITE": ("\t", "\n", "\r", "\r\n", " ", "\0", "\x0b", "\x0c", "\x1f", "\x7f"),
    "WIDE": ("\u00a0", "\u2028", "\u3000", "\ufeff", "\u200b", "\u00ad", "\u2060"),
    "DOT": ("\u3002", "\uff0e", "\uff61", "%2e", "%E3%80%82"),
    "SLASH": ("%2f", "%2F", "%5c", "%252f", "\uff0f", "\u2044", "\u2215", "\u29f8", "%u2215", "&#47;"),
    "AT": ("@", "%40", ":@", ":x@", "\\@", "/@", "?@", "#@", "\uff20"),
    "CUT": ("\\", "/", "?", "#", ";", "%00", "%23", "%3f", "&", ","),
    "DOTS": ("/.", "/..", "/./..", "/%2e", "/%2e%2e", "/.%2e", "/a/..", "/a/%2e%2e", "/..;", "/.;"),
    "CONTROL": tuple(chr(code) for code in range(1, 32)),
    "PORT": (":1", ":80", ":443", ":8443", ":0", ":", ":65536", ":0443", ":x", ":-1", ":44３"),
    "PATH": ("/", "/x", "/x?y", "/x?y=//evil.test", "/?", "/%20", "/x/../y", "/x;y"),
}

_TEMPLATES = {
    "another host": ("https://EVILTAIL", "http://EVILTAIL"),
    "another scheme": ("OTHER://EVIL/", "OTHER:alert(1)", "OTHER://GOOD/"),
    "relative to the scheme": ("SLASHESEVILTAIL",),
    "many slashes": ("/SLASHESEVIL", "SLASHES/EVIL/", "SLASHESSLASHESEVIL"),
    "white space before": ("WHITE//EVIL", "WHITEhttps://EVIL/", "WHITE/\\EVIL"),
    "white space between slashes": ("/WHITE/EVIL", "/WHITE/EVIL/x"),
    "white space after a slash": ("/WHITE\\EVIL", "//WHITEEVIL", "/WHITEWHITE/EVIL"),
    "white space in the scheme": ("httWHITEps://EVIL/", "https:WHITE//EVIL/", "java\tscript:alert(1)"),
    "white space behind": ("https://GOODWHITE.EVIL/", "https://GOOD/WHITE", "//EVILWHITE"),
    "controls between slashes": ("/CONTROL/evil.test",),
    "controls before": ("CONTROL//evil.test",),
    "controls inside the host": ("https://app.testCONTROL.evil.test/",),
    "wide white space": ("/WIDE/EVIL", "WIDE//EVIL", "https://GOODWIDE.EVIL/", "https://WIDEEVIL"),
    "backslash for a slash": ("https:\\\\EVIL", "https:/\\EVIL", "https://GOOD\\EVIL", "https:\\EVIL"),
    "no slash behind the scheme": ("SCHEME:EVIL", "SCHEME:/EVIL", "SCHEME:///EVIL", "SCHEME:////EVIL/"),
    "scheme without a colon": ("SCHEME//EVIL", "SCHEME%3a//EVIL", "SCHEME\uff1a//EVIL"),
    "user information": ("https://GOODATEVIL/", "//GOODATEVIL", "https://x:GOODATEVIL/"),
    "user information before the good host": ("https://EVILATGOOD/", "https://EVIL%2fATGOOD/"),
    "a cut before the good host": ("https://EVILCUTGOOD/", "https://EVILCUT@GOOD/"),
    "a cut behind the good host": ("https://GOODCUTEVIL/", "https://GOODCUT@EVIL/"),
    "a longer name": ("https://GOOD.EVIL/", "https://GOOD-EVIL/", "https://GOODEVIL/", "https://GOOD..EVIL"),
    "a name that ends well": ("https://evilGOOD/", "https://x-GOOD/", "https://x.GOOD/", "https://.GOOD/"),
    "ends as a listed one does": ("https://evilLISTED/", "https://a.LISTED/", "https://evil-example.test/"),
    "behind a listed one": ("https://LISTED.EVIL/", "https://LISTEDATEVIL/", "https://LISTEDCUTEVIL/"),
    "another port": ("https://GOODPORT/", "https://GOODPORT", "//GOODPORT/"),
    "a port of the other": ("https://EVILPORT/x", "https://GOOD:443@EVILPORT/"),
    "the good host by http": ("http://GOODTAIL", "http://GOOD:443TAIL", "HTTP://GOODTAIL", "http:GOOD"),
    "encoded slashes": ("/SLASHEVIL", "SLASHSLASHEVIL", "/SLASHSLASHEVIL"),
    "encoded slashes behind the host": ("https://GOODSLASHEVIL/", "https:SLASHSLASHEVIL"),
    "encoded white space": ("/%09/EVIL", "/%0a/EVIL", "%0d%0a//EVIL", "/%20/EVIL", "/%00/EVIL"),
    "header lines": ("/x\r\nLocation: https://EVIL/", "/x\nSet-Cookie: a=b", "/x%0d%0aLocation:%20//EVIL"),
    "other dots": ("https://evilDOTtest/", "//evilDOTtest", "https://GOODDOTevil.test/"),
    "dots that make slashes": ("DOTS//EVIL", "DOTS/\\EVIL", "DOTS/EVIL"),
    "dots of our own host": ("https://GOODDOTS//EVIL", "https://GOODDOTS/\\EVIL"),
    "a trailing dot": ("https://GOOD./", "https://GOOD../", "https://EVIL./", "https://./", "//./EVIL"),
    "in capitals": ("https://APP.TEST/", "HTTPS://App.Test/x", "https://EVIL.TEST/", "//EVIL.TEST"),
    "numbers": ("https://2130706433/", "//0x7f.1/", "//0177.0.0.1", "https://127.1/", "//[::ffff:7f00:1]/"),
    "no host": ("https://", "https:///", "https://?GOOD", "https://#GOOD", "https://:443/", "//", "///"),
    "brackets": ("https://[GOOD]/", "https://[::1]EVIL/", "https://[EVIL", "//[::1%25GOOD]/", "https://]/"),
    "other letters": ("https://\u24d4vil.test/", "https://\u0430pp.test/", "https://app.te\u017ft/"),
    "broken escapes": ("/%", "/%zz//EVIL", "/%2", "https://GOOD%/", "https://%65vil.test/", "/%u002f/EVIL"),
    "not a path": ("", "x", "EVIL", "GOOD", "?x", "#x", ".", "..//EVIL", "./EVIL", "@EVIL", ":443", "*"),
    "in the query": ("/?next=https://EVIL", "/x?//EVIL", "/?@EVIL", "/x?\\\\EVIL", "https://GOOD?EVIL"),
    "in the fragment": ("/#//EVIL", "/x#@EVIL", "https://GOOD#@EVIL/", "https://GOOD/#https://EVIL"),
    "paths of our own": ("PATH", "https://GOODPATH", "https://LISTEDPATH", "HTTPS://GOODPATH"),
    "paths that look like hosts": ("/EVIL", "/@EVIL", "/:EVIL", "/;//EVIL", "/x//EVIL", "/https://EVIL"),
    "own pages": ("/_sallyport/login?rd=//EVIL", "/_sallyport/logout", "https://GOOD/_sallyport/callback"),
    "templates and markup": ("//${EVIL}", "/{EVIL}", "/<//EVIL>", "/'//EVIL", '/"//EVIL', "/^EVIL"),
}
_WORD = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))


def _expanded(template):
    parts = _WORD.split(template)
    choices = [_WORDS[word] for word in _WORD.findall(template)]
    for chosen in itertools.product(*choices):
        yield "".join(itertools.chain(*itertools.zip_longest(parts, chosen, fillvalue="")))


def _family(templates):
    full = list(dict.fromkeys(line for template in templates for line in _expanded(template)))
    step = max(1, len(full) / FAMILY_MAX)
    return tuple(full[int(index * step)] for index in range(min(FAMILY_MAX, len(full))))


FAMILIES = {name: _family(templates) for name, templates in _TEMPLATES.items()}
ALL = tuple(itertools.chain(*FAMILIES.values()))
_CHANGES = ("/", "\\", "//", "@", ":", ".", "\t", "\n", "#", "?", "%", "%2f", "%5c", ";", "\0", " ", "\u3002")


def mutations(seed, count):
    """`count` addresses, each made from one of those by one to three changes."""
    chance = random.Random(seed)
    for _ in range(count):
        text = chance.choice(ALL)
        for _ in range(chance.randint(1, 3)):
            at = chance.randint(0, len(text))
            text = text[:at] + chance.choice(_CHANGES) + text[at + chance.randint(0, 1) :]
        yield text

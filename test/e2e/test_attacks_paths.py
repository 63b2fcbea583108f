# SPDX-License-Identifier: Apache-2.0
"""Attacks with unusual spellings of a path, against rules that deny; doc/security.md has the table of all."""

import itertools
import posixpath
from urllib.parse import quote

import pytest
from rig.raw import Asker
from rig.readers import Readers

# What programs remove from a path, truncate it at, or read as another character.
_CONTROLS = tuple(f"%{byte:02X}" for byte in (*range(0x20), 0x7F)) + ("%C2%85", "%0d%0a")
_WINDOWS = (".", "...", "%20", "%2E", ".%20.", ":x", "::$DATA", "%3Ax", ".:x")
_FORMS = tuple(quote(character) for character in "․‥…．／；＼;﹒﹔︰℀⒈")
_ILL_FORMED = (
    *("%FF", "%80", "%C0", "%E2%82", "%ED%A0%80", "%C1%1C", "%C0n", "%F8%88%80%80%80"),
    *("%C0%AE", "%C0%AF", "%E0%80%AF", "%F0%80%80%AF", "%F8%80%80%80%AF", "%FC%80%80%80%80%AE"),
)
_OTHERS = (";", ";x=y", "%3B", "%3Fx", "%23", "%2F", "%5C", "/", "/.", "%2F..%2F", "x")
_ODD = (*_CONTROLS, *_WINDOWS, *_FORMS, *_ILL_FORMED, *_OTHERS)
_CLOSED = ("/ad{}min", "/{}admin", "/admin{}", "/admin{}/x", "/x/..{}/admin", "/%61dmin{}", "/admin{}{}")
_CLOSED += ("/{}/h/admin", "/{}h/admin")  # the part after two slashes may be read as a host
_LEFT = ("/public/..{}/admin", "/public/{}../admin", "/public/.{}./admin", "/public/{}/admin", "/public{}/x")
_LEFT += ("/public/{}{}/admin", "/public/..{}", "/public/x{}")


def spelt(forms):
    """Each form with each unusual sequence, encoded once or twice."""
    encoded = (*_ODD, *(odd.replace("%", "%25") for odd in _ODD if "%" in odd))
    return [form.format(*(odd,) * 2) for form, odd in itertools.product(forms, encoded)]


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    with Readers(tmp_path_factory.mktemp("readers")) as readers:
        yield readers


def statuses(sallyport, paths):
    with Asker(sallyport.listen) as asker:
        return {path: asker.ask(path).status for path in paths}


def is_below(top, reading):
    """Whether a program that has followed the dots serves something below `top` for this path."""
    return (posixpath.normpath(reading) + "/").startswith(top + "/")


def test_ac_83_a_closed_path_is_closed_with_and_without_a_slash_at_its_end(make_sallyport):
    rules = [
        {"action": "deny", "path": ["/admin", "/secret/"]},
        {"action": "deny", "path_glob": ["/*/edit", "/*/drafts/"]},
        {"action": "public", "path": ["/open", "/open/x/"]},
    ]
    sallyport = make_sallyport({"policies": {"default": [*rules, {"action": "allow"}]}})
    closed = ("/admin", "/admin/", "/secret", "/secret/", "/x/edit", "/x/edit/", "/x/drafts", "/x/drafts/")
    closed += ("/%61dmin/", "/admin%2F", "/admin//", "/admin/.")
    assert statuses(sallyport, closed) == dict.fromkeys(closed, 403)
    opened = {"/open": 200, "/open/": 401, "/open/x": 401, "/open/x/": 200, "/adminx/": 401, "/admin/x": 401}
    assert statuses(sallyport, opened) == opened


def test_ac_89_no_program_serves_what_is_closed_for_a_path_that_was_let_through(make_sallyport, readers):
    rules = [{"action": "deny", "path_prefix": "/admin"}, {"action": "public"}]
    sallyport = make_sallyport({"policies": {"default": rules}})
    paths = spelt(_CLOSED)
    found = statuses(sallyport, paths)
    missed = dict.fromkeys(("node", "go", "python", "nginx"), 0)
    for path, status in found.items():
        assert status in (200, 400, 403), path
        for program, reading in readers.read(path):
            assert status != 200 or not is_below("/admin", reading), (path, program, reading)
            missed[program.partition(",")[0]] += is_below("/admin", reading) and "/admin" not in path
    # Each of them would have served it if a rule had compared the path as sent.
    assert all(missed.values()), missed
    opened = ("/wiki/Inc.", "/a:b", "/x%20", "/wiki/So%E2%80%A6", "/caf%E9", "/wiki/Z%C3%BCrich", "/admins.")
    assert statuses(sallyport, opened) == dict.fromkeys(opened, 200)


def test_ac_89_no_program_serves_another_page_for_a_path_that_was_public(make_sallyport, readers):
    rules = [{"action": "public", "path_prefix": "/public"}, {"action": "allow"}]
    sallyport = make_sallyport({"policies": {"default": rules}})
    left = 0
    for path, status in statuses(sallyport, spelt(_LEFT)).items():
        assert status in (200, 400, 401), path
        for program, reading in readers.read(path):
            is_outside = bool(reading) and not is_below("/public", reading)
            assert status != 200 or not is_outside, (path, program, reading)
            left += is_outside
    assert left > 100
    opened = {"/public/x": 200, "/public/Z%C3%BCrich": 200, "/public/Inc.": 401, "/public/a:b": 401}
    assert statuses(sallyport, opened) == opened

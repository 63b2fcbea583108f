# SPDX-License-Identifier: Apache-2.0
"""Attacks by how a path is spelt, against rules that close; doc/security.md has the table of all."""

from rig.raw import Asker


def statuses(sallyport, paths):
    with Asker(sallyport.listen) as asker:
        return {path: asker.ask(path).status for path in paths}


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

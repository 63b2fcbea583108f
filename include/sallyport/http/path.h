/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_PATH_H
#define SP_HTTP_PATH_H

/*
 * Paths that two programs interpret differently. Proxies and applications disagree on encoded slashes, dot
 * segments, double encoding, `;` and more. An access rule that saw one reading while the application served
 * another has been the most frequent bypass of programs like this one. So a path is never silently
 * normalized. Either it is canonical, and all readings agree, or it carries marks that say why it is not.
 * Rules that grant access do not match a marked path (policy/path_pattern.h describes when they still may).
 *
 * A dot segment is anything that may climb to the parent: `..` with its dots plain or as %2e; the same before
 * `;`, `:` or a control; with spaces, line ends or invalid UTF-8 inside; or with dots from other alphabets.
 * Well-formed UTF-8 that is none of this, with upper-case escapes, is canonical: `/wiki/Z%C3%BCrich`.
 * `/wiki/Inc.` is not.
 */

#include "base/buf.h"
#include "base/str.h"

#include <stdint.h>

enum sp_path_mark {
    SP_PATH_ENCODED_SLASH = 1 << 0,      /* %2f */
    SP_PATH_BACKSLASH = 1 << 1,          /* `\` or %5c */
    SP_PATH_DOT_SEGMENT = 1 << 2,        /* `.` or `..` in any reading */
    SP_PATH_NUL = 1 << 3,                /* %00 */
    SP_PATH_DOUBLE_ENCODING = 1 << 4,    /* %25 */
    SP_PATH_EMPTY_SEGMENT = 1 << 5,      /* `//` */
    SP_PATH_SEMICOLON = 1 << 6,          /* `;` or %3b */
    SP_PATH_ENCODED_UNRESERVED = 1 << 7, /* %61 and the like: another spelling (RFC 3986, 6.2.2.2) */
    SP_PATH_ENCODED_DELIMITER = 1 << 8,  /* %3f, %23: start a query or fragment if decoded first */
    SP_PATH_ENCODED_CONTROL = 1 << 9,    /* %01–%1f, %7f, U+0080–U+009F */
    SP_PATH_RAW_BYTE = 1 << 10,          /* a byte that a URL does not allow unencoded */
    SP_PATH_BAD_ESCAPE = 1 << 11,        /* `%` without two hexadecimal digits */
    SP_PATH_LOWER_HEX = 1 << 12,         /* %c3 where the canonical form is %C3 */
    SP_PATH_OVERLONG = 1 << 13,          /* %C0%AE and the like, which some decoders read as a dot */
    SP_PATH_ILL_FORMED = 1 << 14,        /* invalid UTF-8, overlong or otherwise */
    SP_PATH_COMPATIBILITY = 1 << 15,     /* a character whose NFKC form has . / ; or a backslash */
    SP_PATH_TRAILING_DOT = 1 << 16,      /* a dot or a space at the end of a segment, which Windows removes */
    SP_PATH_STREAM = 1 << 17,            /* `:` or %3a: an alternate data stream on Windows */
};

/* All marks of a path that begins with `/` (or of a part of one). 0 means canonical. */
uint32_t sp_path_marks(struct sp_str path);

/* Appends the path percent-decoded once. Broken escapes stay as they are. `out` may contain any byte
 * afterwards. */
void sp_path_decode(struct sp_str path, struct sp_buf *out);

/*
 * Appends a decoded path as a lenient application may read it: `\` becomes `/`, parameters (`;…`) are dropped
 * from each segment, empty segments and `.` are dropped, and `..` climbs, but never past the root (RFC 3986,
 * section 5.2.4). The result begins with `/`, and ends with one if the last segment was dropped. Nothing is
 * decoded here: escapes that are left are ordinary characters.
 */
void sp_path_clean(struct sp_str path, struct sp_buf *out);

/*
 * True if decoding `tail` once or twice yields no dot segment, backslash, control, NUL or overlong UTF-8 in
 * any reading. The unusual bytes then concern only the application that owns all paths below this point. The
 * tail is assumed to begin a segment.
 */
bool sp_path_tail_is_harmless(struct sp_str tail);

/*
 * True if all unusual bytes of a path lie at or after `tail`, in the part that the final wildcard of a
 * pattern covers, and that part is harmless. Access to such a path may be granted to authorized users.
 */
bool sp_path_odd_bytes_are_covered(struct sp_str path, size_t tail);

/*
 * True if `path` is `prefix` or continues with `/` after it. `prefix` has no trailing slash; `/` matches
 * every path, and the empty prefix matches none.
 */
bool sp_path_has_prefix(struct sp_str path, struct sp_str prefix);

/* Returns `path` without its trailing slash; `/` stays as it is. */
struct sp_str sp_path_drop_final_slash(struct sp_str path);

#endif

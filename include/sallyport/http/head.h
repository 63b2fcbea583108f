/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_HEAD_H
#define SP_HTTP_HEAD_H

/*
 * The strict request: the head of an HTTP/1 request read once more from its raw bytes, by one parser that
 * refuses whatever two programs could read differently. The HTTP library beneath is lenient where it must
 * not be for this job (RFC 9112, sections 3.2, 5.2 and 6.3: of two Host lines the last wins, of two
 * Content-Length the first, folded lines hide a header), so nothing of what it understood is used.
 *
 * Accepted is exactly: `METHOD SP origin-form SP HTTP/1.0|1.1 CRLF`, field lines `name ":" OWS value OWS
 * CRLF` and an empty line. Refused: a bare LF or CR, folded lines, a space before the colon, an empty name,
 * control bytes, a missing or second Host, any Transfer-Encoding, a second or odd Content-Length, another
 * form of target, another version.
 *
 * Pure; the views point into the bytes given.
 */

#include "base/reason.h"
#include "base/str.h"

#include <stdint.h>

#define SP_HEAD_MAX    65536 /* bytes of a whole head, with the empty line */
#define SP_HEADERS_MAX 96    /* field lines */
#define SP_TARGET_MAX  16384 /* bytes of a request target, also of a forwarded one */
#define SP_METHOD_MAX  32    /* bytes */

struct sp_header {
    struct sp_str name;  /* as sent; compare without regard to case */
    struct sp_str value; /* without white space at the ends */
};

struct sp_head {
    struct sp_str method;    /* upper-case letters, `-` and `_`; never empty */
    struct sp_str target;    /* origin-form: begins with `/` */
    struct sp_str host;      /* value of the one Host line, not yet parsed; may be empty */
    uint64_t content_length; /* 0 without a Content-Length line */
    bool is_chunked;         /* refused for a body in chunks and for nothing else; filled in any case */
    bool names_plain;        /* every name holds letters, digits and `-` only: no line can be an alias */
    size_t headers_n;
    struct sp_header headers[SP_HEADERS_MAX];
    struct sp_fault fault; /* only when refused: the line at fault, where it has a name */
};

/*
 * Parses the head that `bytes` begins with; what follows the empty line is not looked at.
 *
 *   SP_REASON_NONE               `out` is filled
 *   SP_REASON_DUPLICATE_HEADER   two Host or Content-Length lines
 *   SP_REASON_MISSING_HEADER     no Host line
 *   SP_REASON_MALFORMED_REQUEST  anything else
 *
 * Of a head that is refused only `fault` and `is_chunked` are defined.
 */
enum sp_reason sp_head_parse(struct sp_str bytes, struct sp_head *out) __attribute__((warn_unused_result));

/*
 * True when a line's name is `lower_name`. Of names of one length the ends differ soonest (`x-forwarded-uri`,
 * `x-forwarded-for`), so those are compared first.
 */
static inline bool sp_head_is_named(struct sp_str name, struct sp_str lower_name)
{
    size_t len = name.len;
    return len == lower_name.len &&
           (len == 0 || (sp_ascii_lower(name.ptr[len - 1]) == lower_name.ptr[len - 1] &&
                         sp_str_equal_ci(name, lower_name)));
}

/*
 * True when the bytes hold a whole head in the eyes of a lenient parser, which takes a bare LF for the end of a line:
 * an empty line stands in them. `*searched` says how many bytes hold none; begin with 0, and give it again with the
 * same bytes and more behind them.
 */
bool sp_head_has_end(struct sp_str bytes, size_t *searched);

/* True for what may stand as a method: letters A–Z, `-` and `_`, at most SP_METHOD_MAX. */
bool sp_head_is_method(struct sp_str text);

/*
 * How many lines have this name (given in lower case); `value`, which may be null, gets that of the first, or
 * the empty view.
 */
size_t sp_head_find(const struct sp_head *head, struct sp_str lower_name, struct sp_str *value);

/* The value if there is exactly one such line, else the empty view: for headers that merely hint. */
struct sp_str sp_head_single(const struct sp_head *head, struct sp_str lower_name);

/*
 * Walks all lines of this name: start with `*line` 0; true with each value in turn, false at the end.
 */
bool sp_head_next(const struct sp_head *head, struct sp_str lower_name, size_t *line, struct sp_str *value);

/* True when some line's name begins with `lower_prefix`, without regard to case. */
bool sp_head_has_prefix(const struct sp_head *head, struct sp_str lower_prefix);

/*
 * True when the name is `lower_name`, or becomes it where a program folds other characters into `-`
 * (`X_Forwarded_User`, `X.Forwarded.User`), as CGI and WSGI do. `lower_name` holds lower-case letters, digits
 * and `-` only.
 */
bool sp_head_folds_into(struct sp_str name, struct sp_str lower_name);

/*
 * The first field line whose name is not one of `lower_names` but folds into one: the forged line would
 * replace the real one, or join it. NULL when there is none.
 */
const struct sp_header *sp_head_find_alias(const struct sp_head *head, const struct sp_str *lower_names,
                                           size_t names_n);

#endif

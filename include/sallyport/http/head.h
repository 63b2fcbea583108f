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
 * Each line gets the id of its name (http/header_name.h), so that nobody who looks for a line walks the head
 * or compares names: how many there are and where the last is stand in the head.
 *
 * Pure; the views point into the bytes given.
 */

#include "base/reason.h"
#include "http/header_name.h"

#include <stdint.h>

#define SP_HEAD_MAX    65536 /* bytes of a whole head, with the empty line */
#define SP_HEADERS_MAX 96    /* field lines */
#define SP_TARGET_MAX  49152 /* bytes of a request target, also of a forwarded one */
#define SP_METHOD_MAX  32    /* bytes */

struct sp_header {
    struct sp_str name;  /* as sent */
    struct sp_str value; /* without white space at the ends */
    enum sp_header_id id;
};

struct sp_head {
    struct sp_str method; /* upper-case letters, `-` and `_`; never empty */
    struct sp_str target; /* origin-form: begins with `/` */
    struct sp_str host;   /* value of the one Host line, not yet parsed; may be empty */
    bool is_http_1_0;
    uint64_t content_length; /* 0 without a Content-Length line */
    bool is_chunked;         /* refused for a body in chunks and for nothing else; filled in any case */
    bool names_plain;        /* every name holds letters, digits and `-` only: no line can be an alias */
    size_t headers_n;
    struct sp_header headers[SP_HEADERS_MAX];
    uint8_t lines_n[SP_HEADER_ID_COUNT]; /* of each name of the table; see sp_head_count */
    uint8_t last[SP_HEADER_ID_COUNT];    /* the last such line, where there is one */
    struct sp_fault fault;               /* only when refused: the line at fault, where it has a name */
};

/*
 * Parses the head that `bytes` begins with; what follows the empty line is not looked at, nor what follows
 * SP_HEAD_MAX.
 *
 *   SP_REASON_NONE               `out` is filled
 *   SP_REASON_DUPLICATE_HEADER   two Host or Content-Length lines
 *   SP_REASON_MISSING_HEADER     no Host line, and nothing else is wrong: `out` is filled
 *   SP_REASON_MALFORMED_URI      the target, or X-Forwarded-Uri in a head that is too long, is longer than
 *                                SP_TARGET_MAX
 *   SP_REASON_MALFORMED_REQUEST  anything else
 *
 * Of any other head that is refused only `fault` and `is_chunked` are defined.
 */
enum sp_reason sp_head_parse(struct sp_str bytes, struct sp_head *out) __attribute__((warn_unused_result));

/*
 * True when the bytes hold a whole head in the eyes of a lenient parser, which takes a bare LF for the end of
 * a line: an empty line stands in them. `*searched` says how many bytes hold none; begin with 0, and give it
 * again with the same bytes and more behind them.
 */
bool sp_head_has_end(struct sp_str bytes, size_t *searched);

/* True for what may stand as a method: letters A–Z, `-` and `_`, at most SP_METHOD_MAX. */
bool sp_head_is_method(struct sp_str text);

/* How many lines have this name, which is one of the table. */
static inline size_t sp_head_count(const struct sp_head *head, enum sp_header_id id)
{
    return head->lines_n[id];
}

/* The value of the last such line; the empty view when there is none. */
static inline struct sp_str sp_head_last(const struct sp_head *head, enum sp_header_id id)
{
    return head->lines_n[id] > 0 ? head->headers[head->last[id]].value : SP_STR_NONE;
}

/* The value if there is exactly one such line, else the empty view: a second line makes it nobody's word. */
static inline struct sp_str sp_head_single(const struct sp_head *head, enum sp_header_id id)
{
    return head->lines_n[id] == 1 ? head->headers[head->last[id]].value : SP_STR_NONE;
}

/* Walks all such lines: start with `*line` 0; true with each value in turn, false at the end. */
bool sp_head_next(const struct sp_head *head, enum sp_header_id id, size_t *line, struct sp_str *value);

/* The first name in the request that has one of `roles`, itself or by an alias; SP_HEADER_OTHER: none has. */
enum sp_header_id sp_head_find_role(const struct sp_head *head, unsigned roles);

#endif

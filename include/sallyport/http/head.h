/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_HEAD_H
#define SP_HTTP_HEAD_H

/*
 * The strict request parser. It reads the head of an HTTP/1 request again from its raw bytes and refuses
 * everything that two programs could interpret differently. The underlying HTTP library is too lenient for
 * this (RFC 9112, sections 3.2, 5.2 and 6.3): the last of two Host lines wins, the first of two
 * Content-Length lines wins, and folded lines hide a header. So nothing that the library parsed is used.
 *
 * It accepts exactly `METHOD SP origin-form SP HTTP/1.0|1.1 CRLF`, field lines `name ":" OWS value OWS CRLF`,
 * and an empty line. It refuses a bare LF or CR, folded lines, a space before the colon, an empty name,
 * control bytes, a missing or second Host, any Transfer-Encoding, a second or unusual Content-Length, any
 * other form of target, and any other version.
 *
 * Each line gets the id of its name (http/header_name.h), so that looking up a line neither walks the head
 * nor compares names. The head stores the number of lines and the index of the last line for each id.
 *
 * Pure. The views point into the given bytes.
 */

#include "base/reason.h"
#include "http/header_name.h"

#include <stdint.h>

#define SP_HEAD_MAX    65536 /* bytes of a complete head, with the empty line */
#define SP_HEADERS_MAX 96    /* field lines */
#define SP_TARGET_MAX  49152 /* bytes of a request target, including a forwarded one */
#define SP_METHOD_MAX  32    /* bytes */

struct sp_header {
    struct sp_str name;  /* as sent */
    struct sp_str value; /* without surrounding white space */
    enum sp_header_id id;
};

struct sp_head {
    struct sp_str method; /* upper-case letters, `-` and `_`; never empty */
    struct sp_str target; /* origin-form: begins with `/` */
    struct sp_str host;   /* value of the only Host line, not yet parsed; may be empty */
    bool is_http_1_0;
    uint64_t content_length; /* 0 without a Content-Length line */
    bool is_chunked;         /* the head is refused only because its body is chunked; set in every case */
    bool names_plain;        /* every name consists of letters, digits and `-`: no line can be an alias */
    size_t headers_n;
    struct sp_header headers[SP_HEADERS_MAX];
    uint8_t lines_n[SP_HEADER_ID_COUNT]; /* number of lines for each name of the table; see sp_head_count */
    uint8_t last[SP_HEADER_ID_COUNT];    /* index of the last such line, if there is one */
    struct sp_fault fault;               /* only if refused: what is at fault; empty if it has no name */
};

/*
 * Parses the head at the start of `bytes`. It ignores what follows the empty line, and what follows
 * SP_HEAD_MAX.
 *
 *   SP_REASON_NONE               `out` is filled
 *   SP_REASON_DUPLICATE_HEADER   two Host or Content-Length lines
 *   SP_REASON_MISSING_HEADER     no Host line, and nothing else is wrong: `out` is filled
 *   SP_REASON_MALFORMED_URI      the target, or X-Forwarded-Uri in a head that is too long, is longer than
 *                                SP_TARGET_MAX
 *   SP_REASON_MALFORMED_REQUEST  anything else
 *
 * If the head is refused for any reason other than a missing Host, only `fault` and `is_chunked` are defined.
 */
enum sp_reason sp_head_parse(struct sp_str bytes, struct sp_head *out) __attribute__((warn_unused_result));

/*
 * True if the bytes contain an empty line. Lines may end in a bare LF, so this also finds the end of a head
 * that only a lenient parser would accept. `*searched` is how many bytes have been searched without finding
 * one. Start with 0, and pass it again once more bytes have been appended.
 */
bool sp_head_has_end(struct sp_str bytes, size_t *searched);

/* True for an acceptable method: letters A–Z, `-` and `_`, at most SP_METHOD_MAX bytes. */
bool sp_head_is_method(struct sp_str text);

/* Number of lines with this name, which must be in the table. */
static inline size_t sp_head_count(const struct sp_head *head, enum sp_header_id id)
{
    return head->lines_n[id];
}

/* Value of the last such line; the empty view if there is none. */
static inline struct sp_str sp_head_last(const struct sp_head *head, enum sp_header_id id)
{
    return head->lines_n[id] > 0 ? head->headers[head->last[id]].value : SP_STR_NONE;
}

/* The value if there is exactly one such line, else the empty view, because with two values neither can be
 * trusted. */
static inline struct sp_str sp_head_single(const struct sp_head *head, enum sp_header_id id)
{
    return head->lines_n[id] == 1 ? head->headers[head->last[id]].value : SP_STR_NONE;
}

/* Walks all such lines. Start with `*line` 0; returns true with each value in turn, and false at the end. */
bool sp_head_next(const struct sp_head *head, enum sp_header_id id, size_t *line, struct sp_str *value);

/* The first name in the request that has one of `roles`, directly or as an alias; SP_HEADER_OTHER if there is
 * none. */
enum sp_header_id sp_head_find_role(const struct sp_head *head, unsigned roles);

#endif

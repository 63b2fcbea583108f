/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

#include "base/block.h"
#include "base/number.h"

/* The largest length that every reader represents exactly, including JSON readers. */
#define CONTENT_LENGTH_MAX (UINT64_C(1) << 53)

#define SHORT_VALUE_LEN 64 /* bytes; longer values are read in larger steps */

enum byte_class {
    CLASS_METHOD = 1 << 0, /* A–Z, `-`, `_` */
    CLASS_NAME = 1 << 1,   /* tchar (RFC 9110, section 5.6.2) */
    CLASS_ODD = 1 << 2,    /* a token character that some programs fold into `-` or `_` */
    CLASS_TARGET = 1 << 3, /* no control, space, DEL or `#` */
    CLASS_VALUE = 1 << 4,  /* field-content and HTAB (RFC 9110, section 5.5) */
};

#define OF_VISIBLE (CLASS_TARGET | CLASS_VALUE)
#define OF_ALNUM   (CLASS_NAME | OF_VISIBLE)
#define OF_ODD     (CLASS_NAME | CLASS_ODD | OF_VISIBLE)

static const uint8_t byte_classes[256] = {
    ['\t'] = CLASS_VALUE,
    [' '] = CLASS_VALUE,
    ['!'] = OF_ODD,
    ['"'] = OF_VISIBLE,
    ['#'] = CLASS_NAME | CLASS_ODD | CLASS_VALUE,
    ['$' ... '\''] = OF_ODD,
    ['(' ... ')'] = OF_VISIBLE,
    ['*' ... '+'] = OF_ODD,
    [','] = OF_VISIBLE,
    ['-'] = OF_ALNUM | CLASS_METHOD,
    ['.'] = OF_ODD,
    ['/'] = OF_VISIBLE,
    ['0' ... '9'] = OF_ALNUM,
    [':' ... '@'] = OF_VISIBLE,
    ['A' ... 'Z'] = OF_ALNUM | CLASS_METHOD,
    ['[' ... ']'] = OF_VISIBLE,
    ['^'] = OF_ODD,
    ['_'] = OF_ODD | CLASS_METHOD,
    ['`'] = OF_ODD,
    ['a' ... 'z'] = OF_ALNUM,
    ['{'] = OF_VISIBLE,
    ['|'] = OF_ODD,
    ['}'] = OF_VISIBLE,
    ['~'] = OF_ODD,
    [0x80 ... 0xff] = OF_VISIBLE,
};

/* The unread input. Every take_* advances it, and returns false if the input does not have the expected
 * form. */
struct cursor {
    const char *at;
    const char *end;
};

static struct sp_str take_run(struct cursor *cursor, unsigned byte_class)
{
    const char *start = cursor->at;
    const char *p = start;
    while (p < cursor->end && (byte_classes[(unsigned char)*p] & byte_class) != 0) {
        p++;
    }
    cursor->at = p;
    return (struct sp_str){start, (size_t)(p - start)};
}

static bool take_literal(struct cursor *cursor, struct sp_str literal)
{
    if ((size_t)(cursor->end - cursor->at) < literal.len ||
        memcmp(cursor->at, literal.ptr, literal.len) != 0) {
        return false;
    }
    cursor->at += literal.len;
    return true;
}

/* Also reads a target that is too long, which the caller then refuses because of its length. */
static bool take_request_line(struct cursor *cursor, struct sp_head *out)
{
    out->method = take_run(cursor, CLASS_METHOD);
    if (out->method.len == 0 || out->method.len > SP_METHOD_MAX || !take_literal(cursor, SP_STR(" "))) {
        return false;
    }
    out->target = take_run(cursor, CLASS_TARGET);
    if (out->target.len == 0 || out->target.ptr[0] != '/') {
        return false;
    }
    out->is_http_1_0 = take_literal(cursor, SP_STR(" HTTP/1.0\r\n"));
    return out->is_http_1_0 || take_literal(cursor, SP_STR(" HTTP/1.1\r\n"));
}

static inline sp_block is_odd_name(sp_block block)
{
    return ~(sp_block_alnum(block) | (sp_block)(block == '-'));
}

/* A folded line also looks like an empty name, because it begins with a space. Nearly all names are short and
 * plain. */
static bool take_name(struct cursor *cursor, struct sp_head *out, struct sp_header *header)
{
    const char *start = cursor->at;
    const char *p = sp_block_skip(start, cursor->end, is_odd_name);
    unsigned seen = 0;
    for (; p < cursor->end; p++) {
        unsigned byte_class = byte_classes[(unsigned char)*p];
        if ((byte_class & CLASS_NAME) == 0) {
            break;
        }
        seen |= byte_class;
    }
    cursor->at = p;
    header->name = (struct sp_str){start, (size_t)(p - start)};
    if ((seen & CLASS_ODD) != 0) {
        out->names_plain = false;
    }
    return p != start && take_literal(cursor, SP_STR(":"));
}

static inline sp_block is_control(sp_block block)
{
    return (sp_block)((block < 0x20) | (block == 0x7f));
}

/* The first byte outside CLASS_VALUE. Tabs are rare, so the loop after the blocks handles them. */
static const char *skip_value(const char *p, const char *end)
{
    const char *near = end - p > SHORT_VALUE_LEN ? p + SHORT_VALUE_LEN : end;
    p = sp_block_skip(p, near, is_control);
    if (p == near) {
        p = sp_block_skip_far(p, end, is_control);
    }
    while (p < end && (byte_classes[(unsigned char)*p] & CLASS_VALUE) != 0) {
        p++;
    }
    return p;
}

static bool take_value(struct cursor *cursor, struct sp_str *value)
{
    const char *start = cursor->at;
    const char *stop = skip_value(start, cursor->end);
    cursor->at = stop;
    /* Of the bytes allowed in a value, only space and tab are this low. */
    while (start < stop && (unsigned char)*start <= ' ') {
        start++;
    }
    while (stop > start && (unsigned char)stop[-1] <= ' ') {
        stop--;
    }
    *value = (struct sp_str){start, (size_t)(stop - start)};
    return take_literal(cursor, SP_STR("\r\n"));
}

/*
 * Refuses a malformed line. The cursor is at the byte at fault, and the value may contain it. If the limit on
 * the head cuts the line off, the fault is that limit, or a forwarded target that is already too long.
 */
static enum sp_reason refuse_line(struct sp_head *out, const struct cursor *cursor, struct sp_str begin,
                                  struct sp_str name, struct sp_str value)
{
    _Static_assert(SP_HEAD_MAX == 65536, "the text has the number");
    bool is_cut = begin.len > SP_HEAD_MAX && cursor->end - cursor->at < (ptrdiff_t)sizeof "\r\n" - 1;
    out->fault.name = name;
    if (!is_cut) {
        return SP_REASON_MALFORMED_REQUEST;
    }
    if (sp_header_id_of(name) == SP_HEADER_X_FORWARDED_URI && value.len > SP_TARGET_MAX) {
        return SP_REASON_MALFORMED_URI;
    }
    out->fault.name = SP_STR("head of more than 65536 bytes");
    return SP_REASON_MALFORMED_REQUEST;
}

/* Refuses the head because of its last line with that name. */
static enum sp_reason refuse(struct sp_head *out, enum sp_reason reason, enum sp_header_id id)
{
    const struct sp_header *header = &out->headers[out->last[id]];
    out->fault = (struct sp_fault){header->name, header->value};
    return reason;
}

/* Checks the lines that determine where a request ends or which host it is for. Two readings of them would
 * allow request smuggling. */
static enum sp_reason check_framing(struct sp_head *out)
{
    size_t host_n = out->lines_n[SP_HEADER_HOST];
    size_t length_n = out->lines_n[SP_HEADER_CONTENT_LENGTH];
    if (host_n > 1 || length_n > 1) {
        return refuse(out, SP_REASON_DUPLICATE_HEADER,
                      host_n > 1 ? SP_HEADER_HOST : SP_HEADER_CONTENT_LENGTH);
    }
    if (length_n > 0) {
        struct sp_str length = out->headers[out->last[SP_HEADER_CONTENT_LENGTH]].value;
        if (!sp_number_parse_u64(length, CONTENT_LENGTH_MAX, &out->content_length)) {
            return refuse(out, SP_REASON_MALFORMED_REQUEST, SP_HEADER_CONTENT_LENGTH);
        }
    }
    if (out->lines_n[SP_HEADER_TRANSFER_ENCODING] > 0) {
        struct sp_str coding = sp_head_single(out, SP_HEADER_TRANSFER_ENCODING);
        out->is_chunked = host_n == 1 && length_n == 0 && sp_str_equal_ci(coding, SP_STR("chunked"));
        return refuse(out, SP_REASON_MALFORMED_REQUEST, SP_HEADER_TRANSFER_ENCODING);
    }
    if (host_n == 0) {
        out->fault.name = sp_header_name(SP_HEADER_HOST);
        return SP_REASON_MISSING_HEADER;
    }
    out->host = out->headers[out->last[SP_HEADER_HOST]].value;
    return SP_REASON_NONE;
}

enum sp_reason sp_head_parse(struct sp_str bytes, struct sp_head *out)
{
    out->is_chunked = false;
    out->fault = (struct sp_fault){0};
    if (bytes.len == 0) {
        return SP_REASON_MALFORMED_REQUEST;
    }
    size_t len = bytes.len < SP_HEAD_MAX ? bytes.len : SP_HEAD_MAX;
    struct cursor cursor = {bytes.ptr, bytes.ptr + len};
    out->host = SP_STR_NONE;
    out->content_length = 0;
    out->names_plain = true;
    out->headers_n = 0;
    memset(out->lines_n, 0, sizeof out->lines_n);
    if (!take_request_line(&cursor, out)) {
        out->fault.name = SP_STR("request line");
        return SP_REASON_MALFORMED_REQUEST;
    }
    if (out->target.len > SP_TARGET_MAX) {
        return SP_REASON_MALFORMED_URI;
    }
    struct sp_header *header = out->headers;
    for (; !take_literal(&cursor, SP_STR("\r\n")); header++) {
        if (header == out->headers + SP_HEADERS_MAX) {
            out->fault.name = SP_STR("number of headers");
            return SP_REASON_MALFORMED_REQUEST;
        }
        if (!take_name(&cursor, out, header)) {
            return refuse_line(out, &cursor, bytes, header->name, SP_STR_NONE);
        }
        if (!take_value(&cursor, &header->value)) {
            return refuse_line(out, &cursor, bytes, header->name, header->value);
        }
    }
    out->headers_n = (size_t)(header - out->headers);
    for (size_t i = 0; i < out->headers_n; i++) {
        enum sp_header_id id = sp_header_id_of(out->headers[i].name);
        out->headers[i].id = id;
        out->lines_n[id]++;
        out->last[id] = (uint8_t)i;
    }
    return check_framing(out);
}

bool sp_head_has_end(struct sp_str bytes, size_t *searched)
{
    struct sp_str rest = sp_str_skip(bytes, *searched);
    size_t at = sp_str_find(rest, '\n');
    while (at < rest.len) {
        *searched += at;
        rest = sp_str_skip(rest, at);
        if (sp_str_starts_with(rest, SP_STR("\n\n")) || sp_str_starts_with(rest, SP_STR("\n\r\n"))) {
            return true;
        }
        if (rest.len < sizeof "\n\r\n" - 1) {
            return false; /* the empty line may be incomplete: search here again */
        }
        at = 1 + sp_str_find(sp_str_skip(rest, 1), '\n');
    }
    *searched = bytes.len;
    return false;
}

bool sp_head_is_method(struct sp_str text)
{
    if (text.len == 0 || text.len > SP_METHOD_MAX) {
        return false;
    }
    struct cursor cursor = {text.ptr, text.ptr + text.len};
    return take_run(&cursor, CLASS_METHOD).len == text.len;
}

bool sp_head_next(const struct sp_head *head, enum sp_header_id id, size_t *line, struct sp_str *value)
{
    size_t end = head->lines_n[id] > 0 ? head->last[id] + 1U : 0;
    /* There is nearly always only one such line. */
    size_t i = head->lines_n[id] == 1 && *line < end ? end - 1 : *line;
    for (; i < end; i++) {
        if (head->headers[i].id == id) {
            *line = i + 1;
            *value = head->headers[i].value;
            return true;
        }
    }
    return false;
}

enum sp_header_id sp_head_find_role(const struct sp_head *head, unsigned roles)
{
    for (size_t i = 0; i < head->headers_n; i++) {
        enum sp_header_id id = head->headers[i].id;
        if (id == SP_HEADER_OTHER && !head->names_plain) {
            id = sp_header_alias_of(head->headers[i].name);
        }
        if ((sp_header_roles(id) & roles) != 0) {
            return id;
        }
    }
    return SP_HEADER_OTHER;
}

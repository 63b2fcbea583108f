/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The strict head: an accepted head consists of exactly its lines, each terminated by CRLF, with Host once
 * and no framing except one Content-Length. Every name of the table is found in each of its lines. Written
 * again, it parses to the same result; truncated anywhere, it is refused; the bytes that follow change
 * nothing.
 */

#include "http/head.h"

#include "../unit/http/material.h"
#include "fuzz.h"

static enum sp_reason parse(struct sp_str bytes, struct sp_head *out)
{
    enum sp_reason reason = sp_head_parse(bytes, out);
    if (PLANTED(reason == SP_REASON_NONE && out->headers_n > 1 &&
                fuzz_has(out->headers[1].name, SP_STR("!")))) {
        out->names_plain = true;
    }
    return reason;
}

/* Bytes up to and including the first empty line, which every accepted head has. */
static size_t head_len(struct sp_str bytes)
{
    const char *end = memmem(bytes.ptr, bytes.len, "\r\n\r\n", 4);
    ck_assert_ptr_nonnull(end);
    return (size_t)(end - bytes.ptr) + 4;
}

static void write_head(const struct sp_head *head, struct sp_buf *out)
{
    sp_buf_append(out, head->method);
    sp_buf_append_char(out, ' ');
    sp_buf_append(out, head->target);
    sp_buf_append_c(out, " HTTP/1.1\r\n");
    for (size_t i = 0; i < head->headers_n; i++) {
        sp_buf_append(out, head->headers[i].name);
        sp_buf_append_c(out, ": ");
        sp_buf_append(out, head->headers[i].value);
        sp_buf_append_c(out, "\r\n");
    }
    sp_buf_append_c(out, "\r\n");
}

static void check_equal(const struct sp_head *a, const struct sp_head *b)
{
    ck_assert_views_equal(a->method, b->method);
    ck_assert_views_equal(a->target, b->target);
    ck_assert_views_equal(a->host, b->host);
    ck_assert_uint_eq(a->content_length, b->content_length);
    ck_assert_int_eq(a->names_plain, b->names_plain);
    ck_assert_uint_eq(a->headers_n, b->headers_n);
    for (size_t i = 0; i < a->headers_n; i++) {
        ck_assert_views_equal(a->headers[i].name, b->headers[i].name);
        ck_assert_views_equal(a->headers[i].value, b->headers[i].value);
    }
}

static void check_name(struct sp_str name)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~";
    ck_assert_uint_gt(name.len, 0);
    for (size_t i = 0; i < name.len; i++) {
        ck_assert(sp_ascii_is_alnum(name.ptr[i]) ||
                  (name.ptr[i] != '\0' && strchr(allowed, name.ptr[i]) != NULL));
    }
}

static bool is_plain(struct sp_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!sp_ascii_is_alnum(name.ptr[i]) && name.ptr[i] != '-') {
            return false;
        }
    }
    return true;
}

static void check_fields(const struct sp_head *head)
{
    size_t host_n = 0;
    size_t length_n = 0;
    bool plain = true;
    for (size_t i = 0; i < head->headers_n; i++) {
        const struct sp_header *header = &head->headers[i];
        check_name(header->name);
        plain = plain && is_plain(header->name);
        host_n += sp_str_equal_ci(header->name, SP_STR("Host"));
        length_n += sp_str_equal_ci(header->name, SP_STR("Content-Length"));
        ck_assert(!sp_str_equal_ci(header->name, SP_STR("Transfer-Encoding")));
        ck_assert_views_equal(sp_str_trim(header->value), header->value);
        for (size_t k = 0; k < header->value.len; k++) {
            unsigned char c = (unsigned char)header->value.ptr[k];
            ck_assert(c == '\t' || (c >= ' ' && c != 0x7f));
        }
    }
    ck_assert_uint_eq(host_n, 1);
    ck_assert_uint_le(length_n, 1);
    ck_assert_int_eq(head->names_plain, plain);
}

static bool is_of(const struct sp_header *header, enum sp_header_id id)
{
    return id != SP_HEADER_OTHER && sp_str_equal_ci(header->name, sp_header_name(id));
}

static void check_ids(const struct sp_head *head)
{
    for (enum sp_header_id id = SP_HEADER_OTHER + 1; id < SP_HEADER_ID_COUNT; id++) {
        size_t line = 0;
        size_t n = 0;
        struct sp_str value;
        for (size_t i = 0; i < head->headers_n; i++) {
            const struct sp_header *header = &head->headers[i];
            ck_assert_int_eq(header->id == id, is_of(header, id));
            if (header->id == id) {
                n++;
                ck_assert(sp_head_next(head, id, &line, &value));
                ck_assert_ptr_eq(value.ptr, header->value.ptr);
                ck_assert(n < sp_head_count(head, id) || sp_head_last(head, id).ptr == value.ptr);
            }
        }
        ck_assert(!sp_head_next(head, id, &line, &value));
        ck_assert_uint_eq(sp_head_count(head, id), n);
    }
}

/* An alias becomes a name of the table if all characters that some program folds are replaced with
 * hyphens. */
static void check_aliases(const struct sp_head *head)
{
    for (size_t i = 0; i < head->headers_n; i++) {
        const struct sp_header *header = &head->headers[i];
        enum sp_header_id alias_of = sp_header_alias_of(header->name);
        ck_assert(alias_of == SP_HEADER_OTHER || header->id == SP_HEADER_OTHER);
        ck_assert(alias_of == SP_HEADER_OTHER || !head->names_plain);
        for (enum sp_header_id id = SP_HEADER_OTHER + 1; id < SP_HEADER_ID_COUNT; id++) {
            bool folds = sp_header_folds_into(header->name, sp_header_name(id));
            ck_assert_int_eq(folds, alias_of == id || header->id == id);
        }
    }
}

/* One line for each field, one for the request, and an empty one: nothing is hidden. */
static void check_lines(struct sp_str bytes, const struct sp_head *head)
{
    size_t n = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        n += bytes.ptr[i] == '\n';
        ck_assert_int_eq(bytes.ptr[i] == '\r', i + 1 < bytes.len && bytes.ptr[i + 1] == '\n');
    }
    ck_assert_uint_eq(n, head->headers_n + 2);
}

FUZZ_TARGET(input)
{
    struct sp_head head;
    struct sp_head again;
    if (parse(input, &head) != SP_REASON_NONE) {
        return;
    }
    struct sp_str bytes = {input.ptr, head_len(input)};
    ck_assert_int_eq(parse(bytes, &again), SP_REASON_NONE);
    check_equal(&head, &again);
    check_lines(bytes, &head);
    check_fields(&head);
    check_ids(&head);
    check_aliases(&head);
    ck_assert(sp_head_is_method(head.method));
    ck_assert(head.target.ptr[0] == '/' && !fuzz_has_control(head.target));
    ck_assert_int_ne(parse((struct sp_str){bytes.ptr, bytes.len - 1}, &again), SP_REASON_NONE);
    ck_assert_int_ne(parse((struct sp_str){bytes.ptr, bytes.len / 2}, &again), SP_REASON_NONE);
    struct sp_str written = APPENDED(write_head(&head, out));
    if (written.len <= SP_HEAD_MAX) {
        ck_assert_int_eq(parse(written, &again), SP_REASON_NONE);
        check_equal(&head, &again);
    }
}

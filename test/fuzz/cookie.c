/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Cookie headers: the values of a name are those that a slow implementation finds. An application gets every
 * other piece in order, and none of ours. Each line of the input becomes a Cookie line.
 */

#include "http/cookie.h"

#include "../unit/http/material.h"
#include "fuzz.h"

#define NAME     SP_STR("__Host-sallyport")
#define VALUES_N 4

static size_t collect(const struct sp_head *head, struct sp_str *values)
{
    size_t n = sp_cookie_collect(head, NAME, values, VALUES_N);
    return PLANTED(n == 2 && values[1].len > 2) ? 1 : n;
}

/* ---- a slow implementation -------------------------------------------------------------------------- */

struct model {
    size_t pairs_n;
    size_t values_n;
    struct sp_str values[VALUES_N];
    struct sp_buf rest;
};

static void model_take(struct model *model, struct sp_str piece)
{
    model->pairs_n++;
    size_t equals = sp_str_find(piece, '=');
    struct sp_str name = sp_str_trim((struct sp_str){piece.ptr, equals});
    struct sp_str value = equals < piece.len ? sp_str_trim(sp_str_skip(piece, equals + 1)) : SP_STR_NONE;
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"') {
        value = (struct sp_str){value.ptr + 1, value.len - 2};
    }
    if (equals < piece.len && sp_str_equal(name, NAME)) {
        if (model->values_n < VALUES_N) {
            model->values[model->values_n] = value;
        }
        model->values_n++;
    }
    if (!sp_str_equal(name, NAME) && !sp_str_starts_with(name, SP_STR("__Host-sallyport-"))) {
        sp_buf_append_c(&model->rest, model->rest.len > 0 ? "; " : "");
        sp_buf_append(&model->rest, piece);
    }
}

static void model_read(struct model *model, const struct sp_head *head)
{
    for (size_t i = 0; i < head->headers_n; i++) {
        struct sp_str line = head->headers[i].value;
        if (!sp_str_equal_ci(head->headers[i].name, SP_STR("Cookie"))) {
            continue;
        }
        while (line.ptr != NULL) {
            struct sp_str piece = sp_str_trim(sp_str_cut(&line, ';'));
            if (piece.len > 0) {
                model_take(model, piece);
            }
        }
    }
}

/* ---- properties ------------------------------------------------------------------------------------- */

static void check_values(const struct sp_head *head, const struct model *model)
{
    struct sp_str values[VALUES_N];
    size_t n = collect(head, values);
    ck_assert_uint_eq(n, model->pairs_n > SP_COOKIES_MAX ? 0 : model->values_n);
    for (size_t i = 0; i < n && i < VALUES_N; i++) {
        ck_assert_views_equal(values[i], model->values[i]);
    }
}

static void check_walk(const struct sp_head *head)
{
    struct sp_cookie_walk walk = {.head = head};
    struct sp_cookie cookie;
    size_t n = 0;
    while (sp_cookie_next(&walk, &cookie)) {
        n++;
        ck_assert(!sp_str_contains(cookie.name, ';') && !sp_str_contains(cookie.name, '='));
        ck_assert(!sp_str_contains(cookie.value, ';'));
    }
    ck_assert_uint_le(n, SP_COOKIES_MAX);
}

/* Writes the head; false if it is not valid. */
static bool make_head(struct sp_str input, struct sp_buf *text, struct sp_head *head)
{
    sp_buf_append_c(text, "GET / HTTP/1.1\r\nHost: h\r\n");
    while (input.ptr != NULL) {
        sp_buf_append_c(text, "Cookie: ");
        sp_buf_append(text, sp_str_cut(&input, '\n'));
        sp_buf_append_c(text, "\r\n");
    }
    sp_buf_append_c(text, "\r\n");
    return sp_head_parse(sp_buf_str(text), head) == SP_REASON_NONE;
}

FUZZ_TARGET(input)
{
    SP_BUF_SCOPED struct sp_buf text;
    struct sp_head head;
    sp_buf_init(&text, 1 << 20);
    if (!make_head(input, &text, &head)) {
        return;
    }
    struct model model = {.pairs_n = 0};
    sp_buf_init(&model.rest, 1 << 20);
    model_read(&model, &head);
    check_values(&head, &model);
    check_walk(&head);
    ck_assert_views_equal(APPENDED(sp_cookie_append_without(&head, NAME, out)), sp_buf_str(&model.rest));
    sp_buf_done(&model.rest);
}

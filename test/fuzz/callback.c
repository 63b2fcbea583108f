/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The query of a callback: an accepted query has one state, and one code, one error or a fault, in bytes that
 * our own URL reproduces. A query made from one without a fault parses to the same result.
 */

#include "oidc/callback.h"
#include "http/form.h"

#include "fuzz.h"

static enum sp_error parse(struct sp_str query, struct sp_callback *out)
{
    enum sp_error error = sp_callback_parse(query, out);
    if (PLANTED(error == SP_OK && out->code.len == 5)) {
        out->kind = SP_CALLBACK_ERROR;
    }
    return error;
}

/* How often the parameter occurs, its name decoded. */
static size_t count(struct sp_str query, struct sp_str name)
{
    size_t n = 0;
    while (query.ptr != NULL) {
        struct sp_str rest = sp_str_cut(&query, '&');
        struct sp_str raw = sp_str_cut(&rest, '=');
        SP_BUF_SCOPED struct sp_buf decoded;
        sp_buf_init(&decoded, raw.len + 1);
        n += sp_form_decode(raw, &decoded) == SP_OK && sp_str_equal(sp_buf_str(&decoded), name);
    }
    return n;
}

static void check_text(struct sp_str text, size_t max)
{
    ck_assert_uint_le(text.len, max);
    for (size_t i = 0; i < text.len; i++) {
        ck_assert(text.ptr[i] >= 0x20 && text.ptr[i] < 0x7f);
    }
}

static void check_again(const struct sp_callback *callback)
{
    SP_BUF_SCOPED struct sp_buf query;
    SP_CALLBACK_SCOPED struct sp_callback again = SP_CALLBACK_NULL;
    sp_buf_init(&query, 4 * SP_CALLBACK_QUERY_MAX);
    sp_form_append_pair(SP_STR("state"), callback->state, &query);
    if (callback->iss.ptr != NULL) {
        sp_form_append_pair(SP_STR("iss"), callback->iss, &query);
    }
    if (callback->kind == SP_CALLBACK_CODE) {
        sp_form_append_pair(SP_STR("code"), callback->code, &query);
    } else {
        const char *name = sp_issuer_error_name(callback->error);
        sp_form_append_pair(SP_STR("error"), sp_str_from_c(name), &query);
    }
    if (sp_buf_str(&query).len > SP_CALLBACK_QUERY_MAX) {
        return;
    }
    ck_assert_int_eq(sp_callback_parse(sp_buf_str(&query), &again), SP_OK);
    ck_assert_int_eq(again.kind, callback->kind);
    ck_assert_int_eq(again.error, callback->error);
    ck_assert_views_equal(again.state, callback->state);
    ck_assert_views_equal(again.code, callback->code);
    ck_assert_views_equal(again.iss, callback->iss);
}

FUZZ_TARGET(input)
{
    SP_CALLBACK_SCOPED struct sp_callback callback = SP_CALLBACK_NULL;
    if (parse(input, &callback) != SP_OK) {
        return;
    }
    ck_assert_uint_eq(count(input, SP_STR("state")), 1);
    ck_assert_uint_gt(callback.state.len, 0);
    check_text(callback.state, SP_CALLBACK_STATE_MAX);
    ck_assert_int_eq(callback.kind == SP_CALLBACK_NONE, callback.fault != SP_OK);
    if (callback.kind == SP_CALLBACK_NONE) {
        ck_assert_uint_eq(callback.code.len + callback.iss.len, 0);
        return;
    }
    size_t code_n = count(input, SP_STR("code"));
    ck_assert_uint_le(count(input, SP_STR("iss")), 1);
    ck_assert_uint_le(code_n + count(input, SP_STR("error")), 1);
    ck_assert_int_eq(callback.kind, code_n == 1 ? SP_CALLBACK_CODE : SP_CALLBACK_ERROR);
    ck_assert_int_eq(callback.code.len > 0, code_n == 1);
    check_text(callback.code, SP_CALLBACK_CODE_MAX);
    check_text(callback.iss, SP_CALLBACK_ISS_MAX);
    check_again(&callback);
}

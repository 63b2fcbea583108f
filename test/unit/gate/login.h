/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_LOGIN_H
#define SP_TEST_UNIT_GATE_LOGIN_H

/* A login as the browser sees it: the contents of the redirect to the issuer, and their decrypted form. */

#include "fixture.h"
#include "http/form.h"

#define CALLBACK "/_sallyport/callback"

/* The decoded value of a query parameter, which must occur once. */
static inline const char *parameter(const char *url, const char *name)
{
    struct sp_str raw;
    const char *mark = strchr(url, '?');
    ck_assert_msg(mark != NULL, "%s", url);
    ck_assert_uint_eq(sp_form_find(sp_str_from_c(mark + 1), sp_str_from_c(name), &raw), 1);
    SP_BUF_SCOPED struct sp_buf value;
    sp_buf_init(&value, 8192);
    ck_assert_int_eq(sp_form_decode(raw, &value), SP_OK);
    return text_of(sp_buf_str(&value));
}

struct begun {
    const char *state;
    const char *pair; /* NAME=VALUE of the login cookie */
    struct sp_login_id login_id;
};

/* What a redirect to the issuer began. */
static inline struct begun begun_by(const struct fixture *f, const struct sp_transaction *t)
{
    ck_assert_uint_eq(t->answer.status, 302);
    struct begun begun = {.state = parameter(field_of(t, "Location"), "state")};
    struct sp_str line = nth_field(&t->answer, "Set-Cookie", 0);
    struct sp_str name = {line.ptr, sp_str_find(line, '=')};
    begun.pair = pair_of(line);
    ck_assert(sp_cookies_parse_login_name(&f->snapshot->cookies, name, &begun.login_id));
    return begun;
}

/* The URL that the state leads back to. */
static inline const char *wanted_by(const struct fixture *f, const char *redirect_uri, const char *state)
{
    struct sp_seal_storage storage;
    struct sp_login_state opened;
    struct sp_sealer sealer = sealer_of(f, HOST);
    ck_assert_int_eq(sp_login_state_open(at(&sealer, f->context.now_s, NULL), sp_str_from_c(redirect_uri),
                                         sp_str_from_c(state), &storage, &opened),
                     SP_OK);
    return text("%.*s%.*s", SP_STR_ARGS(opened.origin), SP_STR_ARGS(opened.path));
}

static inline struct sp_login_cookie opened_cookie(const struct fixture *f, const struct begun *begun)
{
    struct sp_login_cookie cookie;
    struct sp_sealer sealer = sealer_of(f, HOST);
    struct sp_str value = sp_str_from_c(strchr(begun->pair, '=') + 1);
    ck_assert_int_eq(
        sp_login_cookie_open(at(&sealer, f->context.now_s, NULL), &begun->login_id, value, &cookie), SP_OK);
    return cookie;
}

#endif

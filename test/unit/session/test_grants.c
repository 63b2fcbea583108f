/* SPDX-License-Identifier: Apache-2.0 */
#include "session/grants.h"

#include "../suite.h"
#include "base/base64.h"

#include <stdio.h>
#include <stdlib.h>

#define GRANTS __attribute__((cleanup(free_grants))) struct sp_grants *

static void free_grants(struct sp_grants **grants)
{
    sp_grants_free(*grants);
}

static struct sp_refresh_grant grant_of(const char *token, int64_t issued_s)
{
    return (struct sp_refresh_grant){.token = sp_str_from_c(token), .issued_s = issued_s};
}

static void assert_newest(struct sp_grants *grants, const char *sub, struct sp_refresh_grant own,
                          const char *token)
{
    struct sp_str newest = sp_grants_newest(grants, sp_str_from_c(sub), &own)->token;
    ck_assert_msg(sp_str_equal(newest, sp_str_from_c(token)), "%.*s is not %s", SP_STR_ARGS(newest), token);
}

SP_TEST(ac_38_every_session_of_a_user_is_renewed_with_the_newest_token)
{
    GRANTS grants = sp_grants_new(&sp_random_system);
    assert_newest(grants, "ada", grant_of("first", 100), "first");
    assert_newest(grants, "ada", grant_of("second", 101), "second");
    assert_newest(grants, "ada", grant_of("first", 100), "second");
    assert_newest(grants, "ada", grant_of("of the same age", 101), "second");
    assert_newest(grants, "grace", grant_of("hers", 1), "hers");
    ck_assert_uint_eq(sp_grants_count(grants), 2);
}
SP_TEST_END

SP_TEST(what_is_kept_counts_whatever_its_age)
{
    GRANTS grants = sp_grants_new(&sp_random_system);
    assert_newest(grants, "ada", grant_of("first", 100), "first");
    struct sp_refresh_grant login = grant_of("of a login", 100);
    sp_grants_keep(grants, SP_STR("ada"), &login);
    assert_newest(grants, "ada", grant_of("first", 100), "of a login");
}
SP_TEST_END

SP_TEST(ac_38_of_two_tokens_of_one_age_the_other_is_tried_once_the_first_was_refused)
{
    GRANTS grants = sp_grants_new(&sp_random_system);
    struct sp_refresh_grant first = grant_of("first", 100);
    struct sp_refresh_grant second = grant_of("second", 100);
    sp_grants_refuse(grants, SP_STR("ada"), &first); /* the token is unknown */
    assert_newest(grants, "ada", first, "first");
    sp_grants_refuse(grants, SP_STR("ada"), &second);
    struct sp_refresh_grant older = grant_of("first", 99);
    sp_grants_refuse(grants, SP_STR("ada"), &older);
    assert_newest(grants, "ada", second, "first");
    sp_grants_refuse(grants, SP_STR("ada"), &first);
    assert_newest(grants, "ada", grant_of("older", 99), "first");
    assert_newest(grants, "ada", first, "first");
    assert_newest(grants, "ada", second, "second");
    assert_newest(grants, "ada", first, "second");
    sp_grants_refuse(grants, SP_STR("ada"), &second);
    assert_newest(grants, "ada", first, "second"); /* otherwise both would be tried in turns */
    assert_newest(grants, "ada", grant_of("third", 101), "third");
    first.issued_s = 101;
    struct sp_refresh_grant third = grant_of("third", 101);
    sp_grants_refuse(grants, SP_STR("ada"), &third);
    assert_newest(grants, "ada", first, "first");
}
SP_TEST_END

SP_TEST(sessions_of_two_browsers_at_an_issuer_that_tells_them_apart_have_their_own)
{
    GRANTS grants = sp_grants_new(&sp_random_system);
    struct sp_refresh_grant a = grant_of("a", 1);
    struct sp_refresh_grant b = grant_of("b", 2);
    a.sid = SP_STR("1");
    b.sid = SP_STR("2");
    sp_grants_keep(grants, SP_STR("ada"), &a);
    sp_grants_keep(grants, SP_STR("ada"), &b);
    const struct sp_refresh_grant *newest = sp_grants_newest(grants, SP_STR("ada"), &a);
    ck_assert_str_view(newest->token, "a");
    newest = sp_grants_newest(grants, SP_STR("ada"), &b);
    ck_assert_str_view(newest->sid, "2");
}
SP_TEST_END

SP_TEST(nobody_knows_the_names_of_users_without_the_key)
{
    GRANTS grants = sp_grants_new(&sp_random_system);
    GRANTS others = sp_grants_new(&sp_random_system);
    uint8_t names[6][SP_GRANTS_NAME_LEN];
    sp_grants_name(grants, SP_STR("ada"), SP_STR("1"), names[0]);
    sp_grants_name(others, SP_STR("ada"), SP_STR("1"), names[1]);
    sp_grants_name(grants, SP_STR("ada1"), SP_STR_NONE, names[2]);
    sp_grants_name(grants, SP_STR("ada"), SP_STR("1"), names[3]);
    ck_assert_mem_ne(names[0], names[1], SP_GRANTS_NAME_LEN);
    ck_assert_mem_ne(names[0], names[2], SP_GRANTS_NAME_LEN);
    ck_assert_mem_eq(names[0], names[3], SP_GRANTS_NAME_LEN);
    sp_grants_name(grants, SP_STR("a\1b"), SP_STR_NONE, names[4]); /* only a NUL is in no subject */
    sp_grants_name(grants, SP_STR("a"), SP_STR("b\1"), names[5]);
    ck_assert_mem_ne(names[4], names[5], SP_GRANTS_NAME_LEN);
}
SP_TEST_END

SP_TEST(of_too_many_users_the_one_unused_longest_goes)
{
    GRANTS grants = sp_grants_new(&sp_random_system);
    char sub[32];
    for (int i = 0; i < SP_GRANTS_MAX_N; i++) {
        snprintf(sub, sizeof sub, "user-%d", i);
        struct sp_refresh_grant grant = grant_of("kept", 10);
        sp_grants_keep(grants, sp_str_from_c(sub), &grant);
    }
    ck_assert_uint_eq(sp_grants_count(grants), SP_GRANTS_MAX_N);
    assert_newest(grants, "user-0", grant_of("own", 1), "kept"); /* it was used */
    assert_newest(grants, "one more", grant_of("own", 1), "own");
    ck_assert_uint_eq(sp_grants_count(grants), SP_GRANTS_MAX_N);
    assert_newest(grants, "user-0", grant_of("own", 1), "kept");
    assert_newest(grants, "user-1", grant_of("own", 1), "own");
}
SP_TEST_END

SP_TEST(the_texts_of_all_have_a_ceiling)
{
    GRANTS grants = sp_grants_new(&sp_random_system);
    size_t len = SP_GRANTS_BYTES_MAX / 2;
    char *text = malloc(SP_GRANTS_BYTES_MAX + 1);
    memset(text, '!', SP_GRANTS_BYTES_MAX + 1); /* which has no shorter form */
    struct sp_refresh_grant half = {.token = {text, len}, .issued_s = 5};
    sp_grants_keep(grants, SP_STR("a"), &half);
    sp_grants_keep(grants, SP_STR("b"), &half);
    ck_assert_uint_eq(sp_grants_count(grants), 2);
    assert_newest(grants, "c", grant_of("x", 1), "x");
    ck_assert_uint_eq(sp_grants_count(grants), 2);
    assert_newest(grants, "a", grant_of("own", 1), "own");
    struct sp_refresh_grant whole = {.token = {text, SP_GRANTS_BYTES_MAX + 1}, .issued_s = 5};
    sp_grants_keep(grants, SP_STR("d"), &whole);
    ck_assert_uint_eq(sp_grants_count(grants), 3);
    whole.token.len--;
    sp_grants_keep(grants, SP_STR("d"), &whole);
    ck_assert_uint_eq(sp_grants_count(grants), 1);
    sp_grants_keep(grants, SP_STR("d"), &half);
    ck_assert_uint_eq(sp_grants_count(grants), 1);
    whole.token.len++;
    sp_grants_keep(grants, SP_STR("d"), &whole); /* the old token is of no use either */
    ck_assert_uint_eq(sp_grants_count(grants), 0);
    free(text);
}
SP_TEST_END

/* A JWT of 669 bytes, as sent by issuers whose refresh tokens are JWTs. */
static const char *long_token(void)
{
    static const uint8_t bytes[420] = {7};
    static char token[670];
    size_t at = sp_base64url_encode(bytes, 48, token);
    token[at++] = '.';
    at += sp_base64url_encode(bytes, 420, token + at);
    token[at++] = '.';
    at += sp_base64url_encode(bytes, 32, token + at);
    ck_assert_uint_eq(at, sizeof token - 1);
    return token;
}

static void keep_long_tokens(const char *token)
{
    GRANTS grants = sp_grants_new(&sp_random_system);
    const char *sid = "7c0f4c86-30f0-4f7b-a8a6-5d9c6f2a4e11";
    char sub[32];
    for (int i = 0; i < SP_GRANTS_MAX_N; i++) {
        snprintf(sub, sizeof sub, "user-%d", i);
        struct sp_refresh_grant grant = grant_of(token, 10);
        grant.sid = sp_str_from_c(sid);
        sp_grants_keep(grants, sp_str_from_c(sub), &grant);
    }
    ck_assert_uint_eq(sp_grants_count(grants), SP_GRANTS_MAX_N);
    struct sp_refresh_grant own = grant_of("own", 1);
    own.sid = sp_str_from_c(sid);
    const struct sp_refresh_grant *newest = sp_grants_newest(grants, SP_STR("user-0"), &own);
    ck_assert(sp_str_equal(newest->token, sp_str_from_c(token)));
    ck_assert(sp_str_equal(newest->sid, sp_str_from_c(sid)));
}

SP_TEST(as_many_users_as_may_be_are_kept_with_long_tokens)
{
    char opaque[670];
    snprintf(opaque, sizeof opaque, "%s", long_token());
    opaque[0] = '!'; /* which has no shorter form */
    keep_long_tokens(long_token());
    keep_long_tokens(opaque);
}
SP_TEST_END

SP_TEST(what_is_kept_comes_back_as_it_was)
{
    GRANTS grants = sp_grants_new(&sp_random_system);
    const char *tokens[] = {"kept!", "AAECAwQFBgcICQ", "AAECAwQFBgcICR", "eyJh.eyJi.AAEC", long_token()};
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        struct sp_refresh_grant grant = grant_of(tokens[i], 10);
        grant.auth_time_s = 8;
        memset(grant.nonce_hash, 'n', sizeof grant.nonce_hash);
        sp_grants_keep(grants, SP_STR("ada"), &grant);
        struct sp_refresh_grant own = grant_of("own", 1);
        const struct sp_refresh_grant *newest = sp_grants_newest(grants, SP_STR("ada"), &own);
        ck_assert(sp_str_equal(newest->token, sp_str_from_c(tokens[i])));
        ck_assert_int_eq(newest->issued_s, 10);
        ck_assert_int_eq(newest->auth_time_s, 8);
        ck_assert_mem_eq(newest->nonce_hash, grant.nonce_hash, sizeof grant.nonce_hash);
    }
}
SP_TEST_END

SP_SUITE("session/grants", ac_38_every_session_of_a_user_is_renewed_with_the_newest_token,
         what_is_kept_counts_whatever_its_age,
         ac_38_of_two_tokens_of_one_age_the_other_is_tried_once_the_first_was_refused,
         sessions_of_two_browsers_at_an_issuer_that_tells_them_apart_have_their_own,
         nobody_knows_the_names_of_users_without_the_key, of_too_many_users_the_one_unused_longest_goes,
         as_many_users_as_may_be_are_kept_with_long_tokens, what_is_kept_comes_back_as_it_was,
         the_texts_of_all_have_a_ceiling)

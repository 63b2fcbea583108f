/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/refresh_grant.h"

#include "../suite.h"

#define NOW_S 1700000000

static struct sp_refresh_grant usual_grant(void)
{
    struct sp_refresh_grant grant = {
        .token = SP_STR("token"), .sid = SP_STR("s1"), .auth_time_s = NOW_S - 500, .issued_s = NOW_S - 100};
    ck_assert_int_eq(sp_nonce_hash(SP_STR("the-nonce"), grant.nonce_hash), SP_OK);
    return grant;
}

/* The result for an ID token with these claims, besides a `sub` and an `iat`. */
static enum sp_error check(const struct sp_refresh_grant *grant, int64_t issued_s, const char *members,
                           struct sp_diag *diag)
{
    char text[256];
    snprintf(text, sizeof text, "{\"sub\":\"ada\",\"iat\":%lld%s}", (long long)issued_s, members);
    struct sp_claims claims = SP_CLAIMS_NONE;
    json_t *all = json_loads(text, 0, NULL);
    ck_assert_int_eq(sp_claims_read(all, "it", "groups", &claims, NULL), SP_OK);
    enum sp_error error = sp_refresh_grant_check(grant, &claims, diag);
    sp_claims_done(&claims);
    return error;
}

/* SHA-256 of "abc": FIPS 180-2, appendix B.1. */
SP_TEST(of_a_nonce_the_left_half_of_the_digest_is_kept)
{
    static const uint8_t expected[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                       0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23};
    uint8_t hash[SP_NONCE_HASH_LEN] = {0};
    ck_assert_int_eq(sp_nonce_hash(SP_STR("abc"), hash), SP_OK);
    ck_assert_mem_eq(hash, expected, sizeof expected);
}
SP_TEST_END

SP_TEST(what_a_token_says_of_the_login_is_as_it_was_or_absent)
{
    static const struct {
        const char *members;
        const char *fault; /* NULL: none */
    } cases[] = {
        {"", NULL},
        {",\"nonce\":\"the-nonce\",\"sid\":\"s1\",\"auth_time\":1699999500", NULL},
        {",\"nonce\":\"another\"", "nonce"},
        {",\"nonce\":\"\"", "nonce"},
        {",\"nonce\":null", NULL},
        {",\"nonce\":[\"the-nonce\"]", "nonce"},
        {",\"sid\":\"s2\"", "sid"},
        {",\"sid\":\"s\"", "sid"},
        {",\"auth_time\":1699999501", "auth_time"},
    };
    struct sp_refresh_grant grant = usual_grant();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_diag diag = {0};
        enum sp_error error = check(&grant, NOW_S, cases[i].members, &diag);
        bool is_told = cases[i].fault == NULL || strstr(diag.text, cases[i].fault) != NULL;
        ck_assert_msg((error == SP_OK) == (cases[i].fault == NULL) && is_told, "%s: %s", cases[i].members,
                      diag.text);
    }
}
SP_TEST_END

SP_TEST(what_the_login_did_not_say_no_later_token_says)
{
    struct sp_refresh_grant grant = usual_grant();
    grant.sid = SP_STR_NONE;
    grant.auth_time_s = 0;
    ck_assert_int_eq(check(&grant, NOW_S, "", NULL), SP_OK);
    ck_assert_int_eq(check(&grant, NOW_S, ",\"sid\":\"s1\"", NULL), SP_ERR_MISMATCH);
    ck_assert_int_eq(check(&grant, NOW_S, ",\"auth_time\":1699999500", NULL), SP_ERR_MISMATCH);
}
SP_TEST_END

SP_TEST(ac_66_a_token_is_no_older_than_the_one_before)
{
    struct sp_refresh_grant grant = usual_grant();
    ck_assert_int_eq(check(&grant, NOW_S - 100, "", NULL), SP_OK);
    ck_assert_int_eq(check(&grant, NOW_S - 101, "", NULL), SP_ERR_MISMATCH);
}
SP_TEST_END

SP_TEST(a_copy_stands_by_itself_where_there_is_room)
{
    struct sp_refresh_grant grant = usual_grant();
    struct sp_refresh_grant copy = {.issued_s = 0};
    SP_BUF_SCOPED struct sp_buf bytes;
    sp_buf_init(&bytes, strlen("tokens1") + 1);
    ck_assert_int_eq(sp_refresh_grant_copy(&grant, &bytes, &copy), SP_OK);
    ck_assert_str_view(copy.token, "token");
    ck_assert_str_view(copy.sid, "s1");
    ck_assert(copy.token.ptr != grant.token.ptr);
    ck_assert_int_eq(copy.issued_s, grant.issued_s);
    SP_BUF_ON_STACK(little, 6);
    struct sp_refresh_grant none = {.issued_s = 0};
    ck_assert_int_ne(sp_refresh_grant_copy(&grant, &little, &none), SP_OK);
    ck_assert_int_eq(none.issued_s, 0);
}
SP_TEST_END

SP_SUITE("oidc/refresh_grant", of_a_nonce_the_left_half_of_the_digest_is_kept,
         what_a_token_says_of_the_login_is_as_it_was_or_absent,
         what_the_login_did_not_say_no_later_token_says, ac_66_a_token_is_no_older_than_the_one_before,
         a_copy_stands_by_itself_where_there_is_room)

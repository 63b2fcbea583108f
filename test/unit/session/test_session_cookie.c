/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/base64.h"
#include "session/session_cookie.h"

static void set_up(struct sp_session *session)
{
    *session = (struct sp_session){0};
    session->profile.issuer = SP_STR("https://dex.example.com/dex");
    session->profile.sub = SP_STR("ada");
    session->issued_s = NOW_S;
    session->expires_s = NOW_S + 43200;
}

static enum sp_error write_line(const struct sp_session *session, int64_t now_s, struct sp_diag *diag,
                                struct sp_buf *out)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    struct sp_cookies cookies = host_cookies();
    struct sp_sealer sealer = sealer_of(ring, &cookies);
    struct prng prng = {53};
    struct sp_random random = prng_random(&prng);
    sp_buf_clear(out);
    return sp_session_cookie_write(at(&sealer, now_s, &random), session, diag, out);
}

SP_TEST(the_line_lasts_as_long_as_the_session)
{
    struct sp_session session;
    set_up(&session);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(write_line(&session, NOW_S + 200, NULL, &out), SP_OK);
    ck_assert(sp_str_starts_with(sp_buf_str(&out), SP_STR("__Host-sallyport=AYko")));
    ck_assert(sp_str_ends_with(sp_buf_str(&out),
                               SP_STR("; Path=/; Max-Age=43000; Secure; HttpOnly; SameSite=Lax")));
}
SP_TEST_END

SP_TEST(a_session_that_is_over_gets_no_line)
{
    struct sp_session session;
    set_up(&session);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(write_line(&session, NOW_S + 43199, NULL, &out), SP_OK);
    ck_assert_int_eq(write_line(&session, NOW_S + 43200, NULL, &out), SP_ERR_EXPIRED);
}
SP_TEST_END

SP_TEST(a_session_that_lacks_its_subject_gets_no_line)
{
    struct sp_session session;
    set_up(&session);
    session.profile.sub = SP_STR_NONE;
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(write_line(&session, NOW_S, NULL, &out), SP_ERR_MISSING);
}
SP_TEST_END

/* The longest value has 4095 - 17 characters: 3058 bytes, 3013 of them payload. */
SP_TEST(the_largest_session_fits_and_one_byte_more_is_an_error_that_explains)
{
    struct sp_session session;
    set_up(&session);
    static char text[SP_SESSION_PAYLOAD_MAX];
    memset(text, 'r', sizeof text);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(sp_profile_add_group(&session.profile, SP_STR("ops")), SP_OK);
    size_t rest = 3013 - sp_session_measure(&session).payload_len;
    session.grant.token = (struct sp_str){text, rest - 1}; /* its length takes one more byte */
    struct sp_diag diag = {0};
    ck_assert_int_eq(write_line(&session, NOW_S, &diag, &out), SP_OK);
    ck_assert_uint_eq(sp_str_find(sp_buf_str(&out), ';'), SP_COOKIE_SESSION_MAX);

    session.grant.token.len++;
    ck_assert_int_eq(write_line(&session, NOW_S, &diag, &out), SP_ERR_LIMIT);
    ck_assert_uint_eq(out.len, 0);
    ck_assert_msg(
        strstr(diag.text,
               "a cookie of 4096 bytes, and browsers drop what is above 4095; its 1 "
               "groups take 6 of them, claims for headers 1, the refresh token 3897, the ID token 1, "
               "all else 191") != NULL,
        "%s", diag.text);
    ck_assert_ptr_nonnull(strstr(diag.text, "groups_keep"));
    ck_assert_int_eq(write_line(&session, NOW_S, NULL, &out), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(a_session_far_too_large_is_an_error_that_explains)
{
    struct sp_session session;
    set_up(&session);
    static char text[4096];
    memset(text, 'g', sizeof text);
    for (size_t i = 0; i < SP_SESSION_GROUPS_MAX_N; i++) {
        ck_assert_int_eq(sp_profile_add_group(&session.profile, (struct sp_str){text, 100}), SP_OK);
    }
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_COOKIES_LINE_MAX);
    struct sp_diag diag = {0};
    ck_assert_int_eq(write_line(&session, NOW_S, &diag, &out), SP_ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(diag.text, "256 groups"));
}
SP_TEST_END

/* With 72 bytes it is base64url like Dex's, with 669 a JWT, and otherwise an arbitrary string. */
static void fill_token(char *token, size_t len)
{
    static const uint8_t bytes[512] = {7};
    if (len == 72) {
        sp_base64url_encode(bytes, 54, token);
    } else if (len == 669) {
        size_t at = sp_base64url_encode(bytes, 48, token);
        token[at++] = '.';
        at += sp_base64url_encode(bytes, 420, token + at);
        token[at++] = '.';
        at += sp_base64url_encode(bytes, 32, token + at);
        ck_assert_uint_eq(at, len);
    } else {
        memset(token, '!', len);
    }
}

/* As in the table of doc/how-it-works.md: groups of 25 characters with nothing in common, and a refresh
 * token. */
static size_t cookie_len_of(size_t groups_n, size_t token_len)
{
    static char groups[256][26];
    static char token[4096];
    struct sp_session *session = calloc(1, sizeof *session);
    set_up(session);
    session->profile.sub = SP_STR("CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs");
    session->profile.email = SP_STR("ada.lovelace@example.com");
    session->profile.name = SP_STR("Ada Lovelace");
    session->profile.preferred_username = SP_STR("ada.lovelace");
    for (size_t i = 0; i < groups_n; i++) {
        for (size_t k = 0; k < 25; k++) {
            groups[i][k] = (char)('a' + (i * 7 + k * (i + 3)) % 26);
        }
        session->profile.groups[session->profile.groups_n++] = (struct sp_str){groups[i], 25};
    }
    if (token_len > 0) {
        fill_token(token, token_len);
        session->grant = (struct sp_refresh_grant){.token = {token, token_len}, .issued_s = NOW_S};
        session->renew_after_s = NOW_S + 3600;
        session->renew_by_s = NOW_S + 4500;
    }
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_COOKIES_LINE_MAX);
    struct sp_diag diag = {0};
    enum sp_error error = write_line(session, NOW_S, &diag, &out);
    bool says_shorter = strstr(diag.text, "shorter refresh token") != NULL;
    ck_assert_int_eq(says_shorter, error == SP_ERR_LIMIT && token_len > 0);
    free(session);
    return error == SP_OK ? sp_str_find(sp_buf_str(&out), ';') : 0;
}

SP_TEST(a_session_takes_as_many_bytes_as_the_documents_say)
{
    ck_assert_uint_eq(cookie_len_of(30, 0), 1375);
    ck_assert_uint_eq(cookie_len_of(30, 72), 1476);
    ck_assert_uint_eq(cookie_len_of(30, 669), 2077);
    ck_assert_uint_eq(cookie_len_of(5, 2048), 3269);
    ck_assert_uint_eq(cookie_len_of(30, 2048), 0);
    ck_assert_uint_eq(cookie_len_of(200, 0), 0);
    ck_assert_uint_eq(cookie_len_of(30, 3000), 0);
}
SP_TEST_END

SP_SUITE("session/session_cookie", the_line_lasts_as_long_as_the_session, a_session_that_is_over_gets_no_line,
         a_session_that_lacks_its_subject_gets_no_line,
         the_largest_session_fits_and_one_byte_more_is_an_error_that_explains,
         a_session_far_too_large_is_an_error_that_explains,
         a_session_takes_as_many_bytes_as_the_documents_say)

/* SPDX-License-Identifier: Apache-2.0 */

/* Which sessions store their ID token, and how a sign-out uses it. */

#include "redeem.h"
#include "session/packed_token.h"

#define HINT        "id_token_hint: true\n"
#define END         "https://issuer.example/end"
#define WITH_LOGOUT ",\"end_session_endpoint\":\"" END "\""
#define LOGOUT      "/_sallyport/logout"

/* A sign-in whose ID token has these changes. */
static struct sp_transaction *sign_in(struct fixture *f, const struct signer *signer, const char *changes)
{
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    struct sp_transaction *t = complete_with(f, waiting_of(f, &begun), signer, changes);
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    return t;
}

static const char *cookie_pair(const struct sp_transaction *t)
{
    return pair_of(nth_field(&t->answer, "Set-Cookie", 0));
}

/* The ID token that the session in this cookie stores; empty: none. */
static const char *kept_by(struct fixture *f, const char *pair)
{
    const struct sp_transaction *t = ASK(f, .lines = text("Cookie: %s\r\n", pair));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    struct sp_str packed = t->selection.session->id_token_packed;
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_PACKED_TOKEN_TEXT_MAX);
    ck_assert(packed.len == 0 || sp_packed_token_decode(packed, &out) == SP_OK);
    return text_of(sp_buf_str(&out));
}

/* ---- keeping --------------------------------------------------------------------------------------- */

SP_TEST(a_session_keeps_its_id_token_only_where_something_needs_it)
{
    FIXTURE plain = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ck_assert_str_eq(kept_by(plain, cookie_pair(sign_in(plain, &signer, "{}"))), "");
    ck_assert_lacks(take_log(plain), "id_token");

    FIXTURE f = fixture_new(HINT);
    const char *pair = cookie_pair(sign_in(f, &signer, "{}"));
    const char *log = take_log(f);
    ck_assert_contains(log, "\"level\":\"info\",\"event\":\"login_completed\"");
    ck_assert_contains(log, "\"id_token\":\"kept\"");
    const char *token = kept_by(f, pair);
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    struct sp_jws jws;
    struct sp_str payload;
    ck_assert_int_eq(sp_jws_parse(sp_str_from_c(token), SP_PACKED_TOKEN_TEXT_MAX, &jws, NULL), SP_OK);
    ck_assert_int_eq(sp_keyset_verify(keyset, &jws, "it", &payload, NULL), SP_OK);
    sp_jws_done(&jws);
    ck_assert_lacks(log, token);
    const char *me = text("%sCookie: %s\r\n", FETCH, pair);
    ck_assert_lacks(body_of(ASK_DIRECT(f, .uri = "/_sallyport/me", .lines = me)), text("%.20s", token));
}
SP_TEST_END

SP_TEST(the_largest_id_token_that_fits_is_kept_and_one_byte_more_is_not)
{
    FIXTURE f = fixture_new(HINT);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    size_t largest_len = 0;
    for (size_t pad_len = 2100; pad_len < 2600; pad_len++) {
        const char *changes = text("{\"pad\":\"%s\"}", repeat('x', pad_len));
        const char *pair = cookie_pair(sign_in(f, &signer, changes));
        bool is_kept = kept_by(f, pair)[0] != '\0';
        if (!is_kept) {
            ck_assert_uint_eq(largest_len, SP_COOKIE_SESSION_MAX);
            ck_assert_uint_lt(strlen(pair), 1000);
            const char *log = take_log(f);
            ck_assert_contains(log, "\"level\":\"warn\",\"event\":\"login_completed\"");
            ck_assert_contains(log, "\"id_token\":\"too_large\"");
            return;
        }
        largest_len = strlen(pair);
        take_log(f);
    }
    ck_abort_msg("all fit, up to %zu", largest_len);
}
SP_TEST_END

SP_TEST(an_id_token_that_no_cookie_could_hold_is_left_out_too)
{
    FIXTURE f = fixture_new(HINT);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    const char *changes = text("{\"pad\":\"%s\"}", repeat('x', SP_PACKED_TOKEN_TEXT_MAX));
    ck_assert_str_eq(kept_by(f, cookie_pair(sign_in(f, &signer, changes))), "");
    ck_assert_contains(take_log(f), "\"id_token\":\"too_large\"");
}
SP_TEST_END

SP_TEST(groups_come_before_the_id_token)
{
    FIXTURE f = fixture_new(HINT);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    static char groups[TEXT_LEN_MAX / 2] = "\"group-00\"";
    for (int i = 1; i < 70; i++) {
        size_t len = strlen(groups);
        snprintf(groups + len, sizeof groups - len, ",\"group-of-a-longer-name-%02d\"", i);
    }
    const char *pair = cookie_pair(sign_in(f, &signer, text("{\"groups\":[%s]}", groups)));
    ck_assert_str_eq(kept_by(f, pair), "");
    ck_assert_uint_eq(f->t.selection.session->profile.groups_n, 70);
    const char *log = take_log(f);
    ck_assert_contains(log, "\"groups\":70,");
    ck_assert_contains(log, "\"id_token\":\"too_large\"");
}
SP_TEST_END

/* ---- the hint -------------------------------------------------------------------------------------- */

/* An ID token with these changes, long expired. */
static const char *old_token(const char *changes)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    SIGNER_TEXT token = issuer_id_token(&signer, "k", changes);
    return text("%s", token);
}

/* The address that a sign-out of a session with this `sid` and this ID token leads to. */
static const char *led_to(struct fixture *f, const char *sid, const char *token)
{
    struct sp_session session = usual_session();
    SP_BUF_ON_STACK(packed, 4096);
    ck_assert_int_eq(sp_packed_token_encode(sp_str_from_c(token), &packed), SP_OK);
    session.id_token_packed = sp_buf_str(&packed);
    session.profile.sid = sp_str_from_c(sid);
    f->t.selection.session = NULL;
    static uint8_t number;
    session.id[0] = number++;
    const struct sp_transaction *t =
        ASK(f, .uri = LOGOUT, .lines = lines(NAVIGATION, cookie_of(f, &session)));
    ck_assert_answer(t, 303, SP_REASON_SIGNED_OUT);
    return field_of(t, "Location");
}

SP_TEST(a_sign_out_tells_the_issuer_by_the_id_token_whose_session_ends)
{
    FIXTURE f = fixture_new_with(HINT, WITH_LOGOUT);
    const char *token = old_token("{\"sid\":\"s1\",\"iat\":1000,\"exp\":2000}");
    ck_assert_str_eq(parameter(led_to(f, "s1", token), "id_token_hint"), token);
    ck_assert_lacks(take_log(f), text("%.20s", token));
    const char *without = old_token("{}"); /* and then the session has no sid either */
    ck_assert_str_eq(parameter(led_to(f, "", without), "id_token_hint"), without);
}
SP_TEST_END

SP_TEST(an_id_token_of_another_session_is_no_hint)
{
    FIXTURE f = fixture_new_with(HINT, WITH_LOGOUT);
    ck_assert_lacks(led_to(f, "s1", old_token("{\"sid\":\"s2\"}")), "id_token_hint");
    ck_assert_lacks(led_to(f, "s1", old_token("{}")), "id_token_hint");
    ck_assert_lacks(led_to(f, "", old_token("{\"sid\":\"s1\"}")), "id_token_hint");
    ck_assert_lacks(led_to(f, "s1", "e30.W10.AA"), "id_token_hint"); /* the claims are not an object */
    FIXTURE unwanted = fixture_new_with("", WITH_LOGOUT);
    ck_assert_lacks(led_to(unwanted, "s1", old_token("{\"sid\":\"s1\"}")), "id_token_hint");
}
SP_TEST_END

SP_SUITE("kept_id_token", a_session_keeps_its_id_token_only_where_something_needs_it,
         the_largest_id_token_that_fits_is_kept_and_one_byte_more_is_not,
         an_id_token_that_no_cookie_could_hold_is_left_out_too, groups_come_before_the_id_token,
         a_sign_out_tells_the_issuer_by_the_id_token_whose_session_ends,
         an_id_token_of_another_session_is_no_hint)

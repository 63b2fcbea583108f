/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"
#include "session/session.h"

#include "../suite.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW_S INT64_C(1700000000)

/* Renewable with the token of a login other than its own. */
static struct sp_session *new_session(void)
{
    struct sp_session *session = calloc(1, sizeof *session);
    memcpy(session->id, "0123456789abcdef", SP_SESSION_ID_LEN);
    session->login_at_s = NOW_S - 100;
    session->issued_s = NOW_S;
    session->renew_after_s = NOW_S + 3600;
    session->renew_by_s = NOW_S + 4500;
    session->expires_s = NOW_S + 40000;
    session->profile.issuer = SP_STR("https://sso.example.com");
    session->profile.sub = SP_STR("ada");
    session->profile.sid = SP_STR("its-own");
    session->grant.token = SP_STR("refresh");
    memcpy(session->grant.nonce_hash, "fedcba9876543210", SP_NONCE_HASH_LEN);
    session->grant.sid = SP_STR("the-other");
    session->grant.auth_time_s = NOW_S - 7;
    session->grant.issued_s = NOW_S - 5;
    return session;
}

static enum sp_error encode(const struct sp_session *session, struct sp_buf *out)
{
    sp_buf_clear(out);
    return sp_session_encode(session, out);
}

static enum sp_error decode(struct sp_str payload, struct sp_session *out)
{
    struct sp_session *any = calloc(1, sizeof *any);
    enum sp_error error = sp_session_decode(payload, out != NULL ? out : any);
    free(any);
    return error;
}

SP_TEST(what_renews_a_session_comes_back_with_it)
{
    struct sp_session *session = new_session();
    struct sp_session *decoded = calloc(1, sizeof *decoded);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    ck_assert_int_eq(encode(session, &out), SP_OK);
    ck_assert_uint_eq(out.len, sp_session_measure(session).payload_len);
    ck_assert_int_eq(out.ptr[0], SP_SESSION_VERSION_RENEWED);
    ck_assert_int_eq(decode(sp_buf_str(&out), decoded), SP_OK);
    ck_assert_str_view(decoded->grant.token, "refresh");
    ck_assert_str_view(decoded->grant.sid, "the-other");
    ck_assert_str_view(decoded->profile.sid, "its-own");
    ck_assert_mem_eq(decoded->grant.nonce_hash, session->grant.nonce_hash, SP_NONCE_HASH_LEN);
    ck_assert_int_eq(decoded->grant.auth_time_s, NOW_S - 7);
    ck_assert_int_eq(decoded->grant.issued_s, NOW_S - 5);
    SP_BUF_SCOPED struct sp_buf again;
    sp_buf_init(&again, SP_SESSION_PAYLOAD_MAX);
    ck_assert_int_eq(encode(decoded, &again), SP_OK);
    ck_assert(sp_str_equal(sp_buf_str(&out), sp_buf_str(&again)));
    for (size_t len = 0; len < out.len; len++) {
        ck_assert_int_ne(decode((struct sp_str){out.ptr, len}, NULL), SP_OK);
    }
    free(decoded);
    free(session);
}
SP_TEST_END

/* Size of the encoded form; decoding it must give the same again. */
static size_t len_of(const struct sp_session *session)
{
    struct sp_session *decoded = calloc(1, sizeof *decoded);
    SP_BUF_SCOPED struct sp_buf out;
    SP_BUF_SCOPED struct sp_buf again;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    sp_buf_init(&again, SP_SESSION_PAYLOAD_MAX);
    ck_assert_int_eq(encode(session, &out), SP_OK);
    ck_assert_uint_eq(out.len, sp_session_measure(session).payload_len);
    ck_assert_int_eq(decode(sp_buf_str(&out), decoded), SP_OK);
    ck_assert(sp_str_equal(decoded->grant.token, session->grant.token));
    ck_assert(sp_str_equal(decoded->grant.sid, session->grant.sid));
    ck_assert_int_eq(decoded->grant.auth_time_s, session->grant.auth_time_s);
    ck_assert_int_eq(encode(decoded, &again), SP_OK);
    ck_assert(sp_str_equal(sp_buf_str(&out), sp_buf_str(&again)));
    free(decoded);
    return out.len;
}

SP_TEST(what_the_login_of_the_token_shares_with_the_session_is_written_once)
{
    struct sp_session *session = new_session();
    size_t len = len_of(session);
    session->grant.sid = session->profile.sid;
    ck_assert_uint_eq(len_of(session), len - sizeof "the-other");
    session->grant.auth_time_s = session->auth_time_s;
    ck_assert_uint_eq(len_of(session), len - sizeof "the-other" - 5);
    session->profile.groups_mark = 7;
    ck_assert_uint_eq(len_of(session), len - sizeof "the-other" - 5 + SP_PROFILE_GROUPS_MARK_LEN);
    free(session);
}
SP_TEST_END

SP_TEST(its_token_takes_as_few_bytes_as_lead_back_to_it)
{
    static const struct {
        const char *token;
        size_t written_len;
    } cases[] = {{"refresh!", 8},        {"AAECAwQFBgcICQ", 10},
                 {"AAECAwQFBgcICR", 14}, /* unused bits set */
                 {"AAECA", 5},           {"eyJh.eyJi.AAEC", 4 + 9},
                 {"eyJh.eyJi.", 4 + 6},  {"eyJh.eyJi.AAEC.", 15},
                 {".eyJi.AAEC", 10},     {"a=", 2}};
    struct sp_session *session = new_session();
    session->grant.token = SP_STR("!");
    size_t rest_len = len_of(session) - 1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        session->grant.token = sp_str_from_c(cases[i].token);
        ck_assert_msg(len_of(session) - rest_len == cases[i].written_len, "%s: %zu", cases[i].token,
                      len_of(session) - rest_len);
    }
    free(session);
}
SP_TEST_END

/* The form is the second byte: a different one is that of another session, or of none. */
SP_TEST(no_session_is_written_in_two_ways)
{
    struct sp_session *session = new_session();
    struct sp_session *decoded = calloc(1, sizeof *decoded);
    SP_BUF_SCOPED struct sp_buf out;
    SP_BUF_SCOPED struct sp_buf again;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    sp_buf_init(&again, SP_SESSION_PAYLOAD_MAX);
    for (int round = 0; round < 3; round++) {
        session->grant.token = round == 0   ? SP_STR("refresh!")
                               : round == 1 ? SP_STR("AAECAwQFBgcI")
                                            : SP_STR("eyJh.eyJi.AAEC");
        for (int form = 0; form < 256; form++) {
            ck_assert_int_eq(encode(session, &out), SP_OK);
            out.ptr[1] = (char)form;
            if (decode(sp_buf_str(&out), decoded) == SP_OK) {
                ck_assert_int_eq(encode(decoded, &again), SP_OK);
                ck_assert_msg(sp_str_equal(sp_buf_str(&out), sp_buf_str(&again)), "%d", form);
            }
        }
    }
    free(decoded);
    free(session);
}
SP_TEST_END

SP_TEST(without_it_a_session_is_of_the_version_that_every_release_reads)
{
    struct sp_session *session = new_session();
    session->grant = (struct sp_refresh_grant){.token = SP_STR_NONE};
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    ck_assert_int_eq(encode(session, &out), SP_OK);
    ck_assert_int_eq(out.ptr[0], SP_SESSION_VERSION);
    free(session);
}
SP_TEST_END

SP_TEST(it_may_lack_groups_as_well)
{
    struct sp_session *session = new_session();
    struct sp_session *decoded = calloc(1, sizeof *decoded);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    session->profile.groups_mark = UINT64_C(0x01020304050607);
    ck_assert_int_eq(encode(session, &out), SP_OK);
    ck_assert_int_eq(out.ptr[0], SP_SESSION_VERSION_RENEWED);
    ck_assert_int_eq(decode(sp_buf_str(&out), decoded), SP_OK);
    ck_assert_uint_eq(decoded->profile.groups_mark, UINT64_C(0x01020304050607));
    free(decoded);
    free(session);
}
SP_TEST_END

SP_TEST(its_groups_are_stored_as_differences)
{
    struct sp_session *session = new_session();
    struct sp_session *decoded = calloc(1, sizeof *decoded);
    static char names[120][32];
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    for (size_t i = 0; i < 120; i++) {
        snprintf(names[i], sizeof names[i], "platform-team-%02zu-operators", i + 1);
        ck_assert_int_eq(sp_profile_add_group(&session->profile, sp_str_from_c(names[i])), SP_OK);
    }
    ck_assert_uint_le(sp_session_measure(session).groups_len, 520);
    ck_assert_int_eq(encode(session, &out), SP_OK);
    ck_assert_int_eq(decode(sp_buf_str(&out), decoded), SP_OK);
    ck_assert_uint_eq(decoded->profile.groups_n, 120);
    for (size_t i = 0; i < 120; i++) {
        ck_assert(sp_str_equal(decoded->profile.groups[i], session->profile.groups[i]));
    }
    free(decoded);
    free(session);
}
SP_TEST_END

SP_TEST(the_texts_of_its_groups_have_a_ceiling)
{
    struct sp_session *session = new_session();
    struct sp_session *decoded = calloc(1, sizeof *decoded);
    static char text[SP_SESSION_GROUPS_TEXT_MAX + 1];
    memset(text, 'g', sizeof text);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    for (size_t i = 0; i < 16; i++) {
        ck_assert_int_eq(sp_profile_add_group(&session->profile, (struct sp_str){text, 1024}), SP_OK);
    }
    ck_assert_int_eq(encode(session, &out), SP_OK);
    ck_assert_int_eq(decode(sp_buf_str(&out), decoded), SP_OK);
    ck_assert_uint_eq(decoded->profile.groups_n, 16);
    ck_assert_int_eq(sp_profile_add_group(&session->profile, SP_STR("g")), SP_OK);
    ck_assert_int_eq(encode(session, &out), SP_ERR_LIMIT);
    free(decoded);
    free(session);
}
SP_TEST_END

SP_TEST(what_renews_it_has_a_token_an_age_and_a_time)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    struct sp_session *session = new_session();
    session->grant.token = SP_STR_NONE;
    ck_assert_int_eq(encode(session, &out), SP_ERR_FORMAT);
    session->grant.token = SP_STR("refresh");
    session->grant.issued_s = SP_TIME_MAX_S + 1;
    ck_assert_int_eq(encode(session, &out), SP_ERR_FORMAT);
    session->grant.issued_s = SP_TIME_MAX_S;
    ck_assert_int_eq(encode(session, &out), SP_OK);
    session->grant.auth_time_s = -1;
    ck_assert_int_eq(encode(session, &out), SP_ERR_FORMAT);
    session->grant.auth_time_s = 0;
    session->renew_after_s = 0;
    session->renew_by_s = 0;
    ck_assert_int_eq(encode(session, &out), SP_ERR_FORMAT);
    free(session);
}
SP_TEST_END

SP_TEST(past_its_bound_it_is_overdue_and_past_its_end_over)
{
    struct sp_session *session = new_session();
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 3599), SP_SESSION_CURRENT);
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 3600), SP_SESSION_DUE);
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 4499), SP_SESSION_DUE);
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 4500), SP_SESSION_OVERDUE);
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 39999), SP_SESSION_OVERDUE);
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 40000), SP_SESSION_OVER);
    free(session);
}
SP_TEST_END

SP_SUITE("session/session_renewed", what_renews_a_session_comes_back_with_it,
         what_the_login_of_the_token_shares_with_the_session_is_written_once,
         its_token_takes_as_few_bytes_as_lead_back_to_it, no_session_is_written_in_two_ways,
         without_it_a_session_is_of_the_version_that_every_release_reads, it_may_lack_groups_as_well,
         its_groups_are_stored_as_differences, the_texts_of_its_groups_have_a_ceiling,
         what_renews_it_has_a_token_an_age_and_a_time, past_its_bound_it_is_overdue_and_past_its_end_over)

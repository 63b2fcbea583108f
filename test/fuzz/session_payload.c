/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The binary form of a session: an accepted one encodes to the same bytes, its times are in order, and it
 * never becomes valid again. The same for the ID token that is packed in it.
 */

#include "session/packed_token.h"
#include "session/session.h"

#include "fuzz.h"

static enum sp_error decode(struct sp_str payload, struct sp_session *out)
{
    enum sp_error error = sp_session_decode(payload, out);
    if (PLANTED(error == SP_OK && out->profile.groups_n == 3)) {
        out->profile.groups_n = 2;
    }
    return error;
}

static bool is_inside(struct sp_str whole, struct sp_str text)
{
    return text.len == 0 || (text.ptr >= whole.ptr && text.ptr + text.len <= whole.ptr + whole.len);
}

static void check_inside(struct sp_str whole, struct sp_str text)
{
    ck_assert(is_inside(whole, text));
}

static void check_views(struct sp_str payload, const struct sp_session *session)
{
    ck_assert_uint_le(session->profile.groups_n, SP_SESSION_GROUPS_MAX_N);
    ck_assert_uint_le(session->profile.claims_n, SP_PROFILE_CLAIMS_MAX_N);
    ck_assert(session->profile.issuer.len > 0 && session->profile.sub.len > 0);
    check_inside(payload, session->profile.issuer);
    check_inside(payload, session->profile.sub);
    check_inside(payload, session->profile.email);
    check_inside(payload, session->id_token_packed);
    struct sp_str texts = {session->texts, session->texts_len}; /* of differences, and of the refresh token */
    for (size_t i = 0; i < session->profile.groups_n; i++) {
        bool is_restored = is_inside(texts, session->profile.groups[i]);
        check_inside(is_restored ? texts : payload, session->profile.groups[i]);
    }
    check_inside(session->grant.issued_s != 0 ? texts : payload, session->grant.token);
    for (size_t i = 0; i < session->profile.claims_n; i++) {
        struct sp_str name = session->profile.claims[i].name;
        struct sp_str value = sp_profile_claim(&session->profile, name);
        check_inside(payload, session->profile.claims[i].value);
        if (value.len > 0 && !sp_profile_always_holds(name)) {
            ck_assert_views_equal(value, session->profile.claims[i].value);
        }
    }
}

/* Its phases are current, due, expired, in this order only; one that can be renewed is overdue before it
 * expires. */
static void check_phases(const struct sp_session *session)
{
    const int64_t end_s = session->expires_s;
    const int64_t times_s[] = {session->issued_s - 1,
                               session->issued_s,
                               session->renew_after_s - 1,
                               session->renew_after_s,
                               session->renew_by_s,
                               end_s - 1,
                               end_s,
                               end_s + 1};
    for (size_t i = 0; i < sizeof times_s / sizeof times_s[0]; i++) {
        bool over = sp_session_phase(session, times_s[i]) == SP_SESSION_OVER;
        bool past = session->renew_by_s > 0 && times_s[i] >= session->renew_by_s;
        bool overdue = sp_session_phase(session, times_s[i]) == SP_SESSION_OVERDUE;
        ck_assert_int_eq(over, times_s[i] >= end_s || (past && session->grant.issued_s == 0));
        ck_assert_int_eq(overdue, past && times_s[i] < end_s && session->grant.issued_s != 0);
    }
    ck_assert_int_ge(end_s, session->issued_s);
    ck_assert_int_ge(session->renew_by_s, session->renew_after_s);
}

static void check_packed(struct sp_str packed)
{
    SP_BUF_SCOPED struct sp_buf text;
    SP_BUF_SCOPED struct sp_buf again;
    sp_buf_init(&text, SP_PACKED_TOKEN_TEXT_MAX);
    sp_buf_init(&again, SP_PACKED_TOKEN_TEXT_MAX);
    enum sp_error error = sp_packed_token_decode(packed, &text);
    ck_assert_int_eq(error == SP_OK, sp_packed_token_valid(packed));
    if (error == SP_OK) {
        ck_assert_int_eq(sp_packed_token_encode(sp_buf_str(&text), &again), SP_OK);
        ck_assert_views_equal(sp_buf_str(&again), packed);
    }
}

FUZZ_TARGET(input)
{
    static struct sp_session session;
    check_packed(input);
    memset(&session, 0xa5, sizeof session);
    if (decode(input, &session) != SP_OK) {
        return;
    }
    SP_BUF_SCOPED struct sp_buf again;
    sp_buf_init(&again, SP_SESSION_PAYLOAD_MAX);
    ck_assert_int_eq(sp_session_encode(&session, &again), SP_OK);
    ck_assert_views_equal(sp_buf_str(&again), input);
    ck_assert_uint_eq(sp_session_measure(&session).payload_len, input.len);
    check_views(input, &session);
    check_phases(&session);
    if (session.id_token_packed.len > 0) {
        ck_assert(sp_packed_token_valid(session.id_token_packed));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/time.h"
#include "session/session.h"

#define PACKED_TOKEN                                                                                         \
    "\x00\x02\x00\x02{}{}"                                                                                   \
    "sig"

static struct sp_session *new_session(void)
{
    struct sp_session *session = calloc(1, sizeof *session);
    ck_assert_ptr_nonnull(session);
    memcpy(session->id, "0123456789abcdef", SP_SESSION_ID_LEN);
    session->login_at_s = NOW_S;
    session->issued_s = NOW_S;
    session->expires_s = NOW_S + 43200;
    session->profile.issuer = SP_STR("https://dex.example.com/dex");
    session->profile.sub = SP_STR("CiQw");
    return session;
}

static void encode(const struct sp_session *session, struct sp_buf *out)
{
    sp_buf_clear(out);
    ck_assert_int_eq(sp_session_encode(session, out), SP_OK);
    ck_assert_uint_eq(out->len, sp_session_measure(session).payload_len);
}

static enum sp_error try_encode(const struct sp_session *session)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    return sp_session_encode(session, &out);
}

/* Accepted means canonical: encoding what was decoded gives the same bytes. */
static enum sp_error decode(struct sp_str payload)
{
    struct sp_session *session = malloc(sizeof *session);
    memset(session, 0x5a, sizeof *session);
    enum sp_error error = sp_session_decode(payload, session);
    if (error == SP_OK) {
        SP_BUF_SCOPED struct sp_buf again;
        sp_buf_init(&again, SP_SESSION_PAYLOAD_MAX);
        encode(session, &again);
        ck_assert(sp_str_equal(sp_buf_str(&again), payload));
    }
    free(session);
    return error;
}

static void assert_equal(const struct sp_session *a, const struct sp_session *b)
{
    ck_assert_mem_eq(a->id, b->id, sizeof a->id);
    ck_assert_int_eq(a->profile.email_verified, b->profile.email_verified);
    ck_assert_int_eq(a->login_at_s, b->login_at_s);
    ck_assert_int_eq(a->auth_time_s, b->auth_time_s);
    ck_assert_int_eq(a->issued_s, b->issued_s);
    ck_assert_int_eq(a->renew_after_s, b->renew_after_s);
    ck_assert_int_eq(a->renew_by_s, b->renew_by_s);
    ck_assert_int_eq(a->expires_s, b->expires_s);
    ck_assert(
        sp_str_equal(a->profile.issuer, b->profile.issuer) && sp_str_equal(a->profile.sub, b->profile.sub) &&
        sp_str_equal(a->profile.sid, b->profile.sid) && sp_str_equal(a->profile.email, b->profile.email) &&
        sp_str_equal(a->profile.name, b->profile.name) &&
        sp_str_equal(a->profile.preferred_username, b->profile.preferred_username) &&
        sp_str_equal(a->grant.token, b->grant.token) && sp_str_equal(a->id_token_packed, b->id_token_packed));
    ck_assert_uint_eq(a->profile.groups_mark, b->profile.groups_mark);
    ck_assert_uint_eq(a->profile.groups_n, b->profile.groups_n);
    for (size_t i = 0; i < a->profile.groups_n; i++) {
        ck_assert(sp_str_equal(a->profile.groups[i], b->profile.groups[i]));
    }
    ck_assert_uint_eq(a->profile.facts_mark, b->profile.facts_mark);
    ck_assert(a->profile.facts_mark == 0 ||
              memcmp(a->profile.facts, b->profile.facts, sizeof a->profile.facts) == 0);
    ck_assert_uint_eq(a->profile.claims_n, b->profile.claims_n);
    for (size_t i = 0; i < a->profile.claims_n; i++) {
        ck_assert(sp_str_equal(a->profile.claims[i].name, b->profile.claims[i].name) &&
                  sp_str_equal(a->profile.claims[i].value, b->profile.claims[i].value));
    }
}

static void fill(struct sp_session *session)
{
    session->profile.email_verified = SP_EMAIL_VERIFIED_YES;
    session->auth_time_s = NOW_S - 5;
    session->renew_after_s = NOW_S + 3600;
    session->renew_by_s = NOW_S + 4500;
    session->profile.sid = SP_STR("sid");
    session->profile.email = SP_STR("ada@example.com");
    session->profile.name = SP_STR("Ada Lovelace");
    session->profile.preferred_username = SP_STR("ada");
    session->grant.token = SP_STR("refresh");
    session->id_token_packed = SP_STR(PACKED_TOKEN);
    ck_assert_int_eq(sp_profile_add_group(&session->profile, SP_STR("ops")), SP_OK);
    ck_assert_int_eq(sp_profile_add_group(&session->profile, SP_STR("sre")), SP_OK);
    ck_assert_int_eq(sp_profile_add_claim(&session->profile, SP_STR("department"), SP_STR("engines")), SP_OK);
}

/* ---- the encoding ----------------------------------------------------------------------------------- */

SP_TEST(the_bytes_of_a_small_session_are_these)
{
    struct sp_session *session = new_session();
    session->profile.issuer = SP_STR("i");
    session->profile.sub = SP_STR("s");
    session->profile.email_verified = SP_EMAIL_VERIFIED_NO;
    ck_assert_int_eq(sp_profile_add_group(&session->profile, SP_STR("ops")), SP_OK);
    static const char expected[] = "\x01"
                                   "0123456789abcdef"
                                   "\x00\x6b\x05\x6e\x30"
                                   "\x00\x00\x00\x00\x00"
                                   "\x00\x6b\x05\x6e\x30"
                                   "\x00\x00\x00\x00\x00"
                                   "\x00\x00\x00\x00\x00"
                                   "\x00\x6b\x06\x16\xf0"
                                   "\x01"
                                   "\x01i\x01s\x00\x00\x00\x00"
                                   "\x01\x03ops"
                                   "\x00"
                                   "\x00"
                                   "\x00";
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    encode(session, &out);
    ck_assert_uint_eq(out.len, sizeof expected - 1);
    ck_assert_mem_eq(out.ptr, expected, sizeof expected - 1);
    free(session);
}
SP_TEST_END

SP_TEST(ac_26_a_session_that_lacks_groups_is_of_a_version_of_its_own)
{
    struct sp_session *session = new_session();
    struct sp_session *decoded = malloc(sizeof *decoded);
    SP_BUF_SCOPED struct sp_buf out;
    SP_BUF_SCOPED struct sp_buf plain;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    sp_buf_init(&plain, SP_SESSION_PAYLOAD_MAX);
    encode(session, &plain);
    session->profile.groups_mark = UINT64_C(0x01020304050607);
    encode(session, &out);
    ck_assert_uint_eq(out.len, plain.len + 7);
    ck_assert_mem_eq(out.ptr, "\x02\x01\x02\x03\x04\x05\x06\x07", 8);
    ck_assert_mem_eq(out.ptr + 8, plain.ptr + 1, plain.len - 1);
    ck_assert_int_eq(sp_session_decode(sp_buf_str(&out), decoded), SP_OK);
    assert_equal(session, decoded);
    memset(out.ptr + 1, 0, 7);
    ck_assert_int_eq(decode(sp_buf_str(&out)), SP_ERR_FORMAT);
    out.ptr[0] = SP_SESSION_VERSION_RENEWED + 1;
    ck_assert_int_eq(decode(sp_buf_str(&out)), SP_ERR_UNSUPPORTED);
    session->profile.groups_mark = UINT64_C(1) << 56;
    ck_assert_int_eq(try_encode(session), SP_ERR_FORMAT);
    free(decoded);
    free(session);
}
SP_TEST_END

SP_TEST(a_full_session_comes_back)
{
    struct sp_session *session = new_session();
    struct sp_session *decoded = malloc(sizeof *decoded);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    fill(session);
    encode(session, &out);
    ck_assert_int_eq(sp_session_decode(sp_buf_str(&out), decoded), SP_OK);
    assert_equal(session, decoded);
    free(decoded);
    free(session);
}
SP_TEST_END

/* Strings that together stay below the ceiling, cut from one pool of random bytes. */
static struct sp_str random_text(struct prng *prng, const char *pool, size_t max)
{
    size_t len = prng_below(prng, 4) == 0 ? 0 : prng_below(prng, max + 1);
    return (struct sp_str){pool + prng_below(prng, 256), len};
}

static void randomize(struct prng *prng, const char *pool, struct sp_session *session)
{
    on_fill(prng, session->id, sizeof session->id);
    session->profile.email_verified = (enum sp_email_verified)prng_below(prng, 3);
    session->login_at_s = (int64_t)prng_below(prng, 1u << 31);
    session->issued_s = session->login_at_s + (int64_t)prng_below(prng, 1000);
    session->expires_s = session->issued_s + (int64_t)prng_below(prng, 100000);
    session->auth_time_s = (int64_t)prng_below(prng, 1u << 31);
    session->renew_after_s = prng_below(prng, 2) == 0 ? 0 : 1 + (int64_t)prng_below(prng, 1u << 31);
    session->renew_by_s =
        session->renew_after_s == 0 ? 0 : session->renew_after_s + (int64_t)prng_below(prng, 900);
    session->profile.sid = random_text(prng, pool, 200);
    session->profile.email = random_text(prng, pool, 200);
    session->profile.name = random_text(prng, pool, 200);
    session->profile.preferred_username = random_text(prng, pool, 200);
    session->grant.token = random_text(prng, pool, 700);
    session->id_token_packed = prng_below(prng, 2) == 0 ? SP_STR_NONE : SP_STR(PACKED_TOKEN);
    session->profile.groups_mark = prng_below(prng, 2) == 0 ? 0 : 1 + prng_below(prng, 1u << 31);
    size_t groups_n = prng_below(prng, 20);
    for (size_t i = 0; i < groups_n; i++) {
        ck_assert_int_eq(sp_profile_add_group(&session->profile, random_text(prng, pool, 60)), SP_OK);
    }
    size_t claims_n = prng_below(prng, SP_PROFILE_CLAIMS_MAX_N / 4);
    for (size_t i = 0; i < claims_n; i++) {
        ck_assert_int_eq(
            sp_profile_add_claim(&session->profile, SP_STR("claim"), random_text(prng, pool, 60)), SP_OK);
    }
    session->profile.facts_mark = prng_below(prng, 2) == 0 ? 0 : 1 + prng_below(prng, 1u << 31);
    for (size_t n = session->profile.facts_mark != 0 ? prng_below(prng, 40) : 0; n > 0; n--) {
        session->profile.facts[prng_below(prng, 64)] |= (uint8_t)prng_below(prng, 256);
    }
}

SP_TEST(random_sessions_come_back)
{
    struct prng prng = {41};
    char pool[2048];
    on_fill(&prng, (uint8_t *)pool, sizeof pool);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    struct sp_session *decoded = malloc(sizeof *decoded);
    for (size_t round = 0; round < 3000; round++) {
        struct sp_session *session = new_session();
        randomize(&prng, pool, session);
        encode(session, &out);
        ck_assert_int_eq(sp_session_decode(sp_buf_str(&out), decoded), SP_OK);
        assert_equal(session, decoded);
        free(session);
    }
    free(decoded);
}
SP_TEST_END

/* `decode` asserts that whatever is accepted is canonical. */
SP_TEST(random_changes_are_refused_or_canonical)
{
    struct prng prng = {43};
    struct sp_session *session = new_session();
    fill(session);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    encode(session, &out);
    for (size_t round = 0; round < 30000; round++) {
        char changed[512];
        size_t len = out.len;
        memcpy(changed, out.ptr, len);
        for (size_t k = prng_below(&prng, 3) + 1; k > 0; k--) {
            changed[prng_below(&prng, len)] = (char)prng_next(&prng);
        }
        enum sp_error error = decode((struct sp_str){changed, len});
        ck_assert(error == SP_OK || error == SP_ERR_FORMAT || error == SP_ERR_UNSUPPORTED);
    }
    free(session);
}
SP_TEST_END

SP_TEST(a_truncated_payload_is_refused_at_every_length)
{
    struct sp_session *session = new_session();
    fill(session);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    encode(session, &out);
    for (size_t len = 0; len < out.len; len++) {
        char *cut = malloc(len + 1); /* so that a sanitizer detects a read past the end */
        memcpy(cut, out.ptr, len);
        char *exact = realloc(cut, len > 0 ? len : 1);
        ck_assert_int_eq(decode((struct sp_str){exact, len}), SP_ERR_FORMAT);
        free(exact);
    }
    free(session);
}
SP_TEST_END

SP_TEST(bytes_left_over_are_refused)
{
    struct sp_session *session = new_session();
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    encode(session, &out);
    sp_buf_append_char(&out, '\0');
    ck_assert_int_eq(decode(sp_buf_str(&out)), SP_ERR_FORMAT);
    free(session);
}
SP_TEST_END

SP_TEST(every_other_version_is_unsupported)
{
    struct sp_session *session = new_session();
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    encode(session, &out);
    for (int version = 0; version < 256; version++) {
        out.ptr[0] = (char)version;
        if (version != SP_SESSION_VERSION_MARKED && version != SP_SESSION_VERSION_RENEWED) {
            ck_assert_int_eq(decode(sp_buf_str(&out)),
                             version == SP_SESSION_VERSION ? SP_OK : SP_ERR_UNSUPPORTED);
        }
    }
    ck_assert_int_eq(decode(SP_STR_NONE), SP_ERR_FORMAT);
    free(session);
}
SP_TEST_END

SP_TEST(a_verified_that_is_none_of_three_is_refused)
{
    struct sp_session *session = new_session();
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    encode(session, &out);
    const size_t at = 1 + SP_SESSION_ID_LEN + 6 * 5;
    for (int value = 0; value < 256; value++) {
        out.ptr[at] = (char)value;
        ck_assert_int_eq(decode(sp_buf_str(&out)), value <= 2 ? SP_OK : SP_ERR_FORMAT);
    }
    free(session);
}
SP_TEST_END

/* ---- limits ----------------------------------------------------------------------------------------- */

SP_TEST(groups_and_claims_have_a_largest_number)
{
    struct sp_session *session = new_session();
    for (size_t i = 0; i < SP_PROFILE_GROUPS_MAX_N; i++) {
        ck_assert_int_eq(sp_profile_add_group(&session->profile, SP_STR("g")), SP_OK);
    }
    ck_assert_int_eq(sp_profile_add_group(&session->profile, SP_STR("g")), SP_ERR_LIMIT);
    ck_assert_uint_eq(session->profile.groups_n, SP_PROFILE_GROUPS_MAX_N);
    session->profile.groups_n = SP_SESSION_GROUPS_MAX_N; /* a session has fewer */
    for (size_t i = 0; i < SP_PROFILE_CLAIMS_MAX_N; i++) {
        ck_assert_int_eq(sp_profile_add_claim(&session->profile, SP_STR("c"), SP_STR("v")), SP_OK);
    }
    ck_assert_int_eq(sp_profile_add_claim(&session->profile, SP_STR("c"), SP_STR("v")), SP_ERR_LIMIT);

    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    encode(session, &out);
    ck_assert_int_eq(decode(sp_buf_str(&out)), SP_OK);
    session->profile.groups_n++;
    ck_assert_int_eq(sp_session_encode(session, &out), SP_ERR_LIMIT);
    session->profile.groups_n--;
    session->profile.facts_mark = 1; /* one more claim */
    ck_assert_int_eq(sp_session_encode(session, &out), SP_ERR_LIMIT);
    free(session);
}
SP_TEST_END

/* A payload with `groups_n` groups and `claims_n` claims, written by hand because encoding never would. */
static enum sp_error decode_counts(size_t groups_n, size_t claims_n)
{
    struct sp_session *session = new_session();
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    encode(session, &out);
    free(session);
    out.len -= 4; /* two counts, two empty tokens */
    sp_buf_append_char(&out, (char)(0x80 | groups_n >> 8));
    sp_buf_append_char(&out, (char)groups_n);
    for (size_t i = 0; i < groups_n; i++) {
        sp_buf_append(&out, SP_STR("\x01g"));
    }
    sp_buf_append_char(&out, (char)claims_n);
    for (size_t i = 0; i < claims_n; i++) {
        sp_buf_append(&out, SP_STR("\x01n\x01v"));
    }
    sp_buf_append(&out, SP_STR("\0\0"));
    return decode(sp_buf_str(&out));
}

/* A payload with exactly these claims, without the facts of the test's own session. */
static enum sp_error decode_claims(struct sp_str claims)
{
    struct sp_session *session = new_session();
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    encode(session, &out);
    free(session);
    out.len -= 3; /* the count of claims, two empty tokens */
    sp_buf_append(&out, claims);
    sp_buf_append(&out, SP_STR("\0\0"));
    return decode(sp_buf_str(&out));
}

SP_TEST(facts_have_one_spelling)
{
    static const struct {
        struct sp_str claims;
        enum sp_error error;
    } cases[] = {
        {SP_STR("\1\0\7\0\0\0\0\0\0\1"), SP_OK},
        {SP_STR("\1\0\10\1\0\0\0\0\0\0\200"), SP_OK},
        {SP_STR("\2\1n\1v\0\10\1\0\0\0\0\0\0\1"), SP_OK},
        {SP_STR("\1\0\10\1\0\0\0\0\0\0\0"), SP_ERR_FORMAT},                /* trailing zero byte */
        {SP_STR("\1\0\7\0\0\0\0\0\0\0"), SP_ERR_FORMAT},                   /* no mark */
        {SP_STR("\1\0\6\1\0\0\0\0\0"), SP_ERR_FORMAT},                     /* a truncated mark */
        {SP_STR("\1\0\0"), SP_ERR_FORMAT},                                 /* nothing at all */
        {SP_STR("\2\0\7\0\0\0\0\0\0\1\1n\1v"), SP_ERR_FORMAT},             /* not the last claim */
        {SP_STR("\2\0\7\0\0\0\0\0\0\1\0\7\0\0\0\0\0\0\1"), SP_ERR_FORMAT}, /* twice */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(decode_claims(cases[i].claims) == cases[i].error, "%zu", i);
    }
}
SP_TEST_END

SP_TEST(facts_have_a_largest_number)
{
    char claims[4 + SP_PROFILE_FACTS_MARK_LEN + SP_PROFILE_FACTS_MAX_N / 8] = {1, 0};
    memset(claims + 2, 1, sizeof claims - 2);
    claims[2] = SP_PROFILE_FACTS_MARK_LEN + SP_PROFILE_FACTS_MAX_N / 8;
    ck_assert_int_eq(decode_claims((struct sp_str){claims, sizeof claims - 1}), SP_OK);
    claims[2]++;
    ck_assert_int_eq(decode_claims((struct sp_str){claims, sizeof claims}), SP_ERR_FORMAT);
    struct sp_session *session = new_session();
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX);
    session->profile.facts_mark = UINT64_C(1) << 8 * SP_PROFILE_FACTS_MARK_LEN;
    ck_assert_int_eq(sp_session_encode(session, &out), SP_ERR_FORMAT);
    session->profile.facts_mark--;
    ck_assert_int_eq(sp_session_encode(session, &out), SP_OK);
    free(session);
}
SP_TEST_END

SP_TEST(counts_above_the_maximum_are_refused)
{
    ck_assert_int_eq(decode_counts(SP_SESSION_GROUPS_MAX_N, SP_PROFILE_CLAIMS_MAX_N), SP_OK);
    ck_assert_int_eq(decode_counts(SP_SESSION_GROUPS_MAX_N + 1, 0), SP_ERR_FORMAT);
    ck_assert_int_eq(decode_counts(SP_SESSION_GROUPS_MAX_N, SP_PROFILE_CLAIMS_MAX_N + 1), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(the_largest_payload_is_encoded_and_a_larger_one_is_not)
{
    struct sp_session *session = new_session();
    static char text[SP_SESSION_PAYLOAD_MAX];
    size_t rest = SP_SESSION_PAYLOAD_MAX - sp_session_measure(session).payload_len;
    session->grant.token = (struct sp_str){text, rest - 1}; /* its length takes one more byte */
    ck_assert_uint_eq(sp_session_measure(session).payload_len, SP_SESSION_PAYLOAD_MAX);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SESSION_PAYLOAD_MAX + 1);
    encode(session, &out);
    ck_assert_int_eq(decode(sp_buf_str(&out)), SP_OK);
    session->grant.token.len++;
    ck_assert_int_eq(try_encode(session), SP_ERR_LIMIT);

    /* The same payload with one more byte of refresh token, according to its length, is valid except for its
     * size. */
    size_t length_at = out.len - 1 - (rest - 1) - 2;
    out.len--;
    out.ptr[length_at] = (char)(0x80 | rest >> 8);
    out.ptr[length_at + 1] = (char)rest;
    sp_buf_append(&out, SP_STR("\0\0"));
    ck_assert_uint_eq(out.len, SP_SESSION_PAYLOAD_MAX + 1);
    ck_assert_int_eq(decode(sp_buf_str(&out)), SP_ERR_FORMAT);
    free(session);
}
SP_TEST_END

SP_TEST(the_measure_says_what_the_groups_take)
{
    struct sp_session *session = new_session();
    size_t before = sp_session_measure(session).payload_len;
    ck_assert_uint_eq(sp_session_measure(session).groups_len, 1);
    ck_assert_int_eq(sp_profile_add_group(&session->profile, SP_STR("ops")), SP_OK);
    ck_assert_uint_eq(sp_session_measure(session).groups_len, 5);
    ck_assert_uint_eq(sp_session_measure(session).payload_len, before + 4);
    free(session);
}
SP_TEST_END

SP_TEST(what_is_no_session_is_not_encoded)
{
    struct sp_session *session = new_session();
    struct sp_session wrong = *session;
    wrong.profile.issuer = SP_STR_NONE;
    ck_assert_int_eq(try_encode(&wrong), SP_ERR_MISSING);
    wrong = *session;
    wrong.profile.sub = SP_STR_NONE;
    ck_assert_int_eq(try_encode(&wrong), SP_ERR_MISSING);
    wrong = *session;
    wrong.expires_s = wrong.issued_s - 1;
    ck_assert_int_eq(try_encode(&wrong), SP_ERR_FORMAT);
    wrong = *session;
    wrong.login_at_s = wrong.expires_s + 1;
    ck_assert_int_eq(try_encode(&wrong), SP_ERR_FORMAT);
    wrong = *session;
    wrong.auth_time_s = -1;
    ck_assert_int_eq(try_encode(&wrong), SP_ERR_FORMAT);
    wrong = *session;
    wrong.expires_s = SP_TIME_MAX_S + 1;
    ck_assert_int_eq(try_encode(&wrong), SP_ERR_FORMAT);
    wrong.expires_s = SP_TIME_MAX_S;
    ck_assert_int_eq(try_encode(&wrong), SP_OK);
    wrong = *session;
    wrong.renew_after_s = NOW_S + 2;
    ck_assert_int_eq(try_encode(&wrong), SP_ERR_FORMAT);
    wrong.renew_by_s = NOW_S + 1;
    ck_assert_int_eq(try_encode(&wrong), SP_ERR_FORMAT);
    wrong.renew_by_s = NOW_S + 2;
    ck_assert_int_eq(try_encode(&wrong), SP_OK);
    wrong = *session;
    wrong.renew_by_s = NOW_S;
    ck_assert_int_eq(try_encode(&wrong), SP_ERR_FORMAT);
    wrong = *session;
    wrong.id_token_packed = SP_STR("not packed");
    ck_assert_int_eq(try_encode(&wrong), SP_ERR_FORMAT);
    free(session);
}
SP_TEST_END

/* ---- meaning ---------------------------------------------------------------------------------------- */

SP_TEST(a_session_is_over_at_its_end)
{
    struct sp_session *session = new_session();
    ck_assert_int_eq(sp_session_phase(session, NOW_S), SP_SESSION_CURRENT);
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 43199), SP_SESSION_CURRENT);
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 43200), SP_SESSION_OVER);
    ck_assert_int_eq(sp_session_phase(session, INT64_MAX), SP_SESSION_OVER);
    free(session);
}
SP_TEST_END

SP_TEST(a_renewed_session_is_due_and_then_over)
{
    struct sp_session *session = new_session();
    session->renew_after_s = NOW_S + 3600;
    session->renew_by_s = NOW_S + 4500;
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 3599), SP_SESSION_CURRENT);
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 3600), SP_SESSION_DUE);
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 4499), SP_SESSION_DUE);
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 4500), SP_SESSION_OVER);
    session->expires_s = NOW_S + 100;
    ck_assert_int_eq(sp_session_phase(session, NOW_S + 100), SP_SESSION_OVER);
    free(session);
}
SP_TEST_END

SP_TEST(a_session_of_zeroes_is_over)
{
    struct sp_session *session = calloc(1, sizeof *session);
    ck_assert_int_eq(sp_session_phase(session, 0), SP_SESSION_OVER);
    ck_assert_int_eq(sp_session_phase(session, NOW_S), SP_SESSION_OVER);
    free(session);
}
SP_TEST_END

SP_TEST(the_label_is_the_beginning_of_the_id)
{
    const uint8_t id[SP_SESSION_ID_LEN] = {0x7f, 0x3a, 0x2b, 0x1c, 0xff};
    char label[SP_SESSION_ID_LABEL_LEN];
    sp_session_label(id, label);
    ck_assert_mem_eq(label, "7f3a2b1c", sizeof label);
}
SP_TEST_END

SP_SUITE("session/session", the_bytes_of_a_small_session_are_these,
         ac_26_a_session_that_lacks_groups_is_of_a_version_of_its_own, a_full_session_comes_back,
         random_sessions_come_back, random_changes_are_refused_or_canonical,
         a_truncated_payload_is_refused_at_every_length, bytes_left_over_are_refused,
         every_other_version_is_unsupported, a_verified_that_is_none_of_three_is_refused,
         groups_and_claims_have_a_largest_number, facts_have_one_spelling, facts_have_a_largest_number,
         counts_above_the_maximum_are_refused, the_largest_payload_is_encoded_and_a_larger_one_is_not,
         the_measure_says_what_the_groups_take, what_is_no_session_is_not_encoded,
         a_session_is_over_at_its_end, a_renewed_session_is_due_and_then_over, a_session_of_zeroes_is_over,
         the_label_is_the_beginning_of_the_id)

/* SPDX-License-Identifier: Apache-2.0 */
#include "io/renewal_flights.h"

#include "io_renewals.h"

#include <malloc.h>

/* Through io/renewals.h, with an issuer: what is kept shows in whether it is asked. */

#define ALL_BYTES_MAX (24 * 1024 * 1024)

/* For the user with this number, whose token is from a while ago; true if a request was sent to the
 * issuer. */
static bool asks_issuer(struct renewal_rig *rig, unsigned number, enum sp_renewal_result expected)
{
    char sub[16];
    snprintf(sub, sizeof sub, "user-%u", number);
    unsigned before_n = tokens_asked(rig->base);
    struct sp_refresh_grant grant = grant_of("first", ISSUER_NOW_S - 100);
    RENEWAL asked;
    ck_assert_ptr_null(begin_for(rig, sub, &grant, &asked));
    ck_assert_int_eq(renewal_of(&asked)->result, expected);
    return tokens_asked(rig->base) > before_n;
}

/* For the maximum number of calls, from this number on. */
static void ask_for_many(struct renewal_rig *rig, unsigned first)
{
    struct asked asked[SP_RENEWALS_MAX];
    char subs[SP_RENEWALS_MAX][16];
    struct sp_refresh_grant grant = grant_of("first", ISSUER_NOW_S - 100);
    for (unsigned i = 0; i < SP_RENEWALS_MAX; i++) {
        snprintf(subs[i], sizeof subs[i], "user-%u", first + i);
        ck_assert_ptr_null(begin_for(rig, subs[i], &grant, &asked[i]));
    }
    for (unsigned i = 0; i < SP_RENEWALS_MAX; i++) {
        (void)renewal_of(&asked[i]);
        renewal_done(&asked[i]);
    }
}

SP_TEST(as_many_results_are_kept_as_may_be_and_the_oldest_goes)
{
    RENEWAL_RIG rig = renewal_rig_new();
    http_route(rig->base->it->server, "/token", "400 Bad Request",
               "{\"error\":\"invalid_grant\"}");        /* kept longest */
    ck_assert(asks_issuer(rig, 0, SP_RENEWAL_REFUSED)); /* alone, for a known order */
    for (unsigned i = 0; i < SP_RENEWAL_KEPT_N; i += SP_RENEWALS_MAX) {
        ask_for_many(rig, i);
    }
    ck_assert(!asks_issuer(rig, 0, SP_RENEWAL_REFUSED));
    ck_assert(asks_issuer(rig, SP_RENEWAL_KEPT_N, SP_RENEWAL_REFUSED));
    ck_assert(!asks_issuer(rig, 1, SP_RENEWAL_REFUSED));
    ck_assert(asks_issuer(rig, 0, SP_RENEWAL_REFUSED));
}
SP_TEST_END

/* A claim of `filler_len` bytes, which is in the ID token and in the saved claims. */
static void serve_user(struct renewal_rig *rig, unsigned number, size_t filler_len)
{
    char *claims = malloc(filler_len + 64);
    int len = snprintf(claims, 64, ",\"sub\":\"user-%u\",\"filler\":\"", number);
    memset(claims + len, 'x', filler_len);
    memcpy(claims + len + (int)filler_len, "\"", 2);
    serve_renewal(rig, "second", claims);
    free(claims);
}

SP_TEST(all_that_is_kept_of_users_stays_in_its_room_when_it_is_full)
{
    enum { FILLER_LEN = 100000, USERS_N = 2 * SP_RENEWAL_KEPT_BYTES_MAX / FILLER_LEN };
    size_t before = mallinfo2().uordblks;
    RENEWAL_RIG rig = renewal_rig_new();
    size_t empty = mallinfo2().uordblks - before;
    char token[SP_GRANTS_BYTES_MAX / SP_GRANTS_MAX_N + 1];
    memset(token, '!', sizeof token - 1); /* which cannot be compressed */
    token[sizeof token - 1] = '\0';
    for (unsigned i = 0; i < SP_GRANTS_MAX_N; i++) {
        char sub[16];
        snprintf(sub, sizeof sub, "other-%u", i);
        struct sp_refresh_grant grant = grant_of(token, ISSUER_NOW_S);
        sp_renewals_note_login(rig->renewals, sp_str_from_c(sub), &grant);
    }
    for (unsigned i = 0; i < USERS_N; i++) {
        serve_user(rig, i, FILLER_LEN);
        ck_assert(asks_issuer(rig, i, SP_RENEWAL_RENEWED));
    }
    size_t kept = mallinfo2().uordblks - before;
    ck_assert_msg(kept < ALL_BYTES_MAX, "%zu bytes, of them %zu when empty", kept, empty);
    ck_assert(!asks_issuer(rig, USERS_N - 1, SP_RENEWAL_RENEWED));
    serve_user(rig, 0, 1);
    ck_assert(asks_issuer(rig, 0, SP_RENEWAL_RENEWED));
}
SP_TEST_END

SP_TEST(a_result_is_forgotten_when_nobody_may_get_it_any_more)
{
    enum { FILLER_LEN = 100000 };
    RENEWAL_RIG rig = renewal_rig_new();
    for (unsigned i = 0; i < 2; i++) {
        serve_user(rig, i, FILLER_LEN);
        ck_assert(asks_issuer(rig, i, SP_RENEWAL_RENEWED));
        serve_user(rig, i, 1);
        size_t kept = mallinfo2().uordblks;
        clock_move_ms(KEPT_S * 1000);
        WAIT_FOR(mallinfo2().uordblks + FILLER_LEN < kept || kept == 0); /* 0: a sanitizer's allocator */
    }
}
SP_TEST_END

/* Renewed, and redirected with the new cookie; the session that comes back with it. */
static struct sp_session *send_cookie(struct renewal_rig *rig, unsigned number, const char *sub,
                                      struct sp_buf *texts)
{
    struct sp_session *session = calloc(1, sizeof *session);
    session->id[0] = (uint8_t)number;
    session->issued_s = ISSUER_NOW_S - 100;
    sp_renewals_note_sent(rig->renewals, session, SP_STR("app.test"), SP_STR("/"), false, ISSUER_NOW_S);
    RENEWAL asked = {.wait = {.mailbox = own_mailbox(), .owner = sp_str_from_c(sub)}};
    asked.wait.message.deliver = on_delivered;
    struct sp_refresh_grant grant = grant_of("first", ISSUER_NOW_S - 100);
    ck_assert_ptr_null(sp_renewals_begin(rig->renewals, asked.wait.owner, &grant, &asked.wait));
    sp_buf_init(texts, 4096);
    ck_assert_int_eq(sp_refresh_grant_copy(&renewal_of(&asked)->grant, texts, &session->grant), SP_OK);
    session->issued_s = ISSUER_NOW_S;
    session->profile.sub = sp_str_from_c(sub);
    return session;
}

SP_TEST(a_result_whose_cookie_came_back_goes_before_those_whose_did_not)
{
    enum { LOST, SEEN, GIVEN_AGAIN, OLD, RENEWED_N };
    static const char *const subs[] = {"user-0", "user-1", "user-2", "user-3"};
    RENEWAL_RIG rig = renewal_rig_new();
    for (unsigned i = 0; i < RENEWED_N; i++) {
        serve_user(rig, i, 1);
        SP_BUF_SCOPED struct sp_buf texts;
        struct sp_session *session = send_cookie(rig, i, subs[i], &texts);
        session->issued_s -= i == OLD ? 3600 : 0; /* which is older than the renewed one */
        if (i != LOST) {
            ck_assert(sp_renewals_note_seen(rig->renewals, session) == (i != OLD));
            ck_assert(!sp_renewals_note_seen(rig->renewals, session));
        }
        free(session);
    }
    ck_assert(!asks_issuer(rig, GIVEN_AGAIN, SP_RENEWAL_RENEWED)); /* for another session of the user */
    http_route(rig->base->it->server, "/token", "400 Bad Request", "{\"error\":\"invalid_grant\"}");
    for (unsigned i = RENEWED_N; i < SP_RENEWALS_MAX; i++) {
        ck_assert(asks_issuer(rig, i, SP_RENEWAL_REFUSED));
    }
    for (unsigned i = SP_RENEWALS_MAX; i < SP_RENEWAL_KEPT_N; i += SP_RENEWALS_MAX) {
        ask_for_many(rig, i);
    }
    ck_assert(asks_issuer(rig, SP_RENEWAL_KEPT_N, SP_RENEWAL_REFUSED));
    ck_assert(!asks_issuer(rig, LOST, SP_RENEWAL_RENEWED)); /* also for another session */
    ck_assert(asks_issuer(rig, SP_RENEWAL_KEPT_N + 1, SP_RENEWAL_REFUSED));
    ck_assert(!asks_issuer(rig, GIVEN_AGAIN, SP_RENEWAL_RENEWED));
    ck_assert(asks_issuer(rig, SEEN, SP_RENEWAL_REFUSED));
    ck_assert(asks_issuer(rig, OLD, SP_RENEWAL_REFUSED)); /* the second one to be evicted */
}
SP_TEST_END

/* With ten groups, and a refresh token as long as Dex's. */
static void serve_ordinary(struct renewal_rig *rig, unsigned number)
{
    char claims[640];
    int len = snprintf(claims, sizeof claims, ",\"sub\":\"user-%u\",\"groups\":[\"ops\"", number);
    for (unsigned i = 0; i < 9; i++) {
        len += snprintf(claims + len, sizeof claims - (size_t)len, ",\"team-%u-of-the-operators\"", i);
    }
    ck_assert_int_lt(snprintf(claims + len, sizeof claims - (size_t)len, "]"), 2);
    serve_renewal(rig, "CjEKGQoHcmVmcmVzaBIOb2YgYSB1c2VyIG9mIERleBIZc2VjcmV0IG9mIHRoZSByZWZyZXNoIHRv",
                  claims);
}

SP_TEST(as_many_results_of_ordinary_size_fit_as_may_be_kept)
{
    enum { FIRST_N = 8, USERS_N = 64 };
    RENEWAL_RIG rig = renewal_rig_new();
    size_t before = 0;
    for (unsigned i = 0; i < FIRST_N + USERS_N; i++) {
        before = i == FIRST_N ? mallinfo2().uordblks : before;
        serve_ordinary(rig, i);
        ck_assert(asks_issuer(rig, i, SP_RENEWAL_RENEWED));
    }
    size_t of_one = (mallinfo2().uordblks - before) / USERS_N; /* with its token among the newest */
    ck_assert_msg(of_one <= SP_RENEWAL_KEPT_BYTES_MAX / SP_RENEWAL_KEPT_N, "%zu bytes", of_one);
}
SP_TEST_END

SP_SUITE("io/renewal_flights", as_many_results_are_kept_as_may_be_and_the_oldest_goes,
         a_result_is_forgotten_when_nobody_may_get_it_any_more,
         a_result_whose_cookie_came_back_goes_before_those_whose_did_not,
         all_that_is_kept_of_users_stays_in_its_room_when_it_is_full,
         as_many_results_of_ordinary_size_fit_as_may_be_kept)

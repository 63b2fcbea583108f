/* SPDX-License-Identifier: Apache-2.0 */
#include "session/revocations.h"

#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define LIFE_S 43200

static const char *const subs[] = {"ada", "bob", "cleo", "dan"};
static const char *const sids[] = {"", "s1", "s2"};

static struct sp_revocations *new_table(size_t max_n)
{
    ck_assert_int_eq(sp_random_init(), 0);
    struct prng prng = {5};
    struct sp_random random = prng_random(&prng);
    struct sp_revocations *table = sp_revocations_new(max_n, &random);
    ck_assert_ptr_nonnull(table);
    return table;
}

/* The session whose id is made from `n`. */
static struct sp_session session_of(size_t n, const char *sub, const char *sid, int64_t login_at_s)
{
    struct sp_session session = {.login_at_s = login_at_s, .issued_s = login_at_s};
    struct prng prng = {n};
    on_fill(&prng, session.id, sizeof session.id);
    session.expires_s = login_at_s + LIFE_S;
    session.profile.sub = sp_str_from_c(sub);
    session.profile.sid = sp_str_from_c(sid);
    return session;
}

static struct sp_revocation revocation_of(enum sp_revocation_kind kind, const struct sp_session *session,
                                          int64_t began_by_s)
{
    struct sp_revocation out = {.kind = kind,
                                .sub = session->profile.sub,
                                .sid = session->profile.sid,
                                .began_by_s = began_by_s,
                                .until_s = began_by_s + LIFE_S};
    memcpy(out.id, session->id, sizeof out.id);
    sp_session_label(session->id, out.label);
    return out;
}

static enum sp_revoked end_as(struct sp_revocations *table, enum sp_revocation_kind kind,
                              const struct sp_session *session)
{
    struct sp_revocation revocation = revocation_of(kind, session, session->login_at_s);
    return sp_revocations_add(table, &revocation, session->login_at_s);
}

SP_TEST(a_new_table_ends_nothing)
{
    struct sp_revocations *table = new_table(SP_REVOCATIONS_MAX_N);
    struct sp_session session = session_of(1, "ada", "s1", NOW_S);
    ck_assert(!sp_revocations_end(table, &session));
    ck_assert_uint_eq(sp_revocations_count(table), 0);
    ck_assert_int_eq(sp_revocations_not_before_s(table), 0);
    sp_revocations_free(table);
    sp_revocations_free(NULL);
}
SP_TEST_END

/* For ada's session and five others: which ones each kind ends. */
SP_TEST(each_kind_ends_what_it_names_and_nothing_else)
{
    struct sp_session sessions[] = {
        session_of(1, "ada", "s1", NOW_S), /* the one that is ended */
        session_of(2, "ada", "s1", NOW_S), /* of the same user and sid */
        session_of(3, "ada", "s2", NOW_S), session_of(4, "bob", "s1", NOW_S),
        session_of(5, "bob", "", NOW_S),   session_of(6, "ada", "s1", NOW_S + 1),
    };
    static const bool ended[SP_REVOCATION_KIND_COUNT][6] = {
        [SP_REVOCATION_SESSION] = {true, false, false, false, false, false},
        [SP_REVOCATION_LABEL] = {true, false, false, false, false, false},
        [SP_REVOCATION_USER] = {true, true, true, false, false, false},
        [SP_REVOCATION_SID] = {true, true, false, true, false, false},
        [SP_REVOCATION_USER_SID] = {true, true, false, false, false, false},
    };
    for (enum sp_revocation_kind kind = 0; kind < SP_REVOCATION_KIND_COUNT; kind++) {
        struct sp_revocations *table = new_table(SP_REVOCATIONS_MAX_N);
        ck_assert_int_eq(end_as(table, kind, &sessions[0]), SP_REVOKED_ADDED);
        ck_assert_int_eq(end_as(table, kind, &sessions[0]), SP_REVOKED_KNOWN);
        ck_assert_uint_eq(sp_revocations_count(table), 1);
        for (size_t i = 0; i < 6; i++) {
            ck_assert_msg(sp_revocations_end(table, &sessions[i]) == ended[kind][i], "kind %d, session %zu",
                          (int)kind, i);
        }
        sp_revocations_free(table);
    }
}
SP_TEST_END

SP_TEST(two_sessions_of_one_label_end_together)
{
    struct sp_revocations *table = new_table(SP_REVOCATIONS_MAX_N);
    struct sp_session one = session_of(1, "ada", "", NOW_S);
    struct sp_session other = session_of(2, "bob", "", NOW_S);
    memcpy(other.id, one.id, SP_SESSION_ID_LABEL_LEN / 2);
    ck_assert_int_eq(end_as(table, SP_REVOCATION_LABEL, &one), SP_REVOKED_ADDED);
    ck_assert(sp_revocations_end(table, &one) && sp_revocations_end(table, &other));
    sp_revocations_free(table);
}
SP_TEST_END

SP_TEST(a_later_time_of_the_same_takes_effect)
{
    struct sp_revocations *table = new_table(SP_REVOCATIONS_MAX_N);
    struct sp_session session = session_of(1, "ada", "", NOW_S + 10);
    struct sp_revocation revocation = revocation_of(SP_REVOCATION_USER, &session, NOW_S);
    ck_assert_int_eq(sp_revocations_add(table, &revocation, NOW_S), SP_REVOKED_ADDED);
    ck_assert(!sp_revocations_end(table, &session));
    revocation.began_by_s = NOW_S + 10;
    ck_assert_int_eq(sp_revocations_add(table, &revocation, NOW_S), SP_REVOKED_ADDED);
    ck_assert(sp_revocations_end(table, &session));
    revocation.began_by_s = NOW_S;
    ck_assert_int_eq(sp_revocations_add(table, &revocation, NOW_S), SP_REVOKED_KNOWN);
    ck_assert(sp_revocations_end(table, &session));
    ck_assert_uint_eq(sp_revocations_count(table), 1);
    sp_revocations_free(table);
}
SP_TEST_END

SP_TEST(an_entry_is_kept_as_long_as_what_it_ends_could_live)
{
    struct sp_revocations *table = new_table(SP_REVOCATIONS_MAX_N);
    struct sp_session old = session_of(1, "ada", "", NOW_S);
    struct sp_session other = session_of(2, "bob", "", NOW_S + LIFE_S - 1);
    ck_assert_int_eq(end_as(table, SP_REVOCATION_SESSION, &old), SP_REVOKED_ADDED);
    ck_assert_int_eq(end_as(table, SP_REVOCATION_SESSION, &other), SP_REVOKED_ADDED);
    ck_assert(sp_revocations_end(table, &old));
    struct sp_session last = session_of(3, "cleo", "", NOW_S + LIFE_S + 60);
    ck_assert_int_eq(end_as(table, SP_REVOCATION_SESSION, &last), SP_REVOKED_ADDED);
    ck_assert_uint_eq(sp_revocations_count(table), 2); /* the first has expired */
    ck_assert(sp_revocations_end(table, &other));
    sp_revocations_free(table);
}
SP_TEST_END

SP_TEST(an_entry_of_a_user_lives_as_long_as_what_it_stands_for)
{
    struct sp_revocations *table = new_table(SP_REVOCATIONS_MAX_N);
    struct sp_session session = session_of(1, "ada", "", NOW_S);
    struct sp_revocation user = revocation_of(SP_REVOCATION_USER, &session, NOW_S);
    user.until_s = NOW_S + 10;
    ck_assert_int_eq(sp_revocations_add(table, &user, NOW_S), SP_REVOKED_ADDED);
    ck_assert_int_eq(end_as(table, SP_REVOCATION_SESSION, &session), SP_REVOKED_KNOWN);
    struct sp_session other = session_of(2, "bob", "", NOW_S + 100);
    ck_assert_int_eq(end_as(table, SP_REVOCATION_SESSION, &other), SP_REVOKED_ADDED);
    ck_assert(sp_revocations_end(table, &session));
    sp_revocations_free(table);
}
SP_TEST_END

SP_TEST(more_than_32_entries_of_a_user_become_one_that_ends_all_up_to_the_newest)
{
    struct sp_revocations *table = new_table(SP_REVOCATIONS_MAX_N);
    for (size_t i = 0; i < SP_REVOCATIONS_USER_MAX; i++) {
        struct sp_session session = session_of(i, "ada", "", NOW_S + (int64_t)i);
        ck_assert_int_eq(end_as(table, SP_REVOCATION_SESSION, &session), SP_REVOKED_ADDED);
    }
    struct sp_session bob = session_of(100, "bob", "", NOW_S);
    struct sp_session unharmed = session_of(101, "ada", "", NOW_S + 31);
    ck_assert(!sp_revocations_end(table, &unharmed));
    ck_assert_uint_eq(sp_revocations_count(table), SP_REVOCATIONS_USER_MAX);

    struct sp_session further = session_of(102, "ada", "", NOW_S + 5);
    ck_assert_int_eq(end_as(table, SP_REVOCATION_SESSION, &further), SP_REVOKED_JOINED);
    ck_assert_uint_eq(sp_revocations_count(table), 1);
    ck_assert(sp_revocations_end(table, &unharmed)); /* it began no later than the newest dropped entry */
    ck_assert(!sp_revocations_end(table, &bob));
    struct sp_session later = session_of(103, "ada", "", NOW_S + 32);
    ck_assert(!sp_revocations_end(table, &later));
    sp_revocations_free(table);
}
SP_TEST_END

/* Nobody knows whose those are, so they count only towards the total. */
SP_TEST(entries_without_a_user_are_counted_against_the_whole_only)
{
    struct sp_revocations *table = new_table(SP_REVOCATIONS_MAX_N);
    for (size_t i = 0; i < 2 * SP_REVOCATIONS_USER_MAX; i++) {
        struct sp_session session = session_of(i, "", "", NOW_S);
        ck_assert_int_eq(end_as(table, SP_REVOCATION_LABEL, &session), SP_REVOKED_ADDED);
    }
    ck_assert_uint_eq(sp_revocations_count(table), 2 * SP_REVOCATIONS_USER_MAX);
    sp_revocations_free(table);
}
SP_TEST_END

/* Without a user; otherwise all entries are counted for each. */
SP_TEST(ac_70_a_full_table_forgets_nothing)
{
    struct sp_revocations *table = new_table(SP_REVOCATIONS_MAX_N);
    for (size_t i = 0; i <= SP_REVOCATIONS_MAX_N; i++) {
        struct sp_session session = session_of(i, "", "", NOW_S + (int64_t)(i / 64));
        enum sp_revoked revoked = end_as(table, SP_REVOCATION_SESSION, &session);
        ck_assert_int_eq(revoked, i < SP_REVOCATIONS_MAX_N ? SP_REVOKED_ADDED : SP_REVOKED_FULL);
        ck_assert_uint_le(sp_revocations_count(table), SP_REVOCATIONS_MAX_N);
    }
    int64_t not_before_s = sp_revocations_not_before_s(table);
    ck_assert_int_ge(not_before_s, NOW_S);
    ck_assert_int_le(not_before_s, NOW_S + SP_REVOCATIONS_MAX_N / 64 / 8 + 1); /* an eighth was dropped */
    for (size_t i = 0; i <= SP_REVOCATIONS_MAX_N; i++) {
        struct sp_session session = session_of(i, "", "", NOW_S + (int64_t)(i / 64));
        ck_assert(sp_revocations_end(table, &session));
    }
    struct sp_session after = session_of(7, "eve", "", not_before_s + 1);
    after.id[0] ^= 1;
    ck_assert(!sp_revocations_end(table, &after));
    after.login_at_s = not_before_s;
    ck_assert(sp_revocations_end(table, &after));
    sp_revocations_free(table);
}
SP_TEST_END

SP_TEST(the_bound_never_goes_back)
{
    struct sp_revocations *table = new_table(SP_REVOCATIONS_MAX_N);
    ck_assert_int_eq(sp_revocations_raise(table, NOW_S), SP_REVOKED_ADDED);
    ck_assert_int_eq(sp_revocations_raise(table, NOW_S), SP_REVOKED_KNOWN);
    ck_assert_int_eq(sp_revocations_raise(table, NOW_S - 1), SP_REVOKED_KNOWN);
    ck_assert_int_eq(sp_revocations_not_before_s(table), NOW_S);
    sp_revocations_free(table);
}
SP_TEST_END

/* ---- against a model: a list of everything that was ever revoked -------------------------------------- */

#define SAID_MAX 4000

static bool model_ends(const struct sp_revocation *said, size_t said_n, const struct sp_session *session)
{
    for (size_t i = 0; i < said_n; i++) {
        char label[SP_SESSION_ID_LABEL_LEN];
        sp_session_label(session->id, label);
        bool user = sp_str_equal(said[i].sub, session->profile.sub);
        bool sid = said[i].sid.len > 0 && sp_str_equal(said[i].sid, session->profile.sid);
        const bool named[SP_REVOCATION_KIND_COUNT] = {
            [SP_REVOCATION_SESSION] = memcmp(said[i].id, session->id, sizeof session->id) == 0,
            [SP_REVOCATION_LABEL] = memcmp(said[i].label, label, sizeof label) == 0,
            [SP_REVOCATION_USER] = user,
            [SP_REVOCATION_SID] = sid,
            [SP_REVOCATION_USER_SID] = user && sid,
        };
        if (named[said[i].kind] && session->login_at_s <= said[i].began_by_s) {
            return true;
        }
    }
    return false;
}

static struct sp_session random_session(struct prng *prng, int64_t now_s)
{
    size_t n = prng_below(prng, 60); /* a session always belongs to the same user */
    return session_of(n, subs[n % 4], sids[prng_below(prng, 3)], now_s - (int64_t)prng_below(prng, 300));
}

/* A revocation is never forgotten while a session covered by it could live. As long as the table had room,
 * nothing else is revoked. */
static void run_against_model(uint64_t seed, size_t max_n, bool is_exact)
{
    struct prng prng = {seed};
    struct sp_revocations *table = new_table(max_n);
    struct sp_revocation *said = calloc(SAID_MAX, sizeof *said);
    bool joined = false;
    int64_t now_s = NOW_S;
    for (size_t said_n = 0; said_n < SAID_MAX;) {
        now_s += (int64_t)prng_below(&prng, 40);
        struct sp_session session = random_session(&prng, now_s);
        enum sp_revocation_kind kind = (enum sp_revocation_kind)prng_below(&prng, SP_REVOCATION_KIND_COUNT);
        said[said_n] = revocation_of(kind, &session, now_s - (int64_t)prng_below(&prng, 200));
        said[said_n].until_s = said[said_n].began_by_s + 3000;
        enum sp_revoked revoked = sp_revocations_add(table, &said[said_n++], now_s);
        joined = joined || revoked == SP_REVOKED_JOINED || revoked == SP_REVOKED_FULL;
        ck_assert_uint_le(sp_revocations_count(table), max_n);
        for (size_t n = 0; n < 4; n++) {
            session = random_session(&prng, now_s);
            bool over = model_ends(said, said_n, &session);
            bool found = sp_revocations_end(table, &session);
            ck_assert_msg(found || !over, "forgotten after %zu", said_n);
            ck_assert_msg(over || !found || joined, "ended by nobody after %zu", said_n);
        }
    }
    ck_assert_msg(is_exact != joined, "the case that was meant did not come");
    free(said);
    sp_revocations_free(table);
}

SP_TEST(random_revocations_end_what_the_model_ends)
{
    run_against_model(3, SP_REVOCATIONS_MAX_N, true);
    run_against_model(4, 20, false);
    run_against_model(6, 1, false);
}
SP_TEST_END

/* ---- many threads -------------------------------------------------------------------------------------- */

#define READERS_N 3
#define ENDED_N   4000

struct race {
    struct sp_revocations *table;
    atomic_size_t ended_n; /* sessions found revoked before their revocation */
    atomic_bool is_over;
};

static void *look_up(void *context)
{
    struct race *race = context;
    struct prng prng = {9};
    struct sp_session unharmed = session_of(ENDED_N + 1, "zoe", "", NOW_S + 2 * ENDED_N);
    while (!atomic_load(&race->is_over)) {
        size_t n = atomic_load(&race->ended_n);
        if (n > 0) {
            size_t i = prng_below(&prng, n);
            struct sp_session session = session_of(i, subs[i % 4], "", NOW_S + (int64_t)i);
            ck_assert(sp_revocations_end(race->table, &session));
        }
        ck_assert(!sp_revocations_end(race->table, &unharmed));
    }
    return NULL;
}

SP_TEST(what_is_ended_is_over_for_every_thread_while_the_table_grows_and_drops)
{
    struct race race = {.table = new_table(1000)};
    pthread_t readers[READERS_N];
    for (size_t i = 0; i < READERS_N; i++) {
        ck_assert_int_eq(pthread_create(&readers[i], NULL, look_up, &race), 0);
    }
    for (size_t i = 0; i < ENDED_N; i++) {
        struct sp_session session = session_of(i, subs[i % 4], "", NOW_S + (int64_t)i);
        struct sp_revocation revocation = revocation_of(SP_REVOCATION_SESSION, &session, session.login_at_s);
        revocation.sub = SP_STR_NONE;
        (void)!sp_revocations_add(race.table, &revocation, NOW_S + (int64_t)i);
        atomic_store(&race.ended_n, i + 1);
    }
    atomic_store(&race.is_over, true);
    for (size_t i = 0; i < READERS_N; i++) {
        ck_assert_int_eq(pthread_join(readers[i], NULL), 0);
    }
    sp_revocations_free(race.table);
}
SP_TEST_END

SP_SUITE("revocations", a_new_table_ends_nothing, each_kind_ends_what_it_names_and_nothing_else,
         two_sessions_of_one_label_end_together, a_later_time_of_the_same_takes_effect,
         an_entry_is_kept_as_long_as_what_it_ends_could_live,
         an_entry_of_a_user_lives_as_long_as_what_it_stands_for,
         more_than_32_entries_of_a_user_become_one_that_ends_all_up_to_the_newest,
         entries_without_a_user_are_counted_against_the_whole_only, ac_70_a_full_table_forgets_nothing,
         the_bound_never_goes_back, random_revocations_end_what_the_model_ends,
         what_is_ended_is_over_for_every_thread_while_the_table_grows_and_drops)

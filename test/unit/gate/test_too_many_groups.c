/* SPDX-License-Identifier: Apache-2.0 */

/* The result of a login whose groups do not fit into a session or a cookie. */

#include "redeem.h"

/* A JSON array of `n` groups of `len` bytes each. */
static const char *groups_of(size_t n, int len)
{
    static char list[TEXT_LEN_MAX];
    size_t at = (size_t)snprintf(list, sizeof list, "{\"groups\":[");
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(list + at, sizeof list - at, "%s\"%0*zu\"", i > 0 ? "," : "", len, i);
    }
    snprintf(list + at, sizeof list - at, "]}");
    return list;
}

static void need_all_groups(struct fixture *f)
{
    ((struct sp_config *)(uintptr_t)f->snapshot->config)->groups_mark = 0;
}

SP_TEST(ac_26_groups_that_no_cookie_can_hold_are_reduced_to_those_that_rules_name)
{
    FIXTURE f =
        fixture_new("policies: {default: [{action: deny, group: \"0000000000000000000000000000000000189\"}, "
                    "{action: allow}]}");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    static const size_t counts[] = {190, SP_SESSION_GROUPS_MAX_N + 1};
    for (size_t i = 0; i < 2; i++) {
        struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
        struct sp_transaction *t = complete_with(f, waiting_of(f, &begun), &signer, groups_of(counts[i], 37));
        ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
        const char *log = take_log(f);
        ck_assert_contains(log, "\"level\":\"warn\",\"event\":\"login_completed\"");
        ck_assert_contains(log, text("\"groups\":1,\"groups_unusable\":0,\"groups_not_kept\":0,"
                                     "\"groups_of_token\":%zu,\"detail\":\"The session has 1 of %zu groups",
                                     counts[i], counts[i]));
        ck_assert_contains(log, "groups_keep");
        const char *cookie = text("Cookie: %s\r\n", pair_of(nth_field(&t->answer, "Set-Cookie", 0)));
        t = ASK(f, .uri = "/x", .lines = cookie);
        ck_assert_answer(t, 403, SP_REASON_POLICY_DENIED);
        ck_assert_uint_eq(t->selection.session->profile.groups_n, 1);
    }
}
SP_TEST_END

SP_TEST(a_session_that_does_not_fit_a_cookie_is_told_with_the_cure)
{
    FIXTURE f = fixture_new("");
    need_all_groups(f);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    for (int len = 20; len < 80; len += 1) {
        struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
        struct sp_transaction *t = complete_with(f, waiting_of(f, &begun), &signer, groups_of(50, len));
        if (t->answer.status == 302) {
            struct sp_str line = nth_field(&t->answer, "Set-Cookie", 0);
            ck_assert_uint_lt(sp_str_find(line, ';'), 4096);
            continue;
        }
        ck_assert_answer(t, 500, SP_REASON_SESSION_TOO_LARGE);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
        ck_assert_contains(body_of(t), "groups_keep");
        const char *log = take_log(f);
        ck_assert_contains(log, "50 groups");
        ck_assert_contains(log, "groups_keep");
        const char *decision = strstr(log, "\"event\":\"decision\"");
        ck_assert_ptr_nonnull(decision);
        ck_assert_contains(decision, "groups_keep");
        ck_assert_int_gt(len, 45);
        return;
    }
    ck_abort_msg("it always fits");
}
SP_TEST_END

SP_TEST(more_groups_than_a_session_holds_are_told_with_the_cure)
{
    FIXTURE f = fixture_new("");
    need_all_groups(f);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    struct sp_transaction *t =
        complete_with(f, waiting_of(f, &begun), &signer, groups_of(SP_SESSION_GROUPS_MAX_N, 3));
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    t = complete_with(f, waiting_of(f, &begun), &signer, groups_of(SP_SESSION_GROUPS_MAX_N + 1, 3));
    ck_assert_answer(t, 500, SP_REASON_SESSION_TOO_LARGE);
    ck_assert_contains(take_log(f),
                       "257 groups; a session holds 256: name the groups to keep in groups_keep");
    /* also where the name is a claim that would have been kept after the groups */
    FIXTURE upn = fixture_new("username_claim: upn");
    need_all_groups(upn);
    begun = begun_by(upn, ASK(upn, .lines = NAVIGATION));
    const char *changes = groups_of(SP_SESSION_GROUPS_MAX_N + 1, 3);
    changes = text("{\"upn\":\"ada\",%s", changes + 1);
    t = complete_with(upn, waiting_of(upn, &begun), &signer, changes);
    ck_assert_answer(t, 500, SP_REASON_SESSION_TOO_LARGE);
}
SP_TEST_END

SP_SUITE("gate/too_many_groups", ac_26_groups_that_no_cookie_can_hold_are_reduced_to_those_that_rules_name,
         a_session_that_does_not_fit_a_cookie_is_told_with_the_cure,
         more_groups_than_a_session_holds_are_told_with_the_cure)

/* SPDX-License-Identifier: Apache-2.0 */
#include "session/bearers.h"

#include "../suite.h"

#include <stdio.h>

#define NOW_S 1700000000

static void bearers_free(struct sp_bearers **bearers)
{
    sp_bearers_free(*bearers);
}

#define BEARERS __attribute__((cleanup(bearers_free))) struct sp_bearers *

static struct sp_bearer *find(struct sp_bearers *bearers, const char *token, int64_t now_s)
{
    return sp_bearers_find(bearers, sp_str_from_c(token), now_s);
}

static struct sp_bearer *keep(struct sp_bearers *bearers, const char *token, const struct sp_profile *profile)
{
    return sp_bearers_keep(bearers, sp_str_from_c(token), profile, NOW_S - 10, NOW_S + 10, NOW_S + 10);
}

static struct sp_bearer *keep_short(struct sp_bearers *bearers, size_t number)
{
    static struct sp_profile profile;
    char token[32];
    snprintf(token, sizeof token, "token-%zu", number);
    profile.sub = SP_STR("ada");
    return keep(bearers, token, &profile);
}

static bool finds(struct sp_bearers *bearers, size_t number)
{
    char token[32];
    snprintf(token, sizeof token, "token-%zu", number);
    return find(bearers, token, NOW_S) != NULL;
}

SP_TEST(what_is_kept_is_a_copy_of_its_own)
{
    BEARERS bearers = sp_bearers_new();
    char texts[] = "iss-sub-sid-mail-name-nick-claim-value-g1-g2";
    struct sp_profile profile = {
        .email_verified = SP_EMAIL_VERIFIED_YES,
        .issuer = {texts, 3},
        .sub = {texts + 4, 3},
        .sid = {texts + 8, 3},
        .email = {texts + 12, 4},
        .groups_mark = 7,
        .facts_mark = 9,
        .facts = {1, 2},
    };
    ck_assert_int_eq(
        sp_profile_add_claim(&profile, (struct sp_str){texts + 27, 5}, (struct sp_str){texts + 33, 5}),
        SP_OK);
    ck_assert_int_eq(sp_profile_add_group(&profile, (struct sp_str){texts + 39, 2}), SP_OK);
    ck_assert_int_eq(sp_profile_add_group(&profile, (struct sp_str){texts + 42, 2}), SP_OK);
    struct sp_bearer *kept = keep(bearers, "a.b.c", &profile);
    ck_assert_ptr_nonnull(kept);
    memset(texts, 'x', sizeof texts);
    memset(&profile, 0xa5, sizeof profile);
    const struct sp_bearer *found = find(bearers, "a.b.c", NOW_S);
    ck_assert_ptr_eq(found, kept);
    ck_assert_int_eq(found->issued_s, NOW_S - 10);
    ck_assert_int_eq(found->expires_s, NOW_S + 10);
    ck_assert_uint_eq(found->note.subject, 0);
    ck_assert_str_view(found->profile.issuer, "iss");
    ck_assert_str_view(found->profile.sub, "sub");
    ck_assert_str_view(found->profile.sid, "sid");
    ck_assert_str_view(found->profile.email, "mail");
    ck_assert_uint_eq(found->profile.name.len, 0);
    ck_assert_int_eq(found->profile.email_verified, SP_EMAIL_VERIFIED_YES);
    ck_assert_uint_eq(found->profile.groups_mark, 7);
    ck_assert_uint_eq(found->profile.facts_mark, 9);
    ck_assert_uint_eq(found->profile.facts[1], 2);
    ck_assert_str_view(sp_profile_claim(&found->profile, SP_STR("claim")), "value");
    ck_assert_uint_eq(found->profile.groups_n, 2);
    ck_assert_str_view(found->profile.groups[0], "g1");
    ck_assert_str_view(found->profile.groups[1], "g2");
    for (size_t i = 0; i < SP_BEARER_LABEL_LEN; i++) {
        ck_assert_int_ge(sp_ascii_hex_value(found->label[i]), 0);
    }
}
SP_TEST_END

SP_TEST(ac_65_a_token_that_differs_anywhere_is_another)
{
    BEARERS bearers = sp_bearers_new();
    struct sp_profile profile = {.sub = SP_STR("ada")};
    char token[] = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl";
    ck_assert_ptr_nonnull(keep(bearers, token, &profile));
    for (size_t i = 0; i < strlen(token); i++) {
        for (unsigned bit = 0; bit < 7; bit++) {
            token[i] = (char)(token[i] ^ (1 << bit));
            ck_assert(token[i] == '\0' || find(bearers, token, NOW_S) == NULL);
            token[i] = (char)(token[i] ^ (1 << bit));
        }
    }
    for (size_t len = 0; len < strlen(token); len++) {
        ck_assert_ptr_null(sp_bearers_find(bearers, (struct sp_str){token, len}, NOW_S));
    }
    ck_assert_ptr_nonnull(find(bearers, token, NOW_S));
}
SP_TEST_END

SP_TEST(ac_65_a_token_is_found_until_it_expires)
{
    BEARERS bearers = sp_bearers_new();
    struct sp_profile profile = {.sub = SP_STR("ada")};
    ck_assert_ptr_nonnull(keep(bearers, "a", &profile));
    ck_assert_ptr_nonnull(find(bearers, "a", NOW_S + 9));
    ck_assert_ptr_null(find(bearers, "a", NOW_S + 10));
    ck_assert_ptr_null(find(bearers, "a", NOW_S)); /* forgotten, even by a clock that is set back */
    const struct sp_bearer *kept = sp_bearers_keep(bearers, SP_STR("b"), &profile, NOW_S, NOW_S + 10, 0);
    ck_assert_ptr_nonnull(kept);
    ck_assert_int_eq(kept->expires_s, NOW_S + 10);
    ck_assert_ptr_null(find(bearers, "b", NOW_S));
}
SP_TEST_END

SP_TEST(ac_65_as_many_are_remembered_as_there_is_room_for)
{
    BEARERS bearers = sp_bearers_new();
    for (size_t i = 0; i < SP_BEARERS_MAX_N; i++) {
        ck_assert_ptr_nonnull(keep_short(bearers, i));
    }
    ck_assert_uint_eq(sp_bearers_count(bearers), SP_BEARERS_MAX_N);
    for (size_t i = 0; i < SP_BEARERS_MAX_N; i++) {
        ck_assert(finds(bearers, i));
    }
    for (size_t i = 0; i < 1000; i++) {
        ck_assert(finds(bearers, 7)); /* a token in use stays */
        ck_assert_ptr_nonnull(keep_short(bearers, SP_BEARERS_MAX_N + i));
        ck_assert_uint_eq(sp_bearers_count(bearers), SP_BEARERS_MAX_N);
    }
}
SP_TEST_END

SP_TEST(ac_65_texts_take_a_bounded_room_together)
{
    enum { LEN = 48 * 1024 };
    BEARERS bearers = sp_bearers_new();
    char *text = malloc(LEN);
    ck_assert_ptr_nonnull(text);
    memset(text, 'g', LEN);
    static struct sp_profile profile;
    profile.sub = (struct sp_str){text, LEN};
    for (size_t i = 0; i < 100; i++) {
        char token[32];
        snprintf(token, sizeof token, "long-%zu", i);
        const struct sp_bearer *kept = keep(bearers, token, &profile);
        ck_assert_ptr_nonnull(kept);
        ck_assert_uint_eq(kept->profile.sub.len, LEN);
        ck_assert_uint_le(sp_bearers_count(bearers) * LEN, SP_BEARERS_TEXTS_MAX);
    }
    ck_assert_uint_eq(sp_bearers_count(bearers), SP_BEARERS_TEXTS_MAX / LEN);
    free(text);
}
SP_TEST_END

SP_TEST(what_nobody_asks_for_is_forgotten_and_so_is_everything_at_once)
{
    BEARERS bearers = sp_bearers_new();
    ck_assert_ptr_nonnull(keep_short(bearers, 1));
    ck_assert_ptr_nonnull(keep_short(bearers, 2));
    sp_bearers_age(bearers);
    ck_assert(finds(bearers, 2));
    sp_bearers_age(bearers);
    ck_assert(!finds(bearers, 1) && finds(bearers, 2));
    sp_bearers_clear(bearers);
    ck_assert(!finds(bearers, 2));
    ck_assert_uint_eq(sp_bearers_count(bearers), 0);
}
SP_TEST_END

SP_SUITE("bearers", what_is_kept_is_a_copy_of_its_own, ac_65_a_token_that_differs_anywhere_is_another,
         ac_65_a_token_is_found_until_it_expires, ac_65_as_many_are_remembered_as_there_is_room_for,
         ac_65_texts_take_a_bounded_room_together,
         what_nobody_asks_for_is_forgotten_and_so_is_everything_at_once)

/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/kept_session.h"

#include "redeem.h"

#define RENEWED "renew: true\nrenew_after: 1h\nrenew_grace: 15m\n"

/* A process that renews sessions, and a login whose token response has these additional members. */
struct scene {
    struct fixture *f;
    struct sp_renewals *renewals;
    struct sp_selection opened;
};

static struct scene *scene_new_with(const char *settings, const char *members, int64_t lives_s)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct fixture *f = scene->f = fixture_new(settings);
    const struct sp_renewals_use use = {.connections_max = 4096};
    scene->renewals = f->snapshot->config->renew ? sp_renewals_new(&use) : NULL;
    f->process.renewals = scene->renewals;

    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    struct waiting waiting = waiting_of(f, &begun);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT changes =
        text_format("{\"sid\":\"s1\",\"auth_time\":%d,\"exp\":%d,\"nonce\":\"%.*s\"}", (int)(NOW_S - 9),
                    (int)(NOW_S + lives_s), (int)sizeof waiting.login->nonce, waiting.login->nonce);
    SIGNER_TEXT token = issuer_id_token(&signer, "k", changes);
    SIGNER_TEXT body = text_format("{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS
                                   "\",\"id_token\":\"%s\"%s}",
                                   token, members);
    SIGNER_TEXT nonce = text_format("%.*s", (int)sizeof waiting.login->nonce, waiting.login->nonce);
    struct sp_transaction *t = complete_from(f, waiting, keyset, 200, body);
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    const char *pair = pair_of(nth_field(&t->answer, "Set-Cookie", 0));
    struct sp_str value = sp_str_from_c(strchr(pair, '=') + 1);
    struct sp_sealer sealer = sealer_of(f, HOST);
    sp_select_session(&sealer, &value, 1, &scene->opened);
    ck_assert_int_eq(scene->opened.kind, SP_SELECTION_VALID);
    uint8_t hash[SP_NONCE_HASH_LEN];
    ck_assert_int_eq(sp_nonce_hash(sp_str_from_c(nonce), hash), SP_OK);
    bool is_kept = scene->opened.session->grant.issued_s != 0;
    ck_assert(!is_kept || memcmp(scene->opened.session->grant.nonce_hash, hash, sizeof hash) == 0);
    return scene;
}

static struct scene *scene_new(const char *settings, const char *members)
{
    return scene_new_with(settings, members, 86400);
}

static void scene_free(struct scene **given)
{
    struct scene *scene = *given;
    fixture_free(&scene->f);
    sp_renewals_free(scene->renewals);
    free(scene);
}

#define SCENE __attribute__((cleanup(scene_free))) struct scene *

#define REFRESH ",\"refresh_token\":\"first\""

static void assert_due_between(const struct scene *scene, int64_t from_s, int64_t to_s)
{
    const struct sp_session *session = scene->opened.session;
    ck_assert_int_ge(session->renew_after_s, NOW_S + from_s);
    ck_assert_int_le(session->renew_after_s, NOW_S + to_s);
    ck_assert_int_eq(session->renew_by_s, session->renew_after_s + 900);
}

SP_TEST(a_login_keeps_its_refresh_token_and_what_belongs_to_it)
{
    SCENE scene = scene_new(RENEWED, REFRESH);
    const struct sp_session *session = scene->opened.session;
    ck_assert_str_view(session->grant.token, "first");
    ck_assert_str_view(session->grant.sid, "s1");
    ck_assert_int_eq(session->grant.auth_time_s, NOW_S - 9);
    ck_assert_int_gt(session->grant.issued_s, 0);
    assert_due_between(scene, 3600 - 180, 3600 + 180);
    ck_assert_lacks(take_log(scene->f), "offline_access");
}
SP_TEST_END

SP_TEST(a_login_without_one_makes_an_ordinary_session_and_the_log_names_the_scope)
{
    SCENE scene = scene_new(RENEWED, "");
    ck_assert_int_eq(scene->opened.session->renew_after_s, 0);
    ck_assert_int_eq(scene->opened.session->grant.issued_s, 0);
    ck_assert_contains(take_log(scene->f), "offline_access");
}
SP_TEST_END

SP_TEST(a_refresh_token_without_a_text_is_none)
{
    SCENE scene = scene_new(RENEWED, ",\"refresh_token\":\"\"");
    ck_assert_int_eq(scene->opened.session->renew_after_s, 0);
}
SP_TEST_END

SP_TEST(without_the_setting_no_refresh_token_is_kept)
{
    SCENE scene = scene_new("", REFRESH);
    ck_assert_int_eq(scene->opened.session->renew_after_s, 0);
    ck_assert_uint_eq(scene->opened.session->grant.token.len, 0);
    ck_assert_lacks(take_log(scene->f), "offline_access");
}
SP_TEST_END

SP_TEST(it_is_renewed_at_half_of_what_an_unused_refresh_token_lives)
{
    SCENE scene = scene_new(RENEWED, REFRESH ",\"refresh_expires_in\":1800");
    assert_due_between(scene, 900, 900);
    SCENE half = scene_new(RENEWED, REFRESH ",\"refresh_expires_in\":6000");
    assert_due_between(half, 3000, 3000);
    SCENE longer = scene_new(RENEWED, REFRESH ",\"refresh_expires_in\":86400");
    assert_due_between(longer, 3600 - 180, 3600 + 180);
    SCENE shortest = scene_new(RENEWED, REFRESH ",\"refresh_expires_in\":1");
    assert_due_between(shortest, 10, 10);
}
SP_TEST_END

SP_TEST(it_is_renewed_a_minute_before_an_id_token_ends_that_the_application_gets)
{
    static const char bound[] =
        RENEWED "strip_session_cookie: true\ncredentials:\n  - {set: bearer, host: " HOST
                ", path_prefix: /b, proxy_key_file: key, sessions: true}\n";
    SCENE scene = scene_new_with(bound, REFRESH, 1000);
    assert_due_between(scene, 940, 940);
    SCENE longer = scene_new_with(bound, REFRESH, 86400);
    assert_due_between(longer, 3600 - 180, 3600 + 180);
    SCENE shortest = scene_new_with(bound, REFRESH, 30);
    assert_due_between(shortest, 10, 10);
    SCENE unbound = scene_new_with(RENEWED, REFRESH, 1000);
    assert_due_between(unbound, 3600 - 180, 3600 + 180);
}
SP_TEST_END

SP_SUITE("gate/kept_session", a_login_keeps_its_refresh_token_and_what_belongs_to_it,
         a_login_without_one_makes_an_ordinary_session_and_the_log_names_the_scope,
         a_refresh_token_without_a_text_is_none, without_the_setting_no_refresh_token_is_kept,
         it_is_renewed_at_half_of_what_an_unused_refresh_token_lives,
         it_is_renewed_a_minute_before_an_id_token_ends_that_the_application_gets)

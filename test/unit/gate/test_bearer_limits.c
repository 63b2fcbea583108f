/* SPDX-License-Identifier: Apache-2.0 */

/* Bearer tokens with many groups or unusual claims, and those that are too long. */

#include "gate/bearer.h"

#include "bearer_rig.h"

/* ---- many groups --------------------------------------------------------------------------------------- */

/* The beginning of a JSON array of `groups_n` groups, to which one more can be added. */
static void groups_init(struct sp_buf *groups, size_t groups_n)
{
    sp_buf_init(groups, 20000);
    for (size_t i = 1; i <= groups_n; i++) {
        sp_buf_printf(groups, "\"g%zu\",", i);
    }
}

SP_TEST(more_groups_have_room_than_in_a_session_and_past_that_those_that_rules_name)
{
    RIG rig = rig_new(SETTINGS "policies:\n  default: [{action: deny, group: banned}, {action: allow}]\n");
    for (size_t more = 0; more < 2; more++) {
        SP_BUF_SCOPED struct sp_buf groups;
        groups_init(&groups, SP_PROFILE_GROUPS_MAX_N - 1 + more);
        SIGNER_TEXT token = issuer_id_token(
            &rig.signer, "k", text("{\"aud\":\"cluster-a\",\"groups\":[%s\"last\"]}", sp_buf_c_str(&groups)));
        const struct sp_transaction *t = ASK(rig.f, .lines = line_of(token));
        ck_assert_answer(t, 200, SP_REASON_NONE);
        ck_assert_uint_eq(count_fields(&t->answer, "X-Forwarded-Groups"), 1 - more);
        SIGNER_TEXT banned =
            issuer_id_token(&rig.signer, "k",
                            text("{\"aud\":\"cluster-a\",\"groups\":[%s\"banned\"]}", sp_buf_c_str(&groups)));
        ck_assert_answer(ASK(rig.f, .lines = line_of(banned)), 403, SP_REASON_POLICY_DENIED);
    }
}
SP_TEST_END

SP_TEST(rbac_refuses_whose_groups_are_not_all_known)
{
    RIG rig = rig_new(SETTINGS "policies:\n  default: [{action: deny, group: banned}, {action: rbac}]\n");
    for (size_t more = 0; more < 2; more++) {
        SP_BUF_SCOPED struct sp_buf groups;
        groups_init(&groups, SP_PROFILE_GROUPS_MAX_N - 1 + more);
        SIGNER_TEXT token = issuer_id_token(
            &rig.signer, "k", text("{\"aud\":\"cluster-a\",\"groups\":[%s\"last\"]}", sp_buf_c_str(&groups)));
        const struct sp_transaction *t = ASK(rig.f, .lines = line_of(token));
        if (more == 0) {
            ck_assert_answer(t, 503, SP_REASON_RBAC_UNAVAILABLE); /* RBAC was consulted */
        } else {
            ck_assert_answer(t, 403, SP_REASON_USER_NOT_REPRESENTABLE);
            ck_assert_contains(body_of(t), "Only some of your groups are known here");
        }
        SIGNER_TEXT banned =
            issuer_id_token(&rig.signer, "k",
                            text("{\"aud\":\"cluster-a\",\"groups\":[%s\"banned\"]}", sp_buf_c_str(&groups)));
        ck_assert_answer(ASK(rig.f, .lines = line_of(banned)), 403, SP_REASON_POLICY_DENIED);
    }
}
SP_TEST_END

#define IMPERSONATE "/auth/traefik?headers=impersonate"

/* The number of group lines that the API server gets; 0: the user is refused, because they do not fit. */
static size_t told_groups(struct bearer_rig *rig, const char *groups)
{
    SIGNER_TEXT token =
        issuer_id_token(&rig->signer, "k", text("{\"aud\":\"cluster-a\",\"groups\":[%s]}", groups));
    const struct sp_transaction *t = ASK(rig->f, .address = IMPERSONATE, .lines = line_of(token));
    if (t->answer.status == 200) {
        ck_assert_str_eq(field_of(t, "Impersonate-User"), "ada@example.com");
        return count_fields(&t->answer, "Impersonate-Group");
    }
    ck_assert_answer(t, 403, SP_REASON_USER_NOT_REPRESENTABLE);
    ck_assert_uint_eq(count_fields(&t->answer, "Impersonate-Group"), 0);
    return 0;
}

SP_TEST(ac_59_an_api_server_is_told_of_a_thousand_groups_and_of_no_part_of_more)
{
    RIG rig = rig_new(SETTINGS);
    SP_BUF_SCOPED struct sp_buf groups;
    sp_buf_init(&groups, 20000);
    sp_buf_append_c(&groups, "\"last\"");
    for (size_t i = 1; i < SP_PROFILE_GROUPS_MAX_N; i++) {
        sp_buf_printf(&groups, ",\"g%zu\"", i);
    }
    ck_assert_uint_eq(told_groups(&rig, sp_buf_c_str(&groups)), SP_PROFILE_GROUPS_MAX_N + 1);
    sp_buf_append_c(&groups, ",\"more\"");
    ck_assert_uint_eq(told_groups(&rig, sp_buf_c_str(&groups)), 0);
    ck_assert_contains(take_log(rig.f), "\"groups_of_token\":1001");
}
SP_TEST_END

SP_TEST(ac_59_an_api_server_is_told_of_as_many_bytes_as_an_answer_holds_and_of_no_part_of_more)
{
    enum { EACH_N = 900, PREFIX_LEN = 68 };
    RIG rig = rig_new(text(SETTINGS "groups_prefix: '%s'\n", repeat('p', PREFIX_LEN)));
    size_t others_len =
        strlen("ada@example.com") + strlen("system:authenticated") + EACH_N * (PREFIX_LEN + 4);
    size_t last_len = SP_ANSWER_TEXT_MAX - others_len - PREFIX_LEN;
    for (size_t more = 0; more < 2; more++) {
        SP_BUF_SCOPED struct sp_buf groups;
        sp_buf_init(&groups, 20000);
        sp_buf_printf(&groups, "\"%s\"", repeat('l', last_len + more));
        for (size_t i = 0; i < EACH_N; i++) {
            sp_buf_printf(&groups, ",\"g%03zu\"", i);
        }
        ck_assert_uint_eq(told_groups(&rig, sp_buf_c_str(&groups)), more == 0 ? EACH_N + 2 : 0);
    }
}
SP_TEST_END

/* ---- what is lost -------------------------------------------------------------------------------------- */

/* The line of a token whose payload also has a string of `pad_n` bytes; borrowed until the next call. */
static const char *padded(const struct bearer_rig *rig, size_t pad_n)
{
    static const char begin[] = "{\"aud\":\"cluster-a\",\"pad\":\"";
    static char claims[SP_BEARER_TOKEN_MAX];
    static char line[SP_HEAD_MAX];
    ck_assert_uint_lt(sizeof begin + pad_n + 2, sizeof claims);
    memcpy(claims, begin, sizeof begin);
    memset(claims + sizeof begin - 1, 'a', pad_n);
    memcpy(claims + sizeof begin - 1 + pad_n, "\"}", 3);
    SIGNER_TEXT token = issuer_id_token(&rig->signer, "k", claims);
    snprintf(line, sizeof line, "Authorization: Bearer %s\r\n", token);
    return line;
}

SP_TEST(a_token_that_is_too_long_to_be_read_is_refused_and_says_so)
{
    RIG rig = rig_new(SETTINGS);
    size_t line_max = strlen(line_of("")) + SP_BEARER_TOKEN_MAX;
    size_t pad_n = (line_max - strlen(padded(&rig, 0))) / 4 * 3 - 4;
    while (strlen(padded(&rig, pad_n + 1)) <= line_max) {
        pad_n++;
    }
    ck_assert_answer(ASK(rig.f, .lines = padded(&rig, pad_n)), 200, SP_REASON_NONE);
    const struct sp_transaction *t = ASK(rig.f, .lines = padded(&rig, pad_n + 1));
    ck_assert_answer(t, 401, SP_REASON_BEARER_INVALID);
    ck_assert_contains(body_of(t), SP_BEARER_TOO_LONG);
    ck_assert_contains(SP_BEARER_TOO_LONG, "Authorization");
    ck_assert_contains(SP_BEARER_TOO_LONG, "49152 bytes");
    ck_assert_contains(field_of(t, "WWW-Authenticate"), "error=\"invalid_token\"");
    ck_assert_contains(take_log(rig.f), "49152 bytes");
    ck_assert_uint_eq(counted(&rig, SP_BEARER_REFUSED), 1);
}
SP_TEST_END

SP_TEST(what_a_token_lacks_is_logged_when_it_is_verified_and_not_when_it_is_remembered)
{
    static const struct {
        const char *members;
        const char *logged;
    } cases[] = {
        {",\"groups\":7,\"team\":\"t\"", "\"groups\":0,\"groups_unusable\":0,\"groups_not_kept\":0,"
                                         "\"claims_malformed\":[\"groups\"]"},
        {",\"groups\":[\"ops\"],\"team\":[1]", "\"claims_malformed\":[\"team\"]"},
        {",\"groups\":[\"ops\",\" \",\"a\\u0001\"],\"team\":\"t\"", "\"groups\":1,\"groups_unusable\":2,"},
        {",\"groups\":[\"cn=a,dc=b\"],\"team\":\"t\"", "\"groups_with_comma\":1"},
        {",\"groups\":[\"ops\"]", "\"claims_missing\":[\"team\"]"},
    };
    RIG rig = rig_new(SETTINGS "headers: {own: {X-Team: team}}\npolicies:\n"
                               "  default: [{action: deny, group: banned}, {action: allow}]\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *line = header(&rig, cases[i].members);
        ck_assert_answer(ASK(rig.f, .lines = line), 200, SP_REASON_NONE);
        const char *log = take_log(rig.f);
        ck_assert_contains(log, "\"event\":\"bearer_incomplete\",\"request_id\":\"");
        ck_assert_contains(log, "\"user\":\"ada@example.com\",\"subject\":\"" ISSUER_SUB "\",\"bearer\":\"");
        ck_assert_contains(log, cases[i].logged);
        ck_assert_contains(log, i == 0 ? "\"level\":\"warn\"" : "\"level\":\"info\"");
        ck_assert_answer(ASK(rig.f, .lines = line), 200, SP_REASON_NONE);
        ck_assert_lacks(take_log(rig.f), "bearer_incomplete");
    }
    ck_assert_answer(ASK(rig.f, .lines = header(&rig, ",\"team\":\"t\"")), 200, SP_REASON_NONE);
    ck_assert_lacks(take_log(rig.f), "bearer_incomplete");
}
SP_TEST_END

SP_SUITE("gate/bearer_limits", more_groups_have_room_than_in_a_session_and_past_that_those_that_rules_name,
         rbac_refuses_whose_groups_are_not_all_known,
         ac_59_an_api_server_is_told_of_a_thousand_groups_and_of_no_part_of_more,
         ac_59_an_api_server_is_told_of_as_many_bytes_as_an_answer_holds_and_of_no_part_of_more,
         a_token_that_is_too_long_to_be_read_is_refused_and_says_so,
         what_a_token_lacks_is_logged_when_it_is_verified_and_not_when_it_is_remembered)

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/headers.h"

#include "material.h"

/* Collects `Name: value|` of all that is emitted. */
struct collection {
    char text[8192];
    size_t len;
};

static void on_header(void *context, struct sp_str name, struct sp_str value)
{
    struct collection *collection = context;
    int len = snprintf(collection->text + collection->len, sizeof collection->text - collection->len,
                       "%.*s: %.*s|", SP_STR_ARGS(name), SP_STR_ARGS(value));
    collection->len += (size_t)len;
    ck_assert_uint_lt(collection->len, sizeof collection->text);
}

static enum sp_error emit(const struct sp_header_set *set, const struct sp_identity *identity,
                          size_t scratch_len, struct collection *out)
{
    static char storage[4096];
    ck_assert_uint_le(scratch_len, sizeof storage);
    struct sp_buf scratch;
    sp_buf_init_fixed(&scratch, storage, scratch_len);
    *out = (struct collection){.len = 0};
    return sp_header_set_emit(set, identity, &scratch, on_header, out);
}

static void assert_emits(const struct sp_header_set *set, const struct sp_identity *identity,
                         const char *expected)
{
    struct collection collection;
    ck_assert_int_eq(emit(set, identity, 4096, &collection), SP_OK);
    ck_assert_str_eq(collection.text, expected);
}

static void assert_encoded(enum sp_header_encoding encoding, const struct sp_identity *identity,
                           const char *claim, enum sp_header_list list, const char *expected)
{
    char name[] = "X";
    char claim_text[64];
    snprintf(claim_text, sizeof claim_text, "%s", claim);
    struct sp_header_rule rule = {name, claim_text, list};
    struct sp_header_set set = {.encoding = encoding, .rules = &rule, .rules_n = 1};
    assert_emits(&set, identity, expected);
}

static void assert_claim(const struct sp_identity *identity, const char *claim, enum sp_header_list list,
                         const char *expected)
{
    assert_encoded(SP_HEADER_ENCODING_NONE, identity, claim, list, expected);
}

static struct sp_identity make_subject(const struct sp_profile *profile)
{
    return (struct sp_identity){profile, SP_STR("oidc:ada@example.com"), SP_STR("oidc:"),
                                SP_EMAIL_UNLESS_FALSE, NULL};
}

SP_TEST(the_built_in_sets_say_who_the_user_is)
{
    struct sp_profile profile = make_profile();
    add_group(&profile, "ops");
    add_group(&profile, "sre");
    struct sp_identity identity = make_subject(&profile);
    struct sp_header_set set;
    ck_assert_int_eq(sp_header_set_identity(&set), SP_OK);
    ck_assert_str_eq(set.name, "identity");
    assert_emits(&set, &identity,
                 "X-Forwarded-User: oidc:ada@example.com|X-Forwarded-Email: ada@example.com|"
                 "X-Forwarded-Groups: oidc:ops,oidc:sre|X-Forwarded-Preferred-Username: ada|");
    sp_header_set_done(&set);
    ck_assert_int_eq(sp_header_set_remote(&set), SP_OK);
    ck_assert_str_eq(set.name, "remote");
    assert_emits(&set, &identity,
                 "Remote-User: oidc:ada@example.com|Remote-Email: ada@example.com|"
                 "Remote-Groups: oidc:ops,oidc:sre|Remote-Name: Ada Lovelace|");
    sp_header_set_done(&set);
    sp_header_set_done(&set);
}
SP_TEST_END

SP_TEST(what_a_session_does_not_say_is_absent)
{
    struct sp_profile profile = {.issuer = SP_STR("https://a"), .sub = SP_STR("s")};
    struct sp_identity identity = {.profile = &profile, .user = SP_STR("s")};
    struct sp_header_set set;
    ck_assert_int_eq(sp_header_set_identity(&set), SP_OK);
    assert_emits(&set, &identity, "X-Forwarded-User: s|");
    sp_header_set_done(&set);
    assert_claim(&identity, "groups", SP_HEADER_LIST_JSON, "");
    assert_claim(&identity, "groups", SP_HEADER_LIST_REPEAT, "");
    assert_claim(&identity, "department", SP_HEADER_LIST_COMMA, "");
}
SP_TEST_END

SP_TEST(any_claim_can_become_a_header)
{
    struct sp_profile profile = make_profile();
    profile.sid = SP_STR("sid-1");
    ck_assert_int_eq(sp_profile_add_claim(&profile, SP_STR("department"), SP_STR("R&D \xc3\xa9")), SP_OK);
    struct sp_identity identity = make_subject(&profile);
    assert_claim(&identity, "user", SP_HEADER_LIST_COMMA, "X: oidc:ada@example.com|");
    assert_claim(&identity, "sub", SP_HEADER_LIST_COMMA, "X: CiQwOGE4Njg0Yg|");
    assert_claim(&identity, "subject", SP_HEADER_LIST_COMMA, "X: CiQwOGE4Njg0Yg|");
    assert_claim(&identity, "iss", SP_HEADER_LIST_COMMA, "X: https://dex.example.com/dex|");
    assert_claim(&identity, "sid", SP_HEADER_LIST_COMMA, "X: sid-1|");
    assert_claim(&identity, "department", SP_HEADER_LIST_COMMA, "X: R&D \xc3\xa9|");
}
SP_TEST_END

SP_TEST(ac_16_what_names_somebody_is_exact_or_absent)
{
    static const char *const unfit[] = {"a\r\nSet-Cookie: x", " a", "a ", "a\tb", "\xff", "a\xc2\x80"};
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        struct sp_profile profile = make_profile();
        struct sp_identity identity = make_subject(&profile);
        profile.email = profile.sub = profile.sid = sp_str_from_c(unfit[i]);
        ck_assert_int_eq(sp_profile_add_claim(&profile, SP_STR("upn"), sp_str_from_c(unfit[i])), SP_OK);
        assert_claim(&identity, "email", SP_HEADER_LIST_COMMA, "");
        assert_claim(&identity, "sub", SP_HEADER_LIST_COMMA, "");
        assert_claim(&identity, "sid", SP_HEADER_LIST_COMMA, "");
        assert_claim(&identity, "upn", SP_HEADER_LIST_COMMA, "");
    }
}
SP_TEST_END

SP_TEST(a_person_is_written_in_one_way_whatever_the_header_carries)
{
    static const char *const claims[] = {"user", "email", "name", "preferred_username", "upn"};
    static const struct {
        enum sp_header_encoding encoding;
        const char *value;
    } ways[] = {{SP_HEADER_ENCODING_NONE, "X: j\xc3\xb6rn 50%, \"+\\\"|"},
                {SP_HEADER_ENCODING_PERCENT, "X: j%C3%B6rn 50%25%2C %22%2B%5C%22|"},
                {SP_HEADER_ENCODING_BASE64, "X: asO2cm4gNTAlLCAiK1wi|"}};
    struct sp_profile profile = make_profile();
    struct sp_identity identity = make_subject(&profile);
    identity.user = profile.email = profile.name = profile.preferred_username =
        SP_STR("j\xc3\xb6rn 50%, \"+\\\"");
    ck_assert_int_eq(sp_profile_add_claim(&profile, SP_STR("upn"), identity.user), SP_OK);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        for (size_t k = 0; k < sizeof claims / sizeof claims[0]; k++) {
            assert_encoded(ways[i].encoding, &identity, claims[k], SP_HEADER_LIST_COMMA, ways[i].value);
        }
    }
}
SP_TEST_END

SP_TEST(ac_16_encoded_a_name_for_display_is_carried_whatever_it_holds_and_no_other_is)
{
    struct sp_profile profile = make_profile();
    struct sp_identity identity = make_subject(&profile);
    profile.name = profile.preferred_username = profile.sub = SP_STR("R\r\nX: y ");
    static const char *const display[] = {"name", "preferred_username"};
    for (size_t i = 0; i < 2; i++) {
        assert_claim(&identity, display[i], SP_HEADER_LIST_COMMA, "");
        assert_encoded(SP_HEADER_ENCODING_PERCENT, &identity, display[i], SP_HEADER_LIST_COMMA,
                       "X: R%0D%0AX: y%20|");
        assert_encoded(SP_HEADER_ENCODING_BASE64, &identity, display[i], SP_HEADER_LIST_COMMA,
                       "X: Ug0KWDogeSA=|");
    }
    assert_encoded(SP_HEADER_ENCODING_PERCENT, &identity, "sub", SP_HEADER_LIST_COMMA, "");
    assert_encoded(SP_HEADER_ENCODING_BASE64, &identity, "sub", SP_HEADER_LIST_COMMA, "");
    profile.name = SP_STR_NONE;
    assert_encoded(SP_HEADER_ENCODING_BASE64, &identity, "name", SP_HEADER_LIST_COMMA, "");
}
SP_TEST_END

SP_TEST(ac_26_the_elements_of_a_list_are_encoded_each_by_itself)
{
    struct sp_profile profile = make_profile();
    add_group(&profile, "CN=a,OU=\xc3\xa9");
    add_group(&profile, "b \"\\");
    add_group(&profile, "system:masters");
    struct sp_identity identity = make_subject(&profile);
    identity.groups_prefix = SP_STR("g:");
    const enum sp_header_encoding percent = SP_HEADER_ENCODING_PERCENT;
    const enum sp_header_encoding base64 = SP_HEADER_ENCODING_BASE64;
    assert_encoded(percent, &identity, "groups", SP_HEADER_LIST_COMMA,
                   "X: g:CN=a%2COU=%C3%A9,g:b %22%5C,g:system:masters|");
    assert_encoded(percent, &identity, "groups", SP_HEADER_LIST_JSON,
                   "X: [\"g:CN=a%2COU=%C3%A9\",\"g:b %22%5C\",\"g:system:masters\"]|");
    identity.groups_prefix = SP_STR_NONE;
    assert_encoded(percent, &identity, "groups", SP_HEADER_LIST_REPEAT, "X: CN=a%2COU=%C3%A9|X: b %22%5C|");
    assert_encoded(base64, &identity, "groups", SP_HEADER_LIST_COMMA, "X: Q049YSxPVT3DqQ==,YiAiXA==|");
    assert_encoded(base64, &identity, "groups", SP_HEADER_LIST_JSON,
                   "X: [\"Q049YSxPVT3DqQ==\",\"YiAiXA==\"]|");
    assert_encoded(base64, &identity, "groups", SP_HEADER_LIST_REPEAT, "X: Q049YSxPVT3DqQ==|X: YiAiXA==|");
}
SP_TEST_END

SP_TEST(ac_25_an_email_that_is_not_verified_is_absent)
{
    struct sp_profile profile = make_profile();
    struct sp_identity identity = make_subject(&profile);
    profile.email_verified = SP_EMAIL_VERIFIED_NO;
    assert_claim(&identity, "email", SP_HEADER_LIST_COMMA, "");
    assert_claim(&identity, "sub", SP_HEADER_LIST_COMMA, "X: CiQwOGE4Njg0Yg|");
    profile.email_verified = SP_EMAIL_VERIFIED_ABSENT;
    assert_claim(&identity, "email", SP_HEADER_LIST_COMMA, "X: ada@example.com|");
    identity.email_rule = SP_EMAIL_REQUIRED;
    assert_claim(&identity, "email", SP_HEADER_LIST_COMMA, "");
}
SP_TEST_END

SP_TEST(ac_26_lists_come_in_three_shapes_and_never_split_a_name)
{
    struct sp_profile profile = make_profile();
    static const char *const groups[] = {"ops",   "a,b",     "with \"quotes\" and \\", "x\r\ny", "",
                                         " edge", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        add_group(&profile, groups[i]);
    }
    struct sp_identity identity = make_subject(&profile);
    assert_claim(&identity, "groups", SP_HEADER_LIST_COMMA,
                 "X: oidc:ops,oidc:with \"quotes\" and \\,oidc:\xc3\xa9|");
    assert_claim(&identity, "groups", SP_HEADER_LIST_JSON,
                 "X: [\"oidc:ops\",\"oidc:a,b\",\"oidc:with \\\"quotes\\\" and \\\\\",\"oidc:\xc3\xa9\"]|");
    assert_claim(&identity, "groups", SP_HEADER_LIST_REPEAT,
                 "X: oidc:ops|X: oidc:a,b|X: oidc:with \"quotes\" and \\|X: oidc:\xc3\xa9|");
    add_group(&profile, "system:masters");
    identity.groups_prefix = SP_STR_NONE;
    assert_claim(&identity, "groups", SP_HEADER_LIST_COMMA, "X: ops,with \"quotes\" and \\,\xc3\xa9|");
}
SP_TEST_END

SP_TEST(ac_26_of_groups_that_are_not_all_there_is_no_list)
{
    struct sp_profile profile = make_profile();
    add_group(&profile, "ops");
    profile.groups_mark = 1;
    struct sp_identity identity = make_subject(&profile);
    assert_claim(&identity, "groups", SP_HEADER_LIST_COMMA, "");
    assert_claim(&identity, "groups", SP_HEADER_LIST_JSON, "");
    assert_claim(&identity, "groups", SP_HEADER_LIST_REPEAT, "");
    assert_claim(&identity, "sub", SP_HEADER_LIST_COMMA, "X: CiQwOGE4Njg0Yg|");
    profile.groups_mark = 0;
    assert_claim(&identity, "groups", SP_HEADER_LIST_COMMA, "X: oidc:ops|");
}
SP_TEST_END

SP_TEST(a_value_that_does_not_fit_is_not_emitted_at_all)
{
    struct sp_profile profile = make_profile();
    add_group(&profile, "ops");
    add_group(&profile, "sre");
    struct sp_identity identity = make_subject(&profile);
    struct sp_header_set set;
    struct collection collection;
    ck_assert_int_eq(sp_header_set_identity(&set), SP_OK);
    size_t needed = strlen("oidc:ops,oidc:sre");
    for (size_t len = 0; len < needed; len++) {
        ck_assert_int_eq(emit(&set, &identity, len, &collection), SP_ERR_LIMIT);
        ck_assert_str_eq(collection.text,
                         "X-Forwarded-User: oidc:ada@example.com|X-Forwarded-Email: ada@example.com|");
    }
    ck_assert_int_eq(emit(&set, &identity, needed, &collection), SP_OK);
    set.rules[2].list = SP_HEADER_LIST_REPEAT;
    ck_assert_int_eq(emit(&set, &identity, strlen("oidc:ops"), &collection), SP_OK);
    ck_assert_int_eq(emit(&set, &identity, strlen("oidc:ops") - 1, &collection), SP_ERR_LIMIT);
    sp_header_set_done(&set);
}
SP_TEST_END

/* The name that is an alias in a request with these lines, and what it could be taken for. */
static const char *alias_in(const char *lines)
{
    static char text[4096];
    static char found[256];
    struct sp_head head;
    struct sp_header_set sets[2];
    struct sp_fault fault = {0};
    int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);
    ck_assert_int_eq(sp_head_parse((struct sp_str){text, (size_t)len}, &head), SP_REASON_NONE);
    ck_assert_int_eq(sp_header_set_identity(&sets[0]), SP_OK);
    ck_assert_int_eq(sp_header_set_remote(&sets[1]), SP_OK);
    bool is_there = sp_header_sets_find_alias(sets, 2, &head, &fault);
    snprintf(found, sizeof found, "%.*s for %.*s", SP_STR_ARGS(fault.name), SP_STR_ARGS(fault.value));
    sp_header_set_done(&sets[0]);
    sp_header_set_done(&sets[1]);
    return is_there ? found : "none";
}

SP_TEST(ac_03_the_first_alias_of_what_is_read_or_emitted_is_named)
{
    ck_assert_str_eq(alias_in("X-Forwarded-Uri: /\r\nx-forwarded-USER: a\r\nREMOTE-USER: a\r\n"), "none");
    ck_assert_str_eq(alias_in("X_Forwarded_Uri: /\r\n"), "X_Forwarded_Uri for X-Forwarded-Uri");
    ck_assert_str_eq(alias_in("x-forwarded_user: a\r\n"), "x-forwarded_user for X-Forwarded-User");
    ck_assert_str_eq(alias_in("X-Forwarded-User: a\r\nRemote|User: a\r\nX_Moz: b\r\n"),
                     "Remote|User for Remote-User");
    ck_assert_str_eq(alias_in("Other_Name: a\r\nX_Moz: prefetch\r\nRemote|User: a\r\n"), "X_Moz for X-Moz");
    ck_assert_str_eq(alias_in("X_Original_Url: /\r\nX_Forwarded_Port: 1\r\nRemote_User_: b\r\n"), "none");
}
SP_TEST_END

SP_SUITE("headers", the_built_in_sets_say_who_the_user_is, what_a_session_does_not_say_is_absent,
         any_claim_can_become_a_header, ac_16_what_names_somebody_is_exact_or_absent,
         a_person_is_written_in_one_way_whatever_the_header_carries,
         ac_16_encoded_a_name_for_display_is_carried_whatever_it_holds_and_no_other_is,
         ac_26_the_elements_of_a_list_are_encoded_each_by_itself,
         ac_25_an_email_that_is_not_verified_is_absent,
         ac_26_lists_come_in_three_shapes_and_never_split_a_name,
         ac_26_of_groups_that_are_not_all_there_is_no_list, a_value_that_does_not_fit_is_not_emitted_at_all,
         ac_03_the_first_alias_of_what_is_read_or_emitted_is_named)

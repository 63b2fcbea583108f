/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/headers.h"

#include "material.h"

/* Collects `Name: value|` for everything that is emitted. */
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

struct sets {
    struct sp_header_set items[SP_HEADER_SETS_BUILT_IN_N];
};

static struct sets make_sets(void)
{
    struct sets sets;
    ck_assert_int_eq(sp_header_sets_make_built_in(sets.items), SP_OK);
    return sets;
}

static void end_sets(struct sets *sets)
{
    for (size_t i = 0; i < SP_HEADER_SETS_BUILT_IN_N; i++) {
        sp_header_set_done(&sets->items[i]);
        sp_header_set_done(&sets->items[i]);
    }
}

#define SETS_SCOPED __attribute__((cleanup(end_sets))) struct sets

SP_TEST(the_built_in_sets_say_who_the_user_is)
{
    struct sp_profile profile = make_profile();
    add_group(&profile, "ops");
    add_group(&profile, "sre");
    struct sp_identity identity = make_subject(&profile);
    SETS_SCOPED sets = make_sets();
    ck_assert_str_eq(sets.items[0].name, "identity");
    assert_emits(&sets.items[0], &identity,
                 "X-Forwarded-User: oidc:ada@example.com|X-Forwarded-Email: ada@example.com|"
                 "X-Forwarded-Groups: oidc:ops,oidc:sre|X-Forwarded-Preferred-Username: ada|");
    ck_assert_str_eq(sets.items[1].name, "remote");
    assert_emits(&sets.items[1], &identity,
                 "Remote-User: oidc:ada@example.com|Remote-Email: ada@example.com|"
                 "Remote-Groups: oidc:ops,oidc:sre|Remote-Name: Ada Lovelace|");
}
SP_TEST_END

SP_TEST(ac_59_an_api_server_is_told_of_every_group_and_always_of_one)
{
    struct sp_profile profile = make_profile();
    struct sp_identity identity = make_subject(&profile);
    SETS_SCOPED sets = make_sets();
    for (size_t i = 2; i < 4; i++) {
        ck_assert_str_eq(sets.items[i].name, i == 2 ? "impersonate" : "kubernetes");
        profile.groups_n = 0;
        assert_emits(&sets.items[i], &identity,
                     "Impersonate-User: oidc:ada@example.com|Impersonate-Group: system:authenticated|");
        static const char *const groups[] = {"a,b", "x y", "100%2C", "\xc3\xa9", "", " x", "x ", "a\tb"};
        for (size_t k = 0; k < sizeof groups / sizeof groups[0]; k++) {
            add_group(&profile, groups[k]);
        }
        assert_emits(
            &sets.items[i], &identity,
            "Impersonate-User: oidc:ada@example.com|Impersonate-Group: oidc:a,b|"
            "Impersonate-Group: oidc:x y|Impersonate-Group: oidc:100%2C|Impersonate-Group: oidc:\xc3\xa9|"
            "Impersonate-Group: system:authenticated|");
    }
    assert_emits(&sets.items[4], &identity, "");
}
SP_TEST_END

SP_TEST(ac_62_groups_that_kubernetes_keeps_for_itself_are_dropped_after_prefixing)
{
    struct sp_profile profile = make_profile();
    SETS_SCOPED sets = make_sets();
    add_group(&profile, "system:nodes");
    add_group(&profile, "SYSTEM:masters");
    add_group(&profile, "m:masters");
    struct sp_identity identity = {.profile = &profile, .user = SP_STR("ada")};
    assert_emits(
        &sets.items[2], &identity,
        "Impersonate-User: ada|Impersonate-Group: m:masters|Impersonate-Group: system:authenticated|");
    identity.groups_prefix = SP_STR("syste");
    assert_emits(&sets.items[2], &identity,
                 "Impersonate-User: ada|Impersonate-Group: systesystem:nodes|"
                 "Impersonate-Group: systeSYSTEM:masters|Impersonate-Group: system:authenticated|");
}
SP_TEST_END

/* The result of combining the built-in sets with these names. */
static enum sp_error join(const char *names, struct sp_header_choice *choice, struct sp_fault *fault)
{
    SETS_SCOPED sets = make_sets();
    *fault = (struct sp_fault){.name = SP_STR_NONE};
    enum sp_error error =
        sp_header_sets_choose(sets.items, SP_HEADER_SETS_BUILT_IN_N, sp_str_from_c(names), choice, fault);
    if (error == SP_ERR_DUPLICATE) { /* the name belongs to the sets, which are freed here */
        static char value[64];
        snprintf(value, sizeof value, "%.*s", SP_STR_ARGS(fault->value));
        fault->value = sp_str_from_c(value);
    }
    return error;
}

SP_TEST(sets_are_joined_where_no_two_emit_the_same_header)
{
    struct sp_header_choice choice;
    struct sp_fault fault;
    ck_assert_int_eq(join("identity", &choice, &fault), SP_OK);
    ck_assert_uint_eq(choice.places, 1);
    ck_assert(!choice.impersonates && !choice.repeats_groups && !choice.carries_account &&
              !choice.carries_user);
    ck_assert_int_eq(join("kubernetes,identity,remote", &choice, &fault), SP_OK);
    ck_assert_uint_eq(choice.places, 1 | 2 | 8);
    ck_assert(choice.impersonates && choice.repeats_groups && choice.carries_account && !choice.carries_user);
    ck_assert_int_eq(join("bearer,impersonate", &choice, &fault), SP_OK);
    ck_assert(choice.impersonates && !choice.carries_account && choice.carries_user);

    static const char *const clashes[][2] = {{"kubernetes,impersonate", "Impersonate-User"},
                                             {"kubernetes,identity,bearer", "Authorization"},
                                             {"remote,remote", "Remote-User"},
                                             {"bearer,bearer", "Authorization"}};
    for (size_t i = 0; i < sizeof clashes / sizeof clashes[0]; i++) {
        ck_assert_int_eq(join(clashes[i][0], &choice, &fault), SP_ERR_DUPLICATE);
        ck_assert(sp_str_equal(fault.value, sp_str_from_c(clashes[i][1])));
    }
    static const char *const unknown[] = {"",         "identity,", ",identity", "identity, remote",
                                          "Identity", "identity,x"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        ck_assert_int_eq(join(unknown[i], &choice, &fault), SP_ERR_MISSING);
    }
}
SP_TEST_END

SP_TEST(joined_sets_end_at_their_maximum)
{
    struct sp_header_set sets[SP_HEADER_SETS_JOINED_MAX + 1] = {0};
    static char names[] = "a\0b\0c\0d\0e\0f\0g\0h\0i";
    for (size_t i = 0; i <= SP_HEADER_SETS_JOINED_MAX; i++) {
        sets[i].name = &names[2 * i];
    }
    struct sp_header_choice choice;
    struct sp_fault fault;
    size_t n = SP_HEADER_SETS_JOINED_MAX + 1;
    ck_assert_int_eq(sp_header_sets_choose(sets, n, SP_STR("a,b,c,d,e,f,g,h"), &choice, &fault), SP_OK);
    ck_assert_uint_eq(choice.places, 255);
    ck_assert_int_eq(sp_header_sets_choose(sets, n, SP_STR("a,b,c,d,e,f,g,h,i"), &choice, &fault),
                     SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(what_a_session_does_not_say_is_absent)
{
    struct sp_profile profile = {.issuer = SP_STR("https://a"), .sub = SP_STR("s")};
    struct sp_identity identity = {.profile = &profile, .user = SP_STR("s")};
    SETS_SCOPED sets = make_sets();
    assert_emits(&sets.items[0], &identity, "X-Forwarded-User: s|");
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
    assert_claim(&identity, "sub", SP_HEADER_LIST_COMMA, "X: CiQwOGE4Njg0Yg|");
    SETS_SCOPED sets = make_sets();
    struct collection collection;
    ck_assert_int_eq(emit(&sets.items[2], &identity, 4096, &collection), SP_ERR_MISSING);
    ck_assert_int_eq(emit(&sets.items[3], &identity, 4096, &collection), SP_ERR_MISSING);
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
    SETS_SCOPED sets = make_sets();
    struct sp_header_set set = sets.items[0];
    struct collection collection;
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
}
SP_TEST_END

/* The name that is an alias in a request with these lines, and what it could be taken for. */
static const char *alias_in(const char *lines)
{
    static char text[4096];
    static char found[256];
    struct sp_head head;
    SETS_SCOPED sets = make_sets();
    struct sp_fault fault = {0};
    int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);
    ck_assert_int_eq(sp_head_parse((struct sp_str){text, (size_t)len}, &head), SP_REASON_NONE);
    bool is_there = sp_header_sets_find_alias(sets.items, SP_HEADER_SETS_BUILT_IN_N, &head, &fault);
    snprintf(found, sizeof found, "%.*s for %.*s", SP_STR_ARGS(fault.name), SP_STR_ARGS(fault.value));
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
    ck_assert_str_eq(alias_in("Impersonate_User: root\r\n"), "none");
}
SP_TEST_END

SP_TEST(a_line_that_impersonates_is_found_in_any_spelling)
{
    static const char *const names[][2] = {{"Impersonate-User", "Impersonate-User"},
                                           {"impersonate-uid", "impersonate-uid"},
                                           {"IMPERSONATE_GROUP", "IMPERSONATE_GROUP"},
                                           {"Impersonate.Extra-a", "Impersonate.Extra-a"},
                                           {"Impersonate-", "Impersonate-"},
                                           {"Impersonate", ""},
                                           {"Impersonates-User", ""},
                                           {"X-Impersonate-User", ""},
                                           {"Impersonat-e-User", ""}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[256];
        struct sp_head head;
        int len =
            snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s: x\r\nA: b\r\n\r\n", names[i][0]);
        ck_assert_int_eq(sp_head_parse((struct sp_str){text, (size_t)len}, &head), SP_REASON_NONE);
        ck_assert(sp_str_equal(sp_head_find_impersonation(&head), sp_str_from_c(names[i][1])));
    }
}
SP_TEST_END

SP_SUITE("headers", the_built_in_sets_say_who_the_user_is,
         ac_59_an_api_server_is_told_of_every_group_and_always_of_one,
         ac_62_groups_that_kubernetes_keeps_for_itself_are_dropped_after_prefixing,
         sets_are_joined_where_no_two_emit_the_same_header, joined_sets_end_at_their_maximum,
         a_line_that_impersonates_is_found_in_any_spelling, what_a_session_does_not_say_is_absent,
         any_claim_can_become_a_header, ac_16_what_names_somebody_is_exact_or_absent,
         a_person_is_written_in_one_way_whatever_the_header_carries,
         ac_16_encoded_a_name_for_display_is_carried_whatever_it_holds_and_no_other_is,
         ac_26_the_elements_of_a_list_are_encoded_each_by_itself,
         ac_25_an_email_that_is_not_verified_is_absent,
         ac_26_lists_come_in_three_shapes_and_never_split_a_name,
         ac_26_of_groups_that_are_not_all_there_is_no_list, a_value_that_does_not_fit_is_not_emitted_at_all,
         ac_03_the_first_alias_of_what_is_read_or_emitted_is_named)

/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/claims.h"

#include "../suite.h"
#include "issuer.h"

static enum sp_error read_text(const char *text, struct sp_claims *out)
{
    SP_JSON_SCOPED json_t *all = json_loads(text, 0, NULL);
    struct sp_diag diag = {0};
    ck_assert_msg(all != NULL, "%s", text);
    enum sp_error error = sp_claims_read(all, "the test", "groups", out, &diag);
    ck_assert((diag.text[0] != '\0') == (error != SP_OK));
    if (error == SP_OK) {
        all = NULL;
    }
    return error;
}

static struct sp_claims claims_of(const char *members)
{
    struct sp_claims claims = SP_CLAIMS_NONE;
    SIGNER_TEXT text = text_format("{\"sub\":\"ada\"%s}", members);
    ck_assert_int_eq(read_text(text, &claims), SP_OK);
    return claims;
}

SP_TEST(the_usual_claims_are_read)
{
    struct sp_claims claims = claims_of(
        ",\"sid\":\"s1\",\"email\":\"ada@example.com\",\"email_verified\":true,\"name\":\"Ada\","
        "\"preferred_username\":\"ada\",\"groups\":[\"ops\",\"sre\"],\"auth_time\":5,\"iat\":6,\"exp\":7");
    ck_assert_str_view(claims.sub, "ada");
    ck_assert_str_view(claims.sid, "s1");
    ck_assert_str_view(claims.email, "ada@example.com");
    ck_assert_int_eq(claims.email_verified, SP_EMAIL_VERIFIED_YES);
    ck_assert_str_view(claims.name, "Ada");
    ck_assert_str_view(claims.preferred_username, "ada");
    ck_assert_uint_eq(claims.groups.n, 2);
    ck_assert_str_view(sp_json_string_list_at(&claims.groups, 1), "sre");
    ck_assert(!claims.groups_malformed);
    ck_assert_int_eq(claims.auth_time_s, 5);
    ck_assert_int_eq(claims.issued_s, 6);
    ck_assert_int_eq(claims.expires_s, 7);
    sp_claims_done(&claims);
}
SP_TEST_END

SP_TEST(what_is_of_the_wrong_type_counts_as_not_said)
{
    struct sp_claims claims = claims_of(",\"sid\":1,\"email\":7,\"name\":{},\"preferred_username\":null,"
                                        "\"auth_time\":\"5\"");
    ck_assert_uint_eq(claims.sid.len, 0);
    ck_assert_uint_eq(claims.email.len, 0);
    ck_assert_uint_eq(claims.name.len, 0);
    ck_assert_uint_eq(claims.preferred_username.len, 0);
    ck_assert_int_eq(claims.auth_time_s, 0);
    ck_assert_int_eq(claims.email_verified, SP_EMAIL_VERIFIED_ABSENT);
    sp_claims_done(&claims);
}
SP_TEST_END

SP_TEST(a_list_of_one_is_its_element_where_it_names_or_shows_somebody)
{
    struct sp_claims one = claims_of(",\"sid\":[\"s\"],\"email\":[\"a@b\"],\"name\":[\"Ada\"],"
                                     "\"preferred_username\":[\"ada\"],\"auth_time\":[5]");
    ck_assert_str_view(one.email, "a@b");
    ck_assert_str_view(one.name, "Ada");
    ck_assert_str_view(one.preferred_username, "ada");
    ck_assert_uint_eq(one.sid.len, 0);
    ck_assert_int_eq(one.auth_time_s, 0);
    sp_claims_done(&one);
    static const char *const none[] = {"[]",     "[\"a@b\",\"c@d\"]", "[7]",
                                       "[null]", "[[\"a@b\"]]",       "{\"x\":\"a@b\"}"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        SIGNER_TEXT members = text_format(",\"email\":%s", none[i]);
        struct sp_claims claims = claims_of(members);
        ck_assert_msg(claims.email.len == 0, "%s", none[i]);
        sp_claims_done(&claims);
    }
}
SP_TEST_END

SP_TEST(ac_25_an_address_is_verified_by_true_or_the_text_true_only)
{
    static const struct {
        const char *value;
        enum sp_email_verified verified;
        bool odd;
    } cases[] = {
        {"true", SP_EMAIL_VERIFIED_YES, false},    {"\"true\"", SP_EMAIL_VERIFIED_YES, false},
        {"false", SP_EMAIL_VERIFIED_NO, false},    {"\"false\"", SP_EMAIL_VERIFIED_NO, false},
        {"null", SP_EMAIL_VERIFIED_ABSENT, false}, {"\"True\"", SP_EMAIL_VERIFIED_NO, true},
        {"\"\"", SP_EMAIL_VERIFIED_NO, true},      {"\"yes\"", SP_EMAIL_VERIFIED_NO, true},
        {"1", SP_EMAIL_VERIFIED_NO, true},         {"0", SP_EMAIL_VERIFIED_NO, true},
        {"[true]", SP_EMAIL_VERIFIED_NO, true},    {"[\"true\"]", SP_EMAIL_VERIFIED_NO, true},
        {"{}", SP_EMAIL_VERIFIED_NO, true},        {"1e300", SP_EMAIL_VERIFIED_NO, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SIGNER_TEXT members = text_format(",\"email_verified\":%s", cases[i].value);
        struct sp_claims claims = claims_of(members);
        ck_assert_msg(claims.email_verified == cases[i].verified, "%s", cases[i].value);
        ck_assert_msg(claims.email_verified_odd == cases[i].odd, "%s", cases[i].value);
        sp_claims_done(&claims);
    }
}
SP_TEST_END

SP_TEST(a_subject_has_1_to_255_printable_characters)
{
    struct sp_claims claims = SP_CLAIMS_NONE;
    static const char *const wrong[] = {"{}",
                                        "{\"sub\":\"\"}",
                                        "{\"sub\":1}",
                                        "{\"sub\":null}",
                                        "{\"sub\":[\"ada\"]}",
                                        "{\"sub\":\"ad\\u00e9\"}",
                                        "{\"sub\":\"ada\\n\"}",
                                        "{\"sub\":\"ada\\u007f\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        enum sp_error error = read_text(wrong[i], &claims);
        ck_assert_msg(error == SP_ERR_FORMAT || error == SP_ERR_MISSING, "%s", wrong[i]);
    }
    SIGNER_TEXT longer = text_format("{\"sub\":\"%0256d\"}", 0);
    SIGNER_TEXT longest = text_format("{\"sub\":\"%0255d\"}", 0);
    ck_assert_int_eq(read_text(longer, &claims), SP_ERR_FORMAT);
    ck_assert_int_eq(read_text(longest, &claims), SP_OK);
    ck_assert_uint_eq(claims.sub.len, 255);
    sp_claims_done(&claims);
}
SP_TEST_END

SP_TEST(ac_26_groups_of_the_wrong_type_are_none_and_noted)
{
    static const char *const wrong[] = {"7", "true", "false", "1.5"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        SIGNER_TEXT members = text_format(",\"groups\":%s", wrong[i]);
        struct sp_claims claims = claims_of(members);
        ck_assert_msg(claims.groups_malformed, "%s", wrong[i]);
        ck_assert_uint_eq(claims.groups.n, 0);
        sp_claims_done(&claims);
    }
    struct sp_claims odd = claims_of(",\"groups\":[null,\"ops\",7,[\"sre\"],\"dev\"]");
    ck_assert(odd.groups_malformed);
    ck_assert_uint_eq(odd.groups.n, 5);
    ck_assert_str_view(sp_json_string_list_at(&odd.groups, 0), "");
    ck_assert_str_view(sp_json_string_list_at(&odd.groups, 1), "ops");
    ck_assert_str_view(sp_json_string_list_at(&odd.groups, 3), "");
    ck_assert_str_view(sp_json_string_list_at(&odd.groups, 4), "dev");
    sp_claims_done(&odd);
    struct sp_claims one = claims_of(",\"groups\":\"ops\"");
    ck_assert_uint_eq(one.groups.n, 1);
    ck_assert(!one.groups_malformed);
    sp_claims_done(&one);
    struct sp_claims none = claims_of(",\"groups\":null");
    ck_assert_uint_eq(none.groups.n, 0);
    ck_assert(!none.groups_malformed);
    sp_claims_done(&none);
}
SP_TEST_END

SP_TEST(ac_26_every_group_of_a_document_is_there)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 1024 * 1024);
    sp_buf_append_c(&text, "{\"sub\":\"ada\",\"groups\":[\"group-0\"");
    for (size_t i = 1; i < 10000; i++) {
        sp_buf_printf(&text, ",\"group-%zu\"", i);
    }
    sp_buf_append_c(&text, "]}");
    struct sp_claims claims = SP_CLAIMS_NONE;
    ck_assert_int_eq(read_text(sp_buf_c_str(&text), &claims), SP_OK);
    ck_assert_uint_eq(claims.groups.n, 10000);
    ck_assert_str_view(sp_json_string_list_at(&claims.groups, 9999), "group-9999");
    sp_claims_done(&claims);
}
SP_TEST_END

SP_TEST(the_names_of_an_objects_members_are_groups)
{
    struct sp_claims claims =
        claims_of(",\"groups\":{\"ops\":{\"id\":1},\"sre\":true,\"dev\":[],\"x\":\"\"}");
    static const char *const names[] = {"ops", "sre", "dev", "x"};
    ck_assert_uint_eq(claims.groups.n, 4);
    ck_assert(!claims.groups_malformed);
    for (size_t i = 0; i < 4; i++) {
        ck_assert(sp_str_equal(sp_json_string_list_at(&claims.groups, i), sp_str_from_c(names[i])));
    }
    sp_claims_done(&claims);
    struct sp_claims none = claims_of(",\"groups\":{}");
    ck_assert_uint_eq(none.groups.n, 0);
    ck_assert(!none.groups_malformed);
    sp_claims_done(&none);
}
SP_TEST_END

SP_TEST(a_member_that_is_false_or_null_is_no_group)
{
    struct sp_claims claims = claims_of(",\"groups\":{\"ops\":false,\"sre\":true,\"dev\":null}");
    ck_assert_uint_eq(claims.groups.n, 3);
    ck_assert(claims.groups_malformed);
    ck_assert_str_view(sp_json_string_list_at(&claims.groups, 0), "");
    ck_assert_str_view(sp_json_string_list_at(&claims.groups, 1), "sre");
    ck_assert_str_view(sp_json_string_list_at(&claims.groups, 2), "");
    sp_claims_done(&claims);
}
SP_TEST_END

SP_TEST(groups_are_found_by_name_or_pointer)
{
    static const struct {
        const char *claim;
        const char *first; /* NULL: none */
    } cases[] = {
        {"groups", "by-name"},
        {"/realm_access/roles", "by-pointer"},
        {"realm_access", "roles"}, /* the names of their members */
        {"/l/1/ops", "element"},
        {"/~1slash", "by-slash"},
        {"a.b", "dotted"},
        {"https://example.com/roles", "url"},
        {"/realm_access/none", NULL},
        {"/groups/x", NULL},
        {"/slash", NULL},
        {"realm_access.roles", NULL},
    };
    static const char text[] =
        "{\"sub\":\"ada\",\"groups\":\"by-name\",\"realm_access\":{\"roles\":[\"by-pointer\"]},"
        "\"l\":[0,{\"ops\":\"element\"}],\"/slash\":\"by-slash\",\"a.b\":\"dotted\","
        "\"https://example.com/roles\":[\"url\"]}";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_claims claims = SP_CLAIMS_NONE;
        json_t *all = json_loads(text, 0, NULL);
        ck_assert_int_eq(sp_claims_read(all, "the test", cases[i].claim, &claims, NULL), SP_OK);
        ck_assert_msg(claims.groups.n == (cases[i].first != NULL ? 1 : 0), "%s", cases[i].claim);
        if (cases[i].first != NULL) {
            struct sp_str first = sp_json_string_list_at(&claims.groups, 0);
            ck_assert_msg(sp_str_equal(first, sp_str_from_c(cases[i].first)), "%s", cases[i].claim);
        }
        sp_claims_done(&claims);
    }
}
SP_TEST_END

SP_TEST(a_claim_that_names_somebody_is_found_by_name_or_pointer)
{
    struct sp_claims claims =
        claims_of(",\"upn\":\"ada@corp\",\"roles\":[\"a\",\"b\"],\"one\":[\"o\"],\"level\":7,"
                  "\"address\":{\"country\":\"uk\",\"zip\":null},\"e\":\"\"");
    static const struct {
        const char *name;
        const char *text;
        enum sp_claim_state state;
    } cases[] = {
        {"upn", "ada@corp", SP_CLAIM_SOUND},
        {"one", "o", SP_CLAIM_SOUND},
        {"/address/country", "uk", SP_CLAIM_SOUND},
        {"/roles/1", "b", SP_CLAIM_SOUND},
        {"roles", "", SP_CLAIM_MALFORMED},
        {"level", "", SP_CLAIM_MALFORMED},
        {"address", "", SP_CLAIM_MALFORMED},
        {"e", "", SP_CLAIM_MALFORMED},
        {"none", "", SP_CLAIM_MISSING},
        {"/address/zip", "", SP_CLAIM_MISSING},
        {"/upn/x", "", SP_CLAIM_MISSING},
        {"/address", "", SP_CLAIM_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(sp_str_equal(sp_claims_text(&claims, cases[i].name), sp_str_from_c(cases[i].text)),
                      "%s", cases[i].name);
        ck_assert_msg(sp_claims_text_state(&claims, cases[i].name) == cases[i].state, "%s", cases[i].name);
    }
    sp_claims_done(&claims);
}
SP_TEST_END

/* The values, sorted, each followed by a semicolon. */
static const char *values_of(const char *value, enum sp_claim_state *state)
{
    static char out[512];
    SIGNER_TEXT members = text_format(",\"c\":%s", value);
    struct sp_claims claims = claims_of(members);
    SP_JSON_SCOPED json_t *values = sp_claims_values(&claims, "c");
    char *sorted = json_dumps(values, JSON_SORT_KEYS | JSON_COMPACT);
    *state = sp_claims_values_state(&claims, "c");
    snprintf(out, sizeof out, "%s", sorted);
    free(sorted);
    sp_claims_done(&claims);
    return out;
}

SP_TEST(the_values_of_a_claim_are_texts)
{
    static const struct {
        const char *value;
        const char *values;
        enum sp_claim_state state;
    } cases[] = {
        {"\"a\"", "{\"a\":true}", SP_CLAIM_SOUND},
        {"[\"b\",\"a\",\"b\"]", "{\"a\":true,\"b\":true}", SP_CLAIM_SOUND},
        {"{\"b\":{},\"a\":\"\"}", "{\"a\":true,\"b\":true}", SP_CLAIM_SOUND},
        {"true", "{\"true\":true}", SP_CLAIM_SOUND},
        {"[false,-5,12,0]", "{\"-5\":true,\"0\":true,\"12\":true,\"false\":true}", SP_CLAIM_SOUND},
        {"-9223372036854775808", "{\"-9223372036854775808\":true}", SP_CLAIM_SOUND},
        {"[]", "{}", SP_CLAIM_SOUND},
        {"{}", "{}", SP_CLAIM_SOUND},
        {"null", "{}", SP_CLAIM_MISSING},
        {"1.5", "{}", SP_CLAIM_MALFORMED},
        {"1e3", "{}", SP_CLAIM_MALFORMED},
        {"[\"a\",null,[\"b\"],{\"c\":1}]", "{\"a\":true}", SP_CLAIM_MALFORMED},
        {"{\"a\":false,\"b\":null,\"c\":0}", "{\"c\":true}", SP_CLAIM_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum sp_claim_state state;
        ck_assert_str_eq(values_of(cases[i].value, &state), cases[i].values);
        ck_assert_msg(state == cases[i].state, "%s", cases[i].value);
    }
}
SP_TEST_END

SP_TEST(a_claim_may_hide_values)
{
    static const struct {
        const char *value;
        bool is_read;
    } cases[] = {
        {"\"a\"", true},
        {"[\"a\",null,12]", true},
        {"{\"a\":false,\"b\":{}}", true},
        {"null", true},
        {"1.5", false},
        {"[\"a\",[\"b\"]]", false},
        {"[{}]", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SIGNER_TEXT members = text_format(",\"c\":%s", cases[i].value);
        struct sp_claims claims = claims_of(members);
        ck_assert_msg(sp_claims_are_read(&claims, "c") == cases[i].is_read, "%s", cases[i].value);
        ck_assert(sp_claims_are_read(&claims, "d"));
        sp_claims_done(&claims);
    }
}
SP_TEST_END

/* OpenID Connect Core 1.0, section 5.6.2: distributed claims. */
SP_TEST(a_claim_that_the_issuer_keeps_elsewhere_is_told_apart)
{
    struct sp_claims claims =
        claims_of(",\"_claim_names\":{\"groups\":\"src1\",\"upn\":\"src1\",\"realm_access\":\"src1\"},"
                  "\"_claim_sources\":{\"src1\":{\"endpoint\":\"https://x.example\"}},\"upn\":\"ada\"");
    ck_assert_int_eq(sp_claims_groups_state(&claims, "groups"), SP_CLAIM_ELSEWHERE);
    ck_assert_int_eq(sp_claims_groups_state(&claims, "/realm_access/roles"), SP_CLAIM_ELSEWHERE);
    ck_assert_int_eq(sp_claims_groups_state(&claims, "roles"), SP_CLAIM_MISSING);
    ck_assert_int_eq(sp_claims_text_state(&claims, "upn"), SP_CLAIM_SOUND);
    ck_assert_uint_eq(claims.groups.n, 0);
    sp_claims_done(&claims);
    static const char *const odd[] = {"7", "[]", "\"groups\"", "{\"x\":\"groups\"}", "null"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        SIGNER_TEXT members = text_format(",\"_claim_names\":%s", odd[i]);
        struct sp_claims other = claims_of(members);
        ck_assert_int_eq(sp_claims_groups_state(&other, "groups"), SP_CLAIM_MISSING);
        sp_claims_done(&other);
    }
}
SP_TEST_END

SP_SUITE("claims", the_usual_claims_are_read, a_claim_may_hide_values,
         what_is_of_the_wrong_type_counts_as_not_said,
         a_list_of_one_is_its_element_where_it_names_or_shows_somebody,
         ac_25_an_address_is_verified_by_true_or_the_text_true_only,
         a_subject_has_1_to_255_printable_characters, ac_26_groups_of_the_wrong_type_are_none_and_noted,
         ac_26_every_group_of_a_document_is_there, the_names_of_an_objects_members_are_groups,
         a_member_that_is_false_or_null_is_no_group, groups_are_found_by_name_or_pointer,
         a_claim_that_names_somebody_is_found_by_name_or_pointer, the_values_of_a_claim_are_texts,
         a_claim_that_the_issuer_keeps_elsewhere_is_told_apart)

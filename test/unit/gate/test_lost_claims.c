/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/lost_claims.h"

#include "fixture.h"

/* The lost claims with this configuration, as in the log line of a login. */
static const char *lost(const char *settings, const char *claims_text, bool *decides)
{
    LOADED_SCOPED struct loaded loaded = load_settings(settings, NULL);
    struct sp_claims claims = SP_CLAIMS_NONE;
    struct sp_lost_claims found;
    static char out[1024];
    static const char *const names[] = {
        [SP_CLAIM_SOUND] = "sound",
        [SP_CLAIM_MISSING] = "missing",
        [SP_CLAIM_MALFORMED] = "malformed",
        [SP_CLAIM_ELSEWHERE] = "elsewhere",
    };
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    json_t *all = json_loads(claims_text, 0, NULL);
    ck_assert_int_eq(sp_claims_read(all, "the test", loaded.config->groups_claim, &claims, NULL), SP_OK);
    sp_lost_claims_find(&claims, loaded.config, &found);
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i <= SP_CLAIM_ELSEWHERE; i++) {
        for (size_t k = 0; k < found.names_n[i]; k++) {
            len += (size_t)snprintf(out + len, sizeof out - len, "%s %s;", names[i], found.names[i][k]);
        }
    }
    *decides = found.decides;
    sp_claims_done(&claims);
    return out;
}

#define USER "\"sub\":\"s\",\"email\":\"a@b.example\""

SP_TEST(claims_that_settings_name_are_told_by_what_became_of_them)
{
    static const char settings[] =
        "groups_claim: /realm_access/roles\nusername_claim: sub\n"
        "headers:\n  a: {X-A: department, X-B: /address/country, X-C: name, X-D: user}\n"
        "  b: {X-A: department, X-B: groups}";
    bool decides;
    ck_assert_str_eq(lost(settings, "{" USER "}", &decides),
                     "missing /realm_access/roles;missing department;missing /address/country;missing name;");
    ck_assert(!decides);
    ck_assert_str_eq(lost(settings,
                          "{" USER
                          ",\"realm_access\":{\"roles\":[\"ops\",12]},\"department\":7,\"name\":\"N\","
                          "\"_claim_names\":{\"address\":\"src1\"}}",
                          &decides),
                     "malformed /realm_access/roles;malformed department;elsewhere /address/country;");
    ck_assert_str_eq(lost(settings,
                          "{" USER ",\"realm_access\":{\"roles\":[]},\"department\":[\"d\"],\"name\":\"N\","
                          "\"address\":{\"country\":\"uk\"}}",
                          &decides),
                     "");
}
SP_TEST_END

SP_TEST(a_rule_depends_on_the_claims_of_its_conditions)
{
    static const struct {
        const char *rule;
        const char *claims;
        const char *told;
        bool decides;
    } cases[] = {
        {"group: ops", "{" USER "}", "missing groups;", true},
        {"group: ops", "{" USER ",\"groups\":[\"ops\",12]}", "malformed groups;", true},
        {"group: ops", "{" USER ",\"_claim_names\":{\"groups\":\"src1\"}}", "elsewhere groups;", true},
        {"group: ops", "{\"sub\":\"s\",\"groups\":[]}", "", false},
        {"email: a@b.example", "{\"sub\":\"s\",\"groups\":[]}", "missing email;", true},
        {"email_domain: b.example", "{\"sub\":\"s\",\"groups\":[],\"email\":{}}", "malformed email;", true},
        {"claim: {department: x}", "{" USER ",\"groups\":[]}", "missing department;", true},
        {"claim: {department: x}", "{" USER ",\"groups\":[],\"department\":[\"a\",\"b\",true,7]}", "", false},
        {"claim: {/a/b: x}", "{" USER ",\"groups\":[],\"a\":{\"b\":[null]}}", "malformed /a/b;", true},
        {"path: /a", "{" USER "}", "missing groups;", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool decides;
        const char *settings = text("username_claim: sub\npolicies:\n  default: authenticated\n  ops:\n"
                                    "    - {action: deny, %s}\n",
                                    cases[i].rule);
        ck_assert_str_eq(lost(settings, cases[i].claims, &decides), cases[i].told);
        ck_assert_msg(decides == cases[i].decides, "%s", cases[i].rule);
    }
}
SP_TEST_END

SP_TEST(as_many_claims_as_settings_can_name_have_room)
{
    bool decides;
    const char *told = lost("username_claim: a\nheaders:\n  a: {X-A: b, X-B: c, X-C: d, X-D: e, X-E: f, X-F: "
                            "g, X-G: h, X-H: iss,\n"
                            "    X-I: sub, X-J: sid, X-K: email, X-L: name, X-M: preferred_username}",
                            "{\"sub\":\"s\"}", &decides);
    size_t told_n = 0;
    for (const char *at = strchr(told, ';'); at != NULL; at = strchr(at + 1, ';')) {
        told_n++;
    }
    ck_assert_uint_eq(told_n, 8 + 5 + 1); /* all but sub */
    ck_assert_uint_le(told_n + 1, SP_NAMED_CLAIMS_MAX);
}
SP_TEST_END

SP_SUITE("gate/lost_claims", claims_that_settings_name_are_told_by_what_became_of_them,
         a_rule_depends_on_the_claims_of_its_conditions, as_many_claims_as_settings_can_name_have_room)

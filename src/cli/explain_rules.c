/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_rules.h"

#include "cli/explain_rbac.h"

#define WHY_MAX   (16 * 1024) /* bytes of the explanation of why a rule does not hold */
#define NOT_KNOWN "not known"

/* ---- why a rule does not hold ------------------------------------------------------------------------ */

/* Appends one of `n` values, with "or" before the last one. */
static void append_value(size_t i, size_t n, const char *text, struct sp_buf *out)
{
    sp_buf_append_c(out, i == 0 ? "" : i + 1 == n ? " or " : ", ");
    sp_buf_append_c(out, text);
}

static void append_texts(const struct sp_texts *texts, struct sp_buf *out)
{
    for (size_t i = 0; i < texts->items_n; i++) {
        append_value(i, texts->items_n, texts->items[i], out);
    }
}

static void append_groups(const struct sp_identity *identity, struct sp_buf *out)
{
    struct sp_identity_group group;
    const char *separator = "";
    for (size_t cursor = 0; sp_identity_next_group(identity, &cursor, &group); separator = ", ") {
        sp_buf_append_c(out, separator);
        sp_buf_append(out, group.prefix);
        sp_buf_append(out, group.name);
    }
    sp_buf_append_c(out, separator[0] == '\0' ? "no group" : "");
}

/* A claim that a `me` document does not show may also have had a shape whose values cannot be read. */
static enum sp_claim_answer ask_claim(const struct sp_explain_case *asked,
                                      const struct sp_claim_condition *claim)
{
    const struct sp_identity *identity = asked->who->who.identity;
    bool is_known = sp_explain_who_knows(asked->who, claim->name);
    if (asked->who->document != NULL && sp_claim_condition_is_fact(claim)) {
        is_known = sp_profile_claim(identity->profile, sp_str_from_c(claim->name)).len > 0;
    }
    return is_known ? sp_claim_condition_ask(claim, identity) : SP_CLAIM_ANSWER_UNKNOWN;
}

static bool lacks_groups(const struct sp_explain_case *asked)
{
    return asked->who->document != NULL && asked->who->session.profile.groups_mark != 0;
}

/* A rule without the conditions whose result is unknown; borrows from the rule. */
struct known_part {
    struct sp_rule rule;
    struct sp_claim_condition claims[SP_RULE_CLAIMS_MAX];
    enum sp_condition unknown; /* the first condition that was left out */
};

/* True if the only condition of `part` does not hold. */
static bool is_unmet(const struct sp_explain_case *asked, const struct sp_rule *part)
{
    return sp_rule_find_unmet(part, asked->request, asked->who->who.identity) != SP_CONDITION_NONE;
}

static void leave_unknown_out(const struct sp_explain_case *asked, const struct sp_rule *rule,
                              struct known_part *out)
{
    bool knows_email = sp_explain_who_knows(asked->who, "email");
    bool knows_verified = sp_explain_who_knows(asked->who, "email_verified");
    const struct sp_rule by_email = {.action = rule->action, .emails = rule->emails};
    const struct sp_rule by_domain = {.action = rule->action, .email_domains = rule->email_domains};
    const struct sp_rule by_group = {.action = rule->action, .groups = rule->groups};
    out->rule = *rule;
    out->rule.claims = out->claims;
    out->rule.claims_n = 0;
    out->unknown = SP_CONDITION_NONE;
    for (size_t i = 0; i < rule->claims_n; i++) {
        if (ask_claim(asked, &rule->claims[i]) != SP_CLAIM_ANSWER_UNKNOWN) {
            out->claims[out->rule.claims_n++] = rule->claims[i];
        } else {
            out->unknown = SP_CONDITION_CLAIM;
        }
    }
    if (lacks_groups(asked) && is_unmet(asked, &by_group)) {
        out->rule.groups = (struct sp_texts){0};
        out->unknown = SP_CONDITION_GROUP;
    }
    if ((!knows_email || !knows_verified) && is_unmet(asked, &by_domain)) {
        out->rule.email_domains = (struct sp_texts){0};
        out->unknown = SP_CONDITION_EMAIL_DOMAIN;
    }
    if (!knows_email && is_unmet(asked, &by_email)) {
        out->rule.emails = (struct sp_texts){0};
        out->unknown = SP_CONDITION_EMAIL;
    }
}

/* The condition because of which the rule does not hold, or may not hold. */
static enum sp_condition find_unmet(const struct sp_explain_case *asked, const struct sp_rule *rule,
                                    bool *is_unknown)
{
    const struct sp_identity *identity = asked->who->who.identity;
    struct known_part known = {.rule = *rule};
    if (identity != NULL) {
        leave_unknown_out(asked, rule, &known);
    }
    enum sp_condition unmet = sp_rule_find_unmet(&known.rule, asked->request, identity);
    *is_unknown = unmet == SP_CONDITION_NONE && known.unknown != SP_CONDITION_NONE;
    return *is_unknown ? known.unknown : unmet;
}

/* ---- wording ------------------------------------------------------------------------------------------- */

static const char *condition_name(const struct sp_rule *rule, enum sp_condition condition)
{
    static const char *const names[] = {
        [SP_CONDITION_CORS_PREFLIGHT] = "cors_preflight",
        [SP_CONDITION_WEBSOCKET] = "websocket",
        [SP_CONDITION_METHOD] = "method",
        [SP_CONDITION_HOST] = "host",
        [SP_CONDITION_CLIENT_IP] = "client_ip",
        [SP_CONDITION_EMAIL] = "email",
        [SP_CONDITION_EMAIL_DOMAIN] = "email_domain",
        [SP_CONDITION_GROUP] = "group",
        [SP_CONDITION_CLAIM] = "claim",
    };
    static const char *const names_of_paths[] = {
        [SP_PATTERN_EXACT] = "path", [SP_PATTERN_PREFIX] = "path_prefix", [SP_PATTERN_GLOB] = "path_glob"};
    return condition == SP_CONDITION_PATH ? names_of_paths[rule->paths[0].kind] : names[condition];
}

static void append_client(const struct sp_request *request, struct sp_buf *out)
{
    struct sp_chain_client client = sp_request_client(request);
    if (client.is_known) {
        sp_address_append(&client.address, out);
    } else if (client.entry.len == 0) {
        sp_buf_append_c(out, "no address; --client sets one");
    } else {
        sp_buf_append_c(out, "no known address: ");
        sp_buf_append(out, client.entry);
        sp_buf_append_c(out, " is not an address, or is one of client_ip_hops");
    }
}

/* The names of the conditions on claims that do not hold, or whose result is unknown. */
static void append_claims(const struct sp_explain_case *asked, const struct sp_rule *rule,
                          enum sp_claim_answer answer, struct sp_buf *out)
{
    const char *separator = "";
    for (size_t i = 0; i < rule->claims_n; i++) {
        if (ask_claim(asked, &rule->claims[i]) == answer) {
            sp_buf_printf(out, "%s%s", separator, rule->claims[i].name);
            separator = ", ";
        }
    }
    sp_buf_append_c(out,
                    answer == SP_CLAIM_ANSWER_UNKNOWN ? " is not in the document" : " has no such value");
}

/* What is unknown about the user. */
static void append_unknown(const struct sp_explain_case *asked, const struct sp_rule *rule,
                           enum sp_condition condition, struct sp_buf *out)
{
    if (condition == SP_CONDITION_CLAIM) {
        append_claims(asked, rule, SP_CLAIM_ANSWER_UNKNOWN, out);
    } else if (condition == SP_CONDITION_GROUP) {
        append_groups(asked->who->who.identity, out);
        sp_buf_append_c(out, ", and others that are not in the document");
    } else {
        sp_buf_append_c(out, "the address, or whether it is verified, is not in the document");
    }
}

/* What the request or the user has. */
static void append_own(const struct sp_explain_case *asked, const struct sp_rule *rule,
                       enum sp_condition condition, struct sp_buf *out)
{
    static const char *const verified[] = {[SP_EMAIL_VERIFIED_ABSENT] = "not stated to be verified",
                                           [SP_EMAIL_VERIFIED_NO] = "not verified",
                                           [SP_EMAIL_VERIFIED_YES] = "verified"};
    const struct sp_request *request = asked->request;
    const struct sp_identity *identity = asked->who->who.identity;
    if (sp_condition_is_about_users(condition) && identity == NULL) {
        sp_buf_append_c(out, "the user is unknown");
        return;
    }
    switch (condition) {
    case SP_CONDITION_METHOD:
        sp_buf_append(out, request->method);
        break;
    case SP_CONDITION_HOST:
        sp_buf_append(out, sp_host_str(&request->origin.host));
        break;
    case SP_CONDITION_CLIENT_IP:
        append_client(request, out);
        break;
    case SP_CONDITION_PATH:
        sp_buf_append(out, request->target.path);
        sp_buf_append_c(out, request->target.marks != 0 ? ", which programs read differently" : "");
        break;
    case SP_CONDITION_EMAIL:
    case SP_CONDITION_EMAIL_DOMAIN:
        if (identity->profile->email.len == 0) {
            sp_buf_append_c(out, "no address");
            break;
        }
        sp_buf_append(out, identity->profile->email);
        sp_buf_printf(out, ", %s", verified[identity->profile->email_verified]);
        break;
    case SP_CONDITION_GROUP:
        append_groups(identity, out);
        break;
    case SP_CONDITION_CLAIM:
        append_claims(asked, rule, SP_CLAIM_ANSWER_NO, out);
        break;
    case SP_CONDITION_CORS_PREFLIGHT:
        sp_buf_append_c(out, "no preflight, and explain cannot make one");
        break;
    case SP_CONDITION_WEBSOCKET:
        sp_buf_append_c(out, "no handshake; --websocket makes one");
        break;
    case SP_CONDITION_NONE:
        break;
    }
}

static void append_wanted(const struct sp_rule *rule, enum sp_condition condition, struct sp_buf *out)
{
    switch (condition) {
    case SP_CONDITION_METHOD:
        append_texts(&rule->methods, out);
        break;
    case SP_CONDITION_HOST:
        append_texts(&rule->hosts, out);
        break;
    case SP_CONDITION_CLIENT_IP:
        for (size_t i = 0; i < rule->client_ips.items_n; i++) {
            append_value(i, rule->client_ips.items_n, "", out);
            sp_cidr_append(&rule->client_ips.items[i], out);
        }
        break;
    case SP_CONDITION_PATH:
        for (size_t i = 0; i < rule->paths_n; i++) {
            append_value(i, rule->paths_n, rule->paths[i].text, out);
        }
        break;
    case SP_CONDITION_EMAIL:
        append_texts(&rule->emails, out);
        break;
    case SP_CONDITION_EMAIL_DOMAIN:
        append_texts(&rule->email_domains, out);
        break;
    case SP_CONDITION_GROUP:
        append_texts(&rule->groups, out);
        break;
    case SP_CONDITION_CLAIM:
        for (size_t i = 0; i < rule->claims_n; i++) {
            sp_buf_printf(out, "%s%s: ", i > 0 ? "; " : "", rule->claims[i].name);
            append_texts(&rule->claims[i].values, out);
        }
        break;
    case SP_CONDITION_CORS_PREFLIGHT:
    case SP_CONDITION_WEBSOCKET:
    case SP_CONDITION_NONE:
        break;
    }
}

/* ---- the rules --------------------------------------------------------------------------------------- */

static const char *action_name(enum sp_action action)
{
    static const char *const names[] = {
        [SP_ACTION_DENY] = "deny", [SP_ACTION_PUBLIC] = "public",           [SP_ACTION_ALLOW] = "allow",
        [SP_ACTION_RBAC] = "rbac", [SP_ACTION_PASSTHROUGH] = "passthrough",
    };
    return names[action];
}

/* Describes a rule that does not hold, or may not hold, because of a condition. */
static void describe_unmet(const struct sp_explain_case *asked, const struct sp_rule *rule,
                           enum sp_condition unmet, bool is_unknown, json_t *out)
{
    SP_BUF_SCOPED struct sp_buf own;
    SP_BUF_SCOPED struct sp_buf wanted;
    sp_buf_init(&own, WHY_MAX);
    sp_buf_init(&wanted, WHY_MAX);
    if (is_unknown) {
        append_unknown(asked, rule, unmet, &own);
    } else {
        append_own(asked, rule, unmet, &own);
    }
    append_wanted(rule, unmet, &wanted);
    json_object_set_new(out, "result", json_string(is_unknown ? NOT_KNOWN : "does not hold"));
    json_object_set_new(out, "condition", json_string(condition_name(rule, unmet)));
    json_object_set_new(out, "has", sp_explain_text(sp_buf_str(&own)));
    if (wanted.len > 0) {
        json_object_set_new(out, "wants", sp_explain_text(sp_buf_str(&wanted)));
    }
}

/* Describes the `rbac` rule that is evaluated. A group that the document lacks may have a grant that the
 * others do not. */
static void describe_rbac(const struct sp_explain_case *asked, const struct sp_rule *rule, json_t *out)
{
    sp_explain_rbac_describe(asked->rbac, asked->request, asked->who->who.identity, out);
    if (json_array_size(json_object_get(out, "grants")) == 0 && lacks_groups(asked)) {
        describe_unmet(asked, rule, SP_CONDITION_GROUP, true, out);
    }
}

static json_t *describe_rule(const struct sp_explain_case *asked, size_t index, size_t decided)
{
    const struct sp_rule *rule = &asked->policy->rules[index];
    json_t *out = json_pack("{s:I, s:I, s:s}", "rule", (json_int_t)index + 1, "line", (json_int_t)rule->line,
                            "action", action_name(rule->action));
    if (decided != 0 && index >= decided) {
        json_object_set_new(out, "result", json_string("not reached"));
        return out;
    }
    bool is_unknown;
    enum sp_condition unmet = find_unmet(asked, rule, &is_unknown);
    if (unmet != SP_CONDITION_NONE) {
        describe_unmet(asked, rule, unmet, is_unknown, out);
        return out;
    }
    json_object_set_new(out, "result", json_string("holds"));
    if (rule->action == SP_ACTION_RBAC && asked->rbac != NULL && asked->who->who.identity != NULL) {
        describe_rbac(asked, rule, out);
    }
    return out;
}

static bool has_result(const json_t *rule, const char *result)
{
    return strcmp(json_string_value(json_object_get(rule, "result")), result) == 0;
}

json_t *sp_explain_rules_describe(const struct sp_explain_case *asked, size_t decided)
{
    json_t *rules = json_array();
    for (size_t i = 0; i < asked->policy->rules_n; i++) {
        json_t *rule = describe_rule(asked, i, decided);
        decided = decided == 0 && has_result(rule, "holds") ? i + 1 : decided;
        json_array_append_new(rules, rule);
    }
    return rules;
}

bool sp_explain_rules_have_unknown(const json_t *rules)
{
    const json_t *rule;
    size_t i;
    json_array_foreach (rules, i, rule) {
        if (has_result(rule, NOT_KNOWN)) {
            return true;
        }
    }
    return false;
}

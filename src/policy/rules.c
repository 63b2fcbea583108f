/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules.h"

#include "http/field.h"

#include <stdlib.h>

/* The input of one evaluation, the same for all rules. */
struct evaluation {
    const struct sp_request *request;
    const struct sp_path_readings *readings; /* NULL: the path has only one */
    const struct sp_rbac_index *rbac;        /* NULL: no objects are available */
    sp_identify_fn *identify;
    void *context;
    bool has_client; /* the client's address has been determined */
    struct sp_chain_client client;
};

static bool path_matches(const struct sp_path_pattern *pattern, enum sp_action action,
                         const struct evaluation *evaluation)
{
    if (action == SP_ACTION_DENY && evaluation->readings != NULL) {
        return sp_path_pattern_match_readings(pattern, evaluation->readings);
    }
    const struct sp_target *target = &evaluation->request->target;
    return sp_path_pattern_match(pattern, target->path, target->marks, action);
}

static bool client_matches(const struct sp_rule *rule, struct evaluation *evaluation)
{
    if (!evaluation->has_client) {
        evaluation->client = sp_request_client(evaluation->request);
        evaluation->has_client = true;
    }
    return evaluation->client.is_known ? sp_cidrs_contain(&rule->client_ips, &evaluation->client.address)
                                       : rule->action == SP_ACTION_DENY;
}

static enum sp_condition find_unmet_by_request(const struct sp_rule *rule, struct evaluation *evaluation)
{
    const struct sp_request *request = evaluation->request;
    if (rule->cors_preflight && sp_request_kind(request) != SP_REQUEST_KIND_PREFLIGHT) {
        return SP_CONDITION_CORS_PREFLIGHT;
    }
    if (rule->websocket && sp_request_kind(request) != SP_REQUEST_KIND_WEBSOCKET) {
        return SP_CONDITION_WEBSOCKET;
    }
    if (rule->methods.items_n > 0 && !sp_texts_contain(&rule->methods, request->method)) {
        return SP_CONDITION_METHOD;
    }
    if (rule->hosts.items_n > 0 && !sp_texts_contain(&rule->hosts, sp_host_str(&request->origin.host))) {
        return SP_CONDITION_HOST;
    }
    if (rule->client_ips.items_n > 0 && !client_matches(rule, evaluation)) {
        return SP_CONDITION_CLIENT_IP;
    }
    for (size_t i = 0; i < rule->paths_n; i++) {
        if (path_matches(&rule->paths[i], rule->action, evaluation)) {
            return SP_CONDITION_NONE;
        }
    }
    return rule->paths_n == 0 ? SP_CONDITION_NONE : SP_CONDITION_PATH;
}

struct sp_str sp_email_domain(struct sp_str email)
{
    struct sp_str domain = email;
    struct sp_str local = sp_str_cut(&domain, '@');
    bool is_address = local.len > 0 && domain.len > 0 && !sp_str_contains(domain, '@') &&
                      !sp_str_contains(email, '"') && !sp_str_contains(email, ' ') &&
                      sp_field_can_carry(email);
    return is_address ? domain : SP_STR_NONE;
}

/* An unknown result counts as true in a rule that closes, and as false in one that opens. */
static bool claims_hold(const struct sp_rule *rule, const struct sp_identity *identity)
{
    for (size_t i = 0; i < rule->claims_n; i++) {
        enum sp_claim_answer answer = sp_claim_condition_ask(&rule->claims[i], identity);
        if (answer == SP_CLAIM_ANSWER_NO ||
            (answer == SP_CLAIM_ANSWER_UNKNOWN && rule->action != SP_ACTION_DENY)) {
            return false;
        }
    }
    return true;
}

static bool is_in_group(const struct sp_rule *rule, const struct sp_identity *identity)
{
    for (size_t i = 0; i < rule->groups.items_n; i++) {
        if (sp_identity_in_group(identity, sp_str_from_c(rule->groups.items[i]))) {
            return true;
        }
    }
    return rule->groups.items_n == 0;
}

static enum sp_condition find_unmet_by_user(const struct sp_rule *rule, const struct sp_identity *identity)
{
    if (rule->emails.items_n > 0) {
        struct sp_str email = sp_identity_email(identity);
        if (sp_email_domain(email).len == 0 || !sp_texts_contain_ci(&rule->emails, email)) {
            return SP_CONDITION_EMAIL;
        }
    }
    if (rule->email_domains.items_n > 0) {
        struct sp_str domain = sp_email_domain(identity->profile->email);
        if (identity->profile->email_verified != SP_EMAIL_VERIFIED_YES || domain.len == 0 ||
            !sp_texts_contain_ci(&rule->email_domains, domain)) {
            return SP_CONDITION_EMAIL_DOMAIN;
        }
    }
    if (!is_in_group(rule, identity)) {
        return SP_CONDITION_GROUP;
    }
    return claims_hold(rule, identity) ? SP_CONDITION_NONE : SP_CONDITION_CLAIM;
}

bool sp_policy_asks_client(const struct sp_policy *policy)
{
    bool asks = false;
    for (size_t i = 0; i < policy->rules_n && !asks; i++) {
        asks = policy->rules[i].client_ips.items_n > 0;
    }
    return asks;
}

bool sp_rule_is_about_users(const struct sp_rule *rule)
{
    return rule->groups.items_n + rule->emails.items_n + rule->email_domains.items_n + rule->claims_n > 0;
}

unsigned sp_rule_depends_on(const struct sp_rule *rule)
{
    unsigned path = rule->paths_n > 0 ? SP_HEADER_ROLE_PATH : 0;
    unsigned method = rule->methods.items_n > 0 || rule->cors_preflight ? SP_HEADER_ROLE_METHOD : 0;
    switch (rule->action) {
    case SP_ACTION_PUBLIC:
    case SP_ACTION_ALLOW:
    case SP_ACTION_DENY:
    case SP_ACTION_PASSTHROUGH:
        return path | method;
    case SP_ACTION_RBAC:
        break;
    }
    /* The bindings themselves depend on path and method. */
    return SP_HEADER_ROLE_PATH | SP_HEADER_ROLE_METHOD;
}

bool sp_rule_needs_all_groups(const struct sp_rule *rule)
{
    switch (rule->action) {
    case SP_ACTION_PUBLIC:
    case SP_ACTION_ALLOW:
    case SP_ACTION_DENY:
    case SP_ACTION_PASSTHROUGH:
        return false;
    case SP_ACTION_RBAC:
        break;
    }
    return true; /* the bindings themselves depend on groups */
}

static struct sp_verdict refuse(enum sp_verdict_kind kind, enum sp_reason reason, size_t rule)
{
    return (struct sp_verdict){.kind = kind, .reason = reason, .rule = rule};
}

/* A separate function, to keep its stack out of the usual path. */
static __attribute__((noinline)) struct sp_verdict ask_rbac(const struct evaluation *evaluation,
                                                            const struct sp_identity *identity, size_t rule)
{
    if (identity->profile->groups_mark != 0) { /* a binding may name a group that the profile lacks */
        return refuse(SP_VERDICT_DENY, SP_REASON_USER_NOT_REPRESENTABLE, rule);
    }
    if (evaluation->rbac == NULL) {
        return refuse(SP_VERDICT_UNAVAILABLE, SP_REASON_RBAC_UNAVAILABLE, rule);
    }
    struct sp_rbac_walk walk;
    struct sp_rbac_grant grant;
    sp_rbac_walk_begin(&walk, evaluation->rbac, evaluation->request, identity);
    return sp_rbac_walk_next(&walk, &grant)
               ? (struct sp_verdict){.kind = SP_VERDICT_ALLOW, .rule = rule, .identity = identity}
               : refuse(SP_VERDICT_DENY, SP_REASON_RBAC_DENIED, rule);
}

/* The decision of a matching rule that lets some users in. */
static struct sp_verdict let_in(const struct evaluation *evaluation, enum sp_action action,
                                const struct sp_who *who, size_t rule)
{
    if (who->identity == NULL) {
        return refuse(SP_VERDICT_LOGIN, who->reason, rule);
    }
    return action == SP_ACTION_RBAC
               ? ask_rbac(evaluation, who->identity, rule)
               : (struct sp_verdict){.kind = SP_VERDICT_ALLOW, .rule = rule, .identity = who->identity};
}

/* The decision of a matching rule that lets nobody in, or only tokens that are read elsewhere. */
static struct sp_verdict keep_out(enum sp_action action, const struct sp_who *who, size_t might_let_in,
                                  size_t rule)
{
    bool passes_tokens = action == SP_ACTION_PASSTHROUGH;
    enum sp_reason reason = passes_tokens ? SP_REASON_NO_SESSION : SP_REASON_POLICY_DENIED;
    struct sp_verdict verdict = might_let_in != 0 ? refuse(SP_VERDICT_LOGIN, who->reason, might_let_in)
                                                  : refuse(SP_VERDICT_DENY, reason, rule);
    verdict.passthrough = passes_tokens ? rule : 0;
    return verdict;
}

static struct sp_verdict evaluate(const struct sp_policy *policy, struct evaluation *evaluation)
{
    struct sp_who who = {0};
    bool is_asked = false;
    size_t might_let_in = 0; /* the first rule that could have let some user in, while the user is unknown */
    for (size_t i = 0; i < policy->rules_n; i++) {
        const struct sp_rule *rule = &policy->rules[i];
        if (find_unmet_by_request(rule, evaluation) != SP_CONDITION_NONE) {
            continue;
        }

        /* Identify the user when the first rule needs it. */
        bool is_about_users = sp_rule_is_about_users(rule);
        bool lets_some_in = rule->action == SP_ACTION_ALLOW || rule->action == SP_ACTION_RBAC;
        if (!is_asked && (is_about_users || lets_some_in)) {
            who = evaluation->identify(evaluation->context);
            is_asked = true;
            if (who.identity == NULL && !who.may_sign_in) {
                return refuse(SP_VERDICT_DENY, who.reason, 0);
            }
        }
        if (is_about_users && who.identity == NULL) {
            might_let_in = might_let_in == 0 && rule->action != SP_ACTION_DENY ? i + 1 : might_let_in;
            continue;
        }
        if (is_about_users && find_unmet_by_user(rule, who.identity) != SP_CONDITION_NONE) {
            continue;
        }

        /* The rule matches. */
        switch (rule->action) {
        case SP_ACTION_PUBLIC:
            return (struct sp_verdict){.kind = SP_VERDICT_ALLOW, .rule = i + 1};
        case SP_ACTION_ALLOW:
        case SP_ACTION_RBAC:
            return let_in(evaluation, rule->action, &who, i + 1);
        case SP_ACTION_DENY:
        case SP_ACTION_PASSTHROUGH:
            break;
        }
        return keep_out(rule->action, &who, might_let_in, i + 1);
    }
    return keep_out(SP_ACTION_DENY, &who, might_let_in, 0);
}

/* A separate function, to keep its stack out of the usual path. */
static __attribute__((noinline)) struct sp_verdict evaluate_readings(const struct sp_policy *policy,
                                                                     struct evaluation *evaluation)
{
    struct sp_path_readings readings;
    sp_path_readings_make(evaluation->request->target.path, &readings);
    evaluation->readings = &readings;
    return evaluate(policy, evaluation);
}

enum sp_condition sp_rule_find_unmet(const struct sp_rule *rule, const struct sp_request *request,
                                     const struct sp_identity *identity)
{
    struct sp_path_readings readings;
    struct evaluation evaluation = {.request = request};
    if (rule->action == SP_ACTION_DENY && !sp_path_is_plain(request->target.path, request->target.marks)) {
        sp_path_readings_make(request->target.path, &readings);
        evaluation.readings = &readings;
    }
    enum sp_condition unmet = find_unmet_by_request(rule, &evaluation);
    if (unmet != SP_CONDITION_NONE || !sp_rule_is_about_users(rule)) {
        return unmet;
    }
    if (identity != NULL) {
        return find_unmet_by_user(rule, identity);
    }
    static const struct sp_profile unknown;
    static const struct sp_identity nobody = {.profile = &unknown};
    unmet = find_unmet_by_user(rule, &nobody);
    /* A condition on a claim in a `deny` rule may hold for an unknown user. */
    return unmet != SP_CONDITION_NONE ? unmet : SP_CONDITION_CLAIM;
}

struct sp_verdict sp_policy_decide(const struct sp_policy *policy, const struct sp_request *request,
                                   const struct sp_rbac_index *rbac, sp_identify_fn *identify, void *context)
{
    struct evaluation evaluation = {
        .request = request, .rbac = rbac, .identify = identify, .context = context};
    bool closes_paths = false; /* a `deny` rule has paths; only then are the readings needed */
    for (size_t i = 0; i < policy->rules_n && !closes_paths; i++) {
        closes_paths = policy->rules[i].paths_n > 0 && policy->rules[i].action == SP_ACTION_DENY;
    }
    return !closes_paths || sp_path_is_plain(request->target.path, request->target.marks)
               ? evaluate(policy, &evaluation)
               : evaluate_readings(policy, &evaluation);
}

void sp_rule_done(struct sp_rule *rule)
{
    for (size_t i = 0; i < rule->paths_n; i++) {
        sp_path_pattern_done(&rule->paths[i]);
    }
    free(rule->paths);
    for (size_t i = 0; i < rule->claims_n; i++) {
        sp_claim_condition_done(&rule->claims[i]);
    }
    free(rule->claims);
    sp_texts_done(&rule->hosts);
    sp_texts_done(&rule->methods);
    sp_texts_done(&rule->groups);
    sp_texts_done(&rule->emails);
    sp_texts_done(&rule->email_domains);
    free(rule->client_ips.items);
    *rule = (struct sp_rule){0};
}

void sp_policy_done(struct sp_policy *policy)
{
    for (size_t i = 0; i < policy->rules_n; i++) {
        sp_rule_done(&policy->rules[i]);
    }
    free(policy->rules);
    free(policy->name);
    *policy = (struct sp_policy){0};
}

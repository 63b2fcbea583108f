/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_POLICY_RULES_MODEL_H
#define SP_TEST_UNIT_POLICY_RULES_MODEL_H

/*
 * Random policies, requests and sessions from small pools, so that they often match, and a slow, obvious
 * model of what a policy decides. Patterns and bindings are not modelled here: test_path_pattern and
 * test_rbac_decisions have models of them.
 */

#include "material.h"
#include "rbac_objects.h"

#include <strings.h>

static const char *const host_pool[] = {"a.example.com", "b.example.com", "c.example.com"};
static const char *const method_pool[] = {"GET", "POST", "OPTIONS"};
static const char *const group_pool[] = {"oidc:ops", "oidc:sre", "oidc:a,b", "ops"};
static const char *const email_pool[] = {"ada@ok.example", "BOB@ok.example", "bob@other.example"};
static const char *const domain_pool[] = {"ok.example", "other.example"};
static const char *const claim_pool[] = {"department", "/a/b", "sub", "preferred_username", "email_verified"};
static const char *const value_pool[] = {"x", "ada", "true", "false"};
static const char *const path_pool[] = {"/", "/a", "/a/b", "/b"};
static const char *const glob_pool[] = {"/**", "/a/*", "/*/b", "/a/**"};
static const char *const target_pool[] = {
    "/",       "/a",      "/a/b",     "/b",    "/a/b/c?/b",      "/a%2Fb",     "/%61",
    "/a/../b", "/a//b",   "/a/x%2Fy", "/c;/b", "/b%3fx/../c",    "/caf%C3%A9", "/a/",
    "/b.",     "/a/b%20", "/a:x/b",   "/%09b", "/a/%E2%80%A5/b", "/%FFb",
};

static const char *const network_pool[] = {"192.0.2.0/24", "192.0.2.7", "2001:db8::/32", "10.0.0.0/8"};

/* Chains behind hops in 10.0.0.0/8, and the client of each according to the documents; NULL: unknown. */
static const char *const chain_pool[][2] = {
    {"192.0.2.7", "192.0.2.7"},
    {"192.0.2.8, 10.0.0.1", "192.0.2.8"},
    {"192.0.2.7, 198.51.100.1, 10.0.0.1, 10.0.0.2", "198.51.100.1"},
    {"192.0.2.7, [2001:db8::1]:443", "2001:db8::1"},
    {"192.0.2.7, unknown, 10.0.0.1", NULL},
    {"10.0.0.2,10.0.0.1", NULL},
    {"", NULL},
};

/* The index for rbac rules, or NULL. */
static struct sp_rbac_index *model_rbac;

static inline void model_begin_rbac(void)
{
    model_rbac = index_of(ROLE_OF("r", "get", "/a*") BINDING_OF("b", "r", "Group", "oidc:ops")
                              BINDING_OF("c", "r", "User", "nobody"));
}

static inline void model_end_rbac(void)
{
    sp_rbac_index_unref(model_rbac);
    model_rbac = NULL;
}

#define N(pool) (sizeof(pool) / sizeof(pool)[0])

static inline void add_some(struct dice *dice, struct sp_texts *texts, const char *const *pool, size_t pool_n,
                            size_t one_in)
{
    if (dice_roll(dice, one_in) != 0) {
        return;
    }
    for (size_t n = 1 + dice_roll(dice, 2); n > 0; n--) {
        add_text(texts, pool[dice_roll(dice, pool_n)]);
    }
}

static inline void add_some_paths(struct dice *dice, struct sp_rule *rule)
{
    static const enum sp_path_pattern_kind kinds[] = {SP_PATTERN_EXACT, SP_PATTERN_PREFIX, SP_PATTERN_GLOB};
    enum sp_path_pattern_kind kind = kinds[dice_roll(dice, 3)];
    const char *const *pool = kind == SP_PATTERN_GLOB ? glob_pool : path_pool;
    for (size_t n = dice_roll(dice, 3); n > 0; n--) {
        add_path(rule, kind, pool[dice_roll(dice, 4)]);
    }
}

static inline void add_random_rule(struct dice *dice, struct sp_policy *policy)
{
    static const enum sp_action actions[] = {SP_ACTION_DENY, SP_ACTION_PUBLIC, SP_ACTION_ALLOW,
                                             SP_ACTION_RBAC, SP_ACTION_PASSTHROUGH};
    struct sp_rule *rule = add_rule(policy, actions[dice_roll(dice, N(actions))]);
    add_some(dice, &rule->hosts, host_pool, N(host_pool), 3);
    add_some(dice, &rule->methods, method_pool, N(method_pool), 4);
    add_some(dice, &rule->groups, group_pool, N(group_pool), 3);
    add_some(dice, &rule->emails, email_pool, N(email_pool), 6);
    add_some(dice, &rule->email_domains, domain_pool, N(domain_pool), 6);
    add_some_paths(dice, rule);
    for (size_t n = dice_roll(dice, 3) == 0 ? 1 + dice_roll(dice, 2) : 0; n > 0; n--) {
        add_network(&rule->client_ips, network_pool[dice_roll(dice, N(network_pool))]);
    }
    for (size_t n = dice_roll(dice, 4); n > 2; n--) {
        size_t claim = dice_roll(dice, N(claim_pool));
        add_some(dice, &add_claim(rule, claim_pool[claim], dice_roll(dice, 12))->values, value_pool,
                 N(value_pool), 1);
    }
    rule->cors_preflight = dice_roll(dice, 8) == 0;
    rule->websocket = dice_roll(dice, 8) == 0;
}

static inline struct sp_request random_request(struct dice *dice)
{
    char origin[64];
    snprintf(origin, sizeof origin, "https://%s", host_pool[dice_roll(dice, N(host_pool))]);
    struct sp_request request = make_request(method_pool[dice_roll(dice, N(method_pool))], origin,
                                             target_pool[dice_roll(dice, N(target_pool))]);
    static const enum sp_request_kind kinds[] = {SP_REQUEST_KIND_PREFLIGHT, SP_REQUEST_KIND_WEBSOCKET,
                                                 SP_REQUEST_KIND_NAVIGATION, SP_REQUEST_KIND_NAVIGATION};
    request.kind = kinds[dice_roll(dice, N(kinds))];
    static struct sp_cidr hop;
    static const struct sp_cidrs hops = {&hop, 1};
    ck_assert_int_eq(sp_cidr_parse(SP_STR("10.0.0.0/8"), NULL, &hop), SP_OK);
    request.client_hops = &hops;
    request.client_chain = sp_str_from_c(chain_pool[dice_roll(dice, N(chain_pool))][0]);
    return request;
}

static inline void fill_random_profile(struct dice *dice, struct sp_profile *profile)
{
    static const enum sp_email_verified verified[] = {SP_EMAIL_VERIFIED_ABSENT, SP_EMAIL_VERIFIED_NO,
                                                      SP_EMAIL_VERIFIED_YES};
    static const char *const emails[] = {
        "ada@ok.example",  "bob@OK.example", "bob@other.example", "", "ada@ok.example@other.example",
        "\"a\"@ok.example"};
    static const char *const groups[] = {"ops", "sre", "a,b", "x"};
    *profile = make_profile();
    profile->email = sp_str_from_c(emails[dice_roll(dice, N(emails))]);
    profile->email_verified = verified[dice_roll(dice, 3)];
    for (size_t n = dice_roll(dice, 3); n > 0; n--) {
        add_group(profile, groups[dice_roll(dice, N(groups))]);
    }
    profile->groups_mark = dice_roll(dice, 8) == 0;
    profile->facts_mark = dice_roll(dice, 3);
    for (size_t fact = 0; fact < 12; fact++) {
        profile->facts[fact / 8] |= (uint8_t)(dice_roll(dice, 2) << fact % 8);
    }
}

static inline bool model_value(const struct sp_texts *texts, struct sp_str value)
{
    bool found = texts->items_n == 0;
    for (size_t i = 0; i < texts->items_n; i++) {
        found = found ||
                (strlen(texts->items[i]) == value.len && memcmp(texts->items[i], value.ptr, value.len) == 0);
    }
    return found;
}

/* Whether the address, written as in the pool, is in the network, bit by bit. */
static inline bool model_is_inside(const char *text, const struct sp_cidr *network)
{
    struct sp_address address;
    ck_assert(sp_address_parse(sp_str_from_c(text), &address));
    for (unsigned bit = 0; bit < network->bits; bit++) {
        unsigned mask = 0x80U >> bit % 8;
        if ((address.bytes[bit / 8] & mask) != (network->address.bytes[bit / 8] & mask)) {
            return false;
        }
    }
    return true;
}

static inline bool model_client(const struct sp_rule *rule, const struct sp_request *request)
{
    const char *client = NULL;
    for (size_t i = 0; i < N(chain_pool); i++) {
        if (request->client_chain.ptr == chain_pool[i][0]) {
            client = chain_pool[i][1];
        }
    }
    if (rule->client_ips.items_n == 0 || client == NULL) {
        return rule->client_ips.items_n == 0 || rule->action == SP_ACTION_DENY;
    }
    for (size_t i = 0; i < rule->client_ips.items_n; i++) {
        if (model_is_inside(client, &rule->client_ips.items[i])) {
            return true;
        }
    }
    return false;
}

static inline bool model_request(const struct sp_rule *rule, const struct sp_request *request)
{
    bool path = rule->paths_n == 0;
    for (size_t i = 0; i < rule->paths_n; i++) {
        path = path || sp_path_pattern_match(&rule->paths[i], request->target.path, request->target.marks,
                                             rule->action);
    }
    bool preflight = !rule->cors_preflight || request->kind == SP_REQUEST_KIND_PREFLIGHT;
    bool websocket = !rule->websocket || request->kind == SP_REQUEST_KIND_WEBSOCKET;
    return path && preflight && websocket && model_client(rule, request) &&
           model_value(&rule->hosts, sp_host_str(&request->origin.host)) &&
           model_value(&rule->methods, request->method);
}

/* The address in lower case, or nothing if it is not one. */
static inline const char *model_email(const struct sp_profile *profile, char out[64])
{
    size_t at_n = 0;
    memset(out, 0, 64);
    for (size_t i = 0; i < profile->email.len; i++) {
        out[i] = sp_ascii_lower(profile->email.ptr[i]);
        at_n += out[i] == '@';
    }
    return at_n == 1 && strpbrk(out, " \"") == NULL ? out : NULL;
}

static inline bool model_email_is_one_of(const struct sp_texts *texts, const char *value)
{
    for (size_t i = 0; i < texts->items_n; i++) {
        if (strcasecmp(texts->items[i], value) == 0) {
            return true;
        }
    }
    return false;
}

static inline bool model_claim(const struct sp_claim_condition *claim, enum sp_action action,
                               const struct sp_identity *identity)
{
    const struct sp_profile *profile = identity->profile;
    static const char *const verified[] = {
        [SP_EMAIL_VERIFIED_ABSENT] = "", [SP_EMAIL_VERIFIED_NO] = "false", [SP_EMAIL_VERIFIED_YES] = "true"};
    if (strcmp(claim->name, "sub") == 0) {
        return model_value(&claim->values, profile->sub);
    }
    if (strcmp(claim->name, "preferred_username") == 0) {
        return model_value(&claim->values, profile->preferred_username);
    }
    if (strcmp(claim->name, "email_verified") == 0) {
        return model_value(&claim->values, sp_str_from_c(verified[profile->email_verified]));
    }
    if (identity->facts == NULL) {
        return action == SP_ACTION_DENY;
    }
    static const int powers[] = {1, 2, 4, 8, 16, 32, 64, 128};
    return identity->facts[claim->fact / 8] / powers[claim->fact % 8] % 2 == 1;
}

static inline bool model_user(const struct sp_rule *rule, const struct sp_identity *identity)
{
    const struct sp_profile *profile = identity->profile;
    char storage[64];
    const char *email = model_email(profile, storage);
    bool groups = rule->groups.items_n == 0;
    for (size_t i = 0; i < rule->groups.items_n; i++) {
        for (size_t n = 0; n < profile->groups_n; n++) {
            char shown[64];
            snprintf(shown, sizeof shown, "oidc:%.*s", SP_STR_ARGS(profile->groups[n]));
            groups = groups || (strcmp(shown, rule->groups.items[i]) == 0);
        }
    }
    bool is_own = profile->email_verified == SP_EMAIL_VERIFIED_YES;
    if (identity->email_rule == SP_EMAIL_UNLESS_FALSE) {
        is_own = profile->email_verified != SP_EMAIL_VERIFIED_NO;
    }
    bool emails =
        rule->emails.items_n == 0 || (email != NULL && is_own && model_email_is_one_of(&rule->emails, email));
    bool domains = rule->email_domains.items_n == 0 ||
                   (email != NULL && profile->email_verified == SP_EMAIL_VERIFIED_YES &&
                    model_email_is_one_of(&rule->email_domains, strchr(email, '@') + 1));
    bool claims = true;
    for (size_t i = 0; i < rule->claims_n; i++) {
        claims = claims && model_claim(&rule->claims[i], rule->action, identity);
    }
    return groups && emails && domains && claims;
}

static inline bool model_is_about_users(const struct sp_rule *rule)
{
    return rule->groups.items_n + rule->emails.items_n + rule->email_domains.items_n + rule->claims_n > 0;
}

/* The first rule that matches for this user or, without a profile, for an unknown one. */
static inline size_t model_first(const struct sp_policy *policy, const struct sp_request *request,
                                 const struct sp_identity *identity)
{
    for (size_t i = 0; i < policy->rules_n; i++) {
        const struct sp_rule *rule = &policy->rules[i];
        bool user = identity != NULL ? model_user(rule, identity) : !model_is_about_users(rule);
        if (user && model_request(rule, request)) {
            return i + 1;
        }
    }
    return 0;
}

/* The first rule about users, before the rule `end`, that applies to the request and, if `letting_in`, does
 * not deny. */
static inline size_t model_first_about_users(const struct sp_policy *policy, const struct sp_request *request,
                                             size_t end, bool letting_in)
{
    size_t n = end != 0 ? end - 1 : policy->rules_n;
    for (size_t i = 0; i < n; i++) {
        const struct sp_rule *rule = &policy->rules[i];
        if (model_is_about_users(rule) && model_request(rule, request) &&
            !(letting_in && rule->action == SP_ACTION_DENY)) {
            return i + 1;
        }
    }
    return 0;
}

/* What the rules know of the user: nothing yet, that there is no profile, or the profile. */
enum model_view { MODEL_UNKNOWN, MODEL_ANONYMOUS, MODEL_KNOWN };
enum model_outcome { MODEL_DENY, MODEL_PUBLIC, MODEL_ALLOW, MODEL_SIGN_IN };

struct model_ruling {
    enum model_outcome outcome;
    size_t rule; /* from 1; 0: the end of the list */
};

static inline struct model_ruling model_known(const struct sp_policy *policy,
                                              const struct sp_request *request,
                                              const struct sp_identity *identity)
{
    static const enum model_outcome outcomes[] = {[SP_ACTION_DENY] = MODEL_DENY,
                                                  [SP_ACTION_PUBLIC] = MODEL_PUBLIC,
                                                  [SP_ACTION_ALLOW] = MODEL_ALLOW,
                                                  [SP_ACTION_RBAC] = MODEL_ALLOW,
                                                  [SP_ACTION_PASSTHROUGH] = MODEL_DENY};
    size_t first = model_first(policy, request, identity);
    return (struct model_ruling){first != 0 ? outcomes[policy->rules[first - 1].action] : MODEL_DENY, first};
}

static inline struct model_ruling model_others(const struct sp_policy *policy,
                                               const struct sp_request *request, enum model_view view)
{
    struct model_ruling ruling = model_known(policy, request, NULL);
    size_t passed = model_first_about_users(policy, request, ruling.rule, view == MODEL_ANONYMOUS);
    if (passed != 0 && (view == MODEL_UNKNOWN || ruling.outcome == MODEL_DENY)) {
        return (struct model_ruling){MODEL_SIGN_IN, passed};
    }
    if (ruling.outcome == MODEL_ALLOW) {
        ruling.outcome = MODEL_SIGN_IN;
    }
    return ruling;
}

static inline struct sp_verdict model_ask_rbac(const struct sp_request *request,
                                               const struct sp_identity *identity, size_t rule)
{
    struct sp_rbac_walk walk;
    struct sp_rbac_grant grant;
    if (identity->profile->groups_mark != 0) {
        return (struct sp_verdict){SP_VERDICT_DENY, SP_REASON_USER_NOT_REPRESENTABLE, rule, NULL, 0};
    }
    if (model_rbac == NULL) {
        return (struct sp_verdict){SP_VERDICT_UNAVAILABLE, SP_REASON_RBAC_UNAVAILABLE, rule, NULL, 0};
    }
    sp_rbac_walk_begin(&walk, model_rbac, request, identity);
    return sp_rbac_walk_next(&walk, &grant)
               ? (struct sp_verdict){SP_VERDICT_ALLOW, SP_REASON_NONE, rule, identity, 0}
               : (struct sp_verdict){SP_VERDICT_DENY, SP_REASON_RBAC_DENIED, rule, NULL, 0};
}

/*
 * The verdict in two passes: first without identifying the user, and only if that is not enough, again for
 * the user. `needed` tells whether it was not enough.
 */
static inline struct sp_verdict model_decide(const struct sp_policy *policy, const struct sp_request *request,
                                             const struct sp_who *who, bool *needed)
{
    static const enum sp_verdict_kind kinds[] = {[MODEL_DENY] = SP_VERDICT_DENY,
                                                 [MODEL_PUBLIC] = SP_VERDICT_ALLOW,
                                                 [MODEL_ALLOW] = SP_VERDICT_ALLOW,
                                                 [MODEL_SIGN_IN] = SP_VERDICT_LOGIN};
    struct model_ruling ruling = model_others(policy, request, MODEL_UNKNOWN);
    *needed = ruling.outcome == MODEL_SIGN_IN;
    if (*needed && who->identity == NULL && !who->may_sign_in) {
        return (struct sp_verdict){.kind = SP_VERDICT_DENY, .reason = who->reason};
    }
    if (*needed) {
        ruling = who->identity != NULL ? model_known(policy, request, who->identity)
                                       : model_others(policy, request, MODEL_ANONYMOUS);
    }
    if (ruling.outcome == MODEL_ALLOW && policy->rules[ruling.rule - 1].action == SP_ACTION_RBAC) {
        return model_ask_rbac(request, who->identity, ruling.rule);
    }
    struct sp_verdict verdict = {.kind = kinds[ruling.outcome], .rule = ruling.rule};
    verdict.identity = ruling.outcome == MODEL_ALLOW ? who->identity : NULL;
    /* The first matching rule may be one for tokens, which are not read here. */
    size_t first = model_first(policy, request, *needed ? who->identity : NULL);
    bool passes_tokens = first != 0 && policy->rules[first - 1].action == SP_ACTION_PASSTHROUGH;
    verdict.passthrough = passes_tokens ? first : 0;
    if (verdict.kind == SP_VERDICT_LOGIN) {
        verdict.reason = who->reason;
    } else if (verdict.kind == SP_VERDICT_DENY) {
        verdict.reason = passes_tokens ? SP_REASON_NO_SESSION : SP_REASON_POLICY_DENIED;
    }
    return verdict;
}

/* ---- users --------------------------------------------------------------------------------------- */

struct caller {
    struct sp_who who;
    size_t asked_n;
};

static inline struct sp_who identify(void *context)
{
    struct caller *caller = context;
    caller->asked_n++;
    return caller->who;
}

static inline void assert_same_verdict(struct sp_verdict verdict, struct sp_verdict expected)
{
    ck_assert_msg(
        verdict.kind == expected.kind && verdict.reason == expected.reason && verdict.rule == expected.rule &&
            verdict.identity == expected.identity && verdict.passthrough == expected.passthrough,
        "%s %s by %zu, not %s %s by %zu", sp_verdict_name(verdict.kind), sp_reason_name(verdict.reason),
        verdict.rule, sp_verdict_name(expected.kind), sp_reason_name(expected.reason), expected.rule);
}

#endif

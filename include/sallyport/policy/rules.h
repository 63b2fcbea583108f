/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_RULES_H
#define SP_POLICY_RULES_H

/*
 * A policy: an ordered list of rules. A rule matches if all of its conditions hold, and a condition with
 * several values holds if one of them does. The first matching rule decides. If none matches, the request is
 * denied.
 *
 * Rules may depend on the request alone or also on the user. They are evaluated in one pass. The user is
 * identified for the first rule that needs it: a rule about users that matches the request, or an `allow` or
 * `rbac`. So a request that is open or closed to everybody opens no cookie.
 *
 * If the user is unknown, a rule about users does not match. An `allow` that matches, or that could have
 * matched for some user when everything after it denies, makes the verdict a login. If no user would be let
 * in, the verdict is deny, because a login that ends in a refusal is useless.
 *
 * If the client's address is unknown (http/address.h), a rule about it fails closed: `deny` matches, the
 * others do not. In another program an unparsable address skipped the rules (CVE-2024-47070).
 *
 * `passthrough` lets tokens from other issuers through, unverified (gate/passthrough.h). Tokens are not read
 * here: the verdict refuses and names the rule.
 *
 * `rbac` leaves the decision to the cluster's bindings (policy/rbac.h). Users whom they do not let in are
 * refused: no later rule is evaluated. It needs all groups, so a user whose groups are not all known is never
 * let in.
 *
 * Evaluation is pure, allocates nothing, and is checked against a slow, obvious model in the tests. A path
 * with several readings (policy/path_pattern.h) takes 114 KiB of stack.
 */

#include "http/header_name.h"
#include "policy/claim_condition.h"
#include "policy/path_pattern.h"
#include "policy/rbac.h"
#include "policy/request.h"
#include "policy/verdict.h"

#define SP_RULES_MAX       256 /* per policy */
#define SP_RULE_VALUES_MAX 64  /* per condition */
#define SP_RULE_CLAIMS_MAX 16  /* conditions on claims per rule */

struct sp_rule {
    enum sp_action action;
    struct sp_texts hosts;         /* canonical, without port */
    struct sp_path_pattern *paths; /* owned; all of one kind */
    size_t paths_n;
    struct sp_texts methods;           /* upper case, compared with the method as sent */
    struct sp_texts groups;            /* with the prefix, as applications see them */
    struct sp_texts emails;            /* compared ignoring ASCII case; only an address that identifies the
                                          user counts */
    struct sp_texts email_domains;     /* canonical; only a verified address counts */
    struct sp_claim_condition *claims; /* owned; all of them must hold */
    size_t claims_n;
    struct sp_cidrs client_ips; /* networks of the client behind all proxies */
    bool cors_preflight;        /* holds only for a real preflight */
    bool websocket;             /* holds only for WebSocket handshakes */
    uint32_t line;              /* line in the configuration file, for messages */
};

struct sp_policy {
    char *name;
    struct sp_rule *rules; /* owned */
    size_t rules_n;
    unsigned depends_on; /* what any of the rules depends on; see sp_rule_depends_on */
};

/*
 * The conditions of a rule, in the order in which they are checked: first those about the request, then those
 * about the user.
 */
enum sp_condition {
    SP_CONDITION_NONE,
    SP_CONDITION_CORS_PREFLIGHT,
    SP_CONDITION_WEBSOCKET,
    SP_CONDITION_METHOD,
    SP_CONDITION_HOST,
    SP_CONDITION_CLIENT_IP,
    SP_CONDITION_PATH,
    SP_CONDITION_EMAIL, /* the first one about the user */
    SP_CONDITION_EMAIL_DOMAIN,
    SP_CONDITION_GROUP,
    SP_CONDITION_CLAIM,
};

/*
 * The verdict on a request: ALLOW, LOGIN, DENY or UNAVAILABLE. LOGIN carries the reason why the user is
 * unknown. A user whom the rules may not let in, such as one without a name, is denied with the reason as
 * soon as a rule needs the user. A request that is open to everybody has no identity, even if a signed-in
 * user sent it.
 *
 *   rbac  for `rbac` rules; NULL while no objects are available; such rules then give UNAVAILABLE
 */
struct sp_verdict sp_policy_decide(const struct sp_policy *policy, const struct sp_request *request,
                                   const struct sp_rbac_index *rbac, sp_identify_fn *identify, void *context);

/*
 * To explain a verdict: the first condition of the rule that does not hold, or SP_CONDITION_NONE if all do.
 * Without an identity (NULL) no condition about users holds.
 */
enum sp_condition sp_rule_find_unmet(const struct sp_rule *rule, const struct sp_request *request,
                                     const struct sp_identity *identity);

static inline bool sp_condition_is_about_users(enum sp_condition condition)
{
    return condition >= SP_CONDITION_EMAIL;
}

/* True if a rule of the policy depends on the client's address. */
bool sp_policy_asks_client(const struct sp_policy *policy);

/* True if the rule depends on the user, not only on the request. */
bool sp_rule_is_about_users(const struct sp_rule *rule);

/*
 * SP_HEADER_ROLE_PATH, SP_HEADER_ROLE_METHOD: the parts of the request that the rule depends on and that a
 * header could override for the application. A preflight condition depends on the method too.
 */
unsigned sp_rule_depends_on(const struct sp_rule *rule);

/* True if the rule may depend on a group that it does not name, so that a session that lacks some groups is
 * unusable. */
bool sp_rule_needs_all_groups(const struct sp_rule *rule);

/*
 * The domain of an address with exactly one `@`, something on both sides of it, and no quotes, spaces or
 * controls; empty otherwise. A value such as `"x@ok.example"@other.example` is in no domain.
 */
struct sp_str sp_email_domain(struct sp_str email);

void sp_rule_done(struct sp_rule *rule);
void sp_policy_done(struct sp_policy *policy);

#endif

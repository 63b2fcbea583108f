/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_RULES_H
#define SP_POLICY_RULES_H

/*
 * A policy: an ordered list of rules. Within a rule every condition that is there must hold, a condition of
 * several values holds if one does; the first rule that holds decides; the end denies.
 *
 * Rules may speak of the request alone or also of the user. They are evaluated in one pass, and who asks is
 * found out when the first rule needs it: one about users that holds for the request, an `allow` or `rbac`.
 * So what is open to all, or closed to all, opens no cookie.
 *
 * Where nobody is known, a rule about users does not hold. An `allow` that holds, or that could have held for
 * somebody where everything then denies, makes the verdict a login. Where nobody would be let in, it denies:
 * a login that ends in a refusal helps nobody.
 *
 * Where the client's address is not known (http/address.h), a rule about it fails closed: `deny` holds, the
 * others do not. Elsewhere an address that did not parse skipped the rules (CVE-2024-47070).
 *
 * `passthrough` lets tokens of other issuers through, unverified (gate/passthrough.h). Tokens are not read
 * here: the verdict refuses, and names the rule.
 *
 * `rbac` hands the decision to the bindings of the cluster (policy/rbac.h), which refuse whom they do not let
 * in: no rule after it is asked. It goes by all groups, so of somebody of whom only some are known it lets
 * nobody in.
 *
 * Evaluation is pure, allocates nothing and is checked against a slow, obvious model in the tests. A path of
 * several readings (policy/path_pattern.h) takes 114 KiB of stack.
 */

#include "http/header_name.h"
#include "policy/claim_condition.h"
#include "policy/path_pattern.h"
#include "policy/rbac.h"
#include "policy/request.h"
#include "policy/verdict.h"

#define SP_RULES_MAX       256 /* of one policy */
#define SP_RULE_VALUES_MAX 64  /* of one condition */
#define SP_RULE_CLAIMS_MAX 16  /* conditions on claims of one rule */

struct sp_rule {
    enum sp_action action;
    struct sp_texts hosts;         /* canonical, without port */
    struct sp_path_pattern *paths; /* owned; all of one kind */
    size_t paths_n;
    struct sp_texts methods;           /* as sent: upper case */
    struct sp_texts groups;            /* with the prefix, as applications see them */
    struct sp_texts emails;            /* in any ASCII case; only an address that names the user counts */
    struct sp_texts email_domains;     /* canonical; only a verified address counts */
    struct sp_claim_condition *claims; /* owned; every one must hold */
    size_t claims_n;
    struct sp_cidrs client_ips; /* of the client behind all proxies */
    bool cors_preflight;        /* holds for a real preflight only */
    bool websocket;             /* holds for WebSocket handshakes only */
    uint32_t line;              /* in the configuration file, for messages */
};

struct sp_policy {
    char *name;
    struct sp_rule *rules; /* owned */
    size_t rules_n;
    unsigned depends_on; /* of all rules: see sp_rule_depends_on */
};

/*
 * The conditions of a rule, in the order in which they are looked at: those about the request, then those
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
    SP_CONDITION_EMAIL, /* the first about the user */
    SP_CONDITION_EMAIL_DOMAIN,
    SP_CONDITION_GROUP,
    SP_CONDITION_CLAIM,
};

/*
 * The verdict on a request: ALLOW, LOGIN, DENY or UNAVAILABLE. LOGIN has the reason why nobody is known.
 * Somebody whom the rules may not let in, such as one without a name, is denied with the reason as soon as a
 * rule needs them. What is open to all has no identity, whoever asks.
 *
 *   rbac  what rules `rbac` ask; NULL while there is nothing that they may go by: then they say UNAVAILABLE
 */
struct sp_verdict sp_policy_decide(const struct sp_policy *policy, const struct sp_request *request,
                                   const struct sp_rbac_index *rbac, sp_identify_fn *identify, void *context);

/*
 * The first condition of the rule that does not hold, SP_CONDITION_NONE when all do: to explain a verdict. Of
 * nobody (NULL) no condition about users holds.
 */
enum sp_condition sp_rule_find_unmet(const struct sp_rule *rule, const struct sp_request *request,
                                     const struct sp_identity *identity);

static inline bool sp_condition_is_about_users(enum sp_condition condition)
{
    return condition >= SP_CONDITION_EMAIL;
}

/* True when a rule of the policy speaks of the client's address. */
bool sp_policy_asks_client(const struct sp_policy *policy);

/* True when the rule speaks of the user, not only of the request. */
bool sp_rule_is_about_users(const struct sp_rule *rule);

/*
 * SP_HEADER_ROLE_PATH, SP_HEADER_ROLE_METHOD: what of the request a rule decides by that a header could tell
 * the application otherwise. A preflight is a method too.
 */
unsigned sp_rule_depends_on(const struct sp_rule *rule);

/* True when the rule may ask for a group that it does not name, so that a session that lacks some is of no
 * use. */
bool sp_rule_needs_all_groups(const struct sp_rule *rule);

/*
 * The domain of an address with exactly one `@`, something on both sides of it, and no quotes, spaces or
 * controls; empty otherwise. Such a thing as `"x@ok.example"@other.example` is in no domain.
 */
struct sp_str sp_email_domain(struct sp_str email);

void sp_rule_done(struct sp_rule *rule);
void sp_policy_done(struct sp_policy *policy);

#endif

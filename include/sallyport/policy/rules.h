/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_RULES_H
#define SP_POLICY_RULES_H

/*
 * A policy: an ordered list of rules. Within a rule every condition that is there must hold, a condition of
 * several values holds if one does; the first rule that holds decides; the end denies.
 *
 * Rules may speak of the request alone or also of the user. Whether a user is known is found out only when it
 * matters, so a policy is evaluated in one of three views:
 *
 *   unknown    nobody has looked for a session yet. PUBLIC is final and opens no cookie. As soon as a rule
 *              about users could hold, or an `allow` holds: SIGN_IN, "look at the session". Where nobody can
 *              be let in before that: DENY.
 *   anonymous  there is no session. Rules about users do not hold; PUBLIC, where a rule says so without them.
 *              Where an `allow` holds, or one of the rules passed over could let somebody in: SIGN_IN. Where
 *              nobody would be let in: DENY.
 *   known      the user is `subject`: PUBLIC, ALLOW or DENY.
 *
 * Evaluation is pure, allocates nothing and is checked against a slow, obvious model in the tests. A path of
 * several readings (policy/path_pattern.h) takes 114 KiB of stack.
 */

#include "http/header_name.h"
#include "policy/identity.h"
#include "policy/path_pattern.h"
#include "policy/request.h"

enum sp_action {
    SP_ACTION_DENY,
    SP_ACTION_PUBLIC,
    SP_ACTION_ALLOW,
};

#define SP_RULES_MAX       256 /* of one policy */
#define SP_RULE_VALUES_MAX 64  /* of one condition */

struct sp_texts {
    char **items; /* owned */
    size_t items_n;
};

struct sp_rule {
    enum sp_action action;
    struct sp_texts hosts;         /* canonical, without port */
    struct sp_path_pattern *paths; /* owned; all of one kind */
    size_t paths_n;
    struct sp_texts methods;       /* as sent: upper case */
    struct sp_texts groups;        /* with the prefix, as applications see them */
    struct sp_texts emails;        /* in any ASCII case; only an address that names the user counts */
    struct sp_texts email_domains; /* canonical; only a verified address counts */
    bool cors_preflight;           /* holds for a real preflight only */
    uint32_t line;                 /* in the configuration file, for messages */
};

struct sp_policy {
    char *name;
    struct sp_rule *rules; /* owned */
    size_t rules_n;
    unsigned depends_on; /* of all rules: see sp_rule_depends_on */
};

enum sp_outcome {
    SP_OUTCOME_DENY,
    SP_OUTCOME_PUBLIC,
    SP_OUTCOME_ALLOW,
    SP_OUTCOME_SIGN_IN,
};

enum sp_view {
    SP_VIEW_UNKNOWN,
    SP_VIEW_ANONYMOUS,
    SP_VIEW_KNOWN,
};

struct sp_ruling {
    enum sp_outcome outcome;
    size_t rule; /* from 1; 0: the end of the list */
};

/* `subject` is read under SP_VIEW_KNOWN only. */
struct sp_ruling sp_policy_evaluate(const struct sp_policy *policy, const struct sp_request *request,
                                    enum sp_view view, const struct sp_subject *subject);

/* True when nothing but the user keeps the rule from letting the request in: to explain a refusal. */
bool sp_rule_lacks_user(const struct sp_rule *rule, const struct sp_request *request,
                        const struct sp_subject *subject);

/* True when the rule speaks of the user, not only of the request. */
bool sp_rule_is_about_users(const struct sp_rule *rule);

/*
 * SP_HEADER_ROLE_PATH, SP_HEADER_ROLE_METHOD: what of the request a rule decides by that a header could tell
 * the application otherwise. A preflight is a method too.
 */
unsigned sp_rule_depends_on(const struct sp_rule *rule);

/*
 * The domain of an address with exactly one `@`, something on both sides of it, and no quotes, spaces or
 * controls; empty otherwise. Such a thing as `"x@ok.example"@other.example` is in no domain.
 */
struct sp_str sp_email_domain(struct sp_str email);

void sp_rule_done(struct sp_rule *rule);
void sp_policy_done(struct sp_policy *policy);
void sp_texts_done(struct sp_texts *texts);

/* Appends a copy. SP_ERR_MEMORY; how many there may be is the caller's question. */
enum sp_error sp_texts_add(struct sp_texts *texts, struct sp_str text) __attribute__((warn_unused_result));

#endif

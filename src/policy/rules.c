/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules.h"

#include "http/field.h"

#include <stdlib.h>

/* What all rules of one evaluation are asked about. */
struct question {
    const struct sp_request *request;
    enum sp_view view;
    const struct sp_subject *subject;
    const struct sp_path_readings *readings; /* NULL: the path has but one */
};

static bool contains(const struct sp_texts *texts, struct sp_str value)
{
    for (size_t i = 0; i < texts->items_n; i++) {
        if (sp_str_equal(sp_str_from_c(texts->items[i]), value)) {
            return true;
        }
    }
    return false;
}

static bool contains_ci(const struct sp_texts *texts, struct sp_str value)
{
    for (size_t i = 0; i < texts->items_n; i++) {
        if (sp_str_equal_ci(sp_str_from_c(texts->items[i]), value)) {
            return true;
        }
    }
    return false;
}

/* An action that nobody foresaw closes. */
static enum sp_path_effect effect_of(enum sp_action action)
{
    switch (action) {
    case SP_ACTION_PUBLIC:
        return SP_PATH_EFFECT_PUBLIC;
    case SP_ACTION_ALLOW:
        return SP_PATH_EFFECT_ALLOW;
    case SP_ACTION_DENY:
        return SP_PATH_EFFECT_DENY;
    }
    return SP_PATH_EFFECT_DENY;
}

static bool path_matches(const struct sp_path_pattern *pattern, enum sp_path_effect effect,
                         const struct question *question)
{
    if (effect == SP_PATH_EFFECT_DENY && question->readings != NULL) {
        return sp_path_pattern_match_readings(pattern, question->readings);
    }
    const struct sp_target *target = &question->request->target;
    return sp_path_pattern_match(pattern, target->path, target->marks, effect);
}

static bool paths_hold(const struct sp_rule *rule, const struct question *question)
{
    enum sp_path_effect effect = effect_of(rule->action);
    for (size_t i = 0; i < rule->paths_n; i++) {
        if (path_matches(&rule->paths[i], effect, question)) {
            return true;
        }
    }
    return rule->paths_n == 0;
}

static bool request_holds(const struct sp_rule *rule, const struct question *question)
{
    const struct sp_request *request = question->request;
    return (!rule->cors_preflight || sp_request_intent(request) == SP_INTENT_PREFLIGHT) &&
           (rule->methods.items_n == 0 || contains(&rule->methods, request->method)) &&
           (rule->hosts.items_n == 0 || contains(&rule->hosts, sp_host_str(&request->origin.host))) &&
           paths_hold(rule, question);
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

static bool emails_hold(const struct sp_texts *emails, const struct sp_subject *subject)
{
    struct sp_str email = sp_subject_email(subject);
    return emails->items_n == 0 || (sp_email_domain(email).len > 0 && contains_ci(emails, email));
}

static bool email_domains_hold(const struct sp_texts *domains, const struct sp_session *session)
{
    if (domains->items_n == 0) {
        return true;
    }
    struct sp_str domain = sp_email_domain(session->profile.email);
    return session->profile.email_verified == SP_EMAIL_VERIFIED_YES && domain.len > 0 &&
           contains_ci(domains, domain);
}

static bool groups_hold(const struct sp_texts *groups, const struct sp_subject *subject)
{
    for (size_t i = 0; i < groups->items_n; i++) {
        if (sp_subject_in_group(subject, sp_str_from_c(groups->items[i]))) {
            return true;
        }
    }
    return groups->items_n == 0;
}

static bool user_holds(const struct sp_rule *rule, const struct sp_subject *subject)
{
    return emails_hold(&rule->emails, subject) &&
           email_domains_hold(&rule->email_domains, subject->session) && groups_hold(&rule->groups, subject);
}

bool sp_rule_is_about_users(const struct sp_rule *rule)
{
    return rule->groups.items_n > 0 || rule->emails.items_n > 0 || rule->email_domains.items_n > 0;
}

/* An action that decides by path and method of its own accord, as RBAC does, depends on both. */
static unsigned action_depends_on(enum sp_action action)
{
    switch (action) {
    case SP_ACTION_PUBLIC:
    case SP_ACTION_ALLOW:
    case SP_ACTION_DENY:
        return 0;
    }
    return SP_HEADER_ROLE_PATH | SP_HEADER_ROLE_METHOD;
}

unsigned sp_rule_depends_on(const struct sp_rule *rule)
{
    unsigned path = rule->paths_n > 0 ? SP_HEADER_ROLE_PATH : 0;
    unsigned method = rule->methods.items_n > 0 || rule->cors_preflight ? SP_HEADER_ROLE_METHOD : 0;
    return path | method | action_depends_on(rule->action);
}

bool sp_rule_lacks_user(const struct sp_rule *rule, const struct sp_request *request,
                        const struct sp_subject *subject)
{
    const struct question question = {.request = request, .view = SP_VIEW_KNOWN, .subject = subject};
    return rule->action != SP_ACTION_DENY && request_holds(rule, &question) && !user_holds(rule, subject);
}

/* What it means, for those who are not known, that a rule which is not about users holds. */
static enum sp_outcome outcome_of(enum sp_action action, enum sp_view view)
{
    switch (action) {
    case SP_ACTION_PUBLIC:
        return SP_OUTCOME_PUBLIC;
    case SP_ACTION_ALLOW:
        return view == SP_VIEW_KNOWN ? SP_OUTCOME_ALLOW : SP_OUTCOME_SIGN_IN;
    case SP_ACTION_DENY:
        return SP_OUTCOME_DENY;
    }
    return SP_OUTCOME_DENY;
}

static struct sp_ruling evaluate(const struct sp_policy *policy, const struct question *question)
{
    struct sp_ruling last = {SP_OUTCOME_DENY, 0};
    size_t might_let_in = 0;
    for (size_t i = 0; i < policy->rules_n; i++) {
        const struct sp_rule *rule = &policy->rules[i];
        bool is_about_users = sp_rule_is_about_users(rule);
        if (is_about_users && question->view == SP_VIEW_KNOWN && !user_holds(rule, question->subject)) {
            continue;
        }
        if (!request_holds(rule, question)) {
            continue;
        }
        if (is_about_users && question->view == SP_VIEW_UNKNOWN) {
            return (struct sp_ruling){SP_OUTCOME_SIGN_IN, i + 1};
        }
        if (!is_about_users || question->view == SP_VIEW_KNOWN) {
            last = (struct sp_ruling){outcome_of(rule->action, question->view), i + 1};
            break;
        }
        if (might_let_in == 0 && rule->action != SP_ACTION_DENY) {
            might_let_in = i + 1;
        }
    }
    bool may_sign_in = last.outcome == SP_OUTCOME_DENY && might_let_in != 0;
    return may_sign_in ? (struct sp_ruling){SP_OUTCOME_SIGN_IN, might_let_in} : last;
}

/* In its own function, for the sake of the stack of the usual way. */
static __attribute__((noinline)) struct sp_ruling evaluate_readings(const struct sp_policy *policy,
                                                                    struct question *question)
{
    struct sp_path_readings readings;
    sp_path_readings_make(question->request->target.path, &readings);
    question->readings = &readings;
    return evaluate(policy, question);
}

/* Whether some rule closes paths: without one nobody needs the readings. */
static bool closes_paths(const struct sp_policy *policy)
{
    for (size_t i = 0; i < policy->rules_n; i++) {
        if (policy->rules[i].paths_n > 0 && effect_of(policy->rules[i].action) == SP_PATH_EFFECT_DENY) {
            return true;
        }
    }
    return false;
}

struct sp_ruling sp_policy_evaluate(const struct sp_policy *policy, const struct sp_request *request,
                                    enum sp_view view, const struct sp_subject *subject)
{
    struct question question = {.request = request, .view = view, .subject = subject};
    bool is_plain = sp_path_is_plain(request->target.path, request->target.marks);
    return is_plain || !closes_paths(policy) ? evaluate(policy, &question)
                                             : evaluate_readings(policy, &question);
}

void sp_texts_done(struct sp_texts *texts)
{
    for (size_t i = 0; i < texts->items_n; i++) {
        free(texts->items[i]);
    }
    free(texts->items);
    *texts = (struct sp_texts){0};
}

enum sp_error sp_texts_add(struct sp_texts *texts, struct sp_str text)
{
    char **items = reallocarray(texts->items, texts->items_n + 1, sizeof *items);
    if (items == NULL) {
        return SP_ERR_MEMORY;
    }
    texts->items = items;
    char *copy = sp_str_dup(text);
    if (copy == NULL) {
        return SP_ERR_MEMORY;
    }
    items[texts->items_n++] = copy;
    return SP_OK;
}

void sp_rule_done(struct sp_rule *rule)
{
    for (size_t i = 0; i < rule->paths_n; i++) {
        sp_path_pattern_done(&rule->paths[i]);
    }
    free(rule->paths);
    sp_texts_done(&rule->hosts);
    sp_texts_done(&rule->methods);
    sp_texts_done(&rule->groups);
    sp_texts_done(&rule->emails);
    sp_texts_done(&rule->email_domains);
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

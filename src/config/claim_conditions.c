/* SPDX-License-Identifier: Apache-2.0 */
#include "config/claim_conditions.h"

#include "base/wording.h"
#include "config/config.h"
#include "config/load.h"
#include "config/named_claims.h"

#include <stdlib.h>

#define VALUE_MAX 256 /* bytes */

/* ---- one condition ------------------------------------------------------------------------------- */

static enum sp_error parse_name(struct sp_str name, struct sp_diag *diag, char **out)
{
    enum sp_error error = sp_named_claim_parse(name, diag, out);
    if (error == SP_OK && strcmp(*out, "email") == 0) {
        sp_value_free_text(out);
        error = sp_diag_set(diag, SP_ERR_FORMAT,
                            "email cannot be used here: the condition email also checks email_verified");
    }
    return error;
}

static enum sp_error add_value(const struct sp_yaml_node *node, struct sp_diag *diag, struct sp_texts *values)
{
    if (node->kind != SP_YAML_SCALAR || node->is_null) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "expected a value and found %s", sp_yaml_kind_text(node));
    }
    struct sp_str value = sp_str_from_c(node->text);
    if (value.len == 0 || value.len > VALUE_MAX) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is empty or longer than %d bytes", SP_QUOTE(value),
                           VALUE_MAX);
    }
    if (values->items_n == SP_RULE_VALUES_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "more than %d values", SP_RULE_VALUES_MAX);
    }
    return sp_texts_add(values, value);
}

static enum sp_error read_values(const struct sp_yaml_node *node, struct sp_diag *diag, struct sp_texts *out)
{
    if (node->kind != SP_YAML_LIST) {
        return add_value(node, diag, out);
    }
    enum sp_error error = SP_OK;
    for (const struct sp_yaml_node *item = node->first; item != NULL && error == SP_OK; item = item->next) {
        error = add_value(item, diag, out);
    }
    return node->first != NULL ? error
                               : sp_diag_set(diag, SP_ERR_FORMAT, "an empty list never matches: add values");
}

static void read_condition(struct sp_reading *reading, const struct sp_yaml_node *node, void *claims)
{
    const struct sp_rule *rule = reading->object;
    struct sp_claim_condition claim = {.name = NULL};
    struct sp_diag diag = {.text = "out of memory"};
    struct sp_str name = sp_str_from_c(node->key);
    enum sp_error error = SP_OK;
    if (rule->claims_n == SP_RULE_CLAIMS_MAX) {
        error = sp_diag_set(&diag, SP_ERR_LIMIT, "more than %d claims", SP_RULE_CLAIMS_MAX);
    }
    if (error == SP_OK) {
        error = parse_name(name, &diag, &claim.name);
    }
    if (error == SP_OK) {
        error = read_values(node, &diag, &claim.values);
    }
    if (error == SP_OK) {
        error = sp_list_add(claims, &claim, sizeof claim);
    }
    if (error != SP_OK) {
        sp_claim_condition_done(&claim);
        sp_reports_add(reading->reports, SP_REPORT_ERROR,
                       SP_PLACE(reading->subject, node->key_line, node->key_column), "claim: %s: %s",
                       SP_QUOTE(name), diag.text);
    }
}

static void free_condition(void *value)
{
    sp_claim_condition_done(value);
}

const struct sp_value_type sp_type_claim_conditions = {
    .label = "mapping of claims to values",
    .shape = SP_VALUE_SECTION,
    .expected = "claims and their values, such as {department: sales},",
    .read = read_condition,
    .item_len = sizeof(struct sp_claim_condition),
    .done = free_condition,
};

/* ---- all conditions ------------------------------------------------------------------------------ */

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_conditions(const void *a, const void *b)
{
    const struct sp_claim_condition *first = *(struct sp_claim_condition *const *)a;
    const struct sp_claim_condition *second = *(struct sp_claim_condition *const *)b;
    int order = strcmp(first->name, second->name);
    for (size_t i = 0; order == 0 && i < first->values.items_n && i < second->values.items_n; i++) {
        order = strcmp(first->sorted[i], second->sorted[i]);
    }
    order = order != 0 ? order : (int)first->values.items_n - (int)second->values.items_n;
    return order != 0 ? order : (int)first->denies - (int)second->denies;
}

/* Adds a sorted copy of the values, which themselves stay in the order of the file. */
static bool sort_values(struct sp_claim_condition *claim)
{
    size_t n = claim->values.items_n;
    claim->sorted = calloc(n, sizeof claim->sorted[0]);
    if (claim->sorted != NULL) {
        memcpy(claim->sorted, claim->values.items, n * sizeof claim->sorted[0]);
        qsort(claim->sorted, n, sizeof claim->sorted[0], compare_texts);
    }
    return claim->sorted != NULL;
}

/* Collects the conditions of all rules that are facts, sorted. `all` is a list of pointers into the rules. */
static enum sp_error collect(const struct sp_config *config, struct sp_facts *all)
{
    for (size_t i = 0; i < config->policies_n; i++) {
        for (size_t j = 0; j < config->policies[i].rules_n; j++) {
            const struct sp_rule *rule = &config->policies[i].rules[j];
            for (size_t k = 0; k < rule->claims_n; k++) {
                struct sp_claim_condition *claim = &rule->claims[k];
                claim->denies = rule->action == SP_ACTION_DENY;
                if (sp_claim_condition_is_fact(claim) &&
                    (!sort_values(claim) || sp_list_add(all, &claim, sizeof claim) != SP_OK)) {
                    return SP_ERR_MEMORY;
                }
            }
        }
    }
    if (all->items_n > 0) {
        qsort(all->items, all->items_n, sizeof all->items[0], compare_conditions);
    }
    return SP_OK;
}

/* Gives equal conditions one number, and keeps one of each. */
static void number(struct sp_facts *all)
{
    size_t n = 0;
    for (size_t i = 0; i < all->items_n; i++) {
        if (n == 0 || compare_conditions(&all->items[i], &all->items[n - 1]) != 0) {
            all->items[n++] = all->items[i];
        }
        all->items[i]->fact = n - 1;
    }
    all->items_n = n;
}

/* Appends the settings, other than rules, that determine which claims of a login a session keeps. */
static void append_reading(const struct sp_config *config, struct sp_buf *out)
{
    sp_config_append_text(config->username_claim, out);
    sp_config_append_text(config->groups_claim, out);
    sp_config_append_text(config->userinfo ? "userinfo" : "", out);
    for (size_t i = 0; i < config->groups_keep.items_n; i++) {
        sp_config_append_text(config->groups_keep.items[i], out);
    }
    sp_buf_append_char(out, '\0');
}

/* Makes the mark from each condition's name and values, with another NUL after each condition. */
static enum sp_error make_mark(const struct sp_config *config, uint64_t *out)
{
    const struct sp_facts *facts = &config->facts;
    SP_BUF_SCOPED struct sp_buf texts;
    sp_buf_init(&texts, 4 * SP_CONFIG_TEXT_MAX);
    append_reading(config, &texts);
    for (size_t i = 0; i < facts->items_n; i++) {
        const struct sp_claim_condition *claim = facts->items[i];
        sp_config_append_text(claim->name, &texts);
        for (size_t k = 0; k < claim->values.items_n; k++) {
            sp_config_append_text(claim->sorted[k], &texts);
        }
        sp_buf_append(&texts, claim->denies ? SP_STR("\0deny") : SP_STR_NONE); /* no value is empty */
        sp_buf_append_char(&texts, '\0');
    }
    return sp_config_make_mark(&texts, out);
}

/* Refuses a claim that has a condition of its own: that condition covers all groups, with their prefix. */
static void refuse_groups(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    for (size_t i = 0; i < config->policies_n; i++) {
        for (size_t j = 0; j < config->policies[i].rules_n; j++) {
            const struct sp_rule *rule = &config->policies[i].rules[j];
            for (size_t k = 0; k < rule->claims_n; k++) {
                if (strcmp(rule->claims[k].name, config->groups_claim) == 0) {
                    sp_reports_add(reading->reports, SP_REPORT_ERROR, SP_PLACE("policies", rule->line, 0),
                                   "policy %s, rule %zu: claim: \"%s\" is the setting groups_claim: use the "
                                   "condition group, with groups_prefix",
                                   config->policies[i].name, j + 1,
                                   SP_QUOTE(sp_str_from_c(config->groups_claim)));
                }
            }
        }
    }
}

void sp_claim_conditions_derive(struct sp_reading *reading)
{
    struct sp_config *config = reading->object;
    refuse_groups(reading);
    enum sp_error error = collect(config, &config->facts);
    if (error == SP_OK && config->facts.items_n > 0) {
        number(&config->facts);
    }
    if (error == SP_OK) {
        error = make_mark(config, &config->facts_mark);
    }
    if (error != SP_OK) {
        sp_reading_refuse(reading, "policies", "out of memory");
    } else if (config->facts.items_n > SP_PROFILE_FACTS_MAX_N) {
        sp_reading_refuse(reading, "policies", "rules have more than %d different conditions on claims",
                          SP_PROFILE_FACTS_MAX_N);
    }
}

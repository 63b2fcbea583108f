/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_aggregation.h"

#include "jose/json.h"

#include <stdio.h>
#include <stdlib.h>

static const json_t *selectors_of(const json_t *role)
{
    return json_object_get(json_object_get(role, "aggregationRule"), "clusterRoleSelectors");
}

static bool has_value(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value != NULL && !json_is_null(value);
}

static bool contains(const json_t *list, const json_t *item)
{
    size_t i;
    json_t *value;
    json_array_foreach (list, i, value) {
        if (json_equal(value, item)) {
            return true;
        }
    }
    return false;
}

/* ---- checking -------------------------------------------------------------------------------------- */

/* Writes the pointer; the callers below add its last part. */
#define fail_at(fault_out, why, ...)                                                                         \
    (snprintf((fault_out)->pointer, SP_RBAC_POINTER_MAX,                                                     \
              "/aggregationRule/clusterRoleSelectors" __VA_ARGS__),                                          \
     (fault_out)->text = (why), SP_ERR_FORMAT)

static bool are_texts(const json_t *list)
{
    size_t i;
    json_t *value;
    json_array_foreach (list, i, value) {
        if (!json_is_string(value)) {
            return false;
        }
    }
    return json_is_array(list);
}

static enum sp_error check_expression(const json_t *expression, size_t selector, size_t i,
                                      struct sp_rbac_fault *fault)
{
    const char *sign = json_string_value(json_object_get(expression, "operator"));
    bool wants_values = sign != NULL && (strcmp(sign, "In") == 0 || strcmp(sign, "NotIn") == 0);
    bool wants_none = sign != NULL && (strcmp(sign, "Exists") == 0 || strcmp(sign, "DoesNotExist") == 0);
    const json_t *values = json_object_get(expression, "values");
    if (!json_is_string(json_object_get(expression, "key"))) {
        return fail_at(fault, "an expression needs a key", "/%zu/matchExpressions/%zu/key", selector, i);
    }
    if (!wants_values && !wants_none) {
        return fail_at(fault, "an operator must be In, NotIn, Exists or DoesNotExist",
                       "/%zu/matchExpressions/%zu/operator", selector, i);
    }
    bool has_values = json_array_size(values) > 0;
    if (wants_values != has_values || (has_value(expression, "values") && !are_texts(values))) {
        return fail_at(fault, "In and NotIn need a list of values, and the others must have none",
                       "/%zu/matchExpressions/%zu/values", selector, i);
    }
    return SP_OK;
}

static enum sp_error check_selector(const json_t *selector, size_t i, struct sp_rbac_fault *fault)
{
    const json_t *labels = json_object_get(selector, "matchLabels");
    const json_t *expressions = json_object_get(selector, "matchExpressions");
    if (!json_is_object(selector)) {
        return fail_at(fault, "a selector must be a mapping", "/%zu", i);
    }
    if ((has_value(selector, "matchLabels") && !json_is_object(labels)) ||
        (has_value(selector, "matchExpressions") && !json_is_array(expressions))) {
        return fail_at(fault, "matchLabels must be a mapping, and matchExpressions a list", "/%zu", i);
    }
    size_t n;
    json_t *expression;
    json_array_foreach (expressions, n, expression) {
        enum sp_error error = check_expression(expression, i, n, fault);
        if (error != SP_OK) {
            return error;
        }
    }
    return SP_OK;
}

enum sp_error sp_rbac_aggregation_check(const json_t *role, struct sp_rbac_fault *fault)
{
    const json_t *selectors = selectors_of(role);
    if (has_value(role, "aggregationRule") && !json_is_array(selectors)) {
        return fail_at(fault, "an aggregationRule needs a list of selectors", "");
    }
    size_t i;
    json_t *selector;
    json_array_foreach (selectors, i, selector) {
        enum sp_error error = check_selector(selector, i, fault);
        if (error != SP_OK) {
            return error;
        }
    }
    return SP_OK;
}

/* ---- selecting ------------------------------------------------------------------------------------- */

static bool expression_holds(const json_t *expression, const json_t *labels)
{
    const char *sign = json_string_value(json_object_get(expression, "operator"));
    const json_t *label = json_object_get(labels, json_string_value(json_object_get(expression, "key")));
    bool is_listed = label != NULL && contains(json_object_get(expression, "values"), label);
    switch (sign[0]) {
    case 'I': /* In */
        return is_listed;
    case 'N': /* NotIn: also if there is no such label */
        return !is_listed;
    case 'E': /* Exists */
        return label != NULL;
    default: /* DoesNotExist */
        return label == NULL;
    }
}

static bool selector_takes(const json_t *selector, const json_t *role)
{
    const json_t *labels = json_object_get(json_object_get(role, "metadata"), "labels");
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(selector, "matchLabels"), key, value) {
        if (!json_equal(json_object_get(labels, key), value)) {
            return false;
        }
    }
    size_t i;
    json_t *expression;
    json_array_foreach (json_object_get(selector, "matchExpressions"), i, expression) {
        if (!expression_holds(expression, labels)) {
            return false;
        }
    }
    return true;
}

/* True if one of its selectors matches the other role. */
static bool selects(const json_t *aggregated, const json_t *role)
{
    size_t i;
    json_t *selector;
    json_array_foreach (selectors_of(aggregated), i, selector) {
        if (aggregated != role && selector_takes(selector, role)) {
            return true;
        }
    }
    return false;
}

/* ---- the resulting rules ---------------------------------------------------------------------------- */

struct node {
    json_t *role;
    bool is_made;  /* aggregated from others */
    bool is_known; /* its rules are known: `rules_n` numbers in the pool, starting at `begin` */
    size_t begin;
    size_t rules_n;
    uint32_t met; /* order in which the walk reached it, from 1; 0: not yet */
};

/* Rules are represented by numbers; equal rules share one. */
struct aggregation {
    struct node *nodes;
    size_t nodes_n;
    json_t *numbers; /* the number of each rule, by its JSON */
    json_t **rules;  /* the rules, by number; borrowed */
    uint32_t *taken; /* for each rule number, the last cycle that took the rule */
    size_t rules_n;
    size_t copies_n;
    uint32_t *pool;
    size_t pool_n;
    size_t pool_cap;
    uint32_t *open; /* nodes that have been reached and are not yet known, in this order */
    size_t open_n;
    uint32_t met_n;
};

static enum sp_error append(struct aggregation *all, uint32_t number)
{
    if (all->pool_n == all->pool_cap) {
        size_t cap = 2 * all->pool_cap + 64;
        uint32_t *pool = reallocarray(all->pool, cap, sizeof *pool);
        if (pool == NULL) {
            return SP_ERR_MEMORY;
        }
        all->pool = pool;
        all->pool_cap = cap;
    }
    all->pool[all->pool_n++] = number;
    return SP_OK;
}

static enum sp_error number_rule(struct aggregation *all, json_t *rule)
{
    char *text = json_dumps(rule, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    const json_t *known = text != NULL ? json_object_get(all->numbers, text) : NULL;
    size_t number = known != NULL ? (size_t)json_integer_value(known) : all->rules_n;
    bool is_well = text != NULL;
    if (is_well && known == NULL) {
        all->rules[all->rules_n++] = rule;
        is_well = json_object_set_new_nocheck(all->numbers, text, json_integer((json_int_t)number)) == 0;
    }
    free(text);
    return is_well ? append(all, (uint32_t)number) : SP_ERR_MEMORY;
}

/* Adds the rules of a node to those of the cycle. */
static enum sp_error take_rules(struct aggregation *all, const struct node *node, uint32_t circle)
{
    all->copies_n += node->rules_n;
    if (all->copies_n > SP_RBAC_AGGREGATION_RULES_MAX) {
        return SP_ERR_TOO_MANY;
    }
    enum sp_error error = SP_OK;
    for (size_t i = 0; i < node->rules_n && error == SP_OK; i++) {
        uint32_t number = all->pool[node->begin + i];
        if (all->taken[number] != circle) {
            all->taken[number] = circle;
            error = append(all, number);
        }
    }
    return error;
}

static bool is_selected_by_open(const struct aggregation *all, size_t first, const struct node *node)
{
    for (size_t i = first; i < all->open_n; i++) {
        if (selects(all->nodes[all->open[i]].role, node->role)) {
            return true;
        }
    }
    return false;
}

/* Gives the nodes from `first` on in `open`, which all select each other, the rules of everything they
 * select, starting with those of plain roles. */
static enum sp_error finish_circle(struct aggregation *all, size_t first)
{
    enum sp_error error = SP_OK;
    uint32_t circle = all->nodes[all->open[first]].met;
    size_t begin = all->pool_n;
    for (int made = 0; made < 2; made++) {
        for (size_t i = 0; i < all->nodes_n && error == SP_OK; i++) {
            const struct node *node = &all->nodes[i];
            if (node->is_made == (made == 1) && node->is_known && is_selected_by_open(all, first, node)) {
                error = take_rules(all, node, circle);
            }
        }
    }
    all->copies_n += (all->open_n - first) * (all->pool_n - begin);
    error = error == SP_OK && all->copies_n > SP_RBAC_AGGREGATION_RULES_MAX ? SP_ERR_TOO_MANY : error;
    SP_JSON_SCOPED json_t *rules = json_array();
    bool is_well = rules != NULL && error == SP_OK;
    for (size_t i = begin; i < all->pool_n && is_well; i++) {
        is_well = json_array_append(rules, all->rules[all->pool[i]]) == 0;
    }
    while (all->open_n > first && is_well) {
        struct node *node = &all->nodes[all->open[--all->open_n]];
        node->is_known = true;
        node->begin = begin;
        node->rules_n = all->pool_n - begin;
        is_well = json_object_set(node->role, "rules", rules) == 0;
    }
    return error != SP_OK ? error : is_well ? SP_OK : SP_ERR_MEMORY;
}

/* Walks to the nodes that this node selects. `lowest` becomes the first node reached among those that form a
 * cycle with it (Tarjan's algorithm). If that is the node itself, the cycle is complete. The depth is at most
 * the number of aggregated roles; SP_RBAC_AGGREGATION_COMPARED_MAX keeps that below 2,000. */
static enum sp_error visit(struct aggregation *all, size_t i, uint32_t *lowest)
{
    enum sp_error error = SP_OK;
    struct node *node = &all->nodes[i];
    size_t first = all->open_n;
    all->open[all->open_n++] = (uint32_t)i;
    node->met = ++all->met_n;
    *lowest = node->met;
    for (size_t n = 0; n < all->nodes_n && error == SP_OK; n++) {
        const struct node *other = &all->nodes[n];
        if (!other->is_known && selects(node->role, other->role)) {
            uint32_t lowest_there = other->met;
            error = other->met == 0 ? visit(all, n, &lowest_there) : SP_OK;
            *lowest = lowest_there < *lowest ? lowest_there : *lowest;
        }
    }
    return error == SP_OK && *lowest == node->met ? finish_circle(all, first) : error;
}

/* The maximum number of conditions that each role is compared with. */
static size_t count_conditions(const json_t *aggregated)
{
    size_t count = 0;
    size_t i;
    size_t n;
    json_t *selector;
    json_t *expression;
    json_array_foreach (selectors_of(aggregated), i, selector) {
        count += 1 + json_object_size(json_object_get(selector, "matchLabels"));
        json_array_foreach (json_object_get(selector, "matchExpressions"), n, expression) {
            count += 1 + json_array_size(json_object_get(expression, "values"));
        }
    }
    return count;
}

/* Fills in the nodes, including the rules of plain roles. */
static enum sp_error number_roles(struct aggregation *all, const json_t *roles)
{
    enum sp_error error = SP_OK;
    size_t compared_n = 0;
    size_t n;
    json_t *role;
    json_array_foreach (roles, n, role) {
        struct node *node = &all->nodes[n];
        *node = (struct node){.role = role, .begin = all->pool_n};
        node->is_made = selectors_of(role) != NULL;
        node->is_known = !node->is_made;
        compared_n += node->is_made ? count_conditions(role) * all->nodes_n : 0;
        size_t i;
        json_t *rule;
        json_array_foreach (node->is_known ? json_object_get(role, "rules") : NULL, i, rule) {
            error = error == SP_OK ? number_rule(all, rule) : error;
        }
        node->rules_n = all->pool_n - node->begin;
    }
    return error == SP_OK && compared_n > SP_RBAC_AGGREGATION_COMPARED_MAX ? SP_ERR_TOO_MANY : error;
}

static void aggregation_done(struct aggregation *all)
{
    free(all->nodes);
    json_decref(all->numbers);
    free(all->rules);
    free(all->taken);
    free(all->pool);
    free(all->open);
}

enum sp_error sp_rbac_aggregate(json_t *roles)
{
    __attribute__((cleanup(aggregation_done))) struct aggregation all = {.nodes_n = json_array_size(roles)};
    size_t rules_max = 0;
    size_t i;
    json_t *role;
    json_array_foreach (roles, i, role) {
        rules_max += json_array_size(json_object_get(role, "rules"));
    }
    all.nodes = calloc(all.nodes_n + 1, sizeof *all.nodes);
    all.numbers = json_object();
    all.rules = calloc(rules_max + 1, sizeof(json_t *));
    all.taken = calloc(rules_max + 1, sizeof *all.taken);
    all.open = calloc(all.nodes_n + 1, sizeof *all.open);
    if (all.nodes == NULL || all.numbers == NULL || all.rules == NULL || all.taken == NULL ||
        all.open == NULL) {
        return SP_ERR_MEMORY;
    }
    enum sp_error error = number_roles(&all, roles);
    for (i = 0; i < all.nodes_n && error == SP_OK; i++) {
        uint32_t lowest;
        error = all.nodes[i].is_known ? SP_OK : visit(&all, i, &lowest);
    }
    return error;
}

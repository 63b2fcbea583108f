/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_aggregation.h"

#include <stdio.h>

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

/* ---- whether it is sound --------------------------------------------------------------------------- */

/* Writes the place; the rest of it is given by the callers below. */
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
        return fail_at(fault, "an expression has a key", "/%zu/matchExpressions/%zu/key", selector, i);
    }
    if (!wants_values && !wants_none) {
        return fail_at(fault, "an operator is In, NotIn, Exists or DoesNotExist",
                       "/%zu/matchExpressions/%zu/operator", selector, i);
    }
    bool has_values = json_array_size(values) > 0;
    if (wants_values != has_values || (has_value(expression, "values") && !are_texts(values))) {
        return fail_at(fault, "In and NotIn have a list of values, and the others have none",
                       "/%zu/matchExpressions/%zu/values", selector, i);
    }
    return SP_OK;
}

static enum sp_error check_selector(const json_t *selector, size_t i, struct sp_rbac_fault *fault)
{
    const json_t *labels = json_object_get(selector, "matchLabels");
    const json_t *expressions = json_object_get(selector, "matchExpressions");
    if (!json_is_object(selector)) {
        return fail_at(fault, "a selector is a mapping", "/%zu", i);
    }
    if ((has_value(selector, "matchLabels") && !json_is_object(labels)) ||
        (has_value(selector, "matchExpressions") && !json_is_array(expressions))) {
        return fail_at(fault, "matchLabels is a mapping, and matchExpressions a list", "/%zu", i);
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
        return fail_at(fault, "an aggregationRule has a list of selectors", "");
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

/* ---- what it selects ------------------------------------------------------------------------------- */

static bool expression_holds(const json_t *expression, const json_t *labels)
{
    const char *sign = json_string_value(json_object_get(expression, "operator"));
    const json_t *label = json_object_get(labels, json_string_value(json_object_get(expression, "key")));
    bool is_listed = label != NULL && contains(json_object_get(expression, "values"), label);
    switch (sign[0]) {
    case 'I': /* In */
        return is_listed;
    case 'N': /* NotIn: also where there is no such label */
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

static bool is_selected(const json_t *aggregated, const json_t *role)
{
    size_t i;
    json_t *selector;
    json_array_foreach (selectors_of(aggregated), i, selector) {
        if (selector_takes(selector, role)) {
            return true;
        }
    }
    return false;
}

/* Adds the rules of `role` that are not there; `has_changed` is left alone when all are. */
static enum sp_error add_rules(json_t *rules, const json_t *role, bool *has_changed)
{
    size_t i;
    json_t *rule;
    json_array_foreach (json_object_get(role, "rules"), i, rule) {
        if (contains(rules, rule)) {
            continue;
        }
        if (json_array_append(rules, rule) != 0) {
            return SP_ERR_MEMORY;
        }
        *has_changed = true;
    }
    return SP_OK;
}

static enum sp_error aggregate_once(json_t *roles, bool *has_changed)
{
    size_t i;
    size_t n;
    json_t *aggregated;
    json_t *role;
    json_array_foreach (roles, i, aggregated) {
        json_t *rules = json_object_get(aggregated, "rules");
        json_array_foreach (roles, n, role) {
            if (n != i && is_selected(aggregated, role) && add_rules(rules, role, has_changed) != SP_OK) {
                return SP_ERR_MEMORY;
            }
        }
    }
    return SP_OK;
}

enum sp_error sp_rbac_aggregate(json_t *roles)
{
    size_t i;
    json_t *role;
    json_array_foreach (roles, i, role) {
        if (selectors_of(role) != NULL && json_object_set_new(role, "rules", json_array()) != 0) {
            return SP_ERR_MEMORY;
        }
    }

    /* Rules are only added, so it ends. */
    enum sp_error error = SP_OK;
    for (bool has_changed = true; has_changed && error == SP_OK;) {
        has_changed = false;
        error = aggregate_once(roles, &has_changed);
    }
    return error;
}

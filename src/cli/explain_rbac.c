/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_rbac.h"

#include "base/quote.h"

#define NAME_MAX_LEN 4096 /* bytes of a subject's name with its prefix */

#define text_of(object, member) sp_str_from_c(json_string_value(json_object_get((object), (member))))

static json_t *text_value(struct sp_str text)
{
    json_t *value = json_stringn(text.ptr != NULL ? text.ptr : "", text.len);
    return value != NULL ? value : json_string("(no UTF-8)");
}

static json_t *describe_grant(const struct sp_rbac_walk *walk, const struct sp_rbac_grant *grant)
{
    SP_BUF_ON_STACK(name, NAME_MAX_LEN);
    sp_buf_append(&name, walk->prefix);
    sp_buf_append(&name, walk->name);
    return json_pack("{s:o, s:s, s:o, s:o, s:I, s:o}", "binding", text_value(grant->binding), "kind",
                     walk->kind == SP_RBAC_USER ? "User" : "Group", "subject", text_value(sp_buf_str(&name)),
                     "role", text_value(grant->role), "rule", (json_int_t)grant->rule, "pattern",
                     text_value(grant->pattern));
}

/* Before the first whose binding comes after it. */
static void insert_in_order(json_t *grants, json_t *grant)
{
    size_t i = 0;
    while (i < json_array_size(grants) &&
           strcmp(text_of(json_array_get(grants, i), "binding").ptr, text_of(grant, "binding").ptr) <= 0) {
        i++;
    }
    json_array_insert_new(grants, i, grant);
}

void sp_explain_rbac_describe(const struct sp_rbac_index *index, const struct sp_request *request,
                              const struct sp_identity *identity, json_t *rule)
{
    struct sp_rbac_walk walk;
    struct sp_rbac_grant grant;
    json_t *grants = json_array();
    sp_rbac_walk_begin(&walk, index, request, identity);
    while (json_array_size(grants) < SP_EXPLAIN_GRANTS_MAX && sp_rbac_walk_next(&walk, &grant)) {
        insert_in_order(grants, describe_grant(&walk, &grant));
    }
    json_object_set_new(rule, "grants", grants);
}

void sp_explain_rbac_append(const json_t *rule, struct sp_buf *out)
{
    static const struct {
        const char *before;
        const char *member;
    } parts[] = {{"    ClusterRoleBinding ", "binding"},
                 {" of ", "kind"},
                 {" ", "subject"},
                 {": ClusterRole ", "role"},
                 {", pattern ", "pattern"}};
    const json_t *grants = json_object_get(rule, "grants");
    const json_t *grant;
    size_t i;
    if (grants != NULL && json_array_size(grants) == 0) {
        sp_buf_append_c(
            out, "    no ClusterRoleBinding of the user, their groups or system:authenticated gives this "
                 "verb on this path\n");
    }
    json_array_foreach (grants, i, grant) {
        for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
            sp_buf_append_c(out, parts[k].before);
            sp_quote_append_line(text_of(grant, parts[k].member), out);
        }
        sp_buf_printf(out, " (rule %lld)\n", (long long)json_integer_value(json_object_get(grant, "rule")));
    }
}

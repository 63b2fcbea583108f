/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_rbac.h"

#include "base/quote.h"
#include "http/path.h"

#define NAME_MAX_LEN 4096 /* bytes of a subject's name with its prefix */

#define text_of(object, member) sp_str_from_c(json_string_value(json_object_get((object), (member))))

json_t *sp_explain_text(struct sp_str text)
{
    json_t *value = json_stringn(text.ptr != NULL ? text.ptr : "", text.len);
    return value != NULL ? value : json_string("(no UTF-8)");
}

static json_t *describe_grant(const struct sp_rbac_walk *walk, const struct sp_rbac_grant *grant)
{
    SP_BUF_ON_STACK(name, NAME_MAX_LEN);
    sp_buf_append(&name, walk->prefix);
    sp_buf_append(&name, walk->name);
    return json_pack("{s:o, s:s, s:o, s:o, s:I, s:o}", "binding", sp_explain_text(grant->binding), "kind",
                     walk->kind == SP_RBAC_USER ? "User" : "Group", "subject",
                     sp_explain_text(sp_buf_str(&name)), "role", sp_explain_text(grant->role), "rule",
                     (json_int_t)grant->rule, "pattern", sp_explain_text(grant->pattern));
}

/* Inserts `grant` before the first grant whose binding sorts after its own. */
static void insert_in_order(json_t *grants, json_t *grant)
{
    size_t i = 0;
    while (i < json_array_size(grants) &&
           strcmp(text_of(json_array_get(grants, i), "binding").ptr, text_of(grant, "binding").ptr) <= 0) {
        i++;
    }
    json_array_insert_new(grants, i, grant);
}

static json_t *find_grants(struct sp_rbac_walk *walk)
{
    struct sp_rbac_grant grant;
    json_t *grants = json_array();
    while (json_array_size(grants) < SP_EXPLAIN_GRANTS_MAX && sp_rbac_walk_next(walk, &grant)) {
        insert_in_order(grants, describe_grant(walk, &grant));
    }
    return grants;
}

/* ---- without a grant ------------------------------------------------------------------------------- */

/* Verb, path and subjects, as a role and a binding would have to name them. */
static json_t *describe_question(const struct sp_request *request, const struct sp_identity *identity)
{
    SP_BUF_ON_STACK(verb, SP_METHOD_MAX);
    SP_BUF_ON_STACK(path, SP_TARGET_MAX);
    json_t *groups = json_array();
    size_t cursor = 0;
    json_int_t more_n = 0;
    struct sp_identity_group group;
    for (size_t i = 0; i < request->method.len; i++) {
        sp_buf_append_char(&verb, sp_ascii_lower(request->method.ptr[i]));
    }
    sp_path_decode(request->target.path, &path);
    while (sp_identity_next_group(identity, &cursor, &group)) {
        SP_BUF_ON_STACK(name, NAME_MAX_LEN);
        sp_buf_append(&name, group.prefix);
        sp_buf_append(&name, group.name);
        if (json_array_size(groups) < SP_EXPLAIN_GROUPS_MAX) {
            json_array_append_new(groups, sp_explain_text(sp_buf_str(&name)));
        } else {
            more_n++;
        }
    }
    json_array_append_new(groups, json_string(SP_RBAC_AUTHENTICATED));
    return json_pack("{s:o, s:o, s:o, s:o, s:I}", "verb", sp_explain_text(sp_buf_str(&verb)), "path",
                     sp_explain_text(sp_buf_str(&path)), "user", sp_explain_text(identity->user), "groups",
                     groups, "more_groups", more_n);
}

/* The other common verbs that the same subjects have on the path, each with its grants. */
static json_t *find_other_verbs(const struct sp_rbac_index *index, const struct sp_request *request,
                                const struct sp_identity *identity)
{
    static const char *const verbs[] = {"get", "head", "post", "put", "patch", "delete", "options"};
    json_t *found = json_object();
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        struct sp_rbac_walk walk;
        sp_rbac_walk_begin(&walk, index, request, identity);
        walk.request.method = sp_str_from_c(verbs[i]);
        json_t *grants = find_grants(&walk);
        if (json_array_size(grants) > 0) {
            json_object_set(found, verbs[i], grants);
        }
        json_decref(grants);
    }
    return found;
}

void sp_explain_rbac_describe(const struct sp_rbac_index *index, const struct sp_request *request,
                              const struct sp_identity *identity, json_t *rule)
{
    struct sp_rbac_walk walk;
    sp_rbac_walk_begin(&walk, index, request, identity);
    json_t *grants = find_grants(&walk);
    json_object_set_new(rule, "grants", grants);
    if (json_array_size(grants) == 0) {
        json_object_set_new(rule, "looked_for", describe_question(request, identity));
        json_object_set_new(rule, "other_verbs", find_other_verbs(index, request, identity));
    }
}

/* ---- as text --------------------------------------------------------------------------------------- */

static void append_grants(const json_t *grants, struct sp_buf *out)
{
    static const struct {
        const char *before;
        const char *member;
    } parts[] = {{"    ClusterRoleBinding ", "binding"},
                 {" of ", "kind"},
                 {" ", "subject"},
                 {": ClusterRole ", "role"},
                 {", pattern ", "pattern"}};
    const json_t *grant;
    size_t i;
    json_array_foreach (grants, i, grant) {
        for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
            sp_buf_append_c(out, parts[k].before);
            sp_quote_append_line(text_of(grant, parts[k].member), out);
        }
        sp_buf_printf(out, " (rule %lld)\n", (long long)json_integer_value(json_object_get(grant, "rule")));
    }
}

static void append_question(const json_t *question, struct sp_buf *out)
{
    const json_t *group;
    size_t i;
    sp_buf_append_c(out, "    no ClusterRoleBinding grants ");
    sp_quote_append_line(text_of(question, "verb"), out);
    sp_buf_append_c(out, " on ");
    sp_quote_append_line(text_of(question, "path"), out);
    sp_buf_append_c(out, " to one of these subjects:\n    User ");
    sp_quote_append_line(text_of(question, "user"), out);
    json_array_foreach (json_object_get(question, "groups"), i, group) {
        sp_buf_append_c(out, "\n    Group ");
        sp_quote_append_line(sp_str_from_c(json_string_value(group)), out);
    }
    json_int_t more_n = json_integer_value(json_object_get(question, "more_groups"));
    if (more_n > 0) {
        sp_buf_printf(out, "\n    and %lld more groups", (long long)more_n);
    }
    sp_buf_append_char(out, '\n');
}

void sp_explain_rbac_append(const json_t *rule, struct sp_buf *out)
{
    const json_t *question = json_object_get(rule, "looked_for");
    const char *verb;
    json_t *grants;
    if (question != NULL) {
        append_question(question, out);
    }
    json_object_foreach (json_object_get(rule, "other_verbs"), verb, grants) {
        sp_buf_printf(out, "    another verb is granted on this path, %s:\n", verb);
        append_grants(grants, out);
    }
    append_grants(json_object_get(rule, "grants"), out);
}

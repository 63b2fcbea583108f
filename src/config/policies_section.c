/* SPDX-License-Identifier: Apache-2.0 */
#include "config/policies_section.h"

#include "base/wording.h"
#include "http/field.h"

#include <stdio.h>
#include <stdlib.h>

#define SUBJECT_MAX 96 /* bytes with the NUL: "policy NAME, rule 12" */

struct condition;

/* Reads one value of a condition into the rule; SP_ERR_FORMAT says in `diag` what is wrong. */
typedef enum sp_error parse_condition_fn(const struct condition *condition, struct sp_str text,
                                         struct sp_diag *diag, struct sp_rule *rule);

struct condition {
    const char *name;
    parse_condition_fn *parse;
    size_t texts; /* offset of the struct sp_texts; unused by paths and the preflight */
    enum sp_path_pattern_kind kind;
    const char *text; /* for the reference page */
};

/* ---- conditions ----------------------------------------------------------------------------------- */

static struct sp_texts *texts_of(const struct condition *condition, struct sp_rule *rule)
{
    return (struct sp_texts *)(void *)((char *)rule + condition->texts);
}

static enum sp_error add_text(const struct condition *condition, struct sp_str text, struct sp_diag *diag,
                              struct sp_rule *rule)
{
    enum sp_error error = sp_texts_add(texts_of(condition, rule), text);
    return error == SP_OK ? SP_OK : sp_diag_set(diag, error, "out of memory");
}

static enum sp_error parse_host(const struct condition *condition, struct sp_str text, struct sp_diag *diag,
                                struct sp_rule *rule)
{
    struct sp_host host;
    if (!sp_host_parse(text, &host)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not a host such as app.example.com, without scheme, port and wildcard",
                           SP_QUOTE(text));
    }
    return add_text(condition, sp_host_str(&host), diag, rule);
}

static enum sp_error parse_path(const struct condition *condition, struct sp_str text, struct sp_diag *diag,
                                struct sp_rule *rule)
{
    struct sp_path_pattern *paths = reallocarray(rule->paths, rule->paths_n + 1, sizeof *paths);
    if (paths == NULL) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    rule->paths = paths;

    struct sp_diag why = {.text = "not a path pattern"};
    enum sp_error error = sp_path_pattern_init(condition->kind, text, &why, &paths[rule->paths_n]);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "\"%s\": %s", SP_QUOTE(text), why.text);
    }
    rule->paths_n++;
    return SP_OK;
}

/* Methods are compared byte for byte (RFC 9110, section 9.1): `get` would never match. */
static enum sp_error parse_method(const struct condition *condition, struct sp_str text, struct sp_diag *diag,
                                  struct sp_rule *rule)
{
    bool is_lower = false;
    for (size_t i = 0; i < text.len; i++) {
        is_lower = is_lower || (text.ptr[i] >= 'a' && text.ptr[i] <= 'z');
    }
    if (!sp_field_is_name(text) || is_lower) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a method in capitals, such as GET",
                           SP_QUOTE(text));
    }
    return add_text(condition, text, diag, rule);
}

static enum sp_error parse_group(const struct condition *condition, struct sp_str text, struct sp_diag *diag,
                                 struct sp_rule *rule)
{
    if (!sp_field_can_list(text)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is no group: empty, or with a comma, a control, or a space at an end",
                           SP_QUOTE(text));
    }
    return add_text(condition, text, diag, rule);
}

static enum sp_error parse_email(const struct condition *condition, struct sp_str text, struct sp_diag *diag,
                                 struct sp_rule *rule)
{
    if (sp_email_domain(text).len == 0) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not an e-mail address", SP_QUOTE(text));
    }
    return add_text(condition, text, diag, rule);
}

static enum sp_error parse_email_domain(const struct condition *condition, struct sp_str text,
                                        struct sp_diag *diag, struct sp_rule *rule)
{
    struct sp_host host;
    if (!sp_host_parse(text, &host)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not a domain such as example.com, without @, leading dot and wildcard",
                           SP_QUOTE(text));
    }
    return add_text(condition, sp_host_str(&host), diag, rule);
}

static enum sp_error parse_preflight(const struct condition *condition, struct sp_str text,
                                     struct sp_diag *diag, struct sp_rule *rule)
{
    (void)condition;
    if (!sp_str_equal(text, SP_STR("true"))) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not true: leave the condition out instead",
                           SP_QUOTE(text));
    }
    rule->cors_preflight = true;
    return SP_OK;
}

#define TEXTS(member) offsetof(struct sp_rule, member)

/* clang-format off */
static const struct condition conditions[] = {
    {"host", parse_host, TEXTS(hosts), 0,
     "The request's host, without port. Exact; case does not matter."},
    {"path", parse_path, 0, SP_PATTERN_EXACT,
     "The whole path. The query is never looked at."},
    {"path_prefix", parse_path, 0, SP_PATTERN_PREFIX,
     "`/assets` is `/assets` and everything below `/assets/`, never `/assetsx`."},
    {"path_glob", parse_path, 0, SP_PATTERN_GLOB,
     "`*` stands for anything within a segment, `**` also across segments."},
    {"method", parse_method, TEXTS(methods), 0,
     "The request's method, in capitals."},
    {"group", parse_group, TEXTS(groups), 0,
     "A group of the user, with `groups_prefix`."},
    {"email", parse_email, TEXTS(emails), 0,
     "The user's e-mail address, where it counts as the user's own (`email_verified`); case does not matter."},
    {"email_domain", parse_email_domain, TEXTS(email_domains), 0,
     "What stands after the `@` of a verified address. Exact: no subdomains."},
    {"cors_preflight", parse_preflight, 0, 0,
     "`true`: only a real CORS preflight (OPTIONS with Origin and Access-Control-Request-Method), which never "
     "carries a cookie."},
};
/* clang-format on */

#define CONDITIONS_N (sizeof conditions / sizeof conditions[0])

struct action {
    const char *name;
    enum sp_action action;
    const char *text;
};

static const struct action actions[] = {
    {"allow", SP_ACTION_ALLOW, "Lets the user in. Without a session a sign-in comes first."},
    {"deny", SP_ACTION_DENY, "Refuses: 403."},
    {"public", SP_ACTION_PUBLIC,
     "Lets anybody in. No cookie is opened and no identity is handed on. Never matches a path that "
     "programs read differently."},
};

#define ACTIONS_N (sizeof actions / sizeof actions[0])

bool sp_rule_is_unconditional(const struct sp_rule *rule)
{
    return rule->hosts.items_n + rule->paths_n + rule->methods.items_n == 0 && !rule->cors_preflight &&
           !sp_rule_is_about_users(rule);
}

/* ---- from the file -------------------------------------------------------------------------------- */

struct rule_reader {
    struct sp_loading *loading;
    char subject[SUBJECT_MAX];
    struct sp_rule rule;
    const struct sp_yaml_node *action;
    const struct sp_yaml_node *path; /* the path condition that is there */
};

#define refuse(reader, node, ...)                                                                            \
    sp_loading_report_node((reader)->loading, SP_REPORT_ERROR, (node), (reader)->subject, __VA_ARGS__)

static void read_value(struct rule_reader *reader, const struct condition *condition,
                       const struct sp_yaml_node *node)
{
    struct sp_diag diag = {.text = ""};
    if (node->kind != SP_YAML_SCALAR || node->is_null) {
        refuse(reader, node, "%s: expected a value and found %s", condition->name, sp_yaml_kind_text(node));
    } else if (condition->parse(condition, sp_str_from_c(node->text), &diag, &reader->rule) != SP_OK) {
        refuse(reader, node, "%s: %s", condition->name, diag.text);
    }
}

static void read_condition(struct rule_reader *reader, const struct condition *condition,
                           const struct sp_yaml_node *node)
{
    if (condition->parse == parse_path && reader->path != NULL) {
        refuse(reader, node,
               "a rule has one of path, path_prefix and path_glob, and %s is there already: make two rules",
               reader->path->key);
        return;
    }
    if (condition->parse == parse_path) {
        reader->path = node;
    }
    if (node->kind != SP_YAML_LIST) {
        read_value(reader, condition, node);
        return;
    }
    if (node->first == NULL) {
        refuse(reader, node, "%s: an empty list can never hold: name values, or leave it out",
               condition->name);
    }
    size_t n = 0;
    for (const struct sp_yaml_node *value = node->first; value != NULL; value = value->next) {
        if (n++ == SP_RULE_VALUES_MAX) {
            refuse(reader, value, "%s: more than %d values", condition->name, SP_RULE_VALUES_MAX);
            return;
        }
        read_value(reader, condition, value);
    }
}

static void read_action(struct rule_reader *reader, const struct sp_yaml_node *node)
{
    reader->action = node;
    struct sp_str word = node->kind == SP_YAML_SCALAR ? sp_str_from_c(node->text) : SP_STR_NONE;
    struct sp_nearest nearest = sp_nearest_of(word);
    for (size_t i = 0; i < ACTIONS_N; i++) {
        struct sp_str name = sp_str_from_c(actions[i].name);
        if (sp_str_equal(word, name)) {
            reader->rule.action = actions[i].action;
            return;
        }
        sp_nearest_offer(&nearest, name);
    }
    if (sp_str_equal(word, SP_STR("rbac"))) {
        refuse(reader, node, "action: \"rbac\" is not in this version: use allow with group");
    } else {
        refuse(reader, node, "action: \"%s\" is none of allow, deny, public%s", SP_QUOTE(word),
               SP_NEAREST_TEXT(&nearest));
    }
}

static void refuse_key(struct rule_reader *reader, const struct sp_yaml_node *node)
{
    struct sp_str key = sp_str_from_c(node->key);
    if (sp_str_equal(key, SP_STR("claim")) || sp_str_equal(key, SP_STR("source"))) {
        sp_reports_add(reader->loading->reports, SP_REPORT_ERROR, node->key_line, node->key_column,
                       "%s: the condition \"%s\" is not in this version", reader->subject, node->key);
        return;
    }
    struct sp_nearest nearest = sp_nearest_of(key);
    sp_nearest_offer(&nearest, SP_STR("action"));
    for (size_t i = 0; i < CONDITIONS_N; i++) {
        sp_nearest_offer(&nearest, sp_str_from_c(conditions[i].name));
    }
    sp_reports_add(reader->loading->reports, SP_REPORT_ERROR, node->key_line, node->key_column,
                   "%s: unknown condition \"%s\"%s", reader->subject, SP_QUOTE(key),
                   SP_NEAREST_TEXT(&nearest));
}

static void read_pair(struct rule_reader *reader, const struct sp_yaml_node *node)
{
    struct sp_str key = sp_str_from_c(node->key);
    if (sp_str_equal(key, SP_STR("action"))) {
        read_action(reader, node);
        return;
    }
    for (size_t i = 0; i < CONDITIONS_N; i++) {
        if (sp_str_equal(key, sp_str_from_c(conditions[i].name))) {
            read_condition(reader, &conditions[i], node);
            return;
        }
    }
    refuse_key(reader, node);
}

/* The first path of the rule that nothing opens, however it is written; NULL where there is none. */
static const struct sp_path_pattern *find_never_opened(const struct sp_rule *rule)
{
    for (size_t i = 0; i < rule->paths_n && rule->action != SP_ACTION_DENY; i++) {
        if (!rule->paths[i].is_canonical) {
            return &rule->paths[i];
        }
    }
    return NULL;
}

static void check_rule(struct rule_reader *reader, const struct sp_yaml_node *node)
{
    const struct sp_path_pattern *never = find_never_opened(&reader->rule);
    if (reader->action == NULL) {
        refuse(reader, node, "no action: say allow, deny or public");
    } else if (never != NULL) {
        refuse(
            reader, node,
            "\"%s\" has a colon, a dot or space at a segment's end, or a character that stands for one: only "
            "deny matches such a path; write a prefix or glob that covers it",
            never->text);
    } else if (reader->rule.action == SP_ACTION_PUBLIC && sp_rule_is_about_users(&reader->rule)) {
        refuse(reader, node,
               "public opens no session, so it cannot ask who the user is: use allow, or drop the condition");
    }
}

/* Reads into the rule, which is to be released by the caller whatever comes of it. */
static void read_rule(struct rule_reader *reader, const struct sp_yaml_node *node)
{
    reader->rule.line = node->line;
    if (node->kind != SP_YAML_MAPPING) {
        refuse(reader, node, "expected a rule such as {action: allow, group: ops} and found %s",
               sp_yaml_kind_text(node));
        return;
    }
    for (const struct sp_yaml_node *pair = node->first; pair != NULL; pair = pair->next) {
        read_pair(reader, pair);
    }
    check_rule(reader, node);
}

static bool append_rule(struct sp_policy *policy, struct sp_rule rule)
{
    struct sp_rule *rules = reallocarray(policy->rules, policy->rules_n + 1, sizeof *rules);
    if (rules == NULL) {
        return false;
    }
    policy->rules = rules;
    rules[policy->rules_n++] = rule;
    policy->depends_on |= sp_rule_depends_on(&rule);
    return true;
}

static void read_rules(struct sp_loading *loading, const struct sp_yaml_node *node, struct sp_policy *policy)
{
    for (const struct sp_yaml_node *item = node->first; item != NULL; item = item->next) {
        struct rule_reader reader = {.loading = loading};
        snprintf(reader.subject, sizeof reader.subject, "policy %s, rule %zu", policy->name,
                 policy->rules_n + 1);
        if (policy->rules_n == SP_RULES_MAX) {
            refuse(&reader, item, "a policy has at most %d rules", SP_RULES_MAX);
            return;
        }
        read_rule(&reader, item);
        if (!append_rule(policy, reader.rule)) {
            refuse(&reader, item, "out of memory");
            sp_rule_done(&reader.rule);
            return;
        }
    }
}

static void read_word(struct sp_loading *loading, const struct sp_yaml_node *node, struct sp_policy *policy)
{
    struct sp_str word = sp_str_from_c(node->text);
    if (sp_str_equal(word, SP_STR(SP_POLICY_WORD_AUTHENTICATED))) {
        if (!append_rule(policy, (struct sp_rule){.action = SP_ACTION_ALLOW, .line = node->line})) {
            sp_loading_report_node(loading, SP_REPORT_ERROR, node, "policies", "out of memory");
        }
        return;
    }
    struct sp_nearest nearest = sp_nearest_of(word);
    sp_nearest_offer(&nearest, SP_STR(SP_POLICY_WORD_AUTHENTICATED));
    sp_loading_report_node(loading, SP_REPORT_ERROR, node, "policies",
                           "%s: \"%s\" is neither \"authenticated\" nor a list of rules%s", policy->name,
                           SP_QUOTE(word), SP_NEAREST_TEXT(&nearest));
}

static void read_policy(struct sp_loading *loading, const struct sp_yaml_node *node, struct sp_policy *policy)
{
    if (node->kind == SP_YAML_SCALAR && !node->is_null) {
        read_word(loading, node, policy);
    } else if (node->kind != SP_YAML_LIST) {
        sp_loading_report_node(loading, SP_REPORT_ERROR, node, "policies",
                               "%s: expected \"authenticated\" or a list of rules and found %s", policy->name,
                               sp_yaml_kind_text(node));
    } else if (node->first == NULL) {
        sp_loading_report_node(loading, SP_REPORT_ERROR, node, "policies",
                               "%s: a policy without rules: to refuse everybody, say [{action: deny}]",
                               policy->name);
    } else {
        read_rules(loading, node, policy);
    }
}

/* A new, empty policy at the end of the list; NULL, with a report, when it cannot be. */
static struct sp_policy *append_policy(struct sp_loading *loading, const struct sp_yaml_node *node)
{
    struct sp_config *config = loading->config;
    struct sp_diag diag = {.text = "out of memory"};
    struct sp_policy *policies = NULL;
    if (config->policies_n == SP_POLICIES_MAX) {
        (void)sp_diag_set(&diag, SP_ERR_LIMIT, "more than %d policies", SP_POLICIES_MAX);
    } else if (sp_value_check_label(sp_str_from_c(node->key), &diag) == SP_OK) {
        policies = reallocarray(config->policies, config->policies_n + 1, sizeof *policies);
    }

    char *name = policies != NULL ? sp_str_dup(sp_str_from_c(node->key)) : NULL;
    if (policies != NULL) {
        config->policies = policies;
    }
    if (name == NULL) {
        sp_reports_add(loading->reports, SP_REPORT_ERROR, node->key_line, node->key_column, "policies: %s",
                       diag.text);
        return NULL;
    }
    policies[config->policies_n] = (struct sp_policy){.name = name};
    return &policies[config->policies_n++];
}

void sp_policies_read(struct sp_loading *loading, const struct sp_yaml_node *node)
{
    if (node->kind != SP_YAML_MAPPING) {
        sp_loading_refuse(loading, "policies",
                          "expected policies by name, such as {default: authenticated}, and found %s",
                          sp_yaml_kind_text(node));
        return;
    }
    for (const struct sp_yaml_node *item = node->first; item != NULL; item = item->next) {
        struct sp_policy *policy = append_policy(loading, item);
        if (policy != NULL) {
            read_policy(loading, item, policy);
        }
    }
}

/* ---- and back ------------------------------------------------------------------------------------- */

static bool begin_values(const struct condition *condition, size_t n, struct sp_buf *out)
{
    if (n > 0) {
        sp_buf_printf(out, ", %s: [", condition->name);
    }
    return n > 0;
}

static void dump_texts(const struct condition *condition, const struct sp_texts *texts, struct sp_buf *out)
{
    if (!begin_values(condition, texts->items_n, out)) {
        return;
    }
    for (size_t i = 0; i < texts->items_n; i++) {
        sp_buf_append_c(out, i > 0 ? ", " : "");
        sp_yaml_append_scalar(sp_str_from_c(texts->items[i]), out);
    }
    sp_buf_append_char(out, ']');
}

static void dump_paths(const struct condition *condition, const struct sp_rule *rule, struct sp_buf *out)
{
    if (rule->paths_n == 0 || rule->paths[0].kind != condition->kind) {
        return;
    }
    (void)begin_values(condition, rule->paths_n, out);
    for (size_t i = 0; i < rule->paths_n; i++) {
        sp_buf_append_c(out, i > 0 ? ", " : "");
        sp_yaml_append_scalar(sp_str_from_c(rule->paths[i].text), out);
    }
    sp_buf_append_char(out, ']');
}

static void dump_condition(const struct condition *condition, const struct sp_rule *rule, struct sp_buf *out)
{
    if (condition->parse == parse_path) {
        dump_paths(condition, rule, out);
    } else if (condition->parse != parse_preflight) {
        dump_texts(condition, (const void *)((const char *)rule + condition->texts), out);
    } else if (rule->cors_preflight) {
        sp_buf_printf(out, ", %s: true", condition->name);
    }
}

static void dump_rule(const struct sp_rule *rule, struct sp_buf *out)
{
    for (size_t i = 0; i < ACTIONS_N; i++) {
        if (actions[i].action == rule->action) {
            sp_buf_printf(out, "    - {action: %s", actions[i].name);
        }
    }
    for (size_t i = 0; i < CONDITIONS_N; i++) {
        dump_condition(&conditions[i], rule, out);
    }
    sp_buf_append_c(out, "}\n");
}

static void dump_policy(const struct sp_policy *policy, struct sp_buf *out)
{
    sp_buf_append_c(out, "  ");
    sp_yaml_append_scalar(sp_str_from_c(policy->name), out);
    if (policy->rules_n == 1 && policy->rules[0].action == SP_ACTION_ALLOW &&
        sp_rule_is_unconditional(&policy->rules[0])) {
        sp_buf_append_c(out, ": " SP_POLICY_WORD_AUTHENTICATED "\n");
        return;
    }
    sp_buf_append_c(out, ":\n");
    for (size_t i = 0; i < policy->rules_n; i++) {
        dump_rule(&policy->rules[i], out);
    }
}

void sp_policies_dump(const struct sp_config *config, struct sp_buf *out)
{
    sp_buf_append_c(out, "policies:\n");
    for (size_t i = 0; i < config->policies_n; i++) {
        dump_policy(&config->policies[i], out);
    }
}

void sp_policies_document(struct sp_buf *out)
{
    sp_buf_append_c(out, "| action | what it does |\n|---|---|\n");
    for (size_t i = 0; i < ACTIONS_N; i++) {
        sp_buf_printf(out, "| `%s` | %s |\n", actions[i].name, actions[i].text);
    }
    sp_buf_append_c(out, "\n| condition | holds for |\n|---|---|\n");
    for (size_t i = 0; i < CONDITIONS_N; i++) {
        sp_buf_printf(out, "| `%s` | %s |\n", conditions[i].name, conditions[i].text);
    }
}

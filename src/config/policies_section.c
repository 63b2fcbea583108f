/* SPDX-License-Identifier: Apache-2.0 */
#include "config/policies_section.h"

#include "base/wording.h"
#include "config/claim_conditions.h"
#include "config/config.h"
#include "config/groups.h"
#include "config/issuer_settings.h"
#include "http/field.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define POLICY_WORD  "authenticated" /* a policy of one keyword: everybody who is signed in */
#define SUBJECT_MAX  96              /* bytes with the NUL: "policy NAME, rule 12" */
#define RULE_SUBJECT "policy %s, rule %zu"

/* ---- conditions ----------------------------------------------------------------------------------- */

static const struct sp_value_word action_words[] = {
    {"allow", SP_ACTION_ALLOW},
    {"deny", SP_ACTION_DENY},
    {"public", SP_ACTION_PUBLIC},
    {"rbac", SP_ACTION_RBAC},
    {"passthrough", SP_ACTION_PASSTHROUGH},
    {NULL, 0},
};

_Static_assert(sizeof(enum sp_action) == sizeof(int), "sp_type_word writes an int");

static enum sp_error parse_host(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    struct sp_host host;
    if (!sp_host_parse(text, &host)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not a host such as app.example.com, without scheme, port and wildcard",
                           SP_QUOTE(text));
    }
    return sp_value_store_text(sp_host_str(&host), diag, out);
}

static enum sp_error parse_path(enum sp_path_pattern_kind kind, struct sp_str text, struct sp_diag *diag,
                                void *out)
{
    struct sp_diag why = {.text = "not a path pattern"};
    enum sp_error error = sp_path_pattern_init(kind, text, &why, out);
    return error == SP_OK ? SP_OK : sp_diag_set(diag, error, "\"%s\": %s", SP_QUOTE(text), why.text);
}

static enum sp_error parse_exact_path(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    return parse_path(SP_PATTERN_EXACT, text, diag, out);
}

static enum sp_error parse_path_prefix(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    return parse_path(SP_PATTERN_PREFIX, text, diag, out);
}

static enum sp_error parse_path_glob(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    return parse_path(SP_PATTERN_GLOB, text, diag, out);
}

static void free_path(void *value)
{
    sp_path_pattern_done(value);
}

/* Methods are compared byte for byte (RFC 9110, section 9.1): `get` would never match. */
static enum sp_error check_method(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    bool is_lower = false;
    for (size_t i = 0; i < text.len; i++) {
        is_lower = is_lower || (text.ptr[i] >= 'a' && text.ptr[i] <= 'z');
    }
    if (!sp_field_is_name(text) || is_lower) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a method in capitals, such as GET",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error check_group(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (!sp_field_can_carry(text)) {
        return sp_diag_set(
            diag, SP_ERR_FORMAT,
            "\"%s\" is not a group: it is empty, or has a control character, or a space at an end",
            SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error check_email(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (sp_email_domain(text).len == 0) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not an e-mail address", SP_QUOTE(text));
    }
    if (memchr(text.ptr, '*', text.len) != NULL) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" has a wildcard, but an address is compared whole: use email_domain",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error parse_email_domain(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    struct sp_host host;
    if (!sp_host_parse(text, &host)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not a domain such as example.com, without @, leading dot and wildcard",
                           SP_QUOTE(text));
    }
    return sp_value_store_text(sp_host_str(&host), diag, out);
}

static enum sp_error parse_true(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    if (!sp_str_equal(text, SP_STR("true"))) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not true: remove the condition instead",
                           SP_QUOTE(text));
    }
    *(bool *)out = true;
    return SP_OK;
}

#define TEXTS(list_label, ...)                                                                               \
    {                                                                                                        \
        .label = (list_label), .shape = SP_VALUE_LIST, .item_len = sizeof(char *),                           \
        .done = sp_value_free_text, __VA_ARGS__                                                              \
    }
#define PATHS(list_parse)                                                                                    \
    {                                                                                                        \
        .label = "list of paths", .shape = SP_VALUE_LIST, .item_len = sizeof(struct sp_path_pattern),        \
        .parse = (list_parse), .done = free_path                                                             \
    }

static const struct sp_value_type host_type = TEXTS("list of hosts", .parse = parse_host);
const struct sp_value_type sp_type_host = {.label = "host", .parse = parse_host, .done = sp_value_free_text};
const struct sp_value_type sp_type_path_prefix = {
    .label = "path prefix", .parse = parse_path_prefix, .done = free_path};
static const struct sp_value_type path_type = PATHS(parse_exact_path);
static const struct sp_value_type path_prefix_type = PATHS(parse_path_prefix);
static const struct sp_value_type path_glob_type = PATHS(parse_path_glob);
static const struct sp_value_type method_type = TEXTS("list of methods", .check = check_method);
static const struct sp_value_type group_type = TEXTS("list of groups", .check = check_group);
static const struct sp_value_type email_type = TEXTS("list of e-mail addresses", .check = check_email);
static const struct sp_value_type email_domain_type = TEXTS("list of domains", .parse = parse_email_domain);
static const struct sp_value_type true_type = {.label = "true", .shape = SP_VALUE_LIST, .parse = parse_true};

#define CONDITION(condition_name, condition_type, member)                                                    \
    {                                                                                                        \
        .name = (condition_name), .table = "conditions", .type = &(condition_type), .value = "",             \
        .offset = offsetof(struct sp_rule, member), .limits.min = 1, .limits.max = SP_RULE_VALUES_MAX        \
    }

/* clang-format off */
static const struct sp_row rows[] = {
    {"action", NULL, &sp_type_word, NULL, offsetof(struct sp_rule, action), {.words = action_words}},
    CONDITION("host", host_type, hosts),
    CONDITION("path", path_type, paths),
    CONDITION("path_prefix", path_prefix_type, paths),
    CONDITION("path_glob", path_glob_type, paths),
    CONDITION("method", method_type, methods),
    CONDITION("client_ip", sp_type_cidrs, client_ips),
    CONDITION("group", group_type, groups),
    CONDITION("email", email_type, emails),
    CONDITION("email_domain", email_domain_type, email_domains),
    {"claim", "conditions", &sp_type_claim_conditions, "", offsetof(struct sp_rule, claims), {.min = 1, .max = SP_RULE_CLAIMS_MAX}},
    {"cors_preflight", "conditions", &true_type, "", offsetof(struct sp_rule, cors_preflight), {.min = 1}},
    {"websocket", "conditions", &true_type, "", offsetof(struct sp_rule, websocket), {.min = 1}},
};
/* clang-format on */

static const struct sp_other_key others[] = {
    {"claims", "claim"},       {"source", "client_ip"},       {"ip", "client_ip"}, {"network", "client_ip"},
    {"networks", "client_ip"}, {"source_range", "client_ip"}, {NULL, NULL}};

static const struct sp_mapping rule_mapping = {
    .noun = "condition",
    .expected = "a rule such as {action: allow, group: ops}",
    .hint = "",
    .rows = rows,
    .rows_n = sizeof rows / sizeof rows[0],
    .others = others,
};

bool sp_rule_is_unconditional(const struct sp_rule *rule)
{
    return rule->hosts.items_n + rule->paths_n + rule->methods.items_n + rule->client_ips.items_n == 0 &&
           !rule->cors_preflight && !rule->websocket && !sp_rule_is_about_users(rule);
}

/* ---- reading -------------------------------------------------------------------------------------- */

#define refuse(reports, place, ...) sp_reports_add((reports), SP_REPORT_ERROR, (place), __VA_ARGS__)

/* The three path conditions share one field. */
static void check_paths(struct sp_reading *reading, const struct sp_yaml_node *node)
{
    const char *path = NULL;
    for (const struct sp_yaml_node *pair = node->first; pair != NULL; pair = pair->next) {
        size_t i = sp_mapping_find(&rule_mapping, sp_str_from_c(pair->key));
        if (i == rule_mapping.rows_n || rows[i].offset != offsetof(struct sp_rule, paths)) {
            continue;
        }
        if (path != NULL && strcmp(path, pair->key) != 0) {
            refuse(reading->reports, SP_PLACE(reading->subject, pair->line, pair->column),
                   "a rule may have only one of path, path_prefix and path_glob, and has %s already: write "
                   "two rules",
                   path);
        }
        path = pair->key;
    }
}

static void check_rule(struct sp_reading *reading, const struct sp_yaml_node *node)
{
    const struct sp_rule *rule = reading->object;
    const struct sp_path_pattern *never = NULL; /* the first path that no rule can open, however it is
                                                   written */
    struct sp_place *place = SP_PLACE(reading->subject, node->line, node->column);
    for (size_t i = 0; i < rule->paths_n && rule->action != SP_ACTION_DENY && never == NULL; i++) {
        never = rule->paths[i].is_canonical ? NULL : &rule->paths[i];
    }
    check_paths(reading, node);
    if (!sp_reading_is_given(reading, "action")) {
        refuse(reading->reports, place, "no action: write allow, deny, public, rbac or passthrough");
    } else if (never != NULL) {
        refuse(
            reading->reports, place,
            "\"%s\" has a colon, a dot or space at a segment's end, or a character that stands for one: only "
            "deny matches such a path; write a prefix or glob that covers it",
            never->text);
    } else if (rule->action == SP_ACTION_PUBLIC && sp_rule_is_about_users(rule)) {
        refuse(reading->reports, place,
               "public opens no session, so it does not know the user: use allow, or remove the condition");
    } else if (rule->action == SP_ACTION_PASSTHROUGH && sp_rule_is_about_users(rule)) {
        refuse(reading->reports, place,
               "passthrough knows no user, only the issuer that the token names: remove the condition");
    }
}

static void add_rule(struct sp_reports *reports, struct sp_policy *policy, struct sp_rule *rule)
{
    if (sp_list_add(&policy->rules, rule, sizeof *rule) == SP_OK) {
        policy->depends_on |= sp_rule_depends_on(rule);
    } else {
        refuse(reports, SP_PLACE(policy->name, rule->line, 0), "out of memory");
        sp_rule_done(rule);
    }
}

static void read_rules(struct sp_reports *reports, const struct sp_yaml_node *node, struct sp_policy *policy)
{
    for (const struct sp_yaml_node *item = node->first; item != NULL; item = item->next) {
        char subject[SUBJECT_MAX];
        snprintf(subject, sizeof subject, RULE_SUBJECT, policy->name, policy->rules_n + 1);
        if (policy->rules_n == SP_RULES_MAX) {
            refuse(reports, SP_PLACE(subject, item->line, item->column), "a policy has at most %d rules",
                   SP_RULES_MAX);
            return;
        }
        struct sp_rule rule = {.line = item->line};
        struct sp_reading reading = {
            .mapping = &rule_mapping, .object = &rule, .reports = reports, .subject = subject};
        if (sp_reading_set_defaults(&reading) == SP_OK) { /* all conditions are empty */
            sp_reading_take(&reading, item);
        }
        if (item->kind == SP_YAML_MAPPING) {
            check_rule(&reading, item);
        }
        add_rule(reports, policy, &rule);
    }
}

/* Reads the value of a policy: a keyword, a list of rules, or an error. */
static void read_rules_or_word(struct sp_reports *reports, const struct sp_yaml_node *node,
                               struct sp_policy *policy)
{
    struct sp_place *place = SP_PLACE("policies", node->line, node->column);
    if (node->kind == SP_YAML_LIST && node->first != NULL) {
        read_rules(reports, node, policy);
    } else if (node->kind == SP_YAML_LIST) {
        refuse(reports, place, "%s: a policy without rules: to refuse everybody, write [{action: deny}]",
               policy->name);
    } else if (node->kind != SP_YAML_SCALAR || node->is_null) {
        refuse(reports, place, "%s: expected \"authenticated\" or a list of rules and found %s", policy->name,
               sp_yaml_kind_text(node));
    } else if (strcmp(node->text, POLICY_WORD) == 0) {
        add_rule(reports, policy, &(struct sp_rule){.action = SP_ACTION_ALLOW, .line = node->line});
    } else {
        struct sp_str word = sp_str_from_c(node->text);
        struct sp_nearest nearest = sp_nearest_of(word);
        sp_nearest_offer(&nearest, SP_STR(POLICY_WORD));
        refuse(reports, place, "%s: \"%s\" is neither \"authenticated\" nor a list of rules%s", policy->name,
               SP_QUOTE(word), SP_NEAREST_TEXT(&nearest));
    }
}

static void read_policy(struct sp_reading *reading, const struct sp_yaml_node *node, void *policies)
{
    const struct sp_config *config = reading->object;
    struct sp_str name = sp_str_from_c(node->key);
    struct sp_diag diag = {.text = "out of memory"};
    struct sp_policy policy = {.name = NULL};
    if (config->policies_n == SP_POLICIES_MAX) {
        (void)sp_diag_set(&diag, SP_ERR_LIMIT, "more than %d policies", SP_POLICIES_MAX);
    } else if (sp_value_check_label(name, &diag) == SP_OK &&
               sp_value_store_text(name, &diag, &policy.name) == SP_OK) {
        read_rules_or_word(reading->reports, node, &policy);
        if (sp_list_add(policies, &policy, sizeof policy) == SP_OK) {
            return;
        }
        sp_policy_done(&policy);
    }
    refuse(reading->reports, SP_PLACE("policies", node->key_line, node->key_column), "%s", diag.text);
}

static void free_policy(void *value)
{
    sp_policy_done(value);
}

const struct sp_value_type sp_type_policies = {.label = "mapping of names to policies",
                                               .shape = SP_VALUE_SECTION,
                                               .expected =
                                                   "policies by name, such as {default: authenticated},",
                                               .read = read_policy,
                                               .item_len = sizeof(struct sp_policy),
                                               .done = free_policy};

/* ---- warnings ------------------------------------------------------------------------------------- */

#define warn_rule(reading, policy, rule, ...)                                                                \
    do {                                                                                                     \
        char subject_[SUBJECT_MAX];                                                                          \
        snprintf(subject_, sizeof subject_, RULE_SUBJECT, (policy)->name, (rule) + 1);                       \
        sp_reports_add((reading)->reports, SP_REPORT_WARNING,                                                \
                       SP_PLACE(subject_, (policy)->rules[rule].line, 0), __VA_ARGS__);                      \
    } while (0)

/* Methods are an open set (RFC 9110, section 16.1), so an unknown one is reported only if it is similar to a
 * common one: a rule for `GTE` never matches. */
static void warn_methods(struct sp_reading *reading, const struct sp_policy *policy, size_t rule)
{
    static const char *const usual[] = {"GET",   "HEAD",     "POST",      "PUT",   "DELETE", "PATCH",
                                        "TRACE", "OPTIONS",  "CONNECT",   "COPY",  "MOVE",   "LOCK",
                                        "MKCOL", "PROPFIND", "PROPPATCH", "UNLOCK"};
    const struct sp_texts *methods = &policy->rules[rule].methods;
    for (size_t i = 0; i < methods->items_n; i++) {
        struct sp_str method = sp_str_from_c(methods->items[i]);
        struct sp_nearest nearest = sp_nearest_of(method);
        for (size_t j = 0; j < sizeof usual / sizeof usual[0]; j++) {
            sp_nearest_offer(&nearest, sp_str_from_c(usual[j]));
        }
        if (nearest.best.len > 0 && !sp_str_equal(nearest.best, method)) {
            warn_rule(reading, policy, rule, "method \"%s\" is not a common one%s", SP_QUOTE(method),
                      SP_NEAREST_TEXT(&nearest));
        }
    }
}

static bool any_host_is_listed(const struct sp_config *config, const struct sp_texts *hosts)
{
    for (size_t i = 0; i < hosts->items_n * config->hosts.items_n; i++) {
        const struct sp_origin_pattern *pattern = &config->hosts.items[i % config->hosts.items_n];
        struct sp_origin origin = pattern->origin; /* the pattern's origin, with its host replaced by the
                                                      rule's */
        if (sp_host_parse(sp_str_from_c(hosts->items[i / config->hosts.items_n]), &origin.host) &&
            sp_origin_pattern_match(pattern, &origin)) {
            return true;
        }
    }
    return false;
}

static void warn_user_conditions(struct sp_reading *reading, const struct sp_policy *policy, size_t i)
{
    const struct sp_config *config = reading->object;
    const struct sp_rule *rule = &policy->rules[i];
    bool asks_email = rule->emails.items_n + rule->email_domains.items_n > 0;
    char subject[SUBJECT_MAX];
    snprintf(subject, sizeof subject, RULE_SUBJECT, policy->name, i + 1);
    sp_groups_warn_of_named(reading, SP_PLACE(subject, rule->line, 0), rule->groups.items,
                            rule->groups.items_n);
    if (asks_email && !sp_scopes_hold(config->scopes, SP_STR("email")) && !config->userinfo) {
        warn_rule(reading, policy, i, "uses an e-mail address, but scopes lack email");
    }
    if (rule->cors_preflight &&
        (sp_rule_is_about_users(rule) || rule->action == SP_ACTION_ALLOW || rule->action == SP_ACTION_RBAC)) {
        warn_rule(reading, policy, i, "a preflight carries no cookie, so there is never a user: use public");
    }
    if (rule->cors_preflight && rule->action == SP_ACTION_PASSTHROUGH) {
        warn_rule(reading, policy, i, "a preflight carries no token: use public");
    }
}

/* Patterns are canonical here, so only `/` is a prefix of everything. */
static bool names_every_path(const struct sp_rule *rule)
{
    bool is_of_all = rule->paths_n == 0;
    for (size_t i = 0; i < rule->paths_n; i++) {
        const char *text = rule->paths[i].text;
        is_of_all = is_of_all || (rule->paths[i].kind == SP_PATTERN_PREFIX && strcmp(text, "/") == 0) ||
                    (rule->paths[i].kind == SP_PATTERN_GLOB &&
                     (strcmp(text, "/**") == 0 || strcmp(text, "/*/**") == 0));
    }
    return is_of_all;
}

static bool names_every_page(const struct sp_rule *rule)
{
    return names_every_path(rule) && rule->hosts.items_n + rule->client_ips.items_n == 0 &&
           !rule->cors_preflight;
}

/* Finds a hop that contains the whole network, or NULL. Clients in such a network are never known. */
static const struct sp_cidr *find_hop_around(const struct sp_cidrs *hops, const struct sp_cidr *network)
{
    for (size_t i = 0; i < hops->items_n; i++) {
        if (hops->items[i].bits <= network->bits && sp_cidr_contains(&hops->items[i], &network->address)) {
            return &hops->items[i];
        }
    }
    return NULL;
}

static void warn_client_ip(struct sp_reading *reading, const struct sp_policy *policy, size_t i)
{
    const struct sp_config *config = reading->object;
    const struct sp_rule *rule = &policy->rules[i];
    for (size_t k = 0; k < rule->client_ips.items_n; k++) {
        const struct sp_cidr *network = &rule->client_ips.items[k];
        const struct sp_cidr *hop = find_hop_around(&config->client_ip_hops, network);
        SP_BUF_ON_STACK(texts, 3 * SP_CIDR_TEXT_MAX);
        sp_cidr_append(network, &texts);
        if (hop != NULL) {
            sp_buf_append_c(&texts, " is inside ");
            sp_cidr_append(hop, &texts);
            warn_rule(reading, policy, i,
                      "client_ip %s of client_ip_hops, where only proxies are: it never matches",
                      sp_buf_c_str(&texts));
        } else if (sp_cidr_is_everybody(network)) {
            warn_rule(reading, policy, i, "client_ip %s is every address: remove the condition",
                      sp_buf_c_str(&texts));
        }
    }
    if (rule->client_ips.items_n > 0 && config->unsafe_trust_everybody) {
        warn_rule(reading, policy, i,
                  "depends on an address that, with unsafe_trust_everybody, any client can choose");
    }
}

static void warn_request_conditions(struct sp_reading *reading, const struct sp_policy *policy, size_t i)
{
    const struct sp_config *config = reading->object;
    const struct sp_rule *rule = &policy->rules[i];
    if (rule->action == SP_ACTION_PUBLIC && sp_rule_is_unconditional(rule)) {
        warn_rule(reading, policy, i, "public without a condition opens everything to everybody");
    } else if (rule->action == SP_ACTION_PUBLIC && names_every_page(rule)) {
        warn_rule(reading, policy, i, "public for every path of every host opens every page to everybody");
    }
    if (rule->action == SP_ACTION_PASSTHROUGH && names_every_path(rule) && rule->hosts.items_n == 0) {
        warn_rule(reading, policy, i,
                  "passthrough checks no signature, and matches every path of every host: name the host or "
                  "the path of a program that does, such as the API server of Kubernetes");
    }
    if (rule->websocket && rule->action == SP_ACTION_PUBLIC) {
        warn_rule(
            reading, policy, i,
            "any program can add the headers of a handshake to any request: this opens what it names to "
            "everybody");
    }
    warn_methods(reading, policy, i);
    if (rule->hosts.items_n > 0 && config->hosts.items_n > 0 && !any_host_is_listed(config, &rule->hosts)) {
        warn_rule(reading, policy, i, "none of its hosts is in the setting hosts: it never matches");
    }
}

void sp_policies_warn(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    for (size_t i = 0; i < config->policies_n; i++) {
        const struct sp_policy *policy = &config->policies[i];
        for (size_t j = 0; j < policy->rules_n; j++) {
            warn_request_conditions(reading, policy, j);
            warn_client_ip(reading, policy, j);
            warn_user_conditions(reading, policy, j);
            if (j + 1 < policy->rules_n && sp_rule_is_unconditional(&policy->rules[j])) {
                warn_rule(reading, policy, j + 1,
                          "is never reached: the rule before it has no condition, so it decides everything");
                break;
            }
        }
    }
}

void sp_policies_document(struct sp_buf *out)
{
    sp_buf_append_c(out, "<!-- table: actions -->\n| action |\n|---|\n");
    for (const struct sp_value_word *word = action_words; word->text != NULL; word++) {
        sp_buf_printf(out, "| `%s` |\n", word->text);
    }
    sp_buf_append_char(out, '\n');
    sp_mapping_document(&rule_mapping, out);
}

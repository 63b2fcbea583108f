/* SPDX-License-Identifier: Apache-2.0 */
#include "config/headers_section.h"

#include "base/wording.h"
#include "config/config.h"
#include "config/named_claims.h"
#include "http/field.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define SUBJECT_MAX 512 /* bytes with the NUL */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum sp_error sp_headers_add_built_in(struct sp_config *config)
{
    config->header_sets = calloc(SP_HEADER_SETS_BUILT_IN_N, sizeof *config->header_sets);
    if (config->header_sets == NULL) {
        return SP_ERR_MEMORY;
    }
    config->header_sets_n = SP_HEADER_SETS_BUILT_IN_N;
    return sp_header_sets_make_built_in(config->header_sets);
}

/* ---- one header ----------------------------------------------------------------------------------- */

static const struct sp_value_word list_words[] = {
    {"comma", SP_HEADER_LIST_COMMA},
    {"json", SP_HEADER_LIST_JSON},
    {"repeat", SP_HEADER_LIST_REPEAT},
    {NULL, 0},
};

static const struct sp_value_word encoding_words[] = {
    {"none", SP_HEADER_ENCODING_NONE},
    {"percent", SP_HEADER_ENCODING_PERCENT},
    {"base64", SP_HEADER_ENCODING_BASE64},
    {NULL, 0},
};

_Static_assert(sizeof(enum sp_header_list) == sizeof(int), "sp_type_word writes an int");
_Static_assert(sizeof(enum sp_header_encoding) == sizeof(int), "sp_type_word writes an int");

bool sp_headers_is_word(struct sp_str claim)
{
    static const char *const words[] = {"user", "groups", "subject"};
    for (size_t i = 0; i < COUNT(words); i++) {
        if (sp_str_equal(sp_str_from_c(words[i]), claim)) {
            return true;
        }
    }
    return false;
}

/* A keyword counts only in its plain spelling: `/user` is the claim of that name. */
static enum sp_error parse_claim(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    char *claim = NULL;
    enum sp_error error = sp_named_claim_parse(text, diag, &claim);
    if (error == SP_OK && strcmp(claim, "email_verified") == 0) {
        error = sp_diag_set(diag, SP_ERR_FORMAT,
                            "email_verified cannot be passed on: an unverified address is left out instead");
    }
    if (error == SP_OK) {
        bool is_word = sp_headers_is_word(sp_str_from_c(claim));
        error = sp_value_store_text(is_word ? text : sp_str_from_c(claim), diag, out);
    }
    free(claim);
    return error;
}

static const struct sp_value_type claim_type = {
    .label = "claim", .expected = "the name of a claim", .parse = parse_claim, .done = sp_value_free_text};

/* A claim alone, or a mapping. */
static const struct sp_row rows[] = {
    {"claim", "header", &claim_type, NULL, offsetof(struct sp_header_rule, claim), {.max = 0}},
    {"list", "header", &sp_type_word, "comma", offsetof(struct sp_header_rule, list), {.words = list_words}},
};

/* The options of a set, besides its headers. */
static const struct sp_row set_rows[] = {
    {"encode",
     "set",
     &sp_type_word,
     "none",
     offsetof(struct sp_header_set, encoding),
     {.words = encoding_words}},
};

static const struct sp_other_key others[] = {{NULL, NULL}};

static const struct sp_mapping header_mapping = {
    .noun = "key", .hint = "", .rows = rows, .rows_n = COUNT(rows), .others = others};

static const struct sp_mapping set_mapping = {
    .noun = "key", .hint = "", .rows = set_rows, .rows_n = COUNT(set_rows), .others = others};

#define refuse(reading, place, ...) sp_reports_add((reading)->reports, SP_REPORT_ERROR, (place), __VA_ARGS__)

/* Allows only letters, digits and hyphens, because some servers fold any other character of a name into a
 * hyphen, which would make two headers one. */
static enum sp_error check_name(const struct sp_header_set *set, struct sp_str name, struct sp_diag *diag)
{
    bool is_plain = sp_field_is_name(name);
    for (size_t i = 0; i < name.len; i++) {
        is_plain = is_plain && (sp_ascii_is_alnum(name.ptr[i]) || name.ptr[i] == '-');
    }
    if (!is_plain) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "a header's name must be 1 to 64 letters, digits and hyphens");
    }
    if (sp_str_equal_ci(name, SP_STR("encode"))) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "is not a header: the key encode sets how the values of the set are written");
    }
    if (sp_header_is_reserved(name)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "this header belongs to the message, the proxy or a credential");
    }
    for (size_t i = 0; i < set->rules_n; i++) {
        if (sp_str_equal_ci(sp_str_from_c(set->rules[i].name), name)) {
            return sp_diag_set(diag, SP_ERR_DUPLICATE, "is the same header as %s", set->rules[i].name);
        }
    }
    if (set->rules_n == SP_HEADER_RULES_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "more than %d headers in a set", SP_HEADER_RULES_MAX);
    }
    return SP_OK;
}

/* Checks that are only possible once the header has been read. */
static void check_source(struct sp_reading *reading, const struct sp_config *config,
                         const struct sp_yaml_node *node)
{
    const struct sp_header_rule *rule = reading->object;
    const struct sp_given *list = sp_reading_given(reading, "list");
    bool is_groups = rule->claim != NULL && strcmp(rule->claim, "groups") == 0;
    if (!sp_reading_is_given(reading, "claim")) {
        refuse(reading, SP_PLACE(reading->subject, node->line, node->column),
               "no claim: name the one that the header carries");
    } else if (rule->claim != NULL && !is_groups && strcmp(rule->claim, config->groups_claim) == 0) {
        refuse(reading, SP_PLACE(reading->subject, node->line, node->column),
               "\"%s\" is the setting groups_claim: write groups here", SP_QUOTE(sp_str_from_c(rule->claim)));
    } else if (rule->claim != NULL && !is_groups && list->source != SP_SOURCE_DEFAULT) {
        refuse(reading, SP_PLACE(reading->subject, list->node->line, list->node->column),
               "list is for groups only: other claims have a single value");
    }
}

static void free_header(struct sp_header_rule *rule)
{
    free(rule->name);
    free(rule->claim);
}

static void read_header(struct sp_reading *settings, const struct sp_yaml_node *node,
                        struct sp_header_set *set)
{
    char subject[SUBJECT_MAX];
    struct sp_str name = sp_str_from_c(node->key);
    struct sp_diag diag = {.text = "out of memory"};
    struct sp_header_rule rule = {.name = NULL};
    snprintf(subject, sizeof subject, "headers: %s, %s", set->name, SP_QUOTE(name));
    struct sp_reading reading = {
        .mapping = &header_mapping, .object = &rule, .reports = settings->reports, .subject = subject};
    struct sp_place *place = SP_PLACE(subject, node->line, node->column);
    if (check_name(set, name, &diag) != SP_OK || sp_reading_set_defaults(&reading) != SP_OK) {
        refuse(settings, place, "%s", diag.text);
    }
    sp_reading_take(&reading, node);
    check_source(&reading, settings->object, node);
    if (rule.claim == NULL || place->is_faulty) {
        free_header(&rule);
    } else if (sp_value_store_text(name, &diag, &rule.name) != SP_OK ||
               sp_list_add(&set->rules, &rule, sizeof rule) != SP_OK) {
        refuse(settings, place, "out of memory");
        free_header(&rule);
    }
}

static void read_encoding(struct sp_reading *reading, const struct sp_yaml_node *node,
                          struct sp_header_set *set)
{
    char subject[SUBJECT_MAX];
    const struct sp_row *row = &set_rows[0];
    struct sp_diag diag = {.text = "expected a word"};
    snprintf(subject, sizeof subject, "headers: %s, %s", set->name, row->name);
    if (node->kind != SP_YAML_SCALAR || node->is_null ||
        row->type->parse(&row->limits, sp_str_from_c(node->text), &diag, &set->encoding) != SP_OK) {
        refuse(reading, SP_PLACE(subject, node->line, node->column), "%s", diag.text);
    }
}

/* ---- sets ----------------------------------------------------------------------------------------- */

static enum sp_error check_set_name(const struct sp_config *config, struct sp_str name, struct sp_diag *diag)
{
    if (config->header_sets_n == SP_HEADER_SETS_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "more than %d sets with the built-in ones",
                           SP_HEADER_SETS_MAX);
    }
    for (size_t i = 0; i < SP_HEADER_SETS_BUILT_IN_N && i < config->header_sets_n; i++) {
        if (sp_str_equal(sp_str_from_c(config->header_sets[i].name), name)) {
            return sp_diag_set(diag, SP_ERR_DUPLICATE, "\"%s\" is built in: choose another name",
                               config->header_sets[i].name);
        }
    }
    return sp_value_check_label(name, diag);
}

static void read_set(struct sp_reading *reading, const struct sp_yaml_node *node, void *sets)
{
    struct sp_str name = sp_str_from_c(node->key);
    struct sp_diag diag = {.text = "out of memory"};
    struct sp_header_set set = {.name = NULL};
    if (check_set_name(reading->object, name, &diag) != SP_OK ||
        sp_value_store_text(name, &diag, &set.name) != SP_OK) {
        refuse(reading, SP_PLACE("headers", node->key_line, node->key_column), "%s", diag.text);
        return;
    }
    bool has_headers = false;
    if (node->kind == SP_YAML_MAPPING) {
        for (const struct sp_yaml_node *item = node->first; item != NULL; item = item->next) {
            if (strcmp(item->key, set_rows[0].name) == 0) {
                read_encoding(reading, item, &set);
            } else {
                has_headers = true;
                read_header(reading, item, &set);
            }
        }
    }
    if (!has_headers) {
        refuse(reading, SP_PLACE("headers", node->line, node->column),
               "%s: expected headers and their claims, such as {X-User: user}, and found %s", set.name,
               node->kind == SP_YAML_MAPPING ? "none" : sp_yaml_kind_text(node));
    }
    if (sp_list_add(sets, &set, sizeof set) != SP_OK) {
        refuse(reading, SP_PLACE("headers", node->key_line, node->key_column), "out of memory");
        sp_header_set_done(&set);
    }
}

static void free_set(void *value)
{
    sp_header_set_done(value);
}

const struct sp_value_type sp_type_headers = {.label = "mapping of names to header sets",
                                              .shape = SP_VALUE_SECTION,
                                              .expected = "header sets by name",
                                              .read = read_set,
                                              .item_len = sizeof(struct sp_header_set),
                                              .done = free_set};

/* ---- warnings ------------------------------------------------------------------------------------- */

/* Issuers may add claims of any name, and short names are similar to each other, so there is a warning only
 * if a longer name is a single edit away from a common one. */
static void warn_claim(struct sp_reading *reading, const struct sp_header_set *set,
                       const struct sp_header_rule *header)
{
    static const char *const usual[] = {"email",  "name",    "preferred_username", "user",
                                        "groups", "subject", "email_verified"};
    struct sp_str claim = sp_str_from_c(header->claim);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (claim.len > 3 && sp_str_distance(claim, sp_str_from_c(usual[i])) == 1) {
            sp_reading_warn(reading, "headers",
                            "%s, %s: the claim \"%s\" is not a common one: did you mean \"%s\"?", set->name,
                            header->name, SP_QUOTE(claim), usual[i]);
        }
    }
}

void sp_headers_warn(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    for (size_t i = 0; i < config->header_sets_n; i++) {
        const struct sp_header_set *set = &config->header_sets[i];
        for (size_t j = 0; j < set->rules_n; j++) {
            warn_claim(reading, set, &set->rules[j]);
        }
    }
}

void sp_headers_document(struct sp_buf *out)
{
    struct sp_config config = {.header_sets_n = 0};
    sp_buf_append_c(out, "<!-- table: sets -->\n| set | header | carries |\n|---|---|---|\n");
    if (sp_headers_add_built_in(&config) != SP_OK) {
        out->failed = true;
    }
    for (size_t i = 0; i < config.header_sets_n; i++) {
        struct sp_header_set *set = &config.header_sets[i];
        for (size_t j = 0; j < set->rules_n; j++) {
            const char *claim = set->rules[j].claim;
            const char *lines = set->impersonates ? ", one header line for each, and `system:authenticated`"
                                                  : ", separated by commas";
            sp_buf_printf(out, "| `%s` | `%s` | `%s`%s |\n", set->name, set->rules[j].name, claim,
                          strcmp(claim, "groups") == 0 ? lines : "");
        }
        if (set->credential != SP_HEADER_CREDENTIAL_NONE) {
            sp_buf_printf(out, "| `%s` | `Authorization` | the token of %s, if `credentials` binds it |\n",
                          set->name,
                          set->credential == SP_HEADER_CREDENTIAL_ACCOUNT ? "a service account" : "the user");
        }
        sp_header_set_done(set);
    }
    free(config.header_sets);
    sp_buf_append_char(out, '\n');
    sp_mapping_document(&header_mapping, out);
    sp_mapping_document(&set_mapping, out);
}

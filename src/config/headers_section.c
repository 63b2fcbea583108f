/* SPDX-License-Identifier: Apache-2.0 */
#include "config/headers_section.h"

#include "base/wording.h"
#include "http/field.h"

#include <stdio.h>
#include <stdlib.h>

#define BUILT_IN_N  2
#define CLAIM_MAX   128 /* bytes */
#define SUBJECT_MAX 256 /* bytes with the NUL */

static const struct sp_value_word list_words[] = {
    {"comma", SP_HEADER_LIST_COMMA},
    {"json", SP_HEADER_LIST_JSON},
    {"repeat", SP_HEADER_LIST_REPEAT},
    {NULL, 0},
};

static const struct sp_value_limits list_limits = {.words = list_words};

/* Claims of a header set that stand for the whole identity (policy/headers.h). */
static const char *const identity_words[] = {"user", "groups", "subject"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum sp_error sp_headers_add_built_in(struct sp_config *config)
{
    struct sp_header_set *sets = calloc(BUILT_IN_N, sizeof *sets);
    if (sets == NULL) {
        return SP_ERR_MEMORY;
    }
    config->header_sets = sets;
    enum sp_error error = sp_header_set_identity(&sets[0]);
    if (error != SP_OK) {
        return error;
    }
    config->header_sets_n = 1;
    error = sp_header_set_remote(&sets[1]);
    if (error == SP_OK) {
        config->header_sets_n = BUILT_IN_N;
    }
    return error;
}

/* ---- one header ----------------------------------------------------------------------------------- */

struct set_reader {
    struct sp_loading *loading;
    const struct sp_yaml_node *node; /* of the header at hand */
    char subject[SUBJECT_MAX];       /* "headers: SET, NAME" */
    struct sp_header_set *set;
};

static void refuse_at(struct set_reader *reader, const struct sp_yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse_at(struct set_reader *reader, const struct sp_yaml_node *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    sp_reports_add_about(reader->loading->reports, SP_REPORT_ERROR, node->line, node->column, reader->subject,
                         format, arguments);
    va_end(arguments);
}

/* Letters, digits and hyphens: whatever else a name may hold, some servers fold into a hyphen, and then two
 * headers are one. */
static bool is_plain_name(struct sp_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!sp_ascii_is_alnum(name.ptr[i]) && name.ptr[i] != '-') {
            return false;
        }
    }
    return sp_field_is_name(name);
}

static bool check_name(struct set_reader *reader, struct sp_str name)
{
    if (!is_plain_name(name)) {
        refuse_at(reader, reader->node, "a header's name is 1 to 64 letters, digits and hyphens");
        return false;
    }
    if (sp_header_is_reserved(name)) {
        refuse_at(reader, reader->node, "this header belongs to the message, the proxy or a credential");
        return false;
    }
    for (size_t i = 0; i < reader->set->rules_n; i++) {
        if (sp_str_equal_ci(sp_str_from_c(reader->set->rules[i].name), name)) {
            refuse_at(reader, reader->node, "is the same header as %s", reader->set->rules[i].name);
            return false;
        }
    }
    return true;
}

static bool check_claim(struct set_reader *reader, const struct sp_yaml_node *node)
{
    if (node->kind != SP_YAML_SCALAR || node->is_null) {
        refuse_at(reader, node, "expected the name of a claim and found %s", sp_yaml_kind_text(node));
        return false;
    }
    struct sp_str claim = sp_str_from_c(node->text);
    if (claim.len > CLAIM_MAX || !sp_field_can_carry(claim)) {
        refuse_at(reader, node, "\"%s\" is not the name of a claim", SP_QUOTE(claim));
        return false;
    }
    if (sp_str_equal(claim, SP_STR("email_verified"))) {
        refuse_at(reader, node, "email_verified is not handed on: an address that is not verified is absent");
        return false;
    }
    const char *groups = reader->loading->config->groups_claim;
    if (groups != NULL && strcmp(groups, "groups") != 0 && sp_str_equal(claim, sp_str_from_c(groups))) {
        refuse_at(reader, node, "\"%s\" is the setting groups_claim: write groups here", SP_QUOTE(claim));
        return false;
    }
    return true;
}

static bool read_list_word(struct set_reader *reader, const struct sp_yaml_node *node,
                           enum sp_header_list *out)
{
    struct sp_diag diag = {.text = "expected a word"};
    int value = 0;
    if (node->kind == SP_YAML_SCALAR &&
        sp_type_word.parse(&list_limits, sp_str_from_c(node->text), &diag, &value) == SP_OK) {
        *out = (enum sp_header_list)value;
        return true;
    }
    refuse_at(reader, node, "list: %s", diag.text);
    return false;
}

/* What `{claim: …, list: …}` says. */
struct header_source {
    const struct sp_yaml_node *claim;
    const struct sp_yaml_node *list_node;
    enum sp_header_list list;
};

static bool read_source_pair(struct set_reader *reader, const struct sp_yaml_node *pair,
                             struct header_source *source)
{
    struct sp_str key = sp_str_from_c(pair->key);
    if (sp_str_equal(key, SP_STR("claim"))) {
        source->claim = pair;
        return check_claim(reader, pair);
    }
    if (sp_str_equal(key, SP_STR("list"))) {
        source->list_node = pair;
        return read_list_word(reader, pair, &source->list);
    }
    struct sp_nearest nearest = sp_nearest_of(key);
    sp_nearest_offer(&nearest, SP_STR("claim"));
    sp_nearest_offer(&nearest, SP_STR("list"));
    refuse_at(reader, pair, "unknown key \"%s\"%s", SP_QUOTE(key), SP_NEAREST_TEXT(&nearest));
    return false;
}

static bool read_source(struct set_reader *reader, struct header_source *source)
{
    if (reader->node->kind != SP_YAML_MAPPING) {
        source->claim = reader->node;
        return check_claim(reader, reader->node);
    }
    bool is_sound = true;
    for (const struct sp_yaml_node *pair = reader->node->first; pair != NULL; pair = pair->next) {
        is_sound = read_source_pair(reader, pair, source) && is_sound;
    }
    if (!is_sound) {
        return false;
    }
    if (source->claim == NULL) {
        refuse_at(reader, reader->node, "no claim: say which one the header carries");
        return false;
    }
    if (source->list_node != NULL && strcmp(source->claim->text, "groups") != 0) {
        refuse_at(reader, source->list_node, "list is for groups only: other claims are one value");
        return false;
    }
    return true;
}

static bool append_header(struct sp_header_set *set, struct sp_str name, const struct header_source *source)
{
    struct sp_header_rule *rules = reallocarray(set->rules, set->rules_n + 1, sizeof *rules);
    if (rules == NULL) {
        return false;
    }
    set->rules = rules;
    struct sp_header_rule rule = {
        .name = sp_str_dup(name),
        .claim = sp_str_dup(sp_str_from_c(source->claim->text)),
        .list = source->list,
    };
    if (rule.name == NULL || rule.claim == NULL) {
        free(rule.name);
        free(rule.claim);
        return false;
    }
    rules[set->rules_n++] = rule;
    return true;
}

static void read_header(struct set_reader *reader)
{
    struct sp_str name = sp_str_from_c(reader->node->key);
    struct header_source source = {.list = SP_HEADER_LIST_COMMA};
    snprintf(reader->subject, sizeof reader->subject, "headers: %s, %s", reader->set->name, SP_QUOTE(name));
    bool is_sound = check_name(reader, name);
    is_sound = read_source(reader, &source) && is_sound;
    if (!is_sound) {
        return;
    }
    if (reader->set->rules_n == SP_HEADER_RULES_MAX) {
        refuse_at(reader, reader->node, "more than %d headers in a set", SP_HEADER_RULES_MAX);
    } else if (!append_header(reader->set, name, &source)) {
        refuse_at(reader, reader->node, "out of memory");
    }
}

/* ---- sets ----------------------------------------------------------------------------------------- */

static enum sp_error check_set_name(const struct sp_config *config, struct sp_str name, struct sp_diag *diag)
{
    if (config->header_sets_n == SP_HEADER_SETS_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "more than %d sets with the built-in ones",
                           SP_HEADER_SETS_MAX);
    }
    for (size_t i = 0; i < BUILT_IN_N && i < config->header_sets_n; i++) {
        if (sp_str_equal(sp_str_from_c(config->header_sets[i].name), name)) {
            return sp_diag_set(diag, SP_ERR_DUPLICATE, "\"%s\" is built in: choose another name",
                               config->header_sets[i].name);
        }
    }
    static const char *const later[] = {"kubernetes", "bearer"};
    for (size_t i = 0; i < COUNT(later); i++) {
        if (sp_str_equal(sp_str_from_c(later[i]), name)) {
            return sp_diag_set(diag, SP_ERR_UNSUPPORTED, "\"%s\" is a reserved name: choose another",
                               later[i]);
        }
    }
    return sp_value_check_label(name, diag);
}

/* A new, empty set at the end; NULL, with a report, when it cannot be. */
static struct sp_header_set *append_set(struct sp_loading *loading, const struct sp_yaml_node *node)
{
    struct sp_config *config = loading->config;
    struct sp_str key = sp_str_from_c(node->key);
    struct sp_diag diag = {.text = "out of memory"};
    struct sp_header_set *sets = NULL;
    if (check_set_name(config, key, &diag) == SP_OK) {
        sets = reallocarray(config->header_sets, config->header_sets_n + 1, sizeof *sets);
    }
    char *name = sets != NULL ? sp_str_dup(key) : NULL;
    if (sets != NULL) {
        config->header_sets = sets;
    }
    if (name == NULL) {
        sp_reports_add(loading->reports, SP_REPORT_ERROR, node->key_line, node->key_column, "headers: %s",
                       diag.text);
        return NULL;
    }
    sets[config->header_sets_n] = (struct sp_header_set){.name = name};
    return &sets[config->header_sets_n++];
}

static void read_set(struct sp_loading *loading, const struct sp_yaml_node *node)
{
    struct sp_header_set *set = append_set(loading, node);
    if (set == NULL) {
        return;
    }
    if (node->kind != SP_YAML_MAPPING || node->first == NULL) {
        sp_loading_report_node(loading, SP_REPORT_ERROR, node, "headers",
                               "%s: expected headers and their claims, such as {X-User: user}, and found %s",
                               set->name, node->kind == SP_YAML_MAPPING ? "none" : sp_yaml_kind_text(node));
        return;
    }
    struct set_reader reader = {.loading = loading, .set = set};
    for (reader.node = node->first; reader.node != NULL; reader.node = reader.node->next) {
        read_header(&reader);
    }
}

void sp_headers_read(struct sp_loading *loading, const struct sp_yaml_node *node)
{
    if (node->kind != SP_YAML_MAPPING) {
        sp_loading_refuse(loading, "headers", "expected header sets by name and found %s",
                          sp_yaml_kind_text(node));
        return;
    }
    for (const struct sp_yaml_node *item = node->first; item != NULL; item = item->next) {
        read_set(loading, item);
    }
}

/* ---- claims --------------------------------------------------------------------------------------- */

static bool is_one_of(struct sp_str word, const char *const *words, size_t words_n)
{
    for (size_t i = 0; i < words_n; i++) {
        if (sp_str_equal(sp_str_from_c(words[i]), word)) {
            return true;
        }
    }
    return false;
}

static void keep_claim(struct sp_loading *loading, const char *setting, const char *claim)
{
    struct sp_texts *kept = &loading->config->extra_claims;
    struct sp_str name = sp_str_from_c(claim);
    if (sp_session_always_holds(name) || is_one_of(name, (const char *const *)kept->items, kept->items_n)) {
        return;
    }
    if (kept->items_n == SP_EXTRA_CLAIMS_MAX) {
        sp_loading_refuse(loading, setting,
                          "needs \"%s\" as a claim beyond the usual ones, and a session holds %d such",
                          SP_QUOTE(name), SP_EXTRA_CLAIMS_MAX);
    } else if (sp_texts_add(kept, name) != SP_OK) {
        sp_loading_refuse(loading, setting, "out of memory");
    }
}

static void keep_claims_of_set(struct sp_loading *loading, const struct sp_header_set *set)
{
    for (size_t i = 0; i < set->rules_n; i++) {
        const char *claim = set->rules[i].claim;
        if (!is_one_of(sp_str_from_c(claim), identity_words, COUNT(identity_words))) {
            keep_claim(loading, "headers", claim);
        }
    }
}

void sp_headers_derive_claims(struct sp_loading *loading)
{
    struct sp_config *config = loading->config;
    keep_claim(loading, "username_claim", config->username_claim);
    for (size_t i = 0; i < config->header_sets_n; i++) {
        keep_claims_of_set(loading, &config->header_sets[i]);
    }
}

/* ---- and back ------------------------------------------------------------------------------------- */

static const char *list_text(enum sp_header_list list)
{
    const struct sp_value_word *word = list_words;
    while (word->value != (int)list) {
        word++;
    }
    return word->text;
}

static void dump_header(const struct sp_header_rule *rule, struct sp_buf *out)
{
    sp_buf_printf(out, "    %s: ", rule->name);
    bool is_groups = strcmp(rule->claim, "groups") == 0;
    sp_buf_append_c(out, is_groups ? "{claim: " : "");
    sp_yaml_append_scalar(sp_str_from_c(rule->claim), out);
    if (is_groups) {
        sp_buf_printf(out, ", list: %s}", list_text(rule->list));
    }
    sp_buf_append_char(out, '\n');
}

void sp_headers_dump(const struct sp_config *config, struct sp_buf *out)
{
    sp_buf_append_c(out, config->header_sets_n > BUILT_IN_N ? "headers:\n" : "headers: {}\n");
    for (size_t i = BUILT_IN_N; i < config->header_sets_n; i++) {
        sp_buf_append_c(out, "  ");
        sp_yaml_append_scalar(sp_str_from_c(config->header_sets[i].name), out);
        sp_buf_append_c(out, ":\n");
        for (size_t j = 0; j < config->header_sets[i].rules_n; j++) {
            dump_header(&config->header_sets[i].rules[j], out);
        }
    }
}

static void document_set(const struct sp_header_set *set, struct sp_buf *out)
{
    for (size_t i = 0; i < set->rules_n; i++) {
        sp_buf_printf(out, "| `%s` | `%s` | `%s`%s |\n", set->name, set->rules[i].name, set->rules[i].claim,
                      strcmp(set->rules[i].claim, "groups") == 0 ? ", separated by commas" : "");
    }
}

void sp_headers_document(struct sp_buf *out)
{
    struct sp_config config = {.header_sets_n = 0};
    sp_buf_append_c(out, "| set | header | carries |\n|---|---|---|\n");
    if (sp_headers_add_built_in(&config) != SP_OK) {
        out->failed = true;
    }
    for (size_t i = 0; i < config.header_sets_n; i++) {
        document_set(&config.header_sets[i], out);
        sp_header_set_done(&config.header_sets[i]);
    }
    free(config.header_sets);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "config/loading.h"

#include "base/wording.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static size_t index_of(const char *setting)
{
    size_t i = sp_setting_find(sp_str_from_c(setting));
    assert(i < sp_settings_n);
    return i;
}

const struct sp_place *sp_loading_place(const struct sp_loading *loading, const char *setting)
{
    return &loading->places[index_of(setting)];
}

bool sp_loading_is_sound(const struct sp_loading *loading, const char *setting)
{
    return sp_loading_place(loading, setting)->state == SP_PLACE_SOUND;
}

bool sp_loading_is_given(const struct sp_loading *loading, const char *setting)
{
    return sp_loading_place(loading, setting)->source != SP_SOURCE_DEFAULT;
}

static void report_setting(struct sp_loading *loading, enum sp_report_kind kind, size_t setting,
                           const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));

static void report_setting(struct sp_loading *loading, enum sp_report_kind kind, size_t setting,
                           const char *format, va_list arguments)
{
    struct sp_place *place = &loading->places[setting];
    if (kind == SP_REPORT_ERROR) {
        place->state = SP_PLACE_FAULTY;
    }
    char variable[SP_ENVIRONMENT_NAME_MAX];
    sp_setting_environment_name(&sp_settings[setting], variable);
    bool is_variable = place->source == SP_SOURCE_ENVIRONMENT;
    sp_reports_add_about(loading->reports, kind, is_variable ? 0 : place->line,
                         is_variable ? 0 : place->column, is_variable ? variable : sp_settings[setting].name,
                         format, arguments);
}

void sp_loading_report(struct sp_loading *loading, enum sp_report_kind kind, const char *setting,
                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report_setting(loading, kind, index_of(setting), format, arguments);
    va_end(arguments);
}

void sp_loading_report_node(struct sp_loading *loading, enum sp_report_kind kind,
                            const struct sp_yaml_node *node, const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    sp_reports_add_about(loading->reports, kind, node->line, node->column, subject, format, arguments);
    va_end(arguments);
}

/* ---- values --------------------------------------------------------------------------------------- */

static void empty_field(struct sp_loading *loading, size_t i)
{
    if (sp_settings[i].type->done != NULL) {
        sp_settings[i].type->done(sp_setting_field(&sp_settings[i], loading->config));
    }
}

static enum sp_error parse_value(struct sp_loading *loading, size_t i, struct sp_str text,
                                 struct sp_diag *diag)
{
    const struct sp_setting *setting = &sp_settings[i];
    return setting->type->parse(&setting->limits, text, diag, sp_setting_field(setting, loading->config));
}

/* A value of the environment or a default: of several the commas are between, and spaces ignored. */
static enum sp_error parse_values(struct sp_loading *loading, size_t i, struct sp_str text,
                                  struct sp_diag *diag)
{
    if (sp_settings[i].type->shape == SP_VALUE_SCALAR || sp_settings[i].type == &sp_type_later) {
        return parse_value(loading, i, text, diag);
    }
    enum sp_error error = SP_OK;
    struct sp_str rest = sp_str_trim(text);
    while (rest.len > 0 && error == SP_OK) {
        error = parse_value(loading, i, sp_str_trim(sp_str_cut(&rest, ',')), diag);
    }
    return error;
}

static enum sp_error set_default(struct sp_loading *loading, size_t i)
{
    const struct sp_setting *setting = &sp_settings[i];
    empty_field(loading, i);
    if (setting->value == NULL || setting->type->parse == NULL) {
        return SP_OK;
    }
    return parse_values(loading, i, sp_str_from_c(setting->value), NULL);
}

enum sp_error sp_loading_set_defaults(struct sp_loading *loading)
{
    for (size_t i = 0; i < sp_settings_n; i++) {
        enum sp_error error = set_default(loading, i);
        assert(error == SP_OK || error == SP_ERR_MEMORY);
        if (error != SP_OK) {
            return error;
        }
    }
    return SP_OK;
}

/* What the field holds must be legal even after an error, for the checks that come later. */
static void fall_back(struct sp_loading *loading, size_t i)
{
    loading->places[i].state = SP_PLACE_FAULTY;
    if (set_default(loading, i) != SP_OK) {
        sp_reports_add(loading->reports, SP_REPORT_ERROR, 0, 0, "out of memory");
    }
}

/* ---- the file ------------------------------------------------------------------------------------- */

static void read_scalar(struct sp_loading *loading, size_t i, const struct sp_yaml_node *node)
{
    const char *name = sp_settings[i].name;
    struct sp_diag diag = {.text = ""};
    if (node->kind != SP_YAML_SCALAR || node->is_null) {
        sp_loading_report_node(loading, SP_REPORT_ERROR, node, name, "expected a value and found %s%s",
                               sp_yaml_kind_text(node),
                               node->is_null ? ": give one, or leave the line out" : "");
        loading->places[i].state = SP_PLACE_FAULTY;
    } else if (parse_value(loading, i, sp_str_from_c(node->text), &diag) != SP_OK) {
        sp_loading_report_node(loading, SP_REPORT_ERROR, node, name, "%s", diag.text);
        loading->places[i].state = SP_PLACE_FAULTY;
    }
}

static void read_list(struct sp_loading *loading, size_t i, const struct sp_yaml_node *node)
{
    if (node->kind != SP_YAML_LIST) {
        read_scalar(loading, i, node);
        return;
    }
    for (const struct sp_yaml_node *element = node->first; element != NULL; element = element->next) {
        read_scalar(loading, i, element);
    }
}

static void read_pair(struct sp_loading *loading, size_t i, const struct sp_yaml_node *node)
{
    struct sp_diag diag = {.text = "out of memory"};
    char *pair = NULL;
    if (node->kind != SP_YAML_SCALAR || node->is_null) {
        (void)sp_diag_set(&diag, SP_ERR_FORMAT, "%s: expected a value and found %s", node->key,
                          sp_yaml_kind_text(node));
    } else if (asprintf(&pair, "%s=%s", node->key, node->text) < 0) {
        pair = NULL;
    } else if (parse_value(loading, i, sp_str_from_c(pair), &diag) == SP_OK) {
        free(pair);
        return;
    }
    free(pair);
    sp_loading_report_node(loading, SP_REPORT_ERROR, node, sp_settings[i].name, "%s", diag.text);
    loading->places[i].state = SP_PLACE_FAULTY;
}

static void read_mapping(struct sp_loading *loading, size_t i, const struct sp_yaml_node *node)
{
    if (node->kind != SP_YAML_MAPPING) {
        sp_loading_report_node(loading, SP_REPORT_ERROR, node, sp_settings[i].name,
                               "expected a %s and found %s", sp_settings[i].type->label,
                               sp_yaml_kind_text(node));
        loading->places[i].state = SP_PLACE_FAULTY;
        return;
    }
    for (const struct sp_yaml_node *pair = node->first; pair != NULL; pair = pair->next) {
        read_pair(loading, i, pair);
    }
}

static void read_setting(struct sp_loading *loading, size_t i, const struct sp_yaml_node *node)
{
    loading->places[i] = (struct sp_place){
        .source = SP_SOURCE_FILE,
        .line = node->key_line,
        .column = node->key_column,
    };
    if (sp_settings[i].type->shape == SP_VALUE_SECTION) {
        return;
    }
    empty_field(loading, i);
    if (sp_settings[i].type->shape == SP_VALUE_LIST) {
        read_list(loading, i, node);
    } else if (sp_settings[i].type->shape == SP_VALUE_MAPPING) {
        read_mapping(loading, i, node);
    } else {
        read_scalar(loading, i, node);
    }
    if (loading->places[i].state == SP_PLACE_FAULTY) {
        fall_back(loading, i);
    }
}

/* What other programs call it, or what is close in sense and not in letters. */
static struct sp_str setting_for(struct sp_str name)
{
    static const char *const words[][2] = {
        {"policy", "policies"},
        {"rules", "policies"},
        {"redirect_uri", "callback_path"},
        {"redirect_url", "callback_path"},
        {"oidc_issuer_url", "issuer"},
        {"provider", "issuer"},
        {"ca_file", "issuer_ca_file"},
        {"secret", "client_secret_file"},
        {"cookie_secret", "keys_file"},
        {"cookie_secrets", "keys_file"},
        {"domain", "hosts"},
        {"domains", "hosts"},
        {"auth_host", "callback_host"},
        {"cookie_expire", "session_lifetime"},
        {"lifetime", "session_lifetime"},
        {"session_ttl", "session_lifetime"},
        {"trusted_ips", "trusted_proxies"},
        {"user_claim", "username_claim"},
        {"address", "listen"},
        {"port", "listen"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (sp_str_equal(name, sp_str_from_c(words[i][0]))) {
            return sp_str_from_c(words[i][1]);
        }
    }
    return SP_STR_NONE;
}

static void report_unknown(struct sp_loading *loading, const struct sp_yaml_node *node)
{
    struct sp_str name = sp_str_from_c(node->key);
    struct sp_nearest nearest = sp_nearest_of(name);
    for (size_t i = 0; i < sp_settings_n; i++) {
        sp_nearest_offer(&nearest, sp_str_from_c(sp_settings[i].name));
    }
    struct sp_str meant = setting_for(name);
    nearest.best = meant.len > 0 ? meant : nearest.best;
    sp_reports_add(loading->reports, SP_REPORT_ERROR, node->key_line, node->key_column,
                   "unknown setting \"%s\"%s", SP_QUOTE(name),
                   nearest.best.len > 0 ? SP_NEAREST_TEXT(&nearest)
                                        : ": `sallyport check --document` lists all of them");
}

void sp_loading_read_file(struct sp_loading *loading, const struct sp_yaml_node *root)
{
    for (const struct sp_yaml_node *node = root->first; node != NULL; node = node->next) {
        size_t i = sp_setting_find(sp_str_from_c(node->key));
        if (i == sp_settings_n) {
            report_unknown(loading, node);
        } else if (loading->places[i].source == SP_SOURCE_DEFAULT) {
            read_setting(loading, i, node);
        }
    }
}

/* ---- the environment ------------------------------------------------------------------------------ */

static void refuse_variable(struct sp_loading *loading, size_t i, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse_variable(struct sp_loading *loading, size_t i, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report_setting(loading, SP_REPORT_ERROR, i, format, arguments);
    va_end(arguments);
}

void sp_loading_read_variable(struct sp_loading *loading, size_t setting, struct sp_str value)
{
    loading->places[setting] = (struct sp_place){.source = SP_SOURCE_ENVIRONMENT};
    if (sp_settings[setting].type->shape == SP_VALUE_SECTION) {
        refuse_variable(loading, setting, "can only be given in the file");
        return;
    }
    struct sp_diag diag = {.text = ""};
    empty_field(loading, setting);
    if (parse_values(loading, setting, value, &diag) == SP_OK) {
        return;
    }
    refuse_variable(loading, setting, "%s", diag.text);
    fall_back(loading, setting);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"

#include "base/utf8.h"
#include "base/wording.h"
#include "config/checks.h"
#include "config/claim_conditions.h"
#include "config/credentials_section.h"
#include "config/fixed_settings.h"
#include "config/groups.h"
#include "config/headers_section.h"
#include "config/kubeconfig_section.h"
#include "config/named_claims.h"
#include "config/rbac_settings.h"
#include "config/settings.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the environment ------------------------------------------------------------------------------ */

#define PREFIX_LEN (sizeof SP_ENVIRONMENT_PREFIX - 1)

/* Variables for the command line, and for ./dev and the tests of this repository; they are not settings. */
static const char *const own[] = {"CONFIG", "BIN", "CACHE"};

/* Index of `part` in `text`, or text.len. */
static size_t find_part(struct sp_str text, struct sp_str part)
{
    for (size_t i = 0; i < text.len; i++) {
        if (sp_str_starts_with(sp_str_skip(text, i), part)) {
            return i;
        }
    }
    return text.len;
}

/* True for `[X_]PORT` and `[X_]PORT_4181_TCP…`. */
static bool is_port_of_service(struct sp_str name)
{
    if (sp_str_equal(name, SP_STR("PORT")) || sp_str_ends_with(name, SP_STR("_PORT"))) {
        return true;
    }
    struct sp_str port = SP_STR("PORT_");
    size_t at = find_part(name, port);
    struct sp_str rest = sp_str_skip(name, at + port.len);
    return at < name.len && rest.len > 0 && sp_ascii_is_digit(rest.ptr[0]);
}

bool sp_config_is_foreign_variable(struct sp_str name)
{
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (sp_str_equal(name, sp_str_from_c(own[i]))) {
            return true;
        }
    }
    return is_port_of_service(name) || find_part(name, SP_STR("SERVICE_HOST")) < name.len ||
           find_part(name, SP_STR("SERVICE_PORT")) < name.len;
}

static void read_variable(struct sp_reading *reading, struct sp_str variable, struct sp_str value)
{
    char names[SP_ROWS_MAX][SP_ENVIRONMENT_NAME_MAX];
    /* The common prefix is skipped, because it would make any two names similar. */
    struct sp_nearest nearest = sp_nearest_of(sp_str_skip(variable, PREFIX_LEN));
    for (size_t i = 0; i < sp_settings.rows_n; i++) {
        sp_setting_environment_name(&sp_settings.rows[i], names[i]);
        if (!sp_str_equal(variable, sp_str_from_c(names[i]))) {
            sp_nearest_offer(&nearest, sp_str_from_c(names[i] + PREFIX_LEN));
            continue;
        }
        if (reading->given[i].source != SP_SOURCE_ENVIRONMENT) {
            sp_reading_take_variable(reading, i, variable, value);
        }
        return;
    }
    if (sp_config_is_foreign_variable(sp_str_skip(variable, PREFIX_LEN))) {
        return;
    }
    bool is_near = nearest.best.len > 0;
    sp_reports_add(reading->reports, SP_REPORT_WARNING, SP_PLACE(NULL, 0, 0),
                   "unknown variable \"%s\"%s%.*s%s", SP_QUOTE(variable),
                   is_near ? ": did you mean " SP_ENVIRONMENT_PREFIX : "", SP_STR_ARGS(nearest.best),
                   is_near ? "?" : "");
}

static void read_environment(struct sp_reading *reading, const char *const *environment)
{
    for (; environment != NULL && *environment != NULL; environment++) {
        struct sp_str value = sp_str_from_c(*environment);
        struct sp_str variable =
            sp_utf8_skip_mark(sp_str_cut(&value, '=')); /* an env file may begin with a BOM */
        if (value.ptr != NULL && sp_str_starts_with(variable, SP_STR(SP_ENVIRONMENT_PREFIX))) {
            read_variable(reading, variable, value);
        }
    }
}

/* Reads the variable that also tells other programs which certificates to trust. */
static void read_certificate_file(struct sp_reading *reading, const char *const *environment)
{
    struct sp_str variable = SP_STR("SSL_CERT_FILE");
    const struct sp_config *config = reading->object;
    if (config->issuer_ca_file != NULL || !sp_reading_is_sound(reading, "issuer_ca_file")) {
        return;
    }
    for (; environment != NULL && *environment != NULL; environment++) {
        struct sp_str value = sp_str_from_c(*environment);
        if (sp_str_equal(sp_str_cut(&value, '='), variable) && value.len > 0) {
            sp_reading_take_variable(reading, sp_mapping_find(&sp_settings, SP_STR("issuer_ca_file")),
                                     variable, value);
            return;
        }
    }
}

/* ---- loading -------------------------------------------------------------------------------------- */

static void free_tree(struct sp_yaml_node **tree)
{
    sp_yaml_free(*tree);
}

static void free_config(struct sp_config **config)
{
    sp_config_free(*config);
}

/* Resolves relative file names so that the process can open them. */
static enum sp_error resolve_files(const struct sp_mapping *mapping, void *object, const char *folder)
{
    for (size_t i = 0; i < mapping->rows_n && *folder != '\0' && strcmp(folder, ".") != 0; i++) {
        const struct sp_row *row = &mapping->rows[i];
        char **file = (char **)(void *)((char *)object + row->offset);
        char *resolved = NULL;
        bool is_file = row->type == &sp_type_file || row->type == &sp_type_optional_file ||
                       row->type == &sp_type_rbac_source;
        if (!is_file || *file == NULL || **file == '/') {
            continue;
        }
        if (asprintf(&resolved, "%s/%s", folder, *file) < 0) {
            return SP_ERR_MEMORY;
        }
        free(*file);
        *file = resolved;
    }
    return SP_OK;
}

static enum sp_error resolve_all_files(struct sp_config *config, const char *folder)
{
    enum sp_error error = resolve_files(&sp_settings, config, folder);
    for (size_t i = 0; i < config->credentials_n && error == SP_OK; i++) {
        error = resolve_files(&sp_binding_mapping, &config->credentials[i], folder);
    }
    for (size_t i = 0; i < config->kubeconfig.clusters_n && error == SP_OK; i++) {
        error = resolve_files(&sp_cluster_mapping, &config->kubeconfig.clusters[i], folder);
    }
    return error;
}

/* Reads the file and the environment. `out` is always a tree. A variable overrides the file. */
static enum sp_error read_given(struct sp_reading *reading, const struct sp_config_source *source,
                                struct sp_str text, struct sp_yaml_node **out)
{
    if (reading->object == NULL || sp_reading_set_defaults(reading) != SP_OK ||
        sp_headers_add_built_in(reading->object) != SP_OK) {
        return SP_ERR_MEMORY;
    }
    enum sp_error error = sp_yaml_parse(text, reading->reports, out);
    if (error == SP_OK && *out != NULL && !(*out)->is_null) {
        sp_reading_take(reading, *out);
    }
    if (error == SP_OK) {
        read_environment(reading, source->environment);
        read_certificate_file(reading, source->environment);
    }
    return error;
}

/* Keeps the values of settings that only a restart can change. */
static enum sp_error keep_fixed(struct sp_reading *reading, const struct sp_config_source *source)
{
    __attribute__((cleanup(free_tree))) struct sp_yaml_node *tree = NULL;
    __attribute__((cleanup(free_config))) struct sp_config *config = calloc(1, sizeof *config);
    __attribute__((cleanup(sp_reports_done))) struct sp_reports reports = {0};
    struct sp_reading start = {.mapping = &sp_settings, .object = config, .reports = &reports};
    enum sp_error error = read_given(&start, source, source->start, &tree);
    if (error == SP_OK) {
        sp_fixed_settings_keep(reading, &start);
    }
    return error;
}

/* The order matters: checks read the file and the variables, and the values that were kept. `out` is always a
 * tree. */
static enum sp_error read_all(struct sp_reading *reading, const struct sp_config_source *source,
                              struct sp_yaml_node **out)
{
    enum sp_error error = read_given(reading, source, source->text, out);
    if (error == SP_OK && source->start.ptr != NULL) {
        error = keep_fixed(reading, source);
    }
    if (error != SP_OK) {
        return error;
    }
    sp_kubeconfig_derive(reading);
    sp_named_claims_derive(reading);
    sp_groups_derive(reading);
    sp_claim_conditions_derive(reading);
    sp_checks_run(reading);
    if (reading->reports->errors_n == 0) {
        sp_checks_warn(reading);
    }
    return reading->reports->errors_n == 0 ? resolve_all_files(reading->object, source->folder)
                                           : SP_ERR_CONFIG;
}

enum sp_error sp_config_load(const struct sp_config_source *source, struct sp_reports *reports,
                             struct sp_config **out)
{
    if (source->text.len > SP_CONFIG_TEXT_MAX) {
        sp_reports_add(reports, SP_REPORT_ERROR, SP_PLACE(NULL, 0, 0), "the file is larger than %d bytes",
                       SP_CONFIG_TEXT_MAX);
        return SP_ERR_CONFIG;
    }
    __attribute__((cleanup(free_tree))) struct sp_yaml_node *tree = NULL;
    __attribute__((cleanup(free_config))) struct sp_config *config = calloc(1, sizeof *config);
    struct sp_reading reading = {.mapping = &sp_settings, .object = config, .reports = reports};
    enum sp_error error = read_all(&reading, source, &tree);
    if (error == SP_ERR_MEMORY) {
        sp_reports_add(reports, SP_REPORT_ERROR, SP_PLACE(NULL, 0, 0), "out of memory");
    }
    sp_reports_sort(reports);
    if (error != SP_OK) {
        return SP_ERR_CONFIG;
    }
    *out = config;
    config = NULL;
    return SP_OK;
}

void sp_config_print(const struct sp_config_source *source, struct sp_buf *out)
{
    __attribute__((cleanup(free_tree))) struct sp_yaml_node *tree = NULL;
    __attribute__((cleanup(free_config))) struct sp_config *config = calloc(1, sizeof *config);
    __attribute__((cleanup(sp_reports_done))) struct sp_reports reports = {0};
    struct sp_reading reading = {.mapping = &sp_settings, .object = config, .reports = &reports};
    if (read_all(&reading, source, &tree) == SP_OK) {
        sp_reading_print(&reading, out);
    } else {
        out->failed = true;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"

#include "config/checks.h"
#include "config/environment.h"
#include "config/headers_section.h"
#include "config/loading.h"
#include "config/policies_section.h"
#include "config/warnings.h"

#include <stdio.h>
#include <stdlib.h>

static void free_tree(struct sp_yaml_node **tree)
{
    sp_yaml_free(*tree);
}

static void free_config(struct sp_config **config)
{
    sp_config_free(*config);
}

static const struct sp_yaml_node *find_section(const struct sp_yaml_node *root, const char *name)
{
    const struct sp_yaml_node *node = root->first;
    while (node != NULL && strcmp(node->key, name) != 0) {
        node = node->next;
    }
    return node;
}

static void read_sections(struct sp_loading *loading, const struct sp_yaml_node *root)
{
    const struct sp_yaml_node *policies = find_section(root, "policies");
    const struct sp_yaml_node *headers = find_section(root, "headers");
    if (policies != NULL) {
        sp_policies_read(loading, policies);
    }
    if (headers != NULL) {
        sp_headers_read(loading, headers);
    }
}

static void read_root(struct sp_loading *loading, const struct sp_yaml_node *root)
{
    if (root == NULL || (root->kind == SP_YAML_SCALAR && root->is_null)) {
        return;
    }
    if (root->kind != SP_YAML_MAPPING) {
        sp_loading_report_node(loading, SP_REPORT_ERROR, root, "the file",
                               "expected settings such as `issuer: https://…` and found %s",
                               sp_yaml_kind_text(root));
        return;
    }
    sp_loading_read_file(loading, root);
    read_sections(loading, root);
}

/* Makes a relative name one that the process can open. */
static void resolve_file(struct sp_loading *loading, const char *folder, const char *setting, char **file)
{
    if (*file == NULL || **file == '/' || *folder == '\0' || strcmp(folder, ".") == 0) {
        return;
    }
    char *resolved = NULL;
    if (asprintf(&resolved, "%s/%s", folder, *file) < 0) {
        sp_loading_refuse(loading, setting, "out of memory");
        return;
    }
    free(*file);
    *file = resolved;
}

static void resolve_files(struct sp_loading *loading, const char *folder)
{
    struct sp_config *config = loading->config;
    resolve_file(loading, folder, "issuer_ca_file", &config->issuer_ca_file);
    resolve_file(loading, folder, "client_secret_file", &config->client_secret_file);
    resolve_file(loading, folder, "keys_file", &config->keys_file);
}

static enum sp_error load(struct sp_loading *loading, struct sp_str text, const char *folder,
                          const char *const *environment)
{
    if (sp_loading_set_defaults(loading) != SP_OK || sp_headers_add_built_in(loading->config) != SP_OK) {
        return SP_ERR_MEMORY;
    }
    __attribute__((cleanup(free_tree))) struct sp_yaml_node *tree = NULL;
    enum sp_error error = sp_yaml_parse(text, loading->reports, &tree);
    if (error != SP_OK) {
        return error;
    }
    read_root(loading, tree);
    sp_environment_read(loading, environment);
    sp_headers_derive_claims(loading);
    sp_checks_run(loading);
    resolve_files(loading, folder);
    if (loading->reports->errors_n == 0) {
        sp_warnings_add(loading);
    }
    return loading->reports->errors_n == 0 ? SP_OK : SP_ERR_CONFIG;
}

enum sp_error sp_config_load(struct sp_str text, const char *folder, const char *const *environment,
                             struct sp_reports *reports, struct sp_config **out)
{
    if (text.len > SP_CONFIG_TEXT_MAX) {
        sp_reports_add(reports, SP_REPORT_ERROR, 0, 0, "the file is larger than %d bytes",
                       SP_CONFIG_TEXT_MAX);
        return SP_ERR_CONFIG;
    }
    __attribute__((cleanup(free_config))) struct sp_config *config = calloc(1, sizeof *config);
    struct sp_loading loading = {.config = config, .reports = reports};
    enum sp_error error = config != NULL ? load(&loading, text, folder, environment) : SP_ERR_MEMORY;
    if (error == SP_ERR_MEMORY) {
        sp_reports_add(reports, SP_REPORT_ERROR, 0, 0, "out of memory");
    }
    sp_reports_sort(reports);
    if (error != SP_OK) {
        return SP_ERR_CONFIG;
    }
    *out = config;
    config = NULL;
    return SP_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "config/rbac_settings.h"

static enum sp_error parse_source(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    if (sp_str_equal(text, SP_STR("cluster"))) {
        return SP_OK;
    }
    enum sp_error error = sp_type_file.check(limits, text, diag);
    return error == SP_OK ? sp_value_store_text(text, diag, out) : error;
}

const struct sp_value_type sp_type_rbac_source = {
    .label = "cluster or folder", .parse = parse_source, .done = sp_value_free_text};

void sp_rbac_settings_check(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    if (config->rbac_ignore_case && config->rbac_matching != SP_RBAC_GLOBSTAR) {
        sp_reading_refuse(reading, "rbac_ignore_case",
                          "needs rbac_matching: globstar: Kubernetes itself compares names exactly");
    }
}

void sp_rbac_settings_warn(struct sp_reading *reading)
{
    static const char *const settings[] = {"rbac_source",    "rbac_matching", "rbac_ignore_case",
                                           "rbac_bootstrap", "rbac_max_age",  "kubernetes_kubeconfig"};
    static const char *const of_cluster[] = {"rbac_max_age", "kubernetes_kubeconfig"};
    const struct sp_config *config = reading->object;
    bool is_used = sp_config_uses_rbac(config);
    size_t settings_n = sizeof settings / sizeof settings[0];
    size_t of_cluster_n = sizeof of_cluster / sizeof of_cluster[0];
    if (sp_config_requests_tokens(config)) { /* the last setting, kubernetes_kubeconfig, has an effect then */
        settings_n--;
        of_cluster_n--;
    }
    for (size_t i = 0; i < settings_n && !is_used; i++) {
        if (sp_reading_is_given(reading, settings[i])) {
            sp_reading_warn(reading, settings[i], "has no effect: no rule has the action rbac");
        }
    }
    for (size_t i = 0; i < of_cluster_n; i++) {
        if (is_used && config->rbac_folder != NULL && sp_reading_is_given(reading, of_cluster[i])) {
            sp_reading_warn(reading, of_cluster[i], "has no effect on the files of a folder");
        }
    }
}

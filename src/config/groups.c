/* SPDX-License-Identifier: Apache-2.0 */
#include "config/groups.h"

#include "base/wording.h"
#include "config/config.h"
#include "config/issuer_settings.h"
#include "config/load.h"

#include <stdlib.h>

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds a group that a rule or a cluster names, under the issuer's name. */
static enum sp_error add_ruled_group(struct sp_config *config, const char *name)
{
    struct sp_str prefix = sp_str_from_c(config->groups_prefix);
    struct sp_str group = sp_str_from_c(name);
    bool can_be_there =
        sp_str_starts_with(group, prefix) && sp_config_keeps_group(config, sp_str_skip(group, prefix.len));
    return can_be_there ? sp_texts_add(&config->ruled_groups, sp_str_skip(group, prefix.len)) : SP_OK;
}

/* Collects the names as the issuer gives them, sorted, without duplicates. */
static enum sp_error collect_ruled_groups(struct sp_config *config)
{
    struct sp_texts *ruled = &config->ruled_groups;
    for (size_t i = 0; i < config->kubeconfig.clusters_n; i++) {
        const struct sp_kube_cluster *cluster = &config->kubeconfig.clusters[i];
        for (size_t j = 0; j < cluster->groups_n; j++) {
            if (add_ruled_group(config, cluster->groups[j]) != SP_OK) {
                return SP_ERR_MEMORY;
            }
        }
    }
    for (size_t i = 0; i < config->policies_n; i++) {
        for (size_t j = 0; j < config->policies[i].rules_n; j++) {
            const struct sp_texts *groups = &config->policies[i].rules[j].groups;
            for (size_t k = 0; k < groups->items_n; k++) {
                if (add_ruled_group(config, groups->items[k]) != SP_OK) {
                    return SP_ERR_MEMORY;
                }
            }
        }
    }
    if (ruled->items_n == 0) {
        return SP_OK;
    }
    qsort(ruled->items, ruled->items_n, sizeof *ruled->items, compare_texts);
    size_t n = 1;
    for (size_t i = 1; i < ruled->items_n; i++) {
        if (strcmp(ruled->items[i], ruled->items[n - 1]) == 0) {
            free(ruled->items[i]);
        } else {
            ruled->items[n++] = ruled->items[i];
        }
    }
    ruled->items_n = n;
    return SP_OK;
}

static void append_texts(const struct sp_texts *texts, struct sp_buf *out)
{
    for (size_t i = 0; i < texts->items_n; i++) {
        sp_config_append_text(texts->items[i], out);
    }
    sp_buf_append_char(out, '\0');
}

/* The mark includes `groups_keep`, with which the operator makes groups fit, so that changing it takes effect
 * at once. */
static enum sp_error make_mark(struct sp_config *config)
{
    SP_BUF_SCOPED struct sp_buf names;
    sp_buf_init(&names, 4 * SP_CONFIG_TEXT_MAX);
    append_texts(&config->ruled_groups, &names);
    append_texts(&config->groups_keep, &names);
    return sp_config_make_mark(&names, &config->groups_mark);
}

void sp_groups_derive(struct sp_reading *reading)
{
    struct sp_config *config = reading->object;
    bool needs_all = sp_config_needs_all_groups(config);
    if (collect_ruled_groups(config) != SP_OK || (!needs_all && make_mark(config) != SP_OK)) {
        sp_reading_refuse(reading, "policies", "out of memory");
    }
}

void sp_groups_check(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    const struct sp_texts *keep = &config->groups_keep;
    for (size_t i = 0; i < keep->items_n && keep->items_n > 1; i++) {
        if (strcmp(keep->items[i], "none") == 0) {
            sp_reading_refuse(reading, "groups_keep", "none must be the only value: it keeps no groups");
        }
    }
    if (keep->items_n != 1 || strcmp(keep->items[0], "none") != 0) {
        return;
    }
    if (sp_config_needs_all_groups(config)) {
        sp_reading_refuse(reading, "groups_keep",
                          "is none, but a rule or header set needs the groups: remove it");
    }
    for (size_t i = 0; i < config->kubeconfig.clusters_n; i++) {
        if (config->kubeconfig.clusters[i].groups_n > 0) {
            sp_reading_refuse(reading, "groups_keep",
                              "is none, but kubeconfig, cluster %zu names a group: list it here", i + 1);
            return;
        }
    }
    for (size_t i = 0; i < config->policies_n; i++) {
        for (size_t j = 0; j < config->policies[i].rules_n; j++) {
            if (config->policies[i].rules[j].groups.items_n > 0) {
                sp_reading_refuse(
                    reading, "groups_keep",
                    "is none, but policy %s, rule %zu names a group: list the groups of rules here",
                    config->policies[i].name, j + 1);
                return;
            }
        }
    }
}

#define warn_at(place, ...) sp_reports_add(reading->reports, SP_REPORT_WARNING, (place), __VA_ARGS__)

void sp_groups_warn_of_named(struct sp_reading *reading, struct sp_place *place, char *const *groups,
                             size_t groups_n)
{
    const struct sp_config *config = reading->object;
    struct sp_str prefix = sp_str_from_c(config->groups_prefix);
    bool has_prefix = false; /* at least one group has the prefix */
    bool is_reserved = false;
    for (size_t i = 0; i < groups_n; i++) {
        struct sp_str group = sp_str_from_c(groups[i]);
        bool may_be = sp_str_starts_with(group, prefix);
        is_reserved = is_reserved || sp_str_starts_with_ci(group, SP_STR("system:"));
        has_prefix = has_prefix || may_be;
        if (may_be && !sp_config_keeps_group(config, sp_str_skip(group, prefix.len))) {
            warn_at(place, "groups_keep drops the group \"%s\", so nobody is in it", SP_QUOTE(group));
        }
    }
    if (is_reserved) {
        warn_at(place,
                "groups that begin with system: are left out, so nobody is in one here: it never matches");
    }
    if (groups_n > 0 && !has_prefix) {
        warn_at(place, "no group begins with groups_prefix: it never matches");
    }
    if (groups_n > 0 && !sp_scopes_hold(config->scopes, SP_STR("groups")) && !config->userinfo &&
        strcmp(config->groups_claim, "groups") == 0) {
        warn_at(place, "uses a group, but scopes lack groups: Dex then sends none");
    }
}

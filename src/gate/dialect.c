/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/dialect.h"

#include "gate/traefik.h"

const struct sp_dialect sp_dialects[] = {
    {"traefik", SP_DIALECT_TRAEFIK, "/auth/traefik", sp_traefik_read, NULL},
    {0},
};

static enum sp_reason read_routed(const struct sp_head *head, struct sp_str options,
                                  struct sp_proxy_question *out)
{
    (void)options;
    return sp_forwarded_read_routed(head, &out->forwarded);
}

const struct sp_dialect sp_dialect_unread = {"traefik", SP_DIALECT_TRAEFIK, NULL, NULL, NULL};

const struct sp_dialect sp_dialect_pages = {"pages", SP_DIALECT_PAGES, NULL, read_routed, NULL};

const struct sp_dialect *sp_dialect_find(const struct sp_dialect *dialects, const struct sp_config *config,
                                         struct sp_str target, struct sp_str *options)
{
    struct sp_str query = target;
    struct sp_str path = sp_str_cut(&query, '?');
    bool is_root = sp_str_equal(path, SP_STR("/"));
    for (const struct sp_dialect *dialect = dialects; dialect->name != NULL; dialect++) {
        bool is_at_root =
            is_root && config->dialect_at_root != NULL && strcmp(config->dialect_at_root, dialect->name) == 0;
        if (!is_at_root && !sp_str_equal(path, sp_str_from_c(dialect->path))) {
            continue;
        }
        for (size_t i = 0; i < config->dialects.items_n; i++) {
            if (strcmp(config->dialects.items[i], dialect->name) == 0) {
                *options = target.len == 1 ? sp_str_from_c(config->root_query) : query;
                return dialect;
            }
        }
    }
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_CONFIG_SHOWN_H
#define SP_TEST_UNIT_CONFIG_SHOWN_H

/*
 * The fields of a configuration as a string that a test can compare: the canonical form of what was given,
 * `threads: 64`, of every setting and section.
 */

#include "base/time.h"
#include "config/issuer_settings.h"
#include "config/load.h"
#include "config/named_claims.h"
#include "config/rbac_settings.h"
#include "config/settings.h"

#include <inttypes.h>

#define SHOWN_MAX (8 * 1024 * 1024)

static inline void show_texts(const char *name, const struct sp_texts *texts, struct sp_buf *out)
{
    sp_buf_printf(out, "%s: [", name);
    for (size_t i = 0; i < texts->items_n; i++)
        sp_buf_printf(out, "%s%s", i > 0 ? ", " : "", texts->items[i]);
    sp_buf_append_c(out, "]");
}

static inline void show_text(const char *name, const char *text, struct sp_buf *out)
{
    sp_buf_printf(out, "%s: %s\n", name, text != NULL ? text : "");
}

static inline void show_origin(const struct sp_origin_pattern *host, struct sp_buf *out)
{
    if (host->origin.scheme == SP_SCHEME_NONE)
        return;
    sp_buf_append(out, sp_scheme_str(host->origin.scheme));
    sp_buf_append_c(out, host->wildcard ? "://*." : "://");
    sp_origin_append_authority(&host->origin, out);
}

static inline void show_endpoints(const struct sp_endpoints *endpoints, struct sp_buf *out)
{
    for (size_t i = 0; i < endpoints->items_n; i++)
        sp_buf_printf(out, "%s%s", i > 0 ? ", " : "[", endpoints->items[i].text);
    sp_buf_append_c(out, endpoints->items_n > 0 ? "]" : "[]");
}

static inline void show_cidrs(const struct sp_cidrs *cidrs, struct sp_buf *out)
{
    for (size_t i = 0; i < cidrs->items_n; i++) {
        sp_buf_append_c(out, i > 0 ? ", " : "[");
        sp_cidr_append(&cidrs->items[i], out);
    }
    sp_buf_append_c(out, cidrs->items_n > 0 ? "]" : "[]");
}

static inline void show_hosts(const struct sp_origin_patterns *patterns, struct sp_buf *out)
{
    for (size_t i = 0; i < patterns->items_n; i++) {
        sp_buf_append_c(out, i > 0 ? ", " : "[");
        show_origin(&patterns->items[i], out);
    }
    sp_buf_append_c(out, patterns->items_n > 0 ? "]" : "[]");
}

static inline void show_ports(const struct sp_public_ports *ports, struct sp_buf *out)
{
    for (size_t i = 0; i < ports->items_n; i++) {
        sp_buf_append_c(out, i > 0 ? ", " : "{");
        sp_origin_append(&ports->items[i].origin, out);
        sp_buf_printf(out, ": %u", ports->items[i].port);
    }
    sp_buf_append_c(out, ports->items_n > 0 ? "}" : "{}");
}

static inline void show_parameters(const struct sp_authorization_parameters *parameters, struct sp_buf *out)
{
    for (size_t i = 0; i < parameters->items_n; i++)
        sp_buf_printf(out, "%s%s: %s", i > 0 ? ", " : "{", parameters->items[i].name,
                      parameters->items[i].value);
    sp_buf_append_c(out, parameters->items_n > 0 ? "}" : "{}");
}

static inline void show_word(const struct sp_value_word *word, int value, struct sp_buf *out)
{
    for (; word->text != NULL; word++)
        sp_buf_append_c(out, word->value == value ? word->text : "");
}

static inline void show_duration(int64_t seconds, struct sp_buf *out)
{
    char text[SP_DURATION_TEXT_MAX];
    sp_duration_format(seconds, text);
    sp_buf_append_c(out, text);
}

static inline void show_setting(const struct sp_row *row, const void *field, struct sp_buf *out)
{
    const struct sp_value_type *type = row->type;
    if (type->item_len == sizeof(char *)) {
        show_texts(row->name, field, out);
        sp_buf_append_char(out, '\n');
        return;
    }
    if (type->check != NULL || type == &sp_type_cookie_domain || type == &sp_type_scopes ||
        type == &sp_type_claim || type == &sp_type_rbac_source) {
        show_text(row->name, *(char *const *)field, out);
        return;
    }
    sp_buf_printf(out, "%s: ", row->name);
    if (type == &sp_type_named_word)
        show_word(row->limits.words, *(const char *const *)field != NULL ? 1 : 0, out);
    else if (type == &sp_type_boolean)
        sp_buf_append_c(out, *(const bool *)field ? "true" : "false");
    else if (type == &sp_type_duration)
        show_duration(*(const int64_t *)field, out);
    else if (type == &sp_type_integer)
        sp_buf_printf(out, "%" PRId64, *(const int64_t *)field);
    else if (type == &sp_type_word)
        show_word(row->limits.words, *(const int *)field, out);
    else if (type == &sp_type_origin)
        show_origin(&(struct sp_origin_pattern){.origin = *(const struct sp_origin *)field}, out);
    else if (type == &sp_type_endpoints)
        show_endpoints(field, out);
    else if (type == &sp_type_cidrs)
        show_cidrs(field, out);
    else if (type == &sp_type_hosts)
        show_hosts(field, out);
    else if (type == &sp_type_public_ports)
        show_ports(field, out);
    else if (type == &sp_type_authorization_parameters)
        show_parameters(field, out);
    sp_buf_append_char(out, '\n');
}

static inline void show_rule(const struct sp_rule *rule, struct sp_buf *out)
{
    sp_buf_printf(out, " - action %d, preflight %d", (int)rule->action, rule->cors_preflight);
    sp_buf_append_c(out, rule->websocket ? ", websocket" : "");
    show_texts(", host", &rule->hosts, out);
    show_texts(", method", &rule->methods, out);
    if (rule->client_ips.items_n > 0) {
        sp_buf_append_c(out, ", client_ip ");
        show_cidrs(&rule->client_ips, out);
    }
    show_texts(", group", &rule->groups, out);
    show_texts(", email", &rule->emails, out);
    show_texts(", email_domain", &rule->email_domains, out);
    for (size_t i = 0; i < rule->paths_n; i++)
        sp_buf_printf(out, ", path %d %s", (int)rule->paths[i].kind, rule->paths[i].text);
    sp_buf_append_char(out, '\n');
}

static inline void show_sections(const struct sp_config *config, struct sp_buf *out)
{
    for (size_t i = 0; i < config->policies_n; i++) {
        sp_buf_printf(out, "policy %s\n", config->policies[i].name);
        for (size_t j = 0; j < config->policies[i].rules_n; j++)
            show_rule(&config->policies[i].rules[j], out);
    }
    for (size_t i = 0; i < config->header_sets_n; i++) {
        const struct sp_header_set *set = &config->header_sets[i];
        if (set->encoding != SP_HEADER_ENCODING_NONE) {
            sp_buf_printf(out, "%s: encode %d\n", set->name, (int)set->encoding);
        }
        for (size_t j = 0; j < set->rules_n; j++)
            sp_buf_printf(out, "%s, %s: %s, list %d\n", set->name, set->rules[j].name, set->rules[j].claim,
                          (int)set->rules[j].list);
    }
}

static inline void show_config(const struct sp_config *config, struct sp_buf *out)
{
    sp_buf_init(out, SHOWN_MAX);
    for (size_t i = 0; i < sp_settings.rows_n; i++) {
        const struct sp_row *row = &sp_settings.rows[i];
        if (row->type->shape != SP_VALUE_SECTION)
            show_setting(row, (const char *)config + row->offset, out);
    }
    show_sections(config, out);
}

#endif

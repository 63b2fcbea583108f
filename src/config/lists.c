/* SPDX-License-Identifier: Apache-2.0 */
#include "config/lists.h"

#include "base/number.h"
#include "base/wording.h"
#include "config/config.h"
#include "config/yaml.h"
#include "http/field.h"

#include <stdlib.h>

#define GROUP_MAX  256 /* bytes */
#define SCOPE_MAX  128
#define SCOPES_MAX 1024

static enum sp_error refuse_twice(struct sp_str text, struct sp_diag *diag)
{
    return sp_diag_set(diag, SP_ERR_DUPLICATE, "\"%s\" appears twice", SP_QUOTE(text));
}

/* Room for one more of `items_n` elements of `size` bytes, zeroed; NULL, with the error, when there is none.
 * All lists are a pointer and a count. */
static void *grow(void *items, size_t items_n, size_t size, const struct sp_value_limits *limits,
                  struct sp_diag *diag, enum sp_error *error)
{
    size_t max = limits->max > 0 ? (size_t)limits->max : SP_LIST_MAX;
    if (items_n == max) {
        *error = sp_diag_set(diag, SP_ERR_LIMIT, "has more than %zu values", max);
        return NULL;
    }
    void *grown = reallocarray(items, items_n + 1, size);
    if (grown == NULL) {
        *error = sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    return grown;
}

typedef void print_item_fn(const void *items, size_t i, struct sp_buf *out);

static void print_list(const void *items, size_t items_n, print_item_fn *print_item, struct sp_buf *out)
{
    sp_buf_append_char(out, '[');
    for (size_t i = 0; i < items_n; i++) {
        sp_buf_append_c(out, i > 0 ? ", " : "");
        print_item(items, i, out);
    }
    sp_buf_append_char(out, ']');
}

/* ---- endpoints ------------------------------------------------------------------------------------ */

static enum sp_error append_endpoint(const struct sp_value_limits *limits, struct sp_endpoint endpoint,
                                     struct sp_diag *diag, struct sp_endpoints *endpoints)
{
    for (size_t i = 0; i < endpoints->items_n; i++) {
        if (sp_endpoint_equal(&endpoints->items[i], &endpoint)) {
            return refuse_twice(sp_str_from_c(endpoint.text), diag);
        }
    }
    enum sp_error error = SP_OK;
    struct sp_endpoint *items =
        grow(endpoints->items, endpoints->items_n, sizeof *items, limits, diag, &error);
    if (items == NULL) {
        return error;
    }
    endpoints->items = items;
    items[endpoints->items_n++] = endpoint;
    return SP_OK;
}

static enum sp_error parse_endpoint(const struct sp_value_limits *limits, struct sp_str text,
                                    struct sp_diag *diag, void *field)
{
    struct sp_endpoint endpoint;
    enum sp_error error = sp_endpoint_parse(text, diag, &endpoint);
    if (error != SP_OK) {
        return error;
    }
    error = append_endpoint(limits, endpoint, diag, field);
    if (error != SP_OK) {
        free(endpoint.text);
    }
    return error;
}

static void print_endpoint(const void *items, size_t i, struct sp_buf *out)
{
    const struct sp_endpoint *endpoints = items;
    sp_yaml_append_scalar(sp_str_from_c(endpoints[i].text), out);
}

static void print_endpoints(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    (void)limits;
    const struct sp_endpoints *endpoints = field;
    print_list(endpoints->items, endpoints->items_n, print_endpoint, out);
}

static void free_endpoints(void *field)
{
    sp_endpoints_done(field);
}

const struct sp_value_type sp_type_endpoints = {.label = "list of addresses",
                                                .shape = SP_VALUE_LIST,
                                                .parse = parse_endpoint,
                                                .print = print_endpoints,
                                                .done = free_endpoints};

/* ---- networks ------------------------------------------------------------------------------------- */

static enum sp_error parse_cidr(const struct sp_value_limits *limits, struct sp_str text,
                                struct sp_diag *diag, void *field)
{
    struct sp_cidrs *cidrs = field;
    struct sp_cidr cidr;
    enum sp_error error = sp_cidr_parse(text, diag, &cidr);
    if (error != SP_OK) {
        return error;
    }
    struct sp_cidr *items = grow(cidrs->items, cidrs->items_n, sizeof *items, limits, diag, &error);
    if (items == NULL) {
        return error;
    }
    cidrs->items = items;
    items[cidrs->items_n++] = cidr;
    return SP_OK;
}

static void print_cidr(const void *items, size_t i, struct sp_buf *out)
{
    const struct sp_cidr *cidrs = items;
    sp_buf_append_char(out, '"');
    sp_cidr_append(&cidrs[i], out);
    sp_buf_append_char(out, '"');
}

static void print_cidrs(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    (void)limits;
    const struct sp_cidrs *cidrs = field;
    print_list(cidrs->items, cidrs->items_n, print_cidr, out);
}

static void free_cidrs(void *field)
{
    sp_cidrs_done(field);
}

const struct sp_value_type sp_type_cidrs = {.label = "list of networks",
                                            .shape = SP_VALUE_LIST,
                                            .parse = parse_cidr,
                                            .print = print_cidrs,
                                            .done = free_cidrs};

/* ---- hosts ---------------------------------------------------------------------------------------- */

static bool equal_patterns(const struct sp_origin_pattern *a, const struct sp_origin_pattern *b)
{
    return a->wildcard == b->wildcard && sp_origin_equal(&a->origin, &b->origin);
}

static enum sp_error parse_host(const struct sp_value_limits *limits, struct sp_str text,
                                struct sp_diag *diag, void *field)
{
    struct sp_origin_patterns *hosts = field;
    struct sp_origin_pattern host;
    if (!sp_origin_pattern_parse(text, &host)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not an origin such as https://app.example.com or "
                           "https://*.example.com, without a path",
                           SP_QUOTE(text));
    }
    for (size_t i = 0; i < hosts->items_n; i++) {
        if (equal_patterns(&hosts->items[i], &host)) {
            return refuse_twice(text, diag);
        }
    }
    enum sp_error error = SP_OK;
    struct sp_origin_pattern *items = grow(hosts->items, hosts->items_n, sizeof *items, limits, diag, &error);
    if (items == NULL) {
        return error;
    }
    hosts->items = items;
    items[hosts->items_n++] = host;
    return SP_OK;
}

static void print_host(const void *items, size_t i, struct sp_buf *out)
{
    const struct sp_origin_pattern *host = (const struct sp_origin_pattern *)items + i;
    sp_buf_append_char(out, '"');
    if (host->wildcard) {
        sp_buf_append(out, sp_scheme_str(host->origin.scheme));
        sp_buf_append_c(out, "://*.");
        sp_origin_append_authority(&host->origin, out);
    } else {
        sp_origin_append(&host->origin, out);
    }
    sp_buf_append_char(out, '"');
}

static void print_hosts(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    (void)limits;
    const struct sp_origin_patterns *hosts = field;
    print_list(hosts->items, hosts->items_n, print_host, out);
}

static void free_hosts(void *field)
{
    struct sp_origin_patterns *hosts = field;
    free(hosts->items);
    *hosts = (struct sp_origin_patterns){0};
}

const struct sp_value_type sp_type_hosts = {.label = "list of origins",
                                            .shape = SP_VALUE_LIST,
                                            .parse = parse_host,
                                            .print = print_hosts,
                                            .done = free_hosts};

/* ---- public ports --------------------------------------------------------------------------------- */

static enum sp_error parse_arriving(struct sp_str text, struct sp_diag *diag, struct sp_origin *out)
{
    if (!sp_origin_parse(text, out) || out->port != sp_scheme_port(out->scheme)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not an origin as it arrives, such as https://app.example.com, without "
                           "port, path and wildcard",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error parse_port(struct sp_str text, enum sp_scheme scheme, struct sp_diag *diag,
                                uint16_t *out)
{
    uint64_t port;
    if (!sp_number_parse_u64(text, UINT16_MAX, &port) || port == 0) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a port, 1 to 65535", SP_QUOTE(text));
    }
    if (port == sp_scheme_port(scheme)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "%u is the port without an entry: leave it out",
                           (unsigned)port);
    }
    *out = (uint16_t)port;
    return SP_OK;
}

static enum sp_error parse_public_port(const struct sp_value_limits *limits, struct sp_str text,
                                       struct sp_diag *diag, void *field)
{
    struct sp_public_ports *ports = field;
    struct sp_public_port entry;
    struct sp_str origin = sp_str_cut(&text, '=');
    enum sp_error error = parse_arriving(origin, diag, &entry.origin);
    if (error == SP_OK) {
        error = parse_port(text, entry.origin.scheme, diag, &entry.port);
    }
    for (size_t i = 0; i < ports->items_n && error == SP_OK; i++) {
        if (sp_origin_equal(&ports->items[i].origin, &entry.origin)) {
            error = refuse_twice(origin, diag);
        }
    }
    if (error != SP_OK) {
        return error;
    }
    struct sp_public_port *items = grow(ports->items, ports->items_n, sizeof *items, limits, diag, &error);
    if (items == NULL) {
        return error;
    }
    ports->items = items;
    items[ports->items_n++] = entry;
    return SP_OK;
}

static void print_public_ports(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    (void)limits;
    const struct sp_public_ports *ports = field;
    sp_buf_append_char(out, '{');
    for (size_t i = 0; i < ports->items_n; i++) {
        sp_buf_append_c(out, i > 0 ? ", \"" : "\"");
        sp_origin_append(&ports->items[i].origin, out);
        sp_buf_append_c(out, "\": ");
        sp_buf_append_u64(out, ports->items[i].port);
    }
    sp_buf_append_char(out, '}');
}

static void free_public_ports(void *field)
{
    struct sp_public_ports *ports = field;
    free(ports->items);
    *ports = (struct sp_public_ports){0};
}

const struct sp_value_type sp_type_public_ports = {.label = "mapping of origins to ports",
                                                   .shape = SP_VALUE_MAPPING,
                                                   .parse = parse_public_port,
                                                   .print = print_public_ports,
                                                   .done = free_public_ports};

/* ---- texts ---------------------------------------------------------------------------------------- */

static enum sp_error append_text(const struct sp_value_limits *limits, struct sp_str text,
                                 struct sp_diag *diag, struct sp_texts *texts)
{
    for (size_t i = 0; i < texts->items_n; i++) {
        if (sp_str_equal(sp_str_from_c(texts->items[i]), text)) {
            return refuse_twice(text, diag);
        }
    }
    size_t max = limits->max > 0 ? (size_t)limits->max : SP_LIST_MAX;
    if (texts->items_n == max) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "has more than %zu values", max);
    }
    enum sp_error error = sp_texts_add(texts, text);
    return error == SP_OK ? SP_OK : sp_diag_set(diag, error, "out of memory");
}

static enum sp_error parse_dialect(const struct sp_value_limits *limits, struct sp_str text,
                                   struct sp_diag *diag, void *field)
{
    static const char *const later[] = {"caddy", "nginx", "envoy", "haproxy"};
    if (sp_str_equal(text, SP_STR("traefik"))) {
        return append_text(limits, text, diag, field);
    }
    struct sp_nearest nearest = sp_nearest_of(text);
    sp_nearest_offer(&nearest, SP_STR("traefik"));
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (sp_str_equal(text, sp_str_from_c(later[i]))) {
            return sp_diag_set(diag, SP_ERR_UNSUPPORTED, "\"%s\" is not in this version: only traefik is",
                               SP_QUOTE(text));
        }
    }
    return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a dialect%s", SP_QUOTE(text),
                       SP_NEAREST_TEXT(&nearest));
}

static enum sp_error parse_path(const struct sp_value_limits *limits, struct sp_str text,
                                struct sp_diag *diag, void *field)
{
    enum sp_error error = sp_value_check_path(text, diag);
    return error != SP_OK ? error : append_text(limits, text, diag, field);
}

static enum sp_error parse_client_id(const struct sp_value_limits *limits, struct sp_str text,
                                     struct sp_diag *diag, void *field)
{
    enum sp_error error = sp_value_check_client_id(text, diag);
    return error != SP_OK ? error : append_text(limits, text, diag, field);
}

static enum sp_error parse_group(const struct sp_value_limits *limits, struct sp_str text,
                                 struct sp_diag *diag, void *field)
{
    if (text.len > GROUP_MAX || !sp_field_can_carry(text)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is no group that a header can carry: empty, too long, or with controls or "
                           "spaces at an end",
                           SP_QUOTE(text));
    }
    return append_text(limits, text, diag, field);
}

static void print_text(const void *items, size_t i, struct sp_buf *out)
{
    char *const *texts = items;
    sp_yaml_append_scalar(sp_str_from_c(texts[i]), out);
}

static void print_texts(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    (void)limits;
    const struct sp_texts *texts = field;
    print_list(texts->items, texts->items_n, print_text, out);
}

static void free_texts(void *field)
{
    sp_texts_done(field);
}

const struct sp_value_type sp_type_dialects = {.label = "list of words",
                                               .shape = SP_VALUE_LIST,
                                               .parse = parse_dialect,
                                               .print = print_texts,
                                               .done = free_texts};
const struct sp_value_type sp_type_paths = {.label = "list of paths",
                                            .shape = SP_VALUE_LIST,
                                            .parse = parse_path,
                                            .print = print_texts,
                                            .done = free_texts};
const struct sp_value_type sp_type_client_ids = {.label = "list of texts",
                                                 .shape = SP_VALUE_LIST,
                                                 .parse = parse_client_id,
                                                 .print = print_texts,
                                                 .done = free_texts};
const struct sp_value_type sp_type_groups = {.label = "list of texts",
                                             .shape = SP_VALUE_LIST,
                                             .parse = parse_group,
                                             .print = print_texts,
                                             .done = free_texts};

/* ---- scopes --------------------------------------------------------------------------------------- */

/* A scope-token: visible ASCII but for `"` and `\` (RFC 6749, section 3.3). */
static bool is_scope(struct sp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c <= 0x20 || c > 0x7e || c == '"' || c == '\\') {
            return false;
        }
    }
    return text.len > 0 && text.len <= SCOPE_MAX;
}

static bool has_scope(const char *scopes, struct sp_str scope)
{
    struct sp_str rest = sp_str_from_c(scopes);
    while (rest.ptr != NULL) {
        if (sp_str_equal(sp_str_cut(&rest, ' '), scope)) {
            return true;
        }
    }
    return false;
}

static enum sp_error append_scope(struct sp_str scope, struct sp_diag *diag, char **scopes)
{
    if (!is_scope(scope)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a scope: visible ASCII without quotes",
                           SP_QUOTE(scope));
    }
    if (sp_str_equal(scope, SP_STR("offline_access"))) {
        return sp_diag_set(diag, SP_ERR_UNSUPPORTED,
                           "\"offline_access\" is not in this version: sessions are not renewed yet");
    }
    if (has_scope(*scopes, scope)) {
        return refuse_twice(scope, diag);
    }

    SP_BUF_SCOPED struct sp_buf joined;
    sp_buf_init(&joined, SCOPES_MAX);
    sp_buf_append_c(&joined, *scopes != NULL ? *scopes : "");
    sp_buf_append_c(&joined, *scopes != NULL ? " " : "");
    sp_buf_append(&joined, scope);
    char *text = sp_buf_error(&joined) == SP_OK ? sp_str_dup(sp_buf_str(&joined)) : NULL;
    if (text == NULL) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "longer than %d bytes together", SCOPES_MAX);
    }
    free(*scopes);
    *scopes = text;
    return SP_OK;
}

static enum sp_error parse_scopes(const struct sp_value_limits *limits, struct sp_str text,
                                  struct sp_diag *diag, void *field)
{
    (void)limits;
    enum sp_error error = SP_OK;
    struct sp_str rest = text;
    while (rest.ptr != NULL && error == SP_OK) {
        struct sp_str scope = sp_str_cut(&rest, ' ');
        if (scope.len > 0) {
            error = append_scope(scope, diag, field);
        }
    }
    return error;
}

static void print_scopes(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    (void)limits;
    sp_yaml_append_scalar(sp_str_from_c(*(char *const *)field), out);
}

static void free_scopes(void *field)
{
    free(*(char **)field);
    *(char **)field = NULL;
}

const struct sp_value_type sp_type_scopes = {.label = "list of words",
                                             .shape = SP_VALUE_LIST,
                                             .parse = parse_scopes,
                                             .print = print_scopes,
                                             .done = free_scopes};

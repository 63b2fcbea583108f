/* SPDX-License-Identifier: Apache-2.0 */
#include "config/credentials_section.h"

#include "base/wording.h"
#include "config/config.h"
#include "config/policies_section.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define LABEL_MAX       63  /* bytes of a Kubernetes name (RFC 1123) */
#define OBJECT_NAME_MAX 253 /* bytes of the name of a Secret or an account: labels joined by dots */
#define SUBJECT_MAX     64  /* bytes with the NUL: "credentials, binding 12" */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- one binding ---------------------------------------------------------------------------------- */

static const struct sp_value_word set_words[] = {
    {"kubernetes", SP_HEADER_CREDENTIAL_ACCOUNT},
    {"bearer", SP_HEADER_CREDENTIAL_USER},
    {NULL, 0},
};

_Static_assert(sizeof(enum sp_header_credential) == sizeof(int), "sp_type_word writes an int");

/* True for labels of lower-case letters, digits and inner hyphens, joined by dots. */
static bool is_object_name(struct sp_str text, size_t max_len)
{
    bool is_name = text.len > 0 && text.len <= max_len;
    for (size_t i = 0; i < text.len && is_name; i++) {
        char c = text.ptr[i];
        bool is_edge = i == 0 || i + 1 == text.len || text.ptr[i - 1] == '.' || text.ptr[i + 1] == '.';
        bool is_small = sp_ascii_is_digit(c) || (c >= 'a' && c <= 'z');
        is_name = is_small || (!is_edge && (c == '-' || c == '.'));
    }
    return is_name;
}

static enum sp_error check_account(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    struct sp_str name = text;
    struct sp_str namespace = sp_str_cut(&name, '/');
    if (sp_str_contains(namespace, '.') || !is_object_name(namespace, LABEL_MAX) ||
        !is_object_name(name, OBJECT_NAME_MAX)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a service account: write NAMESPACE/NAME",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error check_secret(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    return is_object_name(text, OBJECT_NAME_MAX)
               ? SP_OK
               : sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not the name of a Secret", SP_QUOTE(text));
}

static const struct sp_value_type account_type = {
    .label = "service account", .check = check_account, .is_optional = true};
static const struct sp_value_type secret_type = {
    .label = "name of a Secret", .check = check_secret, .is_optional = true};

#define FIELD(member) offsetof(struct sp_binding, member)

/* clang-format off */
static const struct sp_row rows[] = {
    {"set", "credential", &sp_type_word, NULL, FIELD(credential), {.words = set_words}},
    {"host", "credential", &sp_type_host, NULL, FIELD(host), {.max = 0}},
    {"path_prefix", "credential", &sp_type_path_prefix, "/", FIELD(path_prefix), {.max = 0}},
    {"service_account", "credential", &account_type, "", FIELD(service_account), {.max = 0}},
    {"token_file", "credential", &sp_type_optional_file, "", FIELD(token_file), {.max = 0}},
    {"bound_secret", "credential", &secret_type, "", FIELD(bound_secret), {.max = 0}},
    {"proxy_key_file", "credential", &sp_type_optional_file, "", FIELD(proxy_key_file), {.max = 0}},
    {"unsafe_without_proxy_key", "credential", &sp_type_boolean, "false", FIELD(unsafe_without_proxy_key), {.max = 0}},
    {"sessions", "credential", &sp_type_boolean, "false", FIELD(sessions), {.max = 0}},
    {"proxy", "credential", &sp_type_boolean, "false", FIELD(proxy), {.max = 0}},
};
/* clang-format on */

static const struct sp_other_key others[] = {{"path", "path_prefix"},
                                             {"hosts", "host"},
                                             {"key_file", "proxy_key_file"},
                                             {"token", "token_file"},
                                             {"serviceAccount", "service_account"},
                                             {"headers", "set"},
                                             {NULL, NULL}};

const struct sp_mapping sp_binding_mapping = {
    .noun = "key",
    .expected = "a binding such as {set: kubernetes, host: api.example.com}",
    .hint = "",
    .rows = rows,
    .rows_n = COUNT(rows),
    .others = others,
};

#define refuse(reading, key, ...) sp_reading_refuse((reading), (key), __VA_ARGS__)

/* Checks the source of the credential. */
static void check_origin(struct sp_reading *reading, const struct sp_binding *binding)
{
    bool has_account = sp_reading_is_given(reading, "service_account");
    bool has_file = sp_reading_is_given(reading, "token_file");
    if (binding->credential == SP_HEADER_CREDENTIAL_USER && (has_account || has_file)) {
        refuse(reading, has_account ? "service_account" : "token_file",
               "the set bearer carries the user's own token: remove it");
    } else if (binding->credential == SP_HEADER_CREDENTIAL_ACCOUNT && has_account && has_file) {
        refuse(reading, "token_file", "a token has only one source: remove this or service_account");
    } else if (binding->credential == SP_HEADER_CREDENTIAL_ACCOUNT && !has_account && !has_file) {
        refuse(reading, "set", "kubernetes needs the token of an account: add service_account or token_file");
    }
    if (sp_reading_is_given(reading, "bound_secret") && !has_account) {
        refuse(reading, "bound_secret", "needs service_account, whose token is bound to it");
    }
}

static void check_binding(struct sp_reading *reading, const struct sp_yaml_node *node)
{
    static const char *const required[] = {"set", "host"};
    const struct sp_binding *binding = reading->object;
    struct sp_place *place = SP_PLACE(reading->subject, node->line, node->column);
    for (size_t i = 0; i < COUNT(required); i++) {
        if (!sp_reading_is_given(reading, required[i])) {
            sp_reports_add(reading->reports, SP_REPORT_ERROR, place, "no %s", required[i]);
        }
    }
    if (binding->path_prefix.text != NULL && !binding->path_prefix.is_canonical) {
        refuse(reading, "path_prefix",
               "has a colon, a dot or space at a segment's end, or a character that stands for one: no "
               "binding applies to such a path");
    }
    if (sp_reading_is_given(reading, "set") && sp_reading_is_sound(reading, "set")) {
        check_origin(reading, binding);
    }
    bool has_key = sp_reading_is_given(reading, "proxy_key_file");
    if (has_key && binding->unsafe_without_proxy_key) {
        refuse(reading, "unsafe_without_proxy_key", "there is a proxy_key_file, too: remove one of the two");
    } else if (!has_key && !binding->unsafe_without_proxy_key) {
        sp_reports_add(reading->reports, SP_REPORT_ERROR, place,
                       "no proxy_key_file: anyone who may create a Middleware on this Traefik could get the "
                       "token (doc/traefik.md); set one, or unsafe_without_proxy_key: true");
    }
}

static bool is_same_place(const struct sp_binding *a, const struct sp_binding *b)
{
    return a->credential == b->credential && a->host != NULL && b->host != NULL &&
           strcmp(a->host, b->host) == 0 && a->path_prefix.text != NULL && b->path_prefix.text != NULL &&
           strcmp(a->path_prefix.text, b->path_prefix.text) == 0;
}

static void free_binding(void *value)
{
    sp_mapping_clear(&sp_binding_mapping, value);
}

static void read_binding(struct sp_reading *settings, const struct sp_yaml_node *node, void *bindings)
{
    const struct sp_config *config = settings->object;
    char subject[SUBJECT_MAX];
    struct sp_binding binding = {.line = node->line};
    snprintf(subject, sizeof subject, "credentials, binding %zu", config->credentials_n + 1);
    struct sp_reading reading = {
        .mapping = &sp_binding_mapping, .object = &binding, .reports = settings->reports, .subject = subject};
    struct sp_place *place = SP_PLACE(subject, node->line, node->column);
    if (config->credentials_n == SP_BINDINGS_MAX) {
        sp_reports_add(settings->reports, SP_REPORT_ERROR, place, "more than %d bindings", SP_BINDINGS_MAX);
        return;
    }
    if (sp_reading_set_defaults(&reading) != SP_OK) {
        sp_reports_add(settings->reports, SP_REPORT_ERROR, place, "out of memory");
    }
    sp_reading_take(&reading, node);
    if (node->kind == SP_YAML_MAPPING) {
        check_binding(&reading, node);
    }
    bool is_second = false;
    for (size_t i = 0; i < config->credentials_n && !is_second; i++) {
        is_second =
            sp_reading_is_sound(&reading, "path_prefix") && is_same_place(&config->credentials[i], &binding);
        if (is_second) {
            sp_reports_add(
                settings->reports, SP_REPORT_ERROR, place,
                "is for the same set, host and path_prefix as binding %zu: one of them would never apply",
                i + 1);
        }
    }
    if (sp_list_add(bindings, &binding, sizeof binding) != SP_OK) {
        sp_reports_add(settings->reports, SP_REPORT_ERROR, place, "out of memory");
        free_binding(&binding);
    }
}

const struct sp_value_type sp_type_credentials = {.label = "list of bindings",
                                                  .shape = SP_VALUE_SECTION,
                                                  .is_list = true,
                                                  .expected = "a list of bindings",
                                                  .read = read_binding,
                                                  .item_len = sizeof(struct sp_binding),
                                                  .done = free_binding};

/* ---- together with other settings ----------------------------------------------------------------- */

void sp_credentials_check(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    size_t first = 0; /* the first binding with `sessions: true` */
    while (first < config->credentials_n && !config->credentials[first].sessions) {
        first++;
    }
    bool has_sessions = first < config->credentials_n;
    if (has_sessions && !config->strip_session_cookie &&
        sp_reading_is_sound(reading, "strip_session_cookie")) {
        refuse(
            reading, "strip_session_cookie",
            "must be true with sessions: true, which binding %zu of credentials has, and the middleware must "
            "list Cookie: otherwise what the application passes on to others contains the session cookie",
            first + 1);
    }
    if (has_sessions && config->cookie_domain != NULL) {
        refuse(reading, "cookie_domain",
               "cannot be combined with sessions: true, which binding %zu of credentials has: every "
               "application below that domain sees a cookie that is valid there",
               first + 1);
    }
}

static bool is_listed(const struct sp_config *config, const char *host)
{
    bool is_listed = config->hosts.items_n == 0;
    for (size_t i = 0; i < config->hosts.items_n && !is_listed; i++) {
        const struct sp_origin_pattern *pattern = &config->hosts.items[i];
        is_listed = pattern->wildcard || strcmp(pattern->origin.host.name, host) == 0;
    }
    return is_listed;
}

void sp_credentials_warn(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    for (size_t i = 0; i < config->credentials_n; i++) {
        const struct sp_binding *binding = &config->credentials[i];
        if (binding->unsafe_without_proxy_key) {
            sp_reading_warn(reading, "credentials",
                            "binding %zu: without a proxy key, anyone who may create a Middleware on this "
                            "Traefik can get the token: set proxy_key_file",
                            i + 1);
        }
        if (binding->credential == SP_HEADER_CREDENTIAL_USER && binding->sessions) {
            sp_reading_warn(
                reading, "credentials",
                "binding %zu: the ID token of a session is left out once it has expired, which is "
                "often after minutes, and nothing renews it",
                i + 1);
        }
        if (binding->sessions && binding->proxy) {
            sp_reading_warn(
                reading, "credentials",
                "binding %zu: with proxy: true any program in a pod can act as this site in the browsers "
                "of its users",
                i + 1);
        }
        if (binding->sessions && config->direct_pages) {
            sp_reading_warn(
                reading, "credentials",
                "binding %zu: with direct_pages the application gets the session cookie on the pages, "
                "unless a router of its host leads them to pages_listen",
                i + 1);
        }
        if (!binding->sessions && config->bearer_audiences.items_n == 0) {
            sp_reading_warn(reading, "credentials",
                            "binding %zu accepts only bearer tokens, but bearer_audiences is empty, so "
                            "nobody gets in: set bearer_audiences, or sessions: true",
                            i + 1);
        }
        if (!is_listed(config, binding->host)) {
            sp_reading_warn(reading, "credentials",
                            "binding %zu: its host is not in the setting hosts: it never applies", i + 1);
        }
    }
}

void sp_credentials_document(struct sp_buf *out)
{
    sp_mapping_document(&sp_binding_mapping, out);
}

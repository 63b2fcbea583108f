/* SPDX-License-Identifier: Apache-2.0 */
#include "config/checks.h"

#include "base/wording.h"
#include "http/form.h"
#include "http/path.h"

#include <stdio.h>
#include <stdlib.h>

#define QUERY_VALUE_MAX 256 /* bytes, decoded */

static void check_required(struct sp_loading *loading)
{
    for (size_t i = 0; i < sp_settings_n; i++) {
        if (sp_settings[i].value != NULL || loading->places[i].source != SP_SOURCE_DEFAULT) {
            continue;
        }
        if (sp_settings[i].type->shape == SP_VALUE_SECTION) {
            sp_loading_refuse(loading, sp_settings[i].name,
                              "required; the least is {default: authenticated}");
            continue;
        }
        char variable[SP_ENVIRONMENT_NAME_MAX];
        sp_setting_environment_name(&sp_settings[i], variable);
        sp_loading_refuse(loading, sp_settings[i].name,
                          "required, and neither in the file nor in the environment as %s", variable);
    }
}

static void check_policies(struct sp_loading *loading)
{
    if (sp_loading_is_sound(loading, "policies") &&
        sp_config_find_policy(loading->config, SP_STR("default")) == NULL) {
        sp_loading_refuse(
            loading, "policies",
            "there is no policy \"default\", which counts where an address names none: add one, such "
            "as default: authenticated");
    }
}

/* ---- listeners ------------------------------------------------------------------------------------ */

struct listener {
    const char *setting;
    const struct sp_endpoints *endpoints;
};

static void check_shared_endpoints(struct sp_loading *loading, struct listener a, struct listener b)
{
    for (size_t i = 0; i < b.endpoints->items_n; i++) {
        for (size_t j = 0; j < a.endpoints->items_n; j++) {
            if (sp_endpoint_equal(&a.endpoints->items[j], &b.endpoints->items[i])) {
                sp_loading_refuse(loading, b.setting, "\"%s\" is taken by %s: choose another port",
                                  b.endpoints->items[i].text, a.setting);
            }
        }
    }
}

static void check_listeners(struct sp_loading *loading)
{
    const struct listener listeners[] = {
        {"listen", &loading->config->listen},
        {"pages_listen", &loading->config->pages_listen},
        {"admin_listen", &loading->config->admin_listen},
    };
    for (size_t i = 0; i < sizeof listeners / sizeof listeners[0]; i++) {
        if (sp_loading_is_sound(loading, listeners[i].setting) && listeners[i].endpoints->items_n == 0) {
            sp_loading_refuse(loading, listeners[i].setting, "must name an address");
        }
        for (size_t j = 0; j < i; j++) {
            check_shared_endpoints(loading, listeners[j], listeners[i]);
        }
    }
}

static void check_trusted_proxies(struct sp_loading *loading)
{
    const struct sp_config *config = loading->config;
    if (config->unsafe_trust_everybody || !sp_loading_is_sound(loading, "trusted_proxies")) {
        return;
    }
    if (config->trusted_proxies.items_n == 0) {
        sp_loading_refuse(loading, "trusted_proxies",
                          "must name the networks of the proxies: nobody could ask");
    }
    for (size_t i = 0; i < config->trusted_proxies.items_n; i++) {
        if (sp_cidr_is_everybody(&config->trusted_proxies.items[i])) {
            sp_loading_refuse(loading, "trusted_proxies",
                              "holds every address there is: name the networks of the proxies, or say "
                              "unsafe_trust_everybody: true");
        }
    }
}

static void check_dialects(struct sp_loading *loading)
{
    if (sp_loading_is_sound(loading, "dialects") && loading->config->dialects.items_n == 0) {
        sp_loading_refuse(loading, "dialects", "must name one: traefik");
    }
}

/* ---- hosts ---------------------------------------------------------------------------------------- */

static void check_schemes(struct sp_loading *loading)
{
    const struct sp_config *config = loading->config;
    if (config->insecure_http || !sp_loading_is_sound(loading, "insecure_http")) {
        return;
    }
    if (config->callback_host.scheme == SP_SCHEME_HTTP) {
        sp_loading_refuse(loading, "callback_host", "must be https (http only with insecure_http: true)");
    }
    for (size_t i = 0; i < config->public_ports.items_n; i++) {
        if (config->public_ports.items[i].origin.scheme == SP_SCHEME_HTTP) {
            sp_loading_refuse(
                loading, "public_ports",
                "http://%s would be answered 403: write https (http only with insecure_http: true)",
                config->public_ports.items[i].origin.host.name);
        }
    }
    for (size_t i = 0; i < config->hosts.items_n; i++) {
        if (config->hosts.items[i].origin.scheme == SP_SCHEME_HTTP) {
            sp_loading_refuse(
                loading, "hosts",
                "http://%s would be answered 403: write https (http only with insecure_http: true)",
                config->hosts.items[i].origin.host.name);
        }
    }
}

static bool is_listed(const struct sp_config *config, const struct sp_origin *origin)
{
    for (size_t i = 0; i < config->hosts.items_n; i++) {
        if (sp_origin_pattern_match(&config->hosts.items[i], origin)) {
            return true;
        }
    }
    return false;
}

/* A relay to any host, or a cookie for any host below the domain, would lend one host's login to strangers.
 */
static void check_hosts_needed(struct sp_loading *loading, const char *setting)
{
    if (loading->config->hosts.items_n == 0 && sp_loading_is_sound(loading, "hosts")) {
        sp_loading_refuse(loading, setting,
                          "needs the setting hosts: each origin that takes part, such as "
                          "https://app.example.com");
    }
}

static void check_callback_host(struct sp_loading *loading)
{
    struct sp_config *config = loading->config;
    config->has_callback_host = config->callback_host.scheme != SP_SCHEME_NONE;
    if (!config->has_callback_host) {
        return;
    }
    check_hosts_needed(loading, "callback_host");
    if (config->hosts.items_n > 0 && sp_loading_is_sound(loading, "hosts") &&
        sp_loading_is_sound(loading, "callback_host") && !is_listed(config, &config->callback_host)) {
        sp_loading_refuse(loading, "callback_host", "is not among the setting hosts: add it there");
    }
}

static void check_cookie_domain(struct sp_loading *loading)
{
    const struct sp_config *config = loading->config;
    if (config->cookie_domain == NULL) {
        return;
    }
    check_hosts_needed(loading, "cookie_domain");
    if (config->insecure_http) {
        sp_loading_refuse(loading, "cookie_domain",
                          "not together with insecure_http: anybody on the way could plant a session for all "
                          "hosts");
    }
    for (size_t i = 0; i < config->hosts.items_n; i++) {
        const struct sp_origin_pattern *host = &config->hosts.items[i];
        if (!sp_host_in_domain(&host->origin.host, sp_str_from_c(config->cookie_domain))) {
            sp_loading_refuse(loading, "hosts",
                              "%s%s is not below the cookie_domain %s: it would never get the cookie",
                              host->wildcard ? "*." : "", host->origin.host.name, config->cookie_domain);
        }
    }
}

static bool is_listed_exactly(const struct sp_config *config, const struct sp_origin *origin)
{
    for (size_t i = 0; i < config->hosts.items_n; i++) {
        const struct sp_origin_pattern *host = &config->hosts.items[i];
        if (!host->wildcard && sp_origin_equal(&host->origin, origin)) {
            return true;
        }
    }
    return false;
}

/* `hosts` and `callback_host` are compared with what browsers see, after the port was put back. */
static void check_public_port(struct sp_loading *loading, const struct sp_public_port *entry)
{
    const struct sp_config *config = loading->config;
    const char *scheme = entry->origin.scheme == SP_SCHEME_HTTP ? "http" : "https";
    const char *host = entry->origin.host.name;
    struct sp_origin seen = entry->origin;
    seen.port = entry->port;
    if (config->hosts.items_n > 0 && !is_listed(config, &seen)) {
        sp_loading_refuse(loading, "public_ports",
                          "%s://%s:%u must be among the setting hosts: it would be 421", scheme, host,
                          entry->port);
    } else if (is_listed_exactly(config, &entry->origin)) {
        sp_loading_refuse(loading, "hosts", "%s://%s is at port %u by public_ports: take it out", scheme,
                          host, entry->port);
    }
    if (sp_loading_is_sound(loading, "callback_host") &&
        sp_origin_equal(&config->callback_host, &entry->origin)) {
        sp_loading_refuse(loading, "callback_host", "is at port %u by public_ports: write %s://%s:%u",
                          entry->port, scheme, host, entry->port);
    }
}

static void check_public_ports(struct sp_loading *loading)
{
    const struct sp_public_ports *ports = &loading->config->public_ports;
    for (size_t i = 0; i < ports->items_n && sp_loading_is_sound(loading, "hosts"); i++) {
        check_public_port(loading, &ports->items[i]);
    }
}

/* ---- paths ---------------------------------------------------------------------------------------- */

/* What a path is under the prefix, without the slash; empty when it is not under it. */
static struct sp_str name_under(const char *prefix, const char *path)
{
    struct sp_str rest = sp_str_from_c(path);
    struct sp_str base = sp_str_from_c(prefix);
    return sp_path_has_prefix(rest, base) ? sp_str_skip(rest, base.len + 1) : SP_STR_NONE;
}

static void check_callback_path(struct sp_loading *loading)
{
    static const char *const pages[] = {"login", "logout",     "signed-out",
                                        "me",    "kubeconfig", "backchannel-logout"};
    const struct sp_config *config = loading->config;
    if (strcmp(config->callback_path, config->prefix) == 0) {
        sp_loading_refuse(loading, "callback_path", "is the prefix itself: choose another path");
    }
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (sp_str_equal(name_under(config->prefix, config->callback_path), sp_str_from_c(pages[i]))) {
            sp_loading_refuse(loading, "callback_path", "is the page %s/%s: choose another path",
                              config->prefix, pages[i]);
        }
    }
}

static void complete_callback_path(struct sp_loading *loading)
{
    struct sp_config *config = loading->config;
    if (config->callback_path != NULL) {
        check_callback_path(loading);
        return;
    }
    if (asprintf(&config->callback_path, "%s/callback", config->prefix) < 0) {
        config->callback_path = NULL;
        sp_loading_refuse(loading, "callback_path", "out of memory");
    }
}

/* ---- what a bare `/` means ------------------------------------------------------------------------ */

static void refuse_unknown_policy(struct sp_loading *loading, struct sp_str name)
{
    const struct sp_config *config = loading->config;
    struct sp_nearest nearest = sp_nearest_of(name);
    for (size_t i = 0; i < config->policies_n; i++) {
        sp_nearest_offer(&nearest, sp_str_from_c(config->policies[i].name));
    }
    sp_loading_refuse(loading, "root_query", "there is no policy \"%s\"%s", SP_QUOTE(name),
                      SP_NEAREST_TEXT(&nearest));
}

static void refuse_unknown_set(struct sp_loading *loading, struct sp_str name)
{
    const struct sp_config *config = loading->config;
    struct sp_nearest nearest = sp_nearest_of(name);
    for (size_t i = 0; i < config->header_sets_n; i++) {
        sp_nearest_offer(&nearest, sp_str_from_c(config->header_sets[i].name));
    }
    sp_loading_refuse(loading, "root_query", "there is no header set \"%s\"%s", SP_QUOTE(name),
                      SP_NEAREST_TEXT(&nearest));
}

static void check_parameter(struct sp_loading *loading, struct sp_str name, struct sp_str value)
{
    if (sp_str_equal(name, SP_STR("policy"))) {
        if (sp_loading_is_sound(loading, "policies") &&
            sp_config_find_policy(loading->config, value) == NULL) {
            refuse_unknown_policy(loading, value);
        }
    } else if (sp_str_equal(name, SP_STR("headers"))) {
        if (sp_config_find_header_set(loading->config, value) == NULL) {
            refuse_unknown_set(loading, value);
        }
    } else if (sp_str_equal(name, SP_STR("prefix"))) {
        if (!sp_str_equal(value, SP_STR("1"))) {
            sp_loading_refuse(loading, "root_query", "prefix can only be 1");
        }
    } else {
        struct sp_nearest nearest = sp_nearest_of(name);
        sp_nearest_offer(&nearest, SP_STR("policy"));
        sp_nearest_offer(&nearest, SP_STR("headers"));
        sp_nearest_offer(&nearest, SP_STR("prefix"));
        sp_loading_refuse(loading, "root_query", "\"%s\" is none of policy, headers, prefix%s",
                          SP_QUOTE(name), SP_NEAREST_TEXT(&nearest));
    }
}

/* Names and values of this query need no escapes, so one that has some is a mistake. */
static void check_root_query(struct sp_loading *loading)
{
    struct sp_str query = sp_str_from_c(loading->config->root_query);
    struct sp_str rest = query;
    struct sp_form_pair pair;
    while (sp_form_next(&rest, &pair)) {
        struct sp_str first;
        char storage[QUERY_VALUE_MAX];
        struct sp_buf value;
        sp_buf_init_fixed(&value, storage, sizeof storage);
        if (sp_form_decode(pair.value, &value) != SP_OK) {
            sp_loading_refuse(loading, "root_query", "\"%s\" has a value that cannot be read",
                              SP_QUOTE(pair.name));
        } else if (sp_form_find(query, pair.name, &first) > 1 && first.ptr != pair.value.ptr) {
            sp_loading_refuse(loading, "root_query", "\"%s\" appears twice", SP_QUOTE(pair.name));
        } else {
            check_parameter(loading, pair.name, sp_buf_str(&value));
        }
    }
}

/* ---- issuer and identity -------------------------------------------------------------------------- */

static void complete_client_auth(struct sp_loading *loading)
{
    struct sp_config *config = loading->config;
    bool is_given = sp_loading_is_given(loading, "client_auth");
    if (!sp_loading_is_sound(loading, "client_auth") || !sp_loading_is_sound(loading, "client_secret_file")) {
        return;
    }
    if (config->client_secret_file != NULL && config->client_auth == SP_CLIENT_AUTH_NONE) {
        sp_loading_refuse(loading, "client_auth", "is none although there is a client_secret_file: drop one");
    }
    if (config->client_secret_file == NULL && is_given && config->client_auth != SP_CLIENT_AUTH_NONE) {
        sp_loading_refuse(
            loading, "client_auth",
            "sends a secret, and there is no client_secret_file: name one, or leave this out for "
            "a public client");
    }
    if (config->client_secret_file == NULL) {
        config->client_auth = SP_CLIENT_AUTH_NONE;
    }
}

static void check_scopes(struct sp_loading *loading)
{
    struct sp_str rest = sp_str_from_c(loading->config->scopes);
    while (rest.ptr != NULL) {
        if (sp_str_equal(sp_str_cut(&rest, ' '), SP_STR("openid"))) {
            return;
        }
    }
    if (sp_loading_is_sound(loading, "scopes")) {
        sp_loading_refuse(loading, "scopes",
                          "must hold openid as a word of its own: without it there is no ID token");
    }
}

static void check_identity(struct sp_loading *loading)
{
    const struct sp_config *config = loading->config;
    if (sp_str_contains(sp_str_from_c(config->groups_prefix), ',')) {
        sp_loading_refuse(loading, "groups_prefix", "must not hold a comma: no group would be handed on");
    }
    if (sp_str_starts_with(sp_str_from_c(config->username_prefix), SP_STR("system:"))) {
        sp_loading_refuse(loading, "username_prefix",
                          "system: belongs to Kubernetes, and every user would be refused: choose another");
    }
    if (sp_str_starts_with(sp_str_from_c(config->groups_prefix), SP_STR("system:"))) {
        sp_loading_refuse(loading, "groups_prefix",
                          "system: belongs to Kubernetes, and no group would be handed on: choose another");
    }
    if (strcmp(config->username_claim, config->groups_claim) == 0) {
        sp_loading_refuse(loading, "username_claim", "is the claim of the groups: a user has one name");
    }
}

void sp_checks_run(struct sp_loading *loading)
{
    check_required(loading);
    check_policies(loading);
    check_listeners(loading);
    check_trusted_proxies(loading);
    check_dialects(loading);
    check_schemes(loading);
    check_callback_host(loading);
    check_public_ports(loading);
    check_cookie_domain(loading);
    complete_callback_path(loading);
    check_root_query(loading);
    complete_client_auth(loading);
    check_scopes(loading);
    check_identity(loading);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "config/checks.h"

#include "base/wording.h"
#include "config/config.h"
#include "config/credentials_section.h"
#include "config/groups.h"
#include "config/headers_section.h"
#include "config/issuer_settings.h"
#include "config/kubeconfig_section.h"
#include "config/named_claims.h"
#include "config/policies_section.h"
#include "config/rbac_settings.h"
#include "config/settings.h"
#include "config/tls_settings.h"
#include "http/form.h"
#include "http/path.h"
#include "session/cookies.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define QUERY_VALUE_MAX       SP_HEADER_SETS_TEXT_MAX /* bytes, decoded */
#define IPV4_BITS             96
#define NETWORK_IPV4_MIN      (IPV4_BITS + 8) /* /8: a larger network hardly belongs to one operator */
#define NETWORK_IPV6_MIN      32
#define MEMORY_FIXED_MIB      40 /* for the program, and the most that two listeners use */
#define MEMORY_CONNECTION_KIB 6  /* for each connection, including the system's share */
#define MEMORY_CHART_MIB      128
#define MEMORY_TLS_MIB        24 /* for handshakes */
#define MEMORY_TLS_KIB        16 /* in addition for each connection over TLS */
#define MEMORY_MUTUAL_KIB     25 /* instead of that, if the client has presented a certificate */
#define LIFETIME_USUAL_MAX_S  (24 * 3600)

#define refuse(setting, ...) sp_reading_refuse(reading, (setting), __VA_ARGS__)
#define warn(setting, ...)   sp_reading_warn(reading, (setting), __VA_ARGS__)
#define is_sound(setting)    sp_reading_is_sound(reading, (setting))

static void check_required(struct sp_reading *reading, const struct sp_config *config)
{
    for (size_t i = 0; i < sp_settings.rows_n; i++) {
        const struct sp_row *row = &sp_settings.rows[i];
        if (row->value != NULL || sp_reading_is_given(reading, row->name)) {
            continue;
        }
        char variable[SP_ENVIRONMENT_NAME_MAX];
        sp_setting_environment_name(row, variable);
        bool is_section = row->type->shape == SP_VALUE_SECTION;
        refuse(row->name, "required%s%s",
               is_section ? "; the minimum is {default: authenticated}"
                          : ", and neither in the file nor in the environment as ",
               is_section ? "" : variable);
    }
    if (is_sound("policies") && sp_config_find_policy(config, SP_STR("default")) == NULL) {
        refuse("policies", "there is no policy \"default\", which applies if an address names none: add one, "
                           "such as default: authenticated");
    }
    if (is_sound("dialects") && config->dialects.items_n == 0) {
        refuse("dialects", "must name one: traefik");
    }
    if (is_sound("scopes") && !sp_scopes_hold(config->scopes, SP_STR("openid"))) {
        refuse("scopes", "must contain openid as a separate word: without it there is no ID token");
    }
    if (!config->renew && sp_scopes_hold(config->scopes, SP_STR("offline_access"))) {
        refuse("scopes",
               "\"offline_access\" requests refresh tokens, which nothing uses without renew: true");
    }
}

/* ---- listeners ------------------------------------------------------------------------------------ */

struct listener {
    const char *setting;
    const struct sp_endpoints *endpoints;
};

static void check_shared_endpoints(struct sp_reading *reading, struct listener a, struct listener b)
{
    for (size_t i = 0; i < b.endpoints->items_n; i++) {
        for (size_t j = 0; j < a.endpoints->items_n; j++) {
            if (sp_endpoint_equal(&a.endpoints->items[j], &b.endpoints->items[i])) {
                refuse(b.setting, "\"%s\" is already used by %s: choose another port",
                       b.endpoints->items[i].text, a.setting);
            }
        }
    }
}

static void check_listeners(struct sp_reading *reading, const struct sp_config *config)
{
    const struct listener listeners[] = {
        {"listen", &config->listen},
        {"pages_listen", &config->pages_listen},
        {"admin_listen", &config->admin_listen},
    };
    for (size_t i = 0; i < sizeof listeners / sizeof listeners[0]; i++) {
        if (is_sound(listeners[i].setting) && listeners[i].endpoints->items_n == 0) {
            refuse(listeners[i].setting, "must name an address");
        }
        for (size_t j = 0; j < i; j++) {
            check_shared_endpoints(reading, listeners[j], listeners[i]);
        }
    }
}

static void check_trusted_proxies(struct sp_reading *reading, const struct sp_config *config)
{
    if (config->unsafe_trust_everybody || !is_sound("trusted_proxies")) {
        return;
    }
    if (config->trusted_proxies.items_n == 0) {
        refuse("trusted_proxies", "must name the networks of the proxies, or nothing can connect");
    }
    for (size_t i = 0; i < config->trusted_proxies.items_n; i++) {
        if (sp_cidr_is_everybody(&config->trusted_proxies.items[i])) {
            refuse("trusted_proxies", "contains every address: name the networks of the proxies, or set "
                                      "unsafe_trust_everybody: true");
        }
    }
}

/* ---- hosts ---------------------------------------------------------------------------------------- */

static void check_scheme(struct sp_reading *reading, const char *setting, const struct sp_origin *origin)
{
    if (origin->scheme == SP_SCHEME_HTTP) {
        refuse(setting, "http://%s would get 403: write https (http only with insecure_http: true)",
               origin->host.name);
    }
}

static void check_schemes(struct sp_reading *reading, const struct sp_config *config)
{
    if (config->insecure_http || !is_sound("insecure_http")) {
        return;
    }
    if (config->callback_host.scheme == SP_SCHEME_HTTP) {
        refuse("callback_host", "must be https (http only with insecure_http: true)");
    }
    if (config->support_url != NULL &&
        sp_str_starts_with(sp_str_from_c(config->support_url), SP_STR("http:"))) {
        refuse("support_url", "must be https or mailto (http only with insecure_http: true)");
    }
    for (size_t i = 0; i < config->public_ports.items_n; i++) {
        check_scheme(reading, "public_ports", &config->public_ports.items[i].origin);
    }
    for (size_t i = 0; i < config->hosts.items_n; i++) {
        check_scheme(reading, "hosts", &config->hosts.items[i].origin);
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

/* A relay to any host, or a cookie for any host below the domain, would give one host's login to untrusted
 * hosts. */
static void check_hosts_needed(struct sp_reading *reading, const struct sp_config *config,
                               const char *setting)
{
    if (config->hosts.items_n == 0 && is_sound("hosts")) {
        refuse(setting, "needs the setting hosts: each origin that takes part, such as "
                        "https://app.example.com");
    }
}

static void check_callback_host(struct sp_reading *reading, struct sp_config *config)
{
    config->has_callback_host = config->callback_host.scheme != SP_SCHEME_NONE;
    if (!config->has_callback_host) {
        return;
    }
    check_hosts_needed(reading, config, "callback_host");
    if (config->hosts.items_n > 0 && is_sound("hosts") && is_sound("callback_host") &&
        !sp_origin_is_listed(config->hosts.items, config->hosts.items_n, &config->callback_host)) {
        refuse("callback_host", "is not in the setting hosts: add it there");
    }
}

static void check_cookie_domain(struct sp_reading *reading, const struct sp_config *config)
{
    if (config->cookie_domain == NULL) {
        return;
    }
    check_hosts_needed(reading, config, "cookie_domain");
    if (config->insecure_http) {
        refuse("cookie_domain", "cannot be combined with insecure_http: anyone on the network path could "
                                "plant a session for all hosts");
    }
    for (size_t i = 0; i < config->hosts.items_n; i++) {
        const struct sp_origin_pattern *host = &config->hosts.items[i];
        if (!sp_host_in_domain(&host->origin.host, sp_str_from_c(config->cookie_domain))) {
            refuse("hosts", "%s%s is not below the cookie_domain %s: it would never get the cookie",
                   host->wildcard ? "*." : "", host->origin.host.name, config->cookie_domain);
        }
    }
}

/* A browser drops a cookie that violates the rule of its prefix, and a cookie with the name of a session
 * cookie would be mistaken for one. */
static void check_name_cookie(struct sp_reading *reading, const struct sp_config *config)
{
    struct sp_str name = sp_str_from_c(config->name_cookie);
    struct sp_str stem = sp_str_from_c(config->cookie_name);
    struct sp_str rest = sp_cookies_skip_prefix(name);
    bool is_host = sp_str_starts_with(name, SP_STR("__Host-"));
    if (name.len == 0 || !is_sound("name_cookie") || !is_sound("cookie_name")) {
        return;
    }
    if (is_host && config->cookie_domain != NULL) {
        refuse("name_cookie",
               "browsers drop a cookie __Host-… with a domain, and cookie_domain is set: begin it with "
               "__Secure-, or with no prefix");
    }
    if (rest.len < name.len && config->insecure_http) {
        refuse("name_cookie", "browsers drop a cookie __Host-… or __Secure-… over http: remove the prefix");
    }
    if (sp_str_starts_with(rest, stem) && (rest.len == stem.len || rest.ptr[stem.len] == '-')) {
        refuse("name_cookie",
               "is named like the cookies of sessions and logins, %s and %s-…: choose another name",
               config->cookie_name, config->cookie_name);
    }
}

/* `hosts` and `callback_host` are compared with the origin that browsers see, after the port has been
 * restored. */
static void check_public_ports(struct sp_reading *reading, const struct sp_config *config)
{
    for (size_t i = 0; i < config->public_ports.items_n && is_sound("hosts"); i++) {
        const struct sp_origin *origin = &config->public_ports.items[i].origin;
        const char *scheme = origin->scheme == SP_SCHEME_HTTP ? "http" : "https";
        const char *host = origin->host.name;
        struct sp_origin seen = *origin;
        seen.port = config->public_ports.items[i].port;
        if (config->hosts.items_n > 0 &&
            !sp_origin_is_listed(config->hosts.items, config->hosts.items_n, &seen)) {
            refuse("public_ports", "%s://%s:%u must be in the setting hosts: it would get 421", scheme, host,
                   seen.port);
        } else if (is_listed_exactly(config, origin)) {
            refuse("hosts", "%s://%s is at port %u by public_ports: remove it", scheme, host, seen.port);
        }
        if (is_sound("callback_host") && sp_origin_equal(&config->callback_host, origin)) {
            refuse("callback_host", "is at port %u by public_ports: write %s://%s:%u", seen.port, scheme,
                   host, seen.port);
        }
    }
}

/* ---- paths ---------------------------------------------------------------------------------------- */

/* The default is below the prefix. A given path must not take the place of another page. */
static void complete_callback_path(struct sp_reading *reading, struct sp_config *config)
{
    static const char *const pages[] = {"login", "logout",     "signed-out",
                                        "me",    "kubeconfig", "backchannel-logout"};
    if (config->callback_path == NULL) {
        if (asprintf(&config->callback_path, "%s/callback", config->prefix) < 0) {
            config->callback_path = NULL;
            refuse("callback_path", "out of memory");
        }
        sp_reading_given(reading, "callback_path")->text = sp_str_from_c(config->callback_path);
        return;
    }
    struct sp_str path = sp_str_from_c(config->callback_path);
    struct sp_str prefix = sp_str_from_c(config->prefix);
    /* The part below the prefix, without the slash; none if the path is not below it. */
    struct sp_str page = sp_path_has_prefix(path, prefix) ? sp_str_skip(path, prefix.len + 1) : SP_STR_NONE;
    if (sp_str_equal(path, prefix)) {
        refuse("callback_path", "is the prefix itself: choose another path");
    }
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (sp_str_equal(page, sp_str_from_c(pages[i]))) {
            refuse("callback_path", "is the page %s/%s: choose another path", config->prefix, pages[i]);
        }
    }
}

/* ---- what a bare `/` means ------------------------------------------------------------------------ */

static void check_parameter(struct sp_reading *reading, const struct sp_config *config, struct sp_str name,
                            struct sp_str value)
{
    struct sp_nearest nearest = sp_nearest_of(value);
    if (sp_str_equal(name, SP_STR("policy"))) {
        for (size_t i = 0; i < config->policies_n; i++) {
            sp_nearest_offer(&nearest, sp_str_from_c(config->policies[i].name));
        }
        if (is_sound("policies") && sp_config_find_policy(config, value) == NULL) {
            refuse("root_query", "there is no policy \"%s\"%s", SP_QUOTE(value), SP_NEAREST_TEXT(&nearest));
        }
    } else if (sp_str_equal(name, SP_STR("headers"))) {
        struct sp_header_choice choice;
        struct sp_diag diag;
        if (sp_config_choose_headers(config, value, &choice, &diag) != SP_OK) {
            refuse("root_query", "%s", diag.text);
        }
    } else if (sp_str_equal(name, SP_STR("prefix"))) {
        if (!sp_str_equal(value, SP_STR("1"))) {
            refuse("root_query", "prefix can only be 1");
        }
    } else {
        nearest = sp_nearest_of(name);
        sp_nearest_offer(&nearest, SP_STR("policy"));
        sp_nearest_offer(&nearest, SP_STR("headers"));
        sp_nearest_offer(&nearest, SP_STR("prefix"));
        refuse("root_query", "\"%s\" is not policy, headers or prefix%s", SP_QUOTE(name),
               SP_NEAREST_TEXT(&nearest));
    }
}

/* Names and values of this query need no escapes, so an escape is a mistake. */
static void check_root_query(struct sp_reading *reading, const struct sp_config *config)
{
    struct sp_str query = sp_str_from_c(config->root_query);
    struct sp_str rest = query;
    struct sp_form_pair pair;
    while (sp_form_next(&rest, &pair)) {
        struct sp_str first;
        SP_BUF_ON_STACK(value, QUERY_VALUE_MAX);
        if (sp_form_decode(pair.value, &value) != SP_OK) {
            refuse("root_query", "\"%s\" has a value that cannot be decoded", SP_QUOTE(pair.name));
        } else if (sp_form_find(query, pair.name, &first) > 1 && first.ptr != pair.value.ptr) {
            refuse("root_query", "\"%s\" appears twice", SP_QUOTE(pair.name));
        } else {
            check_parameter(reading, config, pair.name, sp_buf_str(&value));
        }
    }
}

/* ---- identity --------------------------------------------------------------------------------------- */

static void check_identity(struct sp_reading *reading, const struct sp_config *config)
{
    if (sp_str_contains(sp_str_from_c(config->groups_prefix), ',')) {
        refuse("groups_prefix", "must not contain a comma: no comma-separated list could contain a group");
    }
    if (sp_str_starts_with(sp_str_from_c(config->username_prefix), SP_STR("system:"))) {
        refuse("username_prefix",
               "system: belongs to Kubernetes, and every user would be refused: choose another");
    }
    if (sp_str_starts_with(sp_str_from_c(config->groups_prefix), SP_STR("system:"))) {
        refuse("groups_prefix",
               "system: belongs to Kubernetes, and no group would be passed on: choose another");
    }
    if (strcmp(config->username_claim, config->groups_claim) == 0) {
        refuse("username_claim", "is the claim with the groups, but a user has one name");
    }
}

/* ---- trust ---------------------------------------------------------------------------------------- */

/* The prefix length, of 128 bits, that was probably meant by an address that ends in zeros like a network's;
 * 0: unknown. */
static unsigned forgotten_bits(const struct sp_cidr *cidr)
{
    unsigned zeros_n = 0; /* zero bytes at the end */
    while (zeros_n < 16 && cidr->address.bytes[15 - zeros_n] == 0) {
        zeros_n++;
    }
    if (cidr->bits < 128 || zeros_n == 16) {
        return 0;
    }
    if (sp_address_is_ipv4(&cidr->address)) {
        return zeros_n > 0 && zeros_n < 4 ? 128 - 8 * zeros_n : 0;
    }
    return zeros_n >= 8 ? 64 : zeros_n >= 4 ? 96 : 0;
}

static void warn_forgotten_length(struct sp_reading *reading, const char *setting,
                                  const struct sp_cidrs *networks)
{
    for (size_t i = 0; i < networks->items_n; i++) {
        unsigned bits = forgotten_bits(&networks->items[i]);
        if (bits > 0) {
            SP_BUF_ON_STACK(text, 2 * SP_CIDR_TEXT_MAX);
            sp_address_append(&networks->items[i].address, &text);
            sp_buf_append_c(&text, " is one address and looks like a network: was ");
            sp_cidr_append(&(struct sp_cidr){networks->items[i].address, (uint8_t)bits}, &text);
            warn(setting, "%s meant?", sp_buf_c_str(&text));
        }
    }
}

static bool rules_ask_client(const struct sp_config *config)
{
    bool asks = false;
    for (size_t i = 0; i < config->policies_n && !asks; i++) {
        asks = sp_policy_asks_client(&config->policies[i]);
    }
    return asks;
}

/* A client inside a network of hops is treated as a proxy, and any address that it sends is trusted. */
static void warn_hops(struct sp_reading *reading, const struct sp_config *config)
{
    const struct sp_cidrs *proxies = &config->trusted_proxies;
    for (size_t i = 0; i < config->client_ip_hops.items_n * proxies->items_n; i++) {
        const struct sp_cidr *hop = &config->client_ip_hops.items[i / proxies->items_n];
        const struct sp_cidr *proxy = &proxies->items[i % proxies->items_n];
        if (hop->bits <= proxy->bits && sp_cidr_contains(hop, &proxy->address)) {
            SP_BUF_ON_STACK(text, 2 * SP_CIDR_TEXT_MAX);
            sp_cidr_append(hop, &text);
            warn("client_ip_hops",
                 "%s contains a network of trusted_proxies: that proxy is not a hop, and a client in that "
                 "network could choose the address that rules see: list only the proxies in front of it",
                 sp_buf_c_str(&text));
        }
    }
}

static void warn_trust(struct sp_reading *reading, const struct sp_config *config)
{
    warn_forgotten_length(reading, "client_ip_hops", &config->client_ip_hops);
    if (rules_ask_client(config)) {
        warn_hops(reading, config);
    }
    if (config->unsafe_trust_everybody && config->tls_client_ca_file == NULL) {
        warn("unsafe_trust_everybody",
             "anyone who can reach the auth listener can ask about any request: restrict it to the proxy");
    }
    if (config->unsafe_trust_everybody) {
        return;
    }
    for (size_t i = 0; i < config->trusted_proxies.items_n; i++) {
        const struct sp_cidr *cidr = &config->trusted_proxies.items[i];
        bool is_ipv4 = cidr->bits >= IPV4_BITS && sp_address_is_ipv4(&cidr->address);
        if (cidr->bits < (is_ipv4 ? NETWORK_IPV4_MIN : NETWORK_IPV6_MIN)) {
            warn("trusted_proxies", "a network larger than %s contains more than your proxies: list those",
                 is_ipv4 ? "/8" : "/32");
        }
    }
    warn_forgotten_length(reading, "trusted_proxies", &config->trusted_proxies);
}

static void warn_hosts(struct sp_reading *reading, const struct sp_config *config)
{
    if (config->insecure_http) {
        warn("insecure_http", "sessions cross the network in the clear, and are not bound to their host");
    }
    for (size_t i = 0; i < config->hosts.items_n; i++) {
        if (config->hosts.items[i].wildcard) {
            warn("hosts", "*.%s includes every host that is created there later: list the hosts if you can",
                 config->hosts.items[i].origin.host.name);
        }
    }
    if (config->cookie_domain != NULL) {
        warn("cookie_domain",
             "every host below %s gets the session and can use it at the others: callback_host "
             "gives one redirect URI without that",
             config->cookie_domain);
    }
}

static void warn_prefixes(struct sp_reading *reading, const struct sp_config *config)
{
    struct sp_str query = sp_str_from_c(config->root_query);
    if (query.len > 0 && config->dialect_at_root == NULL) {
        warn("root_query", "has no effect with dialect_at_root: none");
    }
    bool has_prefix = false;
    while (query.ptr != NULL) {
        has_prefix = sp_str_equal(sp_str_cut(&query, '&'), SP_STR("prefix=1")) || has_prefix;
    }
    if (has_prefix && config->dialect_at_root != NULL) {
        warn("root_query", "prefix=1 for every router: if one strips nothing, a client that Traefik's entry "
                           "point trusts chooses the prefix, unless a headers middleware on the entry point "
                           "deletes X-Forwarded-Prefix (doc/traefik.md)");
    }
    if (has_prefix && config->forwarded_prefixes.items_n == 0) {
        warn("root_query", "prefix=1 and no forwarded_prefixes: every request with a prefix will get 400");
    }
}

/* The figures were measured with all connections in use, each taking as much memory as it may.
 * doc/operating.md has the formula. */
static void warn_memory(struct sp_reading *reading, const struct sp_config *config)
{
    int64_t connections = config->max_connections + sp_config_pages_connections(config->max_connections);
    int64_t needed_kib = connections * MEMORY_CONNECTION_KIB;
    if (config->tls_cert_file != NULL) {
        int64_t tls_kib = config->tls_client_ca_file != NULL ? MEMORY_MUTUAL_KIB : MEMORY_TLS_KIB;
        needed_kib += MEMORY_TLS_MIB * 1024 + config->max_connections * tls_kib;
    }
    int64_t needed_mib = MEMORY_FIXED_MIB + (needed_kib + 1023) / 1024;
    if (needed_mib > MEMORY_CHART_MIB) {
        warn("max_connections",
             "that many can need %" PRId64 " MiB, and the chart's limit is %d MiB: raise "
             "resources.limits.memory with it",
             needed_mib, MEMORY_CHART_MIB);
    }
}

static void warn_lifetime(struct sp_reading *reading, const struct sp_config *config)
{
    if (config->renew && config->renew_after_s >= config->session_lifetime_s) {
        warn("renew_after", "no less than session_lifetime: no session is ever renewed");
    }
    if (config->session_lifetime_s > LIFETIME_USUAL_MAX_S && !config->renew) {
        warn("session_lifetime", "more than 24h: a user who is disabled at the issuer, or leaves a group, "
                                 "keeps access until the session ends");
    }
}

static void warn_identity(struct sp_reading *reading, const struct sp_config *config)
{
    struct sp_str claim = sp_str_from_c(config->username_claim);
    /* True if e-mail addresses name the users, or if a rule names users by them. */
    bool names_by_email = sp_str_equal(claim, SP_STR("email"));
    for (size_t i = 0; i < config->policies_n; i++) {
        const struct sp_policy *policy = &config->policies[i];
        for (size_t j = 0; j < policy->rules_n; j++) {
            names_by_email = names_by_email || policy->rules[j].emails.items_n > 0;
        }
    }
    if (sp_str_equal(claim, SP_STR("email")) && !sp_scopes_hold(config->scopes, SP_STR("email")) &&
        !config->userinfo) {
        warn("scopes", "lack email, which is the user's name: logins may be refused");
    }
    if (!sp_reading_is_given(reading, "email_verified") && names_by_email) {
        warn("email_verified", "users are named by their e-mail address, even if the issuer does not state "
                               "whether it is verified: write required; or unless_false, if the issuer never "
                               "states it and lets nobody choose an address");
    }
    if (sp_str_equal(claim, SP_STR("preferred_username")) || sp_str_equal(claim, SP_STR("name"))) {
        warn("username_claim",
             "%s is often the user's own choice, and neither unique nor stable: email or sub are",
             config->username_claim);
    }
    for (size_t i = 0; i < config->groups_keep.items_n; i++) {
        struct sp_str kept = sp_str_from_c(config->groups_keep.items[i]);
        size_t star = sp_str_find(kept, '*');
        if (star + 1 < kept.len) {
            warn("groups_keep", "\"%s\": a * is a wildcard only at the end", SP_QUOTE(kept));
        }
    }
}

void sp_checks_run(struct sp_reading *reading)
{
    struct sp_config *config = reading->object;
    check_required(reading, config);
    check_listeners(reading, config);
    check_trusted_proxies(reading, config);
    sp_tls_settings_check(reading);
    check_schemes(reading, config);
    check_callback_host(reading, config);
    check_public_ports(reading, config);
    check_cookie_domain(reading, config);
    check_name_cookie(reading, config);
    complete_callback_path(reading, config);
    check_root_query(reading, config);
    sp_issuer_settings_check(reading);
    check_identity(reading, config);
    sp_groups_check(reading);
    sp_rbac_settings_check(reading);
    sp_credentials_check(reading);
    sp_kubeconfig_check(reading);
}

void sp_checks_warn(struct sp_reading *reading)
{
    const struct sp_config *config = reading->object;
    warn_trust(reading, config);
    sp_tls_settings_warn(reading);
    warn_hosts(reading, config);
    warn_prefixes(reading, config);
    warn_memory(reading, config);
    sp_issuer_settings_warn(reading);
    warn_lifetime(reading, config);
    warn_identity(reading, config);
    sp_rbac_settings_warn(reading);
    sp_named_claims_warn(reading);
    sp_headers_warn(reading);
    sp_policies_warn(reading);
    sp_credentials_warn(reading);
    sp_kubeconfig_warn(reading);
}

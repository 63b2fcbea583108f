/* SPDX-License-Identifier: Apache-2.0 */
#include "config/warnings.h"

#include "base/wording.h"
#include "config/policies_section.h"
#include "http/url.h"

#include <inttypes.h>

#define IPV4_BITS             96
#define NETWORK_IPV4_MIN      (IPV4_BITS + 8) /* /8: a larger network is hardly one operator's */
#define NETWORK_IPV6_MIN      32
#define MEMORY_FIXED_MIB      40 /* the program, and what two listeners may hold */
#define MEMORY_CONNECTION_KIB 6  /* with what the system has of it */
#define MEMORY_CHART_MIB      128
#define LIFETIME_USUAL_MAX_S  (24 * 3600)
#define SKEW_USUAL_MAX_S      120
#define ADDRESS_TEXT_MAX      64

/* ---- who is trusted ------------------------------------------------------------------------------- */

/* What was probably meant by an address that ends in zeros, as a network's does: bits of the 128; 0: no
 * idea. */
static unsigned forgotten_bits(const struct sp_cidr *cidr)
{
    unsigned zeros_n = 0; /* bytes at the end */
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

static void warn_forgotten_length(struct sp_loading *loading, const char *setting,
                                  const struct sp_cidrs *networks)
{
    for (size_t i = 0; i < networks->items_n; i++) {
        unsigned bits = forgotten_bits(&networks->items[i]);
        if (bits > 0) {
            char storage[2 * ADDRESS_TEXT_MAX];
            struct sp_buf text;
            sp_buf_init_fixed(&text, storage, sizeof storage);
            sp_address_append(&networks->items[i].address, &text);
            sp_buf_append_c(&text, " is one address and looks like a network: was ");
            sp_cidr_append(&(struct sp_cidr){networks->items[i].address, (uint8_t)bits}, &text);
            sp_loading_warn(loading, setting, "%s meant?", sp_buf_c_str(&text));
        }
    }
}

static void warn_trust(struct sp_loading *loading)
{
    const struct sp_config *config = loading->config;
    warn_forgotten_length(loading, "client_ip_hops", &config->client_ip_hops);
    if (config->unsafe_trust_everybody) {
        sp_loading_warn(
            loading, "unsafe_trust_everybody",
            "whoever reaches the auth listener can ask about any request: close it to all but the "
            "proxy");
        return;
    }
    for (size_t i = 0; i < config->trusted_proxies.items_n; i++) {
        const struct sp_cidr *cidr = &config->trusted_proxies.items[i];
        bool is_ipv4 = cidr->bits >= IPV4_BITS && sp_address_is_ipv4(&cidr->address);
        if (cidr->bits < (is_ipv4 ? NETWORK_IPV4_MIN : NETWORK_IPV6_MIN)) {
            sp_loading_warn(loading, "trusted_proxies",
                            "a network wider than %s holds more than your proxies: name those",
                            is_ipv4 ? "/8" : "/32");
        }
    }
    warn_forgotten_length(loading, "trusted_proxies", &config->trusted_proxies);
}

static void warn_hosts(struct sp_loading *loading)
{
    const struct sp_config *config = loading->config;
    if (config->insecure_http) {
        sp_loading_warn(loading, "insecure_http",
                        "sessions cross the network in the clear, and are not bound to their host");
    }
    for (size_t i = 0; i < config->hosts.items_n; i++) {
        if (config->hosts.items[i].wildcard) {
            sp_loading_warn(loading, "hosts",
                            "*.%s takes in whatever host is made there next: list the hosts where you can",
                            config->hosts.items[i].origin.host.name);
        }
    }
    if (config->cookie_domain != NULL) {
        sp_loading_warn(loading, "cookie_domain",
                        "every host below %s gets the session and can use it at the others: callback_host "
                        "gives one redirect URI without that",
                        config->cookie_domain);
    }
}

static void warn_prefixes(struct sp_loading *loading)
{
    const struct sp_config *config = loading->config;
    struct sp_str query = sp_str_from_c(config->root_query);
    if (query.len > 0 && !config->traefik_at_root) {
        sp_loading_warn(loading, "root_query", "has no effect with dialect_at_root: none");
    }
    bool has_prefix = false;
    while (query.ptr != NULL) {
        has_prefix = sp_str_equal(sp_str_cut(&query, '&'), SP_STR("prefix=1")) || has_prefix;
    }
    if (has_prefix && config->traefik_at_root) {
        sp_loading_warn(
            loading, "root_query",
            "prefix=1 for every router: where one strips nothing, a client whom Traefik's entry point "
            "believes chooses the prefix, unless a headers middleware on the entry point deletes "
            "X-Forwarded-Prefix (doc/traefik.md)");
    }
    if (has_prefix && config->forwarded_prefixes.items_n == 0) {
        sp_loading_warn(
            loading, "root_query",
            "prefix=1 and no forwarded_prefixes: every request with a prefix will be answered 400");
    }
}

/* Measured with all connections taken and as much held as they may hold; doc/operating.md has the formula. */
static int64_t memory_needed_mib(const struct sp_config *config)
{
    int64_t connections = config->max_connections + sp_config_pages_connections(config->max_connections);
    return MEMORY_FIXED_MIB + (connections * MEMORY_CONNECTION_KIB + 1023) / 1024;
}

static void warn_memory(struct sp_loading *loading)
{
    int64_t needed_mib = memory_needed_mib(loading->config);
    if (needed_mib > MEMORY_CHART_MIB) {
        sp_loading_warn(loading, "max_connections",
                        "so many can need %" PRId64 " MiB, and the chart's limit is %d MiB: raise "
                        "resources.limits.memory with it",
                        needed_mib, MEMORY_CHART_MIB);
    }
}

/* ---- issuer and session --------------------------------------------------------------------------- */

static void warn_issuer(struct sp_loading *loading)
{
    const struct sp_config *config = loading->config;
    struct sp_url url;
    if (sp_url_parse(sp_str_from_c(config->issuer), &url) && url.origin.scheme == SP_SCHEME_HTTP) {
        sp_loading_warn(loading, "issuer", "is not https: only for an issuer on this very machine");
    }
    if (config->client_secret_file == NULL) {
        sp_loading_warn(
            loading, "client_secret_file",
            "there is none, so this is a public client: anybody can act as it towards the issuer");
    }
    if (config->clock_skew_s > SKEW_USUAL_MAX_S) {
        sp_loading_warn(loading, "clock_skew", "more than 2m: better set the clocks right");
    }
}

static void warn_session(struct sp_loading *loading)
{
    const struct sp_config *config = loading->config;
    if (config->session_lifetime_s > LIFETIME_USUAL_MAX_S) {
        sp_loading_warn(
            loading, "session_lifetime",
            "more than 24h: who is disabled at the issuer, or leaves a group, keeps access until a "
            "session ends");
    }
}

static bool has_scope(const struct sp_config *config, struct sp_str scope)
{
    struct sp_str rest = sp_str_from_c(config->scopes);
    while (rest.ptr != NULL) {
        if (sp_str_equal(sp_str_cut(&rest, ' '), scope)) {
            return true;
        }
    }
    return false;
}

/* For the user's name, or in a rule that lets in by an address. */
static bool names_by_email(const struct sp_config *config)
{
    bool names = sp_str_equal(sp_str_from_c(config->username_claim), SP_STR("email"));
    for (size_t i = 0; i < config->policies_n; i++) {
        const struct sp_policy *policy = &config->policies[i];
        for (size_t j = 0; j < policy->rules_n; j++) {
            names = names || policy->rules[j].emails.items_n > 0;
        }
    }
    return names;
}

static void warn_identity(struct sp_loading *loading)
{
    const struct sp_config *config = loading->config;
    struct sp_str claim = sp_str_from_c(config->username_claim);
    if (sp_str_equal(claim, SP_STR("email")) && !has_scope(config, SP_STR("email")) && !config->userinfo) {
        sp_loading_warn(loading, "scopes", "lack email, which is the user's name: logins may be refused");
    }
    if (!sp_loading_is_given(loading, "email_verified") && names_by_email(config)) {
        sp_loading_warn(loading, "email_verified",
                        "users are named by their e-mail address, and one of which the issuer does not say "
                        "whether it is verified counts: write required, unless the issuer says it of nobody "
                        "and lets nobody choose an address; then write unless_false");
    }
    if (sp_str_equal(claim, SP_STR("preferred_username")) || sp_str_equal(claim, SP_STR("name"))) {
        sp_loading_warn(loading, "username_claim",
                        "%s is often the user's own choice, and neither unique nor lasting: email or sub are",
                        config->username_claim);
    }
    for (size_t i = 0; i < config->groups_keep.items_n; i++) {
        struct sp_str kept = sp_str_from_c(config->groups_keep.items[i]);
        size_t star = sp_str_find(kept, '*');
        if (star + 1 < kept.len) {
            sp_loading_warn(loading, "groups_keep", "\"%s\": a * counts at the end only", SP_QUOTE(kept));
        }
    }
}

/* ---- headers -------------------------------------------------------------------------------------- */

/* Claims are an open set too, and short names are close to each other: only one letter of a longer name
 * counts. */
static void warn_claim(struct sp_loading *loading, const struct sp_header_set *set,
                       const struct sp_header_rule *header)
{
    static const char *const usual[] = {"email",  "name",    "preferred_username", "user",
                                        "groups", "subject", "email_verified"};
    struct sp_str claim = sp_str_from_c(header->claim);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (claim.len > 3 && sp_str_distance(claim, sp_str_from_c(usual[i])) == 1) {
            sp_loading_warn(loading, "headers",
                            "%s, %s: the claim \"%s\" is not a usual one: did you mean \"%s\"?", set->name,
                            header->name, SP_QUOTE(claim), usual[i]);
        }
    }
}

static void warn_headers(struct sp_loading *loading)
{
    const struct sp_config *config = loading->config;
    for (size_t i = 0; i < config->header_sets_n; i++) {
        const struct sp_header_set *set = &config->header_sets[i];
        for (size_t j = 0; j < set->rules_n; j++) {
            warn_claim(loading, set, &set->rules[j]);
        }
    }
}

/* ---- rules ---------------------------------------------------------------------------------------- */

static void warn_rule(struct sp_loading *loading, const struct sp_policy *policy, size_t rule,
                      const char *text)
{
    sp_reports_add(loading->reports, SP_REPORT_WARNING, policy->rules[rule].line, 0,
                   "policy %s, rule %zu: %s", policy->name, rule + 1, text);
}

/* Methods are an open set (RFC 9110, section 16.1), so one that is not here is only told when it is close to
 * one that is: a rule that waits for `GTE` never holds. */
static void warn_methods(struct sp_loading *loading, const struct sp_policy *policy, size_t rule)
{
    static const char *const usual[] = {"GET",   "HEAD",     "POST",      "PUT",   "DELETE", "PATCH",
                                        "TRACE", "OPTIONS",  "CONNECT",   "COPY",  "MOVE",   "LOCK",
                                        "MKCOL", "PROPFIND", "PROPPATCH", "UNLOCK"};
    const struct sp_texts *methods = &policy->rules[rule].methods;
    for (size_t i = 0; i < methods->items_n; i++) {
        struct sp_str method = sp_str_from_c(methods->items[i]);
        struct sp_nearest nearest = sp_nearest_of(method);
        for (size_t j = 0; j < sizeof usual / sizeof usual[0]; j++) {
            sp_nearest_offer(&nearest, sp_str_from_c(usual[j]));
        }
        if (nearest.best.len > 0 && !sp_str_equal(nearest.best, method)) {
            sp_reports_add(loading->reports, SP_REPORT_WARNING, policy->rules[rule].line, 0,
                           "policy %s, rule %zu: method \"%s\" is not a usual one%s", policy->name, rule + 1,
                           SP_QUOTE(method), SP_NEAREST_TEXT(&nearest));
        }
    }
}

static bool any_group_has_prefix(const struct sp_texts *groups, struct sp_str prefix)
{
    for (size_t i = 0; i < groups->items_n; i++) {
        if (sp_str_starts_with(sp_str_from_c(groups->items[i]), prefix)) {
            return true;
        }
    }
    return false;
}

static bool any_host_is_listed(const struct sp_config *config, const struct sp_texts *hosts)
{
    for (size_t i = 0; i < hosts->items_n * config->hosts.items_n; i++) {
        const struct sp_origin_pattern *pattern = &config->hosts.items[i % config->hosts.items_n];
        struct sp_origin origin = pattern->origin; /* its scheme and port; the host of the rule */
        if (sp_host_parse(sp_str_from_c(hosts->items[i / config->hosts.items_n]), &origin.host) &&
            sp_origin_pattern_match(pattern, &origin)) {
            return true;
        }
    }
    return false;
}

static void warn_user_conditions(struct sp_loading *loading, const struct sp_policy *policy, size_t i)
{
    const struct sp_config *config = loading->config;
    const struct sp_rule *rule = &policy->rules[i];
    bool asks_email = rule->emails.items_n + rule->email_domains.items_n > 0;
    if (rule->groups.items_n > 0 &&
        !any_group_has_prefix(&rule->groups, sp_str_from_c(config->groups_prefix))) {
        warn_rule(loading, policy, i, "no group begins with groups_prefix: it can never hold");
    }
    if (rule->groups.items_n > 0 && !has_scope(config, SP_STR("groups")) && !config->userinfo &&
        strcmp(config->groups_claim, "groups") == 0) {
        warn_rule(loading, policy, i, "asks for a group, and scopes lack groups: Dex then sends none");
    }
    if (asks_email && !has_scope(config, SP_STR("email")) && !config->userinfo) {
        warn_rule(loading, policy, i, "asks for an e-mail address, and scopes lack email");
    }
    if (rule->cors_preflight && (sp_rule_is_about_users(rule) || rule->action == SP_ACTION_ALLOW)) {
        warn_rule(loading, policy, i, "a preflight carries no cookie, so there is never a user: use public");
    }
}

/* Patterns are canonical here: a prefix of everything is `/` alone. */
static bool is_of_all_paths(const struct sp_path_pattern *pattern)
{
    struct sp_str text = sp_str_from_c(pattern->text);
    return (pattern->kind == SP_PATTERN_PREFIX && sp_str_equal(text, SP_STR("/"))) ||
           (pattern->kind == SP_PATTERN_GLOB &&
            (sp_str_equal(text, SP_STR("/**")) || sp_str_equal(text, SP_STR("/*/**"))));
}

static bool names_every_page(const struct sp_rule *rule)
{
    bool is_of_all = rule->paths_n == 0;
    for (size_t i = 0; i < rule->paths_n; i++) {
        is_of_all = is_of_all || is_of_all_paths(&rule->paths[i]);
    }
    return is_of_all && rule->hosts.items_n == 0 && !rule->cors_preflight;
}

static void warn_request_conditions(struct sp_loading *loading, const struct sp_policy *policy, size_t i)
{
    const struct sp_config *config = loading->config;
    const struct sp_rule *rule = &policy->rules[i];
    if (rule->action == SP_ACTION_PUBLIC && sp_rule_is_unconditional(rule)) {
        warn_rule(loading, policy, i, "public without a condition opens everything to everybody");
    } else if (rule->action == SP_ACTION_PUBLIC && names_every_page(rule)) {
        warn_rule(loading, policy, i, "public for every path of every host opens every page to everybody");
    }
    warn_methods(loading, policy, i);
    if (rule->hosts.items_n > 0 && config->hosts.items_n > 0 && !any_host_is_listed(config, &rule->hosts)) {
        warn_rule(loading, policy, i, "no host of it is in the setting hosts: it can never hold");
    }
}

static void warn_policy(struct sp_loading *loading, const struct sp_policy *policy)
{
    for (size_t i = 0; i < policy->rules_n; i++) {
        warn_request_conditions(loading, policy, i);
        warn_user_conditions(loading, policy, i);
        if (i + 1 < policy->rules_n && sp_rule_is_unconditional(&policy->rules[i])) {
            warn_rule(loading, policy, i + 1,
                      "is never reached: the rule before it has no condition, so it decides everything");
            return;
        }
    }
}

void sp_warnings_add(struct sp_loading *loading)
{
    warn_trust(loading);
    warn_hosts(loading);
    warn_prefixes(loading);
    warn_memory(loading);
    warn_issuer(loading);
    warn_session(loading);
    warn_identity(loading);
    warn_headers(loading);
    for (size_t i = 0; i < loading->config->policies_n; i++) {
        warn_policy(loading, &loading->config->policies[i]);
    }
}

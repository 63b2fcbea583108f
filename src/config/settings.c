/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

#include "config/config.h"
#include "config/credentials_section.h"
#include "config/fixed_settings.h"
#include "config/headers_section.h"
#include "config/issuer_settings.h"
#include "config/kubeconfig_section.h"
#include "config/named_claims.h"
#include "config/policies_section.h"
#include "config/rbac_settings.h"
#include "config/tls_settings.h"
#include "oidc/authorization.h"

#include <assert.h>

#define MINUTE_S 60
#define HOUR_S   (60 * MINUTE_S)
#define DAY_S    (24 * HOUR_S)

#define PREFIX_MAX_LEN SP_RBAC_PREFIX_MAX

_Static_assert(sizeof(enum sp_client_auth) == sizeof(int), "sp_type_word writes an int");
_Static_assert(sizeof(enum sp_email_rule) == sizeof(int), "sp_type_word writes an int");
_Static_assert(sizeof(enum sp_rbac_matching) == sizeof(int), "sp_type_word writes an int");
_Static_assert(sizeof(enum sp_log_level) == sizeof(int), "sp_type_word writes an int");
_Static_assert(sizeof(enum sp_log_user) == sizeof(int), "sp_type_word writes an int");
_Static_assert(sizeof(enum sp_log_format) == sizeof(int), "sp_type_word writes an int");

static const struct sp_value_word root_words[] = {{"traefik", 1}, {"none", 0}, {NULL, 0}};

static const struct sp_value_word client_auth_words[] = {
    {"basic", SP_CLIENT_AUTH_BASIC},
    {"post", SP_CLIENT_AUTH_POST},
    {"none", SP_CLIENT_AUTH_NONE},
    {NULL, 0},
};

static const struct sp_value_word email_verified_words[] = {
    {"unless_false", SP_EMAIL_UNLESS_FALSE},
    {"required", SP_EMAIL_REQUIRED},
    {NULL, 0},
};

static const struct sp_value_word rbac_matching_words[] = {
    {"kubernetes", SP_RBAC_KUBERNETES},
    {"globstar", SP_RBAC_GLOBSTAR},
    {NULL, 0},
};

static const struct sp_value_word log_level_words[] = {
    {"error", SP_LOG_ERROR}, {"warn", SP_LOG_WARN}, {"info", SP_LOG_INFO}, {"debug", SP_LOG_DEBUG}, {NULL, 0},
};

static const struct sp_value_word log_format_words[] = {
    {"json", SP_LOG_JSON},
    {"text", SP_LOG_TEXT},
    {NULL, 0},
};

static const struct sp_value_word log_user_words[] = {
    {"plain", SP_LOG_USER_PLAIN},
    {"hash", SP_LOG_USER_HASH},
    {"none", SP_LOG_USER_NONE},
    {NULL, 0},
};

#define FIELD(member) offsetof(struct sp_config, member)
#define ANYTHING                                                                                             \
    {                                                                                                        \
        .max = 0                                                                                             \
    }

/* Tables of the reference page. */
#define LISTENERS "listeners"
#define TLS       "tls"
#define PAGES     "pages"
#define ISSUER    "issuer"
#define SESSION   "session"
#define IDENTITY  "identity"
#define SECTIONS  "sections"
#define RBAC      "rbac"
#define LOG       "log"

/* clang-format off */
static const struct sp_row rows[] = {
    {"listen", LISTENERS, &sp_type_endpoints, "[::]:4181", FIELD(listen), {.max = SP_LISTEN_MAX}},
    {"pages_listen", LISTENERS, &sp_type_endpoints, "[::]:4182", FIELD(pages_listen), {.max = SP_LISTEN_MAX}},
    {"admin_listen", LISTENERS, &sp_type_endpoints, "127.0.0.1:9181", FIELD(admin_listen), {.max = SP_LISTEN_MAX}},
    {"revoke_to", LISTENERS, &sp_type_server_address, "", FIELD(revoke_to), ANYTHING},
    {"threads", LISTENERS, &sp_type_integer, "0", FIELD(threads), {.max = SP_THREADS_MAX}},
    {"trusted_proxies", LISTENERS, &sp_type_cidrs, "127.0.0.0/8, ::1/128", FIELD(trusted_proxies), {.max = SP_CIDRS_MAX}},
    {"unsafe_trust_everybody", LISTENERS, &sp_type_boolean, "false", FIELD(unsafe_trust_everybody), ANYTHING},
    {"client_ip_hops", LISTENERS, &sp_type_cidrs, "", FIELD(client_ip_hops), {.max = SP_CIDRS_MAX}},
    {"max_connections", LISTENERS, &sp_type_integer, "4096", FIELD(max_connections), {.min = 16, .max = 1000000}},
    {"drain_delay", LISTENERS, &sp_type_duration, "5s", FIELD(drain_delay_s), {.max = 10 * MINUTE_S}},

    {"tls_cert_file", TLS, &sp_type_optional_file, "", FIELD(tls_cert_file), ANYTHING},
    {"tls_key_file", TLS, &sp_type_optional_file, "", FIELD(tls_key_file), ANYTHING},
    {"tls_client_ca_file", TLS, &sp_type_optional_file, "", FIELD(tls_client_ca_file), ANYTHING},
    {"tls_client_names", TLS, &sp_type_tls_names, "", FIELD(tls_client_names), {.max = SP_TLS_NAMES_MAX}},

    {"dialects", PAGES, &sp_type_dialects, "traefik", FIELD(dialects), ANYTHING},
    {"dialect_at_root", PAGES, &sp_type_named_word, "traefik", FIELD(dialect_at_root), {.words = root_words}},
    {"root_query", PAGES, &sp_type_query, "", FIELD(root_query), ANYTHING},
    {"prefix", PAGES, &sp_type_path, "/_sallyport", FIELD(prefix), ANYTHING},
    {"callback_path", PAGES, &sp_type_optional_path, "", FIELD(callback_path), ANYTHING},
    {"callback_host", PAGES, &sp_type_origin, "", FIELD(callback_host), ANYTHING},
    {"direct_pages", PAGES, &sp_type_boolean, "false", FIELD(direct_pages), ANYTHING},
    {"hosts", PAGES, &sp_type_hosts, "", FIELD(hosts), {.max = SP_HOSTS_MAX}},
    {"public_ports", PAGES, &sp_type_public_ports, "", FIELD(public_ports), {.max = SP_PUBLIC_PORTS_MAX}},
    {"forwarded_prefixes", PAGES, &sp_type_paths, "", FIELD(forwarded_prefixes), {.max = SP_PREFIXES_MAX}},
    {"insecure_http", PAGES, &sp_type_boolean, "false", FIELD(insecure_http), ANYTHING},
    {"site_name", PAGES, &sp_type_site_name, "", FIELD(site_name), ANYTHING},
    {"support_url", PAGES, &sp_type_support_url, "", FIELD(support_url), ANYTHING},

    {"issuer", ISSUER, &sp_type_issuer, NULL, FIELD(issuer), ANYTHING},
    {"issuer_address", ISSUER, &sp_type_server_address, "", FIELD(issuer_address), ANYTHING},
    {"discovery_url", ISSUER, &sp_type_discovery_url, "", FIELD(discovery_url), ANYTHING},
    {"insecure_issuer_http", ISSUER, &sp_type_boolean, "false", FIELD(insecure_issuer_http), ANYTHING},
    {"issuer_ca_file", ISSUER, &sp_type_optional_file, "", FIELD(issuer_ca_file), ANYTHING},
    {"client_id", ISSUER, &sp_type_client_id, NULL, FIELD(client_id), ANYTHING},
    {"client_secret_file", ISSUER, &sp_type_optional_file, "", FIELD(client_secret_file), ANYTHING},
    {"client_auth", ISSUER, &sp_type_word, "basic", FIELD(client_auth), {.words = client_auth_words}},
    {"scopes", ISSUER, &sp_type_scopes, "openid email profile groups", FIELD(scopes), ANYTHING},
    {"authorization_parameters", ISSUER, &sp_type_authorization_parameters, "", FIELD(authorization_parameters), {.max = SP_AUTHORIZATION_PARAMETERS_MAX}},
    {"audiences", ISSUER, &sp_type_client_ids, "", FIELD(audiences), {.max = SP_CLIENT_AUDIENCES_MAX}},
    {"bearer_audiences", ISSUER, &sp_type_client_ids, "", FIELD(bearer_audiences), {.max = SP_CLIENT_AUDIENCES_MAX}},
    {"passthrough_issuers", ISSUER, &sp_type_client_ids, "", FIELD(passthrough_issuers), {.max = SP_PASSTHROUGH_ISSUERS_MAX}},
    {"userinfo", ISSUER, &sp_type_boolean, "false", FIELD(userinfo), ANYTHING},
    {"clock_skew", ISSUER, &sp_type_duration, "60s", FIELD(clock_skew_s), {.max = 5 * MINUTE_S}},

    {"keys_file", SESSION, &sp_type_file, NULL, FIELD(keys_file), ANYTHING},
    {"cookie_name", SESSION, &sp_type_cookie_name, "sallyport", FIELD(cookie_name), ANYTHING},
    {"cookie_domain", SESSION, &sp_type_cookie_domain, "", FIELD(cookie_domain), ANYTHING},
    {"name_cookie", SESSION, &sp_type_name_cookie, "", FIELD(name_cookie), ANYTHING},
    {"session_lifetime", SESSION, &sp_type_duration, "12h", FIELD(session_lifetime_s), {.min = MINUTE_S, .max = 400 * (int64_t)DAY_S}},
    {"renew", SESSION, &sp_type_boolean, "false", FIELD(renew), ANYTHING},
    {"renew_after", SESSION, &sp_type_duration, "1h", FIELD(renew_after_s), {.min = 10, .max = 30 * (int64_t)DAY_S}},
    {"renew_grace", SESSION, &sp_type_duration, "15m", FIELD(renew_grace_s), {.min = 10, .max = DAY_S}},
    {"id_token_hint", SESSION, &sp_type_boolean, "false", FIELD(id_token_hint), ANYTHING},
    {"revocations_file", SESSION, &sp_type_optional_file, "", FIELD(revocations_file), ANYTHING},
    {"strip_session_cookie", SESSION, &sp_type_boolean, "false", FIELD(strip_session_cookie), ANYTHING},

    {"username_claim", IDENTITY, &sp_type_claim, "email", FIELD(username_claim), ANYTHING},
    {"username_prefix", IDENTITY, &sp_type_text, "", FIELD(username_prefix), {.max = PREFIX_MAX_LEN}},
    {"email_verified", IDENTITY, &sp_type_word, "unless_false", FIELD(email_verified), {.words = email_verified_words}},
    {"groups_claim", IDENTITY, &sp_type_claim, "groups", FIELD(groups_claim), ANYTHING},
    {"groups_prefix", IDENTITY, &sp_type_text, "", FIELD(groups_prefix), {.max = PREFIX_MAX_LEN}},
    {"groups_keep", IDENTITY, &sp_type_groups, "", FIELD(groups_keep), ANYTHING},

    {"policies", SECTIONS, &sp_type_policies, NULL, FIELD(policies), ANYTHING},
    {"headers", SECTIONS, &sp_type_headers, "", FIELD(header_sets), ANYTHING},
    {"credentials", SECTIONS, &sp_type_credentials, "", FIELD(credentials), {.max = SP_BINDINGS_MAX}},
    {"kubeconfig", SECTIONS, &sp_type_kubeconfig, "", FIELD(kubeconfig), ANYTHING},

    {"rbac_source", RBAC, &sp_type_rbac_source, "cluster", FIELD(rbac_folder), ANYTHING},
    {"rbac_matching", RBAC, &sp_type_word, "kubernetes", FIELD(rbac_matching), {.words = rbac_matching_words}},
    {"rbac_ignore_case", RBAC, &sp_type_boolean, "false", FIELD(rbac_ignore_case), ANYTHING},
    {"rbac_bootstrap", RBAC, &sp_type_boolean, "false", FIELD(rbac_bootstrap), ANYTHING},
    {"kubernetes_kubeconfig", RBAC, &sp_type_optional_file, "", FIELD(kubernetes_kubeconfig), ANYTHING},
    {"rbac_max_age", RBAC, &sp_type_duration, "10m", FIELD(rbac_max_age_s), {.min = 3 * MINUTE_S, .max = DAY_S}},

    {"log_level", LOG, &sp_type_word, "info", FIELD(log_level), {.words = log_level_words}},
    {"log_format", LOG, &sp_type_word, "json", FIELD(log_format), {.words = log_format_words}},
    {"log_access", LOG, &sp_type_boolean, "false", FIELD(log_access), ANYTHING},
    {"log_user", LOG, &sp_type_word, "plain", FIELD(log_user), {.words = log_user_words}},
};
/* clang-format on */

/* Names that other programs use, or that are similar in meaning but not in spelling. The last ones are the
 * flags of traefik-forward-auth. */
static const struct sp_other_key others[] = {
    {"policy", "policies"},
    {"bindings", "credentials"},
    {"rbac_kubeconfig", "kubernetes_kubeconfig"},
    {"kubeconfig_file", "kubernetes_kubeconfig"},
    {"rules", "policies"},
    {"clusters", "kubeconfig"},
    {"redirect_uri", "callback_path"},
    {"redirect_url", "callback_path"},
    {"oidc_issuer_url", "issuer"},
    {"provider", "issuer"},
    {"oidc_jwks_url", "discovery_url"},
    {"discovery", "discovery_url"},
    {"insecure_issuer", "insecure_issuer_http"},
    {"ca_file", "issuer_ca_file"},
    {"prompt", "authorization_parameters"},
    {"acr_values", "authorization_parameters"},
    {"connector_id", "authorization_parameters"},
    {"cookie_secret", "keys_file"},
    {"cookie_secrets", "keys_file"},
    {"domains", "hosts"},
    {"auth_host", "callback_host"},
    {"cookie_expire", "session_lifetime"},
    {"lifetime", "session_lifetime"},
    {"session_ttl", "session_lifetime"},
    {"cookie_refresh", "renew_after"},
    {"trusted_ips", "trusted_proxies"},
    {"user_claim", "username_claim"},
    {"banner", "site_name"},
    {"footer", "support_url"},
    {"address", "listen"},
    {"port", "listen"},
    {"provider_uri", "issuer"},
    {"url_path", "callback_path"},
    {"client_secret", "client_secret_file"},
    {"secret", "keys_file"},
    {"encryption_key", "keys_file"},
    {"user_cookie_name", "name_cookie"},
    {"csrf_cookie_name", "cookie_name"},
    {"claims_session_name", "cookie_name"},
    {"groups_session_name", "cookie_name"},
    {"insecure_cookie", "insecure_http"},
    {"cookie_secure", "insecure_http"},
    {"group_claim_prefix", "groups_prefix"},
    {"groups_attribute_name", "groups_claim"},
    {"email_header_names", "headers"},
    {"default_action", "policies"},
    {"domain", "policies"},
    {"whitelist", "policies"},
    {"match_whitelist_or_domain", "policies"},
    {"enable_rbac", "policies"},
    {"authz_pass_through", "policies"},
    {"case_insensitive_subjects", "rbac_ignore_case"},
    {"enable_v3_url_pattern_matching", "rbac_matching"},
    {"enable_impersonation", "credentials"},
    {"service_account_token_path", "credentials"},
    {"forward_token_header_name", "credentials"},
    {"forward_token_prefix", "credentials"},
    {"enable_in_cluster_storage", "groups_keep"},
    {NULL, NULL},
};

#define ROWS_N (sizeof rows / sizeof rows[0])
_Static_assert(ROWS_N <= SP_ROWS_MAX, "room for what was given of each");

const struct sp_mapping sp_settings = {
    .noun = "setting",
    .expected = "settings such as `issuer: https://…`",
    .hint = ": `sallyport check --document` lists all of them",
    .rows = rows,
    .rows_n = ROWS_N,
    .others = others,
};

void sp_setting_environment_name(const struct sp_row *setting, char out[SP_ENVIRONMENT_NAME_MAX])
{
    size_t len = sizeof SP_ENVIRONMENT_PREFIX - 1;
    memcpy(out, SP_ENVIRONMENT_PREFIX, len);
    for (const char *c = setting->name; *c != '\0'; c++) {
        assert(len < SP_ENVIRONMENT_NAME_MAX - 1);
        out[len++] = (char)(*c >= 'a' && *c <= 'z' ? *c - ('a' - 'A') : *c);
    }
    out[len] = '\0';
}

void sp_settings_document(struct sp_buf *out)
{
    sp_mapping_document(&sp_settings, out);
    sp_policies_document(out);
    sp_headers_document(out);
    sp_credentials_document(out);
    sp_kubeconfig_document(out);
    sp_fixed_settings_document(out);
}

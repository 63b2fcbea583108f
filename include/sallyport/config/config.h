/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_CONFIG_H
#define SP_CONFIG_CONFIG_H

/*
 * The configuration as the program uses it: an immutable structure in which illegal states do not exist.
 * config/load.h makes it from the file and the environment, after all errors in them have been reported. One
 * table has the names and defaults of the settings (config/settings.h).
 */

#include "http/address.h"
#include "http/host.h"
#include "kube/kubeconfig_text.h"
#include "oidc/client.h"
#include "policy/bindings.h"
#include "policy/rules.h"

#define SP_LISTEN_MAX              8 /* addresses per listener */
#define SP_CIDRS_MAX               64
#define SP_TLS_NAMES_MAX           64
#define SP_HOSTS_MAX               256
#define SP_PUBLIC_PORTS_MAX        256
#define SP_PREFIXES_MAX            64
#define SP_POLICIES_MAX            128
#define SP_PASSTHROUGH_ISSUERS_MAX 64
#define SP_EXTRA_CLAIMS_MAX        8  /* claims kept in the session beyond the standard ones */
#define SP_RULED_CLAIMS_MAX        32 /* claims used in conditions of rules */
#define SP_NAMED_CLAIMS_MAX        48 /* the claims of both kinds above, the standard ones, and the groups */
#define SP_THREADS_MAX             64

enum sp_log_level {
    SP_LOG_ERROR,
    SP_LOG_WARN,
    SP_LOG_INFO,
    SP_LOG_DEBUG,
};

enum sp_log_format {
    SP_LOG_JSON,
    SP_LOG_TEXT,
};

/* What log lines contain about a user and a client's address. */
enum sp_log_user {
    SP_LOG_USER_PLAIN,
    SP_LOG_USER_HASH, /* a pseudonym (session/pseudonym.h) */
    SP_LOG_USER_NONE,
};

struct sp_origin_patterns {
    struct sp_origin_pattern *items;
    size_t items_n;
};

/* Flags for the ways in which settings use a claim. */
#define SP_CLAIM_IS_TEXT   1u /* it names a user or is displayed */
#define SP_CLAIM_IS_GROUPS 2u
#define SP_CLAIM_IS_RULED  4u /* a condition of a rule compares its values */
#define SP_CLAIM_DECIDES   8u /* a rule depends on it */

struct sp_named_claim {
    char *name;          /* the claim's name, or a JSON pointer */
    const char *setting; /* static: the first setting that uses it */
    unsigned uses;
};

struct sp_named_claims {
    struct sp_named_claim *items; /* owned */
    size_t items_n;
};

/* Conditions of rules, borrowed from them. The number of a fact is its index. */
struct sp_facts {
    struct sp_claim_condition **items;
    size_t items_n;
};

/* The clusters for which users can get a kubeconfig, and where it may contain a token. */
struct sp_kubeconfig_settings {
    struct sp_origin origin; /* where the file with an ID token is served; the null origin: nowhere */
    uint32_t origin_line;    /* line in the configuration file, for messages */
    uint32_t origin_column;
    struct sp_kube_cluster *clusters; /* owned */
    size_t clusters_n;
};

struct sp_config {
    /* listeners and process */
    struct sp_endpoints listen;
    struct sp_endpoints pages_listen;
    struct sp_endpoints admin_listen;
    char *revoke_to; /* host:port of the admin listeners of all replicas; NULL: admin_listen */
    int64_t threads; /* 0: the CPU quota */
    struct sp_cidrs trusted_proxies;
    bool has_trusted_proxies; /* `trusted_proxies` is set */
    bool unsafe_trust_everybody;
    struct sp_cidrs client_ip_hops;
    int64_t max_connections; /* connections to the auth listener, over all threads */
    int64_t drain_delay_s;

    /* TLS on the auth listener; the first two are set together, and the third only with them */
    char *tls_cert_file;
    char *tls_key_file;
    char *tls_client_ca_file; /* NULL: clients need no certificate */
    struct sp_texts tls_client_names;

    /* dialects and pages */
    struct sp_texts dialects;
    const char *dialect_at_root; /* static; NULL: none */
    char *root_query;            /* never NULL */
    char *prefix;                /* begins with `/`, no trailing slash */
    char *callback_path;         /* never empty: PREFIX/callback by default */
    bool has_callback_host;
    struct sp_origin callback_host;
    bool direct_pages;
    struct sp_origin_patterns hosts;
    struct sp_public_ports public_ports;
    struct sp_texts forwarded_prefixes;
    bool insecure_http;
    char *site_name;   /* shown on the pages; NULL: none */
    char *support_url; /* linked on the pages for users who need help; NULL: none */

    /* issuer */
    char *issuer;
    char *issuer_address; /* host:port to connect to; NULL: the issuer's own */
    char *discovery_url;  /* NULL: the usual path below the issuer */
    bool insecure_issuer_http;
    char *issuer_ca_file; /* NULL: the system's CAs; absolute, or relative to the working directory */
    char *client_id;
    char *client_secret_file; /* NULL: public client */
    enum sp_client_auth client_auth;
    char *scopes;    /* separated by one space */
    bool has_scopes; /* `scopes` was set; otherwise the scopes that the issuer lists are used */
    struct sp_authorization_parameters authorization_parameters;
    struct sp_texts audiences;
    struct sp_texts bearer_audiences; /* empty: bearer tokens are ignored */
    struct sp_texts passthrough_issuers;
    bool userinfo;
    int64_t clock_skew_s;

    /* session */
    char *keys_file;
    char *cookie_name;   /* the stem of the cookie names (session/cookies.h) */
    char *cookie_domain; /* NULL: none */
    char *name_cookie;   /* NULL: none */
    int64_t session_lifetime_s;
    bool renew; /* renew sessions with their refresh tokens; the next two are used only with this */
    int64_t renew_after_s;
    int64_t renew_grace_s; /* how long a session that is due for renewal stays valid without it */
    bool id_token_hint;
    char *revocations_file; /* NULL: revocations are lost at exit */
    bool strip_session_cookie;

    /* identity */
    char *username_claim;
    char *username_prefix; /* never NULL */
    enum sp_email_rule email_verified;
    char *groups_claim;
    char *groups_prefix; /* never NULL */
    struct sp_texts groups_keep;
    struct sp_texts ruled_groups; /* derived: the groups that rules name and groups_keep keeps, under the
                                     issuer's names; sorted, without duplicates */
    uint64_t groups_mark; /* derived: identifies these groups; 0: a session that lacks groups is not usable */
    struct sp_named_claims claims; /* derived: claims that settings use (config/named_claims.h) */

    /* policies and header sets, in the order of the file. There is always a policy `default`, and the
     * built-in sets come first */
    struct sp_policy *policies;
    size_t policies_n;
    struct sp_facts facts; /* derived: what a login determines for rules (config/claim_conditions.h) */
    uint64_t facts_mark;   /* derived: identifies them, and the settings for what a login keeps; never 0 */
    struct sp_header_set *header_sets;
    size_t header_sets_n;
    struct sp_binding *credentials;
    size_t credentials_n;
    struct sp_kubeconfig_settings kubeconfig;

    /* rbac */
    char *rbac_folder; /* folder of RBAC files; NULL: the cluster */
    enum sp_rbac_matching rbac_matching;
    bool rbac_bootstrap;
    bool rbac_ignore_case;
    int64_t rbac_max_age_s;      /* how old the cluster's objects may become */
    char *kubernetes_kubeconfig; /* NULL: the pod's own service account */

    /* log */
    enum sp_log_level log_level;
    enum sp_log_format log_format;
    bool log_access;
    enum sp_log_user log_user;
};

/* Accepts NULL. */
void sp_config_free(struct sp_config *config);

/* Appends a string and its NUL, which no string contains, for sp_config_make_mark. */
void sp_config_append_text(const char *text, struct sp_buf *out);

/* Makes the mark of profiles (session/profile.h) that identifies these strings. It is never 0. SP_ERR_LIMIT,
 * SP_ERR_MEMORY. */
enum sp_error sp_config_make_mark(const struct sp_buf *texts, uint64_t *out)
    __attribute__((warn_unused_result));

/* The limit on connections to the pages listener, in addition to those to the auth listener. Users need both,
 * but far fewer connections to the pages listener. */
int64_t sp_config_pages_connections(int64_t max_connections);

/* The largest `max_connections` with which both listeners together have at most `all` connections. */
int64_t sp_config_connections_within(int64_t all);

const struct sp_policy *sp_config_find_policy(const struct sp_config *config, struct sp_str name);

/* Finds the header sets that `headers=` in an address names: sp_header_sets_choose with the configuration's
 * sets. `diag`, which may be NULL, describes the fault. */
enum sp_error sp_config_choose_headers(const struct sp_config *config, struct sp_str names,
                                       struct sp_header_choice *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* True if `groups_keep` keeps the group: it matches exactly or by a prefix ending in `*`. An empty list keeps
 * all groups; the keyword `none` keeps none. */
bool sp_config_keeps_group(const struct sp_config *config, struct sp_str group);

/* True if a rule of any policy names the group, as the issuer names it. */
bool sp_config_rules_group(const struct sp_config *config, struct sp_str group);

/* True if anything in the configuration may need a group that no rule names: a rule
 * (sp_rule_needs_all_groups), a header set in `root_query` that must list all groups, or a binding of such a
 * set. A login whose groups do not fit is then refused. */
bool sp_config_needs_all_groups(const struct sp_config *config);

/* True for the host of `kubeconfig.origin`, at any port: it serves only our own pages. */
bool sp_config_is_kubeconfig_host(const struct sp_config *config, const struct sp_host *host);

/*
 * True if sessions of a host keep their ID token when it fits; this is decided only here. The ID token gets
 * room in the cookie last, and a session without it lacks only the features that need it.
 */
bool sp_config_keeps_id_token(const struct sp_config *config, const struct sp_host *host);

/* True if sessions of at least one host keep their ID token. */
bool sp_config_keeps_some_id_token(const struct sp_config *config);

/* True if a header set at this host carries the ID token, which must then not be expired. */
bool sp_config_carries_id_token(const struct sp_config *config, const struct sp_host *host);

/* True if a session keeps the claim in addition to those in every session. */
bool sp_named_claim_is_kept(const struct sp_named_claim *claim);

/* How long a revocation of all sessions of a user has to be remembered: as long as any of these sessions, or
 * any of the user's bearer tokens, could live. */
int64_t sp_config_revocation_lifetime_s(const struct sp_config *config);

/* True if a bearer token may be accepted, as an identity or by a `passthrough` rule. */
bool sp_config_reads_tokens(const struct sp_config *config);

/* True if `audiences` is the single value `any`. */
bool sp_config_takes_any_audience(const struct sp_config *config);

/* The settings for making identities, and those for the origins that are served; both borrow from
 * `config`. */
struct sp_identity_settings sp_config_identity_settings(const struct sp_config *config);
struct sp_origin_rules sp_config_origin_rules(const struct sp_config *config);

/* True if a rule of any policy is `passthrough`. */
bool sp_config_passes_tokens(const struct sp_config *config);

/* True if a rule of any policy uses RBAC. */
bool sp_config_uses_rbac(const struct sp_config *config);

/* True if RBAC objects come from the API server. */
bool sp_config_watches_rbac(const struct sp_config *config);

/* True if a binding names an account whose token is requested from the API server. */
bool sp_config_requests_tokens(const struct sp_config *config);

/* True if the API server is used, for RBAC objects or tokens. */
bool sp_config_asks_cluster(const struct sp_config *config);

/* How RBAC objects are read. */
struct sp_rbac_settings sp_config_rbac_settings(const struct sp_config *config);

/* True if the path is one of our own: below `prefix`, or the callback's. */
bool sp_config_owns_path(const struct sp_config *config, struct sp_str path);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_CONFIG_H
#define SP_CONFIG_CONFIG_H

/*
 * The configuration as the program runs on it: an immutable structure in which illegal states do not exist.
 * It is made by config/load.h out of the file and the environment, after every error in them has been
 * reported. The names, defaults and texts of the settings stand in one table (config/settings.h).
 */

#include "http/address.h"
#include "http/host.h"
#include "kube/kubeconfig_text.h"
#include "oidc/client.h"
#include "policy/bindings.h"
#include "policy/rules.h"

#define SP_LISTEN_MAX              8 /* addresses of one listener */
#define SP_CIDRS_MAX               64
#define SP_HOSTS_MAX               256
#define SP_PUBLIC_PORTS_MAX        256
#define SP_PREFIXES_MAX            64
#define SP_POLICIES_MAX            128
#define SP_PASSTHROUGH_ISSUERS_MAX 64
#define SP_EXTRA_CLAIMS_MAX        8  /* claims kept in the session beyond the usual ones */
#define SP_RULED_CLAIMS_MAX        32 /* claims that conditions of rules name */
#define SP_NAMED_CLAIMS_MAX        48 /* that settings name: those, the usual ones, and the groups */
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

/* What log lines say of a user and of a client's address. */
enum sp_log_user {
    SP_LOG_USER_PLAIN,
    SP_LOG_USER_HASH, /* session/pseudonym.h */
    SP_LOG_USER_NONE,
};

struct sp_origin_patterns {
    struct sp_origin_pattern *items;
    size_t items_n;
};

/* What a claim that settings name is for; with 0 it is only named. */
#define SP_CLAIM_IS_TEXT   1u /* it names or shows somebody */
#define SP_CLAIM_IS_GROUPS 2u
#define SP_CLAIM_IS_RULED  4u /* a condition of a rule compares its values */
#define SP_CLAIM_DECIDES   8u /* a rule depends on it */

struct sp_named_claim {
    char *name;          /* or a JSON pointer */
    const char *setting; /* static: the first that names it */
    unsigned uses;
};

struct sp_named_claims {
    struct sp_named_claim *items; /* owned */
    size_t items_n;
};

/* Conditions of rules, borrowed from them; the number of each is its place. */
struct sp_facts {
    struct sp_claim_condition **items;
    size_t items_n;
};

/* The clusters that people get a kubeconfig for, and where it may hold a token. */
struct sp_kubeconfig_settings {
    struct sp_origin origin; /* where the file with an ID token is; the null origin: nowhere */
    uint32_t origin_line;    /* in the configuration file, for messages */
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
    int64_t threads; /* 0: the cpu quota */
    struct sp_cidrs trusted_proxies;
    bool unsafe_trust_everybody;
    struct sp_cidrs client_ip_hops;
    int64_t max_connections; /* to the auth listener, of all threads together */
    int64_t drain_delay_s;

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

    /* issuer */
    char *issuer;
    char *issuer_address; /* host:port; NULL: its own */
    char *discovery_url;  /* NULL: under the issuer */
    bool insecure_issuer_http;
    char *issuer_ca_file; /* NULL: the system's; absolute or relative to the working directory */
    char *client_id;
    char *client_secret_file; /* NULL: public client */
    enum sp_client_auth client_auth;
    char *scopes;    /* separated by one space */
    bool has_scopes; /* they are set; else those of them that the issuer lists */
    struct sp_authorization_parameters authorization_parameters;
    struct sp_texts audiences;
    struct sp_texts bearer_audiences; /* empty: no bearer token is looked at */
    struct sp_texts passthrough_issuers;
    bool userinfo;
    int64_t clock_skew_s;

    /* session */
    char *keys_file;
    char *cookie_name;   /* the stem */
    char *cookie_domain; /* NULL: none */
    char *name_cookie;   /* NULL: none */
    int64_t session_lifetime_s;
    bool renew; /* sessions are renewed by their refresh tokens; the two that follow are of no use without */
    int64_t renew_after_s;
    int64_t renew_grace_s; /* how long a session holds after that without */
    bool id_token_hint;
    char *revocations_file; /* NULL: what is revoked is forgotten at the end */
    bool strip_session_cookie;

    /* identity */
    char *username_claim;
    char *username_prefix; /* never NULL */
    enum sp_email_rule email_verified;
    char *groups_claim;
    char *groups_prefix; /* never NULL */
    struct sp_texts groups_keep;
    struct sp_texts ruled_groups; /* derived: those that rules name and groups_keep keeps, as the issuer names
                                     them; sorted, each once */
    uint64_t groups_mark; /* derived: stands for them (session/profile.h); 0: no session may lack groups */
    struct sp_named_claims claims; /* derived: those that settings name (config/named_claims.h) */

    /* policies and header sets, in the order of the file; `default` is there, and the built-in sets come
     * first */
    struct sp_policy *policies;
    size_t policies_n;
    struct sp_facts facts; /* derived: what a login finds out for rules (config/claim_conditions.h) */
    uint64_t facts_mark;   /* stands for that list, and for what settings keep of a login; never 0 */
    struct sp_header_set *header_sets;
    size_t header_sets_n;
    struct sp_binding *credentials;
    size_t credentials_n;
    struct sp_kubeconfig_settings kubeconfig;

    /* rbac */
    char *rbac_folder; /* of files; NULL: the cluster */
    enum sp_rbac_matching rbac_matching;
    bool rbac_bootstrap;
    bool rbac_ignore_case;
    int64_t rbac_max_age_s;      /* of the cluster's */
    char *kubernetes_kubeconfig; /* NULL: the pod's own account */

    /* log */
    enum sp_log_level log_level;
    enum sp_log_format log_format;
    bool log_access;
    enum sp_log_user log_user;
};

/* Accepts NULL. */
void sp_config_free(struct sp_config *config);

/* Each text with the NUL behind it, which none holds, for sp_config_make_mark. */
void sp_config_append_text(const char *text, struct sp_buf *out);

/* The mark of profiles (session/profile.h) that stands for texts: never 0. SP_ERR_LIMIT, SP_ERR_MEMORY */
enum sp_error sp_config_make_mark(const struct sp_buf *texts, uint64_t *out)
    __attribute__((warn_unused_result));

/* Connections to the pages listener, beside those to the auth listener: users need both, and many fewer of
 * these. */
int64_t sp_config_pages_connections(int64_t max_connections);

/* The largest `max_connections` with which both listeners together have no more than `all`. */
int64_t sp_config_connections_within(int64_t all);

const struct sp_policy *sp_config_find_policy(const struct sp_config *config, struct sp_str name);

/* What `headers=` of an address means: sp_header_sets_choose of the configuration's. `diag`, which may be
 * NULL, says what is wrong. */
enum sp_error sp_config_choose_headers(const struct sp_config *config, struct sp_str names,
                                       struct sp_header_choice *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* True when the group is to be kept by `groups_keep` (exact, or a prefix ending in `*`; an empty list keeps
 * all, the word `none` keeps none). */
bool sp_config_keeps_group(const struct sp_config *config, struct sp_str group);

/* True when a rule of some policy names the group, as the issuer names it. */
bool sp_config_rules_group(const struct sp_config *config, struct sp_str group);

/* True when something is configured that may ask for a group that no rule names: a rule does
 * (sp_rule_needs_all_groups), `root_query` names a header set that must tell all of them, or a binding is of
 * such a set. A login whose groups do not fit is then refused. */
bool sp_config_needs_all_groups(const struct sp_config *config);

/* True for the host of `kubeconfig.origin`, at any port: it serves nothing but our own pages. */
bool sp_config_is_kubeconfig_host(const struct sp_config *config, const struct sp_host *host);

/*
 * True when the sessions of a host keep their ID token, where it fits: the one place that decides so. It is
 * the last that finds room in the cookie, and a session without it is as good as any other but for what needs
 * it.
 */
bool sp_config_keeps_id_token(const struct sp_config *config, const struct sp_host *host);

/* The same at any host. */
bool sp_config_keeps_some_id_token(const struct sp_config *config);

/* True when a header set at this host carries the ID token, which then must not have expired. */
bool sp_config_carries_id_token(const struct sp_config *config, const struct sp_host *host);

/* True when a session keeps the claim beyond those that it holds anyway. */
bool sp_named_claim_is_kept(const struct sp_named_claim *claim);

/* How long what ends all sessions of a user has to be remembered: as long as any of these, or any bearer
 * token of theirs, could live. */
int64_t sp_config_revocation_lifetime_s(const struct sp_config *config);

/* True when a bearer token may count, as an identity or by a rule `passthrough`. */
bool sp_config_reads_tokens(const struct sp_config *config);

/* True when `audiences` is the one word `any`. */
bool sp_config_takes_any_audience(const struct sp_config *config);

/* What identities are made by, and which origins are answered for; both borrow from `config`. */
struct sp_identity_settings sp_config_identity_settings(const struct sp_config *config);
struct sp_origin_rules sp_config_origin_rules(const struct sp_config *config);

/* True when a rule of some policy is `passthrough`. */
bool sp_config_passes_tokens(const struct sp_config *config);

/* True when a rule of some policy asks RBAC. */
bool sp_config_uses_rbac(const struct sp_config *config);

/* True when the API server is asked for it. */
bool sp_config_watches_rbac(const struct sp_config *config);

/* True when a binding names an account whose token the API server is asked for. */
bool sp_config_requests_tokens(const struct sp_config *config);

/* True when the API server is asked for one of the two. */
bool sp_config_asks_cluster(const struct sp_config *config);

/* How its objects are read. */
struct sp_rbac_settings sp_config_rbac_settings(const struct sp_config *config);

/* True when the path is one of the product's own: under `prefix`, or the callback's. */
bool sp_config_owns_path(const struct sp_config *config, struct sp_str path);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

#include "config/lists.h"

#include <assert.h>

#define MINUTE_S 60
#define HOUR_S   (60 * MINUTE_S)
#define DAY_S    (24 * HOUR_S)

#define NAME_MAX_LEN 128 /* bytes of a prefix and of a claim's name */

_Static_assert(sizeof(enum sp_client_auth) == sizeof(int), "sp_type_word writes an int");
_Static_assert(sizeof(enum sp_email_rule) == sizeof(int), "sp_type_word writes an int");
_Static_assert(sizeof(enum sp_log_level) == sizeof(int), "sp_type_word writes an int");
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

static const struct sp_value_word log_level_words[] = {
    {"error", SP_LOG_ERROR}, {"warn", SP_LOG_WARN}, {"info", SP_LOG_INFO}, {"debug", SP_LOG_DEBUG}, {NULL, 0},
};

static const struct sp_value_word log_format_words[] = {
    {"json", SP_LOG_JSON},
    {"text", SP_LOG_TEXT},
    {NULL, 0},
};

#define FIELD(member) offsetof(struct sp_config, member)
#define RANGE(minimum, maximum)                                                                              \
    {                                                                                                        \
        .min = (minimum), .max = (maximum)                                                                   \
    }
#define MAXIMUM(maximum)                                                                                     \
    {                                                                                                        \
        .max = (maximum)                                                                                     \
    }
#define WORDS(list)                                                                                          \
    {                                                                                                        \
        .words = (list)                                                                                      \
    }
#define ANYTHING                                                                                             \
    {                                                                                                        \
        .max = 0                                                                                             \
    }

/* A name that this version knows and does not act on. */
#define LATER(setting_name, setting_value, setting_text)                                                     \
    {                                                                                                        \
        .name = (setting_name), .group = SP_GROUP_LATER, .type = &sp_type_later, .value = (setting_value),   \
        .limits = {.reserved = (setting_value)}, .text = (setting_text),                                     \
    }

/* clang-format off */
const struct sp_setting sp_settings[] = {
    {"listen", SP_GROUP_LISTENERS, &sp_type_endpoints, "[::]:4181", FIELD(listen), MAXIMUM(SP_LISTEN_MAX),
     "Where the proxy asks: the auth listener. `:4181` is every address of both families."},
    {"pages_listen", SP_GROUP_LISTENERS, &sp_type_endpoints, "[::]:4182", FIELD(pages_listen),
     MAXIMUM(SP_LISTEN_MAX),
     "Where routers of users' traffic lead that need a page with a body, such as `me`."},
    {"admin_listen", SP_GROUP_LISTENERS, &sp_type_endpoints, "127.0.0.1:9181", FIELD(admin_listen),
     MAXIMUM(SP_LISTEN_MAX),
     "`/healthz`, `/readyz` and `/metrics`. Keep it away from routers of users' traffic."},
    {"threads", SP_GROUP_LISTENERS, &sp_type_integer, "0", FIELD(threads), RANGE(0, SP_THREADS_MAX),
     "Threads that serve requests. `0`: as many as the container's CPU quota."},
    {"trusted_proxies", SP_GROUP_LISTENERS, &sp_type_cidrs, "127.0.0.0/8, ::1/128", FIELD(trusted_proxies),
     MAXIMUM(SP_CIDRS_MAX),
     "Networks whose addresses may ask the auth listener; connections of others are closed when they open. Whoever "
     "is inside can claim any original request, so name the proxies and no more."},
    {"unsafe_trust_everybody", SP_GROUP_LISTENERS, &sp_type_boolean, "false", FIELD(unsafe_trust_everybody), ANYTHING,
     "`true`: anybody may ask the auth listener, and `trusted_proxies` is not looked at. For a network that "
     "nobody but the proxy can reach."},
    {"client_ip_hops", SP_GROUP_LISTENERS, &sp_type_cidrs, "", FIELD(client_ip_hops), MAXIMUM(SP_CIDRS_MAX),
     "Networks of the proxies in front of Traefik. The client in the log is the rightmost address of X-Forwarded-For "
     "outside them; without any that is Traefik's own peer."},
    {"max_connections", SP_GROUP_LISTENERS, &sp_type_integer, "4096", FIELD(max_connections), RANGE(16, 1000000),
     "Connections to the auth listener that may be open at once, of all threads together. The pages listener has an "
     "eighth of it beside that, and at least 64."},
    {"drain_delay", SP_GROUP_LISTENERS, &sp_type_duration, "5s", FIELD(drain_delay_s), RANGE(0, 10 * MINUTE_S),
     "How long requests are still accepted after SIGTERM, while the proxy learns that this instance goes."},

    {"dialects", SP_GROUP_PAGES, &sp_type_dialects, "traefik", FIELD(dialects), ANYTHING,
     "Proxies that are answered, each at `/auth/NAME` of the auth listener. This version knows `traefik`."},
    {"dialect_at_root", SP_GROUP_PAGES, &sp_type_flag_word, "traefik", FIELD(traefik_at_root), WORDS(root_words),
     "The dialect that `/` of the auth listener speaks, for middlewares whose address has no path; `none` for "
     "none."},
    {"root_query", SP_GROUP_PAGES, &sp_type_query, "", FIELD(root_query), ANYTHING,
     "What a bare `/` means, for middlewares that cannot be edited: `policy=ops&prefix=1` makes it "
     "`/auth/traefik?policy=ops&prefix=1`. It takes `policy`, `headers` and `prefix=1`."},
    {"prefix", SP_GROUP_PAGES, &sp_type_path, "/_sallyport", FIELD(prefix), ANYTHING,
     "The path on every protected host under which the pages of sallyport itself are. The application never "
     "sees a request below it."},
    {"callback_path", SP_GROUP_PAGES, &sp_type_optional_path, "", FIELD(callback_path), ANYTHING,
     "The path of the redirect URI, where another one is registered already, such as `/_oauth`. Empty: "
     "`callback` under `prefix`."},
    {"callback_host", SP_GROUP_PAGES, &sp_type_origin, "", FIELD(callback_host), ANYTHING,
     "The origin whose callback all logins use, such as `https://auth.example.com`, so that the issuer needs one "
     "redirect URI for any number of hosts. Empty: each host uses its own. Needs `hosts`."},
    {"direct_pages", SP_GROUP_PAGES, &sp_type_boolean, "false", FIELD(direct_pages), ANYTHING,
     "`true` where the middleware also stands before the router that leads to `pages_listen`: the pages "
     "there are then let through."},
    {"hosts", SP_GROUP_PAGES, &sp_type_hosts, "", FIELD(hosts), MAXIMUM(SP_HOSTS_MAX),
     "The protected origins: `https://app.example.com`, or `https://*.example.com` for exactly one label. "
     "Others are answered 421. Empty: any host. Required with `callback_host` or `cookie_domain`, since each "
     "of them is then trusted with the logins of the others."},
    {"public_ports", SP_GROUP_PAGES, &sp_type_public_ports, "", FIELD(public_ports), MAXIMUM(SP_PUBLIC_PORTS_MAX),
     "The port that browsers use, by the origin as it arrives, where a proxy in front drops it from Host: "
     "`https://app.example.com: 8443`. `hosts` and `callback_host` then name the origin with this port."},
    {"forwarded_prefixes", SP_GROUP_PAGES, &sp_type_paths, "", FIELD(forwarded_prefixes), MAXIMUM(SP_PREFIXES_MAX),
     "What X-Forwarded-Prefix may be where the middleware's address says `prefix=1` (after a stripPrefix); "
     "anything else is answered 400."},
    {"insecure_http", SP_GROUP_PAGES, &sp_type_boolean, "false", FIELD(insecure_http), ANYTHING,
     "`true`: hosts may be reached over http; the session cookie then crosses the network in the clear and is "
     "not bound to its host. For a laboratory."},

    {"issuer", SP_GROUP_ISSUER, &sp_type_issuer, NULL, FIELD(issuer), ANYTHING,
     "The OpenID Connect issuer, exactly as in its discovery document. Nobody else's identities are accepted."},
    {"issuer_ca_file", SP_GROUP_ISSUER, &sp_type_optional_file, "", FIELD(issuer_ca_file), ANYTHING,
     "PEM file of the authorities that the issuer's certificate is checked against. Empty: the system's."},
    {"client_id", SP_GROUP_ISSUER, &sp_type_client_id, NULL, FIELD(client_id), ANYTHING,
     "The name under which this installation is registered at the issuer."},
    {"client_secret_file", SP_GROUP_ISSUER, &sp_type_optional_file, "", FIELD(client_secret_file), ANYTHING,
     "File that holds the client secret, and nothing else. Empty: a public client, which proves by PKCE alone that "
     "the login is its own."},
    {"client_auth", SP_GROUP_ISSUER, &sp_type_word, "basic", FIELD(client_auth), WORDS(client_auth_words),
     "How the secret is sent: `basic` (client_secret_basic) or `post` (client_secret_post). Without a "
     "`client_secret_file` it is `none`."},
    {"scopes", SP_GROUP_ISSUER, &sp_type_scopes, "openid email profile groups", FIELD(scopes), ANYTHING,
     "What the issuer is asked for, as one text with spaces or as a list; `openid` must be among them. Some "
     "issuers refuse scopes that they do not know."},
    {"audiences", SP_GROUP_ISSUER, &sp_type_client_ids, "", FIELD(audiences), MAXIMUM(SP_CLIENT_AUDIENCES_MAX),
     "Further client ids that may stand in the `aud` of a login's ID token beside `client_id` (cross-client "
     "trust of Dex)."},
    {"userinfo", SP_GROUP_ISSUER, &sp_type_boolean, "false", FIELD(userinfo), ANYTHING,
     "`true`: claims are also fetched from the UserInfo endpoint, for issuers whose ID token lacks e-mail or "
     "groups."},
    {"clock_skew", SP_GROUP_ISSUER, &sp_type_duration, "60s", FIELD(clock_skew_s), RANGE(0, 5 * MINUTE_S),
     "How far the issuer's clock may be from this one's."},

    {"keys_file", SP_GROUP_SESSION, &sp_type_file, NULL, FIELD(keys_file), ANYTHING,
     "The key file that sessions are sealed with; see below. Replicas share one."},
    {"cookie_name", SP_GROUP_SESSION, &sp_type_cookie_name, "sallyport", FIELD(cookie_name), ANYTHING,
     "The stem NAME of the cookie: `__Host-NAME`, with `cookie_domain` `__Secure-NAME`, with `insecure_http` "
     "NAME. Two instances on one host need two."},
    {"cookie_domain", SP_GROUP_SESSION, &sp_type_cookie_domain, "", FIELD(cookie_domain), ANYTHING,
     "A domain that shares one session among all hosts below it, such as `example.com`. Empty: each host has its "
     "own, which an application on another host cannot use. Needs `hosts`."},
    {"session_lifetime", SP_GROUP_SESSION, &sp_type_duration, "12h", FIELD(session_lifetime_s),
     RANGE(MINUTE_S, 400 * (int64_t)DAY_S),
     "How long a login lasts. Groups are as they were at login until then."},
    {"strip_session_cookie", SP_GROUP_SESSION, &sp_type_boolean, "false", FIELD(strip_session_cookie), ANYTHING,
     "`true`: an allow carries a `Cookie` header without the cookies of sallyport, so that applications never see "
     "them. The middleware must list `Cookie` among its authResponseHeaders."},

    {"username_claim", SP_GROUP_IDENTITY, &sp_type_name, "email", FIELD(username_claim), MAXIMUM(NAME_MAX_LEN),
     "The claim that is the user's name. An `email` that is not verified is refused; see `email_verified`."},
    {"username_prefix", SP_GROUP_IDENTITY, &sp_type_text, "", FIELD(username_prefix), MAXIMUM(NAME_MAX_LEN),
     "Put before every user's name."},
    {"email_verified", SP_GROUP_IDENTITY, &sp_type_word, "unless_false", FIELD(email_verified),
     WORDS(email_verified_words),
     "Which e-mail addresses count as the user's own: for the user's name, for the condition `email`, and in "
     "headers. `required`: those of which the issuer says `email_verified: true`, as Dex does. `unless_false`: also "
     "those of which it says nothing; at some issuers people write any address into their own profile. "
     "`email_domain` always requires it."},
    {"groups_claim", SP_GROUP_IDENTITY, &sp_type_name, "groups", FIELD(groups_claim), MAXIMUM(NAME_MAX_LEN),
     "The claim that lists the groups."},
    {"groups_prefix", SP_GROUP_IDENTITY, &sp_type_text, "", FIELD(groups_prefix), MAXIMUM(NAME_MAX_LEN),
     "Put before every group's name. Rules name groups with it."},
    {"groups_keep", SP_GROUP_IDENTITY, &sp_type_groups, "", FIELD(groups_keep), ANYTHING,
     "Groups worth keeping in the session, as the issuer names them: exact, or a prefix that ends in `*`. "
     "Empty: all of them. A session that does not fit a cookie is refused at login; this is the cure."},

    {"policies", SP_GROUP_SECTIONS, &sp_type_section, NULL, 0, ANYTHING,
     "Who may do what; see below. `default` must be there."},
    {"headers", SP_GROUP_SECTIONS, &sp_type_section, "", 0, ANYTHING,
     "Header sets of one's own beside `identity` and `remote`; see below."},

    {"log_level", SP_GROUP_LOG, &sp_type_word, "info", FIELD(log_level), WORDS(log_level_words),
     "`error`, `warn`, `info` or `debug`, which in this version says no more than `info`."},
    {"log_format", SP_GROUP_LOG, &sp_type_word, "json", FIELD(log_format), WORDS(log_format_words),
     "`json`: one object a line; `text` for people."},
    {"log_access", SP_GROUP_LOG, &sp_type_boolean, "false", FIELD(log_access), ANYTHING,
     "`true`: plain allows are logged too."},

    LATER("bearer_audiences", "", "Audiences of bearer tokens that API clients may send."),
    LATER("renew_after", "1h", "When a session is renewed by its refresh token."),
    LATER("renew_grace", "15m", "How long after that it lasts without."),
    LATER("rbac_source", "cluster", "Where the rules of the action `rbac` come from."),
    LATER("rbac_kubeconfig", "", "How the cluster of these rules is reached."),
    LATER("rbac_matching", "kubernetes", "How their paths are matched."),
    LATER("rbac_bootstrap", "false", "Whether those that every cluster has count."),
    LATER("rbac_max_age", "10m", "How old they may be."),
};
/* clang-format on */

const size_t sp_settings_n = sizeof sp_settings / sizeof sp_settings[0];

_Static_assert(sizeof sp_settings / sizeof sp_settings[0] <= SP_SETTINGS_MAX, "room for a place of each");

size_t sp_setting_find(struct sp_str name)
{
    size_t i = 0;
    while (i < sp_settings_n && !sp_str_equal(sp_str_from_c(sp_settings[i].name), name)) {
        i++;
    }
    return i;
}

void sp_setting_environment_name(const struct sp_setting *setting, char out[SP_ENVIRONMENT_NAME_MAX])
{
    size_t len = sizeof SP_ENVIRONMENT_PREFIX - 1;
    memcpy(out, SP_ENVIRONMENT_PREFIX, len);
    for (const char *c = setting->name; *c != '\0'; c++) {
        assert(len < SP_ENVIRONMENT_NAME_MAX - 1);
        out[len++] = (char)(*c >= 'a' && *c <= 'z' ? *c - ('a' - 'A') : *c);
    }
    out[len] = '\0';
}

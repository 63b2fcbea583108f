/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include "http/forwarded.h"

#include <stdlib.h>

#define NAME_LEN_MAX   64 /* see sp_field_is_name */
#define NAMES_TEXT_MAX (SP_ALIASES_MAX * NAME_LEN_MAX)

/* Headers of the browser that say what kind of request it is; an alias of one could change the answer
 * elsewhere. */
static const struct sp_str hint_names[] = {
    SP_STR("cookie"),         SP_STR("origin"),         SP_STR("accept"),           SP_STR("sec-fetch-mode"),
    SP_STR("sec-fetch-dest"), SP_STR("sec-fetch-site"), SP_STR("x-requested-with"),
};

static bool has_name(const struct sp_server *server, struct sp_str name)
{
    for (size_t i = 0; i < server->names_n; i++) {
        if (sp_str_equal_ci(server->names[i], name)) {
            return true;
        }
    }
    return false;
}

static enum sp_error add_name(struct sp_server *server, struct sp_str name)
{
    if (has_name(server, name)) {
        return SP_OK;
    }
    if (server->names_n == SP_ALIASES_MAX) {
        return SP_ERR_LIMIT;
    }
    char *lower = sp_buf_extend(&server->names_text, name.len);
    if (lower == NULL) {
        return SP_ERR_LIMIT;
    }
    for (size_t i = 0; i < name.len; i++) {
        lower[i] = sp_ascii_lower(name.ptr[i]);
    }
    server->names[server->names_n++] = (struct sp_str){lower, name.len};
    return SP_OK;
}

static enum sp_error add_names(struct sp_server *server, const struct sp_str *names, size_t n)
{
    enum sp_error error = SP_OK;
    for (size_t i = 0; i < n && error == SP_OK; i++) {
        error = add_name(server, names[i]);
    }
    return error;
}

/* Every name that is read, and every one that any set can emit. */
static enum sp_error collect_names(struct sp_server *server)
{
    enum sp_error error = add_names(server, sp_forwarded_names, sp_forwarded_names_n);
    if (error == SP_OK) {
        error = add_names(server, hint_names, sizeof hint_names / sizeof hint_names[0]);
    }
    const struct sp_config *config = server->config;
    for (size_t i = 0; i < config->header_sets_n; i++) {
        const struct sp_header_set *set = &config->header_sets[i];
        for (size_t j = 0; j < set->rules_n && error == SP_OK; j++) {
            error = add_name(server, sp_str_from_c(set->rules[j].name));
        }
    }
    return error;
}

/* The client points into the configuration and the copied secret, which live as long. */
static void set_client(struct sp_server *server)
{
    const struct sp_config *config = server->config;
    server->client = (struct sp_client){
        .id = sp_str_from_c(config->client_id),
        .secret = sp_buf_str(&server->client_secret),
        .auth = config->client_auth,
        .userinfo = config->userinfo ? SP_USERINFO_REQUIRED : SP_USERINFO_UNUSED,
        .audiences = config->audiences.items,
        .audiences_n = config->audiences.items_n,
        .groups_claim = config->groups_claim,
        .extra_claims = config->extra_claims.items,
        .extra_claims_n = config->extra_claims.items_n,
        .skew_s = config->clock_skew_s,
    };
}

static void set_decision(struct sp_server *server)
{
    const struct sp_config *config = server->config;
    server->decision = (struct sp_decision_settings){
        .identity =
            {
                .email_rule = config->email_verified,
                .username_claim = config->username_claim,
                .username_prefix = config->username_prefix,
                .groups_prefix = config->groups_prefix,
            },
        .insecure_http = config->insecure_http,
        .hosts = config->hosts.items,
        .hosts_n = config->hosts.items_n,
    };
    server->prefixes = (struct sp_prefixes){
        .items = (const char *const *)config->forwarded_prefixes.items,
        .items_n = config->forwarded_prefixes.items_n,
    };
}

static enum sp_error allocate_metrics(struct sp_server *server, size_t n)
{
    server->metrics = calloc(n, sizeof *server->metrics);
    if (server->metrics == NULL) {
        return SP_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        server->metrics[i] = aligned_alloc(_Alignof(struct sp_metrics), sizeof(struct sp_metrics));
        if (server->metrics[i] == NULL) {
            return SP_ERR_MEMORY;
        }
        memset(server->metrics[i], 0, sizeof(struct sp_metrics));
        server->metrics_n++;
    }
    return SP_OK;
}

enum sp_error sp_server_init(struct sp_server *server, struct sp_config *config, struct sp_keyring *keys,
                             struct sp_str secret, struct sp_diag *diag)
{
    *server = (struct sp_server){.config = config, .keys = keys};
    sp_buf_init(&server->client_secret, secret.len + 1);
    sp_buf_append(&server->client_secret, secret);
    char *storage = malloc(NAMES_TEXT_MAX);
    if (storage == NULL || sp_buf_error(&server->client_secret) != SP_OK) {
        free(storage);
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    sp_buf_init_fixed(&server->names_text, storage, NAMES_TEXT_MAX);
    enum sp_cookies_transport transport = config->insecure_http ? SP_COOKIES_PLAIN_HTTP : SP_COOKIES_HTTPS;
    enum sp_error error = sp_cookies_init(&server->cookies, transport, sp_str_from_c(config->cookie_name),
                                          sp_str_from_c(config->cookie_domain));
    if (error == SP_OK) {
        error = collect_names(server);
    }
    if (error == SP_OK) {
        error = allocate_metrics(server, (size_t)config->threads + 1);
    }
    set_client(server);
    set_decision(server);
    return error == SP_OK ? SP_OK : sp_diag_set(diag, error, "%s", sp_error_text(error));
}

void sp_server_done(struct sp_server *server)
{
    for (size_t i = 0; i < server->metrics_n; i++) {
        free(server->metrics[i]);
    }
    free(server->metrics);
    free(server->names_text.ptr);
    sp_buf_done(&server->client_secret);
    sp_keyring_free(server->keys);
    sp_config_free(server->config);
    *server = (struct sp_server){0};
}

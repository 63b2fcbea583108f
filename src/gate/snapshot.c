/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/snapshot.h"

#include <stdlib.h>

/* The client points into the configuration and the copied secret, which live as long. */
static void set_client(struct sp_server *server)
{
    const struct sp_config *config = server->config;
    server->client = (struct sp_client){
        .id = sp_str_from_c(config->client_id),
        .secret = sp_buf_str(&server->client_secret),
        .auth = config->client_auth,
        .ca_file = config->issuer_ca_file,
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
    if (sp_buf_error(&server->client_secret) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    enum sp_cookies_transport transport = config->insecure_http ? SP_COOKIES_PLAIN_HTTP : SP_COOKIES_HTTPS;
    enum sp_error error = sp_cookies_init(&server->cookies, transport, sp_str_from_c(config->cookie_name),
                                          sp_str_from_c(config->cookie_domain));
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
    sp_buf_done(&server->client_secret);
    sp_keyring_free(server->keys);
    sp_config_free(server->config);
    *server = (struct sp_server){0};
}

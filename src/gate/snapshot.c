/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/snapshot.h"

#include "http/url.h"

#include <stdlib.h>

/* How the issuer's servers are reached; the settings were validated together. */
static struct sp_exchange_route route_of(const struct sp_config *config, struct sp_str ca)
{
    struct sp_exchange_route route = {.ca = ca};
    struct sp_url url;
    if (config->issuer_address != NULL && sp_url_parse(sp_str_from_c(config->issuer), &url)) {
        route.origin = url.origin;
        route.address = config->issuer_address;
    }
    if (config->discovery_url != NULL && sp_url_parse(sp_str_from_c(config->discovery_url), &url) &&
        url.origin.scheme == SP_SCHEME_HTTP) {
        route.http_origin = url.origin;
    }
    return route;
}

static bool copy(struct sp_str text, struct sp_buf *out)
{
    sp_buf_init(out, text.len + 1);
    sp_buf_append(out, text);
    return sp_buf_error(out) == SP_OK;
}

static void hold(void *snapshot)
{
    (void)sp_snapshot_ref(snapshot);
}

static void let_go(void *snapshot)
{
    sp_snapshot_unref(snapshot);
}

/* Fills the members that other modules read. They point into the configuration and the copied strings, which
 * live as long as the snapshot. */
static enum sp_error derive(struct sp_snapshot *snapshot, const struct sp_snapshot_files *files)
{
    const struct sp_config *config = snapshot->config;
    bool is_copied = copy(files->client_secret, &snapshot->client_secret);
    if (!copy(files->issuer_ca, &snapshot->issuer_ca) || !is_copied) {
        return SP_ERR_MEMORY;
    }
    snapshot->client = (struct sp_client){
        .id = sp_str_from_c(config->client_id),
        .secret = sp_buf_str(&snapshot->client_secret),
        .auth = config->client_auth,
        .renew = config->renew,
        .keeps_id_token = sp_config_keeps_some_id_token(config),
        .id_token_hint = config->id_token_hint,
        .scopes = config->has_scopes ? sp_str_from_c(config->scopes) : SP_STR_NONE,
        .parameters = config->authorization_parameters,
        .discovery_url = config->discovery_url,
        .route = route_of(config, sp_buf_str(&snapshot->issuer_ca)),
        .userinfo = config->userinfo ? SP_USERINFO_REQUIRED : SP_USERINFO_UNUSED,
        .audiences = config->audiences.items,
        .audiences_n = config->audiences.items_n,
        .any_audience = sp_config_takes_any_audience(config),
        .groups_claim = config->groups_claim,
        .skew_s = config->clock_skew_s,
        .owner = snapshot,
        .ref = hold,
        .unref = let_go,
    };
    snapshot->identity = sp_config_identity_settings(config);
    snapshot->origins = sp_config_origin_rules(config);
    snapshot->prefixes = (struct sp_prefixes){
        .items = (const char *const *)config->forwarded_prefixes.items,
        .items_n = config->forwarded_prefixes.items_n,
    };
    enum sp_cookies_transport transport = config->insecure_http ? SP_COOKIES_PLAIN_HTTP : SP_COOKIES_HTTPS;
    enum sp_error error = sp_cookies_init(&snapshot->cookies, transport, sp_str_from_c(config->cookie_name),
                                          sp_str_from_c(config->cookie_domain));
    return error == SP_OK ? sp_cookies_name_readable(&snapshot->cookies, sp_str_from_c(config->name_cookie))
                          : error;
}

enum sp_error sp_snapshot_new(struct sp_config *config, const struct sp_snapshot_files *files,
                              struct sp_diag *diag, struct sp_snapshot **out)
{
    *out = NULL;
    struct sp_snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot == NULL) {
        sp_keyring_free(files->keys);
        sp_config_free(config);
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    static atomic_uint_fast64_t snapshots_n;
    atomic_init(&snapshot->refs, 1);
    snapshot->serial = atomic_fetch_add(&snapshots_n, 1) + 1;
    snapshot->config = config;
    snapshot->keys = files->keys;
    enum sp_error error = derive(snapshot, files);
    if (error != SP_OK) {
        sp_snapshot_unref(snapshot);
        return sp_diag_set(diag, error, "%s", sp_error_text(error));
    }
    *out = snapshot;
    return SP_OK;
}

static struct sp_snapshot *copy_with(struct sp_snapshot *snapshot, struct sp_issuer_documents *documents,
                                     struct sp_rbac_index *rbac, struct sp_credentials *credentials)
{
    struct sp_snapshot *other = malloc(sizeof *other);
    if (other != NULL) {
        *other = (struct sp_snapshot){
            /* member by member, because other threads change the reference count meanwhile */
            .serial = snapshot->serial,
            .owner = sp_snapshot_ref(snapshot->owner != NULL ? snapshot->owner : snapshot),
            .documents = documents != NULL ? sp_issuer_documents_ref(documents) : NULL,
            .rbac = rbac != NULL ? sp_rbac_index_ref(rbac) : NULL,
            .credentials = credentials != NULL ? sp_credentials_ref(credentials) : NULL,
            .tls = snapshot->tls != NULL ? sp_tls_identity_ref(snapshot->tls) : NULL,
            .config = snapshot->config,
            .keys = snapshot->keys,
            .cookies = snapshot->cookies,
            .client = snapshot->client,
            .client_secret = snapshot->client_secret,
            .issuer_ca = snapshot->issuer_ca,
            .identity = snapshot->identity,
            .origins = snapshot->origins,
            .prefixes = snapshot->prefixes,
        };
        atomic_init(&other->refs, 1);
    }
    return other;
}

struct sp_sealer sp_snapshot_sealer(const struct sp_snapshot *snapshot, struct sp_str scope, int64_t now_s,
                                    const struct sp_random *random)
{
    return (struct sp_sealer){
        .keys = snapshot->keys,
        .cookies = &snapshot->cookies,
        .issuer = sp_str_from_c(snapshot->config->issuer),
        .client_id = snapshot->client.id,
        .scope = scope,
        .now_s = now_s,
        .random = *random,
    };
}

struct sp_snapshot *sp_snapshot_with_documents(struct sp_snapshot *snapshot,
                                               struct sp_issuer_documents *documents)
{
    return copy_with(snapshot, documents, snapshot->rbac, snapshot->credentials);
}

struct sp_snapshot *sp_snapshot_with_rbac(struct sp_snapshot *snapshot, struct sp_rbac_index *rbac)
{
    return copy_with(snapshot, snapshot->documents, rbac, snapshot->credentials);
}

struct sp_snapshot *sp_snapshot_with_credentials(struct sp_snapshot *snapshot,
                                                 struct sp_credentials *credentials)
{
    return copy_with(snapshot, snapshot->documents, snapshot->rbac, credentials);
}

const struct sp_client *sp_snapshot_client(const struct sp_snapshot *snapshot)
{
    return snapshot->owner != NULL ? &snapshot->owner->client : &snapshot->client;
}

struct sp_snapshot *sp_snapshot_ref(struct sp_snapshot *snapshot)
{
    atomic_fetch_add(&snapshot->refs, 1);
    return snapshot;
}

void sp_snapshot_unref(struct sp_snapshot *snapshot)
{
    if (snapshot == NULL || atomic_fetch_sub(&snapshot->refs, 1) != 1) {
        return;
    }
    sp_issuer_documents_unref(snapshot->documents);
    sp_rbac_index_unref(snapshot->rbac);
    sp_credentials_unref(snapshot->credentials);
    sp_tls_identity_unref(snapshot->tls);
    if (snapshot->owner != NULL) {
        sp_snapshot_unref(snapshot->owner);
    } else {
        sp_buf_done(&snapshot->client_secret);
        sp_buf_done(&snapshot->issuer_ca);
        sp_keyring_free(snapshot->keys);
        sp_config_free((struct sp_config *)(uintptr_t)snapshot->config); /* no longer shared */
    }
    free(snapshot);
}

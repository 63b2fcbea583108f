/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_IO_IO_ISSUER_H
#define SP_TEST_UNIT_IO_IO_ISSUER_H

/* An issuer on loopback: its documents as routes of the server, and the module that fetches them. Log lines
 * are discarded. */

#include "io/issuer.h"

#include "../oidc/issuer.h"
#include "calls.h"
#include "clock_stub.h"

#include <fcntl.h>

static const struct sp_client usual_client = {.auth = SP_CLIENT_AUTH_BASIC};

struct issuer_rig {
    struct http_server *server;
    struct rig *rig;
    struct sp_issuer *issuer;
    struct sp_issuer_documents *latest;
    struct signer signer;
    atomic_int updates_n;
    char name[64];
    char discovery[1024];
    char *keys;
    int stdout_fd;
};

static inline struct issuer_rig *issuer_rig_new(void)
{
    struct issuer_rig *it = calloc(1, sizeof *it);
    int nowhere = open("/dev/null", O_WRONLY);
    it->stdout_fd = dup(STDOUT_FILENO);
    ck_assert_int_ge(dup2(nowhere, STDOUT_FILENO), 0);
    close(nowhere);
    it->server = http_server_new();
    it->rig = rig_new();
    it->signer = signer_new("ES256");
    snprintf(it->name, sizeof it->name, "http://127.0.0.1:%u", it->server->port);
    snprintf(it->discovery, sizeof it->discovery,
             "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/auth\",\"token_endpoint\":\"%s/token\","
             "\"jwks_uri\":\"%s/keys\",\"userinfo_endpoint\":\"%s/userinfo\"}",
             it->name, it->name, it->name, it->name, it->name);
    return it;
}

/* The documents from now on, with one key with this id. */
static inline void serve_documents(struct issuer_rig *it, const char *kid)
{
    SIGNER_TEXT jwk = signer_jwk(&it->signer, kid);
    char *keys = text_format("{\"keys\":[%s]}", jwk);
    http_route(it->server, "/.well-known/openid-configuration", "200 OK", it->discovery);
    http_route(it->server, "/keys", "200 OK", keys);
    free(it->keys);
    it->keys = keys;
}

static inline void on_update(void *context, struct sp_issuer_documents *documents)
{
    struct issuer_rig *it = context;
    sp_issuer_documents_unref(it->latest);
    it->latest = sp_issuer_documents_ref(documents);
    atomic_fetch_add(&it->updates_n, 1);
}

static inline void begin_issuer(struct issuer_rig *it)
{
    it->issuer = sp_issuer_new(it->rig->worker, it->name, &usual_client, on_update, it);
    ck_assert_ptr_nonnull(it->issuer);
}

static inline void issuer_rig_free(struct issuer_rig **given)
{
    struct issuer_rig *it = *given;
    atomic_store(&it->server->stopping, 1);
    rig_free(&it->rig);
    sp_issuer_free(it->issuer);
    sp_issuer_documents_unref(it->latest);
    http_server_free(&it->server);
    signer_done(&it->signer);
    free(it->keys);
    dup2(it->stdout_fd, STDOUT_FILENO);
    close(it->stdout_fd);
    free(it);
}

#define ISSUER_RIG __attribute__((cleanup(issuer_rig_free))) struct issuer_rig *

#endif

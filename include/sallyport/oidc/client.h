/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_CLIENT_H
#define SP_OIDC_CLIENT_H

/*
 * This program as a client of the issuer (RFC 6749, section 2), and what it accepts from the issuer.
 * Everything is borrowed: the owner keeps it in place while references exist. Reloading the configuration
 * creates another client; work in progress finishes with the client it started with.
 */

#include "base/str.h"
#include "http/exchange.h"

#include <stdint.h>

#define SP_CLIENT_AUDIENCES_MAX 64

/* How the client authenticates at the token endpoint (RFC 6749, section 2.3.1; OpenID Connect Core 1.0,
 * section 9). */
enum sp_client_auth {
    SP_CLIENT_AUTH_BASIC,
    SP_CLIENT_AUTH_POST,
    SP_CLIENT_AUTH_NONE, /* a public client: no secret, only PKCE */
};

/* Whether UserInfo is requested after the ID token has been verified. */
enum sp_userinfo_use {
    SP_USERINFO_UNUSED,
    SP_USERINFO_REQUIRED,
};

/* The operator's additions to the authorization request (oidc/authorization.h). */
struct sp_authorization_parameters {
    struct sp_authorization_parameter {
        char *name;
        char *value;
    } * items;
    size_t items_n;
};

struct sp_client {
    struct sp_str id;
    struct sp_str secret; /* empty for a public client */
    enum sp_client_auth auth;
    struct sp_str scopes; /* separated by one space; empty: not set, see sp_issuer_metadata_scopes */
    struct sp_authorization_parameters parameters;
    const char *discovery_url;      /* URL of the discovery document; NULL: below the issuer's own URL */
    struct sp_exchange_route route; /* how to reach the issuer's servers */
    enum sp_userinfo_use userinfo;
    char *const *audiences; /* client ids allowed in `aud` besides ours */
    size_t audiences_n;
    bool any_audience;        /* any other audience is allowed, if we are the authorized party */
    const char *groups_claim; /* never NULL */
    bool renew;               /* sessions are renewed, which needs the refresh token of the login */
    bool keeps_id_token;      /* sessions keep the ID token, for at least one host */
    bool id_token_hint;       /* the ID token is sent with the request to end the issuer's session */
    int64_t skew_s;           /* how far the issuer's clock may differ from ours */
    void *owner;              /* reference-counted by the next two members, from any thread */
    void (*ref)(void *owner); /* NULL: `owner` is never freed */
    void (*unref)(void *owner);
};

/* Both accept NULL. */
static inline const struct sp_client *sp_client_ref(const struct sp_client *client)
{
    if (client != NULL && client->ref != NULL) {
        client->ref(client->owner);
    }
    return client;
}

static inline void sp_client_unref(const struct sp_client *client)
{
    if (client != NULL && client->unref != NULL) {
        client->unref(client->owner);
    }
}

#endif

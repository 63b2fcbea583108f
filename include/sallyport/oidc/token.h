/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_TOKEN_H
#define SP_OIDC_TOKEN_H

/*
 * The token endpoint (RFC 6749, sections 4.1.3, 5.1, 5.2 and 6; OpenID Connect Core 1.0, sections 3.1.3 and
 * 12), which exchanges a code or a refresh token for tokens, and the revocation of a refresh token (RFC
 * 7009). A refresh sends no scope, because with a narrower one Dex omits e-mail and groups. With `basic`, id
 * and secret are each form-url-encoded before they are joined (RFC 6749, section 2.3.1). Dex and others
 * decode them that way, and a secret with a `%` or `+` would fail otherwise.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "http/exchange.h"
#include "oidc/client.h"
#include "oidc/issuer_error.h"
#include "oidc/issuer_metadata.h"

#define SP_TOKEN_REQUEST_MAX 32768        /* bytes of the form */
#define SP_TOKEN_AUTH_MAX    16384        /* bytes of the Authorization header's value */
#define SP_TOKEN_MAX         (192 * 1024) /* bytes of one token */

/* What is exchanged for tokens: an authorization code (RFC 6749, section 4.1.3), or a refresh token. */
struct sp_token_grant {
    struct sp_str refresh_token; /* if set, the code and the members below are ignored */
    struct sp_str code;
    struct sp_str redirect_uri; /* the same bytes as in the authorization request */
    struct sp_str verifier;     /* the PKCE verifier */
};

/*
 * Creates the request. `out` owns it (sp_exchange_request_done) and borrows the URL from `metadata`.
 * SP_ERR_MISSING: a part of the grant is empty. SP_ERR_LIMIT: the request is too long.
 */
enum sp_error sp_token_make_request(const struct sp_issuer_metadata *metadata, const struct sp_client *client,
                                    const struct sp_token_grant *grant, struct sp_exchange_request *out)
    __attribute__((warn_unused_result));

/* Creates the request that revokes a refresh token (RFC 7009, section 2.1). `metadata` must have a revocation
 * endpoint. */
enum sp_error sp_token_make_revocation(const struct sp_issuer_metadata *metadata,
                                       const struct sp_client *client, struct sp_str refresh_token,
                                       struct sp_exchange_request *out) __attribute__((warn_unused_result));

/*
 * Owns its strings, which are secrets and are wiped (sp_token_set_done). A refresh token is read only if
 * sessions are renewed, because some issuers send one without being asked, and an unused secret should not be
 * kept. An invalid one counts as absent, because it must not make a login fail.
 */
struct sp_token_set {
    struct sp_buf id_token;
    struct sp_buf access_token;   /* empty: none */
    struct sp_buf refresh_token;  /* empty: none */
    int64_t refresh_expires_in_s; /* how long the refresh token is valid without being used; 0: not stated */
};

#define SP_TOKEN_SET_NONE ((struct sp_token_set){0})

void sp_token_set_done(struct sp_token_set *tokens);

enum sp_id_token_need {
    SP_ID_TOKEN_NEEDED,
    SP_ID_TOKEN_OPTIONAL, /* for a refresh (Core, section 12.2); without one, UserInfo has the claims */
};

/*
 * Reads the response, regardless of its media type. The access token and its type are checked only if the
 * access token is used.
 *
 *   need     whether an ID token is required
 *   client   determines whether the access and refresh tokens are used
 *   refusal  written with SP_ERR_STATUS only
 *   diag     for the log; never the issuer's own words, except the name of a duplicate member
 *
 *   SP_ERR_IO      unavailable: no response, 5xx or 429; may work later
 *   SP_ERR_STATUS  the issuer refused (4xx)
 *   others         a response that violates the protocol
 */
enum sp_error sp_token_parse_response(const struct sp_exchange_response *response,
                                      const struct sp_client *client, enum sp_id_token_need need,
                                      struct sp_token_set *out, enum sp_issuer_error *refusal,
                                      struct sp_diag *diag) __attribute__((warn_unused_result));

#endif

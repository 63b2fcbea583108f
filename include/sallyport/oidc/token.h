/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_TOKEN_H
#define SP_OIDC_TOKEN_H

/*
 * The token endpoint (RFC 6749, sections 4.1.3, 5.1, 5.2 and 6; OpenID Connect Core 1.0, sections 3.1.3 and
 * 12): a code, or a refresh token, for tokens; and the end of a refresh token (RFC 7009). A refresh names no scope: with a narrower one Dex leaves out
 * e-mail and groups. With `basic`, id and secret are form-url-encoded each before they are joined (RFC 6749,
 * section 2.3.1): Dex and others decode them so, and a secret with a `%` or `+` would fail otherwise.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "http/exchange.h"
#include "oidc/client.h"
#include "oidc/issuer_error.h"
#include "oidc/issuer_metadata.h"

#define SP_TOKEN_REQUEST_MAX 32768        /* bytes of the form */
#define SP_TOKEN_AUTH_MAX    16384        /* bytes of the header's value */
#define SP_TOKEN_MAX         (192 * 1024) /* bytes of one token */

/* What tokens are asked for with: an authorization code (RFC 6749, section 4.1.3), or a refresh token. */
struct sp_token_grant {
    struct sp_str refresh_token; /* empty: the code and what belongs to it, else without these */
    struct sp_str code;
    struct sp_str redirect_uri; /* the same bytes as in the authorization request */
    struct sp_str verifier;     /* of PKCE */
};

/*
 * Makes the request; `out` owns it (sp_exchange_request_done) and borrows the URL from `metadata`.
 * SP_ERR_MISSING: a part of the grant is empty. SP_ERR_LIMIT: longer than its maximum.
 */
enum sp_error sp_token_make_request(const struct sp_issuer_metadata *metadata, const struct sp_client *client,
                                    const struct sp_token_grant *grant, struct sp_exchange_request *out)
    __attribute__((warn_unused_result));

/* The same for the revocation of a refresh token (RFC 7009, section 2.1), for which `metadata` has an
 * endpoint. */
enum sp_error sp_token_make_revocation(const struct sp_issuer_metadata *metadata,
                                       const struct sp_client *client, struct sp_str refresh_token,
                                       struct sp_exchange_request *out) __attribute__((warn_unused_result));

/*
 * Owns its texts, which are secrets and wiped (sp_token_set_done). A refresh token, which some issuers send
 * without being asked, is read where sessions are renewed: a secret that nobody uses is not kept. One that
 * cannot be used counts as none, since no login fails for it.
 */
struct sp_token_set {
    struct sp_buf id_token;
    struct sp_buf access_token;   /* empty: none */
    struct sp_buf refresh_token;  /* empty: none */
    int64_t refresh_expires_in_s; /* how long the refresh token holds unless it is used; 0: not said */
};

#define SP_TOKEN_SET_NONE ((struct sp_token_set){0})

void sp_token_set_done(struct sp_token_set *tokens);

enum sp_id_token_need {
    SP_ID_TOKEN_NEEDED,
    SP_ID_TOKEN_OPTIONAL, /* of a refresh (Core, section 12.2), where UserInfo says the rest */
};

/*
 * Reads the answer, whatever its media type says: the access token and its type where
 * they are used.
 *
 *   need     of an ID token
 *   client   says of what use access and refresh token are
 *   refusal  written with SP_ERR_STATUS only
 *   diag     for the log; never the issuer's own words, but for the name of a member that stands twice
 *
 *   SP_ERR_IO      not available: no answer, 5xx or 429; later it may work
 *   SP_ERR_STATUS  the issuer refused (4xx)
 *   others         an answer that is not what the protocol prescribes
 */
enum sp_error sp_token_parse_response(const struct sp_exchange_response *response,
                                      const struct sp_client *client, enum sp_id_token_need need,
                                      struct sp_token_set *out, enum sp_issuer_error *refusal,
                                      struct sp_diag *diag) __attribute__((warn_unused_result));

#endif

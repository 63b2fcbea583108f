/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_AUTHORIZATION_H
#define SP_OIDC_AUTHORIZATION_H

/*
 * The authorization request (RFC 6749, section 4.1.1; OpenID Connect Core 1.0, section 3.1.2.1): a URL that
 * the browser is sent to. Code flow only; PKCE, `state` and `nonce` always. A query that the endpoint brings
 * is kept (RFC 6749, section 3.1). Scopes that the issuer does not list are not added: Dex refuses unknown
 * ones.
 *
 * An operator may add parameters, such as Dex's `connector_id`. They are wishes: whoever signs in can change
 * them on the way. A name that the protocol or this program owns is none of them, in any case of letters,
 * since some issuers do not tell cases apart: a second `redirect_uri` or `code_challenge` would be one too
 * many, and `request` or `response_type` would make another request of it.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "oidc/issuer_metadata.h"

#define SP_AUTHORIZATION_PARAMETERS_MAX      16
#define SP_AUTHORIZATION_PARAMETERS_URL_MAX  2048 /* bytes of all of them together, encoded */
#define SP_AUTHORIZATION_PARAMETER_VALUE_MAX 512  /* bytes */

struct sp_authorization {
    struct sp_str client_id;
    struct sp_str redirect_uri;
    struct sp_str scope; /* separated by spaces, `openid` among them */
    struct sp_str state;
    struct sp_str nonce;
    struct sp_str verifier;                        /* the URL carries its S256 challenge */
    struct sp_str login_hint;                      /* who is to sign in; empty: not said */
    struct sp_authorization_parameters parameters; /* borrowed; none of them is owned by the protocol */
};

/* True of the name of a parameter that only this program sends, or that must not be sent at all. */
bool sp_authorization_owns(struct sp_str name);

/* Appends them as a part of a query. */
void sp_authorization_append_parameters(const struct sp_authorization_parameters *parameters,
                                        struct sp_buf *out);

/*
 * Appends the URL to `out`, which the caller gives its ceiling.
 *
 *   SP_ERR_MISSING  a part is empty, or `scope` is without `openid`
 *   SP_ERR_FORMAT   a verifier that RFC 7636 does not allow
 *   SP_ERR_LIMIT    the ceiling of `out`
 */
enum sp_error sp_authorization_append_url(const struct sp_issuer_metadata *metadata,
                                          const struct sp_authorization *authorization, struct sp_buf *out)
    __attribute__((warn_unused_result));

#endif

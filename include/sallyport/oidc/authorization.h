/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_AUTHORIZATION_H
#define SP_OIDC_AUTHORIZATION_H

/*
 * The authorization request (RFC 6749, section 4.1.1; OpenID Connect Core 1.0, section 3.1.2.1): a URL to
 * which the browser is redirected. It uses only the code flow, and always PKCE, `state` and `nonce`. If the
 * endpoint has a query, it is kept (RFC 6749, section 3.1). Scopes that the issuer does not list are not
 * added, since Dex refuses unknown ones.
 *
 * An operator may add parameters, such as Dex's `connector_id`. They are only requests, because the user can
 * change them on the way. A name that the protocol or this program owns cannot be added, in any letter case,
 * because some issuers ignore case. A second `redirect_uri` or `code_challenge` would be a duplicate, and
 * `request` or `response_type` would turn it into a different request.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "oidc/issuer_metadata.h"

#define SP_AUTHORIZATION_PARAMETERS_MAX      16
#define SP_AUTHORIZATION_PARAMETERS_URL_MAX  2048 /* bytes of all parameters together, encoded */
#define SP_AUTHORIZATION_PARAMETER_VALUE_MAX 512  /* bytes */

struct sp_authorization {
    struct sp_str client_id;
    struct sp_str redirect_uri;
    struct sp_str scope; /* separated by spaces, including `openid` */
    struct sp_str state;
    struct sp_str nonce;
    struct sp_str verifier;                        /* the URL carries its S256 challenge */
    struct sp_str login_hint;                      /* the user who is expected to sign in; empty if unknown */
    struct sp_authorization_parameters parameters; /* borrowed; none has a name that the protocol owns */
};

/* True for the name of a parameter that only this program may send, or that must not be sent at all. */
bool sp_authorization_owns(struct sp_str name);

/* Appends the parameters to a query. */
void sp_authorization_append_parameters(const struct sp_authorization_parameters *parameters,
                                        struct sp_buf *out);

/*
 * Appends the URL to `out`, whose ceiling the caller chooses.
 *
 *   SP_ERR_MISSING  a member is empty, or `scope` lacks `openid`
 *   SP_ERR_FORMAT   a verifier that RFC 7636 does not allow
 *   SP_ERR_LIMIT    the ceiling of `out` was reached
 */
enum sp_error sp_authorization_append_url(const struct sp_issuer_metadata *metadata,
                                          const struct sp_authorization *authorization, struct sp_buf *out)
    __attribute__((warn_unused_result));

#endif

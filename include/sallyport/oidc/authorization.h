/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_AUTHORIZATION_H
#define SP_OIDC_AUTHORIZATION_H

/*
 * The authorization request (RFC 6749, section 4.1.1; OpenID Connect Core 1.0, section 3.1.2.1): a URL that
 * the browser is sent to. Code flow only; PKCE, `state` and `nonce` always. A query that the endpoint brings
 * is kept (RFC 6749, section 3.1). Scopes that the issuer does not list are not added: Dex refuses unknown
 * ones.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "oidc/provider.h"

struct sp_authorization {
    struct sp_str client_id;
    struct sp_str redirect_uri;
    struct sp_str scope; /* separated by spaces, `openid` among them */
    struct sp_str state;
    struct sp_str nonce;
    struct sp_str verifier;   /* the URL carries its S256 challenge */
    struct sp_str login_hint; /* who is to sign in; empty: not said */
};

/*
 * Appends the URL to `out`, which the caller gives its ceiling.
 *
 *   SP_ERR_MISSING  a part is empty, or `scope` is without `openid`
 *   SP_ERR_FORMAT   a verifier that RFC 7636 does not allow
 *   SP_ERR_LIMIT    the ceiling of `out`
 */
enum sp_error sp_authorization_append_url(const struct sp_provider *provider,
                                          const struct sp_authorization *authorization, struct sp_buf *out)
    __attribute__((warn_unused_result));

#endif

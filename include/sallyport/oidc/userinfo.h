/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_USERINFO_H
#define SP_OIDC_USERINFO_H

/*
 * UserInfo (OpenID Connect Core 1.0, section 5.3): further claims, fetched with an access token. Its `sub`
 * must equal that of the ID token (section 5.3.2), or another user's claims would be mixed in. Only JSON is
 * supported, regardless of the media type; signed responses (application/jwt) are not.
 *
 * oidc/claims.h describes how its claims and the ID token's are combined.
 */

#include "base/error.h"
#include "http/exchange.h"
#include "oidc/claims.h"
#include "oidc/client.h"
#include "oidc/issuer_metadata.h"

#define SP_USERINFO_AUTH_MAX (128 * 1024 + 16) /* bytes of the Authorization header's value */

/* Creates the request (RFC 6750, section 2.1). SP_ERR_MISSING: the issuer has no such endpoint;
 * SP_ERR_LIMIT. */
enum sp_error sp_userinfo_make_request(const struct sp_issuer_metadata *metadata,
                                       const struct sp_client *client, struct sp_str access_token,
                                       struct sp_exchange_request *out) __attribute__((warn_unused_result));

/*
 * Reads the response and merges it into `claims`, which are unchanged on failure.
 *
 *   SP_ERR_IO        unavailable
 *   SP_ERR_STATUS    the issuer refused
 *   SP_ERR_MISMATCH  the claims of another user
 *   others           a response that violates the protocol
 */
enum sp_error sp_userinfo_merge(const struct sp_exchange_response *response, const struct sp_client *client,
                                struct sp_claims *claims, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif

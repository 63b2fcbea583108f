/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_ISSUER_ERROR_H
#define SP_OIDC_ISSUER_ERROR_H

/*
 * The codes with which an issuer refuses a request, in a callback (RFC 6749, section 4.1.2.1; OpenID Connect
 * Core 1.0, section 3.1.2.6) and from its token endpoint (RFC 6749, section 5.2). A page shows one of the
 * texts below, never anything written by the issuer or by the author of a forged callback URL:
 * error_description is dropped where it is read.
 */

#include "base/reason.h"
#include "base/str.h"

/* code, name on the wire, who can resolve it, text for the page */
#define SP_ISSUER_ERROR_TABLE(X)                                                                             \
    X(SP_ISSUER_ERROR_OTHER, "other", SP_MENDER_USER,                                                        \
      "It refused the sign-in without a reason that this site knows.")                                       \
    X(SP_ISSUER_ERROR_ACCESS_DENIED, "access_denied", SP_MENDER_ACCOUNT,                                     \
      "The sign-in was cancelled or access was denied.")                                                     \
    X(SP_ISSUER_ERROR_LOGIN_REQUIRED, "login_required", SP_MENDER_USER, "It requires you to sign in there.") \
    X(SP_ISSUER_ERROR_CONSENT_REQUIRED, "consent_required", SP_MENDER_USER, "It requires your consent.")     \
    X(SP_ISSUER_ERROR_INTERACTION_REQUIRED, "interaction_required", SP_MENDER_USER,                          \
      "It requires an answer from you.")                                                                     \
    X(SP_ISSUER_ERROR_ACCOUNT_SELECTION_REQUIRED, "account_selection_required", SP_MENDER_ACCOUNT,           \
      "It requires you to choose an account.")                                                               \
    X(SP_ISSUER_ERROR_INVALID_REQUEST, "invalid_request", SP_MENDER_OPERATOR,                                \
      "It did not understand the request.")                                                                  \
    X(SP_ISSUER_ERROR_UNAUTHORIZED_CLIENT, "unauthorized_client", SP_MENDER_OPERATOR,                        \
      "It does not allow this site to sign users in.")                                                       \
    X(SP_ISSUER_ERROR_UNSUPPORTED_RESPONSE_TYPE, "unsupported_response_type", SP_MENDER_OPERATOR,            \
      "It does not support the authorization code flow.")                                                    \
    X(SP_ISSUER_ERROR_INVALID_SCOPE, "invalid_scope", SP_MENDER_OPERATOR,                                    \
      "It does not support one of the requested scopes.")                                                    \
    X(SP_ISSUER_ERROR_SERVER_ERROR, "server_error", SP_MENDER_TIME, "It had an internal error.")             \
    X(SP_ISSUER_ERROR_TEMPORARILY_UNAVAILABLE, "temporarily_unavailable", SP_MENDER_TIME,                    \
      "It is not available at the moment.")                                                                  \
    X(SP_ISSUER_ERROR_INVALID_CLIENT, "invalid_client", SP_MENDER_OPERATOR,                                  \
      "It does not accept the client secret of this site.")                                                  \
    X(SP_ISSUER_ERROR_INVALID_GRANT, "invalid_grant", SP_MENDER_USER,                                        \
      "This sign-in is no longer valid there.")                                                              \
    X(SP_ISSUER_ERROR_UNSUPPORTED_GRANT_TYPE, "unsupported_grant_type", SP_MENDER_OPERATOR,                  \
      "It does not support the authorization code flow.")

enum sp_issuer_error {
#define X(code, name, mender, text) code,
    SP_ISSUER_ERROR_TABLE(X)
#undef X
        SP_ISSUER_ERROR_COUNT
};

/* SP_ISSUER_ERROR_OTHER for a name that is not in the table. */
enum sp_issuer_error sp_issuer_error_find(struct sp_str name);

const char *sp_issuer_error_name(enum sp_issuer_error error);

/* Who can resolve it: the user, time, or only the operator. */
enum sp_mender sp_issuer_error_mender(enum sp_issuer_error error);

/* A short English sentence for the page. */
const char *sp_issuer_error_text(enum sp_issuer_error error);

#endif

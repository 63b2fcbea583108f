/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_ISSUER_ERROR_H
#define SP_OIDC_ISSUER_ERROR_H

/*
 * The codes with which an issuer refuses, in a callback (RFC 6749, section 4.1.2.1; OpenID Connect Core 1.0,
 * section 3.1.2.6) and from its token endpoint (RFC 6749, section 5.2). A page shows one of the texts below,
 * and nothing written by the issuer or by whoever made up the callback URL: error_description is dropped
 * where it is read.
 */

#include "base/reason.h"
#include "base/str.h"

/* code, name on the wire, who can resolve it, text for the page */
#define SP_ISSUER_ERROR_TABLE(X)                                                                             \
    X(SP_ISSUER_ERROR_OTHER, "other", SP_MENDER_USER,                                                        \
      "The issuer refused the sign-in without a reason that is known here.")                                 \
    X(SP_ISSUER_ERROR_ACCESS_DENIED, "access_denied", SP_MENDER_ACCOUNT,                                     \
      "The sign-in was cancelled or access was denied.")                                                     \
    X(SP_ISSUER_ERROR_LOGIN_REQUIRED, "login_required", SP_MENDER_USER, "The issuer wants you to sign in.")  \
    X(SP_ISSUER_ERROR_CONSENT_REQUIRED, "consent_required", SP_MENDER_USER,                                  \
      "The issuer wants your consent.")                                                                      \
    X(SP_ISSUER_ERROR_INTERACTION_REQUIRED, "interaction_required", SP_MENDER_USER,                          \
      "The issuer wants to ask you something.")                                                              \
    X(SP_ISSUER_ERROR_ACCOUNT_SELECTION_REQUIRED, "account_selection_required", SP_MENDER_ACCOUNT,           \
      "The issuer wants you to choose an account.")                                                          \
    X(SP_ISSUER_ERROR_INVALID_REQUEST, "invalid_request", SP_MENDER_OPERATOR,                                \
      "The issuer did not understand the request.")                                                          \
    X(SP_ISSUER_ERROR_UNAUTHORIZED_CLIENT, "unauthorized_client", SP_MENDER_OPERATOR,                        \
      "The issuer does not let this application sign users in.")                                             \
    X(SP_ISSUER_ERROR_UNSUPPORTED_RESPONSE_TYPE, "unsupported_response_type", SP_MENDER_OPERATOR,            \
      "The issuer does not offer the authorization code flow.")                                              \
    X(SP_ISSUER_ERROR_INVALID_SCOPE, "invalid_scope", SP_MENDER_OPERATOR,                                    \
      "The issuer does not know a scope that was asked for.")                                                \
    X(SP_ISSUER_ERROR_SERVER_ERROR, "server_error", SP_MENDER_TIME, "The issuer met an error of its own.")   \
    X(SP_ISSUER_ERROR_TEMPORARILY_UNAVAILABLE, "temporarily_unavailable", SP_MENDER_TIME,                    \
      "The issuer is not available at the moment.")                                                          \
    X(SP_ISSUER_ERROR_INVALID_CLIENT, "invalid_client", SP_MENDER_OPERATOR,                                  \
      "The issuer does not accept this application's secret.")                                               \
    X(SP_ISSUER_ERROR_INVALID_GRANT, "invalid_grant", SP_MENDER_USER,                                        \
      "The sign-in is no longer valid at the issuer.")                                                       \
    X(SP_ISSUER_ERROR_UNSUPPORTED_GRANT_TYPE, "unsupported_grant_type", SP_MENDER_OPERATOR,                  \
      "The issuer does not offer the authorization code flow.")

enum sp_issuer_error {
#define X(code, name, mender, text) code,
    SP_ISSUER_ERROR_TABLE(X)
#undef X
        SP_ISSUER_ERROR_COUNT
};

/* SP_ISSUER_ERROR_OTHER for a name that is not in the table. */
enum sp_issuer_error sp_issuer_error_find(struct sp_str name);

const char *sp_issuer_error_name(enum sp_issuer_error error);

/* Whether the user, time, or only the operator can resolve it. */
enum sp_mender sp_issuer_error_mender(enum sp_issuer_error error);

/* A short English sentence for the page. */
const char *sp_issuer_error_text(enum sp_issuer_error error);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_ISSUER_ERROR_H
#define SP_OIDC_ISSUER_ERROR_H

/*
 * The codes an issuer refuses with, in a callback (RFC 6749, section 4.1.2.1; OpenID Connect Core 1.0,
 * section 3.1.2.6) and from its token endpoint (RFC 6749, section 5.2). A page shows one of the texts below
 * and nothing that the issuer, or whoever made up the callback's URL, has written: error_description is
 * dropped where it is read.
 */

#include "base/str.h"

/* code, name on the wire, text for the page */
#define SP_ISSUER_ERROR_TABLE(X)                                                                             \
    X(SP_ISSUER_ERROR_OTHER, "other", "The issuer refused the sign-in without a reason that is known here.") \
    X(SP_ISSUER_ERROR_ACCESS_DENIED, "access_denied", "The sign-in was cancelled or access was denied.")     \
    X(SP_ISSUER_ERROR_LOGIN_REQUIRED, "login_required", "The issuer wants you to sign in.")                  \
    X(SP_ISSUER_ERROR_CONSENT_REQUIRED, "consent_required", "The issuer wants your consent.")                \
    X(SP_ISSUER_ERROR_INTERACTION_REQUIRED, "interaction_required",                                          \
      "The issuer wants to ask you something.")                                                              \
    X(SP_ISSUER_ERROR_ACCOUNT_SELECTION_REQUIRED, "account_selection_required",                              \
      "The issuer wants you to choose an account.")                                                          \
    X(SP_ISSUER_ERROR_INVALID_REQUEST, "invalid_request", "The issuer did not understand the request.")      \
    X(SP_ISSUER_ERROR_UNAUTHORIZED_CLIENT, "unauthorized_client",                                            \
      "The issuer does not let this application sign users in.")                                             \
    X(SP_ISSUER_ERROR_UNSUPPORTED_RESPONSE_TYPE, "unsupported_response_type",                                \
      "The issuer does not offer the authorization code flow.")                                              \
    X(SP_ISSUER_ERROR_INVALID_SCOPE, "invalid_scope",                                                        \
      "The issuer does not know a scope that was asked for.")                                                \
    X(SP_ISSUER_ERROR_SERVER_ERROR, "server_error", "The issuer met an error of its own.")                   \
    X(SP_ISSUER_ERROR_TEMPORARILY_UNAVAILABLE, "temporarily_unavailable",                                    \
      "The issuer is not available at the moment.")                                                          \
    X(SP_ISSUER_ERROR_INVALID_CLIENT, "invalid_client",                                                      \
      "The issuer does not accept this application's secret.")                                               \
    X(SP_ISSUER_ERROR_INVALID_GRANT, "invalid_grant", "The sign-in is no longer valid at the issuer.")       \
    X(SP_ISSUER_ERROR_UNSUPPORTED_GRANT_TYPE, "unsupported_grant_type",                                      \
      "The issuer does not offer the authorization code flow.")

enum sp_issuer_error {
#define X(code, name, text) code,
    SP_ISSUER_ERROR_TABLE(X)
#undef X
        SP_ISSUER_ERROR_COUNT
};

/* SP_ISSUER_ERROR_OTHER for what is not in the table. */
enum sp_issuer_error sp_issuer_error_find(struct sp_str name);

const char *sp_issuer_error_name(enum sp_issuer_error error);

/* A short English sentence for the page. */
const char *sp_issuer_error_text(enum sp_issuer_error error);

#endif

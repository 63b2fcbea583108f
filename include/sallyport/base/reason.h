/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_REASON_H
#define SP_BASE_REASON_H

/*
 * Why a request was not simply allowed: one table of codes, each with the status and title of its response.
 * The same code appears in the response's X-Sallyport-Reason, in the log and in the metric, and operators'
 * alerts depend on the names. Zero is SP_REASON_NONE, which only an allowed request carries.
 *
 * Besides the reason, the code that reads a request reports which part of it is at fault. gate/cause.h puts
 * that into words.
 */

#include "base/str.h"

/* code, stable name, HTTP status, title of the problem document and the page */
#define SP_REASON_TABLE(X)                                                                                   \
    X(SP_REASON_NONE, "none", 200, "OK")                                                                     \
    X(SP_REASON_MALFORMED_REQUEST, "malformed_request", 400, "Bad request")                                  \
    X(SP_REASON_MISSING_HEADER, "missing_header", 400, "Bad request")                                        \
    X(SP_REASON_DUPLICATE_HEADER, "duplicate_header", 400, "Bad request")                                    \
    X(SP_REASON_ALIAS_HEADER, "alias_header", 400, "Bad request")                                            \
    X(SP_REASON_OVERRIDE_HEADER, "override_header", 400, "Bad request")                                      \
    X(SP_REASON_MALFORMED_HOST, "malformed_host", 400, "Bad request")                                        \
    X(SP_REASON_MALFORMED_URI, "malformed_uri", 400, "Bad request")                                          \
    X(SP_REASON_UNKNOWN_PREFIX, "unknown_prefix", 400, "Bad request")                                        \
    X(SP_REASON_BAD_CALLBACK, "bad_callback", 400, "This sign-in cannot be completed")                       \
    X(SP_REASON_BAD_RETURN_URL, "bad_return_url", 400, "Bad return address")                                 \
    X(SP_REASON_BAD_LOGIN_REQUEST, "bad_login_request", 400, "Bad sign-in request")                          \
    X(SP_REASON_BAD_LOGOUT_TOKEN, "bad_logout_token", 400, "Bad logout token")                               \
    X(SP_REASON_NO_SESSION, "no_session", 401, "Sign-in required")                                           \
    X(SP_REASON_SESSION_INVALID, "session_invalid", 401, "Sign-in required")                                 \
    X(SP_REASON_SESSION_EXPIRED, "session_expired", 401, "Your session has ended")                           \
    X(SP_REASON_SESSION_UNCONFIRMED, "session_unconfirmed", 401, "Your session could not be confirmed")      \
    X(SP_REASON_SESSION_REVOKED, "session_revoked", 401, "Your session has ended")                           \
    X(SP_REASON_SESSION_AMBIGUOUS, "session_ambiguous", 401, "Conflicting session cookies")                  \
    X(SP_REASON_COOKIES_REFUSED, "cookies_refused", 401, "Sign-in did not work")                             \
    X(SP_REASON_SIGNED_OUT, "signed_out", 401, "You are signed out")                                         \
    X(SP_REASON_BEARER_INVALID, "bearer_invalid", 401, "Token not accepted")                                 \
    X(SP_REASON_POLICY_DENIED, "policy_denied", 403, "Access denied")                                        \
    X(SP_REASON_RBAC_DENIED, "rbac_denied", 403, "Access denied")                                            \
    X(SP_REASON_EMAIL_UNVERIFIED, "email_unverified", 403, "E-mail address not verified")                    \
    X(SP_REASON_USER_NOT_REPRESENTABLE, "user_not_representable", 403, "User name cannot be used")           \
    X(SP_REASON_RESERVED_NAME, "reserved_name", 403, "User name reserved")                                   \
    X(SP_REASON_INSECURE_PROTO, "insecure_proto", 403, "HTTPS required")                                     \
    X(SP_REASON_IMPERSONATION_HEADER, "impersonation_header", 403, "Header not allowed")                     \
    X(SP_REASON_CROSS_SITE, "cross_site", 403, "Request from another site")                                  \
    X(SP_REASON_SUBRESOURCE_DENIED, "subresource_denied", 403, "Access denied")                              \
    X(SP_REASON_ISSUER_REFUSED, "issuer_refused", 403, "Sign-in refused")                                    \
    X(SP_REASON_NO_SUCH_PAGE, "no_such_page", 404, "No such page")                                           \
    X(SP_REASON_METHOD_NOT_ALLOWED, "method_not_allowed", 405, "Method not allowed")                         \
    X(SP_REASON_HOST_NOT_LISTED, "host_not_listed", 421, "Host not served here")                             \
    X(SP_REASON_UNKNOWN_POLICY, "unknown_policy", 500, "Misconfigured")                                      \
    X(SP_REASON_UNKNOWN_HEADERS, "unknown_headers", 500, "Misconfigured")                                    \
    X(SP_REASON_UNKNOWN_PARAMETER, "unknown_parameter", 500, "Misconfigured")                                \
    X(SP_REASON_SESSION_TOO_LARGE, "session_too_large", 500, "Session too large")                            \
    X(SP_REASON_TOKEN_INVALID, "token_invalid", 500, "Token not accepted")                                   \
    X(SP_REASON_ISSUER_UNAVAILABLE, "issuer_unavailable", 503, "Sign-in unavailable")                        \
    X(SP_REASON_ISSUER_UNUSABLE, "issuer_unusable", 503, "Sign-in unavailable")                              \
    X(SP_REASON_RBAC_UNAVAILABLE, "rbac_unavailable", 503, "Authorization unavailable")                      \
    X(SP_REASON_CREDENTIAL_UNAVAILABLE, "credential_unavailable", 503, "Application unavailable")            \
    X(SP_REASON_OVERLOADED, "overloaded", 503, "Too busy")                                                   \
    X(SP_REASON_SIGNED_IN, "signed_in", 302, "Signed in")                                                    \
    X(SP_REASON_RELAYED, "relayed", 302, "Continue at another address")                                      \
    X(SP_REASON_RENEWED, "renewed", 307, "Session renewed")

enum sp_reason {
#define X(code, name, status, title) code,
    SP_REASON_TABLE(X)
#undef X
        SP_REASON_COUNT
};

/* Who can resolve a refusal, where the reason alone does not determine it. */
enum sp_mender {
    SP_MENDER_BY_REASON,
    SP_MENDER_ACCOUNT,  /* the user, possibly with another account */
    SP_MENDER_USER,     /* the user, by starting again */
    SP_MENDER_TIME,     /* nobody: it resolves by itself */
    SP_MENDER_OPERATOR, /* the operator: the installation is at fault */
};

/* The part of a request that is at fault; either member may be empty. The views live as long as the
 * request. */
struct sp_fault {
    struct sp_str name;  /* the header or parameter in our spelling or as sent, or another part, such as
                            "request line" */
    struct sp_str value; /* its value without a query; for an alias, the header it could be mistaken for;
                            empty if the target is too long */
};

const char *sp_reason_name(enum sp_reason reason);
const char *sp_reason_title(enum sp_reason reason);

/* The HTTP status of the response for this reason. */
unsigned sp_reason_status(enum sp_reason reason);

#endif

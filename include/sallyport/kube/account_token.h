/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_ACCOUNT_TOKEN_H
#define SP_KUBE_ACCOUNT_TOKEN_H

/*
 * Requests tokens of one service account from the API server (TokenRequest), each before the last one
 * expires. This is a state machine: the caller reports events and times, and the machine returns what to
 * request next and when. It has no connection, clock or randomness of its own (io/account_tokens.h provides
 * them).
 *
 *   POST /api/v1/namespaces/NAMESPACE/serviceaccounts/NAME/token
 *   {"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600,
 *    "boundObjectRef":{"kind":"Secret","apiVersion":"v1","name":"…"}}}
 *
 *   201 {…,"spec":{"expirationSeconds":3600,…},
 *        "status":{"token":"…","expirationTimestamp":"2026-11-24T12:00:00Z"}}
 *
 * The Secret is named without its uid, which only the API server knows. The server binds the token to the
 * Secret that exists at that moment.
 *
 * A new token is requested at 80 % of the old one's lifetime, or of the requested lifetime if that is
 * shorter. The old token stays in use until it expires, even if requests fail in the meantime.
 *
 * The lifetime is computed without comparing two clocks. The token's `exp` and `iat` and the response's
 * `expirationTimestamp` are all times of the API server. The lifetime is the earlier of the two expiries
 * minus `iat` or, if the token has no `iat`, the `expirationSeconds` that the server grants. It is counted
 * from the time at which the request was sent, on a monotonic clock. The token was made later than that, so
 * it is never used after its expiry, however far the clocks of the two machines differ.
 *
 * Everything that a server can make grow has a limit: SP_ACCOUNT_TOKEN_ANSWER_MAX bytes for its response,
 * SP_ACCOUNT_TOKEN_MAX for a token. An unexpectedly short lifetime causes at most one request per
 * SP_ATTEMPT_DELAY_MIN_MS.
 *
 * Sources: "TokenRequest" of the Kubernetes API, authentication.k8s.io/v1; KEP-1205, bound service account
 * tokens.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/random.h"
#include "http/exchange.h"

#define SP_ACCOUNT_TOKEN_LIFE_S     3600 /* requested lifetime; the API server grants no less than 600 */
#define SP_ACCOUNT_TOKEN_LIFE_MAX_S (400 * 24 * 3600) /* a longer lifetime is treated as this one */
#define SP_ACCOUNT_TOKEN_MAX        16384             /* bytes of one token */
#define SP_ACCOUNT_TOKEN_ANSWER_MAX (64 * 1024)
#define SP_ACCOUNT_TOKEN_TARGET_MAX 512  /* bytes of the path */
#define SP_ACCOUNT_TOKEN_BODY_MAX   1024 /* bytes of the request's body */

/* The result of an attempt. The names are for logs. */
#define SP_ACCOUNT_TOKEN_CAUSE_TABLE(X)                                                                      \
    X(SP_ACCOUNT_TOKEN_NO_FAILURE, "none")                                                                   \
    X(SP_ACCOUNT_TOKEN_UNREACHABLE, "unreachable")                                                           \
    X(SP_ACCOUNT_TOKEN_UNAUTHORIZED, "unauthorized")                                                         \
    X(SP_ACCOUNT_TOKEN_FORBIDDEN, "forbidden")                                                               \
    X(SP_ACCOUNT_TOKEN_NOT_FOUND, "not_found") /* the account or the Secret does not exist */                \
    X(SP_ACCOUNT_TOKEN_REFUSED, "refused")     /* any other error status */                                  \
    X(SP_ACCOUNT_TOKEN_TOO_LARGE, "too_large")                                                               \
    X(SP_ACCOUNT_TOKEN_MALFORMED, "malformed")

enum sp_account_token_cause {
#define X(code, name) code,
    SP_ACCOUNT_TOKEN_CAUSE_TABLE(X)
#undef X
};

const char *sp_account_token_cause_name(enum sp_account_token_cause cause);

struct sp_account_token {
    struct sp_str namespace;
    struct sp_str name;
    const char *secret;                /* the Secret that the token is bound to; NULL: none */
    struct sp_buf text;                /* the token in use; empty: none */
    int64_t ends_ms;                   /* when that token expires */
    int64_t due_ms;                    /* when the next request is due */
    bool is_asking;                    /* a request is in progress */
    int64_t asked_ms;                  /* when that request was sent */
    unsigned failures_n;               /* failed attempts since the last success */
    enum sp_account_token_cause cause; /* result of the last attempt that has ended */
    struct sp_diag detail;             /* explains `cause`, and says what to do; never contains a token */
};

/* Borrows both strings. `account` is NAMESPACE/NAME and must be well-formed (config/credentials_section.h).
 * The first request is due at once. */
void sp_account_token_init(struct sp_account_token *token, const char *account, const char *secret,
                           int64_t now_ms);

void sp_account_token_done(struct sp_account_token *token);

enum sp_account_token_command {
    SP_ACCOUNT_TOKEN_WAIT,  /* nothing to do before sp_account_token_due_ms */
    SP_ACCOUNT_TOKEN_ASK,   /* send the request */
    SP_ACCOUNT_TOKEN_ENDED, /* the token in use has expired and was removed; call again */
};

/* When to call sp_account_token_tick next, unless something happens first. INT64_MAX: not before the current
 * request has ended. */
int64_t sp_account_token_due_ms(const struct sp_account_token *token);

/* Returns what to do now. With SP_ACCOUNT_TOKEN_ASK, appends the path to `target` and the JSON to `body`. */
enum sp_account_token_command sp_account_token_tick(struct sp_account_token *token, int64_t now_ms,
                                                    struct sp_buf *target, struct sp_buf *body)
    __attribute__((warn_unused_result));

/* Call this when the request has ended. `cause` then shows whether it failed; if not, `text` is a new
 * token. */
void sp_account_token_end(struct sp_account_token *token, const struct sp_exchange_response *response,
                          int64_t now_ms, const struct sp_random *random);

/* Call this when the server's address or credentials have changed. The next request is then due at once. */
void sp_account_token_hurry(struct sp_account_token *token, int64_t now_ms);

#endif

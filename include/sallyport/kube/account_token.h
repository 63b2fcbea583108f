/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_ACCOUNT_TOKEN_H
#define SP_KUBE_ACCOUNT_TOKEN_H

/*
 * The token of one service account, asked for at the API server (TokenRequest) and kept fresh, as a state
 * machine: it is told what came and when, and says what to ask next and when. It has no connection, no clock
 * and no randomness of its own (io/account_tokens.h has).
 *
 *   POST /api/v1/namespaces/NAMESPACE/serviceaccounts/NAME/token
 *   {"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600,
 *    "boundObjectRef":{"kind":"Secret","apiVersion":"v1","name":"…"}}}
 *
 *   201 {…,"spec":{"expirationSeconds":3600,…},
 *        "status":{"token":"…","expirationTimestamp":"2026-11-24T12:00:00Z"}}
 *
 * The Secret is named without its uid, which only the API server knows: it binds the token to the one that is
 * there.
 *
 * A new token is asked for at 80 % of the life of the old one, which serves until it ends, whatever fails
 * meanwhile.
 *
 * How long it lives is read without comparing two clocks. Both ends that the answer names, the token's `exp`
 * and `expirationTimestamp`, are times of the API server, and so is the token's `iat`: the life is the
 * earlier of the two less `iat`, or where the token does not say when it was made, the `expirationSeconds`
 * that the server grants. It is counted from when the request was sent, on a clock that nobody sets: the
 * token was made later than that, so that it is never used past its end, however far the clocks of the two
 * machines are apart.
 *
 * What a server can make grow has a limit: its answer SP_ACCOUNT_TOKEN_ANSWER_MAX bytes, a token
 * SP_ACCOUNT_TOKEN_MAX. A life that is shorter than expected makes no more than a request in
 * SP_ATTEMPT_DELAY_MIN_MS.
 *
 * Sources: "TokenRequest" of the Kubernetes API, authentication.k8s.io/v1; KEP-1205, bound service account
 * tokens.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/random.h"
#include "http/exchange.h"

#define SP_ACCOUNT_TOKEN_LIFE_S     3600 /* that is asked for; the API server grants no less than 600 */
#define SP_ACCOUNT_TOKEN_LIFE_MAX_S (400 * 24 * 3600) /* of one that lives longer no more is believed */
#define SP_ACCOUNT_TOKEN_MAX        16384             /* bytes of a token */
#define SP_ACCOUNT_TOKEN_ANSWER_MAX (64 * 1024)
#define SP_ACCOUNT_TOKEN_TARGET_MAX 512  /* bytes of the path */
#define SP_ACCOUNT_TOKEN_BODY_MAX   1024 /* bytes of the request's body */

/* What an attempt ended with. The names are for logs. */
#define SP_ACCOUNT_TOKEN_CAUSE_TABLE(X)                                                                      \
    X(SP_ACCOUNT_TOKEN_NO_FAILURE, "none")                                                                   \
    X(SP_ACCOUNT_TOKEN_UNREACHABLE, "unreachable")                                                           \
    X(SP_ACCOUNT_TOKEN_UNAUTHORIZED, "unauthorized")                                                         \
    X(SP_ACCOUNT_TOKEN_FORBIDDEN, "forbidden")                                                               \
    X(SP_ACCOUNT_TOKEN_NOT_FOUND, "not_found") /* the account, or the Secret */                              \
    X(SP_ACCOUNT_TOKEN_REFUSED, "refused")     /* any other status */                                        \
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
    const char *secret;                /* NULL: bound to none */
    struct sp_buf text;                /* of the token that serves; empty: there is none */
    int64_t ends_ms;                   /* when that one ends */
    int64_t due_ms;                    /* when the next request is due */
    bool is_asking;                    /* a request is under way */
    int64_t asked_ms;                  /* when it was sent */
    unsigned failures_n;               /* since the last success */
    enum sp_account_token_cause cause; /* of the last attempt, once it has ended */
    struct sp_diag detail;             /* of the cause: what it is, and what to do; never a token */
};

/* Borrows both: `account` is NAMESPACE/NAME, and its grammar was checked (config/credentials_section.h). A
 * request is due at once. */
void sp_account_token_init(struct sp_account_token *token, const char *account, const char *secret,
                           int64_t now_ms);

void sp_account_token_done(struct sp_account_token *token);

enum sp_account_token_command {
    SP_ACCOUNT_TOKEN_WAIT,  /* nothing to do before sp_account_token_due_ms */
    SP_ACCOUNT_TOKEN_ASK,   /* send the request */
    SP_ACCOUNT_TOKEN_ENDED, /* the token that served has ended and is gone; there may be more to do at once */
};

/* When sp_account_token_tick is to be called next, if nothing happens before. INT64_MAX: not before the
 * request under way has ended. */
int64_t sp_account_token_due_ms(const struct sp_account_token *token);

/* What is to be done now. With SP_ACCOUNT_TOKEN_ASK the path is appended to `target` and the JSON to
 * `body`. */
enum sp_account_token_command sp_account_token_tick(struct sp_account_token *token, int64_t now_ms,
                                                    struct sp_buf *target, struct sp_buf *body)
    __attribute__((warn_unused_result));

/* The request is over. `cause` then says whether that is a failure; without one `text` is a new token. */
void sp_account_token_end(struct sp_account_token *token, const struct sp_exchange_response *response,
                          int64_t now_ms, const struct sp_random *random);

/* How the server is reached has changed: the next request is due at once. */
void sp_account_token_hurry(struct sp_account_token *token, int64_t now_ms);

#endif

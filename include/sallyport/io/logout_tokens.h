/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_LOGOUT_TOKENS_H
#define SP_IO_LOGOUT_TOKENS_H

/*
 * Takes the logout tokens of the issuer (oidc/logout_token.h): what one names is put into the table of
 * revocations, which all loops share, so that whoever is told that it was taken may count on it.
 *
 *   sub and sid   the sessions of that `sid`, of that user
 *   sub           all sessions of that user
 *   sid           all sessions of that `sid`
 *
 * These end that began by the time at which the token was taken, and so do logins that began by then and are
 * completed later (sp_revocations_end_login). An id that no session has yet is kept like any other.
 *
 * A token is verified on the loop that it came to. Only where none of the known keys verifies it, the key may
 * be new, and the worker fetches the key set, throttled (io/issuer.h). Such a token is refused when none of
 * the keys that were asked for after it came verifies it, and not before: strangers may have used up what
 * the throttle lets through.
 *
 * Who sends it waits for at most SP_LOGOUT_TOKENS_ANSWER_MS: issuers wait for 2.5 s and let their user wait
 * meanwhile, and none sends a token again. So the token outlives who waits, and counts also when it is
 * verified later. It does so, too, where there is no room to wait in; SP_LOGOUT_TOKENS_PENDING_MAX are kept,
 * each until there are keys, but while the issuer is away for no longer than a token can be old.
 */

#include "io/issuer.h"
#include "io/waiting.h"
#include "oidc/logout_token.h"
#include "session/replays.h"
#include "session/revocations.h"

#define SP_LOGOUT_TOKENS_ANSWER_MS   1800
#define SP_LOGOUT_TOKENS_PENDING_MAX 128
#define SP_LOGOUT_TOKENS_KEPT_MS     (SP_LOGOUT_TOKEN_AGE_MAX_S * 1000)
#define SP_LOGOUT_TOKENS_TEXT_MAX    (16 * 1024) /* bytes of a token; the body that it came in is no longer */

/* The outcome of a wait for one; whoever waited frees it. */
struct sp_logout_outcome {
    enum sp_logout_result result;
    struct sp_diag diag; /* why it was refused; never quotes it */
};

struct sp_logout_tokens;

/* Whose they are, and what they end; all borrowed for good. `worker`, `issuer` and `waiting` are needed only
 * to fetch keys. */
struct sp_logout_tokens_use {
    struct sp_worker *worker;
    struct sp_issuer *issuer;
    struct sp_waiting *waiting;
    struct sp_metrics *metrics; /* of the worker */
    const char *issuer_name;
    struct sp_str client_id;
    struct sp_revocations *revocations;
    int64_t skew_s;     /* how far the issuer's clock may be from ours */
    int64_t lifetime_s; /* the longest that a session or bearer token may live */
};

/* NULL without memory. */
struct sp_logout_tokens *sp_logout_tokens_new(const struct sp_logout_tokens_use *use)
    __attribute__((warn_unused_result));

/* From any thread: these two count from now on. */
void sp_logout_tokens_set_times(struct sp_logout_tokens *tokens, int64_t skew_s, int64_t lifetime_s);

/* After the worker and the loops have ended. Accepts NULL. */
void sp_logout_tokens_free(struct sp_logout_tokens *tokens);

/*
 * From any thread, whose counters `metrics` are: takes a token, and counts it unless it is unverified, which
 * here means that a newer key set may have the key for it.
 *
 *   keyset  NULL: no keys yet
 *   diag    why it was refused, and by which keys it could not be verified
 */
enum sp_logout_result sp_logout_tokens_take(struct sp_logout_tokens *tokens, struct sp_str text,
                                            const struct sp_keyset *keyset, struct sp_metrics *metrics,
                                            struct sp_diag *diag) __attribute__((warn_unused_result));

/*
 * From a loop: takes it with keys that are fetched first. NULL: `wait` waits, and is posted once with a
 * struct sp_logout_outcome, or with NULL without memory. Else nobody waits, and it says why, for the log; the
 * token is taken all the same if there is room for it. `text` is copied.
 */
const char *sp_logout_tokens_begin(struct sp_logout_tokens *tokens, struct sp_str text, struct sp_wait *wait)
    __attribute__((warn_unused_result));

#endif

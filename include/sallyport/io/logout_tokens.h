/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_LOGOUT_TOKENS_H
#define SP_IO_LOGOUT_TOKENS_H

/*
 * Accepts the logout tokens of the issuer (oidc/logout_token.h). Their content is added to the table of
 * revocations, which all loops share, so an accepted token takes effect everywhere at once.
 *
 *   sub and sid   the sessions with that `sid`, of that user
 *   sub           all sessions of that user
 *   sid           all sessions with that `sid`
 *
 * This ends the sessions that began before the token was accepted, and the logins that began before then and
 * are completed later (sp_revocations_end_login). An id that no session has yet is stored like any other.
 *
 * A token is verified on the loop that received it. If no known key verifies it, the key may be new, and the
 * worker fetches the key set, throttled (io/issuer.h). Such a token is refused only once keys that were
 * requested after its arrival have failed to verify it, because untrusted clients may have used up the
 * allowance.
 *
 * The sender waits for at most SP_LOGOUT_TOKENS_ANSWER_MS. Issuers wait for 2.5 s, while their user waits
 * too, and never send a token again. So the token outlives the wait, and takes effect even if it is verified
 * later, and even if there was no place to wait. SP_LOGOUT_TOKENS_PENDING_MAX tokens are stored, each until
 * keys arrive, but while the issuer is unreachable no longer than the maximum age of a token.
 */

#include "io/issuer.h"
#include "io/waiting.h"
#include "oidc/logout_token.h"
#include "session/replays.h"
#include "session/revocations.h"

#define SP_LOGOUT_TOKENS_ANSWER_MS   1800
#define SP_LOGOUT_TOKENS_PENDING_MAX 128
#define SP_LOGOUT_TOKENS_KEPT_MS     (SP_LOGOUT_TOKEN_AGE_MAX_S * 1000)
#define SP_LOGOUT_TOKENS_TEXT_MAX    (16 * 1024) /* bytes of a token, and of the body that contains it */

/* The outcome of a wait for a token; the waiting request frees it. */
struct sp_logout_outcome {
    enum sp_logout_result result;
    struct sp_diag diag; /* why the token was refused; never quotes the token */
};

struct sp_logout_tokens;

/* The source of the tokens, and the table that they change. All are borrowed and must outlive it. `worker`,
 * `issuer` and `waiting` are needed only to fetch keys. */
struct sp_logout_tokens_use {
    struct sp_worker *worker;
    struct sp_issuer *issuer;
    struct sp_waiting *waiting;
    struct sp_metrics *metrics; /* the worker's shard */
    const char *issuer_name;
    struct sp_str client_id;
    struct sp_revocations *revocations;
    int64_t skew_s;     /* the allowed difference between the issuer's clock and ours */
    int64_t lifetime_s; /* the longest lifetime of a session or bearer token */
};

/* NULL if out of memory. */
struct sp_logout_tokens *sp_logout_tokens_new(const struct sp_logout_tokens_use *use)
    __attribute__((warn_unused_result));

/* From any thread: changes `skew_s` and `lifetime_s`. */
void sp_logout_tokens_set_times(struct sp_logout_tokens *tokens, int64_t skew_s, int64_t lifetime_s);

/* After the worker and the loops have ended. Accepts NULL. */
void sp_logout_tokens_free(struct sp_logout_tokens *tokens);

/*
 * From any thread, whose counters are `metrics`: accepts or refuses a token. Counts it unless the result is
 * SP_LOGOUT_UNVERIFIED, which means here that a newer key set may contain its key.
 *
 *   keyset  NULL: no keys yet
 *   diag    why it was refused, with the keys that could not verify it
 */
enum sp_logout_result sp_logout_tokens_take(struct sp_logout_tokens *tokens, struct sp_str text,
                                            const struct sp_keyset *keyset, struct sp_metrics *metrics,
                                            struct sp_diag *diag) __attribute__((warn_unused_result));

/*
 * From a loop: fetches keys, and then accepts the token with them. Returns NULL if `wait` waits. It is then
 * posted once with a struct sp_logout_outcome, or with NULL if out of memory. Otherwise `wait` does
 * not wait, and the returned text states why, for the log; the token is accepted anyway if there is a place
 * for it. `text` is copied.
 */
const char *sp_logout_tokens_begin(struct sp_logout_tokens *tokens, struct sp_str text, struct sp_wait *wait)
    __attribute__((warn_unused_result));

#endif

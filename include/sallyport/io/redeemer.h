/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_REDEEMER_H
#define SP_IO_REDEEMER_H

/*
 * Redeems the codes of callbacks: runs the state machine of oidc/redemption.h on the worker and posts the
 * outcome to the loop that asked.
 *
 * A code is redeemed once. A second callback of the same login with the same code (a double click, a reloaded
 * page) joins the first one's call, or gets its outcome for SP_REDEEMER_KEPT_MS after; issuers answer a
 * second redemption by revoking what the first one gave (RFC 6749, section 4.1.2). Only one with the login
 * cookie gets this far, so the outcome is not shared with anybody else.
 *
 * A request that waits holds a connection and memory for as long as the issuer takes. So those that wait are
 * counted, under the lock, by the loop that submits: what is refused is refused at once, before the worker
 * hears of it.
 *
 *   2 for one code    a person who presses twice
 *   4 for one login   somebody who went back to the issuer and has a second code, twice
 *   128 in all        and never more than a quarter of the connections that there may be; of those that came
 *                     by the pages listener, which has fewer, never more than a quarter of its own
 *
 * A request whose client is gone is withdrawn: it gives its place back at once. Its code is redeemed all the
 * same, since another request may come for the outcome. Such calls hold memory too, so they have two limits
 * of their own: 4 codes of one login, 128 in all. An honest login has one code, or a second when somebody
 * went back to the issuer. Without the lower limit, one login with invented codes would keep all others out
 * for as long as the token endpoint is slow.
 */

#include "io/issuer.h"
#include "io/mailbox.h"
#include "oidc/redemption.h"
#include "session/login.h"

#define SP_REDEEMER_CODE_WAITING_MAX 2
#define SP_REDEEMER_LOGIN_MAX        4   /* requests that wait, and codes being redeemed */
#define SP_REDEEMER_WAITING_MAX      128 /* at most; see struct sp_redeemer_limits */
#define SP_REDEEMER_IN_FLIGHT_MAX    128
#define SP_REDEEMER_KEPT_MAX         256
#define SP_REDEEMER_KEPT_MS          30000

/* What depends on how many connections there may be: of the requests that wait, all, and those of the pages
 * listener. */
struct sp_redeemer_limits {
    size_t waiting_max;
    size_t pages_waiting_max;
};

struct sp_redeemer_limits sp_redeemer_limits_of(size_t auth_connections_max, size_t pages_connections_max);

/* What came of it; shared and immutable. */
struct sp_redeemed {
    atomic_uint refs;
    enum sp_reason reason;             /* SP_REASON_NONE: `redemption` is in step DONE */
    struct sp_redemption *redemption;  /* NULL when it never began */
    struct sp_issuer_documents *first; /* kept for the redemption, which borrows from them */
    struct sp_issuer_documents *second;
};

void sp_redeemed_unref(struct sp_redeemed *redeemed);

struct sp_flight;

struct sp_redeem_job {
    struct sp_message message; /* the way back: deliver is set by the asker, who frees the job */
    struct sp_mailbox *mailbox;
    struct sp_redeem_job *next;
    struct sp_flight *flight; /* that it waits for */
    void *context;            /* the asker's */
    bool is_by_pages;         /* it came by the pages listener */
    struct sp_flow_id flow;
    struct sp_buf code; /* this and the next are empty once they were handed on */
    struct sp_buf redirect_uri;
    char verifier[SP_LOGIN_SECRET_TEXT_LEN];
    char nonce[SP_LOGIN_SECRET_TEXT_LEN];
    struct sp_redeemed *redeemed; /* the outcome: one reference of the job */
};

/* `client` is borrowed for good. NULL without memory. */
struct sp_redeemer *sp_redeemer_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                    const struct sp_client *client, struct sp_redeemer_limits limits);

/* After the worker and the loops have ended. Jobs under way are freed without an answer. */
void sp_redeemer_free(struct sp_redeemer *redeemer);

/* NULL without memory. */
struct sp_redeem_job *sp_redeem_job_new(struct sp_mailbox *mailbox);
void sp_redeem_job_free(struct sp_redeem_job *job);

/*
 * From a loop. NULL: the job waits, and `job->message.deliver` runs on the loop of its mailbox later, exactly
 * once. Else it is refused: what is full, for the log, and the job is still the caller's.
 */
const char *sp_redeemer_submit(struct sp_redeemer *redeemer, struct sp_redeem_job *job)
    __attribute__((warn_unused_result));

/* From the loop that submitted it: nobody waits for the job any more. True: it is the caller's again. False:
 * its answer is on the way, and `deliver` still runs. */
bool sp_redeemer_withdraw(struct sp_redeemer *redeemer, struct sp_redeem_job *job)
    __attribute__((warn_unused_result));

#endif

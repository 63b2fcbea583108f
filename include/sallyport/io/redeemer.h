/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_REDEEMER_H
#define SP_IO_REDEEMER_H

/*
 * Redeems the codes of callbacks: runs the state machine of oidc/redemption.h on the outbound thread and
 * posts the outcome to the loop that asked.
 *
 * A code is redeemed once. A second callback of the same login with the same code (a double click, a reloaded
 * page) joins the first one's call, or gets its outcome for SP_REDEEMER_KEPT_MS after; issuers answer a
 * second redemption by revoking what the first one gave (RFC 6749, section 4.1.2). Only one with the login
 * cookie gets this far, so the outcome is not shared with anybody else. At most SP_REDEEMER_IN_FLIGHT_MAX are
 * under way, and SP_REDEEMER_LOGIN_IN_FLIGHT_MAX of them of one login; more are told that we are busy. An
 * honest login has one code, or a second when somebody went back to the issuer; without the lower ceiling,
 * one login with invented codes would keep all others out for as long as the token endpoint is slow.
 */

#include "io/issuer.h"
#include "io/post.h"
#include "oidc/redemption.h"
#include "session/login.h"

#define SP_REDEEMER_IN_FLIGHT_MAX       128
#define SP_REDEEMER_LOGIN_IN_FLIGHT_MAX 4
#define SP_REDEEMER_KEPT_MAX            256
#define SP_REDEEMER_KEPT_MS             30000

/* What came of it; shared and immutable. */
struct sp_redeemed {
    atomic_uint refs;
    enum sp_reason reason;             /* SP_REASON_NONE: `redemption` is in step DONE */
    struct sp_redemption *redemption;  /* NULL when it never began */
    struct sp_issuer_documents *first; /* kept for the redemption, which borrows from them */
    struct sp_issuer_documents *second;
};

void sp_redeemed_unref(struct sp_redeemed *redeemed);

struct sp_redeem_job {
    struct sp_task task;       /* on the way there */
    struct sp_message message; /* and back: deliver is set by the asker, who frees the job */
    struct sp_redeemer *redeemer;
    struct sp_mailbox *mailbox;
    struct sp_redeem_job *next;
    void *context; /* the asker's */
    struct sp_flow_id flow;
    struct sp_buf code; /* wiped once it was handed on */
    struct sp_buf redirect_uri;
    char verifier[SP_LOGIN_SECRET_TEXT_LEN];
    char nonce[SP_LOGIN_SECRET_TEXT_LEN];
    struct sp_redeemed *redeemed; /* the outcome: one reference of the job */
};

/* `client` is borrowed for good. NULL without memory. */
struct sp_redeemer *sp_redeemer_new(struct sp_outbound *outbound, struct sp_issuer *issuer,
                                    const struct sp_client *client);

/* After the outbound thread has ended. Jobs under way are freed without an answer. */
void sp_redeemer_free(struct sp_redeemer *redeemer);

/* From a loop: `job->message.deliver` runs there later, exactly once. NULL without memory. */
struct sp_redeem_job *sp_redeem_job_new(struct sp_mailbox *mailbox);
void sp_redeem_job_free(struct sp_redeem_job *job);
void sp_redeemer_submit(struct sp_redeemer *redeemer, struct sp_redeem_job *job);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_RENEWAL_OUTCOME_H
#define SP_IO_RENEWAL_OUTCOME_H

/*
 * The outcome of a renewal (io/renewals.h). The requests that waited share one object, which is immutable.
 * For later requests it is saved as strings, in a fraction of the memory, and restored from them.
 */

#include "io/code_exchange_run.h"
#include "io/metrics.h"
#include "session/session.h"

#define SP_RENEWAL_GRANT_MAX (SP_SESSION_PAYLOAD_MAX + 1) /* bytes of a token and its sid, from a cookie */

/* The outcome of a wait for a renewal. */
struct sp_renewal_outcome {
    atomic_uint refs;
    enum sp_renewal_result result;
    int64_t at_s;                     /* when the issuer responded */
    struct sp_code_outcome *exchange; /* if RENEWED, has the claims; otherwise NULL once it is posted */
    struct sp_refresh_grant grant;    /* if RENEWED, the user's newest refresh token; borrows from `bytes` */
    struct sp_buf bytes;
};

/* Takes `exchange`, which determines the result; `at_s` is the current time. NULL if out of memory. */
struct sp_renewal_outcome *sp_renewal_outcome_new(struct sp_code_outcome *exchange);

/* From any thread. Accepts NULL. */
void sp_renewal_outcome_unref(struct sp_renewal_outcome *outcome);

/* Logs why a call for `sub` failed. */
void sp_renewal_outcome_log(const struct sp_renewal_outcome *outcome, struct sp_str sub);

/* A saved outcome; must be initialized with zeros. */
struct sp_saved_renewal {
    int64_t at_s;
    int64_t claims_issued_s;
    int64_t claims_expires_s;
    int64_t grant_lifetime_s;
    struct sp_refresh_grant grant; /* borrows from `bytes` */
    struct sp_buf bytes;
    struct sp_buf text; /* written by sp_code_exchange_save */
};

/* Saves an outcome that is RENEWED, replacing the previous one. False if out of memory: `saved` is then
 * empty. */
bool sp_saved_renewal_make(struct sp_saved_renewal *saved, const struct sp_renewal_outcome *outcome)
    __attribute__((warn_unused_result));

/* A new outcome; NULL if out of memory. */
struct sp_renewal_outcome *sp_saved_renewal_restore(const struct sp_saved_renewal *saved,
                                                    const struct sp_client *client);

/* The memory that its strings occupy, in bytes. */
size_t sp_saved_renewal_memory(const struct sp_saved_renewal *saved);

/* Wipes and frees its strings; afterwards it is empty. */
void sp_saved_renewal_done(struct sp_saved_renewal *saved);

#endif

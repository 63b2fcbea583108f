/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_RENEWAL_OUTCOME_H
#define SP_IO_RENEWAL_OUTCOME_H

/*
 * What came of a renewal (io/renewals.h). Those who waited share one, which is immutable. For those who come
 * late it is saved, as texts in a fraction of the memory, and made anew of them.
 */

#include "io/code_exchange_run.h"
#include "io/metrics.h"

/* The outcome of a wait for a renewal. */
struct sp_renewal_outcome {
    atomic_uint refs;
    enum sp_renewal_result result;
    int64_t at_s;                     /* when the issuer said so */
    struct sp_code_outcome *exchange; /* RENEWED: its claims; else NULL once it was posted */
    struct sp_refresh_grant grant;    /* RENEWED: the newest token of the user; its texts are in `bytes` */
    struct sp_buf bytes;
};

/* Takes `exchange`, which says what the result is; it is now. NULL without memory. */
struct sp_renewal_outcome *sp_renewal_outcome_new(struct sp_code_outcome *exchange);

/* From any thread. Accepts NULL. */
void sp_renewal_outcome_unref(struct sp_renewal_outcome *outcome);

/* Says why a call for `sub` failed. */
void sp_renewal_outcome_log(const struct sp_renewal_outcome *outcome, struct sp_str sub);

/* Starts from zero. */
struct sp_saved_renewal {
    int64_t at_s;
    int64_t claims_issued_s;
    int64_t claims_expires_s;
    int64_t grant_lifetime_s;
    struct sp_refresh_grant grant; /* its texts are in `bytes` */
    struct sp_buf bytes;
    struct sp_buf text; /* of sp_code_exchange_save */
};

/* Saves one that is RENEWED, in place of what is there. False without memory: nothing is there. */
bool sp_saved_renewal_make(struct sp_saved_renewal *saved, const struct sp_renewal_outcome *outcome)
    __attribute__((warn_unused_result));

/* A new outcome; NULL without memory. */
struct sp_renewal_outcome *sp_saved_renewal_restore(const struct sp_saved_renewal *saved,
                                                    const struct sp_client *client);

/* Bytes of its texts. */
size_t sp_saved_renewal_memory(const struct sp_saved_renewal *saved);

/* Wipes; it is as at the start. */
void sp_saved_renewal_done(struct sp_saved_renewal *saved);

#endif

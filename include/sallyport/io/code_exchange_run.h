/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_CODE_EXCHANGE_RUN_H
#define SP_IO_CODE_EXCHANGE_RUN_H

/*
 * Runs the state machine of oidc/code_exchange.h on the worker, from its first call to its end, for a code
 * (io/code_exchanges.h) or a refresh token (io/renewals.h). The outcome is shared and immutable.
 */

#include "io/issuer.h"
#include "oidc/code_exchange.h"

struct sp_code_outcome {
    atomic_uint refs;
    enum sp_reason reason;                  /* SP_REASON_NONE: `code_exchange` is in step DONE */
    struct sp_code_exchange *code_exchange; /* NULL if it never began */
    struct sp_issuer_documents *first;      /* held for the code exchange, which borrows from them */
    struct sp_issuer_documents *second;
};

struct sp_code_outcome *sp_code_outcome_ref(struct sp_code_outcome *outcome);

/* From any thread. Accepts NULL. */
void sp_code_outcome_unref(struct sp_code_outcome *outcome);

struct sp_code_exchange_run;

/* On the worker, once: `run->outcome` is complete. May be called before sp_code_exchange_run_begin
 * returns. */
typedef void sp_code_exchange_end_fn(struct sp_code_exchange_run *run);

struct sp_code_exchange_run {
    struct sp_code_outcome *outcome; /* one reference, released by the owner of the run */
    struct sp_worker *worker;
    struct sp_issuer *issuer;
    sp_code_exchange_end_fn *end;
    struct sp_issuer_waiter waiter;
};

/* False if out of memory. */
bool sp_code_exchange_run_init(struct sp_code_exchange_run *run, struct sp_worker *worker,
                               struct sp_issuer *issuer, sp_code_exchange_end_fn *end)
    __attribute__((warn_unused_result));

/* On the worker, once. Sets the issuer's documents in `input`. */
void sp_code_exchange_run_begin(struct sp_code_exchange_run *run, struct sp_code_exchange_input *input);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "io/code_exchange_run.h"

#include "io/clock.h"

#include <stdlib.h>

struct sp_code_outcome *sp_code_outcome_ref(struct sp_code_outcome *outcome)
{
    atomic_fetch_add(&outcome->refs, 1);
    return outcome;
}

void sp_code_outcome_unref(struct sp_code_outcome *outcome)
{
    if (outcome != NULL && atomic_fetch_sub(&outcome->refs, 1) == 1) {
        sp_code_exchange_free(outcome->code_exchange);
        sp_issuer_documents_unref(outcome->first);
        sp_issuer_documents_unref(outcome->second);
        free(outcome);
    }
}

static void end(struct sp_code_exchange_run *run, enum sp_reason reason)
{
    run->outcome->reason = reason;
    run->end(run);
}

/* ---- steps ----------------------------------------------------------------------------------------- */

static void advance(struct sp_code_exchange_run *run, enum sp_code_exchange_step step);

static void take_documents(struct sp_code_exchange_run *run, struct sp_issuer_documents *documents)
{
    sp_issuer_documents_unref(run->outcome->second);
    run->outcome->second = sp_issuer_documents_ref(documents);
}

static void on_response(void *context, const struct sp_exchange_response *response)
{
    struct sp_code_exchange_run *run = context;
    sp_issuer_note_response(run->issuer, response);
    struct sp_issuer_documents *current = sp_issuer_current(run->issuer);
    if (current != run->outcome->first) {
        /* The keys have changed since the code exchange began, because they were fetched for another login's
         * token. */
        take_documents(run, current);
        sp_code_exchange_use_keys(run->outcome->code_exchange, current->keyset);
    }
    advance(run, sp_code_exchange_take_response(run->outcome->code_exchange, response, sp_clock_now_s()));
}

static void on_keys(void *context, struct sp_issuer_documents *documents)
{
    struct sp_code_exchange_run *run = context;
    if (documents != NULL) {
        take_documents(run, documents);
    }
    const struct sp_keyset *keyset = documents != NULL ? documents->keyset : NULL;
    advance(run, sp_code_exchange_take_keys(run->outcome->code_exchange, keyset, sp_clock_now_s()));
}

static void advance(struct sp_code_exchange_run *run, enum sp_code_exchange_step step)
{
    struct sp_code_exchange *code_exchange = run->outcome->code_exchange;
    switch (step) {
    case SP_CODE_EXCHANGE_REQUEST: {
        bool is_token = sp_code_exchange_call(code_exchange) == SP_CODE_EXCHANGE_CALL_TOKEN;
        sp_http_client_call(sp_worker_http_client(run->worker),
                            is_token ? SP_TARGET_TOKEN : SP_TARGET_USERINFO,
                            sp_code_exchange_request(code_exchange), on_response, run);
        return;
    }
    case SP_CODE_EXCHANGE_WANT_KEYS:
        run->waiter =
            (struct sp_issuer_waiter){.use = SP_ISSUER_KEYS_FOR_LOGIN, .done = on_keys, .context = run};
        sp_issuer_fetch_keys(run->issuer, &run->waiter);
        return;
    case SP_CODE_EXCHANGE_DONE:
        end(run, SP_REASON_NONE);
        return;
    case SP_CODE_EXCHANGE_FAILED:
        end(run, sp_code_exchange_failure(code_exchange)->reason);
        return;
    }
}

/* ---- beginning ------------------------------------------------------------------------------------- */

bool sp_code_exchange_run_init(struct sp_code_exchange_run *run, struct sp_worker *worker,
                               struct sp_issuer *issuer, sp_code_exchange_end_fn *end_fn)
{
    struct sp_code_outcome *outcome = calloc(1, sizeof *outcome);
    if (outcome == NULL) {
        return false;
    }
    atomic_init(&outcome->refs, 1);
    outcome->reason = SP_REASON_OVERLOADED;
    *run =
        (struct sp_code_exchange_run){.outcome = outcome, .worker = worker, .issuer = issuer, .end = end_fn};
    return true;
}

void sp_code_exchange_run_begin(struct sp_code_exchange_run *run, struct sp_code_exchange_input *input)
{
    struct sp_issuer_documents *documents = sp_issuer_current(run->issuer);
    if (documents == NULL) {
        end(run, SP_REASON_ISSUER_UNAVAILABLE);
        return;
    }
    run->outcome->first = sp_issuer_documents_ref(documents);
    input->metadata = documents->metadata;
    input->keyset = documents->keyset;
    if (sp_code_exchange_new(input, &run->outcome->code_exchange) != SP_OK) {
        end(run, SP_REASON_OVERLOADED);
        return;
    }
    advance(run, sp_code_exchange_step(run->outcome->code_exchange));
}

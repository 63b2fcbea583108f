/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/continuation.h"

#include "gate/dialect.h"

#include <assert.h>

struct sp_continuation *sp_continuation_begin(struct sp_transaction *t)
{
    struct sp_continuation *continuation = t->continuation;
    t->continuation = NULL;
    sp_transaction_set_id(t);
    continuation->snapshot = sp_snapshot_ref(t->context->snapshot);
    memcpy(continuation->request_id, t->request_id, sizeof continuation->request_id);
    continuation->wait.mailbox = t->context->mailbox;
    continuation->wait.is_by_pages = t->dialect == &sp_dialect_pages;
    continuation->refusal = continuation->begin(continuation, t->context->process);
    if (continuation->refusal == NULL) {
        return continuation;
    }
    continuation->end = SP_WAIT_END_REFUSED;
    continuation->resume(continuation, t);
    assert(t->continuation == NULL);
    sp_continuation_free(continuation);
    return NULL;
}

void sp_continuation_free(struct sp_continuation *continuation)
{
    sp_snapshot_unref(continuation->snapshot);
    continuation->free(continuation);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_ACCOUNT_TOKENS_H
#define SP_IO_ACCOUNT_TOKENS_H

/*
 * The tokens of the service accounts that bindings name (kube/account_token.h). The worker requests them with
 * this process's own access to the API server (io/api_server.h), never with the credentials of a proxy. There
 * is one token for each account and Secret, however many bindings name them: every additional token could be
 * stolen, and would have to be renewed.
 *
 * Loops get the tokens as part of the credentials (io/credentials.h), an immutable object. When a token
 * arrives or expires, `update` is called, and the callee makes the next object. The worker's timer removes an
 * expired token, so loops need not compare its expiry with the wall clock, which may jump.
 *
 * A failure is logged at once, and then once every SP_ACCOUNT_TOKENS_TOLD_EACH_MS while its cause stays the
 * same.
 */

#include "io/api_server.h"
#include "io/credentials.h"
#include "io/worker.h"

#define SP_ACCOUNT_TOKENS_TOLD_EACH_MS 60000

struct sp_account_tokens;

/* On the worker: a token has arrived or expired. */
typedef void sp_account_tokens_fn(void *context);

/* `worker` and `context` must outlive it. Sends nothing until sp_account_tokens_use is called. NULL if out of
 * memory. */
struct sp_account_tokens *sp_account_tokens_new(struct sp_worker *worker, const struct sp_binding *bindings,
                                                size_t bindings_n, sp_account_tokens_fn *update,
                                                void *context) __attribute__((warn_unused_result));

/* On the worker, or before sp_account_tokens_use: sets the bindings. The tokens of accounts that are still
 * named remain; the caller must then join the credentials again. */
void sp_account_tokens_use_bindings(struct sp_account_tokens *tokens, const struct sp_binding *bindings,
                                    size_t bindings_n);

/* After the worker has ended. Accepts NULL. */
void sp_account_tokens_free(struct sp_account_tokens *tokens);

/* From one thread: takes the reference to `access`. It is used from the next request on, which is sent at
 * once. */
void sp_account_tokens_use(struct sp_account_tokens *tokens, struct sp_api_access *access);

/* On the worker: a new object with the file credentials and the current tokens. NULL if out of memory. */
struct sp_credentials *sp_account_tokens_join(const struct sp_account_tokens *tokens,
                                              const struct sp_credentials *from_files)
    __attribute__((warn_unused_result));

#endif

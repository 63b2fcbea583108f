/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_ACCOUNT_TOKENS_H
#define SP_IO_ACCOUNT_TOKENS_H

/*
 * The tokens of the service accounts that bindings name (kube/account_token.h), asked for on the worker by
 * the API server's own access (io/api_server.h), never by a proxy. There is one for each account and Secret,
 * however many bindings name them: each token is one more that can be stolen, and one more to be watched.
 *
 * Loops have them as part of the credentials (io/credentials.h), an immutable object; where a token comes or
 * ends, `update` says so, and who it tells makes the next object. A token that has ended is taken out of it
 * by the worker's timer: loops compare nothing with a clock that somebody may set.
 *
 * A failure is told at once, and while its cause is the same once in SP_ACCOUNT_TOKENS_TOLD_EACH_MS.
 */

#include "io/api_server.h"
#include "io/credentials.h"
#include "io/worker.h"

#define SP_ACCOUNT_TOKENS_TOLD_EACH_MS 60000

struct sp_account_tokens;

/* On the worker: a token has come, or has ended. */
typedef void sp_account_tokens_fn(void *context);

/* `worker` and `context` must outlive it. Nothing is asked before there is an access. NULL without memory. */
struct sp_account_tokens *sp_account_tokens_new(struct sp_worker *worker, const struct sp_binding *bindings,
                                                size_t bindings_n, sp_account_tokens_fn *update,
                                                void *context) __attribute__((warn_unused_result));

/* On the worker, or before there is an access: these bindings count from now on. The tokens of accounts that
 * are still named stay; who calls it joins anew. */
void sp_account_tokens_use_bindings(struct sp_account_tokens *tokens, const struct sp_binding *bindings,
                                    size_t bindings_n);

/* After the worker has ended. Accepts NULL. */
void sp_account_tokens_free(struct sp_account_tokens *tokens);

/* From one thread: requests go by `access`, of which it takes the reference, from the next on, which is at
 * once. */
void sp_account_tokens_use(struct sp_account_tokens *tokens, struct sp_api_access *access);

/* On the worker: a new object of what the files say, with the tokens there are at the moment. NULL without
 * memory. */
struct sp_credentials *sp_account_tokens_join(const struct sp_account_tokens *tokens,
                                              const struct sp_credentials *from_files)
    __attribute__((warn_unused_result));

#endif

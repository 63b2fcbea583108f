/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_BEARER_KEYS_H
#define SP_IO_BEARER_KEYS_H

/*
 * Gets the keys for a bearer token that no known key verifies, because its key may be new. The request waits
 * (io/waiting.h) while the worker fetches the key set, throttled (io/issuer.h). All requests that wait at the
 * same time share one fetch. Because anybody can send such tokens, they have their own limit: a quarter of
 * all requests that may wait. Only the request waits; the token stays in its head.
 */

#include "io/issuer.h"
#include "io/waiting.h"

struct sp_bearer_keys;

/*
 * `worker`, `issuer` and `waiting` are borrowed and must outlive it.
 *
 *   waiting_max  requests that may wait in all; see sp_waiting_limits_of
 *
 * NULL if out of memory.
 */
struct sp_bearer_keys *sp_bearer_keys_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                          struct sp_waiting *waiting, size_t waiting_max)
    __attribute__((warn_unused_result));

/* After the worker and the loops have ended. Accepts NULL. */
void sp_bearer_keys_free(struct sp_bearer_keys *keys);

/*
 * From a loop. The caller sets the owner of the wait. Returns NULL if `wait` waits. It is then posted once,
 * with a reference to the newest struct sp_issuer_documents, or with NULL if the keys could not be fetched.
 * Otherwise `wait` does not wait, and the returned text states why, for the log.
 */
const char *sp_bearer_keys_begin(struct sp_bearer_keys *keys, struct sp_wait *wait)
    __attribute__((warn_unused_result));

#endif

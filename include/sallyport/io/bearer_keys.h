/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_BEARER_KEYS_H
#define SP_IO_BEARER_KEYS_H

/*
 * The keys for a bearer token that none of the known ones verifies: the key may be new. The request waits
 * (io/waiting.h) while the worker fetches the key set, throttled (io/issuer.h). All that wait at a time wait
 * for one fetch, and anybody can send such tokens, so they have a limit of their own: a quarter of the
 * requests that may wait in all. What waits is the request alone; the token stays in its head.
 */

#include "io/issuer.h"
#include "io/waiting.h"

struct sp_bearer_keys;

/*
 * `worker`, `issuer` and `waiting` are borrowed for good.
 *
 *   waiting_max  requests that may wait in all; see sp_waiting_limits_of
 *
 * NULL without memory.
 */
struct sp_bearer_keys *sp_bearer_keys_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                          struct sp_waiting *waiting, size_t waiting_max)
    __attribute__((warn_unused_result));

/* After the worker and the loops have ended. Accepts NULL. */
void sp_bearer_keys_free(struct sp_bearer_keys *keys);

/*
 * From a loop. NULL: `wait` waits, and is posted once with a reference of a struct sp_issuer_documents, which
 * are the newest there are; or with NULL: the keys could not be fetched. Else nobody waits, and it says why,
 * for the log. The owner of the wait is the caller's to set.
 */
const char *sp_bearer_keys_begin(struct sp_bearer_keys *keys, struct sp_wait *wait)
    __attribute__((warn_unused_result));

#endif

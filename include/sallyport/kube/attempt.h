/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_ATTEMPT_H
#define SP_KUBE_ATTEMPT_H

/*
 * What all requests to the API server have in common when one fails: what the server says of it, a Status,
 * and when the next attempt is due. The first comes at least half a second later, and each next one waits
 * twice as long, up to SP_ATTEMPT_DELAY_MAX_MS, less a random part of up to a half: the replicas of a
 * deployment fail together, and must not come back together.
 *
 * Pure.
 */

#include "base/error.h"
#include "base/random.h"
#include "base/str.h"
#include "jose/json.h"

#define SP_ATTEMPT_DELAY_MIN_MS 1000
#define SP_ATTEMPT_DELAY_MAX_MS 16000
#define SP_ATTEMPT_REFUSAL_MAX  (64 * 1024) /* bytes of an answer that is no success */
#define SP_ATTEMPT_MESSAGE_MAX  300         /* bytes of what is told of a Status */

/* The message of a Status, cut; empty where it has none. Borrows. */
struct sp_str sp_attempt_message(const json_t *status);

/* How long to wait after a failure.  `failures_n`: how many there were before it without a success in
 * between. */
int64_t sp_attempt_delay_ms(unsigned failures_n, const struct sp_random *random);

/* A number below `n`, which is above 0. */
uint32_t sp_attempt_random_below(const struct sp_random *random, uint32_t n);

#endif

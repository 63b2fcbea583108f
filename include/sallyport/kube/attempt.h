/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_ATTEMPT_H
#define SP_KUBE_ATTEMPT_H

/*
 * What all requests to the API server share when one fails: the server's explanation, a Status, and when to
 * retry. The delay is SP_ATTEMPT_DELAY_MIN_MS at first and doubles with each failure, up to
 * SP_ATTEMPT_DELAY_MAX_MS. It is shortened by a random part of at most half, because the replicas of a
 * deployment fail together but must not retry together.
 *
 * Pure.
 */

#include "base/error.h"
#include "base/random.h"
#include "base/str.h"
#include "jose/json.h"

#define SP_ATTEMPT_DELAY_MIN_MS 1000
#define SP_ATTEMPT_DELAY_MAX_MS 16000
#define SP_ATTEMPT_REFUSAL_MAX  (64 * 1024) /* bytes of an error response */
#define SP_ATTEMPT_MESSAGE_MAX  300         /* bytes of a Status message that are reported */

/* The message of a Status, truncated; empty if it has none. The view points into `status`. */
struct sp_str sp_attempt_message(const json_t *status);

/* How long to wait after a failure. `failures_n` is the number of failures before it since the last
 * success. */
int64_t sp_attempt_delay_ms(unsigned failures_n, const struct sp_random *random);

/* A random number below `n`, which must be above 0. */
uint32_t sp_attempt_random_below(const struct sp_random *random, uint32_t n);

#endif

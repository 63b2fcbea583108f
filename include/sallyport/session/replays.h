/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_REPLAYS_H
#define SP_SESSION_REPLAYS_H

/*
 * The ids of what counts once only, such as the `jti` of a logout token: kept until the thing itself is no
 * longer good, as keyed hashes of eight bytes in a table of a fixed size. Only what was verified is put in.
 *
 * Where the table is full, the one that ends first makes room: a logout token that is taken twice does less
 * harm than one that is not taken at all.
 */

#include "base/random.h"
#include "base/str.h"

#define SP_REPLAYS_MAX_N 4096

struct sp_replays;

/* NULL without memory. */
struct sp_replays *sp_replays_new(const struct sp_random *random) __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_replays_free(struct sp_replays *replays);

/* True for the first of that id, which is kept until `until_s`. False: it was here before. From any
 * thread. */
bool sp_replays_take(struct sp_replays *replays, struct sp_str id, int64_t until_s, int64_t now_s)
    __attribute__((warn_unused_result));

#endif

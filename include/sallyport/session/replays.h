/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_REPLAYS_H
#define SP_SESSION_REPLAYS_H

/*
 * The ids of tokens that may be used only once, such as the `jti` of a logout token. They are kept until the
 * token itself expires, as keyed hashes of eight bytes in a table of fixed size. Only verified ids are added.
 *
 * If the table is full, the id that expires first is evicted, because accepting a logout token twice does
 * less harm than not accepting it at all.
 */

#include "base/random.h"
#include "base/str.h"

#define SP_REPLAYS_MAX_N 4096

struct sp_replays;

/* Returns a new, empty table (sp_replays_free); NULL if out of memory. */
struct sp_replays *sp_replays_new(const struct sp_random *random) __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_replays_free(struct sp_replays *replays);

/* True for the first use of that id, which is then kept until `until_s`. False if it was used before. Any
 * thread may call this. */
bool sp_replays_take(struct sp_replays *replays, struct sp_str id, int64_t until_s, int64_t now_s)
    __attribute__((warn_unused_result));

#endif

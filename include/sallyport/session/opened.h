/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_OPENED_H
#define SP_SESSION_OPENED_H

/*
 * The sessions that one thread opened lately: browsers send the same cookie with every request, and to decode
 * and decrypt it is most of what an allowed one costs.
 *
 * A payload is remembered under everything that decided that it opens: the key ring, the context it was
 * sealed for and the whole text, and is found only when all of it is the same, byte for byte. So it is found
 * exactly where it would open again, and a cookie of one host opens at no other. Only what opened is
 * remembered; whether it still holds is asked anew of every request, by whoever opens.
 *
 * Looking up costs the same wherever two texts differ. The end of the text, which is the authenticator's,
 * says which entry could be meant; nobody can choose one without the key.
 *
 * Bounded: SP_OPENED_MAX_N payloads, in memory that is allocated once and used only as far as it is filled. A
 * further one replaces one that was not asked for lately. Payloads may hold secrets: they are wiped when they
 * are replaced, when the key ring is another, when nobody asked for them between two calls of sp_opened_age,
 * and at the end. No I/O, no clock. One thread has one; nothing is shared.
 */

#include "session/seal.h"

#define SP_OPENED_MAX_N 128 /* payloads */
#define SP_OPENED_BYTES_MAX                                                                                  \
    8128 /* of a context, its text and its payload; what is longer is not remembered */

struct sp_opened;

/* Returns a new one that holds nothing, for sp_opened_free; NULL without memory. */
struct sp_opened *sp_opened_new(void) __attribute__((warn_unused_result));

/* Wipes. Accepts null. */
void sp_opened_free(struct sp_opened *opened);

/*
 * True when `sealed` was opened under these keys and this context; then `plain` is a view into `storage`, a
 * copy of what was opened. Another key ring than in the last call empties first.
 */
bool sp_opened_find(struct sp_opened *opened, const struct sp_keyring *keys,
                    const struct sp_seal_context *context, struct sp_str sealed,
                    struct sp_seal_storage *storage, struct sp_str *plain)
    __attribute__((warn_unused_result));

/* Remembers that `sealed`, which sp_opened_find does not know, opened as `plain`. */
void sp_opened_keep(struct sp_opened *opened, const struct sp_keyring *keys,
                    const struct sp_seal_context *context, struct sp_str sealed, struct sp_str plain);

/* Forgets what was neither found nor kept since the last call; to be called now and then. */
void sp_opened_age(struct sp_opened *opened);

/* Forgets everything. */
void sp_opened_clear(struct sp_opened *opened);

/* How many payloads are remembered: what was forgotten shows nowhere else. */
size_t sp_opened_count(const struct sp_opened *opened);

#endif

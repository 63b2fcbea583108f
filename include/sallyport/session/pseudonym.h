/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_PSEUDONYM_H
#define SP_SESSION_PSEUDONYM_H

/*
 * What the log contains in place of a user's name or address with `log_user: hash`: 16 hexadecimal
 * characters. They are the same for the same string, so that all lines about one user can be found. Without
 * the key nobody can reverse them or compute them from a list of names.
 *
 *   key        BLAKE2b-256 of "sallyport log_user" under the oldest key of the ring
 *   pseudonym  the first 8 bytes of BLAKE2b-128 of the string under that key, in hexadecimal
 *
 * The oldest key of the ring is the one with the earliest FROM; if several have the same FROM, the first
 * line. Added keys are newer, so pseudonyms stay the same until the oldest line is deleted, and are equal on
 * all replicas. The derived key opens no session, so the log may keep it in plain memory.
 *
 * Among a million users, the chance that any two share a pseudonym is 1 in 37 million. No I/O, no clock.
 */

#include "session/keyring.h"

#define SP_PSEUDONYM_LEN     16 /* characters */
#define SP_PSEUDONYM_KEY_LEN 32

void sp_pseudonym_derive_key(const struct sp_keyring *ring, uint8_t out[SP_PSEUDONYM_KEY_LEN]);

/* Writes the characters without a NUL. */
void sp_pseudonym(const uint8_t key[SP_PSEUDONYM_KEY_LEN], struct sp_str name, char out[SP_PSEUDONYM_LEN]);

#endif

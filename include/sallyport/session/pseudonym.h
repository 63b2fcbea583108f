/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_PSEUDONYM_H
#define SP_SESSION_PSEUDONYM_H

/*
 * What the log says in place of a person's name or address with `log_user: hash`: 16 hexadecimal characters that are
 * the same for the same text, so that the lines about one person are found together, and that nobody can turn back or
 * compute from a list of names without the key.
 *
 *   key        BLAKE2b-256 of "sallyport log_user" under the oldest key of the ring
 *   pseudonym  the first 8 bytes of BLAKE2b-128 of the text under that key, in hexadecimal
 *
 * The oldest key of the ring is the one with the earliest FROM, and of equal ones the first line: a key that is added
 * is newer, so pseudonyms stay until the oldest line is deleted, and are the same on all replicas. The derived key
 * opens no session, so the log may keep it in plain memory.
 *
 * Two persons among a million have the same one with a chance of 1 in 37 million. No I/O, no clock.
 */

#include "session/keyring.h"

#define SP_PSEUDONYM_LEN     16 /* characters */
#define SP_PSEUDONYM_KEY_LEN 32

void sp_pseudonym_derive_key(const struct sp_keyring *ring, uint8_t out[SP_PSEUDONYM_KEY_LEN]);

/* Writes the characters without NUL. */
void sp_pseudonym(const uint8_t key[SP_PSEUDONYM_KEY_LEN], struct sp_str name, char out[SP_PSEUDONYM_LEN]);

#endif

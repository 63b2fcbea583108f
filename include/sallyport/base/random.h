/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_RANDOM_H
#define SP_BASE_RANDOM_H

/*
 * Randomness comes into everything below the server as an argument of type sp_random_fn, so that a test can
 * choose it. The one real source is the system's, through libsodium.
 */

#include <stddef.h>
#include <stdint.h>

/* Fills `len` bytes that nobody can predict. Never fails: the real one aborts where the system has none. */
typedef void sp_random_fn(void *context, uint8_t *out, size_t len);

struct sp_random {
    sp_random_fn *fill;
    void *context;
};

/* The system's source. sp_random_init must have succeeded. */
extern const struct sp_random sp_random_system;

/* Once per process, before anything else; 0, or -1 when libsodium cannot start. */
int sp_random_init(void) __attribute__((warn_unused_result));

/* The version of libsodium that is in use. */
const char *sp_random_library_version(void);

static inline void sp_random_fill(const struct sp_random *random, uint8_t *out, size_t len)
{
    random->fill(random->context, out, len);
}

#endif

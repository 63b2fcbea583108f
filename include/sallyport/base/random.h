/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_RANDOM_H
#define SP_BASE_RANDOM_H

/*
 * Randomness reaches everything below the server as an argument of type sp_random_fn, so that a test can
 * choose it. The only real source is the operating system's, through libsodium.
 */

#include <stddef.h>
#include <stdint.h>

/* Writes `len` unpredictable bytes. Never fails: the real source aborts if the system has no randomness. */
typedef void sp_random_fn(void *context, uint8_t *out, size_t len);

struct sp_random {
    sp_random_fn *fill;
    void *context;
};

/* The system's source. sp_random_init must have succeeded. */
extern const struct sp_random sp_random_system;

/* Call once per process, before anything else. Returns 0, or -1 if libsodium cannot start. */
int sp_random_init(void) __attribute__((warn_unused_result));

/* The version of libsodium in use. */
const char *sp_random_library_version(void);

static inline void sp_random_fill(const struct sp_random *random, uint8_t *out, size_t len)
{
    random->fill(random->context, out, len);
}

#endif

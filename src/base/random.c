/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include <sodium.h>

static void fill_from_system(void *context, uint8_t *out, size_t len)
{
    (void)context;
    randombytes_buf(out, len);
}

const struct sp_random sp_random_system = {.fill = fill_from_system};

int sp_random_init(void)
{
    return sodium_init() < 0 ? -1 : 0; /* 1 means already initialized */
}

const char *sp_random_library_version(void)
{
    return sodium_version_string();
}

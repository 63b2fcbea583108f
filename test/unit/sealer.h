/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_SEALER_H
#define SP_TEST_UNIT_SEALER_H

#include "session/sealer.h"

/* The same sealer at another time, and with this randomness where there is any. Lives until the next call. */
static inline const struct sp_sealer *at(const struct sp_sealer *sealer, int64_t now_s,
                                         const struct sp_random *random)
{
    static struct sp_sealer copy;
    copy = *sealer;
    copy.now_s = now_s;
    if (random != NULL) {
        copy.random = *random;
    }
    return &copy;
}

#endif

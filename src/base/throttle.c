/* SPDX-License-Identifier: Apache-2.0 */
#include "base/throttle.h"

bool sp_throttle_pass(struct sp_throttle *throttle, int64_t now_ms, int64_t period_ms, uint64_t *held_n)
{
    int_fast64_t next_ms = atomic_load(&throttle->next_ms);
    /* If two threads get here at the same time, only one of them sets the new time, and the other returns
     * false. */
    if (now_ms < next_ms ||
        !atomic_compare_exchange_strong(&throttle->next_ms, &next_ms, now_ms + period_ms)) {
        atomic_fetch_add(&throttle->held_n, 1);
        return false;
    }
    *held_n = atomic_exchange(&throttle->held_n, 0);
    return true;
}

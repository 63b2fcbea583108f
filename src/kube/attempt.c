/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/attempt.h"

struct sp_str sp_attempt_message(const json_t *status)
{
    struct sp_str message = SP_STR_NONE;
    if (sp_json_get_string(status, "message", &message) != SP_OK) {
        return SP_STR_NONE;
    }
    message.len = message.len < SP_ATTEMPT_MESSAGE_MAX ? message.len : SP_ATTEMPT_MESSAGE_MAX;
    return message;
}

uint32_t sp_attempt_random_below(const struct sp_random *random, uint32_t n)
{
    uint32_t number;
    sp_random_fill(random, (uint8_t *)&number, sizeof number);
    return number % n;
}

int64_t sp_attempt_delay_ms(unsigned failures_n, const struct sp_random *random)
{
    uint32_t delay_ms = SP_ATTEMPT_DELAY_MIN_MS;
    for (unsigned i = 0; i < failures_n && delay_ms < SP_ATTEMPT_DELAY_MAX_MS; i++) {
        delay_ms *= 2;
    }
    return delay_ms - sp_attempt_random_below(random, delay_ms / 2 + 1);
}

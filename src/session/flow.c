/* SPDX-License-Identifier: Apache-2.0 */
#include "session/flow.h"

#include "base/hex.h"

#define FLOW_TIME_LEN 4

struct sp_flow_id sp_flow_id_new(int64_t now_s, const struct sp_random *random)
{
    uint8_t bytes[SP_FLOW_ID_LEN];
    uint32_t time_s = now_s < 0 ? 0 : now_s > UINT32_MAX ? UINT32_MAX : (uint32_t)now_s;
    for (size_t i = 0; i < FLOW_TIME_LEN; i++) {
        bytes[i] = (uint8_t)(time_s >> 8 * (FLOW_TIME_LEN - 1 - i));
    }
    sp_random_fill(random, bytes + FLOW_TIME_LEN, sizeof bytes - FLOW_TIME_LEN);

    struct sp_flow_id id;
    sp_hex_encode(bytes, sizeof bytes, id.text);
    return id;
}

enum sp_error sp_flow_id_parse(struct sp_str text, struct sp_flow_id *out)
{
    uint8_t bytes[SP_FLOW_ID_LEN];
    if (text.len != SP_FLOW_ID_TEXT_LEN || sp_hex_decode(text, bytes, sizeof bytes) != SP_OK) {
        return SP_ERR_FORMAT;
    }
    sp_hex_encode(bytes, sizeof bytes, out->text);
    return SP_OK;
}

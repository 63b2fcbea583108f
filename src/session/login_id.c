/* SPDX-License-Identifier: Apache-2.0 */
#include "session/login_id.h"

#include "base/hex.h"

#define FLOW_TIME_LEN 4
#define SECOND_TRY    "0002" /* the last characters of the id of a second try */

enum sp_login_try sp_login_id_try(const struct sp_login_id *id)
{
    return sp_str_ends_with(sp_login_id_str(id), SP_STR(SECOND_TRY)) ? SP_LOGIN_SECOND_TRY
                                                                     : SP_LOGIN_FIRST_TRY;
}

struct sp_login_id sp_login_id_new(enum sp_login_try which_try, int64_t now_s, const struct sp_random *random)
{
    uint8_t bytes[SP_LOGIN_ID_LEN];
    uint32_t time_s = now_s < 0 ? 0 : now_s > UINT32_MAX ? UINT32_MAX : (uint32_t)now_s;
    for (size_t i = 0; i < FLOW_TIME_LEN; i++) {
        bytes[i] = (uint8_t)(time_s >> 8 * (FLOW_TIME_LEN - 1 - i));
    }
    sp_random_fill(random, bytes + FLOW_TIME_LEN, sizeof bytes - FLOW_TIME_LEN);

    struct sp_login_id id;
    sp_hex_encode(bytes, sizeof bytes, id.text);
    char *mark = id.text + sizeof id.text - (sizeof SECOND_TRY - 1);
    if (which_try == SP_LOGIN_SECOND_TRY) {
        memcpy(mark, SECOND_TRY, sizeof SECOND_TRY - 1);
    } else if (sp_login_id_try(&id) == SP_LOGIN_SECOND_TRY) {
        mark[0] = '1';
    }
    return id;
}

enum sp_error sp_login_id_parse(struct sp_str text, struct sp_login_id *out)
{
    uint8_t bytes[SP_LOGIN_ID_LEN];
    if (text.len != SP_LOGIN_ID_TEXT_LEN || sp_hex_decode(text, bytes, sizeof bytes) != SP_OK) {
        return SP_ERR_FORMAT;
    }
    sp_hex_encode(bytes, sizeof bytes, out->text);
    return SP_OK;
}

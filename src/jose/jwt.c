/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwt.h"

enum sp_error sp_jwt_get_time(const json_t *claims, const char *name, int64_t *out_s)
{
    double time_s = 0;
    enum sp_error error = sp_json_get_number(claims, name, &time_s);
    if (error != SP_OK) {
        return error;
    }
    if (time_s < 0) {
        return SP_ERR_FORMAT;
    }
    *out_s = (int64_t)time_s;
    return SP_OK;
}

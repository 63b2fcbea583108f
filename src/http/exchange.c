/* SPDX-License-Identifier: Apache-2.0 */
#include "http/exchange.h"

void sp_exchange_request_done(struct sp_exchange_request *request)
{
    sp_buf_done(&request->body);
    sp_buf_done(&request->authorization);
    *request = SP_EXCHANGE_REQUEST_NONE;
}

enum sp_exchange_outcome sp_exchange_classify(const struct sp_exchange_response *response)
{
    unsigned status = response->status;
    if (response->error != SP_OK || status == 429 || status >= 500) {
        return SP_EXCHANGE_UNAVAILABLE;
    }
    if (status == 200) {
        return SP_EXCHANGE_OK;
    }
    return status >= 400 ? SP_EXCHANGE_REFUSED : SP_EXCHANGE_UNEXPECTED;
}

bool sp_exchange_has_type(const struct sp_exchange_response *response, struct sp_str type)
{
    struct sp_str rest = response->content_type;
    return sp_str_equal_ci(sp_str_trim(sp_str_cut(&rest, ';')), type);
}

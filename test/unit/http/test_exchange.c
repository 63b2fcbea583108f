/* SPDX-License-Identifier: Apache-2.0 */
#include "http/exchange.h"

#include "../suite.h"

static enum sp_exchange_outcome classify(enum sp_error error, unsigned status)
{
    struct sp_exchange_response response = {.error = error, .status = status};
    return sp_exchange_classify(&response);
}

SP_TEST(only_200_is_an_answer)
{
    for (unsigned status = 0; status < 700; status++) {
        enum sp_exchange_outcome expected = SP_EXCHANGE_UNEXPECTED;
        if (status == 200) {
            expected = SP_EXCHANGE_OK;
        } else if (status == 429 || status >= 500) {
            expected = SP_EXCHANGE_UNAVAILABLE;
        } else if (status >= 400) {
            expected = SP_EXCHANGE_REFUSED;
        }
        ck_assert_int_eq(classify(SP_OK, status), expected);
        ck_assert_int_eq(classify(SP_ERR_TIMEOUT, status), SP_EXCHANGE_UNAVAILABLE);
    }
}
SP_TEST_END

static bool is_json(const char *content_type)
{
    struct sp_exchange_response response = {.content_type = sp_str_from_c(content_type)};
    return sp_exchange_has_type(&response, SP_STR("application/json"));
}

SP_TEST(the_media_type_is_compared_without_its_parameters_and_case)
{
    ck_assert(is_json("application/json"));
    ck_assert(is_json("Application/JSON; charset=utf-8"));
    ck_assert(is_json(" application/json ;q"));
    ck_assert(!is_json("application/jwt"));
    ck_assert(!is_json("application/jsonx"));
    ck_assert(!is_json("application/problem+json"));
    ck_assert(!is_json("text/html; application/json"));
    ck_assert(!is_json(""));
    ck_assert(!is_json(NULL));
}
SP_TEST_END

SP_TEST(a_request_is_wiped_and_forgotten)
{
    struct sp_exchange_request request = {.url = "https://issuer.example/token"};
    sp_buf_init(&request.body, 100);
    sp_buf_append_c(&request.body, "code=secret");
    sp_exchange_request_done(&request);
    ck_assert_ptr_null(request.url);
    ck_assert_uint_eq(sp_buf_str(&request.body).len, 0);
    sp_exchange_request_done(&request);
}
SP_TEST_END

SP_SUITE("exchange", only_200_is_an_answer, the_media_type_is_compared_without_its_parameters_and_case,
         a_request_is_wiped_and_forgotten)

/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwt.h"

#include "../suite.h"

static enum sp_error read_time(const char *text, int64_t *out_s)
{
    SP_JSON_SCOPED json_t *claims = NULL;
    ck_assert_int_eq(sp_json_parse_object(sp_str_from_c(text), 1024, "the test", &claims, NULL), SP_OK);
    return sp_jwt_get_time(claims, "exp", out_s);
}

SP_TEST(ac_22_dates_are_seconds_of_a_sane_range)
{
    int64_t time_s = -1;
    ck_assert_int_eq(read_time("{\"exp\":0}", &time_s), SP_OK);
    ck_assert_int_eq(time_s, 0);
    ck_assert_int_eq(read_time("{\"exp\":1300819380}", &time_s), SP_OK);
    ck_assert_int_eq(time_s, 1300819380);
    ck_assert_int_eq(read_time("{\"exp\":9007199254740992}", &time_s), SP_OK);
    ck_assert_int_eq(time_s, 9007199254740992);
    static const char *const wrong[] = {"{\"exp\":-1}",
                                        "{\"exp\":1e300}",
                                        "{\"exp\":\"1300819380\"}",
                                        "{\"exp\":true}",
                                        "{\"exp\":-0.5}",
                                        "{\"exp\":9007199254740993}",
                                        "{\"exp\":[1]}",
                                        "{\"exp\":-1e300}",
                                        "{\"exp\":{}}",
                                        "{\"exp\":1e999}",
                                        "{\"exp\":99999999999999999999}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(read_time(wrong[i], &time_s) == SP_ERR_FORMAT, "%s", wrong[i]);
    }
    ck_assert_int_eq(read_time("{\"nbf\":1}", &time_s), SP_ERR_MISSING);
    ck_assert_int_eq(read_time("{\"exp\":null}", &time_s), SP_ERR_MISSING);
    ck_assert_int_eq(time_s, 9007199254740992);
}
SP_TEST_END

/* RFC 7519, section 2: "non-integer values can be represented". */
SP_TEST(a_fraction_of_a_second_is_cut_off)
{
    int64_t time_s = -1;
    ck_assert_int_eq(read_time("{\"exp\":1700000000.25}", &time_s), SP_OK);
    ck_assert_int_eq(time_s, 1700000000);
    ck_assert_int_eq(read_time("{\"exp\":1700000000.999999}", &time_s), SP_OK);
    ck_assert_int_eq(time_s, 1700000000);
    ck_assert_int_eq(read_time("{\"exp\":1.7e9}", &time_s), SP_OK);
    ck_assert_int_eq(time_s, 1700000000);
    ck_assert_int_eq(read_time("{\"exp\":0.5}", &time_s), SP_OK);
    ck_assert_int_eq(time_s, 0);
}
SP_TEST_END

SP_SUITE("jwt", ac_22_dates_are_seconds_of_a_sane_range, a_fraction_of_a_second_is_cut_off)

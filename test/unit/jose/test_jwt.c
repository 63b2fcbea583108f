/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwt.h"

#include "../suite.h"

SP_TEST(claims_are_one_object_below_the_ceiling)
{
    SP_JSON_SCOPED json_t *claims = NULL;
    ck_assert_int_eq(sp_jwt_parse_claims(SP_STR("{\"iss\":\"joe\"}"), 13, &claims), SP_OK);
    json_t *none = NULL;
    ck_assert_int_eq(sp_jwt_parse_claims(SP_STR("{\"iss\":\"joe\"}"), 12, &none), SP_ERR_LIMIT);
    ck_assert_int_eq(sp_jwt_parse_claims(SP_STR("{\"iss\":1,\"iss\":2}"), 99, &none), SP_ERR_DUPLICATE);
    ck_assert_int_eq(sp_jwt_parse_claims(SP_STR("[\"iss\"]"), 99, &none), SP_ERR_FORMAT);
    ck_assert_ptr_null(none);
}
SP_TEST_END

static enum sp_error read_time(const char *text, int64_t *out_s)
{
    SP_JSON_SCOPED json_t *claims = NULL;
    ck_assert_int_eq(sp_jwt_parse_claims(sp_str_from_c(text), 1024, &claims), SP_OK);
    return sp_jwt_get_time(claims, "exp", out_s);
}

SP_TEST(ac_22_dates_are_whole_seconds_of_a_sane_range)
{
    int64_t time_s = -1;
    ck_assert_int_eq(read_time("{\"exp\":0}", &time_s), SP_OK);
    ck_assert_int_eq(time_s, 0);
    ck_assert_int_eq(read_time("{\"exp\":1300819380}", &time_s), SP_OK);
    ck_assert_int_eq(time_s, 1300819380);
    ck_assert_int_eq(read_time("{\"exp\":9007199254740992}", &time_s), SP_OK);
    ck_assert_int_eq(time_s, 9007199254740992);
    static const char *const wrong[] = {"{\"exp\":-1}",   "{\"exp\":1e300}",  "{\"exp\":\"1300819380\"}",
                                        "{\"exp\":true}", "{\"exp\":1.5}",    "{\"exp\":9007199254740993}",
                                        "{\"exp\":[1]}",  "{\"exp\":-1e300}", "{\"exp\":{}}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(read_time(wrong[i], &time_s) == SP_ERR_FORMAT, "%s", wrong[i]);
    }
    ck_assert_int_eq(read_time("{\"nbf\":1}", &time_s), SP_ERR_MISSING);
    ck_assert_int_eq(read_time("{\"exp\":null}", &time_s), SP_ERR_MISSING);
    ck_assert_int_eq(time_s, 9007199254740992);
}
SP_TEST_END

SP_SUITE("jwt", claims_are_one_object_below_the_ceiling, ac_22_dates_are_whole_seconds_of_a_sane_range)

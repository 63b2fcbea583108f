/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/callback.h"

#include "../suite.h"
#include "issuer.h"

/* The error, or else the fault. */
static enum sp_error parse(const char *query)
{
    SP_CALLBACK_SCOPED struct sp_callback callback = SP_CALLBACK_NULL;
    enum sp_error error = sp_callback_parse(sp_str_from_c(query), &callback);
    ck_assert((callback.kind != SP_CALLBACK_NONE) == (error == SP_OK && callback.fault == SP_OK));
    return error == SP_OK ? callback.fault : error;
}

SP_TEST(a_code_is_read)
{
    SP_CALLBACK_SCOPED struct sp_callback callback = SP_CALLBACK_NULL;
    ck_assert_int_eq(
        sp_callback_parse(SP_STR("code=a%2Fb+c&state=s%3D1&iss=https%3A%2F%2Fi&session_state=x&scope=a&x"),
                          &callback),
        SP_OK);
    ck_assert_int_eq(callback.kind, SP_CALLBACK_CODE);
    ck_assert_str_view(callback.code, "a/b c");
    ck_assert_str_view(callback.state, "s=1");
    ck_assert_str_view(callback.iss, "https://i");
}
SP_TEST_END

SP_TEST(an_error_is_one_of_the_list_and_its_description_is_dropped)
{
    SP_CALLBACK_SCOPED struct sp_callback callback = SP_CALLBACK_NULL;
    ck_assert_int_eq(
        sp_callback_parse(SP_STR("error=access_denied&error_description=%3Cscript%3E&state=s"), &callback),
        SP_OK);
    ck_assert_int_eq(callback.kind, SP_CALLBACK_ERROR);
    ck_assert_int_eq(callback.error, SP_ISSUER_ERROR_ACCESS_DENIED);
    ck_assert_uint_eq(callback.code.len, 0);
    ck_assert_ptr_null(callback.iss.ptr);
    ck_assert_ptr_null(memmem(callback.storage.ptr, callback.storage.len, "script", 6));
}
SP_TEST_END

static enum sp_issuer_error error_of(const char *query)
{
    SP_CALLBACK_SCOPED struct sp_callback callback = SP_CALLBACK_NULL;
    ck_assert_int_eq(sp_callback_parse(sp_str_from_c(query), &callback), SP_OK);
    ck_assert_int_eq(callback.kind, SP_CALLBACK_ERROR);
    return callback.error;
}

SP_TEST(ac_17_an_unknown_error_is_other)
{
    SIGNER_TEXT longer = text_format("error=%0*d&state=s", 1000, 0);
    ck_assert_int_eq(error_of("error=<b>&state=s"), SP_ISSUER_ERROR_OTHER);
    ck_assert_int_eq(error_of("error=Access_Denied&state=s"), SP_ISSUER_ERROR_OTHER);
    ck_assert_int_eq(error_of(longer), SP_ISSUER_ERROR_OTHER);
    ck_assert_int_eq(error_of("error=x&state=s"), SP_ISSUER_ERROR_OTHER);
    ck_assert_int_eq(error_of("error=%73erver_error&state=s"), SP_ISSUER_ERROR_SERVER_ERROR);
    ck_assert_int_eq(parse("error=access_denied%00&state=s"), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(ac_21_a_parameter_that_stands_twice_is_refused)
{
    static const char *const queries[] = {
        "code=a&code=b&state=s",
        "code=a&code=a&state=s",
        "code=a&state=s&state=s",
        "code=a&state=s&st%61te=t",
        "code=a&state=s&iss=i&iss=i",
        "error=a&error=b&state=s",
        "error=a&error_description=x&error_description=y&state=s",
        "error=a&error_uri=x&error_uri=y&state=s",
        "code=a&error=access_denied&state=s",
        "code=&error=access_denied&state=s",
        "code&error=access_denied&state=s",
        "code=a&error&state=s",
        "code=a&code&state=s",
        "code=a&c%6fde=b&state=s",
    };
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        ck_assert_msg(parse(queries[i]) == SP_ERR_DUPLICATE, "%s", queries[i]);
    }
}
SP_TEST_END

SP_TEST(ac_21_one_state_is_read_whatever_else_is_wrong)
{
    static const struct {
        const char *query;
        enum sp_error fault;
    } cases[] = {
        {"state=s%2F1", SP_ERR_MISSING},
        {"code=a&code=b&state=s%2F1", SP_ERR_DUPLICATE},
        {"state=s%2F1&code=a&error=b", SP_ERR_DUPLICATE},
        {"code=a&iss=i&iss=j&state=s%2F1", SP_ERR_DUPLICATE},
        {"code=%zz&state=s%2F1", SP_ERR_FORMAT},
        {"code=a&iss=%0a&state=s%2F1", SP_ERR_FORMAT},
        {"error=%zz&state=s%2F1", SP_ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SP_CALLBACK_SCOPED struct sp_callback callback = SP_CALLBACK_NULL;
        ck_assert_int_eq(sp_callback_parse(sp_str_from_c(cases[i].query), &callback), SP_OK);
        ck_assert_int_eq(callback.kind, SP_CALLBACK_NONE);
        ck_assert_int_eq(callback.fault, cases[i].fault);
        ck_assert_str_view(callback.state, "s/1");
        ck_assert_uint_eq(callback.code.len + callback.iss.len, 0);
    }
}
SP_TEST_END

SP_TEST(ac_18_state_and_one_of_code_and_error_are_required)
{
    static const char *const queries[] = {"",
                                          "code=a",
                                          "error=access_denied",
                                          "state=s",
                                          "state=s&",
                                          "code=a&state=",
                                          "code=a&state",
                                          "code=&state=s",
                                          "code&state=s",
                                          "error=&state=s",
                                          "Code=a&state=s",
                                          "code=a&State=s"};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        ck_assert_msg(parse(queries[i]) == SP_ERR_MISSING, "%s", queries[i]);
    }
    ck_assert_int_eq(parse("&&code=a&&state=s&"), SP_OK);
}
SP_TEST_END

SP_TEST(an_issuer_without_a_name_is_empty)
{
    SP_CALLBACK_SCOPED struct sp_callback callback = SP_CALLBACK_NULL;
    ck_assert_int_eq(sp_callback_parse(SP_STR("code=a&state=s&iss="), &callback), SP_OK);
    ck_assert_ptr_nonnull(callback.iss.ptr);
    ck_assert_uint_eq(callback.iss.len, 0);
}
SP_TEST_END

SP_TEST(bytes_that_no_issuer_sends_are_refused)
{
    static const char *const queries[] = {
        "code=a%00&state=s",      "code=a%0d%0aX&state=s", "code=a&state=s%0a", "code=a%&state=s",
        "code=a%zz&state=s",      "code=a%C3%A9&state=s",  "code=a%7f&state=s", "code=a&state=%2",
        "code=a&state=s&iss=%09", "code=a\x80&state=s"};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        ck_assert_msg(parse(queries[i]) == SP_ERR_FORMAT, "%s", queries[i]);
    }
}
SP_TEST_END

SP_TEST(each_value_has_a_ceiling)
{
    static const struct {
        const char *before;
        int max;
    } cases[] = {{"code=a&state=", SP_CALLBACK_STATE_MAX},
                 {"state=s&code=", SP_CALLBACK_CODE_MAX},
                 {"state=s&code=a&iss=", SP_CALLBACK_ISS_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SIGNER_TEXT longest = text_format("%s%0*d", cases[i].before, cases[i].max, 0);
        SIGNER_TEXT longer = text_format("%s%0*d", cases[i].before, cases[i].max + 1, 0);
        ck_assert_int_eq(parse(longest), SP_OK);
        ck_assert_int_eq(parse(longer), SP_ERR_LIMIT);
    }
}
SP_TEST_END

SP_TEST(the_query_and_its_parameters_have_ceilings)
{
    SIGNER_TEXT longest = text_format("code=a&state=s&x=%0*d", SP_CALLBACK_QUERY_MAX - 17, 0);
    SIGNER_TEXT longer = text_format("code=a&state=s&x=%0*d", SP_CALLBACK_QUERY_MAX - 16, 0);
    ck_assert_int_eq(parse(longest), SP_OK);
    ck_assert_int_eq(parse(longer), SP_ERR_LIMIT);
    SP_BUF_SCOPED struct sp_buf query;
    sp_buf_init(&query, 1000);
    sp_buf_append_c(&query, "code=a&state=s");
    for (size_t i = 2; i < 64; i++) {
        sp_buf_append_c(&query, "&x");
    }
    ck_assert_int_eq(parse(sp_buf_c_str(&query)), SP_OK);
    sp_buf_append_c(&query, "&x");
    ck_assert_int_eq(parse(sp_buf_c_str(&query)), SP_ERR_LIMIT);
}
SP_TEST_END

/* Truncation gives a different callback or none, and never a longer code. */
SP_TEST(a_truncated_query_gives_nothing_that_was_not_there)
{
    static const char query[] = "code=abcdef&state=ghijkl&iss=mnopqr";
    for (size_t len = 0; len < sizeof query; len++) {
        SP_CALLBACK_SCOPED struct sp_callback callback = SP_CALLBACK_NULL;
        if (sp_callback_parse((struct sp_str){query, len}, &callback) != SP_OK) {
            continue;
        }
        ck_assert_str_view(callback.code, "abcdef");
        ck_assert(sp_str_starts_with(SP_STR("ghijkl"), callback.state));
    }
}
SP_TEST_END

static enum sp_error check_issuer(const char *query, const char *members)
{
    SP_CALLBACK_SCOPED struct sp_callback callback = SP_CALLBACK_NULL;
    ISSUER_PROVIDER metadata = issuer_metadata(members);
    ck_assert_int_eq(sp_callback_parse(sp_str_from_c(query), &callback), SP_OK);
    return sp_callback_check_issuer(&callback, metadata);
}

#define PROMISED ",\"authorization_response_iss_parameter_supported\":true"

/* RFC 9207, section 2.4. */
SP_TEST(ac_20_iss_is_required_when_promised_and_compared_when_present)
{
    static const struct {
        const char *query;
        enum sp_error promised;
        enum sp_error silent;
    } cases[] = {
        {"code=a&state=s&iss=https%3A%2F%2Fissuer.example%2Fdex", SP_OK, SP_OK},
        {"error=access_denied&state=s&iss=https%3A%2F%2Fissuer.example%2Fdex", SP_OK, SP_OK},
        {"code=a&state=s", SP_ERR_MISSING, SP_OK},
        {"error=access_denied&state=s", SP_ERR_MISSING, SP_OK},
        {"code=a&state=s&iss=https%3A%2F%2Fissuer.example%2Fdex%2F", SP_ERR_MISMATCH, SP_ERR_MISMATCH},
        {"code=a&state=s&iss=https%3A%2F%2Fevil.example", SP_ERR_MISMATCH, SP_ERR_MISMATCH},
        {"code=a&state=s&iss=", SP_ERR_MISMATCH, SP_ERR_MISMATCH},
        {"error=access_denied&state=s&iss=https%3A%2F%2Fevil.example", SP_ERR_MISMATCH, SP_ERR_MISMATCH},
        {"code=a&state=s&iss=", SP_ERR_MISMATCH, SP_ERR_MISMATCH},
        {"code=a&state=s&iss", SP_ERR_MISMATCH, SP_ERR_MISMATCH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(check_issuer(cases[i].query, PROMISED) == cases[i].promised, "%s", cases[i].query);
        ck_assert_msg(check_issuer(cases[i].query, "") == cases[i].silent, "%s", cases[i].query);
    }
}
SP_TEST_END

SP_SUITE("callback", a_code_is_read, an_error_is_one_of_the_list_and_its_description_is_dropped,
         ac_17_an_unknown_error_is_other, ac_21_a_parameter_that_stands_twice_is_refused,
         ac_21_one_state_is_read_whatever_else_is_wrong, ac_18_state_and_one_of_code_and_error_are_required,
         an_issuer_without_a_name_is_empty, bytes_that_no_issuer_sends_are_refused, each_value_has_a_ceiling,
         the_query_and_its_parameters_have_ceilings, a_truncated_query_gives_nothing_that_was_not_there,
         ac_20_iss_is_required_when_promised_and_compared_when_present)

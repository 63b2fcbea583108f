/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/issuer_error.h"

#include "../suite.h"

SP_TEST(every_code_is_found_by_its_name_and_has_a_sentence)
{
    for (unsigned i = 0; i < SP_ISSUER_ERROR_COUNT; i++) {
        enum sp_issuer_error error = (enum sp_issuer_error)i;
        ck_assert_int_eq(sp_issuer_error_find(sp_str_from_c(sp_issuer_error_name(error))), error);
        struct sp_str text = sp_str_from_c(sp_issuer_error_text(error));
        ck_assert_uint_gt(text.len, 10);
        ck_assert(sp_str_ends_with(text, SP_STR(".")));
    }
}
SP_TEST_END

/* RFC 6749, sections 4.1.2.1 and 5.2; OpenID Connect Core 1.0, section 3.1.2.6. */
SP_TEST(the_codes_of_the_specifications_are_known)
{
    static const char *const names[] = {
        "access_denied",   "login_required",         "consent_required",           "interaction_required",
        "invalid_request", "invalid_scope",          "account_selection_required", "unauthorized_client",
        "server_error",    "invalid_client",         "unsupported_response_type",  "temporarily_unavailable",
        "invalid_grant",   "unsupported_grant_type",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_ne(sp_issuer_error_find(sp_str_from_c(names[i])), SP_ISSUER_ERROR_OTHER);
    }
    ck_assert_int_eq(sizeof names / sizeof names[0], SP_ISSUER_ERROR_COUNT - 1);
}
SP_TEST_END

SP_TEST(ac_17_what_is_not_in_the_table_is_other)
{
    static const char *const unknown[] = {"", "ACCESS_DENIED", "access_denied ", "<script>", "access_denie"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        ck_assert_int_eq(sp_issuer_error_find(sp_str_from_c(unknown[i])), SP_ISSUER_ERROR_OTHER);
    }
    ck_assert_int_eq(sp_issuer_error_find(SP_STR_NONE), SP_ISSUER_ERROR_OTHER);
    ck_assert_str_eq(sp_issuer_error_name(SP_ISSUER_ERROR_COUNT), "other");
}
SP_TEST_END

SP_TEST(an_error_outside_the_table_is_told_like_another)
{
    ck_assert_str_eq(sp_issuer_error_text(SP_ISSUER_ERROR_COUNT),
                     sp_issuer_error_text(SP_ISSUER_ERROR_OTHER));
    ck_assert_str_eq(sp_issuer_error_name(SP_ISSUER_ERROR_COUNT),
                     sp_issuer_error_name(SP_ISSUER_ERROR_OTHER));
}
SP_TEST_END

SP_TEST(what_nobody_but_the_operator_can_mend_is_told_apart)
{
    ck_assert_int_eq(sp_issuer_error_mender(SP_ISSUER_ERROR_INVALID_CLIENT), SP_MENDER_OPERATOR);
    ck_assert_int_eq(sp_issuer_error_mender(SP_ISSUER_ERROR_ACCESS_DENIED), SP_MENDER_ACCOUNT);
    ck_assert_int_eq(sp_issuer_error_mender(SP_ISSUER_ERROR_SERVER_ERROR), SP_MENDER_TIME);
    ck_assert_int_eq(sp_issuer_error_mender(SP_ISSUER_ERROR_OTHER), SP_MENDER_USER);
    ck_assert_int_eq(sp_issuer_error_mender(SP_ISSUER_ERROR_COUNT), SP_MENDER_USER);
    for (unsigned i = 0; i < SP_ISSUER_ERROR_COUNT; i++) {
        ck_assert_int_ne(sp_issuer_error_mender((enum sp_issuer_error)i), SP_MENDER_BY_REASON);
    }
}
SP_TEST_END

SP_SUITE("issuer_error", what_nobody_but_the_operator_can_mend_is_told_apart,
         an_error_outside_the_table_is_told_like_another, every_code_is_found_by_its_name_and_has_a_sentence,
         the_codes_of_the_specifications_are_known, ac_17_what_is_not_in_the_table_is_other)

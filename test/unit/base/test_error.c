/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include "base/str.h"

#include "../suite.h"

static const enum sp_error all[] = {
#define X(code, name, text) code,
    SP_ERROR_TABLE(X)
#undef X
};

#define ALL_N (sizeof all / sizeof all[0])

SP_TEST(every_error_has_a_name_of_its_own_and_a_text)
{
    for (size_t i = 0; i < ALL_N; i++) {
        ck_assert_uint_eq((size_t)all[i], i);
        ck_assert_str_ne(sp_error_name(all[i]), "");
        ck_assert_str_ne(sp_error_text(all[i]), "");
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(sp_error_name(all[i]), sp_error_name(all[j]));
        }
    }
    ck_assert_str_eq(sp_error_name(SP_OK), "ok");
    ck_assert_str_eq(sp_error_name(SP_ERR_SIGNATURE), "signature");
    ck_assert_str_eq(sp_error_text(SP_ERR_SIGNATURE), "not authentic");
}
SP_TEST_END

SP_TEST(a_number_outside_the_table_is_unknown)
{
    ck_assert_str_eq(sp_error_name((enum sp_error)ALL_N), "unknown");
    ck_assert_str_eq(sp_error_text((enum sp_error)ALL_N), "unknown error");
    ck_assert_str_eq(sp_error_name((enum sp_error) - 1), "unknown");
}
SP_TEST_END

SP_TEST(a_diagnostic_is_written_and_its_error_returned)
{
    struct sp_diag diag = {.line = 3, .column = 7};
    ck_assert_int_eq(sp_diag_set(&diag, SP_ERR_CONFIG, "unknown key %s", "polcy"), SP_ERR_CONFIG);
    ck_assert_str_eq(diag.text, "unknown key polcy");
    ck_assert_uint_eq(diag.line, 3);
    ck_assert_uint_eq(diag.column, 7);
}
SP_TEST_END

SP_TEST(a_diagnostic_nobody_wants_is_not_written)
{
    ck_assert_int_eq(sp_diag_set(NULL, SP_ERR_IO, "%d", 1), SP_ERR_IO);
}
SP_TEST_END

SP_TEST(a_long_diagnostic_is_cut_to_fit)
{
    struct sp_diag diag;
    char text[SP_DIAG_TEXT_MAX + 1];
    memset(text, 'x', sizeof text);
    text[SP_DIAG_TEXT_MAX - 1] = '\0';
    ck_assert_int_eq(sp_diag_set(&diag, SP_ERR_IO, "%s", text), SP_ERR_IO);
    ck_assert_str_eq(diag.text, text);
    text[SP_DIAG_TEXT_MAX - 1] = 'x';
    text[SP_DIAG_TEXT_MAX] = '\0';
    ck_assert_int_eq(sp_diag_set(&diag, SP_ERR_IO, "%s", text), SP_ERR_IO);
    ck_assert_uint_eq(strlen(diag.text), SP_DIAG_TEXT_MAX - 1);
}
SP_TEST_END

SP_SUITE("error", every_error_has_a_name_of_its_own_and_a_text, a_number_outside_the_table_is_unknown,
         a_diagnostic_is_written_and_its_error_returned, a_diagnostic_nobody_wants_is_not_written,
         a_long_diagnostic_is_cut_to_fit)

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

#include "base/str.h"

#include "../suite.h"

SP_TEST(only_no_reason_is_answered_as_success)
{
    ck_assert_int_eq(SP_REASON_NONE, 0);
    ck_assert_uint_eq(sp_reason_status(SP_REASON_NONE), 200);
    for (unsigned i = 1; i < SP_REASON_COUNT; i++) {
        ck_assert_uint_ge(sp_reason_status((enum sp_reason)i), 302);
        ck_assert_uint_le(sp_reason_status((enum sp_reason)i), 599);
    }
}
SP_TEST_END

/* A forward-auth proxy lets a request through on any 2xx. Names are used in a header and a metric. */
SP_TEST(every_reason_has_a_plain_name_of_its_own_and_a_title)
{
    for (unsigned i = 0; i < SP_REASON_COUNT; i++) {
        const char *name = sp_reason_name((enum sp_reason)i);
        ck_assert_uint_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        ck_assert_uint_gt(strlen(name), 0);
        ck_assert_uint_gt(strlen(sp_reason_title((enum sp_reason)i)), 0);
        for (unsigned j = 0; j < i; j++) {
            ck_assert_str_ne(name, sp_reason_name((enum sp_reason)j));
        }
    }
}
SP_TEST_END

SP_TEST(a_reason_stands_with_its_own_status_and_title)
{
    ck_assert_str_eq(sp_reason_name(SP_REASON_HOST_NOT_LISTED), "host_not_listed");
    ck_assert_uint_eq(sp_reason_status(SP_REASON_HOST_NOT_LISTED), 421);
    ck_assert_str_eq(sp_reason_title(SP_REASON_HOST_NOT_LISTED), "Host not served here");
    ck_assert_uint_eq(sp_reason_status(SP_REASON_NO_SESSION), 401);
    ck_assert_uint_eq(sp_reason_status(SP_REASON_POLICY_DENIED), 403);
    ck_assert_uint_eq(sp_reason_status(SP_REASON_OVERLOADED), 503);
    ck_assert_uint_eq(sp_reason_status(SP_REASON_SIGNED_IN), 302);
}
SP_TEST_END

SP_TEST(a_number_outside_the_table_never_allows)
{
    ck_assert_uint_eq(sp_reason_status(SP_REASON_COUNT), 500);
    ck_assert_uint_eq(sp_reason_status((enum sp_reason) - 1), 500);
    ck_assert_str_eq(sp_reason_name(SP_REASON_COUNT), "unknown");
    ck_assert_str_eq(sp_reason_title(SP_REASON_COUNT), "Internal error");
}
SP_TEST_END

SP_SUITE("reason", only_no_reason_is_answered_as_success,
         every_reason_has_a_plain_name_of_its_own_and_a_title, a_reason_stands_with_its_own_status_and_title,
         a_number_outside_the_table_never_allows)

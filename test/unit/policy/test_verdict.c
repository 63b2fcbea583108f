/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/verdict.h"

#include "../suite.h"

SP_TEST(the_zero_verdict_denies)
{
    struct sp_verdict verdict = {0};
    ck_assert_int_eq(verdict.kind, SP_VERDICT_DENY);
    ck_assert_ptr_null(verdict.identity);
    struct sp_who who = {0};
    ck_assert_ptr_null(who.identity);
    ck_assert(!who.may_sign_in);
}
SP_TEST_END

SP_TEST(every_verdict_has_the_name_that_log_and_metric_use)
{
    static const char *const names[SP_VERDICT_KIND_COUNT] = {"deny",  "allow",       "login",
                                                             "renew", "unavailable", "page"};
    for (size_t kind = 0; kind < SP_VERDICT_KIND_COUNT; kind++) {
        ck_assert_str_eq(sp_verdict_name((enum sp_verdict_kind)kind), names[kind]);
    }
}
SP_TEST_END

SP_SUITE("policy/verdict", the_zero_verdict_denies, every_verdict_has_the_name_that_log_and_metric_use)

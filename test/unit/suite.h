/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_SUITE_H
#define SP_TEST_UNIT_SUITE_H

/*
 * The one shape of a unit test file: tests are written with SP_TEST and listed once in SP_SUITE, which makes
 * `main` and reports in TAP. Names are sentences about behaviour.
 *
 *   SP_TEST(an_empty_view_equals_another) { ck_assert(...); }
 *   SP_SUITE("str", an_empty_view_equals_another, ...)
 */

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#define SP_TEST(name) START_TEST(name)
#define SP_TEST_END   END_TEST

#define SP_SUITE(title, ...)                                                                                 \
    int main(void)                                                                                           \
    {                                                                                                        \
        const TTest *const tests[] = {__VA_ARGS__};                                                          \
        Suite *suite = suite_create(title);                                                                  \
        for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {                                        \
            TCase *group = tcase_create(tests[i]->name);                                                     \
            tcase_set_timeout(group, 60);                                                                    \
            tcase_add_test(group, tests[i]);                                                                 \
            suite_add_tcase(suite, group);                                                                   \
        }                                                                                                    \
        SRunner *runner = srunner_create(suite);                                                             \
        srunner_set_tap(runner, "-");                                                                        \
        srunner_run_all(runner, CK_SILENT);                                                                  \
        int failed = srunner_ntests_failed(runner);                                                          \
        srunner_free(runner);                                                                                \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                                                    \
    }

/* Asserts on a view against a literal, showing both. */
#define ck_assert_str_view(view, literal)                                                                    \
    do {                                                                                                     \
        struct sp_str sp_view_ = (view);                                                                     \
        ck_assert_msg(sp_str_equal(sp_view_, SP_STR(literal)), "\"%.*s\" is not \"%s\"",                     \
                      SP_STR_ARGS(sp_view_), literal);                                                       \
    } while (0)

#endif

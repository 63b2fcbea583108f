/* SPDX-License-Identifier: Apache-2.0 */
#include "config/reports.h"

#include "../suite.h"

static void add_many(struct sp_reports *reports, enum sp_report_kind kind, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sp_reports_add(reports, kind, SP_PLACE(NULL, 1, 1), "number %zu", i);
    }
}

SP_TEST(reports_come_in_the_order_of_the_file)
{
    struct sp_reports reports = {0};
    sp_reports_add(&reports, SP_REPORT_ERROR, SP_PLACE(NULL, 0, 0), "last");
    sp_reports_add(&reports, SP_REPORT_WARNING, SP_PLACE(NULL, 7, 2), "third");
    sp_reports_add(&reports, SP_REPORT_ERROR, SP_PLACE(NULL, 7, 1), "second");
    sp_reports_add(&reports, SP_REPORT_ERROR, SP_PLACE(NULL, 3, 9), "first");
    sp_reports_add(&reports, SP_REPORT_ERROR, SP_PLACE(NULL, 7, 2), "fourth");
    sp_reports_sort(&reports);
    static const char *const expected[] = {"first", "second", "third", "fourth", "last"};
    ck_assert_uint_eq(reports.items_n, 5);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_str_eq(reports.items[i].text, expected[i]);
    }
    ck_assert_uint_eq(reports.errors_n, 4);
    sp_reports_done(&reports);
}
SP_TEST_END

SP_TEST(one_less_than_the_maximum_are_all_kept)
{
    struct sp_reports reports = {0};
    add_many(&reports, SP_REPORT_WARNING, SP_CONFIG_REPORTS_MAX - 1);
    ck_assert_uint_eq(reports.items_n, SP_CONFIG_REPORTS_MAX - 1);
    ck_assert_str_eq(reports.items[SP_CONFIG_REPORTS_MAX - 2].text, "number 198");
    sp_reports_done(&reports);
}
SP_TEST_END

SP_TEST(what_is_too_many_is_counted_and_the_last_says_so)
{
    struct sp_reports reports = {0};
    add_many(&reports, SP_REPORT_WARNING, SP_CONFIG_REPORTS_MAX);
    const struct sp_report *last = &reports.items[SP_CONFIG_REPORTS_MAX - 1];
    ck_assert_uint_eq(reports.items_n, SP_CONFIG_REPORTS_MAX);
    ck_assert_ptr_nonnull(strstr(last->text, "more reports"));
    ck_assert_int_eq(last->kind, SP_REPORT_WARNING);

    add_many(&reports, SP_REPORT_ERROR, 3);
    ck_assert_uint_eq(reports.items_n, SP_CONFIG_REPORTS_MAX);
    ck_assert_uint_eq(reports.errors_n, 3);
    ck_assert_int_eq(reports.items[SP_CONFIG_REPORTS_MAX - 1].kind, SP_REPORT_ERROR);
    sp_reports_done(&reports);
}
SP_TEST_END

SP_TEST(the_zero_value_can_be_released)
{
    struct sp_reports reports = {0};
    sp_reports_sort(&reports);
    sp_reports_done(&reports);
    ck_assert_uint_eq(reports.items_n, 0);
}
SP_TEST_END

SP_TEST(a_place_says_what_the_text_begins_with_and_keeps_that_it_is_wrong)
{
    struct sp_reports reports = {0};
    struct sp_place place = {.subject = "policy ops, rule 1", .key = SP_STR("group")};
    sp_reports_add(&reports, SP_REPORT_WARNING, &place, "number %d", 1);
    ck_assert_str_eq(reports.items[0].text, "policy ops, rule 1: group: number 1");
    ck_assert_str_eq(reports.items[0].setting, "policy ops, rule 1: group");
    ck_assert_str_eq(sp_report_detail(&reports.items[0]), "number 1");
    ck_assert(!place.is_faulty);
    sp_reports_add(&reports, SP_REPORT_ERROR, &place, "number %d", 2);
    ck_assert(place.is_faulty);
    place.subject = NULL;
    sp_reports_add(&reports, SP_REPORT_ERROR, &place, "wrong");
    ck_assert_str_eq(reports.items[2].text, "group: wrong");
    sp_reports_done(&reports);
}
SP_TEST_END

SP_TEST(a_report_may_be_of_another_file_and_say_what_to_do)
{
    struct sp_reports reports = {0};
    char file[] = "keys";
    struct sp_place place = {.file = file, .key = SP_STR("keys_file"), .hint = "make one", .line = 3};
    sp_reports_add(&reports, SP_REPORT_ERROR, &place, "no key");
    file[0] = 'x';
    ck_assert_str_eq(reports.items[0].file, "keys");
    ck_assert_str_eq(reports.items[0].hint, "make one");
    ck_assert_str_eq(reports.items[0].setting, "keys_file");
    ck_assert_str_eq(reports.items[0].text, "no key");
    ck_assert_str_eq(sp_report_detail(&reports.items[0]), "no key");
    sp_reports_add(&reports, SP_REPORT_WARNING, SP_PLACE(NULL, 1, 0), "of the configuration");
    ck_assert_ptr_null(reports.items[1].file);
    ck_assert_ptr_null(reports.items[1].hint);
    ck_assert_str_eq(reports.items[1].setting, "");
    ck_assert_str_eq(sp_report_detail(&reports.items[1]), "of the configuration");
    sp_reports_done(&reports);
}
SP_TEST_END

SP_SUITE("reports", a_report_may_be_of_another_file_and_say_what_to_do,
         a_place_says_what_the_text_begins_with_and_keeps_that_it_is_wrong,
         reports_come_in_the_order_of_the_file, one_less_than_the_maximum_are_all_kept,
         what_is_too_many_is_counted_and_the_last_says_so, the_zero_value_can_be_released)

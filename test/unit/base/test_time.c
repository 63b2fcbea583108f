/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../suite.h"

static void check_time(const char *text, int64_t expected_s)
{
    int64_t time_s = -77;
    ck_assert_msg(sp_time_parse(sp_str_from_c(text), &time_s) == SP_OK, "%s is a time", text);
    ck_assert_msg(time_s == expected_s, "%s: %jd", text, (intmax_t)time_s);
}

static void check_no_time(struct sp_str text)
{
    int64_t time_s = -77;
    ck_assert_msg(sp_time_parse(text, &time_s) == SP_ERR_FORMAT, "%.*s is refused", SP_STR_ARGS(text));
    ck_assert_int_eq(time_s, -77);
}

/* RFC 3339, section 5.8. */
SP_TEST(examples_of_rfc_3339_are_read)
{
    check_time("1985-04-12T23:20:50.52Z", 482196050);
    check_time("1996-12-19T16:39:57-08:00", 851042397);
    check_time("1996-12-20T00:39:57Z", 851042397);
    check_time("1990-12-31T23:59:60Z", 662688000);
    check_time("1990-12-31T15:59:60-08:00", 662688000);
    check_time("1937-01-01T12:00:27.87+00:20", -1041337173);
}
SP_TEST_END

SP_TEST(times_at_the_ends_of_the_calendar_are_read)
{
    check_time("1970-01-01T00:00:00Z", 0);
    check_time("1969-12-31T23:59:59Z", -1);
    check_time("0000-01-01T00:00:00Z", -62167219200);
    check_time("9999-12-31T23:59:59Z", SP_TIME_MAX_S);
    check_time("2000-02-29T00:00:00-00:00", 951782400);
    check_time("2024-02-29t12:34:56z", 1709210096);
    check_time("2038-01-19T03:14:08+00:00", 2147483648);
}
SP_TEST_END

SP_TEST(a_leap_second_ends_a_month_in_utc)
{
    check_time("1991-01-01T00:59:60+01:00", 662688000);
    check_time("2016-12-31T23:59:60.5Z", 1483228800);
    check_no_time(SP_STR("1990-12-30T23:59:60Z"));
    check_no_time(SP_STR("1990-12-31T22:59:60Z"));
    check_no_time(SP_STR("1990-12-31T23:59:60-08:00"));
    check_no_time(SP_STR("1990-12-31T23:59:61Z"));
}
SP_TEST_END

SP_TEST(days_that_are_not_in_the_calendar_are_refused)
{
    static const char *const texts[] = {
        "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z",      "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z", "2026-04-31T00:00:00Z",      "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "2024-02-30T00:00:00Z",      "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+00:60",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check_no_time(sp_str_from_c(texts[i]));
    }
}
SP_TEST_END

SP_TEST(other_forms_of_time_are_refused)
{
    static const char *const texts[] = {
        "2026-11-24",
        "2026-11-24 11:00:00Z",
        "2026-11-24T11:00:00",
        "2026-11-24T11:00Z",
        "2026-11-24T11:00:00.Z",
        "2026-11-24T11:00:00,5Z",
        "2026-11-24T11:00:00+0100",
        "2026-11-24T11:00:00+01",
        "2026-11-24T11:00:00Z ",
        " 2026-11-24T11:00:00Z",
        "20261124T110000Z",
        "+026-11-24T11:00:00Z",
        "12026-11-24T11:00:00Z",
        "2026-1-24T11:00:00Z",
        "2026-11-24T11:00:00ZZ",
        "Tue, 24 Nov 2026 11:00:00 GMT",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check_no_time(sp_str_from_c(texts[i]));
    }
    check_no_time(SP_STR_NONE);
}
SP_TEST_END

SP_TEST(a_time_cut_short_is_refused_at_every_length)
{
    struct sp_str text = SP_STR("2026-11-24T11:00:00.123+01:00");
    for (size_t len = 0; len < text.len; len++) {
        check_no_time((struct sp_str){text.ptr, len});
    }
}
SP_TEST_END

SP_TEST(times_are_written_in_utc)
{
    char text[SP_TIME_TEXT_LEN + 1];
    char text_ms[SP_TIME_TEXT_MS_LEN + 1];
    sp_time_format(1795518000, text);
    ck_assert_str_eq(text, "2026-11-24T11:00:00Z");
    sp_time_format(0, text);
    ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
    sp_time_format_ms(1795518000123, text_ms);
    ck_assert_str_eq(text_ms, "2026-11-24T11:00:00.123Z");
    sp_time_format_ms(7, text_ms);
    ck_assert_str_eq(text_ms, "1970-01-01T00:00:00.007Z");
}
SP_TEST_END

SP_TEST(times_outside_are_written_as_the_nearest_inside)
{
    static const struct {
        int64_t time;
        const char *seconds;
        const char *milliseconds;
    } ends[] = {
        {-1, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
        {INT64_MIN, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
        {INT64_MAX, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char text[SP_TIME_TEXT_LEN + 1];
        char text_ms[SP_TIME_TEXT_MS_LEN + 1];
        sp_time_format(ends[i].time, text);
        sp_time_format_ms(ends[i].time, text_ms);
        ck_assert_str_eq(text, ends[i].seconds);
        ck_assert_str_eq(text_ms, ends[i].milliseconds);
    }
    char text[SP_TIME_TEXT_LEN + 1];
    sp_time_format(SP_TIME_MAX_S + 1, text);
    ck_assert_str_eq(text, "9999-12-31T23:59:59Z");
}
SP_TEST_END

/* One time on each of the days from 1970 to 2500, compared with a calendar that counts them, and read
 * back. */
SP_TEST(each_day_follows_the_one_before)
{
    static const int days_of_month[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t time_s = 12345;
    for (int year = 1970; year <= 2500; year++) {
        bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        for (int month = 1; month <= 12; month++) {
            int days_n = days_of_month[month - 1] + (month == 2 && is_leap);
            for (int day = 1; day <= days_n; day++, time_s += 86400) {
                char expected[64];
                char text[SP_TIME_TEXT_LEN + 1];
                int64_t parsed_s = -1;
                snprintf(expected, sizeof expected, "%04d-%02d-%02dT03:25:45Z", year, month, day);
                sp_time_format(time_s, text);
                if (strcmp(text, expected) != 0 || sp_time_parse(sp_str_from_c(text), &parsed_s) != SP_OK ||
                    parsed_s != time_s) {
                    ck_abort_msg("%s is not %s", text, expected);
                }
            }
        }
    }
}
SP_TEST_END

SP_TEST(the_zone_of_the_machine_changes_nothing)
{
    ck_assert_int_eq(setenv("TZ", "AAA-12:34BBB,0,366", 1), 0);
    tzset();
    char text[SP_TIME_TEXT_LEN + 1];
    sp_time_format(1795518000, text);
    ck_assert_str_eq(text, "2026-11-24T11:00:00Z");
    check_time("2026-11-24T11:00:00Z", 1795518000);
}
SP_TEST_END

static void check_duration(const char *text, int64_t expected_s)
{
    int64_t duration_s = -77;
    ck_assert_msg(sp_duration_parse(sp_str_from_c(text), &duration_s) == SP_OK, "%s is a duration", text);
    ck_assert_int_eq(duration_s, expected_s);
}

SP_TEST(durations_are_numbers_with_units_and_sums_of_them)
{
    check_duration("0", 0);
    check_duration("0s", 0);
    check_duration("90s", 90);
    check_duration("15m", 900);
    check_duration("12h", 43200);
    check_duration("7d", 604800);
    check_duration("1h30m", 5400);
    check_duration("1d2h3m4s", 93784);
    check_duration("1d4s", 86404);
}
SP_TEST_END

SP_TEST(other_forms_of_duration_are_refused)
{
    static const char *const texts[] = {"",     "1",   "00",  "s",    "1w",        "1M",  "1H",    "-1s",
                                        "+1s",  " 1s", "1s ", "1 s",  "1.5h",      "1ms", "30m1h", "1m1m",
                                        "1h30", "01s", "1hh", "1h m", "1\xc2\xb5", "1s0", "0h0",   "h1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t duration_s = -77;
        ck_assert_msg(sp_duration_parse(sp_str_from_c(texts[i]), &duration_s) == SP_ERR_FORMAT, "%s",
                      texts[i]);
        ck_assert_int_eq(duration_s, -77);
    }
}
SP_TEST_END

SP_TEST(durations_end_at_ten_years)
{
    static const char *const longer[] = {"3651d",
                                         "3650d1s",
                                         "315360001s",
                                         "5256001m",
                                         "87601h",
                                         "9223372036854775807d",
                                         "315360000d315360000h",
                                         "99999999999999999999s"};
    check_duration("3650d", SP_DURATION_MAX_S);
    check_duration("315360000s", SP_DURATION_MAX_S);
    check_duration("3649d23h59m60s", SP_DURATION_MAX_S);
    for (size_t i = 0; i < sizeof longer / sizeof longer[0]; i++) {
        int64_t duration_s = -77;
        ck_assert_int_eq(sp_duration_parse(sp_str_from_c(longer[i]), &duration_s), SP_ERR_FORMAT);
    }
}
SP_TEST_END

SP_TEST(durations_are_written_in_the_largest_units)
{
    static const struct {
        int64_t duration_s;
        const char *text;
    } cases[] = {{0, "0"},
                 {-5, "0"},
                 {59, "59s"},
                 {60, "1m"},
                 {5400, "1h30m"},
                 {604800, "7d"},
                 {93784, "1d2h3m4s"},
                 {86401, "1d1s"},
                 {INT64_MIN, "0"},
                 {INT64_MAX, "106751991167300d15h30m7s"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[SP_DURATION_TEXT_MAX];
        sp_duration_format(cases[i].duration_s, text);
        ck_assert_str_eq(text, cases[i].text);
    }
}
SP_TEST_END

SP_TEST(a_written_duration_is_read_back)
{
    for (int64_t duration_s = 0; duration_s <= SP_DURATION_MAX_S; duration_s += 7919) {
        char text[SP_DURATION_TEXT_MAX];
        sp_duration_format(duration_s, text);
        check_duration(text, duration_s);
    }
}
SP_TEST_END

SP_SUITE("time", examples_of_rfc_3339_are_read, times_at_the_ends_of_the_calendar_are_read,
         a_leap_second_ends_a_month_in_utc, days_that_are_not_in_the_calendar_are_refused,
         other_forms_of_time_are_refused, a_time_cut_short_is_refused_at_every_length,
         times_are_written_in_utc, times_outside_are_written_as_the_nearest_inside,
         each_day_follows_the_one_before, the_zone_of_the_machine_changes_nothing,
         durations_are_numbers_with_units_and_sums_of_them, other_forms_of_duration_are_refused,
         durations_end_at_ten_years, durations_are_written_in_the_largest_units,
         a_written_duration_is_read_back)

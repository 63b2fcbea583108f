/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include "base/number.h"

#include <stdio.h>
#include <time.h>

#define MINUTE_S 60
#define HOUR_S   3600
#define DAY_S    86400

static int64_t clamp(int64_t value, int64_t max)
{
    if (value < 0) {
        return 0;
    }
    return value < max ? value : max;
}

/* Writes the 19 characters before the fraction and the `Z`, with a NUL. */
static void format_seconds(int64_t time_s, char out[SP_TIME_TEXT_LEN])
{
    struct tm utc;
    gmtime_r(&time_s, &utc);
    strftime(out, SP_TIME_TEXT_LEN, "%Y-%m-%dT%H:%M:%S", &utc);
}

void sp_time_format(int64_t time_s, char out[SP_TIME_TEXT_LEN + 1])
{
    format_seconds(clamp(time_s, SP_TIME_MAX_S), out);
    memcpy(out + SP_TIME_TEXT_LEN - 1, "Z", 2);
}

void sp_time_format_ms(int64_t time_ms, char out[SP_TIME_TEXT_MS_LEN + 1])
{
    int64_t inside_ms = clamp(time_ms, SP_TIME_MAX_S * 1000 + 999);
    format_seconds(inside_ms / 1000, out);
    snprintf(out + SP_TIME_TEXT_LEN - 1, 6, ".%03uZ", (unsigned)(inside_ms % 1000));
}

/* Takes exactly `len` digits off the front. False if there are fewer; `s` is then undefined. */
static bool take_digits(struct sp_str *s, size_t len, int *out)
{
    if (s->len < len) {
        return false;
    }
    int value = 0;
    for (size_t i = 0; i < len; i++) {
        if (!sp_ascii_is_digit(s->ptr[i])) {
            return false;
        }
        value = value * 10 + (s->ptr[i] - '0');
    }
    *s = sp_str_skip(*s, len);
    *out = value;
    return true;
}

/* Takes `c`, given in lower case: RFC 3339, section 5.6, allows `T` and `Z` in either case. */
static bool take_char(struct sp_str *s, char c)
{
    if (s->len == 0 || sp_ascii_lower(s->ptr[0]) != c) {
        return false;
    }
    *s = sp_str_skip(*s, 1);
    return true;
}

/* Takes a date and sets `out_s` to the start of the day. Checks it, because timegm would silently turn a day
 * that does not exist into another one. */
static bool take_date(struct sp_str *s, int64_t *out_s)
{
    int year = 0;
    int month = 0;
    int day = 0;
    if (!take_digits(s, 4, &year) || !take_char(s, '-') || !take_digits(s, 2, &month) || !take_char(s, '-') ||
        !take_digits(s, 2, &day)) {
        return false;
    }
    struct tm utc = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    *out_s = timegm(&utc);
    return utc.tm_mon == month - 1 && utc.tm_mday == day;
}

/* Takes `hh:mm` and converts it to seconds. */
static bool take_hour_minute(struct sp_str *s, int *out_s)
{
    int hour = 0;
    int minute = 0;
    bool whole = take_digits(s, 2, &hour) && take_char(s, ':') && take_digits(s, 2, &minute);
    if (!whole || hour > 23 || minute > 59) {
        return false;
    }
    *out_s = hour * HOUR_S + minute * MINUTE_S;
    return true;
}

/* Takes the optional fraction: a point and at least one digit. */
static bool take_fraction(struct sp_str *s)
{
    if (!take_char(s, '.')) {
        return true;
    }
    size_t digits_n = 0;
    while (digits_n < s->len && sp_ascii_is_digit(s->ptr[digits_n])) {
        digits_n++;
    }
    *s = sp_str_skip(*s, digits_n);
    return digits_n > 0;
}

/* Takes `Z` or `±hh:mm`, which states how far local time is ahead of UTC. */
static bool take_offset(struct sp_str *s, int *out_s)
{
    if (take_char(s, 'z')) {
        *out_s = 0;
        return true;
    }
    bool behind = s->len > 0 && s->ptr[0] == '-';
    int ahead_s = 0;
    if (!(behind ? take_char(s, '-') : take_char(s, '+')) || !take_hour_minute(s, &ahead_s)) {
        return false;
    }
    *out_s = behind ? -ahead_s : ahead_s;
    return true;
}

/* A leap second is the last second of a month in UTC (section 5.7). It counts as the following one, as in
 * POSIX. */
static bool begins_month(int64_t time_s)
{
    struct tm utc;
    gmtime_r(&time_s, &utc);
    return utc.tm_mday == 1 && utc.tm_hour == 0 && utc.tm_min == 0 && utc.tm_sec == 0;
}

enum sp_error sp_time_parse(struct sp_str s, int64_t *out_s)
{
    int64_t date_s = 0;
    int minutes_s = 0;
    int second = 0;
    int ahead_s = 0;
    bool whole = take_date(&s, &date_s) && take_char(&s, 't') && take_hour_minute(&s, &minutes_s) &&
                 take_char(&s, ':') && take_digits(&s, 2, &second) && take_fraction(&s) &&
                 take_offset(&s, &ahead_s) && s.len == 0;
    if (!whole || second > 60) {
        return SP_ERR_FORMAT;
    }
    int64_t time_s = date_s + minutes_s + second - ahead_s;
    if (second == 60 && !begins_month(time_s)) {
        return SP_ERR_FORMAT;
    }
    *out_s = time_s;
    return SP_OK;
}

static const struct {
    char letter;
    int64_t len_s;
} units[] = {{'d', DAY_S}, {'h', HOUR_S}, {'m', MINUTE_S}, {'s', 1}};

#define UNITS_N (sizeof units / sizeof units[0])

/* Takes one `<number><unit>` with a unit smaller than those before it: `*unit` is the first one allowed. */
static bool take_part(struct sp_str *s, size_t *unit, int64_t *out_s)
{
    size_t digits_n = 0;
    while (digits_n < s->len && sp_ascii_is_digit(s->ptr[digits_n])) {
        digits_n++;
    }
    uint64_t number = 0;
    if (digits_n == s->len ||
        !sp_number_parse_u64((struct sp_str){s->ptr, digits_n}, SP_DURATION_MAX_S, &number)) {
        return false;
    }
    while (*unit < UNITS_N && units[*unit].letter != s->ptr[digits_n]) {
        (*unit)++;
    }
    if (*unit == UNITS_N) {
        return false;
    }
    *out_s = (int64_t)number * units[(*unit)++].len_s;
    *s = sp_str_skip(*s, digits_n + 1);
    return true;
}

enum sp_error sp_duration_parse(struct sp_str s, int64_t *out_s)
{
    int64_t sum_s = 0;
    size_t unit = 0;
    if (sp_str_equal(s, SP_STR("0"))) {
        *out_s = 0;
        return SP_OK;
    }
    do {
        int64_t part_s = 0;
        if (!take_part(&s, &unit, &part_s)) {
            return SP_ERR_FORMAT;
        }
        sum_s += part_s;
    } while (s.len > 0);
    if (sum_s > SP_DURATION_MAX_S) {
        return SP_ERR_FORMAT;
    }
    *out_s = sum_s;
    return SP_OK;
}

void sp_duration_format(int64_t duration_s, char out[SP_DURATION_TEXT_MAX])
{
    size_t len = 0;
    int64_t left_s = duration_s > 0 ? duration_s : 0;
    for (size_t i = 0; i < UNITS_N; i++) {
        uint64_t number = (uint64_t)(left_s / units[i].len_s);
        if (number > 0) {
            len += sp_number_format_u64(number, out + len);
            out[len++] = units[i].letter;
        }
        left_s %= units[i].len_s;
    }
    if (len == 0) {
        out[len++] = '0';
    }
    out[len] = '\0';
}

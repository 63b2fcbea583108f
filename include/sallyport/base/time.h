/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_TIME_H
#define SP_BASE_TIME_H

/*
 * Times as strings, and durations. Instants are seconds (`_s`) or milliseconds (`_ms`) since the Unix epoch.
 * Only io/clock.h reads the clock; everything below takes the time as an argument.
 */

#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

#define SP_TIME_TEXT_LEN    20             /* 2026-11-24T11:00:00Z */
#define SP_TIME_TEXT_MS_LEN 24             /* 2026-11-24T11:00:00.123Z */
#define SP_TIME_MAX_S       253402300799LL /* 9999-12-31T23:59:59Z */

/* Writes a time as in RFC 3339, in UTC, with a NUL. Times outside the years 1970–9999 are clamped to that
 * range. */
void sp_time_format(int64_t time_s, char out[SP_TIME_TEXT_LEN + 1]);
void sp_time_format_ms(int64_t time_ms, char out[SP_TIME_TEXT_MS_LEN + 1]);

/*
 * Parses a time as in RFC 3339, section 5.6, with `Z` or an offset. Fractions of a second are dropped, and a
 * leap second at the end of a month counts as the following second. Times before 1970 are negative.
 * SP_ERR_FORMAT for anything else.
 */
enum sp_error sp_time_parse(struct sp_str s, int64_t *out_s) __attribute__((warn_unused_result));

#define SP_DURATION_MAX_S (10 * 365 * 86400) /* ten years */

/*
 * Parses a duration: `90s`, `15m`, `12h`, `7d`, sums such as `1h30m` with larger units first and each unit
 * once, or plain `0`. SP_ERR_FORMAT for anything else, and for durations above SP_DURATION_MAX_S.
 */
enum sp_error sp_duration_parse(struct sp_str s, int64_t *out_s) __attribute__((warn_unused_result));

#define SP_DURATION_TEXT_MAX 40

/* Writes a duration in the largest units, with a NUL: 5400 is `1h30m`; zero and negative durations are
 * `0`. */
void sp_duration_format(int64_t duration_s, char out[SP_DURATION_TEXT_MAX]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_TIME_H
#define SP_BASE_TIME_H

/*
 * Times as text and durations. Instants are seconds (`_s`) or milliseconds (`_ms`) since the Unix epoch; the
 * clock itself is read in io/clock.h only, so that everything below takes the time as an argument.
 */

#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

#define SP_TIME_TEXT_LEN    20             /* 2026-11-24T11:00:00Z */
#define SP_TIME_TEXT_MS_LEN 24             /* 2026-11-24T11:00:00.123Z */
#define SP_TIME_MAX_S       253402300799LL /* 9999-12-31T23:59:59Z */

/* RFC 3339 in UTC, with NUL; times outside years 1970–9999 are written as the nearest one inside. */
void sp_time_format(int64_t time_s, char out[SP_TIME_TEXT_LEN + 1]);
void sp_time_format_ms(int64_t time_ms, char out[SP_TIME_TEXT_MS_LEN + 1]);

/*
 * RFC 3339, section 5.6, with `Z` or an offset; fractions of a second are dropped, and a leap second at the
 * end of a month counts as the second after it. Before 1970 negative. SP_ERR_FORMAT otherwise.
 */
enum sp_error sp_time_parse(struct sp_str s, int64_t *out_s) __attribute__((warn_unused_result));

#define SP_DURATION_MAX_S (10 * 365 * 86400) /* ten years */

/*
 * `90s`, `15m`, `12h`, `7d` and sums such as `1h30m`, the larger unit first and each once; plain `0`.
 * SP_ERR_FORMAT otherwise, or above SP_DURATION_MAX_S.
 */
enum sp_error sp_duration_parse(struct sp_str s, int64_t *out_s) __attribute__((warn_unused_result));

#define SP_DURATION_TEXT_MAX 40

/* Such a text in the largest units, with NUL: 5400 is `1h30m`, and nothing or less is `0`. */
void sp_duration_format(int64_t duration_s, char out[SP_DURATION_TEXT_MAX]);

#endif

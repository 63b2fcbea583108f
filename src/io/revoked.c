/* SPDX-License-Identifier: Apache-2.0 */
#include "io/revoked.h"

#include "base/time.h"
#include "io/clock.h"
#include "io/log.h"

#define FAILURE_EVERY_MS 60000

void sp_revoked_log(const struct sp_revoked_line *what, enum sp_revoked revoked)
{
    struct sp_log_line line;
    char began_by[SP_TIME_TEXT_LEN + 1];
    sp_time_format(what->began_by_s, began_by);
    if (sp_log_begin(&line, SP_LOG_INFO, "revoked")) {
        sp_log_text(&line, "by", sp_str_from_c(what->by));
        sp_log_person(&line, "subject", what->subject);
        sp_log_text(&line, "sid", what->sid);
        sp_log_text(&line, "session", what->session);
        sp_log_text(&line, "began_by", sp_str_from_c(began_by));
        sp_log_text(&line, "result", sp_str_from_c(sp_revoked_name(revoked)));
        sp_log_end(&line);
    }
}

void sp_revoked_log_failure(struct sp_throttle *throttle, const char *by, const char *result,
                            const char *detail)
{
    struct sp_log_line line;
    uint64_t others;
    if (sp_throttle_pass(throttle, sp_clock_monotonic_ms(), FAILURE_EVERY_MS, &others) &&
        sp_log_begin(&line, SP_LOG_WARN, "revoked")) {
        sp_log_text(&line, "by", sp_str_from_c(by));
        sp_log_text(&line, "result", sp_str_from_c(result));
        sp_log_text(&line, "detail", sp_str_from_c(detail));
        sp_log_number(&line, "others", others);
        sp_log_end(&line);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_REPORTS_H
#define SP_CONFIG_REPORTS_H

/*
 * What is wrong or unwise in a configuration, all of it at once: an operator who is told one mistake a start
 * needs as many starts as mistakes. The caller adds the file's name in front.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define SP_CONFIG_REPORTS_MAX 200

enum sp_report_kind {
    SP_REPORT_ERROR,
    SP_REPORT_WARNING,
};

struct sp_report {
    enum sp_report_kind kind;
    uint32_t line;   /* 0: not from the file; then `text` names the variable or the setting */
    uint32_t column; /* 0: the line as a whole */
    char *text;      /* owned */
};

struct sp_reports {
    struct sp_report *items; /* owned, in the order of the file; what is not from the file comes last */
    size_t items_n;          /* at most SP_CONFIG_REPORTS_MAX: the last then says that there are more */
    size_t errors_n;         /* all of them, also those that are not kept */
};

/* Accepts the zero value, and leaves it. */
void sp_reports_done(struct sp_reports *reports);

/* Without memory the error is still counted. */
void sp_reports_add(struct sp_reports *reports, enum sp_report_kind kind, uint32_t line, uint32_t column,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same, with `subject` and a colon before the text. */
void sp_reports_add_about(struct sp_reports *reports, enum sp_report_kind kind, uint32_t line,
                          uint32_t column, const char *subject, const char *format, va_list arguments)
    __attribute__((format(printf, 6, 0)));

/* Brings the items into the order of the file, equal places as they were added. */
void sp_reports_sort(struct sp_reports *reports);

#endif

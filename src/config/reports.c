/* SPDX-License-Identifier: Apache-2.0 */
#include "config/reports.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

void sp_reports_done(struct sp_reports *reports)
{
    for (size_t i = 0; i < reports->items_n; i++) {
        free(reports->items[i].text);
    }
    free(reports->items);
    *reports = (struct sp_reports){0};
}

/* Takes `text`. */
static void keep_report(struct sp_reports *reports, struct sp_report report)
{
    struct sp_report *items = reallocarray(reports->items, reports->items_n + 1, sizeof *reports->items);
    if (items == NULL) {
        free(report.text);
        return;
    }
    reports->items = items;
    items[reports->items_n++] = report;
}

/* The last place says that there is more, and is an error as soon as one of the rest is. */
static void keep_notice(struct sp_reports *reports, enum sp_report_kind kind)
{
    if (reports->items_n < SP_CONFIG_REPORTS_MAX) {
        char *text = sp_str_dup(SP_STR("there is more to say than fits here: begin with the above"));
        if (text != NULL) {
            keep_report(reports, (struct sp_report){.kind = kind, .text = text});
        }
    } else if (kind == SP_REPORT_ERROR) {
        reports->items[SP_CONFIG_REPORTS_MAX - 1].kind = SP_REPORT_ERROR;
    }
}

/* Takes `text`, which may be NULL for want of memory. */
static void add_report(struct sp_reports *reports, enum sp_report_kind kind, uint32_t line, uint32_t column,
                       char *text)
{
    if (kind == SP_REPORT_ERROR) {
        reports->errors_n++;
    }
    if (text == NULL) {
        return;
    }
    if (reports->items_n < SP_CONFIG_REPORTS_MAX - 1) {
        keep_report(reports, (struct sp_report){.kind = kind, .line = line, .column = column, .text = text});
        return;
    }
    keep_notice(reports, kind);
    free(text);
}

void sp_reports_add(struct sp_reports *reports, enum sp_report_kind kind, uint32_t line, uint32_t column,
                    const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL;
    }
    va_end(arguments);
    add_report(reports, kind, line, column, text);
}

void sp_reports_add_about(struct sp_reports *reports, enum sp_report_kind kind, uint32_t line,
                          uint32_t column, const char *subject, const char *format, va_list arguments)
{
    char *message = NULL;
    if (vasprintf(&message, format, arguments) < 0) {
        message = NULL;
    }
    char *text = NULL;
    if (message != NULL && asprintf(&text, "%s: %s", subject, message) < 0) {
        text = NULL;
    }
    free(message);
    add_report(reports, kind, line, column, text);
}

static bool stands_after(const struct sp_report *a, const struct sp_report *b)
{
    /* Line 0 is no line of the file; as the largest number it comes last. */
    if (a->line != b->line) {
        return a->line - 1 > b->line - 1;
    }
    return a->column > b->column;
}

void sp_reports_sort(struct sp_reports *reports)
{
    for (size_t i = 1; i < reports->items_n; i++) {
        struct sp_report report = reports->items[i];
        size_t at = i;
        for (; at > 0 && stands_after(&reports->items[at - 1], &report); at--) {
            reports->items[at] = reports->items[at - 1];
        }
        reports->items[at] = report;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "config/reports.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void free_texts(const struct sp_report *report)
{
    free(report->file);
    free(report->setting);
    free(report->text);
    free(report->hint);
}

void sp_reports_done(struct sp_reports *reports)
{
    for (size_t i = 0; i < reports->items_n; i++) {
        free_texts(&reports->items[i]);
    }
    free(reports->items);
    *reports = (struct sp_reports){0};
}

/* Takes ownership of the strings. */
static void keep_report(struct sp_reports *reports, struct sp_report report)
{
    struct sp_report *items = reallocarray(reports->items, reports->items_n + 1, sizeof *reports->items);
    if (items == NULL) {
        free_texts(&report);
        return;
    }
    reports->items = items;
    items[reports->items_n++] = report;
}

/* Makes the last item state that there are more. It becomes an error if one of those left out is an error. */
static void keep_notice(struct sp_reports *reports, enum sp_report_kind kind)
{
    if (reports->items_n < SP_CONFIG_REPORTS_MAX) {
        char *text = sp_str_dup(SP_STR("there are more reports than fit here: start with those above"));
        if (text != NULL) {
            keep_report(reports, (struct sp_report){.kind = kind, .text = text});
        }
    } else if (kind == SP_REPORT_ERROR) {
        reports->items[SP_CONFIG_REPORTS_MAX - 1].kind = SP_REPORT_ERROR;
    }
}

/* Fills in the strings of a report. False if out of memory. */
static bool compose(const struct sp_place *place, const char *message, struct sp_report *report)
{
    const char *subject = place->subject != NULL ? place->subject : "";
    const char *between = *subject != '\0' && place->key.len > 0 ? ": " : "";
    if (asprintf(&report->setting, "%s%s%.*s", subject, between, SP_STR_ARGS(place->key)) < 0) {
        report->setting = NULL;
        return false;
    }
    bool is_told = *report->setting != '\0' && place->file == NULL;
    if (asprintf(&report->text, "%s%s%s", is_told ? report->setting : "", is_told ? ": " : "", message) < 0) {
        report->text = NULL;
    }
    return report->text != NULL;
}

/* Copies a string; NULL stays NULL. False if out of memory. */
static bool copy(const char *text, char **out)
{
    *out = text != NULL ? sp_str_dup(sp_str_from_c(text)) : NULL;
    return text == NULL || *out != NULL;
}

void sp_reports_add(struct sp_reports *reports, enum sp_report_kind kind, struct sp_place *place,
                    const char *format, ...)
{
    if (kind == SP_REPORT_ERROR) {
        place->is_faulty = true;
        reports->errors_n++;
    }
    if (reports->items_n >= SP_CONFIG_REPORTS_MAX - 1) {
        keep_notice(reports, kind);
        return;
    }
    struct sp_report report = {.kind = kind, .line = place->line, .column = place->column};
    char *message = NULL;
    va_list arguments;
    va_start(arguments, format);
    bool is_whole = vasprintf(&message, format, arguments) >= 0;
    va_end(arguments);
    if (is_whole) {
        is_whole = compose(place, message, &report);
        free(message);
    }
    is_whole = is_whole && copy(place->file, &report.file) && copy(place->hint, &report.hint);
    if (is_whole) {
        keep_report(reports, report);
    } else {
        free_texts(&report);
    }
}

const char *sp_report_detail(const struct sp_report *report)
{
    size_t told_len = report->file == NULL && report->setting != NULL ? strlen(report->setting) : 0;
    return report->text + (told_len > 0 ? told_len + 2 : 0);
}

static bool stands_after(const struct sp_report *a, const struct sp_report *b)
{
    /* Line 0 means not in the file; as the largest number it sorts last. */
    if (a->line != b->line) {
        return a->line - 1 > b->line - 1;
    }
    return a->column > b->column;
}

void sp_reports_drop_told(struct sp_reports *reports, char **told)
{
    const char *text = reports->items_n > 0 ? reports->items[0].text : NULL;
    bool is_told = text != NULL && *told != NULL && strcmp(text, *told) == 0;
    char *now = sp_str_dup(sp_str_from_c(text));
    free(*told);
    *told = now;
    if (is_told) {
        sp_reports_done(reports);
    }
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

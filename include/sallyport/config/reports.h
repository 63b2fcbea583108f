/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_REPORTS_H
#define SP_CONFIG_REPORTS_H

/*
 * What is wrong or unwise in a configuration and the files that it names, all of it at once: an operator who
 * is told one mistake a start needs as many starts as mistakes. Who tells it puts the file's name in front.
 */

#include "base/str.h"

#include <stdint.h>

#define SP_CONFIG_REPORTS_MAX 200

enum sp_report_kind {
    SP_REPORT_ERROR,
    SP_REPORT_WARNING,
};

struct sp_report {
    enum sp_report_kind kind;
    char *file; /* owned; NULL: the configuration */
    char *
        setting; /* owned; what it is about, or the setting that names `file`; empty: nothing in particular */
    uint32_t line;   /* 0: not from the file; then `text` names the variable or the setting */
    uint32_t column; /* 0: the line as a whole */
    char *text;      /* owned; where it is about the configuration, it begins with `setting` */
    char *hint;      /* owned, lines of what to do about it; NULL: `text` says all */
};

struct sp_reports {
    struct sp_report *items; /* owned, in the order of the file; what is not from the file comes last, and
                                what is in other files after that */
    size_t items_n;          /* at most SP_CONFIG_REPORTS_MAX: the last then says that there are more */
    size_t errors_n;         /* all of them, also those that are not kept */
};

/* Accepts the zero value, and leaves it. */
void sp_reports_done(struct sp_reports *reports);

/* Where something is wrong, and what the text begins with: "policy ops, rule 1: group: ". */
struct sp_place {
    const char *subject; /* borrowed; NULL: nothing, as of a setting */
    struct sp_str key;   /* borrowed; empty: nothing */
    uint32_t line;       /* 0: not in the file */
    uint32_t column;     /* 0: the line as a whole */
    bool is_faulty;      /* an error was reported here */
    const char *file;    /* borrowed, named by the setting `key`, which then no text begins with; NULL: the
                            configuration */
    const char *hint;    /* borrowed, lines of what to do about it; NULL: nothing beyond the text */
};

#define SP_PLACE(place_subject, place_line, place_column)                                                    \
    &(struct sp_place)                                                                                       \
    {                                                                                                        \
        .subject = (place_subject), .line = (place_line), .column = (place_column)                           \
    }

/* The one way to report. Without memory an error is still counted. */
void sp_reports_add(struct sp_reports *reports, enum sp_report_kind kind, struct sp_place *place,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* For files that are read again and again: what is wrong in the same way as the last time is dropped.
 * `*told`, NULL at first, keeps what was wrong then, and is the caller's to free. */
void sp_reports_drop_told(struct sp_reports *reports, char **told);

/* The text without the setting. */
const char *sp_report_detail(const struct sp_report *report);

/* Brings the items into the order of the file, equal places as they were added. */
void sp_reports_sort(struct sp_reports *reports);

#endif

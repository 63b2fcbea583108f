/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_REPORTS_H
#define SP_CONFIG_REPORTS_H

/*
 * All faults and warnings of a configuration and the files that it names. They are collected, because an
 * operator who learns of one mistake per start needs as many starts as there are mistakes. The code that
 * prints them adds the file's name in front.
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
    char *file;      /* owned; NULL: the configuration */
    char *setting;   /* owned; the setting at fault, or the one that names `file`; may be empty */
    uint32_t line;   /* 0: not in the file; then `text` names the variable or the setting */
    uint32_t column; /* 0: the whole line */
    char *text;      /* owned; if it is about the configuration, it begins with `setting` */
    char *hint;      /* owned; lines that say what to do about it; NULL if `text` says enough */
};

struct sp_reports {
    struct sp_report *items; /* owned, in the order of the file, then those not in the file, then those in
                                other files */
    size_t items_n;          /* at most SP_CONFIG_REPORTS_MAX; the last one then states that there are more */
    size_t errors_n;         /* total number, including those not stored */
};

/* Accepts the zero value, and resets to it. */
void sp_reports_done(struct sp_reports *reports);

/* The place of a fault, and the prefix of the message: "policy ops, rule 1: group: ". */
struct sp_place {
    const char *subject; /* borrowed; NULL: none, as for a setting */
    struct sp_str key;   /* borrowed; empty: none */
    uint32_t line;       /* 0: not in the file */
    uint32_t column;     /* 0: the whole line */
    bool is_faulty;      /* an error was reported here */
    const char *file;    /* borrowed, named by the setting `key`, which is then not part of the text; NULL:
                            the configuration */
    const char *hint;    /* borrowed; lines that say what to do about it; NULL if the text says enough */
};

#define SP_PLACE(place_subject, place_line, place_column)                                                    \
    &(struct sp_place)                                                                                       \
    {                                                                                                        \
        .subject = (place_subject), .line = (place_line), .column = (place_column)                           \
    }

/* The only way to report. If memory runs out, an error is still counted. */
void sp_reports_add(struct sp_reports *reports, enum sp_report_kind kind, struct sp_place *place,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* For files that are read repeatedly: drops the reports that are the same as last time. `*told`, which is
 * NULL at first, records the reports of the last time; the caller frees it. */
void sp_reports_drop_told(struct sp_reports *reports, char **told);

/* The text of a report without the setting in front. */
const char *sp_report_detail(const struct sp_report *report);

/* Sorts the items into the order of the file; items at the same place stay in the order in which they were
 * added. */
void sp_reports_sort(struct sp_reports *reports);

#endif

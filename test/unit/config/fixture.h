/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_CONFIG_FIXTURE_H
#define SP_TEST_UNIT_CONFIG_FIXTURE_H

/*
 * Loads the smallest legal configuration with some settings of the test's own. A line of the smallest one is
 * left out if the test has that setting itself, so that the tests show only what they are about.
 */

#include "../suite.h"
#include "shown.h"

#include <stdio.h>

static const char *const smallest[] = {
    "issuer: https://dex.example.com/dex", "client_id: sallyport",
    "client_secret_file: client-secret",   "keys_file: keys",
    "policies: {default: authenticated}",  "email_verified: required",
};

struct loaded {
    enum sp_error error;
    struct sp_reports reports;
    struct sp_config *config; /* NULL if there is an error */
};

/* True if `settings` has a line for the same setting as `line`. */
static inline bool gives(const char *settings, const char *line)
{
    size_t len = (size_t)(strchr(line, ':') + 1 - line);
    for (const char *at = settings; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n' ? 1 : 0;
        if (strncmp(at, line, len) == 0)
            return true;
    }
    return false;
}

static inline struct loaded load_text(const char *text, const char *folder, const char *const *environment)
{
    struct loaded loaded = {.config = NULL};
    struct sp_config_source source = {
        .text = sp_str_from_c(text), .folder = folder, .environment = environment};
    loaded.error = sp_config_load(&source, &loaded.reports, &loaded.config);
    ck_assert_int_eq(loaded.error == SP_OK, loaded.reports.errors_n == 0);
    ck_assert_int_eq(loaded.error == SP_OK, loaded.config != NULL);
    return loaded;
}

/* The test's settings come first, so that their lines count from 1. A new string. */
static inline char *complete_settings(const char *settings)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 2 * SP_CONFIG_TEXT_MAX);
    sp_buf_printf(&text, "%s\n", settings);
    for (size_t i = 0; i < sizeof smallest / sizeof smallest[0]; i++) {
        if (!gives(settings, smallest[i]))
            sp_buf_printf(&text, "%s\n", smallest[i]);
    }
    return sp_str_dup(sp_buf_str(&text));
}

static inline struct loaded load_settings(const char *settings, const char *const *environment)
{
    char *text = complete_settings(settings);
    struct loaded loaded = load_text(text, ".", environment);
    free(text);
    return loaded;
}

static inline void loaded_done(struct loaded *loaded)
{
    sp_reports_done(&loaded->reports);
    sp_config_free(loaded->config);
}

#define LOADED_SCOPED __attribute__((cleanup(loaded_done)))

static inline const struct sp_report *find_report(const struct loaded *loaded, enum sp_report_kind kind,
                                                  const char *text)
{
    for (size_t i = 0; i < loaded->reports.items_n; i++) {
        const struct sp_report *report = &loaded->reports.items[i];
        if (report->kind == kind && strstr(report->text, text) != NULL)
            return report;
    }
    return NULL;
}

/* All reports in one string, for the message of a failing test. */
static inline const char *tell_reports(const struct loaded *loaded)
{
    static char text[8192];
    size_t len = 0;
    for (size_t i = 0; i < loaded->reports.items_n && len < sizeof text; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "\n  %u:%u: %s", loaded->reports.items[i].line,
                                loaded->reports.items[i].column, loaded->reports.items[i].text);
    return len > 0 ? text : "\n  no report";
}

/* There must be exactly one error, and `expected` must be part of it. */
static inline void assert_refused(const char *settings, const char *expected)
{
    LOADED_SCOPED struct loaded loaded = load_settings(settings, NULL);
    ck_assert_msg(loaded.reports.errors_n == 1 && find_report(&loaded, SP_REPORT_ERROR, expected) != NULL,
                  "expected the one error \"%s\" of\n%s\nand got%s", expected, settings,
                  tell_reports(&loaded));
}

static inline void assert_accepted(const char *settings)
{
    LOADED_SCOPED struct loaded loaded = load_settings(settings, NULL);
    ck_assert_msg(loaded.error == SP_OK, "\n%s\nis refused:%s", settings, tell_reports(&loaded));
}

static inline void assert_warned(const char *settings, const char *expected)
{
    LOADED_SCOPED struct loaded loaded = load_settings(settings, NULL);
    ck_assert_msg(loaded.error == SP_OK && find_report(&loaded, SP_REPORT_WARNING, expected) != NULL,
                  "expected the warning \"%s\" of\n%s\nand got%s", expected, settings, tell_reports(&loaded));
}

static inline void assert_silent(const char *settings)
{
    LOADED_SCOPED struct loaded loaded = load_settings(settings, NULL);
    ck_assert_msg(loaded.reports.items_n == 0, "\n%s\nis not silent:%s", settings, tell_reports(&loaded));
}

/* The fields must contain what the line says (shown.h). */
static inline void assert_shown_with(const char *settings, const char *const *environment, const char *line)
{
    LOADED_SCOPED struct loaded loaded = load_settings(settings, environment);
    ck_assert_msg(loaded.error == SP_OK, "\n%s\nis refused:%s", settings, tell_reports(&loaded));
    SP_BUF_SCOPED struct sp_buf shown;
    show_config(loaded.config, &shown);
    const char *found = strstr(sp_buf_c_str(&shown), line);
    ck_assert_msg(found != NULL, "\"%s\" is not in\n%s", line, sp_buf_c_str(&shown));
}

static inline void assert_shown(const char *settings, const char *line)
{
    assert_shown_with(settings, NULL, line);
}

#endif

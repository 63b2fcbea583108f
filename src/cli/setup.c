/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/setup.h"

#include "base/quote.h"

#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_LEN (64 * 1024) /* bytes of a printed line */

const char *sp_setup_path(const char *option)
{
    if (option != NULL) {
        return option;
    }
    const char *variable = getenv("SALLYPORT_CONFIG");
    return variable != NULL && variable[0] != '\0' ? variable : SP_CONFIG_FILE_DEFAULT;
}

/* File names and strings from files are escaped, because they reach a terminal. */
static void print_report(const struct sp_report *report, const char *path)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, LINE_MAX_LEN);
    sp_quote_append_line(sp_str_from_c(report->file != NULL ? report->file : path), &out);
    if (report->line > 0) {
        sp_buf_printf(&out, ":%u", report->line);
    }
    if (report->line > 0 && report->column > 0) {
        sp_buf_printf(&out, ":%u", report->column);
    }
    sp_buf_printf(&out, ": %s: ", report->kind == SP_REPORT_ERROR ? "error" : "warning");
    sp_quote_append_line(sp_str_from_c(report->text), &out);
    struct sp_str hint = sp_str_from_c(report->hint);
    while (hint.ptr != NULL) {
        sp_buf_append_c(&out, "\n  ");
        sp_quote_append_line(sp_str_cut(&hint, '\n'), &out);
    }
    fprintf(stderr, "%.*s\n", SP_STR_ARGS(sp_buf_str(&out)));
}

size_t sp_setup_print_reports(const struct sp_loading *loading, enum sp_error error)
{
    size_t warnings_n = 0;
    for (size_t i = 0; i < loading->reports.items_n; i++) {
        const struct sp_report *report = &loading->reports.items[i];
        print_report(report, loading->path);
        warnings_n += report->kind == SP_REPORT_WARNING;
    }
    if (error == SP_ERR_IO) {
        fprintf(stderr, "  another one is named by --config FILE, or by SALLYPORT_CONFIG\n");
    }
    return warnings_n;
}

void sp_setup_print_error(const char *text)
{
    SP_BUF_SCOPED struct sp_buf line;
    sp_buf_init(&line, LINE_MAX_LEN);
    sp_quote_append_line(sp_str_from_c(text), &line);
    fprintf(stderr, "sallyport: %.*s\n", SP_STR_ARGS(sp_buf_str(&line)));
}

void sp_setup_append_admin_url(const struct sp_endpoint *endpoint, const char *path, struct sp_buf *out)
{
    static const struct sp_address all = {{0}};
    static const struct sp_address all_ipv4 = {{[10] = 0xff, [11] = 0xff}};
    sp_buf_append_c(out, "http://");
    if (memcmp(&endpoint->address, &all, sizeof all) == 0 ||
        memcmp(&endpoint->address, &all_ipv4, sizeof all_ipv4) == 0) {
        sp_buf_append_c(out, "127.0.0.1");
    } else if (sp_address_is_ipv4(&endpoint->address)) {
        sp_address_append(&endpoint->address, out);
    } else {
        sp_buf_append_char(out, '[');
        sp_address_append(&endpoint->address, out);
        sp_buf_append_char(out, ']');
    }
    sp_buf_printf(out, ":%u%s", endpoint->port, path);
}

bool sp_setup_end_output(void)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return true;
    }
    sp_setup_print_error("the output could not be written to standard output");
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The configuration: one that loads is printed in a form that loads again with the same result; one that does
 * not states why and where. The input is the file and, after a byte 1, variables of the environment, one on
 * each line.
 */

#include "../unit/config/shown.h"
#include "fuzz.h"

#define VARIABLES_MAX 8

static struct sp_config *load(const struct sp_config_source *source, struct sp_reports *reports)
{
    struct sp_config *config = NULL;
    enum sp_error error = sp_config_load(source, reports, &config);
    ck_assert_int_eq(error == SP_OK, config != NULL);
    ck_assert_int_eq(error == SP_OK, reports->errors_n == 0);
    return config;
}

static void check_reports(struct sp_str text, const struct sp_reports *reports)
{
    uint32_t lines = 2;
    for (size_t i = 0; i < text.len; i++) {
        lines += text.ptr[i] == '\n' || text.ptr[i] == '\r' || (unsigned char)text.ptr[i] >= 0x80;
    }
    ck_assert_uint_le(reports->items_n, SP_CONFIG_REPORTS_MAX);
    for (size_t i = 0; i < reports->items_n; i++) {
        ck_assert(reports->items[i].text != NULL && reports->items[i].text[0] != '\0');
        ck_assert_uint_le(reports->items[i].line, lines);
    }
}

static void check_config(const struct sp_config *config)
{
    ck_assert_ptr_nonnull(sp_config_find_policy(config, SP_STR("default")));
    struct sp_header_choice choice;
    ck_assert_int_eq(sp_config_choose_headers(config, SP_STR("identity,kubernetes"), &choice, NULL), SP_OK);
    ck_assert(config->prefix[0] == '/' && config->callback_path[0] == '/');
    ck_assert_uint_le(config->policies_n, SP_POLICIES_MAX);
    for (size_t i = 0; i < config->policies_n; i++) {
        ck_assert_uint_le(config->policies[i].rules_n, SP_RULES_MAX);
    }
}

static void check_print(const struct sp_config_source *source, const struct sp_config *config)
{
    SP_BUF_SCOPED struct sp_buf text;
    SP_BUF_SCOPED struct sp_buf first;
    SP_BUF_SCOPED struct sp_buf second;
    struct sp_reports reports = {0};
    sp_buf_init(&text, SP_CONFIG_PRINT_MAX);
    sp_config_print(source, &text);
    if (PLANTED(strlen(config->client_id) > 9)) {
        sp_buf_append_c(&text, "log_access: true\n");
    }
    ck_assert_int_eq(sp_buf_error(&text), SP_OK);
    struct sp_config_source printed = {.text = sp_buf_str(&text), .folder = "."};
    struct sp_config *again = load(&printed, &reports);
    ck_assert_msg(again != NULL, "%s in\n%s", reports.items[0].text, sp_buf_c_str(&text));
    show_config(config, &first);
    show_config(again, &second);
    ck_assert_views_equal(sp_buf_str(&second), sp_buf_str(&first));
    sp_reports_done(&reports);
    sp_config_free(again);
}

/* Up to VARIABLES_MAX, terminated by NULL. */
static void read_variables(struct sp_str lines, char *variables[VARIABLES_MAX + 1])
{
    for (size_t n = 0; lines.ptr != NULL && n < VARIABLES_MAX; n++) {
        variables[n] = sp_str_dup(sp_str_cut(&lines, '\n'));
    }
}

FUZZ_TARGET(input)
{
    char *variables[VARIABLES_MAX + 1] = {NULL};
    struct sp_reports reports = {0};
    struct sp_config_source source = {
        .text = sp_str_cut(&input, '\1'), .folder = ".", .environment = (const char *const *)variables};
    read_variables(input, variables);
    struct sp_config *config = load(&source, &reports);
    check_reports(source.text, &reports);
    if (config != NULL) {
        check_config(config);
        check_print(&source, config);
    }
    sp_config_free(config);
    sp_reports_done(&reports);
    for (size_t i = 0; i < VARIABLES_MAX; i++) {
        free(variables[i]);
    }
}

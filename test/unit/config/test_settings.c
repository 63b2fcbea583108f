/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

#include "fixture.h"

SP_TEST(every_setting_is_found_by_its_name)
{
    for (size_t i = 0; i < sp_settings.rows_n; i++) {
        ck_assert_uint_eq(sp_mapping_find(&sp_settings, sp_str_from_c(sp_settings.rows[i].name)), i);
    }
    ck_assert_uint_eq(sp_mapping_find(&sp_settings, SP_STR("isuer")), sp_settings.rows_n);
    ck_assert_uint_eq(sp_mapping_find(&sp_settings, SP_STR("")), sp_settings.rows_n);
}
SP_TEST_END

SP_TEST(names_are_lower_case_and_become_variables)
{
    for (size_t i = 0; i < sp_settings.rows_n; i++) {
        char variable[SP_ENVIRONMENT_NAME_MAX];
        sp_setting_environment_name(&sp_settings.rows[i], variable);
        ck_assert_uint_eq(strlen(variable), strlen("SALLYPORT_") + strlen(sp_settings.rows[i].name));
        ck_assert_uint_eq(strspn(sp_settings.rows[i].name, "abcdefghijklmnopqrstuvwxyz_"),
                          strlen(sp_settings.rows[i].name));
    }
    char variable[SP_ENVIRONMENT_NAME_MAX];
    sp_setting_environment_name(&sp_settings.rows[sp_mapping_find(&sp_settings, SP_STR("client_id"))],
                                variable);
    ck_assert_str_eq(variable, "SALLYPORT_CLIENT_ID");
}
SP_TEST_END

/* Two rows that write one field would be a copy-and-paste mistake that no other test detects. */
SP_TEST(no_two_settings_share_a_field)
{
    for (size_t i = 0; i < sp_settings.rows_n; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct sp_row *a = &sp_settings.rows[i];
            const struct sp_row *b = &sp_settings.rows[j];
            ck_assert_msg(a->offset != b->offset, "%s and %s", a->name, b->name);
        }
    }
}
SP_TEST_END

/* Other people rely on this surface: changing a default is a breaking change. */
SP_TEST(defaults_are_as_promised)
{
    static const char *const lines[] = {
        "listen: [[::]:4181]\n",
        "pages_listen: [[::]:4182]\n",
        "admin_listen: [127.0.0.1:9181]\n",
        "revoke_to: \n",
        "threads: 0\n",
        "trusted_proxies: [127.0.0.0/8, ::1/128]\n",
        "unsafe_trust_everybody: false\n",
        "client_ip_hops: []\n",
        "max_connections: 4096\n",
        "drain_delay: 5s\n",
        "dialects: [traefik]\n",
        "dialect_at_root: traefik\n",
        "root_query: \n",
        "prefix: /_sallyport\n",
        "callback_path: /_sallyport/callback\n",
        "callback_host: \n",
        "direct_pages: false\n",
        "hosts: []\n",
        "public_ports: {}\n",
        "forwarded_prefixes: []\n",
        "insecure_http: false\n",
        "issuer_address: \n",
        "discovery_url: \n",
        "insecure_issuer_http: false\n",
        "issuer_ca_file: \n",
        "client_auth: basic\n",
        "scopes: openid email profile groups\n",
        "authorization_parameters: {}\n",
        "audiences: []\n",
        "userinfo: false\n",
        "clock_skew: 1m\n",
        "cookie_name: sallyport\n",
        "cookie_domain: \n",
        "session_lifetime: 12h\n",
        "strip_session_cookie: false\n",
        "username_claim: email\n",
        "username_prefix: \n",
        "groups_claim: groups\n",
        "groups_prefix: \n",
        "groups_keep: []\n",
        "log_level: info\n",
        "log_format: json\n",
        "log_access: false\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_shown("", lines[i]);
    }
}
SP_TEST_END

/* ---- the reference page --------------------------------------------------------------------------- */

#define PAGE     SP_SOURCE_ROOT "/doc/configuration.md"
#define PAGE_MAX (256 * 1024)

static const char *read_page(void)
{
    static char page[PAGE_MAX];
    FILE *file = fopen(PAGE, "rb");
    ck_assert_msg(file != NULL, PAGE);
    size_t len = fread(page, 1, sizeof page - 1, file);
    fclose(file);
    page[len] = '\0';
    return page;
}

/* A row of the page must be what the program prints, followed by a sentence unless there is nothing to
 * add. */
static void check_row(struct sp_str expected, struct sp_str found)
{
    ck_assert_msg(sp_str_starts_with(found, expected), "\"%.*s\" and not \"%.*s\": ./dev schema mends it",
                  SP_STR_ARGS(expected), SP_STR_ARGS(found));
    struct sp_str meaning = sp_str_skip(found, expected.len);
    bool is_row = sp_str_starts_with(expected, SP_STR("| `"));
    ck_assert_msg(!is_row || meaning.len == 0 ||
                      (meaning.len > 10 && sp_str_ends_with(meaning, SP_STR(". |"))),
                  "the page does not say what it is: %.*s", SP_STR_ARGS(found));
}

SP_TEST(the_tables_of_the_reference_page_are_those_of_the_program)
{
    SP_BUF_SCOPED struct sp_buf tables;
    sp_buf_init(&tables, SP_CONFIG_DOCUMENT_MAX);
    sp_settings_document(&tables);
    ck_assert_int_eq(sp_buf_error(&tables), SP_OK);
    struct sp_str expected = sp_buf_str(&tables);
    struct sp_str page = SP_STR_NONE;
    size_t tables_n = 0;
    while (expected.len > 0) {
        struct sp_str line = sp_str_cut(&expected, '\n');
        if (sp_str_starts_with(line, SP_STR("<!-- table: "))) {
            char marker[64];
            snprintf(marker, sizeof marker, "\n%.*s\n", SP_STR_ARGS(line));
            const char *at = strstr(read_page(), marker);
            ck_assert_msg(at != NULL, "the page lacks %s", marker);
            page = sp_str_from_c(at + strlen(marker));
            tables_n++;
        } else if (line.len == 0) {
            ck_assert_uint_eq(sp_str_cut(&page, '\n').len, 0);
        } else {
            check_row(line, sp_str_cut(&page, '\n'));
        }
    }
    ck_assert_uint_eq(tables_n, 18);
}
SP_TEST_END

SP_TEST(every_setting_is_in_a_table)
{
    for (size_t i = 0; i < sp_settings.rows_n; i++) {
        char row[64];
        snprintf(row, sizeof row, "\n| `%s` |", sp_settings.rows[i].name);
        ck_assert_msg(strstr(read_page(), row) != NULL, "%s", sp_settings.rows[i].name);
    }
}
SP_TEST_END

/* The text between two marks of the page, as new settings. */
static void assert_example_loads(const char *page, const char *heading)
{
    const char *at = strstr(page, heading);
    ck_assert_ptr_nonnull(at);
    const char *begin = strstr(at, "```yaml\n") + strlen("```yaml\n");
    const char *end = strstr(begin, "```");
    char *example = sp_str_dup((struct sp_str){begin, (size_t)(end - begin)});
    assert_accepted(example);
    free(example);
}

SP_TEST(the_examples_of_the_reference_page_load)
{
    assert_example_loads(read_page(), "## The smallest file");
    assert_example_loads(read_page(), "## Policies");
    assert_example_loads(read_page(), "## Header sets");
}
SP_TEST_END

/* Users often choose a display claim themselves: an application must not sign them in by it. */
SP_TEST(no_example_signs_people_in_by_a_claim_for_display)
{
    ck_assert_ptr_nonnull(strstr(read_page(), "X-WEBAUTH-USER: user\n"));
    ck_assert_ptr_null(strstr(read_page(), ": preferred_username\n"));
    ck_assert_ptr_null(strstr(read_page(), ": name\n"));
}
SP_TEST_END

SP_TEST(a_buffer_that_is_too_small_ends_failed_and_not_cut)
{
    char storage[100];
    struct sp_buf small;
    sp_buf_init_fixed(&small, storage, sizeof storage);
    sp_settings_document(&small);
    ck_assert_int_ne(sp_buf_error(&small), SP_OK);
    ck_assert_uint_eq(sp_buf_str(&small).len, 0);
}
SP_TEST_END

SP_SUITE("settings", every_setting_is_found_by_its_name, names_are_lower_case_and_become_variables,
         no_two_settings_share_a_field, defaults_are_as_promised,
         the_tables_of_the_reference_page_are_those_of_the_program, every_setting_is_in_a_table,
         the_examples_of_the_reference_page_load, no_example_signs_people_in_by_a_claim_for_display,
         a_buffer_that_is_too_small_ends_failed_and_not_cut)

/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"

#include "fixture.h"

SP_TEST(the_smallest_file_loads)
{
    LOADED_SCOPED struct loaded loaded = load_settings("", NULL);
    ck_assert_msg(loaded.error == SP_OK && loaded.reports.items_n == 0, "%s", tell_reports(&loaded));
    ck_assert_str_eq(loaded.config->issuer, "https://dex.example.com/dex");
    ck_assert_str_eq(loaded.config->callback_path, "/_sallyport/callback");
    ck_assert_int_eq(loaded.config->session_lifetime_s, 12 * 3600);
    ck_assert(loaded.config->traefik_at_root);
}
SP_TEST_END

SP_TEST(an_unknown_setting_is_an_error_with_place_and_cure)
{
    LOADED_SCOPED struct loaded loaded = load_settings("threads: 1\n  \nisuer: x\n\"\\ea\": y", NULL);
    ck_assert_uint_eq(loaded.reports.errors_n, 2);
    ck_assert_str_eq(loaded.reports.items[0].text, "unknown setting \"isuer\": did you mean \"issuer\"?");
    ck_assert_uint_eq(loaded.reports.items[0].line, 3);
    ck_assert_uint_eq(loaded.reports.items[0].column, 1);
    ck_assert_str_eq(loaded.reports.items[1].text,
                     "unknown setting \"\\x1ba\": `sallyport check --document` lists all of them");
}
SP_TEST_END

SP_TEST(all_mistakes_are_told_at_once_in_the_order_of_the_file)
{
    LOADED_SCOPED struct loaded loaded =
        load_settings("prefix: /\n"
                      "policies: {default: authenticated, ops: [{action: alow}]}\n"
                      "clock_skew: 5x\n"
                      "headers: {identity: {X-A: user}}\n"
                      "scopes: email\n"
                      "client_secret: hush\n",
                      NULL);
    ck_assert_msg(loaded.reports.errors_n == 6, "%s", tell_reports(&loaded));
    for (size_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(loaded.reports.items[i].line, i + 1);
    }
    ck_assert_ptr_null(find_report(&loaded, SP_REPORT_ERROR, "hush"));
    ck_assert_ptr_nonnull(find_report(&loaded, SP_REPORT_ERROR, "did you mean \"client_secret_file\"?"));
}
SP_TEST_END

SP_TEST(a_mistake_between_settings_is_told_at_the_one_to_change)
{
    LOADED_SCOPED struct loaded loaded = load_settings("threads: 1\n  \ncookie_domain: example.com", NULL);
    ck_assert_uint_eq(loaded.reports.items_n, 1);
    ck_assert_uint_eq(loaded.reports.items[0].line, 3);
    ck_assert_uint_eq(loaded.reports.items[0].column, 1);
}
SP_TEST_END

SP_TEST(a_setting_that_is_there_twice_is_refused)
{
    assert_refused("threads: 1\nthreads: 2",
                   "\"threads\" is here for the second time: the first is in line 1");
}
SP_TEST_END

SP_TEST(a_file_that_is_no_mapping_is_refused)
{
    LOADED_SCOPED struct loaded list = load_text("- a\n", ".", NULL);
    ck_assert_ptr_nonnull(find_report(&list, SP_REPORT_ERROR, "expected settings"));
    LOADED_SCOPED struct loaded word = load_text("a\n", ".", NULL);
    ck_assert_ptr_nonnull(find_report(&word, SP_REPORT_ERROR, "expected settings"));
    LOADED_SCOPED struct loaded broken = load_text("a: [\n", ".", NULL);
    ck_assert_uint_eq(broken.reports.errors_n, 1);
    ck_assert_ptr_nonnull(find_report(&broken, SP_REPORT_ERROR, "not YAML"));
}
SP_TEST_END

SP_TEST(relative_files_belong_to_the_folder)
{
    static const char text[] = "issuer: https://a.example\nclient_id: a\nkeys_file: keys\n"
                               "client_secret_file: /run/secret\nissuer_ca_file: ../ca.pem\n"
                               "policies: {default: authenticated}\n";
    LOADED_SCOPED struct loaded loaded = load_text(text, "/etc/sallyport", NULL);
    ck_assert_str_eq(loaded.config->keys_file, "/etc/sallyport/keys");
    ck_assert_str_eq(loaded.config->client_secret_file, "/run/secret");
    ck_assert_str_eq(loaded.config->issuer_ca_file, "/etc/sallyport/../ca.pem");
    LOADED_SCOPED struct loaded here = load_text(text, ".", NULL);
    ck_assert_str_eq(here.config->keys_file, "keys");
}
SP_TEST_END

SP_TEST(a_text_ends_at_its_maximum)
{
    static char text[SP_CONFIG_TEXT_MAX + 2];
    memset(text, '#', sizeof text - 1);
    size_t len = (size_t)snprintf(text, sizeof text, "%s",
                                  "issuer: https://a.example\nclient_id: a\nkeys_file: keys\n"
                                  "client_secret_file: b\npolicies: {default: authenticated}\n");
    text[len] = '#';
    text[SP_CONFIG_TEXT_MAX] = '\0';
    LOADED_SCOPED struct loaded at_max = load_text(text, ".", NULL);
    ck_assert_msg(at_max.error == SP_OK, "%s", tell_reports(&at_max));
    text[SP_CONFIG_TEXT_MAX] = '#';
    LOADED_SCOPED struct loaded over = load_text(text, ".", NULL);
    ck_assert_ptr_nonnull(find_report(&over, SP_REPORT_ERROR, "larger than"));
}
SP_TEST_END

/* Whatever is left of a file, it is refused or it is whole; nothing leaks and nothing is read beyond. */
SP_TEST(a_file_cut_anywhere_does_no_harm)
{
    static const char text[] =
        "issuer: https://a.example\nclient_id: a\nkeys_file: keys\nhosts: [https://a.b, "
        "\"https://*.b\"]\nheaders: {mine: {X-A: {claim: groups, list: json}}}\npolicies:\n"
        "  default: authenticated\n  ops:\n    - {action: allow, group: [a, b], path: /x}\n"
        "    - {action: public, cors_preflight: true}\n";
    for (size_t len = 0; len < sizeof text; len++) {
        struct sp_reports reports = {0};
        struct sp_config *config = NULL;
        enum sp_error error = sp_config_load((struct sp_str){text, len}, ".", NULL, &reports, &config);
        ck_assert_int_eq(error == SP_OK, config != NULL);
        ck_assert_int_eq(error == SP_OK, reports.errors_n == 0);
        sp_config_free(config);
        sp_reports_done(&reports);
    }
}
SP_TEST_END

SP_TEST(more_mistakes_than_fit_are_counted)
{
    static char text[16384];
    size_t len = 0;
    for (unsigned i = 0; i < 300; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "unknown_%u: x\n", i);
    }
    LOADED_SCOPED struct loaded loaded = load_settings(text, NULL);
    ck_assert_uint_eq(loaded.reports.items_n, SP_CONFIG_REPORTS_MAX);
    ck_assert_uint_eq(loaded.reports.errors_n, 300);
    ck_assert_ptr_nonnull(
        strstr(loaded.reports.items[SP_CONFIG_REPORTS_MAX - 1].text, "more to say than fits"));
}
SP_TEST_END

SP_TEST(what_other_programs_call_it_is_understood)
{
    static const char *const cases[][2] = {
        {"policy", "policies"},
        {"redirect_uri", "callback_path"},
        {"redirect_url", "callback_path"},
        {"cookie_secret", "keys_file"},
        {"provider", "issuer"},
        {"lifetime", "session_lifetime"},
        {"port", "listen"},
        {"policys", "policies"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char file[64];
        char said[128];
        snprintf(file, sizeof file, "%s: x\n", cases[i][0]);
        snprintf(said, sizeof said, "unknown setting \"%s\": did you mean \"%s\"?", cases[i][0], cases[i][1]);
        LOADED_SCOPED struct loaded loaded = load_text(file, ".", NULL);
        ck_assert_str_eq(loaded.reports.items[0].text, said);
    }
}
SP_TEST_END

SP_SUITE("load", what_other_programs_call_it_is_understood, the_smallest_file_loads,
         an_unknown_setting_is_an_error_with_place_and_cure,
         all_mistakes_are_told_at_once_in_the_order_of_the_file,
         a_mistake_between_settings_is_told_at_the_one_to_change, a_setting_that_is_there_twice_is_refused,
         a_file_that_is_no_mapping_is_refused, relative_files_belong_to_the_folder,
         a_text_ends_at_its_maximum, a_file_cut_anywhere_does_no_harm, more_mistakes_than_fit_are_counted)

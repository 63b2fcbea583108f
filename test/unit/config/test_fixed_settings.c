/* SPDX-License-Identifier: Apache-2.0 */
#include "config/fixed_settings.h"

#include "fixture.h"

/* Loads `settings` in a process that was started with `start`. */
static struct loaded reload(const char *start, const char *settings, const char *const *environment)
{
    char *then = complete_settings(start);
    char *now = complete_settings(settings);
    struct loaded loaded = {.config = NULL};
    struct sp_config_source source = {
        .text = sp_str_from_c(now), .folder = ".", .environment = environment, .start = sp_str_from_c(then)};
    loaded.error = sp_config_load(&source, &loaded.reports, &loaded.config);
    free(then);
    free(now);
    return loaded;
}

/* Two values of each setting that only a restart can change. */
static const struct {
    const char *then;
    const char *now;
} fixed[] = {
    {"listen: 127.0.0.1:1", "listen: [127.0.0.1:2, 127.0.0.1:3]"},
    {"pages_listen: [127.0.0.1:1, 127.0.0.1:4]", "pages_listen: 127.0.0.1:2"},
    {"admin_listen: 127.0.0.1:1", "admin_listen: 127.0.0.1:2"},
    {"threads: 2", "threads: 3"},
    {"max_connections: 100", "max_connections: 200"},
    {"dialects: [traefik]", "dialects: []"},
    {"insecure_http: true", "insecure_http: false"},
    {"issuer: https://a.example.com", "issuer: https://b.example.com"},
    {"client_id: a", "client_id: b"},
    {"cookie_name: a", "cookie_name: b"},
    {"cookie_domain: a.example.com\nhosts: [\"https://x.a.example.com\"]",
     "cookie_domain: example.com\nhosts: [\"https://x.a.example.com\"]"},
    {"renew: false", "renew: true"},
    {"revocations_file: a", "revocations_file: b"},
    {"rbac_source: /a", "rbac_source: /b"},
    {"rbac_matching: globstar", "rbac_matching: kubernetes"},
    {"rbac_matching: globstar\nrbac_ignore_case: true", "rbac_matching: globstar\nrbac_ignore_case: false"},
    {"rbac_bootstrap: true", "rbac_bootstrap: false"},
    {"rbac_max_age: 5m", "rbac_max_age: 6m"},
    {"kubernetes_kubeconfig: /a", "kubernetes_kubeconfig: /b"},
    {"log_format: text", "log_format: json"},
};

static struct sp_buf shown(const struct loaded *loaded)
{
    struct sp_buf text;
    ck_assert_msg(loaded->error == SP_OK, "%s", tell_reports(loaded));
    show_config(loaded->config, &text);
    return text;
}

SP_TEST(what_only_a_start_can_change_stays_and_is_named)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        LOADED_SCOPED struct loaded start = load_settings(fixed[i].then, NULL);
        LOADED_SCOPED struct loaded same = reload(fixed[i].then, fixed[i].then, NULL);
        LOADED_SCOPED struct loaded other = reload(fixed[i].then, fixed[i].now, NULL);
        SP_BUF_SCOPED struct sp_buf of_start = shown(&start);
        SP_BUF_SCOPED struct sp_buf of_same = shown(&same);
        SP_BUF_SCOPED struct sp_buf of_other = shown(&other);
        ck_assert_str_eq(sp_buf_c_str(&of_start), sp_buf_c_str(&of_same));
        ck_assert_str_eq(sp_buf_c_str(&of_start), sp_buf_c_str(&of_other));
        ck_assert_ptr_null(find_report(&same, SP_REPORT_WARNING, "restart sallyport"));
        const struct sp_report *report = find_report(&other, SP_REPORT_WARNING, "restart sallyport");
        ck_assert_msg(report != NULL && strstr(fixed[i].now, report->setting) != NULL, "%s",
                      tell_reports(&other));
    }
}
SP_TEST_END

SP_TEST(one_that_was_left_out_at_the_start_stays_as_it_was)
{
    LOADED_SCOPED struct loaded loaded = reload("", "threads: 3\nclock_skew: 7s", NULL);
    ck_assert_int_eq(loaded.config->threads, 0);
    ck_assert_int_eq(loaded.config->clock_skew_s, 7);
    LOADED_SCOPED struct loaded left_out = reload("threads: 3\nclock_skew: 7s", "", NULL);
    ck_assert_int_eq(left_out.config->threads, 3);
    ck_assert_int_eq(left_out.config->clock_skew_s, 60);
    ck_assert_ptr_nonnull(find_report(&left_out, SP_REPORT_WARNING, "threads"));
}
SP_TEST_END

SP_TEST(another_spelling_of_the_same_values_is_no_change)
{
    LOADED_SCOPED struct loaded loaded =
        reload("admin_listen: 127.0.0.1:9181\ndialects: traefik", "dialects: [ traefik ]\nthreads: 0", NULL);
    ck_assert_msg(loaded.error == SP_OK && loaded.reports.items_n == 0, "%s", tell_reports(&loaded));
}
SP_TEST_END

SP_TEST(what_a_variable_gives_is_the_same_before_and_after)
{
    const char *const environment[] = {"SALLYPORT_THREADS=5", NULL};
    LOADED_SCOPED struct loaded loaded = reload("threads: 3", "threads: 4", environment);
    ck_assert_msg(loaded.error == SP_OK && loaded.reports.items_n == 0, "%s", tell_reports(&loaded));
    ck_assert_int_eq(loaded.config->threads, 5);
}
SP_TEST_END

SP_TEST(checks_look_at_what_is_kept)
{
    LOADED_SCOPED struct loaded loaded =
        reload("issuer: https://a.example.com", "issuer: https://b.example.com", NULL);
    ck_assert_str_eq(loaded.config->issuer, "https://a.example.com");
    LOADED_SCOPED struct loaded faulty = reload("threads: 3", "threads: x", NULL);
    ck_assert_int_eq(faulty.error, SP_ERR_CONFIG);
    LOADED_SCOPED struct loaded broken = reload("threads: 3", "threads: [", NULL);
    ck_assert_int_eq(broken.error, SP_ERR_CONFIG);
}
SP_TEST_END

SP_SUITE("config/fixed_settings", what_only_a_start_can_change_stays_and_is_named,
         one_that_was_left_out_at_the_start_stays_as_it_was, another_spelling_of_the_same_values_is_no_change,
         what_a_variable_gives_is_the_same_before_and_after, checks_look_at_what_is_kept)

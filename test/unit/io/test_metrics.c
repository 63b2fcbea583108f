/* SPDX-License-Identifier: Apache-2.0 */
#include "io/metrics.h"

#include "../suite.h"

#include <ctype.h>
#include <stdio.h>

/* ---- a reader of the text format 0.0.4 ------------------------------------------------------------- */

#define SAMPLES_MAX  2048
#define FAMILIES_MAX 64

struct sample {
    char name[64];
    char labels[128];
    double value;
};

struct exposition {
    size_t samples_n;
    struct sample samples[SAMPLES_MAX];
    size_t families_n;
    char families[FAMILIES_MAX][64];
    char types[FAMILIES_MAX][16];
};

static struct exposition read_back;

static const char *family_of(const char *name)
{
    static const char *const endings[] = {"_bucket", "_sum", "_count"};
    static char family[64];
    snprintf(family, sizeof family, "%s", name);
    for (size_t i = 0; i < read_back.families_n; i++) {
        if (strcmp(read_back.families[i], name) == 0) {
            return family;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(family);
        size_t end_len = strlen(endings[i]);
        if (len > end_len && strcmp(family + len - end_len, endings[i]) == 0) {
            family[len - end_len] = '\0';
            return family;
        }
    }
    return family;
}

/* `name="value"`, separated by commas. */
static void check_labels(const char *labels)
{
    const char *at = labels;
    while (*at != '\0') {
        size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
        ck_assert_msg(len > 0 && strncmp(at + len, "=\"", 2) == 0, "%s", labels);
        at = strchr(at + len + 2, '"');
        ck_assert_ptr_nonnull(at);
        at += at[1] == ',' ? 2 : 1;
    }
}

static void read_sample(const char *line, size_t len)
{
    struct sample *sample = &read_back.samples[read_back.samples_n++];
    ck_assert_uint_lt(read_back.samples_n, SAMPLES_MAX);
    const char *end = line + len;
    size_t name_len = strspn(line, "abcdefghijklmnopqrstuvwxyz_");
    snprintf(sample->name, sizeof sample->name, "%.*s", (int)name_len, line);
    const char *at = line + name_len;
    sample->labels[0] = '\0';
    if (*at == '{') {
        size_t labels_len = strcspn(at + 1, "}");
        snprintf(sample->labels, sizeof sample->labels, "%.*s", (int)labels_len, at + 1);
        at += labels_len + 2;
    }
    check_labels(sample->labels);
    ck_assert_msg(*at == ' ', "%.*s", (int)len, line);
    char *value_end;
    sample->value = strtod(at + 1, &value_end);
    ck_assert_msg(value_end == end, "%.*s", (int)len, line);
    /* a sample follows the TYPE of its family, which is the last one (families are contiguous) */
    ck_assert_str_eq(family_of(sample->name), read_back.families[read_back.families_n - 1]);
}

static void read_comment(const char *line, size_t len)
{
    char name[64];
    char type[16];
    char copy[512];
    snprintf(copy, sizeof copy, "%.*s", (int)len, line);
    if (sscanf(copy, "# TYPE %63s %15s", name, type) == 2) {
        for (size_t i = 0; i < read_back.families_n; i++) {
            ck_assert_str_ne(read_back.families[i], name);
        }
        ck_assert_uint_lt(read_back.families_n, FAMILIES_MAX);
        memcpy(read_back.families[read_back.families_n], name, sizeof name);
        memcpy(read_back.types[read_back.families_n++], type, sizeof type);
    } else {
        ck_assert_int_eq(sscanf(copy, "# HELP %63s", name), 1);
    }
}

static void read_exposition(struct sp_str text)
{
    read_back.samples_n = read_back.families_n = 0;
    ck_assert_uint_gt(text.len, 0);
    ck_assert_int_eq(text.ptr[text.len - 1], '\n');
    for (size_t at = 0; at < text.len;) {
        size_t len = sp_str_find(sp_str_skip(text, at), '\n');
        if (text.ptr[at] == '#') {
            read_comment(text.ptr + at, len);
        } else {
            read_sample(text.ptr + at, len);
        }
        at += len + 1;
    }
    for (size_t i = 0; i < read_back.samples_n; i++) {
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(strcmp(read_back.samples[i].name, read_back.samples[j].name) != 0 ||
                              strcmp(read_back.samples[i].labels, read_back.samples[j].labels) != 0,
                          "twice: %s{%s}", read_back.samples[i].name, read_back.samples[i].labels);
        }
    }
}

static double value_of(const char *name, const char *labels)
{
    for (size_t i = 0; i < read_back.samples_n; i++) {
        if (strcmp(read_back.samples[i].name, name) == 0 &&
            strcmp(read_back.samples[i].labels, labels) == 0) {
            return read_back.samples[i].value;
        }
    }
    ck_abort_msg("no %s{%s}", name, labels);
    return -1;
}

#define ck_assert_sample(name, labels, expected)                                                             \
    ck_assert_double_eq_tol(value_of("sallyport_" name, labels), expected, 1e-9)

/* ---- the shards ------------------------------------------------------------------------------------ */

static struct sp_metrics shards[2];
static struct sp_metrics *const all[] = {&shards[0], &shards[1]};
static const struct sp_metrics_state usual = {.issuer_up = 1,
                                              .discovery_age_s = 5,
                                              .keys_age_s = 6,
                                              .sealing_keys = 1,
                                              .opening_keys = 3,
                                              .log_dropped = 9,
                                              .overdue_n = 5};

static void render(const struct sp_metrics_state *state)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 256 * 1024);
    sp_metrics_render(all, 2, state, &out);
    ck_assert_int_eq(sp_buf_error(&out), SP_OK);
    read_exposition(sp_buf_str(&out));
}

SP_TEST(every_name_that_others_rely_on_is_there_from_the_start)
{
    static const char *const names[][2] = {
        {"build_info", "gauge"},
        {"decisions_total", "counter"},
        {"decision_seconds", "histogram"},
        {"logins_total", "counter"},
        {"outbound_requests_total", "counter"},
        {"outbound_seconds", "histogram"},
        {"issuer_up", "gauge"},
        {"issuer_documents_age_seconds", "gauge"},
        {"keys", "gauge"},
        {"connections", "gauge"},
        {"connections_refused_total", "counter"},
        {"sessions_overdue", "gauge"},
        {"config_reloads_total", "counter"},
        {"config_last_reload_successful", "gauge"},
        {"log_lines_dropped_total", "counter"},
    };
    render(&usual);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[80];
        bool found = false;
        snprintf(name, sizeof name, "sallyport_%s", names[i][0]);
        for (size_t j = 0; j < read_back.families_n; j++) {
            found = found || (strcmp(read_back.families[j], name) == 0 &&
                              strcmp(read_back.types[j], names[i][1]) == 0);
        }
        ck_assert_msg(found, "%s", name);
    }
    ck_assert_sample("build_info", "version=\"" SP_VERSION "\"", 1);
}
SP_TEST_END

SP_TEST(counters_of_all_threads_are_added_up)
{
    sp_metrics_decided(&shards[0], SP_DIALECT_TRAEFIK, SP_VERDICT_ALLOW, SP_REASON_NONE, SP_WAITED_NOT,
                       20000);
    sp_metrics_decided(&shards[1], SP_DIALECT_TRAEFIK, SP_VERDICT_ALLOW, SP_REASON_NONE, SP_WAITED_NOT,
                       20000);
    sp_metrics_decided(&shards[1], SP_DIALECT_PAGES, SP_VERDICT_DENY, SP_REASON_NO_SUCH_PAGE, SP_WAITED_NOT,
                       1);
    sp_metrics_count(&shards[0].logins[SP_LOGIN_COMPLETED]);
    sp_metrics_count(&shards[1].refused[SP_REFUSAL_UNTRUSTED]);
    sp_metrics_called(&shards[1], SP_TARGET_TOKEN, SP_OUTBOUND_TIMEOUT, 8000000000);
    atomic_store(&shards[0].connections[SP_LISTENER_PAGES], 5);
    atomic_store(&shards[1].connections[SP_LISTENER_PAGES], -2);
    render(&usual);
    ck_assert_sample("decisions_total", "dialect=\"traefik\",verdict=\"allow\",reason=\"none\"", 2);
    ck_assert_sample("decisions_total", "dialect=\"pages\",verdict=\"deny\",reason=\"no_such_page\"", 1);
    ck_assert_sample("logins_total", "result=\"completed\"", 1);
    ck_assert_sample("logins_total", "result=\"failed\"", 0);
    ck_assert_sample("connections_refused_total", "reason=\"untrusted\"", 1);
    ck_assert_sample("connections_refused_total", "reason=\"limit\"", 0);
    ck_assert_sample("connections_refused_total", "reason=\"memory\"", 0);
    ck_assert_sample("outbound_requests_total", "target=\"token\",result=\"timeout\"", 1);
    ck_assert_sample("outbound_seconds_sum", "target=\"token\"", 8);
    ck_assert_sample("outbound_seconds_count", "target=\"token\"", 1);
    ck_assert_sample("connections", "listener=\"auth\"", 0);
    ck_assert_sample("connections", "listener=\"pages\"", 3);
}
SP_TEST_END

SP_TEST(a_histogram_is_cumulative_and_its_bounds_belong_to_their_bucket)
{
    static const int64_t spans_ns[] = {-5, 0, 2500, 2501, 25000, 10000000000, 10000000001};
    for (size_t i = 0; i < sizeof spans_ns / sizeof spans_ns[0]; i++) {
        sp_metrics_decided(&shards[i % 2], SP_DIALECT_TRAEFIK, SP_VERDICT_DENY, SP_REASON_NO_SESSION,
                           SP_WAITED_NOT, spans_ns[i]);
    }
    sp_metrics_decided(&shards[0], SP_DIALECT_TRAEFIK, SP_VERDICT_PAGE, SP_REASON_SIGNED_IN,
                       SP_WAITED_FOR_OTHERS, 300000000);
    render(&usual);
    ck_assert_sample("decision_seconds_bucket", "waited=\"false\",le=\"0.0000025\"", 3);
    ck_assert_sample("decision_seconds_bucket", "waited=\"false\",le=\"0.000005\"", 4);
    ck_assert_sample("decision_seconds_bucket", "waited=\"false\",le=\"0.000025\"", 5);
    ck_assert_sample("decision_seconds_bucket", "waited=\"false\",le=\"2.5\"", 5);
    ck_assert_sample("decision_seconds_bucket", "waited=\"false\",le=\"10\"", 6);
    ck_assert_sample("decision_seconds_bucket", "waited=\"false\",le=\"+Inf\"", 7);
    ck_assert_sample("decision_seconds_count", "waited=\"false\"", 7);
    ck_assert_sample("decision_seconds_sum", "waited=\"false\"", 20.000030002);
    ck_assert_sample("decision_seconds_bucket", "waited=\"true\",le=\"0.1\"", 0);
    ck_assert_sample("decision_seconds_bucket", "waited=\"true\",le=\"0.5\"", 1);
    ck_assert_sample("decision_seconds_count", "waited=\"true\"", 1);
}
SP_TEST_END

/* Queries name buckets, so those of release 0.1.0 that can hold samples still exist. */
SP_TEST(the_buckets_of_the_first_release_are_still_there)
{
    static const char *const decisions[] = {"0.00001", "0.000025", "0.00005", "0.0001", "0.00025", "0.001",
                                            "0.005",   "0.025",    "0.1",     "0.5",    "2.5",     "10"};
    static const char *const calls[] = {"0.001", "0.005", "0.025", "0.1", "0.5", "2.5", "10"};
    render(&usual);
    char labels[64];
    for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
        snprintf(labels, sizeof labels, "waited=\"false\",le=\"%s\"", decisions[i]);
        ck_assert_sample("decision_seconds_bucket", labels, 0);
    }
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        snprintf(labels, sizeof labels, "target=\"rbac\",le=\"%s\"", calls[i]);
        ck_assert_sample("outbound_seconds_bucket", labels, 0);
    }
}
SP_TEST_END

SP_TEST(calls_to_others_have_buckets_of_their_own_up_to_a_minute)
{
    static const int64_t spans_ns[] = {1000000, 900000000, 30000000000, 30000000001, 60000000001};
    for (size_t i = 0; i < sizeof spans_ns / sizeof spans_ns[0]; i++) {
        sp_metrics_called(&shards[0], SP_TARGET_KEYS, SP_OUTBOUND_OK, spans_ns[i]);
    }
    render(&usual);
    ck_assert_sample("outbound_seconds_bucket", "target=\"keys\",le=\"0.001\"", 1);
    ck_assert_sample("outbound_seconds_bucket", "target=\"keys\",le=\"0.5\"", 1);
    ck_assert_sample("outbound_seconds_bucket", "target=\"keys\",le=\"1\"", 2);
    ck_assert_sample("outbound_seconds_bucket", "target=\"keys\",le=\"30\"", 3);
    ck_assert_sample("outbound_seconds_bucket", "target=\"keys\",le=\"60\"", 4);
    ck_assert_sample("outbound_seconds_bucket", "target=\"keys\",le=\"+Inf\"", 5);
}
SP_TEST_END

SP_TEST(what_the_process_uses_has_the_names_of_every_client_library)
{
    struct sp_metrics_state state = usual;
    state.usage = (struct sp_process_usage){.cpu_us = 12345678,
                                            .resident_bytes = 4096,
                                            .virtual_bytes = INT64_MAX / 4,
                                            .threads_n = -1,
                                            .open_fds_n = 7,
                                            .max_fds_n = 1024};
    state.started_ms = 1764396222005;
    render(&state);
    ck_assert_double_eq_tol(value_of("process_cpu_seconds_total", ""), 12.345678, 1e-9);
    ck_assert_double_eq_tol(value_of("process_start_time_seconds", ""), 1764396222.005, 1e-6);
    ck_assert_double_eq_tol(value_of("process_resident_memory_bytes", ""), 4096, 1e-9);
    ck_assert_double_eq_tol(value_of("process_open_fds", ""), 7, 1e-9);
    ck_assert_double_eq_tol(value_of("process_max_fds", ""), 1024, 1e-9);
    for (size_t i = 0; i < read_back.families_n; i++) { /* not available from the kernel */
        ck_assert_str_ne(read_back.families[i], "process_threads");
    }
}
SP_TEST_END

SP_TEST(the_state_is_that_of_the_scrape)
{
    render(&usual);
    ck_assert_sample("issuer_up", "", 1);
    ck_assert_sample("issuer_documents_age_seconds", "document=\"discovery\"", 5);
    ck_assert_sample("issuer_documents_age_seconds", "document=\"keys\"", 6);
    ck_assert_sample("keys", "state=\"sealing\"", 1);
    ck_assert_sample("keys", "state=\"opening\"", 3);
    ck_assert_sample("sessions_overdue", "", 5);
    ck_assert_sample("log_lines_dropped_total", "", 9);
    struct sp_metrics_state never = {.discovery_age_s = -1, .keys_age_s = -1};
    render(&never);
    ck_assert_sample("issuer_up", "", 0);
    for (size_t i = 0; i < read_back.samples_n; i++) {
        ck_assert_str_ne(read_back.samples[i].name, "sallyport_issuer_documents_age_seconds");
    }
}
SP_TEST_END

SP_TEST(all_series_at_once_fit_the_answer_of_the_admin_listener)
{
    for (size_t d = 0; d < SP_DIALECT_COUNT; d++) {
        for (size_t v = 0; v < SP_VERDICT_KIND_COUNT; v++) {
            for (size_t r = 0; r < SP_REASON_COUNT; r++) {
                atomic_store(&shards[0].decisions[d][v][r], UINT64_MAX / 4);
            }
        }
    }
    render(&usual); /* its buffer has the same size */
    ck_assert_uint_gt(read_back.samples_n, SP_DIALECT_COUNT * SP_VERDICT_KIND_COUNT * SP_REASON_COUNT);
}
SP_TEST_END

SP_SUITE("io/metrics", every_name_that_others_rely_on_is_there_from_the_start,
         counters_of_all_threads_are_added_up,
         a_histogram_is_cumulative_and_its_bounds_belong_to_their_bucket,
         the_buckets_of_the_first_release_are_still_there,
         calls_to_others_have_buckets_of_their_own_up_to_a_minute,
         what_the_process_uses_has_the_names_of_every_client_library, the_state_is_that_of_the_scrape,
         all_series_at_once_fit_the_answer_of_the_admin_listener)

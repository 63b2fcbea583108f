/* SPDX-License-Identifier: Apache-2.0 */
#include "io/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Upper bounds in nanoseconds, with their labels. */
struct bound {
    int64_t ns;
    const char *label; /* in seconds */
};

struct bounds {
    size_t items_n;
    struct bound items[SP_HISTOGRAM_BUCKETS_MAX];
};

static const struct bounds decision_bounds = {
    .items_n = 17,
    .items = {{2500, "0.0000025"},
              {5000, "0.000005"},
              {10000, "0.00001"},
              {25000, "0.000025"},
              {50000, "0.00005"},
              {100000, "0.0001"},
              {250000, "0.00025"},
              {500000, "0.0005"},
              {1000000, "0.001"},
              {2500000, "0.0025"},
              {5000000, "0.005"},
              {10000000, "0.01"},
              {25000000, "0.025"},
              {100000000, "0.1"},
              {500000000, "0.5"},
              {2500000000, "2.5"},
              {10000000000, "10"}},
};

static const struct bounds outbound_bounds = {
    .items_n = 14,
    .items = {{1000000, "0.001"},
              {5000000, "0.005"},
              {10000000, "0.01"},
              {25000000, "0.025"},
              {50000000, "0.05"},
              {100000000, "0.1"},
              {250000000, "0.25"},
              {500000000, "0.5"},
              {1000000000, "1"},
              {2500000000, "2.5"},
              {5000000000, "5"},
              {10000000000, "10"},
              {30000000000, "30"},
              {60000000000, "60"}},
};

static const char *const listener_names[SP_LISTENER_COUNT] = {"auth", "pages", "admin"};
static const char *const dialect_names[SP_DIALECT_COUNT] = {"traefik", "pages"};
static const char *const login_names[SP_LOGIN_RESULT_COUNT] = {"started", "completed", "failed"};
static const char *const renewal_names[SP_RENEWAL_RESULT_COUNT] = {"unavailable", "refused", "misconfigured",
                                                                   "invalid", "renewed"};
static const char *const logout_names[SP_LOGOUT_RESULT_COUNT] = {"unverified", "refused", "accepted"};
static const char *const bearer_names[SP_BEARER_RESULT_COUNT] = {"accepted", "refused", "unverified",
                                                                 "foreign"};
static const char *const target_names[SP_OUTBOUND_TARGET_COUNT] = {
    "discovery", "keys", "token", "userinfo", "revocation", "rbac", "account_token"};
static const char *const outbound_names[SP_OUTBOUND_RESULT_COUNT] = {"ok", "status", "timeout", "failed"};
static const char *const contradictions[] = {"issuer", "client_auth", "pkce",
                                             "userinfo"}; /* the settings of oidc/issuer_metadata.h */
static const char *const waited_names[SP_WAITED_COUNT] = {"false", "true"};
static const char *const refusal_names[SP_REFUSAL_COUNT] = {"untrusted", "limit", "memory", "handshake",
                                                            "certificate"};

static const char *const withheld_names[SP_WITHHELD_COUNT] = {
    "none", "unbound", "proxy_key_missing", "proxy_key_wrong", "expired", "no_token"};

const char *sp_withheld_name(enum sp_withheld withheld)
{
    return withheld_names[withheld];
}

const char *sp_renewal_result_name(enum sp_renewal_result result)
{
    return renewal_names[result];
}

const char *sp_listener_name(enum sp_listener listener)
{
    return listener_names[listener];
}

const char *sp_outbound_target_name(enum sp_outbound_target target)
{
    return target_names[target];
}

static void observe(struct sp_histogram *histogram, const struct bounds *bounds, int64_t span_ns)
{
    size_t i = 0;
    while (i < bounds->items_n && span_ns > bounds->items[i].ns) {
        i++;
    }
    sp_metrics_count(&histogram->buckets[i]);
    atomic_fetch_add_explicit(&histogram->sum_ns, span_ns > 0 ? (uint64_t)span_ns : 0, memory_order_relaxed);
}

void sp_metrics_decided(struct sp_metrics *metrics, enum sp_dialect_label dialect,
                        enum sp_verdict_kind verdict, enum sp_reason reason, enum sp_waited_label waited,
                        int64_t span_ns)
{
    observe(&metrics->decision_seconds[waited], &decision_bounds, span_ns);
    sp_metrics_count(&metrics->decisions[dialect][verdict][reason]);
}

void sp_metrics_called(struct sp_metrics *metrics, enum sp_outbound_target target,
                       enum sp_outbound_result result, int64_t span_ns)
{
    observe(&metrics->outbound_seconds[target], &outbound_bounds, span_ns);
    sp_metrics_count(&metrics->outbound[target][result]);
}

/* All shards, and the position of a counter in each. */
struct shards {
    struct sp_metrics *const *items;
    size_t items_n;
};

static uint64_t sum(const struct shards *shards, size_t offset)
{
    uint64_t total = 0;
    for (size_t i = 0; i < shards->items_n; i++) {
        const char *counter = (const char *)shards->items[i] + offset;
        total +=
            atomic_load_explicit((const atomic_uint_fast64_t *)(const void *)counter, memory_order_relaxed);
    }
    return total;
}

static void append_head(struct sp_buf *out, const char *name, const char *type, const char *help)
{
    sp_buf_printf(out, "# HELP sallyport_%s %s\n# TYPE sallyport_%s %s\n", name, help, name, type);
}

/* Appends the buckets of the histogram whose label `label` is `value`. */
static void append_histogram(struct sp_buf *out, const struct shards *shards, const char *name,
                             const struct bounds *bounds, const char *label, const char *value, size_t offset)
{
    uint64_t total = 0;
    for (size_t i = 0; i <= bounds->items_n; i++) {
        size_t bucket = offset + offsetof(struct sp_histogram, buckets) + i * sizeof(atomic_uint_fast64_t);
        total += sum(shards, bucket);
        const char *bound = i < bounds->items_n ? bounds->items[i].label : "+Inf";
        sp_buf_printf(out, "sallyport_%s_bucket{%s=\"%s\",le=\"%s\"} %" PRIu64 "\n", name, label, value,
                      bound, total);
    }
    uint64_t sum_ns = sum(shards, offset + offsetof(struct sp_histogram, sum_ns));
    sp_buf_printf(out, "sallyport_%s_sum{%s=\"%s\"} %" PRIu64 ".%09" PRIu64 "\n", name, label, value,
                  sum_ns / 1000000000, sum_ns % 1000000000);
    sp_buf_printf(out, "sallyport_%s_count{%s=\"%s\"} %" PRIu64 "\n", name, label, value, total);
}

static void append_decisions(struct sp_buf *out, const struct shards *shards)
{
    append_head(out, "decisions_total", "counter", "Requests answered, by dialect, verdict and reason.");
    for (size_t d = 0; d < SP_DIALECT_COUNT; d++) {
        for (size_t v = 0; v < SP_VERDICT_KIND_COUNT; v++) {
            for (size_t r = 0; r < SP_REASON_COUNT; r++) {
                uint64_t n = sum(shards, offsetof(struct sp_metrics, decisions[d][v][r]));
                if (n > 0) {
                    sp_buf_printf(
                        out,
                        "sallyport_decisions_total{dialect=\"%s\",verdict=\"%s\",reason=\"%s\"} %" PRIu64
                        "\n",
                        dialect_names[d], sp_verdict_name((enum sp_verdict_kind)v),
                        sp_reason_name((enum sp_reason)r), n);
                }
            }
        }
    }
    append_head(out, "decision_seconds", "histogram",
                "Time from reading the request to passing on the answer.");
    for (size_t i = 0; i < SP_WAITED_COUNT; i++) {
        append_histogram(out, shards, "decision_seconds", &decision_bounds, "waited", waited_names[i],
                         offsetof(struct sp_metrics, decision_seconds[i]));
    }
}

static void append_outbound(struct sp_buf *out, const struct shards *shards)
{
    append_head(out, "outbound_requests_total", "counter", "Calls to other servers, by target and result.");
    for (size_t t = 0; t < SP_OUTBOUND_TARGET_COUNT; t++) {
        for (size_t r = 0; r < SP_OUTBOUND_RESULT_COUNT; r++) {
            sp_buf_printf(out, "sallyport_outbound_requests_total{target=\"%s\",result=\"%s\"} %" PRIu64 "\n",
                          target_names[t], outbound_names[r],
                          sum(shards, offsetof(struct sp_metrics, outbound[t][r])));
        }
    }
    append_head(out, "outbound_seconds", "histogram", "Time of a call to another server, by target.");
    for (size_t t = 0; t < SP_OUTBOUND_TARGET_COUNT; t++) {
        append_histogram(out, shards, "outbound_seconds", &outbound_bounds, "target", target_names[t],
                         offsetof(struct sp_metrics, outbound_seconds[t]));
    }
}

static void append_connections(struct sp_buf *out, const struct shards *shards)
{
    append_head(out, "connections", "gauge", "Open connections, by listener.");
    for (size_t listener = 0; listener < SP_LISTENER_COUNT; listener++) {
        int64_t open = 0;
        for (size_t i = 0; i < shards->items_n; i++) {
            open += atomic_load_explicit(&shards->items[i]->connections[listener], memory_order_relaxed);
        }
        sp_buf_printf(out, "sallyport_connections{listener=\"%s\"} %" PRId64 "\n", listener_names[listener],
                      open);
    }
    append_head(out, "connections_refused_total", "counter",
                "Connections closed before their first request or because of a limit, by reason.");
    for (size_t i = 0; i < SP_REFUSAL_COUNT; i++) {
        sp_buf_printf(out, "sallyport_connections_refused_total{reason=\"%s\"} %" PRIu64 "\n",
                      refusal_names[i], sum(shards, offsetof(struct sp_metrics, refused[i])));
    }
}

static void append_withheld(struct sp_buf *out, const struct shards *shards)
{
    append_head(out, "credentials_withheld_total", "counter",
                "Allowed requests whose header set has a credential that was withheld, by reason.");
    for (size_t i = SP_WITHHELD_NOT + 1; i < SP_WITHHELD_COUNT; i++) {
        sp_buf_printf(out, "sallyport_credentials_withheld_total{reason=\"%s\"} %" PRIu64 "\n",
                      withheld_names[i], sum(shards, offsetof(struct sp_metrics, withheld[i])));
    }
}

/* A time of 0 is left out. */
static void append_certificates(struct sp_buf *out, const char *name, int64_t server_s, int64_t client_ca_s)
{
    if (server_s > 0) {
        sp_buf_printf(out, "sallyport_%s{use=\"server\"} %" PRId64 "\n", name, server_s);
    }
    if (client_ca_s > 0) {
        sp_buf_printf(out, "sallyport_%s{use=\"client_ca\"} %" PRId64 "\n", name, client_ca_s);
    }
}

static void append_ends(struct sp_buf *out, const struct sp_metrics_state *state)
{
    append_head(out, "credential_expires_seconds", "gauge",
                "When the first of the tokens in use expires; since the Unix epoch.");
    if (state->account_expires_s > 0) {
        sp_buf_printf(out, "sallyport_credential_expires_seconds{set=\"kubernetes\"} %" PRId64 "\n",
                      state->account_expires_s);
    }
    append_head(out, "certificate_expires_seconds", "gauge",
                "When the certificate of the auth listener, or the first CA certificate of its clients, "
                "expires; since "
                "the Unix epoch.");
    append_certificates(out, "certificate_expires_seconds", state->certificate.ends_s,
                        state->client_ca.ends_s);
    append_head(out, "certificate_valid_from_seconds", "gauge",
                "When the same certificates become valid; since the Unix epoch.");
    append_certificates(out, "certificate_valid_from_seconds", state->certificate.begins_s,
                        state->client_ca.begins_s);
}

static void append_state(struct sp_buf *out, const struct sp_metrics_state *state)
{
    append_head(out, "issuer_up", "gauge", "1 if the last attempt to read the issuer's documents succeeded.");
    sp_buf_printf(out, "sallyport_issuer_up %d\n", state->issuer_up);
    append_head(out, "issuer_contradicts", "gauge",
                "1 while the issuer's document contradicts this setting and no usable one was read before: "
                "not ready.");
    for (size_t i = 0; i < sizeof contradictions / sizeof contradictions[0]; i++) {
        bool holds =
            state->issuer_contradicts != NULL && strcmp(state->issuer_contradicts, contradictions[i]) == 0;
        sp_buf_printf(out, "sallyport_issuer_contradicts{setting=\"%s\"} %d\n", contradictions[i], holds);
    }
    append_head(out, "issuer_documents_age_seconds", "gauge", "Age of the issuer's documents in use.");
    if (state->discovery_age_s >= 0) {
        sp_buf_printf(out, "sallyport_issuer_documents_age_seconds{document=\"discovery\"} %" PRId64 "\n",
                      state->discovery_age_s);
    }
    if (state->keys_age_s >= 0) {
        sp_buf_printf(out, "sallyport_issuer_documents_age_seconds{document=\"keys\"} %" PRId64 "\n",
                      state->keys_age_s);
    }
    append_head(out, "rbac_bindings", "gauge", "Bindings in use by rbac rules.");
    if (state->rbac_bindings >= 0) {
        sp_buf_printf(out, "sallyport_rbac_bindings %" PRId64 "\n", state->rbac_bindings);
    }
    append_head(out, "rbac_age_seconds", "gauge", "Time since the API server last confirmed the bindings.");
    if (state->rbac_age_s >= 0) {
        sp_buf_printf(out, "sallyport_rbac_age_seconds %" PRId64 "\n", state->rbac_age_s);
    }
    append_ends(out, state);
    append_head(out, "keys", "gauge", "Keys in the key ring: one seals, all open.");
    sp_buf_printf(out, "sallyport_keys{state=\"sealing\"} %" PRIu64 "\n", state->sealing_keys);
    sp_buf_printf(out, "sallyport_keys{state=\"opening\"} %" PRIu64 "\n", state->opening_keys);
    append_head(out, "revocations", "gauge",
                "Entries for sessions and users that were ended before they expired.");
    sp_buf_printf(out, "sallyport_revocations %" PRIu64 "\n", state->revocations_n);
    append_head(
        out, "sessions_not_before_seconds", "gauge",
        "Sessions that began at or before this time are not valid; since the Unix epoch, 0: not set.");
    sp_buf_printf(out, "sallyport_sessions_not_before_seconds %" PRId64 "\n", state->not_before_s);
    append_head(out, "sessions_overdue", "gauge",
                "Sessions past renew_by that the issuer has neither confirmed nor refused.");
    sp_buf_printf(out, "sallyport_sessions_overdue %" PRIu64 "\n", state->overdue_n);
    append_head(out, "config_reloads_total", "counter", "Reloads of the configuration and its files.");
    sp_buf_printf(out, "sallyport_config_reloads_total{result=\"ok\"} %" PRIu64 "\n", state->reloads_n);
    sp_buf_printf(out, "sallyport_config_reloads_total{result=\"failed\"} %" PRIu64 "\n",
                  state->reloads_failed_n);
    append_head(out, "config_last_reload_successful", "gauge", "0 if the current files cannot be used.");
    sp_buf_printf(out, "sallyport_config_last_reload_successful %d\n", !state->reload_failed);
    append_head(out, "log_lines_dropped_total", "counter",
                "Log lines dropped because they were not read in time.");
    sp_buf_printf(out, "sallyport_log_lines_dropped_total %" PRIu64 "\n", state->log_dropped);
}

/* The names are those that every client library of Prometheus uses, so they do not have our prefix. Values
 * that are not available are left out. */
static void append_usage(struct sp_buf *out, const struct sp_metrics_state *state)
{
    const struct sp_process_usage *usage = &state->usage;
    const struct {
        const char *name;
        const char *type;
        const char *help;
        int64_t value;
        int64_t per_unit; /* 1 for whole numbers */
    } rows[] = {
        {"cpu_seconds_total", "counter", "Processor time in user and kernel mode.", usage->cpu_us, 1000000},
        {"open_fds", "gauge", "Open file descriptors.", usage->open_fds_n, 1},
        {"max_fds", "gauge", "Maximum number of open file descriptors.", usage->max_fds_n, 1},
        {"virtual_memory_bytes", "gauge", "Virtual memory.", usage->virtual_bytes, 1},
        {"resident_memory_bytes", "gauge", "Resident memory.", usage->resident_bytes, 1},
        {"start_time_seconds", "gauge", "When the process started; since the Unix epoch.", state->started_ms,
         1000},
        {"threads", "gauge", "Threads of the operating system.", usage->threads_n, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].value < 0) {
            continue;
        }
        const char *name = rows[i].name;
        sp_buf_printf(out, "# HELP process_%s %s\n# TYPE process_%s %s\n", name, rows[i].help, name,
                      rows[i].type);
        sp_buf_printf(out, "process_%s %" PRId64, name, rows[i].value / rows[i].per_unit);
        if (rows[i].per_unit > 1) {
            int64_t us = rows[i].value % rows[i].per_unit * (1000000 / rows[i].per_unit);
            sp_buf_printf(out, ".%06" PRId64, us);
        }
        sp_buf_append_char(out, '\n');
    }
}

void sp_metrics_render(struct sp_metrics *const *shards, size_t n, const struct sp_metrics_state *state,
                       struct sp_buf *out)
{
    const struct shards all = {shards, n};
    append_head(out, "build_info", "gauge", "The version that is running.");
    sp_buf_append_c(out, "sallyport_build_info{version=\"" SP_VERSION "\"} 1\n");
    append_decisions(out, &all);
    append_head(out, "logins_total", "counter", "Logins begun, completed and failed.");
    for (size_t i = 0; i < SP_LOGIN_RESULT_COUNT; i++) {
        sp_buf_printf(out, "sallyport_logins_total{result=\"%s\"} %" PRIu64 "\n", login_names[i],
                      sum(&all, offsetof(struct sp_metrics, logins[i])));
    }
    append_head(out, "renewals_total", "counter", "Calls that renew sessions, by result.");
    for (size_t i = 0; i < SP_RENEWAL_RESULT_COUNT; i++) {
        sp_buf_printf(out, "sallyport_renewals_total{result=\"%s\"} %" PRIu64 "\n", renewal_names[i],
                      sum(&all, offsetof(struct sp_metrics, renewals[i])));
    }
    append_head(out, "logout_tokens_total", "counter", "Logout tokens from the issuer, by result.");
    for (size_t i = 0; i < SP_LOGOUT_RESULT_COUNT; i++) {
        sp_buf_printf(out, "sallyport_logout_tokens_total{result=\"%s\"} %" PRIu64 "\n", logout_names[i],
                      sum(&all, offsetof(struct sp_metrics, logout_tokens[i])));
    }
    append_head(out, "bearer_tokens_total", "counter", "Bearer tokens of requests, by result.");
    for (size_t i = 0; i < SP_BEARER_RESULT_COUNT; i++) {
        sp_buf_printf(out, "sallyport_bearer_tokens_total{result=\"%s\"} %" PRIu64 "\n", bearer_names[i],
                      sum(&all, offsetof(struct sp_metrics, bearer_tokens[i])));
    }
    append_outbound(out, &all);
    append_connections(out, &all);
    append_withheld(out, &all);
    append_state(out, state);
    append_usage(out, state);
}

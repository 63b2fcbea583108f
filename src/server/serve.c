/* SPDX-License-Identifier: Apache-2.0 */
#include "server/serve.h"

#include "base/time.h"
#include "gate/reload.h"
#include "io/clock.h"
#include "io/cpu.h"
#include "io/log.h"
#include "io/revocations_file.h"
#include "server/h2o_handler.h"
#include "server/publisher.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define DESCRIPTORS_RESERVED 160 /* for calls, the admin listener and files, not for users */
#define DESCRIPTORS_A_LOOP   6   /* for each loop, besides its listeners */
#define LOG_FLUSH_MS         1000
#define TRIM_THRESHOLD       (128 * 1024) /* bytes at the end of a heap that are not returned to the system */
#define CIDR_TEXT_MAX        50           /* bytes of the longest network, with a comma and a space */

/* These exist until the process exits: until then threads may read them, and messages may be in transit. */
static struct sp_process process;
static struct sp_loop *loops;
static size_t loops_n;

static struct sp_revocations_file revocations_file;

/* ---- setup ----------------------------------------------------------------------------------------- */

/*
 * Raises the limit on descriptors, and returns how many connections to the auth listener it allows. If
 * descriptors ran out, accepting would spin.
 */
static int64_t fit_descriptors(const struct sp_config *config, size_t threads_n)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return config->max_connections;
    }
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return config->max_connections;
    }
    int64_t all = (int64_t)limit.rlim_cur;
    size_t a_loop = config->listen.items_n + config->pages_listen.items_n + DESCRIPTORS_A_LOOP;
    int64_t reserved = DESCRIPTORS_RESERVED + (int64_t)(threads_n * a_loop);
    int64_t room = all > 2 * reserved ? all - reserved : all / 2;
    int64_t fitting = sp_config_connections_within(room);
    return config->max_connections < fitting ? config->max_connections : fitting;
}

static enum sp_error add_listeners(const struct sp_endpoints *endpoints, enum sp_listener listener,
                                   struct sp_diag *diag)
{
    size_t n =
        listener == SP_LISTENER_ADMIN ? 1 : loops_n; /* scrapes and probes need no parallel listeners */
    enum sp_error error = SP_OK;
    for (size_t i = 0; i < endpoints->items_n && error == SP_OK; i++) {
        int fds[SP_THREADS_MAX];
        error = sp_listener_open(&endpoints->items[i], n, fds, diag);
        for (size_t k = 0; error == SP_OK && k < n; k++) {
            struct sp_loop *loop = &loops[k];
            loop->fds[loop->accepts_n] = fds[k];
            loop->listeners[loop->accepts_n] = listener;
            loop->accepts_n++;
        }
    }
    return error;
}

static enum sp_error make_loops(struct sp_snapshot *snapshot, struct sp_diag *diag)
{
    static h2o_globalconf_t globals[SP_LISTENER_COUNT];
    loops_n = process.threads_n;
    loops = calloc(loops_n, sizeof *loops);
    if (loops == NULL) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    for (size_t listener = 0; listener < SP_LISTENER_COUNT; listener++) {
        sp_h2o_handler_configure(&globals[listener], (enum sp_listener)listener);
    }
    for (size_t i = 0; i < loops_n; i++) {
        loops[i].snapshot = sp_snapshot_ref(snapshot);
        loops[i].process = &process;
        loops[i].metrics = process.metrics[i];
        loops[i].globals = globals;
    }
    const struct sp_config *config = snapshot->config;
    enum sp_error error = add_listeners(&config->listen, SP_LISTENER_AUTH, diag);
    if (error == SP_OK) {
        error = add_listeners(&config->pages_listen, SP_LISTENER_PAGES, diag);
    }
    return error == SP_OK ? add_listeners(&config->admin_listen, SP_LISTENER_ADMIN, diag) : error;
}

/* ---- files that change ------------------------------------------------------------------------------- */

/* Used by the main thread only. */
static struct sp_reload *reload;
static struct sp_snapshot *current;                  /* from the last state of the files */
static struct sp_credential_files *credential_files; /* NULL: no bindings */
static struct sp_api_source api_source;              /* set at startup; does not change */
static struct sp_api_server *api_server;             /* NULL: nothing has needed it yet */
static struct sp_api_access *api_access;             /* to the API server; NULL: none yet */

/* Completes a log line about a file that cannot be used. */
static void end_line(struct sp_log_line *line, const struct sp_reports *reports)
{
    const struct sp_report *report = &reports->items[0];
    sp_log_text(line, "cause", SP_STR("access"));
    sp_log_text(line, "file", sp_str_from_c(report->file));
    if (report->line > 0) {
        sp_log_number(line, "line", report->line);
    }
    sp_log_text(line, "setting", sp_str_from_c(report->setting));
    sp_log_text(line, "detail", sp_str_from_c(sp_report_detail(report)));
    sp_log_end(line);
}

static void look_at_credentials(void)
{
    struct sp_reports reports = {0};
    struct sp_credentials *credentials =
        sp_credential_files_look(credential_files, sp_clock_now_s(), &reports);
    struct sp_log_line line;
    if (reports.items_n > 0 && sp_log_begin(&line, SP_LOG_WARN, "credential_failed")) {
        end_line(&line, &reports);
    }
    if (credentials != NULL) {
        sp_publisher_use_credentials(credentials);
    }
    sp_reports_done(&reports);
}

static void look_at_api_server(void)
{
    struct sp_reports reports = {0};
    struct sp_api_access *found = sp_api_server_look(api_server, sp_clock_now_s(), &reports);
    struct sp_log_line line;
    if (reports.items_n > 0 && sp_config_watches_rbac(current->config) &&
        sp_log_begin(&line, SP_LOG_WARN, "rbac_failed")) {
        end_line(&line, &reports);
    }
    if (reports.items_n > 0 && sp_config_requests_tokens(current->config) &&
        sp_log_begin(&line, SP_LOG_WARN, "credential_failed")) {
        end_line(&line, &reports);
    }
    if (found != NULL) {
        sp_api_access_unref(api_access);
        api_access = found;
        sp_publisher_use_access(current->config, sp_api_access_ref(api_access));
    }
    sp_reports_done(&reports);
}

/* Begins to watch the files that the snapshot's configuration names; takes the reference. False if out of
 * memory. */
static bool look_by(struct sp_snapshot *snapshot)
{
    const struct sp_config *config = snapshot->config;
    sp_credential_files_free(credential_files);
    credential_files = NULL;
    sp_snapshot_unref(current);
    current = snapshot;
    if (snapshot->credentials != NULL) {
        credential_files =
            sp_credential_files_new(config->credentials, config->credentials_n, snapshot->credentials);
    }
    if (sp_config_asks_cluster(config) && api_server == NULL) {
        api_server = sp_api_server_new(&api_source);
    }
    return (credential_files != NULL) == (snapshot->credentials != NULL) &&
           (api_server != NULL || !sp_config_asks_cluster(config));
}

/* Logs the certificate, so that operators see when a renewed one is in use. */
static void log_certificate(const struct sp_snapshot *snapshot)
{
    struct sp_log_line line;
    if (snapshot->tls == NULL || sp_tls_identity_shows_same(snapshot->tls, current->tls) ||
        !sp_log_begin(&line, SP_LOG_INFO, "certificate_reloaded")) {
        return;
    }
    char end[SP_TIME_TEXT_LEN + 1];
    SP_BUF_ON_STACK(names, SP_LOG_VALUE_MAX);
    sp_time_format(snapshot->tls->span.ends_s, end);
    sp_tls_append_names(snapshot->tls->certificate, &names);
    sp_log_text(&line, "file", sp_str_from_c(snapshot->config->tls_cert_file));
    sp_log_text(&line, "certificate", sp_buf_str(&names));
    sp_log_text(&line, "expires_at", sp_str_from_c(end));
    sp_log_end(&line);
}

static void look_at_configuration(enum sp_reload_when when)
{
    struct sp_snapshot *snapshot = sp_reload_look(reload, when);
    if (snapshot == NULL) {
        return;
    }
    log_certificate(snapshot);
    if (!look_by(sp_snapshot_ref(snapshot))) {
        abort(); /* out of memory: bound credentials would never change again, unnoticed */
    }
    sp_publisher_use_snapshot(snapshot);
    if (api_access != NULL) {
        sp_publisher_use_access(current->config, sp_api_access_ref(api_access));
    }
}

/* Once a second: writes the state that has changed, reads changed files again, and hands over the results. */
static void look_at_files(enum sp_reload_when when)
{
    if (revocations_file.path != NULL) {
        sp_revocations_file_keep(&revocations_file, process.revocations);
    }
    look_at_configuration(when);
    if (credential_files != NULL) {
        look_at_credentials();
    }
    if (api_server != NULL) {
        look_at_api_server();
    }
}

/* ---- running --------------------------------------------------------------------------------------- */

static sigset_t ending_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

static void log_endpoints(struct sp_log_line *line, const char *key, const struct sp_endpoints *endpoints)
{
    SP_BUF_ON_STACK(text, SP_LOG_VALUE_MAX);
    for (size_t i = 0; i < endpoints->items_n; i++) {
        sp_buf_append_c(&text, i > 0 ? ", " : "");
        sp_buf_append_c(&text, endpoints->items[i].text);
    }
    sp_log_text(line, key, sp_buf_str(&text));
}

/* Logs the hosts whose tokens are available to everybody who may create a Middleware. */
static void log_unsafe_bindings(struct sp_log_line *line, const struct sp_config *config)
{
    const char *hosts[SP_BINDINGS_MAX];
    size_t hosts_n = 0;
    for (size_t i = 0; i < config->credentials_n; i++) {
        if (config->credentials[i].unsafe_without_proxy_key) {
            hosts[hosts_n++] = config->credentials[i].host;
        }
    }
    sp_log_texts(line, "unsafe_without_proxy_key", hosts, hosts_n);
}

static void log_tls(struct sp_log_line *line, const struct sp_config *config)
{
    if (config->tls_cert_file != NULL) {
        bool is_mutual = config->tls_client_ca_file != NULL;
        sp_log_text(line, "tls", is_mutual ? SP_STR("client_certificates") : SP_STR("server"));
        sp_log_texts(line, "tls_client_names", (const char *const *)config->tls_client_names.items,
                     config->tls_client_names.items_n);
    }
}

static void log_start(const struct sp_snapshot *snapshot)
{
    const struct sp_config *config = snapshot->config;
    struct sp_log_line line;
    if (sp_log_begin(&line, SP_LOG_INFO, "start")) {
        sp_log_text(&line, "version", SP_STR(SP_VERSION));
        log_endpoints(&line, "listen", &config->listen);
        log_endpoints(&line, "pages_listen", &config->pages_listen);
        log_endpoints(&line, "admin_listen", &config->admin_listen);
        SP_BUF_ON_STACK(trusted, SP_CIDRS_MAX * CIDR_TEXT_MAX);
        for (size_t i = 0; i < config->trusted_proxies.items_n; i++) {
            sp_buf_append_c(&trusted, i > 0 ? ", " : "");
            sp_cidr_append(&config->trusted_proxies.items[i], &trusted);
        }
        bool is_everybody = config->unsafe_trust_everybody;
        sp_log_text(&line, "trusted_proxies", is_everybody ? SP_STR("everybody") : sp_buf_str(&trusted));
        log_tls(&line, config);
        log_unsafe_bindings(&line, config);
        sp_log_text(&line, "issuer", sp_str_from_c(config->issuer));
        sp_log_number(&line, "threads", loops_n);
        sp_log_number(&line, "keys", sp_keyring_count(snapshot->keys));
        sp_reload_log_key_ids(&line, snapshot->keys);
        sp_log_number(&line, "max_connections", process.auth_connections_max);
        sp_log_number(&line, "max_connections_pages", process.pages_connections_max);
        sp_log_end(&line);
    }
}

/* Logs the settings that the limit on descriptors has lowered. */
static void log_lowered(const struct sp_config *config)
{
    struct rlimit limit;
    struct sp_log_line line;
    if ((int64_t)process.auth_connections_max == config->max_connections ||
        getrlimit(RLIMIT_NOFILE, &limit) != 0 || !sp_log_begin(&line, SP_LOG_WARN, "warning")) {
        return;
    }
    SP_BUF_ON_STACK(detail, SP_LOG_VALUE_MAX);
    sp_buf_printf(
        &detail,
        "%lld are configured, but only %zu fit within the limit of %llu open files: raise that limit "
        "(ulimit -n, LimitNOFILE), or lower the setting",
        (long long)config->max_connections, process.auth_connections_max, (unsigned long long)limit.rlim_cur);
    sp_log_text(&line, "setting", SP_STR("max_connections"));
    sp_log_text(&line, "detail", sp_buf_str(&detail));
    sp_log_end(&line);
}

static void drain(void)
{
    atomic_store(&process.draining, 1);
    sp_log_event(SP_LOG_INFO, "stop", "detail", SP_STR("draining"));
    sigset_t set = ending_signals();
    const struct timespec delay = {.tv_sec = current->config->drain_delay_s};
    while (sigtimedwait(&set, NULL, &delay) < 0 && errno == EINTR) {
    } /* another signal ends the wait early */
    for (size_t i = 0; i < loops_n; i++) {
        sp_loop_post_stop(&loops[i]);
    }
    for (size_t i = 0; i < loops_n; i++) {
        pthread_join(loops[i].thread, NULL);
    }
    sp_log_event(SP_LOG_INFO, "stop", "detail", SP_STR("ended"));
    sp_log_flush(LOG_FLUSH_MS);
}

/* Loops first make their mailboxes, then wait until the issuer, which posts to them, exists. */
static enum sp_error run(struct sp_snapshot *snapshot, const struct sp_loading *loading, struct sp_diag *diag)
{
    pthread_barrier_t mailboxes_ready;
    pthread_barrier_t may_accept;
    pthread_barrier_init(&mailboxes_ready, NULL, (unsigned)loops_n + 1);
    pthread_barrier_init(&may_accept, NULL, (unsigned)loops_n + 1);
    for (size_t i = 0; i < loops_n; i++) {
        loops[i].mailboxes_ready = &mailboxes_ready;
        loops[i].may_accept = &may_accept;
        if (sp_loop_start(&loops[i]) != 0) {
            return sp_diag_set(diag, SP_ERR_IO, "cannot start a thread");
        }
    }
    pthread_barrier_wait(&mailboxes_ready);
    enum sp_error error = sp_publisher_start(&process, loops, loops_n, snapshot, diag);
    reload = sp_reload_new(&process, loading);
    api_source = sp_api_source_of(snapshot->config->kubernetes_kubeconfig);
    if (error != SP_OK || reload == NULL || !look_by(sp_snapshot_ref(snapshot))) {
        return error != SP_OK ? error : sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    pthread_barrier_wait(&may_accept);
    log_start(snapshot);
    sigset_t set = ending_signals();
    sigaddset(&set, SIGHUP);
    const struct timespec pause = {.tv_sec = SP_WATCHED_FILES_MS / 1000};
    int number = 0;
    do {
        look_at_files(number == SIGHUP ? SP_RELOAD_NOW : SP_RELOAD_IF_CHANGED);
        number = sigtimedwait(&set, NULL, &pause);
    } while (number < 0 || number == SIGHUP);
    drain();
    sp_worker_stop(process.worker);
    if (revocations_file.path != NULL) {
        sp_revocations_file_keep(&revocations_file, process.revocations);
    }
    for (size_t i = 0; i < loops_n; i++) {
        sp_mailbox_deliver(loops[i].mailbox); /* frees messages posted after its exit */
    }
    sp_publisher_end();
    sp_api_server_free(api_server);
    sp_api_access_unref(api_access);
    sp_credential_files_free(credential_files);
    sp_reload_free(reload);
    sp_snapshot_unref(current);
    return SP_OK;
}

/* The configuration has the requested numbers, `process` those that the limits allow. */
static enum sp_error make_process(const struct sp_config *config, struct sp_diag *diag)
{
    size_t cpus_n = sp_cpu_count();
    size_t chosen_n = cpus_n < SP_THREADS_MAX ? cpus_n : SP_THREADS_MAX;
    size_t threads_n = config->threads != 0 ? (size_t)config->threads : chosen_n;
    enum sp_error error = sp_process_init(&process, threads_n, diag);
    int64_t connections = fit_descriptors(config, process.threads_n);
    process.auth_connections_max = (size_t)connections;
    process.pages_connections_max = (size_t)sp_config_pages_connections(connections);
    process.waiting = sp_waiting_new(
        sp_waiting_limits_of(process.auth_connections_max, process.pages_connections_max, SP_WAITING_MAX));
    if (error == SP_OK && process.waiting == NULL) {
        error = sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    revocations_file.path = config->revocations_file;
    if (error == SP_OK && revocations_file.path != NULL) {
        error = sp_revocations_file_read(revocations_file.path, sp_clock_now_s(), process.revocations, diag);
    }
    return error;
}

enum sp_error sp_serve(struct sp_snapshot *snapshot, const struct sp_loading *loading, struct sp_diag *diag)
{
    /* Threads inherit the mask, so that only this one receives signals. */
    sigset_t set = ending_signals();
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    /* Setting the threshold fixes it. By default it grows to twice the size of the largest block ever
     * freed. */
    mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD);
    enum sp_error error = make_process(snapshot->config, diag);
    if (error == SP_OK) {
        error = make_loops(snapshot, diag);
    }
    sp_log_name_people(snapshot->config->log_user, snapshot->keys);
    if (error == SP_OK && sp_log_start(snapshot->config->log_level, snapshot->config->log_format) != 0) {
        error = sp_diag_set(diag, SP_ERR_IO, "cannot start the thread that writes the log");
    }
    if (error == SP_OK) {
        sp_reload_log_warnings(loading);
        log_lowered(snapshot->config);
        error = run(snapshot, loading, diag);
    }
    if (error == SP_OK) {
        sp_process_done(&process);
    }
    return error;
}

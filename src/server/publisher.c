/* SPDX-License-Identifier: Apache-2.0 */
#include "server/publisher.h"

#include "io/account_tokens.h"
#include "io/log.h"

#include <pthread.h>

static struct sp_process *process;
static struct sp_loop *loops;
static size_t loops_n;
static struct sp_account_tokens *account_tokens;

/* Only the worker uses these: the last snapshot that the loops got, which is the base of the next one, and
 * the content of the credential files. */
static struct sp_snapshot *latest;
static struct sp_credentials *read_credentials; /* NULL: there are no bindings */

/* The objects that the main thread has handed over and the worker has not taken yet. The credentials belong
 * to the last snapshot that was handed over; those of an earlier one are dropped with it. */
static pthread_mutex_t coming_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sp_snapshot *coming_snapshot;
static struct sp_credentials *coming_credentials;

/* ---- to the loops ------------------------------------------------------------------------------------ */

/* Takes the snapshot. If it is NULL, memory has run out, and the loops continue with the old one. */
static void publish(struct sp_snapshot *snapshot)
{
    for (size_t i = 0; i < loops_n && snapshot != NULL; i++) {
        sp_loop_post_snapshot(&loops[i], snapshot);
    }
    if (snapshot != NULL) {
        sp_snapshot_unref(latest);
        latest = snapshot;
    }
}

static void on_documents(__attribute__((unused)) void *context, struct sp_issuer_documents *documents)
{
    publish(sp_snapshot_with_documents(latest, documents));
}

static void on_bindings(__attribute__((unused)) void *context, struct sp_rbac_index *index)
{
    publish(sp_snapshot_with_rbac(latest, index));
}

/* The credentials with the current tokens. NULL: there are no bindings, or out of memory. */
static struct sp_credentials *join_credentials(void)
{
    return read_credentials != NULL ? sp_account_tokens_join(account_tokens, read_credentials) : NULL;
}

static void publish_credentials(__attribute__((unused)) void *context)
{
    struct sp_credentials *credentials = join_credentials();
    if (credentials != NULL) {
        publish(sp_snapshot_with_credentials(latest, credentials));
        sp_credentials_unref(credentials);
    }
}

/* ---- from the main thread ---------------------------------------------------------------------------- */

/* How long the result of a renewal is kept: for `renew_grace`, until `renew_by` of a session that became due
 * at the same time, but at most for `renew_after`, because a session that got an older result would be due
 * again at once. */
static int64_t renewals_kept_s(const struct sp_config *config)
{
    return config->renew_grace_s < config->renew_after_s ? config->renew_grace_s : config->renew_after_s;
}

/* Completes the snapshot with the worker's own data, and publishes it. */
static void take_snapshot(struct sp_snapshot *next)
{
    const struct sp_config *config = next->config;
    const struct sp_client *client = sp_snapshot_client(next);
    sp_log_set_level(config->log_level);
    sp_log_name_people(config->log_user, next->keys);
    sp_credentials_unref(read_credentials);
    read_credentials = next->credentials; /* as read from files; takes over the reference */
    sp_account_tokens_use_bindings(account_tokens, config->credentials, config->credentials_n);
    next->credentials = join_credentials();
    if (next->credentials == NULL && read_credentials != NULL) {
        next->credentials =
            sp_credentials_ref(read_credentials); /* out of memory: continue without account tokens */
    }
    next->documents = latest->documents != NULL ? sp_issuer_documents_ref(latest->documents) : NULL;
    if (config->rbac_folder == NULL && latest->rbac != NULL) {
        next->rbac = sp_rbac_index_ref(latest->rbac);
    }
    sp_code_exchanges_use_client(process->code_exchanges, client);
    if (process->renewals != NULL) {
        sp_renewals_use_client(process->renewals, client, renewals_kept_s(config));
    }
    sp_logout_tokens_set_times(process->logout_tokens, config->clock_skew_s,
                               sp_config_revocation_lifetime_s(config));
    publish(next);
    sp_issuer_use_client(process->issuer, client);
}

static void on_coming(__attribute__((unused)) struct sp_task *task)
{
    pthread_mutex_lock(&coming_lock);
    struct sp_snapshot *snapshot = coming_snapshot;
    struct sp_credentials *credentials = coming_credentials;
    coming_snapshot = NULL;
    coming_credentials = NULL;
    pthread_mutex_unlock(&coming_lock);
    if (snapshot != NULL) {
        take_snapshot(snapshot);
    }
    if (credentials != NULL) {
        sp_credentials_unref(read_credentials);
        read_credentials = credentials;
        publish_credentials(NULL);
    }
}

/* Takes the arguments that are not NULL. A task that was posted earlier and has not run yet uses them instead
 * of its own. */
static void hand_over(struct sp_snapshot *snapshot, struct sp_credentials *credentials)
{
    static struct sp_task task = {.run = on_coming};
    pthread_mutex_lock(&coming_lock);
    bool is_posted = coming_snapshot != NULL || coming_credentials != NULL;
    sp_credentials_unref(coming_credentials);
    coming_credentials = credentials;
    if (snapshot != NULL) {
        sp_snapshot_unref(coming_snapshot);
        coming_snapshot = snapshot;
    }
    pthread_mutex_unlock(&coming_lock);
    if (!is_posted) {
        sp_worker_post(process->worker, &task);
    }
}

void sp_publisher_use_credentials(struct sp_credentials *credentials)
{
    hand_over(NULL, credentials);
}

void sp_publisher_use_snapshot(struct sp_snapshot *snapshot)
{
    hand_over(snapshot, NULL);
}

void sp_publisher_use_access(const struct sp_config *config, struct sp_api_access *access)
{
    if (sp_config_watches_rbac(config)) {
        sp_rbac_watch_use(process->rbac_watch, sp_api_access_ref(access));
    }
    if (sp_config_requests_tokens(config)) {
        sp_account_tokens_use(account_tokens, sp_api_access_ref(access));
    }
    sp_api_access_unref(access);
}

/* ---- setup and teardown ------------------------------------------------------------------------------ */

/* Makes the components that send requests to the issuer. */
static bool make_issuer(struct sp_snapshot *snapshot)
{
    const struct sp_config *config = snapshot->config;
    const struct sp_client *client = sp_snapshot_client(snapshot);
    process->issuer = sp_issuer_new(process->worker, config->issuer, client, on_documents, NULL);
    if (process->issuer == NULL) {
        return false;
    }
    process->code_exchanges =
        sp_code_exchanges_new(process->worker, process->issuer, client, process->waiting);
    const struct sp_renewals_use renewals_use = {
        .worker = process->worker,
        .issuer = process->issuer,
        .client = client,
        .metrics = process->metrics[loops_n],
        .connections_max = process->auth_connections_max,
        .kept_s = renewals_kept_s(config),
        .pages_connections_max = process->pages_connections_max,
    };
    process->renewals = config->renew ? sp_renewals_new(&renewals_use) : NULL;
    const struct sp_logout_tokens_use logout_use = {
        .worker = process->worker,
        .issuer = process->issuer,
        .waiting = process->waiting,
        .metrics = process->metrics[loops_n],
        .issuer_name = config->issuer,
        .client_id = client->id,
        .revocations = process->revocations,
        .skew_s = client->skew_s,
        .lifetime_s = sp_config_revocation_lifetime_s(config),
    };
    process->logout_tokens = sp_logout_tokens_new(&logout_use);
    struct sp_waiting_limits limits =
        sp_waiting_limits_of(process->auth_connections_max, process->pages_connections_max, SP_WAITING_MAX);
    process->issuer_news = sp_issuer_news_new(process->worker, process->issuer, limits);
    process->bearer_keys =
        sp_bearer_keys_new(process->worker, process->issuer, process->waiting, limits.waiting_max);
    return process->code_exchanges != NULL && (process->renewals != NULL) == config->renew &&
           process->logout_tokens != NULL && process->bearer_keys != NULL && process->issuer_news != NULL;
}

/* Makes the components that send requests to the cluster after they are told how to reach it. Called before
 * the worker runs any of their tasks. */
static bool make_cluster(const struct sp_snapshot *snapshot)
{
    const struct sp_config *config = snapshot->config;
    const struct sp_rbac_settings settings = sp_config_rbac_settings(config);
    process->is_ready_by_rbac = sp_config_watches_rbac(config);
    process->rbac_watch =
        sp_rbac_watch_new(process->worker, &settings, config->rbac_max_age_s, on_bindings, NULL);
    account_tokens = sp_account_tokens_new(process->worker, config->credentials, config->credentials_n,
                                           publish_credentials, NULL);
    read_credentials = snapshot->credentials != NULL ? sp_credentials_ref(snapshot->credentials) : NULL;
    return process->rbac_watch != NULL && account_tokens != NULL;
}

enum sp_error sp_publisher_start(struct sp_process *the_process, struct sp_loop *the_loops, size_t n,
                                 struct sp_snapshot *snapshot, struct sp_diag *diag)
{
    process = the_process;
    loops = the_loops;
    loops_n = n;
    enum sp_error error = sp_worker_start(process->metrics[loops_n], diag, &process->worker);
    if (error != SP_OK) {
        return error;
    }
    latest = sp_snapshot_ref(snapshot);
    bool is_whole = make_cluster(snapshot) && make_issuer(snapshot);
    return is_whole ? SP_OK : sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
}

void sp_publisher_end(void)
{
    sp_issuer_news_free(process->issuer_news);
    sp_bearer_keys_free(process->bearer_keys);
    sp_logout_tokens_free(process->logout_tokens);
    sp_code_exchanges_free(process->code_exchanges);
    sp_renewals_free(process->renewals);
    sp_issuer_free(process->issuer);
    sp_rbac_watch_free(process->rbac_watch);
    sp_account_tokens_free(account_tokens);
    sp_credentials_unref(coming_credentials);
    sp_snapshot_unref(coming_snapshot);
    sp_credentials_unref(read_credentials);
    sp_snapshot_unref(latest);
}

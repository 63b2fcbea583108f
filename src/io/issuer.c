/* SPDX-License-Identifier: Apache-2.0 */
#include "io/issuer.h"

#include "io/clock.h"
#include "io/log.h"

#include <stdlib.h>

#define URL_MAX (2 * SP_ISSUER_METADATA_URL_MAX) /* bytes of the issuer's URL and the suffix */

/* The fetches allowed for tokens that no known key verifies, until the next one is earned. */
struct allowance {
    int64_t n;
    int64_t earned_ms;
};

struct sp_issuer {
    struct sp_worker *worker;
    const char *name;
    const struct sp_client *client;
    sp_issuer_update_fn *update;
    void *context;
    struct sp_task start;
    struct sp_buf discovery;           /* the current document, for a new snapshot with a new key set */
    struct sp_issuer_metadata *coming; /* a parsed document while its keys are fetched, else NULL */
    struct sp_issuer_documents *current;
    struct sp_issuer_waiter *waiters;
    bool fetching_keys;
    bool fetching_discovery;     /* at most one of these two is true */
    bool is_for_news;            /* the request was sent for a login: keys need not be fetched next */
    void (*news)(void *context); /* of the caller that waits for the result; NULL: none waits */
    void *news_context;
    int64_t retry_s;
    struct allowance allowances[SP_ISSUER_KEYS_USE_COUNT];
    atomic_int up;
    atomic_int unreachable;
    atomic_int_fast64_t asked_at_ms;         /* monotonic; 0: no request is in progress */
    atomic_int_fast64_t heard_at_ms;         /* when `unreachable` was last updated */
    struct sp_issuer_metadata_findings said; /* about the last document; logged once, not at each refresh */
    atomic_int refused;                      /* 1: the last document cannot be used */
    _Atomic(const char *) contradicts;       /* the setting that it contradicts, or NULL; a literal */
    atomic_int_fast64_t discovery_at_ms;     /* monotonic; 0: never */
    atomic_int_fast64_t keys_at_ms;
};

/* ---- snapshots ------------------------------------------------------------------------------------- */

struct sp_issuer_documents *sp_issuer_documents_ref(struct sp_issuer_documents *documents)
{
    atomic_fetch_add(&documents->refs, 1);
    return documents;
}

void sp_issuer_documents_unref(struct sp_issuer_documents *documents)
{
    if (documents != NULL && atomic_fetch_sub(&documents->refs, 1) == 1) {
        sp_issuer_metadata_free(documents->metadata);
        sp_keyset_free(documents->keyset);
        free(documents);
    }
}

/* Takes both; if out of memory, frees them and returns NULL. */
static struct sp_issuer_documents *new_documents(struct sp_issuer_metadata *metadata,
                                                 struct sp_keyset *keyset)
{
    struct sp_issuer_documents *documents = calloc(1, sizeof *documents);
    if (documents == NULL) {
        sp_issuer_metadata_free(metadata);
        sp_keyset_free(keyset);
        return NULL;
    }
    atomic_init(&documents->refs, 1);
    documents->metadata = metadata;
    documents->keyset = keyset;
    return documents;
}

/* ---- success and failure --------------------------------------------------------------------------- */

static void fetch_discovery(void *context);
static void fetch_keys(struct sp_issuer *issuer, const char *url);

static void tell_news(struct sp_issuer *issuer)
{
    void (*news)(void *context) = issuer->news;
    issuer->news = NULL;
    if (news != NULL) {
        news(issuer->news_context);
    }
}

static void hear(struct sp_issuer *issuer, int is_unreachable)
{
    atomic_store(&issuer->unreachable, is_unreachable);
    if (is_unreachable) {
        atomic_store(&issuer->up, 0); /* before anybody is told */
    }
    atomic_store(&issuer->heard_at_ms, sp_clock_monotonic_ms());
    tell_news(issuer);
}

static void answer_waiters(struct sp_issuer *issuer, struct sp_issuer_documents *documents)
{
    struct sp_issuer_waiter *waiter = issuer->waiters;
    issuer->waiters = NULL;
    while (waiter != NULL) {
        struct sp_issuer_waiter *next = waiter->next;
        waiter->done(waiter->context, documents);
        waiter = next;
    }
}

/* Logs the URL of the document without its query. */
static void log_url(const struct sp_issuer *issuer, enum sp_outbound_target target, struct sp_log_line *line)
{
    SP_BUF_SCOPED struct sp_buf url;
    sp_buf_init(&url, URL_MAX);
    if (target == SP_TARGET_DISCOVERY) {
        sp_issuer_metadata_append_discovery_url(sp_str_from_c(issuer->name), issuer->client, &url);
    } else if (issuer->coming != NULL) {
        sp_buf_append_c(&url, issuer->coming->jwks_uri);
    } else if (issuer->current != NULL) {
        sp_buf_append_c(&url, issuer->current->metadata->jwks_uri);
    }
    struct sp_str rest = sp_buf_str(&url);
    sp_log_text(line, "url", sp_str_cut(&rest, '?'));
}

static void fail(struct sp_issuer *issuer, enum sp_outbound_target target, enum sp_error error,
                 const char *text)
{
    struct sp_log_line line;
    atomic_store(&issuer->up, 0); /* before the line, because its reader may request the metric next */
    if (sp_log_begin(&line, SP_LOG_WARN, "issuer_failed")) {
        sp_log_text(&line, "issuer", sp_str_from_c(issuer->name));
        sp_log_text(&line, "document", sp_str_from_c(sp_outbound_target_name(target)));
        log_url(issuer, target, &line);
        sp_log_text(&line, "error", sp_str_from_c(sp_error_name(error)));
        sp_log_text(&line, "detail", sp_str_from_c(text));
        sp_log_number(&line, "retry_s", (uint64_t)issuer->retry_s);
        sp_log_end(&line);
    }
    issuer->fetching_keys = false;
    issuer->fetching_discovery = false;
    sp_issuer_metadata_free(issuer->coming);
    issuer->coming = NULL;
    sp_worker_after(issuer->worker, issuer->retry_s * 1000, fetch_discovery, issuer);
    issuer->retry_s =
        issuer->retry_s * 2 < SP_ISSUER_RETRY_MAX_S ? issuer->retry_s * 2 : SP_ISSUER_RETRY_MAX_S;
    if (target == SP_TARGET_DISCOVERY && issuer->waiters != NULL && issuer->current != NULL) {
        /* The waiters need keys, not this document. */
        fetch_keys(issuer, issuer->current->metadata->jwks_uri);
    } else {
        answer_waiters(issuer, NULL);
    }
    tell_news(issuer); /* a caller that waited for the end of a key set's request gets the last known state */
}

static void log_finding(const struct sp_issuer_metadata_finding *finding)
{
    struct sp_log_line line;
    if (sp_log_begin(&line, SP_LOG_WARN, "warning")) {
        if (finding->setting != NULL) {
            sp_log_text(&line, "setting", sp_str_from_c(finding->setting));
        }
        sp_log_text(&line, "detail", sp_str_from_c(finding->text));
        sp_log_end(&line);
    }
}

static bool findings_equal(const struct sp_issuer_metadata_findings *a,
                           const struct sp_issuer_metadata_findings *b)
{
    size_t n = 0;
    while (n < a->n && n < b->n && strcmp(a->items[n].text, b->items[n].text) == 0) {
        n++;
    }
    return n == a->n && n == b->n;
}

/* Logs what is wrong with the document, except advice and the finding that issuer_failed reports. Logs it
 * once, until the findings change. */
static void say_findings(struct sp_issuer *issuer, const struct sp_issuer_metadata_findings *findings)
{
    if (findings_equal(findings, &issuer->said)) {
        return;
    }
    for (size_t i = 0; i < findings->n; i++) {
        const struct sp_issuer_metadata_finding *finding = &findings->items[i];
        if (finding != sp_issuer_metadata_refusal(findings) &&
            finding->weight != SP_ISSUER_METADATA_ADVISED) {
            log_finding(finding);
        }
    }
    issuer->said = *findings;
}

static void publish(struct sp_issuer *issuer, struct sp_issuer_documents *documents)
{
    sp_issuer_documents_unref(issuer->current);
    issuer->current = documents;
    issuer->fetching_keys = false;
    issuer->retry_s = 1;
    atomic_store(&issuer->up, 1);
    atomic_store(&issuer->refused, 0);
    atomic_store(&issuer->keys_at_ms, sp_clock_monotonic_ms());
    hear(issuer, 0);
    issuer->update(issuer->context, documents);

    struct sp_log_line line; /* logged last, so that the documents are in use once the line appears */
    const struct sp_keyset *keyset = documents->keyset;
    if (sp_log_begin(&line, SP_LOG_INFO, "issuer_updated")) {
        sp_log_text(&line, "issuer", sp_str_from_c(issuer->name));
        sp_log_text(&line, "scopes", sp_issuer_metadata_scopes(documents->metadata, issuer->client));
        sp_log_number(&line, "keys", keyset->keys_n);
        sp_log_number(&line, "keys_skipped", keyset->skipped_n);
        if (keyset->skipped_n > 0) {
            sp_log_text(&line, "detail", sp_str_from_c(keyset->skipped.text));
        }
        sp_log_end(&line);
    }

    sp_worker_after(issuer->worker, SP_ISSUER_REFRESH_S * 1000, fetch_discovery, issuer);
    answer_waiters(issuer, documents);
}

static void fetch(struct sp_issuer *issuer, enum sp_outbound_target target, const char *url,
                  size_t answer_max, sp_http_done_fn *done)
{
    const struct sp_exchange_request request = {
        .url = url,
        .route = &issuer->client->route,
        .answer_max = answer_max,
    };
    atomic_store(&issuer->asked_at_ms, sp_clock_monotonic_ms());
    sp_http_client_call(sp_worker_http_client(issuer->worker), target, &request, done, issuer);
}

enum sp_error sp_issuer_check_response(const struct sp_exchange_response *response, struct sp_diag *diag)
{
    if (response->error != SP_OK) {
        return sp_diag_set(diag, response->error, "%s", response->text);
    }
    if (response->status != 200) {
        return sp_diag_set(diag, SP_ERR_STATUS, "status %u", response->status);
    }
    return SP_OK;
}

/* ---- the key set ----------------------------------------------------------------------------------- */

/* The metadata for the next snapshot: the metadata just fetched, or the current metadata again. */
static enum sp_error take_metadata(struct sp_issuer *issuer, struct sp_issuer_metadata **out)
{
    if (issuer->coming != NULL) {
        *out = issuer->coming;
        issuer->coming = NULL;
        return SP_OK;
    }
    return sp_issuer_metadata_parse(sp_buf_str(&issuer->discovery), sp_str_from_c(issuer->name),
                                    issuer->client, out, NULL);
}

static void on_keys(void *context, const struct sp_exchange_response *response)
{
    struct sp_issuer *issuer = context;
    struct sp_diag diag = {0};
    struct sp_keyset *keyset = NULL;
    struct sp_issuer_metadata *metadata = NULL;
    atomic_store(&issuer->asked_at_ms, 0);
    enum sp_error error = sp_issuer_check_response(response, &diag);
    if (error == SP_OK) {
        error = sp_keyset_parse(response->body, &keyset, &diag);
        atomic_store(&issuer->refused, error != SP_OK);
    }
    if (error == SP_OK) {
        error = take_metadata(issuer, &metadata);
    }
    if (error != SP_OK) {
        sp_keyset_free(keyset);
        fail(issuer, SP_TARGET_KEYS, error, diag.text[0] != '\0' ? diag.text : sp_error_text(error));
        return;
    }
    struct sp_issuer_documents *documents = new_documents(metadata, keyset);
    if (documents == NULL) {
        fail(issuer, SP_TARGET_KEYS, SP_ERR_MEMORY, sp_error_text(SP_ERR_MEMORY));
        return;
    }
    publish(issuer, documents);
}

static void fetch_keys(struct sp_issuer *issuer, const char *url)
{
    for (struct sp_issuer_waiter *waiter = issuer->waiters; waiter != NULL; waiter = waiter->next) {
        waiter->asked = true;
    }
    issuer->fetching_keys = true;
    fetch(issuer, SP_TARGET_KEYS, url, SP_KEYSET_DOCUMENT_MAX, on_keys);
}

/* True if one more fetch for a token that no known key verifies is allowed now; uses it up. */
static bool take_allowance(struct allowance *allowance)
{
    int64_t now_ms = sp_clock_monotonic_ms();
    int64_t earned_n = (now_ms - allowance->earned_ms) / (SP_ISSUER_KEYS_PAUSE_S * 1000);
    if (earned_n > 0) {
        allowance->earned_ms = now_ms;
        allowance->n += earned_n;
    }
    if (allowance->n > SP_ISSUER_KEYS_BURST_N) {
        allowance->n = SP_ISSUER_KEYS_BURST_N;
    }
    if (allowance->n == 0) {
        return false;
    }
    allowance->n--;
    return true;
}

static void add_waiter(struct sp_issuer *issuer, struct sp_issuer_waiter *waiter)
{
    waiter->asked = false;
    waiter->next = issuer->waiters;
    issuer->waiters = waiter;
}

void sp_issuer_fetch_keys(struct sp_issuer *issuer, struct sp_issuer_waiter *waiter)
{
    if (issuer->current == NULL ||
        (!issuer->fetching_keys && !take_allowance(&issuer->allowances[waiter->use]))) {
        waiter->done(waiter->context, NULL);
        return;
    }
    add_waiter(issuer, waiter);
    /* A fetch of the discovery document also fetches the keys. */
    if (!issuer->fetching_keys && !issuer->fetching_discovery) {
        fetch_keys(issuer, issuer->current->metadata->jwks_uri);
    }
}

/* Fetches keys for the waiters, which all have the same use, now or as soon as allowed. If a request is
 * already in progress, it or the attempt after it serves them. `&issuer->waiters` is the context of this
 * timer, because the issuer itself is the context of another. */
static void fetch_for_waiters(void *waiters)
{
    struct sp_issuer *issuer =
        (struct sp_issuer *)(void *)((char *)waiters - offsetof(struct sp_issuer, waiters));
    if (issuer->waiters == NULL || issuer->fetching_keys || issuer->fetching_discovery ||
        atomic_load(&issuer->up) == 0) {
        return;
    }
    struct allowance *allowance = &issuer->allowances[issuer->waiters->use];
    if (take_allowance(allowance)) {
        fetch_keys(issuer, issuer->current->metadata->jwks_uri);
    } else {
        int64_t earned_ms = allowance->earned_ms + SP_ISSUER_KEYS_PAUSE_S * 1000;
        sp_worker_after(issuer->worker, earned_ms - sp_clock_monotonic_ms(), fetch_for_waiters, waiters);
    }
}

void sp_issuer_await_keys(struct sp_issuer *issuer, struct sp_issuer_waiter *waiter)
{
    add_waiter(issuer, waiter);
    fetch_for_waiters(&issuer->waiters);
}

/* ---- discovery ------------------------------------------------------------------------------------- */

/* Parses the document, and logs and stores the result; NULL if it cannot be used. */
static struct sp_issuer_metadata *read_discovery(struct sp_issuer *issuer, struct sp_str document)
{
    struct sp_issuer_metadata *metadata = NULL;
    struct sp_issuer_metadata_findings findings = {.n = 0};
    enum sp_error error =
        sp_issuer_metadata_parse(document, sp_str_from_c(issuer->name), issuer->client, &metadata, &findings);
    const struct sp_issuer_metadata_finding *refusal = sp_issuer_metadata_refusal(&findings);
    say_findings(issuer, &findings);
    atomic_store(&issuer->refused, error != SP_OK);
    if (error == SP_OK || (refusal != NULL && refusal->setting != NULL)) {
        atomic_store(&issuer->contradicts, error == SP_OK ? NULL : refusal->setting);
    }
    if (error != SP_OK) {
        fail(issuer, SP_TARGET_DISCOVERY, error, refusal != NULL ? refusal->text : sp_error_text(error));
    }
    return metadata;
}

static bool is_unreachable(const struct sp_exchange_response *response)
{
    if (response->error != SP_OK) {
        return response->error == SP_ERR_IO || response->error == SP_ERR_TIMEOUT;
    }
    return response->status >= 502 && response->status <= 504; /* from a gateway in front of the issuer */
}

static void on_discovery(void *context, const struct sp_exchange_response *response)
{
    struct sp_issuer *issuer = context;
    struct sp_diag diag = {0};
    enum sp_error error = sp_issuer_check_response(response, &diag);
    atomic_store(&issuer->asked_at_ms, 0);
    hear(issuer, is_unreachable(response));
    if (error != SP_OK) {
        fail(issuer, SP_TARGET_DISCOVERY, error, diag.text);
        return;
    }
    bool is_in_force = sp_str_equal(response->body, sp_buf_str(&issuer->discovery));
    if (issuer->is_for_news && is_in_force && issuer->waiters == NULL) {
        atomic_store(&issuer->discovery_at_ms, sp_clock_monotonic_ms());
        issuer->fetching_discovery = false;
        return;
    }
    struct sp_issuer_metadata *metadata = read_discovery(issuer, response->body);
    if (metadata == NULL) {
        return;
    }
    sp_buf_clear(&issuer->discovery);
    sp_buf_append(&issuer->discovery, response->body);
    atomic_store(&issuer->discovery_at_ms, sp_clock_monotonic_ms());
    issuer->fetching_discovery = false;
    sp_issuer_metadata_free(issuer->coming);
    issuer->coming = metadata;
    fetch_keys(issuer, metadata->jwks_uri);
}

static void ask_for_discovery(struct sp_issuer *issuer, bool is_for_news)
{
    SP_BUF_SCOPED struct sp_buf url;
    sp_buf_init(&url, URL_MAX);
    sp_issuer_metadata_append_discovery_url(sp_str_from_c(issuer->name), issuer->client, &url);
    const char *text = sp_buf_c_str(&url);
    if (text == NULL) {
        fail(issuer, SP_TARGET_DISCOVERY, SP_ERR_LIMIT, "the issuer's URL is too long");
        return;
    }
    issuer->fetching_discovery = true;
    issuer->is_for_news = is_for_news;
    fetch(issuer, SP_TARGET_DISCOVERY, text, SP_ISSUER_METADATA_DOCUMENT_MAX, on_discovery);
}

static void fetch_discovery(void *context)
{
    struct sp_issuer *issuer = context;
    if (issuer->fetching_keys) { /* those keys belong to the current document */
        sp_worker_after(issuer->worker, 1000, fetch_discovery, issuer);
    } else if (issuer->fetching_discovery) { /* already requested for a login; now the keys are fetched too */
        issuer->is_for_news = false;
    } else {
        ask_for_discovery(issuer, false);
    }
}

/* Waits for a request in progress, which was sent as the previous client. `&issuer->client` is the context of
 * this timer, because the issuer itself is the context of another. */
static void fetch_for_client(void *client)
{
    struct sp_issuer *issuer =
        (struct sp_issuer *)(void *)((char *)client - offsetof(struct sp_issuer, client));
    if (issuer->fetching_keys || issuer->fetching_discovery) {
        sp_worker_after(issuer->worker, 1000, fetch_for_client, client);
    } else {
        ask_for_discovery(issuer, false);
    }
}

void sp_issuer_use_client(struct sp_issuer *issuer, const struct sp_client *client)
{
    const struct sp_client *before = issuer->client;
    issuer->client = sp_client_ref(client);
    sp_client_unref(before);
    fetch_for_client(&issuer->client);
}

static bool has_news(const struct sp_issuer *issuer)
{
    return sp_clock_monotonic_ms() - atomic_load(&issuer->heard_at_ms) < SP_ISSUER_NEWS_S * 1000;
}

/* After a failure this is simply an earlier retry, which fetches both documents. */
void sp_issuer_await_news(struct sp_issuer *issuer, void (*news)(void *context), void *context)
{
    issuer->news = news;
    issuer->news_context = context;
    if (has_news(issuer)) {
        tell_news(issuer);
    } else if (!issuer->fetching_keys && !issuer->fetching_discovery) {
        ask_for_discovery(issuer, atomic_load(&issuer->up) != 0);
    }
}

struct sp_issuer_reach sp_issuer_reach(const struct sp_issuer *issuer)
{
    struct sp_issuer_reach reach = {.is_reachable = atomic_load(&issuer->unreachable) == 0};
    if (!has_news(issuer)) {
        int64_t asked_at_ms = atomic_load(&issuer->asked_at_ms);
        int64_t since_ms = asked_at_ms != 0 ? sp_clock_monotonic_ms() - asked_at_ms : 0;
        reach.wait_ms = since_ms < SP_ISSUER_NEWS_WAIT_MS ? SP_ISSUER_NEWS_WAIT_MS - since_ms : 0;
    }
    return reach;
}

void sp_issuer_note_response(struct sp_issuer *issuer, const struct sp_exchange_response *response)
{
    if (response->error == SP_OK && !is_unreachable(response)) {
        hear(issuer, 0);
    }
}

/* ---- external functions ---------------------------------------------------------------------------- */

static void on_start(struct sp_task *task)
{
    fetch_discovery((char *)task - offsetof(struct sp_issuer, start));
}

struct sp_issuer *sp_issuer_new(struct sp_worker *worker, const char *name, const struct sp_client *client,
                                sp_issuer_update_fn *update, void *context)
{
    struct sp_issuer *issuer = calloc(1, sizeof *issuer);
    if (issuer == NULL) {
        return NULL;
    }
    issuer->worker = worker;
    issuer->name = name;
    issuer->client = sp_client_ref(client);
    issuer->update = update;
    issuer->context = context;
    issuer->retry_s = 1;
    for (size_t i = 0; i < SP_ISSUER_KEYS_USE_COUNT; i++) {
        issuer->allowances[i] = (struct allowance){SP_ISSUER_KEYS_BURST_N, sp_clock_monotonic_ms()};
    }
    issuer->start.run = on_start;
    atomic_store(&issuer->heard_at_ms, sp_clock_monotonic_ms() - SP_ISSUER_NEWS_S * 1000);
    sp_buf_init(&issuer->discovery, SP_ISSUER_METADATA_DOCUMENT_MAX);
    sp_worker_post(worker, &issuer->start);
    return issuer;
}

void sp_issuer_free(struct sp_issuer *issuer)
{
    sp_issuer_documents_unref(issuer->current);
    sp_issuer_metadata_free(issuer->coming);
    sp_buf_done(&issuer->discovery);
    sp_client_unref(issuer->client);
    free(issuer);
}

struct sp_issuer_documents *sp_issuer_current(const struct sp_issuer *issuer)
{
    return issuer->current;
}

static int64_t age_s(const atomic_int_fast64_t *at_ms)
{
    int64_t since_ms = atomic_load(at_ms);
    return since_ms == 0 ? -1 : (sp_clock_monotonic_ms() - since_ms) / 1000;
}

struct sp_issuer_status sp_issuer_status(const struct sp_issuer *issuer)
{
    bool was_usable = atomic_load(&issuer->discovery_at_ms) != 0;
    return (struct sp_issuer_status){
        .up = atomic_load(&issuer->up) != 0,
        .discovery_age_s = age_s(&issuer->discovery_at_ms),
        .keys_age_s = age_s(&issuer->keys_at_ms),
        .refused = atomic_load(&issuer->refused) != 0,
        .contradicts = was_usable ? NULL : atomic_load(&issuer->contradicts),
    };
}

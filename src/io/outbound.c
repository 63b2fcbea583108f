/* SPDX-License-Identifier: Apache-2.0 */
#include "io/outbound.h"

#include "base/buf.h"
#include "http/url.h"
#include "io/clock.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define POLL_MAX_MS        1000
#define ANSWER_START_MAX   (1024 * 1024) /* no caller may ask for more */
#define FIELD_MAX          (160 * 1024)  /* a bearer token with many groups fits */
#define CONNECTIONS_MAX    64
#define CONNECTIONS_IDLE_N 8

struct timer {
    struct timer *next;
    int64_t due_ms;
    void (*fire)(void *context);
    void *context;
};

struct sp_outbound {
    pthread_t thread;
    CURLM *multi;
    char *ca_file;
    struct sp_metrics *metrics;
    struct call *calls;
    struct timer *timers;
    pthread_mutex_t lock; /* of the tasks */
    struct sp_task *first_task;
    struct sp_task **end_task;
    atomic_int stopping;
};

struct call {
    struct call *next;
    CURL *easy;
    struct curl_slist *fields;
    struct sp_buf body;
    int64_t began_ns;
    enum sp_outbound_target target;
    sp_outbound_done_fn *done;
    void *context;
    char error[CURL_ERROR_SIZE];
};

static void free_call(struct call *call)
{
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->fields);
    sp_buf_done(&call->body);
    free(call);
}

static void unlink_call(struct sp_outbound *outbound, struct call *call)
{
    struct call **link = &outbound->calls;
    while (*link != call) {
        link = &(*link)->next;
    }
    *link = call->next;
    curl_multi_remove_handle(outbound->multi, call->easy);
}

/* ---- a call ---------------------------------------------------------------------------------------- */

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct call *call = context;
    sp_buf_append(&call->body, (struct sp_str){bytes, size * n});
    return sp_buf_error(&call->body) == SP_OK ? size * n : 0; /* fewer than given ends the call */
}

static bool is_loopback(const char *url)
{
    struct sp_url parsed;
    return sp_url_parse(sp_str_from_c(url), &parsed) && sp_host_is_loopback(&parsed.origin.host);
}

static int add_field(struct call *call, const char *name, struct sp_str value)
{
    SP_BUF_SCOPED struct sp_buf line;
    sp_buf_init(&line, FIELD_MAX);
    sp_buf_append_c(&line, name);
    sp_buf_append_c(&line, ": ");
    sp_buf_append(&line, value);
    struct curl_slist *longer =
        sp_buf_error(&line) == SP_OK ? curl_slist_append(call->fields, sp_buf_c_str(&line)) : NULL;
    if (longer == NULL) {
        return -1;
    }
    call->fields = longer;
    return 0;
}

static int set_limits(struct sp_outbound *outbound, struct call *call, const char *url)
{
    CURL *easy = call->easy;
    bool loopback = is_loopback(url);
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, loopback ? "https,http" : "https");
    bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)SP_OUTBOUND_TIMEOUT_MS);
    bad |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)SP_OUTBOUND_CONNECT_TIMEOUT_MS);
    bad |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad |= curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    if (loopback) {
        bad |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    }
    if (outbound->ca_file != NULL) {
        bad |= curl_easy_setopt(easy, CURLOPT_CAINFO, outbound->ca_file);
        bad |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    return bad == CURLE_OK ? 0 : -1;
}

static int set_request(struct call *call, const struct sp_outbound_request *request)
{
    CURL *easy = call->easy;
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_URL, request->url);
    bad |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "sallyport/" SP_VERSION);
    bad |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    int failed = add_field(call, "Accept", SP_STR("application/json"));
    if (request->authorization.len > 0) {
        failed |= add_field(call, "Authorization", request->authorization);
    }
    if (request->body.ptr != NULL) {
        failed |= add_field(call, "Expect", SP_STR_NONE);
        bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)request->body.len);
        bad |= curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body.ptr);
    }
    bad |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->fields);
    return bad == CURLE_OK && failed == 0 ? 0 : -1;
}

static struct call *new_call(struct sp_outbound *outbound, const struct sp_outbound_request *request)
{
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        return NULL;
    }
    sp_buf_init(&call->body, request->answer_max < ANSWER_START_MAX ? request->answer_max : ANSWER_START_MAX);
    call->easy = curl_easy_init();
    if (call->easy == NULL || set_limits(outbound, call, request->url) != 0 ||
        set_request(call, request) != 0) {
        free_call(call);
        return NULL;
    }
    return call;
}

void sp_outbound_call(struct sp_outbound *outbound, const struct sp_outbound_request *request,
                      sp_outbound_done_fn *done, void *context)
{
    struct call *call = new_call(outbound, request);
    if (call == NULL || curl_multi_add_handle(outbound->multi, call->easy) != CURLM_OK) {
        /* Without memory there is nothing to wait for; the callers' own state is complete at this point. */
        if (call != NULL) {
            free_call(call);
        }
        done(context, &(struct sp_outbound_answer){.error = SP_ERR_MEMORY, .text = "out of memory"});
        return;
    }
    call->began_ns = sp_clock_monotonic_ns();
    call->target = request->target;
    call->done = done;
    call->context = context;
    call->next = outbound->calls;
    outbound->calls = call;
}

/* ---- completion ------------------------------------------------------------------------------------ */

static enum sp_error error_of(CURLcode code, const struct call *call)
{
    if (code == CURLE_OK) {
        return SP_OK;
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return SP_ERR_TIMEOUT;
    }
    return call->body.failed ? SP_ERR_LIMIT : SP_ERR_IO;
}

static enum sp_outbound_result result_of(enum sp_error error, long status)
{
    if (error == SP_OK) {
        return status >= 200 && status < 300 ? SP_OUTBOUND_OK : SP_OUTBOUND_STATUS;
    }
    return error == SP_ERR_TIMEOUT ? SP_OUTBOUND_TIMEOUT : SP_OUTBOUND_FAILED;
}

static void complete(struct sp_outbound *outbound, CURL *easy, CURLcode code)
{
    struct call *call = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&call);
    unlink_call(outbound, call);
    long status = 0;
    const char *type = NULL;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    enum sp_error error = error_of(code, call);
    const struct sp_outbound_answer answer = {
        .error = error,
        .status = (unsigned)status,
        .content_type = sp_str_from_c(type),
        .body = sp_buf_str(&call->body),
        .text = call->error[0] != '\0' ? call->error : sp_error_text(error),
    };
    sp_metrics_called(outbound->metrics, call->target, result_of(error, status),
                      sp_clock_monotonic_ns() - call->began_ns);
    call->done(call->context, &answer);
    free_call(call);
}

static void complete_finished(struct sp_outbound *outbound)
{
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(outbound->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            complete(outbound, message->easy_handle, message->data.result);
        }
    }
}

/* ---- tasks and timers ------------------------------------------------------------------------------ */

void sp_outbound_post(struct sp_outbound *outbound, struct sp_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&outbound->lock);
    *outbound->end_task = task;
    outbound->end_task = &task->next;
    pthread_mutex_unlock(&outbound->lock);
    curl_multi_wakeup(outbound->multi);
}

static void run_tasks(struct sp_outbound *outbound)
{
    pthread_mutex_lock(&outbound->lock);
    struct sp_task *task = outbound->first_task;
    outbound->first_task = NULL;
    outbound->end_task = &outbound->first_task;
    pthread_mutex_unlock(&outbound->lock);
    while (task != NULL) {
        struct sp_task *next = task->next;
        task->run(task);
        task = next;
    }
}

static struct timer *find_timer(struct sp_outbound *outbound, const void *context)
{
    struct timer *timer = outbound->timers;
    while (timer != NULL && timer->context != context) {
        timer = timer->next;
    }
    return timer;
}

void sp_outbound_after(struct sp_outbound *outbound, int64_t delay_ms, void (*fire)(void *context),
                       void *context)
{
    struct timer *timer = find_timer(outbound, context);
    if (timer == NULL) {
        timer = calloc(1, sizeof *timer);
        if (timer == NULL) {
            abort(); /* at start only: each context keeps its timer for good */
        }
        timer->context = context;
        timer->next = outbound->timers;
        outbound->timers = timer;
    }
    timer->fire = fire;
    timer->due_ms = sp_clock_monotonic_ms() + delay_ms;
}

/* Fires what is due; returns how long until the next one, at most POLL_MAX_MS. */
static int run_timers(struct sp_outbound *outbound)
{
    int64_t wait_ms = POLL_MAX_MS;
    for (struct timer *timer = outbound->timers; timer != NULL; timer = timer->next) {
        int64_t now_ms = sp_clock_monotonic_ms();
        if (timer->fire != NULL && timer->due_ms <= now_ms) {
            void (*fire)(void *) = timer->fire;
            timer->fire = NULL;
            fire(timer->context);
        }
        if (timer->fire != NULL) {
            int64_t left_ms = timer->due_ms - now_ms;
            wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
        }
    }
    return wait_ms > 0 ? (int)wait_ms : 0;
}

/* ---- the thread ------------------------------------------------------------------------------------ */

static void *run(void *context)
{
    struct sp_outbound *outbound = context;
    while (!atomic_load(&outbound->stopping)) {
        int running;
        run_tasks(outbound);
        int wait_ms = run_timers(outbound);
        curl_multi_perform(outbound->multi, &running);
        complete_finished(outbound);
        curl_multi_poll(outbound->multi, NULL, 0, wait_ms, NULL);
    }
    return NULL;
}

static void free_outbound(struct sp_outbound *outbound)
{
    while (outbound->calls != NULL) {
        struct call *call = outbound->calls;
        unlink_call(outbound, call);
        free_call(call);
    }
    while (outbound->timers != NULL) {
        struct timer *timer = outbound->timers;
        outbound->timers = timer->next;
        free(timer);
    }
    if (outbound->multi != NULL) {
        curl_multi_cleanup(outbound->multi);
    }
    pthread_mutex_destroy(&outbound->lock);
    free(outbound->ca_file);
    free(outbound);
    curl_global_cleanup();
}

static enum sp_error set_up(struct sp_outbound *outbound, const char *ca_file)
{
    outbound->multi = curl_multi_init();
    outbound->ca_file = ca_file != NULL ? sp_str_dup(sp_str_from_c(ca_file)) : NULL;
    if (outbound->multi == NULL || (ca_file != NULL && outbound->ca_file == NULL)) {
        return SP_ERR_MEMORY;
    }
    curl_multi_setopt(outbound->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS_MAX);
    curl_multi_setopt(outbound->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_IDLE_N);
    return SP_OK;
}

enum sp_error sp_outbound_start(const char *ca_file, struct sp_metrics *metrics, struct sp_diag *diag,
                                struct sp_outbound **out)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return sp_diag_set(diag, SP_ERR_IO, "libcurl cannot start");
    }
    struct sp_outbound *outbound = calloc(1, sizeof *outbound);
    if (outbound == NULL) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    pthread_mutex_init(&outbound->lock, NULL);
    outbound->end_task = &outbound->first_task;
    outbound->metrics = metrics;
    if (set_up(outbound, ca_file) != SP_OK || pthread_create(&outbound->thread, NULL, run, outbound) != 0) {
        free_outbound(outbound);
        return sp_diag_set(diag, SP_ERR_MEMORY, "cannot start the thread for outbound calls");
    }
    *out = outbound;
    return SP_OK;
}

void sp_outbound_stop(struct sp_outbound *outbound)
{
    atomic_store(&outbound->stopping, 1);
    curl_multi_wakeup(outbound->multi);
    pthread_join(outbound->thread, NULL);
    free_outbound(outbound);
}

const char *sp_outbound_library_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_client.h"

#include "base/buf.h"
#include "http/url.h"
#include "io/clock.h"

#include <curl/curl.h>
#include <stdlib.h>

#define ANSWER_START_MAX   (1024 * 1024) /* no caller may ask for more */
#define FIELD_MAX          (160 * 1024)  /* a bearer token with many groups fits */
#define CONNECTIONS_MAX    64
#define CONNECTIONS_IDLE_N 8

struct sp_http_client {
    CURLM *multi;
    struct sp_metrics *metrics;
    struct call *calls;
};

struct call {
    struct call *next;
    CURL *easy;
    struct curl_slist *fields;
    struct sp_buf body;
    bool is_refused; /* a piece was too much for the body, or its reader wants no more */
    int64_t began_ns;
    int64_t heard_ms; /* of a stream: when the last piece came */
    int64_t silence_max_ms;
    enum sp_outbound_target target;
    sp_exchange_piece_fn *piece;
    sp_http_done_fn *done;
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

static void unlink_call(struct sp_http_client *client, struct call *call)
{
    struct call **link = &client->calls;
    while (*link != call) {
        link = &(*link)->next;
    }
    *link = call->next;
    curl_multi_remove_handle(client->multi, call->easy);
}

/* ---- a call ---------------------------------------------------------------------------------------- */

static unsigned status_of(const struct call *call)
{
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    return (unsigned)status;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct call *call = context;
    const struct sp_str piece = {bytes, size * n};
    if (call->piece != NULL && status_of(call) == 200) {
        call->heard_ms = sp_clock_monotonic_ms();
        call->is_refused = !call->piece(call->context, piece);
    } else {
        sp_buf_append(&call->body, piece);
        call->is_refused = sp_buf_error(&call->body) != SP_OK;
    }
    return call->is_refused ? 0 : piece.len; /* fewer than given ends the call */
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

static int set_limits(struct call *call, const struct sp_exchange_request *request)
{
    CURL *easy = call->easy;
    struct sp_url url;
    bool loopback = sp_url_parse(sp_str_from_c(request->url), &url) && sp_host_is_loopback(&url.origin.host);
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, loopback ? "https,http" : "https");
    bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)SP_HTTP_CLIENT_CONNECT_TIMEOUT_MS);
    bad |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (request->piece == NULL) {
        bad |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)SP_HTTP_CLIENT_TIMEOUT_MS);
        bad |= curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    }
    if (loopback) {
        bad |= curl_easy_setopt(easy, CURLOPT_PROXY, "");
    }
    if (request->ca_file != NULL) {
        bad |= curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
        bad |= curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    return bad == CURLE_OK ? 0 : -1;
}

static int set_request(struct call *call, const struct sp_exchange_request *request)
{
    CURL *easy = call->easy;
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_URL, request->url);
    bad |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "sallyport/" SP_VERSION);
    bad |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    bad |= curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    int failed = add_field(call, "Accept", SP_STR("application/json"));
    struct sp_str authorization = sp_buf_str(&request->authorization);
    if (authorization.len > 0) {
        failed |= add_field(call, "Authorization", authorization);
    }
    struct sp_str body = sp_buf_str(&request->body);
    if (body.len > 0) {
        failed |= add_field(call, "Expect", SP_STR_NONE);
        bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)body.len);
        bad |= curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body.ptr);
    }
    bad |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->fields);
    return bad == CURLE_OK && failed == 0 ? 0 : -1;
}

static struct call *new_call(const struct sp_exchange_request *request)
{
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        return NULL;
    }
    sp_buf_init(&call->body, request->answer_max < ANSWER_START_MAX ? request->answer_max : ANSWER_START_MAX);
    call->easy = curl_easy_init();
    if (call->easy == NULL || set_limits(call, request) != 0 || set_request(call, request) != 0) {
        free_call(call);
        return NULL;
    }
    return call;
}

void sp_http_client_call(struct sp_http_client *client, enum sp_outbound_target target,
                         const struct sp_exchange_request *request, sp_http_done_fn *done, void *context)
{
    struct call *call = new_call(request);
    if (call == NULL || curl_multi_add_handle(client->multi, call->easy) != CURLM_OK) {
        /* Without memory there is nothing to wait for; the callers' own state is complete at this point. */
        if (call != NULL) {
            free_call(call);
        }
        done(context, &(struct sp_exchange_response){.error = SP_ERR_MEMORY, .text = "out of memory"});
        return;
    }
    call->began_ns = sp_clock_monotonic_ns();
    call->heard_ms = sp_clock_monotonic_ms();
    call->silence_max_ms = request->silence_max_ms;
    call->target = target;
    call->piece = request->piece;
    call->done = done;
    call->context = context;
    call->next = client->calls;
    client->calls = call;
}

/* ---- completion ------------------------------------------------------------------------------------ */

static void complete(struct sp_http_client *client, CURL *easy, CURLcode code)
{
    struct call *call = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&call);
    unlink_call(client, call);
    unsigned status = status_of(call);
    const char *type = NULL;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    enum sp_error error = SP_OK;
    enum sp_outbound_result result = status >= 200 && status < 300 ? SP_OUTBOUND_OK : SP_OUTBOUND_STATUS;
    if (code == CURLE_OPERATION_TIMEDOUT) {
        error = SP_ERR_TIMEOUT;
        result = SP_OUTBOUND_TIMEOUT;
    } else if (code != CURLE_OK) {
        error = call->is_refused ? SP_ERR_LIMIT : SP_ERR_IO;
        result = SP_OUTBOUND_FAILED;
    }
    const struct sp_exchange_response response = {
        .error = error,
        .text = call->error[0] != '\0' ? call->error : sp_error_text(error),
        .status = status,
        .content_type = sp_str_from_c(type),
        .body = sp_buf_str(&call->body),
    };
    sp_metrics_called(client->metrics, call->target, result, sp_clock_monotonic_ns() - call->began_ns);
    call->done(call->context, &response);
    free_call(call);
}

/* ---- the client ------------------------------------------------------------------------------------ */

enum sp_error sp_http_client_new(struct sp_metrics *metrics, struct sp_diag *diag,
                                 struct sp_http_client **out)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return sp_diag_set(diag, SP_ERR_IO, "libcurl cannot start");
    }
    struct sp_http_client *client = calloc(1, sizeof *client);
    CURLM *multi = curl_multi_init();
    if (client == NULL || multi == NULL) {
        free(client);
        curl_multi_cleanup(multi);
        curl_global_cleanup();
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS_MAX);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_IDLE_N);
    client->multi = multi;
    client->metrics = metrics;
    *out = client;
    return SP_OK;
}

void sp_http_client_free(struct sp_http_client *client)
{
    while (client->calls != NULL) {
        struct call *call = client->calls;
        unlink_call(client, call);
        free_call(call);
    }
    curl_multi_cleanup(client->multi);
    free(client);
    curl_global_cleanup();
}

void sp_http_client_run(struct sp_http_client *client, int wait_ms)
{
    int running;
    curl_multi_perform(client->multi, &running);
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            complete(client, message->easy_handle, message->data.result);
        }
    }

    /* Streams of which nothing has come for too long end. */
    int64_t now_ms = sp_clock_monotonic_ms();
    struct call *next;
    for (struct call *call = client->calls; call != NULL; call = next) {
        next = call->next;
        if (call->piece != NULL && now_ms - call->heard_ms >= call->silence_max_ms) {
            complete(client, call->easy, CURLE_OPERATION_TIMEDOUT);
        }
    }
    curl_multi_poll(client->multi, NULL, 0, wait_ms, NULL);
}

void sp_http_client_wake(struct sp_http_client *client)
{
    curl_multi_wakeup(client->multi);
}

/* ---- a probe --------------------------------------------------------------------------------------- */

static size_t on_unread_body(char *bytes, size_t size, size_t n, void *context)
{
    (void)bytes;
    (void)context;
    return size * n;
}

enum sp_error sp_http_client_probe(const char *url, struct sp_diag *diag)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "libcurl cannot start");
    }
    long status = 0;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)SP_HTTP_CLIENT_PROBE_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_unread_body);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    if (code == CURLE_OK && status == 200) {
        return SP_OK;
    }
    return sp_diag_set(diag, code == CURLE_OK ? SP_ERR_STATUS : SP_ERR_IO, "%s, status %ld",
                       curl_easy_strerror(code), status);
}

const char *sp_http_client_library_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

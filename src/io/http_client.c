/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_client.h"

#include "base/buf.h"
#include "http/url.h"
#include "io/clock.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#define FIELD_MAX          (160 * 1024) /* bytes of a header field; a bearer token with many groups fits */
#define ADDRESS_MAX        (SP_HOST_MAX + sizeof "::.:65535")
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
    struct curl_slist *addresses; /* one address to connect to instead, or NULL */
    struct sp_buf key;            /* of the client's certificate; libcurl borrows it */
    struct sp_buf body;
    bool is_refused;      /* the body is too large, or its reader refuses the rest */
    bool is_nameless;     /* the server's certificate has no subject alternative name */
    const char *distrust; /* what is wrong with its chain, a static string; NULL: nothing was found */
    int64_t began_ns;
    int64_t heard_ms; /* of a stream: when the last piece arrived */
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
    for (struct curl_slist *field = call->fields; field != NULL; field = field->next) {
        explicit_bzero(field->data, strlen(field->data)); /* one of them may contain a secret or a token */
    }
    curl_slist_free_all(call->fields);
    curl_slist_free_all(call->addresses);
    sp_buf_done(&call->key);
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

/* ---- certificates ---------------------------------------------------------------------------------- */

#define NAMELESS_TEXT                                                                                        \
    "the server's certificate has no subject alternative name, and its common name is ignored: issue one "   \
    "with DNS:HOST, or IP:ADDRESS, for the host of the URL"

static bool has_alternative_name(const X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool found = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) { /* if NULL, there are none */
        int type = sk_GENERAL_NAME_value(names, i)->type;
        found = found || type == GEN_DNS || type == GEN_IPADD;
    }
    GENERAL_NAMES_free(names);
    return found;
}

/* Called for each certificate of the chain, the server's own last. libcurl then compares the names. */
static int on_certificate(int is_trusted, X509_STORE_CTX *chain)
{
    const SSL *connection = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct call *call = SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection));
    if (!is_trusted) {
        call->distrust = X509_verify_cert_error_string(X509_STORE_CTX_get_error(chain));
        return 0;
    }
    if (X509_STORE_CTX_get_error_depth(chain) > 0 ||
        has_alternative_name(X509_STORE_CTX_get_current_cert(chain))) {
        return 1;
    }
    call->is_nameless = true;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_HOSTNAME_MISMATCH);
    return 0;
}

static CURLcode on_tls_context(CURL *easy, void *context, void *call)
{
    (void)easy;
    SSL_CTX_set_app_data(context, call);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_certificate);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION); /* a later handshake would use a freed call */
    return CURLE_OK;
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
    return call->is_refused ? 0 : piece.len; /* returning less than the length of the piece ends the call */
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
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)SP_HTTP_CLIENT_CONNECT_TIMEOUT_MS);
    bad |= curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (request->piece == NULL) {
        bad |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)SP_HTTP_CLIENT_TIMEOUT_MS);
        bad |= curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    }
    return bad == CURLE_OK ? 0 : -1;
}

static int set_address(struct call *call, const char *address)
{
    SP_BUF_ON_STACK(entry, ADDRESS_MAX);
    sp_buf_append_c(&entry, "::"); /* for any host and port, because the URL's origin was already compared */
    sp_buf_append_c(&entry, address);
    call->addresses = sp_buf_error(&entry) == SP_OK ? curl_slist_append(NULL, sp_buf_c_str(&entry)) : NULL;
    return call->addresses != NULL &&
                   curl_easy_setopt(call->easy, CURLOPT_CONNECT_TO, call->addresses) == CURLE_OK
               ? 0
               : -1;
}

static struct curl_blob blob_of(struct sp_str text, unsigned flags)
{
    return (struct curl_blob){.data = (void *)(uintptr_t)text.ptr, .len = text.len, .flags = flags};
}

/* Sets the trusted authorities and the client's certificate. The key stays in memory that is wiped. */
static CURLcode set_certificates(struct call *call, const struct sp_exchange_route *route)
{
    CURLcode bad = CURLE_OK;
    if (route->ca.len > 0) {
        struct curl_blob ca = blob_of(route->ca, CURL_BLOB_COPY);
        bad |= curl_easy_setopt(call->easy, CURLOPT_CAINFO, NULL);
        bad |= curl_easy_setopt(call->easy, CURLOPT_CAPATH, NULL);
        bad |= curl_easy_setopt(call->easy, CURLOPT_CAINFO_BLOB, &ca);
    }
    if (route->certificate.len > 0) {
        sp_buf_init(&call->key, route->key.len + 1);
        sp_buf_append(&call->key, route->key);
        struct curl_blob certificate = blob_of(route->certificate, CURL_BLOB_COPY);
        struct curl_blob key = blob_of(sp_buf_str(&call->key), CURL_BLOB_NOCOPY);
        bad |= curl_easy_setopt(call->easy, CURLOPT_SSLCERT_BLOB, &certificate);
        bad |= curl_easy_setopt(call->easy, CURLOPT_SSLKEY_BLOB, &key);
    }
    return bad;
}

/* No proxy is used for http, which it could read, or if the operator specified the address to connect to. */
static int set_route(struct call *call, const struct sp_exchange_request *request)
{
    static const struct sp_exchange_route by_url;
    const struct sp_exchange_route *route = request->route != NULL ? request->route : &by_url;
    struct sp_url url;
    if (!sp_url_parse(sp_str_from_c(request->url), &url)) {
        url.origin = (struct sp_origin){.scheme = SP_SCHEME_NONE};
    }
    bool loopback = sp_host_is_loopback(&url.origin.host);
    bool http = loopback || sp_origin_equal(&url.origin, &route->http_origin);
    bool elsewhere = sp_origin_equal(&url.origin, &route->origin);
    CURLcode bad = curl_easy_setopt(call->easy, CURLOPT_PROTOCOLS_STR, http ? "https,http" : "https");
    if (loopback || elsewhere || route->is_direct || url.origin.scheme != SP_SCHEME_HTTPS) {
        bad |= curl_easy_setopt(call->easy, CURLOPT_PROXY, "");
    }
    bad |= set_certificates(call, route);
    bad |= curl_easy_setopt(call->easy, CURLOPT_SSL_CTX_FUNCTION, on_tls_context);
    bad |= curl_easy_setopt(call->easy, CURLOPT_SSL_CTX_DATA, call);
    return bad == CURLE_OK && (!elsewhere || set_address(call, route->address) == 0) ? 0 : -1;
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
        failed |= request->is_json ? add_field(call, "Content-Type", SP_STR("application/json")) : 0;
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
    sp_buf_init(&call->body, request->answer_max < SP_HTTP_CLIENT_ANSWER_MAX ? request->answer_max
                                                                             : SP_HTTP_CLIENT_ANSWER_MAX);
    call->easy = curl_easy_init();
    if (call->easy == NULL || set_limits(call, request) != 0 || set_route(call, request) != 0 ||
        set_request(call, request) != 0) {
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
        /* If out of memory, the call completes at once; the caller's own state is complete at this point. */
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
    bool is_untrusted = code == CURLE_PEER_FAILED_VERIFICATION || call->distrust != NULL;
    const char *text = call->is_nameless ? NAMELESS_TEXT : call->error;
    if (code == CURLE_SSL_CONNECT_ERROR && call->distrust != NULL) {
        text = call->distrust; /* libcurl only reports an error code for a failed handshake */
    }
    /* After a refusal, libcurl only reports a write error. */
    bool has_words = text[0] != '\0' && !call->is_refused;
    const struct sp_exchange_response response = {
        .error = error,
        .text = has_words ? text : sp_error_text(error),
        .is_untrusted = is_untrusted,
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

void sp_http_client_cancel(struct sp_http_client *client, const void *context)
{
    struct call *next;
    for (struct call *call = client->calls; call != NULL; call = next) {
        next = call->next;
        if (call->context == context) {
            unlink_call(client, call);
            free_call(call);
        }
    }
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

    /* Ends streams that have been silent for too long. */
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

static size_t on_probe_body(char *bytes, size_t size, size_t n, void *context)
{
    struct sp_buf *answer = context;
    size_t len = size * n;
    sp_buf_append(answer,
                  (struct sp_str){bytes, len < answer->max - answer->len ? len : answer->max - answer->len});
    return len;
}

enum sp_error sp_http_client_probe(const char *url, struct sp_str body, struct sp_buf *answer,
                                   struct sp_diag *diag)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "libcurl cannot start");
    }
    long status = 0;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)SP_HTTP_CLIENT_PROBE_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_probe_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    if (body.len > 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.ptr);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)body.len);
    }
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    if (code != CURLE_OK) {
        return sp_diag_set(diag, SP_ERR_IO, "%s", curl_easy_strerror(code));
    }
    return status == 200 ? SP_OK : sp_diag_set(diag, SP_ERR_STATUS, "status %ld", status);
}

const char *sp_http_client_library_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "io/http_client.h"

#include "calls.h"
#include "clock_stub.h"

static const char *url_of(const struct http_server *server, const char *path)
{
    static char urls[4][256];
    static size_t n;
    char *url = urls[n++ % 4];
    snprintf(url, sizeof urls[0], "http://127.0.0.1:%u%s", server->port, path);
    return url;
}

static void get(struct rig *rig, const char *url, size_t answer_max, struct called *out)
{
    call(rig, SP_TARGET_DISCOVERY, &(struct sp_exchange_request){.url = url, .answer_max = answer_max}, out);
}

SP_TEST(an_answer_comes_with_status_type_and_body)
{
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    http_route(server, "/doc", "200 OK", "{\"a\":1}");
    http_route(server, "/gone", "410 Gone", "sorry");
    CALLED ok;
    get(rig, url_of(server, "/doc"), 100, &ok);
    ck_assert_int_eq(ok.error, SP_OK);
    ck_assert_uint_eq(ok.status, 200);
    ck_assert_str_view(sp_buf_str(&ok.content_type), "application/json");
    ck_assert_str_view(sp_buf_str(&ok.body), "{\"a\":1}");
    ck_assert(http_was_sent(server, "GET /doc HTTP/1.1\r\n"));
    ck_assert(http_was_sent(server, "Accept: application/json\r\n"));
    ck_assert(http_was_sent(server, "User-Agent: sallyport/"));
    ck_assert(!http_was_sent(server, "Authorization"));
    CALLED gone;
    get(rig, url_of(server, "/gone"), 100, &gone);
    ck_assert_int_eq(gone.error, SP_OK);
    ck_assert_uint_eq(gone.status, 410);
    ck_assert_str_view(sp_buf_str(&gone.body), "sorry");
    ck_assert_uint_eq(atomic_load(&rig->metrics.outbound[SP_TARGET_DISCOVERY][SP_OUTBOUND_OK]), 1);
    ck_assert_uint_eq(atomic_load(&rig->metrics.outbound[SP_TARGET_DISCOVERY][SP_OUTBOUND_STATUS]), 1);
}
SP_TEST_END

SP_TEST(a_body_is_posted_with_its_authorization)
{
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    http_route(server, "/token", "200 OK", "{}");
    struct sp_exchange_request request = {.url = url_of(server, "/token"), .answer_max = 100};
    sp_buf_init(&request.body, 100);
    sp_buf_append_c(&request.body, "grant_type=x&code=a%2Bb");
    sp_buf_init(&request.authorization, 100);
    sp_buf_append_c(&request.authorization, "Basic c2VjcmV0");
    CALLED posted;
    call(rig, SP_TARGET_TOKEN, &request, &posted);
    sp_exchange_request_done(&request);
    ck_assert_int_eq(posted.error, SP_OK);
    ck_assert(http_was_sent(server, "POST /token HTTP/1.1\r\n"));
    ck_assert(http_was_sent(server, "\r\nAuthorization: Basic c2VjcmV0\r\n"));
    ck_assert(http_was_sent(server, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    ck_assert(http_was_sent(server, "\r\n\r\ngrant_type=x&code=a%2Bb"));
    ck_assert(!http_was_sent(server, "Expect"));
}
SP_TEST_END

static void check_cap(const char *fields, struct sp_str sent, size_t decoded_len)
{
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    http_route_bytes(server, "/big", "200 OK", fields, sent);
    CALLED fits;
    get(rig, url_of(server, "/big"), decoded_len, &fits);
    ck_assert_int_eq(fits.error, SP_OK);
    ck_assert_uint_eq(fits.body.len, decoded_len);
    CALLED over;
    get(rig, url_of(server, "/big"), decoded_len - 1, &over);
    ck_assert_int_eq(over.error, SP_ERR_LIMIT);
    ck_assert_uint_eq(over.body.len, 0);
    ck_assert_str_view(sp_buf_str(&over.text), "larger than the limit");
    ck_assert_uint_eq(atomic_load(&rig->metrics.outbound[SP_TARGET_DISCOVERY][SP_OUTBOUND_FAILED]), 1);
}

SP_TEST(ac_24_a_body_is_read_up_to_its_limit)
{
    static char body[100000];
    memset(body, 'x', sizeof body);
    check_cap("", (struct sp_str){body, sizeof body}, sizeof body);
}
SP_TEST_END

/* 200 KiB of zeroes in 233 bytes: only the first and the last bytes are not zero. */
static struct sp_str zipped_zeroes(char out[233])
{
    static const uint8_t start[] = {0x1f, 0x8b, 8, 0, 0,    0,    0,    0,    2,    3,    0xed, 0xc1, 1,
                                    0x0d, 0,    0, 0, 0xc2, 0xa0, 0xf7, 0x4f, 0x6d, 0x0f, 7,    0x14};
    static const uint8_t end[] = {0x4f, 0x06, 0x3f, 0x4f, 0x37, 0xd5, 0x00, 0x20, 0x03, 0x00};
    memset(out, 0, 233);
    memcpy(out, start, sizeof start);
    memcpy(out + 233 - sizeof end, end, sizeof end);
    return (struct sp_str){out, 233};
}

SP_TEST(ac_24_the_limit_counts_what_was_unpacked)
{
    char bytes[233];
    check_cap("Content-Encoding: gzip\r\n", zipped_zeroes(bytes), 200 * 1024);
}
SP_TEST_END

SP_TEST(no_caller_gets_more_than_four_mebibytes)
{
    static char body[SP_HTTP_CLIENT_ANSWER_MAX + 1];
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    http_route_bytes(server, "/big", "200 OK", "", (struct sp_str){body, sizeof body});
    CALLED over;
    get(rig, url_of(server, "/big"), 4 * sizeof body, &over);
    ck_assert_int_eq(over.error, SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(ac_24_a_redirect_is_not_followed)
{
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    http_route_bytes(server, "/a", "302 Found", "Location: /b\r\n", SP_STR("moved"));
    http_route(server, "/b", "200 OK", "{}");
    CALLED moved;
    get(rig, url_of(server, "/a"), 100, &moved);
    ck_assert_int_eq(moved.error, SP_OK);
    ck_assert_uint_eq(moved.status, 302);
    ck_assert_str_view(sp_buf_str(&moved.body), "moved");
    ping(rig, server);
    ck_assert_uint_eq(http_count(server, "/b"), 0);
}
SP_TEST_END

SP_TEST(ac_24_only_https_leaves_loopback)
{
    static const char *const urls[] = {
        "http://192.0.2.1/",
        "http://example.com/",
        "http://127.0.0.1.example.com/",
        "http://localhost.evil.test/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://127.0.0.1@192.0.2.1/",
        "dict://127.0.0.1/",
        "",
        "nonsense",
    };
    RIG rig = rig_new();
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        CALLED refused;
        get(rig, urls[i], 100, &refused);
        ck_assert_msg(refused.error == SP_ERR_IO, "%s: %s", urls[i], sp_error_name(refused.error));
        ck_assert_uint_gt(refused.text.len, 0);
    }
}
SP_TEST_END

SP_TEST(failures_of_the_other_side_are_told_apart_from_answers)
{
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    http_route_bytes(server, "/silent", NULL, "", SP_STR_NONE);
    http_route(server, "/short", "200 OK", "half");
    pthread_mutex_lock(&server->lock);
    server->routes[1].promised_more = 4;
    pthread_mutex_unlock(&server->lock);
    CALLED silent;
    get(rig, url_of(server, "/silent"), 100, &silent);
    ck_assert_int_eq(silent.error, SP_ERR_IO);
    CALLED cut_off;
    get(rig, url_of(server, "/short"), 100, &cut_off);
    ck_assert_int_eq(cut_off.error, SP_ERR_IO);
    CALLED nobody;
    get(rig, "http://127.0.0.1:1/", 100, &nobody);
    ck_assert_int_eq(nobody.error, SP_ERR_IO);
    ck_assert_uint_gt(nobody.text.len, 0);
    ck_assert_uint_eq(atomic_load(&rig->metrics.outbound[SP_TARGET_DISCOVERY][SP_OUTBOUND_FAILED]), 3);
}
SP_TEST_END

SP_TEST(a_proxy_of_the_environment_is_not_asked_for_loopback)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    http_route(server, "/doc", "200 OK", "{}");
    CALLED ok;
    get(rig, url_of(server, "/doc"), 100, &ok);
    ck_assert_int_eq(ok.error, SP_OK);
}
SP_TEST_END

/* ---- routes ---------------------------------------------------------------------------------------- */

static struct sp_origin origin_of(const char *text)
{
    struct sp_origin origin;
    ck_assert_msg(sp_origin_parse(sp_str_from_c(text), &origin), "%s", text);
    return origin;
}

static void get_by(struct rig *rig, const char *url, const struct sp_exchange_route *route,
                   struct called *out)
{
    const struct sp_exchange_request request = {.url = url, .route = route, .answer_max = 100};
    call(rig, SP_TARGET_DISCOVERY, &request, out);
}

SP_TEST(an_address_takes_the_place_of_where_one_origin_is_and_of_nothing_else)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1);
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    http_route(server, "/doc", "200 OK", "{}");
    static const char *const hosts[] = {"127.0.0.1", "[::ffff:127.0.0.1]", "localhost"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        char address[64];
        snprintf(address, sizeof address, "%s:%u", hosts[i], server->port);
        const struct sp_exchange_route route = {.origin = origin_of("http://issuer.localhost:7"),
                                                .address = address};
        CALLED ok;
        get_by(rig, "http://ISSUER.localhost:7/doc", &route, &ok);
        ck_assert_msg(ok.error == SP_OK && ok.status == 200, "%s: %s", address, sp_buf_c_str(&ok.text));
        ck_assert(http_was_sent(server, "\r\nHost: ISSUER.localhost:7\r\n"));
        CALLED other_port;
        get_by(rig, "http://issuer.localhost:8/doc", &route, &other_port);
        ck_assert_int_eq(other_port.error, SP_ERR_IO);
        CALLED other_host;
        get_by(rig, "http://localhost:7/doc", &route, &other_host);
        ck_assert_int_eq(other_host.error, SP_ERR_IO);
    }
    ck_assert_uint_eq(http_count(server, "/doc"), 3);
}
SP_TEST_END

SP_TEST(http_goes_to_the_one_origin_that_the_route_allows_and_by_no_proxy)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    http_route(server, "/doc", "200 OK", "{}");
    char url[64]; /* an address that leads to this machine, but is not written as a loopback address */
    snprintf(url, sizeof url, "http://0.0.0.0:%u/doc", server->port);
    char origin[64];
    snprintf(origin, sizeof origin, "http://0.0.0.0:%u", server->port);
    CALLED ok;
    get_by(rig, url, &(struct sp_exchange_route){.http_origin = origin_of(origin)}, &ok);
    ck_assert_msg(ok.error == SP_OK && ok.status == 200, "%s", sp_buf_c_str(&ok.text));
    CALLED refused;
    get_by(rig, url, &(struct sp_exchange_route){.http_origin = origin_of("http://0.0.0.0:1")}, &refused);
    ck_assert_int_eq(refused.error, SP_ERR_IO);
    ck_assert_uint_eq(http_count(server, "/doc"), 1);
}
SP_TEST_END

SP_TEST(what_a_request_points_to_is_copied)
{
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    http_route(server, "/token", "200 OK", "{}");
    char url[64];
    char body[] = "code=x";
    char authorization[] = "Basic eA";
    snprintf(url, sizeof url, "%s", url_of(server, "/token"));
    struct sp_exchange_request request = {.url = url, .answer_max = 100};
    request.body = SP_BUF_ON(body);
    sp_buf_append_c(&request.body, "code=x");
    request.authorization = SP_BUF_ON(authorization);
    sp_buf_append_c(&request.authorization, "Basic eA");
    struct called called;
    begin_call(rig, SP_TARGET_TOKEN, &request, &called);
    let_timers_run(rig);
    memset(url, '!', sizeof url - 1);
    memset(body, '!', strlen(body));
    memset(authorization, '!', strlen(authorization));
    WAIT_FOR(atomic_load(&called.done_n) == 1);
    ck_assert_int_eq(called.error, SP_OK);
    ck_assert(http_was_sent(server, "code=x"));
    ck_assert(http_was_sent(server, "Basic eA\r\n"));
    called_done(&called);
}
SP_TEST_END

SP_TEST(stopping_drops_what_is_in_flight_without_completion)
{
    HTTP_SERVER server = http_server_new();
    struct rig *rig = rig_new();
    http_route(server, "/slow", "200 OK", "{}");
    atomic_store(&server->held, 1);
    struct called called;
    begin_call(rig, SP_TARGET_TOKEN,
               &(struct sp_exchange_request){.url = url_of(server, "/slow"), .answer_max = 9}, &called);
    WAIT_FOR(http_count(server, "/slow") == 1);
    rig_free(&rig);
    ck_assert_int_eq(atomic_load(&called.done_n), 0);
    called_done(&called);
}
SP_TEST_END

static void cancel(struct sp_task *task)
{
    struct called *called = (struct called *)(void *)task;
    sp_http_client_cancel(sp_worker_http_client(called->worker), called);
}

SP_TEST(a_call_that_is_cancelled_is_not_completed)
{
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    http_route(server, "/slow", "200 OK", "{}");
    atomic_store(&server->held, 1);
    struct called called;
    begin_call(rig, SP_TARGET_TOKEN,
               &(struct sp_exchange_request){.url = url_of(server, "/slow"), .answer_max = 9}, &called);
    WAIT_FOR(http_count(server, "/slow") == 1);
    called.task.run = cancel;
    sp_worker_post(rig->worker, &called.task);
    let_timers_run(rig);
    atomic_store(&server->held, 0);
    ping(rig, server);
    ck_assert_int_eq(atomic_load(&called.done_n), 0);
    called_done(&called);
}
SP_TEST_END

/* ---- streams --------------------------------------------------------------------------------------- */

/* A stream, and what has arrived so far; it accepts at most `wanted_n` bytes. */
struct streamed {
    struct called called; /* its request's context */
    char text[64];
    size_t wanted_n;
    atomic_size_t came_n;
};

static bool on_piece(void *context, struct sp_str piece)
{
    struct streamed *streamed = context;
    size_t came_n = atomic_load(&streamed->came_n);
    if (came_n + piece.len > streamed->wanted_n) {
        return false;
    }
    memcpy(streamed->text + came_n, piece.ptr, piece.len);
    atomic_store(&streamed->came_n, came_n + piece.len);
    return true;
}

static void begin_stream(struct rig *rig, struct http_server *server, struct streamed *out)
{
    *out = (struct streamed){.wanted_n = 20};
    begin_call(
        rig, SP_TARGET_USERINFO,
        &(struct sp_exchange_request){
            .url = url_of(server, "/watch"), .answer_max = 9, .piece = on_piece, .silence_max_ms = 30000},
        &out->called);
}

static void push(struct http_server *server, struct streamed *streamed, const char *text)
{
    size_t expected_n = atomic_load(&streamed->came_n) + strlen(text);
    http_push(server, text);
    WAIT_FOR(atomic_load(&streamed->came_n) == expected_n);
}

static void pass(struct rig *rig, int64_t by_ms)
{
    clock_move_ms(by_ms);
    let_timers_run(rig);
}

static void wait_for_end(struct streamed *streamed, enum sp_error error)
{
    WAIT_FOR(atomic_load(&streamed->called.done_n) == 1);
    ck_assert_int_eq(streamed->called.error, error);
    ck_assert_uint_eq(streamed->called.body.len, 0);
    called_done(&streamed->called);
}

SP_TEST(a_stream_comes_in_pieces_for_as_long_as_the_server_goes_on)
{
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    struct streamed streamed;
    http_route_stream(server, "/watch");
    begin_stream(rig, server, &streamed);
    push(server, &streamed, "one\n");
    ck_assert_mem_eq(streamed.text, "one\n", 4);
    for (int i = 0; i < 4; i++) {
        pass(rig, 29999);
        push(server, &streamed, "more");
    }
    ck_assert(!http_was_sent(server, "Accept-Encoding"));
    ck_assert_int_eq(atomic_load(&streamed.called.done_n), 0);
    http_hang_up(server);
    wait_for_end(&streamed, SP_OK);
    ck_assert_uint_eq(streamed.called.status, 200);
    ck_assert_mem_eq(streamed.text, "one\nmoremoremoremore", 20);
    ck_assert_uint_eq(atomic_load(&rig->metrics.outbound[SP_TARGET_USERINFO][SP_OUTBOUND_OK]), 1);
}
SP_TEST_END

SP_TEST(a_stream_ends_when_nothing_has_come_for_too_long)
{
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    struct streamed streamed;
    http_route_stream(server, "/watch");
    begin_stream(rig, server, &streamed);
    push(server, &streamed, "one");
    pass(rig, 29999);
    ck_assert_int_eq(atomic_load(&streamed.called.done_n), 0);
    pass(rig, 1);
    wait_for_end(&streamed, SP_ERR_TIMEOUT);
    ck_assert_uint_eq(atomic_load(&rig->metrics.outbound[SP_TARGET_USERINFO][SP_OUTBOUND_TIMEOUT]), 1);
}
SP_TEST_END

SP_TEST(who_reads_a_stream_may_end_it)
{
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    struct streamed streamed;
    http_route_stream(server, "/watch");
    begin_stream(rig, server, &streamed);
    push(server, &streamed, "twenty bytes are all");
    http_push(server, "!");
    wait_for_end(&streamed, SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(a_refusal_in_place_of_a_stream_comes_whole)
{
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    struct streamed streamed;
    http_route(server, "/watch", "403 Forbidden", "forbidden");
    begin_stream(rig, server, &streamed);
    WAIT_FOR(atomic_load(&streamed.called.done_n) == 1);
    ck_assert_uint_eq(streamed.called.status, 403);
    ck_assert_str_view(sp_buf_str(&streamed.called.body), "forbidden");
    ck_assert_uint_eq(atomic_load(&streamed.came_n), 0);
    called_done(&streamed.called);
    http_route(server, "/watch", "403 Forbidden", "forbidden!");
    begin_stream(rig, server, &streamed);
    wait_for_end(&streamed, SP_ERR_LIMIT);
}
SP_TEST_END

/* ---- certificates ---------------------------------------------------------------------------------- */

SP_TEST(each_request_brings_its_certificates_as_texts)
{
    static const struct {
        struct sp_exchange_route route;
        const char *text;
    } cases[] = {
        {{.ca = SP_STR_NONE, .certificate = SP_STR("no PEM"), .key = SP_STR("no PEM")}, "client certificate"},
        {{.ca = SP_STR("no PEM")}, "CA"},
    };
    HTTP_SERVER server = http_server_new();
    RIG rig = rig_new();
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", server->port);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CALLED refused;
        get_by(rig, url, &cases[i].route, &refused);
        ck_assert_int_eq(refused.error, SP_ERR_IO);
        ck_assert_msg(strstr(sp_buf_c_str(&refused.text), cases[i].text) != NULL, "%s", refused.text.ptr);
    }
}
SP_TEST_END

SP_TEST(a_direct_route_asks_no_proxy)
{
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    RIG rig = rig_new();
    CALLED by_proxy;
    get_by(rig, "https://kubernetes.invalid/", &(struct sp_exchange_route){.is_direct = false}, &by_proxy);
    ck_assert_msg(strstr(sp_buf_c_str(&by_proxy.text), "127.0.0.1 port 1") != NULL, "%s", by_proxy.text.ptr);
    CALLED direct;
    get_by(rig, "https://kubernetes.invalid/", &(struct sp_exchange_route){.is_direct = true}, &direct);
    ck_assert_msg(strstr(sp_buf_c_str(&direct.text), "kubernetes.invalid") != NULL, "%s", direct.text.ptr);
}
SP_TEST_END

SP_TEST(a_probe_waits_for_the_status)
{
    HTTP_SERVER server = http_server_new();
    http_route(server, "/healthz", "200 OK", "fine");
    http_route(server, "/busy", "503 Service Unavailable", "");
    struct sp_diag diag = {0};
    SP_BUF_ON_STACK(answer, 8);
    ck_assert_int_eq(sp_http_client_probe(url_of(server, "/healthz"), SP_STR_NONE, &answer, &diag), SP_OK);
    ck_assert_int_eq(sp_http_client_probe(url_of(server, "/busy"), SP_STR_NONE, &answer, &diag),
                     SP_ERR_STATUS);
    ck_assert_ptr_nonnull(strstr(diag.text, "status 503"));
    ck_assert_int_eq(sp_http_client_probe("http://127.0.0.1:1/healthz", SP_STR_NONE, &answer, &diag),
                     SP_ERR_IO);
    ck_assert_ptr_nonnull(strstr(diag.text, "connect"));
}
SP_TEST_END

SP_SUITE("io/http_client", an_answer_comes_with_status_type_and_body, a_body_is_posted_with_its_authorization,
         ac_24_a_body_is_read_up_to_its_limit, ac_24_the_limit_counts_what_was_unpacked,
         no_caller_gets_more_than_four_mebibytes, ac_24_a_redirect_is_not_followed,
         ac_24_only_https_leaves_loopback, failures_of_the_other_side_are_told_apart_from_answers,
         a_proxy_of_the_environment_is_not_asked_for_loopback,
         an_address_takes_the_place_of_where_one_origin_is_and_of_nothing_else,
         http_goes_to_the_one_origin_that_the_route_allows_and_by_no_proxy,
         what_a_request_points_to_is_copied, stopping_drops_what_is_in_flight_without_completion,
         each_request_brings_its_certificates_as_texts, a_direct_route_asks_no_proxy,
         a_call_that_is_cancelled_is_not_completed,
         a_stream_comes_in_pieces_for_as_long_as_the_server_goes_on,
         a_stream_ends_when_nothing_has_come_for_too_long, who_reads_a_stream_may_end_it,
         a_refusal_in_place_of_a_stream_comes_whole, a_probe_waits_for_the_status)

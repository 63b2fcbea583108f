/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Forwarded headers: an accepted value comes from exactly one line, byte for byte, and a prefix is restored
 * only if it is listed. The client is not a hop, and all entries to its right are. The input is the field
 * lines of a request.
 */

#include "policy/request.h"

#include "fuzz.h"

static enum sp_reason read_forwarded(const struct sp_head *head, struct sp_forwarded *out)
{
    enum sp_reason reason = sp_forwarded_read(head, out);
    if (PLANTED(reason == SP_REASON_NONE && out->method.len == 4)) {
        out->origin.scheme = SP_SCHEME_HTTP;
    }
    return reason;
}

/* The value of the only line with that name. */
static struct sp_str only(const struct sp_head *head, struct sp_str name)
{
    struct sp_str value = SP_STR_NONE;
    size_t n = 0;
    for (size_t i = 0; i < head->headers_n; i++) {
        if (sp_str_equal_ci(head->headers[i].name, name)) {
            value = head->headers[i].value;
            n++;
        }
    }
    ck_assert_uint_eq(n, 1);
    return value;
}

/* The only element of the list in that line; an accepted one has no other. */
static struct sp_str only_element(const struct sp_head *head, struct sp_str name)
{
    struct sp_str list = only(head, name);
    struct sp_str first = sp_str_trim(sp_str_cut(&list, ','));
    size_t n = 1;
    for (; list.ptr != NULL; n++) {
        ck_assert(sp_str_equal_ci(sp_str_trim(sp_str_cut(&list, ',')), first));
    }
    ck_assert_uint_le(n, SP_FORWARDED_HOPS_MAX);
    return first;
}

static void check_forwarded(const struct sp_head *head, const struct sp_forwarded *forwarded)
{
    struct sp_origin origin;
    struct sp_str proto = only_element(head, SP_STR("X-Forwarded-Proto"));
    bool is_secure = sp_str_equal_ci(proto, SP_STR("https")) || sp_str_equal_ci(proto, SP_STR("wss"));
    bool is_websocket = sp_str_equal_ci(proto, SP_STR("ws")) || sp_str_equal_ci(proto, SP_STR("wss"));
    ck_assert(is_secure || is_websocket || sp_str_equal_ci(proto, SP_STR("http")));
    ck_assert_int_eq(forwarded->origin.scheme, is_secure ? SP_SCHEME_HTTPS : SP_SCHEME_HTTP);
    ck_assert_int_eq(forwarded->is_websocket, is_websocket);
    ck_assert(sp_origin_parse_authority(forwarded->origin.scheme,
                                        only_element(head, SP_STR("X-Forwarded-Host")), &origin));
    ck_assert(sp_origin_equal(&origin, &forwarded->origin));
    ck_assert_views_equal(forwarded->target.raw, only(head, SP_STR("X-Forwarded-Uri")));
    ck_assert_views_equal(forwarded->method, only(head, SP_STR("X-Forwarded-Method")));
    ck_assert(sp_head_is_method(forwarded->method));
}

static void check_request(const struct sp_head *head, const struct sp_forwarded *forwarded)
{
    static const char *const items[] = {"/app", "/x/y"};
    static const struct sp_prefixes listed = {items, 2};
    static char storage[SP_TARGET_MAX];
    struct sp_buf scratch;
    struct sp_request request;
    scratch = SP_BUF_ON(storage);
    ck_assert_int_eq(sp_request_build(forwarded, head, NULL, &scratch, &request), SP_REASON_NONE);
    ck_assert_views_equal(request.target.raw, forwarded->target.raw);
    enum sp_reason reason = sp_request_build(forwarded, head, &listed, &scratch, &request);
    bool is_listed = sp_str_equal(forwarded->prefix, SP_STR("/app")) ||
                     sp_str_equal(forwarded->prefix, SP_STR("/x/y")) || forwarded->prefix.len == 0;
    ck_assert_int_eq(reason == SP_REASON_UNKNOWN_PREFIX, !is_listed);
    if (reason == SP_REASON_NONE) {
        ck_assert(sp_str_starts_with(request.target.raw, forwarded->prefix));
        ck_assert_views_equal(sp_str_skip(request.target.raw, forwarded->prefix.len), forwarded->target.raw);
    }
}

static struct sp_cidrs hops_of(const char *first, const char *second)
{
    static struct sp_cidr items[2];
    ck_assert_int_eq(sp_cidr_parse(sp_str_from_c(first), NULL, &items[0]), SP_OK);
    ck_assert_int_eq(sp_cidr_parse(sp_str_from_c(second), NULL, &items[1]), SP_OK);
    return (struct sp_cidrs){items, 2};
}

static void check_client(struct sp_str chain)
{
    const struct sp_cidrs none = {0};
    struct sp_cidrs hops = hops_of("10.0.0.0/8", "fd00::/8");
    struct sp_chain_client client = sp_cidrs_find_client(&hops, chain);
    ck_assert(!client.is_known || !sp_cidrs_contain(&hops, &client.address));
    if (client.entry.len == 0) {
        ck_assert(!client.is_known);
        return;
    }
    size_t end = (size_t)(client.entry.ptr - chain.ptr) + client.entry.len;
    ck_assert_uint_le(end, chain.len);
    struct sp_str right = sp_str_skip(chain, end);
    (void)sp_str_cut(&right, ',');
    size_t hops_n = 0;
    for (; right.ptr != NULL; hops_n++) {
        struct sp_chain_client hop = sp_cidrs_find_client(&none, sp_str_cut(&right, ','));
        ck_assert(hop.is_known && sp_cidrs_contain(&hops, &hop.address));
    }
    ck_assert_uint_le(hops_n, SP_CHAIN_HOPS_MAX);
}

static void check_routed(const struct sp_head *head)
{
    struct sp_forwarded routed;
    if (sp_forwarded_read_routed(head, &routed) == SP_REASON_NONE) {
        ck_assert_views_equal(routed.target.raw, head->target);
        ck_assert_views_equal(routed.method, head->method);
        ck_assert_uint_eq(routed.prefix.len, 0);
        only(head, SP_STR("X-Forwarded-Proto"));
    }
}

FUZZ_TARGET(input)
{
    SP_BUF_SCOPED struct sp_buf text;
    struct sp_head head;
    struct sp_forwarded forwarded;
    sp_buf_init(&text, 1 << 20);
    sp_buf_append_c(&text, "GET /auth/traefik HTTP/1.1\r\nHost: h\r\n");
    while (input.ptr != NULL) {
        sp_buf_append(&text, sp_str_cut(&input, '\n'));
        sp_buf_append_c(&text, "\r\n");
    }
    sp_buf_append_c(&text, "\r\n");
    if (sp_head_parse(sp_buf_str(&text), &head) != SP_REASON_NONE) {
        return;
    }
    check_routed(&head);
    if (read_forwarded(&head, &forwarded) == SP_REASON_NONE) {
        check_forwarded(&head, &forwarded);
        check_request(&head, &forwarded);
        check_client(forwarded.client_chain);
    }
}

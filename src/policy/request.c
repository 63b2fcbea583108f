/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/request.h"

#include "http/path.h"
#include "policy/path_readings.h"

static bool is_listed(const struct sp_prefixes *prefixes, struct sp_str prefix)
{
    for (size_t i = 0; i < prefixes->items_n; i++) {
        if (sp_str_equal(sp_str_from_c(prefixes->items[i]), prefix)) {
            return true;
        }
    }
    return false;
}

/*
 * Restores what the browser requested before the proxy stripped `prefix`. The application's root is at the
 * prefix. If the rest climbs with dot segments, the application stays below that root, while the joined
 * target would lead above it. If the rest may be read as beginning with a host, rules for the joined target
 * would not see that. Both are refused.
 */
static enum sp_reason join(struct sp_str prefix, const struct sp_target *rest, struct sp_buf *scratch,
                           struct sp_target *out)
{
    if ((rest->marks & SP_PATH_DOT_SEGMENT) != 0 || (rest->marks != 0 && sp_path_may_name_host(rest->path))) {
        return SP_REASON_MALFORMED_URI;
    }
    sp_buf_clear(scratch);
    sp_buf_append(scratch, prefix);
    sp_buf_append(scratch, rest->raw);
    bool fits = sp_buf_error(scratch) == SP_OK && sp_target_parse(sp_buf_str(scratch), out);
    return fits ? SP_REASON_NONE : SP_REASON_MALFORMED_URI;
}

void sp_public_ports_apply(const struct sp_public_ports *ports, struct sp_origin *origin)
{
    for (size_t i = 0; i < ports->items_n; i++) {
        if (sp_origin_equal(&ports->items[i].origin, origin)) {
            origin->port = ports->items[i].port;
            return;
        }
    }
}

enum sp_reason sp_request_check_origin(const struct sp_origin *origin, const struct sp_origin_rules *rules)
{
    bool is_secure_enough =
        origin->scheme == SP_SCHEME_HTTPS || (origin->scheme == SP_SCHEME_HTTP && rules->insecure_http);
    if (!is_secure_enough) {
        return SP_REASON_INSECURE_PROTO;
    }
    bool is_listed = rules->hosts_n == 0 || sp_origin_is_listed(rules->hosts, rules->hosts_n, origin);
    return is_listed ? SP_REASON_NONE : SP_REASON_HOST_NOT_LISTED;
}

struct sp_chain_client sp_request_client(const struct sp_request *request)
{
    static const struct sp_cidrs none;
    return sp_cidrs_find_client(request->client_hops != NULL ? request->client_hops : &none,
                                request->client_chain);
}

bool sp_request_is_same_origin(const struct sp_request *request, const struct sp_head *head)
{
    struct sp_origin origin;
    struct sp_str site = sp_head_single(head, SP_HEADER_SEC_FETCH_SITE);
    return sp_str_equal(site, SP_STR("same-origin")) ||
           (sp_origin_parse(sp_head_single(head, SP_HEADER_ORIGIN), &origin) &&
            sp_origin_equal(&origin, &request->origin));
}

enum sp_request_kind sp_request_kind(const struct sp_request *request)
{
    return request->head != NULL ? sp_request_kind_of(request->head, request->method) : request->kind;
}

enum sp_reason sp_request_build(const struct sp_forwarded *forwarded, const struct sp_head *head,
                                const struct sp_prefixes *prefixes, struct sp_buf *scratch,
                                struct sp_request *out)
{
    struct sp_target target = forwarded->target;
    if (prefixes != NULL && forwarded->prefix.len > 0) {
        if (!is_listed(prefixes, forwarded->prefix)) {
            return SP_REASON_UNKNOWN_PREFIX;
        }
        enum sp_reason reason = join(forwarded->prefix, &forwarded->target, scratch, &target);
        if (reason != SP_REASON_NONE) {
            return reason;
        }
    }
    *out = (struct sp_request){
        .origin = forwarded->origin,
        .method = forwarded->method,
        .target = target,
        .head = forwarded->is_websocket ? NULL : head,
        .kind = forwarded->is_websocket ? SP_REQUEST_KIND_WEBSOCKET : SP_REQUEST_KIND_FETCH,
        .client_chain = forwarded->client_chain,
    };
    return SP_REASON_NONE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "http/forwarded.h"

static enum sp_reason refuse(struct sp_forwarded *out, enum sp_reason reason, enum sp_header_id id,
                             struct sp_str value)
{
    out->fault = (struct sp_fault){sp_header_name(id), value};
    return reason;
}

/*
 * The element of a list whose elements are all equal ignoring case. Empty if they differ or there are too
 * many.
 */
static struct sp_str single_element(struct sp_str list)
{
    if (!sp_str_contains(list, ',')) {
        return list;
    }
    struct sp_str first = sp_str_trim(sp_str_cut(&list, ','));
    for (size_t n = 1; list.ptr != NULL; n++) {
        struct sp_str next = sp_str_trim(sp_str_cut(&list, ','));
        if (n == SP_FORWARDED_HOPS_MAX || !sp_str_equal_ci(next, first)) {
            return SP_STR_NONE;
        }
    }
    return first;
}

/* Parses the scheme, host and target that the caller found in the head. */
static enum sp_reason parse_parts(const struct sp_head *head, struct sp_str protos, struct sp_str host,
                                  struct sp_str target, struct sp_forwarded *out)
{
    bool is_list = head->lines_n[SP_HEADER_X_FORWARDED_HOST] > 0; /* Host itself is not a list */
    struct sp_str one_host = is_list ? single_element(host) : host;
    struct sp_str proto = single_element(protos);
    enum sp_scheme scheme = sp_scheme_parse(proto);
    if (scheme == SP_SCHEME_NONE) {
        return refuse(out, SP_REASON_MALFORMED_REQUEST, SP_HEADER_X_FORWARDED_PROTO, protos);
    }
    if (!sp_origin_parse_authority(scheme, one_host, &out->origin)) {
        return refuse(out, SP_REASON_MALFORMED_HOST, SP_HEADER_X_FORWARDED_HOST, host);
    }
    if (!sp_target_parse(target, &out->target)) {
        bool is_too_long = target.len > SP_TARGET_MAX;
        target.len = sp_str_find(target, '?');
        /* A `#` is shown, because it is the fault, but not what follows it, which may be a token. */
        size_t hash = sp_str_find(target, '#');
        struct sp_str shown = {target.ptr, hash < target.len ? hash + 1 : hash};
        return refuse(out, SP_REASON_MALFORMED_URI, SP_HEADER_X_FORWARDED_URI,
                      is_too_long ? SP_STR_NONE : shown);
    }
    out->is_websocket = sp_ascii_lower(proto.ptr[0]) == 'w';
    return SP_REASON_NONE;
}

enum sp_reason sp_forwarded_read(const struct sp_head *head, struct sp_forwarded *out)
{
    static const enum sp_header_id ids[] = {
        SP_HEADER_X_FORWARDED_PROTO,  SP_HEADER_X_FORWARDED_HOST,   SP_HEADER_X_FORWARDED_URI,
        SP_HEADER_X_FORWARDED_METHOD, SP_HEADER_X_FORWARDED_PREFIX,
    };
    enum { PROTO, HOST, URI, METHOD, PREFIX, IDS_N };
    struct sp_str values[IDS_N];
    for (size_t i = 0; i < IDS_N; i++) {
        values[i] = sp_head_last(head, ids[i]);
    }
    out->client_chain = sp_head_last(head, SP_HEADER_X_FORWARDED_FOR);
    out->method = values[METHOD];
    out->prefix = values[PREFIX];

    /* All but the prefix must be present, and each only once. */
    for (size_t i = 0; i < PREFIX; i++) {
        if (values[i].len == 0) {
            return refuse(out, SP_REASON_MISSING_HEADER, ids[i], SP_STR_NONE);
        }
    }
    for (size_t i = 0; i < IDS_N; i++) {
        if (head->lines_n[ids[i]] > 1) {
            return refuse(out, SP_REASON_DUPLICATE_HEADER, ids[i], SP_STR_NONE);
        }
    }
    if (!sp_head_is_method(out->method)) {
        return refuse(out, SP_REASON_MALFORMED_REQUEST, SP_HEADER_X_FORWARDED_METHOD, out->method);
    }
    return parse_parts(head, values[PROTO], values[HOST], values[URI], out);
}

enum sp_reason sp_forwarded_read_routed(const struct sp_head *head, struct sp_forwarded *out)
{
    size_t hosts_n = head->lines_n[SP_HEADER_X_FORWARDED_HOST];
    size_t protos_n = head->lines_n[SP_HEADER_X_FORWARDED_PROTO];
    if (protos_n > 1 || hosts_n > 1) {
        return refuse(out, SP_REASON_DUPLICATE_HEADER,
                      protos_n > 1 ? SP_HEADER_X_FORWARDED_PROTO : SP_HEADER_X_FORWARDED_HOST, SP_STR_NONE);
    }
    struct sp_str protos = sp_head_last(head, SP_HEADER_X_FORWARDED_PROTO);
    if (protos.len == 0) {
        return refuse(out, SP_REASON_MISSING_HEADER, SP_HEADER_X_FORWARDED_PROTO, SP_STR_NONE);
    }
    out->client_chain = sp_head_last(head, SP_HEADER_X_FORWARDED_FOR);
    out->method = head->method;
    out->prefix = SP_STR_NONE;
    struct sp_str host = hosts_n > 0 ? sp_head_last(head, SP_HEADER_X_FORWARDED_HOST) : head->host;
    return parse_parts(head, protos, host, head->target, out);
}

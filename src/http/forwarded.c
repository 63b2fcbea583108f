/* SPDX-License-Identifier: Apache-2.0 */
#include "http/forwarded.h"

static enum sp_reason refuse(struct sp_forwarded *out, enum sp_reason reason, enum sp_header_id id,
                             struct sp_str value)
{
    out->fault = (struct sp_fault){sp_header_name(id), value};
    return reason;
}

/* `ids` is ended by SP_HEADER_OTHER. */
static enum sp_reason check_there(const struct sp_head *head, const enum sp_header_id *ids,
                                  struct sp_forwarded *out)
{
    for (; *ids != SP_HEADER_OTHER; ids++) {
        if (sp_head_last(head, *ids).len == 0) {
            return refuse(out, SP_REASON_MISSING_HEADER, *ids, SP_STR_NONE);
        }
    }
    return SP_REASON_NONE;
}

static enum sp_reason check_once(const struct sp_head *head, const enum sp_header_id *ids,
                                 struct sp_forwarded *out)
{
    for (; *ids != SP_HEADER_OTHER; ids++) {
        if (sp_head_count(head, *ids) > 1) {
            return refuse(out, SP_REASON_DUPLICATE_HEADER, *ids, SP_STR_NONE);
        }
    }
    return SP_REASON_NONE;
}

static bool is_websocket_scheme(struct sp_str proto)
{
    return sp_ascii_lower(proto.ptr[0]) == 'w';
}

/*
 * The one element of a list whose elements are equal but for case; empty where they differ or are too many.
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

/* Scheme, host and target from where the caller found them; the rest is the same for both ways. */
static enum sp_reason parse_parts(const struct sp_head *head, struct sp_str host, struct sp_str target,
                                  struct sp_forwarded *out)
{
    struct sp_str protos = sp_head_last(head, SP_HEADER_X_FORWARDED_PROTO);
    struct sp_str proto = single_element(protos);
    enum sp_scheme scheme = sp_scheme_parse(proto);
    if (scheme == SP_SCHEME_NONE) {
        return refuse(out, SP_REASON_MALFORMED_REQUEST, SP_HEADER_X_FORWARDED_PROTO, protos);
    }
    bool is_list = sp_head_count(head, SP_HEADER_X_FORWARDED_HOST) > 0; /* Host itself is none */
    if (!sp_origin_parse_authority(scheme, is_list ? single_element(host) : host, &out->origin)) {
        return refuse(out, SP_REASON_MALFORMED_HOST, SP_HEADER_X_FORWARDED_HOST, host);
    }
    if (!sp_target_parse(target, &out->target)) {
        target.len = sp_str_find(target, '?');
        size_t hash = sp_str_find(target, '#'); /* shown, since it is the fault; a token may follow */
        target.len = hash < target.len ? hash + 1 : hash;
        return refuse(out, SP_REASON_MALFORMED_URI, SP_HEADER_X_FORWARDED_URI, target);
    }
    out->is_websocket = is_websocket_scheme(proto);
    out->client_chain = sp_head_last(head, SP_HEADER_X_FORWARDED_FOR);
    return SP_REASON_NONE;
}

enum sp_reason sp_forwarded_read(const struct sp_head *head, struct sp_forwarded *out)
{
    static const enum sp_header_id needed[] = {
        SP_HEADER_X_FORWARDED_PROTO,
        SP_HEADER_X_FORWARDED_HOST,
        SP_HEADER_X_FORWARDED_URI,
        SP_HEADER_X_FORWARDED_METHOD,
        SP_HEADER_OTHER,
    };
    static const enum sp_header_id once[] = {
        SP_HEADER_X_FORWARDED_PROTO,  SP_HEADER_X_FORWARDED_HOST,   SP_HEADER_X_FORWARDED_URI,
        SP_HEADER_X_FORWARDED_METHOD, SP_HEADER_X_FORWARDED_PREFIX, SP_HEADER_OTHER,
    };
    enum sp_reason reason = check_there(head, needed, out);
    if (reason == SP_REASON_NONE) {
        reason = check_once(head, once, out);
    }
    if (reason != SP_REASON_NONE) {
        return reason;
    }
    out->method = sp_head_last(head, SP_HEADER_X_FORWARDED_METHOD);
    out->prefix = sp_head_last(head, SP_HEADER_X_FORWARDED_PREFIX);
    if (!sp_head_is_method(out->method)) {
        return refuse(out, SP_REASON_MALFORMED_REQUEST, SP_HEADER_X_FORWARDED_METHOD, out->method);
    }
    return parse_parts(head, sp_head_last(head, SP_HEADER_X_FORWARDED_HOST),
                       sp_head_last(head, SP_HEADER_X_FORWARDED_URI), out);
}

enum sp_reason sp_forwarded_read_routed(const struct sp_head *head, struct sp_forwarded *out)
{
    static const enum sp_header_id needed[] = {SP_HEADER_X_FORWARDED_PROTO, SP_HEADER_OTHER};
    static const enum sp_header_id once[] = {
        SP_HEADER_X_FORWARDED_PROTO,
        SP_HEADER_X_FORWARDED_HOST,
        SP_HEADER_OTHER,
    };
    enum sp_reason reason = check_once(head, once, out);
    if (reason == SP_REASON_NONE) {
        reason = check_there(head, needed, out);
    }
    if (reason != SP_REASON_NONE) {
        return reason;
    }
    out->method = head->method;
    out->prefix = SP_STR_NONE;
    bool has_host = sp_head_count(head, SP_HEADER_X_FORWARDED_HOST) > 0;
    struct sp_str host = has_host ? sp_head_last(head, SP_HEADER_X_FORWARDED_HOST) : head->host;
    return parse_parts(head, host, head->target, out);
}

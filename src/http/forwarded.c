/* SPDX-License-Identifier: Apache-2.0 */
#include "http/forwarded.h"

enum field {
    FIELD_PROTO,
    FIELD_HOST,
    FIELD_URI,
    FIELD_METHOD,
    FIELD_PREFIX,
    FIELD_FOR,
    FIELDS_N,
};

const struct sp_str sp_forwarded_names[] = {
    [FIELD_PROTO] = SP_STR("x-forwarded-proto"),   [FIELD_HOST] = SP_STR("x-forwarded-host"),
    [FIELD_URI] = SP_STR("x-forwarded-uri"),       [FIELD_METHOD] = SP_STR("x-forwarded-method"),
    [FIELD_PREFIX] = SP_STR("x-forwarded-prefix"), [FIELD_FOR] = SP_STR("x-forwarded-for"),
};
const size_t sp_forwarded_names_n = FIELDS_N;

/* As they are written for people. */
static const struct sp_str shown_names[] = {
    [FIELD_PROTO] = SP_STR("X-Forwarded-Proto"),   [FIELD_HOST] = SP_STR("X-Forwarded-Host"),
    [FIELD_URI] = SP_STR("X-Forwarded-Uri"),       [FIELD_METHOD] = SP_STR("X-Forwarded-Method"),
    [FIELD_PREFIX] = SP_STR("X-Forwarded-Prefix"), [FIELD_FOR] = SP_STR("X-Forwarded-For"),
};

#define STEM "x-forwarded-"

struct fields {
    size_t n[FIELDS_N];
    struct sp_str last[FIELDS_N]; /* value of the last line */
};

static enum field field_if(struct sp_str name, enum field field)
{
    return sp_head_is_named(name, sp_forwarded_names[field]) ? field : FIELDS_N;
}

/* Which of the names this is, FIELDS_N for another one: the length leaves one or two to compare with. */
static enum field field_of(struct sp_str name)
{
    switch (name.len) {
    case sizeof STEM "for" - 1: {
        enum field field = field_if(name, FIELD_FOR);
        return field != FIELDS_N ? field : field_if(name, FIELD_URI);
    }
    case sizeof STEM "host" - 1:
        return field_if(name, FIELD_HOST);
    case sizeof STEM "proto" - 1:
        return field_if(name, FIELD_PROTO);
    case sizeof STEM "method" - 1: {
        enum field field = field_if(name, FIELD_METHOD);
        return field != FIELDS_N ? field : field_if(name, FIELD_PREFIX);
    }
    default:
        return FIELDS_N;
    }
}

static void collect(const struct sp_head *head, struct fields *out)
{
    for (size_t i = 0; i < head->headers_n; i++) {
        enum field field = field_of(head->headers[i].name);
        if (field != FIELDS_N) {
            out->n[field]++;
            out->last[field] = head->headers[i].value;
        }
    }
}

static enum sp_reason refuse(struct sp_forwarded *out, enum sp_reason reason, enum field field,
                             struct sp_str value)
{
    out->fault = (struct sp_fault){shown_names[field], value};
    return reason;
}

static enum sp_reason check_counts(const struct fields *fields, struct sp_forwarded *out)
{
    for (enum field field = FIELD_PROTO; field <= FIELD_METHOD; field++) {
        if (fields->last[field].len == 0) {
            return refuse(out, SP_REASON_MISSING_HEADER, field, SP_STR_NONE);
        }
    }
    for (enum field field = FIELD_PROTO; field <= FIELD_PREFIX; field++) {
        if (fields->n[field] > 1) {
            return refuse(out, SP_REASON_DUPLICATE_HEADER, field, SP_STR_NONE);
        }
    }
    return SP_REASON_NONE;
}

static bool is_websocket_scheme(struct sp_str proto)
{
    return sp_ascii_lower(proto.ptr[0]) == 'w';
}

/* The one element of a list whose elements are equal but for case; empty where they differ or are too many. */
static struct sp_str single_element(struct sp_str list)
{
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
static enum sp_reason parse_parts(const struct fields *fields, struct sp_str host, struct sp_str target,
                                  struct sp_forwarded *out)
{
    struct sp_str proto = single_element(fields->last[FIELD_PROTO]);
    enum sp_scheme scheme = sp_scheme_parse(proto);
    if (scheme == SP_SCHEME_NONE) {
        return refuse(out, SP_REASON_MALFORMED_REQUEST, FIELD_PROTO, fields->last[FIELD_PROTO]);
    }
    bool is_list = fields->n[FIELD_HOST] > 0; /* Host itself is none */
    if (!sp_origin_parse_authority(scheme, is_list ? single_element(host) : host, &out->origin)) {
        return refuse(out, SP_REASON_MALFORMED_HOST, FIELD_HOST, host);
    }
    if (!sp_target_parse(target, &out->target)) {
        return refuse(out, SP_REASON_MALFORMED_URI, FIELD_URI,
                      (struct sp_str){target.ptr, sp_str_find(target, '?')});
    }
    out->is_websocket = is_websocket_scheme(proto);
    out->client_chain = fields->last[FIELD_FOR];
    return SP_REASON_NONE;
}

enum sp_reason sp_forwarded_read(const struct sp_head *head, struct sp_forwarded *out)
{
    struct fields fields = {0};
    collect(head, &fields);
    enum sp_reason reason = check_counts(&fields, out);
    if (reason != SP_REASON_NONE) {
        return reason;
    }
    if (!sp_head_is_method(fields.last[FIELD_METHOD])) {
        return refuse(out, SP_REASON_MALFORMED_REQUEST, FIELD_METHOD, fields.last[FIELD_METHOD]);
    }
    out->method = fields.last[FIELD_METHOD];
    out->prefix = fields.last[FIELD_PREFIX];
    return parse_parts(&fields, fields.last[FIELD_HOST], fields.last[FIELD_URI], out);
}

enum sp_reason sp_forwarded_read_routed(const struct sp_head *head, struct sp_forwarded *out)
{
    struct fields fields = {0};
    collect(head, &fields);
    for (enum field field = FIELD_PROTO; field <= FIELD_HOST; field++) {
        if (fields.n[field] > 1) {
            return refuse(out, SP_REASON_DUPLICATE_HEADER, field, SP_STR_NONE);
        }
    }
    if (fields.last[FIELD_PROTO].len == 0) {
        return refuse(out, SP_REASON_MISSING_HEADER, FIELD_PROTO, SP_STR_NONE);
    }
    out->method = head->method;
    out->prefix = SP_STR_NONE;
    bool has_host = fields.n[FIELD_HOST] > 0;
    return parse_parts(&fields, has_host ? fields.last[FIELD_HOST] : head->host, head->target, out);
}

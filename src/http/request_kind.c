/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request_kind.h"

#include "http/field.h"

/* True if at least one line of that name satisfies `is_it`. */
static bool some_line(const struct sp_head *head, enum sp_header_id id, bool (*is_it)(struct sp_str value))
{
    size_t line = 0;
    struct sp_str value;
    while (sp_head_next(head, id, &line, &value)) {
        if (is_it(value)) {
            return true;
        }
    }
    return false;
}

static bool is_post(struct sp_str method)
{
    return sp_str_equal(method, SP_STR("POST"));
}

/* The media type of Content-Type without its parameters; empty if there is no such line, or more than one. */
static struct sp_str content_type(const struct sp_head *head)
{
    struct sp_str value = sp_head_single(head, SP_HEADER_CONTENT_TYPE);
    return sp_str_trim(sp_str_cut(&value, ';'));
}

/* Finds a token among list elements and parameters, as in `prefetch;prerender` or
 * `prefetch;anonymous-client-ip`. */
static bool has_token(struct sp_str value, struct sp_str token)
{
    while (value.ptr != NULL) {
        struct sp_str element = sp_str_cut(&value, ',');
        while (element.ptr != NULL) {
            if (sp_str_equal_ci(sp_str_trim(sp_str_cut(&element, ';')), token)) {
                return true;
            }
        }
    }
    return false;
}

static bool says_prefetch(struct sp_str value)
{
    return has_token(value, SP_STR("prefetch"));
}

static bool says_prerender(struct sp_str value)
{
    return has_token(value, SP_STR("prerender"));
}

static bool says_websocket(struct sp_str value)
{
    return sp_str_equal(value, SP_STR("websocket"));
}

/* True for the value that scripts send. WebViews send their package name instead. */
static bool says_script(struct sp_str value)
{
    return sp_str_equal_ci(value, SP_STR("XMLHttpRequest"));
}

static bool says_html(struct sp_str value)
{
    return sp_field_accepts(value, SP_STR("text/html"));
}

static bool is_frame_destination(struct sp_str destination)
{
    static const struct sp_str frames[] = {
        SP_STR("embed"), SP_STR("fencedframe"), SP_STR("frame"), SP_STR("iframe"), SP_STR("object"),
    };
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        if (sp_str_equal(destination, frames[i])) {
            return true;
        }
    }
    return false;
}

/* True for the encodings of an HTML form (HTML, section 4.10.19.6). A missing or duplicate type may be one
 * too. */
static bool may_be_form_type(struct sp_str type)
{
    return type.len == 0 || sp_str_equal_ci(type, SP_STR("application/x-www-form-urlencoded")) ||
           sp_str_equal_ci(type, SP_STR("multipart/form-data")) ||
           sp_str_equal_ci(type, SP_STR("text/plain"));
}

/* The kind of a request whose response a person may see: `read` for a GET or HEAD, FORM for a POST,
 * FETCH otherwise. */
static enum sp_request_kind looked_at(struct sp_str method, enum sp_request_kind read)
{
    if (sp_str_equal(method, SP_STR("GET")) || sp_str_equal(method, SP_STR("HEAD"))) {
        return read;
    }
    return is_post(method) ? SP_REQUEST_KIND_FORM : SP_REQUEST_KIND_FETCH;
}

/* Mode `navigate`, which no script can set: a person will see the response. */
static enum sp_request_kind intent_of_navigation(const struct sp_head *head, struct sp_str method)
{
    struct sp_str destination = sp_head_single(head, SP_HEADER_SEC_FETCH_DEST);
    if (is_frame_destination(destination)) {
        return SP_REQUEST_KIND_FRAME;
    }
    bool is_at_the_top =
        sp_str_equal(destination, SP_STR("document")) || sp_str_equal(destination, SP_STR("empty"));
    return looked_at(method, is_at_the_top ? SP_REQUEST_KIND_NAVIGATION : SP_REQUEST_KIND_UNCLEAR);
}

/* Without Fetch Metadata, Accept and a few other fields must show whether a person will see the response. */
static enum sp_request_kind intent_by_accept(const struct sp_head *head, struct sp_str method,
                                             enum sp_request_kind read)
{
    if (!some_line(head, SP_HEADER_ACCEPT, says_html) ||
        some_line(head, SP_HEADER_X_REQUESTED_WITH, says_script) ||
        (is_post(method) && !may_be_form_type(content_type(head)))) {
        return SP_REQUEST_KIND_FETCH;
    }
    return looked_at(method, read);
}

enum sp_request_kind sp_request_kind_of(const struct sp_head *head, struct sp_str method)
{
    if (sp_head_count(head, SP_HEADER_SEC_WEBSOCKET_KEY) > 0 ||
        some_line(head, SP_HEADER_SEC_FETCH_MODE, says_websocket)) {
        return SP_REQUEST_KIND_WEBSOCKET;
    }
    if (sp_str_equal(method, SP_STR("OPTIONS")) && sp_head_single(head, SP_HEADER_ORIGIN).len > 0 &&
        sp_head_single(head, SP_HEADER_ACCESS_CONTROL_REQUEST_METHOD).len > 0) {
        return SP_REQUEST_KIND_PREFLIGHT;
    }
    if (sp_str_starts_with_ci(content_type(head), SP_STR("application/grpc"))) {
        return SP_REQUEST_KIND_GRPC;
    }
    if (some_line(head, SP_HEADER_PURPOSE, says_prefetch) ||
        some_line(head, SP_HEADER_SEC_PURPOSE, says_prefetch) ||
        some_line(head, SP_HEADER_SEC_PURPOSE, says_prerender) ||
        some_line(head, SP_HEADER_X_MOZ, says_prefetch)) {
        return SP_REQUEST_KIND_PREFETCH;
    }
    if (sp_str_equal(sp_head_single(head, SP_HEADER_SEC_FETCH_MODE), SP_STR("navigate"))) {
        return intent_of_navigation(head, method);
    }
    bool is_clear = !sp_request_kind_has_metadata(head) && sp_head_count(head, SP_HEADER_ACCEPT) == 1;
    return intent_by_accept(head, method, is_clear ? SP_REQUEST_KIND_NAVIGATION : SP_REQUEST_KIND_UNCLEAR);
}

bool sp_request_kind_wants_page(enum sp_request_kind kind)
{
    switch (kind) {
    case SP_REQUEST_KIND_NAVIGATION:
    case SP_REQUEST_KIND_FRAME:
    case SP_REQUEST_KIND_FORM:
    case SP_REQUEST_KIND_UNCLEAR:
    case SP_REQUEST_KIND_PREFETCH: /* a person sees the response if the browser displays it after all */
        return true;
    case SP_REQUEST_KIND_FETCH:
    case SP_REQUEST_KIND_PREFLIGHT:
    case SP_REQUEST_KIND_WEBSOCKET:
    case SP_REQUEST_KIND_GRPC:
    default:
        return false;
    }
}

bool sp_request_kind_may_be_framed(enum sp_request_kind kind)
{
    return kind == SP_REQUEST_KIND_FRAME || kind == SP_REQUEST_KIND_UNCLEAR;
}

bool sp_request_kind_has_metadata(const struct sp_head *head)
{
    static const enum sp_header_id ids[] = {
        SP_HEADER_SEC_FETCH_MODE, SP_HEADER_SEC_FETCH_DEST,           SP_HEADER_SEC_FETCH_SITE,
        SP_HEADER_SEC_FETCH_USER, SP_HEADER_SEC_FETCH_STORAGE_ACCESS,
    };
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        if (sp_head_count(head, ids[i]) > 0) {
            return true;
        }
    }
    return false;
}

bool sp_request_kind_is_from_own_site(const struct sp_head *head)
{
    struct sp_str site = sp_head_single(head, SP_HEADER_SEC_FETCH_SITE);
    return sp_str_equal(site, SP_STR("same-origin")) || sp_str_equal(site, SP_STR("none"));
}

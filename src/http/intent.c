/* SPDX-License-Identifier: Apache-2.0 */
#include "http/intent.h"

#include "http/field.h"

static bool has(const struct sp_head *head, struct sp_str lower_name)
{
    return sp_head_find(head, lower_name, NULL) > 0;
}

/* True when the single line of this name is exactly `value`; a second line makes it nobody's word. */
static bool says(const struct sp_head *head, struct sp_str lower_name, struct sp_str value)
{
    return sp_str_equal(sp_head_single(head, lower_name), value);
}

static bool is_read(struct sp_str method)
{
    return sp_str_equal(method, SP_STR("GET")) || sp_str_equal(method, SP_STR("HEAD"));
}

static bool is_post(struct sp_str method)
{
    return sp_str_equal(method, SP_STR("POST"));
}

/* The media type of Content-Type without its parameters; empty when there is none or two. */
static struct sp_str content_type(const struct sp_head *head)
{
    struct sp_str value = sp_head_single(head, SP_STR("content-type"));
    return sp_str_trim(sp_str_cut(&value, ';'));
}

static bool is_grpc(const struct sp_head *head)
{
    static const struct sp_str stem = SP_STR("application/grpc");
    struct sp_str type = content_type(head);
    return type.len >= stem.len && sp_str_equal_ci((struct sp_str){type.ptr, stem.len}, stem);
}

/* `prefetch;prerender`, `prefetch;anonymous-client-ip`: a token among list elements and parameters. */
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

/* Any line counts here: what is taken for a prefetch begins nothing. */
static bool mentions(const struct sp_head *head, struct sp_str lower_name, struct sp_str token)
{
    size_t line = 0;
    struct sp_str value;
    while (sp_head_next(head, lower_name, &line, &value)) {
        if (has_token(value, token)) {
            return true;
        }
    }
    return false;
}

static bool is_prefetch(const struct sp_head *head)
{
    return mentions(head, SP_STR("sec-purpose"), SP_STR("prefetch")) ||
           mentions(head, SP_STR("sec-purpose"), SP_STR("prerender")) ||
           mentions(head, SP_STR("purpose"), SP_STR("prefetch")) ||
           mentions(head, SP_STR("x-moz"), SP_STR("prefetch"));
}

static bool is_preflight(const struct sp_head *head, struct sp_str method)
{
    return sp_str_equal(method, SP_STR("OPTIONS")) && sp_head_single(head, SP_STR("origin")).len > 0 &&
           sp_head_single(head, SP_STR("access-control-request-method")).len > 0;
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

static enum sp_intent intent_of_document(struct sp_str method)
{
    if (is_read(method)) {
        return SP_INTENT_NAVIGATION;
    }
    return is_post(method) ? SP_INTENT_FORM : SP_INTENT_FETCH;
}

/* What Fetch Metadata says; only its exact words count. */
static enum sp_intent intent_by_metadata(const struct sp_head *head, struct sp_str method)
{
    if (!says(head, SP_STR("sec-fetch-mode"), SP_STR("navigate"))) {
        return SP_INTENT_FETCH;
    }
    struct sp_str destination = sp_head_single(head, SP_STR("sec-fetch-dest"));
    if (sp_str_equal(destination, SP_STR("document"))) {
        return intent_of_document(method);
    }
    return is_frame_destination(destination) ? SP_INTENT_FRAME : SP_INTENT_FETCH;
}

/* The encodings of an HTML form (HTML, section 4.10.19.6). */
static bool is_form_type(struct sp_str type)
{
    return sp_str_equal_ci(type, SP_STR("application/x-www-form-urlencoded")) ||
           sp_str_equal_ci(type, SP_STR("multipart/form-data")) ||
           sp_str_equal_ci(type, SP_STR("text/plain"));
}

static enum sp_intent intent_by_accept(const struct sp_head *head, struct sp_str method)
{
    if (has(head, SP_STR("x-requested-with")) ||
        !sp_field_accepts(sp_head_single(head, SP_STR("accept")), SP_STR("text/html"))) {
        return SP_INTENT_FETCH;
    }
    if (is_read(method)) {
        return SP_INTENT_NAVIGATION;
    }
    return is_post(method) && is_form_type(content_type(head)) ? SP_INTENT_FORM : SP_INTENT_FETCH;
}

enum sp_intent sp_intent_of(const struct sp_head *head, struct sp_str method)
{
    if (has(head, SP_STR("sec-websocket-key"))) {
        return SP_INTENT_WEBSOCKET;
    }
    if (is_preflight(head, method)) {
        return SP_INTENT_PREFLIGHT;
    }
    if (is_grpc(head)) {
        return SP_INTENT_GRPC;
    }
    if (is_prefetch(head)) {
        return SP_INTENT_PREFETCH;
    }
    return sp_head_has_prefix(head, SP_STR("sec-fetch-")) ? intent_by_metadata(head, method)
                                                          : intent_by_accept(head, method);
}

const char *sp_intent_name(enum sp_intent intent)
{
    static const char *const names[] = {
        [SP_INTENT_FETCH] = "fetch",         [SP_INTENT_NAVIGATION] = "navigation",
        [SP_INTENT_FRAME] = "frame",         [SP_INTENT_FORM] = "form",
        [SP_INTENT_PREFETCH] = "prefetch",   [SP_INTENT_PREFLIGHT] = "preflight",
        [SP_INTENT_WEBSOCKET] = "websocket", [SP_INTENT_GRPC] = "grpc",
    };
    return names[intent];
}

bool sp_intent_wants_page(enum sp_intent intent)
{
    switch (intent) {
    case SP_INTENT_NAVIGATION:
    case SP_INTENT_FRAME:
    case SP_INTENT_FORM:
    case SP_INTENT_PREFETCH: /* a browser that shows it after all shows it to a person */
        return true;
    case SP_INTENT_FETCH:
    case SP_INTENT_PREFLIGHT:
    case SP_INTENT_WEBSOCKET:
    case SP_INTENT_GRPC:
    default:
        return false;
    }
}

bool sp_intent_is_own_navigation(const struct sp_head *head)
{
    struct sp_str site = sp_head_single(head, SP_STR("sec-fetch-site"));
    return says(head, SP_STR("sec-fetch-mode"), SP_STR("navigate")) &&
           says(head, SP_STR("sec-fetch-dest"), SP_STR("document")) &&
           (sp_str_equal(site, SP_STR("same-origin")) || sp_str_equal(site, SP_STR("none")));
}

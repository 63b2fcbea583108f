/* SPDX-License-Identifier: Apache-2.0 */
#include "http/intent.h"

#include "http/field.h"

/* The header fields that tell. */
enum hint {
    HINT_ACCEPT,
    HINT_CONTENT_TYPE,
    HINT_MODE,
    HINT_DESTINATION,
    HINT_ORIGIN,
    HINT_REQUEST_METHOD,
    HINT_WEBSOCKET_KEY,
    HINT_REQUESTED_WITH,
    HINT_PURPOSE, /* this and what follows speak of prefetching */
    HINT_SEC_PURPOSE,
    HINT_MOZ,
    HINTS_N,
};

static const struct sp_str hint_names[HINTS_N] = {
    [HINT_ACCEPT] = SP_STR("accept"),
    [HINT_CONTENT_TYPE] = SP_STR("content-type"),
    [HINT_MODE] = SP_STR("sec-fetch-mode"),
    [HINT_DESTINATION] = SP_STR("sec-fetch-dest"),
    [HINT_ORIGIN] = SP_STR("origin"),
    [HINT_REQUEST_METHOD] = SP_STR("access-control-request-method"),
    [HINT_WEBSOCKET_KEY] = SP_STR("sec-websocket-key"),
    [HINT_REQUESTED_WITH] = SP_STR("x-requested-with"),
    [HINT_PURPOSE] = SP_STR("purpose"),
    [HINT_SEC_PURPOSE] = SP_STR("sec-purpose"),
    [HINT_MOZ] = SP_STR("x-moz"),
};

/* Most names are of none of these lengths, which is seen without a look at them. */
#define LENGTH(name) (UINT32_C(1) << (sizeof(name) - 1))
static const uint32_t hint_lengths =
    LENGTH("x-moz") | LENGTH("accept") | LENGTH("origin") | LENGTH("purpose") | LENGTH("sec-purpose") |
    LENGTH("content-type") | LENGTH("sec-fetch-mode") | LENGTH("sec-fetch-dest") |
    LENGTH("x-requested-with") | LENGTH("sec-websocket-key") | LENGTH("access-control-request-method");

/* What one walk over the head found. */
struct hints {
    size_t n[HINTS_N];
    struct sp_str last[HINTS_N]; /* value of the last line */
    bool has_metadata;           /* some line of Fetch Metadata */
    bool is_websocket;           /* its key, or its mode */
    bool is_speculative;         /* some line that says prefetch or prerender */
    bool is_script;  /* some line that says XMLHttpRequest; WebViews put the name of their package there */
    bool takes_html; /* some line of Accept */
};

/* The value of the single line; a second line makes it nobody's word. */
static struct sp_str single(const struct hints *hints, enum hint hint)
{
    return hints->n[hint] == 1 ? hints->last[hint] : SP_STR_NONE;
}

/* True when the single line is exactly `value`. */
static bool says(const struct hints *hints, enum hint hint, struct sp_str value)
{
    return sp_str_equal(single(hints, hint), value);
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
static struct sp_str content_type(const struct hints *hints)
{
    struct sp_str value = single(hints, HINT_CONTENT_TYPE);
    return sp_str_trim(sp_str_cut(&value, ';'));
}

static bool is_grpc(const struct hints *hints)
{
    return sp_str_starts_with_ci(content_type(hints), SP_STR("application/grpc"));
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

/* What is taken for a prefetch begins nothing. */
static bool is_speculative(enum hint hint, struct sp_str value)
{
    return hint >= HINT_PURPOSE && (has_token(value, SP_STR("prefetch")) ||
                                    (hint == HINT_SEC_PURPOSE && has_token(value, SP_STR("prerender"))));
}

static bool is_of_websocket(enum hint hint, struct sp_str value)
{
    return hint == HINT_WEBSOCKET_KEY || (hint == HINT_MODE && sp_str_equal(value, SP_STR("websocket")));
}

static void note_line(enum hint hint, struct sp_str value, struct hints *out)
{
    out->n[hint]++;
    out->last[hint] = value;
    out->is_websocket = out->is_websocket || is_of_websocket(hint, value);
    out->is_speculative = out->is_speculative || is_speculative(hint, value);
    out->is_script =
        out->is_script || (hint == HINT_REQUESTED_WITH && sp_str_equal_ci(value, SP_STR("XMLHttpRequest")));
    out->takes_html =
        out->takes_html || (hint == HINT_ACCEPT && sp_field_accepts(value, SP_STR("text/html")));
}

static void note(const struct sp_header *header, struct hints *out)
{
    if (header->name.len > 31 || (hint_lengths >> header->name.len & 1) == 0) {
        return;
    }
    for (enum hint hint = 0; hint < HINTS_N; hint++) {
        if (sp_head_is_named(header->name, hint_names[hint])) {
            note_line(hint, header->value, out);
            return;
        }
    }
}

static bool is_metadata(struct sp_str name)
{
    static const struct sp_str stem = SP_STR("sec-fetch-");
    return name.len >= stem.len && sp_head_is_named((struct sp_str){name.ptr, stem.len}, stem);
}

static void collect(const struct sp_head *head, struct hints *out)
{
    for (size_t i = 0; i < head->headers_n; i++) {
        out->has_metadata = out->has_metadata || is_metadata(head->headers[i].name);
        note(&head->headers[i], out);
    }
}

static bool is_preflight(const struct hints *hints, struct sp_str method)
{
    return sp_str_equal(method, SP_STR("OPTIONS")) && single(hints, HINT_ORIGIN).len > 0 &&
           single(hints, HINT_REQUEST_METHOD).len > 0;
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

/* The encodings of an HTML form (HTML, section 4.10.19.6); none, or two, may be one too. */
static bool may_be_form_type(struct sp_str type)
{
    return type.len == 0 || sp_str_equal_ci(type, SP_STR("application/x-www-form-urlencoded")) ||
           sp_str_equal_ci(type, SP_STR("multipart/form-data")) ||
           sp_str_equal_ci(type, SP_STR("text/plain"));
}

/* What somebody may be looking at: `read` when it is fetched, a form when it is sent. */
static enum sp_intent looked_at(struct sp_str method, enum sp_intent read)
{
    if (is_read(method)) {
        return read;
    }
    return is_post(method) ? SP_INTENT_FORM : SP_INTENT_FETCH;
}

/* Mode `navigate`, which no script can make: a person will look at the answer. */
static enum sp_intent intent_of_navigation(const struct hints *hints, struct sp_str method)
{
    struct sp_str destination = single(hints, HINT_DESTINATION);
    if (is_frame_destination(destination)) {
        return SP_INTENT_FRAME;
    }
    bool is_at_the_top =
        sp_str_equal(destination, SP_STR("document")) || sp_str_equal(destination, SP_STR("empty"));
    return looked_at(method, is_at_the_top ? SP_INTENT_NAVIGATION : SP_INTENT_UNCLEAR);
}

/* No more than what it takes tells whether a person will look at the answer. */
static enum sp_intent intent_by_accept(const struct hints *hints, struct sp_str method, enum sp_intent read)
{
    if (!hints->takes_html || hints->is_script ||
        (is_post(method) && !may_be_form_type(content_type(hints)))) {
        return SP_INTENT_FETCH;
    }
    return looked_at(method, read);
}

enum sp_intent sp_intent_of(const struct sp_head *head, struct sp_str method)
{
    struct hints hints = {0};
    collect(head, &hints);
    if (hints.is_websocket) {
        return SP_INTENT_WEBSOCKET;
    }
    if (is_preflight(&hints, method)) {
        return SP_INTENT_PREFLIGHT;
    }
    if (is_grpc(&hints)) {
        return SP_INTENT_GRPC;
    }
    if (hints.is_speculative) {
        return SP_INTENT_PREFETCH;
    }
    if (says(&hints, HINT_MODE, SP_STR("navigate"))) {
        return intent_of_navigation(&hints, method);
    }
    bool is_clear = !hints.has_metadata && hints.n[HINT_ACCEPT] == 1;
    return intent_by_accept(&hints, method, is_clear ? SP_INTENT_NAVIGATION : SP_INTENT_UNCLEAR);
}

bool sp_intent_wants_page(enum sp_intent intent)
{
    switch (intent) {
    case SP_INTENT_NAVIGATION:
    case SP_INTENT_FRAME:
    case SP_INTENT_FORM:
    case SP_INTENT_UNCLEAR:
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

bool sp_intent_may_be_framed(enum sp_intent intent)
{
    return intent == SP_INTENT_FRAME || intent == SP_INTENT_UNCLEAR;
}

bool sp_intent_is_from_own_site(const struct sp_head *head)
{
    struct sp_str site = sp_head_single(head, SP_STR("sec-fetch-site"));
    return sp_str_equal(site, SP_STR("same-origin")) || sp_str_equal(site, SP_STR("none"));
}

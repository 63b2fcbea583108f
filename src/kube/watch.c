/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/watch.h"

#include "http/percent.h"
#include "jose/json.h"
#include "kube/attempt.h"

#include <stdlib.h>

#define SHOWN_MAX 160 /* bytes of a line, or of a name, in a message */

void sp_watch_init(struct sp_watch *watch, const struct sp_watch_resource *resource,
                   const struct sp_watch_sink *sink, int64_t now_ms)
{
    *watch = (struct sp_watch){.resource = resource, .sink = *sink, .due_ms = now_ms};
    sp_buf_init(&watch->version, SP_WATCH_VERSION_MAX);
    sp_buf_init(&watch->mark, SP_WATCH_CONTINUE_MAX);
    sp_buf_init(&watch->line, SP_WATCH_TEXT_MAX);
}

void sp_watch_done(struct sp_watch *watch)
{
    sp_buf_done(&watch->version);
    sp_buf_done(&watch->mark);
    sp_buf_done(&watch->line);
}

const char *sp_watch_cause_name(enum sp_watch_cause cause)
{
    static const char *const names[] = {
#define X(code, name) [code] = (name),
        SP_WATCH_CAUSE_TABLE(X)
#undef X
    };
    return names[cause];
}

/* Records why the attempt ends; the first reason counts. */
#define fail(watch, why, ...)                                                                                \
    do {                                                                                                     \
        if ((watch)->cause == SP_WATCH_NO_FAILURE) {                                                         \
            (watch)->cause = (why);                                                                          \
            (void)sp_diag_set(&(watch)->detail, SP_OK, __VA_ARGS__);                                         \
        }                                                                                                    \
    } while (0)

static struct sp_str cut(struct sp_str text, size_t max_len)
{
    return (struct sp_str){text.ptr, text.len < max_len ? text.len : max_len};
}

/* Frees the memory of the stored line, because a line may have up to 4 MiB. */
static void forget_line(struct sp_watch *watch)
{
    sp_buf_done(&watch->line);
    sp_buf_init(&watch->line, SP_WATCH_TEXT_MAX);
}

/* ---- what to request, and when --------------------------------------------------------------------- */

int64_t sp_watch_due_ms(const struct sp_watch *watch)
{
    if (!watch->is_asking) {
        return watch->due_ms;
    }
    int64_t silent_ms = watch->heard_ms + SP_WATCH_SILENCE_MS;
    int64_t endless_ms = watch->list_began_ms + SP_WATCH_LIST_MAX_MS;
    return watch->is_listing && endless_ms < silent_ms ? endless_ms : silent_ms;
}

static void append_target(const struct sp_watch *watch, const struct sp_random *random, struct sp_buf *target)
{
    sp_buf_append_c(target, watch->resource->path);
    if (watch->step == SP_WATCH_PAGE) {
        sp_buf_printf(target, "?limit=%zu", watch->page_n);
        if (watch->mark.len > 0) {
            sp_buf_append_c(target, "&continue=");
            sp_percent_append(sp_buf_str(&watch->mark), sp_percent_unreserved, target);
        }
        return;
    }
    uint32_t span_s = SP_WATCH_DURATION_MAX_S - SP_WATCH_DURATION_MIN_S + 1;
    sp_buf_append_c(target, "?watch=1&allowWatchBookmarks=true");
    if (watch->step == SP_WATCH_LIST) {
        sp_buf_append_c(target, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
    } else {
        sp_buf_append_c(target, "&resourceVersion=");
        sp_percent_append(sp_buf_str(&watch->version), sp_percent_unreserved, target);
    }
    sp_buf_printf(target, "&timeoutSeconds=%u",
                  SP_WATCH_DURATION_MIN_S + sp_attempt_random_below(random, span_s));
}

static void begin_list(struct sp_watch *watch, int64_t now_ms)
{
    watch->is_listing = true;
    watch->list_began_ms = now_ms;
    watch->page_n = SP_WATCH_PAGE_N;
    sp_buf_clear(&watch->mark);
    watch->sink.begin_list(watch->sink.context);
}

static void ask(struct sp_watch *watch, int64_t now_ms, const struct sp_random *random, struct sp_buf *target)
{
    if (watch->step == SP_WATCH_LIST || (watch->step == SP_WATCH_PAGE && !watch->is_listing)) {
        begin_list(watch, now_ms);
    }
    watch->is_asking = true;
    watch->asked_ms = now_ms;
    watch->heard_ms = now_ms;
    watch->cause = SP_WATCH_NO_FAILURE;
    watch->detail.text[0] = '\0';
    append_target(watch, random, target);
}

/* After any failure except one of the connection, the objects are listed again. */
static void schedule(struct sp_watch *watch, int64_t now_ms, const struct sp_random *random)
{
    watch->is_asking = false;
    watch->due_ms = now_ms;
    watch->is_skipping = false;
    forget_line(watch);
    if (watch->cause == SP_WATCH_NO_FAILURE) {
        return;
    }
    bool is_steady = !watch->is_listing && watch->heard_ms - watch->asked_ms >= SP_WATCH_STEADY_MS;
    bool can_go_on = watch->cause == SP_WATCH_UNREACHABLE || watch->cause == SP_WATCH_ENDED;
    if (watch->step != SP_WATCH_CHANGES || !can_go_on) {
        watch->step = SP_WATCH_LIST;
        watch->is_listing = false;
    }
    watch->failures_n = is_steady ? 0 : watch->failures_n;
    watch->due_ms = now_ms + sp_attempt_delay_ms(watch->failures_n, random);
    watch->failures_n++;
}

/* True if a list has taken longer than allowed. */
static bool is_endless(const struct sp_watch *watch, int64_t now_ms)
{
    return watch->is_listing && now_ms - watch->list_began_ms >= SP_WATCH_LIST_MAX_MS;
}

enum sp_watch_command sp_watch_tick(struct sp_watch *watch, int64_t now_ms, const struct sp_random *random,
                                    struct sp_buf *target)
{
    if (now_ms < sp_watch_due_ms(watch)) {
        return SP_WATCH_WAIT;
    }
    if (!watch->is_asking) {
        ask(watch, now_ms, random, target);
        return SP_WATCH_ASK;
    }
    if (is_endless(watch, now_ms)) {
        fail(watch, SP_WATCH_ENDLESS, "the list of %s has not ended within %d s", watch->resource->plural,
             SP_WATCH_LIST_MAX_MS / 1000);
    } else {
        fail(watch, SP_WATCH_SILENT,
             "no line has arrived for %d s, not even a bookmark: the connection is dead, or the API server "
             "does not know this version of the objects",
             SP_WATCH_SILENCE_MS / 1000);
    }
    schedule(watch, now_ms, random);
    return SP_WATCH_LEAVE;
}

void sp_watch_hurry(struct sp_watch *watch, int64_t now_ms)
{
    watch->due_ms = now_ms < watch->due_ms ? now_ms : watch->due_ms;
}

/* ---- objects --------------------------------------------------------------------------------------- */

static bool take_text(const json_t *object, const char *key, struct sp_buf *out)
{
    struct sp_str text;
    if (sp_json_get_string(object, key, &text) != SP_OK) {
        return false;
    }
    sp_buf_clear(out);
    sp_buf_append(out, text);
    return sp_buf_error(out) == SP_OK && text.len > 0;
}

/* The name of an object; empty if it has none. */
static struct sp_str name_of(const json_t *object)
{
    struct sp_str name = SP_STR_NONE;
    enum sp_error error = sp_json_get_string(json_object_get(object, "metadata"), "name", &name);
    return error == SP_OK ? name : SP_STR_NONE;
}

static void put(struct sp_watch *watch, const json_t *object)
{
    enum sp_error error = watch->sink.put(watch->sink.context, object);
    if (error != SP_OK) {
        fail(watch, SP_WATCH_NOT_KEPT, "%.*s of %s: %s", SP_STR_ARGS(cut(name_of(object), SHOWN_MAX)),
             watch->resource->plural, sp_error_text(error));
    }
}

/* Handles a change to, or the deletion of, a known object. Without a name it is unknown which permission is
 * gone, so the list is read again. */
static void change(struct sp_watch *watch, struct sp_str type, const json_t *object)
{
    struct sp_str name = name_of(object);
    if (name.len == 0) {
        fail(watch, SP_WATCH_MALFORMED, "a changed object of %s has no name", watch->resource->plural);
    } else if (sp_str_equal(type, SP_STR("DELETED"))) {
        watch->sink.remove(watch->sink.context, name);
    } else {
        put(watch, object);
    }
}

/* From here on the sink contains what existed at `version`. */
static void end_list(struct sp_watch *watch, int64_t now_ms)
{
    watch->is_listing = false;
    watch->is_complete = true;
    watch->step = SP_WATCH_CHANGES;
    watch->current_ms = now_ms;
    watch->sink.end_list(watch->sink.context);
}

/* ---- lines ----------------------------------------------------------------------------------------- */

static void take_version(struct sp_watch *watch, const json_t *object)
{
    if (!take_text(json_object_get(object, "metadata"), "resourceVersion", &watch->version)) {
        fail(watch, SP_WATCH_MALFORMED, "an object of %s has no version", watch->resource->plural);
    }
}

static void take_bookmark(struct sp_watch *watch, const json_t *object, int64_t now_ms)
{
    struct sp_str value = SP_STR_NONE;
    const json_t *annotations = json_object_get(json_object_get(object, "metadata"), "annotations");
    bool is_end = sp_json_get_string(annotations, "k8s.io/initial-events-end", &value) == SP_OK &&
                  sp_str_equal(value, SP_STR("true"));
    if (!watch->is_listing || is_end) {
        take_version(watch, object);
    }
    if (watch->is_listing && is_end && watch->cause == SP_WATCH_NO_FAILURE) {
        end_list(watch, now_ms);
    }
}

static void take_error(struct sp_watch *watch, const json_t *status)
{
    double number = 0;
    long code = sp_json_get_number(status, "code", &number) == SP_OK ? (long)number : 0;
    struct sp_str message = sp_attempt_message(status);
    fail(watch, code == 410 ? SP_WATCH_EXPIRED : SP_WATCH_REFUSED,
         "the API server ended the watch with an ERROR of code %ld: %.*s", code, SP_STR_ARGS(message));
}

static void take_event(struct sp_watch *watch, const json_t *event, int64_t now_ms)
{
    struct sp_str type = SP_STR_NONE;
    const json_t *object = json_object_get(event, "object");
    if (sp_json_get_string(event, "type", &type) != SP_OK) {
        fail(watch, SP_WATCH_MALFORMED, "a line of the watch is not an event: it has no type");
    } else if (sp_str_equal(type, SP_STR("ERROR"))) {
        take_error(watch, object);
    } else if (sp_str_equal(type, SP_STR("BOOKMARK"))) {
        take_bookmark(watch, object, now_ms);
    } else if (sp_str_equal(type, SP_STR("ADDED"))) {
        put(watch, object);
    } else if (sp_str_equal(type, SP_STR("MODIFIED")) || sp_str_equal(type, SP_STR("DELETED"))) {
        change(watch, type, object);
    } else {
        fail(watch, SP_WATCH_MALFORMED, "a line of the watch has the unknown type \"%.*s\"",
             SP_STR_ARGS(cut(type, SHOWN_MAX)));
    }
    /* Neither the objects in a list nor their versions arrive in any particular order. */
    bool is_change = !watch->is_listing && !sp_str_equal(type, SP_STR("BOOKMARK"));
    if (is_change && watch->cause == SP_WATCH_NO_FAILURE) {
        take_version(watch, object);
    }
}

static void take_line(struct sp_watch *watch, struct sp_str line, int64_t now_ms)
{
    SP_JSON_SCOPED json_t *event = NULL;
    struct sp_diag diag = {0};
    if (sp_json_parse_object(line, SP_WATCH_TEXT_MAX, "a line of the watch", &event, &diag) != SP_OK) {
        fail(watch, SP_WATCH_MALFORMED, "%s; it begins %.*s", diag.text, SP_STR_ARGS(cut(line, SHOWN_MAX)));
        return;
    }
    watch->heard_ms = now_ms;
    take_event(watch, event, now_ms);
    if (!watch->is_listing && watch->cause == SP_WATCH_NO_FAILURE) {
        watch->current_ms = now_ms;
    }
}

/* Joins the end of a line to its stored beginning. */
static void end_line(struct sp_watch *watch, struct sp_str end, int64_t now_ms)
{
    if (watch->line.len == 0) {
        take_line(watch, end, now_ms);
        return;
    }
    sp_buf_append(&watch->line, end);
    take_line(watch, sp_buf_str(&watch->line), now_ms);
    forget_line(watch);
}

/* A skipped object in a list is swept out with those that no longer exist. Any other line may concern an
 * object whose old version is still in use. */
static void refuse_line(struct sp_watch *watch, struct sp_str part)
{
    struct sp_str begin = watch->line.len > 0 ? sp_buf_str(&watch->line) : part;
    fail(watch, SP_WATCH_TOO_LARGE, "a line of the watch is longer than %d bytes; it begins %.*s",
         SP_WATCH_TEXT_MAX, SP_STR_ARGS(cut(begin, SHOWN_MAX)));
    watch->is_skipping = watch->is_listing && sp_str_starts_with(begin, SP_STR("{\"type\":\"ADDED\","));
    if (watch->is_skipping) {
        watch->cause = SP_WATCH_NO_FAILURE;
        watch->sink.skipped(watch->sink.context, &watch->detail);
        forget_line(watch);
    }
}

bool sp_watch_take(struct sp_watch *watch, struct sp_str piece, int64_t now_ms)
{
    while (piece.len > 0 && watch->cause == SP_WATCH_NO_FAILURE) {
        size_t len = sp_str_find(piece, '\n');
        bool is_end = len < piece.len;
        struct sp_str part = {piece.ptr, len};
        if (!watch->is_skipping && watch->line.len + len > SP_WATCH_TEXT_MAX) {
            refuse_line(watch, part);
        } else if (!watch->is_skipping && is_end) {
            end_line(watch, part, now_ms);
        } else if (!watch->is_skipping) {
            sp_buf_append(&watch->line, part);
        }
        if (watch->is_skipping && is_end) {
            watch->is_skipping = false;
            watch->heard_ms = now_ms;
        }
        piece = sp_str_skip(piece, len + 1);
    }
    return watch->cause == SP_WATCH_NO_FAILURE;
}

/* ---- pages ----------------------------------------------------------------------------------------- */

static void take_page(struct sp_watch *watch, struct sp_str body, int64_t now_ms)
{
    SP_JSON_SCOPED json_t *page = NULL;
    struct sp_diag diag = {0};
    if (sp_json_parse_object(body, SP_WATCH_TEXT_MAX, "a page of the list", &page, &diag) != SP_OK) {
        fail(watch, SP_WATCH_MALFORMED, "%s", diag.text);
        return;
    }
    const json_t *items = json_object_get(page, "items");
    const json_t *metadata = json_object_get(page, "metadata");
    if (!json_is_array(items) || !take_text(metadata, "resourceVersion", &watch->version)) {
        fail(watch, SP_WATCH_MALFORMED, "a page of the list has no items or no version");
    }
    for (size_t i = 0; i < json_array_size(items) && watch->cause == SP_WATCH_NO_FAILURE; i++) {
        put(watch, json_array_get(items, i));
    }
    if (watch->cause != SP_WATCH_NO_FAILURE) {
        return;
    }
    if (take_text(metadata, "continue", &watch->mark)) {
        if (json_array_size(items) == 0) { /* empty pages could be requested forever, without a pause */
            fail(watch, SP_WATCH_MALFORMED, "a page of %s is empty, but announces more",
                 watch->resource->plural);
        }
        return;
    }
    if (sp_buf_error(&watch->mark) != SP_OK) {
        fail(watch, SP_WATCH_TOO_LARGE, "the continue token of the next page is longer than %d bytes",
             SP_WATCH_CONTINUE_MAX);
        return;
    }
    end_list(watch, now_ms);
}

static void end_page(struct sp_watch *watch, const struct sp_exchange_response *response, int64_t now_ms)
{
    if (response->error == SP_ERR_LIMIT && watch->page_n > 1) {
        watch->page_n /= 2;
    } else if (response->error == SP_ERR_LIMIT) {
        fail(watch, SP_WATCH_TOO_LARGE, "a page with one object of %s is longer than %d bytes",
             watch->resource->plural, SP_WATCH_TEXT_MAX);
    } else {
        take_page(watch, response->body, now_ms);
    }
    if (is_endless(watch, now_ms)) {
        fail(watch, SP_WATCH_ENDLESS, "the list of %s has not ended within %d s", watch->resource->plural,
             SP_WATCH_LIST_MAX_MS / 1000);
    }
}

/* ---- the end of a request -------------------------------------------------------------------------- */

static void end_stream(struct sp_watch *watch, int64_t now_ms)
{
    if (watch->is_listing) {
        fail(watch, SP_WATCH_ENDED, "the API server ended the list of %s before it was complete",
             watch->resource->plural);
    } else if (now_ms - watch->asked_ms < SP_WATCH_STEADY_MS) {
        fail(watch, SP_WATCH_ENDED, "the API server ended the watch of %s after %lld ms",
             watch->resource->plural, (long long)(now_ms - watch->asked_ms));
    } else {
        watch->failures_n = 0;
    }
}

static void fail_by_status(struct sp_watch *watch, const struct sp_exchange_response *response)
{
    SP_JSON_SCOPED json_t *status = NULL;
    if (sp_json_parse_object(response->body, SP_ATTEMPT_REFUSAL_MAX, "the response", &status, NULL) !=
        SP_OK) {
        status = NULL;
    }
    struct sp_str message = sp_attempt_message(status);
    const char *verb = watch->step == SP_WATCH_PAGE ? "list" : "watch";
    switch (response->status) {
    case 401:
        fail(watch, SP_WATCH_UNAUTHORIZED,
             "401: the API server does not accept the credentials; check the token or the client "
             "certificate: has it expired, or is it for another cluster? The API server says: %.*s",
             SP_STR_ARGS(message));
        break;
    case 403:
        fail(watch, SP_WATCH_FORBIDDEN,
             "403: the account may not %s %s: grant it list and watch on clusterroles and "
             "clusterrolebindings of rbac.authorization.k8s.io. The API server says: %.*s",
             verb, watch->resource->plural, SP_STR_ARGS(message));
        break;
    case 410:
        fail(watch, SP_WATCH_EXPIRED, "410: %.*s", SP_STR_ARGS(message));
        break;
    default:
        fail(watch,
             response->status == 429 || response->status >= 500 ? SP_WATCH_UNREACHABLE : SP_WATCH_REFUSED,
             "status %u to %s of %s: %.*s", response->status, verb, watch->resource->plural,
             SP_STR_ARGS(message));
        break;
    }
}

void sp_watch_end(struct sp_watch *watch, const struct sp_exchange_response *response, int64_t now_ms,
                  const struct sp_random *random)
{
    bool is_page = watch->step == SP_WATCH_PAGE;
    bool is_success = response->status == 200;
    if (is_page && is_success && (response->error == SP_OK || response->error == SP_ERR_LIMIT)) {
        end_page(watch, response, now_ms);
    } else if (response->error != SP_OK) {
        fail(watch, SP_WATCH_UNREACHABLE, "%s%s",
             response->is_untrusted
                 ? "the certificate of the API server is not accepted; check the certificate-authority (of "
                   "the kubeconfig, or ca.crt of the pod's account): does it belong to this cluster? Does "
                   "the certificate contain the host of the server, or tls-server-name? The error: "
                 : "",
             response->text);
    } else if (is_success) {
        end_stream(watch, now_ms);
    } else if (watch->step == SP_WATCH_LIST && response->status == 422) {
        watch->step = SP_WATCH_PAGE;
    } else {
        fail_by_status(watch, response);
    }
    schedule(watch, now_ms, random);
}

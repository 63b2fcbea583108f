/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/session_guard.h"

/* ---- the path ------------------------------------------------------------------------------------------ */

/* Cuts off the next segment of the rest of a path; the slash before it has been removed. */
static struct sp_str cut_segment(struct sp_str *rest)
{
    *rest = sp_str_skip(*rest, 1);
    struct sp_str segment = {rest->ptr, sp_str_find(*rest, '/')};
    *rest = sp_str_skip(*rest, segment.len);
    return segment;
}

static bool is_api(struct sp_str segment)
{
    return sp_str_equal(segment, SP_STR("api")) || sp_str_equal(segment, SP_STR("apis"));
}

/* Where the API begins in paths below the prefix. */
static size_t api_begin(struct sp_str prefix)
{
    struct sp_str rest = prefix;
    while (rest.len > 0) {
        size_t at = prefix.len - rest.len;
        if (is_api(cut_segment(&rest))) {
            return at;
        }
    }
    return prefix.len == 1 ? 0 : prefix.len; /* "/" is the root itself */
}

struct sp_str sp_session_guard_api_path(const struct sp_binding *binding, struct sp_str path)
{
    const struct sp_path_pattern *pattern = &binding->path_prefix;
    struct sp_str prefix = {pattern->text, pattern->text_len};
    if (!sp_path_has_prefix(path, prefix) && pattern->decoded != NULL) {
        prefix = sp_str_from_c(pattern->decoded);
    }
    return sp_path_has_prefix(path, prefix) ? sp_str_skip(path, api_begin(prefix)) : SP_STR_NONE;
}

static bool is_in_api(const struct sp_binding *binding, struct sp_str path)
{
    struct sp_str rest = sp_session_guard_api_path(binding, path);
    return rest.len > 0 && is_api(cut_segment(&rest));
}

/* True for a path with `pods/NAME/proxy`, or the same for another kind that the API server proxies to. */
static bool leads_on(struct sp_str path)
{
    static const struct sp_str resources[] = {SP_STR("pods"), SP_STR("services"), SP_STR("nodes")};
    struct sp_str resource = SP_STR_NONE; /* the segment before the last one */
    struct sp_str name = SP_STR_NONE;     /* the last segment */
    for (struct sp_str rest = path; rest.len > 0;) {
        struct sp_str segment = cut_segment(&rest);
        bool is_proxy = name.len > 0 && sp_str_equal(segment, SP_STR("proxy"));
        for (size_t i = 0; i < sizeof resources / sizeof resources[0] && is_proxy; i++) {
            if (sp_str_equal(resource, resources[i])) {
                return true;
            }
        }
        resource = name;
        name = segment;
    }
    return false;
}

struct finding {
    bool leads_on;
    bool is_in_api;
};

static struct finding look_at(const struct sp_binding *binding, struct sp_str path)
{
    return (struct finding){leads_on(path), is_in_api(binding, path)};
}

/* A separate function, to keep its stack out of the usual path. An unclear path is treated as everything that
 * is refused. */
static __attribute__((noinline)) struct finding look_at_readings(const struct sp_binding *binding,
                                                                 struct sp_str path)
{
    struct sp_path_readings readings;
    sp_path_readings_make(path, &readings);
    struct finding found = {readings.is_unclear, readings.is_unclear};
    for (size_t i = 0; i < readings.items_n; i++) {
        struct finding one = look_at(binding, readings.items[i]);
        found.leads_on = found.leads_on || one.leads_on;
        found.is_in_api = found.is_in_api || one.is_in_api;
    }
    return found;
}

enum sp_misuse sp_session_guard_judge_path(const struct sp_binding *binding, const struct sp_request *request)
{
    struct sp_str path = request->target.path;
    struct finding found = sp_path_is_plain(path, request->target.marks) ? look_at(binding, path)
                                                                         : look_at_readings(binding, path);
    if (found.leads_on && !binding->proxy) {
        return SP_MISUSE_SUBRESOURCE;
    }
    bool is_shown = sp_request_kind_wants_page(sp_request_kind(request));
    return found.is_in_api && is_shown ? SP_MISUSE_WINDOW : SP_MISUSE_NONE;
}

/* ---- the origin of the request ------------------------------------------------------------------------- */

static bool is_safe(struct sp_str method)
{
    return sp_str_equal(method, SP_STR("GET")) || sp_str_equal(method, SP_STR("HEAD")) ||
           sp_str_equal(method, SP_STR("OPTIONS"));
}

enum sp_misuse sp_session_guard_judge_origin(const struct sp_request *request, const struct sp_head *head)
{
    if (is_safe(request->method) && sp_request_kind(request) != SP_REQUEST_KIND_WEBSOCKET) {
        return SP_MISUSE_NONE;
    }
    return sp_request_is_same_origin(request, head) ? SP_MISUSE_NONE : SP_MISUSE_ORIGIN;
}

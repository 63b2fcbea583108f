/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_match.h"

#include "http/path.h"
#include "http/path_glob.h"
#include "http/percent.h"

void sp_rbac_request_init(struct sp_str method, const struct sp_origin *origin,
                          const struct sp_target *target, struct sp_buf *scratch, struct sp_rbac_request *out)
{
    sp_origin_append(origin, scratch);
    size_t origin_len = scratch->len;
    sp_path_decode(target->path, scratch);
    *out = (struct sp_rbac_request){
        .method = method,
        .path = target->path,
        .marks = target->marks,
        .url = sp_buf_str(scratch),
        .origin_len = origin_len,
    };
}

static struct sp_str without_final_stars(struct sp_str pattern)
{
    while (pattern.len > 0 && pattern.ptr[pattern.len - 1] == '*') {
        pattern.len--;
    }
    return pattern;
}

bool sp_rbac_pattern_is_everything(struct sp_str pattern)
{
    return pattern.len > 0 && without_final_stars(pattern).len == 0;
}

bool sp_rbac_verb_matches(enum sp_rbac_matching matching, struct sp_str verb, struct sp_str method)
{
    if (sp_str_equal(verb, SP_STR("*"))) {
        return true;
    }
    if (matching == SP_RBAC_GLOBSTAR) {
        return sp_str_equal_ci(verb, method);
    }
    size_t i = 0;
    while (i < verb.len && i < method.len && verb.ptr[i] == sp_ascii_lower(method.ptr[i])) {
        i++;
    }
    return i == verb.len && i == method.len;
}

/* Where in the path as sent the byte stands that decoding puts at `decoded`. */
static size_t place_as_sent(struct sp_str path, size_t decoded)
{
    size_t at = 0;
    for (size_t n = 0; n < decoded && at < path.len; n++) {
        at += sp_percent_value(path, at) >= 0 ? SP_PERCENT_ESCAPE_LEN : 1;
    }
    return at;
}

/* `tail`: where in the decoded path the part begins that a trailing wildcard covers. */
static bool matches_decoded(enum sp_rbac_matching matching, struct sp_str pattern,
                            const struct sp_rbac_request *request, size_t *tail)
{
    struct sp_str path = sp_str_skip(request->url, request->origin_len);
    if (sp_str_equal(pattern, SP_STR("*"))) {
        *tail = 0;
        return true;
    }
    if (matching == SP_RBAC_KUBERNETES) {
        struct sp_str head = without_final_stars(pattern);
        *tail = head.len;
        return head.len < pattern.len ? sp_str_starts_with(path, head) : sp_str_equal(path, pattern);
    }
    if (sp_str_starts_with(pattern, SP_STR("/"))) {
        return sp_path_glob_match_url(pattern, path, tail);
    }
    if (sp_str_starts_with(pattern, SP_STR("~")) || !sp_path_glob_match_url(pattern, request->url, tail)) {
        return false;
    }
    *tail = *tail > request->origin_len ? *tail - request->origin_len : 0;
    return true;
}

bool sp_rbac_pattern_matches(enum sp_rbac_matching matching, struct sp_str pattern,
                             const struct sp_rbac_request *request)
{
    size_t tail;
    return request->url.len > request->origin_len && matches_decoded(matching, pattern, request, &tail) &&
           (request->marks == 0 ||
            sp_path_odd_bytes_are_covered(request->path, place_as_sent(request->path, tail)));
}

/* Whether something that the text before the first star leaves open can be this. */
static bool can_begin(struct sp_str pattern, struct sp_str with)
{
    size_t i = 0;
    while (i < pattern.len && i < with.len && pattern.ptr[i] == with.ptr[i]) {
        i++;
    }
    return i == with.len || (i < pattern.len && pattern.ptr[i] == '*');
}

enum sp_rbac_dead sp_rbac_pattern_is_dead(enum sp_rbac_matching matching, struct sp_str pattern)
{
    if (sp_str_starts_with(pattern, SP_STR("~"))) {
        return SP_RBAC_DEAD_REGEX;
    }
    if (sp_str_starts_with(pattern, SP_STR("/")) || sp_rbac_pattern_is_everything(pattern)) {
        return SP_RBAC_ALIVE;
    }
    if (matching == SP_RBAC_GLOBSTAR) {
        bool can_be_url = can_begin(pattern, SP_STR("https://")) || can_begin(pattern, SP_STR("http://"));
        return can_be_url ? SP_RBAC_ALIVE : SP_RBAC_DEAD_NO_PATH;
    }
    for (size_t i = 0; i + 3 <= pattern.len; i++) {
        if (memcmp(pattern.ptr + i, "://", 3) == 0) {
            return SP_RBAC_DEAD_URL;
        }
    }
    return SP_RBAC_DEAD_NO_PATH;
}

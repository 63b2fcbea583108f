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

/* Maps an offset in the decoded path to that of the same byte in the path as sent. */
static size_t place_as_sent(struct sp_str path, size_t decoded)
{
    size_t at = 0;
    for (size_t n = 0; n < decoded && at < path.len; n++) {
        at += sp_percent_value(path, at) >= 0 ? SP_PERCENT_ESCAPE_LEN : 1;
    }
    return at;
}

/* Sets `tail` to the start of the part of the decoded path that a trailing wildcard covers. */
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

/* True if a match of the pattern can begin with `with`, judging by the part before the first star. */
static bool can_begin(struct sp_str pattern, struct sp_str with)
{
    size_t i = 0;
    while (i < pattern.len && i < with.len && pattern.ptr[i] == with.ptr[i]) {
        i++;
    }
    return i == with.len || (i < pattern.len && pattern.ptr[i] == '*');
}

/* The position of the part in the text; the length of the text if it is not found. */
static size_t find(struct sp_str text, struct sp_str part)
{
    size_t at = 0;
    while (at < text.len && !sp_str_starts_with(sp_str_skip(text, at), part)) {
        at++;
    }
    return at;
}

static bool has_upper_case(struct sp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (sp_ascii_lower(text.ptr[i]) != text.ptr[i]) {
            return true;
        }
    }
    return false;
}

bool sp_rbac_verb_is_dead(enum sp_rbac_matching matching, struct sp_str verb)
{
    return matching == SP_RBAC_KUBERNETES && has_upper_case(verb);
}

static bool can_begin_a_url(struct sp_str pattern)
{
    return can_begin(pattern, SP_STR("https://")) || can_begin(pattern, SP_STR("http://"));
}

/* A pattern that is compared with URLs. */
struct url_pattern {
    struct sp_str scheme;
    struct sp_str authority; /* ends before a `**`, which may also cover part of the path */
    struct sp_str rest;      /* begins with `**` or `/`; empty if there is no path */
};

/* False if the pattern has no `://`, or if a `**` before it may cover more than the scheme. */
static bool split_url(struct sp_str pattern, struct url_pattern *out)
{
    size_t scheme_len = find(pattern, SP_STR("://"));
    if (scheme_len == pattern.len || find(pattern, SP_STR("**")) < scheme_len) {
        return false;
    }
    struct sp_str rest = sp_str_skip(pattern, scheme_len + 3);
    size_t path = find(rest, SP_STR("/"));
    size_t open = find(rest, SP_STR("**"));
    size_t len = open < path ? open : path;
    *out = (struct url_pattern){
        .scheme = {pattern.ptr, scheme_len}, .authority = {rest.ptr, len}, .rest = sp_str_skip(rest, len)};
    return true;
}

/* The length of the authority without the scheme's default port. */
static size_t len_without_port(const struct url_pattern *url)
{
    enum sp_scheme scheme = sp_scheme_parse(url->scheme);
    SP_BUF_ON_STACK(port, 8);
    sp_buf_printf(&port, ":%u", sp_scheme_port(scheme));
    size_t len = url->authority.len;
    bool has_port = scheme != SP_SCHEME_NONE && len >= port.len &&
                    sp_str_equal(sp_str_skip(url->authority, len - port.len), sp_buf_str(&port));
    return has_port ? len - port.len : len;
}

/* True if a request can have this scheme and authority. */
static bool is_canonical(const struct url_pattern *url)
{
    static const enum sp_scheme schemes[] = {SP_SCHEME_HTTPS, SP_SCHEME_HTTP};
    bool is_complete = sp_str_starts_with(url->rest, SP_STR("/"));
    if (has_upper_case(url->authority) || (is_complete && len_without_port(url) < url->authority.len)) {
        return false;
    }
    if (!is_complete || sp_str_contains(url->authority, '*')) {
        return url->rest.len > 0;
    }
    enum sp_scheme only = sp_scheme_parse(url->scheme); /* none if it contains a star */
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        struct sp_origin origin;
        SP_BUF_ON_STACK(text, SP_ORIGIN_MAX);
        if ((only == SP_SCHEME_NONE || only == schemes[i]) &&
            sp_origin_parse_authority(schemes[i], url->authority, &origin)) {
            sp_origin_append_authority(&origin, &text);
            if (sp_str_equal(sp_buf_str(&text), url->authority)) {
                return true;
            }
        }
    }
    return false;
}

/* True if the pattern can match the three slashes of a URL. A star that does not cross segments matches no
 * slash. */
static bool has_room_for_a_url(struct sp_str pattern)
{
    size_t slashes_n = 0;
    for (size_t i = 0; i < pattern.len; i++) {
        slashes_n += pattern.ptr[i] == '/';
    }
    return slashes_n >= 3 || find(pattern, SP_STR("**")) < pattern.len;
}

enum sp_rbac_dead sp_rbac_pattern_is_dead(enum sp_rbac_matching matching, struct sp_str pattern)
{
    struct url_pattern url;
    if (sp_str_starts_with(pattern, SP_STR("~"))) {
        return SP_RBAC_DEAD_REGEX;
    }
    if (sp_str_starts_with(pattern, SP_STR("/")) || sp_rbac_pattern_is_everything(pattern)) {
        return SP_RBAC_ALIVE;
    }
    if (matching == SP_RBAC_KUBERNETES) {
        return find(pattern, SP_STR("://")) < pattern.len ? SP_RBAC_DEAD_URL : SP_RBAC_DEAD_NO_PATH;
    }
    if (!can_begin_a_url(pattern)) {
        return SP_RBAC_DEAD_NO_SCHEME;
    }
    if (split_url(pattern, &url)) {
        return is_canonical(&url) ? SP_RBAC_ALIVE : SP_RBAC_DEAD_HOST;
    }
    return has_room_for_a_url(pattern) ? SP_RBAC_ALIVE : SP_RBAC_DEAD_NO_SCHEME;
}

void sp_rbac_pattern_repair(struct sp_str pattern, struct sp_buf *out)
{
    SP_BUF_SCOPED struct sp_buf whole;
    struct url_pattern url;
    sp_buf_init(&whole, pattern.len + SP_ORIGIN_MAX);
    size_t scheme_len = find(pattern, SP_STR("://"));
    if (!can_begin_a_url(pattern)) {
        sp_buf_append_c(&whole, "https://");
        sp_buf_append(&whole, sp_str_skip(pattern, scheme_len < pattern.len ? scheme_len + 3 : 0));
        pattern = sp_buf_str(&whole);
    }
    if (!split_url(pattern, &url)) {
        sp_buf_append(out, pattern);
        return;
    }
    struct sp_origin origin;
    bool is_complete = !sp_str_starts_with(url.rest, SP_STR("*"));
    sp_buf_append(out, url.scheme);
    sp_buf_append_c(out, "://");
    if (is_complete && sp_origin_parse_authority(sp_scheme_parse(url.scheme), url.authority, &origin)) {
        sp_origin_append_authority(&origin, out);
    } else {
        size_t len = is_complete ? len_without_port(&url) : url.authority.len;
        for (size_t i = 0; i < len; i++) {
            sp_buf_append_char(out, sp_ascii_lower(url.authority.ptr[i]));
        }
    }
    sp_buf_append(out, url.rest.len > 0 ? url.rest : SP_STR("/**"));
}

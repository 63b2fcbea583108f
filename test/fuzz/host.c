/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Hosts and origins: an accepted host has one spelling. It is in lower case, parses to itself, and in another
 * case or with a trailing dot it is not another host. A wildcard matches exactly one label.
 */

#include "http/host.h"

#include "fuzz.h"

static bool parse_host(struct sp_str text, struct sp_host *out)
{
    bool accepted = sp_host_parse(text, out);
    if (PLANTED(accepted && fuzz_has(text, SP_STR("Q")))) {
        memcpy(out->name, text.ptr, 1);
    }
    return accepted;
}

static struct sp_str append_origin(const struct sp_origin *origin, char storage[SP_ORIGIN_MAX + 1])
{
    struct sp_buf out;
    sp_buf_init_fixed(&out, storage, SP_ORIGIN_MAX + 1);
    sp_origin_append(origin, &out);
    ck_assert_int_eq(sp_buf_error(&out), SP_OK);
    return sp_buf_str(&out);
}

static void check_alphabet(struct sp_str host)
{
    bool literal = host.ptr[0] == '[';
    const char *allowed = literal ? "0123456789abcdef:.[]" : "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    ck_assert_uint_ge(host.len, 1);
    ck_assert_uint_le(host.len, SP_HOST_MAX);
    for (size_t i = 0; i < host.len; i++) {
        ck_assert_msg(host.ptr[i] != '\0' && strchr(allowed, host.ptr[i]) != NULL, "%.*s", SP_STR_ARGS(host));
    }
    ck_assert(literal || (host.ptr[0] != '.' && host.ptr[host.len - 1] != '.'));
    ck_assert(!fuzz_has(host, SP_STR("..")));
}

/* The same text in the other case is the same host, or also invalid. */
static void check_case(struct sp_str text, const struct sp_host *host)
{
    char upper[4096];
    struct sp_host other;
    if (text.len > sizeof upper) {
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        bool is_lower = text.ptr[i] >= 'a' && text.ptr[i] <= 'z';
        upper[i] = is_lower ? (char)(text.ptr[i] - 'a' + 'A') : text.ptr[i];
    }
    bool accepted = sp_host_parse((struct sp_str){upper, text.len}, &other);
    ck_assert_int_eq(accepted, host != NULL);
    if (accepted) {
        ck_assert_views_equal(sp_host_str(&other), sp_host_str(host));
    }
}

static void check_host(struct sp_str text)
{
    struct sp_host host;
    struct sp_host again;
    bool accepted = parse_host(text, &host);
    check_case(text, accepted ? &host : NULL);
    if (!accepted) {
        return;
    }
    ck_assert_uint_eq(strlen(host.name), host.len);
    check_alphabet(sp_host_str(&host));
    ck_assert(sp_host_parse(sp_host_str(&host), &again));
    ck_assert_views_equal(sp_host_str(&host), sp_host_str(&again));
    ck_assert(sp_host_in_domain(&host, sp_host_str(&host)));
}

static void check_origin(struct sp_str text)
{
    char storage[SP_ORIGIN_MAX + 1];
    struct sp_origin origin;
    struct sp_origin again;
    if (!sp_origin_parse(text, &origin)) {
        return;
    }
    check_alphabet(sp_host_str(&origin.host));
    ck_assert_uint_gt(origin.port, 0);
    struct sp_str written = append_origin(&origin, storage);
    ck_assert(sp_origin_parse(written, &again));
    ck_assert(sp_origin_equal(&origin, &again));
    again.scheme = origin.scheme == SP_SCHEME_HTTPS ? SP_SCHEME_HTTP : SP_SCHEME_HTTPS;
    ck_assert(!sp_origin_equal(&origin, &again));
}

/* A wildcard over the host's parent matches the host, and neither the parent nor a deeper name. */
static void check_wildcard(struct sp_str authority)
{
    char text[SP_ORIGIN_MAX + 16];
    struct sp_origin origin;
    struct sp_origin_pattern pattern;
    if (!sp_origin_parse_authority(SP_SCHEME_HTTPS, authority, &origin) || origin.host.len > 200) {
        return;
    }
    snprintf(text, sizeof text, "https://*.%s:%u", origin.host.name, origin.port);
    if (!sp_origin_pattern_parse(sp_str_from_c(text), &pattern)) {
        return;
    }
    ck_assert(!sp_origin_pattern_match(&pattern, &origin));
    struct sp_origin child = origin;
    child.host.len = (uint16_t)snprintf(child.host.name, sizeof child.host.name, "a.%s", origin.host.name);
    ck_assert(sp_origin_pattern_match(&pattern, &child));
    child.host.len = (uint16_t)snprintf(child.host.name, sizeof child.host.name, "a.b.%s", origin.host.name);
    ck_assert(!sp_origin_pattern_match(&pattern, &child));
}

FUZZ_TARGET(input)
{
    check_host(input);
    check_origin(input);
    check_wildcard(input);
}

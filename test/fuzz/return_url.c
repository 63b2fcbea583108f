/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Return addresses: according to a browser's reading (WHATWG URL, section 4.4), both an accepted text and the
 * Location made from it lead to the origin that the program found.
 */

#include "http/url.h"

#include "../unit/http/material.h"
#include "fuzz.h"

#define BASE SP_STR("https://app.test:8443")

static bool parse(struct sp_str text, const struct sp_origin *base, struct sp_url *out)
{
    if (PLANTED(sp_str_starts_with(text, SP_STR("//b")))) {
        return sp_url_parse_return(SP_STR("/"), base, out);
    }
    return sp_url_parse_return(text, base, out);
}

/* ---- a browser -------------------------------------------------------------------------------------- */

struct browser {
    char scheme[16];
    char authority[512]; /* host:port in lower case; empty: the base's */
};

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* Drops spaces and control characters at the ends, and line breaks everywhere. */
static struct sp_str clean(struct sp_str text, char *out)
{
    size_t len = 0;
    while (text.len > 0 && (unsigned char)text.ptr[text.len - 1] <= ' ') {
        text.len--;
    }
    while (text.len > 0 && (unsigned char)text.ptr[0] <= ' ') {
        text = sp_str_skip(text, 1);
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\t' && text.ptr[i] != '\n' && text.ptr[i] != '\r') {
            out[len++] = text.ptr[i];
        }
    }
    return (struct sp_str){out, len};
}

/* Bytes of the scheme with its colon; 0 if there is none. */
static size_t scheme_len(struct sp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ':') {
            return i + 1;
        }
        bool first = sp_ascii_is_alnum(text.ptr[i]) && !sp_ascii_is_digit(text.ptr[i]);
        bool later =
            sp_ascii_is_alnum(text.ptr[i]) || text.ptr[i] == '+' || text.ptr[i] == '-' || text.ptr[i] == '.';
        if (i == 0 ? !first : !later) {
            return 0;
        }
    }
    return 0;
}

static void copy_lower(struct sp_str text, char *out, size_t out_len)
{
    size_t len = text.len < out_len ? text.len : out_len - 1;
    for (size_t i = 0; i < len; i++) {
        out[i] = sp_ascii_lower(text.ptr[i]);
    }
    out[len] = '\0';
}

/* Up to the path, without user information, the root's dot and the default port of the scheme. */
static void read_authority(struct sp_str rest, struct browser *out)
{
    size_t len = 0;
    while (len < rest.len && !is_slash(rest.ptr[len]) && rest.ptr[len] != '?' && rest.ptr[len] != '#') {
        len++;
    }
    struct sp_str authority = {rest.ptr, len};
    while (sp_str_contains(authority, '@')) {
        authority = sp_str_skip(authority, sp_str_find(authority, '@') + 1);
    }
    const char *port = strcmp(out->scheme, "https") == 0 ? ":443" : ":80";
    if (sp_str_ends_with(authority, sp_str_from_c(port))) {
        authority.len -= strlen(port);
    }
    copy_lower(authority, out->authority, sizeof out->authority);
}

static struct browser browse(struct sp_str text, const char *base_scheme)
{
    static char bytes[65536];
    struct browser found = {.scheme = ""};
    text = clean(text, bytes);
    size_t len = scheme_len(text);
    if (len > 0) {
        copy_lower((struct sp_str){text.ptr, len - 1}, found.scheme, sizeof found.scheme);
    } else {
        copy_lower(sp_str_from_c(base_scheme), found.scheme, sizeof found.scheme);
    }
    struct sp_str rest = sp_str_skip(text, len);
    size_t slashes = 0;
    while (slashes < rest.len && is_slash(rest.ptr[slashes])) {
        slashes++;
    }
    if (slashes >= 2 || (len > 0 && strcmp(found.scheme, base_scheme) != 0)) {
        read_authority(sp_str_skip(rest, slashes), &found);
    }
    return found;
}

/* ---- properties ------------------------------------------------------------------------------------- */

/* The host as the program writes it, or unchanged, with a trailing dot or in another spelling of IPv6. */
static void check_authority(const struct browser *seen, const struct sp_origin *origin)
{
    struct sp_origin read;
    ck_assert_str_eq(seen->scheme, origin->scheme == SP_SCHEME_HTTPS ? "https" : "http");
    ck_assert_msg(sp_origin_parse_authority(origin->scheme, sp_str_from_c(seen->authority), &read),
                  "a browser goes to %s", seen->authority);
    ck_assert_msg(sp_origin_equal(&read, origin), "a browser goes to %s", seen->authority);
}

FUZZ_TARGET(input)
{
    struct sp_origin base;
    struct sp_url url;
    ck_assert(sp_origin_parse(BASE, &base));
    if (input.len > 32768 || !parse(input, &base, &url)) {
        return;
    }
    struct browser seen = browse(input, "https");
    if (seen.authority[0] != '\0') {
        check_authority(&seen, &url.origin);
    } else {
        ck_assert(sp_origin_equal(&url.origin, &base));
    }
    struct sp_str location = APPENDED(sp_url_append(&url, out));
    for (size_t i = 0; i < location.len; i++) {
        ck_assert(location.ptr[i] > ' ' && location.ptr[i] < 0x7f && location.ptr[i] != '\\');
    }
    seen = browse(location, "");
    check_authority(&seen, &url.origin);
    struct sp_url again;
    ck_assert(sp_url_parse(location, &again));
    ck_assert(sp_origin_equal(&again.origin, &url.origin));
}

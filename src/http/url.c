/* SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

/*
 * Parsers differ in what they drop (tabs, line ends, spaces), what they take for a slash (`\`) and what they
 * fold into ASCII (bytes from 0x80). Each difference has sent some program's users to another site.
 */
static bool is_unmistakable(struct sp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '\\') {
            return false;
        }
    }
    return true;
}

bool sp_url_parse(struct sp_str text, struct sp_url *out)
{
    if (!is_unmistakable(text)) {
        return false;
    }
    /* The authority ends at the first of `/?#` (RFC 3986, section 3.2). */
    size_t colon = sp_str_find(text, ':');
    bool has_scheme = sp_str_starts_with(sp_str_skip(text, colon), SP_STR("://"));
    size_t end = has_scheme ? colon + sizeof "://" - 1 : text.len;
    while (end < text.len && text.ptr[end] != '/' && text.ptr[end] != '?' && text.ptr[end] != '#') {
        end++;
    }
    struct sp_str target = end < text.len ? sp_str_skip(text, end) : SP_STR("/");
    struct sp_url url;
    if (!sp_origin_parse((struct sp_str){text.ptr, end}, &url.origin) ||
        !sp_target_parse(target, &url.target)) {
        return false;
    }
    *out = url;
    return true;
}

bool sp_url_parse_return(struct sp_str text, const struct sp_origin *base, struct sp_url *out)
{
    if (text.len == 0 || text.ptr[0] != '/') {
        return sp_url_parse(text, out);
    }
    struct sp_target target;
    if (base->scheme == SP_SCHEME_NONE || sp_str_starts_with(text, SP_STR("//")) || !is_unmistakable(text) ||
        !sp_target_parse(text, &target)) {
        return false;
    }
    out->origin = *base;
    out->target = target;
    return true;
}

void sp_url_append(const struct sp_url *url, struct sp_buf *out)
{
    sp_origin_append(&url->origin, out);
    sp_target_append_encoded(url->target.raw, out);
}

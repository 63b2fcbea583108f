/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_URL_H
#define SP_HTTP_URL_H

/*
 * Absolute http and https URLs and return addresses, parsed so strictly that no other parser (of RFC 3986 or
 * the WHATWG) can find a different origin in them. They contain no user information, backslash, control,
 * space or byte from 0x80, and have a path, and a host with a canonical form.
 */

#include "http/host.h"
#include "http/target.h"

struct sp_url {
    struct sp_origin origin;
    struct sp_target target; /* path `/` if the URL has none; views into the URL or a literal */
};

/*
 * Parses `scheme://authority[/path[?query]]` without a fragment, and without a query if there is no path.
 * Views point into `text`.
 */
bool sp_url_parse(struct sp_str text, struct sp_url *out) __attribute__((warn_unused_result));

/*
 * Parses a return address, as in `rd`: such a URL, or an origin-form target that stays at `base` (`/x`, never
 * `//x` or `/\x`). The caller decides whether returning to that origin is allowed.
 */
bool sp_url_parse_return(struct sp_str text, const struct sp_origin *base, struct sp_url *out)
    __attribute__((warn_unused_result));

/* Appends the complete URL, encoded for Location. */
void sp_url_append(const struct sp_url *url, struct sp_buf *out);

#endif

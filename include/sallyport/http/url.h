/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_URL_H
#define SP_HTTP_URL_H

/*
 * Absolute http and https URLs and return addresses, read so strictly that no other parser (RFC 3986's or the
 * WHATWG's) can find another origin in them: no user information, no backslash, no control, no space, no
 * byte from 0x80, a host that has a canonical form, and a path that is there.
 */

#include "http/host.h"
#include "http/target.h"

struct sp_url {
    struct sp_origin origin;
    struct sp_target target; /* path `/` when the URL has none; views into the text or to a literal */
};

/*
 * `scheme://authority[/path[?query]]`, no fragment, and no query without a path. Views point into `text`.
 */
bool sp_url_parse(struct sp_str text, struct sp_url *out) __attribute__((warn_unused_result));

/*
 * A return address as `rd` carries it: such a URL, or an origin-form target that stays at `base` (`/x`, never
 * `//x` or `/\x`). Whether the origin may be returned to is the caller's question.
 */
bool sp_url_parse_return(struct sp_str text, const struct sp_origin *base, struct sp_url *out)
    __attribute__((warn_unused_result));

/* The whole URL, encoded for Location. */
void sp_url_append(const struct sp_url *url, struct sp_buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_COOKIE_H
#define SP_HTTP_COOKIE_H

/*
 * Cookie request headers (RFC 6265bis, sections 4.2.1 and 5.8.3). Several lines count as one list. Names are
 * compared byte for byte. A browser treats `__host-x` like `__Host-x` when it stores a cookie, but a cookie
 * with a different spelling is not ours.
 */

#include "base/buf.h"
#include "http/head.h"

#define SP_COOKIES_MAX 256 /* pairs read per request; if there are more, none is accepted as ours */

struct sp_cookie {
    struct sp_str name;
    struct sp_str value; /* without surrounding double quotes or white space */
};

/* Walks all Cookie lines of a head: zero it, set `head`, then call sp_cookie_next until it returns false. */
struct sp_cookie_walk {
    const struct sp_head *head;
    size_t line;        /* next field line to read */
    size_t seen_n;      /* pairs read so far; above SP_COOKIES_MAX if the request has more */
    struct sp_str rest; /* unread part of the current line */
};

/* Skips pairs without `=`. False at the end, and after SP_COOKIES_MAX pairs. */
bool sp_cookie_next(struct sp_cookie_walk *walk, struct sp_cookie *out);

/*
 * Collects up to `max` values of `name`, in order. Returns how many there are, which may be more than `max`,
 * or 0 if the request has more than SP_COOKIES_MAX pairs.
 */
size_t sp_cookie_collect(const struct sp_head *head, struct sp_str name, struct sp_str *values, size_t max);

/*
 * Appends one Cookie value with every pair except those named `stem` or whose name starts with `stem` and
 * `-`. An application gets this if it must not see this program's cookies. Appends nothing if no pair is
 * left. The pairs stay as they were sent, and their number is not limited.
 */
void sp_cookie_append_without(const struct sp_head *head, struct sp_str stem, struct sp_buf *out);

#endif

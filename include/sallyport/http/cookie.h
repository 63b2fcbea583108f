/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_COOKIE_H
#define SP_HTTP_COOKIE_H

/*
 * Cookie request headers (RFC 6265bis, section 5.8.3 as sent; 4.2.1). Several lines count as one list. Names
 * are compared byte for byte: a browser treats `__host-x` like `__Host-x` when it stores, but what another
 * spelling carries is not ours.
 */

#include "base/buf.h"
#include "http/head.h"

#define SP_COOKIES_MAX 256 /* pairs looked at in one request; a request with more has none of ours */

struct sp_cookie {
    struct sp_str name;
    struct sp_str value; /* without surrounding double quotes or white space */
};

/* Walks all Cookie lines of a head: zero it, set `head`, call sp_cookie_next until it is false. */
struct sp_cookie_walk {
    const struct sp_head *head;
    size_t line;        /* next field line to look at */
    size_t seen_n;      /* past SP_COOKIES_MAX when there were more */
    struct sp_str rest; /* of the current line */
};

/* Pairs without `=` are skipped. False at the end, and past SP_COOKIES_MAX pairs. */
bool sp_cookie_next(struct sp_cookie_walk *walk, struct sp_cookie *out);

/*
 * Collects up to `max` values of `name` in order; returns how many there are, which may be more than `max`; 0
 * when the request has more than SP_COOKIES_MAX pairs.
 */
size_t sp_cookie_collect(const struct sp_head *head, struct sp_str name, struct sp_str *values, size_t max);

/*
 * Appends one Cookie value that holds every pair but those named `stem` or beginning with `stem` and `-`:
 * what an application gets when it is not to see this program's cookies. Nothing when nothing is left. The
 * pairs stay as they were sent, whatever their number.
 */
void sp_cookie_append_without(const struct sp_head *head, struct sp_str stem, struct sp_buf *out);

#endif

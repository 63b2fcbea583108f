/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_OVERRIDE_H
#define SP_HTTP_OVERRIDE_H

/*
 * Headers of a client that some applications believe in place of the request line: X-Original-URL,
 * X-Original-URI and X-Rewrite-URL for the path (IIS, Symfony, Zend), X-Original-Method,
 * X-HTTP-Method-Override, X-HTTP-Method and X-Method-Override for the method (Rails, Express, ASP.NET). Where
 * a rule decides by path or method, such a header makes the application serve another request than the one
 * that was judged. The proxy hands them on, so only a refusal stops them.
 *
 * A spelling that a program folds into one of these names is that name (see sp_head_folds_into).
 */

#include "http/head.h"

/* What a header overrides; the values are flags. */
enum sp_override {
    SP_OVERRIDE_PATH = 1 << 0,
    SP_OVERRIDE_METHOD = 1 << 1,
};

struct sp_override_header {
    struct sp_str lower_name;
    enum sp_override overrides;
    const char *text; /* a sentence that names it, in its usual spelling */
};

extern const struct sp_override_header sp_override_headers[];
extern const size_t sp_override_headers_n;

/* The first of them in the request that overrides one of `overrides` (flags); NULL when there is none. */
const struct sp_override_header *sp_override_find(const struct sp_head *head, unsigned overrides);

#endif

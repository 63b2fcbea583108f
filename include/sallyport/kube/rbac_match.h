/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_MATCH_H
#define SP_KUBE_RBAC_MATCH_H

/*
 * How the verbs and patterns (`nonResourceURLs`) of a ClusterRole meet a request. Two ways to read them:
 *
 *   kubernetes  as the API server does (k8s.io/component-helpers, auth/rbac/validation): the pattern `*`, one
 *               that equals the path, or one that ends in `*` and whose part before all its trailing stars
 *               the path begins with. A star elsewhere is a letter. Verbs are `*`, or equal to the method in
 *               lower case.
 *   globstar    as roles for the predecessor of this program are written: `*` is any bytes within a segment,
 *               `**` also across segments, the whole must match; a pattern that does not begin with `/` is
 *               compared with scheme, host and path, and `*` alone is everything. Verbs are compared without
 *               regard to ASCII case. A pattern that begins with `~`, there a regular expression, never
 *               matches.
 *
 * The path is decoded once and has no query. One that is not canonical (http/path.h) is matched only where
 * the odd bytes lie in what a trailing wildcard covers and are harmless there: what is allowed here is then
 * allowed by the API server, too.
 */

#include "base/buf.h"
#include "http/head.h"
#include "http/host.h"
#include "http/target.h"

enum sp_rbac_matching {
    SP_RBAC_KUBERNETES,
    SP_RBAC_GLOBSTAR,
};

#define SP_RBAC_URL_MAX (SP_ORIGIN_MAX + SP_TARGET_MAX) /* bytes */

/* What verbs and patterns are compared with. */
struct sp_rbac_request {
    struct sp_str method; /* as sent */
    struct sp_str path;   /* as sent */
    uint32_t marks;       /* of it */
    struct sp_str url;    /* scheme, host and the decoded path */
    size_t origin_len;    /* of it, what stands before the path */
};

/*
 *   scratch  empty; holds the URL. SP_RBAC_URL_MAX bytes are enough for any request that was read. Where it
 *            has no room, nothing matches
 */
void sp_rbac_request_init(struct sp_str method, const struct sp_origin *origin,
                          const struct sp_target *target, struct sp_buf *scratch,
                          struct sp_rbac_request *out);

bool sp_rbac_verb_matches(enum sp_rbac_matching matching, struct sp_str verb, struct sp_str method);

bool sp_rbac_pattern_matches(enum sp_rbac_matching matching, struct sp_str pattern,
                             const struct sp_rbac_request *request);

/* Whether a verb matches no request at all, for a warning: under kubernetes, one that has upper case. */
bool sp_rbac_verb_is_dead(enum sp_rbac_matching matching, struct sp_str verb);

/* Which patterns match no request at all, for a warning. */
enum sp_rbac_dead {
    SP_RBAC_ALIVE,
    SP_RBAC_DEAD_REGEX,     /* `~`: a regular expression of the predecessor */
    SP_RBAC_DEAD_URL,       /* a whole URL, which globstar would match */
    SP_RBAC_DEAD_NO_PATH,   /* under kubernetes; no path begins like it */
    SP_RBAC_DEAD_NO_SCHEME, /* under globstar: neither a path nor a URL begins like it */
    SP_RBAC_DEAD_HOST,      /* under globstar: no request has such a host, or a URL without a path */
};
enum sp_rbac_dead sp_rbac_pattern_is_dead(enum sp_rbac_matching matching, struct sp_str pattern);

/* Appends what was meant by a pattern that is dead for its scheme or host: with both as requests have them.
 * Where that cannot be known, it is the pattern again. */
void sp_rbac_pattern_repair(struct sp_str pattern, struct sp_buf *out);

/* `*`, or `**` and more: everything, under both. */
bool sp_rbac_pattern_is_everything(struct sp_str pattern);

#endif

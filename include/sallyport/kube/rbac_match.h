/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_MATCH_H
#define SP_KUBE_RBAC_MATCH_H

/*
 * How the verbs and patterns (`nonResourceURLs`) of a ClusterRole match a request. There are two modes:
 *
 *   kubernetes  as the API server does (k8s.io/component-helpers, auth/rbac/validation). A pattern matches if
 *               it is `*`, if it equals the path, or if it ends in `*` and the path begins with the part
 *               before all its trailing stars. A star elsewhere is an ordinary character. A verb is `*`, or
 *               equals the method in lower case.
 *   globstar    as in roles for this program's predecessor: `*` matches any bytes within a segment, `**` also
 *               across segments, and the whole string must match. A pattern that does not begin with `/` is
 *               compared with scheme, host and path, and `*` alone matches everything. Verbs are compared
 *               ignoring ASCII case. A pattern that begins with `~`, a regular expression there, never
 *               matches.
 *
 * The path is decoded once and has no query. If it is not canonical (http/path.h), it matches only if the
 * unusual bytes lie in the part that a trailing wildcard covers and are harmless there. So under kubernetes,
 * the API server allows everything that is allowed here.
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
    uint32_t marks;       /* marks of the path (http/path.h) */
    struct sp_str url;    /* scheme, host and the decoded path */
    size_t origin_len;    /* length of the part of `url` before the path */
};

/*
 *   scratch  must be empty; stores the URL. SP_RBAC_URL_MAX bytes are enough for any request that was
 *            accepted. If there is too little room, nothing matches
 */
void sp_rbac_request_init(struct sp_str method, const struct sp_origin *origin,
                          const struct sp_target *target, struct sp_buf *scratch,
                          struct sp_rbac_request *out);

bool sp_rbac_verb_matches(enum sp_rbac_matching matching, struct sp_str verb, struct sp_str method);

bool sp_rbac_pattern_matches(enum sp_rbac_matching matching, struct sp_str pattern,
                             const struct sp_rbac_request *request);

/* True if no request can match the verb, for a warning: under kubernetes, if it has upper case. */
bool sp_rbac_verb_is_dead(enum sp_rbac_matching matching, struct sp_str verb);

/* Why no request can match a pattern, for a warning. */
enum sp_rbac_dead {
    SP_RBAC_ALIVE,
    SP_RBAC_DEAD_REGEX,     /* begins with `~`: a regular expression in the predecessor */
    SP_RBAC_DEAD_URL,       /* a complete URL, which globstar would match */
    SP_RBAC_DEAD_NO_PATH,   /* under kubernetes: no path can start like the pattern */
    SP_RBAC_DEAD_NO_SCHEME, /* under globstar: neither a path nor a URL can start like the pattern */
    SP_RBAC_DEAD_HOST,      /* under globstar: no request has such a host, or the URL has no path */
};
enum sp_rbac_dead sp_rbac_pattern_is_dead(enum sp_rbac_matching matching, struct sp_str pattern);

/* For a pattern that no request can match because of its scheme or host: appends the pattern that was
 * probably meant, with both in the form that requests have. If that cannot be determined, appends the pattern
 * unchanged. */
void sp_rbac_pattern_repair(struct sp_str pattern, struct sp_buf *out);

/* True for `*`, `**` and more stars, which match everything in both modes. */
bool sp_rbac_pattern_is_everything(struct sp_str pattern);

#endif

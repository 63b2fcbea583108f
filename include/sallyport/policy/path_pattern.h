/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_PATH_PATTERN_H
#define SP_POLICY_PATH_PATTERN_H

/*
 * Path conditions. There are no regular expressions: an unanchored one has opened whole applications
 * elsewhere.
 *
 *   exact   `/healthz`
 *   prefix  on a segment boundary: `/assets` is itself and `/assets/...`, never `/assetsx`; `/` is all
 *   glob    `*` is any bytes within a segment, `**` also across segments, none included; a trailing
 *           slash and `**` take the path without that slash too
 *
 * How a pattern meets a path that is not canonical (http/path.h) depends on what the rule does:
 *
 *   opening to all   never
 *   opening to some  only when all odd bytes lie in the part that a prefix or a trailing wildcard covers
 *                    (the longest such part), and that part is harmless however often it is decoded
 *   closing          when any reading matches (policy/path_readings.h), with a slash at its end or without
 */

#include "base/error.h"
#include "http/head.h"
#include "http/path.h"
#include "policy/path_readings.h"

enum sp_path_pattern_kind {
    SP_PATTERN_EXACT,
    SP_PATTERN_PREFIX,
    SP_PATTERN_GLOB,
};

/* What a rule does. */
enum sp_action {
    SP_ACTION_DENY,        /* closes */
    SP_ACTION_PUBLIC,      /* opens to all */
    SP_ACTION_ALLOW,       /* opens to some */
    SP_ACTION_RBAC,        /* opens to those whom bindings of the cluster let in, and closes to others */
    SP_ACTION_PASSTHROUGH, /* opens to tokens of other issuers, and closes to all else */
};

/* The zero pattern matches nothing. */
struct sp_path_pattern {
    enum sp_path_pattern_kind kind;
    bool is_canonical; /* else it has a dot, a space or a colon at a segment's end, or a compatible form of
                          what is odd: no rule that opens matches such a path, so it only serves to close */
    size_t text_len;
    char *text;    /* canonical, begins with `/`; a prefix has no trailing slash but for `/` itself */
    char *decoded; /* the same, decoded, to compare with decoded readings; NULL where that is `text` */
};

#define SP_PATH_PATTERN_MAX 1024 /* bytes of the canonical form */

/*
 * Takes a pattern as the operator wrote it and brings it into canonical form (hexadecimal digits upper,
 * encoded unreserved characters plain, UTF-8, spaces and what else a path cannot carry plain encoded).
 *
 *   SP_ERR_FORMAT  not beginning with `/`, with `?` or `#`, no UTF-8, `*` outside a glob (a deny that was
 *                  meant as a glob would close nothing), or marked; `diag` says what to write
 *   SP_ERR_LIMIT, SP_ERR_MEMORY
 */
enum sp_error sp_path_pattern_init(enum sp_path_pattern_kind kind, struct sp_str text, struct sp_diag *diag,
                                   struct sp_path_pattern *out) __attribute__((warn_unused_result));
void sp_path_pattern_done(struct sp_path_pattern *pattern);

/*
 * `marks` are those of `path`. Allocates nothing; the time is at most linear in the path for each byte of
 * the pattern. To close, 114 KiB of stack: who has many patterns makes the readings once instead.
 */
bool sp_path_pattern_match(const struct sp_path_pattern *pattern, struct sp_str path, uint32_t marks,
                           enum sp_action action);

/* SP_ACTION_DENY over readings that were made before. */
bool sp_path_pattern_match_readings(const struct sp_path_pattern *pattern,
                                    const struct sp_path_readings *readings);

#endif

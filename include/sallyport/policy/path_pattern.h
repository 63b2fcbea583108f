/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_PATH_PATTERN_H
#define SP_POLICY_PATH_PATTERN_H

/*
 * Path conditions. There are no regular expressions, because unanchored ones have opened whole applications
 * elsewhere.
 *
 *   exact   `/healthz`
 *   prefix  on a segment boundary: `/assets` matches itself and `/assets/...`, never `/assetsx`; `/` matches
 *           all
 *   glob    `*` matches any bytes within a segment, `**` also across segments, and both may match nothing; a
 *           pattern that ends in a slash and `**` also matches the path before that slash
 *
 * How a pattern matches a path that is not canonical (http/path.h) depends on the effect of the rule:
 *
 *   opens to all   never
 *   opens to some  only if all unusual bytes lie in the part that a prefix or a trailing wildcard covers (the
 *                  longest such part), and that part is harmless however often it is decoded
 *   closes         if any reading matches (policy/path_readings.h), with or without a trailing slash
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

/* The effect of a rule. */
enum sp_action {
    SP_ACTION_DENY,        /* closes */
    SP_ACTION_PUBLIC,      /* opens to all */
    SP_ACTION_ALLOW,       /* opens to some */
    SP_ACTION_RBAC,        /* opens to users that the cluster's bindings let in, and closes to others */
    SP_ACTION_PASSTHROUGH, /* opens to tokens from other issuers, and closes to everything else */
};

/* The zero pattern matches nothing. */
struct sp_path_pattern {
    enum sp_path_pattern_kind kind;
    bool is_canonical; /* otherwise it has a dot, a space or a colon at the end of a segment, or a
                          compatibility form of an unusual character: no rule that opens can match such a
                          path, so the pattern only serves to close */
    size_t text_len;
    char *text;    /* canonical, begins with `/`; a prefix has no trailing slash, except `/` itself */
    char *decoded; /* `text` decoded, to compare with decoded readings; NULL if it is the same */
};

#define SP_PATH_PATTERN_MAX 1024 /* bytes of the canonical form */

/*
 * Parses a pattern as the operator wrote it and canonicalizes it: hexadecimal digits become upper case,
 * unreserved characters are decoded, and UTF-8, spaces and everything else that a path cannot carry as it is
 * are encoded.
 *
 *   SP_ERR_FORMAT  no `/` at the beginning, a `?` or `#`, invalid UTF-8, `*` outside a glob (a `deny` that
 *                  was meant as a glob would close nothing), or a path that programs interpret differently
 *                  (http/path.h); `diag` says what to write
 *   SP_ERR_LIMIT, SP_ERR_MEMORY
 */
enum sp_error sp_path_pattern_init(enum sp_path_pattern_kind kind, struct sp_str text, struct sp_diag *diag,
                                   struct sp_path_pattern *out) __attribute__((warn_unused_result));
void sp_path_pattern_done(struct sp_path_pattern *pattern);

/*
 * `marks` are those of `path`. Allocates nothing. The time is at most proportional to the length of the path
 * times that of the pattern. Matching to close takes 114 KiB of stack; callers with many patterns make the
 * readings once instead.
 */
bool sp_path_pattern_match(const struct sp_path_pattern *pattern, struct sp_str path, uint32_t marks,
                           enum sp_action action);

/* Matches like SP_ACTION_DENY, on readings that were made before. */
bool sp_path_pattern_match_readings(const struct sp_path_pattern *pattern,
                                    const struct sp_path_readings *readings);

#endif

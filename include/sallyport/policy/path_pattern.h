/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_PATH_PATTERN_H
#define SP_POLICY_PATH_PATTERN_H

/*
 * Path conditions: exact (`/healthz`), prefix on a segment boundary (`/assets`: itself and `/assets/…`, never
 * `/assetsx`; `/` is all), and glob (`*` within a segment, `**` across segments, as the last part also none).
 * There are no regular expressions: an unanchored one has opened whole applications elsewhere.
 *
 * How a pattern meets a path that is not canonical (http/path.h) depends on what the rule does:
 *
 *   opening to all   never
 *   opening to some  only when all odd octets lie in the part that a prefix or a trailing wildcard covers,
 * and that part is harmless however often it is decoded closing          when any reading matches: as sent,
 * decoded once or twice, and each of these cleaned
 */

#include "base/error.h"
#include "http/path.h"

enum sp_path_pattern_kind {
    SP_PATTERN_EXACT,
    SP_PATTERN_PREFIX,
    SP_PATTERN_GLOB,
};

enum sp_path_effect {
    SP_PATH_EFFECT_PUBLIC, /* opens to all */
    SP_PATH_EFFECT_ALLOW,  /* opens to some */
    SP_PATH_EFFECT_DENY,   /* closes */
};

struct sp_path_pattern {
    enum sp_path_pattern_kind kind;
    char *text; /* canonical, begins with `/`; a prefix has no trailing slash but for `/` itself */
};

#define SP_PATH_PATTERN_MAX 1024 /* octets */

/*
 * Takes a pattern as the operator wrote it and brings it into canonical form (hexadecimal digits upper,
 * encoded unreserved characters plain, UTF-8 and spaces encoded).
 *
 *   SP_ERR_FORMAT  not beginning with `/`, with `?` or `#`, or marked; `diag` says what to write
 *   SP_ERR_LIMIT, SP_ERR_MEMORY
 */
enum sp_error sp_path_pattern_init(enum sp_path_pattern_kind kind, struct sp_str text, struct sp_diag *diag,
                                   struct sp_path_pattern *out) __attribute__((warn_unused_result));
void sp_path_pattern_done(struct sp_path_pattern *pattern);

/* `marks` are those of `path`. Allocates nothing; time linear in the path for each `*` of the pattern. */
bool sp_path_pattern_match(const struct sp_path_pattern *pattern, struct sp_str path, uint32_t marks,
                           enum sp_path_effect effect);

#endif

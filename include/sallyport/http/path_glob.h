/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_PATH_GLOB_H
#define SP_HTTP_PATH_GLOB_H

/*
 * Globs over paths: `*` matches any bytes except `/`, and `**` (or more) matches any bytes; both may match
 * nothing. Everything else matches itself. The whole path must match. Bytes are compared as they are;
 * policy/path_pattern.h and kube/rbac_match.h decide which paths are acceptable.
 *
 * Pure, without allocation or recursion. Clients choose the path, so the time must be bounded: it is at most
 * proportional to the product of both lengths.
 */

#include "base/str.h"

/*
 * A glob that ends in `/` and `**` also matches the path without that slash.
 *
 *   glob  not empty
 *   tail  set on success to the start of the longest part of the path that the final wildcard can cover, or
 *         to the end of the path if the glob does not end in a wildcard or the wildcard covers nothing
 */
bool sp_path_glob_match(struct sp_str glob, struct sp_str path, size_t *tail);

/* Like sp_path_glob_match, but without that exception: for globs over whole URLs, as in roles for this
 * program's predecessor. The empty glob matches nothing. */
bool sp_path_glob_match_url(struct sp_str glob, struct sp_str url, size_t *tail);

/*
 * True if the glob matches the path with or without a trailing slash. Most applications serve one page under
 * both, so a rule that denies access treats them as one. The path `/` itself is only matched as it is.
 */
bool sp_path_glob_match_to_close(struct sp_str glob, struct sp_str path);

#endif

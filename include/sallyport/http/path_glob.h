/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_PATH_GLOB_H
#define SP_HTTP_PATH_GLOB_H

/*
 * Globs over paths: `*` matches any bytes except `/`, and `**` (or more) matches any bytes; both may match
 * nothing. Everything else matches itself. The whole path must match. Bytes are compared as they are;
 * policy/path_pattern.h and kube/rbac_match.h decide which paths are acceptable.
 *
 * Pure, without allocation or recursion. Clients choose the path, so the time must not explode: it is at most
 * proportional to the product of both lengths.
 */

#include "base/str.h"

/*
 * A glob that ends in `/` and `**` also matches the path without that slash.
 *
 *   glob  not empty
 *   tail  written on success: start of the part of the path that the final wildcard covers, as long as
 *         possible; the end of the path if the glob does not end in a wildcard or it covers nothing
 */
bool sp_path_glob_match(struct sp_str glob, struct sp_str path, size_t *tail);

/* The same without that exception: a glob over whole URLs, as in roles for this program's predecessor. The
 * empty glob matches nothing. */
bool sp_path_glob_match_url(struct sp_str glob, struct sp_str url, size_t *tail);

/*
 * True if the glob matches the path with or without a trailing slash. Most applications serve one page under
 * both, so a rule that denies access treats them as one. `/` alone stays as it is.
 */
bool sp_path_glob_match_to_close(struct sp_str glob, struct sp_str path);

#endif

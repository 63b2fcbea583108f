/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_PATH_GLOB_H
#define SP_HTTP_PATH_GLOB_H

/*
 * Globs over paths: `*` is any bytes but `/`, `**` (or more) any bytes, none included; all else is itself.
 * The whole path must match. Bytes are compared as they are: what a path may look like is the business of
 * policy/path_pattern.h and kube/rbac_match.h.
 *
 * Pure, without allocation or recursion. A request chooses the path, so the time must not explode: it is at
 * most the product of both lengths.
 */

#include "base/str.h"

/*
 * A glob that ends in `/` and `**` also takes the path without that slash.
 *
 *   glob  not empty
 *   tail  written on success: where in the path the part begins that a trailing wildcard covers, taken as
 *         long as possible; the end of the path when no wildcard ends the glob or it covers nothing
 */
bool sp_path_glob_match(struct sp_str glob, struct sp_str path, size_t *tail);

/* The same without that exception: a glob over whole URLs, as roles for the predecessor of this program have
 * them. The empty glob matches nothing. */
bool sp_path_glob_match_url(struct sp_str glob, struct sp_str url, size_t *tail);

/*
 * True when the glob matches the path with a slash at its end or without: most applications serve one page
 * under both, so to a rule that closes they are one. `/` alone stays what it is.
 */
bool sp_path_glob_match_to_close(struct sp_str glob, struct sp_str path);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_PATH_READINGS_H
#define SP_POLICY_PATH_READINGS_H

/*
 * What programs may take a path for, so that a rule which closes something holds whichever of them the
 * application is:
 *
 *   as it was sent, decoded once and decoded twice
 *   each decoded one up to a `?`, `#` or NUL that decoding brought forth
 *   all of these cleaned (http/path.h)
 *   what follows the host in `//host/path`
 *
 * Where a dot segment or backslash comes with anything else that is odd, there are more readings than can be
 * listed: the path is unclear, and everything is closed.
 */

#include "http/head.h"
#include "http/path.h"

/* True when there is but one reading of the path, the one that was sent. `marks` are those of the path. */
bool sp_path_is_plain(struct sp_str path, uint32_t marks);

#define SP_PATH_READINGS_MAX_N 11

/* Points into itself and the path. */
struct sp_path_readings {
    bool is_unclear; /* more readings than these, or a path too long to read */
    size_t items_n;
    struct sp_str items[SP_PATH_READINGS_MAX_N];
    size_t used_len;
    char storage[7 * SP_TARGET_MAX];
};

void sp_path_readings_make(struct sp_str path, struct sp_path_readings *out);

#endif

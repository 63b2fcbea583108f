/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_PATH_READINGS_H
#define SP_POLICY_PATH_READINGS_H

/*
 * What programs may take a path for, so that a rule which closes something holds whichever of them the
 * application is. A reading is what these habits make of the path, alone and together, in any order:
 *
 *   decoding, once or twice
 *   cleaning (http/path.h)
 *   taking out tabs and line ends, as browsers' parsers do
 *   cutting at a `?`, `#` or NUL that decoding brought forth; cutting at any other control
 *   UTF-8 that is ill-formed left out, or decoded by its bits (http/lenient.h)
 *   characters whose NFKC form holds . / ; or a backslash replaced by that form
 *   taking out the dots and spaces at a segment's end, as Windows does
 *   taking out a colon and what follows it in a segment, an alternate data stream there
 *   taking what follows two slashes or more at the beginning for a host
 *
 * No more than these: `/wiki/Inc.` stays open where
 * `/admin` is closed.
 *
 * Where a dot segment, backslash or control comes with anything else that is odd, there are more readings
 * than can be listed, and with many oddities more than there is room for: the path is unclear, and
 * everything is closed.
 */

#include "http/head.h"
#include "http/path.h"

/* True when there is but one reading of the path, the one that was sent. `marks` are those of the path. */
bool sp_path_is_plain(struct sp_str path, uint32_t marks);

#define SP_PATH_DECODINGS_MAX  2
#define SP_PATH_READINGS_MAX_N 64
#define SP_PATH_READINGS_MAX   114688 /* bytes of those that differ from the path, together */

/* Points into itself and the path. */
struct sp_path_readings {
    bool is_unclear; /* more readings than these, or longer ones */
    size_t items_n;
    struct sp_str items[SP_PATH_READINGS_MAX_N];
    size_t used_len;
    char storage[SP_PATH_READINGS_MAX];
};

void sp_path_readings_make(struct sp_str path, struct sp_path_readings *out);

/* True when some program may take the first segment of the path, or what the first one hides, for a host. */
bool sp_path_may_name_host(struct sp_str path);

#endif

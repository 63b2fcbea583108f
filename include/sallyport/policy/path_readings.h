/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_PATH_READINGS_H
#define SP_POLICY_PATH_READINGS_H

/*
 * The ways in which programs may interpret a path, so that a rule that closes something holds for any of
 * these programs. A reading is the result of these steps, alone or combined, in any order:
 *
 *   decoding, once or twice
 *   cleaning (http/path.h)
 *   removing tabs and line ends, as browsers' parsers do
 *   cutting at a `?`, `#` or NUL that decoding produced; cutting at any other control
 *   dropping ill-formed UTF-8, or decoding it by its raw bits (http/lenient.h)
 *   replacing a character whose NFKC form contains . / ; or a backslash by that form
 *   removing the dots and spaces at the end of a segment, as Windows does
 *   removing a colon and what follows it in a segment, an alternate data stream on Windows
 *   reading what follows two or more slashes at the beginning as a host
 *
 * There are no other readings: `/wiki/Inc.` is unusual, but a rule that closes `/admin` leaves it open.
 *
 * If a dot segment, backslash or control is combined with anything else unusual, there are more readings than
 * can be listed. With many unusual bytes there are more than fit. The path is then unclear, and everything is
 * closed.
 */

#include "http/head.h"
#include "http/path.h"

/* True if the path as sent is its only reading. `marks` are those of the path. */
bool sp_path_is_plain(struct sp_str path, uint32_t marks);

#define SP_PATH_DECODINGS_MAX  2
#define SP_PATH_READINGS_MAX_N 64
#define SP_PATH_READINGS_MAX   114688 /* bytes of all readings that differ from the path */

/* Points into itself and the path. */
struct sp_path_readings {
    bool is_unclear; /* there are more readings than could be listed */
    size_t items_n;
    struct sp_str items[SP_PATH_READINGS_MAX_N];
    size_t used_len;
    char storage[SP_PATH_READINGS_MAX];
};

void sp_path_readings_make(struct sp_str path, struct sp_path_readings *out);

/* True if some program may read the first segment of the path, or what that segment hides, as a host. */
bool sp_path_may_name_host(struct sp_str path);

#endif

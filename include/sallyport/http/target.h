/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_TARGET_H
#define SP_HTTP_TARGET_H

/*
 * A request target in origin-form (RFC 9112, section 3.2.1), and how it becomes a Location. The bytes are
 * kept unchanged, so that after login the browser returns to exactly the requested page.
 */

#include "base/buf.h"
#include "base/str.h"

#include <stdint.h>

struct sp_target {
    struct sp_str raw;
    struct sp_str path;  /* begins with `/`; if `marks` is 0, never with `//` or `/\` */
    struct sp_str query; /* without `?`; null pointer if there is none, empty for a bare `?` */
    uint32_t marks;      /* enum sp_path_mark, of the path */
};

/*
 * Parses a target. False if it is not origin-form, contains a control, a space, DEL or `#`, has a broken
 * escape in the path, or is longer than SP_TARGET_MAX. Bytes from 0x80 and the characters that URLs exclude
 * are accepted, since Traefik passes them on in the query.
 */
bool sp_target_parse(struct sp_str raw, struct sp_target *out) __attribute__((warn_unused_result));

/*
 * Appends `text` with every byte that a URL does not allow in a path or query as %XX, except those that
 * browsers send unencoded anyway: brackets, and a `%` that does not begin an escape. Escapes stay as they
 * are.
 */
void sp_target_append_encoded(struct sp_str text, struct sp_buf *out);

#endif

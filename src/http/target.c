/* SPDX-License-Identifier: Apache-2.0 */
#include "http/target.h"

#include "base/block.h"
#include "http/head.h"
#include "http/path.h"
#include "http/percent.h"

/*
 * pchar, `/` and `?` (RFC 3986, sections 3.3 and 3.4), and what browsers send unencoded anyway: brackets, and
 * in a query a `%` that does not begin an escape. Neither can change the URL's origin, and the browser must
 * return to exactly the requested page.
 */
static const bool url_bytes[256] = {
    ['!'] = true, ['$' ... ';'] = true, ['='] = true,         ['?' ... '['] = true,
    [']'] = true, ['_'] = true,         ['a' ... 'z'] = true, ['~'] = true,
};

static inline sp_block is_forbidden(sp_block block)
{
    return (sp_block)((block <= ' ') | (block == 0x7f) | (block == '#'));
}

bool sp_target_parse(struct sp_str raw, struct sp_target *out)
{
    if (raw.len == 0 || raw.len > SP_TARGET_MAX || raw.ptr[0] != '/' || sp_block_some(raw, is_forbidden)) {
        return false;
    }
    struct sp_str query = raw;
    struct sp_str path = sp_str_cut(&query, '?');
    uint32_t marks = sp_path_marks(path);
    if ((marks & SP_PATH_BAD_ESCAPE) != 0) {
        return false;
    }
    *out = (struct sp_target){.raw = raw, .path = path, .query = query, .marks = marks};
    return true;
}

void sp_target_append_encoded(struct sp_str text, struct sp_buf *out)
{
    sp_percent_append(text, url_bytes, out);
}

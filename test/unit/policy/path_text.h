/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_POLICY_PATH_TEXT_H
#define SP_TEST_UNIT_POLICY_PATH_TEXT_H

/* Paths by value, for the models of how programs interpret them. */

#include "base/buf.h"
#include "http/path.h"

#include "../suite.h"

struct text {
    char ptr[256];
    size_t len;
};

static inline struct text text_of(struct sp_str s)
{
    struct text text = {.len = s.len};
    ck_assert_uint_le(s.len, sizeof text.ptr);
    memcpy(text.ptr, s.ptr, s.len);
    return text;
}

static inline struct sp_str view(const struct text *text)
{
    return (struct sp_str){text->ptr, text->len};
}

static inline struct text decoded(const struct text *text)
{
    struct text out;
    struct sp_buf buf = SP_BUF_ON(out.ptr);
    sp_path_decode(view(text), &buf);
    out.len = sp_buf_str(&buf).len;
    return out;
}

#endif

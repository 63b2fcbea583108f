/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_HTTP_MATERIAL_H
#define SP_TEST_UNIT_HTTP_MATERIAL_H

/* What the tests of this room share: heads built from field lines, strings in static memory, and a seeded
 * PRNG. */

#include "base/buf.h"
#include "http/head.h"

#include "../suite.h"

#include <stdio.h>

/* splitmix64: the same sequence on every machine. */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline size_t next_below(uint64_t *state, size_t n)
{
    return (size_t)(next_random(state) % n);
}

/* Fills `out` with `len` bytes chosen from `alphabet`. */
static inline struct sp_str next_text(uint64_t *state, struct sp_str alphabet, char *out, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = alphabet.ptr[next_below(state, alphabet.len)];
    }
    return (struct sp_str){out, len};
}

/* A head with a Host line and these field lines, each ending in CRLF. */
static inline struct sp_head head_of(const char *lines)
{
    static char text[SP_HEAD_MAX];
    struct sp_head head;
    int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: sallyport\r\n%s\r\n", lines);
    ck_assert_int_lt(len, (int)sizeof text);
    enum sp_reason reason = sp_head_parse((struct sp_str){text, (size_t)len}, &head);
    ck_assert_msg(reason == SP_REASON_NONE, "%s: %s", sp_reason_name(reason), lines);
    return head;
}

/* What a void function appends to an empty buffer, as a view that lives until the next call. */
#define APPENDED(call)                                                                                       \
    __extension__({                                                                                          \
        static char storage_[3 * 65536];                                                                     \
        struct sp_buf out_;                                                                                  \
        struct sp_buf *out = &out_;                                                                          \
        sp_buf_init_fixed(out, storage_, sizeof storage_);                                                   \
        call;                                                                                                \
        ck_assert_int_eq(sp_buf_error(out), SP_OK);                                                          \
        sp_buf_str(out);                                                                                     \
    })

#endif

/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Forms: decoding encoded text restores it, decoded texts contain no NUL, and a parameter is found as often
 * as a slow implementation finds it.
 */

#include "http/form.h"

#include "../unit/http/material.h"
#include "fuzz.h"

#include <ctype.h>

static size_t find(struct sp_str form, struct sp_str name, struct sp_str *value)
{
    size_t n = sp_form_find(form, name, value);
    return PLANTED(n == 3) ? 1 : n;
}

/* The decoded bytes; false for an invalid escape or a NUL. */
static bool model_decode(struct sp_str raw, struct sp_buf *out)
{
    for (size_t i = 0; i < raw.len; i++) {
        char hex[3] = {0};
        char byte = raw.ptr[i] == '+' ? ' ' : raw.ptr[i];
        if (byte == '%') {
            if (raw.len - i < 3 || !isxdigit((unsigned char)raw.ptr[i + 1]) ||
                !isxdigit((unsigned char)raw.ptr[i + 2])) {
                return false;
            }
            memcpy(hex, raw.ptr + i + 1, 2);
            byte = (char)strtol(hex, NULL, 16);
            i += 2;
        }
        if (byte == '\0') {
            return false;
        }
        sp_buf_append_char(out, byte);
    }
    return true;
}

static void check_decode(struct sp_str raw)
{
    SP_BUF_SCOPED struct sp_buf decoded;
    SP_BUF_SCOPED struct sp_buf expected;
    sp_buf_init(&decoded, raw.len + 1);
    sp_buf_init(&expected, raw.len + 1);
    bool accepted = sp_form_decode(raw, &decoded) == SP_OK;
    ck_assert_int_eq(accepted, model_decode(raw, &expected));
    if (accepted) {
        ck_assert_views_equal(sp_buf_str(&decoded), sp_buf_str(&expected));
    }
}

static void check_encode(struct sp_str text)
{
    SP_BUF_SCOPED struct sp_buf decoded;
    struct sp_str encoded = APPENDED(sp_form_append_encoded(text, out));
    for (size_t i = 0; i < encoded.len; i++) {
        char c = encoded.ptr[i];
        ck_assert(sp_ascii_is_alnum(c) || (c != '\0' && strchr("-._~%", c) != NULL));
    }
    sp_buf_init(&decoded, text.len + 1);
    enum sp_error error = sp_form_decode(encoded, &decoded);
    ck_assert_int_eq(error, sp_str_contains(text, '\0') ? SP_ERR_FORMAT : SP_OK);
    if (error == SP_OK) {
        ck_assert_views_equal(sp_buf_str(&decoded), text);
    }
}

static void check_find(struct sp_str form, struct sp_str name)
{
    size_t n = 0;
    size_t pairs_n = 0;
    struct sp_str first = SP_STR_NONE;
    for (struct sp_str rest = form; rest.ptr != NULL;) {
        struct sp_str piece = sp_str_cut(&rest, '&');
        SP_BUF_SCOPED struct sp_buf decoded;
        sp_buf_init(&decoded, piece.len + 1);
        pairs_n += piece.len > 0;
        struct sp_str value = piece;
        if (piece.len > 0 && model_decode(sp_str_cut(&value, '='), &decoded) &&
            sp_str_equal(sp_buf_str(&decoded), name) && n++ == 0) {
            first = value;
        }
    }
    struct sp_str value;
    ck_assert_uint_eq(find(form, name, &value), pairs_n > SP_FORM_PAIRS_MAX ? 0 : n);
    ck_assert_views_equal(value, pairs_n > SP_FORM_PAIRS_MAX ? SP_STR_NONE : first);
}

FUZZ_TARGET(input)
{
    check_decode(input);
    check_encode(input);
    check_find(input, SP_STR("state"));
    check_find(input, SP_STR("a"));
}

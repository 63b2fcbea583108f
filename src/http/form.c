/* SPDX-License-Identifier: Apache-2.0 */
#include "http/form.h"

#include "http/percent.h"

bool sp_form_next(struct sp_str *rest, struct sp_form_pair *out)
{
    while (rest->ptr != NULL) {
        struct sp_str value = sp_str_cut(rest, '&');
        if (value.len > 0) {
            out->name = sp_str_cut(&value, '=');
            out->value = value;
            return true;
        }
    }
    return false;
}

/*
 * The decoded byte at `at`, and how many raw bytes it takes. -1 for a broken escape, and for NUL, which would
 * end the value early in C.
 */
static int decode_byte(struct sp_str raw, size_t at, size_t *taken)
{
    *taken = 1;
    if (raw.ptr[at] == '+') {
        return ' ';
    }
    if (raw.ptr[at] != '%') {
        return raw.ptr[at] == '\0' ? -1 : (unsigned char)raw.ptr[at];
    }
    *taken = SP_PERCENT_ESCAPE_LEN;
    int value = sp_percent_value(raw, at);
    return value == 0 ? -1 : value;
}

enum sp_error sp_form_decode(struct sp_str raw, struct sp_buf *out)
{
    size_t taken;
    for (size_t i = 0; i < raw.len; i += taken) {
        int byte = decode_byte(raw, i, &taken);
        if (byte < 0) {
            return SP_ERR_FORMAT;
        }
        sp_buf_append_char(out, (char)byte);
    }
    return sp_buf_error(out);
}

static bool decodes_to(struct sp_str raw, struct sp_str text)
{
    size_t taken;
    size_t n = 0;
    for (size_t i = 0; i < raw.len; i += taken) {
        int byte = decode_byte(raw, i, &taken);
        if (byte < 0 || n == text.len || (char)byte != text.ptr[n]) {
            return false;
        }
        n++;
    }
    return n == text.len;
}

size_t sp_form_find(struct sp_str form, struct sp_str name, struct sp_str *raw_value)
{
    struct sp_form_pair pair;
    struct sp_str first = SP_STR_NONE;
    size_t n = 0;
    size_t pairs_n = 0;
    while (sp_form_next(&form, &pair) && pairs_n <= SP_FORM_PAIRS_MAX) {
        pairs_n++;
        if (decodes_to(pair.name, name) && n++ == 0) {
            first = pair.value;
        }
    }
    bool too_many = pairs_n > SP_FORM_PAIRS_MAX;
    if (raw_value != NULL) {
        *raw_value = too_many ? SP_STR_NONE : first;
    }
    return too_many ? 0 : n;
}

void sp_form_append_encoded(struct sp_str value, struct sp_buf *out)
{
    sp_percent_append(value, sp_percent_unreserved, out);
}

void sp_form_append_pair(struct sp_str name, struct sp_str value, struct sp_buf *out)
{
    struct sp_str before = sp_buf_str(out);
    if (before.len > 0 && before.ptr[before.len - 1] != '?' && before.ptr[before.len - 1] != '&') {
        sp_buf_append_char(out, '&');
    }
    sp_form_append_encoded(name, out);
    sp_buf_append_char(out, '=');
    sp_form_append_encoded(value, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/json_pointer.h"

#include "base/number.h"
#include "jose/json_text.h"

enum sp_error sp_json_pointer_check(struct sp_str pointer, struct sp_diag *diag)
{
    size_t steps_n = 0;
    if (!sp_json_is_pointer(pointer)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "does not begin with /");
    }
    if (pointer.len > SP_JSON_POINTER_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "is longer than %d bytes", SP_JSON_POINTER_MAX);
    }
    for (size_t i = 0; i < pointer.len; i++) {
        steps_n += pointer.ptr[i] == '/';
        char escaped = i + 1 < pointer.len ? pointer.ptr[i + 1] : '\0';
        if (pointer.ptr[i] == '~' && escaped != '0' && escaped != '1') {
            return sp_diag_set(diag, SP_ERR_FORMAT, "has a ~ that is neither ~0 (for ~) nor ~1 (for /)");
        }
    }
    if (steps_n > SP_JSON_DEPTH_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "has more than %d steps", SP_JSON_DEPTH_MAX);
    }
    return SP_OK;
}

bool sp_json_pointer_next(struct sp_str *rest, struct sp_buf *name)
{
    if (!sp_json_is_pointer(*rest)) {
        return false;
    }
    struct sp_str step = sp_str_skip(*rest, 1);
    step.len = sp_str_find(step, '/');
    *rest = sp_str_skip(*rest, 1 + step.len);
    sp_buf_clear(name);
    for (size_t i = 0; i < step.len; i++) {
        char c = step.ptr[i];
        if (c == '~' && i + 1 < step.len) {
            c = step.ptr[++i] == '1' ? '/' : '~';
        }
        sp_buf_append_char(name, c);
    }
    return true;
}

const json_t *sp_json_pointer_find(const json_t *value, struct sp_str pointer)
{
    SP_BUF_ON_STACK(name, SP_JSON_POINTER_MAX + 1);
    uint64_t index;
    while (value != NULL && sp_json_pointer_next(&pointer, &name)) {
        if (json_is_array(value)) {
            bool is_index = sp_number_parse_u64(sp_buf_str(&name), SIZE_MAX, &index);
            value = is_index ? json_array_get(value, index) : NULL;
        } else {
            value = json_object_get(value, sp_buf_c_str(&name));
        }
    }
    return value;
}

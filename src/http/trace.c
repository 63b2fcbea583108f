/* SPDX-License-Identifier: Apache-2.0 */
#include "http/trace.h"

#define VERSION_LEN  2
#define TRACE_ID_LEN 32
#define PARENT_LEN   16
#define FLAGS_LEN    2
#define WHOLE_LEN    (VERSION_LEN + 1 + TRACE_ID_LEN + 1 + PARENT_LEN + 1 + FLAGS_LEN)

/* Takes a field of `len` characters from the front of `rest`, and the hyphen after it if more follows. False
 * if it is not lower-case hexadecimal, or consists only of the digit `none`. */
static bool take_field(struct sp_str *rest, size_t len, char none, struct sp_str *out)
{
    bool is_some = false;
    if (rest->len < len || (rest->len > len && rest->ptr[len] != '-')) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char c = rest->ptr[i];
        if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
            return false;
        }
        is_some = is_some || c != none;
    }
    *out = (struct sp_str){rest->ptr, len};
    *rest = sp_str_skip(*rest, rest->len > len ? len + 1 : len);
    return is_some;
}

struct sp_str sp_trace_id(struct sp_str traceparent)
{
    struct sp_str rest = traceparent;
    struct sp_str version;
    struct sp_str id;
    struct sp_str parent;
    struct sp_str flags;
    bool is_whole = take_field(&rest, VERSION_LEN, 'f', &version) &&
                    take_field(&rest, TRACE_ID_LEN, '0', &id) &&
                    take_field(&rest, PARENT_LEN, '0', &parent) && take_field(&rest, FLAGS_LEN, '\0', &flags);
    bool may_go_on = is_whole && !sp_str_equal(version, SP_STR("00"));
    return is_whole && (traceparent.len == WHOLE_LEN || may_go_on) ? id : SP_STR_NONE;
}

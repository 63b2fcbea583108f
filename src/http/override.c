/* SPDX-License-Identifier: Apache-2.0 */
#include "http/override.h"

#define HEADER(lower, name, overrides)                                                                       \
    {                                                                                                        \
        SP_STR(lower), (overrides), "The header is " name "."                                                \
    }

const struct sp_override_header sp_override_headers[] = {
    HEADER("x-original-url", "X-Original-URL", SP_OVERRIDE_PATH),
    HEADER("x-original-uri", "X-Original-URI", SP_OVERRIDE_PATH),
    HEADER("x-rewrite-url", "X-Rewrite-URL", SP_OVERRIDE_PATH),
    HEADER("x-original-method", "X-Original-Method", SP_OVERRIDE_METHOD),
    HEADER("x-http-method-override", "X-HTTP-Method-Override", SP_OVERRIDE_METHOD),
    HEADER("x-http-method", "X-HTTP-Method", SP_OVERRIDE_METHOD),
    HEADER("x-method-override", "X-Method-Override", SP_OVERRIDE_METHOD),
};
const size_t sp_override_headers_n = sizeof sp_override_headers / sizeof sp_override_headers[0];

#define LENGTH_OF(name) (UINT32_C(1) << (sizeof(name) - 1))

/* Lengths of the names, a bit each: nearly every line of a request is dismissed by its length or first byte. */
static const uint32_t lengths = LENGTH_OF("x-original-url") | LENGTH_OF("x-rewrite-url") |
                                LENGTH_OF("x-original-method") | LENGTH_OF("x-http-method-override");

static inline bool may_be_one(struct sp_str name)
{
    return name.len < 32 && (lengths >> name.len & 1) != 0 && sp_ascii_lower(name.ptr[0]) == 'x';
}

static const struct sp_override_header *find_name(struct sp_str name, unsigned overrides)
{
    for (size_t i = 0; i < sp_override_headers_n; i++) {
        const struct sp_override_header *header = &sp_override_headers[i];
        if ((header->overrides & overrides) != 0 && sp_head_folds_into(name, header->lower_name)) {
            return header;
        }
    }
    return NULL;
}

const struct sp_override_header *sp_override_find(const struct sp_head *head, unsigned overrides)
{
    for (size_t i = 0; i < head->headers_n; i++) {
        struct sp_str name = head->headers[i].name;
        const struct sp_override_header *found = may_be_one(name) ? find_name(name, overrides) : NULL;
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

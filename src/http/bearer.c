/* SPDX-License-Identifier: Apache-2.0 */
#include "http/bearer.h"

#include "base/block.h"

static inline sp_block is_odd(sp_block block)
{
    return ~(sp_block_alnum(block) | (sp_block)(block == '-') | (sp_block)(block == '.') |
             (sp_block)(block == '_') | (sp_block)(block == '~') | (sp_block)(block == '+') |
             (sp_block)(block == '/'));
}

struct sp_str sp_bearer_read(const struct sp_head *head)
{
    struct sp_str rest = sp_head_single(head, SP_HEADER_AUTHORIZATION);
    struct sp_str scheme = SP_STR("Bearer ");
    if (!sp_str_starts_with_ci(rest, scheme)) {
        return SP_STR_NONE;
    }
    rest = sp_str_skip(rest, scheme.len);
    while (sp_str_starts_with(rest, SP_STR(" "))) {
        rest = sp_str_skip(rest, 1);
    }
    return rest;
}

bool sp_bearer_has_form(struct sp_str text)
{
    size_t len = text.len;
    while (len > 0 && text.ptr[len - 1] == '=') {
        len--;
    }
    return len > 0 && !sp_block_some((struct sp_str){text.ptr, len}, is_odd);
}

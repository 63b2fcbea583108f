/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_HASH_H
#define SP_KUBE_RBAC_HASH_H

/*
 * The hash of names in this room's tables: 32-bit FNV-1a, computed over parts of a string. The names come
 * from objects of the cluster's administrators. Names from requests are looked up and never stored, so
 * clients cannot fill a table with colliding names.
 */

#include "base/str.h"

#include <stdint.h>

#define SP_RBAC_HASH_BEGIN 2166136261U

enum sp_rbac_hash_case {
    SP_RBAC_HASH_BYTES,
    SP_RBAC_HASH_FOLDED, /* ignores the case of ASCII letters */
};

/* Continues from the hash of the preceding parts. */
static inline uint32_t sp_rbac_hash(uint32_t hash, struct sp_str part, enum sp_rbac_hash_case folding)
{
    for (size_t i = 0; i < part.len; i++) {
        char c = folding == SP_RBAC_HASH_FOLDED ? sp_ascii_lower(part.ptr[i]) : part.ptr[i];
        hash = (hash ^ (uint8_t)c) * 16777619U;
    }
    return hash;
}

#endif

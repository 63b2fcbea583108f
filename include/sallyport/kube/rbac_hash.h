/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_HASH_H
#define SP_KUBE_RBAC_HASH_H

/*
 * The hash of names in the tables of this room: FNV-1a of 32 bits, which takes a text in parts. The names
 * come from the objects of the cluster's administrators; what a stranger asks for is looked up and never
 * stored, so nobody can fill a table with names that collide.
 */

#include "base/str.h"

#include <stdint.h>

#define SP_RBAC_HASH_BEGIN 2166136261U

enum sp_rbac_hash_case {
    SP_RBAC_HASH_BYTES,
    SP_RBAC_HASH_FOLDED, /* ASCII letters as lower case */
};

/* Goes on from the hash of what stands before the part. */
static inline uint32_t sp_rbac_hash(uint32_t hash, struct sp_str part, enum sp_rbac_hash_case folding)
{
    for (size_t i = 0; i < part.len; i++) {
        char c = folding == SP_RBAC_HASH_FOLDED ? sp_ascii_lower(part.ptr[i]) : part.ptr[i];
        hash = (hash ^ (uint8_t)c) * 16777619U;
    }
    return hash;
}

#endif

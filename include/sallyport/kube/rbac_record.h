/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_RECORD_H
#define SP_KUBE_RBAC_RECORD_H

/*
 * The stored form of one ClusterRole or ClusterRoleBinding: its name, and what can affect a decision about a
 * path. For a binding of 745 bytes of JSON that is about a hundred bytes. A record is never changed once it
 * is made, except for its reference count, and for the members that the set fills in. It is
 * reference-counted, so the set of objects (kube/rbac_objects.h) and the indexes built from it
 * (kube/rbac_index.h) share it.
 *
 * Its bytes are a sequence of strings and numbers. A number is stored in groups of seven bits, the lowest
 * first; a string follows its length.
 *
 *   binding  name, name of the role, then each subject that can count: a string of kind and name
 *   role     name, then each rule that has paths: its index, number of verbs, verbs, number of patterns,
 *            patterns
 *
 * A subject that can never count is not stored: a ServiceAccount, or one of another apiGroup. An absent or
 * empty apiGroup is that of RBAC, which the API server fills in; the same applies to roleRef.
 */

#include "base/error.h"
#include "base/str.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdint.h>

enum sp_rbac_kind {
    SP_RBAC_ROLE,
    SP_RBAC_BINDING,
    SP_RBAC_KIND_COUNT,
};

enum sp_rbac_subject_kind {
    SP_RBAC_USER = 'U',
    SP_RBAC_GROUP = 'G',
};

struct sp_rbac_record {
    atomic_uint refs;
    uint32_t generation; /* used by the set: the number of the list that it was last seen in */
    uint64_t serial;     /* serial of the change that added it */
    uint32_t parts_n;    /* number of subjects or rules */
    uint32_t len;        /* length of `bytes` */
    char bytes[];
};

/* Describes a fault in an object, for people: the message, and the place as a JSON pointer (RFC 6901). */
#define SP_RBAC_POINTER_MAX 128 /* bytes with the NUL */
struct sp_rbac_fault {
    char pointer[SP_RBAC_POINTER_MAX];
    const char *text; /* a literal */
};

/* The name of an object; empty if it has none. */
struct sp_str sp_rbac_object_name(const json_t *object);

/*
 * Makes a new record with one reference. `out` is set to NULL if nothing in the object can affect a decision
 * about a path.
 *
 *   SP_ERR_FORMAT  the API server would not accept it; `fault` says where
 *   SP_ERR_MEMORY
 */
enum sp_error sp_rbac_record_new(enum sp_rbac_kind kind, const json_t *object, struct sp_rbac_fault *fault,
                                 struct sp_rbac_record **out) __attribute__((warn_unused_result));

/* From any thread. */
struct sp_rbac_record *sp_rbac_record_ref(struct sp_rbac_record *record);

/* From any thread. Accepts NULL. */
void sp_rbac_record_unref(struct sp_rbac_record *record);

/* The record's bytes, to be taken in sequence. */
static inline struct sp_str sp_rbac_record_bytes(const struct sp_rbac_record *record)
{
    return (struct sp_str){record->bytes, record->len};
}

static inline uint32_t sp_rbac_take_number(struct sp_str *rest)
{
    uint32_t number = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = (uint8_t)*rest->ptr++;
        rest->len--;
        number |= (uint32_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte >= 0x80);
    return number;
}

static inline struct sp_str sp_rbac_take_text(struct sp_str *rest)
{
    size_t len = sp_rbac_take_number(rest);
    struct sp_str text = {rest->ptr, len};
    rest->ptr += len;
    rest->len -= len;
    return text;
}

static inline struct sp_str sp_rbac_record_name(const struct sp_rbac_record *record)
{
    struct sp_str rest = sp_rbac_record_bytes(record);
    return sp_rbac_take_text(&rest);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_RECORD_H
#define SP_KUBE_RBAC_RECORD_H

/*
 * What is kept of one ClusterRole or ClusterRoleBinding: its name, and what can decide about a path. Of a
 * binding of 745 bytes of JSON that is about a hundred. A record is never written once it is made, but for
 * what its owner notes; it is counted, so the set of objects (kube/rbac_objects.h) and the indexes that were
 * built of it (kube/rbac_index.h) share it.
 *
 * Its bytes are texts and numbers in a row: a number in groups of seven bits, the lowest first; a text behind
 * its length.
 *
 *   binding  name, name of the role, then each subject that can count: a text of kind and name
 *   role     name, then each rule that has paths: its place, the number of verbs, verbs, of patterns,
 *            patterns
 *
 * A subject that can never count is not kept: a ServiceAccount, one of another apiGroup. An apiGroup that is
 * absent or empty is the one of RBAC, as the API server fills it in; so is that of roleRef.
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
    uint32_t generation; /* the set's own: of the list that it was last seen in */
    uint64_t serial;     /* of the change that brought it */
    uint32_t parts_n;    /* subjects, or rules */
    uint32_t len;        /* of `bytes` */
    char bytes[];
};

/* What is wrong with an object, for a person: the text, and the place as a JSON pointer (RFC 6901). */
#define SP_RBAC_POINTER_MAX 128 /* bytes with the NUL */
struct sp_rbac_fault {
    char pointer[SP_RBAC_POINTER_MAX];
    const char *text; /* static */
};

/* The name of an object; empty where there is none. */
struct sp_str sp_rbac_object_name(const json_t *object);

/*
 * A new record with one reference; NULL in `out` where nothing of the object can decide about a path.
 *
 *   SP_ERR_FORMAT  not what the API server accepts; `fault` says where
 *   SP_ERR_MEMORY
 */
enum sp_error sp_rbac_record_new(enum sp_rbac_kind kind, const json_t *object, struct sp_rbac_fault *fault,
                                 struct sp_rbac_record **out) __attribute__((warn_unused_result));

/* From any thread. */
struct sp_rbac_record *sp_rbac_record_ref(struct sp_rbac_record *record);

/* From any thread. Accepts NULL. */
void sp_rbac_record_unref(struct sp_rbac_record *record);

/* Its bytes, to be taken one after the other. */
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

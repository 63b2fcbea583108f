/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_INDEX_H
#define SP_KUBE_RBAC_INDEX_H

/*
 * Who may do what, by subject. An index is built from a set of objects (kube/rbac_objects.h), never written
 * afterwards, reference-counted, and shared by all threads. A decision costs one lookup for the user and one
 * for each group, and then walks the roles bound to the subjects that were found, each once however many
 * bindings grant it. Bindings of other users add no cost. Nothing is allocated.
 *
 * Only a ClusterRole that a ClusterRoleBinding refers to grants a path. A missing role is skipped. Names are
 * bytes: ` x ` and `*` have no special meaning.
 *
 * It is built in small steps, so that its thread can do other work in between. Changes to the set in the
 * meantime are not included; the next index has them.
 */

#include "kube/rbac_findings.h"

struct sp_rbac_index;

/* ---- building ------------------------------------------------------------------------------------- */

struct sp_rbac_build;

/* Records everything that the set contains now. The set must have been swept. NULL if out of memory. */
struct sp_rbac_build *sp_rbac_build_begin(const struct sp_rbac_objects *objects)
    __attribute__((warn_unused_result));

/*
 * Processes up to `items_n` more items: roles, bindings, subjects of a binding. 1,000 take less than a
 * millisecond. Once all are processed, `out` is set to the complete index, with one reference, and the build
 * can only be freed. Before that, `out` is set to NULL. SP_ERR_MEMORY.
 */
enum sp_error sp_rbac_build_step(struct sp_rbac_build *build, size_t items_n, struct sp_rbac_index **out)
    __attribute__((warn_unused_result));

/* May be called before the build is done. Accepts NULL. */
void sp_rbac_build_free(struct sp_rbac_build *build);

/* Builds the whole index at once. SP_ERR_MEMORY. */
enum sp_error sp_rbac_index_new(const struct sp_rbac_objects *objects, struct sp_rbac_index **out)
    __attribute__((warn_unused_result));

/* From any thread. */
struct sp_rbac_index *sp_rbac_index_ref(struct sp_rbac_index *index);

/* From any thread. Accepts NULL. */
void sp_rbac_index_unref(struct sp_rbac_index *index);

/* ---- deciding ------------------------------------------------------------------------------------- */

/* The grant that allowed a request; views into the index. */
struct sp_rbac_grant {
    struct sp_str binding;
    struct sp_str role;
    size_t rule;           /* number of the rule in the role, from 1 */
    struct sp_str pattern; /* the pattern of that rule that matched */
};

/*
 * Finds the next grant to this subject that allows the request, in no particular order. Zero the cursor
 * first. The first grant decides; `explain` prints all of them.
 *
 *   prefix, name  concatenated, they are the subject's name as in rules, with the prefix
 */
struct sp_rbac_cursor {
    uint32_t next;
    bool has_begun;
};
bool sp_rbac_index_next_grant(const struct sp_rbac_index *index, const struct sp_rbac_request *request,
                              enum sp_rbac_subject_kind kind, struct sp_str prefix, struct sp_str name,
                              struct sp_rbac_cursor *cursor, struct sp_rbac_grant *out);

/* The serial of the set that the index was built from, and the number of bindings in that set. */
uint64_t sp_rbac_index_serial(const struct sp_rbac_index *index);
size_t sp_rbac_index_bindings(const struct sp_rbac_index *index);

/* Bytes of memory that the index takes, without the records that it shares with the set. */
size_t sp_rbac_index_len(const struct sp_rbac_index *index);

/* ---- findings ------------------------------------------------------------------------------------- */

/* Total number of findings; those beyond SP_RBAC_FINDINGS_MAX are not stored. */
size_t sp_rbac_index_findings_n(const struct sp_rbac_index *index);

/* The finding at `i`, which must be below sp_rbac_index_findings_n and SP_RBAC_FINDINGS_MAX. Its views are
 * borrowed. */
struct sp_rbac_finding sp_rbac_index_finding(const struct sp_rbac_index *index, size_t i);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_INDEX_H
#define SP_KUBE_RBAC_INDEX_H

/*
 * Who may do what, by subject: built of a set of objects (kube/rbac_objects.h), never written afterwards,
 * counted, and shared by all threads. A question costs one look-up for the user and for each of the groups,
 * and the roles that are bound to those that are found, each walked once however many bindings give it: how
 * much other people are bound to does not matter. Nothing is allocated.
 *
 * Only a ClusterRole that a ClusterRoleBinding refers to gives a path. A role that is not there is skipped.
 * Names are bytes: ` x ` and `*` are themselves.
 *
 * It is built in small steps, so that the thread that does it can serve others in between. What changes in
 * the set meanwhile is not in it: the next one has it.
 */

#include "kube/rbac_findings.h"

struct sp_rbac_index;

/* ---- building ------------------------------------------------------------------------------------- */

struct sp_rbac_build;

/* Takes note of all that is in the set now, which is swept. NULL without memory. */
struct sp_rbac_build *sp_rbac_build_begin(const struct sp_rbac_objects *objects)
    __attribute__((warn_unused_result));

/*
 * Goes on for `items_n` items: roles, bindings, subjects of one. 1,000 take less than a millisecond. `out` is
 * the whole index with one reference when all is done (then the build is only to be freed), else NULL.
 * SP_ERR_MEMORY.
 */
enum sp_error sp_rbac_build_step(struct sp_rbac_build *build, size_t items_n, struct sp_rbac_index **out)
    __attribute__((warn_unused_result));

/* Also before it is done. Accepts NULL. */
void sp_rbac_build_free(struct sp_rbac_build *build);

/* All at once. SP_ERR_MEMORY. */
enum sp_error sp_rbac_index_new(const struct sp_rbac_objects *objects, struct sp_rbac_index **out)
    __attribute__((warn_unused_result));

/* From any thread. */
struct sp_rbac_index *sp_rbac_index_ref(struct sp_rbac_index *index);

/* From any thread. Accepts NULL. */
void sp_rbac_index_unref(struct sp_rbac_index *index);

/* ---- asking --------------------------------------------------------------------------------------- */

/* What allowed a request; views into the index. */
struct sp_rbac_grant {
    struct sp_str binding;
    struct sp_str role;
    size_t rule;           /* of the role, from 1 */
    struct sp_str pattern; /* of that rule */
};

/*
 * The next grant to this subject that allows the request, in no order; zero the cursor first. The first one
 * decides; `explain` tells them all.
 *
 *   prefix, name  together the name of the subject, prefix included as rules see it
 */
struct sp_rbac_cursor {
    uint32_t next;
    bool has_begun;
};
bool sp_rbac_index_next_grant(const struct sp_rbac_index *index, const struct sp_rbac_request *request,
                              enum sp_rbac_subject_kind kind, struct sp_str prefix, struct sp_str name,
                              struct sp_rbac_cursor *cursor, struct sp_rbac_grant *out);

/* Of the set that it was built of: its serial, and how many bindings. */
uint64_t sp_rbac_index_serial(const struct sp_rbac_index *index);
size_t sp_rbac_index_bindings(const struct sp_rbac_index *index);

/* Bytes that it takes beside the records that it shares with the set. */
size_t sp_rbac_index_len(const struct sp_rbac_index *index);

/* ---- what is unwise ------------------------------------------------------------------------------- */

/* How many there are; those from SP_RBAC_FINDINGS_MAX on are not kept. */
size_t sp_rbac_index_findings_n(const struct sp_rbac_index *index);

/* `i` is below that and below SP_RBAC_FINDINGS_MAX; borrows. */
struct sp_rbac_finding sp_rbac_index_finding(const struct sp_rbac_index *index, size_t i);

#endif

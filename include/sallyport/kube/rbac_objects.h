/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_OBJECTS_H
#define SP_KUBE_RBAC_OBJECTS_H

/*
 * The ClusterRoles and ClusterRoleBindings that are known, by name: a compact set that one thread changes as
 * objects come and go, and from which indexes are built (kube/rbac_index.h). What cannot decide about a path
 * is not kept: resources, labels, annotations; a role without paths, a binding without users and groups; and,
 * unless the settings take them in, the bindings that Kubernetes ships itself.
 *
 * A relist goes over the set in place: objects that are put are marked, and after its end those that were not
 * seen again are swept out, in steps, so that the thread that does it can serve others in between. Until then
 * the old ones stay.
 *
 * The limit is one of all that objects make the process hold: the records, this set, the index that serves
 * and the next one, while that is made. Beside it there are only records that were replaced since the index
 * that serves was made.
 *
 * An object that cannot be read gives nothing: one of its name is dropped. Nothing here ever denies, so less
 * is the safe side.
 */

#include "kube/rbac_match.h"
#include "kube/rbac_record.h"

#define SP_RBAC_BYTES_MAX  ((size_t)64 * 1024 * 1024) /* of all that is held */
#define SP_RBAC_PREFIX_MAX 128                        /* bytes of a prefix */

/* What is counted for indexes: of each subject of a binding, and of each object, with what the allocator
 * adds. */
#define SP_RBAC_SUBJECT_HELD_LEN 96
#define SP_RBAC_OBJECT_HELD_LEN  64

/* How bindings are read. All zero is the default. */
struct sp_rbac_settings {
    enum sp_rbac_matching matching;
    bool takes_bootstrap; /* also bindings that carry kubernetes.io/bootstrapping: rbac-defaults */
    bool ignores_case;    /* of subjects, ASCII only; with globstar */
    char username_prefix[SP_RBAC_PREFIX_MAX + 1]; /* what the names of all users begin with, for findings */
    char groups_prefix[SP_RBAC_PREFIX_MAX + 1];
};

struct sp_rbac_objects;

/* NULL without memory. */
struct sp_rbac_objects *sp_rbac_objects_new(const struct sp_rbac_settings *settings)
    __attribute__((warn_unused_result));

/* Indexes that were built of it stay as they are. Accepts NULL. */
void sp_rbac_objects_free(struct sp_rbac_objects *objects);

/*
 * Takes in one object, in place of one of the same name. `object` is one item of a list, one line of a watch
 * or one document; its own `kind` is not looked at.
 *
 *   SP_ERR_FORMAT  not what the API server accepts; `fault` says where. One of its name is dropped
 *   SP_ERR_LIMIT   more than SP_RBAC_BYTES_MAX in all. The same
 *   SP_ERR_MEMORY  the same, or the set is as it was
 */
enum sp_error sp_rbac_objects_put(struct sp_rbac_objects *objects, enum sp_rbac_kind kind,
                                  const json_t *object, struct sp_rbac_fault *fault)
    __attribute__((warn_unused_result));

/* One that is not there is none to remove. */
void sp_rbac_objects_remove(struct sp_rbac_objects *objects, enum sp_rbac_kind kind, struct sp_str name);

/* A list of all objects of the kind begins; one that was under way and did not end is forgotten. */
void sp_rbac_objects_begin_list(struct sp_rbac_objects *objects, enum sp_rbac_kind kind);

/* It is complete: what was not put since it began is to be swept out. */
void sp_rbac_objects_end_list(struct sp_rbac_objects *objects, enum sp_rbac_kind kind);

/* Looks at `places_n` more places of the tables: 1,000 take less than a millisecond. True when nothing is
 * left to sweep out. */
bool sp_rbac_objects_sweep(struct sp_rbac_objects *objects, size_t places_n);

/* How many are kept. */
size_t sp_rbac_objects_count(const struct sp_rbac_objects *objects, enum sp_rbac_kind kind);

/* How many subjects all bindings have. */
size_t sp_rbac_objects_subjects(const struct sp_rbac_objects *objects);

/* Bytes that all of them take, and the set around them. */
size_t sp_rbac_objects_len(const struct sp_rbac_objects *objects);

/* Larger after every change that a decision could depend on: an object that comes again as it was is none. */
uint64_t sp_rbac_objects_serial(const struct sp_rbac_objects *objects);

/* Which of the two an object says that it is, by its `apiVersion` and `kind`; false: neither. */
bool sp_rbac_kind_of(struct sp_str api_version, struct sp_str kind, enum sp_rbac_kind *out);

/* For kube/rbac_index.h. */
const struct sp_rbac_settings *sp_rbac_objects_settings(const struct sp_rbac_objects *objects);

/* Each of the kind, in no order: zero the cursor first. NULL at the end; borrows. */
struct sp_rbac_record *sp_rbac_objects_next(const struct sp_rbac_objects *objects, enum sp_rbac_kind kind,
                                            size_t *cursor);

#endif

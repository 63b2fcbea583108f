/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_OBJECTS_H
#define SP_KUBE_RBAC_OBJECTS_H

/*
 * The known ClusterRoles and ClusterRoleBindings, by name: a compact set that one thread updates as objects
 * come and go, and from which indexes are built (kube/rbac_index.h). What cannot affect a decision about a
 * path is not stored: resources, labels, annotations; roles without paths; bindings without users or groups;
 * and, unless the settings include them, the bindings that Kubernetes ships itself.
 *
 * A new list updates the set in place. Objects that are added are marked, and after the list ends, those that
 * were not seen again are swept out, in steps, so that the thread can do other work in between. Until then
 * the old ones stay.
 *
 * The limit covers everything that objects make the process store: the records, this set, the index in use,
 * and the next one while it is built. It does not cover records that were replaced since the index in use was
 * built.
 *
 * An object that cannot be read grants nothing, and any object with its name is dropped. Objects never deny
 * anything, so dropping one is safe.
 */

#include "kube/rbac_match.h"
#include "kube/rbac_record.h"

#define SP_RBAC_BYTES_MAX  ((size_t)64 * 1024 * 1024) /* bytes of everything stored */
#define SP_RBAC_PREFIX_MAX 128                        /* bytes of a prefix */

/* Bytes that are counted for the indexes: for each subject of a binding, and for each object. They include
 * the allocator's overhead. */
#define SP_RBAC_SUBJECT_HELD_LEN 96
#define SP_RBAC_OBJECT_HELD_LEN  64

/* How bindings are read. Zero-initialized is the default. */
struct sp_rbac_settings {
    enum sp_rbac_matching matching;
    bool takes_bootstrap; /* includes bindings with the label `kubernetes.io/bootstrapping: rbac-defaults` */
    bool ignores_case;    /* ignores the ASCII case of subjects; only with globstar */
    char username_prefix[SP_RBAC_PREFIX_MAX + 1]; /* the prefix of all user names, for findings */
    char groups_prefix[SP_RBAC_PREFIX_MAX + 1];
};

struct sp_rbac_objects;

/* Returns a new, empty set; NULL if out of memory. */
struct sp_rbac_objects *sp_rbac_objects_new(const struct sp_rbac_settings *settings)
    __attribute__((warn_unused_result));

/* Indexes that were built from it stay as they are. Accepts NULL. */
void sp_rbac_objects_free(struct sp_rbac_objects *objects);

/*
 * Adds one object, replacing any object of the same name. `object` is one item of a list, one line of a watch
 * or one document; its own `kind` is ignored.
 *
 *   SP_ERR_FORMAT  the API server would not accept it; `fault` says where. Any object of that name is dropped
 *   SP_ERR_LIMIT   more than SP_RBAC_BYTES_MAX in total. Any object of that name is dropped
 *   SP_ERR_MEMORY  any object of that name is dropped, or the set is unchanged
 */
enum sp_error sp_rbac_objects_put(struct sp_rbac_objects *objects, enum sp_rbac_kind kind,
                                  const json_t *object, struct sp_rbac_fault *fault)
    __attribute__((warn_unused_result));

/* Does nothing if there is no such object. */
void sp_rbac_objects_remove(struct sp_rbac_objects *objects, enum sp_rbac_kind kind, struct sp_str name);

/* Begins a list of all objects of the kind. An unfinished earlier list is abandoned. */
void sp_rbac_objects_begin_list(struct sp_rbac_objects *objects, enum sp_rbac_kind kind);

/* Ends the list. Objects that were not added since it began will be swept out. */
void sp_rbac_objects_end_list(struct sp_rbac_objects *objects, enum sp_rbac_kind kind);

/* Checks `places_n` more slots of the tables: 1,000 take less than a millisecond. True when nothing is left
 * to sweep out. */
bool sp_rbac_objects_sweep(struct sp_rbac_objects *objects, size_t places_n);

/* Number of objects stored. */
size_t sp_rbac_objects_count(const struct sp_rbac_objects *objects, enum sp_rbac_kind kind);

/* Number of subjects of all bindings. */
size_t sp_rbac_objects_subjects(const struct sp_rbac_objects *objects);

/* Bytes that all objects take, including the set itself. */
size_t sp_rbac_objects_len(const struct sp_rbac_objects *objects);

/* Increases with every change that could affect a decision; receiving an unchanged object again is not a
 * change. */
uint64_t sp_rbac_objects_serial(const struct sp_rbac_objects *objects);

/* Which of the two kinds an object has, according to its `apiVersion` and `kind`. False if neither. */
bool sp_rbac_kind_of(struct sp_str api_version, struct sp_str kind, enum sp_rbac_kind *out);

/* The settings, for kube/rbac_index.h. */
const struct sp_rbac_settings *sp_rbac_objects_settings(const struct sp_rbac_objects *objects);

/* Returns the objects of the kind one by one, in no particular order, and NULL at the end. Zero the cursor
 * first. The records are borrowed. */
struct sp_rbac_record *sp_rbac_objects_next(const struct sp_rbac_objects *objects, enum sp_rbac_kind kind,
                                            size_t *cursor);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_POLICY_RBAC_OBJECTS_H
#define SP_TEST_UNIT_POLICY_RBAC_OBJECTS_H

/* An index of a few explicit objects. */

#include "kube/rbac_index.h"

#include "../suite.h"

#include <stdio.h>

/* Each is a JSON object on its own line; each role grants one verb on one path. */
#define ROLE_OF(name, verb, path)                                                                            \
    "{\"metadata\":{\"name\":\"" name "\"},\"rules\":[{\"verbs\":[\"" verb                                   \
    "\"],\"nonResourceURLs\":[\"" path "\"]}]}\n"
#define BINDING_OF(name, role, kind, subject)                                                                \
    "{\"metadata\":{\"name\":\"" name "\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"" role           \
    "\"},\"subjects\":[{\"kind\":\"" kind "\",\"name\":\"" subject "\"}]}\n"

static inline struct sp_rbac_index *index_of(const char *lines)
{
    struct sp_rbac_objects *objects = sp_rbac_objects_new(&(struct sp_rbac_settings){0});
    struct sp_rbac_fault fault;
    for (struct sp_str rest = sp_str_from_c(lines); rest.len > 0;) {
        struct sp_str line = sp_str_cut(&rest, '\n');
        json_t *object = json_loadb(line.ptr, line.len, 0, NULL);
        bool is_role = json_object_get(object, "rules") != NULL;
        ck_assert_int_eq(
            sp_rbac_objects_put(objects, is_role ? SP_RBAC_ROLE : SP_RBAC_BINDING, object, &fault), SP_OK);
        json_decref(object);
    }
    struct sp_rbac_index *index = NULL;
    ck_assert_int_eq(sp_rbac_index_new(objects, &index), SP_OK);
    sp_rbac_objects_free(objects);
    return index;
}

#endif

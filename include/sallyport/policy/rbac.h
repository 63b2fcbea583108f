/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_RBAC_H
#define SP_POLICY_RBAC_H

/*
 * Applies the bindings of a cluster (kube/rbac_index.h) to a request and its user: the user by the name that
 * rules see, each of the groups with its prefix, and system:authenticated, which contains everybody who is
 * signed in. No other name can begin with `system:`, because identities never do (policy/identity.h).
 */

#include "kube/rbac_index.h"
#include "policy/identity.h"
#include "policy/request.h"

/* Walks the grants that let the request in. 50 KiB, for the URL. */
struct sp_rbac_walk {
    const struct sp_rbac_index *index;
    const struct sp_identity *identity;
    struct sp_rbac_request request;
    struct sp_rbac_cursor cursor; /* of the current subject */
    enum sp_rbac_subject_kind kind;
    struct sp_str prefix;
    struct sp_str name;
    size_t group_cursor;
    bool is_last; /* no subject follows this one */
    char url_storage[SP_RBAC_URL_MAX];
};

/* Borrows everything. */
void sp_rbac_walk_begin(struct sp_rbac_walk *walk, const struct sp_rbac_index *index,
                        const struct sp_request *request, const struct sp_identity *identity);

/*
 * The next grant, which is to the walk's current subject. The first one lets the request in, and if there is
 * none, the request is refused; the others are for `explain`.
 */
bool sp_rbac_walk_next(struct sp_rbac_walk *walk, struct sp_rbac_grant *out);

#endif

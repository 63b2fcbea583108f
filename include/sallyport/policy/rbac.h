/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_RBAC_H
#define SP_POLICY_RBAC_H

/*
 * Applies the bindings of a cluster (kube/rbac_index.h) to a request and its user. The subjects are the user,
 * under the name that rules see, each group with its prefix, and system:authenticated, which contains
 * everybody who is signed in. No other name can begin with `system:`, because identities never do
 * (policy/identity.h).
 */

#include "kube/rbac_index.h"
#include "policy/identity.h"
#include "policy/request.h"

/* Walks the grants that let the request in. Takes 48 KiB, nearly all of it for the URL. */
struct sp_rbac_walk {
    const struct sp_rbac_index *index;
    const struct sp_identity *identity;
    struct sp_rbac_request request;
    struct sp_rbac_cursor cursor; /* position among the grants of the current subject */
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
 * Finds the next grant; `walk` then contains the subject of the grant. The first grant lets the request in;
 * without one the request is refused. Further grants are for `explain`.
 */
bool sp_rbac_walk_next(struct sp_rbac_walk *walk, struct sp_rbac_grant *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rbac.h"

static void begin_subject(struct sp_rbac_walk *walk, enum sp_rbac_subject_kind kind, struct sp_str prefix,
                          struct sp_str name)
{
    walk->cursor = (struct sp_rbac_cursor){0};
    walk->kind = kind;
    walk->prefix = prefix;
    walk->name = name;
}

void sp_rbac_walk_begin(struct sp_rbac_walk *walk, const struct sp_rbac_index *index,
                        const struct sp_request *request, const struct sp_identity *identity)
{
    walk->index = index;
    walk->identity = identity;
    walk->group_cursor = 0;
    walk->is_last = false;
    struct sp_buf url = SP_BUF_ON(walk->url_storage);
    sp_rbac_request_init(request->method, &request->origin, &request->target, &url, &walk->request);
    begin_subject(walk, SP_RBAC_USER, SP_STR_NONE, identity->user);
}

/* Moves to the next subject. False if there are no more. */
static bool next_subject(struct sp_rbac_walk *walk)
{
    struct sp_identity_group group;
    if (walk->is_last) {
        return false;
    }
    if (sp_identity_next_group(walk->identity, &walk->group_cursor, &group)) {
        begin_subject(walk, SP_RBAC_GROUP, group.prefix, group.name);
    } else {
        begin_subject(walk, SP_RBAC_GROUP, SP_STR_NONE, SP_STR(SP_RBAC_AUTHENTICATED));
        walk->is_last = true;
    }
    return true;
}

bool sp_rbac_walk_next(struct sp_rbac_walk *walk, struct sp_rbac_grant *out)
{
    do {
        if (sp_rbac_index_next_grant(walk->index, &walk->request, walk->kind, walk->prefix, walk->name,
                                     &walk->cursor, out)) {
            return true;
        }
    } while (next_subject(walk));
    return false;
}

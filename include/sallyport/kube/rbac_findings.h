/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_FINDINGS_H
#define SP_KUBE_RBAC_FINDINGS_H

/*
 * What is unwise or without effect in the objects of an index (kube/rbac_index.h), for warnings: paths that
 * everybody has; verbs, patterns and subjects that can never be those of a request.
 *
 * A cluster has hundreds of roles, and most bindings are about resources. So a role is looked at only where a
 * binding of users or groups refers to it, and a binding only where its role has paths. What gives everybody
 * every path is never crowded out by what gives some paths, nor that by what gives nothing.
 */

#include "base/buf.h"
#include "kube/rbac_objects.h"

#define SP_RBAC_AUTHENTICATED "system:authenticated" /* the group of everybody who has signed in */
#define SP_RBAC_FINDINGS_MAX  64                     /* kept in an index; further ones are counted */

enum sp_rbac_finding_kind {
    SP_RBAC_FINDING_EVERYBODY,  /* system:authenticated has paths */
    SP_RBAC_FINDING_EVERYTHING, /* the same, and one is `*` or `**` */
    SP_RBAC_FINDING_REGEX,      /* a pattern of a role is a regular expression of the predecessor */
    SP_RBAC_FINDING_URL,        /* a pattern is a whole URL, which matches under globstar only */
    SP_RBAC_FINDING_NO_PATH,    /* a pattern that no path can begin like */
    SP_RBAC_FINDING_NO_SCHEME,  /* the same under globstar, where it may be a URL */
    SP_RBAC_FINDING_HOST,       /* under globstar: a URL whose host no request has so */
    SP_RBAC_FINDING_VERB,       /* a verb has upper case, which no verb of a request has */
    SP_RBAC_FINDING_NO_VERBS,   /* a rule has paths and no verbs */
    SP_RBAC_FINDING_PREFIX,     /* a subject lacks the prefix that all names of its kind have */
    SP_RBAC_FINDING_RESERVED,   /* a subject begins with `system:`, as nobody does here */
};

struct sp_rbac_finding {
    enum sp_rbac_finding_kind kind;
    enum sp_rbac_subject_kind subject; /* of PREFIX and RESERVED */
    uint64_t serial;       /* of the change that brought it: who told those up to an earlier index knows */
    struct sp_str binding; /* empty where it is of the role alone */
    struct sp_str role;
    size_t rule;        /* of the role, from 1; 0: of none */
    struct sp_str text; /* the pattern, the verb, or the subject's name */
};

/* All zero is empty. */
struct sp_rbac_findings {
    struct sp_rbac_finding *items; /* views into the records */
    size_t n;                      /* all; those from SP_RBAC_FINDINGS_MAX on are not kept */
};

/* What is in the role; `serial` is that of the change since which a binding refers to it. SP_ERR_MEMORY. */
enum sp_error sp_rbac_findings_add_role(struct sp_rbac_findings *findings,
                                        const struct sp_rbac_settings *settings,
                                        const struct sp_rbac_record *role, uint64_t serial)
    __attribute__((warn_unused_result));

/* What is in one subject of the binding, whose role is there. SP_ERR_MEMORY. */
enum sp_error sp_rbac_findings_add_subject(struct sp_rbac_findings *findings,
                                           const struct sp_rbac_settings *settings,
                                           const struct sp_rbac_record *binding,
                                           const struct sp_rbac_record *role, enum sp_rbac_subject_kind kind,
                                           struct sp_str name) __attribute__((warn_unused_result));

void sp_rbac_findings_done(struct sp_rbac_findings *findings);

/* Appends the text for a person; names are quoted and cut. */
void sp_rbac_finding_write(const struct sp_rbac_finding *finding, struct sp_buf *out);

#endif

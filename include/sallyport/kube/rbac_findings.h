/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_FINDINGS_H
#define SP_KUBE_RBAC_FINDINGS_H

/*
 * Objects in an index (kube/rbac_index.h) that are unwise or without effect, for warnings: paths that are
 * granted to everybody; verbs, patterns and subjects that no request can match.
 *
 * A cluster has hundreds of roles, and most bindings concern resources. So a role is checked only if a
 * binding of users or groups refers to it, and a binding only if its role has paths. Findings about granting
 * everybody every path are never displaced by findings about some paths, nor those by findings about rules
 * without effect.
 */

#include "base/buf.h"
#include "kube/rbac_objects.h"

#define SP_RBAC_AUTHENTICATED "system:authenticated" /* the group of everybody who is signed in */
#define SP_RBAC_FINDINGS_MAX  64                     /* stored in an index; further ones are only counted */

enum sp_rbac_finding_kind {
    SP_RBAC_FINDING_EVERYBODY,  /* paths are granted to system:authenticated */
    SP_RBAC_FINDING_EVERYTHING, /* paths are granted to system:authenticated, one of them as `*` or `**` */
    SP_RBAC_FINDING_REGEX,      /* a role's pattern is a regular expression for the predecessor */
    SP_RBAC_FINDING_URL,        /* a pattern is a complete URL, which only globstar matches */
    SP_RBAC_FINDING_NO_PATH,    /* no path can start like the pattern */
    SP_RBAC_FINDING_NO_SCHEME,  /* under globstar: neither a path nor a URL can start like the pattern */
    SP_RBAC_FINDING_HOST,       /* under globstar: a URL whose host is not in the form that requests have */
    SP_RBAC_FINDING_VERB,       /* a verb has upper case, which no request's verb has */
    SP_RBAC_FINDING_NO_VERBS,   /* a rule has paths but no verbs */
    SP_RBAC_FINDING_PREFIX,     /* a subject lacks the prefix that all names of its kind have */
    SP_RBAC_FINDING_RESERVED,   /* a subject begins with `system:`, which no user or group name does here */
};

struct sp_rbac_finding {
    enum sp_rbac_finding_kind kind;
    enum sp_rbac_subject_kind subject; /* set for PREFIX and RESERVED */
    uint64_t serial;       /* serial of the change that caused it, to recognize findings that were reported
                              before */
    struct sp_str binding; /* empty if it concerns the role alone */
    struct sp_str role;
    size_t rule;        /* number of the rule in the role, from 1; 0: no rule */
    struct sp_str text; /* the pattern, the verb, or the subject's name */
};

/* Zero-initialized means empty. */
struct sp_rbac_findings {
    struct sp_rbac_finding *items; /* views into the records */
    size_t n;                      /* total number; those beyond SP_RBAC_FINDINGS_MAX are not stored */
};

/* Adds the findings about the role. `serial` is the serial of the change since which a binding has referred
 * to it. SP_ERR_MEMORY. */
enum sp_error sp_rbac_findings_add_role(struct sp_rbac_findings *findings,
                                        const struct sp_rbac_settings *settings,
                                        const struct sp_rbac_record *role, uint64_t serial)
    __attribute__((warn_unused_result));

/* Adds the findings about one subject of the binding, whose role exists. SP_ERR_MEMORY. */
enum sp_error sp_rbac_findings_add_subject(struct sp_rbac_findings *findings,
                                           const struct sp_rbac_settings *settings,
                                           const struct sp_rbac_record *binding,
                                           const struct sp_rbac_record *role, enum sp_rbac_subject_kind kind,
                                           struct sp_str name) __attribute__((warn_unused_result));

void sp_rbac_findings_done(struct sp_rbac_findings *findings);

/* Appends a message for people; names are quoted and truncated. */
void sp_rbac_finding_write(const struct sp_rbac_finding *finding, struct sp_buf *out);

#endif

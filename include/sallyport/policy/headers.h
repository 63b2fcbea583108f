/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_HEADERS_H
#define SP_POLICY_HEADERS_H

/*
 * Header sets: the headers that tell the application who the user is. `identity`, `remote`, `impersonate`,
 * `kubernetes` and `bearer` are built in; others come from the configuration. An address may combine several
 * of them. Two sets that emit the same header would be ambiguous, so that combination is refused.
 *
 * `impersonate` names the user to the Kubernetes API server: Impersonate-User, and one Impersonate-Group line
 * per group. One of these is always `system:authenticated`, which the server would add by itself. If a
 * middleware then passes on the groups and not the user, the request gets 400 instead of acting as the
 * account whose token it carries. `kubernetes` adds that token, and `bearer` the user's own token; these
 * credentials are not header rules of the sets (policy/bindings.h). On an allow, each header of a set is
 * either sent or left out. The proxy deletes the client's value of one that is left out only if it lists the
 * name, so the documentation lists all names.
 *
 * The values of a set are either all plain UTF-8 or all encoded, so that an application decodes every value
 * the same way. A string is encoded on its own before a list is built, so a list is first split, and then
 * each element is decoded.
 *
 * Values are carried unchanged or not at all: a string that a field cannot carry is left out. With encoding,
 * a display name (`name`, `preferred_username`) is carried with any contents. A value that identifies someone
 * (everything else) is not, because a program might trim it after decoding, and two users would become one.
 * An e-mail address that does not identify the user (policy/identity.h) is left out. A list of groups in one
 * header is complete or absent; if the profile lacks some groups (session/profile.h), it is absent. A set
 * with one line per group then emits nothing, because an API server would take the lines for the complete
 * list.
 */

#include "http/head.h"
#include "policy/identity.h"

enum sp_header_list {
    SP_HEADER_LIST_COMMA,  /* a,b; leaves out names with a comma, unless they are encoded */
    SP_HEADER_LIST_JSON,   /* ["a","b"] */
    SP_HEADER_LIST_REPEAT, /* one line per group */
};

enum sp_header_encoding {
    SP_HEADER_ENCODING_NONE,
    SP_HEADER_ENCODING_PERCENT, /* as described in http/field.h */
    SP_HEADER_ENCODING_BASE64,  /* RFC 4648, section 4, with padding */
};

struct sp_header_rule {
    char *name;  /* as emitted */
    char *claim; /* `user` is the user name with its prefix, `groups` the groups, `subject` is `sub`;
                    anything else is the name of a claim */
    enum sp_header_list list;
};

/* The credential that a set carries as Authorization, in addition to its headers. */
enum sp_header_credential {
    SP_HEADER_CREDENTIAL_NONE,
    SP_HEADER_CREDENTIAL_ACCOUNT, /* the token of a service account of the cluster */
    SP_HEADER_CREDENTIAL_USER,    /* the user's own ID token */
};

struct sp_header_set {
    char *name;
    enum sp_header_encoding encoding; /* applied to each value */
    enum sp_header_credential credential;
    bool impersonates; /* its headers are Impersonate-*, and the groups include `system:authenticated` */
    struct sp_header_rule *rules; /* owned */
    size_t rules_n;
};

#define SP_HEADER_RULES_MAX       32
#define SP_HEADER_SETS_MAX        40 /* each has a bit in struct sp_header_choice */
#define SP_HEADER_SETS_JOINED_MAX 8
#define SP_HEADER_SETS_TEXT_MAX   520 /* bytes of SP_HEADER_SETS_JOINED_MAX names and the commas between */
#define SP_HEADER_SETS_BUILT_IN_N 5

/* Creates the built-in sets, in their order. The caller releases each with sp_header_set_done, even if memory
 * runs out halfway. */
enum sp_error sp_header_sets_make_built_in(struct sp_header_set out[SP_HEADER_SETS_BUILT_IN_N])
    __attribute__((warn_unused_result));

void sp_header_set_done(struct sp_header_set *set);

/* The sets that one address combines. */
struct sp_header_choice {
    uint64_t places;     /* one bit per set, by its index in the configuration */
    bool impersonates;   /* one of them emits Impersonate-* */
    bool repeats_groups; /* one of them has one line per group */
    bool carries_account;
    bool carries_user; /* one of them carries the user's ID token */
};

/*
 * Finds the sets in a comma-separated list of names.
 *
 *   fault  the name at fault; if two sets emit the same header, the name of the second set, and the header
 *
 *   SP_ERR_MISSING    a name is unknown
 *   SP_ERR_DUPLICATE  two sets emit the same header
 *   SP_ERR_LIMIT      more than SP_HEADER_SETS_JOINED_MAX
 */
enum sp_error sp_header_sets_choose(const struct sp_header_set *sets, size_t sets_n, struct sp_str names,
                                    struct sp_header_choice *out, struct sp_fault *fault)
    __attribute__((warn_unused_result));

/*
 * True if some line is an alias (http/header_name.h) of a header that is read or that one of the sets emits.
 * `out` is the name as sent, and the name it could be taken for. Aliases of Impersonate-* are not searched
 * for: if a set emits that family, every line of it is refused (sp_head_find_impersonation).
 */
bool sp_header_sets_find_alias(const struct sp_header_set *sets, size_t sets_n, const struct sp_head *head,
                               struct sp_fault *out);

/* Receives one header. `name` is NUL-terminated and lives as long as the set; `value` only until the next
 * call. */
typedef void sp_header_emit_fn(void *context, struct sp_str name, struct sp_str value);

/*
 * Emits the headers of `set` for `identity`, in the order of the set. An empty list emits nothing. Allocates
 * nothing.
 *
 *   scratch  overwritten for each header, so it must not be the one that backs `identity`
 *
 *   SP_ERR_LIMIT    a value did not fit into `scratch`. The values before it were emitted, but no truncated
 *                   one; the caller must deny
 *   SP_ERR_MISSING  the set has one line per group, and the profile lacks some; the caller must deny
 */
enum sp_error sp_header_set_emit(const struct sp_header_set *set, const struct sp_identity *identity,
                                 struct sp_buf *scratch, sp_header_emit_fn *emit, void *context)
    __attribute__((warn_unused_result));

/* The name of the first line of the family Impersonate-*, in any spelling that some program folds into it;
 * empty if there is none. */
struct sp_str sp_head_find_impersonation(const struct sp_head *head);

#endif

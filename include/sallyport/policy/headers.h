/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_HEADERS_H
#define SP_POLICY_HEADERS_H

/*
 * Header sets: which headers tell the application who the user is. `identity`, `remote`, `impersonate`,
 * `kubernetes` and `bearer` are built in, others come from the configuration. An address joins several of
 * them; two that emit the same header are no answer to "who is it", so they are refused together.
 *
 * `impersonate` is how the Kubernetes API server is told of a user: Impersonate-User, and an
 * Impersonate-Group line for each group. One of those is always there, `system:authenticated`, which the
 * server would add by itself: a middleware that hands on the groups and forgets the user is then answered
 * 400, instead of acting as the account whose token the request carries. `kubernetes` adds that token, and
 * `bearer` is the token of the user: what they carry beside their headers is no rule of a set
 * (policy/bindings.h). Every header of a set is emitted or absent on every allow; the proxy deletes what
 * is absent, provided that it lists the name, so the documentation lists all of them.
 *
 * Every value is UTF-8 as it is, or the set says that each is encoded, so that an application decodes in one
 * way whatever it reads. A text is encoded by itself, before a list is made of several: so a list is taken
 * apart first, and then each of its elements is decoded.
 *
 * Values are carried exactly or not at all: a text that a field cannot carry as it is, is absent. Encoded, a
 * name for display (`name`, `preferred_username`) is carried whatever it holds; what names somebody (all
 * else) is not, since a program might trim it after decoding, and then two people would be one. An e-mail
 * address that does not name the user (policy/identity.h) is absent. A list of the groups in one header is
 * all of them or absent: of a profile that lacks some (session/profile.h) there is none. A set that has a
 * line for each group says nothing at all of such a user: an API server would take the lines for all there
 * are.
 */

#include "http/head.h"
#include "policy/identity.h"

enum sp_header_list {
    SP_HEADER_LIST_COMMA,  /* a,b: without the groups whose name has a comma, unless it is encoded */
    SP_HEADER_LIST_JSON,   /* ["a","b"] */
    SP_HEADER_LIST_REPEAT, /* one line each */
};

enum sp_header_encoding {
    SP_HEADER_ENCODING_NONE,
    SP_HEADER_ENCODING_PERCENT, /* http/field.h */
    SP_HEADER_ENCODING_BASE64,  /* RFC 4648, section 4, with padding */
};

struct sp_header_rule {
    char *name;  /* as emitted */
    char *claim; /* `user` is the user name with its prefix, `groups` the groups, `subject` is `sub`; else the
                    name of a claim */
    enum sp_header_list list;
};

/* What a set carries beside its headers, as Authorization. */
enum sp_header_credential {
    SP_HEADER_CREDENTIAL_NONE,
    SP_HEADER_CREDENTIAL_ACCOUNT, /* of a service account of the cluster */
    SP_HEADER_CREDENTIAL_USER,    /* the user's own ID token */
};

struct sp_header_set {
    char *name;
    enum sp_header_encoding encoding; /* of each value */
    enum sp_header_credential credential;
    bool impersonates; /* its headers are Impersonate-*, and `system:authenticated` is among the groups */
    struct sp_header_rule *rules; /* owned */
    size_t rules_n;
};

#define SP_HEADER_RULES_MAX       32
#define SP_HEADER_SETS_MAX        40 /* a bit each in struct sp_header_choice */
#define SP_HEADER_SETS_JOINED_MAX 8
#define SP_HEADER_SETS_TEXT_MAX   520 /* bytes of so many names of 64 bytes, with commas between */
#define SP_HEADER_SETS_BUILT_IN_N 5

/* Makes the built-in sets in their order, for the caller to release each with sp_header_set_done, also those
 * that were made when memory ends. */
enum sp_error sp_header_sets_make_built_in(struct sp_header_set out[SP_HEADER_SETS_BUILT_IN_N])
    __attribute__((warn_unused_result));

void sp_header_set_done(struct sp_header_set *set);

/* True when a header of the set is a line for each group. */
bool sp_header_set_repeats_groups(const struct sp_header_set *set);

/* The sets that one address joins. */
struct sp_header_choice {
    uint64_t places;     /* a bit for each, by its place in the configuration */
    bool impersonates;   /* one of them emits Impersonate-* */
    bool repeats_groups; /* one of them has a line for each group */
    bool carries_account;
    bool carries_user; /* its token */
};

/*
 * Finds the sets of a list of names with commas between.
 *
 *   fault  the name at fault; of two sets that emit the same header, the second and that header
 *
 *   SP_ERR_MISSING    a name is none of a set
 *   SP_ERR_DUPLICATE  two emit the same header
 *   SP_ERR_LIMIT      more than SP_HEADER_SETS_JOINED_MAX
 */
enum sp_error sp_header_sets_choose(const struct sp_header_set *sets, size_t sets_n, struct sp_str names,
                                    struct sp_header_choice *out, struct sp_fault *fault)
    __attribute__((warn_unused_result));

/*
 * True when some line is an alias (http/header_name.h) of a header that is read, or that one of the sets
 * emits; `out` says the name as sent, and the one that it could be taken for. Those of Impersonate-* are not
 * looked for: where a set emits it, every line of that family is refused (sp_head_find_impersonation).
 */
bool sp_header_sets_find_alias(const struct sp_header_set *sets, size_t sets_n, const struct sp_head *head,
                               struct sp_fault *out);

/* Takes one header. `name` ends in NUL and lives as long as the set, `value` until the next call only. */
typedef void sp_header_emit_fn(void *context, struct sp_str name, struct sp_str value);

/*
 * Emits what `set` says of `identity`, in the order of the set; of an empty list nothing. Allocates nothing.
 *
 *   scratch  overwritten for each header, so not the one that backs `identity`
 *
 *   SP_ERR_LIMIT    a value did not fit `scratch`: no value is emitted cut, those before it were, and the
 *                   caller denies
 *   SP_ERR_MISSING  the set has a line for each group, and the profile lacks some; the caller denies
 */
enum sp_error sp_header_set_emit(const struct sp_header_set *set, const struct sp_identity *identity,
                                 struct sp_buf *scratch, sp_header_emit_fn *emit, void *context)
    __attribute__((warn_unused_result));

/* The first line of the family Impersonate-*, in any spelling that a program folds into it; the empty view:
 * there is none. */
struct sp_str sp_head_find_impersonation(const struct sp_head *head);

#endif

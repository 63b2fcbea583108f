/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_HEADERS_H
#define SP_POLICY_HEADERS_H

/*
 * Header sets: which headers tell the application who the user is. `identity` and `remote` are built in,
 * others come from the configuration. Every header of a set is emitted or absent on every allow; the proxy
 * deletes what is absent, provided that it lists the name, so the documentation lists all of them.
 *
 * Every value is UTF-8 as it is, or the set says that each is encoded, so that an application decodes in one way
 * whatever it reads. A text is encoded by itself, before a list is made of several: so a list is taken apart
 * first, and then each of its elements is decoded.
 *
 * Values are carried exactly or not at all: a text that a field cannot carry as it is, is absent. Encoded, a name
 * for display (`name`, `preferred_username`) is carried whatever it holds; what names somebody (all else) is not,
 * since a program might trim it after decoding, and then two people would be one. An e-mail address that does not
 * name the user (policy/identity.h) is absent. A list of the groups is all of
 * them or absent: of a profile that lacks some (session/profile.h) there is none.
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

struct sp_header_set {
    char *name;
    enum sp_header_encoding encoding; /* of each value */
    struct sp_header_rule *rules;     /* owned */
    size_t rules_n;
};

#define SP_HEADER_RULES_MAX 32
#define SP_HEADER_SETS_MAX  32

/* `identity` and `remote`, for the caller to release with sp_header_set_done. */
enum sp_error sp_header_set_identity(struct sp_header_set *out) __attribute__((warn_unused_result));
enum sp_error sp_header_set_remote(struct sp_header_set *out) __attribute__((warn_unused_result));

void sp_header_set_done(struct sp_header_set *set);

/*
 * True when some line is an alias (http/header_name.h) of a header that is read, or that one of the sets
 * emits; `out` says the name as sent, and the one that it could be taken for.
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
 *   SP_ERR_LIMIT  a value did not fit `scratch`: no value is emitted cut, those before it were, and the
 *                 caller denies
 */
enum sp_error sp_header_set_emit(const struct sp_header_set *set, const struct sp_identity *identity,
                                 struct sp_buf *scratch, sp_header_emit_fn *emit, void *context)
    __attribute__((warn_unused_result));

#endif

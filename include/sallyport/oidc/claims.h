/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_CLAIMS_H
#define SP_OIDC_CLAIMS_H

/*
 * What an issuer states about a user (OpenID Connect Core 1.0, sections 2 and 5.1), read from verified
 * claims. Only a claim that an identity requires can cause an error. Any other claim of the wrong type counts
 * as absent, because it must not break a login:
 *
 *   email, name, preferred_username  a string, or the only element of a list; else absent
 *   sid                              a string; else absent
 *   email_verified                   true, or the string "true", which large issuers send, is YES. Any other
 *                                    value is NO, and counts as odd unless it is false or "false"
 *   groups                           an array of strings, one string, or an object, whose member names are
 *                                    the groups; else none. An element that is not a string, or a member that
 *                                    is false or null, reads as an empty string, and makes the claim
 *                                    malformed. Only the size of the document limits their number
 *
 * A claim that a rule's condition names has strings as values: those of a list of strings, one string, or the
 * names of an object's members, as for groups. A boolean is the string `true` or `false`; an integer is its
 * digits as in JSON, such as `-5`.
 *
 * Settings name a claim by its name or, if it is nested, by a JSON pointer (jose/json_pointer.h):
 * `/realm_access/roles`. A name that itself begins with a slash is written as a pointer: `/~1roles`. UserInfo
 * takes precedence over the ID token for such a claim, except for those that identify the login (iss, sub,
 * aud, exp, …), which are never read from UserInfo. If UserInfo states a different e-mail address, the
 * `email_verified` of the ID token does not apply to it.
 */

#include "base/error.h"
#include "base/str.h"
#include "jose/json.h"
#include "oidc/email_verified.h"

#include <stdint.h>

#define SP_CLAIMS_SUB_MAX 255 /* ASCII characters (Core, section 2) */

/* The views and `groups` borrow from the owned members. Absent strings are empty, absent times 0. */
struct sp_claims {
    json_t *all;         /* owned: claims of the ID token */
    json_t *userinfo;    /* owned; NULL if it was not requested */
    json_t *group_names; /* owned; the group names, if they are the member names of an object */
    struct sp_str sub;
    struct sp_str sid;
    struct sp_str email;
    enum sp_email_verified email_verified;
    bool email_verified_odd; /* present, but neither a boolean nor "true" or "false"; reported to the
                                operator */
    struct sp_str name;
    struct sp_str preferred_username;
    struct sp_json_string_list groups;
    bool groups_malformed; /* present, but partly or entirely unreadable as groups; logged */
    int64_t auth_time_s;
    int64_t issued_s;
    int64_t expires_s;
};

#define SP_CLAIMS_NONE ((struct sp_claims){0})

/*
 * Reads `all` and takes ownership of it on success (sp_claims_done).
 *
 *   what          the document's name in messages: "the ID token"
 *   groups_claim  a name or pointer, like every claim in settings
 *
 *   SP_ERR_MISSING, SP_ERR_FORMAT  no `sub` of 1–255 printable ASCII characters
 *   SP_ERR_MEMORY
 */
enum sp_error sp_claims_read(json_t *all, const char *what, const char *groups_claim, struct sp_claims *out,
                             struct sp_diag *diag) __attribute__((warn_unused_result));

/*
 * Adds the UserInfo of the same subject, and takes ownership of it on success. If memory runs out, nothing
 * changes.
 */
enum sp_error sp_claims_add_userinfo(json_t *userinfo, const char *groups_claim, struct sp_claims *claims)
    __attribute__((warn_unused_result));

void sp_claims_done(struct sp_claims *claims);

/* A claim that names a user or is displayed: a string, or the only element of a list of strings; else
 * empty. */
struct sp_str sp_claims_text(const struct sp_claims *claims, const char *name);

/* The result of reading a claim that a setting names. */
enum sp_claim_state {
    SP_CLAIM_SOUND,
    SP_CLAIM_MISSING,
    SP_CLAIM_MALFORMED, /* present, but not in a form that the setting accepts; for a list, possibly only in
                           part */
    SP_CLAIM_ELSEWHERE, /* absent: the issuer refers to another place (`_claim_names`; Core, section 5.6.2) */
};

/*
 * A new object (json_decref) with the values of a claim as member names; empty if there are none. NULL if out
 * of memory.
 */
json_t *sp_claims_values(const struct sp_claims *claims, const char *name)
    __attribute__((warn_unused_result));

/* True if sp_claims_values returns all of the claim's values. False if the claim, or a part of it, has no
 * such value: it is nested deeper, or a number that is not an integer. */
bool sp_claims_are_read(const struct sp_claims *claims, const char *name);

enum sp_claim_state sp_claims_values_state(const struct sp_claims *claims, const char *name);
enum sp_claim_state sp_claims_text_state(const struct sp_claims *claims, const char *name);
enum sp_claim_state sp_claims_groups_state(const struct sp_claims *claims, const char *groups_claim);

#endif

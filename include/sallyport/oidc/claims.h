/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_CLAIMS_H
#define SP_OIDC_CLAIMS_H

/*
 * What an issuer says about a person (OpenID Connect Core 1.0, sections 2 and 5.1), read out of claims that
 * were verified before. Errors are for what an identity cannot be without; what is only of the wrong type
 * counts as not said, since it must not end a login:
 *
 *   email, name, preferred_username  a string, or the one element of a list; else absent
 *   sid                              a string; else absent
 *   email_verified                   true, or the string "true", which large issuers send, is YES; whatever
 *                                    else is there is NO, and unless it is false or "false", it is odd
 *   groups                           an array of texts, one text, or an object, whose members' names they
 *                                    are; else none. An element that is no text, and a member that is false
 *                                    or null, is an empty text, and the claim malformed too.
 *                                    As many as the document holds, which has a ceiling in bytes
 *
 * The values of a claim that a condition of a rule names are texts: those of a list of texts, one text, the
 * names of an object's members, as with groups. Here a boolean is the text `true` or `false`, and a whole
 * number its digits, as JSON writes it: `-5`.
 *
 * Settings name a claim by its name or, where it stands inside another, by a JSON pointer
 * (jose/json_pointer.h): `/realm_access/roles`. A name that itself begins with a slash is written as a
 * pointer: `/~1roles`. What UserInfo says of such a claim counts before what the ID token says of it, but for
 * what identifies the login (iss, sub, aud, exp, …), of which UserInfo is not asked. An address other than
 * the ID token's does not inherit its `email_verified`.
 */

#include "base/error.h"
#include "base/str.h"
#include "jose/json.h"
#include "oidc/email_verified.h"

#include <stdint.h>

#define SP_CLAIMS_SUB_MAX 255 /* ASCII characters (Core, section 2) */

/* Views and the list borrow from what is owned. Absent texts are empty, absent times 0. */
struct sp_claims {
    json_t *all;         /* owned: those of the ID token */
    json_t *userinfo;    /* owned; NULL: it was not asked */
    json_t *group_names; /* owned; the groups, where they are names of members */
    struct sp_str sub;
    struct sp_str sid;
    struct sp_str email;
    enum sp_email_verified email_verified;
    bool email_verified_odd; /* there, but not a boolean: for whoever has to explain it */
    struct sp_str name;
    struct sp_str preferred_username;
    struct sp_json_string_list groups;
    bool groups_malformed; /* there, and not all of it is groups: for the log */
    int64_t auth_time_s;
    int64_t issued_s;
    int64_t expires_s;
};

#define SP_CLAIMS_NONE ((struct sp_claims){0})

/*
 * Reads `all` and, on success, takes it (sp_claims_done).
 *
 *   what          the document that they stand in, as texts for the operator say it: "the ID token"
 *   groups_claim  a name or pointer, as every claim that settings name
 *
 *   SP_ERR_MISSING, SP_ERR_FORMAT  no `sub` of 1–255 printable ASCII characters
 *   SP_ERR_MEMORY
 */
enum sp_error sp_claims_read(json_t *all, const char *what, const char *groups_claim, struct sp_claims *out,
                             struct sp_diag *diag) __attribute__((warn_unused_result));

/*
 * Reads on in the UserInfo of the same subject and, on success, takes it. On failure, for want of memory,
 * nothing has changed.
 */
enum sp_error sp_claims_add_userinfo(json_t *userinfo, const char *groups_claim, struct sp_claims *claims)
    __attribute__((warn_unused_result));

void sp_claims_done(struct sp_claims *claims);

/* A claim that names or shows somebody: a string, or the one element of a list of them; else empty. */
struct sp_str sp_claims_text(const struct sp_claims *claims, const char *name);

/* What became of a claim that a setting names. */
enum sp_claim_state {
    SP_CLAIM_SOUND,
    SP_CLAIM_MISSING,
    SP_CLAIM_MALFORMED, /* there, and not what the setting takes; of a list perhaps a part only */
    SP_CLAIM_ELSEWHERE, /* not there: the issuer names another place (`_claim_names`; Core, section 5.6.2) */
};

/*
 * A new object (json_decref) whose members are named by the values of a claim; empty where there are none.
 * NULL without memory.
 */
json_t *sp_claims_values(const struct sp_claims *claims, const char *name)
    __attribute__((warn_unused_result));

/* Whether these are all there are. Not where the claim, or a part of it, is there in a shape that has no
 * value: nested deeper, or a number that is no whole one. */
bool sp_claims_are_read(const struct sp_claims *claims, const char *name);

enum sp_claim_state sp_claims_values_state(const struct sp_claims *claims, const char *name);
enum sp_claim_state sp_claims_text_state(const struct sp_claims *claims, const char *name);
enum sp_claim_state sp_claims_groups_state(const struct sp_claims *claims, const char *groups_claim);

#endif

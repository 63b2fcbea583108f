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
 *   groups                           an array of texts, or one text; else none, and `groups_malformed`. An
 *                                    element that is no text is an empty one, and the list malformed too
 */

#include "base/error.h"
#include "base/str.h"
#include "jose/json.h"
#include "oidc/email_verified.h"

#include <stdint.h>

#define SP_CLAIMS_SUB_MAX        255 /* ASCII characters (Core, section 2) */
#define SP_CLAIMS_GROUPS_MAX_N   1000
#define SP_CLAIMS_GROUPS_LEN_MAX (64 * 1024) /* bytes of all groups together */
#define SP_CLAIMS_VALUES_MAX_N   1000        /* of a list that is kept by name */

/* Views and the list borrow from `all`. Absent texts are empty, absent times 0. */
struct sp_claims {
    json_t *all; /* owned */
    struct sp_str sub;
    struct sp_str sid;
    struct sp_str email;
    enum sp_email_verified email_verified;
    bool email_verified_odd; /* there, but not a boolean: for whoever has to explain it */
    struct sp_str name;
    struct sp_str preferred_username;
    struct sp_json_string_list groups;
    bool groups_malformed; /* there, but not a list of texts only: for the log */
    int64_t auth_time_s;
    int64_t issued_s;
    int64_t expires_s;
};

#define SP_CLAIMS_NONE ((struct sp_claims){0})

/*
 * Reads `all` and, on success, takes it (sp_claims_done).
 *
 *   what  the document that they stand in, as texts for the operator say it: "the ID token"
 *
 *   SP_ERR_MISSING, SP_ERR_FORMAT  no `sub` of 1–255 printable ASCII characters
 *   SP_ERR_TOO_MANY                too many groups, or too long ones together
 */
enum sp_error sp_claims_read(json_t *all, const char *what, const char *groups_claim, struct sp_claims *out,
                             struct sp_diag *diag) __attribute__((warn_unused_result));

void sp_claims_done(struct sp_claims *claims);

/* A claim that names or shows somebody: a string, or the one element of a list of them; else empty. */
struct sp_str sp_claims_text(const json_t *all, const char *name);

/* A claim by its name, as the list of its texts; SP_ERR_MISSING, SP_ERR_FORMAT for anything but texts,
 * SP_ERR_LIMIT. */
enum sp_error sp_claims_get(const struct sp_claims *claims, const char *name, struct sp_json_string_list *out)
    __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_IDENTITY_H
#define SP_POLICY_IDENTITY_H

/*
 * Turns what the issuer states about a user into the identity that rules and applications see: the user name
 * from `username_claim` and `username_prefix`, and the groups with `groups_prefix`. An identity is exact, or
 * there is none. A user is refused if a header cannot carry the name, if the name is an unverified e-mail
 * address, or if it would begin with `system:`, which the Kubernetes API server refuses as well. A group with
 * such a name, or one that no header can carry, is left out. The checks for `system:` ignore case, because
 * some programs do.
 *
 * An e-mail address identifies someone only if the issuer vouches for it (`email_verified`). Issuers differ
 * in what they state, so the operator chooses what a missing statement means. A domain counts only in a
 * verified address, because a user who can enter any address chooses its domain.
 *
 * Views point into the profile and the scratch buffer.
 */

#include "base/buf.h"
#include "base/reason.h"
#include "session/profile.h"

/* Which e-mail addresses identify a user; zero is the strict rule. */
enum sp_email_rule {
    SP_EMAIL_REQUIRED,     /* those for which the issuer states that they are verified */
    SP_EMAIL_UNLESS_FALSE, /* also those for which it states nothing */
};

struct sp_identity_settings {
    enum sp_email_rule email_rule;
    const char *username_claim;
    const char *username_prefix;
    const char *groups_prefix;
    uint64_t facts_mark; /* identifies the facts that rules need (session/profile.h); 0: none */
};

/* The identity that rules and header sets see, made from the profile of a session or a bearer token. */
struct sp_identity {
    const struct sp_profile *profile;
    struct sp_str user; /* the user name with its prefix; empty if the profile has none */
    struct sp_str groups_prefix;
    enum sp_email_rule email_rule;
    const uint8_t *facts; /* the profile's facts; NULL if it was not made for the current rules */
};

/*
 * Fills `out`, whose views point into the profile, the settings and `scratch`. With any reason except
 * SP_REASON_NONE, the identity has no user.
 *
 *   SP_REASON_NONE                    it has a user
 *   SP_REASON_EMAIL_UNVERIFIED        the name is the e-mail address, and `email_rule` does not let it
 *                                     identify anyone
 *   SP_REASON_USER_NOT_REPRESENTABLE  no such claim, or one that a field value cannot carry
 *   SP_REASON_RESERVED_NAME           with its prefix, the name begins with `system:`
 */
enum sp_reason sp_identity_from_profile(const struct sp_profile *profile,
                                        const struct sp_identity_settings *settings, struct sp_buf *scratch,
                                        struct sp_identity *out) __attribute__((warn_unused_result));

/* The e-mail address if it identifies the user, for rules and headers; empty otherwise. */
struct sp_str sp_identity_email(const struct sp_identity *identity);

/*
 * Walks the groups as applications see them, without those that are left out. Prefix and name are separate,
 * so that nothing is copied. Zero the cursor first.
 */
struct sp_identity_group {
    struct sp_str prefix;
    struct sp_str name;
};

bool sp_identity_next_group(const struct sp_identity *identity, size_t *cursor,
                            struct sp_identity_group *out);

/* True if the user is in `group`, named as applications see it, with the prefix. For a group that rules name
 * the result is correct even if the profile lacks others (`groups_mark`). */
bool sp_identity_in_group(const struct sp_identity *identity, struct sp_str group);

#endif

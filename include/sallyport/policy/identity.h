/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_IDENTITY_H
#define SP_POLICY_IDENTITY_H

/*
 * From what the issuer says of a person to the one whom rules and applications see: the user name by
 * `username_claim` and `username_prefix`, the groups by `groups_prefix`. Identity is exact or it is not
 * there: a user whose name a header cannot carry, whose e-mail is the name and not verified, or who would be
 * called `system:…` is refused, as the Kubernetes API server refuses them; a group that would be called so,
 * or that no header can carry, is left out. `system:` in any case: there are programs that fold it.
 *
 * An e-mail address names somebody when the issuer vouches for it (`email_verified`). Issuers differ in what
 * they say, so the operator chooses what their silence means; a domain counts for verified addresses only,
 * since whoever writes an address into a form chooses its domain.
 *
 * Views point into the profile and the scratch buffer.
 */

#include "base/buf.h"
#include "base/reason.h"
#include "session/profile.h"

/* Which e-mail addresses name somebody; the strict one is zero. */
enum sp_email_rule {
    SP_EMAIL_REQUIRED,     /* those that the issuer says are verified */
    SP_EMAIL_UNLESS_FALSE, /* also those of which it says nothing */
};

struct sp_identity_settings {
    enum sp_email_rule email_rule;
    const char *username_claim;
    const char *username_prefix;
    const char *groups_prefix;
    uint64_t facts_mark; /* which facts rules ask for (session/profile.h); 0: none */
};

/* Whom rules and header sets see: out of a session's profile, or a bearer token's. */
struct sp_identity {
    const struct sp_profile *profile;
    struct sp_str user; /* with its prefix; empty: the profile gives no name */
    struct sp_str groups_prefix;
    enum sp_email_rule email_rule;
    const uint8_t *facts; /* of the profile; NULL: it was not made for the rules as they are */
};

/*
 * Fills `out`, whose views point into the profile, the settings and `scratch`; without a user when there is a
 * reason.
 *
 *   SP_REASON_NONE                    it has a user
 *   SP_REASON_EMAIL_UNVERIFIED        the name is the e-mail, and `email_rule` does not let it name anybody
 *   SP_REASON_USER_NOT_REPRESENTABLE  no such claim, or one that a field value cannot carry
 *   SP_REASON_RESERVED_NAME           `system:` after prefixing
 */
enum sp_reason sp_identity_from_profile(const struct sp_profile *profile,
                                        const struct sp_identity_settings *settings, struct sp_buf *scratch,
                                        struct sp_identity *out) __attribute__((warn_unused_result));

/* The e-mail address where it names the user, for rules and headers; empty otherwise. */
struct sp_str sp_identity_email(const struct sp_identity *identity);

/*
 * Walks the groups as applications see them, without those that are left out: prefix and name apart, so that
 * nothing is copied. Zero the cursor first.
 */
struct sp_identity_group {
    struct sp_str prefix;
    struct sp_str name;
};

bool sp_identity_next_group(const struct sp_identity *identity, size_t *cursor,
                            struct sp_identity_group *out);

/* `group` as applications see it, with the prefix. Of a group that rules name this is so or not also where
 * the profile lacks others (`groups_mark`). */
bool sp_identity_in_group(const struct sp_identity *identity, struct sp_str group);

#endif

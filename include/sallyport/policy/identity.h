/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_IDENTITY_H
#define SP_POLICY_IDENTITY_H

/*
 * From a session to the one whom rules and applications see: the user name by `username_claim` and
 * `username_prefix`, the groups by `groups_prefix`. Identity is exact or it is not there: a user whose name a
 * header cannot carry, whose e-mail is the name and not verified, or who would be called `system:…` is
 * refused, as the Kubernetes API server refuses them; a group that would be called so is left out, and so is
 * one with a comma, which lists would take for two. `system:` in any case: there are programs that fold it.
 *
 * An e-mail address names somebody when the issuer vouches for it (`email_verified`). Issuers differ in what
 * they say, so the operator chooses what their silence means; a domain counts for verified addresses only,
 * since whoever writes an address into a form chooses its domain.
 *
 * Views point into the session and the scratch buffer.
 */

#include "base/reason.h"
#include "session/session.h"

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
};

struct sp_subject {
    const struct sp_session *session;
    struct sp_str user; /* with its prefix */
    struct sp_str groups_prefix;
    enum sp_email_rule email_rule;
};

/*
 *   SP_REASON_NONE                    `out` is filled
 *   SP_REASON_EMAIL_UNVERIFIED        the name is the e-mail, and `email_rule` does not let it name anybody
 *   SP_REASON_USER_NOT_REPRESENTABLE  no such claim, or one that a field value cannot carry
 *   SP_REASON_RESERVED_NAME           `system:` after prefixing
 */
enum sp_reason sp_subject_from_session(const struct sp_session *session,
                                       const struct sp_identity_settings *settings, struct sp_buf *scratch,
                                       struct sp_subject *out) __attribute__((warn_unused_result));

/* The e-mail address where it names the user, for rules and headers; empty otherwise. */
struct sp_str sp_subject_email(const struct sp_subject *subject);

/*
 * Walks the groups as applications see them, without those that are left out: prefix and name apart, so that
 * nothing is copied. Zero the cursor first.
 */
struct sp_subject_group {
    struct sp_str prefix;
    struct sp_str name;
};

bool sp_subject_next_group(const struct sp_subject *subject, size_t *cursor, struct sp_subject_group *out);

/* `group` as applications see it, with the prefix. */
bool sp_subject_in_group(const struct sp_subject *subject, struct sp_str group);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_PROFILE_H
#define SP_SESSION_PROFILE_H

/*
 * What an issuer states about a user, as far as this program keeps it: the part of a session that describes
 * the user. Rules, header sets and pages read a profile, whatever its source.
 *
 * It consists of views and owns no strings. An absent string is empty. Pure.
 */

#include "base/error.h"
#include "base/str.h"
#include "oidc/email_verified.h"

#include <stdint.h>

/*
 * A user may be in more groups than a profile can hold, or than a session or its cookie has room for. The
 * profile then contains a mark and exactly those of the groups that rules name, so that every rule gives the
 * same result as it would with all groups. The mark identifies the set of groups that rules named at that
 * time (sp_config.groups_mark). Once rules name other groups, the profile is no longer usable. Its list of
 * groups is incomplete, so it is never reported as the user's groups.
 */
#define SP_PROFILE_GROUPS_MARK_LEN 7 /* bytes */
#define SP_PROFILE_GROUPS_MAX_N    1000
#define SP_PROFILE_CLAIMS_MAX_N    32

/*
 * Whether the user satisfies a rule's conditions on claims is determined at login and stored as facts, one
 * bit each. So the number of values of a claim does not affect the size of the cookie. The mark of the facts
 * identifies the list of all these conditions, which gives the bits their order, and the settings that
 * determine what a login keeps (sp_config.facts_mark). Once that mark has changed, the facts mean nothing,
 * and the profile is no longer usable. A profile without a mark was made by release 0.1.0.
 */
#define SP_PROFILE_FACTS_MARK_LEN 7 /* bytes */
#define SP_PROFILE_FACTS_MAX_N    512

struct sp_profile_claim {
    struct sp_str name;
    struct sp_str value;
};

/*
 * The claims in every profile, in the order of a session's wire form: X(name in the token, member). Any other
 * claim is kept only if a setting requests it (`claims`).
 */
#define SP_PROFILE_TEXTS(X)                                                                                  \
    X("iss", issuer)                                                                                         \
    X("sub", sub)                                                                                            \
    X("sid", sid)                                                                                            \
    X("email", email)                                                                                        \
    X("name", name)                                                                                          \
    X("preferred_username", preferred_username)

/* About 17 KiB, of which only the groups present are touched, so pass it by pointer. Start from zero (`=
 * {0}`) to fill one in. */
struct sp_profile {
    enum sp_email_verified email_verified;
    struct sp_str issuer; /* never empty */
    struct sp_str sub;    /* never empty */
    struct sp_str sid;    /* the issuer's session, for back-channel logout */
    struct sp_str email;
    struct sp_str name;
    struct sp_str preferred_username;
    uint64_t groups_mark; /* 0: no group that a login keeps is missing */
    uint64_t facts_mark;  /* 0: no facts */
    uint8_t facts[SP_PROFILE_FACTS_MAX_N / 8];
    size_t groups_n;
    size_t claims_n;
    /* Claims that `username_claim` and headers use, in addition to those above. */
    struct sp_profile_claim claims[SP_PROFILE_CLAIMS_MAX_N];
    struct sp_str groups[SP_PROFILE_GROUPS_MAX_N]; /* must be last */
};

/* Borrows the strings. SP_ERR_LIMIT: it already has SP_PROFILE_GROUPS_MAX_N groups or SP_PROFILE_CLAIMS_MAX_N
 * claims. */
enum sp_error sp_profile_add_group(struct sp_profile *profile, struct sp_str group)
    __attribute__((warn_unused_result));
enum sp_error sp_profile_add_claim(struct sp_profile *profile, struct sp_str name, struct sp_str value)
    __attribute__((warn_unused_result));

/* True if every profile contains `name`, a claim of the token, without a setting: iss, sub, sid, email, name
 * and preferred_username. */
bool sp_profile_always_holds(struct sp_str name);

/*
 * A claim by its name in the token, one of the fixed ones or an additional one. Empty if it is absent, or
 * appears more than once, because choosing one of several would create an identity that nobody asserted.
 */
struct sp_str sp_profile_claim(const struct sp_profile *profile, struct sp_str name);

#endif

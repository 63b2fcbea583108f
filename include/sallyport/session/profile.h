/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_PROFILE_H
#define SP_SESSION_PROFILE_H

/*
 * What an issuer says of a person, as far as this program keeps it: the part of a session that is about the
 * user. Rules, header sets and pages read a profile, wherever it came from.
 *
 * Only views, and no text of its own. An absent text is an empty one. Pure.
 */

#include "base/error.h"
#include "base/str.h"
#include "oidc/email_verified.h"

#include <stdint.h>

/*
 * A person may be in more groups than a profile holds, or a session or its cookie has room for. Then the
 * profile has exactly those that rules name, so that every rule holds or does not as if all of them were
 * there, and a mark: it stands for what rules named then (sp_config.groups_mark), and where they name
 * something else the profile is of no use any more. A list of the groups would be an untruth, and nobody is
 * told one.
 */
#define SP_PROFILE_GROUPS_MARK_LEN 7 /* bytes */
#define SP_PROFILE_GROUPS_MAX_N    1000
#define SP_PROFILE_CLAIMS_MAX_N    32

/*
 * Which conditions of rules on claims hold is found out at the login and kept as facts, a bit each: so what a
 * claim of many values takes in a cookie does not depend on them. Their mark stands for the list of all these
 * conditions, in which the bits are counted, and for the settings that say what is kept of a login
 * (sp_config.facts_mark). By another mark they mean nothing, and the profile is of no use any more. Without
 * one it was made by release 0.1.0.
 */
#define SP_PROFILE_FACTS_MARK_LEN 7 /* bytes */
#define SP_PROFILE_FACTS_MAX_N    512

struct sp_profile_claim {
    struct sp_str name;
    struct sp_str value;
};

/*
 * The claims that every profile holds, in the order of a session's wire form: X(name in the token, member).
 * What is not here is kept only when it is asked for (`claims`).
 */
#define SP_PROFILE_TEXTS(X)                                                                                  \
    X("iss", issuer)                                                                                         \
    X("sub", sub)                                                                                            \
    X("sid", sid)                                                                                            \
    X("email", email)                                                                                        \
    X("name", name)                                                                                          \
    X("preferred_username", preferred_username)

/* About 17 KiB, of which nobody touches more than the groups that are there: pass it by pointer. Start from
 * zero (`= {0}`) to fill one in. */
struct sp_profile {
    enum sp_email_verified email_verified;
    struct sp_str issuer; /* never empty */
    struct sp_str sub;    /* never empty */
    struct sp_str sid;    /* the issuer's session, for back-channel logout */
    struct sp_str email;
    struct sp_str name;
    struct sp_str preferred_username;
    uint64_t groups_mark; /* 0: the groups are all there are that are worth keeping */
    uint64_t facts_mark;  /* 0: there are no facts */
    uint8_t facts[SP_PROFILE_FACTS_MAX_N / 8];
    size_t groups_n;
    size_t claims_n;
    /* What `username_claim` and headers name beyond the claims above. */
    struct sp_profile_claim claims[SP_PROFILE_CLAIMS_MAX_N];
    struct sp_str groups[SP_PROFILE_GROUPS_MAX_N]; /* last */
};

/* Borrows the texts. SP_ERR_LIMIT: SP_PROFILE_GROUPS_MAX_N groups, SP_PROFILE_CLAIMS_MAX_N claims are there.
 */
enum sp_error sp_profile_add_group(struct sp_profile *profile, struct sp_str group)
    __attribute__((warn_unused_result));
enum sp_error sp_profile_add_claim(struct sp_profile *profile, struct sp_str name, struct sp_str value)
    __attribute__((warn_unused_result));

/* Whether every profile holds `name`, a claim of the token, without being asked: iss, sub, sid, email, name
 * and preferred_username. */
bool sp_profile_always_holds(struct sp_str name);

/*
 * A claim by its name in the token, one of those or a further one; empty when it is not there, or there more
 * than once: one of several would be an identity that nobody asserted.
 */
struct sp_str sp_profile_claim(const struct sp_profile *profile, struct sp_str name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/identity.h"

#include "http/field.h"

static const struct sp_str reserved_prefix = SP_STR("system:");

/* True if `prefix` and `name` together begin with `system:`. */
static bool begins_reserved(struct sp_str prefix, struct sp_str name)
{
    for (size_t i = 0; i < reserved_prefix.len; i++) {
        bool in_prefix = i < prefix.len;
        struct sp_str part = in_prefix ? prefix : name;
        size_t at = in_prefix ? i : i - prefix.len;
        if (at >= part.len || sp_ascii_lower(part.ptr[at]) != reserved_prefix.ptr[i]) {
            return false;
        }
    }
    return true;
}

/* Like begins_reserved, but with a quick check first, since most names begin with another character. */
static inline bool is_reserved(struct sp_str prefix, struct sp_str name)
{
    struct sp_str first = prefix.len > 0 ? prefix : name;
    bool may_be = first.len > 0 && sp_ascii_lower(first.ptr[0]) == reserved_prefix.ptr[0];
    return may_be && begins_reserved(prefix, name);
}

static bool names_somebody(enum sp_email_verified verified, enum sp_email_rule rule)
{
    return verified == SP_EMAIL_VERIFIED_YES ||
           (verified == SP_EMAIL_VERIFIED_ABSENT && rule == SP_EMAIL_UNLESS_FALSE);
}

struct sp_str sp_identity_email(const struct sp_identity *identity)
{
    const struct sp_profile *profile = identity->profile;
    return names_somebody(profile->email_verified, identity->email_rule) ? profile->email : SP_STR_NONE;
}

enum sp_reason sp_identity_from_profile(const struct sp_profile *profile,
                                        const struct sp_identity_settings *settings, struct sp_buf *scratch,
                                        struct sp_identity *out)
{
    struct sp_str claim = sp_str_from_c(settings->username_claim);
    struct sp_str name = sp_profile_claim(profile, claim);
    *out = (struct sp_identity){
        .profile = profile,
        .groups_prefix = sp_str_from_c(settings->groups_prefix),
        .email_rule = settings->email_rule,
        .facts =
            settings->facts_mark != 0 && settings->facts_mark == profile->facts_mark ? profile->facts : NULL,
    };
    if (name.len == 0) {
        return SP_REASON_USER_NOT_REPRESENTABLE;
    }
    if (sp_str_equal(claim, SP_STR("email")) &&
        !names_somebody(profile->email_verified, settings->email_rule)) {
        return SP_REASON_EMAIL_UNVERIFIED;
    }
    struct sp_str user = name;
    struct sp_str prefix = sp_str_from_c(settings->username_prefix);
    if (prefix.len > 0) {
        sp_buf_clear(scratch);
        sp_buf_append(scratch, prefix);
        sp_buf_append(scratch, name);
        user = sp_buf_str(scratch); /* empty if it is too small */
    }
    if (!sp_field_can_carry(user)) {
        return SP_REASON_USER_NOT_REPRESENTABLE;
    }
    if (is_reserved(SP_STR_NONE, user)) {
        return SP_REASON_RESERVED_NAME;
    }
    out->user = user;
    return SP_REASON_NONE;
}

/* A login already drops what no field can carry, but an older version may have sealed it into a session. */
static bool is_shown(struct sp_str prefix, struct sp_str name)
{
    return sp_field_can_carry(name) && !is_reserved(prefix, name);
}

bool sp_identity_next_group(const struct sp_identity *identity, size_t *cursor, struct sp_identity_group *out)
{
    const struct sp_profile *profile = identity->profile;
    while (*cursor < profile->groups_n) {
        struct sp_str name = profile->groups[(*cursor)++];
        if (is_shown(identity->groups_prefix, name)) {
            *out = (struct sp_identity_group){.prefix = identity->groups_prefix, .name = name};
            return true;
        }
    }
    return false;
}

bool sp_identity_in_group(const struct sp_identity *identity, struct sp_str group)
{
    const struct sp_profile *profile = identity->profile;
    if (!sp_str_starts_with(group, identity->groups_prefix)) {
        return false;
    }
    struct sp_str name = sp_str_skip(group, identity->groups_prefix.len);
    for (size_t i = 0; i < profile->groups_n; i++) {
        if (sp_str_equal(profile->groups[i], name)) {
            return is_shown(identity->groups_prefix, name);
        }
    }
    return false;
}

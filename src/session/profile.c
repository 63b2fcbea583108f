/* SPDX-License-Identifier: Apache-2.0 */
#include "session/profile.h"

/*
 * The claims that every profile holds, in the order of a session's wire form, each with its name in the token. What
 * is not here is kept only when it is asked for (`claims`).
 */
static const struct {
    struct sp_str name;
    size_t at; /* of its text in the profile */
} own_claims[] = {
    {SP_STR("iss"), offsetof(struct sp_profile, issuer)},
    {SP_STR("sub"), offsetof(struct sp_profile, sub)},
    {SP_STR("sid"), offsetof(struct sp_profile, sid)},
    {SP_STR("email"), offsetof(struct sp_profile, email)},
    {SP_STR("name"), offsetof(struct sp_profile, name)},
    {SP_STR("preferred_username"), offsetof(struct sp_profile, preferred_username)},
};

#define OWN_CLAIMS_N (sizeof own_claims / sizeof own_claims[0])

/* The index of `name`, or OWN_CLAIMS_N. */
static size_t find_own(struct sp_str name)
{
    size_t i = 0;
    while (i < OWN_CLAIMS_N && !sp_str_equal(own_claims[i].name, name)) {
        i++;
    }
    return i;
}

static struct sp_str own_claim(const struct sp_profile *profile, size_t i)
{
    return *(const struct sp_str *)((const char *)profile + own_claims[i].at);
}

enum sp_error sp_profile_add_group(struct sp_profile *profile, struct sp_str group)
{
    if (profile->groups_n >= SP_PROFILE_GROUPS_MAX_N) {
        return SP_ERR_LIMIT;
    }
    profile->groups[profile->groups_n++] = group;
    return SP_OK;
}

enum sp_error sp_profile_add_claim(struct sp_profile *profile, struct sp_str name, struct sp_str value)
{
    if (profile->claims_n >= SP_PROFILE_CLAIMS_MAX_N) {
        return SP_ERR_LIMIT;
    }
    profile->claims[profile->claims_n++] = (struct sp_profile_claim){name, value};
    return SP_OK;
}

static struct sp_str find_further(const struct sp_profile *profile, struct sp_str name)
{
    const struct sp_profile_claim *found = NULL;
    for (size_t i = 0; i < profile->claims_n; i++) {
        if (!sp_str_equal(profile->claims[i].name, name)) {
            continue;
        }
        if (found != NULL) {
            return SP_STR_NONE;
        }
        found = &profile->claims[i];
    }
    return found != NULL ? found->value : SP_STR_NONE;
}

bool sp_profile_always_holds(struct sp_str name)
{
    return find_own(name) < OWN_CLAIMS_N;
}

struct sp_str sp_profile_claim(const struct sp_profile *profile, struct sp_str name)
{
    size_t i = find_own(name);
    return i < OWN_CLAIMS_N ? own_claim(profile, i) : find_further(profile, name);
}

struct sp_str *sp_profile_text_at(struct sp_profile *profile, size_t i)
{
    return (struct sp_str *)(void *)((char *)profile + own_claims[i].at);
}

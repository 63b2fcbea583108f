/* SPDX-License-Identifier: Apache-2.0 */
#include "session/profile.h"

static const struct {
    struct sp_str name;
    size_t at; /* offset of its string in the profile */
} own_claims[] = {
#define OWN_CLAIM(claim, member) {SP_STR(claim), offsetof(struct sp_profile, member)},
    SP_PROFILE_TEXTS(OWN_CLAIM)
#undef OWN_CLAIM
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

bool sp_profile_always_holds(struct sp_str name)
{
    return find_own(name) < OWN_CLAIMS_N;
}

struct sp_str sp_profile_claim(const struct sp_profile *profile, struct sp_str name)
{
    size_t own = find_own(name);
    if (own < OWN_CLAIMS_N) {
        return *(const struct sp_str *)((const char *)profile + own_claims[own].at);
    }
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

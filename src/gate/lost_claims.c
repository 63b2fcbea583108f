/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/lost_claims.h"

static enum sp_claim_state state_of(const struct sp_claims *claims, const struct sp_named_claim *named)
{
    enum sp_claim_state state = SP_CLAIM_SOUND;
    if ((named->uses & SP_CLAIM_IS_GROUPS) != 0) {
        state = sp_claims_groups_state(claims, named->name);
    }
    if ((named->uses & SP_CLAIM_IS_TEXT) != 0 && state == SP_CLAIM_SOUND) {
        state = sp_claims_text_state(claims, named->name);
    }
    if ((named->uses & SP_CLAIM_IS_RULED) != 0 && state == SP_CLAIM_SOUND) {
        state = sp_claims_values_state(claims, named->name);
    }
    return state;
}

void sp_lost_claims_find(const struct sp_claims *claims, const struct sp_config *config,
                         struct sp_lost_claims *out)
{
    *out = (struct sp_lost_claims){.decides = false};
    for (size_t i = 0; i < config->claims.items_n; i++) {
        const struct sp_named_claim *named = &config->claims.items[i];
        enum sp_claim_state state = state_of(claims, named);
        if (state != SP_CLAIM_SOUND) {
            out->names[state][out->names_n[state]++] = named->name;
            out->decides = out->decides || (named->uses & SP_CLAIM_DECIDES) != 0;
        }
    }
}

void sp_lost_claims_log(const struct sp_lost_claims *lost, struct sp_log_line *line)
{
    static const char *const keys[] = {
        [SP_CLAIM_MISSING] = "claims_missing",
        [SP_CLAIM_MALFORMED] = "claims_malformed",
        [SP_CLAIM_ELSEWHERE] = "claims_elsewhere",
    };
    for (size_t i = SP_CLAIM_MISSING; i <= SP_CLAIM_ELSEWHERE; i++) {
        sp_log_texts(line, keys[i], lost->names[i], lost->names_n[i]);
    }
}

bool sp_lost_claims_some(const struct sp_lost_claims *lost)
{
    size_t all_n = 0;
    for (size_t i = SP_CLAIM_MISSING; i <= SP_CLAIM_ELSEWHERE; i++) {
        all_n += lost->names_n[i];
    }
    return all_n > 0;
}

void sp_lost_claims_log_groups(const struct sp_group_counts *counts, struct sp_log_line *line)
{
    sp_log_number(line, "groups", counts->kept_n);
    sp_log_number(line, "groups_unusable", counts->unusable_n);
    sp_log_number(line, "groups_not_kept", counts->unkept_n);
    if (counts->with_comma_n > 0) {
        sp_log_number(line, "groups_with_comma", counts->with_comma_n);
    }
}

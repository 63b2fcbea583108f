/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/session_from_claims.h"

#include "http/field.h"

/* Adds the first groups that are kept, as many as fit; counts all. */
static enum sp_error add_groups(const struct sp_claims *claims, const struct sp_config *config, size_t max_n,
                                struct sp_profile *profile, struct sp_group_counts *counts)
{
    counts->all_n = claims->groups.n;
    for (size_t i = 0; i < claims->groups.n; i++) {
        struct sp_str group = sp_json_string_list_at(&claims->groups, i);
        if (!sp_field_can_carry(group)) {
            counts->unusable_n++;
        } else if (!sp_config_keeps_group(config, group)) {
            counts->unkept_n++;
        } else {
            counts->kept_n++;
            counts->with_comma_n += sp_str_contains(group, ',');
            if (counts->kept_n <= max_n) {
                profile->groups[profile->groups_n++] = group;
            }
        }
    }
    return counts->kept_n <= max_n ? SP_OK : SP_ERR_LIMIT;
}

static bool has_group(const struct sp_str *groups, size_t groups_n, struct sp_str group)
{
    for (size_t i = 0; i < groups_n; i++) {
        if (sp_str_equal(groups[i], group)) {
            return true;
        }
    }
    return false;
}

/* Reduces the groups of the profile to those that rules name, and sets its mark. */
static enum sp_error reduce_groups(const struct sp_claims *claims, const struct sp_config *config,
                                   struct sp_groups_room room, struct sp_profile *profile,
                                   struct sp_group_counts *counts)
{
    struct sp_str ruled[SP_PROFILE_GROUPS_MAX_N];
    size_t ruled_n = 0;
    size_t with_comma_n = 0;
    if (room.mark == 0 || profile->groups_mark != 0) {
        return SP_ERR_LIMIT;
    }
    for (size_t i = 0; i < claims->groups.n; i++) {
        struct sp_str group = sp_json_string_list_at(&claims->groups, i);
        if (!sp_config_rules_group(config, group) || has_group(ruled, ruled_n, group)) {
            continue;
        }
        if (ruled_n == room.max_n) {
            return SP_ERR_LIMIT;
        }
        ruled[ruled_n++] = group;
        with_comma_n += sp_str_contains(group, ',');
    }
    memcpy(profile->groups, ruled, ruled_n * sizeof ruled[0]);
    profile->groups_n = ruled_n;
    profile->groups_mark = room.mark;
    counts->kept_n = ruled_n;
    counts->with_comma_n = with_comma_n;
    return SP_OK;
}

static struct sp_groups_room room_of_session(const struct sp_config *config)
{
    return (struct sp_groups_room){SP_SESSION_GROUPS_MAX_N, config->groups_mark};
}

enum sp_error sp_session_reduce_groups(const struct sp_claims *claims, const struct sp_config *config,
                                       struct sp_session *session, struct sp_group_counts *counts)
{
    return reduce_groups(claims, config, room_of_session(config), &session->profile, counts);
}

/* Whether the claim may have values that are not read. The standard claims of a profile are single
 * strings. */
static bool hides_values(const struct sp_claims *claims, const char *name)
{
    bool is_text = sp_profile_always_holds(sp_str_from_c(name));
    return !sp_claims_are_read(claims, name) ||
           (is_text && sp_claims_text_state(claims, name) == SP_CLAIM_MALFORMED);
}

/* Which conditions of rules hold; those of one claim are consecutive. */
static enum sp_error find_facts(const struct sp_claims *claims, const struct sp_config *config,
                                struct sp_profile *profile)
{
    SP_JSON_SCOPED json_t *values = NULL;
    const char *name = "";
    profile->facts_mark = config->facts_mark;
    for (size_t i = 0; i < config->facts.items_n; i++) {
        const struct sp_claim_condition *claim = config->facts.items[i];
        if (strcmp(claim->name, name) != 0) {
            name = claim->name;
            json_decref(values);
            values = sp_claims_values(claims, name);
        }
        if (values == NULL) {
            return SP_ERR_MEMORY;
        }
        bool holds = claim->denies && hides_values(claims, name);
        for (size_t k = 0; k < claim->values.items_n; k++) {
            holds = holds || json_object_get(values, claim->values.items[k]) != NULL;
        }
        profile->facts[i / 8] |= (uint8_t)((holds ? 1u : 0u) << (i % 8));
    }
    return SP_OK;
}

enum sp_error sp_profile_from_claims(const struct sp_claims *claims, const struct sp_config *config,
                                     struct sp_groups_room room, struct sp_profile *out,
                                     struct sp_group_counts *counts)
{
    *out = (struct sp_profile){
        .email_verified = claims->email_verified,
        .issuer = sp_str_from_c(config->issuer),
        .sub = claims->sub,
        .sid = claims->sid,
        .email = claims->email,
        .name = claims->name,
        .preferred_username = claims->preferred_username,
    };
    *counts = (struct sp_group_counts){0};
    enum sp_error error = add_groups(claims, config, room.max_n, out, counts);
    if (error == SP_ERR_LIMIT) {
        error = reduce_groups(claims, config, room, out, counts);
    }

    /* A single value can serve as a name or a header. Several values, or one that no header can carry,
     * cannot, and storing them would only fill the cookie. */
    for (size_t i = 0; i < config->claims.items_n && error == SP_OK; i++) {
        const struct sp_named_claim *named = &config->claims.items[i];
        struct sp_str text =
            sp_named_claim_is_kept(named) ? sp_claims_text(claims, named->name) : SP_STR_NONE;
        if (text.len > 0) {
            error = sp_profile_add_claim(out, sp_str_from_c(named->name), text);
        }
    }
    return error == SP_OK ? find_facts(claims, config, out) : error;
}

enum sp_error sp_session_from_claims(const struct sp_claims *claims, const struct sp_config *config,
                                     int64_t now_s, const struct sp_random *random, struct sp_diag *diag,
                                     struct sp_session *out, struct sp_group_counts *counts)
{
    *out = (struct sp_session){
        .login_at_s = now_s,
        .issued_s = now_s,
        .auth_time_s = claims->auth_time_s,
        .expires_s = now_s + config->session_lifetime_s,
    };
    sp_random_fill(random, out->id, sizeof out->id);
    enum sp_error error =
        sp_profile_from_claims(claims, config, room_of_session(config), &out->profile, counts);
    return error == SP_ERR_LIMIT
               ? sp_diag_set(diag, error,
                             "%zu groups; a session holds %d%s: name the groups to keep in groups_keep",
                             counts->kept_n, SP_SESSION_GROUPS_MAX_N,
                             config->groups_mark != 0 ? ", and rules name more of them" : "")
               : error;
}

static enum sp_error write_cookie(const struct sp_sealer *sealer, const struct sp_session *session,
                                  struct sp_diag *diag, struct sp_str *id_token_packed, struct sp_buf *out)
{
    struct sp_session with_token = *session;
    with_token.id_token_packed = *id_token_packed;
    enum sp_error error = sp_session_cookie_write(sealer, &with_token, diag, out);
    if (error == SP_ERR_LIMIT && id_token_packed->len > 0) {
        *id_token_packed = SP_STR_NONE;
        return sp_session_cookie_write(sealer, session, diag, out);
    }
    return error;
}

enum sp_error sp_session_write_reduced(const struct sp_sealer *sealer, const struct sp_claims *claims,
                                       const struct sp_config *config, struct sp_diag *diag,
                                       struct sp_session *session, struct sp_group_counts *counts,
                                       struct sp_str *id_token_packed, struct sp_buf *out)
{
    struct sp_str id_token = *id_token_packed;
    enum sp_error error = write_cookie(sealer, session, diag, id_token_packed, out);
    if (error == SP_ERR_LIMIT && sp_session_reduce_groups(claims, config, session, counts) == SP_OK) {
        *id_token_packed = id_token;
        error = write_cookie(sealer, session, diag, id_token_packed, out);
    }
    return error;
}

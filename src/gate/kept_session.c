/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/kept_session.h"

#include "session/packed_token.h"

#define RENEW_AFTER_MIN_S 10 /* the minimum, even if the issuer states a shorter lifetime */
#define SPREAD            20 /* renewals are spread over a twentieth of the span, either way */

static int64_t random_below(const struct sp_random *random, int64_t limit)
{
    uint8_t bytes[sizeof(uint64_t)];
    uint64_t number;
    sp_random_fill(random, bytes, sizeof bytes);
    memcpy(&number, bytes, sizeof number);
    return (int64_t)(number % (uint64_t)limit);
}

static int64_t span_until_renewal(const struct sp_transaction *t,
                                  const struct sp_code_exchange *code_exchange, int64_t confirmed_s)
{
    const struct sp_config *config = t->context->snapshot->config;
    int64_t spread_s = config->renew_after_s / SPREAD;
    int64_t span_s = config->renew_after_s - spread_s + random_below(&t->context->random, 2 * spread_s + 1);
    int64_t lifetime_s = sp_code_exchange_grant_lifetime_s(code_exchange);
    if (lifetime_s > 0 && lifetime_s / 2 < span_s) {
        span_s = lifetime_s / 2;
    }
    if (sp_config_carries_id_token(config, &t->request.origin.host)) {
        int64_t rest_s = sp_code_exchange_claims(code_exchange)->expires_s - confirmed_s -
                         SP_KEPT_SESSION_ID_TOKEN_MARGIN_S;
        span_s = rest_s < span_s ? rest_s : span_s;
    }
    return span_s > RENEW_AFTER_MIN_S ? span_s : RENEW_AFTER_MIN_S;
}

int64_t sp_kept_session_bound_s(const struct sp_config *config)
{
    return config->renew_after_s + config->renew_after_s / SPREAD + config->renew_grace_s;
}

bool sp_kept_session_set_renewal(const struct sp_transaction *t, const struct sp_code_exchange *code_exchange,
                                 const struct sp_refresh_grant *grant, int64_t confirmed_s,
                                 struct sp_session *session)
{
    const struct sp_config *config = t->context->snapshot->config;
    if (t->context->process->renewals == NULL || grant == NULL || grant->token.len == 0) {
        return false;
    }
    session->grant = *grant;
    int64_t now_s = t->context->now_s;
    int64_t due_s = confirmed_s + span_until_renewal(t, code_exchange, confirmed_s);
    session->renew_after_s = due_s > now_s + RENEW_AFTER_MIN_S ? due_s : now_s + RENEW_AFTER_MIN_S;
    session->renew_by_s = due_s + config->renew_grace_s;
    if (session->renew_by_s < session->renew_after_s) {
        session->renew_by_s = session->renew_after_s;
    }
    return true;
}

/* The name by which users recognize themselves: the first of these that is present. */
static struct sp_str shown_name(const struct sp_profile *profile)
{
    const struct sp_str names[] = {profile->name, profile->email, profile->preferred_username};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sp_str_trim(names[i]).len > 0) {
            return sp_str_trim(names[i]);
        }
    }
    return profile->sub;
}

enum sp_error sp_kept_session_write(struct sp_transaction *t, const struct sp_claims *claims,
                                    struct sp_str id_token, struct sp_session *session,
                                    struct sp_group_counts *counts, enum sp_id_token_fate *fate,
                                    struct sp_diag *diag)
{
    const struct sp_config *config = t->context->snapshot->config;
    char storage[SP_SEAL_PLAIN_MAX];
    SP_BUF_SCOPED struct sp_buf packed = SP_BUF_ON(storage);
    struct sp_str kept = SP_STR_NONE;
    bool is_wanted = sp_config_keeps_id_token(config, &t->request.origin.host);
    if (is_wanted && sp_packed_token_encode(id_token, &packed) == SP_OK) {
        kept = sp_buf_str(&packed);
    }
    size_t begin = sp_answer_begin_value(&t->answer);
    enum sp_error error =
        sp_session_write_reduced(&t->sealer, claims, config, diag, session, counts, &kept, &t->answer.text);
    error = sp_answer_end_cookie(&t->answer, begin, error);
    if (error == SP_OK && t->sealer.cookies->readable_len > 0) {
        begin = sp_answer_begin_value(&t->answer);
        error = sp_cookies_write_readable(t->sealer.cookies, shown_name(&session->profile),
                                          session->expires_s - t->context->now_s, &t->answer.text);
        error = sp_answer_end_cookie(&t->answer, begin, error);
    }
    enum sp_id_token_fate wanted = kept.len > 0 ? SP_ID_TOKEN_KEPT : SP_ID_TOKEN_TOO_LARGE;
    *fate = is_wanted ? wanted : SP_ID_TOKEN_UNWANTED;
    return error;
}

void sp_kept_session_delete(struct sp_transaction *t)
{
    const struct sp_cookies *cookies = t->sealer.cookies;
    size_t begin = sp_answer_begin_value(&t->answer);
    enum sp_error error = sp_cookies_write_session_deletion(cookies, &t->answer.text);
    (void)sp_answer_end_cookie(&t->answer, begin, error);
    if (cookies->readable_len > 0) {
        begin = sp_answer_begin_value(&t->answer);
        error = sp_cookies_write_readable_deletion(cookies, &t->answer.text);
        (void)sp_answer_end_cookie(&t->answer, begin, error);
    }
}

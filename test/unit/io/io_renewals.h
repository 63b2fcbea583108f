/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_IO_IO_RENEWALS_H
#define SP_TEST_UNIT_IO_IO_RENEWALS_H

/* An issuer, and renewals in place of code exchanges. */

#include "io/renewals.h"

#include "io_code_exchanges.h"

#define SUB    ISSUER_SUB
#define KEPT_S 30

struct renewal_rig {
    struct exchange_rig *base;
    struct sp_renewals *renewals;
    char *answer;
};

static inline struct renewal_rig *renewal_rig_new(void)
{
    struct renewal_rig *rig = calloc(1, sizeof *rig);
    atomic_store(&clock_moved_ms, 0); /* by the previous test, if all run in one process */
    rig->base = exchange_rig_new(SP_USERINFO_UNUSED);
    rig->base->client.renew = true;
    const struct sp_renewals_use use = {
        .worker = rig->base->it->rig->worker,
        .issuer = rig->base->it->issuer,
        .client = &rig->base->client,
        .metrics = &rig->base->it->rig->metrics,
        .connections_max = 4096,
        .kept_s = KEPT_S,
        .pages_connections_max = 512,
    };
    rig->renewals = sp_renewals_new(&use);
    ck_assert_ptr_nonnull(rig->renewals);
    return rig;
}

static inline void renewal_rig_free(struct renewal_rig **given)
{
    struct renewal_rig *rig = *given;
    struct issuer_rig *it = rig->base->it;
    atomic_store(&it->server->stopping, 1);
    sp_worker_stop(it->rig->worker); /* renewals outlive it, and the exchanges' rig stops one too */
    sp_renewals_free(rig->renewals);
    ck_assert_int_eq(sp_worker_start(&it->rig->metrics, NULL, &it->rig->worker), SP_OK);
    exchange_rig_free(&rig->base);
    free(rig->answer);
    free(rig);
}

#define RENEWAL_RIG __attribute__((cleanup(renewal_rig_free))) struct renewal_rig *

/* From now on the token endpoint returns this refresh token and these additional claims. */
static inline void serve_renewal_by(struct renewal_rig *rig, const char *kid, const char *refresh_token,
                                    const char *claims)
{
    struct issuer_rig *it = rig->base->it;
    SIGNER_TEXT changes = text_format("{\"iss\":\"%s\"%s}", it->name, claims);
    SIGNER_TEXT id_token = issuer_id_token(&it->signer, kid, changes);
    char *answer = text_format("{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS
                               "\",\"refresh_token\":\"%s\",\"id_token\":\"%s\"}",
                               refresh_token, id_token);
    http_route(it->server, "/token", "200 OK", answer);
    free(rig->answer);
    rig->answer = answer;
}

static inline void serve_renewal(struct renewal_rig *rig, const char *refresh_token, const char *claims)
{
    serve_renewal_by(rig, "k1", refresh_token, claims);
}

static inline struct sp_refresh_grant grant_of(const char *token, int64_t issued_s)
{
    struct sp_refresh_grant grant = {.token = sp_str_from_c(token), .issued_s = issued_s};
    ck_assert_int_eq(sp_nonce_hash(SP_STR(ISSUER_NONCE), grant.nonce_hash), SP_OK);
    return grant;
}

static inline const char *begin_for(struct renewal_rig *rig, const char *sub,
                                    const struct sp_refresh_grant *grant, struct asked *out)
{
    *out = (struct asked){.wait = {.mailbox = own_mailbox(), .owner = sp_str_from_c(sub)}};
    out->wait.message.deliver = on_delivered;
    return sp_renewals_begin(rig->renewals, out->wait.owner, grant, &out->wait);
}

static inline void begin_one(struct renewal_rig *rig, struct sp_refresh_grant grant, struct asked *out)
{
    ck_assert_ptr_null(begin_for(rig, SUB, &grant, out));
}

static inline void renewal_done(struct asked *asked)
{
    sp_renewal_outcome_unref(asked->wait.outcome);
}

#define RENEWAL __attribute__((cleanup(renewal_done))) struct asked

static inline const struct sp_renewal_outcome *renewal_of(struct asked *asked)
{
    WAIT_FOR(is_delivered(asked));
    return asked->wait.outcome;
}

static inline enum sp_renewal_result renew(struct renewal_rig *rig, struct sp_refresh_grant grant)
{
    RENEWAL asked;
    begin_one(rig, grant, &asked);
    return renewal_of(&asked)->result;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "io/token_revocations.h"

#include "io_issuer.h"

#define PATH "/revoke"

static const uint8_t session_id[SP_SESSION_ID_LEN] = {0x7f, 0x3a, 0x2b, 0x1c};

struct revocation_rig {
    struct issuer_rig *it;
    struct sp_client client;
    struct sp_token_revocations *revocations;
};

static struct revocation_rig *rig_of(bool has_endpoint)
{
    struct revocation_rig *rig = calloc(1, sizeof *rig);
    rig->it = issuer_rig_new();
    rig->client = usual_client;
    rig->client.renew = true;
    char *end = strrchr(rig->it->discovery, '}');
    size_t room = sizeof rig->it->discovery - (size_t)(end - rig->it->discovery);
    int len = snprintf(end, room, ",\"%s\":\"%s" PATH "\"}",
                       has_endpoint ? "revocation_endpoint" : "another_endpoint", rig->it->name);
    ck_assert_int_lt(len, (int)room);
    serve_documents(rig->it, "k1");
    rig->it->issuer = sp_issuer_new(rig->it->rig->worker, rig->it->name, &rig->client, on_update, rig->it);
    rig->revocations = sp_token_revocations_new(rig->it->rig->worker, rig->it->issuer, &rig->client);
    ck_assert(rig->it->issuer != NULL && rig->revocations != NULL);
    WAIT_FOR(atomic_load(&rig->it->updates_n) == 1);
    http_route(rig->it->server, PATH, "200 OK", "");
    return rig;
}

static void rig_done(struct revocation_rig **given)
{
    struct revocation_rig *rig = *given;
    issuer_rig_free(&rig->it);
    sp_token_revocations_free(rig->revocations);
    free(rig);
}

#define REVOCATION_RIG __attribute__((cleanup(rig_done))) struct revocation_rig *

static uint64_t answered(const struct revocation_rig *rig, enum sp_outbound_result result)
{
    return atomic_load(&rig->it->rig->metrics.outbound[SP_TARGET_REVOCATION][result]);
}

SP_TEST(a_token_is_revoked_as_the_client_that_it_was_given_to)
{
    REVOCATION_RIG rig = rig_of(true);
    sp_token_revocations_begin(rig->revocations, SP_STR("a/token"), session_id);
    WAIT_FOR(answered(rig, SP_OUTBOUND_OK) == 1);
    ck_assert(http_was_sent(rig->it->server, "token=a%2Ftoken&token_type_hint=refresh_token"));
    ck_assert(http_was_sent(rig->it->server, "Authorization: Basic "));
}
SP_TEST_END

SP_TEST(without_an_endpoint_nothing_is_asked)
{
    REVOCATION_RIG rig = rig_of(false);
    sp_token_revocations_begin(rig->revocations, SP_STR("token"), session_id);
    let_timers_run(rig->it->rig);
    ping(rig->it->rig, rig->it->server);
    ck_assert_uint_eq(http_count(rig->it->server, PATH), 0);
}
SP_TEST_END

SP_TEST(one_that_fails_is_not_tried_again)
{
    REVOCATION_RIG rig = rig_of(true);
    http_route(rig->it->server, PATH, "503 Down", "");
    sp_token_revocations_begin(rig->revocations, SP_STR("token"), session_id);
    WAIT_FOR(answered(rig, SP_OUTBOUND_STATUS) == 1);
    clock_move_ms(60 * 1000);
    let_timers_run(rig->it->rig);
    ping(rig->it->rig, rig->it->server);
    ck_assert_uint_eq(http_count(rig->it->server, PATH), 1);
}
SP_TEST_END

SP_TEST(so_many_are_under_way_and_no_more)
{
    REVOCATION_RIG rig = rig_of(true);
    atomic_store(&rig->it->server->held, 1);
    for (size_t i = 0; i <= SP_TOKEN_REVOCATIONS_MAX; i++) {
        sp_token_revocations_begin(rig->revocations, SP_STR("token"), session_id);
    }
    atomic_store(&rig->it->server->held, 0);
    WAIT_FOR(answered(rig, SP_OUTBOUND_OK) == SP_TOKEN_REVOCATIONS_MAX);
    ck_assert_uint_eq(http_count(rig->it->server, PATH), SP_TOKEN_REVOCATIONS_MAX);
    for (int naps = 0; answered(rig, SP_OUTBOUND_OK) == SP_TOKEN_REVOCATIONS_MAX; naps++) {
        ck_assert_int_lt(naps, 5000); /* the last one releases its place after it was counted */
        sp_token_revocations_begin(rig->revocations, SP_STR("token"), session_id);
        let_timers_run(rig->it->rig);
        usleep(1000);
    }
}
SP_TEST_END

SP_TEST(what_is_under_way_at_the_end_is_freed)
{
    REVOCATION_RIG rig = rig_of(true);
    atomic_store(&rig->it->server->held, 1);
    sp_token_revocations_begin(rig->revocations, SP_STR("token"), session_id);
    WAIT_FOR(http_count(rig->it->server, PATH) == 1);
}
SP_TEST_END

SP_SUITE("io/token_revocations", a_token_is_revoked_as_the_client_that_it_was_given_to,
         without_an_endpoint_nothing_is_asked, one_that_fails_is_not_tried_again,
         so_many_are_under_way_and_no_more, what_is_under_way_at_the_end_is_freed)

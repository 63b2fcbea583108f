/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/account_token.h"

#include "base/base64.h"
#include "base/time.h"
#include "kube/attempt.h"

#include "../suite.h"

#define START_MS 5000
#define LIFE_MS  (SP_ACCOUNT_TOKEN_LIFE_S * INT64_C(1000))
#define RENEW_MS (LIFE_MS / 100 * 80)
#define MADE_S   1700000000 /* by the API server's clock; the machine's clock counts from START_MS */
#define ACCOUNT  "infra/impersonator"

/* The state machine, the clock, and the last request. */
struct world {
    struct sp_account_token token;
    int64_t now_ms;
    uint32_t random; /* the result of every draw */
    struct sp_buf target;
    struct sp_buf body;
};

static void fill(void *context, uint8_t *out, size_t len)
{
    memcpy(out, &((struct world *)context)->random, len);
}

static struct world *world_of(const char *account, const char *secret)
{
    struct world *world = calloc(1, sizeof *world);
    world->now_ms = START_MS;
    sp_buf_init(&world->target, SP_ACCOUNT_TOKEN_TARGET_MAX);
    sp_buf_init(&world->body, SP_ACCOUNT_TOKEN_BODY_MAX);
    sp_account_token_init(&world->token, account, secret, world->now_ms);
    return world;
}

static void world_free(struct world **world)
{
    sp_account_token_done(&(*world)->token);
    sp_buf_done(&(*world)->target);
    sp_buf_done(&(*world)->body);
    free(*world);
}

#define WORLD __attribute__((cleanup(world_free))) struct world *

static enum sp_account_token_command tick(struct world *world)
{
    sp_buf_clear(&world->target);
    sp_buf_clear(&world->body);
    return sp_account_token_tick(&world->token, world->now_ms, &world->target, &world->body);
}

static void end(struct world *world, enum sp_error error, unsigned status, const char *body)
{
    const struct sp_random random = {fill, world};
    const struct sp_exchange_response response = {
        .error = error, .text = "no route to it", .status = status, .body = sp_str_from_c(body)};
    sp_account_token_end(&world->token, &response, world->now_ms, &random);
}

/* Nothing one millisecond before, and then this command. */
static void check_due_after(struct world *world, int64_t ms, enum sp_account_token_command command)
{
    ck_assert_int_eq(sp_account_token_due_ms(&world->token), world->now_ms + ms);
    if (ms > 0) {
        world->now_ms += ms - 1;
        ck_assert_int_eq(tick(world), SP_ACCOUNT_TOKEN_WAIT);
        world->now_ms += 1;
    }
    ck_assert_int_eq(tick(world), command);
}

static void check_failed(struct world *world, enum sp_account_token_cause cause, const char *detail)
{
    ck_assert_str_eq(sp_account_token_cause_name(world->token.cause), sp_account_token_cause_name(cause));
    ck_assert_msg(strstr(world->token.detail.text, detail) != NULL, "%s", world->token.detail.text);
    ck_assert_ptr_nonnull(
        strstr(world->token.detail.text, "service account impersonator in the namespace infra"));
}

/* Appends a JWT with these claims. */
static void append_jwt(const char *claims, struct sp_buf *out)
{
    char encoded[1024];
    size_t len = sp_base64url_encode((const uint8_t *)claims, strlen(claims), encoded);
    sp_buf_printf(out, "e30.%.*s.c2ln", (int)len, encoded);
}

/* A response whose token has `claims` (NULL: it is not a JWT) and, according to the server, expires that long
 * after MADE_S. */
static const char *answer(const char *claims, int64_t stamped_s, int64_t granted_s)
{
    static char text[4096];
    char stamp[SP_TIME_TEXT_LEN + 1];
    SP_BUF_ON_STACK(token, 2048);
    sp_buf_append_c(&token, claims != NULL ? "" : "opaque");
    if (claims != NULL) {
        append_jwt(claims, &token);
    }
    sp_time_format(MADE_S + stamped_s, stamp);
    snprintf(
        text, sizeof text,
        "{\"kind\":\"TokenRequest\",\"spec\":{\"expirationSeconds\":%lld},\"status\":{\"token\":\"%.*s\","
        "\"expirationTimestamp\":\"%s\"}}",
        (long long)granted_s, SP_STR_ARGS(sp_buf_str(&token)), stamp);
    return text;
}

#define CLAIMS(life_s) "{\"iat\":1700000000,\"exp\":" life_s "}"

static const char *usual_answer(void)
{
    return answer("{\"iat\":1700000000,\"exp\":1700003600}", 3600, 3600);
}

/* With a token of one hour that was requested and received at START_MS. */
static struct world *world_served(void)
{
    struct world *world = world_of(ACCOUNT, NULL);
    check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
    end(world, SP_OK, 201, usual_answer());
    ck_assert_msg(world->token.cause == SP_ACCOUNT_TOKEN_NO_FAILURE, "%s", world->token.detail.text);
    ck_assert_uint_gt(world->token.text.len, 0);
    return world;
}

/* ---- requests ------------------------------------------------------------------------------------------ */

SP_TEST(it_asks_for_an_hour_and_nothing_else)
{
    WORLD world = world_of(ACCOUNT, NULL);
    check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
    ck_assert_str_view(sp_buf_str(&world->target),
                       "/api/v1/namespaces/infra/serviceaccounts/impersonator/token");
    ck_assert_str_view(sp_buf_str(&world->body),
                       "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":{"
                       "\"expirationSeconds\":3600}}");
}
SP_TEST_END

SP_TEST(a_secret_is_named_without_its_uid)
{
    WORLD world = world_of(ACCOUNT, "leash");
    check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
    ck_assert_str_view(
        sp_buf_str(&world->body),
        "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":{"
        "\"expirationSeconds\":3600,\"boundObjectRef\":{\"kind\":\"Secret\",\"apiVersion\":\"v1\","
        "\"name\":\"leash\"}}}");
}
SP_TEST_END

SP_TEST(the_longest_names_fit)
{
    char account[63 + 1 + 253 + 1];
    char secret[253 + 1];
    memset(account, 'a', sizeof account - 1);
    memset(secret, 's', sizeof secret - 1);
    account[63] = '/';
    account[sizeof account - 1] = secret[sizeof secret - 1] = '\0';
    WORLD world = world_of(account, secret);
    check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
    ck_assert_uint_gt(sp_buf_str(&world->target).len, 63 + 253);
    ck_assert_uint_gt(sp_buf_str(&world->body).len, 253);
}
SP_TEST_END

/* ---- lifetime -------------------------------------------------------------------------------------- */

SP_TEST(it_renews_at_80_percent_and_the_old_one_serves_meanwhile)
{
    WORLD world = world_served();
    check_due_after(world, RENEW_MS, SP_ACCOUNT_TOKEN_ASK);
    ck_assert_uint_gt(world->token.text.len, 0);
    ck_assert_int_eq(tick(world), SP_ACCOUNT_TOKEN_WAIT); /* one request at a time */
    world->now_ms += 700;
    end(world, SP_OK, 201, usual_answer());
    check_due_after(world, RENEW_MS - 700, SP_ACCOUNT_TOKEN_ASK); /* counted from the request */
}
SP_TEST_END

SP_TEST(an_old_token_serves_until_it_ends_whatever_fails)
{
    WORLD world = world_served();
    check_due_after(world, RENEW_MS, SP_ACCOUNT_TOKEN_ASK);
    while (world->token.text.len > 0) {
        if (world->token.is_asking) {
            end(world, SP_ERR_IO, 0, "");
        }
        world->now_ms = sp_account_token_due_ms(&world->token);
        enum sp_account_token_command command = tick(world);
        ck_assert_int_eq(command,
                         world->now_ms < START_MS + LIFE_MS ? SP_ACCOUNT_TOKEN_ASK : SP_ACCOUNT_TOKEN_ENDED);
    }
    ck_assert_int_eq(world->now_ms, START_MS + LIFE_MS);
    world->now_ms += SP_ATTEMPT_DELAY_MAX_MS;
    ck_assert_int_eq(tick(world), SP_ACCOUNT_TOKEN_ASK);
    end(world, SP_OK, 201, usual_answer());
    ck_assert_uint_gt(world->token.text.len, 0);
}
SP_TEST_END

SP_TEST(a_token_ends_while_the_next_one_is_asked_for)
{
    WORLD world = world_served();
    world->now_ms += LIFE_MS - 1;
    ck_assert_int_eq(tick(world), SP_ACCOUNT_TOKEN_ASK);
    check_due_after(world, 1, SP_ACCOUNT_TOKEN_ENDED);
    ck_assert_int_eq(sp_account_token_due_ms(&world->token), INT64_MAX);
    ck_assert_int_eq(tick(world), SP_ACCOUNT_TOKEN_WAIT);
    end(world, SP_OK, 201, usual_answer());
    ck_assert_uint_gt(world->token.text.len, 0);
}
SP_TEST_END

SP_TEST(its_life_is_read_without_comparing_two_clocks)
{
    static const struct {
        const char *claims;
        int64_t stamped_s;
        int64_t granted_s;
        int64_t life_s;
    } cases[] = {
        {CLAIMS("1700003600"), 3600, 3600, 3600},
        {CLAIMS("1700000600"), 3600, 3600, 600},  /* the earlier end counts */
        {CLAIMS("1731536000"), 3607, 3600, 3607}, /* as with a server that extends tokens */
        {"{\"iat\":1700000000}", 900, 3600, 900}, /* no `exp` */
        {"{\"iat\":1699990000,\"exp\":1700000600}", 600, 3600,
         10600},                                  /* made long ago: only the server's clock counts */
        {"{\"exp\":1700000600}", 3600, 700, 700}, /* no `iat`: the granted lifetime counts */
        {NULL, 3600, 700, 700},                   /* not a JWT */
        {NULL, -100000, 700, 700},                /* and clocks a day apart */
        {CLAIMS("1700000001"), 3600, 3600, 1},
        {CLAIMS("9000000000000000"), INT64_C(200000000000), 3600, SP_ACCOUNT_TOKEN_LIFE_MAX_S},
        {NULL, 3600, INT64_C(9000000000000000), SP_ACCOUNT_TOKEN_LIFE_MAX_S},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        WORLD world = world_of(ACCOUNT, NULL);
        check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
        world->now_ms += 300; /* the request takes time */
        end(world, SP_OK, 201, answer(cases[i].claims, cases[i].stamped_s, cases[i].granted_s));
        ck_assert_msg(world->token.cause == SP_ACCOUNT_TOKEN_NO_FAILURE, "%zu: %s", i,
                      world->token.detail.text);
        ck_assert_int_eq(world->token.ends_ms, START_MS + cases[i].life_s * 1000);
    }
}
SP_TEST_END

SP_TEST(a_life_that_is_over_or_is_not_said_is_no_token)
{
    static const struct {
        const char *claims;
        int64_t stamped_s;
        int64_t granted_s;
    } cases[] = {
        {CLAIMS("1700000000"), 3600, 3600}, {CLAIMS("1"), 3600, 3600}, {CLAIMS("1700003600"), 0, 3600},
        {CLAIMS("1700003600"), -60, 3600},  {NULL, 3600, 0},           {NULL, 3600, -600},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        WORLD world = world_of(ACCOUNT, NULL);
        check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
        end(world, SP_OK, 201, answer(cases[i].claims, cases[i].stamped_s, cases[i].granted_s));
        check_failed(world, SP_ACCOUNT_TOKEN_MALFORMED, "does not state its lifetime, or it has expired");
        ck_assert_uint_eq(world->token.text.len, 0);
    }
    WORLD slow = world_of(ACCOUNT, NULL);
    check_due_after(slow, 0, SP_ACCOUNT_TOKEN_ASK);
    slow->now_ms += 2000;
    end(slow, SP_OK, 201, answer(CLAIMS("1700000002"), 2, 2));
    check_failed(slow, SP_ACCOUNT_TOKEN_MALFORMED, "has expired");
}
SP_TEST_END

SP_TEST(short_lives_make_no_more_than_a_request_a_second)
{
    WORLD world = world_of(ACCOUNT, NULL);
    check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
    end(world, SP_OK, 201, answer(CLAIMS("1700000001"), 1, 1));
    check_due_after(world, SP_ATTEMPT_DELAY_MIN_MS, SP_ACCOUNT_TOKEN_ENDED);
    ck_assert_int_eq(tick(world), SP_ACCOUNT_TOKEN_ASK);
    end(world, SP_OK, 201, answer(CLAIMS("1700000100"), 100, 100));
    check_due_after(world, 80000, SP_ACCOUNT_TOKEN_ASK);
}
SP_TEST_END

SP_TEST(a_longer_life_than_asked_for_is_renewed_after_an_hour_as_well)
{
    WORLD world = world_of(ACCOUNT, NULL);
    check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
    end(world, SP_OK, 201, answer(CLAIMS("1700036000"), 36000, 3600));
    ck_assert_int_eq(world->token.ends_ms, START_MS + 36000000);
    check_due_after(world, RENEW_MS, SP_ACCOUNT_TOKEN_ASK);
}
SP_TEST_END

/* ---- refusals -------------------------------------------------------------------------------------- */

SP_TEST(a_refusal_names_the_account_and_what_is_missing)
{
    static const struct {
        unsigned status;
        enum sp_account_token_cause cause;
        const char *detail;
    } cases[] = {
        {401, SP_ACCOUNT_TOKEN_UNAUTHORIZED, "401 to the request"},
        {403, SP_ACCOUNT_TOKEN_FORBIDDEN,
         "grant this account the verb create on serviceaccounts/token, resourceNames [impersonator]"},
        {404, SP_ACCOUNT_TOKEN_NOT_FOUND, "or the Secret leash that the token is bound to does not"},
        {409, SP_ACCOUNT_TOKEN_REFUSED, "status 409"},
        {422, SP_ACCOUNT_TOKEN_REFUSED, "status 422"},
        {200, SP_ACCOUNT_TOKEN_REFUSED, "status 200"},
        {302, SP_ACCOUNT_TOKEN_REFUSED, "status 302"},
        {499, SP_ACCOUNT_TOKEN_REFUSED, "status 499"},
        {429, SP_ACCOUNT_TOKEN_UNREACHABLE, "status 429"},
        {500, SP_ACCOUNT_TOKEN_UNREACHABLE, "status 500"},
        {503, SP_ACCOUNT_TOKEN_UNREACHABLE, "status 503"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        WORLD world = world_of(ACCOUNT, "leash");
        check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
        end(world, SP_OK, cases[i].status, "{\"kind\":\"Status\",\"message\":\"so it is\"}");
        check_failed(world, cases[i].cause, cases[i].detail);
        check_failed(world, cases[i].cause, "so it is");
    }
    WORLD unbound = world_of(ACCOUNT, NULL);
    check_due_after(unbound, 0, SP_ACCOUNT_TOKEN_ASK);
    end(unbound, SP_OK, 404, "no JSON");
    check_failed(unbound, SP_ACCOUNT_TOKEN_NOT_FOUND, "infra: it does not exist. The API server says: ");
}
SP_TEST_END

SP_TEST(an_answer_without_a_token_is_none)
{
    static const struct {
        const char *body;
        const char *detail;
    } cases[] = {
        {"", "invalid JSON"},
        {"[]", "not a JSON object"},
        {"{}", "no status.token"},
        {"{\"status\":{}}", "no status.token"},
        {"{\"status\":{\"token\":\"\"}}", "no status.token"},
        {"{\"status\":{\"token\":7}}", "no status.token"},
        {"{\"status\":{\"token\":\"two words\"}}", "of visible ASCII"},
        {"{\"status\":{\"token\":\"s3cret\\r\\nX: y\"}}", "of visible ASCII"},
        {"{\"status\":{\"token\":\"caf\xc3\xa9\"}}", "of visible ASCII"},
        {"{\"status\":{\"token\":\"s3cret\"}}", "no status.expirationTimestamp"},
        {"{\"status\":{\"token\":\"s3cret\",\"expirationTimestamp\":\"soon\"}}",
         "no status.expirationTimestamp"},
        {"{\"status\":{\"token\":\"s3cret\",\"token\":\"s3cret\"}}", "twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        WORLD world = world_of(ACCOUNT, NULL);
        check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
        end(world, SP_OK, 201, cases[i].body);
        check_failed(world, SP_ACCOUNT_TOKEN_MALFORMED, cases[i].detail);
        ck_assert_ptr_null(strstr(world->token.detail.text, "s3cret"));
        ck_assert_uint_eq(world->token.text.len, 0);
    }
}
SP_TEST_END

SP_TEST(a_token_ends_at_its_maximum)
{
    for (size_t more = 0; more < 2; more++) {
        WORLD world = world_of(ACCOUNT, NULL);
        char *token = calloc(1, SP_ACCOUNT_TOKEN_MAX + 2);
        char *body = NULL;
        memset(token, 'x', SP_ACCOUNT_TOKEN_MAX + more);
        ck_assert_int_gt(asprintf(&body,
                                  "{\"spec\":{\"expirationSeconds\":600},\"status\":{\"token\":\"%s\","
                                  "\"expirationTimestamp\":\"2026-11-24T12:00:00Z\"}}",
                                  token),
                         0);
        check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
        end(world, SP_OK, 201, body);
        ck_assert_uint_eq(world->token.text.len, more == 0 ? SP_ACCOUNT_TOKEN_MAX : 0);
        ck_assert_int_eq(world->token.cause,
                         more == 0 ? SP_ACCOUNT_TOKEN_NO_FAILURE : SP_ACCOUNT_TOKEN_TOO_LARGE);
        ck_assert_int_eq(strstr(world->token.detail.text, "longer than 16384 bytes") != NULL, more == 1);
        free(token);
        free(body);
    }
    WORLD world = world_of(ACCOUNT, NULL);
    check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
    end(world, SP_ERR_LIMIT, 201, "");
    check_failed(world, SP_ACCOUNT_TOKEN_TOO_LARGE, "longer than 65536 bytes");
}
SP_TEST_END

SP_TEST(failures_wait_twice_as_long_each_time_less_a_random_part)
{
    static const int64_t delays_ms[] = {1000, 2000, 4000, 8000, 16000, 16000};
    WORLD world = world_of(ACCOUNT, NULL);
    check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
    for (size_t i = 0; i < 6; i++) {
        end(world, SP_ERR_IO, 0, "");
        check_failed(world, SP_ACCOUNT_TOKEN_UNREACHABLE, "no route to it");
        check_due_after(world, delays_ms[i], SP_ACCOUNT_TOKEN_ASK);
    }
    end(world, SP_OK, 201, usual_answer());
    check_due_after(world, RENEW_MS, SP_ACCOUNT_TOKEN_ASK);
    world->random = 500;
    end(world, SP_ERR_IO, 0, "");
    check_due_after(world, 500, SP_ACCOUNT_TOKEN_ASK); /* counted anew, less the largest random part */
}
SP_TEST_END

SP_TEST(another_way_to_the_server_is_tried_at_once)
{
    WORLD world = world_served();
    sp_account_token_hurry(&world->token, world->now_ms);
    check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
    sp_account_token_hurry(&world->token, world->now_ms);
    ck_assert_int_eq(tick(world), SP_ACCOUNT_TOKEN_WAIT);
    end(world, SP_ERR_IO, 0, "");
    ck_assert_int_gt(sp_account_token_due_ms(&world->token), world->now_ms);
    sp_account_token_hurry(&world->token, world->now_ms);
    check_due_after(world, 0, SP_ACCOUNT_TOKEN_ASK);
}
SP_TEST_END

SP_SUITE("kube/account_token", it_asks_for_an_hour_and_nothing_else, a_secret_is_named_without_its_uid,
         the_longest_names_fit, it_renews_at_80_percent_and_the_old_one_serves_meanwhile,
         an_old_token_serves_until_it_ends_whatever_fails, a_token_ends_while_the_next_one_is_asked_for,
         its_life_is_read_without_comparing_two_clocks, a_life_that_is_over_or_is_not_said_is_no_token,
         short_lives_make_no_more_than_a_request_a_second,
         a_longer_life_than_asked_for_is_renewed_after_an_hour_as_well,
         a_refusal_names_the_account_and_what_is_missing, an_answer_without_a_token_is_none,
         a_token_ends_at_its_maximum, failures_wait_twice_as_long_each_time_less_a_random_part,
         another_way_to_the_server_is_tried_at_once)

/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/binding.h"

#include "bound.h"

#include "base/base64.h"
#include "session/packed_token.h"

/* Bindings for sessions, and one that accepts only bearer tokens. */
#define BOUND                                                                                                \
    "strip_session_cookie: true\n"                                                                           \
    "policies: {default: [{action: public, path: /p}, {action: allow}]}\n"                                   \
    "credentials:\n"                                                                                         \
    "  - {set: kubernetes, host: " HOST ", path_prefix: /k, token_file: token, proxy_key_file: key, "        \
    "sessions: true}\n"                                                                                      \
    "  - {set: bearer, host: " HOST ", path_prefix: /b, proxy_key_file: key, sessions: true}\n"              \
    "  - {set: kubernetes, host: " HOST                                                                      \
    ", path_prefix: /programs, token_file: token, proxy_key_file: key}\n"

static uint64_t withheld(const struct fixture *f, enum sp_withheld cause)
{
    return atomic_load(&f->context.metrics->withheld[cause]);
}

static struct sp_transaction *ask_for(struct fixture *f, const char *sets, const char *uri, const char *more)
{
    return ASK(f, .address = text("/auth/traefik?headers=%s", sets), .uri = uri,
               .lines = lines(more, usual_cookie(f)));
}

static void assert_without_token(struct sp_transaction *t)
{
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(count_fields(&t->answer, "Authorization"), 0);
}

SP_TEST(ac_84_a_token_is_carried_where_it_is_bound_and_the_proxy_key_came_along)
{
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A "\n" KEY_B);
    for (size_t i = 0; i < 4; i++) { /* also from the cache */
        const char *key = i % 2 == 0 ? WITH_A : "X-Sallyport-Proxy-Key: " KEY_B "\r\n";
        struct sp_transaction *t = ask_for(f, "identity,kubernetes", "/k/api", key);
        ck_assert_answer(t, 200, SP_REASON_NONE);
        ck_assert_str_eq(field_of(t, "Authorization"), "Bearer t0ken");
        ck_assert_str_eq(field_of(t, "Impersonate-User"), "ada@example.com");
        ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "ada@example.com");
        ck_assert_uint_eq(count_fields(&t->answer, "Impersonate-Group"), 3);
        ck_assert_str_eq(take_log(f), "");
    }
    assert_without_token(ask_for(f, "identity,impersonate", "/k/api", WITH_A));
    assert_without_token(ask_for(f, "bearer", "/k/api", WITH_A));
    struct sp_transaction *t = ask_for(f, "kubernetes", "/p", WITH_A);
    assert_without_token(t);
    ck_assert_uint_eq(count_fields(&t->answer, "Impersonate-Group"), 0); /* public: no identity */
}
SP_TEST_END

SP_TEST(ac_84_ac_85_without_the_binding_or_its_key_the_rest_is_answered_and_told_once)
{
    static const struct {
        const char *uri;
        const char *key;
        enum sp_withheld cause;
        const char *name;
    } cases[] = {
        {"/other", WITH_A, SP_WITHHELD_UNBOUND, "unbound"},
        {"/k%2fapi", WITH_A, SP_WITHHELD_UNBOUND, "unbound"},
        {"/k/..%2fx", WITH_A, SP_WITHHELD_UNBOUND, "unbound"},
        {"/k/api", "", SP_WITHHELD_KEY_MISSING, "proxy_key_missing"},
        {"/k/api", "X-Sallyport-Proxy-Key: " KEY_B "\r\n", SP_WITHHELD_KEY_WRONG, "proxy_key_wrong"},
        {"/k/api", "X-Sallyport-Proxy-Key:\r\n", SP_WITHHELD_KEY_WRONG, "proxy_key_wrong"},
        {"/k/api", WITH_A WITH_A, SP_WITHHELD_KEY_WRONG, "proxy_key_wrong"},
    };
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t before = withheld(f, cases[i].cause);
        struct sp_transaction *t = ask_for(f, "kubernetes", cases[i].uri, cases[i].key);
        assert_without_token(t);
        ck_assert_str_eq(field_of(t, "Impersonate-User"), "ada@example.com");
        ck_assert_uint_eq(withheld(f, cases[i].cause), before + 1);
        const char *log = take_log(f);
        ck_assert_lacks(log, KEY_A);
        ck_assert_lacks(log, KEY_B);
        if (before == 0) {
            ck_assert_contains(log, "\"event\":\"credential_withheld\"");
            ck_assert_contains(log, text("\"reason\":\"%s\"", cases[i].name));
            ck_assert_contains(log, "\"set\":\"kubernetes\"");
        } else {
            ck_assert_str_eq(log, "");
        }
    }
    ck_assert_answer(ASK(f, .lines = "X_Sallyport_Proxy_Key: " KEY_A "\r\n"), 400, SP_REASON_ALIAS_HEADER);
    ck_assert_lacks(take_log(f), KEY_A);
}
SP_TEST_END

SP_TEST(a_binding_without_a_key_holds_where_it_says_that_it_is_unsafe)
{
    IN_FOLDER;
    FIXTURE f = bound_fixture("credentials: [{set: kubernetes, host: " HOST ", token_file: token, "
                              "unsafe_without_proxy_key: true, sessions: true}]\nstrip_session_cookie: true",
                              "t0ken", KEY_A);
    ck_assert_str_eq(field_of(ask_for(f, "kubernetes", "/", ""), "Authorization"), "Bearer t0ken");
    ck_assert_str_eq(field_of(ask_for(f, "kubernetes", "/", WITH_A), "Authorization"), "Bearer t0ken");
}
SP_TEST_END

SP_TEST(without_a_token_what_is_bound_is_503_and_the_rest_goes_on)
{
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    struct sp_credential *credential = &f->snapshot->credentials->items[0];
    credential->expires_s = NOW_S + 1;
    ck_assert_answer(ask_for(f, "kubernetes", "/k", WITH_A), 200, SP_REASON_NONE);
    credential->expires_s = NOW_S;
    struct sp_transaction *t = ask_for(f, "identity,kubernetes", "/k", WITH_A);
    ck_assert_answer(t, 503, SP_REASON_CREDENTIAL_UNAVAILABLE);
    ck_assert_int_eq(t->verdict, SP_VERDICT_UNAVAILABLE);
    ck_assert_uint_eq(count_fields(&t->answer, "Impersonate-User"), 0);
    ck_assert_contains(take_log(f), "The token of binding 1 has ended: see credential_failed.");
    ck_assert_answer(ask_for(f, "identity,kubernetes", "/other", WITH_A), 200, SP_REASON_NONE);
    ck_assert_answer(ask_for(f, "identity,kubernetes", "/p", WITH_A), 200, SP_REASON_NONE);
    credential->is_asked_for = true; /* the worker removes it when it expires: the clock here may be wrong */
    ck_assert_answer(ask_for(f, "kubernetes", "/k", WITH_A), 200, SP_REASON_NONE);
    credential->expires_s = 0;
    sp_buf_clear(&credential->authorization);
    ck_assert_answer(ask_for(f, "kubernetes", "/k", WITH_A), 503, SP_REASON_CREDENTIAL_UNAVAILABLE);
}
SP_TEST_END

SP_TEST(what_does_not_fit_beside_the_groups_is_refused_for_good)
{
    IN_FOLDER;
    const char *rules = "X-0: groups";
    for (int i = 1; i < 22; i++) {
        rules = text("%s, X-%d: groups", rules, i);
    }
    struct sp_session session = usual_session();
    for (char c = 'a'; c < 'a' + 24; c++) {
        ck_assert_int_eq(sp_profile_add_group(&session.profile, sp_str_from_c(text("%s", repeat(c, 100)))),
                         SP_OK);
    }
    for (int fits = 1; fits >= 0; fits--) {
        FIXTURE f = bound_fixture(text(BOUND "headers:\n  mine: {%s}\n", rules),
                                  text("%s", repeat('t', fits != 0 ? 5000 : 16000)), KEY_A);
        struct sp_transaction *t = ASK(f, .address = "/auth/traefik?headers=mine,kubernetes", .uri = "/k/x",
                                       .lines = lines(WITH_A, cookie_of(f, &session)));
        ck_assert_answer(t, fits != 0 ? 200 : 403,
                         fits != 0 ? SP_REASON_NONE : SP_REASON_USER_NOT_REPRESENTABLE);
        ck_assert_uint_eq(count_fields(&t->answer, "Authorization"), (size_t)fits);
        if (fits == 0) {
            ck_assert_contains(body_of(t), "need more than 64 KiB or 1280 lines");
        }
    }
}
SP_TEST_END

SP_TEST(ac_55_a_binding_takes_no_session_unless_it_says_so)
{
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    struct sp_transaction *t = ask_for(f, "kubernetes", "/programs", lines(WITH_A, NAVIGATION));
    ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
    ck_assert(!t->looked_for_session);
    ck_assert_contains(body_of(t), "This address is for programs");
    ck_assert_lacks(body_of(t), "/login");
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    ck_assert_uint_eq(count_fields(&t->answer, "Location"), 0);
    t = ask_for(f, "kubernetes", "/programs", lines(WITH_A, FETCH));
    ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
    ck_assert_lacks(body_of(t), "/login");
    /* Without its key the binding does not match, and the address is treated like any other. */
    assert_without_token(ask_for(f, "kubernetes", "/programs", ""));
}
SP_TEST_END

/* ---- the user's own token -------------------------------------------------------------------------- */

static const char *cookie_with_token(struct fixture *f, const char *claims)
{
    struct sp_session session = usual_session();
    SP_BUF_ON_STACK(jwt, 1024);
    SP_BUF_ON_STACK(packed, 1024);
    char part[512];
    sp_buf_append_c(&jwt, "eyJhbGciOiJSUzI1NiJ9.");
    size_t len = sp_base64url_encode((const uint8_t *)claims, strlen(claims), part);
    sp_buf_append(&jwt, (struct sp_str){part, len});
    sp_buf_append_c(&jwt, ".c2ln");
    ck_assert_int_eq(sp_packed_token_encode(sp_buf_str(&jwt), &packed), SP_OK);
    session.id_token_packed = sp_buf_str(&packed);
    return cookie_of(f, &session);
}

SP_TEST(the_set_bearer_carries_the_token_that_the_session_keeps_while_it_lasts)
{
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    const char *address = "/auth/traefik?headers=identity,bearer";
    const char *claims = text("{\"exp\":%lld}", (long long)NOW_S + 1);
    const char *cookie = cookie_with_token(f, claims);
    struct sp_transaction *t = ASK(f, .address = address, .uri = "/b", .lines = lines(WITH_A, cookie));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_int_eq(strncmp(field_of(t, "Authorization"), "Bearer eyJhbGciOiJSUzI1NiJ9.", 28), 0);
    ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "ada@example.com");
    assert_without_token(ASK(f, .address = address, .uri = "/b", .lines = cookie));
    assert_without_token(ASK(f, .address = address, .uri = "/c", .lines = lines(WITH_A, cookie)));
    assert_without_token(
        ASK(f, .address = "/auth/traefik?headers=kubernetes", .uri = "/b", .lines = lines(WITH_A, cookie)));

    cookie = cookie_with_token(f, text("{\"exp\":%lld}", (long long)NOW_S));
    assert_without_token(ASK(f, .address = address, .uri = "/b", .lines = lines(WITH_A, cookie)));
    ck_assert_uint_eq(withheld(f, SP_WITHHELD_EXPIRED), 1);
    assert_without_token(ask_for(f, "bearer", "/b", WITH_A));
    ck_assert_uint_eq(withheld(f, SP_WITHHELD_NO_TOKEN), 1);
    ck_assert_lacks(take_log(f), "eyJ");
}
SP_TEST_END

SP_TEST(a_session_keeps_its_token_where_the_set_bearer_takes_it)
{
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    struct sp_host host;
    ck_assert(sp_host_parse(SP_STR(HOST), &host));
    ck_assert(sp_config_keeps_id_token(f->snapshot->config, &host));
    ck_assert(sp_host_parse(SP_STR("other.example.com"), &host));
    ck_assert(!sp_config_keeps_id_token(f->snapshot->config, &host));
}
SP_TEST_END

SP_SUITE("gate/binding", ac_84_a_token_is_carried_where_it_is_bound_and_the_proxy_key_came_along,
         ac_84_ac_85_without_the_binding_or_its_key_the_rest_is_answered_and_told_once,
         a_binding_without_a_key_holds_where_it_says_that_it_is_unsafe,
         without_a_token_what_is_bound_is_503_and_the_rest_goes_on,
         what_does_not_fit_beside_the_groups_is_refused_for_good,
         ac_55_a_binding_takes_no_session_unless_it_says_so,
         the_set_bearer_carries_the_token_that_the_session_keeps_while_it_lasts,
         a_session_keeps_its_token_where_the_set_bearer_takes_it)

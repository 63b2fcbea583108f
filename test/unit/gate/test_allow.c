/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/allow.h"

#include "fixture.h"

SP_TEST(other_cookies_are_echoed_without_ours)
{
    FIXTURE f = fixture_new("strip_session_cookie: true\n"
                            "policies: {default: [{action: public, path: /p}, {action: allow}]}");
    const char *pair = session_pair(f, HOST, &(struct sp_session[]){usual_session()}[0]);
    const char *cookies = text("Cookie: a=1; %s; __Host-sallyport-x=2\r\nCookie: b=3\r\n", pair);
    struct sp_transaction *t = ASK(f, .lines = cookies);
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "Cookie"), "a=1; b=3");
    t = ASK(f, .uri = "/p", .lines = cookies);
    ck_assert_str_eq(field_of(t, "Cookie"), "a=1; b=3");
    t = ASK(f, .lines = text("Cookie: %s\r\n", pair));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(count_fields(&t->answer, "Cookie"), 0);
}
SP_TEST_END

SP_TEST(cookies_that_would_not_fit_the_answer_are_no_allow)
{
    FIXTURE f =
        fixture_new("strip_session_cookie: true\nheaders:\n  mine: {X-0: groups, X-1: groups, X-2: groups, "
                    "X-3: groups, X-4: groups, X-5: groups, X-6: groups, X-7: groups}");
    struct sp_session session = usual_session();
    for (char c = 'a'; c < 'a' + 24; c++) {
        ck_assert_int_eq(sp_profile_add_group(&session.profile, sp_str_from_c(text("%s", repeat(c, 100)))),
                         SP_OK);
    }
    for (int fits = 1; fits >= 0; fits--) {
        snprintf(f->head_text, sizeof f->head_text,
                 "GET /auth/traefik?headers=mine HTTP/1.1\r\nHost: s\r\n"
                 "X-Forwarded-Proto: https\r\nX-Forwarded-Host: " HOST
                 "\r\nX-Forwarded-Uri: /\r\nX-Forwarded-Method: GET\r\n%s"
                 "Cookie: a=%s\r\nCookie: b=%s\r\nCookie: c=%s\r\n\r\n",
                 cookie_of(f, &session), repeat('x', 15000), repeat('y', 15000),
                 repeat('z', fits != 0 ? 9000 : 18000));
        ck_assert_int_eq(sp_head_parse(sp_str_from_c(f->head_text), &f->head), SP_REASON_NONE);
        sp_transaction_begin(&f->t, &f->context, sp_dialects, &f->head);
        sp_gate_answer(&f->t, sp_dialects);
        ck_assert_answer(&f->t, fits != 0 ? 200 : 403,
                         fits != 0 ? SP_REASON_NONE : SP_REASON_USER_NOT_REPRESENTABLE);
        ck_assert_uint_eq(count_fields(&f->t.answer, "Cookie"), (size_t)fits);
    }
}
SP_TEST_END

SP_TEST(groups_that_need_a_line_each_get_one)
{
    FIXTURE f = fixture_new("headers:\n  mine:\n    X-Groups: {claim: groups, list: repeat}\n"
                            "    X-Json: {claim: groups, list: json}");
    struct sp_transaction *t = ASK(f, .address = "/auth/traefik?headers=mine", .lines = usual_cookie(f));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(count_fields(&t->answer, "X-Groups"), 2);
    ck_assert_str_view(nth_field(&t->answer, "X-Groups", 1), "sre");
    ck_assert_str_eq(field_of(t, "X-Json"), "[\"ops\",\"sre\"]");
}
SP_TEST_END

SP_TEST(a_direct_page_gets_every_cookie_and_no_identity)
{
    FIXTURE f = fixture_new("direct_pages: true\nstrip_session_cookie: true");
    const char *pair = session_pair(f, HOST, &(struct sp_session[]){usual_session()}[0]);
    struct sp_transaction *t =
        ASK(f, .uri = "/_sallyport/me", .lines = text("Cookie: a=1\r\nCookie: %s\r\n", pair));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "Cookie"), text("a=1; %s", pair));
    ck_assert_uint_eq(count_fields(&t->answer, "X-Forwarded-User"), 0);
}
SP_TEST_END

/* The fields of the answer as one string. */
static const char *fields_text(const struct sp_transaction *t)
{
    const char *all = "";
    for (size_t i = 0; i < t->answer.fields_n; i++) {
        all = text("%s%s: %.*s\n", all, t->answer.fields[i].name, SP_STR_ARGS(t->answer.fields[i].value));
    }
    return all;
}

SP_TEST(a_remembered_session_is_told_of_as_the_first_time_by_each_header_set)
{
    static const char *const addresses[] = {"/auth/traefik", "/auth/traefik?headers=remote",
                                            "/auth/traefik?headers=mine"};
    const char *first[3];
    FIXTURE f = fixture_new("headers:\n  mine:\n    X-Groups: {claim: groups, list: repeat}");
    const char *cookie = usual_cookie(f);
    struct sp_cache *cache = f->context.cache;
    f->context.cache = NULL;
    for (size_t i = 0; i < 3; i++) {
        first[i] = fields_text(ASK(f, .address = addresses[i], .lines = cookie));
        ck_assert_ptr_nonnull(strchr(first[i], ':'));
    }
    f->context.cache = cache;
    for (size_t i = 0; i < 12; i++) {
        size_t which = i / 2 % 3;
        ck_assert_str_eq(fields_text(ASK(f, .address = addresses[which], .lines = cookie)), first[which]);
    }
    ck_assert_uint_eq(sp_cache_count(cache), 1);
}
SP_TEST_END

SP_TEST(what_is_remembered_under_one_configuration_is_not_told_under_another)
{
    FIXTURE f = fixture_new("username_prefix: 'a:'");
    const char *cookie = usual_cookie(f);
    ck_assert_str_eq(field_of(ASK(f, .lines = cookie), "X-Forwarded-User"), "a:ada@example.com");
    ck_assert_str_eq(field_of(ASK(f, .lines = cookie), "X-Forwarded-User"), "a:ada@example.com");
    f->snapshot->identity.username_prefix = "b:";
    f->snapshot->serial++; /* a different snapshot, whose header set has the same index */
    ck_assert_str_eq(field_of(ASK(f, .lines = cookie), "X-Forwarded-User"), "b:ada@example.com");
    ck_assert_str_eq(field_of(ASK(f, .lines = cookie), "X-Forwarded-User"), "b:ada@example.com");
}
SP_TEST_END

SP_TEST(headers_that_are_too_many_or_too_long_to_remember_are_told_each_time)
{
    FIXTURE f = fixture_new("headers:\n  mine:\n    X-Groups: {claim: groups, list: repeat}");
    struct sp_session session = usual_session();
    for (size_t i = session.profile.groups_n; i < 17; i++) {
        ck_assert_int_eq(sp_profile_add_group(&session.profile, sp_str_from_c(text("group-%zu", i))), SP_OK);
    }
    const char *cookie = cookie_of(f, &session);
    for (size_t i = 0; i < 3; i++) {
        struct sp_transaction *t = ASK(f, .address = "/auth/traefik?headers=mine", .lines = cookie);
        ck_assert_uint_eq(count_fields(&t->answer, "X-Groups"), 17);
        ck_assert_str_view(nth_field(&t->answer, "X-Groups", 16), "group-16");
    }
}
SP_TEST_END

SP_SUITE("gate/allow", a_remembered_session_is_told_of_as_the_first_time_by_each_header_set,
         what_is_remembered_under_one_configuration_is_not_told_under_another,
         headers_that_are_too_many_or_too_long_to_remember_are_told_each_time,
         other_cookies_are_echoed_without_ours, cookies_that_would_not_fit_the_answer_are_no_allow,
         groups_that_need_a_line_each_get_one, a_direct_page_gets_every_cookie_and_no_identity)

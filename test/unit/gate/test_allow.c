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
    FIXTURE f = fixture_new("strip_session_cookie: true\npolicies: {default: [{action: public}]}");
    snprintf(f->head_text, sizeof f->head_text,
             "GET / HTTP/1.1\r\nHost: s\r\n"
             "X-Forwarded-Proto: https\r\nX-Forwarded-Host: " HOST
             "\r\nX-Forwarded-Uri: /\r\nX-Forwarded-Method: GET\r\n"
             "Cookie: a=%s\r\nCookie: b=%s\r\n\r\n",
             repeat('x', 15000), repeat('y', 15000));
    ck_assert_int_eq(sp_head_parse(sp_str_from_c(f->head_text), &f->head), SP_REASON_NONE);
    sp_transaction_begin(&f->t, &f->context, sp_dialects, &f->head);
    sp_gate_answer(&f->t, sp_dialects);
    ck_assert(!sp_answer_is_whole(&f->t.answer));
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

SP_SUITE("gate/allow", other_cookies_are_echoed_without_ours,
         cookies_that_would_not_fit_the_answer_are_no_allow, groups_that_need_a_line_each_get_one,
         a_direct_page_gets_every_cookie_and_no_identity)

/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/respond.h"

#include "login.h"

/* Requests the page, and returns the transaction, to answer it again in another way. */
static struct sp_transaction *begin_at(struct fixture *f, const char *uri, const char *lines)
{
    struct sp_transaction *t = ASK(f, .uri = uri, .lines = lines);
    sp_answer_init(&t->answer);
    t->request_id[0] = '\0';
    return t;
}

SP_TEST(every_reason_is_answered_with_its_status_to_people_and_programs)
{
    static const char *const kinds[] = {NAVIGATION, FRAME, FETCH, PREFETCH, WEBSOCKET};
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (enum sp_reason reason = SP_REASON_MALFORMED_REQUEST; reason < SP_REASON_COUNT; reason++) {
            if (sp_reason_status(reason) / 100 == 3) {
                continue;
            }
            struct sp_transaction *t = begin_at(f, "/x", kinds[i]);
            sp_respond_refusal(t, reason);
            ck_assert_answer(t, sp_reason_status(reason), reason);
            check_answer(t);
            ck_assert_int_eq(t->verdict, t->answer.status == 503 ? SP_VERDICT_UNAVAILABLE : SP_VERDICT_DENY);
            bool is_page = has_type(&t->answer, "text/html; charset=utf-8");
            ck_assert_int_eq(is_page, sp_request_kind_wants_page(sp_transaction_request_kind(t)));
        }
    }
}
SP_TEST_END

/* The longest values that a client can choose: host, target, and a user name full of characters that are
 * escaped. */
static void check_longest(const char *settings, const char *host, const char *uri, const char *lines)
{
    FIXTURE f = fixture_new(settings);
    struct sp_session session = usual_session();
    char email[1802];
    snprintf(email, sizeof email, "%s@%s", repeat('\'', 900), repeat('"', 900));
    session.profile.email = sp_str_from_c(email);
    session.profile.groups_n = 0;
    char name[SP_HOST_MAX + 1];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(host, ":"), host);
    char cookie[SP_COOKIES_LINE_MAX];
    snprintf(cookie, sizeof cookie, "Cookie: %s\r\n", session_pair(f, name, &session));
    for (enum sp_reason reason = SP_REASON_MALFORMED_REQUEST; reason < SP_REASON_COUNT; reason++) {
        struct sp_transaction *t = ASK(f, .host = host, .uri = uri, .lines = text("%s%s", lines, cookie));
        ck_assert_answer(t, 200, SP_REASON_NONE);
        sp_answer_init(&t->answer);
        t->user = session.profile.email;
        if (sp_reason_status(reason) / 100 != 3) {
            t->detail = sp_str_from_c(repeat('&', SP_DETAIL_MAX - 1));
            sp_respond_refusal(t, reason);
            check_answer(t); /* checks its limit */
        }
    }
}

/* The longest name and support URL, with the characters that take the most space on a page. */
static const char *longest_site(void)
{
    return text("site_name: '%s'\nsupport_url: https://h/?%s", repeat('"', SP_SITE_NAME_MAX),
                repeat('&', SP_SUPPORT_URL_MAX - strlen("https://h/?")));
}

SP_TEST(ac_45_no_page_and_no_problem_reaches_the_limit)
{
    static const struct {
        const char *start;
        char byte;
        int n;
    } uris[] = {
        {"/", '"', 340}, {"/", 'x', 1020}, {"/page?", '<', 1023}, {"/", '&', 8000}, {"/?", 'x', 1020}};
    char host[300];
    static char uri[SP_TARGET_MAX];
    snprintf(host, sizeof host, "%s.%s.%s.%s:65535", repeat('a', 63), repeat('b', 63), repeat('c', 63),
             repeat('d', 61));
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        snprintf(uri, sizeof uri, "%s%s", uris[i].start, repeat(uris[i].byte, (size_t)uris[i].n));
        check_longest("", host, uri, NAVIGATION);
        check_longest("", host, uri, FRAME);
        check_longest("", host, uri, FETCH);
        check_longest(longest_site(), host, uri, NAVIGATION);
        check_longest(longest_site(), host, uri, FRAME);
        check_longest("prefix: /ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp", host, uri,
                      NAVIGATION);
    }
}
SP_TEST_END

SP_TEST(the_longest_name_and_support_url_stand_on_a_usual_page)
{
    FIXTURE f = fixture_new(text("%s\npolicies: {default: [{action: allow, path: /none}]}", longest_site()));
    struct sp_transaction *t = ASK(f, .uri = "/page", .lines = text("%s%s", NAVIGATION, usual_cookie(f)));
    ck_assert_answer(t, 403, SP_REASON_POLICY_DENIED);
    ck_assert_contains(body_of(t), "<header><bdi>&quot;");
    ck_assert_contains(body_of(t), "&amp;\" target=\"_blank\"");
    ck_assert_contains(body_of(t), "Sign in as a different user");
}
SP_TEST_END

/* `rd` of the link in the problem of an anonymous fetch. */
static const char *return_target_of(struct fixture *f, const char *uri)
{
    struct sp_transaction *t = ASK(f, .uri = uri, .lines = FETCH);
    json_t *problem = json_loadb(t->answer.body.ptr, t->answer.body.len, 0, NULL);
    const char *rd = parameter(member(problem, "login"), "rd");
    json_decref(problem);
    return rd;
}

SP_TEST(a_sign_in_link_leads_back_as_far_as_it_can)
{
    FIXTURE f = fixture_new("policies: {default: authenticated}");
    const char *longest = text("/%s", repeat('x', 1021));
    ck_assert_str_eq(return_target_of(f, "/a?b=c&d=%20"), "/a?b=c&d=%20");
    ck_assert_str_eq(return_target_of(f, longest), longest);
    ck_assert_str_eq(return_target_of(f, text("%sx", longest)), "/");
    ck_assert_str_eq(return_target_of(f, text("/a?%s", repeat('x', 1100))), "/a");
    ck_assert_str_eq(return_target_of(f, text("/a?%s", repeat('<', 400))), "/a");
}
SP_TEST_END

SP_TEST(a_sign_in_link_never_leads_to_a_page_of_ours)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t = ASK(f, .uri = "/_sallyport/signed-out", .lines = NAVIGATION);
    ck_assert_contains(body_of(t), "href=\"" ORIGIN "/_sallyport/login?rd=%2F\"");
}
SP_TEST_END

SP_TEST(a_request_keeps_its_id)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t = ASK(f, .lines = FETCH);
    const char *id = text("%s", t->request_id);
    sp_answer_init(&t->answer);
    sp_respond_refusal(t, SP_REASON_OVERLOADED);
    ck_assert_str_eq(t->request_id, id);
    t = ASK(f, .lines = FETCH);
    ck_assert_str_ne(t->request_id, id);
}
SP_TEST_END

SP_TEST(what_is_malformed_ends_the_connection_and_knows_no_address)
{
    FIXTURE f = fixture_new("");
    sp_transaction_begin(&f->t, &f->context, sp_dialects, NULL);
    sp_respond_malformed(&f->t, SP_REASON_MALFORMED_REQUEST);
    check_answer(&f->t);
    ck_assert(f->t.answer.close);
    ck_assert_lacks(body_of(&f->t), "login");
    struct sp_head head;
    ck_assert_int_eq(sp_head_parse(SP_STR("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n"), &head),
                     SP_REASON_NONE);
    sp_transaction_begin(&f->t, &f->context, sp_dialects, &head);
    sp_respond_malformed(&f->t, SP_REASON_MALFORMED_REQUEST);
    check_answer(&f->t);
    ck_assert(has_type(&f->t.answer, "text/html; charset=utf-8"));
    ck_assert_lacks(body_of(&f->t), "href");
}
SP_TEST_END

SP_TEST(the_user_of_a_403_page_is_cut_between_characters)
{
    FIXTURE f = fixture_new("policies: {default: [{action: allow, group: nobody}]}");
    struct sp_session session = usual_session();
    session.profile.email = sp_str_from_c(text("%s\xc3\xa9@b", repeat('x', 127)));
    struct sp_transaction *t = ASK(f, .lines = lines(NAVIGATION, cookie_of(f, &session)));
    ck_assert_answer(t, 403, SP_REASON_POLICY_DENIED);
    ck_assert_contains(body_of(t), text("<bdi>%s</bdi>…", repeat('x', 127)));
    session.profile.email = sp_str_from_c(text("%s\xc3\xa9@b", repeat('x', 126)));
    t = ASK(f, .lines = lines(NAVIGATION, cookie_of(f, &session)));
    ck_assert_contains(body_of(t), text("<bdi>%s\xc3\xa9</bdi>…", repeat('x', 126)));
    session.profile.email = sp_str_from_c(text("%s@b", repeat('x', 126)));
    t = ASK(f, .lines = lines(NAVIGATION, cookie_of(f, &session)));
    ck_assert_lacks(body_of(t), "…");
}
SP_TEST_END

SP_TEST(a_button_says_what_it_is_for)
{
    static const struct {
        enum sp_reason reason;
        const char *label;
    } cases[] = {
        {SP_REASON_NO_SESSION, ">Sign in<"},
        {SP_REASON_SIGNED_OUT, ">Sign in again<"},
        {SP_REASON_ISSUER_UNAVAILABLE, ">Try again<"},
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_transaction *t = begin_at(f, "/x", NAVIGATION);
        sp_respond_refusal(t, cases[i].reason);
        ck_assert_contains(body_of(t), cases[i].label);
    }
}
SP_TEST_END

SP_SUITE("gate/respond", every_reason_is_answered_with_its_status_to_people_and_programs,
         ac_45_no_page_and_no_problem_reaches_the_limit,
         the_longest_name_and_support_url_stand_on_a_usual_page, a_sign_in_link_leads_back_as_far_as_it_can,
         a_sign_in_link_never_leads_to_a_page_of_ours, a_request_keeps_its_id,
         what_is_malformed_ends_the_connection_and_knows_no_address,
         the_user_of_a_403_page_is_cut_between_characters, a_button_says_what_it_is_for)

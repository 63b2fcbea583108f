/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/me.h"

#include "fixture.h"

#define ME "/_sallyport/me"

static json_t *document_of(const struct sp_transaction *t)
{
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "Content-Type"), "application/json");
    json_t *document = json_loadb(t->answer.body.ptr, t->answer.body.len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(document);
    return document;
}

SP_TEST(the_document_has_the_members_that_scripts_rely_on)
{
    FIXTURE f = fixture_new("");
    json_t *document = document_of(ASK_DIRECT(f, .uri = ME, .lines = usual_cookie(f)));
    json_t *expected = json_pack("{ss ss sb ss ss s[ss] ss ss s{ss ss ss sn}}", "user", "ada@example.com",
                                 "email", "ada@example.com", "email_verified", 1, "name", "Ada Lovelace",
                                 "preferred_username", "ada", "groups", "ops", "sre", "issuer", ISSUER,
                                 "subject", ISSUER_SUB, "session", "id", "7f3a2b1c", "login_at",
                                 "2023-11-14T22:11:40Z", "expires_at", "2023-11-15T10:11:40Z", "renew_after");
    ck_assert_msg(json_equal(document, expected), "%s", json_dumps(document, 0));
    json_decref(document);
    json_decref(expected);
}
SP_TEST_END

SP_TEST(what_the_issuer_does_not_say_is_null)
{
    FIXTURE f = fixture_new("username_claim: sub\nusername_prefix: 'dex:'\ngroups_prefix: 'g:'");
    struct sp_session session = usual_session();
    session.profile.email = session.profile.name = session.profile.preferred_username = SP_STR_NONE;
    session.profile.email_verified = SP_EMAIL_VERIFIED_ABSENT;
    session.renew_after_s = NOW_S + 60;
    session.renew_by_s = NOW_S + 120;
    json_t *document = document_of(ASK_DIRECT(f, .uri = ME, .lines = cookie_of(f, &session)));
    ck_assert(json_is_null(json_object_get(document, "email")));
    ck_assert(json_is_null(json_object_get(document, "email_verified")));
    ck_assert(json_is_null(json_object_get(document, "name")));
    ck_assert_str_eq(member(document, "user"), "dex:" ISSUER_SUB);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(document, "groups"), 0)), "g:ops");
    ck_assert_str_eq(member(json_object_get(document, "session"), "renew_after"), "2023-11-14T22:14:20Z");
    json_decref(document);
}
SP_TEST_END

SP_TEST(a_user_whom_no_application_would_see_has_no_name)
{
    FIXTURE f = fixture_new("");
    struct sp_session session = usual_session();
    session.profile.email_verified = SP_EMAIL_VERIFIED_NO;
    json_t *document = document_of(ASK_DIRECT(f, .uri = ME, .lines = cookie_of(f, &session)));
    ck_assert(json_is_null(json_object_get(document, "user")));
    ck_assert(json_is_false(json_object_get(document, "email_verified")));
    json_decref(document);
}
SP_TEST_END

SP_TEST(a_navigation_gets_a_page)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t = ASK_DIRECT(f, .uri = ME, .lines = lines(NAVIGATION, usual_cookie(f)));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_contains(body_of(t), "<dt>Name</dt><dd><bdi>Ada Lovelace</bdi></dd>");
    ck_assert_contains(body_of(t), "<dt>Groups</dt><dd><bdi>ops</bdi>, <bdi>sre</bdi></dd>");
    ck_assert_contains(body_of(t), "href=\"" ORIGIN "/_sallyport/logout\"");
    ck_assert_contains(body_of(t), "<dt>E-mail verified</dt><dd><bdi>yes</bdi></dd>");
    struct sp_session session = usual_session();
    session.profile.groups_n = 0;
    session.profile.email_verified = SP_EMAIL_VERIFIED_NO;
    t = ASK_DIRECT(f, .uri = ME, .lines = lines(NAVIGATION, cookie_of(f, &session)));
    ck_assert_contains(body_of(t), "<dt>Groups</dt><dd>none</dd>");
    ck_assert_contains(body_of(t), "<dt>E-mail verified</dt><dd><bdi>no</bdi></dd>");
    session.profile.email_verified = SP_EMAIL_VERIFIED_ABSENT;
    t = ASK_DIRECT(f, .uri = ME, .lines = lines(NAVIGATION, cookie_of(f, &session)));
    ck_assert_contains(body_of(t), "<dt>E-mail verified</dt><dd><bdi>not stated</bdi></dd>");
}
SP_TEST_END

SP_TEST(of_many_groups_a_page_shows_forty)
{
    static char names[41][8];
    FIXTURE f = fixture_new("");
    for (size_t n = 40; n <= 41; n++) {
        struct sp_session session = usual_session();
        session.profile.groups_n = 0;
        for (size_t i = 0; i < n; i++) {
            snprintf(names[i], sizeof names[i], "g%zu", i);
            ck_assert_int_eq(sp_profile_add_group(&session.profile, sp_str_from_c(names[i])), SP_OK);
        }
        struct sp_transaction *t =
            ASK_DIRECT(f, .uri = ME, .lines = lines(NAVIGATION, cookie_of(f, &session)));
        ck_assert_contains(body_of(t), "g39");
        ck_assert_int_eq(strstr(body_of(t), " and 1 more</dd>") != NULL, n == 41);
    }
}
SP_TEST_END

SP_TEST(ac_26_groups_that_are_not_all_there_are_not_told_as_all)
{
    FIXTURE f = fixture_new("");
    struct sp_session session = usual_session();
    session.profile.groups_mark = f->snapshot->config->groups_mark;
    struct sp_transaction *t = ASK_DIRECT(f, .uri = ME, .lines = cookie_of(f, &session));
    ck_assert_contains(body_of(t), "\"groups\":[\"ops\",\"sre\"],\"groups_complete\":false,");
    t = ASK_DIRECT(f, .uri = ME, .lines = lines(NAVIGATION, cookie_of(f, &session)));
    ck_assert_contains(body_of(t), "<bdi>sre</bdi>, and others, too many to list</dd>");
    session.profile.groups_n = 0;
    t = ASK_DIRECT(f, .uri = ME, .lines = lines(NAVIGATION, cookie_of(f, &session)));
    ck_assert_contains(body_of(t), "<dt>Groups</dt><dd>too many to list</dd>");
}
SP_TEST_END

SP_TEST(without_a_session_it_is_401)
{
    FIXTURE f = fixture_new("");
    ck_assert_answer(ASK_DIRECT(f, .uri = ME), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK_DIRECT(f, .uri = ME, .lines = NAVIGATION), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK_DIRECT(f, .uri = ME, .lines = expired_cookie(f)), 401, SP_REASON_SESSION_EXPIRED);
    ck_assert_answer(ASK_DIRECT(f, .uri = ME, .lines = "Cookie: __Host-sallyport=x\r\n"), 401,
                     SP_REASON_SESSION_INVALID);
}
SP_TEST_END

SP_TEST(ac_17_ac_44_names_are_escaped_and_tokens_never_shown)
{
    static const char *const names[] = {
        "<script>alert(1)</script>", "\"><img src=x>", "a\r\nSet-Cookie: b", "\\u003c\"", "\xff\xfe",
        "</dd><dd onclick=x>"};
    FIXTURE f = fixture_new("username_claim: sub");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sp_session session = usual_session();
        session.profile.name = session.profile.email = session.profile.preferred_username =
            sp_str_from_c(names[i]);
        session.profile.groups[0] = sp_str_from_c(names[i]);
        session.grant.token = SP_STR("the-refresh-token");
        const char *cookie = cookie_of(f, &session);
        struct sp_transaction *t = ASK_DIRECT(f, .uri = ME, .lines = lines(NAVIGATION, cookie));
        ck_assert_uint_eq(t->answer.status, 200);
        ck_assert_lacks(body_of(t), "the-refresh-token");
        ck_assert_lacks(body_of(t), "onclick=x>");
        t = ASK_DIRECT(f, .uri = ME, .lines = cookie);
        json_decref(document_of(t));
        ck_assert_lacks(body_of(t), "the-refresh-token");
    }
}
SP_TEST_END

SP_SUITE("gate/me", the_document_has_the_members_that_scripts_rely_on, what_the_issuer_does_not_say_is_null,
         a_user_whom_no_application_would_see_has_no_name, a_navigation_gets_a_page,
         of_many_groups_a_page_shows_forty, ac_26_groups_that_are_not_all_there_are_not_told_as_all,
         without_a_session_it_is_401, ac_17_ac_44_names_are_escaped_and_tokens_never_shown)

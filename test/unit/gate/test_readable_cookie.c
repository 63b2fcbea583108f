/* SPDX-License-Identifier: Apache-2.0 */

/* The cookie that tells scripts who signed in: when it is set, with what content, and when it is deleted. */

#include "redeem.h"

/* The value of the readable cookie after a login with these additional claims. */
static const char *shown_after(struct fixture *f, const struct signer *signer, const char *claims)
{
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    struct sp_transaction *t = complete_with(f, waiting_of(f, &begun), signer, claims);
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 3);
    const char *line = text_of(nth_field(&t->answer, "Set-Cookie", 1));
    ck_assert_int_eq(strncmp(line, "shown=", 6), 0);
    ck_assert_str_eq(strchr(line, ';'), "; Path=/; Max-Age=7200; Secure; SameSite=Lax");
    return text_of((struct sp_str){line + 6, strcspn(line, ";") - 6});
}

SP_TEST(the_readable_cookie_shows_the_name_or_else_the_next_that_a_person_is_known_by)
{
    FIXTURE f = fixture_new("session_lifetime: 2h\nname_cookie: shown\nusername_claim: sub");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ck_assert_str_eq(shown_after(f, &signer, "{\"name\": \" J\u00fcrgen; \\r\\n\"}"),
                     "J%C3%BCrgen%3B%20%0D%0A");
    ck_assert_str_eq(shown_after(f, &signer, "{\"name\": \" \"}"), "ada%40example.com");
    ck_assert_str_eq(
        shown_after(f, &signer, "{\"name\": \"\", \"email\": \"\", \"preferred_username\": \"ada\"}"), "ada");
    ck_assert_str_eq(
        shown_after(f, &signer, "{\"name\": \"\", \"email\": \"\", \"preferred_username\": \"\"}"),
        ISSUER_SUB);
}
SP_TEST_END

SP_TEST(the_readable_cookie_goes_with_the_session_and_no_other_way)
{
    FIXTURE f = fixture_new("name_cookie: shown");
    static const char *const ends[] = {"/_sallyport/logout", "/_sallyport/logout?everywhere=1"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const char *cookie = numbered_cookie(f, (uint8_t)i);
        struct sp_transaction *t = ASK(f, .uri = ends[i], .lines = lines(NAVIGATION, cookie));
        ck_assert_answer(t, 303, SP_REASON_SIGNED_OUT);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 2);
        ck_assert_str_view(nth_field(&t->answer, "Set-Cookie", 0),
                           "__Host-sallyport=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
        ck_assert_str_view(nth_field(&t->answer, "Set-Cookie", 1),
                           "shown=; Path=/; Max-Age=0; Secure; SameSite=Lax");
        /* Already signed out: a link of another site deletes nothing. */
        t = ASK(f, .uri = ends[i], .lines = lines(NAVIGATION, cookie));
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    }
}
SP_TEST_END

SP_SUITE("readable_cookie", the_readable_cookie_shows_the_name_or_else_the_next_that_a_person_is_known_by,
         the_readable_cookie_goes_with_the_session_and_no_other_way)

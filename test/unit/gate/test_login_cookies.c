/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/login_cookies.h"

#include "redeem.h"

/* Additional cookies with names of login cookies, newer than all others, that do not open. */
static const char *planted(size_t n)
{
    static char pairs[8192];
    size_t len = 0;
    pairs[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(pairs + len, sizeof pairs - len, "__Host-sallyport-ffffffff%016zx=x; ", i);
    }
    return pairs;
}

static size_t count_deleted(const struct sp_transaction *t, const char *name_part)
{
    size_t n = 0;
    for (size_t i = 0; i < count_fields(&t->answer, "Set-Cookie"); i++) {
        char line[512];
        snprintf(line, sizeof line, "%.*s", SP_STR_ARGS(nth_field(&t->answer, "Set-Cookie", i)));
        n += strstr(line, "; Max-Age=0;") != NULL && strstr(line, name_part) != NULL;
    }
    return n;
}

static const char *name_of(const struct begun *begun)
{
    return text("%.*s", (int)strcspn(begun->pair, "="), begun->pair);
}

SP_TEST(ac_92_planted_cookies_are_deleted_and_displace_no_login)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    const char *cookies = text("Cookie: %s%s\r\n", planted(31), begun.pair);
    struct sp_transaction *t = ASK(f, .uri = "/y", .lines = lines(NAVIGATION, cookies));
    ck_assert_answer(t, 302, SP_REASON_NO_SESSION);
    ck_assert_uint_eq(count_deleted(t, "-ffffffff"), 31);
    ck_assert_uint_eq(count_deleted(t, name_of(&begun)), 0);
    /* even a single one, long before there are too many */
    t = ASK(f, .lines = lines(NAVIGATION, text("Cookie: %s%s\r\n", planted(1), begun.pair)));
    ck_assert_uint_eq(count_deleted(t, "-ffffffff"), 1);
    /* and the login that was begun among them is completed */
    t = ASK(f, .uri = came_back(&begun, "code=c"), .lines = lines(NAVIGATION, cookies));
    struct waiting waiting = take_waiting(f);
    free_waiting(&waiting);
}
SP_TEST_END

SP_TEST(of_one_request_32_are_looked_at)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    struct sp_login_cookies cookies;
    ASK(f, .uri = "/open", .lines = text("Cookie: %s%s\r\n", planted(31), begun.pair));
    sp_login_cookies_read(&f->t, &cookies);
    ck_assert_uint_eq(cookies.present_n, 32);
    ck_assert_int_eq(cookies.present[31].kind, SP_LOGIN_COOKIE_PENDING);
    ck_assert_uint_eq(cookies.attempts, 1);
    ASK(f, .uri = "/open", .lines = text("Cookie: %s%s\r\n", planted(32), begun.pair));
    sp_login_cookies_read(&f->t, &cookies);
    ck_assert_uint_eq(cookies.present_n, 32);
    ck_assert_uint_eq(cookies.attempts, 0);
    struct sp_transaction *t =
        ASK(f, .lines = lines(NAVIGATION, text("Cookie: %s%s\r\n", planted(40), begun.pair)));
    ck_assert_uint_eq(count_deleted(t, ""), 32);
}
SP_TEST_END

SP_TEST(ac_92_a_second_cookie_of_the_name_neither_hides_nor_deletes_the_one_that_opens)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    const char *name = name_of(&begun);
    const char *const both[] = {text("Cookie: %s=junk; %s\r\n", name, begun.pair),
                                text("Cookie: %s; %s=junk\r\n", begun.pair, name),
                                text("Cookie: %s; %s\r\n", begun.pair, begun.pair),
                                text("Cookie: %s=1; %s=2; %s=3; %s\r\n", name, name, name, begun.pair)};
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
        struct sp_transaction *t = ASK(f, .lines = lines(NAVIGATION, both[i]));
        ck_assert_uint_eq(count_deleted(t, ""), 0);
        t = ASK(f, .uri = came_back(&begun, "code=c"), .lines = lines(NAVIGATION, both[i]));
        ck_assert_msg(t->continuation != NULL, "%zu", i);
        struct waiting waiting = take_waiting(f);
        free_waiting(&waiting);
    }
    /* past four, none is opened to complete a login */
    const char *five = text("Cookie: %s=1; %s=2; %s=3; %s=4; %s\r\n", name, name, name, name, begun.pair);
    struct sp_transaction *t = ASK(f, .uri = came_back(&begun, "code=c"), .lines = lines(NAVIGATION, five));
    ck_assert_ptr_null(t->continuation);
}
SP_TEST_END

SP_TEST(what_is_over_or_of_another_host_is_deleted_as_what_does_not_open)
{
    FIXTURE f = fixture_new("");
    struct begun old = begun_by(f, ASK(f, .lines = NAVIGATION));
    struct begun other = begun_by(f, ASK(f, .host = "b.example.com", .lines = NAVIGATION));
    f->context.now_s += SP_LOGIN_COOKIE_LIFETIME_S;
    struct begun young = begun_by(f, ASK(f, .lines = NAVIGATION));
    const char *cookies = text("Cookie: %s; %s; %s\r\n", old.pair, other.pair, young.pair);
    struct sp_transaction *t = ASK(f, .lines = lines(NAVIGATION, cookies));
    ck_assert_uint_eq(count_deleted(t, ""), 2);
    ck_assert_uint_eq(count_deleted(t, name_of(&young)), 0);
}
SP_TEST_END

SP_TEST(twelve_logins_beside_the_largest_session_fit_the_head)
{
    FIXTURE f = fixture_new("cookie_name: a-name-as-long-as-a-name-can-be-");
    size_t len = SP_COOKIE_SESSION_MAX;
    const char *jar = "";
    for (size_t i = 0; i < SP_LOGIN_COOKIES_MAX_N; i++) {
        struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
        jar = text("%s%s; ", jar, begun.pair);
    }
    len += strlen(jar);
    ck_assert_uint_gt(len, 6000);
    ck_assert_uint_lt(len, 8000); /* a line of 8 KiB is what many servers take */
    struct sp_transaction *t =
        ASK(f, .lines = text("%sCookie: %s__Host-sallyport=%s\r\n", NAVIGATION, jar, repeat('x', 4000)));
    ck_assert_answer(t, 302, SP_REASON_NO_SESSION);
    ck_assert_uint_eq(count_deleted(t, ""), 1);
}
SP_TEST_END

SP_SUITE("gate/login_cookies", ac_92_planted_cookies_are_deleted_and_displace_no_login,
         of_one_request_32_are_looked_at,
         ac_92_a_second_cookie_of_the_name_neither_hides_nor_deletes_the_one_that_opens,
         what_is_over_or_of_another_host_is_deleted_as_what_does_not_open,
         twelve_logins_beside_the_largest_session_fit_the_head)

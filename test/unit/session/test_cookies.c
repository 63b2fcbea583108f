/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "session/cookies.h"

static const struct sp_login_id login_id = {"0123456789abcdef01234567"};

static enum sp_error try_init(struct sp_str stem, struct sp_str domain)
{
    struct sp_cookies cookies;
    return sp_cookies_init(&cookies, SP_COOKIES_HTTPS, stem, domain);
}

static struct sp_cookies make(enum sp_cookies_transport transport, const char *domain)
{
    struct sp_cookies cookies;
    ck_assert_int_eq(sp_cookies_init(&cookies, transport, SP_STR("sallyport"), sp_str_from_c(domain)), SP_OK);
    return cookies;
}

SP_TEST(the_prefix_follows_from_transport_and_domain)
{
    struct sp_cookies host = make(SP_COOKIES_HTTPS, NULL);
    struct sp_cookies domain = make(SP_COOKIES_HTTPS, "example.com");
    struct sp_cookies plain = make(SP_COOKIES_PLAIN_HTTP, NULL);
    struct sp_cookies plain_domain = make(SP_COOKIES_PLAIN_HTTP, "example.com");
    ck_assert_str_view(sp_cookies_session_name(&host), "__Host-sallyport");
    ck_assert_str_view(sp_cookies_session_name(&domain), "__Secure-sallyport");
    ck_assert_str_view(sp_cookies_session_name(&plain), "sallyport");
    ck_assert_str_view(sp_cookies_session_name(&plain_domain), "sallyport");
}
SP_TEST_END

SP_TEST(the_scope_is_the_host_or_the_domain)
{
    struct sp_cookies host = make(SP_COOKIES_HTTPS, NULL);
    struct sp_cookies domain = make(SP_COOKIES_HTTPS, "example.com");
    ck_assert_str_view(sp_cookies_scope(&host, SP_STR("app.example.com")), "app.example.com");
    ck_assert_str_view(sp_cookies_scope(&domain, SP_STR("app.example.com")), "example.com");
}
SP_TEST_END

SP_TEST(a_stem_is_a_plain_name)
{
    ck_assert_int_eq(try_init(SP_STR("a"), SP_STR_NONE), SP_OK);
    ck_assert_int_eq(try_init(SP_STR("_oauth.v2-A"), SP_STR_NONE), SP_OK);
    ck_assert_int_eq(try_init(SP_STR_NONE, SP_STR_NONE), SP_ERR_FORMAT);
    const char *const wrong[] = {"__Host-a", "__secure-a", ";a",   "a=b",      "a;b",
                                 "a b",      "a,b",        "a\tb", "\xc3\xa4", "a\""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(try_init(sp_str_from_c(wrong[i]), SP_STR_NONE) == SP_ERR_FORMAT, "%s", wrong[i]);
    }
}
SP_TEST_END

SP_TEST(a_stem_and_a_domain_have_a_longest_form)
{
    char text[SP_COOKIES_DOMAIN_MAX + 1];
    memset(text, 'a', sizeof text);
    ck_assert_int_eq(try_init((struct sp_str){text, SP_COOKIES_STEM_MAX}, SP_STR_NONE), SP_OK);
    ck_assert_int_eq(try_init((struct sp_str){text, SP_COOKIES_STEM_MAX + 1}, SP_STR_NONE), SP_ERR_LIMIT);
    ck_assert_int_eq(try_init(SP_STR("a"), (struct sp_str){text, SP_COOKIES_DOMAIN_MAX}), SP_OK);
    ck_assert_int_eq(try_init(SP_STR("a"), (struct sp_str){text, SP_COOKIES_DOMAIN_MAX + 1}), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(a_domain_cannot_end_its_attribute)
{
    const char *const wrong[] = {".example.com", "example.com.", "example..com",       "Example.com",
                                 "a;b",          "a b",          "a\r\nSet-Cookie: b", ".",
                                 "a/b",          "a:80"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(try_init(SP_STR("a"), sp_str_from_c(wrong[i])) == SP_ERR_FORMAT, "%s", wrong[i]);
    }
}
SP_TEST_END

SP_TEST(lines_carry_all_attributes)
{
    struct sp_cookies host = make(SP_COOKIES_HTTPS, NULL);
    struct sp_cookies domain = make(SP_COOKIES_HTTPS, "example.com");
    struct sp_cookies plain = make(SP_COOKIES_PLAIN_HTTP, NULL);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_COOKIES_LINE_MAX);

    ck_assert_int_eq(sp_cookies_write_session(&host, SP_STR("v"), 43200, &out), SP_OK);
    ck_assert_str_view(sp_buf_str(&out),
                       "__Host-sallyport=v; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax");
    sp_buf_clear(&out);
    ck_assert_int_eq(sp_cookies_write_session(&domain, SP_STR("v"), 1, &out), SP_OK);
    ck_assert_str_view(
        sp_buf_str(&out),
        "__Secure-sallyport=v; Path=/; Domain=example.com; Max-Age=1; Secure; HttpOnly; SameSite=Lax");
    sp_buf_clear(&out);
    ck_assert_int_eq(sp_cookies_write_login(&plain, &login_id, SP_STR("v"), 600, &out), SP_OK);
    ck_assert_str_view(sp_buf_str(&out),
                       "sallyport-0123456789abcdef01234567=v; Path=/; Max-Age=600; HttpOnly; SameSite=Lax");
}
SP_TEST_END

SP_TEST(deletions_carry_the_same_attributes)
{
    struct sp_cookies domain = make(SP_COOKIES_HTTPS, "example.com");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(sp_cookies_write_session_deletion(&domain, &out), SP_OK);
    ck_assert_str_view(
        sp_buf_str(&out),
        "__Secure-sallyport=; Path=/; Domain=example.com; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
    sp_buf_clear(&out);
    ck_assert_int_eq(sp_cookies_write_login_deletion(&domain, &login_id, &out), SP_OK);
    ck_assert_str_view(sp_buf_str(&out), "__Secure-sallyport-0123456789abcdef01234567=; Path=/; "
                                         "Domain=example.com; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
}
SP_TEST_END

SP_TEST(a_session_cookie_of_4095_bytes_is_written_and_one_of_4096_is_not)
{
    struct sp_cookies host = make(SP_COOKIES_HTTPS, NULL);
    char value[SP_COOKIE_SESSION_MAX];
    memset(value, 'v', sizeof value);
    const size_t name_len = sizeof "__Host-sallyport=" - 1;
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(sp_cookies_write_session(&host, (struct sp_str){value, 4096 - name_len}, 1, &out),
                     SP_ERR_LIMIT);
    ck_assert_uint_eq(out.len, 0);
    ck_assert_int_eq(sp_cookies_write_session(&host, (struct sp_str){value, 4095 - name_len}, 1, &out),
                     SP_OK);
    ck_assert_uint_eq(sp_str_find(sp_buf_str(&out), ';'), 4095);
    ck_assert_int_eq(sp_cookies_write_session(&host, (struct sp_str){value, SIZE_MAX}, 1, &out),
                     SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(a_login_cookie_of_600_bytes_is_written_and_one_of_601_is_not)
{
    struct sp_cookies host = make(SP_COOKIES_HTTPS, NULL);
    char value[SP_COOKIE_LOGIN_MAX];
    memset(value, 'v', sizeof value);
    const size_t name_len = sizeof "__Host-sallyport-0123456789abcdef01234567=" - 1;
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(
        sp_cookies_write_login(&host, &login_id, (struct sp_str){value, 601 - name_len}, 1, &out),
        SP_ERR_LIMIT);
    ck_assert_int_eq(
        sp_cookies_write_login(&host, &login_id, (struct sp_str){value, 600 - name_len}, 1, &out), SP_OK);
}
SP_TEST_END

SP_TEST(the_longest_line_fits_its_constant)
{
    char text[SP_COOKIE_SESSION_MAX];
    memset(text, 'a', sizeof text);
    struct sp_cookies cookies;
    ck_assert_int_eq(sp_cookies_init(&cookies, SP_COOKIES_HTTPS, (struct sp_str){text, SP_COOKIES_STEM_MAX},
                                     (struct sp_str){text, SP_COOKIES_DOMAIN_MAX}),
                     SP_OK);
    size_t value_len = SP_COOKIE_SESSION_MAX - cookies.name_len - 1u;
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(sp_cookies_write_session(&cookies, (struct sp_str){text, value_len}, INT64_MAX, &out),
                     SP_OK);
}
SP_TEST_END

SP_TEST(the_name_of_a_login_cookie_gives_its_flow_back)
{
    struct sp_cookies host = make(SP_COOKIES_HTTPS, NULL);
    struct sp_login_cookie_name name = sp_cookies_login_name(&host, &login_id);
    ck_assert_str_view(sp_login_cookie_name_str(&name), "__Host-sallyport-0123456789abcdef01234567");
    struct sp_login_id parsed;
    ck_assert(sp_cookies_parse_login_name(&host, sp_login_cookie_name_str(&name), &parsed));
    ck_assert_mem_eq(parsed.text, login_id.text, sizeof login_id.text);
}
SP_TEST_END

SP_TEST(other_names_are_no_login_cookies_of_ours)
{
    struct sp_cookies host = make(SP_COOKIES_HTTPS, NULL);
    struct sp_login_id parsed;
    const char *const others[] = {"",
                                  "__Host-sallyport",
                                  "__Host-sallyport-",
                                  "__Host-sallyport-0",
                                  "__Host-sallyport_0123456789abcdef01234567",
                                  "__Host-sallyport-0123456789abcdef0123456",
                                  "__Host-sallyport-0123456789abcdef012345678",
                                  "__Host-sallyport-0123456789ABCDEF01234567",
                                  "__host-sallyport-0123456789abcdef01234567",
                                  "__Host-sallyport2-0123456789abcdef01234567",
                                  "sallyport-0123456789abcdef01234567"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(!sp_cookies_parse_login_name(&host, sp_str_from_c(others[i]), &parsed), "%s",
                      others[i]);
    }
}
SP_TEST_END

/* The complete line of the readable cookie. */
static void check_readable(const struct sp_cookies *cookies, struct sp_str shown, const char *expected)
{
    SP_BUF_ON_STACK(out, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(sp_cookies_write_readable(cookies, shown, 60, &out), SP_OK);
    ck_assert_msg(sp_str_equal(sp_buf_str(&out), sp_str_from_c(expected)), "%.*s is not %s",
                  SP_STR_ARGS(sp_buf_str(&out)), expected);
}

SP_TEST(the_readable_cookie_has_the_scope_of_the_session_and_is_open_to_scripts)
{
    struct sp_cookies host = make(SP_COOKIES_HTTPS, NULL);
    struct sp_cookies domain = make(SP_COOKIES_HTTPS, "example.com");
    struct sp_cookies plain = make(SP_COOKIES_PLAIN_HTTP, NULL);
    check_readable(&host, SP_STR("Ada"), "");
    ck_assert_int_eq(sp_cookies_name_readable(&host, SP_STR("shown")), SP_OK);
    ck_assert_int_eq(sp_cookies_name_readable(&domain, SP_STR("shown")), SP_OK);
    ck_assert_int_eq(sp_cookies_name_readable(&plain, SP_STR("shown")), SP_OK);
    check_readable(&host, SP_STR("Ada"), "shown=Ada; Path=/; Max-Age=60; Secure; SameSite=Lax");
    check_readable(&domain, SP_STR("Ada"),
                   "shown=Ada; Path=/; Domain=example.com; Max-Age=60; Secure; SameSite=Lax");
    check_readable(&plain, SP_STR("Ada"), "shown=Ada; Path=/; Max-Age=60; SameSite=Lax");
    SP_BUF_ON_STACK(out, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(sp_cookies_write_readable_deletion(&domain, &out), SP_OK);
    ck_assert_str_view(sp_buf_str(&out),
                       "shown=; Path=/; Domain=example.com; Max-Age=0; Secure; SameSite=Lax");
}
SP_TEST_END

SP_TEST(the_readable_cookie_carries_any_name_and_breaks_no_line)
{
    struct sp_cookies host = make(SP_COOKIES_HTTPS, NULL);
    ck_assert_int_eq(sp_cookies_name_readable(&host, SP_STR("shown")), SP_OK);
#define SHOWN "; Path=/; Max-Age=60; Secure; SameSite=Lax"
    check_readable(&host, SP_STR("Ada Lovelace"), "shown=Ada%20Lovelace" SHOWN);
    check_readable(&host, SP_STR("J\xc3\xbcrgen"), "shown=J%C3%BCrgen" SHOWN);
    check_readable(&host, SP_STR("\xf0\x9f\x91\xa9"), "shown=%F0%9F%91%A9" SHOWN);
    check_readable(&host, SP_STR("a;b,c=\"d\"\\%41+"), "shown=a%3Bb%2Cc%3D%22d%22%5C%2541%2B" SHOWN);
    check_readable(&host, SP_STR("a\r\nSet-Cookie: b\0\x7f"), "shown=a%0D%0ASet-Cookie%3A%20b%00%7F" SHOWN);
    check_readable(&host, SP_STR("ok\xff\xfe"), "shown=ok" SHOWN); /* not UTF-8: cut there */
    check_readable(&host, SP_STR_NONE, "shown=" SHOWN);
}
SP_TEST_END

SP_TEST(a_name_of_128_bytes_is_shown_whole_and_a_longer_one_to_the_end_of_a_character)
{
    struct sp_cookies host = make(SP_COOKIES_HTTPS, NULL);
    ck_assert_int_eq(sp_cookies_name_readable(&host, SP_STR("s")), SP_OK);
    char name[SP_COOKIES_SHOWN_MAX + 8];
    for (size_t last = 1; last <= 4; last++) { /* bytes of the character that ends at or past the limit */
        static const char *const characters[] = {"", "b", "\xc3\xbc", "\xe5\xbc\xa0", "\xf0\x9f\x91\xa9"};
        for (size_t past = 0; past <= last; past++) {
            size_t before = SP_COOKIES_SHOWN_MAX - last + past;
            memset(name, 'a', before);
            memcpy(name + before, characters[last], last);
            SP_BUF_ON_STACK(out, SP_COOKIES_LINE_MAX);
            ck_assert_int_eq(sp_cookies_write_readable(&host, (struct sp_str){name, before + last}, 1, &out),
                             SP_OK);
            struct sp_str line = sp_buf_str(&out);
            size_t plain = 2; /* "s=" */
            while (line.ptr[plain] == 'a') {
                plain++;
            }
            ck_assert_uint_eq(plain - 2, before);
            bool has_it = line.ptr[plain] != ';';
            ck_assert_int_eq(has_it, past == 0);
        }
    }
}
SP_TEST_END

SP_TEST(a_readable_cookie_has_a_name_of_64_bytes_and_none_of_65)
{
    struct sp_cookies host = make(SP_COOKIES_HTTPS, NULL);
    char name[SP_COOKIES_STEM_MAX + 1];
    memset(name, 'n', sizeof name);
    ck_assert_int_eq(sp_cookies_name_readable(&host, (struct sp_str){name, sizeof name - 1}), SP_OK);
    ck_assert_int_eq(sp_cookies_name_readable(&host, (struct sp_str){name, sizeof name}), SP_ERR_LIMIT);
    ck_assert_uint_eq(host.readable_len, SP_COOKIES_STEM_MAX);
}
SP_TEST_END

SP_TEST(a_prefix_that_browsers_check_is_told_from_the_name)
{
    ck_assert_str_view(sp_cookies_skip_prefix(SP_STR("__Host-a")), "a");
    ck_assert_str_view(sp_cookies_skip_prefix(SP_STR("__Secure-a")), "a");
    ck_assert_str_view(sp_cookies_skip_prefix(SP_STR("__host-a")), "__host-a");
    ck_assert_str_view(sp_cookies_skip_prefix(SP_STR("a")), "a");
}
SP_TEST_END

SP_SUITE("session/cookies", the_prefix_follows_from_transport_and_domain, the_scope_is_the_host_or_the_domain,
         a_stem_is_a_plain_name, a_stem_and_a_domain_have_a_longest_form, a_domain_cannot_end_its_attribute,
         lines_carry_all_attributes, deletions_carry_the_same_attributes,
         a_session_cookie_of_4095_bytes_is_written_and_one_of_4096_is_not,
         a_login_cookie_of_600_bytes_is_written_and_one_of_601_is_not, the_longest_line_fits_its_constant,
         the_name_of_a_login_cookie_gives_its_flow_back, other_names_are_no_login_cookies_of_ours,
         the_readable_cookie_has_the_scope_of_the_session_and_is_open_to_scripts,
         the_readable_cookie_carries_any_name_and_breaks_no_line,
         a_name_of_128_bytes_is_shown_whole_and_a_longer_one_to_the_end_of_a_character,
         a_readable_cookie_has_a_name_of_64_bytes_and_none_of_65,
         a_prefix_that_browsers_check_is_told_from_the_name)

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

SP_SUITE("session/cookies", the_prefix_follows_from_transport_and_domain, the_scope_is_the_host_or_the_domain,
         a_stem_is_a_plain_name, a_stem_and_a_domain_have_a_longest_form, a_domain_cannot_end_its_attribute,
         lines_carry_all_attributes, deletions_carry_the_same_attributes,
         a_session_cookie_of_4095_bytes_is_written_and_one_of_4096_is_not,
         a_login_cookie_of_600_bytes_is_written_and_one_of_601_is_not, the_longest_line_fits_its_constant,
         the_name_of_a_login_cookie_gives_its_flow_back, other_names_are_no_login_cookies_of_ours)

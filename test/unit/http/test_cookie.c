/* SPDX-License-Identifier: Apache-2.0 */
#include "http/cookie.h"

#include "material.h"

static const struct sp_str ours = SP_STR("__Host-sallyport");

SP_TEST(pairs_of_all_lines_are_walked_in_order)
{
    struct sp_head head = head_of("Cookie: a=1; b=\"2\";c = 3 ;; d=\r\nX: e=5\r\ncookie: f=x=y; =g;\r\n");
    static const char *const expected[][2] = {{"a", "1"}, {"b", "2"},   {"c", "3"},
                                              {"d", ""},  {"f", "x=y"}, {"", "g"}};
    struct sp_cookie_walk walk = {.head = &head};
    struct sp_cookie cookie;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert(sp_cookie_next(&walk, &cookie));
        ck_assert(sp_str_equal(cookie.name, sp_str_from_c(expected[i][0])));
        ck_assert(sp_str_equal(cookie.value, sp_str_from_c(expected[i][1])));
    }
    ck_assert(!sp_cookie_next(&walk, &cookie));
    ck_assert(!sp_cookie_next(&walk, &cookie));
}
SP_TEST_END

SP_TEST(pairs_without_equals_are_skipped)
{
    struct sp_head head = head_of("Cookie: a; b ; c=1; \"d\"\r\n");
    struct sp_cookie_walk walk = {.head = &head};
    struct sp_cookie cookie;
    ck_assert(sp_cookie_next(&walk, &cookie));
    ck_assert_str_view(cookie.name, "c");
    ck_assert(!sp_cookie_next(&walk, &cookie));
}
SP_TEST_END

SP_TEST(only_a_whole_pair_of_quotes_is_taken_off)
{
    static const char *const values[][2] = {
        {"\"\"", ""},   {"\"", "\""},           {"\"a", "\"a"},
        {"a\"", "a\""}, {"\"\"a\"\"", "\"a\""}, {"\" a \"", " a "},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "Cookie: n=%s\r\n", values[i][0]);
        struct sp_head head = head_of(line);
        struct sp_str value;
        ck_assert_uint_eq(sp_cookie_collect(&head, SP_STR("n"), &value, 1), 1);
        ck_assert(sp_str_equal(value, sp_str_from_c(values[i][1])));
    }
}
SP_TEST_END

SP_TEST(ac_29_names_are_compared_byte_for_byte)
{
    struct sp_head head = head_of("Cookie: __host-sallyport=a; __Host-Sallyport=b; __Host-sallyport2=c; "
                                  "__Host-sallypor=d; x__Host-sallyport=e\r\n");
    struct sp_str value = SP_STR("untouched");
    ck_assert_uint_eq(sp_cookie_collect(&head, ours, &value, 1), 0);
    ck_assert_str_view(value, "untouched");
}
SP_TEST_END

SP_TEST(all_values_are_counted_and_the_first_are_collected)
{
    struct sp_head head = head_of("Cookie: __Host-sallyport=a; x=y\r\nCookie: __Host-sallyport=b; "
                                  "__Host-sallyport=c\r\n");
    struct sp_str values[2];
    ck_assert_uint_eq(sp_cookie_collect(&head, ours, values, 2), 3);
    ck_assert_str_view(values[0], "a");
    ck_assert_str_view(values[1], "b");
    ck_assert_uint_eq(sp_cookie_collect(&head, ours, NULL, 0), 3);
    struct sp_head none = head_of("Accept: a=1\r\nCookie:\r\nCookie: ;;\r\n");
    ck_assert_uint_eq(sp_cookie_collect(&none, ours, values, 2), 0);
}
SP_TEST_END

/* A Cookie line of our pair and others, `n` in total. */
static struct sp_head head_of_pairs(size_t n)
{
    SP_BUF_ON_STACK(buf, 8192);
    sp_buf_append_c(&buf, "Cookie: __Host-sallyport=a");
    for (size_t i = 1; i < n; i++) {
        sp_buf_append_c(&buf, i % 2 == 0 ? "; x=1" : ";x");
    }
    sp_buf_append_c(&buf, "\r\n");
    return head_of(sp_buf_c_str(&buf));
}

SP_TEST(a_request_with_more_pairs_than_the_limit_has_none_of_ours)
{
    struct sp_str value;
    struct sp_head at_limit = head_of_pairs(SP_COOKIES_MAX);
    ck_assert_uint_eq(sp_cookie_collect(&at_limit, ours, &value, 1), 1);
    struct sp_head past = head_of_pairs(SP_COOKIES_MAX + 1);
    ck_assert_uint_eq(sp_cookie_collect(&past, ours, &value, 1), 0);
    struct sp_cookie_walk walk = {.head = &past};
    struct sp_cookie cookie;
    while (sp_cookie_next(&walk, &cookie)) {
    }
    ck_assert_uint_eq(walk.seen_n, SP_COOKIES_MAX + 1);
    ck_assert(!sp_cookie_next(&walk, &cookie));
    ck_assert_uint_eq(walk.seen_n, SP_COOKIES_MAX + 1);
}
SP_TEST_END

SP_TEST(an_application_gets_every_pair_but_ours_as_it_was_sent)
{
    struct sp_head head =
        head_of("Cookie: a=\"1\"; __Host-sallyport=s;b\r\nCookie: __Host-sallyport-Ab12=l; "
                "__Host-sallyport2=x;  __host-sallyport=y ;__Host-sallyport = z; c=3=3\r\n");
    ck_assert_str_view(APPENDED(sp_cookie_append_without(&head, ours, out)),
                       "a=\"1\"; b; __Host-sallyport2=x; __host-sallyport=y; c=3=3");
}
SP_TEST_END

SP_TEST(nothing_is_left_when_only_ours_were_there)
{
    struct sp_head head = head_of("Cookie: __Host-sallyport=s\r\nCookie: __Host-sallyport-x=l; "
                                  "__Host-sallyport\r\n");
    ck_assert_uint_eq(APPENDED(sp_cookie_append_without(&head, ours, out)).len, 0);
    struct sp_head none = head_of("");
    ck_assert_uint_eq(APPENDED(sp_cookie_append_without(&none, ours, out)).len, 0);
}
SP_TEST_END

SP_TEST(the_number_of_pairs_does_not_cut_what_an_application_gets)
{
    struct sp_head head = head_of_pairs(2 * SP_COOKIES_MAX);
    struct sp_str rest = APPENDED(sp_cookie_append_without(&head, ours, out));
    size_t n = 0;
    while (rest.ptr != NULL) {
        (void)sp_str_cut(&rest, ';');
        n++;
    }
    ck_assert_uint_eq(n, 2 * SP_COOKIES_MAX - 1);
}
SP_TEST_END

SP_TEST(random_bytes_never_make_more_pairs_than_they_hold)
{
    uint64_t state = 2;
    char line[256] = "Cookie: ";
    for (size_t round = 0; round < 20000; round++) {
        struct sp_str text = next_text(&state, SP_STR("a=;; \"\t-"), line + 8, next_below(&state, 60));
        memcpy(line + 8 + text.len, "\r\n", 3);
        struct sp_head head = head_of(line);
        struct sp_cookie_walk walk = {.head = &head};
        struct sp_cookie cookie;
        size_t bytes = 0;
        while (sp_cookie_next(&walk, &cookie)) {
            ck_assert(!sp_str_contains(cookie.name, ';') && !sp_str_contains(cookie.value, ';'));
            ck_assert(!sp_str_contains(cookie.name, '='));
            bytes += cookie.name.len + cookie.value.len + 1;
        }
        ck_assert_uint_le(bytes, text.len);
    }
}
SP_TEST_END

SP_SUITE("cookie", pairs_of_all_lines_are_walked_in_order, pairs_without_equals_are_skipped,
         only_a_whole_pair_of_quotes_is_taken_off, ac_29_names_are_compared_byte_for_byte,
         all_values_are_counted_and_the_first_are_collected,
         a_request_with_more_pairs_than_the_limit_has_none_of_ours,
         an_application_gets_every_pair_but_ours_as_it_was_sent, nothing_is_left_when_only_ours_were_there,
         the_number_of_pairs_does_not_cut_what_an_application_gets,
         random_bytes_never_make_more_pairs_than_they_hold)

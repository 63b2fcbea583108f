/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/html.h"

#include "fixture.h"

#include <openssl/evp.h>

static struct sp_buf made;

/* The page as a string, after its markup was checked. */
static const char *make(const struct sp_html_page *page)
{
    static char storage[3 * SP_ANSWER_PAGE_MAX];
    sp_buf_init_fixed(&made, storage, sizeof storage);
    sp_html_append_page(page, &made);
    check_html(sp_buf_str(&made));
    return sp_buf_c_str(&made);
}

static struct sp_html_page page_of(enum sp_reason reason)
{
    return (struct sp_html_page){
        .title = sp_reason_title(reason),
        .text = sp_html_text(reason),
        .advice = sp_html_advice(reason, SP_MENDER_BY_REASON),
        .request_id = SP_STR("0123456789abcdef"),
        .reason = reason,
    };
}

SP_TEST(a_page_has_one_style_and_the_hash_in_the_policy_is_its)
{
    uint8_t digest[32];
    char encoded[45] = "";
    size_t len = 0;
    struct sp_html_page page = page_of(SP_REASON_POLICY_DENIED);
    const char *begin = strstr(make(&page), "<style>") + strlen("<style>");
    struct sp_str style = {begin, (size_t)(strstr(begin, "</style>") - begin)};
    ck_assert_ptr_null(strstr(begin, "<style"));
    ck_assert_int_eq(EVP_Q_digest(NULL, "SHA256", NULL, style.ptr, style.len, digest, &len), 1);
    ck_assert_uint_eq(sp_base64_encode(digest, len, encoded), 44);
    ck_assert_str_eq(encoded, sp_html_style_hash);
}
SP_TEST_END

SP_TEST(every_reason_has_a_title_a_text_and_advice)
{
    for (enum sp_reason reason = SP_REASON_MALFORMED_REQUEST; reason < SP_REASON_COUNT; reason++) {
        ck_assert_uint_gt(strlen(sp_reason_title(reason)), 5);
        struct sp_html_page page = page_of(reason);
        ck_assert_msg(strlen(page.text) > 20 && page.text[strlen(page.text) - 1] == '.', "%s", page.text);
        ck_assert_msg(strlen(page.advice) > 15 && strchr(".)", page.advice[strlen(page.advice) - 1]) != NULL,
                      "%s", page.advice);
        const char *html = make(&page);
        ck_assert_contains(html, text("<h1>%s</h1>", page.title));
        ck_assert_contains(html, text("<code>%s</code>", sp_reason_name(reason)));
        ck_assert_contains(html, "<code>0123456789abcdef</code>");
    }
}
SP_TEST_END

SP_TEST(texts_of_one_status_do_not_say_what_another_reason_means)
{
    static const enum sp_reason distinct[] = {
        SP_REASON_MALFORMED_REQUEST,
        SP_REASON_BAD_CALLBACK,
        SP_REASON_BAD_RETURN_URL,
        SP_REASON_NO_SESSION,
        SP_REASON_SESSION_EXPIRED,
        SP_REASON_SESSION_AMBIGUOUS,
        SP_REASON_COOKIES_REFUSED,
        SP_REASON_SIGNED_OUT,
        SP_REASON_SIGNED_IN,
        SP_REASON_RELAYED,
        SP_REASON_POLICY_DENIED,
        SP_REASON_EMAIL_UNVERIFIED,
        SP_REASON_USER_NOT_REPRESENTABLE,
        SP_REASON_INSECURE_PROTO,
        SP_REASON_CROSS_SITE,
        SP_REASON_ISSUER_REFUSED,
        SP_REASON_NO_SUCH_PAGE,
        SP_REASON_METHOD_NOT_ALLOWED,
        SP_REASON_HOST_NOT_LISTED,
        SP_REASON_UNKNOWN_POLICY,
        SP_REASON_SESSION_TOO_LARGE,
        SP_REASON_TOKEN_INVALID,
        SP_REASON_ISSUER_UNAVAILABLE,
        SP_REASON_OVERLOADED,
    };
    for (size_t i = 0; i < sizeof distinct / sizeof distinct[0]; i++) {
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(strcmp(sp_html_text(distinct[i]), sp_html_text(distinct[j])) != 0, "%s and %s",
                          sp_reason_name(distinct[i]), sp_reason_name(distinct[j]));
        }
    }
}
SP_TEST_END

SP_TEST(links_are_what_they_are_called)
{
    static const struct {
        enum sp_html_link link;
        const char *markup;
    } cases[] = {
        {SP_HTML_LINK_HERE, "<a class=\"b\" href=\"https://a/?b&amp;c\">Go</a>"},
        {SP_HTML_LINK_TOP, "<a class=\"b\" href=\"https://a/?b&amp;c\" target=\"_top\">Go</a>"},
        {SP_HTML_LINK_NEW_TAB,
         "href=\"https://a/?b&amp;c\" target=\"_blank\" rel=\"noopener noreferrer\">Go</a>"},
        {SP_HTML_LINK_POST,
         "<form method=\"post\" action=\"https://a/?b&amp;c\"><button class=\"b\">Go</button>"},
    };
    struct sp_html_page page = page_of(SP_REASON_NO_SESSION);
    ck_assert_lacks(make(&page), "href");
    page.href = SP_STR("https://a/?b&c");
    page.label = "Go";
    ck_assert_lacks(make(&page), "href");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        page.link = cases[i].link;
        ck_assert_contains(make(&page), cases[i].markup);
    }
    page.href = SP_STR_NONE;
    ck_assert_lacks(make(&page), "href");
    page.second_href = SP_STR("https://a/b");
    page.second_label = "Or this";
    ck_assert_contains(make(&page), "<a href=\"https://a/b\">Or this</a>");
}
SP_TEST_END

SP_TEST(a_page_has_the_name_of_its_site_and_a_link_for_help)
{
    char name[] = "Ada & Co <b>";
    char url[] = "https://help.example.com/?a&b='c'#d";
    char mail[] = "mailto:help@example.com?subject=Sign-in";
    struct sp_config config = {.site_name = name, .support_url = url};
    struct sp_html_page page = page_of(SP_REASON_POLICY_DENIED);
    ck_assert_lacks(make(&page), "<header>");
    ck_assert_lacks(make(&page), "Contact support");
    page.config = &(struct sp_config){.site_name = NULL};
    ck_assert_lacks(make(&page), "<header>");
    page.config = &config;
    ck_assert_contains(make(&page), "<title>Access denied – Ada &amp; Co &lt;b&gt;</title>");
    ck_assert_contains(make(&page),
                       "<header><bdi>Ada &amp; Co &lt;b&gt;</bdi></header><h1>Access denied</h1>");
    ck_assert_contains(make(&page),
                       "<footer><p><a href=\"https://help.example.com/?a&amp;b=&#39;c&#39;#d\" "
                       "target=\"_blank\" rel=\"noopener noreferrer\">Contact support</a></p>Request ID");
    config.support_url = mail;
    ck_assert_contains(make(&page),
                       "<a href=\"mailto:help@example.com?subject=Sign-in\">Contact support</a>");
}
SP_TEST_END

/* Texts that were interpreted as markup elsewhere. */
static const struct sp_str markup[] = {
    SP_STR("<script>alert(1)</script>"),
    SP_STR("\"><img src=x onerror=alert(1)>"),
    SP_STR("' onmouseover='alert(1)"),
    SP_STR("\" autofocus onfocus=\"alert(1)"),
    SP_STR("</title><svg onload=alert(1)>"),
    SP_STR("</style><script>"),
    SP_STR("<!--"),
    SP_STR("]]>"),
    SP_STR("\0<script>"),
    SP_STR("\xc0\xbcscript\xc0\xbe"),
    SP_STR("\xff\xfe<\xe2\x80"),
    SP_STR("+ADw-script+AD4-"),
    SP_STR("&lt;script&gt;"),
    SP_STR("a\r\nSet-Cookie: b"),
};

SP_TEST(ac_17_a_name_never_becomes_markup)
{
    for (size_t i = 0; i < sizeof markup / sizeof markup[0]; i++) {
        struct sp_html_page page = page_of(SP_REASON_POLICY_DENIED);
        page.user = markup[i];
        page.detail = markup[i];
        page.request_id = markup[i];
        const char *html = make(&page);
        ck_assert_lacks(html, "<script");
        ck_assert_lacks(html, "onerror=alert(1)>");
        ck_assert_uint_eq(strlen(html), made.len);
    }
}
SP_TEST_END

SP_SUITE("gate/html", a_page_has_one_style_and_the_hash_in_the_policy_is_its,
         every_reason_has_a_title_a_text_and_advice, texts_of_one_status_do_not_say_what_another_reason_means,
         links_are_what_they_are_called, a_page_has_the_name_of_its_site_and_a_link_for_help,
         ac_17_a_name_never_becomes_markup)

/* SPDX-License-Identifier: Apache-2.0 */
#include "http/override.h"

#include "../suite.h"

#include <stdio.h>

#define BOTH (SP_OVERRIDE_PATH | SP_OVERRIDE_METHOD)

/* The sentence of what is found in a request with these lines; "none". */
static const char *found(const char *lines, unsigned overrides)
{
    static char text[4096];
    struct sp_head head;
    int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", lines);
    ck_assert_int_eq(sp_head_parse((struct sp_str){text, (size_t)len}, &head), SP_REASON_NONE);
    const struct sp_override_header *header = sp_override_find(&head, overrides);
    return header != NULL ? header->text : "none";
}

SP_TEST(ac_90_each_header_of_the_family_is_found_and_named)
{
    static const struct {
        const char *name;
        enum sp_override overrides;
    } cases[] = {
        {"X-Original-URL", SP_OVERRIDE_PATH},      {"X-Original-URI", SP_OVERRIDE_PATH},
        {"X-Rewrite-URL", SP_OVERRIDE_PATH},       {"X-Original-Method", SP_OVERRIDE_METHOD},
        {"X-HTTP-Method", SP_OVERRIDE_METHOD},     {"X-HTTP-Method-Override", SP_OVERRIDE_METHOD},
        {"X-Method-Override", SP_OVERRIDE_METHOD},
    };
    ck_assert_uint_eq(sizeof cases / sizeof cases[0], sp_override_headers_n);
    for (size_t i = 0; i < sp_override_headers_n; i++) {
        char line[64];
        char text[64];
        snprintf(line, sizeof line, "%s: x\r\n", cases[i].name);
        snprintf(text, sizeof text, "The header is %s.", cases[i].name);
        ck_assert_str_eq(found(line, BOTH), text);
        ck_assert_str_eq(found(line, cases[i].overrides), text);
        ck_assert_str_eq(found(line, BOTH & ~(unsigned)cases[i].overrides), "none");
        ck_assert_str_eq(found(line, 0), "none");
    }
}
SP_TEST_END

SP_TEST(ac_90_every_spelling_that_folds_into_a_name_is_that_name)
{
    static const char *const url[] = {"x-original-url: /", "X-ORIGINAL-URL:",   "X_Original_URL: /",
                                      "X.Original.Url: /", "x~original-url: /", "X-Original_URL: /"};
    for (size_t i = 0; i < sizeof url / sizeof url[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "Accept: */*\r\n%s\r\n", url[i]);
        ck_assert_str_eq(found(line, SP_OVERRIDE_PATH), "The header is X-Original-URL.");
    }
    ck_assert_str_eq(found("X_HTTP_METHOD_OVERRIDE: PUT\r\n", BOTH), "The header is X-HTTP-Method-Override.");
}
SP_TEST_END

SP_TEST(other_names_are_none_of_them)
{
    static const char *const others[] = {
        "X-Original-Host: a",   "X-Original-URL2: /",       "X-Original-UR: /",
        "XX-Original-URL: /",   "Original-URL: /",          "X-Original-URL-: /",
        "X-Rewrite-URLs: /",    "X-HTTP-Method-Overrid: x", "Method-Override: x",
        "X-Forwarded-Uri: /",   "X-Forwarded-Method: GET",  "X-Forwarded-Prefix: /",
        "X-Forwarded-Proto: a", "Accept-Language: en",      "x: 1",
        "X-OriginalXURL: /",    "X-Real-Ip: 127.0.0.1",     "X-Requested-With: a",
        "Y-Original-URL: /",    "-------original-url: /",   "X-Original-Uri-And-A-Very-Long-Name-Behind: /",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s\r\n", others[i]);
        ck_assert_msg(strcmp(found(line, BOTH), "none") == 0, "%s", others[i]);
    }
    ck_assert_str_eq(found("", BOTH), "none");
}
SP_TEST_END

SP_TEST(the_first_that_counts_is_told)
{
    const char *lines = "X-Method-Override: PUT\r\nX-Rewrite-URL: /\r\nX-Original-URL: /\r\n";
    ck_assert_str_eq(found(lines, BOTH), "The header is X-Method-Override.");
    ck_assert_str_eq(found(lines, SP_OVERRIDE_PATH), "The header is X-Rewrite-URL.");
}
SP_TEST_END

SP_SUITE("override", ac_90_each_header_of_the_family_is_found_and_named,
         ac_90_every_spelling_that_folds_into_a_name_is_that_name, other_names_are_none_of_them,
         the_first_that_counts_is_told)

/* SPDX-License-Identifier: Apache-2.0 */
#include "http/trace.h"

#include "../suite.h"

#include <stdio.h>

#define ID     "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"
#define WHOLE  "00-" ID "-" PARENT "-01" /* W3C Trace Context, section 3.2.3 */

static void check_id(const char *text, const char *expected)
{
    struct sp_str id = sp_trace_id(sp_str_from_c(text));
    ck_assert_msg(sp_str_equal(id, sp_str_from_c(expected)), "%s: %.*s", text, SP_STR_ARGS(id));
}

SP_TEST(a_well_formed_one_tells_the_trace)
{
    check_id(WHOLE, ID);
    check_id("00-" ID "-" PARENT "-00", ID);
    check_id("00-" ID "-" PARENT "-ff", ID);
    check_id("00-00000000000000000000000000000001-0000000000000001-00", "00000000000000000000000000000001");
}
SP_TEST_END

SP_TEST(a_later_version_may_go_on)
{
    check_id("01-" ID "-" PARENT "-01", ID);
    check_id("cc-" ID "-" PARENT "-01-what-the-future-brings", ID);
    check_id("cc-" ID "-" PARENT "-01-", ID);
    check_id("cc-" ID "-" PARENT "-01.more", "");
    check_id(WHOLE "-", "");
    check_id(WHOLE "-more", "");
}
SP_TEST_END

SP_TEST(what_is_none_tells_nothing)
{
    static const char *const wrong[] = {
        "",
        "00",
        ID,
        "ff-" ID "-" PARENT "-01",
        "0-" ID "-" PARENT "-01",
        "00-00000000000000000000000000000000-" PARENT "-01",
        "00-" ID "-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
        "00-" ID "-00F067AA0BA902B7-01",
        "00-" ID "-" PARENT "-0A",
        "00-" ID "-" PARENT "-0g",
        "0x-" ID "-" PARENT "-01",
        "00+" ID "-" PARENT "-01",
        "00-" ID "+" PARENT "-01",
        "00-" ID "-" PARENT "+01",
        "00-" ID "-" PARENT "-001",
        " " WHOLE,
        WHOLE " ",
        WHOLE "," WHOLE,
        "00-4bf92f3577b34da6a3ce929d0e0e473\"-" PARENT "-01",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        check_id(wrong[i], "");
    }
}
SP_TEST_END

SP_TEST(one_that_is_cut_or_has_an_altered_byte_tells_nothing_else)
{
    char text[sizeof WHOLE];
    for (size_t len = 0; len < sizeof WHOLE - 1; len++) {
        ck_assert_uint_eq(sp_trace_id((struct sp_str){WHOLE, len}).len, 0);
    }
    for (size_t i = 0; i < sizeof WHOLE - 1; i++) {
        for (int c = 0; c < 256; c++) {
            memcpy(text, WHOLE, sizeof WHOLE);
            text[i] = (char)c;
            struct sp_str id = sp_trace_id((struct sp_str){text, sizeof WHOLE - 1});
            ck_assert(id.len == 0 || (id.len == 32 && id.ptr == text + 3));
        }
    }
}
SP_TEST_END

SP_SUITE("http/trace", a_well_formed_one_tells_the_trace, a_later_version_may_go_on,
         what_is_none_tells_nothing, one_that_is_cut_or_has_an_altered_byte_tells_nothing_else)

/* SPDX-License-Identifier: Apache-2.0 */
#include "http/lenient.h"

#include "base/utf8.h"

#include "material.h"

static void assert_read(enum sp_leniency leniency, struct sp_str text, size_t len, uint32_t expected)
{
    uint32_t code_point = 0;
    ck_assert_uint_eq(sp_lenient_read(text, leniency, &code_point), len);
    ck_assert_uint_eq(code_point, expected);
}

SP_TEST(what_is_well_formed_is_the_same_to_all)
{
    static const enum sp_leniency leniencies[] = {SP_LENIENCY_LEAVES_OUT, SP_LENIENCY_CHECKS_NOTHING};
    for (size_t i = 0; i < 2; i++) {
        assert_read(leniencies[i], SP_STR("az"), 1, 'a');
        assert_read(leniencies[i], SP_STR("\0z"), 1, 0);
        assert_read(leniencies[i], SP_STR("\xc3\xbcz"), 2, 0xfc);
        assert_read(leniencies[i], SP_STR("\xe2\x82\xac"), 3, 0x20ac);
        assert_read(leniencies[i], SP_STR("\xf0\x9f\x98\x80z"), 4, 0x1f600);
        assert_read(leniencies[i], SP_STR("\xf4\x8f\xbf\xbf"), 4, 0x10ffff);
    }
}
SP_TEST_END

SP_TEST(what_is_ill_formed_is_left_out_byte_by_byte)
{
    static const struct sp_str ill_formed[] = {
        SP_STR("\x80"),
        SP_STR("\xbf"),
        SP_STR("\xc0\xae"),
        SP_STR("\xc3"),
        SP_STR("\xc3z"),
        SP_STR("\xe2\x82"),
        SP_STR("\xe0\x80\xae"),
        SP_STR("\xed\xa0\x80"),
        SP_STR("\xf0\x80\x80"),
        SP_STR("\xf4\x90\x80\x80"),
        SP_STR("\xf8\x88\x80\x80\x80"),
        SP_STR("\xff"),
    };
    for (size_t i = 0; i < sizeof ill_formed / sizeof ill_formed[0]; i++) {
        assert_read(SP_LENIENCY_LEAVES_OUT, ill_formed[i], 1, SP_LENIENT_NONE);
    }
}
SP_TEST_END

SP_TEST(ac_89_what_is_ill_formed_is_put_together_by_who_checks_nothing)
{
    static const struct {
        struct sp_str text;
        size_t len;
        uint32_t code_point;
    } cases[] = {
        {SP_STR("\xc0\xae"), 2, '.'},
        {SP_STR("\xc1\x9c"), 2, '\\'},
        {SP_STR("\xc1\x1c"), 2, '\\'},
        {SP_STR("\xc0n"), 2, '.'},
        {SP_STR("\xc0/"), 2, '/'},
        {SP_STR("\xe0\x80\xaf"), 3, '/'},
        {SP_STR("\xe0@."), 3, '.'},
        {SP_STR("\xf0\x80\x80\xae"), 4, '.'},
        {SP_STR("\xf8\x80\x80\x80\xae"), 5, '.'},
        {SP_STR("\xfc\x80\x80\x80\x80\xaf"), 6, '/'},
        {SP_STR("\xf0\x82\x80\xa5z"), 4, 0x2025},
        {SP_STR("\xf7\xbf\xbf\xbf"), 4, SP_LENIENT_NONE},
        {SP_STR("\xfd\xbf\xbf\xbf\xbf\xbf"), 6, SP_LENIENT_NONE},
        {SP_STR("\xed\xa0\x80"), 3, SP_LENIENT_NONE},
        {SP_STR("\xed\xa0\x80z"), 3, SP_LENIENT_NONE},
        {SP_STR("\xed\xb0\x80\xed\xb0\x80"), 3, SP_LENIENT_NONE},
        {SP_STR("\xed\xa0\xbc\xed\xb4"), 3, SP_LENIENT_NONE},
        {SP_STR("\xed\xa0\xbc\xed\xa0\x80"), 3, SP_LENIENT_NONE},
        {SP_STR("\xed\xa0\xbc\xed\xb4\x80z"), 6, 0x1f100},
        {SP_STR("\xed\xaf\xbf\xed\xbf\xbf"), 6, 0x10ffff},
        {SP_STR("\xc0"), 1, SP_LENIENT_NONE},
        {SP_STR("\xfc\x80\x80\x80\x80"), 1, SP_LENIENT_NONE},
        {SP_STR("\x80z"), 1, SP_LENIENT_NONE},
        {SP_STR("\xfez"), 1, SP_LENIENT_NONE},
        {SP_STR("\xffz"), 1, SP_LENIENT_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_read(SP_LENIENCY_CHECKS_NOTHING, cases[i].text, cases[i].len, cases[i].code_point);
    }
}
SP_TEST_END

SP_TEST(every_code_point_is_written_as_it_is_read)
{
    for (uint32_t code_point = 0; code_point <= 0x10ffff; code_point += code_point < 0x3000 ? 1 : 17) {
        if (code_point >= 0xd800 && code_point <= 0xdfff) {
            continue;
        }
        SP_BUF_ON_STACK(out, 4);
        sp_lenient_append(code_point, &out);
        struct sp_str text = sp_buf_str(&out);
        ck_assert_uint_eq(sp_utf8_sequence_len(text), text.len);
        ck_assert_uint_eq(sp_utf8_code_point(text), code_point);
    }
}
SP_TEST_END

SP_TEST(controls_of_more_than_a_byte_are_those_behind_del)
{
    ck_assert(!sp_lenient_is_c1(0x7f));
    ck_assert(sp_lenient_is_c1(0x80));
    ck_assert(sp_lenient_is_c1(0x9f));
    ck_assert(!sp_lenient_is_c1(0xa0));
}
SP_TEST_END

/* test/check/compatibility.py knows them all. */
SP_TEST(ac_89_characters_have_the_form_that_a_program_makes_of_them)
{
    static const struct {
        uint32_t code_point;
        const char *form;
    } cases[] = {
        {0x37e, ";"},  {0x2024, "."},  {0x2025, ".."},  {0x2026, "..."},  {0x2100, "a/c"}, {0x2488, "1."},
        {0xff0f, "/"}, {0xff3c, "\\"}, {0x1f100, "0."}, {0x33c2, "a.m."}, {0xfe52, "."},
    };
    size_t forms_n = 0;
    for (uint32_t code_point = 0; code_point <= 0x10ffff; code_point++) {
        struct sp_str form = sp_lenient_form(code_point);
        forms_n += form.len > 0;
        ck_assert(form.len == 0 || (code_point >= 0x80 && strpbrk(form.ptr, "./\\;") != NULL));
    }
    ck_assert_uint_eq(forms_n, 42);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert(sp_str_equal(sp_lenient_form(cases[i].code_point), sp_str_from_c(cases[i].form)));
    }
    ck_assert_uint_eq(sp_lenient_form(SP_LENIENT_NONE).len, 0);
}
SP_TEST_END

SP_SUITE("lenient", what_is_well_formed_is_the_same_to_all, what_is_ill_formed_is_left_out_byte_by_byte,
         ac_89_what_is_ill_formed_is_put_together_by_who_checks_nothing,
         every_code_point_is_written_as_it_is_read, controls_of_more_than_a_byte_are_those_behind_del,
         ac_89_characters_have_the_form_that_a_program_makes_of_them)

/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/answer.h"

#include "../suite.h"

static struct sp_answer answer;

SP_TEST(a_new_answer_is_not_whole)
{
    sp_answer_init(&answer);
    ck_assert(!sp_answer_is_whole(&answer));
    answer.status = 200;
    ck_assert(sp_answer_is_whole(&answer));
    ck_assert(!answer.close);
}
SP_TEST_END

SP_TEST(a_value_is_copied)
{
    char value[] = "abc";
    sp_answer_init(&answer);
    answer.status = 200;
    sp_answer_add(&answer, "A", (struct sp_str){value, 3});
    value[0] = 'x';
    ck_assert_uint_eq(answer.fields_n, 1);
    ck_assert_str_eq(answer.fields[0].name, "A");
    ck_assert_str_view(answer.fields[0].value, "abc");
}
SP_TEST_END

SP_TEST(a_value_and_a_body_are_built_in_place)
{
    sp_answer_init(&answer);
    answer.status = 200;
    size_t begin = sp_answer_begin_value(&answer);
    sp_buf_append_c(&answer.text, "one");
    sp_buf_append_c(&answer.text, "two");
    sp_answer_end_value(&answer, "A", begin);
    begin = sp_answer_begin_value(&answer);
    sp_buf_append_c(&answer.text, "body\r\n");
    sp_answer_end_body(&answer, begin);
    ck_assert_str_view(answer.fields[0].value, "onetwo");
    ck_assert_str_view(answer.body, "body\r\n");
    ck_assert(sp_answer_is_whole(&answer));
}
SP_TEST_END

SP_TEST(ac_16_a_value_that_breaks_a_line_fails_the_answer)
{
    static const struct sp_str values[] = {
        SP_STR("\r"), SP_STR("\n"), SP_STR("\0"), SP_STR("a\r\nSet-Cookie: b"), SP_STR("a\n"), SP_STR("\0b")};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        sp_answer_init(&answer);
        answer.status = 200;
        sp_answer_add(&answer, "A", values[i]);
        ck_assert(!sp_answer_is_whole(&answer));
        ck_assert_uint_eq(answer.fields_n, 0);
        sp_answer_add(&answer, "B", SP_STR("b"));
        ck_assert(!sp_answer_is_whole(&answer));
    }
}
SP_TEST_END

SP_TEST(there_is_room_for_all_fields_and_none_more)
{
    sp_answer_init(&answer);
    answer.status = 200;
    for (size_t i = 0; i < SP_ANSWER_FIELDS_MAX; i++) {
        sp_answer_add(&answer, "A", SP_STR("b"));
    }
    ck_assert(sp_answer_is_whole(&answer));
    ck_assert_uint_eq(answer.fields_n, SP_ANSWER_FIELDS_MAX);
    sp_answer_add(&answer, "A", SP_STR("b"));
    ck_assert(!sp_answer_is_whole(&answer));
    ck_assert_uint_eq(answer.fields_n, SP_ANSWER_FIELDS_MAX);
}
SP_TEST_END

SP_TEST(there_is_room_for_all_text_and_none_more)
{
    static char text[SP_ANSWER_TEXT_MAX + 1];
    memset(text, 'x', sizeof text);
    for (size_t over = 0; over <= 1; over++) {
        sp_answer_init(&answer);
        answer.status = 200;
        sp_answer_add(&answer, "A", SP_STR("b"));
        size_t begin = sp_answer_begin_value(&answer);
        sp_buf_append(&answer.text, (struct sp_str){text, SP_ANSWER_TEXT_MAX - 1 + over});
        sp_answer_end_body(&answer, begin);
        ck_assert_int_eq(sp_answer_is_whole(&answer), over == 0);
        ck_assert_uint_eq(answer.body.len, over == 0 ? SP_ANSWER_TEXT_MAX - 1 : 0);
    }
}
SP_TEST_END

SP_TEST(a_failed_answer_can_begin_anew)
{
    sp_answer_init(&answer);
    answer.status = 200;
    answer.close = true;
    sp_answer_add(&answer, "A", SP_STR("\n"));
    sp_answer_init(&answer);
    ck_assert_uint_eq(answer.status, 0);
    ck_assert_uint_eq(answer.body.len, 0);
    answer.status = 503;
    ck_assert(sp_answer_is_whole(&answer));
}
SP_TEST_END

SP_SUITE("gate/answer", a_new_answer_is_not_whole, a_value_is_copied, a_value_and_a_body_are_built_in_place,
         ac_16_a_value_that_breaks_a_line_fails_the_answer, there_is_room_for_all_fields_and_none_more,
         there_is_room_for_all_text_and_none_more, a_failed_answer_can_begin_anew)

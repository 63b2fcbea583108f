/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "../suite.h"

SP_TEST(a_buffer_of_the_heap_holds_what_was_appended)
{
    SP_BUF_SCOPED struct sp_buf buf;
    sp_buf_init(&buf, 100);
    ck_assert_str_view(sp_buf_str(&buf), "");
    sp_buf_append(&buf, SP_STR("a\0b"));
    sp_buf_append(&buf, SP_STR_NONE);
    sp_buf_append_c(&buf, "-c");
    sp_buf_append_char(&buf, '=');
    sp_buf_append_u64(&buf, UINT64_MAX);
    sp_buf_printf(&buf, ";%s=%d", "n", -5);
    ck_assert_str_view(sp_buf_str(&buf), "a\0b-c=18446744073709551615;n=-5");
    ck_assert_int_eq(sp_buf_error(&buf), SP_OK);
}
SP_TEST_END

SP_TEST(bytes_survive_every_move)
{
    SP_BUF_SCOPED struct sp_buf buf;
    sp_buf_init(&buf, 100000);
    for (size_t i = 0; i < 100000; i++) {
        sp_buf_append_char(&buf, (char)(i % 251));
        ck_assert_uint_le(buf.len, buf.cap);
        ck_assert_uint_le(buf.cap, 100001);
    }
    struct sp_str all = sp_buf_str(&buf);
    ck_assert_uint_eq(all.len, 100000);
    for (size_t i = 0; i < all.len; i++) {
        ck_assert_int_eq(all.ptr[i], (char)(i % 251));
    }
}
SP_TEST_END

SP_TEST(the_ceiling_is_reached_and_not_passed)
{
    for (size_t max = 0; max < 200; max++) {
        SP_BUF_SCOPED struct sp_buf buf;
        sp_buf_init(&buf, max);
        for (size_t i = 0; i < max; i++) {
            sp_buf_append_char(&buf, 'x');
        }
        ck_assert_int_eq(sp_buf_error(&buf), SP_OK);
        ck_assert_uint_eq(sp_buf_str(&buf).len, max);
        ck_assert_ptr_nonnull(sp_buf_c_str(&buf));
        ck_assert_uint_eq(strlen(sp_buf_c_str(&buf)), max);
        sp_buf_append_char(&buf, 'x');
        ck_assert_int_eq(sp_buf_error(&buf), SP_ERR_LIMIT);
    }
}
SP_TEST_END

SP_TEST(a_failed_buffer_reads_as_empty_until_it_is_cleared)
{
    SP_BUF_SCOPED struct sp_buf buf;
    sp_buf_init(&buf, 4);
    sp_buf_append_c(&buf, "abcde");
    sp_buf_append_c(&buf, "a");
    sp_buf_printf(&buf, "%d", 1);
    ck_assert_int_eq(sp_buf_error(&buf), SP_ERR_LIMIT);
    ck_assert_uint_eq(sp_buf_str(&buf).len, 0);
    ck_assert_ptr_null(sp_buf_c_str(&buf));
    ck_assert_ptr_null(sp_buf_extend(&buf, 0));
    sp_buf_clear(&buf);
    sp_buf_append_c(&buf, "abcd");
    ck_assert_int_eq(sp_buf_error(&buf), SP_OK);
    ck_assert_str_eq(sp_buf_c_str(&buf), "abcd");
}
SP_TEST_END

SP_TEST(a_length_near_the_end_of_the_numbers_is_over_the_ceiling)
{
    SP_BUF_SCOPED struct sp_buf buf;
    sp_buf_init(&buf, 1000);
    sp_buf_append_c(&buf, "abc");
    ck_assert_ptr_null(sp_buf_extend(&buf, SIZE_MAX));
    sp_buf_clear(&buf);
    ck_assert_ptr_null(sp_buf_extend(&buf, SIZE_MAX - 3));
    sp_buf_clear(&buf);
    ck_assert_ptr_nonnull(sp_buf_extend(&buf, 1000));
}
SP_TEST_END

SP_TEST(a_buffer_without_ceiling_still_grows_by_need)
{
    SP_BUF_SCOPED struct sp_buf buf;
    sp_buf_init(&buf, SIZE_MAX);
    sp_buf_append_c(&buf, "abc");
    ck_assert_str_eq(sp_buf_c_str(&buf), "abc");
    ck_assert_uint_le(buf.cap, 64);
}
SP_TEST_END

/* Read by AddressSanitizer, which would otherwise end the process where malloc returns NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

SP_TEST(memory_refused_fails_the_buffer)
{
    SP_BUF_SCOPED struct sp_buf buf;
    sp_buf_init(&buf, SIZE_MAX);
    sp_buf_append_c(&buf, "abc");
    ck_assert_ptr_null(sp_buf_extend(&buf, SIZE_MAX / 2));
    ck_assert_int_eq(sp_buf_error(&buf), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(bytes_of_the_caller_are_filled_to_the_last_and_never_moved)
{
    char storage[8];
    SP_BUF_SCOPED struct sp_buf buf = SP_BUF_ON(storage);
    sp_buf_append_c(&buf, "1234567");
    ck_assert_ptr_eq(sp_buf_c_str(&buf), storage);
    sp_buf_append_char(&buf, '8');
    ck_assert_str_view(sp_buf_str(&buf), "12345678");
    ck_assert_int_eq(sp_buf_error(&buf), SP_OK);
    ck_assert_msg(sp_buf_c_str(&buf) == NULL, "no room for the NUL");
    sp_buf_clear(&buf);
    sp_buf_append_c(&buf, "123456789");
    ck_assert_int_eq(sp_buf_error(&buf), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(formatting_fits_to_the_ceiling_on_the_heap_and_one_less_in_bytes_of_the_caller)
{
    SP_BUF_SCOPED struct sp_buf heap;
    sp_buf_init(&heap, 8);
    sp_buf_printf(&heap, "%s", "12345678");
    ck_assert_str_view(sp_buf_str(&heap), "12345678");
    sp_buf_printf(&heap, "%s", "");
    ck_assert_int_eq(sp_buf_error(&heap), SP_OK);
    sp_buf_printf(&heap, "%s", "9");
    ck_assert_int_eq(sp_buf_error(&heap), SP_ERR_LIMIT);

    char storage[9] = "........";
    storage[8] = '!';
    struct sp_buf fixed;
    sp_buf_init_fixed(&fixed, storage, 8);
    sp_buf_printf(&fixed, "%s", "1234567");
    ck_assert_str_view(sp_buf_str(&fixed), "1234567");
    sp_buf_clear(&fixed);
    sp_buf_printf(&fixed, "%s", "12345678");
    ck_assert_int_eq(sp_buf_error(&fixed), SP_ERR_LIMIT);
    ck_assert_int_eq(storage[8], '!');
}
SP_TEST_END

SP_TEST(extending_gives_room_that_counts)
{
    SP_BUF_SCOPED struct sp_buf buf;
    sp_buf_init(&buf, 10);
    ck_assert_msg(sp_buf_extend(&buf, 0) != NULL, "no room asked for is no failure");
    memcpy(sp_buf_extend(&buf, 3), "abc", 3);
    memcpy(sp_buf_extend(&buf, 7), "defghij", 7);
    ck_assert_str_view(sp_buf_str(&buf), "abcdefghij");
    ck_assert_ptr_nonnull(sp_buf_extend(&buf, 0));
    ck_assert_ptr_null(sp_buf_extend(&buf, 1));
    ck_assert_int_eq(sp_buf_error(&buf), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(the_null_state_takes_nothing_and_can_be_ended)
{
    struct sp_buf buf = SP_BUF_NONE;
    sp_buf_append_c(&buf, "a");
    ck_assert_int_eq(sp_buf_error(&buf), SP_ERR_LIMIT);
    sp_buf_done(&buf);
    ck_assert_ptr_null(sp_buf_extend(&buf, 0));
    sp_buf_done(&buf);
    ck_assert_ptr_null(sp_buf_c_str(&buf));
    sp_buf_done(&buf);
    sp_buf_done(&buf);
    sp_buf_clear(&buf);
}
SP_TEST_END

SP_TEST(what_was_held_is_wiped)
{
    char storage[16] = "untouched-------";
    struct sp_buf buf = SP_BUF_ON(storage);
    sp_buf_append_c(&buf, "secret");
    sp_buf_clear(&buf);
    ck_assert_mem_eq(storage, "\0\0\0\0\0\0hed-", 10);
    sp_buf_append_c(&buf, "again");
    sp_buf_done(&buf);
    ck_assert_mem_eq(storage, "\0\0\0\0\0\0", 6);

    SP_BUF_SCOPED struct sp_buf heap;
    sp_buf_init(&heap, 32);
    sp_buf_append_c(&heap, "a longer secret");
    heap.len = 1;
    sp_buf_clear(&heap);
    for (size_t i = 0; i < 15; i++) {
        ck_assert_int_eq(heap.ptr[i], 0);
    }
}
SP_TEST_END

SP_SUITE("buf", a_buffer_of_the_heap_holds_what_was_appended, bytes_survive_every_move,
         the_ceiling_is_reached_and_not_passed, a_failed_buffer_reads_as_empty_until_it_is_cleared,
         a_length_near_the_end_of_the_numbers_is_over_the_ceiling,
         a_buffer_without_ceiling_still_grows_by_need, memory_refused_fails_the_buffer,
         bytes_of_the_caller_are_filled_to_the_last_and_never_moved,
         formatting_fits_to_the_ceiling_on_the_heap_and_one_less_in_bytes_of_the_caller,
         extending_gives_room_that_counts, the_null_state_takes_nothing_and_can_be_ended,
         what_was_held_is_wiped)

/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "session/wire.h"

static struct sp_str written(struct sp_buf *buf)
{
    ck_assert_int_eq(sp_buf_error(buf), SP_OK);
    return sp_buf_str(buf);
}

SP_TEST(numbers_are_big_endian)
{
    SP_BUF_ON_STACK(buf, 64);
    sp_wire_write_u8(&buf, 0x12);
    sp_wire_write_u16(&buf, 0x3456);
    sp_wire_write_time(&buf, 0x123456789a);
    ck_assert_mem_eq(written(&buf).ptr, "\x12\x34\x56\x12\x34\x56\x78\x9a", 8);

    struct sp_wire_reader reader = sp_wire_reader_of(sp_buf_str(&buf));
    ck_assert_uint_eq(sp_wire_read_u8(&reader), 0x12);
    ck_assert_uint_eq(sp_wire_read_number(&reader, 2), 0x3456);
    ck_assert_int_eq(sp_wire_read_time(&reader), 0x123456789a);
    ck_assert(sp_wire_done(&reader));
}
SP_TEST_END

SP_TEST(what_does_not_fit_is_not_written)
{
    char storage[2] = "ab";
    struct sp_buf buf;
    sp_buf_init_fixed(&buf, storage, 1);
    sp_wire_write_u16(&buf, 0x3456);
    ck_assert_int_eq(sp_buf_error(&buf), SP_ERR_LIMIT);
    ck_assert_uint_eq(buf.len, 0);
    ck_assert_mem_eq(storage, "ab", 2);
}
SP_TEST_END

SP_TEST(a_time_reaches_to_the_year_9999_and_no_further)
{
    char storage[SP_WIRE_TIME_LEN];
    struct sp_buf buf = SP_BUF_ON(storage);
    sp_wire_write_time(&buf, SP_TIME_MAX_S);
    struct sp_wire_reader reader = sp_wire_reader_of(written(&buf));
    ck_assert_int_eq(sp_wire_read_time(&reader), SP_TIME_MAX_S);
    ck_assert(sp_wire_done(&reader));

    storage[SP_WIRE_TIME_LEN - 1]++;
    reader = sp_wire_reader_of(sp_buf_str(&buf));
    ck_assert_int_eq(sp_wire_read_time(&reader), 0);
    ck_assert(!sp_wire_done(&reader));
}
SP_TEST_END

SP_TEST(a_length_takes_one_byte_below_128_and_two_from_there)
{
    const size_t lengths[] = {0, 1, 127, 128, 255, 16383};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        SP_BUF_ON_STACK(buf, 2);
        sp_wire_write_length(&buf, lengths[i]);
        ck_assert_uint_eq(written(&buf).len, lengths[i] < 128 ? 1 : 2);
        ck_assert_uint_eq(sp_wire_length_len(lengths[i]), buf.len);
        struct sp_wire_reader reader = sp_wire_reader_of(sp_buf_str(&buf));
        ck_assert_uint_eq(sp_wire_read_length(&reader), lengths[i]);
        ck_assert(sp_wire_done(&reader));
    }
}
SP_TEST_END

SP_TEST(a_length_of_more_than_14_bits_fails_the_buffer)
{
    SP_BUF_ON_STACK(buf, 8);
    sp_wire_write_length(&buf, SP_WIRE_LENGTH_MAX + 1);
    ck_assert_int_eq(sp_buf_error(&buf), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(a_small_length_in_the_long_form_is_refused)
{
    for (int length = 0; length < 128; length++) {
        const char bytes[] = {(char)0x80, (char)length};
        struct sp_wire_reader reader = sp_wire_reader_of((struct sp_str){bytes, 2});
        ck_assert_uint_eq(sp_wire_read_length(&reader), 0);
        ck_assert(!sp_wire_done(&reader));
    }
}
SP_TEST_END

SP_TEST(a_string_past_the_end_fails_and_all_that_follows_reads_empty)
{
    struct sp_wire_reader reader = sp_wire_reader_of(SP_STR("\x05"
                                                            "four"));
    ck_assert_uint_eq(sp_wire_read_str(&reader).len, 0);
    ck_assert(reader.failed);
    ck_assert_uint_eq(sp_wire_read_u8(&reader), 0);
    ck_assert_uint_eq(sp_wire_read_str(&reader).len, 0);
    ck_assert(!sp_wire_done(&reader));
}
SP_TEST_END

SP_TEST(bytes_left_over_are_not_done)
{
    struct sp_wire_reader reader = sp_wire_reader_of(SP_STR("\x01"
                                                            "ab"));
    ck_assert_str_view(sp_wire_read_str(&reader), "a");
    ck_assert(!reader.failed);
    ck_assert(!sp_wire_done(&reader));
}
SP_TEST_END

SP_TEST(the_empty_view_can_be_read)
{
    struct sp_wire_reader reader = sp_wire_reader_of(SP_STR_NONE);
    ck_assert(sp_wire_done(&reader));
    ck_assert_uint_eq(sp_wire_read_length(&reader), 0);
    ck_assert(!sp_wire_done(&reader));
}
SP_TEST_END

SP_SUITE("session/wire", numbers_are_big_endian, what_does_not_fit_is_not_written,
         a_time_reaches_to_the_year_9999_and_no_further, a_length_takes_one_byte_below_128_and_two_from_there,
         a_length_of_more_than_14_bits_fails_the_buffer, a_small_length_in_the_long_form_is_refused,
         a_string_past_the_end_fails_and_all_that_follows_reads_empty, bytes_left_over_are_not_done,
         the_empty_view_can_be_read)

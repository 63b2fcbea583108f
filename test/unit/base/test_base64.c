/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include "../suite.h"

static const struct {
    const char *bytes;
    const char *padded;
    const char *url;
} vectors[] = {
    /* RFC 4648, section 10 */
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    /* section 9 */
    {"\x14\xfb\x9c\x03\xd9\x7e", "FPucA9l+", "FPucA9l-"},
    {"\x14\xfb\x9c\x03\xd9", "FPucA9k=", "FPucA9k"},
    {"\x14\xfb\x9c\x03", "FPucAw==", "FPucAw"},
    /* RFC 7515, appendix C */
    {"\x03\xec\xff\xe0\xc1", "A+z/4ME=", "A-z_4ME"},
    /* RFC 7617, section 2 */
    {"Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "QWxhZGRpbjpvcGVuIHNlc2FtZQ"},
};

SP_TEST(vectors_of_the_rfcs_encode_and_decode)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct sp_str bytes = sp_str_from_c(vectors[i].bytes);
        struct sp_str url = sp_str_from_c(vectors[i].url);
        char text[64];
        uint8_t decoded[64];
        size_t len = 99;
        size_t text_len = sp_base64_encode((const uint8_t *)bytes.ptr, bytes.len, text);
        ck_assert(sp_str_equal((struct sp_str){text, text_len}, sp_str_from_c(vectors[i].padded)));
        text_len = sp_base64url_encode((const uint8_t *)bytes.ptr, bytes.len, text);
        ck_assert(sp_str_equal((struct sp_str){text, text_len}, url));
        ck_assert_uint_eq(text_len, SP_BASE64URL_LEN(bytes.len));
        ck_assert_int_eq(sp_base64url_decode(url, decoded, sizeof decoded, &len), SP_OK);
        ck_assert(sp_str_equal((struct sp_str){(const char *)decoded, len}, bytes));
    }
}
SP_TEST_END

SP_TEST(what_other_programs_write_is_decoded_with_padding_and_lines_or_without)
{
    static const char *const good[] = {"Zm9v\nYmE=\n", "Zm9v\r\n YmE", "Zm9vYmE=", "Zm9vYmE"};
    static const char *const bad[] = {"Zm9vYm-=", "Zm9v!mE=", "Zm9vY", "Zm9=vYmE", "Zm9vYmF", "-", "_"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        SP_BUF_ON_STACK(out, 6);
        sp_buf_append_c(&out, "x");
        ck_assert_int_eq(sp_base64_decode(sp_str_from_c(good[i]), &out), SP_OK);
        ck_assert_str_view(sp_buf_str(&out), "xfooba");
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SP_BUF_ON_STACK(out, 16);
        ck_assert_msg(sp_base64_decode(sp_str_from_c(bad[i]), &out) == SP_ERR_FORMAT, "%s", bad[i]);
        ck_assert_uint_eq(out.len, 0);
    }
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        SP_BUF_ON_STACK(out, 64);
        ck_assert_int_eq(sp_base64_decode(sp_str_from_c(vectors[i].padded), &out), SP_OK);
        ck_assert(sp_str_equal(sp_buf_str(&out), sp_str_from_c(vectors[i].bytes)));
    }
    SP_BUF_ON_STACK(small, 4);
    ck_assert_int_eq(sp_base64_decode(SP_STR("Zm9vYmE="), &small), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(nothing_encodes_to_nothing)
{
    size_t len = 99;
    ck_assert_uint_eq(sp_base64url_encode(NULL, 0, NULL), 0);
    ck_assert_uint_eq(sp_base64_encode(NULL, 0, NULL), 0);
    ck_assert_int_eq(sp_base64url_decode(SP_STR_NONE, NULL, 0, &len), SP_OK);
    ck_assert_uint_eq(len, 0);
}
SP_TEST_END

SP_TEST(every_length_comes_back)
{
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 167 + 13);
    }
    for (size_t len = 0; len <= sizeof bytes; len++) {
        char text[SP_BASE64URL_LEN(300)];
        uint8_t decoded[300];
        size_t decoded_len = 0;
        size_t text_len = sp_base64url_encode(bytes, len, text);
        ck_assert_uint_eq(text_len, SP_BASE64URL_LEN(len));
        ck_assert_uint_ge(SP_BASE64URL_DECODED_MAX(text_len), len);
        struct sp_str encoded = {text, text_len};
        ck_assert_int_eq(sp_base64url_decode(encoded, decoded, sizeof decoded, &decoded_len), SP_OK);
        ck_assert_uint_eq(decoded_len, len);
        ck_assert(len == 0 || memcmp(bytes, decoded, len) == 0);
    }
}
SP_TEST_END

SP_TEST(a_length_of_one_more_than_a_group_is_impossible)
{
    char text[40];
    memset(text, 'A', sizeof text);
    for (size_t len = 1; len < sizeof text; len += 4) {
        uint8_t out[40];
        size_t out_len = 99;
        struct sp_str encoded = {text, len};
        ck_assert_int_eq(sp_base64url_decode(encoded, out, sizeof out, &out_len), SP_ERR_FORMAT);
        ck_assert_uint_eq(out_len, 99);
    }
}
SP_TEST_END

static bool is_in_alphabet(int c)
{
    return sp_ascii_is_alnum((char)c) || c == '-' || c == '_';
}

/* Also padding, white space, NUL and the other alphabet, in a group and in each kind of rest. */
SP_TEST(a_character_outside_the_alphabet_is_refused_at_every_place)
{
    for (size_t len = 2; len <= 39; len++) {
        for (size_t at = 0; len % 4 != 1 && at < len; at++) {
            for (int c = 0; c < 256; c++) {
                char text[39];
                uint8_t out[29];
                size_t out_len;
                memset(text, 'A', sizeof text);
                text[at] = (char)c;
                bool last_of_rest = len % 4 != 0 && at == len - 1;
                bool good = last_of_rest ? c == 'A' : is_in_alphabet(c);
                enum sp_error error =
                    sp_base64url_decode((struct sp_str){text, len}, out, sizeof out, &out_len);
                bool same = last_of_rest && is_in_alphabet(c) && c != 'A';
                ck_assert(same || error == (good ? SP_OK : SP_ERR_FORMAT));
            }
        }
    }
}
SP_TEST_END

/* A value has one encoding: only last characters whose unused bits are zero are accepted. */
SP_TEST(bits_left_over_must_be_zero)
{
    int one_n = 0;
    int two_n = 0;
    for (int c = 0; c < 256; c++) {
        char text[3] = {'A', (char)c, (char)c};
        uint8_t out[2];
        size_t len;
        one_n += sp_base64url_decode((struct sp_str){text, 2}, out, 2, &len) == SP_OK;
        text[1] = 'A';
        two_n += sp_base64url_decode((struct sp_str){text, 3}, out, 2, &len) == SP_OK;
    }
    ck_assert_int_eq(one_n, 4);
    ck_assert_int_eq(two_n, 16);
    uint8_t out[2];
    size_t len;
    ck_assert_int_eq(sp_base64url_decode(SP_STR("Zh"), out, 2, &len), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_base64url_decode(SP_STR("Zm9"), out, 2, &len), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(room_is_needed_to_the_byte)
{
    uint8_t bytes[10];
    memset(bytes, 0xa5, sizeof bytes);
    for (size_t len = 1; len <= sizeof bytes; len++) {
        char text[SP_BASE64URL_LEN(10)];
        uint8_t out[11];
        size_t out_len = 99;
        struct sp_str encoded = {text, sp_base64url_encode(bytes, len, text)};
        memset(out, 0x11, sizeof out);
        ck_assert_int_eq(sp_base64url_decode(encoded, out, len - 1, &out_len), SP_ERR_LIMIT);
        ck_assert_uint_eq(out_len, 99);
        ck_assert_int_eq(sp_base64url_decode(encoded, out, len, &out_len), SP_OK);
        ck_assert_uint_eq(out_len, len);
        ck_assert_uint_eq(out[len], 0x11);
    }
}
SP_TEST_END

SP_SUITE("base64", vectors_of_the_rfcs_encode_and_decode,
         what_other_programs_write_is_decoded_with_padding_and_lines_or_without, nothing_encodes_to_nothing,
         every_length_comes_back, a_length_of_one_more_than_a_group_is_impossible,
         a_character_outside_the_alphabet_is_refused_at_every_place, bits_left_over_must_be_zero,
         room_is_needed_to_the_byte)

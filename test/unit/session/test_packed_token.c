/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/base64.h"
#include "session/packed_token.h"

/* RFC 7515, appendix A.1 (the header with its line break, the payload with its line breaks). */
#define JWT_RFC7515_A1                                                                                       \
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."                                                              \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."        \
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

static void assert_round_trip(struct sp_str text)
{
    SP_BUF_SCOPED struct sp_buf packed;
    SP_BUF_SCOPED struct sp_buf unpacked;
    sp_buf_init(&packed, SP_PACKED_TOKEN_TEXT_MAX);
    sp_buf_init(&unpacked, SP_PACKED_TOKEN_TEXT_MAX);
    ck_assert_int_eq(sp_packed_token_encode(text, &packed), SP_OK);
    ck_assert(sp_packed_token_valid(sp_buf_str(&packed)));
    ck_assert_int_eq(sp_packed_token_decode(sp_buf_str(&packed), &unpacked), SP_OK);
    ck_assert(sp_str_equal(sp_buf_str(&unpacked), text));
}

static enum sp_error encode(const char *text)
{
    SP_BUF_SCOPED struct sp_buf packed;
    sp_buf_init(&packed, SP_PACKED_TOKEN_TEXT_MAX);
    enum sp_error error = sp_packed_token_encode(sp_str_from_c(text), &packed);
    ck_assert(error == SP_OK || packed.len == 0);
    return error;
}

SP_TEST(the_token_of_rfc_7515_comes_back_exactly)
{
    assert_round_trip(SP_STR(JWT_RFC7515_A1));
}
SP_TEST_END

SP_TEST(packed_it_costs_three_quarters)
{
    SP_BUF_SCOPED struct sp_buf packed;
    sp_buf_init(&packed, 4096);
    ck_assert_int_eq(sp_packed_token_encode(SP_STR(JWT_RFC7515_A1), &packed), SP_OK);
    ck_assert_uint_le(packed.len, sizeof JWT_RFC7515_A1 * 3 / 4 + 4);
}
SP_TEST_END

SP_TEST(random_tokens_of_all_lengths_come_back_exactly)
{
    struct prng prng = {3};
    for (size_t round = 0; round < 500; round++) {
        SP_BUF_SCOPED struct sp_buf text;
        sp_buf_init(&text, SP_PACKED_TOKEN_TEXT_MAX);
        for (size_t part = 0; part < 3; part++) {
            uint8_t bytes[300];
            char encoded[SP_BASE64URL_LEN(300)];
            size_t len = prng_below(&prng, sizeof bytes) + (part < 2);
            on_fill(&prng, bytes, len);
            if (part > 0) {
                sp_buf_append_char(&text, '.');
            }
            sp_buf_append(&text, (struct sp_str){encoded, sp_base64url_encode(bytes, len, encoded)});
        }
        assert_round_trip(sp_buf_str(&text));
    }
}
SP_TEST_END

SP_TEST(what_would_not_come_back_exactly_is_refused)
{
    ck_assert_int_eq(encode(""), SP_ERR_FORMAT);
    ck_assert_int_eq(encode("e30"), SP_ERR_FORMAT);
    ck_assert_int_eq(encode("e30.e30"), SP_ERR_FORMAT);
    ck_assert_int_eq(encode("e30.e30.AA"), SP_OK);
    ck_assert_int_eq(encode("e30.e30."), SP_OK);
    ck_assert_int_eq(encode("e30.e30.AA.AA"), SP_ERR_FORMAT);
    ck_assert_int_eq(encode(".e30.AA"), SP_ERR_FORMAT);
    ck_assert_int_eq(encode("e30..AA"), SP_ERR_FORMAT);
    ck_assert_int_eq(encode("e30=.e30.AA"), SP_ERR_FORMAT);
    ck_assert_int_eq(encode("e30.e30.AB"), SP_ERR_FORMAT); /* unused bits set */
    ck_assert_int_eq(encode("e30.e30.A"), SP_ERR_FORMAT);
    ck_assert_int_eq(encode("e30.e3+0.AA"), SP_ERR_FORMAT);
    ck_assert_int_eq(encode(" e30.e30.AA"), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(the_longest_token_is_packed_and_a_longer_one_is_not)
{
    char text[SP_PACKED_TOKEN_TEXT_MAX + 4];
    memset(text, 'A', sizeof text);
    text[4] = '.';
    text[4 + 4097] = '.'; /* 4096 characters of payload; 4090 of signature */
    assert_round_trip((struct sp_str){text, SP_PACKED_TOKEN_TEXT_MAX});
    SP_BUF_SCOPED struct sp_buf packed;
    sp_buf_init(&packed, SP_PACKED_TOKEN_TEXT_MAX);
    ck_assert_int_eq(sp_packed_token_encode((struct sp_str){text, SP_PACKED_TOKEN_TEXT_MAX + 1}, &packed),
                     SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(packed_bytes_cut_before_the_signature_are_refused)
{
    SP_BUF_SCOPED struct sp_buf packed;
    sp_buf_init(&packed, 4096);
    ck_assert_int_eq(sp_packed_token_encode(SP_STR(JWT_RFC7515_A1), &packed), SP_OK);
    const size_t signature_len = 32;
    for (size_t len = 0; len < packed.len - signature_len; len++) {
        ck_assert(!sp_packed_token_valid((struct sp_str){packed.ptr, len}));
    }
}
SP_TEST_END

SP_TEST(packed_bytes_of_more_than_the_longest_token_are_refused)
{
    char packed[SP_PACKED_TOKEN_TEXT_MAX] = {0, 1, 0, 1};
    /* 2 + 1 + 2 + 1 characters come before the signature */
    size_t signature_max = (SP_PACKED_TOKEN_TEXT_MAX - 6) / 4 * 3 + 1;
    ck_assert(sp_packed_token_valid((struct sp_str){packed, 6 + signature_max}));
    ck_assert(!sp_packed_token_valid((struct sp_str){packed, 6 + signature_max + 1}));
}
SP_TEST_END

SP_TEST(the_claims_of_a_packed_token_are_a_view_into_it)
{
    SP_BUF_SCOPED struct sp_buf packed;
    sp_buf_init(&packed, 64);
    ck_assert_int_eq(sp_packed_token_encode(SP_STR("e30.eyJhIjoxfQ.AA"), &packed), SP_OK);
    ck_assert_str_view(sp_packed_token_claims(sp_buf_str(&packed)), "{\"a\":1}");
    ck_assert_uint_eq(sp_packed_token_claims(SP_STR("none")).len, 0);
    ck_assert_uint_eq(sp_packed_token_claims(SP_STR_NONE).len, 0);
}
SP_TEST_END

SP_SUITE("session/packed_token", the_token_of_rfc_7515_comes_back_exactly, packed_it_costs_three_quarters,
         random_tokens_of_all_lengths_come_back_exactly, what_would_not_come_back_exactly_is_refused,
         the_longest_token_is_packed_and_a_longer_one_is_not,
         packed_bytes_cut_before_the_signature_are_refused,
         packed_bytes_of_more_than_the_longest_token_are_refused,
         the_claims_of_a_packed_token_are_a_view_into_it)

/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/digest.h"

#include "base/hex.h"

#include "../suite.h"

static void check_digest(enum sp_digest digest, struct sp_str bytes, const char *expected)
{
    uint8_t value[SP_DIGEST_MAX];
    char hex[2 * SP_DIGEST_MAX + 1] = "";
    ck_assert_int_eq(sp_digest_compute(digest, bytes, value), SP_OK);
    sp_hex_encode(value, sp_digest_len(digest), hex);
    ck_assert_str_eq(hex, expected);
}

/* FIPS 180-4, examples of NIST for the message "abc". */
SP_TEST(digests_are_those_of_fips_180)
{
    check_digest(SP_DIGEST_SHA256, SP_STR("abc"),
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_digest(SP_DIGEST_SHA384, SP_STR("abc"),
                 "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                 "8086072ba1e7cc2358baeca134c825a7");
    check_digest(SP_DIGEST_SHA512, SP_STR("abc"),
                 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}
SP_TEST_END

SP_TEST(the_null_view_has_the_digest_of_nothing)
{
    check_digest(SP_DIGEST_SHA256, SP_STR_NONE,
                 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
SP_TEST_END

SP_TEST(equality_is_that_of_bytes_and_length)
{
    ck_assert(sp_digest_equal(SP_STR("nonce"), SP_STR("nonce")));
    ck_assert(sp_digest_equal(SP_STR_NONE, SP_STR("")));
    ck_assert(!sp_digest_equal(SP_STR("nonce"), SP_STR("noncf")));
    ck_assert(!sp_digest_equal(SP_STR("nonce"), SP_STR("nonc")));
    ck_assert(!sp_digest_equal(SP_STR(""), SP_STR("n")));
}
SP_TEST_END

SP_SUITE("digest", digests_are_those_of_fips_180, the_null_view_has_the_digest_of_nothing,
         equality_is_that_of_bytes_and_length)

/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/algorithm.h"

#include "../suite.h"

/* RFC 7518, section 3.1, and RFC 8037, section 3.1, written out again by hand. */
SP_TEST(each_algorithm_has_its_type_of_key_and_its_digest)
{
    static const struct {
        const char *name;
        enum sp_key_type key_type;
        enum sp_signature_scheme scheme;
        size_t digest_len;
    } expected[] = {
        {"RS256", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PKCS1, 32},
        {"RS384", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PKCS1, 48},
        {"RS512", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PKCS1, 64},
        {"PS256", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PSS, 32},
        {"PS384", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PSS, 48},
        {"PS512", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PSS, 64},
        {"ES256", SP_KEY_TYPE_P256, SP_SIGNATURE_ECDSA, 32},
        {"ES384", SP_KEY_TYPE_P384, SP_SIGNATURE_ECDSA, 48},
        {"ES512", SP_KEY_TYPE_P521, SP_SIGNATURE_ECDSA, 64},
        {"EdDSA", SP_KEY_TYPE_ED25519, SP_SIGNATURE_EDDSA, 64},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct sp_algorithm *found = sp_algorithm_find(sp_str_from_c(expected[i].name));
        ck_assert_ptr_nonnull(found);
        ck_assert_str_eq(found->name, expected[i].name);
        ck_assert_int_eq(found->key_type, expected[i].key_type);
        ck_assert_int_eq(found->scheme, expected[i].scheme);
        ck_assert_uint_eq(sp_digest_len(found->digest), expected[i].digest_len);
    }
}
SP_TEST_END

SP_TEST(ac_22_none_and_hs256_and_near_misses_are_not_in_the_table)
{
    static const char *const others[] = {
        "none", "None",   "NONE",   "",        "HS256", "HS384", "HS512", "rs256",  "RS1",      "RS2560",
        "RS25", " RS256", "ES256K", "Ed25519", "Ed448", "eddsa", "dir",   "A128KW", "RSA-OAEP", "*"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_ptr_null(sp_algorithm_find(sp_str_from_c(others[i])));
    }
    ck_assert_ptr_null(sp_algorithm_find(SP_STR("RS256\0")));
    ck_assert_ptr_null(sp_algorithm_find(SP_STR_NONE));
}
SP_TEST_END

SP_SUITE("algorithm", each_algorithm_has_its_type_of_key_and_its_digest,
         ac_22_none_and_hs256_and_near_misses_are_not_in_the_table)

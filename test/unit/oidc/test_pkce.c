/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/pkce.h"

#include "../suite.h"

/* The octets of RFC 7636, appendix B. */
static void fill_appendix_b(void *context, uint8_t *out, size_t len)
{
    static const uint8_t octets[32] = {116, 24,  223, 180, 151, 153, 224, 37,  79,  250, 96,
                                       125, 216, 173, 187, 186, 22,  212, 37,  77,  105, 214,
                                       191, 240, 91,  88,  5,   88,  83,  132, 141, 121};
    (void)context;
    ck_assert_uint_eq(len, sizeof octets);
    memcpy(out, octets, len);
}

SP_TEST(verifier_and_challenge_are_those_of_rfc_7636)
{
    const struct sp_random random = {.fill = fill_appendix_b};
    char verifier[SP_PKCE_VERIFIER_LEN];
    char challenge[SP_PKCE_CHALLENGE_LEN];
    sp_pkce_make_verifier(&random, verifier);
    struct sp_str view = {verifier, sizeof verifier};
    ck_assert_str_view(view, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    ck_assert_int_eq(sp_pkce_make_challenge(view, challenge), SP_OK);
    ck_assert_str_view(((struct sp_str){challenge, sizeof challenge}),
                       "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}
SP_TEST_END

SP_TEST(a_verifier_has_43_to_128_unreserved_characters)
{
    char text[SP_PKCE_VERIFIER_MAX + 1];
    char challenge[SP_PKCE_CHALLENGE_LEN];
    memset(text, '~', sizeof text);
    for (size_t len = 0; len <= sizeof text; len++) {
        bool valid = len >= 43 && len <= 128;
        ck_assert_int_eq(sp_pkce_make_challenge((struct sp_str){text, len}, challenge),
                         valid ? SP_OK : SP_ERR_FORMAT);
    }
    for (int c = -128; c < 128; c++) {
        text[7] = (char)c;
        bool valid = sp_ascii_is_alnum((char)c) || c == '-' || c == '.' || c == '_' || c == '~';
        ck_assert_int_eq(sp_pkce_make_challenge((struct sp_str){text, 43}, challenge),
                         valid ? SP_OK : SP_ERR_FORMAT);
    }
}
SP_TEST_END

SP_SUITE("pkce", verifier_and_challenge_are_those_of_rfc_7636, a_verifier_has_43_to_128_unreserved_characters)

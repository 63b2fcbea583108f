/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/pkce.h"

#include "../suite.h"

SP_TEST(the_challenge_is_that_of_rfc_7636_appendix_b)
{
    char challenge[SP_PKCE_CHALLENGE_LEN];
    struct sp_str verifier = SP_STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    ck_assert_int_eq(sp_pkce_make_challenge(verifier, challenge), SP_OK);
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

SP_SUITE("pkce", the_challenge_is_that_of_rfc_7636_appendix_b, a_verifier_has_43_to_128_unreserved_characters)

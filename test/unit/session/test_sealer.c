/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

SP_TEST(the_context_of_a_session_names_its_cookie_and_its_host)
{
    struct sp_cookies cookies = host_cookies();
    struct sp_sealer sealer = sealer_of(NULL, &cookies);
    struct sp_seal_context context = sp_sealer_session_context(&sealer);
    ck_assert_int_eq(context.purpose, SP_SEAL_SESSION);
    ck_assert_str_view(context.cookie_name, "__Host-sallyport");
    ck_assert_str_view(context.issuer, "https://dex.example.com/dex");
    ck_assert_str_view(context.client_id, "sallyport");
    ck_assert_str_view(context.scope, "app.example.com");
}
SP_TEST_END

SP_TEST(a_payload_that_did_not_fit_is_not_sealed_as_an_empty_one)
{
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A "\n");
    struct sp_cookies cookies = host_cookies();
    struct sp_sealer sealer = sealer_of(ring, &cookies);
    struct sp_seal_context context = sp_sealer_session_context(&sealer);
    struct prng prng = {1};
    struct sp_random random = prng_random(&prng);
    SP_BUF_ON_STACK(payload, 2);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SEAL_TEXT_MAX);

    sp_buf_append_c(&payload, "ok");
    ck_assert_int_eq(sp_sealer_seal(at(&sealer, NOW_S, &random), &context, &payload, &out), SP_OK);
    sp_buf_clear(&out);
    sp_buf_append_c(&payload, "more");
    ck_assert_int_eq(sp_sealer_seal(at(&sealer, NOW_S, &random), &context, &payload, &out), SP_ERR_LIMIT);
    ck_assert_uint_eq(out.len, 0);
}
SP_TEST_END

SP_SUITE("session/sealer", the_context_of_a_session_names_its_cookie_and_its_host,
         a_payload_that_did_not_fit_is_not_sealed_as_an_empty_one)

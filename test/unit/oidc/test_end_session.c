/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/end_session.h"

#include "../suite.h"
#include "issuer.h"

static const struct sp_end_session usual = {
    .client_id = {"sally port", 10},
    .post_logout_redirect_uri = {"https://app.example.com/_sallyport/signed-out", 45},
    .state = {"A-_b", 4},
};

#define PARAMETERS                                                                                           \
    "client_id=sally%20port&post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2F_sallyport%2Fsigned-"   \
    "out&state=A-_b"

SP_TEST(the_address_has_client_return_and_state)
{
    ISSUER_PROVIDER plain = issuer_metadata(",\"end_session_endpoint\":\"https://issuer.example/end\"");
    ISSUER_PROVIDER queried = issuer_metadata(",\"end_session_endpoint\":\"https://issuer.example/end?p=1\"");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 4096);
    sp_end_session_append_url(plain, &usual, &out);
    ck_assert_str_view(sp_buf_str(&out), "https://issuer.example/end?" PARAMETERS);
    sp_buf_clear(&out);
    sp_end_session_append_url(queried, &usual, &out);
    ck_assert_str_view(sp_buf_str(&out), "https://issuer.example/end?p=1&" PARAMETERS);
}
SP_TEST_END

SP_TEST(a_hint_goes_along_where_there_is_one)
{
    ISSUER_PROVIDER plain = issuer_metadata(",\"end_session_endpoint\":\"https://issuer.example/end\"");
    struct sp_end_session request = usual;
    request.id_token_hint = SP_STR("e30.e30.A-_A");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 4096);
    sp_end_session_append_url(plain, &request, &out);
    ck_assert_str_view(sp_buf_str(&out),
                       "https://issuer.example/end?" PARAMETERS "&id_token_hint=e30.e30.A-_A");
}
SP_TEST_END

SP_SUITE("end_session", the_address_has_client_return_and_state, a_hint_goes_along_where_there_is_one)

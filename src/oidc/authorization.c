/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/authorization.h"

#include "http/form.h"
#include "oidc/pkce.h"

/* Without `openid` the issuer would answer as a plain OAuth server, without an ID token. */
static bool complete(const struct sp_authorization *authorization)
{
    return authorization->client_id.len > 0 && authorization->redirect_uri.len > 0 &&
           authorization->state.len > 0 && authorization->nonce.len > 0 &&
           sp_str_has_part(authorization->scope, ' ', SP_STR("openid"));
}

enum sp_error sp_authorization_append_url(const struct sp_provider *provider,
                                          const struct sp_authorization *authorization, struct sp_buf *out)
{
    if (!complete(authorization)) {
        return SP_ERR_MISSING;
    }
    char challenge[SP_PKCE_CHALLENGE_LEN];
    enum sp_error error = sp_pkce_make_challenge(authorization->verifier, challenge);
    if (error != SP_OK) {
        return error;
    }
    struct sp_str endpoint = sp_str_from_c(provider->authorization_endpoint);
    sp_buf_append(out, endpoint);
    if (!sp_str_contains(endpoint, '?')) {
        sp_buf_append_char(out, '?');
    }
    sp_form_append_pair(SP_STR("response_type"), SP_STR("code"), out);
    sp_form_append_pair(SP_STR("client_id"), authorization->client_id, out);
    sp_form_append_pair(SP_STR("redirect_uri"), authorization->redirect_uri, out);
    sp_form_append_pair(SP_STR("scope"), authorization->scope, out);
    sp_form_append_pair(SP_STR("state"), authorization->state, out);
    sp_form_append_pair(SP_STR("nonce"), authorization->nonce, out);
    sp_form_append_pair(SP_STR("code_challenge"), (struct sp_str){challenge, sizeof challenge}, out);
    sp_form_append_pair(SP_STR("code_challenge_method"), SP_STR("S256"), out);
    if (authorization->login_hint.len > 0) {
        sp_form_append_pair(SP_STR("login_hint"), authorization->login_hint, out);
    }
    return sp_buf_error(out);
}

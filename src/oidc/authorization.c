/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/authorization.h"

#include "http/form.h"
#include "oidc/pkce.h"

/*
 * Parameters of RFC 6749, RFC 7636, RFC 9101, RFC 9449, OpenID Connect Core and OAuth 2.0 Multiple Response
 * Types. A secret or a token in a URL would be shown to every browser. `login_hint` and `id_token_hint`
 * concern one user.
 */
static const char *const owned_names[] = {
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "dpop_jkt",
    "id_token_hint",
    "login_hint",
    "nonce",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
};

/* Compares ignoring case, and treats a dot as an underscore, since PHP turns dots in query names into
 * underscores. */
bool sp_authorization_owns(struct sp_str name)
{
    for (size_t i = 0; i < sizeof owned_names / sizeof owned_names[0]; i++) {
        const char *owned = owned_names[i];
        size_t n = 0;
        while (n < name.len && owned[n] != '\0' &&
               sp_ascii_lower(name.ptr[n] == '.' ? '_' : name.ptr[n]) == owned[n]) {
            n++;
        }
        if (n == name.len && owned[n] == '\0') {
            return true;
        }
    }
    return false;
}

void sp_authorization_append_parameters(const struct sp_authorization_parameters *parameters,
                                        struct sp_buf *out)
{
    for (size_t i = 0; i < parameters->items_n; i++) {
        sp_form_append_pair(sp_str_from_c(parameters->items[i].name),
                            sp_str_from_c(parameters->items[i].value), out);
    }
}

/* Without `openid` the issuer would respond as a plain OAuth server, without an ID token. */
static bool complete(const struct sp_authorization *authorization)
{
    return authorization->client_id.len > 0 && authorization->redirect_uri.len > 0 &&
           authorization->state.len > 0 && authorization->nonce.len > 0 &&
           sp_str_has_part(authorization->scope, ' ', SP_STR("openid"));
}

enum sp_error sp_authorization_append_url(const struct sp_issuer_metadata *metadata,
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
    struct sp_str endpoint = sp_str_from_c(metadata->authorization_endpoint);
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
    sp_authorization_append_parameters(&authorization->parameters, out);
    return sp_buf_error(out);
}

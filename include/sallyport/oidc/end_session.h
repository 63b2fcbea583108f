/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_END_SESSION_H
#define SP_OIDC_END_SESSION_H

/*
 * The request to end the issuer's own session (OpenID Connect RP-Initiated Logout 1.0, section 2): a URL to
 * which the browser is redirected. Issuers compare `post_logout_redirect_uri` byte for byte with what is
 * registered, and redirect the browser back there with `state`. Without an `id_token_hint` they ask the user
 * first. An expired hint is accepted too (section 2).
 */

#include "oidc/issuer_metadata.h"

struct sp_end_session {
    struct sp_str client_id;
    struct sp_str post_logout_redirect_uri;
    struct sp_str state;
    struct sp_str id_token_hint; /* empty: none */
};

/* Appends the URL. The issuer must have an end_session_endpoint. */
void sp_end_session_append_url(const struct sp_issuer_metadata *metadata,
                               const struct sp_end_session *request, struct sp_buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_END_SESSION_H
#define SP_OIDC_END_SESSION_H

/*
 * The request that the issuer end its own session (OpenID Connect RP-Initiated Logout 1.0, section 2): an
 * address that the browser is sent to. Issuers compare `post_logout_redirect_uri` byte for byte with what is
 * registered, and send the browser back there with `state`. Without an `id_token_hint` they ask the user
 * first. One that has expired is taken, too (section 2).
 */

#include "oidc/issuer_metadata.h"

struct sp_end_session {
    struct sp_str client_id;
    struct sp_str post_logout_redirect_uri;
    struct sp_str state;
    struct sp_str id_token_hint; /* empty: none */
};

/* Appends the address; the issuer has an end_session_endpoint. */
void sp_end_session_append_url(const struct sp_issuer_metadata *metadata,
                               const struct sp_end_session *request, struct sp_buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_EMAIL_VERIFIED_H
#define SP_OIDC_EMAIL_VERIFIED_H

/*
 * What an issuer states about an e-mail address in the claim `email_verified` (OpenID Connect Core 1.0,
 * section 5.1). oidc/claims.h reads it, policy/identity.h interprets it, and a session stores it in between:
 * these numbers are sealed into cookies.
 */
enum sp_email_verified {
    SP_EMAIL_VERIFIED_ABSENT = 0, /* the issuer does not state it */
    SP_EMAIL_VERIFIED_NO = 1,
    SP_EMAIL_VERIFIED_YES = 2,
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_SIGNED_TOKEN_H
#define SP_OIDC_SIGNED_TOKEN_H

/*
 * A JWT that the issuer signed for any purpose, and the rules that all of its tokens share. These are, in
 * this order: a JWS with a supported algorithm, the type that states what kind of token it is (RFC 8725,
 * section 3.11), the signature by a key of the issuer, `iss`, `aud` (OpenID Connect Core 1.0, section
 * 3.1.3.7, rules 2 and 3), and the dates `exp`, `iat` and `nbf` (RFC 7519, section 4.1).
 *
 * Further rules for one kind of token are in that kind's file, such as oidc/id_token.h.
 *
 * Each failure has its own message for the operator's log, and none of them quotes the token.
 */

#include "base/error.h"
#include "base/str.h"
#include "jose/algorithm.h"
#include "jose/json.h"
#include "oidc/keyset.h"

#include <stdint.h>

#define SP_SIGNED_TOKEN_MAX     (192 * 1024) /* bytes: room for thousands of groups */
#define SP_SIGNED_TOKEN_AUD_MAX 1000         /* audiences of one token */

/* What the token must contain. Everything is borrowed for the call. */
struct sp_signed_token_expectation {
    const char *what;   /* the token's name in messages: "the ID token" */
    struct sp_str type; /* the expected `typ`, ignoring case; an absent one is accepted */
    struct sp_str issuer;
    struct sp_str client_id;
    char *const *audiences; /* client ids allowed in `aud` besides ours */
    size_t audiences_n;
    bool any_audience; /* other audiences are allowed too; the rules for the kind of token apply */
    bool one_audience; /* one of `audiences` suffices; ours and any others do not matter */
    int64_t now_s;
    int64_t skew_s;
};

/* A verified token. Owns its claims (sp_signed_token_done). */
struct sp_signed_token {
    json_t *claims;
    const struct sp_algorithm *algorithm;
    bool has_stranger; /* with `any_audience`: `aud` contains a client that is neither ours nor listed */
    int64_t issued_s;  /* `iat` */
};

#define SP_SIGNED_TOKEN_NONE   ((struct sp_signed_token){0})
#define SP_SIGNED_TOKEN_SCOPED __attribute__((cleanup(sp_signed_token_done)))

void sp_signed_token_done(struct sp_signed_token *token);

/*
 * Verifies `text` and reads what all kinds of token contain.
 *
 *   keyset  NULL: no keys yet
 *
 *   SP_ERR_KEY         no key matches it
 *   SP_ERR_SIGNATURE   none of the matching keys signed it; as with SP_ERR_KEY, a newer set may have the
 *                      right key, and the caller may verify again with that
 *   SP_ERR_ALGORITHM   `none`, HS256 or anything else that is not in the table
 *   SP_ERR_EXPIRED     expired, or not yet valid
 *   SP_ERR_MISMATCH    from another issuer, for another client or for another purpose
 *   SP_ERR_MISSING, SP_ERR_FORMAT, SP_ERR_LIMIT, SP_ERR_DUPLICATE, SP_ERR_UNSUPPORTED, SP_ERR_MEMORY
 */
enum sp_error sp_signed_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                     const struct sp_signed_token_expectation *expectation,
                                     struct sp_signed_token *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif

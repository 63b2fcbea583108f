/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_SIGNED_TOKEN_H
#define SP_OIDC_SIGNED_TOKEN_H

/*
 * A JWT that the issuer signed, whatever it is for: the rules that all of its tokens have in common. They
 * are, in this order: a JWS of an algorithm in the table, the type that says what kind of token it is (RFC
 * 8725, section 3.11), the signature by a key of the issuer, `iss`, `aud` (OpenID Connect Core 1.0,
 * section 3.1.3.7, rules 2 and 3), and the dates `exp`, `iat` and `nbf` (RFC 7519, section 4.1).
 *
 * What one kind of token demands beyond that is in the file of that kind, such as oidc/id_token.h.
 *
 * Each failure has a text of its own for the operator's log; none of them quotes the token.
 */

#include "base/error.h"
#include "base/str.h"
#include "jose/algorithm.h"
#include "jose/json.h"
#include "oidc/keyset.h"

#include <stdint.h>

#define SP_SIGNED_TOKEN_MAX     (192 * 1024) /* bytes: room for thousands of groups */
#define SP_SIGNED_TOKEN_AUD_MAX 1000         /* audiences of one token */

/* What the token must be like. All borrowed for the call. */
struct sp_signed_token_expectation {
    const char *what;   /* the token, as texts for the operator say it: "the ID token" */
    struct sp_str type; /* what `typ` may be, in any case, where it is there */
    struct sp_str issuer;
    struct sp_str client_id;
    char *const *audiences; /* client ids that may stand in `aud` beside ours */
    size_t audiences_n;
    bool any_audience; /* whoever else stands beside us: then the kind of token says why it is ours */
    bool one_audience; /* one of `audiences` suffices: neither we nor who else stands there matters */
    int64_t now_s;
    int64_t skew_s;
};

/* A token that was verified. Owns its claims (sp_signed_token_done). */
struct sp_signed_token {
    json_t *claims;
    const struct sp_algorithm *algorithm;
    bool has_stranger; /* in `aud`, with `any_audience`: a client that is neither ours nor listed */
    int64_t issued_s;  /* `iat` */
};

#define SP_SIGNED_TOKEN_NONE   ((struct sp_signed_token){0})
#define SP_SIGNED_TOKEN_SCOPED __attribute__((cleanup(sp_signed_token_done)))

void sp_signed_token_done(struct sp_signed_token *token);

/*
 * Verifies `text` and reads what all kinds of token have.
 *
 *   keyset  NULL: no keys yet
 *
 *   SP_ERR_KEY         no key for it
 *   SP_ERR_SIGNATURE   of none of the keys that it may be of; as with SP_ERR_KEY, a newer set may have the
 *                      right one, and the whole may be asked again with that
 *   SP_ERR_ALGORITHM   none, HS256 and whatever else is not in the table
 *   SP_ERR_EXPIRED     too old, or not yet
 *   SP_ERR_MISMATCH    made by another issuer, for another client or for another purpose
 *   SP_ERR_MISSING, SP_ERR_FORMAT, SP_ERR_LIMIT, SP_ERR_DUPLICATE, SP_ERR_UNSUPPORTED, SP_ERR_MEMORY
 */
enum sp_error sp_signed_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                     const struct sp_signed_token_expectation *expectation,
                                     struct sp_signed_token *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif

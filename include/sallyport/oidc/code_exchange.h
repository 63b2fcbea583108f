/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_CODE_EXCHANGE_H
#define SP_OIDC_CODE_EXCHANGE_H

/*
 * From the code of a callback to claims that are verified: the state machine of it, without socket and clock.
 * A refresh token goes the same way, in place of the code (oidc/refresh_grant.h).
 *
 *   new ─▶ REQUEST token ─▶ (verify) ─▶ REQUEST userinfo, if the client wants it ─▶ DONE
 *                             │   ▲
 *                             ▼   │ once
 *                          WANT_KEYS             every other way ends in FAILED
 *
 * In step REQUEST the caller sends sp_code_exchange_request and brings the answer to
 * sp_code_exchange_take_response; in step WANT_KEYS it fetches the key set (or learns that it may not yet)
 * and calls sp_code_exchange_take_keys. Both return the next step. DONE and FAILED are final.
 *
 * It owns code, verifier, nonce and tokens and wipes them. `metadata`, `client` and the key set that
 * it was last given are borrowed and stay in place until sp_code_exchange_free. One thread at a time.
 */

#include "base/error.h"
#include "base/reason.h"
#include "base/str.h"
#include "http/exchange.h"
#include "oidc/claims.h"
#include "oidc/client.h"
#include "oidc/issuer_error.h"
#include "oidc/issuer_metadata.h"
#include "oidc/keyset.h"
#include "oidc/refresh_grant.h"
#include "oidc/token.h"

#include <stdint.h>

struct sp_code_exchange;

enum sp_code_exchange_step {
    SP_CODE_EXCHANGE_FAILED = 0,
    SP_CODE_EXCHANGE_REQUEST,
    SP_CODE_EXCHANGE_WANT_KEYS,
    SP_CODE_EXCHANGE_DONE,
};

/* Which call a REQUEST is, for metrics. */
enum sp_code_exchange_call {
    SP_CODE_EXCHANGE_CALL_TOKEN,
    SP_CODE_EXCHANGE_CALL_USERINFO,
};

struct sp_code_exchange_input {
    const struct sp_issuer_metadata *metadata;
    const struct sp_client *client;
    const struct sp_keyset *keyset;         /* NULL: none yet, and WANT_KEYS follows the token */
    struct sp_token_grant grant;            /* of a login; this and the following are copied */
    struct sp_str nonce;                    /* the same */
    const struct sp_refresh_grant *refresh; /* NULL: it is a login */
    struct sp_str sub;                      /* whose refresh it is */
};

/* A new code exchange (sp_code_exchange_free) in step REQUEST. SP_ERR_LIMIT, SP_ERR_MISSING (an empty input),
 * SP_ERR_MEMORY. */
enum sp_error sp_code_exchange_new(const struct sp_code_exchange_input *input, struct sp_code_exchange **out)
    __attribute__((warn_unused_result));

/* Wipes. Accepts NULL, and any step. */
void sp_code_exchange_free(struct sp_code_exchange *code_exchange);

enum sp_code_exchange_step sp_code_exchange_step(const struct sp_code_exchange *code_exchange);

/* In step REQUEST; borrowed until the next call on `code_exchange`. */
const struct sp_exchange_request *sp_code_exchange_request(const struct sp_code_exchange *code_exchange);
enum sp_code_exchange_call sp_code_exchange_call(const struct sp_code_exchange *code_exchange);

/* In step REQUEST. `now_s` is the time of the answer. */
enum sp_code_exchange_step sp_code_exchange_take_response(struct sp_code_exchange *code_exchange,
                                                          const struct sp_exchange_response *response,
                                                          int64_t now_s);

/*
 * In any step before the end: verifies with these from now on. Keys that changed while the code was on its
 * way need not be asked for once more, which the throttle might refuse.
 */
void sp_code_exchange_use_keys(struct sp_code_exchange *code_exchange, const struct sp_keyset *keyset);

/* In step WANT_KEYS, with what was fetched; NULL: nothing could be. */
enum sp_code_exchange_step sp_code_exchange_take_keys(struct sp_code_exchange *code_exchange,
                                                      const struct sp_keyset *keyset, int64_t now_s);

/* In step DONE; borrowed until sp_code_exchange_free. The ID token is the one that the claims are of, as it
 * came: a secret; empty where a refresh brought none. */
const struct sp_claims *sp_code_exchange_claims(const struct sp_code_exchange *code_exchange);
struct sp_str sp_code_exchange_id_token(const struct sp_code_exchange *code_exchange);

/* In step DONE: the refresh token for the next time, a new one or the one that was used; borrowed as the
 * claims. False: there is none. */
bool sp_code_exchange_grant(const struct sp_code_exchange *code_exchange, struct sp_refresh_grant *out);

/* How long that holds unless it is used, as the issuer says; 0: it does not say. */
int64_t sp_code_exchange_grant_lifetime_s(const struct sp_code_exchange *code_exchange);

/*
 * In step DONE: appends a text of which sp_code_exchange_restore makes one in step DONE with the same claims, and
 * with the ID token where some session keeps one. It takes a fraction of the memory. The grant is not in it.
 */
void sp_code_exchange_save(const struct sp_code_exchange *code_exchange, struct sp_buf *out);

/* It has a reference of `client`, as one that was made. SP_ERR_MEMORY; SP_ERR_FORMAT: no text of the kind. */
enum sp_error sp_code_exchange_restore(struct sp_str text, int64_t grant_lifetime_s,
                                       const struct sp_client *client, struct sp_code_exchange **out)
    __attribute__((warn_unused_result));

/* In step FAILED. */
struct sp_code_exchange_failure {
    enum sp_reason reason; /* TOKEN_INVALID, ISSUER_REFUSED, ISSUER_UNAVAILABLE, SESSION_TOO_LARGE (groups) */
    enum sp_issuer_error refusal; /* with ISSUER_REFUSED */
    unsigned status;              /* the same: 4xx */
    enum sp_error error;
    struct sp_diag diag; /* for the log */
};

const struct sp_code_exchange_failure *sp_code_exchange_failure(const struct sp_code_exchange *code_exchange);

#endif

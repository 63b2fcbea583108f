/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_CODE_EXCHANGE_H
#define SP_OIDC_CODE_EXCHANGE_H

/*
 * From a callback's code to verified claims: a state machine without sockets and without a clock. A refresh
 * token takes the same path instead of a code (oidc/refresh_grant.h).
 *
 *   new ─▶ REQUEST token ─▶ (verify) ─▶ REQUEST userinfo, if the client wants it ─▶ DONE
 *                             │   ▲
 *                             ▼   │ once
 *                          WANT_KEYS             every other path ends in FAILED
 *
 * In step REQUEST the caller sends sp_code_exchange_request and passes the response to
 * sp_code_exchange_take_response. In step WANT_KEYS it fetches the key set (or finds that it may not do so
 * yet) and calls sp_code_exchange_take_keys. Both return the next step. DONE and FAILED are final.
 *
 * It owns the code, verifier, nonce and tokens, and wipes them. `metadata`, `client` and the key set most
 * recently passed in are borrowed and must stay in place until sp_code_exchange_free. One thread at a time.
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

/* Which endpoint a REQUEST calls, for metrics. */
enum sp_code_exchange_call {
    SP_CODE_EXCHANGE_CALL_TOKEN,
    SP_CODE_EXCHANGE_CALL_USERINFO,
};

struct sp_code_exchange_input {
    const struct sp_issuer_metadata *metadata;
    const struct sp_client *client;
    const struct sp_keyset *keyset;         /* NULL: no keys yet, so WANT_KEYS follows the token response */
    struct sp_token_grant grant;            /* for a login; this member and the following ones are copied */
    struct sp_str nonce;                    /* for a login */
    const struct sp_refresh_grant *refresh; /* for a refresh; NULL for a login */
    struct sp_str sub;                      /* for a refresh: the user */
};

/* A new code exchange (sp_code_exchange_free) in step REQUEST. SP_ERR_LIMIT, SP_ERR_MISSING (an input is
 * empty), SP_ERR_MEMORY. */
enum sp_error sp_code_exchange_new(const struct sp_code_exchange_input *input, struct sp_code_exchange **out)
    __attribute__((warn_unused_result));

/* Wipes and frees, at any step. Accepts NULL. */
void sp_code_exchange_free(struct sp_code_exchange *code_exchange);

enum sp_code_exchange_step sp_code_exchange_step(const struct sp_code_exchange *code_exchange);

/* In step REQUEST: the request to send, borrowed until the next call on `code_exchange`. */
const struct sp_exchange_request *sp_code_exchange_request(const struct sp_code_exchange *code_exchange);
enum sp_code_exchange_call sp_code_exchange_call(const struct sp_code_exchange *code_exchange);

/* In step REQUEST: takes the response, which arrived at `now_s`. */
enum sp_code_exchange_step sp_code_exchange_take_response(struct sp_code_exchange *code_exchange,
                                                          const struct sp_exchange_response *response,
                                                          int64_t now_s);

/*
 * In any step before the last: uses these keys for verification from now on. If the keys changed during the
 * exchange, they need not be requested again, which the throttle might refuse.
 */
void sp_code_exchange_use_keys(struct sp_code_exchange *code_exchange, const struct sp_keyset *keyset);

/* In step WANT_KEYS: takes the fetched keys; NULL if the fetch failed. */
enum sp_code_exchange_step sp_code_exchange_take_keys(struct sp_code_exchange *code_exchange,
                                                      const struct sp_keyset *keyset, int64_t now_s);

/* In step DONE: the claims, and the ID token that they came from, as received. Both are borrowed until
 * sp_code_exchange_free. The ID token is a secret, and empty if a refresh returned none. */
const struct sp_claims *sp_code_exchange_claims(const struct sp_code_exchange *code_exchange);
struct sp_str sp_code_exchange_id_token(const struct sp_code_exchange *code_exchange);

/* In step DONE: the refresh token for the next renewal, either a new one or the one that was used; borrowed
 * like the claims. False if there is none. */
bool sp_code_exchange_grant(const struct sp_code_exchange *code_exchange, struct sp_refresh_grant *out);

/* In step FAILED of a refresh: the refresh token that the token endpoint returned, if fetching the keys or
 * UserInfo then failed. The one that was used may no longer be valid. False if there is none, if the response
 * failed a check, in another step, and for NULL. */
bool sp_code_exchange_brought(const struct sp_code_exchange *code_exchange, struct sp_refresh_grant *out);

/* How long the grant stays valid without being used, according to the issuer; 0 if the issuer does not
 * state it. */
int64_t sp_code_exchange_grant_lifetime_s(const struct sp_code_exchange *code_exchange);

/*
 * In step DONE: appends a string from which sp_code_exchange_restore makes a code exchange in step DONE with
 * the same claims, and with the ID token if any session keeps it. The string takes a fraction of the memory.
 * It does not contain the grant.
 */
void sp_code_exchange_save(const struct sp_code_exchange *code_exchange, struct sp_buf *out);

/* Takes a reference to `client`, like sp_code_exchange_new. SP_ERR_MEMORY; SP_ERR_FORMAT if
 * sp_code_exchange_save did not write `text`. */
enum sp_error sp_code_exchange_restore(struct sp_str text, int64_t grant_lifetime_s,
                                       const struct sp_client *client, struct sp_code_exchange **out)
    __attribute__((warn_unused_result));

/* Why the exchange failed; valid in step FAILED. */
struct sp_code_exchange_failure {
    enum sp_reason reason; /* TOKEN_INVALID, ISSUER_REFUSED, ISSUER_UNAVAILABLE, SESSION_TOO_LARGE (groups) */
    enum sp_issuer_error refusal; /* only with ISSUER_REFUSED */
    unsigned status;              /* only with ISSUER_REFUSED: the 4xx status */
    enum sp_error error;
    struct sp_diag diag; /* for the log */
};

const struct sp_code_exchange_failure *sp_code_exchange_failure(const struct sp_code_exchange *code_exchange);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_REDEMPTION_H
#define SP_OIDC_REDEMPTION_H

/*
 * From the code of a callback to claims that are verified: the state machine of it, without socket and clock.
 *
 *   new ─▶ REQUEST token ─▶ (verify) ─▶ REQUEST userinfo, if the client wants it ─▶ DONE
 *                             │   ▲
 *                             ▼   │ once
 *                          WANT_KEYS             every other way ends in FAILED
 *
 * In step REQUEST the caller sends sp_redemption_request and brings the answer to
 * sp_redemption_take_response; in step WANT_KEYS it fetches the key set (or learns that it may not yet) and
 * calls sp_redemption_take_keys. Both return the next step. DONE and FAILED are final.
 *
 * It owns code, verifier, nonce and tokens and wipes them. `provider`, `client` and every key set are
 * borrowed and stay in place until sp_redemption_free. One thread at a time.
 */

#include "base/error.h"
#include "base/reason.h"
#include "base/str.h"
#include "http/exchange.h"
#include "oidc/claims.h"
#include "oidc/client.h"
#include "oidc/issuer_error.h"
#include "oidc/keyset.h"
#include "oidc/provider.h"
#include "oidc/token.h"

#include <stdint.h>

struct sp_redemption;

enum sp_redemption_step {
    SP_REDEMPTION_FAILED = 0,
    SP_REDEMPTION_REQUEST,
    SP_REDEMPTION_WANT_KEYS,
    SP_REDEMPTION_DONE,
};

/* Which call a REQUEST is, for metrics. */
enum sp_redemption_call {
    SP_REDEMPTION_CALL_TOKEN,
    SP_REDEMPTION_CALL_USERINFO,
};

struct sp_redemption_input {
    const struct sp_provider *provider;
    const struct sp_client *client;
    const struct sp_keyset *keyset; /* NULL: none yet, and WANT_KEYS follows the token */
    struct sp_token_grant grant;    /* this and the following are copied */
    struct sp_str nonce;
};

/* A new redemption (sp_redemption_free) in step REQUEST. SP_ERR_LIMIT, SP_ERR_MISSING (an empty input),
 * SP_ERR_MEMORY. */
enum sp_error sp_redemption_new(const struct sp_redemption_input *input, struct sp_redemption **out)
    __attribute__((warn_unused_result));

/* Wipes. Accepts NULL, and any step. */
void sp_redemption_free(struct sp_redemption *redemption);

enum sp_redemption_step sp_redemption_step(const struct sp_redemption *redemption);

/* In step REQUEST; borrowed until the next call on `redemption`. */
const struct sp_exchange_request *sp_redemption_request(const struct sp_redemption *redemption);
enum sp_redemption_call sp_redemption_call(const struct sp_redemption *redemption);

/* In step REQUEST. `now_s` is the time of the answer. */
enum sp_redemption_step sp_redemption_take_response(struct sp_redemption *redemption,
                                                    const struct sp_exchange_response *response,
                                                    int64_t now_s);

/*
 * In any step before the end: verifies with these from now on. Keys that changed while the code was on its
 * way need not be asked for once more, which the throttle might refuse.
 */
void sp_redemption_use_keys(struct sp_redemption *redemption, const struct sp_keyset *keyset);

/* In step WANT_KEYS, with what was fetched; NULL: nothing could be. */
enum sp_redemption_step sp_redemption_take_keys(struct sp_redemption *redemption,
                                                const struct sp_keyset *keyset, int64_t now_s);

/* In step DONE; borrowed until sp_redemption_free. */
const struct sp_claims *sp_redemption_claims(const struct sp_redemption *redemption);

/* In step FAILED. */
struct sp_redemption_failure {
    enum sp_reason reason; /* TOKEN_INVALID, ISSUER_REFUSED, ISSUER_UNAVAILABLE, SESSION_TOO_LARGE (groups) */
    enum sp_issuer_error refusal; /* with ISSUER_REFUSED */
    enum sp_error error;
    struct sp_diag diag; /* for the log */
};

const struct sp_redemption_failure *sp_redemption_failure(const struct sp_redemption *redemption);

#endif

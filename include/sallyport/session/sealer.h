/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_SEALER_H
#define SP_SESSION_SEALER_H

/*
 * Everything needed to seal and open values for one request: the keys and names of one host of one
 * configuration, the time, and randomness. Created for each request from the snapshot and the host. Views
 * only.
 */

#include "base/random.h"
#include "session/cache.h"
#include "session/cookies.h"
#include "session/keyring.h"
#include "session/seal.h"

struct sp_sealer {
    const struct sp_keyring *keys;
    const struct sp_cookies *cookies;
    struct sp_str issuer;
    struct sp_str client_id;
    struct sp_str scope;    /* sp_cookies_scope of the host */
    struct sp_cache *cache; /* sessions opened recently; NULL: open each one again */
    int64_t now_s;          /* seconds since the Unix epoch */
    struct sp_random random;
};

/* The context of a session cookie of this sealer. */
struct sp_seal_context sp_sealer_session_context(const struct sp_sealer *sealer);

/* The context of a value in a cookie other than the session cookie, or in no cookie. */
struct sp_seal_context sp_sealer_context(const struct sp_sealer *sealer, enum sp_seal_purpose purpose,
                                         struct sp_str cookie_name, struct sp_str scope);

/*
 * Appends the sealed contents of `payload`. If `payload` failed, returns its error, because a payload that
 * did not fit must not be sealed as an empty one. Otherwise returns the errors of sp_seal_bytes.
 */
enum sp_error sp_sealer_seal(const struct sp_sealer *sealer, const struct sp_seal_context *context,
                             const struct sp_buf *payload, struct sp_buf *out)
    __attribute__((warn_unused_result));

#endif

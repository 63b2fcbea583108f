/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_SESSION_COOKIE_H
#define SP_SESSION_SESSION_COOKIE_H

/* Prepares the session for the browser: encodes and seals it, and refuses it if browsers would drop it
 * because of its size. */

#include "base/buf.h"
#include "base/error.h"
#include "session/sealer.h"
#include "session/session.h"

#include <stdint.h>

/*
 * Appends the Set-Cookie line that stores `session` in the browser until it expires.
 *
 *   diag  for SP_ERR_LIMIT: bytes, groups and what to do; may be null
 *
 *   SP_ERR_LIMIT    does not fit into a cookie
 *   SP_ERR_EXPIRED  already expired
 *   errors of sp_session_encode and sp_seal_bytes
 */
enum sp_error sp_session_cookie_write(const struct sp_sealer *sealer, const struct sp_session *session,
                                      struct sp_diag *diag, struct sp_buf *out)
    __attribute__((warn_unused_result));

#endif

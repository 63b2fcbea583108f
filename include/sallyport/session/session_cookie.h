/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_SESSION_COOKIE_H
#define SP_SESSION_SESSION_COOKIE_H

/* The session on its way to the browser: encoded, sealed, and refused when browsers would drop it for its
 * size. */

#include "base/buf.h"
#include "base/error.h"
#include "session/sealer.h"
#include "session/session.h"

#include <stdint.h>

/*
 * Appends the Set-Cookie line that gives `session` to the browser until it expires.
 *
 *   diag  for SP_ERR_LIMIT: bytes, groups and the cure; may be null
 *
 *   SP_ERR_LIMIT    does not fit a cookie
 *   SP_ERR_EXPIRED  over already
 *   errors of sp_session_encode and sp_seal_bytes
 */
enum sp_error sp_session_cookie_write(const struct sp_sealer *sealer, const struct sp_session *session,
                                      struct sp_diag *diag, struct sp_buf *out)
    __attribute__((warn_unused_result));

#endif

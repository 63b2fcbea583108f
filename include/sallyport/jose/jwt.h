/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JWT_H
#define SP_JOSE_JWT_H

/* The dates of a JSON Web Token (RFC 7519): members of its payload. */

#include "base/error.h"
#include "base/str.h"
#include "jose/json.h"

/*
 * A NumericDate (RFC 7519, section 2) in whole seconds since the Unix epoch, 0 to 2^53. A fraction, which the
 * RFC allows, is dropped. SP_ERR_FORMAT for 1e300, a negative number or a string; SP_ERR_MISSING if it is
 * absent.
 */
enum sp_error sp_jwt_get_time(const json_t *claims, const char *name, int64_t *out_s)
    __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JWT_H
#define SP_JOSE_JWT_H

/* The dates of a JSON Web Token (RFC 7519): members of its payload. */

#include "base/error.h"
#include "base/str.h"
#include "jose/json.h"

/*
 * Reads a NumericDate (RFC 7519, section 2) in whole seconds since the Unix epoch, 0 to 2^53. A fraction,
 * which the RFC allows, is dropped. SP_ERR_FORMAT for a number outside this range and for anything but a
 * number; SP_ERR_MISSING if it is absent.
 */
enum sp_error sp_jwt_get_time(const json_t *claims, const char *name, int64_t *out_s)
    __attribute__((warn_unused_result));

#endif

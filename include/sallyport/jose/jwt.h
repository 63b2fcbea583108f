/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JWT_H
#define SP_JOSE_JWT_H

/*
 * The dates of a JSON Web Token (RFC 7519): members of the object that its payload is.
 */

#include "base/error.h"
#include "base/str.h"
#include "jose/json.h"

/*
 * A NumericDate (RFC 7519, section 2) in whole seconds since the Unix epoch, 0 to 2^53; a fraction, which the
 * RFC allows, is cut off. A date of 1e300, below zero or in a string is no date: SP_ERR_FORMAT.
 * SP_ERR_MISSING where it is not there.
 */
enum sp_error sp_jwt_get_time(const json_t *claims, const char *name, int64_t *out_s)
    __attribute__((warn_unused_result));

#endif

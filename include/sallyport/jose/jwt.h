/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JWT_H
#define SP_JOSE_JWT_H

/*
 * The claims of a JSON Web Token (RFC 7519): the payload of a verified JWS as a JSON object, and its dates.
 */

#include "base/error.h"
#include "base/str.h"
#include "jose/json.h"

/* A new object (json_decref) of the claims; `max_len` in bytes. Errors as of sp_json_parse_object. */
enum sp_error sp_jwt_parse_claims(struct sp_str payload, size_t max_len, json_t **out)
    __attribute__((warn_unused_result));

/*
 * A NumericDate (RFC 7519, section 2) in whole seconds since the Unix epoch, 0 to 2^53. A date of 1e300,
 * below zero, with a fraction or in a string is no date: SP_ERR_FORMAT. SP_ERR_MISSING where it is not there.
 */
enum sp_error sp_jwt_get_time(const json_t *claims, const char *name, int64_t *out_s)
    __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_CERTIFICATES_H
#define SP_IO_CERTIFICATES_H

/*
 * Checks certificates in PEM (RFC 7468) before somebody relies on them. Other text between them is ignored,
 * as OpenSSL does. One certificate that is cut off or damaged makes the whole text invalid: half a file would
 * trust half of the authorities.
 */

#include "base/str.h"

struct evp_pkey_st;
struct stack_st_X509;

/*
 * A new list of the certificates up to the end or to the first that is not whole, which `*is_whole` tells. NULL
 * without memory.
 */
struct stack_st_X509 *sp_certificates_parse(struct sp_str pem, bool *is_whole)
    __attribute__((warn_unused_result));

/* A new private key, of the first one in PEM, which is not encrypted. NULL: there is none. */
struct evp_pkey_st *sp_certificates_parse_key(struct sp_str pem) __attribute__((warn_unused_result));

/* True when there is at least one certificate, and all are whole. */
bool sp_certificates_are_whole(struct sp_str pem);

/* True when the text holds a private key, in any form of PEM. */
bool sp_certificates_have_key_inside(struct sp_str pem);

/* True when `key`, unencrypted and in PEM, belongs to the first certificate. */
bool sp_certificates_match_key(struct sp_str pem, struct sp_str key);

#endif

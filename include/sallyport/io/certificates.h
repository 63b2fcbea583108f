/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_CERTIFICATES_H
#define SP_IO_CERTIFICATES_H

/*
 * Checks certificates in PEM (RFC 7468) before they are trusted. Text between them is ignored, as in
 * OpenSSL. A single truncated or damaged certificate makes the whole string invalid, because half a file
 * would mean half of the trusted authorities.
 */

#include "base/str.h"

struct evp_pkey_st;
struct stack_st_X509;

/* A new list of the certificates up to the first incomplete one; `*is_whole` is true if all are complete.
 * NULL if out of memory. */
struct stack_st_X509 *sp_certificates_parse(struct sp_str pem, bool *is_whole)
    __attribute__((warn_unused_result));

/* A new private key: the first unencrypted one in PEM. NULL if there is none. */
struct evp_pkey_st *sp_certificates_parse_key(struct sp_str pem) __attribute__((warn_unused_result));

/* True if there is at least one certificate, and all are complete. */
bool sp_certificates_are_whole(struct sp_str pem);

/* True if the string contains a private key, in any form of PEM. */
bool sp_certificates_have_key_inside(struct sp_str pem);

/* True if `key`, unencrypted and in PEM, belongs to the first certificate. */
bool sp_certificates_match_key(struct sp_str pem, struct sp_str key);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_CERTIFICATES_H
#define SP_IO_CERTIFICATES_H

/*
 * Texts of certificates in PEM (RFC 7468), judged before somebody relies on them. Whatever else stands
 * between the certificates is passed over, as OpenSSL does; one that is cut off or damaged spoils the text:
 * half a file would trust half of the authorities.
 */

#include "base/str.h"

/* True when there is a certificate, and each is whole. */
bool sp_certificates_are_whole(struct sp_str pem);

/* True when a private key stands in the text, in any form of PEM. */
bool sp_certificates_have_key_inside(struct sp_str pem);

/* True when `key`, unencrypted and in PEM, is that of the first certificate. */
bool sp_certificates_match_key(struct sp_str pem, struct sp_str key);

#endif

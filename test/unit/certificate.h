/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_CERTIFICATE_H
#define SP_TEST_UNIT_CERTIFICATE_H

/*
 * Certificates for tests, made when they are asked for.
 */

#include "suite.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <sys/stat.h>

/* A certificate and its key in files; each is another one. */
static inline void write_certificate(const char *certificate_name, const char *key_name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    ck_assert_ptr_nonnull(key);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
    FILE *file = fopen(certificate_name, "w");
    ck_assert_int_eq(PEM_write_X509(file, certificate), 1);
    fclose(file);
    file = fopen(key_name, "w");
    ck_assert_int_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    ck_assert_int_eq(chmod(key_name, 0600), 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

#endif

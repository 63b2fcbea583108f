/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_CERTIFICATE_H
#define SP_TEST_UNIT_CERTIFICATE_H

/*
 * Certificates for tests, made on demand.
 */

#include "suite.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>

struct made_certificate {
    X509 *certificate;
    EVP_PKEY *key;
};

/* The contents of a certificate. Members that are NULL are left out. */
struct certificate_wish {
    const char *names; /* such as `DNS:app.test,URI:spiffe://a/b` */
    const char *usage; /* such as `clientAuth` */
    const char *basic; /* such as `CA:TRUE` */
    long begins_s;     /* seconds from now */
    long ends_s;       /* seconds from now; 0: an hour */
    const char *digest;
    EVP_PKEY *key;                         /* taken; NULL: a new one on P-256 */
    const struct made_certificate *signer; /* NULL: it signs itself */
};

static inline void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = value != NULL ? X509V3_EXT_conf_nid(NULL, NULL, nid, value) : NULL;
    if (value != NULL) {
        ck_assert_ptr_nonnull(extension);
        ck_assert_int_eq(X509_add_ext(certificate, extension, -1), 1);
        X509_EXTENSION_free(extension);
    }
}

static inline struct made_certificate make_certificate(const struct certificate_wish *wish)
{
    static long serial;
    EVP_PKEY *key = wish->key != NULL ? wish->key : EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    ck_assert_ptr_nonnull(key);
    char name[32];
    snprintf(name, sizeof name, "test %ld", ++serial);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), wish->begins_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), wish->ends_s != 0 ? wish->ends_s : 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(
        certificate, X509_get_subject_name(wish->signer != NULL ? wish->signer->certificate : certificate));
    X509_set_pubkey(certificate, key);
    add_extension(certificate, NID_subject_alt_name, wish->names);
    add_extension(certificate, NID_ext_key_usage, wish->usage);
    add_extension(certificate, NID_basic_constraints, wish->basic);
    const EVP_MD *digest = EVP_get_digestbyname(wish->digest != NULL ? wish->digest : "SHA256");
    ck_assert_int_gt(X509_sign(certificate, wish->signer != NULL ? wish->signer->key : key, digest), 0);
    return (struct made_certificate){certificate, key};
}

static inline void certificate_done(struct made_certificate *made)
{
    X509_free(made->certificate);
    EVP_PKEY_free(made->key);
}

/* Writes a certificate and its key into files. Each call makes a new one. */
static inline void write_certificate(const char *certificate_name, const char *key_name)
{
    struct made_certificate made = make_certificate(&(struct certificate_wish){.names = NULL});
    FILE *file = fopen(certificate_name, "w");
    ck_assert_int_eq(PEM_write_X509(file, made.certificate), 1);
    fclose(file);
    file = fopen(key_name, "w");
    ck_assert_int_eq(PEM_write_PrivateKey(file, made.key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    ck_assert_int_eq(chmod(key_name, 0600), 0);
    certificate_done(&made);
}

#endif

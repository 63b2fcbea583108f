/* SPDX-License-Identifier: Apache-2.0 */
#include "io/certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static int give_no_password(char *out, int out_len, int for_writing, void *context)
{
    (void)out;
    (void)out_len;
    (void)for_writing;
    (void)context;
    return -1;
}

/* The first certificate; NULL unless all are whole. */
static X509 *parse(struct sp_str text)
{
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    X509 *first = NULL;
    X509 *next;
    while (bio != NULL && (next = PEM_read_bio_X509(bio, NULL, give_no_password, NULL)) != NULL) {
        if (first == NULL) {
            first = next;
        } else {
            X509_free(next);
        }
    }
    bool is_whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(bio);
    if (!is_whole) {
        X509_free(first);
        return NULL;
    }
    return first;
}

bool sp_certificates_are_whole(struct sp_str pem)
{
    X509 *first = parse(pem);
    X509_free(first);
    return first != NULL;
}

bool sp_certificates_have_key_inside(struct sp_str pem)
{
    struct sp_str end =
        SP_STR("PRIVATE KEY-----"); /* of `RSA PRIVATE KEY`, `ENCRYPTED PRIVATE KEY` and all */
    bool is_found = false;
    for (size_t i = 0; i < pem.len && !is_found; i++) {
        is_found = sp_str_starts_with(sp_str_skip(pem, i), end);
    }
    return is_found;
}

bool sp_certificates_match_key(struct sp_str pem, struct sp_str key)
{
    X509 *certificate = parse(pem);
    BIO *bio = BIO_new_mem_buf(key.ptr, (int)key.len);
    EVP_PKEY *private_key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, give_no_password, NULL) : NULL;
    bool is_it =
        certificate != NULL && private_key != NULL && X509_check_private_key(certificate, private_key) == 1;
    EVP_PKEY_free(private_key);
    BIO_free(bio);
    X509_free(certificate);
    ERR_clear_error();
    return is_it;
}

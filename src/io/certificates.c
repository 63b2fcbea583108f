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

/* NULL if out of memory. */
static BIO *open_text(struct sp_str text)
{
    return BIO_new_mem_buf(text.len > 0 ? text.ptr : "", (int)text.len);
}

STACK_OF(X509) * sp_certificates_parse(struct sp_str pem, bool *is_whole)
{
    BIO *bio = open_text(pem);
    STACK_OF(X509) *all = sk_X509_new_null();
    X509 *next = NULL;
    bool is_kept = bio != NULL && all != NULL;
    while (is_kept && (next = PEM_read_bio_X509(bio, NULL, give_no_password, NULL)) != NULL) {
        is_kept = sk_X509_push(all, next) > 0;
    }
    *is_whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    BIO_free(bio);
    if (!is_kept) {
        X509_free(next);
        sk_X509_pop_free(all, X509_free);
        return NULL;
    }
    return all;
}

EVP_PKEY *sp_certificates_parse_key(struct sp_str pem)
{
    BIO *bio = open_text(pem);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, give_no_password, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return key;
}

bool sp_certificates_are_whole(struct sp_str pem)
{
    bool is_whole;
    STACK_OF(X509) *all = sp_certificates_parse(pem, &is_whole);
    bool are_there = sk_X509_num(all) > 0;
    sk_X509_pop_free(all, X509_free);
    return are_there && is_whole;
}

bool sp_certificates_have_key_inside(struct sp_str pem)
{
    struct sp_str end =
        SP_STR("PRIVATE KEY-----"); /* matches `RSA PRIVATE KEY`, `ENCRYPTED PRIVATE KEY` and all others */
    bool is_found = false;
    for (size_t i = 0; i < pem.len && !is_found; i++) {
        is_found = sp_str_starts_with(sp_str_skip(pem, i), end);
    }
    return is_found;
}

bool sp_certificates_match_key(struct sp_str pem, struct sp_str key)
{
    bool is_whole;
    STACK_OF(X509) *all = sp_certificates_parse(pem, &is_whole);
    EVP_PKEY *private_key = sp_certificates_parse_key(key);
    bool is_it = sk_X509_num(all) > 0 && is_whole && private_key != NULL &&
                 X509_check_private_key(sk_X509_value(all, 0), private_key) == 1;
    EVP_PKEY_free(private_key);
    sk_X509_pop_free(all, X509_free);
    ERR_clear_error();
    return is_it;
}

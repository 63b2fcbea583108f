/* SPDX-License-Identifier: Apache-2.0 */
#include "io/tls_identity.h"

#include "base/quote.h"
#include "base/time.h"
#include "io/certificates.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

#define NAMES_SHOWN_MAX_N 8
#define NAME_SHOWN_MAX    128 /* bytes of a name in a report */

/* The state while a file is validated. */
struct judging {
    const struct sp_tls_file *file;
    struct sp_place *place;
    int64_t now_s;
    struct sp_reports *reports;
};

#define refuse(judging, ...)                                                                                 \
    sp_reports_add((judging)->reports, SP_REPORT_ERROR, (judging)->place, __VA_ARGS__)
#define warn(judging, ...)                                                                                   \
    sp_reports_add((judging)->reports, SP_REPORT_WARNING, (judging)->place, __VA_ARGS__)

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm tm = {0};
    return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static struct sp_tls_span span_of(const X509 *certificate)
{
    return (struct sp_tls_span){seconds_of(X509_get0_notBefore(certificate)),
                                seconds_of(X509_get0_notAfter(certificate))};
}

/* The span that ends first; `b` if `a` is still zero. */
static struct sp_tls_span first_of(struct sp_tls_span a, struct sp_tls_span b)
{
    return a.ends_s == 0 || b.ends_s < a.ends_s ? b : a;
}

/* ---- names ------------------------------------------------------------------------------------------- */

static struct sp_str text_of(const GENERAL_NAME *name)
{
    bool is_text = name->type == GEN_DNS || name->type == GEN_URI || name->type == GEN_EMAIL;
    const ASN1_STRING *value = is_text ? name->d.ia5 : NULL;
    return value != NULL ? (struct sp_str){(const char *)ASN1_STRING_get0_data(value),
                                           (size_t)ASN1_STRING_length(value)}
                         : SP_STR_NONE;
}

static GENERAL_NAMES *names_of(const X509 *certificate)
{
    return X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

bool sp_tls_names_hold(const struct sp_texts *names, const X509 *certificate)
{
    GENERAL_NAMES *alternatives = names_of(certificate);
    bool holds = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(alternatives) && !holds; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(alternatives, i);
        struct sp_str text = text_of(name);
        bool looks_like_uri =
            text.len > 0 && memmem(text.ptr, text.len, "://", 3) != NULL; /* looks like a URI */
        holds = (name->type == GEN_DNS && !looks_like_uri && sp_texts_contain_ci(names, text)) ||
                (name->type == GEN_URI && looks_like_uri && sp_texts_contain(names, text));
    }
    GENERAL_NAMES_free(alternatives);
    return holds;
}

static const char *label_of(int type)
{
    return type == GEN_DNS ? "DNS:" : type == GEN_URI ? "URI:" : type == GEN_EMAIL ? "email:" : "other";
}

void sp_tls_append_names(const X509 *certificate, struct sp_buf *out)
{
    GENERAL_NAMES *alternatives = names_of(certificate);
    int names_n = sk_GENERAL_NAME_num(alternatives);
    for (int i = 0; i < names_n && i < NAMES_SHOWN_MAX_N; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(alternatives, i);
        struct sp_str text = text_of(name);
        text.len = text.len < NAME_SHOWN_MAX ? text.len : NAME_SHOWN_MAX;
        sp_buf_append_c(out, i > 0 ? ", " : "");
        sp_buf_append_c(out, name->type == GEN_IPADD ? "IP" : label_of(name->type));
        sp_quote_append_line(text, out);
    }
    if (names_n <= 0) {
        sp_buf_append_c(out, "no subject alternative name");
    } else if (names_n > NAMES_SHOWN_MAX_N) {
        sp_buf_printf(out, " and %d more", names_n - NAMES_SHOWN_MAX_N);
    }
    GENERAL_NAMES_free(alternatives);
}

/* ---- reading ----------------------------------------------------------------------------------------- */

/* All certificates of the file. NULL: reported. */
static STACK_OF(X509) * read_certificates(struct judging *judging)
{
    bool is_whole;
    STACK_OF(X509) *all = sp_certificates_parse(judging->file->text, &is_whole);
    int read_n = sk_X509_num(all);
    if (read_n > 0 && is_whole) {
        return all;
    }
    if (all == NULL) {
        refuse(judging, "out of memory");
    } else if (!is_whole) {
        refuse(judging, "certificate %d of the file is truncated or damaged: write the whole file again",
               read_n + 1);
    } else {
        refuse(judging, "it contains no PEM certificate");
    }
    sk_X509_pop_free(all, X509_free);
    return NULL;
}

/* NULL: reported. */
static EVP_PKEY *read_key(struct judging *judging)
{
    struct sp_str text = judging->file->text;
    EVP_PKEY *key = sp_certificates_parse_key(text);
    if (key == NULL && text.len > 0 && memmem(text.ptr, text.len, "ENCRYPTED", 9) != NULL) {
        refuse(judging, "the key is encrypted, and nobody can type its password: store it unencrypted, as "
                        "openssl pkey -in FILE writes it");
    } else if (key == NULL) {
        refuse(judging, sp_certificates_have_key_inside(text)
                            ? "the private key is truncated or damaged: write the whole file again"
                            : "it contains no PEM private key");
    }
    return key;
}

/* ---- validation -------------------------------------------------------------------------------------- */

/* Checks for every certificate that is sent to clients. */
static struct sp_tls_span judge_shown(struct judging *judging, const X509 *certificate, int number)
{
    char end[SP_TIME_TEXT_LEN + 1];
    struct sp_tls_span span = span_of(certificate);
    sp_time_format(span.ends_s, end);
    if (span.ends_s <= judging->now_s) {
        refuse(judging, "certificate %d of the file expired at %s: renew it", number, end);
    }
    return span;
}

/* Checks for the listener's own certificate. */
static void judge_own(struct judging *judging, X509 *certificate)
{
    char begin[SP_TIME_TEXT_LEN + 1];
    int64_t begins_s = span_of(certificate).begins_s;
    sp_time_format(begins_s, begin);
    if (X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) != 1) {
        refuse(judging, "the first certificate of the file is not for servers (key usage), so proxies would "
                        "refuse it: request one with the usages digital signature and server auth");
    }
    if (begins_s > judging->now_s) {
        warn(judging, "the certificate is not valid before %s: until then proxies refuse it", begin);
    }
    GENERAL_NAMES *names = names_of(certificate);
    if (sk_GENERAL_NAME_num(names) <= 0) {
        warn(judging, "the certificate has no subject alternative name, so Traefik refuses it: request one "
                      "with the host name in the middleware's address");
    }
    GENERAL_NAMES_free(names);
}

static void take_chain(struct judging *judging, STACK_OF(X509) * all, struct sp_tls_identity *identity)
{
    for (int i = 0; i < sk_X509_num(all); i++) {
        identity->span = first_of(identity->span, judge_shown(judging, sk_X509_value(all, i), i + 1));
    }
    identity->certificate = sk_X509_shift(all);
    identity->chain = all;
    judge_own(judging, identity->certificate);
}

static void take_key(struct judging *judging, const struct sp_tls_file *certificate, EVP_PKEY *key,
                     struct sp_tls_identity *identity)
{
    identity->key = key;
    if (key != NULL && identity->certificate != NULL &&
        X509_check_private_key(identity->certificate, key) != 1) {
        refuse(judging,
               "it is not the key of the first certificate in %s: install the two that belong together",
               certificate->path);
    }
    ERR_clear_error();
}

/* Uses the files as the server will, so that anything refused there is refused here. */
static void try_out(struct judging *judging, const struct sp_tls_identity *identity)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context != NULL) {
        SSL_CTX_set_security_level(context, SP_TLS_SECURITY_LEVEL);
    }
    if (context == NULL ||
        SSL_CTX_use_cert_and_key(context, identity->certificate, identity->key, identity->chain, 1) != 1) {
        const char *why = ERR_reason_error_string(ERR_peek_last_error());
        refuse(judging,
               "it cannot be used (%s): use RSA with at least 2048 bits or an elliptic curve, and SHA-256",
               why != NULL ? why : "out of memory");
    }
    ERR_clear_error();
    SSL_CTX_free(context);
}

static void take_authorities(struct judging *judging, STACK_OF(X509) * all, struct sp_tls_identity *identity)
{
    identity->client_authorities = all;
    for (int i = 0; i < sk_X509_num(all); i++) {
        X509 *authority = sk_X509_value(all, i);
        struct sp_tls_span span = span_of(authority);
        if (X509_check_ca(authority) == 0) {
            refuse(judging,
                   "certificate %d of the file is not a CA certificate: use the one that signs the clients' "
                   "certificates, often ca.crt",
                   i + 1);
        } else if (span.ends_s <= judging->now_s) {
            warn(judging,
                 "certificate %d of the file has expired, and certificates that it signed are refused: "
                 "remove it",
                 i + 1);
        } else {
            identity->client_ca_span = first_of(identity->client_ca_span, span);
        }
    }
    if (identity->client_ca_span.ends_s == 0 && judging->reports->errors_n == 0) {
        refuse(judging, "every CA certificate of the file has expired: no client could connect");
    }
}

static struct judging judging_of(const struct sp_tls_file *file, const char *setting, struct sp_place *place,
                                 int64_t now_s, struct sp_reports *reports)
{
    *place = (struct sp_place){.file = file->path, .key = sp_str_from_c(setting)};
    return (struct judging){file, place, now_s, reports};
}

struct sp_tls_identity *sp_tls_identity_new(const struct sp_tls_files *files, int64_t now_s,
                                            struct sp_reports *reports)
{
    struct sp_place places[3];
    struct judging certificate = judging_of(&files->certificate, "tls_cert_file", &places[0], now_s, reports);
    struct judging key = judging_of(&files->key, "tls_key_file", &places[1], now_s, reports);
    struct judging client_ca =
        judging_of(&files->client_ca, "tls_client_ca_file", &places[2], now_s, reports);
    size_t errors_n = reports->errors_n;
    struct sp_tls_identity *identity = calloc(1, sizeof *identity);
    if (identity == NULL) {
        refuse(&certificate, "out of memory");
        return NULL;
    }
    atomic_init(&identity->refs, 1);
    STACK_OF(X509) *all = read_certificates(&certificate);
    if (all != NULL) {
        take_chain(&certificate, all, identity);
    }
    take_key(&key, &files->certificate, read_key(&key), identity);
    if (reports->errors_n == errors_n) {
        try_out(&certificate, identity);
    }
    all = files->client_ca.path != NULL ? read_certificates(&client_ca) : NULL;
    if (all != NULL) {
        take_authorities(&client_ca, all, identity);
    }
    if (reports->errors_n > errors_n) {
        sp_tls_identity_unref(identity);
        return NULL;
    }
    return identity;
}

/* ---- setup and teardown ------------------------------------------------------------------------------ */

struct sp_tls_identity *sp_tls_identity_ref(struct sp_tls_identity *identity)
{
    atomic_fetch_add(&identity->refs, 1);
    return identity;
}

void sp_tls_identity_unref(struct sp_tls_identity *identity)
{
    if (identity == NULL || atomic_fetch_sub(&identity->refs, 1) != 1) {
        return;
    }
    X509_free(identity->certificate);
    sk_X509_pop_free(identity->chain, X509_free);
    EVP_PKEY_free(identity->key);
    sk_X509_pop_free(identity->client_authorities, X509_free);
    free(identity);
}

bool sp_tls_identity_shows_same(const struct sp_tls_identity *a, const struct sp_tls_identity *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return X509_cmp(a->certificate, b->certificate) == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "io/tls_identity.h"

#include "io/clock.h"

#include "../certificate.h"

#include <openssl/rsa.h>
#include <string.h>

#define CERTIFICATES_MAX 8

static char texts[CERTIFICATES_MAX][16384];
static size_t texts_n;

/* The output of `write` to a BIO, as a view that is valid to the end of the test. */
static struct sp_str keep(BIO *bio)
{
    char *text = texts[texts_n++ % CERTIFICATES_MAX];
    int len = BIO_read(bio, text, (int)sizeof texts[0]);
    BIO_free(bio);
    return (struct sp_str){text, len > 0 ? (size_t)len : 0};
}

static struct sp_str pem_of(const struct made_certificate *made, const struct made_certificate *second)
{
    BIO *bio = BIO_new(BIO_s_mem());
    ck_assert_int_eq(PEM_write_bio_X509(bio, made->certificate), 1);
    if (second != NULL) {
        ck_assert_int_eq(PEM_write_bio_X509(bio, second->certificate), 1);
    }
    return keep(bio);
}

static struct sp_str key_of(const struct made_certificate *made, const char *password)
{
    BIO *bio = BIO_new(BIO_s_mem());
    ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(bio, made->key,
                                                   password != NULL ? EVP_aes_256_cbc() : NULL, password,
                                                   password != NULL ? (int)strlen(password) : 0, NULL, NULL),
                     1);
    return keep(bio);
}

static struct sp_tls_identity *identity;
static char told[4096];

/* Makes it; all reports, one on each line. */
static const char *make(struct sp_str certificate, struct sp_str key, struct sp_str client_ca)
{
    struct sp_reports reports = {0};
    const struct sp_tls_files files = {
        .certificate = {"cert", certificate},
        .key = {"key", key},
        .client_ca = {client_ca.ptr != NULL ? "ca" : NULL, client_ca},
    };
    sp_tls_identity_unref(identity);
    identity = sp_tls_identity_new(&files, sp_clock_now_s(), &reports);
    ck_assert_int_eq(identity != NULL, reports.errors_n == 0);
    size_t len = 0;
    told[0] = '\0';
    for (size_t i = 0; i < reports.items_n; i++) {
        len += (size_t)snprintf(told + len, sizeof told - len, "%s (%s) %s: %s\n", reports.items[i].file,
                                reports.items[i].setting,
                                reports.items[i].kind == SP_REPORT_ERROR ? "error" : "warning",
                                reports.items[i].text);
    }
    sp_reports_done(&reports);
    return told;
}

#define assert_told(expected)                                                                                \
    ck_assert_msg(strstr(told, (expected)) != NULL, "\"%s\" is not in\n%s", (expected), told)

#define MADE __attribute__((cleanup(certificate_done))) struct made_certificate

static struct made_certificate made_for(const char *names)
{
    return make_certificate(&(struct certificate_wish){.names = names});
}

SP_TEST(a_certificate_with_its_key_is_taken_with_its_end)
{
    MADE own = made_for("DNS:sallyport.auth.svc");
    ck_assert_str_eq(make(pem_of(&own, NULL), key_of(&own, NULL), SP_STR_NONE), "");
    int64_t rest_s = identity->span.ends_s - sp_clock_now_s();
    ck_assert_msg(rest_s > 3500 && rest_s <= 3600, "%lld", (long long)rest_s);
    ck_assert_int_eq(identity->span.ends_s - identity->span.begins_s, 3600);
    ck_assert_int_eq(identity->client_ca_span.ends_s, 0);
    ck_assert_ptr_null(identity->client_authorities);
    ck_assert(sp_tls_identity_shows_same(identity, identity));
    ck_assert(!sp_tls_identity_shows_same(identity, NULL));
    ck_assert(sp_tls_identity_shows_same(NULL, NULL));
    struct sp_tls_identity *before = sp_tls_identity_ref(identity);
    make(pem_of(&own, NULL), key_of(&own, NULL), SP_STR_NONE);
    ck_assert(sp_tls_identity_shows_same(before, identity));
    MADE other = made_for("DNS:sallyport.auth.svc");
    make(pem_of(&other, NULL), key_of(&other, NULL), SP_STR_NONE);
    ck_assert(!sp_tls_identity_shows_same(before, identity));
    sp_tls_identity_unref(before);
}
SP_TEST_END

SP_TEST(the_first_end_of_a_chain_counts)
{
    MADE authority = make_certificate(&(struct certificate_wish){.basic = "CA:TRUE", .ends_s = 600});
    MADE own = make_certificate(&(struct certificate_wish){.names = "DNS:a", .signer = &authority});
    ck_assert_str_eq(make(pem_of(&own, &authority), key_of(&own, NULL), SP_STR_NONE), "");
    ck_assert_int_le(identity->span.ends_s, sp_clock_now_s() + 600);
    MADE ended =
        make_certificate(&(struct certificate_wish){.basic = "CA:TRUE", .begins_s = -60, .ends_s = -1});
    make(pem_of(&own, &ended), key_of(&own, NULL), SP_STR_NONE);
    assert_told("cert (tls_cert_file) error: certificate 2 of the file expired at ");
}
SP_TEST_END

SP_TEST(a_key_of_another_certificate_is_refused)
{
    MADE own = made_for("DNS:a");
    MADE other = made_for("DNS:a");
    make(pem_of(&own, NULL), key_of(&other, NULL), SP_STR_NONE);
    assert_told(
        "key (tls_key_file) error: it is not the key of the first certificate in cert: install the two");
}
SP_TEST_END

SP_TEST(what_is_no_certificate_or_no_key_is_refused_each_at_its_file)
{
    MADE own = made_for("DNS:a");
    struct sp_str certificate = pem_of(&own, NULL);
    struct sp_str key = key_of(&own, NULL);
    make(SP_STR("garbage"), SP_STR("garbage"), SP_STR("garbage"));
    assert_told("cert (tls_cert_file) error: it contains no PEM certificate\n");
    assert_told("key (tls_key_file) error: it contains no PEM private key\n");
    assert_told("ca (tls_client_ca_file) error: it contains no PEM certificate\n");
    make(SP_STR_NONE, SP_STR_NONE, SP_STR(""));
    assert_told("cert (tls_cert_file) error: it contains no PEM certificate\n");
    make((struct sp_str){certificate.ptr, certificate.len / 2}, (struct sp_str){key.ptr, key.len / 2},
         SP_STR_NONE);
    assert_told("cert (tls_cert_file) error: certificate 1 of the file is truncated or damaged");
    assert_told("key (tls_key_file) error: the private key is truncated or damaged");
    make(certificate, key_of(&own, "secret"), SP_STR_NONE);
    assert_told("key (tls_key_file) error: the key is encrypted, and nobody can type its password");
}
SP_TEST_END

SP_TEST(a_certificate_that_has_ended_is_refused_and_one_that_begins_later_is_told)
{
    MADE ended =
        make_certificate(&(struct certificate_wish){.names = "DNS:a", .begins_s = -60, .ends_s = -1});
    make(pem_of(&ended, NULL), key_of(&ended, NULL), SP_STR_NONE);
    assert_told("cert (tls_cert_file) error: certificate 1 of the file expired at 20");
    MADE later = make_certificate(&(struct certificate_wish){.names = "DNS:a", .begins_s = 60});
    make(pem_of(&later, NULL), key_of(&later, NULL), SP_STR_NONE);
    assert_told("cert (tls_cert_file) warning: the certificate is not valid before 20");
}
SP_TEST_END

SP_TEST(a_certificate_for_clients_only_is_refused_and_one_without_a_name_is_told)
{
    MADE client = make_certificate(&(struct certificate_wish){.names = "DNS:a", .usage = "clientAuth"});
    make(pem_of(&client, NULL), key_of(&client, NULL), SP_STR_NONE);
    assert_told("cert (tls_cert_file) error: the first certificate of the file is not for servers");
    MADE server = make_certificate(&(struct certificate_wish){.names = "DNS:a", .usage = "serverAuth"});
    ck_assert_str_eq(make(pem_of(&server, NULL), key_of(&server, NULL), SP_STR_NONE), "");
    MADE nameless = make_certificate(&(struct certificate_wish){.names = NULL});
    make(pem_of(&nameless, NULL), key_of(&nameless, NULL), SP_STR_NONE);
    assert_told("cert (tls_cert_file) warning: the certificate has no subject alternative name");
}
SP_TEST_END

SP_TEST(keys_and_signatures_that_clients_refuse_are_refused)
{
    MADE small = make_certificate(&(struct certificate_wish){.names = "DNS:a", .key = EVP_RSA_gen(1024)});
    make(pem_of(&small, NULL), key_of(&small, NULL), SP_STR_NONE);
    assert_told(
        "cert (tls_cert_file) error: it cannot be used (ee key too small): use RSA with at least 2048 bits");
    MADE enough = make_certificate(&(struct certificate_wish){.names = "DNS:a", .key = EVP_RSA_gen(2048)});
    ck_assert_str_eq(make(pem_of(&enough, NULL), key_of(&enough, NULL), SP_STR_NONE), "");
    MADE authority = make_certificate(&(struct certificate_wish){.basic = "CA:TRUE"});
    MADE old = make_certificate(
        &(struct certificate_wish){.names = "DNS:a", .digest = "SHA1", .signer = &authority});
    make(pem_of(&old, NULL), key_of(&old, NULL), SP_STR_NONE);
    assert_told("cert (tls_cert_file) error: it cannot be used (ca md too weak)");
}
SP_TEST_END

SP_TEST(authorities_of_clients_are_authorities_and_one_of_them_has_not_ended)
{
    MADE own = made_for("DNS:a");
    MADE authority = make_certificate(&(struct certificate_wish){.basic = "CA:TRUE", .ends_s = 600});
    MADE longer = make_certificate(&(struct certificate_wish){.basic = "CA:TRUE", .ends_s = 1200});
    MADE ended =
        make_certificate(&(struct certificate_wish){.basic = "CA:TRUE", .begins_s = -60, .ends_s = -1});
    MADE leaf = make_certificate(
        &(struct certificate_wish){.names = "DNS:a", .basic = "CA:FALSE", .signer = &authority});
    struct sp_str certificate = pem_of(&own, NULL);
    struct sp_str key = key_of(&own, NULL);
    ck_assert_str_eq(make(certificate, key, pem_of(&longer, &authority)), "");
    ck_assert_ptr_nonnull(identity->client_authorities);
    ck_assert_int_le(identity->client_ca_span.ends_s, sp_clock_now_s() + 600);
    make(certificate, key, pem_of(&leaf, NULL));
    assert_told("ca (tls_client_ca_file) error: certificate 1 of the file is not a CA certificate");
    make(certificate, key, pem_of(&ended, NULL));
    assert_told("ca (tls_client_ca_file) error: every CA certificate of the file has expired");
    make(certificate, key, pem_of(&longer, &ended));
    assert_told("ca (tls_client_ca_file) warning: certificate 2 of the file has expired");
    ck_assert_int_gt(identity->client_ca_span.ends_s, sp_clock_now_s() + 600);
}
SP_TEST_END

static bool holds(char *name, const char *names)
{
    MADE made = made_for(names);
    char *items[] = {(char *)(uintptr_t) "other.example.com", name};
    return sp_tls_names_hold(&(struct sp_texts){items, 2}, made.certificate);
}

SP_TEST(a_name_is_matched_exactly_and_only_among_the_alternative_names)
{
    char dns[] = "traefik.example.com";
    char uri[] = "spiffe://cluster.local/ns/ingress/sa/traefik";
    char common[] = "test 1";
    ck_assert(holds(dns, "DNS:traefik.example.com"));
    ck_assert(holds(dns, "DNS:TRAEFIK.example.com"));
    ck_assert(holds(dns, "DNS:a,URI:http://b,DNS:traefik.example.com"));
    ck_assert(!holds(dns, "DNS:*.example.com"));
    ck_assert(!holds(dns, "DNS:example.com"));
    ck_assert(!holds(dns, "DNS:xtraefik.example.com"));
    ck_assert(!holds(dns, "DNS:traefik.example.com.evil.test"));
    ck_assert(!holds(dns, "email:traefik.example.com"));
    ck_assert(!holds(dns, "URI:traefik.example.com"));
    ck_assert(!holds(dns, "IP:10.0.0.1"));
    ck_assert(!holds(dns, NULL));
    ck_assert(!holds(common, NULL));
    ck_assert(holds(uri, "URI:spiffe://cluster.local/ns/ingress/sa/traefik"));
    ck_assert(!holds(uri, "URI:spiffe://cluster.local/ns/ingress/sa/Traefik"));
    ck_assert(!holds(uri, "URI:spiffe://cluster.local/ns/ingress/sa/traefik/"));
    ck_assert(!holds(uri, "DNS:spiffe://cluster.local/ns/ingress/sa/traefik"));
}
SP_TEST_END

/* A name with a NUL inside, which C programs took for the part in front of it (CVE-2009-2408). */
SP_TEST(a_name_with_a_nul_inside_is_another_name)
{
    static const char name[] = "traefik.example.com\0.evil.test";
    MADE made = made_for(NULL);
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *item = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    ck_assert_int_eq(ASN1_STRING_set(text, name, sizeof name - 1), 1);
    GENERAL_NAME_set0_value(item, GEN_DNS, text);
    sk_GENERAL_NAME_push(names, item);
    ck_assert_int_eq(X509_add1_ext_i2d(made.certificate, NID_subject_alt_name, names, 0, 0), 1);
    GENERAL_NAMES_free(names);
    char listed[] = "traefik.example.com";
    char *items[] = {listed};
    ck_assert(!sp_tls_names_hold(&(struct sp_texts){items, 1}, made.certificate));
    SP_BUF_ON_STACK(shown, 256);
    sp_tls_append_names(made.certificate, &shown);
    ck_assert_str_eq(sp_buf_c_str(&shown), "DNS:traefik.example.com\\x00.evil.test");
}
SP_TEST_END

SP_TEST(names_are_shown_with_their_kinds_and_not_without_end)
{
    SP_BUF_ON_STACK(shown, 2048);
    MADE some = made_for("DNS:a.test,URI:spiffe://b/c,IP:10.0.0.1,email:d@e");
    sp_tls_append_names(some.certificate, &shown);
    ck_assert_str_eq(sp_buf_c_str(&shown), "DNS:a.test, URI:spiffe://b/c, IP, email:d@e");
    shown.len = 0;
    MADE none = made_for(NULL);
    sp_tls_append_names(none.certificate, &shown);
    ck_assert_str_eq(sp_buf_c_str(&shown), "no subject alternative name");
    shown.len = 0;
    MADE many = made_for("DNS:1,DNS:2,DNS:3,DNS:4,DNS:5,DNS:6,DNS:7,DNS:8,DNS:9");
    sp_tls_append_names(many.certificate, &shown);
    ck_assert_ptr_nonnull(strstr(sp_buf_c_str(&shown), "DNS:8 and 1 more"));
}
SP_TEST_END

SP_SUITE("tls_identity", a_certificate_with_its_key_is_taken_with_its_end, the_first_end_of_a_chain_counts,
         a_key_of_another_certificate_is_refused,
         what_is_no_certificate_or_no_key_is_refused_each_at_its_file,
         a_certificate_that_has_ended_is_refused_and_one_that_begins_later_is_told,
         a_certificate_for_clients_only_is_refused_and_one_without_a_name_is_told,
         keys_and_signatures_that_clients_refuse_are_refused,
         authorities_of_clients_are_authorities_and_one_of_them_has_not_ended,
         a_name_is_matched_exactly_and_only_among_the_alternative_names,
         a_name_with_a_nul_inside_is_another_name, names_are_shown_with_their_kinds_and_not_without_end)

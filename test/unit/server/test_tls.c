/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tls.h"

#include "io/clock.h"

#include "../certificate.h"

#include <openssl/ssl.h>
#include <string.h>

static struct sp_config config;
static struct sp_snapshot snapshot;
static char text[16384];

static struct sp_str pem_of(BIO *bio, char *out, size_t out_len)
{
    int len = BIO_read(bio, out, (int)out_len);
    BIO_free(bio);
    return (struct sp_str){out, len > 0 ? (size_t)len : 0};
}

/* A snapshot with a certificate and, if requested, an authority for clients: itself. */
static void make_snapshot(const char *basic)
{
    static char key_text[4096];
    struct made_certificate made =
        make_certificate(&(struct certificate_wish){.names = "DNS:a.test", .basic = basic});
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, made.certificate);
    struct sp_str certificate = pem_of(bio, text, sizeof text);
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, made.key, NULL, NULL, 0, NULL, NULL);
    const struct sp_tls_files files = {
        .certificate = {"c", certificate},
        .key = {"k", pem_of(bio, key_text, sizeof key_text)},
        .client_ca = {basic != NULL ? "a" : NULL, basic != NULL ? certificate : SP_STR_NONE},
    };
    struct sp_reports reports = {0};
    sp_tls_identity_unref(snapshot.tls);
    snapshot = (struct sp_snapshot){.config = &config};
    atomic_init(&snapshot.refs, 100); /* more than are used */
    snapshot.tls = sp_tls_identity_new(&files, sp_clock_now_s(), &reports);
    ck_assert_ptr_nonnull(snapshot.tls);
    sp_reports_done(&reports);
    certificate_done(&made);
}

struct end {
    SSL_CTX *context;
    SSL *ssl;
};

/* A client that offers `protocols`, in wire format, and one version of TLS. */
static struct end make_client(int version, const char *protocols)
{
    struct end client = {.context = SSL_CTX_new(TLS_client_method())};
    SSL_CTX_set_min_proto_version(client.context, version);
    SSL_CTX_set_max_proto_version(client.context, version);
    SSL_CTX_set_alpn_protos(client.context, (const unsigned char *)protocols, (unsigned)strlen(protocols));
    client.ssl = SSL_new(client.context);
    SSL_set_connect_state(client.ssl);
    return client;
}

/* True if both complete it. */
static bool shake_hands(SSL *client, SSL *server)
{
    BIO *of_client;
    BIO *of_server;
    ck_assert_int_eq(BIO_new_bio_pair(&of_client, 0, &of_server, 0), 1);
    SSL_set_bio(client, of_client, of_client);
    SSL_set_bio(server, of_server, of_server);
    for (int turn = 0; turn < 10; turn++) {
        int done = SSL_do_handshake(client);
        if (SSL_do_handshake(server) == 1 && done == 1) {
            return true;
        }
    }
    return false;
}

SP_TEST(both_versions_are_spoken_with_http_1_1_and_without_tickets)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    make_snapshot(NULL);
    struct sp_tls_context *context = sp_tls_context_new(&snapshot);
    ck_assert_ptr_nonnull(context);
    for (size_t i = 0; i < 2; i++) {
        struct end client = make_client(versions[i], "\x2h2\x8http/1.1");
        SSL *server = SSL_new(sp_tls_context_ssl(context));
        SSL_set_accept_state(server);
        ck_assert(shake_hands(client.ssl, server));
        const unsigned char *chosen;
        unsigned chosen_len;
        SSL_get0_alpn_selected(client.ssl, &chosen, &chosen_len);
        ck_assert_uint_eq(chosen_len, 8);
        ck_assert_mem_eq(chosen, "http/1.1", 8);
        ck_assert_int_eq(SSL_version(server), versions[i]);
        char byte;
        ck_assert_int_lt(SSL_read(client.ssl, &byte, 1), 0); /* where a TLS 1.3 ticket would arrive */
        ck_assert(!SSL_SESSION_has_ticket(SSL_get_session(client.ssl)));
        SSL_free(server);
        SSL_free(client.ssl);
        SSL_CTX_free(client.context);
    }
    sp_tls_context_unref(context);
}
SP_TEST_END

SP_TEST(ciphers_have_forward_secrecy_and_are_authenticated)
{
    make_snapshot(NULL);
    struct sp_tls_context *context = sp_tls_context_new(&snapshot);
    STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(sp_tls_context_ssl(context));
    ck_assert_int_ge(sk_SSL_CIPHER_num(ciphers), 6);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
        int exchange = SSL_CIPHER_get_kx_nid(cipher);
        ck_assert_msg(SSL_CIPHER_is_aead(cipher) == 1 && (exchange == NID_kx_ecdhe || exchange == NID_kx_any),
                      "%s", SSL_CIPHER_get_name(cipher));
    }
    sp_tls_context_unref(context);
}
SP_TEST_END

SP_TEST(clients_are_asked_for_a_certificate_where_there_is_an_authority)
{
    make_snapshot(NULL);
    struct sp_tls_context *open = sp_tls_context_new(&snapshot);
    ck_assert_int_eq(SSL_CTX_get_verify_mode(sp_tls_context_ssl(open)), SSL_VERIFY_NONE);
    make_snapshot("CA:TRUE");
    struct sp_tls_context *closed = sp_tls_context_new(&snapshot);
    ck_assert_int_eq(SSL_CTX_get_verify_mode(sp_tls_context_ssl(closed)),
                     SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
    sp_tls_context_unref(open);
    sp_tls_context_unref(closed);
}
SP_TEST_END

SP_TEST(a_context_is_of_one_identity)
{
    make_snapshot(NULL);
    struct sp_tls_context *context = sp_tls_context_new(&snapshot);
    ck_assert(!sp_tls_context_is_of_another(context, &snapshot));
    struct sp_snapshot other = {.tls = NULL};
    ck_assert(sp_tls_context_is_of_another(context, &other));
    sp_tls_context_unref(sp_tls_context_ref(context));
    ck_assert_ptr_nonnull(sp_tls_context_ssl(context));
    sp_tls_context_unref(context);
    sp_tls_context_unref(NULL);
}
SP_TEST_END

SP_SUITE("tls", both_versions_are_spoken_with_http_1_1_and_without_tickets,
         ciphers_have_forward_secrecy_and_are_authenticated,
         clients_are_asked_for_a_certificate_where_there_is_an_authority, a_context_is_of_one_identity)

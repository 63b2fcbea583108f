/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tls.h"

#include <h2o.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

/* For TLS 1.2; all cipher suites of TLS 1.3 are acceptable. */
#define CIPHERS    "ECDHE+AESGCM:ECDHE+CHACHA20"
#define GROUPS     "X25519:P-256:P-384"
#define DEPTH_MAX  8           /* certificates between the client's and the authority's */
#define SHOWN_MAX  (32 * 1024) /* bytes of the certificates that a client sends */
#define ALERT_BASE SSL_AD_REASON_OFFSET

struct sp_tls_context {
    unsigned refs;
    struct sp_snapshot *snapshot;
    SSL_CTX *ssl;
    int verify_error; /* of the last failed handshake; X509_V_OK: the certificate is not the cause */
    struct sp_buf names;
    char names_storage[SP_TLS_NAMES_SHOWN_MAX];
};

/* ---- causes of failures ------------------------------------------------------------------------------ */

#define OF_CLIENT SP_REFUSAL_CERTIFICATE, "tls_client_ca_file"

static struct sp_tls_failure failure_of_certificate(int error)
{
    switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
        return (struct sp_tls_failure){SP_REFUSAL_CERTIFICATE, "tls_client_names",
                                       "the client's certificate has none of these names: if it is your "
                                       "proxy's, add one of its names to tls_client_names",
                                       SP_STR_NONE};
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return (struct sp_tls_failure){
            OF_CLIENT, "the client's certificate, or that of its CA, has expired: renew it", SP_STR_NONE};
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return (struct sp_tls_failure){
            OF_CLIENT, "the client's certificate is not valid yet: compare the clocks of both machines",
            SP_STR_NONE};
    case X509_V_ERR_INVALID_PURPOSE:
        return (struct sp_tls_failure){
            OF_CLIENT, "the client's certificate is for another use: it needs the usage client auth",
            SP_STR_NONE};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return (struct sp_tls_failure){OF_CLIENT,
                                       "the client's certificate was not signed by a CA in "
                                       "tls_client_ca_file: if it is your proxy's, add its CA",
                                       SP_STR_NONE};
    default:
        return (struct sp_tls_failure){OF_CLIENT, X509_verify_cert_error_string(error), SP_STR_NONE};
    }
}

/* Derives the failure from OpenSSL's reason, or from the alert that the client sent. */
static struct sp_tls_failure failure_of_handshake(int reason)
{
    const char *detail = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, reason));
    struct sp_tls_failure failure = {SP_REFUSAL_HANDSHAKE, NULL,
                                     detail != NULL ? detail : "the client did not speak TLS", SP_STR_NONE};
    switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        failure.refusal = SP_REFUSAL_CERTIFICATE;
        failure.setting = "tls_client_ca_file";
        failure.detail = "the client showed no certificate: if it is your proxy, configure one (Traefik: "
                         "forwardAuth.tls.cert and key)";
        break;
    case SSL_R_HTTP_REQUEST:
        failure.setting = "tls_cert_file";
        failure.detail =
            "the client spoke plain HTTP: the address in the proxy's configuration must begin with https://";
        break;
    case SSL_R_NO_APPLICATION_PROTOCOL:
        failure.detail = "the client offers other protocols (ALPN), but not http/1.1, the only one here";
        break;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_SHARED_CIPHER:
        failure.detail = "the client supports neither TLS 1.3 nor TLS 1.2 with ECDHE and AES-GCM or ChaCha20";
        break;
    case ALERT_BASE + SSL_AD_BAD_CERTIFICATE:
    case ALERT_BASE + SSL_AD_CERTIFICATE_EXPIRED:
    case ALERT_BASE + SSL_AD_CERTIFICATE_UNKNOWN:
    case ALERT_BASE + SSL_AD_UNKNOWN_CA:
        failure.setting = "tls_cert_file";
        failure.detail = "the client refused this listener's certificate: give the proxy its CA (Traefik: "
                         "forwardAuth.tls.ca), compare the host in the address with the names in the "
                         "certificate, and check "
                         "its dates with sallyport check";
        break;
    default:
        break;
    }
    return failure;
}

struct sp_tls_failure sp_tls_context_take_failure(struct sp_tls_context *context)
{
    struct sp_tls_failure failure = context->verify_error != X509_V_OK
                                        ? failure_of_certificate(context->verify_error)
                                        : failure_of_handshake(ERR_GET_REASON(ERR_peek_last_error()));
    if (context->verify_error != X509_V_OK) {
        failure.names = sp_buf_str(&context->names);
    }
    context->verify_error = X509_V_OK;
    ERR_clear_error();
    return failure;
}

/* ---- callbacks of OpenSSL ---------------------------------------------------------------------------- */

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned offered_len, void *context)
{
    (void)ssl;
    (void)context;
    static const unsigned char own[] = "\x8http/1.1";
    unsigned char *chosen;
    int found = SSL_select_next_proto(&chosen, out_len, own, sizeof own - 1, offered, offered_len);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* OpenSSL checks chain, purpose and time; then the name is checked. */
static int verify_client(X509_STORE_CTX *store, void *argument)
{
    struct sp_tls_context *context = argument;
    const X509 *shown = X509_STORE_CTX_get0_cert(store);
    bool is_valid = X509_verify_cert(store) == 1;
    if (is_valid && !sp_tls_names_hold(&context->snapshot->config->tls_client_names, shown)) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
        is_valid = false;
    }
    if (!is_valid) {
        int error = X509_STORE_CTX_get_error(store);
        context->verify_error = error != X509_V_OK ? error : X509_V_ERR_UNSPECIFIED;
        sp_buf_init_fixed(&context->names, context->names_storage, sizeof context->names_storage);
        sp_tls_append_names(shown, &context->names);
    }
    return is_valid ? 1 : 0;
}

/* Called before a record is written. An alert of a handshake is written directly to the socket, bypassing the
 * library, which drops its buffered bytes when a handshake fails. An alert has only two bytes of content, so
 * it fits into the socket's buffer. The alert of a second handshake goes to the library, which then closes
 * the connection. */
static void on_record(int is_written, int version, int type, const void *bytes, size_t len, SSL *ssl,
                      void *context)
{
    (void)version;
    (void)context;
    bool tells_kind = type == SSL3_RT_HEADER || type == SSL3_RT_INNER_CONTENT_TYPE;
    if (!is_written || !tells_kind || len == 0 || *(const unsigned char *)bytes != SSL3_RT_ALERT ||
        !SSL_in_init(ssl) || SSL_get_peer_finished(ssl, NULL, 0) > 0) {
        return;
    }
    BIO *direct = BIO_new_socket(h2o_socket_get_fd(BIO_get_data(SSL_get_rbio(ssl))), BIO_NOCLOSE);
    if (direct != NULL) {
        SSL_set0_wbio(ssl, direct);
    }
}

/* ---- contexts ---------------------------------------------------------------------------------------- */

static bool ask_for_certificates(struct sp_tls_context *context, STACK_OF(X509) * authorities)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context->ssl);
    bool is_whole = true;
    for (int i = 0; i < sk_X509_num(authorities) && is_whole; i++) {
        is_whole = X509_STORE_add_cert(store, sk_X509_value(authorities, i)) == 1;
    }
    /* Each of the authorities may end a chain, even if another authority has signed it. */
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context->ssl), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify_depth(context->ssl, DEPTH_MAX);
    SSL_CTX_set_max_cert_list(context->ssl, SHOWN_MAX);
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(context->ssl, verify_client, context);
    return is_whole;
}

/* The names of the authorities are not sent: a client that does not find its own among them sends no
 * certificate, and the log could not state the cause. */
static bool set_up(struct sp_tls_context *context)
{
    const struct sp_tls_identity *identity = context->snapshot->tls;
    SSL_CTX *ssl = context->ssl;
    char groups[] = GROUPS; /* the macro casts const away */
    SSL_CTX_set_security_level(ssl, SP_TLS_SECURITY_LEVEL);
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, NULL);
    SSL_CTX_set_msg_callback(ssl, on_record);
    return SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1 && SSL_CTX_set_num_tickets(ssl, 0) == 1 &&
           SSL_CTX_set_cipher_list(ssl, CIPHERS) == 1 && SSL_CTX_set1_groups_list(ssl, groups) == 1 &&
           SSL_CTX_use_cert_and_key(ssl, identity->certificate, identity->key, identity->chain, 1) == 1 &&
           (identity->client_authorities == NULL ||
            ask_for_certificates(context, identity->client_authorities));
}

struct sp_tls_context *sp_tls_context_new(struct sp_snapshot *snapshot)
{
    struct sp_tls_context *context = calloc(1, sizeof *context);
    if (context == NULL) {
        return NULL;
    }
    context->refs = 1;
    context->snapshot = sp_snapshot_ref(snapshot->owner != NULL ? snapshot->owner : snapshot);
    context->ssl = SSL_CTX_new(TLS_server_method());
    if (context->ssl == NULL || !set_up(context)) {
        sp_tls_context_unref(context);
        context = NULL;
    }
    ERR_clear_error();
    return context;
}

struct sp_tls_context *sp_tls_context_ref(struct sp_tls_context *context)
{
    context->refs++;
    return context;
}

void sp_tls_context_unref(struct sp_tls_context *context)
{
    if (context != NULL && --context->refs == 0) {
        SSL_CTX_free(context->ssl);
        sp_snapshot_unref(context->snapshot);
        free(context);
    }
}

bool sp_tls_context_is_of_another(const struct sp_tls_context *context, const struct sp_snapshot *snapshot)
{
    return context->snapshot->tls != snapshot->tls;
}

SSL_CTX *sp_tls_context_ssl(const struct sp_tls_context *context)
{
    return context->ssl;
}

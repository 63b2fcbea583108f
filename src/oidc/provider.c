/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/provider.h"

#include "http/url.h"
#include "jose/json.h"

#define WHAT "the discovery document" /* as texts for the operator say it */

#include <stdlib.h>

/* What is needed while the document is read. */
struct reading {
    const json_t *document;
    struct sp_str issuer;
    struct sp_url issuer_url;
    enum sp_client_auth auth;
    struct sp_diag *diag;
};

/* sp_url_parse takes a scheme in capitals too. What is compared byte by byte, and called as it is written, has
 * to be written the usual way. */
static bool parse_url(struct sp_str text, struct sp_url *out)
{
    if (!sp_str_starts_with(text, SP_STR("https://")) && !sp_str_starts_with(text, SP_STR("http://"))) {
        return false;
    }
    return sp_url_parse(text, out);
}

static enum sp_error parse_issuer(struct sp_str issuer, struct sp_url *out, struct sp_diag *diag)
{
    struct sp_url url;
    if (issuer.len > SP_PROVIDER_URL_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "is longer than %d bytes", SP_PROVIDER_URL_MAX);
    }
    if (!parse_url(issuer, &url) || url.target.query.ptr != NULL) {
        return sp_diag_set(
            diag, SP_ERR_FORMAT,
            "is not an https URL without query and fragment, exactly as the issuer writes it in "
            "its discovery document");
    }
    if (url.origin.scheme != SP_SCHEME_HTTPS && !sp_host_is_loopback(&url.origin.host)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "is not https: whoever sits on the way could log in as anybody (http is for a "
                           "loopback address only)");
    }
    *out = url;
    return SP_OK;
}

enum sp_error sp_provider_check_issuer(struct sp_str issuer, struct sp_diag *diag)
{
    struct sp_url url;
    return parse_issuer(issuer, &url, diag);
}

void sp_provider_append_discovery_url(struct sp_str issuer, struct sp_buf *out)
{
    if (sp_str_ends_with(issuer, SP_STR("/"))) {
        issuer.len--;
    }
    sp_buf_append(out, issuer);
    sp_buf_append_c(out, SP_PROVIDER_DISCOVERY_PATH);
}

static enum sp_error check_same_issuer(const struct reading *reading)
{
    struct sp_str issuer;
    enum sp_error error = sp_json_get_string(reading->document, "issuer", &issuer);
    if (error != SP_OK) {
        return error;
    }
    if (sp_str_equal(issuer, reading->issuer)) {
        return SP_OK;
    }
    if (issuer.len > SP_DIAG_TEXT_MAX / 2) {
        return sp_diag_set(reading->diag, SP_ERR_MISMATCH, "the document is of another issuer");
    }
    return sp_diag_set(reading->diag, SP_ERR_MISMATCH,
                       "the document is of the issuer \"%.*s\", which is not exactly the one configured",
                       SP_STR_ARGS(issuer));
}

/* http would hand code and secret to the network; on loopback there is none. */
static enum sp_error check_endpoint(const struct reading *reading, const char *name, struct sp_str text)
{
    struct sp_url url;
    if (text.len > SP_PROVIDER_URL_MAX) {
        return sp_diag_set(reading->diag, SP_ERR_LIMIT, "\"%s\" is longer than %d bytes", name,
                           SP_PROVIDER_URL_MAX);
    }
    if (!parse_url(text, &url)) {
        return sp_diag_set(reading->diag, SP_ERR_FORMAT,
                           "\"%s\" is no absolute URL, or has user information or a fragment", name);
    }
    if (url.origin.scheme == SP_SCHEME_HTTPS) {
        return SP_OK;
    }
    if (reading->issuer_url.origin.scheme == SP_SCHEME_HTTP && sp_host_is_loopback(&url.origin.host)) {
        return SP_OK;
    }
    return sp_diag_set(reading->diag, SP_ERR_FORMAT, "\"%s\" is not https", name);
}

static enum sp_error read_endpoint(const struct reading *reading, const char *name, char **out)
{
    struct sp_str text;
    enum sp_error error = sp_json_require_string(reading->document, name, WHAT, &text, reading->diag);
    if (error != SP_OK) {
        return error;
    }
    error = check_endpoint(reading, name, text);
    if (error != SP_OK) {
        return error;
    }
    *out = sp_str_dup(text);
    return *out != NULL ? SP_OK : SP_ERR_MEMORY;
}

static enum sp_error read_optional_endpoint(const struct reading *reading, const char *name, char **out)
{
    struct sp_str text;
    if (sp_json_get_string(reading->document, name, &text) == SP_ERR_MISSING) {
        return SP_OK;
    }
    return read_endpoint(reading, name, out);
}

/* What makes it a discovery document at all: a page of some proxy has none of these. */
static enum sp_error check_form(const struct reading *reading)
{
    static const char *const needed[] = {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        struct sp_str text;
        enum sp_error error =
            sp_json_require_string(reading->document, needed[i], WHAT, &text, reading->diag);
        if (error != SP_OK) {
            return error;
        }
    }
    return SP_OK;
}

/* A list that is there must hold one of the `needed`, or it is the error given; one that is not there says
 * nothing. */
static enum sp_error check_list(const struct reading *reading, const char *name, const char *const *needed,
                                size_t needed_n, enum sp_error lack)
{
    struct sp_json_string_list list;
    enum sp_error error = sp_json_get_string_list(reading->document, name, SP_PROVIDER_LIST_MAX, &list);
    if (error == SP_ERR_MISSING) {
        return SP_OK;
    }
    if (error != SP_OK) {
        return sp_diag_set(reading->diag, error, "\"%s\" is no list of texts, or too long", name);
    }
    for (size_t i = 0; i < needed_n; i++) {
        if (sp_json_string_list_contains(&list, sp_str_from_c(needed[i]))) {
            return SP_OK;
        }
    }
    return sp_diag_set(reading->diag, lack, "\"%s\" is without \"%s\"", name, needed[0]);
}

/* Issuers that take public clients (Dex is one) seldom list `none`, so those need any method that we have. */
static enum sp_error check_client_auth(const struct reading *reading)
{
    static const char *const methods[] = {"client_secret_basic", "client_secret_post", "none"};
    static const size_t indexes[] = {
        [SP_CLIENT_AUTH_BASIC] = 0, [SP_CLIENT_AUTH_POST] = 1, [SP_CLIENT_AUTH_NONE] = 0};
    size_t needed_n = reading->auth == SP_CLIENT_AUTH_NONE ? 3 : 1;
    return check_list(reading, "token_endpoint_auth_methods_supported", methods + indexes[reading->auth],
                      needed_n, SP_ERR_CONFIG);
}

static enum sp_error read_iss_promise(const struct reading *reading, bool *out)
{
    static const char name[] = "authorization_response_iss_parameter_supported";
    enum sp_error error = sp_json_get_boolean(reading->document, name, out);
    if (error == SP_OK || error == SP_ERR_MISSING) {
        return SP_OK;
    }
    return sp_diag_set(reading->diag, error, "\"%s\" is neither true nor false", name);
}

static enum sp_error read_members(const struct reading *reading, struct sp_provider *provider)
{
    static const char *const code = "code";
    static const char *const s256 = "S256";
    enum sp_error error = check_form(reading);
    if (error == SP_OK) {
        error = check_same_issuer(reading);
    }
    if (error == SP_OK) {
        error = check_client_auth(reading);
    }
    if (error == SP_OK) {
        error = check_list(reading, "code_challenge_methods_supported", &s256, 1, SP_ERR_UNSUPPORTED);
    }
    if (error == SP_OK) {
        error = check_list(reading, "response_types_supported", &code, 1, SP_ERR_MISSING);
    }
    if (error == SP_OK) {
        error = read_iss_promise(reading, &provider->response_iss_promised);
    }
    if (error == SP_OK) {
        error = read_endpoint(reading, "authorization_endpoint", &provider->authorization_endpoint);
    }
    if (error == SP_OK) {
        error = read_endpoint(reading, "token_endpoint", &provider->token_endpoint);
    }
    if (error == SP_OK) {
        error = read_endpoint(reading, "jwks_uri", &provider->jwks_uri);
    }
    if (error == SP_OK) {
        error = read_optional_endpoint(reading, "userinfo_endpoint", &provider->userinfo_endpoint);
    }
    if (error == SP_OK) {
        error = read_optional_endpoint(reading, "end_session_endpoint", &provider->end_session_endpoint);
    }
    return error;
}

static void free_provider(struct sp_provider **provider)
{
    sp_provider_free(*provider);
}

static enum sp_error read_provider(const struct reading *reading, struct sp_provider **out)
{
    __attribute__((cleanup(free_provider))) struct sp_provider *provider = calloc(1, sizeof *provider);
    if (provider == NULL) {
        return SP_ERR_MEMORY;
    }
    enum sp_error error = read_members(reading, provider);
    if (error != SP_OK) {
        return error;
    }
    provider->issuer = sp_str_dup(reading->issuer);
    if (provider->issuer == NULL) {
        return SP_ERR_MEMORY;
    }
    *out = provider;
    provider = NULL;
    return SP_OK;
}

const char *sp_provider_contradicts(enum sp_error error)
{
    if (error == SP_ERR_MISMATCH) {
        return "issuer";
    }
    if (error == SP_ERR_CONFIG) {
        return "client_auth";
    }
    return error == SP_ERR_UNSUPPORTED ? "pkce" : NULL;
}

enum sp_error sp_provider_parse(struct sp_str document, struct sp_str issuer, enum sp_client_auth auth,
                                struct sp_provider **out, struct sp_diag *diag)
{
    struct reading reading = {.issuer = issuer, .auth = auth, .diag = diag};
    enum sp_error error = parse_issuer(issuer, &reading.issuer_url, diag);
    if (error != SP_OK) {
        return error;
    }
    SP_JSON_SCOPED json_t *object = NULL;
    error = sp_json_parse_object(document, SP_PROVIDER_DOCUMENT_MAX, WHAT, &object, diag);
    if (error != SP_OK) {
        return error;
    }
    reading.document = object;
    return read_provider(&reading, out);
}

void sp_provider_free(struct sp_provider *provider)
{
    if (provider == NULL) {
        return;
    }
    free(provider->issuer);
    free(provider->authorization_endpoint);
    free(provider->token_endpoint);
    free(provider->jwks_uri);
    free(provider->userinfo_endpoint);
    free(provider->end_session_endpoint);
    free(provider);
}

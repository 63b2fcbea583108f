/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/issuer_metadata.h"

#include "http/form.h"
#include "http/url.h"
#include "jose/algorithm.h"
#include "jose/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define WHAT "the discovery document" /* the name in messages */

/* The scopes to request if `scopes` is not set, except those that the issuer does not list. */
static const char *const default_scopes[] = {"openid", "email", "profile", "groups"};

static const struct sp_str offline_access = {"offline_access", sizeof "offline_access" - 1};

/* The state while the document is read. */
struct reading {
    const json_t *document;
    struct sp_str issuer;
    struct sp_url issuer_url;
    const struct sp_client *client;
    struct sp_issuer_metadata_findings *findings; /* NULL: not wanted */
    enum sp_error error;                          /* the error of the first refusal */
};

/* ---- findings ------------------------------------------------------------------------------------ */

__attribute__((format(printf, 4, 0))) static void add_finding(struct reading *reading, const char *setting,
                                                              enum sp_issuer_metadata_weight weight,
                                                              const char *format, va_list arguments)
{
    struct sp_issuer_metadata_findings *findings = reading->findings;
    if (findings == NULL || findings->n == SP_ISSUER_METADATA_FINDINGS_MAX) {
        return;
    }
    struct sp_issuer_metadata_finding *finding = &findings->items[findings->n++];
    *finding = (struct sp_issuer_metadata_finding){.setting = setting, .weight = weight};
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
}

/* Reports that the document cannot be used. If there is a `setting`, the reason is that the document
 * contradicts it. */
__attribute__((format(printf, 4, 5))) static void refuse(struct reading *reading, const char *setting,
                                                         enum sp_error error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_finding(reading, setting, SP_ISSUER_METADATA_REFUSED, format, arguments);
    va_end(arguments);
    reading->error = reading->error == SP_OK ? error : reading->error;
}

__attribute__((format(printf, 3, 4))) static void warn(struct reading *reading, const char *setting,
                                                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_finding(reading, setting, SP_ISSUER_METADATA_WARNED, format, arguments);
    va_end(arguments);
}

__attribute__((format(printf, 3, 4))) static void advise(struct reading *reading, const char *setting,
                                                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_finding(reading, setting, SP_ISSUER_METADATA_ADVISED, format, arguments);
    va_end(arguments);
}

const struct sp_issuer_metadata_finding *sp_issuer_metadata_refusal(
    const struct sp_issuer_metadata_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        if (findings->items[i].weight == SP_ISSUER_METADATA_REFUSED) {
            return &findings->items[i];
        }
    }
    return NULL;
}

/* ---- URLs ---------------------------------------------------------------------------------------- */

/* Checks the scheme as well, because sp_url_parse also accepts one in capitals. */
bool sp_issuer_metadata_parse_url(struct sp_str text, struct sp_url *out)
{
    if (!sp_str_starts_with(text, SP_STR("https://")) && !sp_str_starts_with(text, SP_STR("http://"))) {
        return false;
    }
    return sp_url_parse(text, out);
}

static enum sp_error parse_issuer(struct sp_str issuer, struct sp_url *out, struct sp_diag *diag)
{
    struct sp_url url;
    if (issuer.len > SP_ISSUER_METADATA_URL_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "is longer than %d bytes", SP_ISSUER_METADATA_URL_MAX);
    }
    if (!sp_issuer_metadata_parse_url(issuer, &url) || url.target.query.ptr != NULL) {
        return sp_diag_set(
            diag, SP_ERR_FORMAT,
            "is not an https URL without query and fragment, exactly as the issuer writes it in "
            "its discovery document");
    }
    if (url.origin.scheme != SP_SCHEME_HTTPS && !sp_host_is_loopback(&url.origin.host)) {
        return sp_diag_set(
            diag, SP_ERR_FORMAT,
            "is not https: anyone on the network path could log in as any user (http is allowed for a "
            "loopback address, and with insecure_issuer_http for discovery_url)");
    }
    *out = url;
    return SP_OK;
}

enum sp_error sp_issuer_metadata_check_issuer(struct sp_str issuer, struct sp_diag *diag)
{
    struct sp_url url;
    return parse_issuer(issuer, &url, diag);
}

void sp_issuer_metadata_append_discovery_url(struct sp_str issuer, const struct sp_client *client,
                                             struct sp_buf *out)
{
    if (client->discovery_url != NULL) {
        sp_buf_append_c(out, client->discovery_url);
        return;
    }
    if (sp_str_ends_with(issuer, SP_STR("/"))) {
        issuer.len--;
    }
    sp_buf_append(out, issuer);
    sp_buf_append_c(out, SP_ISSUER_METADATA_DISCOVERY_PATH);
}

enum caller {
    CALLED_BY_BROWSERS,
    CALLED_BY_US,
};

/* Why the URL is not a valid endpoint, or NULL. Over http, the network could read code and secret, except on
 * loopback. */
static const char *fault_of_endpoint(const struct reading *reading, enum caller caller, struct sp_str text)
{
    const struct sp_origin *http_origin = &reading->client->route.http_origin;
    struct sp_url url;
    if (text.len > SP_ISSUER_METADATA_URL_MAX) {
        return "is too long";
    }
    if (!sp_issuer_metadata_parse_url(text, &url)) {
        return "is not an absolute URL, or has user information or a fragment";
    }
    bool is_near =
        reading->issuer_url.origin.scheme == SP_SCHEME_HTTP && sp_host_is_loopback(&url.origin.host);
    if (url.origin.scheme == SP_SCHEME_HTTPS || is_near) {
        return NULL;
    }
    if (caller == CALLED_BY_BROWSERS) {
        return "is not https: browsers use it, and insecure_issuer_http only covers sallyport's own requests";
    }
    return sp_origin_equal(&url.origin, http_origin) ? NULL
                                                     : "is not https: http is only allowed for the origin of "
                                                       "discovery_url, with insecure_issuer_http";
}

/* ---- members ------------------------------------------------------------------------------------- */

static void read_needed_endpoint(struct reading *reading, enum caller caller, const char *name, char **out)
{
    struct sp_str text;
    if (sp_json_get_string(reading->document, name, &text) != SP_OK) {
        return; /* reported by check_form */
    }
    const char *fault = fault_of_endpoint(reading, caller, text);
    if (fault != NULL) {
        refuse(reading, NULL, text.len > SP_ISSUER_METADATA_URL_MAX ? SP_ERR_LIMIT : SP_ERR_FORMAT,
               WHAT ": \"%s\" %s", name, fault);
        return;
    }
    *out = sp_str_dup(text);
    reading->error = *out != NULL ? reading->error : SP_ERR_MEMORY;
}

/* If out of memory, the result is NULL too, because no sign-in depends on it. Returns a description of the
 * fault, or NULL. */
static const char *read_optional_endpoint(const struct reading *reading, enum caller caller, const char *name,
                                          char **out)
{
    struct sp_str text;
    enum sp_error error = sp_json_get_string(reading->document, name, &text);
    if (error != SP_OK) {
        return error == SP_ERR_MISSING ? NULL : "is not a string";
    }
    const char *fault = fault_of_endpoint(reading, caller, text);
    *out = fault == NULL ? sp_str_dup(text) : NULL;
    return fault;
}

static void read_userinfo_endpoint(struct reading *reading, char **out)
{
    const char *fault = read_optional_endpoint(reading, CALLED_BY_US, "userinfo_endpoint", out);
    if (*out == NULL && reading->client->userinfo == SP_USERINFO_REQUIRED) {
        refuse(reading, "userinfo", SP_ERR_CONFIG,
               WHAT ": \"userinfo_endpoint\" %s, and the setting userinfo needs it",
               fault != NULL ? fault : "is missing");
    }
}

static void read_end_session_endpoint(struct reading *reading, char **out)
{
    const char *fault = read_optional_endpoint(reading, CALLED_BY_BROWSERS, "end_session_endpoint", out);
    if (fault != NULL) {
        warn(reading, NULL, WHAT ": \"end_session_endpoint\" %s: signing out ends the session here only",
             fault);
    } else if (*out == NULL && reading->client->id_token_hint) {
        warn(reading, "id_token_hint",
             WHAT ": \"end_session_endpoint\" is missing: there is nowhere to send the hint, and sessions "
                  "keep the ID token for nothing");
    }
}

static void read_revocation_endpoint(struct reading *reading, char **out)
{
    const char *fault = reading->client->renew
                            ? read_optional_endpoint(reading, CALLED_BY_US, "revocation_endpoint", out)
                            : NULL;
    if (fault != NULL) {
        warn(reading, NULL,
             WHAT ": \"revocation_endpoint\" %s: signing out does not end refresh tokens at the issuer",
             fault);
    }
}

/* Checks for the members that make it a discovery document at all: a proxy's error page has none of these. */
static void check_form(struct reading *reading)
{
    static const char *const needed[] = {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        struct sp_str text;
        enum sp_error error = sp_json_get_string(reading->document, needed[i], &text);
        if (error != SP_OK) {
            refuse(reading, NULL, error, WHAT ": \"%s\" is missing or not a string", needed[i]);
        }
    }
}

static void check_same_issuer(struct reading *reading)
{
    struct sp_str issuer = SP_STR_NONE;
    if (sp_json_get_string(reading->document, "issuer", &issuer) != SP_OK ||
        sp_str_equal(issuer, reading->issuer)) {
        return;
    }
    bool fits = issuer.len <= SP_DIAG_TEXT_MAX / 2;
    refuse(reading, "issuer", SP_ERR_MISMATCH,
           WHAT ": \"issuer\" is%s%.*s%s not the configured one, and must match it byte for byte",
           fits ? " \"" : "", fits ? (int)issuer.len : 0, issuer.ptr, fits ? "\"," : "");
}

/* A list that is present must contain one of `needed`; otherwise the given error is reported. An absent list
 * is valid. */
static void check_list(struct reading *reading, const char *name, const char *const *needed, size_t needed_n,
                       const char *setting, enum sp_error lack)
{
    struct sp_json_string_list list;
    enum sp_error error =
        sp_json_get_string_list(reading->document, name, SP_ISSUER_METADATA_LIST_MAX, &list);
    if (error == SP_ERR_MISSING) {
        return;
    }
    if (error != SP_OK) {
        refuse(reading, NULL, error, WHAT ": \"%s\" is not a list of at most %d strings", name,
               SP_ISSUER_METADATA_LIST_MAX);
        return;
    }
    for (size_t i = 0; i < needed_n; i++) {
        if (sp_json_string_list_contains(&list, sp_str_from_c(needed[i]))) {
            return;
        }
    }
    refuse(reading, setting, lack, WHAT ": \"%s\" lacks \"%s\"", name, needed[0]);
}

/* Issuers that accept public clients (such as Dex) rarely list `none`, so for a public client any listed
 * method that we support is enough. */
static void check_client_auth(struct reading *reading)
{
    static const char *const methods[] = {"client_secret_basic", "client_secret_post", "none"};
    static const size_t indexes[] = {
        [SP_CLIENT_AUTH_BASIC] = 0, [SP_CLIENT_AUTH_POST] = 1, [SP_CLIENT_AUTH_NONE] = 0};
    enum sp_client_auth auth = reading->client->auth;
    check_list(reading, "token_endpoint_auth_methods_supported", methods + indexes[auth],
               auth == SP_CLIENT_AUTH_NONE ? 3 : 1, "client_auth", SP_ERR_CONFIG);
}

/* Only warns: Dex lists the algorithm that it used at startup, which may not be the one it uses now. */
static void check_algorithms(struct reading *reading)
{
    static const char name[] = "id_token_signing_alg_values_supported";
    struct sp_json_string_list list;
    if (sp_json_get_string_list(reading->document, name, SP_ISSUER_METADATA_LIST_MAX, &list) != SP_OK) {
        return;
    }
    for (size_t i = 0; i < list.n; i++) {
        if (sp_algorithm_find(sp_json_string_list_at(&list, i)) != NULL) {
            return;
        }
    }
    warn(reading, NULL,
         WHAT ": \"%s\" has no accepted algorithm, such as RS256 or ES256: no ID token will be accepted",
         name);
}

static void read_iss_promise(struct reading *reading, bool *out)
{
    static const char name[] = "authorization_response_iss_parameter_supported";
    enum sp_error error = sp_json_get_boolean(reading->document, name, out);
    if (error != SP_OK && error != SP_ERR_MISSING) {
        refuse(reading, NULL, error, WHAT ": \"%s\" is neither true nor false", name);
    }
}

/* ---- scopes -------------------------------------------------------------------------------------- */

/* False if the issuer does not list its scopes. */
static bool get_scopes(const struct reading *reading, struct sp_json_string_list *out)
{
    return sp_json_get_string_list(reading->document, "scopes_supported", SP_ISSUER_METADATA_LIST_MAX, out) ==
           SP_OK;
}

static void read_default_scopes(struct reading *reading, char **out)
{
    struct sp_json_string_list list;
    bool is_listed = get_scopes(reading, &list);
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_ISSUER_METADATA_URL_MAX);
    for (size_t i = 0; i < sizeof default_scopes / sizeof default_scopes[0]; i++) {
        struct sp_str scope = sp_str_from_c(default_scopes[i]);
        if (i == 0 || !is_listed || sp_json_string_list_contains(&list, scope)) {
            sp_buf_append_c(&text, i == 0 ? "" : " ");
            sp_buf_append(&text, scope);
        }
    }
    *out = sp_str_dup(sp_buf_str(&text));
    reading->error = *out != NULL ? reading->error : SP_ERR_MEMORY;
}

/* `offline_access` is not one of the default scopes. */
static bool asks_offline_access(const struct sp_client *client)
{
    struct sp_str rest = client->scopes;
    while (rest.len > 0) {
        if (sp_str_equal(sp_str_cut(&rest, ' '), offline_access)) {
            return true;
        }
    }
    return false;
}

/* Configured scopes are sent unchanged, because some issuers accept scopes that they do not list. */
static void check_scopes(struct reading *reading)
{
    struct sp_json_string_list list;
    struct sp_str rest = reading->client->scopes;
    if (!get_scopes(reading, &list)) {
        return;
    }
    if (reading->client->renew && !asks_offline_access(reading->client) &&
        sp_json_string_list_contains(&list, offline_access)) {
        advise(reading, "scopes",
               WHAT ": \"scopes_supported\" lists \"offline_access\", which is not requested: most issuers "
                    "return a refresh token only with it, and renew: true has no effect without one. Add it "
                    "to scopes, unless sign-ins bring a refresh token");
    }
    while (rest.len > 0) {
        struct sp_str scope = sp_str_cut(&rest, ' ');
        if (!sp_json_string_list_contains(&list, scope)) {
            warn(reading, "scopes",
                 WHAT ": \"scopes_supported\" lacks \"%.*s\", which the setting scopes requests: the issuer "
                      "may refuse sign-ins with invalid_scope",
                 SP_STR_ARGS(scope));
        }
    }
}

struct sp_str sp_issuer_metadata_scopes(const struct sp_issuer_metadata *metadata,
                                        const struct sp_client *client)
{
    return client->scopes.len > 0 ? client->scopes : sp_str_from_c(metadata->default_scopes);
}

/* ---- parameters of the authorization request ----------------------------------------------------- */

/* No parameter may appear more than once (RFC 6749, section 3.1), and the endpoint's own query is kept. */
static void check_parameters(struct reading *reading, struct sp_str endpoint)
{
    const struct sp_authorization_parameters *parameters = &reading->client->parameters;
    struct sp_str query = sp_str_skip(endpoint, sp_str_find(endpoint, '?') + 1);
    for (size_t i = 0; i < parameters->items_n; i++) {
        struct sp_str raw;
        if (sp_form_find(query, sp_str_from_c(parameters->items[i].name), &raw) > 0) {
            warn(reading, "authorization_parameters",
                 WHAT ": \"authorization_endpoint\" already has \"%s\" in its query: leave it out, or it is "
                      "sent twice",
                 parameters->items[i].name);
        }
    }
}

/* ---- the whole document -------------------------------------------------------------------------- */

static void free_metadata(struct sp_issuer_metadata **metadata)
{
    sp_issuer_metadata_free(*metadata);
}

/* Reads every member, even after faults in others, so that all faults are reported at once. */
static void read_members(struct reading *reading, struct sp_issuer_metadata *metadata)
{
    static const char *const code = "code";
    static const char *const s256 = "S256";
    check_form(reading);
    if (reading->error != SP_OK) {
        return;
    }
    check_same_issuer(reading);
    check_client_auth(reading);
    check_list(reading, "code_challenge_methods_supported", &s256, 1, "pkce", SP_ERR_UNSUPPORTED);
    check_list(reading, "response_types_supported", &code, 1, NULL, SP_ERR_MISSING);
    check_algorithms(reading);
    check_scopes(reading);
    read_iss_promise(reading, &metadata->response_iss_promised);
    read_needed_endpoint(reading, CALLED_BY_BROWSERS, "authorization_endpoint",
                         &metadata->authorization_endpoint);
    check_parameters(reading, sp_str_from_c(metadata->authorization_endpoint));
    read_needed_endpoint(reading, CALLED_BY_US, "token_endpoint", &metadata->token_endpoint);
    read_needed_endpoint(reading, CALLED_BY_US, "jwks_uri", &metadata->jwks_uri);
    read_userinfo_endpoint(reading, &metadata->userinfo_endpoint);
    read_end_session_endpoint(reading, &metadata->end_session_endpoint);
    read_revocation_endpoint(reading, &metadata->revocation_endpoint);
    read_default_scopes(reading, &metadata->default_scopes);
}

static enum sp_error read_metadata(struct reading *reading, struct sp_issuer_metadata **out)
{
    __attribute__((cleanup(free_metadata))) struct sp_issuer_metadata *metadata = calloc(1, sizeof *metadata);
    if (metadata == NULL) {
        return SP_ERR_MEMORY;
    }
    read_members(reading, metadata);
    if (reading->error != SP_OK) {
        return reading->error;
    }
    metadata->issuer = sp_str_dup(reading->issuer);
    if (metadata->issuer == NULL) {
        return SP_ERR_MEMORY;
    }
    *out = metadata;
    metadata = NULL;
    return SP_OK;
}

enum sp_error sp_issuer_metadata_parse(struct sp_str document, struct sp_str issuer,
                                       const struct sp_client *client, struct sp_issuer_metadata **out,
                                       struct sp_issuer_metadata_findings *findings)
{
    struct sp_diag diag = {0};
    struct reading reading = {.issuer = issuer, .client = client, .findings = findings};
    enum sp_error error = parse_issuer(issuer, &reading.issuer_url, &diag);
    if (error != SP_OK) {
        refuse(&reading, NULL, error, "the issuer %s", diag.text);
        return error;
    }
    SP_JSON_SCOPED json_t *object = NULL;
    error = sp_json_parse_object(document, SP_ISSUER_METADATA_DOCUMENT_MAX, WHAT, &object, &diag);
    if (error != SP_OK) {
        refuse(&reading, NULL, error, "%s", diag.text);
        return error;
    }
    reading.document = object;
    return read_metadata(&reading, out);
}

bool sp_issuer_metadata_revokes_at_logout(const struct sp_issuer_metadata *metadata,
                                          const struct sp_client *client)
{
    return metadata->revocation_endpoint != NULL &&
           (metadata->end_session_endpoint == NULL || asks_offline_access(client));
}

void sp_issuer_metadata_free(struct sp_issuer_metadata *metadata)
{
    if (metadata == NULL) {
        return;
    }
    free(metadata->issuer);
    free(metadata->authorization_endpoint);
    free(metadata->token_endpoint);
    free(metadata->jwks_uri);
    free(metadata->userinfo_endpoint);
    free(metadata->end_session_endpoint);
    free(metadata->revocation_endpoint);
    free(metadata->default_scopes);
    free(metadata);
}

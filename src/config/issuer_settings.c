/* SPDX-License-Identifier: Apache-2.0 */
#include "config/issuer_settings.h"

#include "base/wording.h"
#include "config/config.h"
#include "http/field.h"
#include "http/url.h"
#include "oidc/authorization.h"
#include "oidc/issuer_metadata.h"

#include <stdlib.h>

#define SCOPE_MAX        128 /* bytes */
#define SCOPES_MAX       1024
#define SKEW_USUAL_MAX_S 120

#define refuse(setting, ...) sp_reading_refuse(reading, (setting), __VA_ARGS__)
#define warn(setting, ...)   sp_reading_warn(reading, (setting), __VA_ARGS__)
#define is_sound(setting)    sp_reading_is_sound(reading, (setting))

/* ---- location ------------------------------------------------------------------------------------- */

static enum sp_error check_issuer(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (sp_str_ends_with(text, SP_STR(SP_ISSUER_METADATA_DISCOVERY_PATH))) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is written without " SP_ISSUER_METADATA_DISCOVERY_PATH, SP_QUOTE(text));
    }
    struct sp_diag wrong = {0};
    enum sp_error error = sp_issuer_metadata_check_issuer(text, &wrong);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "\"%s\" %s", SP_QUOTE(text), wrong.text);
    }
    return SP_OK;
}

/* Parses `host:port`. A name is kept as written, since a resolver treats a trailing dot specially. */
static bool parse_server_address(struct sp_str text, struct sp_origin *out)
{
    size_t colon = text.len;
    while (colon > 0 && sp_ascii_is_digit(text.ptr[colon - 1])) {
        colon--;
    }
    bool has_port = colon > 0 && colon < text.len && text.ptr[colon - 1] == ':';
    return has_port && sp_origin_parse_authority(SP_SCHEME_HTTPS, text, out);
}

static enum sp_error check_server_address(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    struct sp_origin origin;
    if (!parse_server_address(text, &origin)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not a host with a port, such as dex.auth.svc:5556 or [fd00::1]:443, "
                           "without https:// and path",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error check_discovery_url(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    struct sp_url url;
    if (text.len > SP_ISSUER_METADATA_URL_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "is longer than %d bytes", SP_ISSUER_METADATA_URL_MAX);
    }
    if (!sp_issuer_metadata_parse_url(text, &url)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not the full URL of the discovery document, such as "
                           "https://keycloak.auth.svc:8443/realms/x" SP_ISSUER_METADATA_DISCOVERY_PATH
                           ", without user information and fragment",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

const struct sp_value_type sp_type_issuer = {.label = "URL", .check = check_issuer};
const struct sp_value_type sp_type_optional_issuer = {
    .label = "URL", .check = check_issuer, .is_optional = true};
const struct sp_value_type sp_type_server_address = {
    .label = "host:port", .check = check_server_address, .is_optional = true};
const struct sp_value_type sp_type_discovery_url = {
    .label = "URL", .check = check_discovery_url, .is_optional = true};

/* ---- parameters of the authorization request ------------------------------------------------------ */

/* A name is a param-name (RFC 6749, section 8.2). A parameter without a value counts as omitted (section
 * 3.1). */
static enum sp_error check_authorization_parameter(struct sp_str name, struct sp_str value,
                                                   struct sp_diag *diag)
{
    enum sp_error error = sp_value_check_label(name, diag);
    if (error != SP_OK) {
        return error;
    }
    if (sp_authorization_owns(name)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" belongs to the protocol, and only sallyport may set it: remove it",
                           SP_QUOTE(name));
    }
    if (value.len > SP_AUTHORIZATION_PARAMETER_VALUE_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "\"%s\" is longer than %d bytes", SP_QUOTE(name),
                           SP_AUTHORIZATION_PARAMETER_VALUE_MAX);
    }
    if (!sp_field_can_carry(value)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is empty, or has controls or spaces at an end",
                           SP_QUOTE(name));
    }
    return SP_OK;
}

static void free_authorization_parameter(void *value)
{
    struct sp_authorization_parameter *parameter = value;
    free(parameter->name);
    free(parameter->value);
}

static enum sp_error parse_authorization_parameter(SP_LIMITS, struct sp_str text, struct sp_diag *diag,
                                                   void *out)
{
    struct sp_str name = sp_str_cut(&text, '=');
    enum sp_error error = check_authorization_parameter(name, text, diag);
    if (error != SP_OK) {
        return error;
    }
    struct sp_authorization_parameter parameter = {sp_str_dup(name), sp_str_dup(text)};
    if (parameter.name == NULL || parameter.value == NULL) {
        free_authorization_parameter(&parameter);
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    *(struct sp_authorization_parameter *)out = parameter;
    return SP_OK;
}

static bool equal_authorization_parameters(const void *a, const void *b)
{
    return sp_str_equal_ci(sp_str_from_c(((const struct sp_authorization_parameter *)a)->name),
                           sp_str_from_c(((const struct sp_authorization_parameter *)b)->name));
}

const struct sp_value_type sp_type_authorization_parameters = {
    .label = "mapping of names to strings",
    .shape = SP_VALUE_PAIRS,
    .parse = parse_authorization_parameter,
    .item_len = sizeof(struct sp_authorization_parameter),
    .equal = equal_authorization_parameters,
    .done = free_authorization_parameter,
};

/* ---- scopes --------------------------------------------------------------------------------------- */

/* True for a scope-token: visible ASCII except `"` and `\` (RFC 6749, section 3.3). */
static bool is_scope(struct sp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c <= 0x20 || c > 0x7e || c == '"' || c == '\\') {
            return false;
        }
    }
    return text.len > 0 && text.len <= SCOPE_MAX;
}

bool sp_scopes_hold(const char *scopes, struct sp_str scope)
{
    return sp_str_has_part(sp_str_from_c(scopes), ' ', scope);
}

static enum sp_error append_scope(struct sp_str scope, struct sp_diag *diag, char **scopes)
{
    if (!is_scope(scope)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a scope: visible ASCII without quotes",
                           SP_QUOTE(scope));
    }
    if (sp_scopes_hold(*scopes, scope)) {
        return sp_diag_set(diag, SP_ERR_DUPLICATE, "\"%s\" appears twice", SP_QUOTE(scope));
    }

    SP_BUF_SCOPED struct sp_buf joined;
    sp_buf_init(&joined, SCOPES_MAX);
    sp_buf_append_c(&joined, *scopes != NULL ? *scopes : "");
    sp_buf_append_c(&joined, *scopes != NULL ? " " : "");
    sp_buf_append(&joined, scope);
    char *text = sp_buf_error(&joined) == SP_OK ? sp_str_dup(sp_buf_str(&joined)) : NULL;
    if (text == NULL) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "longer than %d bytes together", SCOPES_MAX);
    }
    free(*scopes);
    *scopes = text;
    return SP_OK;
}

static enum sp_error parse_scopes(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    enum sp_error error = SP_OK;
    struct sp_str rest = text;
    while (rest.ptr != NULL && error == SP_OK) {
        struct sp_str scope = sp_str_cut(&rest, ' ');
        if (scope.len > 0) {
            error = append_scope(scope, diag, out);
        }
    }
    return error;
}

const struct sp_value_type sp_type_scopes = {
    .label = "list of words", .shape = SP_VALUE_LIST, .parse = parse_scopes, .done = sp_value_free_text};

/* ---- rules between settings ----------------------------------------------------------------------- */

/* The origin of a URL; the null origin if the setting has no value, or one that was refused. */
static struct sp_origin origin_of(const char *url)
{
    struct sp_url parsed;
    bool is_url = url != NULL && sp_issuer_metadata_parse_url(sp_str_from_c(url), &parsed);
    return is_url ? parsed.origin : (struct sp_origin){.scheme = SP_SCHEME_NONE};
}

static bool crosses_the_network(const struct sp_origin *origin)
{
    return origin->scheme == SP_SCHEME_HTTP && !sp_host_is_loopback(&origin->host);
}

/* Over http, anybody on the network path can read the client secret and codes, and replace the keys. */
static void check_http(struct sp_reading *reading, const struct sp_config *config)
{
    struct sp_origin issuer = origin_of(config->issuer);
    struct sp_origin document = origin_of(config->discovery_url);
    struct sp_origin address;
    if (crosses_the_network(&document) && !config->insecure_issuer_http && is_sound("insecure_issuer_http")) {
        refuse("discovery_url",
               "is not https: anyone on the network path could log in as any user. Write https, or "
               "insecure_issuer_http: true if the path stays inside one pod network");
    }
    if (config->issuer_address != NULL && issuer.scheme == SP_SCHEME_HTTP &&
        parse_server_address(sp_str_from_c(config->issuer_address), &address) &&
        !sp_host_is_loopback(&address.host)) {
        refuse("issuer_address", "leads away from this machine, and the issuer is http, which is only "
                                 "allowed for a loopback address: the issuer must be https");
    }
}

static void complete_client_auth(struct sp_reading *reading, struct sp_config *config)
{
    bool is_given = sp_reading_is_given(reading, "client_auth");
    if (!is_sound("client_auth") || !is_sound("client_secret_file")) {
        return;
    }
    if (config->client_secret_file != NULL && config->client_auth == SP_CLIENT_AUTH_NONE) {
        refuse("client_auth", "is none although client_secret_file is set: remove one");
    }
    if (config->client_secret_file == NULL && is_given && config->client_auth != SP_CLIENT_AUTH_NONE) {
        refuse(
            "client_auth",
            "sends a secret, but client_secret_file is not set: set it, or remove this for a public client");
    }
    if (config->client_secret_file == NULL) {
        sp_reading_given(reading, "client_auth")->text = SP_STR("none");
        config->client_auth = SP_CLIENT_AUTH_NONE;
    }
}

static void check_authorization_parameters(struct sp_reading *reading, const struct sp_config *config)
{
    SP_BUF_ON_STACK(query, SP_AUTHORIZATION_PARAMETERS_URL_MAX);
    sp_authorization_append_parameters(&config->authorization_parameters, &query);
    if (sp_buf_error(&query) != SP_OK) {
        refuse("authorization_parameters", "together take more than %d bytes of the issuer's URL",
               SP_AUTHORIZATION_PARAMETERS_URL_MAX);
    }
}

static void check_audiences(struct sp_reading *reading, const struct sp_config *config)
{
    for (size_t i = 0; i < config->audiences.items_n && config->audiences.items_n > 1; i++) {
        if (strcmp(config->audiences.items[i], "any") == 0) {
            refuse("audiences", "any must be the only value: it accepts every client");
        }
    }
}

/* A token from the issuer is an identity and is always verified; it never passes through unread. */
static void check_passthrough(struct sp_reading *reading, const struct sp_config *config)
{
    for (size_t i = 0; i < config->passthrough_issuers.items_n; i++) {
        if (config->issuer != NULL && strcmp(config->passthrough_issuers.items[i], config->issuer) == 0) {
            refuse("passthrough_issuers", "contains the issuer itself, whose tokens are verified and never "
                                          "passed on unread: use bearer_audiences for them");
        }
    }
    if (config->passthrough_issuers.items_n == 0 && sp_config_passes_tokens(config)) {
        refuse("passthrough_issuers", "is empty, but a rule is passthrough: it could let nobody through");
    }
}

static void warn_passthrough(struct sp_reading *reading, const struct sp_config *config)
{
    if (config->passthrough_issuers.items_n > 0 && !sp_config_passes_tokens(config)) {
        warn("passthrough_issuers", "has no effect: no rule is passthrough");
    }
}

static void warn_address(struct sp_reading *reading, const struct sp_config *config)
{
    struct sp_origin issuer = origin_of(config->issuer);
    struct sp_origin document = origin_of(config->discovery_url);
    struct sp_origin address;
    if (issuer.scheme == SP_SCHEME_HTTP) {
        warn("issuer", "is not https: only for an issuer on this very machine");
    }
    if (config->issuer_address != NULL &&
        parse_server_address(sp_str_from_c(config->issuer_address), &address) &&
        issuer.port == address.port && sp_str_equal(sp_host_str(&issuer.host), sp_host_str(&address.host))) {
        warn("issuer_address", "is the issuer's own host and port: leave it out");
    }
    if (config->discovery_url != NULL && strstr(config->discovery_url, "/.well-known/") == NULL) {
        warn("discovery_url", "must be the full URL of the document, which usually ends in %s",
             SP_ISSUER_METADATA_DISCOVERY_PATH);
    }
    if (!config->insecure_issuer_http) {
        return;
    }
    if (crosses_the_network(&document)) {
        warn("insecure_issuer_http",
             "the client secret and codes cross the network to %s in the clear, and anyone who can alter a "
             "response there can log in as any user: only use it inside one pod network",
             document.host.name);
    } else {
        warn("insecure_issuer_http",
             "has no effect: it only applies to a discovery_url with http, and to endpoints at its origin");
    }
}

static void warn_client(struct sp_reading *reading, const struct sp_config *config)
{
    if (config->client_secret_file == NULL) {
        warn("client_secret_file",
             "not set, so this is a public client: anyone can act as this client towards the issuer");
    }
    for (size_t i = 0; i < config->authorization_parameters.items_n; i++) {
        const struct sp_authorization_parameter *parameter = &config->authorization_parameters.items[i];
        if (strcmp(parameter->name, "prompt") == 0 &&
            sp_str_has_part(sp_str_from_c(parameter->value), ' ', SP_STR("none"))) {
            warn("authorization_parameters",
                 "prompt: none forbids the issuer to show a form: a user who is not already signed in there "
                 "is refused (403 issuer_refused, login_required)");
        }
    }
    if (config->clock_skew_s > SKEW_USUAL_MAX_S) {
        warn("clock_skew", "more than 2m: correct the clocks instead");
    }
}

void sp_issuer_settings_check(struct sp_reading *reading)
{
    struct sp_config *config = reading->object;
    config->has_scopes = sp_reading_is_given(reading, "scopes");
    check_http(reading, config);
    complete_client_auth(reading, config);
    check_authorization_parameters(reading, config);
    check_audiences(reading, config);
    check_passthrough(reading, config);
}

void sp_issuer_settings_warn(struct sp_reading *reading)
{
    warn_address(reading, reading->object);
    warn_client(reading, reading->object);
    warn_passthrough(reading, reading->object);
}

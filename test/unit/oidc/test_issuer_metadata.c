/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/issuer_metadata.h"

#include "../suite.h"
#include "faults.h"
#include "issuer.h"

/* Dex 2.45, shortened. */
static const char dex[] =
    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" ISSUER "/auth\",\"token_endpoint\":\"" ISSUER
    "/token\",\"jwks_uri\":\"" ISSUER "/keys\",\"userinfo_endpoint\":\"" ISSUER "/userinfo\","
    "\"device_authorization_endpoint\":\"" ISSUER "/device/code\",\"grant_types_supported\":"
    "[\"authorization_code\",\"refresh_token\"],\"response_types_supported\":[\"code\"],"
    "\"subject_types_supported\":[\"public\"],\"id_token_signing_alg_values_supported\":[\"RS256\"],"
    "\"code_challenge_methods_supported\":[\"S256\",\"plain\"],\"scopes_supported\":[\"openid\",\"email\","
    "\"groups\",\"profile\",\"offline_access\"],\"claims_supported\":[\"iss\",\"sub\"]}";

static const struct sp_client usual = {.auth = SP_CLIENT_AUTH_BASIC};
static struct sp_client client = {.auth = SP_CLIENT_AUTH_BASIC};
static struct sp_issuer_metadata_findings findings;

static enum sp_error parse_for(const char *issuer, const char *document)
{
    ISSUER_PROVIDER metadata = NULL;
    findings.n = 0;
    enum sp_error error = sp_issuer_metadata_parse(sp_str_from_c(document), sp_str_from_c(issuer), &client,
                                                   &metadata, &findings);
    ck_assert((metadata != NULL) == (error == SP_OK));
    ck_assert_msg((sp_issuer_metadata_refusal(&findings) != NULL) == (error != SP_OK), "%s", document);
    return error;
}

static enum sp_error parse_with(const char *members)
{
    SIGNER_TEXT text = text_format("{\"issuer\":\"" ISSUER "\"," ISSUER_ENDPOINTS ",%s}", members);
    return parse_for(ISSUER, text);
}

SP_TEST(the_document_of_dex_is_read)
{
    ISSUER_PROVIDER metadata = NULL;
    ck_assert_int_eq(sp_issuer_metadata_parse(SP_STR(dex), SP_STR(ISSUER), &issuer_client, &metadata, NULL),
                     SP_OK);
    ck_assert_str_eq(metadata->issuer, ISSUER);
    ck_assert_str_eq(metadata->authorization_endpoint, ISSUER "/auth");
    ck_assert_str_eq(metadata->token_endpoint, ISSUER "/token");
    ck_assert_str_eq(metadata->jwks_uri, ISSUER "/keys");
    ck_assert_str_eq(metadata->userinfo_endpoint, ISSUER "/userinfo");
    ck_assert_ptr_null(metadata->end_session_endpoint);
    ck_assert(!metadata->response_iss_promised);
}
SP_TEST_END

SP_TEST(optional_members_are_read)
{
    ISSUER_PROVIDER metadata =
        issuer_metadata(",\"end_session_endpoint\":\"https://other.example/logout?x=1\","
                        "\"authorization_response_iss_parameter_supported\":true");
    ck_assert_str_eq(metadata->end_session_endpoint, "https://other.example/logout?x=1");
    ck_assert_ptr_null(metadata->userinfo_endpoint);
    ck_assert(metadata->response_iss_promised);
    ck_assert_int_eq(parse_with("\"end_session_endpoint\":null"), SP_OK);
    ck_assert_int_eq(parse_with("\"authorization_response_iss_parameter_supported\":\"true\""),
                     SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(ac_20_the_issuer_is_the_configured_one_byte_for_byte)
{
    static const char *const others[] = {ISSUER "/",
                                         "https://ISSUER.example/dex",
                                         "https://issuer.example:443/dex",
                                         "https://issuer.example/dex2",
                                         "https://issuer.example/",
                                         "https://other.example/dex",
                                         "https://issuer.example/%64ex"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(parse_for(others[i], dex) == SP_ERR_MISMATCH, "%s", others[i]);
    }
    ck_assert_int_eq(parse_for(ISSUER, "{" ISSUER_ENDPOINTS "}"), SP_ERR_MISSING);
    ck_assert_int_eq(parse_for(ISSUER, "{\"issuer\":[\"" ISSUER "\"]," ISSUER_ENDPOINTS "}"), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(a_required_endpoint_that_is_missing_is_an_error)
{
    static const char *const names[] = {"authorization_endpoint", "token_endpoint", "jwks_uri"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *document = json_loads(dex, 0, NULL);
        json_object_del(document, names[i]);
        SIGNER_TEXT without = json_dumps(document, 0);
        json_object_set_new(document, names[i], json_integer(1));
        SIGNER_TEXT wrong = json_dumps(document, 0);
        json_decref(document);
        ck_assert_int_eq(parse_for(ISSUER, without), SP_ERR_MISSING);
        ck_assert_int_eq(parse_for(ISSUER, wrong), SP_ERR_FORMAT);
    }
}
SP_TEST_END

SP_TEST(ac_24_endpoints_are_https_without_tricks)
{
    static const char *const wrong[] = {"http://issuer.example/logout",
                                        "http://127.0.0.1/logout",
                                        "http://169.254.169.254/latest",
                                        "https://user@issuer.example/logout",
                                        "https://user:secret@issuer.example/x",
                                        "https://issuer.example/logout#f",
                                        "//issuer.example/logout",
                                        "/logout",
                                        "logout",
                                        "",
                                        "ftp://issuer.example/",
                                        "javascript:alert(1)",
                                        "https://",
                                        "https:///logout",
                                        "https://issuer.example/a b",
                                        "https://issuer.example\\\\@evil.example/",
                                        "wss://issuer.example/logout",
                                        "HTTPS://issuer.example/logout",
                                        "file:///etc/passwd",
                                        "https://issuer.example/\\u000d\\u000aX: y"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        SIGNER_TEXT needed =
            text_format("{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" ISSUER
                        "/auth\",\"token_endpoint\":\"%s\",\"jwks_uri\":\"" ISSUER "/keys\"}",
                        wrong[i]);
        SIGNER_TEXT optional =
            text_format(",\"end_session_endpoint\":\"%1$s\",\"userinfo_endpoint\":\"%1$s\"", wrong[i]);
        ck_assert_msg(parse_for(ISSUER, needed) == SP_ERR_FORMAT, "%s", wrong[i]);
        ck_assert_ptr_nonnull(
            strstr(findings.items[0].text, "the discovery document: \"token_endpoint\" is no"));
        ISSUER_PROVIDER metadata = issuer_metadata(optional);
        ck_assert_ptr_null(metadata->end_session_endpoint);
        ck_assert_ptr_null(metadata->userinfo_endpoint);
    }
}
SP_TEST_END

static enum sp_error parse_loopback(const char *issuer, const char *token_endpoint)
{
    SIGNER_TEXT text = text_format("{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/auth\","
                                   "\"token_endpoint\":\"%s\",\"jwks_uri\":\"%s/keys\"}",
                                   issuer, issuer, token_endpoint, issuer);
    return parse_for(issuer, text);
}

SP_TEST(plain_http_is_for_loopback_and_stays_there)
{
    ck_assert_int_eq(parse_loopback("http://127.0.0.1:5556/dex", "http://127.0.0.1:5556/dex/token"), SP_OK);
    ck_assert_int_eq(parse_loopback("http://127.8.9.1/dex", "http://localhost/dex/token"), SP_OK);
    ck_assert_int_eq(parse_loopback("http://[::1]:5556", "http://[::1]:5556/token"), SP_OK);
    ck_assert_int_eq(parse_loopback("http://localhost:5556", "https://elsewhere.example/token"), SP_OK);
    ck_assert_int_eq(parse_loopback("http://localhost:5556", "http://elsewhere.example/token"),
                     SP_ERR_FORMAT);
    ck_assert_int_eq(parse_loopback("http://localhost:5556", "http://128.0.0.1/token"), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_loopback("http://issuer.example", "http://issuer.example/token"), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_loopback("https://localhost", "http://localhost/token"), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(a_document_that_speaks_against_our_flow_is_refused)
{
    ck_assert_int_eq(parse_with("\"code_challenge_methods_supported\":[\"plain\"]"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse_with("\"code_challenge_methods_supported\":[]"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse_with("\"code_challenge_methods_supported\":[\"s256\"]"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse_with("\"code_challenge_methods_supported\":[1]"), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_with("\"code_challenge_methods_supported\":[\"S256\"]"), SP_OK);
    ck_assert_int_eq(parse_with("\"response_types_supported\":[\"token\",\"id_token\",\"code token\"]"),
                     SP_ERR_MISSING);
    ck_assert_int_eq(parse_with("\"response_types_supported\":[\"id_token\",\"code\"]"), SP_OK);
    ck_assert_int_eq(parse_with("\"response_types_supported\":true"), SP_ERR_FORMAT);
}
SP_TEST_END

#define METHODS(list) "\"token_endpoint_auth_methods_supported\":[" list "]"

SP_TEST(the_token_endpoint_takes_how_the_client_proves_itself)
{
    static const struct {
        enum sp_client_auth auth;
        const char *members;
        enum sp_error error;
    } cases[] = {
        {SP_CLIENT_AUTH_BASIC, METHODS("\"client_secret_basic\""), SP_OK},
        {SP_CLIENT_AUTH_BASIC, METHODS("\"client_secret_post\""), SP_ERR_CONFIG},
        {SP_CLIENT_AUTH_POST, METHODS("\"client_secret_basic\",\"client_secret_post\""), SP_OK},
        {SP_CLIENT_AUTH_POST, METHODS("\"client_secret_basic\""), SP_ERR_CONFIG},
        {SP_CLIENT_AUTH_BASIC, METHODS("\"private_key_jwt\",\"tls_client_auth\""), SP_ERR_CONFIG},
        {SP_CLIENT_AUTH_NONE, METHODS("\"private_key_jwt\""), SP_ERR_CONFIG},
        {SP_CLIENT_AUTH_NONE, METHODS("\"client_secret_basic\",\"client_secret_post\""), SP_OK}, /* Dex */
        {SP_CLIENT_AUTH_NONE, METHODS("\"none\""), SP_OK},
        {SP_CLIENT_AUTH_BASIC, METHODS(""), SP_ERR_CONFIG},
        {SP_CLIENT_AUTH_POST, "\"x\":1", SP_OK},
        {SP_CLIENT_AUTH_POST, "\"token_endpoint_auth_methods_supported\":1", SP_ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        client.auth = cases[i].auth;
        ck_assert_msg(parse_with(cases[i].members) == cases[i].error, "case %zu", i);
    }
    client = usual;
}
SP_TEST_END

/* The setting that a document contradicts, or NULL. */
static const char *contradicted(const char *issuer, const char *document)
{
    enum sp_error error = parse_for(issuer, document);
    return error == SP_OK ? NULL : sp_issuer_metadata_refusal(&findings)->setting;
}

static const char *contradicted_by(const char *members)
{
    SIGNER_TEXT text = text_format("{\"issuer\":\"" ISSUER "\"," ISSUER_ENDPOINTS ",%s}", members);
    return contradicted(ISSUER, text);
}

/* Only a complete discovery document can contradict a setting: otherwise nobody knows what the issuer
 * meant. */
SP_TEST(what_is_no_discovery_document_contradicts_nothing)
{
    static const char *const others[] = {
        "{}",
        "[]",
        "<html>",
        "{\"issuer\":\"https://other.example\"}",
        "{\"issuer\":\"https://other.example\",\"authorization_endpoint\":\"https://o/a\",\"token_endpoint\":"
        "\"https://o/t\"}",
        "{\"issuer\":\"https://other.example\",\"authorization_endpoint\":\"https://o/a\",\"token_endpoint\":"
        "\"https://o/t\",\"jwks_uri\":null}",
        "{\"issuer\":\"" ISSUER "\",\"code_challenge_methods_supported\":[\"plain\"]}",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(contradicted(ISSUER, others[i]) == NULL, "%s", others[i]);
    }
    ck_assert_str_eq(contradicted("https://other.example", dex), "issuer");
    ck_assert_str_eq(contradicted_by("\"code_challenge_methods_supported\":[\"plain\"]"), "pkce");
    ck_assert_str_eq(contradicted_by(METHODS("\"private_key_jwt\"")), "client_auth");
    ck_assert_ptr_null(contradicted_by("\"response_types_supported\":[\"token\"]"));
}
SP_TEST_END

SP_TEST(an_optional_endpoint_matters_where_it_is_used)
{
    static const char *const wrong[] = {"\"x\":1", "\"userinfo_endpoint\":\"/userinfo\"",
                                        "\"userinfo_endpoint\":7",
                                        "\"userinfo_endpoint\":\"http://issuer.example/userinfo\""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        client.userinfo = SP_USERINFO_UNUSED;
        ck_assert_int_eq(parse_with(wrong[i]), SP_OK);
        ck_assert_uint_eq(findings.n, 0);
        client.userinfo = SP_USERINFO_REQUIRED;
        ck_assert_int_eq(parse_with(wrong[i]), SP_ERR_CONFIG);
        ck_assert_str_eq(findings.items[0].setting, "userinfo");
        ck_assert_ptr_nonnull(strstr(findings.items[0].text, "\"userinfo_endpoint\" is "));
    }
    ck_assert_int_eq(parse_with("\"userinfo_endpoint\":\"" ISSUER "/userinfo\""), SP_OK);
    ck_assert_int_eq(
        parse_with("\"userinfo_endpoint\":\"" ISSUER "/userinfo\",\"end_session_endpoint\":\"/end\""), SP_OK);
    ck_assert_uint_eq(findings.n, 1);
    ck_assert_int_eq(findings.items[0].weight, SP_ISSUER_METADATA_WARNED);
    ck_assert_ptr_nonnull(strstr(findings.items[0].text, "\"end_session_endpoint\" is not an absolute URL"));
    client = usual;
    client.renew = true;
    ck_assert_int_eq(parse_with("\"revocation_endpoint\":\"http://issuer.example/revoke\""), SP_OK);
    ck_assert_uint_eq(findings.n, 1);
    ck_assert_ptr_nonnull(strstr(findings.items[0].text, "\"revocation_endpoint\" is not https"));
    client = usual;
}
SP_TEST_END

SP_TEST(a_hint_for_an_issuer_without_a_logout_is_warned_of)
{
    client.id_token_hint = true;
    ck_assert_int_eq(parse_with("\"end_session_endpoint\":\"" ISSUER "/end\""), SP_OK);
    ck_assert_uint_eq(findings.n, 0);
    ck_assert_int_eq(parse_with("\"x\":1"), SP_OK);
    ck_assert_uint_eq(findings.n, 1);
    ck_assert_int_eq(findings.items[0].weight, SP_ISSUER_METADATA_WARNED);
    ck_assert_str_eq(findings.items[0].setting, "id_token_hint");
    client = usual;
}
SP_TEST_END

#define ASKED_AT(path)                                                                                       \
    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" ISSUER path "\",\"token_endpoint\":\"" ISSUER \
    "/token\",\"jwks_uri\":\"" ISSUER "/keys\"}"

SP_TEST(a_parameter_that_the_endpoint_brings_itself_is_told)
{
    struct sp_authorization_parameter items[] = {
        {(char[]){"p"}, (char[]){"b2c"}},
        {(char[]){"q"}, (char[]){"x"}},
    };
    client.parameters = (struct sp_authorization_parameters){items, 2};
    ck_assert_int_eq(parse_for(ISSUER, ASKED_AT("/auth?x=q&p=a")), SP_OK);
    ck_assert_uint_eq(findings.n, 1);
    ck_assert_int_eq(findings.items[0].weight, SP_ISSUER_METADATA_WARNED);
    ck_assert_str_eq(findings.items[0].setting, "authorization_parameters");
    ck_assert_ptr_nonnull(strstr(findings.items[0].text, "already has \"p\" in its query"));
    ck_assert_int_eq(parse_for(ISSUER, ASKED_AT("/p=a&q")), SP_OK);
    ck_assert_uint_eq(findings.n, 0);
    client = usual;
}
SP_TEST_END

SP_TEST(algorithms_of_which_none_is_ours_are_told)
{
    ck_assert_int_eq(parse_with("\"id_token_signing_alg_values_supported\":[\"HS256\",\"none\"]"), SP_OK);
    ck_assert_uint_eq(findings.n, 1);
    ck_assert_ptr_nonnull(strstr(findings.items[0].text,
                                 "\"id_token_signing_alg_values_supported\" has no accepted algorithm"));
    ck_assert_int_eq(parse_with("\"id_token_signing_alg_values_supported\":[\"HS256\",\"EdDSA\"]"), SP_OK);
    ck_assert_uint_eq(findings.n, 0);
}
SP_TEST_END

SP_TEST(all_that_contradicts_is_told_at_once)
{
    client.scopes = SP_STR("openid groups");
    SIGNER_TEXT text = text_format("{\"issuer\":\"https://other.example\"," ISSUER_ENDPOINTS "," METHODS(
        "\"private_key_jwt\"") ","
                               "\"code_challenge_methods_supported\":[\"plain\"],\"response_types_"
                               "supported\":[\"token\"],"
                               "\"id_token_signing_alg_values_supported\":[\"HS256\"],\"scopes_supported\":["
                               "\"openid\"],"
                               "\"end_session_endpoint\":\"http://issuer.example/end\"}");
    ck_assert_int_eq(parse_for(ISSUER, text), SP_ERR_MISMATCH);
    ck_assert_uint_eq(findings.n, 7);
    static const char *const settings[] = {"issuer", "client_auth", "pkce", NULL, NULL, "scopes", NULL};
    for (size_t i = 0; i < findings.n; i++) {
        ck_assert_pstr_eq(findings.items[i].setting, settings[i]);
    }
    ck_assert_str_eq(findings.items[0].text,
                     "the discovery document: \"issuer\" is \"https://other.example\", not the configured "
                     "one, and must match it byte for byte");
    client = usual;
}
SP_TEST_END

SP_TEST(ac_24_documents_and_urls_have_ceilings)
{
    SIGNER_TEXT document = malloc(SP_ISSUER_METADATA_DOCUMENT_MAX + 1);
    memset(document, ' ', SP_ISSUER_METADATA_DOCUMENT_MAX + 1);
    memcpy(document, dex, sizeof dex - 1);
    struct sp_issuer_metadata *metadata = NULL;
    struct sp_str longest = {document, SP_ISSUER_METADATA_DOCUMENT_MAX};
    struct sp_str longer = {document, SP_ISSUER_METADATA_DOCUMENT_MAX + 1};
    ck_assert_int_eq(sp_issuer_metadata_parse(longer, SP_STR(ISSUER), &issuer_client, &metadata, NULL),
                     SP_ERR_LIMIT);
    ck_assert_int_eq(sp_issuer_metadata_parse(longest, SP_STR(ISSUER), &issuer_client, &metadata, NULL),
                     SP_OK);
    sp_issuer_metadata_free(metadata);
    SIGNER_TEXT longest_url =
        text_format("\"userinfo_endpoint\":\"https://a/%0*d\"", SP_ISSUER_METADATA_URL_MAX - 10, 0);
    SIGNER_TEXT longer_url =
        text_format("\"userinfo_endpoint\":\"https://a/%0*d\"", SP_ISSUER_METADATA_URL_MAX - 9, 0);
    client.userinfo = SP_USERINFO_REQUIRED;
    ck_assert_int_eq(parse_with(longest_url), SP_OK);
    ck_assert_int_eq(parse_with(longer_url), SP_ERR_CONFIG);
    client = usual;
}
SP_TEST_END

SP_TEST(a_list_has_a_ceiling)
{
    SP_BUF_SCOPED struct sp_buf members;
    sp_buf_init(&members, 8192);
    sp_buf_append_c(&members, "\"response_types_supported\":[\"code\"");
    for (size_t i = 1; i < SP_ISSUER_METADATA_LIST_MAX; i++) {
        sp_buf_append_c(&members, ",\"x\"");
    }
    size_t len = members.len;
    sp_buf_append_char(&members, ']');
    ck_assert_int_eq(parse_with(sp_buf_c_str(&members)), SP_OK);
    members.len = len;
    sp_buf_append_c(&members, ",\"x\"]");
    ck_assert_int_eq(parse_with(sp_buf_c_str(&members)), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(a_truncated_or_ambiguous_document_is_refused)
{
    for (size_t len = 0; len < sizeof dex - 1; len++) {
        struct sp_issuer_metadata *metadata = NULL;
        ck_assert_int_ne(sp_issuer_metadata_parse((struct sp_str){dex, len}, SP_STR(ISSUER), &issuer_client,
                                                  &metadata, NULL),
                         SP_OK);
    }
    ck_assert_int_eq(parse_with("\"jwks_uri\":\"https://evil.example/keys\""), SP_ERR_DUPLICATE);
    ck_assert_int_eq(parse_for(ISSUER, "[]"), SP_ERR_FORMAT);
}
SP_TEST_END

/* OpenID Connect Discovery 1.0, section 4. */
static bool is_document(const char *document)
{
    return parse_for(ISSUER, document) == SP_OK;
}

SP_TEST(ac_24_no_member_of_the_document_may_have_a_fault)
{
    static const struct member members[] = {
        {"issuer", "\"" ISSUER "\"", FAULT_NEVER},
        {"authorization_endpoint", "\"" ISSUER "/auth\"", FAULT_NEVER},
        {"token_endpoint", "\"" ISSUER "/token\"", FAULT_NEVER},
        {"jwks_uri", "\"" ISSUER "/keys\"", FAULT_NEVER},
        {"userinfo_endpoint", "\"" ISSUER "/userinfo\"", FAULT_ANY},
        {"end_session_endpoint", "\"" ISSUER "/end\"", FAULT_ANY},
        {"response_types_supported", "\"code\"", FAULT_ABSENT | FAULT_LIST_OF},
        {"code_challenge_methods_supported", "\"S256\"", FAULT_ABSENT | FAULT_LIST_OF},
        {"authorization_response_iss_parameter_supported", "false", FAULT_ABSENT | FAULT_TRUE},
        {"scopes_supported", "[\"openid\"]", FAULT_ANY},
    };
    check_faults(members, MEMBERS_N(members), is_document);
}
SP_TEST_END

SP_TEST(the_document_is_below_the_issuer_with_one_slash)
{
    static const char *const cases[][2] = {
        {"https://issuer.example", "https://issuer.example/.well-known/openid-configuration"},
        {"https://issuer.example/", "https://issuer.example/.well-known/openid-configuration"},
        {"https://issuer.example/dex", "https://issuer.example/dex/.well-known/openid-configuration"},
        {"https://issuer.example/dex/", "https://issuer.example/dex/.well-known/openid-configuration"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SP_BUF_SCOPED struct sp_buf url;
        sp_buf_init(&url, 200);
        sp_issuer_metadata_append_discovery_url(sp_str_from_c(cases[i][0]), &client, &url);
        ck_assert_str_eq(sp_buf_c_str(&url), cases[i][1]);
    }
}
SP_TEST_END

SP_TEST(the_document_is_where_the_client_says)
{
    static const char url[] = "http://keycloak:8080/realms/x/.well-known/openid-configuration?p=1";
    const struct sp_client elsewhere = {.discovery_url = url};
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 200);
    sp_issuer_metadata_append_discovery_url(SP_STR(ISSUER), &elsewhere, &text);
    ck_assert_str_eq(sp_buf_c_str(&text), url);
}
SP_TEST_END

/* A document of ISSUER, read with http allowed to http://keycloak:8080. */
static enum sp_error parse_endpoints(const char *authorization, const char *token, const char *jwks,
                                     const char *userinfo)
{
    client.route.http_origin = (struct sp_origin){.scheme = SP_SCHEME_NONE};
    ck_assert(sp_origin_parse(SP_STR("http://keycloak:8080"), &client.route.http_origin));
    SIGNER_TEXT text =
        text_format("{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"%s\",\"token_endpoint\":"
                    "\"%s\",\"jwks_uri\":\"%s\",\"userinfo_endpoint\":\"%s\"}",
                    authorization, token, jwks, userinfo);
    enum sp_error error = parse_for(ISSUER, text);
    client.route.http_origin = (struct sp_origin){.scheme = SP_SCHEME_NONE};
    return error;
}

#define INSIDE "http://keycloak:8080/realms/x"

SP_TEST(http_is_for_sallyports_own_calls_to_the_one_origin)
{
    client.userinfo = SP_USERINFO_REQUIRED;
    ck_assert_int_eq(parse_endpoints(ISSUER "/a", INSIDE "/t", INSIDE "/k", INSIDE "/u"), SP_OK);
    ck_assert_int_eq(
        parse_endpoints(ISSUER "/a", ISSUER "/t", "http://KEYCLOAK:8080/k", "https://b.example/u"), SP_OK);
    static const struct {
        const char *endpoints[4], *said;
    } cases[] = {
        {{INSIDE "/a", INSIDE "/t", INSIDE "/k", INSIDE "/u"},
         "the discovery document: \"authorization_endpoint\" is not https: browsers use it"},
        {{ISSUER "/a", "http://keycloak:8081/t", INSIDE "/k", INSIDE "/u"},
         "\"token_endpoint\" is not https: http is only allowed for the origin of discovery_url, with "
         "insecure_issuer_http"},
        {{ISSUER "/a", "http://keycloak/t", INSIDE "/k", INSIDE "/u"}, "\"token_endpoint\" is not https"},
        {{ISSUER "/a", INSIDE "/t", "http://keycloak.auth:8080/k", INSIDE "/u"}, "\"jwks_uri\" is not https"},
        {{ISSUER "/a", INSIDE "/t", "http://127.0.0.1:8080/k", INSIDE "/u"}, "\"jwks_uri\" is not https"},
        {{ISSUER "/a", INSIDE "/t", INSIDE "/k", "http://issuer.example/u"},
         "\"userinfo_endpoint\" is not https"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const *at = cases[i].endpoints;
        ck_assert_int_ne(parse_endpoints(at[0], at[1], at[2], at[3]), SP_OK);
        ck_assert_msg(strstr(sp_issuer_metadata_refusal(&findings)->text, cases[i].said) != NULL, "%s",
                      sp_issuer_metadata_refusal(&findings)->text);
    }
    client.userinfo = SP_USERINFO_UNUSED;
    client = usual;
}
SP_TEST_END

SP_TEST(the_page_for_signing_out_is_https_wherever_the_document_was_read)
{
    ck_assert(sp_origin_parse(SP_STR("http://keycloak:8080"), &client.route.http_origin));
    ck_assert_int_eq(parse_with("\"end_session_endpoint\":\"" INSIDE "/end\""), SP_OK);
    client.route.http_origin = (struct sp_origin){.scheme = SP_SCHEME_NONE};
    ck_assert_uint_eq(findings.n, 1);
    ck_assert_ptr_nonnull(strstr(findings.items[0].text, "\"end_session_endpoint\" is not https: browsers"));
}
SP_TEST_END

SP_TEST(an_issuer_has_neither_query_nor_fragment_nor_user_information)
{
    static const char *const wrong[] = {"",
                                        "issuer.example",
                                        "http://issuer.example",
                                        "https://issuer.example?x",
                                        "https://issuer.example/dex?",
                                        "https://issuer.example/dex#",
                                        "https://a@issuer.example/dex",
                                        "wss://issuer.example/dex",
                                        "HTTPS://issuer.example/dex"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct sp_diag diag = {0};
        ck_assert_msg(sp_issuer_metadata_check_issuer(sp_str_from_c(wrong[i]), &diag) == SP_ERR_FORMAT, "%s",
                      wrong[i]);
        ck_assert_str_ne(diag.text, "");
    }
    ck_assert_int_eq(sp_issuer_metadata_check_issuer(SP_STR(ISSUER), NULL), SP_OK);
    ck_assert_int_eq(sp_issuer_metadata_check_issuer(SP_STR("http://127.0.0.1:5556/dex"), NULL), SP_OK);
    SIGNER_TEXT longest = text_format("https://a/%0*d", SP_ISSUER_METADATA_URL_MAX - 10, 0);
    SIGNER_TEXT longer = text_format("https://a/%0*d", SP_ISSUER_METADATA_URL_MAX - 9, 0);
    ck_assert_int_eq(sp_issuer_metadata_check_issuer(sp_str_from_c(longest), NULL), SP_OK);
    ck_assert_int_eq(sp_issuer_metadata_check_issuer(sp_str_from_c(longer), NULL), SP_ERR_LIMIT);
}
SP_TEST_END

SP_SUITE("provider", the_document_of_dex_is_read, optional_members_are_read,
         ac_20_the_issuer_is_the_configured_one_byte_for_byte,
         a_required_endpoint_that_is_missing_is_an_error, ac_24_endpoints_are_https_without_tricks,
         plain_http_is_for_loopback_and_stays_there, a_document_that_speaks_against_our_flow_is_refused,
         the_token_endpoint_takes_how_the_client_proves_itself,
         what_is_no_discovery_document_contradicts_nothing, an_optional_endpoint_matters_where_it_is_used,
         a_hint_for_an_issuer_without_a_logout_is_warned_of,
         a_parameter_that_the_endpoint_brings_itself_is_told, algorithms_of_which_none_is_ours_are_told,
         all_that_contradicts_is_told_at_once, ac_24_documents_and_urls_have_ceilings, a_list_has_a_ceiling,
         a_truncated_or_ambiguous_document_is_refused, ac_24_no_member_of_the_document_may_have_a_fault,
         the_document_is_below_the_issuer_with_one_slash, the_document_is_where_the_client_says,
         http_is_for_sallyports_own_calls_to_the_one_origin,
         the_page_for_signing_out_is_https_wherever_the_document_was_read,
         an_issuer_has_neither_query_nor_fragment_nor_user_information)

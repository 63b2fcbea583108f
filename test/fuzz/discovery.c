/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The issuer's document: an accepted one names the configured issuer, and its URLs lead to a host over https
 * only, or to this machine if the issuer is there too. The URLs that sallyport calls itself may also lead
 * over http to the one origin that the client's route allows. The first byte selects a remote issuer, one on
 * loopback, or a remote one whose document was read through the client's route.
 */

#include "jose/json.h"
#include "oidc/issuer_metadata.h"

#include "fuzz.h"

#define FAR  SP_STR("https://issuer.example/dex")
#define NEAR SP_STR("http://127.0.0.1:5556/dex")

enum place {
    AWAY,
    ON_LOOPBACK,
    READ_INSIDE,
};

static enum sp_error parse(struct sp_str document, struct sp_str issuer, enum place place,
                           struct sp_issuer_metadata **out)
{
    struct sp_client client = {.scopes = {"openid groups", 13}};
    if (place == READ_INSIDE) {
        ck_assert(sp_origin_parse(SP_STR("http://keycloak:8080"), &client.route.http_origin));
    }
    struct sp_issuer_metadata_findings findings = {.n = 0};
    enum sp_error error = sp_issuer_metadata_parse(document, issuer, &client, out, &findings);
    ck_assert_int_eq(error != SP_OK && error != SP_ERR_MEMORY, sp_issuer_metadata_refusal(&findings) != NULL);
    ck_assert_uint_le(findings.n, SP_ISSUER_METADATA_FINDINGS_MAX);
    for (size_t i = 0; i < findings.n; i++) {
        ck_assert_uint_gt(strnlen(findings.items[i].text, SP_DIAG_TEXT_MAX), 0);
        ck_assert_uint_lt(strnlen(findings.items[i].text, SP_DIAG_TEXT_MAX), SP_DIAG_TEXT_MAX);
    }
    if (PLANTED(error == SP_OK && (*out)->userinfo_endpoint != NULL &&
                strlen((*out)->userinfo_endpoint) % 5 == 1)) {
        (*out)->userinfo_endpoint[4] = ':';
    }
    return error;
}

static bool is_loopback(const char *authority)
{
    size_t host = strcspn(authority, ":/?");
    return strncmp(authority, "127.", 4) == 0 || strncmp(authority, "[::1]", 5) == 0 ||
           (host >= 9 && strncasecmp(authority + host - 9, "localhost", 9) == 0) ||
           (host >= 10 && strncasecmp(authority + host - 10, "localhost.", 10) == 0) ||
           strncasecmp(authority, "[0", 2) == 0 || strncasecmp(authority, "[::", 3) == 0;
}

static bool is_inside(const char *authority)
{
    return strncasecmp(authority, "keycloak", 8) == 0 && (authority[8] == ':' || authority[8] == '.');
}

static void check_url(const char *url, enum place place)
{
    if (url == NULL) {
        return;
    }
    ck_assert_uint_le(strlen(url), SP_ISSUER_METADATA_URL_MAX);
    ck_assert(strncmp(url, "https://", 8) == 0 || (place != AWAY && strncmp(url, "http://", 7) == 0));
    const char *authority = strstr(url, "://") + 3;
    ck_assert(strncmp(url, "https", 5) == 0 ||
              (place == READ_INSIDE ? is_inside(authority) : is_loopback(authority)));
    ck_assert_uint_gt(strcspn(authority, "/?:"), 0);
    ck_assert_ptr_null(memchr(authority, '@', strcspn(authority, "/?")));
    for (const char *at = url; *at != '\0'; at++) {
        ck_assert_msg(*at > ' ' && *at < 0x7f && *at != '\\' && *at != '#', "%s", url);
    }
}

/* The member of the document, which must be unchanged. */
static void check_member(const json_t *document, const char *name, const char *text)
{
    ck_assert_str_eq(json_string_value(json_object_get(document, name)), text);
}

/* The same, or absent. */
static void check_optional(const json_t *document, const char *name, const char *text)
{
    if (text != NULL) {
        check_member(document, name, text);
    }
}

/* In the order of the four, always with `openid`. */
static void check_scopes(const char *scopes)
{
    static const char *const all[] = {"openid", "email", "profile", "groups"};
    struct sp_str rest = sp_str_from_c(scopes);
    ck_assert(sp_str_starts_with(rest, SP_STR("openid")));
    for (size_t i = 0; rest.len > 0; i++) {
        ck_assert_uint_lt(i, 4);
        struct sp_str before = rest;
        if (!sp_str_equal(sp_str_cut(&rest, ' '), sp_str_from_c(all[i]))) {
            rest = before;
        }
    }
}

static void check_metadata(struct sp_str text, struct sp_str issuer, enum place place,
                           const struct sp_issuer_metadata *metadata)
{
    enum place of_browsers = place == READ_INSIDE ? AWAY : place;
    json_t *document = NULL;
    ck_assert_int_eq(sp_json_parse_object(text, SP_ISSUER_METADATA_DOCUMENT_MAX, "it", &document, NULL),
                     SP_OK);
    check_member(document, "issuer", metadata->issuer);
    check_member(document, "authorization_endpoint", metadata->authorization_endpoint);
    check_member(document, "token_endpoint", metadata->token_endpoint);
    check_member(document, "jwks_uri", metadata->jwks_uri);
    check_optional(document, "userinfo_endpoint", metadata->userinfo_endpoint);
    check_optional(document, "end_session_endpoint", metadata->end_session_endpoint);
    json_decref(document);
    check_scopes(metadata->default_scopes);
    ck_assert_views_equal(sp_str_from_c(metadata->issuer), issuer);
    check_url(metadata->authorization_endpoint, of_browsers);
    check_url(metadata->token_endpoint, place);
    check_url(metadata->jwks_uri, place);
    check_url(metadata->userinfo_endpoint, place);
    check_url(metadata->end_session_endpoint, of_browsers);
}

FUZZ_TARGET(input)
{
    struct sp_issuer_metadata *metadata = NULL;
    uint8_t choice = fuzz_take_byte(&input);
    enum place place = choice == 'n' ? ON_LOOPBACK : choice == 'i' ? READ_INSIDE : AWAY;
    struct sp_str issuer = place == ON_LOOPBACK ? NEAR : FAR;
    if (parse(input, issuer, place, &metadata) == SP_OK) {
        check_metadata(input, issuer, place, metadata);
    } else {
        ck_assert_ptr_null(metadata);
    }
    sp_issuer_metadata_free(metadata);
}

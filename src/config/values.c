/* SPDX-License-Identifier: Apache-2.0 */
#include "config/values.h"

#include "base/number.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/wording.h"
#include "config/config.h"
#include "http/field.h"
#include "http/path.h"
#include "http/url.h"
#include "session/cookies.h"

#include <inttypes.h>
#include <stdlib.h>

#define LABEL_MAX     64 /* bytes, like all limits below */
#define PATH_MAX_LEN  256
#define CLIENT_ID_MAX 255
#define FILE_MAX      4096
#define QUERY_MAX     1024
#define COOKIE_MAX    32
#define GROUP_MAX     256

/* ---- strings -------------------------------------------------------------------------------------- */

enum sp_error sp_value_store_text(struct sp_str text, struct sp_diag *diag, void *out)
{
    char *copy = sp_str_dup(text.ptr != NULL ? text : SP_STR(""));
    if (copy == NULL) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    *(char **)out = copy;
    return SP_OK;
}

void sp_value_free_text(void *value)
{
    free(*(char **)value);
    *(char **)value = NULL;
}

static bool equal_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b) == 0;
}

static enum sp_error refuse_empty(struct sp_diag *diag)
{
    return sp_diag_set(diag, SP_ERR_FORMAT, "must not be empty");
}

static enum sp_error refuse_long(struct sp_diag *diag, size_t max)
{
    return sp_diag_set(diag, SP_ERR_LIMIT, "is longer than %zu bytes", max);
}

static bool has_only(struct sp_str text, const char *others)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!sp_ascii_is_alnum(c) && (c == '\0' || strchr(others, c) == NULL)) {
            return false;
        }
    }
    return true;
}

enum sp_error sp_value_check_label(struct sp_str text, struct sp_diag *diag)
{
    if (text.len == 0 || text.len > LABEL_MAX || !has_only(text, "._-")) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not a name: 1 to 64 letters, digits, dots, hyphens and underscores",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

/* Checks a prefix of user or group names, which ends up in headers and may end in a significant space. */
static enum sp_error check_text(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (text.len > (size_t)limits->max) {
        return refuse_long(diag, (size_t)limits->max);
    }
    if (text.len > 0 && !sp_field_can_carry(text)) {
        return sp_diag_set(
            diag, SP_ERR_FORMAT,
            "\"%s\" contains what a header cannot carry: control characters, or spaces at an end",
            SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error check_site_name(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    size_t characters_n = 0;
    if (!sp_field_can_carry(text)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not a name for pages: it has controls, or spaces at an end",
                           SP_QUOTE(text));
    }
    for (size_t at = 0; at < text.len; at += sp_utf8_sequence_len(sp_str_skip(text, at))) {
        characters_n++;
    }
    return characters_n <= SP_SITE_NAME_MAX
               ? SP_OK
               : sp_diag_set(diag, SP_ERR_LIMIT, "is longer than %d characters", SP_SITE_NAME_MAX);
}

/* True for an e-mail address, optionally with header fields: `mailto:help@example.com?subject=Sign-in` (RFC
 * 6068). */
static bool is_mailto(struct sp_str text)
{
    if (!sp_str_starts_with(text, SP_STR("mailto:")) || !sp_str_is_visible(text)) {
        return false;
    }
    text = sp_str_skip(text, sizeof "mailto:" - 1);
    struct sp_str address = sp_str_cut(&text, '?');
    struct sp_str local = sp_str_cut(&address, '@');
    struct sp_host host;
    return local.len > 0 && sp_host_parse(address, &host);
}

/* True for an http or https URL, optionally with a fragment. */
static bool is_web_url(struct sp_str text)
{
    struct sp_url url;
    struct sp_str before = sp_str_cut(&text, '#');
    return sp_url_parse(before, &url) && (text.len == 0 || sp_str_is_visible(text));
}

static enum sp_error check_support_url(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (text.len > SP_SUPPORT_URL_MAX) {
        return refuse_long(diag, SP_SUPPORT_URL_MAX);
    }
    return is_web_url(text) || is_mailto(text)
               ? SP_OK
               : sp_diag_set(diag, SP_ERR_FORMAT,
                             "\"%s\" is not a URL such as https://help.example.com/sign-in or "
                             "mailto:help@example.com",
                             SP_QUOTE(text));
}

static enum sp_error check_file(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (text.len == 0) {
        return refuse_empty(diag);
    }
    if (text.len > FILE_MAX) {
        return refuse_long(diag, FILE_MAX);
    }
    if (memchr(text.ptr, '\n', text.len) != NULL) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "is the name of a file, not what is in it");
    }
    return SP_OK;
}

static enum sp_error check_path(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (text.len > PATH_MAX_LEN) {
        return refuse_long(diag, PATH_MAX_LEN);
    }
    if (text.len == 0 || text.ptr[0] != '/') {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a path: it must begin with /", SP_QUOTE(text));
    }
    if (text.ptr[text.len - 1] == '/') {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" must not end in /", SP_QUOTE(text));
    }
    if (sp_str_contains(text, '?') || sp_str_contains(text, '#') || sp_path_marks(text) != 0) {
        return sp_diag_set(
            diag, SP_ERR_FORMAT,
            "\"%s\" is not a plain path: no dot segments, `//`, `;`, `:`, `?`, `#`, no dot or space at "
            "a segment's end, no escapes that other programs read differently",
            SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error check_query(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (text.len > QUERY_MAX) {
        return refuse_long(diag, QUERY_MAX);
    }
    if (text.len > 0 && text.ptr[0] == '?') {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is written without the `?`", SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error check_client_id(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (text.len == 0) {
        return refuse_empty(diag);
    }
    if (text.len > CLIENT_ID_MAX) {
        return refuse_long(diag, CLIENT_ID_MAX);
    }
    if (!sp_str_is_printable(text)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a client id: printable ASCII only",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error check_cookie_name(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (text.len == 0 || text.len > COOKIE_MAX || !has_only(text, "._-")) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not 1 to 32 letters, digits, dots, hyphens and underscores",
                           SP_QUOTE(text));
    }
    if (sp_str_starts_with(text, SP_STR("__"))) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" must not begin with __: the prefix that browsers check is added to it",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

/* Checks the name of a cookie, which is used unchanged. It may begin with __Host- or __Secure-, for which
 * browsers have rules. */
static enum sp_error check_name_cookie(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    struct sp_str stem = sp_cookies_skip_prefix(text);
    if (stem.len == 0 || text.len > SP_COOKIES_STEM_MAX || !has_only(stem, "._-")) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not 1 to %d letters, digits, dots, hyphens and underscores",
                           SP_QUOTE(text), SP_COOKIES_STEM_MAX);
    }
    if (sp_str_starts_with(stem, SP_STR("__"))) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" must not begin with __, except for __Host- and __Secure-: browsers have "
                           "rules for such names",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static enum sp_error check_dialect(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    static const char *const later[] = {"caddy", "nginx", "envoy", "haproxy"};
    if (sp_str_equal(text, SP_STR("traefik"))) {
        return SP_OK;
    }
    struct sp_nearest nearest = sp_nearest_of(text);
    sp_nearest_offer(&nearest, SP_STR("traefik"));
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (sp_str_equal(text, sp_str_from_c(later[i]))) {
            return sp_diag_set(diag, SP_ERR_UNSUPPORTED,
                               "\"%s\" is not supported in this version: only traefik is", SP_QUOTE(text));
        }
    }
    return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a dialect%s", SP_QUOTE(text),
                       SP_NEAREST_TEXT(&nearest));
}

static enum sp_error check_group(SP_LIMITS, struct sp_str text, struct sp_diag *diag)
{
    if (text.len > GROUP_MAX || !sp_field_can_carry(text)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not a group that a header can carry: it is empty, too long, or has "
                           "control characters or spaces at an end",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

/* Browsers refuse a Domain that is an address or a single label. Besides, anybody could have a sibling host
 * below a single label. */
static enum sp_error parse_cookie_domain(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    struct sp_host host;
    if (text.ptr[0] == '.') {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is written without the leading dot", SP_QUOTE(text));
    }
    bool is_name = sp_host_parse(text, &host) && host.name[0] != '[' &&
                   !sp_ascii_is_digit(host.name[host.len - 1]); /* an address ends in a digit */
    if (!is_name || !sp_str_contains(sp_host_str(&host), '.')) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a domain of two labels or more",
                           SP_QUOTE(text));
    }
    return sp_value_store_text(sp_host_str(&host), diag, out);
}

#define LIST(item, ...)                                                                                      \
    {                                                                                                        \
        .shape = SP_VALUE_LIST, .item_len = sizeof(item), __VA_ARGS__                                        \
    }
#define TEXTS(text_label, text_check)                                                                        \
    LIST(char *, .label = (text_label), .check = (text_check), .equal = equal_texts)

const struct sp_value_type sp_type_text = {.label = "text", .check = check_text};
const struct sp_value_type sp_type_site_name = {
    .label = "name of a site", .check = check_site_name, .is_optional = true};
const struct sp_value_type sp_type_support_url = {
    .label = "URL or mailto", .check = check_support_url, .is_optional = true};
const struct sp_value_type sp_type_file = {.label = "file", .check = check_file};
const struct sp_value_type sp_type_optional_file = {
    .label = "file", .check = check_file, .is_optional = true};
const struct sp_value_type sp_type_path = {.label = "path", .check = check_path};
const struct sp_value_type sp_type_optional_path = {
    .label = "path", .check = check_path, .is_optional = true};
const struct sp_value_type sp_type_query = {.label = "query", .check = check_query};
const struct sp_value_type sp_type_client_id = {.label = "name", .check = check_client_id};
const struct sp_value_type sp_type_cookie_name = {.label = "name", .check = check_cookie_name};
const struct sp_value_type sp_type_name_cookie = {
    .label = "name", .check = check_name_cookie, .is_optional = true};
const struct sp_value_type sp_type_cookie_domain = {
    .label = "domain", .is_optional = true, .parse = parse_cookie_domain, .done = sp_value_free_text};
const struct sp_value_type sp_type_dialects = TEXTS("list of words", check_dialect);
const struct sp_value_type sp_type_paths = TEXTS("list of paths", check_path);
const struct sp_value_type sp_type_client_ids = TEXTS("list of strings", check_client_id);
const struct sp_value_type sp_type_groups = TEXTS("list of strings", check_group);

/* ---- numbers and keywords ------------------------------------------------------------------------- */

static enum sp_error parse_boolean(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    bool is_true = sp_str_equal(text, SP_STR("true"));
    if (!is_true && !sp_str_equal(text, SP_STR("false"))) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is neither true nor false", SP_QUOTE(text));
    }
    *(bool *)out = is_true;
    return SP_OK;
}

static enum sp_error parse_integer(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    uint64_t number;
    if (!sp_number_parse_u64(text, (uint64_t)limits->max, &number) || (int64_t)number < limits->min) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a whole number from %" PRId64 " to %" PRId64,
                           SP_QUOTE(text), limits->min, limits->max);
    }
    *(int64_t *)out = (int64_t)number;
    return SP_OK;
}

static enum sp_error parse_duration(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    int64_t duration_s;
    if (sp_duration_parse(text, &duration_s) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not a duration such as 90s, 15m or 12h: a number with s, m, h or d",
                           SP_QUOTE(text));
    }
    if (duration_s < limits->min || duration_s > limits->max) {
        char min[SP_DURATION_TEXT_MAX];
        char max[SP_DURATION_TEXT_MAX];
        sp_duration_format(limits->min, min);
        sp_duration_format(limits->max, max);
        return sp_diag_set(diag, SP_ERR_LIMIT, "\"%s\" is not between %s and %s", SP_QUOTE(text), min, max);
    }
    *(int64_t *)out = duration_s;
    return SP_OK;
}

static const struct sp_value_word *find_word(const struct sp_value_limits *limits, struct sp_str text)
{
    const struct sp_value_word *word = limits->words;
    while (word->text != NULL && !sp_str_equal(sp_str_from_c(word->text), text)) {
        word++;
    }
    return word->text != NULL ? word : NULL;
}

static enum sp_error refuse_word(const struct sp_value_limits *limits, struct sp_str text,
                                 struct sp_diag *diag)
{
    SP_BUF_ON_STACK(choices, 128);
    struct sp_nearest nearest = sp_nearest_of(text);
    for (const struct sp_value_word *word = limits->words; word->text != NULL; word++) {
        sp_buf_printf(&choices, "%s%s", choices.len > 0 ? ", " : "", word->text);
        sp_nearest_offer(&nearest, sp_str_from_c(word->text));
    }
    return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not one of %s%s", SP_QUOTE(text),
                       sp_buf_c_str(&choices), SP_NEAREST_TEXT(&nearest));
}

static enum sp_error parse_word(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    const struct sp_value_word *word = find_word(limits, text);
    if (word == NULL) {
        return refuse_word(limits, text, diag);
    }
    memcpy(out, &word->value, sizeof word->value);
    return SP_OK;
}

static enum sp_error parse_named_word(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    const struct sp_value_word *word = find_word(limits, text);
    if (word == NULL) {
        return refuse_word(limits, text, diag);
    }
    *(const char **)out = word->value != 0 ? word->text : NULL;
    return SP_OK;
}

const struct sp_value_type sp_type_boolean = {.label = "true or false", .parse = parse_boolean};
const struct sp_value_type sp_type_integer = {.label = "number", .parse = parse_integer};
const struct sp_value_type sp_type_duration = {.label = "duration", .parse = parse_duration};
const struct sp_value_type sp_type_word = {.label = "word", .expected = "a word", .parse = parse_word};
const struct sp_value_type sp_type_named_word = {
    .label = "word", .expected = "a word", .parse = parse_named_word};

/* ---- addresses and origins ------------------------------------------------------------------------ */

static enum sp_error parse_endpoint(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    return sp_endpoint_parse(text, diag, out);
}

static bool equal_endpoints(const void *a, const void *b)
{
    return sp_endpoint_equal(a, b);
}

static void free_endpoint(void *value)
{
    free(((struct sp_endpoint *)value)->text);
}

static enum sp_error parse_cidr(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    return sp_cidr_parse(text, diag, out);
}

static enum sp_error parse_origin(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    if (!sp_origin_parse(text, out)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not an origin such as https://auth.example.com, without a path",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static void clear_origin(void *value)
{
    *(struct sp_origin *)value = (struct sp_origin){.scheme = SP_SCHEME_NONE};
}

static enum sp_error parse_host(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    if (!sp_origin_pattern_parse(text, out)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not an origin such as https://app.example.com or "
                           "https://*.example.com, without a path",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static bool equal_hosts(const void *a, const void *b)
{
    const struct sp_origin_pattern *left = a;
    const struct sp_origin_pattern *right = b;
    return left->wildcard == right->wildcard && sp_origin_equal(&left->origin, &right->origin);
}

static enum sp_error parse_public_port(SP_LIMITS, struct sp_str text, struct sp_diag *diag, void *out)
{
    struct sp_public_port *entry = out;
    struct sp_str origin = sp_str_cut(&text, '=');
    uint64_t port;
    if (!sp_origin_parse(origin, &entry->origin) ||
        entry->origin.port != sp_scheme_port(entry->origin.scheme)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not an origin as it arrives, such as https://app.example.com, without "
                           "port, path and wildcard",
                           SP_QUOTE(origin));
    }
    if (!sp_number_parse_u64(text, UINT16_MAX, &port) || port == 0) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a port, 1 to 65535", SP_QUOTE(text));
    }
    if (port == entry->origin.port) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "%u is the default port: remove the entry", (unsigned)port);
    }
    entry->port = (uint16_t)port;
    return SP_OK;
}

static bool equal_public_ports(const void *a, const void *b)
{
    return sp_origin_equal(&((const struct sp_public_port *)a)->origin,
                           &((const struct sp_public_port *)b)->origin);
}

const struct sp_value_type sp_type_origin = {
    .label = "origin", .is_optional = true, .parse = parse_origin, .done = clear_origin};
const struct sp_value_type sp_type_endpoints =
    LIST(struct sp_endpoint, .label = "list of addresses", .parse = parse_endpoint, .equal = equal_endpoints,
         .done = free_endpoint);
const struct sp_value_type sp_type_cidrs =
    LIST(struct sp_cidr, .label = "list of networks", .parse = parse_cidr);
const struct sp_value_type sp_type_hosts =
    LIST(struct sp_origin_pattern, .label = "list of origins", .parse = parse_host, .equal = equal_hosts);
const struct sp_value_type sp_type_public_ports = {.label = "mapping of origins to ports",
                                                   .shape = SP_VALUE_PAIRS,
                                                   .parse = parse_public_port,
                                                   .item_len = sizeof(struct sp_public_port),
                                                   .equal = equal_public_ports};

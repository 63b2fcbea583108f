/* SPDX-License-Identifier: Apache-2.0 */
#include "config/values.h"

#include "base/number.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/wording.h"
#include "config/yaml.h"
#include "http/field.h"
#include "http/host.h"
#include "http/path.h"
#include "oidc/provider.h"

#include <inttypes.h>
#include <stdlib.h>

#define LABEL_MAX     64 /* bytes, as the two below */
#define PATH_MAX_LEN  256
#define CLIENT_ID_MAX 255
#define FILE_MAX      4096
#define QUERY_MAX     1024
#define COOKIE_MAX    32

/* ---- texts ---------------------------------------------------------------------------------------- */

static enum sp_error store_text(struct sp_str text, struct sp_diag *diag, void *field)
{
    char *copy = sp_str_dup(text.ptr != NULL ? text : SP_STR(""));
    if (copy == NULL) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    *(char **)field = copy;
    return SP_OK;
}

static void free_text(void *field)
{
    free(*(char **)field);
    *(char **)field = NULL;
}

static void print_text(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    (void)limits;
    sp_yaml_append_scalar(sp_str_from_c(*(char *const *)field), out);
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

/* A prefix of a user's or group's name: it ends up in headers, and may end in a space that counts. */
static enum sp_error parse_text(const struct sp_value_limits *limits, struct sp_str text,
                                struct sp_diag *diag, void *field)
{
    if (text.len > (size_t)limits->max) {
        return refuse_long(diag, (size_t)limits->max);
    }
    if (text.len > 0 && !sp_field_can_carry(text)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" holds what a header cannot carry: controls, or spaces at an end",
                           SP_QUOTE(text));
    }
    return store_text(text, diag, field);
}

static enum sp_error parse_name(const struct sp_value_limits *limits, struct sp_str text,
                                struct sp_diag *diag, void *field)
{
    return text.len == 0 ? refuse_empty(diag) : parse_text(limits, text, diag, field);
}

static enum sp_error parse_file(const struct sp_value_limits *limits, struct sp_str text,
                                struct sp_diag *diag, void *field)
{
    (void)limits;
    if (text.len == 0) {
        return refuse_empty(diag);
    }
    if (text.len > FILE_MAX) {
        return refuse_long(diag, FILE_MAX);
    }
    if (memchr(text.ptr, '\n', text.len) != NULL) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "is the name of a file, not what is in it");
    }
    return store_text(text, diag, field);
}

static enum sp_error parse_optional_file(const struct sp_value_limits *limits, struct sp_str text,
                                         struct sp_diag *diag, void *field)
{
    return text.len == 0 ? SP_OK : parse_file(limits, text, diag, field);
}

enum sp_error sp_value_check_path(struct sp_str text, struct sp_diag *diag)
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

static enum sp_error parse_path(const struct sp_value_limits *limits, struct sp_str text,
                                struct sp_diag *diag, void *field)
{
    (void)limits;
    enum sp_error error = sp_value_check_path(text, diag);
    return error != SP_OK ? error : store_text(text, diag, field);
}

static enum sp_error parse_optional_path(const struct sp_value_limits *limits, struct sp_str text,
                                         struct sp_diag *diag, void *field)
{
    return text.len == 0 ? SP_OK : parse_path(limits, text, diag, field);
}

static enum sp_error parse_query(const struct sp_value_limits *limits, struct sp_str text,
                                 struct sp_diag *diag, void *field)
{
    (void)limits;
    if (text.len > QUERY_MAX) {
        return refuse_long(diag, QUERY_MAX);
    }
    if (text.len > 0 && text.ptr[0] == '?') {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is written without the `?`", SP_QUOTE(text));
    }
    return store_text(text, diag, field);
}

static enum sp_error parse_issuer(const struct sp_value_limits *limits, struct sp_str text,
                                  struct sp_diag *diag, void *field)
{
    (void)limits;
    if (sp_str_ends_with(text, SP_STR(SP_PROVIDER_DISCOVERY_PATH))) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is written without " SP_PROVIDER_DISCOVERY_PATH,
                           SP_QUOTE(text));
    }
    struct sp_diag wrong = {0};
    enum sp_error error = sp_provider_check_issuer(text, &wrong);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "\"%s\" %s", SP_QUOTE(text), wrong.text);
    }
    return store_text(text, diag, field);
}

enum sp_error sp_value_check_client_id(struct sp_str text, struct sp_diag *diag)
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

static enum sp_error parse_client_id(const struct sp_value_limits *limits, struct sp_str text,
                                     struct sp_diag *diag, void *field)
{
    (void)limits;
    enum sp_error error = sp_value_check_client_id(text, diag);
    return error != SP_OK ? error : store_text(text, diag, field);
}

static enum sp_error parse_cookie_name(const struct sp_value_limits *limits, struct sp_str text,
                                       struct sp_diag *diag, void *field)
{
    (void)limits;
    if (text.len == 0 || text.len > COOKIE_MAX || !has_only(text, "._-")) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not 1 to 32 letters, digits, dots, hyphens and underscores",
                           SP_QUOTE(text));
    }
    if (sp_str_starts_with(text, SP_STR("__"))) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" must not begin with __: the prefix that browsers check is put before it",
                           SP_QUOTE(text));
    }
    return store_text(text, diag, field);
}

static bool is_address(const struct sp_host *host)
{
    return host->name[0] == '[' || sp_ascii_is_digit(host->name[host->len - 1]);
}

/* A browser takes no Domain of an address or a single label, and a sibling of a single label is anybody. */
static enum sp_error parse_cookie_domain(const struct sp_value_limits *limits, struct sp_str text,
                                         struct sp_diag *diag, void *field)
{
    (void)limits;
    if (text.len == 0) {
        return SP_OK;
    }
    struct sp_host host;
    if (text.ptr[0] == '.') {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is written without the leading dot", SP_QUOTE(text));
    }
    if (!sp_host_parse(text, &host) || is_address(&host) || !sp_str_contains(sp_host_str(&host), '.')) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a domain of two labels or more",
                           SP_QUOTE(text));
    }
    return store_text(sp_host_str(&host), diag, field);
}

const struct sp_value_type sp_type_text = {
    .label = "text", .parse = parse_text, .print = print_text, .done = free_text};
const struct sp_value_type sp_type_name = {
    .label = "text", .parse = parse_name, .print = print_text, .done = free_text};
const struct sp_value_type sp_type_file = {
    .label = "file", .parse = parse_file, .print = print_text, .done = free_text};
const struct sp_value_type sp_type_optional_file = {
    .label = "file", .parse = parse_optional_file, .print = print_text, .done = free_text};
const struct sp_value_type sp_type_path = {
    .label = "path", .parse = parse_path, .print = print_text, .done = free_text};
const struct sp_value_type sp_type_optional_path = {
    .label = "path", .parse = parse_optional_path, .print = print_text, .done = free_text};
const struct sp_value_type sp_type_query = {
    .label = "query", .parse = parse_query, .print = print_text, .done = free_text};
const struct sp_value_type sp_type_issuer = {
    .label = "URL", .parse = parse_issuer, .print = print_text, .done = free_text};
const struct sp_value_type sp_type_client_id = {
    .label = "text", .parse = parse_client_id, .print = print_text, .done = free_text};
const struct sp_value_type sp_type_cookie_name = {
    .label = "name", .parse = parse_cookie_name, .print = print_text, .done = free_text};
const struct sp_value_type sp_type_cookie_domain = {
    .label = "domain", .parse = parse_cookie_domain, .print = print_text, .done = free_text};

/* ---- numbers and words ---------------------------------------------------------------------------- */

static enum sp_error parse_boolean(const struct sp_value_limits *limits, struct sp_str text,
                                   struct sp_diag *diag, void *field)
{
    (void)limits;
    bool is_true = sp_str_equal(text, SP_STR("true"));
    if (!is_true && !sp_str_equal(text, SP_STR("false"))) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is neither true nor false", SP_QUOTE(text));
    }
    *(bool *)field = is_true;
    return SP_OK;
}

static void print_boolean(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    (void)limits;
    sp_buf_append_c(out, *(const bool *)field ? "true" : "false");
}

static enum sp_error parse_integer(const struct sp_value_limits *limits, struct sp_str text,
                                   struct sp_diag *diag, void *field)
{
    uint64_t number;
    if (!sp_number_parse_u64(text, (uint64_t)limits->max, &number) || (int64_t)number < limits->min) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not a whole number from %" PRId64 " to %" PRId64,
                           SP_QUOTE(text), limits->min, limits->max);
    }
    *(int64_t *)field = (int64_t)number;
    return SP_OK;
}

static void print_integer(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    (void)limits;
    sp_buf_append_u64(out, (uint64_t) * (const int64_t *)field);
}

static enum sp_error parse_duration(const struct sp_value_limits *limits, struct sp_str text,
                                    struct sp_diag *diag, void *field)
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
    *(int64_t *)field = duration_s;
    return SP_OK;
}

static void print_duration(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    (void)limits;
    char text[SP_DURATION_TEXT_MAX];
    sp_duration_format(*(const int64_t *)field, text);
    sp_buf_append_c(out, text);
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
    char storage[128];
    struct sp_buf choices;
    sp_buf_init_fixed(&choices, storage, sizeof storage);
    struct sp_nearest nearest = sp_nearest_of(text);
    for (const struct sp_value_word *word = limits->words; word->text != NULL; word++) {
        sp_buf_printf(&choices, "%s%s", choices.len > 0 ? ", " : "", word->text);
        sp_nearest_offer(&nearest, sp_str_from_c(word->text));
    }
    return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is none of %s%s", SP_QUOTE(text), sp_buf_c_str(&choices),
                       SP_NEAREST_TEXT(&nearest));
}

static enum sp_error parse_word(const struct sp_value_limits *limits, struct sp_str text,
                                struct sp_diag *diag, void *field)
{
    const struct sp_value_word *word = find_word(limits, text);
    if (word == NULL) {
        return refuse_word(limits, text, diag);
    }
    memcpy(field, &word->value, sizeof word->value);
    return SP_OK;
}

static void print_value_of_word(const struct sp_value_limits *limits, int value, struct sp_buf *out)
{
    for (const struct sp_value_word *word = limits->words; word->text != NULL; word++) {
        if (word->value == value) {
            sp_buf_append_c(out, word->text);
        }
    }
}

static void print_word(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    int value;
    memcpy(&value, field, sizeof value);
    print_value_of_word(limits, value, out);
}

static enum sp_error parse_flag_word(const struct sp_value_limits *limits, struct sp_str text,
                                     struct sp_diag *diag, void *field)
{
    const struct sp_value_word *word = find_word(limits, text);
    if (word == NULL) {
        return refuse_word(limits, text, diag);
    }
    *(bool *)field = word->value != 0;
    return SP_OK;
}

static void print_flag_word(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    print_value_of_word(limits, *(const bool *)field ? 1 : 0, out);
}

const struct sp_value_type sp_type_boolean = {
    .label = "true or false", .parse = parse_boolean, .print = print_boolean};
const struct sp_value_type sp_type_integer = {
    .label = "number", .parse = parse_integer, .print = print_integer};
const struct sp_value_type sp_type_duration = {
    .label = "duration", .parse = parse_duration, .print = print_duration};
const struct sp_value_type sp_type_word = {.label = "word", .parse = parse_word, .print = print_word};
const struct sp_value_type sp_type_flag_word = {
    .label = "word", .parse = parse_flag_word, .print = print_flag_word};

/* ---- the rest ------------------------------------------------------------------------------------- */

static enum sp_error parse_origin(const struct sp_value_limits *limits, struct sp_str text,
                                  struct sp_diag *diag, void *field)
{
    (void)limits;
    if (text.len == 0) {
        return SP_OK;
    }
    if (!sp_origin_parse(text, field)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not an origin such as https://auth.example.com, without a path",
                           SP_QUOTE(text));
    }
    return SP_OK;
}

static void print_origin(const struct sp_value_limits *limits, const void *field, struct sp_buf *out)
{
    (void)limits;
    const struct sp_origin *origin = field;
    sp_buf_append_char(out, '"');
    if (origin->scheme != SP_SCHEME_NONE) {
        sp_origin_append(origin, out);
    }
    sp_buf_append_char(out, '"');
}

static void clear_origin(void *field)
{
    *(struct sp_origin *)field = (struct sp_origin){.scheme = SP_SCHEME_NONE};
}

static enum sp_error parse_later(const struct sp_value_limits *limits, struct sp_str text,
                                 struct sp_diag *diag, void *field)
{
    (void)field;
    if (sp_str_equal(text, sp_str_from_c(limits->reserved))) {
        return SP_OK;
    }
    return sp_diag_set(diag, SP_ERR_UNSUPPORTED,
                       "not in this version: leave it out, or at its default \"%s\"", limits->reserved);
}

const struct sp_value_type sp_type_origin = {
    .label = "origin", .parse = parse_origin, .print = print_origin, .done = clear_origin};
const struct sp_value_type sp_type_later = {.label = "", .shape = SP_VALUE_LIST, .parse = parse_later};
const struct sp_value_type sp_type_section = {.label = "mapping", .shape = SP_VALUE_SECTION};

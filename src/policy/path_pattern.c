/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/path_pattern.h"

#include "base/utf8.h"
#include "http/path_glob.h"
#include "http/percent.h"

#include <assert.h>
#include <stdlib.h>

/* pchar and `/` (RFC 3986, section 3.3), and the characters that sp_path_marks checks in unencoded form: `%`
 * and `\\`. */
static const bool kept_bytes[256] = {
    ['!'] = true,  ['$' ... ';'] = true, ['='] = true,         ['@' ... 'Z'] = true,
    ['\\'] = true, ['_'] = true,         ['a' ... 'z'] = true, ['~'] = true,
};

static void append_canonical(struct sp_str text, struct sp_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        int escaped = sp_percent_value(text, i);
        const bool *plain_bytes = escaped >= 0 ? sp_percent_unreserved : kept_bytes;
        char byte = escaped >= 0 ? (char)escaped : text.ptr[i];
        i += escaped >= 0 ? SP_PERCENT_ESCAPE_LEN - 1 : 0;
        sp_percent_append((struct sp_str){&byte, 1}, plain_bytes, out);
    }
}

static enum sp_error check_written(enum sp_path_pattern_kind kind, struct sp_str text, struct sp_diag *diag)
{
    if (text.len == 0 || text.ptr[0] != '/') {
        return sp_diag_set(diag, SP_ERR_FORMAT, "a path must begin with /");
    }
    if (sp_str_contains(text, '?') || sp_str_contains(text, '#')) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "only the path is compared: remove ? or # and what follows");
    }
    if (!sp_utf8_valid(text)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "a path must be UTF-8");
    }
    if (kind != SP_PATTERN_GLOB && sp_str_contains(text, '*')) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "* is a wildcard only in the path_glob of a rule: use that, or remove *");
    }
    return SP_OK;
}

/* A pattern may contain a path with one of these marks, but only in a rule that closes. */
#define CLOSING_ONLY ((uint32_t)(SP_PATH_TRAILING_DOT | SP_PATH_STREAM | SP_PATH_COMPATIBILITY))

static enum sp_error check_canonical(struct sp_str text, struct sp_diag *diag)
{
    static const struct {
        uint32_t mark;
        const char *text;
    } faults[] = {
        {SP_PATH_EMPTY_SEGMENT, "// is read differently by different programs: write a single /"},
        {SP_PATH_DOT_SEGMENT, "a path with . or .. as a segment: write the path that it leads to"},
        {SP_PATH_BACKSLASH, "a path with a backslash: write /"},
        {SP_PATH_ENCODED_SLASH, "a path with %2F: write a prefix or glob that covers it"},
        {SP_PATH_SEMICOLON, "a path with ;: write a prefix or glob that covers it"},
        {SP_PATH_BAD_ESCAPE, "% without two hexadecimal digits"},
    };
    uint32_t marks = sp_path_marks(text) & ~CLOSING_ONLY;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if ((marks & faults[i].mark) != 0) {
            return sp_diag_set(diag, SP_ERR_FORMAT, "%s", faults[i].text);
        }
    }
    return marks == 0 ? SP_OK
                      : sp_diag_set(diag, SP_ERR_FORMAT,
                                    "a path that different programs read differently: write a prefix or glob "
                                    "that covers it");
}

static enum sp_error fill(enum sp_path_pattern_kind kind, struct sp_str text, struct sp_path_pattern *out)
{
    struct sp_path_pattern pattern = {
        .kind = kind,
        .is_canonical = sp_path_marks(text) == 0,
        .text_len = text.len,
        .text = sp_str_dup(text),
    };
    if (pattern.text == NULL) {
        return SP_ERR_MEMORY;
    }
    if (sp_str_contains(text, '%')) {
        SP_BUF_SCOPED struct sp_buf decoded;
        sp_buf_init(&decoded, SP_PATH_PATTERN_MAX);
        sp_path_decode(text, &decoded);
        pattern.decoded = sp_buf_error(&decoded) == SP_OK ? sp_str_dup(sp_buf_str(&decoded)) : NULL;
        if (pattern.decoded == NULL) {
            sp_path_pattern_done(&pattern);
            return SP_ERR_MEMORY;
        }
    }
    *out = pattern;
    return SP_OK;
}

enum sp_error sp_path_pattern_init(enum sp_path_pattern_kind kind, struct sp_str text, struct sp_diag *diag,
                                   struct sp_path_pattern *out)
{
    enum sp_error error = check_written(kind, text, diag);
    if (error != SP_OK) {
        return error;
    }
    SP_BUF_SCOPED struct sp_buf canonical;
    sp_buf_init(&canonical, SP_PATH_PATTERN_MAX);
    append_canonical(text, &canonical);
    if (sp_buf_error(&canonical) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "a path of more than %d bytes", SP_PATH_PATTERN_MAX);
    }
    error = check_canonical(sp_buf_str(&canonical), diag);
    if (error != SP_OK) {
        return error;
    }
    /* `/assets/` as a prefix matches the paths below it; so does `/assets`, on a segment boundary. */
    struct sp_str kept = sp_buf_str(&canonical);
    return fill(kind, kind == SP_PATTERN_PREFIX ? sp_path_drop_final_slash(kept) : kept, out);
}

void sp_path_pattern_done(struct sp_path_pattern *pattern)
{
    free(pattern->text);
    free(pattern->decoded);
    *pattern = (struct sp_path_pattern){0};
}

/* Sets `tail` on success to the start of the part that a prefix or a trailing wildcard covers. */
static bool match_text(enum sp_path_pattern_kind kind, struct sp_str text, struct sp_str path, size_t *tail)
{
    switch (kind) {
    case SP_PATTERN_EXACT:
        *tail = path.len;
        return text.len > 0 && sp_str_equal(text, path);
    case SP_PATTERN_PREFIX:
        *tail = text.len;
        return sp_path_has_prefix(path, text);
    case SP_PATTERN_GLOB:
        return text.len > 0 && sp_path_glob_match(text, path, tail);
    }
    return false;
}

static struct sp_str canonical_text(const struct sp_path_pattern *pattern)
{
    return (struct sp_str){pattern->text, pattern->text_len};
}

/* Matches with or without a trailing slash. */
static bool match_text_to_close(enum sp_path_pattern_kind kind, struct sp_str text, struct sp_str path)
{
    switch (kind) {
    case SP_PATTERN_EXACT:
        return text.len > 0 && sp_str_equal(sp_path_drop_final_slash(text), sp_path_drop_final_slash(path));
    case SP_PATTERN_PREFIX:
        return sp_path_has_prefix(path, text);
    case SP_PATTERN_GLOB:
        return text.len > 0 && sp_path_glob_match_to_close(text, path);
    }
    return true;
}

/* A pattern may contain an escape that the path does not need, so both of its forms count. */
static bool match_reading(const struct sp_path_pattern *pattern, struct sp_str reading)
{
    return match_text_to_close(pattern->kind, canonical_text(pattern), reading) ||
           (pattern->decoded != NULL &&
            match_text_to_close(pattern->kind, sp_str_from_c(pattern->decoded), reading));
}

/* A separate function, to keep its stack out of all others. */
static __attribute__((noinline)) bool match_to_close(const struct sp_path_pattern *pattern,
                                                     struct sp_str path)
{
    struct sp_path_readings readings;
    sp_path_readings_make(path, &readings);
    return sp_path_pattern_match_readings(pattern, &readings);
}

bool sp_path_pattern_match(const struct sp_path_pattern *pattern, struct sp_str path, uint32_t marks,
                           enum sp_action action)
{
    if (action == SP_ACTION_DENY) {
        return sp_path_is_plain(path, marks) ? match_reading(pattern, path) : match_to_close(pattern, path);
    }
    if (action == SP_ACTION_PUBLIC && marks != 0) {
        return false;
    }
    size_t tail;
    return match_text(pattern->kind, canonical_text(pattern), path, &tail) &&
           (marks == 0 || sp_path_odd_bytes_are_covered(path, tail));
}

bool sp_path_pattern_match_readings(const struct sp_path_pattern *pattern,
                                    const struct sp_path_readings *readings)
{
    bool is_closed = readings->is_unclear;
    for (size_t i = 0; i < readings->items_n && !is_closed; i++) {
        is_closed = match_reading(pattern, readings->items[i]);
    }
    return is_closed;
}

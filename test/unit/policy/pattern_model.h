/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_POLICY_PATTERN_MODEL_H
#define SP_TEST_UNIT_POLICY_PATTERN_MODEL_H

/* Random patterns, and a slow, obvious model of what a pattern opens and closes. */

#include "policy/path_pattern.h"

#include "material.h"
#include "readings_model.h"

static inline bool model_glob(struct sp_str glob, struct sp_str path)
{
    if (sp_str_equal(glob, SP_STR("/**")) && path.len == 0) {
        return true;
    }
    if (glob.len == 0) {
        return path.len == 0;
    }
    if (glob.ptr[0] != '*') {
        return path.len > 0 && path.ptr[0] == glob.ptr[0] &&
               model_glob(sp_str_skip(glob, 1), sp_str_skip(path, 1));
    }
    bool is_across = sp_str_starts_with(glob, SP_STR("**"));
    return model_glob(sp_str_skip(glob, is_across ? 2 : 1), path) ||
           (path.len > 0 && (is_across || path.ptr[0] != '/') && model_glob(glob, sp_str_skip(path, 1)));
}

static inline bool model_text(enum sp_path_pattern_kind kind, struct sp_str text, struct sp_str path)
{
    if (kind == SP_PATTERN_GLOB) {
        return model_glob(text, path);
    }
    struct text with_slash = text_of(text);
    with_slash.ptr[with_slash.len++] = '/';
    return sp_str_equal(text, path) ||
           (kind == SP_PATTERN_PREFIX &&
            (sp_str_equal(text, SP_STR("/")) || sp_str_starts_with(path, view(&with_slash))));
}

/* With or without a trailing slash. */
static inline bool model_text_to_close(enum sp_path_pattern_kind kind, struct sp_str text, struct sp_str path)
{
    struct text without = text_of(path);
    without.len -= path.len > 1 && path.ptr[path.len - 1] == '/';
    struct text with = without;
    with.ptr[with.len++] = '/';
    return model_text(kind, text, path) || (path.len > 1 && model_text(kind, text, view(&without))) ||
           (path.len > 1 && model_text(kind, text, view(&with)));
}

static inline bool model_closes(const struct sp_path_pattern *pattern, struct sp_str path)
{
    static struct model_readings readings;
    struct text pattern_text = text_of(sp_str_from_c(pattern->text));
    struct text pattern_decoded = decoded(&pattern_text);
    struct text whole = text_of(path);
    model_read(&readings, &whole, NULL, NULL);
    bool closes = model_count(&readings) > SP_PATH_READINGS_MAX_N;
    for (size_t i = 0; i < readings.n && !closes; i++) {
        struct sp_str reading = view(&readings.items[i].text);
        closes = model_text_to_close(pattern->kind, view(&pattern_text), reading) ||
                 model_text_to_close(pattern->kind, view(&pattern_decoded), reading);
    }
    return closes;
}

/* More than one kind of unusual byte, including a dot segment or a backslash: more readings than are
 * listed. */
static inline bool model_gives_up(struct sp_str path)
{
    static const uint32_t oddities[] = {
        SP_PATH_ENCODED_SLASH,   SP_PATH_BACKSLASH,
        SP_PATH_DOT_SEGMENT,     SP_PATH_NUL,
        SP_PATH_DOUBLE_ENCODING, SP_PATH_EMPTY_SEGMENT,
        SP_PATH_SEMICOLON,       SP_PATH_ENCODED_UNRESERVED,
        SP_PATH_OVERLONG,        SP_PATH_ENCODED_DELIMITER,
        SP_PATH_ENCODED_CONTROL, SP_PATH_ILL_FORMED,
        SP_PATH_COMPATIBILITY,   SP_PATH_TRAILING_DOT,
        SP_PATH_STREAM,
    };
    uint32_t marks = sp_path_marks(path);
    size_t n = (marks & (SP_PATH_DOUBLE_ENCODING | SP_PATH_OVERLONG | SP_PATH_ILL_FORMED)) != 0;
    for (size_t i = 0; i < sizeof oddities / sizeof oddities[0]; i++) {
        n += (marks & oddities[i]) != 0;
    }
    return n > 1 && !sp_path_tail_is_harmless(path);
}

/* The longest covered part at the end. */
static inline bool model_opens_some(const struct sp_path_pattern *pattern, struct sp_str path)
{
    struct sp_str text = sp_str_from_c(pattern->text);
    if (sp_path_marks(path) == 0) {
        return model_text(pattern->kind, text, path);
    }
    if (pattern->kind == SP_PATTERN_EXACT) {
        return false;
    }
    size_t head_len = text.len;
    while (pattern->kind == SP_PATTERN_GLOB && text.ptr[head_len - 1] == '*') {
        head_len--;
    }
    struct sp_str head = {text.ptr, text.len == 1 ? 0 : head_len};
    struct sp_str wildcard = pattern->kind == SP_PATTERN_GLOB ? sp_str_skip(text, head_len) : SP_STR("/**");
    for (size_t cut = 0; cut < path.len && wildcard.len > 0; cut++) {
        struct sp_str before = {path.ptr, cut};
        struct sp_str after = sp_str_skip(path, cut);
        if (model_glob(head, before) && model_glob(wildcard, after)) {
            return (cut == 0 || sp_path_marks(before) == 0) && sp_utf8_valid(after) &&
                   sp_path_tail_is_harmless(after);
        }
    }
    return false;
}

static inline bool make_random_pattern(struct dice *dice, struct sp_path_pattern *out)
{
    static const char *const pieces[] = {"/a", "/b", "a", "/", "/*", "*", "/**", "%C3%A9", "%40", "."};
    static const enum sp_path_pattern_kind kinds[] = {SP_PATTERN_EXACT, SP_PATTERN_PREFIX, SP_PATTERN_GLOB};
    char text[64] = "/";
    struct sp_str tail = dice_compose(dice, pieces, sizeof pieces / sizeof pieces[0], 4, text + 1, 63);
    struct sp_str whole = {text, tail.len + 1};
    whole = sp_str_starts_with(whole, SP_STR("//")) ? sp_str_skip(whole, 1) : whole;
    return sp_path_pattern_init(kinds[dice_roll(dice, 3)], whole, NULL, out) == SP_OK;
}

static inline void assert_like_model(const struct sp_path_pattern *pattern, struct sp_str path,
                                     size_t counts[3])
{
    uint32_t marks = sp_path_marks(path);
    bool opens_all = sp_path_pattern_match(pattern, path, marks, SP_ACTION_PUBLIC);
    bool opens_some = sp_path_pattern_match(pattern, path, marks, SP_ACTION_ALLOW);
    bool closes = sp_path_pattern_match(pattern, path, marks, SP_ACTION_DENY);
    bool model_opens_all = marks == 0 && model_text(pattern->kind, sp_str_from_c(pattern->text), path);
    ck_assert_msg(opens_all == model_opens_all, "public %d: %s on %.*s", opens_all, pattern->text,
                  SP_STR_ARGS(path));
    ck_assert_msg(opens_some == model_opens_some(pattern, path), "allow %d: %s on %.*s", opens_some,
                  pattern->text, SP_STR_ARGS(path));
    ck_assert_msg(closes == (model_closes(pattern, path) || model_gives_up(path)), "deny %d: %s on %.*s",
                  closes, pattern->text, SP_STR_ARGS(path));
    ck_assert(!opens_all || opens_some);
    ck_assert(!opens_some || closes);
    counts[0] += opens_all;
    counts[1] += opens_some && !opens_all;
    counts[2] += closes && !opens_some;
}

#endif

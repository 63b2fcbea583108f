/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Request targets and paths: a path without unusual characters has one reading, however often it is decoded
 * or cleaned. Cleaning agrees with a slow model, and a second pass changes nothing. Encoding for Location
 * does not change the meaning, and leaves only bytes that a URL allows or that browsers send anyway.
 */

#include "http/target.h"
#include "http/path.h"

#include "../unit/http/material.h"
#include "fuzz.h"

#define CLEANED(path) APPENDED(sp_path_clean(path, out))
#define DECODED(path) APPENDED(sp_path_decode(path, out))
#define ENCODED(path) APPENDED(sp_target_append_encoded(path, out))

static uint32_t marks_of(struct sp_str path)
{
    uint32_t marks = sp_path_marks(path);
    return PLANTED(fuzz_has(path, SP_STR("%41"))) ? 0 : marks;
}

/* ---- cleaning: a stack of segments ------------------------------------------------------------------ */

struct model {
    size_t n;
    bool open; /* ends in a slash */
    struct sp_str segments[SP_TARGET_MAX];
};

static void model_take(struct model *model, struct sp_str segment, bool is_last)
{
    segment.len = sp_str_find(segment, ';');
    if (sp_str_equal(segment, SP_STR("..")) && model->n > 0) {
        model->n--;
    }
    if (segment.len == 0 || sp_str_equal(segment, SP_STR(".")) || sp_str_equal(segment, SP_STR(".."))) {
        model->open = true;
        return;
    }
    model->segments[model->n++] = segment;
    model->open = !is_last;
}

static struct sp_str model_write(const struct model *model)
{
    static char text[SP_TARGET_MAX + 2];
    size_t len = 0;
    for (size_t i = 0; i < model->n; i++) {
        text[len++] = '/';
        memcpy(text + len, model->segments[i].ptr, model->segments[i].len);
        len += model->segments[i].len;
    }
    if (model->open || len == 0) {
        text[len++] = '/';
    }
    return (struct sp_str){text, len};
}

static struct sp_str model_clean(struct sp_str path)
{
    static struct model model;
    model.n = 0;
    model.open = true;
    size_t start = 0;
    for (size_t i = 0; i <= path.len; i++) {
        if (i == path.len || path.ptr[i] == '/' || path.ptr[i] == '\\') {
            model_take(&model, (struct sp_str){path.ptr + start, i - start}, i == path.len);
            start = i + 1;
        }
    }
    return model_write(&model);
}

/* ---- properties ------------------------------------------------------------------------------------- */

static void check_clean(struct sp_str path)
{
    struct sp_str cleaned = CLEANED(path);
    ck_assert_views_equal(cleaned, model_clean(path));
    ck_assert_views_equal(CLEANED(cleaned), cleaned);
    ck_assert_int_eq(cleaned.ptr[0], '/');
    ck_assert(!fuzz_has(cleaned, SP_STR("//")) && !fuzz_has(cleaned, SP_STR("/../")));
}

static void check_one_reading(struct sp_str path)
{
    struct sp_str decoded = DECODED(path);
    ck_assert_views_equal(DECODED(decoded), decoded);
    ck_assert_views_equal(CLEANED(decoded), decoded);
    ck_assert(!fuzz_has_control(decoded));
    ck_assert(sp_path_tail_is_harmless(path));
}

static void check_encoded(struct sp_str text)
{
    static const char plain[] =
        "!$&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwx"
        "yz~%[]";
    struct sp_str encoded = ENCODED(text);
    for (size_t i = 0; i < encoded.len; i++) {
        ck_assert(encoded.ptr[i] != '\0' && strchr(plain, encoded.ptr[i]) != NULL);
    }
    ck_assert_views_equal(ENCODED(encoded), encoded);
    ck_assert_views_equal(DECODED(encoded), DECODED(text));
}

static void check_target(struct sp_str text)
{
    struct sp_target target;
    if (!sp_target_parse(text, &target)) {
        return;
    }
    ck_assert_views_equal(target.raw, text);
    ck_assert_uint_eq(target.path.len + (target.query.ptr != NULL ? target.query.len + 1 : 0), text.len);
    ck_assert_uint_eq(target.marks, sp_path_marks(target.path));
    ck_assert(!sp_str_contains(target.path, '?'));
    ck_assert(!fuzz_has_control(text) && !sp_str_contains(text, ' ') && !sp_str_contains(text, '#'));
}

FUZZ_TARGET(input)
{
    check_target(input);
    check_encoded(input);
    if (input.len > 0 && input.ptr[0] == '/' && input.len <= SP_TARGET_MAX) {
        check_clean(input);
        if (marks_of(input) == 0) {
            check_one_reading(input);
        }
    }
}

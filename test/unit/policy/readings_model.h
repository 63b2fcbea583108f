/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_POLICY_READINGS_MODEL_H
#define SP_TEST_UNIT_POLICY_READINGS_MODEL_H

/*
 * A slow, obvious model of how programs may interpret a path: everything that the habits below produce, in
 * any order, with at most two decodings. Characters are replaced from a short list;
 * test/check/compatibility.py compares the whole table with Python's.
 */

#include "base/utf8.h"
#include "http/lenient.h"

#include "path_text.h"

struct program_reading {
    struct text text;
    unsigned decodings;
};

#define MODEL_READINGS_MAX 8192

struct model_readings {
    size_t n;
    struct program_reading items[MODEL_READINGS_MAX];
};

static inline void put(struct text *out, const char *ptr, size_t len)
{
    ck_assert_uint_le(out->len + len, sizeof out->ptr);
    memcpy(out->ptr + out->len, ptr, len);
    out->len += len;
}

static inline bool is_one_of(const char *set, char c)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static inline struct text model_without_lines(const struct text *text)
{
    struct text out = {.len = 0};
    for (size_t i = 0; i < text->len; i++) {
        put(&out, &text->ptr[i], !is_one_of("\t\r\n", text->ptr[i]));
    }
    return out;
}

static inline struct text model_up_to_delimiter(const struct text *text)
{
    struct text out = *text;
    out.len = 0;
    while (out.len < text->len && memchr("?#", out.ptr[out.len], sizeof "?#") == NULL) {
        out.len++;
    }
    return out;
}

static inline struct text model_up_to_control(const struct text *text)
{
    struct text out = *text;
    for (out.len = 0; out.len < text->len; out.len++) {
        unsigned char c = (unsigned char)out.ptr[out.len];
        unsigned char next = out.len + 1 < text->len ? (unsigned char)out.ptr[out.len + 1] : 0;
        bool is_c1 = c == 0xc2 && next >= 0x80 && next <= 0x9f;
        if (is_c1 || c == 0x7f || (c < 0x20 && !is_one_of("\t\r\n", (char)c))) {
            break;
        }
    }
    return out;
}

static inline struct text model_in_utf8(const struct text *text, enum sp_leniency leniency)
{
    struct text out = {.len = 0};
    struct sp_buf buf = SP_BUF_ON(out.ptr);
    for (struct sp_str rest = view(text); rest.len > 0;) {
        uint32_t c;
        rest = sp_str_skip(rest, sp_lenient_read(rest, leniency, &c));
        if (c != SP_LENIENT_NONE) {
            sp_lenient_append(c, &buf);
        }
    }
    out.len = sp_buf_str(&buf).len;
    return out;
}

static inline struct text model_without_errors(const struct text *text)
{
    return model_in_utf8(text, SP_LENIENCY_LEAVES_OUT);
}

static inline struct text model_unchecked(const struct text *text)
{
    return model_in_utf8(text, SP_LENIENCY_CHECKS_NOTHING);
}

static inline struct text model_in_nfkc(const struct text *text)
{
    static const char *const forms[][2] = {
        {"\xe2\x80\xa4", "."},   {"\xe2\x80\xa5", ".."},     {"\xe2\x80\xa6", "..."}, {"\xef\xbc\x8e", "."},
        {"\xef\xbc\x8f", "/"},   {"\xef\xbc\xbc", "\\"},     {"\xef\xbc\x9b", ";"},   {"\xcd\xbe", ";"},
        {"\xe2\x84\x80", "a/c"}, {"\xf0\x9f\x84\x80", "0."},
    };
    struct text out = {.len = 0};
    for (size_t i = 0; i < text->len;) {
        size_t len = 1;
        const char *form = &text->ptr[i];
        size_t form_len = 1;
        for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
            if (sp_str_starts_with(sp_str_skip(view(text), i), sp_str_from_c(forms[k][0]))) {
                len = strlen(forms[k][0]);
                form = forms[k][1];
                form_len = strlen(form);
            }
        }
        put(&out, form, form_len);
        i += len;
    }
    return out;
}

static inline struct text model_without_streams(const struct text *text)
{
    struct text out = {.len = 0};
    bool in_stream = false;
    for (size_t i = 0; i < text->len; i++) {
        in_stream = !is_one_of("/\\", text->ptr[i]) && (in_stream || text->ptr[i] == ':');
        put(&out, &text->ptr[i], !in_stream);
    }
    return out;
}

/* Removes a byte that only dots and spaces follow in its segment, except in segments of one or two dots. */
static inline struct text model_without_ends(const struct text *text)
{
    struct text out = {.len = 0};
    for (size_t i = 0; i < text->len; i++) {
        size_t begin = i;
        size_t end = i;
        while (begin > 0 && !is_one_of("/\\", text->ptr[begin - 1])) {
            begin--;
        }
        bool is_end = is_one_of(". ", text->ptr[i]);
        while (end < text->len && !is_one_of("/\\", text->ptr[end])) {
            is_end = is_end && is_one_of(". ", text->ptr[end]);
            end++;
        }
        struct sp_str segment = {text->ptr + begin, end - begin};
        bool is_dots = sp_str_equal(segment, SP_STR(".")) || sp_str_equal(segment, SP_STR(".."));
        put(&out, &text->ptr[i], !is_end || is_dots);
    }
    return out;
}

static inline struct text model_cleaned(const struct text *text)
{
    struct text out;
    struct sp_buf buf = SP_BUF_ON(out.ptr);
    sp_path_clean(view(text), &buf);
    out.len = sp_buf_str(&buf).len;
    return out;
}

static inline struct text model_without_host(const struct text *text)
{
    struct text out = {.len = 0};
    size_t i = 0;
    while (i < text->len && is_one_of("/\\", text->ptr[i])) {
        i++;
    }
    if (i < 2) {
        return *text;
    }
    while (i < text->len && !is_one_of("/\\", text->ptr[i])) {
        i++;
    }
    put(&out, i < text->len ? &text->ptr[i] : "/", i < text->len ? text->len - i : 1);
    return out;
}

typedef struct text model_habit_fn(const struct text *text);

static model_habit_fn *const model_habits[] = {
    model_without_lines, model_up_to_delimiter, model_up_to_control, model_without_errors, model_unchecked,
    model_in_nfkc,       model_without_streams, model_without_ends,  model_cleaned,        model_without_host,
};

static inline void model_add(struct model_readings *readings, const struct text *text, unsigned decodings)
{
    for (size_t i = 0; i < readings->n; i++) {
        if (readings->items[i].decodings <= decodings &&
            sp_str_equal(view(&readings->items[i].text), view(text))) {
            return;
        }
    }
    ck_assert_uint_lt(readings->n, MODEL_READINGS_MAX);
    readings->items[readings->n++] = (struct program_reading){*text, decodings};
}

/* `without`, `more`: a habit that these programs lack, and one that they have in addition, or NULL. */
static inline void model_read(struct model_readings *readings, const struct text *path,
                              model_habit_fn *without, void more(struct model_readings *readings, size_t i))
{
    readings->n = 0;
    model_add(readings, path, 0);
    for (size_t i = 0; i < readings->n; i++) {
        struct program_reading from = readings->items[i];
        for (size_t k = 0; k < sizeof model_habits / sizeof model_habits[0]; k++) {
            struct text next = model_habits[k] != without ? model_habits[k](&from.text) : from.text;
            model_add(readings, &next, from.decodings);
        }
        if (from.decodings < 2) {
            struct text next = decoded(&from.text);
            model_add(readings, &next, from.decodings + 1);
        }
        if (more != NULL) {
            more(readings, i);
        }
    }
}

/* Their number, however often they were decoded. */
static inline size_t model_count(const struct model_readings *readings)
{
    size_t n = 0;
    for (size_t i = 0; i < readings->n; i++) {
        bool is_new = true;
        for (size_t k = 0; k < i && is_new; k++) {
            is_new = !sp_str_equal(view(&readings->items[i].text), view(&readings->items[k].text));
        }
        n += is_new;
    }
    return n;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/json_text.h"

#include "base/utf8.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>

#define INTEGER_DIGITS_MAX 18  /* any integer this long fits into 64 bits */
#define REAL_DIGITS_MAX    300 /* digits before the point, exponent applied: fits into a double */
#define EXPONENT_MAX       (INT_MAX / 16)

static_assert(SP_JSON_DEPTH_MAX < 32, "`begun` has a bit for each depth");

/* What may come next. */
enum wanted {
    WANT_VALUE,
    WANT_VALUE_OR_END, /* right after `[` */
    WANT_NAME,
    WANT_NAME_OR_END, /* right after `{` */
    WANT_NEXT,        /* after a value: a comma, or the end of its container */
};

struct pass {
    struct sp_str text;
    size_t at;
    enum wanted wanted;
    struct sp_buf *open; /* open brackets; its length is the depth */
    bool silent;         /* write nothing until the value at `silent_depth` ends */
    size_t silent_depth; /* number of open brackets around that value */
    uint32_t begun;      /* bit n: the container at depth n already has an element */
    struct sp_buf *out;
};

/* ---- writing ------------------------------------------------------------------------------------- */

static void write(struct pass *pass, struct sp_str text)
{
    if (!pass->silent) {
        sp_buf_append(pass->out, text);
    }
}

static void write_comma(struct pass *pass)
{
    uint32_t bit = pass->silent ? 0 : 1u << pass->open->len;
    if (pass->begun & bit) {
        write(pass, SP_STR(","));
    }
    pass->begun |= bit;
}

static void begin_silence(struct pass *pass)
{
    if (!pass->silent) {
        pass->silent = true;
        pass->silent_depth = pass->open->len;
    }
}

static bool end_value(struct pass *pass)
{
    if (pass->open->len == pass->silent_depth) {
        pass->silent = false;
    }
    pass->wanted = WANT_NEXT;
    return true;
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* The next byte; NUL at the end, which is not valid JSON either. */
static char peek(const struct pass *pass)
{
    return pass->at < pass->text.len ? pass->text.ptr[pass->at] : '\0';
}

static bool take(struct pass *pass, char c)
{
    if (peek(pass) != c) {
        return false;
    }
    pass->at++;
    return true;
}

static void skip_space(struct pass *pass)
{
    while (peek(pass) == ' ' || peek(pass) == '\t' || peek(pass) == '\n' || peek(pass) == '\r') {
        pass->at++;
    }
}

/* Takes the four digits after `\u`. */
static bool take_unit(struct pass *pass, unsigned *out)
{
    unsigned unit = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = sp_ascii_hex_value(peek(pass));
        if (value < 0) {
            return false;
        }
        unit = unit << 4 | (unsigned)value;
        pass->at++;
    }
    *out = unit;
    return true;
}

/* Reads an escape after its backslash. `half` is the first half of a surrogate pair that the string ends with
 * so far, or 0; it is updated. */
static bool take_escape(struct pass *pass, unsigned *half, bool *readable)
{
    unsigned before = *half;
    unsigned unit = 1;
    *half = 0;
    if (take(pass, 'u')) {
        if (!take_unit(pass, &unit)) {
            return false;
        }
    } else if (peek(pass) == '\0' || strchr("\"\\/bfnrt", peek(pass)) == NULL) {
        return false;
    } else {
        pass->at++;
    }
    bool is_second = unit >= 0xDC00 && unit <= 0xDFFF;
    if (is_second != (before != 0) || unit == 0) {
        *readable = false;
    }
    if (unit >= 0xD800 && unit < 0xDC00) {
        *half = unit;
    }
    return true;
}

/* Takes a string with its quotes. `readable` is set to whether Jansson accepts it. */
static bool take_string(struct pass *pass, struct sp_str *out, bool *readable)
{
    size_t begin = pass->at;
    unsigned half = 0;
    *readable = true;
    if (!take(pass, '"')) {
        return false;
    }
    while (!take(pass, '"')) {
        size_t len = sp_utf8_sequence_len(sp_str_skip(pass->text, pass->at));
        if (len == 0 || (unsigned char)peek(pass) < ' ') {
            return false;
        }
        bool is_escape = peek(pass) == '\\';
        pass->at += len;
        if (is_escape && !take_escape(pass, &half, readable)) {
            return false;
        }
        if (!is_escape && half != 0) {
            *readable = false;
            half = 0;
        }
    }
    *readable = *readable && half == 0;
    *out = (struct sp_str){pass->text.ptr + begin, pass->at - begin};
    return true;
}

static size_t take_digits(struct pass *pass)
{
    size_t begin = pass->at;
    while (sp_ascii_is_digit(peek(pass))) {
        pass->at++;
    }
    return pass->at - begin;
}

static bool take_exponent(struct pass *pass, int *out)
{
    bool negative = take(pass, '-');
    int exponent = 0;
    if (!negative) {
        (void)take(pass, '+');
    }
    if (!sp_ascii_is_digit(peek(pass))) {
        return false;
    }
    for (; sp_ascii_is_digit(peek(pass)); pass->at++) {
        exponent = exponent < EXPONENT_MAX ? 10 * exponent + (peek(pass) - '0') : exponent;
    }
    *out = negative ? -exponent : exponent;
    return true;
}

static bool take_number(struct pass *pass, struct sp_str *out, bool *readable)
{
    size_t begin = pass->at;
    (void)take(pass, '-');
    bool leading_zero = peek(pass) == '0';
    size_t digits_n = take_digits(pass);
    if (digits_n == 0 || (leading_zero && digits_n > 1)) {
        return false;
    }
    bool is_real = take(pass, '.');
    if (is_real && take_digits(pass) == 0) {
        return false;
    }
    int exponent = 0;
    if (take(pass, 'e') || take(pass, 'E')) {
        is_real = true;
        if (!take_exponent(pass, &exponent)) {
            return false;
        }
    }
    *readable = is_real ? (int64_t)digits_n + exponent <= REAL_DIGITS_MAX : digits_n <= INTEGER_DIGITS_MAX;
    *out = (struct sp_str){pass->text.ptr + begin, pass->at - begin};
    return true;
}

static bool take_word(struct pass *pass, struct sp_str *out)
{
    static const char *const words[] = {"true", "false", "null"};
    struct sp_str rest = sp_str_skip(pass->text, pass->at);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (sp_str_starts_with(rest, sp_str_from_c(words[i]))) {
            *out = sp_str_from_c(words[i]);
            pass->at += out->len;
            return true;
        }
    }
    return false;
}

/* ---- structure ----------------------------------------------------------------------------------- */

/* The opening bracket of the innermost open container; NUL at the top level. */
static char holder(const struct pass *pass)
{
    return pass->open->len > 0 ? pass->open->ptr[pass->open->len - 1] : '\0';
}

static bool open_bracket(struct pass *pass, char bracket)
{
    if (pass->open->len == SP_JSON_DEPTH_MAX) {
        write(pass, SP_STR(SP_JSON_UNREADABLE));
        begin_silence(pass);
    }
    write(pass, (struct sp_str){&bracket, 1});
    sp_buf_append_char(pass->open, bracket);
    if (!pass->silent) {
        pass->begun &= ~(1u << pass->open->len);
    }
    pass->at++;
    pass->wanted = bracket == '{' ? WANT_NAME_OR_END : WANT_VALUE_OR_END;
    return sp_buf_error(pass->open) == SP_OK;
}

static bool close_bracket(struct pass *pass)
{
    char bracket = peek(pass);
    if (holder(pass) == '\0' || bracket != (holder(pass) == '{' ? '}' : ']')) {
        return false;
    }
    write(pass, (struct sp_str){&bracket, 1});
    pass->open->len--;
    pass->at++;
    return end_value(pass);
}

static bool take_value(struct pass *pass)
{
    char c = peek(pass);
    struct sp_str value = SP_STR_NONE;
    bool readable = true;
    if (holder(pass) == '[') {
        write_comma(pass);
    }
    if (c == '{' || c == '[') {
        return open_bracket(pass, c);
    }
    if (c == '"' ? !take_string(pass, &value, &readable)
                 : !take_word(pass, &value) && !take_number(pass, &value, &readable)) {
        return false;
    }
    write(pass, readable ? value : SP_STR(SP_JSON_UNREADABLE));
    return end_value(pass);
}

static bool take_name(struct pass *pass)
{
    struct sp_str name;
    bool readable;
    if (!take_string(pass, &name, &readable)) {
        return false;
    }
    skip_space(pass);
    if (!take(pass, ':')) {
        return false;
    }
    if (readable) {
        write_comma(pass);
        write(pass, name);
        write(pass, SP_STR(":"));
    } else {
        begin_silence(pass);
    }
    pass->wanted = WANT_VALUE;
    return true;
}

static bool step(struct pass *pass)
{
    switch (pass->wanted) {
    case WANT_VALUE:
        return take_value(pass);
    case WANT_VALUE_OR_END:
        return peek(pass) == ']' ? close_bracket(pass) : take_value(pass);
    case WANT_NAME:
        return take_name(pass);
    case WANT_NAME_OR_END:
        return peek(pass) == '}' ? close_bracket(pass) : take_name(pass);
    case WANT_NEXT:
        if (holder(pass) == '\0' || !take(pass, ',')) {
            return close_bracket(pass);
        }
        pass->wanted = holder(pass) == '{' ? WANT_NAME : WANT_VALUE;
        return true;
    }
    return false;
}

/* True if exactly one value was read, up to the end of the text. */
static bool is_complete(const struct pass *pass)
{
    return pass->wanted == WANT_NEXT && pass->open->len == 0 && pass->at == pass->text.len;
}

enum sp_error sp_json_text_rewrite(struct sp_str text, struct sp_buf *out, struct sp_diag *diag)
{
    SP_BUF_SCOPED struct sp_buf open;
    sp_buf_init(&open, text.len);
    struct pass pass = {.text = text, .open = &open, .wanted = WANT_VALUE, .out = out};
    bool good = true;
    for (skip_space(&pass); good && !is_complete(&pass); skip_space(&pass)) {
        good = step(&pass);
    }
    if (!good && pass.at == text.len) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "invalid JSON: it ends too early");
    }
    if (!good) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "invalid JSON at byte %zu", pass.at + 1);
    }
    return sp_buf_error(out);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "http/path.h"

#include "http/percent.h"

/* pchar without `%`, `.` and `;`, which need a look (RFC 3986, section 3.3). */
static const bool ordinary_bytes[256] = {
    ['!'] = true,         ['$'] = true, ['&' ... '-'] = true, ['0' ... ':'] = true, ['='] = true,
    ['@' ... 'Z'] = true, ['_'] = true, ['a' ... 'z'] = true, ['~'] = true,
};

/*
 * One segment as far as it has been read: how many dots it consists of. MIXED is any other segment, and one
 * whose parameters have begun.
 */
enum dots {
    DOTS_NONE,
    DOTS_ONE,
    DOTS_TWO,
    DOTS_MIXED,
};

struct reading {
    uint32_t marks;
    enum dots dots;
    unsigned char before; /* the byte before this one, decoded */
};

/*
 * An overlong sequence of UTF-8 (RFC 3629, section 3): 0xC0 0xAE was a dot to some decoders, and 0xE0 0x80
 * and 0xF0 0x80 begin longer spellings.
 */
static bool is_overlong(unsigned char before, unsigned char byte)
{
    switch (before) {
    case 0xc0:
    case 0xc1:
        return byte >= 0x80 && byte <= 0xbf;
    case 0xe0:
        return byte >= 0x80 && byte <= 0x9f;
    case 0xf0:
        return byte >= 0x80 && byte <= 0x8f;
    default:
        return false;
    }
}

/* True when the byte ends a segment that a lenient program climbs by. */
static bool end_dots(enum dots *dots, enum dots next)
{
    bool is_dot_segment = *dots == DOTS_ONE || *dots == DOTS_TWO;
    *dots = next;
    return is_dot_segment;
}

/* Follows the segments of decoded text; true where a dot segment ends. */
static bool follow_dots(enum dots *dots, unsigned char byte)
{
    switch (byte) {
    case '.':
        *dots = *dots == DOTS_NONE ? DOTS_ONE : *dots == DOTS_ONE ? DOTS_TWO : DOTS_MIXED;
        return false;
    case '/':
    case '\\':
        return end_dots(dots, DOTS_NONE);
    case ';':
    case '?':
    case '#':
        return end_dots(dots, DOTS_MIXED);
    default:
        *dots = DOTS_MIXED;
        return false;
    }
}

static uint32_t marks_of_plain(unsigned char byte, unsigned char before)
{
    switch (byte) {
    case '.':
        return 0;
    case '/':
        return before == '/' ? SP_PATH_EMPTY_SEGMENT : 0;
    case ';':
        return SP_PATH_SEMICOLON;
    case '\\':
        return SP_PATH_BACKSLASH | SP_PATH_RAW_BYTE;
    case '%':
        return SP_PATH_BAD_ESCAPE;
    case '\0':
        return SP_PATH_NUL | SP_PATH_RAW_BYTE;
    default:
        return SP_PATH_RAW_BYTE;
    }
}

static uint32_t marks_of_escaped(unsigned char byte)
{
    switch (byte) {
    case '\0':
        return SP_PATH_NUL;
    case '/':
        return SP_PATH_ENCODED_SLASH;
    case '\\':
        return SP_PATH_BACKSLASH;
    case '%':
        return SP_PATH_DOUBLE_ENCODING;
    case ';':
        return SP_PATH_SEMICOLON;
    case '?':
    case '#':
        return SP_PATH_ENCODED_DELIMITER;
    default:
        if (byte < 0x20 || byte == 0x7f) {
            return SP_PATH_ENCODED_CONTROL;
        }
        return sp_percent_unreserved[byte] ? SP_PATH_ENCODED_UNRESERVED : 0;
    }
}

static bool has_lower_hex(struct sp_str path, size_t at)
{
    return path.ptr[at + 1] >= 'a' || path.ptr[at + 2] >= 'a';
}

static void follow(struct reading *reading, unsigned char byte)
{
    if (follow_dots(&reading->dots, byte)) {
        reading->marks |= SP_PATH_DOT_SEGMENT;
    }
    if (is_overlong(reading->before, byte)) {
        reading->marks |= SP_PATH_OVERLONG;
    }
    reading->before = byte;
}

/* Reads one escape or one byte that needs a look; returns how many bytes that was. */
static size_t read_special(struct reading *reading, struct sp_str path, size_t at)
{
    int value = sp_percent_value(path, at);
    if (value >= 0) {
        reading->marks |= marks_of_escaped((unsigned char)value);
        reading->marks |= has_lower_hex(path, at) ? SP_PATH_LOWER_HEX : 0;
        follow(reading, (unsigned char)value);
        /* Only two plain slashes make an empty segment: `%2f/` is told by its own mark. */
        reading->before = value == '/' ? 0 : reading->before;
        return SP_PERCENT_ESCAPE_LEN;
    }
    unsigned char byte = (unsigned char)path.ptr[at];
    reading->marks |= marks_of_plain(byte, reading->before);
    follow(reading, byte);
    return 1;
}

uint32_t sp_path_marks(struct sp_str path)
{
    struct reading reading = {0};
    for (size_t i = 0; i < path.len;) {
        if (ordinary_bytes[(unsigned char)path.ptr[i]]) {
            reading.dots = DOTS_MIXED;
            reading.before = 0;
            i++;
        } else {
            i += read_special(&reading, path, i);
        }
    }
    return reading.marks | (end_dots(&reading.dots, DOTS_NONE) ? SP_PATH_DOT_SEGMENT : 0);
}

void sp_path_decode(struct sp_str path, struct sp_buf *out)
{
    size_t start = 0;
    for (size_t i = 0; i < path.len; i++) {
        int value = path.ptr[i] == '%' ? sp_percent_value(path, i) : -1;
        if (value < 0) {
            continue;
        }
        sp_buf_append(out, (struct sp_str){path.ptr + start, i - start});
        sp_buf_append_char(out, (char)value);
        i += SP_PERCENT_ESCAPE_LEN - 1;
        start = i + 1;
    }
    sp_buf_append(out, sp_str_skip(path, start));
}

/* Cuts at `/` or `\`; `rest` gets a null pointer at the end. */
static struct sp_str cut_segment(struct sp_str *rest)
{
    struct sp_str segment = *rest;
    for (size_t i = 0; i < rest->len; i++) {
        if (rest->ptr[i] == '/' || rest->ptr[i] == '\\') {
            segment.len = i;
            *rest = (struct sp_str){rest->ptr + i + 1, rest->len - i - 1};
            return segment;
        }
    }
    *rest = SP_STR_NONE;
    return segment;
}

/* Takes the last segment off what has been written from `start` on, down to the slash before it. */
static void climb(struct sp_buf *out, size_t start)
{
    if (out->failed || out->len <= start + 1) {
        return;
    }
    out->len--;
    while (out->len > start + 1 && out->ptr[out->len - 1] != '/') {
        out->len--;
    }
}

void sp_path_clean(struct sp_str path, struct sp_buf *out)
{
    size_t start = out->len;
    sp_buf_append_char(out, '/');
    while (path.ptr != NULL) {
        struct sp_str segment = cut_segment(&path);
        segment.len = sp_str_find(segment, ';');
        if (segment.len == 0 || sp_str_equal(segment, SP_STR("."))) {
            continue;
        }
        if (sp_str_equal(segment, SP_STR(".."))) {
            climb(out, start);
            continue;
        }
        sp_buf_append(out, segment);
        if (path.ptr != NULL) {
            sp_buf_append_char(out, '/');
        }
    }
}

/* The bytes of a text decoded twice, one at a time, so that no buffer is needed. */
struct twice {
    struct sp_str text;
    size_t at;
};

/* The byte at `at` decoded once, and where the next one begins; -1 at the end. */
static int byte_once(struct sp_str text, size_t at, size_t *next)
{
    if (at >= text.len) {
        return -1;
    }
    int value = sp_percent_value(text, at);
    *next = at + (value >= 0 ? SP_PERCENT_ESCAPE_LEN : 1);
    return value >= 0 ? value : (unsigned char)text.ptr[at];
}

static int byte_twice(struct twice *twice)
{
    size_t after[3] = {twice->at, 0, 0};
    int first = byte_once(twice->text, twice->at, &after[0]);
    twice->at = after[0];
    if (first != '%') {
        return first;
    }
    int high = byte_once(twice->text, after[0], &after[1]);
    int low = high >= 0 ? byte_once(twice->text, after[1], &after[2]) : -1;
    if (low < 0) {
        return first;
    }
    char escape[SP_PERCENT_ESCAPE_LEN] = {'%', (char)high, (char)low};
    int value = sp_percent_value((struct sp_str){escape, sizeof escape}, 0);
    if (value < 0) {
        return first;
    }
    twice->at = after[2];
    return value;
}

/*
 * Looking at what two decodings leave is enough: what one leaves of dots, slashes and controls, the second
 * does not touch, for none of them is part of an escape.
 */
bool sp_path_tail_is_harmless(struct sp_str tail)
{
    struct twice twice = {tail, 0};
    enum dots dots = DOTS_NONE;
    unsigned char before = 0;
    for (int value = byte_twice(&twice); value >= 0; value = byte_twice(&twice)) {
        unsigned char byte = (unsigned char)value;
        if (byte < 0x20 || byte == 0x7f || byte == '\\' || is_overlong(before, byte) ||
            follow_dots(&dots, byte)) {
            return false;
        }
        before = byte;
    }
    return !end_dots(&dots, DOTS_NONE);
}

bool sp_path_has_prefix(struct sp_str path, struct sp_str prefix)
{
    if (prefix.len == 0 || !sp_str_starts_with(path, prefix)) {
        return false;
    }
    return path.len == prefix.len || prefix.len == 1 || path.ptr[prefix.len] == '/';
}

struct sp_str sp_path_drop_final_slash(struct sp_str path)
{
    bool drops = path.len > 1 && path.ptr[path.len - 1] == '/';
    return (struct sp_str){path.ptr, path.len - drops};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "http/path.h"

#include "base/utf8.h"
#include "http/lenient.h"
#include "http/percent.h"

/* pchar without `%`, `.`, `:` and `;`, which need a check (RFC 3986, section 3.3). */
static const bool ordinary_bytes[256] = {
    ['!'] = true,         ['$'] = true, ['&' ... '-'] = true, ['0' ... '9'] = true, ['='] = true,
    ['@' ... 'Z'] = true, ['_'] = true, ['a' ... 'z'] = true, ['~'] = true,
};

/*
 * The state of one segment so far. Anything besides dots and spaces makes it a NAME. So does anything after a
 * byte that ends the segment for some programs (`;`, `:`, a control …) and not for others.
 */
enum segment {
    SEGMENT_EMPTY,
    SEGMENT_DOT,
    SEGMENT_TWO_DOTS,
    SEGMENT_MORE_DOTS,
    SEGMENT_SPACES,
    SEGMENT_DOTS_AND_SPACES,
    SEGMENT_NAME,
    SEGMENT_NAME_AND_DOT, /* a name that ends in a dot or a space */
    SEGMENT_STATES_N,
};

static const enum segment after_dot[SEGMENT_STATES_N] = {
    [SEGMENT_EMPTY] = SEGMENT_DOT,
    [SEGMENT_DOT] = SEGMENT_TWO_DOTS,
    [SEGMENT_TWO_DOTS] = SEGMENT_MORE_DOTS,
    [SEGMENT_MORE_DOTS] = SEGMENT_MORE_DOTS,
    [SEGMENT_SPACES] = SEGMENT_DOTS_AND_SPACES,
    [SEGMENT_DOTS_AND_SPACES] = SEGMENT_DOTS_AND_SPACES,
    [SEGMENT_NAME] = SEGMENT_NAME_AND_DOT,
    [SEGMENT_NAME_AND_DOT] = SEGMENT_NAME_AND_DOT,
};

static const enum segment after_space[SEGMENT_STATES_N] = {
    [SEGMENT_EMPTY] = SEGMENT_SPACES,
    [SEGMENT_DOT] = SEGMENT_DOTS_AND_SPACES,
    [SEGMENT_TWO_DOTS] = SEGMENT_DOTS_AND_SPACES,
    [SEGMENT_MORE_DOTS] = SEGMENT_DOTS_AND_SPACES,
    [SEGMENT_SPACES] = SEGMENT_SPACES,
    [SEGMENT_DOTS_AND_SPACES] = SEGMENT_DOTS_AND_SPACES,
    [SEGMENT_NAME] = SEGMENT_NAME_AND_DOT,
    [SEGMENT_NAME_AND_DOT] = SEGMENT_NAME_AND_DOT,
};

/* Three or more dots and nothing else: see judge_many_dots. Internal only. */
#define MANY_DOTS (1U << 31)

/* A segment of only dots and spaces is a dot segment to a program that removes some of them, and which ones
 * it removes is unknown. */
static const uint32_t marks_of_end[SEGMENT_STATES_N] = {
    [SEGMENT_DOT] = SP_PATH_DOT_SEGMENT,
    [SEGMENT_TWO_DOTS] = SP_PATH_DOT_SEGMENT,
    [SEGMENT_MORE_DOTS] = SP_PATH_TRAILING_DOT | MANY_DOTS,
    [SEGMENT_SPACES] = SP_PATH_TRAILING_DOT,
    [SEGMENT_DOTS_AND_SPACES] = SP_PATH_DOT_SEGMENT | SP_PATH_TRAILING_DOT,
    [SEGMENT_NAME_AND_DOT] = SP_PATH_TRAILING_DOT,
};

static uint32_t end_segment(enum segment *segment, enum segment next)
{
    uint32_t marks = marks_of_end[*segment];
    *segment = next;
    return marks;
}

/* Advances over one ASCII byte of decoded text. Returns the marks of a segment that ends here. */
static uint32_t follow(enum segment *segment, unsigned char byte)
{
    switch (byte) {
    case '.':
        *segment = after_dot[*segment];
        return 0;
    case ' ':
        *segment = after_space[*segment];
        return 0;
    case '/':
        return end_segment(segment, SEGMENT_EMPTY);
    case '\\':
        return SP_PATH_BACKSLASH | end_segment(segment, SEGMENT_EMPTY);
    case ';':
    case ':':
    case '?':
    case '#':
        return end_segment(segment, SEGMENT_NAME);
    case '\0':
        return SP_PATH_NUL | end_segment(segment, SEGMENT_NAME);
    case '\t':
    case '\n':
    case '\r':
        return SP_PATH_ENCODED_CONTROL;
    default:
        if (byte < 0x20 || byte == 0x7f) {
            return SP_PATH_ENCODED_CONTROL | end_segment(segment, SEGMENT_NAME);
        }
        *segment = SEGMENT_NAME;
        return 0;
    }
}

/*
 * `...` is a name, but not on Windows. If some of its dots are encoded, others may be removed before those
 * are decoded, so it may stand for any number of dots.
 */
static uint32_t judge_many_dots(uint32_t marks, struct sp_str text)
{
    bool is_plain = true;
    for (size_t i = 0; i < text.len && (marks & MANY_DOTS) != 0; i++) {
        is_plain = is_plain && text.ptr[i] != '%' && (unsigned char)text.ptr[i] < 0x80;
    }
    return is_plain ? marks & ~MANY_DOTS : (marks & ~MANY_DOTS) | SP_PATH_DOT_SEGMENT;
}

/* ---- non-ASCII characters ----------------------------------------------------------------------------- */

/* A text to be decoded once or twice, one byte at a time, so that no buffer is needed. */
struct decoding {
    struct sp_str text;
    size_t at;
    unsigned times;
};

/* The byte at `at`, decoded once, and where the next one begins. -1 at the end. */
static int byte_once(struct sp_str text, size_t at, size_t *next)
{
    if (at >= text.len) {
        return -1;
    }
    int value = sp_percent_value(text, at);
    *next = at + (value >= 0 ? SP_PERCENT_ESCAPE_LEN : 1);
    return value >= 0 ? value : (unsigned char)text.ptr[at];
}

static int next_byte(struct decoding *decoding)
{
    size_t after[3] = {decoding->at, 0, 0};
    int first = byte_once(decoding->text, decoding->at, &after[0]);
    decoding->at = after[0];
    if (first != '%' || decoding->times == 1) {
        return first;
    }
    int high = byte_once(decoding->text, after[0], &after[1]);
    int low = high >= 0 ? byte_once(decoding->text, after[1], &after[2]) : -1;
    if (low < 0) {
        return first;
    }
    char escape[SP_PERCENT_ESCAPE_LEN] = {'%', (char)high, (char)low};
    int value = sp_percent_value((struct sp_str){escape, sizeof escape}, 0);
    if (value < 0) {
        return first;
    }
    decoding->at = after[2];
    return value;
}

/*
 * True for an overlong UTF-8 sequence (RFC 3629, section 3). Some decoders read 0xC0 0xAE as a dot; 0xE0
 * 0x80, 0xF0 0x80 and the five- and six-byte forms begin longer spellings.
 */
static bool is_overlong(unsigned char first, unsigned char second)
{
    static const struct {
        unsigned char first;
        unsigned char second_max;
    } forms[] = {{0xc0, 0xbf}, {0xc1, 0xbf}, {0xe0, 0x9f}, {0xf0, 0x8f}, {0xf8, 0x87}, {0xfc, 0x83}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (first == forms[i].first) {
            return second >= 0x80 && second <= forms[i].second_max;
        }
    }
    return false;
}

/* Reads the character whose first byte, which is not ASCII, has been taken. Adds the marks of its form to
 * `marks`. */
static uint32_t read_character(struct decoding *decoding, unsigned char first, enum sp_leniency leniency,
                               uint32_t *marks)
{
    char bytes[SP_LENIENT_MAX] = {(char)first};
    size_t ends[SP_LENIENT_MAX] = {decoding->at};
    struct decoding ahead = *decoding;
    size_t n = 1;
    for (int byte; n < SP_LENIENT_MAX && (byte = next_byte(&ahead)) >= 0; n++) {
        bytes[n] = (char)byte;
        ends[n] = ahead.at;
    }
    struct sp_str text = {bytes, n};
    if (sp_utf8_sequence_len(text) == 0) {
        *marks |= SP_PATH_ILL_FORMED;
        *marks |= n > 1 && is_overlong(first, (unsigned char)bytes[1]) ? SP_PATH_OVERLONG : 0;
    }
    uint32_t code_point;
    decoding->at = ends[sp_lenient_read(text, leniency, &code_point) - 1];
    return code_point;
}

static uint32_t follow_character(enum segment *segment, uint32_t code_point)
{
    if (code_point == SP_LENIENT_NONE) {
        return 0;
    }
    if (code_point < 0x80) {
        return follow(segment, (unsigned char)code_point);
    }
    if (sp_lenient_is_c1(code_point)) {
        return SP_PATH_ENCODED_CONTROL | end_segment(segment, SEGMENT_NAME);
    }
    struct sp_str form = sp_lenient_form(code_point);
    uint32_t marks = form.len > 0 ? SP_PATH_COMPATIBILITY : 0;
    *segment = form.len > 0 ? *segment : SEGMENT_NAME;
    for (size_t i = 0; i < form.len; i++) {
        marks |= follow(segment, (unsigned char)form.ptr[i]);
    }
    return marks;
}

/*
 * The marks of a decoded text: dots, backslashes, controls and non-ASCII characters. Decoders that drop a
 * character, or read it as a digit or a `%`, may see a complete escape.
 */
static uint32_t marks_of_decoded(struct sp_str text, unsigned times, enum sp_leniency leniency)
{
    struct decoding decoding = {text, 0, times};
    enum segment segment = SEGMENT_EMPTY;
    unsigned digits_wanted = 0; /* digits missing from an escape whose `%` is left after decoding */
    uint32_t marks = 0;
    while (decoding.at < text.len) {
        unsigned char sent = (unsigned char)text.ptr[decoding.at];
        int byte = ordinary_bytes[sent] ? sent : next_byte(&decoding);
        decoding.at += ordinary_bytes[sent];
        if (byte < 0x80) {
            bool is_digit = digits_wanted > 0 && sp_ascii_hex_value((char)byte) >= 0;
            digits_wanted = byte == '%' ? 2 : is_digit ? digits_wanted - 1 : 0;
            marks |= follow(&segment, (unsigned char)byte);
            continue;
        }
        uint32_t of_it = 0;
        uint32_t character = read_character(&decoding, (unsigned char)byte, leniency, &of_it);
        of_it |= follow_character(&segment, character);
        bool is_read_otherwise = (of_it & (SP_PATH_ILL_FORMED | SP_PATH_COMPATIBILITY)) != 0;
        if (character == '%' || (digits_wanted > 0 && is_read_otherwise)) {
            of_it |= SP_PATH_BAD_ESCAPE;
        }
        digits_wanted = is_read_otherwise ? digits_wanted : 0;
        marks |= of_it;
    }
    return marks | marks_of_end[segment];
}

/*
 * One decoder reads ill-formed UTF-8 as a dot, another drops it, so each shows what the other hides. A
 * decoder that checks nothing may read Latin-1 letters as a control; that has no consequence.
 */
static uint32_t marks_of_all_decoders(struct sp_str text, unsigned times)
{
    uint32_t marks = marks_of_decoded(text, times, SP_LENIENCY_LEAVES_OUT);
    if ((marks & SP_PATH_ILL_FORMED) != 0) {
        uint32_t controls = SP_PATH_ENCODED_CONTROL | SP_PATH_NUL;
        marks |= marks_of_decoded(text, times, SP_LENIENCY_CHECKS_NOTHING) & ~controls;
    }
    return marks;
}

/* ---- marks ------------------------------------------------------------------------------------------ */

static uint32_t marks_of_plain(struct sp_str path, size_t at)
{
    switch (path.ptr[at]) {
    case '.':
        return 0;
    case '/':
        return at > 0 && path.ptr[at - 1] == '/' ? SP_PATH_EMPTY_SEGMENT : 0;
    case ':':
        return SP_PATH_STREAM;
    case ';':
        return SP_PATH_SEMICOLON;
    case '%':
        return SP_PATH_BAD_ESCAPE;
    default:
        return SP_PATH_RAW_BYTE;
    }
}

static uint32_t marks_of_escaped(unsigned char byte)
{
    switch (byte) {
    case '/':
        return SP_PATH_ENCODED_SLASH;
    case '%':
        return SP_PATH_DOUBLE_ENCODING;
    case ':':
        return SP_PATH_STREAM;
    case ';':
        return SP_PATH_SEMICOLON;
    case '?':
    case '#':
        return SP_PATH_ENCODED_DELIMITER;
    default:
        return sp_percent_unreserved[byte] ? SP_PATH_ENCODED_UNRESERVED : 0;
    }
}

uint32_t sp_path_marks(struct sp_str path)
{
    uint32_t marks = 0;
    enum segment segment = SEGMENT_EMPTY;
    unsigned char all = 0; /* all bytes that needed a check, ORed: 0x80 is set if one is not ASCII */
    for (size_t i = 0; i < path.len;) {
        unsigned char byte = (unsigned char)path.ptr[i];
        if (ordinary_bytes[byte]) {
            segment = SEGMENT_NAME;
            i++;
            continue;
        }

        /* One escape, or one byte that needs a check. */
        int value = byte == '%' ? sp_percent_value(path, i) : -1;
        if (value < 0) {
            marks |= marks_of_plain(path, i);
            i++;
        } else {
            byte = (unsigned char)value;
            marks |= marks_of_escaped(byte);
            marks |= path.ptr[i + 1] >= 'a' || path.ptr[i + 2] >= 'a' ? SP_PATH_LOWER_HEX : 0;
            i += SP_PERCENT_ESCAPE_LEN;
        }
        all |= byte;
        marks |= follow(&segment, byte);
    }
    marks |= marks_of_end[segment];
    if (all >= 0x80) {
        /* A backslash that NFKC creates has its own mark, and no escape is broken there. */
        marks |= marks_of_all_decoders(path, 1) & ~(uint32_t)(SP_PATH_BACKSLASH | SP_PATH_BAD_ESCAPE);
    }
    return judge_many_dots(marks, path);
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

/* Cuts at `/` or `\`; `rest` has a null pointer at the end. */
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

/* Removes the last segment from what was written since `start`, including the slash before it. */
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

/*
 * Checking the result of two decodings is enough: the second does not change the dots, slashes and controls
 * that the first leaves, because none of them is part of an escape.
 */
bool sp_path_tail_is_harmless(struct sp_str tail)
{
    uint32_t harmful = SP_PATH_DOT_SEGMENT | SP_PATH_BACKSLASH | SP_PATH_NUL | SP_PATH_ENCODED_CONTROL |
                       SP_PATH_OVERLONG | SP_PATH_BAD_ESCAPE;
    return (judge_many_dots(marks_of_all_decoders(tail, 2), tail) & harmful) == 0;
}

/*
 * The head must be canonical on its own: an escape or a dot segment that crosses the border marks it too.
 * Bytes of the tail that are not UTF-8 as sent may be dropped before anything is decoded, which joins what
 * was separate.
 */
bool sp_path_odd_bytes_are_covered(struct sp_str path, size_t tail)
{
    struct sp_str head = {path.ptr, tail};
    struct sp_str covered = sp_str_skip(path, tail);
    return covered.len > 0 && sp_path_marks(head) == 0 && sp_utf8_valid(covered) &&
           sp_path_tail_is_harmless(covered);
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

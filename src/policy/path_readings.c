/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/path_readings.h"

#include "base/utf8.h"
#include "http/lenient.h"

bool sp_path_is_plain(struct sp_str path, uint32_t marks)
{
    return marks == 0 && !sp_str_contains(path, '%');
}

/* ---- habits: what programs do to a path; each appends its result -------------------------------------- */

static bool is_line(char byte)
{
    return byte == '\t' || byte == '\n' || byte == '\r';
}

/* Removes tabs and line ends, as URL parsers in browsers, and those modelled on them, do (WHATWG URL, section
 * 4.4). */
static void take_lines_out(struct sp_str path, struct sp_buf *out)
{
    for (size_t i = 0; i < path.len; i++) {
        if (!is_line(path.ptr[i])) {
            sp_buf_append_char(out, path.ptr[i]);
        }
    }
}

static void decode_utf8(struct sp_str path, enum sp_leniency leniency, struct sp_buf *out)
{
    while (path.len > 0) {
        uint32_t code_point;
        path = sp_str_skip(path, sp_lenient_read(path, leniency, &code_point));
        if (code_point != SP_LENIENT_NONE) {
            sp_lenient_append(code_point, out);
        }
    }
}

static void leave_ill_formed_out(struct sp_str path, struct sp_buf *out)
{
    decode_utf8(path, SP_LENIENCY_LEAVES_OUT, out);
}

static void decode_ill_formed(struct sp_str path, struct sp_buf *out)
{
    decode_utf8(path, SP_LENIENCY_CHECKS_NOTHING, out);
}

static void replace_compatible(struct sp_str path, struct sp_buf *out)
{
    while (path.len > 0) {
        size_t len = sp_utf8_sequence_len(path);
        struct sp_str as_is = {path.ptr, len > 0 ? len : 1};
        struct sp_str form = len > 1 ? sp_lenient_form(sp_utf8_code_point(as_is)) : SP_STR_NONE;
        sp_buf_append(out, form.len > 0 ? form : as_is);
        path = sp_str_skip(path, as_is.len);
    }
}

/* True for a slash or a backslash. */
static bool is_slash(char byte)
{
    return byte == '/' || byte == '\\';
}

static size_t segment_len(struct sp_str path)
{
    size_t len = 0;
    while (len < path.len && !is_slash(path.ptr[len])) {
        len++;
    }
    return len;
}

static size_t slashes_len(struct sp_str path)
{
    size_t len = 0;
    while (len < path.len && is_slash(path.ptr[len])) {
        len++;
    }
    return len;
}

/*
 * `//host/path` is a reference without a scheme (RFC 3986, section 4.2) to a program that parses the target
 * as a relative reference. Browsers' parsers treat more slashes as two.
 */
static void take_authority_out(struct sp_str path, struct sp_buf *out)
{
    size_t len = slashes_len(path);
    if (len >= 2) {
        len += segment_len(sp_str_skip(path, len));
        path = len < path.len ? sp_str_skip(path, len) : SP_STR("/");
    }
    sp_buf_append(out, path);
}

/* To Windows, `name:stream:type` is a stream of the file `name` and opens like the file. */
static struct sp_str without_stream(struct sp_str segment)
{
    return (struct sp_str){segment.ptr, sp_str_find(segment, ':')};
}

/* Windows opens `name. .` as `name`. A segment that consists only of dots is handled by is_unclear. */
static struct sp_str without_trailing_dots(struct sp_str segment)
{
    if (sp_str_equal(segment, SP_STR(".")) || sp_str_equal(segment, SP_STR(".."))) {
        return segment;
    }
    while (segment.len > 0 && (segment.ptr[segment.len - 1] == '.' || segment.ptr[segment.len - 1] == ' ')) {
        segment.len--;
    }
    return segment;
}

static void shorten_segments(struct sp_str path, struct sp_str shortened(struct sp_str), struct sp_buf *out)
{
    for (;;) {
        size_t len = segment_len(path);
        sp_buf_append(out, shortened((struct sp_str){path.ptr, len}));
        if (len == path.len) {
            return;
        }
        sp_buf_append_char(out, path.ptr[len]);
        path = sp_str_skip(path, len + 1);
    }
}

static void take_streams_out(struct sp_str path, struct sp_buf *out)
{
    shorten_segments(path, without_stream, out);
}

static void take_trailing_dots_out(struct sp_str path, struct sp_buf *out)
{
    shorten_segments(path, without_trailing_dots, out);
}

/* Appends the path as seen by a program that first decodes it and then searches for the query, the fragment
 * or the end. */
static void cut_at_delimiter(struct sp_str path, struct sp_buf *out)
{
    size_t end = 0;
    while (end < path.len && path.ptr[end] != '?' && path.ptr[end] != '#' && path.ptr[end] != '\0') {
        end++;
    }
    sp_buf_append(out, (struct sp_str){path.ptr, end});
}

static bool is_control(struct sp_str text)
{
    unsigned char byte = (unsigned char)text.ptr[0];
    size_t len = sp_utf8_sequence_len(text);
    bool is_c1 = len == 2 && sp_lenient_is_c1(sp_utf8_code_point((struct sp_str){text.ptr, len}));
    return is_c1 || byte == 0x7f || (byte < 0x20 && !is_line(text.ptr[0]));
}

/* Cuts the path, as at a NUL, at any control that ends a string in some protocol. */
static void cut_at_control(struct sp_str path, struct sp_buf *out)
{
    size_t end = 0;
    while (end < path.len && !is_control(sp_str_skip(path, end))) {
        end++;
    }
    sp_buf_append(out, (struct sp_str){path.ptr, end});
}

typedef void habit_fn(struct sp_str path, struct sp_buf *out);

/* Marks that may hide other marks. */
#define HIDING (SP_PATH_DOUBLE_ENCODING | SP_PATH_OVERLONG | SP_PATH_ILL_FORMED)

/* A habit only changes paths that have one of its marks, or one that may hide it. */
static const struct habit {
    habit_fn *rewrite;
    uint32_t marks;
} habits[] = {
    {sp_path_clean, UINT32_MAX},
    {take_authority_out, UINT32_MAX},
    {take_lines_out, SP_PATH_ENCODED_CONTROL},
    {cut_at_control, SP_PATH_ENCODED_CONTROL | SP_PATH_NUL},
    {cut_at_delimiter, SP_PATH_ENCODED_DELIMITER | SP_PATH_NUL},
    {leave_ill_formed_out, 0},
    {decode_ill_formed, 0},
    {replace_compatible, SP_PATH_COMPATIBILITY},
    {take_streams_out, SP_PATH_STREAM},
    {take_trailing_dots_out, SP_PATH_TRAILING_DOT | SP_PATH_COMPATIBILITY},
};

/* ---- the readings ----------------------------------------------------------------------------------- */

/* Different orders of the same habits mostly lead to the same reading, so duplicates are dropped, because
 * each reading is compared with each pattern. */
static void add_reading(struct sp_path_readings *readings, struct sp_str path)
{
    for (size_t i = 0; i < readings->items_n; i++) {
        if (sp_str_equal(readings->items[i], path)) {
            return;
        }
    }
    if (readings->items_n == SP_PATH_READINGS_MAX_N) {
        readings->is_unclear = true;
        return;
    }
    readings->items[readings->items_n++] = path;
}

/* Adds the habit's result for `path`, which is stored if it is new. */
static void add_rewritten(struct sp_path_readings *readings, habit_fn *rewrite, struct sp_str path)
{
    struct sp_buf room;
    sp_buf_init_fixed(&room, readings->storage + readings->used_len,
                      sizeof readings->storage - readings->used_len);
    rewrite(path, &room);
    if (sp_buf_error(&room) != SP_OK) {
        readings->is_unclear = true;
        return;
    }
    size_t n = readings->items_n;
    add_reading(readings, sp_buf_str(&room));
    readings->used_len += readings->items_n > n ? room.len : 0;
}

/*
 * If a path has a dot segment or a backslash and is unusual in another way too, its target depends on the
 * program: whether an empty segment counts, whether `a;x` is `a`, whether `\` ends a segment, and what is
 * decoded before or after climbing. `/x/;/..%2Fadmin` is `/admin` to some and `/x/admin` to others.
 */
static bool is_unclear(struct sp_str path, uint32_t marks)
{
    marks &= ~(uint32_t)(SP_PATH_LOWER_HEX | SP_PATH_RAW_BYTE);
    bool has_several = (marks & (marks - 1)) != 0;
    bool hides_more = (marks & HIDING) != 0;
    return (has_several || hides_more) && !sp_path_tail_is_harmless(path);
}

/* Adds the habits' results for the readings from index `first` on, and for those results in turn. */
static void add_by_habits(struct sp_path_readings *readings, size_t first, uint32_t marks)
{
    for (size_t i = first; i < readings->items_n; i++) {
        for (size_t k = 0; k < sizeof habits / sizeof habits[0] && !readings->is_unclear; k++) {
            if ((marks & (habits[k].marks | HIDING)) != 0) {
                add_rewritten(readings, habits[k].rewrite, readings->items[i]);
            }
        }
    }
}

/* Adds the decoded form of the readings from index `first` on; returns the index of the first one added. */
static size_t add_decoded(struct sp_path_readings *readings, size_t first)
{
    size_t end = readings->items_n;
    for (size_t i = first; i < end && !readings->is_unclear; i++) {
        add_rewritten(readings, sp_path_decode, readings->items[i]);
    }
    return end;
}

void sp_path_readings_make(struct sp_str path, struct sp_path_readings *out)
{
    uint32_t marks = sp_path_marks(path);
    out->is_unclear = is_unclear(path, marks);
    out->items_n = 0;
    out->used_len = 0;
    add_reading(out, path);
    if (marks == 0) {
        add_decoded(out, 0);
        return;
    }
    size_t first = 0;
    for (unsigned decodings = 0; decodings <= SP_PATH_DECODINGS_MAX && !out->is_unclear; decodings++) {
        first = decodings > 0 ? add_decoded(out, first) : 0;
        add_by_habits(out, first, marks);
    }
}

bool sp_path_may_name_host(struct sp_str path)
{
    size_t end = sp_str_find(sp_str_skip(path, 1), '/') + 1;
    struct sp_str begin = {path.ptr, end < path.len ? end + 1 : path.len};
    struct sp_path_readings readings;
    sp_path_readings_make(begin, &readings);
    bool names_one = readings.is_unclear;
    for (size_t i = 0; i < readings.items_n; i++) {
        names_one = names_one || slashes_len(readings.items[i]) >= 2;
    }
    return names_one;
}

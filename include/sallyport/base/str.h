/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_STR_H
#define SP_BASE_STR_H

/*
 * A borrowed view of bytes, which every parser of this program reads. It owns nothing, is passed by value,
 * need not end in NUL and may contain NUL. An empty view may have a null pointer.
 *
 * Case-insensitive comparisons fold A–Z only. Field names, schemes and host names are ASCII, and folding more
 * (the long s, the Kelvin sign) has let one name pass for another in other programs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct sp_str {
    const char *ptr;
    size_t len; /* bytes */
};

#define SP_STR(literal) ((struct sp_str){(literal), sizeof(literal) - 1})
#define SP_STR_NONE     ((struct sp_str){NULL, 0})

/* For "%.*s": the length as int, then the pointer. Only for views known to be shorter than INT_MAX. */
#define SP_STR_ARGS(s) (int)(s).len, ((s).ptr != NULL ? (s).ptr : "")

static inline struct sp_str sp_str_from_c(const char *text)
{
    return text != NULL ? (struct sp_str){text, strlen(text)} : SP_STR_NONE;
}

static inline bool sp_str_equal(struct sp_str a, struct sp_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline char sp_ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool sp_ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool sp_ascii_is_alnum(char c)
{
    return sp_ascii_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The value 0–15 of a hexadecimal digit; -1 if `c` is not one. */
int sp_ascii_hex_value(char c);

/* True for a string of spaces and visible ASCII only, 0x20 to 0x7E (VSCHAR of RFC 6749, appendix A), or an
 * empty one. */
bool sp_str_is_printable(struct sp_str s);

/* True for a string of visible ASCII only, 0x21 to 0x7E (VCHAR of RFC 5234, appendix B.1), or an empty
 * one. */
bool sp_str_is_visible(struct sp_str s);

/* Compares secrets: the time depends only on the lengths. */
bool sp_str_equal_secret(struct sp_str a, struct sp_str b);

bool sp_str_equal_ci(struct sp_str a, struct sp_str b);
bool sp_str_starts_with(struct sp_str s, struct sp_str prefix);
bool sp_str_starts_with_ci(struct sp_str s, struct sp_str prefix);
bool sp_str_ends_with(struct sp_str s, struct sp_str suffix);

/* Index of the first `c`, or `s.len`. */
static inline size_t sp_str_find(struct sp_str s, char c)
{
    const char *found = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);
    return found == NULL ? s.len : (size_t)(found - s.ptr);
}

static inline bool sp_str_contains(struct sp_str s, char c)
{
    return sp_str_find(s, c) < s.len;
}

/* The view from `from` to the end; empty if `from` is past the end. */
static inline struct sp_str sp_str_skip(struct sp_str s, size_t from)
{
    if (s.ptr == NULL) {
        return SP_STR_NONE; /* arithmetic on a null pointer is undefined, even adding zero */
    }
    size_t skipped = from < s.len ? from : s.len;
    return (struct sp_str){s.ptr + skipped, s.len - skipped};
}

/*
 * Cuts at the first `separator`: returns the part before it and leaves the part after it in `rest`. Without a
 * separator it returns everything and leaves a view with a null pointer, so that `while (rest.ptr != NULL)`
 * visits every part, including empty ones.
 */
struct sp_str sp_str_cut(struct sp_str *rest, char separator);

/* True if `part` is one of the parts between separators. */
bool sp_str_has_part(struct sp_str list, char separator, struct sp_str part);

/* Removes spaces and tabs at both ends (OWS of RFC 9110, section 5.6.3). */
struct sp_str sp_str_trim(struct sp_str s);

/* A new C string, to be freed, or NULL if out of memory. NUL bytes are copied, so C may see a shorter
 * string. */
char *sp_str_dup(struct sp_str s) __attribute__((warn_unused_result));

/* Number of single-byte edits between the two, for "did you mean". Views longer than 64 bytes count as 64. */
size_t sp_str_distance(struct sp_str a, struct sp_str b);

#endif

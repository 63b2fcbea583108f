/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_WORDING_H
#define SP_BASE_WORDING_H

/*
 * How messages quote what the operator wrote: shortened, on one line, and with the closest valid name next to
 * an invalid one. A value from a file must not be able to forge a log line or move a terminal's cursor.
 */

#include "base/str.h"

#define SP_QUOTED_MAX      384 /* bytes with the NUL */
#define SP_QUOTE_SHOWN_MAX 80  /* at most this many bytes of the value are shown */

struct sp_quoted {
    char text[SP_QUOTED_MAX];
};

/* Escapes quotes, bytes that a terminal does not show as themselves (base/quote.h) and invalid UTF-8. A long
 * value is cut, and the cut is marked with `…`. Returns out->text. */
const char *sp_quote(struct sp_str value, struct sp_quoted *out);

/* For printf arguments: the text lives until the end of the enclosing block. */
#define SP_QUOTE(value) sp_quote((value), &(struct sp_quoted){{0}})

/* The closest match for `word` among the names offered. */
struct sp_nearest {
    struct sp_str word;
    struct sp_str best; /* borrowed; empty if none is close enough */
    size_t distance;
};

struct sp_nearest sp_nearest_of(struct sp_str word);

/* A name is close enough if it can be turned into the word with two edits, or with as many as a third of the
 * word's length. So is a name that begins with the word, or with which the word begins or ends. */
void sp_nearest_offer(struct sp_nearest *nearest, struct sp_str name);

/* Writes `: did you mean "issuer"?`, or an empty string if no name is close enough. Returns out->text. */
const char *sp_nearest_text(const struct sp_nearest *nearest, struct sp_quoted *out);

#define SP_NEAREST_TEXT(nearest) sp_nearest_text((nearest), &(struct sp_quoted){{0}})

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_WORDING_H
#define SP_BASE_WORDING_H

/*
 * How messages show what the operator wrote: short, on one line, and with the nearest right name beside a
 * wrong one. A value from a file must not be able to forge a line of a log or move a terminal's cursor.
 */

#include "base/str.h"

#define SP_QUOTED_MAX      384 /* bytes with the NUL */
#define SP_QUOTE_SHOWN_MAX 80  /* bytes of the value that are shown */

struct sp_quoted {
    char text[SP_QUOTED_MAX];
};

/* Escapes quotes, what a terminal does not show (base/quote.h) and what is not UTF-8; cuts a long value and
 * marks the cut by `…`. Returns out->text. */
const char *sp_quote(struct sp_str value, struct sp_quoted *out);

/* For arguments of a printf: the text lives to the end of the enclosing block. */
#define SP_QUOTE(value) sp_quote((value), &(struct sp_quoted){{0}})

/* The best of the names offered for `word`. */
struct sp_nearest {
    struct sp_str word;
    struct sp_str best; /* borrowed; empty: none is near enough */
    size_t distance;
};

struct sp_nearest sp_nearest_of(struct sp_str word);

/* Near enough is at most two edits, or a third of the word, or that the name begins with the word. */
void sp_nearest_offer(struct sp_nearest *nearest, struct sp_str name);

/* `: did you mean "issuer"?`, or nothing. Returns out->text. */
const char *sp_nearest_text(const struct sp_nearest *nearest, struct sp_quoted *out);

#define SP_NEAREST_TEXT(nearest) sp_nearest_text((nearest), &(struct sp_quoted){{0}})

#endif

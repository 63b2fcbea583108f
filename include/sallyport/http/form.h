/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_FORM_H
#define SP_HTTP_FORM_H

/*
 * application/x-www-form-urlencoded (WHATWG URL, section 5; RFC 6749, appendix B), in queries and bodies. `&`
 * separates pairs, `+` is a space, and everything else is percent-encoded.
 */

#include "base/buf.h"
#include "base/str.h"

#define SP_FORM_PAIRS_MAX 64 /* if a form has more, none is accepted as ours */

struct sp_form_pair {
    struct sp_str name;  /* raw: still encoded */
    struct sp_str value; /* raw; null pointer if there is no `=` */
};

/* Takes the next pair of `rest`, skipping empty ones; false at the end. */
bool sp_form_next(struct sp_str *rest, struct sp_form_pair *out);

/* Decodes a raw name or value. SP_ERR_FORMAT on a broken escape or a NUL; then discard `out`. */
enum sp_error sp_form_decode(struct sp_str raw, struct sp_buf *out) __attribute__((warn_unused_result));

/*
 * Counts the pairs whose decoded name is `name`. `raw_value`, which may be null, is set to the value of the
 * first, or to the empty view. The result is 0 for a form of more than SP_FORM_PAIRS_MAX pairs: a second
 * `state` must not hide at its end.
 */
size_t sp_form_find(struct sp_str form, struct sp_str name, struct sp_str *raw_value);

/* Encodes everything except unreserved characters as %XX, including spaces, so that the value is safe in any
 * query. */
void sp_form_append_encoded(struct sp_str value, struct sp_buf *out);

/* Appends `name=value`, both encoded. Adds `&` first unless `out` is empty or ends in `?` or `&`. */
void sp_form_append_pair(struct sp_str name, struct sp_str value, struct sp_buf *out);

#endif

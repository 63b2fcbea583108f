/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_BEARER_H
#define SP_HTTP_BEARER_H

/*
 * The token of `Authorization: Bearer TOKEN` (RFC 6750, section 2.1; RFC 9110, section 11.4): the scheme in
 * any case, at least one space, then letters, digits, `-._~+/` and at most `=` at the end. A token in a form
 * or a query is never read. What is of another scheme, or not of this form, is for the application.
 *
 * Of two lines, one program reads the first and another the last, so whoever reads any refuses both
 * (sp_head_count).
 */

#include "http/head.h"

/* What stands behind the scheme, of whatever form; the empty view where there is none, or more than one
 * line. */
struct sp_str sp_bearer_read(const struct sp_head *head);

/* Whether that has the form of a token. */
bool sp_bearer_has_form(struct sp_str text);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_BEARER_H
#define SP_HTTP_BEARER_H

/*
 * The token of `Authorization: Bearer TOKEN` (RFC 6750, section 2.1; RFC 9110, section 11.4): the scheme in
 * any case, at least one space, then letters, digits, `-._~+/`, and at the end any number of `=`. A token in
 * a form or a query is never read. A value with another scheme or another form is left to the application.
 *
 * If there are two such lines, some programs read the first and others the last, so callers refuse the
 * request (sp_head_count).
 */

#include "http/head.h"

/* The part after the scheme, in any form; empty if there is no Bearer line, or more than one. */
struct sp_str sp_bearer_read(const struct sp_head *head);

/* True if `text` has the form of a token. */
bool sp_bearer_has_form(struct sp_str text);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_HEADERS_SECTION_H
#define SP_CONFIG_HEADERS_SECTION_H

/*
 * The section `headers`: header sets of the operator's own beside the built-in ones. A set may not carry what
 * frames the message, what the proxy itself tells, or a credential; and no two names that an application
 * behind CGI or WSGI reads as one.
 */

#include "config/config.h"
#include "config/mapping.h"

extern const struct sp_value_type
    sp_type_headers; /* the header sets of struct sp_config, after the built-in ones */

/* Puts the built-in sets first. SP_ERR_MEMORY. */
enum sp_error sp_headers_add_built_in(struct sp_config *config) __attribute__((warn_unused_result));

/* True for `user`, `groups` and `subject`, which stand for a part of the identity (policy/headers.h). A claim
 * that is called so is written as a pointer: `/user`. */
bool sp_headers_is_word(struct sp_str claim);

/* What is legal in sets and unwise. */
void sp_headers_warn(struct sp_reading *reading);

/* Appends the tables of the built-in sets and of what a header carries. */
void sp_headers_document(struct sp_buf *out);

#endif

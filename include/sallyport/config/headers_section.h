/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_HEADERS_SECTION_H
#define SP_CONFIG_HEADERS_SECTION_H

/*
 * The section `headers`: the operator's own header sets, in addition to the built-in ones. A set may not
 * contain headers that frame the message or that the proxy itself sets, nor a credential, nor two names that
 * an application behind CGI or WSGI reads as one.
 */

#include "config/config.h"
#include "config/mapping.h"

extern const struct sp_value_type
    sp_type_headers; /* the header sets of struct sp_config, after the built-in ones */

/* Adds the built-in sets, which come first. SP_ERR_MEMORY. */
enum sp_error sp_headers_add_built_in(struct sp_config *config) __attribute__((warn_unused_result));

/* True for `user`, `groups` and `subject`, which stand for a part of the identity (policy/headers.h). A claim
 * with one of these names is written as a pointer: `/user`. */
bool sp_headers_is_word(struct sp_str claim);

/* Warns about what is legal in sets but unwise. */
void sp_headers_warn(struct sp_reading *reading);

/* Appends the tables of the built-in sets and of the keys of a header. */
void sp_headers_document(struct sp_buf *out);

#endif

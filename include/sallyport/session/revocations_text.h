/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_REVOCATIONS_TEXT_H
#define SP_SESSION_REVOCATIONS_TEXT_H

/*
 * A table of revocations as the text of a file, so that it survives a restart:
 *
 *   sallyport-revocations 1 SECRET
 *   not-before SECONDS
 *   KIND KEY BEGAN-BY UNTIL USER      one line per entry
 *   end COUNT SUM
 *
 * Numbers are decimal; the secret, keys, users and the sum are hexadecimal. The last line contains the number
 * of entries and a checksum (BLAKE2b) of everything before it. A file that was truncated or altered would
 * lose some entries, so it is refused as a whole. Pure.
 */

#include "session/revocations.h"

/* Size of the largest text in bytes. */
#define SP_REVOCATIONS_TEXT_MAX (SP_REVOCATIONS_MAX_N * 96 + 1024)

/* Appends the text. */
void sp_revocations_text_append(const struct sp_revocations_state *state, struct sp_buf *out);

/*
 * Fills `out` (sp_revocations_state_done).
 *
 *   SP_ERR_FORMAT  not such a text, or incomplete; `diag` names the line and what to do
 *   SP_ERR_MEMORY
 */
enum sp_error sp_revocations_text_parse(struct sp_str text, struct sp_revocations_state *out,
                                        struct sp_diag *diag) __attribute__((warn_unused_result));

#endif

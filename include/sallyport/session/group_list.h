/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_GROUP_LIST_H
#define SP_SESSION_GROUP_LIST_H

/*
 * A list of groups, each stored as the difference from the previous one, because the group names of an
 * organization follow a pattern: `platform-team-07-operators` after `platform-team-06-operators` takes 4
 * bytes, and so does a distinguished name after another one from the same tree.
 *
 *   count, (length of the shared prefix | length of the shared suffix | what is in between)
 *
 * Lengths are those of session/wire.h. The prefix is as long as possible, and then the suffix. So a list has
 * exactly one encoding, and any other is refused. Groups stay in the issuer's order. Pure.
 */

#include "session/wire.h"

/* Length of the encoded form in bytes. */
size_t sp_group_list_measure(const struct sp_str *groups, size_t groups_n);

void sp_group_list_write(const struct sp_str *groups, size_t groups_n, struct sp_buf *out);

/*
 * Reads up to `max_n` groups, stores their names in `storage`, and returns how many there are. The reader is
 * marked as failed after any fault, or if the names do not fit into `storage_len`.
 *
 *   used_len  number of bytes of `storage` that were written
 */
size_t sp_group_list_read(struct sp_wire_reader *reader, size_t max_n, char *storage, size_t storage_len,
                          struct sp_str *groups, size_t *used_len);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_GROUP_LIST_H
#define SP_SESSION_GROUP_LIST_H

/*
 * A list of groups as the differences of each to the one before, since the names of an organisation follow a
 * pattern: `platform-team-07-operators` after `platform-team-06-operators` takes 4 bytes, and so does a
 * distinguished name after another one of its tree.
 *
 *   count, (length of the shared beginning | length of the shared end | what is between)
 *
 * Lengths are those of session/wire.h. The beginning is as long as it can be, then the end: so a list has one
 * spelling, and any other is refused. Groups stay in the order of the issuer. Pure.
 */

#include "session/wire.h"

/* Bytes of the written form. */
size_t sp_group_list_measure(const struct sp_str *groups, size_t groups_n);

void sp_group_list_write(const struct sp_str *groups, size_t groups_n, struct sp_buf *out);

/*
 * Reads up to `max_n` groups, whose texts are then in `storage`, and returns how many; a fault of any kind,
 * and texts that are longer than `storage_len` together, mark the reader as failed.
 *
 *   used_len  how many bytes of `storage` have been written
 */
size_t sp_group_list_read(struct sp_wire_reader *reader, size_t max_n, char *storage, size_t storage_len,
                          struct sp_str *groups, size_t *used_len);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "session/group_list.h"

/* The prefix and the suffix that a group shares with the one before it. They do not overlap in either
 * group. */
struct shared {
    size_t beginning_len;
    size_t end_len;
};

static struct shared share(struct sp_str before, struct sp_str group)
{
    struct shared shared = {0, 0};
    size_t max = before.len < group.len ? before.len : group.len;
    while (shared.beginning_len < max &&
           before.ptr[shared.beginning_len] == group.ptr[shared.beginning_len]) {
        shared.beginning_len++;
    }
    max -= shared.beginning_len;
    while (shared.end_len < max &&
           before.ptr[before.len - shared.end_len - 1] == group.ptr[group.len - shared.end_len - 1]) {
        shared.end_len++;
    }
    return shared;
}

static struct sp_str between(struct sp_str group, struct shared shared)
{
    return (struct sp_str){group.ptr + shared.beginning_len,
                           group.len - shared.beginning_len - shared.end_len};
}

static struct sp_str before(const struct sp_str *groups, size_t i)
{
    return i > 0 ? groups[i - 1] : SP_STR("");
}

size_t sp_group_list_measure(const struct sp_str *groups, size_t groups_n)
{
    size_t len = sp_wire_length_len(groups_n);
    for (size_t i = 0; i < groups_n; i++) {
        struct shared shared = share(before(groups, i), groups[i]);
        size_t between_len = between(groups[i], shared).len;
        len += sp_wire_length_len(shared.beginning_len) + sp_wire_length_len(shared.end_len) +
               sp_wire_length_len(between_len) + between_len;
    }
    return len;
}

void sp_group_list_write(const struct sp_str *groups, size_t groups_n, struct sp_buf *out)
{
    sp_wire_write_length(out, groups_n);
    for (size_t i = 0; i < groups_n; i++) {
        struct shared shared = share(before(groups, i), groups[i]);
        sp_wire_write_length(out, shared.beginning_len);
        sp_wire_write_length(out, shared.end_len);
        sp_wire_write_str(out, between(groups[i], shared));
    }
}

size_t sp_group_list_read(struct sp_wire_reader *reader, size_t max_n, char *storage, size_t storage_len,
                          struct sp_str *groups, size_t *used_len)
{
    size_t n = sp_wire_read_count(reader, max_n);
    char *at = storage;
    for (size_t i = 0; i < n && !reader->failed; i++) {
        struct sp_str former = before(groups, i);
        struct shared shared;
        shared.beginning_len = sp_wire_read_length(reader);
        shared.end_len = sp_wire_read_length(reader);
        struct sp_str middle = sp_wire_read_str(reader);
        size_t len = shared.beginning_len + middle.len + shared.end_len;
        if (reader->failed || shared.beginning_len + shared.end_len > former.len ||
            len > storage_len - (size_t)(at - storage)) {
            sp_wire_fail(reader);
            break;
        }
        groups[i] = (struct sp_str){at, len};
        memcpy(at, former.ptr, shared.beginning_len);
        at += shared.beginning_len;
        if (middle.len > 0) {
            memcpy(at, middle.ptr, middle.len);
        }
        at += middle.len;
        memcpy(at, former.ptr + former.len - shared.end_len, shared.end_len);
        at += shared.end_len;
        struct shared longest = share(former, groups[i]);
        if (longest.beginning_len != shared.beginning_len || longest.end_len != shared.end_len) {
            sp_wire_fail(reader);
        }
    }
    *used_len = (size_t)(at - storage);
    return reader->failed ? 0 : n;
}

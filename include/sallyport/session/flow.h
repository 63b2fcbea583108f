/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_FLOW_H
#define SP_SESSION_FLOW_H

/*
 * The id of one login: 4 bytes of its time in seconds, big-endian, and 8 random ones, as 24 lower-case
 * hexadecimal characters. It ties `state` to a login cookie, whose name ends in it. Since the time comes
 * first, ids sort by age, and too many login cookies can be thinned from the oldest without opening any. The
 * time is for that only: what expires is decided by times that are sealed.
 */

#include "base/error.h"
#include "base/random.h"
#include "base/str.h"

#include <stdint.h>

#define SP_FLOW_ID_LEN      12 /* bytes */
#define SP_FLOW_ID_TEXT_LEN 24

struct sp_flow_id {
    char text[SP_FLOW_ID_TEXT_LEN];
};

static inline struct sp_str sp_flow_id_str(const struct sp_flow_id *id)
{
    return (struct sp_str){id->text, sizeof id->text};
}

struct sp_flow_id sp_flow_id_new(int64_t now_s, const struct sp_random *random);

/* SP_ERR_FORMAT: not exactly 24 lower-case hexadecimal characters. */
enum sp_error sp_flow_id_parse(struct sp_str text, struct sp_flow_id *out)
    __attribute__((warn_unused_result));

#endif

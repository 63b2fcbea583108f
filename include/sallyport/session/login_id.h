/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_LOGIN_ID_H
#define SP_SESSION_LOGIN_ID_H

/*
 * The id of one login: 4 bytes of its time in seconds, big-endian, and 8 random bytes, as 24 lower-case
 * hexadecimal characters. It connects `state` to a login cookie, whose name ends in it. The time comes first,
 * so ids sort by age: if there are too many logins, the oldest is evicted (sp_login_evict). The time serves
 * only that purpose; sealed times determine what has expired.
 *
 * The last two bytes distinguish a first try from a second one, a login that was restarted because the cookie
 * of the first was missing. 00 02 is a second try, anything else a first. Rely on this only for an id from an
 * authentic `state`. The mark is part of the id because payloads are read strictly: replicas of release 0.1.0
 * refuse a payload with an additional member. (One in 65,536 of their random ids ends in 00 02; such a login
 * counts as a second try here.)
 */

#include "base/error.h"
#include "base/random.h"
#include "base/str.h"

#include <stdint.h>

#define SP_LOGIN_ID_LEN      12 /* bytes */
#define SP_LOGIN_ID_TEXT_LEN 24

struct sp_login_id {
    char text[SP_LOGIN_ID_TEXT_LEN];
};

static inline struct sp_str sp_login_id_str(const struct sp_login_id *id)
{
    return (struct sp_str){id->text, sizeof id->text};
}

enum sp_login_try {
    SP_LOGIN_FIRST_TRY = 0,
    SP_LOGIN_SECOND_TRY = 1,
};

struct sp_login_id sp_login_id_new(enum sp_login_try which_try, int64_t now_s,
                                   const struct sp_random *random);

enum sp_login_try sp_login_id_try(const struct sp_login_id *id);

/* Parses an id. SP_ERR_FORMAT: not exactly 24 lower-case hexadecimal characters. */
enum sp_error sp_login_id_parse(struct sp_str text, struct sp_login_id *out)
    __attribute__((warn_unused_result));

#endif

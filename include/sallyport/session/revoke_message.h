/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_REVOKE_MESSAGE_H
#define SP_SESSION_REVOKE_MESSAGE_H

/*
 * What an operator asks the processes to revoke, as the body of `POST /revoke`. It is sealed with the key
 * ring, so that nobody else can send it. It is bound to issuer and client, as cookies are, so that another
 * environment with the same keys does not accept it.
 *
 *   payload: version 1 | sealed 5 | kind 1 | bound 5 | value, length first
 *
 * The time of sealing counts: everything that began at or before it is revoked. So recording and replaying a
 * message changes nothing. It is accepted for a minute, plus the clock skew.
 */

#include "session/sealer.h"
#include "session/session.h"

#define SP_REVOKE_MESSAGE_LIFETIME_S 60
#define SP_REVOKE_MESSAGE_MAX        1024 /* characters of the sealed form */
#define SP_REVOKE_VALUE_MAX          512  /* bytes of a `sub` or `sid` */

/* The numbers are part of the wire format. */
enum sp_revoke_kind {
    SP_REVOKE_SUB = 1,   /* all sessions of a user */
    SP_REVOKE_SID = 2,   /* all sessions that belong to one session of the issuer */
    SP_REVOKE_LABEL = 3, /* all sessions whose label is `value` */
    SP_REVOKE_ALL = 4,   /* everything that began at or before the bound */
};

struct sp_revoke_message {
    enum sp_revoke_kind kind;
    struct sp_str value; /* empty for SP_REVOKE_ALL */
    int64_t bound_s;     /* the time of sealing; for SP_REVOKE_ALL the requested time, never in the future */
};

/*
 * Appends the sealed message; `bound_s` is used for SP_REVOKE_ALL only. Returns the errors of sp_seal_bytes,
 * and SP_ERR_FORMAT for a value that is empty, too long or not a label, and for a bound after
 * `sealer->now_s`.
 */
enum sp_error sp_revoke_message_seal(const struct sp_sealer *sealer, const struct sp_revoke_message *message,
                                     struct sp_buf *out) __attribute__((warn_unused_result));

/*
 * Fills `out`, whose value points into `storage`.
 *
 *   skew_s  how far the sealer's clock may differ
 *
 *   SP_ERR_SIGNATURE  not authentic here
 *   SP_ERR_EXPIRED    sealed too long ago, or in the future
 *   SP_ERR_FORMAT     authentic, but not a message that this version would have sealed
 */
enum sp_error sp_revoke_message_open(const struct sp_sealer *sealer, struct sp_str text, int64_t skew_s,
                                     struct sp_seal_storage *storage, struct sp_revoke_message *out)
    __attribute__((warn_unused_result));

#endif

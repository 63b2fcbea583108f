/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_REVOKE_MESSAGE_H
#define SP_SESSION_REVOKE_MESSAGE_H

/*
 * What an operator tells the processes to end, as the body of `POST /revoke`: sealed by the key ring, so that
 * nobody else can say it, and bound to issuer and client as cookies are, so that another environment with the
 * same keys does not take it.
 *
 *   payload: version 1 | sealed 5 | kind 1 | bound 5 | value, length first
 *
 * The time that counts is the one of sealing: what began at or before it is over. So a message that somebody
 * recorded and sends again changes nothing. It is taken for a minute, beside the skew of clocks.
 */

#include "session/sealer.h"
#include "session/session.h"

#define SP_REVOKE_MESSAGE_LIFETIME_S 60
#define SP_REVOKE_MESSAGE_MAX        1024 /* characters of the sealed form */
#define SP_REVOKE_VALUE_MAX          512  /* bytes of a sub or sid */

/* The numbers are part of the wire format. */
enum sp_revoke_kind {
    SP_REVOKE_SUB = 1,   /* all sessions of a user */
    SP_REVOKE_SID = 2,   /* those of a session of the issuer */
    SP_REVOKE_LABEL = 3, /* those whose label is `value` */
    SP_REVOKE_ALL = 4,   /* all that began at or before the bound */
};

struct sp_revoke_message {
    enum sp_revoke_kind kind;
    struct sp_str value; /* empty for SP_REVOKE_ALL */
    int64_t bound_s;     /* when it was sealed; for SP_REVOKE_ALL what is asked for, never later */
};

/*
 * Appends the sealed message; `bound_s` counts for SP_REVOKE_ALL only. The errors of sp_seal_bytes, and
 * SP_ERR_FORMAT: a value that is empty, too long, or no label, or a bound after `sealer->now_s`.
 */
enum sp_error sp_revoke_message_seal(const struct sp_sealer *sealer, const struct sp_revoke_message *message,
                                     struct sp_buf *out) __attribute__((warn_unused_result));

/*
 * Fills `out`, whose value points into `storage`.
 *
 *   skew_s  by how much the clock of who sealed may differ
 *
 *   SP_ERR_SIGNATURE  not authentic here
 *   SP_ERR_EXPIRED    sealed longer ago than it is taken, or in the time to come
 *   SP_ERR_FORMAT     authentic, and nothing that this version seals
 */
enum sp_error sp_revoke_message_open(const struct sp_sealer *sealer, struct sp_str text, int64_t skew_s,
                                     struct sp_seal_storage *storage, struct sp_revoke_message *out)
    __attribute__((warn_unused_result));

#endif

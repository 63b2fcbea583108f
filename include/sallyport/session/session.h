/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_SESSION_H
#define SP_SESSION_SESSION_H

/*
 * The session: who signed in, when, and until when that holds. Its binary form is what is sealed into the
 * cookie. Integers are big-endian; a time is 5 bytes of seconds since the epoch; a string is its length,
 * then its bytes; a length or count below 128 is one byte, otherwise two with the top bit set (14 bits),
 * and the longer form of a small number is refused:
 *
 *   version 1 [mark of the groups 7] | id 16
 *   | login_at 5 | auth_time 5 | issued 5 | renew_after 5 | renew_by 5 | expires 5
 *   | email_verified 1 | issuer | sub | sid | email | name | preferred_username
 *   | count, groups | count, (claim name, value) | refresh token | packed ID token
 *
 * The mark (session/profile.h) is there in version 2 only and never zero; everything else is of version 1.
 * Release 0.1.0 knows version 1 alone: it takes a session that lacks groups for none, never for a whole one.
 *
 * Version 3 is a session that can be renewed. It has the groups as differences (session/group_list.h), where
 * these are shorter, the refresh token in its shortest form (session/packed_token.h), and at the end what
 * belongs to that (oidc/refresh_grant.h):
 *
 *   version 3 | form 1 [mark of the groups 7] | id 16 | as version 1 | nonce hash 16 | issued 5
 *   [auth_time 5] [sid]
 *
 * The form says what is there: its lowest two bits are the form of the refresh token, the next ones whether
 * there is a mark, whether `auth_time` and `sid` of the login that the token came from are not those of the
 * session itself, and follow, and whether the groups are differences.
 *
 * It is written with `renew: true` only, so that replicas of two versions do without each other's until then.
 *
 * The facts of a profile, where there are any, are the last claim, without a name, which no setting can have:
 * mark 7, then the bits of the facts, the first the lowest of its byte, without zero bytes at the end. So
 * release 0.1.0 reads such a session too.
 *
 * Decoding happens once for each value that is opened; what is remembered stays decoded (session/cache.h). In
 * place, without allocation, the views of the result point into the opened bytes, those of groups that were
 * differences and of a refresh token into the session itself, which therefore is not copied. It is strict: no unknown
 * version, no byte left over, no count above its maximum, no session that ends before it begins. What it
 * accepts, encoding gives back byte for byte.
 *
 * An absent text is an empty one, an absent time 0. Pure; no clock.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "oidc/refresh_grant.h"
#include "session/packed_token.h"
#include "session/profile.h"

#include <stdint.h>

#define SP_SESSION_VERSION         1
#define SP_SESSION_VERSION_MARKED  2
#define SP_SESSION_VERSION_RENEWED 3
#define SP_SESSION_ID_LEN          16
#define SP_SESSION_GROUPS_MAX_N    256   /* version 0.1.0 opens no session of more */
#define SP_SESSION_GROUPS_TEXT_MAX 16384 /* bytes of all groups of a session of version 3 */
#define SP_SESSION_PAYLOAD_MAX     4096  /* bytes, sealed or not; the cookie is the tighter bound */
#define SP_SESSION_TEXTS_MAX       (SP_SESSION_GROUPS_TEXT_MAX + SP_PACKED_TOKEN_TEXT_MAX)
#define SP_SESSION_ID_LABEL_LEN    8 /* characters of the id that are shown: found in a log, not used */

/*
 * About 42 KiB, of which nobody touches more than is there: pass it by pointer. Views are borrowed, from
 * the opened bytes after decoding. Start from zero (`= {0}`) to fill one in; decoding needs no such start.
 */
struct sp_session {
    uint8_t id[SP_SESSION_ID_LEN]; /* random at login; survives renewal */
    int64_t login_at_s;            /* survives renewal; revocation compares it */
    int64_t auth_time_s;           /* of the ID token; 0: not said */
    int64_t issued_s;              /* of this cookie: login or the last renewal */
    int64_t renew_after_s;         /* 0: this session is not renewed, and neither is renew_by_s set */
    int64_t renew_by_s;            /* past it the session is not valid until it is renewed; at or after
                                      renew_after_s */
    int64_t expires_s;             /* absolute end; at or after issued_s */
    struct sp_refresh_grant grant; /* what renews it; of a session that nothing renews the token alone */
    struct sp_str id_token_packed; /* session/packed_token.h */
    size_t texts_len;              /* of the decoding */
    struct sp_profile profile;
    char texts[SP_SESSION_TEXTS_MAX]; /* of groups, and of the refresh token; last */
};

/* Bytes of the encoded form, also of a session that is too large; for saying by how much. */
struct sp_session_size {
    size_t payload_len;
    size_t groups_len; /* the part of it that the groups take */
    size_t claims_len; /* that the claims take which settings name */
    size_t refresh_token_len;
    size_t id_token_len;
};

struct sp_session_size sp_session_measure(const struct sp_session *session);

/*
 * Appends the binary form; it may hold secrets.
 *
 *   SP_ERR_MISSING  no issuer or no sub
 *   SP_ERR_FORMAT   times out of range or order, a packed ID token that is none
 *   SP_ERR_LIMIT    above SP_SESSION_PAYLOAD_MAX or the ceiling of `out`
 */
enum sp_error sp_session_encode(const struct sp_session *session, struct sp_buf *out)
    __attribute__((warn_unused_result));

/*
 * Reads `payload`, which the views of `out` then point into.
 *
 *   SP_ERR_UNSUPPORTED  another version
 *   SP_ERR_FORMAT       anything else that encoding would not have written
 */
enum sp_error sp_session_decode(struct sp_str payload, struct sp_session *out)
    __attribute__((warn_unused_result));

/* Where a session stands at a time. Zero is the one that gives nobody anything. */
enum sp_session_phase {
    SP_SESSION_OVER = 0,    /* at or past expires_s, or past renew_by_s and nothing renews it */
    SP_SESSION_CURRENT = 1, /* nothing to do */
    SP_SESSION_DUE = 2,     /* holds, and at or past renew_after_s: renew it when the request allows */
    SP_SESSION_OVERDUE = 3, /* at or past renew_by_s: it holds once it was renewed, and not before */
};

enum sp_session_phase sp_session_phase(const struct sp_session *session, int64_t now_s);

/* The shortened id for logs and `me`: the first SP_SESSION_ID_LABEL_LEN hexadecimal characters, without NUL.
 */
void sp_session_label(const uint8_t id[SP_SESSION_ID_LEN], char out[SP_SESSION_ID_LABEL_LEN]);

#endif

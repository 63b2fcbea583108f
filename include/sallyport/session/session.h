/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_SESSION_H
#define SP_SESSION_SESSION_H

/*
 * The session: who signed in, when, and for how long the session is valid. Its binary form is sealed into the
 * cookie. Integers are big-endian. A time is 5 bytes of seconds since the epoch. A string is its length, then
 * its bytes. A length or count below 128 is one byte, otherwise two with the top bit set (14 bits); the
 * longer form of a small number is refused:
 *
 *   version 1 [mark of the groups 7] | id 16
 *   | login_at 5 | auth_time 5 | issued 5 | renew_after 5 | renew_by 5 | expires 5
 *   | email_verified 1 | issuer | sub | sid | email | name | preferred_username
 *   | count, groups | count, (claim name, value) | refresh token | packed ID token
 *
 * The mark (session/profile.h) is present in version 2 only, and never zero; the rest is the same as in
 * version 1. Release 0.1.0 knows only version 1, so it treats a session that lacks groups as no session,
 * never as a complete one.
 *
 * Version 3 is a session that can be renewed. Its groups are stored as differences (session/group_list.h) if
 * these are shorter, and its refresh token in its shortest form (session/packed_token.h). It ends with the
 * values that belong to that token (oidc/refresh_grant.h):
 *
 *   version 3 | form 1 [mark of the groups 7] | id 16 | as version 1 | nonce hash 16 | issued 5
 *   [auth_time 5] [sid]
 *
 * The form states what is present. Its lowest two bits are the form of the refresh token. The next ones state
 * whether there is a mark, whether `auth_time` and `sid` of the token's login differ from the session's own
 * and therefore follow, and whether the groups are differences.
 *
 * Version 3 is written only with `renew: true`, so that replicas of two releases can share sessions until
 * that is set.
 *
 * The facts of a profile, if there are any, are stored as the last claim. Its name is empty, which no setting
 * allows. Its value is the mark (7 bytes), then the bits of the facts, starting with the lowest bit of each
 * byte, without zero bytes at the end. So release 0.1.0 can read such a session too.
 *
 * Each value is decoded once when it is opened; remembered sessions stay decoded (session/cache.h). Decoding
 * works in place, without allocation. The views of the result point into the opened bytes, except for the
 * views of groups stored as differences and of a refresh token, which point into the session itself; it is
 * therefore never copied. Decoding is strict: it refuses an unknown version, trailing bytes, a count above
 * its maximum, and a session that ends before it begins. Encoding an accepted session gives the same bytes.
 *
 * An absent string is empty, an absent time is 0. Pure; no clock.
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
#define SP_SESSION_GROUPS_MAX_N    256   /* release 0.1.0 opens no session with more */
#define SP_SESSION_GROUPS_TEXT_MAX 16384 /* bytes of all groups of a session of version 3 */
#define SP_SESSION_PAYLOAD_MAX     4096  /* bytes of the encoded form; the cookie's own limit is tighter */
#define SP_SESSION_TEXTS_MAX       (SP_SESSION_GROUPS_TEXT_MAX + SP_PACKED_TOKEN_TEXT_MAX)
#define SP_SESSION_ID_LABEL_LEN    8 /* characters of the id, shown in logs */

/*
 * About 41 KiB, of which only the used part is touched, so pass it by pointer. Its views are borrowed; after
 * decoding they point into the opened bytes or into the session itself. Start from zero (`= {0}`) to fill one
 * in; decoding needs no initialization.
 */
struct sp_session {
    uint8_t id[SP_SESSION_ID_LEN]; /* chosen at random at login; unchanged by renewal */
    int64_t login_at_s;            /* unchanged by renewal; revocations are compared with it */
    int64_t auth_time_s;           /* from the ID token; 0 if absent */
    int64_t issued_s;              /* when this cookie was issued: at login or the last renewal */
    int64_t renew_after_s;         /* when to renew the session; 0 if it is not renewed, and then renew_by_s
                                      is 0 too */
    int64_t renew_by_s;            /* from then on the session is invalid until it is renewed; not before
                                      renew_after_s */
    int64_t expires_s;             /* absolute end; not before issued_s */
    struct sp_refresh_grant grant; /* renews the session; only the token is set if it is not renewed */
    struct sp_str id_token_packed; /* in the packed form (session/packed_token.h) */
    size_t texts_len;              /* bytes of `texts` in use; set by decoding */
    struct sp_profile profile;
    char texts[SP_SESSION_TEXTS_MAX]; /* storage for group names and the refresh token; must be last */
};

/* Sizes of the encoded form in bytes, even for a session that is too large, to report by how much. */
struct sp_session_size {
    size_t payload_len;
    size_t groups_len; /* bytes for the groups */
    size_t claims_len; /* bytes for the claims that settings name */
    size_t refresh_token_len;
    size_t id_token_len;
};

struct sp_session_size sp_session_measure(const struct sp_session *session);

/*
 * Appends the binary form; it may hold secrets.
 *
 *   SP_ERR_MISSING  no issuer, or no `sub`
 *   SP_ERR_FORMAT   times out of range or out of order, or an invalid packed ID token
 *   SP_ERR_LIMIT    longer than SP_SESSION_PAYLOAD_MAX, or the ceiling of `out` was reached
 */
enum sp_error sp_session_encode(const struct sp_session *session, struct sp_buf *out)
    __attribute__((warn_unused_result));

/*
 * Decodes `payload`; the views of `out` then point into it.
 *
 *   SP_ERR_UNSUPPORTED  an unknown version
 *   SP_ERR_FORMAT       anything else that encoding would not have written
 */
enum sp_error sp_session_decode(struct sp_str payload, struct sp_session *out)
    __attribute__((warn_unused_result));

/* The state of a session at a given time. Zero grants nothing. */
enum sp_session_phase {
    SP_SESSION_OVER = 0,    /* at or past expires_s, or not renewable and at or past renew_by_s */
    SP_SESSION_CURRENT = 1, /* nothing to do */
    SP_SESSION_DUE = 2,     /* valid, and at or past renew_after_s: renew it when the request allows it */
    SP_SESSION_OVERDUE = 3, /* at or past renew_by_s: invalid until it is renewed */
};

enum sp_session_phase sp_session_phase(const struct sp_session *session, int64_t now_s);

/* The shortened id for logs and `me`: the first SP_SESSION_ID_LABEL_LEN hexadecimal characters, without a
 * NUL. */
void sp_session_label(const uint8_t id[SP_SESSION_ID_LEN], char out[SP_SESSION_ID_LABEL_LEN]);

#endif

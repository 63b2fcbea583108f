/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_LOGIN_H
#define SP_SESSION_LOGIN_H

/*
 * What has to be remembered between the redirect to the issuer and the callback. The server itself stores
 * nothing.
 *
 * `state` travels through the issuer. It contains the login id (which also marks a second try), the time, and
 * the page that the user requested, sealed with the redirect URI as scope. It opens for a day, so that a late
 * or repeated callback with a valid session still leads to that page. It does not prove that this browser
 * began the login. With one callback host for many hosts, the `state` of any of them opens at all of them, so
 * check its origin before using it.
 *
 * The login cookie is that proof (RFC 6749, section 10.12). Its name ends in the login id. It contains the
 * PKCE verifier (RFC 7636), the nonce and the number of earlier attempts, for ten minutes. Success replaces
 * it with a marker under the same name, for one minute. An anonymous request with a marker has lost its
 * session cookie, and gets a page that explains this instead of another login.
 *
 * Payloads are big-endian, and each is sealed for its own purpose:
 *
 *   state   version 1 | login id 12 | issued 5 | length 2, origin | length 2, path and query
 *   cookie  version 1 | issued 5 | attempts 1 | verifier 32 | nonce 32
 *   marker  version 1 | issued 5
 *
 * A time in the future counts as now, because it comes from a replica whose clock is ahead.
 */

#include "base/error.h"
#include "base/str.h"
#include "session/login_id.h"
#include "session/sealer.h"

#include <stdint.h>

#define SP_LOGIN_STATE_LIFETIME_S   86400
#define SP_LOGIN_COOKIE_LIFETIME_S  600
#define SP_LOGIN_MARKER_LIFETIME_S  60
#define SP_LOGIN_COOKIES_MAX_N      12   /* cookies per browser and host, including the new one */
#define SP_LOGIN_COOKIES_SEEN_MAX_N 32   /* login cookies read per request */
#define SP_LOGIN_ORIGIN_MAX         300  /* bytes of `scheme://host[:port]` */
#define SP_LOGIN_TARGET_MAX         1024 /* bytes of path and query */
#define SP_LOGIN_ATTEMPTS_MAX       255
#define SP_LOGIN_SECRET_LEN         32
#define SP_LOGIN_SECRET_TEXT_LEN    43 /* characters of a secret in base64url */
#define SP_LOGIN_STATE_TEXT_MAX     SP_SEAL_TEXT_LEN(22 + SP_LOGIN_ORIGIN_MAX + SP_LOGIN_TARGET_MAX)
#define SP_LOGIN_COOKIE_TEXT_MAX    SP_SEAL_TEXT_LEN(7 + 2 * SP_LOGIN_SECRET_LEN)
#define SP_LOGIN_MARKER_TEXT_LEN    SP_SEAL_TEXT_LEN(6)

/* The page that the user requested. */
struct sp_login_target {
    struct sp_str origin; /* https://host[:port] in canonical form */
    struct sp_str path;   /* path and query, beginning with `/` */
    unsigned attempts;    /* how often we have restarted this login without the user asking; 0 at first */
    enum sp_login_try which_try; /* stored in the id of the login */
};

/* A new login. Contains secrets (sp_login_started_wipe). */
struct sp_login_started {
    struct sp_login_id login_id;
    size_t state_len;
    size_t cookie_len;
    char verifier[SP_LOGIN_SECRET_TEXT_LEN]; /* code_verifier; the issuer receives its S256 challenge */
    char nonce[SP_LOGIN_SECRET_TEXT_LEN];
    char state[SP_LOGIN_STATE_TEXT_MAX];
    char cookie[SP_LOGIN_COOKIE_TEXT_MAX]; /* for sp_cookies_write_login, with SP_LOGIN_COOKIE_LIFETIME_S */
};

void sp_login_started_wipe(struct sp_login_started *started);

static inline struct sp_str sp_login_started_state(const struct sp_login_started *started)
{
    return (struct sp_str){started->state, started->state_len};
}

static inline struct sp_str sp_login_started_cookie(const struct sp_login_started *started)
{
    return (struct sp_str){started->cookie, started->cookie_len};
}

static inline struct sp_str sp_login_started_verifier(const struct sp_login_started *started)
{
    return (struct sp_str){started->verifier, sizeof started->verifier};
}

static inline struct sp_str sp_login_started_nonce(const struct sp_login_started *started)
{
    return (struct sp_str){started->nonce, sizeof started->nonce};
}

/*
 * Begins a login. A path of more than SP_LOGIN_TARGET_MAX bytes loses its query. It becomes `/` if it is
 * still too long, does not begin with a slash, or contains bytes that a Location cannot carry.
 *
 *   SP_ERR_FORMAT  `target->origin` is not an http or https origin
 *   SP_ERR_LIMIT   `target->origin` exceeds SP_LOGIN_ORIGIN_MAX, or `target->attempts` exceeds
 *                  SP_LOGIN_ATTEMPTS_MAX
 *   errors of sp_seal_bytes
 */
enum sp_error sp_login_begin(const struct sp_sealer *sealer, struct sp_str redirect_uri,
                             const struct sp_login_target *target, struct sp_login_started *out)
    __attribute__((warn_unused_result));

/* An opened `state`, with views into the storage it was opened in. */
struct sp_login_state {
    struct sp_login_id login_id;
    int64_t issued_s;
    struct sp_str origin;
    struct sp_str path; /* begins with a slash; origin and path together form the absolute URL */
};

/*
 * Opens the `state` of a callback.
 *
 *   SP_ERR_FORMAT     not base64url, or an impossible length
 *   SP_ERR_SIGNATURE  not authentic for this sealer and redirect URI
 *   SP_ERR_EXPIRED    older than SP_LOGIN_STATE_LIFETIME_S
 */
enum sp_error sp_login_state_open(const struct sp_sealer *sealer, struct sp_str redirect_uri,
                                  struct sp_str state, struct sp_seal_storage *storage,
                                  struct sp_login_state *out) __attribute__((warn_unused_result));

enum sp_login_cookie_kind {
    SP_LOGIN_COOKIE_NONE = 0,
    SP_LOGIN_COOKIE_PENDING = 1, /* a login that this browser began and has not completed */
    SP_LOGIN_COOKIE_MARKER = 2,  /* a login completed a moment ago */
};

/* An opened login cookie. Contains secrets (sp_login_cookie_wipe). */
struct sp_login_cookie {
    enum sp_login_cookie_kind kind;
    int64_t issued_s;
    unsigned attempts;                       /* this and the next two: set for a pending login only */
    char verifier[SP_LOGIN_SECRET_TEXT_LEN]; /* code_verifier for the token request */
    char nonce[SP_LOGIN_SECRET_TEXT_LEN];    /* the nonce that the ID token must carry */
};

void sp_login_cookie_wipe(struct sp_login_cookie *cookie);

/*
 * Opens the value of the login cookie of `login_id`. A marker is recognized by its length, so each value is
 * opened only once.
 *
 *   SP_ERR_FORMAT     not base64url, or an impossible length
 *   SP_ERR_SIGNATURE  not authentic for this sealer and login id
 *   SP_ERR_EXPIRED    older than SP_LOGIN_COOKIE_LIFETIME_S, or SP_LOGIN_MARKER_LIFETIME_S for a marker
 */
enum sp_error sp_login_cookie_open(const struct sp_sealer *sealer, const struct sp_login_id *login_id,
                                   struct sp_str value, struct sp_login_cookie *out)
    __attribute__((warn_unused_result));

/* Appends the value that replaces the login cookie of `login_id` after success. Returns the errors of
 * sp_seal_bytes. */
enum sp_error sp_login_marker_seal(const struct sp_sealer *sealer, const struct sp_login_id *login_id,
                                   struct sp_buf *out) __attribute__((warn_unused_result));

/* A login whose cookie the request carries. */
struct sp_login_present {
    struct sp_login_id login_id;
    enum sp_login_cookie_kind kind; /* SP_LOGIN_COOKIE_NONE if the cookie does not open */
};

/*
 * Selects the login cookies to delete when a new login begins: those that do not open, and then the oldest,
 * so that together with the new one at most SP_LOGIN_COOKIES_MAX_N remain. Returns how many were written to
 * `evicted`, in the order of `present`.
 *
 *   present    must contain each login only once
 *   evicted    has room for `present_n` ids
 */
size_t sp_login_evict(const struct sp_login_present *present, size_t present_n, struct sp_login_id *evicted);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_COOKIES_H
#define SP_SESSION_COOKIES_H

/*
 * The names of our cookies, and the Set-Cookie lines that carry them (RFC 6265; name prefixes: RFC 6265bis,
 * section 4.1.3). There is one session cookie, and one login cookie for each login in progress. All are
 * HttpOnly, SameSite=Lax, Path=/:
 *
 *   __Host-STEM                  the default: only this exact host can have set it
 *   __Secure-STEM  Domain=…      with a cookie domain: any host below it can set it
 *   STEM                         over plain http, where browsers would drop a cookie with a prefix
 *   NAME-FLOWID                  the login cookie, with the session cookie's prefix, because a login cookie
 *                                that a sibling host can plant is login CSRF
 *
 * If `name_cookie` is set, there is one more. It tells the application's scripts who is signed in, so it is
 * not HttpOnly. It is set and deleted together with the session cookie and never read here, because anyone
 * who can run a script on the host can write it. Its value is percent-encoded, so no name can break out of
 * the cookie or its line.
 *
 * Browsers silently drop cookies that are too large, which looks like a login loop. So a cookie whose name,
 * `=` and value reach 4096 bytes is an error here.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "session/login_id.h"

#include <stdint.h>

/* Bytes of a name: that of the stem or the readable cookie, of the session cookie, and of a login cookie. */
#define SP_COOKIES_STEM_MAX  64
#define SP_COOKIES_NAME_MAX  (9 + SP_COOKIES_STEM_MAX)
#define SP_COOKIES_LOGIN_MAX (SP_COOKIES_NAME_MAX + 1 + SP_LOGIN_ID_TEXT_LEN)

#define SP_COOKIES_DOMAIN_MAX 253
#define SP_COOKIE_SESSION_MAX 4095 /* bytes of name, `=` and value */
#define SP_COOKIE_LOGIN_MAX   600  /* bytes of name, `=` and value */
#define SP_COOKIES_LINE_MAX   4608 /* bytes of any line written by this module */
#define SP_COOKIES_SHOWN_MAX  128  /* bytes of a name in the readable cookie, before encoding */

enum sp_cookies_transport {
    SP_COOKIES_HTTPS = 0,
    SP_COOKIES_PLAIN_HTTP = 1, /* `insecure_http: true` */
};

/* Fixed by the configuration. It contains its own strings, so it can be copied and shared. */
struct sp_cookies {
    enum sp_cookies_transport transport;
    uint8_t name_len;
    uint8_t domain_len;
    uint8_t readable_len; /* 0: no readable cookie */
    char name[SP_COOKIES_NAME_MAX];
    char domain[SP_COOKIES_DOMAIN_MAX];
    char readable[SP_COOKIES_STEM_MAX];
};

/*
 * Sets up the names.
 *
 *   stem    `cookie_name`: 1 to SP_COOKIES_STEM_MAX of A–Z a–z 0–9 . _ -, not beginning with `__`, which
 *           would look like a second prefix
 *   domain  `cookie_domain` in lower case without a leading dot; empty for none
 *
 *   SP_ERR_FORMAT  an invalid character, or an empty stem
 *   SP_ERR_LIMIT   too long
 */
enum sp_error sp_cookies_init(struct sp_cookies *cookies, enum sp_cookies_transport transport,
                              struct sp_str stem, struct sp_str domain) __attribute__((warn_unused_result));

/* Returns `name` without a prefix that browsers check, `__Host-` or `__Secure-`. */
struct sp_str sp_cookies_skip_prefix(struct sp_str name);

/*
 * Sets the name of the readable cookie (`name_cookie`), used without any prefix; empty for none.
 *
 *   SP_ERR_LIMIT   longer than SP_COOKIES_STEM_MAX
 */
enum sp_error sp_cookies_name_readable(struct sp_cookies *cookies, struct sp_str name)
    __attribute__((warn_unused_result));

/* The name of the session cookie; borrows from `cookies`. */
static inline struct sp_str sp_cookies_session_name(const struct sp_cookies *cookies)
{
    return (struct sp_str){cookies->name, cookies->name_len};
}

/* What cookies are bound to: the cookie domain, or else `host` (canonical, lower case, without its port). */
static inline struct sp_str sp_cookies_scope(const struct sp_cookies *cookies, struct sp_str host)
{
    return cookies->domain_len > 0 ? (struct sp_str){cookies->domain, cookies->domain_len} : host;
}

struct sp_login_cookie_name {
    char text[SP_COOKIES_LOGIN_MAX];
    size_t len;
};

static inline struct sp_str sp_login_cookie_name_str(const struct sp_login_cookie_name *name)
{
    return (struct sp_str){name->text, name->len};
}

struct sp_login_cookie_name sp_cookies_login_name(const struct sp_cookies *cookies,
                                                  const struct sp_login_id *login_id);

/* True if `name` is that of one of our login cookies; `out` is then the id of its login. */
bool sp_cookies_parse_login_name(const struct sp_cookies *cookies, struct sp_str name,
                                 struct sp_login_id *out) __attribute__((warn_unused_result));

/*
 * Append the value of a Set-Cookie field. SP_ERR_LIMIT: name and value exceed SP_COOKIE_SESSION_MAX or
 * SP_COOKIE_LOGIN_MAX, or the ceiling of `out` was reached.
 *
 *   max_age_s  above 0
 */
enum sp_error sp_cookies_write_session(const struct sp_cookies *cookies, struct sp_str value,
                                       int64_t max_age_s, struct sp_buf *out)
    __attribute__((warn_unused_result));
enum sp_error sp_cookies_write_login(const struct sp_cookies *cookies, const struct sp_login_id *login_id,
                                     struct sp_str value, int64_t max_age_s, struct sp_buf *out)
    __attribute__((warn_unused_result));

/*
 * Appends the value of a Set-Cookie field for the readable cookie, or nothing if it is not configured.
 *
 *   shown  any string; cut between characters to at most SP_COOKIES_SHOWN_MAX bytes
 */
enum sp_error sp_cookies_write_readable(const struct sp_cookies *cookies, struct sp_str shown,
                                        int64_t max_age_s, struct sp_buf *out)
    __attribute__((warn_unused_result));

/* Append a line that makes the browser delete the cookie. Its attributes must equal those of the cookie, or
 * browsers would take it for another one. */
enum sp_error sp_cookies_write_session_deletion(const struct sp_cookies *cookies, struct sp_buf *out)
    __attribute__((warn_unused_result));
enum sp_error sp_cookies_write_readable_deletion(const struct sp_cookies *cookies, struct sp_buf *out)
    __attribute__((warn_unused_result));
enum sp_error sp_cookies_write_login_deletion(const struct sp_cookies *cookies,
                                              const struct sp_login_id *login_id, struct sp_buf *out)
    __attribute__((warn_unused_result));

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_COOKIES_H
#define SP_SESSION_COOKIES_H

/*
 * The names of our cookies and the Set-Cookie lines that carry them (RFC 6265; name prefixes: RFC 6265bis,
 * section 4.1.3). One session cookie, and one login cookie for each login that is under way, both HttpOnly,
 * SameSite=Lax, Path=/:
 *
 *   __Host-STEM                  the default: only this very host can have set it
 *   __Secure-STEM  Domain=…      with a cookie domain: any host below it can
 *   STEM                         over plain http, where a prefix would make browsers drop it
 *   NAME-FLOWID                  the login cookie; the prefix rule of the session's, since a login cookie
 *                                that a sibling host can plant is login CSRF
 *
 * And one more where `name_cookie` names it: who signed in, for scripts of the application to show, so not
 * HttpOnly. It comes and goes with the session cookie and is never read here: anybody who can run a script on
 * the host can write it. Its value is percent-encoded, so no name can break out of the cookie or its line.
 *
 * Browsers silently drop what is too large, which looks like a login loop; so a cookie whose name, `=` and
 * value reach 4096 bytes is an error here.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "session/login_id.h"

#include <stdint.h>

#define SP_COOKIES_STEM_MAX   64                        /* also of the readable one's name */
#define SP_COOKIES_NAME_MAX   (9 + SP_COOKIES_STEM_MAX) /* of the session cookie */
#define SP_COOKIES_LOGIN_MAX  (SP_COOKIES_NAME_MAX + 1 + SP_LOGIN_ID_TEXT_LEN) /* of a login cookie's name */
#define SP_COOKIES_DOMAIN_MAX 253
#define SP_COOKIE_SESSION_MAX 4095 /* bytes of name, `=` and value */
#define SP_COOKIE_LOGIN_MAX   600  /* the same */
#define SP_COOKIES_LINE_MAX   4608 /* bytes of any line written here */
#define SP_COOKIES_SHOWN_MAX  128  /* bytes of a name that the readable cookie shows, before it is encoded */

enum sp_cookies_transport {
    SP_COOKIES_HTTPS = 0,
    SP_COOKIES_PLAIN_HTTP = 1, /* `insecure_http: true` */
};

/* Fixed by the configuration; owns its texts, so it can be copied and shared. */
struct sp_cookies {
    enum sp_cookies_transport transport;
    uint8_t name_len;
    uint8_t domain_len;
    uint8_t readable_len; /* 0: there is no readable cookie */
    char name[SP_COOKIES_NAME_MAX];
    char domain[SP_COOKIES_DOMAIN_MAX];
    char readable[SP_COOKIES_STEM_MAX];
};

/*
 * Sets up the names.
 *
 *   stem    `cookie_name`: 1 to SP_COOKIES_STEM_MAX of A–Z a–z 0–9 . _ -, not beginning with `__`, which is
 *           how a second prefix would begin
 *   domain  `cookie_domain` in lower case without a leading dot; empty for none
 *
 *   SP_ERR_FORMAT  a character that is not allowed, or an empty stem
 *   SP_ERR_LIMIT   too long
 */
enum sp_error sp_cookies_init(struct sp_cookies *cookies, enum sp_cookies_transport transport,
                              struct sp_str stem, struct sp_str domain) __attribute__((warn_unused_result));

/* `name` without the prefix that browsers check, `__Host-` or `__Secure-`. */
struct sp_str sp_cookies_skip_prefix(struct sp_str name);

/*
 * Names the readable cookie (`name_cookie`), as it is and without a prefix of ours; empty for none.
 *
 *   SP_ERR_LIMIT   above SP_COOKIES_STEM_MAX
 */
enum sp_error sp_cookies_name_readable(struct sp_cookies *cookies, struct sp_str name)
    __attribute__((warn_unused_result));

/* The name of the session cookie; borrows from `cookies`. */
static inline struct sp_str sp_cookies_session_name(const struct sp_cookies *cookies)
{
    return (struct sp_str){cookies->name, cookies->name_len};
}

/* What cookies are bound to: the cookie domain, or else `host`: canonical, lower case, without its port. */
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

/* Whether `name` is that of a login cookie of ours, and of which login. */
bool sp_cookies_parse_login_name(const struct sp_cookies *cookies, struct sp_str name,
                                 struct sp_login_id *out) __attribute__((warn_unused_result));

/*
 * Append the value of a Set-Cookie field. SP_ERR_LIMIT: name and value reach past SP_COOKIE_SESSION_MAX or
 * SP_COOKIE_LOGIN_MAX, or the ceiling of `out`.
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
 * The same for the readable cookie, where there is one; nothing otherwise.
 *
 *   shown  any text; what is past SP_COOKIES_SHOWN_MAX is cut off at the end of a character
 */
enum sp_error sp_cookies_write_readable(const struct sp_cookies *cookies, struct sp_str shown,
                                        int64_t max_age_s, struct sp_buf *out)
    __attribute__((warn_unused_result));

/* The same, making the browser forget the cookie: equal attributes, or it would be another cookie. */
enum sp_error sp_cookies_write_session_deletion(const struct sp_cookies *cookies, struct sp_buf *out)
    __attribute__((warn_unused_result));
enum sp_error sp_cookies_write_readable_deletion(const struct sp_cookies *cookies, struct sp_buf *out)
    __attribute__((warn_unused_result));
enum sp_error sp_cookies_write_login_deletion(const struct sp_cookies *cookies,
                                              const struct sp_login_id *login_id, struct sp_buf *out)
    __attribute__((warn_unused_result));

#endif

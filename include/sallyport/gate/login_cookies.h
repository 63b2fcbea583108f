/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_LOGIN_COOKIES_H
#define SP_GATE_LOGIN_COOKIES_H

/*
 * The login cookies that a request has, and those that the answer deletes.
 *
 * Anybody who can set cookies for the host (a sibling host, a page over plain http) can create cookies with
 * names like ours, and the names can claim any age. So each cookie is opened. One that does not open is
 * ignored, is deleted when the next login begins, and never displaces one that opens. If a name occurs
 * several times, it counts if one of its values opens.
 *
 * The work is limited: SP_LOGIN_COOKIES_SEEN_MAX_N values of a request are checked, and each costs at most
 * one decryption of a value no larger than a session.
 */

#include "gate/transaction.h"
#include "session/login.h"

struct sp_login_cookies {
    size_t present_n;
    struct sp_login_present present[SP_LOGIN_COOKIES_SEEN_MAX_N]; /* at most one for each login */
    unsigned attempts; /* one more than the highest attempt number in them */
    bool completed;    /* one of them is a marker */
};

void sp_login_cookies_read(const struct sp_transaction *t, struct sp_login_cookies *out);

/* The login cookie of `login_id`; of kind NONE if none opens. Holds secrets. */
void sp_login_cookies_find(const struct sp_transaction *t, const struct sp_login_id *login_id,
                           struct sp_login_cookie *out);

/* Adds the Set-Cookie fields that delete cookies to make room for one more login (sp_login_evict). */
void sp_login_cookies_make_room(struct sp_transaction *t, const struct sp_login_cookies *cookies);

/* Adds a Set-Cookie field that deletes the login cookie or marker of that login. */
void sp_login_cookies_forget(struct sp_transaction *t, const struct sp_login_id *login_id);

/* Adds Set-Cookie fields that delete all login cookies and markers of the request, up to the limit above. */
void sp_login_cookies_forget_all(struct sp_transaction *t);

#endif

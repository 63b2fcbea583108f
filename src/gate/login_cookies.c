/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/login_cookies.h"

#include "http/cookie.h"

static void look_into(const struct sp_transaction *t, const struct sp_login_id *login_id, struct sp_str value,
                      struct sp_login_cookies *cookies)
{
    /* The entry of that login; a new one if there is none. */
    size_t i = 0;
    while (i < cookies->present_n &&
           memcmp(cookies->present[i].login_id.text, login_id->text, sizeof login_id->text) != 0) {
        i++;
    }
    struct sp_login_present *entry = &cookies->present[i];
    if (i == cookies->present_n) {
        *entry = (struct sp_login_present){.login_id = *login_id, .kind = SP_LOGIN_COOKIE_NONE};
        cookies->present_n++;
    }

    struct sp_login_cookie cookie;
    if (sp_login_cookie_open(&t->sealer, login_id, value, &cookie) != SP_OK) {
        return;
    }
    entry->kind = cookie.kind;
    if (cookie.kind == SP_LOGIN_COOKIE_MARKER) {
        cookies->completed = true;
    } else if (cookie.attempts >= cookies->attempts) {
        cookies->attempts = cookie.attempts + 1;
    }
    sp_login_cookie_wipe(&cookie);
}

void sp_login_cookies_read(const struct sp_transaction *t, struct sp_login_cookies *out)
{
    out->present_n = 0;
    out->attempts = 0;
    out->completed = false;
    if (t->head == NULL) {
        return;
    }
    struct sp_cookie_walk walk = {.head = t->head};
    struct sp_cookie cookie;
    struct sp_login_id login_id;
    for (size_t seen_n = 0; seen_n < SP_LOGIN_COOKIES_SEEN_MAX_N && sp_cookie_next(&walk, &cookie);) {
        if (sp_cookies_parse_login_name(t->sealer.cookies, cookie.name, &login_id)) {
            seen_n++;
            look_into(t, &login_id, cookie.value, out);
        }
    }
}

void sp_login_cookies_find(const struct sp_transaction *t, const struct sp_login_id *login_id,
                           struct sp_login_cookie *out)
{
    struct sp_login_cookie_name name = sp_cookies_login_name(t->sealer.cookies, login_id);
    struct sp_str values[SP_SELECT_VALUES_MAX_N];
    size_t n = sp_cookie_collect(t->head, sp_login_cookie_name_str(&name), values, SP_SELECT_VALUES_MAX_N);
    for (size_t i = 0; i < n && n <= SP_SELECT_VALUES_MAX_N; i++) {
        if (sp_login_cookie_open(&t->sealer, login_id, values[i], out) == SP_OK) {
            return;
        }
    }
    *out = (struct sp_login_cookie){.kind = SP_LOGIN_COOKIE_NONE};
}

void sp_login_cookies_forget(struct sp_transaction *t, const struct sp_login_id *login_id)
{
    struct sp_answer *answer = &t->answer;
    size_t begin = sp_answer_begin_value(answer);
    enum sp_error error = sp_cookies_write_login_deletion(t->sealer.cookies, login_id, &answer->text);
    (void)sp_answer_end_cookie(answer, begin, error);
}

void sp_login_cookies_forget_all(struct sp_transaction *t)
{
    struct sp_login_cookies cookies;
    sp_login_cookies_read(t, &cookies);
    for (size_t i = 0; i < cookies.present_n; i++) {
        sp_login_cookies_forget(t, &cookies.present[i].login_id);
    }
}

void sp_login_cookies_make_room(struct sp_transaction *t, const struct sp_login_cookies *cookies)
{
    struct sp_login_id evicted[SP_LOGIN_COOKIES_SEEN_MAX_N];
    size_t n = sp_login_evict(cookies->present, cookies->present_n, evicted);
    for (size_t i = 0; i < n; i++) {
        sp_login_cookies_forget(t, &evicted[i]);
    }
}

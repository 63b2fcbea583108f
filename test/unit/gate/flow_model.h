/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_FLOW_MODEL_H
#define SP_TEST_UNIT_GATE_FLOW_MODEL_H

/*
 * The expected behaviour, without any cryptography. The model knows the meaning of every value that the
 * program has sealed, wherever a browser or an attacker has moved it since, and determines the correct answer
 * to each request. It knows the limits of the design, but not how they are implemented.
 */

#include "base/reason.h"
#include "session/keyring.h"
#include "session/login.h"
#include "session/logout.h"
#include "session/revocations.h"
#include "session/select.h"

#include "../suite.h"

#include <stdio.h>
#include <string.h>

#define HOSTS_N    3
#define AUTH_HOST  2 /* the callback host, if there is one */
#define PAGES_N    4
#define BROWSERS_N 4
#define USERS_N    3
#define ENDED_MAX  (8 * USERS_N * SP_REVOCATIONS_USER_MAX)
#define NOBODY     (-1)
#define JAR_MAX    SP_LOGIN_COOKIES_SEEN_MAX_N /* so that all of them are checked */
#define KEYS_MAX   4
#define LIFETIME_S 3600 /* session_lifetime of all variants */
#define VALUES_N   4    /* cookies of one name that are opened */
#define ATTEMPTS_N 20   /* logins begun and not completed before a page explains it */
#define VALUE_MAX  1024

static const char *const hosts[HOSTS_N] = {"a.example.com", "b.example.com", "auth.example.com"};
static const char *const pages[PAGES_N] = {"/", "/one?x=%22&y=", "/two//",
                                           "/_sallyport.html?rd=https://evil.test/"};

/* ---- sealed values ---------------------------------------------------------------------------------- */

enum sealed_kind {
    SEALED_NOTHING, /* bytes that were not sealed by us */
    SEALED_SESSION,
    SEALED_LOGIN,
    SEALED_MARKER,
    SEALED_STATE,
    SEALED_TOKEN, /* of the confirmation form of logout */
};

/* The meaning of a value; an exact copy means the same. */
struct sealed {
    enum sealed_kind kind;
    unsigned number; /* unique */
    unsigned key;
    int scope; /* host, or DOMAIN; for a state the host of its redirect URI */
    int64_t issued_s;
    unsigned login;    /* its login, for LOGIN, MARKER and STATE */
    unsigned attempts; /* for LOGIN */
    unsigned session;  /* its session, for SESSION and TOKEN */
    int user;          /* for SESSION */
    int origin;        /* for STATE: host and page where the login began */
    int page;
    enum sp_login_try which_try; /* for STATE */
};

/* One cookie of a browser: the bytes for the program, and their meaning for the model. */
struct cookie {
    int scope;      /* where the browser sends it: host, or DOMAIN */
    bool elsewhere; /* has a longer path, so it is sent in addition to one with the same name */
    unsigned login; /* in its name; 0: it has the session's name */
    int64_t until_s;
    struct sealed is;
    char name[SP_COOKIES_LOGIN_MAX + 1];
    char value[VALUE_MAX];
};

struct browser {
    size_t n;
    struct cookie jar[JAR_MAX];
    unsigned refuses; /* enum refusal */
};

enum refusal {
    REFUSES_SESSION = 1 << 0,
    REFUSES_LOGIN = 1 << 1,
    REFUSES_MARKER = 1 << 2,
};

#define DOMAIN (-1)

/* The configuration of sallyport. */
struct variant {
    const char *settings;
    bool listed;        /* all of them are in `hosts` */
    bool callback_host; /* AUTH_HOST is the callback host */
    bool domain;        /* one cookie for all hosts */
};

struct model_key {
    unsigned number;
    int64_t from_s;
};

/* A session that was signed out of. */
struct ended {
    unsigned session;
    int user;
    int64_t began_s;
};

struct model {
    const struct variant *variant;
    int64_t world_s; /* the browsers' and the issuer's clock; never set back */
    int64_t now_s;   /* the program's clock */
    bool has_documents;
    size_t keys_n;
    struct model_key keys[KEYS_MAX];
    struct browser browsers[BROWSERS_N];
    size_t ended_n;
    struct ended ended[ENDED_MAX]; /* a ring: older ones have expired anyway */
    int64_t ended_all_s[USERS_N];  /* for users who ended many: all sessions that began by then */
};

static inline int scope_of(const struct model *m, int host)
{
    return m->variant->domain ? DOMAIN : host;
}

/* The host whose callback the issuer gets. */
static inline int redirect_host_of(const struct model *m, int host)
{
    return m->variant->callback_host ? AUTH_HOST : host;
}

/* The key that seals now; NULL: none can yet. */
static inline const struct model_key *sealing_key(const struct model *m)
{
    const struct model_key *best = NULL;
    for (size_t i = 0; i < m->keys_n; i++) {
        if (m->keys[i].from_s <= m->now_s && (best == NULL || m->keys[i].from_s >= best->from_s)) {
            best = &m->keys[i];
        }
    }
    return best;
}

static inline bool opens(const struct model *m, const struct sealed *is, enum sealed_kind kind, int scope)
{
    bool has_key = false;
    for (size_t i = 0; i < m->keys_n; i++) {
        has_key = has_key || m->keys[i].number == is->key;
    }
    return has_key && is->kind == kind && is->scope == scope;
}

static inline int64_t lifetime_of(enum sealed_kind kind)
{
    switch (kind) {
    case SEALED_SESSION:
        return LIFETIME_S;
    case SEALED_LOGIN:
        return 600;
    case SEALED_MARKER:
        return 60;
    case SEALED_STATE:
        return 86400;
    case SEALED_TOKEN:
        return 600;
    case SEALED_NOTHING:
        break;
    }
    return 0;
}

/* Opens, and has not expired: a time in our future counts as now. */
static inline bool holds(const struct model *m, const struct sealed *is, enum sealed_kind kind, int scope)
{
    return opens(m, is, kind, scope) && m->now_s < is->issued_s + lifetime_of(kind);
}

/* ---- sessions that were signed out of
 * ------------------------------------------------------------------- */

static inline bool was_ended(const struct model *m, const struct sealed *session)
{
    bool found = session->issued_s <= m->ended_all_s[session->user];
    for (size_t i = 0; i < ENDED_MAX; i++) {
        found = found || (m->ended[i].began_s > 0 && m->ended[i].session == session->session);
    }
    return found;
}

/* One session too many of a user ends all of the user's sessions up to the newest. */
static inline void end_session(struct model *m, const struct sealed *session)
{
    size_t alive_n = 0;
    int64_t newest_s = session->issued_s;
    for (size_t i = 0; i < ENDED_MAX; i++) {
        const struct ended *other = &m->ended[i];
        if (other->began_s > m->ended_all_s[session->user] && other->user == session->user &&
            m->now_s < other->began_s + LIFETIME_S) {
            alive_n++;
            newest_s = other->began_s > newest_s ? other->began_s : newest_s;
        }
    }
    if (alive_n >= SP_REVOCATIONS_USER_MAX) {
        m->ended_all_s[session->user] = newest_s;
    } else {
        m->ended[m->ended_n++ % ENDED_MAX] =
            (struct ended){session->session, session->user, session->issued_s};
    }
}

/* ---- contents of a request -------------------------------------------------------------------------- */

/* A browser at a host, as the program should see it. */
struct seen {
    enum sp_selection_kind kind;
    struct sealed session; /* for VALID, EXPIRED and REVOKED */
    size_t logins_n;       /* logins named by a cookie */
    size_t opening_n;      /* those of them for which a value opens */
    bool marker;
    unsigned attempts;
};

static inline bool is_sent(const struct model *m, const struct cookie *cookie, int host)
{
    return cookie->scope == scope_of(m, host);
}

static inline void see_session(const struct model *m, const struct browser *browser, int host,
                               struct seen *out)
{
    size_t values_n = 0;
    size_t authentic_n = 0;
    for (size_t i = 0; i < browser->n; i++) {
        const struct cookie *cookie = &browser->jar[i];
        if (!is_sent(m, cookie, host) || cookie->login != 0) {
            continue;
        }
        values_n++;
        if (opens(m, &cookie->is, SEALED_SESSION, scope_of(m, host)) &&
            (authentic_n == 0 || cookie->is.number != out->session.number)) {
            authentic_n++;
            out->session = cookie->is;
        }
    }
    if (values_n == 0) {
        out->kind = SP_SELECTION_NONE;
    } else if (values_n > 4 || authentic_n > 1) {
        out->kind = SP_SELECTION_AMBIGUOUS;
    } else if (authentic_n == 0) {
        out->kind = SP_SELECTION_INVALID;
    } else {
        out->kind = m->now_s >= out->session.issued_s + LIFETIME_S ? SP_SELECTION_EXPIRED
                    : was_ended(m, &out->session)                  ? SP_SELECTION_REVOKED
                                                                   : SP_SELECTION_VALID;
    }
}

/* Whether the program at `host` finds the cookie's value to match its name. */
static inline bool holds_as(const struct model *m, const struct cookie *cookie, int host,
                            enum sealed_kind kind)
{
    return cookie->is.login == cookie->login && holds(m, &cookie->is, kind, scope_of(m, host));
}

static inline bool is_named_before(const struct model *m, const struct browser *browser, int host,
                                   size_t index)
{
    size_t i = 0;
    while (i < index &&
           !(is_sent(m, &browser->jar[i], host) && browser->jar[i].login == browser->jar[index].login)) {
        i++;
    }
    return i < index;
}

static inline bool some_value_opens(const struct model *m, const struct browser *browser, int host,
                                    unsigned login)
{
    bool opens = false;
    for (size_t i = 0; i < browser->n; i++) {
        const struct cookie *cookie = &browser->jar[i];
        opens =
            opens || (is_sent(m, cookie, host) && cookie->login == login &&
                      (holds_as(m, cookie, host, SEALED_LOGIN) || holds_as(m, cookie, host, SEALED_MARKER)));
    }
    return opens;
}

static inline void see_logins(const struct model *m, const struct browser *browser, int host,
                              struct seen *out)
{
    for (size_t i = 0; i < browser->n; i++) {
        const struct cookie *cookie = &browser->jar[i];
        if (!is_sent(m, cookie, host) || cookie->login == 0) {
            continue;
        }
        if (!is_named_before(m, browser, host, i)) {
            out->logins_n++;
            out->opening_n += some_value_opens(m, browser, host, cookie->login);
        }
        if (holds_as(m, cookie, host, SEALED_MARKER)) {
            out->marker = true;
        } else if (holds_as(m, cookie, host, SEALED_LOGIN) && cookie->is.attempts >= out->attempts) {
            out->attempts = cookie->is.attempts + 1;
        }
    }
}

static inline struct seen see(const struct model *m, int browser, int host)
{
    struct seen seen = {0};
    see_session(m, &m->browsers[browser], host, &seen);
    see_logins(m, &m->browsers[browser], host, &seen);
    return seen;
}

/* Whether the login of that number is pending in this browser, at a place where the program can use it: the
 * first value of the name that opens decides. */
static inline bool has_login(const struct model *m, int browser, int host, unsigned login)
{
    const struct browser *b = &m->browsers[browser];
    size_t values_n = 0;
    enum sealed_kind kind = SEALED_NOTHING;
    for (size_t i = 0; i < b->n; i++) {
        const struct cookie *cookie = &b->jar[i];
        if (!is_sent(m, cookie, host) || cookie->login != login) {
            continue;
        }
        values_n++;
        if (kind == SEALED_NOTHING &&
            (holds_as(m, cookie, host, SEALED_LOGIN) || holds_as(m, cookie, host, SEALED_MARKER))) {
            kind = cookie->is.kind;
        }
    }
    return kind == SEALED_LOGIN && values_n <= VALUES_N;
}

/* How many login cookies are evicted for another one: all but eleven of those that open. */
static inline size_t evicted_by_one_more(const struct seen *seen)
{
    size_t stay_n = SP_LOGIN_COOKIES_MAX_N - 1;
    return seen->logins_n - (seen->opening_n < stay_n ? seen->opening_n : stay_n);
}

/* ---- expected answers ------------------------------------------------------------------------------- */

enum place {
    PLACE_NONE, /* no Location */
    PLACE_PAGE,
    PLACE_LOGIN,
    PLACE_CALLBACK,
    PLACE_SIGNED_OUT,
    PLACE_ISSUER,
};

struct expected {
    unsigned status; /* 0: the answer comes after the code exchange */
    enum sp_reason reason;
    enum place to;
    int host; /* of `to` */
    int page;
    size_t set_n;    /* Set-Cookie lines that set a cookie */
    size_t delete_n; /* Set-Cookie lines that delete one */
    bool identity;   /* of the user below, in headers or on a page */
    int user;        /* the only user who may be named, or NOBODY */
};

static inline struct expected expect(unsigned status, enum sp_reason reason)
{
    return (struct expected){.status = status, .reason = reason, .user = NOBODY};
}

static inline struct expected expect_to(unsigned status, enum sp_reason reason, enum place to, int host,
                                        int page)
{
    struct expected e = expect(status, reason);
    e.to = to;
    e.host = host;
    e.page = page;
    return e;
}

/* Sets who pages and log may name. */
static inline struct expected named(struct expected e, const struct seen *seen)
{
    if (seen->kind == SP_SELECTION_VALID || seen->kind == SP_SELECTION_EXPIRED ||
        seen->kind == SP_SELECTION_REVOKED) {
        e.user = seen->session.user;
    }
    return e;
}

static inline enum sp_reason reason_of(enum sp_selection_kind kind)
{
    switch (kind) {
    case SP_SELECTION_INVALID:
        return SP_REASON_SESSION_INVALID;
    case SP_SELECTION_EXPIRED:
        return SP_REASON_SESSION_EXPIRED;
    case SP_SELECTION_REVOKED:
        return SP_REASON_SESSION_REVOKED;
    case SP_SELECTION_AMBIGUOUS:
        return SP_REASON_SESSION_AMBIGUOUS;
    case SP_SELECTION_NONE:
    case SP_SELECTION_OVERDUE: /* no session is renewed here */
    case SP_SELECTION_VALID:
        break;
    }
    return SP_REASON_NO_SESSION;
}

static inline struct expected expect_begin(const struct model *m, const struct seen *seen,
                                           enum sp_reason reason)
{
    if (!m->has_documents) {
        return expect(503, SP_REASON_ISSUER_UNAVAILABLE);
    }
    if (sealing_key(m) == NULL) {
        return expect(503, SP_REASON_OVERLOADED);
    }
    struct expected e = expect_to(302, reason, PLACE_ISSUER, 0, 0);
    e.set_n = 1;
    e.delete_n = evicted_by_one_more(seen);
    return e;
}

static inline struct expected expect_visit(const struct model *m, const struct seen *seen, bool is_navigation)
{
    if (seen->kind == SP_SELECTION_VALID) {
        struct expected e = expect(200, SP_REASON_NONE);
        e.identity = true;
        return e;
    }
    if (!m->has_documents) {
        return expect(503, SP_REASON_ISSUER_UNAVAILABLE);
    }
    if (!is_navigation || seen->kind == SP_SELECTION_AMBIGUOUS) {
        return expect(401, reason_of(seen->kind));
    }
    if (seen->marker && seen->kind == SP_SELECTION_REVOKED) {
        return expect(401, SP_REASON_SESSION_REVOKED);
    }
    if (seen->marker || seen->attempts >= ATTEMPTS_N) {
        return expect(401, SP_REASON_COOKIES_REFUSED);
    }
    return expect_begin(m, seen, reason_of(seen->kind));
}

/* The page `login` of `host` with an `rd` to a page of `to`; to a foreign host if that is DOMAIN. */
static inline struct expected expect_login_page(const struct model *m, const struct seen *seen, int host,
                                                int to, int page)
{
    if (to == DOMAIN || (to != host && !m->variant->listed)) {
        return expect(400, SP_REASON_BAD_RETURN_URL);
    }
    if (to != host) {
        return expect_to(302, SP_REASON_RELAYED, PLACE_LOGIN, to, page);
    }
    if (seen->kind == SP_SELECTION_VALID) {
        return expect_to(302, SP_REASON_SIGNED_IN, PLACE_PAGE, host, page);
    }
    return expect_begin(m, seen, SP_REASON_NO_SESSION);
}

/* The contents of a callback besides its state. */
enum letter_kind {
    LETTER_CODE,
    LETTER_ERROR,
    LETTER_FAULT, /* neither, or both, or something repeated */
};

/* A login came back without its cookie, to a browser without a session. */
static inline struct expected expect_again(const struct model *m, const struct seen *seen,
                                           const struct sealed *state)
{
    if (state->which_try == SP_LOGIN_SECOND_TRY) {
        return expect(401, SP_REASON_COOKIES_REFUSED);
    }
    return expect_visit(m, seen, true);
}

/* A callback at `host`; `state` is the meaning of its state. Status 0: the code is redeemed. */
static inline struct expected expect_callback(const struct model *m, const struct seen *seen, int browser,
                                              int host, const struct sealed *state, enum letter_kind kind)
{
    if (!holds(m, state, SEALED_STATE, redirect_host_of(m, host))) {
        return expect(400, SP_REASON_BAD_CALLBACK);
    }
    if (state->origin != host) {
        return m->variant->callback_host && host == AUTH_HOST
                   ? expect_to(302, SP_REASON_RELAYED, PLACE_CALLBACK, state->origin, 0)
                   : expect(400, SP_REASON_BAD_CALLBACK);
    }
    bool is_pending = has_login(m, browser, host, state->login);
    struct expected e = expect(0, SP_REASON_NONE);
    if (seen->kind == SP_SELECTION_VALID) {
        e = expect_to(302, SP_REASON_SIGNED_IN, PLACE_PAGE, host, state->page);
        e.delete_n = is_pending;
    } else if (kind == LETTER_FAULT) {
        e = expect(400, SP_REASON_BAD_CALLBACK);
    } else if (!m->has_documents) {
        e = expect(503, SP_REASON_ISSUER_UNAVAILABLE);
    } else if (!is_pending) {
        e = expect_again(m, seen, state);
    } else if (kind == LETTER_ERROR) {
        e = expect(403, SP_REASON_ISSUER_REFUSED);
        e.delete_n = 1;
    }
    return e;
}

/* The result of a code exchange with this outcome, NONE for success, for this user's code. */
static inline struct expected expect_completion(const struct model *m, const struct sealed *state,
                                                enum sp_reason outcome, int user)
{
    if (outcome != SP_REASON_NONE) {
        struct expected e = expect(sp_reason_status(outcome), outcome);
        e.delete_n = outcome != SP_REASON_ISSUER_UNAVAILABLE;
        return e;
    }
    struct expected e = expect(503, SP_REASON_OVERLOADED);
    if (sealing_key(m) != NULL) {
        e = expect_to(302, SP_REASON_SIGNED_IN, PLACE_PAGE, state->origin, state->page);
        e.set_n = 2;
    }
    e.user = user;
    return e;
}

static inline struct expected expect_logout(const struct seen *seen, int host, bool is_wanted)
{
    if (seen->kind != SP_SELECTION_VALID) {
        return expect_to(303, SP_REASON_SIGNED_OUT, PLACE_SIGNED_OUT, host, 0);
    }
    if (!is_wanted) {
        return expect(403, SP_REASON_CROSS_SITE);
    }
    struct expected e = expect_to(303, SP_REASON_SIGNED_OUT, PLACE_SIGNED_OUT, host, 0);
    e.delete_n = 1 + seen->logins_n;
    return e;
}

static inline struct expected expect_signed_out(const struct seen *seen)
{
    return seen->kind == SP_SELECTION_VALID ? expect(403, SP_REASON_CROSS_SITE)
                                            : expect(401, SP_REASON_SIGNED_OUT);
}

static inline struct expected expect_me(const struct seen *seen)
{
    if (seen->kind != SP_SELECTION_VALID) {
        return expect(401, reason_of(seen->kind));
    }
    struct expected e = expect(200, SP_REASON_NONE);
    e.identity = true;
    return e;
}

#endif

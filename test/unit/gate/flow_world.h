/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_FLOW_WORLD_H
#define SP_TEST_UNIT_GATE_FLOW_WORLD_H

/*
 * Browsers for a sallyport without sockets: jars that keep, drop, copy and mix up cookies, and the only place
 * where a request is sent and its answer compared with the model.
 */

#include "flow_model.h"
#include "redeem.h"

#define TRACES_N     4
#define TRACE_N      16
#define VISITS_N     16
#define FLIGHTS_N    4
#define TOKENS_N     8
#define LOG_KEPT_MAX (1 << 20) /* bytes of the log that are kept and checked */

/* A browser that was redirected to the issuer, and what the issuer knows of it. */
struct visit {
    struct sealed state; /* SEALED_NOTHING: none yet */
    int browser;
    unsigned code; /* the newest that was issued; 0: none */
    int code_user;
    bool code_used;
    char state_text[VALUE_MAX];
    char cookie_name[SP_COOKIES_LOGIN_MAX + 1];
    char nonce[64];
    char challenge[64];
    char redirect_uri[128];
};

/* A code that is being redeemed while other things happen. */
struct flight {
    struct waiting waiting; /* without a login if there is none */
    struct sealed state;
    int browser;
    unsigned code;
    char cookie_name[SP_COOKIES_LOGIN_MAX + 1];
};

/* A token from a user's confirmation form. */
struct handed_token {
    struct sealed is;
    char text[VALUE_MAX];
};

struct world {
    struct model m;
    struct fixture *f;
    struct signer signer;
    struct signer stranger; /* not a key of the issuer */
    struct sp_keyset *keyset;
    struct sp_keyset *no_keys; /* before the rotation that added the issuer's key */
    uint64_t chance;
    unsigned numbers; /* the last number that was assigned */
    struct visit visits[VISITS_N];
    struct flight flights[FLIGHTS_N];
    struct handed_token tokens[TOKENS_N];
    char cookie_line[65536];
};

/* ---- randomness ------------------------------------------------------------------------------------- */

/* Below `n`; splitmix64, so that a seed gives the same run on every machine. */
static inline unsigned roll(struct world *w, unsigned n)
{
    uint64_t z = (w->chance += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % n);
}

static inline bool one_in(struct world *w, unsigned n)
{
    return roll(w, n) == 0;
}

/* ---- trace ------------------------------------------------------------------------------------------ */

/* Shared with the process that runs the tests, which prints it if a test did not reach its end: Check exits
 * at a failed assertion, and a signal ends a crashed test, before it could print anything. */
struct trace {
    const char *title;
    unsigned long long seed;
    unsigned long long step;
    bool over;
    char lines[TRACE_N][160];
};

static struct trace *traces; /* an array of TRACES_N */
static struct trace *trace;  /* of the running test */

__attribute__((format(printf, 1, 2))) static inline void tell(const char *format, ...)
{
    va_list args;
    memmove(trace->lines[0], trace->lines[1], sizeof trace->lines - sizeof trace->lines[0]);
    va_start(args, format);
    vsnprintf(trace->lines[TRACE_N - 1], sizeof trace->lines[0], format, args);
    va_end(args);
}

static void print_traces(void)
{
    for (size_t i = 0; i < TRACES_N; i++) {
        const struct trace *t = &traces[i];
        if (t->title == NULL || t->over) {
            continue;
        }
        fprintf(stderr, "# %s: SALLYPORT_FLOW_SEED=%llu failed at step %llu, after\n", t->title, t->seed,
                t->step);
        for (size_t j = 0; j < TRACE_N; j++) {
            fprintf(stderr, "#   %s\n", t->lines[j]);
        }
    }
}

__attribute__((constructor)) static void share_traces(void)
{
    void *shared =
        mmap(NULL, TRACES_N * sizeof *traces, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared != MAP_FAILED && atexit(print_traces) == 0) {
        traces = shared;
    }
}

static inline void begin_trace(size_t index, const char *title, unsigned long long seed)
{
    ck_assert_ptr_nonnull(traces);
    trace = &traces[index];
    trace->title = title;
    trace->seed = seed;
}

/* ---- users ------------------------------------------------------------------------------------------ */

/* Every string of a user contains the mark, and no string of another user does. */
struct user {
    const char *mark;
    const char *email;
    const char *groups;
    const char *claims;
};

#define USER(mark)                                                                                           \
    {                                                                                                        \
        mark, mark "@example.com", mark "s," mark "-ops",                                                    \
            "{\"sub\":\"sub-" mark "\",\"email\":\"" mark "@example.com\",\"name\":\"The " mark              \
            "\",\"groups\":[\"" mark "s\",\"" mark "-ops\"]}"                                                \
    }

static const struct user users[USERS_N] = {USER("!ada!"), USER("!bob!"), USER("!eve!")};

/* ---- jars ------------------------------------------------------------------------------------------- */

static inline void drop_cookie(struct browser *browser, size_t index)
{
    browser->n--;
    memmove(&browser->jar[index], &browser->jar[index + 1], (browser->n - index) * sizeof browser->jar[0]);
}

static inline void drop_over(struct world *w, struct browser *browser)
{
    for (size_t i = browser->n; i-- > 0;) {
        if (browser->jar[i].until_s <= w->m.world_s) {
            drop_cookie(browser, i);
        }
    }
}

static inline struct cookie *find_cookie(struct browser *browser, int scope, const char *name, bool elsewhere)
{
    for (size_t i = 0; i < browser->n; i++) {
        struct cookie *cookie = &browser->jar[i];
        if (cookie->scope == scope && cookie->elsewhere == elsewhere && strcmp(cookie->name, name) == 0) {
            return cookie;
        }
    }
    return NULL;
}

/* Stores as a browser does: replaces one of that name, or adds it as the newest; a full jar drops its
 * oldest. */
static inline void put_cookie(struct browser *browser, const struct cookie *cookie)
{
    struct cookie copy = *cookie;
    struct cookie *old = find_cookie(browser, copy.scope, copy.name, copy.elsewhere);
    if (old != NULL) {
        *old = copy;
        return;
    }
    if (browser->n == JAR_MAX) {
        drop_cookie(browser, 0);
    }
    browser->jar[browser->n++] = copy;
}

/* The Cookie line of a browser at a host, with other cookies around ours. */
static inline const char *cookie_line(struct world *w, int browser, int host)
{
    const struct browser *b = &w->m.browsers[browser];
    size_t at = (size_t)snprintf(w->cookie_line, sizeof w->cookie_line, "Cookie: theme=dark");
    for (size_t i = 0; i < b->n; i++) {
        if (is_sent(&w->m, &b->jar[i], host)) {
            at += (size_t)snprintf(w->cookie_line + at, sizeof w->cookie_line - at, "; %s=%s", b->jar[i].name,
                                   b->jar[i].value);
        }
    }
    snprintf(w->cookie_line + at, sizeof w->cookie_line - at, "\r\n");
    return w->cookie_line;
}

static inline bool is_refused(const struct browser *browser, enum sealed_kind kind)
{
    return (kind == SEALED_SESSION && (browser->refuses & REFUSES_SESSION) != 0) ||
           (kind == SEALED_LOGIN && (browser->refuses & REFUSES_LOGIN) != 0) ||
           (kind == SEALED_MARKER && (browser->refuses & REFUSES_MARKER) != 0);
}

static inline void split_set_cookie(struct sp_str line, struct cookie *out, int *max_age_s)
{
    struct sp_str pair = {line.ptr, sp_str_find(line, ';')};
    size_t name_len = sp_str_find(pair, '=');
    const char *age = strstr(text_of(line), "; Max-Age=");
    ck_assert_ptr_nonnull(age);
    ck_assert_uint_lt(name_len, sizeof out->name);
    ck_assert_uint_lt(pair.len - name_len - 1, sizeof out->value);
    snprintf(out->name, sizeof out->name, "%.*s", (int)name_len, pair.ptr);
    snprintf(out->value, sizeof out->value, "%.*s", (int)(pair.len - name_len - 1), pair.ptr + name_len + 1);
    *max_age_s = (int)strtol(age + 10, NULL, 10);
}

/* ---- answers ---------------------------------------------------------------------------------------- */

/* Makes no assertion for each mark, because Check writes to a file for every assertion. */
static inline void check_names_nobody_but(const char *where, const char *what, int user)
{
    for (int i = 0; i < USERS_N; i++) {
        if (i != user && strstr(what, users[i].mark) != NULL) {
            ck_abort_msg("%s names %s: %s", where, users[i].mark, what);
        }
    }
}

/* The same for the whole answer; escaping does not change marks. A Location is compared as a whole. */
static inline void check_identity(const struct sp_transaction *t, const struct expected *e)
{
    for (size_t i = 0; i < t->answer.fields_n; i++) {
        const struct sp_answer_field *field = &t->answer.fields[i];
        if (strcmp(field->name, "Location") != 0) {
            check_names_nobody_but(field->name, text_of(field->value), e->user);
        }
    }
    const char *body = body_of(t);
    check_names_nobody_but("the body", body, e->user);
    if (e->identity && t->verdict == SP_VERDICT_ALLOW) {
        ck_assert_str_eq(field_of(t, "X-Forwarded-User"), users[e->user].email);
        ck_assert_str_eq(field_of(t, "X-Forwarded-Email"), users[e->user].email);
        ck_assert_str_eq(field_of(t, "X-Forwarded-Groups"), users[e->user].groups);
    } else if (e->identity) {
        ck_assert_contains(body, users[e->user].email);
    } else {
        ck_assert_uint_ne(t->answer.status, 200);
    }
}

static inline const char *url_of(const struct expected *e, const char *query)
{
    switch (e->to) {
    case PLACE_PAGE:
        return text("https://%s%s", hosts[e->host], pages[e->page]);
    case PLACE_CALLBACK:
        return text("https://%s" CALLBACK "?%s", hosts[e->host], query);
    case PLACE_SIGNED_OUT:
        return text("https://%s/_sallyport/signed-out", hosts[e->host]);
    case PLACE_LOGIN: {
        SP_BUF_SCOPED struct sp_buf encoded;
        sp_buf_init(&encoded, 1024);
        sp_form_append_encoded(sp_str_from_c(text("https://%s%s", hosts[e->host], pages[e->page])), &encoded);
        return text("https://%s/_sallyport/login?rd=%s", hosts[e->host], sp_buf_c_str(&encoded));
    }
    case PLACE_ISSUER:
    case PLACE_NONE:
        break;
    }
    return NULL;
}

/* The hint of a third party is passed to another host's login. */
static inline const char *without_hint(const char *location)
{
    const char *hint = strstr(location, "&login_hint=x");
    return hint != NULL ? text("%.*s", (int)(hint - location), location) : location;
}

/* Every Location is exactly the one the model expects; for the issuer, the authorization endpoint. */
static inline void check_destination(const struct sp_transaction *t, const struct expected *e,
                                     const char *query)
{
    if (e->to == PLACE_NONE) {
        ck_assert_uint_eq(count_fields(&t->answer, "Location"), 0);
    } else if (e->to == PLACE_ISSUER) {
        ck_assert(sp_str_starts_with(nth_field(&t->answer, "Location", 0), SP_STR(ISSUER "/auth?")));
    } else {
        ck_assert_str_eq(without_hint(field_of(t, "Location")), url_of(e, query));
    }
}

static inline void check_cookies(const struct sp_transaction *t, const struct expected *e)
{
    size_t deleted_n = 0;
    size_t n = count_fields(&t->answer, "Set-Cookie");
    for (size_t i = 0; i < n; i++) {
        deleted_n += strstr(text_of(nth_field(&t->answer, "Set-Cookie", i)), "; Max-Age=0;") != NULL;
    }
    ck_assert_msg(deleted_n == e->delete_n && n - deleted_n == e->set_n,
                  "%zu set and %zu deleted, not %zu and %zu", n - deleted_n, deleted_n, e->set_n,
                  e->delete_n);
}

static inline void check_lines(struct world *w, const struct expected *e, bool completes)
{
    const char *log = take_log(w->f);
    check_names_nobody_but("the log", log, e->user);
    bool ended = e->to == PLACE_SIGNED_OUT && e->delete_n > 0;
    ck_assert_int_eq(strstr(log, "\"event\":\"login_completed\"") != NULL, completes && e->status == 302);
    ck_assert_int_eq(strstr(log, "\"event\":\"login_started\"") != NULL, e->to == PLACE_ISSUER);
    ck_assert_int_eq(strstr(log, "\"event\":\"logout\"") != NULL, ended);
    if (w->f->log_at > LOG_KEPT_MAX) {
        ck_assert_int_eq(ftruncate(w->f->log_fd, 0), 0);
        ck_assert_int_eq(lseek(w->f->log_fd, 0, SEEK_SET), 0);
        w->f->log_at = 0;
    }
}

/* `query` is that of the requested callback, for a relay. */
static inline void check_expected(struct world *w, const struct sp_transaction *t, const struct expected *e,
                                  const char *query, bool completes)
{
    tell("    -> %u %s", t->answer.status, sp_reason_name(t->reason));
    if (e->status == 0) {
        ck_assert_msg(t->continuation != NULL, "%u %s instead of a code_exchange", t->answer.status,
                      sp_reason_name(t->reason));
        return;
    }
    ck_assert_msg(t->continuation == NULL, "a code_exchange instead of %u %s", e->status,
                  sp_reason_name(e->reason));
    ck_assert_answer(t, e->status, e->reason);
    check_destination(t, e, query);
    check_cookies(t, e);
    check_identity(t, e);
    check_lines(w, e, completes);
}

/* ---- storing the results ---------------------------------------------------------------------------- */

/* Stores the cookies of the answer; `session` and `login` are their meaning. */
static inline void take_cookies(struct world *w, const struct sp_transaction *t, int browser, int host,
                                const struct sealed *session, const struct sealed *login)
{
    struct browser *b = &w->m.browsers[browser];
    for (size_t i = 0; i < count_fields(&t->answer, "Set-Cookie"); i++) {
        struct cookie cookie = {.scope = scope_of(&w->m, host)};
        int max_age_s = 0;
        split_set_cookie(nth_field(&t->answer, "Set-Cookie", i), &cookie, &max_age_s);
        struct cookie *old = find_cookie(b, cookie.scope, cookie.name, false);
        if (max_age_s == 0) {
            if (old != NULL) {
                drop_cookie(b, (size_t)(old - b->jar));
            }
            continue;
        }
        bool is_session =
            sp_str_equal(sp_str_from_c(cookie.name), sp_cookies_session_name(&w->f->snapshot->cookies));
        cookie.is = is_session ? *session : *login;
        cookie.login = is_session ? 0 : login->login;
        cookie.until_s = w->m.world_s + max_age_s;
        ck_assert_int_eq(max_age_s, lifetime_of(cookie.is.kind));
        if (!is_refused(b, cookie.is.kind)) {
            put_cookie(b, &cookie);
        }
    }
}

/* A value that is sealed now. */
static inline struct sealed seal_now(struct world *w, enum sealed_kind kind, int scope)
{
    const struct model_key *key = sealing_key(&w->m);
    ck_assert_ptr_nonnull(key);
    return (struct sealed){.kind = kind,
                           .number = ++w->numbers,
                           .key = key->number,
                           .scope = scope,
                           .issued_s = w->m.now_s,
                           .user = NOBODY};
}

/* ---- requests --------------------------------------------------------------------------------------- */

enum door {
    BY_MIDDLEWARE,
    BY_ROUTER, /* to the pages listener */
};

static inline struct sp_transaction *send_request(struct world *w, enum door door, int browser, int host,
                                                  const char *method, const char *uri, const char *kind)
{
    struct fixture *f = w->f;
    drop_over(w, &w->m.browsers[browser]);
    f->context.now_s = w->m.now_s;
    f->snapshot->documents = w->m.has_documents ? &f->documents : NULL;
    tell("%lld: browser %d, %s https://%s%.90s", (long long)w->m.now_s - NOW_S, browser, method, hosts[host],
         uri);
    const char *all = lines(kind, cookie_line(w, browser, host));
    return door == BY_ROUTER ? ASK_DIRECT(f, .method = method, .host = hosts[host], .uri = uri, .lines = all)
                             : ASK(f, .method = method, .host = hosts[host], .uri = uri, .lines = all);
}

#endif

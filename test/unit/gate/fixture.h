/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_FIXTURE_H
#define SP_TEST_UNIT_GATE_FIXTURE_H

/*
 * A whole sallyport without sockets: a configuration from YAML, a key, the issuer's documents, a clock that
 * stands still and seeded randomness. `ASK` writes the head of a request and gets its answer. Before a test
 * sees an answer or a log line, it is checked against check_answer.h. While a fixture exists, standard
 * output, which is the log, is a file in memory.
 */

#include "base/quote.h"
#include "gate/callback.h"
#include "gate/gate.h"
#include "gate/respond.h"
#include "http/cookie.h"
#include "session/login.h"
#include "session/session_cookie.h"

#include "../config/fixture.h"
#include "../oidc/issuer.h"
#include "../sealer.h"
#include "check_answer.h"

#include <sys/mman.h>
#include <unistd.h>

#define NOW_S  ISSUER_NOW_S
#define HOST   "app.example.com"
#define ORIGIN "https://" HOST
#define KEY    "k1 pU3KGCUwux1tEyze1iN7LtkeP3IfyxlxF0SU1kk8nVw\n"

/* Requests of browsers and programs. */
#define NAVIGATION                                                                                           \
    "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: none\r\nAccept: text/html\r\n"
#define OWN_LINK "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: same-origin\r\n"
#define SIBLING  "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: same-site\r\n"
#define STRANGER "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: cross-site\r\n"
#define FRAME    "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\nSec-Fetch-Site: same-origin\r\n"
#define FETCH    "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Site: same-origin\r\n"
#define IMAGE    "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\nSec-Fetch-Site: cross-site\r\n"
/* Through a service worker: one that passes a navigation on, and one that builds a new request. */
#define PASSED_ON                                                                                            \
    "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Site: same-origin\r\nAccept: "           \
    "text/html\r\n"
#define MADE_ANEW                                                                                            \
    "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Site: same-origin\r\nAccept: text/html\r\n"
#define PREFETCH NAVIGATION "Sec-Purpose: prefetch\r\n"
#define WEBSOCKET                                                                                            \
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define GRPC "Content-Type: application/grpc+proto\r\n"
#define XHR  "Accept: text/html\r\nX-Requested-With: XMLHttpRequest\r\n"
#define OLD  "Accept: text/html,application/xhtml+xml\r\n"

struct fixture {
    struct sp_snapshot *snapshot;
    struct sp_process process;
    struct sp_issuer_documents documents;
    struct sp_context context;
    struct sp_head head;
    struct sp_transaction t;
    uint64_t random_state;
    int stdout_fd;
    int log_fd;
    off_t log_at;
    char head_text[SP_HEAD_MAX + 1];
};

/* ---- texts ----------------------------------------------------------------------------------------- */

#define TEXTS_N      256
#define TEXT_LEN_MAX 51000

/* A string that is valid until TEXTS_N further ones were made. */
__attribute__((format(printf, 1, 2))) static inline const char *text(const char *format, ...)
{
    static char texts[TEXTS_N][TEXT_LEN_MAX];
    static size_t n;
    char *out = texts[n++ % TEXTS_N];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(out, TEXT_LEN_MAX, format, args);
    va_end(args);
    ck_assert_int_lt(len, TEXT_LEN_MAX);
    return out;
}

static inline const char *text_of(struct sp_str s)
{
    return text("%.*s", SP_STR_ARGS(s));
}

/* The character, `n` times. */
static inline const char *repeat(char c, size_t n)
{
    static char texts[4][TEXT_LEN_MAX];
    static size_t at;
    char *out = texts[at++ % 4];
    ck_assert_uint_lt(n, TEXT_LEN_MAX);
    memset(out, c, n);
    out[n] = '\0';
    return out;
}

/* ---- setting up ------------------------------------------------------------------------------------ */

/* splitmix64 */
static inline void fixture_random(void *context, uint8_t *out, size_t len)
{
    uint64_t *state = context;
    for (size_t i = 0; i < len; i++) {
        uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        out[i] = (uint8_t)(z >> 56);
    }
}

static inline void fixture_capture_log(struct fixture *f)
{
    fflush(stdout);
    f->log_fd = memfd_create("log", MFD_CLOEXEC);
    f->stdout_fd = dup(STDOUT_FILENO);
    ck_assert_int_ge(f->log_fd, 0);
    ck_assert_int_ge(dup2(f->log_fd, STDOUT_FILENO), 0);
}

/* `members` are additional ones of the discovery document, each preceded by a comma. */
static inline struct fixture *fixture_new_with(const char *settings, const char *members)
{
    struct fixture *f = malloc(sizeof *f);
    struct sp_keyring *keys = NULL;
    struct sp_diag diag = {0};
    ck_assert_ptr_nonnull(f);
    memset(f, 0xa5, sizeof *f); /* reading an uninitialised member must fail */
    ck_assert_int_eq(sp_random_init(), 0);
    fixture_capture_log(f);
    struct loaded loaded = load_settings(text("issuer: " ISSUER "\n%s", settings), NULL);
    ck_assert_msg(loaded.error == SP_OK, "\n%s\nis refused:%s", settings, tell_reports(&loaded));
    sp_reports_done(&loaded.reports);
    ck_assert_int_eq(sp_keyring_parse(SP_STR(KEY), NOW_S, &diag, &keys), SP_OK);
    ck_assert_int_eq(
        sp_snapshot_new(loaded.config,
                        &(struct sp_snapshot_files){keys, SP_STR("s3cr3t-of-the-client"), SP_STR_NONE}, &diag,
                        &f->snapshot),
        SP_OK);
    ck_assert_int_eq(sp_process_init(&f->process, 1, &diag), SP_OK);
    f->documents = (struct sp_issuer_documents){.metadata = issuer_metadata(members)};
    const struct sp_logout_tokens_use use = {
        .issuer_name = f->snapshot->config->issuer,
        .client_id = f->snapshot->client.id,
        .skew_s = f->snapshot->client.skew_s,
        .revocations = f->process.revocations,
        .lifetime_s = f->snapshot->config->session_lifetime_s,
    };
    f->process.logout_tokens = sp_logout_tokens_new(&use);
    ck_assert_ptr_nonnull(f->process.logout_tokens);
    f->snapshot->documents = &f->documents;
    sp_answer_init(&f->t.answer);
    f->random_state = 1;
    f->log_at = 0;
    f->context = (struct sp_context){
        .snapshot = f->snapshot,
        .process = &f->process,
        .metrics = f->process.metrics[0],
        .cache = sp_cache_new(),
        .bearers = sp_bearers_new(),
        .passed = sp_bearers_new(),
        .random = {fixture_random, &f->random_state},
        .now_s = NOW_S,
    };
    return f;
}

static inline struct fixture *fixture_new(const char *settings)
{
    return fixture_new_with(settings, "");
}

static inline void fixture_free(struct fixture **fixture)
{
    struct fixture *f = *fixture;
    fflush(stdout);
    ck_assert_int_ge(dup2(f->stdout_fd, STDOUT_FILENO), 0);
    close(f->stdout_fd);
    close(f->log_fd);
    sp_cache_free(f->context.cache);
    sp_bearers_free(f->context.bearers);
    sp_bearers_free(f->context.passed);
    sp_issuer_metadata_free(f->documents.metadata);
    f->snapshot->documents = NULL; /* they belong to the fixture */
    sp_snapshot_unref(f->snapshot);
    sp_logout_tokens_free(f->process.logout_tokens);
    sp_process_done(&f->process);
    sp_answer_done(&f->t.answer);
    free(f);
}

#define FIXTURE __attribute__((cleanup(fixture_free))) struct fixture *

/* ---- the log --------------------------------------------------------------------------------------- */

/* What was logged since the last call. */
static inline const char *take_log(struct fixture *f)
{
    static char log[65536];
    ssize_t n = pread(f->log_fd, log, sizeof log - 1, f->log_at);
    ck_assert_int_ge(n, 0);
    log[n] = '\0';
    f->log_at += n;
    check_log(log);
    return log;
}

/* ---- requests -------------------------------------------------------------------------------------- */

/* The default is a GET of https://app.example.com/ through the middleware. */
struct asked {
    const char *address; /* of the middleware */
    const char *method;
    const char *proto;
    const char *host;
    const char *uri;
    const char *lines; /* additional ones, each ending in CRLF */
    const char *body;  /* to the pages listener */
};

static inline const char *or_else(const char *given, const char *usual)
{
    return given != NULL ? given : usual;
}

/* Begins a transaction with this head; false if it is not a valid request. */
static inline bool begin_head(struct fixture *f, const struct sp_dialect *dialect, int len)
{
    ck_assert_int_lt(len, (int)sizeof f->head_text);
    enum sp_reason reason = sp_head_parse((struct sp_str){f->head_text, (size_t)len}, &f->head);
    ck_assert_msg(reason == SP_REASON_NONE, "%s: %s", sp_reason_name(reason), f->head_text);
    sp_answer_done(&f->t.answer);
    sp_transaction_begin(&f->t, &f->context, dialect, &f->head);
    return true;
}

static inline struct sp_transaction *finish(struct fixture *f)
{
    if (f->t.continuation == NULL) {
        check_answer(&f->t);
        sp_transaction_finish(&f->t, 1000);
    }
    return &f->t;
}

static inline struct sp_transaction *ask(struct fixture *f, struct asked asked)
{
    int len = snprintf(f->head_text, sizeof f->head_text,
                       "GET %s HTTP/1.1\r\nHost: sallyport:4181\r\nX-Forwarded-For: 203.0.113.9\r\n"
                       "X-Forwarded-Method: %s\r\nX-Forwarded-Proto: %s\r\nX-Forwarded-Host: %s\r\n"
                       "X-Forwarded-Uri: %s\r\n%s\r\n",
                       or_else(asked.address, "/auth/traefik"), or_else(asked.method, "GET"),
                       or_else(asked.proto, "https"), or_else(asked.host, HOST), or_else(asked.uri, "/"),
                       or_else(asked.lines, ""));
    begin_head(f, sp_dialects, len);
    sp_gate_answer(&f->t, sp_dialects);
    return finish(f);
}

/* No other lines are sent except Host. */
static inline struct sp_transaction *ask_plainly(struct fixture *f, const char *address, const char *lines)
{
    int len = snprintf(f->head_text, sizeof f->head_text, "GET %s HTTP/1.1\r\nHost: sallyport:4181\r\n%s\r\n",
                       address, lines);
    begin_head(f, sp_dialects, len);
    sp_gate_answer(&f->t, sp_dialects);
    return finish(f);
}

/* A request that a router sends to the pages listener. */
static inline struct sp_transaction *ask_direct(struct fixture *f, struct asked asked)
{
    int len = snprintf(f->head_text, sizeof f->head_text,
                       "%s %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-Proto: %s\r\n%s\r\n",
                       or_else(asked.method, "GET"), or_else(asked.uri, "/"), or_else(asked.host, HOST),
                       or_else(asked.proto, "https"), or_else(asked.lines, ""));
    begin_head(f, &sp_dialect_pages, len);
    f->t.body = sp_str_from_c(or_else(asked.body, ""));
    sp_gate_answer(&f->t, sp_dialects);
    return finish(f);
}

#define ASK(f, ...)        ask(f, (struct asked){__VA_ARGS__})
#define ASK_DIRECT(f, ...) ask_direct(f, (struct asked){__VA_ARGS__})

/* ---- the answer ------------------------------------------------------------------------------------ */

#define ck_assert_answer(t, expected_status, expected_reason)                                                \
    do {                                                                                                     \
        const struct sp_transaction *t_ = (t);                                                               \
        ck_assert_msg(t_->answer.status == (expected_status) && t_->reason == (expected_reason),             \
                      "%u %s instead of %u %s", t_->answer.status, sp_reason_name(t_->reason),               \
                      (unsigned)(expected_status), sp_reason_name(expected_reason));                         \
    } while (0)

#define ck_assert_contains(whole, part)                                                                      \
    do {                                                                                                     \
        const char *whole_ = (whole);                                                                        \
        ck_assert_msg(strstr(whole_, part) != NULL, "\"%s\" is not in\n%s", part, whole_);                   \
    } while (0)

#define ck_assert_lacks(whole, part)                                                                         \
    do {                                                                                                     \
        const char *whole_ = (whole);                                                                        \
        ck_assert_msg(strstr(whole_, part) == NULL, "\"%s\" is in\n%s", part, whole_);                       \
    } while (0)

static inline const char *body_of(const struct sp_transaction *t)
{
    return text_of(whole_body(&t->answer));
}

/* The value of the field, which must occur once, as a string. */
static inline const char *field_of(const struct sp_transaction *t, const char *name)
{
    ck_assert_msg(count_fields(&t->answer, name) == 1, "%zu of %s", count_fields(&t->answer, name), name);
    return text_of(nth_field(&t->answer, name, 0));
}

/* ---- sessions -------------------------------------------------------------------------------------- */

static inline struct sp_sealer sealer_of(const struct fixture *f, const char *host)
{
    const struct sp_snapshot *snapshot = f->snapshot;
    return (struct sp_sealer){
        .keys = snapshot->keys,
        .cookies = &snapshot->cookies,
        .issuer = sp_str_from_c(snapshot->config->issuer),
        .client_id = sp_str_from_c(snapshot->config->client_id),
        .scope = sp_cookies_scope(&snapshot->cookies, sp_str_from_c(host)),
    };
}

/* The address that the button of a page leads to, unescaped. */
static inline const char *href_of(const struct sp_transaction *t)
{
    static const char *const quoted[][2] = {
        {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};
    const char *at = strstr(body_of(t), "<a class=\"b\" href=\"");
    ck_assert_msg(at != NULL, "%s", body_of(t));
    char href[TEXT_LEN_MAX];
    size_t len = 0;
    for (at = strstr(at, "href=\"") + 6; *at != '"'; len++) {
        size_t i = 0;
        while (i < 5 && strncmp(at, quoted[i][0], strlen(quoted[i][0])) != 0) {
            i++;
        }
        href[len] = i < 5 ? quoted[i][1][0] : *at;
        at += i < 5 ? strlen(quoted[i][0]) : 1;
    }
    return text("%.*s", (int)len, href);
}

static inline struct sp_session usual_session(void)
{
    struct sp_session session = {
        .id = {0x7f, 0x3a, 0x2b, 0x1c, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
        .profile.email_verified = SP_EMAIL_VERIFIED_YES,
        .login_at_s = NOW_S - 100,
        .issued_s = NOW_S - 100,
        .expires_s = NOW_S + 43100,
        .profile.issuer = SP_STR(ISSUER),
        .profile.sub = SP_STR(ISSUER_SUB),
        .profile.email = SP_STR("ada@example.com"),
        .profile.name = SP_STR("Ada Lovelace"),
        .profile.preferred_username = SP_STR("ada"),
    };
    ck_assert_int_eq(sp_profile_add_group(&session.profile, SP_STR("ops")), SP_OK);
    ck_assert_int_eq(sp_profile_add_group(&session.profile, SP_STR("sre")), SP_OK);
    return session;
}

/* `NAME=VALUE` from a Set-Cookie line. */
static inline const char *pair_of(struct sp_str line)
{
    return text_of((struct sp_str){line.ptr, sp_str_find(line, ';')});
}

static inline const char *session_pair(struct fixture *f, const char *host, const struct sp_session *session)
{
    SP_BUF_SCOPED struct sp_buf line;
    struct sp_sealer sealer = sealer_of(f, host);
    sp_buf_init(&line, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(
        sp_session_cookie_write(at(&sealer, session->issued_s, &f->context.random), session, NULL, &line),
        SP_OK);
    return pair_of(sp_buf_str(&line));
}

/* A Cookie line with the session. */
static inline const char *cookie_of(struct fixture *f, const struct sp_session *session)
{
    return text("Cookie: %s\r\n", session_pair(f, HOST, session));
}

static inline const char *usual_cookie(struct fixture *f)
{
    struct sp_session session = usual_session();
    return cookie_of(f, &session);
}

/* The usual session, from another sign-in. */
static inline const char *numbered_cookie(struct fixture *f, uint8_t number)
{
    struct sp_session session = usual_session();
    session.id[0] = number;
    return cookie_of(f, &session);
}

static inline const char *expired_cookie(struct fixture *f)
{
    struct sp_session session = usual_session();
    session.issued_s = session.login_at_s = NOW_S - 50000;
    session.expires_s = NOW_S;
    return cookie_of(f, &session);
}

/* Both strings, one after the other. */
static inline const char *lines(const char *first, const char *second)
{
    return text("%s%s", first, second);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One session that is renewed, as a machine driven randomly: requests of every kind, several at once;
 * responses of the issuer in any order, late or never; new cookies that are lost, so that the browser sends
 * older ones; revocations, and clocks that step. After every request the answer is compared with a slow model
 * that knows what each cookie means, and which redirects were sent.
 */

#include "session/redirects.h"

#include "renewal_scene.h"

#include "../dice.h"

#ifdef SP_SANITIZED
#define STEPS_N 8000 /* a step takes several times as long with a sanitizer */
#else
#define STEPS_N 100000
#endif

#define AFTER_S        3600
#define SPREAD_S       180
#define GRACE_S        900
#define PENDING_N      3
#define COOKIES_N      4
#define SENT_N         64
#define TARGETS_N      2
#define VERSIONS_N     4 /* of the issuer's statements about the user */
#define COLLISIONS_MAX 5 /* collisions of slots for redirects; each costs one more redirect */

static const struct kind {
    const char *method;
    const char *lines;
    bool renews_due;
    bool renews_overdue;
    bool signs_in; /* through a redirect */
} kinds[] = {
    {"GET", NAVIGATION, true, true, true}, {"GET", STRANGER, true, true, true},
    {"GET", FETCH, true, true, false},     {"POST", FETCH, false, true, false},
    {"GET", IMAGE, false, false, false},   {"GET", WEBSOCKET, false, false, false},
};

#define KINDS_N (sizeof kinds / sizeof kinds[0])

static const char *const targets[TARGETS_N] = {"/a", "/b?c=d"};

/* The meaning of a cookie. */
struct known {
    char pair[4200];
    int64_t issued_s;
    int64_t confirmed_s; /* when the issuer confirmed its content */
    int64_t due_s;
    int64_t by_s;
    size_t version;
};

struct sent {
    int64_t issued_s;
    size_t target;
    int64_t at_s;
    unsigned count;
};

struct pending {
    struct sp_continuation *continuation; /* NULL: free */
    char head[sizeof((struct fixture *)0)->head_text];
    const struct kind *kind;
    size_t target;
    struct known cookie;
    int64_t began_s;
    bool is_further; /* it was redirected there before */
};

struct machine {
    struct scene *scene;
    struct fixture *f;
    struct dice dice;
    struct sp_session first;
    bool is_revoked;
    struct known cookies[COOKIES_N]; /* the newest first */
    size_t cookies_n;
    struct sent sent[SENT_N];
    size_t sent_n;
    int64_t awaited_s; /* a newer cookie has not come back yet; 0: none is expected */
    size_t seen_n;
    struct pending pending[PENDING_N];
    struct sp_renewal_outcome *versions[VERSIONS_N];
    size_t renewed_n;
    size_t allowed_n;
    size_t collisions_n;
    size_t refused_n;
    size_t step;
};

/* ---- the model ----------------------------------------------------------------------------------------- */

/* How many redirects there were recently, one after the other. */
static unsigned sent_n(const struct machine *m, const struct known *cookie, size_t target)
{
    int64_t now_s = m->f->context.now_s;
    for (size_t i = 0; i < SENT_N; i++) {
        const struct sent *sent = &m->sent[(m->sent_n + SENT_N - 1 - i) % SENT_N]; /* the newest counts */
        if (sent->at_s != 0 && sent->issued_s == cookie->issued_s && sent->target == target) {
            return sent->at_s <= now_s && now_s - sent->at_s < 60 ? sent->count : 0;
        }
    }
    return 0;
}

static bool is_over(const struct machine *m)
{
    return m->is_revoked || m->f->context.now_s >= m->first.expires_s;
}

/* Only requests with a valid cookie show that a new one has come back. */
static void see(struct machine *m, const struct known *cookie)
{
    if (!is_over(m) && m->f->context.now_s < cookie->by_s && m->awaited_s != 0 &&
        cookie->issued_s > m->awaited_s) {
        m->awaited_s = 0;
        m->seen_n++;
    }
}

static bool waits(const struct machine *m, const struct kind *kind, const struct known *cookie, size_t target)
{
    int64_t now_s = m->f->context.now_s;
    bool is_overdue = now_s >= cookie->by_s;
    bool suits = is_overdue ? kind->renews_overdue : kind->renews_due;
    return !is_over(m) && now_s >= cookie->due_s && suits &&
           sent_n(m, cookie, target) < (is_overdue ? SP_REDIRECTS_MAX : 1);
}

/* ---- answers ------------------------------------------------------------------------------------------- */

#define ck_assert_step(m, condition)                                                                         \
    ck_assert_msg(condition, "step %zu: %s: %u %s", (m)->step, #condition, (m)->f->t.answer.status,          \
                  sp_reason_name((m)->f->t.reason))

static void check_sign_in(struct machine *m, const struct kind *kind, enum sp_reason reason)
{
    ck_assert_step(m, m->f->t.answer.status == (kind->signs_in ? 302 : 401) && m->f->t.reason == reason);
}

static void check_allow(struct machine *m, const struct known *cookie)
{
    int64_t now_s = m->f->context.now_s;
    ck_assert_step(m, m->f->t.answer.status == 200);
    ck_assert_step(m, count_fields(&m->f->t.answer, "Set-Cookie") == 0);
    ck_assert_step(m, now_s < cookie->by_s && now_s - cookie->confirmed_s < AFTER_S + SPREAD_S + GRACE_S);
    m->allowed_n++;
}

/* For a session that has ended. */
static void check_over(struct machine *m, const struct kind *kind)
{
    check_sign_in(m, kind,
                  m->is_revoked && m->f->context.now_s < m->first.expires_s ? SP_REASON_SESSION_REVOKED
                                                                            : SP_REASON_SESSION_EXPIRED);
}

static void check_at_once(struct machine *m, const struct kind *kind, const struct known *cookie,
                          size_t target)
{
    if (is_over(m)) {
        check_over(m, kind);
    } else if (m->f->context.now_s < cookie->by_s) {
        check_allow(m, cookie);
    } else if (sent_n(m, cookie, target) == SP_REDIRECTS_MAX) {
        m->refused_n++;
        ck_assert_step(m, m->f->t.answer.status == 401 && m->f->t.reason == SP_REASON_COOKIES_REFUSED);
    } else {
        check_sign_in(m, kind, SP_REASON_SESSION_UNCONFIRMED);
    }
}

/* The browser's new cookie, which it may lose. */
static void take_renewed(struct machine *m, const struct pending *pending, int64_t confirmed_s,
                         size_t version)
{
    struct fixture *f = m->f;
    int64_t now_s = f->context.now_s;
    struct sp_selection *opened = calloc(1, sizeof *opened);
    ck_assert_step(m, f->t.answer.status == 307 && f->t.reason == SP_REASON_RENEWED);
    struct known known = {.issued_s = now_s, .confirmed_s = confirmed_s, .version = version};
    snprintf(known.pair, sizeof known.pair, "%s", pair_of(nth_field(&f->t.answer, "Set-Cookie", 0)));
    struct sp_str value = sp_str_from_c(strchr(known.pair, '=') + 1);
    struct sp_sealer sealer = sealer_of(f, HOST);
    sealer.now_s = now_s;
    sp_select_session(&sealer, &value, 1, opened);
    const struct sp_session *session = opened->session;
    ck_assert_step(m, opened->kind == SP_SELECTION_VALID);
    ck_assert_mem_eq(session->id, m->first.id, sizeof m->first.id);
    ck_assert_step(m, session->login_at_s == m->first.login_at_s && session->expires_s == m->first.expires_s);
    ck_assert_step(m, session->profile.groups_n == 1 &&
                          session->profile.groups[0].ptr[0] == (char)('a' + version));
    known.due_s = session->renew_after_s;
    known.by_s = session->renew_by_s;
    ck_assert_step(m, known.due_s >= confirmed_s + AFTER_S - SPREAD_S &&
                          known.due_s <= confirmed_s + AFTER_S + SPREAD_S);
    ck_assert_step(m, known.by_s == known.due_s + GRACE_S);
    free(opened);
    m->awaited_s = pending->cookie.issued_s;
    unsigned before_n = sent_n(m, &pending->cookie, pending->target);
    m->sent[m->sent_n++ % SENT_N] = (struct sent){pending->cookie.issued_s, pending->target, now_s,
                                                  before_n + (pending->is_further || before_n == 0)};
    m->renewed_n++;
    if (dice_roll(&m->dice, 3) > 0) {
        memmove(&m->cookies[1], &m->cookies[0], (COOKIES_N - 1) * sizeof m->cookies[0]);
        m->cookies[0] = known;
        m->cookies_n += m->cookies_n < COOKIES_N;
    }
}

/* ---- steps --------------------------------------------------------------------------------------------- */

static void begin_session(struct machine *m)
{
    int64_t now_s = m->f->context.now_s;
    m->first = session_due(0);
    for (size_t i = 0; i < sizeof m->first.id; i++) {
        m->first.id[i] = (uint8_t)dice_roll(&m->dice, 256);
    }
    m->first.login_at_s = m->first.issued_s = now_s;
    m->first.expires_s = now_s + 43200;
    m->first.renew_after_s = now_s + AFTER_S;
    m->first.renew_by_s = now_s + AFTER_S + GRACE_S;
    m->is_revoked = false;
    m->cookies[0] = (struct known){.issued_s = now_s,
                                   .confirmed_s = now_s,
                                   .due_s = m->first.renew_after_s,
                                   .by_s = m->first.renew_by_s};
    snprintf(m->cookies[0].pair, sizeof m->cookies[0].pair, "%s", session_pair(m->f, HOST, &m->first));
    m->cookies_n = 1;
    memset(m->sent, 0, sizeof m->sent);
    m->awaited_s = 0;
}

/* Checks the model's expectation about the expected cookie, and resets it. */
static void check_seen(struct machine *m)
{
    struct sp_session session = m->first;
    session.issued_s = m->f->context.now_s + 86400; /* newer than any */
    ck_assert_step(m, sp_renewals_note_seen(m->scene->renewals, &session) == (m->awaited_s != 0));
    m->awaited_s = 0;
}

static void request_as(struct machine *m, const struct kind *kind, size_t target, const struct known cookie)
{
    struct fixture *f = m->f;
    bool expected = waits(m, kind, &cookie, target);
    see(m, &cookie);
    struct sp_transaction *t = ASK(f, .uri = targets[target], .method = kind->method,
                                   .lines = text("%sCookie: %s\r\n", kind->lines, cookie.pair));
    if (t->continuation == NULL) {
        ck_assert_step(m, !expected);
        check_at_once(m, kind, &cookie, target);
        return;
    }
    bool is_further = sent_n(m, &cookie, target) > 0;
    m->collisions_n += !expected && is_further;
    ck_assert_step(m, expected || is_further);
    size_t i = 0;
    while (i < PENDING_N && m->pending[i].continuation != NULL) {
        i++;
    }
    memcpy(t->continuation->request_id, t->request_id, sizeof t->request_id);
    if (i == PENDING_N) {
        sp_continuation_free(t->continuation); /* the client has disconnected */
    } else {
        struct pending *pending = &m->pending[i];
        *pending = (struct pending){.continuation = t->continuation,
                                    .kind = kind,
                                    .target = target,
                                    .cookie = cookie,
                                    .is_further = is_further,
                                    .began_s = f->context.now_s};
        memcpy(pending->head, f->head_text, sizeof pending->head);
    }
    t->continuation = NULL;
}

static void request(struct machine *m)
{
    size_t age = dice_roll(&m->dice, 4) > 0 ? 0 : dice_roll(&m->dice, m->cookies_n);
    request_as(m, &kinds[dice_roll(&m->dice, KINDS_N)], dice_roll(&m->dice, TARGETS_N), m->cookies[age]);
}

static void check_unconfirmed(struct machine *m, const struct pending *pending, enum sp_wait_end end,
                              enum sp_renewal_result result)
{
    bool is_silent =
        end != SP_WAIT_END_OUTCOME || result == SP_RENEWAL_UNAVAILABLE || result == SP_RENEWAL_MISCONFIGURED;
    if (is_over(m)) {
        check_over(m, pending->kind);
    } else if (m->f->context.now_s < pending->cookie.by_s) {
        check_allow(m, &pending->cookie);
    } else if (is_silent) {
        ck_assert_step(m, m->f->t.answer.status == 503);
        ck_assert_step(m, m->f->t.reason == (end == SP_WAIT_END_REFUSED ? SP_REASON_OVERLOADED
                                                                        : SP_REASON_ISSUER_UNAVAILABLE));
    } else {
        check_sign_in(m, pending->kind, SP_REASON_SESSION_UNCONFIRMED);
    }
}

static void answer(struct machine *m, struct pending *pending, enum sp_wait_end end,
                   enum sp_renewal_result result)
{
    size_t version = dice_roll(&m->dice, VERSIONS_N);
    int64_t confirmed_s = m->f->context.now_s - (int64_t)dice_roll(&m->dice, 600);
    struct sp_renewal_outcome *outcome = NULL;
    if (end == SP_WAIT_END_OUTCOME) {
        outcome = calloc(1, sizeof *outcome);
        atomic_init(&outcome->refs, 1);
        sp_buf_init(&outcome->bytes, 4096);
        outcome->result = result;
        outcome->at_s = confirmed_s;
        outcome->exchange = sp_code_outcome_ref(m->versions[version]->exchange);
        ck_assert_int_eq(
            sp_refresh_grant_copy(&m->versions[version]->grant, &outcome->bytes, &outcome->grant), SP_OK);
    }
    memcpy(m->f->head_text, pending->head, strlen(pending->head) + 1);
    pending->continuation->refusal = "full";
    if (end != SP_WAIT_END_OUTCOME || result != SP_RENEWAL_RENEWED) {
        see(m, &pending->cookie);
    }
    (void)resume(m->f, pending->continuation, end, outcome);
    pending->continuation = NULL;
    if (!is_over(m) && end == SP_WAIT_END_OUTCOME && result == SP_RENEWAL_RENEWED) {
        take_renewed(m, pending, confirmed_s, version);
    } else {
        check_unconfirmed(m, pending, end, result);
    }
}

static void answer_one(struct machine *m)
{
    static const enum sp_wait_end ends[] = {SP_WAIT_END_OUTCOME, SP_WAIT_END_OUTCOME, SP_WAIT_END_OUTCOME,
                                            SP_WAIT_END_OVERDUE, SP_WAIT_END_REFUSED, SP_WAIT_END_GONE};
    struct pending *pending = &m->pending[dice_roll(&m->dice, PENDING_N)];
    if (pending->continuation != NULL) {
        enum sp_wait_end end = ends[dice_roll(&m->dice, sizeof ends / sizeof ends[0])];
        answer(m, pending, end, (enum sp_renewal_result)dice_roll(&m->dice, SP_RENEWAL_RESULT_COUNT));
    }
}

static void drop_pending(struct machine *m)
{
    for (size_t i = 0; i < PENDING_N; i++) {
        if (m->pending[i].continuation != NULL) {
            sp_continuation_free(m->pending[i].continuation);
            m->pending[i].continuation = NULL;
        }
    }
}

/* A browser that accepts no new cookie. */
static void insist(struct machine *m)
{
    const struct known cookie = m->cookies[0];
    drop_pending(m);
    for (size_t i = 0; i <= SP_REDIRECTS_MAX; i++) {
        request_as(m, &kinds[0], 0, cookie);
        if (m->pending[0].continuation != NULL) {
            answer(m, &m->pending[0], SP_WAIT_END_OUTCOME, SP_RENEWAL_RENEWED);
        }
    }
}

static void sign_out(struct machine *m)
{
    bool was_over = is_over(m);
    struct sp_transaction *t = ASK(m->f, .uri = "/_sallyport/logout",
                                   .lines = text(NAVIGATION "Cookie: %s\r\n", m->cookies[0].pair));
    ck_assert_step(m, t->reason == SP_REASON_SIGNED_OUT);
    m->is_revoked = m->is_revoked || !was_over;
}

static void step(struct machine *m)
{
    static const int64_t steps_s[] = {1, 1, 5, 59, 60, 61, 300, 899, 900, 901, 1800, 3599, -1, -30};
    size_t roll = dice_roll(&m->dice, 1000);
    if (roll < 600) {
        request(m);
    } else if (roll < 850) {
        answer_one(m);
    } else if (roll < 855) {
        insist(m);
    } else if (roll < 885) {
        check_seen(m);
    } else if (roll < 998) {
        m->f->context.now_s += steps_s[dice_roll(&m->dice, sizeof steps_s / sizeof steps_s[0])];
    } else if (roll < 999) {
        sign_out(m);
    }
    if (is_over(m) && dice_roll(&m->dice, 50) == 0) {
        drop_pending(m);
        begin_session(m);
    }
    if (m->step % 500 == 0) {
        fflush(stdout);
        ck_assert_int_eq(ftruncate(m->f->log_fd, 0), 0);
    }
}

SP_TEST(ac_39_ac_67_ac_70_ac_71_no_order_of_events_lets_a_session_outlive_its_bounds)
{
    SCENE scene = scene_new();
    struct machine *m = calloc(1, sizeof *m);
    *m = (struct machine){.scene = scene, .f = scene->f, .dice = {.state = 19}};
    for (size_t i = 0; i < VERSIONS_N; i++) {
        m->versions[i] = outcome_of(scene, SP_RENEWAL_RENEWED, text("{\"groups\":[\"%c\"]}", (int)('a' + i)));
    }
    begin_session(m);
    for (m->step = 1; m->step <= STEPS_N; m->step++) {
        step(m);
    }
    ck_assert_uint_gt(m->renewed_n, STEPS_N / 200);
    ck_assert_uint_gt(m->allowed_n, STEPS_N / 20);
    ck_assert_uint_gt(m->refused_n, STEPS_N / 2000);
    ck_assert_uint_gt(m->seen_n, STEPS_N / 200);
    ck_assert_uint_le(m->collisions_n, COLLISIONS_MAX);
    drop_pending(m);
    for (size_t i = 0; i < VERSIONS_N; i++) {
        sp_renewal_outcome_unref(m->versions[i]);
    }
    free(m);
}
SP_TEST_END

SP_SUITE("gate/renewal_machine", ac_39_ac_67_ac_70_ac_71_no_order_of_events_lets_a_session_outlive_its_bounds)

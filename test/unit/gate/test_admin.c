/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/admin.h"

#include "fixture.h"
#include "session/revoke_message.h"

/* An issuer on a loopback port where nothing listens, so requests to it fail. */
static void on_update(void *context, struct sp_issuer_documents *documents)
{
    (void)context;
    (void)documents;
}

struct admin {
    struct fixture *f;
    struct sp_worker *worker;
    struct sp_buf body;
};

/* One without an issuer, so that only answers are in the log. */
static struct admin *admin_without_issuer(const char *settings)
{
    struct admin *admin = calloc(1, sizeof *admin);
    admin->f = fixture_new(settings);
    sp_buf_init(&admin->body, SP_ADMIN_BODY_MAX);
    return admin;
}

static struct admin *admin_with(const char *settings)
{
    struct admin *admin = admin_without_issuer(settings);
    ck_assert_int_eq(sp_worker_start(admin->f->context.metrics, NULL, &admin->worker), SP_OK);
    admin->f->process.issuer =
        sp_issuer_new(admin->worker, "http://127.0.0.1:1", &admin->f->snapshot->client, on_update, NULL);
    ck_assert_ptr_nonnull(admin->f->process.issuer);
    return admin;
}

static struct admin *admin_new(void)
{
    return admin_with("");
}

static void admin_free(struct admin **given)
{
    struct admin *admin = *given;
    if (admin->worker != NULL) {
        sp_worker_stop(admin->worker);
        sp_issuer_free(admin->f->process.issuer);
    }
    sp_buf_done(&admin->body);
    fixture_free(&admin->f);
    free(admin);
}

#define ADMIN __attribute__((cleanup(admin_free))) struct admin *

static struct sp_transaction *get(struct admin *admin, const char *method, const char *target)
{
    struct fixture *f = admin->f;
    int len =
        snprintf(f->head_text, sizeof f->head_text, "%s %s HTTP/1.1\r\nHost: a\r\n\r\n", method, target);
    begin_head(f, &sp_dialect_pages, len);
    sp_buf_clear(&admin->body);
    sp_admin_answer(&f->t, &admin->body);
    check_says(&f->t.answer, "Cache-Control", "no-store");
    return &f->t;
}

static struct sp_transaction *post(struct admin *admin, const char *target, struct sp_str body)
{
    struct fixture *f = admin->f;
    int len = snprintf(f->head_text, sizeof f->head_text, "POST %s HTTP/1.1\r\nHost: a\r\n\r\n", target);
    begin_head(f, &sp_dialect_pages, len);
    f->t.body = body;
    sp_buf_clear(&admin->body);
    sp_admin_answer(&f->t, &admin->body);
    return &f->t;
}

/* Seals for this process, at the time of its clock minus `age_s`. */
static struct sp_str sealed(struct admin *admin, enum sp_revoke_kind kind, const char *value, int64_t age_s)
{
    static char storage[SP_REVOKE_MESSAGE_MAX];
    struct fixture *f = admin->f;
    struct sp_buf out = SP_BUF_ON(storage);
    struct sp_revoke_message message = {kind, sp_str_from_c(value), f->context.now_s - age_s};
    struct sp_sealer sealer =
        sp_snapshot_sealer(f->snapshot, SP_STR_NONE, f->context.now_s - age_s, &f->context.random);
    ck_assert_int_eq(sp_revoke_message_seal(&sealer, &message, &out), SP_OK);
    return sp_buf_str(&out);
}

SP_TEST(a_sealed_message_ends_sessions_and_is_logged)
{
    static const struct {
        enum sp_revoke_kind kind;
        const char *value;
        const char *logged;
    } said[] = {
        {SP_REVOKE_SUB, ISSUER_SUB, "\"by\":\"operator\",\"subject\":\"" ISSUER_SUB "\",\"began_by\":\""},
        {SP_REVOKE_LABEL, "7f3a2b1c", "\"by\":\"operator\",\"session\":\"7f3a2b1c\",\"began_by\":\""},
        {SP_REVOKE_ALL, "", "\"by\":\"operator\",\"began_by\":\""}};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        ADMIN admin = admin_without_issuer("");
        const char *cookie = usual_cookie(admin->f);
        ck_assert_answer(ASK(admin->f, .lines = cookie), 200, SP_REASON_NONE);
        struct sp_transaction *t = post(admin, "/revoke", sealed(admin, said[i].kind, said[i].value, 0));
        ck_assert_uint_eq(t->answer.status, 200);
        ck_assert_str_view(t->answer.body, "added\n");
        ck_assert_contains(take_log(admin->f), said[i].logged);
        ck_assert_answer(ASK(admin->f, .lines = cookie), 401, SP_REASON_SESSION_REVOKED);
    }
}
SP_TEST_END

SP_TEST(a_message_that_comes_again_changes_nothing)
{
    ADMIN admin = admin_without_issuer("");
    struct sp_str message = sealed(admin, SP_REVOKE_SUB, ISSUER_SUB, 30);
    ck_assert_uint_eq(post(admin, "/revoke", message)->answer.status, 200);
    struct sp_session session = usual_session();
    session.login_at_s = session.issued_s = NOW_S - 29; /* the session began after the message was sealed */
    const char *cookie = cookie_of(admin->f, &session);
    struct sp_transaction *t = post(admin, "/revoke", message);
    ck_assert_str_view(t->answer.body, "known\n");
    ck_assert_answer(ASK(admin->f, .lines = cookie), 200, SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(what_is_not_sealed_here_and_now_ends_nothing)
{
    ADMIN admin = admin_without_issuer("");
    struct sp_str old = sealed(admin, SP_REVOKE_ALL, "", 120);
    const struct sp_str bodies[] = {SP_STR_NONE, SP_STR("x"), {old.ptr, old.len - 1}, old};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        ck_assert_uint_eq(post(admin, "/revoke", bodies[i])->answer.status, 403);
        ck_assert_str_eq(field_of(&admin->f->t, "Cache-Control"), "no-store");
    }
    ck_assert_uint_eq(sp_revocations_count(admin->f->process.revocations), 0);
    ck_assert_int_eq(sp_revocations_not_before_s(admin->f->process.revocations), 0);
    ck_assert_uint_eq(post(admin, "/revok", SP_STR("x"))->answer.status, 405);
    ck_assert_uint_eq(get(admin, "GET", "/revoke")->answer.status, 405);
    ck_assert_str_eq(field_of(&admin->f->t, "Allow"), "POST");
}
SP_TEST_END

SP_TEST(ac_10_ac_47_there_are_three_pages)
{
    static const char *const strangers[] = {"/",          "/healthz/",    "/healthz?x",    "/Healthz",
                                            "/metrics/x", "/debug/pprof", "/auth/traefik", "/_sallyport/me",
                                            "/%68ealthz"};
    ADMIN admin = admin_new();
    ck_assert_uint_eq(get(admin, "GET", "/healthz")->answer.status, 200);
    ck_assert_uint_eq(get(admin, "HEAD", "/healthz")->answer.status, 200);
    ck_assert_uint_eq(get(admin, "GET", "/readyz")->answer.status, 200);
    ck_assert_uint_eq(get(admin, "GET", "/metrics")->answer.status, 200);
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        ck_assert_uint_eq(get(admin, "GET", strangers[i])->answer.status, 404);
    }
    ck_assert_uint_eq(get(admin, "POST", "/healthz")->answer.status, 405);
    check_says(&admin->f->t.answer, "Allow", "GET, HEAD, OPTIONS");
    ck_assert_uint_eq(get(admin, "DELETE", "/metrics")->answer.status, 405);
}
SP_TEST_END

SP_TEST(the_issuers_state_is_told_and_never_makes_unready)
{
    ADMIN admin = admin_new();
    struct sp_transaction *t = get(admin, "GET", "/readyz");
    ck_assert_uint_eq(t->answer.status, 200);
    json_t *state = json_loadb(t->answer.body.ptr, t->answer.body.len, 0, NULL);
    ck_assert(json_is_true(json_object_get(state, "ready")));
    ck_assert_str_eq(member(state, "issuer"), "down");
    ck_assert_int_eq(json_integer_value(json_object_get(state, "keys")), 1);
    ck_assert_ptr_null(json_object_get(state, "issuer_documents_age_s"));
    json_decref(state);
}
SP_TEST_END

SP_TEST(draining_is_unready_and_alive)
{
    ADMIN admin = admin_new();
    atomic_store(&admin->f->process.draining, 1);
    struct sp_transaction *t = get(admin, "GET", "/readyz");
    ck_assert_uint_eq(t->answer.status, 503);
    json_t *state = json_loadb(t->answer.body.ptr, t->answer.body.len, 0, NULL);
    ck_assert(json_is_false(json_object_get(state, "ready")));
    json_decref(state);
    ck_assert_uint_eq(get(admin, "GET", "/healthz")->answer.status, 200);
}
SP_TEST_END

SP_TEST(a_probe_by_options_asks_whether_to_send_requests_here)
{
    ADMIN admin = admin_new();
    static const char *const probed[] = {"/", "/readyz", "/healthz", "/metrics"};
    for (size_t i = 0; i < sizeof probed / sizeof probed[0]; i++) {
        ck_assert_uint_eq(get(admin, "OPTIONS", probed[i])->answer.status, 200);
        check_says(&admin->f->t.answer, "Allow", "GET, HEAD, OPTIONS");
    }
    ck_assert_uint_eq(get(admin, "OPTIONS", "/other")->answer.status, 404);
    ck_assert_uint_eq(get(admin, "GET", "/")->answer.status, 404);
    atomic_store(&admin->f->process.draining, 1);
    ck_assert_uint_eq(get(admin, "OPTIONS", "/")->answer.status, 503);
    ck_assert_uint_eq(get(admin, "OPTIONS", "/readyz")->answer.status, 503);
    ck_assert_uint_eq(get(admin, "OPTIONS", "/healthz")->answer.status, 200);
}
SP_TEST_END

static void forget_bindings(void *context, struct sp_rbac_index *index)
{
    (void)context;
    (void)index;
}

SP_TEST(it_is_not_ready_before_the_bindings_were_read)
{
    static const struct sp_rbac_settings settings;
    ADMIN admin = admin_with("policies: {default: [{action: rbac}]}");
    struct sp_rbac_watch *watch = sp_rbac_watch_new(admin->worker, &settings, 600, forget_bindings, NULL);
    admin->f->process.rbac_watch = watch;
    ck_assert_uint_eq(get(admin, "GET", "/readyz")->answer.status, 200); /* a reload added such a rule */
    ck_assert_contains(sp_buf_c_str(&admin->body), ",\"rbac\":\"unread\"}");
    admin->f->process.is_ready_by_rbac = true;
    ck_assert_uint_eq(get(admin, "GET", "/readyz")->answer.status, 503);
    ck_assert_contains(sp_buf_c_str(&admin->body), "\"ready\":false");
    ck_assert_contains(sp_buf_c_str(&admin->body), ",\"rbac\":\"unread\"}");
    (void)get(admin, "GET", "/metrics");
    ck_assert_lacks(sp_buf_c_str(&admin->body), "\nsallyport_rbac_age_seconds");
    admin->f->process.rbac_watch = NULL;
    sp_rbac_watch_free(watch);
}
SP_TEST_END

SP_TEST(a_reload_that_failed_is_told_and_changes_no_readiness)
{
    ADMIN admin = admin_new();
    ck_assert_uint_eq(get(admin, "GET", "/readyz")->answer.status, 200);
    ck_assert_lacks(sp_buf_c_str(&admin->body), "config_reload");
    (void)get(admin, "GET", "/metrics");
    ck_assert_contains(sp_buf_c_str(&admin->body), "\nsallyport_config_last_reload_successful 1\n");
    atomic_store(&admin->f->process.reload_failed, 1);
    atomic_store(&admin->f->process.reloads_failed_n, 3);
    ck_assert_uint_eq(get(admin, "GET", "/readyz")->answer.status, 200);
    ck_assert_contains(sp_buf_c_str(&admin->body), ",\"config_reload\":\"failed\"}");
    (void)get(admin, "GET", "/metrics");
    ck_assert_contains(sp_buf_c_str(&admin->body), "\nsallyport_config_last_reload_successful 0\n");
    ck_assert_contains(sp_buf_c_str(&admin->body), "\nsallyport_config_reloads_total{result=\"failed\"} 3\n");
}
SP_TEST_END

SP_TEST(metrics_tell_keys_and_issuer)
{
    ADMIN admin = admin_new();
    struct sp_transaction *t = get(admin, "GET", "/metrics");
    ck_assert_str_eq(field_of(t, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    const char *body = text_of(t->answer.body);
    ck_assert_contains(body, "\nsallyport_keys{state=\"sealing\"} 1\n");
    ck_assert_contains(body, "\nsallyport_keys{state=\"opening\"} 1\n");
    ck_assert_contains(body, "\nsallyport_issuer_up 0\n");
    ck_assert_lacks(body, "issuer_documents_age_seconds{");
}
SP_TEST_END

SP_TEST(ac_42_nobody_is_sent_to_an_issuer_that_cannot_be_reached)
{
    ADMIN admin = admin_new();
    struct fixture *f = admin->f;
    ck_assert_ptr_nonnull(f->snapshot->documents);
    for (int naps = 0; sp_issuer_reach(f->process.issuer).is_reachable; naps++) {
        ck_assert_int_lt(naps, 5000);
        usleep(1000);
    }
    ck_assert_int_eq(sp_issuer_status(f->process.issuer).up, 0);
    struct sp_transaction *t = ASK(f, .lines = NAVIGATION);
    ck_assert_answer(t, 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_str_eq(field_of(t, "Retry-After"), "5");
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    t = ASK(f, .uri = "/_sallyport/login?rd=/x", .lines = NAVIGATION);
    ck_assert_answer(t, 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_answer(ASK(f, .lines = FETCH), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK(f, .lines = lines(NAVIGATION, usual_cookie(f))), 200, SP_REASON_NONE);
}
SP_TEST_END

SP_SUITE("gate/admin", a_sealed_message_ends_sessions_and_is_logged,
         a_message_that_comes_again_changes_nothing, what_is_not_sealed_here_and_now_ends_nothing,
         ac_10_ac_47_there_are_three_pages, the_issuers_state_is_told_and_never_makes_unready,
         draining_is_unready_and_alive, a_probe_by_options_asks_whether_to_send_requests_here,
         it_is_not_ready_before_the_bindings_were_read, a_reload_that_failed_is_told_and_changes_no_readiness,
         metrics_tell_keys_and_issuer, ac_42_nobody_is_sent_to_an_issuer_that_cannot_be_reached)

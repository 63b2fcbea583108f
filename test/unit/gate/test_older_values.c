/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Values sealed by release 0.1.0 still open: sessions continue, logins that it began are completed, and forms
 * that it showed still sign out. `sealed-0.1.0/` has the values for each transport, from its own answers,
 * with the key ring and the time that belong to them: a line is NAME VALUE. The other direction, how an older
 * replica handles values that are sealed now, is session/test_older_replica.c.
 */

#include "redeem.h"

#define FOLDER SP_SOURCE_ROOT "/test/unit/gate/sealed-0.1.0/"

static const struct transport {
    const char *file;
    const char *settings;
    const char *proto;
    const char *cookie; /* name of the session cookie */
} transports[] = {
    {"host", "", "https", "__Host-sallyport"},
    {"domain", "cookie_domain: example.com\nhosts: [" ORIGIN "]\n", "https", "__Secure-sallyport"},
    {"plain", "insecure_http: true\n", "http", "sallyport"},
};

#define TRANSPORTS_N (sizeof transports / sizeof transports[0])

static const char *read_whole(const char *name)
{
    static char contents[2][16384];
    static size_t n;
    char *out = contents[n++ % 2];
    FILE *file = fopen(text(FOLDER "%s", name), "r");
    ck_assert_msg(file != NULL, "%s", name);
    size_t len = fread(out, 1, sizeof contents[0] - 1, file);
    fclose(file);
    out[len] = '\0';
    return out;
}

static const char *kept(const struct transport *transport, const char *name)
{
    const char *start = text("\n%s ", name);
    const char *at = strstr(text("\n%s", read_whole(transport->file)), start);
    ck_assert_msg(at != NULL, "%s has no %s", transport->file, name);
    at += strlen(start);
    return text("%.*s", (int)strcspn(at, "\n"), at);
}

/* This version with the keys and the time of the values. */
static struct fixture *scene_of(const struct transport *transport)
{
    struct sp_diag diag = {0};
    struct fixture *f =
        fixture_new(text("%sheaders: {more: {X-Department: department}}\n", transport->settings));
    f->context.now_s = strtoll(kept(transport, "time"), NULL, 10);
    sp_keyring_free(f->snapshot->keys);
    enum sp_error error =
        sp_keyring_parse(sp_str_from_c(read_whole("keys")), f->context.now_s, &diag, &f->snapshot->keys);
    ck_assert_msg(error == SP_OK, "%s", diag.text);
    return f;
}

static const char *session_line(const struct transport *transport, const char *name)
{
    return text("Cookie: %s=%s\r\n", transport->cookie, kept(transport, name));
}

static const char *login_line(const struct transport *transport, const char *login_id, const char *value)
{
    return text("Cookie: %s-%s=%s\r\n", transport->cookie, kept(transport, login_id), kept(transport, value));
}

SP_TEST(sessions_go_on_with_all_that_they_hold)
{
    for (size_t i = 0; i < TRANSPORTS_N; i++) {
        const struct transport *transport = &transports[i];
        FIXTURE f = scene_of(transport);
        const char *cookie = session_line(transport, "session-full");
        struct sp_transaction *t = ASK(f, .proto = transport->proto, .lines = lines(NAVIGATION, cookie));
        ck_assert_answer(t, 200, SP_REASON_NONE);
        ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "ada@example.com");
        ck_assert_str_eq(field_of(t, "X-Forwarded-Groups"), "ops,sre");
        ck_assert_str_eq(field_of(t, "X-Forwarded-Preferred-Username"), "ada");
        ck_assert_str_view(t->selection.session->profile.sid, "issuer-session-1");
        ck_assert_int_eq(t->selection.session->auth_time_s, 1699999000);
        t = ASK(f, .address = "/auth/traefik?headers=more", .proto = transport->proto, .lines = cookie);
        ck_assert_str_eq(field_of(t, "X-Department"), "engines");
    }
}
SP_TEST_END

SP_TEST(a_session_opens_with_the_least_and_with_every_member)
{
    for (size_t i = 0; i < TRANSPORTS_N; i++) {
        const struct transport *transport = &transports[i];
        FIXTURE f = scene_of(transport);
        struct sp_transaction *t = ASK_DIRECT(f, .uri = "/_sallyport/me", .proto = transport->proto,
                                              .lines = session_line(transport, "session-minimal"));
        ck_assert_answer(t, 200, SP_REASON_NONE);
        ck_assert_contains(body_of(t), "\"subject\":\"" ISSUER_SUB "\"");
        t = ASK_DIRECT(f, .uri = "/_sallyport/me", .proto = transport->proto,
                       .lines = session_line(transport, "session-every-member"));
        ck_assert_answer(t, 200, SP_REASON_NONE);
        const struct sp_session *session = t->selection.session;
        ck_assert_int_eq(session->renew_after_s, f->context.now_s + 3600);
        ck_assert_int_eq(session->renew_by_s, f->context.now_s + 7200);
        ck_assert_str_view(session->grant.token, "ChlvaWJ6b2Z1");
        ck_assert_uint_eq(session->id_token_packed.len, 11);
        ck_assert_uint_eq(session->profile.claims_n, 1);
    }
}
SP_TEST_END

/* The callback of a kept login reaches the code exchange, and would lead to this page. */
static void check_completed(const struct transport *transport, const char *which, const char *page)
{
    FIXTURE f = scene_of(transport);
    const char *uri = text("/_sallyport/callback?code=c&state=%s", kept(transport, text("state-%s", which)));
    const char *cookie = login_line(transport, text("flow-%s", which), text("login-%s", which));
    struct sp_transaction *t =
        ASK(f, .uri = uri, .proto = transport->proto, .lines = lines(NAVIGATION, cookie));
    ck_assert_msg(t->continuation != NULL, "%s, %s: %u %s", transport->file, which, t->answer.status,
                  sp_reason_name(t->reason));
    struct waiting waiting = take_waiting(f);
    ck_assert_str_eq(sp_buf_c_str(&waiting.login->return_url),
                     text("%s://" HOST "%s", transport->proto, page));
    free_waiting(&waiting);
    /* and it also leads there if there is a session by now */
    t = ASK(f, .uri = uri, .proto = transport->proto,
            .lines = lines(NAVIGATION, session_line(transport, "session-full")));
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
}

SP_TEST(logins_that_it_began_are_completed)
{
    for (size_t i = 0; i < TRANSPORTS_N; i++) {
        check_completed(&transports[i], "with-query", "/reports?sort=name&q=%2F");
        check_completed(&transports[i], "without-query", "/reports");
    }
}
SP_TEST_END

SP_TEST(its_marker_still_ends_a_loop)
{
    for (size_t i = 0; i < TRANSPORTS_N; i++) {
        FIXTURE f = scene_of(&transports[i]);
        const char *cookie = login_line(&transports[i], "flow-without-query", "marker");
        struct sp_transaction *t = ASK(f, .proto = transports[i].proto, .lines = lines(NAVIGATION, cookie));
        ck_assert_answer(t, 401, SP_REASON_COOKIES_REFUSED);
    }
}
SP_TEST_END

SP_TEST(its_form_signs_out)
{
    for (size_t i = 0; i < TRANSPORTS_N; i++) {
        FIXTURE f = scene_of(&transports[i]);
        const char *uri = text("/_sallyport/logout?token=%s", kept(&transports[i], "logout-token"));
        struct sp_transaction *t = ASK(f, .method = "POST", .uri = uri, .proto = transports[i].proto,
                                       .lines = session_line(&transports[i], "session-full"));
        ck_assert_answer(t, 303, SP_REASON_SIGNED_OUT);
    }
}
SP_TEST_END

SP_SUITE("gate/older_values", sessions_go_on_with_all_that_they_hold,
         a_session_opens_with_the_least_and_with_every_member, logins_that_it_began_are_completed,
         its_marker_still_ends_a_loop, its_form_signs_out)

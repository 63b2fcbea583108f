/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whole requests without a socket. Every answer and log line keeps the general promises
 * (test/unit/gate/check_answer.h). The proxy is told to let a request through only with a session, or if the
 * one public rule matches. No application answers at the host of kubeconfig.origin, and only its user gets
 * the ID token there. The input is the listener (`p` for the pages, else that of the proxy) and a head, in
 * which $SESSION, $KUBE, $LOGIN and $STATE stand for a session, a session of that host, and the cookie and
 * state of a login in progress.
 */

#include "../unit/gate/login.h"
#include "fuzz.h"
#include "http/url.h"
#include "session/packed_token.h"

#define KUBE "kube.sub.example.com"

static struct fixture *f;
static const char *session;
static const char *kube_session;
static const char *token;
static struct begun begun;

static void set_up(void)
{
    if (f != NULL) {
        return;
    }
    f = fixture_new(
        "policies: {default: [{action: public, path_prefix: /open}, {action: allow}], "
        "ops: [{action: allow, group: ops}], nobody: [{action: deny}]}\n"
        "hosts: [\"https://app.example.com\", \"https://*.sub.example.com\"]\n"
        "forwarded_prefixes: [/app]\nstrip_session_cookie: true\n"
        "kubeconfig:\n"
        "  origin: https://" KUBE "\n"
        "  clusters:\n"
        "  - {name: prod, server: 'https://api.example.com', client_id: kube-prod}\n"
        "  - {name: dev, server: 'https://dev.example.com', client_id: kube-dev, group: nobody}\n");
    struct sp_session usual = usual_session();
    session = strdup(session_pair(f, HOST, &usual));
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    SP_BUF_ON_STACK(packed, 4096);
    token = issuer_id_token(&signer, "k", "{}");
    ck_assert_int_eq(sp_packed_token_encode(sp_str_from_c(token), &packed), SP_OK);
    usual.id_token_packed = sp_buf_str(&packed);
    kube_session = strdup(session_pair(f, KUBE, &usual));
    begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    begun.pair = strdup(begun.pair);
    begun.state = strdup(begun.state);
}

static struct sp_str expand(struct sp_str text, struct sp_buf *out)
{
    while (text.len > 0) {
        if (sp_str_starts_with(text, SP_STR("$SESSION"))) {
            sp_buf_append_c(out, session);
            text = sp_str_skip(text, 8);
        } else if (sp_str_starts_with(text, SP_STR("$KUBE"))) {
            sp_buf_append_c(out, kube_session);
            text = sp_str_skip(text, 5);
        } else if (sp_str_starts_with(text, SP_STR("$LOGIN"))) {
            sp_buf_append_c(out, begun.pair);
            text = sp_str_skip(text, 6);
        } else if (sp_str_starts_with(text, SP_STR("$STATE"))) {
            sp_buf_append_c(out, begun.state);
            text = sp_str_skip(text, 6);
        } else {
            sp_buf_append_char(out, text.ptr[0]);
            text = sp_str_skip(text, 1);
        }
    }
    return sp_buf_str(out);
}

static void answer(void)
{
    sp_gate_answer(&f->t, sp_dialects);
    if (PLANTED(f->t.answer.status == 421)) {
        f->t.answer.status = 200;
    }
}

/* The application gets no cookie of ours. Our text inside another cookie is allowed. */
static void check_no_session(const struct sp_answer_field *field)
{
    if (strcmp(field->name, "Cookie") != 0) {
        ck_assert(!fuzz_has(field->value, sp_str_from_c(session)));
        return;
    }
    ck_assert(!sp_str_starts_with(field->value, SP_STR("__Host-sallyport=")));
    ck_assert(!fuzz_has(field->value, SP_STR("; __Host-sallyport=")));
    ck_assert(!fuzz_has(field->value, SP_STR("; __Host-sallyport-")));
}

/* A session, or else the public rule and no user name. */
static void check_allowed(struct sp_str input)
{
    const struct sp_transaction *t = &f->t;
    struct sp_str path = t->request.target.path;
    if (t->looked_for_session && t->selection.kind == SP_SELECTION_VALID) {
        ck_assert(fuzz_has(input, SP_STR("$SESSION")));
        ck_assert_views_equal(t->selection.session->profile.sub, SP_STR(ISSUER_SUB));
    } else {
        ck_assert_str_eq(t->policy->name, "default");
        ck_assert(sp_path_has_prefix(path, SP_STR("/open")) && t->request.target.marks == 0);
        ck_assert_uint_eq(count_fields(&t->answer, "X-Auth-Request-User"), 0);
        ck_assert_uint_eq(t->user.len, 0);
    }
    ck_assert_str_ne(text_of(sp_host_str(&t->request.origin.host)), KUBE);
    for (size_t i = 0; i < t->answer.fields_n; i++) {
        check_no_session(&t->answer.fields[i]);
    }
}

/* To the issuer, or to a listed host. */
static void check_redirect(struct sp_str location)
{
    struct sp_url url;
    ck_assert_msg(sp_url_parse(location, &url), "%.*s", SP_STR_ARGS(location));
    struct sp_str host = sp_host_str(&url.origin.host);
    ck_assert(url.origin.scheme == SP_SCHEME_HTTPS && url.origin.port == 443);
    ck_assert_msg(sp_str_equal(host, SP_STR("issuer.example")) || sp_str_equal(host, SP_STR(HOST)) ||
                      sp_str_ends_with(host, SP_STR(".sub.example.com")),
                  "%.*s", SP_STR_ARGS(location));
}

/* To its user, at the origin, and not to a script, frame or other site. */
static void check_token(struct sp_str input)
{
    const struct sp_transaction *t = &f->t;
    if (!fuzz_has(whole_body(&t->answer), sp_str_from_c(token))) {
        return;
    }
    bool is_own = sp_transaction_request_kind(t) == SP_REQUEST_KIND_NAVIGATION &&
                  sp_request_kind_is_from_own_site(t->head);
    ck_assert(fuzz_has(input, SP_STR("$KUBE")));
    ck_assert_views_equal(sp_host_str(&t->request.origin.host), SP_STR(KUBE));
    ck_assert(t->request.origin.scheme == SP_SCHEME_HTTPS && t->request.origin.port == 443);
    ck_assert(sp_str_ends_with(t->request.target.path, SP_STR(".token.yaml")));
    ck_assert(is_own || !sp_request_kind_has_metadata(t->head));
}

static void check_whole(struct sp_str input)
{
    struct sp_transaction *t = &f->t;
    check_answer(t);
    check_token(input);
    if (t->verdict == SP_VERDICT_ALLOW) {
        check_allowed(input);
    }
    if (t->answer.status == 300) {
        check_redirect(sp_str_from_c(href_of(t)));
    } else if (t->answer.status / 100 == 3) {
        check_redirect(nth_field(&t->answer, "Location", 0));
    }
}

/* The log is a file in memory: empty it, so that it does not grow without limit. */
static void forget_log(void)
{
    take_log(f);
    ck_assert_int_eq(ftruncate(f->log_fd, 0), 0);
    ck_assert_int_eq(lseek(f->log_fd, 0, SEEK_SET), 0);
    f->log_at = 0;
}

FUZZ_TARGET(input)
{
    set_up();
    struct sp_str text = input;
    struct sp_buf head;
    bool is_direct = fuzz_take_byte(&text) == 'p';
    head = SP_BUF_ON(f->head_text);
    if (sp_head_parse(expand(text, &head), &f->head) != SP_REASON_NONE) {
        return;
    }
    sp_answer_done(&f->t.answer);
    sp_transaction_begin(&f->t, &f->context, is_direct ? &sp_dialect_pages : sp_dialects, &f->head);
    answer();
    if (f->t.continuation != NULL) {
        ck_assert(fuzz_has(input, SP_STR("$STATE")) && fuzz_has(input, SP_STR("$LOGIN")));
        sp_continuation_free(f->t.continuation);
    } else if (sp_answer_is_whole(&f->t.answer)) {
        check_whole(input);
        sp_transaction_finish(&f->t, 1000);
    }
    forget_log();
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_FLOW_STEPS_H
#define SP_TEST_UNIT_GATE_FLOW_STEPS_H

/*
 * Each request of the flow machine: sends it, compares the answer with the model, stores its cookies, and
 * returns where it leads.
 */

#include "flow_issuer.h"

/* Where a browser goes next. */
struct hop {
    enum place to;
    int host;
    int page;
    size_t visit;         /* ISSUER */
    struct letter letter; /* CALLBACK */
};

static const struct hop no_hop = {.to = PLACE_NONE};

static inline struct hop hop_to(enum place to, int host, int page)
{
    return (struct hop){.to = to, .host = host, .page = page};
}

static inline struct hop hop_of(const struct expected *e)
{
    return hop_to(e->to, e->host, e->page);
}

/* ---- beginning -------------------------------------------------------------------------------------- */

/* Remembers the contents of a redirect to the issuer as a visit there, replacing an old one. */
static inline struct hop begin_visit(struct world *w, const struct sp_transaction *t, int browser, int host,
                                     int page, unsigned attempts, enum sp_login_try which_try)
{
    struct hop hop = {.to = PLACE_ISSUER, .visit = roll(w, VISITS_N)};
    struct visit *visit = &w->visits[hop.visit];
    const char *location = field_of(t, "Location");
    struct begun begun = begun_by(w->f, t);
    *visit =
        (struct visit){.browser = browser, .state = seal_now(w, SEALED_STATE, redirect_host_of(&w->m, host))};
    visit->state.login = ++w->numbers;
    visit->state.origin = host;
    visit->state.page = page;
    visit->state.which_try = which_try;
    ck_assert_int_eq(sp_login_id_try(&begun.login_id), which_try);
    snprintf(visit->state_text, sizeof visit->state_text, "%s", begun.state);
    snprintf(visit->cookie_name, sizeof visit->cookie_name, "%.*s", (int)strcspn(begun.pair, "="),
             begun.pair);
    snprintf(visit->nonce, sizeof visit->nonce, "%s", parameter(location, "nonce"));
    snprintf(visit->challenge, sizeof visit->challenge, "%s", parameter(location, "code_challenge"));
    snprintf(visit->redirect_uri, sizeof visit->redirect_uri, "%s", parameter(location, "redirect_uri"));
    ck_assert_str_eq(visit->redirect_uri, text("https://%s" CALLBACK, hosts[redirect_host_of(&w->m, host)]));

    struct sealed login = seal_now(w, SEALED_LOGIN, scope_of(&w->m, host));
    login.login = visit->state.login;
    login.attempts = attempts;
    take_cookies(w, t, browser, host, NULL, &login);
    return hop;
}

/* Except for planted ones, which no answer can delete. */
static inline void check_logins_are_few(const struct world *w, int browser, int host)
{
    const struct browser *b = &w->m.browsers[browser];
    size_t logins_n = 0;
    for (size_t i = 0; i < b->n; i++) {
        logins_n += is_sent(&w->m, &b->jar[i], host) && b->jar[i].login != 0 && !b->jar[i].elsewhere;
    }
    ck_assert_uint_le(logins_n, SP_LOGIN_COOKIES_MAX_N);
}

/* ---- pages ------------------------------------------------------------------------------------------ */

static inline struct hop visit_page(struct world *w, int browser, int host, int page, const char *kind)
{
    bool is_navigation =
        strcmp(kind, NAVIGATION) == 0 || strcmp(kind, OWN_LINK) == 0 || strcmp(kind, STRANGER) == 0;
    struct sp_transaction *t = send_request(w, BY_MIDDLEWARE, browser, host, "GET", pages[page], kind);
    struct seen seen = see(&w->m, browser, host);
    struct expected e = named(expect_visit(&w->m, &seen, is_navigation), &seen);
    check_expected(w, t, &e, NULL, false);
    if (e.to != PLACE_ISSUER) {
        return no_hop;
    }
    struct hop hop = begin_visit(w, t, browser, host, page, seen.attempts, SP_LOGIN_FIRST_TRY);
    check_logins_are_few(w, browser, host);
    return hop;
}

static inline enum door any_door(struct world *w)
{
    return one_in(w, 3) ? BY_ROUTER : BY_MIDDLEWARE;
}

/* Return addresses of foreign hosts. */
static inline const char *foreign_return(struct world *w)
{
    static const char *const urls[] = {"https%3A%2F%2Fevil.test%2F",
                                       "%2F%2Fevil.test%2F",
                                       "%2F%5Cevil.test",
                                       "https%3A%2F%2Fa.example.com.evil.test%2F",
                                       "http%3A%2F%2Fa.example.com%2F",
                                       "https%3A%2F%2Fa.example.com%40evil.test%2F"};
    return urls[roll(w, sizeof urls / sizeof urls[0])];
}

static inline const char *login_uri(struct world *w, int host, int to, int page)
{
    const char *name = one_in(w, 2) ? "rd" : "iss=" ISSUER "&login_hint=x&target_link_uri";
    if (to == DOMAIN) {
        return text("/_sallyport/login?%s=%s", name, foreign_return(w));
    }
    SP_BUF_SCOPED struct sp_buf encoded;
    sp_buf_init(&encoded, 1024);
    sp_form_append_encoded(
        sp_str_from_c(to == host ? pages[page] : text("https://%s%s", hosts[to], pages[page])), &encoded);
    return text("/_sallyport/login?%s=%s", name, sp_buf_c_str(&encoded));
}

/* A sign-in that the user requests; `to` is the host of the return address, or DOMAIN for a foreign one. */
static inline struct hop visit_login(struct world *w, int browser, int host, int to, int page)
{
    const char *uri = login_uri(w, host, to, page);
    struct sp_transaction *t = send_request(w, any_door(w), browser, host, "GET", uri, OWN_LINK);
    struct seen seen = see(&w->m, browser, host);
    struct expected e = named(expect_login_page(&w->m, &seen, host, to, page), &seen);
    check_expected(w, t, &e, NULL, false);
    if (e.to != PLACE_ISSUER) {
        return hop_of(&e);
    }
    struct hop hop = begin_visit(w, t, browser, host, page, 0, SP_LOGIN_FIRST_TRY);
    check_logins_are_few(w, browser, host);
    return hop;
}

static inline void visit_me(struct world *w, int browser, int host, const char *kind)
{
    struct sp_transaction *t = send_request(w, BY_ROUTER, browser, host, "GET", "/_sallyport/me", kind);
    struct seen seen = see(&w->m, browser, host);
    struct expected e = named(expect_me(&seen), &seen);
    check_expected(w, t, &e, NULL, false);
}

/* ---- callbacks -------------------------------------------------------------------------------------- */

/* The outcome arrives; the world may have changed in the meantime. */
static inline struct hop land(struct world *w, struct flight *flight, enum word word)
{
    struct fixture *f = w->f;
    f->context.now_s = w->m.now_s;
    enum sp_reason outcome = outcome_of(w, word, flight);
    const struct visit *visit = find_code(w, flight->code);
    struct expected e =
        expect_completion(&w->m, &flight->state, outcome, visit != NULL ? visit->code_user : NOBODY);
    tell("    %lld: word %d on code %u for browser %d", (long long)w->m.now_s - NOW_S, word, flight->code,
         flight->browser);
    struct waiting waiting = flight->waiting;
    struct sp_code_outcome *redeemed = redeem(w, word, flight);
    ck_assert_msg(redeemed->reason == outcome, "redeemed with %s instead of %s",
                  sp_reason_name(redeemed->reason), sp_reason_name(outcome));
    flight->waiting.login = NULL;
    struct sp_transaction *t = complete(f, waiting, redeemed);
    check_expected(w, t, &e, NULL, true);

    struct sealed session = {0};
    struct sealed marker = {0};
    int host = flight->state.origin;
    if (e.set_n > 0) {
        session = seal_now(w, SEALED_SESSION, scope_of(&w->m, host));
        session.user = e.user;
        session.session = ++w->numbers;
        marker = seal_now(w, SEALED_MARKER, scope_of(&w->m, host));
        marker.login = flight->state.login;
        ck_assert(
            sp_str_starts_with(nth_field(&t->answer, "Set-Cookie", 1), sp_str_from_c(flight->cookie_name)));
    }
    take_cookies(w, t, flight->browser, host, &session, &marker);
    return hop_of(&e);
}

/* A slot among those in progress; the previous one in it is completed first. */
static inline struct flight *take_off(struct world *w, int browser, const struct letter *letter)
{
    struct flight *flight = &w->flights[roll(w, FLIGHTS_N)];
    struct waiting waiting = take_waiting(w->f);
    if (flight->waiting.login != NULL) {
        land(w, flight, WORD_SILENCE);
    }
    *flight =
        (struct flight){.waiting = waiting, .state = letter->state, .browser = browser, .code = letter->code};
    memcpy(flight->cookie_name, letter->cookie_name, sizeof flight->cookie_name);
    return flight;
}

/* A callback arrives. Its code is redeemed at once if `word` is one; with WORDS_N it is left in progress. */
static inline struct hop visit_callback(struct world *w, int browser, int host, const struct letter *letter,
                                        enum word word)
{
    const char *uri = text(CALLBACK "?%s", letter->query);
    struct sp_transaction *t = send_request(w, any_door(w), browser, host, "GET", uri, STRANGER);
    struct seen seen = see(&w->m, browser, host);
    struct expected e =
        named(expect_callback(&w->m, &seen, browser, host, &letter->state, letter->kind), &seen);
    check_expected(w, t, &e, letter->query, false);
    if (e.status == 0) {
        struct flight *flight = take_off(w, browser, letter);
        return word == WORDS_N ? no_hop : land(w, flight, word);
    }
    if (e.to == PLACE_ISSUER) {
        struct hop hop =
            begin_visit(w, t, browser, host, letter->state.page, seen.attempts, SP_LOGIN_SECOND_TRY);
        check_logins_are_few(w, browser, host);
        return hop;
    }
    take_cookies(w, t, browser, host, NULL, NULL);
    struct hop hop = hop_of(&e);
    hop.letter = *letter;
    return hop;
}

/* ---- logout ----------------------------------------------------------------------------------------- */

/* Stores the token of the form for later, and for others. */
static inline void take_token(struct world *w, const struct sp_transaction *t, int host,
                              const struct sealed *session)
{
    const char *at = strstr(body_of(t), "/_sallyport/logout?token=");
    ck_assert_int_eq(at != NULL, sealing_key(&w->m) != NULL);
    if (at == NULL) {
        return;
    }
    struct handed_token *token = &w->tokens[roll(w, TOKENS_N)];
    at = strchr(at, '=') + 1;
    snprintf(token->text, sizeof token->text, "%.*s", (int)strcspn(at, "\""), at);
    token->is = seal_now(w, SEALED_TOKEN, scope_of(&w->m, host));
    token->is.session = session->session;
}

static inline struct hop finish_logout(struct world *w, const struct sp_transaction *t, int browser, int host,
                                       const struct seen *seen, struct expected e)
{
    e = named(e, seen);
    check_expected(w, t, &e, NULL, false);
    take_cookies(w, t, browser, host, NULL, NULL);
    if (e.status == 403) {
        take_token(w, t, host, &seen->session);
    }
    if (e.status == 303 && seen->kind == SP_SELECTION_VALID) {
        end_session(&w->m, &seen->session);
    }
    return hop_of(&e);
}

static inline struct hop visit_logout(struct world *w, int browser, int host, const char *kind)
{
    bool is_own = strcmp(kind, NAVIGATION) == 0 || strcmp(kind, OWN_LINK) == 0;
    struct sp_transaction *t = send_request(w, any_door(w), browser, host, "GET", "/_sallyport/logout", kind);
    struct seen seen = see(&w->m, browser, host);
    return finish_logout(w, t, browser, host, &seen, expect_logout(&seen, host, is_own));
}

/* Presses the button of a confirmation page of any user. */
static inline struct hop post_logout(struct world *w, int browser, int host, const struct handed_token *token,
                                     const char *kind)
{
    const char *uri = text("/_sallyport/logout?token=%s", token->text);
    struct sp_transaction *t = send_request(w, any_door(w), browser, host, "POST", uri, kind);
    struct seen seen = see(&w->m, browser, host);
    bool is_right = holds(&w->m, &token->is, SEALED_TOKEN, scope_of(&w->m, host)) &&
                    token->is.session == seen.session.session;
    return finish_logout(w, t, browser, host, &seen, expect_logout(&seen, host, is_right));
}

static inline void visit_signed_out(struct world *w, int browser, int host)
{
    struct sp_transaction *t =
        send_request(w, any_door(w), browser, host, "GET", "/_sallyport/signed-out", OWN_LINK);
    struct seen seen = see(&w->m, browser, host);
    finish_logout(w, t, browser, host, &seen, expect_signed_out(&seen));
}

/* ---- following -------------------------------------------------------------------------------------- */

#define HOPS_MAX 3 /* requests to us before a page, the application or the issuer: callback, relay, page */

static inline struct hop go(struct world *w, int browser, const struct hop *hop, enum word word)
{
    switch (hop->to) {
    case PLACE_PAGE:
        return visit_page(w, browser, hop->host, hop->page, STRANGER);
    case PLACE_LOGIN:
        return visit_login(w, browser, hop->host, hop->host, hop->page);
    case PLACE_CALLBACK:
        return visit_callback(w, browser, hop->host, &hop->letter, word);
    case PLACE_SIGNED_OUT:
        visit_signed_out(w, browser, hop->host);
        return no_hop;
    case PLACE_ISSUER:
    case PLACE_NONE:
        break;
    }
    return *hop;
}

/* Follows redirects as a browser does; ends at the issuer or elsewhere. */
static inline struct hop follow(struct world *w, int browser, struct hop hop, enum word word)
{
    for (size_t n = 0; hop.to != PLACE_NONE && hop.to != PLACE_ISSUER; n++) {
        ck_assert_msg(n < HOPS_MAX, "still on its way after %zu requests", n);
        hop = go(w, browser, &hop, word);
    }
    return hop;
}

#endif

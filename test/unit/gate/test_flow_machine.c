/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sign-in, callback, session and sign-out as one machine: several browsers and users at several hosts, driven
 * randomly. Cookies are lost, stolen, mixed up and planted. Callbacks arrive late, twice, in another browser,
 * or with another user's code. Clocks step, keys rotate, the issuer makes mistakes and lies. After every
 * request the answer is compared with a model (flow_model.h) that knows what each value means, and decides
 * without any cryptography.
 *
 *   SALLYPORT_FLOW_SEED    another run than the usual one; a failure prints its seed and the last events
 *   SALLYPORT_FLOW_STEPS   steps in each variant, with CK_FORK=no, since Check ends a test after a minute
 */

#include "flow_steps.h"

#include "base/time.h"

#ifdef SP_SANITIZED
#define STEPS_N 6000 /* in each variant; a step takes several times as long with a sanitizer */
#else
#define STEPS_N 26000
#endif
#define SEED 1

static const char *const kinds[] = {NAVIGATION, NAVIGATION, OWN_LINK, STRANGER, FETCH,
                                    FRAME,      PREFETCH,   IMAGE,    OLD};

static const char *any_kind(struct world *w)
{
    return kinds[roll(w, sizeof kinds / sizeof kinds[0] - 1)]; /* OLD is for logout only */
}

static int any_browser(struct world *w)
{
    return (int)roll(w, BROWSERS_N);
}

static int any_host(struct world *w)
{
    return (int)roll(w, HOSTS_N);
}

static int any_page(struct world *w)
{
    return (int)roll(w, PAGES_N);
}

/* ---- visits ----------------------------------------------------------------------------------------- */

static enum word any_word(struct world *w)
{
    return one_in(w, 3) ? (enum word)roll(w, WORDS_N) : WORD_RIGHT;
}

static void click(struct world *w)
{
    visit_page(w, any_browser(w), any_host(w), any_page(w), any_kind(w));
}

static void ask_to_sign_in(struct world *w)
{
    int host = any_host(w);
    int to = one_in(w, 2) ? host : (int)roll(w, HOSTS_N + 1) - 1;
    int browser = any_browser(w);
    follow(w, browser, visit_login(w, browser, host, to, any_page(w)), any_word(w));
}

static void ask_who_i_am(struct world *w)
{
    visit_me(w, any_browser(w), any_host(w), any_kind(w));
}

/* ---- callbacks -------------------------------------------------------------------------------------- */

/* What the issuer, or an attacker with another user's code, sends back for that visit. */
static struct letter any_letter(struct world *w, struct visit *visit)
{
    switch (roll(w, 9)) {
    case 8:
        return spoil_letter(visit, roll(w, 4));
    case 0:
        return refuse_sign_in(visit);
    case 1: /* the same code again */
        return visit->code != 0 ? letter_with_code(visit, visit->code) : sign_in(w, visit, 0);
    case 2: /* the code of another login */
        return letter_with_code(visit, w->visits[roll(w, VISITS_N)].code);
    case 3: /* a code of no login */
        return letter_with_code(visit, w->numbers + 1000000);
    default:
        return sign_in(w, visit, (int)roll(w, USERS_N));
    }
}

static void come_back(struct world *w)
{
    struct visit *visit = &w->visits[roll(w, VISITS_N)];
    if (visit->state.kind == SEALED_NOTHING) {
        return;
    }
    int browser = one_in(w, 5) ? any_browser(w) : visit->browser;
    int host = one_in(w, 12) ? any_host(w) : visit->state.scope;
    enum word word = one_in(w, 4) ? WORDS_N : any_word(w);
    struct letter letter = any_letter(w, visit);
    follow(w, browser, visit_callback(w, browser, host, &letter, word), word);
}

/* Bytes that are not a state, or a truncated one. */
static void come_back_altered(struct world *w)
{
    const struct visit *visit = &w->visits[roll(w, VISITS_N)];
    if (visit->state.kind == SEALED_NOTHING) {
        return;
    }
    struct letter letter = letter_with_code(visit, visit->code);
    letter.state.kind = SEALED_NOTHING;
    size_t at = strlen(letter.query) - 1 - roll(w, 30);
    letter.query[at] = letter.query[at] == 'A' ? 'B' : 'A';
    visit_callback(w, visit->browser, visit->state.scope, &letter, WORD_RIGHT);
}

static void hear_from_issuer(struct world *w)
{
    struct flight *flight = &w->flights[roll(w, FLIGHTS_N)];
    if (flight->waiting.login != NULL) {
        int browser = flight->browser;
        follow(w, browser, land(w, flight, any_word(w)), WORD_RIGHT);
    }
}

/* ---- journeys --------------------------------------------------------------------------------------- */

/* How many visits to an issuer that responds at once are allowed before a person sees something: one, and one
 * more if the login came back without its cookie. */
static unsigned visits_allowed(const struct browser *browser)
{
    if ((browser->refuses & REFUSES_LOGIN) != 0) {
        return 2;
    }
    bool forgets = (browser->refuses & REFUSES_SESSION) != 0 && (browser->refuses & REFUSES_MARKER) != 0;
    return forgets ? ATTEMPTS_N : 1;
}

/* All redirects from the issuer on, if the user is already signed in. */
static void travel_from(struct world *w, int browser, struct hop hop, unsigned visits_max)
{
    int user = (int)roll(w, USERS_N);
    unsigned visits_n = 0;
    while (hop.to == PLACE_ISSUER) {
        visits_n++;
        ck_assert_msg(visits_n <= visits_max, "%u visits of the issuer", visits_n);
        struct visit *visit = &w->visits[hop.visit];
        struct hop back = hop_to(PLACE_CALLBACK, visit->state.scope, 0);
        back.letter = sign_in(w, visit, user);
        hop = follow(w, browser, back, WORD_RIGHT);
    }
}

static void travel(struct world *w)
{
    int browser = any_browser(w);
    struct hop hop = visit_page(w, browser, any_host(w), any_page(w), NAVIGATION);
    travel_from(w, browser, hop, visits_allowed(&w->m.browsers[browser]));
}

/* More tabs than the number of logins kept, all of them at the issuer; then the user signs in in each. */
static void restore_window(struct world *w)
{
    int browser = any_browser(w);
    int host = any_host(w);
    struct hop hops[SP_LOGIN_COOKIES_MAX_N + 2];
    const size_t tabs_n = sizeof hops / sizeof hops[0];
    for (size_t i = 0; i < tabs_n; i++) {
        hops[i] = visit_page(w, browser, host, any_page(w), NAVIGATION);
    }
    for (size_t i = 0; i < tabs_n; i++) {
        if (hops[i].to == PLACE_ISSUER && w->visits[hops[i].visit].browser == browser) {
            unsigned allowed = visits_allowed(&w->m.browsers[browser]);
            travel_from(w, browser, hops[i], allowed > 2 ? allowed : 2);
        }
    }
}

/* ---- logout ----------------------------------------------------------------------------------------- */

static void sign_out(struct world *w)
{
    int browser = any_browser(w);
    const char *kind = kinds[roll(w, sizeof kinds / sizeof kinds[0])];
    follow(w, browser, visit_logout(w, browser, any_host(w), kind), WORD_RIGHT);
}

static void press_button(struct world *w)
{
    struct handed_token token = w->tokens[roll(w, TOKENS_N)];
    if (token.is.kind == SEALED_NOTHING) {
        return;
    }
    if (one_in(w, 6)) {
        token.text[roll(w, (unsigned)strlen(token.text))] ^= 1;
        token.is.kind = SEALED_NOTHING;
    }
    int browser = any_browser(w);
    follow(w, browser, post_logout(w, browser, any_host(w), &token, any_kind(w)), WORD_RIGHT);
}

/* ---- cookies ---------------------------------------------------------------------------------------- */

/* A cookie of a browser that has any, otherwise NULL. */
static struct cookie *any_cookie(struct world *w, int browser)
{
    struct browser *b = &w->m.browsers[browser];
    return b->n > 0 ? &b->jar[roll(w, (unsigned)b->n)] : NULL;
}

static void lose_cookies(struct world *w)
{
    int browser = any_browser(w);
    struct browser *b = &w->m.browsers[browser];
    if (one_in(w, 4)) {
        tell("browser %d loses all cookies", browser);
        b->n = 0;
    } else if (b->n > 0) {
        size_t index = roll(w, (unsigned)b->n);
        tell("browser %d loses %s", browser, b->jar[index].name);
        drop_cookie(b, index);
    }
}

/* A thief, or a person with two browsers: one cookie, or all. */
static void copy_cookies(struct world *w)
{
    int from = any_browser(w);
    int to = any_browser(w);
    const struct browser *source = &w->m.browsers[from];
    bool all = one_in(w, 3);
    tell("browser %d gets %s of %d", to, all ? "all cookies" : "a cookie", from);
    if (from == to || source->n == 0) {
        return;
    }
    for (size_t i = 0; all && i < source->n; i++) {
        put_cookie(&w->m.browsers[to], &source->jar[i]);
    }
    if (!all) {
        put_cookie(&w->m.browsers[to], any_cookie(w, from));
    }
}

/* A cookie of another host of the same person, sent to this one. */
static void carry_cookie_to_host(struct world *w)
{
    int browser = any_browser(w);
    const struct cookie *cookie = any_cookie(w, browser);
    if (cookie != NULL) {
        struct cookie copy = *cookie;
        copy.scope = scope_of(&w->m, any_host(w));
        tell("browser %d has %s at scope %d too", browser, copy.name, copy.scope);
        put_cookie(&w->m.browsers[browser], &copy);
    }
}

/* A cookie of any browser, or only with such a name, next to the browser's own, as planted by a sibling host
 * or a longer path. */
static void plant_cookie(struct world *w)
{
    const struct cookie *cookie = any_cookie(w, any_browser(w));
    if (cookie != NULL) {
        struct cookie copy = *cookie;
        int browser = any_browser(w);
        copy.elsewhere = true;
        if (copy.login != 0 && one_in(w, 2)) {
            copy.value[0] = '!';
            copy.is = (struct sealed){.kind = SEALED_NOTHING, .number = ++w->numbers};
        }
        tell("browser %d has a planted %s", browser, copy.name);
        put_cookie(&w->m.browsers[browser], &copy);
    }
}

/* Exchanges two values, whatever they are. */
static void swap_values(struct world *w)
{
    struct cookie *one = any_cookie(w, any_browser(w));
    struct cookie *other = any_cookie(w, any_browser(w));
    if (one == NULL || other == NULL || one == other) {
        return;
    }
    struct cookie kept = *one;
    memcpy(one->value, other->value, sizeof one->value);
    one->is = other->is;
    memcpy(other->value, kept.value, sizeof other->value);
    other->is = kept.is;
    tell("%s and %s change places", one->name, other->name);
}

static void alter_value(struct world *w)
{
    int browser = any_browser(w);
    struct cookie *cookie = any_cookie(w, browser);
    size_t len = cookie != NULL ? strlen(cookie->value) : 0;
    if (len > 0) {
        char *c = &cookie->value[roll(w, (unsigned)len)];
        *c = *c == 'x' ? 'y' : 'x';
        cookie->is = (struct sealed){.kind = SEALED_NOTHING, .number = ++w->numbers};
        tell("%s of browser %d is altered", cookie->name, browser);
    }
}

static void change_habits(struct world *w)
{
    int browser = any_browser(w);
    w->m.browsers[browser].refuses = one_in(w, 3) ? roll(w, 8) : 0;
    tell("browser %d refuses %u", browser, w->m.browsers[browser].refuses);
}

/* ---- clocks ----------------------------------------------------------------------------------------- */

static void step_clock(struct world *w)
{
    static const int steps_s[] = {1, 2, 59, 60, 61, 599, 600, 601, 3599, 3600, 86399, 86400, 100000};
    int step_s = steps_s[roll(w, sizeof steps_s / sizeof steps_s[0])];
    w->m.now_s += one_in(w, 2) ? step_s : -step_s;
}

static void set_clock_right(struct world *w)
{
    w->m.now_s = w->m.world_s;
}

/* Moves the time of the whole world. */
static void let_time_pass(struct world *w)
{
    static const unsigned waits_s[] = {1, 20, 60, 600, 3600, 86400};
    unsigned wait_s = roll(w, waits_s[roll(w, sizeof waits_s / sizeof waits_s[0])]) + 1;
    w->m.world_s += wait_s;
    w->m.now_s += wait_s;
}

/* To the second at which some value expires, or next to it. */
static void step_clock_to_an_end(struct world *w)
{
    const struct cookie *cookie = any_cookie(w, any_browser(w));
    const struct sealed *is = &w->visits[roll(w, VISITS_N)].state;
    if (one_in(w, 4)) {
        is = &w->tokens[roll(w, TOKENS_N)].is;
    } else if (cookie != NULL && !one_in(w, 4)) {
        is = &cookie->is;
    }
    if (is->kind != SEALED_NOTHING) {
        w->m.now_s = is->issued_s + lifetime_of(is->kind) - 1 + roll(w, 3);
    }
}

/* ---- keys and documents ----------------------------------------------------------------------------- */

static void append_key_line(const struct model_key *key, struct sp_buf *out)
{
    uint64_t state = key->number;
    uint8_t secret[SP_KEY_SECRET_LEN];
    char secret_text[SP_BASE64URL_LEN(SP_KEY_SECRET_LEN)];
    char from_text[SP_TIME_TEXT_LEN + 1] = "";
    fixture_random(&state, secret, sizeof secret);
    sp_base64url_encode(secret, sizeof secret, secret_text);
    if (key->from_s != SP_KEY_FROM_ALWAYS_S) {
        sp_time_format(key->from_s, from_text);
    }
    sp_buf_printf(out, "k%u %.*s %s\n", key->number, (int)sizeof secret_text, secret_text, from_text);
}

/* Reads a key file with the model's keys, like a reload. */
static void load_keys(struct world *w)
{
    SP_BUF_SCOPED struct sp_buf file;
    struct sp_keyring *keys = NULL;
    struct sp_diag diag = {0};
    sp_buf_init(&file, SP_KEYRING_TEXT_MAX);
    for (size_t i = 0; i < w->m.keys_n; i++) {
        append_key_line(&w->m.keys[i], &file);
    }
    enum sp_error error = sp_keyring_parse(sp_buf_str(&file), w->m.now_s, &diag, &keys);
    ck_assert_msg(error == SP_OK, "%s", diag.text);
    sp_keyring_free(w->f->snapshot->keys);
    w->f->snapshot->keys = keys;
}

static void add_key(struct world *w, int64_t from_s)
{
    w->m.keys[w->m.keys_n++] = (struct model_key){++w->numbers, from_s};
}

/* Adds a key, valid now or in ten minutes, and removes the oldest; or loses all and makes one. */
static void rotate_keys(struct world *w)
{
    struct model *m = &w->m;
    if (one_in(w, 4)) {
        m->keys_n = 0;
        add_key(w, SP_KEY_FROM_ALWAYS_S);
    } else if (m->keys_n < KEYS_MAX && one_in(w, 2)) {
        add_key(w, m->now_s + (one_in(w, 2) ? 600 : 0));
    } else if (m->keys_n > 1) {
        m->keys_n--;
        memmove(&m->keys[0], &m->keys[1], m->keys_n * sizeof m->keys[0]);
    }
    if (sealing_key(m) == NULL) { /* the program would not start with that file */
        m->keys[m->keys_n - 1].from_s = SP_KEY_FROM_ALWAYS_S;
    }
    tell("%zu keys, the newest %u", m->keys_n, m->keys[m->keys_n - 1].number);
    load_keys(w);
}

static void lose_or_find_documents(struct world *w)
{
    w->m.has_documents = !one_in(w, 4);
    tell("the issuer's documents are %s", w->m.has_documents ? "there" : "not there");
}

/* ---- the machine ------------------------------------------------------------------------------------ */

static const struct event {
    unsigned weight;
    void (*happen)(struct world *w);
} events[] = {
    {20, click},
    {6, ask_to_sign_in},
    {4, ask_who_i_am},
    {26, come_back},
    {2, come_back_altered},
    {6, hear_from_issuer},
    {12, travel},
    {1, restore_window},
    {5, sign_out},
    {5, press_button},
    {3, lose_cookies},
    {3, copy_cookies},
    {2, carry_cookie_to_host},
    {3, plant_cookie},
    {2, swap_values},
    {2, alter_value},
    {2, change_habits},
    {2, step_clock},
    {9, set_clock_right},
    {6, let_time_pass},
    {3, step_clock_to_an_end},
    {1, rotate_keys},
    {2, lose_or_find_documents},
};

#define EVENTS_N (sizeof events / sizeof events[0])

static void take_step(struct world *w)
{
    unsigned all = 0;
    for (size_t i = 0; i < EVENTS_N; i++) {
        all += events[i].weight;
    }
    unsigned at = roll(w, all);
    size_t i = 0;
    while (at >= events[i].weight) {
        at -= events[i++].weight;
    }
    events[i].happen(w);
}

static unsigned long long setting(const char *name, unsigned long long otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? strtoull(value, NULL, 10) : otherwise;
}

static struct world *build_world(const struct variant *variant, uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    ck_assert_ptr_nonnull(w);
    w->f = fixture_new(text("session_lifetime: 1h\n%s", variant->settings));
    w->signer = signer_new("ES256");
    w->stranger = signer_new("ES256");
    w->keyset = issuer_keyset(&w->signer, "k");
    w->no_keys = issuer_keyset(&w->signer, "of-last-year");
    w->chance = seed;
    w->m.variant = variant;
    w->m.world_s = w->m.now_s = NOW_S;
    w->m.has_documents = true;
    add_key(w, SP_KEY_FROM_ALWAYS_S);
    load_keys(w);
    return w;
}

static void end_world(struct world *w)
{
    for (size_t i = 0; i < FLIGHTS_N; i++) {
        free_waiting(&w->flights[i].waiting);
    }
    sp_keyset_free(w->keyset);
    sp_keyset_free(w->no_keys);
    signer_done(&w->signer);
    signer_done(&w->stranger);
    fixture_free(&w->f);
    free(w);
}

static void run(size_t index, const char *title, const struct variant *variant)
{
    unsigned long long seed = setting("SALLYPORT_FLOW_SEED", SEED);
    unsigned long long steps_n = setting("SALLYPORT_FLOW_STEPS", STEPS_N);
    begin_trace(index, title, seed);
    struct world *w = build_world(variant, seed);
    for (trace->step = 1; trace->step <= steps_n; trace->step++) {
        take_step(w);
    }
    trace->over = true;
    end_world(w);
}

#define ALL_HOSTS "hosts: [https://a.example.com, https://b.example.com, https://auth.example.com]\n"

SP_TEST(every_host_by_itself_lets_in_whom_it_should)
{
    run(0, "by itself", &(struct variant){.settings = ""});
}
SP_TEST_END

SP_TEST(hosts_that_know_each_other_let_in_whom_they_should)
{
    run(1, "listed", &(struct variant){.settings = ALL_HOSTS, .listed = true});
}
SP_TEST_END

SP_TEST(hosts_with_one_callback_let_in_whom_they_should)
{
    run(2, "one callback",
        &(struct variant){.settings = ALL_HOSTS "callback_host: https://auth.example.com\n",
                          .listed = true,
                          .callback_host = true});
}
SP_TEST_END

SP_TEST(hosts_with_one_cookie_let_in_whom_they_should)
{
    run(3, "one cookie",
        &(struct variant){.settings = ALL_HOSTS "callback_host: https://auth.example.com\n"
                                                "cookie_domain: example.com\n",
                          .listed = true,
                          .callback_host = true,
                          .domain = true});
}
SP_TEST_END

SP_SUITE("gate/flow_machine", every_host_by_itself_lets_in_whom_it_should,
         hosts_that_know_each_other_let_in_whom_they_should, hosts_with_one_callback_let_in_whom_they_should,
         hosts_with_one_cookie_let_in_whom_they_should)

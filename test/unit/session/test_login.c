/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "session/login.h"

#define REDIRECT_URI "https://app.example.com/_sallyport/callback"
#define ORIGIN       "https://app.example.com"

struct scene {
    struct sp_keyring *ring;
    struct sp_cookies cookies;
    struct sp_sealer sealer;
    struct prng prng;
    struct sp_random random;
    struct sp_login_started login;
};

static enum sp_error begin(struct scene *scene, struct sp_str origin, struct sp_str path, unsigned attempts)
{
    const struct sp_login_target target = {.origin = origin, .path = path, .attempts = attempts};
    return sp_login_begin(at(&scene->sealer, NOW_S, &scene->random), SP_STR(REDIRECT_URI), &target,
                          &scene->login);
}

static void set_up(struct scene *scene)
{
    *scene = (struct scene){.ring = new_ring("a " KEY_A "\n"), .cookies = host_cookies(), .prng = {67}};
    scene->sealer = sealer_of(scene->ring, &scene->cookies);
    scene->random = prng_random(&scene->prng);
    ck_assert_int_eq(begin(scene, SP_STR(ORIGIN), SP_STR("/a?b=c"), 3), SP_OK);
}

static void tear_down(struct scene *scene)
{
    sp_keyring_free(scene->ring);
}

static enum sp_error open_state(const struct scene *scene, struct sp_str redirect_uri, struct sp_str text,
                                int64_t now_s)
{
    struct sp_seal_storage storage;
    struct sp_login_state state = {.issued_s = -7};
    enum sp_error error =
        sp_login_state_open(at(&scene->sealer, now_s, NULL), redirect_uri, text, &storage, &state);
    ck_assert((error == SP_OK) == (state.issued_s != -7));
    return error;
}

static enum sp_error open_cookie(const struct scene *scene, struct sp_str value, int64_t now_s,
                                 struct sp_login_cookie *out)
{
    *out = (struct sp_login_cookie){0};
    return sp_login_cookie_open(at(&scene->sealer, now_s, NULL), &scene->login.login_id, value, out);
}

static void assert_path(struct scene *scene, struct sp_str path, struct sp_str expected)
{
    ck_assert_int_eq(begin(scene, SP_STR(ORIGIN), path, 0), SP_OK);
    struct sp_seal_storage storage;
    struct sp_login_state state;
    ck_assert_int_eq(sp_login_state_open(at(&scene->sealer, NOW_S, NULL), SP_STR(REDIRECT_URI),
                                         sp_login_started_state(&scene->login), &storage, &state),
                     SP_OK);
    ck_assert_msg(sp_str_equal(state.path, expected), "%.*s", SP_STR_ARGS(state.path));
}

/* ---- state ------------------------------------------------------------------------------------------ */

SP_TEST(the_state_says_where_the_user_wanted_to_be)
{
    struct scene scene;
    set_up(&scene);
    struct sp_seal_storage storage;
    struct sp_login_state state;
    ck_assert_int_eq(sp_login_state_open(at(&scene.sealer, NOW_S, NULL), SP_STR(REDIRECT_URI),
                                         sp_login_started_state(&scene.login), &storage, &state),
                     SP_OK);
    ck_assert_str_view(state.origin, ORIGIN);
    ck_assert_str_view(state.path, "/a?b=c");
    ck_assert_int_eq(state.issued_s, NOW_S);
    ck_assert_mem_eq(state.login_id.text, scene.login.login_id.text, SP_LOGIN_ID_TEXT_LEN);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_state_opens_for_a_day)
{
    struct scene scene;
    set_up(&scene);
    struct sp_str state = sp_login_started_state(&scene.login);
    ck_assert_int_eq(open_state(&scene, SP_STR(REDIRECT_URI), state, NOW_S - 3600), SP_OK);
    ck_assert_int_eq(open_state(&scene, SP_STR(REDIRECT_URI), state, NOW_S + 86399), SP_OK);
    ck_assert_int_eq(open_state(&scene, SP_STR(REDIRECT_URI), state, NOW_S + 86400), SP_ERR_EXPIRED);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_state_of_another_redirect_uri_client_or_issuer_is_not_authentic)
{
    struct scene scene;
    set_up(&scene);
    struct sp_str state = sp_login_started_state(&scene.login);
    ck_assert_int_eq(open_state(&scene, SP_STR("https://b.example.com/_sallyport/callback"), state, NOW_S),
                     SP_ERR_SIGNATURE);
    struct scene other = scene;
    other.sealer.client_id = SP_STR("other");
    ck_assert_int_eq(open_state(&other, SP_STR(REDIRECT_URI), state, NOW_S), SP_ERR_SIGNATURE);
    other = scene;
    other.sealer.issuer = SP_STR("https://other.example.com");
    ck_assert_int_eq(open_state(&other, SP_STR(REDIRECT_URI), state, NOW_S), SP_ERR_SIGNATURE);
    other = scene;
    ck_assert_int_eq(sp_cookies_init(&other.cookies, SP_COOKIES_HTTPS, SP_STR("second"), SP_STR_NONE), SP_OK);
    other.sealer.cookies = &other.cookies;
    ck_assert_int_eq(open_state(&other, SP_STR(REDIRECT_URI), state, NOW_S), SP_ERR_SIGNATURE);
    tear_down(&scene);
}
SP_TEST_END

/* With one callback host, the state of every host is opened there, and again at the host itself. */
SP_TEST(a_state_opens_at_every_host_of_its_redirect_uri)
{
    struct scene scene;
    set_up(&scene);
    scene.sealer.scope = SP_STR("auth.example.com");
    ck_assert_int_eq(open_state(&scene, SP_STR(REDIRECT_URI), sp_login_started_state(&scene.login), NOW_S),
                     SP_OK);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_state_cut_or_changed_anywhere_is_not_authentic)
{
    struct scene scene;
    set_up(&scene);
    struct sp_str state = sp_login_started_state(&scene.login);
    for (size_t len = 0; len < state.len; len++) {
        struct sp_str cut = {state.ptr, len};
        ck_assert_int_ne(open_state(&scene, SP_STR(REDIRECT_URI), cut, NOW_S), SP_OK);
    }
    for (size_t bit = 0; bit < 8 * state.len; bit++) {
        scene.login.state[bit / 8] = (char)(scene.login.state[bit / 8] ^ 1 << bit % 8);
        ck_assert_int_ne(open_state(&scene, SP_STR(REDIRECT_URI), state, NOW_S), SP_OK);
        scene.login.state[bit / 8] = (char)(scene.login.state[bit / 8] ^ 1 << bit % 8);
    }
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(another_payload_under_the_purpose_of_state_is_not_authentic)
{
    struct scene scene;
    set_up(&scene);
    struct sp_seal_context context = sp_sealer_context(
        &scene.sealer, SP_SEAL_LOGIN_STATE, sp_cookies_session_name(&scene.cookies), SP_STR(REDIRECT_URI));
#define STATE_HEAD "0123456789ab\x00\x6b\x05\x6e\x30"
    const struct sp_str payloads[] = {SP_STR("\x01" STATE_HEAD "\x00\x08https://\x00\x01/"),
                                      SP_STR("\x02" STATE_HEAD "\x00\x09https://a\x00\x01/"),
                                      SP_STR("\x01" STATE_HEAD "\x00\x09https://a\x00\x01/x"),
                                      SP_STR("\x01" STATE_HEAD "\x00\x09https://a\x00\x00"),
                                      SP_STR("\x01" STATE_HEAD "\x00\x09https://a\x00\x01x"),
                                      SP_STR("\x01"),
                                      SP_STR_NONE};
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        SP_BUF_SCOPED struct sp_buf text;
        sp_buf_init(&text, SP_SEAL_TEXT_MAX);
        ck_assert_int_eq(sp_seal_bytes(scene.ring, &context, NOW_S, &scene.random, payloads[i], &text),
                         SP_OK);
        ck_assert_msg(open_state(&scene, SP_STR(REDIRECT_URI), sp_buf_str(&text), NOW_S) == SP_ERR_SIGNATURE,
                      "payload %zu", i);
    }
    tear_down(&scene);
}
SP_TEST_END

/* ---- the target ------------------------------------------------------------------------------------- */

SP_TEST(a_long_query_is_left_out_and_a_longer_path_is_the_root)
{
    struct scene scene;
    set_up(&scene);
    char text[2 * SP_LOGIN_TARGET_MAX];
    memset(text, 'a', sizeof text);
    text[0] = '/';
    struct sp_str longest = {text, SP_LOGIN_TARGET_MAX};
    struct sp_str longer = {text, SP_LOGIN_TARGET_MAX + 1};
    assert_path(&scene, longest, longest);
    assert_path(&scene, longer, SP_STR("/"));
    text[SP_LOGIN_TARGET_MAX] = '?';
    assert_path(&scene, longer, longest);
    text[10] = '?';
    assert_path(&scene, longest, longest);
    assert_path(&scene, longer, (struct sp_str){text, 10});
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_path_that_no_location_can_carry_is_the_root)
{
    struct scene scene;
    set_up(&scene);
    const char *const wrong[] = {
        "",      "a",         "?a",   "*",    "https://evil.example/", "/\\evil.example", "/a b", "/a\r\nb",
        "/a\tb", "/\xc3\xa4", "/a#b", "/\x7f"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_path(&scene, sp_str_from_c(wrong[i]), SP_STR("/"));
    }
    assert_path(&scene, SP_STR("/a\0b"), SP_STR("/"));
    assert_path(&scene, SP_STR_NONE, SP_STR("/"));
    assert_path(&scene, SP_STR("//evil.example/%2e%2e/x?y=/z?"), SP_STR("//evil.example/%2e%2e/x?y=/z?"));
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(only_an_origin_is_an_origin)
{
    struct scene scene;
    set_up(&scene);
    const char *const wrong[] = {"",
                                 "https://",
                                 "//a",
                                 "ftp://a",
                                 "https:/a",
                                 "a.example.com",
                                 "https://a/",
                                 "https://a?b",
                                 "https://a#",
                                 "https://a@b",
                                 "https://a\\b",
                                 "https://a b",
                                 "HTTPS://a",
                                 "https://a\r\n",
                                 "https://\xc3\xa4"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(begin(&scene, sp_str_from_c(wrong[i]), SP_STR("/"), 0) == SP_ERR_FORMAT, "%s",
                      wrong[i]);
    }
    ck_assert_int_eq(begin(&scene, SP_STR("http://localhost:8080"), SP_STR("/"), 0), SP_OK);
    ck_assert_int_eq(begin(&scene, SP_STR("https://[::1]:8443"), SP_STR("/"), 0), SP_OK);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(origin_and_attempts_have_a_largest_value)
{
    struct scene scene;
    set_up(&scene);
    char origin[SP_LOGIN_ORIGIN_MAX + 1];
    char path[SP_LOGIN_TARGET_MAX];
    memset(origin, 'a', sizeof origin);
    memset(path, '/', sizeof path);
    memcpy(origin, "https://", 8);
    struct sp_str longest = {path, sizeof path};
    ck_assert_int_eq(
        begin(&scene, (struct sp_str){origin, SP_LOGIN_ORIGIN_MAX}, longest, SP_LOGIN_ATTEMPTS_MAX), SP_OK);
    ck_assert_uint_eq(scene.login.state_len, SP_LOGIN_STATE_TEXT_MAX);
    ck_assert_int_eq(open_state(&scene, SP_STR(REDIRECT_URI), sp_login_started_state(&scene.login), NOW_S),
                     SP_OK);
    ck_assert_int_eq(begin(&scene, (struct sp_str){origin, SP_LOGIN_ORIGIN_MAX + 1}, longest, 0),
                     SP_ERR_LIMIT);
    ck_assert_int_eq(begin(&scene, SP_STR(ORIGIN), longest, SP_LOGIN_ATTEMPTS_MAX + 1), SP_ERR_LIMIT);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(without_a_key_that_seals_no_login_begins)
{
    struct scene scene;
    set_up(&scene);
    SP_KEYRING_SCOPED struct sp_keyring *ring = new_ring("a " KEY_A " 2026-11-24T11:00:00Z\n");
    scene.sealer.keys = ring;
    const struct sp_login_target target = {.origin = SP_STR(ORIGIN), .path = SP_STR("/")};
    ck_assert_int_eq(sp_login_begin(at(&scene.sealer, NOW_S - 1, &scene.random), SP_STR(REDIRECT_URI),
                                    &target, &scene.login),
                     SP_ERR_KEY);
    tear_down(&scene);
}
SP_TEST_END

/* ---- the cookie ------------------------------------------------------------------------------------- */

SP_TEST(the_cookie_gives_back_what_was_begun)
{
    struct scene scene;
    set_up(&scene);
    struct sp_login_cookie cookie;
    ck_assert_int_eq(open_cookie(&scene, sp_login_started_cookie(&scene.login), NOW_S, &cookie), SP_OK);
    ck_assert_int_eq(cookie.kind, SP_LOGIN_COOKIE_PENDING);
    ck_assert_uint_eq(cookie.attempts, 3);
    ck_assert_int_eq(cookie.issued_s, NOW_S);
    ck_assert_mem_eq(cookie.verifier, scene.login.verifier, sizeof cookie.verifier);
    ck_assert_mem_eq(cookie.nonce, scene.login.nonce, sizeof cookie.nonce);
    ck_assert_mem_ne(cookie.nonce, cookie.verifier, sizeof cookie.nonce);
    sp_login_cookie_wipe(&cookie);
    ck_assert_int_eq(cookie.verifier[0], 0);
    sp_login_started_wipe(&scene.login);
    ck_assert_int_eq(scene.login.verifier[0], 0);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(the_cookie_fits_its_line)
{
    struct scene scene;
    set_up(&scene);
    char stem[SP_COOKIES_STEM_MAX];
    memset(stem, 'a', sizeof stem);
    ck_assert_int_eq(sp_cookies_init(&scene.cookies, SP_COOKIES_HTTPS, (struct sp_str){stem, sizeof stem},
                                     SP_STR("example.com")),
                     SP_OK);
    ck_assert_uint_eq(scene.login.cookie_len, SP_LOGIN_COOKIE_TEXT_MAX);
    SP_BUF_SCOPED struct sp_buf line;
    sp_buf_init(&line, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(sp_cookies_write_login(&scene.cookies, &scene.login.login_id,
                                            sp_login_started_cookie(&scene.login), SP_LOGIN_COOKIE_LIFETIME_S,
                                            &line),
                     SP_OK);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_cookie_opens_for_ten_minutes)
{
    struct scene scene;
    set_up(&scene);
    struct sp_login_cookie cookie;
    struct sp_str value = sp_login_started_cookie(&scene.login);
    ck_assert_int_eq(open_cookie(&scene, value, NOW_S - 30, &cookie), SP_OK);
    ck_assert_int_eq(open_cookie(&scene, value, NOW_S + 599, &cookie), SP_OK);
    ck_assert_int_eq(open_cookie(&scene, value, NOW_S + 600, &cookie), SP_ERR_EXPIRED);
    ck_assert_int_eq(cookie.kind, SP_LOGIN_COOKIE_NONE);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_cookie_of_another_login_or_host_is_not_authentic)
{
    struct scene scene;
    set_up(&scene);
    struct sp_login_cookie cookie;
    struct scene other = scene;
    other.login.login_id.text[23] = other.login.login_id.text[23] == '0' ? '1' : '0';
    ck_assert_int_eq(open_cookie(&other, sp_login_started_cookie(&scene.login), NOW_S, &cookie),
                     SP_ERR_SIGNATURE);
    other = scene;
    other.sealer.scope = SP_STR("b.example.com");
    ck_assert_int_eq(open_cookie(&other, sp_login_started_cookie(&scene.login), NOW_S, &cookie),
                     SP_ERR_SIGNATURE);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_cookie_cut_or_changed_anywhere_is_not_authentic)
{
    struct scene scene;
    set_up(&scene);
    struct sp_login_cookie cookie;
    struct sp_str value = sp_login_started_cookie(&scene.login);
    for (size_t len = 0; len < value.len; len++) {
        ck_assert_int_ne(open_cookie(&scene, (struct sp_str){value.ptr, len}, NOW_S, &cookie), SP_OK);
    }
    for (size_t bit = 0; bit < 8 * value.len; bit++) {
        scene.login.cookie[bit / 8] = (char)(scene.login.cookie[bit / 8] ^ 1 << bit % 8);
        ck_assert_int_ne(open_cookie(&scene, value, NOW_S, &cookie), SP_OK);
        scene.login.cookie[bit / 8] = (char)(scene.login.cookie[bit / 8] ^ 1 << bit % 8);
    }
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_state_is_no_cookie_and_a_cookie_no_state)
{
    struct scene scene;
    set_up(&scene);
    struct sp_login_cookie cookie;
    ck_assert_int_eq(open_cookie(&scene, sp_login_started_state(&scene.login), NOW_S, &cookie),
                     SP_ERR_SIGNATURE);
    ck_assert_int_eq(open_state(&scene, SP_STR(REDIRECT_URI), sp_login_started_cookie(&scene.login), NOW_S),
                     SP_ERR_SIGNATURE);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_marker_lasts_a_minute_and_holds_no_secret)
{
    struct scene scene;
    set_up(&scene);
    struct sp_login_cookie cookie;
    SP_BUF_SCOPED struct sp_buf marker;
    sp_buf_init(&marker, SP_SEAL_TEXT_MAX);
    ck_assert_int_eq(
        sp_login_marker_seal(at(&scene.sealer, NOW_S, &scene.random), &scene.login.login_id, &marker), SP_OK);
    ck_assert_int_eq(open_cookie(&scene, sp_buf_str(&marker), NOW_S + 59, &cookie), SP_OK);
    ck_assert_int_eq(cookie.kind, SP_LOGIN_COOKIE_MARKER);
    ck_assert_uint_eq(cookie.attempts, 0);
    ck_assert_int_eq(cookie.issued_s, NOW_S);
    ck_assert_int_eq(cookie.verifier[0], 0);
    ck_assert_int_eq(open_cookie(&scene, sp_buf_str(&marker), NOW_S + 60, &cookie), SP_ERR_EXPIRED);
    scene.login.login_id.text[0] = 'f';
    ck_assert_int_eq(open_cookie(&scene, sp_buf_str(&marker), NOW_S, &cookie), SP_ERR_SIGNATURE);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(another_payload_under_the_purposes_of_the_cookie_is_not_authentic)
{
#define ISSUED  "\x00\x6b\x05\x6e\x30"
#define SECRETS "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    static const struct {
        enum sp_seal_purpose purpose;
        struct sp_str payload;
        enum sp_error expected;
    } cases[] = {
        {SP_SEAL_LOGIN_COOKIE, SP_STR("\x01" ISSUED "\x00" SECRETS), SP_OK},
        {SP_SEAL_LOGIN_COOKIE, SP_STR("\x02" ISSUED "\x00" SECRETS), SP_ERR_SIGNATURE},
        {SP_SEAL_LOGIN_COOKIE, SP_STR("\x01" ISSUED "\x00" SECRETS "x"), SP_ERR_SIGNATURE},
        {SP_SEAL_LOGIN_COOKIE, SP_STR("\x01" ISSUED), SP_ERR_SIGNATURE},
        {SP_SEAL_LOGIN_COOKIE, SP_STR_NONE, SP_ERR_SIGNATURE},
        {SP_SEAL_LOGIN_MARKER, SP_STR("\x01" ISSUED), SP_OK},
        {SP_SEAL_LOGIN_MARKER, SP_STR("\x02" ISSUED), SP_ERR_SIGNATURE},
        {SP_SEAL_LOGIN_MARKER, SP_STR("\x01" ISSUED "x"), SP_ERR_SIGNATURE},
        {SP_SEAL_LOGIN_MARKER, SP_STR_NONE, SP_ERR_SIGNATURE},
    };
    struct scene scene;
    set_up(&scene);
    struct sp_login_cookie_name name = sp_cookies_login_name(&scene.cookies, &scene.login.login_id);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sp_seal_context context = sp_sealer_context(
            &scene.sealer, cases[i].purpose, sp_login_cookie_name_str(&name), scene.sealer.scope);
        struct sp_login_cookie cookie;
        SP_BUF_SCOPED struct sp_buf text;
        sp_buf_init(&text, SP_SEAL_TEXT_MAX);
        ck_assert_int_eq(sp_seal_bytes(scene.ring, &context, NOW_S, &scene.random, cases[i].payload, &text),
                         SP_OK);
        ck_assert_msg(open_cookie(&scene, sp_buf_str(&text), 0x6b056e30, &cookie) == cases[i].expected,
                      "payload %zu", i);
    }
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(two_logins_share_nothing)
{
    struct scene scene;
    set_up(&scene);
    struct sp_login_started first = scene.login;
    ck_assert_int_eq(begin(&scene, SP_STR(ORIGIN), SP_STR("/a?b=c"), 3), SP_OK);
    ck_assert_mem_ne(first.login_id.text, scene.login.login_id.text, sizeof first.login_id.text);
    ck_assert_mem_ne(first.verifier, scene.login.verifier, sizeof first.verifier);
    ck_assert_mem_ne(first.nonce, scene.login.nonce, sizeof first.nonce);
    ck_assert(!sp_str_equal(sp_login_started_state(&first), sp_login_started_state(&scene.login)));
    tear_down(&scene);
}
SP_TEST_END

/* ---- too many logins -------------------------------------------------------------------------------- */

static struct sp_login_present present_of(char last, enum sp_login_cookie_kind kind)
{
    struct sp_login_present present = {.kind = kind};
    memset(present.login_id.text, '0', sizeof present.login_id.text);
    present.login_id.text[SP_LOGIN_ID_TEXT_LEN - 1] = last;
    return present;
}

SP_TEST(with_the_new_one_twelve_cookies_remain_and_the_oldest_go)
{
    const char *order = "7c1e0b924d5a8";
    struct sp_login_present present[13];
    struct sp_login_id evicted[13];
    for (size_t i = 0; i < 13; i++) {
        present[i] = present_of(order[i], i % 3 == 0 ? SP_LOGIN_COOKIE_MARKER : SP_LOGIN_COOKIE_PENDING);
    }
    ck_assert_uint_eq(sp_login_evict(present, 0, evicted), 0);
    ck_assert_uint_eq(sp_login_evict(present, 11, evicted), 0);
    ck_assert_uint_eq(sp_login_evict(present, 12, evicted), 1);
    ck_assert_int_eq(evicted[0].text[SP_LOGIN_ID_TEXT_LEN - 1], '0');
    ck_assert_uint_eq(sp_login_evict(present, 13, evicted), 2);
    ck_assert_int_eq(evicted[0].text[SP_LOGIN_ID_TEXT_LEN - 1], '1');
    ck_assert_int_eq(evicted[1].text[SP_LOGIN_ID_TEXT_LEN - 1], '0');
}
SP_TEST_END

SP_TEST(ac_92_what_does_not_open_goes_however_new_and_displaces_nothing)
{
    struct sp_login_present present[SP_LOGIN_COOKIES_SEEN_MAX_N];
    struct sp_login_id evicted[SP_LOGIN_COOKIES_SEEN_MAX_N];
    for (size_t i = 0; i < 11; i++) {
        present[i] = present_of((char)('a' + i % 6), SP_LOGIN_COOKIE_PENDING);
        present[i].login_id.text[1] = (char)('0' + i / 6);
    }
    for (size_t i = 11; i < SP_LOGIN_COOKIES_SEEN_MAX_N; i++) {
        present[i] = present_of('f', SP_LOGIN_COOKIE_NONE);
        present[i].login_id.text[2] = (char)('a' + i % 6);
    }
    size_t evicted_n = sp_login_evict(present, SP_LOGIN_COOKIES_SEEN_MAX_N, evicted);
    ck_assert_uint_eq(evicted_n, SP_LOGIN_COOKIES_SEEN_MAX_N - 11);
    for (size_t i = 0; i < evicted_n; i++) {
        ck_assert_mem_eq(evicted[i].text, present[11 + i].login_id.text, SP_LOGIN_ID_TEXT_LEN);
    }
    /* a single one is evicted too */
    ck_assert_uint_eq(sp_login_evict(&present[11], 1, evicted), 1);
}
SP_TEST_END

/* The slow, obvious way: sort those that open, and keep the first eleven. */
static int on_compare_newer_first(const void *a, const void *b)
{
    return -memcmp(a, b, sizeof(struct sp_login_id));
}

SP_TEST(eviction_agrees_with_sorting)
{
    struct prng prng = {71};
    struct sp_random random = prng_random(&prng);
    for (size_t round = 0; round < 300; round++) {
        struct sp_login_present present[SP_LOGIN_COOKIES_SEEN_MAX_N];
        struct sp_login_id opening[SP_LOGIN_COOKIES_SEEN_MAX_N] = {0};
        struct sp_login_id evicted[SP_LOGIN_COOKIES_SEEN_MAX_N];
        size_t present_n = prng_below(&prng, SP_LOGIN_COOKIES_SEEN_MAX_N + 1);
        size_t opening_n = 0;
        for (size_t i = 0; i < present_n; i++) {
            present[i].login_id =
                sp_login_id_new(SP_LOGIN_FIRST_TRY, NOW_S + (int64_t)prng_below(&prng, 9), &random);
            present[i].kind = (enum sp_login_cookie_kind)prng_below(&prng, 3);
            if (present[i].kind != SP_LOGIN_COOKIE_NONE) {
                opening[opening_n++] = present[i].login_id;
            }
        }
        qsort(opening, opening_n, sizeof opening[0], on_compare_newer_first);
        size_t stay_n = opening_n < 11 ? opening_n : 11;
        ck_assert_uint_eq(sp_login_evict(present, present_n, evicted), present_n - stay_n);
        for (size_t i = 0; i < present_n - stay_n; i++) {
            for (size_t j = 0; j < stay_n; j++) {
                ck_assert_mem_ne(evicted[i].text, opening[j].text, SP_LOGIN_ID_TEXT_LEN);
            }
        }
    }
}
SP_TEST_END

SP_SUITE("session/login", the_state_says_where_the_user_wanted_to_be, a_state_opens_for_a_day,
         a_state_of_another_redirect_uri_client_or_issuer_is_not_authentic,
         a_state_opens_at_every_host_of_its_redirect_uri, a_state_cut_or_changed_anywhere_is_not_authentic,
         another_payload_under_the_purpose_of_state_is_not_authentic,
         a_long_query_is_left_out_and_a_longer_path_is_the_root,
         a_path_that_no_location_can_carry_is_the_root, only_an_origin_is_an_origin,
         origin_and_attempts_have_a_largest_value, without_a_key_that_seals_no_login_begins,
         the_cookie_gives_back_what_was_begun, the_cookie_fits_its_line, a_cookie_opens_for_ten_minutes,
         a_cookie_of_another_login_or_host_is_not_authentic,
         a_cookie_cut_or_changed_anywhere_is_not_authentic, a_state_is_no_cookie_and_a_cookie_no_state,
         a_marker_lasts_a_minute_and_holds_no_secret,
         another_payload_under_the_purposes_of_the_cookie_is_not_authentic, two_logins_share_nothing,
         with_the_new_one_twelve_cookies_remain_and_the_oldest_go,
         ac_92_what_does_not_open_goes_however_new_and_displaces_nothing, eviction_agrees_with_sorting)

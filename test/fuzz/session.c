/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sealed sessions: a value opens only where and as it was sealed. After a selector byte, the input is
 *
 *   e  edits of a sealed value: two bytes for the position, one that is added to it
 *   s  another scope to open it with
 *   v  values of the cookie, separated by `;`, where `$` and `%` stand for two authentic ones and `~` for an
 *      expired one
 */

#include "session/select.h"

#include "../unit/session/fixture.h"
#include "fuzz.h"

static struct sp_keyring *keys;
static struct sp_cookies cookies;
static char sealed[3][SP_SEAL_TEXT_MAX];
static struct sp_str values[3];

static void seal(size_t index, struct sp_session *session)
{
    static struct prng prng = {1};
    const struct sp_random random = prng_random(&prng);
    struct sp_sealer sealer = sealer_of(keys, &cookies);
    struct sp_seal_context context = sp_sealer_session_context(&sealer);
    SP_BUF_SCOPED struct sp_buf payload;
    struct sp_buf out;
    sp_buf_init(&payload, SP_SESSION_PAYLOAD_MAX);
    sp_buf_init_fixed(&out, sealed[index], sizeof sealed[index]);
    ck_assert_int_eq(sp_session_encode(session, &payload), SP_OK);
    ck_assert_int_eq(sp_sealer_seal(at(&sealer, NOW_S, &random), &context, &payload, &out), SP_OK);
    values[index] = sp_buf_str(&out);
}

static void set_up(void)
{
    struct sp_session session = {
        .login_at_s = NOW_S - 10,
        .issued_s = NOW_S - 10,
        .expires_s = NOW_S + 1000,
        .profile.issuer = SP_STR("https://dex.example.com/dex"),
        .profile.sub = SP_STR("ada"),
    };
    if (keys != NULL) {
        return;
    }
    keys = new_ring("a " KEY_A "\nb " KEY_B " 2026-11-24T10:00:00Z\n");
    cookies = host_cookies();
    seal(0, &session);
    session.profile.sub = SP_STR("eve");
    seal(1, &session);
    session.expires_s = NOW_S;
    seal(2, &session);
}

/* What the cache holds of earlier inputs changes nothing, and neither does what this one leaves in it. */
static void check_remembered(const struct sp_sealer *sealer, const struct sp_str *given, size_t n,
                             const struct sp_selection *opened_anew)
{
    static struct sp_cache *opened;
    static struct sp_selection selection;
    if (opened == NULL) {
        opened = sp_cache_new();
    }
    struct sp_sealer remembering = *sealer;
    remembering.cache = opened;
    for (size_t round = 0; round < 2; round++) {
        sp_select_session(at(&remembering, NOW_S, NULL), given, n, &selection);
        ck_assert_int_eq(selection.kind, opened_anew->kind);
        if (selection.kind == SP_SELECTION_VALID) {
            ck_assert(sp_str_equal(selection.session->profile.sub, opened_anew->session->profile.sub));
        }
    }
}

static enum sp_selection_kind choose(const struct sp_sealer *sealer, const struct sp_str *given, size_t n)
{
    static struct sp_selection selection;
    sp_select_session(at(sealer, NOW_S, NULL), given, n, &selection);
    check_remembered(sealer, given, n, &selection);
    if (selection.kind == SP_SELECTION_VALID) {
        ck_assert(sp_str_equal(selection.session->profile.sub, SP_STR("ada")) ||
                  sp_str_equal(selection.session->profile.sub, SP_STR("eve")));
    }
    return PLANTED(selection.kind == SP_SELECTION_AMBIGUOUS && n == 3) ? SP_SELECTION_VALID : selection.kind;
}

static void check_edits(struct sp_str edits)
{
    char text[SP_SEAL_TEXT_MAX];
    struct sp_str edited = {text, values[0].len};
    struct sp_sealer sealer = sealer_of(keys, &cookies);
    memcpy(text, values[0].ptr, edited.len);
    for (; edits.len >= 3; edits = sp_str_skip(edits, 3)) {
        unsigned char high = (unsigned char)edits.ptr[0];
        size_t at = (high * 256U + (unsigned char)edits.ptr[1]) % edited.len;
        text[at] = (char)(text[at] + edits.ptr[2]);
    }
    edited.len -= edits.len;
    bool unchanged = sp_str_equal(edited, values[0]);
    ck_assert_int_eq(choose(&sealer, &edited, 1), unchanged ? SP_SELECTION_VALID : SP_SELECTION_INVALID);
}

static void check_scope(struct sp_str scope)
{
    struct sp_sealer sealer = sealer_of(keys, &cookies);
    struct sp_sealer elsewhere = sealer;
    bool same = sp_str_equal(scope, sealer.scope);
    elsewhere.scope = scope;
    ck_assert_int_eq(choose(&elsewhere, values, 1), same ? SP_SELECTION_VALID : SP_SELECTION_INVALID);
    elsewhere = sealer;
    elsewhere.client_id = scope;
    same = sp_str_equal(scope, sealer.client_id);
    ck_assert_int_eq(choose(&elsewhere, values, 1), same ? SP_SELECTION_VALID : SP_SELECTION_INVALID);
}

static enum sp_selection_kind model(const struct sp_str *given, size_t n)
{
    bool found[3] = {false};
    for (size_t i = 0; i < n && n <= SP_SELECT_VALUES_MAX_N; i++) {
        for (size_t k = 0; k < 3; k++) {
            found[k] = found[k] || sp_str_equal(given[i], values[k]);
        }
    }
    int found_n = found[0] + found[1] + found[2];
    if (n > SP_SELECT_VALUES_MAX_N || found_n > 1) {
        return SP_SELECTION_AMBIGUOUS;
    }
    if (found_n == 0) {
        return n == 0 ? SP_SELECTION_NONE : SP_SELECTION_INVALID;
    }
    return found[2] ? SP_SELECTION_EXPIRED : SP_SELECTION_VALID;
}

static void check_values(struct sp_str input)
{
    struct sp_str given[8];
    size_t n = 0;
    while (input.ptr != NULL && input.len > 0 && n < 8) {
        struct sp_str value = sp_str_cut(&input, ';');
        const char *mark = value.len == 1 ? memchr("$%~", value.ptr[0], 3) : NULL;
        const char marks[] = "$%~";
        given[n++] = mark != NULL ? values[strchr(marks, *mark) - marks] : value;
    }
    struct sp_sealer sealer = sealer_of(keys, &cookies);
    ck_assert_int_eq(choose(&sealer, given, n), model(given, n));
}

FUZZ_TARGET(input)
{
    set_up();
    unsigned char choice = fuzz_take_byte(&input);
    if (choice == 'e') {
        check_edits(input);
    } else if (choice == 's') {
        check_scope(input);
    } else {
        check_values(input);
    }
}

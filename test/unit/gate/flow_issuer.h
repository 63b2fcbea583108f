/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_FLOW_ISSUER_H
#define SP_TEST_UNIT_GATE_FLOW_ISSUER_H

/*
 * The issuer of the flow machine. It issues codes, and exchanges them for what a correct issuer returns, or
 * for something else. Its responses go through the real code exchange, including PKCE and signatures.
 */

#include "flow_world.h"

#include "oidc/id_token.h"
#include "oidc/pkce.h"

#define TOKEN_LIFETIME_S 3600
#define SKEW_S           60 /* the default of clock_skew */

/* The issuer's response when a code is redeemed. */
enum word {
    WORD_RIGHT,
    WORD_SLOPPY,      /* valid, but PKCE, redirect URI and reuse are not checked: a careless issuer */
    WORD_OTHER_NONCE, /* the token of another login */
    WORD_NO_NONCE,
    WORD_OTHER_CLIENT,
    WORD_OTHER_ISSUER,
    WORD_EXPIRED,
    WORD_FORGED,      /* signed by an attacker with the same key id */
    WORD_NEW_KEY,     /* valid, with a key that is fetched first */
    WORD_UNKNOWN_KEY, /* valid, with a key that cannot be fetched now */
    WORD_REFUSAL,
    WORD_GARBAGE,
    WORD_SILENCE,
    WORDS_N,
};

/* A callback that can be carried to any browser. */
struct letter {
    struct sealed state;
    enum letter_kind kind;
    unsigned code;
    char cookie_name[SP_COOKIES_LOGIN_MAX + 1];
    char query[2 * VALUE_MAX];
};

/* ---- codes ------------------------------------------------------------------------------------------ */

static inline struct visit *find_code(struct world *w, unsigned code)
{
    for (size_t i = 0; i < VISITS_N; i++) {
        if (code != 0 && w->visits[i].code == code) {
            return &w->visits[i];
        }
    }
    return NULL;
}

static inline struct letter letter_of(const struct visit *visit, const char *parameters)
{
    struct letter letter = {.state = visit->state};
    memcpy(letter.cookie_name, visit->cookie_name, sizeof letter.cookie_name);
    int len = snprintf(letter.query, sizeof letter.query, "%s&state=%s", parameters, visit->state_text);
    ck_assert_int_lt(len, (int)sizeof letter.query);
    return letter;
}

static inline struct letter letter_with_code(const struct visit *visit, unsigned code)
{
    struct letter letter = letter_of(visit, text("code=code-%u", code));
    letter.code = code;
    return letter;
}

/* The user signs in at the issuer, in the tab of that visit. */
static inline struct letter sign_in(struct world *w, struct visit *visit, int user)
{
    visit->code = ++w->numbers;
    visit->code_user = user;
    visit->code_used = false;
    return letter_with_code(visit, visit->code);
}

static inline struct letter refuse_sign_in(const struct visit *visit)
{
    struct letter letter = letter_of(visit, "error=access_denied&error_description=!eve!");
    letter.kind = LETTER_ERROR;
    return letter;
}

/* A callback that no issuer sends. */
static inline struct letter spoil_letter(const struct visit *visit, unsigned chance)
{
    static const char *const queries[] = {"code=a&code=b", "code=a&error=access_denied", "code=%zz", "x=y"};
    struct letter letter = letter_of(visit, queries[chance % 4]);
    letter.kind = LETTER_FAULT;
    return letter;
}

/* ---- the token endpoint ----------------------------------------------------------------------------- */

/* What a careful issuer compares (RFC 7636, section 4.6; RFC 6749, section 4.1.3). */
static inline bool is_code_of(const struct visit *visit, const struct sp_login_continuation *login)
{
    char challenge[SP_PKCE_CHALLENGE_LEN];
    ck_assert_int_eq(
        sp_pkce_make_challenge((struct sp_str){login->verifier, sizeof login->verifier}, challenge), SP_OK);
    return sp_str_equal((struct sp_str){challenge, sizeof challenge}, sp_str_from_c(visit->challenge)) &&
           sp_str_equal(sp_buf_str(&login->redirect_uri), sp_str_from_c(visit->redirect_uri));
}

static inline bool is_token_word(enum word word)
{
    return word < WORD_REFUSAL;
}

/* The expected result; NONE: a session for the user of the code. */
static inline enum sp_reason outcome_of(struct world *w, enum word word, const struct flight *flight)
{
    const struct visit *visit = find_code(w, flight->code);
    int64_t ahead_s = w->m.world_s - w->m.now_s;
    bool is_own = visit != NULL && visit->state.login == flight->state.login;
    if (word == WORD_SILENCE) {
        return SP_REASON_ISSUER_UNAVAILABLE;
    }
    if (word == WORD_GARBAGE) {
        return SP_REASON_TOKEN_INVALID;
    }
    if (word == WORD_REFUSAL || visit == NULL || (word != WORD_SLOPPY && (!is_own || visit->code_used))) {
        return SP_REASON_ISSUER_REFUSED;
    }
    if (word == WORD_UNKNOWN_KEY) {
        return SP_REASON_ISSUER_UNAVAILABLE;
    }
    bool dates_hold = ahead_s <= SKEW_S && ahead_s >= -(SKEW_S + SP_ID_TOKEN_AGE_MAX_S);
    bool is_right = word == WORD_RIGHT || word == WORD_SLOPPY || word == WORD_NEW_KEY;
    return is_right && is_own && dates_hold ? SP_REASON_NONE : SP_REASON_TOKEN_INVALID;
}

static inline void change_claims(json_t *claims, enum word word, const struct world *w)
{
    if (word == WORD_OTHER_NONCE) {
        json_object_set_new(claims, "nonce", json_string(ISSUER_NONCE));
    } else if (word == WORD_NO_NONCE) {
        json_object_set_new(claims, "nonce", json_string("-"));
    } else if (word == WORD_OTHER_CLIENT) {
        json_object_set_new(claims, "aud", json_string("grafana"));
    } else if (word == WORD_OTHER_ISSUER) {
        json_object_set_new(claims, "iss", json_string(ISSUER "/other"));
    } else if (word == WORD_EXPIRED) {
        json_object_set_new(claims, "exp", json_integer(w->m.now_s - SKEW_S));
    }
}

static inline char *token_response(struct world *w, enum word word, const struct visit *visit)
{
    json_t *claims = json_loads(users[visit->code_user].claims, 0, NULL);
    ck_assert_ptr_nonnull(claims);
    json_object_set_new(claims, "nonce", json_string(visit->nonce));
    json_object_set_new(claims, "iat", json_integer(w->m.world_s));
    json_object_set_new(claims, "exp", json_integer(w->m.world_s + TOKEN_LIFETIME_S));
    change_claims(claims, word, w);
    SIGNER_TEXT changes = json_dumps(claims, 0);
    SIGNER_TEXT token = issuer_id_token(word == WORD_FORGED ? &w->stranger : &w->signer, "k", changes);
    json_decref(claims);
    return text_format(
        "{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS "\",\"id_token\":\"%s\"}", token);
}

/* Status and body (to be freed) for a request to the token endpoint. */
static inline unsigned answer_token_request(struct world *w, enum word word,
                                            const struct sp_login_continuation *login, unsigned code,
                                            char **body)
{
    struct visit *visit = find_code(w, code);
    if (word == WORD_SILENCE || word == WORD_GARBAGE) {
        *body = text_format("%s", word == WORD_GARBAGE ? "{\"id_token\":" : "");
        return word == WORD_GARBAGE ? 200 : 503;
    }
    bool gives = is_token_word(word) && visit != NULL &&
                 (word == WORD_SLOPPY || (is_code_of(visit, login) && !visit->code_used));
    if (!gives) {
        *body = text_format("{\"error\":\"invalid_grant\",\"error_description\":\"!bob!\"}");
        return 400;
    }
    visit->code_used = true;
    *body = token_response(w, word, visit);
    return 200;
}

/* ---- the code exchange --------------------------------------------------------------------------------- */

static inline struct sp_code_exchange *begin_code_exchange(const struct world *w, enum word word,
                                                           const struct sp_login_continuation *login)
{
    bool keys_lack = word == WORD_NEW_KEY || word == WORD_UNKNOWN_KEY;
    const struct sp_code_exchange_input input = {
        .metadata = w->f->documents.metadata,
        .client = &w->f->snapshot->client,
        .keyset = keys_lack ? w->no_keys : w->keyset,
        .grant.code = sp_buf_str(&login->code),
        .grant.redirect_uri = sp_buf_str(&login->redirect_uri),
        .grant.verifier = {login->verifier, sizeof login->verifier},
        .nonce = {login->nonce, sizeof login->nonce},
    };
    struct sp_code_exchange *code_exchange = NULL;
    ck_assert_int_eq(sp_code_exchange_new(&input, &code_exchange), SP_OK);
    return code_exchange;
}

/* What the worker would return. */
static inline struct sp_code_outcome *redeem(struct world *w, enum word word, const struct flight *flight)
{
    const struct sp_login_continuation *login = flight->waiting.login;
    SIGNER_TEXT body = NULL;
    struct sp_exchange_response response = {.content_type = SP_STR("application/json")};
    response.status = answer_token_request(w, word, login, flight->code, &body);
    response.body = sp_str_from_c(body);
    struct sp_code_exchange *code_exchange = begin_code_exchange(w, word, login);
    enum sp_code_exchange_step step = sp_code_exchange_take_response(code_exchange, &response, w->m.now_s);
    if (step == SP_CODE_EXCHANGE_WANT_KEYS) {
        step = sp_code_exchange_take_keys(code_exchange, word == WORD_UNKNOWN_KEY ? NULL : w->keyset,
                                          w->m.now_s);
    }
    bool done = step == SP_CODE_EXCHANGE_DONE;
    ck_assert(done || step == SP_CODE_EXCHANGE_FAILED);
    return new_outcome(done ? SP_REASON_NONE : sp_code_exchange_failure(code_exchange)->reason,
                       code_exchange);
}

#endif

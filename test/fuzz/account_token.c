/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The token of an account, with any responses of the API server. A line of the input is a response: three
 * digits of its status, a space, the body. `x` breaks the connection. Before each response the clock moves to
 * the time at which something is due. A stored token is printable ASCII without white space and has not
 * expired, the next request is between half a second and an hour away, and a failure states its cause without
 * the token.
 */

#include "kube/account_token.h"
#include "kube/attempt.h"

#include "fuzz.h"

static void fill_zero(void *context, uint8_t *out, size_t len)
{
    (void)context;
    memset(out, 0, len);
}

static void end_with(struct sp_account_token *token, struct sp_str line, int64_t now_ms)
{
    const struct sp_random random = {fill_zero, NULL};
    bool is_broken = sp_str_starts_with(line, SP_STR("x"));
    unsigned status = 0;
    for (size_t i = 0; i < line.len && i < 3 && sp_ascii_is_digit(line.ptr[i]); i++) {
        status = status * 10 + (unsigned)(line.ptr[i] - '0');
    }
    const struct sp_exchange_response response = {.error = is_broken ? SP_ERR_IO : SP_OK,
                                                  .text = "broken",
                                                  .status = status,
                                                  .body = sp_str_skip(line, 4)};
    sp_account_token_end(token, &response, now_ms, &random);
}

static void check(const struct sp_account_token *token, int64_t now_ms)
{
    struct sp_str text = sp_buf_str(&token->text);
    bool has_failed = token->cause != SP_ACCOUNT_TOKEN_NO_FAILURE;
    ck_assert_int_eq(has_failed, token->detail.text[0] != '\0');
    ck_assert(has_failed || (text.len > 0 && text.len <= SP_ACCOUNT_TOKEN_MAX && sp_str_is_visible(text)));
    ck_assert(has_failed || token->ends_ms > now_ms);
    int64_t due_ms = token->due_ms + (PLANTED(token->failures_n == 6) ? SP_ACCOUNT_TOKEN_LIFE_S * 1000 : 0);
    ck_assert_int_ge(due_ms, now_ms + SP_ATTEMPT_DELAY_MIN_MS / 2);
    ck_assert_int_le(due_ms, now_ms + SP_ACCOUNT_TOKEN_LIFE_S * 800);
}

FUZZ_TARGET(input)
{
    struct sp_account_token token;
    int64_t now_ms = 1000;
    SP_BUF_ON_STACK(target, SP_ACCOUNT_TOKEN_TARGET_MAX);
    SP_BUF_ON_STACK(body, SP_ACCOUNT_TOKEN_BODY_MAX);
    sp_account_token_init(&token, "infra/a", "leash", now_ms);
    while (input.ptr != NULL) {
        now_ms = sp_account_token_due_ms(&token);
        sp_buf_clear(&target);
        sp_buf_clear(&body);
        switch (sp_account_token_tick(&token, now_ms, &target, &body)) {
        case SP_ACCOUNT_TOKEN_ASK:
            ck_assert(fuzz_has(sp_buf_str(&target), SP_STR("/serviceaccounts/a/token")));
            end_with(&token, sp_str_cut(&input, '\n'), now_ms);
            check(&token, now_ms);
            break;
        case SP_ACCOUNT_TOKEN_ENDED:
            ck_assert_uint_eq(token.text.len, 0);
            break;
        case SP_ACCOUNT_TOKEN_WAIT:
            ck_assert(false); /* something was due */
            break;
        }
    }
    sp_account_token_done(&token);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "io/account_tokens.h"

#include "base/throttle.h"
#include "io/clock.h"
#include "io/log.h"
#include "kube/account_token.h"
#include "kube/attempt.h"

#include <stdlib.h>

_Static_assert(SP_ACCOUNT_TOKEN_MAX <= SP_CREDENTIAL_TOKEN_MAX, "each fits into a credential");

/* Twice the number of bindings, because bindings that a reload has removed may still have requests in
 * progress. */
#define KEEPERS_MAX (2 * SP_BINDINGS_MAX)

/* One token. Its slot is the context of a timer, and is reused. */
struct keeper {
    struct sp_account_tokens *tokens;
    struct sp_account_token machine;
    char *account; /* NULL: the slot is free */
    char *secret;  /* NULL: the token is not bound to a Secret */
    bool is_named; /* a current binding names it; otherwise freed once no request is in progress */
    enum sp_account_token_cause told_cause;
    struct sp_throttle told;
};

struct sp_account_tokens {
    struct sp_worker *worker;
    sp_account_tokens_fn *update;
    void *context;
    size_t bindings_n;
    size_t keeper_of[SP_BINDINGS_MAX]; /* for each binding, its keeper; KEEPERS_MAX: it has none */
    struct keeper keepers[KEEPERS_MAX];
    struct sp_api_access *access;           /* NULL: there is none yet */
    _Atomic(struct sp_api_access *) coming; /* if not NULL, `use` is posted and has not run yet */
    struct sp_task use;
};

/* ---- log lines --------------------------------------------------------------------------------------- */

static void tell_failure(struct keeper *keeper)
{
    const struct sp_account_token *machine = &keeper->machine;
    int64_t now_ms = sp_clock_monotonic_ms();
    uint64_t held_n = 0;
    struct sp_log_line line;
    bool is_other = machine->cause != keeper->told_cause;
    bool is_due = sp_throttle_pass(&keeper->told, now_ms, SP_ACCOUNT_TOKENS_TOLD_EACH_MS, &held_n);
    keeper->told_cause = machine->cause;
    if ((!is_other && !is_due) || !sp_log_begin(&line, SP_LOG_WARN, "credential_failed")) {
        return;
    }
    sp_log_text(&line, "service_account", sp_str_from_c(keeper->account));
    sp_log_text(&line, "bound_secret", sp_str_from_c(keeper->secret));
    sp_log_text(&line, "cause", sp_str_from_c(sp_account_token_cause_name(machine->cause)));
    sp_log_text(&line, "server", sp_str_from_c(keeper->tokens->access->server));
    sp_log_text(&line, "detail", sp_str_from_c(machine->detail.text));
    sp_log_number(&line, "retry_ms", (uint64_t)(machine->due_ms - now_ms));
    if (machine->text.len > 0 && machine->ends_ms > now_ms) { /* the timer that removes it may be late */
        sp_log_number(&line, "serves_s", (uint64_t)((machine->ends_ms - now_ms) / 1000));
    }
    sp_log_end(&line);
}

static void tell_end(const struct keeper *keeper)
{
    struct sp_log_line line;
    if (sp_log_begin(&line, SP_LOG_WARN, "credential_failed")) {
        sp_log_text(&line, "service_account", sp_str_from_c(keeper->account));
        sp_log_text(&line, "cause", SP_STR("ended"));
        sp_log_text(&line, "detail",
                    SP_STR("the token has expired, and no new one was received: requests of its bindings get "
                           "503 until then; earlier lines state the cause"));
        sp_log_end(&line);
    }
}

/* ---- calls ------------------------------------------------------------------------------------------- */

static void run(void *context);

static void arm(struct keeper *keeper)
{
    int64_t due_ms = sp_account_token_due_ms(&keeper->machine);
    int64_t wait_ms = due_ms - sp_clock_monotonic_ms();
    if (due_ms != INT64_MAX) {
        sp_worker_after(keeper->tokens->worker, wait_ms > 0 ? wait_ms : 0, run, keeper);
    }
}

static void let_go(struct keeper *keeper)
{
    sp_account_token_done(&keeper->machine);
    free(keeper->account);
    free(keeper->secret);
    *keeper = (struct keeper){.tokens = keeper->tokens};
}

static void on_done(void *context, const struct sp_exchange_response *response)
{
    struct keeper *keeper = context;
    if (!keeper->is_named) {
        let_go(keeper);
        return;
    }
    sp_account_token_end(&keeper->machine, response, sp_clock_monotonic_ms(), &sp_random_system);
    if (keeper->machine.cause != SP_ACCOUNT_TOKEN_NO_FAILURE) {
        tell_failure(keeper);
    } else {
        keeper->told_cause = SP_ACCOUNT_TOKEN_NO_FAILURE; /* the next failure is logged at once */
        keeper->tokens->update(keeper->tokens->context);
    }
    arm(keeper);
}

static void call(struct keeper *keeper, struct sp_str target, struct sp_buf body)
{
    const struct sp_api_access *access = keeper->tokens->access;
    SP_BUF_SCOPED struct sp_buf url;
    sp_buf_init(&url, SP_ACCOUNT_TOKEN_TARGET_MAX + SP_API_TOKEN_MAX);
    sp_buf_append_c(&url, access->server);
    sp_buf_append(&url, target);
    const struct sp_exchange_request request = {
        .url = sp_buf_c_str(&url),
        .route = &access->route,
        .body = body,
        .is_json = true,
        .authorization = access->authorization,
        .answer_max = SP_ACCOUNT_TOKEN_ANSWER_MAX,
    };
    sp_http_client_call(sp_worker_http_client(keeper->tokens->worker), SP_TARGET_ACCOUNT_TOKEN, &request,
                        on_done, keeper);
}

static void run(void *context)
{
    struct keeper *keeper = context;
    if (!keeper->is_named) {
        return;
    }
    SP_BUF_SCOPED struct sp_buf body;
    SP_BUF_ON_STACK(target, SP_ACCOUNT_TOKEN_TARGET_MAX);
    sp_buf_init(&body, SP_ACCOUNT_TOKEN_BODY_MAX);
    switch (sp_account_token_tick(&keeper->machine, sp_clock_monotonic_ms(), &target, &body)) {
    case SP_ACCOUNT_TOKEN_ASK:
        call(keeper, sp_buf_str(&target), body);
        break;
    case SP_ACCOUNT_TOKEN_ENDED:
        tell_end(keeper);
        keeper->tokens->update(keeper->tokens->context);
        break;
    case SP_ACCOUNT_TOKEN_WAIT:
        break;
    }
    arm(keeper);
}

/* ---- the access -------------------------------------------------------------------------------------- */

static void on_use(struct sp_task *task)
{
    struct sp_account_tokens *tokens =
        (struct sp_account_tokens *)(void *)((char *)task - offsetof(struct sp_account_tokens, use));
    sp_api_access_unref(tokens->access);
    tokens->access = atomic_exchange(&tokens->coming, NULL);
    for (size_t i = 0; i < KEEPERS_MAX; i++) {
        if (tokens->keepers[i].is_named) {
            sp_account_token_hurry(&tokens->keepers[i].machine, sp_clock_monotonic_ms());
            arm(&tokens->keepers[i]);
        }
    }
}

void sp_account_tokens_use(struct sp_account_tokens *tokens, struct sp_api_access *access)
{
    struct sp_api_access *before = atomic_exchange(&tokens->coming, access);
    if (before == NULL) {
        sp_worker_post(tokens->worker, &tokens->use);
    } else {
        sp_api_access_unref(before); /* the posted task has not run yet, and will take the new one */
    }
}

/* ---- the credentials --------------------------------------------------------------------------------- */

struct sp_credentials *sp_account_tokens_join(const struct sp_account_tokens *tokens,
                                              const struct sp_credentials *from_files)
{
    struct sp_credentials *joined = sp_credentials_copy(from_files);
    enum sp_error error = joined != NULL ? SP_OK : SP_ERR_MEMORY;
    for (size_t i = 0; i < tokens->bindings_n && error == SP_OK; i++) {
        size_t at = tokens->keeper_of[i];
        if (at < KEEPERS_MAX) {
            const struct sp_account_token *machine = &tokens->keepers[at].machine;
            int64_t left_ms = machine->ends_ms - sp_clock_monotonic_ms();
            error = sp_credential_set_token(&joined->items[i], sp_buf_str(&machine->text),
                                            sp_clock_now_s() + left_ms / 1000);
        }
    }
    if (error != SP_OK) {
        sp_credentials_unref(joined);
        return NULL;
    }
    return joined;
}

/* ---- setup and teardown ------------------------------------------------------------------------------ */

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The slot of the keeper of this account and Secret; a new one if there is none. KEEPERS_MAX: all others have
 * requests in progress, and the binding gets no token. */
static size_t find_keeper(struct sp_account_tokens *tokens, const struct sp_binding *binding)
{
    size_t at = KEEPERS_MAX;
    for (size_t i = 0; i < KEEPERS_MAX; i++) {
        struct keeper *keeper = &tokens->keepers[i];
        if (keeper->account == NULL) {
            at = i;
        } else if (is_same_text(keeper->account, binding->service_account) &&
                   is_same_text(keeper->secret, binding->bound_secret)) {
            keeper->is_named = true; /* a reload may have cleared this while a request was in progress */
            return i;
        }
    }
    if (at < KEEPERS_MAX) {
        struct keeper *keeper = &tokens->keepers[at];
        keeper->account = strdup(binding->service_account);
        keeper->secret = binding->bound_secret != NULL ? strdup(binding->bound_secret) : NULL;
        if (keeper->account == NULL || (keeper->secret == NULL) != (binding->bound_secret == NULL)) {
            abort(); /* otherwise no token would ever arrive */
        }
        keeper->is_named = true;
        sp_account_token_init(&keeper->machine, keeper->account, keeper->secret, sp_clock_monotonic_ms());
    }
    return at;
}

struct sp_account_tokens *sp_account_tokens_new(struct sp_worker *worker, const struct sp_binding *bindings,
                                                size_t bindings_n, sp_account_tokens_fn *update,
                                                void *context)
{
    struct sp_account_tokens *tokens = calloc(1, sizeof *tokens);
    if (tokens == NULL) {
        return NULL;
    }
    tokens->worker = worker;
    tokens->update = update;
    tokens->context = context;
    tokens->use.run = on_use;
    for (size_t i = 0; i < KEEPERS_MAX; i++) {
        tokens->keepers[i].tokens = tokens;
    }
    sp_account_tokens_use_bindings(tokens, bindings, bindings_n);
    return tokens;
}

void sp_account_tokens_use_bindings(struct sp_account_tokens *tokens, const struct sp_binding *bindings,
                                    size_t bindings_n)
{
    bool is_kept[KEEPERS_MAX + 1] = {false};
    tokens->bindings_n = bindings_n;
    for (size_t i = 0; i < bindings_n; i++) {
        tokens->keeper_of[i] =
            bindings[i].service_account != NULL ? find_keeper(tokens, &bindings[i]) : KEEPERS_MAX;
        is_kept[tokens->keeper_of[i]] = true;
    }
    for (size_t i = 0; i < KEEPERS_MAX; i++) {
        struct keeper *keeper = &tokens->keepers[i];
        keeper->is_named = is_kept[i];
        if (keeper->account != NULL && !is_kept[i] && !keeper->machine.is_asking) {
            let_go(keeper);
        }
    }
    for (size_t i = 0; i < KEEPERS_MAX && tokens->access != NULL; i++) {
        if (is_kept[i]) {
            arm(&tokens->keepers[i]); /* a new keeper is due at once */
        }
    }
}

void sp_account_tokens_free(struct sp_account_tokens *tokens)
{
    if (tokens == NULL) {
        return;
    }
    for (size_t i = 0; i < KEEPERS_MAX; i++) {
        if (tokens->keepers[i].account != NULL) {
            let_go(&tokens->keepers[i]);
        }
    }
    sp_api_access_unref(tokens->access);
    sp_api_access_unref(atomic_load(&tokens->coming));
    free(tokens);
}

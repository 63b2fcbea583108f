/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_IO_IO_CODE_EXCHANGES_H
#define SP_TEST_UNIT_IO_IO_CODE_EXCHANGES_H

/* Code exchanges with an issuer on loopback, a loop that the test runs by hand, and the requests that wait on
 * it. */

#include "io/code_exchanges.h"

#include "io_issuer.h"

/* ---- a loop of the test: messages to it wait in its mailbox ----------------------------------------- */

static struct sp_mailbox *mailbox; /* made when it is first used */
static atomic_bool mail_came;

static inline void on_mail(void *context)
{
    (void)context;
    atomic_store(&mail_came, true);
}

static inline struct sp_mailbox *own_mailbox(void)
{
    if (mailbox == NULL) {
        mailbox = sp_mailbox_new(on_mail, NULL);
        ck_assert_ptr_nonnull(mailbox);
    }
    return mailbox;
}

static inline bool mail_is_there(void)
{
    return atomic_load(&mail_came);
}

/* Delivers the messages that have arrived. */
static inline void run_loop(void)
{
    atomic_store(&mail_came, false);
    sp_mailbox_deliver(own_mailbox());
}

/* ---- the rig --------------------------------------------------------------------------------------- */

struct exchange_rig {
    struct issuer_rig *it;
    struct sp_waiting *waiting;
    struct sp_code_exchanges *exchanges;
    struct sp_client client;
    char *token;
};

/* The response of the token endpoint from now on: a token with this key id and these additional claims. */
static inline void serve_token(struct exchange_rig *rig, const char *kid)
{
    SIGNER_TEXT changes = text_format("{\"iss\":\"%s\"}", rig->it->name);
    SIGNER_TEXT id_token = issuer_id_token(&rig->it->signer, kid, changes);
    char *token = text_format(
        "{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS "\",\"id_token\":\"%s\"}", id_token);
    http_route(rig->it->server, "/token", "200 OK", token);
    free(rig->token);
    rig->token = token;
}

static inline void begin_exchanges(struct exchange_rig *rig, struct sp_waiting_limits limits)
{
    rig->waiting = sp_waiting_new(limits);
    ck_assert_ptr_nonnull(rig->waiting);
    rig->exchanges = sp_code_exchanges_new(rig->it->rig->worker, rig->it->issuer, &rig->client, rig->waiting);
    ck_assert_ptr_nonnull(rig->exchanges);
}

static inline struct exchange_rig *exchange_rig_new_with(enum sp_userinfo_use userinfo,
                                                         struct sp_waiting_limits limits)
{
    struct exchange_rig *rig = calloc(1, sizeof *rig);
    rig->it = issuer_rig_new();
    serve_documents(rig->it, "k1");
    begin_issuer(rig->it);
    WAIT_FOR(atomic_load(&rig->it->updates_n) == 1);
    rig->client = (struct sp_client){
        .id = SP_STR(ISSUER_CLIENT),
        .secret = SP_STR("the-client-secret"),
        .userinfo = userinfo,
        .groups_claim = "groups",
        .skew_s = ISSUER_SKEW_S,
    };
    begin_exchanges(rig, limits);
    serve_token(rig, "k1");
    return rig;
}

static inline struct exchange_rig *exchange_rig_new(enum sp_userinfo_use userinfo)
{
    return exchange_rig_new_with(userinfo, sp_waiting_limits_of(4096, 512, SP_WAITING_MAX));
}

static inline void exchange_rig_free(struct exchange_rig **given)
{
    struct exchange_rig *rig = *given;
    atomic_store(&rig->it->server->stopping, 1);
    struct issuer_rig *it = rig->it;
    sp_worker_stop(it->rig->worker);
    sp_code_exchanges_free(rig->exchanges);
    sp_waiting_free(rig->waiting);
    ck_assert_int_eq(sp_worker_start(&it->rig->metrics, NULL, &it->rig->worker), SP_OK);
    issuer_rig_free(&it);
    free(rig->token);
    free(rig);
}

#define EXCHANGE_RIG __attribute__((cleanup(exchange_rig_free))) struct exchange_rig *

/* ---- waiting requests ------------------------------------------------------------------------------ */

struct asked {
    struct sp_wait wait; /* must be first */
    struct sp_login_id login_id;
    int delivered_n;
};

static inline void on_delivered(struct sp_message *message)
{
    ((struct asked *)(void *)message)->delivered_n++;
}

static inline struct sp_code_outcome *outcome_of(const struct asked *asked)
{
    return asked->wait.outcome;
}

static inline void asked_done(struct asked *asked)
{
    sp_code_outcome_unref(asked->wait.outcome);
}

#define ASKED __attribute__((cleanup(asked_done))) struct asked

/* NULL, or what is full. */
static inline const char *try_to_begin(struct exchange_rig *rig, unsigned login_id, const char *code,
                                       bool by_pages, struct asked *out)
{
    char id[SP_LOGIN_ID_TEXT_LEN + 1];
    *out = (struct asked){.wait = {.mailbox = own_mailbox(), .is_by_pages = by_pages}};
    snprintf(id, sizeof id, "%024x", login_id);
    memcpy(out->login_id.text, id, sizeof out->login_id.text);
    out->wait.message.deliver = on_delivered;
    out->wait.owner = sp_login_id_str(&out->login_id);
    const struct sp_code it = {
        .login_id = out->login_id,
        .code = sp_str_from_c(code),
        .redirect_uri = SP_STR("https://app.example.com/_sallyport/callback"),
        .verifier = SP_STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        .nonce = SP_STR(ISSUER_NONCE),
    };
    return sp_code_exchanges_begin(rig->exchanges, &it, &out->wait);
}

static inline void begin_by_pages(struct exchange_rig *rig, unsigned login_id, const char *code,
                                  struct asked *out)
{
    const char *refusal = try_to_begin(rig, login_id, code, true, out);
    ck_assert_msg(refusal == NULL, "%s", refusal);
}

static inline void begin(struct exchange_rig *rig, unsigned login_id, const char *code, struct asked *out)
{
    const char *refusal = try_to_begin(rig, login_id, code, false, out);
    ck_assert_msg(refusal == NULL, "%s", refusal);
}

/* Refused at once, with these words in the text for the log. */
static inline void assert_refused_to(struct exchange_rig *rig, unsigned login_id, const char *code,
                                     bool by_pages, const char *words)
{
    struct asked asked;
    const char *refusal = try_to_begin(rig, login_id, code, by_pages, &asked);
    ck_assert_ptr_nonnull(refusal);
    ck_assert_msg(strstr(refusal, words) != NULL, "%s", refusal);
    ck_assert(!sp_waiting_withdraw(&asked.wait)); /* it does not wait */
}

static inline void assert_refused(struct exchange_rig *rig, unsigned login_id, const char *code,
                                  const char *words)
{
    assert_refused_to(rig, login_id, code, false, words);
}

/* Withdraws it before it was answered. */
static inline void withdraw(struct asked *asked)
{
    ck_assert(sp_waiting_withdraw(&asked->wait));
}

static inline bool is_delivered(const struct asked *asked)
{
    run_loop();
    return asked->delivered_n > 0;
}

static inline void exchange(struct exchange_rig *rig, unsigned login_id, const char *code, struct asked *out)
{
    begin(rig, login_id, code, out);
    WAIT_FOR(is_delivered(out));
    ck_assert_int_eq(out->delivered_n, 1);
}

static inline enum sp_reason reason_of(const struct asked *asked)
{
    ck_assert_ptr_nonnull(outcome_of(asked));
    return outcome_of(asked)->reason;
}

static inline unsigned tokens_asked(struct exchange_rig *rig)
{
    return http_count(rig->it->server, "/token");
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_IO_IO_REDEEMER_H
#define SP_TEST_UNIT_IO_IO_REDEEMER_H

/* A redeemer whose issuer is on loopback, a loop that the test runs by hand, and the jobs of it. */

#include "io/redeemer.h"

#include "io_issuer.h"

/* ---- a loop of the test: what is posted to it waits in its mailbox ---------------------------------- */

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

/* Delivers what has come. */
static inline void run_loop(void)
{
    atomic_store(&mail_came, false);
    sp_mailbox_deliver(own_mailbox());
}

/* ---- the rig --------------------------------------------------------------------------------------- */

struct redeem_rig {
    struct issuer_rig *it;
    struct sp_redeemer *redeemer;
    struct sp_client client;
    char *token;
};

/* What the token endpoint says from now on: a token of this key id and with these further claims. */
static inline void serve_token(struct redeem_rig *rig, const char *kid)
{
    SIGNER_TEXT changes = text_format("{\"iss\":\"%s\"}", rig->it->name);
    SIGNER_TEXT id_token = issuer_id_token(&rig->it->signer, kid, changes);
    char *token = text_format(
        "{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS "\",\"id_token\":\"%s\"}", id_token);
    http_route(rig->it->server, "/token", "200 OK", token);
    free(rig->token);
    rig->token = token;
}

static inline struct redeem_rig *redeem_rig_new_with(enum sp_userinfo_use userinfo,
                                                     struct sp_redeemer_limits limits)
{
    struct redeem_rig *rig = calloc(1, sizeof *rig);
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
    rig->redeemer = sp_redeemer_new(rig->it->rig->worker, rig->it->issuer, &rig->client, limits);
    ck_assert_ptr_nonnull(rig->redeemer);
    serve_token(rig, "k1");
    return rig;
}

static inline struct redeem_rig *redeem_rig_new(enum sp_userinfo_use userinfo)
{
    return redeem_rig_new_with(userinfo, sp_redeemer_limits_of(4096, 512));
}

static inline void redeem_rig_free(struct redeem_rig **given)
{
    struct redeem_rig *rig = *given;
    atomic_store(&rig->it->server->stopping, 1);
    struct issuer_rig *it = rig->it;
    sp_worker_stop(it->rig->worker);
    sp_redeemer_free(rig->redeemer);
    ck_assert_int_eq(sp_worker_start(&it->rig->metrics, NULL, &it->rig->worker), SP_OK);
    issuer_rig_free(&it);
    free(rig->token);
    free(rig);
}

#define REDEEM_RIG __attribute__((cleanup(redeem_rig_free))) struct redeem_rig *

/* ---- jobs ------------------------------------------------------------------------------------------ */

struct asked {
    struct sp_redeem_job *job; /* freed with this */
    int delivered_n;
};

static inline void on_delivered(struct sp_message *message)
{
    struct sp_redeem_job *job =
        (struct sp_redeem_job *)(void *)((char *)message - offsetof(struct sp_redeem_job, message));
    struct asked *asked = job->context;
    asked->delivered_n++;
}

static inline void asked_done(struct asked *asked)
{
    if (asked->delivered_n > 0) {
        sp_redeem_job_free(asked->job);
    }
}

#define ASKED __attribute__((cleanup(asked_done))) struct asked

static inline struct sp_redeem_job *new_job(unsigned flow, const char *code)
{
    struct sp_redeem_job *job = sp_redeem_job_new(own_mailbox());
    char id[SP_FLOW_ID_TEXT_LEN + 1];
    ck_assert_ptr_nonnull(job);
    snprintf(id, sizeof id, "%024x", flow);
    memcpy(job->flow.text, id, sizeof job->flow.text);
    sp_buf_append_c(&job->code, code);
    sp_buf_append_c(&job->redirect_uri, "https://app.example.com/_sallyport/callback");
    memcpy(job->verifier, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", sizeof job->verifier);
    memcpy(job->nonce, ISSUER_NONCE, sizeof job->nonce);
    job->message.deliver = on_delivered;
    return job;
}

static inline void submit_job(struct redeem_rig *rig, struct sp_redeem_job *job, struct asked *out)
{
    *out = (struct asked){.job = job};
    job->context = out;
    const char *refusal = sp_redeemer_submit(rig->redeemer, job);
    ck_assert_msg(refusal == NULL, "%s", refusal);
}

static inline void submit(struct redeem_rig *rig, unsigned flow, const char *code, struct asked *out)
{
    submit_job(rig, new_job(flow, code), out);
}

/* At once, with these words in what the log is told; the job stays the caller's. */
static inline void assert_job_refused(struct redeem_rig *rig, struct sp_redeem_job *job, const char *words)
{
    const char *refusal = sp_redeemer_submit(rig->redeemer, job);
    ck_assert_ptr_nonnull(refusal);
    ck_assert_msg(strstr(refusal, words) != NULL, "%s", refusal);
    sp_redeem_job_free(job);
}

static inline void assert_refused(struct redeem_rig *rig, unsigned flow, const char *code, const char *words)
{
    assert_job_refused(rig, new_job(flow, code), words);
}

/* Nobody waits for it any more, before it was answered. */
static inline void withdraw(struct redeem_rig *rig, struct asked *asked)
{
    ck_assert(sp_redeemer_withdraw(rig->redeemer, asked->job));
    sp_redeem_job_free(asked->job);
}

static inline bool is_delivered(const struct asked *asked)
{
    run_loop();
    return asked->delivered_n > 0;
}

static inline void redeem(struct redeem_rig *rig, unsigned flow, const char *code, struct asked *out)
{
    submit(rig, flow, code, out);
    WAIT_FOR(is_delivered(out));
    ck_assert_int_eq(out->delivered_n, 1);
}

static inline enum sp_reason reason_of(const struct asked *asked)
{
    ck_assert_ptr_nonnull(asked->job->redeemed);
    return asked->job->redeemed->reason;
}

static inline unsigned tokens_asked(struct redeem_rig *rig)
{
    return http_count(rig->it->server, "/token");
}

#endif

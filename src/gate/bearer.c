/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/bearer.h"

#include "gate/cause.h"
#include "gate/gate.h"
#include "gate/lost_claims.h"
#include "http/bearer.h"

#include <stdlib.h>

_Static_assert(SP_BEARER_TOKEN_MAX == 49152, "as SP_BEARER_TOO_LONG says");

/* A request that waits for keys. */
struct bearer_continuation {
    struct sp_continuation base;     /* must be first */
    char label[SP_BEARER_LABEL_LEN]; /* of the token, which is the owner of the wait */
};

/* ---- results --------------------------------------------------------------------------------------- */

static void count(const struct sp_transaction *t, enum sp_bearer_result result)
{
    sp_metrics_count(&t->context->metrics->bearer_tokens[result]);
}

static struct sp_who nobody(enum sp_reason reason)
{
    return (struct sp_who){.reason = reason};
}

/* A program repeats its token after any refusal, so the sentence states how to get another one. */
static struct sp_who refuse(struct sp_transaction *t, const char *why)
{
    count(t, SP_BEARER_REFUSED);
    bool asks = sp_str_ends_with(sp_str_from_c(why), SP_STR("?"));
    sp_transaction_explain(t,
                           "What failed: %s%s You need a new token. kubelogin sends the old one until it "
                           "expires; kubectl oidc-login clean makes it get another.",
                           why, asks ? "" : ".");
    return nobody(SP_REASON_BEARER_INVALID);
}

static struct sp_who refuse_unverified(const struct sp_transaction *t, enum sp_reason reason)
{
    count(t, SP_BEARER_UNVERIFIED);
    return nobody(reason);
}

/* ---- waiting --------------------------------------------------------------------------------------- */

static const char *begin_fetch(struct sp_continuation *self, const struct sp_process *process)
{
    struct bearer_continuation *bearer = (struct bearer_continuation *)self;
    self->wait.owner = (struct sp_str){bearer->label, sizeof bearer->label};
    return sp_bearer_keys_begin(process->bearer_keys, &self->wait);
}

static void resume(struct sp_continuation *self, struct sp_transaction *t)
{
    t->waited = self;
    t->looked_for_identity = false;
    sp_gate_answer_again(t);
}

static void free_bearer(struct sp_continuation *self)
{
    sp_issuer_documents_unref(self->wait.outcome);
    free(self);
}

static struct sp_who wait_for_keys(struct sp_transaction *t, struct sp_str token)
{
    struct bearer_continuation *bearer = calloc(1, sizeof *bearer);
    if (bearer == NULL) {
        return refuse_unverified(t, SP_REASON_OVERLOADED);
    }
    bearer->base = (struct sp_continuation){.begin = begin_fetch, .resume = resume, .free = free_bearer};
    sp_bearer_label(token, bearer->label);
    t->continuation = &bearer->base;
    return nobody(SP_REASON_OVERLOADED);
}

/* ---- verifying ------------------------------------------------------------------------------------- */

/* Logs the claims that the token lacks, each time that it is verified. Logs nothing if it lacks none. */
static void log_lacking(struct sp_transaction *t, const struct sp_claims *claims,
                        const struct sp_bearer *bearer, const struct sp_group_counts *counts)
{
    bool is_reduced = bearer->profile.groups_mark != 0;
    struct sp_lost_claims lost;
    sp_lost_claims_find(claims, t->context->snapshot->config, &lost);
    bool lacks_groups = is_reduced || counts->unusable_n > 0 || counts->with_comma_n > 0;
    struct sp_log_line line;
    if ((!lacks_groups && !sp_lost_claims_some(&lost)) ||
        !sp_log_begin(&line, is_reduced || lost.decides ? SP_LOG_WARN : SP_LOG_INFO, "bearer_incomplete")) {
        return;
    }
    sp_transaction_set_id(t);
    sp_transaction_log_request(t, &line);
    sp_log_person(&line, "user", claims->email.len > 0 ? claims->email : claims->sub);
    sp_log_person(&line, "subject", claims->sub);
    sp_log_text(&line, "bearer", (struct sp_str){bearer->label, sizeof bearer->label});
    sp_lost_claims_log_groups(counts, &line);
    if (is_reduced) {
        sp_log_number(&line, "groups_of_token", counts->all_n);
        sp_log_text(
            &line, "detail",
            SP_STR("Only the groups that rules name are used, because there is no room for all groups of the "
                   "token; no header lists them. Name the groups to keep in groups_keep."));
    }
    sp_lost_claims_log(&lost, &line);
    sp_log_end(&line);
}

/* Makes a profile from the claims, and remembers it. */
static struct sp_who keep(struct sp_transaction *t, struct sp_str token, const struct sp_claims *claims,
                          struct sp_bearer **out)
{
    const struct sp_config *config = t->context->snapshot->config;
    struct sp_profile profile;
    struct sp_group_counts counts;
    enum sp_error error = sp_profile_from_claims(claims, config, SP_BEARER_GROUPS_ROOM, &profile, &counts);
    if (error == SP_ERR_LIMIT) {
        count(t, SP_BEARER_REFUSED);
        sp_transaction_explain(t, "The token has %zu groups, and rules name more than %d of them.",
                               counts.all_n, SP_PROFILE_GROUPS_MAX_N);
        return nobody(SP_REASON_USER_NOT_REPRESENTABLE);
    }
    /* A token that was verified with keys that this snapshot does not have is not remembered. */
    int64_t found_until_s = t->waited == NULL ? claims->expires_s : 0; /* without clock_skew */
    *out = error == SP_OK ? sp_bearers_keep(t->context->bearers, token, &profile, claims->issued_s,
                                            claims->expires_s, found_until_s)
                          : NULL;
    if (*out == NULL) {
        return refuse_unverified(t, SP_REASON_OVERLOADED);
    }
    log_lacking(t, claims, *out, &counts);
    return nobody(SP_REASON_NONE);
}

/* Why there are no keys to verify a token with, after the request has waited for them. */
static struct sp_who end_without_keys(struct sp_transaction *t)
{
    bool is_refused = t->waited->end == SP_WAIT_END_REFUSED;
    sp_transaction_note(t, "No known key verifies the bearer token: %s.",
                        is_refused ? t->waited->refusal : "the issuer's keys could not be fetched in time");
    return refuse_unverified(t, is_refused ? SP_REASON_OVERLOADED : SP_REASON_ISSUER_UNAVAILABLE);
}

static struct sp_who verify(struct sp_transaction *t, struct sp_str token, struct sp_bearer **out)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    const struct sp_issuer_documents *documents =
        t->waited != NULL ? t->waited->wait.outcome : snapshot->documents;
    if (documents == NULL) {
        return t->waited != NULL ? end_without_keys(t) : refuse_unverified(t, sp_cause_explain_no_issuer(t));
    }
    const struct sp_signed_token_expectation expectation = {
        .issuer = sp_str_from_c(snapshot->config->issuer),
        .audiences = snapshot->config->bearer_audiences.items,
        .audiences_n = snapshot->config->bearer_audiences.items_n,
        .now_s = t->context->now_s,
        .skew_s = snapshot->config->clock_skew_s,
    };
    struct sp_diag diag = {0};
    struct sp_claims claims = SP_CLAIMS_NONE;
    enum sp_error error = sp_bearer_token_verify(token, documents->keyset, &expectation,
                                                 snapshot->config->groups_claim, &claims, &diag);
    if ((error == SP_ERR_KEY || error == SP_ERR_SIGNATURE) && t->may_wait) {
        return wait_for_keys(t, token);
    }
    if (error == SP_ERR_MEMORY) {
        return refuse_unverified(t, SP_REASON_OVERLOADED);
    }
    if (error != SP_OK) {
        return refuse(t, diag.text);
    }
    struct sp_who who = keep(t, token, &claims, out);
    sp_claims_done(&claims);
    return who;
}

static bool is_ours(const struct sp_transaction *t, struct sp_str token)
{
    SP_JSON_SCOPED json_t *claims = sp_bearer_token_peek(token);
    return claims != NULL &&
           sp_bearer_token_is_of(claims, sp_str_from_c(t->context->snapshot->config->issuer));
}

bool sp_bearer_identify(struct sp_transaction *t, struct sp_who *who)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    struct sp_str token =
        snapshot->config->bearer_audiences.items_n > 0 ? sp_bearer_read(t->head) : SP_STR_NONE;
    if (token.len == 0) {
        return false;
    }
    struct sp_bearer *bearer = sp_bearers_find(t->context->bearers, token, t->context->now_s);
    if (bearer == NULL) {
        if (!sp_bearer_has_form(token)) {
            return false;
        }
        if (token.len > SP_BEARER_TOKEN_MAX) { /* too long to read, so its issuer is unknown */
            count(t, SP_BEARER_REFUSED);
            sp_transaction_explain(t, "%s", SP_BEARER_TOO_LONG);
            *who = nobody(SP_REASON_BEARER_INVALID);
            return true;
        }
        if (!is_ours(t, token)) {
            count(t, SP_BEARER_FOREIGN);
            return false;
        }
        *who = verify(t, token, &bearer);
        if (who->reason != SP_REASON_NONE) {
            return true;
        }
    }
    if (sp_revocations_end_token(t->context->process->revocations, &bearer->profile, bearer->issued_s)) {
        *who = refuse(t, "it was issued before the sessions of its user were ended");
        return true;
    }
    t->bearer = bearer;
    enum sp_reason reason =
        sp_identity_from_profile(&bearer->profile, &snapshot->identity, &t->user_text, &t->identity);
    *who = (struct sp_who){.identity = reason == SP_REASON_NONE ? &t->identity : NULL, .reason = reason};
    count(t, SP_BEARER_ACCEPTED);
    return true;
}

/* ---- the challenge --------------------------------------------------------------------------------- */

/* In RFC 6750, an error_description is ASCII without quotes and backslashes. */
static void append_description(struct sp_str text, struct sp_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_plain = c >= ' ' && c <= '~' && c != '"' && c != '\\';
        sp_buf_append_char(out, is_plain ? c : '\'');
    }
}

void sp_bearer_append_challenge(const struct sp_transaction *t, enum sp_reason reason, struct sp_buf *out)
{
    sp_buf_append_c(out, "Bearer realm=\"sallyport\"");
    if (reason == SP_REASON_BEARER_INVALID) {
        sp_buf_append_c(out, ", error=\"invalid_token\", error_description=\"");
        append_description(t->detail, out);
        sp_buf_append_char(out, '"');
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/transaction.h"

#include "base/hex.h"
#include "gate/bearer.h"
#include "gate/dialect.h"
#include "gate/kept_session.h"
#include "gate/renewal.h"
#include "http/cookie.h"
#include "http/trace.h"
#include "io/log.h"

#include <stdarg.h>
#include <stdio.h>

void sp_transaction_begin(struct sp_transaction *t, struct sp_context *context,
                          const struct sp_dialect *dialect, const struct sp_head *head)
{
    t->context = context;
    t->head = head;
    t->body = SP_STR_NONE;
    t->dialect = dialect;
    t->request_id[0] = '\0';
    t->has_request = false;
    t->policy = NULL;
    t->headers = (struct sp_header_choice){.places = 0};
    t->binding = NULL;
    t->withheld = SP_WITHHELD_NOT;
    t->looked_for_session = false;
    t->looked_for_identity = false;
    t->selection.kind = SP_SELECTION_NONE;
    t->bearer = NULL;
    t->may_wait = false;
    t->bearer_alone = false;
    t->wait = SP_WAITED_NOT;
    t->waited = NULL;
    t->renewal = NULL;
    t->news = NULL;
    t->verdict = SP_VERDICT_DENY;
    t->reason = SP_REASON_MALFORMED_REQUEST;
    t->rule = 0;
    t->user = SP_STR_NONE;
    t->detail = SP_STR_NONE;
    t->note = SP_STR_NONE;
    t->mender = SP_MENDER_BY_REASON;
    t->return_target = SP_STR_NONE;
    t->page_link = SP_HTML_LINK_NONE;
    t->page_href = SP_STR_NONE;
    t->page_label = NULL;
    t->page_texts = NULL;
    t->page_second_href = SP_STR_NONE;
    t->page_second_label = NULL;
    t->continuation = NULL;
    sp_answer_init(&t->answer);
    t->target_text = SP_BUF_ON(t->target_storage);
    t->user_text = SP_BUF_ON(t->user_storage);
}

void sp_transaction_set_request(struct sp_transaction *t)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    t->has_request = true;
    t->request.client_hops = &snapshot->config->client_ip_hops;
    sp_public_ports_apply(&snapshot->config->public_ports, &t->request.origin);
    struct sp_str scope = sp_cookies_scope(&snapshot->cookies, sp_host_str(&t->request.origin.host));
    t->sealer = sp_snapshot_sealer(snapshot, scope, t->context->now_s, &t->context->random);
    t->sealer.cache = t->context->cache;
}

enum sp_request_kind sp_transaction_request_kind(const struct sp_transaction *t)
{
    if (t->has_request) {
        return sp_request_kind(&t->request);
    }
    return t->head != NULL ? sp_request_kind_of(t->head, t->head->method) : SP_REQUEST_KIND_FETCH;
}

/* A session stores what the settings kept at its login, and the results of the rules' conditions on claims. A
 * session that lacks groups stores those that rules named then. So it stays valid while these settings and
 * rules are the same. A session of release 0.1.0 does not record these settings, and has no conditions. */
static bool fits_rules(const struct sp_profile *profile, const struct sp_config *config)
{
    return (profile->groups_mark == 0 || profile->groups_mark == config->groups_mark) &&
           (profile->facts_mark == config->facts_mark ||
            (profile->facts_mark == 0 && config->facts.items_n == 0));
}

/* Checks what the session does not contain: a lifetime or bound that has been shortened since, groups that
 * rules have named since, and whether the session was ended. */
static enum sp_selection_kind judge(const struct sp_transaction *t, const struct sp_session *session,
                                    enum sp_selection_kind kind)
{
    const struct sp_config *config = t->context->snapshot->config;
    if (kind == SP_SELECTION_OVERDUE && t->context->process->renewals == NULL) {
        return SP_SELECTION_EXPIRED;
    }
    if (session->login_at_s + config->session_lifetime_s <= t->context->now_s ||
        !fits_rules(&session->profile, config)) {
        return SP_SELECTION_EXPIRED;
    }
    if (sp_revocations_end(t->context->process->revocations, session)) {
        return SP_SELECTION_REVOKED;
    }
    bool is_older = session->grant.issued_s != 0 && t->context->process->renewals != NULL &&
                    session->issued_s + sp_kept_session_bound_s(config) <= t->context->now_s;
    return is_older ? SP_SELECTION_OVERDUE : kind;
}

const struct sp_selection *sp_transaction_select(struct sp_transaction *t)
{
    if (!t->looked_for_session && t->has_request && t->head != NULL) {
        struct sp_str values[SP_SELECT_VALUES_MAX_N];
        size_t n = sp_cookie_collect(t->head, sp_cookies_session_name(t->sealer.cookies), values,
                                     SP_SELECT_VALUES_MAX_N);
        sp_select_session(&t->sealer, values, n, &t->selection);
        if (t->selection.kind == SP_SELECTION_VALID || t->selection.kind == SP_SELECTION_OVERDUE) {
            t->selection.kind = judge(t, t->selection.session, t->selection.kind);
        }
        t->looked_for_session = true;
    }
    return &t->selection;
}

const struct sp_session *sp_transaction_session_to_end(struct sp_transaction *t)
{
    enum sp_selection_kind kind = sp_transaction_select(t)->kind;
    return kind == SP_SELECTION_VALID || kind == SP_SELECTION_OVERDUE ? t->selection.session : NULL;
}

const struct sp_session *sp_transaction_session(struct sp_transaction *t)
{
    return sp_transaction_select(t)->kind == SP_SELECTION_VALID ? t->selection.session : NULL;
}

/* Whether the request waits until a session that is still valid has been renewed. */
static bool is_to_be_renewed(struct sp_transaction *t, const struct sp_session *session)
{
    struct sp_renewals *renewals = t->context->process->renewals;
    if (renewals == NULL) {
        return false;
    }
    (void)sp_renewals_note_seen(renewals, session);
    return sp_session_phase(session, t->context->now_s) == SP_SESSION_DUE && sp_renewal_begin(t);
}

/* Decides between cookie and bearer token: the cookie if it is valid, otherwise the token. If a binding
 * accepts no sessions, only the token counts. */
static struct sp_who identify(struct sp_transaction *t)
{
    struct sp_who who;
    if (t->bearer_alone) {
        return sp_bearer_identify(t, &who)
                   ? who
                   : (struct sp_who){.reason = SP_REASON_NO_SESSION, .may_sign_in = true};
    }
    const struct sp_selection *selection = sp_transaction_select(t);
    if (selection->kind == SP_SELECTION_VALID) {
        if (selection->session->renew_after_s != 0 && is_to_be_renewed(t, selection->session)) {
            return (struct sp_who){.reason = SP_REASON_OVERLOADED};
        }
        enum sp_reason reason = sp_identity_from_profile(
            &selection->session->profile, &t->context->snapshot->identity, &t->user_text, &t->identity);
        return (struct sp_who){.identity = reason == SP_REASON_NONE ? &t->identity : NULL, .reason = reason};
    }
    if (sp_bearer_identify(t, &who)) {
        return who;
    }
    if (selection->kind != SP_SELECTION_OVERDUE) {
        return (struct sp_who){.reason = sp_select_reason(selection->kind), .may_sign_in = true};
    }
    if (t->renewal == NULL && sp_renewal_begin(t)) {
        return (struct sp_who){.reason = SP_REASON_OVERLOADED};
    }
    return sp_renewal_identify_overdue(t);
}

struct sp_who sp_transaction_identify(struct sp_transaction *t)
{
    if (!t->looked_for_identity) {
        t->who = identify(t);
        t->looked_for_identity = true;
    }
    return t->who;
}

void sp_transaction_set_id(struct sp_transaction *t)
{
    if (t->request_id[0] == '\0') {
        uint8_t bytes[SP_REQUEST_ID_LEN / 2];
        sp_random_fill(&t->context->random, bytes, sizeof bytes);
        sp_hex_encode(bytes, sizeof bytes, t->request_id);
        t->request_id[SP_REQUEST_ID_LEN] = '\0';
    }
}

/* ---- the cause ------------------------------------------------------------------------------------- */

/* A text that is too long is truncated. A character cut at the end is replaced when the text is written. */
__attribute__((format(printf, 3, 0))) static struct sp_str print_text(char *storage, size_t max,
                                                                      const char *format, va_list arguments)
{
    int len = vsnprintf(storage, max, format, arguments);
    if (len < 0) {
        return SP_STR_NONE;
    }
    return (struct sp_str){storage, (size_t)len < max ? (size_t)len : max - 1};
}

void sp_transaction_explain(struct sp_transaction *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    t->detail = print_text(t->detail_storage, sizeof t->detail_storage, format, arguments);
    va_end(arguments);
}

void sp_transaction_note(struct sp_transaction *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    t->note = print_text(t->note_storage, sizeof t->note_storage, format, arguments);
    va_end(arguments);
}

/* ---- the line in the log --------------------------------------------------------------------------- */

void sp_transaction_log_request(const struct sp_transaction *t, struct sp_log_line *line)
{
    sp_log_text(line, "request_id", sp_str_from_c(t->request_id));
    if (t->head != NULL) {
        sp_log_text(line, "trace_id", sp_trace_id(sp_head_single(t->head, SP_HEADER_TRACEPARENT)));
    }
    if (t->has_request) {
        struct sp_chain_client client = sp_request_client(&t->request);
        SP_BUF_ON_STACK(address, SP_CIDR_TEXT_MAX);
        sp_address_append(&client.address, &address);
        sp_log_text(line, "host", sp_host_str(&t->request.origin.host));
        sp_log_person(line, "client", client.is_known ? sp_buf_str(&address) : client.entry);
    }
}

void sp_transaction_log_session(struct sp_log_line *line, const struct sp_session *session,
                                struct sp_str user)
{
    char label[SP_SESSION_ID_LABEL_LEN];
    sp_session_label(session->id, label);
    sp_log_person(line, "user", user);
    sp_log_text(line, "session", (struct sp_str){label, sizeof label});
}

static void write_line(const struct sp_transaction *t)
{
    /* Faults of the installation are for its operator to fix. */
    bool is_led_astray = t->reason == SP_REASON_NO_SUCH_PAGE && t->mender == SP_MENDER_OPERATOR;
    bool is_fault = is_led_astray || (t->answer.status >= 500 && t->reason != SP_REASON_ISSUER_UNAVAILABLE);
    struct sp_log_line line;
    if (!sp_log_begin(&line, is_fault ? SP_LOG_WARN : SP_LOG_INFO, "decision")) {
        return;
    }
    sp_transaction_log_request(t, &line);
    sp_log_text(&line, "dialect", sp_str_from_c(t->dialect->name));
    sp_log_text(&line, "verdict", sp_str_from_c(sp_verdict_name(t->verdict)));
    sp_log_number(&line, "status", t->answer.status);
    sp_log_text(&line, "reason", sp_str_from_c(sp_reason_name(t->reason)));
    if (t->policy != NULL) {
        sp_log_text(&line, "policy", sp_str_from_c(t->policy->name));
    }
    if (t->rule > 0) {
        sp_log_number(&line, "rule", t->rule);
    }
    if (t->has_request) {
        sp_log_text(&line, "method", t->request.method);
        sp_log_text(&line, "path", t->request.target.path);
        if (t->bearer != NULL) {
            sp_log_person(&line, "user", t->identity.user);
            sp_log_text(&line, "bearer", (struct sp_str){t->bearer->label, sizeof t->bearer->label});
        } else if (t->selection.kind == SP_SELECTION_VALID || t->selection.kind == SP_SELECTION_EXPIRED ||
                   t->selection.kind == SP_SELECTION_OVERDUE || t->selection.kind == SP_SELECTION_REVOKED) {
            const struct sp_session *session = t->selection.session;
            sp_transaction_log_session(&line, session, t->user.len > 0 ? t->user : session->profile.email);
        }
    }

    /* What caused it: the detail that the client sees, and the note. */
    SP_BUF_ON_STACK(cause, SP_DETAIL_MAX + SP_NOTE_MAX);
    sp_buf_append(&cause, t->detail);
    sp_buf_append_c(&cause, t->detail.len > 0 && t->note.len > 0 ? " " : "");
    sp_buf_append(&cause, t->note);
    sp_log_text(&line, "detail", sp_buf_str(&cause));
    sp_log_end(&line);
}

void sp_transaction_finish(struct sp_transaction *t, int64_t span_ns)
{
    sp_metrics_decided(t->context->metrics, t->dialect->label, t->verdict, t->reason, t->wait, span_ns);
    if (t->verdict != SP_VERDICT_ALLOW || t->context->snapshot->config->log_access) {
        sp_transaction_set_id(t);
        write_line(t);
    }
}

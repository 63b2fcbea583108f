/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/allow.h"

#include "gate/respond.h"
#include "http/cookie.h"

#define HEADER_VALUE_MAX 8192 /* bytes of one emitted value: a session's groups fit */

static void emit_header(void *context, struct sp_str name, struct sp_str value)
{
    sp_answer_add(context, name.ptr, value);
}

static void allow(struct sp_transaction *t)
{
    t->answer.status = 200;
    t->verdict = SP_VERDICT_ALLOW;
    t->reason = SP_REASON_NONE;
}

void sp_allow(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    SP_BUF_ON_STACK(scratch, HEADER_VALUE_MAX);
    if (verdict->identity != NULL) {
        t->user = verdict->identity->user;
        enum sp_error error =
            sp_header_set_emit(t->header_set, verdict->identity, &scratch, emit_header, &t->answer);
        if (error != SP_OK) {
            sp_answer_init(&t->answer);
            sp_transaction_explain(t, "A header of the set \"%s\" would be longer than %d bytes.",
                                   t->header_set->name, HEADER_VALUE_MAX);
            sp_respond_refusal(t, SP_REASON_SESSION_TOO_LARGE);
            return;
        }
    }

    /* For middlewares that list Cookie: without a value the proxy then deletes the header. */
    if (t->context->snapshot->config->strip_session_cookie) {
        size_t begin = sp_answer_begin_value(&t->answer);
        sp_cookie_append_without(t->head, sp_cookies_session_name(t->realm.cookies), &t->answer.text);
        if (t->answer.text.len > begin) {
            sp_answer_end_value(&t->answer, "Cookie", begin);
        }
    }
    allow(t);
}

void sp_allow_direct_page(struct sp_transaction *t)
{
    if (t->context->snapshot->config->strip_session_cookie) {
        size_t begin = sp_answer_begin_value(&t->answer);
        size_t line = 0;
        struct sp_str value;
        while (sp_head_next(t->head, SP_HEADER_COOKIE, &line, &value)) {
            sp_buf_append_c(&t->answer.text, t->answer.text.len > begin ? "; " : "");
            sp_buf_append(&t->answer.text, value);
        }
        if (t->answer.text.len > begin) {
            sp_answer_end_value(&t->answer, "Cookie", begin);
        }
    }
    allow(t);
}

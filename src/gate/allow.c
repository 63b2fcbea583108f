/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/allow.h"

#include "gate/binding.h"
#include "gate/cause.h"
#include "gate/respond.h"
#include "http/cookie.h"

#define PARTS_MAX 16   /* headers that are stored with a session */
#define TEXT_MAX  1600 /* bytes of their values */

/* ---- identity headers ------------------------------------------------------------------------------ */

/* The fields of the header sets for a user. They are the same for every request, and stored with the session
 * or token. */
struct header_block {
    size_t parts_n;
    size_t text_len;
    struct sp_answer_part parts[PARTS_MAX];
    char text[TEXT_MAX];
};

_Static_assert(sizeof(struct header_block) <= SP_CACHE_NOTE_MAX, "it is kept as a note");

/* Where the fields are stored; NULL: the cookie or token that identifies the user is not cached. */
static struct sp_cache_note *note_of(const struct sp_transaction *t)
{
    if (t->bearer != NULL) {
        return &t->bearer->note;
    }
    return t->selection.cached != NULL ? &t->selection.cached->note : NULL;
}

/* Stores the fields of the answer from `fields_n` on, whose values are its text from `begin` on. */
static void keep_block(struct sp_transaction *t, size_t fields_n, size_t begin)
{
    const struct sp_answer *answer = &t->answer;
    struct sp_cache_note *note = note_of(t);
    struct sp_str text = sp_str_skip(sp_buf_str(&answer->text), begin);
    size_t parts_n = answer->fields_n - fields_n;
    if (note == NULL || answer->text.failed || parts_n > PARTS_MAX || text.len > TEXT_MAX) {
        return;
    }
    struct header_block *block = (struct header_block *)(void *)note->bytes;
    block->parts_n = parts_n;
    block->text_len = text.len;
    for (size_t i = 0; i < parts_n; i++) {
        const struct sp_answer_field *field = &answer->fields[fields_n + i];
        block->parts[i] =
            (struct sp_answer_part){field->name, (size_t)(field->value.ptr - text.ptr), field->value.len};
    }
    if (text.len > 0) {
        memcpy(block->text, text.ptr, text.len);
    }
    note->subject = t->headers.places;
    note->serial = t->context->snapshot->serial;
}

static void emit_header(void *context, struct sp_str name, struct sp_str value)
{
    sp_answer_add(context, name.ptr, value);
}

/* Not inlined, to save stack on the usual path, where the headers are already stored. */
__attribute__((noinline)) enum sp_error sp_allow_add_headers(const struct sp_config *config,
                                                             const struct sp_header_choice *choice,
                                                             const struct sp_identity *identity,
                                                             struct sp_answer *answer)
{
    SP_BUF_ON_STACK(scratch, SP_ANSWER_TEXT_MAX);
    enum sp_error error = SP_OK;
    for (size_t i = 0; i < config->header_sets_n && error == SP_OK; i++) {
        if ((choice->places >> i & 1) != 0) {
            error = sp_header_set_emit(&config->header_sets[i], identity, &scratch, emit_header, answer);
        }
    }
    return error == SP_OK ? sp_buf_error(&answer->text) : error;
}

static enum sp_error add_identity(struct sp_transaction *t, const struct sp_identity *identity)
{
    /* The stored fields of these header sets, under this configuration. */
    const struct sp_cache_note *note = note_of(t);
    if (note != NULL && note->subject == t->headers.places && note->serial == t->context->snapshot->serial) {
        const struct header_block *block = (const struct header_block *)(const void *)note->bytes;
        sp_answer_add_parts(&t->answer, block->parts, block->parts_n,
                            (struct sp_str){block->text, block->text_len});
        return SP_OK;
    }
    size_t fields_n = t->answer.fields_n;
    size_t begin = sp_answer_begin_value(&t->answer);
    enum sp_error error =
        sp_allow_add_headers(t->context->snapshot->config, &t->headers, identity, &t->answer);
    if (error == SP_OK) {
        keep_block(t, fields_n, begin);
    }
    return error;
}

/* ---- the answers ----------------------------------------------------------------------------------- */

void sp_allow(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    enum sp_error error = SP_OK;
    enum sp_reason reason = SP_REASON_NONE;
    if (verdict->identity != NULL) {
        t->user = verdict->identity->user;
        error = add_identity(t, verdict->identity);
        reason = error == SP_OK ? sp_binding_add_credential(t) : SP_REASON_NONE;
    }

    /* A middleware may list Cookie; the proxy then deletes the header if it gets no value. */
    if (t->context->snapshot->config->strip_session_cookie) {
        size_t begin = sp_answer_begin_value(&t->answer);
        sp_cookie_append_without(t->head, sp_cookies_session_name(t->sealer.cookies), &t->answer.text);
        if (t->answer.text.len > begin) {
            sp_answer_end_value(&t->answer, "Cookie", begin);
        }
    }

    /* The fields after the groups may not fit either; a retry would not help. */
    if (error == SP_OK && verdict->identity != NULL) {
        error = sp_buf_error(&t->answer.text);
    }
    if (error != SP_OK || reason != SP_REASON_NONE) {
        sp_answer_init(&t->answer);
        if (reason == SP_REASON_NONE) {
            sp_cause_explain_groups(t, error);
            reason = SP_REASON_USER_NOT_REPRESENTABLE;
        }
        sp_respond_refusal(t, reason);
        return;
    }
    t->answer.status = 200;
    t->verdict = SP_VERDICT_ALLOW;
    t->reason = SP_REASON_NONE;
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
    t->answer.status = 200;
    t->verdict = SP_VERDICT_ALLOW;
    t->reason = SP_REASON_NONE;
}

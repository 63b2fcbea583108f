/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/sign_in.h"

#include "gate/continuation.h"
#include "login.h"

#include <semaphore.h>

/* ---- a process that has heard nothing of its issuer lately ------------------------------------------ */

struct place {
    struct fixture *f;
    struct sp_worker *worker;
    sem_t may_run; /* lets the worker send the request; until then nothing is known */
    struct sp_task hold;
    int told_n;
};

static struct place *held;

static void on_hold(struct sp_task *task)
{
    (void)task;
    sem_wait(&held->may_run);
}

static void on_documents(void *context, struct sp_issuer_documents *documents)
{
    (void)context;
    (void)documents;
}

static void on_wake(void *context)
{
    (void)context;
}

static struct place *place_new(size_t waiting_max)
{
    struct place *place = calloc(1, sizeof *place);
    struct fixture *f = place->f = fixture_new("");
    held = place;
    sem_init(&place->may_run, 0, 0);
    ck_assert_int_eq(sp_worker_start(f->context.metrics, NULL, &place->worker), SP_OK);
    place->hold.run = on_hold;
    sp_worker_post(place->worker, &place->hold);
    f->process.issuer = /* nothing listens there */
        sp_issuer_new(place->worker, "http://127.0.0.1:1", &f->snapshot->client, on_documents, NULL);
    f->process.issuer_news =
        sp_issuer_news_new(place->worker, f->process.issuer,
                           (struct sp_waiting_limits){waiting_max, waiting_max, SP_WAITING_OWNER_MAX});
    f->context.mailbox = sp_mailbox_new(on_wake, NULL);
    ck_assert(f->process.issuer != NULL && f->process.issuer_news != NULL && f->context.mailbox != NULL);
    return place;
}

static void place_free(struct place **given)
{
    struct place *place = *given;
    sem_post(&place->may_run);
    sp_worker_stop(place->worker);
    sp_issuer_news_free(place->f->process.issuer_news);
    sp_issuer_free(place->f->process.issuer);
    free(place->f->context.mailbox);
    fixture_free(&place->f);
    free(place);
}

#define PLACE __attribute__((cleanup(place_free))) struct place *

static void on_told(struct sp_message *message)
{
    (void)message;
    held->told_n++;
}

/* The wait of the request, once it waits. */
static struct sp_continuation *waiting(struct sp_transaction *t)
{
    ck_assert_msg(t->continuation != NULL, "%u %s", t->answer.status, sp_reason_name(t->reason));
    t->continuation->wait.message.deliver = on_told;
    struct sp_continuation *continuation = sp_gate_finish(t);
    ck_assert_ptr_nonnull(continuation);
    ck_assert_int_eq(continuation->max_ms, SP_ISSUER_NEWS_WAIT_MS);
    return continuation;
}

/* Answers it like a transport; its wait is over. */
static const struct sp_transaction *answer_late(struct fixture *f, struct sp_continuation *continuation,
                                                enum sp_wait_end end)
{
    continuation->end = end;
    begin_head(f, f->t.dialect, (int)strlen(f->head_text));
    sp_gate_resume(&f->t, sp_dialects, continuation);
    finish(f);
    ck_assert_ptr_null(f->t.continuation);
    sp_continuation_free(continuation);
    return &f->t;
}

static const struct sp_transaction *answer_overdue(struct fixture *f, struct sp_continuation *continuation)
{
    ck_assert(sp_waiting_withdraw(&continuation->wait));
    return answer_late(f, continuation, SP_WAIT_END_OVERDUE);
}

/* ---- tests ----------------------------------------------------------------------------------------- */

SP_TEST(ac_42_a_login_waits_for_news_and_without_any_it_begins)
{
    PLACE place = place_new(8);
    struct fixture *f = place->f;
    struct sp_continuation *continuation = waiting(ASK(f, .uri = "/x?y=1", .lines = NAVIGATION));
    struct begun begun = begun_by(f, answer_overdue(f, continuation));
    ck_assert_str_eq(wanted_by(f, ORIGIN CALLBACK, begun.state), ORIGIN "/x?y=1");
    continuation = waiting(ASK(f, .uri = "/_sallyport/login?rd=/x", .lines = NAVIGATION));
    ck_assert_answer(answer_overdue(f, continuation), 302, SP_REASON_NO_SESSION);
    const char *callback = text(CALLBACK "?state=%s&code=c", begun.state);
    continuation = waiting(ASK(f, .uri = callback, .lines = NAVIGATION)); /* without its login cookie */
    struct begun again = begun_by(f, answer_overdue(f, continuation));
    ck_assert_int_eq(sp_login_id_try(&again.login_id), SP_LOGIN_SECOND_TRY);
    ck_assert_uint_eq(atomic_load(&f->context.metrics->logins[SP_LOGIN_STARTED]), 3);
    ck_assert_uint_eq(atomic_load(&f->context.metrics->logins[SP_LOGIN_FAILED]), 0);
}
SP_TEST_END

SP_TEST(ac_42_a_login_that_learns_that_nobody_listens_there_is_told_so)
{
    PLACE place = place_new(8);
    struct fixture *f = place->f;
    struct sp_continuation *continuation = waiting(ASK(f, .lines = NAVIGATION));
    sem_post(&place->may_run);
    for (int naps = 0; place->told_n == 0; naps++) {
        ck_assert_int_lt(naps, 20000);
        usleep(1000);
        sp_mailbox_deliver(f->context.mailbox);
    }
    const struct sp_transaction *t = answer_late(f, continuation, SP_WAIT_END_OUTCOME);
    ck_assert_answer(t, 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_str_eq(field_of(t, "Retry-After"), "5");
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
}
SP_TEST_END

SP_TEST(nothing_else_waits)
{
    PLACE place = place_new(8);
    struct fixture *f = place->f;
    ck_assert_answer(ASK(f, .lines = FETCH), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK(f, .lines = lines(NAVIGATION, usual_cookie(f))), 200, SP_REASON_NONE);
    ck_assert_answer(ASK(f, .lines = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"), 401,
                     SP_REASON_NO_SESSION);
    f->snapshot->documents = NULL; /* there are no documents to begin with, whatever the state */
    ck_assert_answer(ASK(f, .lines = NAVIGATION), 503, SP_REASON_ISSUER_UNAVAILABLE);
    f->snapshot->documents = &f->documents;
}
SP_TEST_END

SP_TEST(ac_76_who_finds_no_room_to_wait_goes_by_what_was_heard_last)
{
    PLACE place = place_new(1);
    struct fixture *f = place->f;
    struct sp_continuation *first = waiting(ASK(f, .lines = NAVIGATION));
    struct sp_transaction *t = ASK(f, .uri = "/x", .lines = NAVIGATION);
    ck_assert_ptr_null(sp_gate_finish(t));
    struct begun begun = begun_by(f, t);
    ck_assert_str_eq(wanted_by(f, ORIGIN CALLBACK, begun.state), ORIGIN "/x");
    ck_assert_answer(answer_overdue(f, first), 302, SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_SUITE("gate/sign_in_news", ac_42_a_login_waits_for_news_and_without_any_it_begins,
         ac_42_a_login_that_learns_that_nobody_listens_there_is_told_so, nothing_else_waits,
         ac_76_who_finds_no_room_to_wait_goes_by_what_was_heard_last)

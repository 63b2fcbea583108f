/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/continuation.h"

#include "redeem.h"

/* ---- another kind of wait than a callback's: for a key that a token is signed with ------------------- */

struct key_continuation {
    struct sp_continuation base; /* must be first */
    const char *kid;
};

static struct sp_waiters for_key;
static int freed_n;

static const char *begin_key(struct sp_continuation *self, const struct sp_process *process)
{
    return sp_waiting_enter(process->waiting, &for_key, &self->wait);
}

static void resume_key(struct sp_continuation *self, struct sp_transaction *t)
{
    const struct key_continuation *waiting = (const struct key_continuation *)self;
    if (self->end == SP_WAIT_END_OUTCOME) {
        sp_transaction_explain(t, "The key %s is %s.", waiting->kid, (const char *)self->wait.outcome);
        sp_respond_refusal(t, SP_REASON_TOKEN_INVALID);
        return;
    }
    sp_transaction_note(t, "%s", self->refusal != NULL ? self->refusal : "none came");
    sp_respond_refusal(t, self->end == SP_WAIT_END_REFUSED ? SP_REASON_OVERLOADED
                                                           : SP_REASON_ISSUER_UNAVAILABLE);
}

static void free_key(struct sp_continuation *self)
{
    freed_n++;
    free(self);
}

static int posted_n;

static void on_posted(struct sp_message *message)
{
    (void)message;
    posted_n++;
}

static void on_wake(void *context)
{
    (void)context;
}

static void write_forbidden(struct sp_transaction *t)
{
    t->answer.status = t->answer.status == 200 ? 200 : 403;
}

/* A fixture whose process lets requests wait. */
static struct fixture *new_place(size_t waiting_max)
{
    struct fixture *f = fixture_new("");
    f->process.waiting =
        sp_waiting_new((struct sp_waiting_limits){waiting_max, waiting_max, SP_WAITING_OWNER_MAX});
    f->context.mailbox = sp_mailbox_new(on_wake, NULL);
    ck_assert_ptr_nonnull(f->process.waiting);
    ck_assert_ptr_nonnull(f->context.mailbox);
    for_key = (struct sp_waiters){.max = SIZE_MAX, .full = "many wait for this key"};
    freed_n = 0;
    posted_n = 0;
    return f;
}

static void free_place(struct fixture **f)
{
    free((*f)->context.mailbox);
    fixture_free(f);
}

#define PLACE __attribute__((cleanup(free_place))) struct fixture *

/* A request that waits for a key; NULL: it was answered. */
static struct sp_continuation *begin_waiting(struct fixture *f, const char *kid)
{
    struct key_continuation *waiting = calloc(1, sizeof *waiting);
    ck_assert_ptr_nonnull(waiting);
    waiting->base = (struct sp_continuation){.begin = begin_key, .resume = resume_key, .free = free_key};
    waiting->base.wait.owner = sp_str_from_c(kid);
    waiting->base.wait.message.deliver = on_posted;
    waiting->kid = kid;
    ASK(f, .lines = FETCH);
    sp_answer_init(&f->t.answer);
    f->t.continuation = &waiting->base;
    return sp_continuation_begin(&f->t);
}

/* Answers it like a transport; its wait is over. */
static const struct sp_transaction *answer_late(struct fixture *f, struct sp_continuation *continuation)
{
    struct sp_context context = f->context;
    context.snapshot = continuation->snapshot;
    sp_transaction_begin(&f->t, &context, sp_dialects, &f->head);
    sp_gate_resume(&f->t, sp_dialects, continuation);
    finish(f);
    sp_continuation_free(continuation);
    return &f->t;
}

SP_TEST(any_kind_of_wait_is_answered_when_its_outcome_comes)
{
    PLACE f = new_place(8);
    struct sp_continuation *continuation = begin_waiting(f, "k7");
    ck_assert_ptr_nonnull(continuation);
    const char *id = text("%s", continuation->request_id);
    sp_wait_post(sp_waiting_take(f->process.waiting, &for_key), (void *)(uintptr_t) "there");
    ck_assert_int_eq(posted_n, 0);
    sp_mailbox_deliver(f->context.mailbox);
    ck_assert_int_eq(posted_n, 1);
    continuation->end = SP_WAIT_END_OUTCOME;
    const struct sp_transaction *t = answer_late(f, continuation);
    ck_assert_answer(t, 500, SP_REASON_TOKEN_INVALID);
    ck_assert_contains(body_of(t), "The key k7 is there.");
    ck_assert_str_eq(field_of(t, "X-Request-Id"), id);
    ck_assert_contains(take_log(f), "\"host\":\"" HOST "\"");
    ck_assert_int_eq(freed_n, 1);
}
SP_TEST_END

SP_TEST(ac_88_what_has_no_room_to_wait_is_answered_at_once)
{
    PLACE f = new_place(1);
    struct sp_continuation *first = begin_waiting(f, "k1");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(begin_waiting(f, "k2"));
    ck_assert_ptr_null(f->t.continuation);
    ck_assert_int_eq(freed_n, 1);
    finish(f);
    ck_assert_answer(&f->t, 503, SP_REASON_OVERLOADED);
    ck_assert_contains(take_log(f), "too many requests already wait");
    ck_assert(sp_waiting_withdraw(&first->wait));
    sp_continuation_free(first);
}
SP_TEST_END

SP_TEST(ac_88_a_wait_without_an_outcome_gives_its_place_back_and_is_answered)
{
    static const enum sp_wait_end ends[] = {SP_WAIT_END_GONE, SP_WAIT_END_OVERDUE};
    PLACE f = new_place(1);
    for (size_t i = 0; i < 2; i++) {
        struct sp_continuation *continuation = begin_waiting(f, "k1");
        ck_assert_ptr_nonnull(continuation);
        ck_assert(sp_waiting_withdraw(&continuation->wait));
        continuation->end = ends[i];
        ck_assert_answer(answer_late(f, continuation), 503, SP_REASON_ISSUER_UNAVAILABLE);
        ck_assert_contains(take_log(f), "none came");
    }
    ck_assert_int_eq(posted_n, 0);
}
SP_TEST_END

SP_TEST(what_waits_ends_with_the_snapshot_that_it_began_with)
{
    PLACE f = new_place(1);
    struct sp_continuation *continuation = begin_waiting(f, "k1");
    struct sp_snapshot *old = f->snapshot;
    ck_assert_ptr_eq(continuation->snapshot, old);
    ck_assert_uint_eq(atomic_load(&old->refs), 2);
    f->context.snapshot = sp_snapshot_with_documents(old, &f->documents);
    ck_assert(sp_waiting_withdraw(&continuation->wait));
    continuation->end = SP_WAIT_END_OVERDUE;
    (void)answer_late(f, continuation);
    f->context.snapshot->documents = NULL; /* they belong to the fixture */
    sp_snapshot_unref(f->context.snapshot);
    ck_assert_uint_eq(atomic_load(&old->refs), 1);
    f->context.snapshot = old;
}
SP_TEST_END

SP_TEST(ac_88_what_is_refused_a_place_is_answered_as_its_proxy_can_carry_it)
{
    PLACE f = new_place(0);
    struct key_continuation *waiting = calloc(1, sizeof *waiting);
    ck_assert_ptr_nonnull(waiting);
    waiting->base = (struct sp_continuation){.begin = begin_key, .resume = resume_key, .free = free_key};
    static const struct sp_dialect fake = {"fake", SP_DIALECT_TRAEFIK, "/auth/fake", NULL, write_forbidden};
    ASK(f, .lines = FETCH);
    sp_answer_init(&f->t.answer);
    f->t.dialect = &fake;
    f->t.continuation = &waiting->base;
    ck_assert_ptr_null(sp_gate_finish(&f->t));
    ck_assert_answer(&f->t, 403, SP_REASON_OVERLOADED);
    ck_assert_int_eq(freed_n, 1);
}
SP_TEST_END

SP_SUITE("gate/continuation", ac_88_what_is_refused_a_place_is_answered_as_its_proxy_can_carry_it,
         any_kind_of_wait_is_answered_when_its_outcome_comes,
         ac_88_what_has_no_room_to_wait_is_answered_at_once,
         ac_88_a_wait_without_an_outcome_gives_its_place_back_and_is_answered,
         what_waits_ends_with_the_snapshot_that_it_began_with)

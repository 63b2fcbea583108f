/* SPDX-License-Identifier: Apache-2.0 */
#include "server/wake_up.h"

#include "../suite.h"

#include <pthread.h>

/* As in the program, they exist as long as the process. */
static struct sp_wake_up wake_up;
static h2o_evloop_t *loop;

#define SENDERS_N  4
#define MESSAGES_N 2000

struct letter {
    struct sp_message message;
    int sender;
    int number;
};

static int arrived[SENDERS_N];
static pthread_t loop_thread;

static void on_letter(struct sp_message *message)
{
    struct letter *letter = (struct letter *)(void *)message;
    ck_assert(pthread_equal(pthread_self(), loop_thread));
    ck_assert_int_eq(letter->number, arrived[letter->sender]); /* those of one sender are in order */
    arrived[letter->sender]++;
    free(letter);
}

struct sender {
    struct sp_mailbox *mailbox;
    int number;
};

static void *send_all(void *context)
{
    const struct sender *sender = context;
    for (int i = 0; i < MESSAGES_N; i++) {
        struct letter *letter = calloc(1, sizeof *letter);
        *letter = (struct letter){.message = {.deliver = on_letter}, .sender = sender->number, .number = i};
        sp_mailbox_post(sender->mailbox, &letter->message);
    }
    return NULL;
}

static int arrived_n(void)
{
    int n = 0;
    for (int i = 0; i < SENDERS_N; i++) {
        n += arrived[i];
    }
    return n;
}

SP_TEST(messages_of_several_threads_arrive_on_the_loop_each_once_and_in_order)
{
    pthread_t threads[SENDERS_N];
    struct sender senders[SENDERS_N];
    loop = h2o_evloop_create();
    sp_wake_up_init(&wake_up, h2o_multithread_create_queue(loop));
    ck_assert_ptr_nonnull(wake_up.mailbox);
    loop_thread = pthread_self();
    for (int i = 0; i < SENDERS_N; i++) {
        senders[i] = (struct sender){.mailbox = wake_up.mailbox, .number = i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    for (int rounds = 0; arrived_n() < SENDERS_N * MESSAGES_N; rounds++) {
        ck_assert_int_lt(rounds, 20 * SENDERS_N * MESSAGES_N);
        h2o_evloop_run(loop, 100);
    }
    for (int i = 0; i < SENDERS_N; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(arrived[i], MESSAGES_N);
    }
}
SP_TEST_END

static void on_first(struct sp_message *message)
{
    struct letter *letter = (struct letter *)(void *)message;
    letter->message.deliver = on_letter;
    sp_mailbox_post(wake_up.mailbox, &letter->message);
}

SP_TEST(a_message_may_post_another_while_it_is_delivered)
{
    loop = h2o_evloop_create();
    sp_wake_up_init(&wake_up, h2o_multithread_create_queue(loop));
    loop_thread = pthread_self();
    struct letter *letter = calloc(1, sizeof *letter);
    letter->message.deliver = on_first;
    sp_mailbox_post(wake_up.mailbox, &letter->message);
    for (int rounds = 0; arrived[0] == 0; rounds++) {
        ck_assert_int_lt(rounds, 1000);
        h2o_evloop_run(loop, 100);
    }
    ck_assert_int_eq(arrived[0], 1);
}
SP_TEST_END

SP_SUITE("server/wake_up", messages_of_several_threads_arrive_on_the_loop_each_once_and_in_order,
         a_message_may_post_another_while_it_is_delivered)

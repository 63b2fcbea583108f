/* SPDX-License-Identifier: Apache-2.0 */
#include "io/mailbox.h"

#include "../suite.h"

struct letter {
    struct sp_message message;
    int number;
    struct sp_mailbox *answer_to; /* NULL: to nobody */
};

static int arrived[8];
static int arrived_n;
static int wakes_n;

static void on_wake(void *context)
{
    int *n = context;
    (*n)++;
}

static void post(struct sp_mailbox *mailbox, int number, struct sp_mailbox *answer_to);

static void on_letter(struct sp_message *message)
{
    struct letter *letter = (struct letter *)(void *)message;
    arrived[arrived_n++] = letter->number;
    if (letter->answer_to != NULL) {
        post(letter->answer_to, letter->number + 1, NULL);
    }
    free(letter);
}

static void post(struct sp_mailbox *mailbox, int number, struct sp_mailbox *answer_to)
{
    struct letter *letter = calloc(1, sizeof *letter);
    ck_assert_ptr_nonnull(letter);
    *letter = (struct letter){{NULL, on_letter}, number, answer_to};
    sp_mailbox_post(mailbox, &letter->message);
}

SP_TEST(many_messages_wake_the_loop_once_and_arrive_in_order)
{
    static struct sp_mailbox *mailbox;
    mailbox = sp_mailbox_new(on_wake, &wakes_n);
    ck_assert_ptr_nonnull(mailbox);
    sp_mailbox_deliver(mailbox);
    ck_assert_int_eq(arrived_n, 0);
    for (int i = 1; i <= 3; i++) {
        post(mailbox, i, NULL);
    }
    ck_assert_int_eq(wakes_n, 1);
    ck_assert_int_eq(arrived_n, 0);
    sp_mailbox_deliver(mailbox);
    ck_assert_int_eq(arrived_n, 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(arrived[i], i + 1);
    }
    sp_mailbox_deliver(mailbox);
    ck_assert_int_eq(arrived_n, 3);
    post(mailbox, 4, NULL);
    ck_assert_int_eq(wakes_n, 2);
    sp_mailbox_deliver(mailbox);
    ck_assert_int_eq(arrived[3], 4);
}
SP_TEST_END

SP_TEST(what_is_posted_during_a_delivery_wakes_the_loop_anew)
{
    static struct sp_mailbox *mailbox;
    mailbox = sp_mailbox_new(on_wake, &wakes_n);
    ck_assert_ptr_nonnull(mailbox);
    post(mailbox, 1, mailbox);
    sp_mailbox_deliver(mailbox);
    ck_assert_int_eq(arrived_n, 1);
    ck_assert_int_eq(wakes_n, 2);
    sp_mailbox_deliver(mailbox);
    ck_assert_int_eq(arrived[1], 2);
}
SP_TEST_END

SP_SUITE("io/mailbox", many_messages_wake_the_loop_once_and_arrive_in_order,
         what_is_posted_during_a_delivery_wakes_the_loop_anew)

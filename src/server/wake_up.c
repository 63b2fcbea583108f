/* SPDX-License-Identifier: Apache-2.0 */
#include "server/wake_up.h"

static void on_wake_up(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages)
{
    struct sp_wake_up *wake_up = H2O_STRUCT_FROM_MEMBER(struct sp_wake_up, receiver, receiver);
    while (!h2o_linklist_is_empty(messages)) {
        h2o_linklist_unlink(messages->next);
    }
    sp_mailbox_deliver(wake_up->mailbox);
}

static void send_message(void *context)
{
    struct sp_wake_up *wake_up = context;
    h2o_multithread_send_message(&wake_up->receiver, &wake_up->message);
}

void sp_wake_up_init(struct sp_wake_up *wake_up, h2o_multithread_queue_t *queue)
{
    *wake_up = (struct sp_wake_up){.mailbox = sp_mailbox_new(send_message, wake_up)};
    h2o_multithread_register_receiver(queue, &wake_up->receiver, on_wake_up);
}

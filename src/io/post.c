/* SPDX-License-Identifier: Apache-2.0 */
#include "io/post.h"

#include <h2o.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct sp_mailbox {
    h2o_multithread_receiver_t receiver;
    h2o_multithread_message_t wake_up; /* one for all: it is on its way, or nothing waits */
    pthread_mutex_t lock;
    struct sp_message *first;
    struct sp_message **end;
    bool woken;
};

static struct sp_message *take_all(struct sp_mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    struct sp_message *all = mailbox->first;
    mailbox->first = NULL;
    mailbox->end = &mailbox->first;
    mailbox->woken = false;
    pthread_mutex_unlock(&mailbox->lock);
    return all;
}

static void on_wake_up(h2o_multithread_receiver_t *receiver, h2o_linklist_t *messages)
{
    struct sp_mailbox *mailbox = H2O_STRUCT_FROM_MEMBER(struct sp_mailbox, receiver, receiver);
    while (!h2o_linklist_is_empty(messages)) {
        h2o_linklist_unlink(messages->next);
    }
    struct sp_message *message = take_all(mailbox);
    while (message != NULL) {
        struct sp_message *next = message->next;
        message->deliver(message);
        message = next;
    }
}

struct sp_mailbox *sp_mailbox_new(void *queue)
{
    struct sp_mailbox *mailbox = calloc(1, sizeof *mailbox);
    if (mailbox == NULL) {
        return NULL;
    }
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->end = &mailbox->first;
    h2o_multithread_register_receiver(queue, &mailbox->receiver, on_wake_up);
    return mailbox;
}

void sp_mailbox_post(struct sp_mailbox *mailbox, struct sp_message *message)
{
    message->next = NULL;
    pthread_mutex_lock(&mailbox->lock);
    *mailbox->end = message;
    mailbox->end = &message->next;
    if (!mailbox->woken) {
        mailbox->woken = true;
        h2o_multithread_send_message(&mailbox->receiver, &mailbox->wake_up);
    }
    pthread_mutex_unlock(&mailbox->lock);
}

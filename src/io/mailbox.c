/* SPDX-License-Identifier: Apache-2.0 */
#include "io/mailbox.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct sp_mailbox {
    pthread_mutex_t lock;
    struct sp_message *first;
    struct sp_message **end;
    bool woken;
    sp_mailbox_wake *wake;
    void *context;
};

struct sp_mailbox *sp_mailbox_new(sp_mailbox_wake *wake, void *context)
{
    struct sp_mailbox *mailbox = calloc(1, sizeof *mailbox);
    if (mailbox == NULL) {
        return NULL;
    }
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->end = &mailbox->first;
    mailbox->wake = wake;
    mailbox->context = context;
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
        mailbox->wake(mailbox->context);
    }
    pthread_mutex_unlock(&mailbox->lock);
}

void sp_mailbox_deliver(struct sp_mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    struct sp_message *message = mailbox->first;
    mailbox->first = NULL;
    mailbox->end = &mailbox->first;
    mailbox->woken = false;
    pthread_mutex_unlock(&mailbox->lock);
    while (message != NULL) {
        struct sp_message *next = message->next;
        message->deliver(message);
        message = next;
    }
}

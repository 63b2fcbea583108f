/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_WAKE_UP_H
#define SP_SERVER_WAKE_UP_H

/* h2o's queue between threads, which wakes a loop when its mailbox has a message (io/mailbox.h). */

#include "io/mailbox.h"

#include <h2o.h>

struct sp_wake_up {
    h2o_multithread_receiver_t receiver;
    h2o_multithread_message_t message; /* shared by all messages; in transit whenever one waits */
    struct sp_mailbox *mailbox;
};

/* On the loop's own thread, once: makes `mailbox`, which is NULL if out of memory. */
void sp_wake_up_init(struct sp_wake_up *wake_up, h2o_multithread_queue_t *queue);

#endif

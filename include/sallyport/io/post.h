/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_POST_H
#define SP_IO_POST_H

/*
 * From any thread to a loop thread: a message is a function that the loop runs. It is the only way in which a
 * loop hears from others, and the only file of this room that knows h2o, whose queue wakes the loop.
 */

struct sp_message {
    struct sp_message *next;
    void (*deliver)(struct sp_message *message); /* runs on the loop; the message is its to free */
};

struct sp_mailbox;

/* On the loop's own thread, once; `queue` is its h2o_multithread_queue_t. NULL without memory. Lives as long
 * as the loop. */
struct sp_mailbox *sp_mailbox_new(void *queue);

/* From any thread. The messages of one sender arrive in order. */
void sp_mailbox_post(struct sp_mailbox *mailbox, struct sp_message *message);

#endif

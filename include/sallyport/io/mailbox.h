/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_MAILBOX_H
#define SP_IO_MAILBOX_H

/*
 * From any thread to a loop thread: a message is a function that the loop runs. It is the only way in which a
 * loop hears from others. How a sleeping loop is woken is the loop's own affair: whoever makes a mailbox says
 * it with a function (server/wake_up.h for h2o).
 */

struct sp_message {
    struct sp_message *next;
    void (*deliver)(struct sp_message *message); /* runs on the loop; the message is its to free */
};

struct sp_mailbox;

/*
 * Makes the loop call sp_mailbox_deliver soon. Called on the thread that posts, with the mailbox locked, and
 * not again before the loop has begun to deliver.
 */
typedef void sp_mailbox_wake(void *context);

/* NULL without memory. Lives as long as the loop. */
struct sp_mailbox *sp_mailbox_new(sp_mailbox_wake *wake, void *context);

/* From any thread. The messages of one sender arrive in order. */
void sp_mailbox_post(struct sp_mailbox *mailbox, struct sp_message *message);

/* On the loop's own thread: runs what has come. */
void sp_mailbox_deliver(struct sp_mailbox *mailbox);

#endif

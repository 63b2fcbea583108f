/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_MAILBOX_H
#define SP_IO_MAILBOX_H

/*
 * Messages from any thread to a loop thread. A message is a function that the loop runs, and the only way in
 * which other threads reach a loop. How to wake a sleeping loop depends on the loop: the creator of the
 * mailbox supplies a function for it (server/wake_up.h for h2o).
 */

struct sp_message {
    struct sp_message *next;
    void (*deliver)(struct sp_message *message); /* runs on the loop, and frees the message */
};

struct sp_mailbox;

/*
 * Makes the loop call sp_mailbox_deliver soon. Called on the posting thread, with the mailbox locked, and not
 * again before the loop has begun to deliver.
 */
typedef void sp_mailbox_wake(void *context);

/* NULL if out of memory. Lives as long as the loop. */
struct sp_mailbox *sp_mailbox_new(sp_mailbox_wake *wake, void *context);

/* From any thread. The messages of one sender arrive in order. */
void sp_mailbox_post(struct sp_mailbox *mailbox, struct sp_message *message);

/* On the loop's own thread: runs the messages that have arrived. */
void sp_mailbox_deliver(struct sp_mailbox *mailbox);

#endif

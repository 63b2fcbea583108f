/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_REFUSAL_H
#define SP_SERVER_REFUSAL_H

/* Answers to requests that have not arrived as a whole, of which the library would say nothing or too little:
 * they have a reason, a request id and a line in the log as all others. */

#include "server/connection.h"

#define SP_REFUSAL_MAX 2048 /* bytes */

/* The text of the status line. */
const char *sp_refusal_status_text(unsigned status);

/* What a 413 of this listener says. */
struct sp_str sp_refusal_body_detail(enum sp_listener listener);

struct sp_early_refusal {
    enum sp_reason reason;
    unsigned status;
    struct sp_str detail;  /* what caused it; empty: the fault says it */
    struct sp_fault fault; /* in the head; may be empty */
};

/*
 * Appends the answer, and counts and logs it. It is a problem document: whether a person will see it is not
 * known yet. The connection ends after it.
 */
void sp_refusal_append(const struct sp_service *service, const struct sp_early_refusal *refusal,
                       struct sp_buf *out);

#endif

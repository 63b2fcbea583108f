/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_REFUSAL_H
#define SP_SERVER_REFUSAL_H

/* Answers to requests that have not arrived completely, to which the library would give no answer or a poor
 * one. They have a reason, a request id and a log line like all others. */

#include "server/connection.h"

#define SP_REFUSAL_MAX 2048 /* bytes of such an answer */

/* The reason phrase of the status line. */
const char *sp_refusal_status_text(unsigned status);

/* The detail of a 413 from this listener. */
struct sp_str sp_refusal_body_detail(enum sp_listener listener);

struct sp_early_refusal {
    enum sp_reason reason;
    unsigned status;
    struct sp_str detail;  /* what caused it; empty: `fault` describes it */
    struct sp_fault fault; /* the fault in the head; may be empty */
};

/*
 * Appends the answer, and counts and logs it. It is a problem document, because it is not known yet whether a
 * person will see it. The connection is closed afterwards.
 */
void sp_refusal_append(const struct sp_service *service, const struct sp_early_refusal *refusal,
                       struct sp_buf *out);

#endif

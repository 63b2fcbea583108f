/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_RESPOND_H
#define SP_GATE_RESPOND_H

/*
 * The answers that are not a plain allow. Each has its reason, its request id, and the headers that keep it
 * out of caches, frames and referrers. It is a page for people, a problem document (RFC 9457) for programs,
 * or a redirect.
 *
 * If a binding of the set `kubernetes` matches, programs take this process for the API server, and get a
 * refusal in its form: a Status (meta/v1) with the members of a problem added, except `status` and `reason`,
 * which a Status has itself. kubectl shows the message of a Status, and "unknown" for a problem document.
 * While it discovers kinds it does not show a Status either, so a 403 is plain text there. It retries a 503
 * with Retry-After fifty times, so that header is left out.
 */

#include "gate/transaction.h"

/* A refusal with the status of its reason, as a page or a problem document, whichever suits the request. */
void sp_respond_refusal(struct sp_transaction *t, enum sp_reason reason);

/* A refusal as a problem document with the given status instead of that of the reason. */
void sp_respond_problem(struct sp_transaction *t, enum sp_reason reason, unsigned status);

/* 400 and similar. The connection is closed afterwards, because the bytes that follow cannot be trusted
 * either. */
void sp_respond_malformed(struct sp_transaction *t, enum sp_reason reason);

/* A page for `reason` with the given status. */
void sp_respond_page(struct sp_transaction *t, enum sp_verdict_kind result, enum sp_reason reason,
                     unsigned status);

/* No user is signed in: 401 with a page or a problem document, whichever suits the request; never a
 * redirect. */
void sp_respond_sign_in_needed(struct sp_transaction *t, enum sp_reason reason);

/*
 * A redirect whose Location is `answer.text` from `begin` on. Fields such as cookies may have been added
 * before.
 *
 * If the kind of the request is unclear, the answer is a page with a link to that address and the status 401
 * or 300. A service worker that builds a new request follows redirects by itself. A redirect to another
 * origin fails, and the browser refuses to show a redirected response as a navigation. A link to our own
 * `login` would not help, because the worker builds a new request for that too.
 */
void sp_respond_redirect(struct sp_transaction *t, enum sp_reason reason, unsigned status, size_t begin);

/* Starts an answer: the status, and the fields that all answers have. */
void sp_respond_begin(struct sp_transaction *t, enum sp_verdict_kind result, enum sp_reason reason,
                      unsigned status);

/* The fields of a page: its policy and type. */
void sp_respond_add_page_fields(struct sp_transaction *t);

/* A JSON body of that type, which is `answer.text` from `begin` on. */
void sp_respond_end_json(struct sp_transaction *t, const char *type, size_t begin);

/* Appends the origin of the request and a path under the prefix, such as `/login`. */
void sp_respond_append_own_url(const struct sp_transaction *t, const char *page, struct sp_buf *out);

#endif

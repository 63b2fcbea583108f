/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_RESPOND_H
#define SP_GATE_RESPOND_H

/*
 * The answers that are not a plain allow, each with its reason, request id and the headers that keep it out
 * of caches, frames and referrers: a page for people, a problem document (RFC 9457) for programs, or a
 * redirect.
 *
 * Where a binding of the set `kubernetes` holds, programs take this for the API server, and get its form of a
 * refusal: a Status (meta/v1) with the members of a problem added, but for `status` and `reason`, which a
 * Status has itself. kubectl shows the message of that, and of a problem document "unknown". While it asks
 * which kinds there are it shows no Status either, so there a 403 is plain text; and it repeats a 503 with
 * Retry-After fifty times, so that has none.
 */

#include "gate/transaction.h"

/* A refusal with the status of its reason, as page or problem, whichever the request can show. */
void sp_respond_refusal(struct sp_transaction *t, enum sp_reason reason);

/* A refusal as problem document, with a status of its own. */
void sp_respond_problem(struct sp_transaction *t, enum sp_reason reason, unsigned status);

/* 400 and the like, after which the connection is closed: what follows on it cannot be trusted either. */
void sp_respond_malformed(struct sp_transaction *t, enum sp_reason reason);

/* A page of the given reason with a status of its own. */
void sp_respond_page(struct sp_transaction *t, enum sp_verdict_kind result, enum sp_reason reason,
                     unsigned status);

/* Nobody is signed in: by what the request can show, 401 with a page or problem; never a redirect. */
void sp_respond_sign_in_needed(struct sp_transaction *t, enum sp_reason reason);

/*
 * A redirect whose Location is `answer.text` from `begin` on; fields such as cookies may stand before it.
 *
 * Where the kind of the request is unclear it is a page with a link to that address, 401 or 300. A service
 * worker that builds a new request follows redirects by itself: one to another origin fails, and the browser
 * refuses to show a redirected answer as a navigation. A link to our own `login` would not help, since the
 * worker builds a new request for that, too.
 */
void sp_respond_redirect(struct sp_transaction *t, enum sp_reason reason, unsigned status, size_t begin);

/* Starts an answer: status and the fields that all of them have. */
void sp_respond_begin(struct sp_transaction *t, enum sp_verdict_kind result, enum sp_reason reason,
                      unsigned status);

/* The fields of a page: its policy and type. */
void sp_respond_add_page_fields(struct sp_transaction *t);

/* A JSON body of that type out of `answer.text` from `begin` on. */
void sp_respond_end_json(struct sp_transaction *t, const char *type, size_t begin);

/* Appends `https://host/…/login?rd=…` for the URL that was asked for; nothing without a request. */
void sp_respond_append_login_url(const struct sp_transaction *t, struct sp_buf *out);

/* Appends the origin of the request and a path under the prefix, such as `/login`. */
void sp_respond_append_own_url(const struct sp_transaction *t, const char *page, struct sp_buf *out);

#endif

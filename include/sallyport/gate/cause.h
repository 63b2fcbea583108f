/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_CAUSE_H
#define SP_GATE_CAUSE_H

/*
 * Explains in a sentence what caused a refusal. Every explanation names the header, host, path, group, claim
 * or key concerned, so that operators find their configuration mistakes on the page or in the log. The reason
 * states what happened; the explanation states which part of the request or setting caused it.
 *
 * The detail of a transaction is for the user too: it describes their own request, and what would have been
 * allowed. The note is for the log only. For example, the reason why a cookie did not open would serve an
 * attacker as an oracle, and the list of all groups of a user is long.
 */

#include "gate/transaction.h"

/* For a fault in the head of the request, or in the proxy's description of the original request. */
void sp_cause_explain_fault(struct sp_transaction *t, enum sp_reason reason, const struct sp_fault *fault);

/* For names in the middleware's address that no header set has, or whose sets cannot be combined. */
void sp_cause_explain_headers(struct sp_transaction *t, struct sp_str names);

/* For a scheme, host and port that no setting lists or that are not https. */
void sp_cause_explain_origin(struct sp_transaction *t, enum sp_reason reason);

/* For a path under the prefix that is not a page, or a method that the page does not accept. */
void sp_cause_explain_page(struct sp_transaction *t);

/* For a request from a page of unknown or foreign origin: what the browser reports about it. */
void sp_cause_explain_foreign(struct sp_transaction *t);

/* For a verdict of deny, login or unavailable: the rule, the groups, the RBAC request, the claim of the user
 * name, or the cookie. */
void sp_cause_explain_verdict(struct sp_transaction *t, const struct sp_verdict *verdict);

/* Why the application cannot be given the exact groups of the user: not all are known (SP_ERR_MISSING), or
 * they do not fit into an answer. */
void sp_cause_explain_groups(struct sp_transaction *t, enum sp_error error);

/* For a profile without a usable user name: which claim, and what is wrong with it. */
void sp_cause_explain_name(struct sp_transaction *t, const struct sp_profile *profile, enum sp_reason reason);

/* Why there is no session, for the log. */
void sp_cause_note_session(struct sp_transaction *t, enum sp_reason reason);

/* For a login that cannot begin, because there are no issuer documents or the issuer cannot be reached.
 * Returns the reason. */
enum sp_reason sp_cause_explain_no_issuer(struct sp_transaction *t);

#endif
